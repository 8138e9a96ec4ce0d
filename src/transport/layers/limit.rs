//! Limits the number of concurrent requests.

use std::sync::Arc;

use async_lock::{Semaphore, SemaphoreGuardArc};

use crate::transport::request::{Request, Response};
use crate::transport::{Body, Result, Transport};

/// Limits the number of concurrent requests, first come, first served. A request holds its permit until the response's
/// body has ended, was dropped or gave it back ([`Body::release_permit`]). A request with a streamed body holds none: what
/// produces the body may need one.
pub struct LimitLayer<T> {
    inner: T,
    permits: Arc<Semaphore>,
}

impl<T: Transport> LimitLayer<T> {
    /// Allows at most `concurrency` (at least 1) requests at a time.
    pub fn new(inner: T, concurrency: usize) -> Self {
        Self { inner, permits: Arc::new(Semaphore::new(concurrency.max(1))) }
    }
}

impl<T: Transport> Transport for LimitLayer<T> {
    type Chunk = T::Chunk;
    type Body = LimitBody<T::Body>;

    async fn send(&self, request: &Request<Self::Chunk>) -> Result<Response<Self::Body>> {
        let permit = Some(self.permits.acquire_arc().await).filter(|_| !request.is_streamed());
        let response = self.inner.send(request).await?;
        Ok(response.map_body(|body| LimitBody { body, permit }))
    }
}

/// A body that holds its request's permit.
pub struct LimitBody<B> {
    body: B,
    permit: Option<SemaphoreGuardArc>,
}

impl<B: Body> Body for LimitBody<B> {
    type Chunk = B::Chunk;

    async fn next(&mut self) -> Result<Option<B::Chunk>> {
        let result = self.body.next().await;
        if !matches!(result, Ok(Some(_))) {
            self.permit = None;
        }
        result
    }

    fn release_permit(&mut self) {
        self.permit = None;
        self.body.release_permit();
    }

    fn enforce_min_rate(&mut self) {
        self.body.enforce_min_rate();
    }
}
