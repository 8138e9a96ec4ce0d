//! Repository names, tags and digests from the caller (distribution-spec v1.1.1, "Pulling manifests").

pub mod full;
pub mod local;

use std::fmt;

use crate::protocol::invalid::{Invalid, quoted, quoted_char};
use crate::protocol::oci::digest::Digest;

/// The maximum length of a repository name. The spec notes that many clients limit host and name together to 255
/// characters, so a longer name works nowhere.
pub(crate) const NAME_LIMIT: usize = 255;
/// The maximum length of a tag.
pub(crate) const TAG_LIMIT: usize = 128;

/// A checked repository name: `library/alpine`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RepositoryName(String);

impl RepositoryName {
    /// Checks a name: components of `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`, joined by `/`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match check_name(text) {
            Ok(()) => Ok(Self(text.to_owned())),
            Err(rule) => Err(Invalid::reference(format!("repository name {}: {rule}", quoted(text)))),
        }
    }

    /// Returns the whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the part before the first `/`; `None` if there is no `/`.
    pub fn namespace(&self) -> Option<&str> {
        split_name(&self.0).0
    }

    /// Returns the part after the first `/`, or the whole name if there is no `/`.
    pub fn repository(&self) -> &str {
        split_name(&self.0).1
    }
}

impl fmt::Display for RepositoryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Splits a name, checked or not, into namespace and repository.
pub fn split_name(name: &str) -> (Option<&str>, &str) {
    match name.split_once('/') {
        Some((namespace, repository)) => (Some(namespace), repository),
        None => (None, name),
    }
}

/// A checked tag.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag(String);

impl Tag {
    /// Checks a tag: `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match check_tag(text) {
            Ok(()) => Ok(Self(text.to_owned())),
            Err(rule) => Err(Invalid::reference(format!("tag {}: {rule}", quoted(text)))),
        }
    }

    /// Returns the tag as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A tag or digest that identifies a manifest within a repository.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Reference {
    /// A tag, which is mutable.
    Tag(Tag),
    /// A digest, which identifies immutable content.
    Digest(Digest),
}

