//! Tokens from a registry's token service (distribution docs, spec/auth/token.md and oauth.md), kept until shortly
//! before they expire. Calls that need the same token share one request for it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::protocol::auth::scope::Scopes;
use crate::protocol::auth::secret::Secret;
use crate::protocol::auth::token;
use crate::protocol::auth::token::TokenAnswer;
use crate::protocol::code;
use crate::protocol::http::Method;
use crate::protocol::text::printable;
use crate::protocol::url::{Url, percent};
use crate::transport::auth::basic;
use crate::transport::auth::credentials::Credentials;
use crate::transport::layers::retry::Retry;
use crate::transport::request::{Login, Request, RequestBody, RetryBudget};
use crate::transport::shared::Shared;
use crate::transport::{Clock, Error, Result, Transport, failure, read};

/// Milliseconds before its end from which on a token is not used any more.
const MARGIN: u64 = 5_000;
/// Bytes of a token service's answer that are read.
const ANSWER_LIMIT: u64 = 128 * 1024;
/// What this client calls itself (oauth.md).
const CLIENT_ID: &str = "docker-registry-client-wasm";
/// The user name that stands for "the password is an identity token", docker's convention.
pub const IDENTITY_TOKEN_USER: &str = "<token>";

/// A token service and the registry's name there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Where to ask.
    pub realm: Url,
    /// What for.
    pub name: Option<String>,
    /// The origin that its tokens are for, where that is not the registry's own: no token goes anywhere else.
    pub origin: Option<String>,
}

impl Service {
    /// The one at a URL of the user's, in whose query the registry's name may stand as it does in a request: `service=…`.
    pub fn at(url: &Url) -> Self {
        let query = url.query().unwrap_or_default();
        let is_name = |pair: &&str| pair.split('=').next() == Some("service");
        let others = query.split('&').filter(|pair| !is_name(pair)).collect::<Vec<_>>().join("&");
        let realm = url.with_raw_query((!others.is_empty()).then_some(others.as_str()));
        Self { realm, name: percent::value(query, "service").filter(|name| !name.is_empty()), origin: None }
    }
}

/// A token and what it was asked for.
#[derive(Debug, Clone)]
pub struct Token {
    /// For `Authorization: Bearer`.
    pub value: Secret,
    /// What it was asked to allow. It may allow less.
    pub scopes: Scopes,
    /// Whether it was asked for without credentials.
    pub is_anonymous: bool,
    /// Tokens are counted: the larger, the later it came.
    pub number: u64,
    /// Whether a refusal is no reason to request another one, because it was refused when it was new.
    pub is_final: bool,
    expires: u64,
}

impl Token {
    /// Whether it is not about to expire.
    pub fn is_fresh(&self, now: u64) -> bool {
        now.saturating_add(MARGIN) < self.expires
    }
}

/// One token, or the place for it.
struct Slot {
    service: Service,
    scopes: Scopes,
    is_anonymous: bool,
    token: RefCell<Option<Token>>,
    asking: Shared,
}

impl Slot {
    fn is_for(&self, service: &Service, is_anonymous: bool) -> bool {
        self.is_anonymous == is_anonymous && self.service == *service
    }
}

/// All tokens of one client.
#[derive(Default)]
pub struct Tokens {
    slots: RefCell<Vec<Rc<Slot>>>,
    came: Cell<u64>,
}

impl Tokens {
    /// A token that is good for `scopes`: one that is there, else a new one. The second value is a refresh token that
    /// came with a new one.
    pub async fn get(
        &self,
        asking: &Asking<'_, impl Transport, impl Clock>,
        scopes: &Scopes,
    ) -> Result<(Token, Option<Secret>)> {
        let is_anonymous = asking.credentials.is_none();
        let find = || self.find(asking, is_anonymous, scopes).map(|token| (token, None));
        if let Some(found) = find() {
            return Ok(found);
        }
        let slot = self.slot(asking.service, is_anonymous, scopes, asking.now());
        let fetched = async {
            let TokenAnswer { token: value, lifetime, refresh_token } = asking.fetch(scopes).await?;
            let expires = asking.now().saturating_add(lifetime);
            let number = self.came.get() + 1;
            self.came.set(number);
            let token = Token { value, scopes: scopes.clone(), is_anonymous, number, is_final: false, expires };
            slot.token.replace(Some(token.clone()));
            Ok((token, refresh_token))
        };
        slot.asking.get(asking.timeout, find, fetched).await
    }

