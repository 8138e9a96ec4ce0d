//! Credentials and tokens: what is sent to whom, when, and how often.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::support::{Reply, Scripted, Seen, Step};
use docker_registry_client_wasm::protocol::auth::secret::Secret;
use docker_registry_client_wasm::protocol::url::Url;
use docker_registry_client_wasm::registry::{Call, Client, Settings};
use docker_registry_client_wasm::transport::auth::{AuthSettings, Challenge, Credentials, CredentialsCallback};
use docker_registry_client_wasm::transport::layers::observe::RequestEvent;
use docker_registry_client_wasm::transport::trust::TrustedHost;
use docker_registry_client_wasm::transport::{Clock, Error, Result};
use futures_util::future::{join, join_all, select};

const REALM: &str = "https://auth.registry.test/token";
/// `alice` and her password.
const BASIC: &str = "Basic YWxpY2U6czNjcmV0";

fn password() -> Credentials {
    Credentials::Basic { username: "alice".into(), password: Secret::new("s3cret") }
}

fn identity() -> Credentials {
    Credentials::IdentityToken(Secret::new("refresh-0"))
}

fn settings(credentials: Option<Credentials>) -> Settings {
    Settings { auth: AuthSettings { credentials, ..AuthSettings::default() }, ..Settings::default() }
}

fn demand(challenge: &str) -> Reply {
    Reply::new(401).header("www-authenticate", challenge)
}

fn bearer(rest: &str) -> Reply {
    demand(&format!("Bearer realm=\"{REALM}\",service=\"reg\"{rest}"))
}

fn token(value: &str, seconds: u64) -> Reply {
    Reply::json(&format!("{{\"token\":\"{value}\",\"expires_in\":{seconds}}}"))
}

fn is_for_service(seen: &Seen) -> bool {
    seen.target.starts_with(REALM)
}

fn carried(seen: &Seen) -> Option<&str> {
    seen.headers.get("authorization")
}

/// A registry that lets in whoever `lets_in` says, with a token service that gives what `give` says to its nth request.
fn registry(lets_in: impl Fn(&Seen) -> bool + 'static, give: impl Fn(u64, &Seen) -> Reply + 'static) -> Scripted {
    let count = Cell::new(0);
    Scripted::new(move |seen| {
        if is_for_service(seen) {
            count.set(count.get() + 1);
            return give(count.get(), seen);
        }
        if lets_in(seen) { Reply::json("{}") } else { bearer("") }
    })
}

/// One that believes the token service: each token is `t` and a number.
fn believing() -> Scripted {
    registry(
        |seen| carried(seen).is_some_and(|value| value.starts_with("Bearer t")),
        |number, _| token(&format!("t{number}"), 300),
    )
}

fn tags(host: &Scripted, client: &Client<Scripted>, name: &str) -> Result<Vec<String>> {
    host.run(client.repository(name, None).unwrap().tags(None, Call::default()).collect())
}

fn asked_service(host: &Scripted) -> Vec<Seen> {
    host.seen().into_iter().filter(is_for_service).collect()
}

fn wait(host: &Scripted, milliseconds: u64) {
    host.run(host.sleep(milliseconds));
}

#[test]
fn a_password_is_sent_when_basic_is_asked_for_and_from_then_on() {
    let host = Scripted::new(|seen| match seen.headers.get("authorization") {
        Some("Basic YWxpY2U6czNjcmV0") => Reply::json("{}"),
        Some(_) => Reply::new(403),
        None => Reply::new(401).header("www-authenticate", "Basic realm=\"x\""),
    });
    let client = host.client_with(settings(Some(password())));
    let repository = client.repository("a/b", None).unwrap();
    for _ in 0..2 {
        host.run(repository.tags(None, Call::default()).collect()).unwrap();
    }
    let sent: Vec<bool> = host.seen().iter().map(|seen| seen.headers.get("authorization").is_some()).collect();
    assert_eq!(sent, [false, true, true]);
}

/// F54, F98.
#[test]
fn a_password_is_not_sent_where_basic_is_not_asked_for() {
    for challenge in [Some("Negotiate"), Some("Digest realm=\"x\", nonce=\"y\""), None] {
        let host = Scripted::new(move |_| match challenge {
            Some(challenge) => Reply::new(401).header("www-authenticate", challenge),
            None => Reply::new(401),
        });
        let error = host.run(host.client_with(settings(Some(password()))).check_status(&Call::default())).unwrap_err();
        assert_eq!((error.code.as_ref(), error.status), ("AUTH_REQUIRED", Some(401)));
        assert!(host.seen().iter().all(|seen| seen.headers.get("authorization").is_none()));
    }
    // where a page across origins cannot see the challenge, the user's password for this registry is tried
    let hidden = Scripted::new(|seen| match seen.headers.get("authorization") {
        Some(_) => Reply::json("{}").filtered(),
        None => Reply::new(401).filtered(),
    });
    hidden.run(hidden.client_with(settings(Some(password()))).check_status(&Call::default())).unwrap();
}

#[test]
fn a_refused_password_is_sent_once() {
    let host = Scripted::new(|_| Reply::new(401).header("www-authenticate", "Basic realm=\"x\""));
    let error = host.run(host.client_with(settings(Some(password()))).check_status(&Call::default())).unwrap_err();
    assert_eq!(error.code, "AUTH_REQUIRED");
    assert_eq!(host.seen().len(), 2);
    assert!(!format!("{error:?} {error}").contains("s3cret"));
    assert!(!format!("{:?}", password()).contains("s3cret"));
}

