//! Requests and responses, with the data that the layers need: credentials, retry budget, timeout.

use std::cell::Cell;
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;

use crate::protocol::auth::scope::Resource;
use crate::protocol::auth::secret::Secret;
use crate::protocol::http::{Headers, Method, retry_after};
use crate::protocol::url::Url;
use crate::transport::Result;
use crate::transport::pipe::Pipe;

/// The failures of one operation, counted against the retry policy and shared by all its requests. A body that breaks
/// off counts like a failed request.
#[derive(Debug, Clone, Default)]
pub struct RetryBudget(Rc<Cell<u32>>);

impl RetryBudget {
    /// Creates a budget that allows no retry, for probes and best-effort requests.
    pub fn none() -> Self {
        Self(Rc::new(Cell::new(u32::MAX)))
    }

    /// Returns a separate budget for a request that this one depends on, such as a token request: a full one, or none
    /// if this one is none.
    pub fn for_subrequest(&self) -> Self {
        if self.0.get() == u32::MAX { self.clone() } else { Self::default() }
    }

    /// Counts one more failure and returns the number so far.
    pub fn record_failure(&self) -> u32 {
        self.0.set(self.0.get().saturating_add(1));
        self.0.get()
    }

    /// Forgets the failures so far, because the operation has made progress since.
    pub fn reset(&self) {
        self.0.set(0);
    }
}

/// A logical clock's time: orders events of this process without a real clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogicalTime(u64);

impl LogicalTime {
    /// Returns a time later than all earlier ones.
    pub fn now() -> Self {
        thread_local! {
            static LAST: Cell<u64> = const { Cell::new(0) };
        }
        LAST.set(LAST.get() + 1);
        Self(LAST.get())
    }
}

impl Default for LogicalTime {
    fn default() -> Self {
        Self::now()
    }
}

/// Which credentials a request may carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AllowedCredentials {
    /// The credentials that the registry's challenge asks for.
    Any,
    /// Only a token that the user gave as such. For requests that are sent to see the challenge.
    TokenOnly,
    /// No credentials.
    None,
}

/// A request's body. Cloning it copies no bytes.
#[derive(Clone)]
pub enum RequestBody<C> {
    /// Bytes in wasm memory: a form, a manifest.
    Bytes(Rc<Vec<u8>>),
    /// Bytes in the host's memory, in chunks.
    Chunks(Rc<Vec<C>>),
    /// Bytes that are sent while they are produced. Such a request cannot be sent twice.
    Stream(Rc<Pipe<C>>),
}

impl<C> fmt::Debug for RequestBody<C> {
    /// Hides the body, which may hold a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<body>")
    }
}

/// A check that a failed request may still be sent again. Retries may come minutes after the state was read on which the
/// request depends.
#[derive(Clone)]
pub struct Recheck(Rc<dyn Fn() -> Check>);

/// One check in progress.
type Check = Pin<Box<dyn Future<Output = Result<()>>>>;

impl Recheck {
    /// Wraps a check.
    pub fn new<F: Future<Output = Result<()>> + 'static>(check: impl Fn() -> F + 'static) -> Self {
        Self(Rc::new(move || Box::pin(check())))
    }

    /// Fails if the request must not be sent again.
    pub async fn ask(&self) -> Result<()> {
        (self.0)().await
    }
}

impl fmt::Debug for Recheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<recheck>")
    }
}

/// A request to send. `C`: the host's chunk type.
#[derive(Debug, Clone)]
pub struct Request<C> {
    /// The method.
    pub method: Method,
    /// The URL.
    pub url: Url,
    /// Header fields.
    pub headers: Headers,
    /// The body, if any.
    pub body: Option<RequestBody<C>>,
    /// The resource that a token for it must cover.
    pub resource: Resource,
    /// The credentials it may carry.
    pub allowed_credentials: AllowedCredentials,
    /// Whether redirects are followed. Set to false where the body holds a secret.
    pub follows_redirects: bool,
    /// The timeout for the response's headers in milliseconds; `None` for the client's setting.
    pub timeout: Option<u64>,
    /// The retry budget of the operation it is part of.
    pub retry_budget: RetryBudget,
    /// The time at which the user's call that it serves began.
    pub call: LogicalTime,
    /// True if it may be retried even though it may have been processed; by default true for idempotent methods (RFC
    /// 9110 §9.2.2).
    pub is_repeatable: bool,
    /// Asked before each retry, whose error is then that of the request.
    pub recheck: Option<Recheck>,
    /// True if a browser's HTTP cache may answer it. Only for reads by digest: tags and lists change, and writes depend
    /// on the registry's current state.
    pub may_be_cached: bool,
    /// Set by the transport: true while the server has the request, and after it answered with success.
    pub in_flight: Option<Rc<Cell<bool>>>,
}

