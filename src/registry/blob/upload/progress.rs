//! How far an upload has got. Registries say it in several ways, and some of them wrongly: what was sent, what `Range` says
//! and what the session's status says have to agree; where they do not, the digest decides in the end.

use crate::protocol::code;
use crate::protocol::http::range::UploadRange;
use crate::protocol::http::{Method, range};
use crate::registry::api::response::Response;
use crate::registry::blob::source::Part;
use crate::registry::blob::upload::Upload;
use crate::registry::manifest::put::RESPONSE_LIMIT;
use crate::transport::{Error, Host, Result};

/// Times that a registry may refuse offsets without any progress.
const REFUSALS: usize = 4;

/// What a session's status says.
enum Status {
    /// So many bytes are there.
    Has(u64),
    /// `Range: 0-0`.
    NoneOrOne,
    /// The registry does not know the session.
    Lost,
    /// Nothing that can be relied on.
    Unclear,
}

impl<H: Host> Upload<H> {
    /// What came beyond all that was reached before is progress: failures before it no longer count.
    pub(crate) fn count_progress(&mut self) {
        if self.offset > self.reached {
            self.reached = self.offset;
            self.refused.clear();
            self.retry_budget.reset();
        }
    }

    /// Reads off the answer to a request, whose last byte comes before `end`, how much the registry has. `start`: of what
    /// can be sent again.
    pub(crate) async fn took(&mut self, response: &Response<Vec<u8>>, end: u64, start: u64) -> Result<()> {
        self.go_on_at(response)?;
        self.sent = self.sent.max(end);
        self.offset = match response.header("range").map(range::parse_upload_range) {
            None => end,
            Some(Some(range)) if self.is_all(range, end) => end,
            // ECR's does not go on, zot's is that of the last chunk.
            Some(_) => self.confirmed(end, start).await?,
        };
        Ok(())
    }

    /// Whether a registry says that it has all that was sent.
    fn is_all(&mut self, range: UploadRange, end: u64) -> bool {
        let begins = range.first == 0 || range.first == self.offset;
        if begins && range.last == end {
            self.excess = 1;
        }
        begins && (range.last == end || range.last.checked_add(1) == Some(end))
    }

    /// How much of what was sent, and accepted, is there by the session's status. Where that makes no sense either, all of
    /// it: a chunk that does not follow is refused, and the digest proves the rest.
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

    /// After a failed request for so many bytes: asks how far the registry has got, where it is worth going on.
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
            // GHCR's refusal of a chunk that is too large.
            self.api.capabilities.limit_bodies(sent, self.min_chunk);
        }
        Ok(())
    }

    /// Asks how far the registry has got after a failure.
    pub(crate) async fn ask(&mut self, error: Error, part: &Part<H::Chunk>) -> Result<()> {
        let is_refusal = error.status == Some(416);
        if is_refusal {
            if self.refused.contains(&self.offset) || self.refused.len() == REFUSALS {
                return Err(error.and("the registry refuses the place where the upload has to go on"));
            }
            self.refused.push(self.offset);
        }
        // Of what was refused nothing was taken; of what broke off nobody knows.
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
                // Who was refused with none tries one, once.
                u64::from(is_refusal && std::mem::take(&mut self.may_have_one))
            }
            Status::NoneOrOne | Status::Unclear if is_refused || self.offset == 1 => self.offset,
            Status::NoneOrOne => return Err(lost(error, "says that it has none of it, or one byte")),
            Status::Unclear => return Err(lost(error, "does not tell how far it has got")),
            Status::Lost => return Err(lost(error, "no longer knows of it")),
        };
        if has < start || has > end {
            // It keeps nothing of a request that does not come to its end, or somebody on the way there does.
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

/// The same error where the upload it happened in is gone: all of it would have to be sent again.
pub(crate) fn lost(error: Error, why: &str) -> Error {
    error.and(&format!("the upload cannot go on: the registry {why}")).transient()
}
