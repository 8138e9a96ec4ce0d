//! Requests and responses, as plain data.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

use crate::protocol::auth::scope::Resource;
use crate::protocol::auth::secret::Secret;
use crate::protocol::http::{Headers, Method, retry_after};
use crate::protocol::url::Url;
use crate::transport::pipe::Pipe;

/// Failures so far of one piece of work, shared by its requests: a body that breaks off counts as well as a status.
#[derive(Debug, Clone, Default)]
pub struct Failures(Rc<Cell<u32>>);

impl Failures {
    /// Of work that is not worth a second try, a probe's.
    pub fn final_try() -> Self {
        Self(Rc::new(Cell::new(u32::MAX)))
    }

    /// Of other work that has to be done for this: as many tries, or one for what has one.
    pub fn of_errand(&self) -> Self {
        if self.0.get() == u32::MAX { self.clone() } else { Self::default() }
    }

    /// One more; how many there are now.
    pub fn count(&self) -> u32 {
        self.0.set(self.0.get().saturating_add(1));
        self.0.get()
    }

    /// The work got on: what failed before counts no more.
    pub fn forget(&self) {
        self.0.set(0);
    }
}

/// A place in the order in which things happen here: each is later than those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(u64);

impl Moment {
    /// Now.
    pub fn now() -> Self {
        thread_local! {
            static LAST: Cell<u64> = const { Cell::new(0) };
        }
        LAST.set(LAST.get() + 1);
        Self(LAST.get())
    }
}

impl Default for Moment {
    fn default() -> Self {
        Self::now()
    }
}

/// Which credentials a request may carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carries {
    /// Those that the registry wants.
    Wanted,
    /// No more than a ready-made token of the user's: of anything else the demand itself tells enough.
    Token,
    /// None.
    Nothing,
}

/// A request's body; a copy of it copies no bytes.
#[derive(Clone)]
pub enum Content<C> {
    /// Bytes made here: a form, a manifest.
    Bytes(Rc<Vec<u8>>),
    /// Bytes where the host keeps them, piece by piece.
    Chunks(Rc<Vec<C>>),
    /// Bytes that are sent as they come, once: whoever cannot do that refuses, and nobody sends them again.
    Stream(Rc<Pipe<C>>),
}

impl<C> fmt::Debug for Content<C> {
    /// It may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<content>")
    }
}

/// A request to send. `C`: how the host keeps bytes.
#[derive(Debug, Clone)]
pub struct Request<C> {
    /// The method.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// Header fields.
    pub headers: Headers,
    /// The body, if any.
    pub body: Option<Content<C>>,
    /// What a token for it is about.
    pub resource: Resource,
    /// Which credentials it may carry.
    pub carries: Carries,
    /// Whether a redirect may be followed. A body with a secret in it must not go where a redirect leads.
    pub follows_redirects: bool,
    /// Milliseconds allowed until the response's headers arrive; `None`: the client's setting.
    pub timeout: Option<u64>,
    /// Of the work it is part of.
    pub failures: Failures,
    /// When the user's call began that it is made for.
    pub call: Moment,
    /// Whether it may be sent again where it may have been carried out already. Of itself an idempotent method's may
    /// (RFC 9110 §9.2.2).
    pub is_repeatable: bool,
    /// Whether a browser's HTTP cache may answer it: for reading content by its digest only. Tags and lists change, and
    /// what is pushed or deleted rests on what the registry says now.
    pub may_be_cached: bool,
    /// Tells whether it is with the server, or was answered with success: set by whatever sends it.
    pub in_flight: Option<Rc<Cell<bool>>>,
}

impl<C> Request<C> {
    /// A request without body.
    pub fn new(method: Method, url: Url) -> Self {
        Self {
            method,
            url,
            headers: Headers::new(),
            body: None,
            resource: Resource::Registry,
            carries: Carries::Wanted,
            follows_redirects: true,
            timeout: None,
            failures: Failures::default(),
            call: Moment::now(),
            is_repeatable: !matches!(method, Method::Post | Method::Patch),
            may_be_cached: false,
            in_flight: None,
        }
    }

    /// What tells whether it is in flight.
    pub fn track(&mut self) -> Rc<Cell<bool>> {
        self.in_flight.get_or_insert_default().clone()
    }

    /// It is in flight, or is so no longer.
    pub fn set_in_flight(&self, is_in_flight: bool) {
        if let Some(in_flight) = &self.in_flight {
            in_flight.set(is_in_flight);
        }
    }

    /// Whether its body can be sent once only: it must not be repeated as it is, whatever the answer.
    pub fn is_streamed(&self) -> bool {
        matches!(self.body, Some(Content::Stream(_)))
    }

    /// The same request with one more header field.
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.set(name, value);
        self
    }
}

/// How a request stood to authentication, so that a refusal can say what is wrong with it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Login {
    /// It was not about that.
    #[default]
    Unknown,
    /// There were no credentials to send.
    Missing,
    /// Credentials were asked for, and none were given: a login dialog that was cancelled, a store without this login.
    Declined,
    /// Credentials were sent, to the registry or to its token service.
    Sent,
}

/// A response whose headers have arrived.
#[derive(Debug)]
pub struct Response<B> {
    /// The status code.
    pub status: u16,
    /// Header fields, as far as the host shows them.
    pub headers: Headers,
    /// Whether the host may have hidden header fields (a browser, across origins): then an absent field says nothing.
    pub headers_filtered: bool,
    /// Where the response came from after redirects, where the host tells.
    pub url: Option<Url>,
    /// What the request carried and no message may show: a server may send back what it got.
    pub secrets: Vec<Secret>,
    /// Who asked.
    pub login: Login,
    /// The body, unread.
    pub body: B,
}

impl<B> Response<B> {
    /// Any 2xx status.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// `Content-Length`, unless an encoding in sight makes it the length of something else.
    pub fn declared_length(&self) -> Option<u64> {
        match self.headers.get("content-encoding") {
            Some(encoding) if !encoding.trim().eq_ignore_ascii_case("identity") => None,
            _ => self.headers.get("content-length")?.trim().parse().ok(),
        }
    }

    /// Bytes the body will have, where the headers can be trusted to tell: an encoding, which a browser may hide, makes
    /// the length that of something else.
    pub fn body_length(&self) -> Option<u64> {
        if self.headers_filtered { None } else { self.declared_length() }
    }

    /// Milliseconds the server asks to wait. A date is taken against the answer's own, else against `now_unix_ms`.
    pub fn retry_after(&self, now_unix_ms: u64) -> Option<u64> {
        let date = self.headers.get("date").and_then(retry_after::unix_ms).unwrap_or(now_unix_ms);
        self.headers.get("retry-after").and_then(|value| retry_after::parse(value, date))
    }

    /// The same response with its body wrapped.
    pub fn map_body<C>(self, wrap: impl FnOnce(B) -> C) -> Response<C> {
        Response {
            status: self.status,
            headers: self.headers,
            headers_filtered: self.headers_filtered,
            url: self.url,
            secrets: self.secrets,
            login: self.login,
            body: wrap(self.body),
        }
    }
}
