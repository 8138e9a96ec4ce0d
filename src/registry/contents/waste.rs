//! The bytes that an image stores although nobody can see them, and the steps of its build that are to blame.

use crate::layer::dive::{Score, score};
use crate::layer::tar::{Entry, Kind};
use crate::layer::waste::{Waste, waste};
use crate::protocol::code;
use crate::registry::contents::Contents;
use crate::registry::contents::listing::Need;
use crate::registry::image::Image;
use crate::registry::image::layer::HistoryStep;
use crate::transport::{Error, Host, Result};

/// The waste of an image.
pub struct ImageWaste {
    /// The bytes of all layers.
    pub all: Waste,
    /// The same without the waste of the base image, if there is one.
    pub own: Option<Waste>,
    /// Each layer, base first.
    pub layers: Vec<LayerWaste>,
    /// dive's numbers.
    pub dive: Score,
}

/// The base image, whose own waste is left out.
pub enum Base<H: Host> {
    /// So many layers.
    Layers(usize),
    /// All layers of this image, which has to be below the other.
    Image(Image<H>),
}

/// A layer's part in it, in bytes of files without compression.
#[derive(Debug, Clone, Default)]
pub struct LayerWaste {
    /// The command that made it, if the config tells.
    pub created_by: Option<String>,
    /// Bytes that it stores.
    pub stored: u64,
    /// Bytes of those that later layers hide.
    pub hidden: u64,
    /// Bytes of lower layers that it hides.
    pub hides: u64,
}

impl<H: Host> Contents<H> {
    /// Checks a base image, and returns how many layers it has.
    ///
    /// # Errors
    ///
    /// `INVALID_ARGUMENT` when the image is not built on it.
    pub fn base(&self, base: Base<H>) -> Result<usize> {
        let count = self.image.layers().len();
        let (layers, shared) = match base {
            Base::Layers(layers) => (layers, count),
            Base::Image(image) => {
                let base = Self { image, ..self.clone() };
                (base.image.layers().len(), self.shared_with(&base))
            }
        };
        if layers <= shared {
            return Ok(layers);
        }
        let message =
            format!("options.base: it has {layers} layers, and of those the image has only the first {shared}");
        Err(Error::new(code::INVALID_ARGUMENT, message))
    }

    /// Finds the bytes that layers hide of each other. The first `base` layers are a base image's.
    ///
    /// # Errors
    ///
    /// Those of [`Contents::tree`].
    pub async fn waste(&self, base: usize) -> Result<ImageWaste> {
        let listings = self.listings(0..self.image.layers().len(), Need::Entries).await?;
        let entries = || listings.iter().map(|listing| listing.entries().to_vec()).collect::<Vec<_>>();
        let all = waste(entries(), 0)?;
        let own = if base > 0 { Some(waste(entries(), base)?) } else { None };
        let dive = score(entries())?;
        let stored = |entry: &Entry| if entry.kind == Kind::File { entry.stored } else { 0 };
        let stored = |entries: &[Entry]| entries.iter().map(stored).fold(0, u64::saturating_add);
        let mut layers: Vec<_> = listings
            .iter()
            .map(|listing| LayerWaste { stored: stored(listing.entries()), ..LayerWaste::default() })
            .collect();
        for file in &all.files {
            if let Some(layer) = layers.get_mut(file.layer) {
                layer.hidden = layer.hidden.saturating_add(file.size);
            }
            if let Some(layer) = layers.get_mut(file.by) {
                layer.hides = layer.hides.saturating_add(file.size);
            }
        }
        for (layer, created_by) in layers.iter_mut().zip(self.commands().await) {
            layer.created_by = created_by;
        }
        Ok(ImageWaste { all, own, layers, dive })
    }

    /// The commands that made the layers, base first; none of an artifact.
    async fn commands(&self) -> impl Iterator<Item = Option<String>> {
        let steps = self.image.history().await.unwrap_or_default();
        steps.into_iter().filter(|step| !step.empty_layer).map(|step: HistoryStep| step.created_by)
    }
}
