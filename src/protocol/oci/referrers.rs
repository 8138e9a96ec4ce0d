//! The referrers tag schema, for registries without a referrers API, and the filters that an API applied
//! (distribution-spec v1.1.1, "Referrers Tag Schema", "Listing Referrers").

use crate::protocol::oci::digest::Digest;

/// The maximum length of the algorithm and of the encoded part in the tag.
const ALGORITHM_LIMIT: usize = 32;
const ENCODED_LIMIT: usize = 64;

/// Returns the tag of the index of a manifest's referrers.
pub fn tag(subject: &Digest) -> String {
    let (algorithm, encoded) = subject.as_str().split_once(':').unwrap_or((subject.as_str(), ""));
    let part = |text: &str, limit| text.chars().take(limit).map(tag_character).collect::<String>();
    format!("{}-{}", part(algorithm, ALGORITHM_LIMIT), part(encoded, ENCODED_LIMIT))
}

fn tag_character(character: char) -> char {
    if character.is_ascii_alphanumeric() || matches!(character, '_' | '.' | '-') { character } else { '-' }
}

/// Returns true for a referrers tag of a digest with a known algorithm.
pub fn is_tag(tag: &str) -> bool {
    match tag.split_once('-') {
        Some(("sha512", encoded)) => encoded.len() == ENCODED_LIMIT && is_hex(encoded),
        Some((algorithm, encoded)) => {
            Digest::parse(&format!("{algorithm}:{encoded}")).is_ok_and(|digest| digest.algorithm().is_some())
        }
        None => false,
    }
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Returns true if `OCI-Filters-Applied` names the filter.
pub fn is_filter_applied<'a>(mut values: impl Iterator<Item = &'a str>, filter: &str) -> bool {
    values.any(|value| value.split(',').any(|applied| applied.trim() == filter))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S36.
    #[test]
    fn tags() {
        let (a, b) = ("a".repeat(64), "b".repeat(128));
        let long = format!("{}:{}", "x".repeat(40), "y".repeat(100));
        for (digest, expected) in [
            (format!("sha256:{a}"), format!("sha256-{a}")),
            (format!("sha512:{b}"), format!("sha512-{}", "b".repeat(64))),
            ("sha1+b.c:=_-Z".into(), "sha1-b.c--_-Z".into()),
            (long, format!("{}-{}", "x".repeat(32), "y".repeat(64))),
        ] {
            assert_eq!(tag(&Digest::parse(&digest).expect(&digest)), expected);
        }
        for (tag, expected) in [
            (format!("sha256-{a}"), true),
            (format!("sha512-{}", "b".repeat(64)), true),
            (format!("sha512-{b}"), false),
            (format!("sha256-{a}.sig"), false),
            ("sha256-a".into(), false),
            ("latest".into(), false),
            ("v1-a".into(), false),
        ] {
            assert_eq!(is_tag(&tag), expected, "{tag}");
        }
    }
}
