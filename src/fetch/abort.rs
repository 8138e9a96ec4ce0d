//! A request ends at the host when whoever wanted it has gone.

use wasm_bindgen::prelude::*;
use web_sys::AbortController;

/// Aborts its request when dropped, unless the request is over.
pub struct Abort(Option<AbortController>);

impl Abort {
    /// Without an AbortController (no known host lacks it) requests just run on.
    pub fn new() -> Self {
        Self(AbortController::new().ok())
    }

    /// What `fetch` takes as `signal`.
    pub fn signal(&self) -> JsValue {
        self.0.as_ref().map_or(JsValue::UNDEFINED, |controller| controller.signal().into())
    }

    /// The request is over: nothing is left to abort.
    pub fn disarm(&mut self) {
        self.0 = None;
    }

    /// Nobody wants the request any more.
    pub fn fire(&mut self) {
        if let Some(controller) = self.0.take() {
            controller.abort();
        }
    }
}

impl Drop for Abort {
    fn drop(&mut self) {
        self.fire();
    }
}
