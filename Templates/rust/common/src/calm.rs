//! The C ABI of CALM plugins, as `calm_plugin.h` declares and documents it: the parts that this plugin uses, in their order.
//! Every struct begins with its size; what comes from the host may be larger than what is declared here.
#![allow(dead_code)]

use std::ffi::{c_char, c_int, c_void};
use std::mem::size_of;
use std::panic::{catch_unwind, AssertUnwindSafe};

pub const OK: c_int = 0;
pub const FAILED: c_int = 1;
pub const STOPPED: c_int = 2;
pub const AUGMENTOR: u32 = 1;
pub const LOSS: u32 = 2;
pub const STRING: u32 = 1;
pub const INTEGER: u32 = 2;
pub const NUMBER: u32 = 3;
pub const PLAIN: u32 = 0;
pub const AUGMENTED: u32 = 1;
pub const LOG_PARTITION: u32 = 1;
pub const GOLD_SCORE: u32 = 2;

/// Read out of the file before it is opened.
#[repr(C)]
pub struct Stamp {
    magic: u32,
    size: u32,
    major: u32,
    minor: u32,
    language: u32,
    reserved: u32,
    compiler: [u8; 104],
}

/// Version 1.0 of the C ABI, language C.
#[used]
#[link_section = "calm_stamp"]
pub static STAMP: Stamp = Stamp {
    magic: 0x4D4C_4143,
    size: size_of::<Stamp>() as u32,
    major: 1,
    minor: 0,
    language: 2,
    reserved: 0,
    compiler: {
        let name = b"rustc";
        let mut text = [0; 104];
        let mut i = 0;
        while i < name.len() {
            text[i] = name[i];
            i += 1;
        }
        text
    },
};

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Text {
    pub data: *const c_char,
    pub length: usize,
}

impl Text {
    pub fn new(text: &str) -> Text {
        Text { data: text.as_ptr().cast(), length: text.len() }
    }

    /// Valid as long as what it came from.
    pub unsafe fn get<'a>(self) -> &'a str {
        if self.data.is_null() {
            return "";
        }
        std::str::from_utf8(std::slice::from_raw_parts(self.data.cast(), self.length)).unwrap_or("")
    }
}

#[repr(C)]
pub struct Error {
    pub size: usize,
    pub message: [c_char; 1024],
    pub hint: [c_char; 512],
}

impl Error {
    fn say(&mut self, text: &str) {
        let count = text.len().min(self.message.len() - 1);
        for (to, from) in self.message.iter_mut().zip(&text.as_bytes()[..count]) {
            *to = *from as c_char;
        }
        self.message[count] = 0;
    }
}

/// Runs a function's body; errors and panics become the code and the message that the host gets, and do not cross the boundary.
pub unsafe fn guarded(error: *mut Error, body: impl FnOnce() -> Result<c_int, String>) -> c_int {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(code)) => return code,
        Ok(Err(message)) => (*error).say(&message),
        Err(_) => (*error).say("the plugin panicked"),
    }
    FAILED
}

#[repr(C)]
pub struct OptionField {
    pub size: usize,
    pub name: *const c_char,
    pub kind: u32,
    pub required: u32,
    pub default_text: *const c_char,
    pub choices: *const *const c_char,
    pub least: f64,
    pub greatest: f64,
    pub help: *const c_char,
}

#[repr(C)]
pub struct Value {
    pub size: usize,
    pub name: *const c_char,
    pub text: Text,
    pub number: f64,
    pub integer: i64,
    pub items: *const Text,
    pub item_count: usize,
}

/// The value of an option.
pub unsafe fn option<'a>(options: *const *const Value, count: usize, name: &str) -> Result<&'a Value, String> {
    let values = if count == 0 { &[][..] } else { std::slice::from_raw_parts(options, count) };
    let found = values.iter().find(|value| std::ffi::CStr::from_ptr((***value).name).to_bytes() == name.as_bytes());
    found.map(|value| &**value).ok_or_else(|| format!("there is no option `{name}`"))
}

#[repr(C)]
pub struct Host {
    pub size: usize,
    pub seed: u64,
    pub cache_folder: *const c_char,
    pub threads: u32,
    pub context: *mut c_void,
    pub log: Option<unsafe extern "C" fn(*mut c_void, u32, *const c_char)>,
}

#[repr(C)]
pub struct Random {
    pub key: u64,
    pub drawn: u64,
}

