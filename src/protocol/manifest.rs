//! Manifests and indexes (image-spec manifest.md and image-index.md; Docker's schema 2 and manifest list have the same
//! fields). Which of them a document is decides what is read of it.

use super::code;
use super::descriptor::{self, Annotations, Descriptor};
use super::invalid::{Invalid, quoted};
use super::json::{self, Members};
use super::media_type::{
    self, DOCKER_CONFIG, DOCKER_MANIFEST, DOCKER_SCHEMA1, DOCKER_SCHEMA1_SIGNED, Kind, OCI_INDEX, OCI_MANIFEST,
};

/// The members that decide what a document is, and those that are read.
const NAMES: &[&str] = &[
    "mediaType",
    "schemaVersion",
    "artifactType",
    "config",
    "layers",
    "manifests",
    "subject",
    "annotations",
    "fsLayers",
    "history",
    "signatures",
];

/// What a manifest says. Members that are not there or cannot be read are `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The `Content-Type`, or the document's own word where that says nothing.
    pub media_type: String,
    /// What it was read as.
    pub kind: Kind,
    /// 2, or 1 for schema 1.
    pub schema_version: Option<u64>,
    /// The artifact's type, where it is one.
    pub artifact_type: Option<String>,
    /// An image's config.
    pub config: Option<Descriptor>,
    /// An image's layers, base first.
    pub layers: Option<Vec<Descriptor>>,
    /// An index's entries.
    pub manifests: Option<Vec<Descriptor>>,
    /// The manifest this one refers to.
    pub subject: Option<Descriptor>,
    /// Annotations.
    pub annotations: Option<Annotations>,
    /// The first thing that is wrong with it. It may refer to more than could be read.
    pub problem: Option<Invalid>,
}

impl Manifest {
    /// Reads what can be read of a manifest, whatever its kind, so that nothing it refers to is overlooked; only what is
    /// no JSON object is refused. What breaks the rules of an image (a config and layers) or an index (its entries) is the
    /// [`problem`](Self::problem); other kinds have no rules (image-spec manifest.md: no error on what is not known).
    pub fn parse(bytes: &[u8], content_type: Option<&str>) -> Result<Self, Invalid> {
        let members = json::text(bytes).and_then(|text| Members::read(text, NAMES)).map_err(refusal)?;
        let mut reading = Reading { members, judged: true, problem: None };
        let mut manifest = Self::empty(reading.media_type(content_type));
        manifest.schema_version = reading.members.get("schemaVersion").and_then(|text| json::size(text).ok());
        // Another version of a known type has a structure that is not known.
        manifest.kind = match media_type::kind(&media_type::essence(&manifest.media_type)) {
            Kind::Image | Kind::Index if manifest.schema_version.is_some_and(|version| version != 2) => Kind::Other,
            kind => kind,
        };
        // Of schema 1 only the signed payload counts.
        if manifest.kind != Kind::Schema1 {
            manifest.read(&mut reading);
        }
        manifest.problem = reading.problem;
        Ok(manifest)
    }

    /// A manifest of which nothing can be read.
    pub fn unreadable(content_type: Option<&str>, problem: Invalid) -> Self {
        let media_type = content_type.map(media_type::essence).unwrap_or_default();
        Self { problem: Some(problem), ..Self::empty(media_type) }
    }

    fn empty(media_type: String) -> Self {
        Self {
            media_type,
            kind: Kind::Other,
            schema_version: None,
            artifact_type: None,
            config: None,
            layers: None,
            manifests: None,
            subject: None,
            annotations: None,
            problem: None,
        }
    }

    /// The manifest, if nothing is wrong with it.
    pub fn sound(self) -> Result<Self, Invalid> {
        match self.problem {
            Some(problem) => Err(problem),
            None => Ok(self),
        }
    }

    fn read(&mut self, reading: &mut Reading<'_>) {
        let (is_index, is_image) = (self.kind == Kind::Index, self.kind == Kind::Image);
        reading.judged = is_index || is_image;
        if reading.judged {
            let unambiguous = check_unambiguous(&reading.members, self.kind);
            reading.judge(unambiguous);
            if let Some(name) = reading.members.twice().first() {
                reading.note(Err::<(), _>(json::twice(name)));
            }
            let version = reading.members.optional("schemaVersion", json::size);
            reading.note(version);
        }
        self.manifests = reading.list("manifests", is_index);
        self.config = reading.descriptor("config", is_image);
        self.layers = reading.list("layers", is_image);
        let artifact_type = reading.members.string("artifactType");
        self.artifact_type = reading.note(artifact_type).flatten();
        self.subject = reading.descriptor("subject", false);
        let annotations = reading.members.optional("annotations", descriptor::annotations);
        self.annotations = reading.note(annotations).flatten();
    }
}

