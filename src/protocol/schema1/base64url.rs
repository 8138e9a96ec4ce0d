//! base64url, the encoding of JSON Web Signatures.

use base64ct::{Base64, Encoding as _};

use crate::protocol::invalid::quoted;

/// Encodes as base64url without padding. It builds on standard base64 so that the package contains one codec only.
pub(super) fn encode(bytes: &[u8]) -> String {
    Base64::encode_string(bytes).trim_end_matches('=').replace('+', "-").replace('/', "_")
}

/// Decodes base64url with or without padding (libtrust accepts both).
pub(super) fn decode(text: &str) -> Result<Vec<u8>, String> {
    let bare = text.trim_end_matches('=');
    let mut padded = bare.replace('-', "+").replace('_', "/");
    while !padded.len().is_multiple_of(4) {
        padded.push('=');
    }
    let decoded = if bare.contains(['+', '/']) { None } else { Base64::decode_vec(&padded).ok() };
    decoded.ok_or_else(|| format!(": got {}; base64url is needed", quoted(text)))
}
