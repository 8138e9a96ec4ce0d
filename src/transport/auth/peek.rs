//! Bodies that can be peeked at to find out why a request was rejected; the caller still reads them from the start.

use crate::transport::request::Response;
use crate::transport::{Body, Chunk, Result, read};

/// A body whose start may have been read ahead.
pub struct PeekedBody<B: Body> {
    read: Option<B::Chunk>,
    rest: Option<B>,
}

impl<B: Body> PeekedBody<B> {
    /// Wraps an unread body.
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

    fn pass_on(&mut self, passage: &<B::Chunk as Chunk>::Passage) {
        self.rest.iter_mut().for_each(|rest| rest.pass_on(passage));
    }

    fn release_permit(&mut self) {
        self.rest.iter_mut().for_each(Body::release_permit);
    }

    fn enforce_min_rate(&mut self) {
        self.rest.iter_mut().for_each(Body::enforce_min_rate);
    }
}

/// Returns the start of a response's body, which stays readable; the rest of the body is dropped.
pub async fn peek<B: Body>(response: &mut Response<PeekedBody<B>>) -> Vec<u8> {
    let said = read::start(&mut response.body).await;
    response.body =
        PeekedBody { read: Some(Chunk::of(&said)).filter(|chunk: &B::Chunk| !chunk.is_empty()), rest: None };
    said
}
