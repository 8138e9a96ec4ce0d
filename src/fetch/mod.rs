//! The host's `fetch` as the package's transport, with the host's hasher and timers.
//!
//! Hosts and injected functions may misbehave. An exception or a malformed result of `fetch` becomes an [`Error`]; no
//! class or type is trusted without a check.

mod abort;
mod bindings;
mod body;
mod clock;
mod environment;
mod failure;
mod hash;
pub mod headers;
mod outgoing;
mod reader;
mod schema1;
mod thenable;

pub use crate::fetch::bindings::{Any, Room, tag};
pub use crate::fetch::body::{FetchBody, HostBytes};
pub use crate::fetch::failure::text_of;
pub use crate::fetch::hash::FetchHasher;
pub use crate::fetch::reader::{Read, Reader, bytes_of};
pub use crate::fetch::thenable::outcome;

use std::cell::{Cell, OnceCell};
use std::pin::Pin;
use std::rc::Rc;

use js_sys::{Function, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;

use crate::fetch::abort::Abort;
use crate::fetch::bindings::Init;
use crate::fetch::environment::Page;
use crate::fetch::outgoing::Taking;
use crate::protocol::code;
use crate::protocol::http::Method;
use crate::protocol::oci::digest::Algorithm;
use crate::protocol::schema1::signed::Check;
use crate::protocol::url::Url;
use crate::transport::request::{Login, Request, RequestBody, Response};
use crate::transport::schema1::{AnySigner, Schema1Host, Unpack, no_gzip};
use crate::transport::{Clock, Error, Host, Result, Transport};

const CACHE_CONTROL: &str = "cache-control";

/// A host with `fetch`.
#[derive(Clone)]
pub struct FetchHost {
    fetch: Function,
    is_injected: bool,
    create_hash: Option<Function>,
    page: Option<Page>,
    taking: OnceCell<Taking>,
    /// True once any response could be read: then CORS does not block the registry, or not everywhere.
    was_read: Rc<Cell<bool>>,
}

impl FetchHost {
    /// Uses the given function, or else the current `globalThis.fetch`.
    pub fn new(fetch: Option<Function>) -> Result<Self> {
        let is_injected = fetch.is_some();
        let global = || Reflect::get(&js_sys::global(), &"fetch".into()).ok()?.dyn_into::<Function>().ok();
        let fetch = fetch.or_else(global).ok_or_else(|| {
            Error::new(
                code::UNSUPPORTED,
                "this host has no fetch: pass one as options.fetch (Node has it from version 18)",
            )
        })?;
        Ok(Self {
            fetch,
            is_injected,
            create_hash: hash::create_hash(),
            page: Page::current(),
            taking: OnceCell::new(),
            was_read: Rc::default(),
        })
    }

    /// Returns the redirect mode: in a page only the browser can follow redirects; elsewhere each one is checked before
    /// it is followed.
    fn redirect(&self, request: &Request<HostBytes>) -> &'static str {
        match (&self.page, request.follows_redirects) {
            (Some(_), true) => "follow",
            (Some(_), false) => "error",
            (None, _) if request.is_streamed() && self.taking() == Taking::Strictly => "error",
            (None, _) => "manual",
        }
    }

    /// Returns how `fetch` handles streamed bodies, which are not sent from pages.
    fn taking(&self) -> Taking {
        let find = || if self.page.is_some() { Taking::Not } else { Taking::of(&self.fetch, self.is_injected) };
        *self.taking.get_or_init(find)
    }

    fn init(&self, request: &Request<HostBytes>, abort: &Abort) -> Result<Init> {
        let init: Init = js_sys::Object::new().unchecked_into();
        init.set_method(request.method.as_str());
        let fields = headers::to_host(&request.headers)?;
        match &request.body {
            None => {}
            Some(RequestBody::Bytes(bytes)) => init.set_body(&Uint8Array::from(bytes.as_slice())),
            Some(RequestBody::Chunks(chunks)) => init.set_body(body::joined(chunks)?.as_ref()),
            Some(RequestBody::Stream(pipe)) => {
                init.set_body(&outgoing::stream_of(pipe)?);
                init.set_duplex("half");
                if self.taking() == Taking::Strictly {
                    init.set_window(&JsValue::NULL);
                }
            }
        }
        init.set_signal(&abort.signal());
        init.set_redirect(self.redirect(request));
        let is_fresh = !request.may_be_cached;
        // Outside of pages neither `credentials` nor `cache` has a meaning, and workerd throws on both.
        if self.page.is_some() {
            // Prevents the browser's own login dialog.
            init.set_credentials("omit");
            // Registries and proxies send `Last-Modified` or `max-age` with tags and lists. `no-store` triggers no
            // preflight.
            if is_fresh {
                init.set_cache("no-store");
            }
        } else if is_fresh
            && matches!(request.method, Method::Get | Method::Head)
            && request.headers.get(CACHE_CONTROL).is_none()
        {
            // A proxy may cache them too (RFC 9111 §5.2.1.4). With `no-store` a browser sends this itself.
            fields.set(CACHE_CONTROL, "no-cache");
        }
        init.set_headers(&fields);
        Ok(init)
    }

    fn response(&self, value: JsValue, asked: &Url, abort: Abort) -> Result<Response<FetchBody>> {
        if !value.is_object() {
            return Err(unusable("it is not an object"));
        }
        let response: Any = value.unchecked_into();
        let kind = response.kind().ok().and_then(|kind| kind.as_string()).unwrap_or_default();
        let status = response.status().ok().and_then(|status| status.as_f64()).unwrap_or(-1.0);
        if status == 0.0 {
            return Err(match kind.as_str() {
                "error" => Error::new(code::NETWORK, "fetch returned a network error as response").transient(),
                "opaqueredirect" => unusable("it is an opaque redirect: fetch must follow redirects"),
                _ => unusable("it is opaque: fetch must not be called with mode \"no-cors\""),
            });
        }
        if status.fract() != 0.0 || !(100.0..=999.0).contains(&status) {
            return Err(unusable("it has no status"));
        }
        let headers = headers::from_host(&response).ok_or_else(|| unusable("it has no headers"))?;
        let url = response.url().ok().and_then(|url| url.as_string());
        let url = url.and_then(|url| Url::parse(&url).ok()).filter(|url| url != asked);
        let body = FetchBody::new(&response, abort)?;
        let headers_filtered = kind == "cors" && self.page.is_some();
        let (status, secrets, login) = (status as u16, Vec::new(), Login::default());
        Ok(Response { status, headers, headers_filtered, url, secrets, login, body })
    }
}

