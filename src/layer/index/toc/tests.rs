//! The layers of `tests/vectors/toc`, and tables made by hand.

use std::collections::BTreeMap;
use std::io::Write;

use super::*;
use crate::layer::filesystem::sample;
use crate::layer::index::FileReader;
use crate::layer::listing::Listing;
use crate::layer::tar::{Kind, Time, writer};
use crate::layer::zstd::create;
use crate::protocol::code::LAYER_INDEX_INVALID;
use crate::protocol::oci::descriptor::Annotations;

const STARGZ: &[u8] = include_bytes!("../../../../tests/vectors/toc/estargz.tar.gz");
const CHUNKED_LAYER: &[u8] = include_bytes!("../../../../tests/vectors/toc/zstd-chunked.tar.zst");
const STARGZ_TABLE: &str = "sha256:a73f9f00dc759af447be134f0d5639b3b86b48ce3b8dbfc75e3a08df669c76db";
const CHUNKED_TABLE: &str = "sha256:3416e80d5d2d0d776d67ba0308732fe88203fc44a98d23c123ce55f49f38f6dc";
const POSITION: &str = "53616:1009:3428:1";

fn descriptor(layer: &[u8], annotations: &[(&str, &str)]) -> Descriptor {
    let mut all = Annotations::default();
    annotations.iter().for_each(|(key, value)| all.set(key, value));
    let mut descriptor = Descriptor::new("a/b".into(), Digest::of(Algorithm::Sha256, layer), layer.len() as u64);
    descriptor.annotations = Some(all);
    descriptor
}

fn table(layer: &[u8], annotations: &[(&str, &str)]) -> Result<Table, Invalid> {
    match Place::of(&descriptor(layer, annotations))?.expect("a table") {
        Place::Known(table) => Ok(table),
        Place::Footer(footer) => {
            let bytes = &layer[footer.from as usize..footer.to as usize];
            footer.table(bytes)
        }
    }
}

fn read(table: &Table, layer: &[u8]) -> Result<Toc, Invalid> {
    table.read(&layer[table.from as usize..table.to as usize], &Limits::default(), Some(create))
}

fn content(toc: &Toc, entry: &Entry, layer: &[u8], chunk: usize) -> Result<Vec<u8>, Invalid> {
    let Some(plan) = toc.plan(entry) else { return Ok(Vec::new()) };
    let part = &layer[plan.from() as usize..plan.to() as usize];
    let mut reader = FileReader::new(plan, Limits::default(), Some(create));
    let mut out = Vec::new();
    let mut output = |at: u64, bytes: &[u8]| {
        assert_eq!(at, out.len() as u64);
        out.extend_from_slice(bytes);
        Ok(())
    };
    part.chunks(chunk).try_for_each(|part| reader.push(part, &mut output))?;
    reader.finish()?;
    Ok(out)
}

/// The entries of a layer that is read whole, and their content, by path.
fn whole(layer: &[u8]) -> BTreeMap<Vec<u8>, (Entry, Vec<u8>)> {
    let archive = decompressed(layer, &Limits::default(), Some(create)).unwrap();
    let mut listing = Listing::with_hashes();
    let mut reader = Reader::new(Limits::default());
    reader.push(&archive, &mut listing).unwrap();
    let content = |entry: &Entry| archive[entry.data_offset as usize..][..entry.stored as usize].to_vec();
    listing.entries.into_iter().map(|entry| (entry.path.clone(), (entry.clone(), content(&entry)))).collect()
}

