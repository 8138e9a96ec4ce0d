//! Archives of images that are damaged, incomplete or something else; conditions and limits. Nothing is tagged.

use docker_registry_client_wasm::layer::limits::Limits;
use docker_registry_client_wasm::layer::tar::Entry;
use docker_registry_client_wasm::layer::tar::writer::{END, header, padding};
use docker_registry_client_wasm::registry::archive::load::Options;
use docker_registry_client_wasm::registry::archive::save;
use docker_registry_client_wasm::registry::{Call, copy};

use crate::copy::{Repository, Store};
use crate::support::image_archives::{
    CONFIG, Files, LAYER, OCI, archive, file, gzip, image, link, load, loaded, member, refused, sample, save, stream,
};
use crate::support::{descriptor, sha256};

#[test]
fn layers_are_compared_with_the_config() {
    let diff_ids = [sha256(b"one"), sha256(b"two")];
    let config =
        format!(r#"{{"rootfs":{{"type":"layers","diff_ids":{}}}}}"#, serde_json::to_string(&diff_ids).unwrap());
    let manifest =
        |layers: &str| format!(r#"[{{"Config":"c.json","RepoTags":["old/web:1","x:2"],"Layers":[{layers}]}}]"#);
    let with = |layers: &str| {
        archive(&[
            member("a.tar", b"one"),
            member("b.tar", b"two"),
            link("c.tar", "b.tar"),
            link("out.tar", "../../b.tar"),
            member("c.json", config.as_bytes()),
            member("manifest.json", manifest(layers).as_bytes()),
        ])
    };
    let store = Store::default();
    let host = store.host();
    let bytes = with(r#""a.tar","c.tar""#);
    // Without a target, the archive's own name counts.
    let image = host.run(host.client().load(file(&bytes), None, &Options::default(), &Call::default())).unwrap();
    assert_eq!((image.repository.as_str(), image.reference.as_str()), ("old/web", "1"));
    let target = store.get("old/web");
    let made = &target.manifests[&target.tags["1"]];
    let layers = ["one", "two"].map(|content| descriptor(LAYER, content, "")).join(",");
    let config = descriptor(CONFIG, &config, "");
    assert_eq!(made.0, OCI);
    assert_eq!(made.1, format!(r#"{{"schemaVersion":2,"mediaType":"{OCI}","config":{config},"layers":[{layers}]}}"#));
    for (layers, reason) in [
        (r#""b.tar","a.tar""#, "the member \"b.tar\" at byte 1024 of the archive: as a layer it hashes to"),
        (r#""a.tar""#, "manifest.json lists 1 layers, but the config has 2 diff_ids"),
        (r#""a.tar","d.tar""#, "the archive lacks the layer \"d.tar\""),
        (r#""a.tar","out.tar""#, "the archive lacks the layer \"out.tar\""),
        (r#""a.tar",7"#, "manifest.json[0].Layers[1]: got 7; a string is needed"),
    ] {
        let (error, target) = loaded(file(&with(layers)), &Options::default());
        let error = error.err().unwrap();
        assert_eq!((error.code.as_ref(), target), ("ARCHIVE_INVALID", Repository::default()), "{}", error.message);
        assert!(error.message.contains(reason), "{}", error.message);
    }
}

#[test]
fn what_is_cut_off_is_refused() {
    let (store, _) = sample();
    let bytes = save(&store.host(), &["it"], &save::Options::default()).unwrap();
    let whole = bytes.len() - END.len();
    // Without what ends an archive, all is there.
    assert!(loaded(file(&bytes[..whole]), &Options::default()).0.is_ok());
    let content_end = whole - padding("base for arm64\n".len() as u64);
    for length in (1..content_end).step_by(171).chain([511, 512, 513, content_end - 1]) {
        let message = refused(&bytes[..length], "ARCHIVE_INVALID");
        assert!(!message.is_empty());
    }
    let compressed = gzip(&bytes);
    for length in (20..compressed.len()).step_by(53) {
        refused(&compressed[..length], "ARCHIVE_INVALID");
    }
}

#[test]
fn what_is_no_archive_of_images() {
    let layer = archive(&[member("etc/passwd", b"root"), member("etc/group", b"root")]);
    let mut huge = header(&Entry::file(b"blobs/sha256/a".to_vec(), (1 << 63) - 1));
    huge.extend_from_slice(b"...");
    let mut sum = member("index.json", b"{}");
    sum[0] = b'I';
    for (bytes, reason) in [
        (Vec::new(), "the archive is empty"),
        (b"<!doctype html><p>Log in".to_vec(), "HTML"),
        (b"{\"errors\":[]}".to_vec(), "a JSON document"),
        (b"PK\x03\x04 and so on".to_vec(), "the archive is a zip archive; gzip, zstd and plain tar can be read"),
        (b"\xfd7zXZ\0".to_vec(), "the archive is xz"),
        (vec![0; 1024], "the archive has no members"),
        (vec![b'x'; 4096], "this is no tar archive"),
        (layer.clone(), "may be a layer or the file system of a container"),
        (gzip(&layer), "may be a layer or the file system of a container"),
        (gzip(b"some text"), "the archive ends within a header"),
        (huge, "has 9223372036854775807 bytes, by its header"),
        (sum, "this is no tar archive"),
        (archive(&[member("oci-layout", b"{}")]), "it has oci-layout, but no index.json"),
        (archive(&[member("index.json", b"[]")]), "index.json"),
        (archive(&[member("index.json", b"")]), "index.json"),
        (archive(&[member("manifest.json", b"[]")]), "the archive has no image"),
        (archive(&[member("index.json", br#"{"schemaVersion":2,"manifests":[]}"#)]), "the archive has no image"),
        (archive(&[member("../index.json", b"{}")]), "has a path that leads outside"),
        (archive(&[member("/etc/passwd", b"{}")]), "has a path that leads outside"),
        (
            archive(&[member("index.json", b"{}"), member("./index.json", b"{}")]),
            "the member \"index.json\" at byte 1024 of the archive is there for the second time",
        ),
    ] {
        let message = refused(&bytes, "ARCHIVE_INVALID");
        assert!(message.contains(reason), "{message}");
    }
}

#[test]
fn what_is_damaged_is_refused() {
    let (store, document) = sample();
    let files = Files::of(&save(&store.host(), &["it"], &save::Options::default()).unwrap());
    for position in 3..files.0.len() {
        let path = files.0[position].0.clone();
        // Missing.
        let mut changed = Files(files.0.clone());
        changed.0.remove(position);
        let message = refused(&changed.archive(), "ARCHIVE_INVALID");
        assert!(message.contains(&format!("{path:?}")), "{message}");
        // With another content, though of the same size.
        let mut changed = Files(files.0.clone());
        let last = changed.0[position].1.len() - 1;
        changed.0[position].1[last] ^= 1;
        let message = refused(&changed.archive(), "ARCHIVE_INVALID");
        assert!(
            message.contains(&format!("the member {path:?} at byte ")) && message.contains(" hashes to "),
            "{message}"
        );
        // Of another size.
        let mut changed = Files(files.0.clone());
        changed.0[position].1.push(b' ');
        let message = refused(&changed.archive(), "ARCHIVE_INVALID");
        assert!(message.contains(&path), "{message}");
        // Even where the target has what is right.
        let mut changed = Files(files.0.clone());
        changed.0[position].1[last] ^= 1;
        for data in [file(&changed.archive()), stream(&changed.archive()), changed.data()] {
            let host = store.host();
            let (client, options) = (host.client(), Options::default());
            let loaded =
                host.run(client.load(data, Some(client.place("a/b:other").unwrap()), &options, &Call::default()));
            assert_eq!(loaded.err().unwrap().code, "ARCHIVE_INVALID");
        }
    }
    assert!(!store.get("a/b").tags.contains_key("other"));
    assert_eq!(store.get("a/b").tags["it"], sha256(&document));
}

#[test]
fn conditions_and_digests() {
    let (store, document) = sample();
    let bytes = save(&store.host(), &["it"], &save::Options::default()).unwrap();
    store.put("c/d", Some("now"), OCI, &image(&store, "s390x"));
    let before = store.get("c/d");
    let host = store.host();
    let push = copy::Options { if_match: Some(None), ..copy::Options::default() };
    for data in [file(&bytes), stream(&bytes)] {
        let error = load(&host, data, &Options { push: push.clone(), ..Options::default() }).err().unwrap();
        assert_eq!(error.code, "CONFLICT");
        // Nothing was pushed.
        assert_eq!(store.get("c/d"), before);
    }
    for data in [file(&bytes), stream(&bytes)] {
        let target = format!("c/d@{}", sha256("another"));
        let error = host.run(host.client().load(
            data,
            Some(host.client().place(&target).unwrap()),
            &Options::default(),
            &Call::default(),
        ));
        assert_eq!(error.err().unwrap().code, "INVALID_ARGUMENT");
    }
    let target = format!("e/f@{}", sha256(&document));
    host.run(host.client().load(
        stream(&bytes),
        Some(host.client().place(&target).unwrap()),
        &Options::default(),
        &Call::default(),
    ))
    .unwrap();
    assert!(store.get("e/f").tags.is_empty() && store.get("e/f").manifests.len() == 3);
    let error = host.run(host.client().load(stream(&bytes), None, &Options::default(), &Call::default()));
    assert!(error.err().unwrap().message.starts_with("target: a stream needs one"));
}

#[test]
fn bombs_and_limits() {
    let bomb = gzip(&archive(&[member("blobs/x", &vec![0; 40 << 20])]));
    let limits = Limits { ratio: 100, ..Limits::default() };
    for data in [file(&bomb), stream(&bomb)] {
        let error = loaded(data, &Options { limits, ..Options::default() }).0.err().unwrap();
        assert_eq!(error.code, "TOO_LARGE");
        assert!(error.message.contains("option limits.ratio"), "{}", error.message);
    }
    let large = archive(&[member("index.json", &vec![b' '; 5 << 20])]);
    assert!(refused(&large, "TOO_LARGE").contains("\"index.json\" has 5242880 bytes"));
}

#[test]
fn arguments_of_save() {
    let (store, _) = sample();
    let named = |names: &[&str]| save::Options {
        names: Some(names.iter().map(|name| (*name).to_owned()).collect()),
        ..save::Options::default()
    };
    for (references, options, reason) in [
        (&[][..], save::Options::default(), "tagsOrDigests: at least one"),
        (&["it", "other"], named(&["a:1"]), "options.names: names are for one image"),
        (&["it"], named(&["a"]), "options.names: \"a\" needs a tag and no digest"),
    ] {
        let error = save(&store.host(), references, &options).err().unwrap();
        assert_eq!(error.code, "INVALID_ARGUMENT");
        assert!(error.message.contains(reason), "{}", error.message);
    }
    assert_eq!(save(&store.host(), &["gone"], &save::Options::default()).err().unwrap().status, Some(404));
}
