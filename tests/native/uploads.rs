//! Blobs on their way to a registry that minds how they come, and has its faults.

use std::cell::RefCell;
use std::rc::Rc;

use crate::support::uploads::{Fault, Model, Post, Stream, UPLOADS};
use crate::support::{Bytes, Reply, Scripted, Seen, sha256};
use docker_registry_client_wasm::protocol::code;
use docker_registry_client_wasm::protocol::http::Method;
use docker_registry_client_wasm::protocol::oci::descriptor::Descriptor;
use docker_registry_client_wasm::protocol::oci::digest::{Algorithm, Digest};
use docker_registry_client_wasm::protocol::oci::reference::RepositoryName;
use docker_registry_client_wasm::registry::{BlobSource, Call, InMemory, Push};
use docker_registry_client_wasm::transport::{Error, Result};

const CONTENT: &str = "0123456789abcdefghij";

fn in_memory(content: &str) -> Push<Bytes> {
    Push::new(Box::new(InMemory::new(Bytes(content.into()))))
}

/// In chunks of seven bytes.
fn stream(content: &str) -> Push<Bytes> {
    chunked(Stream::of(content, 3))
}

fn chunked(source: impl BlobSource<Bytes> + 'static) -> Push<Bytes> {
    Push { chunk_size: Some(7), ..Push::new(Box::new(source)) }
}

fn known(push: Push<Bytes>, content: &str) -> Push<Bytes> {
    Push { digest: Some(Digest::parse(&sha256(content)).unwrap()), ..push }
}

fn push(host: &Scripted, push: Push<Bytes>) -> Result<Descriptor> {
    let result = host.run(async { host.repository().push_blob(push, &Call::default()).await });
    host.settle();
    assert_eq!(host.open(), 0, "nothing stays open");
    result
}

/// Methods in order: `HOP` for HEAD, POST, PUT.
fn methods(host: &Scripted) -> String {
    host.seen()
        .iter()
        .map(|seen| match seen.method {
            Method::Head => 'H',
            Method::Post => 'O',
            Method::Put => 'P',
            Method::Patch => 'A',
            Method::Get => 'G',
            Method::Delete => 'D',
        })
        .collect()
}

fn is_patch(seen: &Seen) -> bool {
    seen.method == Method::Patch
}

#[test]
fn bytes_go_up_in_one_request() {
    for content in ["", "x", CONTENT] {
        let (model, host) = Model::new();
        let pushed = push(&host, in_memory(content)).unwrap();
        assert_eq!((pushed.digest.to_string(), pushed.size), (sha256(content), content.len() as u64));
        assert_eq!((pushed.media_type.as_str(), methods(&host).as_str()), ("application/octet-stream", "HOP"));
        assert!(model.has(content) && model.is_clean());
        assert_eq!(push(&host, in_memory(content)).unwrap(), pushed);
        assert_eq!(methods(&host), "HOPH", "what is there is not sent again");
    }
    // S13: the location's query stays as it is, in its order.
    let (_, host) = Model::new();
    push(&host, in_memory(CONTENT)).unwrap();
    let digest = sha256(CONTENT).replace(':', "%3A");
    assert_eq!(host.seen()[2].target, format!("{UPLOADS}2?other=a%2Fb&_state=1&digest={digest}"));
}

/// S15, S17, S19, S20.
#[test]
fn streams_go_up_in_chunks() {
    for length in 0..=CONTENT.len() {
        for piece in [1, 2, 3, 7, 20] {
            let content = &CONTENT[..length];
            let (model, host) = Model::new();
            let pushed = push(&host, chunked(Stream::of(content, piece))).unwrap();
            assert_eq!((pushed.digest.to_string(), pushed.size), (sha256(content), length as u64));
            assert!(model.has(content) && model.is_clean());
            // Seven bytes may be all there are: only the end of the stream would tell.
            let chunks = length.div_ceil(7);
            let expected = if length < 7 { "HOP".to_owned() } else { format!("O{}P", "A".repeat(chunks)) };
            assert_eq!(methods(&host), expected, "{length}");
        }
    }
}

