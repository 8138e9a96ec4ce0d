//! V1's tokens and cookies, below the operations that use them.

use std::rc::Rc;

use crate::support::{Bytes, Reply, Scripted, Seen};
use docker_registry_client_wasm::protocol::auth::scope::Resource;
use docker_registry_client_wasm::protocol::auth::secret::Secret;
use docker_registry_client_wasm::protocol::http::Method;
use docker_registry_client_wasm::protocol::url::Url;
use docker_registry_client_wasm::transport::auth::{AuthSettings, BuiltIn, Credentials};
use docker_registry_client_wasm::transport::layers::notice::Notices;
use docker_registry_client_wasm::transport::layers::retry::Policy;
use docker_registry_client_wasm::transport::request::Request;
use docker_registry_client_wasm::transport::trust::{Trust, TrustedHost};
use docker_registry_client_wasm::transport::{Stack, StackSettings, Transport, stack};
use futures_util::future::join_all;

const BASIC: &str = "Basic YWxpY2U6czNjcmV0";
const TOKEN: &str = r#"signature=abc,repository="acme/tiny",access=read"#;

fn stack_over(host: &Scripted) -> Stack<Scripted> {
    stack_trusting(host, Vec::new())
}

fn stack_trusting(host: &Scripted, trusted: Vec<TrustedHost>) -> Stack<Scripted> {
    let credentials = Credentials::Basic { username: "alice".into(), password: Secret::new("s3cret") };
    let settings = StackSettings {
        trust: Trust::new(Url::parse("https://registry.test").unwrap(), trusted),
        auth: AuthSettings { credentials: Some(credentials), ..AuthSettings::default() },
        auth_loader: Rc::new(BuiltIn),
        retry: Policy::default(),
        concurrency: 1,
        observer: None,
        notices: Rc::new(Notices::default()),
        header_timeout: 1_000,
        idle_timeout: 1_000,
    };
    stack(&Rc::new(host.clone()), settings).0
}

fn ancestry(repository: &str) -> Request<Bytes> {
    let url = Url::parse("https://registry.test/v1/images/abc/ancestry").unwrap();
    let mut request = Request::new(Method::Get, url);
    request.resource = Resource::Repository(repository.into());
    request
}

