//! Parses `Warning` (distribution-spec v1.1.1, "Warnings"; RFC 7234 §5.5), the registry's messages to the user.

use crate::protocol::http::field;
use crate::protocol::text::printable;

/// The maximum number of bytes of all texts together, which is the spec's limit.
const LIMIT: usize = 4096;

/// Returns the texts of the warnings that the spec allows: `299 - "text"`, in order. Any other code or agent, dates,
/// malformed warnings and empty texts are skipped; unsafe characters are escaped, and texts beyond 4096 bytes in total
/// are cut.
pub fn texts<'a>(values: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut texts = Vec::new();
    let mut left = LIMIT;
    // `fetch` joins fields of one name with ", ".
    for text in values.flat_map(|value| field::list(value, text)) {
        let text = start(&text, left);
        left -= text.len();
        texts.extend(Some(printable::line(text).into_owned()).filter(|text| !text.is_empty()));
    }
    texts
}

fn text(rest: &mut &str) -> Option<String> {
    for word in ["299", "-"] {
        let after = rest.strip_prefix(word).filter(|after| after.starts_with(field::BLANKS))?;
        *rest = after.trim_start_matches(field::BLANKS);
    }
    field::quoted_string(rest)
}

/// Returns at most `limit` bytes of a text, cut at a character boundary.
fn start(text: &str, limit: usize) -> &str {
    let end = (0..=limit.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or_default()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::text::linear::assert_linear;

    #[test]
    fn warnings() {
        for (value, expected) in [
            (
                "299 - \"Your auth token will expire in 30 seconds.\"",
                vec!["Your auth token will expire in 30 seconds."],
            ),
            ("299 - \"a, b\", 299 - \"c \\\"d\\\" \\\\\"", vec!["a, b", "c \"d\" \\"]),
            (" ,, 299\t -  \"a\" , 299 - \"b\",", vec!["a", "b"]),
            ("299 - \"é ✓\"", vec!["é ✓"]),
            ("299 - \"a\u{1b}[31m\\\u{7f}b\u{85}\r\n\"", vec!["a\\u001b[31m\\u007fb   "]),
            // Others' warnings, between ours and holding what looks like ours.
            ("110 cache:80 \"Response, is stale\", 299 - \"a\"", vec!["a"]),
            ("199 - \"x, 299 - \\\"y\\\"\", 299 - \"a\"", vec!["a"]),
            ("299 other \"x\", 299 - \"a\"", vec!["a"]),
            ("299 - \"x\" \"Sat, 25 Aug 2012 23:34:45 GMT\", 299 - \"a\"", vec!["a"]),
            ("299 - \"x\" y, 299 - \"a\"", vec!["a"]),
            ("299 - 'x', 299 - x, 299 - , 299 \"x\", - \"x\", 299, \"x\", 299 - \"a\"", vec!["a"]),
            ("2990 - \"x\", 299- \"x\", 299 -\"x\", 299 -- \"x\"", vec![]),
            ("299 - \"\"", vec![]),
            ("299 - \"x", vec![]),
            ("299 - \"x\\\"", vec![]),
            ("299 - \"x\\", vec![]),
            ("", vec![]),
            (" , ", vec![]),
        ] {
            assert_eq!(texts([value].into_iter()), expected, "{value}");
        }
        assert_eq!(texts(["299 - \"a\"", "", "299 - \"b\""].into_iter()), ["a", "b"]);
    }

    #[test]
    fn long_texts_are_cut() {
        let long = format!("299 - \"a{}\"", "é".repeat(4000));
        let cut = texts([long.as_str()].into_iter());
        assert_eq!(cut, [format!("a{}", "é".repeat(2047))]);
        let whole = format!("299 - \"{}\"", "a".repeat(4096));
        assert_eq!(texts([whole.as_str(), "299 - \"b\""].into_iter()), ["a".repeat(4096)]);
        let many = texts(std::iter::repeat_n("299 - \"abcdefg\"", 1000));
        assert_eq!((many.concat().len(), many.len()), (4096, 586));
    }

    /// Time grows with the length.
    #[test]
    fn long_values() {
        let pieces = ["299 - \"", "299 - \"a\",", "299 - ", "\"", ",", "a,", "\\", "299 - \"\\\"", "\" \""];
        assert_linear(&pieces, |text| {
            texts([text].into_iter());
        });
    }
}
