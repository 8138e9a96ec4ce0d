//! Where redirects and other addresses from outside lead, and what goes along.

use crate::support::{Bytes, Reply, Scripted, Seen, descriptor, sha256};
use docker_registry_client_wasm::protocol::auth::secret::Secret;
use docker_registry_client_wasm::protocol::http::{Headers, Method};
use docker_registry_client_wasm::protocol::url::Url;
use docker_registry_client_wasm::registry::{Call, Client, InMemory, Layer, Push, Settings, Version};
use docker_registry_client_wasm::transport::Result;
use docker_registry_client_wasm::transport::auth::{AuthSettings, Credentials};
use docker_registry_client_wasm::transport::trust::TrustedHost;

const STORED: &str = "https://storage.test/blob?X-Amz-Signature=hush";

/// A client that carries a token and a field of the user's own with each request.
fn known() -> Settings {
    let mut headers = Headers::new();
    headers.set("x-tenant", "me");
    let credentials = Some(Credentials::Token(Secret::new("t-given")));
    Settings { auth: AuthSettings { credentials, ..AuthSettings::default() }, headers, ..Settings::default() }
}

fn tags(host: &Scripted, settings: Settings) -> Result<Vec<String>> {
    let repository = host.client_with(settings).repository("a/b", None).unwrap();
    let result = host.run(repository.tags(None, Call::default()).collect());
    assert_eq!((host.open(), host.timers()), (0, 0));
    result
}

fn to(status: u16, location: &str) -> Reply {
    Reply::new(status).header("location", location)
}

/// Everything at the registry leads to `location`; what is there is fine.
fn leading(status: u16, location: &'static str) -> Scripted {
    Scripted::new(move |seen| if seen.target.starts_with("/v2/") { to(status, location) } else { Reply::json("{}") })
}

/// F16, S40: followed, without anything that says who asks.
#[test]
fn another_origin_gets_nothing_that_says_who_asks() {
    for status in [301, 302, 303, 307, 308] {
        for location in [STORED, "//storage.test/blob?X-Amz-Signature=hush", "https://registry.test:8443/x"] {
            let host = leading(status, location);
            tags(&host, known()).unwrap();
            let [first, second] = &host.seen()[..] else { panic!("two requests") };
            assert_eq!(first.headers.get("authorization"), Some("Bearer t-given"));
            assert_eq!(first.headers.get("x-tenant"), Some("me"));
            let names: Vec<&str> = second.headers.iter().map(|(name, _)| name).collect();
            assert_eq!(names, ["accept"], "{status} {location}");
            assert_eq!(second.method.as_str(), "GET");
        }
    }
}

/// What was taken off is not put on again, wherever the way leads.
#[test]
fn the_way_back_carries_nothing() {
    let host = Scripted::new(|seen| match seen.target.as_str() {
        "/back" => Reply::json("{}"),
        target if target.starts_with("/v2/") => to(307, STORED),
        _ => to(307, "https://registry.test/back"),
    });
    tags(&host, known()).unwrap();
    assert!(host.seen()[1..].iter().all(|seen| seen.headers.get("authorization").is_none()));
}

#[test]
fn the_same_origin_keeps_what_is_carried() {
    for location in ["/v2/other", "https://registry.test/v2/other", "../../../other", "?page=2", "/other#part"] {
        let host =
            Scripted::new(
                move |seen| {
                    if seen.target.contains("tags/list?n") { to(307, location) } else { Reply::json("{}") }
                },
            );
        tags(&host, known()).unwrap();
        assert_eq!(host.seen()[1].headers.get("authorization"), Some("Bearer t-given"), "{location}");
        assert!(!host.seen()[1].target.contains('#'));
    }
}

/// A blob's part is asked for where the redirect leads as well.
#[test]
fn a_range_goes_along() {
    let host = Scripted::new(|seen| match seen.headers.get("range") {
        Some("bytes=1-2") if seen.target == STORED => {
            Reply::bytes("bc").status(206).header("content-range", "bytes 1-2/4")
        }
        _ => to(307, STORED),
    });
    let repository = host.client_with(known()).repository("a/b", None).unwrap();
    let digest = sha256("abcd");
    let chunks = host.run(async { repository.blob(&digest, Some((1, 2)), &Call::default()).await?.collect().await });
    assert_eq!(chunks.unwrap()[0].0, b"bc");
}

