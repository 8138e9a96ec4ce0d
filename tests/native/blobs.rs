//! Blobs against a scripted registry: verified while they stream, in whole and in part.

use crate::support::{Bytes, Reply, Scripted, Step, sha256};
use docker_registry_client_wasm::protocol::http::Method;
use docker_registry_client_wasm::registry::{BlobPull, Call, Repository, Settings};

const CONTENT: &str = "0123456789abcdefghij";

fn pull(host: &Scripted, digest: &str, range: Option<(u64, u64)>) -> Result<String, (String, String)> {
    pull_from(host, host.repository(), digest, range)
}

fn pull_once(host: &Scripted, digest: &str, range: Option<(u64, u64)>) -> Result<String, (String, String)> {
    pull_from(host, host.once().repository("a/b", None).unwrap(), digest, range)
}

fn pull_from(
    host: &Scripted,
    repository: Repository<Scripted>,
    digest: &str,
    range: Option<(u64, u64)>,
) -> Result<String, (String, String)> {
    let result = host.run(async { repository.blob(digest, range, &Call::default()).await?.collect().await });
    assert_eq!(host.open(), 0, "nothing stays open");
    let text = |chunks: Vec<Bytes>| String::from_utf8(chunks.into_iter().flat_map(|chunk| chunk.0).collect()).unwrap();
    result.map(text).map_err(|error| (error.code.to_string(), error.message.clone()))
}

fn chunked(sizes: usize) -> Reply {
    let chunks = CONTENT.as_bytes().chunks(sizes);
    chunks.fold(Reply::new(200), |reply, chunk| reply.step(Step::Bytes(chunk.to_vec())))
}

/// F21.
#[test]
fn a_blob_is_verified() {
    for size in 1..=CONTENT.len() {
        let host = Scripted::new(move |_| chunked(size));
        assert_eq!(pull(&host, &sha256(CONTENT), None).unwrap(), CONTENT);
    }
    let sha512 = docker_registry_client_wasm::protocol::oci::digest::Digest::of(
        docker_registry_client_wasm::protocol::oci::digest::Algorithm::Sha512,
        CONTENT.as_bytes(),
    );
    let host = Scripted::new(|_| chunked(7));
    assert_eq!(pull(&host, &sha512.to_string(), None).unwrap(), CONTENT);
    let empty = Scripted::new(|_| Reply::bytes(""));
    assert_eq!(pull(&empty, &sha256(""), None).unwrap(), "");
}

/// F09.
#[test]
fn wrong_bytes_end_in_an_error_not_in_the_end() {
    let host = Scripted::new(|_| chunked(7));
    let repository = host.repository();
    host.run(async {
        let mut blob = repository.blob(&sha256("other"), None, &Call::default()).await.unwrap();
        for _ in 0..3 {
            assert!(blob.next().await.unwrap().is_some());
        }
        assert_eq!(blob.next().await.unwrap_err().code, "DIGEST_MISMATCH");
        assert!(blob.next().await.unwrap().is_none());
    });
    assert_eq!(host.open(), 0);
}

/// F01, F08, F10, F13.
#[test]
fn short_broken_and_endless_bodies() {
    let digest = sha256(CONTENT);
    let short = Scripted::new(|_| chunked(7).header("content-length", "21"));
    assert_eq!(pull(&short, &digest, None).unwrap_err().0, "TRUNCATED");
    let broken = Scripted::new(|_| chunked(7).step(Step::Reset));
    assert_eq!(pull(&broken, &digest, None).unwrap_err().0, "NETWORK");
    let longer = Scripted::new(|_| chunked(7).header("content-length", "19"));
    assert_eq!(pull(&longer, &digest, None).unwrap_err().0, "SIZE_MISMATCH");
    let endless = Scripted::new(|_| Reply::new(200).header("content-length", "1000").step(Step::Forever(vec![0; 64])));
    assert_eq!(pull(&endless, &digest, None).unwrap_err().0, "SIZE_MISMATCH");
    assert!(endless.bytes_sent() < 1_200);
    let stalled = Scripted::new(|_| chunked(7).step(Step::Hang));
    assert_eq!(pull(&stalled, &digest, None).unwrap_err().0, "TIMEOUT");
}

