//! What a repository holds, as far as it can be known: a registry lists tags, and of manifests without one only those that
//! another names or the referrers API tells.

use crate::protocol::digest::{Algorithm, Digest};
use crate::registry::ids::{Ids, Marks};

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

/// Whether a manifest is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It was named.
    Named,
    /// It is not.
    Missing,
    /// It is.
    There,
}

/// What a manifest says.
#[derive(Debug, Clone, Default)]
pub struct Content {
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

/// A manifest. Others are named by their number.
#[derive(Debug, Clone)]
pub struct Known {
    /// Its digest.
    pub digest: Digest,
    /// Whether it is there.
    pub state: State,
    /// Its media type.
    pub media_type: String,
    /// Its own bytes.
    pub size: u64,
    /// Config and layers, with their sizes.
    pub blobs: Vec<(Digest, u64)>,
    /// Entries of an index.
    pub children: Vec<usize>,
    /// What it refers to.
    pub subject: Option<usize>,
}

/// A repository's content.
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    /// Its tags, by name.
    pub tags: Vec<TagEntry>,
    /// What is named somewhere, by number.
    pub manifests: Vec<Known>,
    ids: Ids,
    /// What is there and cannot be read (an unsigned schema 1, say): whatever it needs is not known.
    pub unreadable: Option<String>,
}

impl TagEntry {
    /// The digest that a tag by its name belongs to: `sha256-<hex>` of the referrers tag schema (distribution-spec v1.1.1,
    /// "Referrers Tag Schema"), `sha256-<hex>.sig` and the like of cosign.
    pub fn belongs_to(&self) -> Option<Digest> {
        let rest = self.tag.strip_prefix("sha256-")?;
        let (hex, ending) = rest.split_at_checked(Algorithm::Sha256.hex_len())?;
        if !(ending.is_empty() || ending.starts_with('.')) {
            return None;
        }
        Digest::parse(&format!("sha256:{hex}")).ok()
    }

    /// Whether the tag belongs to a sha512 digest, of which the referrers tag schema has the first half only.
    pub fn is_of_cut_digest(&self) -> bool {
        let half = self.tag.strip_prefix("sha512-").and_then(|rest| rest.get(..64));
        half.is_some_and(|half| half.bytes().all(|byte| byte.is_ascii_hexdigit()))
    }
}

impl Inventory {
    /// A digest's number.
    pub fn id(&self, digest: &Digest) -> Option<usize> {
        self.ids.get(digest.as_str())
    }

    /// A digest's number; it is now named at least.
    pub fn name(&mut self, digest: &Digest) -> usize {
        let id = self.ids.of(digest.as_str());
        if id == self.manifests.len() {
            self.manifests.push(Known {
                digest: digest.clone(),
                state: State::Named,
                media_type: String::new(),
                size: 0,
                blobs: Vec::new(),
                children: Vec::new(),
                subject: None,
            });
        }
        id
    }

    /// What was found under a digest.
    pub fn add(&mut self, digest: &Digest, content: Option<Content>) {
        let id = self.name(digest);
        let (state, content) = match content {
            Some(content) => (State::There, content),
            None => (State::Missing, Content::default()),
        };
        let children = content.children.iter().map(|child| self.name(child)).collect();
        let subject = content.subject.as_ref().map(|subject| self.name(subject));
        if let Some(known) = self.manifests.get_mut(id) {
            let Content { media_type, size, blobs, .. } = content;
            *known = Known { digest: digest.clone(), state, media_type, size, blobs, children, subject };
        }
    }

    /// A manifest's state.
    pub fn state(&self, id: usize) -> Option<State> {
        self.manifests.get(id).map(|known| known.state)
    }

    /// The manifest that a tag points to.
    pub fn target(&self, tag: &TagEntry) -> Option<usize> {
        self.id(tag.digest.as_ref()?)
    }

    /// All that these need: what an index lists, what a referrer refers to, and who refers to any of them.
    pub fn needed_by(&self, roots: Vec<usize>) -> Marks {
        let mut referrers: Vec<Vec<usize>> = vec![Vec::new(); self.manifests.len()];
        let mut refers = |subject: Option<usize>, id: Option<usize>| {
            if let Some(referrers) = subject.and_then(|subject| referrers.get_mut(subject)) {
                referrers.extend(id);
            }
        };
        for (id, known) in self.manifests.iter().enumerate() {
            refers(known.subject, Some(id));
        }
        for tag in &self.tags {
            refers(tag.belongs_to().and_then(|subject| self.id(&subject)), self.target(tag));
        }
        let mut needed = Marks::default();
        let mut pending = roots;
        while let Some(id) = pending.pop() {
            if needed.add(id) {
                pending.extend(referrers.get(id).into_iter().flatten());
                let known = self.manifests.get(id);
                pending.extend(known.into_iter().flat_map(|known| known.children.iter().chain(&known.subject)));
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
        let entry = |tag: &str| {
            let tag = tag.to_owned();
            TagEntry { tag, digest: None, created: None, size: None, problem: None }
        };
        let digest = Digest::parse(&format!("sha256:{hex}")).ok();
        for tag in [format!("sha256-{hex}"), format!("sha256-{hex}.sig"), format!("sha256-{hex}.att")] {
            assert_eq!(entry(&tag).belongs_to(), digest, "{tag}");
        }
        for tag in
            [format!("sha256-{hex}a"), format!("sha512-{hex}"), "sha256-abc".into(), "latest".into(), "1-2".into()]
        {
            assert_eq!(entry(&tag).belongs_to(), None, "{tag}");
            assert_eq!(entry(&tag).is_of_cut_digest(), tag.starts_with("sha512"), "{tag}");
        }
    }
}