impl<C> Request<C> {
    /// Creates a request without a body.
    pub fn new(method: Method, url: Url) -> Self {
        Self {
            method,
            url,
            headers: Headers::new(),
            body: None,
            resource: Resource::Registry,
            allowed_credentials: AllowedCredentials::Any,
            follows_redirects: true,
            timeout: None,
            retry_budget: RetryBudget::default(),
            call: LogicalTime::now(),
            is_repeatable: !matches!(method, Method::Post | Method::Patch),
            recheck: None,
            may_be_cached: false,
            in_flight: None,
        }
    }

    /// Starts to track whether it is in flight, and returns the flag.
    pub fn track(&mut self) -> Rc<Cell<bool>> {
        self.in_flight.get_or_insert_default().clone()
    }

    /// Sets the flag that [`Request::track`] returned, if there is one.
    pub fn set_in_flight(&self, is_in_flight: bool) {
        if let Some(in_flight) = &self.in_flight {
            in_flight.set(is_in_flight);
        }
    }

    /// Returns true if its body is streamed, so that the request cannot be sent twice.
    pub fn is_streamed(&self) -> bool {
        matches!(self.body, Some(RequestBody::Stream(_)))
    }

    /// Adds a header field.
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.set(name, value);
        self
    }
}

/// Whether a request carried credentials, so that the error of a rejection can say what was wrong.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CredentialsStatus {
    /// Authentication played no part.
    #[default]
    Unknown,
    /// There were no credentials to send.
    Missing,
    /// The `credentials` callback gave none: a cancelled login dialog, a credential store without this registry.
    Declined,
    /// Credentials were sent, to the registry or to its token service.
    Sent,
}

/// A response whose headers have arrived.
#[derive(Debug)]
pub struct Response<B> {
    /// The status code.
    pub status: u16,
    /// The header fields that the host exposes.
    pub headers: Headers,
    /// True if the host may hide header fields (a browser, cross-origin), so that an absent field means nothing.
    pub headers_filtered: bool,
    /// The URL after redirects, if the host tells it.
    pub url: Option<Url>,
    /// The secrets that the request carried. Messages redact them, because a server may echo its request.
    pub secrets: Vec<Secret>,
    /// Whether it carried credentials; see [`CredentialsStatus`].
    pub credentials_status: CredentialsStatus,
    /// The body, unread.
    pub body: B,
}

impl<B> Response<B> {
    /// Returns true for a 2xx status.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Returns `Content-Length`, unless `Content-Encoding` makes it the length of the encoded bytes.
    pub fn declared_length(&self) -> Option<u64> {
        match self.headers.get("content-encoding") {
            Some(encoding) if !encoding.trim().eq_ignore_ascii_case("identity") => None,
            _ => self.headers.get("content-length")?.trim().parse().ok(),
        }
    }

    /// Returns the body's length in bytes, if it is certain: a browser may hide the `Content-Encoding`.
    pub fn body_length(&self) -> Option<u64> {
        if self.headers_filtered { None } else { self.declared_length() }
    }

    /// Returns the milliseconds of `Retry-After`. A date counts from the response's `Date`, else from `now_unix_ms`.
    pub fn retry_after(&self, now_unix_ms: u64) -> Option<u64> {
        let date = self.headers.get("date").and_then(retry_after::unix_ms).unwrap_or(now_unix_ms);
        self.headers.get("retry-after").and_then(|value| retry_after::parse(value, date))
    }

    /// Wraps the body.
    pub fn map_body<C>(self, wrap: impl FnOnce(B) -> C) -> Response<C> {
        Response {
            status: self.status,
            headers: self.headers,
            headers_filtered: self.headers_filtered,
            url: self.url,
            secrets: self.secrets,
            credentials_status: self.credentials_status,
            body: wrap(self.body),
        }
    }
}
