//! Listings against a scripted registry: paging, limits, loops, and what CORS hides.

use std::cell::Cell;

use crate::support::{Reply, Scripted, Seen, Step};
use docker_registry_client_wasm::registry::{Call, Settings};

const TAGS: &str = "/v2/a/b/tags/list?n=1000";

fn tags(items: &[&str]) -> Reply {
    Reply::json(&format!(r#"{{"name":"a/b","tags":{items:?}}}"#))
}

fn list(host: &Scripted) -> Result<Vec<String>, String> {
    list_with(host, Settings::default())
}

/// As whoever deletes something by the list.
fn list_thoroughly(host: &Scripted) -> Result<Vec<String>, String> {
    let listing = host.repository().tags(None, Call::default()).thorough();
    host.run(listing.collect()).map_err(|error| error.code.to_string())
}

fn list_with(host: &Scripted, settings: Settings) -> Result<Vec<String>, String> {
    let repository = host.client_with(settings).repository("a/b", None).unwrap();
    host.run(repository.tags(None, Call::default()).collect()).map_err(|error| error.code.to_string())
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
fn a_list_begins_after_an_item() {
    let host = paged(2, |_, _| None);
    let from = |item: &str| {
        let listing = host.repository().tags(Some(2), Call::default()).after(Some(item.to_owned()));
        host.run(listing.collect()).map_err(|error| error.code.to_string())
    };
    let all = host.run(host.repository().tags(Some(2), Call::default()).collect()).unwrap();
    for (at, item) in all.iter().enumerate() {
        assert_eq!(from(item).unwrap(), all[at + 1..], "after {item}");
    }

    // A refused first page is no end, and where the page size is refused `last` stays.
    let refused = Scripted::routes(vec![
        (
            "/v2/a/b/tags/list?n=1000&last=x",
            Reply::json(r#"{"errors":[{"code":"UNSUPPORTED","message":"n"}]}"#).status(400),
        ),
        ("/v2/a/b/tags/list?last=x", tags(&["y"])),
    ]);
    let listing = || refused.repository().tags(None, Call::default()).after(Some("x".to_owned()));
    assert_eq!(refused.run(listing().collect()).unwrap(), ["y"]);
    let failing = Scripted::routes(vec![("/v2/a/b/tags/list?n=1000&last=x", Reply::new(404))]);
    let listing = failing.repository().tags(None, Call::default()).after(Some("x".to_owned()));
    assert!(failing.run(listing.collect()).is_err());
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

/// A registry that pages by `last`, and what it says of the next page.
fn paged(size: usize, link: impl Fn(&Seen, &[String]) -> Option<String> + 'static) -> Scripted {
    let all = ["1", "2", "3", "4", "5"];
    Scripted::new(move |seen| {
        assert!(seen.target.starts_with("/v2/a/b/tags/list"), "{}", seen.target);
        let last = parameter(seen, "last").unwrap_or_default();
        let page: Vec<String> =
            all.iter().filter(|tag| **tag > last.as_str()).take(size).map(ToString::to_string).collect();
        let reply = Reply::json(&format!(r#"{{"tags":{page:?}}}"#));
        match link(seen, &page) {
            Some(link) => reply.header("link", &link),
            None => reply,
        }
    })
}

fn parameter(seen: &Seen, name: &str) -> Option<String> {
    let (_, query) = seen.target.split_once('?')?;
    query.split('&').find_map(|pair| Some(pair.split_once('=').filter(|(key, _)| *key == name)?.1.to_owned()))
}

const ALL: [&str; 5] = ["1", "2", "3", "4", "5"];

/// B11, F71: behind a proxy that ends TLS a registry names itself by http; nothing is sent to where a foreign link leads.
#[test]
fn foreign_links_are_replaced_by_last() {
    for origin in [
        "https://evil.test",
        "//evil.test",
        "http://registry.test",
        "https://registry.test:444",
        "http://169.254.169.254",
        "ftp://registry.test",
    ] {
        let host = paged(2, move |_, page| {
            let last = page.last().filter(|last| *last != "5")?;
            Some(format!("<{origin}/v2/a/b/tags/list?n=1000&last={last}>; rel=\"next\""))
        });
        assert_eq!(list(&host).unwrap(), ALL, "{origin}");
        assert_eq!(
            host.targets()[1..],
            ["GET /v2/a/b/tags/list?n=1000&last=2", "GET /v2/a/b/tags/list?n=1000&last=4"],
            "{origin}"
        );
    }
}

/// The query of such a link is the cursor, where that is none that `last` takes (Quay's `next_page`).
#[test]
fn foreign_links_with_a_cursor_of_their_own() {
    let host = Scripted::new(|seen| {
        let page = parameter(seen, "next_page").map_or(1, |page| page.parse::<usize>().unwrap());
        let link = format!("<http://registry.test/v2/a/b/tags/list?next_page={}>; rel=\"next\"", page + 1);
        match page {
            3 => tags(&["5"]),
            page => tags(&ALL[page * 2 - 2..page * 2]).header("link", &link),
        }
    });
    assert_eq!(list(&host).unwrap(), ALL);
    // What leads nowhere is no end.
    let lost = Scripted::routes(vec![(TAGS, tags(&["1"]).header("link", "<http://registry.test/x?p=2>; rel=next"))]);
    assert_eq!(list(&lost).unwrap_err(), "PAGING_LOOP");
}

/// B11: Cloudflare's registry sends such a field with every page, the last one included.
#[test]
fn malformed_links_are_replaced_by_last() {
    let bare = |last: &str| format!("https://registry.test/v2/a/b/tags/list?n=1000&last={last}; rel=next");
    for form in 0..7 {
        let host = paged(2, move |_, page| {
            let last = page.last().map_or("", String::as_str);
            Some(match form {
                0 => bare(last),
                1 => format!("/v2/a/b/tags/list?last={last}>; rel=next"),
                2 => format!("</v2/a/b/tags/list?last={last}; rel=next"),
                3 => format!("</v2/a/b/tags/list?last={last}>"),
                4 => "<>; rel=\"next\"".to_owned(),
                5 => "<https://registry.test/v2/ a/tags/list>; rel=\"next\"".to_owned(),
                _ => "next".to_owned(),
            })
        });
        assert_eq!(list(&host).unwrap(), ALL, "{form}");
        assert_eq!(list_thoroughly(&host).unwrap(), ALL, "{form}");
        let repository = host.repository().tags(Some(2), Call::default());
        assert_eq!(host.run(repository.collect()).unwrap(), ALL, "{form}");
    }
    // One with nothing new is the end.
    let single = Scripted::new(move |_| tags(&["1", "2"]).header("link", &bare("2")));
    assert_eq!(list(&single).unwrap(), ["1", "2"]);
    // Refusing every question is none.
    for link in ["/v2/a/b/tags/list?last=2>; rel=next", "</v2/a/b/tags/list?last=2; rel=next"] {
        let host = Scripted::routes(vec![(TAGS, tags(&["1"]).header("link", link))]);
        assert_eq!(list(&host).unwrap_err(), "PAGING_LOOP", "{link}");
    }
}

/// A `Link` on the last page is no reason to go on for ever.
#[test]
fn links_on_the_last_page() {
    let next = |last: &str| format!("</v2/a/b/tags/list?n=1000&last={last}>; rel=\"next\"");
    let on_every_page = paged(2, move |_, page| Some(next(page.last().map_or("", String::as_str))));
    assert_eq!(list(&on_every_page).unwrap(), ALL);
    assert!(on_every_page.seen().len() <= 5, "{:?}", on_every_page.targets());
    let count = Cell::new(0);
    let ever_new = paged(2, move |_, page| {
        count.set(count.get() + 1);
        Some(format!("<?last={}&x={}>; rel=next", page.last().map_or("9", String::as_str), count.get()))
    });
    assert_eq!(list(&ever_new).unwrap(), ALL);
    assert!(ever_new.seen().len() < 30, "{:?}", ever_new.targets());
}

/// Pages that overlap: items come once.
#[test]
fn repeated_items_are_dropped() {
    for by_link in [true, false] {
        let host = Scripted::new(move |seen| {
            let last = parameter(seen, "last").unwrap_or_default();
            // `last` is part of the page.
            let page: Vec<_> = ALL.into_iter().filter(|tag| **tag >= *last).take(2).collect();
            let reply = tags(&page);
            match page.last().filter(|last| by_link && **last != "5") {
                Some(last) => reply.header("link", &format!("<?n=2&last={last}>; rel=next")),
                None => reply,
            }
        });
        let listing = host.repository().tags(Some(2), Call::default());
        assert_eq!(host.run(listing.collect()).unwrap(), ALL, "{by_link}");
    }
}

/// C27: a list in any order, cut at `n`, that knows no `last` (go-containerregistry's catalog).
#[test]
fn a_catalog_that_ignores_last() {
    let names: Vec<String> = (0..2500).map(|number| format!("team/r{:04}", number * 7919 % 2500)).collect();
    let (count, all) = (Cell::new(0), names.clone());
    let random = Scripted::new(move |seen| {
        count.set(count.get() + 1);
        let size = parameter(seen, "n").map_or(10_000, |size| size.parse().unwrap());
        let page: Vec<_> = all.iter().cycle().skip(count.get() * 613).take(size.min(2500)).collect();
        Reply::json(&format!(r#"{{"repositories":{page:?}}}"#))
    });
    let mut listed = random.run(random.client().catalog(None, Call::default()).collect()).unwrap();
    listed.sort();
    let mut sorted = names;
    sorted.sort();
    assert_eq!(listed, sorted);
    // One that limits `n` as well shows never more than that: no list is made of it.
    let limited = Scripted::new(|seen| match parameter(seen, "n").as_deref() {
        Some("2") => Reply::json(r#"{"repositories":["a","b"]}"#),
        _ => Reply::json(r#"{"errors":[{"code":"PAGINATION_NUMBER_INVALID"}]}"#).status(400),
    });
    let error = limited.run(limited.client().catalog(Some(2), Call::default()).collect()).unwrap_err();
    assert_eq!(error.code, "PAGING_LOOP");
    assert!(error.message.contains("repeats earlier items"), "{}", error.message);
    // A `Link` that leads to the same page for ever.
    let linked = Scripted::new(|_| {
        Reply::json(r#"{"repositories":["a","b"]}"#).header("link", "</v2/_catalog?last=b&n=2>; rel=\"next\"")
    });
    let error = linked.run(linked.client().catalog(Some(2), Call::default()).collect()).unwrap_err();
    assert_eq!(error.code, "PAGING_LOOP");
}

/// What fails is no end, whatever was asked.
#[test]
fn failures_are_no_end() {
    for status in [401, 403, 429, 500, 503] {
        let host = Scripted::new(move |seen| match parameter(seen, "last") {
            None => tags(&["1", "2"]),
            Some(_) => Reply::new(status),
        });
        let listing = host.once().repository("a/b", None).unwrap().tags(Some(2), Call::default());
        assert_eq!(host.run(listing.collect()).unwrap_err().status, Some(status));
    }
}

/// Lists cut without a word at a number of their own.
#[test]
fn pages_of_a_round_number() {
    let names: Vec<String> = (100..330).map(|number| number.to_string()).collect();
    let all = names.clone();
    let host = Scripted::new(move |seen| {
        let last = parameter(seen, "last").unwrap_or_default();
        let page: Vec<_> = all.iter().filter(|tag| **tag > last).take(100).collect();
        Reply::json(&format!(r#"{{"tags":{page:?}}}"#))
    });
    assert_eq!(list(&host).unwrap(), names);
    assert_eq!(host.seen().len(), 3);
}

/// Whoever deletes asks whether something follows the last item.
#[test]
fn a_list_that_something_is_deleted_by() {
    let cut = paged(2, |_, _| None);
    assert_eq!(list(&cut).unwrap(), ["1", "2"]);
    assert_eq!(list_thoroughly(&cut).unwrap(), ALL);
    // distribution 2.8 sends everything again, zot refuses.
    let ignoring = Scripted::new(|_| tags(&["2", "1"]));
    assert_eq!(list_thoroughly(&ignoring).unwrap(), ["2", "1"]);
    assert_eq!(ignoring.seen().len(), 2);
    let refusing = Scripted::routes(vec![(TAGS, tags(&["1"]))]);
    assert_eq!(list_thoroughly(&refusing).unwrap(), ["1"]);
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
    assert_eq!(itself.seen().len(), 3);
}

#[test]
fn endless_lists_end_at_the_limits() {
    let numbered = Scripted::new(|seen| {
        let page: u64 = seen.target.rsplit('=').next().unwrap().parse().unwrap(); // n=1000 first
        tags(&[&format!("x{page}"), "y", "z"]).header("link", &format!("<?p={}>; rel=next", page + 1))
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
    let host = Scripted::new(|_| Reply::new(200).step(Step::Forever(vec![b' '; 1024 * 1024])));
    assert_eq!(list(&host).unwrap_err(), "TOO_LARGE");
    assert!(host.bytes_sent() <= 34 * 1024 * 1024 && host.open() == 0);
    let declared = Scripted::new(|_| tags(&[]).header("content-length", "999999999999"));
    assert_eq!(list(&declared).unwrap_err(), "TOO_LARGE");
    assert_eq!(declared.bytes_sent(), 0);
}

/// C19: a page of a few kilobytes may unpack to one of megabytes.
#[test]
fn a_list_is_limited_in_bytes() {
    let item = "x".repeat(1_000_000);
    let giant = Scripted::new(move |_| tags(&[&item]));
    let listed = giant.run(giant.repository().tags(None, Call::default()).collect()).unwrap_err();
    assert_eq!(listed.code, "INVALID_RESPONSE");
    assert!(listed.message.contains("tags[0]: it has 1000000 bytes; 128 at most"), "{}", listed.message);
    let (count, padding) = (Cell::new(0), " ".repeat(30_000_000));
    let padded = Scripted::new(move |_| {
        count.set(count.get() + 1);
        let number = count.get();
        Reply::json(&format!(r#"{{{padding}"tags":["t{number}"]}}"#))
            .header("link", &format!("<?p={number}>; rel=next"))
    });
    assert_eq!(list(&padded).unwrap_err(), "TOO_LARGE");
    assert!(padded.seen().len() < 12);
}

/// C27: Docker Hub and GHCR have no catalog, Harbor shows it to administrators.
#[test]
fn a_registry_without_a_catalog() {
    let call = Call::default();
    for (catalog, base, code, said) in [
        (404, 200, "UNSUPPORTED", "this registry has no catalog"),
        (405, 200, "UNSUPPORTED", "this registry has no catalog"),
        (501, 200, "UNSUPPORTED", "this registry has no catalog"),
        (401, 200, "UNSUPPORTED", "or does not show it without credentials"),
        (403, 200, "UNSUPPORTED", "or does not show it without credentials"),
        (401, 401, "AUTH_REQUIRED", "not shown without credentials that may read it"),
        (500, 200, "HTTP_ERROR", "failed with status 500"),
    ] {
        let host = Scripted::new(move |seen| match seen.target.as_str() {
            "/v2/" => Reply::new(base),
            _ => Reply::new(catalog),
        });
        let client = host.once();
        let error = host.run(client.catalog(None, call.clone()).next_page()).unwrap_err();
        assert_eq!((error.code.as_ref(), error.status), (code, Some(catalog)), "{}", error.message);
        assert!(error.message.contains(said), "{}", error.message);
        assert_eq!(host.run(client.repositories(None, &call)).err().unwrap().code, code);
        assert_eq!(host.run(client.namespaces(&call)).unwrap_err().code, code);
    }
    let tags = Scripted::new(|_| Reply::new(404));
    assert_eq!(list(&tags).unwrap_err(), "NOT_FOUND");
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

/// Pages that go by links with cursors of their own end where there is none, full or not, also if `last` means nothing.
#[test]
fn cursors_that_end_with_a_full_page() {
    let host = Scripted::new(|seen| {
        let (page, next) = match seen.target.split_once("cursor=") {
            None => (["a", "b"], Some("1")),
            Some(_) => (["c", "d"], None),
        };
        let reply = tags(&page);
        match next {
            Some(next) => reply.header("link", &format!("</v2/a/b/tags/list?n=2&cursor={next}>; rel=\"next\"")),
            None => reply,
        }
    });
    let found = host.run(host.repository().tags(Some(2), Call::default()).collect());
    assert_eq!(
        found.map_err(|error| error.into_details().message),
        Ok(["a", "b", "c", "d"].map(str::to_owned).to_vec())
    );
}
