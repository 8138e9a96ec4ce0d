//! Registries behind a redirect: a vanity host redirects to another origin, which requires a token of its own. The
//! credentials are not sent there, but a token that its service issues anonymously is.

use crate::protocol::auth::challenge;
use crate::protocol::auth::scope::Scopes;
use crate::protocol::url::Url;
use crate::transport::auth::authenticator::{Authenticator, Authorization};
use crate::transport::auth::demand::Scheme;
use crate::transport::auth::token::{Asking, Service};
use crate::transport::auth::{AuthContext, Peeked};
use crate::transport::layers::redirect;
use crate::transport::request::Request;
use crate::transport::{Body, Clock, Result, Transport, read};

/// The number of attempts with a new token; a cached one may have been revoked.
const ROUNDS: usize = 2;

impl<T: Transport, C: Clock> Authenticator<T, C> {
    /// Repeats an anonymous request that another origin rejected with 401, with an anonymous token of that origin.
    /// Returns the original response if no token is available.
    pub(super) async fn as_nobody(&self, request: &Request<T::Chunk>, mut refused: Peeked<T>) -> Peeked<T> {
        let origin = refused.url.clone().unwrap_or_else(|| request.url.clone());
        let Some((service, told)) = self.service_of(&origin, &refused) else { return refused };
        let headers = match origin.same_origin(&request.url) {
            true => request.headers.clone(),
            false => redirect::impersonal(&request.headers),
        };
        let asked = Request { url: origin.clone(), headers, ..request.clone() };
        // The repository may have another name at that origin.
        let scopes = if told.is_empty() { request.resource.scopes(request.method) } else { told };
        let mut newer_than = 0;
        for _ in 0..ROUNDS {
            // The token request needs a permit of its own and must not wait for this one's.
            refused.body.release_permit();
            let Ok(answered) = self.with_anonymous_token(&asked, &service, &scopes, &mut newer_than).await else {
                return refused;
            };
            let mut answered = answered;
            answered.url.get_or_insert(origin.clone());
            let before = std::mem::replace(&mut refused, answered);
            read::discard(&*self.context.clock, before).await;
            if refused.status != 401 {
                break;
            }
        }
        refused
    }

    async fn with_anonymous_token(
        &self,
        request: &Request<T::Chunk>,
        service: &Service,
        scopes: &Scopes,
        newer_than: &mut u64,
    ) -> Result<Peeked<T>> {
        let AuthContext { transport, clock, retry, .. } = &*self.context;
        let (transport, clock, timeout) = (&**transport, &**clock, request.timeout);
        let retry_budget = request.retry_budget.for_subrequest();
        let asking = Asking {
            transport,
            clock,
            retry,
            service,
            credentials: None,
            newer_than: *newer_than,
            timeout,
            retry_budget,
        };
        let (token, _) = self.tokens.get(&asking, scopes).await?;
        *newer_than = token.number;
        let authorization = Authorization::Token(token.clone());
        let mut response = self.pass(&authorization.applied_to(request)).await?;
        response.secrets = authorization.secrets();
        if response.status == 401 {
            self.tokens.refuse(&token);
        }
        Ok(response)
    }

    /// Returns the token service and the scopes that a registry at another origin names; storage has none. The
    /// registry's own token service is excluded: its tokens must not be sent to another origin.
    fn service_of(&self, origin: &Url, response: &Peeked<T>) -> Option<(Service, Scopes)> {
        origin.path().contains("/v2/").then_some(())?;
        let challenges = challenge::parse(response.headers.all("www-authenticate"));
        let bearer = challenges.iter().find(|challenge| challenge.scheme == "bearer")?;
        let realm = self.context.trust.realm(bearer.param("realm")?).ok()?;
        let registry = self.context.trust.registry();
        let is_own = match &*self.asked.borrow() {
            Some(Scheme::Bearer(own)) => own.realm.same_origin(&realm),
            _ => realm.same_origin(registry),
        };
        if is_own || (realm.shares_domain(registry) && !origin.shares_domain(registry)) {
            return None;
        }
        let name = bearer.param("service").filter(|name| !name.is_empty()).map(str::to_owned);
        let service = Service { realm, name, origin: Some(origin.origin()) };
        Some((service, bearer.param("scope").map(Scopes::parse).unwrap_or_default()))
    }
}
