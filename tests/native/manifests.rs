//! Manifests, indexes, platforms and images against a scripted registry.

use std::cell::Cell;
use std::rc::Rc;

use crate::support::{Bytes, Reply, Scripted, Step, descriptor, sha256};
use docker_registry_client_wasm::protocol::http::Method;
use docker_registry_client_wasm::registry::{Call, Image, ImageLayer, Layer, Settings};
use futures_util::future::join_all;

const OCI: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const SCHEMA2: &str = "application/vnd.docker.distribution.manifest.v2+json";
const LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// A registry's content: manifests by tag and digest, blobs by digest.
#[derive(Default, Clone)]
struct Content(Vec<(String, Reply)>);

impl Content {
    fn blob(&mut self, content: &str) -> &mut Self {
        self.0.push((format!("/v2/a/b/blobs/{}", sha256(content)), Reply::bytes(content)));
        self
    }

    fn manifest(&mut self, tag: &str, media_type: &str, content: &str) -> &mut Self {
        for reference in [tag, &sha256(content)] {
            self.0.push((format!("/v2/a/b/manifests/{reference}"), Reply::manifest(media_type, content)));
        }
        self
    }

    /// An image whose config tells this platform; its manifest's descriptor, with `extra` fields.
    fn image(&mut self, architecture: &str, extra: &str) -> String {
        let config = config(architecture);
        let manifest = image_manifest(&config);
        self.blob(&config).blob("layer one").blob("layer two").manifest(architecture, OCI, &manifest);
        descriptor(OCI, &manifest, extra)
    }

    fn host(&self) -> Scripted {
        Scripted::routes(self.0.iter().map(|(target, reply)| (target.as_str(), reply.clone())).collect())
    }
}

fn config(architecture: &str) -> String {
    let (one, two) = (sha256("diff one"), sha256("diff two"));
    format!(
        r#"{{"created":"2026-01-02T03:04:05Z","architecture":"{architecture}","os":"linux","config":{{"Labels":{{"__proto__":"x"}}}},
        "rootfs":{{"type":"layers","diff_ids":["{one}","{two}"]}},"history":[{{"created_by":"COPY a /"}},{{"created_by":"ENV A=1","empty_layer":true}},{{"created_by":"RUN b"}}]}}"#
    )
}

