//! Blobs on their way to registries that do not do as the specification says.

use std::cell::Cell;
use std::rc::Rc;

use crate::support::uploads::{Fault, Model, Rewinding, Stream, Tells, Ways, methods, text};
use crate::support::{Bytes, Reply, Scripted, Seen, artifact, sha256};
use docker_registry_client_wasm::protocol::code;
use docker_registry_client_wasm::protocol::http::Method;
use docker_registry_client_wasm::protocol::oci::descriptor::{Annotations, Descriptor};
use docker_registry_client_wasm::protocol::oci::digest::Digest;
use docker_registry_client_wasm::protocol::url::Url;
use docker_registry_client_wasm::registry::{
    Artifact, ArtifactFile, Call, Client, ImageReference, InMemory, Push, Settings, Version,
};
use docker_registry_client_wasm::transport::{Error, Result};

const CONTENT: &str = "0123456789abcdefghij";
const MIB: usize = 1 << 20;

fn in_memory(content: &str) -> Push<Bytes> {
    Push::new(Box::new(InMemory::new(Bytes(content.into()))))
}

fn stream(content: &str, piece: usize) -> Push<Bytes> {
    Push::new(Box::new(Stream::of(content, piece)))
}

fn in_chunks(push: Push<Bytes>, size: u64) -> Push<Bytes> {
    Push { chunk_size: Some(size), ..push }
}

/// A source that can be read again.
fn again(content: &str) -> Push<Bytes> {
    Push::new(Box::new(Rewinding::of(content, 3, usize::MAX)))
}

fn with_ways(ways: Ways) -> (Model, Scripted) {
    let (model, host) = Model::new();
    model.0.borrow_mut().ways = ways;
    (model, host)
}

fn push(host: &Scripted, push: Push<Bytes>) -> Result<Descriptor> {
    let repository = host.repository();
    let result = host.run(repository.push_blob(push, &Call::default()));
    host.settle();
    assert_eq!((host.open(), host.timers()), (0, 0), "nothing stays open");
    result
}

/// GHCR, ECR, zot and whoever counts otherwise: whatever is told, the blob arrives whole, by as many bytes as it has.
#[test]
fn whatever_is_told_of_progress() {
    let all = [
        Tells::Rightly,
        Tells::Nothing,
        Tells::Zero,
        Tells::Stale,
        Tells::LastChunk,
        Tells::LastChunkAt,
        Tells::OneTooMany,
        Tells::Nonsense,
        Tells::Refused,
    ];
    for chunk in all.into_iter().filter(|tells| *tells != Tells::Refused) {
        for status in all {
            for source in [in_chunks(in_memory(CONTENT), 7), in_chunks(stream(CONTENT, 3), 7)] {
                let (model, host) = with_ways(Ways { chunk, status, ..Ways::default() });
                push(&host, source).unwrap_or_else(|error| panic!("{chunk:?} {status:?}: {}", error.message));
                assert!(model.has(CONTENT) && model.is_clean(), "{chunk:?} {status:?}");
                assert_eq!(model.0.borrow().received, CONTENT.len(), "{chunk:?} {status:?}");
            }
            if !matches!(status, Tells::Rightly | Tells::Zero | Tells::LastChunk) {
                continue;
            }
            let content = text(4 * MIB + 300_000);
            let (model, host) = with_ways(Ways { chunk, status, ..Ways::default() });
            push(&host.streaming(), stream(&content, 100_000)).unwrap();
            assert!(model.has(&content) && model.is_clean(), "{chunk:?} {status:?}");
            assert_eq!(model.0.borrow().received, content.len(), "{chunk:?} {status:?}");
        }
    }
}

