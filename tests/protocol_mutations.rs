//! Every parser of `protocol` against many thousand damaged inputs: none may panic, and what is accepted must be what it
//! claims to be. The inputs are the same in every run.
#![allow(clippy::expect_used, clippy::indexing_slicing)]

use docker_registry_client_wasm::protocol::config::{self, ImageConfig};
use docker_registry_client_wasm::protocol::digest::Digest;
use docker_registry_client_wasm::protocol::manifest::Manifest;
use docker_registry_client_wasm::protocol::platform::{Matcher, Platform};
use docker_registry_client_wasm::protocol::reference::{Reference, RepositoryName};
use docker_registry_client_wasm::protocol::url::Url;
use docker_registry_client_wasm::protocol::{challenge, error_body, link, listing, media_type, range, retry_after};
use serde::de::IgnoredAny;

const ROUNDS: usize = 20_000;

/// xorshift64*
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % limit.max(1)
    }
}

/// Calls `check` with variations of the seeds: bytes changed, removed, doubled, exchanged for what means something.
fn mutate(seeds: &[&str], check: impl Fn(&[u8])) {
    const PIECES: &[&str] = &[
        "\"",
        "\\",
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "null",
        "-1",
        "1e9",
        "9007199254740992",
        "/",
        "//",
        "..",
        "%2e",
        "%",
        "@",
        "#",
        "?",
        "=",
        ";",
        " ",
        "\t",
        "\r\n",
        "\0",
        "\u{7f}",
        "é",
        "\u{feff}",
        "\u{2028}",
        "<",
        ">",
        "(",
        ")",
        "+",
        "*",
        "\\ud800",
        "sha256:",
        "bytes ",
        "GMT",
        "18446744073709551616",
        "__proto__",
    ];
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    for round in 0..ROUNDS {
        let mut bytes = seeds[round % seeds.len()].as_bytes().to_vec();
        for _ in 0..=random.below(4) {
            let place = random.below(bytes.len() + 1);
            let end = (place + random.below(8)).min(bytes.len());
            match random.below(6) {
                0 => drop(bytes.drain(place..end)),
                1 => {
                    let copy = bytes[place..end].to_vec();
                    bytes.splice(place..place, copy);
                }
                2 => bytes.truncate(place),
                3 if place < bytes.len() => bytes[place] = random.below(256) as u8,
                _ => {
                    let piece = PIECES[random.below(PIECES.len())];
                    bytes.splice(place..end, piece.bytes());
                }
            }
        }
        check(&bytes);
    }
}

/// As [`mutate`], for parsers of text.
fn mutate_text(seeds: &[&str], check: impl Fn(&str)) {
    mutate(seeds, |bytes| check(&String::from_utf8_lossy(bytes)));
}

