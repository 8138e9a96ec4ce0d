//! Reading JSON from outside member by member, so that every refusal names its place and nothing is built that nobody
//! asked for. `serde_json` reads; [`RawValue`] keeps each member's text for the next step.
//!
//! An error here is a path relative to the value read, a colon and the problem (`[3].size: got -1; …`): every level puts
//! its own name in front ([`at`]), the outermost makes a sentence of it ([`complete`]).

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Arrays and objects within each other at most: `serde_json`'s own limit, which skipping a value does not apply.
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
    visit: &mut dyn FnMut(&str, &'a RawValue) -> Result<(), String>,
) -> Result<(), String> {
    walk(text, '{', "an object", &mut |key, _, value| visit(key, value))
}

/// Calls `visit` with every item of an array and its index.
pub fn each_item<'a>(
    text: &'a str,
    visit: &mut dyn FnMut(usize, &'a RawValue) -> Result<(), String>,
) -> Result<(), String> {
    walk(text, '[', "an array", &mut |_, index, value| visit(index, value).map_err(|error| format!("[{index}]{error}")))
}

type Visit<'v, 'a> = &'v mut dyn FnMut(&str, usize, &'a RawValue) -> Result<(), String>;

fn walk<'a>(text: &'a str, opening: char, wanted: &str, visit: Visit<'_, 'a>) -> Result<(), String> {
    let start = text.trim_start_matches([' ', '\t', '\r', '\n']);
    // What is no JSON at all is for serde_json to say: it knows line and column.
    let json_value =
        start.starts_with(['{', '[', '"', '-', 't', 'f', 'n']) || start.starts_with(|c: char| c.is_ascii_digit());
    if json_value && !start.starts_with(opening) {
        return Err(needed(wanted, start));
    }
    let mut failure = None;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let walker = Walker { visit, failure: &mut failure };
    let read = if opening == '{' { deserializer.deserialize_map(walker) } else { deserializer.deserialize_seq(walker) };
    let read = read.and_then(|()| deserializer.end());
    match (failure, read) {
        (Some(failure), _) => Err(failure),
        (None, Err(error)) => Err(format!(": not JSON: {error}")),
        (None, Ok(())) => Ok(()),
    }
}

struct Walker<'v, 'a> {
    visit: Visit<'v, 'a>,
    failure: &'v mut Option<String>,
}

/// A member's name.
#[derive(Deserialize)]
pub struct Key<'a>(#[serde(borrow)] pub Cow<'a, str>);

impl<'a> Walker<'_, 'a> {
    fn visit<E: serde::de::Error>(&mut self, key: &str, index: usize, value: &'a RawValue) -> Result<(), E> {
        (self.visit)(key, index, value).map_err(|failure| {
            *self.failure = Some(failure);
            E::custom("")
        })
    }
}

impl<'a> Visitor<'a> for Walker<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array or an object")
    }

    fn visit_map<M: MapAccess<'a>>(mut self, mut map: M) -> Result<(), M::Error> {
        while let Some(Key(key)) = map.next_key()? {
            let value = map.next_value()?;
            self.visit::<M::Error>(&key, 0, value)?;
        }
        Ok(())
    }

    fn visit_seq<S: SeqAccess<'a>>(mut self, mut items: S) -> Result<(), S::Error> {
        let mut index = 0;
        while let Some(value) = items.next_element()? {
            self.visit::<S::Error>("", index, value)?;
            index += 1;
        }
        Ok(())
    }
}

/// The members of an object that were asked for.
pub struct Members<'a> {
    names: &'static [&'static str],
    values: Vec<Option<&'a RawValue>>,
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
        self.raw(name).map(RawValue::get)
    }

    /// A member as it stands there; `None` where it is absent or null.
    pub fn raw(&self, name: &str) -> Option<&'a RawValue> {
        self.slot(name).filter(|value| value.get() != "null")
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
        let text = self.slot(name).map(RawValue::get).ok_or_else(|| at(name, ": it is missing".into()))?;
        read(text).map_err(|error| at(name, error))
    }

    /// Reads a string, if it is there and not empty.
    pub fn string(&self, name: &str) -> Result<Option<String>, String> {
        Ok(self.optional(name, string)?.filter(|text| !text.is_empty()))
    }

    fn slot(&self, name: &str) -> Option<&'a RawValue> {
        let index = self.names.iter().position(|other| *other == name)?;
        self.values.get(index).copied().flatten()
    }
}

/// A string.
pub fn string(text: &str) -> Result<String, String> {
    if !text.starts_with('"') {
        return Err(needed("a string", text));
    }
    serde_json::from_str(text).map_err(|error| format!(": not a string: {error}"))
}

