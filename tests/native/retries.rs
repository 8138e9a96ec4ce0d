//! What is tried again, how often, and after which pause.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::support::{EPOCH, Reply, Scripted, Seen, Step};
use docker_registry_client_wasm::protocol::auth::secret::Secret;
use docker_registry_client_wasm::protocol::http::Method;
use docker_registry_client_wasm::protocol::url::Url;
use docker_registry_client_wasm::registry::{Call, Settings};
use docker_registry_client_wasm::transport::auth::{AuthSettings, BuiltIn, Credentials};
use docker_registry_client_wasm::transport::layers::observe::RequestEvent;
use docker_registry_client_wasm::transport::layers::retry::Policy;
use docker_registry_client_wasm::transport::request::Request;
use docker_registry_client_wasm::transport::trust::Trust;
use docker_registry_client_wasm::transport::{Clock, Result, StackSettings, Transport, stack};
use futures_util::future::{join, join_all};

/// Milliseconds before the second, third, fourth and fifth try, by the virtual clock's chance.
const PAUSES: [u64; 4] = [187, 375, 750, 1_500];

/// Answers one after the other; the last again and again.
fn script(replies: Vec<Reply>) -> Scripted {
    let next = Cell::new(0);
    Scripted::new(move |_| {
        let reply = replies[next.get().min(replies.len() - 1)].clone();
        next.set(next.get() + 1);
        reply
    })
}

fn tags(host: &Scripted) -> Result<Vec<String>> {
    let result = host.run(host.repository().tags(None, Call::default()).collect());
    assert_eq!((host.open(), host.timers()), (0, 0), "nothing stays open");
    result
}

/// Sends one request through all that requests pass.
fn send(host: &Scripted, method: Method) -> Result<u16> {
    let base = Url::parse("https://registry.test").unwrap();
    let settings = StackSettings {
        trust: Trust::new(base.clone(), Vec::new()),
        auth: AuthSettings::default(),
        auth_loader: Rc::new(BuiltIn),
        retry: Policy::default(),
        concurrency: 6,
        observer: None,
        notices: Rc::default(),
        header_timeout: 30_000,
        idle_timeout: 60_000,
    };
    let (stack, _, _) = stack(&Rc::new(host.clone()), settings);
    host.run(async { stack.send(&Request::new(method, base.with_path("v2/x"))).await.map(|response| response.status) })
}

fn times(host: &Scripted) -> Vec<u64> {
    host.seen().iter().map(|seen| seen.at).collect()
}

/// F65.
#[test]
fn statuses_of_the_moment_are_repeated() {
    for status in 200..600 {
        let is_momentary = matches!(status, 408 | 429 | 499 | 500 | 502 | 503 | 504 | 522);
        let host = script(vec![Reply::new(status), Reply::json("{}")]);
        let result = tags(&host);
        assert_eq!(host.seen().len(), if is_momentary { 2 } else { 1 }, "{status}");
        assert!(!is_momentary || result.is_ok(), "{status}");
    }
}

/// F64, F66: five tries in all, then the last answer's word.
#[test]
fn what_fails_for_ever_ends_after_five_tries() {
    for status in [429, 500] {
        let busy = r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]}"#;
        let host = script(vec![Reply::json(busy).status(status)]);
        let error = tags(&host).unwrap_err();
        assert_eq!((error.code.as_ref(), error.status), ("TOOMANYREQUESTS", Some(status)));
        assert!(error.message.contains("slow down"), "{error}");
        assert_eq!(times(&host), [0, 187, 562, 1_312, 2_812]);
        assert_eq!(host.now(), PAUSES.iter().sum::<u64>());
    }
}

#[test]
fn one_try_is_one_try() {
    let host = script(vec![Reply::new(503)]);
    let once = host.once().repository("a/b", None).unwrap();
    assert!(host.run(once.tags(None, Call::default()).collect()).is_err());
    assert_eq!((host.seen().len(), host.now()), (1, 0));
}

/// F63: in seconds or as a date, by the answer's own clock where it has one; never less than our own pause.
#[test]
fn retry_after_is_honoured_up_to_a_minute() {
    assert_eq!(EPOCH, 1_767_225_600_000);
    for (value, date, wait) in [
        ("3", None, 3_000),
        ("60", None, 60_000),
        ("0", None, 187),
        ("-1", None, 187),
        ("1.5", None, 187),
        ("soon", None, 187),
        ("", None, 187),
        ("Thu, 01 Jan 2026 00:00:07 GMT", None, 7_000),
        ("Thu, 01 Jan 1970 00:00:07 GMT", None, 187),
        ("Mon, 01 Jun 2020 10:00:30 GMT", Some("Mon, 01 Jun 2020 10:00:00 GMT"), 30_000),
        ("Fri, 31 Dec 2100 23:59:59 GMT", Some("Fri, 31 Dec 2100 23:59:50 GMT"), 9_000),
    ] {
        let mut busy = Reply::new(429).header("retry-after", value);
        if let Some(date) = date {
            busy = busy.header("date", date);
        }
        let host = script(vec![busy, Reply::json("{}")]);
        tags(&host).unwrap();
        assert_eq!(times(&host), [0, wait], "{value}");
    }
}

