//! Cosign's tags (`sha256-<hex>.sig`, `.att`, `.sbom`): signatures, attestations and SBOMs of a manifest that no referrers
//! API and no `subject` tells of.

use std::collections::HashSet;

use crate::protocol::code;
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::reference::{Reference, Tag};
use crate::protocol::oci::referrers;
use crate::registry::copy::run::Copying;
use crate::registry::copy::state::Companion;
use crate::registry::manifest::get::FetchedManifest;
use crate::transport::{Error, Host, Result};

impl<H: Host> Copying<'_, H> {
    /// The source's tags of that form.
    pub(super) async fn companion_tags(&self) -> Result<HashSet<String>> {
        let mut tags = self.source.listed_tags().await?;
        tags.retain(|tag| tag.starts_with("sha") && tag.contains('.'));
        Ok(tags.into_iter().collect())
    }

    /// What stands at the source under such tags of a manifest and has to come along.
    pub(super) async fn companions(&self, tags: &HashSet<String>, digest: &Digest) -> Result<Vec<Companion>> {
        let start = format!("{}.", referrers::tag(digest));
        let mut names: Vec<&String> = tags.iter().filter(|tag| tag.starts_with(&start)).collect();
        names.sort();
        let mut found = Vec::new();
        for name in names {
            let tag = Tag::parse(name)?;
            // It may lead nowhere.
            let Some(manifest) = self.source.observe(&Reference::Tag(tag.clone())).await? else {
                continue;
            };
            if self.is_wanted(&tag, &manifest).await? {
                found.push(Companion { tag, manifest });
            }
        }
        Ok(found)
    }

    /// Cosign adds each signature to the layers of one manifest. Those that the target has and the source lacks must not
    /// get lost.
    async fn is_wanted(&self, tag: &Tag, manifest: &FetchedManifest) -> Result<bool> {
        let Some(there) = self.target.observe(&Reference::Tag(tag.clone())).await? else {
            return Ok(true);
        };
        let (ours, theirs) = (signatures(manifest), signatures(&there));
        if there.digest == manifest.digest || theirs.is_subset(&ours) {
            return Ok(true);
        }
        if ours.is_subset(&theirs) {
            return Ok(false);
        }
        let message = format!(
            "the tag {tag} of the target has signatures or attestations that the source's lacks; nothing was written over them"
        );
        Err(Error::new(code::CONFLICT, message))
    }

    /// Puts such a tag, after all that it leads to.
    pub(super) async fn finish_companion(&self, companion: &Companion) -> Result<()> {
        let reference = Reference::Tag(companion.tag.clone());
        let there = self.target.observe(&reference).await?;
        if there.is_some_and(|there| there.digest == companion.manifest.digest) {
            return Ok(());
        }
        self.put(&reference, &companion.manifest).await
    }
}

/// The digests of what a manifest holds beside its config, which says how it is made.
fn signatures(manifest: &FetchedManifest) -> HashSet<Digest> {
    let document = &manifest.manifest;
    let parts = manifest.parts();
    let config = document.config.as_ref().map(|config| &config.digest);
    let all = parts.blobs.into_iter().chain(parts.manifests).chain(parts.either).map(|part| part.digest);
    let mut all: HashSet<Digest> = all.filter(|digest| Some(digest) != config).collect();
    // Of what cannot be told apart only the whole is the same.
    if all.is_empty() || parts.unknown.is_some() {
        all.insert(manifest.digest.clone());
    }
    all
}
