//! Conversion of header fields to and from the host.

use crate::protocol::code;
use crate::protocol::http::Headers;
use crate::protocol::invalid::quoted;
use crate::transport::{Error, Result};

/// Checks a field before it is passed to the host: hosts throw on invalid ones, with the value in the message. RFC 9110
/// §5.1 (names), §5.5 (values; ISO 8859-1 is what `fetch` can carry).
pub fn check(name: &str, value: &str) -> std::result::Result<(), &'static str> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_token) {
        return Err("its name has a character that header names do not allow");
    }
    if value.chars().any(|character| character != '\t' && (character.is_control() || character > '\u{ff}')) {
        return Err(
            "its value has a character that header values do not allow: a control character, or one beyond ISO 8859-1",
        );
    }
    Ok(())
}

/// Writes each field as two lines: its name, and its value.
pub fn write(headers: &Headers, text: &mut String) -> Result<()> {
    for (name, value) in headers.iter() {
        if let Err(why) = check(name, value) {
            return Err(Error::new(code::INVALID_ARGUMENT, format!("header {}: {why}", quoted(name))));
        }
        for line in [name, value] {
            text.push('\n');
            text.push_str(line);
        }
    }
    Ok(())
}

/// Reads fields of two lines each.
pub fn read(text: &str) -> Headers {
    let mut headers = Headers::new();
    let mut lines = text.split('\n');
    while let (Some(name), Some(value)) = (lines.next(), lines.next()) {
        headers.append(name, value);
    }
    headers
}
