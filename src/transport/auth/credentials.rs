//! The user's credentials, and the callback that provides them on demand.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use crate::protocol::auth::scope::Scopes;
use crate::protocol::auth::secret::Secret;
use crate::transport::auth::basic;
use crate::transport::request::{CredentialsStatus, LogicalTime};
use crate::transport::shared::Shared;
use crate::transport::{Error, Result};

/// Credentials for a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// For Basic authentication (RFC 7617), at the registry or at its token service.
    Basic {
        /// The user name, without a colon.
        username: String,
        /// The password.
        password: Secret,
    },
    /// A bearer token for the registry (RFC 6750), sent as it is.
    Token(Secret),
    /// An OAuth2 refresh token for the token service; docker calls it an identity token.
    IdentityToken(Secret),
}

impl Credentials {
    /// The secrets that messages redact, in each form in which they are sent.
    pub fn secrets(&self) -> Vec<Secret> {
        match self {
            Credentials::Basic { username, password } => {
                vec![Secret::new(basic::pair(username, password)), password.clone()]
            }
            Credentials::Token(token) => vec![token.clone()],
            Credentials::IdentityToken(token) => {
                vec![Secret::new(basic::pair(crate::transport::auth::token::IDENTITY_TOKEN_USER, token)), token.clone()]
            }
        }
    }
}

/// The challenge that the callback is given.
#[derive(Debug, Clone)]
pub struct Challenge {
    /// The registry's base URL.
    pub registry: String,
    /// `basic` or `bearer`.
    pub scheme: &'static str,
    /// The token service, or the realm of Basic authentication.
    pub realm: Option<String>,
    /// The token service's name for the registry.
    pub service: Option<String>,
    /// The scopes that the request needs.
    pub scopes: Scopes,
    /// Whether earlier credentials were refused or have expired.
    pub refused: bool,
    /// How often all credentials were forgotten. An answer from an earlier epoch does not answer this challenge.
    pub epoch: u64,
}

/// The callback's answer; `None`: continue anonymously.
pub type PendingCredentials = Pin<Box<dyn Future<Output = Result<Option<Credentials>>>>>;

/// A callback that provides credentials, from a login dialog or a credential store.
pub type CredentialsCallback = Rc<dyn Fn(Challenge) -> PendingCredentials>;

/// The credentials of one registry: given from the start, or by the callback on the first challenge.
#[derive(Default)]
pub struct Keyring {
    callback: Option<CredentialsCallback>,
    held: RefCell<Option<Held>>,
    /// The credentials that were refused last.
    gone: RefCell<Option<Held>>,
    /// The scopes for which the callback had no credentials; `None` if it was not called yet.
    declined: RefCell<Option<Declined>>,
    /// The callback's last error, and when it came.
    failed: RefCell<Option<(LogicalTime, Error)>>,
    /// Whether credentials were refused since the callback gave the last ones.
    refused: Cell<bool>,
    epoch: Cell<u64>,
    /// Makes concurrent calls share one call of the callback.
    asking: Shared,
}

struct Held {
    credentials: Credentials,
    /// `None`: given from the start.
    came: Option<LogicalTime>,
}

/// The callback gave no credentials: a dialog was cancelled, a store has no entry.
struct Declined {
    scopes: Scopes,
    at: LogicalTime,
    /// Whether an anonymous request was refused since.
    was_in_vain: bool,
}

impl Declined {
    /// Whether a call that began at `call` continues anonymously: until an anonymous request is refused, or if the call was
    /// under way when the callback declined.
    fn holds(&self, scopes: &Scopes, call: LogicalTime) -> bool {
        self.scopes.cover(scopes) && (!self.was_in_vain || self.at > call)
    }
}

impl Keyring {
    /// `held`: given from the start.
    pub fn new(held: Option<Credentials>, callback: Option<CredentialsCallback>) -> Self {
        let held = held.map(|credentials| Held { credentials, came: None });
        Self { callback, held: RefCell::new(held), ..Self::default() }
    }

    /// The credentials that are known without calling the callback.
    pub fn held(&self) -> Option<Credentials> {
        self.held.borrow().as_ref().map(|held| held.credentials.clone())
    }

    /// Whether the callback may be called.
    pub fn may_ask(&self) -> bool {
        self.callback.is_some() && self.held.borrow().is_none()
    }

