//! Manifests that a caller pushes.

use std::rc::Rc;

use crate::protocol::code;
use crate::protocol::invalid::{Invalid, quoted};
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::Algorithm;
use crate::protocol::oci::manifest::Manifest;
use crate::protocol::oci::media_type;
use crate::protocol::oci::media_type::Kind;
use crate::protocol::oci::reference::Reference;
use crate::registry::api::repo::Repo;
use crate::registry::api::response::mismatch;
use crate::registry::manifest::get::{FetchedManifest, check_verifiable};
use crate::registry::tag::set::Expected;
use crate::transport::schema1::AnySigner;
use crate::transport::{Error, Host, Result};

impl<H: Host> Repo<H> {
    /// Pushes a manifest of any kind byte for byte. Its content must exist in the repository. `media_type` is
    /// needed if the document does not state its own. An unsigned schema1 manifest is signed, by `signer` if there
    /// is one.
    pub(crate) async fn push_document(
        &self,
        reference: &str,
        bytes: Vec<u8>,
        media_type: Option<&str>,
        signer: Option<AnySigner>,
        expected: Option<&Expected>,
    ) -> Result<Descriptor> {
        let reference = Reference::parse(reference)?;
        if matches!(reference, Reference::Digest(_)) && expected.is_some() {
            let message = "options.ifMatch and noClobber apply to a tag, but the reference is a digest";
            return Err(Error::new(code::INVALID_ARGUMENT, message));
        }
        let mut manifest = self.checked(&reference, bytes, media_type).await?;
        if manifest.schema1.is_some() || signer.is_some() {
            manifest = self.api.legacy().await?.signed(self, manifest, signer).await?;
        }
        let manifest = Rc::new(manifest);
        Box::pin(self.push_manifest_if(&reference, &manifest, expected)).await?;
        Ok(manifest.descriptor())
    }

    /// Checks the input before any request is sent.
    async fn checked(
        &self,
        reference: &Reference,
        bytes: Vec<u8>,
        media_type: Option<&str>,
    ) -> Result<FetchedManifest> {
        let algorithm = match reference {
            Reference::Digest(digest) => check_verifiable(digest)?,
            Reference::Tag(_) => Algorithm::Sha256,
        };
        let given = media_type.map(media_type::essence);
        let refused = |invalid: Invalid| match invalid.code {
            code::INVALID_RESPONSE => Invalid::argument(invalid.into_message()),
            _ => invalid,
        };
        let document = Manifest::parse(&bytes, given.as_deref()).and_then(Manifest::sound).map_err(refused)?;
        let manifest = match document.kind {
            Kind::Schema1 => self.api.legacy().await?.manifest(bytes, document, algorithm).map_err(refused)?,
            _ => FetchedManifest::of(bytes, document, algorithm),
        };
        let told = &manifest.manifest.media_type;
        if !told.contains('/') {
            let message = "manifest: neither it nor options.mediaType states its media type, such as \
                 \"application/vnd.oci.image.manifest.v1+json\"";
            return Err(Error::new(code::INVALID_ARGUMENT, message));
        }
        if given.as_deref().is_some_and(|given| given != told) {
            // The document's own media type is better than `application/json` and the like.
            let message = format!(
                "options.mediaType: {} is less specific than the manifest's own media type {told}",
                quoted(&given.unwrap_or_default())
            );
            return Err(Error::new(code::INVALID_ARGUMENT, message));
        }
        match reference {
            Reference::Digest(digest) if *digest != manifest.digest => Err(mismatch(digest, &manifest.digest)),
            _ => Ok(manifest),
        }
    }
}

/// Returns the indentation for the JSON of a manifest that a caller passes as an object: three spaces for schema1,
/// as docker's own tools write it; anything else is compact.
pub fn indentation(schema_version: Option<f64>) -> u32 {
    if schema_version == Some(1.0) { 3 } else { 0 }
}
