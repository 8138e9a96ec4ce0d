//! `DockerRegistryClient`.

use std::rc::Rc;

use js_sys::{Array, Map, Promise, Reflect};
use wasm_bindgen::prelude::*;

use crate::fetch::FetchHost;
use crate::js::args::options::Options;
use crate::js::args::settings::Given;
use crate::js::args::{options, settings};
use crate::js::context::Context;
use crate::js::diagnosis;
use crate::js::on_demand;
use crate::js::output::error::{Failure, Result};
use crate::js::output::{convert, iterate, promise};
use crate::js::repository::Repository;
use crate::js::signal::{Signal, Signals};
use crate::protocol::url::Url;
use crate::registry::{Client, Version};

/// See index.d.ts.
#[wasm_bindgen(skip_typescript)]
pub struct DockerRegistryClient {
    client: Client<FetchHost>,
    context: Rc<Context>,
}

#[wasm_bindgen]
impl DockerRegistryClient {
    /// Creates a client; `host` is a string or a `URL`. The Python library has positional options.
    #[wasm_bindgen(constructor, variadic)]
    pub fn new(host: JsValue, options: JsValue, more: JsValue) -> std::result::Result<Self, JsValue> {
        let is_positional = !(options.is_undefined() || options.is_object()) || Array::from(&more).length() > 0;
        if is_positional {
            return Err(Failure::argument(
                "options: one object is needed, such as { username, password, apiVersion: 2, timeout: 30_000 }",
            )
            .into());
        }
        Ok(Self::connect(host, options)?)
    }

    pub(super) fn client(&self) -> &Client<FetchHost> {
        &self.client
    }

    pub(super) fn signal(&self) -> Option<&Signal> {
        self.context.signal.as_ref()
    }

    fn connect(host: JsValue, options: JsValue) -> Result<Self> {
        let base = Url::parse_registry(&host_text(&host)?)?;
        let (settings, Given { signal, fetch, indexes }) = settings::read(options, &base)?;
        let host = FetchHost::new(fetch)?;
        let client = Client::with_loaders(host.clone(), base, settings, on_demand::loaders());
        Ok(Self { client, context: Rc::new(Context { host, signal, indexes }) })
    }

    /// The registry's base URL.
    #[wasm_bindgen(getter)]
    pub fn host(&self) -> String {
        self.client.base().to_string()
    }

    /// The last rate limit that the registry reported, or `undefined`.
    #[wasm_bindgen(getter, js_name = rateLimit)]
    pub fn rate_limit(&self) -> JsValue {
        self.client.rate_limit().map_or(JsValue::UNDEFINED, |limit| {
            convert::object([
                ("limit", limit.limit.map(convert::number).into()),
                ("remaining", limit.remaining.map(convert::number).into()),
                ("window", limit.window.map(convert::number).into()),
                ("reset", limit.reset.map(convert::number).into()),
                ("source", limit.source.into()),
            ])
        })
    }

    /// Resolves to 1 or 2.
    #[wasm_bindgen(js_name = apiVersion)]
    pub fn api_version(&self, options: JsValue) -> Promise {
        let client = self.client.clone();
        promise::run(self.context.signal.as_ref(), || {
            let (call, signal) = options::call(options)?;
            Ok((signal, async move {
                let version = client.api_version(&call).await?;
                Ok(match version {
                    Version::V1 => 1,
                    Version::V2 => 2,
                }
                .into())
            }))
        })
    }

    /// Forgets the credentials that the `credentials` callback returned.
    #[wasm_bindgen(js_name = forgetCredentials)]
    pub fn forget_credentials(&self) {
        self.client.forget_credentials();
    }

    /// Resolves if the registry responds and accepts the credentials.
    #[wasm_bindgen(js_name = checkStatus)]
    pub fn check_status(&self, options: JsValue) -> Promise {
        let client = self.client.clone();
        promise::run(self.context.signal.as_ref(), || {
            let (call, signal) = options::call(options)?;
            Ok((signal, async move {
                client.check_status(&call).await?;
                Ok(JsValue::UNDEFINED)
            }))
        })
    }

    /// Resolves to a `Diagnosis`.
    pub fn diagnose(&self, options: JsValue) -> Promise {
        let client = self.client.clone();
        promise::run(self.context.signal.as_ref(), || {
            let options = Options::read(options, &["signal", "timeout", "repository"])?;
            let (call, repository) = (options.call()?, options.text("repository")?);
            Ok((
                options.signal()?,
                async move { diagnosis::to_js(&client.diagnose(repository.as_deref(), &call).await?) },
            ))
        })
    }

    /// Resolves to the distinct namespaces.
    pub fn namespaces(&self, options: JsValue) -> Promise {
        let client = self.client.clone();
        promise::run(self.context.signal.as_ref(), || {
            let (call, signal) = options::call(options)?;
            Ok((signal, async move { convert::json(&client.namespaces(&call).await?) }))
        })
    }

    /// Returns a repository by name, without a request.
    pub fn repository(&self, name: JsValue, namespace: JsValue) -> std::result::Result<Repository, JsValue> {
        Ok(self.find(&name, &namespace)?)
    }

    fn find(&self, name: &JsValue, namespace: &JsValue) -> Result<Repository> {
        let name = options::text(name, "name")?;
        let namespace = options::optional_text(namespace, "namespace")?;
        let repository = self.client.repository(&name, namespace.as_deref())?;
        Ok(Repository::wrap(repository, &self.context))
    }

    /// Resolves to a `Map` of repositories by name.
    pub fn repositories(&self, namespace: JsValue, options: JsValue) -> Promise {
        let (client, context) = (self.client.clone(), self.context.clone());
        promise::run(self.context.signal.as_ref(), || {
            let namespace = options::optional_text(&namespace, "namespace")?;
            let (call, signal) = options::call(options)?;
            Ok((signal, async move {
                let map = Map::new();
                for repository in client.repositories(namespace.as_deref(), &call).await? {
                    let name = JsValue::from_str(repository.name());
                    map.set(&name, &Repository::wrap(repository, &context).into());
                }
                Ok(map.into())
            }))
        })
    }

    /// Iterates over repository names as the pages arrive.
    pub fn catalog(&self, options: JsValue) -> std::result::Result<JsValue, JsValue> {
        let list = || -> Result<JsValue> {
            let options = Options::read(options, &["signal", "timeout", "pageSize", "last"])?;
            let signals = Signals::new([options.signal()?.as_ref(), self.context.signal.as_ref()]);
            let listing = self.client.catalog(options.page_size()?, options.call()?).after(options.text("last")?);
            Ok(iterate::names(listing, signals))
        };
        Ok(list()?)
    }
}

/// Returns a string, or the text of a `URL` of any realm.
fn host_text(host: &JsValue) -> Result<String> {
    if let Some(text) = host.as_string() {
        return Ok(text);
    }
    let href = if host.is_object() { Reflect::get(host, &"href".into()).ok() } else { None };
    href.and_then(|href| href.as_string()).ok_or_else(|| {
        Failure::argument(format!("host: a string or a URL is needed, not {}", options::described(host)))
    })
}
