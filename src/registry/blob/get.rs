//! Pulling blobs: as a stream, or small ones as a whole.

use std::rc::Rc;

use crate::protocol::code;
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::Digest;
use crate::registry::api::endpoint::Endpoint;
use crate::registry::api::repo::Repo;
use crate::registry::blob::pull::{BlobPull, Expected, Span};
use crate::registry::manifest::get::{MANIFEST_LIMIT, check_verifiable};
use crate::transport::{Chunk, Error, Host, Result};

impl<H: Host> Repo<H> {
    /// Opens a whole blob. `size` is the size in its descriptor, if there is one.
    pub(crate) async fn blob(&self, digest: &Digest, size: Option<u64>) -> Result<BlobPull<H>> {
        let algorithm = check_verifiable(digest)?;
        self.require_v2("blobs").await?;
        let endpoint = self.blob_endpoint(digest);
        let expected = Expected { digest: Some(digest.clone()), algorithm: Some(algorithm), seed: None };
        BlobPull::begin(&self.api, endpoint, expected, Span::Whole, size, &self.call).await
    }

    /// Opens the bytes from `first` to `last`, both inclusive, or to the blob's end.
    pub(crate) async fn blob_range(&self, digest: &Digest, (first, last): (u64, u64)) -> Result<BlobPull<H>> {
        if first > last {
            let message = format!("range: the first byte {first} is after the last byte {last}");
            return Err(Error::new(code::INVALID_ARGUMENT, message));
        }
        self.require_v2("blobs").await?;
        let endpoint = self.blob_endpoint(digest);
        let expected = Expected { digest: Some(digest.clone()), algorithm: None, seed: None };
        BlobPull::begin(&self.api, endpoint, expected, Span::Part(first, last), None, &self.call).await
    }

    /// Returns a verified config blob, from the descriptor's `data` if it is embedded there.
    pub(crate) async fn config(&self, descriptor: &Descriptor) -> Result<Rc<Vec<u8>>> {
        if let Some(data) = &descriptor.data {
            return Ok(Rc::new(data.clone()));
        }
        if let Some(kept) = self.cached(descriptor.digest.as_str()) {
            return Ok(kept);
        }
        if descriptor.size > MANIFEST_LIMIT {
            let message = format!(
                "config {} has {} bytes, but at most {MANIFEST_LIMIT} are allowed",
                descriptor.digest, descriptor.size
            );
            return Err(Error::new(code::TOO_LARGE, message).with_number("limit", MANIFEST_LIMIT));
        }
        let mut pull = self.blob(&descriptor.digest, Some(descriptor.size)).await?;
        pull.enforce_min_rate();
        let mut bytes = Vec::new();
        for chunk in pull.collect().await? {
            chunk.append_to(&mut bytes);
        }
        let bytes = Rc::new(bytes);
        self.cache(descriptor.digest.as_str(), bytes.clone(), bytes.len() as u64);
        Ok(bytes)
    }

    pub(crate) fn blob_endpoint(&self, digest: &Digest) -> Endpoint {
        self.endpoint(&format!("blobs/{digest}"))
    }
}
