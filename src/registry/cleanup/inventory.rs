//! What a repository holds, as far as it can be known: a registry lists tags, and of manifests without one only those that
//! another names or the referrers API tells.

use crate::protocol::oci::digest::{Algorithm, Digest};
use crate::registry::ids::{Ids, Marks};

/// Bytes that an inventory may take in memory, about: a registry decides how much there is to know.
const WEIGHT_LIMIT: usize = if cfg!(test) { 256 } else { 256 * 1024 } * 1024;
/// What a manifest and a blob take of it, with their digests, and what naming one takes.
const MANIFEST_WEIGHT: usize = 512;
const BLOB_WEIGHT: usize = 160;
const NAME_WEIGHT: usize = 8;

/// A tag.
#[derive(Debug, Clone, Default)]
pub struct TagEntry {
    /// The tag.
    pub tag: String,
    /// What it points to; `None` where it is listed and nothing is there, or where it cannot be read.
    pub digest: Option<Digest>,
    /// When that was uploaded, else made, as far as the date is credible; milliseconds since 1970.
    pub created: Option<u64>,
    /// Bytes of its layers, compressed.
    pub size: Option<u64>,
    /// Why its age and size cannot be read, though it can.
    pub undescribed: Option<String>,
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
    /// Blobs, with their sizes, and whatever else it may need, without one.
    pub blobs: Vec<(Digest, u64)>,
    /// Entries of an index that are manifests.
    pub children: Vec<Digest>,
    /// Entries of an index that are manifests or blobs, with their sizes.
    pub either: Vec<(Digest, u64)>,
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
    /// Blobs, by their own numbers.
    pub blobs: Vec<usize>,
    /// Entries of an index.
    pub children: Vec<usize>,
    /// What it refers to.
    pub subject: Option<usize>,
    /// Whether it may be a blob instead.
    pub may_be_blob: bool,
    /// Why it has to stay, whatever the policy says.
    pub problem: Option<String>,
}