/// F17.
#[test]
fn circles_end() {
    for location in ["https://registry.test/v2/a/b/tags/list?n=1000", ""] {
        let host = Scripted::new(move |_| to(302, location));
        assert_eq!(tags(&host, known()).unwrap_err().code, "INVALID_RESPONSE");
        assert_eq!(host.seen().len(), 11);
    }
    let chain = |length: u64| {
        let host = Scripted::new(move |seen| {
            let hop: u64 = seen.target.rsplit("hop=").next().and_then(|hop| hop.parse().ok()).unwrap_or(0);
            if hop == length { Reply::json("{}") } else { to(307, &format!("https://h{hop}.test/?hop={}", hop + 1)) }
        });
        tags(&host, known()).map_err(|error| error.code.to_string())
    };
    assert!(chain(10).is_ok());
    assert_eq!(chain(11).unwrap_err(), "INVALID_RESPONSE");
}

/// F18, F19.
#[test]
fn places_that_no_request_goes_to() {
    for location in [
        "http://registry.test/v2/",
        "http://storage.test/x?sig=hush",
        "https://127.0.0.1/x?sig=hush",
        "https://localhost/x?sig=hush",
        "https://169.254.169.254/latest/meta-data?sig=hush",
        "https://[::1]/x",
        "https://0.0.0.0/x",
        "https://[::ffff:169.254.169.254]/x",
        "https://10.0.0.1/x",
        "https://[64:ff9b::a9fe:a9fe]/x",
        "https://[2002:a9fe:a9fe::]/x",
    ] {
        let host = leading(307, location);
        let error = tags(&host, known()).unwrap_err();
        assert_eq!((error.code.as_ref(), host.seen().len()), ("UNTRUSTED_LOCATION", 1), "{location}");
        assert!(!format!("{error:?}").contains("hush"), "{error:?}");
        // In a page the browser has been there: what came from there is not taken.
        let followed = Scripted::new(move |_| Reply { url: Some(location.into()), ..Reply::json("{}") });
        assert_eq!(tags(&followed, known()).unwrap_err().code, "UNTRUSTED_LOCATION", "{location}");
    }
    let trusted = vec![TrustedHost::parse("10.0.0.1").unwrap()];
    tags(&leading(307, "https://10.0.0.1/x"), Settings { trusted, ..known() }).unwrap();
    // A registry in the same network may have its storage there.
    let host = Scripted::new(|seen| {
        if seen.target.starts_with("http://10.0.0.9:9000/") {
            Reply::json("{}")
        } else {
            to(307, "http://10.0.0.9:9000/x")
        }
    });
    let base = Url::parse("http://10.0.0.1:5000").unwrap();
    let client = Client::new(host.clone(), base, Settings { api_version: Some(Version::V2), ..known() });
    host.run(client.repository("a/b", None).unwrap().tags(None, Call::default()).collect()).unwrap();
    assert!(host.seen()[1].headers.get("authorization").is_none());
}

/// A redirect that cannot be followed is an error, never an answer.
#[test]
fn odd_redirects() {
    for (reply, code) in [
        (Reply::new(307), "HTTP_ERROR"),
        (Reply::new(302).header("x", "y"), "HTTP_ERROR"),
        (to(300, STORED), "HTTP_ERROR"),
        (to(304, STORED), "HTTP_ERROR"),
        (to(305, STORED), "HTTP_ERROR"),
        (to(307, "https://"), "INVALID_RESPONSE"),
        (to(307, "https://[::1"), "INVALID_RESPONSE"),
        (to(307, "javascript:alert(1)"), "INVALID_RESPONSE"),
        (to(307, "file:///etc/passwd"), "INVALID_RESPONSE"),
        (to(307, "https://me:hush@storage.test/"), "INVALID_RESPONSE"),
        (to(307, "https://storage.test/a b"), "INVALID_RESPONSE"),
        (to(307, "https://storage.test\\@evil.test/"), "INVALID_RESPONSE"),
    ] {
        let host = Scripted::new(move |_| reply.clone());
        let error = tags(&host, known()).unwrap_err();
        assert_eq!((error.code.as_ref(), host.seen().len()), (code, 1), "{error}");
        assert!(!format!("{error:?}").contains("hush"));
        assert_eq!(error.url.as_deref(), Some("https://registry.test/v2/a/b/tags/list?n=1000"));
    }
}

