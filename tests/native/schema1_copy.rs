//! Manifests of schema 1 copied as they are, made into newer ones, and signed by Docker's own library.

use std::fs;
use std::path::Path;

use crate::support::schema1::{SIGNED, Sample, Store, payload, read, sign};
use crate::support::{Reply, Scripted, Step, sha256};
use docker_registry_client_wasm::registry::copy::Options;
use docker_registry_client_wasm::registry::{Call, Form};
use serde_json::{Value, json};

/// Copies `latest` to a store; what came there, and what was answered.
fn copy(source: &Scripted, convert: Option<Form>) -> (Store, Result<String, (String, String)>) {
    let store = Store::default();
    let target = store.host();
    let place = source.repository().place("latest").unwrap();
    let options = Options { convert, ..Options::default() };
    let copied = target.run(target.client().copy(&place, "a/c:new", &options, &Call::default()));
    let told = copied.map(|(descriptor, _)| descriptor.digest.to_string());
    (store, told.map_err(|error| (error.code.to_string(), error.message.clone())))
}

fn host_of(routes: Vec<(String, Reply)>) -> Scripted {
    Scripted::routes(routes.iter().map(|(target, reply)| (target.as_str(), reply.clone())).collect())
}

#[test]
fn as_it_is() {
    let sample = Sample::new();
    let (store, copied) = copy(&sample.host(), None);
    assert_eq!(copied, Ok(sample.digest()));
    assert_eq!(store.get("/v2/a/c/manifests/new").unwrap(), sample.signed.as_bytes());
    // The registry wants every layer it names, those without content too.
    for blob in [&sample.base, &sample.empty, &sample.top] {
        assert!(store.get(&format!("/v2/a/c/blobs/{}", sha256(blob))).is_some());
    }
    let mut routes = sample.routes();
    routes.remove(1);
    let (store, copied) = copy(&host_of(routes), None);
    assert_eq!(copied.unwrap_err().0, "NOT_FOUND");
    assert!(store.0.borrow().is_empty());
}

#[test]
fn converted() {
    let sample = Sample::new();
    for (form, kind, config_kind, layer) in [
        (
            Form::Docker,
            "application/vnd.docker.distribution.manifest.v2+json",
            "application/vnd.docker.container.image.v1+json",
            "application/vnd.docker.image.rootfs.diff.tar.gzip",
        ),
        (
            Form::Oci,
            "application/vnd.oci.image.manifest.v1+json",
            "application/vnd.oci.image.config.v1+json",
            "application/vnd.oci.image.layer.v1.tar+gzip",
        ),
    ] {
        let (store, copied) = copy(&sample.host(), Some(form));
        let bytes = store.get("/v2/a/c/manifests/new").unwrap();
        assert_eq!(copied, Ok(sha256(&bytes)));
        let document: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!((&document["mediaType"], &document["config"]["mediaType"]), (&json!(kind), &json!(config_kind)));
        let described = |bytes: &Vec<u8>| json!({"mediaType": layer, "digest": sha256(bytes), "size": bytes.len()});
        assert_eq!(document["layers"], json!([described(&sample.base), described(&sample.top)]));
        let config = document["config"]["digest"].as_str().unwrap();
        let config: Value = serde_json::from_slice(&store.get(&format!("/v2/a/c/blobs/{config}")).unwrap()).unwrap();
        assert_eq!(config["rootfs"], json!({"type": "layers", "diff_ids": [sha256("base"), sha256("top")]}));
        assert_eq!(config["history"].as_array().unwrap().len(), 3);
        assert_eq!((&config["architecture"], &config["id"]), (&json!("arm"), &Value::Null));
        // What holds nothing is left behind.
        assert!(store.get(&format!("/v2/a/c/blobs/{}", sha256(&sample.empty))).is_none());
    }
}

