//! Detection of the protocol that a registry speaks.

use crate::protocol::auth::scope::Resource;
use crate::protocol::http::{Method, error_body};
use crate::protocol::{code, json};
use crate::registry::api::connection::Connection;
use crate::registry::api::response::Response;
use crate::registry::api::settings::{Call, Version};
use crate::transport::request::{self, AllowedCredentials, Request};
use crate::transport::{Error, Fact, Host, Result, failure};

/// Maximum bytes read of a response.
pub const LIMIT: u64 = 64 * 1024;

impl<H: Host> Connection<H> {
    /// Detects the protocol of the registry once. Concurrent calls share one request.
    pub(crate) async fn version(&self, call: &Call) -> Result<Version> {
        if let Some(version) = self.version.get() {
            return Ok(version);
        }
        let detected = async {
            let version = detect(self, call).await?;
            self.version.set(Some(version));
            Ok(version)
        };
        // Boxed, so that a one-time operation takes no room in the future of every call.
        Box::pin(self.detecting.get(call.timeout, || self.version.get(), detected)).await
    }

    /// Fails with `UNSUPPORTED` if the registry speaks V1. `what` names the operation. For requests that change something,
    /// whose success would not prove that the host is a registry.
    pub(crate) async fn require_v2(&self, what: &str, call: &Call) -> Result<()> {
        match self.version(call).await? {
            Version::V2 => Ok(()),
            Version::V1 => Err(unsupported(what)),
        }
    }

    /// Fails with `UNSUPPORTED` if the registry is known to speak V1. For requests that read: their responses show the
    /// protocol; see [`learn_version`](Self::learn_version).
    pub(crate) fn presume_v2(&self, what: &str) -> Result<()> {
        if self.is_known_v1() { Err(unsupported(what)) } else { Ok(()) }
    }

    /// Returns true if the registry is known to speak V1.
    pub(crate) fn is_known_v1(&self) -> bool {
        self.version.get() == Some(Version::V1)
    }

    /// Reads in the way of V2, or in that of V1 if the registry speaks that, which V2's responses show.
    pub(crate) async fn by_version<T>(
        &self,
        v2: impl Future<Output = Result<T>>,
        v1: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        if self.is_known_v1() {
            return v1.await;
        }
        match v2.await {
            Err(_) if self.is_known_v1() => v1.await,
            done => done,
        }
    }

    /// Learns the protocol from the response to a request of V2 for a repository or the catalog: a 404 that is not a V2
    /// registry's own leads to its detection, and to an error if the registry speaks V1. Returns true if the request should be
    /// sent again, because only `/v2/` says how to authenticate (container-registry).
    pub(crate) async fn learn_version<C, B>(
        &self,
        request: &Request<C>,
        response: &request::Response<B>,
        body: &[u8],
    ) -> Result<bool> {
        if self.version.get().is_some() || request.resource == Resource::Registry {
            return Ok(false);
        }
        let header = |name| response.headers.get(name);
        let names_itself = header("docker-distribution-api-version").is_some_and(is_v2);
        let call = Call { timeout: request.timeout, began: request.call };
        match response.status {
            401 if !response.headers_filtered && header("www-authenticate").is_none() => {
                return self.version(&call).await.map(|version| version == Version::V2);
            }
            // The specification's codes for what does not exist (NAME_UNKNOWN and the like). The header alone does not do:
            // distribution names itself outside of its path prefix too, where it knows nothing.
            404 if error_body::parse(body).iter().any(|item| item.code.ends_with("_UNKNOWN")) => {}
            404 if names_itself && request.method == Method::Head => return Ok(false),
            404 => {
                if self.version(&call).await? == Version::V1 {
                    let path = request.url.path();
                    let nouns = ["manifests", "blobs", "referrers"];
                    let noun = nouns.iter().find(|noun| path.contains(&format!("/{noun}/")));
                    return Err(unsupported(noun.unwrap_or(&"the request")));
                }
                return Ok(false);
            }
            200..=299 if header("content-type").is_some_and(|media_type| media_type.contains("json")) => {}
            _ if names_itself => {}
            _ => return Ok(false),
        }
        self.version.set(Some(Version::V2));
        Ok(false)
    }

