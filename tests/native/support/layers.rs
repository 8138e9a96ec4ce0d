//! Properties of what reads layers: see [`super::properties`].

use docker_registry_client_wasm::layer::decompress::{Compression, Decompressor};
use docker_registry_client_wasm::layer::filesystem::{Tree, normalised};
use docker_registry_client_wasm::layer::index::soci::Ztoc;
use docker_registry_client_wasm::layer::index::{FileReader, Index, LayerId, Place};
use docker_registry_client_wasm::layer::limits::Limits;
use docker_registry_client_wasm::layer::packages::{self, Package};
use docker_registry_client_wasm::layer::tar::{Entry, Reader, Sink, Summary};
use docker_registry_client_wasm::layer::zstd;
use docker_registry_client_wasm::protocol::invalid::Invalid;
use docker_registry_client_wasm::protocol::oci::descriptor::{Annotations, Descriptor};
use docker_registry_client_wasm::protocol::oci::digest::{Algorithm, Digest};

const LIMITS: Limits = Limits { size: 1 << 20, ratio: 2_000, window: 1 << 20, entries: 100, name: 1000 };
const BLOCK: usize = 512;

/// What comes out of a reader, with what has to hold of it.
#[derive(Default, PartialEq, Debug)]
struct Seen {
    entries: Vec<Entry>,
    content: Vec<u8>,
    /// What the entry that is open has left, and where its last bytes ended.
    open: Option<(u64, u64)>,
}

impl Sink for Seen {
    fn entry(&mut self, entry: Entry) -> Result<(), Invalid> {
        assert!(self.open.is_none(), "an entry within another");
        assert!(entry.path.len() <= LIMITS.name && entry.link_target.len() <= LIMITS.name);
        assert!(entry.header_offset < entry.data_offset);
        self.open = Some((entry.stored, 0));
        self.entries.push(entry);
        Ok(())
    }

    fn data(&mut self, offset: u64, bytes: &[u8]) -> Result<(), Invalid> {
        let (left, end) = self.open.as_mut().expect("content without an entry");
        let size = self.entries.last().map_or(0, |entry| entry.size.max(entry.stored));
        assert!(offset >= *end && offset + bytes.len() as u64 <= size, "content outside of the file");
        *left -= bytes.len() as u64;
        *end = offset + bytes.len() as u64;
        self.content.extend_from_slice(bytes);
        Ok(())
    }

    fn end(&mut self) -> Result<(), Invalid> {
        assert_eq!(self.open.take().map(|(left, _)| left), Some(0), "an entry that is not whole");
        Ok(())
    }
}

/// An archive whose headers have the right checksum: `flag name,size,magic,content|…`, where `^` is NUL and `~` a line's end.
fn archive_of(input: &[u8]) -> Vec<u8> {
    let mut archive = Vec::new();
    let byte = |byte: &u8| match byte {
        b'^' => 0,
        b'~' => b'\n',
        byte => *byte,
    };
    let input: Vec<u8> = input.iter().map(byte).collect();
    for line in input.split(|byte| *byte == b'|').take(200) {
        let mut fields = line.splitn(4, |byte| *byte == b',');
        let mut field = || fields.next().unwrap_or_default();
        let (name, size, magic, content) = (field(), field(), field(), field());
        let mut block = [0; BLOCK];
        let mut put = |at: usize, field: &[u8], most: usize| {
            let field = &field[..field.len().min(most)];
            block[at..at + field.len()].copy_from_slice(field);
        };
        put(156, name, 1);
        put(0, name.get(1..).unwrap_or_default(), 345);
        put(100, b"0000644", 8);
        put(124, size, 12);
        put(257, magic, 255);
        block[148..156].fill(b' ');
        let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
        block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        archive.extend_from_slice(&block);
        archive.extend_from_slice(content);
        archive.resize(archive.len().next_multiple_of(BLOCK), 0);
    }
    archive
}

