//! Docker's first manifest (distribution, "Image Manifest Version 2, Schema 1"): its payload is what counts and what its
//! digest is of, its signatures prove who wrote that, and it does not tell how large its layers are.

mod convert;
mod layers;
mod sign;
mod verify;

pub use crate::registry::legacy::schema1::convert::Form;

use std::cell::RefCell;

use serde::Serialize;

use crate::protocol::invalid::Invalid;
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::schema1::Schema1;
use crate::protocol::schema1::signed::{Signature, Signed};

/// What a manifest of schema 1 has beside its bytes.
#[derive(Debug)]
pub struct Legacy {
    /// What the digest is of.
    pub payload: Vec<u8>,
    /// What that says.
    pub document: Schema1,
    /// None where it is unsigned.
    pub signatures: Vec<SignatureFact>,
    /// The blobs with their sizes, once they were asked for.
    sizes: RefCell<Option<Vec<Descriptor>>>,
}

/// A signature, and whether it is right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SignatureFact {
    /// Fingerprint of the key, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    /// The algorithm, as the signature tells it.
    pub algorithm: String,
    /// Whether it is the key's signature of the payload.
    pub verified: bool,
}

impl SignatureFact {
    fn of(signature: &Signature, verified: bool) -> Self {
        Self { key_id: signature.key_id.clone(), algorithm: signature.algorithm.clone(), verified }
    }
}

impl Legacy {
    /// Of a payload and what is known of its signatures.
    pub(crate) fn read(payload: Vec<u8>, signatures: Vec<SignatureFact>) -> Result<Self, Invalid> {
        let document = Schema1::parse(&payload)?;
        Ok(Self { payload, document, signatures, sizes: RefCell::default() })
    }

    /// Of a document taken apart; no signature is checked.
    pub(crate) fn unchecked(signed: Signed) -> Result<Self, Invalid> {
        let facts = signed.signatures.iter().map(|signature| SignatureFact::of(signature, false)).collect();
        Self::read(signed.payload, facts)
    }

    /// The blobs that the registry has to hold for it, as far as their sizes were asked for.
    pub(crate) fn known_blobs(&self) -> Vec<Descriptor> {
        self.sizes.borrow().clone().unwrap_or_default()
    }
}
