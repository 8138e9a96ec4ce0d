//! An index as bytes: a magic with the version, what the index says, and the SHA-256 of both. Numbers are LEB128, and most fields of an entry
//! are left out because they follow from the entry before it.

use sha2::{Digest as _, Sha256};

use super::{Index, LayerId, invalid};
use crate::layer::decompress::{Checkpoint, Compression, Mark, Points, Window};
use crate::layer::hash::EMPTY;
use crate::layer::limits::{Limits, exceeded};
use crate::layer::tar::{Entry, Kind, Segment, Time, are_in_order, sparse_length};
use crate::layer::varint::{put, take, unzigzag, zigzag};
use crate::protocol::invalid::Invalid;
use crate::protocol::oci::digest::Digest;

/// The last byte is the version: a change of what follows changes it.
const MAGIC: &[u8] = b"layer-index\x01";
const CHECKSUM: usize = 32;
/// What an entry may take over from the one before it is no longer than this: so the memory of an index grows with its bytes.
const SHARED: usize = 255;

/// Which fields an entry has of its own.
mod own {
    pub const MODE: u64 = 1;
    pub const IDS: u64 = 1 << 1;
    pub const NAMES: u64 = 1 << 2;
    pub const TIME: u64 = 1 << 3;
    pub const LINK: u64 = 1 << 4;
    pub const DEVICE: u64 = 1 << 5;
    pub const XATTRS: u64 = 1 << 6;
    pub const HEADER: u64 = 1 << 7;
    pub const DATA: u64 = 1 << 8;
    pub const SIZE: u64 = 1 << 9;
    pub const STORED: u64 = 1 << 10;
    pub const SEGMENTS: u64 = 1 << 11;
    pub const HASH: u64 = 1 << 12;
    /// The hash is that of no content.
    pub const EMPTY_HASH: u64 = 1 << 13;
    pub const FRACTION: u64 = 1 << 14;
}

/// What an entry follows.
struct Previous {
    path: Vec<u8>,
    mode: u32,
    ids: (i64, i64),
    user: Vec<u8>,
    group: Vec<u8>,
    seconds: i64,
    /// Where the next header should begin.
    end: u64,
}

impl Default for Previous {
    fn default() -> Self {
        let (path, user, group) = Default::default();
        Self { path, mode: 0, ids: (0, 0), user, group, seconds: 0, end: 0 }
    }
}

impl Previous {
    fn of(entry: &Entry) -> Self {
        Self {
            path: entry.path.clone(),
            mode: entry.mode,
            ids: (entry.uid, entry.gid),
            user: entry.user.clone(),
            group: entry.group.clone(),
            seconds: entry.mtime.seconds,
            end: entry.data_offset.wrapping_add(entry.stored).checked_next_multiple_of(512).unwrap_or_default(),
        }
    }

    fn shares_names(&self) -> bool {
        self.user.len() <= SHARED && self.group.len() <= SHARED
    }
}

impl Index {
    /// The index as bytes, which [`Self::from_bytes`] reads.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        put_text(&mut out, self.layer.digest.as_str().as_bytes());
        put(&mut out, self.layer.size);
        put_text(&mut out, self.layer.diff_id.as_ref().map_or("", Digest::as_str).as_bytes());
        out.push(match self.compression {
            Compression::None => 0,
            Compression::Gzip => 1,
            Compression::Zstd => 2,
        });
        put(&mut out, self.points.checkpoints.len() as u64);
        let (mut bit, mut offset) = (0, 0);
        for checkpoint in &self.points.checkpoints {
            put(&mut out, checkpoint.bit - bit);
            put(&mut out, checkpoint.offset - offset);
            (bit, offset) = (checkpoint.bit, checkpoint.offset);
            out.push(checkpoint.window.is_some().into());
            if let Some(window) = &checkpoint.window {
                window.put(&mut out);
            }
        }
        put(&mut out, self.points.marks.len() as u64);
        let (mut made, mut used) = (0, 0);
        for mark in &self.points.marks {
            put(&mut out, mark.made - made);
            put(&mut out, mark.used - used);
            (made, used) = (mark.made, mark.used);
        }
        put(&mut out, self.entries.len() as u64);
        let mut previous = Previous::default();
        for entry in &self.entries {
            put_entry(&mut out, entry, &previous);
            previous = Previous::of(entry);
        }
        let checksum = Sha256::digest(&out);
        out.extend_from_slice(&checksum);
        out
    }

    /// Reads the index of a layer.
    ///
    /// # Errors
    ///
    /// `LAYER_INDEX_INVALID` if the bytes are no index, are damaged, or are the index of another layer; `TOO_LARGE` if it has more
    /// entries than the limit.
    pub fn from_bytes(bytes: &[u8], layer: &LayerId, limits: &Limits) -> Result<Self, Invalid> {
        let Some(rest) = bytes.strip_prefix(MAGIC) else {
            return Err(invalid("no layer index of this version: it has to be made anew"));
        };
        let damaged = || invalid("the layer index is damaged: it has to be made anew");
        let body = rest.len().checked_sub(CHECKSUM).and_then(|length| rest.split_at_checked(length));
        let (mut body, checksum) = body.ok_or_else(damaged)?;
        let covered = bytes.get(..bytes.len() - CHECKSUM).unwrap_or_default();
        if Sha256::digest(covered).as_slice() != checksum {
            return Err(damaged());
        }
        let found = take_layer(&mut body).ok_or_else(damaged)?;
        if found != *layer {
            return Err(invalid(&format!("the index is for the layer {}, not for {}", found.digest, layer.digest)));
        }
        let compression = match take(&mut body).ok_or_else(damaged)? {
            0 => Compression::None,
            1 => Compression::Gzip,
            2 => Compression::Zstd,
            _ => return Err(damaged()),
        };
        let points = take_points(&mut body).ok_or_else(damaged)?;
        let count = take(&mut body).ok_or_else(damaged)?;
        if count > limits.entries {
            return Err(exceeded("the number of entries", limits.entries, "entries"));
        }
        let mut entries = Vec::new();
        let mut previous = Previous::default();
        for _ in 0..count {
            let entry = take_entry(&mut body, previous).ok_or_else(damaged)?;
            previous = Previous::of(&entry);
            entries.push(entry);
        }
        if body.is_empty() { Ok(Self { layer: found, compression, entries, points }) } else { Err(damaged()) }
    }
}

