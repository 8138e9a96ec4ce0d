//! Comparing an image with another, and a layer with those below it.

use crate::layer::diff::{Difference, Upper, diff, diff_upper};
use crate::layer::filesystem::Tree;
use crate::protocol::oci::config_changes::{ConfigChange, config_changes};
use crate::registry::contents::Contents;
use crate::registry::contents::listing::Need;
use crate::registry::contents::package_changes::{PackageChange, package_changes};
use crate::registry::image::layer::ImageLayer;
use crate::transport::{Host, Result};

/// How two images are compared.
#[derive(Debug, Clone, Copy, Default)]
pub struct Comparison {
    /// Modification times count for nothing.
    pub ignore_times: bool,
    /// The layers that both share are read too: only then is it known what the one has added or removed.
    pub is_exact: bool,
    /// The packages are compared, too, for which all layers are read.
    pub has_packages: bool,
}

/// The differences between two images.
pub struct ImageDiff {
    /// How many layers both have, from the base on.
    pub shared: usize,
    /// The fields of the configs that differ.
    pub config: Vec<ConfigChange>,
    /// The files that differ, by path.
    pub files: Vec<Difference>,
    /// The packages that differ, by name, if they are compared.
    pub packages: Option<Vec<PackageChange>>,
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
        for (position, listing) in self.listings(0..layer + 1, Need::Hashes).await?.into_iter().enumerate() {
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
    /// Those of [`Contents::tree`], [`Contents::packages`] and [`crate::registry::Image::json`].
    pub async fn diff(&self, other: &Self, comparison: Comparison) -> Result<ImageDiff> {
        let (one, two) = (self.image.json(&self.call).await?, other.image.json(&self.call).await?);
        let config = config_changes(&one, &two)?;
        let shared = self.shared_with(other);
        let (ones, twos) = (self.image.layers().len(), other.image.layers().len());
        let Comparison { ignore_times, is_exact, has_packages } = comparison;
        let is_same = shared == ones && shared == twos;
        let packages = match (has_packages, is_same) {
            (false, _) => None,
            (true, true) => Some(Vec::new()),
            (true, false) => {
                // One after the other: the second one finds the shared layers listed.
                let one = self.packages_with(Need::Hashes).await?;
                let two = other.packages_with(Need::Hashes).await?;
                Some(package_changes(&one.packages, &two.packages))
            }
        };
        if is_same {
            return Ok(ImageDiff { shared, config, files: Vec::new(), packages });
        }
        let first = if is_exact { 0 } else { shared };
        let (one, two) = (self.upper(first, ones).await?, other.upper(first, twos).await?);
        let files = match first {
            0 => diff(&one.tree, &two.tree, ignore_times),
            _ => diff_upper(&one, &two, ignore_times),
        };
        Ok(ImageDiff { shared, config, files, packages })
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
        let listings = self.listings(first..end, Need::Hashes).await?;
        Ok(Upper::new(first, listings.iter().map(|listing| listing.entries().to_vec()))?)
    }
}
