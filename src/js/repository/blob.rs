//! `Repository`: blobs.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Promise, Reflect};
use wasm_bindgen::prelude::*;

use crate::js::args::blob_data::Cause;
use crate::js::args::options::Options;
use crate::js::args::{blob_data, options};
use crate::js::output::error::{Failure, Result, to_js};
use crate::js::output::progress::Progress;
use crate::js::output::{convert, promise, stream};
use crate::js::repository::Repository;
use crate::js::signal::Signals;
use crate::protocol::json::MAX_SAFE_INTEGER;
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::media_type;
use crate::registry::Push;
use crate::registry::blob::push_strategy::LARGEST_CHUNK;
use crate::transport::Error;

#[wasm_bindgen]
impl Repository {
    /// Resolves to a stream of a blob's bytes.
    pub fn blob(&self, digest: JsValue, options: JsValue) -> Promise {
        let (repository, context) = (self.repository.clone(), self.context.clone());
        promise::run(self.context.signal.as_ref(), || {
            let digest = options::text(&digest, "digest")?;
            let options = Options::read(options, &["signal", "timeout", "onProgress", "range"])?;
            let range = options.get("range")?.map(|value| range(&value)).transpose()?;
            let callback = options.callback("onProgress")?;
            let call = options.call()?;
            let signal = options.signal()?;
            let signals = Signals::new([signal.as_ref(), context.signal.as_ref()]);
            Ok((signal, async move {
                let pull = repository.blob(&digest, range, &call).await?;
                let progress = Progress::new(callback, context.host.clone(), &pull);
                stream::of(Box::new(pull), progress, &signals)
            }))
        })
    }

    /// Resolves to the descriptor of a blob, or undefined.
    #[wasm_bindgen(js_name = headBlob)]
    pub fn head_blob(&self, digest: JsValue, options: JsValue) -> Promise {
        let repository = self.repository.clone();
        promise::run(self.context.signal.as_ref(), || {
            let digest = options::text(&digest, "digest")?;
            let (call, signal) = options::call(options)?;
            Ok((signal, async move { convert::descriptor(repository.head_blob(&digest, &call).await?.as_ref()) }))
        })
    }

    /// Resolves to the descriptor of a blob that was pushed or existed already.
    #[wasm_bindgen(js_name = pushBlob)]
    pub fn push_blob(&self, data: JsValue, options: JsValue) -> Promise {
        let (repository, host) = (self.repository.clone(), self.context.host.clone());
        promise::run(self.context.signal.as_ref(), || {
            let known = ["signal", "timeout", "onProgress", "mediaType", "chunkSize", "digest"];
            let options = Options::read(options, &known)?;
            let digest = options.text("digest")?.map(|digest| Digest::parse(&digest)).transpose()?;
            let media_type = options.text("mediaType")?;
            media_type.as_deref().map_or(Ok(()), media_type::check)?;
            let chunk_size = options.whole("chunkSize", 1, LARGEST_CHUNK)?;
            let callback = options.callback("onProgress")?;
            let (call, signal) = (options.call()?, options.signal()?);
            // Read last, because it locks the stream.
            let reason = Cause::default();
            let source = blob_data::read(&data, "data", &reason)?;
            let named = digest.as_ref().map(Digest::to_string);
            let progress = Rc::new(RefCell::new(Progress::of(callback, host, named, source.size())));
            let mut push = Push { digest, chunk_size, ..Push::new(source) };
            if let Some(media_type) = media_type {
                push.media_type = media_type;
            }
            let told = progress.clone();
            push.progress = Box::new(move |bytes| told.borrow_mut().reach(bytes));
            Ok((signal, async move {
                let result = repository.push_blob(push, &call).await;
                let pushed = result.map_err(|error| with_cause(error, &reason))?;
                progress.borrow_mut().end_as(pushed.digest.to_string(), pushed.size);
                convert::descriptor(Some(&pushed))
            }))
        })
    }

    /// Resolves to true if the registry mounted the blob from the other repository.
    #[wasm_bindgen(js_name = mountBlob)]
    pub fn mount_blob(&self, digest: JsValue, from: JsValue, options: JsValue) -> Promise {
        let repository = self.repository.clone();
        promise::run(self.context.signal.as_ref(), || {
            let (digest, from) = (options::text(&digest, "digest")?, options::text(&from, "from")?);
            let (call, signal) = options::call(options)?;
            Ok((signal, async move { Ok(repository.mount_blob(&digest, &from, &call).await?.into()) }))
        })
    }

    /// Resolves once the blob is deleted.
    #[wasm_bindgen(js_name = deleteBlob)]
    pub fn delete_blob(&self, digest: JsValue, options: JsValue) -> Promise {
        let repository = self.repository.clone();
        promise::run(self.context.signal.as_ref(), || {
            let digest = options::text(&digest, "digest")?;
            let (call, signal) = options::call(options)?;
            Ok((signal, async move {
                repository.delete_blob(&digest, &call).await?;
                Ok(JsValue::UNDEFINED)
            }))
        })
    }
}

/// Reads `[first, last]`.
fn range(value: &JsValue) -> Result<(u64, u64)> {
    let refused = || Failure::argument("options.range: a list of the first and the last byte's position is needed");
    let pair = options::list(value).ok_or_else(refused)?;
    if pair.length() != 2 {
        return Err(refused());
    }
    let first = options::whole(&pair.get(0), "options.range[0]", 0, MAX_SAFE_INTEGER)?;
    let last = options::whole(&pair.get(1), "options.range[1]", 0, MAX_SAFE_INTEGER)?;
    Ok((first, last))
}

/// Adds the source's exception as the error's `cause`, if there is one.
pub fn with_cause(error: Error, reason: &Cause) -> Failure {
    let Some(cause) = reason.take() else { return error.into() };
    let error = to_js(&error);
    let _ = Reflect::set(&error, &"cause".into(), &cause); // a fresh object takes every property
    Failure::Reason(error)
}
