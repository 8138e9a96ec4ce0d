//! Explains why a request failed, as far as the host tells. Hosts put URLs and header values into their messages, so
//! only codes and names are passed on.

use std::pin::pin;

use futures_util::future::{Either, select};
use gloo_net::http::RequestBuilder;
use wasm_bindgen::prelude::*;
use web_sys::{AbortController, RequestCache, RequestCredentials, RequestMode};

use crate::fetch::bindings::Any;
use crate::fetch::clock;
use crate::fetch::environment::{self, Page};
use crate::protocol::code;
use crate::protocol::url::{Scheme, Url, port};
use crate::transport::Error;

/// The timeout of the probe in milliseconds.
const PROBE_LIMIT: u64 = 5_000;

/// The circumstances of a failed request.
pub struct Place<'a> {
    /// The page, if any.
    pub page: Option<&'a Page>,
    /// True if a response could be read here before.
    pub was_read: bool,
}

/// Returns the error for a `fetch` that rejected or threw. `probe` is true if the host's own `fetch` was used.
pub async fn of_fetch(cause: &JsValue, url: &Url, place: &Place<'_>, probe: bool) -> Error {
    let address = address(url);
    // An injected fetch may explain more than a host does: that of `./node` reports the proxy's response.
    if name_of(cause).as_deref() == Some("RegistryError") {
        let why = text_of(cause, "message").unwrap_or_default();
        return Error::new(code::NETWORK, format!("{address} cannot be reached: {why}"));
    }
    let code = code_of(cause);
    // Pages only get a bare TypeError for a rejected request.
    let is_bare = name_of(cause).as_deref() == Some("TypeError") && code.is_none();
    if is_bare && port::is_blocked(url.port()) && (place.page.is_some() || says_bad_port(cause)) {
        let message = format!(
            "{address} cannot be reached: fetch blocks port {}, which belongs to another protocol (Fetch standard, bad \
             ports); let the registry, or a proxy in front of it, listen on another port, such as 5000",
            url.port()
        );
        return Error::new(code::NETWORK, message);
    }
    let Some(page) = place.page.filter(|page| is_bare && !is_same_origin(page, url)) else {
        let error = Error::new(code::NETWORK, format!("{address} cannot be reached{}", explained(cause)));
        return match code {
            Some(code) if is_final(&code) => error.with("systemCode", code),
            Some(code) => error.with("systemCode", code).transient(),
            None => error.transient(),
        };
    };
    let refused = |why: String| Error::new(code::CORS_OR_NETWORK, why);
    if page.is_secure() && url.scheme() == Scheme::Http && !url.is_loopback() {
        return refused(format!(
            "{address} cannot be reached: a page loaded over https cannot access a registry over plain http (mixed \
             content)"
        ));
    }
    let answers = if probe { answers(url).await } else { None };
    match answers {
        Some(true) => {
            let error = refused(format!(
                "{address} answers, but does not let pages of {} read it: allow that origin in the registry's CORS \
                 settings, or serve registry and page from one origin (diagnose() tells which settings)",
                page.origin
            ));
            let error = error.answering(true);
            // If pages may read responses, a broken connection looks the same.
            if place.was_read { error.transient() } else { error }
        }
        Some(false) => refused(format!(
            "{address} does not answer: the host or port is wrong, the registry is down, the browser rejects its certificate, or a \
             policy blocks the request (connect-src, local network access)"
        ))
        .answering(false),
        None => {
            refused(format!("{address} cannot be reached, or does not let pages of {} read it (CORS)", page.origin))
        }
    }
}

/// Returns true if a retry would fail in the same way.
fn is_final(code: &str) -> bool {
    matches!(
        code,
        "ECONNREFUSED" | "ConnectionRefused" | "ENOTFOUND" | "EHOSTUNREACH" | "ENETUNREACH" | "UND_ERR_INVALID_ARG"
    ) || code.contains("CERT")
        || code.contains("SSL")
        || code.contains("SIGNATURE")
        || code.contains("TLS")
}

/// Returns the error for a body that ended early.
pub fn broken_body(cause: &JsValue) -> Error {
    Error::new(code::TRUNCATED, format!("the connection broke in the middle of the body{}", explained(cause)))
        .transient()
}

