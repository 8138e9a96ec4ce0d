//! base64url, the encoding of JSON Web Signatures.

use base64ct::{Base64UrlUnpadded, Encoding as _};

use crate::protocol::invalid::quoted;

/// Encodes as base64url without padding.
pub(super) fn encode(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// Decodes base64url with or without padding (libtrust accepts both).
pub(super) fn decode(text: &str) -> Result<Vec<u8>, String> {
    let decoded = Base64UrlUnpadded::decode_vec(text.trim_end_matches('='));
    decoded.map_err(|_| format!(": got {}; base64url is needed", quoted(text)))
}