fn with_token_service(service: impl Fn(&Seen) -> Reply + 'static) -> Scripted {
    Scripted::new(move |seen| match seen.headers.get("authorization") {
        _ if !seen.target.starts_with("/v2/") => service(seen),
        Some(_) => Reply::json("{}"),
        None => Reply::new(401).header("www-authenticate", "Bearer realm=\"https://auth.registry.test/token\""),
    })
}

/// A form with a refresh token goes where it was meant to go and nowhere else, be it the same origin.
#[test]
fn a_secret_in_a_body_follows_no_redirect() {
    for location in ["https://evil.test/token", "https://auth.registry.test/other"] {
        for status in [301, 302, 303, 307, 308] {
            let host = with_token_service(move |_| to(status, location));
            let credentials = Some(Credentials::IdentityToken(Secret::new("refresh-hush")));
            let auth = AuthSettings { credentials, ..AuthSettings::default() };
            let error = tags(&host, Settings { auth, ..Settings::default() }).unwrap_err();
            assert!(matches!(error.code.as_ref(), "UNTRUSTED_LOCATION" | "HTTP_ERROR"), "{status} {error:?}");
            assert_eq!(host.seen().iter().filter(|seen| seen.target.contains("token")).count(), 1);
            assert!(host.seen().iter().all(|seen| seen.target != location));
            assert!(!format!("{error:?}").contains("hush"));
        }
    }
}

