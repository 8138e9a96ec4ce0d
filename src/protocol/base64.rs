//! base64 (RFC 4648) as documents have it.

use base64ct::{Base64Unpadded, Encoding as _};

/// Decodes padded base64. `None` if it is none.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let bare = text.trim_end_matches('=');
    let is_padded = text.len().is_multiple_of(4) && text.len() - bare.len() <= 2;
    // Not by the type that encodes: only credentials are encoded, and their code is a part of its own.
    is_padded.then(|| Base64Unpadded::decode_vec(bare).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn padding_is_needed_and_nothing_else() {
        assert_eq!(decode("e30="), Some(b"{}".to_vec()));
        assert_eq!(decode("e3t9"), Some(b"{{}".to_vec()));
        assert_eq!(decode(""), Some(Vec::new()));
        for text in ["e30", "e31=", "e===", "====", "=e30", "e30==", "e3-=", "%"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
