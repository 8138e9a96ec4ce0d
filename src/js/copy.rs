//! `DockerRegistryClient.copy`.

use std::rc::Rc;

use js_sys::{Promise, Reflect};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::fetch::FetchHost;
use crate::js::args::callback::Callback;
use crate::js::args::options;
use crate::js::args::options::{Options, described};
use crate::js::client::DockerRegistryClient;
use crate::js::downcast;
use crate::js::output::error::{Failure, Result};
use crate::js::output::{convert, promise};
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::platform::Platform;
use crate::registry::Place;
use crate::registry::blob::push_strategy::LARGEST_CHUNK;
use crate::registry::copy::{Copied, Stage, Step, UnknownKinds, Watcher};
use crate::registry::{Form, copy};

const OPTIONS: &[&str] = &[
    "signal",
    "timeout",
    "platforms",
    "referrers",
    "chunkSize",
    "schema1",
    "ifMatch",
    "noClobber",
    "unknownKinds",
    "onProgress",
];

#[wasm_bindgen]
impl DockerRegistryClient {
    /// Resolves to the descriptor of the copy and the transfer statistics.
    pub fn copy(&self, source: JsValue, target: JsValue, options: JsValue) -> Promise {
        let client = self.client().clone();
        promise::run(self.signal(), || {
            let source = match source.as_string() {
                Some(text) => client.place(&text)?,
                None => place_of(&source)?,
            };
            let target = options::text(&target, "target")?;
            let options = Options::read(options, OPTIONS)?;
            let call = options.call()?;
            let wanted = copy::Options {
                platforms: platforms(&options)?,
                referrers: options.flag("referrers")?,
                chunk_size: options.whole("chunkSize", 1, LARGEST_CHUNK)?,
                convert: form(&options)?,
                if_match: options.digest_condition()?,
                unknown_kinds: unknown_kinds(&options)?,
                watcher: options.callback("onProgress")?.map(watcher),
            };
            Ok((options.signal()?, async move {
                let (descriptor, copied) = client.copy(&source, &target, &wanted, &call).await?;
                convert::json(&Outcome { descriptor: &descriptor, copied: &copied })
            }))
        })
    }
}

/// Reads an `Image`, or `{ repository, reference }`.
fn place_of(source: &JsValue) -> Result<Place<FetchHost>> {
    let refused = || {
        Failure::argument(format!(
            "source: \"repository:tag\", an Image or {{ repository, reference }} is needed, not {}",
            described(source)
        ))
    };
    if !source.is_object() {
        return Err(refused());
    }
    if let Some(image) = downcast::image(source)? {
        return Ok(image.place()?);
    }
    let part = |name: &str| Reflect::get(source, &name.into()).unwrap_or_default();
    let repository = downcast::repository(&part("repository"))?.ok_or_else(refused)?;
    let reference = options::text(&part("reference"), "source.reference")?;
    Ok(repository.place(&reference)?)
}

/// Reads `platforms`.
pub fn platforms(options: &Options) -> Result<Vec<Platform>> {
    let texts = options.texts("platforms")?.unwrap_or_default();
    let read = |text: &String| {
        Platform::parse(text).map_err(|invalid| Failure::argument(format!("options.platforms: {}", invalid.message)))
    };
    texts.iter().map(read).collect()
}

/// Reads `schema1`.
fn form(options: &Options) -> Result<Option<Form>> {
    let words = [("keep", None), ("docker", Some(Form::Docker)), ("oci", Some(Form::Oci))];
    Ok(options.choice("schema1", &words)?.flatten())
}

/// Reads `unknownKinds`.
fn unknown_kinds(options: &Options) -> Result<UnknownKinds> {
    let words = [("reject", UnknownKinds::Reject), ("manifest-only", UnknownKinds::ManifestOnly)];
    Ok(options.choice("unknownKinds", &words)?.unwrap_or_default())
}

/// `CopyProgress` of index.d.ts.
#[derive(Serialize)]
struct Report<'a> {
    digest: &'a str,
    stage: &'static str,
    loaded: u64,
    total: u64,
}

/// Reports the steps of a copy to `onProgress`.
pub fn watcher(callback: Callback) -> Watcher {
    Rc::new(move |step: &Step| {
        let stage = match step.stage {
            Stage::Exists => "exists",
            Stage::Mounted => "mounted",
            Stage::Copying => "copying",
            Stage::Copied => "copied",
        };
        let report = Report { digest: step.digest.as_str(), stage, loaded: step.loaded, total: step.total };
        if let Ok(report) = convert::small(&report) {
            callback.tell(&report);
        }
    })
}

/// `CopyResult` of index.d.ts.
#[derive(Serialize)]
struct Outcome<'a> {
    #[serde(flatten)]
    descriptor: &'a Descriptor,
    #[serde(flatten)]
    copied: &'a Copied,
}
