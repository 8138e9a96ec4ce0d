//! What a repository holds, as far as it can be known: a registry lists tags, and of manifests without one only those that
//! another names or the referrers API tells.

use std::collections::{BTreeMap, BTreeSet};

use crate::protocol::digest::{Algorithm, Digest};

/// A tag.
#[derive(Debug, Clone)]
pub struct TagEntry {
    /// The tag.
    pub tag: String,
    /// What it points to.
    pub digest: Option<Digest>,
    /// When that was made; milliseconds since 1970.
    pub created: Option<u64>,
    /// Bytes of its layers, compressed.
    pub size: Option<u64>,
    /// Why it cannot be read.
    pub problem: Option<String>,
}

/// A manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Its media type.
    pub media_type: String,
    /// Its own bytes.
    pub size: u64,
    /// Config and layers, with their sizes.
    pub blobs: Vec<(Digest, u64)>,
    /// Entries of an index.
    pub children: Vec<Digest>,
    /// What it refers to.
    pub subject: Option<Digest>,
}

/// A repository's content.
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    /// Its tags.
    pub tags: Vec<TagEntry>,
    /// Its manifests.
    pub manifests: BTreeMap<Digest, Known>,
    /// What is named somewhere and not there.
    pub missing: BTreeSet<Digest>,
    /// What is there and cannot be read (schema 1, say): whatever it needs is not known.
    pub unreadable: Option<String>,
}

impl TagEntry {
    /// The digest that a tag by its name belongs to: `sha256-<hex>` of the referrers tag schema (distribution-spec v1.1.1,
    /// "Referrers Tag Schema"), `sha256-<hex>.sig` and the like of cosign.
    pub fn belongs_to(&self) -> Option<Digest> {
        let (name, rest) = self.tag.split_once('-')?;
        let algorithm = [Algorithm::Sha256, Algorithm::Sha512].into_iter().find(|known| known.as_str() == name)?;
        // A longer digest is cut to what a tag may hold, and cannot be told from it.
        let (hex, ending) = rest.split_at_checked(algorithm.hex_len())?;
        if !(ending.is_empty() || ending.starts_with('.')) {
            return None;
        }
        Digest::parse(&format!("{name}:{hex}")).ok()
    }
}

impl Inventory {
    /// All that these need: what an index lists, what a referrer refers to, and who refers to any of them.
    pub fn needed_by<'a>(&'a self, roots: impl IntoIterator<Item = &'a Digest>) -> BTreeSet<&'a Digest> {
        let mut referrers: BTreeMap<&Digest, Vec<&Digest>> = BTreeMap::new();
        for (digest, known) in &self.manifests {
            if let Some(subject) = &known.subject {
                referrers.entry(subject).or_default().push(digest);
            }
        }
        let mut belonging: BTreeMap<Digest, Vec<&Digest>> = BTreeMap::new();
        for tag in &self.tags {
            if let (Some(subject), Some(digest)) = (tag.belongs_to(), &tag.digest) {
                belonging.entry(subject).or_default().push(digest);
            }
        }
        let mut needed = BTreeSet::new();
        let mut pending: Vec<&Digest> = roots.into_iter().collect();
        while let Some(digest) = pending.pop() {
            if !needed.insert(digest) {
                continue;
            }
            pending.extend(referrers.get(digest).into_iter().flatten());
            pending.extend(belonging.get(digest).into_iter().flatten());
            if let Some(known) = self.manifests.get(digest) {
                pending.extend(&known.children);
                pending.extend(&known.subject);
            }
        }
        needed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_that_belong_to_a_digest() {
        let hex = "a1".repeat(32);
        let belongs = |tag: &str| {
            let tag = tag.to_owned();
            TagEntry { tag, digest: None, created: None, size: None, problem: None }.belongs_to()
        };
        let digest = Digest::parse(&format!("sha256:{hex}")).ok();
        for tag in [format!("sha256-{hex}"), format!("sha256-{hex}.sig"), format!("sha256-{hex}.att")] {
            assert_eq!(belongs(&tag), digest, "{tag}");
        }
        for tag in [format!("sha256-{hex}a"), format!("sha1-{hex}"), "sha256-abc".into(), "latest".into(), "1-2".into()]
        {
            assert_eq!(belongs(&tag), None, "{tag}");
        }
    }
}
