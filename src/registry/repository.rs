//! One repository.

use std::rc::Rc;

use crate::protocol::invalid::Invalid;
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::platform::Platform;
use crate::protocol::oci::reference::{Reference, RepositoryName, Tag, split_name};
use crate::registry::api::connection::Connection;
use crate::registry::api::repo::Repo;
use crate::registry::api::settings::Call;
use crate::registry::blob::pull::BlobPull;
use crate::registry::blob::push::Push;
use crate::registry::copy::Place;
use crate::registry::image::Image;
use crate::registry::legacy::v1;
use crate::registry::listing::Listing;
use crate::registry::manifest::get::FetchedManifest;
use crate::registry::tag::data::TagData;
use crate::registry::tag::describe::{Descriptions, Order};
use crate::transport::{Host, Result};

/// A repository by name. A name that a registry told is shown as it came and checked when it is used.
pub struct Repository<H: Host> {
    pub(super) api: Rc<Connection<H>>,
    name: Rc<str>,
}

impl<H: Host> Clone for Repository<H> {
    fn clone(&self) -> Self {
        Self { api: self.api.clone(), name: self.name.clone() }
    }
}

impl<H: Host> Repository<H> {
    pub(super) fn unchecked(api: Rc<Connection<H>>, name: &str) -> Self {
        Self { api, name: name.into() }
    }

    /// The whole name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What stands before the first slash.
    pub fn namespace(&self) -> Option<&str> {
        split_name(&self.name).0
    }

    /// What stands behind the first slash, or the whole name.
    pub fn repository(&self) -> &str {
        split_name(&self.name).1
    }

    /// Something in it.
    pub fn place(&self, reference: &str) -> Result<Place<H>> {
        let (name, reference) = (self.checked_name()?, Reference::parse(reference)?);
        Ok(Place { api: self.api.clone(), name, reference })
    }

    /// The repository as a call works with it.
    pub(super) fn in_call(&self, call: &Call) -> std::result::Result<Repo<H>, Invalid> {
        Ok(Repo::new(&self.api, self.checked_name()?, call))
    }

    pub(super) fn checked_name(&self) -> std::result::Result<RepositoryName, Invalid> {
        RepositoryName::parse(&self.name)
    }

    /// The tags, page by page.
    pub fn tags(&self, page_size: Option<u64>, call: Call) -> Listing<H> {
        Listing::tags(self.api.clone(), self.checked_name(), page_size, call)
    }

    /// What a tag points to.
    pub async fn data(&self, tag: &str, call: &Call) -> Result<TagData> {
        TagData::of(&self.in_call(call)?, Tag::parse(tag)?).await
    }

    /// What many tags point to: of these, or of all there are.
    pub fn describe_tags(&self, tags: Option<Vec<String>>, order: Order, call: Call) -> Result<Descriptions<H>> {
        Descriptions::new(self.in_call(&call)?, tags, order)
    }

    /// The image of a tag or digest, of V1 by its id too; `platform` as in `linux/arm64/v8`.
    pub async fn image(&self, reference: &str, platform: Option<&str>, call: &Call) -> Result<Image<H>> {
        let repo = self.in_call(call)?;
        let reference = Reference::parse(reference)?;
        let platform = platform.map(Platform::parse).transpose()?;
        if repo.is_v1().await? {
            return Box::pin(v1::find(&repo, &reference, platform.as_ref())).await;
        }
        Image::find(&repo, &reference, platform.as_ref()).await
    }

    /// The manifest of a tag or digest. `accept`: media types to ask for instead of all that are known.
    pub async fn manifest(
        &self,
        reference: &str,
        accept: Option<&[String]>,
        call: &Call,
    ) -> Result<Rc<FetchedManifest>> {
        let repo = self.in_call(call)?;
        let reference = Reference::parse(reference)?;
        let accept = accept.map(|types| types.join(", "));
        repo.manifest(&reference, accept.as_deref()).await
    }

    /// A manifest's descriptor; `None` where there is no such manifest, which GET has to confirm.
    pub async fn head_manifest(&self, reference: &str, call: &Call) -> Result<Option<Descriptor>> {
        let (repo, reference) = (self.in_call(call)?, Reference::parse(reference)?);
        if let Some(found) = repo.head_manifest(&reference).await? {
            return Ok(Some(found));
        }
        let found = Box::pin(repo.observe(&reference)).await?;
        Ok(found.map(|found| found.descriptor()))
    }

    /// A blob, or the bytes of it from the first to the last of `range`.
    pub async fn blob(&self, digest: &str, range: Option<(u64, u64)>, call: &Call) -> Result<BlobPull<H>> {
        let (repo, digest) = (self.in_call(call)?, Digest::parse(digest)?);
        match range {
            Some(range) => repo.blob_range(&digest, range).await,
            None => repo.blob(&digest, None).await,
        }
    }

    /// A blob's size; `None` where there is no such blob.
    pub async fn head_blob(&self, digest: &str, call: &Call) -> Result<Option<Descriptor>> {
        self.in_call(call)?.head_blob(&Digest::parse(digest)?).await
    }

    /// Pushes a blob, unless it is there.
    pub async fn push_blob(&self, push: Push<H::Chunk>, call: &Call) -> Result<Descriptor> {
        Ok(self.in_call(call)?.push_blob(push).await?.0)
    }

    /// Takes a blob over from another repository of the registry. Whether the registry did.
    pub async fn mount_blob(&self, digest: &str, from: &str, call: &Call) -> Result<bool> {
        let (digest, from) = (Digest::parse(digest)?, RepositoryName::parse(from)?);
        self.in_call(call)?.mount_blob(&digest, &from).await
    }

    /// Deletes a blob from this repository.
    pub async fn delete_blob(&self, digest: &str, call: &Call) -> Result<()> {
        self.in_call(call)?.delete_blob(&Digest::parse(digest)?).await
    }
}
