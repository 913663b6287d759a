//! Gives each sentence a context that names its capitalised words.

mod calm;

use calm::*;
use std::ffi::{c_int, c_void, CString};
use std::mem::size_of;
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

/// What YAML may say under `options:`. The host checks what the user writes, and fills in defaults.
static OPTIONS: [OptionField; 1] = [OptionField {
    size: size_of::<OptionField>(),
    name: c"wording".as_ptr(),
    kind: STRING,
    required: 0,
    default_text: c"It is about {}.".as_ptr(),
    choices: null(),
    least: 0.0,
    greatest: 0.0,
    help: c"the context; {} stands for the names in the sentence".as_ptr(),
}];

unsafe extern "C" fn create(
    _: *const Host, options: *const *const Value, count: usize, instance: *mut *mut c_void, error: *mut Error,
) -> c_int {
    guarded(error, || {
        let wording = option(options, count, "wording")?.text.get().to_owned();
        *instance = Box::into_raw(Box::new(Naming { wording })).cast();
        Ok(OK)
    })
}

unsafe extern "C" fn destroy(instance: *mut c_void) {
    drop(Box::from_raw(instance.cast::<Naming>()));
}

/// Everything that the text depends on besides the request: contexts are stored under it.
unsafe extern "C" fn fingerprint(instance: *mut c_void, context: *mut c_void, add: AddName, error: *mut Error) -> c_int {
    guarded(error, || {
        let wording = CString::new((*instance.cast::<Naming>()).wording.replace('\0', " ")).unwrap_or_default();
        add(context, c"wording".as_ptr(), wording.as_ptr());
        Ok(OK)
    })
}

/// Answers every request once, and stops where the run was cancelled.
unsafe extern "C" fn answer(
    instance: *mut c_void, requests: *const *const Request, count: usize, sink: *const Sink, error: *mut Error,
) -> c_int {
    guarded(error, || {
        let naming = &*instance.cast::<Naming>();
        for i in 0..count {
            let request = &**requests.add(i);
            let words: Vec<&str> = (0..request.word_count).map(|w| (*request.words.add(w)).get()).collect();
            let text = naming.context(&words);
            let answer = Answer {
                size: size_of::<Answer>(),
                index: request.index,
                text: Text::new(&text),
                finish: c"stop".as_ptr(),
                source: c"plugin-name".as_ptr(),
                tokens: 0,
                prompt_tokens: 0,
                failure: null(),
            };
            if ((*sink).answer)((*sink).context, &answer) != OK {
                return Ok(STOPPED);
            }
        }
        Ok(OK)
    })
}

static NAMING: Augmentor = Augmentor { size: size_of::<Augmentor>(), fingerprint, answer };

static PLUGIN: Plugin = Plugin {
    size: size_of::<Plugin>(),
    stamp: &STAMP,
    kind: AUGMENTOR,
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
pub extern "C" fn calm_plugin_plugin_name() -> *const Plugin {
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

    unsafe extern "C" fn take(answers: *mut c_void, answer: *const Answer) -> c_int {
        (*answers.cast::<Vec<(usize, String)>>()).push(((*answer).index, (*answer).text.get().to_owned()));
        OK
    }

    unsafe extern "C" fn stopped(_: *mut c_void) -> c_int {
        0
    }

    /// Asks as the host would.
    #[test]
    fn answers_every_request_once() {
        let words = [Text::new("Anna"), Text::new("left")];
        let request = |index, word_count| Request {
            size: size_of::<Request>(),
            index,
            text: Text::new("Anna left"),
            words: words.as_ptr(),
            word_count,
            prompt: Text { data: null(), length: 0 },
            split: c"train".as_ptr(),
            position: index,
            split_count: 2,
            random: Random { key: 1, drawn: 0 },
        };
        let (first, second) = (request(0, 2), request(1, 0));
        let requests: [*const Request; 2] = [&first, &second];
        let mut answers: Vec<(usize, String)> = Vec::new();
        let sink = Sink { size: size_of::<Sink>(), context: (&raw mut answers).cast(), answer: take, stopped };
        let mut naming = Naming { wording: "About {}.".to_owned() };
        let mut error = Error { size: size_of::<Error>(), message: [0; 1024], hint: [0; 512] };
        let code = unsafe { answer((&raw mut naming).cast(), requests.as_ptr(), 2, &sink, &mut error) };
        assert_eq!(code, OK);
        assert_eq!(answers, [(0, "About Anna.".to_owned()), (1, String::new())]);
    }
}
