//! The code that authenticates: which requests load it, and what happens while it cannot be loaded.

use std::cell::Cell;
use std::rc::Rc;

use crate::support::{Reply, Scripted, Seen};
use docker_registry_client_wasm::protocol::auth::secret::Secret;
use docker_registry_client_wasm::protocol::code;
use docker_registry_client_wasm::protocol::url::Url;
use docker_registry_client_wasm::registry::{Call, Client, Loaders, Settings, Version};
use docker_registry_client_wasm::transport::auth::{
    AuthSettings, BuiltIn, Credentials, CredentialsCallback, LoadAuth, NewAuthenticator,
};
use docker_registry_client_wasm::transport::{Clock, Error, Result, Unauthenticated, Work};
use futures_util::future::{join, join_all};

const REALM: &str = "https://auth.registry.test/token";
const BASIC: &str = "Basic YWxpY2U6czNjcmV0";

/// Takes a second, and fails so many times first.
struct Loader {
    host: Scripted,
    failures: Cell<usize>,
    loads: Cell<usize>,
    prepared: Cell<usize>,
}

impl LoadAuth<Unauthenticated<Scripted>, Scripted> for Loader {
    fn load(&self) -> Work<'_, NewAuthenticator<Unauthenticated<Scripted>, Scripted>> {
        Box::pin(async {
            self.loads.set(self.loads.get() + 1);
            self.host.sleep(1_000).await;
            let left = self.failures.get();
            self.failures.set(left.saturating_sub(1));
            if left > 0 { Err(Error::new(code::MODULE_NOT_LOADED, "offline")) } else { BuiltIn.load().await }
        })
    }

    fn prepare(&self) {
        self.prepared.set(self.prepared.get() + 1);
    }
}

fn client(host: &Scripted, failures: usize, auth: AuthSettings) -> (Client<Scripted>, Rc<Loader>) {
    client_with(host, failures, Settings { auth, api_version: Some(Version::V2), ..Settings::default() })
}

fn client_with(host: &Scripted, failures: usize, settings: Settings) -> (Client<Scripted>, Rc<Loader>) {
    let (host, failures) = (host.clone(), Cell::new(failures));
    let loader = Rc::new(Loader { host: host.clone(), failures, loads: Cell::default(), prepared: Cell::default() });
    let loaders = Loaders { auth: loader.clone(), ..Loaders::built_in() };
    (Client::with_loaders(host, Url::parse("https://registry.test").unwrap(), settings, loaders), loader)
}

fn given(credentials: Credentials) -> AuthSettings {
    AuthSettings { credentials: Some(credentials), ..AuthSettings::default() }
}

fn password() -> AuthSettings {
    given(Credentials::Basic { username: "alice".into(), password: Secret::new("s3cret") })
}

fn asking() -> AuthSettings {
    let callback: CredentialsCallback = Rc::new(|_| {
        Box::pin(async { Ok(Some(Credentials::Basic { username: "alice".into(), password: Secret::new("s3cret") })) })
    });
    AuthSettings { callback: Some(callback), ..AuthSettings::default() }
}

fn tags(host: &Scripted, client: &Client<Scripted>) -> Result<Vec<String>> {
    let result = host.run(client.repository("a/b", None).unwrap().tags(None, Call::default()).collect());
    assert_eq!((host.open(), host.timers()), (0, 0), "nothing stays open");
    result
}

