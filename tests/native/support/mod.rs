//! A registry by script and a clock of its own: what the real servers of the test bed cannot be made to do on demand.
//!
//! [`run`] drives a future to its end in virtual time. A future that waits for nothing is a hang, and fails the test.

pub mod archives;
pub mod clean;
pub mod copying;
pub mod image_archives;
pub mod model;
pub mod properties;
pub mod random;
pub mod schema1;
pub mod seeds;
pub mod simulation;
pub mod strangers;
pub mod uploads;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use docker_registry_client_wasm::protocol::code;
use docker_registry_client_wasm::protocol::http::{Headers, Method};
use docker_registry_client_wasm::protocol::oci::descriptor::Annotations;
use docker_registry_client_wasm::protocol::oci::digest::{Algorithm, Digest};
use docker_registry_client_wasm::protocol::schema1::signed::Check;
use docker_registry_client_wasm::protocol::url::Url;
use docker_registry_client_wasm::registry::{Artifact, Client, Loaders, Repository, Settings, Version};
use docker_registry_client_wasm::transport::auth::{BuiltIn, LoadAuth, NewAuthenticator};
use docker_registry_client_wasm::transport::layers::retry::Policy;
use docker_registry_client_wasm::transport::pipe::{End, Pipe};
use docker_registry_client_wasm::transport::request::{CredentialsStatus, Request, RequestBody, Response};
use docker_registry_client_wasm::transport::schema1::{AnySigner, Schema1Host, Unpack, no_cryptography};
use docker_registry_client_wasm::transport::{
    Body, Chunk, Clock, Error, Hasher, Host, NoPassage, Result, Transport, Unauthenticated, Work,
};
use sha2::Digest as _;

/// What the virtual clock starts at: Thu, 01 Jan 2026 00:00:00 GMT.
pub const EPOCH: u64 = 1_767_225_600_000;

/// What the scripted registry does with a body.
#[derive(Clone, Debug)]
pub enum Step {
    /// Sends these bytes.
    Bytes(Vec<u8>),
    /// Does nothing for so many milliseconds.
    Pause(u64),
    /// Keeps the host from doing anything for so many milliseconds.
    Block(u64),
    /// Breaks the connection.
    Reset,
    /// Sends the same bytes for ever.
    Forever(Vec<u8>),
    /// Never does anything again.
    Hang,
}

/// One scripted answer.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<Step>,
    pub delay: u64,
    pub hang: bool,
    pub refuse: bool,
    pub reset: bool,
    pub filtered: bool,
    pub cors: Option<Option<bool>>,
    pub url: Option<String>,
}

impl Reply {
    pub fn new(status: u16) -> Self {
        let (headers, body) = (Vec::new(), Vec::new());
        let (hang, refuse, reset, filtered) = (false, false, false, false);
        Self { status, headers, body, delay: 0, hang, refuse, reset, filtered, cors: None, url: None }
    }

    /// 200 with a body and its length.
    pub fn bytes(body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        Self::new(200).header("content-length", &body.len().to_string()).step(Step::Bytes(body.to_vec()))
    }

    pub fn json(body: &str) -> Self {
        Self::bytes(body).header("content-type", "application/json")
    }

    pub fn manifest(media_type: &str, body: &str) -> Self {
        Self::bytes(body).header("content-type", media_type)
    }

