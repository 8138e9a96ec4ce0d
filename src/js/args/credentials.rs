//! The credentials options.

use crate::js::args::options::Options;
use crate::js::output::error::{Failure, Result};
use crate::protocol::auth::secret::Secret;
use crate::protocol::auth::token;
use crate::transport::auth::Credentials;

/// Reads the credentials among the client's options.
pub fn read(options: &Options) -> Result<Option<Credentials>> {
    let parts = Parts {
        username: options.secret("username")?,
        password: options.secret("password")?,
        token: options.secret("token")?,
        identity_token: options.secret("identityToken")?,
    };
    parts.credentials("options").map_err(Failure::argument)
}

/// The alternative kinds of credentials.
pub struct Parts {
    pub username: Option<String>,
    pub password: Option<String>,
    pub token: Option<String>,
    pub identity_token: Option<String>,
}

impl Parts {
    /// Returns the credentials, of which only one kind may be given. `place` is their path for the message.
    pub fn credentials(self, place: &str) -> std::result::Result<Option<Credentials>, String> {
        let Parts { username, password, token, identity_token } = self;
        let ways = [username.is_some() || password.is_some(), token.is_some(), identity_token.is_some()];
        if ways.into_iter().filter(|is_there| *is_there).count() > 1 {
            return Err(format!(
                "{place}.{}: give only one of username and password, token, identityToken",
                match ways {
                    [_, true, _] => "token",
                    _ => "identityToken",
                }
            ));
        }
        if let Some(text) = token {
            return match token::is_token(&text) {
                true => Ok(Some(Credentials::Token(Secret::new(text)))),
                false => Err(format!("{place}.token: it is empty, or has a character that bearer tokens do not allow")),
            };
        }
        if let Some(text) = identity_token {
            return match text.is_empty() {
                false => Ok(Some(Credentials::IdentityToken(Secret::new(text)))),
                true => Err(format!("{place}.identityToken: it is empty")),
            };
        }
        match (username, password) {
            (None, None) => Ok(None),
            // RFC 7617 §2
            (Some(username), Some(_)) if username.contains(':') || username.chars().any(char::is_control) => {
                Err(format!("{place}.username: it must not contain a colon or a control character"))
            }
            (Some(username), Some(password)) => {
                Ok(Some(Credentials::Basic { username, password: Secret::new(password) }))
            }
            (Some(_), None) => Err(format!("{place}.password: it is missing, there is a username")),
            (None, Some(_)) => Err(format!("{place}.username: it is missing, there is a password")),
        }
    }
}
