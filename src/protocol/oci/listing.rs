//! Tag lists and catalogs (distribution-spec v1.1.1, "Listing tags"; distribution's `_catalog`). The list stays JSON
//! text: it is checked here without an allocation per item, and the host's faster `JSON.parse` turns it into an array.

use std::ops::Range;

use crate::protocol::invalid::Invalid;
use crate::protocol::json;
use crate::protocol::json::Members;
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::reference::{NAME_LIMIT, TAG_LIMIT};

/// A JSON array of strings.
#[derive(Debug, Clone)]
pub struct Strings {
    /// The response body, followed by the array if it is not a part of the body.
    text: String,
    /// The length of the body in bytes.
    body: usize,
    range: Range<usize>,
    len: usize,
    last: Option<String>,
}

impl Strings {
    /// Returns the array's JSON.
    pub fn json(&self) -> &str {
        self.text.get(self.range.clone()).filter(|text| !text.is_empty()).unwrap_or("[]")
    }

    /// Returns the number of strings.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Returns true if the array is empty.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the last string.
    pub fn last(&self) -> Option<&str> {
        self.last.as_deref()
    }

    /// Returns the strings as a vector.
    pub fn to_vec(&self) -> Vec<String> {
        json::strings(self.json()).unwrap_or_default()
    }

    /// Creates a list of these strings.
    pub fn from_vec(strings: &[String]) -> Self {
        Self { text: String::new(), body: 0, range: 0..0, len: 0, last: None }.with(strings)
    }

    /// Calls `visit` with each string.
    pub fn each(&self, visit: &mut dyn FnMut(&str)) {
        let list = self.json();
        if list.contains('\\') {
            let _ = json::each_string(list, visit); // it was read before
        } else {
            // Without an escape all that is between two quotes is a string: several times the speed.
            list.split('"').skip(1).step_by(2).for_each(visit);
        }
    }

    /// Replaces the strings and keeps the body.
    pub fn with(mut self, strings: &[String]) -> Self {
        self.text.truncate(self.body);
        self.text.push_str(&serde_json::to_string(strings).unwrap_or_else(|_| "[]".into()));
        Self { range: self.body..self.text.len(), len: strings.len(), last: strings.last().cloned(), ..self }
    }
}

/// The manifest data that Google's registries add to a tag list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The manifest's digest.
    pub digest: Digest,
    /// The tags that point to it.
    pub tags: Vec<String>,
    /// The creation time from the image config, in milliseconds since 1970.
    pub created: Option<u64>,
    /// The upload time that the registry recorded, in milliseconds since 1970.
    pub uploaded: Option<u64>,
}

impl Strings {
    /// Returns the manifests that the body describes; malformed entries are omitted.
    pub fn told(&self) -> Vec<Told> {
        let mut told = Vec::new();
        if let Ok(Some(manifests)) = member(self.text.get(..self.body).unwrap_or_default(), "manifest") {
            let _ = json::each_member(manifests, &mut |digest, value| {
                told.extend(Told::read(digest, value));
                Ok(())
            });
        }
        told
    }
}

impl Told {
    fn read(digest: &str, text: &str) -> Option<Self> {
        let members = Members::read(text, &["tag", "timeCreatedMs", "timeUploadedMs"]).ok()?;
        // Numbers in quotes; 0 stands for an unknown time.
        let time = |name| members.get(name)?.trim_matches('"').parse().ok().filter(|time| *time > 0);
        Some(Self {
            digest: Digest::parse(digest).ok()?,
            tags: members.optional("tag", json::strings).ok()??,
            created: time("timeCreatedMs"),
            uploaded: time("timeUploadedMs"),
        })
    }
}

/// Reads the tags of a `tags/list` body. A missing or null `tags` (a repository without tags) is an empty list.
pub fn tags(body: Vec<u8>) -> Result<Strings, Invalid> {
    read(body, "tags", "tag list", TAG_LIMIT)
}

