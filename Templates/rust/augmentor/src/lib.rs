//! Gives each sentence a context that names its capitalised words.

mod abi;

use abi::*;
use std::ffi::{c_int, c_void, CString};
use std::mem::size_of;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr::null;

struct Naming {
    wording: String,
}

impl Naming {
    /// Nothing where there are no names: the sentence is then read alone.
    fn context(&self, words: &[&str]) -> String {
        let is_name = |word: &&&str| word.starts_with(char::is_uppercase);
        let names: Vec<&str> = words.iter().filter(is_name).copied().collect();
        if names.is_empty() {
            return String::new();
        }
        self.wording.replacen("{}", &names.join(", "), 1)
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
    name: c"wording".as_ptr(),
    kind: CALM_STRING,
    required: 0,
    default_text: c"It is about {}.".as_ptr(),
    choices: null(),
    least: 0.0,
    greatest: 0.0,
    help: c"the context; {} stands for the names in the sentence".as_ptr(),
}];

unsafe extern "C" fn create(
    _: *const calm_host, options: *const *const calm_value, count: usize, instance: *mut *mut c_void, error: *mut calm_error,
) -> c_int {
    guarded(error, || {
        let wording = option(options, count, "wording").text.str().to_owned();
        *instance = Box::into_raw(Box::new(Naming { wording })).cast();
        Ok(CALM_OK)
    })
}

unsafe extern "C" fn destroy(instance: *mut c_void) {
    drop(Box::from_raw(instance.cast::<Naming>()));
}

/// Everything that the text depends on besides the request: contexts are stored under it.
unsafe extern "C" fn fingerprint(instance: *mut c_void, context: *mut c_void, add: add_name, error: *mut calm_error) -> c_int {
    guarded(error, || {
        let wording = CString::new((*instance.cast::<Naming>()).wording.replace('\0', " ")).unwrap_or_default();
        add(context, c"wording".as_ptr(), wording.as_ptr());
        Ok(CALM_OK)
    })
}

/// Answers every request once, and stops where the run was cancelled.
unsafe extern "C" fn answer(
    instance: *mut c_void, requests: *const *const calm_request, count: usize, sink: *const calm_sink, error: *mut calm_error,
) -> c_int {
    guarded(error, || {
        let naming = &*instance.cast::<Naming>();
        for i in 0..count {
            let request = &**requests.add(i);
            let words: Vec<&str> = (0..request.word_count).map(|w| (*request.words.add(w)).str()).collect();
            let text = naming.context(&words);
            let answer = calm_answer {
                size: size_of::<calm_answer>(),
                index: request.index,
                text: calm_text::of(&text),
                finish: c"stop".as_ptr(),
                source: c"plugin-name".as_ptr(),
                tokens: 0,
                prompt_tokens: 0,
                failure: null(),
            };
            if ((*sink).answer)((*sink).context, &answer) != CALM_OK {
                return Ok(CALM_STOPPED);
            }
        }
        Ok(CALM_OK)
    })
}

static NAMING: calm_augmentor = calm_augmentor { size: size_of::<calm_augmentor>(), fingerprint, answer };

static PLUGIN: calm_plugin = calm_plugin {
    size: size_of::<calm_plugin>(),
    stamp: &STAMP,
    kind: CALM_AUGMENTOR,
    flags: 0,
    id: c"plugin-name".as_ptr(),
    version: c"0.1.0".as_ptr(),
    licence: c"Apache-2.0".as_ptr(),
    summary: c"says which names are in the sentence".as_ptr(),
    options: OPTIONS.as_ptr(),
    option_count: OPTIONS.len(),
    create,
    destroy: Some(destroy),
    augmentor: &NAMING,
    loss: null(),
};

/// The one symbol that the host looks for: `calm_plugin_` and what stands between `lib` and `.so`.
#[no_mangle]
pub extern "C" fn calm_plugin_plugin_name() -> *const calm_plugin {
    &PLUGIN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_capitalised_words() {
        let naming = Naming { wording: "About {}.".to_owned() };
        assert_eq!(naming.context(&["Anna", "saw", "Oslo"]), "About Anna, Oslo.");
        assert_eq!(naming.context(&["rain"]), "");
    }

    unsafe extern "C" fn take(answers: *mut c_void, answer: *const calm_answer) -> c_int {
        (*answers.cast::<Vec<(usize, String)>>()).push(((*answer).index, (*answer).text.str().to_owned()));
        CALM_OK
    }

    unsafe extern "C" fn stopped(_: *mut c_void) -> c_int {
        0
    }

    /// Asks as the host would.
    #[test]
    fn answers_every_request_once() {
        let words = [calm_text::of("Anna"), calm_text::of("left")];
        let request = |index, word_count| calm_request {
            size: size_of::<calm_request>(),
            index,
            text: calm_text::of("Anna left"),
            words: words.as_ptr(),
            word_count,
            prompt: calm_text { data: null(), length: 0 },
            split: c"train".as_ptr(),
            position: index,
            split_count: 2,
            random: calm_random { key: 1, drawn: 0 },
        };
        let (first, second) = (request(0, 2), request(1, 0));
        let requests: [*const calm_request; 2] = [&first, &second];
        let mut answers: Vec<(usize, String)> = Vec::new();
        let sink = calm_sink { size: size_of::<calm_sink>(), context: (&raw mut answers).cast(), answer: take, stopped };
        let mut naming = Naming { wording: "About {}.".to_owned() };
        let mut error = unsafe { std::mem::zeroed::<calm_error>() };
        let code = unsafe { answer((&raw mut naming).cast(), requests.as_ptr(), 2, &sink, &mut error) };
        assert_eq!(code, CALM_OK);
        assert_eq!(answers, [(0, "About Anna.".to_owned()), (1, String::new())]);
    }
}
