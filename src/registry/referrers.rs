//! What refers to a manifest: signatures, SBOMs, attestations (distribution-spec v1.1.1, "Listing Referrers").

use std::collections::HashSet;

use super::connection::{Answer, Connection};
use super::listing::next_url;
use super::manifests::MANIFEST_LIMIT;
use super::repository::Repository;
use super::settings::Call;
use crate::protocol::code;
use crate::protocol::descriptor::Descriptor;
use crate::protocol::digest::Digest;
use crate::protocol::http::Method;
use crate::protocol::manifest::Manifest;
use crate::protocol::media_type::{Kind, OCI_INDEX};
use crate::protocol::reference::{Reference, RepositoryName, Tag};
use crate::protocol::referrers;
use crate::transport::{Host, Result};

impl<H: Host> Repository<H> {
    /// What refers to a manifest, or those of it that are of a type. Of what is not there nothing is known: an empty list.
    pub async fn referrers(&self, digest: &str, artifact_type: Option<&str>, call: &Call) -> Result<Vec<Descriptor>> {
        let name = self.checked_name()?;
        Box::pin(self.connection.referrers(&name, &Digest::parse(digest)?, artifact_type, call)).await
    }
}

impl<H: Host> Connection<H> {
    pub(super) async fn referrers(
        &self,
        name: &RepositoryName,
        subject: &Digest,
        artifact_type: Option<&str>,
        call: &Call,
    ) -> Result<Vec<Descriptor>> {
        if let Some(mut found) = self.referrers_by_api(name, subject, artifact_type, call).await? {
            // ferro lists what was pushed twice twice.
            let mut listed = HashSet::new();
            found.retain(|one| listed.insert(one.digest.clone()));
            return Ok(found);
        }
        let reference = Reference::Tag(referrers_tag(subject)?);
        let mut found = match self.manifest(name, &reference, None, call).await {
            Ok(index) => index.manifest.manifests.clone().unwrap_or_default(),
            // What stands there and is no index names no referrers; what did not come as it stands there is no answer.
            Err(error) if error.is_not_found() => Vec::new(),
            Err(error) if error.status.is_some_and(|status| status < 300) && error.code != code::DIGEST_MISMATCH => {
                Vec::new()
            }
            Err(error) => return Err(error),
        };
        keep(&mut found, artifact_type);
        Ok(found)
    }

    /// What the registry's API tells; `None` where it has none.
    async fn referrers_by_api(
        &self,
        name: &RepositoryName,
        subject: &Digest,
        artifact_type: Option<&str>,
        call: &Call,
    ) -> Result<Option<Vec<Descriptor>>> {
        self.require_v2("referrers", call).await?;
        let mut target = self.repository_target(name, &format!("referrers/{subject}"));
        if let Some(artifact_type) = artifact_type {
            target = target.with_url(target.url.with_query(&[("artifactType", artifact_type)]));
        }
        let (mut all, mut visited) = (Vec::new(), HashSet::new());
        loop {
            let request = self.request(Method::Get, &target, Some(OCI_INDEX), call);
            let answer = match self.load(&request, MANIFEST_LIMIT).await {
                Ok(answer) => answer,
                // The 404 of a registry that does not know of this comes without header fields that let a page read it.
                Err(error) if error.code == code::CORS_OR_NETWORK && visited.is_empty() => return Ok(None),
                Err(error) => return Err(error),
            };
            if visited.is_empty() && matches!(answer.response.status, 404 | 405 | 501) {
                return Ok(None);
            }
            let answer = self.success(answer)?;
            if !visited.insert(answer.url.to_string()) {
                let message = format!("the pages of the referrers lead in a circle after {} of them", all.len());
                return Err(answer.error(code::PAGING_LOOP, message));
            }
            let mut page = entries(&answer)?;
            let applied = answer.response.headers.all("oci-filters-applied");
            if !referrers::is_filter_applied(applied, "artifactType") {
                keep(&mut page, artifact_type);
            }
            all.append(&mut page);
            let (pages, items) = self.listing_limits;
            if visited.len() as u64 > pages || all.len() as u64 > items {
                let message = format!("more referrers than the {pages} pages and {items} items allowed");
                return Err(answer.error(code::TOO_LARGE, message));
            }
            match next_url(&answer)? {
                Some(url) => target = target.with_url(url),
                None => return Ok(Some(all)),
            }
        }
    }

    /// Whether the registry keeps referrers by itself.
    pub(super) async fn keeps_referrers(&self, name: &RepositoryName, subject: &Digest, call: &Call) -> Result<bool> {
        Ok(self.referrers_by_api(name, subject, None, call).await?.is_some())
    }
}

/// The tag that holds a manifest's referrers where the registry does not keep them.
pub(super) fn referrers_tag(subject: &Digest) -> Result<Tag> {
    Ok(Tag::parse(&referrers::tag(subject))?)
}

fn entries(answer: &Answer<Vec<u8>>) -> Result<Vec<Descriptor>> {
    let told = Manifest::parse(&answer.response.body, answer.header("content-type"));
    let index = told.and_then(Manifest::sound).map_err(|invalid| answer.error(invalid.code, invalid.message))?;
    match index.manifests {
        Some(entries) if index.kind == Kind::Index => Ok(entries),
        _ => {
            let message = format!("the referrers are no image index, but {}", index.media_type);
            Err(answer.error(code::INVALID_RESPONSE, message))
        }
    }
}

fn keep(descriptors: &mut Vec<Descriptor>, artifact_type: Option<&str>) {
    if let Some(wanted) = artifact_type {
        descriptors.retain(|descriptor| descriptor.artifact_type.as_deref() == Some(wanted));
    }
}
