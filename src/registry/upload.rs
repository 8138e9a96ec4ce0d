//! One upload of a blob: begun, fed in order, committed; taken up again where the registry has got to
//! (distribution-spec v1.1.1, "Pushing a blob monolithically", "Pushing a blob in chunks").

use std::rc::Rc;

use super::blob_source::Part;
use super::connection::{Answer, Connection, Target, part_of};
use super::manifest_push::ANSWER_LIMIT;
use super::manifests::mismatch;
use super::settings::Call;
use crate::protocol::code;
use crate::protocol::digest::{Algorithm, Digest};
use crate::protocol::http::{Content, Failures, Headers, Method, Request};
use crate::protocol::range;
use crate::protocol::reference::RepositoryName;
use crate::transport::{Error, Host, Result, retry};

/// Milliseconds that giving up an upload may take.
const CANCEL_LIMIT: u64 = 10_000;

/// The repository that blobs go up to, and how.
pub(super) struct Goal<'a, H: Host> {
    pub(super) connection: &'a Rc<Connection<H>>,
    pub(super) name: &'a RepositoryName,
    pub(super) call: &'a Call,
    /// Of all the requests for one blob.
    pub(super) failures: &'a Failures,
}

/// What came of asking for a mount.
pub(super) enum Mount<H: Host> {
    /// The blob is there.
    Done,
    /// The registry began an upload instead.
    Begun(Upload<H>),
    /// It does not know of mounts, of the blob, or of whoever asks.
    Refused,
}

/// An upload that is under way. Dropped before it was committed it is cancelled at the registry.
pub(super) struct Upload<H: Host> {
    pub(super) connection: Rc<Connection<H>>,
    /// The newest location.
    pub(super) target: Target,
    call: Call,
    pub(super) failures: Failures,
    /// Bytes the registry has.
    pub(super) offset: u64,
    /// Bytes of a chunk that the registry wants at least (`OCI-Chunk-Min-Length`); the last one may be shorter.
    pub(super) min_chunk: u64,
    /// `Content-Range`: what a page's registry does not let it send is left out.
    tells_range: bool,
    /// Whether credentials were asked for anew.
    pub(super) was_asked_again: bool,
    is_open: bool,
}

impl<H: Host> Goal<'_, H> {
    /// Begins an upload.
    pub(super) async fn begin(&self, algorithm: Algorithm) -> Result<Upload<H>> {
        let pairs = [("digest-algorithm", algorithm.as_str())];
        let pairs = if algorithm == Algorithm::Sha256 { &[][..] } else { &pairs };
        let answer = self.post(None, pairs, None).await?;
        if !answer.response.is_success() {
            return Err(refusal(self.connection, &answer));
        }
        self.upload(&answer)
    }

    /// Asks the registry to take a blob over from another repository.
    pub(super) async fn mount(&self, digest: &Digest, from: &RepositoryName) -> Result<Mount<H>> {
        let full_name = self.connection.full_name(from);
        let answer = self.post(Some(from), &[("mount", digest.as_str()), ("from", &full_name)], None).await?;
        match answer.response.status {
            201 => check_hint(&answer, digest).map(|()| Mount::Done),
            202 => self.upload(&answer).map(Mount::Begun),
            400 | 401 | 403 | 404 | 405 => Ok(Mount::Refused),
            _ => Err(refusal(self.connection, &answer)),
        }
    }

    /// All in one request, where the registry can do that: it needs no location. Whether it did.
    pub(super) async fn post_whole(&self, digest: &Digest, part: &Part<H::Chunk>) -> Result<bool> {
        let answer = self.post(None, &[("digest", digest.as_str())], Some(part)).await?;
        if answer.response.status == 201 { check_hint(&answer, digest).map(|()| true) } else { Ok(false) }
    }

    async fn post(
        &self,
        from: Option<&RepositoryName>,
        pairs: &[(&str, &str)],
        body: Option<&Part<H::Chunk>>,
    ) -> Result<Answer<Vec<u8>>> {
        let target = self.connection.upload_target(self.name, "blobs/uploads/", from);
        let target = target.with_url(target.url.with_query(pairs));
        let request = self.connection.request(Method::Post, &target, None, self.call);
        let mut request = part_of(request, self.failures);
        request.is_repeatable = true; // an upload that was begun and never heard of again ends by itself
        if let Some(part) = body {
            fill(&mut request, Content::Chunks(Rc::new(part.from(0))));
        }
        self.connection.load(&request, ANSWER_LIMIT).await
    }

    fn upload(&self, answer: &Answer<Vec<u8>>) -> Result<Upload<H>> {
        let target = self.connection.upload_target(self.name, "", None);
        let mut upload = Upload {
            connection: self.connection.clone(),
            target: target.with_url(answer.url.clone()),
            call: self.call.clone(),
            failures: self.failures.clone(),
            offset: 0,
            min_chunk: 0,
            tells_range: true,
            was_asked_again: false,
            is_open: false,
        };
        if !upload.go_on_at(answer)? {
            return Err(no_location(answer));
        }
        upload.is_open = true;
        // What is no number asks for nothing.
        let min_chunk = answer.header("oci-chunk-min-length").and_then(|length| length.trim().parse().ok());
        upload.min_chunk = min_chunk.unwrap_or(0);
        Ok(upload)
    }
}

