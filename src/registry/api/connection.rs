//! One registry, reached: builds URLs, sends, tells success from failure, reads bodies up to a cap.

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
use crate::protocol::v1;
use crate::registry::api::cache::Cache;
use crate::registry::api::capabilities::Capabilities;
use crate::registry::api::endpoint::Endpoint;
use crate::registry::api::response::{Response, Streaming};
use crate::registry::api::settings::{Call, Settings, Version};
use crate::registry::api::turns::AllTurns;
use crate::transport::layers::notice::Notices;
use crate::transport::layers::retry::Retry;
use crate::transport::request::{Request, RetryBudget};
use crate::transport::shared::Shared;
use crate::transport::trust::Trust;
use crate::transport::{Error, Host, Result, Stack, StackSettings, Transport, failure, read, stack};

/// Host of Docker Hub's registry, whose names without a namespace are in `library`.
const DOCKER_HUB: &str = "registry-1.docker.io";

/// A registry and how to talk to it.
pub struct Connection<H: Host> {
    base: Url,
    page_origin: Option<String>,
    host: Rc<H>,
    stack: Stack<H>,
    /// Where requests may go.
    pub(crate) trust: Trust,
    pub(crate) notices: Rc<Notices>,
    /// Repeats what the stack cannot: work of more than one request.
    pub(crate) retry: Retry<H>,
    headers: Headers,
    pub(crate) version: Cell<Option<Version>>,
    /// What the registry has been seen to do.
    pub(crate) capabilities: Capabilities,
    pub(crate) detecting: Shared,
    /// Pages and items of one listing at most.
    pub(crate) listing_limits: (u64, u64),
    /// Requests that may run at a time.
    pub(crate) concurrency: usize,
    /// Whether what is not signed as it should be is only warned of.
    pub(crate) takes_unverified: bool,
    /// Platform to choose from an index unless a call names one.
    pub(crate) platform: Option<Platform>,
    /// One change of a list of referrers at a time: they are read, changed and put back.
    pub(crate) listing_referrers: Mutex<()>,
    /// What calls do in turn.
    pub(crate) turns: AllTurns,
    /// Content-addressed answers.
    pub(crate) cache: RefCell<Cache>,
}

