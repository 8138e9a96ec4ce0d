//! A `fetch` that does odd things.

use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::*;

/// What `checkStatus` makes of a `fetch`.
async fn failure_of(fetch: &str) -> JsValue {
    err(client(&js(fetch)).check_status(JsValue::UNDEFINED)).await
}

#[wasm_bindgen_test]
async fn rejections_and_exceptions_are_network_errors() {
    for fetch in [
        "() => { throw new Error('at once') }",
        "() => { throw 'text' }",
        "() => { throw undefined }",
        "() => Promise.reject(new Error('fetch failed'))",
        "() => Promise.reject(null)",
        "() => ({ then(_, reject) { reject(1) } })",
        "() => ({ then() { throw 2 } })",
    ] {
        assert_error(&failure_of(fetch).await, "NETWORK", "registry.test:443 cannot be reached");
    }
}

#[wasm_bindgen_test]
async fn a_page_is_told_that_cors_may_be_why() {
    let in_page = js("typeof document !== 'undefined'").is_truthy();
    let error = failure_of("() => Promise.reject(new TypeError('Failed to fetch'))").await;
    if in_page {
        assert_error(&error, "CORS_OR_NETWORK", "(CORS)");
    } else {
        assert_error(&error, "NETWORK", "TypeError");
    }
    let status_of = async |host: JsValue| {
        let client = created(host, JsValue::UNDEFINED).unwrap();
        err(client.check_status(JsValue::UNDEFINED)).await
    };
    // Nothing listens on port 2, which fetch does not block.
    let error = status_of("http://127.0.0.1:2".into()).await;
    if in_page {
        // The tests' page is isolated, so that no probe can tell which of the two it is.
        assert_error(&error, "CORS_OR_NETWORK", "(CORS)");
        // From the page's own origin everything can be seen.
        assert_eq!(get(&status_of(js("location.origin")).await, "status").as_f64(), Some(404.0));
    } else {
        assert_error(&error, "NETWORK", "127.0.0.1:2 cannot be reached");
    }
}

#[wasm_bindgen_test]
async fn the_systems_code_is_told_and_nothing_that_may_be_secret() {
    let fetch = "() => Promise.reject(Object.assign(new TypeError('https://x/?token=hush'), { cause: { code: 'ECONNREFUSED', message: 'hush' } }))";
    let error = failure_of(fetch).await;
    assert_error(&error, "NETWORK", "ECONNREFUSED (nothing listens there)");
    assert!(!text(&error, "message").contains("hush"));
    assert_eq!(text(&error, "method"), "GET");
    assert_eq!(text(&error, "url"), "https://registry.test/v2/");
    // A code that is no code is not passed on.
    let error =
        failure_of("() => Promise.reject({ code: 'see https://x/?token=hush', get cause() { throw 1 } })").await;
    assert!(!text(&error, "message").contains("hush"));
}

#[wasm_bindgen_test]
async fn what_is_no_response_is_told_as_such() {
    for (fetch, part) in [
        ("() => undefined", "not an object"),
        ("() => 5", "not an object"),
        ("async () => 'text'", "not an object"),
        ("async () => null", "not an object"),
        ("async () => ({})", "no status"),
        ("async () => ({ status: '200', headers: new Headers(), body: null })", "no status"),
        ("async () => ({ status: NaN, headers: new Headers(), body: null })", "no status"),
        ("async () => ({ status: 200.5, headers: new Headers(), body: null })", "no status"),
        ("async () => ({ get status() { throw 1 }, headers: new Headers(), body: null })", "no status"),
        ("async () => ({ status: 0, type: 'opaque', headers: new Headers(), body: null })", "opaque"),
        ("async () => ({ status: 200, body: null })", "no headers"),
        ("async () => ({ status: 200, headers: 5, body: null })", "no headers"),
        ("async () => ({ status: 200, headers: {}, body: null })", "no headers"),
        ("async () => ({ status: 200, headers: new Headers() })", "no arrayBuffer()"),
        ("async () => ({ status: 200, headers: new Headers(), body: 'text' })", "no arrayBuffer()"),
        ("async () => ({ status: 200, headers: new Headers(), get body() { throw 1 } })", "cannot be accessed"),
        ("async () => { const r = new Response('{}'); await r.text(); return r }", "read before"),
        ("async () => { const r = new Response('{}'); r.body.getReader(); return r }", "being read"),
        (
            "async () => ({ status: 200, headers: new Headers(), body: { getReader: () => ({ read: async () => 5 }) } })",
            "{ done, value }",
        ),
        ("async () => ({ status: 200, headers: new Headers(), arrayBuffer: async () => 'text' })", "that is not bytes"),
    ] {
        assert_error(&failure_of(fetch).await, "INVALID_RESPONSE", part);
    }
    assert_error(&failure_of("async () => Response.error()").await, "NETWORK", "network error");
}

