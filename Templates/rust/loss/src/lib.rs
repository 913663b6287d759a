//! weight · NLL(augmented) + NLL(plain), where NLL is the mean over sentences of log Z − gold score.

mod calm;

use calm::*;
use std::ffi::{c_int, c_void};
use std::mem::size_of;
use std::ptr::null;

struct Likelihood {
    augmented_weight: f64,
}

impl Likelihood {
    /// The value, and the gradient with respect to each sentence's log Z; that of the gold score is its negative.
    fn evaluate(&self, view: u32, log_partition: &[f64], gold_score: &[f64]) -> (f64, f64) {
        let weight = if view == AUGMENTED { self.augmented_weight } else { 1.0 };
        let scale = weight / log_partition.len().max(1) as f64;
        let sum: f64 = log_partition.iter().zip(gold_score).map(|(z, gold)| z - gold).sum();
        (scale * sum, scale)
    }
}

/// What YAML may say under `options:`. The host checks what the user writes, and fills in defaults.
static OPTIONS: [OptionField; 1] = [OptionField {
    size: size_of::<OptionField>(),
    name: c"augmentedWeight".as_ptr(),
    kind: NUMBER,
    required: 0,
    default_text: c"0.5".as_ptr(),
    choices: null(),
    least: 0.0,
    greatest: 100.0,
    help: c"weight of the view with context; the plain one's is 1".as_ptr(),
}];

unsafe extern "C" fn create(
    _: *const Host, options: *const *const Value, count: usize, instance: *mut *mut c_void, error: *mut Error,
) -> c_int {
    guarded(error, || {
        let augmented_weight = option(options, count, "augmentedWeight")?.number;
        *instance = Box::into_raw(Box::new(Likelihood { augmented_weight })).cast();
        Ok(OK)
    })
}

unsafe extern "C" fn destroy(instance: *mut c_void) {
    drop(Box::from_raw(instance.cast::<Likelihood>()));
}

/// The views in the order in which they are evaluated, and what the decoder has to give.
unsafe extern "C" fn describe(instance: *mut c_void, traits: *mut LossTraits, error: *mut Error) -> c_int {
    guarded(error, || {
        let both = (*instance.cast::<Likelihood>()).augmented_weight > 0.0;
        (*traits).views = if both { [AUGMENTED, PLAIN] } else { [PLAIN, 0] };
        (*traits).view_count = if both { 2 } else { 1 };
        (*traits).needs = LOG_PARTITION | GOLD_SCORE;
        Ok(OK)
    })
}

/// `earlier` of the plain view holds what the augmented one came to: that is where a cooperative term would take its teacher.
unsafe extern "C" fn evaluate(
    instance: *mut c_void, output: *const ViewOutput, _earlier: *const *const ViewOutput, _earlier_count: usize,
    value: *mut LossValue, error: *mut Error,
) -> c_int {
    guarded(error, || {
        let (output, loss) = (&*output, &mut *value);
        if output.log_partition.is_null() || output.gold_score.is_null() {
            return Err("the likelihood needs a decoder with a partition function, and gold tags".to_owned());
        }
        let count = output.sentences;
        let log_partition = std::slice::from_raw_parts(output.log_partition, count);
        let gold_score = std::slice::from_raw_parts(output.gold_score, count);
        let likelihood = &*instance.cast::<Likelihood>();
        let (value, scale) = likelihood.evaluate(output.view, log_partition, gold_score);
        std::slice::from_raw_parts_mut(loss.d_log_partition, count).fill(scale);
        std::slice::from_raw_parts_mut(loss.d_gold_score, count).fill(-scale);
        loss.add(if output.view == AUGMENTED { "NLL+" } else { "NLL" }, value);
        Ok(OK)
    })
}

static LIKELIHOOD: Loss =
    Loss { size: size_of::<Loss>(), describe, evaluate: Some(evaluate), evaluate_jointly: None };

static PLUGIN: Plugin = Plugin {
    size: size_of::<Plugin>(),
    stamp: &STAMP,
    kind: LOSS,
    flags: 0,
    id: c"plugin-name".as_ptr(),
    version: c"0.1.0".as_ptr(),
    licence: c"Apache-2.0".as_ptr(),
    summary: c"negative log-likelihood of both views, each by itself".as_ptr(),
    options: OPTIONS.as_ptr(),
    option_count: OPTIONS.len(),
    create,
    destroy: Some(destroy),
    augmentor: null(),
    loss: &LIKELIHOOD,
};

/// The one symbol that the host looks for: `calm_plugin_` and what stands between `lib` and `.so`.
#[no_mangle]
pub extern "C" fn calm_plugin_plugin_name() -> *const Plugin {
    &PLUGIN
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asks as the host would: the mean over two sentences is 2.5, half of it for the augmented view.
    #[test]
    fn is_the_weighted_mean_over_sentences() {
        let mut loss = Likelihood { augmented_weight: 0.5 };
        let (offsets, log_partition, gold_score) = ([0, 1, 2], [3.0, 5.0], [1.0, 2.0]);
        for (view, share) in [(PLAIN, 0.5), (AUGMENTED, 0.25)] {
            let output = ViewOutput {
                size: size_of::<ViewOutput>(),
                view,
                sentences: 2,
                words: 2,
                width: 4,
                tags: 3,
                offsets: offsets.as_ptr(),
                vectors: null(),
                log_partition: log_partition.as_ptr(),
                gold_score: gold_score.as_ptr(),
                token_scores: null(),
                marginals: null(),
            };
            let (mut d_log_partition, mut d_gold_score) = ([0.0; 2], [0.0; 2]);
            let mut parts = [Part { name: [0; 32], value: 0.0 }; 16];
            let mut value = LossValue {
                size: size_of::<LossValue>(),
                value: 0.0,
                d_log_partition: d_log_partition.as_mut_ptr(),
                d_gold_score: d_gold_score.as_mut_ptr(),
                d_token_scores: std::ptr::null_mut(),
                d_marginals: std::ptr::null_mut(),
                d_vectors: std::ptr::null_mut(),
                parts: parts.as_mut_ptr(),
                part_capacity: parts.len(),
                part_count: 0,
            };
            let mut error = Error { size: size_of::<Error>(), message: [0; 1024], hint: [0; 512] };
            let code = unsafe { evaluate((&raw mut loss).cast(), &output, null(), 0, &mut value, &mut error) };
            assert_eq!(code, OK);
            assert_eq!((value.value, value.part_count), (5.0 * share, 1));
            assert_eq!((d_log_partition, d_gold_score), ([share; 2], [-share; 2]));
        }
    }
}
