//! Converts an error response into an [`Error`]: what failed, who responded, and what to do about it.

use std::borrow::Cow;

use crate::protocol::auth::{challenge, secret};
use crate::protocol::code;
use crate::protocol::http::error_body::ErrorItem;
use crate::protocol::http::{Method, error_body};
use crate::protocol::invalid::quoted;
use crate::protocol::oci::media_type;
use crate::protocol::text::printable;
use crate::protocol::url::{Scheme, Url, redact};
use crate::transport::Error;
use crate::transport::request::{CredentialsStatus, Response};

/// The maximum number of characters of a registry's errors that a message quotes.
const TOLD_LIMIT: usize = 1_000;
/// The maximum number of characters of a header field or a page's title that a message quotes.
const NAME_LIMIT: usize = 80;
/// Docker Hub's registry, which does not distinguish private repositories from missing ones.
const DOCKER_HUB: &str = "registry-1.docker.io";
const ON_HUB: &str = "Docker Hub returns the same response for private repositories: check the name, or log in";

/// Creates the error for an error response (distribution-spec v1.1.1, "Error codes").
pub fn of(method: Method, url: &Url, response: &Response<Vec<u8>>, now_unix_ms: u64) -> Error {
    let status = response.status;
    let body = shown_body(response, &response.body).into_bytes();
    let body = body.as_slice();
    let errors = error_body::parse(body);
    let told_code = errors.iter().find(|item| !item.code.is_empty()).map(|item| Cow::Owned(item.code.clone()));
    let code = told_code.unwrap_or(Cow::Borrowed(code_of_status(status)));
    let said = match &*errors {
        [] if is_page(response, body) => None,
        [] => error_body::excerpt(body),
        errors => Some(told(errors)),
    };
    let retry_after = response.retry_after(now_unix_ms);
    let mut message = format!("{method} {} failed with status {status}", url.redacted());
    if let Some(said) = said.filter(|said| !said.is_empty()) {
        message.push_str(": ");
        message.push_str(&said);
    }
    // A response without registry errors may come from a proxy, so its origin is described.
    if errors.is_empty()
        && let Some(who) = answerer(url, response, body)
    {
        message.push_str(&format!(" ({who})"));
    }
    let mut error = Error::new(code, message).at(method, url).with_status(status).because(reason(response));
    if let Some(advice) = advice(method, url, response, body, retry_after) {
        error = error.and(&advice);
    }
    error.retry_after = retry_after;
    error.errors = errors;
    error
}

fn code_of_status(status: u16) -> &'static str {
    match status {
        401 | 407 => code::AUTH_REQUIRED,
        403 => code::DENIED,
        404 => code::NOT_FOUND,
        405 => code::UNSUPPORTED,
        413 => code::TOO_LARGE,
        429 => code::RATE_LIMITED,
        _ => code::HTTP_ERROR,
    }
}

/// Says in this client's words what the status means.
fn reason<B>(response: &Response<B>) -> Cow<'static, str> {
    Cow::Borrowed(match response.status {
        401 => return Cow::Owned(demand(response)),
        403 => "the registry denies access",
        404 => "the registry does not have it, or hides it from this account",
        405 => "the registry does not support this",
        407 => "the proxy requires credentials",
        413 => "the request is larger than the registry accepts",
        429 => "the registry limits the number of requests",
        status @ 500.. => return Cow::Owned(format!("the registry fails with status {status}")),
        status => return Cow::Owned(format!("the registry refuses the request with status {status}")),
    })
}

fn told(errors: &[ErrorItem]) -> String {
    let told = errors.iter().map(|item| match (item.code.as_str(), item.message.as_str()) {
        ("", message) => message.to_owned(),
        (code, "") => code.to_owned(),
        (code, message) => format!("{code}: {message}"),
    });
    printable::excerpt(&told.collect::<Vec<_>>().join("; "), TOLD_LIMIT)
}

/// Describes the origin of a response that does not look like a registry's: `an HTML page "502 Bad Gateway" (text/html)
/// from nginx/1.27.0, redirected to https://login.example.com/`.
pub fn answerer<B>(asked: &Url, response: &Response<B>, body: &[u8]) -> Option<String> {
    let shown = |name| response.headers.get(name).map(|value| shown(response, value));
    let content = shown("content-type").map(|value| media_type::essence(&value)).filter(|essence| !essence.is_empty());
    let what = match content.as_deref() {
        _ if is_page(response, body) => {
            let body = shown_body(response, body);
            let title =
                error_body::title(body.as_bytes()).map(|title| format!(" {}", quoted(&title))).unwrap_or_default();
            let content = content.map(|content| format!(" ({content})")).unwrap_or_default();
            Some(format!("an HTML page{title}{content}"))
        }
        None | Some("application/json") => None,
        Some(content) => Some(content.to_owned()),
    };
    let server = shown("server").or_else(|| shown("via")).filter(|server| !server.is_empty());
    let elsewhere = response.url.as_ref().filter(|url| !url.same_origin(asked));
    let who = match (what, server) {
        (Some(what), Some(server)) => Some(format!("{what} from {server}")),
        (Some(what), None) => Some(what),
        (None, Some(server)) => Some(format!("from {server}")),
        (None, None) => None,
    };
    match (who, elsewhere) {
        (Some(who), Some(url)) => Some(format!("{who}, redirected to {}", url.redacted())),
        (None, Some(url)) => Some(format!("redirected to {}", url.redacted())),
        (who, None) => who,
    }
}

