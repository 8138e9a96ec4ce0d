//! `describeTags()`.

use std::pin::Pin;

use js_sys::{Array, Promise};
use wasm_bindgen::prelude::*;

use crate::fetch::FetchHost;
use crate::js::args::options::Options;
use crate::js::output::error::Result;
use crate::js::output::iterate::Paged;
use crate::js::output::lazy::{Begun, Lazy, Start};
use crate::js::output::progress::count_watcher;
use crate::js::output::{convert, error, iterate};
use crate::js::repository::Repository;
use crate::js::signal::Signals;
use crate::registry::tag::describe::Order;
use crate::registry::{Described, Descriptions, ToDescribe};

#[wasm_bindgen]
impl Repository {
    /// Iterates over descriptions of many tags.
    #[wasm_bindgen(js_name = describeTags)]
    pub fn describe_tags(&self, options: JsValue) -> std::result::Result<JsValue, JsValue> {
        let describe = || -> Result<JsValue> {
            let options = Options::read(options, &["signal", "timeout", "tags", "order", "onProgress"])?;
            let signals = Signals::new([options.signal()?.as_ref(), self.context.signal.as_ref()]);
            let (tags, order) = (options.texts("tags")?, order(&options)?);
            let watcher = options.callback("onProgress")?.map(count_watcher);
            let tags = Lazy::new(self.repository.to_describe(tags, order, watcher, options.call()?)?);
            Ok(iterate::items(Paged::new(tags, signals), |paged| TagDescriptions(paged).into()))
        };
        Ok(describe()?)
    }
}

/// The pages that `describeTags()` iterates over. Its code is loaded with the first page; `describeTags()` itself checks the
/// options.
#[wasm_bindgen(skip_typescript)]
pub struct TagDescriptions(Paged<Lazy<ToDescribe<FetchHost>>>);

#[wasm_bindgen]
impl TagDescriptions {
    /// See [`Paged::next`].
    pub fn next(&self) -> Promise {
        self.0.next()
    }

    /// See [`Paged::stop`].
    pub fn stop(&self) {
        self.0.stop();
    }
}

fn order(options: &Options) -> Result<Order> {
    let words = [("name", Order::Name), ("version", Order::Version), ("newest", Order::Newest)];
    Ok(options.choice("order", &words)?.unwrap_or(Order::Any))
}

impl Start for ToDescribe<FetchHost> {
    fn begin(self) -> Box<dyn Begun> {
        Box::new(Self::begin(self))
    }
}

impl Begun for Descriptions<FetchHost> {
    fn next(&mut self) -> Pin<Box<dyn Future<Output = Result<Option<Array>>> + '_>> {
        Box::pin(async {
            let Some(some) = self.next_some().await? else { return Ok(None) };
            some.iter().map(entry).collect::<Result<Array>>().map(Some)
        })
    }
}

/// Converts to `DescribedTag` of index.d.ts.
fn entry(described: &Described) -> Result<JsValue> {
    let error = match &described.data {
        Ok(data) => return convert::tag_data(data),
        Err(error) => error,
    };
    Ok(convert::object([("tag", described.tag.as_str().into()), ("error", error::to_js(error))]))
}
