//! Foreign promises as futures. Unlike `JsFuture` this takes any thenable, also one that throws, calls back at once,
//! twice, too late or never.

use std::future::pending;

use futures_channel::oneshot;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/src/fetch/body/reader.js")]
extern "C" {
    /// Follows a thenable by a promise of our own, which calls back once: whether it was fulfilled, and with what.
    fn follow(value: &JsValue, settled: &JsValue);
}

/// The outcome of a thenable, to wait for. Waiting can be given up and taken up again.
pub struct Outcome(oneshot::Receiver<Result<JsValue, JsValue>>);

impl Outcome {
    /// Follows a thenable. A value that is none counts as fulfilled with itself.
    pub fn of(value: JsValue) -> Self {
        let (sender, receiver) = oneshot::channel();
        if is_thenable(&value) {
            // Freed by its call, or with the promise that holds it.
            let settled = Closure::once_into_js(move |is_fulfilled: bool, value: JsValue| {
                let _ = sender.send(if is_fulfilled { Ok(value) } else { Err(value) });
            });
            follow(&value, &settled);
        } else {
            let _ = sender.send(Ok(value));
        }
        Self(receiver)
    }

    /// Waits for it. Once it was given there is no other.
    pub async fn wait(&mut self) -> Result<JsValue, JsValue> {
        match (&mut self.0).await {
            Ok(outcome) => outcome,
            // The host has collected a promise that never settled.
            Err(oneshot::Canceled) => pending().await,
        }
    }
}

/// Waits for what a call of the host gave: a promise, a value, or what it threw.
pub async fn outcome(called: Result<JsValue, JsValue>) -> Result<JsValue, JsValue> {
    Outcome::of(called?).wait().await
}

fn is_thenable(value: &JsValue) -> bool {
    value.is_object() && js_sys::Reflect::get(value, &"then".into()).is_ok_and(|then| then.is_function())
}
