//! Redirects the host has followed (to object storage, mostly): where they may have led.

use super::{Error, Result, Transport};
use crate::protocol::code;
use crate::protocol::digest::Algorithm;
use crate::protocol::http::{Request, Response};
use crate::protocol::url::Scheme;

/// Refuses what came over http although https was asked for.
pub struct Redirected<T> {
    inner: T,
}

impl<T: Transport> Redirected<T> {
    /// Over another transport.
    pub fn new(inner: T) -> Self {
        Self { inner }
    }
}

impl<T: Transport> Transport for Redirected<T> {
    type Chunk = T::Chunk;
    type Body = T::Body;
    type Hasher = T::Hasher;

    async fn send(&self, request: Request) -> Result<Response<Self::Body>> {
        let (method, asked) = (request.method, request.url.clone());
        let response = self.inner.send(request).await?;
        if let Some(came_from) = &response.url
            && asked.scheme() == Scheme::Https
            && came_from.scheme() == Scheme::Http
        {
            let message = format!("refused a redirect from https to {}", came_from.redacted());
            return Err(Error::new(code::UNTRUSTED_LOCATION, message).at(method, &asked));
        }
        Ok(response)
    }

    fn hasher(&self, algorithm: Algorithm) -> Self::Hasher {
        self.inner.hasher(algorithm)
    }
}