/// A password for the token service stays there too.
#[test]
fn a_token_service_that_redirects_takes_no_password_along() {
    let host = with_token_service(|seen| {
        if seen.target.starts_with("https://auth.registry.test/") {
            to(302, "https://evil.test/token")
        } else {
            Reply::json(r#"{"token":"t"}"#)
        }
    });
    let credentials = Some(Credentials::Basic { username: "alice".into(), password: Secret::new("s3cret") });
    let auth = AuthSettings { credentials, ..AuthSettings::default() };
    tags(&host, Settings { auth, ..Settings::default() }).unwrap();
    let evil = host.seen().into_iter().find(|seen| seen.target.contains("evil")).unwrap();
    assert_eq!(evil.headers.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["accept"]);
}

/// F20: the addresses that a descriptor names are told, not visited.
#[test]
fn addresses_in_a_descriptor_are_not_visited() {
    let urls = r#","urls":["javascript:alert(1)","file:///etc/passwd","data:,x","https://elsewhere.test/layer"]"#;
    let layer = descriptor("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", "layer", urls);
    let config = descriptor("application/vnd.example.config+json", "{}", "");
    let media_type = "application/vnd.oci.image.manifest.v1+json";
    let manifest = format!(r#"{{"schemaVersion":2,"mediaType":"{media_type}","config":{config},"layers":[{layer}]}}"#);
    let host = Scripted::new(move |seen| {
        if seen.target.contains("manifests") { Reply::manifest(media_type, &manifest) } else { Reply::new(404) }
    });
    let repository = host.client_with(known()).repository("a/b", None).unwrap();
    let call = Call::default();
    let pulled: Result<()> =
        host.run(async { repository.image("latest", None, &call).await?.layer(Layer::Top, &call).await.map(drop) });
    assert!(pulled.unwrap_err().message.contains("foreign"));
    assert!(host.seen().iter().all(|seen| seen.target.starts_with("/v2/a/b/")));
}

const NEW: &str = "https://new.test/v2/";

/// A vanity host, whose registry is elsewhere and lets in whoever has a token of its own service: anyone, if `is_public`.
fn vanity(status: u16, is_public: bool) -> Scripted {
    Scripted::new(move |seen| {
        if let Some(rest) = seen.target.strip_prefix("/v2/") {
            return to(status, &format!("{NEW}{rest}"));
        }
        if seen.target.starts_with("https://auth.new.test/token") {
            let is_nobody = seen.headers.get("authorization").is_none();
            return if is_public && is_nobody { Reply::json(r#"{"token":"t-new"}"#) } else { Reply::new(401) };
        }
        match (seen.headers.get("authorization"), seen.method) {
            (Some("Bearer t-new"), Method::Post) => Reply::new(202).header("location", &format!("{NEW}up/1")),
            (Some("Bearer t-new"), Method::Put) => Reply::new(201),
            (Some("Bearer t-new"), Method::Delete) => Reply::new(202),
            (Some("Bearer t-new"), Method::Head) => Reply::new(404),
            (Some("Bearer t-new"), _) => Reply::json(r#"{"tags":["a"]}"#),
            _ => Reply::new(401).header(
                "www-authenticate",
                "Bearer realm=\"https://auth.new.test/token\",service=\"new\",scope=\"repository:x/a/b:pull\"",
            ),
        }
    })
}

fn password() -> Settings {
    let credentials = Some(Credentials::Basic { username: "alice".into(), password: Secret::new("s3cret") });
    Settings { auth: AuthSettings { credentials, ..AuthSettings::default() }, ..Settings::default() }
}

/// A registry that lives elsewhere and gives tokens to anyone can be read through its vanity host; no credentials and no
/// other token go there, and its token goes nowhere else.
#[test]
fn a_registry_elsewhere_is_read_as_nobody() {
    for status in [301, 302, 307, 308] {
        for settings in [Settings::default(), password()] {
            let host = vanity(status, true);
            let client = host.client_with(settings);
            let repository = client.repository("a/b", None).unwrap();
            for requests in [4, 3] {
                let before = host.seen().len();
                host.run(repository.tags(None, Call::default()).collect()).unwrap();
                assert_eq!(host.seen().len() - before, requests, "{:?}", host.targets());
            }
            for seen in host.seen() {
                let carried = seen.headers.get("authorization");
                assert!(carried.is_none() || (carried == Some("Bearer t-new") && seen.target.starts_with(NEW)));
            }
            let asked = "GET https://auth.new.test/token?service=new&scope=repository%3Ax%2Fa%2Fb%3Apull";
            assert_eq!(host.targets()[2], asked, "for what the new registry calls it");
        }
    }
}

/// Where it lets in nobody in particular, the error says where the registry is.
#[test]
fn a_registry_elsewhere_is_named() {
    for settings in [Settings::default(), password(), known()] {
        for probe in [false, true] {
            let host = vanity(307, false);
            let client = host.client_with(settings.clone());
            let repository = client.repository("a/b", None).unwrap();
            let error = host.run(async {
                if probe {
                    client.check_status(&Call::default()).await.unwrap_err()
                } else {
                    repository.tags(None, Call::default()).collect().await.unwrap_err()
                }
            });
            assert_eq!((error.code.as_ref(), error.status), ("AUTH_REQUIRED", Some(401)));
            assert!(error.message.contains("redirects to https://new.test,"), "{error}");
            assert!(!format!("{error:?}").contains("s3cret"));
            let elsewhere = |seen: &Seen| !seen.target.starts_with("/v2/");
            assert!(
                host.seen().iter().filter(|seen| elsewhere(seen)).all(|seen| {
                    seen.headers.get("authorization").is_none() && seen.headers.get("x-tenant").is_none()
                })
            );
        }
    }
}

/// No token of the registry's own service goes elsewhere, whoever asks for it there.
#[test]
fn the_registrys_own_tokens_stay_with_it() {
    for own in ["https://auth.registry.test/token", "https://auth.elsewhere.test/token"] {
        let demand = format!("Bearer realm=\"{own}\"");
        let host = Scripted::new(move |seen| match seen.headers.get("authorization") {
            _ if seen.target.starts_with(own) => Reply::json(r#"{"token":"t-own"}"#),
            None if seen.target.starts_with("/v2/") => Reply::new(401).header("www-authenticate", &demand),
            _ if seen.target.starts_with("/v2/") => to(307, "https://new.test/v2/a/b/tags/list"),
            _ => Reply::new(401).header("www-authenticate", &demand),
        });
        let error = tags(&host, Settings::default()).unwrap_err();
        assert!(error.status == Some(401) && error.message.contains("https://new.test"), "{error}");
        let elsewhere = host.seen().into_iter().filter(|seen| seen.target.contains("new.test"));
        assert_eq!(elsewhere.filter(|seen| seen.headers.get("authorization").is_none()).count(), 1);
        assert!(
            host.seen()
                .iter()
                .all(|seen| { seen.headers.get("authorization").is_none() || !seen.target.contains("new.test") })
        );
    }
}

/// The method stays what it is: nothing is pushed or deleted by a GET.
#[test]
fn a_push_is_redirected_with_its_method() {
    for status in [301, 302, 307, 308] {
        let host = vanity(status, true).streaming();
        let repository = host.client().repository("a/b", None).unwrap();
        let push = Push::new(Box::new(InMemory::new(Bytes(b"blob".to_vec()))));
        host.run(repository.push_blob(push, &Call::default())).unwrap();
        host.run(repository.delete_blob(&sha256("blob"), &Call::default())).unwrap();
        let methods: Vec<_> = host.seen().into_iter().filter(|seen| !seen.target.contains("/token")).collect();
        let at_new = |method: Method| methods.iter().any(|seen| seen.target.starts_with(NEW) && seen.method == method);
        assert!(at_new(Method::Post) && at_new(Method::Put) && at_new(Method::Delete), "{status} {:?}", host.targets());
        assert!(!at_new(Method::Get), "{status} {:?}", host.targets());
    }
    // 303 says that it is done, and leads to a page about it.
    let host = vanity(303, true);
    let repository = host.client().repository("a/b", None).unwrap();
    let error = host.run(repository.delete_blob(&sha256("blob"), &Call::default())).unwrap_err();
    assert_eq!((error.code.as_ref(), error.status), ("HTTP_ERROR", Some(303)));
    assert_eq!(host.targets().len(), 1);
}

/// In a page the browser follows, and turns POST into GET after 301 and 302.
#[test]
fn a_post_that_became_a_get_is_told() {
    for status in [200, 404, 405] {
        let followed = move |seen: &Seen| match seen.method {
            Method::Post => Reply { url: Some(format!("{NEW}a/b/blobs/uploads/")), ..Reply::json("{}").status(status) },
            _ => Reply::new(404),
        };
        let host = Scripted::new(followed).in_page("https://page.test");
        let repository = host.client().repository("a/b", None).unwrap();
        let push = Push::new(Box::new(InMemory::new(Bytes(b"blob".to_vec()))));
        let error = host.run(repository.push_blob(push, &Call::default())).unwrap_err();
        assert_eq!((error.code.as_ref(), error.status), ("INVALID_RESPONSE", Some(status)));
        assert!(error.message.contains("https://new.test"), "{error}");
    }
}

/// A diagnosis names the other host, and says nothing of credentials that it did not send.
#[test]
fn a_diagnosis_names_a_registry_elsewhere() {
    for is_public in [true, false] {
        let host = vanity(307, is_public);
        let found = host.run(host.client_with(password()).diagnose(Some("a/b"), &Call::default())).unwrap();
        let redirected = found.findings.iter().find(|finding| finding.code == "REDIRECTED").expect("it is told");
        assert_eq!(redirected.detail.as_deref(), Some("https://new.test"));
        assert!(found.findings.iter().all(|finding| finding.code != "CREDENTIALS_REFUSED"));
        assert_eq!(found.auth.credentials_accepted, None);
    }
}
