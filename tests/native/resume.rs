//! Pulls that break off and are taken up again (RFC 9110 §14; S10).

use std::cell::Cell;
use std::rc::Rc;

use crate::support::{Bytes, Reply, Scripted, Seen, Step, descriptor, sha256};
use docker_registry_client_wasm::protocol::auth::secret::Secret;
use docker_registry_client_wasm::protocol::oci::digest::{Algorithm, Digest};
use docker_registry_client_wasm::registry::{Call, Layer, Settings};
use docker_registry_client_wasm::transport::auth::{AuthSettings, Credentials};
use docker_registry_client_wasm::transport::{Error, Result};
use futures_util::future::join;

const CONTENT: &str = "0123456789abcdefghij";
const MIB: usize = 1024 * 1024;

fn pull_with(host: &Scripted, settings: Settings, digest: &str, range: Option<(u64, u64)>) -> Result<Vec<u8>> {
    let repository = host.client_with(settings).repository("a/b", None).unwrap();
    let result = host.run(async { repository.blob(digest, range, &Call::default()).await?.collect().await });
    assert_eq!((host.open(), host.timers()), (0, 0), "nothing stays open");
    result.map(|chunks: Vec<Bytes>| chunks.into_iter().flat_map(|chunk| chunk.0).collect())
}

fn pull(host: &Scripted, digest: &str, range: Option<(u64, u64)>) -> Result<String> {
    pull_with(host, Settings::default(), digest, range).map(|bytes| String::from_utf8(bytes).unwrap())
}

fn code(result: Result<String>) -> String {
    result.unwrap_err().code.to_string()
}

fn ranges(host: &Scripted) -> Vec<Option<String>> {
    host.seen().iter().map(|seen| seen.headers.get("range").map(str::to_owned)).collect()
}

/// The first bytes of the content, and then nothing more.
fn start(bytes: usize) -> Reply {
    Reply::new(200).header("content-length", "20").step(Step::Bytes(CONTENT.as_bytes()[..bytes].to_vec()))
}

fn part(first: usize, last: usize) -> Reply {
    let range = format!("bytes {first}-{last}/20");
    Reply::bytes(&CONTENT[first..=last]).status(206).header("content-range", &range)
}

/// First the one, then what `rest` says to the nth request after it.
fn then(first: Reply, rest: impl Fn(u64, &Seen) -> Reply + 'static) -> Scripted {
    let count = Cell::new(0);
    Scripted::new(move |seen| {
        count.set(count.get() + 1);
        if count.get() == 1 { first.clone() } else { rest(count.get() - 1, seen) }
    })
}

/// F01: the rest is asked for from the first byte that is missing, and the hash goes on.
#[test]
fn the_rest_of_a_truncated_body_is_asked_for() {
    for broken in [start(7), start(7).step(Step::Reset), start(0), start(20).step(Step::Reset)] {
        let host = then(broken, |_, seen| match seen.headers.get("range") {
            Some("bytes=7-") => part(7, 19),
            Some("bytes=20-") => Reply::new(416),
            Some(_) => Reply::new(500),
            None => start(20),
        });
        assert_eq!(pull(&host, &sha256(CONTENT), None).unwrap(), CONTENT);
    }
    let again = then(start(7), |number, seen| {
        let from: usize = seen.headers.get("range").unwrap()[6..].trim_end_matches('-').parse().unwrap();
        assert_eq!(from as u64, 6 + number);
        let range = format!("bytes {from}-19/20");
        let one = CONTENT.as_bytes()[from..=from].to_vec();
        Reply::new(206).header("content-range", &range).step(Step::Bytes(one)).step(Step::Reset)
    });
    assert_eq!(code(pull(&again, &sha256(CONTENT), None)), "NETWORK", "five tries without progress to speak of");
    assert_eq!(again.seen().len(), 5);
}

/// F01: sha512 goes on as well.
#[test]
fn any_digest_survives_a_break() {
    let digest = Digest::of(Algorithm::Sha512, CONTENT.as_bytes()).to_string();
    let host = then(start(7), |_, _| part(7, 19));
    assert_eq!(pull(&host, &digest, None).unwrap(), CONTENT);
}

