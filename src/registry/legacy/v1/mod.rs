//! The V1 protocol, of docker-registry and of indexes on the same host.
//!
//! V1 has no content digests, so its data is marked as not verified. Lists, tags and images dispatch to this code if
//! the registry speaks V1; no other module checks the version.

mod image;
mod layer;
mod listing;
mod push;
mod search;
mod tags;

pub use crate::registry::legacy::v1::image::V1Layer;
pub(super) use crate::registry::legacy::v1::image::{find, tag_data};
pub(super) use crate::registry::legacy::v1::layer::layer;
pub(super) use crate::registry::legacy::v1::listing::list_page;
pub use crate::registry::legacy::v1::push::LARGEST_STREAM;
pub(super) use crate::registry::legacy::v1::tags::{tag, untag};

use std::rc::Rc;

use crate::protocol::auth::scope::Resource;
use crate::protocol::http::Method;
use crate::protocol::invalid::Invalid;
use crate::protocol::v1::full_name;
use crate::registry::api::endpoint::Endpoint;
use crate::registry::api::repo::Repo;
use crate::registry::api::response::Response;
use crate::registry::manifest::put::RESPONSE_LIMIT;
use crate::transport::request::{Request, RequestBody};
use crate::transport::{Error, Host, Result};

/// The media type of V1's documents.
pub const JSON: &str = "application/json";

impl<H: Host> Repo<H> {
    /// Builds the endpoint `/v1/repositories/<name>/<path>`.
    fn v1_endpoint(&self, path: &str) -> Endpoint {
        self.v1_image_endpoint(&format!("repositories/{}/{path}", full_name(&self.name)))
    }

    /// Builds the endpoint `/v1/<path>` with access to the repository.
    fn v1_image_endpoint(&self, path: &str) -> Endpoint {
        let resource = Resource::Repository(full_name(&self.name));
        Endpoint { url: self.api.base().with_path(&format!("v1/{path}")), resource }
    }

    /// Sends a request, which must succeed.
    async fn v1_send(&self, request: Request<H::Chunk>) -> Result<()> {
        self.api.success(self.api.fetch(&request, RESPONSE_LIMIT).await?).map(drop)
    }

    /// Builds a PUT of a JSON document.
    fn v1_put(&self, endpoint: &Endpoint, body: Vec<u8>) -> Request<H::Chunk> {
        let mut request = self.request(Method::Put, endpoint, None);
        request.headers.set("content-type", JSON);
        request.body = Some(RequestBody::Bytes(Rc::new(body)));
        request
    }
}

/// Returns the error of a response with invalid content.
fn unreadable(response: &Response<Vec<u8>>, invalid: Invalid) -> Error {
    response.other_content(invalid.code, invalid.into_message())
}
