//! The ztocs of a SOCI index: with one, a large layer of any gzip writer is read with a few ranges of its bytes.
//!
//! The index is named by the image's manifest, or by the caller: a SOCI index that only refers to the image may be anybody's who may push. It has
//! the digest of each ztoc, and that those of the layer's spans.

use std::rc::Rc;

use crate::layer::index::soci::{Ztoc, index_of, ztoc_of};
use crate::protocol::code;
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::reference::Reference;
use crate::registry::contents::Contents;
use crate::registry::contents::listing::{Listing, What};
use crate::registry::manifest::get::FetchedManifest;
use crate::transport::{Chunk, Error, Host, Result};

impl<H: Host> Contents<H> {
    /// Returns what is in a layer as its ztoc has it; `None` if it has none that can be used.
    ///
    /// # Errors
    ///
    /// The code of a failed request, and `NOT_FOUND`, `MANIFEST_UNKNOWN` or `LAYER_INDEX_INVALID` for a SOCI index of the caller's.
    pub(super) async fn ztoc(&self, layer: &Descriptor) -> Result<Option<Rc<Listing>>> {
        let Some(index) = self.soci_index().await? else { return Ok(None) };
        let ztoc = match ztoc_of(&index.manifest, &layer.digest) {
            Ok(Some(ztoc)) => ztoc,
            Err(invalid) if self.soci_index.is_some() && invalid.code == code::LAYER_INDEX_INVALID => {
                return Err(Error::from(invalid).and(&format!("its digest is {}", index.digest)));
            }
            Ok(None) | Err(_) => return Ok(None),
        };
        let repo = self.image.repo(&self.call);
        let key = format!("{} {} ztoc", layer.digest, ztoc.digest);
        let known: Option<Rc<Listing>> = repo.cached(&key);
        if let Some(listing) = known.filter(|listing| listing.limits == self.limits) {
            return Ok(Some(listing));
        }
        let read = async {
            let mut pull = repo.blob(&ztoc.digest, Some(ztoc.size)).await?;
            pull.enforce_min_rate();
            pull.collect().await
        };
        let Some(chunks) = unless_wrong(read.await)? else { return Ok(None) };
        let mut bytes = Vec::new();
        for chunk in chunks {
            self.tell(chunk.len());
            chunk.append_to(&mut bytes);
        }
        let Ok(ztoc) = Ztoc::read(&bytes, layer.size, &self.limits) else { return Ok(None) };
        let listing = Rc::new(Listing { what: What::Ztoc(ztoc), limits: self.limits });
        repo.cache(&key, listing.clone(), listing.size());
        Ok(Some(listing))
    }

    async fn soci_index(&self) -> Result<Option<Rc<FetchedManifest>>> {
        let get = async |digest: &Digest| {
            let reference = Reference::Digest(digest.clone());
            self.image.repo(&self.call).manifest(&reference, None).await
        };
        if let Some(digest) = &self.soci_index {
            return get(digest).await.map(Some);
        }
        let annotations = self.image.manifest().and_then(|manifest| manifest.manifest.annotations.as_ref());
        let Some(digest) = annotations.and_then(index_of) else { return Ok(None) };
        unless_wrong(get(&digest).await)
    }
}

/// `None` for what is missing or is not what its digest says: it is a hint, and the layer can be read without it.
fn unless_wrong<T>(result: Result<T>) -> Result<Option<T>> {
    const WRONG: [&str; 6] = [
        code::DIGEST_MISMATCH,
        code::SIZE_MISMATCH,
        code::INVALID_RESPONSE,
        code::TOO_LARGE,
        code::UNSUPPORTED,
        code::INVALID_REFERENCE,
    ];
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_not_found() || WRONG.contains(&error.code.as_ref()) => Ok(None),
        Err(error) => Err(error),
    }
}