impl<H: Host> Connection<H> {
    pub(crate) fn new(host: H, base: Url, settings: Settings) -> Self {
        let notices = Rc::new(Notices::new(settings.warned));
        let page_origin = host.page_origin();
        let trust = Trust::new(base.clone(), settings.trusted);
        let host = Rc::new(host);
        let (stack, retry) = stack(
            &host,
            StackSettings {
                trust: trust.clone(),
                auth: settings.auth,
                retry: settings.retry,
                concurrency: settings.concurrency,
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
            stack,
            trust,
            notices,
            retry,
            headers: settings.headers,
            version: Cell::new(settings.api_version),
            capabilities: Capabilities::default(),
            detecting: Shared::default(),
            listing_limits: (settings.max_pages, settings.max_items),
            concurrency: settings.concurrency.max(1),
            takes_unverified: settings.takes_unverified,
            platform: settings.platform,
            listing_referrers: Mutex::new(()),
            turns: AllTurns::default(),
            cache: RefCell::new(Cache::new(settings.cache_bytes)),
        }
    }

    pub(crate) fn base(&self) -> &Url {
        &self.base
    }

    /// Origin of the page this runs in.
    pub(crate) fn page_origin(&self) -> Option<&str> {
        self.page_origin.as_deref()
    }

    /// Header fields of every request, as the caller gave them.
    pub(crate) fn headers(&self) -> &Headers {
        &self.headers
    }

    /// Whether there are credentials, as far as that is known without asking for them.
    pub(crate) fn has_credentials(&self) -> bool {
        self.stack.has_credentials()
    }

    /// Forgets what the `credentials` callback gave, and all tokens and sessions.
    pub(crate) fn forget_credentials(&self) {
        self.stack.forget_credentials();
        self.capabilities.forget_permissions();
    }

    /// Whether a body can be sent while it is made.
    pub(crate) fn sends_streams(&self) -> bool {
        self.capabilities.takes_streams.get() && self.host().sends_streams()
    }

    /// What this runs on.
    pub(crate) fn host(&self) -> &H {
        &self.host
    }

    pub(crate) fn hasher(&self, algorithm: Algorithm) -> H::Hasher {
        self.host.hasher(algorithm)
    }

    /// Something of the registry as a whole; `path` is made of checked parts.
    pub(crate) fn endpoint(&self, path: &str) -> Endpoint {
        Endpoint { url: self.base.with_path(path), resource: Resource::Registry }
    }

    /// The catalog.
    pub(crate) fn catalog_endpoint(&self) -> Endpoint {
        Endpoint { url: self.base.with_path("v2/_catalog"), resource: Resource::Catalog }
    }

    /// Something of a repository's: `/v2/<name>/<rest>`.
    pub(crate) fn repository_endpoint(&self, name: &RepositoryName, rest: &str) -> Endpoint {
        let name = self.full_name(name);
        Endpoint { url: self.base.with_path(&format!("v2/{name}/{rest}")), resource: Resource::Repository(name) }
    }

    /// What blobs go up through: `/v2/<name>/<rest>`; `from`: where they may be mounted from.
    pub(crate) fn upload_endpoint(&self, name: &RepositoryName, rest: &str, from: Option<&RepositoryName>) -> Endpoint {
        let (into, from) = (self.full_name(name), from.map(|from| self.full_name(from)));
        Endpoint { url: self.base.with_path(&format!("v2/{into}/{rest}")), resource: Resource::Upload { into, from } }
    }

    /// Something of a repository's, in V1's tree.
    pub(crate) fn v1_repository_endpoint(&self, name: &RepositoryName, path: &str) -> Endpoint {
        let resource = Resource::Repository(v1::full_name(name));
        Endpoint { url: self.base.with_path(&format!("v1/{path}")), resource }
    }

    /// The name by which the registry knows a repository.
    pub(crate) fn full_name(&self, name: &RepositoryName) -> Rc<str> {
        let is_official = self.base.host() == DOCKER_HUB && name.namespace().is_none();
        if is_official { format!("library/{}", name.as_str()).into() } else { name.as_str().into() }
    }

    /// The platform a call names, else the client's, else linux/amd64 (what most tools on any host choose).
    pub(crate) fn platform_or(&self, named: Option<&Platform>) -> Result<Platform> {
        match named.or(self.platform.as_ref()) {
            Some(platform) => Ok(platform.clone()),
            None => Ok(Platform::parse("linux/amd64")?),
        }
    }

    /// A request without body.
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

    /// Sends a request; any status is an answer.
    pub(crate) async fn send(&self, request: &Request<H::Chunk>) -> Result<Streaming<H>> {
        let (method, url) = (request.method, request.url.clone());
        let http = self.stack.send(request).await.map_err(|error| error.at(method, &url))?;
        Ok(Response { method, url, http })
    }

    /// HEAD; any status is an answer. There is no body to come, which would keep the request's place: who asks on by GET
    /// while it holds the answer would wait for itself.
    pub(crate) async fn head(&self, endpoint: &Endpoint, accept: Option<&str>, call: &Call) -> Result<Response<()>> {
        let Response { method, url, http } = self.send(&self.request(Method::Head, endpoint, accept, call)).await?;
        Ok(Response { method, url, http: http.map_body(drop) })
    }

    /// Sends a request and reads all of its answer, whose body may have so many bytes; any status is an answer.
    pub(crate) async fn fetch(&self, request: &Request<H::Chunk>, limit: u64) -> Result<Response<Vec<u8>>> {
        let (method, url) = (request.method, request.url.clone());
        let http = read::load(&self.stack, &self.retry, request, limit).await?;
        Ok(Response { method, url, http })
    }

    /// GET of something that is read whole and must be there.
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

    /// Whether wrong content may be a browser's cache's, so that it is worth to be asked for past that.
    pub(crate) fn was_cached_wrong(&self, request: &Request<H::Chunk>, error: Option<&Error>) -> bool {
        self.page_origin.is_some()
            && request.may_be_cached
            && error.is_some_and(|error| error.code == code::DIGEST_MISMATCH)
    }

    /// The same answer if its status is a success, else the error it tells of.
    pub(crate) fn success(&self, response: Response<Vec<u8>>) -> Result<Response<Vec<u8>>> {
        if response.is_success() { Ok(response) } else { Err(self.failure(&response)) }
    }

    /// The error an answer without success tells of.
    pub(crate) fn failure(&self, response: &Response<Vec<u8>>) -> Error {
        failure::of(response.method, &response.url, &response.http, self.host.unix_ms())
    }

    /// Sends a GET whose body is to be streamed, and must be there.
    pub(crate) async fn stream(&self, request: &Request<H::Chunk>) -> Result<Streaming<H>> {
        let Response { method, url, mut http } = self.send(request).await?;
        if http.is_success() {
            return Ok(Response { method, url, http });
        }
        let body = read::start(&mut http.body).await;
        Err(self.failure(&Response { method, url, http: http.map_body(|_| body) }))
    }
}

/// Makes a request part of a larger piece of work, with which it shares its tries.
pub fn part_of<C>(mut request: Request<C>, retry_budget: &RetryBudget) -> Request<C> {
    request.retry_budget = retry_budget.clone();
    request
}