/// F02: a connection that breaks every mebibyte gets there.
#[test]
fn progress_forgives_failures() {
    let content: Rc<Vec<u8>> = Rc::new((0..12 * MIB).map(|at| (at / 251) as u8).collect());
    let digest = sha256(&*content);
    for (step, arrives) in [(MIB, true), (MIB - 1, false)] {
        let content = content.clone();
        let whole = content.clone();
        let host = Scripted::new(move |seen| {
            let range = seen.headers.get("range").map_or("0", |range| &range[6..range.len() - 1]);
            let from: usize = range.parse().unwrap();
            let to = (from + step).min(content.len());
            let last = content.len() - 1;
            let reply = Reply::new(if from == 0 { 200 } else { 206 })
                .header("content-length", &(content.len() - from).to_string())
                .header("content-range", &format!("bytes {from}-{last}/{}", content.len()))
                .step(Step::Bytes(content[from..to].to_vec()));
            if to < content.len() { reply.step(Step::Reset) } else { reply }
        });
        let result = pull_with(&host, Settings::default(), &digest, None);
        assert_eq!(result.is_ok_and(|bytes| bytes == *whole), arrives, "{step}");
        assert_eq!(host.seen().len(), if arrives { 12 } else { 5 });
    }
}

/// F03: the same break again and again ends after five tries, in known time.
#[test]
fn a_break_at_the_same_place_ends() {
    let host = Scripted::new(|seen| match seen.headers.get("range") {
        Some("bytes=7-") => Reply::new(206).header("content-range", "bytes 7-19/20").step(Step::Reset),
        _ => start(7).step(Step::Reset),
    });
    let error = pull(&host, &sha256(CONTENT), None).unwrap_err();
    assert_eq!((error.code.as_ref(), host.seen().len(), host.now()), ("NETWORK", 5, 2_812));
    assert_eq!(error.url.as_deref().map(|url| url.starts_with("https://registry.test/v2/a/b/blobs/")), Some(true));
}

/// F04: all of it instead of the rest: what is known already is skipped, never given out twice.
#[test]
fn a_whole_blob_instead_of_the_rest() {
    for chunk in 1..=20 {
        let host = then(start(7), move |_, seen| {
            assert_eq!(seen.headers.get("range"), Some("bytes=7-"));
            let chunks = CONTENT.as_bytes().chunks(chunk);
            chunks.fold(Reply::new(200).header("content-length", "20"), |reply, bytes| {
                reply.step(Step::Bytes(bytes.to_vec()))
            })
        });
        assert_eq!(pull(&host, &sha256(CONTENT), None).unwrap(), CONTENT);
        assert_eq!(host.seen().len(), 2);
    }
}

/// F05: no splicing of what was not asked for.
#[test]
fn a_part_that_is_not_the_one_asked_for_is_refused() {
    let doubled = {
        let mut reply = part(7, 19);
        reply.headers.push(("content-range".into(), "bytes 7-19/20".into()));
        reply
    };
    let absent = Reply::bytes(&CONTENT[7..]).status(206);
    for (reply, expected) in [
        (part(6, 19), "INVALID_RESPONSE"),
        (part(8, 19), "INVALID_RESPONSE"),
        (part(0, 19), "INVALID_RESPONSE"),
        (part(7, 18), "INVALID_RESPONSE"),
        (part(7, 19).header("content-range", "bytes 7-19"), "INVALID_RESPONSE"),
        (part(7, 19).header("content-range", "items 7-19/20"), "INVALID_RESPONSE"),
        (part(7, 19).header("content-range", "bytes 7-18/19"), "SIZE_MISMATCH"),
        (part(7, 19).header("content-range", "bytes 7-20/21"), "SIZE_MISMATCH"),
        (part(7, 19).step(Step::Bytes(b"k".to_vec())), "SIZE_MISMATCH"),
        (absent, "INVALID_RESPONSE"),
        (doubled, "INVALID_RESPONSE"),
    ] {
        let host = then(start(7), move |_, _| reply.clone());
        assert_eq!(code(pull(&host, &sha256(CONTENT), None)), expected);
        assert_eq!(host.seen().len(), 2);
    }
    let unknown = then(start(7), |_, _| part(7, 19).header("content-range", "bytes 7-19/*"));
    assert_eq!(pull(&unknown, &sha256(CONTENT), None).unwrap(), CONTENT);
}

