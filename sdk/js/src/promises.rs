//! Promises that were rejected while nobody waited for them: the check has missed an error, and must not pass.

use crate::abi::Failure;
use rquickjs::Runtime;
use std::{cell::RefCell, rc::Rc};

#[derive(Clone, Default)]
pub struct Floating(Rc<RefCell<(usize, String)>>);

impl Floating {
    pub fn watch(runtime: &Runtime) -> Floating {
        let floating = Floating::default();
        let seen = floating.clone();
        runtime.set_host_promise_rejection_tracker(Some(Box::new(move |_ctx, _promise, reason, handled| {
            let mut seen = seen.0.borrow_mut();
            if handled {
                seen.0 = seen.0.saturating_sub(1);
                return;
            }
            seen.0 += 1;
            seen.1 = reason.as_exception().and_then(|e| e.message()).unwrap_or_default();
        })));
        floating
    }

    pub fn none(&self) -> Result<(), Failure> {
        let seen = self.0.borrow();
        if seen.0 == 0 {
            return Ok(());
        }
        Err(Failure { code: 13, message: format!("a promise was rejected and nothing awaited it: {}", seen.1) })
    }
}
