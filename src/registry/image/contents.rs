//! Reading what is in a layer: pulled, decompressed, and given to a reader of its archive, in one pass.
//!
//! Two digests cover a layer: its descriptor's covers the bytes that are stored, the config's `diff_ids` those of the archive
//! (image-spec, config.md, "Layer DiffID"). Both are checked, and only then is the archive said to be whole.

use crate::layer::LAYER_INVALID;
use crate::layer::decompress::Decompressor;
use crate::layer::limits::Limits;
use crate::layer::tar::{Reader, Sink, Summary};
use crate::protocol::code;
use crate::protocol::invalid::Invalid;
use crate::protocol::oci::digest::{Algorithm, Digest};
use crate::registry::api::response::mismatch;
use crate::registry::api::settings::Call;
use crate::registry::blob::pull::BlobPull;
use crate::registry::image::Image;
use crate::registry::image::layer::{ImageLayer, Layer};
use crate::transport::{Chunk, Error, Hasher, Host, Result};

impl<H: Host> Image<H> {
    /// Reads a layer's archive to its end, or until the sink has what it wants.
    ///
    /// Returns `None` if the sink ended it; nothing is verified then. What the sink got before an error may be wrong.
    ///
    /// # Errors
    ///
    /// - `DIGEST_MISMATCH` when the stored bytes or the archive have another digest than the image says.
    /// - `LAYER_INVALID` or `TRUNCATED` when it is no archive, or not all of one.
    /// - `UNSUPPORTED` when it is encrypted, or compressed in another way than by gzip or zstd.
    /// - `TOO_LARGE` when it exceeds a limit.
    /// - Those of [`Image::layer`], and what the sink returns.
    pub async fn read_layer(
        &self,
        position: usize,
        limits: Limits,
        sink: &mut impl Sink,
        call: &Call,
    ) -> Result<Option<Summary>> {
        let named = |error: Error| self.in_layer(position, error);
        if let Some(ImageLayer::Blob(layer)) = self.layers().get(position)
            && layer.media_type.ends_with("+encrypted")
        {
            let message = format!("the layer is encrypted: its media type is {}", layer.media_type);
            return Err(named(Error::new(code::UNSUPPORTED, message)));
        }
        let diff_id = self.diff_id(position)?;
        let which = Layer::Position(i64::try_from(position).unwrap_or(i64::MAX));
        let mut pull = self.layer(which, call).await?;
        let algorithm = diff_id.and_then(Digest::algorithm);
        let hasher = algorithm.map(|algorithm| self.0.api.host().hasher(algorithm));
        let mut archive = Archive { reader: Reader::new(limits), hasher, failed: None, sink };
        match archive.read(&mut pull, limits).await {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(Fault::Archive(invalid)) => {
                // It may be a fault of the transfer: the digest of all stored bytes tells. Past a limit there may be far too many.
                while invalid.code == LAYER_INVALID && pull.next().await?.is_some() {}
                return Err(named(invalid.into()));
            }
            Err(Fault::Transfer(error)) => return Err(error),
        }
        let (computed, summary) = archive.finish(algorithm).map_err(named)?;
        match (diff_id, computed) {
            (Some(diff_id), Some(computed)) if computed != *diff_id => {
                Err(named(mismatch(diff_id, &computed).and("it is the archive's, as the config has it")))
            }
            _ => Ok(Some(summary)),
        }
    }

    /// Returns the digest of a layer's archive; `None` for an artifact and a V1 image, whose config has none.
    fn diff_id(&self, position: usize) -> Result<Option<&Digest>> {
        let diff_ids = match &self.0.config {
            Some(config) if !config.diff_ids.is_empty() => &config.diff_ids,
            _ => return Ok(None),
        };
        let (known, layers) = (diff_ids.len(), self.layers().len());
        if known != layers {
            let message = format!("the image's config has {known} diff_ids, and its manifest has {layers} layers");
            return Err(Error::new(code::INVALID_RESPONSE, message));
        }
        Ok(diff_ids.get(position))
    }

    fn in_layer(&self, position: usize, error: Error) -> Error {
        error.and(&format!("in layer {} of {}", position + 1, self.layers().len()))
    }
}

/// What ends a layer early.
enum Fault {
    Archive(Invalid),
    Transfer(Error),
}

/// The uncompressed side of a layer.
struct Archive<'a, H: Host, S: Sink> {
    reader: Reader,
    hasher: Option<H::Hasher>,
    /// The host's error: it leaves the decompressor on another way.
    failed: Option<Error>,
    sink: &'a mut S,
}

impl<H: Host, S: Sink> Archive<'_, H, S> {
    /// Reads everything. Returns false if the sink wants no more.
    async fn read(&mut self, pull: &mut BlobPull<H>, limits: Limits) -> std::result::Result<bool, Fault> {
        let mut decompressor = Decompressor::new(limits);
        let mut buffer = Vec::new();
        while let Some(chunk) = pull.next().await.map_err(Fault::Transfer)? {
            buffer.clear();
            chunk.append_to(&mut buffer);
            let pushed = decompressor.push(&buffer, &mut |bytes: &[u8]| self.take(bytes));
            self.outcome(pushed)?;
            if self.sink.is_done() {
                return Ok(false);
            }
        }
        let finished = decompressor.finish(&mut |bytes: &[u8]| self.take(bytes));
        self.outcome(finished)?;
        Ok(!self.sink.is_done())
    }

    fn take(&mut self, bytes: &[u8]) -> std::result::Result<(), Invalid> {
        if let Some(hasher) = &mut self.hasher
            && let Err(error) = hasher.update(&H::Chunk::of(bytes))
        {
            self.failed = Some(error);
        }
        self.reader.push(bytes, self.sink)
    }

    fn outcome(&mut self, result: std::result::Result<(), Invalid>) -> std::result::Result<(), Fault> {
        match self.failed.take() {
            Some(error) => Err(Fault::Transfer(error)),
            None => result.map_err(Fault::Archive),
        }
    }

    fn finish(self, algorithm: Option<Algorithm>) -> Result<(Option<Digest>, Summary)> {
        let hash = self.hasher.map(Hasher::finish).transpose()?;
        let summary = self.reader.finish()?;
        Ok((algorithm.zip(hash).map(|(algorithm, hash)| Digest::from_hash(algorithm, &hash)), summary))
    }
}
