//! The referrers tag: the index of referrers that clients maintain if the registry does not (distribution-spec
//! v1.1.1, "Pushing Manifests with Subject", "Deleting Manifests").

use std::pin::Pin;
use std::rc::Rc;

use crate::protocol::code;
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::manifest::document::{Entry, IndexDocument};
use crate::protocol::oci::reference::{Reference, Tag};
use crate::registry::api::repo::Repo;
use crate::registry::manifest::get::FetchedManifest;
use crate::registry::manifest::referrers::{Tagged, referrers_tag};
use crate::registry::tag::set::Expected;
use crate::transport::{Error, Host, Result};

/// Attempts to write an entry that another writer's update has removed.
const ATTEMPTS: u32 = 5;

/// The intended state of an entry.
enum Change {
    Listed(Box<Entry>),
    Gone(Digest),
}

impl<H: Host> Repo<H> {
    /// Pushes a manifest, and adds it to the referrers tag of its subject if the registry does not do that.
    pub(crate) async fn push_manifest(&self, reference: &Reference, manifest: &Rc<FetchedManifest>) -> Result<()> {
        self.push_manifest_if(reference, manifest, None).await
    }

    /// The same, if a tag is in the state that is required.
    pub(crate) async fn push_manifest_if(
        &self,
        reference: &Reference,
        manifest: &Rc<FetchedManifest>,
        expected: Option<&Expected>,
    ) -> Result<()> {
        let pushed = match reference {
            Reference::Tag(tag) if expected.is_some() => self.point(tag, manifest, expected).await?,
            Reference::Tag(tag) => {
                // Without a condition the tag need not be readable.
                let _writing = self.turn(tag).await;
                Some(self.put_manifest(reference, manifest).await?)
            }
            Reference::Digest(_) => Some(self.put_manifest(reference, manifest).await?),
        };
        let knows_subject = pushed.is_some_and(|pushed| pushed.knows_subject);
        match &manifest.manifest.subject {
            // A hidden `OCI-Subject` looks as if it were absent, so the referrers API is tried.
            Some(subject) if !knows_subject => Box::pin(self.list_referrer(subject, manifest)).await,
            _ => Ok(()),
        }
    }

    /// Adds an existing manifest to the referrers of its subject.
    pub(crate) async fn list_referrer(&self, subject: &Descriptor, manifest: &FetchedManifest) -> Result<()> {
        let entry = Entry::new(referrer(manifest))?;
        let listed = self.change_referrers(&subject.digest, &Change::Listed(Box::new(entry))).await;
        listed.map(drop).map_err(|error| {
            error.and(&format!("{} is pushed, but not listed as a referrer of {}", manifest.digest, subject.digest))
        })
    }

    /// Deletes a referrer with `delete`, after it was removed from its subject's list: some registries delete
    /// nothing that an index names. If the deletion fails, it is added to the list again.
    pub(crate) async fn delete_referrer(
        &self,
        (subject, referrer): (&Digest, &Digest),
        delete: Pin<Box<dyn Future<Output = Result<()>> + '_>>,
    ) -> Result<()> {
        let off = self.change_referrers(subject, &Change::Gone(referrer.clone())).await.map_err(|error| {
            error.and(&format!(
                "{referrer} is not deleted, because it could not be removed from the list of {subject}'s referrers"
            ))
        })?;
        let Err(error) = delete.await else { return Ok(()) };
        let Some(entry) = off else { return Err(error) };
        if let Ok(None) = self.observe(&Reference::Digest(referrer.clone())).await {
            return Err(error);
        }
        match self.change_referrers(subject, &Change::Listed(Box::new(entry))).await {
            Ok(_) => Err(error),
            Err(other) => Err(error.and(&format!(
                "{referrer} was removed from the list of {subject}'s referrers and could not be restored there: {}",
                other.message
            ))),
        }
    }

    /// Changes the list under the referrers tag, if the registry does not maintain it. Returns the entry that was
    /// removed.
    async fn change_referrers(&self, subject: &Digest, change: &Change) -> Result<Option<Entry>> {
        // The tag is read in any case: nothing is lost if the registry has the API by now.
        let capabilities = &self.api.capabilities;
        if !capabilities.lacks_referrers.get() {
            if self.keeps_referrers(subject).await? {
                return Ok(None);
            }
            capabilities.lacks_referrers.set(matches!(change, Change::Listed(_)));
        }
        let tag = referrers_tag(subject)?;
        let _alone = self.api.listing_referrers.lock().await;
        let (mut off, mut is_written) = (None, false);
        // No registry supports a conditional PUT: after each PUT the list is checked for another writer's update.
        for _ in 0..ATTEMPTS {
            let mut index = match (self.referrers_by_tag(subject).await?, change) {
                (Tagged::Nothing, _) => IndexDocument::default(),
                (Tagged::List(list), _) => {
                    IndexDocument::parse(&list.bytes, list.manifest.manifests.as_deref().unwrap_or_default())?
                }
                (Tagged::Subject | Tagged::Other(_), Change::Gone(_)) => return Ok(off),
                (Tagged::Subject, Change::Listed(_)) => {
                    // If the tag itself does not exist, a list can be put under it.
                    if is_written || self.listed_tags().await?.iter().any(|listed| listed == tag.as_str()) {
                        return Err(occupied(&tag, "the subject itself"));
                    }
                    IndexDocument::default()
                }
                (Tagged::Other(found), Change::Listed(_)) => {
                    return Err(occupied(&tag, &format!("{} ({})", found.digest, found.manifest.media_type)));
                }
            };
            if !change.apply(&mut index.manifests, &mut off) {
                return Ok(off);
            }
            let (bytes, media_type) = index.write_oci()?;
            let manifest = Rc::new(FetchedManifest::new(bytes, media_type)?);
            self.put_manifest(&Reference::Tag(tag.clone()), &manifest).await?;
            is_written = true;
        }
        let message = format!("other writers update the tag {tag} at the same time: gave up after {ATTEMPTS} attempts");
        Err(Error::new(code::CONFLICT, message).with("tag", tag))
    }
}

/// Returns the error of a referrers tag that holds something else, which is not overwritten.
fn occupied(tag: &Tag, what: &str) -> Error {
    let message = format!("the tag {tag} should hold an index of referrers, not {what}");
    Error::new(code::CONFLICT, message).and("nothing there was changed").with("tag", tag)
}

impl Change {
    /// Applies the change and returns true if there was anything to do. `off` receives the removed entry.
    fn apply(&self, entries: &mut Vec<Entry>, off: &mut Option<Entry>) -> bool {
        let is_listed = |digest: &Digest| entries.iter().position(|one| one.descriptor.digest == *digest);
        match self {
            Change::Listed(entry) => {
                let is_new = is_listed(&entry.descriptor.digest).is_none();
                if is_new {
                    entries.push(entry.as_ref().clone());
                }
                is_new
            }
            Change::Gone(digest) => {
                let at = is_listed(digest);
                *off = at.and_then(|at| entries.get(at).cloned()).or(off.take());
                entries.retain(|one| one.descriptor.digest != *digest);
                at.is_some()
            }
        }
    }
}

/// Returns the descriptor of a manifest for a list of referrers: with its artifact type, else its config's type,
/// and all annotations.
fn referrer(manifest: &FetchedManifest) -> Descriptor {
    let document = &manifest.manifest;
    let mut descriptor = manifest.descriptor();
    let config_type = || document.config.as_ref().map(|config| config.media_type.clone());
    descriptor.artifact_type = document.artifact_type.clone().or_else(config_type);
    descriptor.annotations = document.annotations.clone();
    descriptor
}
