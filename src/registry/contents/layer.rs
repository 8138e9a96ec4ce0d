//! Reading what is in a layer: pulled, decompressed, and given to a reader of its archive, in one pass.
//!
//! Two digests cover a layer: its descriptor's covers the bytes that are stored, the config's `diff_ids` those of the archive
//! (image-spec, config.md, "Layer DiffID"). Both are checked, and only then is the archive said to be whole.

use std::rc::Rc;

use crate::layer::decompress::{Compression, Decompressor, Points};
use crate::layer::limits::Limits;
use crate::layer::tar::{Reader, Sink, Summary};
use crate::protocol::code;
use crate::protocol::invalid::Invalid;
use crate::protocol::oci::digest::{Algorithm, Digest};
use crate::registry::api::response::mismatch;
use crate::registry::api::settings::Call;
use crate::registry::blob::pull::BlobPull;
use crate::registry::contents::zstd::LoadZstd;
use crate::registry::image::Image;
use crate::registry::image::layer::{ImageLayer, Layer};
use crate::transport::{Chunk, Error, Hasher, Host, Result};

/// Stored bytes that are decompressed at a time: what they make may have to be kept, and can be a thousand times as much.
const PIECE: u64 = 32 * 1024;

/// A layer that is being read. What its sink gets before the end may be wrong.
pub struct LayerRead<H: Host, S> {
    pull: BlobPull<H>,
    /// The rest of the last chunk.
    rest: Option<H::Chunk>,
    limits: Limits,
    buffer: Vec<u8>,
    decompressor: Decompressor,
    zstd: Rc<dyn LoadZstd>,
    archive: Archive<H, S>,
    /// The digest that the config has for the archive.
    diff_id: Option<Digest>,
    /// Position and count, for messages.
    place: (usize, usize),
    is_ended: bool,
}

impl<H: Host> Image<H> {
    /// Begins to read a layer's archive.
    ///
    /// # Errors
    ///
    /// - `UNSUPPORTED` when it is encrypted.
    /// - `INVALID_RESPONSE` when the config has another number of layers than the manifest.
    /// - Those of [`Image::layer`].
    pub async fn open_layer<S: Sink>(
        &self,
        position: usize,
        limits: Limits,
        sink: S,
        call: &Call,
    ) -> Result<LayerRead<H, S>> {
        let place = (position, self.layers().len());
        let diff_id = self.readable(position)?.cloned();
        let which = Layer::Position(i64::try_from(position).unwrap_or(i64::MAX));
        let pull = self.layer(which, call).await?;
        let hasher = diff_id.as_ref().and_then(Digest::algorithm).map(|algorithm| self.hasher(algorithm));
        let archive = Archive { reader: Reader::new(limits), hasher, failed: None, sink };
        let (rest, buffer, decompressor) = (None, Vec::new(), Decompressor::new(limits));
        let zstd = self.zstd().clone();
        Ok(LayerRead { pull, rest, limits, buffer, decompressor, zstd, archive, diff_id, place, is_ended: false })
    }

    /// Reads a layer's archive to its end, or until the sink has what it wants.
    ///
    /// Returns `None` if the sink ended it; nothing is verified then. What the sink got before an error may be wrong.
    ///
    /// # Errors
    ///
    /// Those of [`Image::open_layer`] and [`LayerRead::step`].
    pub async fn read_layer(
        &self,
        position: usize,
        limits: Limits,
        sink: &mut impl Sink,
        call: &Call,
    ) -> Result<Option<Summary>> {
        let mut read = self.open_layer(position, limits, sink, call).await?;
        while read.step().await?.is_some() {
            if read.sink().is_done() {
                return Ok(None);
            }
        }
        read.summary().map(Some)
    }
}

impl<H: Host, S: Sink> LayerRead<H, S> {
    /// Reads on. Returns the number of stored bytes that were read, or `None` at the end, once everything is verified.
    ///
    /// # Errors
    ///
    /// - `DIGEST_MISMATCH` when the stored bytes or the archive have another digest than the image says.
    /// - `LAYER_INVALID` when it is no archive, or not all of one although its stored bytes have their digest.
    /// - `TRUNCATED` when it is not all of an archive, and has no digest (some V1 layers).
    /// - `UNSUPPORTED` when it is compressed in another way than by gzip or zstd.
    /// - `TOO_LARGE` when it exceeds a limit.
    /// - `MODULE_NOT_LOADED` when it is zstd, whose decoder cannot be loaded.
    /// - The code of a failed request, and what the sink returns.
    pub async fn step(&mut self) -> Result<Option<u64>> {
        if self.is_ended {
            return Ok(None);
        }
        let Some(chunk) = self.next_chunk().await? else {
            self.is_ended = true;
            let archive = &mut self.archive;
            let finished = self.decompressor.finish(&mut |bytes: &[u8]| archive.take(bytes));
            self.check(finished).await?;
            self.verify()?;
            return Ok(None);
        };
        let length = chunk.len();
        self.buffer.clear();
        chunk.append_to(&mut self.buffer);
        if self.decompressor.wants_zstd(&self.buffer) {
            self.is_ended = true;
            self.decompressor.set_zstd(self.zstd.load().await?);
            self.is_ended = false;
        }
        let archive = &mut self.archive;
        let pushed = self.decompressor.push(&self.buffer, &mut |bytes: &[u8]| archive.take(bytes));
        self.check(pushed).await?;
        if self.archive.hasher.is_some() && self.is_plain() {
            self.archive.hasher = None;
        }
        Ok(Some(length))
    }

