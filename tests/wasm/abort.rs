//! Aborts, in every state of a call.

use docker_registry_client_wasm::js::is_registry_error;
use js_sys::{Array, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::*;

/// Options with a signal.
fn with(signal: &JsValue) -> JsValue {
    js_with("({ signal })", &[("signal", signal)])
}

#[wasm_bindgen_test]
async fn aborted_before_the_start_nothing_is_sent() {
    let fetch = registry(&js("({})"));
    for (reason, options) in
        [("text", "({ signal: AbortSignal.abort('text') })"), ("undefined", "({ signal: AbortSignal.abort() })")]
    {
        let repository = repository(&client(&fetch), "app");
        let options = js(options);
        let expected = get(&get(&options, "signal"), "reason");
        for call in [
            client(&fetch).check_status(options.clone()),
            client(&fetch).namespaces(options.clone()),
            repository.tags(options.clone()),
            repository.image("latest".into(), options.clone()),
            repository.manifest("latest".into(), options.clone()),
        ] {
            assert!(js_sys::Object::is(&err(call).await, &expected), "{reason}");
        }
    }
    assert!(requests(&fetch).is_empty());
}

#[wasm_bindgen_test]
async fn aborted_right_after_the_call_nothing_is_sent() {
    let fetch = registry(&js("({})"));
    let controller = js("new AbortController()");
    let call = client(&fetch).check_status(with(&get(&controller, "signal")));
    js_with("controller.abort('now')", &[("controller", &controller)]);
    assert_eq!(err(call).await, "now");
    assert!(requests(&fetch).is_empty());
}

#[wasm_bindgen_test]
async fn aborted_while_headers_are_awaited_the_request_is_stopped() {
    let fetch = registry(&js("({ 'GET /v2/': () => new Promise(() => {}) })"));
    let controller = js("new AbortController()");
    let call = client(&fetch).check_status(with(&get(&controller, "signal")));
    pause(5).await;
    assert_eq!(requests(&fetch), ["GET /v2/"]);
    let reason =
        js_with("(controller.abort(new RangeError('mine')), controller.signal.reason)", &[("controller", &controller)]);
    let error = err(call).await;
    assert!(js_sys::Object::is(&error, &reason));
    assert!(!is_registry_error(&error));
    assert!(js_with("fetch.requests[0].signal.aborted", &[("fetch", &fetch)]).is_truthy());
}

#[wasm_bindgen_test]
async fn aborted_while_a_body_is_read_it_is_cancelled() {
    let source = body(js("[Uint8Array.of(123), 'hang']").unchecked_ref());
    let fetch =
        registry(&js_with("({ 'GET /v2/app/tags/list': () => ({ body: source.stream }) })", &[("source", &source)]));
    let controller = js("new AbortController()");
    let call = repository(&client(&fetch), "app").tags(with(&get(&controller, "signal")));
    pause(10).await;
    js_with("controller.abort(0)", &[("controller", &controller)]);
    assert_eq!(err(call).await, 0);
    assert!(get(&source, "cancelled").is_truthy());
    assert!(js_with("fetch.requests.at(-1).signal.aborted", &[("fetch", &fetch)]).is_truthy());
}

#[wasm_bindgen_test]
async fn aborted_between_chunks_a_stream_errors_with_the_reason() {
    let sample = Sample::new();
    let source = body(js("[Uint8Array.of(1), Uint8Array.of(2), 'hang']").unchecked_ref());
    sample.answer_layer(&js_with("() => ({ body: source.stream })", &[("source", &source)]));
    let controller = js("new AbortController()");
    let stream = sample.stream(&with(&get(&controller, "signal"))).await;
    let values = [("stream", &stream), ("controller", &controller)];
    awaited("(globalThis.abortedReader = stream.getReader()).read()", &values).await;
    js_with("controller.abort('enough')", &values);
    let read: Promise = js("globalThis.abortedReader.read()").unchecked_into();
    assert_eq!(err(read).await, "enough");
    pause(5).await;
    assert!(get(&source, "cancelled").is_truthy());
}

#[wasm_bindgen_test]
async fn aborted_while_a_stream_waits_for_a_chunk_it_errors_with_the_reason() {
    let sample = Sample::new();
    let source = body(js("['hang']").unchecked_ref());
    sample.answer_layer(&js_with("() => ({ body: source.stream })", &[("source", &source)]));
    let controller = js("new AbortController()");
    let stream = sample.stream(&with(&get(&controller, "signal"))).await;
    let read: Promise = js_with("stream.getReader().read()", &[("stream", &stream)]).unchecked_into();
    pause(5).await;
    js_with("controller.abort('enough')", &[("controller", &controller)]);
    assert_eq!(err(read).await, "enough");
    pause(5).await;
    assert!(get(&source, "cancelled").is_truthy());
}

#[wasm_bindgen_test]
async fn the_clients_signal_aborts_every_call() {
    let fetch = registry(&js("({ 'GET /v2/': () => new Promise(() => {}) })"));
    let counting = counting_signal();
    let options = js_with("({ fetch, signal: counting.signal })", &[("fetch", &fetch), ("counting", &counting)]);
    let client = created("registry.test".into(), options).unwrap();
    let calls = [client.check_status(JsValue::UNDEFINED), client.namespaces(JsValue::UNDEFINED)];
    pause(5).await;
    js_with("counting.abort('all')", &[("counting", &counting)]);
    for call in calls {
        assert_eq!(err(call).await, "all");
    }
    assert_eq!(err(client.check_status(JsValue::UNDEFINED)).await, "all");
}

#[wasm_bindgen_test]
async fn many_calls_share_one_listener_and_the_last_removes_it() {
    let fetch = registry(&js("({})"));
    let counting = counting_signal();
    let count = || js_with("counting.listeners.size", &[("counting", &counting)]).as_f64().unwrap();
    let client = client(&fetch);
    let calls: Vec<_> = (0..30).map(|_| client.check_status(with(&get(&counting, "signal")))).collect();
    js_sys::futures::JsFuture::from(Promise::resolve(&JsValue::UNDEFINED)).await.unwrap();
    assert_eq!(count(), 1.0);
    for call in calls {
        ok(call).await;
    }
    assert_eq!(count(), 0.0);
}

#[wasm_bindgen_test]
async fn a_streams_listener_goes_with_its_end() {
    let sample = Sample::new();
    let counting = counting_signal();
    let count = || js_with("counting.listeners.size", &[("counting", &counting)]).as_f64().unwrap();
    let stream = sample.stream(&with(&get(&counting, "signal"))).await;
    assert_eq!(count(), 1.0);
    assert_eq!(drain(&stream).await.unwrap(), sample.layer);
    assert_eq!(count(), 0.0);
    let stream = sample.stream(&with(&get(&counting, "signal"))).await;
    awaited("stream.cancel()", &[("stream", &stream)]).await;
    assert_eq!(count(), 0.0);
}

#[wasm_bindgen_test]
async fn what_is_over_is_not_aborted() {
    let fetch = registry(&js("({ 'GET /v2/app/tags/list': { body: '{\"tags\":null}' } })"));
    let controller = js("new AbortController()");
    let tags = ok(repository(&client(&fetch), "app").tags(with(&get(&controller, "signal")))).await;
    js_with("controller.abort()", &[("controller", &controller)]);
    pause(5).await;
    assert_eq!(tags.unchecked_ref::<Array>().length(), 0);
    assert!(js_with("fetch.requests.every((r) => !r.signal.aborted)", &[("fetch", &fetch)]).is_truthy());
}

#[wasm_bindgen_test]
async fn signals_need_no_class() {
    let signal = js(
        "({ aborted: false, reason: 'duck', addEventListener(_, f) { this.f = f }, removeEventListener() { this.f = null } })",
    );
    let fetch = registry(&js("({ 'GET /v2/': () => new Promise(() => {}) })"));
    let call = client(&fetch).check_status(with(&signal));
    pause(5).await;
    js_with("signal.f()", &[("signal", &signal)]);
    assert_eq!(err(call).await, "duck");
    assert!(get(&signal, "f").is_null());
}

#[wasm_bindgen_test]
async fn aborts_leave_no_unhandled_rejection() {
    let unhandled = watch_unhandled();
    let sample = Sample::new();
    let source = body(js("[Uint8Array.of(1), 'hang']").unchecked_ref());
    js_with("source.stream.cancel = () => Promise.reject(new Error('cancel'))", &[("source", &source)]);
    sample.answer_layer(&js_with("() => ({ body: source.stream })", &[("source", &source)]));
    let controller = js("new AbortController()");
    let stream = sample.stream(&with(&get(&controller, "signal"))).await;
    js_with("controller.abort()", &[("controller", &controller)]);
    let fetch = js(
        "(url, init) => new Promise((_, reject) => init.signal.addEventListener('abort', () => reject(init.signal.reason)))",
    );
    err(client(&fetch).check_status(js("({ timeout: 5 })"))).await;
    drop(stream);
    pause(30).await;
    assert_eq!(json(&unhandled), "[]");
}