    /// Forgets a token that the registry refused, unless a new one has taken its place already.
    pub fn refuse(&self, refused: &Token) {
        for slot in self.slots.borrow().iter() {
            slot.token.borrow_mut().take_if(|token| token.value == refused.value);
        }
    }

    /// Marks a token as final: another one would allow no more.
    pub fn finalize(&self, last: &Token) {
        for slot in self.slots.borrow().iter() {
            if let Some(token) = &mut *slot.token.borrow_mut() {
                token.is_final |= token.value == last.value;
            }
        }
    }

    /// Forgets all, and those that are on their way.
    pub fn forget(&self) {
        self.slots.take();
    }

    /// How many came so far.
    pub fn count(&self) -> u64 {
        self.came.get()
    }

    fn find(
        &self,
        asking: &Asking<'_, impl Transport, impl Clock>,
        is_anonymous: bool,
        scopes: &Scopes,
    ) -> Option<Token> {
        let slots = self.slots.borrow();
        let fitting =
            slots.iter().filter(|slot| slot.is_for(asking.service, is_anonymous) && slot.scopes.cover(scopes));
        let now = asking.now();
        let is_good = |token: &Token| token.is_fresh(now) && token.number > asking.newer_than;
        fitting.filter_map(|slot| slot.token.borrow().clone()).find(is_good)
    }

    /// The place for a token of exactly these scopes.
    fn slot(&self, service: &Service, is_anonymous: bool, scopes: &Scopes, now: u64) -> Rc<Slot> {
        let mut slots = self.slots.borrow_mut();
        let known = slots.iter().find(|slot| slot.is_for(service, is_anonymous) && slot.scopes == *scopes);
        if let Some(slot) = known {
            return slot.clone();
        }
        // A client may see thousands of repositories: what is empty, stale and nobody's goes.
        slots.retain(|slot| {
            Rc::strong_count(slot) > 1 || slot.token.borrow().as_ref().is_some_and(|token| token.is_fresh(now))
        });
        let slot = Rc::new(Slot {
            service: service.clone(),
            scopes: scopes.clone(),
            is_anonymous,
            token: RefCell::default(),
            asking: Shared::default(),
        });
        slots.push(slot.clone());
        slot
    }
}

/// How to ask for a token.
pub struct Asking<'a, T, C> {
    /// What carries the request.
    pub transport: &'a T,
    /// The time.
    pub clock: &'a C,
    /// Repeats it where that is due.
    pub retry: &'a Retry<C>,
    /// Whom to ask.
    pub service: &'a Service,
    /// As whom; `None`: as nobody.
    pub credentials: Option<&'a Credentials>,
    /// Number of the last token that will not do.
    pub newer_than: u64,
    /// Milliseconds the answer's headers may take; `None`: the client's setting.
    pub timeout: Option<u64>,
    /// The retry budget of the token requests.
    pub retry_budget: RetryBudget,
}

