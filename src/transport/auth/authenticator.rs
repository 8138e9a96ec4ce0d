//! The authenticator of a client: chooses the credentials of each request, and repeats what was refused.

use std::cell::RefCell;
use std::rc::Rc;

use crate::protocol::auth::scope::Scopes;
use crate::protocol::auth::secret::Secret;
use crate::protocol::http::Method;
use crate::transport::auth::credentials::Keyring;
use crate::transport::auth::demand::Scheme;
use crate::transport::auth::peek::PeekedBody;
use crate::transport::auth::session::{Session, Sessions};
use crate::transport::auth::token::{Asking, Service, Token, Tokens};
use crate::transport::auth::{AuthContext, Authenticate, Credentials, Peeked, basic, expiry, token};
use crate::transport::request::{AllowedCredentials, CredentialsStatus, LogicalTime, Request};
use crate::transport::{Body, Clock, Error, Result, Stage, Transport, Work, read};

/// The number of times that a request is repeated with other credentials: once for the first challenge, and once more
/// if the response shows that wider scopes are needed.
const ROUNDS: usize = 2;

/// The credentials, tokens and sessions of one client.
pub(super) struct Authenticator<T, C> {
    pub(super) context: Rc<AuthContext<T, C>>,
    pub(super) keyring: Keyring,
    pub(super) tokens: Tokens,
    pub(super) sessions: Sessions,
    /// The configured token service, which overrides the challenge's.
    pub(super) service: Option<Service>,
    /// The scheme of the last challenge.
    pub(super) asked: RefCell<Option<Scheme>>,
}

/// Creates the authenticator of a client.
pub fn create<T: Transport, C: Clock>(context: Rc<AuthContext<T, C>>) -> Rc<dyn Authenticate<T>> {
    let settings = &context.settings;
    let keyring = Keyring::new(settings.credentials.clone(), settings.callback.clone());
    let service = settings.service.as_ref().map(Service::at);
    let (tokens, sessions, asked) = (Tokens::default(), Sessions::default(), RefCell::default());
    Rc::new(Authenticator { context, keyring, tokens, sessions, service, asked })
}

/// A request in progress.
pub(super) struct Attempt<'a, C> {
    pub(super) request: &'a Request<C>,
    /// The number of tokens received before it began.
    pub(super) tokens: u64,
    /// The time at which it began.
    pub(super) began: LogicalTime,
}

/// The authentication of a request.
#[derive(Debug, Clone)]
pub(super) enum Authorization {
    None,
    /// The user's credentials, unchanged.
    Credentials(Credentials),
    Token(Token),
    Session(Session),
}

impl<T: Transport, C: Clock> Authenticate<T> for Authenticator<T, C> {
    fn send<'a>(&'a self, request: &'a Request<T::Chunk>) -> Work<'a, Peeked<T>> {
        Box::pin(async move {
            let response = match self.is_home(request) {
                true if request.allowed_credentials == AllowedCredentials::TokenOnly => {
                    return self.probe(request).await;
                }
                true => {
                    let attempt = Attempt { request, tokens: self.tokens.count(), began: LogicalTime::now() };
                    let authorization = self.first(&attempt).await?;
                    self.authenticated(&attempt, authorization, None).await?
                }
                false => self.pass(request).await?,
            };
            Ok(self.followed(request, response).await)
        })
    }

    fn resume<'a>(
        &'a self,
        request: &'a Request<T::Chunk>,
        began: LogicalTime,
        response: Peeked<T>,
    ) -> Work<'a, Peeked<T>> {
        Box::pin(async move {
            let response = match self.is_home(request) {
                true if request.allowed_credentials == AllowedCredentials::TokenOnly => {
                    self.remember_challenge(&response);
                    return Ok(response);
                }
                true => {
                    let attempt = Attempt { request, tokens: 0, began };
                    self.authenticated(&attempt, Authorization::None, Some(response)).await?
                }
                false => response,
            };
            Ok(self.followed(request, response).await)
        })
    }

    fn has_credentials(&self) -> bool {
        self.keyring.held().is_some()
    }

    fn has_lost_credentials(&self) -> bool {
        self.keyring.has_lost()
    }

    fn may_ask_for_credentials(&self) -> bool {
        self.keyring.may_ask()
    }

    fn forget_credentials(&self) {
        self.keyring.forget();
        self.tokens.forget();
        self.sessions.forget();
    }
}

