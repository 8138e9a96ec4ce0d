//! One upload session of a blob: fed in order, committed, cancelled (distribution-spec v1.1.1, "Pushing a blob
//! monolithically", "Pushing a blob in chunks").

pub(crate) mod begin;
pub(crate) mod progress;
pub(crate) mod stream;

use std::rc::Rc;

use crate::protocol::code;
use crate::protocol::http::{Headers, Method};
use crate::protocol::oci::digest::Digest;
use crate::protocol::url::Url;
use crate::registry::api::connection::{Connection, part_of};
use crate::registry::api::endpoint::Endpoint;
use crate::registry::api::response::Response;
use crate::registry::api::settings::Call;
use crate::registry::blob::source::{Part, check_intact};
use crate::registry::manifest::get::mismatch;
use crate::registry::manifest::put::RESPONSE_LIMIT;
use crate::transport::layers::retry;
use crate::transport::request::{Request, RequestBody, RetryBudget};
use crate::transport::{Chunk, Error, Host, Result};

/// Milliseconds that one request to cancel an upload, or its answer that the upload has begun, may take.
pub(crate) const CANCEL_LIMIT: u64 = 10_000;
/// Times that an upload's cancellation is tried while its state changes.
const CANCELLATIONS: usize = 3;

/// An upload that is under way. Dropped before it was committed it is cancelled at the registry.
pub(crate) struct Upload<H: Host> {
    pub(crate) api: Rc<Connection<H>>,
    /// The newest location.
    pub(crate) endpoint: Endpoint,
    pub(crate) call: Call,
    pub(crate) retry_budget: RetryBudget,
    /// Bytes the registry has, as far as what was sent and what it says agree.
    pub(crate) offset: u64,
    /// The furthest that `offset` has been: only what goes beyond it is progress.
    pub(crate) reached: u64,
    /// Bytes that may have arrived: no status can rightly tell of more.
    pub(crate) sent: u64,
    /// Offsets that the registry answered with 416 since the last progress.
    pub(crate) refused: Vec<u64>,
    /// Whether a request that broke off may have left one byte, which a `Range` of `0-0` does not tell from none.
    pub(crate) may_have_one: bool,
    /// What the registry's `Range` counts too much: some name the length where the last position belongs.
    pub(crate) excess: u64,
    /// Bytes of a chunk that the registry wants at least (`OCI-Chunk-Min-Length`); the last one may be shorter.
    pub(crate) min_chunk: u64,
    /// `Content-Range`: what a page's registry does not let it send is left out.
    pub(crate) tells_range: bool,
    /// Whether credentials were asked for anew.
    pub(crate) was_asked_again: bool,
    pub(crate) is_open: bool,
}

/// What the registry says to the end of an upload.
pub(crate) enum End {
    /// The blob is there: 201 (distribution-spec v1.1.1, "Pushing a blob monolithically").
    Created,
    /// Another success, which a proxy may have made up. What to say if the blob is not there.
    Unsure(Error),
}

impl<H: Host> Upload<H> {
    /// Sends a part, of which the registry may have the start already.
    pub(crate) async fn send(&mut self, part: &Part<H::Chunk>) -> Result<()> {
        while self.offset < part.end() {
            let most = self.api.capabilities.body_limit.get().max(self.min_chunk);
            let chunks = part.some(self.offset, most);
            let sent = chunks.iter().map(Chunk::len).sum();
            match self.patch(chunks, sent, part.start()).await {
                Ok(()) => self.count_progress(),
                Err(error) => self.take_up(error, part, sent).await?,
            }
        }
        Ok(())
    }

    /// Ends the upload. `part`: all of the blob, where nothing was sent before.
    pub(crate) async fn commit(&mut self, digest: &Digest, part: Option<&Part<H::Chunk>>) -> Result<End> {
        let mut request = self.request(Method::Put, &self.endpoint);
        request.url = request.url.with_query(&[("digest", digest.as_str())]);
        if let Some(part) = part.filter(|part| !part.is_empty()) {
            // Sent again it would come on top of what came of it before.
            request.is_repeatable = false;
            fill(&mut request, content(part.from(0))?);
        }
        let response = self.api.fetch(&request, RESPONSE_LIMIT).await?;
        if !response.is_success() {
            return Err(refusal(&self.api, &response));
        }
        self.close();
        check_hint(&response, digest)?;
        Ok(match response.status {
            201 => End::Created,
            _ => End::Unsure(response.error(
                code::INVALID_RESPONSE,
                "the registry accepted the end of the upload, but the blob is not there",
            )),
        })
    }

    /// It has come to its end: there is nothing to cancel.
    pub(crate) fn close(&mut self) {
        self.is_open = false;
    }

    async fn patch(&mut self, chunks: Vec<H::Chunk>, sent: u64, start: u64) -> Result<()> {
        let end = self.offset + sent;
        let mut request = self.request(Method::Patch, &self.endpoint);
        if self.tells_range {
            request.headers.set("content-range", format!("{}-{}", self.offset, end - 1));
        }
        fill(&mut request, content(chunks)?);
        let response = self.api.fetch(&request, RESPONSE_LIMIT).await?;
        if !response.is_success() {
            return Err(refusal(&self.api, &response));
        }
        self.took(&response, end, start).await
    }

