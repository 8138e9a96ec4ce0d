//! Manifests of schema 1 against a scripted registry: what they are called, whose they are, what is made of them.

use std::cell::RefCell;
use std::rc::Rc;

use crate::support::schema1::{SIGNED, Sample, Store, UNSIGNED, sign, signer};
use crate::support::{Reply, Scripted, sha256};
use docker_registry_client_wasm::protocol::oci::digest::{Algorithm, Digest};
use docker_registry_client_wasm::registry::{Call, FetchedManifest, Image, Layer, Settings};
use serde_json::{Value, json};

const SCHEMA2: &str = "application/vnd.docker.distribution.manifest.v2+json";
const LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";

type Outcome<T> = Result<T, (String, String)>;

fn manifest_with(host: &Scripted, reference: &str, settings: Settings) -> Outcome<Rc<FetchedManifest>> {
    let repository = host.client_with(settings).repository("a/b", None).unwrap();
    let fetched = host.run(repository.manifest(reference, None, &Call::default()));
    assert_eq!(host.open(), 0);
    fetched.map_err(|error| (error.code.to_string(), error.message.clone()))
}

fn manifest(host: &Scripted, reference: &str) -> Outcome<Rc<FetchedManifest>> {
    manifest_with(host, reference, Settings::default())
}

/// Settings that take what is not signed, and what they warned of.
fn taking() -> (Settings, Rc<RefCell<Vec<String>>>) {
    let warnings: Rc<RefCell<Vec<String>>> = Rc::default();
    let told = warnings.clone();
    let warned = Rc::new(move |text: &str| told.borrow_mut().push(text.to_owned()));
    (Settings { takes_unverified: true, warned: Some(warned), ..Settings::default() }, warnings)
}

fn answering(media_type: &'static str, content: impl Into<String>) -> Scripted {
    let content = content.into();
    Scripted::new(move |_| Reply::manifest(media_type, &content))
}

/// F52: the digest is the payload's, under whichever type it comes.
#[test]
fn the_digest_is_that_of_the_payload() {
    let sample = Sample::new();
    for media_type in [SIGNED, UNSIGNED, "text/plain; charset=utf-8", "application/json", ""] {
        let host = answering(media_type, &sample.signed);
        for reference in ["latest", &sample.digest()] {
            let fetched = manifest(&host, reference).unwrap();
            assert_eq!(fetched.digest.as_str(), sample.digest(), "{media_type}");
            assert_eq!(fetched.bytes, sample.signed.as_bytes());
            let legacy = fetched.schema1.as_ref().unwrap();
            assert_eq!(legacy.payload, sample.payload.as_bytes());
            assert!(matches!(legacy.signatures.as_slice(), [fact] if fact.verified && fact.algorithm == "ES256"));
            assert_eq!(fetched.descriptor().size, sample.signed.len() as u64);
        }
        let sha512 = Digest::of(Algorithm::Sha512, sample.payload.as_bytes()).to_string();
        assert_eq!(manifest(&host, &sha512).unwrap().digest.as_str(), sha512);
        assert_eq!(manifest(&host, &sha256(&sample.signed)).unwrap_err().0, "DIGEST_MISMATCH");
    }
    let hint = Reply::manifest(SIGNED, &sample.signed).header("docker-content-digest", &sha256(&sample.signed));
    let host = Scripted::new(move |_| hint.clone());
    assert_eq!(manifest(&host, "latest").unwrap_err().0, "DIGEST_MISMATCH");
    assert!(host.seen()[0].headers.get("accept").unwrap().ends_with(&format!("{SCHEMA2}, {SIGNED}, {UNSIGNED}, */*")));
}

