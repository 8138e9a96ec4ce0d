//! `ArchiveSource` of index.d.ts: what can be read once, what can be read again, and the files of a directory.

use std::rc::Rc;

use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::*;

use crate::fetch::HostBytes;
use crate::js::args::blob_data::{self, Cause};
use crate::js::output::error::{Failure, Result};
use crate::protocol::code;
use crate::registry::BlobSource;
use crate::registry::archive::data::{Data, RandomAccess};
use crate::transport::{self, Error};

#[wasm_bindgen(module = "/src/js/archive/data.js")]
extern "C" {
    type Found;
    #[wasm_bindgen(catch, js_name = archiveOf)]
    fn archive_of(source: &JsValue) -> std::result::Result<Found, JsValue>;
    #[wasm_bindgen(method, getter)]
    fn bytes(this: &Found) -> Option<Uint8Array>;
    #[wasm_bindgen(method, getter)]
    fn blob(this: &Found) -> Option<Blob>;
    #[wasm_bindgen(method, getter)]
    fn files(this: &Found) -> Option<Array>;

    /// A `Blob` of any realm.
    #[derive(Clone)]
    type Blob;
    #[wasm_bindgen(method, getter)]
    fn size(this: &Blob) -> f64;
    #[wasm_bindgen(method, catch)]
    fn slice(this: &Blob, start: f64, end: f64) -> std::result::Result<JsValue, JsValue>;
}

/// Reads the argument. A stream is locked from here on.
pub fn read(source: &JsValue, cause: &Cause) -> Result<Data<HostBytes>> {
    let found = archive_of(source).map_err(|_| Failure::argument("source: it cannot be read"))?;
    let file = |blob: Blob| Rc::new(File { blob, cause: cause.clone() }) as Rc<dyn RandomAccess<HostBytes>>;
    if let Some(bytes) = found.bytes() {
        return Ok(Data::File(Rc::new(HostBytes::new(bytes))));
    }
    if let Some(blob) = found.blob() {
        return Ok(Data::File(file(blob)));
    }
    let Some(files) = found.files() else { return Ok(Data::Stream(blob_data::read_archive(source, "source", cause)?)) };
    let pairs = files.iter().map(|pair| {
        let pair = pair.unchecked_into::<Array>();
        (pair.get(0).as_string().unwrap_or_default(), file(pair.get(1).unchecked_into()))
    });
    Ok(Data::Files(pairs.collect()))
}

struct File {
    blob: Blob,
    cause: Cause,
}

impl RandomAccess<HostBytes> for File {
    fn size(&self) -> u64 {
        self.blob.size() as u64
    }

    fn slice(&self, at: u64, length: u64) -> transport::Result<Box<dyn BlobSource<HostBytes>>> {
        let refused = || Error::new(code::SOURCE, "the archive cannot be read again: its slice() failed");
        let part = self.blob.slice(at as f64, at.saturating_add(length) as f64).map_err(|_| refused())?;
        blob_data::read_archive(&part, "source", &self.cause).map_err(|_| refused())
    }
}
