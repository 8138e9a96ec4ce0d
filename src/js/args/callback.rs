//! The caller's callbacks. An exception in one is reported to the host and does not fail the call.

use js_sys::Function;
use wasm_bindgen::prelude::*;

use crate::js::output::error::{Failure, Result};

#[wasm_bindgen(module = "/src/js/args/callback.js")]
extern "C" {
    fn tell(callback: &Function, value: &JsValue, name: &str);
}

/// A callback that was passed as an option.
#[derive(Clone)]
pub struct Callback {
    function: Function,
    name: &'static str,
}

impl Callback {
    /// Checks that an option is a function. `path` is the option's path for the message, `name` its name.
    pub fn check(value: JsValue, path: &str, name: &'static str) -> Result<Self> {
        match value.dyn_into::<Function>() {
            Ok(function) => Ok(Self { function, name }),
            Err(_) => Err(Failure::argument(format!("{path}: a function is needed"))),
        }
    }

    /// Calls the callback. A rejection of an async function is reported like an exception.
    pub fn tell(&self, value: &JsValue) {
        tell(&self.function, value, self.name);
    }
}