/// F48: what is not signed as it should be is an error, or a warning where that is wanted.
#[test]
fn what_is_not_signed_as_it_should_be() {
    let sample = Sample::new();
    let signature = |document: &str| {
        let document: Value = serde_json::from_str(document).unwrap();
        document["signatures"][0]["signature"].as_str().unwrap().to_owned()
    };
    let good = signature(&sample.signed);
    let others = sign(&sample.payload.replace("latest", "oldest"), 1);
    for (document, media_type, message) in [
        (sample.payload.clone(), UNSIGNED, "it is not signed"),
        (sample.payload.clone(), SIGNED, "it is not signed"),
        (sample.signed.replace("latest", "oldest"), SIGNED, "signature 1 of 1 (ES256) is not valid"),
        (sample.signed.replace(&good, &signature(&others)), SIGNED, "signature 1 of 1 (ES256) is not valid"),
        (sample.signed.replace(&good, "AAAA"), SIGNED, "signature 1 of 1.signature: it has 3 bytes, ES256 needs 64"),
        (sample.signed.replace("\"ES256\"", "\"HS256\""), SIGNED, "signature 1 of 1.header.alg: got \"HS256\""),
    ] {
        let host = answering(media_type, &document);
        let (code, told) = manifest(&host, "latest").unwrap_err();
        assert_eq!(code, "SIGNATURE_INVALID");
        assert!(told.contains(message) && told.contains("options.unverifiedSchema1"), "{told}");
        let (settings, warnings) = taking();
        let fetched = manifest_with(&host, "latest", settings).unwrap();
        assert!(!fetched.schema1.as_ref().unwrap().signatures.iter().any(|fact| fact.verified));
        let warnings = warnings.borrow();
        assert!(matches!(warnings.as_slice(), [one] if one.contains(message)), "{warnings:?}");
        assert!(warnings[0].contains(fetched.digest.as_str()));
    }
    // What has no clear payload has no digest: that cannot be taken.
    let host = answering(SIGNED, r#"{"schemaVersion":1,"signatures":[]}"#);
    assert_eq!(manifest_with(&host, "latest", taking().0).unwrap_err().0, "SIGNATURE_INVALID");
}

/// Where signatures cannot be checked that is said, and the digest is computed all the same.
#[test]
fn a_host_without_cryptography() {
    let sample = Sample::new();
    let host = sample.host().without_cryptography();
    let (code, message) = manifest(&host, "latest").unwrap_err();
    assert_eq!(code, "UNSUPPORTED");
    assert!(message.contains("secure context") && message.contains("options.unverifiedSchema1"), "{message}");
    let (settings, warnings) = taking();
    let fetched = manifest_with(&host, "latest", settings).unwrap();
    let signatures = &fetched.schema1.as_ref().unwrap().signatures;
    assert!(!signatures[0].verified && signatures[0].key_id.is_some());
    assert!(warnings.borrow()[0].contains("crypto.subtle"));
    let push = host.repository();
    let call = Call::default();
    let pushed = push.push_manifest("x", sample.payload.clone().into_bytes(), None, None, None, &call);
    assert_eq!(host.run(pushed).unwrap_err().code, "UNSUPPORTED");
}

#[test]
fn an_image() {
    let sample = Sample::new();
    let host = sample.host();
    let repository = host.repository();
    let call = Call::default();
    let image: Image<_> = host.run(repository.image("latest", None, &call)).unwrap();
    assert_eq!((image.id(), image.digest().unwrap().as_str()), ("c", sample.digest().as_str()));
    assert_eq!(image.size(), Some((sample.base.len() + sample.top.len()) as u64));
    let layers: Value = serde_json::to_value(image.layers()).unwrap();
    let layer = |bytes: &Vec<u8>| json!({"mediaType": LAYER, "digest": sha256(bytes), "size": bytes.len()});
    assert_eq!(layers, json!([layer(&sample.base), layer(&sample.top)]));
    assert_eq!(image.platform().map(ToString::to_string).as_deref(), Some("linux/arm"));
    assert_eq!(image.created(), Some("2015-08-06T23:53:22Z"));
    assert_eq!(host.run(image.ancestry()).unwrap(), ["c", "b", "a"]);
    let history = host.run(image.history()).unwrap();
    let steps: Vec<_> =
        history.iter().map(|step| (step.created_by.as_deref(), step.empty_layer, step.layer.is_some())).collect();
    assert_eq!(steps, [(None, false, true), (Some("CMD"), true, false), (Some("COPY top"), false, true)]);
    assert_eq!(host.run(image.field("config", &call)).unwrap().as_deref(), Some(r#"{"Cmd":["top"]}"#));
    assert_eq!(host.run(image.field("rootfs", &call)).unwrap(), None);
    let pull = host.run(image.layer(Layer::Top, &call)).unwrap();
    let bytes: Vec<u8> = host.run(pull.collect()).unwrap().into_iter().flat_map(|chunk| chunk.0).collect();
    assert_eq!(bytes, sample.top);
    // The sizes are asked for once, each blob once.
    let heads = || host.targets().iter().filter(|target| target.starts_with("HEAD /v2/a/b/blobs/")).count();
    assert_eq!(heads(), 3);
    host.run(repository.data("latest", &call)).unwrap();
    assert_eq!(heads(), 3);
    let data = host.run(repository.data("latest", &call)).unwrap();
    assert_eq!((data.digest, data.size), (Some(sample.digest()), image.size()));
    assert_eq!(data.platforms.len(), 1);
    let wanted = host.run(repository.image("latest", Some("linux/s390x"), &call)).err().unwrap();
    assert_eq!(wanted.code, "NO_MATCHING_PLATFORM");
}

#[test]
fn a_layer_that_is_gone() {
    let sample = Sample::new();
    let mut routes = sample.routes();
    routes.remove(0);
    let host = Scripted::routes(routes.iter().map(|(target, reply)| (target.as_str(), reply.clone())).collect());
    let error = host.run(host.repository().image("latest", None, &Call::default())).err().unwrap();
    assert_eq!(error.code, "NOT_FOUND");
    assert!(error.message.contains(&sha256(&sample.base)), "{}", error.message);
    assert!(manifest(&host, "latest").is_ok());
}

#[test]
fn pushing() {
    let sample = Sample::new();
    let store = Store::default();
    let host = store.host();
    let repository = host.client().repository("a/c", None).unwrap();
    let call = Call::default();
    let push = |reference: &str, document: &str, media_type: Option<&str>, key: Option<u8>| {
        let document = document.to_owned().into_bytes();
        let pushed = repository.push_manifest(reference, document, media_type, key.map(signer), None, &call);
        host.run(pushed).map_err(|error| (error.code.to_string(), error.message.clone()))
    };
    // What is signed goes as it is, what is not is signed: the payload stays byte for byte.
    push("as-it-is", &sample.signed, None, None).unwrap();
    assert_eq!(store.get("/v2/a/c/manifests/as-it-is").unwrap(), sample.signed.as_bytes());
    for (payload, media_type) in
        [(sample.payload.clone(), None), (sample.payload.replace(['\n', ' '], ""), Some(UNSIGNED))]
    {
        for (key, seed) in [(None, 7), (Some(9), 9)] {
            let pushed = push("signed", &payload, media_type, key).unwrap();
            assert_eq!((pushed.digest.to_string(), pushed.media_type.as_str()), (sha256(&payload), SIGNED));
            let sent = store.get("/v2/a/c/manifests/signed").unwrap();
            let fetched = manifest(&answering(SIGNED, String::from_utf8(sent).unwrap()), &sha256(&payload)).unwrap();
            let legacy = fetched.schema1.as_ref().unwrap();
            assert_eq!(legacy.payload, payload.as_bytes());
            assert_eq!(legacy.signatures[0].key_id, Some(signer(seed).key().id()));
        }
    }
    assert_eq!(host.seen().last().unwrap().headers.get("content-type"), Some(SIGNED));
    push(&sample.digest(), &sample.payload, None, None).unwrap();
    // What is wrong is refused before any request.
    let before = host.seen().len();
    let oci = format!(
        r#"{{"schemaVersion":2,"mediaType":"{SCHEMA2}","config":{{"mediaType":"a/b","digest":"{0}","size":1}},"layers":[]}}"#,
        sha256("x")
    );
    for (reference, document, media_type, key, code) in [
        ("x", sample.signed.replace("latest", "oldest"), None, None, "SIGNATURE_INVALID"),
        ("x", sample.signed.clone(), None, Some(9), "INVALID_ARGUMENT"),
        ("x", oci, None, Some(9), "INVALID_ARGUMENT"),
        ("x", r#"{"schemaVersion":1}"#.into(), None, None, "INVALID_ARGUMENT"),
        ("x", sample.payload.replace(&sha256(&sample.base), "sha256:x"), None, None, "INVALID_ARGUMENT"),
        (&*sha256("x"), sample.payload.clone(), None, None, "DIGEST_MISMATCH"),
    ] {
        assert_eq!(push(reference, &document, media_type, key).unwrap_err().0, code, "{document}");
    }
    assert_eq!(host.seen().len(), before);
}
