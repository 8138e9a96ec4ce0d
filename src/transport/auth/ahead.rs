//! Bodies of refusals that were looked at, and that the caller still has to get.

use crate::transport::request::Response;
use crate::transport::{Body, Chunk, Result, read};

/// A body, of which what tells of a failure may have been read ahead.
pub struct Ahead<B: Body> {
    read: Option<B::Chunk>,
    rest: Option<B>,
}

impl<B: Body> Ahead<B> {
    /// Of which nothing was read.
    pub fn new(body: B) -> Self {
        Self { read: None, rest: Some(body) }
    }
}

impl<B: Body> Body for Ahead<B> {
    type Chunk = B::Chunk;

    async fn next(&mut self) -> Result<Option<B::Chunk>> {
        match (self.read.take(), &mut self.rest) {
            (Some(chunk), _) => Ok(Some(chunk)),
            (None, Some(rest)) => rest.next().await,
            (None, None) => Ok(None),
        }
    }

    fn hand_over(&mut self) {
        self.rest.iter_mut().for_each(Body::hand_over);
    }

    fn hurry(&mut self) {
        self.rest.iter_mut().for_each(Body::hurry);
    }
}

/// What a refusal says; its body can be read afterwards as if it had not been.
pub async fn said<B: Body>(response: &mut Response<Ahead<B>>) -> Vec<u8> {
    let said = read::start(&mut response.body).await;
    response.body = Ahead { read: Some(Chunk::of(&said)).filter(|chunk: &B::Chunk| !chunk.is_empty()), rest: None };
    said
}
