//! Indexes of layers that the caller keeps between clients and processes. A store is a hint: one that fails, or has something else, changes
//! nothing but how much is read.

use std::rc::Rc;

use crate::layer::index::Index;
use crate::protocol::oci::digest::Digest;
use crate::registry::contents::Contents;
use crate::registry::contents::listing::{Listing, What};
use crate::transport::{Host, Work};

/// Keeps indexes by the digest of their layers.
pub trait IndexStore {
    /// Returns what was stored, if it is still there.
    fn get<'a>(&'a self, digest: &'a Digest) -> Work<'a, Option<Vec<u8>>>;

    /// Stores an index, in place of another.
    fn set<'a>(&'a self, digest: &'a Digest, index: Vec<u8>) -> Work<'a, ()>;
}

impl<H: Host> Contents<H> {
    /// Returns what is in a layer if its index is stored.
    pub(super) async fn stored(&self, layer: usize) -> Option<Rc<Listing>> {
        let (store, id) = (self.store.as_ref()?, self.layer_id(layer)?);
        let bytes = store.get(&id.digest).await.ok()??;
        let index = Index::from_bytes(&bytes, &id, &self.limits).ok()?;
        let listing = Rc::new(Listing { what: What::Index(index), limits: self.limits });
        self.keep(layer, &listing);
        Some(listing)
    }

    /// Stores the index of a layer that was read.
    pub(super) async fn store(&self, listing: &Listing) {
        if let (Some(store), Some(index)) = (&self.store, listing.index()) {
            let _ = store.set(&index.layer.digest, index.to_bytes()).await;
        }
    }
}
