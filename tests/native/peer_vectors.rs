//! Tables and documents of other projects' test suites, which are no part of this one: they stand beside the checkout
//! (`../shared/vectors`). The step `vectors` of `npm test` runs these tests where that folder is there, and says so where it
//! is not. Each rule has cases of this project's own, named below, that always run.
//!
//! Rows that this client decides otherwise are named with the reason; a row that is named but agrees is an error too.

use std::fs;
use std::path::PathBuf;

use docker_registry_client_wasm::protocol::auth::challenge;
use docker_registry_client_wasm::protocol::http::range::parse_content_range;
use docker_registry_client_wasm::protocol::http::{error_body, link, warning};
use docker_registry_client_wasm::protocol::oci::digest::{Algorithm, Digest};
use docker_registry_client_wasm::protocol::oci::manifest::Manifest;
use docker_registry_client_wasm::protocol::oci::media_type::Kind;
use docker_registry_client_wasm::protocol::oci::platform::{Matcher, Platform};
use docker_registry_client_wasm::protocol::oci::reference::{RepositoryName, Tag};
use docker_registry_client_wasm::protocol::oci::referrers;
use docker_registry_client_wasm::protocol::schema1::signed::Signed;
use docker_registry_client_wasm::protocol::url::Url;
use serde_json::Value;

use crate::support::schema1::read;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/vectors")
}

/// The cases of a table's groups: `group(name)`.
struct Table(Value);

impl Table {
    fn read(path: &str) -> Self {
        let text = fs::read(folder().join(path)).expect(path);
        Self(serde_json::from_slice(&text).expect(path))
    }

    fn group(&self, name: &str) -> &Value {
        let groups = self.0["groups"].as_array().expect("groups");
        let group = groups.iter().find(|group| group["group"] == name).expect(name);
        &group["cases"]
    }

    fn cases(&self, name: &str) -> &[Value] {
        let cases = self.group(name).as_array().expect("cases");
        assert!(!cases.is_empty(), "{name}");
        cases
    }
}

fn text<'a>(case: &'a Value, name: &str) -> &'a str {
    case[name].as_str().unwrap_or_else(|| panic!("{name} of {case}"))
}

/// Name, tag and digest of `name[:tag][@digest]`.
fn split(reference: &str) -> (&str, Option<&str>, Option<&str>) {
    let (rest, digest) = match reference.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (reference, None),
    };
    match rest.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag), digest),
        _ => (rest, None, digest),
    }
}

fn accepted(name: &str, tag: Option<&str>, digest: Option<&str>) -> bool {
    RepositoryName::parse(name).is_ok()
        && tag.is_none_or(|tag| Tag::parse(tag).is_ok())
        && digest.is_none_or(|digest| Digest::parse(digest).is_ok())
}

