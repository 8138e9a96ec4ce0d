//! Percent-encoding (RFC 3986 §2.1).

/// What browsers encode in a path, and `|`, which RFC 3986 does not allow there.
pub const PATH: &[u8] = b"\"<>?^`{|}#";
/// What browsers encode in a query.
pub const QUERY: &[u8] = b"\"<>'";

/// Refuses a `%` that is no escape.
pub fn check(text: &str) -> Result<(), String> {
    let wrong = text.split('%').skip(1).find(|rest| {
        let mut digits = rest.bytes();
        !(digits.next().is_some_and(|byte| byte.is_ascii_hexdigit())
            && digits.next().is_some_and(|byte| byte.is_ascii_hexdigit()))
    });
    match wrong {
        Some(_) => Err("a '%' is not followed by two hexadecimal digits".into()),
        None => Ok(()),
    }
}

/// Percent-encodes the bytes of a set, and whatever is not printable ASCII.
pub fn encode(text: &str, set: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_graphic() && !set.contains(&byte) {
            out.push(char::from(byte))
        } else {
            push_escape(&mut out, byte)
        }
    }
    out
}

/// Percent-encodes all but RFC 3986's unreserved characters.
pub fn push_component(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            push_escape(out, byte);
        }
    }
}

/// Adds `name=value` pairs, joined by `&`, to a query or a form.
pub fn push_pairs(out: &mut String, pairs: &[(&str, &str)]) {
    for (name, value) in pairs {
        if !out.is_empty() {
            out.push('&');
        }
        push_component(out, name);
        out.push('=');
        push_component(out, value);
    }
}

fn push_escape(out: &mut String, byte: u8) {
    out.push('%');
    for nibble in [byte >> 4, byte & 15] {
        out.push(char::from_digit(u32::from(nibble), 16).unwrap_or_default().to_ascii_uppercase());
    }
}
