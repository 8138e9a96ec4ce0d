use base64ct::{Base64, Base64UrlUnpadded, Encoding as _};

use super::*;
use crate::protocol::schema1::key::{Algorithm, Key};
use crate::protocol::schema1::sign::Draft;
use crate::protocol::schema1::signed::Signed;

const A: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const B: &str = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

/// A payload of these blobs and V1 JSON, top first.
fn payload(steps: &[(&str, &str)]) -> String {
    let layers: Vec<_> = steps.iter().map(|(blob, _)| format!(r#"{{"blobSum":"{blob}"}}"#)).collect();
    let json = |text: &str| serde_json::to_string(text).expect("JSON");
    let history: Vec<_> = steps.iter().map(|(_, v1)| format!(r#"{{"v1Compatibility":{}}}"#, json(v1))).collect();
    format!(
        r#"{{"schemaVersion":1,"name":"a/b","tag":"t","architecture":"amd64","fsLayers":[{}],"history":[{}]}}"#,
        layers.join(","),
        history.join(",")
    )
}

const TWO: &[(&str, &str)] = &[
    (
        A,
        r##"{"id":"b","parent":"a","throwaway":true,"author":"me","container_config":{"Cmd":["/bin/sh","-c","#(nop) CMD"]}}"##,
    ),
    (B, r#"{"id":"a","created":"2015-08-06T23:53:22Z","os":"linux"}"#),
];

fn parse(text: &str) -> Result<Schema1, Invalid> {
    Schema1::parse(text.as_bytes())
}

#[test]
fn reads_base_first() {
    let schema1 = parse(&payload(TWO)).expect("schema1");
    assert_eq!(schema1.architecture.as_deref(), Some("amd64"));
    assert_eq!(schema1.ancestry().collect::<Vec<_>>(), ["b", "a"]);
    assert_eq!(schema1.layers().map(Digest::as_str).collect::<Vec<_>>(), [B]);
    assert_eq!(schema1.blobs.iter().map(Digest::as_str).collect::<Vec<_>>(), [B, A]);
    let [base, top] = schema1.steps.as_slice() else { panic!("{:?}", schema1.steps) };
    assert_eq!((base.created.as_deref(), base.is_empty), (Some("2015-08-06T23:53:22Z"), false));
    assert_eq!((top.created_by.as_str(), top.author.as_deref()), ("/bin/sh -c #(nop) CMD", Some("me")));
}

/// Builders that wrote an image twice in a row: the lower one counts, the registry holds both.
#[test]
fn an_image_that_is_there_several_times_in_a_row() {
    let twice = payload(&[(A, r#"{"id":"a","comment":"again"}"#), (B, r#"{"id":"a"}"#)]);
    let schema1 = parse(&twice).expect("schema1");
    assert_eq!(schema1.layers().map(Digest::as_str).collect::<Vec<_>>(), [B]);
    assert_eq!(schema1.blobs.len(), 2);
    assert_eq!(schema1.steps.first().and_then(|step| step.comment.as_deref()), None);
}

/// F51, S64: every refusal names its place.
#[test]
fn refusals_name_the_place() {
    let good = payload(TWO);
    let one = |v1: &str| payload(&[(A, v1)]);
    let v1 = "history[0].v1Compatibility";
    for (text, place) in [
        ("{}".to_owned(), "schemaVersion: it is missing".to_owned()),
        (good.replace("\"schemaVersion\":1", "\"schemaVersion\":2"), "schemaVersion: got 2; 1 is needed".into()),
        (good.replace("\"schemaVersion\":1", "\"schemaVersion\":1.0"), "schemaVersion: got 1.0".into()),
        (good.replace("\"tag\":\"t\"", "\"tag\":7"), "tag: got 7; a string is needed".into()),
        (good.replace("\"tag\":\"t\"", "\"fsLayers\":[]"), "fsLayers: it is there twice".into()),
        (good.replace("fsLayers", "fslayers"), "fsLayers: it is missing".into()),
        (good.replace(A, "sha256:x"), "fsLayers[0].blobSum: digest".into()),
        (good.replace(A, "md5:99914b932bd37a50b983c5e7c90ae93b"), "fsLayers[0].blobSum: got \"md5:".into()),
        (payload(&[]), "history: it has 0 entries, fsLayers 0".into()),
        (good.replace(&format!(r#",{{"blobSum":"{B}"}}"#), ""), "history: it has 2 entries, fsLayers 1".into()),
        (one("{}"), format!("{v1}.id: it is missing")),
        (one("[]"), format!("{v1}: got an array; an object is needed")),
        (one("{"), format!("{v1}: not JSON")),
        (one(&format!("{{\"x\":{}{}}}", "[".repeat(500), "]".repeat(500))), format!("{v1}: nested more than 128 deep")),
        (one(r#"{"id":""}"#), format!("{v1}.id: got \"\"; up to 64 of 0-9 and a-f are needed")),
        (one(r#"{"id":"../a"}"#), format!("{v1}.id: got \"../a\"")),
        (one(&format!(r#"{{"id":"{}"}}"#, "a".repeat(65))), format!("{v1}.id: got")),
        (one(r#"{"id":"a","id":"b"}"#), format!("{v1}.id: it is there twice")),
        (one(r#"{"id":"a","parent":"b"}"#), format!("{v1}.parent: got \"b\"; the image below is none")),
        (one(r#"{"id":"a","throwaway":"x"}"#), format!("{v1}.throwaway: got \"x\"; true or false is needed")),
        (one(r#"{"id":"a","container_config":{"Cmd":"x"}}"#), format!("{v1}.container_config.Cmd: got \"x\"")),
        (
            payload(&[(A, r#"{"id":"b","parent":"c"}"#), (B, r#"{"id":"a"}"#)]),
            format!("{v1}.parent: got \"c\"; the image below is \"a\""),
        ),
        (
            payload(&[(A, r#"{"id":"b"}"#), (B, r#"{"id":"a"}"#)]),
            format!("{v1}.parent: got none; the image below is \"a\""),
        ),
        (
            payload(&[(A, r#"{"id":"a","parent":"b"}"#), (A, r#"{"id":"b","parent":"a"}"#), (B, r#"{"id":"a"}"#)]),
            format!("{v1}.id: \"a\" is there twice"),
        ),
        (
            format!(
                r#"{{"schemaVersion":1,"fsLayers":[{}]}}"#,
                vec![format!(r#"{{"blobSum":"{A}"}}"#); 1001].join(",")
            ),
            "fsLayers[1000]: more than 1000 layers are not read".into(),
        ),
    ] {
        let refused = parse(&text).expect_err(&place);
        assert_eq!(refused.code, "INVALID_RESPONSE");
        assert!(refused.message.starts_with(&format!("manifest: {place}")), "{} for {place}", refused.message);
    }
    for name in ["config", "layers", "manifests", "signatures"] {
        let refused = parse(&good.replace("\"tag\":\"t\"", &format!("\"{name}\":[]"))).expect_err(name);
        assert_eq!(refused.code, "AMBIGUOUS_MANIFEST", "{name}");
    }
}

/// As skopeo writes it: members sorted, without blanks, what HTML would read escaped; Go's zero time for none.
#[test]
fn a_config_of_v1_json() {
    let top = r#"{ "id":"b", "parent":"a","parent_id":"x","layer_id":"x", "os":"linux", "Size":7,"throwaway":true,
        "config":{"Cmd":["a <b> \"c\" & \\"], "Env":null}, "architecture" : "arm64", "created":"2015-01-01T00:00:00Z" }"#;
    let schema1 = parse(&payload(&[(A, top), (B, r#"{"id":"a","container_config":{"Cmd":["x","&"]},"comment":"c"}"#)]));
    let schema1 = schema1.expect("schema1");
    let diff_id = Digest::parse(A).expect("a digest");
    let start = r#"{"architecture":"arm64","config":{"Cmd":["a \u003cb\u003e \"c\" \u0026 \\"],"Env":null},"created":"2015-01-01T00:00:00Z","#;
    let history = r#""history":[{"created":"0001-01-01T00:00:00Z","created_by":"x \u0026","comment":"c"},{"created":"2015-01-01T00:00:00Z","empty_layer":true}],"os":"linux""#;
    let text = |config: Vec<u8>| String::from_utf8(config).expect("UTF-8");
    assert_eq!(schema1.config(None).map(text), Ok(format!("{start}{history}}}")));
    let whole = format!(r#"{start}{history},"rootfs":{{"type":"layers","diff_ids":["{A}"]}}}}"#);
    assert_eq!(schema1.config(Some(&[diff_id])).map(text), Ok(whole));
    // What the V1 JSON does not tell stands beside it; what it tells of its own layers does not count.
    let odd = parse(&payload(&[(A, r#"{"id":"a","rootfs":1,"history":2,"x":1,"x":{"y": " z "}}"#)])).expect("schema1");
    let expected = r#"{"architecture":"amd64","history":[{"created":"0001-01-01T00:00:00Z"}],"x":{"y":" z "}}"#;
    assert_eq!(odd.config(None).map(text), Ok(expected.to_owned()));
    let many: Vec<_> = (0..2000).map(|number| format!(r#""{number}":0"#)).collect();
    let many = parse(&payload(&[(A, &format!(r#"{{"id":"a",{}}}"#, many.join(",")))])).expect("schema1");
    assert!(many.config(None).expect_err("too many").message.contains("more than 1000 members"));
}

/// RFC 7515, appendix A.3: a key of P-256. Its id was computed with openssl and base32.
const JWK: &str = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;

fn block(header: &str, protected: &str) -> String {
    let (protected, signature) = (Base64UrlUnpadded::encode_string(protected.as_bytes()), "A".repeat(86));
    format!(r#"{{"header":{header},"signature":"{signature}","protected":"{protected}"}}"#)
}

fn document(blocks: &[String]) -> Vec<u8> {
    format!(r#"{{"a":1,"signatures":[{}],"b":2}}"#, blocks.join(",")).into_bytes()
}

const PROTECTED: &str = r#"{"formatLength":6,"formatTail":"fQ"}"#;

/// F49, F50, F52.
#[test]
fn the_payload_comes_out() {
    let header = format!(r#"{{"alg":"ES256","jwk":{JWK}}}"#);
    let signed = Signed::parse(&document(&[block(&header, PROTECTED)])).expect("a document");
    assert_eq!(signed.payload, br#"{"a":1}"#);
    let [signature] = signed.signatures.as_slice() else { panic!("one signature") };
    assert_eq!(signature.algorithm, "ES256");
    assert_eq!(signature.key_id.as_deref(), Some("FPI3:WDCE:VCL4:GCT2:UCMR:ZXRY:3ADC:7ZCB:3ZIN:UD2G:QJJU:J5QC"));
    let check = signature.check.as_ref().expect("something to check");
    assert_eq!((check.algorithm, check.signature.len()), (Algorithm::Es256, 64));
    let expected = format!("{}.eyJhIjoxfQ", Base64UrlUnpadded::encode_string(PROTECTED.as_bytes()));
    assert_eq!(check.input, expected.as_bytes());
    let unsigned = Signed::parse(br#"{"a":1} "#).expect("a document");
    assert_eq!((unsigned.payload.as_slice(), unsigned.signatures), (&br#"{"a":1} "#[..], vec![]));
}

/// F48: without a clear payload nothing can be said of a document.
#[test]
fn no_clear_payload() {
    let with = |protected: &str| document(&[block("{}", protected)]);
    for (document, place) in [
        (document(&[]), "signatures: there is none"),
        (br#"{"signatures":{}}"#.to_vec(), "signatures: got an object; an array is needed"),
        (br#"{"signatures":null}"#.to_vec(), "signatures: got null; an array is needed"),
        (br#"{"signatures":[],"signatures":[]}"#.to_vec(), "signatures: it is there twice"),
        (br#"{"signatures":[{}]}"#.to_vec(), "signatures[0].protected: it is missing"),
        (br#"{"signatures":[{"protected":"*"}]}"#.to_vec(), "signatures[0].protected: got \"*\"; base64url is needed"),
        (with("7"), "signatures[0].protected: got 7; an object is needed"),
        (with("{}"), "signatures[0].protected.formatLength: it is missing"),
        (with(r#"{"formatLength":-1,"formatTail":"fQ"}"#), "signatures[0].protected.formatLength: got -1"),
        (with(r#"{"formatLength":1.5,"formatTail":"fQ"}"#), "signatures[0].protected.formatLength: got 1.5"),
        (with(r#"{"formatLength":"6","formatTail":"fQ"}"#), "signatures[0].protected.formatLength: got \"6\""),
        (
            with(r#"{"formatLength":9007199254740991,"formatTail":"fQ"}"#),
            "signatures[0].protected.formatLength: got 9007199254740991; the document has",
        ),
        (with(r#"{"formatLength":6}"#), "signatures[0].protected.formatTail: it is missing"),
        (with(r#"{"formatLength":6,"formatTail":"f!"}"#), "signatures[0].protected.formatTail: got \"f!\""),
        (
            with(r#"{"formatLength":6,"formatLength":7,"formatTail":"fQ"}"#),
            "signatures[0].protected.formatLength: it is there twice",
        ),
        (
            document(&[block("{}", PROTECTED), block("{}", r#"{"formatLength":5,"formatTail":"fQ"}"#)]),
            "signatures[1].protected: it disagrees with the signature before",
        ),
        (document(&vec![block("{}", PROTECTED); 65]), "signatures[64]: more than 64 signatures are not read"),
    ] {
        let refused = Signed::parse(&document).expect_err(place);
        assert_eq!(refused.code, "SIGNATURE_INVALID", "{place}");
        assert!(refused.message.starts_with(&format!("manifest: {place}")), "{} for {place}", refused.message);
    }
}

/// F48: the payload is clear, a signature is none.
#[test]
fn signatures_that_cannot_be_checked() {
    let with = |header: &str| header.replace("JWK", JWK);
    for (header, why) in [
        (with("7"), ".header: got 7; an object is needed"),
        (with("{}"), ".header.alg: it is missing"),
        (with(r#"{"alg":"ES256"}"#), ".header.jwk: it is missing, and so is x5c"),
        (with(r#"{"alg":"HS256","jwk":JWK}"#), ".header.alg: got \"HS256\"; a key of P-256 is for ES256"),
        (with(r#"{"alg":"none","jwk":JWK}"#), ".header.alg: got \"none\""),
        (with(r#"{"alg":"ES384","jwk":JWK}"#), ".header.alg: got \"ES384\""),
        (with(r#"{"alg":"ES256","jwk":{"kty":"oct","k":"AA"}}"#), ".header.jwk.kty: got \"oct\"; EC or RSA is needed"),
        (with(r#"{"alg":"ES256","jwk":JWK}"#).replace("P-256", "P-224"), ".header.jwk.crv: got \"P-224\""),
        (with(r#"{"alg":"ES256","jwk":JWK}"#).replace("f83O", ""), ".header.jwk.x, .y: P-256 needs 32 bytes for each"),
        (
            with(r#"{"alg":"ES256","jwk":JWK}"#).replace("\"kty\"", "\"kid\":\"AAAA\",\"kty\""),
            ".header.jwk.kid: got \"AAAA\"; the key's id is ",
        ),
        (
            with(r#"{"alg":"RS256","jwk":{"kty":"RSA","n":"AA","e":"AQAB"}}"#),
            ".header.jwk.n, .e: 1 to 1024 and 1 to 8 bytes",
        ),
        (with(r#"{"alg":"RS256","jwk":{"kty":"RSA","n":"AQ","e":"AAAAAAAAAAAA"}}"#), ".header.jwk.n, .e: "),
        (
            with(r#"{"alg":"RS256","jwk":{"kty":"RSA","n":"AQ","e":"AQAB"}}"#),
            ".signature: it has 64 bytes, RS256 needs 1",
        ),
        (with(r#"{"alg":"ES256","x5c":[]}"#), ".header.x5c: there is no certificate"),
        (with(r#"{"alg":"ES256","x5c":["*"]}"#), ".header.x5c[0]: base64 is needed"),
        (with(r#"{"alg":"ES256","x5c":["MAA="]}"#), ".header.x5c[0]: no certificate with a key that can be used"),
    ] {
        let signed = Signed::parse(&document(&[block(&header, PROTECTED)])).expect("a payload");
        let check = &signed.signatures.first().expect("a signature").check;
        assert!(check.as_ref().expect_err(why).starts_with(why), "{check:?} for {why}");
    }
}

/// A certificate for the key of [`JWK`]: nothing in it is looked at but where the key stands.
fn certificate(key: &[u8]) -> Vec<u8> {
    let empty = der::wrap(der::SEQUENCE, &[]);
    let version = der::wrap(0xa0, &der::integer(&[2]));
    let fields =
        [version, der::integer(&[0x80]), empty.clone(), empty.clone(), empty.clone(), empty.clone(), key.to_vec()];
    let rest = [empty, der::wrap(der::BIT_STRING, &[0; 300])].concat();
    der::wrap(der::SEQUENCE, &[der::wrap(der::SEQUENCE, &fields.concat()), rest].concat())
}

/// S64: the key is that of the certificate.
#[test]
fn certificates() {
    let key = |header: &str| {
        let signed = Signed::parse(&document(&[block(header, PROTECTED)])).expect("a payload");
        signed.signatures.first().expect("a signature").check.clone().map(|check| check.key)
    };
    let told = key(&format!(r#"{{"alg":"ES256","jwk":{JWK}}}"#)).expect("a key");
    let x5c = Base64::encode_string(&certificate(told.der()));
    assert_eq!(key(&format!(r#"{{"alg":"ES256","x5c":["{x5c}"]}}"#)).as_ref(), Ok(&told));
    assert_eq!(key(&format!(r#"{{"alg":"ES256","jwk":{JWK},"x5c":["{x5c}","?"]}}"#)).as_ref(), Ok(&told));
    let other = JWK.replace("f83O", "f83P");
    let refused = key(&format!(r#"{{"alg":"ES256","jwk":{other},"x5c":["{x5c}"]}}"#)).expect_err("two keys");
    assert_eq!(refused, ".header.jwk: it differs from the key of the certificate in x5c[0]");
    let whole = certificate(told.der());
    for length in 0..whole.len() {
        let cut = whole.get(..length).expect("a part");
        assert_eq!(der::certified_key(cut), None, "{length}");
    }
}

#[test]
fn keys() {
    let header = r#"{"alg":"RS512","jwk":{"kty":"RSA","n":"AP__","e":"AQAB"}}"#.to_owned();
    let signed = Signed::parse(&document(&[block(&header, PROTECTED)])).expect("a payload");
    let id = signed.signatures.first().and_then(|signature| signature.key_id.clone()).expect("an id");
    assert!(id.len() == 59 && id.split(':').all(|group| group.len() == 4), "{id}");
    let modulus = "_".repeat(85) + "w";
    let header = format!(r#"{{"alg":"RS512","jwk":{{"kty":"RSA","n":"AAAA{modulus}","e":"AAEAAQ"}}}}"#);
    let signed = Signed::parse(&document(&[block(&header, PROTECTED)])).expect("a payload");
    let check = signed.signatures.first().and_then(|signature| signature.check.clone().ok()).expect("a key");
    assert_eq!(Key::parse(check.key.der()).as_ref(), Some(&check.key));
    let longer = [check.key.der(), &[0]].concat();
    assert_eq!([Key::parse(&longer), Key::parse(&[])], [None, None]);
}

#[test]
fn drafts() {
    let key = Key::parse(&[&KEY_START[..], &[7; 64]].concat()).expect("a key");
    for payload in ["{\n   \"a\": 1\n}", "{\"a\":1}", "{\"é\":1 } \n", "{\"a\":{}}"] {
        let draft = Draft::new(payload.as_bytes(), 1_767_323_045_999).expect("a draft");
        let document = draft.finish(&key, Algorithm::Es256, &[1; 64]);
        let signed = Signed::parse(&document).expect(payload);
        assert_eq!(signed.payload, payload.as_bytes());
        let [signature] = signed.signatures.as_slice() else { panic!("one signature") };
        assert_eq!(signature.key_id, Some(key.id()));
        let check = signature.check.as_ref().expect("something to check");
        assert_eq!((&check.input, &check.key, check.signature.as_slice()), (&draft.input, &key, &[1; 64][..]));
        let protected = draft.input.split(|byte| *byte == b'.').next().and_then(|text| std::str::from_utf8(text).ok());
        let protected = Base64UrlUnpadded::decode_vec(protected.expect("base64url")).expect("base64url");
        assert!(protected.ends_with(br#""time":"2026-01-02T03:04:05Z"}"#));
    }
    for payload in ["", "7", "[1]"] {
        assert!(Draft::new(payload.as_bytes(), 0).is_err(), "{payload}");
    }
}

const KEY_START: [u8; 27] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
];
