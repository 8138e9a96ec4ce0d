//! What there is to authenticate with, and asking for it.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use crate::protocol::auth::scope::Scopes;
use crate::protocol::auth::secret::Secret;
use crate::transport::request::{LogicalTime, Login};
use crate::transport::shared::Shared;
use crate::transport::{Error, Result};

/// What to authenticate with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// For a registry that asks for Basic (RFC 7617), or for the token service of one that asks for a token.
    Basic {
        /// Without a colon.
        username: String,
        /// Anything.
        password: Secret,
    },
    /// A ready-made bearer token for the registry (RFC 6750), sent as is.
    Token(Secret),
    /// An OAuth2 refresh token for the token service, "identity token" in docker's words.
    IdentityToken(Secret),
}

impl Credentials {
    /// What no message may show, in each form in which it is sent.
    pub fn secrets(&self) -> Vec<Secret> {
        match self {
            Credentials::Basic { username, password } => {
                vec![Secret::new(crate::transport::auth::pair(username, password)), password.clone()]
            }
            Credentials::Token(token) => vec![token.clone()],
            Credentials::IdentityToken(token) => {
                vec![
                    Secret::new(crate::transport::auth::pair(
                        crate::transport::auth::token::IDENTITY_TOKEN_USER,
                        token,
                    )),
                    token.clone(),
                ]
            }
        }
    }
}

/// What a registry asks for, for whoever is asked for credentials.
#[derive(Debug, Clone)]
pub struct Challenge {
    /// The registry's base URL.
    pub registry: String,
    /// `basic` or `bearer`.
    pub scheme: &'static str,
    /// The token service, or Basic's name for what is protected.
    pub realm: Option<String>,
    /// The token service's name for the registry.
    pub service: Option<String>,
    /// What is about to be done.
    pub scopes: Scopes,
    /// Whether credentials that there were before have been refused, or have expired.
    pub refused: bool,
    /// How often all credentials were forgotten: an answer to a question before that is none to this one.
    pub epoch: u64,
}

/// An answer on its way.
pub type Asked = Pin<Box<dyn Future<Output = Result<Option<Credentials>>>>>;

/// Whoever can be asked for credentials: a login dialog, a store.
pub type Source = Rc<dyn Fn(Challenge) -> Asked>;

/// The credentials of one registry: given from the start, or asked for when they are needed, once per need.
#[derive(Default)]
pub struct Keyring {
    source: Option<Source>,
    held: RefCell<Option<Held>>,
    /// Those that were refused last.
    gone: RefCell<Option<Held>>,
    /// What the source had no credentials for; `None`: it was not asked yet.
    declined: RefCell<Option<Declined>>,
    /// Why the source failed the last time, and when.
    failed: RefCell<Option<(LogicalTime, Error)>>,
    /// Whether credentials were refused since the last ones came.
    refused: Cell<bool>,
    epoch: Cell<u64>,
    /// Calls at the same time ask the source once.
    asking: Shared,
}

struct Held {
    credentials: Credentials,
    /// `None`: given from the start.
    came: Option<LogicalTime>,
}

/// The source has no credentials: a dialog was cancelled, a store has no entry.
struct Declined {
    scopes: Scopes,
    at: LogicalTime,
    /// Nobody in particular was refused since.
    was_in_vain: bool,
}

impl Declined {
    /// Whether a call that began then goes on as nobody: as long as that gets on, or where it was under way already.
    fn holds(&self, scopes: &Scopes, call: LogicalTime) -> bool {
        self.scopes.cover(scopes) && (!self.was_in_vain || self.at > call)
    }
}

impl Keyring {
    /// `held`: given from the start.
    pub fn new(held: Option<Credentials>, source: Option<Source>) -> Self {
        let held = held.map(|credentials| Held { credentials, came: None });
        Self { source, held: RefCell::new(held), ..Self::default() }
    }

    /// The credentials, as far as they are known without asking.
    pub fn held(&self) -> Option<Credentials> {
        self.held.borrow().as_ref().map(|held| held.credentials.clone())
    }

    /// The credentials for a challenge. The source is asked unless it has answered, or declined the same or more. `call`:
    /// when the user's call began. Calls at the same time share an answer, be it a refusal; the next call asks again.
    pub async fn get(&self, challenge: Challenge, call: LogicalTime) -> Result<Option<Credentials>> {
        let Some(source) = &self.source else { return Ok(self.held()) };
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
            let answer = source(Challenge { refused: self.refused.get(), epoch, ..challenge }).await;
            if self.epoch.get() == epoch {
                self.take(&answer, &scopes);
            }
            Ok(answer)
        };
        self.asking.get(None, known, asked).await?
    }

    /// Keeps what the source said.
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

    /// Why a request carries nothing of the user's.
    pub fn lacking(&self) -> Login {
        match (self.held(), &self.source) {
            (Some(_), _) => Login::Unknown,
            (None, Some(_)) => Login::Declined,
            (None, None) => Login::Missing,
        }
    }

    /// Whether there is anyone to ask.
    pub fn has_source(&self) -> bool {
        self.source.is_some()
    }

    /// Whether asking may bring credentials that are not there yet.
    pub fn can_ask(&self, scopes: &Scopes, call: LogicalTime) -> bool {
        let declined = self.declined.borrow().as_ref().is_some_and(|declined| declined.holds(scopes, call));
        self.source.is_some() && self.held.borrow().is_none() && !declined
    }

    /// Whether there are, or asking may bring, others than these: not where they came for a request that began then.
    pub fn may_renew(&self, credentials: &Credentials, began: LogicalTime) -> bool {
        let is_it = |held: &&Held| held.credentials == *credentials;
        let came_since = |held: &Held| held.came.is_some_and(|came| came > began);
        match &*self.held.borrow() {
            Some(held) if !is_it(&held) => true,
            Some(held) => self.source.is_some() && !came_since(held),
            None => self.source.is_some() && !self.gone.borrow().as_ref().filter(is_it).is_some_and(came_since),
        }
    }

    /// They were refused: whoever can be asked is asked anew the next time, unless others have taken their place already.
    pub fn refuse(&self, refused: &Credentials) {
        if self.source.is_none() {
            return;
        }
        let gone = self.held.borrow_mut().take_if(|held| held.credentials == *refused);
        if gone.is_some() {
            self.refused.set(true);
            self.gone.replace(gone);
        }
    }

    /// Nobody in particular was refused: whoever declined is asked again by the next call.
    pub fn refuse_nobody(&self) {
        if let Some(declined) = &mut *self.declined.borrow_mut() {
            declined.was_in_vain = true;
        }
    }

    /// The token service gave a new refresh token for the old one.
    pub fn renew(&self, refresh_token: Secret) {
        if let Some(Held { credentials: Credentials::IdentityToken(held), .. }) = &mut *self.held.borrow_mut() {
            *held = refresh_token;
        }
    }

    /// Forgets all that the source said, and what it is about to say.
    pub fn forget(&self) {
        self.held.borrow_mut().take_if(|held| held.came.is_some());
        self.gone.take();
        self.declined.take();
        self.failed.take();
        self.refused.set(false);
        self.epoch.set(self.epoch.get() + 1);
    }
}
