//! The index of referrers under their tag, kept by the clients of a registry that does not keep it (distribution-spec
//! v1.1.1, "Pushing Manifests with Subject", "Deleting Manifests").

use std::rc::Rc;

use super::connection::Connection;
use super::manifests::FetchedManifest;
use super::referrers::referrers_tag;
use super::settings::Call;
use crate::protocol::code;
use crate::protocol::descriptor::Descriptor;
use crate::protocol::digest::{Algorithm, Digest};
use crate::protocol::document::{Entry, IndexDocument};
use crate::protocol::media_type::Kind;
use crate::protocol::reference::{Reference, RepositoryName};
use crate::transport::{Error, Host, Result};

/// Times an entry is written that another writer's index does not have.
const ATTEMPTS: u32 = 5;

/// What is to be so afterwards.
enum Change {
    Listed(Box<Entry>),
    Gone(Digest),
}

impl<H: Host> Connection<H> {
    /// Puts a manifest, and makes it known as a referrer of its subject where the registry does not do that.
    pub(super) async fn push_manifest(
        &self,
        name: &RepositoryName,
        reference: &Reference,
        manifest: &Rc<FetchedManifest>,
        call: &Call,
    ) -> Result<()> {
        let pushed = self.put_manifest(name, reference, manifest, call).await?;
        match &manifest.manifest.subject {
            // Hidden from a page, `OCI-Subject` looks as if it were absent: whether there is an API tells more.
            Some(subject) if !pushed.knows_subject => Box::pin(self.list_referrer(name, subject, manifest, call)).await,
            _ => Ok(()),
        }
    }

    /// Lists a manifest that is there among its subject's referrers.
    pub(super) async fn list_referrer(
        &self,
        name: &RepositoryName,
        subject: &Descriptor,
        manifest: &FetchedManifest,
        call: &Call,
    ) -> Result<()> {
        let entry = Entry::new(referrer(manifest))?;
        self.change_referrers(name, &subject.digest, &Change::Listed(Box::new(entry)), call).await.map_err(|error| {
            error.and(&format!("{} is pushed, but not listed as a referrer of {}", manifest.digest, subject.digest))
        })
    }

    /// Takes a deleted manifest off the list of its subject's referrers.
    pub(super) async fn unlist_referrer(
        &self,
        name: &RepositoryName,
        subject: &Digest,
        deleted: &Digest,
        call: &Call,
    ) -> Result<()> {
        let change = Change::Gone(deleted.clone());
        Box::pin(self.change_referrers(name, subject, &change, call))
            .await
            .map_err(|error| error.and(&format!("{deleted} is deleted, but still listed as a referrer of {subject}")))
    }

    async fn change_referrers(
        &self,
        name: &RepositoryName,
        subject: &Digest,
        change: &Change,
        call: &Call,
    ) -> Result<()> {
        if self.keeps_referrers(name, subject, call).await? {
            return Ok(());
        }
        let reference = Reference::Tag(referrers_tag(subject)?);
        let _alone = self.listing_referrers.lock().await;
        // No registry takes a manifest on a condition: after each PUT a look whether another writer's came on top.
        for _ in 0..ATTEMPTS {
            let mut index = match self.manifest(name, &reference, None, call).await {
                Ok(found) if found.manifest.kind == Kind::Index => {
                    IndexDocument::parse(&found.bytes, found.sound()?.manifests.as_deref().unwrap_or_default())?
                }
                Ok(found) => {
                    let message =
                        format!("the tag {reference} should hold an index, not {}", found.manifest.media_type);
                    return Err(Error::new(code::CONFLICT, message));
                }
                Err(error) if error.is_not_found() => IndexDocument::default(),
                Err(error) => return Err(error),
            };
            if !change.apply(&mut index.manifests) {
                return Ok(());
            }
            let (bytes, media_type) = index.write_oci()?;
            let manifest = Rc::new(FetchedManifest::new(bytes, Some(media_type), Algorithm::Sha256)?);
            self.put_manifest(name, &reference, &manifest, call).await?;
        }
        let message = format!("others write the tag {reference} at the same time: gave up after {ATTEMPTS} times");
        Err(Error::new(code::CONFLICT, message))
    }
}

impl Change {
    /// Whether there was anything to do.
    fn apply(&self, entries: &mut Vec<Entry>) -> bool {
        let before = entries.len();
        match self {
            Change::Listed(entry) if entries.iter().all(|one| one.descriptor.digest != entry.descriptor.digest) => {
                entries.push(entry.as_ref().clone());
            }
            Change::Listed(_) => {}
            Change::Gone(digest) => entries.retain(|one| one.descriptor.digest != *digest),
        }
        entries.len() != before
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