/// What has announced its size is known to be all once so much has come.
#[test]
fn sizes_that_are_announced() {
    for (announced, expected) in
        [(20, Ok("OAAAP")), (19, Err("OAAD")), (21, Err("OAAD")), (0, Err("")), (u64::MAX, Err("OAAD"))]
    {
        let (model, host) = Model::new();
        let result = push(&host, chunked(Stream::of(CONTENT, 3).announcing(announced)));
        match expected {
            Ok(methods_expected) => assert_eq!(methods(&host), methods_expected, "{announced}: {result:?}"),
            Err(_) => assert_eq!(result.unwrap_err().code, code::SIZE_MISMATCH, "{announced}"),
        }
        assert!(model.is_clean());
        assert_eq!(model.has(CONTENT), expected.is_ok());
    }
    let (_, host) = Model::new();
    push(&host, chunked(Stream::of("1234567", 7).announcing(7))).unwrap();
    assert_eq!(methods(&host), "HOP");
}

/// F83: nothing is committed, the upload is cancelled.
#[test]
fn sources_that_fail() {
    for pieces in 0..7 {
        let (model, host) = Model::new();
        let mut all: Vec<Result<Bytes>> = CONTENT.as_bytes().chunks(3).map(|piece| Ok(Bytes(piece.into()))).collect();
        all.insert(pieces, Err(Error::new(code::SOURCE, "out of bytes")));
        let error = push(&host, chunked(Stream::pieces(all))).unwrap_err();
        assert_eq!(error.code, code::SOURCE);
        assert!(model.is_clean() && !model.has(CONTENT));
        assert!(!host.targets().iter().any(|target| target.starts_with("PUT")));
    }
}

/// Other bytes than announced: refused before anything is sent where all are in hand, else before the commit.
#[test]
fn digests_that_are_announced() {
    for (source, expected) in [(in_memory(CONTENT), ""), (stream("short"), "H"), (stream(CONTENT), "HOAAAD")] {
        let (model, host) = Model::new();
        let error = push(&host, known(source, "other")).unwrap_err();
        assert_eq!((error.code.as_ref(), methods(&host).as_str()), (code::DIGEST_MISMATCH, expected));
        assert!(model.is_clean() && model.0.borrow().blobs.is_empty());
    }
    // What is there is not read.
    let (_, host) = Model::new();
    push(&host, in_memory(CONTENT)).unwrap();
    let source = Stream::of(CONTENT, 3);
    let read = source.read.clone();
    let pushed = push(&host, known(chunked(source), CONTENT)).unwrap();
    assert_eq!((pushed.size, *read.borrow(), methods(&host).as_str()), (20, 0, "HOPH"));
    let unverifiable = Push { digest: Some(Digest::parse("md5:abc").unwrap()), ..in_memory("") };
    assert_eq!(push(&host, unverifiable).unwrap_err().code, code::UNSUPPORTED);
}

/// S16.
#[test]
fn sha512() {
    let digest = Digest::of(Algorithm::Sha512, CONTENT.as_bytes());
    for source in [in_memory(CONTENT), stream(CONTENT)] {
        let (model, host) = Model::new();
        let pushed = push(&host, Push { digest: Some(digest.clone()), ..source }).unwrap();
        assert_eq!(pushed.digest, digest);
        assert_eq!(host.targets()[1], format!("POST {UPLOADS}?digest-algorithm=sha512"));
        assert!(model.is_clean() && model.0.borrow().blobs.contains_key(digest.as_str()));
    }
}

/// The next chunk is read while one is on its way, and no more than that.
#[test]
fn reads_one_chunk_ahead() {
    let source = Stream::of(CONTENT, 1);
    let read = source.read.clone();
    let seen = Rc::new(RefCell::new(Vec::new()));
    let (told, at) = (seen.clone(), read.clone());
    let (_, host) = Model::with(move |seen, _| {
        if is_patch(seen) {
            told.borrow_mut().push(*at.borrow());
        }
        is_patch(seen).then(|| Fault::Told(Box::new(|reply| reply.after(1000))))
    });
    push(&host, chunked(source)).unwrap();
    assert_eq!(*seen.borrow(), [7, 14, 21]);
    // A source that never goes on does not keep an error back.
    let (model, host) = Model::with(|seen, _| is_patch(seen).then(|| Fault::Instead(Reply::new(400))));
    assert_eq!(push(&host, chunked(Stuck(false))).unwrap_err().status, Some(400));
    assert!(model.is_clean());
}

