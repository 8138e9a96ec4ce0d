//! Reads options objects. Only `undefined` counts as absent. An invalid value is `INVALID_ARGUMENT` with the option's
//! name, and so is an unknown name: a misspelt option would be ignored silently.

use js_sys::{Array, Function, Object, Reflect};
use wasm_bindgen::prelude::*;

use crate::fetch::tag;
use crate::js::args::callback::Callback;
use crate::js::output::error::{Failure, Result};
use crate::js::signal::Signal;
use crate::protocol::invalid::{Invalid, quoted};
use crate::protocol::json::MAX_SAFE_INTEGER;
use crate::protocol::oci::digest::Digest;
use crate::registry::Call;

#[wasm_bindgen]
extern "C" {
    // A list may be a Proxy of any realm, whose traps may throw.
    #[wasm_bindgen(js_namespace = Array, js_name = isArray, catch)]
    fn is_array(value: &JsValue) -> std::result::Result<bool, JsValue>;
    #[wasm_bindgen(js_namespace = Array, js_name = from, catch)]
    fn copy_of(list: &JsValue) -> std::result::Result<Array, JsValue>;
    // The host formats numbers: the formatting of `f64` is 6 KB of the download.
    #[wasm_bindgen(js_name = String)]
    fn text_of_primitive(value: &JsValue) -> String;
}

/// Copies a list; `None` for anything else, and if reading it throws.
pub fn list(value: &JsValue) -> Option<Array> {
    is_array(value).ok().filter(|is_array| *is_array).and_then(|_| copy_of(value).ok())
}

/// An options object and its path.
pub struct Options {
    object: Option<Object>,
    place: String,
}

impl Options {
    /// Reads the options of a call; `known` are the allowed names.
    pub fn read(value: JsValue, known: &[&str]) -> Result<Self> {
        Self::at("options".to_owned(), value, known)
    }

    /// Reads an option that is itself an object.
    pub fn nested(value: JsValue, name: &str, known: &[&str]) -> Result<Self> {
        Self::at(format!("options.{name}"), value, known)
    }

    /// Reads an object at any path.
    pub fn at(place: String, value: JsValue, known: &[&str]) -> Result<Self> {
        if value.is_undefined() {
            return Ok(Self { object: None, place });
        }
        if !value.is_object() || is_array(&value).unwrap_or(true) {
            return Err(Failure::argument(format!("{place}: an object is needed, not {}", described(&value))));
        }
        let keys =
            Reflect::own_keys(&value).map_err(|_| Failure::argument(format!("{place}: its keys cannot be read")))?;
        for key in keys.iter().filter_map(|key| key.as_string()) {
            if !known.contains(&key.as_str()) {
                return Err(Failure::argument(format!("{place}.{}", unknown(&key, known))));
            }
        }
        Ok(Self { object: Some(value.unchecked_into()), place })
    }

    /// Rejects options that are `undefined`, for objects in which a missing condition would limit nothing.
    pub fn without_undefined(self) -> Result<Self> {
        let Some(object) = &self.object else { return Ok(self) };
        for key in Reflect::own_keys(object).unwrap_or_default().iter().filter_map(|key| key.as_string()) {
            if self.get(&key)?.is_none() {
                let path = self.path(&key);
                return Err(Failure::argument(format!(
                    "{path}: undefined sets no limit; omit the option if that is intended"
                )));
            }
        }
        Ok(self)
    }

    /// Returns an option's path for a message.
    pub fn path(&self, name: &str) -> String {
        format!("{}.{name}", self.place)
    }

    /// Returns an option's value, if present.
    pub fn get(&self, name: &str) -> Result<Option<JsValue>> {
        let Some(object) = &self.object else { return Ok(None) };
        let value = Reflect::get(object, &name.into())
            .map_err(|_| Failure::argument(format!("{}: reading it threw", self.path(name))))?;
        Ok((!value.is_undefined()).then_some(value))
    }

    /// Reads a string.
    pub fn text(&self, name: &str) -> Result<Option<String>> {
        self.get(name)?.map(|value| text(&value, &self.path(name))).transpose()
    }

    /// Reads a string that is never quoted in a message.
    pub fn secret(&self, name: &str) -> Result<Option<String>> {
        let refused = || Failure::argument(format!("options.{name}: a string is needed"));
        self.get(name)?.map(|value| value.as_string().ok_or_else(refused)).transpose()
    }

    /// Reads a whole number within a range.
    pub fn whole(&self, name: &str, least: u64, most: u64) -> Result<Option<u64>> {
        self.get(name)?.map(|value| whole(&value, &self.path(name), least, most)).transpose()
    }

