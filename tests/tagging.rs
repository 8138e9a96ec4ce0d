//! Tags that are moved and removed, on every kind of registry, whatever goes wrong: what is asked for is done or the
//! error says how the tag stands, and no other tag is touched.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use docker_registry_client_wasm::protocol::http::Method;
use docker_registry_client_wasm::registry::{Call, Client, IndexChange, Source};
use docker_registry_client_wasm::transport::Error;
use support::model::{Deletes, FAULTS, Fault, Model};
use support::{OCI_TYPE, Reply, Scripted, image_manifest, sha256};

const OCI: &str = "application/vnd.oci.image.manifest.v1+json";
const ALL: [Deletes; 3] = [Deletes::Digests, Deletes::DigestsFerro, Deletes::Both];

/// `old` and `sibling` share a manifest, `other` has its own.
fn filled(deletes: Deletes) -> (Model, String) {
    let model = Model::new(deletes, false);
    let digest = model.put(&["old", "sibling"], OCI, &image_manifest("a", ""));
    model.put(&["other"], OCI, &image_manifest("b", ""));
    (model, digest)
}

fn untag(host: &Scripted, client: &Client<Scripted>, tag: &str) -> Result<(), Error> {
    let repository = client.repository("a/b", None).unwrap();
    host.run(repository.untag(tag, &Call::default()))
}

fn tag(host: &Scripted, tag: &str, image: &str, if_match: Option<Option<&str>>) -> Result<(), Error> {
    let source = Source::Reference(image.to_owned());
    host.run(host.repository().tag(tag, &source, if_match, &Call::default()))
}

/// What must be so whatever happened: the sibling, the other tag and their manifests.
fn check_others(model: &Model, digest: &str, what: &str) {
    assert_eq!(model.tag("sibling").as_deref(), Some(digest), "{what}");
    assert!(model.has(digest), "{what}");
    assert_eq!(model.body_of("other"), Some(image_manifest("b", "")), "{what}");
}

/// F88, S38: this tag alone, and how many requests that takes.
#[test]
fn untag_removes_one_tag() {
    for (deletes, requests) in [(Deletes::Digests, 9), (Deletes::DigestsFerro, 9), (Deletes::Both, 3)] {
        let (model, digest) = filled(deletes);
        let host = model.host();
        untag(&host, &host.client(), "old").unwrap();
        assert_eq!(model.tag("old"), None);
        check_others(&model, &digest, "");
        assert_eq!(host.seen().len(), requests, "{:#?}", host.targets());
        // The digest that others share is never deleted, and neither is anything but the throw-away.
        let deleted = format!("DELETE /v2/a/b/manifests/{digest}");
        assert!(!host.targets().contains(&deleted));
        assert_eq!(model.0.manifests.borrow().len(), 2, "the throw-away is gone");
        let missing = untag(&host, &host.client(), "old").unwrap_err();
        assert_eq!((missing.code.as_ref(), missing.status), ("MANIFEST_UNKNOWN", Some(404)));
    }
}

#[test]
fn untag_of_docker_images_uses_docker_types() {
    let model = Model::new(Deletes::Digests, false);
    let docker = "application/vnd.docker.distribution.manifest.v2+json";
    model.put(&["old"], docker, &image_manifest("a", "").replace(OCI, docker));
    let host = model.host();
    untag(&host, &host.client(), "old").unwrap();
    let put = host.seen().into_iter().find(|seen| seen.target.ends_with("manifests/old") && seen.method == Method::Put);
    assert_eq!(put.unwrap().headers.get("content-type"), Some(docker));
}

/// F88: nothing is changed, and the error names the setting.
#[test]
fn untag_where_deletion_is_off() {
    let (model, digest) = filled(Deletes::Nothing);
    let host = model.host();
    let error = untag(&host, &host.client(), "old").unwrap_err();
    assert_eq!((error.code.as_ref(), error.status), ("UNSUPPORTED", Some(405)));
    assert!(error.message.contains("storage.delete.enabled: true"), "{}", error.message);
    assert_eq!(model.tag("old").as_deref(), Some(digest.as_str()));
    check_others(&model, &digest, "");
    assert!(host.seen().iter().all(|seen| matches!(seen.method, Method::Get | Method::Head | Method::Delete)));
}