struct Stuck(bool);

impl BlobSource<Bytes> for Stuck {
    fn next(&mut self) -> docker_registry_client_wasm::registry::blob::source::Next<'_, Bytes> {
        Box::pin(async {
            if self.0 {
                std::future::pending::<()>().await;
            }
            self.0 = true;
            Ok(Some(Bytes(b"1234567".to_vec())))
        })
    }
}

#[test]
fn progress() {
    for (source, expected) in [(in_memory(CONTENT), &[20][..]), (stream(CONTENT), &[7, 14, 20, 20]), (stream(""), &[0])]
    {
        let (_, host) = Model::new();
        let told = Rc::new(RefCell::new(Vec::new()));
        let telling = told.clone();
        push(&host, Push { progress: Box::new(move |bytes| telling.borrow_mut().push(bytes)), ..source }).unwrap();
        assert_eq!(*told.borrow(), expected);
    }
}

/// S12, F75: resolved against the request; elsewhere goes nothing that says who asks.
#[test]
fn locations() {
    let pushed = |location: &'static str| {
        let host = Scripted::new(move |seen| match seen.method {
            Method::Post => Reply::new(202).header("location", location),
            Method::Put => Reply::new(201),
            _ => Reply::new(404),
        });
        let mut headers = docker_registry_client_wasm::protocol::http::Headers::new();
        headers.set("x-mine", "1");
        let settings = docker_registry_client_wasm::registry::Settings { headers, ..Default::default() };
        let repository = host.client_with(settings).repository("a/b", None).unwrap();
        let result = host.run(repository.push_blob(in_memory("x"), &Call::default()));
        host.settle();
        let put = host.seen().into_iter().find(|seen| seen.method == Method::Put);
        let put = put.map(|seen| (seen.target, seen.headers.get("x-mine").is_some()));
        (result.map_err(|error| error.code.to_string()), put)
    };
    let digest = sha256("x").replace(':', "%3A");
    for (location, expected, is_own) in [
        ("/v2/a/b/blobs/uploads/1", "/v2/a/b/blobs/uploads/1?", true),
        ("1?b=2&a=1", "/v2/a/b/blobs/uploads/1?b=2&a=1&", true),
        ("?_state=x%2By", "/v2/a/b/blobs/uploads/?_state=x%2By&", true),
        ("https://registry.test/u/1?_state=abc", "/u/1?_state=abc&", true),
        ("//registry.test/u/1", "/u/1?", true),
        ("/u/1#fragment", "/u/1?", true),
        ("https://storage.example.com/u?sig=1", "https://storage.example.com/u?sig=1&", false),
    ] {
        let (result, put) = pushed(location);
        result.expect(location);
        assert_eq!(put, Some((format!("{expected}digest={digest}"), is_own)), "{location}");
    }
    for location in ["https://10.0.0.1/u", "http://registry.test/u", "https://[::1]/u", "https://169.254.169.254/"] {
        let (result, put) = pushed(location);
        assert_eq!((result.unwrap_err().as_str(), put), ("UNTRUSTED_LOCATION", None), "{location}");
    }
    for location in ["https://me:hush@registry.test/u", "ftp://registry.test/u", "/a b", "/%zz"] {
        let (result, put) = pushed(location);
        assert_eq!((result.unwrap_err().as_str(), put), ("INVALID_RESPONSE", None), "{location}");
    }
}

