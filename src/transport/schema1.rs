//! What only schema1 manifests need of a host: signatures and gzip.

use std::pin::Pin;
use std::rc::Rc;

use crate::protocol::code;
use crate::protocol::schema1::key::Key;
use crate::protocol::schema1::signed::Check;
use crate::transport::{Error, Result, Transport};

/// What schema1 manifests need of a host. The default methods answer that the host lacks it.
#[allow(async_fn_in_trait)]
pub trait Schema1Host: Transport {
    /// Whether a signature fits. An error where the host cannot tell.
    async fn verify(&self, _check: &Check) -> Result<bool> {
        Err(no_cryptography())
    }

    /// A signer with a fresh P-256 key.
    async fn new_signer(&self) -> Result<AnySigner> {
        Err(no_cryptography())
    }

    /// A gzip decompressor.
    fn unpack(&self) -> Result<Box<dyn Unpack<Self::Chunk>>> {
        Err(no_gzip())
    }
}

/// What a host that has no cryptography says.
pub fn no_cryptography() -> Error {
    Error::new(
        code::UNSUPPORTED,
        "signatures cannot be checked or made here: this host has no crypto.subtle (a page has it only in a secure \
         context: https or localhost)",
    )
}

/// What a host that cannot unpack gzip says.
pub fn no_gzip() -> Error {
    Error::new(code::UNSUPPORTED, "layers cannot be unpacked here: this host has no DecompressionStream")
}

/// Work in progress.
pub type Work<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + 'a>>;

/// Someone with a private key of a curve.
pub trait Signer {
    /// The public key.
    fn key(&self) -> &Key;

    /// Signs by the key's algorithm: the two numbers, each as long as the curve's.
    fn sign<'a>(&'a self, input: &'a [u8]) -> Work<'a, Vec<u8>>;
}

/// A [`Signer`] whoever made it.
pub type AnySigner = Rc<dyn Signer>;

/// A gzip stream that is unpacked and hashed, and not kept.
pub trait Unpack<C> {
    /// Takes in some packed bytes.
    fn write<'a>(&'a mut self, chunk: &'a C) -> Work<'a, ()>;

    /// The sha256 of all that was unpacked, as raw bytes.
    fn finish(self: Box<Self>) -> Work<'static, Vec<u8>>;
}
