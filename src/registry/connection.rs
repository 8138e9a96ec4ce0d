//! One registry, reached: builds URLs, sends, tells success from failure, reads bodies up to a cap.

use std::cell::RefCell;
use std::rc::Rc;

use async_lock::OnceCell;

use super::cache::Cache;
use super::failure;
use super::settings::{Call, Settings};
use super::version::{self, Version};
use crate::protocol::code;
use crate::protocol::digest::{Algorithm, Digest};
use crate::protocol::http::{Headers, Method, Request, Response};
use crate::protocol::platform::Platform;
use crate::protocol::reference::RepositoryName;
use crate::protocol::url::Url;
use crate::transport::{Body, Chunk, Error, Host, Result, Stack, StackBody, StackSettings, Transport, stack};

/// Host of Docker Hub's registry, whose names without a namespace are in `library`.
const DOCKER_HUB: &str = "registry-1.docker.io";

/// A registry and how to talk to it.
pub struct Connection<H: Host> {
    base: Url,
    stack: Stack<H>,
    headers: Headers,
    fixed_version: Option<Version>,
    version: OnceCell<Version>,
    /// Pages and items of one listing at most.
    pub(super) listing_limits: (u64, u64),
    /// Platform to choose from an index unless a call names one.
    pub(super) platform: Option<Platform>,
    /// Content-addressed answers.
    pub(super) cache: RefCell<Cache>,
}

/// An answer with what is needed to speak of it in an error.
pub struct Answer<H: Host> {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) response: Response<StackBody<H>>,
}

impl<H: Host> Connection<H> {
    pub(super) fn new(host: H, base: Url, settings: Settings) -> Self {
        let stack = stack(
            &Rc::new(host),
            StackSettings {
                registry: base.clone(),
                credentials: settings.credentials,
                concurrency: settings.concurrency,
                observer: settings.observer,
                header_timeout: settings.timeout,
                idle_timeout: settings.idle_timeout,
            },
        );
        Self {
            base,
            stack,
            headers: settings.headers,
            fixed_version: settings.api_version,
            version: OnceCell::new(),
            listing_limits: (settings.max_pages, settings.max_items),
            platform: settings.platform,
            cache: RefCell::new(Cache::new(settings.cache_bytes)),
        }
    }

    pub(super) fn base(&self) -> &Url {
        &self.base
    }

    pub(super) fn hasher(&self, algorithm: Algorithm) -> H::Hasher {
        self.stack.hasher(algorithm)
    }

    /// A URL below the registry's base; `path` is made of checked parts.
    pub(super) fn url(&self, path: &str) -> Url {
        self.base.with_path(path)
    }

    /// A URL of a repository's: `/v2/<name>/<rest>`.
    pub(super) fn repository_url(&self, name: &RepositoryName, rest: &str) -> Url {
        let library = if self.base.host() == DOCKER_HUB && name.namespace().is_none() { "library/" } else { "" };
        self.url(&format!("v2/{library}{}/{rest}", name.as_str()))
    }

    /// The protocol the registry speaks: asked once, by one request however many calls wait for it.
    pub(super) async fn version(&self, call: &Call) -> Result<Version> {
        match self.fixed_version {
            Some(version) => Ok(version),
            None => self.version.get_or_try_init(|| version::detect(self, call)).await.copied(),
        }
    }

    /// Makes sure of V2 before an operation that only V2 has here.
    pub(super) async fn require_v2(&self, call: &Call) -> Result<()> {
        match self.version(call).await? {
            Version::V2 => Ok(()),
            Version::V1 => Err(Error::new(
                code::UNSUPPORTED,
                "this registry speaks the V1 protocol, which this client does not read yet",
            )),
        }
    }

    /// Sends a request without body; any status is an answer.
    pub(super) async fn send(&self, method: Method, url: Url, accept: Option<&str>, call: &Call) -> Result<Answer<H>> {
        let mut request = Request::new(method, url.clone());
        request.headers = self.headers.clone();
        request.timeout = call.timeout;
        if let Some(accept) = accept {
            request.headers.set("accept", accept);
        }
        self.send_request(request).await
    }

