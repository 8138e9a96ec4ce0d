//! Renewal of expired credentials and tokens. ECR's passwords are valid for twelve hours, after which it responds with
//! 403; other registries respond with 400 or 403 to an expired or revoked token.

use crate::protocol::http::{Method, error_body};
use crate::transport::auth::Peeked;
use crate::transport::auth::authenticator::{Attempt, Authenticator, Authorization};
use crate::transport::auth::demand::Scheme;
use crate::transport::auth::peek::peek;
use crate::transport::request::Request;
use crate::transport::{Body, Clock, Transport};

/// Prefixes of the error codes that concern the request, not its credentials (distribution-spec v1.1.1, "Error codes").
const OF_REQUESTS: &[&str] = &[
    "BLOB_",
    "DIGEST_",
    "MANIFEST_",
    "NAME_",
    "PAGINATION_",
    "RANGE_",
    "SIZE_",
    "TAG_",
    "TOOMANYREQUESTS",
    "UNSUPPORTED",
];

impl<T: Transport, C: Clock> Authenticator<T, C> {
    /// Returns new credentials for a rejected request if the old ones may have expired; they are requested once. `None`
    /// if there are no others.
    pub(super) async fn renewed(
        &self,
        attempt: &Attempt<'_, T::Chunk>,
        authorization: &Authorization,
        response: &mut Peeked<T>,
    ) -> Option<Authorization> {
        let request = attempt.request;
        // A streamed request cannot be repeated; the next request asks for credentials.
        let may_ask = !request.is_streamed();
        match authorization {
            Authorization::Credentials(given) if self.keyring.may_renew(given, attempt.began) => {
                let has_expired = response.status == 401 || self.tells_expiry(request, authorization, response).await;
                if !has_expired {
                    return None;
                }
                self.keyring.refuse(given);
                response.body.release_permit();
                let told = self.demanded(response).ok().flatten().map(|(scheme, _)| scheme);
                let scheme = told.or_else(|| self.asked.borrow().clone()).unwrap_or(Scheme::Basic { realm: None });
                let challenge = may_ask.then(|| self.challenge(&scheme, &attempt.scopes()))?;
                let other = self.keyring.get(challenge, request.call).await.ok()??;
                if other == *given {
                    return None;
                }
                self.authorize(&scheme, attempt, &attempt.scopes(), 0).await.ok()
            }
            Authorization::Token(token)
                if response.status != 401 && token.number <= attempt.tokens && !token.is_final =>
            {
                if request.method != Method::Head && is_of_request(&peek(response).await) {
                    return None;
                }
                self.tokens.refuse(token);
                response.body.release_permit();
                let scheme = self.asked.borrow().clone().filter(|_| may_ask)?;
                match self.authorize(&scheme, attempt, &token.scopes, token.number).await.ok()? {
                    Authorization::Token(other) if other.value == token.value => None,
                    other => Some(other),
                }
            }
            _ => None,
        }
    }

    /// Returns true if a response says that the credentials have expired. The response to a HEAD has no body, so a GET
    /// is sent for it.
    async fn tells_expiry(
        &self,
        request: &Request<T::Chunk>,
        authorization: &Authorization,
        response: &mut Peeked<T>,
    ) -> bool {
        let challenges = response.headers.all("www-authenticate");
        if challenges.into_iter().any(|challenge| is_told(challenge.as_bytes())) {
            return true;
        }
        if request.method != Method::Head {
            return is_told(&peek(response).await);
        }
        response.body.release_permit();
        match self.pass(&authorization.applied_to(&Request { method: Method::Get, ..request.clone() })).await {
            Ok(mut again) if again.status == response.status => is_told(&peek(&mut again).await),
            _ => false,
        }
    }
}

/// Returns true if a text mentions an expiry.
pub fn is_told(text: &[u8]) -> bool {
    String::from_utf8_lossy(text).to_ascii_lowercase().contains("expired")
}

/// Returns true if all errors concern the request, regardless of its credentials.
fn is_of_request(body: &[u8]) -> bool {
    let errors = error_body::parse(body);
    let is_of_request = |code: &str| OF_REQUESTS.iter().any(|start| code.starts_with(start));
    !errors.is_empty() && errors.iter().all(|error| is_of_request(&error.code))
}
