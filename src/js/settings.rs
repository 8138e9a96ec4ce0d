//! `ClientOptions`.

use std::rc::Rc;

use js_sys::Function;
use wasm_bindgen::prelude::*;

use super::callback::Callback;
use super::convert;
use super::error::{Failure, Result};
use super::options::{MAX_SAFE_INTEGER, Options};
use super::signal::Signal;
use crate::fetch::headers;
use crate::protocol::http::Headers;
use crate::protocol::invalid::quoted;
use crate::protocol::platform::Platform;
use crate::protocol::secret::Secret;
use crate::registry::{Settings, Version};
use crate::transport::auth::Credentials;
use crate::transport::observe::{Observer, RequestEvent};

const KNOWN: &[&str] = &[
    "apiVersion",
    "username",
    "password",
    "token",
    "timeout",
    "idleTimeout",
    "fetch",
    "headers",
    "concurrency",
    "platform",
    "maxPages",
    "maxItems",
    "cacheBytes",
    "signal",
    "onRequest",
];

/// Parallel requests: more than a host carries anyway.
const MAX_CONCURRENCY: u64 = 1024;

/// Header fields that belong to the connection (RFC 9110 §7.6.1) or to the body: hosts refuse them, each in its own way.
const FORBIDDEN: &[&str] =
    &["connection", "content-length", "expect", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"];

/// The settings, the client's signal, and the `fetch` to use.
pub fn read(options: JsValue) -> Result<(Settings, Option<Signal>, Option<Function>)> {
    let options = Options::read(options, KNOWN)?;
    let default = Settings::default();
    let platform = options.text("platform")?.map(|text| Platform::parse(&text)).transpose();
    let settings = Settings {
        api_version: options.whole("apiVersion", 1, 2)?.map(|version| match version {
            1 => Version::V1,
            _ => Version::V2,
        }),
        credentials: credentials(&options)?,
        timeout: options.milliseconds("timeout")?.unwrap_or(default.timeout),
        idle_timeout: options.milliseconds("idleTimeout")?.unwrap_or(default.idle_timeout),
        headers: fields(&options)?,
        concurrency: match options.whole("concurrency", 1, MAX_CONCURRENCY)? {
            Some(concurrency) => concurrency as usize,
            None => default.concurrency,
        },
        platform: platform.map_err(|invalid| Failure::argument(format!("options.platform: {}", invalid.message)))?,
        max_pages: options.whole("maxPages", 1, MAX_SAFE_INTEGER)?.unwrap_or(default.max_pages),
        max_items: options.whole("maxItems", 1, MAX_SAFE_INTEGER)?.unwrap_or(default.max_items),
        cache_bytes: options.whole("cacheBytes", 0, MAX_SAFE_INTEGER)?.unwrap_or(default.cache_bytes),
        observer: options.callback("onRequest")?.map(observer),
    };
    Ok((settings, options.signal()?, options.function("fetch")?))
}

fn credentials(options: &Options) -> Result<Option<Credentials>> {
    let refused = |message: &str| Err(Failure::argument(message));
    match (options.secret("username")?, options.secret("password")?, options.secret("token")?) {
        (None, None, None) => Ok(None),
        (None, None, Some(token)) => {
            // RFC 6750 §2.1
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
            if token.is_empty() || !token.bytes().all(fits) {
                return refused("options.token: it is empty, or holds what a bearer token must not");
            }
            Ok(Some(Credentials::Token(Secret::new(token))))
        }
        // RFC 7617 §2
        (Some(username), Some(_), None) if username.contains(':') || username.chars().any(char::is_control) => {
            refused("options.username: it must not hold a colon or a control character")
        }
        (Some(username), Some(password), None) => {
            Ok(Some(Credentials::Basic { username, password: Secret::new(password) }))
        }
        (_, _, Some(_)) => refused("options.token: give either a token or a username and a password"),
        (Some(_), None, _) => refused("options.password: it is missing, there is a username"),
        (None, Some(_), _) => refused("options.username: it is missing, there is a password"),
    }
}

fn fields(options: &Options) -> Result<Headers> {
    let mut fields = Headers::new();
    for (name, value) in options.fields("headers")? {
        let refused = |why: &str| Err(Failure::argument(format!("options.headers: {}: {why}", quoted(&name))));
        if name.eq_ignore_ascii_case("authorization") {
            // Header fields go along to wherever the registry redirects; credentials must not.
            return refused("give credentials as username and password, or as token");
        }
        if FORBIDDEN.iter().any(|forbidden| name.eq_ignore_ascii_case(forbidden)) {
            return refused("the host sets this field by itself");
        }
        if let Err(why) = headers::check(&name, &value) {
            return refused(why);
        }
        fields.set(&name, value);
    }
    Ok(fields)
}

fn observer(callback: Callback) -> Observer {
    Rc::new(move |event: &RequestEvent| {
        if let Ok(event) = convert::small(event) {
            callback.tell(&event);
        }
    })
}
