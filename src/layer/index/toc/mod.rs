//! Tables of contents that a layer brings along: eStargz's, at the end of a gzip layer, and zstd:chunked's. With one, a layer is listed and its
//! files are read without reading the layer. The manifest's annotations have the table's digest, and the table that of each chunk.
//!
//! References: stargz-snapshotter, docs/estargz.md; containers/storage, pkg/chunked.

mod json;
#[cfg(test)]
mod tests;

use super::invalid;
use super::plan::{Part, Plan, Slice};
use crate::layer::decompress::{Checkpoint, Compression, Decompressor, NewZstd};
use crate::layer::hash::ContentHasher;
use crate::layer::limits::Limits;
use crate::layer::tar::{Content, Entry, Reader, Segment, Sink};
use crate::protocol::code;
use crate::protocol::invalid::Invalid;
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::{Algorithm, Digest};

/// Bytes of eStargz's footer.
const FOOTER: u64 = 51;
/// The file that is eStargz's table.
const NAME: &[u8] = b"stargz.index.json";
/// Bytes of a table, compressed or not. A file takes some 400.
const MOST: u64 = 128 << 20;

const STARGZ_DIGEST: &str = "containerd.io/snapshot/stargz/toc.digest";
/// containers/storage had the second prefix first.
const CHUNKED: [&str; 2] = ["io.github.containers.zstd-chunked.", "io.containers.zstd-chunked."];

/// Where a layer's table is, and how it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    format: Format,
    /// The first byte of the layer that belongs to it.
    pub from: u64,
    /// The first byte behind it.
    pub to: u64,
    /// The digest that the manifest has of it.
    digest: Option<Digest>,
    layer: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Stargz,
    Chunked,
}

/// Where to look for the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// There.
    Known(Table),
    /// What these bytes of the layer say, by [`Footer::table`].
    Footer(Footer),
}

/// The end of a layer, which says where its table is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Footer {
    /// Its first byte.
    pub from: u64,
    /// The first byte behind it.
    pub to: u64,
    digest: Option<Digest>,
}

impl Place {
    /// The digest of the table.
    pub fn digest(&self) -> Option<&Digest> {
        match self {
            Self::Known(table) => table.digest.as_ref(),
            Self::Footer(footer) => footer.digest.as_ref(),
        }
    }

    /// Where a layer's table is, by its annotations; `None` if they do not say that it has one.
    ///
    /// # Errors
    ///
    /// `LAYER_INDEX_INVALID` if they are malformed: the layer can still be read as any other.
    pub fn of(layer: &Descriptor) -> Result<Option<Self>, Invalid> {
        let Some(annotations) = &layer.annotations else { return Ok(None) };
        let digest = |text: &str| {
            Digest::parse(text).map_err(|_| invalid("the digest of the layer's table of contents is none"))
        };
        for prefix in CHUNKED {
            let get = |name: &str| annotations.get(&format!("{prefix}{name}"));
            let (Some(position), Some(checksum)) = (get("manifest-position"), get("manifest-checksum")) else {
                continue;
            };
            let [from, length] = position_of(position, layer.size)
                .ok_or_else(|| invalid("the place of the layer's table of contents is none, or not within it"))?;
            let digest = Some(digest(checksum)?);
            let table = Table { format: Format::Chunked, from, to: from + length, digest, layer: layer.size };
            return table.checked().map(|table| Some(Self::Known(table)));
        }
        let Some(text) = annotations.get(STARGZ_DIGEST) else { return Ok(None) };
        let from =
            layer.size.checked_sub(FOOTER).ok_or_else(|| invalid("the layer is too short for a table of contents"))?;
        Ok(Some(Self::Footer(Footer { from, to: layer.size, digest: Some(digest(text)?) })))
    }
}

