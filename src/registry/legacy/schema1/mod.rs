//! Docker's first manifest format (distribution, "Image Manifest Version 2, Schema 1").
//!
//! The digest covers the payload only, the signatures prove its author, and the layers' sizes are not stated.

mod convert;
mod layers;
mod sign;
mod verify;

pub use crate::registry::legacy::schema1::convert::{Converted, Form};

use std::cell::RefCell;

use serde::Serialize;

use crate::protocol::invalid::Invalid;
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::{Algorithm, Digest};
use crate::protocol::oci::manifest::Manifest;
use crate::protocol::schema1::Schema1;
use crate::protocol::schema1::signed::{Signature, Signed};
use crate::registry::manifest::get::FetchedManifest;

/// The parsed parts of a schema1 manifest.
#[derive(Debug)]
pub struct Schema1Parts {
    /// The bytes that the digest covers.
    pub payload: Vec<u8>,
    /// The parsed payload.
    pub document: Schema1,
    /// The signatures; empty if it is unsigned.
    pub signatures: Vec<SignatureFact>,
    /// The blobs with their sizes, once they were requested.
    sizes: RefCell<Option<Vec<Descriptor>>>,
}

/// A signature and the result of its verification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SignatureFact {
    /// Fingerprint of the key, if the signature states one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    /// The algorithm that the signature states.
    pub algorithm: String,
    /// True if it is the key's signature of the payload.
    pub verified: bool,
}

impl SignatureFact {
    fn of(signature: &Signature, verified: bool) -> Self {
        Self { key_id: signature.key_id.clone(), algorithm: signature.algorithm.clone(), verified }
    }
}

impl Schema1Parts {
    /// Creates it from a payload and the results for its signatures.
    fn read(payload: Vec<u8>, signatures: Vec<SignatureFact>) -> Result<Self, Invalid> {
        let document = Schema1::parse(&payload)?;
        Ok(Self { payload, document, signatures, sizes: RefCell::default() })
    }

    /// Creates it from a parsed document, without a check of the signatures.
    pub(crate) fn unchecked(signed: Signed) -> Result<Self, Invalid> {
        let facts = signed.signatures.iter().map(|signature| SignatureFact::of(signature, false)).collect();
        Self::read(signed.payload, facts)
    }

    /// Returns the blobs whose sizes were requested before.
    pub(crate) fn known_blobs(&self) -> Vec<Descriptor> {
        self.sizes.borrow().clone().unwrap_or_default()
    }
}

/// Creates a manifest that was not fetched. Its signatures are not checked.
pub fn manifest(bytes: Vec<u8>, manifest: Manifest, algorithm: Algorithm) -> Result<FetchedManifest, Invalid> {
    let parts = Schema1Parts::unchecked(Signed::parse(&bytes)?)?;
    let digest = Digest::of(algorithm, &parts.payload);
    Ok(FetchedManifest { bytes, digest, manifest, schema1: Some(Box::new(parts)) })
}
