//! The credentials options, and the `credentials` callback.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Function, Reflect};
use wasm_bindgen::prelude::*;

use crate::fetch::{outcome, text_of};
use crate::js::args::options::{Options, described};
use crate::js::output::convert;
use crate::js::output::error::{Failure, Result};
use crate::protocol::auth::secret::Secret;
use crate::protocol::auth::token;
use crate::protocol::code;
use crate::transport::Error;
use crate::transport::auth::{Challenge, Credentials, CredentialsCallback};

/// Reads the credentials among the client's options.
pub fn read(options: &Options) -> Result<Option<Credentials>> {
    let parts = Parts {
        username: options.secret("username")?,
        password: options.secret("password")?,
        token: options.secret("token")?,
        identity_token: options.secret("identityToken")?,
    };
    parts.credentials("options").map_err(Failure::argument)
}

/// Wraps the `credentials` option.
pub fn callback(function: Function) -> CredentialsCallback {
    // If a call is cancelled while the callback is pending, the next call shares the pending result.
    let pending: Rc<RefCell<Option<(u64, JsValue)>>> = Rc::default();
    Rc::new(move |challenge| {
        let (function, pending) = (function.clone(), pending.clone());
        Box::pin(async move {
            let epoch = challenge.epoch;
            let asked = pending.borrow().clone().filter(|(asked, _)| *asked == epoch);
            let asked = match asked {
                Some((_, asked)) => asked,
                None => {
                    let asked = call(&function, &challenge)?;
                    pending.replace(Some((epoch, asked.clone())));
                    asked
                }
            };
            let answer = outcome(Ok(asked)).await;
            pending.borrow_mut().take_if(|(asked, _)| *asked == epoch);
            taken(&answer.map_err(|thrown| failed(&thrown))?)
        })
    })
}

fn call(function: &Function, challenge: &Challenge) -> std::result::Result<JsValue, Error> {
    let scopes: Array = challenge.scopes.iter().map(JsValue::from).collect();
    // `Challenge` of index.d.ts.
    let asked = convert::object([
        ("registry", challenge.registry.as_str().into()),
        ("scheme", challenge.scheme.into()),
        ("realm", challenge.realm.as_deref().into()),
        ("service", challenge.service.as_deref().into()),
        ("scopes", scopes.into()),
        ("refused", challenge.refused.then_some(true).into()),
    ]);
    function.call1(&JsValue::UNDEFINED, &asked).map_err(|thrown| failed(&thrown))
}

/// Passes the callback's message on to the caller, for whom its author wrote it.
fn failed(thrown: &JsValue) -> Error {
    let message = text_of(thrown, "message").or_else(|| thrown.as_string());
    let said = message.map(|message| format!(": {message}")).unwrap_or_default();
    let is_ours = text_of(thrown, "name").as_deref() == Some("RegistryError");
    let code = text_of(thrown, "code").filter(|_| is_ours);
    Error::new(
        code.map_or(code::AUTH_REQUIRED.into(), std::borrow::Cow::Owned),
        format!("the credentials callback failed{said}"),
    )
}

/// Reads the result of the callback.
fn taken(answer: &JsValue) -> std::result::Result<Option<Credentials>, Error> {
    let refused = |why: &str| Error::new(code::INVALID_ARGUMENT, format!("the credentials callback returned {why}"));
    if answer.is_undefined() || answer.is_null() {
        return Ok(None);
    }
    if !answer.is_object() {
        return Err(refused(&format!("{}: an object is needed, or undefined", described(answer))));
    }
    let part = |name: &str| {
        let value =
            Reflect::get(answer, &name.into()).map_err(|_| refused(&format!("a {name} that cannot be read")))?;
        match value.as_string() {
            text @ Some(_) => Ok(text),
            None if value.is_undefined() => Ok(None),
            None => Err(refused(&format!("a {name} that is not a string"))),
        }
    };
    let parts = Parts {
        username: part("username")?,
        password: part("password")?,
        token: part("token")?,
        identity_token: part("identityToken")?,
    };
    let credentials = parts.credentials("the credentials callback's result");
    match credentials.map_err(|why| Error::new(code::INVALID_ARGUMENT, why))? {
        None => Err(refused("an object with none of username and password, token, identityToken")),
        some => Ok(some),
    }
}

/// The alternative kinds of credentials.
struct Parts {
    username: Option<String>,
    password: Option<String>,
    token: Option<String>,
    identity_token: Option<String>,
}

impl Parts {
    /// Returns the credentials, of which only one kind may be given. `place` is their path for the message.
    fn credentials(self, place: &str) -> std::result::Result<Option<Credentials>, String> {
        let Parts { username, password, token, identity_token } = self;
        let ways = [username.is_some() || password.is_some(), token.is_some(), identity_token.is_some()];
        if ways.into_iter().filter(|is_there| *is_there).count() > 1 {
            return Err(format!(
                "{place}.{}: give only one of username and password, token, identityToken",
                match ways {
                    [_, true, _] => "token",
                    _ => "identityToken",
                }
            ));
        }
        if let Some(text) = token {
            return match token::is_token(&text) {
                true => Ok(Some(Credentials::Token(Secret::new(text)))),
                false => Err(format!("{place}.token: it is empty, or has a character that bearer tokens do not allow")),
            };
        }
        if let Some(text) = identity_token {
            return match text.is_empty() {
                false => Ok(Some(Credentials::IdentityToken(Secret::new(text)))),
                true => Err(format!("{place}.identityToken: it is empty")),
            };
        }
        match (username, password) {
            (None, None) => Ok(None),
            // RFC 7617 §2
            (Some(username), Some(_)) if username.contains(':') || username.chars().any(char::is_control) => {
                Err(format!("{place}.username: it must not contain a colon or a control character"))
            }
            (Some(username), Some(password)) => {
                Ok(Some(Credentials::Basic { username, password: Secret::new(password) }))
            }
            (Some(_), None) => Err(format!("{place}.password: it is missing, there is a username")),
            (None, Some(_)) => Err(format!("{place}.username: it is missing, there is a password")),
        }
    }
}
