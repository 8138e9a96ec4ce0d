//! A response, with what an error about it has to say.

use std::ops::{Deref, DerefMut};

use crate::protocol::http::Method;
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::media_type;
use crate::protocol::url::Url;
use crate::transport::{Error, StackBody, failure, request};

/// A response, and the request's method and URL for errors about it; its body read (`Vec<u8>`) or still to come.
pub struct Response<B> {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) http: request::Response<B>,
}

/// A response whose body is still to come.
pub type Streaming<H> = Response<StackBody<H>>;

impl<B> Deref for Response<B> {
    type Target = request::Response<B>;

    fn deref(&self) -> &Self::Target {
        &self.http
    }
}

impl<B> DerefMut for Response<B> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.http
    }
}

impl<B> Response<B> {
    /// An error about this answer.
    pub(crate) fn error(&self, code: &'static str, message: impl Into<String>) -> Error {
        Error::new(code, message).at(self.method, &self.url).with_status(self.status)
    }

    /// An error about content that is not what was asked for. What a captive portal or a proxy puts in its place has a
    /// type of its own.
    pub(crate) fn other_content(&self, code: &'static str, mut message: String) -> Error {
        let media_type = self.header("content-type").map(media_type::essence).unwrap_or_default();
        if media_type.starts_with("text/")
            && let Some(what) = failure::answerer(&self.url, &self.http, &[])
        {
            message.push_str(&format!("; it came as {what}: does a proxy or a login page answer in its place?"));
        }
        self.error(code, message)
    }

    /// A header field's first value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)
    }

    /// The digest the registry says the content has: a hint to compare.
    pub(crate) fn content_digest(&self) -> Option<Digest> {
        Digest::parse(self.header("docker-content-digest")?.trim()).ok()
    }
}