#[test]
fn a_token_is_used_as_is() {
    let host = Scripted::new(|seen| match seen.headers.get("authorization") {
        Some("Bearer abc") => Reply::json("{}"),
        _ => Reply::new(401),
    });
    let given = settings(Some(Credentials::Token(Secret::new("abc"))));
    host.run(host.client_with(given).check_status(&Call::default())).unwrap();
    assert_eq!(host.seen().len(), 1);
}

#[test]
fn each_attempt_is_told_without_secrets() {
    let events = Rc::new(RefCell::new(Vec::new()));
    let sink = events.clone();
    let settings = Settings {
        observer: Some(Rc::new(move |event: &RequestEvent| {
            sink.borrow_mut().push(event.clone());
        })),
        ..settings(Some(password()))
    };
    let host = Scripted::new(|seen| match seen.headers.get("authorization") {
        Some(_) => Reply::json("{}").after(7),
        None => Reply::new(401).header("www-authenticate", "Basic realm=\"x\""),
    });
    host.run(host.client_with(settings).check_status(&Call::default())).unwrap();
    let events = events.borrow();
    let told: Vec<_> = events.iter().map(|event| (event.method, event.status, event.duration)).collect();
    assert_eq!(told, [("GET", Some(401), 0), ("GET", Some(200), 7)]);
    assert!(!format!("{events:?}").contains("s3cret") && !format!("{events:?}").contains("YWxp"));
}

/// While one call waits for its token others go on: each of them may be told anew what the registry asks for.
#[test]
fn a_call_may_be_refused_while_another_waits_for_its_token() {
    let first = Cell::new(true);
    let lets_in = move |seen: &Seen| match carried(seen) {
        Some("Bearer t1") => first.replace(false),
        other => other.is_some(),
    };
    let host = registry(lets_in, |number, _| token(&format!("t{number}"), 300).after(50));
    let client = host.client_with(settings(Some(password())));
    tags(&host, &client, "a/b").unwrap();
    let repositories = ["c/d", "a/b"].map(|name| client.repository(name, None).unwrap());
    let calls = repositories.iter().map(|repository| repository.tags(None, Call::default()).collect());
    assert!(host.run(join_all(calls)).into_iter().all(|result| result.is_ok()));
}

/// A service that restarts forgets all its tokens at once: the others that are kept are not tried one by one.
#[test]
fn where_one_kept_token_is_refused_a_new_one_is_asked_for() {
    let revoked = Rc::new(Cell::new(0));
    let good_from = revoked.clone();
    let lets_in = move |seen: &Seen| {
        let number = carried(seen).and_then(|value| value.strip_prefix("Bearer t")?.parse().ok());
        number.is_some_and(|number: u64| number > good_from.get())
    };
    let host = registry(lets_in, |number, _| token(&format!("t{number}"), 300));
    let client = host.client_with(settings(Some(password())));
    for name in ["a/a", "a/b", "a/c", "a/d"] {
        tags(&host, &client, name).unwrap();
    }
    revoked.set(4);
    let before = host.seen().len();
    host.run(client.check_status(&Call::default())).unwrap();
    assert_eq!(host.targets()[before..].len(), 3, "refused, asked for, let in: {:?}", &host.targets()[before..]);
}

/// F59: the token that was good when a request began may have expired when its turn, or its next try, comes.
#[test]
fn a_token_that_expires_while_its_request_is_repeated_is_renewed() {
    let expired = Rc::new(Cell::new(u64::MAX));
    let (expires, busy) = (expired.clone(), Cell::new(1));
    let host = Scripted::new(move |seen| {
        if is_for_service(seen) {
            expires.set(seen.at + 60_000);
            return token(&format!("t{}", seen.at), 60);
        }
        match carried(seen) {
            Some(_) if seen.at >= expires.get() => bearer(",error=\"invalid_token\""),
            Some(_) if seen.target.starts_with("/v2/c/d/") && busy.replace(0) > 0 => {
                Reply::new(429).header("retry-after", "60")
            }
            Some(_) => Reply::json("{}"),
            None => bearer(""),
        }
    });
    let client = host.client_with(settings(Some(password())));
    tags(&host, &client, "a/b").unwrap();
    // Its first token is asked for before it is sent: there was none to be refused.
    tags(&host, &client, "c/d").unwrap();
    assert_eq!((asked_service(&host).len(), host.now()), (3, 60_000));
}

/// 100 calls at a time need one token: one request for it, whether they come before or after the registry has asked.
#[test]
fn a_hundred_calls_share_one_token() {
    let give = |number: u64, _: &Seen| token(&format!("t{number}"), 300).after(50);
    let host = registry(|seen| carried(seen).is_some(), give);
    for concurrency in [1, 6, 100] {
        let client = host.client_with(Settings { concurrency: Some(concurrency), ..settings(Some(password())) });
        let repository = client.repository("a/b", None).unwrap();
        let before = asked_service(&host).len();
        let call = || repository.tags(None, Call::default()).collect();
        assert!(host.run(join_all((0..100).map(|_| call()))).iter().all(Result::is_ok));
        assert_eq!(asked_service(&host).len() - before, 1, "concurrency {concurrency}");
        wait(&host, 400_000);
        assert!(host.run(join_all((0..100).map(|_| call()))).iter().all(Result::is_ok));
        assert_eq!(asked_service(&host).len() - before, 2, "one more for all when it has expired");
        assert_eq!(host.open(), 0);
    }
}

