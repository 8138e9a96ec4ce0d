//! The `credentials` callback. Only code that authenticates calls it, so that this is loaded with that.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Function, Reflect};
use wasm_bindgen::prelude::*;

use crate::fetch::{outcome, text_of};
use crate::js::args::credentials::Parts;
use crate::js::args::options::described;
use crate::js::output::convert;
use crate::protocol::code;
use crate::transport::auth::{Challenge, Credentials, PendingCredentials};
use crate::transport::{Error, Result};

/// The callback, and the challenge that it was called with last.
#[derive(Clone)]
pub struct Login {
    function: Function,
    /// If a call is cancelled while the callback is pending, the next call shares the pending result.
    pending: Rc<RefCell<Option<(u64, JsValue)>>>,
}

impl Login {
    /// Wraps the `credentials` option.
    pub fn new(function: Function) -> Self {
        Self { function, pending: Rc::default() }
    }
}

/// Calls the callback.
pub fn ask(login: &Login, challenge: Challenge) -> PendingCredentials {
    let Login { function, pending } = login.clone();
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
}

fn call(function: &Function, challenge: &Challenge) -> Result<JsValue> {
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
fn taken(answer: &JsValue) -> Result<Option<Credentials>> {
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
