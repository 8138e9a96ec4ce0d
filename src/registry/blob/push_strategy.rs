//! One blob on its way up: looked for, mounted, streamed or sent in chunks, and begun again in another way where that may
//! help.

use futures_util::future::try_join;

use crate::protocol::code;
use crate::protocol::oci::digest::{Algorithm, Digest};
use crate::protocol::oci::reference::RepositoryName;
use crate::registry::blob::head::Presence;
use crate::registry::blob::source::BlobSource;
use crate::registry::blob::source::{Part, SourceReader};
use crate::registry::blob::upload::begin::{Mount, PushContext};
use crate::registry::blob::upload::progress::lost;
use crate::registry::blob::upload::{End, Upload};
use crate::registry::manifest::get::mismatch;
use crate::transport::request::RetryBudget;
use crate::transport::{Error, Host, Result};

/// Bytes of a chunk unless the caller or the registry wants it otherwise. At most two are in memory.
const CHUNK: u64 = 4 * 1024 * 1024;
/// Bytes in memory that go up in one request; beyond that a lost connection would cost too much.
const WHOLE: u64 = 64 * 1024 * 1024;

/// Bytes of a chunk at most.
pub const LARGEST_CHUNK: u64 = 256 * 1024 * 1024;

/// A blob to push.
pub struct Push<C> {
    /// Its bytes.
    pub source: Box<dyn BlobSource<C>>,
    /// What they must hash to, where that is known: where such a blob is there already, they are not read.
    pub digest: Option<Digest>,
    /// Repositories of the same registry that may have it already.
    pub from: Vec<RepositoryName>,
    /// Whether its bytes are sent though the registry says that it has them: it was wrong about that.
    pub is_sent_anyway: bool,
    /// Bytes per request, where they do not go up in one.
    pub chunk_size: Option<u64>,
    /// What its descriptor says it is.
    pub media_type: String,
    /// Told how many bytes are at the registry. They may become fewer: an upload that was lost begins again.
    pub progress: Box<dyn FnMut(u64)>,
}

impl<C> Push<C> {
    /// Of these bytes, whatever they are.
    pub fn new(source: Box<dyn BlobSource<C>>) -> Self {
        let (media_type, progress) = ("application/octet-stream".to_owned(), Box::new(|_| {}));
        Self { source, digest: None, from: Vec::new(), is_sent_anyway: false, chunk_size: None, media_type, progress }
    }
}

/// How a blob came to be where it was pushed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was there.
    Existed,
    /// The registry took it over from another of its repositories.
    Mounted,
    /// Its bytes were sent.
    Sent,
}

/// How the push of a blob begins.
enum Begun<H: Host> {
    Upload(Box<Upload<H>>),
    /// It is there, with so many bytes where that is known.
    Mounted(Option<u64>),
}

/// One blob on its way up.
pub(crate) struct BlobPush<H: Host> {
    intake: SourceReader<H>,
    algorithm: Algorithm,
    digest: Option<Digest>,
    from: Vec<RepositoryName>,
    is_sent_anyway: bool,
    chunk_size: u64,
    /// Whether a request may take whatever there is: nobody asked for chunks.
    may_stream: bool,
    /// Bytes that go up in one request where all are in hand.
    whole: u64,
    /// Whether the last upload was ended by a request with all the bytes.
    was_sent_whole: bool,
    /// Why the bytes go before the end, where the registry refused them with it.
    refused_whole: Option<Error>,
    /// Whether that was tried in vain.
    has_one_way: bool,
    progress: Box<dyn FnMut(u64)>,
    pub(crate) outcome: Outcome,
}

impl<H: Host> BlobPush<H> {
    pub(crate) fn new(push: Push<H::Chunk>, algorithm: Algorithm, hasher: H::Hasher) -> Self {
        Self {
            intake: SourceReader::new(push.source, algorithm, hasher),
            algorithm,
            digest: push.digest,
            from: push.from,
            is_sent_anyway: push.is_sent_anyway,
            chunk_size: push.chunk_size.unwrap_or(CHUNK).clamp(1, LARGEST_CHUNK),
            may_stream: push.chunk_size.is_none(),
            whole: push.chunk_size.unwrap_or(WHOLE),
            was_sent_whole: false,
            refused_whole: None,
            has_one_way: false,
            progress: push.progress,
            outcome: Outcome::Sent,
        }
    }

