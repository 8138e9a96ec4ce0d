//! Detection of the protocol that a registry speaks.

use crate::protocol::http::Method;
use crate::protocol::{code, json};
use crate::registry::api::connection::Connection;
use crate::registry::api::response::Response;
use crate::registry::api::settings::{Call, Version};
use crate::transport::request::AllowedCredentials;
use crate::transport::{Error, Host, Result, failure};

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

    /// Fails with `UNSUPPORTED` if the registry speaks V1. `what` names the operation.
    pub(crate) async fn require_v2(&self, what: &str, call: &Call) -> Result<()> {
        match self.version(call).await? {
            Version::V2 => Ok(()),
            Version::V1 => Err(Error::new(
                code::UNSUPPORTED,
                format!("{what}: this registry speaks the V1 protocol, which does not support this"),
            )),
        }
    }

    /// Fails with `UNSUPPORTED` if the registry speaks V2. `instead` names V2's alternative.
    pub(crate) async fn require_v1(&self, what: &str, instead: &str, call: &Call) -> Result<()> {
        if self.is_v1(call).await? {
            return Ok(());
        }
        let message = format!("{what}: this registry speaks the V2 protocol, which does not support this; {instead}");
        Err(Error::new(code::UNSUPPORTED, message))
    }

    /// Returns true if the registry speaks V1.
    pub(crate) async fn is_v1(&self, call: &Call) -> Result<bool> {
        Ok(self.version(call).await? == Version::V1)
    }
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
            let who = who.map(|who| format!("; the response is {who}")).unwrap_or_default();
            let why = "it knows neither /v2/ nor /v1/_ping (is a path prefix missing?)";
            Err(v2.error(code::INVALID_RESPONSE, format!("this host is not a registry: {why}{who}")))
        }
    }
}

/// Checks that a success is a registry's: captive portals and web servers respond 200 too, but a registry sends
/// JSON or an empty body.
pub fn looks_like_registry(response: &Response<Vec<u8>>) -> Result<()> {
    if response.header("docker-distribution-api-version").is_some_and(|version| version.contains("registry/2.0")) {
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
    Err::<(), Error>(response.error(code::INVALID_RESPONSE, message))
}
