//! `Image`.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;

use crate::fetch::FetchHost;
use crate::js::args::options;
use crate::js::args::options::{MAX_SAFE_INTEGER, Options};
use crate::js::client::Shared;
use crate::js::output::collect::collect;
use crate::js::output::error::{Failure, Result, not_constructible};
use crate::js::output::progress::Progress;
use crate::js::output::{convert, promise, stream};
use crate::js::signal::Signals;
use crate::registry;
use crate::registry::{Layer, Source};

/// See index.d.ts.
#[wasm_bindgen(skip_typescript)]
pub struct Image {
    image: registry::Image<FetchHost>,
    shared: Rc<Shared>,
    layers: OnceCell<JsValue>,
    platform: OnceCell<JsValue>,
}

impl Image {
    /// For JavaScript.
    pub(super) fn wrap(image: registry::Image<FetchHost>, shared: &Rc<Shared>) -> Self {
        Self { image, shared: shared.clone(), layers: OnceCell::new(), platform: OnceCell::new() }
    }
}

#[wasm_bindgen]
impl Image {
    /// A repository gives images; there is no other way to one.
    #[wasm_bindgen(constructor)]
    pub fn new() -> std::result::Result<Self, JsValue> {
        Err(not_constructible("Image", "repository.image(tag)"))
    }

    /// Digest of the config.
    #[wasm_bindgen(getter)]
    pub fn id(&self) -> String {
        self.image.id().to_owned()
    }

    /// Digest of the manifest.
    #[wasm_bindgen(getter)]
    pub fn digest(&self) -> Option<String> {
        self.image.digest().map(ToString::to_string)
    }

    /// Whether the digest vouches for all of it.
    #[wasm_bindgen(getter)]
    pub fn verified(&self) -> bool {
        self.image.is_verified()
    }

    /// Media type of the manifest.
    #[wasm_bindgen(getter, js_name = mediaType)]
    pub fn media_type(&self) -> String {
        self.image.media_type().to_owned()
    }

    /// The platform, where known; each time the same frozen object.
    #[wasm_bindgen(getter)]
    pub fn platform(&self) -> JsValue {
        let build = || match self.image.platform() {
            Some(platform) => convert::json(platform).map_or(JsValue::UNDEFINED, convert::frozen),
            None => JsValue::UNDEFINED,
        };
        self.platform.get_or_init(build).clone()
    }

    /// Bytes of all layers, compressed; NaN where a V1 registry does not tell.
    #[wasm_bindgen(getter)]
    pub fn size(&self) -> f64 {
        self.image.size().map_or(f64::NAN, |size| size as f64)
    }

    /// When it was made; a new `Date` each time, as a `Date` can be changed.
    #[wasm_bindgen(getter)]
    pub fn created(&self) -> JsValue {
        self.image.created().map_or(JsValue::UNDEFINED, convert::date)
    }

    /// The layers' descriptors, base first; each time the same frozen array.
    #[wasm_bindgen(getter)]
    pub fn layers(&self) -> JsValue {
        let build = || convert::json(&self.image.layers()).map_or(JsValue::UNDEFINED, convert::frozen);
        self.layers.get_or_init(build).clone()
    }

    /// Resolves to a layer's bytes.
    #[wasm_bindgen(js_name = getLayer)]
    pub fn get_layer(&self, layer: JsValue, options: JsValue) -> Promise {
        let (image, shared) = (self.image.clone(), self.shared.clone());
        promise::run(self.shared.signal.as_ref(), || {
            let layer = which(&layer)?;
            let options = Options::read(options, &["signal", "timeout", "onProgress"])?;
            let callback = options.callback("onProgress")?;
            let call = options.call()?;
            Ok((options.signal()?, async move {
                let pull = image.layer(layer, &call).await?;
                let progress = Progress::new(callback, shared.host.clone(), &pull);
                Ok(collect(pull, progress).await?.into())
            }))
        })
    }

