//! What refers to a manifest: signatures, SBOMs, attestations (distribution-spec v1.1.1, "Listing Referrers").
//!
//! Registries without the API answer its path in all kinds of ways, which mean the same. What says nothing about the
//! API (5xx, 401, 429, a lost connection) stays an error: somebody may delete what is not listed here.

use std::collections::HashSet;
use std::rc::Rc;

use crate::protocol::code;
use crate::protocol::http::Method;
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::manifest::Manifest;
use crate::protocol::oci::media_type::{Kind, OCI_INDEX};
use crate::protocol::oci::reference::{Reference, Tag};
use crate::protocol::oci::{media_type, referrers};
use crate::registry::api::repo::Repo;
use crate::registry::api::response::Response;
use crate::registry::listing::paging::{ListingBounds, NextPage, next_page};
use crate::registry::manifest::get::{FetchedManifest, MANIFEST_LIMIT};
use crate::transport::{Error, Host, Result, Stage};

/// What stands under the tag for a manifest's referrers.
pub(crate) enum Tagged {
    /// Nothing.
    Nothing,
    /// A list.
    List(Rc<FetchedManifest>),
    /// The manifest itself: GitLab reads `sha256-<hex>` as its digest, some tools tag it so.
    Subject,
    /// Something else, which is no list.
    Other(Rc<FetchedManifest>),
}

impl<H: Host> Repo<H> {
    pub(crate) async fn referrers(&self, subject: &Digest, artifact_type: Option<&str>) -> Result<Vec<Descriptor>> {
        if let Some(mut found) = self.referrers_by_api(subject, artifact_type).await? {
            self.api.capabilities.lacks_referrers.set(false);
            // ferro lists what was pushed twice twice.
            let mut listed = HashSet::new();
            found.retain(|one| listed.insert(one.digest.clone()));
            return Ok(found);
        }
        let mut found = match self.referrers_by_tag(subject).await? {
            Tagged::List(list) => list.manifest.manifests.clone().unwrap_or_default(),
            Tagged::Nothing | Tagged::Subject | Tagged::Other(_) => Vec::new(),
        };
        keep(&mut found, artifact_type);
        Ok(found)
    }

    /// What stands under the tag. A list that cannot be read whole is an error: it is not empty.
    pub(crate) async fn referrers_by_tag(&self, subject: &Digest) -> Result<Tagged> {
        let tag = referrers_tag(subject)?;
        let Some(found) = self.observe(&Reference::Tag(tag.clone())).await? else {
            return Ok(Tagged::Nothing);
        };
        if found.is_named(subject) {
            return Ok(Tagged::Subject);
        }
        if !is_list(tag.as_str(), &found) {
            return Ok(Tagged::Other(found));
        }
        match found.sound() {
            Ok(_) => Ok(Tagged::List(found)),
            Err(error) => Err(error.and(&format!("the list of referrers under the tag {tag} is damaged"))),
        }
    }

    /// What the registry's API tells; `None` where it has none.
    async fn referrers_by_api(&self, subject: &Digest, artifact_type: Option<&str>) -> Result<Option<Vec<Descriptor>>> {
        self.require_v2("referrers").await?;
        let mut endpoint = self.endpoint(&format!("referrers/{subject}"));
        if let Some(artifact_type) = artifact_type {
            endpoint = endpoint.with_url(endpoint.url.with_query(&[("artifactType", artifact_type)]));
        }
        let mut extent = ListingBounds::new("the list of referrers", self.api.listing_limits);
        let (mut all, mut is_first) = (Vec::new(), true);
        loop {
            let request = self.request(Method::Get, &endpoint, Some(OCI_INDEX));
            let response = match self.api.fetch(&request, MANIFEST_LIMIT).await {
                Err(error) if is_first && leads_nowhere(&error) => return Ok(None),
                loaded => loaded?,
            };
            if is_first && is_not_served(&response, &self.api.failure(&response)) {
                return Ok(None);
            }
            let response = self.api.success(response)?;
            extent.page(&response)?;
            let Some(mut page) = entries(&response, subject, is_first)? else { return Ok(None) };
            let applied = response.headers.all("oci-filters-applied");
            if !referrers::is_filter_applied(applied, "artifactType") {
                keep(&mut page, artifact_type);
            }
            extent.add(&response, page.len())?;
            all.append(&mut page);
            is_first = false;
            // There is no other way on than the Link's query.
            let url = match next_page(&response) {
                NextPage::None => return Ok(Some(all)),
                NextPage::At(url)
                | NextPage::Elsewhere { guess: Some(url), .. }
                | NextPage::Unreadable { guess: Some(url), .. } => url,
                NextPage::Elsewhere { why, .. } => return Err(response.error(code::UNTRUSTED_LOCATION, why)),
                NextPage::Unreadable { why, .. } => return Err(response.error(code::INVALID_RESPONSE, why)),
            };
            if extent.has(&url) {
                return Err(extent.stuck(&url, "its pages lead in a circle"));
            }
            endpoint = endpoint.with_url(url);
        }
    }

