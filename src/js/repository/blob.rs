//! `Repository`: what puts blobs there, and takes them away.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Promise, Reflect};
use wasm_bindgen::prelude::*;

use crate::js::args::options::Options;
use crate::js::args::source::Reason;
use crate::js::args::{options, source};
use crate::js::output::error::{Failure, to_js};
use crate::js::output::progress::Progress;
use crate::js::output::{convert, promise};
use crate::js::repository::Repository;
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::media_type;
use crate::registry::Push;
use crate::registry::blob::push_strategy::LARGEST_CHUNK;
use crate::transport::Error;

#[wasm_bindgen]
impl Repository {
    /// Resolves to the descriptor of a blob that was pushed, or was there.
    #[wasm_bindgen(js_name = pushBlob)]
    pub fn push_blob(&self, data: JsValue, options: JsValue) -> Promise {
        let (repository, host) = (self.repository.clone(), self.shared.host.clone());
        promise::run(self.shared.signal.as_ref(), || {
            let known = ["signal", "timeout", "onProgress", "mediaType", "chunkSize", "digest"];
            let options = Options::read(options, &known)?;
            let digest = options.text("digest")?.map(|digest| Digest::parse(&digest)).transpose()?;
            let media_type = options.text("mediaType")?;
            media_type.as_deref().map_or(Ok(()), media_type::check)?;
            let chunk_size = options.whole("chunkSize", 1, LARGEST_CHUNK)?;
            let callback = options.callback("onProgress")?;
            let (call, signal) = (options.call()?, options.signal()?);
            // Last: from here on a stream is taken.
            let reason = Reason::default();
            let source = source::read(&data, "data", &reason)?;
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

    /// Resolves to whether the registry took the blob over from the other repository.
    #[wasm_bindgen(js_name = mountBlob)]
    pub fn mount_blob(&self, digest: JsValue, from: JsValue, options: JsValue) -> Promise {
        let repository = self.repository.clone();
        promise::run(self.shared.signal.as_ref(), || {
            let (digest, from) = (options::text(&digest, "digest")?, options::text(&from, "from")?);
            let options = Options::read(options, &["signal", "timeout"])?;
            let call = options.call()?;
            Ok((options.signal()?, async move { Ok(repository.mount_blob(&digest, &from, &call).await?.into()) }))
        })
    }

    /// Resolves once the blob is deleted.
    #[wasm_bindgen(js_name = deleteBlob)]
    pub fn delete_blob(&self, digest: JsValue, options: JsValue) -> Promise {
        let repository = self.repository.clone();
        promise::run(self.shared.signal.as_ref(), || {
            let digest = options::text(&digest, "digest")?;
            let options = Options::read(options, &["signal", "timeout"])?;
            let call = options.call()?;
            Ok((options.signal()?, async move {
                repository.delete_blob(&digest, &call).await?;
                Ok(JsValue::UNDEFINED)
            }))
        })
    }
}

/// The error with what the source itself said, where that is why.
pub fn with_cause(error: Error, reason: &Reason) -> Failure {
    let Some(cause) = reason.take() else { return error.into() };
    let error = to_js(&error);
    let _ = Reflect::set(&error, &"cause".into(), &cause); // a fresh object takes every property
    Failure::Reason(error)
}
