//! Tokens and the `credentials` callback, where the host or the callback does odd things.

use docker_registry_client_wasm::js::DockerRegistryClient;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::*;

const NAMED: &str = "{ credentials: () => ({ username: 'alice', password: 'hush' }) }";

/// A registry whose token service answers with this; `url` and `init` are the request's.
fn fetch_of(token_answer: &str) -> JsValue {
    js(&format!(
        "(() => {{
            const tags = () => new Response('{{\"tags\":[\"a\"]}}');
            const demand = {{ 'www-authenticate': 'Bearer realm=\"https://auth.registry.test/token\",service=\"it\"' }};
            const token = (text) => new Response(JSON.stringify({{ token: text }}));
            const asked = [];
            return Object.assign(async (url, init) => {{
                if (url.startsWith('https://auth.')) {{ asked.push(url); return {token_answer} }}
                return init.headers.authorization ? tags() : new Response('{{}}', {{ status: 401, headers: demand }});
            }}, {{ asked }});
        }})()"
    ))
}

fn client_with(fetch: &JsValue, options: &str) -> DockerRegistryClient {
    try_client(fetch, options).unwrap()
}

async fn failure_of(token_answer: &str, options: &str) -> JsValue {
    let client = client_with(&fetch_of(token_answer), options);
    let error = err(repository(&client, "app").tags(JsValue::UNDEFINED)).await;
    assert!(!text(&error, "message").contains("hush"), "{:?}", text(&error, "message"));
    error
}

#[wasm_bindgen_test]
async fn a_token_service_that_does_odd_things() {
    for (answer, code) in [
        ("(() => { throw new Error('hush') })()", "NETWORK"),
        ("Promise.reject('hush')", "NETWORK"),
        ("undefined", "INVALID_RESPONSE"),
        ("({})", "INVALID_RESPONSE"),
        ("new Response(null)", "INVALID_RESPONSE"),
        ("new Response(null, { status: 204 })", "INVALID_RESPONSE"),
        ("token('hush\\r\\nX-Evil: 1')", "INVALID_RESPONSE"),
        ("token('\\u20achush')", "INVALID_RESPONSE"),
        ("token('')", "INVALID_RESPONSE"),
        ("new Response(new Uint8Array(300000))", "TOO_LARGE"),
        ("(async () => { const r = token('hush'); await r.text(); return r })()", "INVALID_RESPONSE"),
    ] {
        assert_error(&failure_of(answer, NAMED).await, code, "auth.registry.test");
    }
    let hangs = failure_of("new Promise(() => {})", "{ timeout: 20 }").await;
    assert_error(&hangs, "TIMEOUT", "20 ms");
}

#[wasm_bindgen_test]
async fn a_challenge_with_what_no_header_may_hold() {
    for value in ["a\\nb", "Bearer realm=\"https://auth.registry.test/\\n\"", "\\u0000", "\\u20ac", ","] {
        let answer = format!("({{ status: 401, headers: new Map([['www-authenticate', '{value}']]), body: null }})");
        let error = err(client(&js(&format!("async () => {answer}"))).check_status(JsValue::UNDEFINED)).await;
        assert_eq!(text(&error, "name"), "RegistryError");
    }
}

#[wasm_bindgen_test]
async fn a_callback_that_calls_the_client_at_once() {
    let fetch = fetch_of("token('a')");
    let options = "{ credentials: () => {
        globalThis.inner = [client.repository('app').tags(), client.checkStatus(), client.host, client.rateLimit];
        return { username: 'alice', password: 'hush' };
    } }";
    let make = js_with(
        "(Client) => { const client = new Client('https://registry.test', { fetch, ...OPTIONS }); return client }"
            .replace("OPTIONS", options)
            .as_str(),
        &[("fetch", &fetch)],
    );
    let class = get(&JsValue::from(client(&fetch)), "constructor");
    let client = js_with("make(Client)", &[("make", &make), ("Client", &class)]);
    let tags = awaited("client.repository('app').tags()", &[("client", &client)]).await;
    assert_eq!(json(&tags), r#"["a"]"#);
    let inner = awaited("Promise.all(inner)", &[("inner", &js("globalThis.inner"))]).await;
    assert_eq!(json(&inner), r#"[["a"],null,"https://registry.test",null]"#);
}

#[wasm_bindgen_test]
async fn a_callback_that_frees_the_client() {
    let fetch = fetch_of("token('a')");
    let client: JsValue = client_with(
        &fetch,
        "{ credentials: () => { globalThis.doomed.free(); return { username: 'alice', password: 'hush' } } }",
    )
    .into();
    js_with("globalThis.doomed = client", &[("client", &client)]);
    let tags = awaited("client.repository('app').tags()", &[("client", &client)]).await;
    assert_eq!(json(&tags), r#"["a"]"#);
}

#[wasm_bindgen_test]
async fn an_abort_with_a_text_while_the_callback_is_asked() {
    let unhandled = watch_unhandled();
    let fetch = fetch_of("token('a')");
    let options = "{ credentials: () => new Promise((_, reject) => { globalThis.refuse = reject }) }";
    let client = client_with(&fetch, options);
    let controller = js("new AbortController()");
    let call = js_with("({ signal: controller.signal })", &[("controller", &controller)]);
    let tags = repository(&client, "app").tags(call);
    pause(20).await;
    js_with("controller.abort('a text')", &[("controller", &controller)]);
    assert_eq!(err(tags).await, "a text");
    js("globalThis.refuse(new Error('too late'))");
    pause(10).await;
    assert_eq!(json(&unhandled), "[]");
}

#[wasm_bindgen_test]
async fn a_hundred_calls_ask_once() {
    let fetch = fetch_of("token('a')");
    let options = "{ credentials: async () => { globalThis.count = (globalThis.count ?? 0) + 1; return { username: 'alice', password: 'hush' } } }";
    let client = client_with(&fetch, options);
    let calls: js_sys::Array =
        (0..100).map(|_| repository(&client, "app").tags(JsValue::UNDEFINED)).map(JsValue::from).collect();
    let all = awaited("Promise.all(calls)", &[("calls", &calls)]).await;
    assert_eq!(get(&all, "length").as_f64(), Some(100.0));
    assert_eq!(js("globalThis.count").as_f64(), Some(1.0));
    assert_eq!(get(&get(&fetch, "asked"), "length").as_f64(), Some(1.0));
}