/// Layers that are there twice, that are no gzip, that are broken.
#[test]
fn odd_layers() {
    let sample = Sample::new();
    let raw = b"no gzip".to_vec();
    let v1 = [json!({"id": "c", "parent": "b"}), json!({"id": "b", "parent": "a"}), json!({"id": "a"})];
    let signed = sign(&payload(&[&sample.base, &raw, &sample.base], &v1), 1);
    let routes = |base: Reply| {
        vec![
            (format!("/v2/a/b/blobs/{}", sha256(&sample.base)), base),
            (format!("/v2/a/b/blobs/{}", sha256(&raw)), Reply::bytes(&raw)),
            ("/v2/a/b/manifests/latest".to_owned(), Reply::manifest(SIGNED, &signed)),
        ]
    };
    let in_pieces = sample
        .base
        .iter()
        .fold(Reply::new(200).header("content-length", &sample.base.len().to_string()), |reply, byte| {
            reply.step(Step::Bytes(vec![*byte]))
        });
    for base in [Reply::bytes(&sample.base), in_pieces] {
        let (store, copied) = copy(&host_of(routes(base)), Some(Form::Docker));
        copied.unwrap();
        let document: Value = serde_json::from_slice(&store.get("/v2/a/c/manifests/new").unwrap()).unwrap();
        let types: Vec<_> =
            document["layers"].as_array().unwrap().iter().map(|layer| layer["mediaType"].as_str().unwrap()).collect();
        let packed = "application/vnd.docker.image.rootfs.diff.tar.gzip";
        assert_eq!(types, [packed, "application/vnd.docker.image.rootfs.diff.tar", packed]);
        let config = document["config"]["digest"].as_str().unwrap();
        let config: Value = serde_json::from_slice(&store.get(&format!("/v2/a/c/blobs/{config}")).unwrap()).unwrap();
        assert_eq!(config["rootfs"]["diff_ids"], json!([sha256("base"), sha256(&raw), sha256("base")]));
    }
    let mut wrong = sample.base.clone();
    *wrong.get_mut(10).unwrap() = 0xff; // a kind of block that there is not
    let (store, copied) = copy(&host_of(routes(Reply::bytes(&wrong))), Some(Form::Oci));
    assert_eq!(copied.unwrap_err().0, "DIGEST_MISMATCH");
    assert!(store.0.borrow().is_empty());
    // Right by its digest, and no whole gzip.
    let cut = sample.base[..sample.base.len() - 3].to_vec();
    let signed = sign(&payload(&[&cut], &[json!({"id": "a"})]), 1);
    let routes = vec![
        (format!("/v2/a/b/blobs/{}", sha256(&cut)), Reply::bytes(&cut)),
        ("/v2/a/b/manifests/latest".to_owned(), Reply::manifest(SIGNED, &signed)),
    ];
    let (_, copied) = copy(&host_of(routes), Some(Form::Oci));
    let (code, message) = copied.unwrap_err();
    assert!(code == "INVALID_RESPONSE" && message.contains(&sha256(&cut)), "{code}: {message}");
}

/// An index may hold schema 1: its size is that of one answer, and says nothing.
#[test]
fn within_an_index() {
    let sample = Sample::new();
    let list = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.docker.distribution.manifest.list.v2+json",
        "manifests": [{"mediaType": SIGNED, "digest": sample.digest(), "size": 7, "platform": {"os": "linux", "architecture": "arm"}}],
    })
    .to_string();
    let mut routes = sample.routes();
    routes.retain(|(target, _)| target != "/v2/a/b/manifests/latest");
    let kind = "application/vnd.docker.distribution.manifest.list.v2+json";
    routes.push(("/v2/a/b/manifests/latest".into(), Reply::manifest(kind, &list)));
    let host = host_of(routes);
    let image = host.run(host.repository().image("latest", Some("linux/arm"), &Call::default())).unwrap();
    assert_eq!(image.id(), "c");
    let (store, copied) = copy(&host, None);
    assert_eq!(copied, Ok(sha256(&list)));
    assert!(store.get(&format!("/v2/a/c/manifests/{}", sample.digest())).is_some());
}

/// `tests/vectors/schema1`: documents that libtrust, Docker's library for signatures, signed or that were damaged afterwards.
#[test]
fn documents_of_libtrust() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/schema1");
    let table: Value = serde_json::from_slice(&fs::read(folder.join("cases.json")).unwrap()).unwrap();
    let cases = table["cases"].as_array().unwrap();
    for case in cases {
        let name = case["file"].as_str().unwrap();
        let file = fs::read(folder.join(name)).unwrap();
        let ids: Vec<_> =
            case["key_ids"].as_array().into_iter().flatten().map(|id| id.as_str().unwrap().to_owned()).collect();
        let digest = case["payload_digest"].as_str().unwrap_or_default().to_owned();
        let Some(code) = case["code"].as_str() else {
            assert_eq!(read(&file, "latest", false), Ok((digest.clone(), ids.clone())), "{name}");
            assert_eq!(read(&file, &digest, false), Ok((digest, ids)), "{name}");
            continue;
        };
        assert_eq!(read(&file, "latest", false), Err(code.to_owned()), "{name}");
        // With a warning only what can be read at all; and nobody is called right who is not.
        if let Ok((told, verified)) = read(&file, "latest", true) {
            assert!(told == digest && verified.len() < case["signature_count"].as_u64().unwrap() as usize, "{name}");
        }
    }
    let files = fs::read_dir(folder).unwrap().count();
    assert_eq!(cases.len() + 1, files, "each file has its case");
}
