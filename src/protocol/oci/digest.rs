//! Digests (image-spec descriptor.md, "Digests").

use std::fmt;

use serde::{Serialize, Serializer};
use sha2::Digest as _;

use crate::protocol::invalid::{Invalid, quoted, quoted_char};

/// A digest algorithm that this client computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Algorithm {
    /// SHA-256, the usual algorithm.
    Sha256,
    /// SHA-512, the other registered algorithm that registries may use.
    Sha512,
}

impl Algorithm {
    /// The algorithm's name in a digest.
    pub fn as_str(self) -> &'static str {
        match self {
            Algorithm::Sha256 => "sha256",
            Algorithm::Sha512 => "sha512",
        }
    }

    /// Returns the length of the encoded part in characters.
    pub fn hex_len(self) -> usize {
        match self {
            Algorithm::Sha256 => 64,
            Algorithm::Sha512 => 128,
        }
    }
}

/// A checked digest: `sha256:` and 64 hexadecimal digits, or another algorithm and encoding that follow the grammar.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(String);

impl Digest {
    /// Checks a digest. An unknown algorithm is accepted if the digest follows the grammar, as the spec requires; it
    /// has no [`algorithm`](Self::algorithm), and its content cannot be verified.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match check(text) {
            Ok(()) => Ok(Self(text.to_owned())),
            Err(rule) => Err(Invalid::reference(format!("digest {}: {rule}", quoted(text)))),
        }
    }

    /// Returns the whole digest.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the algorithm, if this client can compute it.
    pub fn algorithm(&self) -> Option<Algorithm> {
        match self.0.split_once(':') {
            Some(("sha256", _)) => Some(Algorithm::Sha256),
            Some(("sha512", _)) => Some(Algorithm::Sha512),
            _ => None,
        }
    }

    /// Formats a finished hash as a digest.
    pub fn from_hash(algorithm: Algorithm, hash: &[u8]) -> Self {
        let name = algorithm.as_str();
        let mut text = String::with_capacity(name.len() + 1 + hash.len() * 2);
        text.push_str(name);
        text.push(':');
        for byte in hash {
            for nibble in [byte >> 4, byte & 15] {
                text.push(char::from_digit(u32::from(nibble), 16).unwrap_or_default());
            }
        }
        Self(text)
    }

    /// Computes the digest of `bytes`.
    pub fn of(algorithm: Algorithm, bytes: &[u8]) -> Self {
        match algorithm {
            Algorithm::Sha256 => Self::from_hash(algorithm, &sha2::Sha256::digest(bytes)),
            Algorithm::Sha512 => Self::from_hash(algorithm, &sha2::Sha512::digest(bytes)),
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Checks `algorithm ":" encoded`; algorithm: `[a-z0-9]+` joined by single `+ . _ -`; encoded: `[a-zA-Z0-9=_-]+`; the
/// registered algorithms restrict their encoding further.
fn check(text: &str) -> Result<(), String> {
    let Some((algorithm, encoded)) = text.split_once(':') else {
        return Err("an algorithm and ':' are needed, as in \"sha256:…\"".into());
    };
    let mut after_separator = true;
    for (position, character) in algorithm.char_indices() {
        let separator = matches!(character, '+' | '.' | '_' | '-');
        if !(character.is_ascii_lowercase() || character.is_ascii_digit() || separator && !after_separator) {
            let character = quoted_char(character);
            return Err(format!(
                "{character} at position {position}: an algorithm is a-z and 0-9, joined by single + . _ -"
            ));
        }
        after_separator = separator;
    }
    if after_separator {
        return Err("the algorithm before ':' is missing or ends in a separator".into());
    }
    let start = algorithm.len() + 1;
    // The registered algorithms: lower-case hexadecimal of fixed length
    let length = match algorithm {
        "sha256" | "blake3" => Some(64),
        "sha512" => Some(128),
        _ => None,
    };
    for (position, character) in encoded.char_indices() {
        let position = start + position;
        match length {
            Some(length) if !matches!(character, '0'..='9' | 'a'..='f') => {
                let character = quoted_char(character);
                return Err(format!("{character} at position {position}: {algorithm} takes {length} of 0-9 and a-f"));
            }
            None if !(character.is_ascii_alphanumeric() || matches!(character, '=' | '_' | '-')) => {
                let character = quoted_char(character);
                return Err(format!(
                    "{character} at position {position}: only a-z, A-Z, 0-9, =, _ and - are allowed here"
                ));
            }
            _ => {}
        }
    }
    match length {
        Some(length) if encoded.len() != length => {
            Err(format!("{} characters after ':': {algorithm} takes {length} of 0-9 and a-f", encoded.len()))
        }
        None if encoded.is_empty() => Err("nothing after ':'".into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY_256: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const EMPTY_512: &str = "sha512:cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce\
                             47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e";

    #[test]
    fn of_bytes() {
        assert_eq!(Digest::of(Algorithm::Sha256, b"").as_str(), EMPTY_256);
        assert_eq!(Digest::of(Algorithm::Sha512, b"").as_str(), EMPTY_512);
        assert_eq!(Digest::from_hash(Algorithm::Sha256, &[0x0f, 0xa0]).as_str(), "sha256:0fa0");
        for text in [EMPTY_256, EMPTY_512] {
            let digest = Digest::parse(text).expect(text);
            let algorithm = digest.algorithm().expect(text);
            assert_eq!(Digest::of(algorithm, b""), digest);
            assert_eq!(text.len(), algorithm.as_str().len() + 1 + algorithm.hex_len());
        }
    }

    /// S46, S47, F40.
    #[test]
    fn grammar() {
        let unknown = ["multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8", "md5:abc", "a.b_c-d+e:A=_-"];
        let blake3 = format!("blake3:{}", "0".repeat(64));
        for text in unknown.into_iter().chain([blake3.as_str()]) {
            assert_eq!(Digest::parse(text).expect(text).algorithm(), None, "{text}");
        }
        let hex = "a".repeat(64);
        for (text, rule) in [
            ("", "an algorithm and ':' are needed"),
            ("latest", "an algorithm and ':' are needed"),
            (":abc", "algorithm before ':' is missing"),
            ("md5:", "nothing after ':'"),
            ("sha256:", "0 characters after ':': sha256 takes 64"),
            ("sha256:abc", "3 characters after ':': sha256 takes 64"),
            ("sha256:ABC", "'A' at position 7: sha256 takes 64 of 0-9 and a-f"),
            ("sha256:../../x", "'.' at position 7"),
            ("sha256:%2e%2e", "'%' at position 7"),
            (&format!("sha256:{hex}a"), "65 characters after ':'"),
            (&format!("sha512:{hex}"), "64 characters after ':': sha512 takes 128"),
            (&format!("blake3:{}", "g".repeat(64)), "'g' at position 7: blake3"),
            (&format!("SHA256:{hex}"), "'S' at position 0"),
            (&format!("sha256:{hex}:{hex}"), "':' at position 71"),
            (&format!(" sha256:{hex}"), "' ' at position 0"),
            ("a++b:c", "'+' at position 2"),
            ("+a:c", "'+' at position 0"),
            ("a-:c", "ends in a separator"),
            ("md5:a/b", "'/' at position 5"),
            ("md5:é", "'é' at position 4"),
        ] {
            let refused = Digest::parse(text).expect_err(text);
            assert_eq!(refused.code, "INVALID_REFERENCE");
            assert!(refused.message.contains(rule), "{text}: {}", refused.message);
        }
    }

    #[test]
    fn written_as_a_string() {
        let digest = Digest::parse(EMPTY_256).expect("a digest");
        assert_eq!(serde_json::to_string(&digest).expect("json"), format!("\"{EMPTY_256}\""));
    }
}
