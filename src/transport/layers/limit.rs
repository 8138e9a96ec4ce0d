//! Limits the number of concurrent requests, and learns from the responses how many a registry bears.

use std::rc::Rc;

use crate::protocol::code;
use crate::protocol::http::rate_limit;
use crate::protocol::url::Url;
use crate::transport::limiter::{Limiter, Permit};
use crate::transport::request::{Request, Response};
use crate::transport::{Body, Chunk, Clock, Result, Transport};

/// Limits the number of concurrent requests. A request holds its permit until the response's body has ended, was dropped or
/// gave it back ([`Body::release_permit`]).
pub struct LimitLayer<T, C> {
    inner: T,
    clock: Rc<C>,
    registry: Url,
    limiter: Limiter,
}

impl<T: Transport, C: Clock> LimitLayer<T, C> {
    /// Wraps a transport.
    pub fn new(inner: T, clock: Rc<C>, registry: Url, limiter: Limiter) -> Self {
        Self { inner, clock, registry, limiter }
    }

    /// Learns from a response of the registry; those of storage or token services that it leads to say nothing about it.
    fn learn(&self, request: &Request<T::Chunk>, permit: &Permit, result: &Result<Response<T::Body>>) {
        let url = result.as_ref().ok().and_then(|response| response.url.as_ref()).unwrap_or(&request.url);
        if !url.same_origin(&self.registry) {
            return;
        }
        let response = match result {
            Ok(response) => response,
            Err(error) if error.code == code::TIMEOUT || error.is_transient => return permit.went_unanswered(),
            Err(_) => return,
        };
        if let Some(limit) = rate_limit::parse(&response.headers) {
            self.limiter.limit_rate(&limit, self.clock.now());
        }
        match response.status {
            429 | 503 => {
                permit.was_too_much();
                // Other requests would be refused as well, and some registries count them. A 503 may be about this one only.
                if response.status == 429
                    && let Some(wait) = response.retry_after(self.clock.unix_ms())
                {
                    self.limiter.hold_for(wait, self.clock.now());
                }
            }
            500.. => {}
            _ => permit.went_well(),
        }
    }
}

impl<T: Transport, C: Clock> Transport for LimitLayer<T, C> {
    type Chunk = T::Chunk;
    type Body = LimitBody<T::Body>;

    async fn send(&self, request: &Request<Self::Chunk>) -> Result<Response<Self::Body>> {
        let permit = self.limiter.permit(request.call, request.is_streamed()).await;
        while let wait @ 1.. = self.limiter.hold(self.clock.now())
            && request.url.same_origin(&self.registry)
        {
            self.clock.sleep(wait).await;
        }
        let result = self.inner.send(request).await;
        self.learn(request, &permit, &result);
        result.map(|response| response.map_body(|body| LimitBody { body, permit: Some(permit) }))
    }
}

/// A body that holds its request's permit.
pub struct LimitBody<B> {
    body: B,
    permit: Option<Permit>,
}

impl<B: Body> Body for LimitBody<B> {
    type Chunk = B::Chunk;

    async fn next(&mut self) -> Result<Option<B::Chunk>> {
        let result = self.body.next().await;
        if let (Err(error), Some(permit)) = (&result, &self.permit)
            && error.code == code::TIMEOUT
        {
            permit.went_unanswered();
        }
        if !matches!(result, Ok(Some(_))) {
            self.permit = None;
        }
        result
    }

    fn pass_on(&mut self, passage: &<B::Chunk as Chunk>::Passage) {
        self.body.pass_on(passage);
    }

    fn release_permit(&mut self) {
        self.permit = None;
        self.body.release_permit();
    }

    fn enforce_min_rate(&mut self) {
        self.body.enforce_min_rate();
    }
}
