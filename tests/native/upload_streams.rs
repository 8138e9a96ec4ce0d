//! Blobs streamed to a registry in one request, and all that can come between.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::support::uploads::{Fault, Model, Rewinding, Stream, methods, text};
use crate::support::{Bytes, Reply, Scripted, Step, sha256};
use docker_registry_client_wasm::protocol::code;
use docker_registry_client_wasm::protocol::http::Method;
use docker_registry_client_wasm::protocol::oci::descriptor::Descriptor;
use docker_registry_client_wasm::protocol::oci::digest::Digest;
use docker_registry_client_wasm::registry::blob::source::Next;
use docker_registry_client_wasm::registry::{BlobSource, Call, InMemory, Push, Settings};
use docker_registry_client_wasm::transport::layers::retry::Policy;
use docker_registry_client_wasm::transport::{Clock, Error, Result};

const MIB: usize = 1 << 20;
const PIECE: usize = 100_000;

fn stream(content: &str) -> Push<Bytes> {
    Push::new(Box::new(Stream::of(content, PIECE)))
}

fn push(host: &Scripted, push: Push<Bytes>) -> Result<Descriptor> {
    push_by(host, push, Settings::default())
}

fn push_by(host: &Scripted, push: Push<Bytes>, settings: Settings) -> Result<Descriptor> {
    let client = host.client_with(settings);
    let repository = client.repository("a/b", None).unwrap();
    let result = host.run(repository.push_blob(push, &Call::default()));
    host.settle();
    assert_eq!((host.open(), host.timers()), (0, 0), "nothing stays open");
    result
}

/// The first streamed request comes to this.
fn first(fault: impl Fn() -> Fault + 'static) -> (Model, Scripted) {
    let is_first = Cell::new(true);
    Model::with(move |seen, _| (seen.streamed && is_first.replace(false)).then(&fault))
}

/// A stream that can begin again, so often.
fn rewinding(content: &str, times: usize) -> Push<Bytes> {
    Push::new(Box::new(Rewinding::of(content, PIECE, times)))
}

#[test]
fn in_one_request() {
    for length in [4 * MIB - 1, 4 * MIB, 4 * MIB + 1, 20 * MIB] {
        let content = text(length);
        let (model, host) = Model::new();
        let host = host.streaming();
        let told = Rc::new(RefCell::new(Vec::new()));
        let telling = told.clone();
        let progress = Box::new(move |bytes| telling.borrow_mut().push(bytes));
        let pushed = push(&host, Push { progress, ..stream(&content) }).unwrap();
        assert_eq!((pushed.digest.to_string(), pushed.size), (sha256(&content), length as u64));
        assert!(model.has(&content) && model.is_clean());
        // What fits into a chunk is looked for first.
        assert_eq!(methods(&host), if length < 4 * MIB { "HOP" } else { "OSP" });
        let told = told.borrow();
        assert!(told.is_sorted() && told.last() == Some(&(length as u64)));
        assert!(told.len() >= length / (256 * 1024) || length < 4 * MIB, "{}", told.len());
    }
}

#[test]
fn what_is_in_memory_is_streamed_where_it_is_large() {
    for (length, expected) in [(64 * MIB, "HOP"), (64 * MIB + 1, "HOSP")] {
        let content = text(length);
        let (model, host) = Model::new();
        let host = host.streaming();
        push(&host, Push::new(Box::new(InMemory::new(Bytes(content.clone().into()))))).unwrap();
        assert!(model.has(&content) && model.is_clean());
        assert_eq!(methods(&host), expected);
    }
}

/// Who asks for chunks gets chunks; so does a host that sends no streams.
#[test]
fn in_chunks_where_that_is_wanted() {
    let content = text(9 * MIB);
    for (streams, chunk_size) in [(true, Some(4 << 20)), (false, None)] {
        let (model, mut host) = Model::new();
        if streams {
            host = host.streaming();
        }
        push(&host, Push { chunk_size, ..stream(&content) }).unwrap();
        assert!(model.has(&content) && model.is_clean());
        assert_eq!(methods(&host), "OAAAP");
    }
}

