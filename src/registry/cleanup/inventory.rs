//! The content of a repository, as far as it can be known: a registry lists its tags, but manifests without a tag
//! only if another one refers to them or the referrers API lists them.

use crate::protocol::oci::digest::{Algorithm, Digest};
use crate::registry::ids::{Ids, Marks};

/// Approximate memory limit of an inventory, whose size the registry determines.
const WEIGHT_LIMIT: usize = if cfg!(test) { 256 } else { 256 * 1024 } * 1024;
/// Approximate memory of a manifest and a blob with their digests, and of a reference to one.
const MANIFEST_WEIGHT: usize = 512;
const BLOB_WEIGHT: usize = 160;
const NAME_WEIGHT: usize = 8;

/// A tag of an inventory.
#[derive(Debug, Clone, Default)]
pub struct TagEntry {
    /// Name of the tag.
    pub tag: String,
    /// The digest that it points to; `None` if it has no manifest or cannot be read.
    pub digest: Option<Digest>,
    /// Time of the upload, else of creation, if it is credible; milliseconds since 1970.
    pub created: Option<u64>,
    /// Compressed bytes of its layers.
    pub size: Option<u64>,
    /// The reason that its age and size cannot be read although the manifest can.
    pub undescribed: Option<String>,
    /// The reason that it cannot be read.
    pub problem: Option<String>,
}

/// The state of a manifest in an inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It was referred to, but not read.
    Named,
    /// It does not exist.
    Missing,
    /// It exists.
    There,
}

/// The content of a manifest.
#[derive(Debug, Clone, Default)]
pub struct Content {
    /// Media type of the manifest.
    pub media_type: String,
    /// Size of the manifest itself in bytes.
    pub size: u64,
    /// Blobs with their sizes, and other digests that it may need, with size 0.
    pub blobs: Vec<(Digest, u64)>,
    /// Entries of an index that are manifests.
    pub children: Vec<Digest>,
    /// Entries of an index that are manifests or blobs, with their sizes.
    pub either: Vec<(Digest, u64)>,
    /// The subject that it refers to.
    pub subject: Option<Digest>,
}

/// A manifest of an inventory. Other manifests are referred to by number.
#[derive(Debug, Clone)]
pub struct Known {
    /// Digest of the manifest.
    pub digest: Digest,
    /// State of the manifest.
    pub state: State,
    /// Media type of the manifest.
    pub media_type: String,
    /// Size of the manifest itself in bytes.
    pub size: u64,
    /// Blobs, by their own numbers.
    pub blobs: Vec<usize>,
    /// Entries of an index, by number.
    pub children: Vec<usize>,
    /// The subject that it refers to, by number.
    pub subject: Option<usize>,
    /// True if it may be a blob instead.
    pub may_be_blob: bool,
    /// The reason that it has to stay, regardless of the policy.
    pub problem: Option<String>,
}

/// The content of a repository.
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    /// The tags, sorted by name.
    pub tags: Vec<TagEntry>,
    /// The manifests that are known or referred to, by number.
    pub manifests: Vec<Known>,
    ids: Ids,
    /// Sizes of the blobs, by number.
    pub blobs: Vec<u64>,
    blob_ids: Ids,
    /// Manifests that were referred to and not read yet.
    pending: Vec<usize>,
    weight: usize,
    /// A description of the first manifest or tag that cannot be read. Its needs are unknown, so that no digest is
    /// removed.
    pub unreadable: Option<String>,
}

impl TagEntry {
    /// Returns the digest to which a tag belongs by its name: `sha256-<hex>` (distribution-spec v1.1.1, "Referrers
    /// Tag Schema"), or cosign's `sha256-<hex>.sig` and the like.
    pub fn belongs_to(&self) -> Option<Digest> {
        let rest = self.tag.strip_prefix("sha256-")?;
        let (hex, ending) = rest.split_at_checked(Algorithm::Sha256.hex_len())?;
        if !(ending.is_empty() || ending.starts_with('.')) {
            return None;
        }
        Digest::parse(&format!("sha256:{hex}")).ok()
    }

    /// Returns true if the tag belongs to a sha512 digest, which the referrers tag schema truncates to its first
    /// half.
    pub fn is_of_cut_digest(&self) -> bool {
        let half = self.tag.strip_prefix("sha512-").and_then(|rest| rest.get(..64));
        half.is_some_and(|half| half.bytes().all(|byte| byte.is_ascii_hexdigit()))
    }
}

impl Inventory {
    /// Returns the number of a digest.
    pub fn id(&self, digest: &Digest) -> Option<usize> {
        self.ids.get(digest.as_str())
    }

    /// Returns the number of a digest, and adds it as a referenced manifest if it is new.
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
            // A mere mention does not tell the size.
            Some(known) => *known = size.max(*known),
            None => {
                self.weight += BLOB_WEIGHT;
                self.blobs.push(size);
            }
        }
        id
    }

    /// Adds the content of a digest, or records with `None` that it does not exist.
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
            return self.hold(id, "the repository exceeds the memory limit".into());
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

    /// Records a manifest that exists but cannot be read, so that it may need any other.
    pub fn hold(&mut self, id: usize, problem: String) {
        if let Some(known) = self.manifests.get_mut(id) {
            let what = format!("{} cannot be read ({problem})", known.digest);
            self.unreadable.get_or_insert(what);
            known.state = State::There;
            known.problem = Some(format!("it cannot be read: {problem}"));
        }
    }

    /// Returns the manifests that were referred to and are still to be read, by number.
    pub fn take_pending(&mut self) -> Vec<usize> {
        let mut pending = std::mem::take(&mut self.pending);
        pending.retain(|id| self.state(*id) == Some(State::Named));
        pending
    }

    /// Returns true if the memory limit is exceeded.
    pub fn is_full(&self) -> bool {
        self.weight > WEIGHT_LIMIT
    }

    /// Returns the reason that a manifest has to stay.
    pub fn problem(&self, id: usize) -> Option<&str> {
        self.manifests.get(id)?.problem.as_deref()
    }

    /// Returns the state of a manifest.
    pub fn state(&self, id: usize) -> Option<State> {
        self.manifests.get(id).map(|known| known.state)
    }

    /// Returns the manifest that a tag points to.
    pub fn target(&self, tag: &TagEntry) -> Option<usize> {
        self.id(tag.digest.as_ref()?)
    }

    /// Returns the number of the blob with the digest of a manifest.
    pub fn blob_of(&self, known: &Known) -> Option<usize> {
        self.blob_ids.get(known.digest.as_str())
    }

    /// Returns everything that the roots need: entries of indexes, subjects of referrers, and the referrers of any
    /// of them.
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
                // A manifest that another one lists as a blob, or only mentions, is needed too.
                pending.extend(known.blobs.iter().filter_map(|blob| manifest_of.get(*blob).copied().flatten()));
            }
        }
        needed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The limit holds for any repository. What exceeds it is kept, and so is everything else.
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
        assert!(unreadable.contains("cannot be read (the repository exceeds"), "{unreadable}");
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