/// An array of strings.
pub fn strings(text: &str) -> Result<Vec<String>, String> {
    let mut strings = Vec::new();
    each_item(text, &mut |_, item| {
        strings.push(string(item.get())?);
        Ok(())
    })?;
    Ok(strings)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        assert_eq!(text(b"{}"), Ok("{}"));
        assert_eq!(text(b"\"\xff\""), Err(": not UTF-8 at byte 1".into()));
        assert!(text("\u{feff}{}".as_bytes()).expect_err("a BOM").contains("byte order mark"));
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(text(nested(128).as_bytes()).is_ok());
        assert_eq!(text(nested(129).as_bytes()), Err(": nested more than 128 deep at byte 128".into()));
        assert!(text(nested(100_000).as_bytes()).is_err());
        assert!(text(&br#"{"a":"#.repeat(100_000)).is_err());
        // Brackets in strings, and behind escaped quotes, nest nothing.
        assert!(text(format!(r#""\"{}\\""#, "[".repeat(1000)).as_bytes()).is_ok());
    }

    #[test]
    fn members_and_items() {
        let members = Members::read(r#"{"a":1,"b":null,"A":2,"\u0063":[3] , "a" : 4}"#, &["a", "b", "c", "d"])
            .expect("an object");
        assert_eq!(
            (members.get("a"), members.get("b"), members.get("c"), members.get("d")),
            (Some("4"), None, Some("[3]"), None)
        );
        assert!(members.has("b") && !members.has("d") && !members.has("A"));
        assert_eq!(members.twice(), ["a"]);
        let mut items = Vec::new();
        let read = each_item(" [ 1 , \"x\",[] ]\n", &mut |index, value| {
            items.push((index, value.get()));
            Ok(())
        });
        assert_eq!((read, items), (Ok(()), vec![(0, "1"), (1, "\"x\""), (2, "[]")]));
        assert_eq!(each_item("[1,2]", &mut |_, _| Err(": no".into())), Err("[0]: no".into()));
    }

    #[test]
    fn documents_of_another_kind() {
        for (text, error) in [
            ("null", ": got null; an object is needed"),
            ("[]", ": got an array; an object is needed"),
            ("\"x\"", ": got \"x\"; an object is needed"),
            ("-1.5", ": got -1.5; an object is needed"),
            ("", ": not JSON: EOF while parsing a value at line 1 column 0"),
            ("<html>", ": not JSON: expected value at line 1 column 1"),
            ("{\"a\":", ": not JSON: EOF while parsing a value at line 1 column 5"),
            ("{\"a\" 1}", ": not JSON: expected `:` at line 1 column 6"),
            ("{} {}", ": not JSON: trailing characters at line 1 column 4"),
            (
                "{\"a\0\":1}",
                ": not JSON: control character (\\u0000-\\u001F) found while parsing a string at line 1 column 4",
            ),
        ] {
            assert_eq!(each_member(text, &mut |_, _| Ok(())), Err(error.into()), "{text}");
        }
        let long = format!("\"{}\n\"", "é".repeat(50));
        let error = each_member(&long, &mut |_, _| Ok(())).expect_err("a string");
        assert_eq!(error, format!(": got \"{}…; an object is needed", "é".repeat(39)));
    }

    /// S44, F39.
    #[test]
    fn sizes() {
        for (text, expected) in [("0", 0), ("7023", 7023), ("9007199254740991", MAX_SAFE_INTEGER)] {
            assert_eq!(size(text), Ok(expected));
        }
        for text in [
            "-1",
            "-0",
            "1.5",
            "1.0",
            "1e3",
            "\"123\"",
            "9007199254740992",
            "9223372036854775808",
            "18446744073709551616",
            "null",
            "true",
        ] {
            let needed = "a whole number from 0 to 9007199254740991 is needed";
            assert_eq!(size(text), Err(format!(": got {text}; {needed}")));
        }
    }

    #[test]
    fn values() {
        assert_eq!(string(r#""a\u00e9\n""#), Ok("aé\n".into()));
        assert!(string(r#""\ud800""#).expect_err("a lone surrogate").starts_with(": not a string: "));
        assert_eq!(string("{}"), Err(": got an object; a string is needed".into()));
        assert_eq!(strings(r#"["a",1]"#), Err("[1]: got 1; a string is needed".into()));
        assert_eq!((boolean("true"), boolean("false")), (Ok(true), Ok(false)));
        assert_eq!(boolean("1"), Err(": got 1; true or false is needed".into()));
    }
}
