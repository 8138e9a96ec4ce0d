//! Tags that are moved and removed, on every kind of registry, whatever goes wrong: what is asked for is done or the
//! error says how the tag stands, and no other tag is touched.

use crate::support::model::{Deletes, FAULTS, Fault, Model};
use crate::support::{OCI_TYPE, Reply, Scripted, Seen, artifact, descriptor, image_manifest, sha256};
use docker_registry_client_wasm::protocol::http::Method;
use docker_registry_client_wasm::protocol::oci::digest::Digest;
use docker_registry_client_wasm::registry::{Artifact, Call, Client, ImageReference, IndexChange};
use docker_registry_client_wasm::transport::Error;
use futures_util::FutureExt as _;
use futures_util::future::{join, join_all};

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
    let source = ImageReference::Reference(image.to_owned());
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
    for (deletes, requests) in [(Deletes::Digests, 12), (Deletes::DigestsFerro, 12), (Deletes::Both, 4)] {
        let (model, digest) = filled(deletes);
        let host = model.host();
        untag(&host, &host.client(), "old").unwrap();
        assert_eq!(model.tag("old"), None);
        check_others(&model, &digest, "");
        assert_eq!(host.seen().len(), requests, "{:#?}", host.targets());
        // The digest that others share is never deleted, and neither is anything but the placeholder.
        let deleted = format!("DELETE /v2/a/b/manifests/{digest}");
        assert!(!host.targets().contains(&deleted));
        assert_eq!(model.0.manifests.borrow().len(), 2, "the placeholder is gone");
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

/// C17: a deletion that leaves the tag behind, whatever its status, is repaired or reported, and can be made again.
#[test]
fn untag_where_tags_are_left_behind() {
    for deletes in [Deletes::Digests, Deletes::DigestsFerro] {
        for leaves in 1..=4 {
            let (model, digest) = filled(deletes);
            model.0.leaves.set(leaves);
            let host = model.host();
            untag(&host, &host.client(), "old").unwrap();
            assert_eq!((model.tag("old"), model.0.leaves.get()), (None, 0), "{leaves}");
            check_others(&model, &digest, "");
        }
        let (model, digest) = filled(deletes);
        model.0.leaves.set(1000);
        let host = model.host();
        let error = untag(&host, &host.client(), "old").unwrap_err();
        assert!(error.message.contains("the tag old is still listed, but has no manifest"), "{}", error.message);
        assert!(host.seen().len() < 80, "it ends: {}", host.seen().len());
        check_others(&model, &digest, "");
        model.0.leaves.set(0);
        untag(&host, &host.client(), "old").unwrap();
        assert_eq!(model.tag("old"), None);
        check_others(&model, &digest, "");
    }
}

/// A5: a tag that is listed and leads nowhere is removed by whichever way there is.
#[test]
fn untag_of_a_dangling_tag() {
    for deletes in ALL {
        let (model, digest) = filled(deletes);
        model.0.tags.borrow_mut().insert("dangling".into(), sha256("gone"));
        let host = model.host();
        untag(&host, &host.client(), "dangling").unwrap();
        assert_eq!(model.tag("dangling"), None, "{deletes:?}");
        assert_eq!(model.0.manifests.borrow().len(), 2, "{deletes:?}: a placeholder is left");
        check_others(&model, &digest, "");
    }
    let (model, _) = filled(Deletes::Nothing);
    model.0.tags.borrow_mut().insert("dangling".into(), sha256("gone"));
    let host = model.host();
    let error = untag(&host, &host.client(), "dangling").unwrap_err();
    assert_eq!(error.code, "UNSUPPORTED");
    assert!(error.message.contains("the tag dangling is listed, but has no manifest"), "{}", error.message);
}

/// A5: registries take manifests that lack what an image needs.
#[test]
fn broken_manifests_are_tagged_and_untagged() {
    for body in
        [r#"{"schemaVersion":2}"#, r#"{"schemaVersion":2,"layers":[{"size":1}]}"#, r#"{"manifests":7,"config":7}"#]
    {
        for deletes in ALL {
            let (model, digest) = filled(deletes);
            let broken = model.put(&["broken"], OCI, body);
            let host = model.host();
            tag(&host, "more", "broken", Some(None)).unwrap();
            tag(&host, "most", &broken, None).unwrap();
            assert_eq!((model.tag("more"), model.tag("most")), (Some(broken.clone()), Some(broken.clone())));
            for tag in ["broken", "more"] {
                untag(&host, &host.client(), tag).unwrap();
            }
            assert_eq!((model.tag("broken"), model.tag("more"), model.tag("most")), (None, None, Some(broken.clone())));
            assert!(model.has(&broken));
            check_others(&model, &digest, "");
        }
    }
}

/// Twenty-four tags of a digest, removed at the same time.
fn untagged_together(model: &Model, digest: &str) -> Scripted {
    let tags: Vec<String> = (0..24).map(|number| format!("t{number}")).collect();
    model.0.tags.borrow_mut().extend(tags.iter().map(|tag| (tag.clone(), digest.to_owned())));
    let host = model.host();
    let repository = host.repository();
    let results = host.run(join_all(tags.iter().map(|tag| {
        let repository = repository.clone();
        async move { repository.untag(tag, &Call::default()).await }
    })));
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    host
}

/// C17: deletions by digest take turns, each from the placeholder's PUT to its end, and the looks at the list are shared.
#[test]
fn many_untags_at_the_same_time() {
    let (model, digest) = filled(Deletes::Digests);
    model.0.leaves.set(5);
    let host = untagged_together(&model, &digest);
    assert_eq!(model.0.tags.borrow().keys().collect::<Vec<_>>(), ["old", "other", "sibling"]);
    check_others(&model, &digest, "");
    assert_eq!(model.0.manifests.borrow().len(), 2, "a placeholder is left");
    let is_turn = |method: Method, target: &str| match method {
        Method::Put => target.contains("/manifests/"),
        Method::Delete => target.contains("/manifests/sha256:") && !target.contains("0000"),
        _ => false,
    };
    let times: Vec<u64> =
        host.seen().iter().filter(|seen| is_turn(seen.method, &seen.target)).map(|seen| seen.at).collect();
    assert!(times.len() >= 48 && times.windows(2).all(|pair| pair[0] + 10 <= pair[1]), "{times:?}");
}

/// C17: other deletions run at the same time as each other, but not while a tag points to a placeholder that is to be deleted.
#[test]
fn deletions_wait_for_untags() {
    let (model, digest) = filled(Deletes::Digests);
    let images: Vec<String> =
        (0..12).map(|number| model.put(&[], OCI, &image_manifest(&number.to_string(), ""))).collect();
    model.0.tags.borrow_mut().extend((0..4).map(|number| (format!("t{number}"), digest.clone())));
    let host = model.host();
    let repository = host.repository();
    let deletions = images.iter().map(|image| {
        let repository = repository.clone();
        async move { repository.delete_manifest(image, true, &Call::default()).await }.boxed_local()
    });
    let untags = (0..4).map(|number| {
        let repository = repository.clone();
        async move { repository.untag(&format!("t{number}"), &Call::default()).await }.boxed_local()
    });
    let results = host.run(join_all(deletions.chain(untags)));
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    let seen = host.seen();
    let at = |method: Method, of: &dyn Fn(&str) -> bool| -> Vec<u64> {
        seen.iter().filter(|seen| seen.method == method && of(&seen.target)).map(|seen| seen.at).collect()
    };
    let deleted = at(Method::Delete, &|target| images.iter().any(|image| target.ends_with(image)));
    let put = at(Method::Put, &|target| target.contains("/manifests/"));
    // An answer takes 10 ms. The placeholder's deletion follows its PUT at once.
    assert!(deleted.windows(2).any(|pair| pair[1] < pair[0] + 10), "{deleted:?}");
    let meets = |put: u64| deleted.iter().any(|deleted| deleted + 10 > put && *deleted < put + 20);
    assert!(put.len() >= 4 && !put.iter().any(|put| meets(*put)), "{deleted:?} {put:?}");
}

/// Whoever looks at the same time shares a list.
#[test]
fn looks_at_the_tag_list_are_shared() {
    let (model, digest) = filled(Deletes::Both);
    let host = untagged_together(&model, &digest);
    let lists = host.targets().iter().filter(|target| target.contains("tags/list")).count();
    assert!(lists < 20, "{lists}");
}

/// B14: all that the registry says, and no advice that cannot apply.
#[test]
fn untag_where_the_placeholder_is_refused() {
    let (model, digest) = filled(Deletes::Digests);
    let state = model.0.clone();
    let host = Scripted::new(move |seen| {
        if seen.method == Method::Put && seen.target.contains("/manifests/") {
            let detail = r#"{"reason":"needs a \u001b[31msignature"}"#;
            let body = format!(r#"{{"errors":[{{"code":"MANIFEST_INVALID","message":"no","detail":{detail}}}]}}"#);
            return Reply::json(&body).status(400).after(10);
        }
        state.handle(seen).after(10)
    });
    let error = untag(&host, &host.client(), "old").unwrap_err();
    assert_eq!((error.code.as_ref(), error.status), ("MANIFEST_INVALID", Some(400)));
    assert!(error.message.contains("signature") && !error.message.contains('\u{1b}'), "{}", error.message);
    assert!(error.message.ends_with(&format!("the tag old points to {digest}")), "{}", error.message);
    assert!(!error.message.contains("undoes it") && !error.message.contains("storage.delete"), "{}", error.message);
    assert_eq!(model.tag("old"), Some(digest));
}

/// B14: an image like any other, of the kind that the registry has taken before.
#[test]
fn a_placeholder_is_an_image() {
    let (model, _) = filled(Deletes::Digests);
    let host = model.host();
    untag(&host, &host.client(), "old").unwrap();
    let put = host.seen().into_iter().find(|seen| seen.target.ends_with("manifests/old") && seen.method == Method::Put);
    let manifest: serde_json::Value = serde_json::from_str(&put.unwrap().body).unwrap();
    assert_eq!(manifest["config"]["mediaType"], "application/vnd.oci.image.config.v1+json");
    assert_eq!(manifest["layers"][0]["mediaType"], "application/vnd.oci.image.layer.v1.tar+gzip");
    assert_eq!(manifest["layers"].as_array().map(Vec::len), Some(1));
    let config = host.seen().into_iter().find(|seen| seen.body.contains("rootfs")).unwrap().body;
    assert_eq!(sha256(&config), manifest["config"]["digest"].as_str().unwrap());
    let config: serde_json::Value = serde_json::from_str(&config).unwrap();
    assert_eq!((&config["os"], &config["architecture"]), (&"linux".into(), &"amd64".into()));
    assert_eq!(config["rootfs"]["diff_ids"].as_array().map(Vec::len), Some(1));
}

/// B13: a registry's own reason is not a setting that is off.
#[test]
fn a_reason_of_its_own() {
    let (model, digest) = filled(Deletes::Digests);
    let state = model.0.clone();
    let host = Scripted::new(move |seen| {
        if seen.method == Method::Delete {
            let body = r#"{"errors":[{"code":"TAG_IMMUTABLE","message":"the rule *-release keeps it"}]}"#;
            return Reply::json(body).status(405).after(10);
        }
        state.handle(seen).after(10)
    });
    let untagged = untag(&host, &host.client(), "old").unwrap_err();
    let deleted = host.run(host.repository().delete_manifest(&digest, true, &Call::default())).unwrap_err();
    for error in [untagged, deleted] {
        assert_eq!((error.code.as_ref(), error.status), ("TAG_IMMUTABLE", Some(405)));
        assert!(error.message.contains("the rule *-release keeps it"), "{}", error.message);
        assert!(!error.message.contains("is disabled"), "{}", error.message);
    }
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
        for limit in (0..160).step_by(5) {
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
            assert_eq!(model.0.manifests.borrow().len(), 2, "{what}: a placeholder is left");
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
            for failing in 0..13 {
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
                    Err(error) => assert!(error.message.contains("could not be verified"), "{what}"),
                }
            }
        }
    }
}

/// From one request on everything fails: where the tag is left at the placeholder the error says so, and untag() ends it.
#[test]
fn untag_with_a_registry_that_goes_away() {
    for deletes in ALL {
        for fault in FAULTS {
            for failing in 0..13 {
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
                    assert!(error.message.contains("placeholder") && error.message.contains(&digest), "{what}");
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
fn a_placeholder_that_was_left() {
    let (model, digest) = filled(Deletes::Digests);
    let host = model.host();
    model.fail(|_, seen| {
        let placeholder =
            seen.method == Method::Delete && seen.target.contains("sha256") && !seen.target.contains("0000");
        let back = seen.method == Method::Put && seen.body.contains("\"name\"");
        (placeholder || back).then_some(Fault::Denied)
    });
    let error = untag(&host, &host.client(), "old").unwrap_err();
    assert!(error.message.contains(&format!("tag(\"old\", \"{digest}\") undoes it")), "{}", error.message);
    assert!(model.body_of("old").unwrap().contains("sha256:51a28a2b"));
    model.heal();
    let puts = |host: &Scripted| host.seen().iter().filter(|seen| seen.method == Method::Put).count();
    let before = puts(&host);
    untag(&host, &host.client(), "old").unwrap();
    assert_eq!((model.tag("old"), puts(&host)), (None, before), "only deleted");
    tag(&host, "old", &digest, None).unwrap();
    assert_eq!(model.tag("old"), Some(digest));
}

/// The deletion of the placeholder is refused: the original is put back, byte for byte.
#[test]
fn untag_puts_back() {
    let (model, digest) = filled(Deletes::Digests);
    let host = model.host();
    model.fail(|_, seen| {
        let placeholder =
            seen.method == Method::Delete && seen.target.contains("sha256") && !seen.target.contains("0000");
        placeholder.then_some(Fault::Denied)
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
            if seen.method == Method::Get && deleted {
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
    for (tells, requests) in [(true, 3), (false, 4)] {
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
    assert_eq!(
        host.targets()[before..],
        ["GET /v2/a/b/manifests/other".to_owned(), format!("GET /v2/a/b/manifests/{digest}")]
    );
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
    assert!(host.seen().iter().all(|seen| seen.method == Method::Get));
    tag(&host, "other", "old", Some(Some(&other))).unwrap();
    tag(&host, "new", "old", Some(None)).unwrap();
    assert_eq!((model.tag("other"), model.tag("new")), (Some(digest.clone()), Some(digest)));
}

/// A promotion that has already happened: no condition stands in the way of running it again, and nothing is written.
#[test]
fn tag_again_with_a_condition() {
    let (model, digest) = filled(Deletes::Digests);
    let other = model.tag("other").unwrap();
    let host = model.host();
    for expected in [None, Some(other.as_str())] {
        for image in ["sibling", digest.as_str()] {
            tag(&host, "old", image, Some(expected)).unwrap();
        }
    }
    assert!(host.seen().iter().all(|seen| seen.method == Method::Get));
    // What the tag points to decides before an image that does not exist.
    assert_eq!(tag(&host, "old", "missing", Some(None)).unwrap_err().code, "CONFLICT");
    assert_eq!(tag(&host, "old", "missing", Some(Some(&digest))).unwrap_err().code, "MANIFEST_UNKNOWN");
}

/// The tag is read after the image, so that little time passes until it is written.
#[test]
fn tag_reads_the_tag_last() {
    let (model, _) = filled(Deletes::Digests);
    let host = model.host();
    tag(&host, "new", "old", Some(None)).unwrap();
    let targets = host.targets();
    let ends = ["GET /v2/a/b/manifests/old", "GET /v2/a/b/manifests/new", "PUT /v2/a/b/manifests/new"];
    assert_eq!(targets[targets.len() - 3..], ends);
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
            let source = ImageReference::Reference("old".into());
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
        if seen.method == Method::Get && done {
            state.put(&["new"], OCI, &image_manifest("c", ""));
        }
    });
    let error = tag(&host, "new", "old", None).unwrap_err();
    assert_eq!(error.code, "CONFLICT");
    assert!(error.message.contains(&sha256(image_manifest("c", ""))), "{}", error.message);
}

/// A1: what HEAD says decides nothing. `ifMatch` rests on GET, and so does what a tag is pointed at.
#[test]
fn tag_before_a_head_that_lies() {
    let html = || Reply::new(404).header("content-type", "text/html");
    let stale = Reply::new(200)
        .header("content-type", OCI)
        .header("content-length", "10")
        .header("docker-content-digest", &sha256("stale"));
    for lie in [html(), stale, Reply::new(500)] {
        let (model, digest) = filled(Deletes::Digests);
        let other = model.tag("other").unwrap();
        let state = model.0.clone();
        let host =
            Scripted::new(move |seen| if seen.method == Method::Head { lie.clone() } else { state.handle(seen) });
        assert_eq!(tag(&host, "other", "old", Some(None)).unwrap_err().code, "CONFLICT");
        assert_eq!(tag(&host, "other", "old", Some(Some(&digest))).unwrap_err().code, "CONFLICT");
        assert_eq!(model.tag("other"), Some(other.clone()));
        tag(&host, "other", "old", Some(Some(&other))).unwrap();
        assert_eq!(model.tag("other"), Some(digest.clone()));
        // Nor does what was read before.
        let client = host.client();
        let repository = client.repository("a/b", None).unwrap();
        host.run(repository.manifest("old", None, &Call::default())).unwrap();
        let moved = model.put(&["old"], OCI, &image_manifest("moved", ""));
        let source = ImageReference::Reference("old".into());
        host.run(repository.tag("new", &source, None, &Call::default())).unwrap();
        assert_eq!(model.tag("new"), Some(moved));
        untag(&host, &client, "old").unwrap();
        assert_eq!(model.tag("old"), None);
    }
}

/// A 404 that a proxy makes up is not the registry's word: the tag list has to agree.
#[test]
fn a_proxys_404_is_no_absence() {
    for (page, status) in
        [("<html>404 Not Found</html>", 404), ("404 page not found\n", 404), ("<html>Hello</html>", 200)]
    {
        let (model, _) = filled(Deletes::Digests);
        let (state, page) = (model.0.clone(), page.to_owned());
        let host = Scripted::new(move |seen| {
            let is_get = seen.method == Method::Get && seen.target.contains("/manifests/other");
            let is_new = seen.method == Method::Get
                && seen.target.contains("/manifests/new")
                && !state.tags.borrow().contains_key("new");
            let made_up = Reply::bytes(&page).header("content-type", "text/html").status(status);
            if is_get || is_new { made_up } else { state.handle(seen) }
        });
        let other = model.tag("other").unwrap();
        let error = tag(&host, "other", "old", Some(None)).unwrap_err();
        assert!(error.message.contains("not the registry's own"), "{}", error.message);
        assert_eq!(model.tag("other"), Some(other.clone()));
        // Without a condition the tag is moved in any case, if the registry confirms that.
        tag(&host, "other", "old", None).unwrap();
        assert_eq!(model.tag("other"), model.tag("old"));
        model.0.tags.borrow_mut().insert("other".into(), other);
        assert!(untag(&host, &host.client(), "other").is_err());
        // Not listed either: it is not there.
        tag(&host, "new", "old", Some(None)).unwrap();
        assert_eq!(model.tag("new"), model.tag("old"));
    }
}

/// An index is built on what its base is now: HEAD may say that it is still what the client read before.
#[test]
fn an_index_is_built_on_what_its_base_is_now() {
    let model = Model::new(Deletes::Both, false);
    let index = |entries: &[&String]| {
        let entry = |body: &&String| descriptor(OCI, body, "");
        let entries = entries.iter().map(entry).collect::<Vec<_>>().join(",");
        format!(r#"{{"schemaVersion":2,"mediaType":"{OCI_TYPE}","manifests":[{entries}]}}"#)
    };
    let [a, b] = ["a", "b"].map(|name| image_manifest(name, ""));
    for body in [&a, &b] {
        model.put(&[], OCI, body);
    }
    let before = index(&[&a]);
    model.put(&["base"], OCI_TYPE, &before);
    let (state, stale) = (model.0.clone(), before.clone());
    let host = Scripted::new(move |seen| match seen.method {
        Method::Head if seen.target.ends_with("/manifests/base") => {
            Reply::manifest(OCI_TYPE, &stale).header("docker-content-digest", &sha256(&stale))
        }
        _ => state.handle(seen),
    });
    let client = host.client();
    let repository = client.repository("a/b", None).unwrap();
    host.run(repository.manifest("base", None, &Call::default())).unwrap();
    model.put(&["base"], OCI_TYPE, &index(&[&a, &b]));
    let annotations = vec![("key".to_owned(), "value".to_owned())];
    let change = IndexChange { base: Some("base".into()), annotations, ..IndexChange::default() };
    host.run(repository.create_index("base", &[], &change, &Call::default())).unwrap();
    let now = model.body_of("base").unwrap();
    assert!(now.contains(&sha256(&a)) && now.contains(&sha256(&b)) && now.contains("value"), "{now}");
}

/// The tag of an index is written only if the condition holds right before, whoever moved it meanwhile.
#[test]
fn an_index_is_written_under_a_tag_that_is_as_expected() {
    let create = |host: &Scripted, if_match: Option<&str>| {
        let expected = if_match.map(|digest| Digest::parse(digest).unwrap());
        let change = IndexChange { base: Some("base".into()), if_match: Some(expected), ..IndexChange::default() };
        host.run(host.repository().create_index("other", &[], &change, &Call::default()))
    };
    let (model, digest) = filled(Deletes::Both);
    let entry = descriptor(OCI, &image_manifest("a", ""), "");
    model.put(&["base"], OCI_TYPE, &format!(r#"{{"schemaVersion":2,"mediaType":"{OCI_TYPE}","manifests":[{entry}]}}"#));
    let other = model.tag("other").unwrap();
    let host = model.host();
    for wrong in [None, Some(digest.as_str())] {
        let error = create(&host, wrong).unwrap_err();
        assert!(error.code == "CONFLICT" && error.message.ends_with("nothing was changed"), "{error:?}");
        assert_eq!(model.tag("other").as_deref(), Some(other.as_str()));
    }
    // Another writer moves the tag while the entries are looked for.
    let child = digest.clone();
    model.meanwhile(move |state, seen| {
        if seen.target.ends_with(&child) {
            state.put(&["other"], OCI, &image_manifest("c", ""));
        }
    });
    assert_eq!(create(&host, Some(&other)).unwrap_err().code, "CONFLICT");
    let moved = model.tag("other").unwrap();
    assert_ne!(moved, other);
    let made = create(&host, Some(&moved)).unwrap();
    assert_eq!(model.tag("other").as_deref(), Some(made.digest.as_str()));
    // What the tag points to already satisfies every condition.
    model.meanwhile(|_, _| {});
    assert_eq!(create(&host, None).unwrap().digest, made.digest);
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
        let code = made.map_err(|error| error.code.to_string()).map(drop);
        assert_eq!(code, if is_there { Ok(()) } else { Err("MANIFEST_UNKNOWN".to_owned()) }, "HEAD {status}");
        assert_eq!(model.tag("made").is_some(), is_there);
    }
}

/// A response that says nothing about the tag does not make it absent, if the tag list has it, or cannot be read either.
#[test]
fn no_tag_is_taken_for_absent_because_of_a_page() {
    let unknown = r#"{"errors":[{"code":"NAME_UNKNOWN","message":"no"}]}"#;
    let pages: [fn() -> Reply; 4] = [
        || Reply::new(404),
        || Reply::bytes("<html>").header("content-type", "text/html"),
        || Reply::new(204),
        || Reply::bytes("<html>").header("content-type", "text/html").status(404),
    ];
    for (at, page) in pages.into_iter().enumerate() {
        for has_list in [true, false] {
            if at == 0 && !has_list {
                continue; // The registry has no list, and its own 404 may be empty.
            }
            let (model, _) = filled(Deletes::Digests);
            let before = model.tag("other");
            let state = model.0.clone();
            let host = Scripted::new(move |seen| {
                let is_list = seen.target.contains("/tags/list");
                match seen.method {
                    Method::Get if seen.target.ends_with("/manifests/other") => page(),
                    Method::Get if is_list && !has_list && at == 3 => Reply::new(500),
                    Method::Get if is_list && !has_list => Reply::json(unknown).status(404),
                    _ => state.handle(seen),
                }
            });
            let source = ImageReference::Reference("old".to_owned());
            let repository = host.once().repository("a/b", None).unwrap();
            let refused = host.run(repository.tag("other", &source, Some(None), &Call::default()));
            assert!(refused.is_err(), "{at} {has_list}");
            assert_eq!(model.tag("other"), before);
        }
    }
}

/// Two calls of one client that require the same state: one of them moves the tag.
#[test]
fn calls_with_a_condition_at_the_same_time() {
    for expects_nothing in [true, false] {
        let (model, digest) = filled(Deletes::Both);
        let other = model.tag("other").unwrap();
        let name = if expects_nothing { "new" } else { "other" };
        let expected = if expects_nothing { None } else { Some(other.as_str()) };
        let third = model.put(&[], OCI, &image_manifest("c", ""));
        let (host, call) = (model.host(), Call::default());
        let repository = host.repository();
        let sources = [&digest, &third].map(|digest| ImageReference::Reference(digest.clone()));
        let moves = sources.iter().map(|source| repository.tag(name, source, Some(expected), &call));
        let done = host.run(join_all(moves));
        let refused: Vec<_> = done.iter().filter_map(|done| done.as_ref().err()).collect();
        assert_eq!(refused.len(), 1, "{done:?}");
        assert_eq!(refused[0].code, "CONFLICT");
        let now = if done[0].is_ok() { digest } else { third };
        assert_eq!(model.tag(name), Some(now));
    }
}

/// A tag that is moved and removed at the same time, by one client: one after the other, and both are told what is true.
#[test]
fn tag_and_untag_at_the_same_time() {
    for deletes in ALL {
        let (model, digest) = filled(deletes);
        let (host, call) = (model.host(), Call::default());
        let repository = host.repository();
        let source = ImageReference::Reference(digest.clone());
        let untag = repository.untag("other", &call);
        let (untagged, tagged) = host.run(join(untag, repository.tag("other", &source, None, &call)));
        assert!(untagged.is_ok() && tagged.is_ok(), "{deletes:?}: {untagged:?} {tagged:?}");
        assert_eq!(model.tag("other"), Some(digest), "{deletes:?}");
    }
}

/// A request that changes a tag is refused for a while, and another writer moves the tag before it is sent again.
#[test]
fn a_tag_that_moves_before_a_retry() {
    type Act = fn(&Scripted, &str) -> Result<(), Error>;
    let moved: Act = |host, now| tag(host, "other", "old", Some(Some(now)));
    let removed: Act = |host, _| untag(host, &host.client(), "other");
    let pushed: Act = |host, now| {
        let (bytes, expected) = (image_manifest("d", "").into_bytes(), Some(Digest::parse(now).unwrap()));
        host.run(host.repository().push_manifest("other", bytes, None, None, Some(&expected), &Call::default()))
            .map(drop)
    };
    for (deletes, act) in [(Deletes::Both, moved), (Deletes::Both, pushed)]
        .into_iter()
        .chain(ALL.into_iter().map(|deletes| (deletes, removed)))
    {
        for fault in [Fault::FailedBefore, Fault::FailedAfter] {
            let (model, _) = filled(deletes);
            let before = model.tag("other").unwrap();
            let host = model.host();
            let failed = std::rc::Rc::new(std::cell::Cell::new(false));
            let is_change = |seen: &Seen| {
                (seen.method == Method::Put || seen.method == Method::Delete)
                    && seen.target.ends_with("/manifests/other")
            };
            let once = failed.clone();
            model.fail(move |_, seen| (is_change(seen) && !once.replace(true)).then_some(fault));
            let written = std::cell::Cell::new(false);
            model.meanwhile(move |state, seen| {
                // The next request after the one that failed.
                if failed.get() && !is_change(seen) && !written.replace(true) {
                    state.put(&["other"], OCI, &image_manifest("theirs", ""));
                }
            });
            let error = act(&host, &before).unwrap_err();
            assert_eq!(error.code, "CONFLICT", "{deletes:?} {fault:?}: {error}");
            assert!(error.message.contains("was not sent again"), "{}", error.message);
            assert_eq!(model.body_of("other"), Some(image_manifest("theirs", "")), "{deletes:?} {fault:?}: {error}");
        }
    }
}

/// The same condition for whatever is pushed under a tag. An artifact is there then, without its tag.
#[test]
fn pushes_with_a_condition() {
    let (model, digest) = filled(Deletes::Both);
    let other = model.tag("other").unwrap();
    let (host, call) = (model.host(), Call::default());
    let digest = Some(Digest::parse(&digest).unwrap());
    let other = Some(Digest::parse(&other).unwrap());
    let manifest = |tag: &str, expected: &Option<Digest>| {
        let bytes = image_manifest("pushed", "").into_bytes();
        host.run(host.repository().push_manifest(tag, bytes, None, None, Some(expected), &call))
    };
    let artifact = |tag: Option<&str>, expected: &Option<Digest>| {
        let artifact = Artifact { tag: tag.map(str::to_owned), if_match: Some(expected.clone()), ..artifact() };
        host.run(host.repository().push_artifact(artifact, &call))
    };
    for expected in [&digest, &None] {
        let error = manifest("other", expected).unwrap_err();
        assert_eq!(error.code, "CONFLICT");
        assert!(error.message.contains("nothing was changed"), "{}", error.message);
        assert!(!model.has(&sha256(image_manifest("pushed", ""))));
        let error = artifact(Some("other"), expected).unwrap_err();
        assert_eq!(error.code, "CONFLICT");
        let (_, there) = error.message.split_once("the artifact is there as ").expect("its digest");
        assert!(model.has(there), "{}", error.message);
    }
    assert_eq!(model.tag("other"), other.as_ref().map(ToString::to_string));
    let pushed = manifest("other", &other).unwrap();
    manifest("other", &None).unwrap();
    let artifact_of = artifact(Some("other"), &Some(pushed.digest)).unwrap();
    artifact(Some("other"), &None).unwrap();
    assert_eq!(model.tag("other"), Some(artifact_of.digest.to_string()));
    assert_eq!(artifact(None, &None).unwrap_err().code, "INVALID_ARGUMENT");
    assert_eq!(manifest(artifact_of.digest.as_str(), &None).unwrap_err().code, "INVALID_ARGUMENT");
}
