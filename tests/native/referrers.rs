//! Referrers: the API and the tag, read and kept, and what depends on a manifest before it is deleted.

use std::cell::Cell;

use crate::support::model::{Deletes, FAULTS, Model};
use crate::support::{OCI_TYPE, Reply, Scripted, artifact, descriptor, image_manifest, sha256};
use docker_registry_client_wasm::protocol::http::Method;
use docker_registry_client_wasm::registry::{Artifact, Call, Settings};

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
    let digests = |list: Vec<docker_registry_client_wasm::protocol::oci::descriptor::Descriptor>| {
        list.into_iter().map(|one| one.digest.to_string()).collect()
    };
    found.map(digests).map_err(|error| (error.code.to_string(), error.message.clone()))
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
    // What may be missing is an error.
    for (link, code) in [
        ("<https://elsewhere.test/x>; rel=\"next\"", "UNTRUSTED_LOCATION"),
        ("https://registry.test/x; rel=next", "INVALID_RESPONSE"),
        ("<https://elsewhere.test/x?page=1>; rel=\"next\"", "PAGING_LOOP"),
    ] {
        let host = Scripted::new(move |_| Reply::manifest(OCI_TYPE, &index(&[])).header("link", link));
        assert_eq!(list(&host, None).unwrap_err().0, code, "{link}");
        assert!(host.targets().iter().all(|target| target.starts_with("GET /v2/a/b/referrers/")), "{link}");
    }
}

/// B11: of a link to another origin, and of one that is malformed, the query is the cursor.
#[test]
fn links_that_cannot_be_followed() {
    for link in ["<http://registry.test/v2/a/b/referrers/x?page=2>; rel=\"next\"", "https://h/x?page=2; rel=next"] {
        let host = Scripted::new(move |seen| match seen.target.split_once('?') {
            None => Reply::manifest(OCI_TYPE, &index(&[entry("a", "a/b")])).header("link", link),
            Some((path, query)) => {
                assert_eq!((path, query), (format!("/v2/a/b/referrers/{}", sha256("subject")).as_str(), "page=2"));
                Reply::manifest(OCI_TYPE, &index(&[entry("c", "a/b")]))
            }
        });
        assert_eq!(list(&host, None).unwrap(), [sha256("a"), sha256("c")], "{link}");
    }
}

