use std::io::Write;

use super::*;
use crate::layer::zstd::create;
use crate::protocol::code::LAYER_INVALID;

fn decompressed(bytes: &[u8], chunk: usize, limits: Limits) -> Result<Vec<u8>, Invalid> {
    let mut decompressor = Decompressor::new(limits);
    decompressor.set_zstd(create);
    let mut out = Vec::new();
    let mut output = |bytes: &[u8]| {
        out.extend_from_slice(bytes);
        Ok(())
    };
    for part in bytes.chunks(chunk) {
        decompressor.push(part, &mut output)?;
    }
    decompressor.finish(&mut output)?;
    Ok(out)
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn zstd(content: &[u8]) -> Vec<u8> {
    use structured_zstd::encoding::{CompressionLevel, compress_slice_to_vec};
    compress_slice_to_vec(content, CompressionLevel::Default)
}

/// Bytes that compress neither well nor not at all.
fn sample(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index * index / 7 % 251) as u8).collect()
}

#[test]
fn whatever_the_pieces_the_content_is_the_same() {
    let content = sample(300_000);
    let skippable = [&[0x51, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
    for bytes in [
        content.clone(),
        gzip(&content),
        [gzip(&content[..1000]), gzip(&[]), gzip(&content[1000..])].concat(),
        [gzip(&content), vec![0; 1000]].concat(),
        zstd(&content),
        [skippable.clone(), zstd(&content[..1000]), skippable.clone(), zstd(&content[1000..]), skippable].concat(),
    ] {
        for chunk in [1, 7, 1000, 65_536, bytes.len()] {
            assert!(decompressed(&bytes, chunk, Limits::default()).unwrap() == content, "{chunk}, {:?}", &bytes[..4]);
        }
    }
}

#[test]
fn the_decoder_of_zstd_is_wanted_when_the_first_bytes_are_there() {
    let skippable = [&[0x5f, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 7][..], &zstd(b"abc")].concat();
    for (bytes, is_wanted) in [
        (zstd(b"abc"), true),
        (skippable, true),
        (gzip(b"abc"), false),
        (b"\x28\xb5\x2f".to_vec(), false),
        (b"BZh9".to_vec(), false),
        (sample(100), false),
    ] {
        for chunk in [1, 2, 3, 4, 100] {
            let mut decompressor = Decompressor::new(Limits::default());
            let mut wanted_at = None;
            for (position, part) in bytes.chunks(chunk).enumerate() {
                if decompressor.wants_zstd(part) {
                    assert_eq!(wanted_at.replace(position), None);
                    decompressor.set_zstd(create);
                }
                let _ = decompressor.push(part, &mut |_: &[u8]| Ok(()));
            }
            assert_eq!(wanted_at, is_wanted.then_some(3 / chunk), "{chunk}, {bytes:?}");
        }
    }
}

#[test]
fn without_its_decoder_zstd_is_an_error() {
    let bytes = zstd(b"abc");
    let begin = Checkpoint { bit: 0, offset: 0, window: None };
    let resumed = Decompressor::resumed(Limits::default(), Compression::Zstd, &begin, None);
    for mut decompressor in [Decompressor::new(Limits::default()), resumed] {
        let error = decompressor.push(&bytes, &mut |_: &[u8]| Ok(())).unwrap_err();
        assert_eq!(error.code, code::INTERNAL);
    }
}

#[test]
fn what_is_shorter_than_a_magic_is_plain() {
    for content in [&b""[..], b"a", b"abc", b"\x28\xb5\x2f"] {
        assert_eq!(decompressed(content, 1, Limits::default()).unwrap(), content);
    }
    assert_eq!(decompressed(b"\x1f\x8b", 1, Limits::default()).unwrap_err().code, code::TRUNCATED);
}

#[test]
fn every_cut_is_an_error() {
    let content = sample(3000);
    for bytes in [gzip(&content), zstd(&content)] {
        for end in 4..bytes.len() {
            let error = decompressed(&bytes[..end], 64, Limits::default()).unwrap_err();
            assert_eq!(error.code, code::TRUNCATED, "{end}");
        }
    }
}

#[test]
fn every_changed_byte_of_gzip_is_an_error_or_the_same_content() {
    let content = sample(3000);
    let bytes = gzip(&content);
    for index in 0..bytes.len() {
        let mut bytes = bytes.clone();
        bytes[index] ^= 0x10;
        // Time, flags and system in the header are not part of the content.
        if let Ok(made) = decompressed(&bytes, 64, Limits::default()) {
            assert!(made == content || index < 2, "{index}");
        }
    }
}

#[test]
fn what_stands_behind_the_end_is_refused_unless_it_is_zero() {
    for mut bytes in [gzip(b"content"), [gzip(b"content"), vec![0; 20]].concat(), zstd(b"content")] {
        bytes.extend_from_slice(b"more");
        for chunk in [1, 1000] {
            assert_eq!(decompressed(&bytes, chunk, Limits::default()).unwrap_err().code, LAYER_INVALID);
        }
    }
}

#[test]
fn other_formats_are_named() {
    for (bytes, name) in [
        (&b"\xfd7zXZ\0"[..], "xz"),
        (b"BZh91AY", "bzip2"),
        (b"\x04\x22\x4d\x18....", "lz4"),
        (b"PK\x03\x04....", "zip"),
    ] {
        let error = decompressed(bytes, 1, Limits::default()).unwrap_err();
        assert_eq!(error.code, code::UNSUPPORTED);
        assert!(error.message.contains(name), "{error}");
    }
}

#[test]
fn limits() {
    let zeros = vec![0; 40 << 20];
    for bytes in [gzip(&zeros), zstd(&zeros)] {
        for (limits, name) in [
            (Limits { size: 20 << 20, ratio: u64::MAX, ..Limits::default() }, "limits.size"),
            (Limits { ratio: 100, ..Limits::default() }, "limits.ratio"),
        ] {
            let error = decompressed(&bytes, 4096, limits).unwrap_err();
            assert_eq!(error.code, code::TOO_LARGE);
            assert!(error.message.contains(name), "{error}");
        }
    }
    // A window of 8 MiB, and one of 4 EiB.
    for header in [&[0x28, 0xb5, 0x2f, 0xfd, 0, 0x68][..], &[0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 0, 0, 0, 0x40]] {
        let bytes = [header, &[1, 0, 0]].concat();
        for window in [0, 1 << 20] {
            let error = decompressed(&bytes, 1, Limits { window, ..Limits::default() }).unwrap_err();
            assert_eq!(error.code, code::TOO_LARGE, "{error}");
        }
    }
}

/// The first 32 bytes are a block, and what follows is a block that is too large.
#[test]
fn what_stands_before_a_fault_comes_out() {
    let bytes = [&[0x28, 0xb5, 0x2f, 0xfd, 0, 0, 0, 1, 0][..], &[7; 32], &[0xff; 20]].concat();
    for chunk in [1, 5, 11, 100] {
        let mut decompressor = Decompressor::new(Limits::default());
        decompressor.set_zstd(create);
        let mut out = Vec::new();
        let mut output = |bytes: &[u8]| {
            out.extend_from_slice(bytes);
            Ok(())
        };
        let result = bytes.chunks(chunk).try_for_each(|part| decompressor.push(part, &mut output));
        assert_eq!(result.unwrap_err().code, LAYER_INVALID);
        assert_eq!(out, [7; 32]);
    }
}

/// What is read from each checkpoint on, with how much of the compressed layer the marks say is enough for its next bytes.
fn resumes(bytes: &[u8], content: &[u8], chunk: usize) -> Points {
    let mut decompressor = Decompressor::recording(Limits::default());
    decompressor.set_zstd(create);
    let mut out = Vec::new();
    let mut output = |bytes: &[u8]| {
        out.extend_from_slice(bytes);
        Ok(())
    };
    bytes.chunks(chunk).try_for_each(|part| decompressor.push(part, &mut output)).unwrap();
    let compression = decompressor.compression().unwrap();
    let points = decompressor.take_points();
    decompressor.finish(&mut output).unwrap();
    assert!(out == content);
    for checkpoint in &points.checkpoints {
        let mut rest = &content[checkpoint.offset as usize..];
        let wanted = rest.len().min(200_000);
        let from = (checkpoint.bit / 8) as usize;
        let enough = points.enough_for(checkpoint.offset + wanted as u64).map_or(bytes.len(), |end| end as usize);
        for end in [enough, bytes.len()] {
            let mut resumed = Decompressor::resumed(Limits::default(), compression, checkpoint, Some(create));
            rest = &content[checkpoint.offset as usize..];
            let mut output = |bytes: &[u8]| {
                rest = rest.strip_prefix(bytes).expect("the same content");
                Ok(())
            };
            bytes[from..end].chunks(chunk).try_for_each(|part| resumed.push(part, &mut output)).unwrap();
            if end == bytes.len() {
                resumed.finish(&mut output).unwrap();
                assert!(rest.is_empty());
            }
            assert!(content.len() - rest.len() >= checkpoint.offset as usize + wanted);
        }
    }
    points
}

/// Bytes of which some repeat, near or far.
fn prose(length: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut out: Vec<u8> = Vec::new();
    while out.len() < length {
        if out.len() > 40_000 && random(3) > 0 {
            let from = out.len() - 4 - random(32_000);
            let end = out.len().min(from + random(200));
            out.extend_from_within(from..end);
        } else {
            (0..random(20)).for_each(|_| out.push(random(64) as u8));
        }
    }
    out.truncate(length);
    out
}

#[test]
fn decompression_can_begin_at_each_checkpoint() {
    let content = prose(4_000_000);
    let stored = {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
        encoder.write_all(&content).unwrap();
        encoder.finish().unwrap()
    };
    let members =
        [gzip(&content[..1_500_000]), gzip(&content[1_500_000..1_520_000]), gzip(&content[1_520_000..])].concat();
    for (bytes, chunk, count) in [
        (gzip(&content), 65_536, 4),
        (gzip(&content), 1000, 4),
        (stored, 30_000, 4),
        (members, 65_536, 5),
        ([zstd(&content[..1_000_000]), zstd(&content[1_000_000..])].concat(), 65_536, 2),
    ] {
        let points = resumes(&bytes, &content, chunk);
        assert_eq!(points.checkpoints.len(), count, "{:?}", points.checkpoints);
        let windows = points.checkpoints.iter().filter_map(|one| one.window.as_ref());
        assert!(windows.map(Window::stored).all(|stored| stored < 30_000));
    }
}

/// Where one bit is as good as another, there is no checkpoint, and no time is lost.
#[test]
fn layers_without_checkpoints() {
    let zeros = vec![0; 20_000_000];
    let points = resumes(&gzip(&zeros), &zeros, 65_536);
    assert!(!points.checkpoints.is_empty());
    assert_eq!(resumes(&sample(3_000_000), &sample(3_000_000), 65_536), Points::default());
}