/// F76: what fits into one request can go up with the POST itself, where the registry knows that.
#[test]
fn locations_that_are_missing_or_hidden() {
    let hidden = |post| {
        let (model, host) = Model::with(|seen, _| {
            let hide = |reply: Reply| reply.filtered();
            (seen.method == Method::Post).then(|| Fault::Told(Box::new(hide)))
        });
        model.0.borrow_mut().ways.post = post;
        host
    };
    let whole = hidden(Post::Creates);
    assert!(push(&whole, in_memory(CONTENT)).is_ok());
    assert_eq!(methods(&whole), "HOH");
    // What is too large to be tried at first is sent in the same way in the end.
    let large = "x".repeat(100_000);
    let whole = hidden(Post::Creates);
    assert!(push(&whole, in_memory(&large)).is_ok());
    assert_eq!(methods(&whole), "HOOH");
    for content in [CONTENT, &large] {
        let error = push(&hidden(Post::Begins), in_memory(content)).unwrap_err();
        assert_eq!(error.code, code::UNSUPPORTED);
        assert!(error.message.contains("Location in Access-Control-Expose-Headers"), "{}", error.message);
    }
    assert_eq!(push(&hidden(Post::Creates), stream(CONTENT)).unwrap_err().code, code::UNSUPPORTED);
    let (_, host) = Model::with(|seen, _| (seen.method == Method::Post).then(|| Fault::Instead(Reply::new(202))));
    assert_eq!(push(&host, stream(CONTENT)).unwrap_err().code, code::INVALID_RESPONSE);
}

/// F77, F84, S21: whatever becomes of one request, the registry is asked how far it has got.
#[test]
fn uploads_are_taken_up_again() {
    for number in 1..=3 {
        for taken in 0..=7 {
            let patches = Rc::new(RefCell::new(0));
            let (model, host) = Model::with(move |seen, _| {
                *patches.borrow_mut() += usize::from(is_patch(seen));
                let hit = is_patch(seen) && *patches.borrow() == number;
                hit.then_some(Fault::Cut(if number == 3 { taken.min(6) } else { taken }))
            });
            push(&host, stream(CONTENT)).unwrap();
            assert!(model.has(CONTENT) && model.is_clean(), "{number} {taken}");
            let asked = methods(&host).matches('G').count();
            // No byte or one: that takes a second look.
            assert_eq!(asked, if (number, taken) == (1, 1) { 2 } else { 1 });
        }
    }
    for status in [416, 500, 502, 503] {
        let (model, host) = Model::with(move |_, number| (number == 2).then(|| Fault::Instead(Reply::new(status))));
        push(&host, stream(CONTENT)).unwrap();
        assert_eq!(methods(&host), "OAAGAAP");
        assert!(model.has(CONTENT) && model.is_clean());
    }
}

/// A stream cannot be read once more.
#[test]
fn uploads_that_are_lost() {
    for (status_answer, what) in [
        (Reply::new(404), "no longer knows"),
        (Reply::new(204), "does not report its progress"),
        (Reply::new(204).header("range", "0-3"), "has 4 bytes"),
        (Reply::new(204).header("range", "0-0"), "none of it, or one byte"),
        (Reply::new(204).header("range", "0-15"), "has 16 bytes"),
        (Reply::new(204).header("range", "7-9"), "does not report its progress"),
    ] {
        let (model, host) = Model::with(move |seen, number| match seen.method {
            Method::Get => Some(Fault::Instead(status_answer.clone())),
            _ => (number == 2).then_some(Fault::Cut(0)),
        });
        let error = push(&host, stream(CONTENT)).unwrap_err();
        assert!(error.message.contains(what), "{}", error.message);
        assert!(model.is_clean() && !model.has(CONTENT));
    }
    // What is still in hand can begin again.
    let (model, host) = Model::with(|seen, number| match seen.method {
        Method::Get => Some(Fault::Instead(Reply::new(404))),
        _ => (number == 3).then_some(Fault::Cut(2)),
    });
    push(&host, Push { chunk_size: Some(7), ..in_memory(CONTENT) }).unwrap();
    assert!(model.has(CONTENT) && model.is_clean());
    assert_eq!(methods(&host), "HOAAGDHOAAAP");
}

/// Five tries of what makes no progress; each that does begins to count anew.
#[test]
fn tries() {
    let (model, host) = Model::with(|seen, _| is_patch(seen).then(|| Fault::Instead(Reply::new(500))));
    assert_eq!(push(&host, stream(CONTENT)).unwrap_err().status, Some(500));
    assert_eq!(methods(&host), "OAGAGAGAGAD");
    assert!(model.is_clean());
    let (model, host) = Model::with(|seen, _| is_patch(seen).then_some(Fault::Cut(2)));
    push(&host, stream(CONTENT)).unwrap();
    assert!(model.has(CONTENT));
}

