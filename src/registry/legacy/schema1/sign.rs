//! Signing schema1 manifests before they are pushed.

use crate::protocol::code;
use crate::protocol::invalid::Invalid;
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::manifest::Manifest;
use crate::protocol::oci::media_type::DOCKER_SCHEMA1_SIGNED;
use crate::protocol::schema1::sign::Draft;
use crate::protocol::schema1::signed::Signed;
use crate::registry::api::repo::Repo;
use crate::registry::legacy::schema1::{Schema1Parts, manifest};
use crate::registry::manifest::get::{FetchedManifest, check_verifiable};
use crate::transport::schema1::AnySigner;
use crate::transport::{Error, Host, Result};

impl<H: Host> Repo<H> {
    /// Returns the manifest to push: a signed one unchanged, if its signatures are valid; an unsigned one signed,
    /// with a new key unless `signer` is given.
    pub(in crate::registry::legacy) async fn signed(
        &self,
        given: FetchedManifest,
        signer: Option<AnySigner>,
    ) -> Result<FetchedManifest> {
        match &given.schema1 {
            Some(parts) if parts.signatures.is_empty() => self.sign(parts, &given.digest, signer).await,
            _ if signer.is_some() => {
                let message = "options.signingKey: only an unsigned schema1 manifest can be signed";
                Err(Error::new(code::INVALID_ARGUMENT, message))
            }
            Some(_) => {
                self.verify(&given.digest, &Signed::parse(&given.bytes)?.signatures).await?;
                Ok(given)
            }
            None => Ok(given),
        }
    }

    async fn sign(&self, parts: &Schema1Parts, digest: &Digest, signer: Option<AnySigner>) -> Result<FetchedManifest> {
        let host = self.api.host();
        let signer = match signer {
            Some(signer) => signer,
            None => host.new_signer().await?,
        };
        let key = signer.key();
        let algorithm = key.algorithm().ok_or_else(|| Error::internal("a signing key of no curve"))?;
        let draft = Draft::new(&parts.payload, host.unix_ms())?;
        let signature = signer.sign(&draft.input).await?;
        if signature.len() != key.signature_length() {
            return Err(Error::internal("the host made a signature of another length than its key's"));
        }
        let bytes = draft.finish(key, algorithm, &signature);
        let document = Manifest::parse(&bytes, Some(DOCKER_SCHEMA1_SIGNED))?.sound()?;
        let signed = manifest(bytes, document, check_verifiable(digest)?)?;
        if signed.digest != *digest {
            return Err(Invalid::new(code::INTERNAL, "signing changed the payload".into()).into());
        }
        Ok(signed)
    }
}