impl<T: Transport, C: Clock> Authenticator<T, C> {
    /// Returns the authentication for the first attempt.
    async fn first(&self, attempt: &Attempt<'_, T::Chunk>) -> Result<Authorization> {
        if let Some(Credentials::Token(token)) = self.keyring.held() {
            return Ok(Authorization::Credentials(Credentials::Token(token)));
        }
        // Cloned outside of the match, which would keep it borrowed across an await.
        let asked = self.asked.borrow().clone();
        match asked {
            None => Ok(Authorization::None),
            // Boxed, here and below: otherwise every request's future would reserve space for a token request.
            Some(scheme) => Box::pin(self.authorize(&scheme, attempt, &attempt.scopes(), 0)).await,
        }
    }

    /// Returns the authentication for a scheme; a token only if its number is greater than `newer_than`. Credentials
    /// that are rejected are requested once more from the callback.
    pub(super) async fn authorize(
        &self,
        scheme: &Scheme,
        attempt: &Attempt<'_, T::Chunk>,
        scopes: &Scopes,
        newer_than: u64,
    ) -> Result<Authorization> {
        let request = attempt.request;
        let credentials = self.keyring.get(self.challenge(scheme, scopes), request.call).await?;
        let authorization = self.authorize_with(scheme, credentials.clone(), request, (scopes, newer_than)).await;
        let Err(error) = authorization else { return authorization };
        // A token for a mount may be rejected because of the source repository.
        if !is_refusal(&error) || request.resource.is_mount() {
            return Err(error);
        }
        let Some(given) = credentials else {
            self.keyring.refuse_nobody();
            return Err(error);
        };
        let may_renew = self.keyring.may_renew(&given, attempt.began);
        self.keyring.refuse(&given);
        if may_renew
            && let Ok(Some(other)) = self.keyring.get(self.challenge(scheme, scopes), request.call).await
            && other != given
        {
            return Box::pin(self.authorize(scheme, attempt, scopes, newer_than)).await;
        }
        Err(error)
    }