    /// The part of a body that a request asks for (RFC 9110 §14), or all of it.
    pub fn part(body: &[u8], seen: &Seen) -> (Self, Vec<u8>) {
        let length = body.len();
        let Some(range) = seen.headers.get("range") else { return (Self::new(200), body.to_vec()) };
        let (first, last) = range.strip_prefix("bytes=").and_then(|range| range.split_once('-')).expect("a range");
        let first: usize = first.parse().expect("a position");
        let last =
            if last.is_empty() { length } else { last.parse().expect("a position") }.min(length.saturating_sub(1));
        if first >= length {
            return (Self::new(416).header("content-range", &format!("bytes */{length}")), Vec::new());
        }
        let reply = Self::new(206).header("content-range", &format!("bytes {first}-{last}/{length}"));
        (reply, body[first..=last].to_vec())
    }

    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self.headers.push((name.into(), value.into()));
        self
    }

    pub fn step(mut self, step: Step) -> Self {
        self.body.push(step);
        self
    }

    /// As a page across origins sees it, with nothing exposed.
    pub fn filtered(mut self) -> Self {
        self.filtered = true;
        let visible = [
            "cache-control",
            "content-language",
            "content-length",
            "content-type",
            "expires",
            "last-modified",
            "pragma",
        ];
        self.headers.retain(|(name, _)| visible.contains(&name.as_str()));
        self
    }

    pub fn after(mut self, milliseconds: u64) -> Self {
        self.delay = milliseconds;
        self
    }

    pub fn hang() -> Self {
        Self { hang: true, ..Self::new(200) }
    }

    pub fn refused() -> Self {
        Self { refuse: true, ..Self::new(200) }
    }

    /// A page may not read it; `answers`: what the browser's second look told.
    pub fn unreadable(answers: Option<bool>) -> Self {
        Self { cors: Some(answers), ..Self::new(200) }
    }

    /// The connection goes before any answer.
    pub fn reset() -> Self {
        Self { reset: true, ..Self::new(200) }
    }
}

/// A request as the registry saw it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: Method,
    /// Path and query.
    pub target: String,
    pub headers: Headers,
    pub body: String,
    /// Whether the body came as it was made, without a length.
    pub streamed: bool,
    /// Whether a browser's cache could have answered.
    pub may_be_cached: bool,
    pub at: u64,
}

/// Gives the code that authenticates as the package does: not at once, so that others may come in between.
struct Later;