/// No more is read than is sent, but for a piece or two.
#[test]
fn reads_as_fast_as_it_is_sent() {
    let content = text(12 * MIB);
    let source = Stream::of(&content, 64 * 1024);
    let read = source.read.clone();
    let (_, host) = Model::new();
    let host = host.streaming_until(1000, |_| usize::MAX);
    let repository = host.repository();
    let call = Call::default();
    let task = repository.push_blob(Push::new(Box::new(source)), &call);
    assert!(host.run_for(10_500, task).is_none());
    // The first chunk is read beforehand; eleven pieces are taken of it.
    assert!(*read.borrow() <= (4 * MIB) / (64 * 1024) + 4, "{}", read.borrow());
    host.settle();
    assert_eq!(host.open(), 0);
}

/// Sent again from where the registry has got to, as far back as what was sent is kept.
#[test]
fn breaks_in_the_middle() {
    let content = text(6 * MIB);
    for taken in [0, 1, 2, 1000, 2 * MIB, 3 * MIB - 1, 3 * MIB] {
        let (model, host) = first(move || Fault::Cut(taken));
        let is_first = Cell::new(true);
        let host = host.streaming_until(0, move |_| if is_first.replace(false) { 3 * MIB } else { usize::MAX });
        push(&host, stream(&content)).unwrap();
        assert!(model.has(&content) && model.is_clean(), "{taken}");
        let expected = match taken {
            // No byte or one: chunks tell which.
            0 => "OSGAAP",
            1 => "OSGAGAAP",
            _ => "OSGSP",
        };
        assert_eq!(methods(&host), expected, "{taken}");
    }
    let content = text(20 * MIB);
    // Of the first bytes more are kept: that is where refusals come.
    let (model, host) = first(|| Fault::Cut(1000));
    let is_first = Cell::new(true);
    let host = host.streaming_until(0, move |_| if is_first.replace(false) { 15 * MIB } else { usize::MAX });
    push(&host, stream(&content)).unwrap();
    assert!(model.has(&content) && model.is_clean());
    assert_eq!(methods(&host), "OSGSP");
    for (taken, expected) in [(5 * MIB, "OSGD"), (17 * MIB, "OSGSP"), (20 * MIB - 1, "OSGSP"), (20 * MIB, "OSGP")] {
        let (model, host) = first(move || Fault::Cut(taken));
        let host = host.streaming();
        let result = push(&host, stream(&content));
        assert_eq!((methods(&host).as_str(), model.has(&content)), (expected, expected.ends_with('P')), "{taken}");
        assert!(model.is_clean());
        if let Err(error) = result {
            assert!(error.message.contains("has 5242880 bytes of it; with a chunkSize"), "{}", error.message);
        }
    }
}

/// Nothing of a request whose end does not come is kept: chunks are better there, now and from then on.
#[test]
fn registries_that_keep_nothing_of_what_breaks() {
    let (model, host) = Model::with(|seen, _| seen.streamed.then_some(Fault::Cut(0)));
    let host = host.streaming();
    let client = host.client();
    let repository = client.repository("a/b", None).unwrap();
    let content = text(9 * MIB);
    for expected in ["OSGDOHAAAP", "OAAAP"] {
        let before = methods(&host).len();
        let content = if before == 0 { content.clone() } else { text(9 * MIB + 1) };
        host.run(repository.push_blob(rewinding(&content, 1), &Call::default())).unwrap();
        host.settle();
        assert!(model.has(&content) && model.is_clean());
        assert_eq!(sorted(&methods(&host)[before..]), sorted(expected));
    }
}

fn sorted(methods: &str) -> Vec<char> {
    let mut methods: Vec<char> = methods.chars().filter(|method| *method != 'H').collect();
    methods.sort_unstable();
    methods
}

#[test]
fn sources_that_can_begin_again() {
    let content = text(20 * MIB);
    // The session is lost, or has too little.
    for is_lost in [true, false] {
        let is_first = Cell::new(true);
        let (model, host) = Model::with(move |seen, _| match seen.method {
            Method::Get if is_lost => Some(Fault::Instead(Reply::new(404))),
            _ => (seen.streamed && is_first.replace(false)).then_some(Fault::Cut(5 * MIB)),
        });
        let host = host.streaming();
        let told = Rc::new(RefCell::new(Vec::new()));
        let telling = told.clone();
        let progress = Box::new(move |bytes| telling.borrow_mut().push(bytes));
        let pushed = push(&host, Push { progress, ..rewinding(&content, 1) }).unwrap();
        assert_eq!(pushed.digest.to_string(), sha256(&content));
        assert!(model.has(&content) && model.is_clean());
        // Less is lost of a chunk.
        assert_eq!(sorted(&methods(&host)), sorted("OSGDOAAAAAP"));
        assert_eq!(told.borrow().iter().filter(|bytes| **bytes == 0).count(), 1, "it is told that it begins again");
    }
    // Chunks as well.
    let number = Cell::new(0);
    let (model, host) = Model::with(move |seen, _| {
        number.set(number.get() + usize::from(seen.method == Method::Patch));
        match seen.method {
            Method::Get => Some(Fault::Instead(Reply::new(404))),
            Method::Patch => (number.get() == 2).then_some(Fault::Cut(7)),
            _ => None,
        }
    });
    push(&host, rewinding(&content, 1)).unwrap();
    assert!(model.has(&content) && model.is_clean());
}

