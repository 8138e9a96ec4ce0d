//! `parseReference()`.

use wasm_bindgen::prelude::*;

use crate::js::args::options;
use crate::js::output::convert;
use crate::js::output::error::Result;
use crate::protocol::oci::reference::full::FullReference;

/// Takes a reference apart.
#[wasm_bindgen(js_name = parseReference, skip_typescript)]
pub fn parse_reference(reference: JsValue) -> std::result::Result<JsValue, JsValue> {
    Ok(parse(&reference)?)
}

/// Converts to `ParsedReference` of index.d.ts.
fn parse(reference: &JsValue) -> Result<JsValue> {
    let FullReference { registry, name, tag, digest } = FullReference::parse(&options::text(reference, "reference")?)?;
    Ok(convert::object([
        ("registry", registry.into()),
        ("name", name.as_str().into()),
        ("namespace", name.namespace().into()),
        ("repository", name.repository().into()),
        ("tag", tag.as_ref().map(|tag| tag.as_str()).into()),
        ("digest", digest.as_ref().map(|digest| digest.as_str()).into()),
    ]))
}
