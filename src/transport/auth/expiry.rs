//! What was good once and may have expired. ECR's passwords live for twelve hours, and then it answers 403; others answer
//! 400 or 403 to a token that has expired or was revoked.

use crate::protocol::http::{Method, error_body};
use crate::transport::auth::demand::Scheme;
use crate::transport::auth::peek::{PeekedBody, peek};
use crate::transport::auth::{Attempt, AuthLayer, Carried};
use crate::transport::request::{Request, Response};
use crate::transport::{Body, Clock, Transport};

/// Beginnings of codes by which a registry says what is wrong with a request, whoever sends it (distribution-spec v1.1.1,
/// "Error codes").
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

impl<T: Transport, C: Clock> AuthLayer<T, C> {
    /// What to carry in place of what is refused, if that may have expired: it is asked for once more. `None` where there
    /// is nothing else.
    pub(super) async fn renewed(
        &self,
        attempt: &Attempt<'_, T::Chunk>,
        carried: &Carried,
        response: &mut Response<PeekedBody<T::Body>>,
    ) -> Option<Carried> {
        let request = attempt.request;
        // The next request asks.
        let may_ask = !request.is_streamed();
        match carried {
            Carried::Given(given) if self.keyring.may_renew(given, attempt.began) => {
                let has_expired = response.status == 401 || self.tells_expiry(request, carried, response).await;
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
                self.carry(&scheme, attempt, &attempt.scopes(), 0).await.ok()
            }
            Carried::Token(token) if response.status != 401 && token.number <= attempt.tokens && !token.is_final => {
                if request.method != Method::Head && is_of_request(&peek(response).await) {
                    return None;
                }
                self.tokens.refuse(token);
                response.body.release_permit();
                let scheme = self.asked.borrow().clone().filter(|_| may_ask)?;
                match self.carry(&scheme, attempt, &token.scopes, token.number).await.ok()? {
                    Carried::Token(other) if other.value == token.value => None,
                    other => Some(other),
                }
            }
            _ => None,
        }
    }

    /// Whether a refusal says that what was carried has expired. HEAD's says nothing: GET's does.
    async fn tells_expiry(
        &self,
        request: &Request<T::Chunk>,
        carried: &Carried,
        response: &mut Response<PeekedBody<T::Body>>,
    ) -> bool {
        let challenges = response.headers.all("www-authenticate");
        if challenges.into_iter().any(|challenge| is_told(challenge.as_bytes())) {
            return true;
        }
        if request.method != Method::Head {
            return is_told(&peek(response).await);
        }
        response.body.release_permit();
        match self.pass(&carried.by(&Request { method: Method::Get, ..request.clone() })).await {
            Ok(mut again) if again.status == response.status => is_told(&peek(&mut again).await),
            _ => false,
        }
    }
}

/// Whether a text says that something has expired.
pub fn is_told(text: &[u8]) -> bool {
    String::from_utf8_lossy(text).to_ascii_lowercase().contains("expired")
}

/// Whether a refusal is about the request, whoever sends it.
fn is_of_request(body: &[u8]) -> bool {
    let errors = error_body::parse(body);
    let is_of_request = |code: &str| OF_REQUESTS.iter().any(|start| code.starts_with(start));
    !errors.is_empty() && errors.iter().all(|error| is_of_request(&error.code))
}