    /// Fails with `UNSUPPORTED` if the registry speaks V2. `instead` names V2's alternative.
    pub(crate) async fn require_v1(&self, what: &str, instead: &str, call: &Call) -> Result<()> {
        if self.is_v1(call).await? {
            return Ok(());
        }
        let message = format!("{what}: this registry speaks the V2 protocol, which does not support this");
        Err(Error::new(code::UNSUPPORTED, message).and(instead))
    }

    /// Returns true if the registry speaks V1.
    pub(crate) async fn is_v1(&self, call: &Call) -> Result<bool> {
        Ok(self.version(call).await? == Version::V1)
    }
}

fn is_v2(version: &str) -> bool {
    version.contains("registry/2.0")
}

fn unsupported(what: &str) -> Error {
    Error::new(code::UNSUPPORTED, format!("{what}: this registry speaks the V1 protocol, which does not support this"))
}

/// Detects the protocol by `/v2/` (distribution-spec v1.1.1, "Determining Support"), and by `/v1/_ping` only after
/// a 404.
async fn detect<H: Host>(api: &Connection<H>, call: &Call) -> Result<Version> {
    let mut request = api.request(Method::Get, &api.endpoint("v2/"), None, call);
    request.allowed_credentials = AllowedCredentials::TokenOnly;
    let response = api.fetch(&request, LIMIT).await?;
    match response.status {
        // A host that requires credentials on this path is a registry; the next request shows whether it accepts
        // them.
        401 => Ok(Version::V2),
        404 => detect_v1(api, response, call).await,
        _ => looks_like_registry(&api.success(response)?).map(|()| Version::V2),
    }
}

/// Requests `/v2/`, which must succeed.
pub async fn check<H: Host>(api: &Connection<H>, call: &Call) -> Result<()> {
    looks_like_registry(&api.get(&api.endpoint("v2/"), None, LIMIT, call).await?)
}

/// Requests `/v1/_ping`, which needs no credentials: V1 checks them at repositories only.
pub async fn check_v1<H: Host>(api: &Connection<H>, call: &Call) -> Result<()> {
    looks_like_registry(&api.get(&api.endpoint("v1/_ping"), None, LIMIT, call).await?)
}

async fn detect_v1<H: Host>(api: &Connection<H>, v2: Response<Vec<u8>>, call: &Call) -> Result<Version> {
    // A cross-origin page gets an error here rather than a 404 without CORS header fields.
    match check_v1(api, call).await {
        Ok(()) => Ok(Version::V1),
        Err(_) => {
            let who = failure::answerer(&v2.url, &v2.http, &v2.body);
            let why = "it knows neither /v2/ nor /v1/_ping (is a path prefix missing?)";
            let missing = ["/v2/", "/v1/_ping"].map(str::to_owned).to_vec();
            let error = v2
                .error(code::INVALID_RESPONSE, format!("this host is not a registry: {why}"))
                .with_fact("missing", Fact::Texts(missing));
            Err(match who {
                Some(who) => error.and(&format!("the response is {who}")),
                None => error,
            })
        }
    }
}

/// Checks that a success is a registry's: captive portals and web servers respond 200 too, but a registry sends
/// JSON or an empty body.
pub fn looks_like_registry(response: &Response<Vec<u8>>) -> Result<()> {
    if response.header("docker-distribution-api-version").is_some_and(is_v2) {
        return Ok(());
    }
    let body = &response.body;
    let blank = body.iter().all(u8::is_ascii_whitespace);
    if blank || std::str::from_utf8(body).is_ok_and(json::is_json) {
        return Ok(());
    }
    let what = failure::answerer(&response.url, &response.http, body);
    let message = format!(
        "this host is not a registry: its response is {}; check the host, port and path, or whether a proxy or a \
         login page responds in its place",
        what.unwrap_or_else(|| "something other than JSON".into())
    );
    let reason = "this host is not a registry: its response is something other than JSON";
    Err::<(), Error>(response.error(code::INVALID_RESPONSE, message).because(reason))
}
