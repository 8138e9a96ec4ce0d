//! The code that the package does not load with the client.

use std::rc::Rc;

use crate::registry::contents::zstd::{self, LoadZstd};
use crate::registry::legacy::{self, LoadLegacy};
use crate::transport::auth::{self, LoadAuth};
use crate::transport::{Host, Unauthenticated};

/// Load code when a registry needs it.
pub struct Loaders<H: Host> {
    /// Loads authentication.
    pub auth: Rc<dyn LoadAuth<Unauthenticated<H>, H>>,
    /// Loads the protocols and formats of old registries.
    pub legacy: Rc<dyn LoadLegacy<H>>,
    /// Loads the decoder of zstd.
    pub zstd: Rc<dyn LoadZstd>,
}

impl<H: Host> Loaders<H> {
    /// Returns the loaders of a program that has all code from the start.
    pub fn built_in() -> Self {
        Self { auth: Rc::new(auth::BuiltIn), legacy: Rc::new(legacy::BuiltIn), zstd: Rc::new(zstd::BuiltIn) }
    }
}
