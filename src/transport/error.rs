//! The error type of all operations.

use std::borrow::Cow;
use std::fmt;
use std::ops::{Deref, DerefMut};

use crate::protocol::code;
use crate::protocol::http::Method;
use crate::protocol::http::error_body::ErrorItem;
use crate::protocol::invalid::Invalid;
use crate::protocol::text::printable;
use crate::protocol::url::Url;

/// An error; `RegistryError` in JavaScript. One pointer to its fields: nearly every function returns a result, and each
/// `?` would otherwise copy the whole error.
#[derive(Debug, Clone)]
pub struct Error(Box<Details>);

/// The fields of an [`Error`].
#[derive(Debug, Clone)]
pub struct Details {
    /// The registry's own code if it gave one, else one of [`code`]'s constants.
    pub code: Cow<'static, str>,
    /// The message for the user: one line without secrets and without control characters.
    pub message: String,
    /// The reason alone, where the message's first clause is not it.
    reason: Option<Cow<'static, str>>,
    /// The length of the message without the clauses that were appended.
    clause: usize,
    /// What programs may want to know of it, by name.
    pub facts: Vec<(&'static str, Fact)>,
    /// The response's status, if there was a response.
    pub status: Option<u16>,
    /// The request's method, if there was a request.
    pub method: Option<Method>,
    /// The request's URL without user info, query values and fragment.
    pub url: Option<String>,
    /// The registry's own errors (distribution-spec v1.1.1, "Error codes").
    pub errors: Vec<ErrorItem>,
    /// The milliseconds that the registry asks to wait.
    pub retry_after: Option<u64>,
    /// True if the connection failed in a way that a retry may overcome.
    pub is_transient: bool,
    /// Whether the host responds at all, if that is known; set if the response could not be read.
    pub answers: Option<bool>,
    /// The part of the call that failed.
    pub stage: Stage,
}

/// A fact about an error, for programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// A number.
    Number(u64),
    /// A text.
    Text(String),
    /// Several texts.
    Texts(Vec<String>),
}

/// The part of a call that an error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The request.
    Request,
    /// The token request; the request itself was not sent.
    Token,
    /// A redirect of the registry, or its target.
    Redirect,
}

/// A result whose error is [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Creates an error without a request.
    pub fn new(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::from_parts(code.into(), message.into())
    }

    /// Not inlined: [`new`](Self::new) is compiled once for each pair of argument types.
    #[inline(never)]
    fn from_parts(code: Cow<'static, str>, message: String) -> Self {
        let message = printable::message(message);
        Self(Box::new(Details {
            code,
            reason: None,
            clause: message.len(),
            facts: Vec::new(),
            message,
            status: None,
            method: None,
            url: None,
            errors: Vec::new(),
            retry_after: None,
            is_transient: false,
            answers: None,
            stage: Stage::Request,
        }))
    }

    /// Creates an internal error: a defect of this client.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(code::INTERNAL, message)
    }

    /// Adds the request's method and URL, unless the error has them already.
    pub fn at(mut self, method: Method, url: &Url) -> Self {
        if self.url.is_none() {
            self.method = Some(method);
            self.url = Some(url.redacted());
        }
        self
    }

    /// Marks the error as transient, so that the request may be retried.
    pub fn transient(mut self) -> Self {
        self.is_transient = true;
        self
    }

    /// Records whether the host responds at all.
    pub fn answering(mut self, answers: bool) -> Self {
        self.answers = Some(answers);
        self
    }

    /// Adds the response's status.
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Puts the name of the object that the error concerns in front of the message.
    pub fn about(mut self, object: &str) -> Self {
        self.clause += object.len() + 2;
        self.message = format!("{object}: {}", self.message);
        self
    }

    /// Sets the reason of an error whose message begins with something else, such as a URL.
    pub fn because(mut self, reason: impl Into<Cow<'static, str>>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// Returns the reason in one short sentence: no URL, and neither what to do nor what remains to be done.
    pub fn reason(&self) -> &str {
        let clause = || self.message.get(..self.clause).unwrap_or(&self.message);
        self.reason.as_deref().unwrap_or_else(clause)
    }

    /// Adds a fact for programs.
    pub fn with(self, name: &'static str, text: impl ToString) -> Self {
        self.with_fact(name, Fact::Text(text.to_string()))
    }

    /// Adds a number for programs.
    pub fn with_number(self, name: &'static str, number: u64) -> Self {
        self.with_fact(name, Fact::Number(number))
    }

    /// Adds a fact of any kind for programs.
    pub fn with_fact(mut self, name: &'static str, fact: Fact) -> Self {
        self.facts.push((name, fact));
        self
    }

    /// Sets the part of the call that failed.
    pub fn with_stage(mut self, stage: Stage) -> Self {
        self.stage = stage;
        self
    }

    /// Moves the fields out.
    pub fn into_details(self) -> Details {
        *self.0
    }

    /// Appends a clause to the message, such as what has been done and what remains.
    pub fn and(mut self, clause: &str) -> Self {
        self.message.push_str("; ");
        self.message.push_str(&printable::line(clause));
        self
    }

    /// Returns true if the registry says that the resource does not exist. A token service's 404 does not count.
    pub fn is_not_found(&self) -> bool {
        self.status == Some(404) && self.stage != Stage::Token
    }

    /// Returns true if the upload session of the request is unknown or cannot be continued.
    pub fn loses_upload(&self) -> bool {
        match self.status {
            Some(404) if self.errors.is_empty() => true,
            Some(400..=499) => self.errors.iter().any(ErrorItem::is_of_lost_upload),
            _ => false,
        }
    }

    /// Returns true if a manifest was rejected because content it refers to is missing.
    pub fn lacks_parts(&self) -> bool {
        self.errors.iter().any(ErrorItem::is_of_missing_part)
    }
}

impl Deref for Error {
    type Target = Details;

    fn deref(&self) -> &Details {
        &self.0
    }
}

impl DerefMut for Error {
    fn deref_mut(&mut self) -> &mut Details {
        &mut self.0
    }
}

impl From<Invalid> for Error {
    fn from(invalid: Invalid) -> Self {
        Self::new(invalid.code, invalid.into_message())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_the_message_without_what_was_appended() {
        let error = Error::new(code::CONFLICT, "the tag a points to b").and("nothing was changed").about("copy");
        assert_eq!(error.message, "copy: the tag a points to b; nothing was changed");
        assert_eq!(error.reason(), "copy: the tag a points to b");
        assert_eq!(error.because("it moved").and("call again").reason(), "it moved");
    }

    #[test]
    fn facts_are_kept_in_order() {
        let error = Error::new(code::TOO_LARGE, "x").with_number("limit", 3).with("platform", "linux/amd64");
        assert_eq!(error.facts, [("limit", Fact::Number(3)), ("platform", Fact::Text("linux/amd64".into()))]);
    }
}
