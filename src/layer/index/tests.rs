use std::io::Write;

use super::*;
use crate::layer::decompress::Decompressor;
use crate::layer::limits::Limits;
use crate::layer::listing::Listing;
use crate::layer::tar::{Kind, Reader, Time, writer};
use crate::layer::zstd::create;
use crate::protocol::code;
use crate::protocol::code::LAYER_INDEX_INVALID;
use crate::protocol::invalid::Invalid;
use crate::protocol::oci::digest::Algorithm;

/// An archive of every kind of entry, with files of so many bytes.
fn archive(sizes: &[usize]) -> Vec<u8> {
    let mut archive = Vec::new();
    let mut add = |entry: Entry, content: &[u8]| {
        archive.extend(writer::header(&entry));
        archive.extend_from_slice(content);
        archive.resize(archive.len().next_multiple_of(512), 0);
    };
    let sample = crate::layer::filesystem::sample::entry;
    let none = |path: &str, kind| Entry { size: 0, stored: 0, ..sample(path, kind) };
    add(none("usr/", Kind::Directory), b"");
    add(Entry { link_target: b"usr/lib".to_vec(), ..none("lib", Kind::Symlink) }, b"");
    add(Entry { device: Some((1, 3)), ..none("dev/null", Kind::CharDevice) }, b"");
    let mut state = 1_u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 40) as u8 & 63
    };
    for (number, size) in sizes.iter().enumerate() {
        let content: Vec<u8> = (0..*size).map(|_| random()).collect();
        let path = format!("usr/lib/{}x{number:03}", "long/".repeat(number / 10 * 10));
        let entry = Entry {
            uid: number as i64 / 3,
            user: format!("u{}", number / 5).into(),
            mtime: Time { seconds: number as i64 * 7 - 20, nanoseconds: number as u32 % 2 },
            xattrs: (0..number % 3).map(|one| (format!("user.{one}").into(), b"x\0y".to_vec())).collect(),
            size: *size as u64,
            stored: *size as u64,
            ..sample(&path, Kind::File)
        };
        add(entry, &content);
    }
    archive.extend(sparse_header());
    archive.extend([9; 703]);
    archive.resize(archive.len().next_multiple_of(512), 0);
    archive.resize(archive.len() + 1024, 0);
    archive
}

