//! `Repository`: tags.

use js_sys::{Array, Promise};
use wasm_bindgen::prelude::*;

use crate::fetch::FetchHost;
use crate::js::args::filter::Filter;
use crate::js::args::options::Options;
use crate::js::args::{image, options};
use crate::js::output::error::{Failure, Result};
use crate::js::output::{convert, iterate, promise};
use crate::js::repository::Repository;
use crate::js::signal::Signals;
use crate::registry::ImageReference;

#[wasm_bindgen]
impl Repository {
    /// Resolves to all tags.
    pub fn tags(&self, options: JsValue) -> Promise {
        let repository = self.repository.clone();
        promise::run(self.context.signal.as_ref(), || {
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
                    // Most lists have one page, which needs no copy.
                    tags = if tags.length() == 0 { page } else { tags.concat(&page) };
                }
                Ok(tags.into())
            }))
        })
    }

    /// Iterates over tags as the pages arrive.
    #[wasm_bindgen(js_name = eachTag)]
    pub fn each_tag(&self, options: JsValue) -> std::result::Result<JsValue, JsValue> {
        let list = || -> Result<JsValue> {
            let options = Options::read(options, &["signal", "timeout", "pageSize", "last"])?;
            let signals = Signals::new([options.signal()?.as_ref(), self.context.signal.as_ref()]);
            let listing = self.repository.tags(options.page_size()?, options.call()?).after(options.text("last")?);
            Ok(iterate::names(listing, signals))
        };
        Ok(list()?)
    }

    /// Resolves to a description of the image that a tag points to.
    pub fn data(&self, tag: JsValue, options: JsValue) -> Promise {
        let repository = self.repository.clone();
        promise::run(self.context.signal.as_ref(), || {
            let tag = options::text(&tag, "tag")?;
            let (call, signal) = options::call(options)?;
            Ok((signal, async move { convert::tag_data(&repository.data(&tag, &call).await?) }))
        })
    }

    /// Points a tag at an image: `tag(tag, image, options)`, or `tag({ from, to, ... })`.
    pub fn tag(&self, tag: JsValue, image: JsValue, options: JsValue) -> Promise {
        let repository = self.repository.clone();
        promise::run(self.context.signal.as_ref(), || {
            let Move { tag, image, options } = read_move(tag, image, options)?;
            let condition = options.condition()?;
            let call = options.call()?;
            Ok((options.signal()?, async move {
                let condition = condition.as_ref().map(Option::as_deref);
                repository.tag(&tag, &image, condition, &call).await?;
                Ok(JsValue::UNDEFINED)
            }))
        })
    }

    /// Removes one tag.
    pub fn untag(&self, tag: JsValue, options: JsValue) -> Promise {
        let repository = self.repository.clone();
        promise::run(self.context.signal.as_ref(), || {
            let tag = options::text(&tag, "tag")?;
            let (call, signal) = options::call(options)?;
            Ok((signal, async move {
                repository.untag(&tag, &call).await?;
                Ok(JsValue::UNDEFINED)
            }))
        })
    }
}

/// The arguments of `tag()`.
struct Move {
    tag: String,
    image: ImageReference<FetchHost>,
    options: Options,
}

fn read_move(tag: JsValue, image: JsValue, options: JsValue) -> Result<Move> {
    if !tag.is_object() {
        let tag = options::text(&tag, "tag")?;
        let image = image::read(&image, "image")?;
        let options = Options::read(options, &["signal", "timeout", "ifMatch", "noClobber"])?;
        return Ok(Move { tag, image, options });
    }
    if !image.is_undefined() || !options.is_undefined() {
        return Err(Failure::argument(
            "tag: a string is needed, not an object; the tag comes first and the image second, or give { from, to } alone",
        ));
    }
    let options = Options::read(tag, &["from", "to", "signal", "timeout", "ifMatch", "noClobber"])?;
    let image = image::read(&options.get("from")?.unwrap_or_default(), "options.from")?;
    let tag = options::text(&options.get("to")?.unwrap_or_default(), "options.to")?;
    Ok(Move { tag, image, options })
}
