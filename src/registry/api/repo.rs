//! A repository bound to one call of the user.

use std::rc::Rc;

use crate::protocol::http::Method;
use crate::protocol::oci::reference::{RepositoryName, Tag};
use crate::registry::api::connection::Connection;
use crate::registry::api::endpoint::Endpoint;
use crate::registry::api::locks::Writing;
use crate::registry::api::response::Response;
use crate::registry::api::settings::Call;
use crate::transport::request::Request;
use crate::transport::{Host, Result};

/// A repository and the call that uses it. Tags, manifests and blobs implement their operations on it, each in its
/// own file.
pub struct Repo<H: Host> {
    pub(crate) api: Rc<Connection<H>>,
    pub(crate) name: RepositoryName,
    pub(crate) call: Call,
}

impl<H: Host> Clone for Repo<H> {
    fn clone(&self) -> Self {
        Self { api: self.api.clone(), name: self.name.clone(), call: self.call.clone() }
    }
}

impl<H: Host> Repo<H> {
    pub(crate) fn new(api: &Rc<Connection<H>>, name: RepositoryName, call: &Call) -> Self {
        Self { api: api.clone(), name, call: call.clone() }
    }

    /// Waits until no other call of this client writes or removes the tag.
    pub(crate) async fn turn(&self, tag: &Tag) -> Writing {
        self.api.turns.of(&self.name).write(tag).await
    }

    /// Builds the endpoint `/v2/<name>/<path>`.
    pub(crate) fn endpoint(&self, path: &str) -> Endpoint {
        self.api.repository_endpoint(&self.name, path)
    }

    /// Builds the endpoint `/v2/<name>/<path>` for a push. `from` is the repository that a blob may be mounted
    /// from.
    pub(crate) fn upload_endpoint(&self, path: &str, from: Option<&RepositoryName>) -> Endpoint {
        self.api.upload_endpoint(&self.name, path, from)
    }

    /// Builds a request without a body.
    pub(crate) fn request(&self, method: Method, endpoint: &Endpoint, accept: Option<&str>) -> Request<H::Chunk> {
        self.api.request(method, endpoint, accept, &self.call)
    }

    /// Sends HEAD. Any status is a response, not an error.
    pub(crate) async fn head(&self, endpoint: &Endpoint, accept: Option<&str>) -> Result<Response<()>> {
        self.api.head(endpoint, accept, &self.call).await
    }

    /// Sends GET and reads the whole response, which must be a success.
    pub(crate) async fn get(&self, endpoint: &Endpoint, accept: Option<&str>, limit: u64) -> Result<Response<Vec<u8>>> {
        self.api.get(endpoint, accept, limit, &self.call).await
    }

    /// Fails with `UNSUPPORTED` if the registry speaks V1. `what` names the operation.
    pub(crate) async fn require_v2(&self, what: &str) -> Result<()> {
        self.api.require_v2(what, &self.call).await
    }

    /// Fails with `UNSUPPORTED` if the registry is known to speak V1. `what` names the operation.
    pub(crate) fn presume_v2(&self, what: &str) -> Result<()> {
        self.api.presume_v2(what)
    }

    /// Returns true if the registry speaks V1.
    pub(crate) async fn is_v1(&self) -> Result<bool> {
        self.api.is_v1(&self.call).await
    }

    /// Returns the content cached under a digest or tag, if it is a `T`.
    pub(crate) fn cached<T: 'static>(&self, key: &str) -> Option<Rc<T>> {
        self.api.cache.borrow_mut().get(self.name.as_str(), key)
    }

    /// Caches content of `size` bytes.
    pub(crate) fn cache<T: 'static>(&self, key: &str, content: Rc<T>, size: u64) {
        self.api.cache.borrow_mut().put(self.name.as_str(), key, content, size);
    }

    /// Removes content from the cache.
    pub(crate) fn uncache(&self, key: &str) {
        self.api.cache.borrow_mut().forget(self.name.as_str(), key);
    }
}
