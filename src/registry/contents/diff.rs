//! What differs between two images, and what a layer changes.

use crate::layer::diff::{Difference, Upper, diff, diff_upper};
use crate::layer::filesystem::Tree;
use crate::protocol::invalid::Invalid;
use crate::protocol::json;
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

/// What differs between two images.
pub struct ImageDiff {
    /// How many layers both have, from the base on.
    pub shared: usize,
    /// The fields of the configs that differ.
    pub config: Vec<ConfigChange>,
    /// The files that differ, by path.
    pub files: Vec<Difference>,
}

/// A field of the config that differs.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigChange {
    /// Its name; fields within each other are separated by a dot.
    pub field: String,
    /// Its JSON in the first config.
    pub before: Option<String>,
    /// Its JSON in the second.
    pub after: Option<String>,
}

impl<H: Host> Contents<H> {
    /// Returns what a layer changes of those below it. Content is compared by its hash.
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

/// Compares two configs. What is in `rootfs` and `history` is told of the layers.
fn config_changes(before: &[u8], after: &[u8]) -> Result<Vec<ConfigChange>> {
    let (before, after) = (fields(before)?, fields(after)?);
    let mut names: Vec<&String> = before.iter().chain(&after).map(|(name, _)| name).collect();
    names.sort();
    names.dedup();
    let get = |fields: &[(String, String)], name: &String| {
        fields.iter().rev().find(|(field, _)| field == name).map(|(_, value)| value.clone())
    };
    let changes = names.into_iter().map(|name| {
        let (before, after) = (get(&before, name), get(&after, name));
        ConfigChange { field: name.clone(), before, after }
    });
    Ok(changes.filter(|change| change.before != change.after).collect())
}

/// The fields of a config, those within objects too, each with its JSON.
fn fields(config: &[u8]) -> Result<Vec<(String, String)>> {
    let refusal = |error: String| Invalid::response(json::complete("image config", &error));
    let mut found = Vec::new();
    let text = json::text(config).map_err(refusal)?;
    let mut objects = vec![(String::new(), text)];
    while let Some((place, object)) = objects.pop() {
        json::each_member(object, &mut |name, value| {
            if place.is_empty() && matches!(name, "rootfs" | "history") {
                return Ok(());
            }
            let path = if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
            match value.starts_with('{') {
                true => objects.push((path, value)),
                false => found.push((path, without_blanks(value))),
            }
            Ok(())
        })
        .map_err(refusal)?;
    }
    Ok(found)
}

/// JSON without blanks between its tokens.
fn without_blanks(json: &str) -> String {
    let mut is_text = false;
    let mut is_escaped = false;
    let keep = |character: &char| {
        match character {
            '"' if !is_escaped => is_text = !is_text,
            _ => {}
        }
        is_escaped = is_text && !is_escaped && *character == '\\';
        is_text || !character.is_ascii_whitespace()
    };
    json.chars().filter(keep).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_configs() {
        let before = br#"{"os":"linux","config":{"Env":["A=1", "B=\" 2"],"Labels":{"a":"1","b":"2"},"User":""},"rootfs":{"x":1}}"#;
        let after =
            br#"{"os":"linux","config":{"Env":["A=1","B=\" 2" ],"Labels":{"a":"1","c":"3"},"User":"me"},"rootfs":{}}"#;
        let change = |field: &str, before: Option<&str>, after: Option<&str>| ConfigChange {
            field: field.to_owned(),
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
        };
        assert_eq!(
            config_changes(before, after).unwrap(),
            [
                change("config.Labels.b", Some("\"2\""), None),
                change("config.Labels.c", None, Some("\"3\"")),
                change("config.User", Some("\"\""), Some("\"me\"")),
            ]
        );
        assert!(config_changes(b"[]", b"{}").is_err());
    }
}
