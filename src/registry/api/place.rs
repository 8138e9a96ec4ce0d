//! A place in a registry: a tag or digest of a repository, to be used by a later call.

use std::rc::Rc;

use crate::protocol::oci::reference::{Reference, RepositoryName};
use crate::registry::api::connection::Connection;
use crate::registry::api::repo::Repo;
use crate::registry::api::settings::Call;
use crate::transport::Host;

/// A tag or digest in a repository of a registry.
pub struct Place<H: Host> {
    /// The registry.
    pub(crate) api: Rc<Connection<H>>,
    /// The repository.
    pub(crate) name: RepositoryName,
    /// The tag or digest.
    pub(crate) reference: Reference,
}

impl<H: Host> Place<H> {
    pub(crate) fn in_call(&self, call: &Call) -> Repo<H> {
        Repo::new(&self.api, self.name.clone(), call)
    }
}
