//! The calls that look inside an image: `files()`, `readFile()` and others. See index.d.ts.

mod entry;
pub(super) mod options;
mod pages;
mod results;
mod store;

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;

use crate::fetch::{FetchHost, Room, byte_array};
use crate::js::args::options as args;
use crate::js::args::options::Options;
use crate::js::contents::options::{Reading, path_filter, path_of, position};
use crate::js::contents::pages::{Listed, Scan};
use crate::js::contents::results::{diff_to_js, packages_to_js, waste_to_js};
use crate::js::downcast;
use crate::js::image::Image;
use crate::js::output::error::{Failure, Result};
use crate::js::output::promise;
use crate::js::signal::Signals;
use crate::protocol::code;
use crate::registry::contents::diff::Comparison;
use crate::registry::contents::file::{FileRead, Scope};
use crate::registry::contents::waste::Base;
use crate::registry::contents::{Chunks, Contents};
use crate::transport::Error;

#[wasm_bindgen]
impl Image {
    /// Iterates over the files of the image.
    pub fn files(&self, options: JsValue) -> std::result::Result<JsValue, JsValue> {
        let known =
            &["signal", "timeout", "onProgress", "limits", "upTo", "filter", "sort", "tableOfContents", "sociIndex"];
        Ok(self.scan(Options::read(options, known)?, |_, options| {
            Ok(Scan::Files {
                end: self.end(options)?,
                by_size: options.choice("sort", &[("path", false), ("size", true)])? == Some(true),
            })
        })?)
    }

    /// Iterates over the entries of a layer.
    #[wasm_bindgen(js_name = layerFiles)]
    pub fn layer_files(&self, layer: JsValue, options: JsValue) -> std::result::Result<JsValue, JsValue> {
        let options = Options::read(options, &["signal", "timeout", "onProgress", "limits", "filter"])?;
        Ok(self.scan(options, |image, _| Ok(Scan::Layer(position(image, &layer, "layer")?)))?)
    }

    /// Iterates over the differences that a layer makes to those below it.
    #[wasm_bindgen(js_name = layerChanges)]
    pub fn layer_changes(&self, layer: JsValue, options: JsValue) -> std::result::Result<JsValue, JsValue> {
        let known = &["signal", "timeout", "onProgress", "limits", "filter", "ignoreTimes"];
        Ok(self.scan(Options::read(options, known)?, |image, options| {
            let layer = position(image, &layer, "layer")?;
            Ok(Scan::Changes { layer, ignore_times: options.flag("ignoreTimes")? })
        })?)
    }

    /// Resolves to the content of a file.
    #[wasm_bindgen(js_name = readFile)]
    pub fn read_file(&self, path: JsValue, options: JsValue) -> Promise {
        promise::run(self.context.signal.as_ref(), || {
            let (path, scope, reading) = self.file_arguments(&path, options)?;
            let signal = reading.signal.clone();
            let contents = reading.contents(&self.image, &self.context, self.image.size());
            Ok((signal, async move {
                let content = collect(contents.file(&path, scope).await?.open().await?).await?;
                reading.end();
                Ok(content.into())
            }))
        })
    }

    /// Resolves to a stream of the content of a file.
    #[wasm_bindgen(js_name = fileStream)]
    pub fn file_stream(&self, path: JsValue, options: JsValue) -> Promise {
        promise::run(self.context.signal.as_ref(), || {
            let (path, scope, reading) = self.file_arguments(&path, options)?;
            let signal = reading.signal.clone();
            let signals = Signals::new([signal.as_ref(), self.context.signal.as_ref()]);
            let contents = reading.contents(&self.image, &self.context, self.image.size());
            Ok((signal, async move {
                let read = contents.file(&path, scope).await?.open().await?;
                pages::stream(read, reading, signals)
            }))
        })
    }

    /// Resolves to the file system as an archive.
    #[wasm_bindgen(js_name = exportTar)]
    pub fn export_tar(&self, options: JsValue) -> Promise {
        promise::run(self.context.signal.as_ref(), || {
            let options = Options::read(options, &["signal", "timeout", "onProgress", "limits", "upTo"])?;
            let end = self.end(&options)?;
            let reading = Reading::read(&options)?;
            let signal = reading.signal.clone();
            let signals = Signals::new([signal.as_ref(), self.context.signal.as_ref()]);
            let contents = reading.contents(&self.image, &self.context, None);
            Ok((signal, async move {
                let export = contents.export(end).await?;
                pages::stream(export, reading, signals)
            }))
        })
    }

    /// Resolves to the index of a layer.
    #[wasm_bindgen(js_name = layerIndex)]
    pub fn layer_index(&self, layer: JsValue, options: JsValue) -> Promise {
        promise::run(self.context.signal.as_ref(), || {
            let layer = position(&self.image, &layer, "layer")?;
            let options = Options::read(options, &["signal", "timeout", "onProgress", "limits"])?;
            let reading = Reading::read(&options)?;
            let contents = reading.contents(&self.image, &self.context, Scan::Layer(layer).size(&self.image));
            Ok((reading.signal.clone(), async move {
                let index = contents.layer_index(layer).await?;
                reading.end();
                Ok(Uint8Array::from(index.as_slice()).into())
            }))
        })
    }

