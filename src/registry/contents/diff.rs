//! Comparing an image with another, and a layer with those below it.

use crate::layer::diff::{Difference, Upper, diff, diff_upper};
use crate::layer::filesystem::Tree;
use crate::protocol::oci::config_changes::{ConfigChange, config_changes};
use crate::registry::contents::Contents;
use crate::registry::image::layer::ImageLayer;
use crate::transport::{Host, Result};

/// How two images are compared.
#[derive(Debug, Clone, Copy, Default)]
pub struct Comparison {
    /// Modification times count for nothing.
    pub ignore_times: bool,
    /// The layers that both share are read too: only then is it known what the one has added or removed.
    pub is_exact: bool,
}

/// The differences between two images.
pub struct ImageDiff {
    /// How many layers both have, from the base on.
    pub shared: usize,
    /// The fields of the configs that differ.
    pub config: Vec<ConfigChange>,
    /// The files that differ, by path.
    pub files: Vec<Difference>,
}

impl<H: Host> Contents<H> {
    /// Compares the file system with a layer to the one without it. Content is compared by its hash.
    ///
    /// # Errors
    ///
    /// Those of [`Contents::tree`].
    pub async fn changes(&self, layer: usize, ignore_times: bool) -> Result<Vec<Difference>> {
        let mut tree = Tree::default();
        let mut before = Tree::default();
        for (position, listing) in self.listings(0..layer + 1, true).await?.into_iter().enumerate() {
            if position == layer {
                before = tree.clone();
            }
            tree.apply(listing.entries().to_vec())?;
        }
        Ok(diff(&before, &tree, ignore_times))
    }

    /// Compares the image with another.
    ///
    /// # Errors
    ///
    /// Those of [`Contents::tree`] and [`crate::registry::Image::json`].
    pub async fn diff(&self, other: &Self, comparison: Comparison) -> Result<ImageDiff> {
        let (one, two) = (self.image.json(&self.call).await?, other.image.json(&self.call).await?);
        let config = config_changes(&one, &two)?;
        let shared = self.shared_with(other);
        let (ones, twos) = (self.image.layers().len(), other.image.layers().len());
        let Comparison { ignore_times, is_exact } = comparison;
        if shared == ones && shared == twos {
            return Ok(ImageDiff { shared, config, files: Vec::new() });
        }
        let first = if is_exact { 0 } else { shared };
        let (one, two) = (self.upper(first, ones).await?, other.upper(first, twos).await?);
        let files = match first {
            0 => diff(&one.tree, &two.tree, ignore_times),
            _ => diff_upper(&one, &two, ignore_times),
        };
        Ok(ImageDiff { shared, config, files })
    }

    /// How many layers both images have, from the base on.
    pub fn shared_with(&self, other: &Self) -> usize {
        let is_same = |(one, two): &(&ImageLayer, &ImageLayer)| match (one, two) {
            (ImageLayer::Blob(one), ImageLayer::Blob(two)) => one.digest == two.digest,
            (ImageLayer::V1(one), ImageLayer::V1(two)) => one.id == two.id,
            _ => false,
        };
        self.image.layers().iter().zip(other.image.layers()).take_while(is_same).count()
    }

    /// Reads the layers from one position up to another.
    async fn upper(&self, first: usize, end: usize) -> Result<Upper> {
        let listings = self.listings(first..end, true).await?;
        Ok(Upper::new(first, listings.iter().map(|listing| listing.entries().to_vec()))?)
    }
}
