use std::io::Write;

use super::*;
use crate::layer::LAYER_INVALID;

fn decompressed(bytes: &[u8], chunk: usize, limits: Limits) -> Result<Vec<u8>, Invalid> {
    let mut decompressor = Decompressor::new(limits);
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
