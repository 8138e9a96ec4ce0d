//! Blobs as streams and arrays.

use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::*;

/// The sample's layer in pieces, and a body that counts.
fn in_pieces(sample: &Sample, pieces: usize, rest: &str) -> JsValue {
    let chunks: Array =
        sample.layer.chunks(sample.layer.len() / pieces).map(|chunk| JsValue::from(Uint8Array::from(chunk))).collect();
    let source = body(&chunks.concat(js(rest).unchecked_ref::<Array>()));
    sample.answer_layer(&js_with("() => ({ body: source.stream })", &[("source", &source)]));
    source
}

#[wasm_bindgen_test]
async fn a_stream_gives_verified_bytes() {
    let sample = Sample::new();
    assert_eq!(drain(&sample.stream(&JsValue::UNDEFINED).await).await.unwrap(), sample.layer);
}

#[wasm_bindgen_test]
async fn nothing_is_read_ahead() {
    let sample = Sample::new();
    let source = in_pieces(&sample, 10, "[]");
    let stream = sample.stream(&JsValue::UNDEFINED).await;
    pause(10).await;
    assert_eq!(get(&source, "reads").as_f64(), Some(0.0));
    let reader = js_with("stream.getReader()", &[("stream", &stream)]);
    awaited("reader.read()", &[("reader", &reader)]).await;
    pause(10).await;
    assert_eq!(get(&source, "reads").as_f64(), Some(1.0));
}

#[wasm_bindgen_test]
async fn cancelling_stops_the_request() {
    let sample = Sample::new();
    let source = in_pieces(&sample, 10, "[]");
    let stream = sample.stream(&JsValue::UNDEFINED).await;
    let reader = js_with("stream.getReader()", &[("stream", &stream)]);
    awaited("reader.read().then(() => reader.cancel())", &[("reader", &reader)]).await;
    pause(5).await;
    assert!(get(&source, "cancelled").is_truthy());
}

