//! Authentication: which credentials a request carries, and when (RFC 9110 §11; distribution docs, spec/auth).
//!
//! Credentials are sent only after the registry's challenge, except a bearer token that the user gave. The challenge is
//! remembered, so that later requests are authenticated at once. Only requests to the registry's own origin carry the
//! user's credentials.
//!
//! The package loads this code only when a registry challenges, or for a token that the user gave. [`AuthLayer`] decides
//! that; everything else is behind [`Authenticate`], so the other modules are private.

mod authenticator;
mod basic;
mod credentials;
mod demand;
mod expiry;
mod layer;
mod peek;
mod redirected;
mod session;
mod token;

pub use crate::transport::auth::authenticator::create;
pub use crate::transport::auth::credentials::{Challenge, Credentials, CredentialsCallback, PendingCredentials};
pub use crate::transport::auth::layer::AuthLayer;
pub use crate::transport::auth::peek::PeekedBody;

use std::rc::Rc;

use crate::protocol::url::Url;
use crate::transport::layers::retry::Retry;
use crate::transport::request::{LogicalTime, Request, Response};
use crate::transport::trust::Trust;
use crate::transport::{Clock, Transport, Work};

/// The settings of authentication.
#[derive(Clone, Default)]
pub struct AuthSettings {
    /// Credentials given from the start.
    pub credentials: Option<Credentials>,
    /// Called when the registry challenges.
    pub callback: Option<CredentialsCallback>,
    /// The token service to use instead of the one that the registry names, or hides.
    pub service: Option<Url>,
}

impl AuthSettings {
    /// Returns true if there is anything to authenticate with.
    fn is_set(&self) -> bool {
        self.credentials.is_some() || self.callback.is_some() || self.service.is_some()
    }
}

/// What the authentication of a client works with.
pub struct AuthContext<T, C> {
    /// Sends the requests, also those for tokens.
    pub transport: Rc<T>,
    /// The clock for expiry times.
    pub clock: Rc<C>,
    /// The retry policy of token requests.
    pub retry: Retry<C>,
    /// Decides where credentials may be sent.
    pub trust: Trust,
    /// The user's settings.
    pub settings: AuthSettings,
}

/// Loads the code that authenticates.
pub trait LoadAuth<T: Transport, C> {
    /// Returns the code, and loads it first if necessary.
    ///
    /// # Errors
    ///
    /// `MODULE_NOT_LOADED`. The next call tries again.
    fn load(&self) -> Work<'_, NewAuthenticator<T, C>>;

    /// Starts to load the code, which will probably be needed. A failure shows when it is.
    fn prepare(&self) {}
}

/// The loader of a program that has the code from the start.
pub struct BuiltIn;

impl<T: Transport, C: Clock> LoadAuth<T, C> for BuiltIn {
    fn load(&self) -> Work<'_, NewAuthenticator<T, C>> {
        Box::pin(async { Ok(create as NewAuthenticator<T, C>) })
    }
}

/// Creates the authenticator of a client.
pub type NewAuthenticator<T, C> = fn(Rc<AuthContext<T, C>>) -> Rc<dyn Authenticate<T>>;

/// A response whose body may be peeked at.
pub type Peeked<T> = Response<PeekedBody<<T as Transport>::Body>>;

/// Authenticates a client's requests.
pub trait Authenticate<T: Transport> {
    /// Sends a request, which may carry credentials, with the authentication that it requires.
    fn send<'a>(&'a self, request: &'a Request<T::Chunk>) -> Work<'a, Peeked<T>>;

    /// Continues after the response to a request that was sent without authentication at `began`, before there was an
    /// authenticator.
    fn resume<'a>(
        &'a self,
        request: &'a Request<T::Chunk>,
        began: LogicalTime,
        response: Peeked<T>,
    ) -> Work<'a, Peeked<T>>;

    /// Returns true if there are credentials, without calling the callback.
    fn has_credentials(&self) -> bool;

    /// Returns true if credentials of the callback were refused, and no others given since.
    fn has_lost_credentials(&self) -> bool;

    /// Returns true if a request may call the callback.
    fn may_ask_for_credentials(&self) -> bool;

    /// Forgets the callback's credentials, and all tokens and sessions.
    fn forget_credentials(&self);
}
