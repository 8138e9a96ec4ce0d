//! Listings against a scripted registry: paging, limits, loops, and what CORS hides.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

mod support;

use docker_registry_client_wasm::registry::{Call, Settings};
use support::{Reply, Scripted};

const TAGS: &str = "/v2/a/b/tags/list?n=1000";

fn tags(items: &[&str]) -> Reply {
    Reply::json(&format!(r#"{{"name":"a/b","tags":{items:?}}}"#))
}

fn list(host: &Scripted) -> Result<Vec<String>, String> {
    list_with(host, Settings::default())
}

fn list_with(host: &Scripted, settings: Settings) -> Result<Vec<String>, String> {
    let repository = host.client_with(settings).repository("a/b", None).unwrap();
    host.run(repository.tags(None, Call::default()).collect()).map_err(|error| error.code.into_owned())
}

#[test]
fn links_in_every_form_are_followed() {
    for link in [
        r#"</v2/a/b/tags/list?last=2&n=2>; rel="next""#,
        r#"</v2/a/b/tags/list?last=2&n=2>; rel=next"#,
        r#"<https://registry.test/v2/a/b/tags/list?last=2&n=2>; rel="next""#,
        r#"<?last=2&n=2>; rel="next""#,
        r#"</elsewhere>; rel="first", </v2/a/b/tags/list?last=2&n=2>; rel="prefetch next""#,
        // behind a path prefix that the registry does not know of
        r#"</tags/list?last=2&n=2>; rel="next""#,
    ] {
        let host = Scripted::routes(vec![
            (TAGS, tags(&["1", "2"]).header("link", link)),
            ("/v2/a/b/tags/list?last=2&n=2", tags(&["3"])),
        ]);
        assert_eq!(list(&host).unwrap(), ["1", "2", "3"], "{link}");
        assert_eq!(host.seen().len(), 2);
    }
}

#[test]
fn a_short_or_empty_page_does_not_end_a_list() {
    let host = Scripted::routes(vec![
        (TAGS, tags(&["1"]).header("link", "<?p=2>; rel=next")),
        ("/v2/a/b/tags/list?p=2", tags(&[]).header("link", "<?p=3>; rel=next")),
        ("/v2/a/b/tags/list?p=3", tags(&["2"])),
    ]);
    assert_eq!(list(&host).unwrap(), ["1", "2"]);
}

#[test]
fn null_and_absent_lists_are_empty() {
    for body in [r#"{"name":"a/b","tags":null}"#, r#"{"name":"a/b"}"#, "{}", r#"{"tags":[]}"#] {
        let host = Scripted::routes(vec![(TAGS, Reply::json(body))]);
        assert_eq!(list(&host).unwrap(), Vec::<String>::new(), "{body}");
    }
}

#[test]
fn what_is_no_list_is_refused() {
    for body in
        [r#"{"tags":{}}"#, r#"{"tags":["a",1]}"#, r#"{"tags":"a"}"#, "[]", "null", "<html>", "", r#"{"tags":["a""#]
    {
        let host = Scripted::routes(vec![(TAGS, Reply::json(body))]);
        assert_eq!(list(&host).unwrap_err(), "INVALID_RESPONSE", "{body}");
    }
}

/// F71.
#[test]
fn foreign_links_are_refused_without_a_request() {
    for link in [
        "<https://evil.test/v2/a/b/tags/list?last=2>; rel=next",
        "<//evil.test/v2/a/b/tags/list?last=2>; rel=next",
        "<http://registry.test/v2/a/b/tags/list?last=2>; rel=next",
        "<https://registry.test:444/v2/a/b/tags/list?last=2>; rel=next",
    ] {
        let host = Scripted::routes(vec![(TAGS, tags(&["1"]).header("link", link))]);
        assert_eq!(list(&host).unwrap_err(), "UNTRUSTED_LOCATION", "{link}");
        assert_eq!(host.seen().len(), 1);
    }
}

#[test]
fn a_malformed_link_is_no_silent_end() {
    for link in ["/v2/a/b/tags/list?last=2>; rel=next", "</v2/a/b/tags/list?last=2; rel=next"] {
        let host = Scripted::routes(vec![(TAGS, tags(&["1"]).header("link", link))]);
        assert_eq!(list(&host).unwrap_err(), "INVALID_RESPONSE", "{link}");
    }
}

/// F72.
#[test]
fn loops_end_in_an_error() {
    let host = Scripted::routes(vec![
        (TAGS, tags(&["1"]).header("link", "<?p=2>; rel=next")),
        ("/v2/a/b/tags/list?p=2", tags(&["2"]).header("link", "<?n=1000>; rel=next")),
    ]);
    assert_eq!(list(&host).unwrap_err(), "PAGING_LOOP");
    let itself = Scripted::new(|_| tags(&["1"]).header("link", "<?n=1000>; rel=next"));
    assert_eq!(list(&itself).unwrap_err(), "PAGING_LOOP");
    assert_eq!(itself.seen().len(), 2);
}

#[test]
fn endless_lists_end_at_the_limits() {
    let numbered = Scripted::new(|seen| {
        let page: u64 = seen.target.rsplit('=').next().unwrap().parse().unwrap(); // n=1000 first
        tags(&["x", "y", "z"]).header("link", &format!("<?p={}>; rel=next", page + 1))
    });
    assert_eq!(list_with(&numbered, Settings { max_pages: 5, ..Settings::default() }).unwrap_err(), "TOO_LARGE");
    assert_eq!(numbered.seen().len(), 6);
    let items = Scripted::new(|_| tags(&["x", "y", "z"]));
    assert_eq!(list_with(&items, Settings { max_items: 2, ..Settings::default() }).unwrap_err(), "TOO_LARGE");
}

#[test]
fn pages_so_far_are_given_before_the_error() {
    let host = Scripted::routes(vec![(TAGS, tags(&["1"]).header("link", "<?p=2>; rel=next"))]);
    let mut listing = host.repository().tags(None, Call::default());
    host.run(async {
        assert_eq!(listing.next_page().await.unwrap().unwrap().to_vec(), ["1"]);
        assert_eq!(listing.next_page().await.unwrap_err().status, Some(404));
        assert!(listing.next_page().await.unwrap().is_none(), "after an error a listing has ended");
    });
}

/// A page across origins does not see `Link`: `last` goes on until nothing new comes.
#[test]
fn hidden_links_are_replaced_by_last() {
    let paged = Scripted::routes(vec![
        (TAGS, tags(&["1", "2"]).header("link", "<?last=2&n=1000>; rel=next").filtered()),
        ("/v2/a/b/tags/list?n=1000&last=2", tags(&["3"]).filtered()),
        ("/v2/a/b/tags/list?n=1000&last=3", tags(&[]).filtered()),
    ]);
    assert_eq!(list(&paged).unwrap(), ["1", "2", "3"]);
    // distribution 2.8 ignores `last` on tags and sends everything again, in any order
    let ignoring = Scripted::new(|seen| {
        if seen.target.contains("last") { tags(&["2", "3", "1"]).filtered() } else { tags(&["1", "2", "3"]).filtered() }
    });
    assert_eq!(list(&ignoring).unwrap(), ["1", "2", "3"]);
    assert_eq!(ignoring.seen().len(), 2);
    // where something may be missing, an error is told
    let failing =
        Scripted::new(
            |seen| if seen.target.contains("last") { Reply::new(500).filtered() } else { tags(&["1"]).filtered() },
        );
    assert_eq!(list(&failing).unwrap_err(), "HTTP_ERROR");
}

/// go-containerregistry's registry cuts at `n` without a Link.
#[test]
fn a_page_cut_at_n_is_asked_on() {
    let repository = |host: &Scripted| {
        let listing = host.repository().tags(Some(2), Call::default());
        host.run(listing.collect()).unwrap()
    };
    let cut = Scripted::routes(vec![
        ("/v2/a/b/tags/list?n=2", tags(&["1", "2"])),
        ("/v2/a/b/tags/list?n=2&last=2", tags(&["3"])),
    ]);
    assert_eq!(repository(&cut), ["1", "2", "3"]);
    let ignoring = Scripted::new(|_| tags(&["1", "2"]));
    assert_eq!(repository(&ignoring), ["1", "2"]);
    let refusing = Scripted::routes(vec![("/v2/a/b/tags/list?n=2", tags(&["1", "2"]))]);
    assert_eq!(repository(&refusing), ["1", "2"]);
}

#[test]
fn a_page_size_the_registry_refuses_is_left_out() {
    let host = Scripted::routes(vec![
        (TAGS, Reply::json(r#"{"errors":[{"code":"PAGINATION_NUMBER_INVALID","message":"invalid"}]}"#).status(400)),
        ("/v2/a/b/tags/list", tags(&["1"])),
    ]);
    assert_eq!(list(&host).unwrap(), ["1"]);
    let other = Scripted::new(|_| Reply::json(r#"{"errors":[{"code":"NAME_INVALID","message":"no"}]}"#).status(400));
    assert_eq!(list(&other).unwrap_err(), "NAME_INVALID");
    assert_eq!(other.seen().len(), 1);
}

#[test]
fn giant_pages_are_not_read_whole() {
    let host = Scripted::new(|_| Reply::new(200).step(support::Step::Forever(vec![b' '; 1024 * 1024])));
    assert_eq!(list(&host).unwrap_err(), "TOO_LARGE");
    assert!(host.bytes_sent() <= 34 * 1024 * 1024 && host.open() == 0);
    let declared = Scripted::new(|_| tags(&[]).header("content-length", "999999999999"));
    assert_eq!(list(&declared).unwrap_err(), "TOO_LARGE");
    assert_eq!(declared.bytes_sent(), 0);
}

#[test]
fn namespaces_and_repositories() {
    let names = r#"{"repositories":["alpine","team/web","team/sub/api","library/nginx","__proto__","Bad Name/../x","team/web2"]}"#;
    let host = Scripted::routes(vec![("/v2/_catalog?n=1000", Reply::json(names))]);
    let client = host.client();
    let call = Call::default();
    assert_eq!(host.run(client.namespaces(&call)).unwrap(), ["library", "team", "Bad Name"]);
    let of = |namespace: Option<&str>| {
        let repositories = host.run(client.repositories(namespace, &call)).unwrap();
        repositories.iter().map(|repository| repository.name().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(of(None).len(), 7);
    assert_eq!(of(Some("library")), ["alpine", "library/nginx", "__proto__"]);
    assert_eq!(of(Some("team")), ["team/web", "team/sub/api", "team/web2"]);
    assert_eq!(of(Some("none")), Vec::<String>::new());

    // A name that breaks the grammar is shown as data; using it makes no request.
    let bad = host.run(client.repositories(Some("Bad Name"), &call)).unwrap();
    let requests = host.seen().len();
    let error = host.run(bad[0].tags(None, call.clone()).next_page()).unwrap_err();
    assert_eq!(error.code, "INVALID_REFERENCE");
    assert_eq!(host.seen().len(), requests);
}

#[test]
fn names_are_checked_before_any_request() {
    let host = Scripted::new(|_| Reply::new(500));
    let client = host.client();
    for (name, namespace) in [
        ("", None),
        ("A", None),
        ("a//b", None),
        ("../x", None),
        ("a/b", Some("c")),
        ("a", Some("")),
        ("a", Some("B")),
        ("a%2fb", None),
    ] {
        let error = client.repository(name, namespace).err().expect(name);
        assert_eq!(error.code, "INVALID_REFERENCE", "{name} {namespace:?}: {error}");
    }
    let nested = client.repository("c/d", None).unwrap();
    assert_eq!((nested.namespace(), nested.repository()), (Some("c"), "d"));
    assert_eq!(client.repository("d", Some("c")).unwrap().name(), "c/d");
    assert_eq!(client.repository("d", Some("b/c")).unwrap().name(), "b/c/d");
    assert!(host.seen().is_empty());
}

#[test]
fn docker_hub_names_without_namespace_are_in_library() {
    let host = Scripted::new(|_| tags(&[]));
    let base = docker_registry_client_wasm::protocol::url::Url::parse_registry("docker.io").unwrap();
    let settings =
        Settings { api_version: Some(docker_registry_client_wasm::registry::Version::V2), ..Settings::default() };
    let client = docker_registry_client_wasm::registry::Client::new(host.clone(), base, settings);
    for (name, path) in [("alpine", "library/alpine"), ("me/app", "me/app")] {
        host.run(client.repository(name, None).unwrap().tags(None, Call::default()).collect()).unwrap();
        let target = host.seen().last().unwrap().target.clone();
        assert_eq!(target, format!("https://registry-1.docker.io/v2/{path}/tags/list?n=1000"));
    }
}
