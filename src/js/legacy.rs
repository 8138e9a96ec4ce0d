//! The code for old registries, which the package loads when a registry needs it.

use std::cell::{Cell, RefCell};

use js_sys::{Function, Reflect};
use wasm_bindgen::prelude::*;

use crate::fetch::{FetchHost, outcome, text_of};
use crate::protocol::code;
use crate::registry::legacy::{Code, Legacy, LoadLegacy, Work};
use crate::transport::Error;

thread_local! {
    static CODE: Cell<Option<&'static dyn Legacy<FetchHost>>> = const { Cell::new(None) };
    static LOADER: RefCell<Option<Function>> = const { RefCell::new(None) };
    static CAUSE: RefCell<JsValue> = const { RefCell::new(JsValue::UNDEFINED) };
}

/// Sets the function that loads the part of the module with `installLegacy()`, calls that, and returns a promise.
#[wasm_bindgen(js_name = onLegacy, skip_typescript)]
pub fn on_legacy(load: Function) {
    LOADER.set(Some(load));
}

/// Installs the code. Nothing else leads to it, so that xtask can cut it off.
#[wasm_bindgen(js_name = installLegacy, skip_typescript)]
pub fn install_legacy() {
    CODE.set(Some(&Code));
}

/// Why the code could not be loaded the last time.
pub fn cause() -> JsValue {
    CAUSE.with_borrow(JsValue::clone)
}

/// Loads the code once, and again after a failure.
pub struct OnDemand;

impl LoadLegacy<FetchHost> for OnDemand {
    fn load(&self) -> Work<'_, &'static dyn Legacy<FetchHost>> {
        Box::pin(async {
            if let Some(code) = CODE.get() {
                return Ok(code);
            }
            let load = LOADER.with_borrow(Option::clone);
            let load = load.ok_or_else(|| Error::internal("nothing loads the code for old registries"))?;
            outcome(load.call0(&JsValue::UNDEFINED)).await.map_err(|reason| not_loaded(&reason))?;
            CODE.get().ok_or_else(|| Error::internal("the code for old registries was loaded, but not installed"))
        })
    }
}

fn not_loaded(reason: &JsValue) -> Error {
    CAUSE.set(Reflect::get(reason, &"cause".into()).unwrap_or_default());
    let message = text_of(reason, "message");
    Error::new(code::MODULE_NOT_LOADED, message.unwrap_or_else(|| "the code for old registries".into()))
}