    /// Reads a duration in milliseconds; fractions are rounded up.
    pub fn milliseconds(&self, name: &str) -> Result<Option<u64>> {
        let Some(value) = self.get(name)? else { return Ok(None) };
        match value.as_f64() {
            Some(number) if (0.0..=MAX_SAFE_INTEGER as f64).contains(&number) => Ok(Some(number.ceil() as u64)),
            _ => Err(Failure::argument(format!(
                "{}: a number of milliseconds from 0 to 2^53-1 is needed, not {}",
                self.path(name),
                quoted_value(&value)
            ))),
        }
    }

    /// Reads a boolean; the default is false.
    pub fn flag(&self, name: &str) -> Result<bool> {
        Ok(self.optional_flag(name)?.unwrap_or_default())
    }

    /// True or false.
    pub fn optional_flag(&self, name: &str) -> Result<Option<bool>> {
        let Some(value) = self.get(name)? else { return Ok(None) };
        let refused =
            || Failure::argument(format!("{}: true or false is needed, not {}", self.path(name), quoted_value(&value)));
        value.as_bool().map(Some).ok_or_else(refused)
    }

    /// One of several words, each with what it stands for.
    pub fn choice<T: Copy>(&self, name: &str, words: &[(&str, T)]) -> Result<Option<T>> {
        let Some(value) = self.get(name)? else { return Ok(None) };
        let text = value.as_string();
        if let Some((_, chosen)) = words.iter().find(|(word, _)| text.as_deref() == Some(word)) {
            return Ok(Some(*chosen));
        }
        let quoted: Vec<String> = words.iter().map(|(word, _)| quoted(word)).collect();
        let list = match quoted.split_last() {
            Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
            _ => quoted.join(""),
        };
        Err(Failure::argument(format!("{}: {list} is needed, not {}", self.path(name), quoted_value(&value))))
    }

    /// Reads a function.
    pub fn function(&self, name: &str) -> Result<Option<Function>> {
        let refused = |value: JsValue| {
            Failure::argument(format!("options.{name}: a function is needed, not {}", described(&value)))
        };
        self.get(name)?.map(|value| value.dyn_into().map_err(refused)).transpose()
    }

    /// Reads a callback.
    pub fn callback(&self, name: &'static str) -> Result<Option<Callback>> {
        self.get(name)?.map(|value| Callback::check(value, &self.path(name), name)).transpose()
    }

    /// Reads `ifMatch`: a digest, or null for a tag that must not exist. `undefined` is rejected: a value that is
    /// undefined by accident would remove the condition silently.
    fn if_match(&self) -> Result<Option<Option<String>>> {
        let is_there =
            self.object.as_ref().is_some_and(|object| Reflect::has(object, &"ifMatch".into()).unwrap_or(true));
        match self.get("ifMatch")? {
            Some(value) if value.is_null() => Ok(Some(None)),
            Some(value) => Ok(Some(Some(text(&value, &self.path("ifMatch"))?))),
            None if is_there => Err(Failure::argument(format!(
                "{}: a digest, or null for a tag that must not exist, is needed, not undefined; leave it out to set no \
                 condition",
                self.path("ifMatch")
            ))),
            None => Ok(None),
        }
    }

    /// Reads the condition of a call that moves a tag: `ifMatch`, or `noClobber`, which requires that the tag does not
    /// exist.
    pub fn condition(&self) -> Result<Option<Option<String>>> {
        match (self.if_match()?, self.flag("noClobber")?) {
            (Some(_), true) => {
                let path = self.path("noClobber");
                Err(Failure::argument(format!("{path}: it cannot be combined with ifMatch, which sets the condition")))
            }
            (None, true) => Ok(Some(None)),
            (if_match, false) => Ok(if_match),
        }
    }

    /// Reads the condition of a call that writes a tag by digests only.
    pub fn digest_condition(&self) -> Result<Option<Option<Digest>>> {
        let read = |text: &String| {
            let refused =
                |invalid: Invalid| Failure::argument(format!("{}: {}", self.path("ifMatch"), invalid.message));
            Digest::parse(text).map_err(refused)
        };
        self.condition()?.map(|digest| digest.as_ref().map(read).transpose()).transpose()
    }

    /// Reads `signal`.
    pub fn signal(&self) -> Result<Option<Signal>> {
        self.get("signal")?.map(|value| Signal::check(value, "options.signal")).transpose()
    }

    /// Reads `timeout`.
    pub fn call(&self) -> Result<Call> {
        Ok(Call { timeout: self.milliseconds("timeout")?, ..Call::default() })
    }

    /// Reads `pageSize`.
    pub fn page_size(&self) -> Result<Option<u64>> {
        self.whole("pageSize", 1, MAX_SAFE_INTEGER)
    }

    /// Reads a list of strings.
    pub fn texts(&self, name: &str) -> Result<Option<Vec<String>>> {
        let Some(value) = self.get(name)? else { return Ok(None) };
        let refused = || Failure::argument(format!("options.{name}: a list of strings is needed"));
        let texts: Option<Vec<String>> =
            list(&value).ok_or_else(refused)?.iter().map(|item| item.as_string()).collect();
        texts.map(Some).ok_or_else(refused)
    }