/// F78: what the answer to a chunk says is a hint; where it does not agree with what was sent, the session's status is asked.
#[test]
fn ranges_that_are_told() {
    for (number, range, expected) in [
        (1, None, "OAAAP"),
        (1, Some("0-6"), "OAAAP"),
        (1, Some("bytes=0-6"), "OAAAP"),
        // One too many.
        (1, Some("0-7"), "OAAAP"),
        (1, Some("0-0"), "OAGAAP"),
        (1, Some("0-3"), "OAGAAP"),
        (1, Some("0-99"), "OAGAAP"),
        (1, Some("1-6"), "OAGAAP"),
        (1, Some("nonsense"), "OAGAAP"),
        // Of the last chunk alone; backwards.
        (2, Some("7-13"), "OAAAP"),
        (2, Some("0-6"), "OAAGAP"),
        (2, Some("0-3"), "OAAGAP"),
    ] {
        let (model, host) = Model::with(move |_, at| {
            (at == number).then(|| {
                Fault::Told(Box::new(move |mut reply: Reply| {
                    reply.headers.retain(|(name, _)| name != "range");
                    range.map_or(reply.clone(), |range| reply.header("range", range))
                }))
            })
        });
        push(&host, stream(CONTENT)).unwrap();
        assert_eq!(methods(&host).as_str(), expected, "{range:?}");
        assert!(model.has(CONTENT) && model.is_clean());
    }
}

/// S18, F79.
#[test]
fn chunks_that_are_too_short_for_the_registry() {
    let minding = |least: &'static str| {
        Model::with(move |seen, _| {
            (seen.method == Method::Post)
                .then(|| Fault::Told(Box::new(move |reply: Reply| reply.header("oci-chunk-min-length", least))))
        })
    };
    for (least, expected) in
        [("10", "OAAP"), ("20", "OAP"), ("30", "HOP"), ("7", "OAAAP"), ("-5", "OAAAP"), ("abc", "OAAAP"), ("", "OAAAP")]
    {
        let (model, host) = minding(least);
        push(&host, stream(CONTENT)).unwrap();
        let methods = methods(&host);
        assert_eq!(methods, expected.trim_start_matches('H'), "{least}");
        assert!(model.has(CONTENT) && model.is_clean());
    }
    let (model, host) = minding("10000000000000");
    push(&host, stream(CONTENT)).unwrap();
    assert_eq!(methods(&host), "OP", "all of it came, and went up in one request");
    assert!(model.has(CONTENT));
}

/// F80.
#[test]
fn statuses() {
    for status in [200, 201, 204] {
        let (model, host) = Model::with(move |seen, _| {
            (is_patch(seen) || seen.method == Method::Put)
                .then(|| Fault::Told(Box::new(move |reply: Reply| reply.status(status))))
        });
        push(&host, stream(CONTENT)).unwrap();
        assert!(model.has(CONTENT) && model.is_clean());
        // Only 201 says that the blob is there.
        assert_eq!(methods(&host), if status == 201 { "OAAAP" } else { "OAAAPH" });
    }
    for is_there in [true, false] {
        let (model, host) = Model::with(move |seen, _| match seen.method {
            Method::Put if is_there => Some(Fault::Told(Box::new(|reply: Reply| reply.status(202)))),
            Method::Put => Some(Fault::Instead(Reply::new(202))),
            _ => None,
        });
        assert_eq!(push(&host, stream(CONTENT)).is_ok(), is_there);
        let expected = if is_there { "OAAAPH" } else { "OAAAPHG" };
        assert_eq!((methods(&host).as_str(), model.has(CONTENT)), (expected, is_there));
    }
}

