//! `Image`, and `repository.image()`.

use std::cell::OnceCell;
use std::rc::Rc;

use js_sys::Promise;
use wasm_bindgen::prelude::*;

use crate::fetch::FetchHost;
use crate::js::args::options;
use crate::js::args::options::Options;
use crate::js::context::Context;
use crate::js::output::collect::collect;
use crate::js::output::error::{Failure, Result, not_constructible};
use crate::js::output::progress::Progress;
use crate::js::output::{convert, promise, stream};
use crate::js::repository::Repository;
use crate::js::signal::Signals;
use crate::protocol::json::MAX_SAFE_INTEGER;
use crate::registry;
use crate::registry::Layer;

/// See index.d.ts.
#[wasm_bindgen(skip_typescript)]
pub struct Image {
    pub(super) image: registry::Image<FetchHost>,
    pub(super) context: Rc<Context>,
    layers: OnceCell<JsValue>,
    platform: OnceCell<JsValue>,
}

impl Image {
    /// Wraps an image for JavaScript.
    pub(super) fn wrap(image: registry::Image<FetchHost>, context: &Rc<Context>) -> Self {
        Self { image, context: context.clone(), layers: OnceCell::new(), platform: OnceCell::new() }
    }
}

#[wasm_bindgen]
impl Image {
    /// Throws: only a repository creates images.
    #[wasm_bindgen(constructor)]
    pub fn new() -> std::result::Result<Self, JsValue> {
        Err(not_constructible("Image", "repository.image(tag)"))
    }

    /// The digest of the config.
    #[wasm_bindgen(getter)]
    pub fn id(&self) -> String {
        self.image.id().to_owned()
    }

    /// The digest of the manifest.
    #[wasm_bindgen(getter)]
    pub fn digest(&self) -> Option<String> {
        self.image.digest().map(ToString::to_string)
    }

    /// True if all of the image is verified by its digest.
    #[wasm_bindgen(getter)]
    pub fn verified(&self) -> bool {
        self.image.is_verified()
    }

    /// The media type of the manifest.
    #[wasm_bindgen(getter, js_name = mediaType)]
    pub fn media_type(&self) -> String {
        self.image.media_type().to_owned()
    }

    /// The platform, if known; always the same frozen object.
    #[wasm_bindgen(getter)]
    pub fn platform(&self) -> JsValue {
        let build = || match self.image.platform() {
            Some(platform) => convert::json(platform).map_or(JsValue::UNDEFINED, convert::frozen),
            None => JsValue::UNDEFINED,
        };
        self.platform.get_or_init(build).clone()
    }

    /// The compressed size of all layers in bytes; NaN if a V1 registry does not report it.
    #[wasm_bindgen(getter)]
    pub fn size(&self) -> f64 {
        self.image.size().map_or(f64::NAN, |size| size as f64)
    }

    /// The creation time; a new `Date` each time, because a `Date` is mutable.
    #[wasm_bindgen(getter)]
    pub fn created(&self) -> JsValue {
        self.image.created().map_or(JsValue::UNDEFINED, convert::date)
    }

    /// The layers' descriptors, base first; always the same frozen array.
    #[wasm_bindgen(getter)]
    pub fn layers(&self) -> JsValue {
        let build = || convert::json(&self.image.layers()).map_or(JsValue::UNDEFINED, convert::frozen);
        self.layers.get_or_init(build).clone()
    }

    /// Resolves to a layer's bytes.
    #[wasm_bindgen(js_name = getLayer)]
    pub fn get_layer(&self, layer: JsValue, options: JsValue) -> Promise {
        let (image, context) = (self.image.clone(), self.context.clone());
        promise::run(self.context.signal.as_ref(), || {
            let layer = which(&layer)?;
            let options = Options::read(options, &["signal", "timeout", "onProgress"])?;
            let callback = options.callback("onProgress")?;
            let call = options.call()?;
            Ok((options.signal()?, async move {
                let pull = image.layer(layer, &call).await?;
                let progress = Progress::new(callback, context.host.clone(), &pull);
                Ok(collect(pull, progress).await?.into())
            }))
        })
    }

