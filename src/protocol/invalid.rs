//! The one error of this room: outside data that breaks a rule.

use std::fmt;

use crate::protocol::code;
use crate::protocol::text::printable;

/// Outside data that breaks a rule. The message names the field, the rule and the value's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// One of [`code`]'s constants.
    pub code: &'static str,
    /// A whole sentence for a person.
    pub message: String,
}

impl Invalid {
    /// An argument of the caller that is no repository name, tag or digest.
    pub fn reference(message: impl Into<String>) -> Self {
        Self { code: code::INVALID_REFERENCE, message: message.into() }
    }

    /// Any other argument of the caller.
    pub fn argument(message: impl Into<String>) -> Self {
        Self { code: code::INVALID_ARGUMENT, message: message.into() }
    }

    /// Something a registry sent.
    pub fn response(message: impl Into<String>) -> Self {
        Self { code: code::INVALID_RESPONSE, message: message.into() }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Invalid {}

/// Shortens and escapes an outside value for a message: at most 80 characters, unsafe ones escaped.
pub fn quoted(value: &str) -> String {
    const LIMIT: usize = 80;
    let mut out = String::from("\"");
    for (index, character) in value.chars().enumerate() {
        if index == LIMIT {
            out.push('…');
            break;
        }
        match character {
            '"' | '\\' | '\t' | '\n' | '\r' => out.extend(character.escape_default()),
            _ if printable::is_unsafe(character) => printable::push_escaped(&mut out, character),
            _ => out.push(character),
        }
    }
    out.push('"');
    out
}
