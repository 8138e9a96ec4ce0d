//! The request of each probe.

use crate::protocol::http::Method;
use crate::protocol::oci::media_type;
use crate::registry::api::connection::Connection;
use crate::registry::api::settings::Call;
use crate::registry::api::version;
use crate::registry::diagnose::inquiry::Inquiry;
use crate::registry::diagnose::probe::{NOTHING, Probe};
use crate::registry::listing::paging;
use crate::transport::Host;
use crate::transport::request::{AllowedCredentials, Request, RetryBudget};

/// A value of `Authorization` that makes the browser send a preflight. It contains no user name and no password, so
/// that no registry counts a failed login.
const ANYONE: &str = "Bearer diagnose";

impl Inquiry {
    /// Returns the request of a probe, and the maximum bytes of its response.
    pub(super) fn request<H: Host>(&self, probe: Probe, api: &Connection<H>, call: &Call) -> (Request<H::Chunk>, u64) {
        let is_catalog = match probe {
            Probe::Door | Probe::Catalog | Probe::MoreCatalog => true,
            Probe::Accept | Probe::Authorization | Probe::Credentials => self.by_catalog,
            _ => false,
        };
        let mut endpoint = match (probe, &self.name) {
            (Probe::Ping, _) => api.endpoint("v1/_ping"),
            _ if is_catalog => api.catalog_endpoint(),
            (Probe::Tags | Probe::MoreTags, Some(name)) => api.repository_endpoint(name, "tags/list"),
            (Probe::Manifest, Some(name)) => api.repository_endpoint(name, &format!("manifests/{}", self.first)),
            (Probe::Referrers, Some(name)) => {
                let digest = self.digest.as_deref().unwrap_or(NOTHING);
                api.repository_endpoint(name, &format!("referrers/{digest}"))
            }
            (Probe::Delete, Some(name)) => api.repository_endpoint(name, &format!("manifests/{NOTHING}")),
            _ => api.endpoint("v2/"),
        };
        let is_next = matches!(probe, Probe::MoreCatalog | Probe::MoreTags);
        let is_list = is_catalog || is_next || probe == Probe::Tags;
        if is_list {
            let mut query = vec![("n", "1")];
            query.extend(is_next.then_some(("last", self.first.as_str())));
            endpoint = endpoint.with_url(endpoint.url.with_query(&query));
        }
        let (method, accept) = match probe {
            Probe::Accept => (Method::Get, Some(media_type::accept_manifests())),
            Probe::Manifest => (Method::Head, Some(media_type::accept_manifests())),
            Probe::Delete => (Method::Delete, None),
            _ => (Method::Get, None),
        };
        let mut request = api.request(method, &endpoint, accept, call);
        request.retry_budget = RetryBudget::none();
        request.allowed_credentials = match probe {
            Probe::Base | Probe::Ping | Probe::Door | Probe::Accept | Probe::Authorization => AllowedCredentials::None,
            Probe::Member => AllowedCredentials::TokenOnly,
            _ => AllowedCredentials::Any,
        };
        if probe == Probe::Authorization {
            request.headers.set("authorization", ANYONE);
        }
        (request, if is_list { paging::PAGE_LIMIT } else { version::LIMIT })
    }
}