impl LoadAuth<Unauthenticated<Scripted>, Scripted> for Later {
    fn load(&self) -> Work<'_, NewAuthenticator<Unauthenticated<Scripted>, Scripted>> {
        Box::pin(async {
            let mut is_later = false;
            poll_fn(|context| {
                context.waker().wake_by_ref();
                if std::mem::replace(&mut is_later, true) { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
            BuiltIn.load().await
        })
    }
}

type Script = Box<dyn Fn(&Seen) -> Reply>;
/// Bytes of a streamed body that are taken before the answer.
type Taking = Box<dyn Fn(&Seen) -> usize>;

struct World {
    script: Script,
    seen: RefCell<Vec<Seen>>,
    now: Cell<u64>,
    timers: RefCell<BTreeMap<(u64, u64), Waker>>,
    next_timer: Cell<u64>,
    /// Requests and bodies that were begun and neither ended nor dropped.
    open: Cell<usize>,
    most_open: Cell<usize>,
    dropped_early: Cell<usize>,
    bytes_sent: Cell<u64>,
    /// Work that goes on by itself, and who drives it.
    spawned: RefCell<Vec<Pin<Box<dyn Future<Output = ()>>>>>,
    driver: RefCell<Option<Waker>>,
    page: RefCell<Option<String>>,
    has_cryptography: Cell<bool>,
    /// A host that sends bodies while they are made, at so many milliseconds a piece.
    streaming: RefCell<Option<(Taking, u64)>>,
}

/// The scripted registry as a host.
#[derive(Clone)]
pub struct Scripted(Rc<World>);

impl Scripted {
    pub fn new(script: impl Fn(&Seen) -> Reply + 'static) -> Self {
        Self(Rc::new(World {
            script: Box::new(script),
            seen: RefCell::default(),
            now: Cell::new(0),
            timers: RefCell::default(),
            next_timer: Cell::new(0),
            open: Cell::new(0),
            most_open: Cell::new(0),
            dropped_early: Cell::new(0),
            bytes_sent: Cell::new(0),
            spawned: RefCell::default(),
            driver: RefCell::default(),
            page: RefCell::default(),
            has_cryptography: Cell::new(true),
            streaming: RefCell::default(),
        }))
    }

    /// The same, without `crypto.subtle`.
    pub fn without_cryptography(self) -> Self {
        self.0.has_cryptography.set(false);
        self
    }

    /// The same at a host that sends bodies while they are made.
    pub fn streaming(self) -> Self {
        self.streaming_until(0, |_| usize::MAX)
    }

    /// The same, where each piece takes so long, and the answer comes after so many bytes. `usize::MAX`: after all.
    pub fn streaming_until(self, piece: u64, taking: impl Fn(&Seen) -> usize + 'static) -> Self {
        self.0.streaming.replace(Some((Box::new(taking), piece)));
        self
    }

    /// The body of a request, as far as it is taken; `None` where it broke off.
    async fn taken(&self, pipe: &Pipe<Bytes>, seen: &Seen) -> Option<String> {
        let (most, piece) = self.0.streaming.borrow().as_ref().map(|(taking, piece)| (taking(seen), *piece))?;
        let mut body = Vec::new();
        while body.len() < most {
            match pipe.next().await {
                Ok(chunks) => chunks.iter().for_each(|chunk| body.extend_from_slice(&chunk.0)),
                Err(End::Whole) => break,
                Err(End::Broken) => return None,
            }
            self.sleep(piece).await;
        }
        Some(String::from_utf8(body).unwrap())
    }

    /// The same, asked by a page of this origin.
    pub fn in_page(self, origin: &str) -> Self {
        self.0.page.replace(Some(origin.to_owned()));
        self
    }

    /// Answers by method and target; anything else is 404.
    pub fn routes(routes: Vec<(&str, Reply)>) -> Self {
        let routes: Vec<(String, Reply)> =
            routes.into_iter().map(|(target, reply)| (target.to_owned(), reply)).collect();
        Self::new(move |seen| {
            let wanted = format!("{} {}", seen.method, seen.target);
            let found = routes.iter().find(|(target, _)| *target == wanted || *target == seen.target);
            found.map_or_else(|| Reply::new(404), |(_, reply)| reply.clone())
        })
    }

    pub fn client(&self) -> Client<Scripted> {
        self.client_with(Settings::default())
    }

    /// A V2 client that does not ask for the version first.
    pub fn client_with(&self, settings: Settings) -> Client<Scripted> {
        let settings = Settings { api_version: Some(Version::V2), ..settings };
        self.raw_client(settings)
    }

    /// A client that tries everything once.
    pub fn once(&self) -> Client<Scripted> {
        let retry = Policy { attempts: 1, ..Policy::default() };
        self.client_with(Settings { retry, ..Settings::default() })
    }

    pub fn raw_client(&self, settings: Settings) -> Client<Scripted> {
        let loaders = Loaders { auth: Rc::new(Later), ..Loaders::built_in() };
        Client::with_loaders(self.clone(), Url::parse("https://registry.test").unwrap(), settings, loaders)
    }

    pub fn repository(&self) -> Repository<Scripted> {
        self.client().repository("a/b", None).unwrap()
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.0.seen.borrow().clone()
    }

    /// Something of each request, without a copy of its body.
    pub fn each_seen<T, A: FromIterator<T>>(&self, of: impl Fn(&Seen) -> T) -> A {
        self.0.seen.borrow().iter().map(of).collect()
    }

    pub fn targets(&self) -> Vec<String> {
        self.0.seen.borrow().iter().map(|seen| format!("{} {}", seen.method, seen.target)).collect()
    }

    pub fn now(&self) -> u64 {
        self.0.now.get()
    }

    pub fn open(&self) -> usize {
        self.0.open.get()
    }

    /// Timers that somebody waits for.
    pub fn timers(&self) -> usize {
        self.0.timers.borrow().len()
    }

    pub fn most_open(&self) -> usize {
        self.0.most_open.get()
    }

    pub fn dropped_early(&self) -> usize {
        self.0.dropped_early.get()
    }

    pub fn bytes_sent(&self) -> u64 {
        self.0.bytes_sent.get()
    }

    /// Drives a future to its end, advancing the clock whenever nothing else can happen.
    pub fn run<T>(&self, future: impl Future<Output = T>) -> T {
        self.run_for(u64::MAX, future).expect("in virtual time")
    }

    /// The same, but drops the future when the clock would pass `limit`.
    pub fn run_for<T>(&self, limit: u64, future: impl Future<Output = T>) -> Option<T> {
        struct Flag(AtomicBool);
        impl Wake for Flag {
            fn wake(self: Arc<Self>) {
                self.0.store(true, Ordering::SeqCst);
            }
        }
        let flag = Arc::new(Flag(AtomicBool::new(true)));
        let waker = Waker::from(flag.clone());
        self.0.driver.replace(Some(waker.clone()));
        let mut future = pin!(future);
        loop {
            if flag.0.swap(false, Ordering::SeqCst) {
                self.poll_spawned(&waker);
                if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                    return Some(value);
                }
                continue;
            }
            let timer = self.0.timers.borrow_mut().pop_first();
            let Some(((due, _), waker)) = timer else {
                assert!(limit < u64::MAX, "a hang: nothing is under way and nothing is awaited");
                return None;
            };
            if due > limit {
                return None;
            }
            self.0.now.set(due.max(self.0.now.get()));
            waker.wake();
        }
    }

    /// Drives what was handed over to the host to its end.
    pub fn settle(&self) {
        self.run(poll_fn(|_| if self.0.spawned.borrow().is_empty() { Poll::Ready(()) } else { Poll::Pending }));
    }

    fn poll_spawned(&self, waker: &Waker) {
        let mut waiting = Vec::new();
        loop {
            let work = std::mem::take(&mut *self.0.spawned.borrow_mut());
            if work.is_empty() {
                break;
            }
            waiting.extend(work.into_iter().filter_map(|mut work| {
                work.as_mut().poll(&mut Context::from_waker(waker)).is_pending().then_some(work)
            }));
        }
        self.0.spawned.replace(waiting);
    }

    fn begin(&self) -> Open {
        self.0.open.set(self.0.open.get() + 1);
        self.0.most_open.set(self.0.most_open.get().max(self.0.open.get()));
        Open { world: self.0.clone(), ended: false }
    }
}

/// Counts what is under way.
struct Open {
    world: Rc<World>,
    ended: bool,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.world.open.set(self.world.open.get() - 1);
        if !self.ended {
            self.world.dropped_early.set(self.world.dropped_early.get() + 1);
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Bytes(pub Vec<u8>);

impl Chunk for Bytes {
    type Passage = NoPassage;

    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn slice(&self, start: u64, end: u64) -> Self {
        let clamp = |at: u64| at.min(self.len()) as usize;
        Bytes(self.0[clamp(start)..clamp(end).max(clamp(start))].to_vec())
    }

    fn append_to(&self, buffer: &mut Vec<u8>) {
        buffer.extend_from_slice(&self.0);
    }

    fn of(bytes: &[u8]) -> Self {
        Bytes(bytes.to_vec())
    }
}

pub struct ScriptedBody {
    host: Scripted,
    steps: std::vec::IntoIter<Step>,
    repeating: Option<Vec<u8>>,
    open: Option<Open>,
}

impl Body for ScriptedBody {
    type Chunk = Bytes;

    fn pass_on(&mut self, passage: &NoPassage) {
        match *passage {}
    }

    async fn next(&mut self) -> Result<Option<Bytes>> {
        let send = |bytes: &Vec<u8>| {
            self.host.0.bytes_sent.set(self.host.0.bytes_sent.get() + bytes.len() as u64);
            Ok(Some(Bytes(bytes.clone())))
        };
        if let Some(bytes) = &self.repeating {
            return send(bytes);
        }
        loop {
            match self.steps.next() {
                Some(Step::Bytes(bytes)) => return send(&bytes),
                Some(Step::Pause(milliseconds)) => self.host.sleep(milliseconds).await,
                Some(Step::Block(milliseconds)) => self.host.0.now.set(self.host.now() + milliseconds),
                Some(Step::Forever(bytes)) => {
                    self.repeating = Some(bytes.clone());
                    return send(&bytes);
                }
                Some(Step::Hang) => std::future::pending().await,
                Some(Step::Reset) => {
                    self.steps = Vec::new().into_iter();
                    return Err(Error::new(code::NETWORK, "connection reset").transient());
                }
                None => {
                    if let Some(mut open) = self.open.take() {
                        open.ended = true;
                    }
                    return Ok(None);
                }
            }
        }
    }
}

pub enum Sha {
    Sha256(sha2::Sha256),
    Sha512(sha2::Sha512),
}

impl Hasher<Bytes> for Sha {
    fn lend(&self, passage: &NoPassage, _: u64) {
        match *passage {}
    }

    fn update(&mut self, chunk: &Bytes) -> Result<()> {
        self.update_bytes(&chunk.0)
    }

    fn update_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        match self {
            Sha::Sha256(sha) => sha.update(bytes),
            Sha::Sha512(sha) => sha.update(bytes),
        }
        Ok(())
    }

    fn finish(self) -> Result<Vec<u8>> {
        Ok(match self {
            Sha::Sha256(sha) => sha.finalize().to_vec(),
            Sha::Sha512(sha) => sha.finalize().to_vec(),
        })
    }
}

impl Transport for Scripted {
    type Chunk = Bytes;
    type Body = ScriptedBody;

