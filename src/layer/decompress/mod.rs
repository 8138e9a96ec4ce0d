//! Streaming decompression: gzip with any number of members, zstd with any number of frames, and bytes as they are. The
//! content decides, not the media type.

mod gzip;
mod phase;
mod points;
mod record;
#[cfg(test)]
mod tests;
mod window;

use self::gzip::Gzip;
use super::broken;
use super::limits::{FREE, Limits, exceeded};
use crate::protocol::code;
use crate::protocol::invalid::Invalid;

pub use self::points::{Checkpoint, Mark, Points};
pub(in crate::layer) use self::window::WINDOW;
pub use self::window::Window;

/// How a layer is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip (RFC 1952).
    Gzip,
    /// zstd (RFC 8878).
    Zstd,
}

/// Receives uncompressed bytes.
pub trait Output {
    /// Takes some. What it returns as an error ends the decompression.
    fn write(&mut self, bytes: &[u8]) -> Result<(), Invalid>;
}

impl<F: FnMut(&[u8]) -> Result<(), Invalid>> Output for F {
    fn write(&mut self, bytes: &[u8]) -> Result<(), Invalid> {
        self(bytes)
    }
}

/// Decodes a compression whose code is not there from the start.
pub trait Decode {
    /// Takes compressed bytes, and gives what they make to `output`.
    ///
    /// # Errors
    ///
    /// `LAYER_INVALID` for broken data, `TOO_LARGE` if a limit is exceeded, and what the output returns.
    fn push(&mut self, bytes: &[u8], output: &mut dyn FnMut(&[u8]) -> Result<(), Invalid>) -> Result<(), Invalid>;

    /// Ends the stream.
    ///
    /// # Errors
    ///
    /// `TRUNCATED` if it is not complete.
    fn finish(&self) -> Result<(), Invalid>;

    /// Takes what was noted.
    fn take_points(&mut self) -> Option<Points>;
}

/// Creates a decoder of zstd, by the largest window, where in the layer its first byte is, and whether it notes where decompression can
/// begin. [`super::zstd::create`] is one.
pub type NewZstd = fn(u64, u64, bool) -> Box<dyn Decode>;

/// Bytes that tell how the rest is compressed.
const MAGIC: usize = 4;

impl Compression {
    /// How bytes that begin like this are compressed.
    ///
    /// # Errors
    ///
    /// `UNSUPPORTED` for a compression that layers may not have (image-spec, layer media types).
    pub fn detect(first: &[u8]) -> Result<Self, Invalid> {
        let other = match first {
            [0x1f, 0x8b, ..] => return Ok(Self::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => return Ok(Self::Zstd),
            [0xfd, b'7', b'z', b'X', ..] => "xz",
            [b'B', b'Z', b'h', ..] => "bzip2",
            [0x04, 0x22, 0x4d, 0x18, ..] => "lz4",
            [b'P', b'K', 3 | 5, 4 | 6, ..] => "a zip archive",
            _ => return Ok(Self::None),
        };
        Err(Invalid::new(code::UNSUPPORTED, format!("the layer is {other}; gzip, zstd and plain tar can be read")))
    }
}

/// A decompressor of one layer.
pub struct Decompressor {
    limits: Limits,
    /// The first bytes, until they are enough to tell the compression.
    first: Vec<u8>,
    kind: Option<Kind>,
    meter: Meter,
    is_recording: bool,
    zstd: Option<NewZstd>,
}

enum Kind {
    Plain,
    Gzip(Box<Gzip>),
    Zstd(Box<dyn Decode>),
    /// zstd, and nobody gave its decoder.
    Lacking,
}

impl Kind {
    fn zstd(new: Option<NewZstd>, limits: &Limits, offset: u64, is_recording: bool) -> Self {
        new.map_or(Self::Lacking, |new| Self::Zstd(new(limits.window, offset, is_recording)))
    }
}

/// Counts what goes in and comes out.
#[derive(Default)]
struct Meter {
    taken: u64,
    made: u64,
}

impl Meter {
    fn pass(&mut self, limits: &Limits, bytes: &[u8], output: &mut dyn Output) -> Result<(), Invalid> {
        self.made += bytes.len() as u64;
        if self.made > limits.size {
            return Err(exceeded("the uncompressed layer", limits.size, "size"));
        }
        if self.made > FREE && self.made / limits.ratio.max(1) > self.taken {
            return Err(exceeded("the ratio of uncompressed to compressed bytes", limits.ratio, "ratio"));
        }
        output.write(bytes)
    }
}

impl Decompressor {
    /// Creates a decompressor.
    pub fn new(limits: Limits) -> Self {
        Self { limits, first: Vec::new(), kind: None, meter: Meter::default(), is_recording: false, zstd: None }
    }