    /// Digest and size of what is there in the end.
    pub(crate) async fn run(&mut self, context: &PushContext<'_, H>) -> Result<(Digest, u64)> {
        let is_in_memory = self.intake.is_in_memory();
        let first = if is_in_memory { u64::MAX } else { self.chunk_size };
        let looks_first = !is_in_memory && self.digest.is_some();
        if looks_first && let Some(there) = self.is_needless(context).await? {
            return Ok(there);
        }
        let mut part = self.intake.part();
        self.intake.fill(&mut part, first).await?;
        self.verify()?;
        if !looks_first && let Some(there) = self.is_needless(context).await? {
            return Ok(there);
        }
        let restarts = RetryBudget::default();
        loop {
            let mut error = match self.upload(context, &mut part).await {
                Ok(done) => {
                    if self.refused_whole.is_some() {
                        context.repo.api.capabilities.takes_whole.set(false);
                    }
                    return Ok(done);
                }
                Err(error) => error,
            };
            let is_another_way = self.finds_another_way(context, &error, part.len());
            if !(error.is_transient || is_another_way)
                && let Some(first) = self.refused_whole.take()
            {
                // It cannot be done in that way at all.
                error = first;
                self.has_one_way = true;
            }
            if !(error.is_transient || is_another_way) {
                return Err(error);
            }
            // What is still here from the first byte on can be sent once more, or what the source gives again. Each
            // beginning may get somewhere: that does not make them endless.
            let retry = &context.repo.api.retry;
            let may = retry
                .next_delay(&restarts, None)
                .and_then(|_| retry.next_delay(context.retry_budget, error.retry_after));
            let Some(delay) = may.or(is_another_way.then_some(0)) else { return Err(error) };
            let rewinds = part.start() > 0 || self.intake.has_failed();
            if rewinds {
                if !self.intake.rewind(context.repo.api.hasher(self.algorithm)) {
                    return Err(error);
                }
                part = self.intake.part();
            }
            // Less is lost of a chunk.
            self.may_stream = false;
            retry.pause(delay).await;
            (self.progress)(0);
            // All of it may have arrived, and only the answer not.
            if let Some(there) = self.is_needless(context).await? {
                return Ok(there);
            }
            if rewinds {
                self.intake.fill(&mut part, first).await?;
                self.verify()?;
            }
        }
    }

    /// Whether a blob whose bytes were refused with the request that ends the upload may go up in another way: in smaller
    /// requests, or before the end.
    fn finds_another_way(&mut self, context: &PushContext<'_, H>, error: &Error, sent: u64) -> bool {
        if !std::mem::take(&mut self.was_sent_whole) {
            return false;
        }
        match error.status {
            Some(413) => context.repo.api.capabilities.limit_bodies(sent, 0),
            Some(400 | 411 | 415) if !error.errors.is_empty() => false,
            Some(400 | 405 | 411 | 415 | 500 | 501) if !self.has_one_way => {
                self.refused_whole = Some(error.clone());
                true
            }
            // A server that refuses before it has read all closes the connection: its answer may be lost, every time.
            None if error.code == code::NETWORK && context.repo.api.retry.is_enabled() && !self.has_one_way => {
                self.refused_whole = Some(error.clone());
                true
            }
            _ => false,
        }
    }

    async fn upload(&mut self, context: &PushContext<'_, H>, part: &mut Part<H::Chunk>) -> Result<(Digest, u64)> {
        let mut upload = match self.begin(context).await {
            Ok(Begun::Upload(upload)) => upload,
            Ok(Begun::Mounted(size)) => return self.mounted(size),
            // It began, and nobody knows where: that matters only to what takes more than one request.
            Err(error) if error.status == Some(202) && self.is_all(part) => {
                let done = self.verify()?.ok_or(error.clone())?;
                return if context.post_whole(&done.0, part).await? { Ok(done) } else { Err(error) };
            }
            Err(error) => return Err(error),
        };
        let least = upload.min_chunk;
        let limit = context.repo.api.capabilities.body_limit.get();
        let chunk_size = self.chunk_size.min(limit).max(least.min(LARGEST_CHUNK));
        let mut streams = self.may_stream && context.repo.api.sends_streams();
        if !streams {
            self.intake.fill(part, chunk_size).await?;
        }
        let fits = part.len() <= self.whole.min(limit).max(chunk_size) || least > LARGEST_CHUNK;
        if self.is_all(part)
            && fits
            && context.repo.api.capabilities.takes_whole.get()
            && self.refused_whole.is_none()
            && let Some(done) = self.verify()?
        {
            return self.commit(context, upload, done, Some(part)).await;
        }
        loop {
            if streams {
                // No request stays open for a source that may take its time.
                if upload.offset == part.end() {
                    let more = part.len() + 1;
                    self.intake.fill(part, more).await?;
                }
                if upload.offset < part.end() {
                    streams = upload.stream(part, &mut self.intake, &mut *self.progress).await?;
                }
            } else {
                if least > LARGEST_CHUNK {
                    let message = format!(
                        "the registry wants chunks of at least {least} bytes (OCI-Chunk-Min-Length), this client holds \
                         at most {LARGEST_CHUNK} of a stream: nothing was pushed. What is in memory goes up in one \
                         request"
                    );
                    return Err(Error::new(code::TOO_LARGE, message));
                }
                let mut next = part.split_off(chunk_size);
                let sent = try_join(upload.send(part), self.intake.fill(&mut next, chunk_size)).await;
                if let Err(error) = sent {
                    // All of it may have to be sent again.
                    part.join(next);
                    return Err(error);
                }
                *part = next;
            }
            (self.progress)(upload.offset);
            if upload.offset == part.end()
                && let Some(done) = self.verify()?
            {
                return self.commit(context, upload, done, None).await;
            }
        }
    }

