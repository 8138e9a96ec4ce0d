//! Arguments that cannot be used.

use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::*;

fn refused_host(host: &JsValue) -> JsValue {
    created(host.clone(), JsValue::UNDEFINED).err().unwrap_or_else(|| panic!("{host:?} is taken"))
}

#[wasm_bindgen_test]
fn hosts() {
    for host in [
        "undefined",
        "null",
        "5",
        "{}",
        "[]",
        "['registry.test']",
        "Symbol()",
        "{ href: 5 }",
        "{ get href() { throw 1 } }",
    ] {
        assert_error(&refused_host(&js(host)), "INVALID_ARGUMENT", "host");
    }
    for host in ["", "a b", "ftp://registry.test", "https://alice:secret@registry.test", "https://registry.test/?q"] {
        let error = refused_host(&host.into());
        assert_error(&error, "INVALID_ARGUMENT", "");
        assert!(!text(&error, "message").contains("secret"));
    }
    let url = created(js("new URL('http://127.0.0.1:5001/prefix/')"), JsValue::UNDEFINED).unwrap();
    assert!(url.host().starts_with("http://127.0.0.1:5001/prefix"));
}

#[wasm_bindgen_test]
fn client_options() {
    for (options, part) in [
        ("5", "options: one object"),
        ("null", "options: one object"),
        ("'x'", "options: one object"),
        ("[]", "options: an object"),
        ("() => 1", "options: one object"),
        ("{ timout: 5 }", "did you mean \"timeout\"?"),
        ("{ userName: 'a' }", "did you mean \"username\"?"),
        ("{ colour: 1 }", "options.colour"),
        ("{ timeout: '5' }", "options.timeout"),
        ("{ timeout: -1 }", "options.timeout"),
        ("{ timeout: NaN }", "options.timeout"),
        ("{ timeout: Infinity }", "options.timeout"),
        ("{ timeout: null }", "options.timeout"),
        ("{ get timeout() { throw 1 } }", "options.timeout: reading it threw"),
        ("{ idleTimeout: {} }", "options.idleTimeout"),
        ("{ apiVersion: 3 }", "options.apiVersion"),
        ("{ apiVersion: '2' }", "options.apiVersion"),
        ("{ concurrency: 0 }", "options.concurrency"),
        ("{ concurrency: 1025 }", "options.concurrency"),
        ("{ concurrency: 1.5 }", "options.concurrency"),
        ("{ maxPages: 0 }", "options.maxPages"),
        ("{ maxItems: 2 ** 53 }", "options.maxItems"),
        ("{ cacheBytes: -1 }", "options.cacheBytes"),
        ("{ platform: 5 }", "options.platform"),
        ("{ platform: 'linux' + String.fromCharCode(0) }", "options.platform"),
        ("{ fetch: 'x' }", "options.fetch"),
        ("{ signal: {} }", "options.signal"),
        ("{ signal: null }", "options.signal"),
        ("{ onRequest: 1 }", "options.onRequest"),
        ("{ headers: 'a: b' }", "options.headers"),
        ("{ headers: new Headers() }", "options.headers"),
        ("{ headers: new Map() }", "options.headers"),
        ("{ headers: [['a', 'b']] }", "options.headers"),
        ("{ headers: { a: 1 } }", "options.headers"),
        ("{ headers: { get a() { throw 1 } } }", "options.headers"),
        ("{ headers: { 'a b': 'c' } }", "options.headers"),
        ("{ headers: { a: 'b\\r\\nc: d' } }", "options.headers"),
        ("{ headers: { a: '\\u20ac' } }", "options.headers"),
        ("{ headers: { Authorization: 'Bearer hush' } }", "username and password"),
        ("{ headers: { 'content-length': '5' } }", "options.headers"),
        ("{ username: 'alice' }", "options.password"),
        ("{ password: 'hush' }", "options.username"),
        ("{ username: 'a:b', password: 'hush' }", "options.username"),
        ("{ username: 5, password: 'hush' }", "options.username"),
        ("{ token: 5 }", "options.token"),
        ("{ token: '' }", "options.token"),
        ("{ token: 'hush\\nhush' }", "options.token"),
        ("{ token: 'hush', username: 'alice', password: 'hush' }", "only one of"),
        ("'hush'", "options: one object is needed"),
        ("{ credentials: 'hush' }", "options.credentials: a function is needed, not a string"),
        ("{ fetch: 'hush' }", "options.fetch"),
        ("{ signal: 'hush' }", "options.signal"),
        ("{ onRequest: 'hush' }", "options.onRequest"),
        ("{ retry: 'hush' }", "options.retry"),
        ("{ trustedRealms: 'hush' }", "options.trustedRealms"),
        ("{ trustedRealms: ['https://alice:hush@h/x'] }", "options.trustedRealms"),
        ("{ trustedRealms: ['hush@h'] }", "options.trustedRealms"),
        ("{ authServiceUrl: 'ftp://alice:hush@h' }", "options.authServiceUrl"),
        ("{ platform: 'https://alice:hush@h/x' }", "options.platform"),
        ("{ headers: { 'Authorization: Bearer hush': 'x' } }", "options.headers"),
        ("{ headers: { 'x: hush': 'x' } }", "options.headers"),
        ("new Proxy({}, { ownKeys() { throw 1 } })", "keys cannot be read"),
    ] {
        let refused = created("registry.test".into(), js(options)).err();
        let error = refused.unwrap_or_else(|| panic!("{options} is taken"));
        assert_error(&error, "INVALID_ARGUMENT", part);
        assert!(!text(&error, "message").contains("hush"), "{options}");
    }
    for options in [
        "{}",
        "undefined",
        "{ timeout: 0, idleTimeout: 0.5, apiVersion: 2, concurrency: 1024, maxPages: 1, cacheBytes: 0 }",
        "{ timeout: undefined, headers: Object.create(null) }",
        "{ platform: 'windows/amd64:10.0.17763.1' }",
        "{ username: 'alice', password: '' }",
    ] {
        assert!(created("registry.test".into(), js(options)).is_ok(), "{options}");
    }
}

