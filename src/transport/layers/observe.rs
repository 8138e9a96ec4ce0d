//! One event per request attempt, for logs, devtools and metrics.

use std::rc::Rc;

use crate::transport::request::{Request, Response};
use crate::transport::{Clock, Result, Transport};

/// One request attempt, without secrets.
#[derive(Debug, Clone)]
pub struct RequestEvent {
    /// GET, HEAD…
    pub method: &'static str,
    /// Without user info, query values and fragment.
    pub url: String,
    /// Absent if no response arrived.
    pub status: Option<u16>,
    /// Milliseconds until the headers arrived or the attempt failed.
    pub duration: u64,
    /// The error's code if the attempt failed.
    pub error: Option<String>,
}

/// A callback for request events.
pub type Observer = Rc<dyn Fn(&RequestEvent)>;

/// Calls the observer after every attempt. An attempt that was cancelled makes no event.
pub struct ObserveLayer<T, C> {
    inner: T,
    clock: Rc<C>,
    observer: Option<Observer>,
}

impl<T: Transport, C: Clock> ObserveLayer<T, C> {
    /// Wraps a transport; without an observer it does nothing.
    pub fn new(inner: T, clock: Rc<C>, observer: Option<Observer>) -> Self {
        Self { inner, clock, observer }
    }
}

impl<T: Transport, C: Clock> Transport for ObserveLayer<T, C> {
    type Chunk = T::Chunk;
    type Body = T::Body;

    async fn send(&self, request: &Request<Self::Chunk>) -> Result<Response<Self::Body>> {
        let Some(observer) = &self.observer else {
            return self.inner.send(request).await;
        };
        let (method, url) = (request.method.as_str(), request.url.redacted());
        let started = self.clock.now();
        let result = self.inner.send(request).await;
        observer(&RequestEvent {
            method,
            url,
            status: result.as_ref().ok().map(|response| response.status),
            duration: self.clock.now().saturating_sub(started),
            error: result.as_ref().err().map(|error| error.code.to_string()),
        });
        result
    }
}
