//! The referrers of a manifest: signatures, SBOMs, attestations (distribution-spec v1.1.1, "Listing Referrers").
//!
//! Registries without the referrers API respond to its path in many ways, which all count as "no API". A failure
//! that says nothing about the API (5xx, 401, 429, a lost connection) stays an error, because callers may delete
//! what is not listed here.

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

/// The content of a referrers tag.
pub(crate) enum Tagged {
    /// The tag does not exist.
    Nothing,
    /// A list of referrers.
    List(Rc<FetchedManifest>),
    /// The subject itself: GitLab reads `sha256-<hex>` as its digest, and some tools tag it so.
    Subject,
    /// A manifest that is not a list of referrers.
    Other(Rc<FetchedManifest>),
}

impl<H: Host> Repo<H> {
    pub(crate) async fn referrers(&self, subject: &Digest, artifact_type: Option<&str>) -> Result<Vec<Descriptor>> {
        if let Some(mut found) = self.referrers_by_api(subject, artifact_type).await? {
            self.api.capabilities.lacks_referrers.set(false);
            // ferro lists a manifest twice that was pushed twice.
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

    /// Returns the content of the referrers tag. A damaged list is an error, not an empty list.
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

    /// Returns the referrers from the registry's API, or `None` if it has none.
    async fn referrers_by_api(&self, subject: &Digest, artifact_type: Option<&str>) -> Result<Option<Vec<Descriptor>>> {
        self.presume_v2("referrers")?;
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
            // The Link's query is the only way to the next page.
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

    /// Returns true if the registry maintains referrers by itself.
    pub(crate) async fn keeps_referrers(&self, subject: &Digest) -> Result<bool> {
        let keeps = self.referrers_by_api(subject, None).await?.is_some();
        if keeps {
            self.api.capabilities.lacks_referrers.set(false);
        }
        Ok(keeps)
    }
}

/// Returns the referrers tag of a manifest, for registries without the referrers API.
pub(crate) fn referrers_tag(subject: &Digest) -> Result<Tag> {
    Ok(Tag::parse(&referrers::tag(subject))?)
}

/// Returns true if an error means that there is no referrers API: a redirect to nowhere, or in a page an unreadable
/// response, such as a 404 without CORS header fields for an unknown path. Referrers that only an unreadable API
/// lists are not found then, while those of the tag may be.
fn leads_nowhere(error: &Error) -> bool {
    let is_unreadable = error.code == code::CORS_OR_NETWORK && error.answers != Some(false);
    match error.stage {
        Stage::Request => is_unreadable,
        Stage::Redirect => true,
        Stage::Token => false,
    }
}

/// Returns true if a response means that there is no referrers API.
fn is_not_served(response: &Response<Vec<u8>>, error: &Error) -> bool {
    // A response after a redirect to another origin may be a login page's, with status 401 or 403.
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

/// Returns the entries of a page, or `None` if the first page shows that there is no API: it is the page of a web
/// server or a proxy, other JSON, or the manifest itself.
fn entries(response: &Response<Vec<u8>>, subject: &Digest, is_first: bool) -> Result<Option<Vec<Descriptor>>> {
    let body = &response.body;
    let content_type = response.header("content-type").map(media_type::essence).unwrap_or_default();
    let told = |code, message| if is_first { Ok(None) } else { Err(response.error(code, message)) };
    let index = match Manifest::parse(body, Some(&content_type)) {
        Ok(index) => index,
        // A body with the media type of an index that cannot be parsed is a damaged index.
        Err(invalid) if content_type == OCI_INDEX => return Err(response.error(invalid.code, invalid.into_message())),
        Err(invalid) => return told(invalid.code, invalid.into_message()),
    };
    let is_subject = || subject.algorithm().is_some_and(|algorithm| Digest::of(algorithm, body) == *subject);
    if index.kind != Kind::Index || is_subject() {
        return told(
            code::INVALID_RESPONSE,
            format!("the list of referrers is not an image index, but {}", index.media_type),
        );
    }
    match index.problem {
        Some(invalid) => Err(response.error(invalid.code, invalid.into_message())),
        None => Ok(Some(index.manifests.unwrap_or_default())),
    }
}

/// Returns true if the content of a referrers tag is a list of referrers, and not an index of images for platforms,
/// which a tool may have tagged to keep it.
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
