//! What must hold whatever a parser of `protocol` is given. `tests/native/properties.rs` gives it damaged seeds in every run of
//! the native tests, `tests/fuzz` lets libFuzzer look for more.

#[path = "layers.rs"]
mod layers;

use docker_registry_client_wasm::protocol::auth::challenge::Challenge;
use docker_registry_client_wasm::protocol::auth::scope::Scopes;
use docker_registry_client_wasm::protocol::auth::{challenge, token};
use docker_registry_client_wasm::protocol::http::{Headers, error_body, link, range, rate_limit, retry_after, warning};
use docker_registry_client_wasm::protocol::invalid::{Invalid, quoted};
use docker_registry_client_wasm::protocol::oci::config::ImageConfig;
use docker_registry_client_wasm::protocol::oci::digest::Digest;
use docker_registry_client_wasm::protocol::oci::manifest::Manifest;
use docker_registry_client_wasm::protocol::oci::platform::{Matcher, Platform};
use docker_registry_client_wasm::protocol::oci::reference::{Reference, RepositoryName, Tag};
use docker_registry_client_wasm::protocol::oci::{config, listing, media_type};
use docker_registry_client_wasm::protocol::schema1::Schema1;
use docker_registry_client_wasm::protocol::schema1::key::Key;
use docker_registry_client_wasm::protocol::schema1::sign::Draft;
use docker_registry_client_wasm::protocol::schema1::signed::Signed;
use docker_registry_client_wasm::protocol::url::Url;
use docker_registry_client_wasm::protocol::v1;
use serde::de::IgnoredAny;

/// A parser's property.
pub struct Property {
    /// Its name, and its seeds'.
    pub name: &'static str,
    /// Inputs to begin with, one a line.
    #[allow(dead_code)] // libFuzzer reads its own from files
    pub seeds: &'static str,
    /// Panics where it does not hold.
    pub check: fn(&[u8]),
}

macro_rules! property {
    ($name:literal, $check:expr) => {
        Property { name: $name, seeds: include_str!(concat!("../../fuzz/seeds/", $name, ".txt")), check: $check }
    };
}

/// Every property. Another one is a line here, a function below and a file in `tests/fuzz/seeds`.
pub const ALL: &[Property] = &[
    property!("archive", layers::archive),
    property!("challenge", |input| text(input, challenges)),
    property!("compressed", layers::compressed),
    property!("config", image_config),
    property!("content_range", |input| text(input, content_range)),
    property!("error_body", errors),
    property!("index", layers::index),
    property!("link", |input| text(input, links)),
    property!("listing", lists),
    property!("manifest", manifest),
    property!("platform", |input| text(input, platform)),
    property!("rate_limit", |input| text(input, rate_limits)),
    property!("reference", |input| text(input, reference)),
    property!("retry_after", |input| text(input, waits)),
    property!("rpm", layers::rpm),
    property!("schema1", schema1),
    property!("scope", |input| text(input, scopes)),
    property!("footer", layers::footer),
    property!("toc", layers::toc),
    property!("token", token_answer),
    property!("url", |input| text(input, url)),
    property!("v1", v1_answers),
    property!("warning", |input| text(input, warnings)),
    property!("ztoc", layers::ztoc),
];

/// What numbers JavaScript holds exactly.
const SAFE_INTEGER: u64 = (1 << 53) - 1;

/// For parsers of text.
fn text(input: &[u8], check: fn(&str)) {
    check(&String::from_utf8_lossy(input));
}

/// A message is one short line, whatever it quotes.
fn refusal<T>(result: Result<T, Invalid>) -> Option<T> {
    let message = match result {
        Ok(value) => return Some(value),
        Err(refused) => refused.into_message(),
    };
    assert!(message.chars().count() < 2000 && !message.contains(char::is_control), "{message:?}");
    None
}

