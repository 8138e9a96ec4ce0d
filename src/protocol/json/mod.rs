//! Reading JSON from outside member by member, so that every refusal names its place and nothing is built that nobody
//! asked for: each member's text is kept for the next step. `serde_json` only writes.
//!
//! An error here is a path relative to the value read, a colon and the problem (`[3].size: got -1; …`): every level puts
//! its own name in front ([`at`]), the outermost makes a sentence of it ([`complete`]).

#[cfg(test)]
mod differential;
mod reader;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use crate::protocol::json::reader::{Container, Reader};

/// Arrays and objects within each other at most; the usual limit of JSON readers.
const DEPTH_LIMIT: usize = 128;
/// The largest integer that JavaScript, and with it half of a registry's tools, holds exactly.
pub const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// Puts a level's name in front of an error's path.
pub fn at(name: &str, error: String) -> String {
    format!(".{name}{error}")
}

/// The error of a member that is there twice.
pub fn twice(name: &str) -> String {
    at(name, ": it is there twice".into())
}

/// An error as a sentence about a document.
pub fn complete(document: &str, error: &str) -> String {
    match error.strip_prefix('.') {
        Some(path) => format!("{document}: {path}"),
        None => format!("{document}{error}"),
    }
}

/// The text of a JSON document: UTF-8 and not nested too deeply. Whether it is JSON shows when it is read.
pub fn text(bytes: &[u8]) -> Result<&str, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| format!(": not UTF-8 at byte {}", error.valid_up_to()))?;
    if text.starts_with('\u{feff}') {
        return Err(": it starts with a byte order mark, which JSON does not allow".into());
    }
    check_depth(text)?;
    Ok(text)
}

/// Refuses a text that is nested too deeply.
pub fn check_depth(text: &str) -> Result<(), String> {
    let mut depth = 0_usize;
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            // A search within the loop: in wasm several times the speed of a loop that keeps track of where it is.
            b'"' => {
                while bytes.find(|byte| matches!(byte, b'"' | b'\\')) == Some(b'\\') {
                    bytes.next();
                }
            }
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEPTH_LIMIT {
            return Err(format!(": nested more than {DEPTH_LIMIT} deep at byte {}", text.len() - bytes.len() - 1));
        }
    }
    Ok(())
}

/// Calls `visit` with every member of an object, in order.
pub fn each_member<'a>(
    text: &'a str,
    visit: &mut dyn FnMut(&str, &'a str) -> Result<(), String>,
) -> Result<(), String> {
    walk(text, Container::Object, &mut |name, _, value| visit(name, value))
}

/// Calls `visit` with every item of an array and its index.
pub fn each_item<'a>(text: &'a str, visit: &mut dyn FnMut(usize, &'a str) -> Result<(), String>) -> Result<(), String> {
    walk(text, Container::Array, &mut |_, index, item| visit(index, item).map_err(|error| format!("[{index}]{error}")))
}

type Visit<'v, 'a> = &'v mut dyn FnMut(&str, usize, &'a str) -> Result<(), String>;

fn walk<'a>(text: &'a str, container: Container, visit: Visit<'_, 'a>) -> Result<(), String> {
    let not_json = |error| format!(": not JSON: {error}");
    let mut reader = Reader::new(text);
    let first = reader.look();
    if first != Some(container.opening())
        && let Some(b'{' | b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n') = first
    {
        let wanted = match container {
            Container::Array => "an array",
            Container::Object => "an object",
        };
        return Err(needed(wanted, reader.rest()));
    }
    reader.enter(container).map_err(not_json)?;
    let mut index = 0;
    while reader.has_next(container, index == 0).map_err(not_json)? {
        let name = match container {
            Container::Array => Cow::Borrowed(""),
            Container::Object => reader.name().map_err(not_json)?,
        };
        let value = reader.value().map_err(not_json)?;
        visit(&name, index, value)?;
        index += 1;
    }
    reader.end().map_err(not_json)
}

/// Returns true if the text is one JSON value.
pub fn is_json(text: &str) -> bool {
    let mut reader = Reader::new(text);
    reader.value().is_ok() && reader.end().is_ok()
}

/// The text of an object that is made of texts.
#[derive(Default)]
pub struct ObjectText(String);

impl ObjectText {
    /// Adds a member whose value is JSON already; nothing where there is no value.
    pub fn put(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.0.push(if self.0.is_empty() { '{' } else { ',' });
            self.0.push_str(&string_literal(name));
            self.0.push(':');
            self.0.push_str(value);
        }
    }

    /// The object.
    pub fn finish(self) -> String {
        if self.0.is_empty() { "{}".into() } else { self.0 + "}" }
    }
}

/// The text of an array that is made of texts.
pub fn array(items: &[&str]) -> String {
    format!("[{}]", items.join(","))
}

