//! The strategy of one blob push: check for the blob, mount it, stream it or send chunks, and start again in
//! another way if that may help.

use std::pin::pin;

use futures_util::future::{Either, select, try_join};

use crate::protocol::code;
use crate::protocol::oci::digest::{Algorithm, Digest};
use crate::protocol::oci::reference::RepositoryName;
use crate::registry::api::response::mismatch;
use crate::registry::blob::head::Presence;
use crate::registry::blob::push_settings::{Mounting, Outcome, Push};
use crate::registry::blob::single_post::Posted;
use crate::registry::blob::source::{Part, SourceReader};
use crate::registry::blob::upload::begin::PushContext;
use crate::registry::blob::upload::progress::lost;
use crate::registry::blob::upload::{End, Upload};
use crate::transport::request::RetryBudget;
use crate::transport::{Error, Host, Result};

/// Default chunk size in bytes. At most two chunks are in memory.
const CHUNK: u64 = 4 * 1024 * 1024;
/// Bytes in memory that are uploaded in one request; with more, a lost connection would cost too much.
const WHOLE: u64 = 64 * 1024 * 1024;

/// Maximum chunk size in bytes.
pub const LARGEST_CHUNK: u64 = 256 * 1024 * 1024;

/// The start of a push.
enum Begun<H: Host> {
    Upload(Box<Upload<H>>),
    /// The blob was mounted, with this size if it is known.
    Mounted(Option<u64>),
    /// The blob was created by the same request.
    Created(Digest, u64),
}

/// A blob push in progress.
pub(crate) struct BlobPush<H: Host> {
    pub(super) intake: SourceReader<H>,
    algorithm: Algorithm,
    pub(super) digest: Option<Digest>,
    pub(super) from: Vec<RepositoryName>,
    /// True if `from` is what this client remembers, and not what the caller said.
    pub(super) is_from_memory: bool,
    pub(super) mounting: Mounting,
    /// The upload session that the registry began instead of a mount.
    pub(super) begun: Option<Box<Upload<H>>>,
    pub(super) is_sent_anyway: bool,
    chunk_size: u64,
    /// True if a request may have any size, because the caller set no chunk size.
    may_stream: bool,
    /// Maximum bytes for an upload in one request.
    pub(super) whole: u64,
    /// True if all bytes were sent in the request that begins an upload session, which is done once.
    pub(super) was_posted: bool,
    /// True if the last upload was ended by a request with all bytes.
    was_sent_whole: bool,
    /// The registry's error when it refused the bytes in the request that ends the upload.
    refused_whole: Option<Error>,
    /// True if sending the bytes before that request failed as well.
    has_one_way: bool,
    pub(super) progress: Box<dyn FnMut(u64)>,
    pub(crate) outcome: Outcome,
}

impl<H: Host> BlobPush<H> {
    pub(crate) fn new(push: Push<H::Chunk>, algorithm: Algorithm, hasher: H::Hasher) -> Self {
        Self {
            intake: SourceReader::new(push.source, algorithm, hasher),
            algorithm,
            digest: push.digest,
            from: push.from,
            is_from_memory: false,
            mounting: push.mounting,
            begun: None,
            is_sent_anyway: push.is_sent_anyway,
            chunk_size: push.chunk_size.unwrap_or(CHUNK).clamp(1, LARGEST_CHUNK),
            may_stream: push.chunk_size.is_none(),
            whole: push.chunk_size.unwrap_or(WHOLE),
            was_posted: false,
            was_sent_whole: false,
            refused_whole: None,
            has_one_way: false,
            progress: push.progress,
            outcome: Outcome::Sent,
        }
    }