    /// Resolves to a stream of a layer's bytes.
    #[wasm_bindgen(js_name = layerStream)]
    pub fn layer_stream(&self, layer: JsValue, options: JsValue) -> Promise {
        let (image, shared) = (self.image.clone(), self.shared.clone());
        promise::run(self.shared.signal.as_ref(), || {
            let layer = which(&layer)?;
            let options = Options::read(options, &["signal", "timeout", "onProgress"])?;
            let callback = options.callback("onProgress")?;
            let call = options.call()?;
            let signal = options.signal()?;
            let signals = Signals::new([signal.as_ref(), shared.signal.as_ref()]);
            Ok((signal, async move {
                let pull = image.layer(layer, &call).await?;
                let progress = Progress::new(callback, shared.host.clone(), &pull);
                stream::of(pull, progress, &signals)
            }))
        })
    }

    /// Resolves to the config.
    #[wasm_bindgen(js_name = getJson)]
    pub fn get_json(&self, options: JsValue) -> Promise {
        let image = self.image.clone();
        promise::run(self.shared.signal.as_ref(), || {
            let options = Options::read(options, &["signal", "timeout"])?;
            let call = options.call()?;
            Ok((options.signal()?, async move { convert::document_json(&image.json(&call).await?) }))
        })
    }

    /// Resolves to a field of the config.
    #[wasm_bindgen(js_name = getData)]
    pub fn get_data(&self, field: JsValue, options: JsValue) -> Promise {
        let image = self.image.clone();
        promise::run(self.shared.signal.as_ref(), || {
            let field = options::text(&field, "field")?;
            let options = Options::read(options, &["signal", "timeout"])?;
            let call = options.call()?;
            Ok((options.signal()?, async move {
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
        promise::run(self.shared.signal.as_ref(), || {
            let options = Options::read(options, &["signal", "timeout"])?;
            options.call()?;
            Ok((options.signal()?, async move { convert::json(&image.ancestry().await?) }))
        })
    }

    /// Resolves to the steps that made the image, oldest first.
    pub fn history(&self, options: JsValue) -> Promise {
        let image = self.image.clone();
        promise::run(self.shared.signal.as_ref(), || {
            let options = Options::read(options, &["signal", "timeout"])?;
            options.call()?;
            Ok((options.signal()?, async move { convert::history(&image.history().await?) }))
        })
    }

    /// Resolves to the history as a Dockerfile.
    pub fn dockerfile(&self, options: JsValue) -> Promise {
        let image = self.image.clone();
        promise::run(self.shared.signal.as_ref(), || {
            let options = Options::read(options, &["signal", "timeout"])?;
            options.call()?;
            Ok((options.signal()?, async move { Ok(image.dockerfile().await?.into()) }))
        })
    }
}

/// Which layer an argument means.
fn which(layer: &JsValue) -> Result<Layer> {
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

/// What an argument means as an image: a tag or digest, or an `Image` of this package.
pub fn source(value: &JsValue, path: &str) -> Result<Source<FetchHost>> {
    if let Some(text) = value.as_string() {
        return Ok(Source::Reference(text));
    }
    let refused = || {
        Failure::argument(format!("{path}: a tag, a digest or an Image is needed, not {}", options::described(value)))
    };
    lent(value).map(Source::Image).ok_or_else(refused)
}

/// A list of them.
pub fn sources(value: &JsValue, path: &str) -> Result<Vec<Source<FetchHost>>> {
    let refused = || {
        Failure::argument(format!(
            "{path}: a list of tags, digests or Images is needed, not {}",
            options::described(value)
        ))
    };
    let list = options::list(value).ok_or_else(refused)?;
    list.iter().enumerate().map(|(index, item)| source(&item, &format!("{path}[{index}]"))).collect()
}

/// The image behind a value, which stays the caller's.
pub fn lent(value: &JsValue) -> Option<registry::Image<FetchHost>> {
    let found = Rc::new(RefCell::new(None));
    let told = found.clone();
    let take = Closure::<dyn FnMut(&Image)>::new(move |image: &Image| {
        told.replace(Some(image.image.clone()));
    });
    lend(value, take.as_ref());
    found.take()
}

/// Gives a value to a function of Rust's that takes an object of this package by reference: the one place to which
/// wasm-bindgen lends an object that may also be something else; to anything else it takes the object away.
pub fn lend(value: &JsValue, take: &JsValue) {
    // What is no such object, or was freed, throws.
    let _ = take.unchecked_ref::<Function>().call1(&JsValue::UNDEFINED, value);
}
