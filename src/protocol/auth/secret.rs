//! Passwords and tokens.

use std::fmt;

/// A password or token. Shown nowhere: `Debug` prints `<redacted>`, there is no `Display` and no `Serialize`, and
/// whoever wants the text has to say so.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself, for the header or form field it belongs into.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// The text without the secrets.
pub fn redacted(text: &[u8], secrets: &[Secret]) -> Vec<u8> {
    let shown = secrets.iter().map(Secret::expose).filter(|secret| !secret.is_empty());
    let text =
        shown.fold(String::from_utf8_lossy(text).into_owned(), |text, secret| text.replace(secret, "<redacted>"));
    text.into_bytes()
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
        assert_eq!(redacted(b"hush, s3cret hushhush", &secrets), b"<redacted>, <redacted> <redacted><redacted>");
        assert_eq!(redacted(b"plain", &secrets), b"plain");
        assert_eq!(redacted(b"\xff", &secrets), "\u{fffd}".as_bytes());
    }

    #[test]
    fn debug_does_not_show_it() {
        let secret = Secret::new("hunter2");
        assert_eq!(secret.expose(), "hunter2");
        assert_eq!(format!("{:?} {:#?}", secret, Some(&secret)), "<redacted> Some(\n    <redacted>,\n)");
    }
}
