//! The error every operation ends with, when it does.

use std::borrow::Cow;
use std::fmt;

use crate::protocol::code;
use crate::protocol::http::Method;
use crate::protocol::http::error_body::ErrorItem;
use crate::protocol::invalid::Invalid;
use crate::protocol::text::printable;
use crate::protocol::url::Url;

/// What went wrong; `RegistryError` in JavaScript.
#[derive(Debug, Clone)]
pub struct Error {
    /// The registry's own code where it gave one, else one of [`code`]'s.
    pub code: Cow<'static, str>,
    /// A sentence for a person: one line without secrets and without characters that do something to a terminal.
    pub message: String,
    /// The response's status, where there was a response.
    pub status: Option<u16>,
    /// The request's method, where there was a request.
    pub method: Option<Method>,
    /// The request's URL without user info, query values and fragment.
    pub url: Option<String>,
    /// The registry's own errors (distribution-spec v1.1.1, "Error codes").
    pub errors: Vec<ErrorItem>,
    /// Milliseconds the registry asks to wait.
    pub retry_after: Option<u64>,
    /// Whether the connection failed in a way that the same request may not meet again a moment later.
    pub is_transient: bool,
    /// Where the answer could not be read: whether anything answers there at all, if that could be told.
    pub answers: Option<bool>,
    /// What failed.
    pub stage: Stage,
}

/// Which part of a call an error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The request.
    Request,
    /// The token for it: it was not sent therefore.
    Token,
    /// The redirect that the registry answered it with, and what that leads to.
    Redirect,
}

/// A result whose error is [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error without a request.
    pub fn new(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: printable::message(message.into()),
            status: None,
            method: None,
            url: None,
            errors: Vec::new(),
            retry_after: None,
            is_transient: false,
            answers: None,
            stage: Stage::Request,
        }
    }

    /// What must not happen; a defect of this client.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(code::INTERNAL, message)
    }

    /// The same error, saying which request it concerns unless it says so already.
    pub fn at(mut self, method: Method, url: &Url) -> Self {
        if self.url.is_none() {
            self.method = Some(method);
            self.url = Some(url.redacted());
        }
        self
    }

    /// The same error, worth another try.
    pub fn transient(mut self) -> Self {
        self.is_transient = true;
        self
    }

    /// The same error, knowing whether anything answers.
    pub fn answering(mut self, answers: bool) -> Self {
        self.answers = Some(answers);
        self
    }

    /// The same error with the response's status.
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// The same error with one more clause: what is done, what remains.
    pub fn and(mut self, clause: &str) -> Self {
        self.message.push_str("; ");
        self.message.push_str(&printable::line(clause));
        self
    }

    /// Whether this is the registry's way of saying that something is not there. A token service's 404 says nothing of it.
    pub fn is_not_found(&self) -> bool {
        self.status == Some(404) && self.stage != Stage::Token
    }

    /// Whether the registry does not know the upload that a request was part of, or can do nothing more with it.
    pub fn loses_upload(&self) -> bool {
        match self.status {
            Some(404) if self.errors.is_empty() => true,
            Some(400..=499) => self.errors.iter().any(ErrorItem::is_of_lost_upload),
            _ => false,
        }
    }

    /// Whether a manifest was refused for the want of something it is made of.
    pub fn lacks_parts(&self) -> bool {
        self.errors.iter().any(ErrorItem::is_of_missing_part)
    }
}

impl From<Invalid> for Error {
    fn from(invalid: Invalid) -> Self {
        Self::new(invalid.code, invalid.message)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
