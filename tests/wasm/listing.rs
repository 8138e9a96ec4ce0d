//! Listings: arrays, filters, async iterators.

use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::*;

/// Three pages of two tags, linked.
const PAGES: &str = "({ 'GET /v2/app/tags/list': ({ search }) => {
    const from = Number(new URLSearchParams(search).get('last') ?? 0);
    const next = from + 2 < 6 ? { link: `</v2/app/tags/list?n=2&last=${from + 2}>; rel=\"next\"` } : {};
    return { headers: next, body: JSON.stringify({ name: 'app', tags: [`t${from}`, `t${from + 1}`] }) };
} })";

async fn tags(body: &str, options: &str) -> JsValue {
    let routes = js_with("({ 'GET /v2/app/tags/list': { body } })", &[("body", &body.into())]);
    ok(repository(&client(&registry(&routes)), "app").tags(js(options))).await
}

#[wasm_bindgen_test]
async fn all_pages_in_one_array() {
    let list = ok(repository(&client_of(PAGES), "app").tags(JsValue::UNDEFINED)).await;
    assert_eq!(json(&list), r#"["t0","t1","t2","t3","t4","t5"]"#);
    assert_eq!(json(&tags(r#"{"tags":null}"#, "undefined").await), "[]");
    assert_eq!(json(&tags(r#"{"tags":["\u00e4\n","__proto__"]}"#, "undefined").await), r#"["ä\n","__proto__"]"#);
}

#[wasm_bindgen_test]
async fn filters() {
    let body = r#"{"tags":["1.0","1.1","1.1-alpine","latest","v1"]}"#;
    for (options, expected) in [
        ("({ filter: '1.*' })", r#"["1.0","1.1","1.1-alpine"]"#),
        ("({ filter: '1.?' })", r#"["1.0","1.1"]"#),
        ("({ filter: '*1*' })", r#"["1.0","1.1","1.1-alpine","v1"]"#),
        ("({ filter: '*-*e' })", r#"["1.1-alpine"]"#),
        ("({ filter: 'latest' })", r#"["latest"]"#),
        ("({ filter: '' })", "[]"),
        ("({ filter: '**' })", r#"["1.0","1.1","1.1-alpine","latest","v1"]"#),
        ("({ filter: '[1]*' })", "[]"),
        ("({ filter: /1/g })", r#"["1.0","1.1","1.1-alpine","v1"]"#),
        ("({ filter: /1/y })", r#"["1.0","1.1","1.1-alpine"]"#),
        ("({ filter: /^LATEST$/i })", r#"["latest"]"#),
    ] {
        assert_eq!(json(&tags(body, options).await), expected, "{options}");
    }
    let foreign = js_with("({ filter: new Foreign('^v') })", &[("Foreign", &foreign("RegExp"))]);
    let routes = js_with("({ 'GET /v2/app/tags/list': { body } })", &[("body", &body.into())]);
    assert_eq!(json(&ok(repository(&client(&registry(&routes)), "app").tags(foreign)).await), r#"["v1"]"#);
    // The caller's own expression is left as it is.
    let mine = js("Object.assign(/1/g, { lastIndex: 3 })");
    let options = js_with("({ filter: mine })", &[("mine", &mine)]);
    ok(repository(&client(&registry(&routes)), "app").tags(options)).await;
    assert_eq!(get(&mine, "lastIndex").as_f64(), Some(3.0));
}

#[wasm_bindgen_test]
async fn a_glob_of_many_stars_ends() {
    let body = format!(r#"{{"tags":["{}"]}}"#, "a".repeat(128));
    assert_eq!(json(&tags(&body, "({ filter: '*a'.repeat(60) + '*b' })").await), "[]");
}

fn each(options: &str) -> (JsValue, JsValue) {
    let fetch = registry(&js(PAGES));
    let iterator = repository(&client(&fetch), "app").each_tag(js(options)).unwrap();
    (fetch, iterator)
}

#[wasm_bindgen_test]
async fn an_iterator_fetches_pages_as_they_are_needed() {
    let (fetch, tags) = each("undefined");
    assert!(requests(&fetch).is_empty());
    let values = [("tags", &tags)];
    assert_eq!(json(&awaited("tags.next()", &values).await), r#"{"value":"t0","done":false}"#);
    awaited("tags.next()", &values).await;
    let before = requests(&fetch).len();
    awaited("tags.next()", &values).await;
    assert_eq!(requests(&fetch).len(), before + 1);
    let rest = "(async () => { const seen = []; for await (const tag of tags) seen.push(tag); return seen })()";
    assert_eq!(json(&awaited(rest, &values).await), r#"["t3","t4","t5"]"#);
    assert_eq!(json(&awaited("tags.next()", &values).await), r#"{"done":true}"#);
}

#[wasm_bindgen_test]
async fn concurrent_next_calls_keep_their_order() {
    let (_, tags) = each("undefined");
    let all = "Promise.all(Array.from({ length: 8 }, () => tags.next())).then((r) => r.map((x) => x.value ?? null))";
    let seen = awaited(all, &[("tags", &tags)]).await;
    assert_eq!(json(&seen), r#"["t0","t1","t2","t3","t4","t5",null,null]"#);
}

#[wasm_bindgen_test]
async fn leaving_the_loop_stops() {
    let (fetch, tags) = each("undefined");
    let code = "(async () => { for await (const tag of tags) return tag })()";
    assert_eq!(awaited(code, &[("tags", &tags)]).await, "t0");
    let before = requests(&fetch).len();
    assert_eq!(json(&awaited("tags.next()", &[("tags", &tags)]).await), r#"{"done":true}"#);
    assert_eq!(requests(&fetch).len(), before);
}

#[wasm_bindgen_test]
async fn return_stops_a_page_that_never_comes() {
    let fetch = registry(&js("({ 'GET /v2/app/tags/list': () => new Promise(() => {}) })"));
    let tags = repository(&client(&fetch), "app").each_tag(JsValue::UNDEFINED).unwrap();
    let pending: Promise = js_with("tags.next()", &[("tags", &tags)]).unchecked_into();
    pause(5).await;
    assert_eq!(json(&awaited("tags.return(7)", &[("tags", &tags)]).await), r#"{"value":7,"done":true}"#);
    assert_eq!(json(&ok(pending).await), r#"{"done":true}"#);
    assert!(js_with("fetch.requests.at(-1).signal.aborted", &[("fetch", &fetch)]).is_truthy());
}

#[wasm_bindgen_test]
async fn an_abort_ends_an_iterator_also_between_two_items() {
    let controller = js("new AbortController()");
    let options = js_with("({ signal: controller.signal })", &[("controller", &controller)]);
    let tags = repository(&client_of(PAGES), "app").each_tag(options).unwrap();
    let values = [("tags", &tags), ("controller", &controller)];
    awaited("tags.next()", &values).await;
    js_with("controller.abort('stop')", &values);
    let next: Promise = js_with("tags.next()", &values).unchecked_into();
    assert_eq!(err(next).await, "stop");
    assert_eq!(json(&awaited("tags.next()", &values).await), r#"{"done":true}"#);
}

#[wasm_bindgen_test]
async fn an_error_ends_an_iterator() {
    let tags = repository(&client_of("({})"), "app").each_tag(JsValue::UNDEFINED).unwrap();
    let next: Promise = js_with("tags.next()", &[("tags", &tags)]).unchecked_into();
    assert_error(&err(next).await, "NOT_FOUND", "404");
    assert_eq!(json(&awaited("tags.next()", &[("tags", &tags)]).await), r#"{"done":true}"#);
}

#[wasm_bindgen_test]
async fn the_catalog() {
    let routes = "({ 'GET /v2/_catalog': { body: '{\"repositories\":[\"library/alpine\",\"busybox\",\"acme/a\",\"acme/b\",\"__proto__\"]}' } })";
    let client = client_of(routes);
    assert_eq!(json(&ok(client.namespaces(JsValue::UNDEFINED)).await), r#"["library","acme"]"#);
    let all = ok(client.repositories(JsValue::UNDEFINED, JsValue::UNDEFINED)).await;
    let keys = |map: &JsValue| json(&js_with("[...map.keys()]", &[("map", map)]));
    assert_eq!(keys(&all), r#"["library/alpine","busybox","acme/a","acme/b","__proto__"]"#);
    let parts = "[...map.values()].map((r) => [r.name, r.namespace ?? null, r.repository])[0]";
    assert_eq!(json(&js_with(parts, &[("map", &all)])), r#"["library/alpine","library","alpine"]"#);
    let library = ok(client.repositories("library".into(), JsValue::UNDEFINED)).await;
    assert_eq!(keys(&library), r#"["library/alpine","busybox","__proto__"]"#);
    let walk = "(async () => { let n = 0; for await (const _ of names) n++; return n })()";
    let names = client.catalog(js("({ pageSize: 2 })")).unwrap();
    assert_eq!(awaited(walk, &[("names", &names)]).await, 5);
}

#[wasm_bindgen_test]
async fn lists_that_are_none() {
    let failed = async |body: &str| {
        let routes = js_with("({ 'GET /v2/app/tags/list': { body } })", &[("body", &js(body))]);
        err(repository(&client(&registry(&routes)), "app").tags(JsValue::UNDEFINED)).await
    };
    for body in [
        "''",
        "'<html>'",
        "'{\"tags\":[1]}'",
        "'{\"tags\":{}}'",
        "'['.repeat(100000)",
        "'{\"tags\":' + '['.repeat(100000) + ']'.repeat(100000) + '}'",
        "Uint8Array.of(123, 34, 255, 34, 125)",
    ] {
        assert_error(&failed(body).await, "INVALID_RESPONSE", "");
    }
}
