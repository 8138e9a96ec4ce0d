use super::*;
use crate::protocol::oci::media_type::{DOCKER_LIST, OCI_CONFIG, OCI_EMPTY};

const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn descriptor(media_type: &str) -> String {
    format!(r#"{{"mediaType":"{media_type}","digest":"{DIGEST}","size":0}}"#)
}

fn image(more: &str) -> String {
    let (config, layer) = (descriptor(OCI_CONFIG), descriptor("x/y"));
    format!(r#"{{"schemaVersion":2,"config":{config},"layers":[{layer}]{more}}}"#)
}

fn index(more: &str) -> String {
    format!(r#"{{"schemaVersion":2,"manifests":[{}]{more}}}"#, descriptor(OCI_MANIFEST))
}

fn parse(text: &str, content_type: &str) -> Result<Manifest, Invalid> {
    Manifest::parse(text.as_bytes(), Some(content_type))?.sound()
}

#[test]
fn an_image() {
    let more =
        format!(r#","subject":{},"artifactType":"a/b","annotations":{{"k":"v"}},"unknown":[1]"#, descriptor(OCI_INDEX));
    let manifest = parse(&image(&more), OCI_MANIFEST).expect("an image");
    assert_eq!(
        (manifest.media_type.as_str(), manifest.kind, manifest.schema_version),
        (OCI_MANIFEST, Kind::Image, Some(2))
    );
    assert_eq!(manifest.config.map(|config| config.media_type).as_deref(), Some(OCI_CONFIG));
    assert_eq!(manifest.layers.map(|layers| layers.len()), Some(1));
    assert_eq!((manifest.manifests, manifest.artifact_type.as_deref()), (None, Some("a/b")));
    assert_eq!(manifest.subject.map(|subject| subject.media_type).as_deref(), Some(OCI_INDEX));
    assert_eq!(
        manifest.annotations.and_then(|annotations| annotations.get("k").map(str::to_owned)).as_deref(),
        Some("v")
    );
}

/// S49, S50, F43: entries keep their order, and nothing in them but their own structure is judged.
#[test]
fn an_index() {
    let entry = |platform| format!(r#"{{"mediaType":"un/known","digest":"{DIGEST}","size":1,"platform":{platform}}}"#);
    let entries = [
        entry(r#"{"os":"linux","architecture":"amd64"}"#),
        entry("{}"),
        entry(r#"{"os":"unknown","architecture":"unknown"}"#),
    ];
    let manifest = parse(&format!(r#"{{"manifests":[{}]}}"#, entries.join(",")), DOCKER_LIST).expect("a list");
    assert_eq!(
        (manifest.kind, manifest.schema_version, manifest.config, manifest.layers),
        (Kind::Index, None, None, None)
    );
    let platforms: Vec<_> = manifest.manifests.expect("entries").into_iter().map(|entry| entry.platform).collect();
    assert!(matches!(platforms.as_slice(), [Some(_), None, Some(unknown)] if unknown.is_unknown()));
    for empty in ["[]", "null"] {
        let manifest = parse(&format!(r#"{{"manifests":{empty}}}"#), OCI_INDEX).expect(empty);
        assert_eq!(manifest.manifests, Some(vec![]));
    }
}

/// S05, S06, F34, F35.
#[test]
fn media_types() {
    let with_type = |media_type: &str| image(&format!(r#","mediaType":"{media_type}""#));
    let docker = image("").replace(OCI_CONFIG, DOCKER_CONFIG);
    for (text, content_type, expected) in [
        (image(""), Some("application/vnd.OCI.image.manifest.v1+json; charset=utf-8"), OCI_MANIFEST),
        (image(""), None, OCI_MANIFEST),
        (image(""), Some("text/plain; charset=utf-8"), OCI_MANIFEST),
        (image(""), Some("application/json"), OCI_MANIFEST),
        (docker.clone(), Some("application/octet-stream"), DOCKER_MANIFEST),
        (docker, Some(OCI_MANIFEST), OCI_MANIFEST),
        (with_type(DOCKER_MANIFEST), Some("application/json"), DOCKER_MANIFEST),
        (with_type(DOCKER_MANIFEST), Some(DOCKER_MANIFEST), DOCKER_MANIFEST),
        (with_type("X/Custom"), None, "X/Custom"),
        (with_type(""), None, OCI_MANIFEST),
        (index(""), None, OCI_INDEX),
        (r#"{"manifests":null}"#.into(), None, OCI_INDEX),
        (r#"{"schemaVersion":1,"fsLayers":[]}"#.into(), Some("text/plain"), DOCKER_SCHEMA1),
        (
            r#"{"schemaVersion":1,"fsLayers":[],"signatures":[]}"#.into(),
            Some("application/json"),
            DOCKER_SCHEMA1_SIGNED,
        ),
        (r#"{"schemaVersion":99999}"#.into(), Some("text/plain"), "text/plain"),
        ("{}".into(), None, ""),
    ] {
        let manifest = Manifest::parse(text.as_bytes(), content_type).expect(&text);
        assert_eq!(manifest.media_type, expected, "{text} {content_type:?}");
    }
    for (field, content_type) in [(OCI_MANIFEST, DOCKER_MANIFEST), (OCI_INDEX, OCI_MANIFEST), ("a/b", "c/d")] {
        let refused = parse(&with_type(field), content_type).expect_err(field);
        assert_eq!(refused.code, "INVALID_RESPONSE");
        assert!(refused.message.contains(field) && refused.message.contains(content_type), "{}", refused.message);
    }
}

/// F36, S51, S52: what is not known is no error and is not read.
#[test]
fn other_kinds_refuse_nothing() {
    for (text, content_type, kind) in [
        (
            r#"{"config":7,"layers":{},"manifests":1,"annotations":[],"config":8}"#,
            "application/vnd.custom+json",
            Kind::Other,
        ),
        (
            r#"{"schemaVersion":"x","fsLayers":7,"history":7,"signatures":1,"history":8}"#,
            DOCKER_SCHEMA1_SIGNED,
            Kind::Schema1,
        ),
        (r#"{"schemaVersion":3,"config":7}"#, OCI_MANIFEST, Kind::Other),
        (r#"{"schemaVersion":1,"manifests":7}"#, DOCKER_LIST, Kind::Other),
        ("{}", "application/vnd.oci.artifact.manifest.v1+json", Kind::Other),
    ] {
        let manifest = parse(text, content_type).expect(text);
        assert_eq!((manifest.kind, manifest.media_type.as_str()), (kind, content_type));
        assert!(manifest.config.is_none() && manifest.layers.is_none() && manifest.manifests.is_none());
    }
    let artifact = image("").replace(OCI_CONFIG, OCI_EMPTY);
    assert_eq!(parse(&artifact, OCI_MANIFEST).map(|manifest| manifest.artifact_type), Ok(None));
}

/// F33, CVE-2021-41190.
#[test]
fn ambiguous() {
    for (text, content_type) in [
        (image(r#","manifests":[]"#), OCI_MANIFEST),
        (image(r#","manifests":[]"#), "application/json"),
        (image(r#","fsLayers":[]"#), DOCKER_MANIFEST),
        (image(r#","history":[]"#), DOCKER_MANIFEST),
        (index(r#","layers":[]"#), OCI_INDEX),
        (index(r#","layers":[]"#), "text/plain"),
        (index(r#","config":{}"#), DOCKER_LIST),
        (index(r#","fsLayers":[]"#), ""),
        (index(r#","history":[]"#), OCI_INDEX),
    ] {
        let refused = parse(&text, content_type).expect_err(&text);
        assert_eq!(refused.code, "AMBIGUOUS_MANIFEST", "{text}");
    }
    assert!(parse(&image(r#","manifests":null"#), OCI_MANIFEST).is_ok());
}

/// What a proxy or a careless server says of the content decides nothing: an index stays an index.
#[test]
fn generic_content_types() {
    for content_type in
        ["text/html", "text/html; charset=utf-8", "application/xhtml+xml", "binary/octet-stream", "json", "*/*", "a, b"]
    {
        for text in [index(""), index(&format!(r#","mediaType":"{OCI_INDEX}""#))] {
            let manifest = parse(&text, content_type).expect(content_type);
            assert_eq!((manifest.kind, manifest.media_type.as_str()), (Kind::Index, OCI_INDEX), "{content_type}");
        }
    }
}

/// Registries take all of these. What is left out here, `Parts` finds.
#[test]
fn broken_documents_keep_what_can_be_read() {
    let broken = |text: &str, content_type: &str| {
        let manifest = Manifest::parse(text.as_bytes(), Some(content_type)).expect(text);
        assert!(manifest.problem.is_some(), "{text}");
        assert_eq!(manifest.clone().sound().err(), manifest.problem, "{text}");
        manifest
    };
    let bare = format!(r#"{{"digest":"{DIGEST}"}}"#);
    let entry = descriptor(OCI_MANIFEST);
    for entries in [format!("[{entry},{bare}]"), format!("[{entry},7]"), "7".into()] {
        let manifest = broken(&format!(r#"{{"manifests":{entries}}}"#), OCI_INDEX);
        assert_eq!((manifest.kind, manifest.manifests), (Kind::Index, None), "{entries}");
    }
    let manifest = broken(&format!(r#"{{"config":{entry}}}"#), OCI_MANIFEST);
    assert_eq!((manifest.config.is_some(), manifest.layers), (true, None));
    let manifest = broken(&format!(r#"{{"config":{bare},"layers":[{entry}]}}"#), OCI_MANIFEST);
    assert_eq!((manifest.config, manifest.layers.map(|layers| layers.len())), (None, Some(1)));
    let manifest = broken(&image(&format!(r#","manifests":[{entry}],"subject":{bare}"#)), OCI_MANIFEST);
    assert_eq!((manifest.kind, manifest.manifests.is_some(), manifest.subject), (Kind::Image, true, None));
    // The document's own word counts where it is one of the known.
    let told = index(&format!(r#","mediaType":"{OCI_INDEX}""#));
    for content_type in [OCI_MANIFEST, DOCKER_LIST, "c/d"] {
        let manifest = broken(&told, content_type);
        assert_eq!((manifest.kind, manifest.manifests.is_some()), (Kind::Index, true), "{content_type}");
    }
    assert_eq!(broken(&index(""), DOCKER_SCHEMA1_SIGNED).kind, Kind::Index);
    assert!(broken(&index(""), OCI_MANIFEST).manifests.is_some());
    // Other kinds have no rules.
    let other = parse(&format!(r#"{{"manifests":[{entry}],"subject":{bare}}}"#), "a/b").expect("other");
    assert_eq!((other.kind, other.manifests.is_some(), other.subject), (Kind::Other, true, None));
}

/// F30, F32, F39, F40, F41, S44: every refusal names its place.
#[test]
fn refusals_name_the_place() {
    let needed = "a whole number from 0 to 9007199254740991 is needed";
    let entry = |size: &str| {
        let last = format!(r#"{{"mediaType":"","digest":"{DIGEST}","size":{size}}}"#);
        format!(r#"{{"manifests":[{0},{0},{0},{last}]}}"#, descriptor("a/b"))
    };
    for size in ["-1", "1.5", "\"123\"", "1e3", "9007199254740992", "18446744073709551616", "null"] {
        let refused = parse(&entry(size), OCI_INDEX).expect_err(size);
        assert_eq!(refused.message, format!("manifest: manifests[3].size: got {size}; {needed}"));
        assert_eq!(refused.code, "INVALID_RESPONSE");
    }
    let config = descriptor("a/b");
    for (text, content_type, place) in [
        ("{}".into(), OCI_MANIFEST, "config: it is missing"),
        ("{}".into(), OCI_INDEX, "manifests: it is missing"),
        (format!(r#"{{"config":{config}}}"#), OCI_MANIFEST, "layers: it is missing"),
        (r#"{"config":[],"layers":[]}"#.into(), OCI_MANIFEST, "config: got an array; an object is needed"),
        (r#"{"config":null,"layers":[]}"#.into(), OCI_MANIFEST, "config: got null; an object is needed"),
        (format!(r#"{{"config":{config},"layers":{{}}}}"#), OCI_MANIFEST, "layers: got an object; an array is needed"),
        (format!(r#"{{"config":{config},"layers":[null]}}"#), OCI_MANIFEST, "layers[0]: got null; an object is needed"),
        (r#"{"manifests":{}}"#.into(), OCI_INDEX, "manifests: got an object; an array is needed"),
        (image(r#","subject":{}"#), OCI_MANIFEST, "subject.mediaType: it is missing"),
        (image(r#","annotations":{"a":1}"#), OCI_MANIFEST, "annotations[\"a\"]: got 1; a string is needed"),
        (image(r#","artifactType":1"#), OCI_MANIFEST, "artifactType: got 1; a string is needed"),
        (image(r#","mediaType":1"#), OCI_MANIFEST, "mediaType: got 1; a string is needed"),
        (r#"{"schemaVersion":"2","manifests":[]}"#.into(), OCI_INDEX, "schemaVersion: got \"2\""),
        (image(r#","layers":[]"#), OCI_MANIFEST, "layers: it is there twice"),
        (image(r#","\u006cayers":[]"#), OCI_MANIFEST, "layers: it is there twice"),
        (image(r#","mediaType":"a/b","mediaType":"a/c","config":1"#), "a/b", "mediaType: it is there twice"),
        (image(r#","schemaVersion":3"#), OCI_MANIFEST, "schemaVersion: it is there twice"),
        (
            format!(r#"{{"config":{},"layers":[]}}"#, config.replace(DIGEST, "sha256:../../x")),
            OCI_MANIFEST,
            "config.digest: digest",
        ),
    ] {
        let refused = parse(&text, content_type).expect_err(&text);
        assert_eq!(refused.code, "INVALID_RESPONSE");
        assert!(refused.message.starts_with(&format!("manifest: {place}")), "{text}: {}", refused.message);
    }
    // Names of another case are other members.
    assert!(parse(&image(r#","Layers":7,"Manifests":[],"MEDIATYPE":1"#), OCI_MANIFEST).is_ok());
}

/// F29, F31, F37.
#[test]
fn no_json_object() {
    for bytes in [
        &b""[..],
        b"null",
        b"[]",
        b"\"x\"",
        b"7",
        b"{",
        b"{\"config\":",
        b"{} x",
        b"{\"a\":\"\xff\"}",
        b"\xef\xbb\xbf{}",
        b"{\"a\0\":1}",
        b"\0",
        b"<html>",
    ] {
        for content_type in [Some(OCI_MANIFEST), Some("a/b"), None] {
            let refused = Manifest::parse(bytes, content_type).expect_err("no object");
            assert_eq!(refused.code, "INVALID_RESPONSE");
            assert!(refused.message.starts_with("manifest: "), "{}", refused.message);
        }
    }
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        let (open, close) = (open.repeat(100_000), close.repeat(100_000));
        for text in [
            open.clone(),
            image(&format!(r#","annotations":{open}1{close}"#)),
            format!(r#"{{"unknown":{open}1{close}}}"#),
        ] {
            let refused = parse(&text, OCI_MANIFEST).expect_err("too deep");
            assert!(refused.message.contains("nested more than 128 deep"), "{}", refused.message);
        }
    }
}

/// F31: a surrogate that is alone is refused where it is read, and stays as it came where it is not.
#[test]
fn lone_surrogates() {
    assert!(parse(&image(r#","unknown":"\ud800""#), OCI_MANIFEST).is_ok());
    let refused = parse(&image(r#","annotations":{"a":"\ud800"}"#), OCI_MANIFEST).expect_err("a lone surrogate");
    assert!(refused.message.starts_with("manifest: annotations[\"a\"]: not a string"), "{}", refused.message);
}

/// F38: many entries are read in time and memory that grow with them.
#[test]
fn many_annotations() {
    let many: Vec<_> = (0..200_000).map(|number| format!(r#""{number}":"""#)).collect();
    let manifest = parse(&image(&format!(r#","annotations":{{{}}}"#, many.join(","))), OCI_MANIFEST).expect("an image");
    assert_eq!(
        manifest.annotations.and_then(|annotations| annotations.get("199999").map(str::to_owned)).as_deref(),
        Some("")
    );
}
