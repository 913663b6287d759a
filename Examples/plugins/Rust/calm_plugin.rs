//! `calm_plugin.h` in Rust, version 1.0 of the C ABI: the same names and layouts. The header says what everything means.
#![allow(non_camel_case_types, dead_code)]

use std::ffi::{c_char, c_int, c_void, CStr};

pub const CALM_OK: c_int = 0;
pub const CALM_FAILED: c_int = 1;
pub const CALM_STOPPED: c_int = 2;

pub const CALM_STRING: u32 = 1;
pub const CALM_INTEGER: u32 = 2;
pub const CALM_NUMBER: u32 = 3;

pub const CALM_PLAIN: u32 = 0;
pub const CALM_AUGMENTED: u32 = 1;
pub const CALM_LOG_PARTITION: u32 = 1;
pub const CALM_GOLD_SCORE: u32 = 2;
pub const CALM_TOKEN_SCORES: u32 = 4;
pub const CALM_MARGINALS: u32 = 8;

pub const CALM_AUGMENTOR: u32 = 1;
pub const CALM_LOSS: u32 = 2;

/// What the host reads out of the file before it opens it.
#[repr(C)]
pub struct calm_stamp {
    magic: u32,
    size: u32,
    api_major: u32,
    api_minor: u32,
    language: u32,
    reserved: u32,
    compiler: [u8; 104],
}

#[used]
#[link_section = "calm_stamp"]
pub static STAMP: calm_stamp = calm_stamp {
    magic: 0x4D4C4143,
    size: 128,
    api_major: 1,
    api_minor: 0,
    language: 2,
    reserved: 0,
    compiler: compiler(),
};

