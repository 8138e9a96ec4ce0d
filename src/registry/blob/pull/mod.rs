//! Pulling a blob or a part of it: verified while it streams, and resumed after a broken connection
//! (distribution-spec v1.1.1, "Pulling blobs"; RFC 9110 §14).

mod response;

use std::rc::Rc;

use crate::protocol::code;
use crate::protocol::http::Method;
use crate::protocol::oci::digest::{Algorithm, Digest};
use crate::registry::api::connection::{Connection, part_of};
use crate::registry::api::endpoint::Endpoint;
use crate::registry::api::response::Streaming;
use crate::registry::api::settings::Call;
use crate::transport::request::RetryBudget;
use crate::transport::{Body, Chunk, Error, Hasher, Host, Passage, Result};

/// Bytes after which the retry budget is reset.
const PROGRESS: u64 = 1024 * 1024;

/// A blob, or a part of one, being pulled.
pub struct BlobPull<H: Host> {
    api: Rc<Connection<H>>,
    endpoint: Endpoint,
    call: Call,
    /// `None` if there is no digest or checksum (some V1 layers).
    digest: Option<Digest>,
    seed: Option<H::Chunk>,
    span: Span,
    /// Hasher of a whole blob. A part cannot be verified.
    hash: Option<(Algorithm, H::Hasher)>,
    state: State<H>,
    /// Takes chunks that need nothing but to be hashed and counted.
    passage: Option<<H::Chunk as Chunk>::Passage>,
    /// Bytes that it took and nobody was told of.
    passed: u64,
    /// Expected number of bytes, if known.
    total: Option<u64>,
    /// Bytes returned so far.
    received: u64,
    /// Bytes of the current body to skip, and whether it may have bytes after the wanted ones.
    skip: u64,
    is_cut: bool,
    retry_budget: RetryBudget,
    /// Bytes since the last failure.
    progress: u64,
    /// False if the registry cannot send the rest of this blob.
    takes_ranges: bool,
    resumed: bool,
    restarted: bool,
    handed_over: bool,
    is_document: bool,
}

/// The expected content of a pull.
pub struct Expected<C> {
    /// Expected digest; `None` if there is none (some V1 layers).
    pub digest: Option<Digest>,
    /// Algorithm to verify the digest with; `None` for a part, which cannot be verified.
    pub algorithm: Option<Algorithm>,
    /// Bytes hashed before the content: V1's checksum of a layer covers the image's JSON followed by the layer.
    pub seed: Option<C>,
}

/// The requested bytes: all, or a range.
#[derive(Clone, Copy)]
pub enum Span {
    /// The whole blob.
    Whole,
    /// The range from the first to the last position, both inclusive.
    Part(u64, u64),
}

impl Span {
    fn first(self) -> u64 {
        match self {
            Span::Whole => 0,
            Span::Part(first, _) => first,
        }
    }

    fn last(self) -> Option<u64> {
        match self {
            Span::Whole => None,
            Span::Part(_, last) => Some(last),
        }
    }

    /// Returns the maximum number of bytes.
    fn most(self) -> u64 {
        self.last().map_or(u64::MAX, |last| (last - self.first()).saturating_add(1))
    }
}

enum State<H: Host> {
    Open(Box<Streaming<H>>),
    /// The body broke off; the rest is requested after a pause in milliseconds.
    Broken(u64),
    Ended,
}

impl<H: Host> BlobPull<H> {
    /// Sends the first request. `size` is the size of the whole blob, if a descriptor states it.
    pub(crate) async fn begin(
        api: &Rc<Connection<H>>,
        endpoint: Endpoint,
        expected: Expected<H::Chunk>,
        span: Span,
        size: Option<u64>,
        call: &Call,
    ) -> Result<Self> {
        let mut pull = Self {
            api: api.clone(),
            endpoint,
            call: call.clone(),
            digest: expected.digest,
            seed: expected.seed,
            span,
            hash: None,
            state: State::Ended,
            passage: None,
            passed: 0,
            total: size.filter(|_| matches!(span, Span::Whole)),
            received: 0,
            skip: 0,
            is_cut: false,
            retry_budget: RetryBudget::default(),
            progress: 0,
            takes_ranges: true,
            resumed: false,
            restarted: false,
            handed_over: false,
            is_document: false,
        };
        if let Some(algorithm) = expected.algorithm {
            pull.hash = Some((algorithm, pull.hasher(algorithm)?));
        }
        pull.open().await?;
        Ok(pull)
    }

