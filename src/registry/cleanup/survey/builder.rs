//! Reading a tag, a manifest or its referrers into an inventory.

use std::cell::RefCell;
use std::rc::Rc;

use crate::protocol::code;
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::listing::Told;
use crate::protocol::oci::reference::{Reference, Tag};
use crate::protocol::text::timestamp;
use crate::registry::cleanup::inventory::{Content, Inventory, State, TagEntry};
use crate::registry::cleanup::survey::gather::{Details, Gatherer};
use crate::registry::ids::Ids;
use crate::registry::manifest::get::FetchedManifest;
use crate::registry::tag::data::TagData;
use crate::transport::{Host, Result};

/// One pass over a repository.
pub(in crate::registry::cleanup) struct InventoryBuilder<'a, H: Host> {
    gatherer: &'a Gatherer<H>,
    inventory: RefCell<&'a mut Inventory>,
    /// Indexed by the manifest's number.
    details: RefCell<Vec<Option<ImageDetails>>>,
    /// Upload times of digests, as the listing reported them.
    uploaded_ids: RefCell<Ids>,
    uploaded: RefCell<Vec<u64>>,
    now: u64,
}

/// The creation time and size of an image.
#[derive(Clone, Default)]
struct ImageDetails {
    created: Option<u64>,
    size: Option<u64>,
    /// The reason that neither can be read.
    problem: Option<String>,
}

impl<'a, H: Host> InventoryBuilder<'a, H> {
    pub(in crate::registry::cleanup) fn new(gatherer: &'a Gatherer<H>, inventory: &'a mut Inventory) -> Self {
        let now = gatherer.repo.api.host().unix_ms();
        let (details, uploaded_ids, uploaded) = Default::default();
        Self { gatherer, inventory: RefCell::new(inventory), details, uploaded_ids, uploaded, now }
    }

    pub(in crate::registry::cleanup) fn take_pending(&self) -> Vec<usize> {
        self.inventory.borrow_mut().take_pending()
    }

    /// Records the upload times that a listing reports along with its tags.
    pub(in crate::registry::cleanup) fn learn(&self, told: Vec<Told>) {
        let (mut ids, mut dates) = (self.uploaded_ids.borrow_mut(), self.uploaded.borrow_mut());
        for Told { digest, uploaded, .. } in told {
            let Some(date) = uploaded.and_then(|date| timestamp::credible(date, self.now)) else { continue };
            if ids.of(digest.as_str()) == dates.len() {
                dates.push(date);
            }
        }
    }

    pub(in crate::registry::cleanup) async fn tag(&self, tag: &str) -> TagEntry {
        let mut entry = TagEntry { tag: tag.to_owned(), ..TagEntry::default() };
        if self.gatherer.is_stopped() {
            return entry;
        }
        let observed = match Tag::parse(tag) {
            Ok(tag) => self.gatherer.observe(&Reference::Tag(tag)).await,
            // The tag is listed, but its name is invalid and cannot be requested.
            Err(invalid) => Err(invalid.into()),
        };
        match observed {
            Ok(Some(fetched)) => {
                entry.digest = Some(fetched.digest.clone());
                self.add(&fetched).await;
                self.describe(tag, &fetched).await;
            }
            Ok(None) => {}
            Err(error) => {
                let why = self.gatherer.excuse(error);
                let mut inventory = self.inventory.borrow_mut();
                inventory.unreadable.get_or_insert_with(|| format!("the tag {tag} cannot be read ({why})"));
                entry.problem = Some(format!("it cannot be read: {why}"));
            }
        }
        if entry.problem.is_none() && entry.is_of_cut_digest() {
            entry.problem = Some("it belongs to a digest that its name truncates".into());
        }
        entry
    }

    /// Reads the details of an image, once.
    async fn describe(&self, tag: &str, fetched: &Rc<FetchedManifest>) {
        let Some(id) = self.inventory.borrow().id(&fetched.digest) else { return };
        if !self.begins(id) {
            return;
        }
        let put = |details: ImageDetails| {
            self.details.borrow_mut().get_mut(id).into_iter().for_each(|slot| *slot = Some(details.clone()));
        };
        match self.details_of(tag, fetched).await {
            Ok(details) => put(details),
            // The config may be missing or malformed; then the age is unknown.
            Err(error) => put(ImageDetails { problem: Some(self.gatherer.excuse(error)), ..ImageDetails::default() }),
        }
    }

    async fn details_of(&self, tag: &str, fetched: &Rc<FetchedManifest>) -> Result<ImageDetails> {
        let repo = &self.gatherer.repo;
        let (created, size) = match self.gatherer.details {
            Details::None => (None, None),
            Details::Size => (None, TagData::size_of(repo, fetched).await?),
            Details::Age => {
                let data = TagData::of_manifest(repo, tag, fetched).await?;
                (data.created.and_then(|text| timestamp::credible_text(&text, self.now)), data.size)
            }
        };
        Ok(ImageDetails { created, size, problem: None })
    }

