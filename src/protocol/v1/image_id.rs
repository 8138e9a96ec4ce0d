//! Image ids of the V1 protocol.

use std::fmt;

use serde::Serialize;

use crate::protocol::invalid::{Invalid, quoted, quoted_char};
use crate::protocol::json;

/// A checked id: 64 hexadecimal digits, or the 16 of docker's first versions. It needs no escaping in a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct ImageId(String);

impl ImageId {
    /// Checks an id from the caller.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Self::check(text).map_err(|rule| Invalid::reference(format!("image id {}{rule}", quoted(text))))
    }

    /// Reads an id in a document.
    pub(super) fn from_json(text: &str) -> Result<Self, String> {
        let id = json::string(text)?;
        Self::check(&id).map_err(|rule| format!(": image id {}{rule}", quoted(&id)))
    }

    fn check(text: &str) -> Result<Self, String> {
        let strange = text.char_indices().find(|(_, character)| !matches!(character, '0'..='9' | 'a'..='f'));
        if let Some((at, character)) = strange {
            return Err(format!(": {} at position {at}: only 0-9 and a-f are allowed", quoted_char(character)));
        }
        match text.len() {
            16 | 64 => Ok(Self(text.to_owned())),
            length => Err(format!(": it has {length} digits; 64 are needed, or 16")),
        }
    }

    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ImageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids() {
        for id in ["0123456789abcdef", &"a".repeat(64)] {
            assert_eq!(ImageId::parse(id).map(|id| id.to_string()).as_deref(), Ok(id));
        }
        for (id, rule) in [
            ("", "it has 0 digits; 64 are needed"),
            ("abc", "it has 3 digits"),
            (&"a".repeat(63), "it has 63 digits"),
            (&"a".repeat(65), "it has 65 digits"),
            (&"A".repeat(64), "'A' at position 0: only 0-9 and a-f"),
            ("../../../../etc/passwd", "'.' at position 0"),
            (&format!("{}/", "a".repeat(15)), "'/' at position 15"),
            (&format!("{}\n", "a".repeat(63)), "'\\n' at position 63"),
            ("sha256:aaaaaaaaa", "'s' at position 0"),
        ] {
            let refused = ImageId::parse(id).expect_err(id);
            assert_eq!(refused.code, "INVALID_REFERENCE");
            assert!(
                refused.message.starts_with("image id \"") && refused.message.contains(rule),
                "{}",
                refused.message
            );
        }
    }
}