/// A repository's content.
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    /// Its tags, by name.
    pub tags: Vec<TagEntry>,
    /// What is named somewhere, by number.
    pub manifests: Vec<Known>,
    ids: Ids,
    /// The sizes of blobs, by number.
    pub blobs: Vec<u64>,
    blob_ids: Ids,
    /// Manifests that were named and not looked at yet.
    pending: Vec<usize>,
    weight: usize,
    /// What is there and cannot be read, and why: whatever it needs is not known.
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
            self.weight += MANIFEST_WEIGHT;
            self.pending.push(id);
            self.manifests.push(Known {
                digest: digest.clone(),
                state: State::Named,
                media_type: String::new(),
                size: 0,
                blobs: Vec::new(),
                children: Vec::new(),
                subject: None,
                may_be_blob: false,
                problem: None,
            });
        }
        id
    }

    fn blob(&mut self, digest: &Digest, size: u64) -> usize {
        let id = self.blob_ids.of(digest.as_str());
        match self.blobs.get_mut(id) {
            // Whoever only mentions it does not tell its size.
            Some(known) => *known = size.max(*known),
            None => {
                self.weight += BLOB_WEIGHT;
                self.blobs.push(size);
            }
        }
        id
    }

    /// What was found under a digest; `None`: nothing.
    pub fn add(&mut self, digest: &Digest, content: Option<Content>) {
        let id = self.name(digest);
        let Some(content) = content else {
            if let Some(known) = self.manifests.get_mut(id) {
                known.state = State::Missing;
            }
            return;
        };
        let count = content.blobs.len() + content.children.len() + content.either.len();
        if self.weight.saturating_add(count * NAME_WEIGHT) > WEIGHT_LIMIT {
            self.weight = WEIGHT_LIMIT + 1;
            return self.hold(id, "there is more in the repository than is kept track of".into());
        }
        self.weight += count * NAME_WEIGHT;
        let children = content.children.iter().map(|child| self.name(child));
        let mut children: Vec<usize> = children.collect();
        let mut blobs: Vec<usize> = content.blobs.iter().map(|(blob, size)| self.blob(blob, *size)).collect();
        for (entry, size) in &content.either {
            let child = self.name(entry);
            if let Some(known) = self.manifests.get_mut(child).filter(|known| known.state == State::Named) {
                known.may_be_blob = true;
            }
            children.push(child);
            blobs.push(self.blob(entry, *size));
        }
        let subject = content.subject.as_ref().map(|subject| self.name(subject));
        if let Some(known) = self.manifests.get_mut(id) {
            let Content { media_type, size, .. } = content;
            *known = Known { state: State::There, media_type, size, blobs, children, subject, ..known.clone() };
        }
    }

    /// A manifest that is there and cannot be read, so that whatever is there may be needed by it.
    pub fn hold(&mut self, id: usize, problem: String) {
        if let Some(known) = self.manifests.get_mut(id) {
            let what = format!("{} cannot be read ({problem})", known.digest);
            self.unreadable.get_or_insert(what);
            known.state = State::There;
            known.problem = Some(format!("it cannot be read: {problem}"));
        }
    }

    /// What was named and is still to be looked at, by number.
    pub fn take_pending(&mut self) -> Vec<usize> {
        let mut pending = std::mem::take(&mut self.pending);
        pending.retain(|id| self.state(*id) == Some(State::Named));
        pending
    }

    /// Whether there is room for more.
    pub fn is_full(&self) -> bool {
        self.weight > WEIGHT_LIMIT
    }

    /// Why a manifest has to stay.
    pub fn problem(&self, id: usize) -> Option<&str> {
        self.manifests.get(id)?.problem.as_deref()
    }

    /// A manifest's state.
    pub fn state(&self, id: usize) -> Option<State> {
        self.manifests.get(id).map(|known| known.state)
    }

    /// The manifest that a tag points to.
    pub fn target(&self, tag: &TagEntry) -> Option<usize> {
        self.id(tag.digest.as_ref()?)
    }

    /// The number of the blob that a manifest was taken for.
    pub fn blob_of(&self, known: &Known) -> Option<usize> {
        self.blob_ids.get(known.digest.as_str())
    }

    /// All that these need: what an index lists, what a referrer refers to, and who refers to any of them.
    pub fn needed_by(&self, roots: Vec<usize>) -> Marks {
        let mut referrers: Vec<Vec<usize>> = vec![Vec::new(); self.manifests.len()];
        let mut refers = |subject: Option<usize>, id: Option<usize>| {
            if let Some(referrers) = subject.and_then(|subject| referrers.get_mut(subject)) {
                referrers.extend(id);
            }
        };
        let mut manifest_of: Vec<Option<usize>> = vec![None; self.blobs.len()];
        for (id, known) in self.manifests.iter().enumerate() {
            refers(known.subject, Some(id));
            let blob = self.blob_ids.get(known.digest.as_str()).and_then(|blob| manifest_of.get_mut(blob));
            blob.into_iter().for_each(|slot| *slot = Some(id));
        }
        for tag in &self.tags {
            refers(tag.belongs_to().and_then(|subject| self.id(&subject)), self.target(tag));
        }
        let mut needed = Marks::default();
        let mut pending = roots;
        while let Some(id) = pending.pop() {
            if needed.add(id) {
                pending.extend(referrers.get(id).into_iter().flatten());
                let Some(known) = self.manifests.get(id) else { continue };
                pending.extend(known.children.iter().chain(&known.subject));
                // A manifest that something calls a blob, or only mentions, is needed all the same.
                pending.extend(known.blobs.iter().filter_map(|blob| manifest_of.get(*blob).copied().flatten()));
            }
        }
        needed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A registry decides how much there is to know; what is too much is kept, and so is all else.
    #[test]
    fn memory_is_bounded() {
        let digest = |number: usize| Digest::of(Algorithm::Sha256, &number.to_le_bytes());
        let mut inventory = Inventory::default();
        for number in 0..100 {
            let blobs = (0..100).map(|blob| (digest(1000 * number + blob), 1)).collect();
            inventory.add(&digest(1_000_000 + number), Some(Content { blobs, ..Content::default() }));
        }
        assert!(inventory.is_full() && inventory.blobs.len() < 2000, "{}", inventory.blobs.len());
        assert_eq!(inventory.manifests.len(), 100);
        let unreadable = inventory.unreadable.clone().unwrap_or_default();
        assert!(unreadable.contains("cannot be read (there is more"), "{unreadable}");
        let held = (0..100).filter(|id| inventory.problem(*id).is_some()).count();
        assert!((50..100).contains(&held), "{held}");
    }

    #[test]
    fn tags_that_belong_to_a_digest() {
        let hex = "a1".repeat(32);
        let entry = |tag: &str| TagEntry { tag: tag.to_owned(), ..TagEntry::default() };
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