    async fn send(&self, request: &Request<Bytes>) -> Result<Response<ScriptedBody>> {
        let url = request.url.to_string();
        let path = url.strip_prefix("https://registry.test").filter(|path| path.starts_with('/'));
        let target = path.unwrap_or(&url).to_owned();
        let mut seen = Seen {
            method: request.method,
            target,
            headers: request.headers.clone(),
            body: text_of(request.body.as_ref()),
            streamed: request.is_streamed(),
            may_be_cached: request.may_be_cached,
            at: self.now(),
        };
        let number = self.0.seen.borrow().len();
        self.0.seen.borrow_mut().push(seen.clone());
        let mut open = self.begin();
        if let Some(RequestBody::Stream(pipe)) = &request.body {
            seen.body =
                self.taken(pipe, &seen).await.expect("a body that comes to its end, or a request that is dropped");
            self.0.seen.borrow_mut()[number] = seen.clone();
        }
        let reply = (self.0.script)(&seen);
        if reply.delay > 0 {
            self.sleep(reply.delay).await;
        }
        if reply.hang {
            std::future::pending::<()>().await;
        }
        if let Some(answers) = reply.cors {
            open.ended = true;
            // Worth another try: where pages could read before, a lost connection looks the same.
            let mut error = Error::new(code::CORS_OR_NETWORK, "failed to fetch").transient();
            error.answers = answers;
            return Err(error);
        }
        if reply.refuse || reply.reset {
            open.ended = true;
            let error = Error::new(code::NETWORK, if reply.reset { "connection reset" } else { "connection refused" });
            return Err(if reply.reset { error.transient() } else { error });
        }
        let mut headers = Headers::new();
        for (name, value) in &reply.headers {
            headers.append(name, value.clone());
        }
        let steps = if request.method == Method::Head { Vec::new() } else { reply.body };
        Ok(Response {
            secrets: Vec::new(),
            credentials_status: CredentialsStatus::default(),
            status: reply.status,
            headers,
            headers_filtered: reply.filtered,
            url: reply.url.map(|url| Url::parse(&url).unwrap()),
            body: ScriptedBody { host: self.clone(), steps: steps.into_iter(), repeating: None, open: Some(open) },
        })
    }
}

impl Host for Scripted {
    type Hasher = Sha;

