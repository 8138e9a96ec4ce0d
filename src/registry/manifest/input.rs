//! Manifests that a caller gives.

use std::rc::Rc;

use crate::protocol::code;
use crate::protocol::invalid::{Invalid, quoted};
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::Algorithm;
use crate::protocol::oci::media_type;
use crate::protocol::oci::reference::Reference;
use crate::registry::api::repo::Repo;
use crate::registry::manifest::get::{FetchedManifest, check_verifiable, mismatch};
use crate::transport::schema1::AnySigner;
use crate::transport::{Error, Host, Result};

impl<H: Host> Repo<H> {
    /// Puts a manifest of whatever kind, byte for byte. `media_type`: what it is, where it does not say so itself. What
    /// it refers to must be there. Schema 1 that is not signed is signed, by `signer` if there is one.
    pub(crate) async fn push_document(
        &self,
        reference: &str,
        bytes: Vec<u8>,
        media_type: Option<&str>,
        signer: Option<AnySigner>,
    ) -> Result<Descriptor> {
        let reference = Reference::parse(reference)?;
        let manifest = checked(&reference, bytes, media_type)?;
        let manifest = Rc::new(Box::pin(self.signed(manifest, signer)).await?);
        Box::pin(self.push_manifest(&reference, &manifest)).await?;
        Ok(manifest.descriptor())
    }
}

/// Spaces by which the JSON of a manifest is indented that a caller passes as an object: three for schema 1, as docker's own
/// tools write it; anything else is compact.
pub fn indentation(schema_version: Option<f64>) -> u32 {
    if schema_version == Some(1.0) { 3 } else { 0 }
}

/// Refused before any request.
fn checked(reference: &Reference, bytes: Vec<u8>, media_type: Option<&str>) -> Result<FetchedManifest> {
    let algorithm = match reference {
        Reference::Digest(digest) => check_verifiable(digest)?,
        Reference::Tag(_) => Algorithm::Sha256,
    };
    let given = media_type.map(media_type::essence);
    let refused = |invalid: Invalid| match invalid.code {
        code::INVALID_RESPONSE => Invalid::argument(invalid.message),
        _ => invalid,
    };
    let manifest = FetchedManifest::new(bytes, given.as_deref(), algorithm).map_err(refused)?;
    let told = &manifest.manifest.media_type;
    if !told.contains('/') {
        let message = "manifest: neither it nor options.mediaType says what it is, as in \
             \"application/vnd.oci.image.manifest.v1+json\"";
        return Err(Error::new(code::INVALID_ARGUMENT, message));
    }
    if given.as_deref().is_some_and(|given| given != told) {
        // `application/json` and the like, which the document's own word is better than.
        let message = format!(
            "options.mediaType: {} says less than the manifest itself: {told}",
            quoted(&given.unwrap_or_default())
        );
        return Err(Error::new(code::INVALID_ARGUMENT, message));
    }
    match reference {
        Reference::Digest(digest) if *digest != manifest.digest => {
            Err(Error::new(code::DIGEST_MISMATCH, mismatch(digest, &manifest.digest)))
        }
        _ => Ok(manifest),
    }
}