/// The header of a file of 6 GB in GNU's old form, of which 703 bytes are stored.
fn sparse_header() -> [u8; 512] {
    let mut block = [0; 512];
    let mut put = |at: usize, text: &str| block[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, "sparse");
    put(257, "ustar  ");
    for (at, number) in
        [(124, 703), (136, 0), (386, 5), (398, 700), (410, 5_000_000_000), (422, 3), (483, 6_000_000_000_u64)]
    {
        put(at, &format!("{number:011o}"));
    }
    for (at, number) in [(100, 0o644), (108, 0), (116, 0)] {
        put(at, &format!("{number:07o}"));
    }
    put(156, "S");
    put(148, "        ");
    let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
    block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    block
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn layer_of(stored: &[u8], archive: &[u8]) -> LayerId {
    let digest = |bytes| Digest::of(Algorithm::Sha256, bytes);
    LayerId { digest: digest(stored), size: stored.len() as u64, diff_id: Some(digest(archive)) }
}

/// Reads a layer once.
fn index_of(stored: &[u8], archive: &[u8]) -> Index {
    let mut decompressor = Decompressor::recording(Limits::default());
    decompressor.set_zstd(create);
    let mut reader = Reader::new(Limits::default());
    let mut listing = Listing::with_hashes();
    let mut output = |bytes: &[u8]| reader.push(bytes, &mut listing);
    stored.chunks(10_000).try_for_each(|part| decompressor.push(part, &mut output)).unwrap();
    let compression = decompressor.compression().unwrap();
    let points = decompressor.take_points();
    decompressor.finish(&mut output).unwrap();
    reader.summary().unwrap();
    Index { layer: layer_of(stored, archive), compression, entries: listing.entries, points }
}

fn read(plan: Plan, stored: &[u8], chunk: usize) -> Result<Vec<(u64, u8)>, Invalid> {
    let part = &stored[plan.from() as usize..plan.to() as usize];
    let mut reader = FileReader::new(plan, Limits::default(), Some(create));
    let mut out = Vec::new();
    let mut output = |at: u64, bytes: &[u8]| {
        out.extend((at..).zip(bytes.iter().copied()));
        Ok(())
    };
    part.chunks(chunk).try_for_each(|part| reader.push(part, &mut output))?;
    assert!(reader.finish().is_ok());
    Ok(out)
}

/// The stored bytes of an entry, and where they are in the file.
fn expected(entry: &Entry, archive: &[u8]) -> Vec<(u64, u8)> {
    let stored = &archive[entry.data_offset as usize..][..entry.stored as usize];
    let whole = vec![Segment { offset: 0, length: entry.stored }];
    let places = entry.segments.as_ref().unwrap_or(&whole).iter().flat_map(|one| one.offset..one.offset + one.length);
    places.zip(stored.iter().copied()).collect()
}

#[test]
fn files_are_read_from_a_part_of_the_layer() {
    let sizes: Vec<usize> = (0..60).map(|number| number * number * 7 % 400_000).chain([3_000_000]).collect();
    let archive = archive(&sizes);
    let zstd = |bytes: &[u8]| {
        use structured_zstd::encoding::{CompressionLevel, compress_slice_to_vec};
        compress_slice_to_vec(bytes, CompressionLevel::Fastest)
    };
    let (one, two) = archive.split_at(archive.len() / 2);
    for (stored, least) in [
        (archive.clone(), 100),
        (gzip(&archive), 3),
        ([gzip(one), gzip(two)].concat(), 3),
        ([zstd(one), zstd(two)].concat(), 2),
    ] {
        let index = index_of(&stored, &archive);
        let bytes = index.to_bytes();
        let index = Index::from_bytes(&bytes, &index.layer, &Limits::default()).unwrap();
        if index.compression == Compression::None {
            assert!(bytes.len() < 100 * index.entries.len(), "{}", bytes.len());
        } else {
            assert!(index.points.checkpoints.len() >= least, "{:?}", index.points.checkpoints);
        }
        let mut requested = 0;
        for entry in &index.entries {
            let Some(plan) = index.plan(entry) else {
                assert_eq!(entry.stored, 0);
                continue;
            };
            assert!(plan.is_verified());
            requested += plan.to() - plan.from();
            let chunk = 1 + entry.stored as usize % 5000;
            assert!(read(plan, &stored, chunk).unwrap() == expected(entry, &archive));
        }
        let share = requested as usize / index.entries.len();
        assert!(share < stored.len() / least.min(4), "{share} of {}", stored.len());
    }
}

#[test]
fn an_index_is_what_it_was() {
    let archive = archive(&[0, 1, 511, 512, 513, 100_000]);
    let stored = gzip(&archive);
    let mut index = index_of(&stored, &archive);
    for _ in 0..2 {
        let bytes = index.to_bytes();
        assert!(Index::from_bytes(&bytes, &index.layer, &Limits::default()).unwrap().entries == index.entries);
        // Numbers at their ends.
        let first = index.entries.first_mut().unwrap();
        (first.uid, first.gid, first.mode, first.kind) = (i64::MIN, i64::MAX, u32::MAX, Kind::Other(b'V'));
        first.mtime = Time { seconds: i64::MIN, nanoseconds: 999_999_999 };
        (first.size, first.stored, first.data_offset, first.header_offset) = (u64::MAX, 1, 0, u64::MAX);
        (first.path, first.user) = (vec![0xff; 5000], vec![b'u'; 1000]);
        first.hash = None;
    }
    let first = index.entries[0].clone();
    index.entries = vec![first; 1000];
    let bytes = index.to_bytes();
    assert!(Index::from_bytes(&bytes, &index.layer, &Limits::default()).unwrap().entries == index.entries);
    assert!(bytes.len() > 1000 * 5000, "nothing long is taken over from the entry before");
}

#[test]
fn what_is_no_index_of_the_layer_is_refused() {
    let archive = archive(&[10, 20]);
    let stored = gzip(&archive);
    let index = index_of(&stored, &archive);
    let bytes = index.to_bytes();
    let code = |bytes: &[u8], layer: &LayerId, limits: &Limits| {
        Index::from_bytes(bytes, layer, limits).map(|_| ()).unwrap_err().code
    };
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x20;
        assert_eq!(code(&damaged, &index.layer, &Limits::default()), LAYER_INDEX_INVALID, "{at}");
        assert_eq!(code(&bytes[..at], &index.layer, &Limits::default()), LAYER_INDEX_INVALID, "{at}");
    }
    for layer in [
        LayerId { size: 1, ..index.layer.clone() },
        LayerId { diff_id: None, ..index.layer.clone() },
        LayerId { digest: Digest::of(Algorithm::Sha256, b"other"), ..index.layer.clone() },
    ] {
        assert_eq!(code(&bytes, &layer, &Limits::default()), LAYER_INDEX_INVALID);
    }
    assert_eq!(code(&bytes, &index.layer, &Limits { entries: 5, ..Limits::default() }), code::TOO_LARGE);
    let other = Index::from_bytes(&bytes, &layer_of(b"", b""), &Limits::default()).unwrap_err();
    assert!(other.message.contains(index.layer.digest.as_str()), "{other}");
}

#[test]
fn other_bytes_than_those_of_the_layer_are_an_error() {
    let archive = archive(&[300_000]);
    for stored in [gzip(&archive), archive.clone()] {
        let index = index_of(&stored, &archive);
        let entry = index.entries.iter().find(|entry| entry.stored == 300_000).unwrap();
        let plan = || index.plan(entry).unwrap();
        let middle = (plan().from() + plan().to()) as usize / 2;
        let mut changed = stored.clone();
        changed[middle] ^= 1;
        let error = read(plan(), &changed, 1000).unwrap_err();
        assert!([code::DIGEST_MISMATCH, crate::protocol::code::LAYER_INVALID].contains(&error.code), "{error}");
        let mut reader = FileReader::new(plan(), Limits::default(), None);
        reader.push(&stored[plan().from() as usize..middle], &mut |_, _| Ok(())).unwrap();
        assert_eq!(reader.finish().unwrap_err().code, LAYER_INDEX_INVALID);
        // Without hashes, a plain archive has nothing that tells.
        let unknown = Entry { hash: None, ..entry.clone() };
        let plan = index.plan(&unknown).unwrap();
        assert!(!plan.is_verified());
        assert!(read(plan, &stored, 1000).unwrap() == expected(entry, &archive));
    }
}
