//! A loss: the negative log-likelihood of both views, and the squared distance of the plain view's marginals from the
//! augmented view's, which is not trained by it.

#[path = "../../calm_plugin.rs"]
mod abi;

use abi::*;
use std::ffi::{c_int, c_void};
use std::mem::size_of;
use std::ptr::null;
use std::slice::{from_raw_parts, from_raw_parts_mut};

struct Weights {
    likelihood: f64,
    distance: f64,
}

unsafe extern "C" fn create(
    _host: *const calm_host,
    values: *const *const calm_value,
    count: usize,
    instance: *mut *mut c_void,
    _error: *mut calm_error,
) -> c_int {
    let weights = Weights {
        likelihood: option(values, count, "likelihood").number,
        distance: option(values, count, "distance").number,
    };
    *instance = Box::into_raw(Box::new(weights)).cast();
    CALM_OK
}

unsafe extern "C" fn destroy(instance: *mut c_void) {
    drop(Box::from_raw(instance.cast::<Weights>()));
}

unsafe extern "C" fn describe(
    _instance: *mut c_void,
    traits: *mut calm_loss_traits,
    _error: *mut calm_error,
) -> c_int {
    (*traits).views = [CALM_AUGMENTED, CALM_PLAIN];
    (*traits).view_count = 2;
    (*traits).needs = CALM_LOG_PARTITION | CALM_GOLD_SCORE | CALM_MARGINALS;
    CALM_OK
}

unsafe extern "C" fn evaluate(
    instance: *mut c_void,
    output: *const calm_view_output,
    earlier: *const *const calm_view_output,
    earlier_count: usize,
    loss: *mut calm_loss_value,
    error: *mut calm_error,
) -> c_int {
    let (weights, output, loss) = (&*instance.cast::<Weights>(), &*output, &mut *loss);
    let count = output.sentences;
    let sentences = count.max(1) as f64;

    let scale = weights.likelihood / sentences;
    let log_partition = from_raw_parts(output.log_partition, count);
    let gold_score = from_raw_parts(output.gold_score, count);
    let difference: f64 = log_partition.iter().zip(gold_score).map(|(z, gold)| z - gold).sum();
    from_raw_parts_mut(loss.d_log_partition, count).fill(scale);
    from_raw_parts_mut(loss.d_gold_score, count).fill(-scale);
    loss.add(if output.view == CALM_AUGMENTED { "NLL+" } else { "NLL" }, scale * difference);
    if output.view == CALM_AUGMENTED {
        return CALM_OK;
    }

    if earlier_count == 0 {
        return (*error).fail("the distance needs the augmented view before the plain one");
    }
    let teacher = &**earlier;
    if (teacher.words, teacher.tags) != (output.words, output.tags) {
        return (*error).fail("the views have marginals of different shapes");
    }
    let (scale, size) = (weights.distance / sentences, output.words * output.tags);
    let (ours, theirs) = (from_raw_parts(output.marginals, size), from_raw_parts(teacher.marginals, size));
    let gradient = from_raw_parts_mut(loss.d_marginals, size);
    let mut distance = 0.0;
    for i in 0..size {
        let difference = f64::from(ours[i]) - f64::from(theirs[i]);
        distance += scale * difference * difference;
        gradient[i] = (2.0 * scale * difference) as f32;
    }
    loss.add("distance", distance);
    CALM_OK
}

const fn weight(name: *const std::ffi::c_char, standard: *const std::ffi::c_char, help: *const std::ffi::c_char) -> calm_option {
    calm_option {
        size: size_of::<calm_option>(),
        name,
        kind: CALM_NUMBER,
        required: 0,
        default_text: standard,
        choices: null(),
        least: 0.0,
        greatest: 100.0,
        help,
    }
}

static OPTIONS: [calm_option; 2] = [
    weight(c!("likelihood"), c!("1"), c!("weight of the negative log-likelihood of each view")),
    weight(c!("distance"), c!("0.5"), c!("weight of the squared distance of the views' marginals")),
];

static LOSS: calm_loss =
    calm_loss { size: size_of::<calm_loss>(), describe, evaluate: Some(evaluate), evaluate_jointly: None };

static PLUGIN: calm_plugin = calm_plugin {
    size: size_of::<calm_plugin>(),
    stamp: &STAMP,
    kind: CALM_LOSS,
    flags: 0,
    id: c!("likelihood-rust"),
    version: c!("1.0.0"),
    licence: c!("Apache-2.0"),
    summary: c!("likelihood of both views and the distance of their marginals, in Rust"),
    options: OPTIONS.as_ptr(),
    option_count: OPTIONS.len(),
    create,
    destroy: Some(destroy),
    augmentor: null(),
    loss: &LOSS,
};

#[no_mangle]
pub extern "C" fn calm_plugin_likelihood_rust() -> *const calm_plugin {
    &PLUGIN
}