#[wasm_bindgen_test]
async fn responses_need_no_class() {
    for fetch in [
        "async () => ({ status: 200, headers: new Map(), body: new Response('{}').body })",
        "async () => ({ status: 200, headers: { get: () => null }, body: new Response('{}').body })",
        "async () => ({ status: 200, headers: new Headers(), body: null })",
        "async () => ({ status: 200, headers: new Headers(), arrayBuffer: async () => new TextEncoder().encode('{}').buffer })",
        "async () => ({ status: 200, headers: new Headers(), arrayBuffer: () => new TextEncoder().encode('{}') })",
        "() => new Response('{}')",
        "() => ({ then(resolve) { resolve(new Response('{}')); resolve(5) } })",
    ] {
        ok(client(&js(fetch)).check_status(JsValue::UNDEFINED)).await;
    }
}

/// Tags that came as these chunks.
async fn tags_of(chunks: &JsValue) -> Result<JsValue, JsValue> {
    let body = get(&body(chunks.unchecked_ref()), "stream");
    let routes = js_with("({ 'GET /v2/app/tags/list': () => ({ body }) })", &[("body", &body)]);
    // A Response would check the chunks itself.
    let fetch = js_with(
        "async (url, init) => url.endsWith('/v2/') ? new Response('{}') : ({ status: 200, headers: new Headers(), body })",
        &[("body", &body), ("routes", &routes)],
    );
    let tags = repository(&client(&fetch), "app").tags(JsValue::UNDEFINED);
    wasm_bindgen_futures::JsFuture::from(tags).await
}