    /// Sends a GET for part of a body.
    pub(super) async fn send_range(&self, url: Url, range: (u64, u64), call: &Call) -> Result<Answer<H>> {
        let mut request = Request::new(Method::Get, url);
        request.headers = self.headers.clone();
        request.headers.set("range", format!("bytes={}-{}", range.0, range.1));
        request.timeout = call.timeout;
        self.send_request(request).await
    }

    async fn send_request(&self, request: Request) -> Result<Answer<H>> {
        let (method, url) = (request.method, request.url.clone());
        let response = self.stack.send(request).await.map_err(|error| error.at(method, &url))?;
        Ok(Answer { method, url, response })
    }

    /// GET whose answer must be a success.
    pub(super) async fn get(&self, url: Url, accept: Option<&str>, call: &Call) -> Result<Answer<H>> {
        self.send(Method::Get, url, accept, call).await?.success().await
    }
}

impl<H: Host> Answer<H> {
    /// The same answer if its status is a success, else the error it tells of.
    pub(super) async fn success(self) -> Result<Self> {
        if self.response.is_success() { Ok(self) } else { Err(self.failure().await) }
    }

    /// The error an answer without success tells of.
    pub(super) async fn failure(self) -> Error {
        let Answer { method, url, mut response } = self;
        let body = read_start(&mut response.body, failure::BODY_LIMIT).await;
        failure::error(method, &url, response.status, &response.headers, &body)
    }

    /// An error about this answer.
    pub(super) fn error(&self, code: &'static str, message: impl Into<String>) -> Error {
        Error::new(code, message).at(self.method, &self.url).with_status(self.response.status)
    }

    /// A header field's first value.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.response.headers.get(name)
    }

    /// The digest the registry says the content has: a hint to compare.
    pub(super) fn content_digest(&self) -> Option<Digest> {
        Digest::parse(self.header("docker-content-digest")?.trim()).ok()
    }

    /// Bytes the body will have, where the headers can be trusted to tell: an encoding, which a browser may hide, makes
    /// the length that of something else.
    pub(super) fn body_length(&self) -> Option<u64> {
        if self.response.headers_filtered {
            return None;
        }
        self.declared_length()
    }

    /// `Content-Length`, unless an encoding in sight makes it the length of something else.
    pub(super) fn declared_length(&self) -> Option<u64> {
        match self.header("content-encoding") {
            Some(encoding) if !encoding.trim().eq_ignore_ascii_case("identity") => None,
            _ => self.header("content-length")?.trim().parse().ok(),
        }
    }

    /// The whole body, refused beyond `limit` bytes without being read whole.
    pub(super) async fn read(&mut self, limit: u64) -> Result<Vec<u8>> {
        if self.declared_length().is_some_and(|length| length > limit) {
            return Err(self.too_large(limit));
        }
        let mut body = Vec::new();
        while let Some(chunk) = self.response.body.next().await? {
            if body.len() as u64 + chunk.len() > limit {
                return Err(self.too_large(limit));
            }
            chunk.append_to(&mut body);
        }
        if let Some(length) = self.body_length()
            && length != body.len() as u64
        {
            return Err(self.error(code::TRUNCATED, format!("{} of {length} bytes arrived", body.len())));
        }
        Ok(body)
    }

    fn too_large(&self, limit: u64) -> Error {
        self.error(code::TOO_LARGE, format!("the answer is larger than the {limit} bytes allowed for it"))
    }
}

/// As much of a body as a limit allows; an error ends it too.
async fn read_start<B: Body>(body: &mut B, limit: u64) -> Vec<u8> {
    let mut start = Vec::new();
    while let Ok(Some(chunk)) = body.next().await {
        chunk.slice(0, limit - start.len() as u64).append_to(&mut start);
        if start.len() as u64 >= limit {
            break;
        }
    }
    start
}
