//! Conversion of header fields to and from the host.

use wasm_bindgen::prelude::*;

use crate::fetch::bindings::{Any, Fields};
use crate::protocol::code;
use crate::protocol::http::Headers;
use crate::protocol::invalid::quoted;
use crate::transport::{Error, Result};

#[wasm_bindgen(module = "/src/fetch/headers.js")]
extern "C" {
    #[wasm_bindgen(catch)]
    fn listed(headers: &Any) -> std::result::Result<Option<String>, JsValue>;
}

/// The fields of the registry protocols, which are queried by name if a response's headers cannot be listed.
const KNOWN: &[&str] = &[
    "content-length",
    "content-range",
    "content-type",
    "content-encoding",
    "date",
    "docker-content-digest",
    "docker-distribution-api-version",
    "docker-ratelimit-source",
    "link",
    "location",
    "oci-filters-applied",
    "oci-subject",
    "range",
    "ratelimit",
    "ratelimit-limit",
    "ratelimit-policy",
    "ratelimit-remaining",
    "ratelimit-reset",
    "retry-after",
    "warning",
    "www-authenticate",
    "x-docker-registry-version",
    "x-docker-token",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
];

/// Checks a field before it is passed to the host: hosts throw on invalid ones, with the value in the message. RFC 9110
/// §5.1 (names), §5.5 (values; ISO 8859-1 is what `fetch` can carry).
pub fn check(name: &str, value: &str) -> std::result::Result<(), &'static str> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_token) {
        return Err("its name has a character that header names do not allow");
    }
    if value.chars().any(|character| character != '\t' && (character.is_control() || character > '\u{ff}')) {
        return Err(
            "its value has a character that header values do not allow: a control character, or one beyond ISO 8859-1",
        );
    }
    Ok(())
}

/// Converts header fields to the plain object for `fetch`.
pub fn to_host(headers: &Headers) -> Result<Fields> {
    // Without a prototype, `__proto__` is an ordinary name.
    let fields: Fields = js_sys::Object::<JsValue>::create(JsValue::NULL.unchecked_ref()).unchecked_into();
    for (name, value) in headers.iter() {
        if let Err(why) = check(name, value) {
            return Err(Error::new(code::INVALID_ARGUMENT, format!("header {}: {why}", quoted(name))));
        }
        let first = headers.get(name) == Some(value);
        match headers.all(name).count() {
            1 => fields.set(name, value),
            _ if first => fields.set(name, &headers.all(name).collect::<Vec<_>>().join(", ")),
            _ => {}
        }
    }
    Ok(fields)
}

/// Reads a response's header fields.
pub fn from_host(response: &Any) -> Option<Headers> {
    let source = response.headers().ok().filter(|headers| headers.is_object())?;
    let mut headers = Headers::new();
    if let Some(text) = listed(&source).ok().flatten() {
        let mut lines = text.split('\n');
        while let (Some(name), Some(value)) = (lines.next(), lines.next()) {
            headers.append(name, value);
        }
        return Some(headers);
    }
    for name in KNOWN {
        if let Some(value) = source.get(name).ok()?.as_string() {
            headers.append(name, value);
        }
    }
    Some(headers)
}
