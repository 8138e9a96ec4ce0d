//! `Diagnosis`: the findings are put into words in JavaScript, where texts are smaller than in wasm.

use wasm_bindgen::prelude::*;

use crate::js::output::convert;
use crate::js::output::error::Result;
use crate::registry::Diagnosis;
use crate::transport::Error;

#[wasm_bindgen(module = "/src/js/diagnosis/words.js")]
extern "C" {
    #[wasm_bindgen(catch)]
    fn describe(json: &str) -> std::result::Result<JsValue, JsValue>;
}

/// Converts to `Diagnosis` of index.d.ts.
pub fn to_js(found: &Diagnosis) -> Result<JsValue> {
    Ok(describe(&convert::text(found)?).map_err(|_| Error::internal("a diagnosis cannot be put into words"))?)
}
