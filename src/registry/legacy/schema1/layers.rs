//! The blobs of a schema1 manifest and their sizes, which only the registry knows.

use crate::protocol::code;
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::media_type::DOCKER_LAYER;
use crate::protocol::oci::reference::RepositoryName;
use crate::registry::api::repo::Repo;
use crate::registry::concurrency::{Question, answers};
use crate::transport::{Error, Host, Result};

use crate::registry::legacy::schema1::Schema1Parts;

impl<H: Host> Repo<H> {
    /// Returns the blobs of a manifest, each once, base first. Blobs that the registry does not have are left out.
    pub(in crate::registry::legacy) async fn schema1_blobs(&self, parts: &Schema1Parts) -> Result<Vec<Descriptor>> {
        if let Some(known) = &*parts.sizes.borrow() {
            return Ok(known.clone());
        }
        let blobs = &parts.document.blobs;
        let ask = |digest: &Digest| -> Question<'_, Option<Descriptor>> {
            let digest = digest.clone();
            Box::pin(async move { self.head_blob(&digest).await })
        };
        let told = answers(self.api.concurrency, blobs.iter().map(ask).collect()).await?;
        let of = |digest: &Digest| {
            let told = told.iter().flatten().find(|told| told.digest == *digest)?;
            Some(Descriptor::new(DOCKER_LAYER.to_owned(), digest.clone(), told.size))
        };
        let found: Vec<Descriptor> = blobs.iter().filter_map(of).collect();
        if found.len() == blobs.len() {
            parts.sizes.replace(Some(found.clone()));
        }
        Ok(found)
    }

    /// Returns the descriptors of the wanted blobs.
    ///
    /// # Errors
    ///
    /// `NOT_FOUND` when the registry does not have one of them.
    pub(in crate::registry::legacy) async fn schema1_layers<'a>(
        &self,
        parts: &Schema1Parts,
        wanted: impl Iterator<Item = &'a Digest>,
    ) -> Result<Vec<Descriptor>> {
        let blobs = Box::pin(self.schema1_blobs(parts)).await?;
        let find = |digest: &Digest| {
            let found = blobs.iter().find(|blob| blob.digest == *digest);
            found.cloned().ok_or_else(|| missing(&self.name, digest))
        };
        wanted.map(find).collect()
    }
}

/// Returns the error of a missing blob.
fn missing(name: &RepositoryName, digest: &Digest) -> Error {
    Error::new(code::NOT_FOUND, format!("the layer {digest} of a schema1 manifest is not in the repository {name}"))
}
