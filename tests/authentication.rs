//! Credentials and tokens: what is sent to whom, when, and how often.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

mod support;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use docker_registry_client_wasm::protocol::secret::Secret;
use docker_registry_client_wasm::protocol::url::Url;
use docker_registry_client_wasm::registry::{Call, Client, Settings};
use docker_registry_client_wasm::transport::auth::{AuthSettings, Challenge, Credentials, Source};
use docker_registry_client_wasm::transport::trust::TrustedHost;
use docker_registry_client_wasm::transport::{Clock, Error, Result};
use futures_util::future::join_all;
use support::{Reply, Scripted, Seen, Step};

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
