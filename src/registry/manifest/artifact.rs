//! Artifacts: typed files that may refer to an image (image-spec manifest.md, "Guidelines for Artifact Usage").

use std::rc::Rc;

use crate::protocol::code;
use crate::protocol::oci::descriptor::{Annotations, Descriptor};
use crate::protocol::oci::digest::{Algorithm, Digest};
use crate::protocol::oci::manifest::document::{Entry, ImageDocument};
use crate::protocol::oci::media_type;
use crate::protocol::oci::media_type::{OCI_EMPTY, OCI_MANIFEST};
use crate::protocol::oci::reference::{Reference, Tag};
use crate::registry::api::repo::Repo;
use crate::registry::blob::push_settings::Push;
use crate::registry::image::reference::ImageReference;
use crate::registry::manifest::get::FetchedManifest;
use crate::registry::tag::set::Expected;
use crate::transport::{Error, Host, Result};

/// Annotation with the name of a file.
const TITLE: &str = "org.opencontainers.image.title";
/// The content of the empty descriptor.
const EMPTY: &[u8] = b"{}";

/// A file of an artifact.
pub struct ArtifactFile<C> {
    /// Its bytes and media type.
    pub push: Push<C>,
    /// Name of the file.
    pub title: Option<String>,
    /// Annotations of the file's descriptor.
    pub annotations: Annotations,
}

/// An artifact to push.
pub struct Artifact<H: Host> {
    /// Type of the artifact.
    pub artifact_type: String,
    /// Files of the artifact.
    pub files: Vec<ArtifactFile<H::Chunk>>,
    /// Annotations of the manifest.
    pub annotations: Annotations,
    /// The subject that the artifact refers to.
    pub subject: Option<ImageReference<H>>,
    /// Config; most artifacts have none.
    pub config: Option<Push<H::Chunk>>,
    /// Tag for the artifact; without one it is pushed by digest.
    pub tag: Option<String>,
    /// Condition on the tag: the digest that it must point to now; `Some(None)` requires that it does not exist.
    pub if_match: Option<Expected>,
}

impl<H: Host> Repo<H> {
    /// Pushes an artifact: its files, its manifest, and its entry in the referrers tag if the registry needs one.
    pub(crate) async fn push_artifact(&self, artifact: Artifact<H>) -> Result<Descriptor> {
        let tag = artifact.tag.as_deref().map(Tag::parse).transpose()?;
        if tag.is_none() && artifact.if_match.is_some() {
            let message = "options.ifMatch and noClobber apply to a tag, and there is no options.tag";
            return Err(Error::new(code::INVALID_ARGUMENT, message));
        }
        media_type::check(&artifact.artifact_type)?;
        let subject = artifact.subject.as_ref().map(|subject| subject.within(self)).transpose()?;
        Box::pin(self.put_artifact(artifact, tag, subject)).await
    }

    async fn put_artifact(
        &self,
        artifact: Artifact<H>,
        tag: Option<Tag>,
        subject: Option<Reference>,
    ) -> Result<Descriptor> {
        let subject = match &subject {
            Some(reference) => Some(self.subject(reference).await?),
            None => None,
        };
        let mut uses_empty = artifact.config.is_none();
        let config = match artifact.config {
            Some(push) => Entry::new(self.push_blob(push).await?.0)?,
            None => self.push_empty().await?,
        };
        let mut layers = Vec::new();
        for file in artifact.files {
            let (mut descriptor, _) = self.push_blob(file.push).await?;
            let mut annotations = file.annotations;
            if let Some(title) = &file.title {
                annotations.set(TITLE, title);
            }
            descriptor.annotations = Some(annotations);
            layers.push(Entry::new(descriptor)?);
        }
        if layers.is_empty() {
            // Registries require at least one layer.
            uses_empty = true;
            layers.push(self.push_empty().await?);
        }
        let mut document = ImageDocument::new(OCI_MANIFEST, config, layers);
        document.artifact_type = Some(artifact.artifact_type);
        document.subject = subject;
        document.annotations = artifact.annotations;
        let (bytes, media_type) = document.write()?;
        let manifest = Rc::new(FetchedManifest::new(bytes, media_type)?);
        let expected = artifact.if_match;
        // With a condition, the tag is written once the artifact is there.
        let reference = match &tag {
            Some(tag) if expected.is_none() => Reference::Tag(tag.clone()),
            _ => Reference::Digest(manifest.digest.clone()),
        };
        match self.push_manifest(&reference, &manifest).await {
            // The registry reported that it has the empty blob, but it does not.
            Err(error) if uses_empty && error.lacks_parts() => {
                self.push_small_blob(EMPTY.to_vec()).await?;
                self.push_manifest(&reference, &manifest).await?;
            }
            pushed => pushed?,
        }
        if let (Some(tag), Some(_)) = (&tag, &expected) {
            let point = self.point(tag, &manifest, expected.as_ref());
            point.await.map_err(|error| error.and(&format!("the artifact is there as {}", manifest.digest)))?;
        }
        Ok(manifest.descriptor())
    }

    async fn subject(&self, reference: &Reference) -> Result<Entry> {
        // GET, not HEAD: a wrong type or size would remain in the artifact's manifest.
        match self.observe(reference).await? {
            Some(found) => Ok(Entry::new(found.descriptor())?),
            None => {
                let message = format!("subject: {reference} does not exist in the repository {}", self.name);
                Err(Error::new(code::NOT_FOUND, message).and("nothing was pushed"))
            }
        }
    }

    /// Returns the empty descriptor, after a push of its two bytes if they are missing.
    async fn push_empty(&self) -> Result<Entry> {
        let digest = Digest::of(Algorithm::Sha256, EMPTY);
        self.require_v2("blobs").await?;
        if self.blob_hint(&digest, Some(EMPTY.len() as u64)).await?.is_none() {
            self.push_small_blob(EMPTY.to_vec()).await?;
        }
        Ok(Entry::new(Descriptor::new(OCI_EMPTY.to_owned(), digest, EMPTY.len() as u64))?)
    }
}
