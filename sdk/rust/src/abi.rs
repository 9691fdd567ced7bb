//! The five imports and what stands on both sides of them.

use crate::{quote, Finding, Host, Json, Part, Status};

#[cfg(target_family = "wasm")]
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

/// Elsewhere than in WASM nobody calls the exports; tests call the functions of the checks.
#[cfg(not(target_family = "wasm"))]
mod imports {
    pub unsafe fn input(_: *mut u8, _: usize) -> usize { 0 }
    pub unsafe fn output(_: *const u8, _: usize) {}
    pub unsafe fn call(_: *const u8, _: usize, _: *const u8, _: usize) -> i32 { -12 }
    pub unsafe fn result(_: *mut u8, _: usize) -> usize { 0 }
    pub unsafe fn log(_: i32, _: *const u8, _: usize) {}
}

fn fetch(from: unsafe fn(*mut u8, usize) -> usize) -> String {
    // SAFETY: the host writes at most limit bytes, and only when all of them fit.
    let mut bytes = vec![0; unsafe { from(std::ptr::null_mut(), 0) }];
    unsafe { from(bytes.as_mut_ptr(), bytes.len()) };
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(target_family = "wasm")]
unsafe fn input(to: *mut u8, limit: usize) -> usize { imports::input(to, limit) }
#[cfg(target_family = "wasm")]
unsafe fn result(to: *mut u8, limit: usize) -> usize { imports::result(to, limit) }
#[cfg(not(target_family = "wasm"))]
use imports::{input, result};

fn send(document: &str) {
    // SAFETY: the host copies the bytes before it returns.
    unsafe { imports::output(document.as_ptr(), document.len()) }
}

fn fail(status: Status) -> i32 {
    send(&format!(r#"{{"code":{},"message":{}}}"#, status.code, quote(&status.message)));
    status.code
}

struct Engine;

impl Host for Engine {
    fn call(&self, op: &str, request: &str) -> Result<Json, Status> {
        // SAFETY: the host copies both texts before it returns.
        let status = unsafe { imports::call(op.as_ptr(), op.len(), request.as_ptr(), request.len()) };
        let text = fetch(result);
        if status < 0 {
            return Err(Status { code: -status, message: text });
        }
        Json::parse(&text).map_err(|message| Status { code: 13, message })
    }
    fn log(&self, level: i32, line: &str) {
        // SAFETY: as above.
        unsafe { imports::log(level, line.as_ptr(), line.len()) }
    }
}

fn list(items: &[&str]) -> String {
    let quoted: Vec<String> = items.iter().map(|i| quote(i)).collect();
    format!("[{}]", quoted.join(","))
}

fn component(p: &Part) -> String {
    let commands = p.asks.iter()
        .map(|(cluster, commands)| format!(r#"{{"cluster":{},"op":"runCommand","commands":{}}}"#, quote(cluster), list(commands)));
    let reads = p.reads.iter()
        .map(|(cluster, op, names)| format!(r#"{{"cluster":{},"op":{},"namespaces":{}}}"#, quote(cluster), quote(op), list(names)));
    let asks: Vec<String> = commands.chain(reads).collect();
    format!(r#"{{"name":{},"kind":"check","phases":{},"facts":{},"capabilities":[{}]}}"#,
        quote(p.name), list(&p.phases), list(&p.facts), asks.join(","))
}

/// What `revsync_v1_describe` does; the macro `serve` calls it.
pub fn describe(name: &str, version: &str, parts: &[Part]) -> i32 {
    let parts: Vec<String> = parts.iter().map(component).collect();
    send(&format!(r#"{{"apiVersion":"revsync.plugin/v1","name":{},"version":{},"components":[{}]}}"#,
        quote(name), quote(version), parts.join(",")));
    0
}

fn finding(f: &Finding) -> String {
    format!(r#"{{"code":{},"severity":{},"message":{},"remediation":{},"resource":{{"cluster":{}}}}}"#,
        quote(f.code), quote(f.severity), quote(&f.message), quote(&f.remediation), quote(&f.cluster))
}

/// What `revsync_v1_evaluate` does; the macro `serve` calls it.
pub fn evaluate(parts: &[Part]) -> i32 {
    let request = match Json::parse(&fetch(input)) {
        Ok(request) => request,
        Err(message) => return fail(Status { code: 3, message }),
    };
    let name = request["component"].text();
    let Some(part) = parts.iter().find(|p| p.name == name) else {
        return fail(Status { code: 5, message: format!("no component {name:?}") });
    };
    match (part.function)(&Engine, &request) {
        Ok(findings) => {
            let findings: Vec<String> = findings.iter().map(finding).collect();
            send(&format!(r#"{{"findings":[{}]}}"#, findings.join(",")));
            0
        }
        Err(status) => fail(status),
    }
}
