//! Putting and deleting manifests (distribution-spec v1.1.1, "Pushing Manifests", "Deleting Manifests").

use std::rc::Rc;

use crate::protocol::code;
use crate::protocol::http::Method;
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::media_type;
use crate::protocol::oci::reference::Reference;
use crate::registry::api::repo::Repo;
use crate::registry::api::response::Response;
use crate::registry::manifest::get::FetchedManifest;
use crate::transport::request::{Recheck, Request, RequestBody};
use crate::transport::{Error, Host, Result};

/// Maximum bytes read of a response to a change.
pub(crate) const RESPONSE_LIMIT: u64 = 64 * 1024;

/// The registry's response to a manifest that it accepted.
pub struct Pushed {
    /// True if the registry itself records the manifest as a referrer of its subject (`OCI-Subject`). Otherwise the
    /// client maintains the referrers tag.
    pub knows_subject: bool,
    /// True if the registry reported the digest, and it matched.
    pub is_confirmed: bool,
}

impl<H: Host> Repo<H> {
    /// Puts a manifest under a tag or its digest, byte for byte. All content that it refers to must exist.
    pub(crate) async fn put_manifest(&self, reference: &Reference, manifest: &Rc<FetchedManifest>) -> Result<Pushed> {
        self.put_manifest_if(reference, manifest, None).await
    }

    /// The same, with a check before each retry.
    pub(crate) async fn put_manifest_if(
        &self,
        reference: &Reference,
        manifest: &Rc<FetchedManifest>,
        recheck: Option<Recheck>,
    ) -> Result<Pushed> {
        self.require_v2("manifests").await?;
        let endpoint = self.manifest_endpoint(reference);
        let mut request = self.request(Method::Put, &endpoint, None);
        request.headers.set("content-type", media_type::essence(&manifest.manifest.media_type));
        request.body = Some(RequestBody::Bytes(Rc::new(manifest.bytes.clone())));
        request.recheck = recheck;
        let response = self.api.success(self.api.fetch(&request, RESPONSE_LIMIT).await?)?;
        let told = response.content_digest().filter(|told| told.algorithm() == manifest.digest.algorithm());
        if let Some(told) = told.as_ref().filter(|told| **told != manifest.digest) {
            return Err(response.digest_mismatch(&manifest.digest, told));
        }
        self.cache_manifest(manifest);
        if let Reference::Tag(tag) = reference {
            // The cached target of the tag is out of date.
            self.uncache(tag.as_str());
        }
        let knows_subject = response.header("oci-subject").is_some();
        if knows_subject {
            self.api.capabilities.lacks_referrers.set(false);
        }
        Ok(Pushed { knows_subject, is_confirmed: told.is_some() })
    }

    /// Deletes a manifest by its digest, with every tag that points to it. Any status is a response, and none proves
    /// anything: see [`observe`](Self::observe).
    pub(crate) async fn delete(&self, digest: &Digest) -> Result<Response<Vec<u8>>> {
        let turns = self.api.turns.of(&self.name);
        let _turn = turns.deleting.share().await;
        self.delete_now(&Reference::Digest(digest.clone()), None).await
    }

    /// Deletes without waiting, for a caller that holds the lock alone, and for a tag. `recheck` is asked before each retry.
    pub(crate) async fn delete_now(
        &self,
        reference: &Reference,
        recheck: Option<Recheck>,
    ) -> Result<Response<Vec<u8>>> {
        self.require_v2("manifests").await?;
        self.uncache(&reference.to_string());
        let endpoint = self.manifest_endpoint(reference);
        let request = Request { recheck, ..self.request(Method::Delete, &endpoint, None) };
        self.api.fetch(&request, RESPONSE_LIMIT).await
    }

    /// Returns the error of a refused deletion, with the setting that would allow it. A registry with another
    /// reason, such as a retention rule, reports it with a code of its own.
    pub(crate) fn deletion_refused(&self, response: &Response<Vec<u8>>) -> Error {
        let mut error = self.api.failure(response);
        if response.status == 405 && error.code == code::UNSUPPORTED {
            let why = if error.errors.is_empty() {
                "DELETE is not allowed there: the registry cannot delete or is read-only, or a proxy in front \
                 of it blocks DELETE"
            } else {
                "Deletion is disabled: distribution enables it with storage.delete.enabled: true \
                 (REGISTRY_STORAGE_DELETE_ENABLED=true), and not while storage.maintenance.readonly is enabled"
            };
            error.message.push_str("; nothing was deleted. ");
            error.message.push_str(why);
        }
        error
    }
}

/// Returns a digest that no content has, to test whether a registry deletes by digest.
pub(crate) fn digest_of_nothing() -> Result<Digest> {
    Ok(Digest::parse(&format!("sha256:{}", "0".repeat(64)))?)
}
