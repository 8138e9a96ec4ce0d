//! `Repository`: artifacts.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Promise;
use wasm_bindgen::prelude::*;

use crate::fetch::{FetchHost, HostBytes};
use crate::js::args::blob_data::Cause;
use crate::js::args::callback::Callback;
use crate::js::args::options::Options;
use crate::js::args::{blob_data, image, options};
use crate::js::output::error::{Failure, Result};
use crate::js::output::progress::Progress;
use crate::js::output::{convert, promise};
use crate::js::repository::Repository;
use crate::js::repository::blob::with_cause;
use crate::protocol::oci::descriptor::Annotations;
use crate::protocol::oci::media_type;
use crate::registry::blob::push_strategy::LARGEST_CHUNK;
use crate::registry::{Artifact, ArtifactFile, Push};

const KNOWN: &[&str] = &[
    "signal",
    "timeout",
    "onProgress",
    "artifactType",
    "files",
    "annotations",
    "subject",
    "config",
    "tag",
    "ifMatch",
    "noClobber",
    "chunkSize",
];

#[wasm_bindgen]
impl Repository {
    /// Resolves to the descriptor of the artifact.
    #[wasm_bindgen(js_name = pushArtifact)]
    pub fn push_artifact(&self, artifact: JsValue) -> Promise {
        let (repository, host) = (self.repository.clone(), self.context.host.clone());
        promise::run(self.context.signal.as_ref(), || {
            let options = Options::read(artifact, KNOWN)?;
            let artifact_type =
                options::text(&options.get("artifactType")?.unwrap_or_default(), "options.artifactType")?;
            let subject = options.get("subject")?.map(|value| image::read(&value, "options.subject")).transpose()?;
            let (annotations, tag) = (annotations(&options)?, options.text("tag")?);
            let if_match = options.digest_condition()?;
            let chunk_size = options.whole("chunkSize", 1, LARGEST_CHUNK)?;
            let callback = options.callback("onProgress")?;
            let (call, signal) = (options.call()?, options.signal()?);
            // Read last, because it locks the streams.
            let reason = Cause::default();
            let mut config = match options.get("config")? {
                Some(value) => {
                    let config = Options::nested(value, "config", &["data", "mediaType"])?;
                    Some(pushed(&config, &reason)?)
                }
                None => None,
            };
            let mut files = files(&options, &reason)?;
            files.iter_mut().for_each(|file| file.push.chunk_size = chunk_size);
            let pushes = config.iter_mut().chain(files.iter_mut().map(|file| &mut file.push));
            let progress = callback.map(|callback| watch(pushes.collect(), callback, host));
            let artifact = Artifact { artifact_type, files, annotations, subject, config, tag, if_match };
            Ok((signal, async move {
                let result = repository.push_artifact(artifact, &call).await;
                let pushed = result.map_err(|error| with_cause(error, &reason))?;
                if let Some(progress) = progress {
                    progress.borrow_mut().end_whole();
                }
                convert::descriptor(Some(&pushed))
            }))
        })
    }
}

/// Reports the sum of several uploads. The total is known if all their sizes are.
fn watch(pushes: Vec<&mut Push<HostBytes>>, callback: Callback, host: FetchHost) -> Rc<RefCell<Progress>> {
    let total = pushes.iter().map(|push| push.source.size()).sum();
    let progress = Rc::new(RefCell::new(Progress::of(Some(callback), host, None, total)));
    let loaded = Rc::new(RefCell::new(vec![0; pushes.len()]));
    for (index, push) in pushes.into_iter().enumerate() {
        let (progress, loaded) = (progress.clone(), loaded.clone());
        push.progress = Box::new(move |bytes| {
            let mut loaded = loaded.borrow_mut();
            loaded.get_mut(index).into_iter().for_each(|one| *one = bytes);
            progress.borrow_mut().reach(loaded.iter().sum());
        });
    }
    progress
}

fn files(options: &Options, reason: &Cause) -> Result<Vec<ArtifactFile<HostBytes>>> {
    let Some(value) = options.get("files")? else { return Ok(Vec::new()) };
    let list = options::list(&value).ok_or_else(|| Failure::argument("options.files: a list of files is needed"))?;
    let file = |(index, value)| {
        let known = ["title", "data", "mediaType", "annotations"];
        let file = Options::nested(value, &format!("files[{index}]"), &known)?;
        let (title, annotations) = (file.text("title")?, annotations(&file)?);
        Ok(ArtifactFile { push: pushed(&file, reason)?, title, annotations })
    };
    list.iter().enumerate().map(file).collect()
}

/// Reads `data` and `mediaType`.
fn pushed(options: &Options, reason: &Cause) -> Result<Push<HostBytes>> {
    let media_type = options.text("mediaType")?;
    media_type.as_deref().map_or(Ok(()), media_type::check)?;
    let source = blob_data::read(&options.get("data")?.unwrap_or_default(), &options.path("data"), reason)?;
    let mut push = Push::new(source);
    if let Some(media_type) = media_type {
        push.media_type = media_type;
    }
    Ok(push)
}

fn annotations(options: &Options) -> Result<Annotations> {
    let mut annotations = Annotations::default();
    for (key, value) in options.fields("annotations")? {
        annotations.set(&key, &value);
    }
    Ok(annotations)
}
