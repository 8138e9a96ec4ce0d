//! The V1 protocol (docker-registry's, and the index's where one host is both). V1 names nothing by its content: what it
//! gives is marked as not verified.
//!
//! `Client`, `Repository` and `Image` come here where the registry speaks V1; nothing else asks for the version.

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

/// What V1 serves its documents as.
pub const JSON: &str = "application/json";

/// Asks `_ping`, which lets in everybody: whether credentials are good shows at a repository only.
pub async fn check<H: Host>(api: &Connection<H>, call: &Call) -> Result<()> {
    let response = api.get(&api.endpoint("v1/_ping"), None, version::LIMIT, call).await?;
    version::looks_like_registry(&response)
}

impl<H: Host> Repo<H> {
    /// `/v1/repositories/<name>/<path>`.
    fn v1_endpoint(&self, path: &str) -> Endpoint {
        self.v1_image_endpoint(&format!("repositories/{}/{path}", full_name(&self.name)))
    }

    /// `/v1/<path>`, for whoever may read the repository.
    fn v1_image_endpoint(&self, path: &str) -> Endpoint {
        self.api.v1_repository_endpoint(&self.name, path)
    }

    /// Sends something and wants a success.
    async fn v1_send(&self, request: Request<H::Chunk>) -> Result<()> {
        self.api.success(self.api.fetch(&request, RESPONSE_LIMIT).await?).map(drop)
    }

    /// PUT of a JSON document.
    fn v1_put(&self, endpoint: &Endpoint, body: Vec<u8>) -> Request<H::Chunk> {
        let mut request = self.request(Method::Put, endpoint, None);
        request.headers.set("content-type", JSON);
        request.body = Some(RequestBody::Bytes(Rc::new(body)));
        request
    }
}

/// The error of an answer whose content breaks a rule.
fn unreadable(response: &Response<Vec<u8>>, invalid: Invalid) -> Error {
    response.other_content(invalid.code, invalid.message)
}
