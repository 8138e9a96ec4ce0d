//! Archives of images: what is saved, and what is loaded of it in one pass and in two.

use std::collections::BTreeMap;

use docker_registry_client_wasm::layer::tar::{Entry, Kind};
use docker_registry_client_wasm::protocol::oci::platform::Platform;
use docker_registry_client_wasm::registry::Call;
use docker_registry_client_wasm::registry::archive::data::Data;
use docker_registry_client_wasm::registry::archive::load::{Loaded, Options};
use docker_registry_client_wasm::registry::archive::save;

use crate::copy::{Repository, Store};
use crate::support::image_archives::{
    CONFIG, Files, LAYER, OCI, archive, entry, file, gzip, image, link, loaded, member, refused, sample, save, stream,
    zstd,
};
use crate::support::{Bytes, OCI_TYPE as INDEX, descriptor, sha256};

#[test]
fn documents_come_before_blobs() {
    let (store, document) = sample();
    let bytes = save(&store.host(), &["it"], &save::Options::default()).unwrap();
    let files = Files::of(&bytes);
    let content: BTreeMap<&str, &str> =
        files.0.iter().map(|(path, content)| (path.as_str(), std::str::from_utf8(content).unwrap())).collect();
    assert_eq!(&files.paths()[..3], ["oci-layout", "index.json", "manifest.json"]);
    assert_eq!(files.paths()[3], format!("blobs/{}", sha256(&document).replace(':', "/")));
    // Three manifests, two configs, three layers.
    assert_eq!(files.paths().len(), 3 + 3 + 2 + 3);
    for (path, content) in &content {
        if let Some(digest) = path.strip_prefix("blobs/") {
            assert_eq!(sha256(content).replace(':', "/"), *digest);
        }
    }
    let names =
        r#""annotations":{"io.containerd.image.name":"registry.test/a/b:it","org.opencontainers.image.ref.name":"it"}"#;
    let entry =
        format!(r#"{{"mediaType":"{INDEX}","digest":"{}","size":{},{names}}}"#, sha256(&document), document.len());
    assert_eq!(content["index.json"], format!(r#"{{"schemaVersion":2,"mediaType":"{INDEX}","manifests":[{entry}]}}"#));
    let docker = content["manifest.json"];
    assert!(docker.starts_with(r#"[{"Config":"blobs/sha256/"#), "{docker}");
    assert!(docker.contains(r#""RepoTags":["registry.test/a/b:it"],"Layers":["blobs/sha256/"#), "{docker}");
    assert_eq!(bytes, save(&store.host(), &["it"], &save::Options::default()).unwrap());
}

#[test]
fn what_was_loaded_is_saved_with_the_same_bytes() {
    let (store, _) = sample();
    let host = store.host();
    let names = save::Options { names: Some(vec!["web:1".into()]), ..save::Options::default() };
    let bytes = save(&host, &["it"], &names).unwrap();
    let files = Files::of(&bytes);
    let packed = [gzip(&bytes), zstd(&bytes)].map(|bytes| [file(&bytes), stream(&bytes)]);
    for data in [file(&bytes), stream(&bytes), files.data()].into_iter().chain(packed.into_iter().flatten()) {
        let other = Store::default();
        let loaded = host_load(&other, data);
        assert_eq!((loaded.copied.manifests, loaded.copied.blobs, loaded.copied.existing), (3, 5, 0));
        assert_eq!(
            (loaded.reference.as_str(), loaded.names.as_slice()),
            ("it", ["docker.io/library/web:1".to_owned()].as_slice())
        );
        assert_eq!(other.get("a/b"), store.get("a/b"));
        assert_eq!(save(&other.host(), &["it"], &names).unwrap(), bytes);
        // Again, all is there.
        let again = host_load(&other, file(&bytes));
        assert_eq!((again.copied.manifests, again.copied.blobs, again.copied.existing), (0, 0, 8));
    }
}

fn host_load(store: &Store, data: Data<Bytes>) -> Loaded {
    let host = store.host();
    host.run(host.client().load(
        data,
        Some(host.client().place("a/b:it").unwrap()),
        &Options::default(),
        &Call::default(),
    ))
    .unwrap()
}

#[test]
fn one_platform_and_several_tags() {
    let (store, document) = sample();
    let arm = image(&store, "arm64");
    store.put("a/b", Some("arm"), OCI, &arm);
    let host = store.host();
    let platforms = vec![Platform::parse("linux/arm64").unwrap()];
    let only = save(&host, &["it"], &save::Options { platforms, ..save::Options::default() }).unwrap();
    assert_eq!(Files::of(&only).paths().len(), 3 + 1 + 1 + 2);
    let all = save(&host, &["it", "arm", &sha256(&arm)], &save::Options::default()).unwrap();
    // Nothing is there twice.
    assert_eq!(Files::of(&all).paths().len(), 3 + 3 + 2 + 3);
    for data in [file(&all), stream(&all)] {
        let (several, target) = loaded(data, &Options::default());
        let error = several.err().unwrap();
        assert_eq!((error.code.as_ref(), target), ("INVALID_ARGUMENT", Repository::default()));
        assert!(error.message.contains("registry.test/a/b:it, registry.test/a/b:arm"), "{}", error.message);
    }
    for (reference, root, manifests) in
        [("registry.test/a/b:it", &document, 3), ("registry.test/a/b:arm", &arm, 1), (sha256(&arm).as_str(), &arm, 1)]
    {
        for data in [file(&all), stream(&all)] {
            let options = Options { reference: Some(reference.into()), ..Options::default() };
            let (image, target) = loaded(data, &options);
            assert_eq!(image.unwrap().descriptor.digest.to_string(), sha256(root));
            assert_eq!((target.manifests.len(), &target.tags["now"]), (manifests, &sha256(root)));
            // Only what the image needs was pushed.
            assert_eq!(target.blobs.len(), if manifests == 3 { 5 } else { 3 });
        }
    }
    let platform = Some(Platform::parse("linux/arm64").unwrap());
    let options = Options { reference: Some("registry.test/a/b:it".into()), platform, ..Options::default() };
    assert_eq!(loaded(file(&all), &options).1.tags["now"], sha256(&arm));
    let platform = Some(Platform::parse("linux/s390x").unwrap());
    let options = Options { platform, ..options };
    assert_eq!(loaded(file(&all), &options).0.err().unwrap().code, "NO_MATCHING_PLATFORM");
}

/// `docker save` writes the blobs first, and compresses nothing.
#[test]
fn blobs_before_the_index() {
    let (store, document) = sample();
    let mut files = Files::of(&save(&store.host(), &["it"], &save::Options::default()).unwrap());
    files.0.reverse();
    let bytes = files.archive();
    for data in [file(&bytes), stream(&bytes)] {
        let (image, target) = loaded(data, &Options::default());
        assert_eq!(image.unwrap().descriptor.digest.to_string(), sha256(&document));
        assert_eq!(target, Repository { tags: target.tags.clone(), ..store.get("a/b") });
    }
}

/// An archive as docker wrote it before version 25: a layer that is there before, and one behind a link.
fn old_docker() -> (Vec<u8>, [Vec<u8>; 2]) {
    let layers = [b"not compressed".to_vec(), gzip(b"compressed")];
    let diff_ids = [sha256(b"not compressed"), sha256(b"compressed"), sha256(b"not compressed")];
    let config = format!(
        r#"{{"architecture":"amd64","os":"linux","rootfs":{{"type":"layers","diff_ids":{}}}}}"#,
        serde_json::to_string(&diff_ids).unwrap()
    );
    let manifest =
        r#"[{"Config":"c.json","RepoTags":["old/web:1"],"Layers":["1/layer.tar","2/layer.tar","3/layer.tar"]}]"#;
    let members = [
        entry(Entry { kind: Kind::Directory, ..Entry::file(b"1/".to_vec(), 0) }, b""),
        member("1/VERSION", b"1.0"),
        member("1/layer.tar", &layers[0]),
        member("2/layer.tar", &layers[1]),
        link("3/layer.tar", "../1/layer.tar"),
        member("c.json", config.as_bytes()),
        member("manifest.json", manifest.as_bytes()),
        member("repositories", br#"{"old/web":{"1":"3"}}"#),
    ];
    (archive(&members), layers)
}

#[test]
fn dockers_own_format() {
    let (bytes, layers) = old_docker();
    for data in [file(&bytes), file(&gzip(&bytes))] {
        let (image, target) = loaded(data, &Options::default());
        let image = image.unwrap();
        assert_eq!((image.copied.blobs, image.copied.manifests, image.names), (3, 1, vec!["old/web:1".to_owned()]));
        let (_, manifest) = &target.manifests[&target.tags["now"]];
        let parts = [&layers[0], &layers[1], &layers[0]].map(sha256);
        assert_eq!(manifest.matches("\"digest\"").count(), 4);
        for (media_type, digest) in [LAYER, &format!("{LAYER}+gzip"), LAYER].into_iter().zip(&parts) {
            assert!(manifest.contains(&format!(r#""mediaType":"{media_type}","digest":"{digest}""#)), "{manifest}");
        }
    }
    let (error, target) = loaded(stream(&bytes), &Options::default());
    let error = error.err().unwrap();
    assert_eq!((error.code.as_ref(), target), ("UNSUPPORTED", Repository::default()));
    assert!(error.message.contains("a File, a Blob or a path can be read twice"), "{}", error.message);
}

/// Some tools list the platforms of the one image in `index.json` itself.
#[test]
fn an_index_that_is_the_image() {
    let (store, document) = sample();
    let mut files = Files::of(&save(&store.host(), &["it"], &save::Options::default()).unwrap());
    files.0.retain(|(path, content)| path != "manifest.json" && content != document.as_bytes());
    files.0.iter_mut().find(|(path, _)| path == "index.json").unwrap().1 = document.clone().into_bytes();
    let bytes = files.archive();
    for data in [file(&bytes), stream(&bytes), files.data()] {
        let (image, target) = loaded(data, &Options::default());
        assert_eq!(image.unwrap().descriptor.digest.to_string(), sha256(&document));
        assert_eq!(target, Repository { tags: target.tags.clone(), ..store.get("a/b") });
    }
}

/// Layers under the names of blobs, though there is no layout: they are measured all the same.
#[test]
fn a_layout_without_its_index() {
    let (store, _) = sample();
    let mut files = Files::of(&save(&store.host(), &["it"], &save::Options::default()).unwrap());
    files.0.retain(|(path, _)| path != "index.json" && path != "oci-layout");
    let bytes = files.archive();
    let (image, target) = loaded(file(&bytes), &Options::default());
    assert_eq!((image.unwrap().copied.blobs, target.manifests.len()), (3, 1));
    assert_eq!(loaded(stream(&bytes), &Options::default()).0.err().unwrap().code, "UNSUPPORTED");
    // A layer that is not what the config says.
    let layer = files.0.iter_mut().find(|(_, content)| content.starts_with(b"base for amd64")).unwrap();
    layer.1[0] = b'B';
    let error = loaded(file(&files.archive()), &Options::default()).0.err().unwrap();
    assert_eq!(error.code, "ARCHIVE_INVALID");
    assert!(error.message.contains("as a layer it hashes to"), "{}", error.message);
}

/// A directory may be given with the folders that lead to it, and beside other files.
#[test]
fn a_directory_below_others() {
    let (store, document) = sample();
    let mut files = Files::of(&save(&store.host(), &["it"], &save::Options::default()).unwrap());
    for (path, _) in &mut files.0 {
        *path = format!("./some/layout/{path}");
    }
    files.0.push(("other/file".into(), b"not of it".to_vec()));
    files.0.push(("../outside".into(), b"not of it".to_vec()));
    let (image, _) = loaded(files.data(), &Options::default());
    assert_eq!(image.unwrap().descriptor.digest.to_string(), sha256(&document));
}

/// containerd keeps only one platform of an index.
#[test]
fn an_index_of_which_a_part_is_there() {
    let (store, _) = sample();
    let mut files = Files::of(&save(&store.host(), &["it"], &save::Options::default()).unwrap());
    let arm = image(&store, "arm64");
    files.0.retain(|(_, content)| content != arm.as_bytes());
    let bytes = files.archive();
    let message = refused(&bytes, "ARCHIVE_INVALID");
    assert!(message.contains("linux/arm64 of the index is missing, the archive has: linux/amd64"), "{message}");
    let platform = Some(Platform::parse("linux/amd64").unwrap());
    for data in [file(&bytes), stream(&bytes)] {
        let (image, target) = loaded(data, &Options { platform: platform.clone(), ..Options::default() });
        image.unwrap();
        assert_eq!(target.manifests.len(), 1);
    }
}

/// What is no image has no entry in docker's manifest.json, and is loaded like one.
#[test]
fn an_artifact() {
    let store = Store::default();
    let [config, file_] = [("application/vnd.oci.empty.v1+json", "{}"), ("text/plain", "hello")]
        .map(|(media_type, content)| descriptor(media_type, &store.blob(content), ""));
    let artifact = format!(
        r#"{{"schemaVersion":2,"mediaType":"{OCI}","artifactType":"a/b","config":{config},"layers":[{file_}]}}"#
    );
    store.put("a/b", Some("it"), OCI, &artifact);
    let bytes = save(&store.host(), &["it"], &save::Options::default()).unwrap();
    assert!(!Files::of(&bytes).paths().contains(&"manifest.json"));
    for data in [file(&bytes), stream(&bytes)] {
        let (loaded, target) = loaded(data, &Options::default());
        assert_eq!(loaded.unwrap().copied.blobs, 2);
        assert_eq!(target.blobs, store.get("a/b").blobs);
    }
}

/// The repository does not have foreign layers, and docker could not load the image without them.
#[test]
fn foreign_layers() {
    let store = Store::default();
    let config = descriptor(CONFIG, &store.blob("{}"), "");
    let foreign = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
    let layer = descriptor(foreign, "elsewhere", r#","urls":["https://example.com/layer"]"#);
    let manifest = format!(r#"{{"schemaVersion":2,"mediaType":"{OCI}","config":{config},"layers":[{layer}]}}"#);
    store.put("a/b", Some("it"), OCI, &manifest);
    let bytes = save(&store.host(), &["it"], &save::Options::default()).unwrap();
    assert_eq!(Files::of(&bytes).paths().len(), 4);
    for data in [file(&bytes), stream(&bytes)] {
        let (loaded, target) = loaded(data, &Options::default());
        loaded.unwrap();
        assert_eq!(target.tags["now"], sha256(&manifest));
    }
}
