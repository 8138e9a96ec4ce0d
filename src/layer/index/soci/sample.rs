//! ztocs made here for tests, as soci-snapshotter lays them out.

use std::io::Write;

use crate::layer::decompress::{Decompressor, WINDOW};
use crate::layer::limits::Limits;
use crate::layer::listing::Listing;
use crate::layer::tar::{Entry, Kind, Reader};
use crate::protocol::oci::digest::{Algorithm, Digest};

/// A value of a flatbuffer.
#[derive(Clone)]
pub(super) enum Value {
    Absent,
    Byte(u8),
    Int(u32),
    Long(i64),
    Bytes(Vec<u8>),
    List(Vec<Value>),
    /// The same item so many times, which is there once.
    Repeated(Box<Value>, usize),
    Table(Vec<Value>),
}

use Value::{Absent, Byte, Bytes, Int, List, Long, Repeated, Table};

pub(super) fn text(text: &str) -> Value {
    Bytes(text.into())
}

/// A flatbuffer whose root is this table.
pub(super) fn flatbuffer(root: &Value) -> Vec<u8> {
    let mut out = vec![0; 4];
    refer(&mut out, 0, root);
    out
}

/// Appends a value, makes the offset at a place lead to it, and returns where it is.
fn refer(out: &mut Vec<u8>, place: usize, value: &Value) -> usize {
    let put = |out: &mut Vec<u8>, at: usize, bytes: &[u8]| out[at..at + bytes.len()].copy_from_slice(bytes);
    out.resize(out.len().next_multiple_of(8), 0);
    let mut at = out.len();
    let mut waiting = Vec::new();
    match value {
        Bytes(bytes) => {
            out.extend((bytes.len() as u32).to_le_bytes());
            out.extend(bytes);
            out.push(0);
        }
        List(items) => {
            out.extend((items.len() as u32).to_le_bytes());
            waiting = items.iter().enumerate().map(|(index, item)| (at + 4 + 4 * index, item)).collect();
            out.resize(out.len() + 4 * items.len(), 0);
        }
        Repeated(item, count) => {
            out.extend((*count as u32).to_le_bytes());
            out.resize(out.len() + 4 * count, 0);
            let target = refer(out, at + 4, item);
            for place in (1..*count).map(|index| at + 4 + 4 * index) {
                put(out, place, &((target - place) as u32).to_le_bytes());
            }
        }
        Table(fields) => {
            let size = 8 + 8 * fields.len();
            out.extend((4 + 2 * fields.len() as u16).to_le_bytes());
            out.extend((size as u16).to_le_bytes());
            for (index, field) in fields.iter().enumerate() {
                let offset = if matches!(field, Absent) { 0 } else { 8 + 8 * index as u16 };
                out.extend(offset.to_le_bytes());
            }
            out.resize(out.len().next_multiple_of(8), 0);
            let fields_at = at;
            at = out.len();
            out.extend(((at - fields_at) as i32).to_le_bytes());
            out.resize(at + size, 0);
            for (index, field) in fields.iter().enumerate() {
                let place = at + 8 + 8 * index;
                match field {
                    Absent => {}
                    Byte(number) => put(out, place, &[*number]),
                    Int(number) => put(out, place, &number.to_le_bytes()),
                    Long(number) => put(out, place, &number.to_le_bytes()),
                    _ => waiting.push((place, field)),
                }
            }
        }
        Absent | Byte(_) | Int(_) | Long(_) => panic!("no value of its own"),
    }
    let offset = (at - place) as u32;
    put(out, place, &offset.to_le_bytes());
    for (place, value) in waiting {
        refer(out, place, value);
    }
    at
}

pub(super) fn gzip(archive: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(archive).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn entries_of(archive: &[u8]) -> Vec<Entry> {
    let mut listing = Listing::default();
    let mut reader = Reader::new(Limits::default());
    reader.push(archive, &mut listing).unwrap();
    reader.summary().unwrap();
    listing.entries
}

/// A file of the table of contents.
pub(super) fn file(entry: &Entry) -> Value {
    let kind = match entry.kind {
        Kind::File => "reg",
        Kind::Directory => "dir",
        Kind::Symlink => "symlink",
        _ => "hardlink",
    };
    let xattr = |(name, value): &(Vec<u8>, Vec<u8>)| {
        Table(vec![Bytes([b"SCHILY.xattr.", name.as_slice()].concat()), Bytes(value.clone())])
    };
    Table(vec![
        Bytes(entry.path.clone()),
        text(kind),
        Long(entry.data_offset.cast_signed()),
        Long(entry.size.cast_signed()),
        Bytes(entry.link_target.clone()),
        Long(entry.mode.into()),
        Int(entry.uid as u32),
        Int(entry.gid as u32),
        Bytes(entry.user.clone()),
        Bytes(entry.group.clone()),
        text("2026-01-02T03:04:05Z"),
        Absent,
        Absent,
        List(entry.xattrs.iter().map(xattr).collect()),
    ])
}

/// Places in the stored bytes where spans begin: compressed and uncompressed offset, and bits of the byte before.
pub(super) fn places(layer: &[u8]) -> Vec<(u64, u64, u8)> {
    let mut decompressor = Decompressor::recording(Limits::default());
    let mut output = |_: &[u8]| Ok(());
    decompressor.push(layer, &mut output).unwrap();
    decompressor.finish(&mut output).unwrap();
    let points = decompressor.take_points().checkpoints;
    let place = |bit: u64, offset| (bit.div_ceil(8), offset, (bit.div_ceil(8) * 8 - bit) as u8);
    let later = points.iter().filter(|point| point.offset > 0).map(|point| place(point.bit, point.offset));
    std::iter::once((10, 0, 0)).chain(later).collect()
}

/// The checkpoints at these places, as the second version of the format has them, and the digests of what is between.
pub(super) fn checkpoints(places: &[(u64, u64, u8)], layer: &[u8], archive: &[u8]) -> (Vec<u8>, Vec<Value>) {
    let mut blob = (places.len() as u32).to_le_bytes().to_vec();
    blob.extend(4_194_304_u64.to_le_bytes());
    let mut digests = Vec::new();
    for (index, (from, offset, bits)) in places.iter().enumerate() {
        blob.extend(from.to_le_bytes());
        blob.extend(offset.to_le_bytes());
        blob.push(*bits);
        let before = &archive[(*offset as usize).saturating_sub(WINDOW)..*offset as usize];
        blob.resize(blob.len() + WINDOW - before.len(), 0);
        blob.extend(before);
        let to = places.get(index + 1).map_or(layer.len(), |next| next.0 as usize);
        let stored = &layer[*from as usize - usize::from(*bits > 0)..to];
        digests.push(text(Digest::of(Algorithm::Sha256, stored).as_str()));
    }
    (blob, digests)
}

/// A ztoc of these parts.
pub(super) fn ztoc(sizes: (usize, usize), files: Vec<Value>, info: Vec<Value>) -> Value {
    let (layer, archive) = (Long(sizes.0 as i64), Long(sizes.1 as i64));
    Table(vec![text("0.9"), text("a test"), layer, archive, Table(vec![List(files)]), Table(info)])
}

/// The ztoc of a gzip layer.
pub(super) fn of_gzip(layer: &[u8], archive: &[u8]) -> Value {
    let places = places(layer);
    let (blob, digests) = checkpoints(&places, layer, archive);
    let files = entries_of(archive).iter().map(file).collect();
    let last = Int(places.len() as u32 - 1);
    ztoc((layer.len(), archive.len()), files, vec![Absent, last, List(digests), Bytes(blob)])
}
