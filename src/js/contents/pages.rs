//! Entries, changes and bytes, page by page. The code behind them is loaded with the first page.

use std::pin::Pin;
use std::vec::IntoIter;

use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen::prelude::*;

use crate::fetch::FetchHost;
use crate::js::args::filter::Filter;
use crate::js::contents::entry::{change_fields, layer_fields, list, node_fields};
use crate::js::contents::options::Reading;
use crate::js::output::error::Result;
use crate::js::output::iterate;
use crate::js::output::iterate::Paged;
use crate::js::output::lazy::{Begun, Lazy, Start};
use crate::js::signal::Signals;
use crate::layer::diff::Difference;
use crate::layer::filesystem::Node;
use crate::layer::tar::Entry;
use crate::registry::Image;
use crate::registry::contents::{Chunks, Contents};
use crate::registry::image::layer::ImageLayer;
use crate::transport::Error;

/// Entries of a page.
const PAGE: usize = 500;

#[wasm_bindgen(module = "/src/js/contents/bytes.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = streamOf)]
    fn stream_of(pages: &JsValue) -> std::result::Result<JsValue, JsValue>;
}

/// The subject of an iteration.
#[derive(Clone, Copy)]
pub enum Scan {
    /// The file system that the layers in front of `end` make.
    Files { end: usize, by_size: bool },
    /// The entries of one layer.
    Layer(usize),
    /// The differences that one layer makes.
    Changes { layer: usize, ignore_times: bool },
}

impl Scan {
    /// The stored bytes of the layers that are read, if they are known.
    pub fn size(self, image: &Image<FetchHost>) -> Option<u64> {
        let layers = match self {
            Self::Files { end, .. } => 0..end,
            Self::Layer(layer) => layer..layer + 1,
            Self::Changes { layer, .. } => 0..layer + 1,
        };
        let size = |layer: &ImageLayer| match layer {
            ImageLayer::Blob(layer) => Some(layer.size),
            ImageLayer::V1(layer) => layer.size,
        };
        image.layers().get(layers)?.iter().map(size).sum()
    }
}

/// The arguments from which the pages are read.
pub struct Listed {
    pub contents: Contents<FetchHost>,
    pub scan: Scan,
    pub filter: Option<Filter>,
    pub reading: Reading,
}

impl Start for Listed {
    fn begin(self) -> Box<dyn Begun> {
        Box::new(Pending { listed: self, items: None })
    }
}

/// Pages in progress; `items` once the layers are read.
struct Pending {
    listed: Listed,
    items: Option<Items>,
}

/// Items that no page had yet.
enum Items {
    Nodes(IntoIter<(Vec<u8>, Node)>),
    Entries(usize, IntoIter<Entry>),
    Changes(IntoIter<Difference>),
}

impl Pending {
    async fn read(&self) -> Result<Items> {
        let Listed { contents, scan, .. } = &self.listed;
        let items = match *scan {
            Scan::Files { end, by_size } => Items::Nodes(contents.files(end, by_size).await?.into_iter()),
            Scan::Layer(layer) => Items::Entries(layer, contents.entries(layer).await?.into_iter()),
            Scan::Changes { layer, ignore_times } => {
                Items::Changes(contents.changes(layer, ignore_times).await?.into_iter())
            }
        };
        self.listed.reading.end();
        Ok(items)
    }
}

impl Begun for Pending {
    fn next(&mut self) -> Pin<Box<dyn Future<Output = Result<Option<Array>>> + '_>> {
        Box::pin(async {
            if self.items.is_none() {
                self.items = Some(self.read().await?);
            }
            let filter = &self.listed.filter;
            let fits = |path: &str| filter.as_ref().is_none_or(|filter| filter.fits(path));
            let page = match &mut self.items {
                Some(Items::Nodes(nodes)) => {
                    let fields = nodes.map(|(path, node)| node_fields(&path, &node));
                    list(&fields.filter(|entry| fits(&entry.path)).take(PAGE).collect::<Vec<_>>())
                }
                Some(Items::Entries(layer, entries)) => {
                    let fields = entries.map(|entry| layer_fields(*layer, &entry));
                    list(&fields.filter(|entry| fits(&entry.path)).take(PAGE).collect::<Vec<_>>())
                }
                Some(Items::Changes(changes)) => {
                    let fields = changes.map(|change| change_fields(&change));
                    list(&fields.filter(|change| fits(&change.path)).take(PAGE).collect::<Vec<_>>())
                }
                None => return Ok(None),
            }?;
            Ok((page.length() > 0).then_some(page))
        })
    }
}

/// Bytes, a chunk to a page.
struct Bytes<C> {
    chunks: C,
    reading: Reading,
}

impl<C: Chunks> Begun for Bytes<C> {
    fn next(&mut self) -> Pin<Box<dyn Future<Output = Result<Option<Array>>> + '_>> {
        Box::pin(async {
            let Some(bytes) = self.chunks.next().await? else {
                self.reading.end();
                return Ok(None);
            };
            Ok(Some(Array::of1(&Uint8Array::from(bytes.as_slice()))))
        })
    }
}

/// The pages of an iterator over entries, and the chunks of a stream.
#[wasm_bindgen(skip_typescript)]
pub struct ContentPages(Paged<Lazy<Listed>>);

#[wasm_bindgen]
impl ContentPages {
    /// See [`Paged::next`].
    pub fn next(&self) -> Promise {
        self.0.next()
    }

    /// See [`Paged::stop`].
    pub fn stop(&self) {
        self.0.stop();
    }
}

/// An iterator over entries or changes.
pub fn items(listed: Listed, signals: Signals) -> JsValue {
    iterate::items(Paged::new(Lazy::new(listed), signals), |paged| ContentPages(paged).into())
}

/// A `ReadableStream` of chunks.
pub fn stream(mut chunks: impl Chunks, reading: Reading, signals: Signals) -> Result<JsValue> {
    chunks.release_permit();
    let pages = ContentPages(Paged::new(Lazy::begun(Box::new(Bytes { chunks, reading })), signals));
    let refused = |_| Error::internal("this host cannot make a ReadableStream");
    Ok(stream_of(&pages.into()).map_err(refused)?)
}
