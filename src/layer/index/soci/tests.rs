//! ztocs that are made here, and what is wrong with others.

use super::sample::Value::{Absent, Byte, Bytes, Int, List, Long, Repeated, Table as Fields};
use super::sample::{Value, checkpoints, entries_of, file, flatbuffer, gzip, of_gzip, places, text as string, ztoc};
use super::*;
use crate::layer::decompress::WINDOW;
use crate::layer::filesystem::sample::entry as named;
use crate::layer::index::FileReader;
use crate::layer::tar::{Time, writer};
use crate::protocol::code::LAYER_INDEX_INVALID;
use crate::protocol::oci::digest::Algorithm;

/// Content that compresses to about half.
fn content(seed: u64, size: usize) -> Vec<u8> {
    let mut state = seed;
    let byte = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 60) as u8 + b'a'
    };
    (0..size).map(byte).collect()
}

/// An archive of 4 MB, and its content by entry.
fn archive() -> (Vec<u8>, Vec<(Entry, Vec<u8>)>) {
    let sizes = [("a", 20_usize), ("b", 1_500_000), ("empty", 0), ("c", 700_000), ("d", 1_800_000), ("e", 30)];
    let mut archive = writer::header(&named("dir/", Kind::Directory));
    for (index, (name, size)) in sizes.iter().enumerate() {
        archive.extend(writer::header(&Entry::file(format!("dir/{name}").into_bytes(), *size as u64)));
        archive.extend(content(index as u64, *size));
        archive.resize(archive.len().next_multiple_of(512), 0);
    }
    archive.extend(writer::header(&Entry { link_target: b"dir/a".to_vec(), ..named("link", Kind::Symlink) }));
    archive.resize(archive.len() + 1024, 0);
    let content_of = |entry: &Entry| archive[entry.data_offset as usize..][..entry.stored as usize].to_vec();
    let files = entries_of(&archive).into_iter().map(|entry| (entry.clone(), content_of(&entry))).collect();
    (archive, files)
}

fn read(value: &Value, layer: usize) -> Result<Ztoc, Invalid> {
    Ztoc::read(&flatbuffer(value), layer as u64, &Limits::default())
}

fn extract(ztoc: &Ztoc, entry: &Entry, layer: &[u8], chunk: usize) -> Result<Vec<u8>, Invalid> {
    let Some(plan) = ztoc.plan(entry) else { return Ok(Vec::new()) };
    assert!(plan.is_verified());
    let part = &layer[plan.from() as usize..plan.to() as usize];
    let mut reader = FileReader::new(plan, Limits::default(), None);
    let mut out = Vec::new();
    let mut output = |_: u64, bytes: &[u8]| {
        out.extend_from_slice(bytes);
        Ok(())
    };
    part.chunks(chunk).try_for_each(|part| reader.push(part, &mut output))?;
    reader.finish()?;
    Ok(out)
}

#[test]
fn files_of_a_gzip_layer() {
    let (archive, files) = archive();
    let layer = gzip(&archive);
    assert!(places(&layer).len() > 3 && places(&layer).iter().any(|(.., bits)| *bits > 0));
    let ztoc = read(&of_gzip(&layer, &archive), layer.len()).unwrap();
    assert_eq!(ztoc.entries.len(), files.len());
    for (entry, (whole, content)) in ztoc.entries.iter().zip(&files) {
        let mtime = Time { seconds: 1_767_323_045, nanoseconds: 0 };
        let hash = (whole.kind == Kind::File && whole.size == 0).then_some(EMPTY);
        // A ztoc says where content is, but not where headers are.
        let data_offset = entry.data_offset;
        assert_eq!(entry, &Entry { header_offset: 0, mtime, hash, data_offset, ..whole.clone() });
        for chunk in [1000, 65_536, layer.len()] {
            assert!(&extract(&ztoc, entry, &layer, chunk).unwrap() == content, "{entry:?}");
        }
    }
    let small = ztoc.plan(&ztoc.entries[1]).unwrap();
    assert!(small.to() - small.from() < layer.len() as u64 / 2);
}

