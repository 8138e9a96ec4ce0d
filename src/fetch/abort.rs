//! Aborts a request at the host when its future or body is dropped.

use wasm_bindgen::prelude::*;
use web_sys::AbortController;

/// Aborts its request when dropped, unless the request has completed.
pub struct Abort(Option<AbortController>);

impl Abort {
    /// Creates the guard. On a host without AbortController (none is known) requests continue.
    pub fn new() -> Self {
        Self(AbortController::new().ok())
    }

    /// Returns the `signal` for `fetch`.
    pub fn signal(&self) -> JsValue {
        self.0.as_ref().map_or(JsValue::UNDEFINED, |controller| controller.signal().into())
    }

    /// Disarms the guard when the request has completed.
    pub fn disarm(&mut self) {
        self.0 = None;
    }

    /// Aborts the request.
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
