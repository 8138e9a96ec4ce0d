//! Shorthands.

use docker_registry_client_wasm::js::{DockerRegistryClient, Image, Repository, install_auth, install_legacy};
use docker_registry_client_wasm::protocol::oci::digest::{Algorithm, Digest};
use js_sys::{Array, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen(module = "/tests/wasm/support.js")]
extern "C" {
    pub fn registry(routes: &JsValue) -> JsValue;
    pub fn body(chunks: &Array) -> JsValue;
    #[wasm_bindgen(js_name = countingSignal)]
    pub fn counting_signal() -> JsValue;
    #[wasm_bindgen(js_name = watchUnhandled)]
    pub fn watch_unhandled() -> Array;
    #[wasm_bindgen(js_name = pause)]
    fn pause_(milliseconds: f64) -> Promise;
    fn evaluate(names: &Array, code: &str, values: &Array) -> JsValue;
    #[wasm_bindgen(js_name = drain)]
    fn drain_(stream: &JsValue) -> Promise;
    pub fn foreign(name: &str) -> JsValue;
}

/// The value of a JavaScript expression.
pub fn js(code: &str) -> JsValue {
    evaluate(&Array::new(), code, &Array::new())
}

/// The same, with names for some values.
pub fn js_with(code: &str, values: &[(&str, &JsValue)]) -> JsValue {
    let names: Array = values.iter().map(|(name, _)| JsValue::from(*name)).collect();
    let values: Array = values.iter().map(|(_, value)| (*value).clone()).collect();
    evaluate(&names, code, &values)
}

/// What a JavaScript expression's promise gives.
pub async fn awaited(code: &str, values: &[(&str, &JsValue)]) -> JsValue {
    ok(Promise::resolve(&js_with(code, values))).await
}

pub async fn pause(milliseconds: u32) {
    ok(pause_(milliseconds.into())).await;
}

pub async fn drain(stream: &JsValue) -> Result<Vec<u8>, JsValue> {
    JsFuture::from(drain_(stream)).await.map(|bytes| bytes.unchecked_into::<Uint8Array>().to_vec())
}

pub fn get(value: &JsValue, name: &str) -> JsValue {
    Reflect::get(value, &name.into()).unwrap()
}

pub fn text(value: &JsValue, name: &str) -> String {
    let value = get(value, name);
    value.as_string().unwrap_or_else(|| panic!("{name} is {value:?}"))
}

/// JSON of a value, for comparing.
pub fn json(value: &JsValue) -> String {
    js_sys::JSON::stringify(value).unwrap().into()
}

pub async fn ok(promise: Promise) -> JsValue {
    match JsFuture::from(promise).await {
        Ok(value) => value,
        Err(error) => panic!("rejected with {error:?}"),
    }
}

pub async fn err(promise: Promise) -> JsValue {
    match JsFuture::from(promise).await {
        Ok(value) => panic!("resolved to {value:?}"),
        Err(error) => error,
    }
}

/// A `RegistryError` with this code and this in its message.
pub fn assert_error(error: &JsValue, code: &str, part: &str) {
    assert!(error.is_instance_of::<js_sys::Error>(), "no Error: {error:?}");
    assert_eq!(text(error, "name"), "RegistryError");
    let message = text(error, "message");
    assert_eq!(text(error, "code"), code, "{message}");
    assert!(message.contains(part), "{message:?} lacks {part:?}");
}

/// A client with this `fetch`, and these options besides. It tries once, unless they say otherwise.
pub fn try_client(fetch: &JsValue, options: &str) -> Result<DockerRegistryClient, JsValue> {
    let options = js_with(&format!("({{ fetch, retry: false, ...{options} }})"), &[("fetch", fetch)]);
    created("https://registry.test".into(), options)
}

/// `new DockerRegistryClient(host, options)`: JavaScript passes an array of what stands behind the options.
pub fn created(host: JsValue, options: JsValue) -> Result<DockerRegistryClient, JsValue> {
    // This module is not cut into parts.
    install_auth();
    install_legacy();
    DockerRegistryClient::new(host, options, Array::new().into())
}

pub fn client(fetch: &JsValue) -> DockerRegistryClient {
    try_client(fetch, "{}").unwrap()
}

/// A client of a registry with these routes.
pub fn client_of(routes: &str) -> DockerRegistryClient {
    client(&registry(&js(routes)))
}

pub fn repository(client: &DockerRegistryClient, name: &str) -> Repository {
    client.repository(name.into(), JsValue::UNDEFINED).unwrap()
}

