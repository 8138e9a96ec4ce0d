//! What every request passes: versions, time limits, the number of requests at a time, notices, errors.

use std::cell::RefCell;
use std::rc::Rc;

use crate::support::{Reply, Scripted, Seen, Step, image_manifest, sha256};
use docker_registry_client_wasm::protocol::auth::secret::Secret;
use docker_registry_client_wasm::protocol::http::Method;
use docker_registry_client_wasm::protocol::text::printable::is_unsafe;
use docker_registry_client_wasm::protocol::url::Url;
use docker_registry_client_wasm::registry::{Call, Client, Repository, Settings, Version};
use docker_registry_client_wasm::transport::auth::{AuthSettings, Credentials};
use docker_registry_client_wasm::transport::layers::notice::Warned;
use docker_registry_client_wasm::transport::layers::retry::Policy;
use docker_registry_client_wasm::transport::{Clock, Fact};
use futures_util::future::join_all;

fn detect(host: &Scripted) -> Result<Version, (String, String)> {
    let client = host.raw_client(Settings::default());
    host.run(client.api_version(&Call::default())).map_err(|error| (error.code.to_string(), error.message.clone()))
}

#[test]
fn versions_are_detected() {
    let v2 = Scripted::routes(vec![("/v2/", Reply::json("{}"))]);
    assert_eq!(detect(&v2).unwrap(), Version::V2);
    let empty = Scripted::routes(vec![("/v2/", Reply::bytes(""))]);
    assert_eq!(detect(&empty).unwrap(), Version::V2);
    let locked =
        Scripted::routes(vec![("/v2/", Reply::new(401).header("www-authenticate", "Bearer realm=\"https://x\""))]);
    assert_eq!(detect(&locked).unwrap(), Version::V2);
    let v1 = Scripted::routes(vec![("/v1/_ping", Reply::json("{}"))]);
    assert_eq!(detect(&v1).unwrap(), Version::V1);
    assert_eq!(v1.targets(), ["GET /v2/", "GET /v1/_ping"]);
}

#[test]
fn what_is_no_registry_is_told() {
    let html = Scripted::new(|_| {
        Reply::bytes("<!doctype html><title>hi</title>").header("content-type", "text/html; charset=utf-8")
    });
    let (code, message) = detect(&html).unwrap_err();
    assert_eq!(code, "INVALID_RESPONSE");
    assert!(message.contains("not a registry") && message.contains("HTML"), "{message}");
    assert_eq!(detect(&Scripted::routes(vec![])).unwrap_err().0, "INVALID_RESPONSE");
    let no_utf8 = Scripted::new(|_| Reply::bytes(b"\"\xff\""));
    assert_eq!(detect(&no_utf8).unwrap_err().0, "INVALID_RESPONSE");
    // only 404 leads to V1
    for status in [400, 403, 410, 501] {
        let host = Scripted::new(move |_| Reply::new(status));
        assert!(detect(&host).is_err());
        assert_eq!(host.seen().len(), 1, "{status}");
    }
    assert_eq!(detect(&Scripted::new(|_| Reply::refused())).unwrap_err().0, "NETWORK");
}

#[test]
fn the_version_is_asked_once_however_many_calls_wait() {
    let host = Scripted::new(|seen| if seen.target == "/v2/" { Reply::json("{}").after(50) } else { Reply::new(404) });
    let repository = host.raw_client(Settings::default()).repository("a/b", None).unwrap();
    host.run(join_all((0..20).map(|_| repository.tags(None, Call::default()).collect())));
    assert_eq!(host.targets().iter().filter(|target| *target == "GET /v2/").count(), 1);
}