    /// An upload, by way of asking for a mount where there is something to ask.
    async fn begin(&mut self, context: &PushContext<'_, H>) -> Result<Begun<H>> {
        let mut begun = None;
        if let Some(digest) = &self.digest {
            for from in std::mem::take(&mut self.from) {
                // One try, and whatever comes of it that is no mount: the token service may refuse it, Quay fails.
                let asking = PushContext { retry_budget: &RetryBudget::none(), ..*context };
                match asking.mount(digest, &from).await {
                    Ok(Mount::Done) => {
                        if let Some(size) = self.is_mounted(context, digest).await {
                            return Ok(Begun::Mounted(size));
                        }
                    }
                    Ok(Mount::Begun(mut upload)) => {
                        upload.retry_budget = context.retry_budget.clone();
                        begun = Some(upload);
                    }
                    Ok(Mount::Refused) | Err(_) => {}
                }
            }
        }
        match begun {
            Some(upload) => Ok(Begun::Upload(upload)),
            None => Ok(Begun::Upload(Box::new(context.begin(self.algorithm).await?))),
        }
    }

    /// Whether a blob is there that the registry says it mounted, and its size where that is told. Who may not look has to
    /// believe it.
    async fn is_mounted(&self, context: &PushContext<'_, H>, digest: &Digest) -> Option<Option<u64>> {
        let size = self.intake.size();
        match context.repo.blob_presence(digest, size).await {
            Ok(Presence::Absent) => None,
            Ok(Presence::There(told)) => Some(size.or(told)),
            _ => Some(size),
        }
    }

    fn mounted(&mut self, size: Option<u64>) -> Result<(Digest, u64)> {
        let (Some(digest), Some(size)) = (&self.digest, size) else {
            return Err(Error::new(
                code::INVALID_RESPONSE,
                "the registry mounted the blob, and does not tell its size",
            ));
        };
        self.outcome = Outcome::Mounted;
        (self.progress)(size);
        Ok((digest.clone(), size))
    }

    async fn commit(
        &mut self,
        context: &PushContext<'_, H>,
        mut upload: Box<Upload<H>>,
        done: (Digest, u64),
        part: Option<&Part<H::Chunk>>,
    ) -> Result<(Digest, u64)> {
        let is_repeated = part.is_none_or(Part::is_empty);
        self.was_sent_whole = !is_repeated;
        let failed = match upload.commit(&done.0, part).await {
            Ok(End::Created) => None,
            Ok(End::Unsure(error)) => Some(error),
            // The answer to an end that was repeated, where the first one's was lost.
            Err(error) if error.loses_upload() => Some(lost(error, "no longer knows of it")),
            Err(error) if is_repeated && (error.is_transient || error.status == Some(404)) => Some(error),
            Err(error) => return Err(error),
        };
        if let Some(error) = failed
            && !self.is_there(context, &done).await
        {
            return Err(error);
        }
        self.outcome = Outcome::Sent;
        upload.close();
        (self.progress)(done.1);
        Ok(done)
    }

    /// Whether the blob is there though the registry did not say so.
    async fn is_there(&self, context: &PushContext<'_, H>, (digest, size): &(Digest, u64)) -> bool {
        let presence = context.repo.blob_presence(digest, Some(*size)).await;
        matches!(presence, Ok(Presence::There(_)))
    }

    /// What is there already, unless that is no reason to send nothing.
    async fn is_needless(&mut self, context: &PushContext<'_, H>) -> Result<Option<(Digest, u64)>> {
        if self.is_sent_anyway { Ok(None) } else { self.already_there(context).await }
    }

    /// What is there under the digest, if it is known and something is.
    async fn already_there(&mut self, context: &PushContext<'_, H>) -> Result<Option<(Digest, u64)>> {
        let Some(digest) = &self.digest else { return Ok(None) };
        let size = context.repo.blob_hint(digest, self.intake.size()).await?;
        if let Some(size) = size {
            self.outcome = Outcome::Existed;
            (self.progress)(size);
        }
        Ok(size.map(|size| (digest.clone(), size)))
    }

    /// Digest and size, once all bytes have come, if they are the bytes that were announced.
    fn verify(&mut self) -> Result<Option<(Digest, u64)>> {
        let (Some(computed), Some(size)) = (self.intake.digest(), self.intake.size()) else { return Ok(None) };
        if let Some(digest) = self.digest.as_ref().filter(|digest| *digest != computed) {
            let message = format!("{}: nothing was pushed", mismatch(digest, computed));
            return Err(Error::new(code::DIGEST_MISMATCH, message));
        }
        self.digest = Some(computed.clone());
        Ok(Some((computed.clone(), size)))
    }

    fn is_all(&self, part: &Part<H::Chunk>) -> bool {
        self.intake.digest().is_some() && Some(part.len()) == self.intake.size()
    }
}
