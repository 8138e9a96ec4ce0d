//! Percent-encoding (RFC 3986 §2.1).

/// The characters that browsers encode in a path, and `|`, which RFC 3986 does not allow there.
pub const PATH: &[u8] = b"\"<>?^`{|}#";
/// The characters that browsers encode in a query.
pub const QUERY: &[u8] = b"\"<>'";

/// Rejects a `%` that does not start an escape.
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

/// Percent-encodes the bytes of `set` and all bytes that are not printable ASCII.
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

/// Appends `text`, with all but RFC 3986's unreserved characters percent-encoded.
pub fn push_component(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            push_escape(out, byte);
        }
    }
}

/// Appends `name=value` pairs, joined by `&`, to a query or a form.
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

/// Returns the first value of `name` in a form (URL Standard, "application/x-www-form-urlencoded").
pub fn value(form: &str, name: &str) -> Option<String> {
    let pairs = form.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.filter(|(key, _)| decode(key) == name).map(|(_, value)| decode(value)).next()
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let hex = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        let mut ahead = rest.clone();
        match (byte, hex(ahead.next()), hex(ahead.next())) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((high * 16 + low) as u8);
                rest = ahead;
            }
            (b'+', ..) => bytes.push(b' '),
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn push_escape(out: &mut String, byte: u8) {
    out.push('%');
    for nibble in [byte >> 4, byte & 15] {
        out.push(char::from_digit(u32::from(nibble), 16).unwrap_or_default().to_ascii_uppercase());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_a_form() {
        for (form, expected) in [
            ("a=b", Some("b")),
            ("b=c&a=d+e%20f%2B%26&a=x", Some("d e f+&")),
            ("%61=%C3%A9", Some("é")),
            ("a", Some("")),
            ("a==", Some("=")),
            ("a=%f", Some("%f")),
            ("a=%zz%", Some("%zz%")),
            ("a=%ff", Some("\u{fffd}")),
            ("aa=b&A=c", None),
            ("", None),
        ] {
            assert_eq!(value(form, "a").as_deref(), expected, "{form}");
        }
    }
}
