//! The seam to the code for old registries: what happens while it cannot be loaded.

use std::cell::Cell;
use std::rc::Rc;

use crate::support::clean::plan;
use crate::support::schema1::Sample;
use crate::support::{OCI_TYPE, Reply, Scripted, Seen, sha256};
use docker_registry_client_wasm::protocol::code;
use docker_registry_client_wasm::protocol::http::Method;
use docker_registry_client_wasm::protocol::url::Url;
use docker_registry_client_wasm::registry::copy::Options;
use docker_registry_client_wasm::registry::legacy::{Code, Legacy, LoadLegacy};
use docker_registry_client_wasm::registry::{Call, Client, Loaders, Settings};
use docker_registry_client_wasm::transport::{Error, Work};

/// Loads the code at the attempt after this many.
struct Loader {
    failures: Cell<usize>,
}

impl LoadLegacy<Scripted> for Loader {
    fn load(&self) -> Work<'_, &'static dyn Legacy<Scripted>> {
        Box::pin(async {
            let left = self.failures.get();
            self.failures.set(left.saturating_sub(1));
            if left > 0 { Err(Error::new(code::MODULE_NOT_LOADED, "offline")) } else { Ok(&Code as _) }
        })
    }
}

fn client(host: &Scripted, failures: usize) -> Client<Scripted> {
    let loaders = Loaders { legacy: Rc::new(Loader { failures: Cell::new(failures) }), ..Loaders::built_in() };
    Client::with_loaders(host.clone(), Url::parse("https://registry.test").unwrap(), Settings::default(), loaders)
}

/// An index, tagged `both`, with an entry of an unknown media type: a schema1 manifest, which the registry also serves as a blob.
fn registry(seen: &Seen, sample: &Sample) -> Reply {
    let (digest, size) = (sample.digest(), sample.signed.len());
    let entry = format!(r#"{{"mediaType":"application/octet-stream","digest":"{digest}","size":{size}}}"#);
    let index = format!(r#"{{"schemaVersion":2,"mediaType":"{OCI_TYPE}","manifests":[{entry}]}}"#);
    let names = ["both".to_owned(), sha256(&index)];
    match seen.target.strip_prefix("/v2/a/b/manifests/") {
        Some(name) if names.iter().any(|one| one == name) => Reply::manifest(OCI_TYPE, &index),
        _ if seen.target.starts_with("/v2/a/b/tags/list") => Reply::json(r#"{"name":"a/b","tags":["both"]}"#),
        _ if seen.target == format!("/v2/a/b/blobs/{digest}") => {
            Reply::bytes(&sample.signed).header("content-length", &size.to_string())
        }
        _ => {
            let routes = sample.routes();
            routes
                .into_iter()
                .find(|(path, _)| *path == seen.target)
                .map_or_else(|| Reply::new(404), |(_, reply)| reply)
        }
    }
}

fn host() -> Scripted {
    let sample = Sample::new();
    Scripted::new(move |seen| if seen.target == "/v2/" { Reply::json("{}") } else { registry(seen, &sample) })
}

/// Nothing is planned around what could not be read: it may be what keeps a blob or a manifest.
#[test]
fn a_cleanup_is_not_planned_without_it() {
    let host = host();
    let client = client(&host, 1);
    assert_eq!(plan(&host, &client).map(drop).unwrap_err().code, code::MODULE_NOT_LOADED);
    plan(&host, &client).map(drop).unwrap();
    assert!(host.seen().iter().all(|seen| matches!(seen.method, Method::Get | Method::Head)));
}

/// A manifest is not copied as the blob that the registry also serves for it.
#[test]
fn a_copy_fails_without_it() {
    let host = host();
    let client = client(&host, 1);
    let place = client.repository("a/b", None).unwrap().place("both").unwrap();
    let (options, call) = (Options::default(), Call::default());
    let failed = host.run(client.copy(&place, "a/c:both", &options, &call)).map(drop).unwrap_err();
    assert_eq!(failed.code, code::MODULE_NOT_LOADED);
    assert!(host.seen().iter().all(|seen| matches!(seen.method, Method::Get | Method::Head)));
}
