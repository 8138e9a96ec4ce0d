//! Signing, byte for byte as libtrust writes it: the payload stays as it is, its last bracket makes room for the signatures.

use crate::protocol::invalid::Invalid;
use crate::protocol::schema1::base64url;
use crate::protocol::schema1::key::{Algorithm, Key};
use crate::protocol::schema1::signed;
use crate::protocol::text::timestamp;

/// A payload that waits for its signature.
pub struct Draft<'a> {
    start: &'a [u8],
    protected: String,
    /// What is to be signed.
    pub input: Vec<u8>,
}

impl<'a> Draft<'a> {
    /// `payload`: a JSON object that is not empty. `unix_ms`: the time that the signature tells.
    pub fn new(payload: &'a [u8], unix_ms: u64) -> Result<Self, Invalid> {
        let start = payload.trim_ascii_end().strip_suffix(b"}").map(<[u8]>::trim_ascii_end);
        let Some((start, tail)) = start.and_then(|start| payload.split_at_checked(start.len())) else {
            return Err(Invalid::argument("manifest: a JSON object is needed"));
        };
        let header = format!(
            r#"{{"formatLength":{},"formatTail":"{}","time":"{}"}}"#,
            start.len(),
            base64url::encode(tail),
            timestamp::text(unix_ms)
        );
        let protected = base64url::encode(header.as_bytes());
        let input = signed::input(&protected, &base64url::encode(payload));
        Ok(Self { start, protected, input })
    }

    /// The signed document. `key`: of a curve, the one that made the signature.
    pub fn finish(&self, key: &Key, algorithm: Algorithm, signature: &[u8]) -> Vec<u8> {
        let (curve, x, y) = key.point().unwrap_or_default();
        let end = format!(
            r#",
   "signatures": [
      {{
         "header": {{
            "jwk": {{
               "crv": "{curve}",
               "kid": "{}",
               "kty": "EC",
               "x": "{}",
               "y": "{}"
            }},
            "alg": "{}"
         }},
         "signature": "{}",
         "protected": "{}"
      }}
   ]
}}"#,
            key.id(),
            base64url::encode(x),
            base64url::encode(y),
            algorithm.as_str(),
            base64url::encode(signature),
            self.protected
        );
        [self.start, end.as_bytes()].concat()
    }
}
