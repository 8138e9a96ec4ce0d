//! Manifests that are deleted, and the look at what depends on them: nothing rests on a guess, and what was deleted is gone.

use crate::support::clean::{OCI, entry, index};
use crate::support::model::{Deletes, Model};
use crate::support::{OCI_TYPE as INDEX, Reply, Scripted, image_manifest, sha256};
use docker_registry_client_wasm::protocol::http::Method;
use docker_registry_client_wasm::registry::{Call, Dependents};
use docker_registry_client_wasm::transport::Error;

fn plan(host: &Scripted, digest: &str) -> Dependents {
    host.run(host.repository().plan_delete(digest, &Call::default())).unwrap()
}

fn delete(host: &Scripted, digest: &str, force: bool) -> Result<(), Error> {
    host.run(host.repository().delete_manifest(digest, force, &Call::default()))
}

/// Three tags of one image, which an index has too; and one of another.
fn filled(deletes: Deletes) -> (Model, String) {
    let model = Model::new(deletes, false);
    let image = image_manifest("a", "");
    let digest = model.put(&["one", "two", "three"], OCI, &image);
    model.put(&["list"], INDEX, &index(&[&image]));
    model.put(&["other"], OCI, &image_manifest("b", ""));
    (model, digest)
}

/// A1: HEAD's 404 and every type that says nothing. Nothing that depends on the manifest is overlooked.
#[test]
fn nothing_rests_on_head_or_on_a_content_type() {
    for media_type in
        ["text/html", "application/json", "application/octet-stream", "text/plain; charset=utf-8", "", OCI]
    {
        for head in [404, 200, 500] {
            let (model, digest) = filled(Deletes::Both);
            let (state, told) = (model.0.clone(), media_type.to_owned());
            let host = Scripted::new(move |seen| match seen.method {
                Method::Head => Reply::new(head).header("content-type", "text/html"),
                Method::Get if seen.target.contains("/manifests/") => {
                    let mut reply = state.handle(seen);
                    reply.headers.retain(|(name, _)| name != "content-type" || reply.status != 200);
                    if told.is_empty() || reply.status != 200 { reply } else { reply.header("content-type", &told) }
                }
                _ => state.handle(seen),
            });
            let dependents = plan(&host, &digest);
            assert_eq!(dependents.tags, ["one", "three", "two"], "{media_type} {head}");
            assert_eq!(dependents.parents.len(), 1, "{media_type} {head}");
            assert_eq!(delete(&host, &digest, false).unwrap_err().code, "IN_USE");
            assert!(model.has(&digest));
        }
    }
}

/// What cannot be read may depend on the manifest: it is named, and fails nothing.
#[test]
fn what_cannot_be_read_is_named() {
    let (model, digest) = filled(Deletes::Both);
    let lone = model.put(&[], OCI, &image_manifest("lone", ""));
    model.0.tags.borrow_mut().insert("dangling".into(), sha256("gone"));
    assert_eq!(plan(&model.host(), &lone).dangling, ["dangling"], "{digest}");
    delete(&model.host(), &lone, false).unwrap();
    // A tag that no grammar allows, and one that the registry cannot give.
    let lone = model.put(&[], OCI, &image_manifest("lone", ""));
    model.0.also_listed.borrow_mut().push("1.1.0+build.5".into());
    let state = model.0.clone();
    let host = Scripted::new(move |seen| {
        if seen.method == Method::Get && seen.target.ends_with("/manifests/other") {
            Reply::new(500)
        } else {
            state.handle(seen)
        }
    });
    let unread: Vec<_> = plan(&host, &lone).unread.into_iter().map(|unread| unread.name).collect();
    assert_eq!(unread, ["1.1.0+build.5", "other"]);
    let error = delete(&host, &lone, false).unwrap_err();
    assert_eq!(error.code, "IN_USE");
    assert!(
        error.message.contains("may be in use by tags or manifests that cannot be read: 1.1.0+build.5 other"),
        "{}",
        error.message
    );
    assert!(model.has(&lone));
    delete(&host, &lone, true).unwrap();
    assert!(!model.has(&lone));
}

