//! Converts [`Error`] to the `RegistryError` of JavaScript.

use js_sys::{Array, Object, Reflect};
use wasm_bindgen::prelude::*;

use crate::js::on_demand;
use crate::protocol::code;
use crate::protocol::http::error_body::ErrorItem;
use crate::protocol::invalid::Invalid;
use crate::protocol::text::printable;
use crate::transport::{Error, Fact};

#[wasm_bindgen(module = "/src/js/output/error.js")]
extern "C" {
    /// The class that every entry of the package exports.
    #[wasm_bindgen(reexport)]
    type RegistryError;
    #[wasm_bindgen(constructor)]
    fn new(code: &str, message: &str, details: &Object) -> RegistryError;
    /// Returns true if a value is a `RegistryError` of any realm.
    #[wasm_bindgen(reexport, js_name = isRegistryError)]
    pub fn is_registry_error(value: &JsValue) -> bool;
}

/// The reason why a call ends without a result.
#[derive(Debug)]
pub enum Failure {
    /// A `RegistryError`.
    Error(Error),
    /// This value itself: an abort signal's reason, or a `RegistryError` that JavaScript threw.
    Reason(JsValue),
}

/// A result for JavaScript.
pub type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// Creates the error for an invalid argument.
    pub fn argument(message: impl Into<String>) -> Self {
        Self::Error(Error::new(code::INVALID_ARGUMENT, message))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<Invalid> for Failure {
    fn from(invalid: Invalid) -> Self {
        Self::Error(invalid.into())
    }
}

impl From<Failure> for JsValue {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Error(error) => to_js(&error),
            Failure::Reason(reason) => reason,
        }
    }
}

/// Returns the exception of `new` for a class without a public constructor.
pub fn not_constructible(class: &str, way: &str) -> JsValue {
    js_sys::TypeError::new(&format!("{class} has no public constructor: use {way}")).into()
}

/// Creates the `RegistryError` for an error.
pub fn to_js(error: &Error) -> JsValue {
    let details = Object::new();
    let set = |name: &str, value: Option<JsValue>| {
        if let Some(value) = value {
            let _ = Reflect::set(&details, &name.into(), &value); // a fresh object takes every property
        }
    };
    set("reason", Some(error.reason().into()));
    set("details", (!error.facts.is_empty()).then(|| facts(&error.facts)));
    set("status", error.status.map(JsValue::from));
    set("method", error.method.map(|method| method.as_str().into()));
    set("url", error.url.as_deref().map(JsValue::from));
    set("retryAfter", error.retry_after.map(|milliseconds| (milliseconds as f64).into()));
    set("errors", (!error.errors.is_empty()).then(|| errors(&error.errors)));
    let told: JsValue = RegistryError::new(&error.code, &message(error), &details).into();
    if error.code == code::MODULE_NOT_LOADED {
        let _ = Reflect::set(&told, &"cause".into(), &on_demand::cause());
    }
    told
}

/// Adds the failed request to the message, unless it is there already.
fn message(error: &Error) -> String {
    match (&error.method, &error.url) {
        (Some(method), Some(url)) if !error.message.contains(url.as_str()) => {
            format!("{} ({method} {url})", error.message)
        }
        _ => error.message.clone(),
    }
}

fn facts(facts: &[(&'static str, Fact)]) -> JsValue {
    let object = Object::new();
    for (name, fact) in facts {
        let value = match fact {
            Fact::Number(number) => (*number as f64).into(),
            Fact::Text(text) => text.into(),
            Fact::Texts(texts) => {
                let texts: Array = texts.iter().map(|text| JsValue::from_str(text)).collect();
                Object::freeze(&texts).into()
            }
        };
        let _ = Reflect::set(&object, &(*name).into(), &value);
    }
    Object::freeze(&object).into()
}

fn errors(items: &[ErrorItem]) -> JsValue {
    let array: Array = items
        .iter()
        .map(|item| {
            let entry = Object::new();
            let set = |name: &str, value: &JsValue| {
                let _ = Reflect::set(&entry, &name.into(), value);
            };
            set("code", &item.code.as_str().into());
            set("message", &printable::message(item.message.clone()).into());
            if let Some(detail) =
                item.detail.as_deref().and_then(|detail| js_sys::JSON::parse(&printable::json(detail)).ok())
            {
                set("detail", &detail);
            }
            Object::freeze(&entry)
        })
        .collect();
    Object::freeze(&array).into()
}
