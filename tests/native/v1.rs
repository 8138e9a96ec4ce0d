//! The V1 protocol against a scripted registry: what no real one gives on demand.

use std::cell::Cell;
use std::rc::Rc;

use crate::support::{Bytes, Reply, Scripted, Seen, Step, sha256};
use docker_registry_client_wasm::protocol::http::Method;
use docker_registry_client_wasm::registry::legacy::LARGEST_STREAM;
use docker_registry_client_wasm::registry::tag::describe::Order;
use docker_registry_client_wasm::registry::{
    BlobSource, Call, Image, ImageReference, InMemory, Layer, Repository, Settings, TagData, Version,
};
use docker_registry_client_wasm::transport::{Error, Result};

const BASE: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const TOP: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const LAYER: &str = "0123456789abcdefghij";

fn json_of(id: &str) -> String {
    let parent = if id == TOP { format!(r#","parent":"{BASE}""#) } else { String::new() };
    format!(
        r#"{{"id":"{id}"{parent},"created":"2013-03-23T12:55:11.10432-07:00","os":"linux","architecture":"amd64",
        "container_config":{{"Cmd":null}},"comment":"test base image"}}"#
    )
}

fn checksum_of(id: &str, layer: &str) -> String {
    sha256(format!("{}\n{layer}", json_of(id)))
}

