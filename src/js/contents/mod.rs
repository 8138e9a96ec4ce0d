//! What is in an image, for JavaScript: `files()`, `readFile()` and their like. See index.d.ts.

mod entry;
mod options;
mod pages;

use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen::prelude::*;

use crate::fetch::{FetchHost, Room};
use crate::js::args::options::Options;
use crate::js::contents::entry::{change_fields, list, shown};
use crate::js::contents::options::{Reading, path_filter, path_of, position};
use crate::js::contents::pages::{Archive, Bytes, Listed, Scan};
use crate::js::downcast;
use crate::js::image::Image;
use crate::js::output::error::{Failure, Result};
use crate::js::output::{convert, promise};
use crate::js::signal::Signals;
use crate::protocol::code;
use crate::registry::contents::Contents;
use crate::registry::contents::diff::{Comparison, ImageDiff};
use crate::registry::contents::file::{FileRead, Scope};
use crate::registry::contents::packages::{Manager, Packages};
use crate::registry::contents::waste::ImageWaste;
use crate::registry::image::layer::ImageLayer;
use crate::transport::Error;

#[wasm_bindgen]
impl Image {
    /// Iterates over the files of the image.
    pub fn files(&self, options: JsValue) -> std::result::Result<JsValue, JsValue> {
        let known = &["signal", "timeout", "onProgress", "limits", "upTo", "filter", "sort"];
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

    /// Iterates over what a layer changes of those below it.
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
                pages::stream(Box::new(Bytes::new(read, reading)), signals)
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
                pages::stream(Box::new(Archive::new(export, reading)), signals)
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
            let index = index.dyn_ref::<Uint8Array>().ok_or_else(refused)?.to_vec();
            let options = Options::read(options, &["signal", "timeout", "limits"])?;
            let reading = Reading::read(&options)?;
            let contents = reading.contents(&self.image, &self.context, None);
            Ok((reading.signal.clone(), async move {
                contents.use_layer_index(layer, &index)?;
                Ok(JsValue::UNDEFINED)
            }))
        })
    }

    /// Resolves to what differs from another image.
    pub fn diff(&self, other: JsValue, options: JsValue) -> Promise {
        promise::run(self.context.signal.as_ref(), || {
            let refused = || Failure::argument("other: an Image of this package is needed");
            let other = downcast::image(&other)?.ok_or_else(refused)?;
            let known = &["signal", "timeout", "onProgress", "limits", "ignoreTimes", "exact"];
            let options = Options::read(options, known)?;
            let comparison =
                Comparison { ignore_times: options.flag("ignoreTimes")?, is_exact: options.flag("exact")? };
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

    /// Resolves to what is stored and hidden.
    pub fn waste(&self, options: JsValue) -> Promise {
        promise::run(self.context.signal.as_ref(), || {
            let options = Options::read(options, &["signal", "timeout", "onProgress", "limits", "base"])?;
            let reading = Reading::read(&options)?;
            let contents = reading.contents(&self.image, &self.context, self.image.size());
            let base = match options.get("base")? {
                None => 0,
                Some(base) => self.base(&contents, &base)?,
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
        let options = Options::read(options, &["signal", "timeout", "onProgress", "limits", "upTo", "layer"])?;
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

    /// The number of layers that are a base image's: itself, or what this image shares with it.
    fn base(&self, contents: &Contents<FetchHost>, base: &JsValue) -> Result<usize> {
        let count = self.image.layers().len();
        let Some(image) = downcast::image(base)? else {
            return match base.as_f64() {
                Some(layers) if layers.fract() == 0.0 && (0.0..=count as f64).contains(&layers) => Ok(layers as usize),
                _ => Err(Failure::argument(format!(
                    "options.base: an Image, or a number of layers from 0 to {count}, is needed"
                ))),
            };
        };
        let base = Contents { image, ..contents.clone() };
        let (shared, layers) = (contents.shared_with(&base), base.image.layers().len());
        if shared < layers {
            let message =
                format!("options.base: of the {layers} layers of that image, this image has only the first {shared}");
            return Err(Failure::argument(message));
        }
        Ok(shared)
    }
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

/// Converts to `ImageDiff` of index.d.ts.
fn diff_to_js(one: &Contents<FetchHost>, two: &Contents<FetchHost>, diff: &ImageDiff) -> Result<JsValue> {
    let (ones, twos) = (one.image.layers(), two.image.layers());
    let layers = convert::object([
        ("shared", convert::json(&ones.get(..diff.shared).unwrap_or_default())?),
        ("before", convert::json(&ones.get(diff.shared..).unwrap_or_default())?),
        ("after", convert::json(&twos.get(diff.shared..).unwrap_or_default())?),
    ]);
    let config = Array::new();
    for change in &diff.config {
        let value = |json: &Option<String>| json.as_deref().map_or(Ok(JsValue::UNDEFINED), convert::parse);
        config.push(&convert::object([
            ("field", change.field.as_str().into()),
            ("before", value(&change.before)?),
            ("after", value(&change.after)?),
        ]));
    }
    let files: Vec<_> = diff.files.iter().map(change_fields).collect();
    Ok(convert::object([("layers", layers), ("config", config.into()), ("files", list(&files)?.into())]))
}

/// Converts to `ImageWaste` of index.d.ts.
fn waste_to_js(contents: &Contents<FetchHost>, waste: &ImageWaste) -> Result<JsValue> {
    let listed = waste.own.as_ref().unwrap_or(&waste.all);
    let files: Array = listed
        .files
        .iter()
        .map(|file| {
            convert::object([
                ("path", shown(&file.path).into()),
                ("size", convert::number(file.size)),
                ("layer", convert::number(file.layer as u64)),
                ("by", convert::number(file.by as u64)),
                ("replaced", file.is_replaced.into()),
            ])
        })
        .collect();
    let layers: Array = waste
        .layers
        .iter()
        .zip(contents.image.layers())
        .map(|(layer, described)| {
            let digest = match described {
                ImageLayer::Blob(layer) => layer.digest.as_str().into(),
                ImageLayer::V1(_) => JsValue::UNDEFINED,
            };
            convert::object([
                ("digest", digest),
                ("createdBy", layer.created_by.as_deref().map_or(JsValue::UNDEFINED, JsValue::from)),
                ("stored", convert::number(layer.stored)),
                ("hidden", convert::number(layer.hidden)),
                ("hides", convert::number(layer.hides)),
            ])
        })
        .collect();
    let total = |waste: &crate::layer::waste::Waste| {
        [("stored", convert::number(waste.stored)), ("wasted", convert::number(waste.wasted))]
    };
    let [stored, wasted] = total(&waste.all);
    let without_base = waste.own.as_ref().map_or(JsValue::UNDEFINED, |own| convert::object(total(own)));
    let dive =
        convert::object([("efficiency", waste.dive.efficiency.into()), ("wasted", convert::number(waste.dive.wasted))]);
    Ok(convert::object([
        stored,
        wasted,
        ("withoutBase", without_base),
        ("files", files.into()),
        ("layers", layers.into()),
        ("dive", dive),
    ]))
}

/// Converts to `ImagePackages` of index.d.ts.
fn packages_to_js(found: &Packages) -> Result<JsValue> {
    let packages: Array = found
        .packages
        .iter()
        .map(|(manager, package)| {
            let optional = |text: &Option<String>| text.as_deref().map_or(JsValue::UNDEFINED, JsValue::from);
            let manager = match manager {
                Manager::Dpkg => "dpkg",
                Manager::Apk => "apk",
                Manager::Rpm => "rpm",
            };
            convert::object([
                ("name", package.name.as_str().into()),
                ("version", package.version.as_str().into()),
                ("architecture", optional(&package.architecture)),
                ("source", optional(&package.source)),
                ("manager", manager.into()),
            ])
        })
        .collect();
    // JSON, because a name may be `__proto__`.
    let assignments: std::collections::BTreeMap<_, _> = found.os_release.iter().cloned().collect();
    Ok(convert::object([("osRelease", convert::json(&assignments)?), ("packages", packages.into())]))
}
