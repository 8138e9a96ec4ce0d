//! `parseReference()`.

use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::js::args::options;
use crate::js::output::convert;
use crate::js::output::error::Result;
use crate::protocol::oci::reference::full::FullReference;

/// `ParsedReference` of index.d.ts.
#[derive(Serialize)]
struct ParsedReference<'a> {
    registry: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<&'a str>,
    repository: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<&'a str>,
}

/// Takes a reference apart.
#[wasm_bindgen(js_name = parseReference, skip_typescript)]
pub fn parse_reference(reference: JsValue) -> std::result::Result<JsValue, JsValue> {
    Ok(parse(&reference)?)
}

fn parse(reference: &JsValue) -> Result<JsValue> {
    let FullReference { registry, name, tag, digest } = FullReference::parse(&options::text(reference, "reference")?)?;
    convert::json(&ParsedReference {
        registry: &registry,
        name: name.as_str(),
        namespace: name.namespace(),
        repository: name.repository(),
        tag: tag.as_ref().map(|tag| tag.as_str()),
        digest: digest.as_ref().map(|digest| digest.as_str()),
    })
}
