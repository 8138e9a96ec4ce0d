//! The host features for schema 1 manifests: signatures by WebCrypto, so that the package contains no cryptography, and
//! `DecompressionStream`.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;

use crate::fetch::FetchHost;
use crate::fetch::body::HostBytes;
use crate::fetch::body::hash::FetchHasher;
use crate::fetch::body::reader::bytes_of;
use crate::fetch::thenable::outcome;
use crate::protocol::code;
use crate::protocol::schema1::key::Key;
use crate::protocol::schema1::signed::Check;
use crate::transport::schema1::{AnySigner, Signer, Unpack, Work, no_cryptography};
use crate::transport::{Error, Hasher, Result};

#[wasm_bindgen(module = "/src/fetch/schema1.js")]
extern "C" {
    #[wasm_bindgen(js_name = verify)]
    fn verify_with(algorithm: &str, key: &Uint8Array, input: &Uint8Array, signature: &Uint8Array) -> Promise;
    // `catch`: a function that needs no glue would be imported by the core, which is loaded before this script.
    #[wasm_bindgen(catch, js_name = pairOf)]
    fn pair_of(given: &JsValue) -> std::result::Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = publicKeyOf)]
    fn public_key_of(pair: &JsValue) -> std::result::Result<JsValue, JsValue>;
    fn sign(algorithm: &str, pair: &JsValue, input: &Uint8Array) -> Promise;

    type Unpacker;
    #[wasm_bindgen(constructor, catch)]
    fn new(take: &JsValue) -> std::result::Result<Unpacker, JsValue>;
    #[wasm_bindgen(method)]
    fn write(this: &Unpacker, bytes: &Uint8Array) -> Promise;
    #[wasm_bindgen(method)]
    fn finish(this: &Unpacker) -> Promise;
    #[wasm_bindgen(method)]
    fn cancel(this: &Unpacker);
}

/// Verifies a signature.
pub async fn verify(check: &Check) -> Result<bool> {
    let bytes = |bytes: &[u8]| Uint8Array::from(bytes);
    let (key, input, signature) = (bytes(check.key.der()), bytes(&check.input), bytes(&check.signature));
    let told = outcome(Ok(verify_with(check.algorithm.as_str(), &key, &input, &signature).into())).await;
    told.ok().and_then(|told| told.as_bool()).ok_or_else(no_cryptography)
}

impl FetchHost {
    /// Creates a signer from a `CryptoKeyPair` or a JSON Web Key, or with a new key if none is given.
    pub async fn signer(&self, given: Option<&JsValue>) -> Result<AnySigner> {
        let refused = || {
            let what =
                "options.signingKey: a CryptoKeyPair or a private JSON web key of P-256, P-384 or P-521 is needed";
            Error::new(code::INVALID_ARGUMENT, what)
        };
        let pair = outcome(pair_of(given.unwrap_or(&JsValue::UNDEFINED))).await;
        let pair = pair.map_err(|_| no_cryptography())?;
        if pair.is_undefined() {
            return Err(no_cryptography());
        }
        let public = if pair.is_null() { Err(pair.clone()) } else { outcome(public_key_of(&pair)).await };
        let public: Uint8Array = public.ok().and_then(|key| key.dyn_into().ok()).ok_or_else(refused)?;
        let key = Key::parse(&public.to_vec()).filter(|key| key.algorithm().is_some()).ok_or_else(refused)?;
        Ok(Rc::new(Pair { key, pair }))
    }
}

/// A key pair in the host.
struct Pair {
    key: Key,
    pair: JsValue,
}

impl Signer for Pair {
    fn key(&self) -> &Key {
        &self.key
    }

    fn sign<'a>(&'a self, input: &'a [u8]) -> Work<'a, Vec<u8>> {
        Box::pin(async move {
            let algorithm = self.key.algorithm().map_or("", |algorithm| algorithm.as_str());
            let signed = outcome(Ok(sign(algorithm, &self.pair, &Uint8Array::from(input)).into())).await;
            let signature: Option<Uint8Array> = signed.ok().and_then(|signature| signature.dyn_into().ok());
            let refused = || {
                Error::new(code::INVALID_ARGUMENT, "options.signingKey: the key cannot sign (ECDSA, usage \"sign\")")
            };
            Ok(signature.ok_or_else(refused)?.to_vec())
        })
    }
}

/// A `DecompressionStream` whose output is hashed.
pub struct HostUnpack {
    unpacker: Unpacker,
    /// `None` once it failed.
    hasher: Rc<RefCell<Option<FetchHasher>>>,
    _take: Closure<dyn FnMut(JsValue)>,
}

impl HostUnpack {
    /// Returns `None` if the host has no `DecompressionStream`.
    pub fn new(hasher: FetchHasher) -> Option<Self> {
        let hasher = Rc::new(RefCell::new(Some(hasher)));
        let hashing = hasher.clone();
        let take = Closure::<dyn FnMut(JsValue)>::new(move |value: JsValue| {
            let mut hashing = hashing.borrow_mut();
            let hashed = match (&mut *hashing, bytes_of(&value)) {
                (Some(hasher), Ok(bytes)) => hasher.update(&HostBytes::new(bytes)).is_ok(),
                _ => false,
            };
            if !hashed {
                *hashing = None;
            }
        });
        let unpacker = Unpacker::new(take.as_ref()).ok()?;
        Some(Self { unpacker, hasher, _take: take })
    }
}

impl Unpack<HostBytes> for HostUnpack {
    fn write<'a>(&'a mut self, chunk: &'a HostBytes) -> Work<'a, ()> {
        Box::pin(done(self.unpacker.write(chunk.array())))
    }

    fn finish(self: Box<Self>) -> Work<'static, Vec<u8>> {
        Box::pin(async move {
            done(self.unpacker.finish()).await?;
            let hasher =
                self.hasher.take().ok_or_else(|| Error::internal("the decompressed bytes could not be hashed"))?;
            hasher.finish()
        })
    }
}

impl Drop for HostUnpack {
    fn drop(&mut self) {
        self.unpacker.cancel();
    }
}

async fn done(promise: Promise) -> Result<()> {
    let broken = |_| Error::new(code::INVALID_RESPONSE, "it is not a gzip stream, or it is truncated");
    outcome(Ok(promise.into())).await.map(drop).map_err(broken)
}