/// The place and the length in `offset:length:uncompressed length:type`, of which 1 is the only type.
fn position_of(text: &str, size: u64) -> Option<[u64; 2]> {
    let numbers: Vec<u64> = text.split(':').map(|number| number.parse().ok()).collect::<Option<_>>()?;
    let [from, length, _, 1] = *numbers else { return None };
    from.checked_add(length).filter(|end| length > 0 && *end <= size)?;
    Some([from, length])
}

impl Footer {
    /// Where the table is, by the bytes of the footer.
    ///
    /// # Errors
    ///
    /// `LAYER_INDEX_INVALID` if they are no footer of eStargz.
    pub fn table(self, bytes: &[u8]) -> Result<Table, Invalid> {
        let offset = || {
            // A gzip member with an extra field: `SG`, its length of 22, 16 hexadecimal digits and `STARGZ`.
            let digits =
                bytes.get(16..32).filter(|_| bytes.len() as u64 == FOOTER && bytes.starts_with(&[0x1f, 0x8b, 8, 4]))?;
            let is_stargz = bytes.get(10..16) == Some(b"\x1a\0SG\x16\0") && bytes.get(32..38) == Some(b"STARGZ");
            let is_hexadecimal = is_stargz && digits.iter().all(u8::is_ascii_hexdigit);
            let offset = u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
            (is_hexadecimal && offset < self.from).then_some(offset)
        };
        let from = offset().ok_or_else(|| invalid("the layer does not end with a footer of eStargz"))?;
        Table { format: Format::Stargz, from, to: self.from, digest: self.digest, layer: self.to }.checked()
    }
}

impl Table {
    fn checked(self) -> Result<Self, Invalid> {
        if self.to - self.from > MOST { Err(too_large()) } else { Ok(self) }
    }

    /// True if its bytes are zstd.
    pub fn is_zstd(&self) -> bool {
        self.format == Format::Chunked
    }

    /// Reads the table from its bytes. One of zstd needs the decoder.
    ///
    /// # Errors
    ///
    /// - `DIGEST_MISMATCH` if it has another digest than the manifest says.
    /// - `LAYER_INDEX_INVALID` if it is malformed, or describes what cannot be in the layer.
    /// - `TOO_LARGE` if it exceeds a limit.
    /// - `LAYER_INVALID` and `TRUNCATED` if its compression is broken.
    pub fn read(&self, bytes: &[u8], limits: &Limits, zstd: Option<NewZstd>) -> Result<Toc, Invalid> {
        let text = match self.format {
            Format::Chunked => {
                self.check(bytes)?;
                decompressed(bytes, limits, zstd)?
            }
            Format::Stargz => {
                let text = Extracted::from(&decompressed(bytes, limits, None)?, limits)?;
                self.check(&text)?;
                text
            }
        };
        let compression = match self.format {
            Format::Chunked => Compression::Zstd,
            Format::Stargz => Compression::Gzip,
        };
        let files = json::files(&text, self.from, limits)?;
        let (entries, chunks) = files.into_iter().map(|file| (file.entry, file.chunks)).unzip();
        Ok(Toc { entries, chunks, compression, is_verified: self.digest.is_some(), layer: self.layer })
    }

    fn check(&self, bytes: &[u8]) -> Result<(), Invalid> {
        let Some(expected) = &self.digest else { return Ok(()) };
        let algorithm = expected.algorithm().unwrap_or(Algorithm::Sha256);
        let computed = Digest::of(algorithm, bytes);
        if computed == *expected {
            return Ok(());
        }
        let message = format!("the layer's table of contents has the digest {computed}, not {expected}");
        Err(Invalid::new(code::DIGEST_MISMATCH, message))
    }
}

fn too_large() -> Invalid {
    Invalid::new(code::TOO_LARGE, format!("the layer's table of contents exceeds the limit of {MOST} bytes"))
}

