//! What a host does for schema 1, by crates that the product does without.

use std::cell::RefCell;
use std::io::Write as _;
use std::rc::Rc;

use docker_registry_client_wasm::protocol::code;
use docker_registry_client_wasm::protocol::http::Method;
use docker_registry_client_wasm::protocol::schema1::key::{Algorithm, Key};
use docker_registry_client_wasm::protocol::schema1::sign::Draft;
use docker_registry_client_wasm::protocol::schema1::signed::Check;
use docker_registry_client_wasm::registry::{Call, Settings};
use docker_registry_client_wasm::transport::schema1::{AnySigner, Signer, Unpack, Work};
use docker_registry_client_wasm::transport::{Error, Result};
use p256::pkcs8::{DecodePublicKey as _, EncodePublicKey as _};
use rsa::signature::{Signer as _, Verifier as _};
use serde_json::{Value, json};
use sha2::Digest as _;

use super::{Bytes, Reply, Scripted, Seen, Step, sha256};

macro_rules! ecdsa {
    ($curve:ident, $check:expr) => {{
        let key = $curve::ecdsa::VerifyingKey::from_public_key_der($check.key.der());
        let signature = $curve::ecdsa::Signature::from_slice(&$check.signature);
        match (key, signature) {
            (Ok(key), Ok(signature)) => key.verify(&$check.input, &signature).is_ok(),
            _ => false,
        }
    }};
}

macro_rules! rsa {
    ($hash:ident, $check:expr) => {{
        let key = rsa::PublicKey::from_public_key_der($check.key.der());
        let signature = rsa::pkcs1v15::Signature::try_from($check.signature.as_slice());
        match (key, signature) {
            (Ok(key), Ok(signature)) => {
                rsa::pkcs1v15::VerifyingKey::<sha2::$hash>::new(key).verify(&$check.input, &signature).is_ok()
            }
            _ => false,
        }
    }};
}

pub fn verify(check: &Check) -> bool {
    match check.algorithm {
        Algorithm::Es256 => ecdsa!(p256, check),
        Algorithm::Es384 => ecdsa!(p384, check),
        Algorithm::Es512 => ecdsa!(p521, check),
        Algorithm::Rs256 => rsa!(Sha256, check),
        Algorithm::Rs384 => rsa!(Sha384, check),
        Algorithm::Rs512 => rsa!(Sha512, check),
    }
}

struct P256 {
    key: Key,
    private: p256::ecdsa::SigningKey,
}

impl Signer for P256 {
    fn key(&self) -> &Key {
        &self.key
    }

    fn sign<'a>(&'a self, input: &'a [u8]) -> Work<'a, Vec<u8>> {
        let signature: p256::ecdsa::Signature = self.private.sign(input);
        Box::pin(async move { Ok(signature.to_bytes().to_vec()) })
    }
}

/// Someone whose private key is this byte over and over.
pub fn signer(seed: u8) -> AnySigner {
    let private = p256::ecdsa::SigningKey::from_slice(&[seed; 32]).unwrap();
    let der = private.verifying_key().to_public_key_der().unwrap();
    Rc::new(P256 { key: Key::parse(der.as_bytes()).unwrap(), private })
}

/// gzip by flate2.
pub struct Gunzip(flate2::write::GzDecoder<Vec<u8>>);

impl Gunzip {
    pub fn new() -> Self {
        Self(flate2::write::GzDecoder::new(Vec::new()))
    }
}

fn broken(_: std::io::Error) -> Error {
    Error::new(code::INVALID_RESPONSE, "it is not a gzip stream, or it is truncated")
}

impl Unpack<Bytes> for Gunzip {
    fn write<'a>(&'a mut self, chunk: &'a Bytes) -> Work<'a, ()> {
        let written: Result<()> = self.0.write_all(&chunk.0).map_err(broken);
        Box::pin(async { written })
    }

    fn finish(self: Box<Self>) -> Work<'static, Vec<u8>> {
        Box::pin(async { Ok(sha2::Sha256::digest(self.0.finish().map_err(broken)?).to_vec()) })
    }
}

pub const SIGNED: &str = "application/vnd.docker.distribution.manifest.v1+prettyjws";
pub const UNSIGNED: &str = "application/vnd.docker.distribution.manifest.v1+json";

pub fn gzip(content: &str) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(content.as_bytes()).unwrap();
    packed.finish().unwrap()
}

/// An image of three steps, the middle one without content.
pub struct Sample {
    pub base: Vec<u8>,
    pub empty: Vec<u8>,
    pub top: Vec<u8>,
    pub payload: String,
    pub signed: String,
}