const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const IMAGE: &str = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"a/b",
"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2,"data":"e30="},
"layers":[{"mediaType":"x","digest":"sha512:cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e","size":0,"urls":["https://x"]}],
"subject":{"mediaType":"y","digest":"a+b:c","size":9007199254740991},"annotations":{"k":"v\u00e9"}}"#;
const INDEX: &str = r#"{"schemaVersion":2,"manifests":[{"mediaType":"x","size":1,
"digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
"platform":{"os":"windows","architecture":"arm64","variant":"v8.2","os.version":"10.0.17763.1","os.features":["win32k"]}}]}"#;
const CONFIG: &str = r##"{"created":"2024-01-02T03:04:05Z","author":"a","os":"linux","architecture":"arm","variant":"v7",
"rootfs":{"type":"layers","diff_ids":["sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]},
"history":[{"created_by":"/bin/sh -c #(nop)  CMD [\"sh\"]","empty_layer":true},{"created_by":"|1 A=b /bin/sh -c x\ny"},
{"created_by":"RUN /bin/sh -c a # buildkit"},{"comment":"escape=`"},{"created_by":"COPY a b # buildkit"}]}"##;

#[test]
fn urls() {
    let base = Url::parse("https://registry.example.com/v2/a/tags/list?n=1").expect("a URL");
    let seeds = [
        "https://user.example.com:5000/v2/a/../b?c=d&e",
        "http://[::ffff:127.0.0.1]:80/%2e%2E/x",
        "//host/path",
        "?last=a&n=2",
        "../../x/./y#z",
        "127.0.0.1:5000/prefix/v2/",
        "http://0x7f.1/",
    ];
    mutate_text(&seeds, |text| {
        for url in [Url::parse(text), Url::parse_registry(text), base.join(text)].into_iter().flatten() {
            let sent = url.to_string();
            assert!(sent.bytes().all(|byte| byte.is_ascii_graphic()), "{sent}");
            assert!(
                !sent.contains(['#', '@', '\\'])
                    || url.path().contains('@')
                    || url.query().is_some_and(|query| query.contains(['@', '\\'])),
                "{sent}"
            );
            let again = Url::parse(&sent).expect(&sent);
            assert!(again.same_origin(&url) && again.query() == url.query(), "{sent}");
            assert_eq!(again.path(), if url.path().is_empty() { "/" } else { url.path() }, "{sent}");
            _ = (url.redacted(), url.is_loopback(), url.with_path("v2/a").with_query(&[("last", text)]).to_string());
        }
    });
}

#[test]
fn names_tags_and_digests() {
    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-/".contains(&byte);
    let is_reference = |byte: u8| byte.is_ascii_alphanumeric() || b"._-:+=".contains(&byte);
    mutate_text(
        &["library/alpine", "a.b_c__d---e/f/0", "latest", "v1.2.3-rc_4", DIGEST, "multihash+base58:QmRZ"],
        |text| {
            if let Ok(name) = RepositoryName::parse(text) {
                assert!(name.as_str() == text && text.bytes().all(is_name) && !text.contains(".."), "{text}");
                assert!(
                    text.ends_with(name.repository())
                        && name.namespace().is_none_or(|namespace| text.starts_with(namespace))
                );
            }
            if let Ok(reference) = Reference::parse(text) {
                assert!(reference.as_str() == text && text.bytes().all(is_reference), "{text}");
            }
            if let Ok(digest) = Digest::parse(text)
                && let Some(algorithm) = digest.algorithm()
            {
                assert_eq!(text.len(), algorithm.as_str().len() + 1 + algorithm.hex_len());
            }
        },
    );
}

#[test]
fn documents() {
    mutate(&[IMAGE, INDEX, CONFIG], |bytes| {
        let is_object =
            serde_json::from_slice::<IgnoredAny>(bytes).is_ok() && bytes.trim_ascii_start().starts_with(b"{");
        let (image, index) = ("application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.index.v1+json");
        for content_type in [None, Some(image), Some(index)] {
            if let Ok(manifest) = Manifest::parse(bytes, content_type) {
                assert!(is_object);
                for entry in manifest.manifests.iter().flatten().filter_map(|entry| entry.platform.as_ref()) {
                    _ = (Matcher::only(entry).rank(entry), entry.to_string());
                }
            }
        }
        if let Ok(config) = ImageConfig::parse(bytes) {
            assert_eq!(config.chain_ids().len(), config.diff_ids.len());
            for line in config.dockerfile().lines() {
                assert!(!line.trim().is_empty() && !line.contains(|c: char| c.is_control() && c != '\t'), "{line:?}");
            }
        }
        if let Ok(text) = config::check_object(bytes) {
            assert!(config::field(text.as_bytes(), "os").is_ok());
        }
    });
}

#[test]
fn lists_and_errors() {
    let seeds = [
        r#"{"name":"a","tags":["1","2\"","\u00e9","]"],"x":[{"y":[]}]}"#,
        r#"{"tags":null}"#,
        r#"{"errors":[{"code":"A_B","message":"m","detail":{"a":[1]}},null,{"code":7}]}"#,
        r#"{"error":"Tag not found"}"#,
        "<html><body>no</body></html>",
    ];
    mutate(&seeds, |bytes| {
        if let Ok(list) = listing::tags(bytes.to_vec()) {
            let strings: Vec<String> = serde_json::from_str(list.json()).expect("an array of strings");
            assert_eq!((list.len(), list.last()), (strings.len(), strings.last().map(String::as_str)));
            assert_eq!(list.to_vec(), strings);
        }
        for item in error_body::parse(bytes) {
            assert!(!(item.code.is_empty() && item.message.is_empty()));
            assert!(item.detail.is_none_or(|detail| serde_json::from_str::<IgnoredAny>(&detail).is_ok()));
        }
        if let Some(text) = error_body::excerpt(bytes) {
            assert!(text.chars().count() <= 200 && !text.contains(char::is_control));
        }
    });
}

#[test]
fn header_fields() {
    let seeds = [
        "</v2/_catalog?last=a&n=1>; rel=\"next\", <b>;rel=prev;title=\"x\\\"y\"",
        "Bearer realm=\"https://a/t\",service=\"s\",scope=\"repository:a:pull,push\", Basic realm=z, Negotiate YQ==",
        "bytes 0-9/10",
        "10-19/*",
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "120",
        "application/vnd.oci.image.index.v1+json; charset=utf-8",
    ];
    mutate_text(&seeds, |text| {
        if let Ok(Some(target)) = link::next([text, text].into_iter()) {
            assert!(!target.is_empty() && text.contains(&target));
        }
        for challenge in challenge::parse([text, text].into_iter()) {
            assert!(
                !challenge.scheme.is_empty()
                    && !challenge.scheme.contains(|c: char| c.is_ascii_uppercase() || c == ' ')
            );
        }
        if let Ok(range) = range::parse_content_range(text) {
            assert!(range.first <= range.last && range.complete.is_none_or(|complete| range.last < complete));
        }
        _ = (retry_after::parse(text, 1), retry_after::parse(text, u64::MAX), media_type::essence(text));
    });
}

#[test]
fn platforms() {
    let seeds = [
        "linux/arm64/v8.9",
        "windows(10.0.17763%2B1+win32k)/amd64",
        "windows/amd64:10.0.20348.1",
        "armhf",
        "macOS",
        "linux/amd64/v4",
    ];
    mutate_text(&seeds, |text| {
        if let Ok(platform) = Platform::parse(text) {
            let written = platform.to_string();
            let again = Platform::parse(&written).expect(&written);
            assert_eq!(again.to_string(), written);
            assert_eq!(Matcher::only(&platform).rank(&again), Some(0), "{text}");
        }
    });
}
