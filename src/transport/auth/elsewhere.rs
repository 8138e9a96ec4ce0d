//! Registries that live elsewhere: a vanity host redirects to another origin, which lets nobody in without a token of its
//! own. It gets no credentials; but where it gives tokens to anyone, one of those will do.

use crate::protocol::auth::challenge;
use crate::protocol::auth::scope::Scopes;
use crate::protocol::url::Url;
use crate::transport::auth::demand::Scheme;
use crate::transport::auth::peek::PeekedBody;
use crate::transport::auth::token::{Asking, Service};
use crate::transport::auth::{AuthLayer, Carried};
use crate::transport::layers::redirect;
use crate::transport::request::{Request, Response};
use crate::transport::{Body, Clock, Result, Transport, read};

/// Times a request is sent with another token: one that is kept may have been revoked.
const ROUNDS: usize = 2;

impl<T: Transport, C: Clock> AuthLayer<T, C> {
    /// Repeats a request that another origin answers with 401 as nobody, with a token that it gives to anyone; the answer
    /// stays what it is where there is none.
    pub(super) async fn as_nobody(
        &self,
        request: &Request<T::Chunk>,
        mut refused: Response<PeekedBody<T::Body>>,
    ) -> Response<PeekedBody<T::Body>> {
        let origin = refused.url.clone().unwrap_or_else(|| request.url.clone());
        let Some((service, told)) = self.service_of(&origin, &refused) else { return refused };
        let headers = match origin.same_origin(&request.url) {
            true => request.headers.clone(),
            false => redirect::impersonal(&request.headers),
        };
        let asked = Request { url: origin.clone(), headers, ..request.clone() };
        // Its repositories may have other names than those that are asked for here.
        let scopes = if told.is_empty() { request.resource.scopes(request.method) } else { told };
        let mut newer_than = 0;
        for _ in 0..ROUNDS {
            // Asking takes a request of its own, which must not wait for this one's place.
            refused.body.release_permit();
            let Ok(answered) = self.with_anonymous_token(&asked, &service, &scopes, &mut newer_than).await else {
                return refused;
            };
            let mut answered = answered;
            answered.url.get_or_insert(origin.clone());
            let before = std::mem::replace(&mut refused, answered);
            read::discard(&*self.clock, before).await;
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
    ) -> Result<Response<PeekedBody<T::Body>>> {
        let (transport, clock, retry, timeout) = (&self.inner, &*self.clock, &self.retry, request.timeout);
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
        let carried = Carried::Token(token.clone());
        let mut response = self.inner.send(&carried.by(request)).await?.map_body(PeekedBody::new);
        response.secrets = carried.secrets();
        if response.status == 401 {
            self.tokens.refuse(&token);
        }
        Ok(response)
    }

    /// The token service that a registry at another origin names, and the scopes; storage has none. Not the registry's own
    /// service: nobody but the registry needs to see its tokens.
    fn service_of(&self, origin: &Url, response: &Response<PeekedBody<T::Body>>) -> Option<(Service, Scopes)> {
        origin.path().contains("/v2/").then_some(())?;
        let challenges = challenge::parse(response.headers.all("www-authenticate"));
        let bearer = challenges.iter().find(|challenge| challenge.scheme == "bearer")?;
        let realm = self.trust.realm(bearer.param("realm")?).ok()?;
        let registry = self.trust.registry();
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