/// A V1 registry with the tag `latest` of `library/web`, an image of two layers.
fn registry(seen: &Seen) -> Reply {
    let answer = |text: String| Reply::json(&text);
    match seen.target.as_str() {
        "/v1/_ping" => Reply::json("{}"),
        "/v1/repositories/library/web/tags" => answer(format!(r#"{{"latest":"{TOP}"}}"#)),
        "/v1/repositories/library/web/tags/latest" => answer(format!("\"{TOP}\"")),
        "/v1/repositories/library/web/tags/latest/json" => Reply::json(r#"{"last_update":1}"#),
        target => match target.strip_prefix("/v1/images/").and_then(|rest| rest.split_once('/')) {
            Some((id, "ancestry")) if id == TOP => answer(format!(r#"["{TOP}","{BASE}"]"#)),
            Some((id, "json")) if id == TOP || id == BASE => answer(json_of(id))
                .header("x-docker-size", "20")
                .header("x-docker-checksum-payload", &checksum_of(id, LAYER)),
            Some((_, "layer")) => Reply::bytes(LAYER).header("content-length", "20"),
            _ => Reply::json(r#"{"error":"not found"}"#).status(404),
        },
    }
}

/// The same, where one path has another answer.
fn with(path: &'static str, reply: Reply) -> Scripted {
    Scripted::new(move |seen| if seen.target == path { reply.clone() } else { registry(seen) })
}

fn repository_of(host: &Scripted) -> Repository<Scripted> {
    let settings = Settings { api_version: Some(Version::V1), ..Settings::default() };
    host.raw_client(settings).repository("web", None).unwrap()
}

fn image_of(host: &Scripted) -> Result<Image<Scripted>> {
    let repository = repository_of(host);
    let image = host.run(repository.image("latest", None, &Call::default()));
    assert_eq!((host.open(), host.timers()), (0, 0), "nothing stays open");
    image
}

fn pull(host: &Scripted) -> Result<String> {
    let image = image_of(host)?;
    let result = host.run(async { image.layer(Layer::Top, &Call::default()).await?.collect().await });
    assert_eq!((host.open(), host.timers()), (0, 0), "nothing stays open");
    result.map(|chunks| String::from_utf8(chunks.into_iter().flat_map(|chunk| chunk.0).collect()).unwrap())
}

#[test]
fn reads() {
    let host = Scripted::new(registry);
    let image = image_of(&host).unwrap();
    assert_eq!((image.id(), image.digest(), image.is_verified(), image.size()), (TOP, None, false, Some(40)));
    assert_eq!(image.created(), Some("2013-03-23T12:55:11.10432-07:00"));
    assert_eq!(host.run(image.ancestry()).unwrap(), [TOP, BASE]);
    assert_eq!(pull(&host).unwrap(), LAYER);
    let repository = repository_of(&host);
    let TagData { id, digest, verified, tag_json, .. } = host.run(repository.data("latest", &Call::default())).unwrap();
    assert_eq!((id.as_deref(), digest, verified), (Some(TOP), None, false));
    assert_eq!(tag_json.unwrap(), r#"{"last_update":1}"#);
}

/// A repository's tags where the registry lists objects (Docker Hub), where there is no JSON of a tag, where an image's JSON
/// tells neither size nor checksum.
#[test]
fn reads_what_others_than_docker_registry_give() {
    let listed = with("/v1/repositories/library/web/tags", Reply::json(r#"[{"layer":"bbbbbbbb","name":"latest"}]"#));
    let tags = host_tags(&listed).unwrap();
    assert_eq!(tags, ["latest"]);
    let bare = Scripted::new(|seen| match (seen.method, seen.target.as_str()) {
        (Method::Head, _) => Reply::new(405),
        (_, target) if target.ends_with("latest/json") => Reply::new(404),
        (_, target) if target.ends_with("/json") => {
            Reply::json(&json_of(if target.contains(TOP) { TOP } else { BASE }))
        }
        _ => registry(seen),
    });
    assert_eq!(image_of(&bare).unwrap().size(), None);
    assert_eq!(pull(&bare).unwrap(), LAYER);
    let repository = repository_of(&bare);
    let data = host_run(&bare, repository.data("latest", &Call::default())).unwrap();
    assert_eq!((data.size, data.tag_json.is_none()), (None, true));
    let sized = Scripted::new(|seen| match (seen.method, seen.target.as_str()) {
        (Method::Head, _) => Reply::new(200).header("content-length", "7"),
        (_, target) if target.ends_with("/json") => {
            Reply::json(&json_of(if target.contains(TOP) { TOP } else { BASE }))
        }
        _ => registry(seen),
    });
    assert_eq!(image_of(&sized).unwrap().size(), Some(14), "by HEAD");
}

fn host_run<T>(host: &Scripted, future: impl Future<Output = Result<T>>) -> Result<T> {
    host.run(future)
}

fn host_tags(host: &Scripted) -> Result<Vec<String>> {
    host.run(repository_of(host).tags(None, Call::default()).collect())
}

#[test]
fn answers_that_are_none() {
    let html = || Reply::bytes("<!doctype html><title>Login</title>").header("content-type", "text/html");
    const TAGS: &str = "/v1/repositories/library/web/tags";
    for (reply, code) in [
        (html(), "INVALID_RESPONSE"),
        (html().status(404), "NOT_FOUND"),
        (Reply::json("null"), "INVALID_RESPONSE"),
        (Reply::json(r#"["latest"]"#), "INVALID_RESPONSE"),
        (Reply::json(r#"{"latest":null}"#), "INVALID_RESPONSE"),
        (Reply::json(&"[".repeat(100_000)), "INVALID_RESPONSE"),
        (Reply::json(r#"{"error":"Requires authorization"}"#).status(401), "AUTH_REQUIRED"),
    ] {
        let error = host_tags(&with(TAGS, reply)).unwrap_err();
        assert_eq!(error.code, code, "{error}");
    }
    let page = host_tags(&with(TAGS, html())).unwrap_err();
    assert!(page.message.contains("check whether a proxy or a login page responds"), "{page}");
    let told = host_tags(&with(TAGS, Reply::json(r#"{"error":"Not today"}"#).status(404))).unwrap_err();
    assert!(told.message.ends_with("failed with status 404: Not today"), "{told}");
}

#[test]
fn images_that_are_none() {
    const TAG: &str = "/v1/repositories/library/web/tags/latest";
    const ANCESTRY: &str = "/v1/images/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb/ancestry";
    const BASE_JSON: &str = "/v1/images/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/json";
    let list = |ids: &[&str]| Reply::json(&serde_json::to_string(ids).unwrap());
    let many: Vec<String> = (0..100_000).map(|number| format!("{number:064x}")).collect();
    let many: Vec<&str> = [TOP].into_iter().chain(many.iter().map(String::as_str)).collect();
    for (path, reply, message) in [
        (TAG, Reply::json("\"../../etc/passwd\""), "tag: image id \"../../etc/passwd\": '.' at position 0"),
        (TAG, Reply::json("\"abc\""), "tag: image id \"abc\": it has 3 digits"),
        (TAG, Reply::json("null"), "tag: got null"),
        (TAG, Reply::json("{}"), "tag: got an object"),
        (ANCESTRY, list(&[]), "ancestry: it is empty"),
        (ANCESTRY, list(&[BASE]), "ancestry[0]: it is aaaa"),
        (ANCESTRY, list(&[TOP, BASE, TOP]), "ancestry[2]: the ancestry is a cycle"),
        (ANCESTRY, list(&[TOP, "x"]), "ancestry[1]: image id \"x\""),
        (ANCESTRY, list(&many), "ancestry[1000]: an image may have 1000 layers at most"),
        (ANCESTRY, Reply::json("null"), "ancestry: got null"),
        (BASE_JSON, Reply::json(&json_of(TOP)), "image JSON: id: it is bbbb"),
        (BASE_JSON, Reply::json("[]"), "image JSON: got an array"),
        (BASE_JSON, Reply::json(r#"{"parent":"../x"}"#), "image JSON: parent: image id"),
    ] {
        let host = with(path, reply);
        let error = image_of(&host).err().unwrap();
        assert_eq!((error.code.as_ref(), error.message.starts_with(message)), ("INVALID_RESPONSE", true), "{error}");
        assert!(host.seen().len() <= 5, "{message}: nothing more is asked for");
    }
    let gone = image_of(&with(BASE_JSON, Reply::json(r#"{"error":"Image not found"}"#).status(404))).err().unwrap();
    assert_eq!(gone.code, "NOT_FOUND");
}

#[test]
fn documents_have_a_limit() {
    for rest in ["/ancestry", "/json", "/latest"] {
        let host = Scripted::new(move |seen| {
            let endless = Reply::new(200).step(Step::Forever(vec![b' '; 1 << 20]));
            if seen.target.ends_with(rest) { endless } else { registry(seen) }
        });
        assert_eq!(image_of(&host).err().unwrap().code, "TOO_LARGE", "{rest}");
    }
}

#[test]
fn layers_of_another_content_or_length() {
    const PATH: &str = "/v1/images/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb/layer";
    for (reply, code) in [
        (Reply::bytes("0123456789abcdefghiX").header("content-length", "20"), "DIGEST_MISMATCH"),
        (Reply::bytes("0123").header("content-length", "4"), "SIZE_MISMATCH"),
        (Reply::new(200).step(Step::Bytes(format!("{LAYER}more").into_bytes())), "SIZE_MISMATCH"),
        (Reply::new(200).step(Step::Bytes(b"0123".to_vec())), "TRUNCATED"),
        (Reply::json(r#"{"error":"Image not found"}"#).status(404), "NOT_FOUND"),
    ] {
        let host = Scripted::new(move |seen| if seen.target == PATH { reply.clone() } else { registry(seen) });
        let error = pull(&host).unwrap_err();
        assert_eq!(error.code, code, "{error}");
        assert!(!error.message.contains("sha256") || code == "DIGEST_MISMATCH", "{error}");
    }
}

/// The range names the last byte: docker-registry's answer to one without promises a byte more than there is.
#[test]
fn a_layer_goes_on_where_it_broke_off() {
    let host = Scripted::new(|seen| match (seen.target.ends_with("/layer"), seen.headers.get("range")) {
        (true, None) => Reply::new(200)
            .header("content-length", "20")
            .step(Step::Bytes(LAYER.as_bytes()[..7].to_vec()))
            .step(Step::Reset),
        (true, Some("bytes=7-19")) => {
            Reply::bytes(&LAYER[7..]).status(206).header("content-range", "7-19/20").header("content-length", "13")
        }
        (true, Some(other)) => panic!("{other}"),
        _ => registry(seen),
    });
    assert_eq!(pull(&host).unwrap(), LAYER);
}

fn search(pages: impl Fn(u64) -> String + 'static) -> Scripted {
    Scripted::new(move |seen| {
        let page = seen.target.split_once("page=").map_or(1, |(_, number)| number.parse().unwrap());
        Reply::json(&pages(page))
    })
}

fn catalog(host: &Scripted) -> Result<Vec<String>> {
    let settings = Settings { api_version: Some(Version::V1), max_pages: 50, ..Settings::default() };
    host.run(host.raw_client(settings).catalog(None, Call::default()).collect())
}

#[test]
fn searches_come_in_pages() {
    let paged = |page| format!(r#"{{"num_pages":3,"results":[{{"name":"a/r{page}"}},{{"name":"b/r{page}"}}]}}"#);
    let host = search(paged);
    assert_eq!(catalog(&host).unwrap(), ["a/r1", "b/r1", "a/r2", "b/r2", "a/r3", "b/r3"]);
    assert_eq!(host.targets()[1], "GET /v1/search?q=&n=100&page=2");
    let client = host.raw_client(Settings { api_version: Some(Version::V1), ..Settings::default() });
    let found = host.run(client.search("a b&c", &Call::default())).unwrap();
    assert_eq!(
        found,
        r#"[{"name":"a/r1"},{"name":"b/r1"},{"name":"a/r2"},{"name":"b/r2"},{"name":"a/r3"},{"name":"b/r3"}]"#
    );
    assert!(host.targets().iter().any(|target| target == "GET /v1/search?q=a%20b%26c&n=100"), "{:?}", host.targets());
    // Who ignores which page is asked for is asked twice, not a million times.
    let same = search(|_| r#"{"num_pages":1000000,"results":[{"name":"a"},{"name":"a"},{"name":"b"}]}"#.into());
    assert_eq!((catalog(&same).unwrap(), same.seen().len()), (vec!["a".into(), "b".into()], 2));
    // Unless there must be more.
    let cut = search(|_| r#"{"num_pages":9,"num_results":18,"results":[{"name":"a"},{"name":"b"}]}"#.into());
    assert_eq!(catalog(&cut).unwrap_err().code, "PAGING_LOOP");
    let client = cut.raw_client(Settings { api_version: Some(Version::V1), ..Settings::default() });
    assert_eq!(cut.run(client.search("a", &Call::default())).unwrap_err().code, "PAGING_LOOP");
    let endless = search(|page| format!(r#"{{"num_pages":1000000,"results":[{{"name":"r{page}"}}]}}"#));
    assert_eq!(catalog(&endless).unwrap_err().code, "TOO_LARGE");
    let client = endless.raw_client(Settings { api_version: Some(Version::V1), max_items: 9, ..Settings::default() });
    assert_eq!(endless.run(client.search("", &Call::default())).unwrap_err().code, "TOO_LARGE");
    for body in ["null", "{}", r#"{"results":[{}]}"#, "<html>"] {
        assert_eq!(catalog(&search(|_| body.to_owned())).unwrap_err().code, "INVALID_RESPONSE");
    }
    assert_eq!(catalog(&search(|_| r#"{"results":[]}"#.to_owned())).unwrap(), [""; 0]);
}

/// Whatever becomes of the answer, what the tag points to is told.
#[test]
fn tags_whose_answer_is_lost() {
    const NEW: &str = "/v1/repositories/library/web/tags/new";
    let tag = |done: bool| {
        let stored = Rc::new(Cell::new(false));
        let host = Scripted::new(move |seen| match (seen.method, seen.target.as_str()) {
            (Method::Put, NEW) => {
                assert_eq!(seen.body, format!("\"{TOP}\""));
                stored.set(done);
                Reply::new(500)
            }
            (Method::Delete, NEW) => {
                stored.set(!done);
                Reply::new(404)
            }
            (Method::Get, NEW) if stored.get() => Reply::json(&format!("\"{TOP}\"")),
            _ => registry(seen),
        });
        let repository = repository_of(&host);
        let source = ImageReference::Reference("latest".into());
        let result = host.run(repository.tag("new", &source, None, &Call::default()));
        (result, host, repository)
    };
    let (done, host, repository) = tag(true);
    done.unwrap();
    host.run(repository.untag("new", &Call::default())).unwrap();
    let error = tag(false).0.unwrap_err();
    assert_eq!((error.code.as_ref(), error.status), ("HTTP_ERROR", Some(500)));
    assert!(error.message.ends_with("; the tag new does not exist"), "{error}");
}

/// So many bytes, which say how many they are or do not.
struct Stream(u64, bool);

impl BlobSource<Bytes> for Stream {
    fn next(&mut self) -> docker_registry_client_wasm::registry::blob::source::Next<'_, Bytes> {
        Box::pin(async {
            let length = self.0.min(1 << 20);
            self.0 -= length;
            Ok((length > 0).then(|| Bytes(vec![0; length as usize])))
        })
    }

    fn size(&self) -> Option<u64> {
        self.1.then_some(self.0)
    }
}

fn push(host: &Scripted, layer: Box<dyn BlobSource<Bytes>>) -> Result<String> {
    let repository = repository_of(host);
    let result = host.run(repository.push_image(json_of(TOP).into_bytes(), layer, &Call::default()));
    assert_eq!((host.open(), host.timers()), (0, 0), "nothing stays open");
    result.map(|id| id.to_string())
}

fn layer() -> Box<dyn BlobSource<Bytes>> {
    Box::new(InMemory::new(Bytes(LAYER.into())))
}

/// A registry that has nothing yet; what it says to a path.
fn empty(answer: impl Fn(&Seen) -> Option<Reply> + 'static) -> Scripted {
    Scripted::new(move |seen| {
        answer(seen).unwrap_or_else(|| if seen.method == Method::Put { Reply::json("true") } else { Reply::new(404) })
    })
}

#[test]
fn an_image_is_put_in_order() {
    let host = empty(|_| None);
    assert_eq!(push(&host, layer()).unwrap(), TOP);
    let image = |rest: &str| format!("PUT /v1/images/{TOP}/{rest}");
    assert_eq!(
        host.targets(),
        [
            format!("GET /v1/images/{TOP}/json"),
            "PUT /v1/repositories/library/web/".into(),
            image("json"),
            image("layer"),
            image("checksum"),
            "PUT /v1/repositories/library/web/images".into(),
        ]
    );
    let seen = host.seen();
    assert_eq!(
        (seen[1].body.as_str(), seen[1].headers.get("x-docker-token")),
        (&*format!(r#"[{{"id":"{TOP}"}}]"#), Some("true"))
    );
    assert_eq!((seen[2].body.as_str(), seen[3].body.as_str()), (&*json_of(TOP), LAYER));
    let checksum = checksum_of(TOP, LAYER);
    assert_eq!(seen[4].headers.get("x-docker-checksum-payload"), Some(&*checksum));
    assert_eq!(seen[5].body, format!(r#"[{{"id":"{TOP}","checksum":"{checksum}"}}]"#));
}

#[test]
fn an_image_that_cannot_be_put_whole_says_so() {
    for (rest, status) in [("layer", 403), ("checksum", 400)] {
        let host = empty(move |seen| {
            let refused = Reply::json(r#"{"error":"Checksum mismatch"}"#).status(status);
            (seen.method == Method::Put && seen.target.ends_with(rest)).then_some(refused)
        });
        let error = push(&host, layer()).unwrap_err();
        assert_eq!(error.status, Some(status));
        assert!(error.message.ends_with(&format!("the image {TOP} is incomplete: call pushImage() again")), "{error}");
    }
    // An index is not everywhere.
    for status in [404, 405, 501] {
        let host = empty(move |seen| seen.target.contains("/repositories/").then(|| Reply::new(status)));
        push(&host, layer()).unwrap();
    }
    let host = empty(|seen| seen.target.contains("/repositories/").then(|| Reply::new(403)));
    assert_eq!(push(&host, layer()).unwrap_err().code, "DENIED");
    assert_eq!(host.seen().len(), 2, "nothing of the image was sent");
}

/// The checksum's answer was lost, and to the second one there is nothing to end.
#[test]
fn a_checksum_that_was_taken_already() {
    for (stored, is_done) in [(LAYER, true), ("something else", false)] {
        let whole = Rc::new(Cell::new(false));
        let host = empty(move |seen| match (seen.method, seen.target.as_str()) {
            (Method::Put, target) if target.ends_with("/checksum") => {
                whole.set(true);
                Some(Reply::json(r#"{"error":"Cannot set this image checksum"}"#).status(409))
            }
            (Method::Get, target) if target.ends_with("/json") && whole.get() => {
                let checksum = checksum_of(TOP, stored);
                Some(
                    Reply::json(&json_of(TOP))
                        .header("x-docker-size", "1")
                        .header("x-docker-checksum-payload", &checksum),
                )
            }
            _ => None,
        });
        assert_eq!(push(&host, layer()).is_ok(), is_done, "{stored}");
    }
}

#[test]
fn images_that_are_there() {
    let host = Scripted::new(|seen| if seen.method == Method::Put { Reply::new(204) } else { registry(seen) });
    assert_eq!(push(&host, layer()).unwrap(), TOP);
    assert_eq!(host.seen().len(), 2, "only the index is told: {:?}", host.targets());
    let other = with(
        "/v1/images/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb/json",
        Reply::json(&format!(r#"{{"id":"{TOP}"}}"#)).header("x-docker-size", "1"),
    );
    assert_eq!(push(&other, layer()).unwrap_err().code, "CONFLICT");
}

/// The limit itself, and a stream that does not say what it has, are tried where hashing is fast: tests/js/legacy/v1.test.mjs.
#[test]
fn a_stream_has_to_fit_into_memory() {
    for (source, is_taken) in [
        (Stream(0, false), true),
        (Stream(3 << 20, false), true),
        (Stream(3 << 20, true), true),
        (Stream(LARGEST_STREAM + 1, true), false),
    ] {
        let host = empty(|_| None);
        let result = push(&host, Box::new(source));
        let code = result.as_ref().map_err(|error: &Error| error.code.as_ref()).err();
        assert_eq!(code, (!is_taken).then_some("TOO_LARGE"));
        assert_eq!(host.seen().len() > 1, is_taken);
    }
}

/// Where the host can, a layer goes up as it is read; what cannot be taken whole is said.
#[test]
fn a_layer_is_sent_while_it_is_read() {
    let long = 6 << 20;
    let sum = sha256([json_of(TOP).as_bytes(), b"\n", &vec![0; long]].concat());
    let host = empty(|_| None).streaming();
    assert_eq!(push(&host, Box::new(Stream(long as u64, false))).unwrap(), TOP);
    let seen = host.seen();
    let of = |rest: &str| seen.iter().find(|one| one.target.ends_with(rest) && one.method == Method::Put).unwrap();
    assert_eq!((of("/layer").streamed, of("/layer").body.len()), (true, long));
    assert_eq!(of("/checksum").headers.get("x-docker-checksum-payload"), Some(&*sum));
    // What is short, or in memory, goes up whole.
    for layer in [Box::new(Stream(3 << 20, false)) as Box<dyn BlobSource<Bytes>>, layer()] {
        let host = empty(|_| None).streaming();
        push(&host, layer).unwrap();
        assert!(host.seen().iter().all(|one| !one.streamed));
    }
    for (status, taken, code) in
        [(403, usize::MAX, "DENIED"), (413, 100_000, "TOO_LARGE"), (200, 100_000, "INVALID_RESPONSE")]
    {
        let host = empty(move |seen| seen.target.ends_with("/layer").then(|| Reply::new(status)));
        let host = host.streaming_until(0, move |_| taken);
        let error = push(&host, Box::new(Stream(long as u64, false))).unwrap_err();
        assert_eq!(error.code, code, "{error}");
        assert!(error.message.ends_with("call pushImage() again"), "{error}");
        assert!(!host.targets().iter().any(|target| target.ends_with("/checksum")), "{status}");
    }
}

/// What describeTags() makes of a broken tag breaks no other.
#[test]
fn tags_are_described_one_by_one() {
    let host = Scripted::new(|seen| match seen.target.as_str() {
        "/v1/repositories/library/web/tags" => Reply::json(&format!(r#"{{"broken":"x","latest":"{TOP}"}}"#)),
        "/v1/repositories/library/web/tags/broken" => Reply::json("\"x\""),
        _ => registry(seen),
    });
    let mut described = repository_of(&host).describe_tags(None, Order::Name, None, Call::default()).unwrap();
    let mut all = Vec::new();
    while let Some(some) = host.run(described.next_some()).unwrap() {
        all.extend(
            some.into_iter()
                .map(|one| (one.tag, one.data.map(|data| data.id.unwrap()).map_err(|error| error.into_details().code))),
        );
    }
    assert_eq!(all, [("broken".into(), Err("INVALID_RESPONSE".into())), ("latest".into(), Ok(TOP.to_owned()))]);
}

/// Only hex ids and checked names ever get into a path.
#[test]
fn bad_arguments_are_told_before_any_request() {
    let host = Scripted::new(registry);
    let client = host.raw_client(Settings { api_version: Some(Version::V1), ..Settings::default() });
    let repository = client.repository("web", None).unwrap();
    let call = Call::default();
    for reference in ["", "../x", "a b", "a/b", ".."] {
        assert_eq!(host.run(repository.image(reference, None, &call)).err().unwrap().code, "INVALID_REFERENCE");
        assert_eq!(host.run(repository.untag(reference, &call)).unwrap_err().code, "INVALID_REFERENCE");
        assert_eq!(host.run(repository.data(reference, &call)).unwrap_err().code, "INVALID_REFERENCE");
        let source = ImageReference::Reference(reference.into());
        assert_eq!(host.run(repository.tag("new", &source, None, &call)).unwrap_err().code, "INVALID_REFERENCE");
    }
    let source = ImageReference::Reference("latest".into());
    assert_eq!(host.run(repository.tag("new", &source, Some(Some("x")), &call)).unwrap_err().code, "INVALID_REFERENCE");
    for json in ["", "[]", "{}", r#"{"id":"../x"}"#, r#"{"id":1}"#] {
        let error = host.run(repository.push_image(json.as_bytes().to_vec(), layer(), &call)).unwrap_err();
        assert_eq!(error.code, "INVALID_ARGUMENT", "{json}");
    }
    assert!(host.seen().is_empty(), "{:?}", host.targets());
}