#[test]
fn a_layer_is_read_by_its_table() {
    let old = ["io.containers.zstd-chunked.manifest-position", "io.containers.zstd-chunked.manifest-checksum"];
    let new =
        ["io.github.containers.zstd-chunked.manifest-position", "io.github.containers.zstd-chunked.manifest-checksum"];
    for (layer, annotations) in [
        (STARGZ, vec![(STARGZ_DIGEST, STARGZ_TABLE)]),
        (CHUNKED_LAYER, vec![(old[0], POSITION), (old[1], CHUNKED_TABLE)]),
        (CHUNKED_LAYER, vec![(new[0], POSITION), (new[1], CHUNKED_TABLE)]),
    ] {
        let toc = read(&table(layer, &annotations).unwrap(), layer).unwrap();
        assert!(toc.is_verified());
        let mut whole = whole(layer);
        whole.remove(NAME);
        assert_eq!(toc.entries.len(), whole.len());
        let large = toc.entries.iter().find(|entry| entry.path == b"usr/large").unwrap();
        assert!(toc.plan(large).unwrap().parts.len() > 1);
        for entry in &toc.entries {
            let (other, bytes) = &whole[&entry.path];
            // eStargz rounds times to seconds.
            let is_rounded = layer == STARGZ && other.mtime.nanoseconds > 0;
            let rounded = Time { seconds: other.mtime.seconds + 1, nanoseconds: 0 };
            let expected = Entry {
                mtime: if is_rounded { rounded } else { other.mtime },
                header_offset: 0,
                data_offset: 0,
                // Only eStargz has names of owners.
                user: entry.user.clone(),
                group: entry.group.clone(),
                hash: if other.kind == Kind::File { other.hash } else { None },
                ..other.clone()
            };
            assert_eq!(entry, &expected);
            assert!(entry.user.is_empty() || entry.user == other.user);
            for chunk in [1, 1000, layer.len()] {
                assert!(&content(&toc, entry, layer, chunk).unwrap() == bytes);
            }
            if let Some(plan) = toc.plan(entry) {
                assert!(plan.is_verified() && plan.to() - plan.from() < bytes.len() as u64 + 200);
                let mut changed = layer.to_vec();
                changed[(plan.from() + plan.to()) as usize / 2] ^= 4;
                // It may be a byte that says nothing of the content, such as the time of a gzip member.
                let read = content(&toc, entry, &changed, 100);
                assert!(read.is_err() || (entry.path != b"bin/tool" && read.as_ref() == Ok(bytes)));
            }
        }
        let text = toc.entries.iter().find(|entry| entry.path == b"etc/text").unwrap();
        assert_eq!(text.xattrs, [(b"user.a".to_vec(), b"value".to_vec())]);
    }
}

