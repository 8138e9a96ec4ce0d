//! The upload session of a blob: chunks in order, then a commit, or a cancellation (distribution-spec v1.1.1,
//! "Pushing a blob monolithically", "Pushing a blob in chunks").

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
use crate::registry::manifest::put::RESPONSE_LIMIT;
use crate::transport::layers::retry;
use crate::transport::request::{Request, RequestBody, RetryBudget};
use crate::transport::{Chunk, Error, Host, Result};

/// Maximum milliseconds for one request that cancels an upload session, and for the response that begins one after
/// its caller has gone.
pub(crate) const CANCEL_LIMIT: u64 = 10_000;
/// Attempts to cancel an upload session while its state changes.
const CANCELLATIONS: usize = 3;

/// An upload session in progress. Dropping it before the commit cancels it at the registry.
pub(crate) struct Upload<H: Host> {
    pub(crate) api: Rc<Connection<H>>,
    /// The latest location.
    pub(crate) endpoint: Endpoint,
    pub(crate) call: Call,
    pub(crate) retry_budget: RetryBudget,
    /// Bytes the registry has, as far as its reports agree with what was sent.
    pub(crate) offset: u64,
    /// The maximum of `offset` so far. Only bytes beyond it are progress.
    pub(crate) reached: u64,
    /// Bytes that may have arrived. No status can be right that reports more.
    pub(crate) sent: u64,
    /// Offsets that the registry refused with 416 since the last progress.
    pub(crate) refused: Vec<u64>,
    /// True if a broken request may have left one byte, which a `Range` of `0-0` does not distinguish from none.
    pub(crate) may_have_one: bool,
    /// Surplus in the registry's `Range`: some report the length where the last position belongs.
    pub(crate) excess: u64,
    /// Minimum chunk size that the registry requires (`OCI-Chunk-Min-Length`). The last chunk may be shorter.
    pub(crate) min_chunk: u64,
    /// True if `Content-Range` is sent. A page omits it if CORS does not allow it.
    pub(crate) tells_range: bool,
    /// True if new credentials were requested.
    pub(crate) was_asked_again: bool,
    pub(crate) is_open: bool,
}

/// The registry's response to the end of an upload.
pub(crate) enum End {
    /// The blob was created: 201 (distribution-spec v1.1.1, "Pushing a blob monolithically").
    Created,
    /// Another success, which may come from a proxy. Contains the error to report if the blob does not exist.
    Unsure(Error),
}

impl<H: Host> Upload<H> {
    /// Sends a part. The registry may have the start of it already.
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

    /// Ends the upload session. `part` is the whole blob if nothing was sent before.
    pub(crate) async fn commit(&mut self, digest: &Digest, part: Option<&Part<H::Chunk>>) -> Result<End> {
        let mut request = self.request(Method::Put, &self.endpoint);
        request.url = request.url.with_query(&[("digest", digest.as_str())]);
        if let Some(part) = part.filter(|part| !part.is_empty()) {
            // A repeated body would be appended to what arrived the first time.
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
                "the registry accepted the end of the upload, but the blob does not exist",
            )),
        })
    }

    /// Marks the session as ended, so that it is not cancelled.
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

    /// Adopts the location of a response for the next request. Returns false if there is none.
    pub(crate) fn go_on_at(&mut self, response: &Response<Vec<u8>>) -> Result<bool> {
        let Some(location) = response.header("location") else { return Ok(false) };
        let base = response.http.url.as_ref().unwrap_or(&response.url);
        let url = base.join(location).map_err(|invalid| response.error(invalid.code, invalid.into_message()))?;
        let url = self.seen_from_here(url, base);
        let trust = &self.api.trust;
        trust.upload(&response.url, &url).map_err(|error| error.at(response.method, &response.url))?;
        self.endpoint = self.endpoint.with_url(url);
        Ok(true)
    }

    /// Maps a location to the client's view. Behind a proxy (`https://host/registry`, Vite's development server), a
    /// registry does not know the path prefix, and often not its own name and scheme.
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
        // The caller's header fields are not sent to another origin.
        if !request.url.same_origin(self.api.base()) {
            request.headers = Headers::new();
        }
        request
    }

    /// Creates an upload session without bytes at a location.
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

    /// Cancels the upload session ("Cancel a blob upload"), best effort: sessions expire by themselves.
    async fn cancel(&mut self) -> Result<()> {
        for _ in 0..CANCELLATIONS {
            let request = self.limited(Method::Delete);
            let response = self.api.fetch(&request, RESPONSE_LIMIT).await?;
            // distribution 3 responds 416 if the location does not name the latest state, which is the case after
            // an aborted request.
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
            let _ = left.cancel().await; // best effort
        }));
    }
}

/// Returns the error of an unsuccessful response, marked as transient if its status is.
pub(crate) fn refusal<H: Host>(api: &Connection<H>, response: &Response<Vec<u8>>) -> Error {
    let mut error = api.failure(response);
    match response.status {
        405 => error.message.push_str("; the registry accepts no pushes: it is read-only, or a pull-through cache"),
        status if retry::is_transient_status(status) => error.is_transient = true,
        _ => {}
    }
    error
}

/// Compares the digest that the registry reports, if it reports one.
pub(crate) fn check_hint(response: &Response<Vec<u8>>, digest: &Digest) -> Result<()> {
    match response.content_digest() {
        Some(told) if told.algorithm() == digest.algorithm() && told != *digest => {
            Err(response.digest_mismatch(digest, &told))
        }
        _ => Ok(()),
    }
}

/// Creates a request body.
pub(crate) fn content<C: Chunk>(chunks: Vec<C>) -> Result<RequestBody<C>> {
    check_intact(&chunks)?;
    Ok(RequestBody::Chunks(Rc::new(chunks)))
}

pub(crate) fn fill<C>(request: &mut Request<C>, content: RequestBody<C>) {
    request.headers.set("content-type", "application/octet-stream");
    request.body = Some(content);
}
