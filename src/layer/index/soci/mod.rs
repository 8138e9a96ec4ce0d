//! ztocs of SOCI indexes: what a layer holds, where decompression can begin in it, and digests of its stored bytes. A SOCI index, which is an
//! image manifest, has a ztoc for each of an image's large layers. Either the image's manifest has the index's digest, or the index refers to the
//! image, which anybody can make who may push.
//!
//! Reference: soci-snapshotter, docs/glossary.md and ztoc/fbs.

mod flat;
#[cfg(test)]
mod sample;
mod span;
#[cfg(test)]
mod tests;

use self::flat::Table;
use self::span::Span;
use super::plan::{Part, Plan, Slice};
use super::seal::Seal;
use super::{invalid, text};
use crate::layer::decompress::Compression;
use crate::layer::hash::{ContentHasher, EMPTY};
use crate::layer::limits::{Limits, exceeded};
use crate::layer::tar::{Content, Entry, Kind, Segment};
use crate::protocol::code;
use crate::protocol::invalid::Invalid;
use crate::protocol::oci::descriptor::{Annotations, Descriptor};
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::manifest::Manifest;

/// Bytes of a ztoc, and of what it describes: several parts of it may be at the same place.
const MOST: u64 = 128 << 20;
/// What an extended header counts besides its bytes.
const HEADER: u64 = 64;

const INDEX_DIGEST: &str = "com.amazon.soci.index-digest";
const LAYER_DIGEST: &str = "com.amazon.soci.image-layer-digest";
const TYPES: [&str; 2] = ["application/vnd.amazon.soci.index.v1+json", "application/vnd.amazon.soci.index.v2+json"];
const ZTOC: &str = "application/octet-stream";

/// The name of an extended attribute in an archive's extended headers, before its own.
const XATTR: &[u8] = b"SCHILY.xattr.";
const SPARSE: &[u8] = b"GNU.sparse.";

/// The digest of an image's SOCI index, by the annotations of its manifest.
pub fn index_of(annotations: &Annotations) -> Option<Digest> {
    Digest::parse(annotations.get(INDEX_DIGEST)?).ok()
}

/// The ztoc of a layer, by the SOCI index; `None` if it has none, as small layers have.
///
/// # Errors
///
/// `LAYER_INDEX_INVALID` if the manifest is no SOCI index, and `TOO_LARGE` for a ztoc beyond a limit.
pub fn ztoc_of<'a>(index: &'a Manifest, layer: &Digest) -> Result<Option<&'a Descriptor>, Invalid> {
    let config = index.config.as_ref().map(|config| config.media_type.as_str());
    if ![index.artifact_type.as_deref(), config].into_iter().flatten().any(|name| TYPES.contains(&name)) {
        return Err(invalid("the manifest is no SOCI index, by its artifact type"));
    }
    let is_of = |ztoc: &&Descriptor| {
        let digest = ztoc.annotations.as_ref().and_then(|annotations| annotations.get(LAYER_DIGEST));
        ztoc.media_type == ZTOC && digest == Some(layer.as_str())
    };
    match index.layers.iter().flatten().find(is_of) {
        Some(ztoc) if ztoc.size > MOST => Err(too_large()),
        found => Ok(found),
    }
}

fn too_large() -> Invalid {
    Invalid::new(code::TOO_LARGE, format!("the layer's ztoc exceeds the limit of {MOST} bytes"))
}

/// The table of contents of a layer, and where decompression can begin in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ztoc {
    /// What the archive holds, in its order. Where its headers are in the archive is not known: these numbers are 0. Times before 1970 are 0.
    pub entries: Vec<Entry>,
    compression: Compression,
    spans: Vec<Span>,
}