/// Reads the repositories of a `_catalog` body. A missing or null `repositories` is an empty list.
pub fn repositories(body: Vec<u8>) -> Result<Strings, Invalid> {
    read(body, "repositories", "catalog", NAME_LIMIT)
}

fn read(body: Vec<u8>, name: &str, document: &str, limit: usize) -> Result<Strings, Invalid> {
    let refusal = |error: String| Invalid::response(json::complete(document, &error));
    let text = String::from_utf8(body)
        .map_err(|error| refusal(format!(": not UTF-8 at byte {}", error.utf8_error().valid_up_to())))?;
    let array = member(&text, name).map_err(refusal)?.unwrap_or_default();
    let start = (array.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    let range = if array.is_empty() { 0..0 } else { start..start + array.len() };
    let (len, last) = match plain(array, limit) {
        Some((len, last)) => (len, last.map(str::to_owned)),
        // The array has escapes, or an item that is not a string or too long, for which the slow path has a message.
        None => checked(array, limit).map_err(|error| refusal(json::at(name, error)))?,
    };
    Ok(Strings { body: text.len(), text, range, len, last })
}

/// Returns the number of strings and the last one of any array.
fn checked(array: &str, limit: usize) -> Result<(usize, Option<String>), String> {
    let (mut len, mut last) = (0, None);
    json::each_item(array, &mut |_, item| {
        let string = json::string(item)?;
        check_length(&string, limit)?;
        len += 1;
        last = Some(string);
        Ok(())
    })?;
    Ok((len, last))
}

/// Rejects a name that is longer than any grammar allows: a compressed page of a few kilobytes can unpack to names of
/// megabytes.
pub fn check_length(name: &str, limit: usize) -> Result<(), String> {
    match name.len() {
        length if length > limit => Err(format!(": it has {length} bytes; {limit} at most are allowed")),
        _ => Ok(()),
    }
}

/// Returns the JSON of the list; `None` if it is absent or null.
fn member<'a>(text: &'a str, name: &str) -> Result<Option<&'a str>, String> {
    let mut member = None;
    json::each_member(text, &mut |key, value| {
        if key != name {
            return json::check_depth(value).map_err(|error| json::at(key, error));
        }
        match member.replace(value) {
            Some(_) => Err(json::twice(name)),
            None => Ok(()),
        }
    })?;
    Ok(member.filter(|value| *value != "null"))
}

