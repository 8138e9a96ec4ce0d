//! The one place that turns a status into an error.

use std::borrow::Cow;

use super::Error;
use crate::protocol::error_body::{self, ErrorItem};
use crate::protocol::http::{Method, Response};
use crate::protocol::url::Url;
use crate::protocol::{challenge, code, printable, secret};

/// The error that a response without success tells of (distribution-spec v1.1.1, "Error codes").
pub fn of(method: Method, url: &Url, response: &Response<Vec<u8>>, now_unix_ms: u64) -> Error {
    let status = response.status;
    let body = &secret::redacted(&response.body, &response.secrets);
    let errors = error_body::parse(body);
    let told_code = errors.iter().find(|item| !item.code.is_empty()).map(|item| Cow::Owned(item.code.clone()));
    let code = told_code.unwrap_or(Cow::Borrowed(code_of_status(status)));
    let said = if errors.is_empty() { error_body::excerpt(body) } else { Some(told(&errors)) };
    let mut message = format!("{method} {} failed with status {status}", url.redacted());
    if let Some(said) = said.filter(|said| !said.is_empty()) {
        message.push_str(": ");
        message.push_str(&said);
    }
    if let Some(hint) = hint(response) {
        message.push_str(&hint);
    }
    let mut error = Error::new(code, message).at(method, url).with_status(status);
    error.retry_after = response.retry_after(now_unix_ms);
    error.errors = errors;
    error
}

fn code_of_status(status: u16) -> &'static str {
    match status {
        401 => code::AUTH_REQUIRED,
        403 => code::DENIED,
        404 => code::NOT_FOUND,
        405 => code::UNSUPPORTED,
        413 => code::TOO_LARGE,
        429 => code::RATE_LIMITED,
        _ => code::HTTP_ERROR,
    }
}

fn told(errors: &[ErrorItem]) -> String {
    const LIMIT: usize = 1_000;
    let told = errors.iter().map(|item| match (item.code.as_str(), item.message.as_str()) {
        ("", message) => message.to_owned(),
        (code, "") => code.to_owned(),
        (code, message) => format!("{code}: {message}"),
    });
    printable::excerpt(&told.collect::<Vec<_>>().join("; "), LIMIT)
}

/// What a 401 asks for, where it says so and the page can see it.
fn hint<B>(response: &Response<B>) -> Option<String> {
    if response.status != 401 {
        return None;
    }
    let challenges = challenge::parse(response.headers.all("www-authenticate"));
    let schemes: Vec<_> = challenges.iter().map(|challenge| challenge.scheme.as_str()).collect();
    if !schemes.is_empty() {
        return Some(format!(" (the registry asks for {} authentication)", schemes.join(" or ")));
    }
    response.headers_filtered.then(|| {
        " (how it wants to be asked is hidden from this page: the registry would have to name WWW-Authenticate in \
         Access-Control-Expose-Headers, or the caller the token service as authServiceUrl)"
            .to_owned()
    })
}