/// Aborted before and after every request, the work that has begun goes on to its end.
#[test]
fn untag_aborted_anywhere() {
    for deletes in ALL {
        let mut ends = std::collections::BTreeSet::new();
        for limit in (0..120).step_by(5) {
            let (model, digest) = filled(deletes);
            let host = model.host();
            let repository = host.repository();
            let done = host.run_for(limit, async { repository.untag("old", &Call::default()).await });
            host.settle();
            let what = format!("{deletes:?} aborted after {limit} ms");
            check_others(&model, &digest, &what);
            let now = model.tag("old");
            assert!(now.is_none() || now.as_deref() == Some(&digest), "{what}: {now:?}");
            assert!(done.is_none() || now.is_none(), "{what}");
            assert_eq!(model.0.manifests.borrow().len(), 2, "{what}: a throw-away is left");
            ends.insert(now.is_none());
        }
        assert_eq!(ends.len(), 2, "{deletes:?}: too early and late enough");
    }
}

/// One request fails, any of them, in any way: the tag is as before or gone, and an error says which.
#[test]
fn untag_with_one_failure() {
    for deletes in ALL {
        for fault in FAULTS {
            for failing in 0..9 {
                let (model, digest) = filled(deletes);
                let host = model.host();
                model.fail(move |index, _| (index == failing).then_some(fault));
                let result = untag(&host, &host.once(), "old");
                let what = format!("{deletes:?}, request {failing} {fault:?}: {result:?}");
                check_others(&model, &digest, &what);
                let now = model.tag("old");
                match result {
                    Ok(()) => assert_eq!(now, None, "{what}"),
                    Err(error) if now.is_some() => {
                        assert_eq!(now.as_deref(), Some(digest.as_str()), "{what}");
                        assert!(!error.message.contains("is gone"), "{what}");
                    }
                    Err(error) => assert!(error.message.contains("could not be made sure of"), "{what}"),
                }
            }
        }
    }
}

/// From one request on everything fails: where the tag is left at the throw-away the error says so, and untag() ends it.
#[test]
fn untag_with_a_registry_that_goes_away() {
    for deletes in ALL {
        for fault in FAULTS {
            for failing in 0..9 {
                let (model, digest) = filled(deletes);
                let host = model.host();
                // A registry that answers 5xx after doing everything would be no failure.
                model.fail(move |index, _| {
                    let after = if index == failing { fault } else { Fault::LostBefore };
                    (index >= failing).then_some(after)
                });
                let result = untag(&host, &host.once(), "old");
                let what = format!("{deletes:?}, from request {failing} on {fault:?}: {result:?}");
                check_others(&model, &digest, &what);
                let now = model.tag("old");
                if now.as_ref().is_some_and(|now| *now != digest) {
                    let error = result.unwrap_err();
                    assert!(error.message.contains("throw-away") && error.message.contains(&digest), "{what}");
                    model.heal();
                    untag(&host, &host.client(), "old").expect(&what);
                }
                if now.as_deref() != Some(digest.as_str()) {
                    assert_eq!(model.tag("old"), None, "{what}");
                }
                check_others(&model, &digest, &what);
            }
        }
    }
}

