//! Checks for revsync as WASM modules: the contract `revsync.plugin/v1`.
//!
//! ```ignore
//! use revsync::{check, Finding, Host, Json, Result};
//!
//! revsync::serve!("acme.hello", "1.0.0", check("hello", hello));
//!
//! fn hello(_host: &dyn Host, request: &Json) -> Result {
//!     Ok(vec![Finding::info("HELLO", format!("hello from sync {}", request["sync"]["id"].text()))])
//! }
//! ```
//!
//! Build with `cargo build --release --target wasm32-unknown-unknown`, crate type `cdylib`. A check is an ordinary
//! function, to be tested with `cargo test`.

mod abi;
mod documents;
mod json;

pub use abi::{describe, evaluate};
pub use documents::{documents, Documents};
pub use json::{quote, Json};

/// A status, with gRPC's numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    pub code: i32,
    pub message: String,
}

/// What a check answers. A status says that it could not judge, and refuses the trigger as an error finding does.
pub type Result = std::result::Result<Vec<Finding>, Status>;

/// What a component may ask.
pub trait Host {
    /// Performs an operation: a JSON document in, a JSON document out.
    fn call(&self, op: &str, request: &str) -> std::result::Result<Json, Status>;
    /// Writes one line to the engine's log; -4 debug, 0 info, 4 warning, 8 error.
    fn log(&self, level: i32, line: &str);

    /// Runs a command, given as JSON, on "source" or "destination".
    fn run_command(&self, cluster: &str, database: &str, command: &str) -> std::result::Result<Json, Status> {
        let request = format!(r#"{{"cluster":{},"database":{},"command":{command}}}"#, quote(cluster), quote(database));
        self.call("runCommand", &request)
    }
}

/// A host for tests that denies every call.
pub struct Denies;

impl Host for Denies {
    fn call(&self, op: &str, _request: &str) -> std::result::Result<Json, Status> {
        Err(Status { code: 7, message: format!("{op} is not granted") })
    }
    fn log(&self, _level: i32, _line: &str) {}
}

/// One fact for the operator. `severity` is error, warning or info.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub code: &'static str,
    pub severity: &'static str,
    pub message: String,
    pub remediation: String,
    /// The cluster's name, or "".
    pub cluster: String,
}

impl Finding {
    fn new(code: &'static str, severity: &'static str, message: impl Into<String>) -> Finding {
        Finding { code, severity, message: message.into(), remediation: String::new(), cluster: String::new() }
    }
    /// Refuses the trigger.
    pub fn error(code: &'static str, message: impl Into<String>) -> Finding { Finding::new(code, "error", message) }
    /// Is shown and refuses nothing.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Finding { Finding::new(code, "warning", message) }
    /// Says that something was looked at and is as it should be.
    pub fn info(code: &'static str, message: impl Into<String>) -> Finding { Finding::new(code, "info", message) }
    /// With what to do about it.
    pub fn cure(mut self, remediation: impl Into<String>) -> Finding { self.remediation = remediation.into(); self }
    /// With the cluster that it is about.
    pub fn on(mut self, cluster: impl Into<String>) -> Finding { self.cluster = cluster.into(); self }
}

/// The function of a check.
pub type Function = fn(&dyn Host, &Json) -> Result;

/// One component with its function.
pub struct Part {
    pub(crate) name: &'static str,
    pub(crate) function: Function,
    pub(crate) phases: Vec<&'static str>,
    pub(crate) facts: Vec<&'static str>,
    pub(crate) asks: Vec<(&'static str, Vec<&'static str>)>,
    pub(crate) reads: Vec<(&'static str, &'static str, Vec<&'static str>)>,
}

/// Makes a check that runs in preflight and before a reverse.
pub fn check(name: &'static str, function: Function) -> Part {
    Part { name, function, phases: vec!["preflight", "preReverse"], facts: vec![], asks: vec![], reads: vec![] }
}

impl Part {
    /// With these phases instead.
    pub fn phases(mut self, phases: &[&'static str]) -> Part { self.phases = phases.to_vec(); self }
    /// With the fact families that it needs.
    pub fn needs(mut self, families: &[&'static str]) -> Part { self.facts.extend(families); self }
    /// With the commands that it would like to run on "source", "destination" or "any".
    pub fn asks(mut self, cluster: &'static str, commands: &[&'static str]) -> Part {
        self.asks.push((cluster, commands.to_vec()));
        self
    }
    /// With the right to "find" or "aggregate" on the cluster in these databases ("app") and collections ("app.orders");
    /// none means all.
    pub fn reads(mut self, cluster: &'static str, op: &'static str, namespaces: &[&'static str]) -> Part {
        self.reads.push((cluster, op, namespaces.to_vec()));
        self
    }
}

/// Exports a module: its name, its version, and its parts.
#[macro_export]
macro_rules! serve {
    ($name:expr, $version:expr, $($part:expr),+ $(,)?) => {
        #[no_mangle]
        pub extern "C" fn revsync_v1_describe() -> i32 { $crate::describe($name, $version, &[$($part),+]) }
        #[no_mangle]
        pub extern "C" fn revsync_v1_evaluate() -> i32 { $crate::evaluate(&[$($part),+]) }
    };
}
