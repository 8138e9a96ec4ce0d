//! Pushing a small blob in one request instead of two (distribution-spec v1.1.1, "Pushing a blob monolithically", "Single
//! POST").
//!
//! Registries need not support this. Those that do not begin an upload session, as for any POST (202): only the bytes were sent
//! in vain, and the client does not try again.

use crate::protocol::code;
use crate::protocol::http::range;
use crate::protocol::oci::digest::{Algorithm, Digest};
use crate::registry::api::response::Response;
use crate::registry::blob::head::Presence;
use crate::registry::blob::push_strategy::BlobPush;
use crate::registry::blob::source::Part;
use crate::registry::blob::upload::begin::PushContext;
use crate::registry::blob::upload::{Upload, check_hint, content, fill, refusal};
use crate::transport::layers::retry;
use crate::transport::{Host, Result};

/// Maximum bytes as long as it is unknown whether the registry supports it. Several blobs may be pushed at the same time, and
/// servers written in Go close the connection if their handler ignores a body of more than 256 KiB.
const MOST_TRIED: u64 = 64 * 1024;
/// The same for a registry that supports it. With more bytes, one request less hardly matters.
const MOST: u64 = 1024 * 1024;

/// The registry's response to a POST with the whole blob.
pub(super) enum Posted<H: Host> {
    /// The blob was created.
    Created(Digest, u64),
    /// The registry ignored the bytes and began an upload session.
    Begun(Box<Upload<H>>),
    /// The registry refused the request, or created no blob.
    Refused,
}

impl<H: Host> BlobPush<H> {
    /// Pushes a small blob in one request. Returns `Refused` if an upload session has to be begun.
    pub(super) async fn post_if_small(
        &mut self,
        context: &PushContext<'_, H>,
        part: &Part<H::Chunk>,
    ) -> Result<Posted<H>> {
        let api = &context.repo.api;
        let most = match api.capabilities.takes_single_post.get() {
            // Without retries, nothing is sent that may fail where an upload session would not.
            None if api.retry.is_enabled() => MOST_TRIED,
            Some(true) => MOST,
            _ => 0,
        };
        let most = most.min(self.whole).min(api.capabilities.body_limit.get());
        let may = !self.was_posted && self.is_all(part) && !part.is_empty() && part.len() <= most;
        let Some((digest, size)) = self.verify()?.filter(|_| may) else { return Ok(Posted::Refused) };
        // A session for another algorithm has to be begun as such.
        if digest.algorithm() != Some(Algorithm::Sha256) {
            return Ok(Posted::Refused);
        }
        self.was_posted = true;
        let posted = context.post_whole(&digest, size, part, self.is_sent_anyway).await;
        if let Err(error) = &posted
            && (error.is_transient || error.code == code::CORS_OR_NETWORK)
        {
            // Perhaps the server closes the connection because of the body, before its response can be read.
            let supported = api.capabilities.takes_single_post.get().unwrap_or(false);
            api.capabilities.takes_single_post.set(Some(supported));
            if !error.is_transient {
                return Ok(Posted::Refused);
            }
        }
        posted
    }
}

impl<H: Host> PushContext<'_, H> {
    /// Sends the whole blob in one POST, and records whether the registry supports it. `is_sent_anyway`: the registry has the
    /// blob already, by its own word, which is not enough.
    pub(super) async fn post_whole(
        &self,
        digest: &Digest,
        size: u64,
        part: &Part<H::Chunk>,
        is_sent_anyway: bool,
    ) -> Result<Posted<H>> {
        let support = &self.repo.api.capabilities.takes_single_post;
        let mut request = self.request(None, &[("digest", digest.as_str())]);
        // The next attempt begins an upload session.
        request.is_repeatable = false;
        fill(&mut request, content(part.from(0))?);
        let (response, upload) = self.post(request, begins_session).await?;
        let status = response.status;
        if matches!(status, 401 | 403) || retry::is_transient_status(status) {
            return Err(refusal(&self.repo.api, &response));
        }
        let is_created = status == 201 && !begins_session(&response) && {
            check_hint(&response, digest)?;
            names(&response, digest)
                || ((response.headers_filtered || !is_sent_anyway) && self.is_created(&response, digest, size).await?)
        };
        support.set(Some(is_created));
        if is_created {
            Ok(Posted::Created(digest.clone(), size))
        } else if begins_session(&response) && !has_bytes(&response) {
            Ok(Posted::Begun(Box::new(upload?)))
        } else {
            Ok(Posted::Refused)
        }
    }

    /// Looks for a blob of which the response does not say that it was created. A page that may not look has to trust the
    /// status.
    async fn is_created(&self, response: &Response<Vec<u8>>, digest: &Digest, size: u64) -> Result<bool> {
        Ok(match self.repo.blob_presence(digest, Some(size)).await? {
            Presence::There(_) => true,
            Presence::Absent => false,
            Presence::Unknown => response.headers_filtered,
        })
    }
}

/// Returns true if the response began an upload session, which some registries report with 201 as well.
fn begins_session(response: &Response<Vec<u8>>) -> bool {
    let is_session = || response.header("location").is_some_and(|location| location.contains("/blobs/uploads/"));
    response.status == 202 || (response.status == 201 && is_session())
}

/// Returns true if the response names the blob by its digest or as its location.
fn names(response: &Response<Vec<u8>>, digest: &Digest) -> bool {
    let hash = digest.as_str().rsplit(':').next().unwrap_or_default();
    let path = response.header("location").and_then(|location| location.split(['?', '#']).next());
    response.content_digest().is_some_and(|told| told == *digest) || path.is_some_and(|path| path.ends_with(hash))
}

/// Returns true if the session may have stored bytes, to which the blob would be appended.
fn has_bytes(response: &Response<Vec<u8>>) -> bool {
    response.header("range").and_then(range::parse_upload_range).is_some_and(|range| range.last > 0)
}
