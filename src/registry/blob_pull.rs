//! Blobs, verified while they stream (distribution-spec v1.1.1, "Pulling blobs").

use std::rc::Rc;

use super::cache::Content;
use super::connection::{Answer, Connection};
use super::manifests::{MANIFEST_LIMIT, check_verifiable, mismatch};
use super::settings::Call;
use crate::protocol::code;
use crate::protocol::descriptor::Descriptor;
use crate::protocol::digest::{Algorithm, Digest};
use crate::protocol::http::Method;
use crate::protocol::range;
use crate::protocol::reference::RepositoryName;
use crate::transport::{Body, Chunk, Error, Hasher, Host, Result};

/// A blob, or a part of one, on its way.
pub struct BlobPull<H: Host> {
    /// `None` after the end and after an error.
    answer: Option<Answer<H>>,
    digest: Digest,
    check: Check<H>,
    /// Bytes that will come, where known.
    total: Option<u64>,
    /// Bytes given out.
    received: u64,
    /// Of a whole blob that came instead of the part asked for: bytes still to be skipped, and bytes wanted after them.
    skip: u64,
    wanted: u64,
}

enum Check<H: Host> {
    /// The whole blob: hashed.
    Whole(Algorithm, Option<H::Hasher>),
    /// A part: only its length can be checked. `whole` where the registry sends everything all the same.
    Part { whole: bool },
}

impl<H: Host> BlobPull<H> {
    /// The digest asked for.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Bytes that will come, where known.
    pub fn total(&self) -> Option<u64> {
        self.total
    }

    /// Somebody else reads from here on, at their own pace.
    pub fn hand_over(&mut self) {
        if let Some(answer) = &mut self.answer {
            answer.response.body.hand_over();
        }
    }

    /// The next bytes. Of a whole blob the end (`None`) comes only after its digest has proved right: what came before
    /// is good only then.
    pub async fn next(&mut self) -> Result<Option<H::Chunk>> {
        let result = self.advance().await;
        if !matches!(result, Ok(Some(_))) {
            self.answer = None;
        }
        result
    }

    /// All bytes, verified.
    pub async fn collect(mut self) -> Result<Vec<H::Chunk>> {
        let mut chunks = Vec::new();
        while let Some(chunk) = self.next().await? {
            chunks.push(chunk);
        }
        Ok(chunks)
    }

    async fn advance(&mut self) -> Result<Option<H::Chunk>> {
        loop {
            if matches!(self.check, Check::Part { whole: true }) && self.received == self.wanted {
                return Ok(None); // the rest of the blob is not wanted
            }
            let Some(answer) = &mut self.answer else { return Ok(None) };
            let Some(chunk) = answer.response.body.next().await? else { return self.end() };
            let chunk = self.accept(chunk)?;
            if !chunk.is_empty() {
                return Ok(Some(chunk));
            }
        }
    }

    fn accept(&mut self, chunk: H::Chunk) -> Result<H::Chunk> {
        let chunk = match &mut self.check {
            Check::Whole(_, hasher) => {
                if let Some(hasher) = hasher {
                    hasher.update(&chunk)?;
                }
                chunk
            }
            Check::Part { whole: false } => chunk,
            Check::Part { whole: true } => {
                let skipped = self.skip.min(chunk.len());
                self.skip -= skipped;
                chunk.slice(skipped, skipped.saturating_add(self.wanted - self.received))
            }
        };
        self.received += chunk.len();
        match self.total {
            Some(total) if self.received > total => {
                Err(self.error(code::SIZE_MISMATCH, format!("more than the {total} bytes expected arrived")))
            }
            _ => Ok(chunk),
        }
    }

    fn end(&mut self) -> Result<Option<H::Chunk>> {
        if let Some(total) = self.total
            && self.received < total
        {
            let message = format!("the body ended after {} of {total} bytes", self.received);
            return Err(self.error(code::TRUNCATED, message));
        }
        if let Check::Whole(algorithm, hasher) = &mut self.check
            && let Some(hasher) = hasher.take()
        {
            let computed = Digest::from_hash(*algorithm, &hasher.finish()?);
            if computed != self.digest {
                return Err(self.error(code::DIGEST_MISMATCH, mismatch(&self.digest, &computed)));
            }
        }
        Ok(None)
    }

    fn error(&self, code: &'static str, message: String) -> Error {
        match &self.answer {
            Some(answer) => answer.error(code, message),
            None => Error::new(code, message),
        }
    }
}

impl<H: Host> Connection<H> {
    /// A whole blob. `size`: what its descriptor says, if there is one.
    pub(super) async fn blob(
        &self,
        name: &RepositoryName,
        digest: &Digest,
        size: Option<u64>,
        call: &Call,
    ) -> Result<BlobPull<H>> {
        let algorithm = check_verifiable(digest)?;
        self.require_v2(call).await?;
        let answer = self.get(self.blob_url(name, digest), None, call).await?;
        let length = answer.body_length();
        if let (Some(size), Some(length)) = (size, length)
            && size != length
        {
            let message = format!("blob {digest} comes with {length} bytes, its descriptor says {size}");
            return Err(answer.error(code::SIZE_MISMATCH, message));
        }
        let check = Check::Whole(algorithm, Some(self.hasher(algorithm)));
        let total = size.or(length);
        Ok(BlobPull { answer: Some(answer), digest: digest.clone(), check, total, received: 0, skip: 0, wanted: 0 })
    }

