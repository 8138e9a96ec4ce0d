//! Values for JavaScript. What comes from outside goes as text through the host's `JSON.parse`, where `__proto__` is a
//! key like any other; it is also the fastest way to build large values.

use js_sys::{Array, Date, Object, Reflect, Uint8Array};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::js::output::error::Result;
use crate::protocol::code;
use crate::protocol::oci::descriptor::{Annotations, Descriptor};
use crate::protocol::oci::listing::Strings;
use crate::registry::{FetchedManifest, HistoryStep, SignatureFact, TagData};
use crate::transport::Error;

/// JSON text, parsed by the host.
pub fn parse(json: &str) -> Result<JsValue> {
    let refused = |_| Error::new(code::INVALID_RESPONSE, "the document is JSON that this host cannot parse");
    Ok(js_sys::JSON::parse(json).map_err(refused)?)
}

/// Any value, through JSON.
pub fn json(value: &impl Serialize) -> Result<JsValue> {
    parse(&text(value)?)
}

/// Any value as JSON.
pub fn text(value: &impl Serialize) -> Result<String> {
    let failed = |_| Error::internal("a result cannot be written as JSON");
    Ok(serde_json::to_string(value).map_err(failed)?)
}

/// A small value whose keys are ours, directly. What is loaded first builds its few objects with [`object`].
pub fn small(value: &impl Serialize) -> Result<JsValue> {
    let failed = |_| Error::internal("a result cannot be converted");
    Ok(value.serialize(&serde_wasm_bindgen::Serializer::json_compatible()).map_err(failed)?)
}

/// A small object whose keys are ours, without those whose value is `undefined`.
pub fn object<const N: usize>(entries: [(&str, JsValue); N]) -> JsValue {
    let object = Object::new();
    for (name, value) in entries.iter().filter(|(_, value)| !value.is_undefined()) {
        let _ = Reflect::set(&object, &JsValue::from_str(name), value); // a fresh object takes every property
    }
    object.into()
}

/// A number of JavaScript, of which there are fewer: up to 2^53.
pub fn number(value: u64) -> JsValue {
    (value as f64).into()
}

/// A page of a listing.
pub fn strings(page: &Strings) -> Result<Array> {
    let array = parse(page.json())?;
    Ok(array.dyn_into().map_err(|_| Error::internal("a listing is no array"))?)
}

/// A `Date` of RFC 3339 text; `undefined` where it is none.
pub fn date(text: &str) -> JsValue {
    let date = Date::new(&text.into());
    if date.get_time().is_nan() { JsValue::UNDEFINED } else { date.into() }
}

/// `created` as a `Date`; without the field where it is none.
fn with_date(object: &JsValue, created: Option<&str>) {
    let Some(created) = created else { return };
    let object: &Object = object.unchecked_ref();
    let date = date(created);
    let _ = if date.is_undefined() {
        Reflect::delete_property(object, &"created".into())
    } else {
        Reflect::set(object, &"created".into(), &date)
    };
}

/// `TagData` of index.d.ts.
pub fn tag_data(data: &TagData) -> Result<JsValue> {
    let object = json(data)?;
    with_date(&object, data.created.as_deref());
    if data.size.is_none() {
        let _ = Reflect::set(&object, &"size".into(), &f64::NAN.into()); // a fresh object takes every property
    }
    if let Some(tag_json) = &data.tag_json {
        let _ = Reflect::set(&object, &"tagJson".into(), &parse(tag_json)?);
    }
    Ok(object)
}

/// `HistoryEntry[]` of index.d.ts.
pub fn history(steps: &[HistoryStep]) -> Result<JsValue> {
    let array = json(&steps)?;
    for (entry, step) in array.unchecked_ref::<Array>().iter().zip(steps) {
        with_date(&entry, step.created.as_deref());
    }
    Ok(array)
}

/// A list that is handed out again and again.
pub fn frozen(value: JsValue) -> JsValue {
    if let Some(array) = value.dyn_ref::<Array>() {
        for entry in array.iter() {
            freeze(&entry);
        }
    }
    freeze(&value);
    value
}

fn freeze(value: &JsValue) {
    if value.is_object() {
        Object::freeze(value.unchecked_ref::<Object>());
    }
}

/// `Manifest` of index.d.ts, but for `bytes` and `json`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Manifest<'a> {
    media_type: &'a str,
    digest: &'a str,
    size: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    artifact_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    config: Option<&'a Descriptor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    layers: Option<&'a [Descriptor]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    manifests: Option<&'a [Descriptor]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a Descriptor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    annotations: Option<&'a Annotations>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signatures: Option<&'a [SignatureFact]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<&'a str>,
}

/// `Manifest` of index.d.ts.
pub fn manifest(fetched: &FetchedManifest) -> Result<JsValue> {
    let document = &fetched.manifest;
    let object = json(&Manifest {
        media_type: &document.media_type,
        digest: fetched.digest.as_str(),
        size: fetched.bytes.len(),
        artifact_type: document.artifact_type.as_deref(),
        config: document.config.as_ref(),
        layers: document.layers.as_deref(),
        manifests: document.manifests.as_deref(),
        subject: document.subject.as_ref(),
        annotations: document.annotations.as_ref(),
        signatures: fetched.schema1.as_ref().map(|parts| parts.signatures.as_slice()),
        problem: document.problem.as_ref().map(|problem| problem.message.as_str()),
    })?;
    let set = |name: &str, value: &JsValue| Reflect::set(&object, &name.into(), value);
    let _ = set("bytes", &Uint8Array::from(fetched.bytes.as_slice()));
    // Of schema 1 the payload: what stands beside it may say anything.
    match document_json(fetched.hashed()) {
        Ok(json) => drop(set("json", &json)),
        Err(error) if document.problem.is_none() => return Err(error),
        Err(_) => {}
    }
    Ok(object)
}

/// A document's bytes, parsed by the host.
pub fn document_json(bytes: &[u8]) -> Result<JsValue> {
    let text =
        std::str::from_utf8(bytes).map_err(|_| Error::new(code::INVALID_RESPONSE, "the document is not UTF-8"))?;
    parse(text)
}

/// A descriptor, or `undefined`.
pub fn descriptor(descriptor: Option<&Descriptor>) -> Result<JsValue> {
    descriptor.map_or(Ok(JsValue::UNDEFINED), json)
}
