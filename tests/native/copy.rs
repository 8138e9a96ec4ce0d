//! Copies are complete or rejected: of every kind of manifest, of broken ones, of caches and of what stands under cosign's
//! tags; and a tag is moved only if it is what the caller says.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::support::{OCI_TYPE as INDEX, Reply, Scripted, Seen, descriptor, sha256};
use docker_registry_client_wasm::protocol::http::Method;
use docker_registry_client_wasm::protocol::oci::digest::Digest;
use docker_registry_client_wasm::protocol::oci::platform::Platform;
use docker_registry_client_wasm::protocol::url::Url;
use docker_registry_client_wasm::registry::copy::{Copied, Options, UnknownKinds};
use docker_registry_client_wasm::registry::{Call, Client, Settings, Version};
use docker_registry_client_wasm::transport::Error;

const OCI: &str = "application/vnd.oci.image.manifest.v1+json";
const ARTIFACT: &str = "application/vnd.oci.artifact.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const CACHE: &str = "application/vnd.buildkit.cacheconfig.v0";

/// A registry of repositories that takes whatever it is given, as distribution does of broken manifests.
#[derive(Clone, Default)]
pub(crate) struct Store(Rc<RefCell<BTreeMap<String, Repository>>>);

#[derive(Clone, Default, Debug, PartialEq)]
pub(crate) struct Repository {
    pub(crate) manifests: BTreeMap<String, (String, String)>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) blobs: BTreeMap<String, String>,
}

impl Store {
    fn with<T>(&self, name: &str, change: impl FnOnce(&mut Repository) -> T) -> T {
        change(self.0.borrow_mut().entry(name.to_owned()).or_default())
    }

    pub(crate) fn blob(&self, content: &str) -> String {
        self.with("a/b", |repository| repository.blobs.insert(sha256(content), content.to_owned()));
        content.to_owned()
    }

    pub(crate) fn put(&self, name: &str, tag: Option<&str>, media_type: &str, body: &str) {
        self.with(name, |repository| {
            repository.manifests.insert(sha256(body), (media_type.to_owned(), body.to_owned()));
            tag.map(|tag| repository.tags.insert(tag.to_owned(), sha256(body)));
        });
    }

    pub(crate) fn get(&self, name: &str) -> Repository {
        self.with(name, |repository| repository.clone())
    }

    fn answer(&self, seen: &Seen) -> Reply {
        let (path, query) = seen.target.split_once('?').unwrap_or((&seen.target, ""));
        let parts: Vec<&str> = path.trim_start_matches("/v2/").splitn(4, '/').collect();
        let [first, second, kind, rest] = parts[..] else { return Reply::new(404) };
        let missing = || Reply::json(r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"no"}]}"#).status(404);
        self.with(&format!("{first}/{second}"), |repository| match (seen.method, kind) {
            (_, "tags") => {
                let tags: Vec<&String> = repository.tags.keys().collect();
                Reply::json(&format!(r#"{{"tags":{}}}"#, serde_json::to_string(&tags).unwrap()))
            }
            (Method::Post, "blobs") => {
                Reply::new(202).header("location", &format!("/v2/{first}/{second}/blobs/uploads/1"))
            }
            (Method::Put, "blobs") => {
                assert!(query.replace("%3A", ":").contains(&sha256(&seen.body)), "{query}");
                repository.blobs.insert(sha256(&seen.body), seen.body.clone());
                Reply::new(201)
            }
            (_, "blobs") => repository.blobs.get(rest).map_or_else(|| Reply::new(404), Reply::bytes),
            (Method::Put, "manifests") => {
                let (digest, media_type) = (sha256(&seen.body), seen.headers.get("content-type").unwrap());
                repository.manifests.insert(digest.clone(), (media_type.to_owned(), seen.body.clone()));
                if !rest.contains(':') {
                    repository.tags.insert(rest.to_owned(), digest.clone());
                }
                Reply::new(201).header("docker-content-digest", &digest)
            }
            (_, "manifests") => {
                let digest = repository.tags.get(rest).map_or(rest, String::as_str);
                // As distribution 2.8 answers where a blob is asked for as a manifest.
                match repository.manifests.get(digest) {
                    Some((media_type, body)) => {
                        Reply::manifest(media_type, body).header("docker-content-digest", digest)
                    }
                    None if repository.blobs.contains_key(digest) => Reply::new(500),
                    None => missing(),
                }
            }
            _ => missing(),
        })
    }

    pub(crate) fn host(&self) -> Scripted {
        let store = self.clone();
        Scripted::new(move |seen| store.answer(seen))
    }
}

