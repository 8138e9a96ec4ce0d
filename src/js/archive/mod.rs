//! `Image.save`, `Repository.save`, `DockerRegistryClient.load` and `archiveImages`. See index.d.ts.

mod data;

use js_sys::{Array, Promise};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::fetch::{FetchHost, HostBytes};
use crate::js::args::blob_data::Cause;
use crate::js::args::options;
use crate::js::args::options::Options;
use crate::js::client::DockerRegistryClient;
use crate::js::contents::options::limits;
use crate::js::copy::{platforms, watcher};
use crate::js::image::Image;
use crate::js::output::error::{Failure, Result};
use crate::js::output::progress::Progress;
use crate::js::output::stream::Readable;
use crate::js::output::{convert, error, promise, stream};
use crate::js::repository::Repository;
use crate::js::repository::blob::with_cause;
use crate::js::signal::Signals;
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::platform::Platform;
use crate::registry::archive::list::ListedImage;
use crate::registry::archive::load;
use crate::registry::archive::save::{self, Save};
use crate::registry::blob::push_strategy::LARGEST_CHUNK;
use crate::registry::copy::{self, Copied};
use crate::transport::Work;

impl Readable for Save<FetchHost> {
    fn next(&mut self) -> Work<'_, Option<HostBytes>> {
        Box::pin(Save::next(self))
    }

    /// Each blob is released as it is opened.
    fn release_permit(&mut self) {}

    fn rest(&mut self) {
        Save::rest(self);
    }
}

#[wasm_bindgen]
impl Image {
    /// Resolves to the image as an archive.
    pub fn save(&self, options: JsValue) -> Promise {
        let (image, context) = (self.image.clone(), self.context.clone());
        promise::run(self.context.signal.as_ref(), || {
            let options = Options::read(options, &["signal", "timeout", "onProgress", "names"])?;
            let names = options.texts("names")?;
            let (call, signal, told) = (options.call()?, options.signal()?, options.callback("onProgress")?);
            let progress = move |total| Progress::of(told, context.host.clone(), None, Some(total));
            let signals = Signals::new([signal.as_ref(), self.context.signal.as_ref()]);
            Ok((signal, async move {
                let saved = image.save(names, &call).await?;
                let progress = progress(saved.total());
                stream::of(Box::new(saved), progress, &signals)
            }))
        })
    }
}

#[wasm_bindgen]
impl Repository {
    /// Resolves to an archive of tags or digests.
    pub fn save(&self, references: JsValue, options: JsValue) -> Promise {
        let (repository, context) = (self.repository.clone(), self.context.clone());
        promise::run(self.context.signal.as_ref(), || {
            let references = texts(&references)?;
            let options = Options::read(options, &["signal", "timeout", "onProgress", "names", "platforms"])?;
            let wanted = save::Options { platforms: platforms(&options)?, names: options.texts("names")? };
            let (call, signal, told) = (options.call()?, options.signal()?, options.callback("onProgress")?);
            let signals = Signals::new([signal.as_ref(), context.signal.as_ref()]);
            Ok((signal, async move {
                let saved = repository.save(&references, &wanted, &call).await?;
                let progress = Progress::of(told, context.host.clone(), None, Some(saved.total()));
                stream::of(Box::new(saved), progress, &signals)
            }))
        })
    }
}

/// Reads a string or a list of strings.
fn texts(value: &JsValue) -> Result<Vec<String>> {
    if let Some(text) = value.as_string() {
        return Ok(vec![text]);
    }
    let texts = options::list(value).and_then(|list| list.iter().map(|item| item.as_string()).collect());
    texts.ok_or_else(|| {
        let found = options::described(value);
        Failure::argument(format!("tagsOrDigests: a string or a list of strings is needed, not {found}"))
    })
}

#[wasm_bindgen]
impl DockerRegistryClient {
    /// Resolves to the images of an archive.
    #[wasm_bindgen(js_name = archiveImages)]
    pub fn archive_images(&self, source: JsValue, options: JsValue) -> Promise {
        let client = self.client().clone();
        promise::run(self.signal(), || {
            let options = Options::read(options, &["signal", "timeout", "limits"])?;
            let (signal, limits) = (options.signal()?, limits(&options)?);
            // Read last, because it locks a stream.
            let cause = Cause::default();
            let data = data::read(&source, &cause)?;
            Ok((signal, async move {
                let images = client.archive_images(data, limits).await;
                let images = images.map_err(|error| with_cause(error, &cause))?;
                let listed: Result<Array> = images.iter().map(listed).collect();
                Ok(listed?.into())
            }))
        })
    }

    /// Resolves to what was loaded.
    pub fn load(&self, source: JsValue, target: JsValue, options: JsValue) -> Promise {
        let client = self.client().clone();
        promise::run(self.signal(), || {
            let target = options::optional_text(&target, "target")?;
            let target = target.map(|target| client.place(&target)).transpose()?;
            let known = [
                "signal",
                "timeout",
                "onProgress",
                "reference",
                "platform",
                "limits",
                "chunkSize",
                "ifMatch",
                "noClobber",
            ];
            let options = Options::read(options, &known)?;
            let (call, signal) = (options.call()?, options.signal()?);
            let wanted = load::Options {
                reference: options.text("reference")?,
                platform: platform(&options)?,
                limits: limits(&options)?,
                push: copy::Options {
                    chunk_size: options.whole("chunkSize", 1, LARGEST_CHUNK)?,
                    if_match: options.digest_condition()?,
                    watcher: options.callback("onProgress")?.map(watcher),
                    ..copy::Options::default()
                },
            };
            // Read last, because it locks a stream.
            let cause = Cause::default();
            let data = data::read(&source, &cause)?;
            Ok((signal, async move {
                let loaded = client.load(data, target, &wanted, &call).await;
                let loaded = loaded.map_err(|error| with_cause(error, &cause))?;
                convert::json(&Outcome {
                    descriptor: &loaded.descriptor,
                    repository: &loaded.repository,
                    reference: &loaded.reference,
                    names: &loaded.names,
                    copied: &loaded.copied,
                })
            }))
        })
    }
}

fn platform(options: &Options) -> Result<Option<Platform>> {
    let refused = |invalid: crate::protocol::invalid::Invalid| {
        Failure::argument(format!("options.platform: {}", invalid.message))
    };
    options.text("platform")?.map(|text| Platform::parse(&text).map_err(refused)).transpose()
}

/// Converts to `ArchiveImage` of index.d.ts.
fn listed(image: &ListedImage) -> Result<JsValue> {
    let (names, reference) = (&image.names, image.reference.as_deref());
    match &image.extent {
        Ok(extent) => convert::json(&Listed {
            reference,
            names,
            digest: &extent.descriptor.digest,
            media_type: &extent.descriptor.media_type,
            platforms: &extent.platforms,
            blobs: &extent.blobs,
            size: extent.size,
        }),
        Err(failure) => Ok(convert::object([
            ("reference", reference.into()),
            ("names", convert::json(names)?),
            ("error", error::to_js(failure)),
        ])),
    }
}

/// `ArchiveImage` of index.d.ts.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'a str>,
    names: &'a [String],
    digest: &'a Digest,
    media_type: &'a str,
    platforms: &'a [Platform],
    size: u64,
    blobs: &'a [Descriptor],
}

/// `LoadResult` of index.d.ts.
#[derive(Serialize)]
struct Outcome<'a> {
    #[serde(flatten)]
    descriptor: &'a Descriptor,
    repository: &'a str,
    reference: &'a str,
    names: &'a [String],
    #[serde(flatten)]
    copied: &'a Copied,
}