/// F82.
#[test]
fn another_digest_than_was_pushed() {
    for source in [in_memory(CONTENT), stream(CONTENT)] {
        let (_, host) = Model::with(|seen, _| {
            (seen.method == Method::Put)
                .then(|| Fault::Told(Box::new(|reply: Reply| reply.header("docker-content-digest", &sha256("other")))))
        });
        assert_eq!(push(&host, source).unwrap_err().code, code::DIGEST_MISMATCH);
        assert!(!methods(&host).contains('D'), "what was committed is not cancelled");
    }
}

/// The answer to the end is lost: the blob is there all the same. Or it never came to it.
#[test]
fn ends_that_are_lost() {
    for (source, expected) in [(in_memory(CONTENT), "HOPDH"), (stream(CONTENT), "OAAAPPH")] {
        let is_first = Rc::new(RefCell::new(true));
        let (model, host) = Model::with(move |seen, _| {
            let hit = seen.method == Method::Put && is_first.replace(false);
            hit.then_some(Fault::Lost)
        });
        push(&host, source).unwrap();
        let mut methods: Vec<char> = methods(&host).chars().collect();
        let mut expected: Vec<char> = expected.chars().collect();
        methods.sort_unstable();
        expected.sort_unstable();
        assert_eq!(methods, expected);
        assert!(model.has(CONTENT));
    }
    for taken in [0, 5] {
        let is_first = Rc::new(RefCell::new(true));
        let (model, host) = Model::with(move |seen, _| {
            let hit = seen.method == Method::Put && is_first.replace(false);
            hit.then(|| if taken == 0 { Fault::Instead(Reply::reset()) } else { Fault::Instead(Reply::new(500)) })
        });
        push(&host, in_memory(CONTENT)).unwrap();
        assert!(model.has(CONTENT) && model.is_clean());
    }
}

/// 5xx at each request in turn, once and for ever.
#[test]
fn failures_at_each_request() {
    for source in [in_memory, stream, |content: &str| Push { chunk_size: Some(7), ..in_memory(content) }] {
        for number in 0..7 {
            for fault in [|| Fault::Instead(Reply::new(503)), || Fault::Lost] {
                let (model, host) = Model::with(move |_, at| (at == number).then(fault));
                let result = push(&host, source(CONTENT));
                let state = model.0.borrow();
                assert_eq!(state.offences, Vec::<String>::new());
                assert!(result.is_ok(), "{number}: {result:?} {}", methods(&host));
            }
            let (model, host) = Model::with(move |_, at| (at >= number).then(|| Fault::Instead(Reply::new(507))));
            match push(&host, source(CONTENT)) {
                Ok(_) => assert!(model.has(CONTENT)),
                Err(error) => assert!(error.status == Some(507) && !model.has(CONTENT)),
            }
        }
    }
}

/// S22: given up at any moment, the upload is cancelled, unless it has come to its end.
#[test]
fn giving_up() {
    for source in [in_memory, stream] {
        for limit in 1..60 {
            let (model, host) = Model::with(|_, _| Some(Fault::Told(Box::new(|reply: Reply| reply.after(10)))));
            let repository = host.repository();
            let done = host.run_for(limit, repository.push_blob(source(CONTENT), &Call::default()));
            host.settle();
            assert_eq!(host.open(), 0);
            if done.is_some() || model.has(CONTENT) {
                assert!(model.has(CONTENT));
                continue;
            }
            // An upload of whose beginning the answer has not come cannot be cancelled.
            let is_unheard = methods(&host).ends_with('O');
            assert_eq!(model.is_clean(), !is_unheard, "{limit}: {}", methods(&host));
        }
    }
    let (_, host) = Model::with(|seen, _| match seen.method {
        Method::Delete => Some(Fault::Instead(Reply::new(405))),
        _ => is_patch(seen).then(|| Fault::Instead(Reply::new(400))),
    });
    assert_eq!(push(&host, stream(CONTENT)).unwrap_err().status, Some(400));
    assert_eq!(methods(&host), "OAD", "a cancellation that fails is not repeated");
}

fn mount(host: &Scripted, from: &str) -> Result<bool> {
    let result = host.run(async { host.repository().mount_blob(&sha256(CONTENT), from, &Call::default()).await });
    host.settle();
    result
}