fn copy(host: &Scripted, client: &Client<Scripted>, options: &Options) -> Result<(String, Copied), Error> {
    let source = client.place("a/b:it").unwrap();
    let copied = host.run(client.copy(&source, "c/d:now", options, &Call::default()));
    copied.map(|(descriptor, copied)| (descriptor.digest.to_string(), copied))
}

fn image(store: &Store, name: &str, more: &str) -> String {
    let config = store.blob(&format!(r#"{{"architecture":"amd64","os":"linux","comment":"{name}"}}"#));
    let layer = store.blob(&format!("layer of {name}"));
    let (config, layer) = (descriptor(CONFIG, &config, ""), descriptor(LAYER, &layer, ""));
    format!(r#"{{"schemaVersion":2,"mediaType":"{OCI}","config":{config},"layers":[{layer}]{more}}}"#)
}

pub(crate) fn index(entries: &[String]) -> String {
    format!(r#"{{"schemaVersion":2,"mediaType":"{INDEX}","manifests":[{}]}}"#, entries.join(","))
}

fn keys<T>(map: &BTreeMap<String, T>) -> BTreeSet<String> {
    map.keys().cloned().collect()
}

/// BuildKit's `--cache-to type=registry`, and an index with an entry of which nobody can tell what it is.
#[test]
fn entries_that_are_blobs() {
    let store = Store::default();
    let [layer, config, thing] = ["a layer", "a cache's config", "a thing"].map(|content| store.blob(content));
    let manifest = image(&store, "an image", "");
    store.put("a/b", None, OCI, &manifest);
    let entries = [
        descriptor(LAYER, &layer, ""),
        descriptor(CACHE, &config, ""),
        descriptor("a/b", &thing, ""),
        descriptor("application/vnd.example.manifest", &manifest, ""),
    ];
    let cache = index(&entries);
    store.put("a/b", Some("it"), INDEX, &cache);
    let host = store.host();
    let (digest, copied) = copy(&host, &host.once(), &Options::default()).unwrap();
    assert_eq!(digest, sha256(&cache));
    assert_eq!((copied.manifests, copied.blobs), (2, 5));
    let (source, target) = (store.get("a/b"), store.get("c/d"));
    assert_eq!((target.manifests, target.blobs), (source.manifests, source.blobs));
    let asked =
        |content: &str| host.targets().iter().any(|seen| seen.ends_with(&format!("/manifests/{}", sha256(content))));
    assert!(!asked(&layer) && !asked(&config) && asked(&thing));
}

/// The artifact manifest of image-spec's release candidates: its blobs and its subject.
#[test]
fn an_artifact_manifest() {
    let store = Store::default();
    let subject = image(&store, "subject", "");
    store.put("a/b", None, OCI, &subject);
    let blobs = ["one", "two"].map(|content| descriptor("a/b", &store.blob(content), ""));
    let subject = descriptor(OCI, &subject, "");
    let artifact = format!(
        r#"{{"mediaType":"{ARTIFACT}","artifactType":"x/y","blobs":[{}],"subject":{subject}}}"#,
        blobs.join(",")
    );
    store.put("a/b", Some("it"), ARTIFACT, &artifact);
    let host = store.host();
    let (_, copied) = copy(&host, &host.client(), &Options::default()).unwrap();
    assert_eq!((copied.manifests, copied.blobs, copied.bytes), (1, 2, 6));
    let target = store.get("c/d");
    assert_eq!(keys(&target.blobs), ["one", "two"].map(sha256).into());
    let listed = target.tags.keys().find(|tag| tag.starts_with("sha256-")).expect("a list of referrers");
    assert!(target.manifests[&target.tags[listed]].1.contains(&sha256(&artifact)));
}

#[test]
fn unknown_kinds() {
    let store = Store::default();
    let part = descriptor("a/b", &store.blob("part"), "");
    let thing = format!(r#"{{"things":[{part}]}}"#);
    let kind = "application/vnd.example.thing+json";
    store.put("a/b", Some("it"), kind, &thing);
    let host = store.host();
    let error = copy(&host, &host.client(), &Options::default()).unwrap_err();
    assert_eq!(error.code, "UNSUPPORTED");
    for part in [kind, &sha256(&thing), "unknownKinds: \"manifest-only\""] {
        assert!(error.message.contains(part), "{}", error.message);
    }
    assert_eq!(store.get("c/d"), Repository::default());
    let options = Options { unknown_kinds: UnknownKinds::ManifestOnly, ..Options::default() };
    let (digest, copied) = copy(&host, &host.client(), &options).unwrap();
    assert_eq!((digest, copied.manifests, copied.blobs), (sha256(&thing), 1, 0));
    // In an index it is the same.
    store.put("a/b", Some("it"), INDEX, &index(&[descriptor(kind, &thing, "")]));
    assert_eq!(copy(&host, &host.client(), &Options::default()).unwrap_err().code, "UNSUPPORTED");
    // What names no content needs none.
    store.put("a/b", Some("it"), kind, r#"{"a":"thing"}"#);
    copy(&host, &host.client(), &Options::default()).unwrap();
}

/// Registries accept manifests without layers, config or a layer's media type.
#[test]
fn broken_manifests() {
    for part in ["config", "layers", "mediaType", "size", "digest"] {
        let store = Store::default();
        let [config, layer] = ["{}", "layer"].map(|content| store.blob(content));
        let (config, mut layer) = (descriptor(CONFIG, &config, ""), descriptor(LAYER, &layer, ""));
        let mut body = format!(r#"{{"schemaVersion":2,"mediaType":"{OCI}","config":{config},"layers":[LAYER]}}"#);
        match part {
            "config" => body = body.replace(&format!(r#""config":{config},"#), ""),
            "layers" => body = body.replace(r#","layers":[LAYER]"#, ""),
            "mediaType" => layer = layer.replace(&format!(r#""mediaType":"{LAYER}","#), ""),
            "size" => layer = layer.replace(r#","size":5"#, ""),
            _ => layer = layer.replace(&format!(r#""digest":"{}","#, sha256("layer")), ""),
        }
        let body = body.replace("LAYER", &layer);
        store.put("a/b", Some("it"), OCI, &body);
        let host = store.host();
        let copied = copy(&host, &host.client(), &Options::default());
        if part == "digest" {
            let error = copied.unwrap_err();
            assert_eq!(error.code, "UNSUPPORTED", "{}", error.message);
            assert!(error.message.contains("layers[0].digest"), "{}", error.message);
            assert_eq!(store.get("c/d"), Repository::default());
            continue;
        }
        assert_eq!(copied.unwrap().0, sha256(&body), "{part}");
        let expected = match part {
            "config" => vec!["layer"],
            "layers" => vec!["{}"],
            _ => vec!["{}", "layer"],
        };
        assert_eq!(keys(&store.get("c/d").blobs), expected.into_iter().map(sha256).collect(), "{part}");
    }
}

fn tag_of(body: &str, ending: &str) -> String {
    format!("{}{ending}", sha256(body).replace(':', "-"))
}

#[test]
fn cosign_tags_come_along() {
    let store = Store::default();
    let children = ["a", "b"].map(|name| image(&store, name, ""));
    children.iter().for_each(|child| store.put("a/b", None, OCI, child));
    let root = index(&children.each_ref().map(|child| descriptor(OCI, child, "")));
    store.put("a/b", Some("it"), INDEX, &root);
    let mut tags = BTreeSet::from(["now".to_owned()]);
    for (of, ending) in [(&root, ".sig"), (&root, ".att"), (&children[0], ".sbom"), (&children[1], ".sig")] {
        store.put("a/b", Some(&tag_of(of, ending)), OCI, &image(&store, &format!("{ending} of {}", sha256(of)), ""));
        tags.insert(tag_of(of, ending));
    }
    // Of something else; and one that leads nowhere.
    store.put("a/b", Some(&tag_of("other", ".sig")), OCI, &image(&store, "other", ""));
    store.with("a/b", |repository| repository.tags.insert(tag_of(&root, ".sbom"), sha256("nothing")));
    let host = store.host();
    copy(&host, &host.client(), &Options::default()).unwrap();
    assert_eq!(keys(&store.get("c/d").tags), BTreeSet::from(["now".to_owned()]));
    let with = Options { referrers: true, ..Options::default() };
    copy(&host, &host.client(), &with).unwrap();
    let (source, target) = (store.get("a/b"), store.get("c/d"));
    assert_eq!(keys(&target.tags), tags);
    for tag in tags.iter().filter(|tag| *tag != "now") {
        assert_eq!(target.tags[tag], source.tags[tag]);
        assert_eq!(target.manifests[&target.tags[tag]], source.manifests[&source.tags[tag]]);
    }
    let before = host.seen().len();
    copy(&host, &host.client(), &with).unwrap();
    assert!(host.seen()[before..].iter().all(|seen| matches!(seen.method, Method::Get | Method::Head)));
}

/// Signatures that the target has and the source lacks do not get lost.
#[test]
fn signatures_of_the_target_stay() {
    let signed = |signatures: &[&str]| {
        let store = Store::default();
        let root = image(&store, "it", "");
        store.put("a/b", Some("it"), OCI, &root);
        let of = |store: &Store, signatures: &[&str]| {
            let config = descriptor(CONFIG, &store.blob(&format!("config of {signatures:?}")), "");
            let layers = signatures.iter().map(|one| descriptor("application/x", &store.blob(one), ""));
            let layers = layers.collect::<Vec<_>>().join(",");
            format!(r#"{{"schemaVersion":2,"mediaType":"{OCI}","config":{config},"layers":[{layers}]}}"#)
        };
        let (ours, theirs) = (of(&store, &["1", "2"]), of(&store, signatures));
        store.put("a/b", Some(&tag_of(&root, ".sig")), OCI, &ours);
        store.put("c/d", Some(&tag_of(&root, ".sig")), OCI, &theirs);
        let host = store.host();
        let result = copy(&host, &host.client(), &Options { referrers: true, ..Options::default() });
        let there = store.get("c/d").tags[&tag_of(&root, ".sig")].clone();
        (result, there == sha256(&ours), store.get("c/d").tags.contains_key("now"))
    };
    for (theirs, is_ours) in [(vec!["1"], true), (vec!["1", "2", "3"], false)] {
        let (result, there, done) = signed(&theirs);
        assert_eq!((result.is_ok(), there, done), (true, is_ours, true), "{theirs:?}: {result:?}");
    }
    let (result, there, done) = signed(&["2", "3"]);
    assert_eq!((result.unwrap_err().code.as_ref(), there, done), ("CONFLICT", false, false));
}

#[test]
fn if_match() {
    let store = Store::default();
    let (it, other) = (image(&store, "it", ""), image(&store, "other", ""));
    store.put("a/b", Some("it"), OCI, &it);
    store.put("c/d", Some("now"), OCI, &other);
    let host = store.host();
    let expecting = |digest: Option<&str>| Options {
        if_match: Some(digest.map(|digest| Digest::parse(digest).unwrap())),
        ..Options::default()
    };
    for wrong in [None, Some(sha256("something"))] {
        let error = copy(&host, &host.client(), &expecting(wrong.as_deref())).unwrap_err();
        assert_eq!(error.code, "CONFLICT");
        assert!(error.message.contains(&sha256(&other)) && error.message.contains("nothing was changed"));
        assert!(host.seen().iter().all(|seen| seen.method == Method::Get), "before anything else");
    }
    copy(&host, &host.client(), &expecting(Some(&sha256(&other)))).unwrap();
    assert_eq!(store.get("c/d").tags["now"], sha256(&it));
    // A copy that was made before can be made again, whatever it expects.
    let before = host.seen().len();
    for expected in [Some(sha256(&other)), Some(sha256("something")), None] {
        let (_, copied) = copy(&host, &host.client(), &expecting(expected.as_deref())).unwrap();
        assert_eq!((copied.manifests, copied.blobs), (0, 0));
    }
    assert!(host.seen()[before..].iter().all(|seen| matches!(seen.method, Method::Get | Method::Head)));
    store.with("c/d", |repository| repository.tags.clear());
    copy(&host, &host.client(), &expecting(None)).unwrap();
    assert_eq!(store.get("c/d").tags["now"], sha256(&it));
}

/// Another writer moves the tag while the blobs are on their way: theirs stays. HEAD says that there is no such tag.
#[test]
fn if_match_right_before_the_tag() {
    for expects in [true, false] {
        let store = Store::default();
        store.put("a/b", Some("it"), OCI, &image(&store, "it", ""));
        let theirs = image(&store, "theirs", "");
        let (writing, body) = (store.clone(), theirs.clone());
        let host = Scripted::new(move |seen| {
            if seen.method == Method::Put && seen.target.contains("/blobs/") {
                writing.put("c/d", Some("now"), OCI, &body);
            }
            match (seen.method, seen.target.as_str()) {
                (Method::Head, "/v2/c/d/manifests/now") => Reply::new(404),
                _ => writing.answer(seen),
            }
        });
        let options = Options { if_match: expects.then_some(None), ..Options::default() };
        let result = copy(&host, &host.client(), &options);
        assert_eq!(result.as_ref().err().map(|error| error.code.as_ref()), expects.then_some("CONFLICT"), "{result:?}");
        assert_eq!(store.get("c/d").tags["now"] == sha256(&theirs), expects);
    }
}

/// A manifest that is at the target, and a blob of it that the target has lost: success means that all is there.
#[test]
fn a_blob_that_the_target_has_lost() {
    let store = Store::default();
    store.put("a/b", Some("it"), OCI, &image(&store, "it", ""));
    let host = store.host();
    copy(&host, &host.client(), &Options::default()).unwrap();
    store.with("c/d", |repository| repository.blobs.remove(&sha256("layer of it")));
    let (_, copied) = copy(&host, &host.client(), &Options::default()).unwrap();
    assert_eq!((copied.blobs, copied.manifests, copied.existing), (1, 0, 2));
    assert_eq!(store.get("c/d").blobs, store.get("a/b").blobs);
}

/// HEAD at the source says that the tag is as it was: what is copied is what GET gives.
#[test]
fn the_source_is_what_it_is_now() {
    let store = Store::default();
    let (before, now) = (image(&store, "before", ""), image(&store, "now", ""));
    store.put("a/b", Some("it"), OCI, &before);
    let (answering, stale) = (store.clone(), Rc::new(RefCell::new(before.clone())));
    let told = stale.clone();
    let host = Scripted::new(move |seen| match (seen.method, seen.target.as_str()) {
        (Method::Head, "/v2/a/b/manifests/it") => {
            let stale = told.borrow();
            Reply::manifest(OCI, &stale).header("docker-content-digest", &sha256(&*stale))
        }
        _ => answering.answer(seen),
    });
    let client = host.client();
    assert_eq!(copy(&host, &client, &Options::default()).unwrap().0, sha256(&before));
    store.put("a/b", Some("it"), OCI, &now);
    assert_eq!(copy(&host, &client, &Options::default()).unwrap().0, sha256(&now));
    assert_eq!(store.get("c/d").tags["now"], sha256(&now));
    // Nor is a tag copied that is gone.
    stale.replace(now);
    store.with("a/b", |repository| repository.tags.clear());
    assert_eq!(copy(&host, &client, &Options::default()).unwrap_err().code, "MANIFEST_UNKNOWN");
}

/// An index whose entries state no platform, or some of them.
#[test]
fn platforms_that_only_the_configs_tell() {
    let platforms = ["linux/amd64", "linux/arm64", "windows/amd64"];
    for stated in [0, 1, 3] {
        for wanted in [vec![0], vec![1], vec![0, 1], vec![2, 1]] {
            let store = Store::default();
            let images = platforms.map(|platform| {
                let (os, architecture) = platform.split_once('/').unwrap();
                let config = store.blob(&format!(r#"{{"architecture":"{architecture}","os":"{os}"}}"#));
                let body = format!(
                    r#"{{"schemaVersion":2,"mediaType":"{OCI}","config":{},"layers":[]}}"#,
                    descriptor(CONFIG, &config, "")
                );
                store.put("a/b", None, OCI, &body);
                body
            });
            let entries: Vec<String> = images
                .iter()
                .enumerate()
                .map(|(at, body)| {
                    let (os, architecture) = platforms[at].split_once('/').unwrap();
                    let platform = format!(r#","platform":{{"os":"{os}","architecture":"{architecture}"}}"#);
                    descriptor(OCI, body, if at < stated { &platform } else { "" })
                })
                .collect();
            store.put("a/b", Some("it"), INDEX, &index(&entries));
            let host = store.host();
            let parsed = wanted.iter().map(|at| Platform::parse(platforms[*at]).unwrap()).collect();
            copy(&host, &host.client(), &Options { platforms: parsed, ..Options::default() }).unwrap();
            let target = store.get("c/d");
            let there: BTreeSet<usize> =
                (0..3).filter(|at| target.manifests.contains_key(&sha256(&images[*at]))).collect();
            assert_eq!(there, wanted.iter().copied().collect(), "{stated} {wanted:?}");
            // The same for an image.
            let repository = host.client().repository("a/b", None).unwrap();
            for (at, platform) in platforms.iter().enumerate() {
                let image = host.run(repository.image("it", Some(platform), &Call::default())).unwrap();
                assert_eq!(image.digest().unwrap().as_str(), sha256(&images[at]));
            }
            let data = host.run(repository.data("it", &Call::default())).unwrap();
            let told: Vec<String> = data.platforms.iter().map(ToString::to_string).collect();
            assert_eq!(told, platforms);
        }
    }
}

/// Milliseconds of a round trip.
const ROUND: u64 = 50;

/// The registry at the end of a slow link.
fn far(store: &Store) -> Scripted {
    let store = store.clone();
    Scripted::new(move |seen| store.answer(seen).after(ROUND))
}

fn large_image(store: &Store, name: &str, layers: usize) -> String {
    let config = descriptor(CONFIG, &store.blob(&format!(r#"{{"architecture":"amd64","comment":"{name}"}}"#)), "");
    let layers = (0..layers).map(|at| descriptor(LAYER, &store.blob(&format!("layer {at} of {name}")), ""));
    let layers = layers.collect::<Vec<_>>().join(",");
    format!(r#"{{"schemaVersion":2,"mediaType":"{OCI}","config":{config},"layers":[{layers}]}}"#)
}

/// Another registry with the same content, so that nothing is mounted.
fn elsewhere(host: &Scripted) -> Client<Scripted> {
    let settings = Settings { api_version: Some(Version::V2), ..Settings::default() };
    Client::new(host.clone(), Url::parse("https://other.test").unwrap(), settings)
}

/// Round trips of a copy of 20 layers between registries: the manifest while the target is looked at, then each blob while
/// the target is asked for it, its upload in two requests, and the manifest under its tag.
#[test]
fn copies_take_few_round_trips() {
    let store = Store::default();
    let image = large_image(&store, "one", 15);
    store.put("a/b", Some("it"), OCI, &image);
    let target = store.clone();
    let host = Scripted::new(move |seen| {
        let seen = Seen { target: seen.target.replace("https://other.test", ""), ..seen.clone() };
        target.answer(&seen).after(ROUND)
    });
    let (from, to) = (elsewhere(&host), host.client());
    let source = from.place("a/b:it").unwrap();
    let (_, copied) = host.run(to.copy(&source, "c/d:now", &Options::default(), &Call::default())).unwrap();
    assert_eq!((copied.manifests, copied.blobs), (1, 16));
    assert_eq!(store.get("c/d").tags["now"], sha256(&image));
    assert!(host.now() <= 5 * ROUND, "{} round trips: {:#?}", host.now() / ROUND, host.targets());
    let count = |start: &str| host.targets().iter().filter(|target| target.starts_with(start)).count();
    assert_eq!(count("PUT /v2/c/d/manifests/"), 1, "under the tag alone");
    // The tag comes last.
    assert_eq!(host.targets().last().unwrap(), "PUT /v2/c/d/manifests/now");
    // Again there is nothing to do, and nothing is read ahead.
    let before = host.seen().len();
    let (_, copied) = host.run(to.copy(&source, "c/d:now", &Options::default(), &Call::default())).unwrap();
    assert_eq!((copied.manifests, copied.blobs, copied.existing), (0, 0, 17));
    let again = host.targets().split_off(before);
    assert_eq!(again.len(), 2 + 16, "{again:#?}");
}

/// The children of an index do not wait for each other; the index waits for all of them.
#[test]
fn the_images_of_an_index_are_copied_in_parallel() {
    let store = Store::default();
    let images: Vec<String> = (0..4).map(|at| large_image(&store, &format!("image {at}"), 2)).collect();
    images.iter().for_each(|image| store.put("a/b", None, OCI, image));
    let root = index(&images.iter().map(|image| descriptor(OCI, image, "")).collect::<Vec<_>>());
    store.put("a/b", Some("it"), INDEX, &root);
    let host = far(&store);
    let (digest, copied) = copy(&host, &host.client(), &Options::default()).unwrap();
    assert_eq!((digest, copied.manifests, copied.blobs), (sha256(&root), 5, 12));
    assert!(host.now() <= 8 * ROUND, "{} round trips: {:#?}", host.now() / ROUND, host.targets());
    let puts: Vec<String> =
        host.targets().into_iter().filter(|target| target.contains("PUT /v2/c/d/manifests")).collect();
    assert_eq!(puts.len(), 5);
    assert_eq!(puts[4], "PUT /v2/c/d/manifests/now");
}

/// A part that several manifests share is copied once, and all of them wait for it.
#[test]
fn shared_parts_are_copied_once() {
    let store = Store::default();
    let layer = descriptor(LAYER, &store.blob("a layer of all"), "");
    let images: Vec<String> = (0..6)
        .map(|at| {
            let config = descriptor(CONFIG, &store.blob(&format!(r#"{{"architecture":"a{at}"}}"#)), "");
            format!(r#"{{"schemaVersion":2,"mediaType":"{OCI}","config":{config},"layers":[{layer}]}}"#)
        })
        .collect();
    images.iter().for_each(|image| store.put("a/b", None, OCI, image));
    let entries: Vec<String> = images.iter().map(|image| descriptor(OCI, image, "")).collect();
    let nested = index(&entries[..3]);
    store.put("a/b", None, INDEX, &nested);
    let mut all = entries.clone();
    all.insert(0, descriptor(INDEX, &nested, ""));
    store.put("a/b", Some("it"), INDEX, &index(&all));
    // The layer takes long. Whoever does not wait for it is refused.
    let slow = sha256("a layer of all");
    let target = store.clone();
    let host = Scripted::new(move |seen| {
        if seen.method == Method::Put && seen.target.contains("/c/d/manifests/sha256:") {
            let there = target.get("c/d");
            let missing =
                seen.body.contains(&slow) && !seen.body.contains(OCI_LIST) && !there.blobs.contains_key(&slow);
            assert!(!missing, "{}", seen.target);
            let children = images.iter().filter(|image| seen.body.contains(&sha256(image)));
            assert!(children.into_iter().all(|image| there.manifests.contains_key(&sha256(image))), "{}", seen.target);
        }
        let is_slow = seen.target.contains(&slow[7..]) && seen.method == Method::Get;
        target.answer(seen).after(if is_slow { 1_000 } else { ROUND })
    });
    let (_, copied) = copy(&host, &host.client(), &Options::default()).unwrap();
    assert_eq!((copied.manifests, copied.blobs), (8, 7));
    let layer = sha256("a layer of all").replace(':', "%3A");
    let sent = host.targets().iter().filter(|seen| seen.starts_with("PUT") && seen.contains(&layer)).count();
    assert_eq!(sent, 1);
}

/// F85: two images lack a layer that the registry claims to have mounted. The refusal of the first arrives when the layer has
/// been sent for the second.
#[test]
fn a_part_that_was_sent_for_another_manifest() {
    let store = Store::default();
    let layer = descriptor(LAYER, &store.blob("a layer of all"), "");
    let images = [0, 1].map(|at| {
        let config = descriptor(CONFIG, &store.blob(&format!(r#"{{"architecture":"a{at}"}}"#)), "");
        format!(r#"{{"schemaVersion":2,"mediaType":"{OCI}","config":{config},"layers":[{layer}]}}"#)
    });
    images.iter().for_each(|image| store.put("a/b", None, OCI, image));
    let entries = images.iter().map(|image| descriptor(OCI, image, "")).collect::<Vec<_>>();
    store.put("a/b", Some("it"), INDEX, &index(&entries));
    let (target, late, layer) = (store.clone(), sha256(&images[0]), sha256("a layer of all"));
    let host = Scripted::new(move |seen| {
        if seen.target.contains("mount=") && seen.target.contains(&layer[7..]) {
            return Reply::new(201).after(ROUND);
        }
        let is_image = seen.method == Method::Put && seen.target.contains("/c/d/manifests/sha256:");
        if is_image && seen.body.contains(&layer) && !target.get("c/d").blobs.contains_key(&layer) {
            let error = r#"{"errors":[{"code":"MANIFEST_BLOB_UNKNOWN","message":"no","detail":"DIGEST"}]}"#;
            let rounds = if seen.target.ends_with(&late) { 20 } else { 1 };
            return Reply::json(&error.replace("DIGEST", &layer)).status(400).after(rounds * ROUND);
        }
        target.answer(seen).after(ROUND)
    });
    let (_, copied) = copy(&host, &host.client(), &Options::default()).unwrap();
    assert_eq!((copied.manifests, copied.blobs, copied.mounted), (3, 3, 0));
    assert_eq!(store.get("c/d").blobs, store.get("a/b").blobs);
}

/// The index media type, to tell an index from an image.
const OCI_LIST: &str = "\"manifests\"";

/// `concurrency` governs a copy as it governs every other call.
#[test]
fn concurrency_governs_copies() {
    for concurrency in [1, 3] {
        let store = Store::default();
        store.put("a/b", Some("it"), OCI, &large_image(&store, "one", 12));
        let host = far(&store);
        let client = host.client_with(Settings { concurrency: Some(concurrency), ..Settings::default() });
        copy(&host, &client, &Options::default()).unwrap();
        assert!(host.most_open() <= concurrency, "{}", host.most_open());
    }
}

/// F85: the registry says that it mounted what it did not, and checks no manifest. A tag never points to an image without blobs.
#[test]
fn mounts_that_are_not_there() {
    for exists in [false, true] {
        let store = Store::default();
        store.put("a/b", Some("it"), OCI, &large_image(&store, "one", 6));
        if exists {
            store.put("c/d", Some("it"), OCI, &large_image(&Store::default(), "other", 1));
        }
        let target = store.clone();
        let host = Scripted::new(move |seen| {
            if seen.target.contains("mount=") { Reply::new(201).after(ROUND) } else { target.answer(seen).after(ROUND) }
        });
        copy(&host, &host.client(), &Options::default()).unwrap();
        assert_eq!(store.get("c/d").blobs, store.get("a/b").blobs, "{exists}");
    }
}
