//! A response with the context for errors about it.

use std::ops::{Deref, DerefMut};

use crate::protocol::code;
use crate::protocol::http::Method;
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::media_type;
use crate::protocol::url::Url;
use crate::transport::{Error, StackBody, failure, request};

/// A response with the method and URL of its request, for errors. The body is read (`Vec<u8>`) or a stream.
pub struct Response<B> {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) http: request::Response<B>,
}

/// A response whose body is still to be read.
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
    /// Creates an error about this response.
    pub(crate) fn error(&self, code: &'static str, message: impl Into<String>) -> Error {
        Error::new(code, message).at(self.method, &self.url).with_status(self.status)
    }

    /// Creates the error of content that does not match its digest.
    pub(crate) fn digest_mismatch(&self, expected: &Digest, computed: &Digest) -> Error {
        mismatch(expected, computed).at(self.method, &self.url).with_status(self.status)
    }

    /// Creates an error about unexpected content. If a captive portal or a proxy may have sent it, which its media
    /// type shows, the message says so.
    pub(crate) fn other_content(&self, code: &'static str, message: String) -> Error {
        self.of_other(Error::new(code, message))
    }

    /// As [`other_content`](Self::other_content), for an error that exists.
    pub(crate) fn of_other(&self, error: Error) -> Error {
        let error = error.at(self.method, &self.url).with_status(self.status);
        let media_type = self.header("content-type").map(media_type::essence).unwrap_or_default();
        if media_type.starts_with("text/")
            && let Some(what) = failure::answerer(&self.url, &self.http, &[])
        {
            return error
                .and(&format!("the response is {what}: check whether a proxy or a login page responds in its place"));
        }
        error
    }

    /// Returns the first value of a header field.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)
    }

    /// Returns the digest that the registry states for the content. It is a hint to compare with, not a proof.
    pub(crate) fn content_digest(&self) -> Option<Digest> {
        Digest::parse(self.header("docker-content-digest")?.trim()).ok()
    }
}

/// Describes a digest mismatch for a message.
pub fn mismatch(expected: &Digest, computed: &Digest) -> Error {
    Error::new(code::DIGEST_MISMATCH, format!("content of {expected} hashes to {computed}"))
        .with("expected", expected)
        .with("actual", computed)
}
