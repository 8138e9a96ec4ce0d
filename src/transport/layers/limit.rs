//! Parallel requests at most.

use std::sync::Arc;

use async_lock::{Semaphore, SemaphoreGuardArc};

use crate::transport::request::{Request, Response};
use crate::transport::{Body, Result, Transport};

/// Lets so many requests run at a time, first come, first served. A request runs until its body has ended, was dropped
/// or was handed over to a caller, who may take for ever. One whose own body is still being made holds no place: what makes
/// it may need one.
pub struct Limited<T> {
    inner: T,
    permits: Arc<Semaphore>,
}

impl<T: Transport> Limited<T> {
    /// At most `concurrency` (at least 1) requests at a time.
    pub fn new(inner: T, concurrency: usize) -> Self {
        Self { inner, permits: Arc::new(Semaphore::new(concurrency.max(1))) }
    }
}

impl<T: Transport> Transport for Limited<T> {
    type Chunk = T::Chunk;
    type Body = LimitedBody<T::Body>;

    async fn send(&self, request: &Request<Self::Chunk>) -> Result<Response<Self::Body>> {
        let permit = Some(self.permits.acquire_arc().await).filter(|_| !request.is_streamed());
        let response = self.inner.send(request).await?;
        Ok(response.map_body(|body| LimitedBody { body, permit }))
    }
}

/// A body that holds its request's place.
pub struct LimitedBody<B> {
    body: B,
    permit: Option<SemaphoreGuardArc>,
}

impl<B: Body> Body for LimitedBody<B> {
    type Chunk = B::Chunk;

    async fn next(&mut self) -> Result<Option<B::Chunk>> {
        let result = self.body.next().await;
        if !matches!(result, Ok(Some(_))) {
            self.permit = None;
        }
        result
    }

    fn hand_over(&mut self) {
        self.permit = None;
        self.body.hand_over();
    }

    fn hurry(&mut self) {
        self.body.hurry();
    }
}