/// Every byte that is requested is covered by a digest, also those behind the file.
#[test]
fn other_bytes_than_the_digests_cover() {
    let (archive, files) = archive();
    let layer = gzip(&archive);
    let ztoc = read(&of_gzip(&layer, &archive), layer.len()).unwrap();
    for (entry, _) in files.iter().filter(|(entry, _)| entry.stored > 0) {
        let entry = ztoc.entries.iter().find(|other| other.path == entry.path).unwrap();
        let plan = ztoc.plan(entry).unwrap();
        for at in [plan.from(), plan.from() + 1, (plan.from() + plan.to()) / 2, plan.to() - 1] {
            let mut changed = layer.clone();
            changed[at as usize] ^= 0x10;
            let code = extract(&ztoc, entry, &changed, 10_000).unwrap_err().code;
            assert!([code::DIGEST_MISMATCH, code::LAYER_INVALID].contains(&code), "{at}: {code}");
            assert_eq!(extract(&ztoc, entry, &changed, layer.len()).unwrap_err().code, code::DIGEST_MISMATCH);
        }
        let part = &layer[plan.from() as usize..plan.to() as usize - 1];
        let mut reader = FileReader::new(plan, Limits::default(), None);
        reader.push(part, &mut |_, _: &[u8]| Ok(())).unwrap();
        assert_eq!(reader.finish().unwrap_err().code, code::LAYER_INDEX_INVALID);
    }
}

/// The first version of the format leaves out the first checkpoint.
#[test]
fn the_first_checkpoint_left_out() {
    let (archive, files) = archive();
    let layer = gzip(&archive);
    let places = places(&layer);
    let (mut blob, digests) = checkpoints(&places, &layer, &archive);
    blob.drain(12..12 + 17 + WINDOW);
    let files_of = files.iter().map(|(entry, _)| file(entry)).collect();
    let info = vec![Byte(1), Int(places.len() as u32 - 1), List(digests), Bytes(blob)];
    let ztoc = read(&ztoc((layer.len(), archive.len()), files_of, info), layer.len()).unwrap();
    for (entry, (_, content)) in ztoc.entries.iter().zip(&files) {
        assert!(&extract(&ztoc, entry, &layer, 50_000).unwrap() == content);
    }
}

fn plain(archive: &[u8], span: usize) -> Value {
    let digests = archive.chunks(span).map(|part| string(Digest::of(Algorithm::Sha256, part).as_str()));
    let digests: Vec<Value> = digests.collect();
    let numbers = Fields(vec![Int(2), Long(span as i64), Long(archive.len() as i64)]);
    let info = vec![Byte(2), Int(digests.len() as u32 - 1), List(digests), Bytes(flatbuffer(&numbers))];
    ztoc((archive.len(), archive.len()), entries_of(archive).iter().map(file).collect(), info)
}

#[test]
fn files_of_a_layer_that_is_not_compressed() {
    let (archive, files) = archive();
    for span in [1000, 65_536, 1 << 20, archive.len(), archive.len() * 2] {
        let ztoc = read(&plain(&archive, span), archive.len()).unwrap();
        for (entry, (_, content)) in ztoc.entries.iter().zip(&files) {
            assert!(&extract(&ztoc, entry, &archive, 4096).unwrap() == content);
        }
    }
}

/// A small layer that is not compressed, whose ztoc has every kind of value.
fn small() -> (Vec<u8>, Value) {
    let xattrs = vec![(b"user.a".to_vec(), vec![0, 0xff])];
    let mut archive = writer::header(&Entry { xattrs, ..Entry::file(b"file".to_vec(), 3) });
    archive.extend(b"abc");
    archive.resize(archive.len().next_multiple_of(512) + 1024, 0);
    let ztoc = plain(&archive, 1000);
    (archive, ztoc)
}

