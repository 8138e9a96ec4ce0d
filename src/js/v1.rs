//! Operations that only V1 registries have.

use js_sys::Promise;
use wasm_bindgen::prelude::*;

use crate::js::args::blob_data::Cause;
use crate::js::args::{blob_data, manifest, options};
use crate::js::client::DockerRegistryClient;
use crate::js::output::{convert, promise};
use crate::js::repository::Repository;
use crate::js::repository::blob::with_cause;

#[wasm_bindgen]
impl DockerRegistryClient {
    /// Resolves to the search results.
    pub fn search(&self, query: JsValue, options: JsValue) -> Promise {
        let client = self.client().clone();
        promise::run(self.signal(), || {
            let query = options::text(&query, "query")?;
            let (call, signal) = options::call(options)?;
            Ok((signal, async move { convert::parse(&client.search(&query, &call).await?) }))
        })
    }
}

#[wasm_bindgen]
impl Repository {
    /// Resolves to the id of an image that was pushed or existed already.
    #[wasm_bindgen(js_name = pushImage)]
    pub fn push_image(&self, json: JsValue, layer: JsValue, options: JsValue) -> Promise {
        let repository = self.repository.clone();
        promise::run(self.context.signal.as_ref(), || {
            let json = manifest::document(&json, "json")?;
            let (call, signal) = options::call(options)?;
            // Read last, because it locks the stream.
            let reason = Cause::default();
            let layer = blob_data::read(&layer, "layer", &reason)?;
            Ok((signal, async move {
                let result = repository.push_image(json, layer, &call).await;
                Ok(result.map_err(|error| with_cause(error, &reason))?.as_str().into())
            }))
        })
    }

    /// Resolves once the repository is deleted.
    #[wasm_bindgen(js_name = deleteRepository)]
    pub fn delete_repository(&self, options: JsValue) -> Promise {
        let repository = self.repository.clone();
        promise::run(self.context.signal.as_ref(), || {
            let (call, signal) = options::call(options)?;
            Ok((signal, async move {
                repository.delete(&call).await?;
                Ok(JsValue::UNDEFINED)
            }))
        })
    }
}
