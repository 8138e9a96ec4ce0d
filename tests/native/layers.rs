//! Reading what is in layers, against a scripted registry.

use std::io::Write;

use docker_registry_client_wasm::layer::limits::Limits;
use docker_registry_client_wasm::layer::tar::{Entry, Sink, Summary};
use docker_registry_client_wasm::protocol::invalid::Invalid;
use docker_registry_client_wasm::registry::Call;
use docker_registry_client_wasm::transport::Result;

use crate::support::{Reply, Scripted, Step, sha256};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// An archive of two files, and `more` bytes of a third.
fn archive(more: usize) -> Vec<u8> {
    let mut archive = Vec::new();
    for (name, content) in [("a", b"one".to_vec()), ("b", b"two".to_vec()), ("c", vec![b'c'; more])] {
        let mut block = [0; 512];
        block[..1].copy_from_slice(name.as_bytes());
        block[100..107].copy_from_slice(b"0000644");
        block[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
        block[148..156].fill(b' ');
        block[156] = b'0';
        block[257..265].copy_from_slice(b"ustar\x0000");
        let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
        block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        archive.extend_from_slice(&block);
        archive.extend_from_slice(&content);
        archive.resize(archive.len().next_multiple_of(512), 0);
    }
    archive.resize(archive.len() + 1024, 0);
    archive
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

#[derive(Default)]
struct Names {
    names: Vec<String>,
    wanted: Option<&'static str>,
    is_done: bool,
}

impl Sink for Names {
    fn entry(&mut self, entry: Entry) -> std::result::Result<(), Invalid> {
        self.names.push(String::from_utf8(entry.path).unwrap());
        Ok(())
    }

    fn data(&mut self, _offset: u64, _bytes: &[u8]) -> std::result::Result<(), Invalid> {
        Ok(())
    }

    fn end(&mut self) -> std::result::Result<(), Invalid> {
        self.is_done |= self.wanted.is_some() && self.names.last().map(String::as_str) == self.wanted;
        Ok(())
    }

    fn is_done(&self) -> bool {
        self.is_done
    }
}

/// An image with one layer.
struct Sample {
    /// What its descriptor describes, and what the registry sends.
    stored: Vec<u8>,
    sent: Vec<u8>,
    media_type: &'static str,
    diff_ids: Vec<String>,
}

impl Sample {
    fn new(archive: &[u8], stored: Vec<u8>) -> Self {
        Self { sent: stored.clone(), stored, media_type: LAYER, diff_ids: vec![sha256(archive)] }
    }

    fn host(&self) -> Scripted {
        let diff_ids: Vec<_> = self.diff_ids.iter().map(|digest| format!("\"{digest}\"")).collect();
        let config = format!(
            r#"{{"architecture":"amd64","os":"linux","rootfs":{{"type":"layers","diff_ids":[{}]}}}}"#,
            diff_ids.join(",")
        );
        let layer = sha256(&self.stored);
        let manifest = format!(
            r#"{{"schemaVersion":2,"mediaType":"{MANIFEST}","config":{{"mediaType":"{CONFIG}","digest":"{}","size":{}}},
            "layers":[{{"mediaType":"{}","digest":"{layer}","size":{}}}]}}"#,
            sha256(&config),
            config.len(),
            self.media_type,
            self.stored.len()
        );
        let length = self.stored.len().to_string();
        let layer_reply = Reply::new(200).header("content-length", &length).step(Step::Bytes(self.sent.clone()));
        Scripted::routes(vec![
            ("/v2/a/b/manifests/1", Reply::manifest(MANIFEST, &manifest)),
            (&format!("/v2/a/b/blobs/{}", sha256(&config)), Reply::bytes(config)),
            (&format!("/v2/a/b/blobs/{layer}"), layer_reply),
        ])
    }

    fn read(&self, limits: Limits, wanted: Option<&'static str>) -> (Names, Result<Option<Summary>>) {
        let host = self.host();
        let mut names = Names { wanted, ..Names::default() };
        let result = host.run(async {
            let image = host.repository().image("1", None, &Call::default()).await?;
            image.read_layer(0, limits, &mut names, &Call::default()).await
        });
        assert_eq!(host.open(), 0);
        (names, result)
    }

    fn refused(&self) -> (Names, String, String) {
        let (names, result) = self.read(Limits::default(), None);
        let error = result.unwrap_err();
        (names, error.code.to_string(), error.message.clone())
    }
}