    fn hasher(&self, algorithm: Algorithm) -> Sha {
        match algorithm {
            Algorithm::Sha256 => Sha::Sha256(sha2::Sha256::new()),
            Algorithm::Sha512 => Sha::Sha512(sha2::Sha512::new()),
        }
    }

    fn spawn(&self, work: Pin<Box<dyn Future<Output = ()>>>) {
        self.0.spawned.borrow_mut().push(work);
        if let Some(waker) = self.0.driver.borrow().as_ref() {
            waker.wake_by_ref();
        }
    }

    fn page_origin(&self) -> Option<String> {
        self.0.page.borrow().clone()
    }

    fn sends_streams(&self) -> bool {
        self.0.streaming.borrow().is_some()
    }
}

impl Schema1Host for Scripted {
    async fn verify(&self, check: &Check) -> Result<bool> {
        if self.0.has_cryptography.get() { Ok(schema1::verify(check)) } else { Err(no_cryptography()) }
    }

    async fn new_signer(&self) -> Result<AnySigner> {
        if self.0.has_cryptography.get() { Ok(schema1::signer(7)) } else { Err(no_cryptography()) }
    }

    fn unpack(&self) -> Result<Box<dyn Unpack<Bytes>>> {
        Ok(Box::new(schema1::Gunzip::new()))
    }
}

impl Clock for Scripted {
    fn now(&self) -> u64 {
        self.0.now.get()
    }

