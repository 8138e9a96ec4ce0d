//! Basic authentication (RFC 7617 §2).

use base64ct::{Base64, Encoding as _};

use crate::protocol::auth::secret::Secret;

/// Formats the `Authorization` header of Basic authentication (RFC 7617 §2).
pub(super) fn header(username: &str, password: &Secret) -> String {
    format!("Basic {}", pair(username, password))
}

pub(super) fn pair(username: &str, password: &Secret) -> String {
    Base64::encode_string(format!("{username}:{}", password.expose()).as_bytes())
}