    /// The bytes from `first` to `last`, both inclusive, or to the blob's end (RFC 9110 §14).
    pub(super) async fn blob_range(
        &self,
        name: &RepositoryName,
        digest: &Digest,
        (first, last): (u64, u64),
        call: &Call,
    ) -> Result<BlobPull<H>> {
        if first > last {
            let message = format!("range: the first byte {first} lies behind the last byte {last}");
            return Err(Error::new(code::INVALID_ARGUMENT, message));
        }
        self.require_v2(call).await?;
        let answer = self.send_range(self.blob_url(name, digest), (first, last), call).await?.success().await?;
        let whole = answer.response.status != 206;
        let wanted = (last - first).saturating_add(1);
        let total = match (whole, answer.declared_length()) {
            (false, _) => Some(part_length(&answer, first, last)?),
            (true, Some(length)) if length <= first => {
                let message = format!("range: byte {first} is asked for, the blob has {length}");
                return Err(answer.error(code::INVALID_ARGUMENT, message));
            }
            (true, length) => length.map(|length| wanted.min(length - first)),
        };
        let check = Check::Part { whole };
        let (skip, wanted) = if whole { (first, total.unwrap_or(wanted)) } else { (0, wanted) };
        Ok(BlobPull { answer: Some(answer), digest: digest.clone(), check, total, received: 0, skip, wanted })
    }

    /// Size of a blob; `None` if there is none.
    pub(super) async fn head_blob(
        &self,
        name: &RepositoryName,
        digest: &Digest,
        call: &Call,
    ) -> Result<Option<Descriptor>> {
        self.require_v2(call).await?;
        let url = self.blob_url(name, digest);
        let answer = self.send(Method::Head, url.clone(), None, call).await?;
        if answer.response.status == 404 {
            return Ok(None);
        }
        if !answer.response.is_success() {
            // HEAD has no body to explain itself with.
            return match self.get(url, None, call).await {
                Ok(answer) => self.described(digest, &answer).map(Some),
                Err(error) if error.is_not_found() => Ok(None),
                Err(error) => Err(error),
            };
        }
        self.described(digest, &answer).map(Some)
    }

    fn described(&self, digest: &Digest, answer: &Answer<H>) -> Result<Descriptor> {
        let Some(size) = answer.declared_length() else {
            return Err(answer.error(code::INVALID_RESPONSE, "the answer does not tell the blob's size"));
        };
        Ok(Descriptor::new("application/octet-stream".to_owned(), digest.clone(), size))
    }

    /// A config blob, verified; from the manifest itself where that holds it.
    pub(super) async fn config(
        &self,
        name: &RepositoryName,
        descriptor: &Descriptor,
        call: &Call,
    ) -> Result<Rc<Vec<u8>>> {
        if let Some(data) = &descriptor.data {
            return Ok(Rc::new(data.clone()));
        }
        if let Some(Content::Config(kept)) = self.cached(name, &descriptor.digest) {
            return Ok(kept);
        }
        if descriptor.size > MANIFEST_LIMIT {
            let message =
                format!("config {} has {} bytes, {MANIFEST_LIMIT} are allowed", descriptor.digest, descriptor.size);
            return Err(Error::new(code::TOO_LARGE, message));
        }
        let mut pull = self.blob(name, &descriptor.digest, Some(descriptor.size), call).await?;
        let mut bytes = Vec::new();
        while let Some(chunk) = pull.next().await? {
            chunk.append_to(&mut bytes);
        }
        let bytes = Rc::new(bytes);
        self.cache.borrow_mut().put(name.as_str(), descriptor.digest.as_str(), Content::Config(bytes.clone()));
        Ok(bytes)
    }

    fn blob_url(&self, name: &RepositoryName, digest: &Digest) -> crate::protocol::url::Url {
        self.repository_url(name, &format!("blobs/{digest}"))
    }
}

/// Bytes of a 206, which must be the part asked for.
fn part_length<H: Host>(answer: &Answer<H>, first: u64, last: u64) -> Result<u64> {
    let mut values = answer.response.headers.all("content-range");
    let told = match (values.next(), values.next()) {
        (Some(value), None) => value,
        // Not among the header fields a page across origins sees: the length is all there is to go by.
        (None, _) if answer.response.headers_filtered => {
            let wanted = (last - first).saturating_add(1);
            return Ok(answer.declared_length().map_or(wanted, |length| length.min(wanted)));
        }
        _ => return Err(answer.error(code::INVALID_RESPONSE, "the answer has no Content-Range, or several")),
    };
    let told = range::parse_content_range(told).map_err(|invalid| answer.error(invalid.code, invalid.message))?;
    let end = told.complete.map_or(last, |complete| last.min(complete.saturating_sub(1)));
    if told.first != first || told.last != end {
        let message = format!("bytes {first}-{end} were asked for, {}-{} came", told.first, told.last);
        return Err(answer.error(code::INVALID_RESPONSE, message));
    }
    Ok((told.last - told.first).saturating_add(1))
}
