//! `BlobData` of index.d.ts, the argument of `pushBlob()`. The bytes stay in the host's memory; a stream is read at the
//! pace of the upload, and cancelled if the upload ends early.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Function, Uint8Array};
use wasm_bindgen::prelude::*;

use crate::fetch::{Any, HostBytes, Read, Reader};
use crate::js::args::options;
use crate::js::output::error::{Failure, Result};
use crate::protocol::code;
use crate::registry::blob::source::Next;
use crate::registry::{BlobSource, InMemory};
use crate::transport::Error;

#[wasm_bindgen(module = "/src/js/args/blob-data.js")]
extern "C" {
    type Found;
    #[wasm_bindgen(catch)]
    fn classify(data: &JsValue) -> std::result::Result<Found, JsValue>;
    #[wasm_bindgen(method, getter)]
    fn bytes(this: &Found) -> Option<Uint8Array>;
    #[wasm_bindgen(method, getter)]
    fn reader(this: &Found) -> Option<Any>;
    #[wasm_bindgen(method, getter)]
    fn size(this: &Found) -> Option<f64>;
    #[wasm_bindgen(method, getter)]
    fn again(this: &Found) -> Option<Function>;
    #[wasm_bindgen(method, getter)]
    fn why(this: &Found) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    fn hint(this: &Found) -> Option<String>;
}

/// The exception of a failed source, which becomes the `cause` of the caller's error.
pub type Cause = Rc<RefCell<Option<JsValue>>>;

/// Reads an argument with the content of a blob. A stream is locked from here on.
pub fn read(data: &JsValue, name: &str, cause: &Cause) -> Result<Box<dyn BlobSource<HostBytes>>> {
    open(data, name, cause, |why| {
        Error::new(code::SOURCE, format!("the source of the blob {why}")).and("nothing was pushed")
    })
}

/// Reads an argument with an archive, of which parts may have been pushed when it fails.
pub fn read_archive(data: &JsValue, name: &str, cause: &Cause) -> Result<Box<dyn BlobSource<HostBytes>>> {
    open(data, name, cause, |why| Error::new(code::SOURCE, format!("the archive {why}")))
}

fn open(
    data: &JsValue,
    name: &str,
    cause: &Cause,
    failed: fn(&str) -> Error,
) -> Result<Box<dyn BlobSource<HostBytes>>> {
    let found = classify(data).map_err(|_| Failure::argument(format!("{name}: it cannot be read")))?;
    if let Some(bytes) = found.bytes() {
        return Ok(Box::new(InMemory::new(HostBytes::new(bytes))));
    }
    match found.reader() {
        Some(reader) => Ok(Box::new(Readable {
            failed,
            reader: Reader::new(&reader),
            size: found.size().map(|size| size as u64),
            again: found.again(),
            cause: cause.clone(),
        })),
        None => Err(Failure::argument(match found.why() {
            Some(why) => format!("{name}: {why}"),
            None => format!(
                "{name}: a Uint8Array, Blob or ReadableStream is needed, not {}{}",
                options::described(data),
                found.hint().unwrap_or_default()
            ),
        })),
    }
}

struct Readable {
    /// Creates the error of a source that failed in some way.
    failed: fn(&str) -> Error,
    reader: Reader,
    size: Option<u64>,
    /// A function that returns a new reader, from the start.
    again: Option<Function>,
    cause: Cause,
}

impl BlobSource<HostBytes> for Readable {
    fn next(&mut self) -> Next<'_, HostBytes> {
        Box::pin(async {
            match self.reader.read().await {
                Read::Chunk(bytes, _) => Ok(Some(HostBytes::new(bytes))),
                Read::End => Ok(None),
                Read::Broken(thrown) => {
                    self.cause.replace(Some(thrown));
                    Err((self.failed)("failed, for the reason that is this error's cause"))
                }
                Read::NoResult => Err((self.failed)("did not return { done, value }")),
                Read::NoBytes => Err((self.failed)("returned a chunk that is not bytes: a Uint8Array is needed")),
                Read::Gone => {
                    Err((self.failed)("returned a chunk whose buffer is detached: it was transferred elsewhere"))
                }
            }
        })
    }

    fn size(&self) -> Option<u64> {
        self.size
    }

    fn can_rewind(&self) -> bool {
        self.again.is_some()
    }

    fn rewind(&mut self) -> bool {
        let reader = self.again.as_ref().and_then(|again| again.call0(&JsValue::UNDEFINED).ok());
        reader.map(|reader| self.reader = Reader::new(reader.unchecked_ref())).is_some()
    }
}