#[wasm_bindgen_test]
async fn call_options() {
    let fetch = registry(&js("({})"));
    let client = client(&fetch);
    let repository = repository(&client, "app");
    for (options, part) in [
        ("5", "options: an object"),
        ("{ timeout: [] }", "options.timeout"),
        ("{ signal: new EventTarget() }", "options.signal"),
        ("{ signl: 1 }", "did you mean \"signal\"?"),
    ] {
        for call in [
            client.api_version(js(options)),
            client.check_status(js(options)),
            client.namespaces(js(options)),
            client.repositories(JsValue::UNDEFINED, js(options)),
            repository.tags(js(options)),
            repository.data("latest".into(), js(options)),
            repository.image("latest".into(), js(options)),
            repository.manifest("latest".into(), js(options)),
            repository.head_manifest("latest".into(), js(options)),
            repository.blob(digest(b"").into(), js(options)),
            repository.head_blob(digest(b"").into(), js(options)),
        ] {
            assert_error(&err(call).await, "INVALID_ARGUMENT", part);
        }
        assert_error(&client.catalog(js(options)).unwrap_err(), "INVALID_ARGUMENT", part);
        assert_error(&repository.each_tag(js(options)).unwrap_err(), "INVALID_ARGUMENT", part);
    }
    for (call, part) in [
        (repository.tags(js("({ filter: 5 })")), "options.filter"),
        (
            repository.tags(js("({ filter: { [Symbol.toStringTag]: 'RegExp', toString() { throw 1 } } })")),
            "options.filter",
        ),
        (repository.image("latest".into(), js("({ platform: 5 })")), "options.platform"),
        (repository.manifest("latest".into(), js("({ accept: 'text/plain' })")), "options.accept"),
        (repository.manifest("latest".into(), js("({ accept: [] })")), "options.accept"),
        (repository.manifest("latest".into(), js("({ accept: [5] })")), "options.accept"),
        (repository.manifest("latest".into(), js("({ accept: ['a\\nb'] })")), "accept"),
        (repository.blob(digest(b"").into(), js("({ range: 5 })")), "options.range"),
        (repository.blob(digest(b"").into(), js("({ range: [0] })")), "options.range"),
        (repository.blob(digest(b"").into(), js("({ range: [-1, 5] })")), "options.range[0]"),
        (repository.blob(digest(b"").into(), js("({ range: [0, 1.5] })")), "options.range[1]"),
        (repository.blob(digest(b"").into(), js("({ range: [6, 5] })")), "range"),
        (repository.blob(digest(b"").into(), js("({ onProgress: {} })")), "options.onProgress"),
        (client.repositories(JsValue::NULL, JsValue::UNDEFINED), "namespace"),
        (repository.data(JsValue::from(5), JsValue::UNDEFINED), "tag"),
        (repository.image(JsValue::UNDEFINED, JsValue::UNDEFINED), "tagOrDigest"),
        (repository.manifest(JsValue::NULL, JsValue::UNDEFINED), "reference"),
        (repository.blob(js("({})"), JsValue::UNDEFINED), "digest"),
    ] {
        assert_error(&err(call).await, "INVALID_ARGUMENT", part);
    }
    assert!(requests(&fetch).iter().all(|request| request == "GET /v2/"));
}