    /// Reads a non-empty list of strings.
    pub fn some_texts(&self, name: &str) -> Result<Option<Vec<String>>> {
        match self.texts(name)? {
            Some(texts) if texts.is_empty() => {
                Err(Failure::argument(format!("options.{name}: at least one string is needed")))
            }
            texts => Ok(texts),
        }
    }

    /// Reads the fields of a plain object of strings.
    pub fn fields(&self, name: &str) -> Result<Vec<(String, String)>> {
        let Some(value) = self.get(name)? else { return Ok(Vec::new()) };
        // A Headers or a Map has no own fields and would count as empty.
        if tag(&value) != "[object Object]" {
            return Err(Failure::argument(format!("{}: a plain object of strings is needed", self.path(name))));
        }
        let keys = Reflect::own_keys(&value)
            .map_err(|_| Failure::argument(format!("{}: its keys cannot be read", self.path(name))))?;
        let field = |key: String| {
            let text = Reflect::get(&value, &key.as_str().into()).ok().and_then(|value| value.as_string());
            match text {
                Some(text) => Ok((key, text)),
                None => Err(Failure::argument(format!(
                    "{}: the value of {} must be a string",
                    self.path(name),
                    quoted(&key)
                ))),
            }
        };
        keys.iter().filter_map(|key| key.as_string()).map(field).collect()
    }
}

/// Reads the options of a call that has only the common ones.
pub fn call(options: JsValue) -> Result<(Call, Option<Signal>)> {
    let options = Options::read(options, &["signal", "timeout"])?;
    Ok((options.call()?, options.signal()?))
}

/// Reads an argument that must be a string.
pub fn text(value: &JsValue, path: &str) -> Result<String> {
    value.as_string().ok_or_else(|| Failure::argument(format!("{path}: a string is needed, not {}", described(value))))
}

/// Reads an optional string argument.
pub fn optional_text(value: &JsValue, path: &str) -> Result<Option<String>> {
    if value.is_undefined() { Ok(None) } else { text(value, path).map(Some) }
}

/// Reads a whole number within a range.
pub fn whole(value: &JsValue, path: &str, least: u64, most: u64) -> Result<u64> {
    match value.as_f64() {
        Some(number) if number.fract() == 0.0 && (least as f64..=most as f64).contains(&number) => Ok(number as u64),
        _ => Err(Failure::argument(format!(
            "{path}: a whole number from {least} to {most} is needed, not {}",
            quoted_value(value)
        ))),
    }
}

/// Describes a value for a message. Only for options of which no string is secret, even in the wrong place.
fn quoted_value(value: &JsValue) -> String {
    value.as_string().map_or_else(|| described(value), |text| quoted(&text))
}

/// Describes a value for a message without quoting a string, which may be a misplaced password.
pub fn described(value: &JsValue) -> String {
    match value.js_typeof().as_string().as_deref() {
        Some("number" | "boolean" | "undefined") => text_of_primitive(value),
        Some("object") if value.is_null() => "null".to_owned(),
        Some("object") if is_array(value).unwrap_or(false) => "an array".to_owned(),
        Some("object") if tag(value) == "[object Promise]" => "a promise (await it first)".to_owned(),
        Some("object") => "an object".to_owned(),
        Some(kind) => format!("a {kind}"),
        None => "something else".to_owned(),
    }
}

/// Options of `./node` only.
const OF_NODE: [&str; 6] = ["ca", "cert", "http2", "key", "proxy", "rejectunauthorized"];

/// Options of the Python library that are more than another spelling here.
const RENAMED: [(&str, &str); 2] = [
    (
        "verifyssl",
        "the host's fetch verifies certificates; connect() and createFetch() of docker-registry-client-wasm/node take \
         ca and rejectUnauthorized",
    ),
    ("apitimeout", "it is timeout here, in milliseconds"),
];

fn unknown(key: &str, known: &[&str]) -> String {
    let plain = key.replace('_', "").to_ascii_lowercase();
    if let Some((_, advice)) = RENAMED.iter().find(|(name, _)| *name == plain) {
        return format!("{key}: {advice}");
    }
    if OF_NODE.contains(&plain.as_str()) {
        return format!("{key}: it is an option of connect() and createFetch() of docker-registry-client-wasm/node");
    }
    let near = known
        .iter()
        .map(|name| (strsim::osa_distance(&key.to_ascii_lowercase(), &name.to_ascii_lowercase()), name))
        .min()
        .filter(|(distance, name)| *distance <= 1 + name.len() / 4);
    match near {
        Some((_, name)) => format!("{key}: there is no such option; did you mean {}?", quoted(name)),
        None => format!("{key}: there is no such option; there are {}", known.join(", ")),
    }
}