fn non_empty(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

/// Own cases: `protocol/oci/reference/mod::names`, `protocol/oci/reference/mod::tags`, `protocol/oci/digest::grammar`.
#[test]
#[ignore = "../shared/vectors"]
fn references_of_distribution() {
    let table = Table::read("references/distribution-reference.json");
    // image-spec: an algorithm that is not known passes where the grammar fits; and sha512 is known here.
    let otherwise = ["validname@invaliddigest:", "validname@sha512:"];
    for case in table.cases("parse") {
        let input = text(case, "input");
        if case["err"].is_null() {
            // The host is no part of a name here.
            let domain = format!("{}/", text(case, "domain"));
            let name = text(case, "repository");
            let name = name.strip_prefix(&domain).unwrap_or(name);
            assert!(accepted(name, non_empty(text(case, "tag")), non_empty(text(case, "digest"))), "{input}");
        } else {
            let (name, tag, digest) = split(input);
            let otherwise = otherwise.iter().any(|start| input.starts_with(start));
            assert_eq!(accepted(name, tag, digest), otherwise, "{input}");
        }
    }
    for case in table.cases("with_name_failure") {
        assert!(RepositoryName::parse(text(case, "input")).is_err(), "{case}");
    }
    for case in table.cases("with_tag") {
        assert!(Tag::parse(text(case, "tag")).is_ok(), "{case}");
    }
    for case in table.cases("full_name_regexp") {
        let input = text(case, "input");
        if case["match"] == true {
            let path = case["subs"][1].as_str().or_else(|| input.split_once('/').map(|(_, path)| path));
            assert!(RepositoryName::parse(path.expect(input)).is_ok(), "{input}");
        } else {
            assert!(RepositoryName::parse(input).is_err(), "{input}");
        }
    }
    for case in table.cases("reference_regexp") {
        let (name, tag, digest) = split(text(case, "input"));
        if case["match"] == true {
            let subs = &case["subs"];
            assert_eq!(
                (tag.unwrap_or_default(), digest.unwrap_or_default()),
                (subs[1].as_str().expect("tag"), subs[2].as_str().expect("digest"))
            );
            let name = name.split_once(":8080/").map_or(name, |(_, path)| path);
            assert!(accepted(name, tag, digest), "{case}");
        } else {
            assert!(!accepted(name, tag, digest), "{case}");
        }
    }
}

/// Own cases: `protocol/oci/reference/mod::names`, `protocol/oci/reference/mod::bad_names_say_what_and_where`.
#[test]
#[ignore = "../shared/vectors"]
fn names_of_docker() {
    let table = Table::read("references/docker-normalize.json");
    for name in table.cases("valid_remote_names") {
        assert!(RepositoryName::parse(name.as_str().expect("a name")).is_ok(), "{name}");
    }
    for name in table.cases("invalid_remote_names") {
        let name = name.as_str().expect("a name");
        // Docker's command line takes 64 hexadecimal digits for an image's id; to a registry they are a name like others.
        let id = name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        assert_eq!(RepositoryName::parse(name).is_ok(), id, "{name}");
    }
}

/// Own cases: `protocol/http/link::links`, `protocol/http/link::malformed`, `listing::foreign_links_are_replaced_by_last`.
#[test]
#[ignore = "../shared/vectors"]
fn links() {
    let table = Table::read("links/link-header.json");
    let follow = |base: &str, header: &str| -> Option<String> {
        let base = Url::parse(base).expect(base);
        let url = base.join(&link::next([header].into_iter()).ok()??).ok()?;
        url.same_origin(&base).then(|| url.to_string())
    };
    for case in table.cases("oras_parseLink") {
        let want = if case["wantErr"] == true { None } else { case["want"].as_str().map(str::to_owned) };
        assert_eq!(follow(text(case, "url"), text(case, "header")), want, "{case}");
    }
    for header in table.cases("ggcr_remote_next_page_bad_links") {
        let header = header.as_str().expect("a header");
        let next = link::next([header].into_iter());
        // An empty field holds no link. All others are malformed, which is not the end of the listing.
        match next {
            Ok(next) => assert!(header.is_empty() && next.is_none(), "{header}"),
            Err(_) => assert!(!header.is_empty()),
        }
    }
    for case in table.cases("ggcr_validate_pagination_url") {
        let header = format!("<{}>; rel=\"next\"", text(case, "url"));
        let followed = follow("https://registry.example.com/v2/myrepo/tags/list", &header);
        assert_eq!(followed.is_none(), case["wantErr"] == true, "{case}");
    }
}

/// Own cases: `protocol/http/range::reads`, `protocol/http/range::refuses`.
#[test]
#[ignore = "../shared/vectors"]
fn content_ranges() {
    let table = Table::read("headers/content-range.json");
    for case in table.cases("valid") {
        let range = parse_content_range(text(case, "in")).expect("a range");
        assert_eq!((Some(range.first), Some(range.last)), (case["first"].as_u64(), case["last"].as_u64()));
        assert_eq!(range.complete, case["completeLength"].as_u64(), "{case}");
    }
    assert!(parse_content_range("").is_err() && parse_content_range("bytes 0-0/1, bytes 0-0/1").is_err());
}

/// Own cases: `protocol/http/warning::warnings`.
#[test]
#[ignore = "../shared/vectors"]
fn warnings() {
    let table = Table::read("headers/warnings.json");
    // RFC 9110 §5.5: blanks around a field's value are none of it; more than one between its parts hurts nobody.
    let otherwise = ["Multiple spaces in warning", "Leading space in warning", "Trailing space in warning"];
    let mut agreeing = 0;
    for case in table.cases("oras") {
        let name = text(case, "name");
        let texts = warning::texts([text(case, "header")].into_iter());
        let wanted =
            if otherwise.contains(&name) { "This is a warning." } else { case["want"]["Text"].as_str().expect(name) };
        assert_eq!(texts, Vec::from_iter(Some(wanted).filter(|text| !text.is_empty())), "{name}");
        agreeing += usize::from(case["want"]["Text"] == wanted);
    }
    assert_eq!(agreeing + otherwise.len(), table.cases("oras").len());
}

/// Own cases: `protocol/auth/challenge::challenges`.
#[test]
#[ignore = "../shared/vectors"]
fn challenges() {
    let table = Table::read("challenges/www-authenticate.json");
    for case in table.cases("containerd") {
        let [realm, service, scope] = ["realm", "service", "scope"].map(|name| text(case, name));
        let header = format!("Bearer realm=\"{realm}\",service=\"{service}\",scope=\"{scope}\"");
        let challenges = challenge::parse([header.as_str()].into_iter());
        assert_eq!(challenges.len(), 1);
        assert_eq!(
            ["realm", "service", "scope"].map(|name| challenges[0].param(name)),
            [realm, service, scope].map(Some)
        );
    }
    for case in table.cases("oras_parseChallenge") {
        let challenges = challenge::parse([text(case, "header")].into_iter());
        let scheme = challenges.first().map_or("", |challenge| challenge.scheme.as_str());
        match case["wantScheme"].as_u64() {
            Some(1) => assert_eq!(scheme, "basic", "{case}"),
            Some(2) => {
                assert_eq!(scheme, "bearer", "{case}");
                let mut params = challenges[0].params.clone();
                params.sort();
                let wanted = case["wantParams"].as_object().into_iter().flatten();
                let wanted: Vec<_> =
                    wanted.map(|(name, value)| (name.clone(), value.as_str().expect("text").to_owned())).collect();
                assert_eq!(params, wanted, "{case}");
            }
            _ => assert!(!matches!(scheme, "basic" | "bearer"), "{case}"),
        }
    }
    for case in table.cases("containers_image_insufficient_scope_retry") {
        let challenges = challenge::parse([text(case, "www_authenticate")].into_iter());
        let bearer = challenges.iter().find(|challenge| challenge.scheme == "bearer");
        let short = bearer.filter(|bearer| bearer.param("error") == Some("insufficient_scope"));
        let scope = short.and_then(|bearer| bearer.param("scope")).filter(|scope| scope.split(':').count() == 3);
        assert_eq!(scope, case["scope"].as_str(), "{case}");
    }
}

/// Own cases: `protocol/http/error_body::items`, `protocol/http/error_body::excerpts`.
#[test]
#[ignore = "../shared/vectors"]
fn error_bodies() {
    let table = Table::read("http-errors/raw-responses.json");
    for case in table.cases("containers_image_registryHTTPResponseToError") {
        let name = text(case, "name");
        let (_, body) = text(case, "response").split_once("\r\n\r\n").expect(name);
        let items: Vec<_> =
            error_body::parse(body.as_bytes()).into_iter().map(|item| (item.code, item.message)).collect();
        let items: Vec<_> = items.iter().map(|(code, message)| (code.as_str(), message.as_str())).collect();
        // The peer's code, or what the body itself says: the peer makes codes of statuses and header fields, which is
        // not this room's business, and UNKNOWN of codes that are not the spec's, which are kept here.
        let wanted = match (name, case["errorCode"].as_str()) {
            ("401 body not in expected format", Some("UNAUTHORIZED")) => None,
            (name, Some("DENIED")) if name.contains("docker.io") => Some(("UNAUTHORIZED", "authentication required")),
            (name, Some("UNKNOWN")) => {
                let code = if name.contains("redhat.io") { "" } else { "NOT_FOUND" };
                text(case, "errorString").strip_prefix("unknown: ").map(|message| (code, message))
            }
            (_, code) => code.map(|code| (code, text(case, "errorString"))),
        };
        assert_eq!(items, Vec::from_iter(wanted), "{name}");
        assert!(error_body::excerpt(body.as_bytes()).is_some(), "{name}");
    }
}

fn platform_of(value: &Value) -> Platform {
    let some = |name: &str| value[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let features = value["OSFeatures"].as_array();
    Platform {
        os: some("OS").expect("OS"),
        architecture: some("Architecture").expect("Architecture"),
        variant: some("Variant"),
        os_version: some("OSVersion"),
        os_features: features
            .map(|features| features.iter().map(|text| text.as_str().expect("a feature").to_owned()).collect()),
    }
}

fn rank(wanted: &str, candidate: &str) -> Option<usize> {
    Matcher::only(&Platform::parse(wanted).expect(wanted)).rank(&Platform::parse(candidate).expect(candidate))
}

/// Own cases: `protocol/oci/platform/mod::written_forms`, `protocol/oci/platform/mod::refusals`.
#[test]
#[ignore = "../shared/vectors"]
fn platforms_are_written_as_containerd_does() {
    let table = Table::read("platforms/containerd-platforms.json");
    for case in table.cases("parse_selector") {
        let input = text(case, "input");
        let parsed = Platform::parse(input);
        // Wildcards: the peer skips those rows as well.
        assert_eq!(parsed.is_err(), case["skip"] == true, "{input}");
        let Ok(platform) = parsed else { continue };
        assert_eq!(platform, platform_of(&case["expected"]), "{input}");
        // The peer sorts features; nothing here depends on their order.
        let formatted = text(case, "formatted").replace("+erofs+unsorted", "+unsorted+erofs");
        assert_eq!(platform.to_string(), formatted, "{input}");
        for candidate in case["matches"].as_array().into_iter().flatten() {
            assert!(Matcher::only(&platform).rank(&platform_of(candidate)).is_some(), "{input}: {candidate}");
        }
    }
    for case in table.cases("parse_invalid") {
        assert!(Platform::parse(text(case, "input")).is_err(), "{case}");
    }
    for case in table.cases("format_all") {
        assert_eq!(platform_of(&case["platform"]).to_string(), text(case, "expected"));
    }
}

/// `only_strict` and `only_os` are other matchers, which this client has no use for.
///
/// Own cases: `protocol/oci/platform/matcher::ranks`, `protocol/oci/platform/matcher::windows_builds`.
#[test]
#[ignore = "../shared/vectors"]
fn platforms_match_as_containerd_does() {
    let table = Table::read("platforms/containerd-platforms.json");
    for case in table.cases("only") {
        let wanted = text(case, "platform");
        for (key, fits) in [("true", true), ("false", false)] {
            for candidate in case["matches"][key].as_array().expect("candidates") {
                let candidate = candidate.as_str().expect("a platform");
                assert_eq!(rank(wanted, candidate).is_some(), fits, "{wanted}: {candidate}");
            }
        }
    }
    for case in table.cases("windows_osversion") {
        let (host, candidate) = (platform_of(&case["hostPlatform"]), platform_of(&case["testPlatform"]));
        assert_eq!(Some(Matcher::only(&host).rank(&candidate).is_some()), case["match"].as_bool(), "{case}");
    }
    // The peer sorts those that don't fit too; here they are out.
    for case in table.cases("os_features") {
        let fitting = |name: &str| -> Vec<&str> {
            let all = case[name].as_array().expect("platforms").iter().filter_map(Value::as_str);
            all.filter(|candidate| rank(text(case, "platform"), candidate).is_some()).collect()
        };
        let mut sorted = fitting("platforms");
        sorted.sort_by_key(|candidate| rank(text(case, "platform"), candidate));
        assert!(!sorted.is_empty());
        assert_eq!(sorted, fitting("expected"), "{case}");
    }
}

fn manifest_file(path: &str) -> Vec<u8> {
    let folder = folder();
    fs::read(folder.join("manifests/containers-image").join(path)).expect(path)
}

/// Own cases: `protocol/oci/manifest/tests::media_types`, `protocol/oci/manifest/tests::no_json_object`.
#[test]
#[ignore = "../shared/vectors"]
fn manifests_of_containers_image() {
    let table = Table::read("manifests/containers-image-expected.json");
    for case in table.cases("guess_media_type") {
        let path = text(case, "path");
        let parsed = Manifest::parse(&manifest_file(path), None).and_then(Manifest::sound);
        let refused = match path {
            "non-json.manifest.json" => Some("not UTF-8"),
            // The peer only guesses. A config without digest is none that could be fetched.
            "ociv1.artifact.json" | "ociv1nomime.artifact.json" => Some("config.digest: digest \"\""),
            _ => None,
        };
        match (parsed, refused) {
            (Ok(manifest), None) => assert_eq!(manifest.media_type, text(case, "mimeType"), "{path}"),
            (Err(error), Some(refused)) => assert!(error.message.contains(refused), "{path}: {error}"),
            (parsed, _) => panic!("{path}: {parsed:?}"),
        }
    }
    for group in ["digest", "matches_digest"] {
        for case in table.cases(group) {
            let (path, expected) = (text(case, "path"), text(case, "expectedDigest"));
            // A signed schema 1 manifest's digest is its payload's.
            let bytes = manifest_file(path);
            let hashed = if path.starts_with("v2s1") { Signed::parse(&bytes).expect(path).payload } else { bytes };
            let computed = Digest::of(Algorithm::Sha256, &hashed);
            let wanted = case["result"] != false;
            assert_eq!(Digest::parse(expected).is_ok_and(|expected| expected == computed), wanted, "{case}");
        }
    }
    // Every other file: read as what it says it is.
    let mut files = 0;
    for entry in fs::read_dir(folder().join("manifests/containers-image")).expect("a folder") {
        let path = entry.expect("an entry").file_name().into_string().expect("a name");
        if path.contains("artifact") || path == "non-json.manifest.json" {
            continue;
        }
        let manifest = Manifest::parse(&manifest_file(&path), Some("application/json")).expect(&path);
        let kind = match path.as_str() {
            "unknown-version.manifest.json" => Kind::Other,
            path if path.starts_with("v2s1") || path.contains("schema2-to-schema1") => Kind::Schema1,
            path if path.contains("index") || path.contains("v2list") => Kind::Index,
            _ => Kind::Image,
        };
        assert_eq!(manifest.kind, kind, "{path}");
        assert_eq!(manifest.config.is_some() && manifest.layers.is_some(), kind == Kind::Image, "{path}");
        files += 1;
    }
    assert!(files > 15);
}

/// CVE-2021-41190: an index holds none of an image's members, an image no other's.
///
/// Own cases: `protocol/oci/manifest/tests::ambiguous`.
#[test]
#[ignore = "../shared/vectors"]
fn ambiguous_manifests() {
    let table = Table::read("manifests/containers-image-expected.json");
    let fields = table.group("ambiguous_manifest_fields").as_object().expect("fields");
    let fields: Vec<&str> = fields.values().filter_map(Value::as_str).collect();
    let descriptor = format!("{{\"mediaType\":\"a/b\",\"digest\":\"sha256:{}\",\"size\":0}}", "0".repeat(64));
    for (media_type, own) in [
        ("application/vnd.oci.image.index.v1+json", &["manifests"][..]),
        ("application/vnd.docker.distribution.manifest.list.v2+json", &["manifests"]),
        ("application/vnd.oci.image.manifest.v1+json", &["config", "layers"]),
        ("application/vnd.docker.distribution.manifest.v2+json", &["config", "layers"]),
    ] {
        let member =
            |name: &str| if name == "config" { format!("\"config\":{descriptor}") } else { format!("\"{name}\":[]") };
        let members: Vec<_> = own.iter().map(|name| member(name)).collect();
        for field in fields.iter().filter(|field| !own.contains(field)) {
            let document = format!("{{{},{}}}", members.join(","), member(field));
            let read = Manifest::parse(document.as_bytes(), Some(media_type)).expect(&document);
            assert_eq!(read.sound().expect_err(&document).code, "AMBIGUOUS_MANIFEST", "{document}");
        }
        let sound = Manifest::parse(format!("{{{}}}", members.join(",")).as_bytes(), Some(media_type));
        assert!(sound.and_then(Manifest::sound).is_ok());
    }
}

/// S36, and how a filter is told of; an algorithm that is not known here is no error by the specification.
///
/// Own cases: `protocol/oci/referrers::tags`, `referrers::pages_and_filters`.
#[test]
#[ignore = "../shared/vectors"]
fn referrers_as_oras_reads_them() {
    let table = Table::read("referrers/tag-schema.json");
    for case in table.cases("oras_buildReferrersTag") {
        let digest = Digest::parse(text(&case["desc"], "Digest"));
        match (digest, text(case, "name")) {
            (Ok(digest), "unregistred algorithm: sha1") => assert!(digest.algorithm().is_none()),
            // oras does not cut what the specification cuts.
            (Ok(digest), "sha512") => assert_eq!(Some(referrers::tag(&digest).as_str()), text(case, "want").get(..71)),
            (Ok(digest), name) => assert_eq!(referrers::tag(&digest), text(case, "want"), "{name}"),
            (Err(_), name) => assert!(!case["wantErr"].is_null(), "{name}"),
        }
    }
    // Nobody asks whether no filter was applied.
    let is_filter = |case: &&Value| !text(case, "requested").is_empty();
    for case in table.cases("oras_isReferrersFilterApplied").iter().filter(is_filter) {
        let applied = referrers::is_filter_applied(std::iter::once(text(case, "applied")), text(case, "requested"));
        assert_eq!(applied, case["want"].as_bool().expect("want"), "{}", text(case, "name"));
    }
}

/// Own cases: `schema1_copy::documents_of_libtrust`.
#[test]
#[ignore = "../shared/vectors"]
fn documents_of_moby() {
    let table: Value = serde_json::from_slice(&fs::read(folder().join("schema1/cases.json")).unwrap()).unwrap();
    let case_of = |name: &str| table["cases"].as_array().unwrap().iter().find(|case| case["file"] == name).unwrap();
    let file = |name: &str| fs::read(folder().join("schema1").join(name)).unwrap();
    for name in ["moby-good_manifest.json", "moby-extra_data_manifest.json"] {
        let digest = text(case_of(name), "payload_digest");
        let ids: Vec<_> =
            case_of(name)["key_ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect();
        for reference in ["latest", digest] {
            assert_eq!(read(&file(name), reference, false), Ok((digest.to_owned(), ids.clone())), "{name}");
        }
    }
    let bad = file("moby-bad_manifest.json");
    assert_eq!(read(&bad, "latest", false), Err("SIGNATURE_INVALID".into()));
    // Tampered with, its payload is no manifest any more.
    assert_eq!(read(&bad, "latest", true), Err("INVALID_RESPONSE".into()));
    let good = text(case_of("moby-good_manifest.json"), "payload_digest");
    assert_eq!(read(&bad, good, true), Err("DIGEST_MISMATCH".into()));
}

/// The same payload signed and unsigned, with signatures of somebody else.
///
/// Own cases: `schema1::what_is_not_signed_as_it_should_be`, `schema1_copy::documents_of_libtrust`.
#[test]
#[ignore = "../shared/vectors"]
fn documents_of_containers_image() {
    let folder = folder().join("manifests/containers-image");
    let expected = "sha256:7364fea9d84ee548ab67d4c46c6006289800c98de3fbf8c0a97138dfcc23f000";
    for name in ["v2s1.manifest.json", "v2s1-unsigned.manifest.json"] {
        let file = fs::read(folder.join(name)).unwrap();
        assert_eq!(read(&file, expected, false), Err("SIGNATURE_INVALID".into()), "{name}");
        assert_eq!(read(&file, expected, true), Ok((expected.to_owned(), vec![])), "{name}");
    }
    let invalid = fs::read(folder.join("v2s1-invalid-signatures.manifest.json")).unwrap();
    assert_eq!(read(&invalid, "latest", true), Err("SIGNATURE_INVALID".into()));
    // Edited after it was signed, to another length: what its signature covers is no JSON.
    let edited = fs::read(folder.join("schema2-to-schema1-by-docker.json")).unwrap();
    assert_eq!(read(&edited, "latest", true), Err("INVALID_RESPONSE".into()));
}