    /// Returns the requested digest; `None` if content is not requested by digest (V1).
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref().filter(|_| self.seed.is_none())
    }

    /// Returns true if there is a digest or checksum of all bytes.
    pub(crate) fn has_digest(&self) -> bool {
        self.digest.is_some()
    }

    /// Returns the expected number of bytes, if known.
    pub fn total(&self) -> Option<u64> {
        self.total
    }

    /// Returns true for a whole blob, which is verified.
    pub(crate) fn is_whole(&self) -> bool {
        matches!(self.span, Span::Whole)
    }

    /// Returns true if a range was requested and the registry sends the whole blob, of which the rest is skipped.
    pub(crate) fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Lets a passage take chunks of a whole blob ahead of [`next`](Self::next), where the host can hash them.
    pub fn pass_on(&mut self, passage: <H::Chunk as Chunk>::Passage) {
        if let State::Open(response) = &mut self.state {
            response.body.pass_on(&passage);
        }
        self.passage = Some(passage);
    }

    /// Returns the bytes that the passage took since the last call.
    pub fn take_passed(&mut self) -> u64 {
        std::mem::take(&mut self.passed)
    }

    /// Releases the concurrency permit and the timer, before the caller reads at its own pace.
    pub fn release_permit(&mut self) {
        self.handed_over = true;
        if let State::Open(response) = &mut self.state {
            response.body.release_permit();
        }
    }

    /// Releases resources while the reader pauses, perhaps for good. A response that was not read from is dropped, and
    /// requested again on the next read; any other one gives up its permit and its timer, which could keep a process
    /// alive.
    pub fn rest(&mut self) {
        self.count_passed();
        match self.state {
            State::Open(_) if self.received == 0 => self.state = State::Broken(0),
            _ => self.release_permit(),
        }
    }

    /// Enforces a minimum rate from now on. It is used for documents, which are read as a whole.
    pub(crate) fn enforce_min_rate(&mut self) {
        self.is_document = true;
        if let State::Open(response) = &mut self.state {
            response.body.enforce_min_rate();
        }
    }

    /// Returns the next bytes. A whole blob ends (`None`) only after its digest was verified; the bytes before are
    /// unverified.
    pub async fn next(&mut self) -> Result<Option<H::Chunk>> {
        let result = self.advance().await;
        if !matches!(result, Ok(Some(_))) {
            self.state = State::Ended;
        }
        result
    }

    /// Starts again after a digest mismatch, for callers that have not passed on any bytes. It does so once, if the
    /// blob was resumed or may have come from a browser's cache; any other error is returned.
    pub fn begin_again(&mut self, error: Error) -> Result<()> {
        let Some((algorithm, _)) = self.hash.take() else { return Err(error) };
        if error.code != code::DIGEST_MISMATCH || !self.resumed || self.restarted {
            return Err(error);
        }
        self.hash = Some((algorithm, self.hasher(algorithm)?));
        (self.received, self.restarted) = (0, true);
        self.state = State::Broken(0);
        Ok(())
    }

    /// Collects all bytes, verified.
    pub async fn collect(mut self) -> Result<Vec<H::Chunk>> {
        let mut chunks = Vec::new();
        loop {
            match self.next().await {
                Ok(Some(chunk)) => chunks.push(chunk),
                Ok(None) => return Ok(chunks),
                Err(error) => {
                    self.begin_again(error)?;
                    chunks.clear();
                }
            }
        }
    }

    async fn advance(&mut self) -> Result<Option<H::Chunk>> {
        loop {
            self.allow_passing();
            let read = match &mut self.state {
                State::Ended => return Ok(None),
                State::Broken(pause) => {
                    self.api.retry.pause(*pause).await;
                    self.open().await?;
                    continue;
                }
                // The body has more bytes than were requested.
                State::Open(_) if self.is_cut && self.received == self.span.most() => return Ok(None),
                State::Open(response) => response.body.next().await,
            };
            self.count_passed();
            match read {
                Ok(Some(chunk)) => {
                    let chunk = self.accept(chunk)?;
                    if !chunk.is_empty() {
                        return Ok(Some(chunk));
                    }
                }
                Ok(None) => match self.missing() {
                    None => return self.verify().map(|()| None),
                    Some(error) => self.broken(error)?,
                },
                Err(error) => self.broken(error)?,
            }
        }
    }

    /// Opens the passage for the bytes that are still expected, unless some have to be skipped.
    fn allow_passing(&self) {
        if let (Some(passage), Some((_, hasher))) = (&self.passage, &self.hash) {
            let left = self.total.map_or(u64::MAX, |total| total.saturating_sub(self.received));
            hasher.lend(passage, if self.skip == 0 { left } else { 0 });
        }
    }

    fn count_passed(&mut self) {
        let passed = self.passage.as_ref().map_or(0, Passage::take_passed);
        self.passed += passed;
        self.count(passed);
    }

    fn count(&mut self, bytes: u64) {
        self.received += bytes;
        self.progress += bytes;
        if self.progress >= PROGRESS {
            self.retry_budget.reset();
        }
    }

    fn accept(&mut self, chunk: H::Chunk) -> Result<H::Chunk> {
        let skipped = self.skip.min(chunk.len());
        self.skip -= skipped;
        let wanted = if self.is_cut { self.span.most().saturating_sub(self.received) } else { u64::MAX };
        let chunk = chunk.slice(skipped, skipped.saturating_add(wanted));
        if let Some((_, hasher)) = &mut self.hash {
            hasher.update(&chunk)?;
        }
        self.count(chunk.len());
        match self.total {
            Some(total) if self.received > total => {
                let error = self.error(code::SIZE_MISMATCH, format!("more than the expected {total} bytes arrived"));
                Err(error.with_number("expected", total).with_number("actual", self.received))
            }
            _ => Ok(chunk),
        }
    }

    /// Returns the error of a body that ended too early.
    fn missing(&self) -> Option<Error> {
        let total = self.total.filter(|total| self.received < *total)?;
        let message = format!("the body ended after {} of {total} bytes", self.received);
        let error = self.error(code::TRUNCATED, message).with_number("expected", total);
        Some(error.with_number("actual", self.received).transient())
    }

    fn verify(&mut self) -> Result<()> {
        let Some((algorithm, hasher)) = self.hash.take() else { return Ok(()) };
        let computed = Digest::from_hash(algorithm, &hasher.finish()?);
        let Some(digest) = self.digest.as_ref().filter(|digest| **digest != computed) else { return Ok(()) };
        let message = match &self.seed {
            None => format!("content of {digest} hashes to {computed}"),
            Some(_) => format!("the layer and its JSON hash to {computed}, but the registry's checksum is {digest}"),
        };
        let error = self.error(code::DIGEST_MISMATCH, message).with("expected", digest).with("actual", &computed);
        // Starting again needs to know the algorithm.
        self.hash = Some((algorithm, self.hasher(algorithm)?));
        Err(error)
    }

    fn hasher(&self, algorithm: Algorithm) -> Result<H::Hasher> {
        let mut hasher = self.api.hasher(algorithm);
        self.seed.as_ref().map_or(Ok(()), |seed| hasher.update(seed))?;
        Ok(hasher)
    }

    /// Prepares a retry for the rest, or returns the error.
    fn broken(&mut self, error: Error) -> Result<()> {
        let pause = if error.is_transient { self.api.retry.next_delay(&self.retry_budget, None) } else { None };
        let Some(pause) = pause else { return Err(error) };
        self.progress = 0;
        self.state = State::Broken(pause);
        Ok(())
    }

    /// Requests the bytes that have not been returned yet.
    async fn open(&mut self) -> Result<()> {
        let (from, mut last) = (self.span.first().saturating_add(self.received), self.span.last());
        if self.seed.is_some() && from > 0 {
            // docker-registry announces one byte too many in its response to a range without an end.
            last = self.total.map(|total| total.saturating_sub(1));
        }
        let request = self.api.request(Method::Get, &self.endpoint, None, &self.call);
        let mut request = part_of(request, &self.retry_budget);
        // After a failure, the browser's cache is bypassed.
        request.may_be_cached = self.digest().is_some() && matches!(self.state, State::Ended);
        self.resumed |= request.may_be_cached && self.api.page_origin().is_some();
        let asks_part = self.takes_ranges && (from > 0 || last.is_some());
        if asks_part {
            let last = last.map(|last| last.to_string()).unwrap_or_default();
            request.headers.set("range", format!("bytes={from}-{last}"));
        }
        self.resumed |= self.received > 0;
        let response = match self.api.stream(&request).await {
            // The registry sent the start but not the rest. The whole blob may still be available.
            Err(error) if asks_part && self.received > 0 && error.status == Some(416) => {
                self.takes_ranges = false;
                self.state = State::Broken(0);
                return Ok(());
            }
            response => response?,
        };
        if response.headers.get("content-encoding").is_some() {
            // A range would select bytes of the encoded content.
            self.takes_ranges = false;
        }
        let is_part = response.status == 206 && asks_part;
        if is_part {
            self.check_part(&response, from)?
        } else {
            self.check_whole(&response)?
        }
        self.skip = if is_part { 0 } else { from };
        self.is_cut = !is_part && self.span.last().is_some();
        let mut response = Box::new(response);
        if let Some(passage) = &self.passage {
            response.body.pass_on(passage);
        }
        self.state = State::Open(response);
        if self.handed_over {
            self.release_permit();
        }
        if self.is_document {
            self.enforce_min_rate();
        }
        Ok(())
    }

    fn error(&self, code: &'static str, message: String) -> Error {
        match &self.state {
            State::Open(response) => response.other_content(code, message),
            _ => Error::new(code, message),
        }
    }
}
