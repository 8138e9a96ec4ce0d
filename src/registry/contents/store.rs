//! Indexes of layers that the caller keeps between clients and processes. A store is a hint: one that fails, or has something else, changes
//! nothing but how much is read.

use std::pin::pin;
use std::rc::Rc;

use futures_util::future::{Either, select};

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

/// Milliseconds that a store may take.
const PATIENCE: u64 = 5_000;

impl<H: Host> Contents<H> {
    /// Waits for the store, but not for ever.
    async fn patiently<T>(&self, work: Work<'_, T>) -> Option<T> {
        let repo = self.image.repo(&self.call);
        match select(work, pin!(repo.api.host().sleep(PATIENCE))).await {
            Either::Left((done, _)) => done.ok(),
            Either::Right(_) => None,
        }
    }

    /// Returns what is in a layer if its index is stored.
    pub(super) async fn stored(&self, layer: usize) -> Option<Rc<Listing>> {
        let (store, id) = (self.store.as_ref()?, self.layer_id(layer)?);
        let bytes = self.patiently(store.get(&id.digest)).await??;
        let index = Index::from_bytes(&bytes, &id, &self.limits).ok()?;
        let listing = Rc::new(Listing { what: What::Index(index), limits: self.limits });
        self.keep(layer, &listing);
        Some(listing)
    }

    /// Stores the index of a layer that was read.
    pub(super) async fn store(&self, listing: &Listing) {
        if let (Some(store), Some(index)) = (&self.store, listing.index()) {
            self.patiently(store.set(&index.layer.digest, index.to_bytes())).await;
        }
    }
}
