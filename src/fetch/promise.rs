//! Promises of Rust's futures.

use std::pin::Pin;

use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;

/// A future that a promise can wait for.
type Task = Pin<Box<dyn Future<Output = Result<JsValue, JsValue>>>>;

/// Returns a promise of what the future returns. All futures have one type here: the queue behind them is compiled again
/// for every type.
pub fn promise_of(future: impl Future<Output = Result<JsValue, JsValue>> + 'static) -> Promise {
    let task: Task = Box::pin(future);
    future_to_promise(task)
}