/// S23, F81.
#[test]
fn mounts() {
    let elsewhere = || ("c/d".to_owned(), CONTENT.to_owned());
    let (model, host) = Model::new();
    model.0.borrow_mut().elsewhere.push(elsewhere());
    assert!(mount(&host, "c/d").unwrap() && model.has(CONTENT));
    let digest = sha256(CONTENT).replace(':', "%3A");
    let there = format!("HEAD /v2/a/b/blobs/{}", sha256(CONTENT));
    assert_eq!(host.targets(), [format!("POST {UPLOADS}?mount={digest}&from=c%2Fd"), there]);
    assert!(!mount(&host, "e/f").unwrap());
    assert!(model.is_clean() && model.0.borrow().cancelled == 1, "the upload that nobody asked for");
    for (status, expected) in [
        (400, Some(false)),
        (401, Some(false)),
        (403, Some(false)),
        (404, Some(false)),
        (405, Some(false)),
        (500, None),
        (507, None),
    ] {
        let host = Scripted::new(move |_| Reply::new(status));
        assert_eq!(mount(&host, "c/d").ok(), expected, "{status}");
    }
    assert_eq!(mount(&host, "C").unwrap_err().code, code::INVALID_REFERENCE);

    let candidates = || ["e/f", "c/d", "g"].map(|name| RepositoryName::parse(name).unwrap()).to_vec();
    let (model, host) = Model::new();
    model.0.borrow_mut().elsewhere.push(elsewhere());
    push(&host, Push { from: candidates(), ..known(stream(CONTENT), CONTENT) }).unwrap();
    let mut sorted: Vec<char> = methods(&host).chars().collect();
    sorted.sort_unstable();
    assert_eq!(sorted, ['D', 'H', 'H', 'O', 'O']);
    assert!(model.has(CONTENT) && model.is_clean());
    let (model, host) = Model::new();
    push(&host, Push { from: candidates(), ..in_memory(CONTENT) }).unwrap();
    assert!(model.has(CONTENT) && model.is_clean());
    assert_eq!(methods(&host).matches('O').count(), 3, "the upload begun for the last mount is used");
}