fn put_text(out: &mut Vec<u8>, text: &[u8]) {
    put(out, text.len() as u64);
    out.extend_from_slice(text);
}

fn take_text<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(take(bytes)?).ok()?;
    bytes.split_off(..length)
}

fn take_digest(bytes: &mut &[u8]) -> Option<Option<Digest>> {
    match take_text(bytes)? {
        b"" => Some(None),
        text => Digest::parse(std::str::from_utf8(text).ok()?).ok().map(Some),
    }
}

fn take_layer(bytes: &mut &[u8]) -> Option<LayerId> {
    Some(LayerId { digest: take_digest(bytes)??, size: take(bytes)?, diff_id: take_digest(bytes)? })
}

fn take_points(bytes: &mut &[u8]) -> Option<Points> {
    let mut points = Points::default();
    let (mut bit, mut offset) = (0_u64, 0_u64);
    for _ in 0..take(bytes)? {
        bit = bit.checked_add(take(bytes)?)?;
        offset = offset.checked_add(take(bytes)?)?;
        let window = match take(bytes)? {
            0 => None,
            1 => Some(Window::take(bytes)?),
            _ => return None,
        };
        points.checkpoints.push(Checkpoint { bit, offset, window });
    }
    let (mut made, mut used) = (0_u64, 0_u64);
    for _ in 0..take(bytes)? {
        made = made.checked_add(take(bytes)?)?;
        used = used.checked_add(take(bytes)?)?;
        points.marks.push(Mark { made, used });
    }
    Some(points)
}

fn put_entry(out: &mut Vec<u8>, entry: &Entry, previous: &Previous) {
    let is_own = [
        (own::MODE, entry.mode != previous.mode),
        (own::IDS, (entry.uid, entry.gid) != previous.ids),
        (own::NAMES, !previous.shares_names() || entry.user != previous.user || entry.group != previous.group),
        (own::TIME, entry.mtime.seconds != previous.seconds),
        (own::FRACTION, entry.mtime.nanoseconds != 0),
        (own::LINK, !entry.link_target.is_empty()),
        (own::DEVICE, entry.device.is_some()),
        (own::XATTRS, !entry.xattrs.is_empty()),
        (own::HEADER, entry.header_offset != previous.end),
        (own::DATA, entry.data_offset != entry.header_offset.wrapping_add(512)),
        (own::SIZE, entry.size != 0),
        (own::STORED, entry.stored != entry.size),
        (own::SEGMENTS, entry.segments.is_some()),
        (own::HASH, entry.hash.is_some_and(|hash| hash != EMPTY)),
        (own::EMPTY_HASH, entry.hash == Some(EMPTY)),
    ];
    let flags = is_own.iter().filter(|(_, is)| *is).fold(0, |flags, (flag, _)| flags | flag);
    put(out, flags);
    let shared = entry.path.iter().zip(&previous.path).take(SHARED).take_while(|(one, other)| one == other).count();
    out.push(shared as u8);
    put_text(out, entry.path.get(shared..).unwrap_or_default());
    let (kind, other) = number_of(entry.kind);
    out.push(kind);
    out.extend(other);
    let has = |flag| flags & flag != 0;
    if has(own::MODE) {
        put(out, entry.mode.into());
    }
    if has(own::IDS) {
        put(out, zigzag(entry.uid));
        put(out, zigzag(entry.gid));
    }
    if has(own::NAMES) {
        put_text(out, &entry.user);
        put_text(out, &entry.group);
    }
    if has(own::TIME) {
        put(out, zigzag(entry.mtime.seconds.wrapping_sub(previous.seconds)));
    }
    if has(own::FRACTION) {
        put(out, entry.mtime.nanoseconds.into());
    }
    if has(own::LINK) {
        put_text(out, &entry.link_target);
    }
    if let Some((major, minor)) = entry.device {
        put(out, major);
        put(out, minor);
    }
    if has(own::XATTRS) {
        put(out, entry.xattrs.len() as u64);
        for (name, value) in &entry.xattrs {
            put_text(out, name);
            put_text(out, value);
        }
    }
    if has(own::HEADER) {
        put(out, zigzag(entry.header_offset.wrapping_sub(previous.end).cast_signed()));
    }
    if has(own::DATA) {
        put(out, zigzag(entry.data_offset.wrapping_sub(entry.header_offset).cast_signed()));
    }
    if has(own::SIZE) {
        put(out, entry.size);
    }
    if has(own::STORED) {
        put(out, entry.stored);
    }
    if let Some(segments) = &entry.segments {
        put(out, segments.len() as u64);
        for segment in segments {
            put(out, segment.offset);
            put(out, segment.length);
        }
    }
    if has(own::HASH) {
        out.extend_from_slice(&entry.hash.unwrap_or_default());
    }
}