impl<H: Host> Upload<H> {
    /// Sends a part, of which the registry may have the start already.
    pub(super) async fn send(&mut self, part: &Part<H::Chunk>) -> Result<()> {
        while self.offset < part.end() {
            match self.patch(part).await {
                Ok(()) => self.failures.forget(),
                Err(error) => self.take_up(error, part).await?,
            }
        }
        Ok(())
    }

    /// Ends the upload. `part`: all of the blob, where nothing was sent before. Whether the blob is there, as far as the
    /// registry says.
    pub(super) async fn commit(&mut self, digest: &Digest, part: Option<&Part<H::Chunk>>) -> Result<bool> {
        let part = part.filter(|part| !part.is_empty());
        self.commit_content(digest, part.map(|part| Content::Chunks(Rc::new(part.from(0))))).await
    }

    /// The same, with what is in memory.
    pub(super) async fn commit_content(&mut self, digest: &Digest, content: Option<Content<H::Chunk>>) -> Result<bool> {
        let mut request = self.request(Method::Put, &self.target);
        request.url = request.url.with_query(&[("digest", digest.as_str())]);
        if let Some(content) = content {
            // Sent again it would come on top of what came of it before.
            request.is_repeatable = false;
            fill(&mut request, content);
        }
        let answer = self.connection.load(&request, ANSWER_LIMIT).await?;
        if !answer.response.is_success() {
            return Err(refusal(&self.connection, &answer));
        }
        self.close();
        check_hint(&answer, digest).map(|()| answer.response.status != 202)
    }

    /// It has come to its end: there is nothing to cancel.
    pub(super) fn close(&mut self) {
        self.is_open = false;
    }

    async fn patch(&mut self, part: &Part<H::Chunk>) -> Result<()> {
        let mut request = self.request(Method::Patch, &self.target);
        if self.tells_range {
            request.headers.set("content-range", format!("{}-{}", self.offset, part.end() - 1));
        }
        fill(&mut request, Content::Chunks(Rc::new(part.from(self.offset))));
        let answer = self.connection.load(&request, ANSWER_LIMIT).await?;
        if !answer.response.is_success() {
            return Err(refusal(&self.connection, &answer));
        }
        self.took(&answer, part.end())
    }

    /// Reads off an answer how much of what was sent the registry has.
    pub(super) fn took(&mut self, answer: &Answer<Vec<u8>>, end: u64) -> Result<()> {
        self.go_on_at(answer)?;
        let has = match answer.header("range") {
            None => end,
            Some(range) => range::parse_upload_range(range)
                .map_err(|invalid| answer.error(invalid.code, invalid.message))?
                .saturating_add(1),
        };
        if has <= self.offset || has > end {
            let message =
                format!("the registry says it has {has} bytes of the upload, {end} were sent: it cannot go on");
            return Err(answer.error(code::INVALID_RESPONSE, message));
        }
        self.offset = has;
        Ok(())
    }

    /// After a failed request: asks how far the registry has got, where it is worth going on.
    pub(super) async fn take_up(&mut self, error: Error, part: &Part<H::Chunk>) -> Result<()> {
        let is_cors = error.code == code::CORS_OR_NETWORK && self.tells_range;
        if !(error.is_transient || error.status == Some(416) || is_cors) {
            return Err(error);
        }
        self.tells_range &= !is_cors;
        let retry = &self.connection.retry;
        let Some(delay) = retry.after(&self.failures, error.retry_after) else { return Err(error) };
        retry.pause(delay).await;
        self.ask(error, part).await
    }