/// Returns the number of strings and the last one of an array that holds only strings, without escapes and no longer
/// than `limit`; otherwise `None`. The array is known to be valid JSON, so quotes come in pairs, and only commas and
/// whitespace separate them.
fn plain(array: &str, limit: usize) -> Option<(usize, Option<&str>)> {
    let inside = if array.is_empty() { array } else { array.strip_prefix('[')?.strip_suffix(']')? };
    let (mut len, mut last) = (0, 0..0);
    let mut bytes = inside.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => {
                // The inner search makes this several times as fast in wasm as a loop that tracks its state.
                let start = inside.len() - bytes.len();
                if bytes.find(|byte| matches!(byte, b'"' | b'\\'))? == b'\\' {
                    return None;
                }
                last = start..inside.len() - bytes.len() - 1;
                if last.len() > limit {
                    return None;
                }
                len += 1;
            }
            b',' | b' ' | b'\t' | b'\r' | b'\n' => {}
            _ => return None,
        }
    }
    Some((len, inside.get(last).filter(|_| len > 0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Result<Vec<String>, Invalid> {
        let list = tags(text.as_bytes().to_vec())?;
        let strings = list.to_vec();
        assert!(list.json().starts_with('[') && list.json().ends_with(']'), "{text}");
        assert_eq!(serde_json::from_str::<Vec<String>>(list.json()).expect("json"), strings);
        assert_eq!((list.len(), list.is_empty()), (strings.len(), strings.is_empty()));
        assert_eq!(list.last(), strings.last().map(String::as_str));
        Ok(strings)
    }

    /// F70, F74: null and absent are empty lists; strings are data, whatever they hold.
    #[test]
    fn lists() {
        for (text, expected) in [
            (r#"{"name":"a","tags":["1","2"]}"#, vec!["1", "2"]),
            (" {\n\"tags\" : [ \"]\" , \"[\\\"\" ] ,\"name\":null}\r\n", vec!["]", "[\""]),
            (r#"{"tags":[]}"#, vec![]),
            (r#"{"tags":[ ],"x":["y"]}"#, vec![]),
            (r#"{"tags":null}"#, vec![]),
            (r#"{"name":"a"}"#, vec![]),
            ("{}", vec![]),
            (r#"{"Tags":["a"],"child":["x"],"manifest":{"sha256:x":{"tag":["y"]}},"ta\u0067s":["z"]}"#, vec!["z"]),
            (
                r#"{"tags":["../","?","\u0023","%2f"," ","<script>","é","\ud83d\ude00",""]}"#,
                vec!["../", "?", "#", "%2f", " ", "<script>", "é", "😀", ""],
            ),
        ] {
            assert_eq!(list(text), Ok(expected.into_iter().map(str::to_owned).collect()), "{text}");
        }
        let catalog =
            repositories(br#"{"tags":["x"],"repositories":["__proto__","a/b"]}"#.to_vec()).expect("a catalog");
        assert_eq!((catalog.json(), catalog.last()), (r#"["__proto__","a/b"]"#, Some("a/b")));
    }

    #[test]
    fn refusals_name_the_place() {
        for (text, place) in [
            (r#"{"tags":["a",1]}"#, ": tags[1]: got 1; a string is needed"),
            (r#"{"tags":[null]}"#, ": tags[0]: got null; a string is needed"),
            (r#"{"tags":["a",["b"]]}"#, ": tags[1]: got an array; a string is needed"),
            (r#"{"tags":["a","\ud800","b"]}"#, ": tags[1]: not a string"),
            (r#"{"tags":["a\ud800"]}"#, ": tags[0]: not a string"),
            (r#"{"tags":["a\x"]}"#, ": not JSON: invalid escape"),
            (r#"{"tags":{}}"#, ": tags: got an object; an array is needed"),
            (r#"{"tags":"a"}"#, ": tags: got \"a\"; an array is needed"),
            (r#"{"tags":[],"tags":["a"]}"#, ": tags: it is there twice"),
            (r#"{"tags":null,"tags":["a"]}"#, ": tags: it is there twice"),
            (r#"{"tags":["a"]"#, ": not JSON: EOF"),
            (r#"{"tags":["a"]} x"#, ": not JSON: trailing characters"),
            (r#"{"tags":["a",]}"#, ": not JSON: "),
            ("null", ": got null; an object is needed"),
            ("[\"a\"]", ": got an array; an object is needed"),
            ("", ": not JSON: EOF"),
            ("<!doctype html>", ": not JSON: expected value at line 1 column 1"),
            ("\u{feff}{}", ": not JSON: expected value"),
        ] {
            let refused = list(text).expect_err(text);
            assert_eq!(refused.code, "INVALID_RESPONSE");
            assert!(refused.message.starts_with(&format!("tag list{place}")), "{text}: {}", refused.message);
        }
        let refused = repositories(b"{\"repositories\":[\"\xff\"]}".to_vec()).expect_err("not UTF-8");
        assert_eq!(refused.message, "catalog: not UTF-8 at byte 18");
    }

    #[test]
    fn deep_nesting() {
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        for text in [format!(r#"{{"tags":{deep}}}"#), format!(r#"{{"name":{deep},"tags":[]}}"#), deep] {
            assert_eq!(list(&text).expect_err("too deep").code, "INVALID_RESPONSE");
        }
    }

    #[test]
    fn what_google_tells() {
        let digest = format!("sha256:{}", "a".repeat(64));
        let other = digest.replace('a', "b");
        let text = format!(
            r#"{{"child":[],"manifest":{{
                "{digest}":{{"imageSizeBytes":"7","layerId":"","tag":["1","latest"],"timeCreatedMs":"0","timeUploadedMs":"1545000000000"}},
                "{other}":{{"tag":[],"timeCreatedMs":"x"}},"sha256:no":{{"tag":["2"]}},"x":[]}},"tags":["1","latest"]}}"#
        );
        let told = tags(text.into_bytes()).expect("tags").told();
        let expected = |digest: &str, tags: &[&str], uploaded| Told {
            digest: Digest::parse(digest).expect("a digest"),
            tags: tags.iter().map(ToString::to_string).collect(),
            created: None,
            uploaded,
        };
        assert_eq!(told, [expected(&digest, &["1", "latest"], Some(1_545_000_000_000)), expected(&other, &[], None)]);
        for text in [r#"{"tags":["a"]}"#, r#"{"tags":[],"manifest":null}"#, r#"{"tags":[],"manifest":[1]}"#] {
            assert_eq!(tags(text.as_bytes().to_vec()).expect("tags").told(), []);
        }
    }

    #[test]
    fn items_longer_than_the_grammar_allows() {
        let (tag, name) = ("t".repeat(TAG_LIMIT), "n".repeat(NAME_LIMIT));
        let escaped = "\\u0074".repeat(TAG_LIMIT);
        for text in [format!(r#"{{"tags":["a","{tag}"]}}"#), format!(r#"{{"tags":["{escaped}"]}}"#)] {
            assert!(list(&text).is_ok(), "{text}");
        }
        let huge = format!("\\u0074{}", "t".repeat(1_000_000));
        for (item, length) in [(format!("{tag}t"), "129"), (format!("{escaped}t"), "129"), (huge, "1000001")] {
            let refused = list(&format!(r#"{{"tags":["a","{item}"]}}"#)).expect_err(length);
            let place = format!("tag list: tags[1]: it has {length} bytes; 128 at most are allowed");
            assert_eq!((refused.code, refused.into_message()), ("INVALID_RESPONSE", place));
        }
        assert!(repositories(format!(r#"{{"repositories":["{name}"]}}"#).into_bytes()).is_ok());
        let refused = repositories(format!(r#"{{"repositories":["{name}n"]}}"#).into_bytes()).expect_err("too long");
        assert_eq!(refused.message, "catalog: repositories[0]: it has 256 bytes; 255 at most are allowed");
    }

    #[test]
    fn other_strings_in_the_same_body() {
        let text = format!(r#"{{"tags":["a","b"],"manifest":{{"sha256:{}":{{"tag":["a"]}}}}}}"#, "a".repeat(64));
        let list = tags(text.into_bytes()).expect("tags");
        let other = list.clone().with(&["b".to_owned()]).with(&["\"".to_owned()]);
        assert_eq!((other.json(), other.len(), other.last()), (r#"["\""]"#, 1, Some("\"")));
        assert_eq!((other.told().len(), other.told()), (1, list.told()));
        let mut seen = Vec::new();
        list.each(&mut |item| seen.push(item.to_owned()));
        other.each(&mut |item| seen.push(item.to_owned()));
        assert_eq!(seen, ["a", "b", "\""]);
    }

    #[test]
    fn made_of_strings() {
        let strings = ["a".to_owned(), "\"\n\u{1}é".to_owned()];
        let list = Strings::from_vec(&strings);
        assert_eq!((list.len(), list.last(), list.to_vec().as_slice()), (2, Some("\"\n\u{1}é"), &strings[..]));
        let empty = Strings::from_vec(&[]);
        assert_eq!((empty.json(), empty.last(), empty.is_empty()), ("[]", None, true));
    }
}
