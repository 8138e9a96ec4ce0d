//! Selects the authentication scheme and scopes from a registry's challenge.

use crate::protocol::auth::challenge;
use crate::protocol::auth::scope::Scopes;
use crate::transport::auth::authenticator::{Attempt, Authenticator, Authorization};
use crate::transport::auth::token::Service;
use crate::transport::auth::{Challenge, Credentials, Peeked};
use crate::transport::{Clock, Result, Transport};

/// The placeholder scope in GHCR's challenge for `/v2/`, which is not a real repository.
const PLACEHOLDER: &str = "repository:user/image:pull";

/// The authentication scheme of a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Scheme {
    Basic {
        realm: Option<String>,
    },
    Bearer(Service),
    /// The token sessions of V1.
    Session,
}

impl<T: Transport, C: Clock> Authenticator<T, C> {
    pub(super) fn challenge(&self, scheme: &Scheme, scopes: &Scopes) -> Challenge {
        let (name, realm, service) = match scheme {
            Scheme::Basic { realm } => ("basic", realm.clone(), None),
            Scheme::Bearer(service) => ("bearer", Some(service.realm.redacted()), service.name.clone()),
            Scheme::Session => ("token", None, None),
        };
        let registry = self.context.trust.registry().to_string();
        Challenge { registry, scheme: name, realm, service, scopes: scopes.clone(), refused: false, epoch: 0 }
    }

    /// Returns the scheme and scopes with which a rejected request can be repeated; `None` if nothing would help.
    pub(super) fn refused(
        &self,
        attempt: &Attempt<'_, T::Chunk>,
        authorization: &Authorization,
        is_first: bool,
        response: &Peeked<T>,
    ) -> Result<Option<(Scheme, Scopes)>> {
        let is_demand = response.status == 401;
        // Some registries send 403 without a challenge to anonymous requests.
        let demanded = if is_demand { self.demanded(response)? } else { None };
        let known = || self.asked.borrow().clone().filter(|_| !is_demand).map(|scheme| (scheme, Scopes::default()));
        let Some((scheme, told)) = demanded.or_else(known) else { return Ok(None) };
        let scopes = attempt.scopes().with(&told);
        let helps = match authorization {
            Authorization::None => is_demand,
            Authorization::Credentials(given) => {
                is_demand && matches!((given, &scheme), (Credentials::Basic { .. }, Scheme::Bearer(_)))
            }
            Authorization::Token(token) => {
                let more = token.is_anonymous && self.keyring.can_ask(&scopes, attempt.request.call);
                if is_demand {
                    self.tokens.refuse(token);
                }
                // The token has expired or its scopes are too narrow. A token fetched for this request may have expired
                // between two attempts.
                let is_old = token.number <= attempt.tokens || !token.is_fresh(self.context.clock.now());
                more || (is_demand && (is_old || !token.scopes.cover(&scopes)))
            }
            Authorization::Session(session) => {
                self.sessions.refuse(session);
                is_demand && is_first
            }
        };
        Ok(helps.then_some((scheme, scopes)))
    }

    /// Returns the first scheme of a 401 that this client supports, and the scopes in the challenge.
    pub(super) fn demanded(&self, response: &Peeked<T>) -> Result<Option<(Scheme, Scopes)>> {
        let challenges = challenge::parse(response.headers.all("www-authenticate"));
        let held = self.keyring.held();
        let has_password = matches!(held, Some(Credentials::Basic { .. }));
        for challenge in &challenges {
            let param = |name| challenge.param(name).filter(|value| !value.is_empty());
            match challenge.scheme.as_str() {
                "basic" if has_password || (held.is_none() && self.keyring.has_callback()) => {
                    let realm = param("realm").map(str::to_owned);
                    return Ok(Some((Scheme::Basic { realm }, Scopes::default())));
                }
                "token" => return Ok(Some((Scheme::Session, Scopes::default()))),
                "bearer" => {
                    let told = param("service").map(str::to_owned);
                    let service = match &self.service {
                        Some(named) => Service { name: named.name.clone().or(told), ..named.clone() },
                        None => Service {
                            realm: self.context.trust.realm(param("realm").unwrap_or_default())?,
                            name: told,
                            origin: None,
                        },
                    };
                    let scopes = param("scope").filter(|scope| *scope != PLACEHOLDER).map(Scopes::parse);
                    return Ok(Some((Scheme::Bearer(service), scopes.unwrap_or_default())));
                }
                _ => {}
            }
        }
        // A cross-origin page may not see the challenge, so the client's settings for this registry decide.
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