    /// Resolves once the index of a layer is in use.
    #[wasm_bindgen(js_name = useLayerIndex)]
    pub fn use_layer_index(&self, layer: JsValue, index: JsValue, options: JsValue) -> Promise {
        promise::run(self.context.signal.as_ref(), || {
            let layer = position(&self.image, &layer, "layer")?;
            let refused = || Failure::argument("index: a Uint8Array is needed, as layerIndex() gives it");
            let index = byte_array(&index).ok_or_else(refused)?.to_vec();
            let options = Options::read(options, &["signal", "timeout", "limits"])?;
            let reading = Reading::read(&options)?;
            let contents = reading.contents(&self.image, &self.context, None);
            Ok((reading.signal.clone(), async move {
                contents.use_layer_index(layer, &index)?;
                Ok(JsValue::UNDEFINED)
            }))
        })
    }

    /// Resolves to the differences from another image.
    pub fn diff(&self, other: JsValue, options: JsValue) -> Promise {
        promise::run(self.context.signal.as_ref(), || {
            let refused = || Failure::argument("other: an Image of this package is needed");
            let other = downcast::image(&other)?.ok_or_else(refused)?;
            let known = &["signal", "timeout", "onProgress", "limits", "ignoreTimes", "exact", "packages"];
            let options = Options::read(options, known)?;
            let comparison = Comparison {
                ignore_times: options.flag("ignoreTimes")?,
                is_exact: options.flag("exact")?,
                has_packages: options.flag("packages")?,
            };
            let reading = Reading::read(&options)?;
            let one = reading.contents(&self.image, &self.context, None);
            let two = Contents { image: other, ..one.clone() };
            Ok((reading.signal.clone(), async move {
                let diff = one.diff(&two, comparison).await?;
                reading.end();
                diff_to_js(&one, &two, &diff)
            }))
        })
    }

    /// Resolves to the bytes that are stored and hidden.
    pub fn waste(&self, options: JsValue) -> Promise {
        promise::run(self.context.signal.as_ref(), || {
            let options = Options::read(options, &["signal", "timeout", "onProgress", "limits", "base"])?;
            let reading = Reading::read(&options)?;
            let contents = reading.contents(&self.image, &self.context, self.image.size());
            let base = match options.get("base")? {
                None => 0,
                Some(value) => contents.base(base(&value)?)?,
            };
            Ok((reading.signal.clone(), async move {
                let waste = contents.waste(base).await?;
                reading.end();
                waste_to_js(&contents, &waste)
            }))
        })
    }

    /// Resolves to the packages of the image.
    pub fn packages(&self, options: JsValue) -> Promise {
        promise::run(self.context.signal.as_ref(), || {
            let options = Options::read(options, &["signal", "timeout", "onProgress", "limits"])?;
            let reading = Reading::read(&options)?;
            let contents = reading.contents(&self.image, &self.context, self.image.size());
            Ok((reading.signal.clone(), async move {
                let packages = contents.packages().await?;
                reading.end();
                packages_to_js(&packages)
            }))
        })
    }
}

impl Image {
    fn scan(
        &self,
        options: Options,
        what: impl FnOnce(&crate::registry::Image<FetchHost>, &Options) -> Result<Scan>,
    ) -> Result<JsValue> {
        let scan = what(&self.image, &options)?;
        let filter = path_filter(&options)?;
        let reading = Reading::read(&options)?;
        let signals = Signals::new([reading.signal.as_ref(), self.context.signal.as_ref()]);
        let contents = reading.contents(&self.image, &self.context, scan.size(&self.image));
        Ok(pages::items(Listed { contents, scan, filter, reading }, signals))
    }

    /// The layers that `upTo` selects: those in front of this position.
    fn end(&self, options: &Options) -> Result<usize> {
        match options.get("upTo")? {
            Some(layer) => Ok(position(&self.image, &layer, &options.path("upTo"))? + 1),
            None => Ok(self.image.layers().len()),
        }
    }

    fn file_arguments(&self, path: &JsValue, options: JsValue) -> Result<(Vec<u8>, Scope, Reading)> {
        let path = path_of(path)?;
        let known = &["signal", "timeout", "onProgress", "limits", "upTo", "layer", "tableOfContents", "sociIndex"];
        let options = Options::read(options, known)?;
        let get = |name: &str| -> Result<Option<usize>> {
            options.get(name)?.map(|layer| position(&self.image, &layer, &options.path(name))).transpose()
        };
        let scope = match (get("upTo")?, get("layer")?) {
            (Some(_), Some(_)) => {
                let place = options.path("layer");
                return Err(Failure::argument(format!("{place}: it cannot be combined with upTo")));
            }
            (Some(layer), None) => Scope::Before(layer + 1),
            (None, Some(layer)) => Scope::Only(layer),
            (None, None) => Scope::Before(self.image.layers().len()),
        };
        Ok((path, scope, Reading::read(&options)?))
    }
}

/// Reads the base image of `waste()`.
fn base(value: &JsValue) -> Result<Base<FetchHost>> {
    if let Some(image) = downcast::image(value)? {
        return Ok(Base::Image(image));
    }
    let layers = args::whole(value, "options.base", 0, u64::from(u32::MAX));
    let refused = |_| Failure::argument("options.base: an Image, or a number of layers, is needed");
    Ok(Base::Layers(layers.map_err(refused)? as usize))
}

/// Collects the content of a file.
async fn collect(mut read: FileRead<FetchHost>) -> Result<Uint8Array> {
    let too_large = |_| {
        Error::new(code::TOO_LARGE, format!("this host cannot allocate {} bytes in one piece", read.size))
            .and("read the file as a stream")
    };
    let room = Room::new(read.size as f64).map_err(too_large)?;
    let mut at = 0;
    while let Some(bytes) = read.next().await? {
        let length = bytes.len();
        let refused = |_| Error::internal("the content of a file is longer than the file");
        room.set(&Uint8Array::from(bytes.as_slice()), at as f64).map_err(refused)?;
        at += length;
    }
    Ok(room.into())
}
