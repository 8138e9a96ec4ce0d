//! What JavaScript sees. Conversions only: a line here that decides something about registries belongs in
//! [`registry`](crate::registry).
//!
//! Every argument comes as a bare `JsValue` and is looked at: a wrong type becomes a `RegistryError` that names the
//! argument, not an exception of the glue. No method holds a borrow over an await: handles are cloned into the future,
//! so `free()` during a call is harmless.

mod artifact;
mod callback;
mod cleanup;
mod client;
mod collect;
mod convert;
mod copy;
mod credentials;
mod describe;
mod diagnosis;
mod error;
mod filter;
mod given;
mod image;
mod iterate;
mod options;
mod policy;
mod progress;
mod promise;
mod push;
mod repository;
mod settings;
mod signal;
mod source;
mod stop;
mod stream;
mod tagging;
mod v1;

pub use crate::js::client::DockerRegistryClient;
pub use crate::js::error::{is_registry_error, to_js as error_to_js};
pub use crate::js::image::Image;
pub use crate::js::repository::Repository;
