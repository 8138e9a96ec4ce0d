//! Small blobs in one request: where a registry supports it, where it does not, and where it says something other than it does.

use std::cell::Cell;

use crate::support::uploads::{Fault, Model, Post, Stream, UPLOADS, Ways, methods, text};
use crate::support::{Bytes, Reply, Scripted, sha256};
use docker_registry_client_wasm::protocol::code;
use docker_registry_client_wasm::protocol::http::Method;
use docker_registry_client_wasm::protocol::oci::descriptor::Descriptor;
use docker_registry_client_wasm::protocol::oci::digest::{Algorithm, Digest};
use docker_registry_client_wasm::protocol::oci::reference::RepositoryName;
use docker_registry_client_wasm::registry::{Call, InMemory, Push, Repository};
use docker_registry_client_wasm::transport::Result;

const SMALL: [&str; 3] = ["0123456789abcdefghij", "the second", "the third"];
const KIB: usize = 1024;

fn in_memory(content: &str) -> Push<Bytes> {
    Push::new(Box::new(InMemory::new(Bytes(content.into()))))
}

fn with(post: Post) -> (Model, Scripted) {
    let (model, host) = Model::new();
    model.0.borrow_mut().ways = Ways { post, ..Ways::default() };
    (model, host)
}

fn push(host: &Scripted, repository: &Repository<Scripted>, push: Push<Bytes>) -> Result<Descriptor> {
    let result = host.run(repository.push_blob(push, &Call::default()));
    host.settle();
    assert_eq!((host.open(), host.timers()), (0, 0), "nothing stays open");
    result
}

/// Pushes the small blobs one after the other with one client; the methods.
fn push_all(model: &Model, host: &Scripted) -> String {
    let repository = host.repository();
    for content in SMALL {
        push(host, &repository, in_memory(content)).unwrap();
        assert!(model.has(content) && model.is_clean(), "{}", methods(host));
    }
    methods(host)
}

#[test]
fn one_request_where_the_registry_supports_it() {
    let (model, host) = with(Post::Creates);
    assert_eq!(push_all(&model, &host), "HOHOHO");
    assert_eq!(host.seen()[1].target, format!("{UPLOADS}?digest={}", sha256(SMALL[0]).replace(':', "%3A")));
    assert_eq!(host.seen()[1].headers.get("content-type"), Some("application/octet-stream"));
    assert_eq!(model.0.borrow().received, SMALL.concat().len());
    // A source of unknown length that ends soon is small as well.
    let (model, host) = with(Post::Creates);
    push(&host.clone().streaming(), &host.repository(), Push::new(Box::new(Stream::of(SMALL[0], 3)))).unwrap();
    assert!(model.has(SMALL[0]) && model.is_clean());
    assert_eq!(methods(&host), "HO");
}

/// distribution: the first blob costs its bytes, but no request, and the others cost nothing.
#[test]
fn no_request_more_where_it_does_not() {
    for post in [Post::Begins, Post::BeginsAsCreated] {
        let (model, host) = with(post);
        assert_eq!(push_all(&model, &host), "HOPHOPHOP", "{post:?}");
        let posts: Vec<_> = host.seen().into_iter().filter(|seen| seen.method == Method::Post).collect();
        assert!(posts[0].target.contains("?digest="));
        assert!(posts[1..].iter().all(|seen| seen.target == UPLOADS && seen.body.is_empty()), "{post:?}");
        assert_eq!(model.0.borrow().received, SMALL[0].len() + SMALL.concat().len());
    }
    // A session in which bytes are already is cancelled.
    let (model, host) = with(Post::Keeps);
    let requests = push_all(&model, &host);
    assert!(["HODOPHOPHOP", "HOODPHOPHOP", "HOOPDHOPHOP"].contains(&requests.as_str()), "{requests}");
    assert_eq!(model.0.borrow().cancelled, 1);
}