/// F06: once all of it, and an error where that is refused too.
#[test]
fn a_registry_that_cannot_give_the_rest() {
    let host = then(start(7), |_, seen| if seen.headers.get("range").is_some() { Reply::new(416) } else { start(20) });
    assert_eq!(pull(&host, &sha256(CONTENT), None).unwrap(), CONTENT);
    assert_eq!(ranges(&host), [None, Some("bytes=7-".into()), None]);
    let refusing = then(start(7), |_, _| Reply::new(416));
    assert_eq!(pull(&refusing, &sha256(CONTENT), None).unwrap_err().status, Some(416));
    assert_eq!(refusing.seen().len(), 3);
    // Where it cannot give the rest once, it is not asked for the rest again.
    let breaking = then(start(7), |number, seen| match seen.headers.get("range") {
        Some(_) => Reply::new(416),
        None if number < 4 => start(9),
        None => start(20),
    });
    assert_eq!(pull(&breaking, &sha256(CONTENT), None).unwrap(), CONTENT);
    assert_eq!(ranges(&breaking).iter().flatten().count(), 1);
}

/// F07: a blob that was another when the pull went on comes once more from its start; a reader who has seen the first
/// bytes gets the error.
#[test]
fn a_blob_that_changed_comes_once_more() {
    let other = || part(7, 19).header("content-length", "13");
    let mixed = move |number: u64| {
        let mut reply = other();
        reply.body = vec![Step::Bytes(if number == 1 { b"!".repeat(13) } else { CONTENT.as_bytes()[7..].to_vec() })];
        reply
    };
    let host =
        then(start(7), move |number, seen| if seen.headers.get("range").is_some() { mixed(number) } else { start(20) });
    assert_eq!(pull(&host, &sha256(CONTENT), None).unwrap(), CONTENT);
    assert_eq!(ranges(&host), [None, Some("bytes=7-".into()), None]);

    let wrong = then(start(7), |_, seen| {
        let mut reply = if seen.headers.get("range").is_some() { part(7, 19) } else { start(20) };
        reply.body = vec![Step::Bytes(b"!".repeat(if reply.status == 206 { 13 } else { 20 }))];
        reply
    });
    assert_eq!(code(pull(&wrong, &sha256(CONTENT), None)), "DIGEST_MISMATCH");
    assert_eq!(wrong.seen().len(), 3, "one restart");

    let streamed = then(start(7), move |_, _| mixed(1));
    let repository = streamed.repository();
    let error: Error = streamed.run(async {
        let mut blob = repository.blob(&sha256(CONTENT), None, &Call::default()).await.unwrap();
        loop {
            match blob.next().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("the end of what is wrong"),
                Err(error) => return error,
            }
        }
    });
    assert_eq!((error.code.as_ref(), streamed.seen().len()), ("DIGEST_MISMATCH", 2));
}

/// F09: bytes that are wrong without a break are wrong again: no second try.
#[test]
fn wrong_bytes_are_not_asked_for_again() {
    let host = Scripted::new(|_| Reply::bytes("!".repeat(20)));
    assert_eq!(code(pull(&host, &sha256(CONTENT), None)), "DIGEST_MISMATCH");
    assert_eq!(host.seen().len(), 1);
}

/// F11: of an encoded body a part would be one of the encoded bytes.
#[test]
fn encoded_bodies_are_asked_for_whole() {
    let encoded = |reply: Reply| reply.header("content-encoding", "gzip").header("content-length", "5");
    let host = then(encoded(start(7)).step(Step::Reset), move |_, _| encoded(start(20)));
    assert_eq!(pull(&host, &sha256(CONTENT), None).unwrap(), CONTENT);
    assert_eq!(ranges(&host), [None, None]);
}

/// Without a length the end is where the digest is right; the first part that tells the length is believed.
#[test]
fn a_blob_of_unknown_length() {
    let broken = || {
        let mut reply = start(7).step(Step::Reset);
        reply.headers.clear();
        reply
    };
    let host = then(broken(), |_, _| part(7, 19));
    assert_eq!(pull(&host, &sha256(CONTENT), None).unwrap(), CONTENT);
    let short =
        then(
            broken(),
            |number, _| if number == 1 { part(7, 9).header("content-range", "bytes 7-9/*") } else { part(10, 19) },
        );
    assert_eq!(code(pull(&short, &sha256(CONTENT), None)), "DIGEST_MISMATCH");
}