/// The requests a [`registry`] got: "GET /v2/".
pub fn requests(fetch: &JsValue) -> Vec<String> {
    let lines = js_with("fetch.requests.map((r) => `${r.method} ${r.path}`)", &[("fetch", fetch)]);
    lines.unchecked_into::<Array>().iter().map(|line| line.as_string().unwrap()).collect()
}

pub fn digest(bytes: &[u8]) -> String {
    Digest::of(Algorithm::Sha256, bytes).to_string()
}

/// An image in repository `app`, tagged `latest`.
pub struct Sample {
    pub routes: Object,
    pub layer: Vec<u8>,
    pub layer_digest: String,
    pub manifest: String,
    pub manifest_digest: String,
    pub config: String,
    pub config_digest: String,
}

impl Sample {
    pub fn new() -> Self {
        let layer: Vec<u8> = (0..200_000u32).map(|index| (index % 251) as u8).collect();
        let layer_digest = digest(&layer);
        let config = format!(
            r#"{{"os":"linux","architecture":"amd64","created":"2024-05-06T07:08:09Z","config":{{"Labels":{{"__proto__":"plain","a":"b"}}}},"rootfs":{{"type":"layers","diff_ids":["{layer_digest}"]}},"history":[{{"created":"2024-05-06T07:08:09Z","created_by":"/bin/sh -c #(nop) ADD file in /"}},{{"created":"yesterday","created_by":"/bin/sh -c #(nop)  CMD [\"sh\"]","empty_layer":true}}]}}"#
        );
        let config_digest = digest(config.as_bytes());
        let manifest = format!(
            r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{config_digest}","size":{}}},"layers":[{{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{layer_digest}","size":{}}}],"annotations":{{"__proto__":"plain","constructor":"too"}}}}"#,
            config.len(),
            layer.len()
        );
        let manifest_digest = digest(manifest.as_bytes());
        let sample =
            Self { routes: Object::new(), layer, layer_digest, manifest, manifest_digest, config, config_digest };
        let content_type = "application/vnd.oci.image.manifest.v1+json";
        for reference in ["latest", sample.manifest_digest.as_str()] {
            let path = format!("/v2/app/manifests/{reference}");
            sample.serve("GET", &path, content_type, sample.manifest.as_bytes());
            sample.serve("HEAD", &path, content_type, sample.manifest.as_bytes());
        }
        sample.serve_blob(&sample.config_digest, sample.config.as_bytes());
        sample.serve_blob(&sample.layer_digest, &sample.layer);
        sample
    }

    fn serve_blob(&self, digest: &str, bytes: &[u8]) {
        self.serve("GET", &format!("/v2/app/blobs/{digest}"), "application/octet-stream", bytes);
    }

    fn serve(&self, method: &str, path: &str, content_type: &str, bytes: &[u8]) {
        let answer = js_with(
            "({ headers: { 'content-type': type, 'content-length': String(bytes.length) }, body: head ? null : bytes })",
            &[
                ("type", &content_type.into()),
                ("bytes", &Uint8Array::from(bytes)),
                ("head", &(method == "HEAD").into()),
            ],
        );
        self.route(&format!("{method} {path}"), &answer);
    }

    /// Answers the layer's request with this.
    pub fn answer_layer(&self, answer: &JsValue) {
        self.route(&format!("GET /v2/app/blobs/{}", self.layer_digest), answer);
    }

    pub fn route(&self, key: &str, answer: &JsValue) {
        Reflect::set(&self.routes, &key.into(), answer).unwrap();
    }

    pub fn fetch(&self) -> JsValue {
        registry(&self.routes)
    }

    pub fn repository(&self) -> Repository {
        repository(&client(&self.fetch()), "app")
    }

    /// The image, as JavaScript has it.
    pub async fn image(&self) -> JsValue {
        ok(self.repository().image("latest".into(), JsValue::UNDEFINED)).await
    }

    /// The layer as one array, or why not.
    pub async fn layer(&self) -> Result<JsValue, JsValue> {
        let image = self.image().await;
        let promise: Promise = js_with("image.getLayer()", &[("image", &image)]).unchecked_into();
        JsFuture::from(promise).await
    }

    /// The layer as a stream.
    pub async fn stream(&self, options: &JsValue) -> JsValue {
        ok(self.repository().blob(self.layer_digest.as_str().into(), options.clone())).await
    }
}

/// Whether a value is an object of this class.
pub fn is_image(value: &JsValue) -> bool {
    get(&get(value, "constructor"), "name") == std::any::type_name::<Image>().rsplit("::").next().unwrap()
}
