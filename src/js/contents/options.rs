//! The options and arguments of what reads an image's contents.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::prelude::*;

use crate::fetch::{FetchHost, byte_array};
use crate::js::args::callback::Callback;
use crate::js::args::filter::Filter;
use crate::js::args::options::{Options, described};
use crate::js::contents::store::Store;
use crate::js::context::Context;
use crate::js::image::which;
use crate::js::output::error::{Failure, Result};
use crate::js::output::progress::Progress;
use crate::js::signal::Signal;
use crate::layer::limits::Limits;
use crate::protocol::json::MAX_SAFE_INTEGER;
use crate::protocol::oci::digest::Digest;
use crate::registry::contents::Contents;
use crate::registry::contents::store::IndexStore;
use crate::registry::{Call, Image};

/// The options that all of these calls have.
pub struct Reading {
    pub signal: Option<Signal>,
    limits: Limits,
    call: Call,
    callback: Option<Callback>,
    uses_tables: bool,
    soci_index: Option<Digest>,
    progress: Rc<RefCell<Option<Progress>>>,
}

impl Reading {
    pub fn read(options: &Options) -> Result<Self> {
        let uses_tables = options.optional_flag("tableOfContents")?.unwrap_or(true);
        let soci_index = soci_index(options)?;
        if soci_index.is_some() && !uses_tables {
            let place = options.path("sociIndex");
            return Err(Failure::argument(format!("{place}: it cannot be combined with tableOfContents: false")));
        }
        Ok(Self {
            signal: options.signal()?,
            limits: limits(options)?,
            call: options.call()?,
            callback: options.callback("onProgress")?,
            uses_tables,
            soci_index,
            progress: Rc::default(),
        })
    }

    /// The contents of an image. `total` is what is read of it, if that is known.
    pub fn contents(&self, image: &Image<FetchHost>, context: &Context, total: Option<u64>) -> Contents<FetchHost> {
        let callback = self.callback.clone();
        let watched = callback.is_some();
        self.progress.replace(Some(Progress::of(callback, context.host.clone(), None, total)));
        let progress = self.progress.clone();
        let add = move |bytes| {
            // Out of its place meanwhile: the callback may do anything.
            let Some(mut taken) = progress.take() else { return };
            taken.add(bytes);
            progress.replace(Some(taken));
        };
        let watcher = watched.then(|| Rc::new(add) as Rc<dyn Fn(u64)>);
        let store = context.indexes.clone().map(|object| Rc::new(Store(object)) as Rc<dyn IndexStore>);
        let (limits, call, uses_tables) = (self.limits, self.call.clone(), self.uses_tables);
        let soci_index = self.soci_index.clone();
        Contents { image: image.clone(), limits, call, watcher, store, uses_tables, soci_index }
    }

    /// Reports the end.
    pub fn end(&self) {
        if let Some(progress) = self.progress.take() {
            progress.end();
        }
    }
}

fn soci_index(options: &Options) -> Result<Option<Digest>> {
    let read = |text: String| {
        let place = options.path("sociIndex");
        Digest::parse(&text).map_err(|invalid| Failure::argument(format!("{place}: {}", invalid.message)))
    };
    options.text("sociIndex")?.map(read).transpose()
}

/// Reads `limits`.
pub fn limits(options: &Options) -> Result<Limits> {
    let mut limits = Limits::default();
    let Some(value) = options.get("limits")? else { return Ok(limits) };
    let nested = Options::nested(value, "limits", &["size", "ratio", "window", "entries", "name"])?;
    let set = |name: &str, limit: &mut u64| -> Result<()> {
        *limit = nested.whole(name, 1, MAX_SAFE_INTEGER)?.unwrap_or(*limit);
        Ok(())
    };
    set("size", &mut limits.size)?;
    set("ratio", &mut limits.ratio)?;
    set("window", &mut limits.window)?;
    set("entries", &mut limits.entries)?;
    let mut name = limits.name as u64;
    set("name", &mut name)?;
    limits.name = usize::try_from(name).unwrap_or(usize::MAX);
    Ok(limits)
}

/// The position of a layer, by position or digest.
pub fn position(image: &Image<FetchHost>, layer: &JsValue, path: &str) -> Result<usize> {
    if layer.is_undefined() {
        let message = format!("{path}: a position (0 is the base) or a digest is needed, not undefined");
        return Err(Failure::argument(message));
    }
    Ok(image.position(&which(layer)?)?)
}

/// A path as text, or as bytes where it is not UTF-8.
pub fn path_of(value: &JsValue) -> Result<Vec<u8>> {
    if let Some(text) = value.as_string() {
        return Ok(text.into_bytes());
    }
    match byte_array(value) {
        Some(bytes) => Ok(bytes.to_vec()),
        None => Err(Failure::argument(format!("path: a string or a Uint8Array is needed, not {}", described(value)))),
    }
}

/// The filter of paths. A glob may leave out the first slash.
pub fn path_filter(options: &Options) -> Result<Option<Filter>> {
    let Some(value) = options.get("filter")? else { return Ok(None) };
    let value = match value.as_string() {
        Some(glob) if !glob.starts_with(['/', '*']) => format!("/{glob}").into(),
        _ => value,
    };
    Filter::check(value, "options.filter").map(Some)
}
