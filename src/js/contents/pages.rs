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
use crate::js::output::iterate::{Paged, Pages};
use crate::js::output::lazy::{Begun, Lazy, Start};
use crate::js::signal::Signals;
use crate::layer::diff::Difference;
use crate::layer::filesystem::Node;
use crate::layer::tar::Entry;
use crate::registry::Image;
use crate::registry::contents::Contents;
use crate::registry::contents::export::Export;
use crate::registry::contents::file::FileRead;
use crate::registry::image::layer::ImageLayer;
use crate::transport::Error;

/// Entries of a page.
const PAGE: usize = 500;

#[wasm_bindgen(module = "/src/js/contents/bytes.js")]
extern "C" {
    #[wasm_bindgen(catch, js_name = streamOf)]
    fn stream_of(pages: &JsValue) -> std::result::Result<JsValue, JsValue>;
}

/// What is iterated over.
#[derive(Clone, Copy)]
pub enum Scan {
    /// The file system that the layers in front of `end` make.
    Files { end: usize, by_size: bool },
    /// The entries of one layer.
    Layer(usize),
    /// What one layer changes.
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

/// What the pages begin with.
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

/// What is left to give.
enum Items {
    Nodes(IntoIter<(Vec<u8>, Node)>),
    Entries(usize, IntoIter<Entry>),
    Changes(IntoIter<Difference>),
}

impl Pending {
    async fn read(&self) -> Result<Items> {
        let Listed { contents, scan, .. } = &self.listed;
        let items = match *scan {
            Scan::Files { end, by_size } => {
                let mut nodes: Vec<_> = contents.tree(end, false).await?.into_nodes().collect();
                if by_size {
                    nodes.sort_by_key(|(_, node)| std::cmp::Reverse(node.content().1.size));
                }
                Items::Nodes(nodes.into_iter())
            }
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

/// The bytes of a file.
pub struct Bytes {
    read: FileRead<FetchHost>,
    reading: Reading,
}

impl Bytes {
    pub fn new(read: FileRead<FetchHost>, reading: Reading) -> Self {
        Self { read, reading }
    }
}

impl Begun for Bytes {
    fn next(&mut self) -> Pin<Box<dyn Future<Output = Result<Option<Array>>> + '_>> {
        Box::pin(async {
            let Some(bytes) = self.read.next().await? else {
                self.reading.end();
                return Ok(None);
            };
            Ok(Some(Array::of1(&Uint8Array::from(bytes.as_slice()))))
        })
    }
}

/// The bytes of an archive that is written.
pub struct Archive {
    export: Export<FetchHost>,
    reading: Reading,
}

impl Archive {
    pub fn new(export: Export<FetchHost>, reading: Reading) -> Self {
        Self { export, reading }
    }
}

impl Begun for Archive {
    fn next(&mut self) -> Pin<Box<dyn Future<Output = Result<Option<Array>>> + '_>> {
        Box::pin(async {
            let Some(bytes) = self.export.next().await? else {
                self.reading.end();
                return Ok(None);
            };
            Ok(Some(Array::of1(&Uint8Array::from(bytes.as_slice()))))
        })
    }
}

impl Pages for Box<dyn Begun> {
    async fn next(&mut self) -> Result<Option<Array>> {
        (**self).next().await
    }
}

/// The pages of an iterator over entries.
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

/// The chunks of a stream.
#[wasm_bindgen(skip_typescript)]
pub struct ContentBytes(Paged<Box<dyn Begun>>);

#[wasm_bindgen]
impl ContentBytes {
    /// See [`Paged::next`].
    pub fn next(&self) -> Promise {
        self.0.next()
    }

    /// See [`Paged::stop`].
    pub fn stop(&self) {
        self.0.stop();
    }
}

/// A `ReadableStream` of chunks.
pub fn stream(bytes: Box<dyn Begun>, signals: Signals) -> Result<JsValue> {
    let refused = |_| Error::internal("this host cannot make a ReadableStream");
    Ok(stream_of(&ContentBytes(Paged::new(bytes, signals)).into()).map_err(refused)?)
}
