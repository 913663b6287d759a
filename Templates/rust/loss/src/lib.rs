//! weight · NLL(augmented) + NLL(plain), where NLL is the mean over sentences of log Z − gold score.

mod abi;

use abi::*;
use std::ffi::{c_int, c_void};
use std::mem::size_of;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr::null;

struct Likelihood {
    augmented_weight: f64,
}

impl Likelihood {
    /// The value, and the gradient with respect to each sentence's log Z; that of the gold score is its negative.
    fn evaluate(&self, view: u32, log_partition: &[f64], gold_score: &[f64]) -> (f64, f64) {
        let weight = if view == CALM_AUGMENTED { self.augmented_weight } else { 1.0 };
        let scale = weight / log_partition.len().max(1) as f64;
        let sum: f64 = log_partition.iter().zip(gold_score).map(|(z, gold)| z - gold).sum();
        (scale * sum, scale)
    }
}

/// Runs a function's body; errors and panics become the code and the message that the host gets, and do not cross the boundary.
unsafe fn guarded(error: *mut calm_error, body: impl FnOnce() -> Result<c_int, String>) -> c_int {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(code)) => code,
        Ok(Err(message)) => (*error).fail(&message),
        Err(_) => (*error).fail("the plugin panicked"),
    }
}

/// What YAML may say under `options:`. The host checks what the user writes, and fills in defaults.
static OPTIONS: [calm_option; 1] = [calm_option {
    size: size_of::<calm_option>(),
    name: c"augmentedWeight".as_ptr(),
    kind: CALM_NUMBER,
    required: 0,
    default_text: c"0.5".as_ptr(),
    choices: null(),
    least: 0.0,
    greatest: 100.0,
    help: c"weight of the view with context; the plain one's is 1".as_ptr(),
}];

unsafe extern "C" fn create(
    _: *const calm_host, options: *const *const calm_value, count: usize, instance: *mut *mut c_void, error: *mut calm_error,
) -> c_int {
    guarded(error, || {
        let augmented_weight = option(options, count, "augmentedWeight").number;
        *instance = Box::into_raw(Box::new(Likelihood { augmented_weight })).cast();
        Ok(CALM_OK)
    })
}

unsafe extern "C" fn destroy(instance: *mut c_void) {
    drop(Box::from_raw(instance.cast::<Likelihood>()));
}

/// The views in the order in which they are evaluated, and what the decoder has to give.
unsafe extern "C" fn describe(instance: *mut c_void, traits: *mut calm_loss_traits, error: *mut calm_error) -> c_int {
    guarded(error, || {
        let both = (*instance.cast::<Likelihood>()).augmented_weight > 0.0;
        (*traits).views = if both { [CALM_AUGMENTED, CALM_PLAIN] } else { [CALM_PLAIN, 0] };
        (*traits).view_count = if both { 2 } else { 1 };
        (*traits).needs = CALM_LOG_PARTITION | CALM_GOLD_SCORE;
        Ok(CALM_OK)
    })
}

/// `earlier` of the plain view holds what the augmented one came to: that is where a cooperative term would take its teacher.
unsafe extern "C" fn evaluate(
    instance: *mut c_void, output: *const calm_view_output, _earlier: *const *const calm_view_output, _earlier_count: usize,
    value: *mut calm_loss_value, error: *mut calm_error,
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
        loss.add(if output.view == CALM_AUGMENTED { "NLL+" } else { "NLL" }, value);
        Ok(CALM_OK)
    })
}

static LIKELIHOOD: calm_loss =
    calm_loss { size: size_of::<calm_loss>(), describe, evaluate: Some(evaluate), evaluate_jointly: None };

static PLUGIN: calm_plugin = calm_plugin {
    size: size_of::<calm_plugin>(),
    stamp: &STAMP,
    kind: CALM_LOSS,
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
pub extern "C" fn calm_plugin_plugin_name() -> *const calm_plugin {
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
        for (view, share) in [(CALM_PLAIN, 0.5), (CALM_AUGMENTED, 0.25)] {
            let output = calm_view_output {
                size: size_of::<calm_view_output>(),
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
            let mut parts: [calm_part; 16] = std::array::from_fn(|_| calm_part { name: [0; 32], value: 0.0 });
            let mut value = calm_loss_value {
                size: size_of::<calm_loss_value>(),
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
            let mut error = unsafe { std::mem::zeroed::<calm_error>() };
            let code = unsafe { evaluate((&raw mut loss).cast(), &output, null(), 0, &mut value, &mut error) };
            assert_eq!(code, CALM_OK);
            assert_eq!((value.value, value.part_count), (5.0 * share, 1));
            assert_eq!((d_log_partition, d_gold_score), ([share; 2], [-share; 2]));
        }
    }
}