    async fn authorize_with(
        &self,
        scheme: &Scheme,
        credentials: Option<Credentials>,
        request: &Request<T::Chunk>,
        (scopes, newer_than): (&Scopes, u64),
    ) -> Result<Authorization> {
        match (scheme, credentials) {
            (_, Some(given @ Credentials::Token(_)))
            | (Scheme::Basic { .. }, Some(given @ Credentials::Basic { .. })) => Ok(Authorization::Credentials(given)),
            (Scheme::Basic { .. }, _) => Ok(Authorization::None),
            (Scheme::Bearer(service), credentials) => {
                let token = self.token(service, credentials.as_ref(), request, (scopes, newer_than)).await;
                token.map(Authorization::Token)
            }
            (Scheme::Session, credentials) => {
                // The request that obtains a session token carries the credentials.
                if request.headers.get("x-docker-token").is_some() {
                    return Ok(credentials.map_or(Authorization::None, Authorization::Credentials));
                }
                let Some(repository) = scopes.only_repository() else { return Ok(Authorization::None) };
                let what = (repository, !matches!(request.method, Method::Get | Method::Head));
                let AuthContext { transport, clock, trust, .. } = &*self.context;
                let session = self.sessions.get(&**transport, &**clock, trust, what, credentials.as_ref()).await;
                session.map(Authorization::Session)
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
        let AuthContext { transport, clock, retry, trust, .. } = &*self.context;
        if credentials.is_some() && !is_named && !trust.may_have_credentials(&service.realm) {
            return Err(token::untrusted(service));
        }
        let (transport, clock, timeout) = (&**transport, &**clock, request.timeout);
        let retry_budget = request.retry_budget.for_subrequest();
        let asking = Asking { transport, clock, retry, service, credentials, newer_than, timeout, retry_budget };
        let result = self.tokens.get(&asking, scopes).await;
        let (token, refresh_token) =
            result.map_err(|error| token::unreached(service, trust.registry(), error).with_stage(Stage::Token))?;
        if let Some(refresh_token) = refresh_token {
            self.keyring.renew(refresh_token);
        }
        Ok(token)
    }

    /// Sends a probe without authentication; its challenge is remembered for later requests. A token that the user gave
    /// is sent nevertheless: a proxy may hide the registry from anonymous requests.
    async fn probe(&self, request: &Request<T::Chunk>) -> Result<Peeked<T>> {
        let authorization = match self.keyring.held() {
            Some(token @ Credentials::Token(_)) => Authorization::Credentials(token),
            _ => Authorization::None,
        };
        let mut response = self.pass(&authorization.applied_to(request)).await?;
        response.secrets = authorization.secrets();
        self.remember_challenge(&response);
        Ok(response)
    }

    fn remember_challenge(&self, response: &Peeked<T>) {
        if response.status == 401
            && !self.is_elsewhere(response)
            && let Ok(Some((scheme, _))) = self.demanded(response)
        {
            self.asked.replace(Some(scheme));
        }
    }

    fn credentials_status(&self, authorization: &Authorization) -> CredentialsStatus {
        match authorization {
            Authorization::None => self.keyring.lacking(),
            Authorization::Token(token) if token.is_anonymous => self.keyring.lacking(),
            Authorization::Session(_) if self.keyring.held().is_none() => self.keyring.lacking(),
            Authorization::Credentials(_) | Authorization::Token(_) | Authorization::Session(_) => {
                CredentialsStatus::Sent
            }
        }
    }

    /// Returns true if a request goes to the registry's own origin.
    fn is_home(&self, request: &Request<T::Chunk>) -> bool {
        request.url.same_origin(self.context.trust.registry())
    }

    /// Returns true if a redirect led to another origin, whose challenges do not count and which gets no credentials.
    fn is_elsewhere(&self, response: &Peeked<T>) -> bool {
        response.url.as_ref().is_some_and(|url| !url.same_origin(self.context.trust.registry()))
    }

    pub(super) async fn pass(&self, request: &Request<T::Chunk>) -> Result<Peeked<T>> {
        Ok(self.context.transport.send(request).await?.map_body(PeekedBody::new))
    }

    /// Sends a request to the registry with the authentication that it requires. `received` is the response to the first
    /// attempt if that was made already.
    async fn authenticated(
        &self,
        attempt: &Attempt<'_, T::Chunk>,
        mut authorization: Authorization,
        mut received: Option<Peeked<T>>,
    ) -> Result<Peeked<T>> {
        let request = attempt.request;
        let mut round = 0;
        loop {
            let mut response = match (received.take(), &authorization) {
                (Some(response), _) => response,
                (None, Authorization::None) => self.pass(request).await?,
                (None, authorization) => self.pass(&authorization.applied_to(request)).await?,
            };
            response.secrets = authorization.secrets();
            response.credentials_status = if self.is_elsewhere(&response) {
                CredentialsStatus::Unknown
            } else {
                self.credentials_status(&authorization)
            };
            if self.is_elsewhere(&response) || !matches!(response.status, 400 | 401 | 403) {
                return Ok(response);
            }
            if round == ROUNDS {
                self.conclude(&authorization, response.status);
                return Ok(response);
            }
            let demanded = match response.status {
                400 => None,
                _ => self.refused(attempt, &authorization, round == 0, &response)?,
            };
            let next = match demanded {
                Some((scheme, scopes)) => {
                    self.asked.replace(Some(scheme.clone()));
                    // A streamed request cannot be repeated; the next request carries the credentials.
                    if request.is_streamed() {
                        return Ok(response);
                    }
                    // The token request needs a permit of its own and must not wait for this one's.
                    response.body.release_permit();
                    // If a token with sufficient scopes is rejected, tokens of the same age may be invalid too.
                    let newer_than = match &authorization {
                        Authorization::Token(token) if token.scopes.cover(&scopes) => token.number.max(attempt.tokens),
                        _ => 0,
                    };
                    Box::pin(self.authorize(&scheme, attempt, &scopes, newer_than)).await?
                }
                None => {
                    Box::pin(self.renewed(attempt, &authorization, &mut response)).await.unwrap_or(Authorization::None)
                }
            };
            if matches!(next, Authorization::None) {
                self.conclude(&authorization, response.status);
                return Ok(response);
            }
            authorization = next;
            read::discard(&*self.context.clock, response).await;
            round += 1;
        }
    }

    /// Tries again if another origin, to which the request went or was redirected, requires a token.
    async fn followed(&self, request: &Request<T::Chunk>, response: Peeked<T>) -> Peeked<T> {
        let is_elsewhere = !self.is_home(request) || self.is_elsewhere(&response);
        if response.status == 401 && is_elsewhere && !request.is_streamed() {
            return Box::pin(self.as_nobody(request, response)).await;
        }
        response
    }

    /// Records that the credentials were finally rejected. A 403 does not invalidate them: they only lack the
    /// permission.
    fn conclude(&self, authorization: &Authorization, status: u16) {
        match authorization {
            Authorization::Credentials(given) if status == 401 => self.keyring.refuse(given),
            Authorization::None if status != 400 => self.keyring.refuse_nobody(),
            Authorization::Token(token) if status != 401 => {
                self.tokens.finalize(token);
                if token.is_anonymous {
                    self.keyring.refuse_nobody();
                }
            }
            Authorization::Token(token) if token.is_anonymous => self.keyring.refuse_nobody(),
            _ => {}
        }
    }
}

impl<C> Attempt<'_, C> {
    /// Returns the scopes that a token for the request needs.
    pub(super) fn scopes(&self) -> Scopes {
        self.request.resource.scopes(self.request.method)
    }
}

/// Returns true if a token service, or V1's index, rejects the credentials. A 403 only denies the scopes, unless it
/// says that the credentials have expired.
fn is_refusal(error: &Error) -> bool {
    matches!(error.status, Some(400 | 401)) || (error.status == Some(403) && expiry::is_told(error.message.as_bytes()))
}

impl Authorization {
    /// Returns the secrets to redact from messages, in each form in which they are sent.
    pub(super) fn secrets(&self) -> Vec<Secret> {
        match self {
            Authorization::None => Vec::new(),
            Authorization::Credentials(given) => given.secrets(),
            Authorization::Token(token) => vec![token.value.clone()],
            Authorization::Session(session) => session.secrets(),
        }
    }

    /// Returns the request with this authentication.
    pub(super) fn applied_to<C: Clone>(&self, request: &Request<C>) -> Request<C> {
        let mut request = request.clone();
        let bearer = |token: &Secret| format!("Bearer {}", token.expose());
        match self {
            Authorization::None => {}
            Authorization::Credentials(Credentials::Basic { username, password }) => {
                request.headers.set("authorization", basic::header(username, password));
            }
            Authorization::Credentials(Credentials::Token(token) | Credentials::IdentityToken(token)) => {
                request.headers.set("authorization", bearer(token));
            }
            Authorization::Token(token) => request.headers.set("authorization", bearer(&token.value)),
            Authorization::Session(session) => session.add_to(&mut request),
        }
        request
    }
}
