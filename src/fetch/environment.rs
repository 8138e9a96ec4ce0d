//! Where this runs: a page, or a worker of one, has an origin and the browser's rules; everything else has neither.

use js_sys::Reflect;
use wasm_bindgen::prelude::*;

/// A browser's document or worker.
#[derive(Debug, Clone)]
pub struct Page {
    /// "https://dashboard.example.com", or "null" (a file, a sandbox).
    pub origin: String,
}

impl Page {
    /// The page this runs in, if any. workerd calls its scope a worker's, but has no `location`.
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

    /// Whether the browser refuses plain http from here.
    pub fn is_secure(&self) -> bool {
        self.origin.starts_with("https://")
    }
}

/// Whether the page asked to be isolated from other origins (Cross-Origin-Embedder-Policy).
pub fn is_isolated() -> bool {
    Reflect::get(&js_sys::global(), &"crossOriginIsolated".into()).is_ok_and(|isolated| isolated.is_truthy())
}