/// However far each beginning gets.
#[test]
fn beginnings_have_an_end() {
    let content = text(9 * MIB);
    for streams in [true, false] {
        let number = Cell::new(0);
        let (model, mut host) = Model::with(move |seen, _| {
            number.set(number.get() + usize::from(seen.method == Method::Patch));
            match seen.method {
                Method::Get => Some(Fault::Instead(Reply::new(404))),
                Method::Patch => (streams || number.get().is_multiple_of(3)).then_some(Fault::Cut(2 * MIB)),
                _ => None,
            }
        });
        if streams {
            host = host.streaming();
        }
        let error = push(&host, rewinding(&content, 5)).unwrap_err();
        assert!(error.is_transient && model.is_clean() && !model.has(&content));
        // What gets nowhere has no more tries than any other request.
        assert_eq!(methods(&host).matches('O').count(), if streams { 3 } else { 5 }, "{}", methods(&host));
    }
    // Nor does one who wants everything tried once get a second one.
    let (_, host) = first(|| Fault::Cut(2 * MIB));
    let host = host.streaming();
    let retry = Policy { attempts: 1, ..Policy::default() };
    assert!(push_by(&host, rewinding(&content, 0), Settings { retry, ..Settings::default() }).is_err());
    assert_eq!(methods(&host), "OSD");
}

/// What changed between two readings is other bytes.
#[test]
fn a_source_that_gives_other_bytes_the_second_time() {
    let (content, other) = (text(9 * MIB), text(9 * MIB).replace('7', "8"));
    let (model, host) = first(|| Fault::Cut(0));
    let host = host.streaming();
    let mut source = Rewinding::of(&other, PIECE, 1);
    source.first = Stream::of(&content, PIECE);
    let digest = Some(Digest::parse(&sha256(&content)).unwrap());
    let error = push(&host, Push { digest, ..Push::new(Box::new(source)) }).unwrap_err();
    assert_eq!(error.code, code::DIGEST_MISMATCH);
    assert!(model.is_clean() && !model.has(&content) && !methods(&host).contains('P'));
}

/// Refused in the middle of the body, for a reason that chunks do not share; remembered where it is the registry's way.
#[test]
fn registries_that_take_no_streams() {
    let content = text(5 * MIB);
    for (status, taken, is_remembered) in [
        (307, MIB, true),
        (308, MIB, true),
        (400, MIB, false),
        (411, 0, true),
        (411, MIB, true),
        (413, MIB, true),
        (501, MIB, true),
        (505, MIB, true),
    ] {
        let (model, host) = Model::with(move |seen, _| {
            let location = "https://registry.test/elsewhere";
            seen.streamed.then(|| Fault::Instead(Reply::new(status).header("location", location)))
        });
        let host = host.streaming_until(0, move |_| taken);
        // It is no second try of the same.
        let client = host.once();
        let repository = client.repository("a/b", None).unwrap();
        host.run(repository.push_blob(stream(&content), &Call::default())).unwrap();
        assert!(model.has(&content) && model.is_clean(), "{status}");
        assert_eq!(methods(&host), "OSGAAP", "{status}");
        let other = text(4 * MIB + 1);
        host.run(repository.push_blob(stream(&other), &Call::default())).unwrap();
        assert!(model.has(&other) && model.is_clean(), "{status}");
        assert_eq!(&methods(&host)[6..], if is_remembered { "OAAP" } else { "OSGAAP" }, "{status}");
    }
}