#[test]
fn refusals_lead_to_an_upload_session() {
    for (post, expected) in [
        (Post::Refuses(400), "HOOPHOPHOP"),
        (Post::Refuses(404), "HOOPHOPHOP"),
        (Post::Refuses(405), "HOOPHOPHOP"),
        (Post::Refuses(411), "HOOPHOPHOP"),
        (Post::Refuses(413), "HOOPHOPHOP"),
        (Post::Refuses(415), "HOOPHOPHOP"),
        (Post::Refuses(501), "HOOPHOPHOP"),
        (Post::Refuses(200), "HOOPHOPHOP"),
        (Post::Refuses(204), "HOOPHOPHOP"),
        // The blob may have arrived.
        (Post::Refuses(500), "HOHOPHOPHOP"),
        (Post::Refuses(503), "HOHOPHOPHOP"),
        (Post::Closes, "HOHOPHOPHOP"),
    ] {
        let (model, host) = with(post);
        assert_eq!(push_all(&model, &host), expected, "{post:?}");
    }
    for status in [401, 403] {
        let (_, host) = with(Post::Refuses(status));
        let error = push(&host, &host.repository(), in_memory(SMALL[0])).unwrap_err();
        assert_eq!((error.status, methods(&host).as_str()), (Some(status), "HO"));
    }
    // Without retries it is not tried.
    let (model, host) = with(Post::Closes);
    push(&host, &host.once().repository("a/b", None).unwrap(), in_memory(SMALL[0])).unwrap();
    assert!(model.has(SMALL[0]));
    assert_eq!(methods(&host), "HOP");
}

/// One failure proves nothing about a registry that is known to support it; the registry's own word does.
#[test]
fn what_is_known_is_corrected_by_answers_alone() {
    for (reply, expected) in [
        (Reply::reset(), "HOHOHOPHO"),
        (Reply::new(503), "HOHOHOPHO"),
        (Reply::new(429), "HOHOOHO"),
        (Reply::new(404), "HOHOOPHOP"),
    ] {
        let posts = Cell::new(0);
        let told = reply.clone();
        let (model, host) = Model::with(move |seen, _| {
            posts.set(posts.get() + usize::from(seen.method == Method::Post));
            (seen.method == Method::Post && posts.get() == 2).then(|| Fault::Instead(told.clone()))
        });
        model.0.borrow_mut().ways.post = Post::Creates;
        assert_eq!(push_all(&model, &host), expected, "{reply:?}");
    }
}

#[test]
fn blobs_that_are_not_sent_in_this_way() {
    let (model, host) = with(Post::Creates);
    let repository = host.repository();
    let mut expected = String::new();
    for (length, requests) in [
        (64 * KIB + 1, "HOP"),
        // It is known from here on.
        (64 * KIB, "HO"),
        (64 * KIB + 2, "HO"),
        (1024 * KIB, "HO"),
        (1024 * KIB + 1, "HOP"),
        (0, "HOP"),
    ] {
        push(&host, &repository, in_memory(&text(length))).unwrap();
        expected.push_str(requests);
        assert_eq!(methods(&host), expected, "{length}");
    }
    assert!(model.is_clean());
    // Chunks of a size that the caller set, another algorithm, and bodies that were too large.
    let in_chunks = Push { chunk_size: Some(7), ..in_memory(SMALL[0]) };
    let digest = Digest::of(Algorithm::Sha512, SMALL[1].as_bytes());
    for (source, requests) in [(in_chunks, "HOAAAP"), (Push { digest: Some(digest), ..in_memory(SMALL[1]) }, "HOP")] {
        push(&host, &repository, source).unwrap();
        expected.push_str(requests);
        assert_eq!(methods(&host), expected);
    }
    let (model, host) = with(Post::Creates);
    model.0.borrow_mut().ways.limit = Some((10 * KIB, 413));
    let repository = host.repository();
    push(&host, &repository, in_memory(&text(100 * KIB))).unwrap();
    let before = methods(&host).len();
    push(&host, &repository, in_memory(&text(20 * KIB))).unwrap();
    assert!(
        !methods(&host)[before..].contains("OP") && methods(&host)[before..].starts_with("HOA"),
        "{}",
        methods(&host)
    );
}

