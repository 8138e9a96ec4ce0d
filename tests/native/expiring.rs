//! Credentials and tokens that were good once, dialogs that are cancelled, and forgetting all of it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::support::{Reply, Scripted, Seen, sha256};
use docker_registry_client_wasm::protocol::auth::secret::Secret;
use docker_registry_client_wasm::registry::{Call, Client, Settings};
use docker_registry_client_wasm::transport::auth::{AuthSettings, Challenge, Credentials, CredentialsCallback};
use docker_registry_client_wasm::transport::{Clock, Error, Result, Stage};
use futures_util::future::join_all;

const REALM: &str = "https://auth.registry.test/token";
/// What ECR says after twelve hours.
const EXPIRED: &str =
    r#"{"errors":[{"code":"DENIED","message":"Your authorization token has expired. Reauthenticate and try again."}]}"#;

fn password(text: &str) -> Credentials {
    Credentials::Basic { username: "AWS".into(), password: Secret::new(text) }
}

/// What is carried: the password of Basic, or the token.
fn carried(seen: &Seen) -> Option<String> {
    use base64ct::Encoding as _;
    let value = seen.headers.get("authorization")?;
    match value.strip_prefix("Basic ") {
        Some(pair) => {
            let pair = String::from_utf8(base64ct::Base64::decode_vec(pair).unwrap()).unwrap();
            Some(pair.split_once(':').unwrap().1.to_owned())
        }
        None => Some(value.strip_prefix("Bearer ")?.to_owned()),
    }
}

fn is_for_service(seen: &Seen) -> bool {
    seen.target.starts_with(REALM)
}

fn demand(scheme: &str) -> Reply {
    Reply::new(401).header("www-authenticate", &format!("{scheme} realm=\"{REALM}\""))
}

type Asked = Rc<RefCell<Vec<Challenge>>>;

/// Settings with a source that answers after a second, and what it was asked.
fn asking(host: &Scripted, answer: impl Fn(usize) -> Result<Option<Credentials>> + 'static) -> (Asked, Settings) {
    let asked = Asked::default();
    let (log, clock) = (asked.clone(), host.clone());
    let callback: CredentialsCallback = Rc::new(move |challenge| {
        log.borrow_mut().push(challenge);
        let (answer, clock) = (answer(log.borrow().len()), clock.clone());
        Box::pin(async move {
            clock.sleep(1_000).await;
            answer
        })
    });
    let auth = AuthSettings { callback: Some(callback), ..AuthSettings::default() };
    (asked, Settings { auth, ..Settings::default() })
}

/// One that gives `p1`, `p2`…
fn counting(host: &Scripted) -> (Asked, Settings) {
    asking(host, |number| Ok(Some(password(&format!("p{number}")))))
}

async fn tags(client: &Client<Scripted>) -> Result<Vec<String>> {
    client.repository("a/b", None).unwrap().tags(None, Call::default()).collect().await
}

fn refusals(asked: &Asked) -> Vec<bool> {
    asked.borrow().iter().map(|challenge| challenge.refused).collect()
}