/// B9: what registries without the API answer on its path.
#[test]
fn answers_that_are_no_api() {
    let html = |status: u16| Reply::bytes("<!doctype html><p>hi").header("content-type", "text/html").status(status);
    let redirect = |to: &str| Reply::new(307).header("location", to);
    let answers = [
        Reply::new(400),
        Reply::new(404),
        Reply::new(405),
        Reply::new(406),
        Reply::new(410),
        Reply::new(415),
        Reply::new(501),
        Reply::json(r#"{"errors":[{"code":"UNSUPPORTED"}]}"#).status(400),
        html(200),
        html(404),
        Reply::new(200),
        Reply::new(204),
        Reply::json("{}"),
        Reply::json("[]"),
        Reply::json(r#"{"errors":[]}"#),
        Reply::json(r#"{"referrers":[]}"#),
        Reply::manifest(OCI, &image_manifest("subject", "")),
        Reply::new(302),
        redirect("https://login.test/"),
        redirect("https://dead.test/"),
        redirect("http://169.254.169.254/"),
        redirect("/v2/a/b/referrers/nowhere"),
        redirect(&format!("/v2/a/b/referrers/{}", sha256("subject"))),
        redirect("javascript:alert(1)"),
    ];
    for (number, answer) in answers.into_iter().enumerate() {
        let target = format!("/v2/a/b/manifests/{}", tag());
        let shown = format!("{number}: {} {:?}", answer.status, answer.headers);
        let host = Scripted::new(move |seen| match seen.target.as_str() {
            found if found == target => Reply::manifest(OCI_TYPE, &index(&[entry("a", "a/b")])),
            "/v2/a/b/referrers/nowhere" => Reply::new(404),
            "https://login.test/" => html(401),
            "https://dead.test/" => Reply::refused(),
            found => {
                assert!(found.contains("/referrers/sha256:"), "{found}");
                answer.clone()
            }
        });
        assert_eq!(list(&host, None).as_deref(), Ok(&[sha256("a")][..]), "{shown}");
    }
}

/// B9: what says nothing about the API leaves it open, and nothing may be deleted on it.
#[test]
fn answers_that_tell_nothing() {
    let denied = r#"{"errors":[{"code":"DENIED"}]}"#;
    let answers = [
        Reply::new(401),
        Reply::new(403),
        Reply::new(429),
        Reply::new(500),
        Reply::new(502),
        Reply::new(503),
        Reply::json(denied).status(400),
        Reply::refused(),
        Reply::reset(),
        Reply::manifest(OCI_TYPE, "{\"manifests\":["),
        Reply::manifest(OCI_TYPE, r#"{"schemaVersion":2,"manifests":[{"digest":"x"}]}"#),
    ];
    for (number, answer) in answers.into_iter().enumerate() {
        let model = Model::new(Deletes::Digests, false);
        let body = image_manifest("subject", "");
        let digest = model.put(&[], OCI, &body);
        let state = model.0.clone();
        let host = Scripted::new(move |seen| match seen.target.contains("/referrers/") {
            true => answer.clone(),
            false => state.handle(seen),
        });
        let repository = host.once().repository("a/b", None).unwrap();
        assert!(host.run(repository.referrers(&digest, None, &Call::default())).is_err(), "{number}");
        assert!(host.run(repository.delete_manifest(&digest, false, &Call::default())).is_err(), "{number}");
        assert!(model.has(&digest), "{number}");
    }
}

/// B9: what stands under the tag and is no list names no referrers, and nothing overwrites it.
#[test]
fn tags_that_hold_something_else() {
    let child = image_manifest("child", "");
    let platform = descriptor(OCI, &child, r#","platform":{"os":"linux","architecture":"amd64"}"#);
    let subjects = [(OCI_TYPE, index(std::slice::from_ref(&platform))), (OCI, image_manifest("subject", ""))];
    for (media_type, subject) in subjects {
        // GitLab: the tag is not there, the registry reads it as the digest; `is_tagged`: a tool has tagged the image so.
        for is_tagged in [false, true] {
            let model = Model::new(Deletes::Digests, false);
            model.put(&[], OCI, &child);
            let digest = model.put(&["latest"], media_type, &subject);
            let tag = digest.replace(':', "-");
            if is_tagged {
                model.put(&[&tag], media_type, &subject);
            }
            let (state, alias, resolved) = (model.0.clone(), tag.clone(), digest.clone());
            let host = Scripted::new(move |seen| {
                let mut seen = seen.clone();
                if seen.method == Method::Get && !state.tags.borrow().contains_key(&alias) {
                    seen.target = seen.target.replace(&format!("manifests/{alias}"), &format!("manifests/{resolved}"));
                }
                state.handle(&seen)
            });
            let repository = host.repository();
            assert_eq!(host.run(repository.referrers(&digest, None, &Call::default())).unwrap(), []);
            let body = image_manifest("ours", &format!(r#", "subject": {}"#, descriptor(media_type, &subject, "")));
            let ours = sha256(&body);
            let pushed =
                host.run(repository.push_manifest(&ours, body.into_bytes(), None, None, None, &Call::default()));
            assert!(model.has(&ours));
            if is_tagged {
                assert_eq!(pushed.unwrap_err().code, "CONFLICT");
                assert_eq!(model.tag(&tag), Some(digest.clone()));
            } else {
                pushed.unwrap();
                let list = model.body_of(&tag).unwrap();
                assert!(list.contains(&ours) && !list.contains(&sha256(&child)), "{list}");
            }
        }
    }
    // An index of images, a Docker list, an image.
    let others = [
        (OCI_TYPE, index(&[platform])),
        (
            "application/vnd.docker.distribution.manifest.list.v2+json",
            index(&[]).replace(OCI_TYPE, "application/vnd.docker.distribution.manifest.list.v2+json"),
        ),
        (OCI, image_manifest("other", "")),
    ];
    for (media_type, other) in others {
        let model = Model::new(Deletes::Digests, false);
        let host = model.host();
        let subject = image_manifest("subject", "");
        let digest = model.put(&["latest"], OCI, &subject);
        let tag = digest.replace(':', "-");
        let standing = model.put(&[&tag], media_type, &other);
        let repository = host.repository();
        assert_eq!(host.run(repository.referrers(&digest, None, &Call::default())).unwrap(), [], "{media_type}");
        let body = referring("ours", &subject);
        let ours = sha256(&body);
        let pushed = host.run(repository.push_manifest(&ours, body.into_bytes(), None, None, None, &Call::default()));
        assert_eq!(pushed.unwrap_err().code, "CONFLICT", "{media_type}");
        assert_eq!(model.tag(&tag), Some(standing), "{media_type}");
        host.run(repository.delete_manifest(&ours, true, &Call::default())).unwrap();
        assert!(!model.has(&ours), "{media_type}");
    }
}

/// B9: a list that does not come as it was pushed is not an empty one.
#[test]
fn a_damaged_list_is_left_alone() {
    let damaged = "{\"schemaVersion\":2,\"manifests\":[{\"digest\":\"sha256:x\"}]}";
    for (body, told) in [("{", None), (damaged, None), ("{}", Some(sha256("something else"))), ("<html>", None)] {
        let model = Model::new(Deletes::Digests, false);
        let subject = image_manifest("subject", "");
        let digest = model.put(&[], OCI, &subject);
        let tag = digest.replace(':', "-");
        model.put(&[&tag], OCI_TYPE, &index(&[]));
        let (state, target) = (model.0.clone(), format!("/v2/a/b/manifests/{tag}"));
        let host = Scripted::new(move |seen| {
            let reply = Reply::manifest(OCI_TYPE, body);
            match (seen.target == target, seen.method) {
                (false, _) => state.handle(seen),
                (true, Method::Put) => panic!("it is overwritten"),
                (true, _) => told.iter().fold(reply, |reply, told| reply.header("docker-content-digest", told)),
            }
        });
        let repository = host.repository();
        assert!(host.run(repository.referrers(&digest, None, &Call::default())).is_err(), "{body}");
        assert!(host.run(repository.delete_manifest(&digest, false, &Call::default())).is_err(), "{body}");
        let ours = referring("ours", &subject);
        let reference = sha256(&ours);
        let pushed =
            host.run(repository.push_manifest(&reference, ours.into_bytes(), None, None, None, &Call::default()));
        assert!(pushed.unwrap_err().message.contains("is pushed, but not listed"), "{body}");
        assert!(model.has(&digest) && model.has(&reference), "{body}");
    }
}

/// A proxy that puts a page with status 200 in place of each 404.
#[test]
fn pages_in_place_of_404() {
    let model = Model::new(Deletes::Digests, false);
    let subject = image_manifest("subject", "");
    let digest = model.put(&["latest"], OCI, &subject);
    let state = model.0.clone();
    let host = Scripted::new(move |seen| match state.handle(seen) {
        reply if reply.status == 404 => Reply::bytes("<html>").header("content-type", "text/html"),
        reply => reply,
    });
    let repository = host.repository();
    let body = referring("ours", &subject);
    let ours = sha256(&body);
    assert_eq!(host.run(repository.referrers(&digest, None, &Call::default())).unwrap(), []);
    host.run(repository.push_manifest(&ours, body.into_bytes(), None, None, None, &Call::default())).unwrap();
    let found = host.run(repository.referrers(&digest, None, &Call::default())).unwrap();
    assert_eq!(found.iter().map(|one| one.digest.to_string()).collect::<Vec<_>>(), [ours]);
}

/// B9: a registry that deletes nothing an index names. The list goes first, and comes back where nothing is deleted.
#[test]
fn the_list_is_changed_before_the_manifest_is_deleted() {
    for refuses in [false, true] {
        let model = Model::new(Deletes::Digests, false);
        let subject = image_manifest("subject", "");
        let digest = model.put(&["latest"], OCI, &subject);
        let tag = digest.replace(':', "-");
        let (first, second) = (referring("first", &subject), referring("second", &subject));
        let state = model.0.clone();
        let host = Scripted::new(move |seen| {
            if seen.method == Method::Delete {
                let wanted = seen.target.rsplit('/').next().unwrap();
                let (manifests, tags) = (state.manifests.borrow(), state.tags.borrow());
                let is_named =
                    tags.values().any(|tagged| manifests[tagged].1.contains(&format!("\"digest\":\"{wanted}\"")));
                if is_named || refuses {
                    return Reply::json(r#"{"errors":[{"code":"DENIED","message":"it is in use"}]}"#).status(403);
                }
            }
            state.handle(seen)
        });
        let repository = host.repository();
        for body in [&first, &second] {
            let (digest, bytes) = (sha256(body), body.clone().into_bytes());
            host.run(repository.push_manifest(&digest, bytes, None, None, None, &Call::default())).unwrap();
        }
        let before = model.body_of(&tag).unwrap();
        let deleted = host.run(repository.delete_manifest(&sha256(&first), false, &Call::default()));
        let after = model.body_of(&tag).unwrap();
        assert!(after.contains(&sha256(&second)), "{after}");
        assert_eq!(model.has(&sha256(&first)), refuses);
        assert_eq!(after.contains(&sha256(&first)), refuses, "{after}");
        if refuses {
            assert_eq!(deleted.unwrap_err().code, "DENIED");
            assert_eq!(after.len(), before.len());
        } else {
            deleted.unwrap();
        }
    }
}

/// Whatever fails while a referrer is deleted: it is listed as long as it is there, or the error says that it is not.
#[test]
fn a_deletion_that_fails_keeps_the_list() {
    for fault in FAULTS {
        for failing in 0..16 {
            let model = Model::new(Deletes::Digests, false);
            let host = model.host();
            let subject = image_manifest("subject", "");
            let digest = model.put(&["latest"], OCI, &subject);
            let body = referring("ours", &subject);
            let ours = sha256(&body);
            let repository = host.once().repository("a/b", None).unwrap();
            host.run(repository.push_manifest(&ours, body.into_bytes(), None, None, None, &Call::default())).unwrap();
            model.fail(move |index, _| (index == failing).then_some(fault));
            let result = host.run(repository.delete_manifest(&ours, true, &Call::default()));
            let is_listed = model.body_of(&digest.replace(':', "-")).is_some_and(|list| list.contains(&ours));
            let what = format!("request {failing} {fault:?}: {result:?}");
            match result {
                Ok(()) => assert!(!model.has(&ours) && !is_listed, "{what}"),
                Err(error) if model.has(&ours) && !is_listed => {
                    assert!(error.message.contains("removed from the list"), "{what}");
                }
                Err(_) => {}
            }
        }
    }
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
    for reply in [Reply::new(404), Reply::manifest(OCI, &image_manifest("a", ""))] {
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
            host.run(repository.push_manifest(&reference, body.into_bytes(), None, None, None, &Call::default()))
                .unwrap();
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
    host.run(host.repository().push_manifest(&reference, body.into_bytes(), None, None, None, &Call::default()))
        .unwrap();
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
                host.run(repository.push_manifest(&reference, body.into_bytes(), None, None, None, &Call::default()));
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
        let artifact = Artifact { tag: Some("x".into()), ..artifact() };
        let pushed = host.run(host.repository().push_artifact(artifact, &Call::default()));
        let puts = host.targets().iter().filter(|target| target.starts_with("PUT")).count();
        assert_eq!((pushed.is_ok(), puts), ([true, true, false][refusals], [1, 3, 3][refusals]), "{pushed:?}");
    }
}
