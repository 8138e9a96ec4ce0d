//! Signing, byte for byte as libtrust does it: the payload is unchanged, and the signatures are inserted before its
//! closing brace.

use crate::protocol::invalid::Invalid;
use crate::protocol::schema1::base64url;
use crate::protocol::schema1::key::{Algorithm, Key};
use crate::protocol::schema1::signed;
use crate::protocol::text::timestamp;

/// A payload to be signed.
pub struct Draft<'a> {
    start: &'a [u8],
    protected: String,
    /// The bytes to sign.
    pub input: Vec<u8>,
}

impl<'a> Draft<'a> {
    /// Prepares a payload, which must be a non-empty JSON object. `unix_ms` is the signature's time.
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

    /// Returns the signed document. `key` is the EC key that made the signature.
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
