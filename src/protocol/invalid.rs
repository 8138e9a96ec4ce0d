//! The error of every parser in `protocol`: untrusted data that breaks a rule.

use std::fmt;
use std::ops::Deref;

use crate::protocol::code;
use crate::protocol::text::printable;
use crate::protocol::url::redact;

/// Untrusted data that breaks a rule. The message names the field, the rule and the position. One pointer to its fields,
/// for the same reason as `transport::Error`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid(Box<Details>);

/// The fields of an [`Invalid`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Details {
    /// One of [`code`]'s constants.
    pub code: &'static str,
    /// The message for the user.
    pub message: String,
}

impl Invalid {
    /// Creates an error with one of [`code`]'s constants.
    #[inline(never)]
    pub fn new(code: &'static str, message: String) -> Self {
        Self(Box::new(Details { code, message }))
    }

    /// Creates the error for a caller's argument that is not a repository name, tag or digest.
    pub fn reference(message: impl Into<String>) -> Self {
        Self::new(code::INVALID_REFERENCE, message.into())
    }

    /// Creates the error for any other invalid argument.
    pub fn argument(message: impl Into<String>) -> Self {
        Self::new(code::INVALID_ARGUMENT, message.into())
    }

    /// Creates the error for invalid data from a registry.
    pub fn response(message: impl Into<String>) -> Self {
        Self::new(code::INVALID_RESPONSE, message.into())
    }

    /// Moves the message out.
    pub fn into_message(self) -> String {
        self.0.message
    }
}

impl Deref for Invalid {
    type Target = Details;

    fn deref(&self) -> &Details {
        &self.0
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Invalid {}

/// Quotes an untrusted value for a message: at most 80 characters, unsafe ones escaped. A value that may be a URL is quoted
/// without user info, wherever it was given.
pub fn quoted(value: &str) -> String {
    const LIMIT: usize = 80;
    let hidden = redact::without_user_info(value);
    let value = hidden.as_deref().unwrap_or(value);
    let (mut out, mut previous) = (String::from("\""), None);
    for (index, character) in value.chars().enumerate() {
        if index == LIMIT {
            out.push('…');
            break;
        }
        push(&mut out, previous, character, '"');
        previous = Some(character);
    }
    out.push('"');
    out
}

/// Quotes an untrusted character for a message, like [`quoted`]. `{:?}` would bring the tables of Unicode along.
pub fn quoted_char(character: char) -> String {
    let mut out = String::from("'");
    push(&mut out, None, character, '\'');
    out.push('\'');
    out
}

fn push(out: &mut String, previous: Option<char>, character: char, quote: char) {
    match character {
        '\\' | '\t' | '\n' | '\r' => out.extend(character.escape_default()),
        _ if character == quote => out.extend(['\\', character]),
        _ if printable::is_unsafe_after(previous, character) => printable::push_escaped(out, character),
        _ => out.push(character),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes() {
        for (value, expected) in [
            ("a'b", r#""a'b""#),
            ("a\"\\\n", r#""a\"\\\n""#),
            ("é\u{202e}\u{1b}", r#""é\u202e\u001b""#),
            ("https://alice:s3cret@h/x", r#""https://…@h/x""#),
            (&"é".repeat(81), &format!("\"{}…\"", "é".repeat(80))),
        ] {
            assert_eq!(quoted(value), expected);
        }
        for (value, expected) in
            [('a', "'a'"), ('"', "'\"'"), ('\'', r"'\''"), ('\t', r"'\t'"), ('\u{202e}', r"'\u202e'")]
        {
            assert_eq!(quoted_char(value), expected);
        }
    }
}
