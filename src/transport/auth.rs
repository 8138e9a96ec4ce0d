//! Authentication: which credentials a request carries, and when.

use std::cell::Cell;

use base64ct::{Base64, Encoding as _};

use super::{Result, Transport};
use crate::protocol::challenge;
use crate::protocol::digest::Algorithm;
use crate::protocol::http::{Request, Response};
use crate::protocol::secret::Secret;
use crate::protocol::url::Url;

/// What to authenticate with.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// For a registry that asks for Basic (RFC 7617).
    Basic {
        /// Without a colon.
        username: String,
        /// Anything.
        password: Secret,
    },
    /// A ready-made bearer token for the registry (RFC 6750), sent as is.
    Token(Secret),
}

/// Adds the credentials to requests that go to the registry's own origin, and to no other. A password is sent only
/// after the registry has asked for Basic; from then on with every request.
pub struct Authenticated<T> {
    inner: T,
    registry: Url,
    credentials: Option<Credentials>,
    basic_wanted: Cell<bool>,
}

impl<T: Transport> Authenticated<T> {
    /// `registry` is the one place that may see the credentials.
    pub fn new(inner: T, registry: Url, credentials: Option<Credentials>) -> Self {
        Self { inner, registry, credentials, basic_wanted: Cell::new(false) }
    }

    fn authorization(&self, url: &Url) -> Option<String> {
        if !url.same_origin(&self.registry) {
            return None;
        }
        match self.credentials.as_ref()? {
            Credentials::Token(token) => Some(format!("Bearer {}", token.expose())),
            Credentials::Basic { .. } if !self.basic_wanted.get() => None,
            Credentials::Basic { username, password } => {
                let pair = format!("{username}:{}", password.expose());
                Some(format!("Basic {}", Base64::encode_string(pair.as_bytes())))
            }
        }
    }

    /// Whether a 401 asks for the Basic credentials that are at hand and were not sent yet.
    fn wants_basic<B>(&self, sent: bool, response: &Response<B>) -> bool {
        if sent || response.status != 401 || !matches!(self.credentials, Some(Credentials::Basic { .. })) {
            return false;
        }
        let challenges = challenge::parse(response.headers.all("www-authenticate"));
        // A page across origins may not see the challenge; the user gave a password for exactly this registry.
        challenges.iter().any(|challenge| challenge.scheme == "basic")
            || (challenges.is_empty() && response.headers_filtered)
    }
}

impl<T: Transport> Transport for Authenticated<T> {
    type Chunk = T::Chunk;
    type Body = T::Body;
    type Hasher = T::Hasher;

    async fn send(&self, request: Request) -> Result<Response<Self::Body>> {
        let authorization = self.authorization(&request.url);
        let sent = authorization.is_some();
        let response = self.inner.send(with_authorization(request.clone(), authorization)).await?;
        if !self.wants_basic(sent, &response) {
            return Ok(response);
        }
        drop(response);
        self.basic_wanted.set(true);
        let authorization = self.authorization(&request.url);
        self.inner.send(with_authorization(request, authorization)).await
    }

    fn hasher(&self, algorithm: Algorithm) -> Self::Hasher {
        self.inner.hasher(algorithm)
    }
}

fn with_authorization(request: Request, authorization: Option<String>) -> Request {
    match authorization {
        Some(value) => request.with_header("authorization", value),
        None => request,
    }
}