/// No offset, length or count that is changed, and no end, makes it read what is not there.
#[test]
fn a_damaged_flatbuffer() {
    let (archive, value) = small();
    let good = flatbuffer(&value);
    let size = archive.len() as u64;
    let ztoc = Ztoc::read(&good, size, &Limits::default()).unwrap();
    assert_eq!(ztoc.entries[0].xattrs, [(b"user.a".to_vec(), vec![0, 0xff])]);
    // The last byte is the end of a string, which counts its bytes.
    for end in 0..good.len() - 1 {
        let error = Ztoc::read(&good[..end], size, &Limits::default()).unwrap_err();
        assert!([LAYER_INDEX_INVALID, code::TOO_LARGE].contains(&error.code), "{end}: {error}");
    }
    for at in 0..good.len() {
        for byte in [0, 1, 4, 0x7f, 0x80, 0xff] {
            let mut changed = good.clone();
            changed[at] = byte;
            let Ok(ztoc) = Ztoc::read(&changed, size, &Limits::default()) else { continue };
            for entry in &ztoc.entries {
                assert!(ztoc.plan(entry).is_none_or(|plan| plan.from() < plan.to() && plan.to() <= size));
                let _ = extract(&ztoc, entry, &archive, 100);
            }
        }
    }
}

/// Parts of a ztoc that are at the same place are counted each time.
#[test]
fn a_small_ztoc_that_describes_more_than_fits() {
    let (archive, value) = small();
    let Fields(mut fields) = value else { panic!("a table") };
    let header = || Box::new(Fields(vec![string("SCHILY.xattr.a"), Bytes(vec![1; 1 << 20])]));
    let mut read = |count| {
        let Fields(mut one) = file(&Entry::file(b"a".to_vec(), 0)) else { panic!("a table") };
        one[13] = Repeated(header(), count);
        fields[4] = Fields(vec![List(vec![Fields(one)])]);
        let bytes = flatbuffer(&Fields(fields.clone()));
        assert!(bytes.len() < 2 << 20);
        Ztoc::read(&bytes, archive.len() as u64, &Limits::default()).map(|ztoc| ztoc.entries[0].xattrs.len())
    };
    assert_eq!(read(3), Ok(3));
    assert_eq!(read(200).unwrap_err().code, code::TOO_LARGE);
}

/// What a lie in the table of contents or among the spans is.
#[test]
fn what_cannot_be_in_the_layer_is_refused() {
    let (archive, _) = small();
    let good = || {
        let Fields(fields) = plain(&archive, 1000) else { panic!("a table") };
        fields
    };
    let one = |field: usize, value: Value| {
        let Fields(mut file) = file(&entries_of(&archive)[0]) else { panic!("a table") };
        file[field] = value;
        Fields(file)
    };
    let with_files = |files: Vec<Value>| {
        let mut fields = good();
        fields[4] = Fields(vec![List(files)]);
        Fields(fields)
    };
    let with_info = |field: usize, value: Value| {
        let mut fields = good();
        let Fields(info) = &mut fields[5] else { panic!("a table") };
        info[field] = value;
        Fields(fields)
    };
    let numbers = |span: i64, size: usize| Bytes(flatbuffer(&Fields(vec![Int(2), Long(span), Long(size as i64)])));
    let sparse = Fields(vec![string("GNU.sparse.major"), string("1")]);
    let digest = || string(Digest::of(Algorithm::Sha256, b"").as_str());
    let size = archive.len();
    for (what, value) in [
        ("no table", Fields(vec![])),
        ("another size", {
            let mut fields = good();
            fields[2] = Long(size as i64 + 1);
            Fields(fields)
        }),
        ("a kind that there is not", with_files(vec![one(1, string("door"))])),
        ("a negative offset", with_files(vec![one(2, Long(-1))])),
        ("a negative size", with_files(vec![one(3, Long(-1))])),
        ("content behind the archive", with_files(vec![one(2, Long(size as i64))])),
        ("content beyond all numbers", with_files(vec![one(3, Long(i64::MAX))])),
        ("content that overlaps", with_files(vec![one(0, string("a")), one(0, string("b"))])),
        ("a sparse file", with_files(vec![one(13, List(vec![sparse]))])),
        ("a compression that there is not", with_info(0, Byte(3))),
        ("more spans than digests", with_info(1, Int(7))),
        ("no spans", with_info(1, Int(u32::MAX))),
        ("digests that are none", with_info(2, List(vec![string("sha256:1"), digest(), digest()]))),
        ("fewer digests", with_info(2, List(vec![digest()]))),
        ("spans of nothing", with_info(3, numbers(0, size))),
        ("spans of a negative size", with_info(3, numbers(-1, size))),
        ("spans of another layer", with_info(3, numbers(1000, size + 1))),
        ("checkpoints of another compression", with_info(0, Byte(1))),
    ] {
        let error = read(&value, size).expect_err(what);
        assert_eq!(error.code, LAYER_INDEX_INVALID, "{what}: {error}");
    }
    let limits = Limits { entries: 0, ..Limits::default() };
    let error = Ztoc::read(&flatbuffer(&Fields(good())), size as u64, &limits).unwrap_err();
    assert_eq!(error.code, code::TOO_LARGE);
    let limits = Limits { name: 3, ..Limits::default() };
    assert!(Ztoc::read(&flatbuffer(&Fields(good())), size as u64, &limits).is_err());
}

