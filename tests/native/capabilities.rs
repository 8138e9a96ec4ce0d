//! What a registry was seen to refuse is not asked of it again, and what it does later corrects that.

use std::cell::Cell;
use std::rc::Rc;

use docker_registry_client_wasm::protocol::http::Method;
use docker_registry_client_wasm::registry::{Call, Client, InMemory, Push};

use crate::support::model::{Deletes, Fault, Model};
use crate::support::{Bytes, Reply, Scripted, Seen, image_manifest, sha256};

const OCI: &str = "application/vnd.oci.image.manifest.v1+json";

fn untag(host: &Scripted, client: &Client<Scripted>, tag: &str) -> Result<(), String> {
    let repository = client.repository("a/b", None).unwrap();
    host.run(repository.untag(tag, &Call::default())).map_err(|error| error.message.clone())
}

/// The requests that `action` makes.
fn targets(host: &Scripted, action: impl FnOnce()) -> Vec<String> {
    let before = host.seen().len();
    action();
    host.targets().split_off(before)
}

fn is_deletion_by_name(target: &&String) -> bool {
    target.starts_with("DELETE") && target.contains("/manifests/") && !target.contains("sha256:")
}

/// distribution 2.8 deletes by digest only: to learn that takes two requests, once.
#[test]
fn a_second_untag_does_not_try_to_delete_by_name() {
    for deletes in [Deletes::Digests, Deletes::DigestsFerro] {
        let model = Model::new(deletes, false);
        model.put(&["a", "b", "c"], OCI, &image_manifest("image", ""));
        let host = model.host();
        let client = host.client();
        let first = targets(&host, || untag(&host, &client, "a").unwrap());
        let second = targets(&host, || untag(&host, &client, "b").unwrap());
        let nothing = format!("DELETE /v2/a/b/manifests/sha256:{}", "0".repeat(64));
        assert!(first.iter().any(|target| is_deletion_by_name(&target)) && first.contains(&nothing), "{first:#?}");
        assert!(!second.iter().any(|target| is_deletion_by_name(&target)) && !second.contains(&nothing), "{second:#?}");
        // Nor is the placeholder's layer sent again.
        assert_eq!((first.len(), second.len()), (12, 8), "{second:#?}");
        assert_eq!((model.tag("a"), model.tag("b")), (None, None));
        assert!(model.tag("c").is_some());
    }
}

/// What does not depend on each other is requested side by side: the tag and the placeholder's upload, its end and the tag
/// again, the placeholder under the tag, its deletion, the tag and the list.
#[test]
fn a_second_untag_takes_five_round_trips() {
    let model = Model::new(Deletes::Digests, false);
    model.put(&["a", "b"], OCI, &image_manifest("image", ""));
    let state = model.0.clone();
    let host = Scripted::new(move |seen| state.handle(seen).after(50));
    let client = host.client();
    untag(&host, &client, "a").unwrap();
    let before = host.now();
    untag(&host, &client, "b").unwrap();
    assert_eq!(host.now() - before, 5 * 50, "{:#?}", host.targets());
    assert_eq!((model.tag("a"), model.tag("b")), (None, None));
}

