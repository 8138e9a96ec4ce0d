//! Authentication: which credentials a request carries, and when (RFC 9110 §11; distribution docs, spec/auth).
//!
//! Nothing is sent before the registry asks for it. What it asks for is remembered, so that from then on each request
//! carries what it needs at once. Only requests to the registry's own origin carry anything.

mod credentials;
mod session;
mod token;

pub use credentials::{Asked, Challenge, Credentials, Source};

use std::cell::RefCell;

use base64ct::{Base64, Encoding as _};

use self::credentials::Keyring;
use self::session::{Session, Sessions};
use self::token::{Asking, Service, Token, Tokens};
use super::retry::Retry;
use super::trust::Trust;
use super::{Body, Clock, Error, Result, Transport, read};
use crate::protocol::challenge;
use crate::protocol::digest::Algorithm;
use crate::protocol::http::{Carries, Login, Method, Request, Response};
use crate::protocol::scope::Scopes;
use crate::protocol::secret::Secret;
use crate::protocol::url::Url;

/// Times one request may be sent with other credentials than before: once for the first challenge, once more where that
/// showed that more is needed.
const ROUNDS: usize = 2;
/// What GHCR's challenge on `/v2/` names: no repository anyone has.
const PLACEHOLDER: &str = "repository:user/image:pull";

/// What a client has been told for authentication.
#[derive(Clone, Default)]
pub struct AuthSettings {
    /// Given from the start.
    pub credentials: Option<Credentials>,
    /// Asked when the registry asks.
    pub source: Option<Source>,
    /// Token service to use instead of the one the registry names, or hides.
    pub service: Option<Url>,
}

/// Adds credentials to requests that go to the registry's own origin.
pub struct Authenticated<T, C> {
    inner: T,
    retry: Retry<C>,
    trust: Trust,
    keyring: Keyring,
    tokens: Tokens,
    sessions: Sessions,
    /// Stands in for what the challenge names.
    service: Option<Service>,
    /// What the registry asked for last.
    asked: RefCell<Option<Scheme>>,
}

/// How a registry wants to be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Scheme {
    Basic {
        realm: Option<String>,
    },
    Bearer(Service),
    /// V1's.
    Session,
}

/// What a request carries.
#[derive(Debug, Clone)]
enum Carried {
    Nothing,
    /// What the user gave, as it is.
    Given(Credentials),
    Token(Token),
    Session(Session),
}

impl<T: Transport, C: Clock> Authenticated<T, C> {
    /// Over another transport.
    pub fn new(inner: T, retry: Retry<C>, trust: Trust, settings: AuthSettings) -> Self {
        let keyring = Keyring::new(settings.credentials, settings.source);
        let (tokens, sessions, asked) = (Tokens::default(), Sessions::default(), RefCell::default());
        let service = settings.service.as_ref().map(Service::at);
        Self { inner, retry, trust, keyring, tokens, sessions, service, asked }
    }

    /// Whether there are credentials, as far as that is known without asking for them.
    pub fn has_credentials(&self) -> bool {
        self.keyring.held().is_some()
    }

    /// What a request can carry from the start.
    async fn first(&self, request: &Request<T::Chunk>) -> Result<Carried> {
        if let Some(Credentials::Token(token)) = self.keyring.held() {
            return Ok(Carried::Given(Credentials::Token(token)));
        }
        // Not in the match itself: there it would stay borrowed while others wait.
        let asked = self.asked.borrow().clone();
        match asked {
            None => Ok(Carried::Nothing),
            // In a box, here and below: asking for a token is a request of its own, and every request would have to take
            // room for it along.
            Some(scheme) => Box::pin(self.carry(&scheme, request, &request.resource.scopes(request.method), 0)).await,
        }
    }

    /// What to carry for a scheme; a token only if it came after that number.
    async fn carry(
        &self,
        scheme: &Scheme,
        request: &Request<T::Chunk>,
        scopes: &Scopes,
        newer_than: u64,
    ) -> Result<Carried> {
        let credentials = self.keyring.get(self.challenge(scheme, scopes)).await?;
        match (scheme, credentials) {
            (_, Some(given @ Credentials::Token(_)))
            | (Scheme::Basic { .. }, Some(given @ Credentials::Basic { .. })) => Ok(Carried::Given(given)),
            (Scheme::Basic { .. }, _) => Ok(Carried::Nothing),
            (Scheme::Bearer(service), credentials) => {
                let token = self.token(service, credentials.as_ref(), request, (scopes, newer_than)).await;
                token.map(Carried::Token)
            }
            (Scheme::Session, credentials) => {
                // Who asks for a token shows what a token is given for.
                if request.headers.get("x-docker-token").is_some() {
                    return Ok(credentials.map_or(Carried::Nothing, Carried::Given));
                }
                let Some(repository) = scopes.only_repository() else { return Ok(Carried::Nothing) };
                let what = (repository, !matches!(request.method, Method::Get | Method::Head));
                let sessions = &self.sessions;
                let session = sessions.get(&self.inner, &self.retry, &self.trust, what, credentials.as_ref()).await;
                session.map(Carried::Session)
            }
        }
    }

