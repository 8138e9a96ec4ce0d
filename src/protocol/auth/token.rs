//! Token service responses (distribution docs, spec/auth/token.md and oauth.md).

use crate::protocol::auth::secret::Secret;
use crate::protocol::invalid::Invalid;
use crate::protocol::json;
use crate::protocol::json::Members;

/// The lifetime in seconds of a token whose response gives none; also the minimum.
const LEAST_LIFETIME: u64 = 60;

/// A token and its lifetime.
#[derive(Debug, Clone)]
pub struct TokenAnswer {
    /// The token for `Authorization: Bearer`.
    pub token: Secret,
    /// The lifetime in milliseconds from now. `issued_at` is ignored because it is in the service's clock.
    pub lifetime: u64,
    /// The new refresh token for later requests, if the service returned one.
    pub refresh_token: Option<Secret>,
}

/// Parses a token response. Error messages never quote it: it may hold a token.
pub fn parse(body: &[u8]) -> Result<TokenAnswer, Invalid> {
    const NAMES: &[&str] = &["token", "access_token", "expires_in", "refresh_token"];
    let refused = |why: &str| Err(Invalid::response(format!("the token service's response {why}")));
    let Ok(members) = json::text(body).and_then(|text| Members::read(text, NAMES)) else {
        return refused("is not a JSON object");
    };
    let secret = |name| members.string(name).ok().flatten();
    let Some(token) = secret("token").or_else(|| secret("access_token")) else {
        return refused("holds neither token nor access_token");
    };
    if !is_token(&token) {
        return refused("holds a token with characters that no header field allows");
    }
    let seconds = members.get("expires_in").map_or(LEAST_LIFETIME, seconds).max(LEAST_LIFETIME);
    Ok(TokenAnswer {
        token: Secret::new(token),
        lifetime: seconds.saturating_mul(1000),
        refresh_token: secret("refresh_token").map(Secret::new),
    })
}

/// Returns true if a text can follow `Bearer` in a header field: visible ASCII without spaces. (RFC 6750 §2.1 allows
/// less, but some services issue such tokens.)
pub fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Parses a whole number of seconds; returns 0 for anything else.
fn seconds(text: &str) -> u64 {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().unwrap_or(u64::MAX) } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S57, S58, F58.
    #[test]
    fn answers() {
        for (body, token, seconds) in [
            (r#"{"token":"a"}"#, "a", 60),
            (r#"{"access_token":"b","expires_in":300}"#, "b", 300),
            (r#"{"token":"a","access_token":"b","expires_in":61,"issued_at":"2099-01-01T00:00:00Z"}"#, "a", 61),
            (r#"{"token":"","access_token":"b","issued_at":"0001-01-01T00:00:00Z"}"#, "b", 60),
            (r#"{"token":null,"access_token":"b","issued_at":7}"#, "b", 60),
            (r#"{"token":"a","expires_in":-1}"#, "a", 60),
            (r#"{"token":"a","expires_in":0}"#, "a", 60),
            (r#"{"token":"a","expires_in":5}"#, "a", 60),
            (r#"{"token":"a","expires_in":"300"}"#, "a", 60),
            (r#"{"token":"a","expires_in":1e300}"#, "a", 60),
            (r#"{"token":"a","expires_in":299.5}"#, "a", 60),
            (r#"{"token":"a","expires_in":null}"#, "a", 60),
            (r#"{"token":"a","expires_in":[]}"#, "a", 60),
        ] {
            let answer = parse(body.as_bytes()).expect(body);
            assert_eq!((answer.token.expose(), answer.lifetime), (token, seconds * 1000), "{body}");
            assert!(answer.refresh_token.is_none());
        }
        let endless = parse(br#"{"token":"a","expires_in":99999999999999999999999}"#).expect("a number");
        assert_eq!(endless.lifetime, u64::MAX);
        let rotated = parse(br#"{"access_token":"a","refresh_token":"r"}"#).expect("both");
        assert_eq!(rotated.refresh_token.map(|token| token.expose().to_owned()), Some("r".into()));
    }

    /// F58.
    #[test]
    fn what_is_no_token_is_refused_and_not_shown() {
        for body in [
            "",
            "{}",
            "null",
            "[]",
            "\"hush\"",
            "<html>hush</html>",
            r#"{"token":""}"#,
            r#"{"token":"","access_token":""}"#,
            r#"{"token":{"hush":1}}"#,
            r#"{"token":7}"#,
            r#"{"token":"hush\r\nX-Evil: 1"}"#,
            r#"{"token":"hush hush"}"#,
            r#"{"token":"hüsh"}"#,
            r#"{"token":"hush"#,
        ] {
            let refused = parse(body.as_bytes()).expect_err(body);
            assert_eq!(refused.code, "INVALID_RESPONSE");
            assert!(!refused.message.contains("hush"), "{}", refused.message);
        }
        assert!(parse(b"{\"token\":\"hush\xff\"}").is_err());
        assert!(parse("{\"a\":".repeat(100_000).as_bytes()).is_err());
        assert!(!format!("{:?}", parse(br#"{"token":"hush"}"#)).contains("hush"));
    }
}
