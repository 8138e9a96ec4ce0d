//! base64url, as JSON Web Signatures write it.

use base64ct::{Base64, Encoding as _};

use crate::protocol::invalid::quoted;

/// base64url without padding. By way of the other base64, so that there is one of them in the package.
pub(super) fn encode(bytes: &[u8]) -> String {
    Base64::encode_string(bytes).trim_end_matches('=').replace('+', "-").replace('/', "_")
}

/// base64url, with or without its padding (libtrust takes both).
pub(super) fn decode(text: &str) -> Result<Vec<u8>, String> {
    let bare = text.trim_end_matches('=');
    let mut padded = bare.replace('-', "+").replace('_', "/");
    while !padded.len().is_multiple_of(4) {
        padded.push('=');
    }
    let decoded = if bare.contains(['+', '/']) { None } else { Base64::decode_vec(&padded).ok() };
    decoded.ok_or_else(|| format!(": got {}; base64url is needed", quoted(text)))
}