/// A registry whose token service gives everybody a token.
fn with_tokens() -> Scripted {
    Scripted::new(|seen| match seen.headers.get("authorization") {
        _ if seen.target.starts_with(REALM) => Reply::json(r#"{"token":"t"}"#),
        Some("Bearer t") => Reply::json(r#"{"tags":["one"]}"#),
        _ => Reply::new(401).header("www-authenticate", &format!("Bearer realm=\"{REALM}\",service=\"reg\"")),
    })
}

fn with_password(seen: &Seen) -> Reply {
    match seen.headers.get("authorization") {
        Some(BASIC) => Reply::json(r#"{"tags":["one"]}"#),
        _ => Reply::new(401).header("www-authenticate", "Basic realm=\"x\""),
    }
}

#[test]
fn a_registry_without_authentication_never_needs_it() {
    let elsewhere = AuthSettings { service: Some(Url::parse(REALM).unwrap()), ..AuthSettings::default() };
    for (auth, prepared) in [(AuthSettings::default(), 0), (password(), 1), (asking(), 1), (elsewhere, 1)] {
        let host = Scripted::new(|_| Reply::json(r#"{"tags":["one"]}"#));
        let (client, loader) = client(&host, 0, auth);
        for _ in 0..3 {
            assert_eq!(tags(&host, &client).unwrap(), ["one"]);
        }
        assert_eq!((loader.loads.get(), loader.prepared.get()), (0, prepared));
    }
}

/// Nothing in such a response says how to authenticate, so that the code would change nothing.
#[test]
fn a_refusal_without_a_challenge_does_not_need_it() {
    for (status, challenge) in [(401, None), (403, None), (403, Some("Basic realm=\"x\"")), (400, None)] {
        for auth in [AuthSettings::default(), password(), asking()] {
            let host = Scripted::new(move |_| match challenge {
                Some(challenge) => Reply::new(status).header("www-authenticate", challenge),
                None => Reply::new(status),
            });
            let (client, loader) = client(&host, 1, auth);
            assert_eq!(tags(&host, &client).unwrap_err().status, Some(status));
            assert_eq!(loader.loads.get(), 0);
        }
    }
}

/// A page across origins may not see the challenge.
#[test]
fn a_hidden_challenge_needs_it_where_there_are_credentials() {
    for (auth, loads) in [(AuthSettings::default(), 0), (password(), 1)] {
        let is_set = auth.credentials.is_some();
        let host = Scripted::new(|seen| with_password(seen).filtered());
        let (client, loader) = client(&host, 0, auth);
        assert_eq!(tags(&host, &client).is_ok(), is_set);
        assert_eq!(loader.loads.get(), loads);
    }
}

#[test]
fn a_challenge_loads_it_once() {
    for host in [with_tokens(), Scripted::new(with_password)] {
        let (client, loader) = client(&host, 0, password());
        for _ in 0..3 {
            assert_eq!(tags(&host, &client).unwrap(), ["one"]);
        }
        assert_eq!((loader.loads.get(), loader.prepared.get()), (1, 1));
    }
}

#[test]
fn a_call_fails_without_it_and_can_be_repeated() {
    let anonymous = AuthSettings::default();
    for (host, auth) in
        [(with_tokens(), anonymous), (with_tokens(), password()), (Scripted::new(with_password), asking())]
    {
        let (client, loader) = client(&host, 2, auth);
        for _ in 0..2 {
            assert_eq!(tags(&host, &client).unwrap_err().code, code::MODULE_NOT_LOADED);
        }
        assert_eq!(tags(&host, &client).unwrap(), ["one"]);
        assert_eq!(loader.loads.get(), 3);
        assert!(host.seen().iter().all(|seen| seen.headers.get("authorization") != Some("Bearer s3cret")));
    }
}

/// The first request carries the token, or is not sent.
#[test]
fn a_token_is_never_left_out() {
    let host = Scripted::new(|_| Reply::json(r#"{"tags":["one"]}"#));
    let (client, _) = client(&host, 1, given(Credentials::Token(Secret::new("abc"))));
    assert_eq!(tags(&host, &client).unwrap_err().code, code::MODULE_NOT_LOADED);
    assert!(host.seen().is_empty());
    assert_eq!(tags(&host, &client).unwrap(), ["one"]);
    let sent: Vec<_> = host.each_seen(|seen| seen.headers.get("authorization").map(str::to_owned));
    assert_eq!(sent, [Some("Bearer abc".to_owned())]);
}

#[test]
fn concurrent_requests_have_one_token_request() {
    let host = with_tokens();
    let (client, _) = client(&host, 0, AuthSettings::default());
    let names = ["a/b"; 5];
    let lists = names.map(|name| client.repository(name, None).unwrap().tags(None, Call::default()).collect());
    for result in host.run(join_all(lists)) {
        assert_eq!(result.unwrap(), ["one"]);
    }
    assert_eq!(host.seen().iter().filter(|seen| seen.target.starts_with(REALM)).count(), 1);
}

/// What waits for the code may be dropped, and others go on.
#[test]
fn a_cancelled_call_takes_nobody_along() {
    let host = with_tokens();
    let (client, loader) = client(&host, 0, AuthSettings::default());
    let list = || client.repository("a/b", None).unwrap().tags(None, Call::default());
    assert!(host.run_for(500, list().collect()).is_none());
    assert_eq!((host.open(), host.timers()), (0, 0), "nothing stays open");
    let (one, other) = host.run(join(list().collect(), list().collect()));
    assert_eq!((one.unwrap(), other.unwrap()), (vec!["one".to_owned()], vec!["one".to_owned()]));
    assert!(loader.loads.get() >= 2);
    assert_eq!(host.seen().iter().filter(|seen| seen.target.starts_with(REALM)).count(), 1);
}

/// The protocol's version is not learned from a probe whose challenge was not understood.
#[test]
fn a_probe_fails_without_it_and_is_sent_again() {
    let host = with_tokens();
    let (client, _) = client_with(&host, 1, Settings { auth: password(), ..Settings::default() });
    let call = Call::default();
    assert_eq!(host.run(client.api_version(&call)).unwrap_err().code, code::MODULE_NOT_LOADED);
    assert_eq!(host.run(client.api_version(&call)).unwrap(), Version::V2);
    assert_eq!(tags(&host, &client).unwrap(), ["one"]);
    // The probe's challenge is known: no request is sent in vain.
    let refused = host.seen().iter().filter(|seen| seen.target.starts_with("/v2/a/b/tags/list")).count();
    assert_eq!(refused, 1);
}

/// A diagnosis without it would blame the registry.
#[test]
fn a_diagnosis_fails_without_it() {
    let host = with_tokens();
    let (client, _) = client(&host, 1, password());
    let call = Call::default();
    assert_eq!(host.run(client.diagnose(None, &call)).map(drop).unwrap_err().code, code::MODULE_NOT_LOADED);
    let found = host.run(client.diagnose(None, &call)).unwrap();
    assert_eq!(found.auth.credentials_accepted, Some(true));
}

/// A vanity host redirects to an origin that challenges.
#[test]
fn another_origin_needs_it_too() {
    let host = Scripted::new(|seen| match seen.headers.get("authorization") {
        _ if seen.target.starts_with("https://auth.other.test/token") => Reply::json(r#"{"token":"o"}"#),
        Some("Bearer o") if seen.target.starts_with("https://other.test/v2/") => Reply::json(r#"{"tags":["one"]}"#),
        _ if seen.target.starts_with("https://other.test/v2/") => {
            Reply::new(401).header("www-authenticate", "Bearer realm=\"https://auth.other.test/token\"")
        }
        _ => Reply::new(307).header("location", "https://other.test/v2/a/b/tags/list"),
    });
    let (client, loader) = client(&host, 1, AuthSettings::default());
    assert_eq!(tags(&host, &client).unwrap_err().code, code::MODULE_NOT_LOADED);
    assert_eq!(tags(&host, &client).unwrap(), ["one"]);
    assert_eq!(loader.loads.get(), 2);
}

#[test]
fn credentials_can_be_forgotten_before_and_after() {
    let host = Scripted::new(with_password);
    let (client, loader) = client(&host, 0, asking());
    client.forget_credentials();
    assert_eq!(loader.loads.get(), 0);
    assert_eq!(tags(&host, &client).unwrap(), ["one"]);
    client.forget_credentials();
    assert_eq!(tags(&host, &client).unwrap(), ["one"]);
    let sent: Vec<_> = host.each_seen(|seen| seen.headers.get("authorization").is_some());
    assert_eq!(sent, [false, true, true]);
}
