//! Archives of images: which image is loaded, and which members are documents.

use docker_registry_client_wasm::protocol::oci::platform::Platform;
use docker_registry_client_wasm::registry::archive::load::Options;
use docker_registry_client_wasm::registry::archive::save;

use crate::copy::{Repository, Store, index};
use crate::support::image_archives::{
    CONFIG, Files, LAYER, OCI, archive, file, gzip, image, loaded, member, sample, save, stream,
};
use crate::support::{descriptor, sha256};

fn for_platform(text: &str) -> Options {
    Options { platform: Some(Platform::parse(text).unwrap()), ..Options::default() }
}

/// A docker archive of one layer.
fn docker(layer: &[u8], diff_id: &[u8]) -> Vec<u8> {
    let diff_id = sha256(diff_id);
    let config =
        format!(r#"{{"architecture":"amd64","os":"linux","rootfs":{{"type":"layers","diff_ids":["{diff_id}"]}}}}"#);
    let manifest = r#"[{"Config":"./c.json","RepoTags":["a/b:1"],"Layers":["l//layer.tar"]}]"#;
    archive(&[
        member("l/layer.tar", layer),
        member("c.json", config.as_bytes()),
        member("manifest.json", manifest.as_bytes()),
    ])
}

#[test]
fn a_single_image_is_for_its_platform_alone() {
    let store = Store::default();
    store.put("a/b", Some("one"), OCI, &image(&store, "amd64"));
    let layout = save(&store.host(), &["one"], &save::Options::default()).unwrap();
    for data in [file(&layout), stream(&layout), file(&gzip(&layout)), file(&docker(b"one", b"one"))] {
        let (refused, target) = loaded(data, &for_platform("linux/arm64"));
        let error = refused.err().expect("another platform");
        assert_eq!(error.code, "NO_MATCHING_PLATFORM");
        assert!(error.message.contains("available: linux/amd64"), "{}", error.message);
        assert!(target.tags.is_empty() && target.manifests.is_empty());
    }
    for data in [file(&layout), stream(&layout), file(&docker(b"one", b"one"))] {
        let (loaded, target) = loaded(data, &for_platform("linux/amd64"));
        assert_eq!(target.tags["now"], loaded.unwrap().descriptor.digest.to_string());
    }
}

/// A tar whose first name is that of a template, such as `{{cookiecutter.name}}/`.
#[test]
fn a_layer_may_begin_like_json() {
    let layer = archive(&[member("{{name}}/x", b"content")]);
    for layer in [&layer, &b"{\"not\":\"a document\"}".to_vec()] {
        let (loaded, target) = loaded(file(&docker(layer, layer)), &Options::default());
        let loaded = loaded.unwrap();
        assert_eq!((loaded.copied.blobs, loaded.copied.manifests), (2, 1));
        assert_eq!(target.tags["now"], loaded.descriptor.digest.to_string());
    }
    let (refused, _) = loaded(file(&docker(&layer, b"another")), &Options::default());
    assert_eq!(refused.err().unwrap().code, "ARCHIVE_INVALID");
}

/// SBOMs and attestations are JSON, and are not kept in memory.
#[test]
fn json_that_is_content_has_no_limit() {
    let store = Store::default();
    let config = store.blob("{}");
    let text = "x".repeat(3_900_000);
    let layers: Vec<String> = (0..18)
        .map(|number| {
            let content = format!(r#"{{"number":{number},"text":"{text}"}}"#);
            descriptor("application/spdx+json", &store.blob(&content), "")
        })
        .collect();
    let config = descriptor("application/vnd.oci.empty.v1+json", &config, "");
    let layers = layers.join(",");
    let manifest = format!(
        r#"{{"schemaVersion":2,"mediaType":"{OCI}","artifactType":"a/b","config":{config},"layers":[{layers}]}}"#
    );
    store.put("a/b", Some("sboms"), OCI, &manifest);
    let bytes = save(&store.host(), &["sboms"], &save::Options::default()).unwrap();
    // Whatever the order: manifests may come last.
    let mut files = Files::of(&bytes);
    files.0.reverse();
    let reversed = files.archive();
    for data in [file(&bytes), stream(&reversed)] {
        let (loaded, target) = loaded(data, &Options::default());
        assert_eq!(loaded.unwrap().copied.blobs, 19);
        assert_eq!(target.tags["now"], sha256(&manifest));
    }
}

fn layout(entries: &[String], more: &[&str]) -> Vec<u8> {
    let blob = |content: &&str| member(&format!("blobs/{}", sha256(content).replace(':', "/")), content.as_bytes());
    let mut members = vec![member("index.json", index(entries).as_bytes())];
    members.extend(more.iter().map(blob));
    archive(&members)
}

#[test]
fn images_without_names() {
    let layer = "layer";
    let config = |architecture: &str| {
        format!(
            r#"{{"architecture":"{architecture}","os":"linux","rootfs":{{"type":"layers","diff_ids":["{}"]}}}}"#,
            sha256(layer)
        )
    };
    let (one, other) = (config("amd64"), config("arm64"));
    let manifest = |config: &str, name: &str| {
        let (config, layer) = (descriptor(CONFIG, config, ""), descriptor(LAYER, layer, ""));
        format!(
            r#"{{"schemaVersion":2,"mediaType":"{OCI}","config":{config},"layers":[{layer}],"annotations":{{"a":"{name}"}}}}"#
        )
    };
    let manifests = [manifest(&one, "1"), manifest(&one, "2"), manifest(&other, "3")];
    let entry = |manifest: &str, architecture: &str| {
        descriptor(OCI, manifest, &format!(r#","platform":{{"architecture":"{architecture}","os":"linux"}}"#))
    };
    let content = [layer, &one, &other, &manifests[0], &manifests[1], &manifests[2]];
    let wanted = |digest: String| Options { reference: Some(digest), ..Options::default() };

    // Two images for one platform are not one image.
    let two = layout(&[entry(&manifests[0], "amd64"), entry(&manifests[1], "amd64")], &content);
    let (refused, target) = loaded(file(&two), &Options::default());
    let error = refused.err().expect("a choice");
    assert_eq!((error.code.as_ref(), target), ("INVALID_ARGUMENT", Repository::default()));
    assert!(error.message.contains("the archive has 2 images"), "{}", error.message);
    let (loaded_one, target) = loaded(file(&two), &wanted(sha256(&manifests[1])));
    assert_eq!(target.tags["now"], sha256(&manifests[1]));
    assert_eq!(loaded_one.unwrap().copied.manifests, 1);

    // Those for several are, and each can be chosen by its digest.
    let both = layout(&[entry(&manifests[0], "amd64"), entry(&manifests[2], "arm64")], &content);
    let (all, target) = loaded(file(&both), &Options::default());
    assert_eq!((all.unwrap().copied.manifests, target.manifests.len()), (3, 3));
    let (_, target) = loaded(file(&both), &wanted(sha256(&manifests[2])));
    assert_eq!(target.tags["now"], sha256(&manifests[2]));
}

#[test]
fn a_name_is_written_once() {
    let (store, _) = sample();
    let once = save(&store.host(), &["it"], &save::Options::default()).unwrap();
    assert_eq!(save(&store.host(), &["it", "it"], &save::Options::default()).unwrap(), once);
}