/// Returns an excerpt of a header field without what [`shown_body`] removes.
fn shown<B>(response: &Response<B>, value: &str) -> String {
    printable::excerpt(&shown_body(response, value.as_bytes()), NAME_LIMIT)
}

/// Returns what a server sent without the request's secrets and the values of its query, such as the state of an upload,
/// which a server may echo.
fn shown_body<B>(response: &Response<B>, text: &[u8]) -> String {
    redact::queries(&secret::redacted(text, &response.secrets))
}

fn is_page<B>(response: &Response<B>, body: &[u8]) -> bool {
    let content = response.headers.get("content-type").map(media_type::essence).unwrap_or_default();
    matches!(content.as_str(), "text/html" | "application/xhtml+xml") || body.trim_ascii_start().starts_with(b"<")
}

/// Returns what the user can do about it, if known.
fn advice(
    method: Method,
    url: &Url,
    response: &Response<Vec<u8>>,
    body: &[u8],
    retry_after: Option<u64>,
) -> Option<String> {
    let is_upload = matches!(method, Method::Post | Method::Put | Method::Patch);
    let wait = retry_after.map(|milliseconds| format!("wait {} s", milliseconds.div_ceil(1000)));
    let is_hub = url.host() == DOCKER_HUB;
    let elsewhere = response.url.as_ref().filter(|answered| !answered.same_origin(url)).map(|answered| {
        let origin = answered.origin();
        let advice = if answered.path().contains("/v2/") { ": use that host as the registry" } else { "" };
        format!("this registry redirects to {origin}, and credentials are never sent to another origin{advice}")
    });
    match response.status {
        400 if url.scheme() == Scheme::Http && is_for_https(body) => {
            Some(format!("{}:{} speaks https: use https:// in the registry's address", url.host(), url.port()))
        }
        401 | 403 if elsewhere.is_some() => elsewhere,
        401 if is_hub && url.path() != "/v2/" && response.credentials_status != CredentialsStatus::Sent => {
            Some(format!("{}; {ON_HUB}", demand(response)))
        }
        401 => Some(demand(response)),
        407 => Some("the proxy requires credentials: add them to its URL".into()),
        403 if matches!(response.credentials_status, CredentialsStatus::Missing | CredentialsStatus::Declined) => {
            Some(format!("the request was anonymous{}", lacking(response.credentials_status)))
        }
        403 | 404 if is_hub && url.path() != "/v2/" => {
            Some(ON_HUB.into())
        }
        413 if is_upload && !url.path().contains("/manifests/") => Some(
            "the registry, or a proxy in front of it, limits the size of a request: upload in smaller chunks (chunkSize), or raise \
             the limit there (nginx: client_max_body_size)"
                .into(),
        ),
        413 if is_upload => Some("the registry, or a proxy in front of it, does not accept a manifest of this size".into()),
        429 if is_hub => Some(format!(
            "Docker Hub limits pulls: {}log in for a higher limit",
            wait.map(|wait| format!("{wait}, or ")).unwrap_or_default()
        )),
        429 | 503 => wait,
        502 | 504 if is_page(response, body) => Some("the proxy cannot reach the registry behind it".into()),
        _ => None,
    }
}

/// Returns true for the response of Go and nginx to plain http on an https port.
fn is_for_https(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body).to_ascii_lowercase();
    text.contains("https server") || text.contains("https port")
}

/// Describes what a 401 requires, and what was wrong with the request.
fn demand<B>(response: &Response<B>) -> String {
    let challenges = challenge::parse(response.headers.all("www-authenticate"));
    let mut schemes: Vec<_> = challenges.iter().map(|challenge| shown(response, &challenge.scheme)).collect();
    schemes.dedup();
    let named = schemes.join(" or ");
    if response.credentials_status == CredentialsStatus::Sent {
        return "the credentials were rejected: the user name or password is wrong, or the token has expired".into();
    }
    let is_spoken = |scheme: &String| matches!(scheme.as_str(), "basic" | "bearer" | "token");
    match &*schemes {
        [] if response.headers_filtered => {
            "the browser hides the registry's challenge from this page: add WWW-Authenticate to its \
             Access-Control-Expose-Headers, or set authServiceUrl to the token service"
                .into()
        }
        [] => {
            "the response does not say how to authenticate (no WWW-Authenticate): it may come from a proxy in front of the registry"
                .into()
        }
        schemes if !schemes.iter().any(is_spoken) => {
            format!("{named} authentication is required, which this client does not support")
        }
        _ => format!("{named} authentication is required{}", lacking(response.credentials_status)),
    }
}

/// Describes why the request was anonymous.
fn lacking(status: CredentialsStatus) -> &'static str {
    match status {
        CredentialsStatus::Missing => {
            ", and there are no credentials: give username and password, a token, or credentials"
        }
        CredentialsStatus::Declined => {
            ", and the credentials callback returned none: the login was cancelled, or there is none for this registry"
        }
        CredentialsStatus::Sent | CredentialsStatus::Unknown => "",
    }
}
