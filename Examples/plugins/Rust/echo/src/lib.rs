//! An augmentor: the sentence, repeated, behind a word drawn at random.

#[path = "../../calm_plugin.rs"]
mod abi;

use abi::*;
use std::ffi::{c_int, c_void, CString};
use std::mem::size_of;
use std::ptr::null;

struct Echo {
    times: usize,
    separator: String,
}

impl Echo {
    fn context(&self, request: &calm_request) -> String {
        let mut random = request.random; // its own: the text depends on neither batch nor order
        let opening = ["again", "indeed", "so"][(random.next() % 3) as usize];
        let sentence = unsafe { request.text.str() };
        format!("{opening} {}", vec![sentence; self.times].join(&format!(" {} ", self.separator)))
    }
}

unsafe extern "C" fn create(
    _host: *const calm_host,
    values: *const *const calm_value,
    count: usize,
    instance: *mut *mut c_void,
    _error: *mut calm_error,
) -> c_int {
    let echo = Echo {
        times: option(values, count, "times").integer as usize,
        separator: option(values, count, "separator").text.str().to_owned(),
    };
    *instance = Box::into_raw(Box::new(echo)).cast();
    CALM_OK
}

unsafe extern "C" fn destroy(instance: *mut c_void) {
    drop(Box::from_raw(instance.cast::<Echo>()));
}

/// Everything the text depends on besides the request.
unsafe extern "C" fn fingerprint(
    instance: *mut c_void,
    context: *mut c_void,
    add: add_name,
    error: *mut calm_error,
) -> c_int {
    let echo = &*instance.cast::<Echo>();
    let Ok(separator) = CString::new(echo.separator.as_str()) else {
        return (*error).fail("the separator has a zero byte in it");
    };
    let times = CString::new(echo.times.to_string()).unwrap_or_default();
    add(context, c!("times"), times.as_ptr());
    add(context, c!("separator"), separator.as_ptr());
    CALM_OK
}

unsafe extern "C" fn answer(
    instance: *mut c_void,
    requests: *const *const calm_request,
    count: usize,
    sink: *const calm_sink,
    _error: *mut calm_error,
) -> c_int {
    let (echo, sink) = (&*instance.cast::<Echo>(), &*sink);
    for request in (0..count).map(|i| &**requests.add(i)) {
        let text = echo.context(request);
        let answer = calm_answer {
            size: size_of::<calm_answer>(),
            index: request.index,
            text: calm_text::of(&text),
            finish: c!("stop"),
            source: c!("echo-rust"),
            tokens: 0,
            prompt_tokens: 0,
            failure: null(),
        };
        if (sink.answer)(sink.context, &answer) != CALM_OK {
            return CALM_STOPPED; // the run was cancelled
        }
    }
    CALM_OK
}

static OPTIONS: [calm_option; 2] = [
    calm_option {
        size: size_of::<calm_option>(),
        name: c!("times"),
        kind: CALM_INTEGER,
        required: 0,
        default_text: c!("1"),
        choices: null(),
        least: 1.0,
        greatest: 9.0,
        help: c!("how often the sentence is repeated"),
    },
    calm_option {
        size: size_of::<calm_option>(),
        name: c!("separator"),
        kind: CALM_STRING,
        required: 0,
        default_text: c!("."),
        choices: null(),
        least: 0.0,
        greatest: 0.0,
        help: c!("what stands between the repetitions"),
    },
];

static AUGMENTOR: calm_augmentor = calm_augmentor { size: size_of::<calm_augmentor>(), fingerprint, answer };

static PLUGIN: calm_plugin = calm_plugin {
    size: size_of::<calm_plugin>(),
    stamp: &STAMP,
    kind: CALM_AUGMENTOR,
    flags: 0,
    id: c!("echo-rust"),
    version: c!("1.0.0"),
    licence: c!("Apache-2.0"),
    summary: c!("repeats the sentence as its context, in Rust"),
    options: OPTIONS.as_ptr(),
    option_count: OPTIONS.len(),
    create,
    destroy: Some(destroy),
    augmentor: &AUGMENTOR,
    loss: null(),
};

/// The one symbol that the host looks for: `calm_plugin_` and the name of the library without `lib` and `.so`.
#[no_mangle]
pub extern "C" fn calm_plugin_echo_rust() -> *const calm_plugin {
    &PLUGIN
}
