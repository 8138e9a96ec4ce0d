//! Something at a registry.

use crate::protocol::auth::scope::Resource;
use crate::protocol::url::Url;

/// Something at a registry: where it is, and what a token for it is about.
#[derive(Clone)]
pub struct Endpoint {
    pub(crate) url: Url,
    pub(crate) resource: Resource,
}

impl Endpoint {
    /// The path below which the registry names the uploads of its repository.
    pub(crate) fn upload_path(&self) -> Option<String> {
        match &self.resource {
            Resource::Upload { into, .. } => Some(format!("/v2/{into}/blobs/uploads/")),
            _ => None,
        }
    }

    /// The same thing elsewhere: another page of it, say.
    pub(crate) fn with_url(&self, url: Url) -> Self {
        Self { url, resource: self.resource.clone() }
    }
}
