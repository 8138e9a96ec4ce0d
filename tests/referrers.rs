//! Referrers: the API and the tag, read and kept, and what depends on a manifest before it is deleted.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::cell::Cell;

use docker_registry_client_wasm::protocol::descriptor::Annotations;
use docker_registry_client_wasm::protocol::http::Method;
use docker_registry_client_wasm::registry::{Artifact, Call, Settings};
use support::model::{Deletes, FAULTS, Model};
use support::{OCI_TYPE, Reply, Scripted, descriptor, image_manifest, sha256};

const OCI: &str = "application/vnd.oci.image.manifest.v1+json";

fn entry(name: &str, artifact_type: &str) -> String {
    descriptor(OCI, name, &format!(r#","artifactType":"{artifact_type}""#))
}

fn index(entries: &[String]) -> String {
    format!(r#"{{"schemaVersion":2,"mediaType":"{OCI_TYPE}","manifests":[{}]}}"#, entries.join(","))
}

fn list(host: &Scripted, artifact_type: Option<&str>) -> Result<Vec<String>, (String, String)> {
    let found = host.run(host.repository().referrers(&sha256("subject"), artifact_type, &Call::default()));
    assert_eq!(host.open(), 0);
    let digests = |list: Vec<docker_registry_client_wasm::protocol::descriptor::Descriptor>| {
        list.into_iter().map(|one| one.digest.to_string()).collect()
    };
    found.map(digests).map_err(|error| (error.code.into_owned(), error.message))
}

fn tag() -> String {
    sha256("subject").replace(':', "-")
}

/// S34, S35, F89: pages are merged, and filtered here unless the registry says that it did.
#[test]
fn pages_and_filters() {
    for applied in [None, Some("artifactType"), Some("other, artifactType"), Some("artifactTypes")] {
        let host = Scripted::new(move |seen| {
            let (path, query) = seen.target.split_once('?').unwrap();
            assert_eq!(path, format!("/v2/a/b/referrers/{}", sha256("subject")));
            let page = query.split("page=").nth(1).unwrap_or("1").to_owned();
            let reply = Reply::manifest(OCI_TYPE, &index(&[entry(&page, "a/b"), entry(&format!("x{page}"), "c/d")]));
            let reply = match applied {
                Some(applied) => reply.header("oci-filters-applied", applied),
                None => reply,
            };
            match page.as_str() {
                "3" => reply,
                page => {
                    let next = page.parse::<u32>().unwrap() + 1;
                    reply.header("link", &format!("</elsewhere?artifactType=a%2Fb&page={next}>; rel=\"next\""))
                }
            }
        });
        let found = list(&host, Some("a/b")).unwrap();
        let is_applied = matches!(applied, Some("artifactType" | "other, artifactType"));
        assert_eq!(found.len(), if is_applied { 6 } else { 3 }, "{applied:?}");
    }
}

#[test]
fn paging_ends() {
    let circle = Scripted::new(|seen| {
        let next = format!("<{}>; rel=\"next\"", seen.target);
        Reply::manifest(OCI_TYPE, &index(&[entry("a", "a/b")])).header("link", &next)
    });
    assert_eq!(list(&circle, None).unwrap_err().0, "PAGING_LOOP");
    let count = Cell::new(0);
    let endless = Scripted::new(move |_| {
        count.set(count.get() + 1);
        let next = format!("</x?page={}>; rel=\"next\"", count.get());
        Reply::manifest(OCI_TYPE, &index(&[])).header("link", &next)
    });
    let settings = Settings { max_pages: 10, ..Settings::default() };
    let repository = endless.client_with(settings).repository("a/b", None).unwrap();
    let error = endless.run(repository.referrers(&sha256("subject"), None, &Call::default())).unwrap_err();
    assert_eq!(error.code, "TOO_LARGE");
    let foreign = Scripted::new(|_| {
        Reply::manifest(OCI_TYPE, &index(&[])).header("link", "<https://elsewhere.test/x?page=2>; rel=\"next\"")
    });
    assert_eq!(list(&foreign, None).unwrap_err().0, "UNTRUSTED_LOCATION");
    let page = Scripted::new(|_| Reply::bytes("<html>").header("content-type", "text/html"));
    assert_eq!(list(&page, None).unwrap_err().0, "INVALID_RESPONSE");
}

/// S32, S33, F89: without the API the tag; what is no index there names nothing.
#[test]
fn the_tag() {
    let target = format!("/v2/a/b/manifests/{}", tag());
    for status in [404, 405, 501] {
        let body = index(&[entry("a", "a/b"), entry("c", "c/d")]);
        let target = target.clone();
        let host =
            Scripted::new(
                move |seen| {
                    if seen.target == target { Reply::manifest(OCI_TYPE, &body) } else { Reply::new(status) }
                },
            );
        assert_eq!(list(&host, None).unwrap(), [sha256("a"), sha256("c")], "{status}");
        assert_eq!(list(&host, Some("c/d")).unwrap(), [sha256("c")]);
    }
    for reply in [Reply::new(404), Reply::manifest(OCI, &image_manifest("a", "")), Reply::manifest(OCI_TYPE, "{")] {
        let host = Scripted::routes(vec![(target.as_str(), reply)]);
        assert_eq!(list(&host, None), Ok(vec![]));
    }
    for status in [401, 403, 500] {
        let host = Scripted::new(move |_| Reply::new(status));
        assert!(list(&host, None).is_err(), "{status}");
    }
}

/// A page cannot read the 404 of a route that a registry does not have.
#[test]
fn an_unreadable_answer_in_a_page() {
    let target = format!("/v2/a/b/manifests/{}", tag());
    let host = Scripted::new(move |seen| {
        if seen.target.contains("/referrers/") {
            return Reply::unreadable(Some(true));
        }
        assert_eq!(seen.target, target);
        Reply::manifest(OCI_TYPE, &index(&[entry("a", "a/b")])).filtered()
    })
    .in_page("https://page.test");
    assert_eq!(list(&host, None).unwrap(), [sha256("a")]);
}

fn referring(name: &str, subject: &str) -> String {
    let subject = descriptor(OCI, subject, "");
    image_manifest(name, &format!(r#", "artifactType": "a/{name}", "subject": {subject}"#))
}

/// S29, S37: the tag is kept on push and deletion where the registry has no API, and left alone where it has one.
#[test]
fn the_tag_is_kept() {
    for api in [false, true] {
        let model = Model::new(Deletes::Digests, api);
        let host = model.host();
        let subject = image_manifest("subject", "");
        let (digest, repository) = (model.put(&["latest"], OCI, &subject), host.repository());
        let tag = digest.replace(':', "-");
        let push = |name: &str| {
            let body = referring(name, &subject);
            let reference = sha256(&body);
            host.run(repository.push_manifest(&reference, body.into_bytes(), None, None, &Call::default())).unwrap();
            reference
        };
        let (first, second) = (push("first"), push("second"));
        push("first");
        let found = host.run(repository.referrers(&digest, None, &Call::default())).unwrap();
        let mut digests: Vec<_> = found.iter().map(|one| one.digest.to_string()).collect();
        digests.sort();
        let mut expected = vec![first.clone(), second.clone()];
        expected.sort();
        assert_eq!(digests, expected);
        assert_eq!(model.tag(&tag).is_some(), !api);
        if !api {
            let body = model.body_of(&tag).unwrap();
            assert!(body.contains(r#""annotations":{"name":"first"},"artifactType":"a/first""#), "{body}");
        }
        host.run(repository.delete_manifest(&first, false, &Call::default())).unwrap();
        assert!(!model.has(&first));
        let found = host.run(repository.referrers(&digest, None, &Call::default())).unwrap();
        assert_eq!(found.iter().map(|one| one.digest.to_string()).collect::<Vec<_>>(), [second]);
        let used = host.run(repository.delete_manifest(&digest, false, &Call::default())).unwrap_err();
        assert_eq!(used.code, "IN_USE");
        assert!(used.message.contains("tags latest") && used.message.contains("referrers sha256:"), "{}", used.message);
    }
}

/// Another writer's list comes on top of ours: ours is written again, with theirs in it.
#[test]
fn two_writers_of_a_list() {
    let model = Model::new(Deletes::Digests, false);
    let host = model.host();
    let subject = image_manifest("subject", "");
    let digest = model.put(&["latest"], OCI, &subject);
    let tag = digest.replace(':', "-");
    let theirs = index(&[entry("theirs", "x/y")]);
    let (written, watched) = (Cell::new(false), tag.clone());
    model.meanwhile(move |state, seen| {
        let ours = state.tags.borrow().contains_key(&watched);
        if ours && !written.get() && matches!(seen.method, Method::Get | Method::Head) {
            written.set(true);
            state.put(&[&watched], OCI_TYPE, &theirs);
        }
    });
    let body = referring("ours", &subject);
    let reference = sha256(&body);
    host.run(host.repository().push_manifest(&reference, body.into_bytes(), None, None, &Call::default())).unwrap();
    let kept = model.body_of(&tag).unwrap();
    assert!(kept.contains(&reference) && kept.contains(&sha256("theirs")), "{kept}");
}

/// Whatever fails, what is pushed or deleted and what is not listed is told.
#[test]
fn failures_tell_what_is_done() {
    for fault in FAULTS {
        for failing in 0..6 {
            let model = Model::new(Deletes::Digests, false);
            let host = model.host();
            let subject = image_manifest("subject", "");
            let digest = model.put(&["latest"], OCI, &subject);
            model.fail(move |index, _| (index == failing).then_some(fault));
            let body = referring("ours", &subject);
            let reference = sha256(&body);
            let repository = host.once().repository("a/b", None).unwrap();
            let result =
                host.run(repository.push_manifest(&reference, body.into_bytes(), None, None, &Call::default()));
            let listed = model.body_of(&digest.replace(':', "-")).is_some_and(|list| list.contains(&reference));
            let what = format!("request {failing} {fault:?}: {result:?}");
            match result {
                Ok(_) => assert!(model.has(&reference) && listed, "{what}"),
                Err(error) if failing > 0 => {
                    assert!(model.has(&reference) && error.message.contains("is pushed, but"), "{what}");
                }
                Err(_) => assert!(!listed, "{what}"),
            }
        }
    }
}

/// F85: a registry that says it has the empty config, and refuses the manifest for the want of it.
#[test]
fn the_empty_config_is_sent_after_all() {
    for refusals in 0..3 {
        let left = Cell::new(refusals);
        let host = Scripted::new(move |seen| match (seen.method, seen.target.as_str()) {
            (Method::Head, _) => Reply::new(200).header("content-length", "2"),
            (Method::Post, _) => Reply::new(202).header("location", "/v2/a/b/blobs/uploads/1"),
            (Method::Put, target) if target.contains("/manifests/") && left.get() > 0 => {
                left.set(left.get() - 1);
                Reply::json(r#"{"errors":[{"code":"MANIFEST_BLOB_UNKNOWN"}]}"#).status(400)
            }
            (Method::Put, target) => {
                assert!(target.contains("/manifests/") || seen.body == "{}", "{target} {}", seen.body);
                Reply::new(201)
            }
            (method, target) => panic!("{method} {target}"),
        });
        let artifact = Artifact {
            artifact_type: "a/b".into(),
            files: Vec::new(),
            annotations: Annotations::default(),
            subject: None,
            config: None,
            tag: Some("x".into()),
        };
        let pushed = host.run(host.repository().push_artifact(artifact, &Call::default()));
        let puts = host.targets().iter().filter(|target| target.starts_with("PUT")).count();
        assert_eq!((pushed.is_ok(), puts), ([true, true, false][refusals], [1, 3, 3][refusals]), "{pushed:?}");
    }
}