#[wasm_bindgen_test]
async fn names_that_break_the_grammar() {
    let fetch = registry(&js("({})"));
    let client = client(&fetch);
    for name in ["", "A", "a//b", "a/../b", "a b", "/a", "a/", "ä", "a\u{0}b"] {
        let error = client.repository(name.into(), JsValue::UNDEFINED).err().unwrap();
        assert_error(&error, "INVALID_REFERENCE", "");
    }
    let both = client.repository("a/b".into(), "c".into()).err().unwrap();
    assert_error(&both, "INVALID_REFERENCE", "namespace");
    assert_error(&client.repository(5.into(), JsValue::UNDEFINED).err().unwrap(), "INVALID_ARGUMENT", "name");
    assert_error(&client.repository("a".into(), 5.into()).err().unwrap(), "INVALID_ARGUMENT", "namespace");
    let repository = repository(&client, "app");
    for tag in ["", "-x", "a b", "ä", &"x".repeat(129)] {
        assert_error(&err(repository.data(tag.into(), JsValue::UNDEFINED)).await, "INVALID_REFERENCE", "");
        assert_error(&err(repository.image(tag.into(), JsValue::UNDEFINED)).await, "INVALID_REFERENCE", "");
    }
    for digest in ["", "sha256", "sha256:", "sha256:xyz", "sha256:00"] {
        assert_error(&err(repository.blob(digest.into(), JsValue::UNDEFINED)).await, "INVALID_REFERENCE", "");
    }
    assert!(requests(&fetch).is_empty());
}

#[wasm_bindgen_test]
async fn the_classes_refuse_new_and_survive_free() {
    let sample = Sample::new();
    let client: JsValue = client(&sample.fetch()).into();
    let values = [("client", &client)];
    let repository = js_with("client.repository('app')", &values);
    let image = awaited("repository.image('latest')", &[("repository", &repository)]).await;
    assert!(is_image(&image));
    for object in [&repository, &image] {
        let thrown = js_with(
            "(() => { try { return new object.constructor() } catch (error) { return error } })()",
            &[("object", object)],
        );
        assert!(thrown.is_instance_of::<js_sys::TypeError>(), "{thrown:?}");
    }
    let freed =
        "(() => { const p = repository.tags(); repository.free(); client.free(); return p.catch((e) => e.code) })()";
    let code = awaited(freed, &[("repository", &repository), ("client", &client)]).await;
    assert_eq!(code, "NOT_FOUND");
    let layer = "(() => { const p = image.getLayer(); image.free(); return p })()";
    let bytes = awaited(layer, &[("image", &image)]).await;
    assert_eq!(get(&bytes, "length").as_f64(), Some(sample.layer.len() as f64));
}