    /// The credentials for a challenge. The callback is called unless it has answered, or has declined the same scopes or
    /// wider ones. `call`: when the user's call began. Concurrent calls share an answer, also an error; the next call asks
    /// again.
    pub async fn get(&self, challenge: Challenge, call: LogicalTime) -> Result<Option<Credentials>> {
        let Some(callback) = &self.callback else { return Ok(self.held()) };
        let scopes = challenge.scopes.clone();
        let known = || match self.held() {
            None => match &*self.failed.borrow() {
                Some((at, error)) if *at > call => Some(Err(error.clone())),
                _ if self.can_ask(&scopes, call) => None,
                _ => Some(Ok(None)),
            },
            held => Some(Ok(held)),
        };
        let asked = async {
            let epoch = self.epoch.get();
            let answer = callback(Challenge { refused: self.refused.get(), epoch, ..challenge }).await;
            if self.epoch.get() == epoch {
                self.take(&answer, &scopes);
            }
            Ok(answer)
        };
        self.asking.get(None, known, asked).await?
    }

    /// Keeps the callback's answer.
    fn take(&self, answer: &Result<Option<Credentials>>, scopes: &Scopes) {
        let at = LogicalTime::now();
        self.failed.take();
        match answer {
            Ok(Some(credentials)) => {
                self.held.replace(Some(Held { credentials: credentials.clone(), came: Some(at) }));
                self.refused.set(false);
            }
            Ok(None) => {
                let before = self.declined.take().filter(|declined| !declined.was_in_vain);
                let scopes = before.map(|declined| declined.scopes).unwrap_or_default().with(scopes);
                self.declined.replace(Some(Declined { scopes, at, was_in_vain: false }));
            }
            Err(error) => {
                self.failed.replace(Some((at, error.clone())));
            }
        }
    }

    /// Why a request carries no credentials.
    pub fn lacking(&self) -> CredentialsStatus {
        match (self.held(), &self.callback) {
            (Some(_), _) => CredentialsStatus::Unknown,
            (None, Some(_)) => CredentialsStatus::Declined,
            (None, None) => CredentialsStatus::Missing,
        }
    }

    /// Whether there is a callback.
    pub fn has_callback(&self) -> bool {
        self.callback.is_some()
    }

    /// Whether the callback may give credentials where there are none yet.
    pub fn can_ask(&self, scopes: &Scopes, call: LogicalTime) -> bool {
        let declined = self.declined.borrow().as_ref().is_some_and(|declined| declined.holds(scopes, call));
        self.callback.is_some() && self.held.borrow().is_none() && !declined
    }

    /// Whether there are other credentials than these, or the callback may give some. Not if these came after `began`.
    pub fn may_renew(&self, credentials: &Credentials, began: LogicalTime) -> bool {
        let is_it = |held: &&Held| held.credentials == *credentials;
        let came_since = |held: &Held| held.came.is_some_and(|came| came > began);
        match &*self.held.borrow() {
            Some(held) if !is_it(&held) => true,
            Some(held) => self.callback.is_some() && !came_since(held),
            None => self.callback.is_some() && !self.gone.borrow().as_ref().filter(is_it).is_some_and(came_since),
        }
    }

    /// Drops credentials that were refused, so that the callback is called again, unless they were replaced already.
    pub fn refuse(&self, refused: &Credentials) {
        if self.callback.is_none() {
            return;
        }
        let gone = self.held.borrow_mut().take_if(|held| held.credentials == *refused);
        if gone.is_some() {
            self.refused.set(true);
            self.gone.replace(gone);
        }
    }

    /// Whether credentials were refused since the callback gave the last ones.
    pub fn has_lost(&self) -> bool {
        self.refused.get()
    }

    /// Records that an anonymous request was refused: after declining, the callback is called again by the next call.
    pub fn refuse_nobody(&self) {
        if let Some(declined) = &mut *self.declined.borrow_mut() {
            declined.was_in_vain = true;
        }
    }

    /// Replaces the refresh token by the one that the token service returned.
    pub fn renew(&self, refresh_token: Secret) {
        if let Some(Held { credentials: Credentials::IdentityToken(held), .. }) = &mut *self.held.borrow_mut() {
            *held = refresh_token;
        }
    }

    /// Forgets the callback's answers, and the one that is pending.
    pub fn forget(&self) {
        self.held.borrow_mut().take_if(|held| held.came.is_some());
        self.gone.take();
        self.declined.take();
        self.failed.take();
        self.refused.set(false);
        self.epoch.set(self.epoch.get() + 1);
    }
}
