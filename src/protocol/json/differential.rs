//! [`each_member`](super::each_member), [`each_item`](super::each_item), [`string`](super::string) and
//! [`is_json`](super::is_json) against `serde_json`: the same values, and the same message and position about whatever is no
//! JSON. The texts are generated, sound ones and damaged ones, and are the same in every run.
#![allow(clippy::expect_used)]

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::protocol::random::Random;

const ROUNDS: usize = 60_000;
const BLANKS: &[&str] = &["", "", "", " ", "\n", " \r\n\t"];
const SCALARS: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "-0",
    "7",
    "-12.50",
    "1e9",
    "1E+2",
    "2.5e-3",
    "9007199254740993",
    "1234567890.25",
    "\"\"",
];
/// Parts of strings: plain, escaped, and such as no string may have.
const PIECES: &[&str] = &[
    "a",
    "layer",
    "é",
    "\u{2028}",
    "💡",
    "\u{7f}",
    "[{",
    "}]",
    ",",
    ":",
    "\\\"",
    "\\\\",
    "\\/",
    "\\b",
    "\\f",
    "\\n",
    "\\r",
    "\\t",
    "\\u0000",
    "\\u00e9",
    "\\uD83D\\uDCA1",
];
const BAD_PIECES: &[&str] = &[
    "\\ud83d",
    "\\udca1",
    "\\ud83d\\u0041",
    "\\ud83d\\n",
    "\\udca1\\ud83d",
    "\\ud83d\\ud83d\\udca1",
    "\\x",
    "\\u12",
    "\\u12g4",
    "\\u+123",
    "\\u12é",
    "\n",
    "\u{1f}",
    "\0",
    "\\",
];
/// Inserted into a text to damage it.
const DAMAGE: &[&str] = &[
    "\"", "\\", "{", "}", "[", "]", ":", ",", ",]", ",}", "{,", "0", "-", ".", "e", "e+", "1.", "00", "nul", "tru",
    "x", "é", " ", "\n", "\0", "\u{feff}", "//", "\\u", "NaN", "'",
];

/// Generates texts.
impl Random {
    fn of(&mut self, texts: &[&'static str]) -> &'static str {
        texts.get(self.below(texts.len())).copied().unwrap_or_default()
    }

    fn string(&mut self, bad: bool) -> String {
        let mut text = String::from("\"");
        for _ in 0..self.below(4) {
            text += self.of(PIECES);
        }
        if bad && self.below(8) == 0 {
            text += self.of(BAD_PIECES);
        }
        text + self.of(&["\"", "z\""])
    }

    fn value(&mut self, depth: usize, bad: bool) -> String {
        match self.below(if depth == 0 { 2 } else { 6 }) {
            0 => self.of(SCALARS).into(),
            1 => self.string(bad),
            kind => self.container(kind % 2 == 0, depth, bad),
        }
    }

    fn container(&mut self, is_object: bool, depth: usize, bad: bool) -> String {
        let mut text = String::from(if is_object { "{" } else { "[" });
        text += self.of(BLANKS);
        for index in 0..self.below(5) {
            if index > 0 {
                text += ",";
            }
            text += self.of(BLANKS);
            if is_object {
                text += &self.string(bad);
                text += self.of(&[":", " :", ": "]);
            }
            text += &self.value(depth - 1, bad);
            text += self.of(BLANKS);
        }
        text + if is_object { "}" } else { "]" }
    }

    /// A place between two characters.
    fn place(&mut self, text: &str) -> usize {
        let at = self.below(text.len() + 1);
        (at..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or_default()
    }

    fn damage(&mut self, text: &mut String) {
        let (one, other) = (self.place(text), self.place(text));
        match self.below(4) {
            0 => text.truncate(one),
            1 => text.insert_str(one, self.of(DAMAGE)),
            2 => text.replace_range(one.min(other)..one.max(other), self.of(DAMAGE)),
            _ if one < text.len() => drop(text.remove(one)),
            _ => {}
        }
    }
}

type Found = (Vec<(String, String)>, Result<(), String>);

#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

struct Walker<'v>(&'v mut Vec<(String, String)>);

impl<'a> Visitor<'a> for Walker<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array or an object")
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(Name(name)) = map.next_key()? {
            self.0.push((name.into_owned(), map.next_value::<&RawValue>()?.get().to_owned()));
        }
        Ok(())
    }

    fn visit_seq<S: SeqAccess<'a>>(self, mut items: S) -> Result<(), S::Error> {
        while let Some(item) = items.next_element::<&RawValue>()? {
            self.0.push((String::new(), item.get().to_owned()));
        }
        Ok(())
    }
}

fn by_serde(text: &str, is_object: bool) -> Found {
    let mut found = Vec::new();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let walker = Walker(&mut found);
    let read = if is_object { deserializer.deserialize_map(walker) } else { deserializer.deserialize_seq(walker) };
    let read = read.and_then(|()| deserializer.end()).map_err(|error| format!(": not JSON: {error}"));
    (found, read)
}

fn by_reader(text: &str, is_object: bool) -> Found {
    let mut found = Vec::new();
    let read = if is_object {
        super::each_member(text, &mut |name, value| {
            found.push((name.to_owned(), value.to_owned()));
            Ok(())
        })
    } else {
        super::each_item(text, &mut |_, item| {
            found.push((String::new(), item.to_owned()));
            Ok(())
        })
    };
    (found, read)
}

#[test]
fn reads_as_serde_json_does() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut sound, mut refusals) = (0, std::collections::BTreeSet::new());
    for round in 0..ROUNDS {
        let is_object = round % 2 == 0;
        let mut text = random.of(BLANKS).to_owned();
        text += &random.container(is_object, 5, round % 3 == 0);
        text += random.of(BLANKS);
        for _ in 0..random.below(3) {
            random.damage(&mut text);
        }
        assert_eq!(super::is_json(&text), serde_json::from_str::<IgnoredAny>(&text).is_ok(), "{text:?}");
        // This reader has messages of its own for a value of another kind.
        let first = text.trim_start_matches([' ', '\t', '\r', '\n']).chars().next();
        let is_other = matches!(first, Some('"' | '-' | '0'..='9' | 't' | 'f' | 'n' | '{' | '['))
            && first != Some(if is_object { '{' } else { '[' });
        if is_other {
            continue;
        }
        let (found, read) = by_reader(&text, is_object);
        assert_eq!((found.clone(), read.clone()), by_serde(&text, is_object), "{text:?}");
        for (_, value) in found.iter().filter(|(_, value)| value.starts_with('"')) {
            let expected = serde_json::from_str::<String>(value).map_err(|error| format!(": not a string: {error}"));
            assert_eq!(super::string(value), expected, "{value:?}");
            refusals.extend(expected.err().and_then(|error| Some(error.split_once(" at line")?.0.to_owned())));
        }
        match read {
            Ok(()) => sound += 1,
            Err(error) => drop(refusals.insert(error.split(" at line").next().unwrap_or_default().to_owned())),
        }
    }
    assert!(sound > ROUNDS / 5 && sound < ROUNDS * 4 / 5, "{sound} of {ROUNDS} are JSON");
    // Every way there is to be no JSON occurred.
    assert!(refusals.len() >= 19, "{refusals:#?}");
}
