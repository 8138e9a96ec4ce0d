//! The JavaScript API. This module only converts values; decisions about registries belong in
//! [`registry`](crate::registry).
//!
//! Every argument is a `JsValue` that is checked here: a wrong type becomes a `RegistryError` that names the argument,
//! not an exception of the bindings. No method holds a borrow across an await: handles are cloned into the future, so
//! `free()` during a call is harmless.

mod archive;
mod args;
mod cancel;
mod cleanup;
mod client;
mod contents;
mod context;
mod copy;
mod diagnosis;
mod downcast;
mod image;
mod on_demand;
mod output;
mod reference;
mod repository;
mod signal;
mod usage;
mod v1;

pub use crate::js::client::DockerRegistryClient;
pub use crate::js::image::Image;
pub use crate::js::on_demand::{install_auth, install_legacy, on_demand};
pub use crate::js::output::error::{is_registry_error, to_js as error_to_js};
pub use crate::js::repository::Repository;
