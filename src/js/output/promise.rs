//! Creates the promises of all calls. Each one settles with the result, a `RegistryError`, or the reason of an abort.

use std::pin::Pin;

use js_sys::Promise;
use wasm_bindgen::prelude::*;

use crate::fetch::promise::promise_of;
use crate::js::output::error::Result;
use crate::js::signal::{Signal, Signals};

type Task = Pin<Box<dyn Future<Output = Result<JsValue>>>>;

/// Runs a call. `prepare` checks the arguments and returns the call's own signal and the work; an invalid argument
/// rejects the promise. If a signal is already aborted, nothing is sent; a later abort drops the work, which aborts its
/// requests.
pub fn run<F>(client: Option<&Signal>, prepare: impl FnOnce() -> Result<(Option<Signal>, F)>) -> Promise
where
    F: Future<Output = Result<JsValue>> + 'static,
{
    match prepare() {
        Ok((signal, future)) => start(Signals::new([signal.as_ref(), client]), Box::pin(future)),
        Err(failure) => Promise::reject(&failure.into()),
    }
}

/// Runs work until it ends or a signal is aborted.
pub fn start(signals: Signals, task: Task) -> Promise {
    if let Some(reason) = signals.aborted() {
        return Promise::reject(&reason);
    }
    promise_of(async move { signals.race(task).await.map_err(JsValue::from) })
}