/// As a header field holds it.
fn quoted_string(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Whatever a V1 registry says, an id is one that can stand in a path.
fn v1_answers(input: &[u8]) {
    let is_id =
        |id: &str| matches!(id.len(), 16 | 64) && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let this = v1::ImageId::parse(&"a".repeat(64)).expect("an id");
    refusal(v1::tags(input));
    refusal(v1::tag_json(input));
    if let Some(id) = refusal(v1::tag(input)) {
        assert!(is_id(id.as_str()));
    }
    if let Some(ids) = refusal(v1::ancestry(input, &this)) {
        assert!(ids.len() <= v1::ANCESTRY_LIMIT && ids.first() == Some(&this));
        assert!(ids.iter().all(|id| is_id(id.as_str())));
    }
    if let Some(page) = refusal(v1::search::page(input)) {
        assert_eq!(page.names.len(), page.results.len());
        assert!(page.results.iter().all(|result| serde_json::from_str::<IgnoredAny>(result).is_ok()));
    }
    for image in [refusal(v1::ImageJson::parse(input, &this)), refusal(v1::new_image(input)).map(|(_, image)| image)] {
        assert!(image.and_then(|image| image.parent).is_none_or(|parent| is_id(parent.as_str())));
    }
    let text = String::from_utf8_lossy(input);
    let checksum = v1::checksum_header(&text);
    assert!(checksum.is_none_or(|digest| digest.as_str().starts_with("sha256:") && text.contains(digest.as_str())));
    assert!(v1::layer_size(&text).is_none_or(|size| size <= SAFE_INTEGER));
    for host in v1::endpoints::endpoints([&*text].into_iter()) {
        assert!(!host.contains(['/', '@', ',']));
    }
}

fn url(text: &str) {
    let base = Url::parse("https://registry.example.com/v2/a/tags/list?n=1").expect("a URL");
    for url in [Url::parse(text), Url::parse_registry(text), base.join(text)].into_iter().filter_map(refusal) {
        let sent = url.to_string();
        assert!(sent.bytes().all(|byte| byte.is_ascii_graphic()), "{sent}");
        assert!(
            !sent.contains(['#', '@', '\\'])
                || url.path().contains('@')
                || url.query().is_some_and(|query| query.contains(['@', '\\'])),
            "{sent}"
        );
        let again = Url::parse(&sent).expect(&sent);
        assert!(url.same_origin(&url) && again.same_origin(&url) && again.query() == url.query(), "{sent}");
        assert_eq!(again.path(), if url.path().is_empty() { "/" } else { url.path() }, "{sent}");
        assert!(again.to_string() == sent || url.path().is_empty(), "{sent}");
        assert_eq!(base.join(&sent).as_ref(), Ok(&again), "{sent}");
        let below = url.with_path("v2/a").with_query(&[("last", text)]);
        assert!(below.same_origin(&url) && Url::parse(&below.to_string()).as_ref() == Ok(&below), "{below}");
        assert!(url.is_loopback() == again.is_loopback() && (url.is_local() || !url.is_loopback()));
        assert!(url.shares_domain(&again) && url.shares_domain(&base) == base.shares_domain(&url), "{sent}");
        assert!(url.redacted().len() <= sent.len() + '…'.len_utf8() * sent.len());
    }
}

fn reference(text: &str) {
    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-/".contains(&byte);
    let is_reference = |byte: u8| byte.is_ascii_alphanumeric() || b"._-:+=".contains(&byte);
    if let Some(name) = refusal(RepositoryName::parse(text)) {
        assert!(name.to_string() == text && text.bytes().all(is_name) && !text.contains(".."), "{text}");
        assert!(
            text.ends_with(name.repository()) && name.namespace().is_none_or(|namespace| text.starts_with(namespace))
        );
    }
    if let Some(reference) = refusal(Reference::parse(text)) {
        assert!(reference.to_string() == text && text.bytes().all(is_reference), "{text}");
        assert!(Tag::parse(text).is_ok() != Digest::parse(text).is_ok());
    }
    if let Some(digest) = refusal(Digest::parse(text)) {
        assert_eq!(digest.to_string(), text);
        if let Some(algorithm) = digest.algorithm() {
            assert_eq!(text.len(), algorithm.as_str().len() + 1 + algorithm.hex_len());
        }
    }
    let message = quoted(text);
    assert!(message.chars().count() <= 1000 && !message.contains(char::is_control), "{message:?}");
}

fn manifest(bytes: &[u8]) {
    let is_object =
        || serde_json::from_slice::<IgnoredAny>(bytes).is_ok() && bytes.trim_ascii_start().starts_with(b"{");
    for content_type in [None, Some(media_type::OCI_MANIFEST), Some(media_type::OCI_INDEX)] {
        let parsed = Manifest::parse(bytes, content_type);
        assert_eq!(parsed, Manifest::parse(bytes, content_type));
        let Some(manifest) = refusal(parsed) else { continue };
        assert!(is_object());
        let descriptors = [&manifest.layers, &manifest.manifests].into_iter().flatten().flatten();
        for descriptor in descriptors.chain(&manifest.config).chain(&manifest.subject) {
            assert!(descriptor.size <= SAFE_INTEGER && Digest::parse(descriptor.digest.as_str()).is_ok());
            if let Some(data) = &descriptor.data {
                assert_eq!(data.len() as u64, descriptor.size);
            }
        }
        for platform in manifest.manifests.iter().flatten().filter_map(|entry| entry.platform.as_ref()) {
            _ = (Matcher::only(platform).rank(platform), platform.to_string());
        }
    }
}

fn image_config(bytes: &[u8]) {
    if let Some(config) = refusal(ImageConfig::parse(bytes)) {
        assert_eq!(config.chain_ids().len(), config.diff_ids.len());
        for line in config.dockerfile().lines() {
            assert!(!line.trim().is_empty() && !line.contains(|c: char| c.is_control() && c != '\t'), "{line:?}");
        }
    }
    if let Some(text) = refusal(config::check_object(bytes)) {
        assert!(config::field(text.as_bytes(), "os").is_ok());
    }
}

/// What stands before a point of P-256 in DER.
const P256: &[u8] =
    b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\0\x04";

/// Documents and payloads.
fn schema1(bytes: &[u8]) {
    let Some(signed) = refusal(Signed::parse(bytes)) else { return };
    assert!(!signed.signatures.is_empty() || signed.payload == bytes);
    for signature in &signed.signatures {
        let Ok(check) = &signature.check else { continue };
        assert_eq!(Key::parse(check.key.der()).as_ref(), Some(&check.key));
        assert_eq!(signature.key_id, Some(check.key.id()));
        assert_eq!(
            (check.algorithm.as_str(), check.signature.len()),
            (&*signature.algorithm, check.key.signature_length())
        );
    }
    for payload in [bytes, &signed.payload] {
        let Some(schema1) = refusal(Schema1::parse(payload)) else { continue };
        assert!(!schema1.steps.is_empty() && schema1.blobs.len() <= 1000);
        assert!(schema1.layers().all(|layer| schema1.blobs.contains(layer)));
        let diff_ids: Vec<_> = schema1.layers().cloned().collect();
        let config = schema1.config(Some(&diff_ids)).expect("a config");
        serde_json::from_slice::<IgnoredAny>(&config).expect("a config is JSON");
        if let Some(config) = refusal(ImageConfig::parse(&config)) {
            assert_eq!((config.history.len(), config.diff_ids), (schema1.steps.len(), diff_ids));
        }
        // What is signed comes out again.
        let draft = Draft::new(payload, 0).expect("a draft");
        let key = Key::parse(&[P256, &[7; 64]].concat()).expect("a key");
        let document = draft.finish(&key, key.algorithm().expect("a curve"), &[1; 64]);
        assert_eq!(Signed::parse(&document).map(|again| again.payload).as_deref(), Ok(payload));
    }
}

fn lists(bytes: &[u8]) {
    for list in [listing::tags(bytes.to_vec()), listing::repositories(bytes.to_vec())].into_iter().filter_map(refusal) {
        let strings: Vec<String> = serde_json::from_str(list.json()).expect("an array of strings");
        assert_eq!((list.len(), list.last()), (strings.len(), strings.last().map(String::as_str)));
        assert_eq!(list.to_vec(), strings);
    }
}

fn errors(bytes: &[u8]) {
    for item in error_body::parse(bytes) {
        assert!(!(item.code.is_empty() && item.message.is_empty()));
        assert!(!item.code.starts_with(|first: char| !first.is_ascii_uppercase()), "{}", item.code);
        assert!(item.code.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_')), "{}", item.code);
        assert!(item.detail.is_none_or(|detail| serde_json::from_str::<IgnoredAny>(&detail).is_ok()));
    }
    if let Some(text) = error_body::excerpt(bytes) {
        assert!(text.chars().count() <= 200 && !text.contains(char::is_control));
    }
}

fn links(text: &str) {
    if let Some(Some(target)) = refusal(link::next([text, text].into_iter())) {
        assert!(!target.is_empty() && text.contains(&target));
        assert_eq!(link::next([format!("<{target}>; rel=\"next\"").as_str()].into_iter()), Ok(Some(target)));
    }
}

/// What was read can be written, and is read again.
fn challenges(text: &str) {
    let challenges = challenge::parse([text, text].into_iter());
    let written = |challenge: &Challenge| {
        let params = challenge.params.iter().map(|(name, value)| format!("{name}={}", quoted_string(value)));
        format!("{} {}", challenge.scheme, params.collect::<Vec<_>>().join(", "))
    };
    let field = challenges.iter().map(written).collect::<Vec<_>>().join(", ");
    assert_eq!(challenge::parse([field.as_str()].into_iter()), challenges);
    for challenge in challenges {
        assert!(!challenge.scheme.is_empty());
        assert!(!challenge.scheme.contains(|c: char| !c.is_ascii_graphic() || c.is_ascii_uppercase()));
    }
}

fn content_range(text: &str) {
    if let Some(range) = refusal(range::parse_content_range(text)) {
        let range::ContentRange { first, last, complete } = range;
        assert!(first <= last && complete.is_none_or(|complete| last < complete));
        let complete = complete.map_or("*".into(), |complete| complete.to_string());
        assert_eq!(range::parse_content_range(&format!("bytes {first}-{last}/{complete}")), Ok(range));
    }
}

fn waits(text: &str) {
    let [early, late, never] = [0, 1, u64::MAX].map(|now| retry_after::parse(text, now));
    assert!(never <= late && late <= early);
    // Seconds are the same at any time; a date comes closer and then is gone by.
    assert!(never == early || never == Some(0), "{never:?}");
    if let Some(unix_ms) = retry_after::unix_ms(text) {
        assert_eq!(early, Some(unix_ms));
    }
    let essence = media_type::essence(text);
    assert_eq!(media_type::essence(&essence), essence);
}

fn scopes(text: &str) {
    let scopes = Scopes::parse(text);
    let written = scopes.to_string();
    assert_eq!(Scopes::parse(&written), scopes);
    assert_eq!(scopes.is_empty(), written.is_empty());
    assert_eq!(scopes.iter().collect::<Vec<_>>().join(" "), written);
    assert_eq!(scopes.clone().with(&scopes), scopes);
    let more = Scopes::repository("a/b", &["pull"]).with(&scopes);
    assert!(scopes.cover(&scopes) && scopes.cover(&Scopes::default()) && more.cover(&scopes), "{written}");
    assert_eq!(more, scopes.with(&Scopes::repository("a/b", &["pull"])));
}

fn token_answer(bytes: &[u8]) {
    let Some(answer) = refusal(token::parse(bytes)) else { return };
    let token = answer.token.expose();
    assert!(!token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()), "{token:?}");
    assert!(answer.lifetime >= 60_000);
    assert!(answer.refresh_token.is_none_or(|token| !token.expose().is_empty()));
}

fn warnings(text: &str) {
    let texts = warning::texts([text, text].into_iter());
    assert!(
        texts.concat().len() <= 4096 && !texts.iter().any(|text| text.is_empty() || text.contains(char::is_control))
    );
    let field = texts.iter().map(|text| format!("299 - {}", quoted_string(text))).collect::<Vec<_>>().join(", ");
    assert_eq!(warning::texts([field.as_str()].into_iter()), texts);
}

/// Fields as `name: value`, separated by `|`.
fn rate_limits(text: &str) {
    let mut headers = Headers::new();
    for (name, value) in text.split('|').filter_map(|field| field.split_once(": ")) {
        headers.append(name, value);
    }
    let Some(read) = rate_limit::parse(&headers) else { return };
    assert!(read.limit.or(read.remaining).or(read.reset).is_some());
    for number in [read.limit, read.remaining, read.window, read.reset].into_iter().flatten() {
        assert!(number <= SAFE_INTEGER);
    }
    assert!(read.source.is_none_or(|source| !source.is_empty() && source.len() <= 200));
}

fn platform(text: &str) {
    if let Some(platform) = refusal(Platform::parse(text)) {
        let written = platform.to_string();
        let again = Platform::parse(&written).expect(&written);
        assert_eq!(again.to_string(), written);
        assert_eq!(Matcher::only(&platform).rank(&again), Some(0), "{text}");
    }
}