/// What is no matter of streams is refused to chunks too.
#[test]
fn refusals() {
    let content = text(9 * MIB);
    for (status, expected) in [(403, "OSGSGAD"), (404, "OSD"), (409, "OSD"), (400, "OSGAD")] {
        let denied = r#"{"errors":[{"code":"DENIED","message":"no"}]}"#;
        let (model, host) = Model::with(move |seen, _| {
            (seen.method == Method::Patch).then(|| Fault::Instead(Reply::json(denied).status(status)))
        });
        let host = host.streaming_until(0, |_| MIB);
        let error = push(&host, stream(&content)).unwrap_err();
        assert_eq!((error.status, error.code.as_ref(), methods(&host).as_str()), (Some(status), "DENIED", expected));
        assert!(model.is_clean() && !model.has(&content));
    }
    // Too many requests: what has been read cannot just be sent again.
    let (model, host) = first(|| Fault::Instead(Reply::new(429)));
    let is_first = Cell::new(true);
    let host = host.streaming_until(0, move |_| if is_first.replace(false) { MIB } else { usize::MAX });
    push(&host, stream(&content)).unwrap();
    assert!(model.has(&content) && model.is_clean());
    assert_eq!(methods(&host), "OSGAAAP");
    // Five tries of what goes nowhere.
    let (model, host) = Model::with(|seen, _| (seen.method == Method::Patch).then(|| Fault::Instead(Reply::new(503))));
    let host = host.streaming_until(0, |_| MIB);
    assert_eq!(push(&host, stream(&text(5 * MIB))).unwrap_err().status, Some(503));
    assert_eq!(methods(&host), "OSGAGAGAGAD");
    assert!(model.is_clean());
}