    /// Resolves to a stream of a layer's bytes.
    #[wasm_bindgen(js_name = layerStream)]
    pub fn layer_stream(&self, layer: JsValue, options: JsValue) -> Promise {
        let (image, context) = (self.image.clone(), self.context.clone());
        promise::run(self.context.signal.as_ref(), || {
            let layer = which(&layer)?;
            let options = Options::read(options, &["signal", "timeout", "onProgress"])?;
            let callback = options.callback("onProgress")?;
            let call = options.call()?;
            let signal = options.signal()?;
            let signals = Signals::new([signal.as_ref(), context.signal.as_ref()]);
            Ok((signal, async move {
                let pull = image.layer(layer, &call).await?;
                let progress = Progress::new(callback, context.host.clone(), &pull);
                stream::of(Box::new(pull), progress, &signals)
            }))
        })
    }

    /// Resolves to the config.
    #[wasm_bindgen(js_name = getJson)]
    pub fn get_json(&self, options: JsValue) -> Promise {
        let image = self.image.clone();
        promise::run(self.context.signal.as_ref(), || {
            let (call, signal) = options::call(options)?;
            Ok((signal, async move { convert::document_json(&image.json(&call).await?) }))
        })
    }

    /// Resolves to a field of the config.
    #[wasm_bindgen(js_name = getData)]
    pub fn get_data(&self, field: JsValue, options: JsValue) -> Promise {
        let image = self.image.clone();
        promise::run(self.context.signal.as_ref(), || {
            let field = options::text(&field, "field")?;
            let (call, signal) = options::call(options)?;
            Ok((signal, async move {
                match image.field(&field, &call).await? {
                    Some(json) => convert::parse(&json),
                    None => Ok(JsValue::UNDEFINED),
                }
            }))
        })
    }

    /// Resolves to the chain ids, top first.
    pub fn ancestry(&self, options: JsValue) -> Promise {
        let image = self.image.clone();
        promise::run(self.context.signal.as_ref(), || {
            let (_, signal) = options::call(options)?;
            Ok((signal, async move { convert::json(&image.ancestry().await?) }))
        })
    }

    /// Resolves to the build steps of the image, oldest first.
    pub fn history(&self, options: JsValue) -> Promise {
        let image = self.image.clone();
        promise::run(self.context.signal.as_ref(), || {
            let (_, signal) = options::call(options)?;
            Ok((signal, async move { convert::history(&image.history().await?) }))
        })
    }

    /// Resolves to the history as a Dockerfile.
    pub fn dockerfile(&self, options: JsValue) -> Promise {
        let image = self.image.clone();
        promise::run(self.context.signal.as_ref(), || {
            let (_, signal) = options::call(options)?;
            Ok((signal, async move { Ok(image.dockerfile().await?.into()) }))
        })
    }
}

#[wasm_bindgen]
impl Repository {
    /// Resolves to the image of a tag or digest.
    pub fn image(&self, reference: JsValue, options: JsValue) -> Promise {
        let (repository, context) = (self.repository.clone(), self.context.clone());
        promise::run(self.context.signal.as_ref(), || {
            let reference = options::text(&reference, "tagOrDigest")?;
            let options = Options::read(options, &["signal", "timeout", "platform"])?;
            let platform = options.text("platform")?;
            let call = options.call()?;
            Ok((options.signal()?, async move {
                let image = repository.image(&reference, platform.as_deref(), &call).await?;
                Ok(Image::wrap(image, &context).into())
            }))
        })
    }
}

/// Reads the argument that selects a layer.
pub(super) fn which(layer: &JsValue) -> Result<Layer> {
    if layer.is_undefined() {
        return Ok(Layer::Top);
    }
    if let Some(digest) = layer.as_string() {
        return Ok(Layer::Named(digest));
    }
    match layer.as_f64() {
        Some(position) if position.fract() == 0.0 && position.abs() <= MAX_SAFE_INTEGER as f64 => {
            Ok(Layer::Position(position as i64))
        }
        _ => Err(Failure::argument(format!(
            "layer: a position (0 is the base) or a digest is needed, not {}",
            options::described(layer)
        ))),
    }
}
