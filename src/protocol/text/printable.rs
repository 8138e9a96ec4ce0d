//! Escaping of untrusted text for a terminal, a log or a page. The text must not move the cursor, start a new line,
//! reorder or hide characters (CVE-2021-42574, "Trojan Source").

use std::borrow::Cow;

/// The maximum number of characters in an error message. Text quoted from a registry is cut much earlier, see
/// [`excerpt`].
const MESSAGE_LIMIT: usize = 4_000;

/// Returns true for a character that is not simply displayed: control characters, line and paragraph separators, and what
/// nobody sees (Unicode's default-ignorable code points with the bidirectional controls among them, the blank of Braille).
pub fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{2800}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// Returns true for a character that must not be shown after `previous`. A variation selector may follow a symbol: the
/// two make an emoji.
pub fn is_unsafe_after(previous: Option<char>, character: char) -> bool {
    is_unsafe(character)
        && !(matches!(character, '\u{fe00}'..='\u{fe0f}')
            && matches!(
                previous,
                Some(
                    '\u{a9}'
                    | '\u{ae}'
                    | '\u{203c}'
                    | '\u{2049}'
                    | '\u{2100}'..='\u{27bf}'
                    | '\u{2900}'..='\u{2bff}'
                    | '\u{3030}'
                    | '\u{303d}'
                    | '\u{3297}'
                    | '\u{3299}'
                    | '\u{1f000}'..='\u{1faff}',
                )
            ))
}

/// Returns true for a line break or a tab, which a space can replace.
fn is_break(character: char) -> bool {
    matches!(character, '\t'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Returns the text as one line: line breaks become spaces, other unsafe characters their escape, such as `\u001b`. The
/// function is idempotent.
pub fn line(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut previous = None;
    for character in text.chars() {
        match character {
            _ if is_break(character) => out.push(' '),
            _ if is_unsafe_after(previous, character) => push_escaped(&mut out, character),
            _ => out.push(character),
        }
        previous = Some(character);
    }
    Cow::Owned(out)
}

/// Returns an error message as a [`line()`] of bounded length.
pub fn message(text: String) -> String {
    match cut(&text, MESSAGE_LIMIT) {
        Cow::Borrowed(whole) if !whole.contains(is_unsafe) => text,
        short => cut(&line(&short), MESSAGE_LIMIT).into_owned(),
    }
}

/// Returns the beginning of untrusted text, to quote it in a message: a [`line()`] of at most `limit` characters, with
/// runs of whitespace and control characters replaced by single spaces.
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
            // A body may be a single word of megabytes.
            let word = cut(word, limit);
            let word = line(&word);
            length += word.chars().count() + 1;
            out.push_str(&word);
        }
    }
    cut(&out, limit).into_owned()
}

/// Escapes JSON so that its decoded strings hold no unsafe characters: an unsafe character, escaped or not, becomes the
/// text of its escape. Text that is not JSON stays invalid JSON.
pub fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(|character| character == '\\' || is_unsafe(character)) {
        let (before, tail) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        let mut characters = tail.chars();
        match (characters.next(), characters.clone().next()) {
            (Some('\\'), Some('u')) => {
                let escape = escape_at(tail).and_then(|(found, length)| Some((found, tail.split_at_checked(length)?)));
                if let Some((found, (escape, after))) = escape {
                    out.push_str(&if is_unsafe(found) { escape.replace('\\', "\\\\") } else { escape.to_owned() });
                    rest = after;
                    continue;
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
            // Whitespace between tokens
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

/// Returns the character of the JSON escape at the beginning of a text, and its length: two escapes may be the surrogates of
/// one character.
fn escape_at(text: &str) -> Option<(char, usize)> {
    let unit = |at: usize| u16::from_str_radix(text.get(at..at + 4)?, 16).ok();
    let second = text.get(6..8).filter(|start| *start == "\\u").and_then(|_| unit(8));
    let found = char::decode_utf16([unit(2)?].into_iter().chain(second)).next()?.ok()?;
    Some((found, 6 * found.len_utf16()))
}

/// Appends the JSON escape of a character; the package's command line prints the same form.
pub fn push_escaped(out: &mut String, character: char) {
    let mut units = [0; 2];
    for unit in character.encode_utf16(&mut units) {
        out.push_str(&format!("\\u{unit:04x}"));
    }
}

/// Returns at most `limit` characters; `…` replaces the last one if the text is cut.
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
                r#"["\\u001b[2J\\u202E\u00e9\ud83d\ude00\\udb40\\udc41"]"#,
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

    /// The page and the command line escape the same characters; their tests read this table too.
    #[test]
    fn the_same_as_in_the_page() {
        let table = include_str!("../../../tests/vectors/invisible.json");
        let table: serde_json::Value = serde_json::from_str(table).expect("JSON");
        let number = |text: &str| u32::from_str_radix(text, 16).expect("a code point");
        let ranges = table["codePoints"].as_str().expect("a text").split(' ');
        let ranges = ranges.map(|range| range.split_once('-').unwrap_or((range, range)));
        let ranges: Vec<_> = ranges.map(|(first, last)| number(first)..=number(last)).collect();
        for character in '\0'..=char::MAX {
            let expected = ranges.iter().any(|range| range.contains(&u32::from(character)));
            assert_eq!(is_unsafe(character), expected, "{:x}", u32::from(character));
        }
        for row in table["texts"].as_array().expect("a list") {
            let [text, shown] = [0, 1].map(|at| row[at].as_str().expect("a text"));
            assert_eq!((line(text).as_ref(), line(shown).as_ref()), (shown, shown));
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
