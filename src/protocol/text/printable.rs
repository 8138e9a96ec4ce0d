//! Text from outside on its way to a terminal, a log or a page: it must neither move a cursor, nor pass for another line,
//! nor show in another order or with fewer characters than it has (CVE-2021-42574, "Trojan Source").

use std::borrow::Cow;

/// Characters of an error's message at most. What a registry says in it is cut much earlier, see [`excerpt`].
const MESSAGE_LIMIT: usize = 4_000;

/// Whether a character does something other than to be shown: control characters, line and paragraph separators,
/// bidirectional controls, zero-width and other invisible format characters.
pub fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// Whether a character ends a line or is a tab: a space says as much.
fn is_break(character: char) -> bool {
    matches!(character, '\t'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// A text of one line: line breaks become spaces, other unsafe characters their `\u001b`. Applied twice, it changes nothing
/// more.
pub fn line(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            _ if is_break(character) => out.push(' '),
            _ if is_unsafe(character) => push_escaped(&mut out, character),
            _ => out.push(character),
        }
    }
    Cow::Owned(out)
}

/// An error's message: a [`line`] of bounded length.
pub fn message(text: String) -> String {
    match cut(&text, MESSAGE_LIMIT) {
        Cow::Borrowed(whole) if !whole.contains(is_unsafe) => text,
        short => cut(&line(&short), MESSAGE_LIMIT).into_owned(),
    }
}

/// The beginning of what somebody else wrote, to quote it in a message: a [`line`] of at most so many characters, with
/// single spaces in place of blanks and control characters.
pub fn excerpt(text: &str, limit: usize) -> String {
    let mut out = String::new();
    let mut length = 0;
    for word in text.split(|character: char| character.is_whitespace() || character.is_control()) {
        if length > limit + 1 {
            break;
        }
        if !word.is_empty() {
            if !out.is_empty() {
                out.push(' ');
            }
            // A body may be one word of megabytes.
            let word = cut(word, limit);
            let word = line(&word);
            length += word.chars().count() + 1;
            out.push_str(&word);
        }
    }
    cut(&out, limit).into_owned()
}

/// JSON whose strings hold nothing unsafe when they are read: an unsafe character, escaped or not, becomes the text of its
/// escape. What is no JSON stays none.
pub fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(|character| character == '\\' || is_unsafe(character)) {
        let (before, tail) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        let mut characters = tail.chars();
        match (characters.next(), characters.clone().next()) {
            (Some('\\'), Some('u')) => {
                let unit = tail.get(2..6).and_then(|digits| u32::from_str_radix(digits, 16).ok());
                // The first half of a tag character (U+E0000 on) is unsafe as well.
                if unit == Some(0xdb40) || unit.and_then(char::from_u32).is_some_and(is_unsafe) {
                    out.push('\\');
                }
                out.push_str("\\u");
                characters.next();
            }
            (Some('\\'), Some('b' | 'f' | 'n' | 'r' | 't')) => {
                out.push(' ');
                characters.next();
            }
            (Some('\\'), Some(next)) => {
                out.extend(['\\', next]);
                characters.next();
            }
            // Blanks between the tokens.
            (Some(blank @ ('\t' | '\n' | '\r')), _) => out.push(blank),
            (Some('\\'), None) | (None, _) => out.push_str(tail),
            (Some(character), _) => {
                let mut escaped = String::new();
                push_escaped(&mut escaped, character);
                out.push_str(&escaped.replace('\\', "\\\\"));
            }
        }
        rest = characters.as_str();
    }
    out.push_str(rest);
    out
}

/// JSON's escape, which the package's command line prints as well.
pub fn push_escaped(out: &mut String, character: char) {
    let mut units = [0; 2];
    for unit in character.encode_utf16(&mut units) {
        out.push_str(&format!("\\u{unit:04x}"));
    }
}

/// At most so many characters; the last one is `…` where some are left out.
fn cut(text: &str, limit: usize) -> Cow<'_, str> {
    if text.len() <= limit || text.chars().nth(limit).is_none() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().take(limit.saturating_sub(1)).chain(['…']).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::text::linear::assert_linear;

    #[test]
    fn lines() {
        for (text, expected) in [
            ("plain é ✓ 漢 👩", "plain é ✓ 漢 👩"),
            ("a\nb\r\nc\td\u{b}\u{c}\u{85}\u{2028}\u{2029}", "a b  c d     "),
            ("\u{1b}[2J\u{7}\u{9b}1m\u{7f}\0", "\\u001b[2J\\u0007\\u009b1m\\u007f\\u0000"),
            ("a\u{202e}b\u{2066}c\u{200f}\u{61c}", "a\\u202eb\\u2066c\\u200f\\u061c"),
            ("ad\u{200b}min\u{200d}\u{2060}\u{feff}\u{ad}", "ad\\u200bmin\\u200d\\u2060\\ufeff\\u00ad"),
            ("\u{e0041}", "\\udb40\\udc41"),
            ("", ""),
        ] {
            assert_eq!(line(text), expected);
            assert_eq!(line(&line(text)), expected);
            assert_eq!(message(text.to_owned()), expected);
        }
    }

    #[test]
    fn messages_are_cut() {
        assert_eq!(message("é".repeat(4_000)), "é".repeat(4_000));
        assert_eq!(message("é".repeat(4_001)), format!("{}…", "é".repeat(3_999)));
        let escaped = message("\u{1b}".repeat(4_000));
        assert_eq!((escaped.chars().count(), escaped.contains(is_unsafe)), (4_000, false));
    }

    #[test]
    fn excerpts() {
        for (text, expected) in [
            ("  a \n\n b\u{0}c \u{1b}", "a b c"),
            ("a\u{202e}b", "a\\u202eb"),
            ("123456789 1", "123456789…"),
            ("1234567890", "1234567890"),
            ("12345678901", "123456789…"),
            (" \r\n", ""),
        ] {
            assert_eq!(excerpt(text, 10), expected);
        }
    }

    #[test]
    fn documents() {
        for (text, expected) in [
            (r#"{"a":"b"}"#, r#"{"a":"b"}"#),
            ("{\n\t\"a\" : [1,\r\n null]}", "{\n\t\"a\" : [1,\r\n null]}"),
            (
                r#"["\u001b[2J\u202E\u00e9\ud83d\ude00\udb40\udc41"]"#,
                r#"["\\u001b[2J\\u202E\u00e9\ud83d\ude00\\udb40\udc41"]"#,
            ),
            (r#"["\n\t\r\b\f\/\\\"\\u001b"]"#, r#"["     \/\\\"\\u001b"]"#),
            ("[\"\u{202e}\u{7f}\u{9b}\u{e0041}\"]", r#"["\\u202e\\u007f\\u009b\\udb40\\udc41"]"#),
            ("\\", "\\"),
            ("\\u12", "\\u12"),
            ("\\é", "\\é"),
            ("\\u00é1", "\\u00é1"),
            ("", ""),
        ] {
            assert_eq!(json(text), expected);
        }
    }

    /// Time grows with the length.
    #[test]
    fn long_texts() {
        assert_linear(&["\u{1b}", " ", "a ", "\u{202e}é\n", "\\u001b"], |text| {
            message(text.to_owned());
            json(text);
            excerpt(text, 200);
        });
    }
}
