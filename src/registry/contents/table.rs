//! Tables of contents that layers bring along: with one, a layer is listed and its files are read with a few ranges of its bytes.
//!
//! The manifest has the table's digest, and the table that of each piece of a file. Whatever is wrong with a table, the layer is read
//! instead: its own digests cover everything.

use std::rc::Rc;

use crate::layer::index::{Place, Toc};
use crate::protocol::code;
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::Digest;
use crate::registry::contents::Contents;
use crate::registry::contents::listing::{Listing, What};
use crate::registry::image::layer::ImageLayer;
use crate::transport::{Chunk, Host, Result};

/// The status of a range that is not within the blob.
const RANGE_NOT_SATISFIABLE: u16 = 416;

impl<H: Host> Contents<H> {
    /// Returns what is in a layer as its table of contents has it; `None` if it has none that can be used.
    ///
    /// # Errors
    ///
    /// The code of a failed request, `UNSUPPORTED` when the layer is encrypted, `MODULE_NOT_LOADED`, and those of [`Contents::ztoc`].
    pub(super) async fn table(&self, layer: usize) -> Result<Option<Rc<Listing>>> {
        self.image.readable(layer)?;
        let Some(ImageLayer::Blob(blob)) = self.image.layers().get(layer) else { return Ok(None) };
        let repo = self.image.repo(&self.call);
        if !self.uses_tables || repo.api.capabilities.ignores_ranges.get() {
            return Ok(None);
        }
        let Ok(Some(place)) = Place::of(blob) else { return self.ztoc(blob).await };
        // Another image may have the same layer with another table, which is wrong.
        let key = format!("{} {} table", blob.digest, place.digest().map_or("", Digest::as_str));
        let known: Option<Rc<Listing>> = repo.cached(&key);
        if let Some(listing) = known.filter(|listing| listing.limits == self.limits) {
            return Ok(Some(listing));
        }
        let Some(toc) = self.read_table(blob, place).await?.filter(Toc::is_verified) else { return Ok(None) };
        let listing = Rc::new(Listing { what: What::Table(toc), limits: self.limits });
        repo.cache(&key, listing.clone(), listing.size());
        Ok(Some(listing))
    }

    async fn read_table(&self, blob: &Descriptor, place: Place) -> Result<Option<Toc>> {
        let table = match place {
            Place::Known(table) => table,
            Place::Footer(footer) => {
                let bytes = self.range(blob, footer.from, footer.to).await?;
                let Some(table) = bytes.and_then(|bytes| footer.table(&bytes).ok()) else { return Ok(None) };
                table
            }
        };
        let zstd = if table.is_zstd() { Some(self.image.zstd().load().await?) } else { None };
        let bytes = self.range(blob, table.from, table.to).await?;
        Ok(bytes.and_then(|bytes| table.read(&bytes, &self.limits, zstd).ok()))
    }

    /// Reads some bytes of a layer, unverified; `None` if the registry sends others.
    async fn range(&self, blob: &Descriptor, from: u64, to: u64) -> Result<Option<Vec<u8>>> {
        let repo = self.image.repo(&self.call);
        let mut pull = match repo.blob_range(&blob.digest, (from, to.saturating_sub(1))).await {
            Err(error) if error.status == Some(RANGE_NOT_SATISFIABLE) => return Ok(None),
            Err(error) if error.code != code::INVALID_RESPONSE => return Err(error),
            Ok(pull) if !pull.is_cut() => pull,
            _ => {
                repo.api.capabilities.ignores_ranges.set(true);
                return Ok(None);
            }
        };
        pull.enforce_min_rate();
        let mut bytes = Vec::new();
        while let Some(chunk) = pull.next().await? {
            self.tell(chunk.len());
            chunk.append_to(&mut bytes);
        }
        Ok(Some(bytes))
    }
}