#[test]
fn deletions() {
    let (model, host) = Model::new();
    push(&host, in_memory(CONTENT)).unwrap();
    let delete = || host.run(async { host.repository().delete_blob(&sha256(CONTENT), &Call::default()).await });
    delete().unwrap();
    assert!(!model.has(CONTENT));
    assert_eq!(delete().unwrap_err().status, Some(404));
    // distribution's words; a bare 405 is of any server that knows no DELETE.
    for (body, is_advised) in [(r#"{"errors":[{"code":"UNSUPPORTED","message":"unsupported"}]}"#, true), ("", false)] {
        let host = Scripted::new(move |_| Reply::json(body).status(405));
        let error = host.run(async { host.repository().delete_blob(&sha256(""), &Call::default()).await }).unwrap_err();
        assert_eq!(error.code, code::UNSUPPORTED);
        assert_eq!(error.message.contains("delete.enabled"), is_advised, "{}", error.message);
    }
}

#[test]
fn registries_that_take_nothing() {
    let host = Scripted::new(|seen| Reply::new(if seen.method == Method::Head { 404 } else { 405 }));
    let error = push(&host, in_memory(CONTENT)).unwrap_err();
    assert!(error.code == code::UNSUPPORTED && error.message.contains("read-only"), "{}", error.message);
    // A question that cannot be asked does not stand in the way.
    for status in [403, 405] {
        let (model, host) =
            Model::with(move |seen, _| (seen.method == Method::Head).then(|| Fault::Instead(Reply::new(status))));
        push(&host, in_memory(CONTENT)).unwrap();
        assert!(model.has(CONTENT));
    }
    let (model, host) =
        Model::with(|seen, _| (seen.method == Method::Head).then(|| Fault::Instead(Reply::unreadable(Some(true)))));
    push(&host, in_memory(CONTENT)).unwrap();
    assert!(model.has(CONTENT));
}

/// A page's registry may take any header field but Content-Range.
#[test]
fn preflights_without_content_range() {
    let log = Rc::new(RefCell::new(String::new()));
    let kept = log.clone();
    let host = Scripted::new(move |seen| match seen.method {
        Method::Post => Reply::new(202).header("location", "/u"),
        Method::Patch if seen.headers.get("content-range").is_some() => Reply::unreadable(Some(true)),
        Method::Patch => {
            kept.borrow_mut().push_str(&seen.body);
            Reply::new(202).header("location", "/u")
        }
        Method::Get => Reply::new(204).header("range", "0-0"),
        Method::Put => Reply::new(201),
        _ => Reply::new(404),
    });
    push(&host, stream(CONTENT)).unwrap();
    assert_eq!((log.borrow().as_str(), methods(&host).as_str()), (CONTENT, "OAGAAAP"));
}

/// One registry's blob goes to another, bytes as they come; within one, it does not wait for its own place.
#[test]
fn a_pull_is_a_source() {
    let source = Scripted::new(|_| Reply::bytes(CONTENT));
    let (model, host) = Model::new();
    host.run(async {
        let pull = source.repository().blob(&sha256(CONTENT), None, &Call::default()).await.unwrap();
        host.repository().push_blob(known(chunked(pull), CONTENT), &Call::default()).await.unwrap()
    });
    assert!(model.has(CONTENT) && model.is_clean());
    let (model, host) =
        Model::with(|seen, _| seen.target.starts_with("/v2/c/d/").then(|| Fault::Instead(Reply::bytes(CONTENT))));
    let settings = docker_registry_client_wasm::registry::Settings { concurrency: Some(1), ..Default::default() };
    let client = host.client_with(settings);
    host.run(async {
        let from = client.repository("c/d", None).unwrap();
        let pull = from.blob(&sha256(CONTENT), None, &Call::default()).await.unwrap();
        client.repository("a/b", None).unwrap().push_blob(chunked(pull), &Call::default()).await.unwrap()
    });
    assert!(model.has(CONTENT) && model.is_clean());
}

/// A body takes the time that a slow line needs for it, beside the time allowed for an answer.
#[test]
fn time_for_a_body() {
    let after = |delay| {
        let (_, host) = Model::with(move |seen, _| {
            (seen.method == Method::Put).then(|| Fault::Told(Box::new(move |reply: Reply| reply.after(delay))))
        });
        let call = Call { timeout: Some(1000), ..Call::default() };
        let content = "x".repeat(64_000);
        host.run(async { host.repository().push_blob(in_memory(&content), &call).await.map(drop) })
    };
    after(2_900).unwrap();
    assert_eq!(after(3_100).unwrap_err().code, code::TIMEOUT);
}

/// Whoever knows the state of an upload may continue it: a registry, or a proxy, that repeats the URL does not make it known.
#[test]
fn the_state_of_an_upload_is_in_no_message() {
    for (status, media_type, body) in [
        (
            400,
            "application/json",
            r#"{"errors":[{"code":"X","message":"bad /u?_state=s3cret","detail":{"of":"/u?a=b\u0026_state=s3cret"}}]}"#,
        ),
        (400, "text/plain", "cannot PUT /u?_state=s3cret&x=y"),
        (502, "text/html", "<html><title>502 for /u?_state=s3cret</title>"),
    ] {
        let host = Scripted::new(move |seen| match seen.method {
            Method::Post => Reply::new(202).header("location", "/u?_state=s3cret"),
            Method::Put | Method::Patch => Reply::bytes(body).status(status).header("content-type", media_type),
            _ => Reply::new(404),
        });
        let client = host.once();
        let repository = client.repository("a/b", None).unwrap();
        let error = host.run(repository.push_blob(in_memory(CONTENT), &Call::default())).unwrap_err();
        assert_eq!(error.status, Some(status));
        assert!(error.message.contains("_state=…"), "{error:?}");
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    }
    // A location that is refused.
    for location in ["http://alice:s3cret@h/u", "ftp://h/u?_state=s3cret", "https://169.254.169.254/u?_state=s3cret"] {
        let host = Scripted::new(move |seen| match seen.method {
            Method::Post => Reply::new(202).header("location", location),
            _ => Reply::new(404),
        });
        let error = push(&host, in_memory(CONTENT)).unwrap_err();
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    }
}