    async fn token(
        &self,
        service: &Service,
        credentials: Option<&Credentials>,
        request: &Request<T::Chunk>,
        (scopes, newer_than): (&Scopes, u64),
    ) -> Result<Token> {
        let is_named = self.service.as_ref().is_some_and(|named| named.realm == service.realm);
        if credentials.is_some() && !is_named && !self.trust.may_have_credentials(&service.realm) {
            return Err(token::untrusted(service));
        }
        let (transport, retry, timeout) = (&self.inner, &self.retry, request.timeout);
        let failures = request.failures.of_errand();
        let asking = Asking { transport, retry, service, credentials, newer_than, timeout, failures };
        let result = self.tokens.get(&asking, scopes).await;
        if let (Some(credentials), Err(error)) = (credentials, &result)
            && matches!(error.status, Some(400 | 401))
        {
            self.keyring.refuse(credentials);
        }
        let (token, refresh_token) = result.map_err(|error| {
            let error = token::unreached(service, self.trust.registry(), error);
            Error { is_of_token: true, ..error }
        })?;
        if let Some(refresh_token) = refresh_token {
            self.keyring.renew(refresh_token);
        }
        Ok(token)
    }

    fn challenge(&self, scheme: &Scheme, scopes: &Scopes) -> Challenge {
        let (name, realm, service) = match scheme {
            Scheme::Basic { realm } => ("basic", realm.clone(), None),
            Scheme::Bearer(service) => ("bearer", Some(service.realm.redacted()), service.name.clone()),
            Scheme::Session => ("token", None, None),
        };
        let registry = self.trust.registry().to_string();
        Challenge { registry, scheme: name, realm, service, scopes: scopes.clone() }
    }

    /// Whom to ask for what, after a refusal, so that something else can be carried; `None` where nothing can be done.
    /// `tokens`: how many had come when the request began.
    fn refused(
        &self,
        request: &Request<T::Chunk>,
        carried: &Carried,
        (tokens, is_first): (u64, bool),
        response: &Response<T::Body>,
    ) -> Result<Option<(Scheme, Scopes)>> {
        let is_demand = response.status == 401;
        // Some say 403 to who came as nobody, and name nothing.
        let demanded = if is_demand { self.demanded(response)? } else { None };
        let known = || self.asked.borrow().clone().filter(|_| !is_demand).map(|scheme| (scheme, Scopes::default()));
        let Some((scheme, told)) = demanded.or_else(known) else { return Ok(None) };
        let scopes = request.resource.scopes(request.method).with(&told);
        let helps = match carried {
            Carried::Nothing => is_demand,
            Carried::Given(given) => {
                is_demand && matches!((given, &scheme), (Credentials::Basic { .. }, Scheme::Bearer(_)))
            }
            Carried::Token(token) => {
                let more = token.is_anonymous && self.keyring.can_ask(&scopes);
                if is_demand {
                    self.tokens.refuse(token);
                }
                // It is good no more, or allows too little. One that came for this request may have expired between two
                // tries.
                let is_old = token.number <= tokens || !token.is_fresh(self.retry.clock().now());
                more || (is_demand && (is_old || !token.scopes.cover(&scopes)))
            }
            Carried::Session(session) => {
                self.sessions.refuse(session);
                is_demand && is_first
            }
        };
        Ok(helps.then_some((scheme, scopes)))
    }

    /// A request that only looks: what is demanded of it is remembered for those that follow. The user's own token goes
    /// along as with any other: a proxy may hide from everyone else that there is a registry.
    async fn probe(&self, request: &Request<T::Chunk>) -> Result<Response<T::Body>> {
        let response = match self.keyring.held() {
            Some(token @ Credentials::Token(_)) => self.inner.send(&Carried::Given(token).by(request)).await?,
            _ => self.inner.send(request).await?,
        };
        if response.status == 401
            && !self.is_elsewhere(&response)
            && let Ok(Some((scheme, _))) = self.demanded(&response)
        {
            self.asked.replace(Some(scheme));
        }
        Ok(response)
    }

    fn login(&self, carried: &Carried) -> Login {
        match carried {
            Carried::Nothing => self.keyring.lacking(),
            Carried::Token(token) if token.is_anonymous => self.keyring.lacking(),
            Carried::Session(_) if self.keyring.held().is_none() => self.keyring.lacking(),
            Carried::Given(_) | Carried::Token(_) | Carried::Session(_) => Login::Sent,
        }
    }

    /// Whether a redirect led to another origin: nobody there is listened to, or told anything.
    fn is_elsewhere(&self, response: &Response<T::Body>) -> bool {
        response.url.as_ref().is_some_and(|url| !url.same_origin(self.trust.registry()))
    }