/// As docker-registry 0.9.1 with STANDALONE=false.
fn registry(seen: &Seen) -> Reply {
    let demand = Reply::json(r#"{"error":"Requires authorization"}"#).status(401).header("www-authenticate", "Token");
    let authorization = seen.headers.get("authorization");
    match seen.target.as_str() {
        "/v1/repositories/acme/tiny/images" if authorization == Some(BASIC) => {
            assert_eq!(seen.headers.get("x-docker-token"), Some("true"));
            Reply::json("[]")
                .header("x-docker-token", TOKEN)
                .header("x-docker-endpoints", "elsewhere.test")
                .header("set-cookie", "session=xyz; Path=/; HttpOnly")
        }
        "/v1/images/abc/ancestry" if authorization == Some(&*format!("Token {TOKEN}")) => {
            assert_eq!(seen.headers.get("cookie"), Some("session=xyz"));
            Reply::json(r#"["abc"]"#)
        }
        _ => demand,
    }
}

#[test]
fn a_token_is_had_from_the_repositorys_images_and_kept() {
    let host = Scripted::new(registry);
    let stack = stack_over(&host);
    for _ in 0..2 {
        assert_eq!(host.run(stack.send(&ancestry("acme/tiny"))).unwrap().status, 200);
    }
    let targets = host.targets();
    assert_eq!(
        targets,
        [
            "GET /v1/images/abc/ancestry",
            "GET /v1/repositories/acme/tiny/images",
            "GET /v1/images/abc/ancestry",
            "GET /v1/images/abc/ancestry",
        ]
    );
}

#[test]
fn calls_at_the_same_time_share_one() {
    let host = Scripted::new(registry);
    let stack = stack_over(&host);
    let request = ancestry("acme/tiny");
    let statuses = host.run(join_all((0..20).map(|_| async { stack.send(&request).await.unwrap().status })));
    assert_eq!(statuses, [200; 20]);
    assert_eq!(host.targets().iter().filter(|target| target.ends_with("/images")).count(), 1);
}

#[test]
fn a_token_that_is_good_no_more_is_had_anew_once() {
    let host = Scripted::new(|seen| match seen.target.as_str() {
        "/v1/repositories/acme/tiny/images" => Reply::json("[]").header("x-docker-token", TOKEN),
        _ => Reply::new(401).header("www-authenticate", "Token"),
    });
    let response = host.run(stack_over(&host).send(&ancestry("acme/tiny"))).unwrap();
    assert_eq!((response.status, host.seen().len()), (401, 3));
}

#[test]
fn no_token_and_no_password_at_the_door() {
    for reply in [
        Reply::json("[]"),
        Reply::json("[]").header("x-docker-token", ""),
        Reply::json("[]").header("x-docker-token", "a\nb"),
    ] {
        let host = Scripted::new(move |seen| match seen.target.as_str() {
            "/v1/repositories/acme/tiny/images" => reply.clone(),
            _ => Reply::new(401).header("www-authenticate", "Token"),
        });
        let error = host.run(stack_over(&host).send(&ancestry("acme/tiny"))).err().unwrap();
        assert_eq!(error.code, "AUTH_REQUIRED");
        assert!(!format!("{error} {error:?}").contains("s3cret"));
    }
    let host = Scripted::new(|_| Reply::json(r#"{"error":"no"}"#).status(401).header("www-authenticate", "Token"));
    let error = host.run(stack_over(&host).send(&ancestry("acme/tiny"))).err().unwrap();
    assert_eq!((error.code.as_ref(), error.status), ("AUTH_REQUIRED", Some(401)));
}

/// docker-registry takes a token for reading to read only, and puts the scheme before the token.
#[test]
fn writing_takes_a_token_of_its_own() {
    let host = Scripted::new(|seen| match (seen.method, seen.target.as_str()) {
        (Method::Put, "/v1/repositories/acme/tiny/") if seen.headers.get("authorization") == Some(BASIC) => {
            assert_eq!((seen.headers.get("x-docker-token"), seen.body.as_str()), (Some("true"), "[]"));
            Reply::json("\"\"").header("x-docker-token", "Token write")
        }
        (Method::Put, "/v1/images/abc/json") if seen.headers.get("authorization") == Some("Token write") => {
            Reply::json("true")
        }
        _ => registry(seen),
    });
    let stack = stack_over(&host);
    let mut request = ancestry("acme/tiny");
    assert_eq!(host.run(stack.send(&request)).unwrap().status, 200);
    (request.method, request.url) = (Method::Put, Url::parse("https://registry.test/v1/images/abc/json").unwrap());
    assert_eq!(host.run(stack.send(&request)).unwrap().status, 200);
    let puts = host.targets().iter().filter(|target| *target == "PUT /v1/images/abc/json").count();
    assert_eq!(puts, 1, "the token for reading is not even tried");
    // Who asks for a token itself shows the password.
    request.url = Url::parse("https://registry.test/v1/repositories/acme/tiny/images").unwrap();
    request.headers.set("x-docker-token", "true");
    host.run(stack.send(&request)).unwrap();
    assert_eq!(host.seen().last().unwrap().headers.get("authorization"), Some(BASIC));
}

/// Not the index has the images: another host, which is gone to only where the user named it.
#[test]
fn endpoints() {
    for (trusted, expected) in [
        (None, "/v1/images/abc/ancestry?x"),
        (Some("elsewhere.test"), "https://elsewhere.test/v1/images/abc/ancestry?x"),
    ] {
        let host = Scripted::new(|seen| match seen.target.as_str() {
            "/v1/images/abc/ancestry?x" | "https://elsewhere.test/v1/images/abc/ancestry?x"
                if seen.headers.get("authorization") == Some(&*format!("Token {TOKEN}")) =>
            {
                Reply::json("[]")
            }
            _ => registry(seen),
        });
        let named = trusted.map(|host| TrustedHost::parse(host).unwrap()).into_iter().collect();
        let stack = stack_trusting(&host, named);
        let mut request = ancestry("acme/tiny");
        request.url = request.url.with_raw_query(Some("x"));
        assert_eq!(host.run(stack.send(&request)).unwrap().status, 200);
        assert_eq!(host.seen().last().unwrap().target, expected);
    }
}

/// A redirect takes neither token nor cookie along.
#[test]
fn elsewhere_nothing_is_carried() {
    let host = Scripted::new(|seen| match seen.target.as_str() {
        "/v1/images/abc/ancestry" if seen.headers.get("cookie").is_some() => {
            Reply::new(302).header("location", "https://storage.test/x")
        }
        "https://storage.test/x" => Reply::json("[]"),
        _ => registry(seen),
    });
    assert_eq!(host.run(stack_over(&host).send(&ancestry("acme/tiny"))).unwrap().status, 200);
    let last = host.seen().pop().unwrap();
    assert_eq!(last.target, "https://storage.test/x");
    assert!(last.headers.get("authorization").is_none() && last.headers.get("cookie").is_none());
}