    /// Runs the push and returns the digest and size of the blob.
    pub(crate) async fn run(&mut self, context: &PushContext<'_, H>) -> Result<(Digest, u64)> {
        let is_in_memory = self.intake.is_in_memory();
        let first = if is_in_memory { u64::MAX } else { self.chunk_size };
        let looks_first = !is_in_memory && self.digest.is_some();
        if looks_first {
            self.remember_holder(context);
        }
        let mut part = self.intake.part();
        let mounts_first = looks_first && self.mounting == Mounting::Trusted;
        if mounts_first && let Some(size) = self.mount(context).await {
            return self.mounted(size);
        }
        // A blob that is mounted is not read.
        if self.intake.reads_ahead() && self.from.is_empty() && !self.is_sent_anyway {
            if let Some(there) = self.look_and_read(context, &mut part, first).await? {
                return Ok(there);
            }
        } else {
            if looks_first && let Some(there) = self.is_needless(context).await? {
                return Ok(there);
            }
            if looks_first && let Some(size) = self.mount(context).await {
                return self.mounted(size);
            }
            self.intake.fill(&mut part, first).await?;
        }
        self.verify()?;
        if !looks_first {
            if let Some(there) = self.is_needless(context).await? {
                return Ok(there);
            }
            self.remember_holder(context);
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
                // The upload fails in either way: report the first error.
                error = first;
                self.has_one_way = true;
            }
            if !(error.is_transient || is_another_way) {
                return Err(error);
            }
            // The bytes still in memory can be sent again if they start at 0; otherwise the source is rewound.
            // Restarts have a budget of their own, since progress resets the other one.
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
            // With chunks, a failure loses less.
            self.may_stream = false;
            retry.pause(delay).await;
            (self.progress)(0);
            // All bytes may have arrived, and only the response been lost.
            if let Some(there) = self.is_needless(context).await? {
                return Ok(there);
            }
            if rewinds {
                self.intake.fill(&mut part, first).await?;
                self.verify()?;
            }
        }
    }

    /// Checks for the blob while the source is read. The check decides: a blob that exists need not be readable.
    async fn look_and_read(
        &mut self,
        context: &PushContext<'_, H>,
        part: &mut Part<H::Chunk>,
        most: u64,
    ) -> Result<Option<(Digest, u64)>> {
        let Some(digest) = self.digest.clone() else { return Ok(None) };
        let hint = context.repo.blob_hint(&digest, self.intake.size());
        let found = match select(pin!(hint), pin!(self.intake.fill(part, most))).await {
            Either::Left((found, reading)) => match found? {
                Some(size) => Some(size),
                None => reading.await.map(|()| None)?,
            },
            Either::Right((read, hint)) => match hint.await? {
                Some(size) => Some(size),
                None => read.map(|()| None)?,
            },
        };
        Ok(found.map(|size| self.existed(digest, size)))
    }

    fn existed(&mut self, digest: Digest, size: u64) -> (Digest, u64) {
        self.outcome = Outcome::Existed;
        (self.progress)(size);
        (digest, size)
    }

    /// Returns true if a blob whose bytes were refused in the request that ends the upload may be uploaded in
    /// another way: in smaller requests, or before that request.
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
            // A server that refuses a request before it has read the body closes the connection, so its response
            // may be lost every time.
            None if error.code == code::NETWORK && context.repo.api.retry.is_enabled() && !self.has_one_way => {
                self.refused_whole = Some(error.clone());
                true
            }
            _ => false,
        }
    }

    async fn upload(&mut self, context: &PushContext<'_, H>, part: &mut Part<H::Chunk>) -> Result<(Digest, u64)> {
        let mut upload = match self.begin(context, part).await {
            Ok(Begun::Upload(upload)) => upload,
            Ok(Begun::Created(digest, size)) => return Ok(self.sent((digest, size))),
            Ok(Begun::Mounted(size)) => return self.mounted(size),
            // The upload session began, but its location is unknown, which matters only if more than one request is
            // needed.
            Err(error) if error.status == Some(202) && self.is_all(part) && !self.was_posted => {
                let done = self.verify()?.ok_or(error.clone())?;
                let posted = context.post_whole(&done.0, done.1, part, self.is_sent_anyway).await?;
                return if matches!(posted, Posted::Created(..)) { Ok(self.sent(done)) } else { Err(error) };
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
                // No request stays open while a source may pause.
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
                        "the registry requires chunks of at least {least} bytes (OCI-Chunk-Min-Length), but at \
                         most {LARGEST_CHUNK} bytes of a stream are buffered: nothing was pushed; content in memory is \
                         uploaded in one request"
                    );
                    return Err(Error::new(code::TOO_LARGE, message));
                }
                let mut next = part.split_off(chunk_size);
                let sent = try_join(Box::pin(upload.send(part)), self.intake.fill(&mut next, chunk_size)).await;
                if let Err(error) = sent {
                    // The whole part may have to be sent again.
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

    /// Begins an upload session, after requests for a mount if there are candidates. With the same request, the bytes of a
    /// small blob are sent.
    async fn begin(&mut self, context: &PushContext<'_, H>, part: &Part<H::Chunk>) -> Result<Begun<H>> {
        if let Some(size) = self.mount(context).await {
            return Ok(Begun::Mounted(size));
        }
        if let Some(upload) = self.begun.take() {
            return Ok(Begun::Upload(upload));
        }
        Ok(match self.post_if_small(context, part).await? {
            Posted::Created(digest, size) => Begun::Created(digest, size),
            Posted::Begun(upload) => Begun::Upload(upload),
            Posted::Refused => Begun::Upload(Box::new(context.begin(self.algorithm).await?)),
        })
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
            // The end of the upload was repeated, and the response to the first one was lost.
            Err(error) if error.loses_upload() => Some(lost(error, "no longer knows of it")),
            Err(error) if is_repeated && (error.is_transient || error.status == Some(404)) => Some(error),
            Err(error) => return Err(error),
        };
        if let Some(error) = failed
            && !self.is_there(context, &done).await
        {
            return Err(error);
        }
        upload.close();
        Ok(self.sent(done))
    }

    fn sent(&mut self, done: (Digest, u64)) -> (Digest, u64) {
        self.outcome = Outcome::Sent;
        (self.progress)(done.1);
        done
    }

    /// Returns true if the blob exists although the registry did not confirm it.
    async fn is_there(&self, context: &PushContext<'_, H>, (digest, size): &(Digest, u64)) -> bool {
        let presence = context.repo.blob_presence(digest, Some(*size)).await;
        matches!(presence, Ok(Presence::There(_)))
    }

    /// Returns the blob that exists already, unless the bytes are to be sent anyway.
    async fn is_needless(&mut self, context: &PushContext<'_, H>) -> Result<Option<(Digest, u64)>> {
        if self.is_sent_anyway { Ok(None) } else { self.already_there(context).await }
    }

    /// Returns digest and size of the blob under the expected digest, if it exists.
    async fn already_there(&mut self, context: &PushContext<'_, H>) -> Result<Option<(Digest, u64)>> {
        let Some(digest) = self.digest.clone() else { return Ok(None) };
        let size = context.repo.blob_hint(&digest, self.intake.size()).await?;
        Ok(size.map(|size| self.existed(digest, size)))
    }

    /// Returns digest and size once all bytes have been read, after a check against the expected digest.
    pub(super) fn verify(&mut self) -> Result<Option<(Digest, u64)>> {
        let (Some(computed), Some(size)) = (self.intake.digest(), self.intake.size()) else { return Ok(None) };
        if let Some(digest) = self.digest.as_ref().filter(|digest| *digest != computed) {
            return Err(mismatch(digest, computed).and("nothing was pushed"));
        }
        self.digest = Some(computed.clone());
        Ok(Some((computed.clone(), size)))
    }

    pub(super) fn is_all(&self, part: &Part<H::Chunk>) -> bool {
        self.intake.digest().is_some() && Some(part.len()) == self.intake.size()
    }
}
