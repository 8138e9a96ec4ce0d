//! `RegistryError`.

use docker_registry_client_wasm::js::is_registry_error;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::*;

async fn failed_tags(answer: &str) -> JsValue {
    let routes = format!("({{ 'GET /v2/app/tags/list': {answer} }})");
    err(repository(&client_of(&routes), "app").tags(JsValue::UNDEFINED)).await
}

#[wasm_bindgen_test]
async fn it_is_an_error_with_what_the_registry_said() {
    let answer = "{ status: 429, headers: { 'retry-after': '7' }, body: JSON.stringify({ errors: [{ code: 'TOOMANYREQUESTS', message: 'slow down', detail: { limit: [1], ['__proto__']: 2 } }] }) }";
    let error = failed_tags(answer).await;
    assert_error(&error, "TOOMANYREQUESTS", "slow down");
    assert_eq!(get(&error, "status").as_f64(), Some(429.0));
    assert_eq!(text(&error, "method"), "GET");
    assert!(text(&error, "url").starts_with("https://registry.test/v2/app/tags/list"));
    assert_eq!(get(&error, "retryAfter").as_f64(), Some(7000.0));
    let errors = get(&error, "errors");
    assert_eq!(
        json(&errors),
        r#"[{"code":"TOOMANYREQUESTS","message":"slow down","detail":{"limit":[1],"__proto__":2}}]"#
    );
    assert!(js_with("Object.isFrozen(errors) && ({}).limit === undefined", &[("errors", &errors)]).is_truthy());
    let values = [("error", &error)];
    assert!(js_with("error instanceof error.constructor && error.stack.length > 0", &values).is_truthy());
    assert!(js_with("String(error).startsWith('RegistryError: ')", &values).is_truthy());
    let keys = "Object.keys(JSON.parse(JSON.stringify(error))).join()";
    assert_eq!(js_with(keys, &values), "name,code,message,reason,details,status,method,url,errors,retryAfter");
    assert!(
        js_with("!Object.keys(error).includes('name') && Object.keys(error).includes('status')", &values).is_truthy()
    );
}

#[wasm_bindgen_test]
async fn what_is_not_known_is_undefined_and_the_errors_are_a_list() {
    let error = err(client_of("({})").check_status(js("({ timeout: 'x' })"))).await;
    for name in ["status", "method", "url", "retryAfter"] {
        assert!(get(&error, name).is_undefined(), "{name}");
    }
    assert_eq!(json(&get(&error, "errors")), "[]");
}

#[wasm_bindgen_test]
async fn odd_error_bodies_do_no_harm() {
    for (body, code) in [
        ("'{\"errors\":{}}'", "NOT_FOUND"),
        ("'{\"errors\":[null,5,{\"code\":7,\"message\":{}}]}'", "NOT_FOUND"),
        ("'<html>no</html>'", "NOT_FOUND"),
        ("new Uint8Array([255, 254])", "NOT_FOUND"),
        ("'['.repeat(60000)", "NOT_FOUND"),
        ("'{\"errors\":[{\"code\":\"NAME_UNKNOWN\",\"detail\":' + '['.repeat(20000) + ']'.repeat(20000) + '}]}'", ""),
        ("new Uint8Array(1 << 20)", "NOT_FOUND"),
    ] {
        let error = failed_tags(&format!("{{ status: 404, body: {body} }}")).await;
        assert!(is_registry_error(&error), "{body}");
        if !code.is_empty() {
            assert_eq!(text(&error, "code"), code, "{body}");
        }
        assert_eq!(get(&error, "status").as_f64(), Some(404.0));
    }
}

#[wasm_bindgen_test]
async fn the_guard_goes_by_name_and_code() {
    let error = failed_tags("{ status: 404 }").await;
    assert!(is_registry_error(&error));
    for value in
        ["undefined", "null", "5", "'RegistryError'", "new Error('x')", "({ name: 'RegistryError' })", "() => 1"]
    {
        assert!(!is_registry_error(&js(value)), "{value}");
    }
    let copy = js_with(
        "Object.assign(new Foreign('x'), { name: 'RegistryError', code: 'DENIED' })",
        &[("Foreign", &foreign("Error"))],
    );
    assert!(is_registry_error(&copy));
}

#[wasm_bindgen_test]
async fn the_observer_sees_every_attempt_and_cannot_break_a_call() {
    let fetch = registry(&js("({ 'GET /v2/app/tags/list': { body: '{\"tags\":[\"a\"]}' } })"));
    let events = js("globalThis.observed = []");
    let client = try_client(&fetch, "{ onRequest: (event) => { globalThis.observed.push(event) } }").unwrap();
    ok(repository(&client, "app").tags(JsValue::UNDEFINED)).await;
    assert_eq!(get(&events, "length").as_f64(), Some(requests(&fetch).len() as f64));
    let event = get(&events, "0");
    assert_eq!(text(&event, "method"), "GET");
    assert_eq!(get(&event, "status").as_f64(), Some(200.0));
    assert!(get(&event, "duration").as_f64().is_some());
    assert!(js_with("!('error' in event)", &[("event", &event)]).is_truthy());
    let unhandled = watch_unhandled();
    for observer in ["() => { throw new Error('mine') }", "async () => { throw new Error('mine') }"] {
        let client = try_client(&fetch, &format!("{{ onRequest: {observer} }}")).unwrap();
        ok(client.check_status(JsValue::UNDEFINED)).await;
    }
    pause(10).await;
    assert_eq!(json(&unhandled), "[]");
    let failing =
        try_client(&js("() => { throw 1 }"), "{ onRequest: (event) => { globalThis.observed = event } }").unwrap();
    err(failing.check_status(JsValue::UNDEFINED)).await;
    assert_eq!(text(&js("globalThis.observed"), "error"), "NETWORK");
}
