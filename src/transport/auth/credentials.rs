//! What there is to authenticate with, and asking for it.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use super::super::Result;
use super::super::shared::Shared;
use crate::protocol::http::Login;
use crate::protocol::scope::Scopes;
use crate::protocol::secret::Secret;

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
                vec![Secret::new(super::pair(username, password)), password.clone()]
            }
            Credentials::Token(token) => vec![token.clone()],
            Credentials::IdentityToken(token) => {
                vec![Secret::new(super::pair(super::token::IDENTITY_TOKEN_USER, token)), token.clone()]
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
}

/// An answer on its way.
pub type Asked = Pin<Box<dyn Future<Output = Result<Option<Credentials>>>>>;

/// Whoever can be asked for credentials: a login dialog, a store.
pub type Source = Rc<dyn Fn(Challenge) -> Asked>;

/// The credentials of one registry: given from the start, or asked for when they are needed, once per need.
#[derive(Default)]
pub struct Keyring {
    source: Option<Source>,
    held: RefCell<Option<Credentials>>,
    /// What the source had no credentials for; `None`: it was not asked yet.
    declined: RefCell<Option<Scopes>>,
    /// Calls at the same time ask the source once.
    asking: Shared,
}

impl Keyring {
    /// `held`: given from the start.
    pub fn new(held: Option<Credentials>, source: Option<Source>) -> Self {
        Self { source, held: RefCell::new(held), ..Self::default() }
    }

    /// The credentials, as far as they are known without asking.
    pub fn held(&self) -> Option<Credentials> {
        self.held.borrow().clone()
    }

    /// The credentials for a challenge. The source is asked unless it has answered, or declined the same or more.
    pub async fn get(&self, challenge: Challenge) -> Result<Option<Credentials>> {
        let Some(source) = &self.source else { return Ok(self.held()) };
        let scopes = challenge.scopes.clone();
        let known = || match self.held() {
            None if self.can_ask(&scopes) => None,
            held => Some(held),
        };
        let asked = async {
            let answer = source(challenge).await?;
            if answer.is_none() {
                let declined = self.declined.take().unwrap_or_default().with(&scopes);
                self.declined.replace(Some(declined));
            }
            self.held.replace(answer.clone());
            Ok(answer)
        };
        self.asking.get(None, known, asked).await
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
    pub fn can_ask(&self, scopes: &Scopes) -> bool {
        let declined = self.declined.borrow().as_ref().is_some_and(|declined| declined.cover(scopes));
        self.source.is_some() && self.held.borrow().is_none() && !declined
    }

    /// They were refused: whoever can be asked is asked anew the next time, unless others have taken their place already.
    pub fn refuse(&self, refused: &Credentials) {
        if self.source.is_some() {
            self.held.borrow_mut().take_if(|held| held == refused);
        }
    }

    /// The token service gave a new refresh token for the old one.
    pub fn renew(&self, refresh_token: Secret) {
        if let Some(Credentials::IdentityToken(held)) = &mut *self.held.borrow_mut() {
            *held = refresh_token;
        }
    }
}