    /// Whether the registry keeps referrers by itself.
    pub(crate) async fn keeps_referrers(&self, subject: &Digest) -> Result<bool> {
        let keeps = self.referrers_by_api(subject, None).await?.is_some();
        if keeps {
            self.api.capabilities.lacks_referrers.set(false);
        }
        Ok(keeps)
    }
}

/// The tag that holds a manifest's referrers where the registry does not keep them.
pub(crate) fn referrers_tag(subject: &Digest) -> Result<Tag> {
    Ok(Tag::parse(&referrers::tag(subject))?)
}

/// Whether no answer means that there is no API: a redirect that leads nowhere, or in a page the 404 of a registry that does
/// not know the path, which comes without the header fields that let a page read it. There, what an API may list and no page
/// may read is not found; a tag may.
fn leads_nowhere(error: &Error) -> bool {
    let is_unreadable = error.code == code::CORS_OR_NETWORK && error.answers != Some(false);
    match error.stage {
        Stage::Request => is_unreadable,
        Stage::Redirect => true,
        Stage::Token => false,
    }
}

/// Whether an answer means that there is no API.
fn is_not_served(response: &Response<Vec<u8>>, error: &Error) -> bool {
    // From where the registry redirected to; a login page says 401 or 403.
    let is_elsewhere = response.http.url.as_ref().is_some_and(|url| !url.same_origin(&response.url));
    let is_denied = matches!(error.code.as_ref(), "UNAUTHORIZED" | "DENIED" | "TOOMANYREQUESTS");
    match response.status {
        300..=399 | 501 => true,
        401 | 403 => is_elsewhere,
        402 | 407 | 408 | 409 | 421 | 423 | 425 | 429 | 451 => false,
        400..=499 => !is_denied,
        _ => false,
    }
}

/// The entries of a page; `None` where the first one shows that no API answers: a page of a web server or a proxy, other
/// JSON, the manifest itself.
fn entries(response: &Response<Vec<u8>>, subject: &Digest, is_first: bool) -> Result<Option<Vec<Descriptor>>> {
    let body = &response.body;
    let content_type = response.header("content-type").map(media_type::essence).unwrap_or_default();
    let told = |code, message| if is_first { Ok(None) } else { Err(response.error(code, message)) };
    let index = match Manifest::parse(body, Some(&content_type)) {
        Ok(index) => index,
        // What says that it is an index and cannot be read is one that is damaged.
        Err(invalid) if content_type == OCI_INDEX => return Err(response.error(invalid.code, invalid.message)),
        Err(invalid) => return told(invalid.code, invalid.message),
    };
    let is_subject = || subject.algorithm().is_some_and(|algorithm| Digest::of(algorithm, body) == *subject);
    if index.kind != Kind::Index || is_subject() {
        return told(code::INVALID_RESPONSE, format!("the referrers are no image index, but {}", index.media_type));
    }
    match index.problem {
        Some(invalid) => Err(response.error(invalid.code, invalid.message)),
        None => Ok(Some(index.manifests.unwrap_or_default())),
    }
}

/// Whether what stands under a tag for referrers is a list of referrers: not an index of images for platforms, which a tool may have put
/// there to keep it.
pub(crate) fn is_list(tag: &str, found: &FetchedManifest) -> bool {
    let entries = found.manifest.manifests.as_deref().unwrap_or_default();
    let is_image = |entry: &Descriptor| entry.platform.is_some() && entry.artifact_type.is_none();
    let is_of_images = !entries.is_empty() && entries.iter().all(is_image);
    let is_itself = referrers::tag(&found.digest) == tag;
    !is_itself && found.manifest.media_type == OCI_INDEX && !is_of_images
}

fn keep(descriptors: &mut Vec<Descriptor>, artifact_type: Option<&str>) {
    if let Some(wanted) = artifact_type {
        descriptors.retain(|descriptor| descriptor.artifact_type.as_deref() == Some(wanted));
    }
}
