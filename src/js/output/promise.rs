//! The one place where promises are made. Each settles: with the result, a `RegistryError`, or the reason of an abort.

use std::pin::Pin;

use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;

use crate::js::output::error::Result;
use crate::js::signal::{Signal, Signals};

type Task = Pin<Box<dyn Future<Output = Result<JsValue>>>>;

/// Runs a call. `prepare` looks at the arguments and gives the call's own signal and the work; what is wrong with an
/// argument rejects the promise. An abort before the start sends nothing; any later one drops the work, which stops its
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

/// Runs work that goes on until it ends or a signal is aborted.
pub fn start(signals: Signals, task: Task) -> Promise {
    if let Some(reason) = signals.aborted() {
        return Promise::reject(&reason);
    }
    future_to_promise(async move { signals.race(task).await.map_err(JsValue::from) })
}
