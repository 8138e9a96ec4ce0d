//! The host features that only schema1 manifests need: signatures and gzip.

use std::pin::Pin;
use std::rc::Rc;

use crate::protocol::code;
use crate::protocol::schema1::key::Key;
use crate::protocol::schema1::signed::Check;
use crate::transport::{Error, Result, Transport};

/// The host features for schema1 manifests. The default methods return an error that says that the host lacks them.
#[allow(async_fn_in_trait)]
pub trait Schema1Host: Transport {
    /// Verifies a signature. Returns an error if the host cannot verify it.
    async fn verify(&self, _check: &Check) -> Result<bool> {
        Err(no_cryptography())
    }

    /// Creates a signer with a new P-256 key.
    async fn new_signer(&self) -> Result<AnySigner> {
        Err(no_cryptography())
    }

    /// Creates a gzip decompressor.
    fn unpack(&self) -> Result<Box<dyn Unpack<Self::Chunk>>> {
        Err(no_gzip())
    }
}

/// Returns the error of a host without cryptography.
pub fn no_cryptography() -> Error {
    Error::new(
        code::UNSUPPORTED,
        "signatures cannot be checked or made here: this host has no crypto.subtle (a page has it only in a secure \
         context: https or localhost)",
    )
}

/// Returns the error of a host that cannot decompress gzip.
pub fn no_gzip() -> Error {
    Error::new(code::UNSUPPORTED, "layers cannot be unpacked here: this host has no DecompressionStream")
}

/// A pending result.
pub type Work<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + 'a>>;

/// A private key on an elliptic curve.
pub trait Signer {
    /// Returns the public key.
    fn key(&self) -> &Key;

    /// Signs with the key's algorithm; returns the two numbers of the signature, each as long as a coordinate.
    fn sign<'a>(&'a self, input: &'a [u8]) -> Work<'a, Vec<u8>>;
}

/// A shared [`Signer`] of any type.
pub type AnySigner = Rc<dyn Signer>;

/// A gzip stream that is decompressed and hashed, but not stored.
pub trait Unpack<C> {
    /// Adds compressed bytes.
    fn write<'a>(&'a mut self, chunk: &'a C) -> Work<'a, ()>;

    /// Returns the raw sha256 of the decompressed bytes.
    fn finish(self: Box<Self>) -> Work<'static, Vec<u8>>;
}
