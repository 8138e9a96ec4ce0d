//! Bodies that are peeked into, to see why a request was refused, and that the caller still reads from their start.

use crate::transport::request::Response;
use crate::transport::{Body, Chunk, Result, read};

/// A body whose start may have been read already.
pub struct PeekedBody<B: Body> {
    read: Option<B::Chunk>,
    rest: Option<B>,
}

impl<B: Body> PeekedBody<B> {
    /// Wraps a body that was not read from.
    pub fn new(body: B) -> Self {
        Self { read: None, rest: Some(body) }
    }
}

impl<B: Body> Body for PeekedBody<B> {
    type Chunk = B::Chunk;

    async fn next(&mut self) -> Result<Option<B::Chunk>> {
        match (self.read.take(), &mut self.rest) {
            (Some(chunk), _) => Ok(Some(chunk)),
            (None, Some(rest)) => rest.next().await,
            (None, None) => Ok(None),
        }
    }

    fn release_permit(&mut self) {
        self.rest.iter_mut().for_each(Body::release_permit);
    }

    fn enforce_min_rate(&mut self) {
        self.rest.iter_mut().for_each(Body::enforce_min_rate);
    }
}

/// The start of a response's body. It can be read afterwards as if it had not been.
pub async fn peek<B: Body>(response: &mut Response<PeekedBody<B>>) -> Vec<u8> {
    let said = read::start(&mut response.body).await;
    response.body =
        PeekedBody { read: Some(Chunk::of(&said)).filter(|chunk: &B::Chunk| !chunk.is_empty()), rest: None };
    said
}