/// A5: the entries of a broken index count, those that lack something too; so does what stands anywhere in it.
#[test]
fn broken_indexes_are_parents() {
    let image = image_manifest("a", "");
    let digest = sha256(&image);
    let bare = format!(r#"{{"digest":"{digest}"}}"#);
    for (broken, is_parent) in [
        (format!(r#"{{"schemaVersion":2,"manifests":[{{"size":1}},{bare}]}}"#), true),
        (format!(r#"{{"schemaVersion":2,"manifests":[{}],"layers":[]}}"#, entry(&image)), true),
        (format!(r#"{{"schemaVersion":2,"manifests":[{bare}],"manifests":[]}}"#), false),
        (format!(r#"{{"schemaVersion":2,"manifests":{{"x":{bare}}}}}"#), false),
    ] {
        let model = Model::new(Deletes::Both, false);
        model.put(&[], OCI, &image);
        let parent = model.put(&["broken"], INDEX, &broken);
        let dependents = plan(&model.host(), &digest);
        let parents: Vec<_> = dependents.parents.iter().map(ToString::to_string).collect();
        let unread: Vec<_> = dependents.unread.iter().map(|unread| unread.name.as_str()).collect();
        let expected = if is_parent { (vec![parent], vec![]) } else { (vec![], vec!["broken"]) };
        assert_eq!((parents, unread), expected, "{broken}");
        assert_eq!(delete(&model.host(), &digest, false).unwrap_err().code, "IN_USE", "{broken}");
        assert!(model.has(&digest));
    }
    // An index within an index, of whose type nothing is told.
    let model = Model::new(Deletes::Both, false);
    model.put(&[], OCI, &image);
    let inner = index(&[&image]);
    model.put(&[], INDEX, &inner);
    let outer = index(&[&inner]).replacen(INDEX, "application/json", 2).replacen("application/json", INDEX, 1);
    model.put(&["outer"], INDEX, &outer);
    let parents: Vec<_> = plan(&model.host(), &digest).parents.iter().map(ToString::to_string).collect();
    assert_eq!(parents, [sha256(&inner)]);
}

/// C17: a status proves nothing, neither a good one nor a bad one.
#[test]
fn a_deletion_is_verified() {
    // 500 after the manifest is gone, and 404 to the next try.
    for leaves in [0, 1, 2] {
        let (model, digest) = filled(Deletes::Digests);
        model.0.leaves.set(leaves);
        delete(&model.host(), &digest, true).unwrap();
        assert!(!model.has(&digest));
        assert_eq!(model.0.tags.borrow().keys().collect::<Vec<_>>(), ["list", "other"], "{leaves}");
    }
    // 202, and nothing is done.
    let (model, digest) = filled(Deletes::Digests);
    let state = model.0.clone();
    let host =
        Scripted::new(move |seen| if seen.method == Method::Delete { Reply::new(202) } else { state.handle(seen) });
    let error = delete(&host, &digest, true).unwrap_err();
    assert_eq!(error.code, "INVALID_RESPONSE");
    assert!(error.message.contains("still there"), "{}", error.message);
    // What is not there cannot be deleted.
    let (model, _) = filled(Deletes::Digests);
    let error = delete(&model.host(), &sha256("no"), true).unwrap_err();
    assert_eq!((error.code.as_ref(), error.status), ("MANIFEST_UNKNOWN", Some(404)));
}

/// C18: tags that stay are removed by name, or named.
#[test]
fn tags_that_stay_are_removed_by_name() {
    let (model, digest) = filled(Deletes::KeepsTags);
    delete(&model.host(), &digest, true).unwrap();
    assert_eq!(model.0.tags.borrow().keys().collect::<Vec<_>>(), ["list", "other"]);
    let (model, digest) = filled(Deletes::KeepsTags);
    let state = model.0.clone();
    let host = Scripted::new(move |seen| {
        let is_kept = seen.method == Method::Delete && seen.target.ends_with("/manifests/two");
        if is_kept { Reply::new(403) } else { state.handle(seen) }
    });
    let error = delete(&host, &digest, true).unwrap_err();
    assert_eq!(error.code, "DENIED");
    assert!(error.message.ends_with(&format!("{digest} is deleted, but not its tags two")), "{}", error.message);
    assert_eq!(model.0.tags.borrow().keys().collect::<Vec<_>>(), ["list", "other", "two"]);
}

/// A document that is no JSON is known by its bytes, where the registry tells no digest: its tags are found, and go with it.
#[test]
fn tags_of_what_is_not_a_manifest_are_found() {
    for leaves in [0, 1, 2] {
        let (model, _) = filled(Deletes::Both);
        let digest = model.put(&["riddle", "same"], OCI, "not a manifest at all");
        model.put(&["page"], OCI, "<!doctype html>");
        model.0.tells_digest.set(false);
        model.0.leaves.set(leaves);
        let dependents = plan(&model.host(), &digest);
        let unread: Vec<_> = dependents.unread.iter().map(|unread| unread.name.as_str()).collect();
        assert_eq!((&dependents.tags[..], &unread[..]), (&["riddle".into(), "same".into()][..], &["page"][..]));
        assert_eq!(delete(&model.host(), &digest, false).unwrap_err().code, "IN_USE");
        delete(&model.host(), &digest, true).unwrap();
        assert!(!model.has(&digest));
        let left: Vec<_> = model.0.tags.borrow().keys().cloned().collect();
        assert_eq!(left, ["list", "one", "other", "page", "three", "two"], "{leaves}");
    }
}

/// A list that breaks off, or is refused, is no list without tags.
#[test]
fn a_tag_list_that_fails_is_not_empty() {
    let failed = |code: &str| Reply::json(&format!(r#"{{"errors":[{{"code":"{code}","message":"no"}}]}}"#)).status(404);
    for (first, code) in [(true, "TAG_UNKNOWN"), (true, "UNSUPPORTED"), (false, "TAG_UNKNOWN"), (false, "NAME_UNKNOWN")]
    {
        let (model, digest) = filled(Deletes::Both);
        let state = model.0.clone();
        let host = Scripted::new(move |seen| {
            if !seen.target.contains("/tags/list") {
                return state.handle(seen);
            }
            match seen.target.contains("last=") {
                false if !first => Reply::json(r#"{"tags":["list","other"]}"#)
                    .header("link", "</v2/a/b/tags/list?n=2&last=other>; rel=\"next\""),
                _ => failed(code),
            }
        });
        let refused = delete(&host, &digest, false).unwrap_err();
        assert_eq!((refused.code.as_ref(), refused.status), (code, Some(404)), "{first}");
        assert!(model.has(&digest) && host.seen().iter().all(|seen| seen.method != Method::Delete));
    }
}

/// A tag that leads nowhere for a moment, and one that is made while the others are read, which takes long: they are seen.
#[test]
fn tags_are_seen_that_come_late() {
    for is_new in [false, true] {
        let model = Model::new(Deletes::Both, false);
        let digest = model.put(&[], OCI, &image_manifest("a", ""));
        model.put(&["other"], OCI, &image_manifest("b", ""));
        if !is_new {
            model.put(&["one"], OCI, &image_manifest("a", ""));
        }
        let (state, looks) = (model.0.clone(), std::cell::Cell::new(0));
        let host = Scripted::new(move |seen| {
            if is_new && seen.target.ends_with("/manifests/other") {
                let reply = state.handle(seen);
                state.put(&["one"], OCI, &image_manifest("a", ""));
                return reply.after(2_000);
            }
            if !is_new && seen.target.ends_with("/manifests/one") && looks.replace(1) == 0 {
                return Reply::json(r#"{"errors":[{"code":"MANIFEST_UNKNOWN"}]}"#).status(404);
            }
            state.handle(seen)
        });
        let error = delete(&host, &digest, false).unwrap_err();
        assert_eq!(error.code, "IN_USE", "{error}");
        assert_eq!(model.tag("one"), Some(digest));
    }
}