/// The registry removed the layer of an earlier placeholder: it is sent again.
#[test]
fn a_placeholder_whose_layer_is_gone() {
    let model = Model::new(Deletes::Digests, false);
    model.put(&["a", "b"], OCI, &image_manifest("image", ""));
    let (state, has_layer) = (model.0.clone(), Rc::new(Cell::new(true)));
    let collected = has_layer.clone();
    let layer = "51a28a2b685ba8b46963d2782ee6a1b67a47f58101c96efbdab050d14af551df";
    let host = Scripted::new(move |seen| {
        if seen.method == Method::Put && seen.target.contains(&format!("sha256%3A{layer}")) {
            has_layer.set(true);
        }
        if seen.method == Method::Put && seen.target.contains("/manifests/") && !has_layer.get() {
            let detail = format!(r#""detail":{{"digest":"sha256:{layer}"}}"#);
            let body = format!(r#"{{"errors":[{{"code":"MANIFEST_BLOB_UNKNOWN","message":"no",{detail}}}]}}"#);
            return Reply::json(&body).status(404);
        }
        state.handle(seen)
    });
    let client = host.client();
    untag(&host, &client, "a").unwrap();
    collected.set(false);
    untag(&host, &client, "b").unwrap();
    assert_eq!((model.tag("a"), model.tag("b")), (None, None));
}

/// A tag that does not exist leaves nothing behind.
#[test]
fn an_untag_of_nothing_leaves_no_upload() {
    let model = Model::new(Deletes::Digests, false);
    model.put(&["a", "b"], OCI, &image_manifest("image", ""));
    let host = model.host();
    let client = host.client();
    untag(&host, &client, "a").unwrap();
    let requests = targets(&host, || {
        untag(&host, &client, "gone").unwrap_err();
        host.settle();
    });
    let begun = requests.iter().filter(|target| target.starts_with("POST")).count();
    let ended =
        requests.iter().filter(|target| target.contains("/blobs/uploads/") && !target.starts_with("POST")).count();
    assert_eq!(begun, ended, "{requests:#?}");
    assert!(!requests.iter().any(|target| target.contains("PUT /v2/a/b/manifests")), "{requests:#?}");
}

/// Deletion was switched off meanwhile: the tag is back where it was, and the next call asks first.
#[test]
fn what_a_registry_does_no_more_is_asked_again() {
    let model = Model::new(Deletes::Digests, false);
    let digest = model.put(&["a", "b"], OCI, &image_manifest("image", ""));
    let host = model.host();
    let client = host.client();
    untag(&host, &client, "a").unwrap();
    model.fail(|_, seen| (seen.method == Method::Delete).then_some(Fault::Denied));
    let error = untag(&host, &client, "b").unwrap_err();
    assert!(error.contains("the tag b points to"), "{error}");
    assert_eq!(model.tag("b"), Some(digest.clone()));
    let again = targets(&host, || assert!(untag(&host, &client, "b").is_err()));
    assert!(again.iter().any(|target| is_deletion_by_name(&target)), "{again:#?}");
    assert!(!again.iter().any(|target| target.starts_with("PUT")), "it is told before anything is written: {again:#?}");
    assert_eq!(model.tag("b"), Some(digest));
}

/// Another repository may be of another kind.
#[test]
fn repositories_are_known_one_by_one() {
    let model = Model::new(Deletes::Digests, false);
    model.put(&["a", "b"], OCI, &image_manifest("image", ""));
    let state = model.0.clone();
    let host = Scripted::new(move |seen| {
        let mut seen = seen.clone();
        seen.target = seen.target.replace("/v2/x/y/", "/v2/a/b/");
        state.handle(&seen)
    });
    let client = host.client();
    untag(&host, &client, "a").unwrap();
    let other = client.repository("x/y", None).unwrap();
    let requests = targets(&host, || host.run(other.untag("b", &Call::default())).unwrap());
    assert!(requests.iter().any(|target| is_deletion_by_name(&target)), "{requests:#?}");
}

fn push_with_subject(host: &Scripted, client: &Client<Scripted>, name: &str, subject: &str) {
    let subject =
        format!(r#","subject":{{"mediaType":"{OCI}","digest":"{}","size":{}}}"#, sha256(subject), subject.len());
    let manifest = image_manifest(name, &subject).into_bytes();
    let repository = client.repository("a/b", None).unwrap();
    host.run(repository.push_manifest(name, manifest, None, None, None, &Call::default())).unwrap();
}

/// A registry without the API is asked once; a registry that says `OCI-Subject` has it after all.
#[test]
fn a_registry_without_the_referrers_api_is_asked_once() {
    let model = Model::new(Deletes::Digests, false);
    let subject = image_manifest("subject", "");
    model.put(&["subject"], OCI, &subject);
    let (state, knows) = (model.0.clone(), Rc::new(Cell::new(false)));
    let told = knows.clone();
    let host = Scripted::new(move |seen| {
        let reply = state.handle(seen);
        let is_put = seen.method == Method::Put && told.get();
        if is_put { reply.header("oci-subject", "sha256:…") } else { reply }
    });
    let client = host.client();
    let asks = |name: &str| {
        let requests = targets(&host, || push_with_subject(&host, &client, name, &subject));
        requests.iter().filter(|target| target.contains("/referrers/")).count()
    };
    assert_eq!((asks("one"), asks("two")), (1, 0));
    knows.set(true);
    assert_eq!(asks("three"), 0, "the registry says that it knows the subject");
    knows.set(false);
    assert_eq!(asks("four"), 1, "it had the API");
    // Each referrer of the first two is on the list all the same.
    let list = model.body_of(&sha256(&subject).replace(':', "-")).unwrap();
    assert!(list.matches("\"digest\"").count() >= 2, "{list}");
}

/// What a deletion rests on is asked for each time.
#[test]
fn what_may_be_deleted_is_asked_for_each_time() {
    let model = Model::new(Deletes::Digests, false);
    let subject = image_manifest("subject", "");
    let digest = model.put(&["subject"], OCI, &subject);
    let host = model.host();
    let client = host.client();
    push_with_subject(&host, &client, "one", &subject);
    for _ in 0..2 {
        let repository = client.repository("a/b", None).unwrap();
        let requests = targets(&host, || {
            host.run(repository.plan_delete(&digest, &Call::default())).unwrap();
        });
        assert!(requests.iter().any(|target| target.contains("/referrers/")), "{requests:#?}");
    }
}

/// Whoever may not read the other repository is refused every blob of it.
#[test]
fn a_refused_mount_is_not_asked_for_again() {
    let host = Scripted::new(|seen: &Seen| match (seen.method, seen.target.as_str()) {
        (Method::Get, "/v2/") => Reply::json("{}"),
        (Method::Post, target) if target.contains("mount=") => {
            Reply::json(r#"{"errors":[{"code":"DENIED"}]}"#).status(403)
        }
        (Method::Post, _) => Reply::new(202).header("location", "/v2/a/b/blobs/uploads/1"),
        (Method::Put, _) => Reply::new(201),
        _ => Reply::new(404),
    });
    let client = host.client();
    let repository = client.repository("a/b", None).unwrap();
    let asks = |text: &str| {
        let mut push = Push::new(Box::new(InMemory::new(Bytes(text.as_bytes().to_vec()))));
        push.digest = Some(docker_registry_client_wasm::protocol::oci::digest::Digest::parse(&sha256(text)).unwrap());
        push.from = vec![docker_registry_client_wasm::protocol::oci::reference::RepositoryName::parse("c/d").unwrap()];
        let requests = targets(&host, || drop(host.run(repository.push_blob(push, &Call::default())).unwrap()));
        requests.iter().filter(|target| target.contains("mount=")).count()
    };
    assert_eq!((asks("one"), asks("two")), (1, 0));
    client.forget_credentials();
    assert_eq!((asks("three"), asks("four")), (1, 0), "somebody else may be let in");
}

/// A blob that this client pushed to another repository is mounted from there: a hint, which costs nothing where the registry
/// begins an upload instead, and is not tried again then.
#[test]
fn blobs_are_mounted_from_where_they_were_pushed() {
    for status in [201, 202, 404, 500] {
        let there: Rc<std::cell::RefCell<Vec<String>>> = Rc::default();
        let known = there.clone();
        let host = Scripted::new(move |seen: &Seen| {
            let (path, query) = seen.target.split_once('?').unwrap_or((&seen.target, ""));
            let repository = path.split("/blobs/").next().unwrap_or_default().to_owned();
            let mounted = query.strip_prefix("mount=").and_then(|rest| rest.split('&').next()).unwrap_or_default();
            let digest = query.strip_prefix("digest=").unwrap_or(mounted).replace("%3A", ":");
            let begun = Reply::new(202).header("location", &format!("{repository}/blobs/uploads/1"));
            match (seen.method, path) {
                (Method::Get, "/v2/") => Reply::json("{}"),
                (Method::Head, path) if known.borrow().iter().any(|one| one == path) => Reply::bytes("blob"),
                (Method::Post, _) if !mounted.is_empty() && status == 201 => {
                    known.borrow_mut().push(format!("{repository}/blobs/{digest}"));
                    Reply::new(201)
                }
                (Method::Post, _) if !mounted.is_empty() && status != 202 => Reply::new(status),
                (Method::Post, _) => begun,
                (Method::Put, _) => {
                    known.borrow_mut().push(format!("{repository}/blobs/{digest}"));
                    Reply::new(201)
                }
                _ => Reply::new(404),
            }
        });
        let client = host.client();
        let push = |name: &str, text: &str| -> Vec<String> {
            let repository = client.repository(name, None).unwrap();
            let push = Push::new(Box::new(InMemory::new(Bytes(text.as_bytes().to_vec()))));
            let requests = targets(&host, || drop(host.run(repository.push_blob(push, &Call::default())).unwrap()));
            let requests = requests.iter().map(|target| target.split("?").collect::<Vec<_>>());
            requests
                .map(|parts| format!("{} {}", &parts[0][..4], parts.get(1).map_or("", |query| &query[..5])))
                .collect()
        };
        for text in ["one.", "two."] {
            push("a/b", text);
        }
        let (first, second) = (push("c/d", "one."), push("c/d", "two."));
        let usual = ["HEAD ", "POST ", "PUT  diges"];
        match status {
            201 => {
                assert_eq!((&first[..], &second), (&["HEAD ", "POST mount", "HEAD "].map(str::to_owned)[..], &first))
            }
            202 => assert_eq!(first, ["HEAD ", "POST mount", "PUT  diges"]),
            _ => assert_eq!(first, ["HEAD ", "POST mount", "POST ", "PUT  diges"]),
        }
        if status != 201 {
            assert_eq!(second, usual, "{status}");
        }
        assert_eq!(push("c/d", "new."), usual);
        assert_eq!(there.borrow().len(), 5, "{status}");
    }
}

/// After its own PUT the client need not be told by HEAD that a tag has moved.
#[test]
fn a_tag_that_was_put_is_read_at_once() {
    let model = Model::new(Deletes::Both, false);
    model.put(&["a"], OCI, &image_manifest("one", ""));
    model.put(&["b"], OCI, &image_manifest("two", ""));
    let host = model.host();
    let repository = host.client().repository("a/b", None).unwrap();
    let read = || host.run(repository.manifest("a", None, &Call::default())).unwrap().digest.to_string();
    assert_eq!(Some(read()), model.tag("a"));
    assert!(targets(&host, || drop(read())).iter().all(|target| target.starts_with("HEAD")), "it is known");
    let source = docker_registry_client_wasm::registry::ImageReference::Reference("b".to_owned());
    host.run(repository.tag("a", &source, None, &Call::default())).unwrap();
    let requests = targets(&host, || assert_eq!(Some(read()), model.tag("b")));
    assert_eq!(requests, ["GET /v2/a/b/manifests/a"]);
}
