//! `Repository`: tags, manifests and indexes that are changed.

use js_sys::Promise;
use wasm_bindgen::prelude::*;

use crate::js::args::options::Options;
use crate::js::args::{given, options};
use crate::js::image;
use crate::js::output::{convert, promise};
use crate::js::repository::Repository;
use crate::registry::IndexChange;

#[wasm_bindgen]
impl Repository {
    /// Points a tag at an image.
    pub fn tag(&self, tag: JsValue, image: JsValue, options: JsValue) -> Promise {
        let repository = self.repository.clone();
        promise::run(self.shared.signal.as_ref(), || {
            let tag = options::text(&tag, "tag")?;
            let image = image::source(&image, "image")?;
            let options = Options::read(options, &["signal", "timeout", "ifMatch"])?;
            let if_match = options.if_match()?;
            let call = options.call()?;
            Ok((options.signal()?, async move {
                let if_match = if_match.as_ref().map(Option::as_deref);
                repository.tag(&tag, &image, if_match, &call).await?;
                Ok(JsValue::UNDEFINED)
            }))
        })
    }

    /// Removes one tag.
    pub fn untag(&self, tag: JsValue, options: JsValue) -> Promise {
        let repository = self.repository.clone();
        promise::run(self.shared.signal.as_ref(), || {
            let tag = options::text(&tag, "tag")?;
            let options = Options::read(options, &["signal", "timeout"])?;
            let call = options.call()?;
            Ok((options.signal()?, async move {
                repository.untag(&tag, &call).await?;
                Ok(JsValue::UNDEFINED)
            }))
        })
    }

    /// Resolves to the descriptor of what was pushed.
    #[wasm_bindgen(js_name = pushManifest)]
    pub fn push_manifest(&self, reference: JsValue, manifest: JsValue, options: JsValue) -> Promise {
        let (repository, shared) = (self.repository.clone(), self.shared.clone());
        promise::run(self.shared.signal.as_ref(), || {
            let reference = options::text(&reference, "reference")?;
            let options = Options::read(options, &["signal", "timeout", "mediaType", "signingKey"])?;
            let (bytes, media_type) = given::manifest(&manifest, options.text("mediaType")?)?;
            let key = given::signing_key(&options)?;
            let call = options.call()?;
            Ok((options.signal()?, async move {
                let signer = match &key {
                    Some(_) => Some(shared.host.signer(key.as_ref()).await?),
                    None => None,
                };
                let pushed = repository.push_manifest(&reference, bytes, media_type.as_deref(), signer, &call).await?;
                convert::descriptor(Some(&pushed))
            }))
        })
    }

    /// Resolves to what depends on a manifest.
    #[wasm_bindgen(js_name = planDelete)]
    pub fn plan_delete(&self, digest: JsValue, options: JsValue) -> Promise {
        let repository = self.repository.clone();
        promise::run(self.shared.signal.as_ref(), || {
            let digest = options::text(&digest, "digest")?;
            let options = Options::read(options, &["signal", "timeout"])?;
            let call = options.call()?;
            Ok((options.signal()?, async move { convert::json(&repository.plan_delete(&digest, &call).await?) }))
        })
    }

    /// Deletes a manifest.
    #[wasm_bindgen(js_name = deleteManifest)]
    pub fn delete_manifest(&self, digest: JsValue, options: JsValue) -> Promise {
        let repository = self.repository.clone();
        promise::run(self.shared.signal.as_ref(), || {
            let digest = options::text(&digest, "digest")?;
            let options = Options::read(options, &["signal", "timeout", "force"])?;
            let force = options.flag("force")?;
            let call = options.call()?;
            Ok((options.signal()?, async move {
                repository.delete_manifest(&digest, force, &call).await?;
                Ok(JsValue::UNDEFINED)
            }))
        })
    }

    /// Resolves to the descriptor of the index.
    #[wasm_bindgen(js_name = createIndex)]
    pub fn create_index(&self, tag: JsValue, images: JsValue, options: JsValue) -> Promise {
        let repository = self.repository.clone();
        promise::run(self.shared.signal.as_ref(), || {
            let tag = options::text(&tag, "tag")?;
            let images = image::sources(&images, "images")?;
            let options = Options::read(options, &["signal", "timeout", "base", "remove", "annotations"])?;
            let base = options.text("base")?;
            let remove = options.texts("remove")?.unwrap_or_default();
            let change = IndexChange { base, remove, annotations: options.fields("annotations")? };
            let call = options.call()?;
            Ok((options.signal()?, async move {
                convert::descriptor(Some(&repository.create_index(&tag, &images, &change, &call).await?))
            }))
        })
    }

    /// Resolves to the descriptors of what refers to a manifest.
    pub fn referrers(&self, digest: JsValue, options: JsValue) -> Promise {
        let repository = self.repository.clone();
        promise::run(self.shared.signal.as_ref(), || {
            let digest = options::text(&digest, "digest")?;
            let options = Options::read(options, &["signal", "timeout", "artifactType"])?;
            let artifact_type = options.text("artifactType")?;
            let call = options.call()?;
            Ok((options.signal()?, async move {
                convert::json(&repository.referrers(&digest, artifact_type.as_deref(), &call).await?)
            }))
        })
    }
}
