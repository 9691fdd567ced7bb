//! The contract `revsync.plugin/v1` around QuickJS: a module whose checks are the script in its slot.

mod abi;
mod promises;
mod slot;

use abi::Failure;
use promises::Floating;
use std::mem::ManuallyDrop;

use rquickjs::{convert::List, CatchResultExt, Context, Ctx, Error, Function, Module, Object, Promise, Runtime, Value};

/// What checks import; the same file lies beside them for their tests.
const SDK: &str = include_str!("../../../plugins/author/templates/js/revsync.js");
/// What makes the same request have the same answer, and the host.
const SANDBOX: &str = include_str!("sandbox.js");

/// Under the 64 MiB of an instance, so that a script that takes too much gets an exception.
const MEMORY_BYTES: usize = 52 << 20;
/// Under the linker's 1 MiB, so that endless recursion gets an exception.
const STACK_BYTES: usize = 640 << 10;

#[no_mangle]
pub extern "C" fn revsync_v1_describe() -> i32 {
    run(|sdk, _host| sdk.get::<_, Function>("describe")?.call(()))
}

#[no_mangle]
pub extern "C" fn revsync_v1_evaluate() -> i32 {
    run(|sdk, host| {
        let request = sdk.ctx().json_parse(abi::input())?;
        sdk.get::<_, Function>("evaluate")?.call((request, host))
    })
}

type Ask = for<'js> fn(&Object<'js>, Value<'js>) -> rquickjs::Result<Promise<'js>>;

fn run(ask: Ask) -> i32 {
    match start(ask) {
        Ok(document) => {
            abi::output(&document);
            0
        }
        Err(failure) => failure.send(),
    }
}

fn start(ask: Ask) -> Result<String, Failure> {
    // Neither is freed in the end: the instance is thrown away after its answer.
    let runtime = ManuallyDrop::new(Runtime::new().map_err(Failure::from)?);
    runtime.set_memory_limit(MEMORY_BYTES);
    runtime.set_max_stack_size(STACK_BYTES);
    let floating = Floating::watch(&runtime);
    let context = ManuallyDrop::new(Context::full(&runtime).map_err(Failure::from)?);
    context.with(|ctx| {
        let sdk = load(&ctx, "revsync.js", SDK).map_err(Failure::from)?;
        answer(&ctx, &sdk, ask).map_err(|error| explain(&ctx, &sdk, error)).and_then(|document| {
            while ctx.execute_pending_job() {}
            floating.none().map(|()| document)
        })
    })
}

fn answer<'js>(ctx: &Ctx<'js>, sdk: &Object<'js>, ask: Ask) -> rquickjs::Result<String> {
    let sandbox: Function = load(ctx, "sandbox.js", SANDBOX)?.get("default")?;
    let host: Value = sandbox.call((Function::new(ctx.clone(), abi::call)?, Function::new(ctx.clone(), abi::log)?))?;
    load(ctx, "check.js", slot::script())?;
    let document: Value = ask(sdk, host)?.finish()?;
    ctx.json_stringify(document)?.ok_or(Error::Unknown)?.to_string()
}

fn load<'js>(ctx: &Ctx<'js>, name: &str, source: impl Into<Vec<u8>>) -> rquickjs::Result<Object<'js>> {
    let (module, loaded) = Module::declare(ctx.clone(), name, source)?.eval()?;
    loaded.finish::<()>()?;
    module.namespace()
}

/// Says what was thrown and where; the SDK does that, since it knows a status from another error.
fn explain<'js>(ctx: &Ctx<'js>, sdk: &Object<'js>, error: Error) -> Failure {
    if !error.is_exception() {
        return Failure::from(error);
    }
    let thrown = ctx.catch();
    let told = || -> rquickjs::Result<Failure> {
        let List((code, message)) = sdk.get::<_, Function>("failure")?.call((thrown,))?;
        Ok(Failure { code, message })
    };
    told().catch(ctx).unwrap_or_else(|again| Failure { code: 13, message: format!("an error that cannot be told: {again}") })
}