/// F98: where `Content-Range` is hidden, the digest tells.
#[test]
fn a_page_resumes_too() {
    let broken = || start(7).step(Step::Reset).filtered();
    let host = then(broken(), |_, _| part(7, 19).filtered());
    assert_eq!(pull(&host, &sha256(CONTENT), None).unwrap(), CONTENT);
    let elsewhere = then(broken(), |_, seen| match seen.headers.get("range") {
        Some(_) => part(6, 19).filtered(),
        None => start(20).filtered(),
    });
    assert_eq!(pull(&elsewhere, &sha256(CONTENT), None).unwrap(), CONTENT, "by starting again");
}

#[test]
fn a_part_that_breaks_off_is_resumed_within_its_bounds() {
    let range = |from: usize, bytes: usize| {
        let mut reply = part(from, 14);
        reply.body = vec![Step::Bytes(CONTENT.as_bytes()[from..from + bytes].to_vec()), Step::Reset];
        reply
    };
    let host = then(range(5, 3), |_, _| part(8, 14));
    assert_eq!(pull(&host, &sha256(CONTENT), Some((5, 14))).unwrap(), "56789abcde");
    assert_eq!(ranges(&host), [Some("bytes=5-14".into()), Some("bytes=8-14".into())]);
    // All of the blob instead: what comes before the part, and behind it, is not given out.
    let whole = then(range(5, 3), |_, _| start(20));
    assert_eq!(pull(&whole, &sha256(CONTENT), Some((5, 14))).unwrap(), "56789abcde");
    let ignoring = then(start(9).step(Step::Reset), |_, _| start(20));
    assert_eq!(pull(&ignoring, &sha256(CONTENT), Some((5, 14))).unwrap(), "56789abcde");
    for wrong in [part(7, 14), part(8, 13), part(8, 15)] {
        let host = then(range(5, 3), move |_, _| wrong.clone());
        assert_eq!(code(pull(&host, &sha256(CONTENT), Some((5, 14)))), "INVALID_RESPONSE");
    }
}

