//! The connection to one registry: builds URLs, sends requests, maps statuses to errors, reads bodies up to a
//! limit.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use async_lock::Mutex;

use crate::protocol::auth::scope::Resource;
use crate::protocol::code;
use crate::protocol::http::{Headers, Method};
use crate::protocol::oci::digest::Algorithm;
use crate::protocol::oci::platform::Platform;
use crate::protocol::oci::reference::RepositoryName;
use crate::protocol::url::Url;
use crate::registry::api::cache::Cache;
use crate::registry::api::capabilities::Capabilities;
use crate::registry::api::endpoint::Endpoint;
use crate::registry::api::loaders::Loaders;
use crate::registry::api::locks::AllTurns;
use crate::registry::api::response::{Response, Streaming};
use crate::registry::api::settings::{Call, Settings, Version};
use crate::registry::contents::zstd::LoadZstd;
use crate::registry::legacy::{Legacy, LoadLegacy};
use crate::transport::layers::notice::Notices;
use crate::transport::layers::retry::Retry;
use crate::transport::limiter::Limiter;
use crate::transport::request::{Request, RetryBudget};
use crate::transport::shared::Shared;
use crate::transport::trust::Trust;
use crate::transport::{Error, Host, Result, Stack, StackSettings, Transport, failure, fetch, read, stack};

/// Host of Docker Hub's registry, where names without a namespace belong to `library`.
const DOCKER_HUB: &str = "registry-1.docker.io";
/// Default maximum of parallel requests.
const MOST_REQUESTS: usize = 64;
/// The same in a page. Browsers open at most six connections to a host without HTTP/2; a request that waits there would use
/// up its timeout.
const MOST_REQUESTS_IN_PAGE: usize = 6;

/// The connection to a registry: its URL, settings and state.
pub struct Connection<H: Host> {
    base: Url,
    page_origin: Option<String>,
    host: Rc<H>,
    legacy: Rc<dyn LoadLegacy<H>>,
    /// Loads the decoder of zstd.
    pub(crate) zstd: Rc<dyn LoadZstd>,
    stack: Stack<H>,
    limiter: Limiter,
    /// Origins to which requests may be sent.
    pub(crate) trust: Trust,
    pub(crate) notices: Rc<Notices>,
    /// Retries work of more than one request, which the stack cannot.
    pub(crate) retry: Retry<H>,
    headers: Headers,
    pub(crate) version: Cell<Option<Version>>,
    /// The observed capabilities of the registry.
    pub(crate) capabilities: Capabilities,
    pub(crate) detecting: Shared,
    /// True once the first request got a response. The call that sends it holds the lock.
    has_responded: Cell<bool>,
    responding: Mutex<()>,
    /// Maximum pages and items of one listing.
    pub(crate) listing_limits: (u64, u64),
    /// Maximum number of parallel requests. Fewer are sent while the registry is overloaded.
    pub(crate) concurrency: usize,
    /// True if an unverified schema1 signature causes only a warning.
    pub(crate) takes_unverified: bool,
    /// Platform to select from an index unless a call names one.
    pub(crate) platform: Option<Platform>,
    /// Serializes updates of referrers lists, which are read, changed and written back.
    pub(crate) listing_referrers: Mutex<()>,
    /// Locks and tag lists that calls on the same repository share.
    pub(crate) turns: AllTurns,
    /// Cache of content-addressed responses.
    pub(crate) cache: RefCell<Cache>,
}

impl<H: Host> Connection<H> {
    pub(crate) fn new(host: H, base: Url, settings: Settings, loaders: Loaders<H>) -> Self {
        let notices = Rc::new(Notices::new(settings.warned));
        let page_origin = host.page_origin();
        let trust = Trust::new(base.clone(), settings.trusted);
        let host = Rc::new(host);
        let most = if page_origin.is_some() { MOST_REQUESTS_IN_PAGE } else { MOST_REQUESTS };
        let concurrency = settings.concurrency.unwrap_or(most).max(1);
        let (stack, retry, limiter) = stack(
            &host,
            StackSettings {
                trust: trust.clone(),
                auth: settings.auth,
                auth_loader: loaders.auth,
                retry: settings.retry,
                concurrency,
                observer: settings.observer,
                notices: notices.clone(),
                header_timeout: settings.timeout,
                idle_timeout: settings.idle_timeout,
            },
        );
        Self {
            base,
            page_origin,
            host,
            legacy: loaders.legacy,
            zstd: loaders.zstd,
            stack,
            limiter,
            trust,
            notices,
            retry,
            headers: settings.headers,
            version: Cell::new(settings.api_version),
            capabilities: Capabilities::default(),
            detecting: Shared::default(),
            has_responded: Cell::new(false),
            responding: Mutex::new(()),
            listing_limits: (settings.max_pages, settings.max_items),
            concurrency,
            takes_unverified: settings.takes_unverified,
            platform: settings.platform,
            listing_referrers: Mutex::new(()),
            turns: AllTurns::default(),
            cache: RefCell::new(Cache::new(settings.cache_bytes)),
        }
    }