/// An archive is the same in whatever pieces it comes, and a file system comes of it.
pub fn archive(input: &[u8]) {
    let bytes = archive_of(input);
    let read = |chunk: usize| -> (Seen, Result<Summary, Invalid>) {
        let mut seen = Seen::default();
        let mut reader = Reader::new(LIMITS);
        let result =
            bytes.chunks(chunk).try_for_each(|part| reader.push(part, &mut seen)).and_then(|()| reader.summary());
        (seen, result)
    };
    let (seen, result) = read(bytes.len());
    assert!((&seen, &result) == (&read(509).0, &read(509).1));
    if let Ok(summary) = &result {
        assert_eq!(summary.entries, seen.entries.len() as u64);
    }
    let mut tree = Tree::default();
    let half = seen.entries.len() / 2;
    let (lower, upper) = seen.entries.split_at(half);
    if tree.apply(lower.to_vec()).and_then(|_| tree.apply(upper.to_vec())).is_ok() {
        for (path, node) in tree.nodes() {
            assert_eq!(normalised(path).as_deref(), Some(path));
            assert!(node.layer < 2 && node.content().0 <= node.layer);
            let _ = tree.follow(path);
        }
    }
}

/// Bytes in hexadecimal digits, as seeds are; other bytes as they are.
fn bytes_of(input: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(input).unwrap_or_default();
    let pairs = (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok());
    pairs.collect::<Option<Vec<_>>>().filter(|bytes| !bytes.is_empty()).unwrap_or_else(|| input.to_vec())
}

/// A compressed layer is the same in whatever pieces it comes, and no larger than the limit.
pub fn compressed(input: &[u8]) {
    let magic: &[u8] = match input.first() {
        Some(b'g') => &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3],
        Some(b'z') => &[0x28, 0xb5, 0x2f, 0xfd],
        _ => &[],
    };
    let bytes = [magic, &bytes_of(input.get(1..).unwrap_or_default())].concat();
    let read = |chunk: usize| {
        let mut out = Vec::new();
        let mut decompressor = Decompressor::new(LIMITS);
        decompressor.set_zstd(zstd::create);
        let mut output = |bytes: &[u8]| {
            out.extend_from_slice(bytes);
            Ok(())
        };
        let result = bytes.chunks(chunk).try_for_each(|part| decompressor.push(part, &mut output));
        let result = result.and_then(|()| decompressor.finish(&mut output));
        (out, result.map_err(|error| error.code))
    };
    let (out, result) = read(bytes.len().max(1));
    assert!(out.len() as u64 <= LIMITS.size);
    assert!((out, result) == read(7));
}

/// The index of a layer is what it was once it is read, and gives plans for whatever is in it.
pub fn index(input: &[u8]) {
    let digest = Digest::of(Algorithm::Sha256, b"");
    let layer = LayerId { digest, size: 1000, diff_id: None };
    let (entries, points) = Default::default();
    let empty = Index { layer: layer.clone(), compression: Compression::None, entries, points }.to_bytes();
    // Behind the name of the layer: its compression, and three empty lists.
    let mut bytes = empty[..empty.len() - 32 - 4].to_vec();
    bytes.extend(bytes_of(input));
    let checksum = Digest::of(Algorithm::Sha256, &bytes);
    let digits = checksum.as_str().trim_start_matches("sha256:");
    bytes.extend(bytes_of(digits.as_bytes()));
    let Ok(index) = Index::from_bytes(&bytes, &layer, &LIMITS) else { return };
    let names: usize = index.entries.iter().map(|entry| entry.path.len() + entry.user.len() + entry.group.len()).sum();
    assert!(names <= 256 * bytes.len());
    assert!(Index::from_bytes(&index.to_bytes(), &layer, &LIMITS).as_ref() == Ok(&index));
    for entry in &index.entries {
        let Some(plan) = index.plan(entry) else { continue };
        assert!(plan.from() <= plan.to() && plan.to() <= layer.size);
        let mut reader = FileReader::new(plan, LIMITS, Some(zstd::create));
        let mut end = 0;
        let _ = reader.push(&bytes, &mut |at, bytes| {
            assert!(at >= end);
            end = at.checked_add(bytes.len() as u64).expect("an offset in the file");
            Ok(())
        });
        assert!(end <= entry.size.max(entry.stored));
    }
}

