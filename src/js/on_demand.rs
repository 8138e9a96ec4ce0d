//! The code that the package loads when a registry or a layer needs it: authentication, what old registries speak, and zstd.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Function, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::fetch::{FetchHost, outcome, text_of};
use crate::js::args::login::{self, Login};
use crate::layer::decompress::NewZstd;
use crate::layer::zstd;
use crate::protocol::code;
use crate::registry::Loaders;
use crate::registry::contents::zstd::LoadZstd;
use crate::registry::legacy::{Code, Legacy, LoadLegacy};
use crate::transport::auth::{self, Challenge, CredentialsCallback, LoadAuth, NewAuthenticator, PendingCredentials};
use crate::transport::{Error, Result, Unauthenticated, Work};

type NewAuth = NewAuthenticator<Unauthenticated<FetchHost>, FetchHost>;
type Ask = fn(&Login, Challenge) -> PendingCredentials;

thread_local! {
    static AUTH: Cell<Option<(NewAuth, Ask)>> = const { Cell::new(None) };
    static LEGACY: Cell<Option<&'static dyn Legacy<FetchHost>>> = const { Cell::new(None) };
    static ZSTD: Cell<Option<NewZstd>> = const { Cell::new(None) };
    static LOADER: RefCell<Option<Function>> = const { RefCell::new(None) };
    static CAUSE: RefCell<JsValue> = const { RefCell::new(JsValue::UNDEFINED) };
}

/// Sets the function that loads the part of the module with this name, installs its code, and returns a promise.
#[wasm_bindgen(js_name = onDemand, skip_typescript)]
pub fn on_demand(load: Function) {
    LOADER.set(Some(load));
}

/// Installs the code that authenticates. Nothing else leads to it, so that xtask can cut it off.
#[wasm_bindgen(js_name = installAuth, skip_typescript)]
pub fn install_auth() {
    AUTH.set(Some((auth::create, login::ask)));
}

/// Installs the code for old registries. Nothing else leads to it.
#[wasm_bindgen(js_name = installLegacy, skip_typescript)]
pub fn install_legacy() {
    LEGACY.set(Some(&Code));
}

/// Installs the decoder of zstd. Nothing else leads to it.
#[wasm_bindgen(js_name = installZstd, skip_typescript)]
pub fn install_zstd() {
    ZSTD.set(Some(zstd::create));
}

/// Why a part could not be loaded the last time.
pub fn cause() -> JsValue {
    CAUSE.with_borrow(JsValue::clone)
}

/// The loaders of the package's clients.
pub fn loaders() -> Loaders<FetchHost> {
    Loaders { auth: Rc::new(OnDemand), legacy: Rc::new(OnDemand), zstd: Rc::new(OnDemand) }
}

/// Wraps the `credentials` option.
pub fn credentials_callback(function: Function) -> CredentialsCallback {
    let login = Login::new(function);
    Rc::new(move |challenge| match AUTH.get() {
        Some((_, ask)) => ask(&login, challenge),
        None => Box::pin(async { Err(not_installed("auth")) }),
    })
}

/// Loads the code once, and again after a failure.
struct OnDemand;

impl LoadAuth<Unauthenticated<FetchHost>, FetchHost> for OnDemand {
    fn load(&self) -> Work<'_, NewAuth> {
        Box::pin(async {
            load("auth", || AUTH.get().is_some()).await?;
            AUTH.get().map(|(create, _)| create).ok_or_else(|| not_installed("auth"))
        })
    }

    fn prepare(&self) {
        spawn_local(async {
            let _ = load("auth", || AUTH.get().is_some()).await; // who needs it tries again
        });
    }
}

impl LoadLegacy<FetchHost> for OnDemand {
    fn load(&self) -> Work<'_, &'static dyn Legacy<FetchHost>> {
        Box::pin(async {
            load("legacy", || LEGACY.get().is_some()).await?;
            LEGACY.get().ok_or_else(|| not_installed("legacy"))
        })
    }
}

impl LoadZstd for OnDemand {
    fn load(&self) -> Work<'_, NewZstd> {
        Box::pin(async {
            load("zstd", || ZSTD.get().is_some()).await?;
            ZSTD.get().ok_or_else(|| not_installed("zstd"))
        })
    }
}

async fn load(part: &str, is_there: impl Fn() -> bool) -> Result<()> {
    if is_there() {
        return Ok(());
    }
    let load = LOADER.with_borrow(Option::clone);
    let load = load.ok_or_else(|| Error::internal("nothing loads the parts of the module"))?;
    let loaded = outcome(load.call1(&JsValue::UNDEFINED, &part.into())).await;
    loaded.map(drop).map_err(|reason| not_loaded(part, &reason))
}

fn not_loaded(part: &str, reason: &JsValue) -> Error {
    CAUSE.set(Reflect::get(reason, &"cause".into()).unwrap_or_default());
    Error::new(code::MODULE_NOT_LOADED, text_of(reason, "message").unwrap_or_else(|| part.to_owned()))
}

fn not_installed(part: &str) -> Error {
    Error::internal(format!("the part {part} was not installed"))
}