impl<T: Transport, C: Clock> Asking<'_, T, C> {
    fn now(&self) -> u64 {
        self.clock.now()
    }

    async fn fetch(&self, scopes: &Scopes) -> Result<TokenAnswer> {
        match self.credentials {
            None | Some(Credentials::Token(_)) => self.send(self.get(scopes, None)).await,
            Some(Credentials::Basic { username, password }) => {
                self.send(self.get(scopes, Some(basic(username, password)))).await
            }
            Some(Credentials::IdentityToken(identity)) => match self.send(self.post(scopes, identity)).await {
                // No OAuth2 there (oauth.md): the older way, where it stands for a password.
                Err(error) if matches!(error.status, Some(404 | 405)) => {
                    self.send(self.get(scopes, Some(basic(IDENTITY_TOKEN_USER, identity)))).await
                }
                result => result,
            },
        }
    }

    /// token.md: each scope a parameter of its own.
    fn get(&self, scopes: &Scopes, authorization: Option<String>) -> Request<T::Chunk> {
        let scopes: Vec<String> = scopes.iter().collect();
        let mut query = Vec::new();
        query.extend(self.service.name.as_deref().map(|name| ("service", name)));
        query.extend(scopes.iter().map(|scope| ("scope", scope.as_str())));
        let mut request = self.request(Method::Get, self.service.realm.with_query(&query));
        if let Some(value) = authorization {
            request.headers.set("authorization", value);
        }
        request
    }

    /// oauth.md: a form.
    fn post(&self, scopes: &Scopes, identity: &Secret) -> Request<T::Chunk> {
        let scope = scopes.to_string();
        let mut fields = vec![("grant_type", "refresh_token"), ("client_id", CLIENT_ID)];
        fields.extend(self.service.name.as_deref().map(|name| ("service", name)));
        fields.extend((!scope.is_empty()).then_some(("scope", scope.as_str())));
        fields.push(("refresh_token", identity.expose()));
        let mut form = String::new();
        percent::push_pairs(&mut form, &fields);
        let mut request = self.request(Method::Post, self.service.realm.clone());
        request.headers.set("content-type", "application/x-www-form-urlencoded");
        request.body = Some(RequestBody::Bytes(Rc::new(form.into_bytes())));
        request.follows_redirects = false;
        request
    }

    fn request(&self, method: Method, url: Url) -> Request<T::Chunk> {
        let mut request = Request::new(method, url).with_header("accept", "application/json");
        request.timeout = self.timeout;
        request.retry_budget = self.retry_budget.clone();
        request
    }

    async fn send(&self, request: Request<T::Chunk>) -> Result<TokenAnswer> {
        let mut response = read::load(self.transport, self.retry, &request, ANSWER_LIMIT).await?;
        response.secrets = self.credentials.map(Credentials::secrets).unwrap_or_default();
        response.login = if self.credentials.is_some() { Login::Sent } else { Login::Missing };
        if !response.is_success() {
            return Err(failure::of(request.method, &request.url, &response, self.clock.unix_ms()));
        }
        let answer = token::parse(&response.body).map_err(|invalid| {
            let who = failure::answerer(&request.url, &response, &[]);
            let error = Error::from(invalid);
            match who {
                Some(who) => error.and(&format!("it came as {who}")),
                None => error,
            }
        });
        answer.map_err(|error| error.at(request.method, &request.url).with_status(response.status))
    }
}

/// The error where the token service cannot be reached: a registry in a cluster or behind a proxy may name it by an address
/// that is good only in there.
pub fn unreached(service: &Service, registry: &Url, error: Error) -> Error {
    let is_unreached =
        error.status.is_none() && matches!(error.code.as_ref(), code::NETWORK | code::CORS_OR_NETWORK | code::TIMEOUT);
    if !is_unreached {
        return error;
    }
    let message = format!(
        "the token service {}, which {} names: {}; if it has another address from here, give that as authServiceUrl",
        service.realm.redacted(),
        registry.redacted(),
        error.message
    );
    Error { message: printable::message(message), ..error }
}

/// The error where credentials may not be sent to the token service that the registry names.
pub fn untrusted(service: &Service) -> Error {
    let host = service.realm.host();
    let message = format!(
        "the registry's token service {} belongs to another domain: it gets the registry's credentials only if its host \
         is named in trustedRealms ([\"{host}\"])",
        service.realm.redacted()
    );
    Error::new(code::UNTRUSTED_REALM, message)
}