    /// Claims a manifest's details and returns true if they were not claimed before.
    fn begins(&self, id: usize) -> bool {
        let mut details = self.details.borrow_mut();
        if details.len() <= id {
            details.resize(id + 1, None);
        }
        details.get_mut(id).is_some_and(|slot| slot.is_none() && slot.replace(ImageDetails::default()).is_none())
    }

    /// Sets the age and size of a tag's image.
    pub(in crate::registry::cleanup) fn date(&self, entry: &mut TagEntry) {
        let Some(digest) = &entry.digest else { return };
        let id = self.inventory.borrow().id(digest);
        let details = id.and_then(|id| self.details.borrow().get(id).cloned().flatten()).unwrap_or_default();
        let uploaded = self.uploaded_ids.borrow().get(digest.as_str());
        let uploaded = uploaded.and_then(|at| self.uploaded.borrow().get(at).copied());
        entry.created = uploaded.or(details.created);
        (entry.size, entry.undescribed) = (details.size, details.problem);
    }

    /// Reads a manifest that was referred to.
    pub(in crate::registry::cleanup) async fn manifest(&self, id: usize) {
        let (digest, may_be_blob) = match self.inventory.borrow().manifests.get(id) {
            Some(known) if !self.gatherer.is_stopped() => (known.digest.clone(), known.may_be_blob),
            _ => return,
        };
        if self.gatherer.has_read_enough() || self.inventory.borrow().is_full() {
            return self.inventory.borrow_mut().hold(id, "the repository is too large".into());
        }
        let observed = self.gatherer.observe(&Reference::Digest(digest.clone())).await;
        if let Ok(Some(fetched)) = &observed {
            return self.add(fetched).await;
        }
        // Some registries respond 500 to a request for a blob as a manifest.
        let may_be_blob = may_be_blob && !matches!(&observed, Err(error) if error.code == code::MODULE_NOT_LOADED);
        let is_missing = observed.is_ok() || (may_be_blob && self.is_blob(&digest).await);
        match observed {
            Err(error) if !is_missing => {
                let why = self.gatherer.excuse(error);
                self.inventory.borrow_mut().hold(id, why);
            }
            _ => self.inventory.borrow_mut().add(&digest, None),
        }
    }

    async fn is_blob(&self, digest: &Digest) -> bool {
        let repo = &self.gatherer.repo;
        matches!(repo.head_blob(digest).await, Ok(Some(_)))
    }

    async fn add(&self, fetched: &FetchedManifest) {
        let known = self.inventory.borrow().id(&fetched.digest).and_then(|id| self.inventory.borrow().state(id));
        if known == Some(State::There) {
            return;
        }
        let mut content = content(fetched);
        if let Some(parts) = &fetched.schema1 {
            let repo = &self.gatherer.repo;
            // The digests of its layers are known; only their sizes are requested.
            content.blobs.extend(parts.document.blobs.iter().map(|blob| (blob.clone(), 0)));
            let blobs = async { repo.api.legacy().await?.blobs(repo, parts).await };
            match blobs.await {
                Ok(blobs) => content.blobs.extend(sized(blobs)),
                Err(error) => drop(self.gatherer.excuse(error)),
            }
        }
        self.inventory.borrow_mut().add(&fetched.digest, Some(content));
    }

    pub(in crate::registry::cleanup) async fn referrers(&self, subject: &Digest) {
        if self.gatherer.is_stopped() {
            return;
        }
        match self.gatherer.referrers_of(subject).await {
            Ok(referrers) => {
                self.gatherer.has_read();
                let mut inventory = self.inventory.borrow_mut();
                for referrer in &referrers {
                    inventory.name(referrer);
                }
            }
            Err(error) => {
                let why = format!("its referrers cannot be listed: {}", self.gatherer.excuse(error));
                let mut inventory = self.inventory.borrow_mut();
                let id = inventory.name(subject);
                inventory.manifests.get_mut(id).into_iter().for_each(|known| known.problem = Some(why.clone()));
            }
        }
    }
}

fn sized(descriptors: Vec<Descriptor>) -> Vec<(Digest, u64)> {
    descriptors.into_iter().map(|one| (one.digest, one.size)).collect()
}

fn content(fetched: &FetchedManifest) -> Content {
    let parts = fetched.parts();
    // A malformed manifest may need everything that it mentions.
    let parts = if fetched.manifest.problem.is_some() { parts.with_mentioned(&fetched.bytes) } else { parts };
    let mut blobs = sized(parts.blobs);
    blobs.extend(parts.unsized_blobs.into_iter().chain(parts.mentioned).map(|digest| (digest, 0)));
    Content {
        media_type: fetched.manifest.media_type.clone(),
        size: fetched.bytes.len() as u64,
        blobs,
        children: parts.manifests.into_iter().map(|entry| entry.digest).collect(),
        either: sized(parts.either),
        subject: parts.subject,
    }
}
