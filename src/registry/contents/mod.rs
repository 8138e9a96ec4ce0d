//! The files of an image, read from its layers without extracting anything.

pub mod diff;
pub mod export;
pub mod file;
pub mod layer;
mod listing;
pub mod package_changes;
pub mod packages;
mod soci;
pub mod store;
mod survey;
mod table;
pub mod waste;
pub mod zstd;

use std::cell::RefCell;
use std::rc::Rc;

use crate::layer::filesystem::{Node, Tree};
use crate::layer::index::{Index, LayerId};
use crate::layer::limits::Limits;
use crate::layer::tar::Entry;
use crate::protocol::code;
use crate::protocol::oci::digest::Digest;
use crate::registry::api::settings::Call;
use crate::registry::concurrency::{Question, all};
use crate::registry::contents::listing::{Listing, Need, What};
use crate::registry::contents::store::IndexStore;
use crate::registry::contents::survey::{Captured, Survey, Wanted};
use crate::registry::image::Image;
use crate::registry::image::layer::ImageLayer;
use crate::transport::{Error, Host, Result};

/// Bytes of a hole that are given at a time, and of a piece that grows.
const ZEROS: u64 = 64 * 1024;
/// Layers that are read at a time.
const AT_A_TIME: usize = 4;

/// Receives the number of stored bytes that were read.
pub type ByteWatcher = Rc<dyn Fn(u64)>;

/// The contents of an image, for one call.
pub struct Contents<H: Host> {
    /// The image.
    pub image: Image<H>,
    /// The limits for each layer.
    pub limits: Limits,
    /// The call.
    pub call: Call,
    /// Told what is read.
    pub watcher: Option<ByteWatcher>,
    /// Keeps indexes of layers.
    pub store: Option<Rc<dyn IndexStore>>,
    /// True if the table of contents of a layer is as good as its archive.
    pub uses_tables: bool,
    /// The image's SOCI index, which the caller vouches for.
    pub soci_index: Option<Digest>,
}

impl<H: Host> Clone for Contents<H> {
    fn clone(&self) -> Self {
        let Self { image, limits, call, watcher, store, uses_tables, soci_index } = self;
        Self {
            image: image.clone(),
            limits: *limits,
            call: call.clone(),
            watcher: watcher.clone(),
            store: store.clone(),
            uses_tables: *uses_tables,
            soci_index: soci_index.clone(),
        }
    }
}

/// A layer's entries, and the content of those that were wanted.
struct Read {
    listing: Rc<Listing>,
    captured: Captured,
}

/// Bytes that a caller reads at its own pace.
#[allow(async_fn_in_trait)] // one thread: no future here needs to be Send
pub trait Chunks: 'static {
    /// Returns the next bytes; `None` at the end. The bytes before the end are unverified.
    async fn next(&mut self) -> Result<Option<Vec<u8>>>;

    /// Releases concurrency permits and timers, before the caller reads on.
    fn release_permit(&mut self);
}

/// Returns so many zeros, but not more than are given at a time.
fn zeros(count: u64) -> Vec<u8> {
    vec![0; usize::try_from(count.min(ZEROS)).unwrap_or_default()]
}

impl<H: Host> Contents<H> {
    /// Returns the entries of a layer, in the order of its archive.
    ///
    /// # Errors
    ///
    /// Those of [`Image::open_layer`] and [`layer::LayerRead::step`].
    pub async fn entries(&self, layer: usize) -> Result<Vec<Entry>> {
        Ok(self.listing(layer, Need::Entries).await?.entries().to_vec())
    }

    /// Returns the file system that layers make together: those in front of `end`.
    ///
    /// # Errors
    ///
    /// Those of [`Contents::entries`], and `LAYER_INVALID` for layers that make no file system.
    pub async fn tree(&self, end: usize, has_hashes: bool) -> Result<Tree> {
        let mut tree = Tree::default();
        for listing in self.listings(0..end, Need::of(has_hashes)).await? {
            tree.apply(listing.entries().to_vec())?;
        }
        Ok(tree)
    }

    /// Returns the files that the layers in front of `end` make together, by path, or the largest first.
    ///
    /// # Errors
    ///
    /// Those of [`Contents::tree`].
    pub async fn files(&self, end: usize, by_size: bool) -> Result<Vec<(Vec<u8>, Node)>> {
        let mut tree = Tree::default();
        for listing in self.listings(0..end, Need::Files).await? {
            tree.apply(listing.entries().to_vec())?;
        }
        let mut nodes: Vec<_> = tree.into_nodes().collect();
        if by_size {
            nodes.sort_by_key(|(_, node)| std::cmp::Reverse(node.content().1.size));
        }
        Ok(nodes)
    }

    async fn listings(&self, layers: std::ops::Range<usize>, need: Need) -> Result<Vec<Rc<Listing>>> {
        let reads = self.read(layers, need, None).await?;
        Ok(reads.into_iter().map(|read| read.listing).collect())
    }