    /// Returns the number of requests that may be in flight at the moment.
    pub(crate) fn parallel_requests(&self) -> usize {
        self.limiter.size()
    }

    /// Returns the code for old registries, and loads it first if necessary.
    pub(crate) async fn legacy(&self) -> Result<&'static dyn Legacy<H>> {
        self.legacy.load().await
    }

    pub(crate) fn base(&self) -> &Url {
        &self.base
    }

    /// The origin of the page that this code runs in.
    pub(crate) fn page_origin(&self) -> Option<&str> {
        self.page_origin.as_deref()
    }

    /// The caller's header fields, sent with every request.
    pub(crate) fn headers(&self) -> &Headers {
        &self.headers
    }

    /// Returns true if credentials are available, as far as that is known without calling the callback.
    pub(crate) fn has_credentials(&self) -> bool {
        self.stack.has_credentials()
    }

    /// Returns true if the registry refused what the `credentials` callback gave last.
    pub(crate) fn has_lost_credentials(&self) -> bool {
        self.stack.has_lost_credentials()
    }

    /// Returns true if a request may call the `credentials` callback.
    pub(crate) fn may_ask_for_credentials(&self) -> bool {
        self.stack.may_ask_for_credentials()
    }

    /// Forgets what the `credentials` callback gave, and all tokens and sessions.
    pub(crate) fn forget_credentials(&self) {
        self.stack.forget_credentials();
        self.capabilities.forget_permissions();
    }

    /// Returns true if host and registry support streaming request bodies.
    pub(crate) fn sends_streams(&self) -> bool {
        self.capabilities.takes_streams.get() && self.host().sends_streams()
    }

    /// The host that this code runs on.
    pub(crate) fn host(&self) -> &H {
        &self.host
    }

    pub(crate) fn hasher(&self, algorithm: Algorithm) -> H::Hasher {
        self.host.hasher(algorithm)
    }

    /// Builds an endpoint of the registry as a whole. The parts of `path` must be checked.
    pub(crate) fn endpoint(&self, path: &str) -> Endpoint {
        Endpoint { url: self.base.with_path(path), resource: Resource::Registry }
    }

    /// Builds the endpoint of the catalog.
    pub(crate) fn catalog_endpoint(&self) -> Endpoint {
        Endpoint { url: self.base.with_path("v2/_catalog"), resource: Resource::Catalog }
    }

    /// Builds the endpoint `/v2/<name>/<rest>` of a repository.
    pub(crate) fn repository_endpoint(&self, name: &RepositoryName, rest: &str) -> Endpoint {
        let name = self.full_name(name);
        Endpoint { url: self.base.with_path(&format!("v2/{name}/{rest}")), resource: Resource::Repository(name) }
    }

    /// Builds the endpoint `/v2/<name>/<rest>` for a push. `from` is the repository that a blob may be mounted
    /// from.
    pub(crate) fn upload_endpoint(&self, name: &RepositoryName, rest: &str, from: Option<&RepositoryName>) -> Endpoint {
        let (into, from) = (self.full_name(name), from.map(|from| self.full_name(from)));
        Endpoint { url: self.base.with_path(&format!("v2/{into}/{rest}")), resource: Resource::Upload { into, from } }
    }

    /// Returns the name by which the registry knows a repository.
    pub(crate) fn full_name(&self, name: &RepositoryName) -> Rc<str> {
        let is_official = self.base.host() == DOCKER_HUB && name.namespace().is_none();
        if is_official { format!("library/{}", name.as_str()).into() } else { name.as_str().into() }
    }

    /// Returns the platform of the call, else the client's, else linux/amd64 (the default of most tools).
    pub(crate) fn platform_or(&self, named: Option<&Platform>) -> Result<Platform> {
        match named.or(self.platform.as_ref()) {
            Some(platform) => Ok(platform.clone()),
            None => Ok(Platform::parse("linux/amd64")?),
        }
    }

    /// Builds a request without a body.
    pub(crate) fn request(
        &self,
        method: Method,
        endpoint: &Endpoint,
        accept: Option<&str>,
        call: &Call,
    ) -> Request<H::Chunk> {
        let mut request = Request::new(method, endpoint.url.clone());
        request.headers = self.headers.clone();
        request.resource = endpoint.resource.clone();
        request.timeout = call.timeout;
        request.call = call.began;
        if let Some(accept) = accept {
            request.headers.set("accept", accept);
        }
        request
    }

    /// Sends a request. Any status is a response, not an error.
    pub(crate) async fn send(&self, request: &Request<H::Chunk>) -> Result<Streaming<H>> {
        self.first_alone(request, self.transmit(request)).await
    }

    async fn transmit(&self, request: &Request<H::Chunk>) -> Result<Streaming<H>> {
        let (method, url) = (request.method, request.url.clone());
        let http = self.stack.send(request).await.map_err(|error| error.at(method, &url))?;
        Ok(Response { method, url, http })
    }

    /// Sends a request. As long as nothing is known about the registry, the first request is sent alone: many at a time would
    /// all be refused for want of the credentials that the first response asks for.
    async fn first_alone<T>(&self, request: &Request<H::Chunk>, sending: impl Future<Output = T>) -> T {
        if self.has_responded.get() || self.version.get().is_some() || request.resource == Resource::Registry {
            return sending.await;
        }
        let turn = self.responding.lock().await;
        if self.has_responded.get() {
            drop(turn);
            return sending.await;
        }
        let sent = sending.await;
        self.has_responded.set(true);
        sent
    }

    /// Sends HEAD. Any status is a response, not an error.
    ///
    /// Drops the empty body at once, since it would hold the concurrency permit: a caller that follows up with GET
    /// while it holds the response would wait for itself.
    pub(crate) async fn head(&self, endpoint: &Endpoint, accept: Option<&str>, call: &Call) -> Result<Response<()>> {
        let request = self.request(Method::Head, endpoint, accept, call);
        let learning = async {
            let Response { method, url, http } = self.transmit(&request).await?;
            let mut http = http.map_body(drop);
            if self.version.get().is_none() && Box::pin(self.learn_version(&request, &http, &[])).await? {
                http = self.transmit(&request).await?.http.map_body(drop);
            }
            Ok::<_, Error>(Response { method, url, http })
        };
        self.first_alone(&request, learning).await
    }

    /// Sends a request and reads the whole response, whose body may have `limit` bytes. Any status is a response,
    /// not an error.
    pub(crate) async fn fetch(&self, request: &Request<H::Chunk>, limit: u64) -> Result<Response<Vec<u8>>> {
        let (method, url) = (request.method, request.url.clone());
        let learning = async {
            let mut http = fetch::fetch(&self.stack, &self.retry, request, limit).await?;
            if self.version.get().is_none() && Box::pin(self.learn_version(request, &http, &http.body)).await? {
                http = fetch::fetch(&self.stack, &self.retry, request, limit).await?;
            }
            Ok::<_, Error>(http)
        };
        let http = self.first_alone(request, learning).await?;
        Ok(Response { method, url, http })
    }

    /// Sends GET and reads the whole response, which must be a success.
    pub(crate) async fn get(
        &self,
        endpoint: &Endpoint,
        accept: Option<&str>,
        limit: u64,
        call: &Call,
    ) -> Result<Response<Vec<u8>>> {
        let response = self.fetch(&self.request(Method::Get, endpoint, accept, call), limit).await?;
        self.success(response)
    }

    /// Returns true if wrong content may come from a browser's cache, so that a request that bypasses the cache may
    /// help.
    pub(crate) fn was_cached_wrong(&self, request: &Request<H::Chunk>, error: Option<&Error>) -> bool {
        self.page_origin.is_some()
            && request.may_be_cached
            && error.is_some_and(|error| error.code == code::DIGEST_MISMATCH)
    }

    /// Returns the response if its status is a success, else the error that it describes.
    pub(crate) fn success(&self, response: Response<Vec<u8>>) -> Result<Response<Vec<u8>>> {
        if response.is_success() { Ok(response) } else { Err(self.failure(&response)) }
    }

    /// Returns the error that an unsuccessful response describes.
    pub(crate) fn failure(&self, response: &Response<Vec<u8>>) -> Error {
        failure::of(response.method, &response.url, &response.http, self.host.unix_ms())
    }

    /// Sends GET for a body to be streamed, which must be a success.
    pub(crate) async fn stream(&self, request: &Request<H::Chunk>) -> Result<Streaming<H>> {
        let Response { method, url, mut http } = self.send(request).await?;
        if http.is_success() {
            return Ok(Response { method, url, http });
        }
        let body = read::start(&mut http.body).await;
        Err(self.failure(&Response { method, url, http: http.map_body(|_| body) }))
    }
}

/// Makes a request share the retry budget of a larger operation.
pub fn part_of<C>(mut request: Request<C>, retry_budget: &RetryBudget) -> Request<C> {
    request.retry_budget = retry_budget.clone();
    request
}
