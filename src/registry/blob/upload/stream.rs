//! Uploading the rest of a blob in one request, sent while the source is read.
//!
//! This is faster than chunks, and no bytes are buffered before they are sent (distribution-spec v1.1.1, "Pushing a
//! blob in chunks": one chunk of unknown length).

use std::pin::pin;
use std::rc::Rc;

use futures_util::future::{Either, select};

use crate::protocol::code;
use crate::protocol::http::Method;
use crate::registry::api::connection::Connection;
use crate::registry::api::response::Response;
use crate::registry::blob::source::{Part, SourceReader};
use crate::registry::blob::upload::progress::lost;
use crate::registry::blob::upload::{Upload, check_intact, fill, refusal};
use crate::registry::manifest::put::RESPONSE_LIMIT;
use crate::transport::pipe::{End, Pipe};
use crate::transport::request::{Request, RequestBody};
use crate::transport::{Chunk, Error, Host, Result};

/// Bytes passed to the host at a time.
pub(crate) const PIECE: u64 = 256 * 1024;
/// Bytes sent last that are kept, to be sent again if the connection breaks before the registry stored them.
const KEPT: u64 = 4 * 1024 * 1024;
/// Limit up to which the first bytes are all kept, since a refusal comes early. Sources that can be rewound need
/// not be kept.
const KEPT_FIRST: u64 = 16 * 1024 * 1024;
/// Milliseconds a source may pause before a partial piece is sent or the request ends. Servers time out on an idle
/// body; the upload resumes when there are more bytes.
const PATIENCE: u64 = 5_000;

impl<H: Host> Upload<H> {
    /// Streams a part from the registry's offset on, and what the source yields after it. Returns false if the next
    /// request should send a chunk instead.
    pub(crate) async fn stream(
        &mut self,
        part: &mut Part<H::Chunk>,
        intake: &mut SourceReader<H>,
        told: &mut dyn FnMut(u64),
    ) -> Result<bool> {
        let request = self.request(Method::Patch, &self.endpoint);
        let api = self.api.clone();
        let (response, is_all) = {
            let (this, part, told) = (&*self, &mut *part, &mut *told);
            fetch_fed(&api, request, move |pipe| this.feed(pipe, part, intake, told)).await?
        };
        // The host has passed on more than its buffers hold, so the connection works.
        if part.start() > self.offset {
            self.retry_budget.reset();
        }
        let error = match response {
            Err(error) => error,
            Ok(response) if !response.is_success() => refusal(&api, &response),
            Ok(response) if !is_all => came_early(&response).transient(),
            Ok(response) => {
                self.took(&response, part.end(), part.start()).await?;
                self.count_progress();
                return Ok(true);
            }
        };
        let taken_up = self.take_up_stream(error, part).await;
        taken_up.map_err(|error| {
            if error.is_transient { error.and("with a chunkSize, less would be sent again") } else { error }
        })
    }

    /// Feeds the buffered bytes into the request, then what the source yields, until it ends or pauses.
    async fn feed(
        &self,
        pipe: Rc<Pipe<H::Chunk>>,
        part: &mut Part<H::Chunk>,
        intake: &mut SourceReader<H>,
        told: &mut dyn FnMut(u64),
    ) -> Result<()> {
        let clock = self.api.host();
        let mut at = self.offset;
        loop {
            while at < part.end() {
                let mut piece = part.some(at, PIECE);
                // Large pieces are sent alone, since joining pieces copies them.
                if piece.first().is_some_and(|first| first.len() >= PIECE / 4) {
                    piece.truncate(1);
                }
                check_intact(&piece)?;
                at += piece.iter().map(Chunk::len).sum::<u64>();
                pipe.put(piece).await;
                told(at);
            }
            let is_early = at - self.offset <= KEPT_FIRST && !intake.can_rewind();
            part.keep_last(if is_early { KEPT_FIRST } else { KEPT });
            let most = part.len() + PIECE;
            let pauses = match select(pin!(intake.fill(part, most)), pin!(clock.sleep(PATIENCE))).await {
                Either::Left((filled, _)) => filled.map(|()| false)?,
                Either::Right(_) => true,
            };
            if part.end() == at && !(pauses && at - self.offset < self.min_chunk) {
                return Ok(());
            }
        }
    }

    /// Resumes after a failed streaming request. Returns false if there was no progress, so that chunks are tried.
    async fn take_up_stream(&mut self, error: Error, part: &Part<H::Chunk>) -> Result<bool> {
        if error.loses_upload() {
            return Err(lost(error, "no longer knows of it"));
        }
        self.sent = self.sent.max(part.end());
        let (before, status) = (self.offset, error.status);
        match status {
            // The registry or a proxy does not accept a body of unknown length or of this size, or redirects a body
            // that cannot be sent again.
            Some(307 | 308 | 411 | 413 | 501 | 505) => {
                self.api.capabilities.takes_streams.set(false);
                self.ask(error, part).await?;
                return Ok(false);
            }
            // The next request sends the credentials that this one lacked.
            Some(401 | 403) => {
                let is_first = !std::mem::replace(&mut self.was_asked_again, true);
                self.ask(error, part).await?;
                return Ok(is_first);
            }
            Some(400) => self.ask(error, part).await?,
            // GHCR accepts at most 4 MiB in one request.
            Some(416) => {
                self.ask(error, part).await?;
                if self.offset == before {
                    self.api.capabilities.takes_streams.set(false);
                }
                return Ok(false);
            }
            _ => self.take_up(error, part, u64::MAX).await?,
        }
        Ok(self.offset > before)
    }
}

/// Sends a request whose body `feed` writes to the pipe. Returns the response, and whether the body was complete
/// before it.
pub(crate) async fn fetch_fed<H: Host, F: Future<Output = Result<()>>>(
    api: &Connection<H>,
    mut request: Request<H::Chunk>,
    feed: impl FnOnce(Rc<Pipe<H::Chunk>>) -> F,
) -> Result<(Result<Response<Vec<u8>>>, bool)> {
    let pipe = Rc::new(Pipe::default());
    // Ends the pipe on every exit, so that the reader does not wait for a body that was abandoned.
    let _ending = Ending(&pipe);
    fill(&mut request, RequestBody::Stream(pipe.clone()));
    let sent = pin!(api.fetch(&request, RESPONSE_LIMIT));
    match select(sent, pin!(feed(pipe.clone()))).await {
        Either::Left((response, _)) => Ok((response, false)),
        Either::Right((fed, sent)) => {
            fed?;
            pipe.end(End::Whole);
            Ok((sent.await, true))
        }
    }
}

/// Returns the error of a response that arrived before the end of the body.
pub(crate) fn came_early(response: &Response<Vec<u8>>) -> Error {
    response.error(code::INVALID_RESPONSE, "the response arrived before the end of the request body")
}

/// Ends a pipe that was not ended otherwise.
struct Ending<'a, C>(&'a Pipe<C>);

impl<C> Drop for Ending<'_, C> {
    fn drop(&mut self) {
        self.0.end(End::Broken);
    }
}