/// F11: A proxy that compresses, seen or unseen, makes the length that of something else.
#[test]
fn the_length_of_an_encoded_body_says_nothing() {
    let digest = sha256(CONTENT);
    let encoded = Scripted::new(|_| chunked(7).header("content-length", "5").header("content-encoding", "gzip"));
    assert_eq!(pull(&encoded, &digest, None).unwrap(), CONTENT);
    let hidden =
        Scripted::new(|_| chunked(7).header("content-length", "5").header("content-encoding", "gzip").filtered());
    assert_eq!(pull(&hidden, &digest, None).unwrap(), CONTENT);
}

#[test]
fn a_missing_blob_and_a_bad_digest() {
    let host = Scripted::new(|_| Reply::json(r#"{"errors":[{"code":"BLOB_UNKNOWN","message":"x"}]}"#).status(404));
    assert_eq!(pull(&host, &sha256("x"), None).unwrap_err().0, "BLOB_UNKNOWN");
    let silent = Scripted::new(|_| Reply::new(500));
    assert_eq!(pull(&silent, "sha256:xyz", None).unwrap_err().0, "INVALID_REFERENCE");
    assert_eq!(pull(&silent, &format!("blake3:{}", "0".repeat(64)), None).unwrap_err().0, "UNSUPPORTED");
    assert!(silent.seen().is_empty());
}

/// F05, S10.
#[test]
fn a_range_is_delivered_as_asked_for() {
    let part = |first: usize, last: usize, range: &str| {
        Reply::bytes(&CONTENT[first..=last]).status(206).header("content-range", range)
    };
    let honest = Scripted::new(move |seen| {
        assert_eq!(seen.headers.get("range"), Some("bytes=5-9"));
        part(5, 9, "bytes 5-9/20")
    });
    assert_eq!(pull(&honest, &sha256(CONTENT), Some((5, 9))).unwrap(), "56789");
    let to_the_end = Scripted::new(move |_| part(15, 19, "bytes 15-19/20"));
    assert_eq!(pull(&to_the_end, &sha256(CONTENT), Some((15, 99))).unwrap(), "fghij");
    for (range, code) in [
        ("bytes 6-10/20", "INVALID_RESPONSE"),
        ("bytes 5-8/20", "INVALID_RESPONSE"),
        ("bytes 5-9", "INVALID_RESPONSE"),
        ("lines 5-9/20", "INVALID_RESPONSE"),
        ("bytes 9-5/20", "INVALID_RESPONSE"),
    ] {
        let host = Scripted::new(move |_| part(5, 9, range));
        assert_eq!(pull(&host, &sha256(CONTENT), Some((5, 9))).unwrap_err().0, code, "{range}");
    }
    let absent = Scripted::new(|_| Reply::bytes("56789").status(206));
    assert_eq!(pull(&absent, &sha256(CONTENT), Some((5, 9))).unwrap_err().0, "INVALID_RESPONSE");
    let hidden = Scripted::new(|_| Reply::bytes("56789").status(206).filtered());
    assert_eq!(pull(&hidden, &sha256(CONTENT), Some((5, 9))).unwrap(), "56789");
    let short = Scripted::new(move |_| part(5, 8, "bytes 5-9/20").header("content-length", "4"));
    assert_eq!(pull_once(&short, &sha256(CONTENT), Some((5, 9))).unwrap_err().0, "TRUNCATED");
    assert_eq!(
        pull(&short, &sha256(CONTENT), Some((5, 9))).unwrap_err().0,
        "INVALID_RESPONSE",
        "not the rest asked for"
    );
    let long = Scripted::new(move |_| part(5, 10, "bytes 5-9/20"));
    assert_eq!(pull(&long, &sha256(CONTENT), Some((5, 9))).unwrap_err().0, "SIZE_MISMATCH");
}

/// F04: ferro ignores Range and sends everything.
#[test]
fn a_whole_blob_instead_of_a_part_is_cut() {
    for size in 1..=CONTENT.len() {
        for with_length in [true, false] {
            let host =
                Scripted::new(
                    move |_| if with_length { chunked(size).header("content-length", "20") } else { chunked(size) },
                );
            assert_eq!(pull(&host, &sha256(CONTENT), Some((5, 9))).unwrap(), "56789");
            assert_eq!(pull(&host, &sha256(CONTENT), Some((0, 0))).unwrap(), "0");
            assert_eq!(pull(&host, &sha256(CONTENT), Some((0, 19))).unwrap(), CONTENT);
        }
        let host = Scripted::new(move |_| chunked(size).header("content-length", "20"));
        assert_eq!(pull(&host, &sha256(CONTENT), Some((18, 100))).unwrap(), "ij");
    }
    let host = Scripted::new(|_| chunked(3).header("content-length", "20"));
    assert_eq!(pull(&host, &sha256(CONTENT), Some((20, 25))).unwrap_err().0, "INVALID_ARGUMENT");
    let endless = Scripted::new(|_| Reply::new(200).step(Step::Forever(vec![b'x'; 4])));
    assert_eq!(pull(&endless, &sha256(CONTENT), Some((2, 5))).unwrap(), "xxxx");
    assert_eq!(endless.dropped_early(), 1, "the rest is not read");
}

#[test]
fn ranges_that_make_no_sense() {
    let host = Scripted::new(|_| Reply::new(416));
    assert_eq!(pull(&host, &sha256("x"), Some((9, 5))).unwrap_err().0, "INVALID_ARGUMENT");
    assert!(host.seen().is_empty());
    assert_eq!(pull(&host, &sha256("x"), Some((5, 9))).unwrap_err().0, "HTTP_ERROR");
    assert_eq!(pull(&host, &sha256("x"), Some((0, u64::MAX - 1))).unwrap_err().0, "HTTP_ERROR");
}

/// F14.
#[test]
fn a_dropped_pull_stops_its_request() {
    let host = Scripted::new(|_| Reply::new(200).step(Step::Forever(vec![0; 64])));
    let repository = host.repository();
    host.run(async {
        let mut blob = repository.blob(&sha256("x"), None, &Call::default()).await.unwrap();
        blob.next().await.unwrap();
        assert_eq!(host.open(), 1);
        drop(blob);
        assert_eq!(host.open(), 0);
    });
}

/// A caller may read as slowly as it likes without starving other calls.
#[test]
fn a_pull_handed_over_gives_its_place_back() {
    let host = Scripted::new(|seen| if seen.target.contains("blobs") { chunked(1) } else { Reply::json("{}") });
    let client = host.client_with(Settings { concurrency: Some(1), ..Settings::default() });
    let repository = client.repository("a/b", None).unwrap();
    host.run(async {
        let mut blob: BlobPull<Scripted> = repository.blob(&sha256(CONTENT), None, &Call::default()).await.unwrap();
        blob.release_permit();
        repository.tags(None, Call::default()).collect().await.unwrap();
        assert_eq!(blob.collect().await.unwrap().len(), CONTENT.len());
    });
}

#[test]
fn head_of_a_blob() {
    let head = |reply: Reply| {
        let host = Scripted::new(move |_| reply.clone());
        host.run(host.repository().head_blob(&sha256(CONTENT), &Call::default()))
            .map(|found| found.map(|found| found.size))
    };
    assert_eq!(head(Reply::bytes(CONTENT)).unwrap(), Some(20));
    assert_eq!(head(Reply::new(404)).unwrap(), None);
    assert_eq!(head(Reply::json(r#"{"errors":[{"code":"DENIED"}]}"#).status(403)).unwrap_err().code, "DENIED");
    assert_eq!(head(Reply::new(200)).unwrap_err().code, "INVALID_RESPONSE");
}

/// HEAD is a hint: where it does not tell, or somebody else answers it, GET does.
#[test]
fn head_of_a_blob_that_does_not_tell() {
    let found = |head: Reply, get: Reply| {
        let host = Scripted::new(move |seen| match seen.method {
            Method::Head => head.clone(),
            _ if get.status == 200 && seen.headers.get("range").is_none() => get.clone(),
            _ if get.status == 206 && seen.headers.get("range").is_none() => Reply::bytes(CONTENT),
            _ => get.clone(),
        });
        let result = host.run(host.repository().head_blob(&sha256(CONTENT), &Call::default()));
        assert_eq!(host.open(), 0, "nothing stays open");
        result.map(|found| found.map(|found| found.size)).map_err(|error| error.code.to_string())
    };
    let page = || Reply::bytes("<!doctype html>").header("content-type", "text/html");
    let first = |range: &str| Reply::bytes("0").status(206).header("content-range", range);
    let gzip = |reply: Reply| reply.header("content-encoding", "gzip");
    for head in
        [Reply::new(200), Reply::bytes(""), gzip(Reply::bytes("123")), page(), page().status(404), Reply::new(403)]
    {
        for (get, expected) in [
            (Reply::bytes(CONTENT), Ok(Some(20))),
            (first("bytes 0-0/20"), Ok(Some(20))),
            (first("bytes 0-0/*"), Ok(Some(20))),
            (first("nonsense"), Ok(Some(20))),
            // No length anywhere: it is counted.
            (chunked(3), Ok(Some(20))),
            (gzip(chunked(3).header("content-length", "5")), Ok(Some(20))),
            (Reply::new(404), Ok(None)),
            (page().status(404), Ok(None)),
            (page(), Err("INVALID_RESPONSE")),
            (Reply::new(200), Err("INVALID_RESPONSE")),
            (Reply::json(r#"{"errors":[{"code":"DENIED"}]}"#).status(403), Err("DENIED")),
        ] {
            let what = format!("{head:?} {get:?}");
            assert_eq!(found(head.clone(), get), expected.map_err(str::to_owned), "{what}");
        }
    }
    // A registry that knows no ranges of it.
    let host = Scripted::new(|seen| match (seen.method, seen.headers.get("range")) {
        (Method::Head, _) => Reply::new(200),
        (_, Some(_)) => Reply::new(416),
        _ => Reply::bytes(CONTENT),
    });
    let blob = host.run(host.repository().head_blob(&sha256(CONTENT), &Call::default())).unwrap();
    assert_eq!(blob.map(|blob| blob.size), Some(20));
    // Nothing has no first byte.
    let host = Scripted::new(|seen| {
        assert_eq!(seen.headers.get("range"), None);
        Reply::new(200)
    });
    let blob = host.run(host.repository().head_blob(&sha256(""), &Call::default())).unwrap();
    assert_eq!(blob.map(|blob| blob.size), Some(0));
    // Only so much is counted.
    let host = Scripted::new(|seen| match seen.method {
        Method::Head => Reply::new(200),
        _ => Reply::new(200).step(Step::Forever(vec![0; 1 << 20])),
    });
    let error = host.run(host.repository().head_blob(&sha256(CONTENT), &Call::default())).unwrap_err();
    assert!(error.code == "INVALID_RESPONSE" && error.message.contains("the blob exists"), "{}", error.message);
    assert!(host.bytes_sent() <= 66 << 20);
}

/// F15.
#[test]
fn a_page_in_place_of_a_blob_is_called_one() {
    for size in [None, Some("20")] {
        let host = Scripted::new(move |_| {
            let reply = Reply::bytes("<!doctype html>login").header("content-type", "text/html; charset=utf-8");
            size.map_or(reply.clone(), |size| reply.header("content-length", size))
        });
        let (code, message) = pull(&host, &sha256(CONTENT), None).unwrap_err();
        assert_eq!(code, "DIGEST_MISMATCH");
        assert!(message.contains("text/html"), "{message}");
    }
}
