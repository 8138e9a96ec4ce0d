//! Redirects, mostly to object storage. Outside of pages each redirect is checked here before it is followed. In a page
//! the browser follows them, and only the final URL can be checked.

use std::rc::Rc;

use crate::protocol::code;
use crate::protocol::http::{Headers, Method};
use crate::protocol::url::Url;
use crate::transport::request::{Request, Response};
use crate::transport::trust::Trust;
use crate::transport::{Clock, Error, Result, Stage, Transport, read};

/// The maximum number of redirects in a row.
const MOST: usize = 10;
/// Header fields that do not identify the user.
const IMPERSONAL: &[&str] = &["accept", "content-type", "range", "user-agent"];

/// Follows redirects where [`Trust`] allows it. Header fields that may identify the caller are never sent to another
/// origin.
pub struct RedirectLayer<T, C> {
    inner: T,
    clock: Rc<C>,
    trust: Trust,
}

impl<T: Transport, C: Clock> RedirectLayer<T, C> {
    /// Wraps a transport.
    pub fn new(inner: T, clock: Rc<C>, trust: Trust) -> Self {
        Self { inner, clock, trust }
    }

    /// Returns the next request, if the response is a redirect that can be followed.
    fn next(&self, request: &Request<T::Chunk>, response: &Response<T::Body>) -> Result<Option<Request<T::Chunk>>> {
        let is_followed = match response.status {
            // 301 and 302 keep the method too. RFC 9110 §15.4.2 lets a client turn POST into GET, but then nothing would be
            // pushed.
            301 | 302 | 307 | 308 => !request.is_streamed(),
            // The request was processed, and its result is elsewhere.
            303 => matches!(request.method, Method::Get | Method::Head),
            _ => false,
        };
        let Some(location) = response.headers.get("location").filter(|_| is_followed) else { return Ok(None) };
        if !request.follows_redirects {
            return Err(Error::new(
                code::UNTRUSTED_LOCATION,
                "refused to follow a redirect with credentials in the body",
            ));
        }
        let url = request.url.join(location)?;
        self.trust.redirect(&request.url, &url)?;
        let headers =
            if url.same_origin(&request.url) { request.headers.clone() } else { impersonal(&request.headers) };
        Ok(Some(Request { url, headers, ..request.clone() }))
    }

    async fn send_on(
        &self,
        request: &Request<T::Chunk>,
        hops: &mut Vec<Request<T::Chunk>>,
    ) -> Result<Response<T::Body>> {
        loop {
            let asked = hops.last().unwrap_or(request);
            let mut response = self
                .inner
                .send(asked)
                .await
                .map_err(|error| if hops.is_empty() { error } else { of_redirect(error) })?;
            if let Some(came_from) = &response.url {
                let may_be = self.trust.redirect(&asked.url, came_from);
                may_be.map_err(of_redirect)?;
                if asked.method == Method::Post && matches!(response.status, 200 | 404 | 405) {
                    return Err(became_get(came_from).with_status(response.status));
                }
            }
            let next = self.next(asked, &response);
            match next.map_err(of_redirect)? {
                None => {
                    let came_from: Option<&Url> = hops.last().map(|last| &last.url);
                    response.url = response.url.or_else(|| came_from.cloned());
                    return Ok(response);
                }
                Some(_) if hops.len() == MOST => {
                    let error = Error::new(code::INVALID_RESPONSE, format!("more than {MOST} redirects in a row"));
                    return Err(of_redirect(error));
                }
                Some(next) => {
                    read::discard(&*self.clock, response).await;
                    hops.push(next);
                }
            }
        }
    }
}

impl<T: Transport, C: Clock> Transport for RedirectLayer<T, C> {
    type Chunk = T::Chunk;
    type Body = T::Body;

    async fn send(&self, request: &Request<Self::Chunk>) -> Result<Response<Self::Body>> {
        let result = self.send_on(request, &mut Vec::new()).await;
        result.map_err(|error| error.at(request.method, &request.url))
    }
}

fn of_redirect(error: Error) -> Error {
    error.with_stage(Stage::Redirect)
}

/// Returns the error for a status that the POST of an upload never gets: the browser followed the redirect with GET.
fn became_get(came_from: &Url) -> Error {
    let message = format!(
        "this registry redirects POST to {0} with a status for which browsers switch to GET: nothing was sent; use \
         {0} as host, or redirect with 307 or 308",
        came_from.origin()
    );
    Error::new(code::INVALID_RESPONSE, message).because("this registry redirects POST, which browsers turn into GET")
}

/// Returns the header fields that may be sent to any origin.
pub fn impersonal(headers: &Headers) -> Headers {
    let mut kept = Headers::new();
    for (name, value) in headers.iter().filter(|(name, _)| IMPERSONAL.contains(name)) {
        kept.append(name, value);
    }
    kept
}
