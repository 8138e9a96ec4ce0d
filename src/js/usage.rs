//! `Repository.usage()` and `DockerRegistryClient.inventory()`.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;

use js_sys::{Array, Date, Promise, Reflect};
use wasm_bindgen::prelude::*;

use crate::fetch::FetchHost;
use crate::js::args::filter::Filter;
use crate::js::args::options::Options;
use crate::js::client::DockerRegistryClient;
use crate::js::output::error::Result;
use crate::js::output::iterate::Paged;
use crate::js::output::lazy::{Begun, Lazy, Start};
use crate::js::output::progress::count_watcher;
use crate::js::output::{convert, error, iterate, promise};
use crate::js::repository::Repository;
use crate::js::signal::Signals;
use crate::registry::usage::{Dates, Entry, Inventory, RepositoryUsage, Totals, Wanted};
use crate::registry::{Call, Client, usage};

/// The maximum number of repositories that are read at a time.
const MOST_AT_A_TIME: u64 = 1024;

#[wasm_bindgen]
impl Repository {
    /// Resolves to what the repository holds.
    pub fn usage(&self, options: JsValue) -> Promise {
        let repository = self.repository.clone();
        promise::run(self.context.signal.as_ref(), || {
            let options = Options::read(options, &["signal", "timeout", "sizes", "dates"])?;
            let (wanted, call) = (wanted(&options)?, options.call()?);
            Ok((options.signal()?, async move { usage_to_js(&Box::pin(repository.usage(wanted, &call)).await?) }))
        })
    }
}

#[wasm_bindgen]
impl DockerRegistryClient {
    /// Iterates over what the repositories hold.
    pub fn inventory(&self, options: JsValue) -> std::result::Result<JsValue, JsValue> {
        let inventory = || -> Result<JsValue> {
            let known = &["signal", "timeout", "namespace", "filter", "sizes", "dates", "concurrency", "onProgress"];
            let options = Options::read(options, known)?;
            let signals = Signals::new([options.signal()?.as_ref(), self.signal()]);
            let filter = options.get("filter")?.map(|value| Filter::check(value, "options.filter")).transpose()?;
            let wanted = Wanted {
                options: wanted(&options)?,
                namespace: options.text("namespace")?,
                filter: Box::new(move |name| filter.as_ref().is_none_or(|filter| filter.fits(name))),
                at_a_time: options.whole("concurrency", 1, MOST_AT_A_TIME)?.map(|most| most as usize),
                watcher: options.callback("onProgress")?.map(count_watcher),
            };
            let totals = Rc::new(Cell::new(Totals::default()));
            let (client, call) = (self.client().clone(), options.call()?);
            let inventory = Lazy::new(LazyInventory { client, wanted, call, totals: totals.clone() });
            Ok(iterate::items(Paged::new(inventory, signals), |pages| InventoryPages { pages, totals }.into()))
        };
        Ok(inventory()?)
    }
}

fn wanted(options: &Options) -> Result<usage::Options> {
    let dates = match options.optional_flag("dates")? {
        None => Dates::Needed,
        Some(true) => Dates::All,
        Some(false) => Dates::Listed,
    };
    Ok(usage::Options { sizes: options.optional_flag("sizes")?.unwrap_or(true), dates })
}

/// The pages that `inventory()` iterates over. Its code is loaded with the first page; `inventory()` itself checks the options.
#[wasm_bindgen(skip_typescript)]
pub struct InventoryPages {
    pages: Paged<Lazy<LazyInventory>>,
    totals: Rc<Cell<Totals>>,
}

#[wasm_bindgen]
impl InventoryPages {
    /// See [`Paged::next`].
    pub fn next(&self) -> Promise {
        self.pages.next()
    }

    /// See [`Paged::stop`].
    pub fn stop(&self) {
        self.pages.stop();
    }

    /// The sums over the entries so far.
    pub fn totals(&self) -> JsValue {
        let totals = self.totals.get();
        convert::object([
            ("repositories", totals.repositories.into()),
            ("failed", totals.failed.into()),
            ("tags", totals.tags.into()),
            ("size", convert::number(totals.size)),
        ])
    }
}

/// What an inventory begins with.
struct LazyInventory {
    client: Client<FetchHost>,
    wanted: Wanted,
    call: Call,
    totals: Rc<Cell<Totals>>,
}

impl Start for LazyInventory {
    fn begin(self) -> Box<dyn Begun> {
        let inventory = self.client.inventory(self.wanted, self.call);
        Box::new(Counted { inventory, totals: self.totals })
    }
}

/// An inventory in progress, whose sums JavaScript may ask for at any time.
struct Counted {
    inventory: Inventory<FetchHost>,
    totals: Rc<Cell<Totals>>,
}

impl Begun for Counted {
    fn next(&mut self) -> Pin<Box<dyn Future<Output = Result<Option<Array>>> + '_>> {
        Box::pin(async {
            let Some(some) = self.inventory.next_some().await? else { return Ok(None) };
            self.totals.set(self.inventory.totals());
            some.iter().map(entry).collect::<Result<Array>>().map(Some)
        })
    }
}

/// Converts to `InventoryEntry` of index.d.ts.
fn entry(entry: &Entry) -> Result<JsValue> {
    match &entry.usage {
        Ok(usage) => usage_to_js(usage),
        Err(failure) => Ok(convert::object([("name", entry.name.as_str().into()), ("error", error::to_js(failure))])),
    }
}

/// Converts to `RepositoryUsage` of index.d.ts.
fn usage_to_js(usage: &RepositoryUsage) -> Result<JsValue> {
    let object = convert::json(usage)?;
    if let Some(created) = usage.newest.as_ref().and_then(|newest| newest.created) {
        let newest = Reflect::get(&object, &"newest".into()).unwrap_or_default();
        let date = Date::new(&(created as f64).into());
        let _ = Reflect::set(&newest, &"created".into(), &date); // a fresh object takes every property
    }
    Ok(object)
}