#[test]
fn a_layer_is_read_and_verified_on_both_sides() {
    let archive = archive(100_000);
    for stored in [archive.clone(), gzip(&archive)] {
        let (names, result) = Sample::new(&archive, stored).read(Limits::default(), None);
        assert_eq!(names.names, ["a", "b", "c"]);
        assert_eq!(result.unwrap(), Some(Summary { entries: 3, has_end: true, trailing: 0 }));
    }
    // The config of an artifact names no archives.
    let sample = Sample { diff_ids: Vec::new(), ..Sample::new(&archive, gzip(&archive)) };
    assert!(sample.read(Limits::default(), None).1.is_ok());
}

/// F93.
#[test]
fn an_archive_of_another_digest() {
    for stored in [gzip(&archive(0)), archive(0)] {
        let sample = Sample { diff_ids: vec![sha256("other")], ..Sample::new(b"", stored) };
        let (_, code, message) = sample.refused();
        assert_eq!(code, "DIGEST_MISMATCH");
        assert!(message.contains("layer 1 of 1") && message.contains(&sha256("other")), "{message}");
    }
    let sample = Sample { diff_ids: vec![sha256("x"), sha256("y")], ..Sample::new(b"", gzip(&archive(0))) };
    let (_, code, message) = sample.refused();
    assert_eq!(code, "INVALID_RESPONSE");
    assert!(message.contains("2 diff_ids") && message.contains("1 layers"), "{message}");
}

/// F92: what stands behind the archive's end is read too.
#[test]
fn faults_of_the_transfer_come_first() {
    let archive = archive(300_000);
    let stored = gzip(&archive);
    for at in [20, stored.len() / 2, stored.len() - 6, stored.len() - 1] {
        let mut sample = Sample::new(&archive, stored.clone());
        sample.sent[at] ^= 0x55;
        let (_, code, message) = sample.refused();
        assert_eq!(code, "DIGEST_MISMATCH", "{at}: {message}");
    }
    // The transfer ends early.
    let mut sample = Sample::new(&archive, stored.clone());
    sample.sent.truncate(stored.len() / 2);
    assert_eq!(sample.refused().1, "TRUNCATED");
    // The same bytes, as the image has them: the compression's own checksum counts.
    let mut damaged = stored.clone();
    let last = damaged.len() - 6;
    damaged[last] ^= 0x55;
    let (names, code, message) = Sample::new(&archive, damaged).refused();
    assert_eq!((names.names.len(), code.as_str()), (3, "LAYER_INVALID"));
    assert!(message.contains("layer 1 of 1"), "{message}");
}

#[test]
fn what_is_no_archive() {
    let plain = archive(0);
    for (stored, code) in [
        (b"<!doctype html><title>Sign in</title>".repeat(30), "LAYER_INVALID"),
        (b"PK\x03\x04 a zip archive".to_vec(), "UNSUPPORTED"),
        (b"\xfd7zXZ\0\0 xz".to_vec(), "UNSUPPORTED"),
        (gzip(b"no archive at all, but long enough"), "LAYER_INVALID"),
        (gzip(&plain)[..60].to_vec(), "LAYER_INVALID"),
        (plain[..514].to_vec(), "LAYER_INVALID"),
        (plain[..1024].to_vec(), "DIGEST_MISMATCH"),
    ] {
        let sample = Sample::new(&plain, stored);
        assert_eq!(sample.refused().1, code);
    }
    let encrypted = Sample {
        media_type: "application/vnd.oci.image.layer.v1.tar+gzip+encrypted",
        ..Sample::new(&plain, gzip(&plain))
    };
    let (names, code, message) = encrypted.refused();
    assert_eq!((names.names.len(), code.as_str()), (0, "UNSUPPORTED"));
    assert!(message.contains("encrypted"), "{message}");
}

#[test]
fn a_sink_that_has_what_it_wants_ends_the_pull() {
    let archive = archive(2_000_000);
    let (names, result) = Sample::new(&archive, archive.clone()).read(Limits::default(), Some("a"));
    assert!(result.unwrap().is_none());
    assert!(names.is_done);
}

#[test]
fn limits_name_their_option() {
    let archive = archive(20 << 20);
    let sample = Sample::new(&archive, gzip(&archive));
    for (limits, option) in [
        (Limits { size: 1000, ..Limits::default() }, "limits.size"),
        (Limits { ratio: 10, ..Limits::default() }, "limits.ratio"),
        (Limits { entries: 1, ..Limits::default() }, "limits.entries"),
    ] {
        let error = sample.read(limits, None).1.unwrap_err();
        assert_eq!(error.code, "TOO_LARGE");
        assert!(error.message.contains(option), "{}", error.message);
    }
}
