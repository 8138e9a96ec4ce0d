//! What a registry says beside its answers: warnings, and how many requests it still allows.

use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;

use crate::protocol::http::rate_limit::RateLimit;
use crate::protocol::http::{rate_limit, warning};
use crate::protocol::text::printable;
use crate::protocol::url::Url;
use crate::transport::request::{Request, Response};
use crate::transport::{Result, Transport};

/// Different warnings that are remembered as told: a registry that has more to say repeats itself.
const MOST: usize = 1000;

/// Whoever wants to be warned.
pub type Warned = Rc<dyn Fn(&str)>;

/// What one registry has said so far.
#[derive(Default)]
pub struct Notices {
    warned: Option<Warned>,
    told: RefCell<HashSet<String>>,
    rate_limit: RefCell<Option<RateLimit>>,
}

impl Notices {
    /// `warned`: told of each warning once.
    pub fn new(warned: Option<Warned>) -> Self {
        Self { warned, ..Self::default() }
    }

    /// The limit last told of.
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

    /// Tells a warning, unless it was told before.
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

/// Takes note of what the registry itself says. Storage that it redirects to has nothing to say for it.
pub struct Noticed<T> {
    inner: T,
    registry: Url,
    notices: Rc<Notices>,
}

impl<T: Transport> Noticed<T> {
    /// Over another transport.
    pub fn new(inner: T, registry: Url, notices: Rc<Notices>) -> Self {
        Self { inner, registry, notices }
    }
}

impl<T: Transport> Transport for Noticed<T> {
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