/// 201 alone creates nothing: the registry has to name the blob, or to have it.
#[test]
fn created_has_to_be_true() {
    let (model, host) = with(Post::CreatesSilently);
    assert_eq!(push_all(&model, &host), "HOHHOHHOH");
    let (model, host) = with(Post::Claims);
    assert_eq!(push_all(&model, &host), "HOHGOPHOPHOP");
    // What is sent although the registry has it, by its own word, is not looked for.
    for (post, expected) in [(Post::Creates, "O"), (Post::CreatesSilently, "OOP"), (Post::Claims, "OOP")] {
        let (model, host) = with(post);
        push(&host, &host.repository(), Push { is_sent_anyway: true, ..in_memory(SMALL[0]) }).unwrap();
        assert!(model.has(SMALL[0]) && model.is_clean());
        assert_eq!(methods(&host), expected, "{post:?}");
    }
    for (location, expected) in [
        (format!("/v2/a/b/blobs/{}", sha256(SMALL[0])), "HO"),
        (format!("https://cdn.test/{}?x=y", sha256(SMALL[0]).replace(':', "%3A")), "HO"),
        (format!("/v2/a/b/blobs/{}", sha256(SMALL[1])), "HOHGOP"),
        ("/elsewhere".to_owned(), "HOHGOP"),
    ] {
        let told = location.clone();
        let (_, host) = Model::with(move |seen, _| {
            let created = Reply::new(201).header("location", &told);
            seen.target.contains("/?digest=").then(|| Fault::Instead(created))
        });
        push(&host, &host.repository(), in_memory(SMALL[0])).unwrap();
        assert_eq!(methods(&host), expected, "{location}");
    }
    // The digest of something else, as at the end of an upload.
    let (_, host) = Model::with(|seen, _| {
        let other = Reply::new(201).header("docker-content-digest", &sha256("other"));
        (seen.method == Method::Post).then(|| Fault::Instead(other))
    });
    let error = push(&host, &host.repository(), in_memory(SMALL[0])).unwrap_err();
    assert_eq!((error.code.as_ref(), methods(&host).as_str()), (code::DIGEST_MISMATCH, "HO"));
    // A page that cannot read what the registry says, and may not look either.
    let (_, host) = Model::with(|seen, _| match seen.method {
        Method::Post => Some(Fault::Instead(Reply::new(201).filtered())),
        _ => Some(Fault::Instead(Reply::new(403))),
    });
    push(&host, &host.repository(), in_memory(SMALL[0])).unwrap();
    assert_eq!(methods(&host), "HOHG");
}

/// The session that a registry began in place of a mount is used.
#[test]
fn mounts_come_first() {
    let (model, host) = with(Post::Creates);
    let known = Push {
        digest: Some(Digest::parse(&sha256(SMALL[0])).unwrap()),
        from: vec![RepositoryName::parse("c/d").unwrap()],
        ..in_memory(SMALL[0])
    };
    push(&host, &host.repository(), known).unwrap();
    assert!(model.has(SMALL[0]) && model.is_clean());
    assert_eq!(methods(&host), "HOP");
}

/// Given up while the bytes are under way: a session that the registry begins instead is cancelled.
#[test]
fn posts_that_nobody_waits_for() {
    for (post, expected) in [(Post::Begins, "HOD"), (Post::Creates, "HO")] {
        let (model, host) = Model::with(|_, _| Some(Fault::Told(Box::new(|reply: Reply| reply.after(100)))));
        model.0.borrow_mut().ways.post = post;
        let (repository, call) = (host.repository(), Call::default());
        assert!(host.run_for(150, repository.push_blob(in_memory(SMALL[0]), &call)).is_none());
        host.settle();
        assert_eq!((model.is_clean(), methods(&host).as_str()), (true, expected), "{post:?}");
        assert_eq!((host.open(), host.timers()), (0, 0));
    }
}

/// Blobs that begin together all try it: those that are tried are small.
#[test]
fn blobs_at_the_same_time() {
    for (post, requests) in [(Post::Creates, 2), (Post::Begins, 3)] {
        let (model, host) = Model::with(|_, _| Some(Fault::Told(Box::new(|reply: Reply| reply.after(100)))));
        model.0.borrow_mut().ways.post = post;
        let (repository, call) = (host.repository(), Call::default());
        let all = SMALL.map(|content| repository.push_blob(in_memory(content), &call));
        for pushed in host.run(futures_util::future::join_all(all)) {
            pushed.unwrap();
        }
        assert!(SMALL.iter().all(|content| model.has(content)) && model.is_clean());
        assert_eq!(methods(&host).len(), requests * SMALL.len(), "{post:?}: {}", methods(&host));
    }
}