fn decompressed(bytes: &[u8], limits: &Limits, zstd: Option<NewZstd>) -> Result<Vec<u8>, Invalid> {
    let mut out = Vec::new();
    let mut output = |bytes: &[u8]| {
        if (out.len() + bytes.len()) as u64 > MOST {
            return Err(too_large());
        }
        out.extend_from_slice(bytes);
        Ok(())
    };
    let mut decompressor = Decompressor::new(*limits);
    zstd.into_iter().for_each(|zstd| decompressor.set_zstd(zstd));
    decompressor.push(bytes, &mut output)?;
    decompressor.finish(&mut output)?;
    Ok(out)
}

/// The file of an archive that is eStargz's table.
#[derive(Default)]
struct Extracted {
    text: Option<Vec<u8>>,
    is_open: bool,
}

impl Extracted {
    fn from(archive: &[u8], limits: &Limits) -> Result<Vec<u8>, Invalid> {
        let mut extracted = Self::default();
        let mut reader = Reader::new(*limits);
        reader.push(archive, &mut extracted)?;
        reader.summary()?;
        extracted.text.ok_or_else(|| invalid("there is no table of contents where the layer's footer says"))
    }
}

impl Sink for Extracted {
    fn entry(&mut self, entry: Entry) -> Result<(), Invalid> {
        self.is_open = self.text.is_none() && entry.path == NAME && entry.segments.is_none();
        if self.is_open {
            self.text = Some(Vec::new());
        }
        Ok(())
    }

    fn data(&mut self, _offset: u64, bytes: &[u8]) -> Result<(), Invalid> {
        if let Some(text) = self.text.as_mut().filter(|_| self.is_open) {
            text.extend_from_slice(bytes);
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), Invalid> {
        self.is_open = false;
        Ok(())
    }
}

/// A layer's table of contents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toc {
    /// What the archive holds, in the table's order. Where its headers and content are in the archive is not known: these numbers are 0. Names
    /// that are not UTF-8 were replaced by whoever wrote the table, times before 1970 are 0, and
    /// eStargz rounds times to seconds.
    pub entries: Vec<Entry>,
    chunks: Vec<Vec<Chunk>>,
    compression: Compression,
    is_verified: bool,
    layer: u64,
}

/// A piece of a file that can be read by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Chunk {
    /// Where the compressed bytes begin and end.
    from: u64,
    to: u64,
    /// Uncompressed bytes before it.
    skip: u64,
    /// Where it is in the file.
    offset: u64,
    size: u64,
    hash: Option<[u8; 32]>,
}

impl Toc {
    /// True if the manifest has the table's digest, it is this one, and the table has the hashes of all content.
    pub fn is_verified(&self) -> bool {
        self.is_verified && self.chunks.iter().flatten().all(|chunk| chunk.hash.is_some())
    }

    /// About the memory of where content is.
    pub fn chunks_size(&self) -> u64 {
        self.chunks.iter().map(|chunks| (size_of_val(chunks) + size_of_val(chunks.as_slice())) as u64).sum()
    }

    /// Which bytes of the layer give an entry's content; `None` if it has none. The entry has to be one of this table.
    pub fn plan(&self, entry: &Entry) -> Option<Plan> {
        let chunks = self.chunks.get(self.entries.iter().rposition(|other| other == entry)?)?;
        let mut parts: Vec<Part> = Vec::new();
        for chunk in chunks {
            let hasher = |hash| (ContentHasher::default(), hash);
            let slice = Slice {
                skip: chunk.skip,
                content: Content::new(vec![Segment { offset: chunk.offset, length: chunk.size }], chunk.size, 0),
                check: chunk.hash.map(hasher),
            };
            match parts.last_mut() {
                Some(part) if part.from == chunk.from => part.slices.push(slice),
                _ => parts.push(Part {
                    from: chunk.from,
                    to: chunk.to.min(self.layer),
                    compression: self.compression,
                    begin: Checkpoint { bit: chunk.from * 8, offset: 0, window: None },
                    slices: vec![slice],
                    seals: Vec::new(),
                }),
            }
        }
        (!parts.is_empty()).then(|| Plan { name: entry.path.clone(), parts, is_trusted: self.is_verified })
    }
}