/// A document on its way to a [`Manifest`].
struct Reading<'a> {
    members: Members<'a>,
    /// Whether the rules of images and indexes hold.
    judged: bool,
    problem: Option<Invalid>,
}

impl Reading<'_> {
    fn judge<T>(&mut self, read: Result<T, Invalid>) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(invalid) => {
                if self.judged {
                    self.problem.get_or_insert(invalid);
                }
                None
            }
        }
    }

    fn note<T>(&mut self, read: Result<T, String>) -> Option<T> {
        self.judge(read.map_err(refusal))
    }

    fn descriptor(&mut self, name: &str, is_needed: bool) -> Option<Descriptor> {
        let read = if is_needed {
            self.members.required(name, Descriptor::from_json).map(Some)
        } else {
            self.members.optional(name, Descriptor::from_json)
        };
        match self.note(read) {
            Some(found) => found,
            None => self.members.get(name).and_then(Descriptor::salvaged),
        }
    }

    /// An array of descriptors, or null, which is what Go's encoder makes of an empty one.
    fn list(&mut self, name: &str, is_needed: bool) -> Option<Vec<Descriptor>> {
        if is_needed && self.members.get(name).is_none() {
            let there = self.members.required(name, |_| Ok(Vec::new()));
            return self.note(there);
        }
        let text = self.members.get(name)?;
        let (mut found, mut failure) = (Vec::new(), None);
        let read = json::each_item(text, &mut |index, item| {
            let read = Descriptor::from_json(item.get());
            if let Err(error) = &read {
                failure.get_or_insert_with(|| format!("[{index}]{error}"));
            }
            found.extend(read.ok().or_else(|| Descriptor::salvaged(item.get())));
            Ok(())
        });
        let is_list = read.is_ok();
        self.note(read.and(failure.map_or(Ok(()), Err)).map_err(|error| json::at(name, error)));
        is_list.then_some(found)
    }

    /// The media type: `Content-Type` where it says something, else the document's own field, else by its structure. Where
    /// both are there they must agree (distribution-spec v1.1.1, "Pulling manifests").
    fn media_type(&mut self, content_type: Option<&str>) -> String {
        // What decides the kind must be clear even where nothing else is read.
        if let Some(name) = self.members.twice().iter().find(|name| matches!(**name, "mediaType" | "schemaVersion")) {
            self.note(Err::<(), _>(json::twice(name)));
        }
        let field = self.members.string("mediaType");
        let field = self.note(field).flatten();
        let given = content_type.map(media_type::essence).unwrap_or_default();
        let is_known = |media_type: &str| media_type::kind(&media_type::essence(media_type)) != Kind::Other;
        let contradicted = match &field {
            Some(field) => media_type::essence(field) != given,
            // An answer labelled schema 1 by default, which is no signed document.
            None => media_type::kind(&given) == Kind::Schema1 && self.members.get("schemaVersion") == Some("2"),
        };
        if media_type::is_generic(&given) || (contradicted && field.as_deref().is_none_or(is_known)) {
            if !media_type::is_generic(&given) {
                self.contradiction(field.as_deref(), &given);
            }
            return match field {
                Some(field) => field,
                None => self.by_structure().map_or(given, str::to_owned),
            };
        }
        if contradicted {
            self.contradiction(field.as_deref(), &given);
        }
        given
    }

    fn contradiction(&mut self, field: Option<&str>, given: &str) {
        let told = field
            .map_or_else(|| "its schemaVersion is 2".to_owned(), |field| format!("its mediaType is {}", quoted(field)));
        let message = format!("manifest: {told}, its Content-Type {}; they must be the same", quoted(given));
        self.problem.get_or_insert(Invalid::response(message));
    }

    fn by_structure(&mut self) -> Option<&'static str> {
        let there = |name| self.members.get(name).is_some();
        if there("manifests") {
            return Some(OCI_INDEX);
        }
        if self.members.get("schemaVersion") == Some("1") {
            return Some(if there("signatures") { DOCKER_SCHEMA1_SIGNED } else { DOCKER_SCHEMA1 });
        }
        if there("config") || there("layers") {
            let config = self.members.get("config").and_then(|text| Members::read(text, &["mediaType"]).ok());
            let config_type = config.and_then(|config| config.string("mediaType").ok().flatten());
            let docker = config_type.as_deref() == Some(DOCKER_CONFIG);
            return Some(if docker { DOCKER_MANIFEST } else { OCI_MANIFEST });
        }
        // An empty index, as Go's encoder writes it.
        self.members.has("manifests").then_some(OCI_INDEX)
    }
}

fn refusal(error: String) -> Invalid {
    Invalid::response(json::complete("manifest", &error))
}