/// A database that holds the bytes: `s` for sqlite, `b` for Berkeley DB, `n` for ndb, each behind its magic; otherwise as a package's header.
fn database_of(input: &[u8]) -> Vec<u8> {
    const PAGE: usize = 512;
    let mut bytes = bytes_of(input.get(1..).unwrap_or_default());
    match input.first() {
        Some(b's') => {
            let pages = (100 + bytes.len()).div_ceil(PAGE);
            let mut database = b"SQLite format 3\0\x02\0\x01\x01\0\x40\x20\x20\0\0\0\0".to_vec();
            database.extend((pages as u32).to_be_bytes());
            database.resize(100, 0);
            database.append(&mut bytes);
            database.resize(pages * PAGE, 0);
            database
        }
        Some(b'b') => {
            let pages = bytes.len().div_ceil(PAGE);
            let mut database = vec![0; PAGE];
            for (at, number) in [(12, 0x0006_1561), (20, PAGE as u32), (32, pages as u32)] {
                database[at..at + 4].copy_from_slice(&number.to_le_bytes());
            }
            database.append(&mut bytes);
            database.resize((1 + pages) * PAGE, 0);
            database
        }
        Some(b'n') => [b"RpmP\0\0\0\0", &*bytes].concat(),
        _ => {
            let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>();
            let mut database =
                [b"RpmP".to_vec(), words(&[0, 1, 1, 2, 0, 0, 0]), b"Slot".to_vec(), words(&[1, 256, 1])].concat();
            database.extend([b"Slot".to_vec(), words(&[0; 3])].concat().repeat(253));
            database.extend([b"BlbS".to_vec(), words(&[1, 1, bytes.len() as u32])].concat());
            database.append(&mut bytes);
            database
        }
    }
}

/// Packages have names, and no more of them than there are bytes.
pub fn rpm(input: &[u8]) {
    let database = database_of(input);
    let Ok(packages) = packages::rpm(&database) else { return };
    assert!(packages.is_sorted());
    let length = |package: &Package| {
        package.name.len() + package.version.len() + package.source.iter().map(String::len).sum::<usize>()
    };
    // What is not UTF-8 takes three bytes for one.
    assert!(packages.iter().map(length).sum::<usize>() <= 3 * 5 * database.len());
    assert!(packages.iter().all(|package| !package.name.is_empty() && package.version.contains('-')));
}

/// The end of a layer names a table within it, or none.
pub fn footer(input: &[u8]) {
    let mut layer = Descriptor::new("a/b".into(), Digest::of(Algorithm::Sha256, b""), 10_000);
    let mut annotations = Annotations::default();
    let digest = Digest::of(Algorithm::Sha256, b"table");
    annotations.set("containerd.io/snapshot/stargz/toc.digest", digest.as_str());
    layer.annotations = Some(annotations);
    let Ok(Some(Place::Footer(footer))) = Place::of(&layer) else { panic!("a footer") };
    assert_eq!((footer.to, footer.to - footer.from), (10_000, 51));
    // Digits and names of one's own between what every footer has.
    let part = |from: usize, to: usize| input.get(from..to.min(input.len())).unwrap_or_default();
    let made = [b"\x1f\x8b\x08\x04\0\0\0\0\0\0\x1a\0SG\x16\0", part(0, 16), b"STARGZ", part(16, 29)].concat();
    for bytes in [input, &made] {
        let Ok(table) = footer.clone().table(bytes) else { continue };
        assert!(table.from < table.to && table.to == 9_949 && bytes.len() == 51);
        let read = table.read(&bytes_of(input), &LIMITS, None);
        assert!(read.is_err(), "nothing has this digest");
    }
}