    /// The first scheme of a 401 that this client speaks, and the scopes the registry names for it.
    fn demanded(&self, response: &Response<T::Body>) -> Result<Option<(Scheme, Scopes)>> {
        let challenges = challenge::parse(response.headers.all("www-authenticate"));
        let held = self.keyring.held();
        let has_password = matches!(held, Some(Credentials::Basic { .. }));
        for challenge in &challenges {
            let param = |name| challenge.param(name).filter(|value| !value.is_empty());
            match challenge.scheme.as_str() {
                "basic" if has_password || (held.is_none() && self.keyring.has_source()) => {
                    let realm = param("realm").map(str::to_owned);
                    return Ok(Some((Scheme::Basic { realm }, Scopes::default())));
                }
                "token" => return Ok(Some((Scheme::Session, Scopes::default()))),
                "bearer" => {
                    let told = param("service").map(str::to_owned);
                    let service = match &self.service {
                        Some(Service { realm, name }) => Service { realm: realm.clone(), name: name.clone().or(told) },
                        None => Service { realm: self.trust.realm(param("realm").unwrap_or_default())?, name: told },
                    };
                    let scopes = param("scope").filter(|scope| *scope != PLACEHOLDER).map(Scopes::parse);
                    return Ok(Some((Scheme::Bearer(service), scopes.unwrap_or_default())));
                }
                _ => {}
            }
        }
        // A page across origins may not see the challenge: what the user said of this registry has to do.
        if !challenges.is_empty() || !response.headers_filtered {
            return Ok(None);
        }
        let told = match &self.service {
            Some(service) => Some(Scheme::Bearer(service.clone())),
            None => has_password.then_some(Scheme::Basic { realm: None }),
        };
        Ok(told.map(|scheme| (scheme, Scopes::default())))
    }
}

impl<T: Transport, C: Clock> Transport for Authenticated<T, C> {
    type Chunk = T::Chunk;
    type Body = T::Body;
    type Hasher = T::Hasher;

    async fn send(&self, request: &Request<Self::Chunk>) -> Result<Response<Self::Body>> {
        if request.carries == Carries::Nothing || !request.url.same_origin(self.trust.registry()) {
            return self.inner.send(request).await;
        }
        if request.carries == Carries::Token {
            return self.probe(request).await;
        }
        let tokens = self.tokens.count();
        let mut carried = self.first(request).await?;
        let mut round = 0;
        loop {
            let mut response = match &carried {
                Carried::Nothing => self.inner.send(request).await?,
                carried => self.inner.send(&carried.by(request)).await?,
            };
            response.secrets = carried.secrets();
            response.login = if self.is_elsewhere(&response) { Login::Unknown } else { self.login(&carried) };
            if self.is_elsewhere(&response) || round == ROUNDS || !matches!(response.status, 401 | 403) {
                return Ok(response);
            }
            let Some((scheme, scopes)) = self.refused(request, &carried, (tokens, round == 0), &response)? else {
                // 403 is no word against them: they allow too little.
                if let (401, Carried::Given(given)) = (response.status, &carried) {
                    self.keyring.refuse(given);
                }
                return Ok(response);
            };
            self.asked.replace(Some(scheme.clone()));
            // The next request carries what this one lacked.
            if request.is_streamed() {
                return Ok(response);
            }
            // Asking takes a request of its own, which must not wait for this one's place.
            response.body.hand_over();
            // Where a token that would allow it is refused, those that came with it may be as bad.
            let newer_than = match &carried {
                Carried::Token(token) if token.scopes.cover(&scopes) => token.number.max(tokens),
                _ => 0,
            };
            carried = match Box::pin(self.carry(&scheme, request, &scopes, newer_than)).await? {
                Carried::Nothing => return Ok(response),
                next => next,
            };
            read::discard(self.retry.clock(), response).await;
            round += 1;
        }
    }

    fn hasher(&self, algorithm: Algorithm) -> Self::Hasher {
        self.inner.hasher(algorithm)
    }
}

impl Carried {
    /// What no message may show, in each form in which it is sent.
    fn secrets(&self) -> Vec<Secret> {
        match self {
            Carried::Nothing => Vec::new(),
            Carried::Given(given) => given.secrets(),
            Carried::Token(token) => vec![token.value.clone()],
            Carried::Session(session) => session.secrets(),
        }
    }

    /// The request with it.
    fn by<C: Clone>(&self, request: &Request<C>) -> Request<C> {
        let mut request = request.clone();
        let bearer = |token: &Secret| format!("Bearer {}", token.expose());
        match self {
            Carried::Nothing => {}
            Carried::Given(Credentials::Basic { username, password }) => {
                request.headers.set("authorization", basic(username, password));
            }
            Carried::Given(Credentials::Token(token) | Credentials::IdentityToken(token)) => {
                request.headers.set("authorization", bearer(token));
            }
            Carried::Token(token) => request.headers.set("authorization", bearer(&token.value)),
            Carried::Session(session) => session.add_to(&mut request),
        }
        request
    }
}

/// RFC 7617 §2.
fn basic(username: &str, password: &Secret) -> String {
    format!("Basic {}", pair(username, password))
}

fn pair(username: &str, password: &Secret) -> String {
    Base64::encode_string(format!("{username}:{}", password.expose()).as_bytes())
}