/// Killed between the two requests: a later untag() ends the job, and tag() undoes it.
#[test]
fn a_throw_away_that_was_left() {
    let (model, digest) = filled(Deletes::Digests);
    let host = model.host();
    model.fail(|_, seen| {
        let throw_away =
            seen.method == Method::Delete && seen.target.contains("sha256") && !seen.target.contains("0000");
        let back = seen.method == Method::Put && seen.body.contains("\"name\"");
        (throw_away || back).then_some(Fault::Denied)
    });
    let error = untag(&host, &host.client(), "old").unwrap_err();
    assert!(error.message.contains(&format!("tag(\"old\", \"{digest}\") undoes it")), "{}", error.message);
    assert!(model.body_of("old").unwrap().contains("untag.v1"));
    model.heal();
    let puts = |host: &Scripted| host.seen().iter().filter(|seen| seen.method == Method::Put).count();
    let before = puts(&host);
    untag(&host, &host.client(), "old").unwrap();
    assert_eq!((model.tag("old"), puts(&host)), (None, before), "only deleted");
    tag(&host, "old", &digest, None).unwrap();
    assert_eq!(model.tag("old"), Some(digest));
}

/// The deletion of the throw-away is refused: the original is put back, byte for byte.
#[test]
fn untag_puts_back() {
    let (model, digest) = filled(Deletes::Digests);
    let host = model.host();
    model.fail(|_, seen| {
        let throw_away =
            seen.method == Method::Delete && seen.target.contains("sha256") && !seen.target.contains("0000");
        throw_away.then_some(Fault::Denied)
    });
    let error = untag(&host, &host.client(), "old").unwrap_err();
    assert_eq!(error.code, "DENIED");
    assert!(error.message.ends_with(&format!("the tag old points to {digest} as before")), "{}", error.message);
    assert_eq!(model.body_of("old"), Some(image_manifest("a", "")));
}

/// Another writer puts the tag somewhere else in the middle: that stays, and the error says so.
#[test]
fn untag_against_another_writer() {
    for deletes in ALL {
        let (model, digest) = filled(deletes);
        let host = model.host();
        let other = sha256(image_manifest("c", ""));
        model.meanwhile(|state, seen| {
            let deleted = state.tags.borrow().get("old").is_none();
            if seen.method == Method::Head && deleted {
                state.put(&["old"], OCI, &image_manifest("c", ""));
            }
        });
        let error = untag(&host, &host.client(), "old").unwrap_err();
        assert_eq!(error.code, "CONFLICT", "{deletes:?}");
        assert!(error.message.contains(&format!("the tag old points to {other}")), "{}", error.message);
        assert_eq!(model.tag("old"), Some(other));
        check_others(&model, &digest, "");
    }
}

/// S26, F67: the same bytes, the digest made sure of; and how many requests that takes.
#[test]
fn tag_moves_the_manifest_as_it_is() {
    for (tells, requests) in [(true, 3), (false, 5)] {
        let (model, digest) = filled(Deletes::Digests);
        model.0.tells_digest.set(tells);
        let host = model.host();
        tag(&host, "new", "old", None).unwrap();
        assert_eq!(model.tag("new"), Some(digest.clone()));
        assert_eq!(host.seen().len(), requests, "{:#?}", host.targets());
        // S24, S25.
        let put = host.seen().into_iter().find(|seen| seen.method == Method::Put).unwrap();
        assert_eq!(put.headers.get("content-type"), Some(OCI));
        assert_eq!(put.body, image_manifest("a", ""));
    }
    let (model, digest) = filled(Deletes::Digests);
    let host = model.host();
    tag(&host, "other", &digest, None).unwrap();
    assert_eq!(model.tag("other"), Some(digest.clone()));
    let before = host.seen().len();
    tag(&host, "other", &digest, None).unwrap();
    assert_eq!(host.targets()[before..], ["GET /v2/a/b/manifests/other"]);
    tag(&host, "other", "sibling", None).unwrap();
    assert!(!host.targets()[before..].iter().any(|target| target.starts_with("PUT")));
    assert_eq!(tag(&host, "x", "missing", None).unwrap_err().code, "MANIFEST_UNKNOWN");
    assert_eq!(tag(&host, "x y", "old", None).unwrap_err().code, "INVALID_REFERENCE");
    assert_eq!(tag(&host, "x", "sha256:1", None).unwrap_err().code, "INVALID_REFERENCE");
}