impl Sample {
    pub fn new() -> Self {
        let (base, empty, top) = (gzip("base"), gzip(""), gzip("top"));
        let v1 = [
            json!({"id": "c", "parent": "b", "os": "linux", "architecture": "arm", "created": "2015-08-06T23:53:22Z",
                "config": {"Cmd": ["top"]}, "container_config": {"Cmd": ["COPY", "top"]}}),
            json!({"id": "b", "parent": "a", "throwaway": true, "container_config": {"Cmd": ["CMD"]}}),
            json!({"id": "a", "created": "2015-08-05T00:00:00Z", "author": "me"}),
        ];
        let payload = payload(&[&top, &empty, &base], &v1);
        let signed = sign(&payload, 1);
        Self { base, empty, top, payload, signed }
    }

    pub fn digest(&self) -> String {
        sha256(&self.payload)
    }

    pub fn routes(&self) -> Vec<(String, Reply)> {
        let blobs = [&self.base, &self.empty, &self.top];
        let mut routes: Vec<_> =
            blobs.iter().map(|blob| (format!("/v2/a/b/blobs/{}", sha256(blob)), Reply::bytes(blob))).collect();
        for reference in ["latest", &self.digest()] {
            let reply = Reply::manifest(SIGNED, &self.signed).header("docker-content-digest", &self.digest());
            routes.push((format!("/v2/a/b/manifests/{reference}"), reply));
        }
        routes
    }

    pub fn host(&self) -> Scripted {
        let routes = self.routes();
        Scripted::routes(routes.iter().map(|(target, reply)| (target.as_str(), reply.clone())).collect())
    }
}

pub fn payload(layers: &[&Vec<u8>], v1: &[Value]) -> String {
    let layers: Vec<_> = layers.iter().map(|layer| json!({"blobSum": sha256(layer)})).collect();
    let history: Vec<_> = v1.iter().map(|v1| json!({"v1Compatibility": v1.to_string()})).collect();
    let document = json!({"schemaVersion": 1, "name": "a/b", "tag": "latest", "architecture": "amd64", "fsLayers": layers, "history": history});
    serde_json::to_string_pretty(&document).unwrap()
}

/// A payload signed by [`signer`].
pub fn sign(payload: &str, seed: u8) -> String {
    let signer = signer(seed);
    let draft = Draft::new(payload.as_bytes(), 0).unwrap();
    let signature = Scripted::new(|_| Reply::new(404)).run(signer.sign(&draft.input)).unwrap();
    String::from_utf8(draft.finish(signer.key(), signer.key().algorithm().unwrap(), &signature)).unwrap()
}

/// A path, and what was put there.
type Kept = (String, Vec<u8>);

/// A registry that keeps what it is given.
#[derive(Clone, Default)]
pub struct Store(pub Rc<RefCell<Vec<Kept>>>);

impl Store {
    pub fn host(&self) -> Scripted {
        let store = self.clone();
        Scripted::new(move |seen| store.answer(seen))
    }

    pub fn get(&self, path: &str) -> Option<Vec<u8>> {
        self.0.borrow().iter().rev().find(|(other, _)| other == path).map(|(_, bytes)| bytes.clone())
    }

    fn answer(&self, seen: &Seen) -> Reply {
        let (path, query) = seen.target.split_once('?').unwrap_or((&seen.target, ""));
        match seen.method {
            Method::Post => Reply::new(202).header("location", "/v2/a/c/blobs/uploads/1"),
            Method::Put => {
                let name = match query.split_once("digest=") {
                    Some((_, digest)) => format!("/v2/a/c/blobs/{}", digest.replace("%3A", ":")),
                    None => path.to_owned(),
                };
                self.0.borrow_mut().push((name, seen.body.clone().into_bytes()));
                Reply::new(201)
            }
            _ => self.get(path).map_or_else(|| Reply::new(404), Reply::bytes),
        }
    }
}

/// What a client makes of a file that a registry answers with: digest and key ids, or the error's code.
pub fn read(
    file: &[u8],
    reference: &str,
    takes_unverified: bool,
) -> std::result::Result<(String, Vec<String>), String> {
    let reply = Reply::manifest(SIGNED, "").step(Step::Bytes(file.to_vec()));
    let reply = reply.header("content-length", &file.len().to_string());
    let host = Scripted::new(move |_| reply.clone());
    let settings = Settings { takes_unverified, ..Settings::default() };
    let repository = host.client_with(settings).repository("a/b", None).unwrap();
    let fetched =
        host.run(repository.manifest(reference, None, &Call::default())).map_err(|error| error.code.to_string())?;
    let signatures = &fetched.schema1.as_ref().unwrap().signatures;
    assert!(takes_unverified || signatures.iter().all(|fact| fact.verified));
    let ids = signatures.iter().filter(|fact| fact.verified).filter_map(|fact| fact.key_id.clone()).collect();
    Ok((fetched.digest.to_string(), ids))
}
