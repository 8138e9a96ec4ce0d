//! `Repository`: manifests.

use js_sys::Promise;
use wasm_bindgen::prelude::*;

use crate::js::args::options::Options;
use crate::js::args::{manifest, options};
use crate::js::output::{convert, promise};
use crate::js::repository::Repository;

#[wasm_bindgen]
impl Repository {
    /// Resolves to the manifest of a tag or digest.
    pub fn manifest(&self, reference: JsValue, options: JsValue) -> Promise {
        let repository = self.repository.clone();
        promise::run(self.context.signal.as_ref(), || {
            let reference = options::text(&reference, "reference")?;
            let options = Options::read(options, &["signal", "timeout", "accept"])?;
            let accept = options.some_texts("accept")?;
            let call = options.call()?;
            Ok((options.signal()?, async move {
                convert::manifest(&*repository.manifest(&reference, accept.as_deref(), &call).await?)
            }))
        })
    }

    /// Resolves to the descriptor of a manifest, or undefined.
    #[wasm_bindgen(js_name = headManifest)]
    pub fn head_manifest(&self, reference: JsValue, options: JsValue) -> Promise {
        let repository = self.repository.clone();
        promise::run(self.context.signal.as_ref(), || {
            let reference = options::text(&reference, "reference")?;
            let (call, signal) = options::call(options)?;
            Ok((
                signal,
                async move { convert::descriptor(repository.head_manifest(&reference, &call).await?.as_ref()) },
            ))
        })
    }

    /// Resolves to the descriptor of the pushed manifest.
    #[wasm_bindgen(js_name = pushManifest)]
    pub fn push_manifest(&self, reference: JsValue, manifest: JsValue, options: JsValue) -> Promise {
        let (repository, context) = (self.repository.clone(), self.context.clone());
        promise::run(self.context.signal.as_ref(), || {
            let reference = options::text(&reference, "reference")?;
            let options =
                Options::read(options, &["signal", "timeout", "mediaType", "signingKey", "ifMatch", "noClobber"])?;
            let (bytes, media_type) = manifest::read(&manifest, options.text("mediaType")?)?;
            let (key, if_match) = (manifest::signing_key(&options)?, options.digest_condition()?);
            let call = options.call()?;
            Ok((options.signal()?, async move {
                let signer = match &key {
                    Some(_) => Some(context.host.signer(key.as_ref()).await?),
                    None => None,
                };
                let pushed = repository.push_manifest(
                    &reference,
                    bytes,
                    media_type.as_deref(),
                    signer,
                    if_match.as_ref(),
                    &call,
                );
                convert::descriptor(Some(&pushed.await?))
            }))
        })
    }

    /// Resolves to a plan that lists what depends on a manifest.
    #[wasm_bindgen(js_name = planDelete)]
    pub fn plan_delete(&self, digest: JsValue, options: JsValue) -> Promise {
        let repository = self.repository.clone();
        promise::run(self.context.signal.as_ref(), || {
            let digest = options::text(&digest, "digest")?;
            let (call, signal) = options::call(options)?;
            Ok((signal, async move { convert::json(&repository.plan_delete(&digest, &call).await?) }))
        })
    }

    /// Deletes a manifest.
    #[wasm_bindgen(js_name = deleteManifest)]
    pub fn delete_manifest(&self, digest: JsValue, options: JsValue) -> Promise {
        let repository = self.repository.clone();
        promise::run(self.context.signal.as_ref(), || {
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

    /// Resolves to the descriptors of a manifest's referrers.
    pub fn referrers(&self, digest: JsValue, options: JsValue) -> Promise {
        let repository = self.repository.clone();
        promise::run(self.context.signal.as_ref(), || {
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
