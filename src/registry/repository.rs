//! One repository.

use std::rc::Rc;

use crate::protocol::invalid::Invalid;
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::platform::Platform;
use crate::protocol::oci::reference::{Reference, RepositoryName, Tag, split_name};
use crate::protocol::v1::ImageId;
use crate::registry::api::connection::Connection;
use crate::registry::api::place::Place;
use crate::registry::api::repo::Repo;
use crate::registry::api::settings::Call;
use crate::registry::blob::pull::BlobPull;
use crate::registry::blob::push_strategy::Push;
use crate::registry::blob::source::BlobSource;
use crate::registry::cleanup::{Cleanup, Policy};
use crate::registry::image::Image;
use crate::registry::image::reference::ImageReference;
use crate::registry::legacy::v1;
use crate::registry::listing::Listing;
use crate::registry::manifest::artifact::Artifact;
use crate::registry::manifest::delete::Dependents;
use crate::registry::manifest::get::FetchedManifest;
use crate::registry::manifest::index_edit::IndexChange;
use crate::registry::tag::data::TagData;
use crate::registry::tag::describe::{Descriptions, Order};
use crate::transport::schema1::AnySigner;
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

    /// Points a tag at a manifest of this repository, which stays as it came, byte for byte. `if_match`: what the tag
    /// must point to now, `Some(None)` that it must not exist, else `CONFLICT`. An error says what the tag points to.
    pub async fn tag(
        &self,
        tag: &str,
        image: &ImageReference<H>,
        if_match: Option<Option<&str>>,
        call: &Call,
    ) -> Result<()> {
        self.in_call(call)?.tag(tag, image, if_match).await
    }

    /// Removes this tag alone; others of the same digest stay. An error says what the tag points to.
    pub async fn untag(&self, tag: &str, call: &Call) -> Result<()> {
        self.in_call(call)?.untag(tag).await
    }

    /// Pushes a manifest as a caller gives it, under a tag or its digest. `signer`: signs one of schema 1 that is not.
    pub async fn push_manifest(
        &self,
        reference: &str,
        bytes: Vec<u8>,
        media_type: Option<&str>,
        signer: Option<AnySigner>,
        call: &Call,
    ) -> Result<Descriptor> {
        self.in_call(call)?.push_document(reference, bytes, media_type, signer).await
    }

    /// Puts an index of these images under a tag: an OCI index, or Docker's list where all of it is Docker's. An index
    /// among them contributes its entries; of images for one platform the later takes the earlier's place.
    pub async fn create_index(
        &self,
        tag: &str,
        images: &[ImageReference<H>],
        change: &IndexChange,
        call: &Call,
    ) -> Result<Descriptor> {
        self.in_call(call)?.create_index(tag, images, change).await
    }

    /// Pushes an artifact: its files, its manifest, and its place among the referrers of its subject.
    pub async fn push_artifact(&self, artifact: Artifact<H>, call: &Call) -> Result<Descriptor> {
        self.in_call(call)?.push_artifact(artifact).await
    }

    /// What refers to a manifest, or those of it that are of a type. Of what is not there nothing is known: an empty list.
    pub async fn referrers(&self, digest: &str, artifact_type: Option<&str>, call: &Call) -> Result<Vec<Descriptor>> {
        Box::pin(self.in_call(call)?.referrers(&Digest::parse(digest)?, artifact_type)).await
    }

    /// What depends on a manifest: one GET for each of the repository's tags and each index within an index.
    pub async fn plan_delete(&self, digest: &str, call: &Call) -> Result<Dependents> {
        Box::pin(self.in_call(call)?.dependents(Digest::parse(digest)?)).await
    }

    /// Deletes a manifest, and every tag that points to it. Unless forced only what nothing depends on, else `IN_USE`.
    /// Resolves once it is gone, and its tags.
    pub async fn delete_manifest(&self, digest: &str, force: bool, call: &Call) -> Result<()> {
        self.in_call(call)?.delete_manifest(Digest::parse(digest)?, force).await
    }

    /// What a policy would remove, and why. Nothing is changed.
    pub async fn plan_cleanup(&self, policy: &Policy, call: &Call) -> Result<Cleanup<H>> {
        self.in_call(call)?.plan_cleanup(policy).await
    }

    /// A clean-up's plan from its JSON, if it is one of this repository. No request is made.
    pub fn load_cleanup(&self, json: &str) -> Result<Cleanup<H>> {
        Cleanup::load(&self.api, self.checked_name()?, json)
    }

    /// Deletes a V1 repository with all its tags. Images stay: others may have them among their ancestors.
    pub async fn delete(&self, call: &Call) -> Result<()> {
        self.in_call(call)?.v1_delete_repository().await
    }

    /// Puts an image into a V1 registry, unless it is there. Its parent must be. No tag points to it yet. Gives its id.
    pub async fn push_image(
        &self,
        json: Vec<u8>,
        layer: Box<dyn BlobSource<H::Chunk>>,
        call: &Call,
    ) -> Result<ImageId> {
        self.in_call(call)?.v1_push_image(json, layer).await
    }
}
