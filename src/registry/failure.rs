//! The one place that turns a status into an error.

use std::borrow::Cow;

use crate::protocol::error_body::{self, ErrorItem};
use crate::protocol::http::{Headers, Method};
use crate::protocol::url::Url;
use crate::protocol::{challenge, code, retry_after};
use crate::transport::Error;

/// Bytes of an error's body that are read.
pub const BODY_LIMIT: u64 = 64 * 1024;

/// The error that an answer without success tells of (distribution-spec v1.1.1, "Error codes").
pub fn error(method: Method, url: &Url, status: u16, headers: &Headers, body: &[u8]) -> Error {
    let errors = error_body::parse(body);
    let told_code = errors.iter().find(|item| !item.code.is_empty()).map(|item| Cow::Owned(item.code.clone()));
    let code = told_code.unwrap_or(Cow::Borrowed(code_of_status(status)));
    let said = if errors.is_empty() { error_body::excerpt(body) } else { Some(told(&errors)) };
    let mut message = format!("{method} {} failed with status {status}", url.redacted());
    if let Some(said) = said.filter(|said| !said.is_empty()) {
        message.push_str(": ");
        message.push_str(&said);
    }
    if let Some(hint) = hint(status, headers) {
        message.push_str(&hint);
    }
    let mut error = Error::new(code, message).at(method, url).with_status(status);
    // Without the date of the answer a Retry-After date says nothing that can be trusted.
    let date = headers.get("date").and_then(retry_after::unix_ms).unwrap_or(0);
    error.retry_after = headers.get("retry-after").and_then(|value| retry_after::parse(value, date));
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
    let told = errors.iter().map(|item| match (item.code.as_str(), item.message.as_str()) {
        ("", message) => message.to_owned(),
        (code, "") => code.to_owned(),
        (code, message) => format!("{code}: {message}"),
    });
    told.collect::<Vec<_>>().join("; ")
}

/// What a 401 asks for, where it says so.
fn hint(status: u16, headers: &Headers) -> Option<String> {
    if status != 401 {
        return None;
    }
    let challenges = challenge::parse(headers.all("www-authenticate"));
    let schemes: Vec<_> = challenges.iter().map(|challenge| challenge.scheme.as_str()).collect();
    (!schemes.is_empty()).then(|| format!(" (the registry asks for {} authentication)", schemes.join(" or ")))
}