fn take_entry(bytes: &mut &[u8], previous: Previous) -> Option<Entry> {
    let flags = take(bytes)?;
    let has = |flag| flags & flag != 0;
    let shared = usize::from(*bytes.split_off_first()?);
    let path = [previous.path.get(..shared)?, take_text(bytes)?].concat();
    let kind = take_kind(bytes)?;
    let mode = if has(own::MODE) { u32::try_from(take(bytes)?).ok()? } else { previous.mode };
    let (uid, gid) = if has(own::IDS) { (unzigzag(take(bytes)?), unzigzag(take(bytes)?)) } else { previous.ids };
    let (user, group) = if has(own::NAMES) {
        (take_text(bytes)?.to_vec(), take_text(bytes)?.to_vec())
    } else if previous.shares_names() {
        (previous.user, previous.group)
    } else {
        return None;
    };
    let later = if has(own::TIME) { unzigzag(take(bytes)?) } else { 0 };
    let nanoseconds = if has(own::FRACTION) { u32::try_from(take(bytes)?).ok()? } else { 0 };
    let mtime = Time { seconds: previous.seconds.wrapping_add(later), nanoseconds };
    let link_target = if has(own::LINK) { take_text(bytes)?.to_vec() } else { Vec::new() };
    let device = if has(own::DEVICE) { Some((take(bytes)?, take(bytes)?)) } else { None };
    let mut xattrs = Vec::new();
    if has(own::XATTRS) {
        for _ in 0..take(bytes)? {
            xattrs.push((take_text(bytes)?.to_vec(), take_text(bytes)?.to_vec()));
        }
    }
    let from_end = if has(own::HEADER) { unzigzag(take(bytes)?) } else { 0 };
    let header_offset = previous.end.wrapping_add(from_end.cast_unsigned());
    let from_header = if has(own::DATA) { unzigzag(take(bytes)?) } else { 512 };
    let data_offset = header_offset.wrapping_add(from_header.cast_unsigned());
    let size = if has(own::SIZE) { take(bytes)? } else { 0 };
    let stored = if has(own::STORED) { take(bytes)? } else { size };
    let mut segments = has(own::SEGMENTS).then(Vec::new);
    if let Some(segments) = &mut segments {
        for _ in 0..take(bytes)? {
            segments.push(Segment { offset: take(bytes)?, length: take(bytes)? });
        }
        if !are_in_order(segments, size) || sparse_length(segments) != stored {
            return None;
        }
    }
    let hash = match (has(own::HASH), has(own::EMPTY_HASH)) {
        (true, _) => Some(bytes.split_off(..CHECKSUM)?.try_into().ok()?),
        (false, true) => Some(EMPTY),
        (false, false) => None,
    };
    Some(Entry {
        path,
        kind,
        size,
        mode,
        uid,
        gid,
        user,
        group,
        mtime,
        link_target,
        device,
        xattrs,
        header_offset,
        data_offset,
        stored,
        segments,
        hash,
    })
}

fn number_of(kind: Kind) -> (u8, Option<u8>) {
    match kind {
        Kind::File => (0, None),
        Kind::HardLink => (1, None),
        Kind::Symlink => (2, None),
        Kind::CharDevice => (3, None),
        Kind::BlockDevice => (4, None),
        Kind::Directory => (5, None),
        Kind::Fifo => (6, None),
        Kind::Other(flag) => (7, Some(flag)),
    }
}

fn take_kind(bytes: &mut &[u8]) -> Option<Kind> {
    Some(match bytes.split_off_first()? {
        0 => Kind::File,
        1 => Kind::HardLink,
        2 => Kind::Symlink,
        3 => Kind::CharDevice,
        4 => Kind::BlockDevice,
        5 => Kind::Directory,
        6 => Kind::Fifo,
        7 => Kind::Other(*bytes.split_off_first()?),
        _ => return None,
    })
}
