//! What `diagnose` makes of registries, also as a page of another origin sees them.

use crate::support::{Reply, Scripted, Seen, sha256};
use docker_registry_client_wasm::protocol::auth::secret::Secret;
use docker_registry_client_wasm::protocol::http::Method;
use docker_registry_client_wasm::registry::diagnose::{Diagnosis, Fix, Paging, Severity, Status};
use docker_registry_client_wasm::registry::{Call, Settings};
use docker_registry_client_wasm::transport::auth::{AuthSettings, Credentials};

const PAGE: &str = "https://dash.example.com";
const NOTHING: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

fn with_password() -> Settings {
    let password = Secret::new("s3cret".to_owned());
    let credentials = Some(Credentials::Basic { username: "alice".into(), password });
    Settings { auth: AuthSettings { credentials, ..AuthSettings::default() }, ..Settings::default() }
}

fn diagnose_with(host: &Scripted, settings: Settings) -> Diagnosis {
    host.run(host.raw_client(settings).diagnose(None, &Call::default())).unwrap()
}

fn diagnose(host: &Scripted) -> Diagnosis {
    diagnose_with(host, Settings::default())
}

fn codes(found: &Diagnosis) -> Vec<&'static str> {
    found.findings.iter().map(|finding| finding.code).collect()
}