    /// Creates a decompressor that notes where decompression can begin, for [`Self::take_points`]. A block of gzip costs time to try:
    /// a few per cent in all.
    pub fn recording(limits: Limits) -> Self {
        Self { is_recording: true, ..Self::new(limits) }
    }

    /// Creates a decompressor that takes the bytes from a checkpoint on: the first is the one that has its bit. It does not check what
    /// covers bytes before the checkpoint: the checksum of a gzip member. A layer of zstd needs its decoder.
    pub fn resumed(limits: Limits, compression: Compression, checkpoint: &Checkpoint, zstd: Option<NewZstd>) -> Self {
        let kind = match compression {
            Compression::None => Kind::Plain,
            Compression::Gzip => Kind::Gzip(Box::new(Gzip::resumed(checkpoint))),
            Compression::Zstd => Kind::zstd(zstd, &limits, checkpoint.bit / 8, false),
        };
        Self { kind: Some(kind), ..Self::new(limits) }
    }

    /// True if the layer turns out to be zstd with these bytes, which come next: before they are pushed, [`Self::set_zstd`] has to be called.
    pub fn wants_zstd(&self, next: &[u8]) -> bool {
        if self.kind.is_some() || self.zstd.is_some() {
            return false;
        }
        let rest = next.get(..MAGIC.saturating_sub(self.first.len())).unwrap_or(next);
        matches!(Compression::detect(&[&self.first, rest].concat()), Ok(Compression::Zstd))
    }

    /// Sets the decoder of zstd.
    pub fn set_zstd(&mut self, zstd: NewZstd) {
        self.zstd = Some(zstd);
    }

    /// What was noted, once the layer's last byte is there. Nothing is for a layer that is not compressed: it can be read from anywhere.
    pub fn take_points(&mut self) -> Points {
        let points = match &mut self.kind {
            Some(Kind::Gzip(gzip)) => gzip.take_points(),
            Some(Kind::Zstd(zstd)) => zstd.take_points(),
            _ => None,
        };
        points.unwrap_or_default()
    }

    /// How the layer is compressed, once its first bytes are there.
    pub fn compression(&self) -> Option<Compression> {
        self.kind.as_ref().map(|kind| match kind {
            Kind::Plain => Compression::None,
            Kind::Gzip(_) => Compression::Gzip,
            Kind::Zstd(_) | Kind::Lacking => Compression::Zstd,
        })
    }

    /// Takes compressed bytes, and gives what they make to `output`.
    ///
    /// # Errors
    ///
    /// `LAYER_INVALID` for broken data, `UNSUPPORTED` for another compression, `TOO_LARGE` if a limit is exceeded, and what the
    /// output returns.
    pub fn push(&mut self, bytes: &[u8], output: &mut dyn Output) -> Result<(), Invalid> {
        self.meter.taken += bytes.len() as u64;
        if self.kind.is_some() {
            return self.take(bytes, output);
        }
        self.first.extend_from_slice(bytes);
        if self.first.len() < MAGIC { Ok(()) } else { self.begin(output) }
    }

    /// Ends the layer.
    ///
    /// # Errors
    ///
    /// `TRUNCATED` if the compressed data is not complete.
    pub fn finish(&mut self, output: &mut dyn Output) -> Result<(), Invalid> {
        if self.kind.is_none() {
            self.begin(output)?;
        }
        match &self.kind {
            Some(Kind::Gzip(gzip)) => gzip.finish(),
            Some(Kind::Zstd(zstd)) => zstd.finish(),
            _ => Ok(()),
        }
    }

    fn begin(&mut self, output: &mut dyn Output) -> Result<(), Invalid> {
        let first = std::mem::take(&mut self.first);
        self.kind = Some(match Compression::detect(&first)? {
            Compression::None => Kind::Plain,
            Compression::Gzip => Kind::Gzip(Box::new(Gzip::new(self.is_recording))),
            Compression::Zstd => Kind::zstd(self.zstd, &self.limits, 0, self.is_recording),
        });
        self.take(&first, output)
    }

    fn take(&mut self, bytes: &[u8], output: &mut dyn Output) -> Result<(), Invalid> {
        let Self { limits, kind, meter, .. } = self;
        let mut output = |bytes: &[u8]| meter.pass(limits, bytes, output);
        match kind {
            Some(Kind::Gzip(gzip)) => gzip.push(bytes, &mut output),
            Some(Kind::Zstd(zstd)) => zstd.push(bytes, &mut output),
            Some(Kind::Lacking) => Err(Invalid::new(code::INTERNAL, "the decoder of zstd was not loaded".into())),
            _ => output(bytes),
        }
    }
}