    /// Takes the location that an answer names for what follows. Whether it names one.
    pub(crate) fn go_on_at(&mut self, response: &Response<Vec<u8>>) -> Result<bool> {
        let Some(location) = response.header("location") else { return Ok(false) };
        let base = response.http.url.as_ref().unwrap_or(&response.url);
        let url = base.join(location).map_err(|invalid| response.error(invalid.code, invalid.message))?;
        let url = self.seen_from_here(url, base);
        let trust = &self.api.trust;
        trust.upload(&response.url, &url).map_err(|error| error.at(response.method, &response.url))?;
        self.endpoint = self.endpoint.with_url(url);
        Ok(true)
    }

    /// A location as seen from here. Behind a proxy (`https://host/registry`, the development server of Vite) the registry
    /// knows neither the path prefix nor, often, its own name and scheme.
    fn seen_from_here(&self, url: Url, answered: &Url) -> Url {
        let base = self.api.base();
        if !answered.same_origin(base) {
            return url;
        }
        let prefix = base.path().trim_end_matches('/');
        let below = url.path().strip_prefix(prefix).filter(|rest| rest.starts_with('/'));
        let path = below.unwrap_or(url.path());
        let is_upload = self.endpoint.upload_path().is_some_and(|own| path.starts_with(&own));
        let lacks_prefix = below.is_none() && url.same_origin(base) && path.starts_with("/v2/");
        if is_upload || lacks_prefix { base.with_path(path).with_raw_query(url.query()) } else { url }
    }

    pub(crate) fn request(&self, method: Method, endpoint: &Endpoint) -> Request<H::Chunk> {
        let mut request = part_of(self.api.request(method, endpoint, None, &self.call), &self.retry_budget);
        // Where else the upload may lead, nobody needs to know who it is for.
        if !request.url.same_origin(self.api.base()) {
            request.headers = Headers::new();
        }
        request
    }

    /// A session without bytes at this place.
    pub(crate) fn at(api: &Rc<Connection<H>>, endpoint: Endpoint, call: &Call, retry_budget: &RetryBudget) -> Self {
        Self {
            api: api.clone(),
            endpoint,
            call: call.clone(),
            retry_budget: retry_budget.clone(),
            offset: 0,
            reached: 0,
            sent: 0,
            refused: Vec::new(),
            may_have_one: false,
            excess: 0,
            min_chunk: 0,
            tells_range: true,
            was_asked_again: false,
            is_open: false,
        }
    }

    /// "Cancel a blob upload", as far as the registry lets it: an upload ends by itself some day.
    async fn cancel(&mut self) -> Result<()> {
        for _ in 0..CANCELLATIONS {
            let request = self.limited(Method::Delete);
            let response = self.api.fetch(&request, RESPONSE_LIMIT).await?;
            // distribution 3 answers 416 where the location does not name the newest state: that of a request which was
            // aborted on its way.
            if !matches!(response.status, 400 | 409 | 416) {
                break;
            }
            let request = self.limited(Method::Get);
            let response = self.api.fetch(&request, RESPONSE_LIMIT).await?;
            if !response.is_success() || !self.go_on_at(&response)? {
                break;
            }
        }
        Ok(())
    }

    fn limited(&self, method: Method) -> Request<H::Chunk> {
        let mut request = part_of(self.request(method, &self.endpoint), &RetryBudget::none());
        request.timeout = Some(CANCEL_LIMIT);
        request
    }
}

impl<H: Host> Drop for Upload<H> {
    fn drop(&mut self) {
        if !self.is_open {
            return;
        }
        let mut left = Self::at(&self.api, self.endpoint.clone(), &self.call, &self.retry_budget);
        self.api.host().spawn(Box::pin(async move {
            let _ = left.cancel().await; // nobody waits for it
        }));
    }
}

/// The error of an answer without success, worth another try where the status says so.
pub(crate) fn refusal<H: Host>(api: &Connection<H>, response: &Response<Vec<u8>>) -> Error {
    let mut error = api.failure(response);
    match response.status {
        405 => error.message.push_str("; the registry takes no pushes: it is read-only, or a pull-through cache"),
        status if retry::is_transient_status(status) => error.is_transient = true,
        _ => {}
    }
    error
}

/// What the registry says it stored, where it says so.
pub(crate) fn check_hint(response: &Response<Vec<u8>>, digest: &Digest) -> Result<()> {
    match response.content_digest() {
        Some(told) if told.algorithm() == digest.algorithm() && told != *digest => {
            Err(response.error(code::DIGEST_MISMATCH, mismatch(digest, &told)))
        }
        _ => Ok(()),
    }
}

/// Bytes to send.
pub(crate) fn content<C: Chunk>(chunks: Vec<C>) -> Result<RequestBody<C>> {
    check_intact(&chunks)?;
    Ok(RequestBody::Chunks(Rc::new(chunks)))
}

pub(crate) fn fill<C>(request: &mut Request<C>, content: RequestBody<C>) {
    request.headers.set("content-type", "application/octet-stream");
    request.body = Some(content);
}