fn error(status: u16, code: &str) -> Reply {
    Reply::json(&format!(r#"{{"errors":[{{"code":"{code}","message":"as scripted"}}]}}"#)).status(status)
}

/// A registry that has all there is, as OCI 1.1 has it: two repositories, two tags.
fn complete(seen: &Seen) -> Reply {
    let link = |path: &str| format!("</v2/{path}?n=1&last=1>; rel=\"next\"");
    match seen.target.as_str() {
        "/v2/" => Reply::json("{}").header("server", "scripted/1"),
        "/v2/_catalog?n=1" => Reply::json(r#"{"repositories":["a/b"]}"#).header("link", &link("_catalog")),
        "/v2/a/b/tags/list?n=1" => Reply::json(r#"{"tags":["1"]}"#).header("link", &link("a/b/tags/list")),
        "/v2/a/b/manifests/1" => Reply::manifest("application/vnd.oci.image.manifest.v1+json", "{}")
            .header("docker-content-digest", &sha256("{}")),
        target if target.contains("/referrers/") => {
            Reply::json(r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#)
                .header("content-type", "application/vnd.oci.image.index.v1+json")
        }
        target if target.ends_with(NOTHING) && seen.method == Method::Delete => error(404, "MANIFEST_UNKNOWN"),
        _ => Reply::new(404),
    }
}

#[test]
fn a_registry_that_has_all_there_is() {
    let host = Scripted::new(complete);
    let found = diagnose(&host);
    assert_eq!((found.reachable, found.api_version), (Some(true), Some(2)));
    assert_eq!((found.auth.scheme.as_ref(), found.server.as_deref()), ("none", Some("scripted/1")));
    assert_eq!((found.catalog.status, found.catalog.paging), (Status::Yes, Paging::Link));
    assert_eq!((found.tags.status, found.tags.paging), (Status::Yes, Paging::Link));
    assert_eq!((found.referrers.status, found.delete.status), (Status::Yes, Status::Yes));
    assert_eq!((found.repository.as_deref(), found.cors.is_none()), (Some("a/b"), true));
    assert_eq!(codes(&found), [""; 0]);
    assert_eq!(
        host.targets(),
        [
            "GET /v2/".to_owned(),
            "GET /v2/_catalog?n=1".to_owned(),
            "GET /v2/a/b/tags/list?n=1".to_owned(),
            "HEAD /v2/a/b/manifests/1".to_owned(),
            format!("GET /v2/a/b/referrers/{}", sha256("{}")),
            format!("DELETE /v2/a/b/manifests/{NOTHING}"),
        ]
    );
}

#[test]
fn what_there_is_not() {
    type Change = (&'static str, Reply);
    let cases: Vec<(Change, &[&str])> = vec![
        (("GET /v2/_catalog?n=1", Reply::new(404)), &["CATALOG_UNSUPPORTED"]),
        (("GET /v2/_catalog?n=1", error(400, "UNSUPPORTED")), &["CATALOG_UNSUPPORTED"]),
        (("GET /v2/_catalog?n=1", error(403, "DENIED")), &["CATALOG_DENIED"]),
        (("GET /v2/_catalog?n=1", Reply::new(500)), &[]),
        (("GET /v2/_catalog?n=1", Reply::bytes("<html>")), &[]),
        (("GET /v2/a/b/referrers", Reply::new(404)), &["REFERRERS_UNSUPPORTED"]),
        (("GET /v2/a/b/referrers", Reply::bytes("<html>")), &[]),
        (("DELETE ", error(405, "UNSUPPORTED")), &["DELETE_UNSUPPORTED"]),
        (("DELETE ", Reply::new(403)), &["DELETE_DENIED"]),
        (("DELETE ", error(404, "NAME_UNKNOWN")), &[]),
        (("DELETE ", Reply::new(404)), &[]),
        (("DELETE ", Reply::new(500)), &[]),
    ];
    for ((start, reply), expected) in cases {
        let shown = format!("{start} {}", reply.status);
        let host = Scripted::new(move |seen| {
            let asked = format!("{} {}", seen.method, seen.target);
            if asked.starts_with(start) { reply.clone() } else { complete(seen) }
        });
        let client = host.raw_client(Settings::default());
        let found = host.run(client.diagnose(Some("a/b"), &Call::default())).unwrap();
        assert_eq!(codes(&found), expected, "{shown}");
        let each_once: std::collections::HashSet<_> = host.targets().into_iter().collect();
        assert_eq!(each_once.len(), host.targets().len(), "{shown}: nothing is asked twice");
    }
}

#[test]
fn paging() {
    // what `?n=1` gets, what `?n=1&last=a` gets
    let cases = [
        (r#"["a","b"]"#, None, Paging::None),
        (r#"["a"]"#, Some(r#"["b"]"#), Paging::Last),
        (r#"["a"]"#, Some(r#"["a"]"#), Paging::Unknown),
        (r#"["a"]"#, Some("[]"), Paging::Unknown),
        (r#"["a"]"#, Some("null"), Paging::Unknown),
        ("[]", None, Paging::Unknown),
        ("null", None, Paging::Unknown),
    ];
    for (first, more, expected) in cases {
        let host = Scripted::new(move |seen| match seen.target.as_str() {
            "/v2/" => Reply::json("{}"),
            "/v2/a/tags/list?n=1" => Reply::json(&format!(r#"{{"tags":{first}}}"#)),
            "/v2/a/tags/list?n=1&last=a" => Reply::json(&format!(r#"{{"tags":{}}}"#, more.unwrap())),
            _ => Reply::new(404),
        });
        let client = host.raw_client(Settings::default());
        let found = host.run(client.diagnose(Some("a"), &Call::default())).unwrap();
        assert_eq!((found.tags.status, found.tags.paging), (Status::Yes, expected), "{first} {more:?}");
        assert_eq!(codes(&found).contains(&"LINK_MISSING"), expected == Paging::Last);
    }
}

/// B11: a `Link` that cannot be followed is told once, and what it says.
#[test]
fn links_that_cannot_be_followed() {
    for (link, expected) in [
        ("<http://registry.test/v2/x?n=1&last=a>; rel=\"next\"", Some("another origin")),
        ("https://registry.test/v2/x?n=1&last=a; rel=next", Some("a link starts with '<'")),
        ("</v2/x?n=1&last=a>; rel=\"next\"", None),
    ] {
        let host = Scripted::new(move |seen| match seen.target.as_str() {
            "/v2/" => Reply::json("{}"),
            "/v2/_catalog?n=1" => Reply::json(r#"{"repositories":["a"]}"#).header("link", link),
            "/v2/a/tags/list?n=1" => Reply::json(r#"{"tags":["a"]}"#).header("link", link),
            "/v2/a/tags/list?n=1&last=a" => Reply::json(r#"{"tags":["b"]}"#),
            _ => Reply::new(404),
        });
        let client = host.raw_client(Settings::default());
        let found = host.run(client.diagnose(Some("a"), &Call::default())).unwrap();
        let told: Vec<_> = found.findings.iter().filter(|finding| finding.code.starts_with("LINK_")).collect();
        match expected {
            Some(why) => {
                assert_eq!((told.len(), told[0].code, found.tags.paging), (1, "LINK_UNUSABLE", Paging::Last));
                assert!(told[0].detail.as_ref().unwrap().contains(why), "{:?}", told[0].detail);
            }
            None => assert!(told.is_empty() && found.tags.paging == Paging::Link),
        }
    }
}

#[test]
fn what_is_no_registry_or_not_there() {
    for (reply, reachable, code, requests) in [
        (Reply::refused(), Some(false), "UNREACHABLE", 1),
        (Reply::reset(), Some(false), "UNREACHABLE", 1),
        (Reply::hang(), Some(false), "UNREACHABLE", 1),
        (Reply::unreadable(Some(false)), Some(false), "UNREACHABLE", 1),
        (Reply::unreadable(None), None, "CORS_OR_NETWORK", 1),
        (Reply::unreadable(Some(true)), Some(true), "CORS_REFUSED", 2),
        (Reply::bytes("<!doctype html>").header("content-type", "text/html"), Some(true), "NOT_A_REGISTRY", 1),
        (Reply::new(404), Some(true), "NOT_A_REGISTRY", 2),
        (Reply::new(503), Some(true), "BASE_FAILED", 1),
    ] {
        let shown = format!("{reply:?}");
        let host = Scripted::new(move |_| reply.clone()).in_page(PAGE);
        let found = diagnose(&host);
        assert_eq!((found.reachable, codes(&found)), (reachable, vec![code]), "{shown}");
        assert_eq!(found.findings[0].severity, Severity::Error);
        assert_eq!(host.seen().len(), requests, "{shown}");
        assert!(host.now() <= 30_000, "{shown}");
    }
    let v1 = diagnose(&Scripted::routes(vec![("/v1/_ping", Reply::json("{}"))]));
    assert_eq!((v1.api_version, codes(&v1)), (Some(1), vec!["V1_ONLY"]));
}

#[test]
fn a_registry_that_goes_in_between() {
    let host = Scripted::new(|seen| if seen.target == "/v2/" { Reply::json("{}") } else { Reply::hang() });
    let found = diagnose(&host);
    assert_eq!((found.reachable, codes(&found)), (Some(true), vec!["UNREACHABLE"]));
    assert_eq!((host.seen().len(), host.now()), (2, 30_000));
}

#[test]
fn who_is_let_in() {
    let basic = |seen: &Seen| match seen.headers.get("authorization") {
        Some("Basic YWxpY2U6czNjcmV0") => complete(seen),
        _ => error(401, "UNAUTHORIZED").header("www-authenticate", "Basic realm=\"the cellar\""),
    };
    let host = Scripted::new(basic);
    let found = diagnose_with(&host, with_password());
    assert_eq!((found.auth.scheme.as_ref(), found.auth.realm.as_deref()), ("basic", Some("the cellar")));
    assert_eq!((found.auth.credentials_accepted, codes(&found)), (Some(true), vec![]));
    assert_eq!(found.delete.status, Status::Yes);

    let found = diagnose(&Scripted::new(basic));
    assert_eq!((found.auth.credentials_accepted, codes(&found)), (None, vec!["CREDENTIALS_NEEDED"]));

    let locked = Scripted::new(|_| Reply::new(401).header("www-authenticate", "Basic realm=\"x\""));
    let found = diagnose_with(&locked, with_password());
    assert_eq!((found.auth.credentials_accepted, codes(&found)), (Some(false), vec!["CREDENTIALS_REFUSED"]));
    // as nobody, as nobody once more (the challenge is what makes the client send a password), with the password
    assert!(locked.seen().iter().filter(|seen| seen.headers.get("authorization").is_some()).count() == 1);
}

/// Some proxies hide a registry from whoever brings no token.
#[test]
fn a_ready_made_token() {
    let token = Some(Credentials::Token(Secret::new("t".to_owned())));
    let settings = || Settings {
        auth: AuthSettings { credentials: token.clone(), ..AuthSettings::default() },
        ..Settings::default()
    };
    let open = diagnose_with(&Scripted::new(complete), settings());
    assert_eq!((open.auth.scheme.as_ref(), open.auth.credentials_accepted, codes(&open)), ("none", None, vec![]));
    let hidden = |seen: &Seen| match seen.headers.get("authorization") {
        Some("Bearer t") => complete(seen),
        _ => Reply::new(404),
    };
    let found = diagnose_with(&Scripted::new(hidden), settings());
    assert_eq!((found.auth.scheme.as_ref(), found.auth.credentials_accepted), ("unknown", Some(true)));
    assert_eq!((found.api_version, found.delete.status, codes(&found)), (Some(2), Status::Yes, vec![]));
    // in a page whose preflight is refused it is not the page that may not read
    let host = Scripted::new(|seen| match seen.headers.get("authorization") {
        Some(_) => Reply::unreadable(Some(true)),
        None => Reply { filtered: true, ..complete(seen) },
    });
    let found = diagnose_with(&host.in_page(PAGE), settings());
    assert_eq!((found.auth.scheme.as_ref(), found.api_version), ("none", Some(2)));
    assert_eq!(codes(&found), ["PREFLIGHT_REFUSED"]);
}

#[test]
fn tokens() {
    let challenge = "Bearer realm=\"https://registry.test/token?secret=x\",service=\"harbor-registry\"";
    let token_for_alice = |seen: &Seen| match (seen.target.starts_with("/token"), seen.headers.get("authorization")) {
        (true, Some("Basic YWxpY2U6czNjcmV0")) => Reply::json(r#"{"token":"t"}"#),
        (true, _) => error(401, "UNAUTHORIZED"),
        (false, Some("Bearer t")) => complete(seen),
        (false, _) => Reply::new(401).header("www-authenticate", challenge),
    };
    let found = diagnose_with(&Scripted::new(token_for_alice), with_password());
    assert_eq!((found.auth.scheme.as_ref(), found.auth.service.as_deref()), ("bearer", Some("harbor-registry")));
    assert!(!found.auth.realm.unwrap().contains("=x"));
    assert_eq!(found.auth.credentials_accepted, Some(true));
    let found = diagnose(&Scripted::new(token_for_alice));
    assert_eq!(codes(&found), ["AUTHENTICATION_FAILED"]);

    let nobody =
        Scripted::new(|seen| if seen.target.starts_with("/token") { Reply::new(401) } else { token_only(seen) });
    let found = diagnose_with(&nobody, with_password());
    assert_eq!((found.auth.credentials_accepted, codes(&found)), (Some(false), vec!["CREDENTIALS_REFUSED"]));
    let asked = nobody.targets().iter().filter(|target| target.contains("/token")).count();
    assert_eq!(asked, 1, "a refused password is not tried again");
}

#[test]
fn a_token_service_that_does_not_answer_is_asked_once() {
    for reply in [Reply::reset(), Reply::new(503), Reply::unreadable(Some(true))] {
        let host =
            Scripted::new(move |seen| if seen.target.starts_with("/token") { reply.clone() } else { token_only(seen) });
        assert_eq!(codes(&diagnose(&host)), ["AUTHENTICATION_FAILED"]);
        let asked = host.targets().iter().filter(|target| target.contains("/token")).count();
        assert_eq!((asked, host.now()), (1, 0));
    }
}

fn token_only(_: &Seen) -> Reply {
    Reply::new(401).header("www-authenticate", "Bearer realm=\"https://registry.test/token\"")
}

#[test]
fn a_page_that_may_read_everything() {
    let shown = |seen: &Seen| Reply { filtered: true, ..complete(seen) };
    let host = Scripted::new(shown).in_page(PAGE);
    let found = diagnose(&host);
    let cors = found.cors.as_ref().unwrap();
    assert_eq!((cors.allowed, cors.hidden_headers.as_slice()), (Some(true), [""; 0].as_slice()));
    assert_eq!(cors.seen_headers, ["Link", "Docker-Content-Digest"]);
    let preflight = &cors.preflight;
    assert_eq!((preflight.accept, preflight.authorization, preflight.delete), (Some(true), Some(true), Some(true)));
    assert_eq!((codes(&found), found.page.as_deref()), (vec![], Some(PAGE)));
    let sent: Vec<_> =
        host.seen().iter().filter_map(|seen| seen.headers.get("authorization").map(str::to_owned)).collect();
    assert_eq!(sent, ["Bearer diagnose"]);
    assert!(host.seen()[1].headers.get("accept").unwrap().len() > 128);

    // on the registry's own origin, and where another than the browser carries the requests, CORS is not asked about
    assert!(diagnose(&Scripted::new(shown).in_page("https://registry.test")).cors.is_none());
    assert!(diagnose(&Scripted::new(complete).in_page(PAGE)).cors.is_none());
}

#[test]
fn header_fields_that_are_hidden() {
    let host = Scripted::new(|seen| match seen.target.as_str() {
        "/v2/_catalog?n=1&last=a%2Fb" => Reply::json(r#"{"repositories":["c"]}"#).filtered(),
        "/v2/a/b/tags/list?n=1&last=1" => Reply::json(r#"{"tags":["2"]}"#).filtered(),
        _ => complete(seen).filtered(),
    })
    .in_page(PAGE);
    let found = diagnose(&host);
    assert_eq!((found.catalog.paging, found.tags.paging), (Paging::Last, Paging::Last));
    assert_eq!(found.cors.as_ref().unwrap().hidden_headers, ["Link", "Docker-Content-Digest"]);
    assert_eq!(codes(&found), ["HEADERS_HIDDEN"]);
    assert_eq!(found.findings[0].fix, Some(Fix::Cors));

    let locked = Scripted::new(|_| Reply::new(401).header("www-authenticate", "Basic realm=\"x\"").filtered());
    let found = diagnose(&locked.in_page(PAGE));
    assert_eq!(found.auth.scheme, "hidden");
    assert_eq!(codes(&found), ["CREDENTIALS_NEEDED", "HEADERS_HIDDEN"]);
}

#[test]
fn preflights_that_are_refused() {
    let refusing = |what: fn(&Seen) -> bool, locked: bool| {
        let host = Scripted::new(move |seen| {
            if what(seen) {
                return Reply::unreadable(Some(true));
            }
            if locked {
                return Reply { filtered: true, ..token_only(seen) };
            }
            Reply { filtered: true, ..complete(seen) }
        });
        host.in_page(PAGE)
    };
    let has = |seen: &Seen, name: &str| seen.headers.get(name).is_some();
    type What = fn(&Seen) -> bool;
    let cases: [(What, bool, Severity, Fix); 4] = [
        (|seen| seen.headers.get("authorization").is_some(), false, Severity::Warning, Fix::Cors),
        (|seen| seen.method == Method::Delete, false, Severity::Warning, Fix::Cors),
        (|seen| seen.headers.get("accept").is_some_and(|accept| accept.len() > 128), false, Severity::Error, Fix::Cors),
        (|seen| seen.headers.get("authorization").is_some(), true, Severity::Error, Fix::Proxy),
    ];
    for (what, locked, severity, fix) in cases {
        let host = refusing(what, locked);
        let found = diagnose(&host);
        let finding = found.findings.iter().find(|finding| finding.code == "PREFLIGHT_REFUSED").unwrap();
        assert_eq!((finding.severity, finding.fix), (severity, Some(fix)));
        assert_eq!(host.seen().iter().filter(|seen| what(seen)).count(), 1, "each once");
        if locked {
            assert!(!host.seen().last().unwrap().target.contains("token"), "nothing can get through");
            assert!(has(host.seen().last().unwrap(), "authorization"));
        }
    }
}

/// zot lets pages read the catalog, but not `/v2/`.
#[test]
fn the_catalog_can_stand_for_the_base() {
    let host = Scripted::new(|seen| match seen.target.as_str() {
        "/v2/" => Reply::unreadable(Some(true)),
        _ => Reply { filtered: true, ..complete(seen) },
    });
    let found = diagnose(&host.in_page(PAGE));
    assert_eq!((found.api_version, found.catalog.status, found.tags.status), (Some(2), Status::Yes, Status::Yes));
    assert_eq!(codes(&found), ["BASE_UNREADABLE"]);
    let closed = Scripted::new(|seen| match seen.target.as_str() {
        "/v2/" => Reply::unreadable(Some(true)),
        _ => Reply { filtered: true, ..error(403, "DENIED") },
    });
    assert_eq!(codes(&diagnose(&closed.in_page(PAGE))), ["BASE_FAILED"]);
}

#[test]
fn mixed_content() {
    let host = Scripted::new(|_| Reply::unreadable(None)).in_page(PAGE);
    let url = docker_registry_client_wasm::protocol::url::Url::parse("http://registry.test").unwrap();
    let client = docker_registry_client_wasm::registry::Client::new(host.clone(), url, Settings::default());
    let found = host.run(client.diagnose(None, &Call::default())).unwrap();
    assert_eq!((found.reachable, codes(&found)), (None, vec!["MIXED_CONTENT"]));
}

#[test]
fn a_name_that_is_none_is_refused_before_any_request() {
    let host = Scripted::new(complete);
    let client = host.raw_client(Settings::default());
    assert_eq!(host.run(client.diagnose(Some("No Name"), &Call::default())).unwrap_err().code, "INVALID_REFERENCE");
    assert!(host.seen().is_empty());
}
