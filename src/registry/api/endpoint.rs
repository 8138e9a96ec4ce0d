//! An endpoint of a registry.

use crate::protocol::auth::scope::Resource;
use crate::protocol::url::Url;

/// An endpoint of a registry: its URL, and the resource that a token for it must cover.
#[derive(Clone)]
pub struct Endpoint {
    pub(crate) url: Url,
    pub(crate) resource: Resource,
}

impl Endpoint {
    /// Returns the path below which the registry places the upload sessions of the repository.
    pub(crate) fn upload_path(&self) -> Option<String> {
        match &self.resource {
            Resource::Upload { into, .. } => Some(format!("/v2/{into}/blobs/uploads/")),
            _ => None,
        }
    }

    /// Returns the endpoint with another URL, such as that of another page.
    pub(crate) fn with_url(&self, url: Url) -> Self {
        Self { url, resource: self.resource.clone() }
    }
}
