//! The layer that every request passes. It sends what needs no authentication, and loads the code for the rest.

use std::cell::{Cell, OnceCell};
use std::rc::Rc;

use crate::transport::auth::peek::PeekedBody;
use crate::transport::auth::{AuthContext, Authenticate, Credentials, LoadAuth, Peeked};
use crate::transport::request::{AllowedCredentials, CredentialsStatus, LogicalTime, Request, Response};
use crate::transport::{Clock, Result, Transport};

/// Adds credentials to requests to the registry's own origin.
pub struct AuthLayer<T: Transport, C> {
    context: Rc<AuthContext<T, C>>,
    loader: Rc<dyn LoadAuth<T, C>>,
    authenticator: OnceCell<Rc<dyn Authenticate<T>>>,
    is_prepared: Cell<bool>,
}

impl<T: Transport, C: Clock> AuthLayer<T, C> {
    /// Wraps the context's transport.
    pub fn new(context: AuthContext<T, C>, loader: Rc<dyn LoadAuth<T, C>>) -> Self {
        let (authenticator, is_prepared) = (OnceCell::new(), Cell::new(false));
        Self { context: Rc::new(context), loader, authenticator, is_prepared }
    }

    /// Whether there are credentials, without calling the callback.
    pub fn has_credentials(&self) -> bool {
        let given = || self.context.settings.credentials.is_some();
        self.authenticator.get().map_or_else(given, |authenticator| authenticator.has_credentials())
    }

    /// Whether credentials of the callback were refused, and no others given since.
    pub fn has_lost_credentials(&self) -> bool {
        self.authenticator.get().is_some_and(|authenticator| authenticator.has_lost_credentials())
    }

    /// Whether a request may call the callback.
    pub fn may_ask_for_credentials(&self) -> bool {
        let may_ask = || self.context.settings.callback.is_some() && self.context.settings.credentials.is_none();
        self.authenticator.get().map_or_else(may_ask, |authenticator| authenticator.may_ask_for_credentials())
    }

    /// Forgets the callback's credentials, and all tokens and sessions.
    pub fn forget_credentials(&self) {
        if let Some(authenticator) = self.authenticator.get() {
            authenticator.forget_credentials();
        }
    }

    async fn load(&self) -> Result<&Rc<dyn Authenticate<T>>> {
        if let Some(authenticator) = self.authenticator.get() {
            return Ok(authenticator);
        }
        let create = self.loader.load().await?;
        Ok(self.authenticator.get_or_init(|| create(self.context.clone())))
    }

    /// Returns the code for a request, if it is there or if even the first attempt needs it; starts to load it where the
    /// registry will probably challenge.
    async fn at_first(&self, is_home: bool) -> Result<Option<&Rc<dyn Authenticate<T>>>> {
        let settings = &self.context.settings;
        if self.authenticator.get().is_none() && is_home {
            if matches!(settings.credentials, Some(Credentials::Token(_))) {
                return self.load().await.map(Some);
            }
            if settings.is_set() && !self.is_prepared.replace(true) {
                self.loader.prepare();
            }
        }
        Ok(self.authenticator.get())
    }

    /// Whether a response to an anonymous request can be answered with credentials.
    fn is_challenge(&self, response: &Peeked<T>, is_here: bool) -> bool {
        // A cross-origin page may not see the challenge.
        let may_be_hidden = || is_here && response.headers_filtered && self.context.settings.is_set();
        response.status == 401 && (response.headers.get("www-authenticate").is_some() || may_be_hidden())
    }

    /// Why a request that needs no authentication carries no credentials.
    fn lacking(&self) -> CredentialsStatus {
        let settings = &self.context.settings;
        match (&settings.credentials, &settings.callback) {
            (Some(_), _) => CredentialsStatus::Unknown,
            (None, Some(_)) => CredentialsStatus::Declined,
            (None, None) => CredentialsStatus::Missing,
        }
    }
}

impl<T: Transport, C: Clock> Transport for AuthLayer<T, C> {
    type Chunk = T::Chunk;
    type Body = PeekedBody<T::Body>;

    async fn send(&self, request: &Request<Self::Chunk>) -> Result<Response<Self::Body>> {
        let AuthContext { transport, trust, .. } = &*self.context;
        let needs_none = request.allowed_credentials == AllowedCredentials::None;
        let is_home = request.url.same_origin(trust.registry());
        if !needs_none && let Some(authenticator) = self.at_first(is_home).await? {
            return authenticator.send(request).await;
        }
        let began = LogicalTime::now();
        let mut response = transport.send(request).await?.map_body(PeekedBody::new);
        if needs_none {
            return Ok(response);
        }
        let is_here = is_home && response.url.as_ref().is_none_or(|url| url.same_origin(trust.registry()));
        if self.authenticator.get().is_some() || self.is_challenge(&response, is_here) {
            return self.load().await?.resume(request, began, response).await;
        }
        if is_here && request.allowed_credentials == AllowedCredentials::Any {
            response.credentials_status = self.lacking();
        }
        Ok(response)
    }
}