/// A registry that wants Basic; `good` is the password's number, and any other is answered by `refusal`.
fn basic(refusal: Reply) -> (Scripted, Rc<Cell<u64>>) {
    let good = Rc::new(Cell::new(1));
    let now_good = good.clone();
    let host = Scripted::new(move |seen| match carried(seen) {
        None => demand("Basic"),
        Some(password) if password == format!("p{}", now_good.get()) => Reply::json(r#"{"tags":[]}"#).after(10),
        Some(_) => refusal.clone().after(10),
    });
    (host, good)
}

/// A password that was good is asked for once more, by however many requests find out at the same time.
#[test]
fn an_expired_password_is_asked_for_once_more() {
    for refusal in [
        Reply::json(EXPIRED).status(403),
        Reply::json(EXPIRED).status(400),
        Reply::bytes("token has expired").status(403),
        Reply::new(403).header("www-authenticate", "Basic realm=\"x\", error_description=\"token expired\""),
        demand("Basic"),
    ] {
        let (host, good) = basic(refusal);
        let (asked, settings) = counting(&host);
        let client = host.client_with(settings);
        host.run(tags(&client)).unwrap();
        good.set(2);
        let results = host.run(join_all((0..24).map(|_| tags(&client))));
        assert!(results.iter().all(Result::is_ok), "{results:?}");
        assert_eq!(refusals(&asked), [false, true]);
        // The answer of HEAD has no body that could say so.
        good.set(3);
        let repository = client.repository("a/b", None).unwrap();
        host.run(repository.head_blob(&sha256("x"), &Call::default())).unwrap();
        assert_eq!(refusals(&asked), [false, true, true]);
        assert_eq!(host.open(), 0);
    }
}

/// The same answer would get the same refusal, which stands then. Nothing goes round in circles.
#[test]
fn what_does_not_change_is_sent_once() {
    let (host, good) = basic(Reply::json(EXPIRED).status(403));
    let (asked, settings) = asking(&host, |_| Ok(Some(password("p1"))));
    let client = host.client_with(settings);
    host.run(tags(&client)).unwrap();
    good.set(2);
    for times in 2..4 {
        let before = host.seen().len();
        let error = host.run(tags(&client)).unwrap_err();
        assert_eq!((error.code.as_ref(), error.status), ("DENIED", Some(403)));
        assert!(error.message.contains("expired"), "{error}");
        assert_eq!((asked.borrow().len(), host.seen().len() - before), (times, 1));
    }
    // Nor does a source that has nothing more to give, or breaks, change what the registry said.
    for answer in [Ok(None), Err(Error::new("AUTH_REQUIRED", "closed"))] {
        let (host, good) = basic(Reply::json(EXPIRED).status(403));
        let (_, settings) =
            asking(&host, move |number| if number == 1 { Ok(Some(password("p1"))) } else { answer.clone() });
        let client = host.client_with(settings);
        host.run(tags(&client)).unwrap();
        good.set(2);
        assert_eq!(host.run(tags(&client)).unwrap_err().status, Some(403));
    }
}

/// A denial that says nothing of expiry opens no dialog.
#[test]
fn a_denial_is_no_expiry() {
    let denied = r#"{"errors":[{"code":"DENIED","message":"requested access to the resource is denied"}]}"#;
    let (host, good) = basic(Reply::json(denied).status(403));
    let (asked, settings) = counting(&host);
    let client = host.client_with(settings);
    host.run(tags(&client)).unwrap();
    good.set(2);
    let error = host.run(tags(&client)).unwrap_err();
    assert!(error.message.contains("requested access"), "{error}");
    assert_eq!((asked.borrow().len(), error.errors.len()), (1, 1));
}

/// A registry that believes the tokens from `first` on, and answers others by `refusal`; and its service, which gives `t1`,
/// `t2`…
fn bearer(refusal: Reply) -> (Scripted, Rc<Cell<u64>>) {
    let first = Rc::new(Cell::new(1));
    let (good_from, given) = (first.clone(), Cell::new(0));
    let host = Scripted::new(move |seen| {
        if is_for_service(seen) {
            given.set(given.get() + 1);
            return Reply::json(&format!(r#"{{"token":"t{}","expires_in":3600}}"#, given.get())).after(10);
        }
        match carried(seen).map(|token| token[1..].parse::<u64>().unwrap()) {
            None => demand("Bearer"),
            Some(number) if number >= good_from.get() => Reply::json(r#"{"tags":[]}"#).after(10),
            Some(_) => refusal.clone().after(10),
        }
    });
    (host, first)
}

/// A kept token may be refused with 400 or 403: the service is asked once more, once for all.
#[test]
fn a_kept_token_that_is_refused_is_renewed() {
    for refusal in
        [Reply::new(400), Reply::new(403), Reply::json(EXPIRED).status(403), Reply::bytes("<html>").status(400)]
    {
        for credentials in [None, Some(password("p"))] {
            let (host, first) = bearer(refusal.clone());
            let auth = AuthSettings { credentials, ..AuthSettings::default() };
            let client = host.client_with(Settings { auth, ..Settings::default() });
            host.run(tags(&client)).unwrap();
            first.set(2);
            let results = host.run(join_all((0..24).map(|_| tags(&client))));
            assert!(results.iter().all(Result::is_ok), "{results:?}");
            assert_eq!(host.seen().iter().filter(|seen| is_for_service(seen)).count(), 2);
            // No token is good any more: one more is asked for, and then the answer stands.
            first.set(u64::MAX);
            for requests in [3, 1, 1] {
                let before = host.seen().len();
                let error = host.run(tags(&client)).unwrap_err();
                assert!(matches!(error.status, Some(400 | 403)), "{error}");
                assert_eq!(host.seen().len() - before, requests);
            }
        }
    }
}

/// What a registry says of the request itself has nothing to do with the token.
#[test]
fn a_refusal_of_the_request_renews_no_token() {
    for code in ["DIGEST_INVALID", "NAME_INVALID", "UNSUPPORTED", "PAGINATION_NUMBER_INVALID"] {
        let refusal = Reply::json(&format!(r#"{{"errors":[{{"code":"{code}","message":"no"}}]}}"#)).status(400);
        let (host, first) = bearer(refusal);
        let client = host.client_with(Settings::default());
        let repository = client.repository("a/b", None).unwrap();
        host.run(tags(&client)).unwrap();
        first.set(2);
        let get = async { repository.blob(&sha256("x"), None, &Call::default()).await.map(drop) };
        assert_eq!(host.run(get).unwrap_err().code, code);
        assert_eq!(host.seen().iter().filter(|seen| is_for_service(seen)).count(), 1);
    }
}

/// Where the service gives no other token, the registry's answer stands.
#[test]
fn a_token_that_cannot_be_renewed() {
    for other in [Reply::json(r#"{"token":"t"}"#), Reply::new(403), Reply::refused()] {
        let is_revoked = Rc::new(Cell::new(false));
        let revoked = is_revoked.clone();
        let host = Scripted::new(move |seen| match (is_for_service(seen), carried(seen)) {
            (true, _) if revoked.get() => other.clone(),
            (true, _) => Reply::json(r#"{"token":"t"}"#),
            (false, None) => demand("Bearer"),
            (false, Some(_)) if revoked.get() => Reply::json(EXPIRED).status(403),
            (false, Some(_)) => Reply::json(r#"{"tags":[]}"#),
        });
        let client = host.once();
        host.run(tags(&client)).unwrap();
        is_revoked.set(true);
        let before = host.seen().len();
        let error = host.run(tags(&client)).unwrap_err();
        assert!(error.message.contains("has expired") && error.message.contains("/tags/list"), "{error}");
        assert_eq!(host.seen().len() - before, 2);
    }
}

/// A password that the token service knows no more.
#[test]
fn a_token_service_that_refuses_what_was_good() {
    for refusal in [Reply::new(401), Reply::new(400), Reply::json(EXPIRED).status(403)] {
        let good = Rc::new(Cell::new(1));
        let now_good = good.clone();
        let host = Scripted::new(move |seen| match (is_for_service(seen), carried(seen)) {
            (true, Some(password)) if password == format!("p{}", now_good.get()) => {
                Reply::json(r#"{"token":"t","expires_in":60}"#)
            }
            (true, _) => refusal.clone(),
            (false, None) => demand("Bearer"),
            (false, Some(_)) => Reply::json(r#"{"tags":[]}"#),
        });
        let (asked, settings) = counting(&host);
        let client = host.client_with(settings);
        host.run(tags(&client)).unwrap();
        good.set(2);
        host.run(host.sleep(60_000));
        let results = host.run(join_all((0..24).map(|_| tags(&client))));
        assert!(results.iter().all(Result::is_ok), "{results:?}");
        assert_eq!(refusals(&asked), [false, true]);
    }
}

/// Whoever cancels a dialog is asked again by the next call, and not by those that were under way.
#[test]
fn a_cancelled_dialog_is_opened_again_by_the_next_call() {
    for scheme in ["Basic", "Bearer"] {
        for throws in [false, true] {
            let tokens = |seen: &Seen| match (is_for_service(seen), carried(seen).as_deref()) {
                (true, Some("p1")) => Reply::json(r#"{"token":"known"}"#),
                (true, _) => Reply::json(r#"{"token":"nobody"}"#),
                (false, Some("known")) => Reply::json(r#"{"tags":[]}"#),
                _ => demand("Bearer"),
            };
            let host = if scheme == "Basic" { basic(Reply::new(401)).0 } else { Scripted::new(tokens) };
            let (asked, settings) = asking(&host, move |number| match number {
                3 => Ok(Some(password("p1"))),
                _ if throws => Err(Error::new("AUTH_REQUIRED", "the credentials callback failed: cancelled")),
                _ => Ok(None),
            });
            let client = host.client_with(settings);
            for times in 1..3 {
                let results = host.run(join_all((0..24).map(|_| tags(&client))));
                assert!(results.iter().all(|result| result.as_ref().unwrap_err().code == "AUTH_REQUIRED"));
                assert_eq!(asked.borrow().len(), times, "{scheme} {throws}");
            }
            host.run(tags(&client)).unwrap();
            host.run(tags(&client)).unwrap();
            assert_eq!(refusals(&asked), [false, false, false]);
        }
    }
}

/// One call asks once, however many of its requests are refused.
#[test]
fn a_call_that_goes_on_after_a_refusal_asks_once() {
    let (host, _) = basic(Reply::new(401));
    let (asked, settings) = asking(&host, |_| Ok(None));
    let client = host.client_with(settings);
    let diagnosis = host.run(client.diagnose(Some("a/b"), &Call::default())).unwrap();
    assert!(diagnosis.findings.iter().any(|finding| finding.code == "CREDENTIALS_NEEDED"));
    assert_eq!(asked.borrow().len(), 1);
    let (repository, call) = (client.repository("a/b", None).unwrap(), Call::default());
    for _ in 0..3 {
        host.run(repository.head_blob(&sha256("x"), &call)).unwrap_err();
        assert_eq!(asked.borrow().len(), 2);
    }
}

/// Nothing is left of what the source gave, nor of what came of it.
#[test]
fn credentials_can_be_forgotten() {
    for scheme in ["Basic", "Bearer"] {
        let host = Scripted::new(move |seen| match (is_for_service(seen), carried(seen)) {
            (true, Some(password)) => Reply::json(&format!(r#"{{"token":"t-{password}"}}"#)),
            (false, Some(_)) => Reply::json(r#"{"tags":[]}"#),
            _ => demand(scheme),
        });
        let (asked, settings) = counting(&host);
        let client = host.client_with(settings);
        for times in 1..4 {
            host.run(tags(&client)).unwrap();
            host.run(tags(&client)).unwrap();
            assert_eq!(asked.borrow().len(), times);
            let last = host.seen().pop().and_then(|seen| carried(&seen)).unwrap();
            assert!(last.ends_with(&format!("p{times}")), "{last}");
            client.forget_credentials();
        }
        assert_eq!(refusals(&asked), [false; 3]);
        // An answer to a question from before is good for the calls that wait for it, and no others.
        host.run(async {
            let forget = async {
                host.sleep(500).await;
                client.forget_credentials();
            };
            let (result, ()) = futures_util::future::join(tags(&client), forget).await;
            result.unwrap();
            tags(&client).await.unwrap();
        });
        assert_eq!(asked.borrow().len(), 5);
    }
    // What the client was made with stays.
    let (host, _) = basic(Reply::new(401));
    let auth = AuthSettings { credentials: Some(password("p1")), ..AuthSettings::default() };
    let client = host.client_with(Settings { auth, ..Settings::default() });
    host.run(tags(&client)).unwrap();
    client.forget_credentials();
    host.run(tags(&client)).unwrap();
}

/// A token for a mount may be refused for the other repository's sake: that is no word against the credentials, and told as
/// being about the token.
#[test]
fn a_refused_token_for_a_mount() {
    for status in [400, 401, 403, 500] {
        let host = Scripted::new(move |seen| match (is_for_service(seen), carried(seen)) {
            (true, _) if seen.target.contains("other") => Reply::json(EXPIRED).status(status),
            (true, _) => Reply::json(r#"{"token":"t"}"#),
            (false, Some(_)) if seen.method.as_str() == "GET" => Reply::json(r#"{"tags":[]}"#),
            (false, Some(_)) => Reply::new(201),
            (false, None) => demand("Bearer"),
        });
        let (asked, settings) = counting(&host);
        let client = host.client_with(settings);
        let repository = client.repository("a/b", None).unwrap();
        host.run(tags(&client)).unwrap();
        if let Err(error) = host.run(repository.mount_blob(&sha256("x"), "a/other", &Call::default())) {
            assert!(error.stage == Stage::Token && error.status == Some(status), "{error:?}");
        }
        host.run(tags(&client)).unwrap();
        assert_eq!(asked.borrow().len(), 1, "{status}");
    }
}

/// A wrong password in a dialog is refused to all that waited for it, and the dialog does not open again before the next call.
#[test]
fn a_wrong_password_is_asked_for_once_per_burst() {
    for scheme in ["Basic", "Bearer"] {
        let host = Scripted::new(move |seen| match (is_for_service(seen), carried(seen).as_deref()) {
            (true, Some("p3")) => Reply::json(r#"{"token":"p3"}"#),
            (false, Some("p3")) => Reply::json(r#"{"tags":[]}"#),
            (true, _) => Reply::new(401).after(5),
            (false, Some(_)) => demand(scheme).after(5),
            (false, None) => demand(scheme),
        });
        let (asked, settings) = counting(&host);
        let client = host.client_with(settings);
        for times in 1..3 {
            let results = host.run(join_all((0..24).map(|_| tags(&client))));
            assert!(results.iter().all(Result::is_err));
            assert_eq!(asked.borrow().len(), times, "{scheme}");
        }
        host.run(tags(&client)).unwrap();
        assert_eq!(refusals(&asked), [false, true, true]);
    }
}