/// Probes whether the host responds at all, if that can be told: an opaque response is all that a page may get without
/// CORS, and sufficient.
async fn answers(url: &Url) -> Option<bool> {
    let target = url.api_root().to_string();
    let controller = AbortController::new().ok()?;
    let signal = controller.signal();
    let request = RequestBuilder::new(&target)
        .mode(RequestMode::NoCors)
        .credentials(RequestCredentials::Omit)
        .cache(RequestCache::NoStore)
        .abort_signal(Some(&signal));
    let answers = match select(pin!(request.send()), pin!(clock::sleep(PROBE_LIMIT))).await {
        Either::Left((Ok(_), _)) => Some(true),
        // A cross-origin isolated page may get no opaque response either.
        Either::Left((Err(_), _)) => (!environment::is_isolated()).then_some(false),
        Either::Right(_) => None,
    };
    // The body of the response is not read.
    controller.abort();
    answers
}

fn is_same_origin(page: &Page, url: &Url) -> bool {
    Url::parse(&page.origin).is_ok_and(|origin| origin.same_origin(url))
}

fn address(url: &Url) -> String {
    format!("{}:{}", url.host(), url.port())
}

/// Returns ": ECONNREFUSED (nothing listens there)", ": TypeError", or nothing.
fn explained(cause: &JsValue) -> String {
    let Some(code) = code_of(cause).or_else(|| name_of(cause)) else { return String::new() };
    let hint = match code.as_str() {
        "ECONNREFUSED" | "ConnectionRefused" => "nothing listens there",
        "ENOTFOUND" | "EAI_AGAIN" => "no such host name",
        "EPROTO" => "it does not speak https there, or not this version of TLS: try http://",
        "ETIMEDOUT" | "UND_ERR_CONNECT_TIMEOUT" | "EHOSTUNREACH" | "ENETUNREACH" => "no route to that host",
        "ECONNRESET" | "UND_ERR_SOCKET" | "EPIPE" => "the other side closed the connection",
        "UNABLE_TO_VERIFY_LEAF_SIGNATURE" | "SELF_SIGNED_CERT_IN_CHAIN" | "DEPTH_ZERO_SELF_SIGNED_CERT" => {
            "its certificate is not signed by an authority that this host trusts; in Node set NODE_EXTRA_CA_CERTS, or use createFetch({ ca }) of ./node"
        }
        "CERT_HAS_EXPIRED" => "its certificate has expired",
        "ERR_TLS_CERT_ALTNAME_INVALID" => "its certificate is for another name",
        "ERR_SSL_WRONG_VERSION_NUMBER" | "ERR_SSL_PACKET_LENGTH_TOO_LONG" => {
            "it does not speak https there: try http://"
        }
        _ => return format!(": {code}"),
    };
    format!(": {code} ({hint})")
}

/// Finds the system's error code: undici keeps it in the error's cause, Bun in the error itself.
fn code_of(error: &JsValue) -> Option<String> {
    let mut error: Any = error.clone().unchecked_into();
    for _ in 0..4 {
        if !error.is_object() {
            return None;
        }
        if let Some(code) = error.code().ok().and_then(|code| code.as_string()).filter(|code| is_identifier(code)) {
            return Some(code);
        }
        error = error.cause().ok()?;
    }
    None
}

/// Returns true for undici's "bad port" error; Deno connects to any port.
fn says_bad_port(error: &JsValue) -> bool {
    let cause = || js_sys::Reflect::get(error, &"cause".into()).unwrap_or_default();
    [error.clone(), cause()]
        .iter()
        .any(|error| error.is_object() && text_of(error, "message").is_some_and(|message| message.contains("bad port")))
}

fn name_of(error: &JsValue) -> Option<String> {
    let error = error.is_object().then(|| error.unchecked_ref::<Any>())?;
    error.name().ok()?.as_string().filter(|name| is_identifier(name))
}

/// Returns a property if it is a string.
pub fn text_of(value: &JsValue, name: &str) -> Option<String> {
    js_sys::Reflect::get(value, &name.into()).ok()?.as_string()
}

/// Returns true for an identifier, which cannot hold a secret.
fn is_identifier(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