impl Transport for FetchHost {
    type Chunk = HostBytes;
    type Body = FetchBody;

    async fn send(&self, request: &Request<HostBytes>) -> Result<Response<FetchBody>> {
        let mut abort = Abort::new();
        let url = request.url.to_string();
        let init = self.init(request, &abort)?;
        let called = self.fetch.call2(&JsValue::UNDEFINED, &JsValue::from_str(&url), &init);
        match thenable::outcome(called).await {
            Ok(value) => {
                let response = self.response(value, &request.url, abort)?;
                self.was_read.set(true);
                Ok(response)
            }
            Err(cause) => {
                abort.disarm();
                let place = failure::Place { page: self.page.as_ref(), was_read: self.was_read.get() };
                Err(failure::of_fetch(&cause, &request.url, &place, !self.is_injected).await)
            }
        }
    }
}

impl Clock for FetchHost {
    fn now(&self) -> u64 {
        clock::now()
    }

    fn unix_ms(&self) -> u64 {
        js_sys::Date::now() as u64
    }

    fn random(&self) -> f64 {
        js_sys::Math::random()
    }

    async fn sleep(&self, milliseconds: u64) {
        clock::sleep(milliseconds).await;
    }
}

impl Host for FetchHost {
    type Hasher = FetchHasher;

    fn hasher(&self, algorithm: Algorithm) -> FetchHasher {
        FetchHasher::new(self.create_hash.as_ref(), algorithm)
    }

    fn page_origin(&self) -> Option<String> {
        self.page.as_ref().map(|page| page.origin.clone())
    }

    fn sends_streams(&self) -> bool {
        self.taking() != Taking::Not
    }

    fn spawn(&self, work: Pin<Box<dyn Future<Output = ()>>>) {
        wasm_bindgen_futures::spawn_local(work);
    }
}

impl Schema1Host for FetchHost {
    async fn verify(&self, check: &Check) -> Result<bool> {
        schema1::verify(check).await
    }

    async fn new_signer(&self) -> Result<AnySigner> {
        self.signer(None).await
    }

    fn unpack(&self) -> Result<Box<dyn Unpack<HostBytes>>> {
        match schema1::HostUnpack::new(self.hasher(Algorithm::Sha256)) {
            Some(unpack) => Ok(Box::new(unpack)),
            None => Err(no_gzip()),
        }
    }
}

fn unusable(why: &str) -> Error {
    Error::new(code::INVALID_RESPONSE, format!("fetch returned an unusable response: {why}"))
}