fn image_manifest(config: &str) -> String {
    let config = descriptor(CONFIG, config, "");
    let layers = [descriptor(LAYER, "layer one", ""), descriptor(LAYER, "layer two", "")].join(",");
    format!(r#"{{"schemaVersion":2,"mediaType":"{OCI}","config":{config},"layers":[{layers}]}}"#)
}

fn index(entries: &[String]) -> String {
    format!(r#"{{"schemaVersion":2,"mediaType":"{INDEX}","manifests":[{}]}}"#, entries.join(","))
}

fn platform(text: &str) -> String {
    let mut parts = text.split('/');
    let (os, architecture) = (parts.next().unwrap(), parts.next().unwrap());
    let variant = parts.next().map(|variant| format!(r#","variant":"{variant}""#)).unwrap_or_default();
    format!(r#","platform":{{"os":"{os}","architecture":"{architecture}"{variant}}}"#)
}

fn image(host: &Scripted, reference: &str, platform: Option<&str>) -> Result<Image<Scripted>, (String, String)> {
    let repository = host.repository();
    host.run(repository.image(reference, platform, &Call::default()))
        .map_err(|error| (error.code.to_string(), error.message.clone()))
}

fn manifest_error(reply: Reply, reference: &str) -> (String, String) {
    let host = Scripted::new(move |_| reply.clone());
    let error = host.run(host.repository().manifest(reference, None, &Call::default())).unwrap_err();
    assert_eq!(host.open(), 0);
    (error.code.to_string(), error.message.clone())
}

/// F24.
#[test]
fn a_manifest_is_hashed_as_it_came() {
    let pretty =
        format!("{{\n  \"schemaVersion\": 2,\n  \"config\": {},\n  \"layers\": []\n}}\n", descriptor(CONFIG, "{}", ""));
    let host = Scripted::new(move |_| Reply::manifest(&format!("{OCI}; charset=utf-8"), &pretty));
    let fetched = host.run(host.repository().manifest("latest", None, &Call::default())).unwrap();
    assert_eq!(fetched.digest.to_string(), sha256(&fetched.bytes));
    assert_eq!(fetched.manifest.media_type, OCI);
    let accept = host.seen()[0].headers.get("accept").unwrap().to_owned();
    assert!([OCI, INDEX, SCHEMA2, LIST].iter().all(|media_type| accept.contains(media_type)), "{accept}");
}

/// F23.
#[test]
fn by_digest_the_content_must_match() {
    let asked = sha256("something else");
    let (code, message) = manifest_error(Reply::manifest(INDEX, &index(&[])), &asked);
    assert_eq!(code, "DIGEST_MISMATCH");
    assert!(message.contains(&asked), "{message}");
}

/// F25, F26.
#[test]
fn the_digest_header_is_compared_in_its_own_algorithm() {
    let content = index(&[]);
    let wrong = Reply::manifest(INDEX, &content).header("docker-content-digest", &sha256("x"));
    assert_eq!(manifest_error(wrong, "latest").0, "DIGEST_MISMATCH");
    for (hint, right) in [
        (
            docker_registry_client_wasm::protocol::oci::digest::Digest::of(
                docker_registry_client_wasm::protocol::oci::digest::Algorithm::Sha512,
                content.as_bytes(),
            )
            .to_string(),
            true,
        ),
        (format!("sha512:{}", "0".repeat(128)), false),
        ("garbage".to_owned(), true),
        ("blake3:abc".to_owned(), true),
    ] {
        let content = content.clone();
        let reply = Reply::manifest(INDEX, &content).header("docker-content-digest", &hint);
        let host = Scripted::new(move |_| reply.clone());
        let result = host.run(host.repository().manifest(&sha256(&content), None, &Call::default()));
        assert_eq!(result.is_ok(), right, "{hint}");
    }
}

#[test]
fn a_digest_that_cannot_be_verified_is_refused_before_any_request() {
    let host = Scripted::new(|_| Reply::new(500));
    let unknown = format!("blake3:{}", "0".repeat(64));
    for reference in [unknown.as_str(), "md5:0", "sha256:ABC", "sha256:../../x", "bad tag", "", "-x", &"t".repeat(129)]
    {
        let error = host.run(host.repository().manifest(reference, None, &Call::default())).unwrap_err();
        assert!(matches!(error.code.as_ref(), "INVALID_REFERENCE" | "UNSUPPORTED"), "{reference}: {error}");
    }
    assert!(host.seen().is_empty());
}

#[test]
fn giant_manifests_are_not_read_whole() {
    let endless = Reply::new(200).step(Step::Forever(vec![b' '; 65_536]));
    let host = Scripted::new(move |_| endless.clone());
    let error = host.run(host.repository().manifest("latest", None, &Call::default())).unwrap_err();
    assert_eq!(error.code, "TOO_LARGE");
    assert!(host.bytes_sent() < 5 * 1024 * 1024 && host.open() == 0);
    let declared = Reply::manifest(INDEX, &index(&[])).header("content-length", "100000000");
    assert_eq!(manifest_error(declared, "latest").0, "TOO_LARGE");
}

/// A5: registries take them, so their bytes, digest and type can be had; an image is made of none.
#[test]
fn documents_that_break_the_rules_can_be_read_all_the_same() {
    let broken = |content: &str, code: &str, place: &str| {
        let reply = Reply::manifest(INDEX, content);
        let host = Scripted::new(move |_| reply.clone());
        let found = host.run(host.repository().manifest("latest", None, &Call::default())).unwrap();
        assert_eq!((found.bytes.as_slice(), found.digest.to_string()), (content.as_bytes(), sha256(content)));
        let problem = found.manifest.problem.clone().unwrap();
        assert!(problem.code == code && problem.message.contains(place), "{content}: {problem:?}");
        let (told, message) = image(&host, "latest", None).err().unwrap();
        assert!(told == code && message.contains(&problem.message), "{content}: {told} {message}");
    };
    broken(r#"{"schemaVersion":2,"manifests":{}}"#, "INVALID_RESPONSE", "manifests");
    broken(r#"{"schemaVersion":2,"manifests":[],"layers":[]}"#, "AMBIGUOUS_MANIFEST", "layers");
    let other = format!(r#"{{"schemaVersion":2,"mediaType":"{OCI}","manifests":[]}}"#);
    broken(&other, "INVALID_RESPONSE", "they must be the same");
    for size in ["-1", "1.5", "18446744073709551616", "9007199254740992", "\"1\"", "null", "1e3"] {
        let content = format!(
            r#"{{"schemaVersion":2,"manifests":[{{"mediaType":"{OCI}","digest":"{}","size":{size}}}]}}"#,
            sha256("")
        );
        broken(&content, "INVALID_RESPONSE", "manifests[0].size");
    }
}

/// A proxy's page has status 200 too. What a digest vouches for is what the registry has.
#[test]
fn what_is_no_document_is_refused_unless_a_digest_vouches_for_it() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for content in ["", "null", "[]", "<html>sign in</html>", "{", deep.as_str()] {
        let reply = Reply::manifest("text/html", content);
        assert_eq!(manifest_error(reply.clone(), "latest").0, "INVALID_RESPONSE");
        let told = reply.clone().header("docker-content-digest", &sha256(content));
        for (reply, reference) in [(told, "latest".to_owned()), (reply, sha256(content))] {
            let host = Scripted::new(move |_| reply.clone());
            let found = host.run(host.repository().manifest(&reference, None, &Call::default())).unwrap();
            assert_eq!((found.bytes.as_slice(), found.digest.to_string()), (content.as_bytes(), sha256(content)));
            assert_eq!(found.manifest.problem.as_ref().map(|problem| problem.code), Some("INVALID_RESPONSE"));
            assert_eq!(image(&host, &reference, None).err().map(|(code, _)| code).as_deref(), Some("INVALID_RESPONSE"));
        }
    }
}

/// A1: HEAD is a hint. Nexus answers it with 404 `text/html` where GET finds the manifest; a type that says nothing is no type.
#[test]
fn head_that_lies() {
    let content = index(&[]);
    for lie in [
        Reply::new(404).header("content-type", "text/html"),
        Reply::new(404),
        Reply::manifest("application/json", &content).header("docker-content-digest", &sha256(&content)),
        Reply::manifest("text/html; charset=utf-8", &content).header("docker-content-digest", &sha256(&content)),
        Reply::manifest("application/octet-stream", &content).header("docker-content-digest", &sha256(&content)),
        Reply::new(200).header("content-type", INDEX),
    ] {
        let whole = Reply::manifest("text/html", &content);
        let host = Scripted::new(move |seen| if seen.method == Method::Head { lie.clone() } else { whole.clone() });
        for reference in ["latest".to_owned(), sha256(&content)] {
            let found = host.run(host.repository().head_manifest(&reference, &Call::default())).unwrap().unwrap();
            assert_eq!((found.media_type.as_str(), found.digest.to_string()), (INDEX, sha256(&content)));
        }
    }
}

#[test]
fn truncated_and_unreadable_bodies() {
    let short = Reply::manifest(INDEX, &index(&[])).header("content-length", "5000");
    assert_eq!(manifest_error(short, "latest").0, "TRUNCATED");
    let broken = Reply::new(200).step(Step::Bytes(b"{\"sch".to_vec())).step(Step::Reset);
    assert_eq!(manifest_error(broken, "latest").0, "NETWORK");
    let invalid = Reply::bytes(b"{\"schemaVersion\":2,\"x\":\"\xff\xfe\"}".as_slice()).header("content-type", INDEX);
    assert_eq!(manifest_error(invalid, "latest").0, "INVALID_RESPONSE");
}

/// F27.
#[test]
fn head_falls_back_to_get_where_it_tells_too_little() {
    let content = index(&[]);
    let whole = Reply::manifest(INDEX, &content).header("docker-content-digest", &sha256(&content));
    let head = |reply: Reply| {
        let host = Scripted::new(move |_| reply.clone());
        let found = host.run(host.repository().head_manifest("latest", &Call::default()));
        (found.map(|found| found.map(|found| (found.media_type, found.digest.to_string(), found.size))), host.targets())
    };
    let expected = (INDEX.to_owned(), sha256(&content), content.len() as u64);
    let (found, requests) = head(whole.clone());
    assert_eq!((found.unwrap(), requests.len()), (Some(expected.clone()), 1));
    let (found, requests) = head(whole.clone().filtered());
    assert_eq!((found.unwrap(), requests.len()), (Some(expected.clone()), 2));
    let (found, _) = head(Reply::new(404));
    assert_eq!(found.unwrap(), None);
    let (found, requests) = head(Reply::json(r#"{"errors":[{"code":"DENIED","message":"no"}]}"#).status(403));
    assert_eq!(found.unwrap_err().code, "DENIED", "GET explains what HEAD cannot");
    assert_eq!(requests.len(), 2);
    let not_head = Scripted::new(move |seen| match seen.method.as_str() {
        "HEAD" => Reply::new(405),
        _ => whole.clone(),
    });
    let found = not_head.run(not_head.repository().head_manifest("latest", &Call::default())).unwrap().unwrap();
    assert_eq!(found.digest.to_string(), expected.1);
}

#[test]
fn an_image_tells_its_facts() {
    let mut content = Content::default();
    let manifest = image_manifest(&config("amd64"));
    content.image("amd64", "");
    let host = content.host();
    let image = image(&host, "amd64", None).unwrap();
    assert_eq!(image.id(), sha256(config("amd64")));
    assert_eq!(image.digest().unwrap().to_string(), sha256(&manifest));
    assert_eq!((image.media_type(), image.size(), image.layers().len()), (OCI, Some(18), 2));
    assert_eq!(image.created(), Some("2026-01-02T03:04:05Z"));
    assert_eq!(image.platform().unwrap().to_string(), "linux/amd64");
    let call = Call::default();
    let history = host.run(image.history()).unwrap();
    let digest = |layer: &ImageLayer| match layer {
        ImageLayer::Blob(descriptor) => descriptor.digest.to_string(),
        ImageLayer::V1(layer) => panic!("{layer:?}"),
    };
    let layers: Vec<_> = history.iter().map(|step| step.layer.as_ref().map(digest)).collect();
    assert_eq!(layers, [Some(sha256("layer one")), None, Some(sha256("layer two"))]);
    assert!(host.run(image.dockerfile()).unwrap().contains("COPY a /"));
    // image-spec, config.md: ChainID(L0, L1) = Digest(ChainID(L0) + " " + DiffID(L1))
    let (one, two) = (sha256("diff one"), sha256("diff two"));
    assert_eq!(host.run(image.ancestry()).unwrap(), [sha256(format!("{one} {two}")), one]);
    assert_eq!(host.run(image.field("os", &call)).unwrap().as_deref(), Some("\"linux\""));
    assert_eq!(host.run(image.field("nothing", &call)).unwrap(), None);
    assert_eq!(host.run(image.field("__proto__", &call)).unwrap(), None);
    assert_eq!(String::from_utf8(host.run(image.json(&call)).unwrap().to_vec()).unwrap(), config("amd64"));

    let pull = |which: Layer| host.run(async { image.layer(which, &call).await?.collect().await });
    let text = |chunks: Vec<Bytes>| String::from_utf8(chunks.into_iter().flat_map(|chunk| chunk.0).collect()).unwrap();
    assert_eq!(text(pull(Layer::Top).unwrap()), "layer two");
    assert_eq!(text(pull(Layer::Position(0)).unwrap()), "layer one");
    assert_eq!(text(pull(Layer::Named(sha256("layer one"))).unwrap()), "layer one");
    for (which, code) in [
        (Layer::Position(2), "INVALID_ARGUMENT"),
        (Layer::Position(-1), "INVALID_ARGUMENT"),
        (Layer::Named(sha256("no layer")), "INVALID_ARGUMENT"),
        (Layer::Named("top".into()), "INVALID_REFERENCE"),
    ] {
        assert_eq!(pull(which.clone()).unwrap_err().code, code, "{which:?}");
    }
}

#[test]
fn a_platform_is_chosen_from_an_index() {
    let mut content = Content::default();
    let mut entries: Vec<String> = ["linux/arm64/v8", "linux/amd64", "linux/arm/v6", "linux/arm/v7", "linux/amd64"]
        .iter()
        .enumerate()
        .map(|(position, text)| content.image(&format!("x{position}"), &platform(text)))
        .collect();
    entries.push(content.image("att", &platform("unknown/unknown")));
    entries.push(r#"{"mediaType":"application/vnd.example.unknown","digest":"x+y:z","size":0}"#.to_owned());
    content.manifest("latest", INDEX, &index(&entries));
    let host = content.host();
    let architecture = |wanted: Option<&str>| -> Result<String, (String, String)> {
        let image = image(&host, "latest", wanted)?;
        Ok(host.run(image.field("architecture", &Call::default())).unwrap().unwrap())
    };
    assert_eq!(architecture(None).unwrap(), "\"x1\"", "linux/amd64 by default, the first of two");
    assert_eq!(architecture(Some("linux/arm64")).unwrap(), "\"x0\"");
    assert_eq!(architecture(Some("linux/arm")).unwrap(), "\"x3\"", "the best variant");
    assert_eq!(architecture(Some("linux/arm/v6")).unwrap(), "\"x2\"");
    let (code, message) = architecture(Some("linux/s390x")).unwrap_err();
    assert_eq!(code, "NO_MATCHING_PLATFORM");
    assert!(message.contains("linux/arm64") && !message.contains("unknown"), "{message}");
    assert_eq!(architecture(Some("unknown/unknown")).unwrap_err().0, "NO_MATCHING_PLATFORM");
    assert_eq!(architecture(Some("nonsense/")).unwrap_err().0, "INVALID_ARGUMENT");
    let arm = Settings {
        platform: Some(docker_registry_client_wasm::protocol::oci::platform::Platform::parse("linux/arm/v7").unwrap()),
        ..Settings::default()
    };
    let repository = host.client_with(arm).repository("a/b", None).unwrap();
    let chosen = host.run(repository.image("latest", None, &Call::default())).unwrap();
    assert_eq!(chosen.platform().unwrap().to_string(), "linux/arm/v7");
}

#[test]
fn a_named_platform_must_fit_a_single_image_too() {
    let mut content = Content::default();
    content.image("amd64", "");
    let host = content.host();
    assert!(image(&host, "amd64", Some("linux/amd64")).is_ok());
    assert_eq!(image(&host, "amd64", Some("linux/arm64")).err().unwrap().0, "NO_MATCHING_PLATFORM");
}

#[test]
fn entries_without_platform_are_asked_for_it() {
    let mut content = Content::default();
    let entries = [content.image("arm64", ""), content.image("amd64", r#","platform":null"#)];
    content.manifest("latest", INDEX, &index(&entries));
    let host = content.host();
    assert_eq!(image(&host, "latest", Some("linux/amd64")).unwrap().id(), sha256(config("amd64")));
    assert!(image(&host, "latest", Some("linux/riscv64")).err().unwrap().1.contains("linux/arm64"));
}

#[test]
fn nested_indexes_are_walked_within_limits() {
    let mut content = Content::default();
    let mut entry = content.image("amd64", &platform("linux/amd64"));
    let mut shallow = String::new();
    for depth in 0..12 {
        let document = index(&[entry]);
        content.manifest(&format!("d{depth}"), INDEX, &document);
        entry = descriptor(INDEX, &document, "");
        shallow = if depth == 5 { document } else { shallow };
    }
    let host = content.host();
    assert_eq!(image(&host, &sha256(&shallow), None).unwrap().id(), sha256(config("amd64")));
    assert_eq!(image(&host, "d11", None).err().unwrap().0, "INDEX_LIMIT");

    let mut wide = Content::default();
    let entries: Vec<String> = (0..200)
        .map(|number| {
            let document = format!(r#"{{"schemaVersion":2,"manifests":[],"annotations":{{"n":"{number}"}}}}"#);
            wide.manifest(&format!("w{number}"), INDEX, &document);
            descriptor(INDEX, &document, "")
        })
        .collect();
    wide.manifest("wide", INDEX, &index(&entries));
    let host = wide.host();
    assert_eq!(image(&host, "wide", None).err().unwrap().0, "INDEX_LIMIT");
    assert!(host.seen().len() <= 101);
}

#[test]
fn a_child_must_be_as_its_entry_says() {
    let mut content = Content::default();
    let honest = content.image("amd64", &platform("linux/amd64"));
    let size = image_manifest(&config("amd64")).len();
    let lying_size = honest.replace(&format!("\"size\":{size}"), &format!("\"size\":{}", size + 1));
    let lying_type = honest.replace(OCI, SCHEMA2);
    content.manifest("size", INDEX, &index(&[lying_size])).manifest("type", INDEX, &index(&[lying_type]));
    let host = content.host();
    assert_eq!(image(&host, "size", None).err().unwrap().0, "SIZE_MISMATCH");
    assert_eq!(image(&host, "type", None).err().unwrap().0, "INVALID_RESPONSE");
}

#[test]
fn artifacts_are_images_without_an_image_config() {
    let config = "{}";
    let manifest = format!(
        r#"{{"schemaVersion":2,"artifactType":"application/spdx+json","config":{},"layers":[],"annotations":{{"org.opencontainers.image.created":"2026-05-06T00:00:00Z"}}}}"#,
        descriptor("application/vnd.oci.empty.v1+json", config, r#","data":"e30=""#)
    );
    let mut content = Content::default();
    content.manifest("sbom", OCI, &manifest);
    let host = content.host();
    let image = image(&host, "sbom", None).unwrap();
    assert_eq!((image.size(), image.layers().len(), image.created()), (Some(0), 0, Some("2026-05-06T00:00:00Z")));
    let call = Call::default();
    assert_eq!(host.run(image.json(&call)).unwrap().as_slice(), b"{}", "from the descriptor's own data");
    assert_eq!(host.run(image.ancestry()).unwrap_err().code, "UNSUPPORTED");
    assert_eq!(
        host.run(async { image.layer(Layer::Top, &call).await.map(|_| ()) }).unwrap_err().code,
        "INVALID_ARGUMENT"
    );
    let data = host.run(host.repository().data("sbom", &call)).unwrap();
    assert_eq!(data.artifact_type.as_deref(), Some("application/spdx+json"));
}

#[test]
fn data_of_an_index_and_of_an_image() {
    let mut content = Content::default();
    let entries = [
        content.image("arm64", &platform("linux/arm64")),
        content.image("s390x", &platform("linux/s390x")),
        content.image("att", &platform("unknown/unknown")),
    ];
    content.manifest("latest", LIST, &index(&entries).replace(INDEX, LIST));
    content.manifest("empty", INDEX, &index(&[]));
    let host = content.host();
    let data = |tag: &str| host.run(host.repository().data(tag, &Call::default()));
    let index = data("latest").unwrap();
    let platforms: Vec<String> = index.platforms.iter().map(ToString::to_string).collect();
    assert_eq!(platforms, ["linux/arm64", "linux/s390x"]);
    assert_eq!(
        (index.media_type.as_str(), index.size),
        (LIST, Some(18)),
        "of the first image, as none is for linux/amd64"
    );
    assert_eq!(index.created.as_deref(), Some("2026-01-02T03:04:05Z"));
    assert_eq!(data("arm64").unwrap().platforms.len(), 1);
    assert_eq!(data("empty").unwrap().size, Some(0));
    assert_eq!(data("sha256:x").unwrap_err().code, "INVALID_REFERENCE");
}

#[test]
fn content_is_asked_for_once_by_digest_and_tags_every_time() {
    let mut content = Content::default();
    let entry = content.image("amd64", &platform("linux/amd64"));
    content.manifest("latest", INDEX, &index(&[entry]));
    let host = content.host();
    let count = |settings: Settings| {
        let before = host.seen().len();
        let repository = host.client_with(settings).repository("a/b", None).unwrap();
        for _ in 0..3 {
            host.run(repository.image("latest", None, &Call::default())).unwrap();
        }
        host.seen().len() - before
    };
    assert_eq!(count(Settings::default()), 3 + 2, "the tag thrice, manifest and config once");
    assert_eq!(count(Settings { cache_bytes: 0, ..Settings::default() }), 9);
}

/// Docker Hub counts GETs of manifests, not HEADs.
#[test]
fn a_tag_that_was_opened_before_is_asked_for_by_head() {
    let (old, new) = (r#"{"schemaVersion":2,"manifests":[]}"#, r#"{"schemaVersion":2,"manifests":[],"a":1}"#);
    let moved = Rc::new(Cell::new(false));
    let (is_moved, tells) = (moved.clone(), Rc::new(Cell::new(true)));
    let is_told = tells.clone();
    let host = Scripted::new(move |_| {
        let document = if is_moved.get() { new } else { old };
        let reply = Reply::manifest("application/vnd.oci.image.index.v1+json", document);
        if is_told.get() { reply.header("docker-content-digest", &sha256(document)) } else { reply }
    });
    let repository = host.repository();
    let open = || host.run(repository.manifest("x", None, &Call::default())).unwrap().digest.to_string();
    assert_eq!([open(), open(), open()], [sha256(old), sha256(old), sha256(old)]);
    moved.set(true);
    assert_eq!([open(), open()], [sha256(new), sha256(new)]);
    let methods = || host.seen().iter().map(|seen| seen.method.as_str()).collect::<Vec<_>>();
    assert_eq!(methods(), ["GET", "HEAD", "HEAD", "HEAD", "GET", "HEAD"]);
    // Where HEAD tells no digest, GET has to.
    tells.set(false);
    assert_eq!(open(), sha256(new));
    assert_eq!(methods().split_off(6), ["HEAD", "GET"]);
    // And a tag that is gone is gone.
    let gone = Rc::new(Cell::new(false));
    let is_gone = gone.clone();
    let host = Scripted::new(move |_| match is_gone.get() {
        true => Reply::json(r#"{"errors":[{"code":"MANIFEST_UNKNOWN"}]}"#).status(404),
        false => Reply::manifest("application/vnd.oci.image.index.v1+json", old)
            .header("docker-content-digest", &sha256(old)),
    });
    let repository = host.repository();
    host.run(repository.manifest("x", None, &Call::default())).unwrap();
    gone.set(true);
    assert_eq!(host.run(repository.manifest("x", None, &Call::default())).unwrap_err().code, "MANIFEST_UNKNOWN");
}

/// F98: a page that is not shown the digest asks on by GET, and must not wait for the place that its own HEAD keeps.
#[test]
fn heads_that_tell_too_little_do_not_wait_for_themselves() {
    let content = index(&[]);
    let host = Scripted::new(move |_| Reply::manifest(INDEX, &content).filtered());
    let client = host.client_with(Settings { concurrency: Some(1), ..Settings::default() });
    let repository = client.repository("a/b", None).unwrap();
    let call = Call::default();
    let found = host.run(join_all((0..3).map(|_| repository.head_manifest("latest", &call))));
    assert!(found.into_iter().all(|found| found.unwrap().unwrap().digest.to_string() == sha256(index(&[]))));
    let refused = Scripted::new(|seen| Reply::bytes("abc").status(if seen.method == Method::Head { 405 } else { 200 }));
    let client = refused.client_with(Settings { concurrency: Some(1), ..Settings::default() });
    let blob = refused.run(client.repository("a/b", None).unwrap().head_blob(&sha256("abc"), &call)).unwrap();
    assert_eq!(blob.unwrap().size, 3);
}

/// Registries lose children of an index to clean-ups, and some take an index before its children.
#[test]
fn an_index_without_one_of_its_images_says_which() {
    let mut content = Content::default();
    let there = content.image("amd64", &platform("linux/amd64"));
    let gone = descriptor(OCI, &image_manifest(&config("arm64")), &platform("linux/arm64"));
    let digest = sha256(image_manifest(&config("arm64")));
    let text = index(&[there, gone]);
    content.manifest("latest", INDEX, &text);
    let host = content.host();
    image(&host, "latest", None).unwrap();
    let (code, message) = image(&host, "latest", Some("linux/arm64")).err().unwrap();
    assert_eq!(code, "NOT_FOUND");
    for part in [
        format!("index {}", sha256(&text)),
        format!("{digest} is listed for linux/arm64, but the registry does not have it"),
    ] {
        assert!(message.contains(&part), "{message}");
    }
    let nested = index(&[descriptor(INDEX, &text, "")]);
    let mut content = Content::default();
    content.manifest("latest", INDEX, &nested);
    let (_, message) = image(&content.host(), "latest", None).err().unwrap();
    for part in [format!("index {}", sha256(&nested)), format!("{} is listed, but", sha256(&text))] {
        assert!(message.contains(&part), "{message}");
    }
}
