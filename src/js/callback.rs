//! Functions of the caller that are told something. What they throw is theirs: it is reported, and breaks no call.

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;

use super::error::{Failure, Result};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console, js_name = error, catch)]
    fn console_error(message: &str, thrown: &JsValue) -> std::result::Result<(), JsValue>;

    #[wasm_bindgen(extends = Promise, js_name = Promise)]
    type Returned;
    #[wasm_bindgen(method, js_name = catch, catch)]
    fn when_rejected(this: &Returned, report: &JsValue) -> std::result::Result<JsValue, JsValue>;
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
        let name = self.name;
        match self.function.call1(&JsValue::UNDEFINED, value) {
            Err(thrown) => report(name, &thrown),
            Ok(returned) => {
                if returned.is_instance_of::<Promise>() {
                    let report = Closure::once_into_js(move |thrown: JsValue| report(name, &thrown));
                    let _ = returned.unchecked_ref::<Returned>().when_rejected(&report);
                }
            }
        }
    }
}

fn report(name: &str, thrown: &JsValue) {
    let _ = console_error(&format!("docker-registry-client-wasm: {name} threw"), thrown);
}