/// A connection that breaks on top of that: the blob arrives, or there is an error, and never something else in its place.
#[test]
fn whatever_is_told_after_a_break() {
    for chunk in [Tells::Rightly, Tells::OneTooMany, Tells::Zero, Tells::LastChunk] {
        for status in [Tells::Rightly, Tells::OneTooMany, Tells::Zero, Tells::Stale, Tells::LastChunk, Tells::Refused] {
            for number in 1..=3 {
                for taken in 0..=6 {
                    let patches = Cell::new(0);
                    let (model, host) = Model::with(move |seen, _| {
                        patches.set(patches.get() + usize::from(seen.method == Method::Patch));
                        (seen.method == Method::Patch && patches.get() == number).then_some(Fault::Cut(taken))
                    });
                    model.0.borrow_mut().ways = Ways { chunk, status, ..Ways::default() };
                    let result = push(&host, in_chunks(again(CONTENT), 7));
                    let what = format!("{chunk:?} {status:?} {number} {taken}: {result:?} {}", methods(&host));
                    assert_eq!(result.is_ok(), model.has(CONTENT), "{what}");
                    assert!(model.0.borrow().received < 12 * CONTENT.len(), "{what}");
                    let is_honest = (chunk, status) == (Tells::Rightly, Tells::Rightly);
                    assert!(result.is_ok() || !is_honest, "{what}");
                }
            }
        }
    }
}

/// GHCR: 416 to more than 4 MiB, and a status that says nothing.
#[test]
fn chunks_that_are_too_large() {
    let content = text(20 * MIB);
    let ways = Ways { status: Tells::Zero, limit: Some((4 * MIB, 416)), ..Ways::default() };
    for (source, streams, expected) in [
        (in_chunks(in_memory(&content), 16 << 20), false, "HOAGAAAAAP"),
        (in_chunks(stream(&content, 100_000), 16 << 20), false, "OAGAAAAAP"),
        (in_memory(&content), false, "HOP"),
        (stream(&content, 100_000), true, "OSGAAAAAP"),
    ] {
        let (model, mut host) = with_ways(ways);
        if streams {
            host = host.streaming_until(0, |seen| if seen.streamed { 5 * MIB } else { usize::MAX });
        }
        let result = push(&host, source);
        if expected == "HOP" {
            // 416 to a blob that came in one request is an answer like any other.
            assert_eq!(result.unwrap_err().status, Some(416));
            continue;
        }
        result.unwrap();
        assert!(model.has(&content) && model.is_clean());
        assert_eq!(methods(&host), expected);
        assert!(model.0.borrow().received <= content.len() + 16 * MIB);
    }
    // What was learnt holds for the next blob.
    let (model, host) = with_ways(ways);
    let client = host.client();
    let repository = client.repository("a/b", None).unwrap();
    let other = text(20 * MIB + 1);
    for content in [&content, &other] {
        let push = in_chunks(in_memory(content), 16 << 20);
        host.run(repository.push_blob(push, &Call::default())).unwrap();
    }
    assert!(model.has(&other) && model.is_clean());
    assert_eq!(methods(&host), "HOAGAAAAAPHOAAAAAAP");
}