impl Ztoc {
    /// Reads the ztoc of a layer of so many bytes.
    ///
    /// # Errors
    ///
    /// - `LAYER_INDEX_INVALID` if it is malformed, or describes what cannot be in the layer.
    /// - `TOO_LARGE` if it exceeds a limit.
    pub fn read(bytes: &[u8], layer: u64, limits: &Limits) -> Result<Self, Invalid> {
        let parts = || {
            let root = Table::root(bytes)?;
            Some((root.long(2)?, root.long(3)?, root.table(4)?, root.table(5)?))
        };
        let (stored, size, toc, info) = parts().ok_or_else(|| invalid("the layer's ztoc is malformed"))?;
        if stored != layer {
            return Err(invalid("the layer's ztoc is for a layer of another size"));
        }
        let spans = span::spans(info, layer);
        let (compression, spans) = spans.ok_or_else(|| invalid("the layer's ztoc has spans that are not all of it"))?;
        let files = toc.vector(0).ok_or_else(|| invalid("the layer's ztoc is malformed"))?;
        if files.count as u64 > limits.entries {
            return Err(exceeded("the number of entries", limits.entries, "entries"));
        }
        let (mut entries, mut room) = (Vec::new(), Room(MOST));
        for (index, file) in files.tables().enumerate() {
            let entry = file.and_then(|file| entry(file, &mut room));
            if room.0 == 0 {
                return Err(too_large());
            }
            let entry = entry.filter(|entry| entry.path.len().max(entry.link_target.len()) <= limits.name);
            entries.push(entry.ok_or_else(|| invalid(&format!("the layer's ztoc: entry {index} cannot be read")))?);
        }
        entries.sort_by_key(|entry| entry.data_offset);
        let mut end = 0;
        for entry in &entries {
            if entry.data_offset < end {
                return Err(invalid("the layer's ztoc has content that overlaps"));
            }
            end = entry.data_offset.saturating_add(entry.stored);
        }
        if end > size {
            return Err(invalid("the layer's ztoc has content behind the archive's end"));
        }
        Ok(Self { entries, compression, spans })
    }

    /// About the memory of where decompression can begin, if a window takes so much.
    pub fn spans_size(&self, window: u64) -> u64 {
        self.spans.len() as u64 * window
    }

    /// Which bytes of the layer give an entry's content; `None` if it has none. The entry has to be one of this ztoc.
    pub fn plan(&self, entry: &Entry) -> Option<Plan> {
        let end = entry.data_offset.checked_add(entry.stored).filter(|_| entry.stored > 0)?;
        let first = self.spans.partition_point(|span| span.begin.offset <= entry.data_offset).checked_sub(1)?;
        let spans = self.spans.get(first..self.spans.partition_point(|span| span.begin.offset < end))?;
        let (begin, last) = (spans.first()?, spans.last()?);
        let seal = |span: &Span| Seal {
            from: span.from(),
            to: span.to,
            hasher: ContentHasher::default(),
            expected: span.hash,
        };
        let part = Part {
            from: begin.from(),
            to: last.to,
            compression: self.compression,
            begin: begin.begin.clone(),
            slices: vec![Slice {
                skip: entry.data_offset - begin.begin.offset,
                content: Content::new(vec![Segment { offset: 0, length: entry.stored }], entry.stored, 0),
                check: None,
            }],
            seals: spans.iter().map(seal).collect(),
        };
        Some(Plan { name: entry.path.clone(), parts: vec![part], is_trusted: true })
    }
}

/// Bytes that a ztoc may still describe.
struct Room(u64);

impl Room {
    fn count(&mut self, bytes: u64) -> Option<()> {
        self.0 = self.0.saturating_sub(bytes);
        (self.0 > 0).then_some(())
    }

    fn take(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        self.count(bytes.len() as u64)?;
        Some(bytes.to_vec())
    }
}

fn entry(file: Table<'_>, room: &mut Room) -> Option<Entry> {
    let mut string = |field| room.take(file.string(field)?);
    let (path, kind) = (string(0)?, text::kind(file.string(1)?)?);
    let (link_target, user, group) = (string(4)?, string(8)?, string(9)?);
    let size = if kind == Kind::File { file.long(3)? } else { 0 };
    let is_device = matches!(kind, Kind::CharDevice | Kind::BlockDevice);
    let mut entry = Entry {
        kind,
        mode: file.long(5)? as u32 & 0o7777,
        uid: file.int(6)?.into(),
        gid: file.int(7)?.into(),
        user,
        group,
        mtime: text::time(std::str::from_utf8(file.string(10)?).ok()?),
        link_target,
        device: if is_device { Some((file.long(11)?, file.long(12)?)) } else { None },
        data_offset: file.long(2)?,
        hash: (kind == Kind::File && size == 0).then_some(EMPTY),
        ..Entry::file(path, size)
    };
    for header in file.vector(13)?.tables() {
        let header = header?;
        let (name, value) = (header.string(0)?, header.string(1)?);
        room.count(HEADER)?;
        // What is stored of a sparse file is not in the ztoc.
        if name.starts_with(SPARSE) {
            return None;
        }
        if let Some(name) = name.strip_prefix(XATTR) {
            entry.xattrs.push((room.take(name)?, room.take(value)?));
        }
    }
    Some(entry)
}