/// A token that is good no more where the body has begun: another one, and on from where the registry is.
#[test]
fn tokens_that_expire() {
    let content = text(9 * MIB);
    let tokens = Rc::new(Cell::new(0));
    let given = tokens.clone();
    let good = Cell::new(0);
    let (model, host) = Model::with(move |seen, _| {
        if seen.target.starts_with("/token") {
            given.set(given.get() + 1);
            let token = format!(r#"{{"token":"t{}","expires_in":300}}"#, given.get());
            return Some(Fault::Instead(Reply::json(&token)));
        }
        if seen.streamed && good.get() == 0 {
            good.set(given.get() + 1);
        }
        let bearer = seen.headers.get("authorization").and_then(|value| value.strip_prefix("Bearer t")?.parse().ok());
        let challenge = r#"Bearer realm="https://registry.test/token",service="test",scope="repository:a/b:pull,push""#;
        (bearer.is_none_or(|number: i32| number < good.get()))
            .then(|| Fault::Instead(Reply::new(401).header("www-authenticate", challenge)))
    });
    let host = host.streaming_until(0, {
        let seen = Cell::new(0);
        move |request| {
            seen.set(seen.get() + usize::from(request.streamed));
            if seen.get() == 1 { MIB } else { usize::MAX }
        }
    });
    push(&host, stream(&content)).unwrap();
    assert!(model.has(&content) && model.is_clean());
    // The first G is for the token that the POST asks for, the second for the next one.
    assert_eq!((methods(&host).as_str(), tokens.get()), ("OGOSGGSP", 2));
}

/// An answer that does not wait for the end has not got everything.
#[test]
fn answers_that_come_too_early() {
    let content = text(9 * MIB);
    let (model, host) = Model::new();
    let is_first = Cell::new(true);
    let host = host.streaming_until(0, move |_| if is_first.replace(false) { 5 * MIB } else { usize::MAX });
    push(&host, stream(&content)).unwrap();
    assert!(model.has(&content) && model.is_clean());
    assert_eq!(methods(&host), "OSGSP");
}

/// What a registry says it has after a whole stream.
#[test]
fn ranges_that_are_told() {
    let content = text(20 * MIB);
    let length = content.len();
    for (range, expected) in [
        (None, "OSP"),
        (Some(format!("0-{}", length - 1)), "OSP"),
        // Too little for what is kept: it is asked once more.
        (Some("0-0".to_owned()), "OSGP"),
        // One too many: the digest decides.
        (Some(format!("0-{length}")), "OSP"),
        (Some(format!("0-{}", length + 1)), "OSGP"),
        (Some("nonsense".to_owned()), "OSGP"),
    ] {
        let told = range.clone();
        let (model, host) = Model::with(move |seen, _| {
            let told = told.clone();
            seen.streamed.then(|| {
                Fault::Told(Box::new(move |mut reply: Reply| {
                    reply.headers.retain(|(name, _)| name != "range");
                    told.as_ref().map_or(reply.clone(), |range| reply.header("range", range))
                }))
            })
        });
        let host = host.streaming();
        let result = push(&host, stream(&content));
        assert_eq!((methods(&host).as_str(), result.is_ok()), (expected, expected.ends_with('P')), "{range:?}");
        assert!(model.is_clean());
    }
}

/// Nothing is committed, the upload is cancelled, the request ends.
#[test]
fn sources_that_fail() {
    let content = text(9 * MIB);
    let pieces = content.as_bytes().chunks(PIECE).map(|piece| Ok(Bytes(piece.to_vec())));
    for at in [50, 94] {
        let mut pieces: Vec<Result<Bytes>> = pieces.clone().collect();
        pieces.insert(at, Err(Error::new(code::SOURCE, "out of bytes")));
        let (model, host) = Model::new();
        let host = host.streaming();
        let error = push(&host, Push::new(Box::new(Stream::pieces(pieces)))).unwrap_err();
        assert_eq!((error.code.as_ref(), methods(&host).as_str()), (code::SOURCE, "OSD"));
        assert!(model.is_clean() && !model.has(&content));
    }
    let other = Some(Digest::parse(&sha256("other")).unwrap());
    let (model, host) = Model::new();
    let host = host.streaming();
    let error = push(&host, Push { digest: other, ..stream(&content) }).unwrap_err();
    assert_eq!((error.code.as_ref(), methods(&host).as_str()), (code::DIGEST_MISMATCH, "HOSD"));
    assert!(model.is_clean());
    for announced in [9 * MIB - 1, 9 * MIB + 1] {
        let (model, host) = Model::new();
        let host = host.streaming();
        let source = Stream::of(&content, PIECE).announcing(announced as u64);
        assert_eq!(push(&host, Push::new(Box::new(source))).unwrap_err().code, code::SIZE_MISMATCH);
        assert!(model.is_clean());
    }
}

/// The answer to the end is lost: the blob is there all the same.
#[test]
fn ends_that_are_lost() {
    let content = text(5 * MIB);
    let is_first = Cell::new(true);
    let (model, host) =
        Model::with(move |seen, _| (seen.method == Method::Put && is_first.replace(false)).then_some(Fault::Lost));
    let host = host.streaming();
    push(&host, stream(&content)).unwrap();
    assert!(model.has(&content));
    assert_eq!(methods(&host), "OSPPH");
}

/// Given up at any moment.
#[test]
fn giving_up() {
    let content = text(5 * MIB);
    for limit in (0..60).chain([100, 150, 200, 205, 210, 211, 215, 220]) {
        let (model, host) = Model::with(|_, _| Some(Fault::Told(Box::new(|reply: Reply| reply.after(5)))));
        let host = host.streaming_until(10, |_| usize::MAX);
        let repository = host.repository();
        let done = host.run_for(limit, repository.push_blob(stream(&content), &Call::default()));
        host.settle();
        assert_eq!((host.open(), host.timers()), (0, 0), "{limit}");
        if done.is_some() || model.has(&content) {
            assert!(model.has(&content));
        } else {
            assert_eq!(model.is_clean(), !methods(&host).ends_with('O'), "{limit}: {}", methods(&host));
        }
    }
}

/// A stream with pauses in milliseconds before its pieces.
struct Slow(Scripted, Vec<(u64, Vec<u8>)>);

impl BlobSource<Bytes> for Slow {
    fn next(&mut self) -> Next<'_, Bytes> {
        Box::pin(async {
            // A read that is given up is taken up again.
            let Some((due, _)) = self.1.first() else { return Ok(None) };
            self.0.sleep(due.saturating_sub(self.0.now())).await;
            Ok(Some(Bytes(self.1.remove(0).1)))
        })
    }
}

