//! The five imports, and how an evaluation fails.

use rquickjs::{convert::List, Error};

mod imports {
    #[link(wasm_import_module = "revsync_v1")]
    extern "C" {
        pub fn input(to: *mut u8, limit: usize) -> usize;
        pub fn output(from: *const u8, size: usize);
        pub fn call(op: *const u8, op_size: usize, request: *const u8, size: usize) -> i32;
        pub fn result(to: *mut u8, limit: usize) -> usize;
        pub fn log(level: i32, from: *const u8, size: usize);
    }
}

/// The clock that QuickJS's build for bare WASM asks the host for. There is none; the sandbox refuses to read it.
#[no_mangle]
extern "C" fn __rquickjs_host_now_us() -> f64 {
    0.0
}

fn fetch(from: unsafe extern "C" fn(*mut u8, usize) -> usize) -> Vec<u8> {
    // SAFETY: the host writes at most limit bytes, and only when all of them fit.
    let mut bytes = vec![0; unsafe { from(std::ptr::null_mut(), 0) }];
    unsafe { from(bytes.as_mut_ptr(), bytes.len()) };
    bytes
}

/// The request.
pub fn input() -> Vec<u8> {
    fetch(imports::input)
}

pub fn output(document: &str) {
    // SAFETY: the host copies the bytes before it returns.
    unsafe { imports::output(document.as_ptr(), document.len()) }
}

/// A host operation: its status (0 or the number of the contract's table), and the result or the error's text.
pub fn call(op: String, request: String) -> List<(i32, String)> {
    // SAFETY: the host copies both texts before it returns.
    let status = unsafe { imports::call(op.as_ptr(), op.len(), request.as_ptr(), request.len()) };
    List((-status.min(0), String::from_utf8_lossy(&fetch(imports::result)).into_owned()))
}

pub fn log(level: i32, line: String) {
    // SAFETY: as above.
    unsafe { imports::log(level, line.as_ptr(), line.len()) }
}

/// Why there is no answer; code is a status of the contract.
pub struct Failure {
    pub code: i32,
    pub message: String,
}

impl Failure {
    pub fn send(self) -> i32 {
        let mut document = format!(r#"{{"code":{},"message":""#, self.code);
        for c in self.message.chars() {
            match c {
                '"' | '\\' => document.extend(['\\', c]),
                c if (c as u32) < 0x20 => document.push_str(&format!("\\u{:04x}", c as u32)),
                c => document.push(c),
            }
        }
        output(&(document + "\"}"));
        self.code
    }

    fn internal(message: impl Into<String>) -> Failure {
        Failure { code: 13, message: message.into() }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        match error {
            Error::WouldBlock => Failure::internal("a promise is never settled: nothing in a check can wait"),
            error => Failure::internal(error.to_string()),
        }
    }
}
