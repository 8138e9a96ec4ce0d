//! The facts of a diagnosis. Each value was observed; `None` and `Unknown` mean that it was not.

use std::borrow::Cow;

use serde::Serialize;

/// `Diagnosis` of index.d.ts, without its messages.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Diagnosis {
    /// The registry's base URL.
    pub registry: String,
    /// Origin of the page, if the code runs in one.
    pub page: Option<String>,
    /// Names of the caller's header fields that are sent with every request.
    pub own_headers: Vec<String>,
    /// Whether the host responds.
    pub reachable: Option<bool>,
    /// Protocol version, 1 or 2.
    pub api_version: Option<u8>,
    /// The `Server` header field.
    pub server: Option<String>,
    /// Authentication of the registry.
    pub auth: Auth,
    /// CORS, if it applies.
    pub cors: Option<Cors>,
    /// Repository used for the probes of tags, referrers and deletion.
    pub repository: Option<String>,
    /// `/v2/_catalog`.
    pub catalog: Listing,
    /// `/v2/<name>/tags/list`.
    pub tags: Listing,
    /// `/v2/<name>/referrers/<digest>` (distribution-spec v1.1.1, "Listing Referrers").
    pub referrers: Probed,
    /// DELETE of a manifest.
    pub delete: Probed,
    /// Findings: problems and remarks.
    pub findings: Vec<Finding>,
}

/// Authentication of the registry.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Auth {
    /// `none`, or the first scheme of the challenge in lower case; `hidden` if a page cannot see it, else
    /// `unknown`.
    pub scheme: Cow<'static, str>,
    /// The token service's URL, redacted; for Basic the realm's name.
    pub realm: Option<String>,
    /// The registry's name at the token service.
    pub service: Option<String>,
    /// Whether `/v2/` accepts the client's credentials.
    pub credentials_accepted: Option<bool>,
}

/// The effects of CORS (Fetch standard, "CORS protocol").
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cors {
    /// Whether the page may read responses.
    pub allowed: Option<bool>,
    /// Requests that pass the preflight.
    pub preflight: Preflight,
    /// Required header fields that the page could not see although the response must have them.
    pub hidden_headers: Vec<&'static str>,
    /// Required header fields that the page saw.
    pub seen_headers: Vec<&'static str>,
}

/// Requests that pass the preflight.
#[derive(Debug, Default, Serialize)]
pub struct Preflight {
    /// GET with an `Accept` over 128 bytes, as for manifests.
    pub accept: Option<bool>,
    /// GET with `Authorization`.
    pub authorization: Option<bool>,
    /// DELETE.
    pub delete: Option<bool>,
}

/// The availability of a feature.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Available.
    Yes,
    /// The registry does not support it.
    No,
    /// Denied with these credentials.
    Denied,
    /// Not probed, or the response is not conclusive.
    #[default]
    Unknown,
}

/// The pagination of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Paging {
    /// Pages with a `Link` to the next one.
    Link,
    /// Pages without a visible `Link`: the next one is requested by the last item.
    Last,
    /// Everything in one response, whatever page size was requested.
    None,
    /// The list was too short to tell.
    #[default]
    Unknown,
}

/// The probe of a listing.
#[derive(Debug, Default, Serialize)]
pub struct Listing {
    /// Availability of the list.
    pub status: Status,
    /// Pagination of the list.
    pub paging: Paging,
}

/// The probe of another feature.
#[derive(Debug, Default, Serialize)]
pub struct Probed {
    /// Availability of the feature.
    pub status: Status,
}

/// A problem or remark.
#[derive(Debug, Serialize)]
pub struct Finding {
    /// Severity of the finding.
    pub severity: Severity,
    /// Code of the finding, by which its message is selected.
    pub code: &'static str,
    /// Message of the error behind it.
    pub detail: Option<String>,
    /// Setting that would solve it.
    pub fix: Option<Fix>,
}

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Essential functions do not work.
    Error,
    /// Some functions do not work, or not well.
    Warning,
    /// A remark.
    Info,
}

/// Settings that solve a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fix {
    /// CORS header fields, set by distribution itself or by nginx in front of it.
    Cors,
    /// CORS header fields by a proxy only: the registry responds 401 to preflights (distribution issue 4458).
    Proxy,
    /// distribution's `storage.delete`.
    Delete,
}

impl Finding {
    /// Creates a finding. Severity and fix are set when all facts are known.
    pub fn new(code: &'static str, detail: Option<String>) -> Self {
        Self { severity: Severity::Error, code, detail, fix: None }
    }
}

impl Default for Auth {
    fn default() -> Self {
        Self { scheme: "unknown".into(), realm: None, service: None, credentials_accepted: None }
    }
}

/// The scheme of a registry without authentication.
pub const NONE: &str = "none";
