//! Timeouts for the response's headers, and for reads of its body without progress.

use std::future::Future;
use std::pin::{Pin, pin};
use std::rc::Rc;

use futures_util::future::{Either, select};

use crate::protocol::code;
use crate::protocol::http::Method;
use crate::protocol::url::Url;
use crate::transport::pipe::Turn;
use crate::transport::request::{Request, RequestBody, Response};
use crate::transport::{Body, Chunk, Clock, Error, Passage, Result, Transport};

/// The slowest upload, in bytes per millisecond, that the header timeout allows for.
const SLOWEST: u64 = 32;
/// The minimum rate of a document in bytes per millisecond, after the header timeout.
const SLOWEST_DOCUMENT: u64 = 4;
/// Empty chunks in a row that count as no progress.
const MOST_EMPTY: u32 = 1000;
/// Milliseconds granted per piece of a streamed body: a proxy may buffer all of it before it forwards any.
const PASSED_ON: u64 = 8;

/// Fails a request whose headers, or whose body's next bytes, do not arrive in time.
pub struct TimeoutLayer<H> {
    host: Rc<H>,
    header_timeout: u64,
    idle_timeout: u64,
}

impl<H: Transport + Clock> TimeoutLayer<H> {
    /// Wraps a host; timeouts are in milliseconds, and 0 disables one.
    pub fn new(host: Rc<H>, header_timeout: u64, idle_timeout: u64) -> Self {
        Self { host, header_timeout, idle_timeout }
    }
}

impl<H: Transport + Clock> Transport for TimeoutLayer<H> {
    type Chunk = H::Chunk;
    type Body = TimeoutBody<H>;

    async fn send(&self, request: &Request<Self::Chunk>) -> Result<Response<Self::Body>> {
        request.set_in_flight(true);
        let mut sent = pin!(self.host.send(request));
        let response = loop {
            let progress = progress(request);
            let limit = self.limit(request, progress);
            if limit == 0 {
                break sent.await;
            }
            match select(sent, pin!(self.host.sleep(limit))).await {
                Either::Left((response, _)) => break response,
                Either::Right((_, unfinished)) => sent = unfinished,
            }
            // The producer of a streamed body may take as long as it likes.
            let now = self::progress(request);
            if now == progress && !matches!(now, Some((Turn::Maker, _))) {
                let error = Error::new(code::TIMEOUT, format!("no response within {limit} ms"));
                break Err(error.with_number("limit", limit));
            }
        };
        request.set_in_flight(response.as_ref().is_ok_and(Response::is_success));
        let response = response.map_err(|error| error.at(request.method, &request.url))?;
        let (host, idle_timeout) = (self.host.clone(), self.idle_timeout);
        let (method, url) = (request.method, request.url.clone());
        let allowed = Some(request.timeout.unwrap_or(self.header_timeout)).filter(|limit| *limit > 0);
        let allowed = allowed.unwrap_or(idle_timeout);
        Ok(response.map_body(|body| TimeoutBody {
            body,
            host,
            idle_timeout,
            allowed,
            document: None,
            timer: None,
            passage: None,
            method,
            url,
        }))
    }
}

impl<H: Transport + Clock> TimeoutLayer<H> {
    /// Returns the milliseconds without progress after which the request fails.
    fn limit(&self, request: &Request<H::Chunk>, progress: Option<(Turn, u64)>) -> u64 {
        let beside = match progress {
            None => request.body.as_ref().map_or(0, length) / SLOWEST,
            Some((Turn::Receiver, taken)) => taken * PASSED_ON,
            Some(_) => return self.idle_timeout,
        };
        match request.timeout.unwrap_or(self.header_timeout) {
            0 => 0,
            limit => limit.saturating_add(beside),
        }
    }
}

/// Returns the progress of a streamed request body.
fn progress<C>(request: &Request<C>) -> Option<(Turn, u64)> {
    match &request.body {
        Some(RequestBody::Stream(pipe)) => Some(pipe.progress()),
        _ => None,
    }
}

fn length<C: Chunk>(content: &RequestBody<C>) -> u64 {
    match content {
        RequestBody::Bytes(bytes) => bytes.len() as u64,
        RequestBody::Chunks(chunks) => chunks.iter().map(Chunk::len).sum(),
        RequestBody::Stream(_) => 0,
    }
}