/// CVE-2021-41190: a document that one reader takes for an index and another for an image makes one digest stand for
/// two contents.
fn check_unambiguous(members: &Members<'_>, kind: Kind) -> Result<(), Invalid> {
    let (own, foreign): (&str, &[&str]) = match kind {
        Kind::Index => ("an index", &["config", "layers", "fsLayers", "history"]),
        _ => ("an image", &["manifests", "fsLayers", "history"]),
    };
    match foreign.iter().find(|name| members.get(name).is_some()) {
        Some(name) => Err(Invalid {
            code: code::AMBIGUOUS_MANIFEST,
            message: format!("manifest: it is {own}, but has {name:?} too, with which it reads as something else"),
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::media_type::{DOCKER_LIST, OCI_CONFIG, OCI_EMPTY};

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
        let more = format!(
            r#","subject":{},"artifactType":"a/b","annotations":{{"k":"v"}},"unknown":[1]"#,
            descriptor(OCI_INDEX)
        );
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
        let entry =
            |platform| format!(r#"{{"mediaType":"un/known","digest":"{DIGEST}","size":1,"platform":{platform}}}"#);
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
        for content_type in [
            "text/html",
            "text/html; charset=utf-8",
            "application/xhtml+xml",
            "binary/octet-stream",
            "json",
            "*/*",
            "a, b",
        ] {
            for text in [index(""), index(&format!(r#","mediaType":"{OCI_INDEX}""#))] {
                let manifest = parse(&text, content_type).expect(content_type);
                assert_eq!((manifest.kind, manifest.media_type.as_str()), (Kind::Index, OCI_INDEX), "{content_type}");
            }
        }
    }

    /// Registries take all of these: what they refer to must not be overlooked.
    #[test]
    fn broken_documents_keep_what_can_be_read() {
        let broken = |text: &str, content_type: &str| {
            let manifest = Manifest::parse(text.as_bytes(), Some(content_type)).expect(text);
            assert!(manifest.problem.is_some(), "{text}");
            assert_eq!(manifest.clone().sound().err(), manifest.problem, "{text}");
            manifest
        };
        let digests = |list: Option<Vec<Descriptor>>| list.expect("a list").len();
        let bare = format!(r#"{{"digest":"{DIGEST}"}}"#);
        let entry = descriptor(OCI_MANIFEST);
        for entries in [
            format!(r#"[{entry},{bare},{{"size":1}},7]"#),
            format!(r#"[{bare},{{"digest":"{DIGEST}","size":-1,"mediaType":7}}]"#),
        ] {
            let manifest = broken(&format!(r#"{{"manifests":{entries}}}"#), OCI_INDEX);
            assert_eq!((manifest.kind, digests(manifest.manifests)), (Kind::Index, 2));
        }
        let manifest = broken(&format!(r#"{{"config":{bare}}}"#), OCI_MANIFEST);
        assert_eq!((manifest.config.is_some(), manifest.layers), (true, None));
        let manifest = broken(&format!(r#"{{"layers":[{bare},{bare}]}}"#), OCI_MANIFEST);
        assert_eq!((manifest.config, digests(manifest.layers)), (None, 2));
        let manifest = broken(&image(&format!(r#","manifests":[{entry}],"subject":{bare}"#)), OCI_MANIFEST);
        assert_eq!((manifest.kind, digests(manifest.manifests), manifest.subject.is_some()), (Kind::Image, 1, true));
        // The document's own word counts where it is one of the known.
        let told = index(&format!(r#","mediaType":"{OCI_INDEX}""#));
        for content_type in [OCI_MANIFEST, DOCKER_LIST, "c/d"] {
            let manifest = broken(&told, content_type);
            assert_eq!((manifest.kind, digests(manifest.manifests)), (Kind::Index, 1), "{content_type}");
        }
        assert_eq!(broken(&index(""), DOCKER_SCHEMA1_SIGNED).kind, Kind::Index);
        assert_eq!(digests(broken(&index(""), OCI_MANIFEST).manifests), 1);
        // Other kinds have no rules, and references all the same.
        let other = parse(&format!(r#"{{"manifests":[{bare}],"subject":{bare}}}"#), "a/b").expect("other");
        assert_eq!((other.kind, digests(other.manifests)), (Kind::Other, 1));
        assert!(other.subject.is_some());
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
            (
                format!(r#"{{"config":{config},"layers":{{}}}}"#),
                OCI_MANIFEST,
                "layers: got an object; an array is needed",
            ),
            (
                format!(r#"{{"config":{config},"layers":[null]}}"#),
                OCI_MANIFEST,
                "layers[0]: got null; an object is needed",
            ),
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
        let manifest =
            parse(&image(&format!(r#","annotations":{{{}}}"#, many.join(","))), OCI_MANIFEST).expect("an image");
        assert_eq!(
            manifest.annotations.and_then(|annotations| annotations.get("199999").map(str::to_owned)).as_deref(),
            Some("")
        );
    }
}