    fn unix_ms(&self) -> u64 {
        EPOCH + self.0.now.get()
    }

    fn random(&self) -> f64 {
        0.5
    }

    async fn sleep(&self, milliseconds: u64) {
        let due = self.0.now.get().saturating_add(milliseconds);
        let id = self.0.next_timer.get();
        self.0.next_timer.set(id + 1);
        struct Cancel<'a>(&'a World, (u64, u64));
        impl Drop for Cancel<'_> {
            fn drop(&mut self) {
                self.0.timers.borrow_mut().remove(&self.1);
            }
        }
        let _cancel = Cancel(&self.0, (due, id));
        poll_fn(|context| {
            if self.0.now.get() >= due {
                return Poll::Ready(());
            }
            self.0.timers.borrow_mut().insert((due, id), context.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

pub fn sha256(bytes: impl AsRef<[u8]>) -> String {
    let bytes = bytes.as_ref();
    let raw = UNREADABLE.with_borrow(|raw| raw.get(bytes).cloned());
    Digest::of(Algorithm::Sha256, raw.as_deref().unwrap_or(bytes)).to_string()
}

/// A descriptor in JSON.
pub fn descriptor(media_type: &str, content: &str, extra: &str) -> String {
    let (digest, size) = (sha256(content), content.len());
    format!(r#"{{"mediaType":"{media_type}","digest":"{digest}","size":{size}{extra}}}"#)
}

fn text_of(body: Option<&RequestBody<Bytes>>) -> String {
    let bytes = match body {
        None => Vec::new(),
        Some(RequestBody::Bytes(bytes)) => bytes.to_vec(),
        Some(RequestBody::Chunks(chunks)) => chunks.iter().flat_map(|chunk| chunk.0.clone()).collect(),
        Some(RequestBody::Stream(_)) => Vec::new(),
    };
    let text = String::from_utf8_lossy(&bytes).into_owned();
    if text.as_bytes() != bytes {
        UNREADABLE.with_borrow_mut(|raw| raw.insert(text.clone().into_bytes(), bytes));
    }
    text
}

thread_local! {
    /// Bodies that are no text, by what is shown for them: [`sha256`] is of the bytes that were sent.
    static UNREADABLE: RefCell<BTreeMap<Vec<u8>, Vec<u8>>> = const { RefCell::new(BTreeMap::new()) };
}

/// An OCI index's media type.
pub const OCI_TYPE: &str = "application/vnd.oci.image.index.v1+json";

/// An image manifest unlike any other of another `name`; its config ends in zeros, which the model takes for granted.
pub fn image_manifest(name: &str, more: &str) -> String {
    let config = format!("sha256:{}", "0".repeat(64));
    format!(
        r#"{{ "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
  "config": {{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{config}","size":2}},
  "layers": [], "annotations": {{"name":"{name}"}}{more} }}"#
    )
}

/// An artifact without files, subject and tag.
pub fn artifact<H: Host>() -> Artifact<H> {
    Artifact {
        artifact_type: "a/b".into(),
        files: Vec::new(),
        annotations: Annotations::default(),
        subject: None,
        config: None,
        tag: None,
        if_match: None,
    }
}