    /// Notes where decompression can begin, for [`Self::take_points`]. It is to be called before the first step.
    pub fn record(&mut self) {
        self.decompressor = Decompressor::recording(self.limits);
    }

    /// How the layer is compressed, and what was noted.
    pub fn take_points(&mut self) -> (Compression, Points) {
        let compression = self.decompressor.compression().unwrap_or(Compression::None);
        (compression, self.decompressor.take_points())
    }

    /// Releases the concurrency permit and the timer, before the caller reads at its own pace.
    pub fn release_permit(&mut self) {
        self.pull.release_permit();
    }

    /// The sink of the entries.
    pub fn sink(&mut self) -> &mut S {
        &mut self.archive.sink
    }

    /// Gives the sink back.
    pub fn into_sink(self) -> S {
        self.archive.sink
    }

    async fn next_chunk(&mut self) -> Result<Option<H::Chunk>> {
        let chunk = match self.rest.take() {
            Some(rest) => rest,
            None => match self.pull.next().await? {
                Some(chunk) => chunk,
                None => return Ok(None),
            },
        };
        if chunk.len() <= PIECE {
            return Ok(Some(chunk));
        }
        self.rest = Some(chunk.slice(PIECE, u64::MAX));
        Ok(Some(chunk.slice(0, PIECE)))
    }

    /// True if the archive is the stored bytes, whose hash is also the archive's.
    fn is_plain(&self) -> bool {
        let stored = self.pull.digest().and_then(Digest::algorithm);
        let is_same = stored.is_some() && stored == self.diff_id.as_ref().and_then(Digest::algorithm);
        is_same && self.decompressor.compression() == Some(Compression::None)
    }

    /// Tells a fault of the archive, unless it is one of the transfer.
    async fn check(&mut self, result: std::result::Result<(), Invalid>) -> Result<()> {
        if let Some(error) = self.archive.failed.take() {
            self.is_ended = true;
            return Err(error);
        }
        let Err(invalid) = result else { return Ok(()) };
        self.is_ended = true;
        // The digest of all stored bytes tells. Past a limit there may be far too many.
        while invalid.code == code::LAYER_INVALID && self.pull.next().await?.is_some() {}
        Err(self.refused(invalid))
    }

    fn verify(&mut self) -> Result<()> {
        self.summary()?;
        let Some(diff_id) = &self.diff_id else { return Ok(()) };
        let computed = match (self.archive.hasher.take(), diff_id.algorithm()) {
            (Some(hasher), Some(algorithm)) => Some(Digest::from_hash(algorithm, &hasher.finish()?)),
            _ => self.pull.digest().filter(|_| self.is_plain()).cloned(),
        };
        match computed {
            Some(computed) if computed != *diff_id => {
                let error = mismatch(diff_id, &computed).and("it is the archive's, as the config has it");
                Err(in_layer(self.place, error))
            }
            _ => Ok(()),
        }
    }

    fn summary(&self) -> Result<Summary> {
        self.archive.reader.summary().map_err(|invalid| self.refused(invalid))
    }

    /// The error of broken content. What is missing of stored bytes that have their digest was never stored: reading them again gives no more.
    fn refused(&self, invalid: Invalid) -> Error {
        let mut error = Error::from(invalid);
        if error.code == code::TRUNCATED && self.pull.has_digest() {
            error.code = code::LAYER_INVALID.into();
        }
        in_layer(self.place, error)
    }
}

fn in_layer((position, count): (usize, usize), error: Error) -> Error {
    error.and(&format!("in layer {} of {count}", position + 1))
}

/// The uncompressed side of a layer.
struct Archive<H: Host, S> {
    reader: Reader,
    hasher: Option<H::Hasher>,
    /// The host's error: it leaves the decompressor on another way.
    failed: Option<Error>,
    sink: S,
}

impl<H: Host, S: Sink> Archive<H, S> {
    fn take(&mut self, bytes: &[u8]) -> std::result::Result<(), Invalid> {
        if let Some(hasher) = &mut self.hasher
            && let Err(error) = hasher.update_bytes(bytes)
        {
            self.failed = Some(error);
        }
        self.reader.push(bytes, &mut self.sink)
    }
}

impl<H: Host> Image<H> {
    /// Checks that a layer can be read. Returns the digest of its archive; `None` for an artifact and a V1 image, whose config has none.
    pub(super) fn readable(&self, position: usize) -> Result<Option<&Digest>> {
        if let Some(ImageLayer::Blob(layer)) = self.layers().get(position)
            && layer.media_type.ends_with("+encrypted")
        {
            let message = format!("the layer is encrypted: its media type is {}", layer.media_type);
            return Err(in_layer((position, self.layers().len()), Error::new(code::UNSUPPORTED, message)));
        }
        self.diff_id(position)
    }

    fn diff_id(&self, position: usize) -> Result<Option<&Digest>> {
        let Some(diff_ids) = self.diff_ids() else { return Ok(None) };
        let (known, layers) = (diff_ids.len(), self.layers().len());
        if known != layers {
            let message = format!("the image's config has {known} diff_ids, and its manifest has {layers} layers");
            return Err(Error::new(code::INVALID_RESPONSE, message));
        }
        Ok(diff_ids.get(position))
    }

    fn hasher(&self, algorithm: Algorithm) -> H::Hasher {
        self.host().hasher(algorithm)
    }
}
