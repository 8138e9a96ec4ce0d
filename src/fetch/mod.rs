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
pub mod headers;
pub mod promise;
mod schema1;
mod send;
mod thenable;

pub use crate::fetch::bindings::{Any, Room, byte_array, tag};
pub use crate::fetch::body::hash::FetchHasher;
pub use crate::fetch::body::passage::HostPassage;
pub use crate::fetch::body::reader::{Read, Reader, bytes_of};
pub use crate::fetch::body::{FetchBody, HostBytes};
pub use crate::fetch::failure::text_of;
pub use crate::fetch::thenable::outcome;

use std::cell::{Cell, OnceCell};
use std::pin::Pin;
use std::rc::Rc;

use js_sys::{Function, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;

use crate::fetch::abort::Abort;
use crate::fetch::body::outgoing::Taking;
use crate::fetch::environment::Page;
use crate::fetch::send::{Modes, Redirect, Sender, Settled};
use crate::protocol::code;
use crate::protocol::http::Method;
use crate::protocol::oci::digest::Algorithm;
use crate::protocol::schema1::signed::Check;
use crate::protocol::url::Url;
use crate::transport::request::{CredentialsStatus, Request, RequestBody, Response};
use crate::transport::schema1::{AnySigner, Schema1Host, Unpack, no_gzip};
use crate::transport::{Clock, Error, Host, Result, Transport};

const CACHE_CONTROL: &str = "cache-control";

/// A host with `fetch`.
#[derive(Clone)]
pub struct FetchHost {
    fetch: Function,
    sender: Rc<Sender>,
    is_injected: bool,
    /// Looked up when it is needed: `node:crypto` takes time to load.
    create_hash: Rc<OnceCell<Option<Function>>>,
    page: Option<Page>,
    taking: OnceCell<Taking>,
    /// True once any response could be read: then CORS does not block the registry, or not everywhere.
    was_read: Rc<Cell<bool>>,
}

impl FetchHost {
    /// Uses the given function, or else the current `globalThis.fetch`.
    pub fn new(fetch: Option<Function>) -> Result<Self> {
        let is_injected = fetch.as_ref().is_some_and(|fetch| !calls_host(fetch));
        let global = || Reflect::get(&js_sys::global(), &"fetch".into()).ok()?.dyn_into::<Function>().ok();
        let fetch = fetch.or_else(global).ok_or_else(|| {
            Error::new(
                code::UNSUPPORTED,
                "this host has no fetch: pass one as options.fetch (Node has it from version 18)",
            )
        })?;
        Ok(Self {
            sender: Rc::new(Sender::of(&fetch)),
            fetch,
            is_injected,
            create_hash: Rc::default(),
            page: Page::current(),
            taking: OnceCell::new(),
            was_read: Rc::default(),
        })
    }

    /// Returns the redirect mode: in a page only the browser can follow redirects; elsewhere each one is checked before
    /// it is followed.
    fn redirect(&self, request: &Request<HostBytes>) -> Redirect {
        match (&self.page, request.follows_redirects) {
            (Some(_), true) => Redirect::Follow,
            (Some(_), false) => Redirect::Error,
            (None, _) if request.is_streamed() && self.taking() == Taking::Strictly => Redirect::Error,
            (None, _) => Redirect::Manual,
        }
    }

    /// Returns how `fetch` handles streamed bodies, which are not sent from pages.
    fn taking(&self) -> Taking {
        let find = || match &self.page {
            Some(_) => Taking::Not,
            None if self.sender.is_direct() => Taking::Freely,
            None => Taking::of(&self.fetch, self.is_injected),
        };
        *self.taking.get_or_init(find)
    }

    /// Returns the method, the URL and the header fields, one line each.
    fn head(&self, request: &Request<HostBytes>) -> Result<String> {
        let mut head = format!("{}\n{}", request.method, request.url);
        headers::write(&request.headers, &mut head)?;
        // A proxy may cache them too (RFC 9111 §5.2.1.4). With `no-store` a browser sends this itself.
        if self.page.is_none()
            && !request.may_be_cached
            && matches!(request.method, Method::Get | Method::Head)
            && request.headers.get(CACHE_CONTROL).is_none()
        {
            head.push_str("\ncache-control\nno-cache");
        }
        Ok(head)
    }

    fn modes(&self, request: &Request<HostBytes>) -> Modes {
        Modes {
            redirect: self.redirect(request),
            // Outside of pages neither `credentials` nor `cache` has a meaning, and workerd throws on both.
            is_page: self.page.is_some(),
            is_fresh: !request.may_be_cached,
            is_windowless: request.is_streamed() && self.taking() == Taking::Strictly,
        }
    }

    fn response(&self, settled: Settled, asked: &Url, abort: Abort) -> Response<FetchBody> {
        let Settled { status, fields, url, is_cors, body, length } = settled;
        Response {
            status: status as u16,
            headers: headers::read(&fields),
            headers_filtered: is_cors && self.page.is_some(),
            url: url.and_then(|url| Url::parse(&url).ok()).filter(|url| url != asked),
            secrets: Vec::new(),
            credentials_status: CredentialsStatus::default(),
            body: FetchBody::new(body, length, abort),
        }
    }
}

impl Transport for FetchHost {
    type Chunk = HostBytes;
    type Body = FetchBody;

    async fn send(&self, request: &Request<HostBytes>) -> Result<Response<FetchBody>> {
        let head = self.head(request)?;
        let body = match &request.body {
            None => JsValue::UNDEFINED,
            Some(RequestBody::Bytes(bytes)) => Uint8Array::from(bytes.as_slice()).into(),
            Some(RequestBody::Chunks(chunks)) => body::joined(chunks)?.into(),
            Some(RequestBody::Stream(pipe)) => body::outgoing::next_of(pipe),
        };
        let (settled, mut abort) = self.sender.outcome(&head, &body, self.modes(request)).await;
        if settled.status == 0 {
            abort.disarm();
            let place = failure::Place { page: self.page.as_ref(), was_read: self.was_read.get() };
            return Err(failure::of_fetch(&settled.body, &request.url, &place, !self.is_injected).await);
        }
        if let Some(why) = unusable(settled.status) {
            return Err(why);
        }
        self.was_read.set(true);
        Ok(self.response(settled, &request.url, abort))
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
        FetchHasher::new(self.create_hash.get_or_init(body::hash::create_hash).as_ref(), algorithm)
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

/// Returns true for a function that says that it calls the host's own `fetch` (`fetch.isHost` is true).
fn calls_host(fetch: &Function) -> bool {
    Reflect::get(fetch, &"isHost".into()).is_ok_and(|says_so| says_so == true)
}

/// Returns the error for a response without a status; the numbers are `send.js`'s.
fn unusable(status: u32) -> Option<Error> {
    let why = match status {
        1 => "it is not an object",
        2 => return Some(Error::new(code::NETWORK, "fetch returned a network error as response").transient()),
        3 => "it is an opaque redirect: fetch must follow redirects",
        4 => "it is opaque: fetch must not be called with mode \"no-cors\"",
        5 => "it has no status",
        6 => "it has no headers",
        7 => "its body cannot be accessed",
        8 => "its body was read before, or is being read",
        9 => "its body is neither null nor a ReadableStream, and there is no arrayBuffer()",
        _ => return None,
    };
    Some(Error::new(code::INVALID_RESPONSE, format!("fetch returned an unusable response: {why}")))
}