    /// Reads layers, several at a time.
    async fn read(&self, layers: std::ops::Range<usize>, need: Need, wanted: Option<&Wanted<'_>>) -> Result<Vec<Read>> {
        let results: Vec<RefCell<Option<Read>>> = layers.clone().map(|_| RefCell::new(None)).collect();
        let mut waiting = layers.zip(&results).map(|(layer, result)| -> Question<'_, ()> {
            Box::pin(async move {
                let read = match wanted {
                    Some(wanted) => match self.indexed(layer).await {
                        Some(listing) => Read { listing, captured: Captured::default() },
                        None => self.survey(layer, need == Need::Hashes, Some(wanted)).await?,
                    },
                    None => Read { listing: self.listing(layer, need).await?, captured: Captured::default() },
                };
                result.replace(Some(read));
                Ok(())
            })
        });
        all(AT_A_TIME, &mut waiting).await?;
        drop(waiting);
        Ok(results.into_iter().filter_map(RefCell::into_inner).collect())
    }

    async fn listing(&self, layer: usize, need: Need) -> Result<Rc<Listing>> {
        if let Some(listing) = self.unread(layer, need).await? {
            return Ok(listing);
        }
        Ok(self.survey(layer, need == Need::Hashes, None).await?.listing)
    }

    /// Returns a layer's entries if a file of it can be read alone.
    async fn indexed(&self, layer: usize) -> Option<Rc<Listing>> {
        if self.image.repo(&self.call).api.capabilities.ignores_ranges.get() {
            return None;
        }
        let known = self.known(layer, true).filter(|listing| listing.index().is_some());
        if known.is_some() { known } else { self.stored(layer).await }
    }

    /// Returns a layer's entries if the layer need not be read for them.
    async fn unread(&self, layer: usize, need: Need) -> Result<Option<Rc<Listing>>> {
        if let Some(listing) = self.known(layer, need == Need::Hashes) {
            return Ok(Some(listing));
        }
        if let Some(listing) = self.stored(layer).await {
            return Ok(Some(listing));
        }
        if need == Need::Files { self.table(layer).await } else { Ok(None) }
    }

    /// Returns a layer's entries if they have been read before.
    fn known(&self, layer: usize, has_hashes: bool) -> Option<Rc<Listing>> {
        let listing: Rc<Listing> = self.image.repo(&self.call).cached(&self.key(layer)?)?;
        (listing.limits == self.limits && (listing.has_hashes() || !has_hashes)).then_some(listing)
    }

    /// The key that a layer's entries are cached under: another image may have another digest of the same layer's archive, of which one
    /// is wrong. V1 layers have no digest.
    fn key(&self, layer: usize) -> Option<String> {
        let diff_id = self.image.readable(layer).ok()?.map_or("", Digest::as_str);
        match self.image.layers().get(layer)? {
            ImageLayer::Blob(layer) => Some(format!("{} {diff_id} files", layer.digest)),
            ImageLayer::V1(_) => None,
        }
    }

    /// Reads a layer to its end. With hashes it is indexed, too.
    async fn survey(&self, layer: usize, has_hashes: bool, wanted: Option<&Wanted<'_>>) -> Result<Read> {
        let has_hashes = has_hashes || self.store.is_some();
        let survey = Survey::new(has_hashes, wanted);
        let mut read = self.image.open_layer(layer, self.limits, survey, &self.call).await?;
        let id = self.layer_id(layer).filter(|_| has_hashes);
        if id.is_some() {
            read.record();
        }
        while let Some(bytes) = read.step().await? {
            self.tell(bytes);
        }
        let (compression, points) = read.take_points();
        let (entries, captured) = read.into_sink().into_parts();
        let what = match id {
            Some(layer) => What::Index(Index { layer, compression, entries, points }),
            None => What::Entries { entries, has_hashes },
        };
        let listing = Rc::new(Listing { what, limits: self.limits });
        self.keep(layer, &listing);
        self.store(&listing).await;
        Ok(Read { listing, captured })
    }

    fn keep(&self, layer: usize, listing: &Rc<Listing>) {
        if let Some(key) = self.key(layer) {
            self.image.repo(&self.call).cache(&key, listing.clone(), listing.size());
        }
    }

    /// Identifies a layer for its index. V1 layers have no digest.
    fn layer_id(&self, layer: usize) -> Option<LayerId> {
        let diff_id = self.image.readable(layer).ok()?.cloned();
        match self.image.layers().get(layer)? {
            ImageLayer::Blob(layer) => Some(LayerId { digest: layer.digest.clone(), size: layer.size, diff_id }),
            ImageLayer::V1(_) => None,
        }
    }

    /// Returns the index of a layer as bytes; the layer is read unless its index is known.
    ///
    /// # Errors
    ///
    /// Those of [`Contents::entries`], and `UNSUPPORTED` for a layer of V1, which has no digest.
    pub async fn layer_index(&self, layer: usize) -> Result<Vec<u8>> {
        let listing = self.listing(layer, Need::Hashes).await?;
        let index = listing.index().ok_or_else(Self::without_digest)?;
        Ok(index.to_bytes())
    }

    /// Uses the index of a layer that was stored as bytes, so that the layer need not be read for its entries.
    ///
    /// # Errors
    ///
    /// - `LAYER_INDEX_INVALID` when it is no index, is damaged, or is another layer's.
    /// - `TOO_LARGE` when it has more entries than the limit, or does not fit into the cache.
    /// - `UNSUPPORTED` for a layer of V1, which has no digest.
    pub fn use_layer_index(&self, layer: usize, bytes: &[u8]) -> Result<()> {
        self.image.readable(layer)?;
        let id = self.layer_id(layer).ok_or_else(Self::without_digest)?;
        let index = Index::from_bytes(bytes, &id, &self.limits)?;
        self.keep(layer, &Rc::new(Listing { what: What::Index(index), limits: self.limits }));
        match self.known(layer, true) {
            Some(_) => Ok(()),
            None => Err(Error::new(code::TOO_LARGE, "the index does not fit into the cache (option cacheBytes)")),
        }
    }

    fn without_digest() -> Error {
        Error::new(code::UNSUPPORTED, "a V1 layer has no digest that an index could belong to")
    }

    fn tell(&self, bytes: u64) {
        if let Some(watcher) = &self.watcher {
            watcher(bytes);
        }
    }
}
