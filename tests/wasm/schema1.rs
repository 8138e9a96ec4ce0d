//! Manifests of schema 1: signatures checked and made by the host's WebCrypto.

use docker_registry_client_wasm::protocol::oci::digest::{Algorithm, Digest};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::*;

const PAYLOAD: &str = r#"{
   "schemaVersion": 1,
   "name": "app",
   "tag": "latest",
   "architecture": "amd64",
   "fsLayers": [
      {
         "blobSum": "sha256:a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4"
      }
   ],
   "history": [
      {
         "v1Compatibility": "{\"id\":\"a1\",\"os\":\"linux\"}"
      }
   ]
}"#;

fn digest() -> String {
    Digest::of(Algorithm::Sha256, PAYLOAD.as_bytes()).to_string()
}

/// A registry that takes a manifest and gives it back, changed by an expression of `text`.
fn echo(changed: &str) -> JsValue {
    js(&format!(
        "(() => {{
            let kept = '';
            return async (url, init) => {{
                if (init.method === 'PUT') {{
                    kept = new TextDecoder().decode(init.body);
                    return new Response(null, {{ status: 201 }});
                }}
                if (init.method !== 'GET' || url.endsWith('/v2/')) return new Response('{{}}');
                const text = kept;
                return new Response({changed}, {{ headers: {{ 'content-type': 'application/vnd.docker.distribution.manifest.v1+prettyjws' }} }});
            }};
        }})()"
    ))
}

async fn pushed(fetch: &JsValue, options: &JsValue) -> JsValue {
    let document = js_with("JSON.parse(text)", &[("text", &PAYLOAD.into())]);
    let repository = repository(&client(fetch), "app");
    ok(repository.push_manifest("latest".into(), document, options.clone())).await
}

#[wasm_bindgen_test]
async fn what_is_signed_here_is_verified_here() {
    let fetch = echo("text");
    for options in [
        "({})".to_owned(),
        key("P-256", "pair"),
        key("P-384", "pair"),
        key("P-521", "crypto.subtle.exportKey('jwk', pair.privateKey)"),
    ] {
        let options = awaited(&options, &[]).await;
        assert_eq!(text(&pushed(&fetch, &options).await, "digest"), digest());
        let read = ok(repository(&client(&fetch), "app").manifest("latest".into(), JsValue::UNDEFINED)).await;
        assert_eq!(text(&read, "digest"), digest());
        let verified = js_with("read.signatures.map((one) => one.verified && one.keyId.length)", &[("read", &read)]);
        assert_eq!(json(&verified), "[59]");
    }
}

/// Options with a fresh key.
fn key(curve: &str, form: &str) -> String {
    format!(
        "crypto.subtle.generateKey({{ name: 'ECDSA', namedCurve: '{curve}' }}, true, ['sign', 'verify'])
            .then(async (pair) => ({{ signingKey: await {form} }}))"
    )
}

#[wasm_bindgen_test]
async fn what_was_changed_is_told() {
    for (changed, part) in [
        ("text.replace('latest', 'oldest')", "is not valid"),
        ("text.replace(/\"alg\": \"ES256\"/, '\"alg\": \"HS256\"')", "alg"),
        ("text.replace(/\"x\": \"..../, (start) => start.slice(0, -1) + (start.endsWith('A') ? 'B' : 'A'))", "kid"),
    ] {
        let fetch = echo(changed);
        pushed(&fetch, &js("({})")).await;
        let manifest = |options: &str| {
            repository(&try_client(&fetch, options).unwrap(), "app").manifest("latest".into(), JsValue::UNDEFINED)
        };
        assert_error(&err(manifest("{}")).await, "SIGNATURE_INVALID", part);
        let taken = ok(manifest("{ unverifiedSchema1: 'warn' }")).await;
        assert_eq!(json(&js_with("read.signatures.map((one) => one.verified)", &[("read", &taken)])), "[false]");
    }
}

#[wasm_bindgen_test]
async fn keys_that_are_none() {
    for given in
        ["{}", "{ kty: 'EC', crv: 'P-256' }", "{ privateKey: 1, publicKey: 2 }", "new Proxy({}, { get() { throw 1 } })"]
    {
        let document = js_with("JSON.parse(text)", &[("text", &PAYLOAD.into())]);
        let push = repository(&client(&echo("text")), "app").push_manifest(
            "latest".into(),
            document,
            js(&format!("({{ signingKey: {given} }})")),
        );
        assert_error(&err(push).await, "INVALID_ARGUMENT", "signingKey");
    }
}
