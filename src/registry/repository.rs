//! A repository of a registry.

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
use crate::registry::blob::push_settings::Push;
use crate::registry::blob::source::BlobSource;
use crate::registry::concurrency::CountWatcher;
use crate::registry::image::Image;
use crate::registry::image::reference::ImageReference;
use crate::registry::listing::Listing;
use crate::registry::manifest::artifact::Artifact;
use crate::registry::manifest::delete::Dependents;
use crate::registry::manifest::get::FetchedManifest;
use crate::registry::manifest::index_edit::IndexChange;
use crate::registry::tag::data::TagData;
use crate::registry::tag::describe::{Descriptions, Order, ToDescribe};
use crate::registry::tag::set::Expected;
use crate::transport::schema1::AnySigner;
use crate::transport::{Host, Result};

/// A repository, by name. A name from the registry's catalog is checked when it is used, not before.
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

    /// The full name, including the namespace.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The part of the name before the first slash, if there is one.
    pub fn namespace(&self) -> Option<&str> {
        split_name(&self.name).0
    }

    /// The part of the name after the first slash, or the whole name.
    pub fn repository(&self) -> &str {
        split_name(&self.name).1
    }

    /// Returns the place of a tag or digest of this repository, for a later call.
    ///
    /// # Errors
    ///
    /// `INVALID_REFERENCE` when the reference or the repository's name is invalid.
    pub fn place(&self, reference: &str) -> Result<Place<H>> {
        let (name, reference) = (self.checked_name()?, Reference::parse(reference)?);
        Ok(Place { api: self.api.clone(), name, reference })
    }

    /// Binds the repository to one call.
    pub(super) fn in_call(&self, call: &Call) -> std::result::Result<Repo<H>, Invalid> {
        Ok(Repo::new(&self.api, self.checked_name()?, call))
    }

    pub(super) fn checked_name(&self) -> std::result::Result<RepositoryName, Invalid> {
        RepositoryName::parse(&self.name)
    }

    /// Lists the tags, page by page. Errors are reported by [`Listing::next_page`].
    pub fn tags(&self, page_size: Option<u64>, call: Call) -> Listing<H> {
        Listing::tags(self.api.clone(), self.checked_name(), page_size, call)
    }

    /// Describes what a tag points to.
    ///
    /// # Errors
    ///
    /// - `MANIFEST_UNKNOWN` or `NOT_FOUND` when the tag does not exist.
    /// - `INVALID_REFERENCE` when the tag is invalid.
    /// - `INVALID_RESPONSE` or `AMBIGUOUS_MANIFEST` when the manifest or config is malformed.
    /// - `DIGEST_MISMATCH` or `SIZE_MISMATCH` when content does not match its digest.
    /// - Otherwise the code of the failed request.
    pub async fn data(&self, tag: &str, call: &Call) -> Result<TagData> {
        TagData::of(&self.in_call(call)?, Tag::parse(tag)?).await
    }

    /// Describes the given tags, or all tags of the repository. `watcher` receives the number of tags.
    ///
    /// # Errors
    ///
    /// `INVALID_REFERENCE` when a tag or the repository's name is invalid.
    pub fn describe_tags(
        &self,
        tags: Option<Vec<String>>,
        order: Order,
        watcher: Option<CountWatcher>,
        call: Call,
    ) -> Result<Descriptions<H>> {
        Ok(self.to_describe(tags, order, watcher, call)?.begin())
    }

    /// Checks what [`describe_tags`](Self::describe_tags) does, without beginning.
    ///
    /// # Errors
    ///
    /// Those of `describe_tags`.
    pub fn to_describe(
        &self,
        tags: Option<Vec<String>>,
        order: Order,
        watcher: Option<CountWatcher>,
        call: Call,
    ) -> Result<ToDescribe<H>> {
        ToDescribe::check(self.in_call(&call)?, tags, order, watcher)
    }

    /// Finds the image of a tag or digest, or of an id at a V1 registry. `platform` is given as `linux/arm64/v8`.
    ///
    /// # Errors
    ///
    /// - `MANIFEST_UNKNOWN` or `NOT_FOUND` when there is no such image.
    /// - `NO_MATCHING_PLATFORM` when there is no image for the platform.
    /// - `INVALID_REFERENCE` or `INVALID_ARGUMENT` when an argument is invalid.
    /// - `INVALID_RESPONSE` or `AMBIGUOUS_MANIFEST` when the manifest or config is malformed.
    /// - `DIGEST_MISMATCH` or `SIZE_MISMATCH` when content does not match its digest.
    /// - `SIGNATURE_INVALID` when a schema1 manifest is unsigned or has a wrong signature.
    /// - `INDEX_LIMIT` when indexes are nested too deeply or are too many.
    /// - `UNSUPPORTED` when the manifest is not that of an image.
    /// - Otherwise the code of the failed request.
    pub async fn image(&self, reference: &str, platform: Option<&str>, call: &Call) -> Result<Image<H>> {
        let repo = self.in_call(call)?;
        let reference = Reference::parse(reference)?;
        let platform = platform.map(Platform::parse).transpose()?;
        let v1 = async { repo.api.legacy().await?.find(&repo, &reference, platform.as_ref()).await };
        repo.api.by_version(Image::find(&repo, &reference, platform.as_ref()), v1).await
    }

    /// Fetches the manifest of a tag or digest. `accept` replaces the default list of media types.
    ///
    /// # Errors
    ///
    /// - `MANIFEST_UNKNOWN` or `NOT_FOUND` when there is no such manifest.
    /// - `INVALID_REFERENCE` when the reference is invalid.
    /// - `DIGEST_MISMATCH` when the content does not match its digest.
    /// - `SIGNATURE_INVALID` when a schema1 manifest is unsigned or has a wrong signature.
    /// - `TOO_LARGE` when the manifest exceeds the size limit.
    /// - `UNSUPPORTED` when the registry speaks V1 or the digest algorithm is unknown.
    /// - Otherwise the code of the failed request.
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

    /// Returns the descriptor of a manifest, or `None` if GET confirms that it does not exist.
    ///
    /// # Errors
    ///
    /// `INVALID_REFERENCE`, `UNSUPPORTED` at a V1 registry, or the code of a failed request.
    pub async fn head_manifest(&self, reference: &str, call: &Call) -> Result<Option<Descriptor>> {
        let (repo, reference) = (self.in_call(call)?, Reference::parse(reference)?);
        if let Some(found) = repo.head_manifest(&reference).await? {
            return Ok(Some(found));
        }
        let found = Box::pin(repo.observe(&reference)).await?;
        Ok(found.map(|found| found.descriptor()))
    }

    /// Opens a blob, or the bytes from the first to the last position of `range`, both inclusive.
    ///
    /// # Errors
    ///
    /// - `BLOB_UNKNOWN` or `NOT_FOUND` when there is no such blob.
    /// - `INVALID_REFERENCE` when the digest is invalid.
    /// - `INVALID_ARGUMENT` when the range is invalid or begins beyond the end of the blob.
    /// - `UNSUPPORTED` when the registry speaks V1 or the digest algorithm is unknown.
    /// - Otherwise the code of the failed request.
    pub async fn blob(&self, digest: &str, range: Option<(u64, u64)>, call: &Call) -> Result<BlobPull<H>> {
        let (repo, digest) = (self.in_call(call)?, Digest::parse(digest)?);
        match range {
            Some(range) => repo.blob_range(&digest, range).await,
            None => repo.blob(&digest, None).await,
        }
    }

    /// Returns the descriptor of a blob, or `None` if it does not exist.
    ///
    /// # Errors
    ///
    /// - `INVALID_REFERENCE` when the digest is invalid.
    /// - `INVALID_RESPONSE` when the size cannot be determined.
    /// - `UNSUPPORTED` when the registry speaks V1.
    /// - Otherwise the code of the failed request.
    pub async fn head_blob(&self, digest: &str, call: &Call) -> Result<Option<Descriptor>> {
        self.in_call(call)?.head_blob(&Digest::parse(digest)?).await
    }

    /// Pushes a blob, unless the repository has it.
    ///
    /// # Errors
    ///
    /// - `SOURCE` when the source of the bytes fails.
    /// - `DIGEST_MISMATCH` or `SIZE_MISMATCH` when the source yields other bytes than announced.
    /// - `TOO_LARGE` when the registry limits the size of a request.
    /// - `UNSUPPORTED` when the registry speaks V1 or accepts no pushes.
    /// - Otherwise the code of the failed request.
    pub async fn push_blob(&self, push: Push<H::Chunk>, call: &Call) -> Result<Descriptor> {
        Ok(self.in_call(call)?.push_blob(push).await?.0)
    }

    /// Mounts a blob from another repository of the registry. Returns false if the registry did not mount it.
    ///
    /// # Errors
    ///
    /// `INVALID_REFERENCE`, `UNSUPPORTED` at a V1 registry, or the code of a failed request.
    pub async fn mount_blob(&self, digest: &str, from: &str, call: &Call) -> Result<bool> {
        let (digest, from) = (Digest::parse(digest)?, RepositoryName::parse(from)?);
        self.in_call(call)?.mount_blob(&digest, &from).await
    }

    /// Deletes a blob from this repository.
    ///
    /// # Errors
    ///
    /// - `BLOB_UNKNOWN` or `NOT_FOUND` when there is no such blob.
    /// - `INVALID_REFERENCE` when the digest is invalid.
    /// - `UNSUPPORTED` when the registry does not delete.
    /// - Otherwise the code of the failed request.
    pub async fn delete_blob(&self, digest: &str, call: &Call) -> Result<()> {
        self.in_call(call)?.delete_blob(&Digest::parse(digest)?).await
    }

    /// Points a tag at a manifest of this repository, which is put byte for byte as it is.
    ///
    /// `if_match` names the digest that the tag must point to now; `Some(None)` requires that the tag does not
    /// exist. An error says where the tag points.
    ///
    /// # Errors
    ///
    /// - `CONFLICT` when `if_match` does not hold, or another writer moved the tag.
    /// - `MANIFEST_UNKNOWN` or `NOT_FOUND` when there is no such image.
    /// - `INVALID_REFERENCE` or `INVALID_ARGUMENT` when an argument is invalid or the image is in another
    ///   repository.
    /// - Otherwise the code of the failed request.
    pub async fn tag(
        &self,
        tag: &str,
        image: &ImageReference<H>,
        if_match: Option<Option<&str>>,
        call: &Call,
    ) -> Result<()> {
        self.in_call(call)?.tag(tag, image, if_match).await
    }

    /// Removes one tag; other tags of the same digest stay. An error says where the tag points.
    ///
    /// # Errors
    ///
    /// - `MANIFEST_UNKNOWN` or `NOT_FOUND` when the tag does not exist.
    /// - `UNSUPPORTED` when the registry does not delete; the tag is unchanged.
    /// - `CONFLICT` when another writer created the tag again.
    /// - `INVALID_RESPONSE` when the registry reports a deletion that did not happen.
    /// - `INVALID_REFERENCE` when the tag is invalid.
    /// - Otherwise the code of the failed request.
    pub async fn untag(&self, tag: &str, call: &Call) -> Result<()> {
        self.in_call(call)?.untag(tag).await
    }

    /// Pushes a manifest byte for byte, under a tag or its digest. `signer` signs an unsigned schema1 manifest. `if_match` is
    /// the digest that the tag must point to now; `Some(None)` requires that it does not exist.
    ///
    /// # Errors
    ///
    /// - `MANIFEST_BLOB_UNKNOWN` when a blob or child is missing.
    /// - `INVALID_ARGUMENT` when the manifest is malformed or contradicts the media type.
    /// - `AMBIGUOUS_MANIFEST` when the document can be read as two kinds of manifest.
    /// - `DIGEST_MISMATCH` when the reference is a digest, but not that of the manifest.
    /// - `SIGNATURE_INVALID` when a signature of a schema1 manifest is wrong.
    /// - `CONFLICT` when `if_match` does not hold, another writer moved the tag, or the referrers tag cannot be updated.
    /// - `INVALID_REFERENCE` when the reference is invalid.
    /// - `UNSUPPORTED` when the registry speaks V1.
    /// - Otherwise the code of the failed request.
    pub async fn push_manifest(
        &self,
        reference: &str,
        bytes: Vec<u8>,
        media_type: Option<&str>,
        signer: Option<AnySigner>,
        if_match: Option<&Expected>,
        call: &Call,
    ) -> Result<Descriptor> {
        self.in_call(call)?.push_document(reference, bytes, media_type, signer, if_match).await
    }

    /// Creates an index of images and tags it: an OCI index, or a Docker manifest list if all images are Docker's.
    ///
    /// An index among the images contributes its entries. Of two images for one platform, the later replaces the
    /// earlier.
    ///
    /// # Errors
    ///
    /// - `MANIFEST_UNKNOWN` or `NOT_FOUND` when an image, the base or an entry is not in the repository.
    /// - `CONFLICT` when `change.if_match` does not hold, or another writer moved the tag.
    /// - `INVALID_ARGUMENT` when the change does not fit the base, an image is in another repository, or the index
    ///   would be empty.
    /// - `INVALID_REFERENCE` when a tag or digest is invalid.
    /// - `UNSUPPORTED` when the registry speaks V1.
    /// - Otherwise the code of the failed request.
    pub async fn create_index(
        &self,
        tag: &str,
        images: &[ImageReference<H>],
        change: &IndexChange,
        call: &Call,
    ) -> Result<Descriptor> {
        self.in_call(call)?.create_index(tag, images, change).await
    }

    /// Pushes an artifact: its files, then its manifest, then its entry in the referrers tag if the registry needs
    /// one.
    ///
    /// # Errors
    ///
    /// - `NOT_FOUND` when the subject does not exist; nothing was pushed.
    /// - `CONFLICT` when `if_match` does not hold, another writer moved the tag, or the referrers tag cannot be updated. The
    ///   artifact is there under its digest then.
    /// - The errors of [`Repository::push_blob`] for the files.
    pub async fn push_artifact(&self, artifact: Artifact<H>, call: &Call) -> Result<Descriptor> {
        self.in_call(call)?.push_artifact(artifact).await
    }

    /// Lists the referrers of a manifest, or those of one artifact type. The list is empty if the subject does not
    /// exist.
    ///
    /// # Errors
    ///
    /// - `INVALID_REFERENCE` when the digest is invalid.
    /// - `INVALID_RESPONSE` when the list of referrers is malformed.
    /// - `PAGING_LOOP` or `UNTRUSTED_LOCATION` when the next page cannot be requested.
    /// - `UNSUPPORTED` when the registry speaks V1.
    /// - Otherwise the code of the failed request.
    pub async fn referrers(&self, digest: &str, artifact_type: Option<&str>, call: &Call) -> Result<Vec<Descriptor>> {
        Box::pin(self.in_call(call)?.referrers(&Digest::parse(digest)?, artifact_type)).await
    }

    /// Finds the dependents of a manifest, with one GET for each tag and each index within an index.
    ///
    /// # Errors
    ///
    /// - `NAME_UNKNOWN` or `NOT_FOUND` when the repository does not exist.
    /// - `INVALID_REFERENCE` when the digest is invalid.
    /// - `UNSUPPORTED` when the registry speaks V1.
    /// - Otherwise the code of the failed request.
    pub async fn plan_delete(&self, digest: &str, call: &Call) -> Result<Dependents> {
        Box::pin(self.in_call(call)?.dependents(Digest::parse(digest)?)).await
    }

    /// Deletes a manifest and every tag that points to it, and returns when they are gone.
    ///
    /// # Errors
    ///
    /// - `IN_USE` when something depends on the manifest and `force` is false.
    /// - `MANIFEST_UNKNOWN` or `NOT_FOUND` when there is no such manifest.
    /// - `UNSUPPORTED` when the registry does not delete.
    /// - `INVALID_RESPONSE` when the registry reports a deletion that did not happen.
    /// - `INVALID_REFERENCE` when the digest is invalid.
    /// - Otherwise the code of the failed request.
    pub async fn delete_manifest(&self, digest: &str, force: bool, call: &Call) -> Result<()> {
        self.in_call(call)?.delete_manifest(Digest::parse(digest)?, force).await
    }

    /// Deletes a V1 repository with all its tags. Its images stay, because other images may have them as ancestors.
    ///
    /// # Errors
    ///
    /// `UNSUPPORTED` when the registry speaks V2, or the code of a failed request.
    pub async fn delete(&self, call: &Call) -> Result<()> {
        self.in_call(call)?.v1_delete_repository().await
    }

    /// Pushes an image to a V1 registry, unless it is there, and returns its id. Its parent must exist. No tag is
    /// set.
    ///
    /// # Errors
    ///
    /// `UNSUPPORTED` when the registry speaks V2, or the code of a failed request.
    pub async fn push_image(
        &self,
        json: Vec<u8>,
        layer: Box<dyn BlobSource<H::Chunk>>,
        call: &Call,
    ) -> Result<ImageId> {
        self.in_call(call)?.v1_push_image(json, layer).await
    }
}