impl Reference {
    /// Checks a reference. Every digest contains a `:`, no tag does.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.contains(':') { Digest::parse(text).map(Self::Digest) } else { Tag::parse(text).map(Self::Tag) }
    }

    /// Returns the reference in the form of a URL segment.
    pub fn as_str(&self) -> &str {
        match self {
            Reference::Tag(tag) => tag.as_str(),
            Reference::Digest(digest) => digest.as_str(),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn check_name(text: &str) -> Result<(), String> {
    const RULE: &str = "only a-z, 0-9 and single separators . _ __ - are allowed";
    if text.is_empty() {
        return Err("it is empty".into());
    }
    if text.len() > NAME_LIMIT {
        return Err(format!("it has {} characters; {NAME_LIMIT} at most are allowed", text.chars().count()));
    }
    let mut position = 0;
    for component in text.split('/') {
        if component.is_empty() {
            return Err(format!("a component is empty at position {position}; components are joined by single '/'"));
        }
        // The start of the current run of separators
        let mut run: Option<usize> = None;
        for (index, character) in component.char_indices() {
            match character {
                'a'..='z' | '0'..='9' => {
                    if let Some(start) = run.take() {
                        let separator = component.get(start..index).unwrap_or_default();
                        if !matches!(separator, "." | "_" | "__") && separator.bytes().any(|byte| byte != b'-') {
                            return Err(format!("{} at position {}: {RULE}", quoted(separator), position + start));
                        }
                    }
                }
                '.' | '_' | '-' if index == 0 => {
                    let place = position + index;
                    let character = quoted_char(character);
                    return Err(format!("{character} at position {place}: a component starts with a-z or 0-9"));
                }
                '.' | '_' | '-' => run = run.or(Some(index)),
                ':' | '@' => {
                    let place = position + index;
                    let character = quoted_char(character);
                    return Err(format!(
                        "{character} at position {place}: a host, tag or digest is not part of a name"
                    ));
                }
                _ => return Err(format!("{} at position {}: {RULE}", quoted_char(character), position + index)),
            }
        }
        if run.is_some() {
            return Err(format!("the component before position {} ends in a separator", position + component.len()));
        }
        position += component.len() + 1;
    }
    Ok(())
}

fn check_tag(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("it is empty".into());
    }
    for (position, character) in text.char_indices() {
        if !(character.is_ascii_alphanumeric() || matches!(character, '.' | '_' | '-')) {
            let character = quoted_char(character);
            return Err(format!(
                "{character} at position {position}: only a-z, A-Z, 0-9, '.', '_' and '-' are allowed"
            ));
        }
        if position == 0 && matches!(character, '.' | '-') {
            let character = quoted_char(character);
            return Err(format!("{character} at position 0: a tag starts with a-z, A-Z, 0-9 or '_'"));
        }
    }
    if text.len() > TAG_LIMIT {
        return Err(format!("it has {} characters; {TAG_LIMIT} at most are allowed", text.len()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for name in ["a", "0", "library/alpine", "a/b/c/d", "a.b", "a_b", "a__b", "a-b", "a---b", "a-b.c_d__e/0.1"] {
            assert_eq!(RepositoryName::parse(name).as_ref().map(RepositoryName::as_str), Ok(name));
        }
        assert!(RepositoryName::parse(&"a".repeat(255)).is_ok());
    }

    #[test]
    fn bad_names_say_what_and_where() {
        for (name, rule) in [
            ("", "it is empty"),
            ("a/Bc", "'B' at position 2: only a-z, 0-9 and single separators . _ __ - are allowed"),
            ("/a", "a component is empty at position 0"),
            ("a/", "a component is empty at position 2"),
            ("a//b", "a component is empty at position 2"),
            (".a", "'.' at position 0: a component starts with"),
            ("a/-b", "'-' at position 2: a component starts with"),
            ("a..b", "\"..\" at position 1: only"),
            ("ab/c___d", "\"___\" at position 4: only"),
            ("a._b", "\"._\" at position 1: only"),
            ("a-.b", "\"-.\" at position 1: only"),
            ("a_-b", "\"_-\" at position 1: only"),
            ("a.", "the component before position 2 ends in a separator"),
            ("ab-/c", "the component before position 3 ends in a separator"),
            ("localhost:5000/a", "':' at position 9: a host, tag or digest is not part of a name"),
            ("a@sha256", "'@' at position 1: a host"),
            ("a b", "' ' at position 1"),
            ("a%2fb", "'%' at position 1"),
            ("a?b", "'?' at position 1"),
            ("a#b", "'#' at position 1"),
            ("..", "'.' at position 0"),
            ("a/../b", "'.' at position 2"),
            ("é", "'é' at position 0"),
            ("a\0", "'\\u0000' at position 1"),
            ("__proto__", "'_' at position 0"),
            ("<script>", "'<' at position 0"),
        ] {
            let refused = RepositoryName::parse(name).expect_err(name);
            assert_eq!(refused.code, "INVALID_REFERENCE");
            assert!(refused.message.starts_with("repository name \""), "{}", refused.message);
            assert!(refused.message.contains(rule), "{name}: {}", refused.message);
        }
        let refused = RepositoryName::parse(&"a".repeat(256)).expect_err("too long");
        assert!(
            refused.message.ends_with("…\": it has 256 characters; 255 at most are allowed"),
            "{}",
            refused.message
        );
    }

    #[test]
    fn names_are_split_at_the_first_slash() {
        for (name, namespace, repository) in
            [("alpine", None, "alpine"), ("library/alpine", Some("library"), "alpine"), ("a/b/c", Some("a"), "b/c")]
        {
            let parsed = RepositoryName::parse(name).expect(name);
            assert_eq!((parsed.namespace(), parsed.repository()), (namespace, repository));
        }
        assert_eq!(split_name("/x"), (Some(""), "x"));
    }

    /// S02.
    #[test]
    fn tags() {
        for tag in ["a", "_", "latest", "1.2.3-rc_4", "V1", &"x".repeat(127), &"x".repeat(128), "__proto__"] {
            assert_eq!(Tag::parse(tag).as_ref().map(Tag::as_str), Ok(tag));
        }
        for (tag, rule) in [
            ("", "it is empty"),
            (".a", "'.' at position 0: a tag starts with"),
            ("-a", "'-' at position 0: a tag starts with"),
            ("a/b", "'/' at position 1"),
            ("a b", "' ' at position 1"),
            ("../x", "'.' at position 0"),
            ("a?n=1", "'?' at position 1"),
            ("a%2f", "'%' at position 1"),
            ("té", "'é' at position 1"),
            (&"x".repeat(129), "it has 129 characters; 128 at most"),
        ] {
            let refused = Tag::parse(tag).expect_err(tag);
            assert_eq!(refused.code, "INVALID_REFERENCE");
            assert!(refused.message.contains(rule), "{tag}: {}", refused.message);
        }
    }

    #[test]
    fn references_are_tags_or_digests() {
        let digest = format!("sha256:{}", "a".repeat(64));
        assert!(matches!(Reference::parse(&digest), Ok(Reference::Digest(_))));
        assert!(matches!(Reference::parse("sha256-abc"), Ok(Reference::Tag(_))));
        assert_eq!(Reference::parse(&digest).map(|reference| reference.to_string()), Ok(digest));
        assert!(Reference::parse("a:b:c").expect_err("two colons").message.starts_with("digest "));
        assert!(Reference::parse("").expect_err("empty").message.starts_with("tag "));
    }
}