#[test]
fn sources_that_pause() {
    let content = text(5 * MIB);
    let start = content.as_bytes()[..4 * MIB + 10].to_vec();
    for (least, pauses, expected) in [
        // A hundred bytes a second: what there is goes every few seconds, in one request.
        (None, vec![1_000; 100], "OSP"),
        // No request is kept open for what does not come.
        (None, vec![12_000, 1_000, 600_000], "OSSSP"),
        // A registry that takes no short chunks gets none.
        (Some("100000000"), vec![12_000, 1_000, 600_000], "OSP"),
    ] {
        let (model, host) = Model::with(move |seen, _| {
            let change =
                move |reply: Reply| least.map_or(reply.clone(), |least| reply.header("oci-chunk-min-length", least));
            (seen.method == Method::Post).then(|| Fault::Told(Box::new(change)))
        });
        let host = host.streaming();
        let mut due = 0;
        let mut pieces = vec![(0, start.clone())];
        let rest = &content.as_bytes()[start.len()..][..100 * pauses.len()];
        for (piece, pause) in rest.chunks(100).zip(pauses) {
            due += pause;
            pieces.push((due, piece.to_vec()));
        }
        let whole = &content[..start.len() + rest.len()];
        push(&host, Push::new(Box::new(Slow(host.clone(), pieces)))).unwrap();
        assert!(model.has(whole) && model.is_clean());
        assert_eq!(methods(&host), expected);
    }
}

/// A host that takes nothing for a minute, or a registry that does not answer to what it has got; not a source that is slow.
#[test]
fn time() {
    let content = text(9 * MIB);
    for taken in [0, MIB, 6 * MIB] {
        let (model, host) = Model::with(|seen, _| seen.streamed.then(|| Fault::Instead(Reply::hang())));
        let host = host.streaming_until(0, move |_| taken);
        let error = push(&host, stream(&content)).unwrap_err();
        assert_eq!((error.code.as_ref(), methods(&host).as_str()), (code::TIMEOUT, "OSD"));
        assert!((60_000..=120_000).contains(&host.now()) && model.is_clean());
    }
    let after = |delay| {
        let (_, host) = Model::with(move |seen, _| {
            seen.streamed.then(|| Fault::Told(Box::new(move |reply: Reply| reply.after(delay))))
        });
        let host = host.streaming_until(7_000, |_| usize::MAX);
        push(&host, stream(&content)).map(drop)
    };
    // 37 pieces of seven seconds each, and then thirty for the answer.
    after(29_000).unwrap();
    assert_eq!(after(95_000).unwrap_err().code, code::TIMEOUT);
}

/// What is sent may have to be asked for at the same registry.
#[test]
fn a_pull_is_a_source() {
    let content = text(9 * MIB);
    let all = content.clone();
    let (model, host) =
        Model::with(move |seen, _| seen.target.starts_with("/v2/c/d/").then(|| Fault::Instead(Reply::bytes(&all))));
    let host = host.streaming();
    let client = host.client_with(Settings { concurrency: Some(1), ..Default::default() });
    host.run(async {
        let from = client.repository("c/d", None).unwrap();
        let pull = from.blob(&sha256(&content), None, &Call::default()).await.unwrap();
        client.repository("a/b", None).unwrap().push_blob(Push::new(Box::new(pull)), &Call::default()).await.unwrap()
    });
    assert!(model.has(&content) && model.is_clean());
    // Nor does the request that takes it up again wait for the place of the one it feeds.
    let (all, other) = (text(8 * MIB), text(8 * MIB));
    let is_first = Cell::new(true);
    let (model, source) = Model::with(move |seen, _| {
        seen.target.starts_with("/v2/c/d/").then(|| {
            let cut = Reply::new(200).step(Step::Bytes(all.as_bytes()[..6 * MIB].to_vec())).step(Step::Reset);
            Fault::Instead(if is_first.replace(false) { cut } else { Reply::bytes(&all) })
        })
    });
    let source = source.streaming();
    let client = source.client_with(Settings { concurrency: Some(1), ..Default::default() });
    source.run(async {
        let from = client.repository("c/d", None).unwrap();
        let pull = from.blob(&sha256(&other), None, &Call::default()).await.unwrap();
        client.repository("a/b", None).unwrap().push_blob(Push::new(Box::new(pull)), &Call::default()).await.unwrap()
    });
    assert!(model.has(&other) && model.is_clean());
    assert_eq!(methods(&source).matches('S').count(), 1, "it need not end for that");
    // A part of one is verified by nobody but whoever sends it.
    source.run(async {
        let from = client.repository("c/d", None).unwrap();
        let pull = from.blob(&sha256(&content), Some((0, 5)), &Call::default()).await.unwrap();
        let pushed =
            client.repository("a/b", None).unwrap().push_blob(Push::new(Box::new(pull)), &Call::default()).await;
        assert_eq!(pushed.unwrap().digest.to_string(), sha256(&content[..6]));
    });
}