#[test]
fn tag_if_match() {
    let (model, digest) = filled(Deletes::Digests);
    let host = model.host();
    let other = model.tag("other").unwrap();
    for (tagged, expected) in [("other", Some(digest.as_str())), ("other", None), ("new", Some(other.as_str()))] {
        let error = tag(&host, tagged, "old", Some(expected)).unwrap_err();
        assert_eq!(error.code, "CONFLICT");
        assert!(error.message.contains("nothing was changed"), "{}", error.message);
    }
    assert!(host.seen().iter().all(|seen| seen.method == Method::Get), "HEAD is a hint");
    tag(&host, "other", "old", Some(Some(&other))).unwrap();
    tag(&host, "new", "old", Some(None)).unwrap();
    assert_eq!((model.tag("other"), model.tag("new")), (Some(digest.clone()), Some(digest)));
}

/// F67: done or not, an error says what the tag points to.
#[test]
fn tag_with_one_failure() {
    for fault in FAULTS {
        for failing in 0..4 {
            let (model, digest) = filled(Deletes::Digests);
            let before = model.tag("other").unwrap();
            let host = model.host();
            model.fail(move |index, _| (index == failing).then_some(fault));
            let source = Source::Reference("old".into());
            let repository = host.once().repository("a/b", None).unwrap();
            let result = host.run(repository.tag("other", &source, None, &Call::default()));
            let now = model.tag("other").unwrap();
            let what = format!("request {failing} {fault:?}: {result:?}");
            match result {
                Ok(()) => assert_eq!(now, digest, "{what}"),
                Err(error) => {
                    assert_eq!(now, before, "{what}");
                    let put = failing == 2;
                    assert!(!put || error.message.ends_with(&format!("the tag other points to {before}")), "{what}");
                }
            }
        }
    }
}

#[test]
fn tag_against_another_writer() {
    let (model, _) = filled(Deletes::Digests);
    model.0.tells_digest.set(false);
    let host = model.host();
    model.meanwhile(|state, seen| {
        let done = state.tags.borrow().contains_key("new");
        if seen.method == Method::Head && done {
            state.put(&["new"], OCI, &image_manifest("c", ""));
        }
    });
    let error = tag(&host, "new", "old", None).unwrap_err();
    assert_eq!(error.code, "CONFLICT");
    assert!(error.message.contains(&sha256(image_manifest("c", ""))), "{}", error.message);
}

/// The entries of an index are there if GET says so: HEAD may deny what is there (Nexus), or have what is not.
#[test]
fn entries_of_an_index_are_looked_for_by_get() {
    for (status, is_there) in [(404, true), (200, false)] {
        let model = Model::new(Deletes::Both, false);
        let child = model.put(&["a"], OCI, &image_manifest("a", ""));
        let absent = image_manifest("absent", "");
        let entry = |digest: &str, size: usize| format!(r#"{{"mediaType":"{OCI}","digest":"{digest}","size":{size}}}"#);
        let second = if is_there { &child } else { &sha256(&absent) };
        let entries = [entry(&child, image_manifest("a", "").len()), entry(second, absent.len())].join(",");
        let base = format!(r#"{{"schemaVersion":2,"mediaType":"{OCI_TYPE}","manifests":[{entries}]}}"#);
        model.put(&["base"], OCI_TYPE, &base);
        let state = model.0.clone();
        let host = Scripted::new(move |seen| match seen.method {
            Method::Head => Reply::bytes("<html>").header("content-type", "text/html").status(status),
            _ => state.handle(seen),
        });
        let change = IndexChange { base: Some("base".into()), ..IndexChange::default() };
        let made = host.run(host.repository().create_index("made", &[], &change, &Call::default()));
        let code = made.map_err(|error| error.code.into_owned()).map(drop);
        assert_eq!(code, if is_there { Ok(()) } else { Err("MANIFEST_UNKNOWN".to_owned()) }, "HEAD {status}");
        assert_eq!(model.tag("made").is_some(), is_there);
    }
}
