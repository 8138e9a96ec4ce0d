//! Images and manifests.

use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::*;

#[wasm_bindgen_test]
async fn an_images_facts() {
    let sample = Sample::new();
    let image = sample.image().await;
    assert_eq!(text(&image, "id"), sample.config_digest);
    assert_eq!(text(&image, "digest"), sample.manifest_digest);
    assert_eq!(text(&image, "mediaType"), "application/vnd.oci.image.manifest.v1+json");
    assert_eq!(get(&image, "size").as_f64(), Some(sample.layer.len() as f64));
    assert_eq!(json(&get(&image, "platform")), r#"{"os":"linux","architecture":"amd64"}"#);
    let values = [("image", &image)];
    assert_eq!(js_with("image.created.toISOString()", &values), "2024-05-06T07:08:09.000Z");
    for same in [
        "image.layers === image.layers",
        "Object.isFrozen(image.layers)",
        "Object.isFrozen(image.layers[0])",
        "image.platform === image.platform",
    ] {
        assert!(js_with(same, &values).is_truthy(), "{same}");
    }
    assert_eq!(text(&get(&get(&image, "layers"), "0"), "digest"), sample.layer_digest);
}

#[wasm_bindgen_test]
async fn an_images_config() {
    let sample = Sample::new();
    let image = sample.image().await;
    let values = [("image", &image)];
    let config = awaited("image.getJson()", &values).await;
    assert_eq!(json(&config), json(&js_sys::JSON::parse(&sample.config).unwrap()));
    // An own property, and nobody's prototype.
    let labels =
        "((l) => Object.hasOwn(l, '__proto__') && Object.getPrototypeOf(l) === Object.prototype)(config.config.Labels)";
    assert!(js_with(labels, &[("config", &config)]).is_truthy());
    assert_eq!(awaited("image.getData('os')", &values).await, "linux");
    assert!(awaited("image.getData('__proto__')", &values).await.is_undefined());
    assert!(awaited("image.getData('toString')", &values).await.is_undefined());
    let history = awaited("image.history()", &values).await;
    let created = "history.map((step) => step.created instanceof Date)";
    assert_eq!(json(&js_with(created, &[("history", &history)])), "[true,false]");
    assert!(js_with("!('created' in history[1])", &[("history", &history)]).is_truthy());
    assert_eq!(text(&get(&get(&history, "0"), "layer"), "digest"), sample.layer_digest);
    assert!(awaited("image.dockerfile()", &values).await.as_string().unwrap().contains("CMD [\"sh\"]"));
    assert_eq!(json(&awaited("image.ancestry()", &values).await), format!("[\"{}\"]", sample.layer_digest));
}

#[wasm_bindgen_test]
async fn a_manifest_as_it_came() {
    let sample = Sample::new();
    let manifest = ok(sample.repository().manifest("latest".into(), JsValue::UNDEFINED)).await;
    let bytes = get(&manifest, "bytes").unchecked_into::<js_sys::Uint8Array>().to_vec();
    assert_eq!(bytes, sample.manifest.as_bytes());
    assert_eq!(text(&manifest, "digest"), sample.manifest_digest);
    assert_eq!(json(&get(&manifest, "json")), json(&js_sys::JSON::parse(&sample.manifest).unwrap()));
    assert_eq!(json(&get(&manifest, "annotations")), r#"{"__proto__":"plain","constructor":"too"}"#);
    assert!(js_with("!('subject' in manifest) && !('manifests' in manifest)", &[("manifest", &manifest)]).is_truthy());
    let head = ok(sample.repository().head_manifest("latest".into(), JsValue::UNDEFINED)).await;
    assert_eq!(get(&head, "size").as_f64(), Some(sample.manifest.len() as f64));
    assert!(ok(sample.repository().head_manifest("none".into(), JsValue::UNDEFINED)).await.is_undefined());
    assert!(ok(sample.repository().head_blob(digest(b"none").into(), JsValue::UNDEFINED)).await.is_undefined());
}

#[wasm_bindgen_test]
async fn what_a_tag_points_to() {
    let sample = Sample::new();
    let data = ok(sample.repository().data("latest".into(), JsValue::UNDEFINED)).await;
    assert_eq!(text(&data, "digest"), sample.manifest_digest);
    assert!(js_with("data.created instanceof Date", &[("data", &data)]).is_truthy());
    assert_eq!(json(&get(&data, "platforms")), r#"[{"os":"linux","architecture":"amd64"}]"#);
}

#[wasm_bindgen_test]
async fn manifests_that_are_none() {
    let content_type = "application/vnd.oci.image.manifest.v1+json";
    let image = |size: &str| {
        format!(
            r#"{{"schemaVersion":2,"config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{}","size":{size}}},"layers":[]}}"#,
            digest(b"x")
        )
    };
    let mut bodies: Vec<JsValue> =
        ["-1", "1.5", "1e3", "\"1\"", "18446744073709551616", "null"].map(|size| image(size).into()).into();
    bodies.extend(
        ["''", "'null'", "'[]'", "'['.repeat(100000)", "'{\"a\":'.repeat(100000)", "Uint8Array.of(255)"].map(js),
    );
    for body in bodies {
        let sample = Sample::new();
        let answer = js_with(
            "({ headers: { 'content-type': type }, body })",
            &[("type", &content_type.into()), ("body", &body)],
        );
        sample.route("GET /v2/app/manifests/latest", &answer);
        let error = err(sample.repository().image("latest".into(), JsValue::UNDEFINED)).await;
        assert_error(&error, "INVALID_RESPONSE", "");
        // The instance goes on working.
        let good = sample.repository().manifest(sample.manifest_digest.as_str().into(), JsValue::UNDEFINED);
        assert!(ok(good).await.is_object());
    }
}

#[wasm_bindgen_test]
async fn a_giant_manifest_is_not_read_to_its_end() {
    let sample = Sample::new();
    let source = js("{ reads: 0 }");
    let endless = "() => ({ body: new ReadableStream({ pull(c) { source.reads++; c.enqueue(new Uint8Array(1 << 20).fill(32)) } }, { highWaterMark: 0 }) })";
    sample.route("GET /v2/app/manifests/latest", &js_with(endless, &[("source", &source)]));
    let error = err(sample.repository().manifest("latest".into(), JsValue::UNDEFINED)).await;
    assert_error(&error, "TOO_LARGE", "");
    assert!(get(&source, "reads").as_f64().unwrap() < 8.0);
}

#[wasm_bindgen_test]
async fn a_manifest_asked_for_by_digest_must_match() {
    let sample = Sample::new();
    let route = format!("GET /v2/app/manifests/{}", sample.manifest_digest);
    sample.route(
        &route,
        &js("{ headers: { 'content-type': 'application/vnd.oci.image.manifest.v1+json' }, body: '{}' }"),
    );
    let reference = sample.manifest_digest.as_str();
    let error = err(sample.repository().manifest(reference.into(), JsValue::UNDEFINED)).await;
    assert_error(&error, "DIGEST_MISMATCH", "");
}