/// F63: who asks for more than a caller should sit through is told at once.
#[test]
fn a_longer_wait_is_for_the_caller_to_decide() {
    for (value, wait) in [
        ("61", 61_000),
        ("99999999", 99_999_999_000),
        ("99999999999999999999999999", u64::MAX),
        ("Thu, 01 Jan 2026 01:00:00 GMT", 3_600_000),
    ] {
        let host = script(vec![Reply::new(429).header("retry-after", value)]);
        let error = tags(&host).unwrap_err();
        assert_eq!((error.code.as_ref(), error.retry_after), ("RATE_LIMITED", Some(wait)), "{value}");
        assert_eq!((host.seen().len(), host.now()), (1, 0));
    }
}

#[test]
fn connections_that_break_are_tried_again() {
    let broken = || Reply::new(200).header("content-length", "2").step(Step::Bytes(b"{".to_vec()));
    for failure in [Reply::reset(), broken(), broken().step(Step::Reset)] {
        let host = script(vec![failure.clone(), failure.clone(), Reply::json("{}")]);
        tags(&host).unwrap();
        assert_eq!(times(&host), [0, 187, 562]);
        let host = script(vec![failure]);
        let error = tags(&host).unwrap_err();
        assert!(matches!(error.code.as_ref(), "NETWORK" | "TRUNCATED"), "{error:?}");
        assert_eq!(host.seen().len(), 5);
    }
    let refused = script(vec![Reply::refused()]);
    assert_eq!(tags(&refused).unwrap_err().code, "NETWORK");
    assert_eq!(refused.seen().len(), 1, "nobody is there");
}

/// Statuses and broken bodies of one piece of work count together.
#[test]
fn all_failures_of_one_request_count_together() {
    let broken = Reply::new(200).header("content-length", "2").step(Step::Bytes(b"{".to_vec()));
    let host =
        script(vec![Reply::new(503), broken.clone(), Reply::reset(), broken, Reply::new(500), Reply::json("{}")]);
    assert_eq!(tags(&host).unwrap_err().status, Some(500));
    assert_eq!(host.seen().len(), 5);
}

/// F13: what a caller has waited for as long as was agreed is not waited for again.
#[test]
fn time_outs_are_not_repeated() {
    let host = script(vec![Reply::hang()]);
    assert_eq!(tags(&host).unwrap_err().code, "TIMEOUT");
    assert_eq!((host.seen().len(), host.now()), (1, 30_000));
}

/// F65, F67: a PUT by digest may be repeated, whatever the first one did; what appends or begins something may not,
/// unless the server says that it did not begin.
#[test]
fn what_does_harm_when_repeated_is_not() {
    for (method, repeats) in [
        (Method::Get, true),
        (Method::Head, true),
        (Method::Put, true),
        (Method::Delete, true),
        (Method::Post, false),
        (Method::Patch, false),
    ] {
        for failure in [Reply::new(500), Reply::new(503), Reply::reset()] {
            let host = script(vec![failure, Reply::new(201)]);
            let result = send(&host, method);
            assert_eq!(host.seen().len(), if repeats { 2 } else { 1 }, "{method}");
            assert_eq!(result.is_ok_and(|status| status == 201), repeats, "{method}");
        }
        let busy = script(vec![Reply::new(429), Reply::new(201)]);
        assert_eq!(send(&busy, method).unwrap(), 201, "{method}");
    }
}

