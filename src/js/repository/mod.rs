//! `Repository`.

mod artifact;
pub mod blob;
mod describe;
mod tag;

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Promise};
use wasm_bindgen::prelude::*;

use crate::fetch::FetchHost;
use crate::js::args::filter::Filter;
use crate::js::args::options;
use crate::js::args::options::{MAX_SAFE_INTEGER, Options};
use crate::js::client::Shared;
use crate::js::image;
use crate::js::image::Image;
use crate::js::output::error::{Failure, Result, not_constructible};
use crate::js::output::progress::Progress;
use crate::js::output::{convert, iterate, promise, stream};
use crate::js::signal::Signals;
use crate::registry;

/// See index.d.ts.
#[wasm_bindgen(skip_typescript)]
pub struct Repository {
    pub(in crate::js) repository: registry::Repository<FetchHost>,
    pub(in crate::js) shared: Rc<Shared>,
}

impl Repository {
    /// For JavaScript.
    pub(in crate::js) fn wrap(repository: registry::Repository<FetchHost>, shared: &Rc<Shared>) -> Self {
        Self { repository, shared: shared.clone() }
    }
}

#[wasm_bindgen]
impl Repository {
    /// A client gives repositories; there is no other way to one.
    #[wasm_bindgen(constructor)]
    pub fn new() -> std::result::Result<Self, JsValue> {
        Err(not_constructible("Repository", "client.repository(name)"))
    }

    /// The whole name.
    #[wasm_bindgen(getter)]
    pub fn name(&self) -> String {
        self.repository.name().to_owned()
    }

    /// What stands before the first slash.
    #[wasm_bindgen(getter)]
    pub fn namespace(&self) -> Option<String> {
        self.repository.namespace().map(str::to_owned)
    }

    /// What stands behind the first slash, or the whole name.
    #[wasm_bindgen(getter)]
    pub fn repository(&self) -> String {
        self.repository.repository().to_owned()
    }

    /// Resolves to all tags.
    pub fn tags(&self, options: JsValue) -> Promise {
        let repository = self.repository.clone();
        promise::run(self.shared.signal.as_ref(), || {
            let options = Options::read(options, &["signal", "timeout", "filter"])?;
            let filter = options.get("filter")?.map(|value| Filter::check(value, "options.filter")).transpose()?;
            let call = options.call()?;
            Ok((options.signal()?, async move {
                let mut listing = repository.tags(None, call);
                let mut tags = Array::new();
                while let Some(page) = listing.next_page().await? {
                    let mut page = convert::strings(&page)?;
                    if let Some(filter) = &filter {
                        page = filter.apply(&page);
                    }
                    // Nearly every list has one page: that needs no copy.
                    tags = if tags.length() == 0 { page } else { tags.concat(&page) };
                }
                Ok(tags.into())
            }))
        })
    }

    /// Tags as the pages arrive.
    #[wasm_bindgen(js_name = eachTag)]
    pub fn each_tag(&self, options: JsValue) -> std::result::Result<JsValue, JsValue> {
        let list = || -> Result<JsValue> {
            let options = Options::read(options, &["signal", "timeout", "pageSize"])?;
            let signals = Signals::new([options.signal()?.as_ref(), self.shared.signal.as_ref()]);
            let listing = self.repository.tags(options.page_size()?, options.call()?);
            Ok(iterate::items(listing, signals))
        };
        Ok(list()?)
    }

    /// Resolves to what a tag points to.
    pub fn data(&self, tag: JsValue, options: JsValue) -> Promise {
        let repository = self.repository.clone();
        promise::run(self.shared.signal.as_ref(), || {
            let tag = options::text(&tag, "tag")?;
            let options = Options::read(options, &["signal", "timeout"])?;
            let call = options.call()?;
            Ok((options.signal()?, async move { convert::tag_data(&repository.data(&tag, &call).await?) }))
        })
    }

    /// Resolves to the image of a tag or digest.
    pub fn image(&self, reference: JsValue, options: JsValue) -> Promise {
        let (repository, shared) = (self.repository.clone(), self.shared.clone());
        promise::run(self.shared.signal.as_ref(), || {
            let reference = options::text(&reference, "tagOrDigest")?;
            let options = Options::read(options, &["signal", "timeout", "platform"])?;
            let platform = options.text("platform")?;
            let call = options.call()?;
            Ok((options.signal()?, async move {
                let image = repository.image(&reference, platform.as_deref(), &call).await?;
                Ok(Image::wrap(image, &shared).into())
            }))
        })
    }

    /// Resolves to the manifest of a tag or digest.
    pub fn manifest(&self, reference: JsValue, options: JsValue) -> Promise {
        let repository = self.repository.clone();
        promise::run(self.shared.signal.as_ref(), || {
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
        promise::run(self.shared.signal.as_ref(), || {
            let reference = options::text(&reference, "reference")?;
            let options = Options::read(options, &["signal", "timeout"])?;
            let call = options.call()?;
            Ok((options.signal()?, async move {
                convert::descriptor(repository.head_manifest(&reference, &call).await?.as_ref())
            }))
        })
    }

    /// Resolves to a stream of a blob's bytes.
    pub fn blob(&self, digest: JsValue, options: JsValue) -> Promise {
        let (repository, shared) = (self.repository.clone(), self.shared.clone());
        promise::run(self.shared.signal.as_ref(), || {
            let digest = options::text(&digest, "digest")?;
            let options = Options::read(options, &["signal", "timeout", "onProgress", "range"])?;
            let range = options.get("range")?.map(|value| range(&value)).transpose()?;
            let callback = options.callback("onProgress")?;
            let call = options.call()?;
            let signal = options.signal()?;
            let signals = Signals::new([signal.as_ref(), shared.signal.as_ref()]);
            Ok((signal, async move {
                let pull = repository.blob(&digest, range, &call).await?;
                let progress = Progress::new(callback, shared.host.clone(), &pull);
                stream::of(pull, progress, &signals)
            }))
        })
    }

    /// Resolves to the descriptor of a blob, or undefined.
    #[wasm_bindgen(js_name = headBlob)]
    pub fn head_blob(&self, digest: JsValue, options: JsValue) -> Promise {
        let repository = self.repository.clone();
        promise::run(self.shared.signal.as_ref(), || {
            let digest = options::text(&digest, "digest")?;
            let options = Options::read(options, &["signal", "timeout"])?;
            let call = options.call()?;
            Ok((
                options.signal()?,
                async move { convert::descriptor(repository.head_blob(&digest, &call).await?.as_ref()) },
            ))
        })
    }
}

/// `[first, last]`.
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

/// The repository behind a value, which stays the caller's.
pub fn lent(value: &JsValue) -> Option<registry::Repository<FetchHost>> {
    let found = Rc::new(RefCell::new(None));
    let told = found.clone();
    let take = Closure::<dyn FnMut(&Repository)>::new(move |repository: &Repository| {
        told.replace(Some(repository.repository.clone()));
    });
    image::lend(value, take.as_ref());
    found.take()
}
