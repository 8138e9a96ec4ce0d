//! V1's way to let somebody in (docker-registry's index protocol): whoever asks a repository for its images with
//! `X-Docker-Token: true`, or announces some, gets a token for that repository in the answer's header fields, and cookies.

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

/// Repositories whose sessions are kept.
const MOST: usize = 1000;

/// What one repository's requests carry.
#[derive(Debug, Clone)]
pub struct Session {
    repository: String,
    /// docker-registry takes a token for reading to read only, and one for writing to write only.
    writes: bool,
    /// Where the index says the images are, if that is another host that is trusted.
    endpoint: Option<Url>,
    /// Behind `Authorization: Token`.
    token: Secret,
    /// For `Cookie`; where the host is a browser neither seen nor sent.
    cookies: Option<Secret>,
}

impl Session {
    /// What no message may show.
    pub fn secrets(&self) -> Vec<Secret> {
        self.cookies.iter().chain([&self.token]).cloned().collect()
    }

    /// Adds it to a request, which may have to go elsewhere.
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
    /// How often all were forgotten.
    epoch: Cell<u64>,
    asking: Mutex<()>,
}

impl Sessions {
    /// A repository's session: the one there is, else a new one.
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
            // No image is announced by that, and none is forgotten.
            request = Request::new(Method::Put, at("")).with_header("content-type", "application/json");
            request.body = Some(RequestBody::Bytes(Rc::new(b"[]".to_vec())));
        }
        request.headers.set("x-docker-token", "true");
        if let Some(Credentials::Basic { username, password }) = credentials {
            request.headers.set("authorization", basic(username, password));
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
                Error::new(code::AUTH_REQUIRED, "the registry asks for a token and gives none (X-Docker-Token)");
            return Err(error.at(request.method, &request.url).with_status(response.status));
        };
        let endpoint = trust.endpoint(response.headers.all("x-docker-endpoints"));
        let (repository, token) = (repository.to_owned(), Secret::new(token));
        let session = Session { repository, writes, endpoint, token, cookies: cookies(&response.headers) };
        // The images of the repository, which nobody needs.
        read::discard(clock, response).await;
        if self.epoch.get() == epoch {
            let mut known = self.known.borrow_mut();
            known.truncate(MOST - 1);
            known.insert(0, session.clone());
        }
        Ok(session)
    }

    /// Forgets all, and those that are on their way.
    pub fn forget(&self) {
        self.known.take();
        self.epoch.set(self.epoch.get() + 1);
    }

    /// Forgets a session that the registry refused.
    pub fn refuse(&self, refused: &Session) {
        self.known.borrow_mut().retain(|session| session.token != refused.token);
    }
}

/// The cookies of an answer as they are sent back (RFC 6265 §5.4), without their attributes.
fn cookies(headers: &Headers) -> Option<Secret> {
    let pairs = headers.all("set-cookie").filter_map(|cookie| cookie.split(';').next());
    let pairs: Vec<_> = pairs.map(str::trim).filter(|pair| pair.contains('=') && is_visible(pair)).collect();
    (!pairs.is_empty()).then(|| Secret::new(pairs.join("; ")))
}

fn is_visible(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
}