/// A read shows by its own response that the registry speaks V2, so that the version need not be asked for.
#[test]
fn the_version_is_not_asked_where_it_decides_nothing() {
    let unknown = r#"{"errors":[{"code":"NAME_UNKNOWN","message":"no"}]}"#;
    for reply in [Reply::json(r#"{"tags":["x"]}"#), Reply::json(unknown).status(404), Reply::new(500)] {
        let shown = reply.clone();
        let host = Scripted::new(move |_| reply.clone());
        let retry = Policy { attempts: 1, ..Policy::default() };
        let client = host.raw_client(Settings { retry, ..Settings::default() });
        let _ = host.run(client.repository("a/b", None).unwrap().tags(None, Call::default()).collect());
        let targets = host.targets();
        assert_eq!(targets[0], "GET /v2/a/b/tags/list?n=1000", "{shown:?}");
        // A repository that is not known may be one without tags, which the catalog tells.
        assert!(targets[1..].iter().all(|target| target.starts_with("GET /v2/_catalog?")), "{shown:?} {targets:?}");
    }
}

/// container-registry says only at `/v2/` how to authenticate.
#[test]
fn a_refusal_without_a_challenge_leads_to_the_version() {
    let host = Scripted::new(|seen| match (seen.target.as_str(), seen.headers.get("authorization")) {
        ("/v2/", None) => Reply::new(401).header("www-authenticate", "Basic realm=\"x\""),
        (_, None) => Reply::new(401),
        _ => Reply::json(r#"{"tags":["x"]}"#),
    });
    let credentials = Some(Credentials::Basic { username: "alice".into(), password: Secret::new("secret") });
    let auth = AuthSettings { credentials, ..AuthSettings::default() };
    let client = host.raw_client(Settings { auth, ..Settings::default() });
    let tags = host.run(client.repository("a/b", None).unwrap().tags(None, Call::default()).collect()).unwrap();
    let list = "GET /v2/a/b/tags/list?n=1000";
    assert_eq!((tags, host.targets()), (vec!["x".to_owned()], vec![list.into(), "GET /v2/".into(), list.into()]));
}

/// A host that is no registry is told apart at the first 404; what changes something is not sent before that.
#[test]
fn the_version_is_asked_where_it_matters() {
    let host = Scripted::new(|_| Reply::bytes("<html>").status(404).header("content-type", "text/html"));
    let repository = host.raw_client(Settings::default()).repository("a/b", None).unwrap();
    let error = host.run(repository.manifest("x", None, &Call::default())).unwrap_err();
    assert!(error.message.contains("not a registry"), "{error}");
    let missing = ["/v2/", "/v1/_ping"].map(str::to_owned).to_vec();
    assert_eq!(error.facts, [("missing", Fact::Texts(missing))]);
    let portal = Scripted::new(|_| Reply::bytes("<html>").header("content-type", "text/html"));
    let repository = portal.raw_client(Settings::default()).repository("a/b", None).unwrap();
    let error = portal.run(repository.delete_blob(&sha256("x"), &Call::default())).unwrap_err();
    assert_eq!((error.code.as_ref(), portal.targets()), ("INVALID_RESPONSE", vec!["GET /v2/".to_owned()]));
}

#[test]
fn a_version_that_could_not_be_asked_is_asked_again() {
    let failed = RefCell::new(false);
    let host = Scripted::new(move |_| if failed.replace(true) { Reply::json("{}") } else { Reply::refused() });
    let client = host.raw_client(Settings::default());
    assert!(host.run(client.api_version(&Call::default())).is_err());
    assert_eq!(host.run(client.api_version(&Call::default())).unwrap(), Version::V2);
}

#[test]
fn what_v1_has_not_is_named() {
    let host = Scripted::routes(vec![("/v1/_ping", Reply::json("{}"))]);
    let repository = host.raw_client(Settings::default()).repository("a/b", None).unwrap();
    let error = host.run(repository.manifest("latest", None, &Call::default())).unwrap_err();
    assert_eq!(error.code, "UNSUPPORTED");
    assert!(error.message.starts_with("manifests: this registry speaks the V1 protocol"), "{error}");
}

/// F13.
#[test]
fn headers_that_do_not_arrive_end_in_a_timeout() {
    let host = Scripted::new(|_| Reply::hang());
    let error = host.run(host.client().check_status(&Call::default())).unwrap_err();
    assert_eq!((error.code.as_ref(), host.now()), ("TIMEOUT", 30_000));
    assert_eq!(error.url.as_deref(), Some("https://registry.test/v2/"));
    assert_eq!((host.open(), host.dropped_early()), (0, 1), "the request is stopped");
    let error = host.run(host.client().check_status(&Call { timeout: Some(10), ..Call::default() })).unwrap_err();
    assert_eq!((error.code.as_ref(), host.now()), ("TIMEOUT", 30_010));
}

#[test]
fn zero_waits_for_ever() {
    let host = Scripted::new(|_| Reply::json("{}").after(1_000_000));
    host.run(host.client().check_status(&Call { timeout: Some(0), ..Call::default() })).unwrap();
}

/// F13.
#[test]
fn idle_time_is_counted_from_the_last_byte() {
    let steady = Scripted::new(|_| {
        (0..10).fold(Reply::new(200), |reply, _| reply.step(Step::Pause(59_000)).step(Step::Bytes(b" ".to_vec())))
    });
    let read = |host: &Scripted, content: &str| {
        let (repository, digest) = (host.repository(), sha256(content));
        host.run(async { repository.blob(&digest, None, &Call::default()).await?.collect().await })
    };
    read(&steady, &" ".repeat(10)).unwrap();
    assert_eq!(steady.now(), 590_000);
    let stalled = Scripted::new(|_| {
        Reply::new(200)
            .step(Step::Bytes(b"{".to_vec()))
            .step(Step::Pause(1_000))
            .step(Step::Bytes(b" ".to_vec()))
            .step(Step::Hang)
    });
    let error = read(&stalled, "x").unwrap_err();
    assert_eq!((error.code.as_ref(), stalled.now()), ("TIMEOUT", 61_000));
    assert_eq!(stalled.open(), 0);
}

/// Empty chunks are no progress, whether they come slowly or without a pause.
#[test]
fn empty_chunks_are_no_progress() {
    let slowly = (0..10_000).fold(Reply::new(200), |reply, _| reply.step(Step::Pause(200)).step(Step::Bytes(vec![])));
    for (reply, end) in [(slowly, 60_000), (Reply::new(200).step(Step::Forever(vec![])), 0)] {
        let host = Scripted::new(move |_| reply.clone());
        let (repository, digest) = (host.repository(), sha256("x"));
        let read = async { repository.blob(&digest, None, &Call::default()).await?.collect().await };
        let error = host.run(read).unwrap_err();
        assert_eq!((error.code.as_ref(), host.now(), host.open()), ("TIMEOUT", end, 0), "{error}");
    }
    let some = Scripted::new(|_| {
        let reply = Reply::new(200).step(Step::Bytes(vec![])).step(Step::Bytes(b"{".to_vec()));
        reply.step(Step::Bytes(vec![])).step(Step::Bytes(b"}".to_vec())).step(Step::Bytes(vec![]))
    });
    some.run(some.client().check_status(&Call::default())).unwrap();
}

/// A byte from time to time is progress for a blob. A document has to arrive.
#[test]
fn documents_have_to_arrive() {
    let trickle = |status| {
        let reply = Reply::new(status).header("content-type", "application/json");
        (0..10_000).fold(reply, |reply, _| reply.step(Step::Pause(200)).step(Step::Bytes(b" ".to_vec())))
    };
    let slow = move |seen: &Seen| match seen.target.split('?').next().unwrap() {
        "/v2/a/denied/tags/list" => {
            Reply::new(401).header("www-authenticate", "Bearer realm=\"https://auth.registry.test/token\"")
        }
        "/v2/a/broken/tags/list" => trickle(400),
        _ => trickle(200),
    };
    let digest = sha256("x");
    for name in ["a/b", "a/denied", "a/broken"] {
        let host = Scripted::new(slow);
        let repository = host.once().repository(name, None).unwrap();
        let error = host.run(repository.tags(None, Call::default()).collect()).unwrap_err();
        let code = if name == "a/broken" { "HTTP_ERROR" } else { "TIMEOUT" };
        assert_eq!((error.code.as_ref(), host.open()), (code, 0), "{name}");
        assert!((30_000..31_000).contains(&host.now()), "{name} {}", host.now());
    }
    for timeout in [None, Some(5_000), Some(0)] {
        let host = Scripted::new(slow);
        let call = Call { timeout, ..Call::default() };
        let error = host.run(host.repository().manifest(&digest, None, &call)).unwrap_err();
        assert_eq!(error.code, "TIMEOUT");
        let limit = [60_000, timeout.unwrap_or(30_000)][usize::from(timeout != Some(0))];
        assert!((limit..limit + 1_000).contains(&host.now()), "{timeout:?} {}", host.now());
    }
    // What is large may take its time: 16 KiB/s for three minutes.
    let large = Scripted::new(|_| {
        (0..180)
            .fold(Reply::new(200), |reply, _| reply.step(Step::Pause(1_000)).step(Step::Bytes(vec![b' '; 16_384])))
            .step(Step::Bytes(b"{\"tags\":[]}".to_vec()))
    });
    large.run(large.repository().tags(None, Call::default()).collect()).unwrap();
}

/// A host that was busy with something else learns too late that the time is over.
#[test]
fn a_document_is_overdue_before_it_is_read_on() {
    let host = Scripted::new(|_| {
        let steps = [Step::Block(40_000), Step::Bytes(b"{".to_vec()), Step::Pause(1), Step::Bytes(b"}".to_vec())];
        steps.into_iter().fold(Reply::new(200), Reply::step)
    });
    let error =
        host.run(host.once().repository("a/b", None).unwrap().tags(None, Call::default()).collect()).unwrap_err();
    assert_eq!((error.code.as_ref(), error.facts.as_slice()), ("TIMEOUT", &[("limit", Fact::Number(30_000))][..]));
    assert!(error.message.contains("1 bytes in 30000 ms"), "{}", error.message);
}

/// No answer keeps `diagnose()` from its end, whatever the time limits are.
#[test]
fn a_diagnosis_always_ends() {
    let steps = |status: u16| {
        let trickle =
            Reply::new(status).header("www-authenticate", "Bearer realm=\"https://auth.registry.test/token\"");
        let trickle =
            (0..100_000).fold(trickle, |reply, _| reply.step(Step::Pause(200)).step(Step::Bytes(b" ".to_vec())));
        [trickle, Reply::hang(), Reply::new(status).step(Step::Forever(vec![]))]
    };
    for reply in steps(200).into_iter().chain(steps(401)).chain(steps(404)) {
        for limit in [0, 30_000] {
            let reply = reply.clone();
            let host = Scripted::new(move |_| reply.clone());
            let client = host.raw_client(Settings { timeout: limit, idle_timeout: limit, ..Settings::default() });
            host.run(client.diagnose(Some("a/b"), &Call::default())).unwrap();
            assert!(host.now() <= 14 * 120_000 && host.open() == 0, "{}", host.now());
        }
    }
}

#[test]
fn no_more_requests_at_a_time_than_allowed() {
    for concurrency in [1, 3, 6] {
        let host = Scripted::new(|_| Reply::json("{}").after(10));
        let client = host.client_with(Settings { concurrency: Some(concurrency), ..Settings::default() });
        let repository = client.repository("a/b", None).unwrap();
        host.run(join_all((0..20).map(|_| repository.tags(None, Call::default()).collect())));
        assert_eq!((host.most_open(), host.seen().len()), (concurrency, 20));
    }
}

/// F14.
#[test]
fn a_dropped_call_gives_its_place_back() {
    let host = Scripted::new(|seen| if seen.target.contains("slow") { Reply::hang() } else { Reply::json("{}") });
    let client = host.client_with(Settings { concurrency: Some(1), timeout: 0, ..Settings::default() });
    let slow = client.repository("slow/one", None).unwrap();
    assert!(
        host.run_for(100, async {
            let (_, _) = futures_util::future::join(
                slow.tags(None, Call::default()).collect(),
                slow.tags(None, Call::default()).collect(),
            )
            .await;
        })
        .is_none()
    );
    assert_eq!(host.open(), 0);
    host.run(client.repository("a/b", None).unwrap().tags(None, Call::default()).collect()).unwrap();
}

#[test]
fn errors_carry_what_the_registry_said() {
    let body = r#"{"errors":[{"code":"NAME_UNKNOWN","message":"repository name not known","detail":{"name":"a/b"}}]}"#;
    let host = Scripted::new(move |_| Reply::json(body).status(404).header("retry-after", "7"));
    let error = host.run(host.repository().tags(None, Call::default()).next_page()).unwrap_err();
    assert_eq!((error.code.as_ref(), error.status, error.retry_after), ("NAME_UNKNOWN", Some(404), Some(7_000)));
    assert_eq!(error.method.map(|method| method.as_str()), Some("GET"));
    assert_eq!(error.url.as_deref(), Some("https://registry.test/v2/a/b/tags/list?n=1000"));
    assert_eq!(error.errors[0].detail.as_deref(), Some(r#"{"name":"a/b"}"#));
    assert!(error.message.contains("repository name not known"), "{error}");
}

/// What a registry says moves no cursor, starts no line, shows nothing backwards and hides nothing.
#[test]
fn what_a_registry_says_is_one_harmless_line() {
    const EVIL: &str = "a\u{1b}[2Jb\u{9b}1mc\u{7}d\r\ne\u{7f}f\u{85}g\u{202e}h\u{2066}i\u{200b}j\u{feff}k\u{200f}l\u{61c}m\0n\u{e0041}";
    let json = |text: &str| serde_json::to_string(text).unwrap();
    let evil = json(EVIL);
    let told = Rc::new(RefCell::new(Vec::new()));
    let errors = [
        Reply::json(&format!(r#"{{"errors":[{{"code":"DENIED","message":{evil},"detail":{evil}}}]}}"#)).status(403),
        Reply::json(&format!(r#"{{"errors":[{{"code":{evil},"message":{evil}}}]}}"#)).status(403),
        Reply::json(&format!(r#"{{"message":{evil}}}"#)).status(403),
        Reply::bytes(EVIL).status(500),
        Reply::bytes(format!("<title>{EVIL}</title>")).header("content-type", "text/html").status(502),
        Reply::json(&format!(r#"{{"tags":{{{evil}:1}}}}"#)),
        Reply::json(&format!(r#"{{"tags":["a",{evil}"#)),
        Reply::json(r#"{"tags":["a"]}"#).header("link", &format!("<{EVIL}>; rel=\"next\"")),
        Reply::new(307).header("location", EVIL),
        Reply::bytes("x").header("content-type", EVIL),
        Reply::new(401).header("www-authenticate", &format!("{EVIL} realm=\"{EVIL}\"")),
        Reply::new(401).header("www-authenticate", &format!("Bearer realm=\"https://{EVIL}\"")),
        Reply::new(502).header("server", EVIL).header("via", EVIL),
    ];
    for (index, reply) in errors.into_iter().enumerate() {
        let sink = told.clone();
        let warned: Option<Warned> = Some(Rc::new(move |text: &str| sink.borrow_mut().push(text.to_owned())));
        let host = Scripted::new(move |_| reply.clone().header("warning", &format!("299 - \"{EVIL}\"")));
        let repository = host.client_with(Settings { warned, ..Settings::default() }).repository("a/b", None).unwrap();
        if let Err(error) = host.run(repository.tags(None, Call::default()).collect()) {
            told.borrow_mut().push(error.message.clone());
        }
        let unsafe_text = told.borrow().iter().find(|text| text.contains(is_unsafe)).cloned();
        assert_eq!(unsafe_text, None, "{index}");
    }
    assert!(told.borrow().iter().any(|text| text.contains("a\\u001b[2Jb\\u009b1mc\\u0007d  e\\u007ff")), "{told:?}");
}

/// F68.
#[test]
fn statuses_without_a_code_get_ours() {
    for (status, code) in [
        (401, "AUTH_REQUIRED"),
        (403, "DENIED"),
        (404, "NOT_FOUND"),
        (405, "UNSUPPORTED"),
        (429, "RATE_LIMITED"),
        (500, "HTTP_ERROR"),
        (302, "HTTP_ERROR"),
    ] {
        for body in ["", "<html>no</html>", r#"{"errors":{}}"#, r#"{"errors":null}"#, r#"{"errors":[null]}"#] {
            let host = Scripted::new(move |_| Reply::bytes(body).status(status));
            let error = host.run(host.repository().tags(None, Call::default()).next_page()).unwrap_err();
            assert_eq!((error.code.as_ref(), error.status), (code, Some(status)), "{body}");
        }
    }
}

/// F68.
#[test]
fn endless_error_bodies_are_cut_off() {
    let host = Scripted::new(|_| Reply::new(500).step(Step::Forever(vec![b'x'; 10_000])));
    let error = host.run(host.repository().tags(None, Call::default()).next_page()).unwrap_err();
    assert_eq!(error.status, Some(500));
    assert!(host.bytes_sent() <= 80_000 && host.open() == 0);
    let stalled = Scripted::new(|_| Reply::new(500).step(Step::Bytes(b"oops".to_vec())).step(Step::Hang));
    let error = stalled.run(stalled.repository().tags(None, Call::default()).next_page()).unwrap_err();
    assert!(error.status == Some(500) && error.message.contains("oops"), "{error}");
}

/// A registry that is down fails all that wait to know its version at once, not one after the other.
#[test]
fn who_waits_for_a_version_that_cannot_be_asked_waits_once() {
    let host = Scripted::new(|_| Reply::hang());
    let repository = host.raw_client(Settings::default()).repository("a/b", None).unwrap();
    let digest = sha256("x");
    let results =
        host.run(join_all((0..20).map(|_| async { repository.delete_blob(&digest, &Call::default()).await })));
    assert!(results.iter().all(|result| result.as_ref().unwrap_err().code == "TIMEOUT"));
    assert_eq!((host.now(), host.seen().len()), (30_000, 1));
}

/// S43: each warning is told once, whichever answer it came with; storage has none to give.
#[test]
fn warnings_are_told_once() {
    let told = Rc::new(RefCell::new(Vec::new()));
    let sink = told.clone();
    let warned: Option<Warned> = Some(Rc::new(move |text: &str| sink.borrow_mut().push(text.to_owned())));
    let host = Scripted::new(|seen| match seen.target.as_str() {
        "https://storage.test/x" => Reply::json("{}").header("warning", "299 - \"of storage\""),
        target if target.contains("moved") => {
            Reply::new(307).header("location", "https://storage.test/x").header("warning", "299 - \"moved\"")
        }
        _ => Reply::json("{}").header("warning", "299 - \"old\", 299 - \"slow\", 199 - \"not ours\""),
    });
    let client = host.client_with(Settings { warned, ..Settings::default() });
    for name in ["a/b", "a/c", "a/moved", "a/b"] {
        host.run(client.repository(name, None).unwrap().tags(None, Call::default()).collect()).unwrap();
    }
    assert_eq!(*told.borrow(), ["old", "slow", "moved"]);
}

#[test]
fn the_rate_limit_last_told_is_kept() {
    let host = Scripted::new(|seen| match seen.target.as_str() {
        target if target.contains("silent") => Reply::json("{}"),
        target if target.contains("moved") => Reply::new(307).header("location", "https://storage.test/x"),
        "https://storage.test/x" => Reply::json("{}").header("ratelimit-remaining", "7"),
        _ => Reply::json("{}")
            .status(if seen.at > 0 { 429 } else { 200 })
            .header("retry-after", "61")
            .header("ratelimit-limit", "100;w=21600")
            .header("ratelimit-remaining", if seen.at > 0 { "0;w=21600" } else { "76;w=21600" }),
    });
    let client = host.client();
    let list = |name: &str| host.run(client.repository(name, None).unwrap().tags(None, Call::default()).collect());
    let remaining = || client.rate_limit().and_then(|limit| limit.remaining);
    assert_eq!(remaining(), None);
    for name in ["a/b", "a/silent", "a/moved"] {
        list(name).unwrap();
        assert_eq!(remaining(), Some(76), "{name}");
    }
    host.run(host.sleep(1));
    assert_eq!(list("a/b").unwrap_err().code, "RATE_LIMITED");
    let told = client.rate_limit().unwrap();
    assert_eq!((told.limit, told.remaining, told.window), (Some(100), Some(0), Some(21_600_000)));
}

/// A browser's HTTP cache may answer what is read by its digest, and nothing that can change or that a change rests on.
#[test]
fn only_content_by_digest_may_come_from_a_cache() {
    let manifest = image_manifest("a", "");
    let (digest, blob) = (sha256(&manifest), sha256("blob"));
    let paths = [digest.clone(), blob.clone(), manifest.clone()];
    let host = Scripted::new(move |seen| {
        let [digest, blob, manifest] = &paths;
        let oci = "application/vnd.oci.image.manifest.v1+json";
        match (seen.method, seen.target.as_str()) {
            (Method::Delete, _) => Reply::new(202),
            (Method::Put, _) => Reply::new(201),
            (_, target) if target.ends_with(digest) || target.ends_with("manifests/latest") => {
                Reply::manifest(oci, manifest)
            }
            (_, target) if target.ends_with(blob) => Reply::bytes("blob"),
            (_, target) if target.contains("tags/list") => Reply::json(r#"{"name":"a/b","tags":["latest"]}"#),
            _ => Reply::new(404),
        }
    });
    let cached = |work: &dyn Fn(&Repository<Scripted>) -> Vec<String>| {
        let client = host.client();
        let before = host.seen().len();
        let expected = work(&client.repository("a/b", None).unwrap());
        let cached = host.seen().into_iter().skip(before).filter(|seen| seen.may_be_cached);
        let cached: Vec<String> = cached.map(|seen| format!("{} {}", seen.method, seen.target)).collect();
        assert!(host.seen().len() > before);
        assert_eq!(cached, expected);
    };
    let call = Call::default();
    cached(&|repository| {
        host.run(repository.tags(None, call.clone()).collect()).unwrap();
        host.run(repository.manifest("latest", None, &call)).unwrap();
        host.run(repository.head_manifest("latest", &call)).unwrap();
        host.run(repository.head_manifest(&digest, &call)).unwrap();
        host.run(repository.head_blob(&blob, &call)).unwrap();
        Vec::new()
    });
    cached(&|repository| {
        host.run(repository.manifest(&digest, None, &call)).unwrap();
        host.run(async { repository.blob(&blob, None, &call).await.unwrap().collect().await }).unwrap();
        vec![format!("GET /v2/a/b/manifests/{digest}"), format!("GET /v2/a/b/blobs/{blob}")]
    });
}

/// What a cache kept of a time when something was not there, or not for this page, is no answer.
#[test]
fn what_a_cache_refuses_is_asked_for_past_it() {
    let blob = sha256("blob");
    let read = |host: &Scripted| {
        let repository = host.client().repository("a/b", None).unwrap();
        host.run(async { repository.blob(&blob, None, &Call::default()).await?.collect().await })
    };
    for outdated in [Reply::new(404), Reply::new(403), Reply::unreadable(Some(true))] {
        let answer = move |seen: &Seen| if seen.may_be_cached { outdated.clone() } else { Reply::bytes("blob") };
        let page = Scripted::new(answer.clone()).in_page("https://page.test");
        read(&page).unwrap();
        assert_eq!(page.each_seen::<_, Vec<_>>(|seen| (seen.may_be_cached, seen.at)), [(true, 0), (false, 0)]);
        // Elsewhere there is no cache.
        let host = Scripted::new(answer);
        read(&host).unwrap_err();
        assert!(host.seen().iter().all(|seen| seen.may_be_cached));
    }
    let missing = Scripted::new(|_| Reply::new(404)).in_page("https://page.test");
    assert_eq!(read(&missing).unwrap_err().code, "NOT_FOUND");
    assert_eq!(missing.seen().len(), 2);
    // Nor is content that is not what its digest says.
    let manifest = image_manifest("a", "");
    let (digest, wrong) = (sha256(&manifest), image_manifest("b", ""));
    let outdated = Scripted::new(move |seen| match (seen.may_be_cached, seen.target.contains("/manifests/")) {
        (true, true) => Reply::manifest("application/vnd.oci.image.manifest.v1+json", &wrong),
        (false, true) => Reply::manifest("application/vnd.oci.image.manifest.v1+json", &manifest),
        (true, false) => Reply::bytes("blub"),
        (false, false) => Reply::bytes("blob"),
    })
    .in_page("https://page.test");
    read(&outdated).unwrap();
    outdated.run(outdated.repository().manifest(&digest, None, &Call::default())).unwrap();
    assert_eq!(outdated.each_seen::<_, Vec<_>>(|seen| seen.may_be_cached), [true, false, true, false]);
    // A body that breaks off goes on from the registry.
    let broken = Scripted::new(|seen| match seen.headers.get("range") {
        None => Reply::new(200).header("content-length", "4").step(Step::Bytes(b"bl".to_vec())).step(Step::Reset),
        Some(_) => Reply::new(206).header("content-range", "bytes 2-3/4").step(Step::Bytes(b"ob".to_vec())),
    })
    .in_page("https://page.test");
    read(&broken).unwrap();
    assert_eq!(broken.each_seen::<_, Vec<_>>(|seen| seen.may_be_cached), [true, false]);
}

/// Who answered, with what, where, and what to do about it.
#[test]
fn failures_say_who_answered_and_what_to_do() {
    let page = |status: u16, title: &str| {
        Reply::bytes(format!("<html><head><title>{title}</title></head></html>"))
            .status(status)
            .header("content-type", "text/html; charset=utf-8")
    };
    let cases: Vec<(Reply, &str, &[&str])> = vec![
        (
            page(502, "502 Bad Gateway").header("server", "nginx/1.27.0"),
            "HTTP_ERROR",
            &["status 502 (an HTML page \"502 Bad Gateway\" (text/html) from nginx/1.27.0); the proxy cannot reach"],
        ),
        (
            page(403, "Access denied | Corp Proxy").header("via", "1.1 squid"),
            "DENIED",
            &["Corp Proxy", "from 1.1 squid"],
        ),
        (Reply::bytes("<br>").status(404), "NOT_FOUND", &["(an HTML page)"]),
        (
            Reply::bytes("gone").status(404).header("content-type", "text/plain"),
            "NOT_FOUND",
            &["404: gone (text/plain)"],
        ),
        (Reply::new(429).header("retry-after", "90"), "RATE_LIMITED", &["wait 90 s"]),
        (Reply::new(401), "AUTH_REQUIRED", &["the response does not say how to authenticate (no WWW-Authenticate)"]),
        (
            Reply::new(401).header("www-authenticate", "Negotiate"),
            "AUTH_REQUIRED",
            &["negotiate authentication is required, which this client does not support"],
        ),
        (Reply::new(407), "AUTH_REQUIRED", &["the proxy requires credentials"]),
        (
            Reply::new(307).header("location", "https://login.example.com/sso?token=hush"),
            "HTTP_ERROR",
            &["(an HTML page \"Sign in\" (text/html), redirected to https://login.example.com/sso?token=…)"],
        ),
        // A registry's own errors speak for themselves.
        (
            Reply::json(r#"{"errors":[{"code":"NAME_UNKNOWN","message":"no"}]}"#).status(404).header("server", "nginx"),
            "NAME_UNKNOWN",
            &["status 404: NAME_UNKNOWN: no"],
        ),
    ];
    for (reply, code, parts) in cases {
        let sign_in = page(500, "Sign in");
        let host =
            Scripted::new(move |seen| if seen.target.contains("login") { sign_in.clone() } else { reply.clone() });
        let error = host.run(host.repository().tags(None, Call::default()).collect()).unwrap_err();
        assert_eq!(error.code, code, "{error}");
        for part in parts {
            assert!(error.message.contains(part), "{part:?} is not in: {error}");
        }
        assert!(!error.message.contains("hush"), "{error}");
    }
}

#[test]
fn plain_http_at_a_port_for_https() {
    for body in [
        "Client sent an HTTP request to an HTTPS server.\n",
        "<title>400 The plain HTTP request was sent to HTTPS port</title>",
    ] {
        let host = Scripted::new(move |_| Reply::bytes(body).status(400));
        let base = Url::parse_registry("http://registry.test:5443").unwrap();
        let client =
            Client::new(host.clone(), base, Settings { api_version: Some(Version::V2), ..Settings::default() });
        let repository = client.repository("a/b", None).unwrap();
        let error = host.run(repository.tags(None, Call::default()).collect()).unwrap_err();
        assert!(error.message.contains("registry.test:5443 speaks https: use https://"), "{error}");
    }
}

#[test]
fn docker_hub_hides_private_repositories() {
    let error = |reply: Reply| {
        let host = Scripted::new(move |_| reply.clone());
        let base = Url::parse_registry("docker.io").unwrap();
        let client =
            Client::new(host.clone(), base, Settings { api_version: Some(Version::V2), ..Settings::default() });
        let repository = client.repository("team/web", None).unwrap();
        host.run(repository.manifest("latest", None, &Call::default())).map(drop).unwrap_err().into_details().message
    };
    let told = r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"#;
    let message = error(Reply::json(told).status(404));
    assert!(
        message.ends_with(
            "manifest unknown; Docker Hub returns the same response for private repositories: check the name, or log in"
        ),
        "{message}"
    );
    let message = error(Reply::new(429).header("retry-after", "100"));
    assert!(message.ends_with("Docker Hub limits pulls: wait 100 s, or log in for a higher limit"), "{message}");
}