/// A body whose reads fail after the idle timeout.
pub struct TimeoutBody<H: Transport> {
    body: H::Body,
    host: Rc<H>,
    idle_timeout: u64,
    /// The milliseconds that any document may take, before its size is taken into account.
    allowed: u64,
    /// The time from which the minimum rate applies, and the bytes that arrived since.
    document: Option<(u64, u64)>,
    /// Shared by many reads: a timer per chunk would cost measurably.
    timer: Option<Pin<Box<dyn Future<Output = ()>>>>,
    /// Takes chunks during a read.
    passage: Option<<H::Chunk as Chunk>::Passage>,
    method: Method,
    url: Url,
}

impl<H: Transport + Clock> TimeoutBody<H> {
    /// Returns the next non-empty chunk.
    async fn read(&mut self) -> Result<Option<H::Chunk>> {
        let started = self.host.now();
        // A continuous stream of empty chunks would keep any timer from firing.
        for _ in 0..MOST_EMPTY {
            match self.read_once(started).await? {
                Some(chunk) if chunk.is_empty() => {}
                read => {
                    if let (Some((_, came)), Some(chunk)) = (&mut self.document, &read) {
                        *came += chunk.len();
                    }
                    return Ok(read);
                }
            }
        }
        Err(Error::new(code::TIMEOUT, format!("the body made no progress: {MOST_EMPTY} empty chunks in a row")))
    }

    /// Reads once, within the time left of the reads that began at `started`.
    async fn read_once(&mut self, started: u64) -> Result<Option<H::Chunk>> {
        let (mut due, limit, came) = self.due(started);
        if due == u64::MAX {
            return self.body.next().await;
        }
        let mut read = pin!(self.body.next());
        loop {
            // An earlier read may have started the timer.
            let now = self.host.now();
            if now >= due
                && let Some(passage) = &self.passage
            {
                // This read has lasted since the last chunk that was passed on, or has not begun.
                due = now.saturating_add(limit.saturating_sub(passage.waited()));
            }
            if now >= due {
                return Err(overdue(limit, came));
            }
            let timer = self.timer.get_or_insert_with(|| {
                let host = self.host.clone();
                Box::pin(async move { host.sleep(due - now).await })
            });
            match select(read, timer).await {
                Either::Left((result, _)) => return result,
                Either::Right(((), unfinished)) => read = unfinished,
            }
            self.timer = None;
        }
    }

    /// Returns the time by which bytes must have arrived, the limit that this is, and for the minimum rate the bytes so far. A
    /// document may be overdue before the read has started.
    fn due(&self, started: u64) -> (u64, u64, Option<u64>) {
        let idle = match self.idle_timeout {
            0 => u64::MAX,
            limit => started.saturating_add(limit),
        };
        match self.document {
            Some((began, came)) if self.allowed > 0 => {
                let limit = self.allowed.saturating_add(came / SLOWEST_DOCUMENT);
                let whole = began.saturating_add(limit);
                if whole <= idle {
                    return (whole, limit, Some(came));
                }
            }
            _ => {}
        }
        (idle, self.idle_timeout, None)
    }
}

fn overdue(limit: u64, came: Option<u64>) -> Error {
    let message = match came {
        Some(came) => format!("the body is too slow: {came} bytes in {limit} ms"),
        None => format!("the body made no progress for {limit} ms"),
    };
    Error::new(code::TIMEOUT, message).with_number("limit", limit)
}

impl<H: Transport + Clock> Body for TimeoutBody<H> {
    type Chunk = H::Chunk;

    async fn next(&mut self) -> Result<Option<H::Chunk>> {
        let result = self.read().await;
        if !matches!(result, Ok(Some(_))) {
            self.timer = None;
        }
        result.map_err(|error| error.at(self.method, &self.url))
    }

    fn pass_on(&mut self, passage: &<H::Chunk as Chunk>::Passage) {
        self.passage = Some(passage.clone());
        self.body.pass_on(passage);
    }

    fn release_permit(&mut self) {
        // The next read may be far off, and the timer would keep Node's process alive.
        self.timer = None;
        self.body.release_permit();
    }

    fn enforce_min_rate(&mut self) {
        self.document.get_or_insert((self.host.now(), 0));
        self.timer = None;
    }
}
