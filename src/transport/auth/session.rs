//! Sessions of V1 (docker-registry's index protocol): a request with `X-Docker-Token: true` for a repository's images,
//! or to announce some, returns a token for that repository in the header fields, and cookies.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use async_lock::Mutex;

use crate::protocol::auth::secret::Secret;
use crate::protocol::code;
use crate::protocol::http::{Headers, Method};
use crate::protocol::url::Url;
use crate::transport::auth::basic;
use crate::transport::auth::credentials::Credentials;
use crate::transport::request::{Request, RequestBody};
use crate::transport::trust::Trust;
use crate::transport::{Clock, Error, Result, Transport, failure, read};

/// The maximum number of sessions that are kept.
const MOST: usize = 1000;

/// A session for one repository's requests.
#[derive(Debug, Clone)]
pub struct Session {
    repository: String,
    /// True for a session that writes: docker-registry accepts a read token only for reads, and a write token only for
    /// writes.
    writes: bool,
    /// The registry that the index names for the images, if it is another host and trusted.
    endpoint: Option<Url>,
    /// The token for `Authorization: Token`.
    token: Secret,
    /// The value for `Cookie`; browsers neither expose nor send it.
    cookies: Option<Secret>,
}

impl Session {
    /// Returns the secrets to redact from messages.
    pub fn secrets(&self) -> Vec<Secret> {
        self.cookies.iter().chain([&self.token]).cloned().collect()
    }

    /// Adds the session to a request and directs it to the session's endpoint.
    pub fn add_to<C>(&self, request: &mut Request<C>) {
        request.headers.set("authorization", format!("Token {}", self.token.expose()));
        if let Some(cookies) = &self.cookies {
            request.headers.set("cookie", cookies.expose());
        }
        if let (Some(endpoint), Some((_, path))) = (&self.endpoint, request.url.path().split_once("/v1/")) {
            request.url = endpoint.with_path(&format!("v1/{path}")).with_raw_query(request.url.query());
        }
    }
}

/// The sessions of one client.
#[derive(Default)]
pub struct Sessions {
    known: RefCell<Vec<Session>>,
    /// The number of times that all sessions were forgotten.
    epoch: Cell<u64>,
    asking: Mutex<()>,
}

impl Sessions {
    /// Returns the session for a repository; a new one is requested if there is none.
    pub async fn get<T: Transport>(
        &self,
        transport: &T,
        clock: &impl Clock,
        trust: &Trust,
        (repository, writes): (&str, bool),
        credentials: Option<&Credentials>,
    ) -> Result<Session> {
        let _asking = self.asking.lock().await;
        let is_it = |session: &&Session| session.repository == repository && session.writes == writes;
        let epoch = self.epoch.get();
        let known = self.known.borrow().iter().find(is_it).cloned();
        if let Some(session) = known {
            return Ok(session);
        }
        let at = |rest: &str| trust.registry().with_path(&format!("v1/repositories/{repository}/{rest}"));
        let mut request = Request::new(Method::Get, at("images"));
        if writes {
            // The empty list announces no image and removes none.
            request = Request::new(Method::Put, at("")).with_header("content-type", "application/json");
            request.body = Some(RequestBody::Bytes(Rc::new(b"[]".to_vec())));
        }
        request.headers.set("x-docker-token", "true");
        if let Some(Credentials::Basic { username, password }) = credentials {
            request.headers.set("authorization", basic::header(username, password));
        }
        let sent = transport.send(&request).await;
        let mut response = sent.map_err(|error| error.at(request.method, &request.url))?;
        response.secrets = credentials.map(Credentials::secrets).unwrap_or_default();
        if !response.is_success() {
            let body = read::start(&mut response.body).await;
            let response = response.map_body(|_| body);
            return Err(failure::of(request.method, &request.url, &response, clock.unix_ms()));
        }
        let token = response.headers.get("x-docker-token").filter(|token| is_visible(token));
        // docker-registry's own index puts the scheme before it.
        let Some(token) = token.map(|token| token.strip_prefix("Token ").unwrap_or(token)) else {
            let error =
                Error::new(code::AUTH_REQUIRED, "the registry requires a token but returned none (X-Docker-Token)");
            return Err(error.at(request.method, &request.url).with_status(response.status));
        };
        let endpoint = trust.endpoint(response.headers.all("x-docker-endpoints"));
        let (repository, token) = (repository.to_owned(), Secret::new(token));
        let session = Session { repository, writes, endpoint, token, cookies: cookies(&response.headers) };
        // The list of images is not needed.
        read::discard(clock, response).await;
        if self.epoch.get() == epoch {
            let mut known = self.known.borrow_mut();
            known.truncate(MOST - 1);
            known.insert(0, session.clone());
        }
        Ok(session)
    }

    /// Forgets all sessions, including pending ones.
    pub fn forget(&self) {
        self.known.take();
        self.epoch.set(self.epoch.get() + 1);
    }

    /// Forgets a session that the registry rejected.
    pub fn refuse(&self, refused: &Session) {
        self.known.borrow_mut().retain(|session| session.token != refused.token);
    }
}

/// Returns a response's cookies in the form of a request (RFC 6265 §5.4), without their attributes.
fn cookies(headers: &Headers) -> Option<Secret> {
    let pairs = headers.all("set-cookie").filter_map(|cookie| cookie.split(';').next());
    let pairs: Vec<_> = pairs.map(str::trim).filter(|pair| pair.contains('=') && is_visible(pair)).collect();
    (!pairs.is_empty()).then(|| Secret::new(pairs.join("; ")))
}

fn is_visible(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
}