/// F59: the token may expire while a long pull is under way.
#[test]
fn a_pull_goes_on_with_a_new_token() {
    let count = Cell::new(0);
    let host = Scripted::new(move |seen| {
        if seen.target.starts_with("https://auth.registry.test/") {
            count.set(count.get() + 1);
            return Reply::json(&format!(r#"{{"token":"t{}","expires_in":60}}"#, count.get()));
        }
        let is_good =
            seen.headers.get("authorization") == Some(if seen.at < 60_000 { "Bearer t1" } else { "Bearer t2" });
        match seen.headers.get("range") {
            _ if !is_good => {
                Reply::new(401).header("www-authenticate", "Bearer realm=\"https://auth.registry.test/token\"")
            }
            None => start(7)
                .step(Step::Pause(58_000))
                .step(Step::Bytes(b"789".to_vec()))
                .step(Step::Pause(59_000))
                .step(Step::Reset),
            Some(_) => part(10, 19),
        }
    });
    let credentials = Some(Credentials::Basic { username: "alice".into(), password: Secret::new("s3cret") });
    let settings = Settings { auth: AuthSettings { credentials, ..AuthSettings::default() }, ..Settings::default() };
    assert_eq!(pull_with(&host, settings, &sha256(CONTENT), None).unwrap(), CONTENT.as_bytes());
    let blobs: Vec<_> = host.seen().iter().filter(|seen| seen.target.contains("blobs")).map(|seen| seen.at).collect();
    assert_eq!(blobs.len(), 3, "asked, let in, and the rest: {:?}", host.targets());
}

/// F16: the signed address of a redirect expires; the registry gives a new one.
#[test]
fn a_pull_goes_on_where_a_new_redirect_leads() {
    let host = Scripted::new(|seen| {
        let Some(signed) = seen.target.strip_prefix("https://storage.test/?until=") else {
            let location = format!("https://storage.test/?until={}&sig=hush", seen.at + 10_000);
            return Reply::new(307).header("location", &location);
        };
        let until: u64 = signed.split('&').next().unwrap().parse().unwrap();
        match seen.headers.get("range") {
            _ if seen.at > until => Reply::new(403),
            None => start(7).step(Step::Pause(30_000)).step(Step::Reset),
            Some(_) => part(7, 19),
        }
    });
    assert_eq!(pull(&host, &sha256(CONTENT), None).unwrap(), CONTENT);
    assert_eq!(host.seen().len(), 4);
}

/// F14: a pull that is dropped while it pauses leaves nothing behind.
#[test]
fn a_pull_can_be_left_in_a_pause() {
    let host = then(start(7).step(Step::Reset), |_, _| Reply::new(503).header("retry-after", "30"));
    let repository = host.repository();
    let pulled = host.run_for(1_000, async {
        repository.blob(&sha256(CONTENT), None, &Call::default()).await?.collect().await.map(drop)
    });
    assert!(pulled.is_none());
    assert_eq!((host.open(), host.timers(), host.seen().len()), (0, 0, 2));
}

/// A reader at its own pace keeps no place, after a break as before it.
#[test]
fn a_pull_that_was_handed_over_keeps_no_place_when_it_goes_on() {
    let host = Scripted::new(|seen| match seen.headers.get("range") {
        _ if seen.target.contains("tags") => Reply::json("{}"),
        Some(_) => part(7, 19).step(Step::Pause(1_000)),
        None => start(7).step(Step::Reset),
    });
    let client = host.client_with(Settings { concurrency: Some(1), ..Settings::default() });
    let repository = client.repository("a/b", None).unwrap();
    host.run(async {
        let mut blob = repository.blob(&sha256(CONTENT), None, &Call::default()).await.unwrap();
        blob.release_permit();
        assert_eq!(blob.next().await.unwrap().unwrap().0.len(), 7);
        assert_eq!(blob.next().await.unwrap().unwrap().0.len(), 13);
        let tags = repository.tags(None, Call::default()).collect();
        let (tags, end) = join(tags, blob.next()).await;
        assert!(tags.is_ok() && end.unwrap().is_none());
    });
}

/// F10, F15, F21, F22: what a descriptor says of the size is checked before a byte is read, for each descriptor.
#[test]
fn the_size_of_a_descriptor_is_checked() {
    let layer = "application/vnd.oci.image.layer.v1.tar";
    let right = descriptor(layer, CONTENT, "");
    let layers = [right.clone(), right.replace("\"size\":20", "\"size\":21"), descriptor(layer, "", "")].join(",");
    let config = descriptor("application/vnd.example.config+json", "{}", "");
    let media_type = "application/vnd.oci.image.manifest.v1+json";
    let manifest = format!(r#"{{"schemaVersion":2,"mediaType":"{media_type}","config":{config},"layers":[{layers}]}}"#);
    let portal = Rc::new(Cell::new(false));
    let is_portal = portal.clone();
    let host = Scripted::new(move |seen| {
        if seen.target.contains("manifests") {
            return Reply::manifest(media_type, &manifest);
        }
        if is_portal.get() {
            return Reply::bytes("<html>log in</html>").header("content-type", "text/html");
        }
        Reply::bytes(if seen.target.ends_with(&sha256("")) { "" } else { CONTENT })
    });
    let repository = host.repository();
    let call = Call::default();
    let image = host.run(repository.image("latest", None, &call)).unwrap();
    let pull = |position: i64| {
        let before = host.bytes_sent();
        let result = host.run(async { image.layer(Layer::Position(position), &call).await?.collect().await });
        (result.map_err(|error| error.code.to_string()), host.bytes_sent() - before)
    };
    let count = |chunks: Vec<Bytes>| chunks.iter().map(|chunk| chunk.0.len()).sum::<usize>();
    assert_eq!(pull(0).0.map(count), Ok(20));
    assert_eq!(pull(1), (Err("SIZE_MISMATCH".into()), 0));
    assert_eq!(pull(2).0.map(count), Ok(0));
    portal.set(true);
    assert_eq!(pull(0), (Err("SIZE_MISMATCH".into()), 0));
}
