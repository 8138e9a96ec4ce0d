//! The decoder of zstd, which the package loads when the first bytes of a layer say that it is needed.

use crate::layer::decompress::NewZstd;
use crate::layer::zstd;
use crate::transport::Work;

/// Loads the decoder.
pub trait LoadZstd {
    /// Returns the decoder, and loads it first if necessary.
    ///
    /// # Errors
    ///
    /// `MODULE_NOT_LOADED`. The next call tries again.
    fn load(&self) -> Work<'_, NewZstd>;
}

/// The loader of a program that has the code from the start.
pub struct BuiltIn;

impl LoadZstd for BuiltIn {
    fn load(&self) -> Work<'_, NewZstd> {
        Box::pin(async { Ok(zstd::create as NewZstd) })
    }
}