/// Refused for good: the registry's own words, after a second look, and few bytes.
#[test]
fn offsets_that_are_always_refused() {
    let content = text(9 * MIB);
    for status in [Tells::Rightly, Tells::Zero, Tells::Nothing, Tells::Nonsense, Tells::Refused, Tells::OneTooMany] {
        for (source, streams) in [
            (in_chunks(in_memory(&content), 8 << 20), false),
            (stream(&content, 100_000), false),
            (stream(&content, 100_000), true),
        ] {
            let (model, mut host) = with_ways(Ways { status, limit: Some((0, 416)), ..Ways::default() });
            if streams {
                host = host.streaming_until(0, |seen| if seen.streamed { MIB } else { usize::MAX });
            }
            let error = push(&host, source).unwrap_err();
            assert_eq!(error.status, Some(416), "{}", error.message);
            assert!(error.message.contains("chunks have 4 MiB at most"), "{}", error.message);
            assert_eq!(methods(&host).matches(['A', 'S']).count(), 2, "{status:?}: {}", methods(&host));
            assert!(model.0.borrow().received <= 20 * MIB && model.is_clean());
        }
    }
    // Sent from one place to the other and back.
    let at = Rc::new(Cell::new(0));
    let host = Scripted::new(move |seen| match seen.method {
        Method::Post => Reply::new(202).header("location", "/u"),
        Method::Patch => Reply::json(r#"{"errors":[{"code":"RANGE_INVALID","message":"no"}]}"#).status(416),
        Method::Get => {
            at.set(at.get() + 1);
            Reply::new(204).header("range", &format!("0-{}", 5 - at.get() % 4))
        }
        _ => Reply::new(404),
    });
    let error = push(&host, in_chunks(stream(CONTENT, 3), 7)).unwrap_err();
    assert_eq!((error.status, error.code.as_ref()), (Some(416), "RANGE_INVALID"));
    assert!(methods(&host).matches('A').count() <= 6, "{}", methods(&host));
}

/// nginx and its client_max_body_size: in memory as in a stream, the blob goes up in chunks that pass.
#[test]
fn bodies_that_are_too_large() {
    let content = text(9 * MIB);
    let ways = Ways { limit: Some((MIB, 413)), ..Ways::default() };
    for (source, streams, expected) in [
        (in_memory(&content), false, "HOPDOHAGAGAAAAAAAAAP"),
        (in_chunks(in_memory(&content), 4 << 20), false, "HOAGAGAAAAAAAAAP"),
        (stream(&content, 100_000), false, "OAGAGAAAAAAAAAP"),
        (stream(&content, 100_000), true, "OSGAGAGAAAAAAAAAP"),
    ] {
        let (model, mut host) = with_ways(ways);
        if streams {
            host = host.streaming_until(0, |seen| if seen.streamed { 2 * MIB } else { usize::MAX });
        }
        let client = host.client();
        let repository = client.repository("a/b", None).unwrap();
        host.run(repository.push_blob(source, &Call::default())).unwrap();
        host.settle();
        assert!(model.has(&content) && model.is_clean());
        assert_eq!(sorted(&methods(&host)), sorted(expected), "{}", methods(&host));
        // The next one goes there at once.
        let (before, other) = (methods(&host).len(), text(3 * MIB));
        host.run(repository.push_blob(in_memory(&other), &Call::default())).unwrap();
        assert!(model.has(&other) && model.is_clean());
        assert_eq!(&methods(&host)[before..], "HOAAAP");
    }
    let (model, host) = with_ways(Ways { limit: Some((1000, 413)), ..Ways::default() });
    let error = push(&host, in_memory(&content)).unwrap_err();
    assert_eq!((error.status, error.code.as_ref()), (Some(413), code::TOO_LARGE));
    assert!(error.message.contains("chunkSize") && error.message.contains("client_max_body_size"), "{error}");
    assert!(model.0.borrow().received <= 2 * content.len() && model.is_clean());
    // A registry that wants chunks of a size that a proxy does not let through.
    let (model, host) = Model::with(|seen, _| {
        let change = |reply: Reply| reply.header("oci-chunk-min-length", "4194304");
        (seen.method == Method::Post).then(|| Fault::Told(Box::new(change)))
    });
    model.0.borrow_mut().ways = ways;
    assert_eq!(push(&host, stream(&content, 100_000)).unwrap_err().status, Some(413));
    assert!(model.is_clean());
}

fn sorted(methods: &str) -> Vec<char> {
    let mut methods: Vec<char> = methods.chars().collect();
    methods.sort_unstable();
    methods
}

/// Registries that take a blob's bytes before the end alone.
#[test]
fn ends_that_bring_no_bytes() {
    for small in [CONTENT, "x"] {
        let (model, host) = with_ways(Ways { refuses_whole: true, ..Ways::default() });
        // It is no second try of the same.
        let client = host.once();
        let repository = client.repository("a/b", None).unwrap();
        host.run(repository.push_blob(in_memory(small), &Call::default())).unwrap();
        host.settle();
        assert!(model.has(small) && model.is_clean());
        assert_eq!(sorted(&methods(&host)), sorted("HOPDHOAP"), "{}", methods(&host));
        host.run(repository.push_blob(in_memory(&format!("{small}.")), &Call::default())).unwrap();
        assert_eq!(&methods(&host)[8..], "HOAP", "it is remembered");
    }
    // What fails in either way fails.
    let (model, host) = Model::with(|seen, _| (seen.method == Method::Put).then(|| Fault::Instead(Reply::new(500))));
    let client = host.once();
    let repository = client.repository("a/b", None).unwrap();
    let error = host.run(repository.push_blob(in_memory(CONTENT), &Call::default())).unwrap_err();
    host.settle();
    assert_eq!((error.status, methods(&host).matches('P').count()), (Some(500), 2));
    assert!(model.is_clean());
    // A registry that takes bytes with the end alone, and failed for once.
    let is_first = Cell::new(true);
    let (model, host) = Model::with(move |seen, _| match seen.method {
        Method::Put if is_first.replace(false) => Some(Fault::Instead(Reply::new(500))),
        Method::Patch => Some(Fault::Instead(Reply::new(405))),
        _ => None,
    });
    push(&host, in_memory(CONTENT)).unwrap();
    assert!(model.has(CONTENT) && model.is_clean());
    assert_eq!(sorted(&methods(&host)), sorted("HOPDHOADHOP"), "{}", methods(&host));
    // One that closes the connection before it has read all: its answer is lost each time.
    let (model, host) = Model::with(|seen, _| match seen.method {
        Method::Put if !seen.body.is_empty() => Some(Fault::Cut(3)),
        _ => None,
    });
    push(&host, in_memory(CONTENT)).unwrap();
    assert!(model.has(CONTENT) && methods(&host).ends_with("OAP"), "{}", methods(&host));
    // A digest that is refused is no such matter.
    let (_, host) = Model::with(|seen, _| {
        let invalid = r#"{"errors":[{"code":"DIGEST_INVALID"}]}"#;
        (seen.method == Method::Put).then(|| Fault::Instead(Reply::json(invalid).status(400)))
    });
    assert_eq!(push(&host, in_memory(CONTENT)).unwrap_err().code, "DIGEST_INVALID");
    assert_eq!(methods(&host), "HOPD");
}

/// A session that the registry forgets, at any chunk, and at the end.
#[test]
fn sessions_that_are_lost() {
    for (status, code) in [(404, "BLOB_UPLOAD_UNKNOWN"), (400, "BLOB_UPLOAD_INVALID"), (404, "")] {
        for number in 1..=4 {
            for (source, can) in [
                (in_chunks(in_memory(CONTENT), 7), true),
                (in_chunks(again(CONTENT), 7), true),
                // What is still in hand can be sent again.
                (in_chunks(stream(CONTENT, 3), 7), number == 1),
            ] {
                let at = Cell::new(0);
                let (model, host) = Model::with(move |seen, _| {
                    let is_part = matches!(seen.method, Method::Patch | Method::Put);
                    at.set(at.get() + usize::from(is_part));
                    let errors = if code.is_empty() { "".to_owned() } else { format!(r#"{{"code":"{code}"}}"#) };
                    let reply = Reply::json(&format!(r#"{{"errors":[{errors}]}}"#)).status(status);
                    (is_part && at.get() == number).then_some(Fault::Instead(reply))
                });
                let result = push(&host, source);
                assert_eq!((result.is_ok(), model.has(CONTENT)), (can, can), "{number} {code}: {}", methods(&host));
                assert!(model.is_clean());
                if let Err(error) = result {
                    assert_eq!(error.status, Some(status));
                    assert!(error.message.contains("no longer knows of it"), "{}", error.message);
                }
            }
        }
    }
    // For ever: as many beginnings as tries.
    let (model, host) = Model::with(|seen, _| (seen.method == Method::Patch).then(|| Fault::Instead(Reply::new(404))));
    assert_eq!(push(&host, in_chunks(again(CONTENT), 7)).unwrap_err().status, Some(404));
    assert_eq!(methods(&host).matches('O').count(), 5);
    assert!(model.is_clean());
}

/// A source that failed once is not asked again: it may pass off what it gave for everything.
#[test]
fn a_source_that_fails_for_the_moment() {
    for at in 0..7 {
        let mut pieces: Vec<Result<Bytes>> =
            CONTENT.as_bytes().chunks(3).map(|piece| Ok(Bytes(piece.to_vec()))).collect();
        pieces.truncate(at);
        pieces.push(Err(Error::new(code::NETWORK, "gone").transient()));
        let (model, host) = Model::new();
        let push_one = in_chunks(Push::new(Box::new(Stream::pieces(pieces))), 100);
        assert_eq!(push(&host, push_one).unwrap_err().code, code::NETWORK);
        assert!(model.is_clean() && model.0.borrow().blobs.is_empty());
    }
}

/// The end was lost, its repetition finds no session: only what is observed counts, and HEAD is a hint.
#[test]
fn ends_whose_answer_is_lost() {
    let page = || Reply::new(404).header("content-type", "text/html");
    for (head, is_stored, expected) in [
        (Some(Reply::new(404)), true, true),
        (Some(page()), true, true),
        (Some(Reply::new(403)), true, true),
        (Some(Reply::new(200)), true, true),
        (Some(Reply::new(404)), false, false),
        (Some(Reply::bytes("<html>").header("content-type", "text/html")), false, false),
        (Some(Reply::new(200).header("docker-content-digest", &sha256("other"))), false, false),
        (None, true, true),
        (None, false, false),
    ] {
        let puts = Cell::new(0);
        let (model, host) = Model::with(move |seen, _| match seen.method {
            Method::Put => {
                puts.set(puts.get() + 1);
                match (puts.get(), is_stored) {
                    (1, true) => Some(Fault::Lost),
                    (1, false) => Some(Fault::Instead(Reply::reset())),
                    _ => Some(Fault::Instead(Reply::new(404))),
                }
            }
            Method::Head => head.clone().map(Fault::Instead),
            _ => None,
        });
        let result = push(&host, in_chunks(stream(CONTENT, 3), 7));
        assert_eq!((result.is_ok(), model.has(CONTENT)), (expected, is_stored), "{result:?} {}", methods(&host));
    }
}

#[test]
fn what_head_says_of_a_blob() {
    let digest = sha256(CONTENT);
    let right = |reply: Reply| reply.header("docker-content-digest", &digest);
    for (head, is_sent) in [
        (Reply::bytes(CONTENT), false),
        (right(Reply::bytes(CONTENT)), false),
        // Compressed on the way, or without a length.
        (right(Reply::bytes("123").header("content-encoding", "gzip")), false),
        (right(Reply::new(200)), false),
        (right(Reply::bytes("")), false),
        (Reply::new(200), true),
        (Reply::bytes(""), true),
        (Reply::bytes("other"), true),
        (right(Reply::bytes("other")), true),
        (Reply::bytes(CONTENT).header("docker-content-digest", &sha256("other")), true),
        (Reply::bytes(CONTENT).header("content-type", "text/html; charset=utf-8"), true),
        (right(Reply::bytes(CONTENT).header("content-type", "text/html; charset=utf-8")), false),
        (Reply::new(401), true),
        (Reply::new(403), true),
        (Reply::new(405), true),
        (Reply::new(507), true),
    ] {
        let told = head.clone();
        let (model, host) =
            Model::with(move |seen, _| (seen.method == Method::Head).then(|| Fault::Instead(told.clone())));
        let pushed = push(&host, in_memory(CONTENT)).unwrap();
        assert_eq!((pushed.size, model.has(CONTENT)), (20, is_sent), "{head:?}");
    }
}

/// An artifact goes up where HEAD is refused, tells no length, or is answered by a page; its subject is what GET finds.
#[test]
fn artifacts_where_head_tells_nothing() {
    const SUBJECT: &str = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[]}"#;
    let page = || Reply::bytes("<html>").header("content-type", "text/html");
    for head in
        [Reply::new(403), Reply::new(405), Reply::new(200), page(), page().status(404), Reply::json("").status(200)]
    {
        let told = head.clone();
        let (model, host) = Model::with(move |seen, _| {
            let is_manifest = seen.target.contains("/manifests/") || seen.target.contains("/referrers/");
            match seen.method {
                Method::Head => Some(Fault::Instead(told.clone())),
                Method::Get if seen.target.ends_with("/manifests/subject") => {
                    Some(Fault::Instead(Reply::manifest("application/vnd.oci.image.manifest.v1+json", SUBJECT)))
                }
                Method::Put if is_manifest => Some(Fault::Instead(Reply::new(201).header("oci-subject", "x"))),
                _ => is_manifest.then(|| Fault::Instead(Reply::new(404))),
            }
        });
        let repository = host.repository();
        let artifact = Artifact {
            files: vec![ArtifactFile { push: in_memory(CONTENT), title: None, annotations: Annotations::default() }],
            subject: Some(ImageReference::Reference("subject".into())),
            tag: Some("new".into()),
            ..artifact()
        };
        host.run(repository.push_artifact(artifact, &Call::default()))
            .unwrap_or_else(|error| panic!("{head:?}: {}", error.message));
        host.settle();
        assert!(model.has(CONTENT) && model.has("{}") && model.is_clean(), "{head:?}");
        let put = host.seen().into_iter().find(|seen| seen.target.ends_with("/manifests/new")).unwrap();
        let subject = format!(r#""digest":"{}","size":{}"#, sha256(SUBJECT), SUBJECT.len());
        assert!(put.body.contains(&subject), "{}", put.body);
    }
}

/// S23: whatever comes of asking for a mount, the blob goes up.
#[test]
fn mounts_that_are_none() {
    let known = |from: &str| Push {
        digest: Some(Digest::parse(&sha256(CONTENT)).unwrap()),
        from: vec![docker_registry_client_wasm::protocol::oci::reference::RepositoryName::parse(from).unwrap()],
        ..in_memory(CONTENT)
    };
    let other = sha256("other");
    for reply in [
        Reply::new(400),
        Reply::new(401),
        Reply::new(403),
        Reply::new(404),
        Reply::new(405),
        Reply::new(429),
        Reply::new(500),
        Reply::new(503),
        Reply::reset(),
        // It says so, and it is not there.
        Reply::new(201).header("location", "/v2/a/b/blobs/x"),
        Reply::new(201).header("docker-content-digest", &other),
        Reply::new(202),
        Reply::new(202).header("location", "http://169.254.169.254/u"),
    ] {
        let told = reply.clone();
        let (model, host) =
            Model::with(move |seen, _| seen.target.contains("mount=").then(|| Fault::Instead(told.clone())));
        push(&host, known("c/d")).unwrap();
        assert!(model.has(CONTENT) && model.is_clean(), "{reply:?}");
        let asked = host.targets().iter().filter(|target| target.contains("mount=")).count();
        assert_eq!(asked, 1, "{reply:?}");
        let there = sha256(CONTENT);
        if reply.status == 201 && reply.headers.iter().all(|(_, value)| *value != other) {
            let mounted = host_of(reply.clone(), |_| Reply::new(404));
            assert!(!mounted.run(mounted.repository().mount_blob(&there, "c/d", &Call::default())).unwrap());
            let hidden = host_of(reply.clone(), |_| Reply::new(403));
            assert!(hidden.run(hidden.repository().mount_blob(&there, "c/d", &Call::default())).unwrap());
        }
    }
    // The token service knows of no such thing.
    let (model, host) = Model::with(|seen, _| {
        if seen.target.starts_with("/token") {
            let is_mount = seen.target.contains("c%2Fd") || seen.target.contains("c/d");
            let token = Reply::json(r#"{"token":"t","expires_in":300}"#);
            let denied = Reply::json(r#"{"errors":[{"code":"DENIED"}]}"#).status(403);
            return Some(Fault::Instead(if is_mount { denied } else { token }));
        }
        let challenge = r#"Bearer realm="https://registry.test/token",service="test""#;
        let is_let_in = seen.headers.get("authorization").is_some();
        (!is_let_in).then(|| Fault::Instead(Reply::new(401).header("www-authenticate", challenge)))
    });
    push(&host, known("c/d")).unwrap();
    assert!(model.has(CONTENT) && model.is_clean());
    assert!(host.targets().iter().any(|target| target.contains("/token") && target.contains("c%2Fd")));
}

fn host_of(post: Reply, rest: impl Fn(&Seen) -> Reply + 'static) -> Scripted {
    Scripted::new(move |seen| if seen.method == Method::Post { post.clone() } else { rest(seen) })
}

/// A registry below a path, or behind a development server's: the locations it names know nothing of that.
#[test]
fn locations_without_the_prefix() {
    for (prefix, location, expected) in [
        ("/registry", "/v2/a/b/blobs/uploads/1?x=y", "/registry/v2/a/b/blobs/uploads/1?x=y&"),
        ("/registry", "https://registry.test/v2/a/b/blobs/uploads/1", "/registry/v2/a/b/blobs/uploads/1?"),
        ("/registry", "/registry/v2/a/b/blobs/uploads/1", "/registry/v2/a/b/blobs/uploads/1?"),
        ("/registry", "1?x=y", "/registry/v2/a/b/blobs/uploads/1?x=y&"),
        // By the name that the proxy knows it by.
        ("/registry", "http://registry:5000/v2/a/b/blobs/uploads/1", "/registry/v2/a/b/blobs/uploads/1?"),
        ("/some/where", "/v2/mirror/a/b/blobs/uploads/1", "/some/where/v2/mirror/a/b/blobs/uploads/1?"),
        ("/registry", "/registryx/v2/u", "/registryx/v2/u?"),
        ("/registry", "/u/1", "/u/1?"),
        ("/registry", "https://storage.example.com/v2/u", "https://storage.example.com/v2/u?"),
        ("", "/v2/a/b/blobs/uploads/1", "/v2/a/b/blobs/uploads/1?"),
        ("", "http://registry.internal:5000/v2/a/b/blobs/uploads/1?x=y", "/v2/a/b/blobs/uploads/1?x=y&"),
        ("", "https://storage.example.com/v2/c/blobs/uploads/1", "https://storage.example.com/v2/c/blobs/uploads/1?"),
    ] {
        let host = Scripted::new(move |seen| match seen.method {
            Method::Post => Reply::new(202).header("location", location),
            Method::Put => Reply::new(201),
            _ => Reply::new(404),
        });
        let settings = Settings { api_version: Some(Version::V2), ..Settings::default() };
        let url = Url::parse_registry(&format!("https://registry.test{prefix}")).unwrap();
        let client = Client::new(host.clone(), url, settings);
        let repository = client.repository("a/b", None).unwrap();
        host.run(repository.push_blob(in_memory("x"), &Call::default())).expect(location);
        let put = host.targets().into_iter().find(|target| target.starts_with("PUT")).unwrap();
        assert_eq!(put, format!("PUT {expected}digest={}", sha256("x").replace(':', "%3A")), "{location}");
    }
}

/// Pushes until then.
fn give_up(host: &Scripted, at: u64) {
    let (repository, call) = (host.repository(), Call::default());
    assert!(host.run_for(at, repository.push_blob(in_chunks(stream(CONTENT, 3), 7), &call)).is_none());
    host.settle();
}

/// distribution 3 deletes an upload at its newest location alone.
#[test]
fn cancellations_that_have_to_look() {
    let (model, host) = Model::with(|seen, _| {
        (seen.method == Method::Patch).then(|| Fault::Told(Box::new(|reply: Reply| reply.after(100))))
    });
    model.0.borrow_mut().ways.minds_deletions = true;
    give_up(&host, 150);
    assert!(model.is_clean() && model.0.borrow().cancelled == 1);
    assert_eq!(methods(&host), "OAADGD");
    // Whoever refuses that for ever is left alone.
    let host = host_of(Reply::new(202).header("location", "/u"), |seen| match seen.method {
        Method::Delete => Reply::new(416),
        Method::Get => Reply::new(204).header("location", "/u"),
        Method::Patch => Reply::new(403),
        _ => Reply::new(404),
    });
    let repository = host.repository();
    assert!(host.run(repository.push_blob(in_chunks(stream(CONTENT, 3), 7), &Call::default())).is_err());
    host.settle();
    assert_eq!(methods(&host), "OADGDGDG");
}

/// Given up while the registry begins an upload: that is waited for, and the upload cancelled.
#[test]
fn beginnings_that_nobody_wants_any_more() {
    for at in [1, 50, 99] {
        let (model, host) = Model::with(|_, _| Some(Fault::Told(Box::new(|reply: Reply| reply.after(100)))));
        give_up(&host, at);
        assert_eq!((model.is_clean(), methods(&host).as_str()), (true, "OD"));
        assert_eq!((host.open(), host.timers()), (0, 0));
    }
    // A mount's too.
    let (model, host) = Model::with(|_, _| Some(Fault::Told(Box::new(|reply: Reply| reply.after(100)))));
    let repository = host.repository();
    let (digest, call) = (sha256(CONTENT), Call::default());
    let mount = repository.mount_blob(&digest, "c/d", &call);
    assert!(host.run_for(50, mount).is_none());
    host.settle();
    assert_eq!((model.is_clean(), methods(&host).as_str()), (true, "OD"));
    // Nothing is sent that was not, be it while a token is asked for or before the next try.
    for (reply, expected) in [
        (Reply::new(503), "O"),
        (Reply::new(401).header("www-authenticate", r#"Bearer realm="https://registry.test/token""#), "OG"),
    ] {
        let host = Scripted::new(move |seen| match seen.method {
            Method::Get => Reply::hang(),
            _ => reply.clone().after(10),
        });
        give_up(&host, 50);
        assert_eq!((methods(&host).as_str(), host.open(), host.timers()), (expected, 0, 0));
    }
}