/// A table of contents gives plans that stay within the layer, in its order, for entries within the limits.
pub fn toc(input: &[u8]) {
    let frame_of = |content: &[u8]| {
        // A zstd frame of one block without compression.
        let size = content.len() as u32;
        [&[0x28, 0xb5, 0x2f, 0xfd, 0xa0][..], &size.to_le_bytes(), &(size << 3 | 1).to_le_bytes()[..3], content]
            .concat()
    };
    let text = format!(r#"{{"version":1,"entries":[{}]}}"#, String::from_utf8_lossy(input));
    let Some(frame) = Some(frame_of(text.as_bytes())).filter(|frame| frame.len() < 100_000) else { return };
    let size = 10_000 + frame.len() as u64;
    let mut layer = Descriptor::new("a/b".into(), Digest::of(Algorithm::Sha256, b""), size);
    let mut annotations = Annotations::default();
    let prefix = "io.github.containers.zstd-chunked.manifest-";
    annotations.set(&format!("{prefix}position"), &format!("10000:{}:{}:1", frame.len(), text.len()));
    annotations.set(&format!("{prefix}checksum"), Digest::of(Algorithm::Sha256, &frame).as_str());
    layer.annotations = Some(annotations);
    let Ok(Some(Place::Known(table))) = Place::of(&layer) else { panic!("a table") };
    assert_eq!((table.from, table.to), (10_000, size));
    let Ok(toc) = table.read(&frame, &LIMITS, Some(zstd::create)) else { return };
    assert!(toc.entries.len() as u64 <= LIMITS.entries);
    let mut plans = toc.entries.iter().filter_map(|entry| toc.plan(entry));
    assert!(!toc.is_verified() || plans.all(|plan| plan.is_verified()));
    for entry in &toc.entries {
        assert!(entry.path.len() <= LIMITS.name && entry.link_target.len() <= LIMITS.name);
        let Some(plan) = toc.plan(entry) else { continue };
        assert!(plan.from() < plan.to() && plan.to() <= 10_000 && entry.size > 0);
        let mut end = 0;
        let _ = FileReader::new(plan, LIMITS, Some(zstd::create)).push(&frame.repeat(3), &mut |at, bytes| {
            assert_eq!(at, end);
            end += bytes.len() as u64;
            Ok(())
        });
        assert!(end <= entry.size);
    }
}

/// A ztoc gives plans that stay within the layer and are all covered by digests, for entries within the limits.
pub fn ztoc(input: &[u8]) {
    const SIZE: u64 = 10_000;
    let Ok(ztoc) = Ztoc::read(&bytes_of(input), SIZE, &LIMITS) else { return };
    assert!(ztoc.entries.len() as u64 <= LIMITS.entries);
    assert!(ztoc.entries.is_sorted_by_key(|entry| entry.data_offset));
    for entry in &ztoc.entries {
        assert!(entry.path.len() <= LIMITS.name && entry.link_target.len() <= LIMITS.name);
        let Some(plan) = ztoc.plan(entry) else { continue };
        assert!(plan.is_verified() && plan.from() < plan.to() && plan.to() <= SIZE && entry.stored > 0);
        let mut end = 0;
        let bytes = vec![0; (plan.to() - plan.from()) as usize];
        let mut reader = FileReader::new(plan, LIMITS, None);
        let result = bytes.chunks(3000).try_for_each(|part| {
            reader.push(part, &mut |at, bytes| {
                assert_eq!(at, end);
                end += bytes.len() as u64;
                Ok(())
            })
        });
        assert!(end <= entry.size && (result.is_err() || !reader.is_done()), "zeros have none of these digests");
    }
}
