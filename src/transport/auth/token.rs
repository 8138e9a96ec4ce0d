//! Tokens from a registry's token service (distribution docs, spec/auth/token.md and oauth.md), cached until shortly
//! before they expire. Concurrent requests that need the same token share one token request.

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
use crate::transport::request::{CredentialsStatus, Request, RequestBody, RetryBudget};
use crate::transport::shared::Shared;
use crate::transport::{Clock, Error, Result, Transport, failure, fetch};

/// The time before its expiry, in milliseconds, from which on a token is no longer used.
const MARGIN: u64 = 5_000;
/// The maximum size of a token service's response in bytes.
const ANSWER_LIMIT: u64 = 128 * 1024;
/// The OAuth2 client id (oauth.md).
const CLIENT_ID: &str = "docker-registry-client-wasm";
/// The user name that marks the password as an identity token, docker's convention.
pub const IDENTITY_TOKEN_USER: &str = "<token>";

/// A token service and the registry's name there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The URL of the token service.
    pub realm: Url,
    /// The registry's name at the token service (`service`).
    pub name: Option<String>,
    /// The origin that the tokens are for, if it is not the registry's own. Such a token is sent nowhere else.
    pub origin: Option<String>,
}

impl Service {
    /// Creates a service from a URL that the user gave. A `service=…` in its query becomes the registry's name.
    pub fn at(url: &Url) -> Self {
        let query = url.query().unwrap_or_default();
        let is_name = |pair: &&str| pair.split('=').next() == Some("service");
        let others = query.split('&').filter(|pair| !is_name(pair)).collect::<Vec<_>>().join("&");
        let realm = url.with_raw_query((!others.is_empty()).then_some(others.as_str()));
        Self { realm, name: percent::value(query, "service").filter(|name| !name.is_empty()), origin: None }
    }
}

/// A token and the scopes it was requested for.
#[derive(Debug, Clone)]
pub struct Token {
    /// The value for `Authorization: Bearer`.
    pub value: Secret,
    /// The requested scopes. The token may grant less.
    pub scopes: Scopes,
    /// True if it was requested without credentials.
    pub is_anonymous: bool,
    /// The sequence number: a larger one is newer.
    pub number: u64,
    /// True if a rejection does not justify requesting another token, because it was rejected when it was new.
    pub is_final: bool,
    expires: u64,
}

impl Token {
    /// Returns true if the token is not about to expire.
    pub fn is_fresh(&self, now: u64) -> bool {
        now.saturating_add(MARGIN) < self.expires
    }
}

/// A cache slot for one token.
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

/// The token cache of one client.
#[derive(Default)]
pub struct Tokens {
    slots: RefCell<Vec<Rc<Slot>>>,
    came: Cell<u64>,
}

impl Tokens {
    /// Returns a token for `scopes`, from the cache or from the token service. The second value is the refresh token
    /// that came with a new one.
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

    /// Forgets a token that the registry rejected, unless a new one has replaced it already.
    pub fn refuse(&self, refused: &Token) {
        for slot in self.slots.borrow().iter() {
            slot.token.borrow_mut().take_if(|token| token.value == refused.value);
        }
    }

    /// Marks a token as final: a new one would grant no more.
    pub fn finalize(&self, last: &Token) {
        for slot in self.slots.borrow().iter() {
            if let Some(token) = &mut *slot.token.borrow_mut() {
                token.is_final |= token.value == last.value;
            }
        }
    }

    /// Forgets all tokens, including pending ones.
    pub fn forget(&self) {
        self.slots.take();
    }

    /// Returns the number of tokens received so far.
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

    /// Returns the slot for a token of exactly these scopes.
    fn slot(&self, service: &Service, is_anonymous: bool, scopes: &Scopes, now: u64) -> Rc<Slot> {
        let mut slots = self.slots.borrow_mut();
        let known = slots.iter().find(|slot| slot.is_for(service, is_anonymous) && slot.scopes == *scopes);
        if let Some(slot) = known {
            return slot.clone();
        }
        // A client may access thousands of repositories, so empty or stale slots that are not in use are removed.
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

/// The parameters of a token request.
pub struct Asking<'a, T, C> {
    /// The transport that sends the request.
    pub transport: &'a T,
    /// The clock for expiry times.
    pub clock: &'a C,
    /// The retry policy for the response's body.
    pub retry: &'a Retry<C>,
    /// The token service.
    pub service: &'a Service,
    /// The credentials; `None` for an anonymous token.
    pub credentials: Option<&'a Credentials>,
    /// The sequence number of the last token that was rejected.
    pub newer_than: u64,
    /// The timeout for the response's headers in milliseconds; `None` for the client's setting.
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
                self.send(self.get(scopes, Some(basic::header(username, password)))).await
            }
            Some(Credentials::IdentityToken(identity)) => match self.send(self.post(scopes, identity)).await {
                // The service does not support OAuth2 (oauth.md): fall back to sending the token as a password.
                Err(error) if matches!(error.status, Some(404 | 405)) => {
                    self.send(self.get(scopes, Some(basic::header(IDENTITY_TOKEN_USER, identity)))).await
                }
                result => result,
            },
        }
    }

    /// Builds the GET request of token.md, with one `scope` parameter per scope.
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

    /// Builds the POST request of oauth.md, a form.
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
        let mut response = fetch::fetch(self.transport, self.retry, &request, ANSWER_LIMIT).await?;
        response.secrets = self.credentials.map(Credentials::secrets).unwrap_or_default();
        response.credentials_status =
            if self.credentials.is_some() { CredentialsStatus::Sent } else { CredentialsStatus::Missing };
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

/// Adds advice to the error of an unreachable token service: a registry in a cluster or behind a proxy may name an
/// address that works only there.
pub fn unreached(service: &Service, registry: &Url, mut error: Error) -> Error {
    let is_unreached =
        error.status.is_none() && matches!(error.code.as_ref(), code::NETWORK | code::CORS_OR_NETWORK | code::TIMEOUT);
    if !is_unreached {
        return error;
    }
    let message = format!(
        "the token service {}, which {} names: {}; if it has another address from here, set authServiceUrl",
        service.realm.redacted(),
        registry.redacted(),
        error.message
    );
    error.message = printable::message(message);
    error.because("the token service cannot be reached").with("host", service.realm.host())
}

/// Returns the error for a token service that the registry names and that must not receive the credentials.
pub fn untrusted(service: &Service) -> Error {
    let host = service.realm.host();
    let message = format!(
        "the registry's token service {} belongs to another domain: it gets the registry's credentials only if its host \
         is named in trustedRealms ([\"{host}\"])",
        service.realm.redacted()
    );
    let reason = format!("the registry's token service belongs to another domain, {host}");
    Error::new(code::UNTRUSTED_REALM, message).because(reason).with("host", host)
}
