//! `Repository`. Its operations are in the files beside this one, by noun.

mod artifact;
pub mod blob;
mod describe;
mod index;
mod manifest;
mod tag;

use std::rc::Rc;

use wasm_bindgen::prelude::*;

use crate::fetch::FetchHost;
use crate::js::context::Context;
use crate::js::output::error::not_constructible;
use crate::registry;

/// See index.d.ts.
#[wasm_bindgen(skip_typescript)]
pub struct Repository {
    pub(in crate::js) repository: registry::Repository<FetchHost>,
    pub(in crate::js) context: Rc<Context>,
}

impl Repository {
    /// Wraps a repository for JavaScript.
    pub(in crate::js) fn wrap(repository: registry::Repository<FetchHost>, context: &Rc<Context>) -> Self {
        Self { repository, context: context.clone() }
    }
}

#[wasm_bindgen]
impl Repository {
    /// Throws: only a client creates repositories.
    #[wasm_bindgen(constructor)]
    pub fn new() -> std::result::Result<Self, JsValue> {
        Err(not_constructible("Repository", "client.repository(name)"))
    }

    /// The whole name.
    #[wasm_bindgen(getter)]
    pub fn name(&self) -> String {
        self.repository.name().to_owned()
    }

    /// The part before the first slash.
    #[wasm_bindgen(getter)]
    pub fn namespace(&self) -> Option<String> {
        self.repository.namespace().map(str::to_owned)
    }

    /// The part after the first slash, or the whole name.
    #[wasm_bindgen(getter)]
    pub fn repository(&self) -> String {
        self.repository.repository().to_owned()
    }
}
