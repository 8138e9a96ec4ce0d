//! Cosign's tags (`sha256-<hex>.sig`, `.att`, `.sbom`): signatures, attestations and SBOMs that neither a referrers
//! API nor a `subject` relates to their manifest.

use std::collections::HashSet;

use crate::protocol::code;
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::reference::{Reference, Tag};
use crate::protocol::oci::referrers;
use crate::protocol::order::sorted;
use crate::registry::copy::run::Copying;
use crate::registry::copy::state::Companion;
use crate::registry::manifest::get::FetchedManifest;
use crate::transport::{Error, Host, Result};

impl<H: Host> Copying<'_, H> {
    /// Lists the source's tags of this form.
    pub(super) async fn companion_tags(&self) -> Result<HashSet<String>> {
        let mut tags = self.source.listed_tags().await?;
        tags.retain(|tag| tag.starts_with("sha") && tag.contains('.'));
        Ok(tags.into_iter().collect())
    }

    /// Returns the manifests under such tags of a manifest that have to be copied.
    pub(super) async fn companions(&self, tags: &HashSet<String>, digest: &Digest) -> Result<Vec<Companion>> {
        let start = format!("{}.", referrers::tag(digest));
        let names: Vec<&String> = tags.iter().filter(|tag| tag.starts_with(&start)).collect();
        let mut found = Vec::new();
        for name in sorted(names) {
            let tag = Tag::parse(name)?;
            // A listed tag may have no manifest.
            let Some(manifest) = self.source.observe(&Reference::Tag(tag.clone())).await? else {
                continue;
            };
            if self.is_wanted(&tag, &manifest).await? {
                found.push(Companion { tag, manifest });
            }
        }
        Ok(found)
    }

    /// Returns true if the source's manifest should replace the target's. Cosign adds each signature to the layers
    /// of one manifest; signatures that only the target has must not be lost.
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
        let message = format!("the tag {tag} of the target has signatures or attestations that the source lacks");
        Err(Error::new(code::CONFLICT, message).and("it was not overwritten").with("tag", tag))
    }

    /// Puts a cosign tag, after everything it refers to.
    pub(super) async fn finish_companion(&self, companion: &Companion) -> Result<()> {
        let reference = Reference::Tag(companion.tag.clone());
        let _writing = self.target.turn(&companion.tag).await;
        let there = self.target.observe(&reference).await?;
        if there.is_some_and(|there| there.digest == companion.manifest.digest) {
            return Ok(());
        }
        self.put_under(&companion.tag, &companion.manifest, None).await.map(drop)
    }
}

/// Returns the digests of a manifest's content except for its config, which depends on the other content.
fn signatures(manifest: &FetchedManifest) -> HashSet<Digest> {
    let document = &manifest.manifest;
    let parts = manifest.parts();
    let config = document.config.as_ref().map(|config| &config.digest);
    let all = parts.blobs.into_iter().chain(parts.manifests).chain(parts.either).map(|part| part.digest);
    let mut all: HashSet<Digest> = all.filter(|digest| Some(digest) != config).collect();
    // Content of unknown structure is compared as a whole.
    if all.is_empty() || parts.unknown.is_some() {
        all.insert(manifest.digest.clone());
    }
    all
}