/// The same where it fails: one request, a hundred errors. The next call asks again.
#[test]
fn a_hundred_calls_share_one_failure() {
    let host = registry(|_| false, |_, _| Reply::json(r#"{"errors":[{"code":"DENIED"}]}"#).status(403).after(50));
    let client = host.client_with(settings(Some(password())));
    let repository = client.repository("a/b", None).unwrap();
    for asked in 1..3 {
        let results = host.run(join_all((0..100).map(|_| repository.tags(None, Call::default()).collect())));
        assert!(results.iter().all(|result| result.as_ref().unwrap_err().code == "DENIED"));
        assert_eq!(asked_service(&host).len(), asked);
    }
}

/// Whoever asks for all may go away: another takes over.
#[test]
fn the_call_that_asks_for_a_token_may_be_dropped() {
    let host = registry(|seen| carried(seen).is_some(), |number, _| token(&format!("t{number}"), 300).after(1_000));
    let client = host.client_with(settings(Some(password())));
    let repository = client.repository("a/b", None).unwrap();
    let call = || repository.tags(None, Call::default()).collect();
    host.run(async {
        let dropped = async {
            // Whatever select() gives back holds the call.
            drop(select(Box::pin(call()), Box::pin(host.sleep(500))).await);
        };
        let (_, others) = join(dropped, join_all([call(), call()])).await;
        assert!(others.iter().all(Result::is_ok));
    });
    assert_eq!((asked_service(&host).len(), host.now(), host.open()), (2, 1_500, 0));
}

#[test]
fn a_token_is_used_for_all_that_it_covers() {
    let host = believing();
    let client = host.client_with(settings(Some(password())));
    for (name, requests) in [("a/b", 1), ("a/b", 1), ("c/d", 2), ("a/b", 2)] {
        tags(&host, &client, name).unwrap();
        assert_eq!(asked_service(&host).len(), requests, "{name}");
    }
    host.run(client.check_status(&Call::default())).unwrap();
    assert_eq!(asked_service(&host).len(), 2, "any token will do to be let in");
}

/// S58: a token lives as long as it is told, and at least a minute; it is renewed five seconds early.
#[test]
fn tokens_are_renewed_shortly_before_they_expire() {
    for (answer, seconds) in [
        (r#"{"token":"t","expires_in":300}"#, 300),
        (r#"{"access_token":"t"}"#, 60),
        (r#"{"token":"t","expires_in":1}"#, 60),
        (r#"{"token":"t","expires_in":0}"#, 60),
        (r#"{"token":"t","expires_in":-5}"#, 60),
        (r#"{"token":"t","expires_in":"300"}"#, 60),
        (r#"{"token":"t","expires_in":1e300}"#, 60),
        (r#"{"token":"t","expires_in":120,"issued_at":"2099-01-01T00:00:00Z"}"#, 120),
        (r#"{"token":"t","expires_in":120,"issued_at":"0001-01-01T00:00:00Z"}"#, 120),
    ] {
        let host = registry(|seen| carried(seen).is_some(), move |_, _| Reply::json(answer));
        let client = host.client_with(settings(None));
        tags(&host, &client, "a/b").unwrap();
        wait(&host, seconds * 1000 - 5_001);
        tags(&host, &client, "a/b").unwrap();
        assert_eq!(asked_service(&host).len(), 1, "{answer}");
        wait(&host, 1);
        tags(&host, &client, "a/b").unwrap();
        assert_eq!(asked_service(&host).len(), 2, "{answer}");
    }
}

/// F58: what is no token ends in an error that shows nothing of it, after one request.
#[test]
fn answers_of_a_token_service_that_hold_no_token() {
    for (answer, code) in [
        (Reply::json("{}"), "INVALID_RESPONSE"),
        (Reply::json(r#"{"token":""}"#), "INVALID_RESPONSE"),
        (Reply::bytes("<html>hush</html>").header("content-type", "text/html"), "INVALID_RESPONSE"),
        (Reply::json(r#"{"token":"hush\r\nX-Evil: 1"}"#), "INVALID_RESPONSE"),
        (Reply::new(200).step(Step::Forever(vec![b' '; 65_536])), "TOO_LARGE"),
        (Reply::json(r#"{"token":"x"}"#).header("content-length", "10000000"), "TOO_LARGE"),
    ] {
        let host = registry(|_| false, move |_, _| answer.clone());
        let client = host.client_with(settings(Some(password())));
        let error = tags(&host, &client, "a/b").unwrap_err();
        assert_eq!(error.code, code);
        assert!(!format!("{error:?}").contains("hush"));
        assert_eq!((asked_service(&host).len(), host.open()), (1, 0));
        assert!(host.bytes_sent() < 400_000);
        assert_eq!(
            error.url.as_deref(),
            Some("https://auth.registry.test/token?service=reg&scope=repository%3Aa%2Fb%3Apull")
        );
    }
}

/// F53: one refresh and one repetition, then the error with what the registry says.
#[test]
fn a_registry_that_refuses_every_token() {
    let host = Scripted::new({
        let count = Cell::new(0);
        move |seen| {
            count.set(count.get() + 1);
            if is_for_service(seen) {
                return token(&format!("t{}", count.get()), 300);
            }
            let body = r#"{"errors":[{"code":"UNAUTHORIZED","message":"token is of no use"}]}"#;
            Reply::json(body)
                .status(401)
                .header("www-authenticate", &format!("Bearer realm=\"{REALM}\",error=\"invalid_token\""))
        }
    });
    let client = host.client_with(settings(Some(password())));
    for (requests, why) in [(3, "asked, token, repeated"), (2, "a new token, and refused")] {
        let before = host.seen().len();
        let error = tags(&host, &client, "a/b").unwrap_err();
        assert_eq!((error.code.as_ref(), error.status), ("UNAUTHORIZED", Some(401)));
        assert!(error.message.contains("token is of no use"), "{error}");
        assert_eq!(host.seen().len() - before, requests, "{why}");
    }
}

/// F59: in the middle of a run a token is good no more: one new one, and only the request that was refused is repeated.
#[test]
fn one_refresh_in_the_middle_of_a_run() {
    let good = Rc::new(Cell::new(1));
    let now_good = good.clone();
    let count = Cell::new(0);
    let host = Scripted::new(move |seen| {
        if is_for_service(seen) {
            count.set(count.get() + 1);
            return token(&format!("t{}", count.get()), 300).after(10);
        }
        let is_good = carried(seen) == Some(format!("Bearer t{}", now_good.get()).as_str());
        if is_good { Reply::json("{}").after(10) } else { bearer("").after(10) }
    });
    let client = host.client_with(settings(Some(password())));
    for _ in 0..3 {
        tags(&host, &client, "a/b").unwrap();
    }
    good.set(2);
    let before = host.seen().len();
    let repository = client.repository("a/b", None).unwrap();
    let calls = join_all((0..6).map(|_| repository.tags(None, Call::default()).collect()));
    assert!(host.run(calls).iter().all(Result::is_ok));
    assert_eq!(asked_service(&host).len(), 2);
    assert_eq!(host.seen().len() - before, 6 + 1 + 6, "six refused, one token, six let in");
    tags(&host, &client, "a/b").unwrap();
    assert_eq!(host.seen().len() - before, 14);
}

/// S60: fewer scopes than asked for show up as a second refusal, which says what is needed.
#[test]
fn insufficient_scope_widens() {
    let host = Scripted::new(|seen| {
        if is_for_service(seen) {
            let wide = seen.target.contains("push");
            return token(if wide { "wide" } else { "narrow" }, 300);
        }
        match carried(seen) {
            Some("Bearer wide") => Reply::json("{}"),
            Some(_) => bearer(",scope=\"repository:a/b:pull,push\",error=\"insufficient_scope\""),
            None => bearer(",scope=\"repository:a/b:pull\""),
        }
    });
    let client = host.client_with(settings(Some(password())));
    tags(&host, &client, "a/b").unwrap();
    assert_eq!(host.seen().len(), 5);
    assert!(host.targets()[3].ends_with("scope=repository%3Aa%2Fb%3Apull%2Cpush"), "{:?}", host.targets());
    tags(&host, &client, "a/b").unwrap();
    assert_eq!(host.seen().len(), 6, "the wide one covers it");
}

/// S59, S61, S62: a form with the refresh token, and the scopes in one field.
#[test]
fn refresh_tokens_are_posted_and_rotated() {
    let host = registry(
        |seen| carried(seen).is_some_and(|value| value.starts_with("Bearer t")),
        |number, _| {
            Reply::json(&format!(
                r#"{{"access_token":"t{number}","expires_in":60,"refresh_token":"refresh-{number}","scope":"x"}}"#
            ))
        },
    );
    let client = host.client_with(settings(Some(identity())));
    for number in 0..3 {
        tags(&host, &client, "a/b").unwrap();
        let asked = asked_service(&host).pop().unwrap();
        assert_eq!((asked.method.as_str(), asked.target.as_str(), carried(&asked)), ("POST", REALM, None));
        assert_eq!(asked.headers.get("content-type"), Some("application/x-www-form-urlencoded"));
        let form = "grant_type=refresh_token&client_id=docker-registry-client-wasm&service=reg&scope=repository%3Aa%2Fb%3Apull";
        assert_eq!(asked.body, format!("{form}&refresh_token=refresh-{number}"), "the one the service gave last");
        wait(&host, 60_000);
    }
}

/// F60: no OAuth2 there: the older way. Any other refusal is final.
#[test]
fn where_post_is_not_known_the_refresh_token_stands_for_a_password() {
    for (status, falls_back) in [(404, true), (405, true), (400, false), (401, false), (403, false), (500, false)] {
        let host = registry(
            |seen| carried(seen) == Some("Bearer t"),
            move |_, seen| {
                let is_post = seen.method.as_str() == "POST";
                if is_post { Reply::json(r#"{"error":"unsupported"}"#).status(status) } else { token("t", 300) }
            },
        );
        let client = host.client_with(settings(Some(identity())));
        let result = tags(&host, &client, "a/b");
        assert_eq!(result.is_ok(), falls_back, "{status}: {result:?}");
        let asked: Vec<_> =
            asked_service(&host).iter().map(|seen| (seen.method.as_str(), carried(seen).map(str::to_owned))).collect();
        let post = ("POST", None);
        let get = ("GET", Some("Basic PHRva2VuPjpyZWZyZXNoLTA=".to_owned()));
        assert_eq!(asked, if falls_back { vec![post, get] } else { vec![post] });
        assert!(!format!("{result:?}").contains("refresh-0"));
    }
}

/// S59: what a token is asked for with; nothing of a password but in its field.
#[test]
fn a_token_is_asked_for_by_get() {
    let host = believing();
    let client = host.client_with(settings(Some(password())));
    tags(&host, &client, "a/b").unwrap();
    host.run(client.catalog(None, Call::default()).collect()).unwrap();
    let asked = asked_service(&host);
    let scopes = ["repository%3Aa%2Fb%3Apull", "registry%3Acatalog%3A%2A"];
    for (seen, scope) in asked.iter().zip(scopes) {
        assert_eq!(seen.target, format!("{REALM}?service=reg&scope={scope}"));
        assert_eq!((seen.method.as_str(), carried(seen), seen.body.as_str()), ("GET", Some(BASIC), ""));
    }
    assert!(host.seen().iter().filter(|seen| !is_for_service(seen)).all(|seen| carried(seen) != Some(BASIC)));
}

/// F54, F55: what this client does not speak is passed over; an empty or absent challenge is the end.
#[test]
fn the_first_scheme_that_is_spoken_is_used() {
    for (challenge, expected) in [
        ("Negotiate, Bearer realm=\"https://auth.registry.test/token\"", Some("Bearer t")),
        ("Digest realm=\"x\", nonce=\"y\", Basic realm=\"z\"", Some(BASIC)),
        ("Bearer realm=\"https://auth.registry.test/token\",scope=\"*\",Basic realm=\"z\"", Some("Bearer t")),
        ("Basic realm=\"z\", Bearer realm=\"https://auth.registry.test/token\"", Some(BASIC)),
        ("Negotiate", None),
        ("", None),
    ] {
        let host = Scripted::new(move |seen| match carried(seen) {
            _ if is_for_service(seen) => token("t", 300),
            Some(_) => Reply::json("{}"),
            None => demand(challenge),
        });
        let result = tags(&host, &host.client_with(settings(Some(password()))), "a/b");
        assert_eq!(result.is_ok(), expected.is_some(), "{challenge}");
        let last = host.seen().pop().unwrap();
        assert_eq!(carried(&last), expected, "{challenge}");
    }
}

/// Nobody has no password: where Basic stands beside a token service, the service is asked.
#[test]
fn nobody_is_let_in_by_the_token_service_even_where_basic_comes_first() {
    let challenge = format!("Basic realm=\"z\", Bearer realm=\"{REALM}\"");
    let host = Scripted::new(move |seen| match carried(seen) {
        _ if is_for_service(seen) => token("t", 300),
        Some(_) => Reply::json("{}"),
        None => demand(&challenge),
    });
    tags(&host, &host.client_with(settings(None)), "a/b").unwrap();
}

/// F56: credentials go to no other domain's token service; without credentials anyone may be asked.
#[test]
fn a_token_service_of_another_domain_gets_no_credentials() {
    const ELSEWHERE: &str = "https://auth.elsewhere.test/token";
    let script = |seen: &Seen| match carried(seen) {
        _ if seen.target.starts_with("https://") => token("t", 300),
        Some("Bearer t") => Reply::json("{}"),
        _ => demand(&format!("Bearer realm=\"{ELSEWHERE}\",service=\"x\"")),
    };
    for credentials in [password(), identity()] {
        let host = Scripted::new(script);
        let error = tags(&host, &host.client_with(settings(Some(credentials.clone()))), "a/b").unwrap_err();
        assert_eq!(error.code, "UNTRUSTED_REALM");
        assert!(error.message.contains("auth.elsewhere.test") && error.message.contains("trustedRealms"), "{error}");
        assert_eq!(host.seen().len(), 1, "no request to it");
        let trusted = vec![TrustedHost::parse("auth.elsewhere.test").unwrap()];
        let host = Scripted::new(script);
        let client = host.client_with(Settings { trusted, ..settings(Some(credentials)) });
        tags(&host, &client, "a/b").unwrap();
    }
    let host = Scripted::new(script);
    tags(&host, &host.client_with(settings(None)), "a/b").unwrap();
    assert!(host.seen().iter().all(|seen| carried(seen).is_none_or(|value| value == "Bearer t")));
}

/// F57.
#[test]
fn realms_that_no_request_goes_to() {
    for realm in [
        "http://auth.registry.test/token",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://alice:hush@auth.registry.test/token",
        "https://10.0.0.1/token",
        "https://169.254.169.254/token",
        "/token",
        "",
    ] {
        for credentials in [None, Some(password())] {
            let host = Scripted::new(move |_| demand(&format!("Bearer realm=\"{realm}\",service=\"x\"")));
            let error = tags(&host, &host.client_with(settings(credentials)), "a/b").unwrap_err();
            assert_eq!((error.code.as_ref(), host.seen().len()), ("UNTRUSTED_REALM", 1), "{realm}");
            assert!(!format!("{error:?}").contains("hush"));
        }
    }
}

/// The user's word on the token service stands before the registry's, and where that is hidden.
#[test]
fn a_token_service_named_by_the_user() {
    for (is_hidden, service_name) in [(false, "service=reg&"), (true, "")] {
        let host = Scripted::new(move |seen| {
            let reply = match carried(seen) {
                _ if seen.target.starts_with("https://tokens.mine.test/") => token("t", 300),
                Some("Bearer t") => Reply::json("{}"),
                _ => bearer(""),
            };
            if is_hidden { reply.filtered() } else { reply }
        });
        let auth = AuthSettings {
            credentials: Some(password()),
            service: Some(Url::parse("https://tokens.mine.test/t").unwrap()),
            ..AuthSettings::default()
        };
        tags(&host, &host.client_with(Settings { auth, ..Settings::default() }), "a/b").unwrap();
        let asked = format!("GET https://tokens.mine.test/t?{service_name}scope=repository%3Aa%2Fb%3Apull");
        assert_eq!(host.targets()[1], asked);
        assert!(asked_service(&host).is_empty());
    }
}

/// F98: without a word from the user nothing can be done about a hidden challenge but to say what is missing.
#[test]
fn a_hidden_challenge_is_told() {
    let host = Scripted::new(|_| bearer("").filtered());
    let error = tags(&host, &host.client_with(settings(None)), "a/b").unwrap_err();
    assert_eq!(error.code, "AUTH_REQUIRED");
    assert!(error.message.contains("WWW-Authenticate") && error.message.contains("authServiceUrl"), "{error}");
}

/// F61, S40: whoever a redirect leads to is told nothing, whatever it asks for.
#[test]
fn another_host_that_asks_for_credentials_gets_none() {
    for challenge in [
        "Basic realm=\"x\"",
        "Bearer realm=\"https://evil.test/token\"",
        "Bearer realm=\"https://auth.registry.test/token\"",
    ] {
        for credentials in [None, Some(password()), Some(identity()), Some(Credentials::Token(Secret::new("t-given")))]
        {
            let host = Scripted::new(move |seen| match carried(seen) {
                _ if seen.target.starts_with("https://evil.test") => demand(challenge),
                _ if is_for_service(seen) => token("t", 300),
                Some(_) => Reply::new(307).header("location", "https://evil.test/layer"),
                None => bearer(""),
            });
            let has_credentials = credentials.is_some();
            let error = tags(&host, &host.client_with(settings(credentials)), "a/b").unwrap_err();
            assert_eq!(error.status, Some(401), "{challenge} {has_credentials}");
            let told: Vec<Seen> = host.seen().into_iter().filter(|seen| seen.target.contains("evil.test")).collect();
            assert_eq!(told.len(), 1);
            for seen in told {
                assert!(carried(&seen).is_none() && seen.body.is_empty() && seen.target == "https://evil.test/layer");
            }
        }
    }
}

/// F61: nor does it settle what the registry itself is told from then on.
#[test]
fn what_another_host_asks_of_a_probe_is_not_the_registrys_word() {
    let host = Scripted::new(|seen| match carried(seen) {
        _ if is_for_service(seen) => token("t", 300),
        _ if seen.target.starts_with("https://evil.test/") => demand("Basic realm=\"x\""),
        _ if seen.target == "/v2/" => Reply::new(307).header("location", "https://evil.test/v2/"),
        Some("Bearer t") => Reply::json("{}"),
        _ => bearer(""),
    });
    tags(&host, &host.raw_client(settings(Some(password()))), "a/b").unwrap();
    let told = host.seen().into_iter().filter(|seen| carried(seen) == Some(BASIC));
    assert!(told.into_iter().all(|seen| is_for_service(&seen)), "{:?}", host.targets());
}

/// F62: nothing secret in what is told of a failure.
#[test]
fn errors_show_no_secret() {
    let secrets = ["s3cret", "YWxpY2U6czNjcmV0", "refresh-0", "cmVmcmVzaC0w", "t-given", "t-issued", "sig-1"];
    for credentials in [password(), identity(), Credentials::Token(Secret::new("t-given"))] {
        for status in [400, 401, 403, 404, 500] {
            let host = Scripted::new(move |seen| match carried(seen) {
                _ if is_for_service(seen) && seen.at == 0 => token("t-issued", 300),
                _ if seen.target.contains("storage.test") => Reply::bytes("<Error/>").status(status),
                Some(_) => Reply::new(307).header("location", "https://storage.test/x?X-Amz-Signature=sig-1"),
                None => bearer(""),
            });
            let client = host.client_with(settings(Some(credentials.clone())));
            let error = tags(&host, &client, "a/b").unwrap_err();
            let shown = format!("{error:?} {error} {credentials:?}");
            assert!(secrets.iter().all(|secret| !shown.contains(secret)), "{shown}");
        }
    }
}

type Asked = Rc<RefCell<Vec<Challenge>>>;

/// A source of credentials that answers by `answer` after a second, and what it was asked.
fn source(host: &Scripted, answer: impl Fn(usize) -> Result<Option<Credentials>> + 'static) -> (Asked, Settings) {
    let asked = Asked::default();
    let (log, clock) = (asked.clone(), host.clone());
    let callback: CredentialsCallback = Rc::new(move |challenge| {
        log.borrow_mut().push(challenge);
        let answer = answer(log.borrow().len());
        let clock = clock.clone();
        Box::pin(async move {
            clock.sleep(1_000).await;
            answer
        })
    });
    let auth = AuthSettings { callback: Some(callback), ..AuthSettings::default() };
    (asked, Settings { auth, ..Settings::default() })
}

#[test]
fn a_source_is_asked_once_however_many_calls_need_it() {
    let host = believing();
    let (asked, settings) = source(&host, |_| Ok(Some(password())));
    let client = host.client_with(settings);
    let repository = client.repository("a/b", None).unwrap();
    let call = || repository.tags(None, Call::default()).collect();
    assert!(host.run(join_all((0..100).map(|_| call()))).iter().all(Result::is_ok));
    host.run(call()).unwrap();
    let asked = asked.borrow();
    assert_eq!((asked.len(), asked_service(&host).len()), (1, 1));
    let challenge = &asked[0];
    assert_eq!((challenge.scheme, challenge.registry.as_str()), ("bearer", "https://registry.test/"));
    assert_eq!((challenge.realm.as_deref(), challenge.service.as_deref()), (Some(REALM), Some("reg")));
    assert_eq!(challenge.scopes.to_string(), "repository:a/b:pull");
}

/// A wrong password is not taken for a registry without a catalog: the callback would give another one for `/v2/`.
#[test]
fn a_catalog_refused_to_a_wrong_password_is_refused() {
    let host = Scripted::new(|seen| match carried(seen) {
        Some(BASIC) => Reply::json(r#"{"repositories":["a"]}"#),
        _ => demand("Basic realm=\"registry\""),
    });
    let wrong = || Credentials::Basic { username: "alice".into(), password: Secret::new("wrong") };
    let (asked, settings) = source(&host, move |time| Ok(Some(if time == 1 { wrong() } else { password() })));
    let client = host.client_with(settings);
    let error = host.run(client.repositories(None, &Call::default())).err().unwrap();
    assert_eq!((error.code.as_ref(), error.status, asked.borrow().len()), ("AUTH_REQUIRED", Some(401), 1));
    assert_eq!(host.run(client.repositories(None, &Call::default())).unwrap().len(), 1);
    assert_eq!(asked.borrow().len(), 2);
}

/// A store that cannot be read fails all that wait for it, once; the next call asks again.
#[test]
fn a_source_that_fails_is_not_asked_by_each_who_waits() {
    let host = believing();
    let (asked, settings) = source(&host, |_| Err(Error::new("INVALID_ARGUMENT", "the store is locked")));
    let client = host.client_with(settings);
    let repository = client.repository("a/b", None).unwrap();
    for times in 1..3 {
        let results = host.run(join_all((0..100).map(|_| repository.tags(None, Call::default()).collect())));
        assert!(results.iter().all(|result| result.as_ref().unwrap_err().message == "the store is locked"));
        assert_eq!(asked.borrow().len(), times);
    }
}

/// Whoever declines goes on as nobody, and is asked again only where more is wanted than was declined.
#[test]
fn a_source_that_declines_is_asked_again_for_more() {
    let host = Scripted::new(|seen| match carried(seen) {
        _ if is_for_service(seen) => token(if carried(seen).is_some() { "known" } else { "nobody" }, 300),
        Some("Bearer known") => Reply::json("{}"),
        Some("Bearer nobody") if !seen.target.contains("private") => Reply::json("{}"),
        _ => bearer(if seen.target.contains("private") { ",scope=\"repository:a/private:pull,push\"" } else { "" }),
    });
    let (asked, settings) = source(&host, |number| Ok((number > 1).then(password)));
    let client = host.client_with(settings);
    for _ in 0..3 {
        tags(&host, &client, "a/public").unwrap();
    }
    assert_eq!(asked.borrow().len(), 1);
    tags(&host, &client, "a/private").unwrap();
    let scopes: Vec<String> = asked.borrow().iter().map(|challenge| challenge.scopes.to_string()).collect();
    assert_eq!(scopes, ["repository:a/public:pull", "repository:a/private:pull"]);
}

/// 403 to whoever came as nobody: asked for credentials once, and the request not repeated as nobody.
#[test]
fn nothing_is_repeated_with_the_same_token() {
    let host = Scripted::new(|seen| match carried(seen) {
        _ if is_for_service(seen) => token("t", 300),
        Some(_) => Reply::new(403),
        None => bearer(""),
    });
    let (asked, settings) = source(&host, |_| Ok(None));
    let client = host.client_with(settings);
    // Who declined is asked again by each call, as nobody gets nowhere.
    for requests in [3, 1, 1] {
        let before = host.seen().len();
        assert_eq!(tags(&host, &client, "a/b").unwrap_err().code, "DENIED");
        assert_eq!(host.seen().len() - before, requests);
    }
    assert_eq!(asked.borrow().len(), 3);
}

/// Credentials that are refused are asked for anew by the next call, be they a password or a ready-made token.
#[test]
fn refused_credentials_are_asked_for_anew() {
    let given = |text: &str| Credentials::Token(Secret::new(text));
    let wrong = || Credentials::Basic { username: "alice".into(), password: Secret::new("typo") };
    for (challenge, first, second) in [
        ("Basic realm=\"x\"", wrong(), password()),
        ("Bearer realm=\"https://auth.registry.test/token\"", wrong(), password()),
        ("Bearer realm=\"https://auth.registry.test/token\"", given("expired"), given("good")),
        ("Bearer realm=\"https://auth.registry.test/token\"", given("expired"), password()),
        ("Basic realm=\"x\"", given("expired"), password()),
    ] {
        let host = Scripted::new(move |seen| match carried(seen) {
            Some(BASIC) if is_for_service(seen) => token("good", 300),
            Some(BASIC | "Bearer good") => Reply::json("{}"),
            _ => demand(challenge),
        });
        let answers = [first, second];
        let (asked, settings) = source(&host, move |number| Ok(answers.get(number - 1).cloned()));
        let client = host.client_with(settings);
        assert_eq!(tags(&host, &client, "a/b").unwrap_err().status, Some(401), "{challenge}");
        tags(&host, &client, "a/b").unwrap();
        tags(&host, &client, "a/b").unwrap();
        assert_eq!(asked.borrow().len(), 2, "{challenge}");
    }
}

/// A wrong password, none at all and a dialog that was cancelled read differently, with Basic and with a token service.
#[test]
fn a_refusal_says_what_was_wrong_with_the_login() {
    let wrong = || Some(Credentials::Basic { username: "alice".into(), password: Secret::new("typo") });
    let sent = "the credentials were rejected: the user name or password is wrong";
    let missing = "there are no credentials: give username and password";
    let declined = "the credentials callback returned none: the login was cancelled";
    for challenge in ["Basic realm=\"x\"", "Bearer realm=\"https://auth.registry.test/token\""] {
        let locked = || {
            Scripted::new(move |seen| match carried(seen) {
                None if is_for_service(seen) => token("nobody", 300),
                _ => demand(challenge),
            })
        };
        let host = locked();
        let error = tags(&host, &host.client_with(settings(wrong())), "a/b").unwrap_err();
        assert!(error.message.contains(sent), "{challenge}: {error}");
        let host = locked();
        let error = tags(&host, &host.client_with(settings(None)), "a/b").unwrap_err();
        assert!(error.message.contains(missing), "{challenge}: {error}");
        let host = locked();
        let (_, cancelled) = source(&host, |_| Ok(None));
        let error = tags(&host, &host.client_with(cancelled), "a/b").unwrap_err();
        assert!(error.message.contains(declined), "{challenge}: {error}");
        let host = locked();
        let (_, asked) = source(&host, move |_| Ok(wrong()));
        let error = tags(&host, &host.client_with(asked), "a/b").unwrap_err();
        assert!(error.message.contains(sent), "{challenge}: {error}");
    }
}

/// A registry in a cluster names its token service by a host that is good only there.
#[test]
fn a_token_service_that_cannot_be_reached_is_named() {
    for reply in [Reply::refused(), Reply::hang()] {
        let host = registry(|_| false, move |_, _| reply.clone());
        let error = tags(&host, &host.client_with(settings(Some(password()))), "a/b").unwrap_err();
        assert!(matches!(error.code.as_ref(), "NETWORK" | "TIMEOUT"), "{error}");
        for part in ["the token service https://auth.registry.test/token", "https://registry.test", "authServiceUrl"] {
            assert!(error.message.contains(part), "{error}");
        }
    }
}

/// What one may not do is no word against one's credentials.
#[test]
fn a_denial_does_not_cost_the_credentials() {
    let host = Scripted::new(|seen| match carried(seen) {
        Some(BASIC) if seen.target.contains("secret") => Reply::new(403),
        Some(BASIC) => Reply::json("{}"),
        _ => demand("Basic realm=\"x\""),
    });
    let (asked, settings) = source(&host, |_| Ok(Some(password())));
    let client = host.client_with(settings);
    for _ in 0..2 {
        assert_eq!(tags(&host, &client, "a/secret").unwrap_err().code, "DENIED");
        tags(&host, &client, "a/b").unwrap();
    }
    assert_eq!(asked.borrow().len(), 1);
}

/// The dialog belongs to a call that went away: the next one opens it anew.
#[test]
fn a_source_may_be_left_while_it_is_asked() {
    let host = believing();
    let (asked, settings) = source(&host, |_| Ok(Some(password())));
    let client = host.client_with(settings);
    let repository = client.repository("a/b", None).unwrap();
    let call = || repository.tags(None, Call::default()).collect();
    assert!(host.run_for(500, call()).is_none());
    assert_eq!((host.open(), host.timers()), (0, 0));
    host.run(call()).unwrap();
    assert_eq!(asked.borrow().len(), 2);
}

/// F62: a server that sends back what it got.
#[test]
fn what_was_sent_comes_back_in_no_error() {
    let echo = |seen: &Seen| {
        let sent = seen.headers.get("authorization").unwrap_or_default().to_owned();
        Reply::json(&format!(
            r#"{{"errors":[{{"code":"DENIED","message":"got {sent} {}","detail":"{sent}"}}]}}"#,
            seen.body
        ))
        .status(403)
    };
    let credentials = [
        password(),
        Credentials::Token(Secret::new("given-hush")),
        Credentials::IdentityToken(Secret::new("identity-hush")),
    ];
    for held in credentials {
        for refuses in ["service", "registry"] {
            let host = Scripted::new(move |seen| match seen.headers.get("authorization") {
                _ if is_for_service(seen) && refuses == "service" => echo(seen),
                _ if is_for_service(seen) => token("token-hush", 300),
                None => demand("Bearer realm=\"https://auth.registry.test/token\""),
                Some(_) => echo(seen),
            });
            let auth = AuthSettings { credentials: Some(held.clone()), ..AuthSettings::default() };
            let client = host.client_with(Settings { auth, ..Settings::default() });
            let error = tags(&host, &client, "a/b").unwrap_err();
            let shown = format!("{error} {error:?}");
            for secret in ["hush", "s3cret", "YWxpY2U6czNjcmV0"] {
                assert!(!shown.contains(secret), "{refuses} {held:?}: {shown}");
            }
            assert!(shown.contains("<redacted>"), "{refuses} {held:?}: {shown}");
        }
    }
}

/// The probe of `/v2/` sends a given token, and its failure does not tell it.
#[test]
fn a_token_that_the_registry_repeats_is_not_told() {
    let host = Scripted::new(|seen| {
        let echo = format!(r#"{{"errors":[{{"code":"BAD","message":"auth {}"}}]}}"#, carried(seen).unwrap_or("none"));
        Reply::json(&echo).status(400)
    });
    let client = host.client_with(settings(Some(Credentials::Token(Secret::new("t0k3n-secret")))));
    let error = host.run(client.check_status(&Call::default())).unwrap_err();
    let shown = format!("{error:?} {error}");
    assert!(shown.contains("auth") && !shown.contains("t0k3n-secret"), "{shown}");
}