#[wasm_bindgen_test]
async fn cancelling_a_read_that_waits_stops_it() {
    let sample = Sample::new();
    let source = body(js("['hang']").unchecked_ref());
    sample.answer_layer(&js_with("() => ({ body: source.stream })", &[("source", &source)]));
    let stream = sample.stream(&JsValue::UNDEFINED).await;
    let reader = js_with("stream.getReader()", &[("stream", &stream)]);
    let read: Promise = js_with("reader.read()", &[("reader", &reader)]).unchecked_into();
    pause(5).await;
    awaited("reader.cancel()", &[("reader", &reader)]).await;
    assert_eq!(json(&ok(read).await), r#"{"done":true}"#);
    pause(5).await;
    assert!(get(&source, "cancelled").is_truthy());
}

#[wasm_bindgen_test]
async fn wrong_bytes_never_end_well() {
    for (answer, code) in [
        ("{ body: new Uint8Array(200000) }", "DIGEST_MISMATCH"),
        ("{ headers: { 'content-length': '3' }, body: new Uint8Array(4) }", "SIZE_MISMATCH"),
        ("{ headers: { 'content-length': '9' }, body: new Uint8Array(4) }", "TRUNCATED"),
        ("{ body: '' }", "DIGEST_MISMATCH"),
    ] {
        let sample = Sample::new();
        sample.answer_layer(&js(answer));
        let stream = sample.stream(&JsValue::UNDEFINED).await;
        assert_error(&drain(&stream).await.unwrap_err(), code, "");
    }
    let sample = Sample::new();
    in_pieces(&sample, 10, "['break']");
    assert_error(&drain(&sample.stream(&JsValue::UNDEFINED).await).await.unwrap_err(), "TRUNCATED", "");
}

#[wasm_bindgen_test]
async fn a_layer_in_one_array() {
    let sample = Sample::new();
    let bytes = sample.layer().await.unwrap();
    assert_eq!(bytes.dyn_ref::<Uint8Array>().unwrap().to_vec(), sample.layer);
    assert_eq!(get(&get(&bytes, "buffer"), "byteLength").as_f64(), Some(sample.layer.len() as f64));
    in_pieces(&sample, 7, "[]");
    assert_eq!(sample.layer().await.unwrap().unchecked_into::<Uint8Array>().to_vec(), sample.layer);
    sample.answer_layer(&js("{ body: new Uint8Array(5) }"));
    let error = sample.layer().await.unwrap_err();
    assert!(["TRUNCATED", "SIZE_MISMATCH"].contains(&text(&error, "code").as_str()));
}

#[wasm_bindgen_test]
async fn an_array_without_a_known_size_grows() {
    let sample = Sample::new();
    let image = sample.image().await;
    in_pieces(&sample, 9, "[]");
    for layer in ["undefined", "0", "-0", "image.layers[0].digest"] {
        in_pieces(&sample, 9, "[]");
        let bytes = awaited(&format!("image.getLayer({layer})"), &[("image", &image)]).await;
        assert_eq!(bytes.unchecked_into::<Uint8Array>().to_vec(), sample.layer, "{layer}");
    }
    for (layer, code) in [
        ("1", "INVALID_ARGUMENT"),
        ("-1", "INVALID_ARGUMENT"),
        ("0.5", "INVALID_ARGUMENT"),
        ("NaN", "INVALID_ARGUMENT"),
        ("null", "INVALID_ARGUMENT"),
        ("{}", "INVALID_ARGUMENT"),
        ("'nonsense'", "INVALID_REFERENCE"),
    ] {
        let promise: Promise = js_with(&format!("image.getLayer({layer})"), &[("image", &image)]).unchecked_into();
        assert_error(&err(promise).await, code, "");
    }
}

#[wasm_bindgen_test]
async fn progress_is_told_and_cannot_break_a_transfer() {
    let sample = Sample::new();
    js("globalThis.progress = []");
    let stream = sample.stream(&js("({ onProgress: (p) => { globalThis.progress.push(p) } })")).await;
    drain(&stream).await.unwrap();
    let last = js("globalThis.progress.at(-1)");
    assert_eq!(get(&last, "loaded").as_f64(), Some(sample.layer.len() as f64));
    assert_eq!(get(&last, "total").as_f64(), Some(sample.layer.len() as f64));
    assert_eq!(text(&last, "digest"), sample.layer_digest);
    assert_eq!(js("globalThis.progress.filter((p) => p.loaded === p.total).length"), 1);
    for callback in ["() => { throw 1 }", "async () => { throw 1 }", "() => Promise.reject()"] {
        let stream = sample.stream(&js(&format!("({{ onProgress: {callback} }})"))).await;
        assert_eq!(drain(&stream).await.unwrap(), sample.layer);
    }
}

#[wasm_bindgen_test]
async fn parts() {
    let sample = Sample::new();
    let partial = "(r) => { const [, first, last] = /bytes=(\\d+)-(\\d+)/.exec(r.headers.range); return { status: 206, headers: { 'content-range': `bytes ${first}-${last}/${bytes.length}` }, body: bytes.slice(+first, +last + 1) } }";
    let bytes = Uint8Array::from(sample.layer.as_slice());
    let whole = "() => ({ body: bytes })";
    for answer in [partial, whole] {
        sample.answer_layer(&js_with(answer, &[("bytes", &bytes)]));
        let stream = sample.stream(&js("({ range: [1000, 2999] })")).await;
        assert_eq!(drain(&stream).await.unwrap(), sample.layer[1000..3000]);
    }
}

#[wasm_bindgen_test]
async fn an_unread_stream_holds_no_place() {
    let sample = Sample::new();
    let client = try_client(&sample.fetch(), "{ concurrency: 1 }").unwrap();
    let repository = repository(&client, "app");
    let blob = || repository.blob(sample.layer_digest.as_str().into(), JsValue::UNDEFINED);
    let first = ok(blob()).await;
    let second = ok(blob()).await;
    assert_eq!(drain(&second).await.unwrap(), sample.layer);
    assert_eq!(drain(&first).await.unwrap(), sample.layer);
}