#[wasm_bindgen_test]
async fn chunks_of_any_kind_of_bytes_are_taken() {
    let encoded = "new TextEncoder().encode('{\"tags\":[\"a\"]}')";
    let foreign_bytes = foreign("Uint8Array");
    for chunks in [
        format!("[{encoded}]"),
        format!("[{encoded}.buffer]"),
        format!("[new DataView({encoded}.buffer)]"),
        format!("[new Uint16Array({encoded}.buffer)]"),
        format!("[Foreign.from({encoded})]"),
        format!("[Foreign.from({encoded}).buffer]"),
        format!("[...{encoded}].map((byte) => Uint8Array.of(byte))"),
    ] {
        let tags = tags_of(&js_with(&chunks, &[("Foreign", &foreign_bytes)])).await;
        assert_eq!(json(&tags.unwrap()), r#"["a"]"#, "{chunks}");
    }
}

#[wasm_bindgen_test]
async fn chunks_of_anything_else_are_refused() {
    for (chunks, why) in [
        ("['text']", "that is not bytes"),
        ("[5]", "that is not bytes"),
        ("[null]", "that is not bytes"),
        ("[{}]", "that is not bytes"),
        ("[{ byteLength: 1 }]", "that is not bytes"),
        // It says that it is a buffer, and has no bytes to look at.
        ("[{ [Symbol.toStringTag]: 'ArrayBuffer' }]", "its body returned a chunk"),
    ] {
        assert_error(&tags_of(&js(chunks)).await.unwrap_err(), "INVALID_RESPONSE", why);
    }
}

#[wasm_bindgen_test]
async fn a_body_that_breaks_off_is_truncated() {
    assert_error(&tags_of(&js("[Uint8Array.of(123), 'break']")).await.unwrap_err(), "TRUNCATED", "middle of the body");
}

#[wasm_bindgen_test]
async fn a_response_of_another_realm_works() {
    let foreign_response = foreign("typeof Response === 'undefined' ? undefined : Response");
    // Node's other realms have none of their own.
    let response = if foreign_response.is_undefined() { js("Response") } else { foreign_response };
    let fetch = js_with("async () => new Foreign('{}')", &[("Foreign", &response)]);
    ok(client(&fetch).check_status(JsValue::UNDEFINED)).await;
}

#[wasm_bindgen_test]
async fn requests_are_plain() {
    let fetch = js("Object.assign(async (...args) => { fetch_.args = args; return new Response('{}') }, {})"
        .replace("fetch_", "globalThis.plainRequest ??= {}; globalThis.plainRequest")
        .as_str());
    let client = try_client(&fetch, "{ headers: { 'X-Team': 'blue', '__proto__x': 'y' } }").unwrap();
    ok(client.check_status(JsValue::UNDEFINED)).await;
    let args = get(&js("globalThis.plainRequest"), "args");
    assert_eq!(args.unchecked_ref::<js_sys::Array>().get(0), "https://registry.test/v2/");
    let init = args.unchecked_ref::<js_sys::Array>().get(1);
    assert_eq!(text(&init, "method"), "GET");
    assert_eq!(text(&get(&init, "headers"), "x-team"), "blue");
    let in_page = js("typeof document !== 'undefined'").is_truthy();
    assert_eq!(get(&init, "credentials").as_string().as_deref(), in_page.then_some("omit"));
    assert_eq!(get(&init, "cache").as_string().as_deref(), in_page.then_some("no-store"));
    let asked = get(&get(&init, "headers"), "cache-control").as_string();
    assert_eq!(asked.as_deref(), (!in_page).then_some("no-cache"));
    assert_eq!(text(&init, "redirect"), if in_page { "follow" } else { "manual" });
    let keys = "Object.keys(init).filter((key) => key !== 'credentials' && key !== 'cache').sort()";
    let keys = json(&js_with(keys, &[("init", &init)]));
    assert_eq!(keys, r#"["headers","method","redirect","signal"]"#);
}

#[wasm_bindgen_test]
async fn timeouts_end_what_never_settles() {
    let fetch =
        js("Object.assign((url, init) => { globalThis.hungSignal = init.signal; return new Promise(() => {}) }, {})");
    let error = err(client(&fetch).check_status(js("({ timeout: 20 })"))).await;
    assert_error(&error, "TIMEOUT", "20 ms");
    assert!(js("globalThis.hungSignal.aborted").is_truthy());
}

#[wasm_bindgen_test]
async fn a_timeout_longer_than_a_timer_can_hold_does_not_fire_at_once() {
    let fetch = js("() => new Promise((resolve) => setTimeout(() => resolve(new Response('{}')), 50))");
    ok(client(&fetch).check_status(js("({ timeout: 2 ** 40 })"))).await;
}

#[wasm_bindgen_test]
async fn a_body_without_progress_times_out() {
    let sample = Sample::new();
    let source = body(js("[Uint8Array.of(1), 'hang']").unchecked_ref());
    sample.answer_layer(&js_with("() => ({ body: source.stream })", &[("source", &source)]));
    let client = try_client(&sample.fetch(), "{ idleTimeout: 30 }").unwrap();
    let blob = repository(&client, "app").blob(sample.layer_digest.as_str().into(), JsValue::UNDEFINED);
    assert_error(&drain(&ok(blob).await).await.unwrap_err(), "TIMEOUT", "30 ms");
    assert!(get(&source, "cancelled").is_truthy());
}

#[wasm_bindgen_test]
async fn responses_of_gloo_net() {
    let answering = |status: u16, body: &'static str| {
        Closure::<dyn FnMut() -> Promise>::new(move || {
            let response =
                gloo_net::http::Response::builder().status(status).header("content-type", "application/json");
            Promise::resolve(&JsValue::from(web_sys::Response::from(response.body(Some(body)).unwrap())))
        })
    };
    let tags = |fetch: &JsValue| {
        let repository = client(fetch).repository("a/b".into(), JsValue::UNDEFINED).unwrap();
        repository.tags(JsValue::UNDEFINED)
    };
    let found = answering(200, "{\"tags\":[\"a\",\"b\"]}");
    assert_eq!(json(&ok(tags(found.as_ref())).await), "[\"a\",\"b\"]");
    let missing = answering(404, "{\"errors\":[{\"code\":\"NAME_UNKNOWN\"}]}");
    assert_error(&err(tags(missing.as_ref())).await, "NAME_UNKNOWN", "404");
}

#[wasm_bindgen_test]
async fn signals_of_web_sys() {
    let controller = web_sys::AbortController::new().unwrap();
    let options = js("({})");
    js_sys::Reflect::set(&options, &"signal".into(), &controller.signal()).unwrap();
    let call = client(&js("() => new Promise(() => {})")).check_status(options);
    controller.abort_with_reason(&"enough".into());
    assert_eq!(err(call).await.as_string().as_deref(), Some("enough"));
}
