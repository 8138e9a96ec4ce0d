//! Passwords and tokens.

use std::fmt;

/// A password or token that is never printed: `Debug` prints `<redacted>`, and there is no `Display` and no
/// `Serialize`. [`expose`](Self::expose) returns the text.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the secret for a header or a form field.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Replaces the secrets in a text with `<redacted>`.
pub fn redacted(text: &[u8], secrets: &[Secret]) -> String {
    let shown = secrets.iter().map(Secret::expose).filter(|secret| !secret.is_empty());
    shown.fold(String::from_utf8_lossy(text).into_owned(), |text, secret| text.replace(secret, "<redacted>"))
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F62.
    #[test]
    fn a_text_loses_every_secret() {
        let secrets = [Secret::new("hush"), Secret::new(""), Secret::new("s3cret")];
        assert_eq!(redacted(b"hush, s3cret hushhush", &secrets), "<redacted>, <redacted> <redacted><redacted>");
        assert_eq!(redacted(b"plain", &secrets), "plain");
        assert_eq!(redacted(b"\xff", &secrets), "\u{fffd}");
    }

    #[test]
    fn debug_does_not_show_it() {
        let secret = Secret::new("hunter2");
        assert_eq!(secret.expose(), "hunter2");
        assert_eq!(format!("{:?} {:#?}", secret, Some(&secret)), "<redacted> Some(\n    <redacted>,\n)");
    }
}