const fn compiler() -> [u8; 104] {
    let (name, mut out, mut i) = (b"rustc", [0; 104], 0);
    while i < name.len() {
        out[i] = name[i];
        i += 1;
    }
    out
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct calm_text {
    pub data: *const c_char,
    pub length: usize,
}

#[repr(C)]
pub struct calm_error {
    size: usize,
    message: [c_char; 1024],
    hint: [c_char; 512],
}

#[repr(C)]
pub struct calm_option {
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
pub struct calm_value {
    pub size: usize,
    pub name: *const c_char,
    pub text: calm_text,
    pub number: f64,
    pub integer: i64,
    pub items: *const calm_text,
    pub item_count: usize,
}

#[repr(C)]
pub struct calm_host {
    pub size: usize,
    pub seed: u64,
    pub cache_folder: *const c_char,
    pub threads: u32,
    pub context: *mut c_void,
    pub log: Option<unsafe extern "C" fn(*mut c_void, u32, *const c_char)>,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct calm_random {
    pub key: u64,
    pub drawn: u64,
}

#[repr(C)]
pub struct calm_request {
    pub size: usize,
    pub index: usize,
    pub text: calm_text,
    pub words: *const calm_text,
    pub word_count: usize,
    pub prompt: calm_text,
    pub split: *const c_char,
    pub position: usize,
    pub split_count: usize,
    pub random: calm_random,
}

#[repr(C)]
pub struct calm_answer {
    pub size: usize,
    pub index: usize,
    pub text: calm_text,
    pub finish: *const c_char,
    pub source: *const c_char,
    pub tokens: i64,
    pub prompt_tokens: i64,
    pub failure: *const c_char,
}

#[repr(C)]
pub struct calm_sink {
    pub size: usize,
    pub context: *mut c_void,
    pub answer: unsafe extern "C" fn(*mut c_void, *const calm_answer) -> c_int,
    pub stopped: unsafe extern "C" fn(*mut c_void) -> c_int,
}

pub type add_name = unsafe extern "C" fn(*mut c_void, *const c_char, *const c_char);

#[repr(C)]
pub struct calm_augmentor {
    pub size: usize,
    pub fingerprint: unsafe extern "C" fn(*mut c_void, *mut c_void, add_name, *mut calm_error) -> c_int,
    pub answer: unsafe extern "C" fn(
        *mut c_void,
        *const *const calm_request,
        usize,
        *const calm_sink,
        *mut calm_error,
    ) -> c_int,
}

#[repr(C)]
pub struct calm_loss_traits {
    pub size: usize,
    pub views: [u32; 2],
    pub view_count: u32,
    pub needs: u32,
    pub joint: u32,
}

#[repr(C)]
pub struct calm_view_output {
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
pub struct calm_part {
    pub name: [c_char; 32],
    pub value: f64,
}

#[repr(C)]
pub struct calm_loss_value {
    pub size: usize,
    pub value: f64,
    pub d_log_partition: *mut f64,
    pub d_gold_score: *mut f64,
    pub d_token_scores: *mut f32,
    pub d_marginals: *mut f32,
    pub d_vectors: *mut f32,
    pub parts: *mut calm_part,
    pub part_capacity: usize,
    pub part_count: usize,
}

pub type evaluate = unsafe extern "C" fn(
    *mut c_void,
    *const calm_view_output,
    *const *const calm_view_output,
    usize,
    *mut calm_loss_value,
    *mut calm_error,
) -> c_int;

pub type evaluate_jointly = unsafe extern "C" fn(
    *mut c_void,
    *const *const calm_view_output,
    usize,
    *const *mut calm_loss_value,
    *mut calm_error,
) -> c_int;

#[repr(C)]
pub struct calm_loss {
    pub size: usize,
    pub describe: unsafe extern "C" fn(*mut c_void, *mut calm_loss_traits, *mut calm_error) -> c_int,
    pub evaluate: Option<evaluate>,
    pub evaluate_jointly: Option<evaluate_jointly>,
}

#[repr(C)]
pub struct calm_plugin {
    pub size: usize,
    pub stamp: *const calm_stamp,
    pub kind: u32,
    pub flags: u32,
    pub id: *const c_char,
    pub version: *const c_char,
    pub licence: *const c_char,
    pub summary: *const c_char,
    pub options: *const calm_option,
    pub option_count: usize,
    pub create: unsafe extern "C" fn(
        *const calm_host,
        *const *const calm_value,
        usize,
        *mut *mut c_void,
        *mut calm_error,
    ) -> c_int,
    pub destroy: Option<unsafe extern "C" fn(*mut c_void)>,
    pub augmentor: *const calm_augmentor,
    pub loss: *const calm_loss,
}

// Constants without interior mutability: any thread may read them.
unsafe impl Sync for calm_stamp {}
unsafe impl Sync for calm_option {}
unsafe impl Sync for calm_augmentor {}
unsafe impl Sync for calm_loss {}
unsafe impl Sync for calm_plugin {}

/// A zero-terminated constant.
#[macro_export]
macro_rules! c {
    ($text:literal) => {
        concat!($text, "\0").as_ptr().cast()
    };
}

impl calm_text {
    pub fn of(text: &str) -> Self {
        calm_text { data: text.as_ptr().cast(), length: text.len() }
    }

    /// # Safety
    /// The text must come from the host: it is UTF-8.
    pub unsafe fn str<'a>(self) -> &'a str {
        if self.data.is_null() {
            return "";
        }
        std::str::from_utf8_unchecked(std::slice::from_raw_parts(self.data.cast(), self.length))
    }
}

impl calm_random {
    /// The next 64 bits (SplitMix64).
    pub fn next(&mut self) -> u64 {
        self.drawn += 1;
        let mut z = self.key.wrapping_add(self.drawn.wrapping_mul(0x9e3779b97f4a7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d049bb133111eb);
        z ^ (z >> 31)
    }
}

impl calm_error {
    /// Says what went wrong; for `return error.fail(…)`.
    pub fn fail(&mut self, message: &str) -> c_int {
        let bytes = message.as_bytes();
        let count = bytes.len().min(self.message.len() - 1);
        for (to, from) in self.message.iter_mut().zip(&bytes[..count]) {
            *to = *from as c_char;
        }
        self.message[count] = 0;
        CALM_FAILED
    }
}

impl calm_loss_value {
    /// Adds a summand.
    ///
    /// # Safety
    /// The host's own value.
    pub unsafe fn add(&mut self, name: &str, value: f64) {
        self.value += value;
        if self.part_count == self.part_capacity {
            return;
        }
        let part = &mut *self.parts.add(self.part_count);
        for (to, from) in part.name[..31].iter_mut().zip(name.bytes()) {
            *to = from as c_char;
        }
        part.value = value;
        self.part_count += 1;
    }
}

/// The value of an option that has a default, and so is always there.
///
/// # Safety
/// `values` and `count` as the host passed them.
pub unsafe fn option<'a>(values: *const *const calm_value, count: usize, name: &str) -> &'a calm_value {
    (0..count)
        .map(|i| &**values.add(i))
        .find(|value| CStr::from_ptr(value.name).to_bytes() == name.as_bytes())
        .expect("the host passes every option that has a default")
}
