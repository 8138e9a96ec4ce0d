//! The `layerIndexes` option: where the caller keeps indexes of layers.

use js_sys::{Function, Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;

use crate::fetch::{byte_array, outcome};
use crate::protocol::oci::digest::Digest;
use crate::registry::contents::store::IndexStore;
use crate::transport::{Error, Result, Work};

/// The caller's object.
pub struct Store(pub Object);

impl Store {
    async fn call(&self, name: &str, digest: &Digest, index: &JsValue) -> Result<JsValue> {
        // Whatever it is, the layer is read instead.
        let failed = |_| Error::internal("the store of layer indexes failed");
        let function: Function = Reflect::get(&self.0, &name.into()).and_then(JsCast::dyn_into).map_err(failed)?;
        outcome(function.call2(&self.0, &digest.as_str().into(), index)).await.map_err(failed)
    }
}

impl IndexStore for Store {
    fn get<'a>(&'a self, digest: &'a Digest) -> Work<'a, Option<Vec<u8>>> {
        Box::pin(async move {
            let found = self.call("get", digest, &JsValue::UNDEFINED).await?;
            Ok(byte_array(&found).map(Uint8Array::to_vec))
        })
    }

    fn set<'a>(&'a self, digest: &'a Digest, index: Vec<u8>) -> Work<'a, ()> {
        Box::pin(async move {
            let index = Uint8Array::from(index.as_slice());
            self.call("set", digest, &index).await.map(drop)
        })
    }
}