/// A refresh token that is used up by being used must not be sent twice for one answer.
#[test]
fn a_token_that_is_asked_for_by_post_is_asked_for_once() {
    for (failure, requests) in [(Reply::new(503), 1), (Reply::reset(), 1), (Reply::new(429), 2)] {
        let posts = Rc::new(Cell::new(0));
        let count = posts.clone();
        let host = Scripted::new(move |seen| {
            if seen.target != "https://auth.registry.test/" {
                let is_known = seen.headers.get("authorization").is_some();
                let demand = Reply::new(401).header("www-authenticate", "Bearer realm=\"https://auth.registry.test/\"");
                return if is_known { Reply::json("{}") } else { demand };
            }
            count.set(count.get() + 1);
            if count.get() == 1 { failure.clone() } else { Reply::json(r#"{"access_token":"t"}"#) }
        });
        let credentials = Some(Credentials::IdentityToken(Secret::new("refresh")));
        let auth = AuthSettings { credentials, ..AuthSettings::default() };
        let client = host.client_with(Settings { auth, ..Settings::default() });
        let result = host.run(client.repository("a/b", None).unwrap().tags(None, Call::default()).collect());
        assert_eq!((posts.get(), result.is_ok()), (requests, requests == 2));
    }
}

/// F14: a call that is dropped during a pause leaves nothing behind.
#[test]
fn a_pause_can_be_broken_off() {
    let host = script(vec![Reply::new(503).header("retry-after", "30")]);
    assert!(host.run_for(1_000, host.repository().tags(None, Call::default()).collect()).is_none());
    assert_eq!((host.open(), host.timers(), host.seen().len()), (0, 0, 1));
}

/// Who pauses keeps nobody waiting.
#[test]
fn others_go_on_during_a_pause() {
    let host = Scripted::new(|seen| {
        let is_busy = seen.target.contains("/busy/") && seen.at < 10_000;
        if is_busy { Reply::new(503).header("retry-after", "10") } else { Reply::json("{}").after(5) }
    });
    let client = host.client_with(Settings { concurrency: Some(1), ..Settings::default() });
    let (busy, idle) = (client.repository("x/busy/y", None).unwrap(), client.repository("a/b", None).unwrap());
    let (first, second) = host.run(join(busy.tags(None, Call::default()).collect(), async {
        idle.tags(None, Call::default()).collect().await.map(|_| host.now())
    }));
    assert_eq!((first.is_ok(), second.unwrap(), host.now()), (true, 5, 10_005));
}

/// An answer that nobody wants is read if it is short and there, and does not hold anything up otherwise.
#[test]
fn what_is_left_of_a_failure_does_not_hold_up_the_next_try() {
    let stalled = Reply::new(503).header("content-length", "10").step(Step::Bytes(b"busy".to_vec())).step(Step::Hang);
    let host = script(vec![stalled, Reply::json("{}")]);
    tags(&host).unwrap();
    assert_eq!(times(&host), [0, 250 + 187]);
    let long = Reply::new(503).step(Step::Forever(vec![0; 1_000]));
    let host = script(vec![long, Reply::json("{}")]);
    tags(&host).unwrap();
    assert_eq!((times(&host), host.bytes_sent()), (vec![0, 187], 2));
}

#[test]
fn each_attempt_is_told() {
    let told = Rc::new(RefCell::new(Vec::new()));
    let sink = told.clone();
    let observer = move |event: &RequestEvent| {
        sink.borrow_mut().push((event.status, event.error.clone(), event.duration, event.url.clone()));
    };
    let host = script(vec![
        Reply::new(503).after(3),
        Reply::reset().after(4),
        Reply::new(307).header("location", "https://storage.test/x?sig=hush"),
        Reply::json("{}").after(5),
    ]);
    let client = host.client_with(Settings { observer: Some(Rc::new(observer)), ..Settings::default() });
    host.run(client.repository("a/b", None).unwrap().tags(None, Call::default()).collect()).unwrap();
    let registry = "https://registry.test/v2/a/b/tags/list?n=1000".to_owned();
    let expected = [
        (Some(503), None, 3, registry.clone()),
        (None, Some("NETWORK".to_owned()), 4, registry.clone()),
        (Some(307), None, 0, registry),
        (Some(200), None, 5, "https://storage.test/x?sig=…".to_owned()),
    ];
    assert_eq!(*told.borrow(), expected);
}

/// One place is enough for all that a request may need in between.
#[test]
fn one_request_at_a_time_is_enough() {
    let host = Scripted::new(|seen: &Seen| {
        let first = seen.at < 300;
        match seen.headers.get("authorization") {
            _ if seen.target.starts_with("https://auth.registry.test/") => Reply::json(r#"{"token":"t"}"#).after(20),
            _ if seen.target.starts_with("https://storage.test/") && first => Reply::new(503).after(20),
            _ if seen.target.starts_with("https://storage.test/") => Reply::json("{}").after(20),
            Some(_) => Reply::new(307).header("location", "https://storage.test/x").after(20),
            None => {
                let demand = "Bearer realm=\"https://auth.registry.test/\"";
                Reply::json("{}").status(401).header("www-authenticate", demand).after(20)
            }
        }
    });
    let client = host.raw_client(Settings { concurrency: Some(1), ..Settings::default() });
    let repositories = ["a/a", "a/b", "a/c"].map(|name| client.repository(name, None).unwrap());
    let calls = repositories.iter().map(|repository| repository.tags(None, Call::default()).collect());
    assert!(host.run(join_all(calls)).iter().all(Result::is_ok));
    assert_eq!((host.open(), host.timers()), (0, 0));
    let sent: Vec<u64> = host.each_seen(|seen| seen.at);
    assert!(sent.windows(2).all(|two| two[1] - two[0] >= 20), "{sent:?}");
    host.run(host.sleep(1));
}
