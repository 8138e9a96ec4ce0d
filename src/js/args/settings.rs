//! Reads `ClientOptions`.

use std::rc::Rc;

use js_sys::{Function, Object, Reflect};
use wasm_bindgen::prelude::*;

use crate::fetch::headers;
use crate::js::args::callback::Callback;
use crate::js::args::credentials;
use crate::js::args::options::{Options, described};
use crate::js::on_demand;
use crate::js::output::convert;
use crate::js::output::error::{Failure, Result};
use crate::js::signal::Signal;
use crate::protocol::http::Headers;
use crate::protocol::invalid::quoted;
use crate::protocol::json::MAX_SAFE_INTEGER;
use crate::protocol::oci::platform::Platform;
use crate::protocol::url::{self, Scheme, Url};
use crate::registry::{Settings, Version};
use crate::transport::auth::AuthSettings;
use crate::transport::layers::notice::Warned;
use crate::transport::layers::observe::{Observer, RequestEvent};
use crate::transport::layers::retry::Policy;
use crate::transport::trust::TrustedHost;

const KNOWN: &[&str] = &[
    "apiVersion",
    "username",
    "password",
    "token",
    "identityToken",
    "credentials",
    "authServiceUrl",
    "trustedRealms",
    "timeout",
    "idleTimeout",
    "retry",
    "fetch",
    "headers",
    "concurrency",
    "platform",
    "maxPages",
    "maxItems",
    "cacheBytes",
    "signal",
    "onRequest",
    "onWarning",
    "unverifiedSchema1",
    "layerIndexes",
];

/// The maximum number of parallel requests; hosts send fewer anyway.
const MAX_CONCURRENCY: u64 = 1024;
/// The maximum number of attempts.
const MAX_ATTEMPTS: u64 = 100;

/// Header fields that belong to the connection (RFC 9110 §7.6.1) or to the body; hosts reject them, each in its own
/// way.
const FORBIDDEN: &[&str] =
    &["connection", "content-length", "expect", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"];

/// The options of a client that are not settings.
pub struct Given {
    /// The client's signal.
    pub signal: Option<Signal>,
    /// The `fetch` to use.
    pub fetch: Option<Function>,
    /// Where the caller keeps indexes of layers.
    pub indexes: Option<Object>,
}

/// Reads the settings, and what belongs to JavaScript.
pub fn read(options: JsValue, base: &Url) -> Result<(Settings, Given)> {
    let options = Options::read(options, KNOWN)?;
    let default = Settings::default();
    let platform = options.text("platform")?.map(|text| Platform::parse(&text)).transpose();
    let settings = Settings {
        api_version: options.whole("apiVersion", 1, 2)?.map(|version| match version {
            1 => Version::V1,
            _ => Version::V2,
        }),
        auth: AuthSettings {
            credentials: credentials::read(&options)?,
            callback: options.function("credentials")?.map(on_demand::credentials_callback),
            service: service(&options, base)?,
        },
        trusted: trusted(&options)?,
        retry: retry(&options, default.retry)?,
        timeout: options.milliseconds("timeout")?.unwrap_or(default.timeout),
        idle_timeout: options.milliseconds("idleTimeout")?.unwrap_or(default.idle_timeout),
        headers: fields(&options)?,
        concurrency: options.whole("concurrency", 1, MAX_CONCURRENCY)?.map(|most| most as usize),
        platform: platform.map_err(|invalid| Failure::argument(format!("options.platform: {}", invalid.message)))?,
        max_pages: options.whole("maxPages", 1, MAX_SAFE_INTEGER)?.unwrap_or(default.max_pages),
        max_items: options.whole("maxItems", 1, MAX_SAFE_INTEGER)?.unwrap_or(default.max_items),
        cache_bytes: options.whole("cacheBytes", 0, MAX_SAFE_INTEGER)?.unwrap_or(default.cache_bytes),
        observer: options.callback("onRequest")?.map(observer),
        warned: options.callback("onWarning")?.map(warned),
        takes_unverified: options.choice("unverifiedSchema1", &[("error", false), ("warn", true)])?.unwrap_or_default(),
    };
    let indexes = indexes(&options)?;
    Ok((settings, Given { signal: options.signal()?, fetch: options.function("fetch")?, indexes }))
}

/// Reads `layerIndexes`, which may be an instance of a class.
fn indexes(options: &Options) -> Result<Option<Object>> {
    let Some(value) = options.get("layerIndexes")? else { return Ok(None) };
    let has = |name: &str| Reflect::get(&value, &name.into()).is_ok_and(|function| function.is_function());
    if has("get") && has("set") {
        return Ok(Some(value.unchecked_into()));
    }
    Err(Failure::argument("options.layerIndexes: an object with the functions get and set is needed"))
}

/// Reads `authServiceUrl`. It may be any host, but plain http is rejected if the registry uses https, so that no
/// password is sent in clear text.
fn service(options: &Options, base: &Url) -> Result<Option<Url>> {
    let Some(text) = options.text("authServiceUrl")? else { return Ok(None) };
    let refused = |why: &str| Failure::argument(format!("options.authServiceUrl: {why}"));
    let url = Url::parse(&text).map_err(|invalid| refused(&invalid.message))?;
    if url.scheme() == Scheme::Http && base.scheme() == Scheme::Https && !url.is_loopback() {
        return Err(refused("it must be https, as the registry is"));
    }
    Ok(Some(url))
}

fn trusted(options: &Options) -> Result<Vec<TrustedHost>> {
    let read = |text: String| {
        let host = TrustedHost::parse(&text);
        host.map_err(|why| Failure::argument(format!("options.trustedRealms: {}: {why}", url::shown(&text))))
    };
    options.texts("trustedRealms")?.unwrap_or_default().into_iter().map(read).collect()
}

/// Reads `retry`: false, or an object.
fn retry(options: &Options, default: Policy) -> Result<Policy> {
    let Some(value) = options.get("retry")? else { return Ok(default) };
    if value.as_bool() == Some(false) {
        return Ok(Policy { attempts: 1, ..default });
    }
    if !value.is_object() {
        return Err(Failure::argument(format!(
            "options.retry: false or an object is needed, not {}",
            described(&value)
        )));
    }
    let inner = Options::nested(value, "retry", &["attempts", "minDelay", "maxDelay"])?;
    Ok(Policy {
        attempts: inner.whole("attempts", 1, MAX_ATTEMPTS)?.map_or(default.attempts, |attempts| attempts as u32),
        min_delay: inner.milliseconds("minDelay")?.unwrap_or(default.min_delay),
        max_delay: inner.milliseconds("maxDelay")?.unwrap_or(default.max_delay),
    })
}

fn fields(options: &Options) -> Result<Headers> {
    let mut fields = Headers::new();
    for (name, value) in options.fields("headers")? {
        let refused = |why: &str| {
            // A whole field in place of a name has its value behind the colon.
            let name = name.split([':', ' ']).next().unwrap_or_default();
            Err(Failure::argument(format!("options.headers: {}: {why}", quoted(name))))
        };
        if name.eq_ignore_ascii_case("authorization") {
            // Header fields are sent to any host that the registry redirects to; credentials must not be.
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
        callback.tell(&convert::object([
            ("method", event.method.into()),
            ("url", event.url.as_str().into()),
            ("status", event.status.into()),
            ("duration", convert::number(event.duration)),
            ("error", event.error.as_deref().into()),
        ]));
    })
}

fn warned(callback: Callback) -> Warned {
    Rc::new(move |text| callback.tell(&text.into()))
}
