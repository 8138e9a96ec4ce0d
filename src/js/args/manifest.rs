//! Manifests and other documents that a caller passes.

use js_sys::{JSON, Reflect};
use wasm_bindgen::prelude::*;

use crate::fetch::{bytes_of, tag};
use crate::js::args::options::{Options, described};
use crate::js::output::error::{Failure, Result};
use crate::registry::manifest::input::indentation;

/// Reads the bytes of a manifest, and its media type if given: the bytes of a `Manifest`, or the JSON of any other
/// object.
pub fn read(value: &JsValue, media_type: Option<String>) -> Result<(Vec<u8>, Option<String>)> {
    if let Some(bytes) = bytes(value) {
        return Ok((bytes, media_type));
    }
    let get = |name: &str| Reflect::get(value, &name.into()).unwrap_or_default();
    if let Some(bytes) = bytes(&get("bytes")) {
        return Ok((bytes, media_type.or_else(|| get("mediaType").as_string())));
    }
    document(value, "manifest").map(|document| (document, media_type))
}

/// Reads a JSON document: bytes verbatim, or an object.
pub fn document(value: &JsValue, name: &str) -> Result<Vec<u8>> {
    if let Some(bytes) = bytes(value) {
        return Ok(bytes);
    }
    if tag(value) != "[object Object]" {
        let message = format!("{name}: an object or a Uint8Array is needed, not {}", described(value));
        return Err(Failure::argument(message));
    }
    let schema_version = Reflect::get(value, &"schemaVersion".into()).ok().and_then(|version| version.as_f64());
    let indent = JsValue::from(indentation(schema_version));
    let text = JSON::stringify_with_replacer_and_space(value, &JsValue::UNDEFINED, &indent);
    let text = text.ok().and_then(|text| text.as_string());
    text.map(String::into_bytes).ok_or_else(|| Failure::argument(format!("{name}: it cannot be written as JSON")))
}

/// Reads `signingKey`, which is never quoted in a message.
pub fn signing_key(options: &Options) -> Result<Option<JsValue>> {
    let key = options.get("signingKey")?;
    match &key {
        Some(value) if !value.is_object() => {
            Err(Failure::argument("options.signingKey: a CryptoKeyPair or a JSON web key is needed"))
        }
        _ => Ok(key),
    }
}

/// Copies the bytes of a `Uint8Array` of any realm; a detached one is empty.
fn bytes(value: &JsValue) -> Option<Vec<u8>> {
    (tag(value) == "[object Uint8Array]").then(|| bytes_of(value).ok())?.map(|bytes| bytes.to_vec())
}
