//! `Repository`: indexes.

use js_sys::Promise;
use wasm_bindgen::prelude::*;

use crate::js::args::options::Options;
use crate::js::args::{image, options};
use crate::js::output::{convert, promise};
use crate::js::repository::Repository;
use crate::registry::IndexChange;

#[wasm_bindgen]
impl Repository {
    /// Resolves to the descriptor of the index.
    #[wasm_bindgen(js_name = createIndex)]
    pub fn create_index(&self, tag: JsValue, images: JsValue, options: JsValue) -> Promise {
        let repository = self.repository.clone();
        promise::run(self.context.signal.as_ref(), || {
            let tag = options::text(&tag, "tag")?;
            let images = image::read_list(&images, "images")?;
            let known = ["signal", "timeout", "base", "remove", "annotations", "ifMatch", "noClobber"];
            let options = Options::read(options, &known)?;
            let base = options.text("base")?;
            let remove = options.texts("remove")?.unwrap_or_default();
            let (annotations, if_match) = (options.fields("annotations")?, options.digest_condition()?);
            let change = IndexChange { base, remove, annotations, if_match };
            let call = options.call()?;
            Ok((options.signal()?, async move {
                convert::descriptor(Some(&repository.create_index(&tag, &images, &change, &call).await?))
            }))
        })
    }
}