    /// Asks how far the registry has got after a failure.
    pub(super) async fn ask(&mut self, error: Error, part: &Part<H::Chunk>) -> Result<()> {
        let answer = self.connection.load(&self.request(Method::Get, &self.target), ANSWER_LIMIT).await?;
        if answer.response.is_success() {
            self.go_on_at(&answer)?;
        }
        let has = answer.header("range").and_then(|range| range::parse_upload_range(range).ok());
        let has = match has.filter(|_| answer.response.is_success()) {
            // Said of no byte as well as of one: who was refused with the one tries the other.
            Some(0) if part.start() == 0 => u64::from(error.status == Some(416) && self.offset == 0),
            Some(0) => 1,
            Some(last) => last.saturating_add(1),
            None if answer.response.status == 404 => return Err(lost(error, "no longer knows of it")),
            None => return Err(lost(error, "does not tell how far it has got")),
        };
        if has < part.start() || has > part.end() {
            // It keeps nothing of a request that does not come to its end, or somebody on the way there does.
            if !matches!(error.status, Some(401 | 403)) {
                self.connection.takes_streams.set(false);
            }
            return Err(lost(error, &format!("has {has} bytes of it")));
        }
        if has > self.offset {
            self.failures.forget();
        }
        self.offset = has;
        Ok(())
    }

    /// Takes the location that an answer names for what follows. Whether it names one.
    fn go_on_at(&mut self, answer: &Answer<Vec<u8>>) -> Result<bool> {
        let Some(location) = answer.header("location") else { return Ok(false) };
        let base = answer.response.url.as_ref().unwrap_or(&answer.url);
        let url = base.join(location).map_err(|invalid| answer.error(invalid.code, invalid.message))?;
        let trust = &self.connection.trust;
        trust.upload(&answer.url, &url).map_err(|error| error.at(answer.method, &answer.url))?;
        self.target = self.target.with_url(url);
        Ok(true)
    }

    pub(super) fn request(&self, method: Method, target: &Target) -> Request<H::Chunk> {
        let mut request = part_of(self.connection.request(method, target, None, &self.call), &self.failures);
        // Where else the upload may lead, nobody needs to know who it is for.
        if !request.url.same_origin(self.connection.base()) {
            request.headers = Headers::new();
        }
        request
    }
}

impl<H: Host> Drop for Upload<H> {
    /// "Cancel a blob upload": whether it works is the registry's concern, it ends by itself some day.
    fn drop(&mut self) {
        if !self.is_open {
            return;
        }
        let mut request = part_of(self.request(Method::Delete, &self.target), &Failures::final_try());
        request.timeout = Some(CANCEL_LIMIT);
        let connection = self.connection.clone();
        self.connection.host().spawn(Box::pin(async move {
            let _ = connection.load(&request, ANSWER_LIMIT).await;
        }));
    }
}

/// The same error where the upload it happened in is gone: all of it would have to be sent again.
fn lost(error: Error, why: &str) -> Error {
    error.and(&format!("the upload cannot go on: the registry {why}")).transient()
}

/// The error of an answer without success, worth another try where the status says so.
pub(super) fn refusal<H: Host>(connection: &Connection<H>, answer: &Answer<Vec<u8>>) -> Error {
    let mut error = connection.failure(answer);
    match answer.response.status {
        405 => error.message.push_str("; the registry takes no pushes: it is read-only, or a pull-through cache"),
        status if retry::is_momentary(status) => error.is_transient = true,
        _ => {}
    }
    error
}

fn no_location(answer: &Answer<Vec<u8>>) -> Error {
    if answer.response.headers_filtered {
        answer.error(
            code::UNSUPPORTED,
            "where the upload goes on is hidden from this page: the registry would have to name Location in \
             Access-Control-Expose-Headers",
        )
    } else {
        answer.error(code::INVALID_RESPONSE, "the answer names no Location where the upload goes on")
    }
}

/// What the registry says it stored, where it says so.
fn check_hint(answer: &Answer<Vec<u8>>, digest: &Digest) -> Result<()> {
    match answer.content_digest() {
        Some(told) if told.algorithm() == digest.algorithm() && told != *digest => {
            Err(answer.error(code::DIGEST_MISMATCH, mismatch(digest, &told)))
        }
        _ => Ok(()),
    }
}

pub(super) fn fill<C>(request: &mut Request<C>, content: Content<C>) {
    request.headers.set("content-type", "application/octet-stream");
    request.body = Some(content);
}
