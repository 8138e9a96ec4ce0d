//! Functions of the caller that are told something. What they throw is theirs: it is reported, and breaks no call.

use js_sys::Function;
use wasm_bindgen::prelude::*;

use crate::js::output::error::{Failure, Result};

#[wasm_bindgen(module = "/src/js/args/callback.js")]
extern "C" {
    fn tell(callback: &Function, value: &JsValue, name: &str);
}

/// A function that was given as an option.
#[derive(Clone)]
pub struct Callback {
    function: Function,
    name: &'static str,
}

impl Callback {
    /// `path`: the option's place, for the message; `name`: its name.
    pub fn check(value: JsValue, path: &str, name: &'static str) -> Result<Self> {
        match value.dyn_into::<Function>() {
            Ok(function) => Ok(Self { function, name }),
            Err(_) => Err(Failure::argument(format!("{path}: a function is needed"))),
        }
    }

    /// Tells it. An async function's rejection is reported like an exception.
    pub fn tell(&self, value: &JsValue) {
        tell(&self.function, value, self.name);
    }
}
