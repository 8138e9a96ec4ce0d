//! Time limits: until the headers arrive, and for a body's read without progress.

use std::future::Future;
use std::pin::{Pin, pin};
use std::rc::Rc;

use futures_util::future::{Either, select};

use crate::protocol::code;
use crate::protocol::http::Method;
use crate::protocol::url::Url;
use crate::transport::pipe::Turn;
use crate::transport::request::{Content, Request, Response};
use crate::transport::{Body, Chunk, Clock, Error, Result, Transport};

/// Bytes per millisecond that a request's body is given time for.
const SLOWEST: u64 = 32;
/// Bytes per millisecond at which a document must come in at least, after the time that its headers may take.
const SLOWEST_DOCUMENT: u64 = 4;
/// Empty chunks in a row that are no progress, however fast they come.
const MOST_EMPTY: u32 = 1000;
/// Milliseconds for each piece of a streamed body: a proxy may pass nothing on before it has all.
const PASSED_ON: u64 = 8;

/// Ends a request whose headers, or whose body's next bytes, do not arrive in time.
pub struct Timed<H> {
    host: Rc<H>,
    header_timeout: u64,
    idle_timeout: u64,
}

impl<H: Transport + Clock> Timed<H> {
    /// Limits in milliseconds; 0 waits for ever.
    pub fn new(host: Rc<H>, header_timeout: u64, idle_timeout: u64) -> Self {
        Self { host, header_timeout, idle_timeout }
    }
}

impl<H: Transport + Clock> Transport for Timed<H> {
    type Chunk = H::Chunk;
    type Body = TimedBody<H>;

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
            // Whoever makes a body may take for ever.
            let now = self::progress(request);
            if now == progress && !matches!(now, Some((Turn::Maker, _))) {
                break Err(Error::new(code::TIMEOUT, format!("no answer within {limit} ms")));
            }
        };
        request.set_in_flight(response.as_ref().is_ok_and(Response::is_success));
        let response = response.map_err(|error| error.at(request.method, &request.url))?;
        let (host, idle_timeout) = (self.host.clone(), self.idle_timeout);
        let (method, url) = (request.method, request.url.clone());
        let allowed = Some(request.timeout.unwrap_or(self.header_timeout)).filter(|limit| *limit > 0);
        let allowed = allowed.unwrap_or(idle_timeout);
        Ok(response.map_body(|body| TimedBody {
            body,
            host,
            idle_timeout,
            allowed,
            document: None,
            timer: None,
            method,
            url,
        }))
    }
}

impl<H: Transport + Clock> Timed<H> {
    /// Milliseconds without progress that end a request.
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

/// How far the body is that is still being made.
fn progress<C>(request: &Request<C>) -> Option<(Turn, u64)> {
    match &request.body {
        Some(Content::Stream(pipe)) => Some(pipe.progress()),
        _ => None,
    }
}

fn length<C: Chunk>(content: &Content<C>) -> u64 {
    match content {
        Content::Bytes(bytes) => bytes.len() as u64,
        Content::Chunks(chunks) => chunks.iter().map(Chunk::len).sum(),
        Content::Stream(_) => 0,
    }
}

/// A body whose reads end in an error after the idle time-out.
pub struct TimedBody<H: Transport> {
    body: H::Body,
    host: Rc<H>,
    idle_timeout: u64,
    /// Milliseconds that a document may take before its size counts.
    allowed: u64,
    /// When it began to be read as a document, and how many bytes came since.
    document: Option<(u64, u64)>,
    /// Outlives single reads: one timer for many chunks costs nothing measurable, one for each would.
    timer: Option<Pin<Box<dyn Future<Output = ()>>>>,
    method: Method,
    url: Url,
}

impl<H: Transport + Clock> TimedBody<H> {
    /// The next bytes, which are more than none.
    async fn read(&mut self) -> Result<Option<H::Chunk>> {
        let started = self.host.now();
        // A stream that gives empty chunks without a pause lets no timer fire.
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

    /// One read, within the time that is left of those that began at `started`.
    async fn read_once(&mut self, started: u64) -> Result<Option<H::Chunk>> {
        let (due, overdue) = self.due(started);
        if due == u64::MAX {
            return self.body.next().await;
        }
        let mut read = pin!(self.body.next());
        loop {
            // The timer may have been started by an earlier read.
            let now = self.host.now();
            if now >= due {
                return Err(Error::new(code::TIMEOUT, overdue));
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

    /// Until when something must have come, and what to say where nothing has.
    fn due(&self, started: u64) -> (u64, String) {
        let idle = match self.idle_timeout {
            0 => u64::MAX,
            limit => started.saturating_add(limit),
        };
        match self.document {
            Some((began, came)) if self.allowed > 0 => {
                let whole = began.saturating_add(self.allowed).saturating_add(came / SLOWEST_DOCUMENT);
                if whole <= idle {
                    let waited = whole - began;
                    return (whole, format!("the body comes too slowly: {came} bytes in {waited} ms"));
                }
            }
            _ => {}
        }
        (idle, format!("the body made no progress for {} ms", self.idle_timeout))
    }
}

impl<H: Transport + Clock> Body for TimedBody<H> {
    type Chunk = H::Chunk;

    async fn next(&mut self) -> Result<Option<H::Chunk>> {
        let result = self.read().await;
        if !matches!(result, Ok(Some(_))) {
            self.timer = None;
        }
        result.map_err(|error| error.at(self.method, &self.url))
    }

    fn hand_over(&mut self) {
        // Not read at the moment: the timer would keep Node's process alive.
        self.timer = None;
        self.body.hand_over();
    }

    fn hurry(&mut self) {
        self.document.get_or_insert((self.host.now(), 0));
        self.timer = None;
    }
}