#[repr(C)]
pub struct Request {
    pub size: usize,
    pub index: usize,
    pub text: Text,
    pub words: *const Text,
    pub word_count: usize,
    pub prompt: Text,
    pub split: *const c_char,
    pub position: usize,
    pub split_count: usize,
    pub random: Random,
}

#[repr(C)]
pub struct Answer {
    pub size: usize,
    pub index: usize,
    pub text: Text,
    pub finish: *const c_char,
    pub source: *const c_char,
    pub tokens: i64,
    pub prompt_tokens: i64,
    pub failure: *const c_char,
}

#[repr(C)]
pub struct Sink {
    pub size: usize,
    pub context: *mut c_void,
    pub answer: unsafe extern "C" fn(*mut c_void, *const Answer) -> c_int,
    pub stopped: unsafe extern "C" fn(*mut c_void) -> c_int,
}

pub type AddName = unsafe extern "C" fn(*mut c_void, *const c_char, *const c_char);

#[repr(C)]
pub struct Augmentor {
    pub size: usize,
    pub fingerprint: unsafe extern "C" fn(*mut c_void, *mut c_void, AddName, *mut Error) -> c_int,
    pub answer: unsafe extern "C" fn(*mut c_void, *const *const Request, usize, *const Sink, *mut Error) -> c_int,
}

#[repr(C)]
pub struct LossTraits {
    pub size: usize,
    pub views: [u32; 2],
    pub view_count: u32,
    pub needs: u32,
    pub joint: u32,
}

#[repr(C)]
pub struct ViewOutput {
    pub size: usize,
    pub view: u32,
    pub sentences: usize,
    pub words: usize,
    pub width: usize,
    pub tags: usize,
    pub offsets: *const usize,
    pub vectors: *const f32,
    pub log_partition: *const f64,
    pub gold_score: *const f64,
    pub token_scores: *const f32,
    pub marginals: *const f32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Part {
    pub name: [c_char; 32],
    pub value: f64,
}

#[repr(C)]
pub struct LossValue {
    pub size: usize,
    pub value: f64,
    pub d_log_partition: *mut f64,
    pub d_gold_score: *mut f64,
    pub d_token_scores: *mut f32,
    pub d_marginals: *mut f32,
    pub d_vectors: *mut f32,
    pub parts: *mut Part,
    pub part_capacity: usize,
    pub part_count: usize,
}

impl LossValue {
    /// Adds a summand by name.
    pub unsafe fn add(&mut self, name: &str, value: f64) {
        self.value += value;
        if self.part_count == self.part_capacity {
            return;
        }
        let mut part = Part { name: [0; 32], value };
        for (to, from) in part.name.iter_mut().take(31).zip(name.as_bytes()) {
            *to = *from as c_char;
        }
        self.parts.add(self.part_count).write(part);
        self.part_count += 1;
    }
}

pub type Evaluate = unsafe extern "C" fn(
    *mut c_void,
    *const ViewOutput,
    *const *const ViewOutput,
    usize,
    *mut LossValue,
    *mut Error,
) -> c_int;
pub type EvaluateJointly =
    unsafe extern "C" fn(*mut c_void, *const *const ViewOutput, usize, *const *mut LossValue, *mut Error) -> c_int;

#[repr(C)]
pub struct Loss {
    pub size: usize,
    pub describe: unsafe extern "C" fn(*mut c_void, *mut LossTraits, *mut Error) -> c_int,
    pub evaluate: Option<Evaluate>,
    pub evaluate_jointly: Option<EvaluateJointly>,
}

pub type Create = unsafe extern "C" fn(*const Host, *const *const Value, usize, *mut *mut c_void, *mut Error) -> c_int;

#[repr(C)]
pub struct Plugin {
    pub size: usize,
    pub stamp: *const Stamp,
    pub kind: u32,
    pub flags: u32,
    pub id: *const c_char,
    pub version: *const c_char,
    pub licence: *const c_char,
    pub summary: *const c_char,
    pub options: *const OptionField,
    pub option_count: usize,
    pub create: Create,
    pub destroy: Option<unsafe extern "C" fn(*mut c_void)>,
    pub augmentor: *const Augmentor,
    pub loss: *const Loss,
}

// They point to constants only.
unsafe impl Sync for OptionField {}
unsafe impl Sync for Plugin {}
