//! The index of referrers under their tag, kept by the clients of a registry that does not keep it (distribution-spec
//! v1.1.1, "Pushing Manifests with Subject", "Deleting Manifests").

use std::pin::Pin;
use std::rc::Rc;

use crate::protocol::code;
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::{Algorithm, Digest};
use crate::protocol::oci::manifest::document::{Entry, IndexDocument};
use crate::protocol::oci::reference::{Reference, Tag};
use crate::registry::api::repo::Repo;
use crate::registry::manifest::get::FetchedManifest;
use crate::registry::manifest::referrers::{Tagged, referrers_tag};
use crate::transport::{Error, Host, Result};

/// Times an entry is written that another writer's index does not have.
const ATTEMPTS: u32 = 5;

/// What is to be so afterwards.
enum Change {
    Listed(Box<Entry>),
    Gone(Digest),
}

impl<H: Host> Repo<H> {
    /// Puts a manifest, and makes it known as a referrer of its subject where the registry does not do that.
    pub(crate) async fn push_manifest(&self, reference: &Reference, manifest: &Rc<FetchedManifest>) -> Result<()> {
        let pushed = self.put_manifest(reference, manifest).await?;
        match &manifest.manifest.subject {
            // Hidden from a page, `OCI-Subject` looks as if it were absent: whether there is an API tells more.
            Some(subject) if !pushed.knows_subject => Box::pin(self.list_referrer(subject, manifest)).await,
            _ => Ok(()),
        }
    }

    /// Lists a manifest that is there among its subject's referrers.
    pub(crate) async fn list_referrer(&self, subject: &Descriptor, manifest: &FetchedManifest) -> Result<()> {
        let entry = Entry::new(referrer(manifest))?;
        let listed = self.change_referrers(&subject.digest, &Change::Listed(Box::new(entry))).await;
        listed.map(drop).map_err(|error| {
            error.and(&format!("{} is pushed, but not listed as a referrer of {}", manifest.digest, subject.digest))
        })
    }

    /// Deletes a referrer by `delete`, once it is off its subject's list: some registries delete nothing that an index
    /// names. If it is not deleted it goes back there.
    pub(crate) async fn delete_referrer(
        &self,
        (subject, referrer): (&Digest, &Digest),
        delete: Pin<Box<dyn Future<Output = Result<()>> + '_>>,
    ) -> Result<()> {
        let off = self.change_referrers(subject, &Change::Gone(referrer.clone())).await.map_err(|error| {
            error
                .and(&format!("{referrer} is not deleted; it could not be taken off the list of {subject}'s referrers"))
        })?;
        let Err(error) = delete.await else { return Ok(()) };
        let Some(entry) = off else { return Err(error) };
        if let Ok(None) = self.observe(&Reference::Digest(referrer.clone())).await {
            return Err(error);
        }
        match self.change_referrers(subject, &Change::Listed(Box::new(entry))).await {
            Ok(_) => Err(error),
            Err(other) => Err(error.and(&format!(
                "{referrer} is off the list of {subject}'s referrers, and could not be put back: {}",
                other.message
            ))),
        }
    }

    /// Changes the list under the tag, where the registry does not keep it; the entry that was taken off.
    async fn change_referrers(&self, subject: &Digest, change: &Change) -> Result<Option<Entry>> {
        // The tag is looked into all the same: nothing is lost by a registry that has the API by now.
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
        // No registry takes a manifest on a condition: after each PUT a look whether another writer's came on top.
        for _ in 0..ATTEMPTS {
            let mut index = match (self.referrers_by_tag(subject).await?, change) {
                (Tagged::Nothing, _) => IndexDocument::default(),
                (Tagged::List(list), _) => {
                    IndexDocument::parse(&list.bytes, list.manifest.manifests.as_deref().unwrap_or_default())?
                }
                (Tagged::Subject | Tagged::Other(_), Change::Gone(_)) => return Ok(off),
                (Tagged::Subject, Change::Listed(_)) => {
                    // Where the tag itself is not there a list can be put under it.
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
            let manifest = Rc::new(FetchedManifest::new(bytes, Some(media_type), Algorithm::Sha256)?);
            self.put_manifest(&Reference::Tag(tag.clone()), &manifest).await?;
            is_written = true;
        }
        let message = format!("others write the tag {tag} at the same time: gave up after {ATTEMPTS} times");
        Err(Error::new(code::CONFLICT, message))
    }
}

/// Nothing else is overwritten to make room for a list.
fn occupied(tag: &Tag, what: &str) -> Error {
    let message = format!("the tag {tag} should hold an index of referrers, not {what}; nothing there was changed");
    Error::new(code::CONFLICT, message)
}

impl Change {
    /// Whether there was anything to do. `off`: what was taken off.
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

/// The descriptor by which a list of referrers names a manifest: with its type, else its config's, and all annotations.
fn referrer(manifest: &FetchedManifest) -> Descriptor {
    let document = &manifest.manifest;
    let mut descriptor = manifest.descriptor();
    let config_type = || document.config.as_ref().map(|config| config.media_type.clone());
    descriptor.artifact_type = document.artifact_type.clone().or_else(config_type);
    descriptor.annotations = document.annotations.clone();
    descriptor
}
