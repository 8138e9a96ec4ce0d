//! Notices in a registry's responses: warnings and rate limits.

use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;

use crate::protocol::http::rate_limit::RateLimit;
use crate::protocol::http::{rate_limit, warning};
use crate::protocol::text::printable;
use crate::protocol::url::Url;
use crate::transport::request::{Request, Response};
use crate::transport::{Result, Transport};

/// Distinct warnings that are remembered, so that none is reported twice.
const MOST: usize = 1000;

/// A callback for warnings.
pub type Warned = Rc<dyn Fn(&str)>;

/// The notices of one registry so far.
#[derive(Default)]
pub struct Notices {
    warned: Option<Warned>,
    told: RefCell<HashSet<String>>,
    rate_limit: RefCell<Option<RateLimit>>,
}

impl Notices {
    /// Creates the record; `warned` is called once per distinct warning.
    pub fn new(warned: Option<Warned>) -> Self {
        Self { warned, ..Self::default() }
    }

    /// Returns the rate limit of the last response that had one.
    pub fn rate_limit(&self) -> Option<RateLimit> {
        self.rate_limit.borrow().clone()
    }

    fn notice<B>(&self, response: &Response<B>) {
        if let Some(limit) = rate_limit::parse(&response.headers) {
            self.rate_limit.replace(Some(limit));
        }
        if self.warned.is_some() {
            warning::texts(response.headers.all("warning")).iter().for_each(|text| self.warn(text));
        }
    }

    /// Reports a warning, unless it was reported before.
    pub fn warn(&self, text: &str) {
        let Some(warned) = &self.warned else { return };
        let text = &*printable::line(text);
        let is_new = {
            let mut told = self.told.borrow_mut();
            told.len() < MOST && told.insert(text.to_owned())
        };
        if is_new {
            warned(text);
        }
    }
}

/// Records the notices of responses from the registry's own origin; those of storage that it redirects to don't count.
pub struct NoticeLayer<T> {
    inner: T,
    registry: Url,
    notices: Rc<Notices>,
}

impl<T: Transport> NoticeLayer<T> {
    /// Wraps a transport.
    pub fn new(inner: T, registry: Url, notices: Rc<Notices>) -> Self {
        Self { inner, registry, notices }
    }
}

impl<T: Transport> Transport for NoticeLayer<T> {
    type Chunk = T::Chunk;
    type Body = T::Body;

    async fn send(&self, request: &Request<Self::Chunk>) -> Result<Response<Self::Body>> {
        let response = self.inner.send(request).await?;
        if response.url.as_ref().unwrap_or(&request.url).same_origin(&self.registry) {
            self.notices.notice(&response);
        }
        Ok(response)
    }
}
