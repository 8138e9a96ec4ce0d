//! The V1 protocol, of docker-registry and of indexes on the same host.
//!
//! V1 has no content digests, so its data is marked as not verified. `Client`, `Repository` and `Image` dispatch to
//! this module if the registry speaks V1; no other module checks the version.

mod image;
mod layer;
mod listing;
mod push;
mod search;
mod tags;

pub use crate::registry::legacy::v1::image::{Fetched, V1Layer};
pub(crate) use crate::registry::legacy::v1::image::{find, tag_data};
pub(crate) use crate::registry::legacy::v1::layer::layer;
pub(crate) use crate::registry::legacy::v1::listing::{goes_on, list, page_of};
pub use crate::registry::legacy::v1::push::LARGEST_STREAM;
pub(crate) use crate::registry::legacy::v1::tags::{tag, untag};

use std::rc::Rc;

use crate::protocol::http::Method;
use crate::protocol::invalid::Invalid;
use crate::protocol::v1::full_name;
use crate::registry::api::connection::Connection;
use crate::registry::api::endpoint::Endpoint;
use crate::registry::api::repo::Repo;
use crate::registry::api::response::Response;
use crate::registry::api::settings::Call;
use crate::registry::api::version;
use crate::registry::manifest::put::RESPONSE_LIMIT;
use crate::transport::request::{Request, RequestBody};
use crate::transport::{Error, Host, Result};

/// The media type of V1's documents.
pub const JSON: &str = "application/json";

/// Requests `_ping`, which needs no credentials: V1 checks them at repositories only.
pub async fn check<H: Host>(api: &Connection<H>, call: &Call) -> Result<()> {
    let response = api.get(&api.endpoint("v1/_ping"), None, version::LIMIT, call).await?;
    version::looks_like_registry(&response)
}

impl<H: Host> Repo<H> {
    /// Builds the endpoint `/v1/repositories/<name>/<path>`.
    fn v1_endpoint(&self, path: &str) -> Endpoint {
        self.v1_image_endpoint(&format!("repositories/{}/{path}", full_name(&self.name)))
    }

    /// Builds the endpoint `/v1/<path>` with access to the repository.
    fn v1_image_endpoint(&self, path: &str) -> Endpoint {
        self.api.v1_repository_endpoint(&self.name, path)
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
