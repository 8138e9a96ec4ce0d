//! The progress of an upload session.
//!
//! Registries report it in several ways, some of them wrong: the bytes sent, `Range` and the session's status have
//! to agree. If they do not, the digest decides in the end.

use crate::protocol::code;
use crate::protocol::http::range::UploadRange;
use crate::protocol::http::{Method, range};
use crate::registry::api::response::Response;
use crate::registry::blob::source::Part;
use crate::registry::blob::upload::Upload;
use crate::registry::manifest::put::RESPONSE_LIMIT;
use crate::transport::{Error, Host, Result};

/// Maximum number of offsets a registry may refuse without progress.
const REFUSALS: usize = 4;

/// The status of an upload session.
enum Status {
    /// The registry has this many bytes.
    Has(u64),
    /// `Range: 0-0`, which means no byte or one.
    NoneOrOne,
    /// The registry does not know the session.
    Lost,
    /// The status is not reliable.
    Unclear,
}

impl<H: Host> Upload<H> {
    /// Counts bytes beyond the previous maximum as progress, which resets the retry budget.
    pub(crate) fn count_progress(&mut self) {
        if self.offset > self.reached {
            self.reached = self.offset;
            self.refused.clear();
            self.retry_budget.reset();
        }
    }

    /// Updates the offset from the response to a request whose last byte is before `end`. `start` is the first byte
    /// that can be sent again.
    pub(crate) async fn took(&mut self, response: &Response<Vec<u8>>, end: u64, start: u64) -> Result<()> {
        self.go_on_at(response)?;
        self.sent = self.sent.max(end);
        self.offset = match response.header("range").map(range::parse_upload_range) {
            None => end,
            Some(Some(range)) if self.is_all(range, end) => end,
            // ECR's Range does not advance, and zot's is that of the last chunk.
            Some(_) => self.confirmed(end, start).await?,
        };
        Ok(())
    }

    /// Returns true if the registry reports that it has everything that was sent.
    fn is_all(&mut self, range: UploadRange, end: u64) -> bool {
        let begins = range.first == 0 || range.first == self.offset;
        if begins && range.last == end {
            self.excess = 1;
        }
        begins && (range.last == end || range.last.checked_add(1) == Some(end))
    }

    /// Determines from the session's status how much of an accepted request was stored. An implausible status
    /// counts as everything: a chunk out of order would be refused, and the digest verifies the rest.
    async fn confirmed(&mut self, end: u64, start: u64) -> Result<u64> {
        let before = self.offset.max(start);
        match self.status().await {
            Ok(Status::Has(has)) if has > before && has < end => Ok(has),
            Ok(Status::Lost) => {
                let message = "the registry accepted a part of the upload";
                Err(lost(Error::new(code::INVALID_RESPONSE, message), "no longer knows of it"))
            }
            _ => Ok(end),
        }
    }

    /// Resumes after a failed request of `sent` bytes, if a retry may help.
    pub(crate) async fn take_up(&mut self, error: Error, part: &Part<H::Chunk>, sent: u64) -> Result<()> {
        let is_cors = error.code == code::CORS_OR_NETWORK && self.tells_range;
        self.tells_range &= !is_cors;
        match error.status {
            Some(413) => {
                if !self.api.capabilities.limit_bodies(sent, self.min_chunk) {
                    return Err(error);
                }
            }
            Some(416) => {}
            _ if error.loses_upload() => return Err(lost(error, "no longer knows of it")),
            _ if error.is_transient || is_cors => {
                let retry = &self.api.retry;
                let Some(delay) = retry.next_delay(&self.retry_budget, error.retry_after) else { return Err(error) };
                retry.pause(delay).await;
            }
            _ => return Err(error),
        }
        let (before, is_refusal) = (self.offset, error.status == Some(416));
        self.ask(error, part).await?;
        if is_refusal && self.offset == before {
            // GHCR refuses a chunk that is too large in this way.
            self.api.capabilities.limit_bodies(sent, self.min_chunk);
        }
        Ok(())
    }

    /// Requests the session's status after a failure.
    pub(crate) async fn ask(&mut self, error: Error, part: &Part<H::Chunk>) -> Result<()> {
        let is_refusal = error.status == Some(416);
        if is_refusal {
            if self.refused.contains(&self.offset) || self.refused.len() == REFUSALS {
                return Err(error.and("the registry refuses the offset at which the upload has to continue"));
            }
            self.refused.push(self.offset);
        }
        // A refused request stored nothing; a broken one may have stored anything.
        let is_refused =
            error.status.is_some_and(|status| (400..500).contains(&status) && !matches!(status, 408 | 499));
        if !is_refused {
            self.sent = self.sent.max(part.end());
        }
        let status = match self.status().await {
            Err(_) if is_refused => Status::Unclear,
            status => status?,
        };
        let (start, end) = (part.start(), part.end());
        let has = match status {
            Status::Has(has) if has > self.sent && is_refused => self.offset,
            Status::Has(has) if has.checked_sub(1) == Some(end) => end,
            Status::Has(has) => has,
            Status::NoneOrOne if self.offset == 0 => {
                // After a refusal at offset 0, offset 1 is tried once.
                u64::from(is_refusal && std::mem::take(&mut self.may_have_one))
            }
            Status::NoneOrOne | Status::Unclear if is_refused || self.offset == 1 => self.offset,
            Status::NoneOrOne => return Err(lost(error, "reports that it has none of it, or one byte")),
            Status::Unclear => return Err(lost(error, "does not report its progress")),
            Status::Lost => return Err(lost(error, "no longer knows of it")),
        };
        if has < start || has > end {
            // The registry or a proxy discards a request that is incomplete.
            if !matches!(error.status, Some(401 | 403)) {
                self.api.capabilities.takes_streams.set(false);
            }
            return Err(lost(error, &format!("has {has} bytes of it")));
        }
        self.may_have_one |= !is_refused && has == 0;
        self.offset = has;
        self.count_progress();
        Ok(())
    }

    async fn status(&mut self) -> Result<Status> {
        let response = self.api.fetch(&self.request(Method::Get, &self.endpoint), RESPONSE_LIMIT).await?;
        if !response.is_success() {
            let is_lost = response.status == 404 || self.api.failure(&response).loses_upload();
            return Ok(if is_lost { Status::Lost } else { Status::Unclear });
        }
        self.go_on_at(&response)?;
        Ok(match response.header("range").and_then(range::parse_upload_range) {
            Some(UploadRange { first: 0, last: 0 }) => Status::NoneOrOne,
            Some(UploadRange { first: 0, last }) => Status::Has(last.saturating_add(1 - self.excess)),
            _ => Status::Unclear,
        })
    }
}

/// Marks an error as that of a lost upload session: the whole blob has to be sent again.
pub(crate) fn lost(error: Error, why: &str) -> Error {
    error.and(&format!("the upload cannot continue: the registry {why}")).transient()
}