#[test]
fn another_table_than_the_manifest_says() {
    let other = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let prefix = CHUNKED[0];
    let position = format!("{prefix}manifest-position");
    let checksum = format!("{prefix}manifest-checksum");
    for (layer, annotations) in
        [(STARGZ, vec![(STARGZ_DIGEST, other)]), (CHUNKED_LAYER, vec![(&*position, POSITION), (&*checksum, other)])]
    {
        let error = read(&table(layer, &annotations).unwrap(), layer).unwrap_err();
        assert_eq!(error.code, code::DIGEST_MISMATCH);
        assert!(error.message.contains(other), "{error}");
    }
    for wrong in
        ["", "1:2:3", "1:2:3:2", "1:0:3:1", "-1:2:3:1", "50000:9000:1:1", "18446744073709551615:2:3:1", "1:2:3:1:1"]
    {
        let error = table(CHUNKED_LAYER, &[(&position, wrong), (&checksum, CHUNKED_TABLE)]).unwrap_err();
        assert_eq!(error.code, LAYER_INDEX_INVALID, "{wrong}");
    }
    for (layer, digest) in [(STARGZ, "sha256:1"), (&STARGZ[..40], STARGZ_TABLE), (CHUNKED_LAYER, STARGZ_TABLE)] {
        assert_eq!(table(layer, &[(STARGZ_DIGEST, digest)]).unwrap_err().code, LAYER_INDEX_INVALID);
    }
    assert_eq!(Place::of(&descriptor(b"", &[("a", "b"), (&position, POSITION)])), Ok(None));
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// A table with these entries for a layer of 1000 bytes.
fn by_hand(entries: &str, limits: &Limits) -> Result<Toc, Invalid> {
    let text = format!(r#"{{"version":1,"entries":[{entries}]}}"#);
    let size = text.len() as u64;
    let mut archive = writer::header(&Entry { size, stored: size, ..sample::entry("stargz.index.json", Kind::File) });
    archive.extend_from_slice(text.as_bytes());
    archive.resize(archive.len().next_multiple_of(512) + 1024, 0);
    let table = Table { format: Format::Stargz, from: 900, to: 949, digest: None, layer: 1000 };
    table.read(&gzip(&archive), limits, None)
}

/// Files that share a gzip member (eStargz's `innerOffset`), of which one goes on in the next member.
#[test]
fn several_files_in_a_member() {
    let [first, second] = [gzip(b"header-aaaa-header-bbbbbb"), gzip(b"cc")];
    let layer = [&*first, &second, &[0; 900]].concat();
    let toc = by_hand(
        &format!(
            r#"{{"name":"a","type":"reg","size":4,"offset":0,"innerOffset":7}},
            {{"name":"b","type":"reg","size":8,"offset":0,"innerOffset":19,"chunkSize":2}},
            {{"name":"b","type":"chunk","offset":0,"innerOffset":21,"chunkOffset":2,"chunkSize":4}},
            {{"name":"b","type":"chunk","offset":{},"chunkOffset":6}}"#,
            first.len()
        ),
        &Limits::default(),
    )
    .unwrap();
    assert!(!toc.is_verified() && !toc.plan(&toc.entries[0]).unwrap().is_verified());
    for chunk in [1, 10, 1000] {
        assert_eq!(content(&toc, &toc.entries[0], &layer, chunk).unwrap(), b"aaaa");
        assert_eq!(content(&toc, &toc.entries[1], &layer, chunk).unwrap(), b"bbbbbbcc");
    }
}

#[test]
fn what_cannot_be_in_the_layer_is_refused() {
    let reg = |more: &str| format!(r#"{{"name":"a","type":"reg",{more}}}"#);
    let chunk = |more: &str| format!(r#",{{"name":"a","type":"chunk",{more}}}"#);
    for (entries, problem) in [
        (r#"{"type":"reg"}"#.to_owned(), "entries[0].name: it is missing"),
        (r#"{"name":"a","type":"file"}"#.into(), "entries[0].type"),
        (reg(r#""size":4"#), "entries[0].offset: it is missing"),
        (reg(r#""size":-4"#), "entries[0].size"),
        (reg(r#""size":4,"offset":900"#), "content behind"),
        (reg(r#""size":4,"offset":9000000000000000"#), "content behind"),
        (reg(r#""size":4,"offset":1,"chunkSize":3"#), "not all of it"),
        (reg(r#""size":4,"offset":1,"chunkSize":5"#), "not all of it"),
        (reg(r#""size":4,"offset":1,"chunkOffset":1"#), "do not follow each other"),
        (reg(r#""size":4,"offset":1,"xattrs":{"a":"?"}"#), "base64"),
        (reg(r#""size":4,"offset":5,"chunkSize":2"#) + &chunk(r#""offset":3,"chunkOffset":2"#), "out of order"),
        (reg(r#""size":4,"offset":5,"chunkSize":2"#) + &chunk(r#""offset":5,"chunkOffset":2"#), "out of order"),
        (reg(r#""size":4,"offset":5,"chunkSize":2"#) + &chunk(r#""offset":7,"chunkOffset":3"#), "do not follow"),
        (chunk(r#""offset":3"#).trim_start_matches(',').to_owned(), "follows no other"),
        ("1".into(), "entries[0]"),
    ] {
        let error = by_hand(&entries, &Limits::default()).unwrap_err();
        assert_eq!(error.code, LAYER_INDEX_INVALID, "{entries}");
        assert!(error.message.contains(problem), "{entries}: {error}");
    }
    let two = [r#"{"name":"abc","type":"dir"}"#; 2].join(",");
    assert_eq!(by_hand(&two, &Limits { entries: 1, ..Limits::default() }).unwrap_err().code, code::TOO_LARGE);
    assert!(by_hand(&two, &Limits { name: 2, ..Limits::default() }).unwrap_err().message.contains("limits.name"));
    assert!(by_hand(&two, &Limits::default()).unwrap().plan(&sample::entry("x", Kind::File)).is_none());
}
