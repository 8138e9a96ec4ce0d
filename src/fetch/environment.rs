//! The environment: a page or its workers have an origin and are subject to the browser's rules; other hosts are not.

use js_sys::Reflect;
use wasm_bindgen::prelude::*;

/// A browser's document or worker.
#[derive(Debug, Clone)]
pub struct Page {
    /// The origin: "https://dashboard.example.com", or "null" (a file, a sandbox).
    pub origin: String,
}

impl Page {
    /// Returns the current page, if any. workerd's global scope claims to be a worker's, but has no `location`.
    pub fn current() -> Option<Self> {
        let global = js_sys::global();
        let has = |name: &str| Reflect::has(&global, &name.into()).unwrap_or(false);
        if !has("document") && !has("WorkerGlobalScope") {
            return None;
        }
        let location = Reflect::get(&global, &"location".into()).ok().filter(JsValue::is_object)?;
        let origin = Reflect::get(&location, &"origin".into()).ok()?.as_string()?;
        Some(Self { origin })
    }

    /// Returns true if the browser blocks plain http requests from the page.
    pub fn is_secure(&self) -> bool {
        self.origin.starts_with("https://")
    }
}

/// Returns true if the page is cross-origin isolated (Cross-Origin-Embedder-Policy).
pub fn is_isolated() -> bool {
    Reflect::get(&js_sys::global(), &"crossOriginIsolated".into()).is_ok_and(|isolated| isolated.is_truthy())
}