/// A string as JSON.
pub fn string_literal(string: &str) -> String {
    serde_json::to_string(string).unwrap_or_default() // a string can always be written
}

/// The members of an object that were asked for.
pub struct Members<'a> {
    names: &'static [&'static str],
    values: Vec<Option<&'a str>>,
    twice: Vec<&'static str>,
}

impl<'a> Members<'a> {
    /// Reads an object's members of these names, matched exactly; others are skipped.
    pub fn read(text: &'a str, names: &'static [&'static str]) -> Result<Self, String> {
        let mut values = vec![None; names.len()];
        let mut twice = Vec::new();
        each_member(text, &mut |key, value| {
            if let Some(index) = names.iter().position(|name| *name == key)
                && let Some(slot) = values.get_mut(index)
                && slot.replace(value).is_some()
            {
                twice.extend(names.get(index).filter(|name| !twice.contains(*name)));
            }
            Ok(())
        })?;
        Ok(Self { names, values, twice })
    }

    /// As [`read`](Self::read), and refuses a second member of one of these names.
    pub fn read_unique(text: &'a str, names: &'static [&'static str]) -> Result<Self, String> {
        let members = Self::read(text, names)?;
        match members.twice.first() {
            Some(name) => Err(twice(name)),
            None => Ok(members),
        }
    }

    /// The names that occurred twice: readers disagree about which one counts.
    pub fn twice(&self) -> &[&'static str] {
        &self.twice
    }

    /// Whether there is such a member, null or not.
    pub fn has(&self, name: &str) -> bool {
        self.slot(name).is_some()
    }

    /// A member's text; `None` where it is absent or null (Go's encoder writes null for what is not set).
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.slot(name).filter(|value| *value != "null")
    }

    /// Reads a member, if it is there.
    pub fn optional<T>(
        &self,
        name: &str,
        read: impl FnOnce(&'a str) -> Result<T, String>,
    ) -> Result<Option<T>, String> {
        self.get(name).map(read).transpose().map_err(|error| at(name, error))
    }

    /// Reads a member that must be there.
    pub fn required<T>(&self, name: &str, read: impl FnOnce(&'a str) -> Result<T, String>) -> Result<T, String> {
        let text = self.slot(name).ok_or_else(|| at(name, ": it is missing".into()))?;
        read(text).map_err(|error| at(name, error))
    }

    /// Reads a string, if it is there and not empty.
    pub fn string(&self, name: &str) -> Result<Option<String>, String> {
        Ok(self.optional(name, string)?.filter(|text| !text.is_empty()))
    }

    fn slot(&self, name: &str) -> Option<&'a str> {
        let index = self.names.iter().position(|other| *other == name)?;
        self.values.get(index).copied().flatten()
    }
}

/// A string.
pub fn string(text: &str) -> Result<String, String> {
    decoded(text).map(Cow::into_owned)
}

fn decoded(text: &str) -> Result<Cow<'_, str>, String> {
    if !text.starts_with('"') {
        return Err(needed("a string", text));
    }
    let mut reader = Reader::new(text);
    let read = reader.string().and_then(|string| reader.end().map(|()| string));
    read.map_err(|error| format!(": not a string: {error}"))
}

/// An array of strings.
pub fn strings(text: &str) -> Result<Vec<String>, String> {
    let mut strings = Vec::new();
    each_string(text, &mut |string| strings.push(string.to_owned()))?;
    Ok(strings)
}

/// Calls `visit` with every item of an array of strings.
pub fn each_string(text: &str, visit: &mut dyn FnMut(&str)) -> Result<(), String> {
    each_item(text, &mut |_, item| {
        visit(&decoded(item)?);
        Ok(())
    })
}

/// A size or offset: digits only, and exact in JavaScript.
pub fn size(text: &str) -> Result<u64, String> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse::<u64>() {
        Ok(size) if digits && size <= MAX_SAFE_INTEGER => Ok(size),
        _ => Err(format!(": got {}; a whole number from 0 to {MAX_SAFE_INTEGER} is needed", got(text))),
    }
}

/// True or false.
pub fn boolean(text: &str) -> Result<bool, String> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(needed("true or false", text)),
    }
}

/// The error of a value of another type.
pub fn needed(wanted: &str, text: &str) -> String {
    format!(": got {}; {wanted} is needed", got(text))
}

/// A value for a message.
fn got(text: &str) -> Cow<'_, str> {
    const LIMIT: usize = 40;
    match text.bytes().next() {
        Some(b'{') => "an object".into(),
        Some(b'[') => "an array".into(),
        None => "nothing".into(),
        _ => {
            let shown = text.chars().map(|character| if character.is_control() { ' ' } else { character });
            let more = text.chars().nth(LIMIT).map(|_| '…');
            shown.take(LIMIT).chain(more).collect::<String>().into()
        }
    }
}