#[test]
fn checkpoints_out_of_order() {
    let (archive, _) = small();
    let layer = gzip(&archive);
    let size = layer.len() as u64;
    let with = |places: &[(u64, u64, u8)]| {
        let mut blob = (places.len() as u32).to_le_bytes().to_vec();
        blob.extend([0; 8]);
        for (from, offset, bits) in places {
            blob.extend(from.to_le_bytes());
            blob.extend(offset.to_le_bytes());
            blob.push(*bits);
            blob.resize(blob.len() + WINDOW, 0);
        }
        let digests = vec![string(Digest::of(Algorithm::Sha256, b"").as_str()); places.len()];
        let info = vec![Absent, Int(places.len() as u32 - 1), List(digests), Bytes(blob)];
        read(&ztoc((layer.len(), archive.len()), vec![], info), layer.len())
    };
    assert!(with(&[(10, 0, 0), (20, 100, 3)]).is_ok());
    for places in [
        &[(10, 0, 0), (10, 100, 0)][..],
        &[(10, 0, 0), (20, 0, 0)],
        &[(20, 0, 0), (10, 100, 0)],
        &[(10, 1, 0), (20, 100, 0)],
        &[(10, 0, 0), (size, 100, 0)],
        &[(10, 0, 0), (u64::MAX, 100, 0)],
        &[(10, 0, 8), (20, 100, 0)],
        &[(0, 0, 1), (20, 100, 0)],
    ] {
        assert_eq!(with(places).unwrap_err().code, LAYER_INDEX_INVALID, "{places:?}");
    }
}

#[test]
fn the_ztoc_of_a_layer() {
    let layer = Digest::of(Algorithm::Sha256, b"layer");
    let ztoc = Digest::of(Algorithm::Sha256, b"ztoc");
    let index = |kind: &str, media_type: &str, size: u64, of: &Digest| {
        let text = format!(
            r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"{kind}",
            "config":{{"mediaType":"application/vnd.oci.empty.v1+json","digest":"{ztoc}","size":2}},
            "layers":[{{"mediaType":"{media_type}","digest":"{ztoc}","size":{size},"annotations":{{"{LAYER_DIGEST}":"{of}"}}}}]}}"#
        );
        Manifest::parse(text.as_bytes(), None).unwrap()
    };
    for kind in TYPES {
        let found = index(kind, ZTOC, 5, &layer);
        assert_eq!(ztoc_of(&found, &layer).unwrap().map(|ztoc| &ztoc.digest), Some(&ztoc));
        assert_eq!(ztoc_of(&index(kind, "a/b", 5, &layer), &layer), Ok(None));
        assert_eq!(ztoc_of(&index(kind, ZTOC, 5, &ztoc), &layer), Ok(None));
        assert_eq!(ztoc_of(&index(kind, ZTOC, MOST + 1, &layer), &layer).unwrap_err().code, code::TOO_LARGE);
    }
    assert_eq!(ztoc_of(&index("a/b", ZTOC, 5, &layer), &layer).unwrap_err().code, LAYER_INDEX_INVALID);
    let mut annotations = Annotations::default();
    assert_eq!(index_of(&annotations), None);
    annotations.set(INDEX_DIGEST, "sha256:1");
    assert_eq!(index_of(&annotations), None);
    annotations.set(INDEX_DIGEST, ztoc.as_str());
    assert_eq!(index_of(&annotations), Some(ztoc));
}
