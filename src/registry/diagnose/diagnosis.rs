//! What was found out. Each value was observed; `None` and `Unknown` are what was not.

use std::borrow::Cow;

use serde::Serialize;

/// `Diagnosis` of index.d.ts, but for its words.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Diagnosis {
    /// The registry's base URL.
    pub registry: String,
    /// Origin of the page that asks, if it is one.
    pub page: Option<String>,
    /// Names of the header fields that the client sends with every request, as it was told to.
    pub own_headers: Vec<String>,
    /// Whether anything answers there.
    pub reachable: Option<bool>,
    /// 1 or 2.
    pub api_version: Option<u8>,
    /// The `Server` header field.
    pub server: Option<String>,
    /// Who is let in.
    pub auth: Auth,
    /// What the browser's rules let through, where they apply.
    pub cors: Option<Cors>,
    /// What tags, referrers and deletion were asked about.
    pub repository: Option<String>,
    /// `/v2/_catalog`.
    pub catalog: Listing,
    /// `/v2/<name>/tags/list`.
    pub tags: Listing,
    /// `/v2/<name>/referrers/<digest>` (distribution-spec v1.1.1, "Listing Referrers").
    pub referrers: Probed,
    /// DELETE of a manifest.
    pub delete: Probed,
    /// What to know or do about it.
    pub findings: Vec<Finding>,
}

/// Who is let in.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Auth {
    /// `none`, or the first scheme that was named in lower case; `hidden` where a page cannot see it, else `unknown`.
    pub scheme: Cow<'static, str>,
    /// The token service's URL, redacted; with Basic, the name of what is protected.
    pub realm: Option<String>,
    /// The token service's name for the registry.
    pub service: Option<String>,
    /// Whether the client's credentials are good for `/v2/`.
    pub credentials_accepted: Option<bool>,
}

/// What the browser's rules let through (Fetch standard, "CORS protocol").
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cors {
    /// Whether the page may read an answer.
    pub allowed: Option<bool>,
    /// Which requests the registry allows when the browser asks first.
    pub preflight: Preflight,
    /// Needed header fields that answers came without, as far as the page can see, although they have to be there.
    pub hidden_headers: Vec<&'static str>,
    /// Needed header fields that the page saw.
    pub seen_headers: Vec<&'static str>,
}

/// Which requests the registry allows when the browser asks first.
#[derive(Debug, Default, Serialize)]
pub struct Preflight {
    /// GET with an `Accept` over 128 bytes, as manifests are asked for.
    pub accept: Option<bool>,
    /// GET with `Authorization`.
    pub authorization: Option<bool>,
    /// DELETE.
    pub delete: Option<bool>,
}

/// Whether something can be had.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It can.
    Yes,
    /// The registry does not have it.
    No,
    /// Not with these credentials.
    Denied,
    /// It was not asked, or the answer does not tell.
    #[default]
    Unknown,
}

/// How a long list comes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Paging {
    /// In pages, each with a `Link` to the next.
    Link,
    /// In pages, without a `Link` in sight: the next is asked for by the last item.
    Last,
    /// All at once, whatever was asked for.
    None,
    /// There was nothing that could have filled a page.
    #[default]
    Unknown,
}

/// A listing.
#[derive(Debug, Default, Serialize)]
pub struct Listing {
    /// Whether it can be had.
    pub status: Status,
    /// How it comes.
    pub paging: Paging,
}

/// Anything else.
#[derive(Debug, Default, Serialize)]
pub struct Probed {
    /// Whether it can be had.
    pub status: Status,
}

/// Something to know or to do.
#[derive(Debug, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What it is: the key to its words.
    pub code: &'static str,
    /// What an error said about it.
    pub detail: Option<String>,
    /// What would mend it.
    pub fix: Option<Fix>,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// What the client is for does not work.
    Error,
    /// Something does not work, or not well.
    Warning,
    /// Good to know.
    Info,
}

/// Settings that would mend something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fix {
    /// CORS header fields, by distribution itself or by an nginx before the registry.
    Cors,
    /// The same where only an nginx can: the registry answers preflights with 401 (distribution issue 4458).
    Proxy,
    /// distribution's `storage.delete`.
    Delete,
}

impl Finding {
    /// Something to say; how bad it is and what would mend it is seen when all is known.
    pub fn new(code: &'static str, detail: Option<String>) -> Self {
        Self { severity: Severity::Error, code, detail, fix: None }
    }
}

impl Default for Auth {
    fn default() -> Self {
        Self { scheme: "unknown".into(), realm: None, service: None, credentials_accepted: None }
    }
}

/// The scheme of a registry that lets everybody in.
pub const NONE: &str = "none";
