//! What repositories hold, against a scripted registry: what is read how often, and what happens when something fails.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::support::{Reply, Scripted, Seen, descriptor, sha256};
use docker_registry_client_wasm::registry::Call;
use docker_registry_client_wasm::registry::usage::{Dates, Entry, Inventory, Options, RepositoryUsage, Totals, Wanted};
use docker_registry_client_wasm::transport::{Error, Result};

const OCI: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const ALL: Options = Options { sizes: true, dates: Dates::Needed };

/// Tags and further manifests of repositories: media type and document.
type Repositories = BTreeMap<String, Vec<(Option<&'static str>, &'static str, String)>>;

fn config(day: usize) -> String {
    format!(
        r#"{{"created":"2025-12-{day:02}T00:00:00Z","architecture":"amd64","os":"linux","rootfs":{{"diff_ids":[]}}}}"#
    )
}

/// An image with a layer of its own and one that all images share.
fn image(day: usize) -> String {
    let config = descriptor(CONFIG, &config(day), "");
    let layers = [descriptor(LAYER, "shared", ""), descriptor(LAYER, &format!("layer {day:02}"), "")];
    format!(r#"{{"schemaVersion":2,"mediaType":"{OCI}","config":{config},"layers":[{}]}}"#, layers.join(","))
}

fn index(images: &[String]) -> String {
    let entries: Vec<String> = images.iter().map(|image| descriptor(OCI, image, "")).collect();
    format!(r#"{{"schemaVersion":2,"mediaType":"{INDEX}","manifests":[{}]}}"#, entries.join(","))
}

/// Bytes of images, with what they share counted once.
fn bytes(days: &[usize]) -> u64 {
    let own = |day: &usize| image(*day).len() + config(*day).len() + "layer 00".len();
    (days.iter().map(own).sum::<usize>() + "shared".len()) as u64
}

/// A registry whose catalog has two repositories a page; what `special` answers comes first.
fn registry(repositories: Repositories, special: impl Fn(&Seen) -> Option<Reply> + 'static) -> Scripted {
    Scripted::new(move |seen| {
        if let Some(reply) = special(seen) {
            return reply;
        }
        let target = seen.target.as_str();
        if let Some(query) = target.strip_prefix("/v2/_catalog?") {
            let last =
                query.split('&').find_map(|part| part.strip_prefix("last=")).unwrap_or_default().replace("%2F", "/");
            let names: Vec<&String> = repositories.keys().filter(|name| **name > last).collect();
            let page = &names[..names.len().min(2)];
            let reply = Reply::json(&format!(r#"{{"repositories":{page:?}}}"#));
            return match page {
                [.., end] if names.len() > 2 => {
                    reply.header("link", &format!("</v2/_catalog?last={end}&n=2>; rel=\"next\""))
                }
                _ => reply,
            };
        }
        let rest = target.strip_prefix("/v2/").unwrap_or_default();
        let found = repositories.iter().find(|(name, _)| rest.starts_with(&format!("{name}/")));
        let Some((name, manifests)) = found else { return Reply::json(UNKNOWN).status(404) };
        let wanted = rest.rsplit('/').next().unwrap();
        if rest.starts_with(&format!("{name}/tags/list")) {
            let tags: Vec<&str> = manifests.iter().filter_map(|(tag, ..)| *tag).collect();
            return if tags.is_empty() {
                Reply::json(UNKNOWN).status(404)
            } else {
                Reply::json(&format!(r#"{{"tags":{tags:?}}}"#))
            };
        }
        for (tag, media_type, body) in manifests {
            if *tag == Some(wanted) || sha256(body) == wanted {
                return Reply::manifest(media_type, body);
            }
        }
        let blob = (0..100).map(config).find(|config| sha256(config) == wanted);
        blob.map_or_else(|| Reply::json(r#"{"errors":[{"code":"MANIFEST_UNKNOWN"}]}"#).status(404), Reply::bytes)
    })
}

const UNKNOWN: &str = r#"{"errors":[{"code":"NAME_UNKNOWN","message":"repository name not known to registry"}]}"#;

fn samples() -> Repositories {
    let tagged = |tag, day| (Some(tag), OCI, image(day));
    let multi = index(&[image(3), image(4), image(5)]);
    [
        ("a/one", vec![tagged("only", 1)]),
        ("b/two", vec![tagged("old", 1), tagged("1.0", 2), tagged("latest", 2)]),
        // Image 5 was never copied here.
        ("c/multi", vec![(Some("x"), INDEX, multi.clone()), (None, OCI, image(3)), (None, OCI, image(4))]),
        ("d/again", vec![(Some("x"), INDEX, multi), (None, OCI, image(3)), (None, OCI, image(4))]),
        ("e/none", vec![(None, OCI, image(1))]),
    ]
    .into_iter()
    .map(|(name, manifests)| (name.to_owned(), manifests))
    .collect()
}

fn wanted(options: Options) -> Wanted {
    Wanted { options, namespace: None, filter: Box::new(|_| true), at_a_time: None, watcher: None }
}

fn all(
    host: &Scripted,
    mut inventory: Inventory<Scripted>,
) -> Result<(BTreeMap<String, Result<RepositoryUsage>>, Totals)> {
    let mut found = BTreeMap::new();
    while let Some(some) = host.run(inventory.next_some())? {
        found.extend(some.into_iter().map(|Entry { name, usage }| (name, usage)));
    }
    assert!(host.run(inventory.next_some())?.is_none());
    assert_eq!(host.open(), 0);
    Ok((found, inventory.totals()))
}

fn newest(usage: &RepositoryUsage) -> Option<&str> {
    usage.newest.as_ref().map(|newest| newest.tag.as_str())
}

#[test]
fn each_once() {
    let host = registry(samples(), |_| None);
    let (found, totals) = all(&host, host.client().inventory(wanted(ALL), Call::default())).unwrap();
    let facts = |name: &str| {
        let usage = found[name].as_ref().unwrap();
        assert!(usage.unread.is_empty(), "{usage:?}");
        (usage.tags, newest(usage).map(str::to_owned), usage.size.unwrap())
    };
    let multi = bytes(&[3, 4]) + index(&[image(3), image(4), image(5)]).len() as u64;
    assert_eq!(facts("a/one"), (1, Some("only".into()), bytes(&[1])));
    assert_eq!(facts("b/two"), (3, Some("1.0".into()), bytes(&[1, 2])));
    for name in ["c/multi", "d/again"] {
        assert_eq!(facts(name), (1, Some("x".into()), multi));
    }
    assert_eq!(facts("e/none"), (0, None, 0));
    let size = bytes(&[1, 2]) + multi - "shared".len() as u64;
    assert_eq!(totals, Totals { repositories: 5, failed: 0, tags: 6, size });
    // The catalog's three pages, five lists, six tags, three entries of the index, of which the missing one
    // is asked for in each repository, and two configs to compare.
    let targets = host.targets();
    assert_eq!(targets.len(), 3 + 5 + 6 + (3 + 1) + 2, "{targets:#?}");
}

#[test]
fn less_to_know_takes_fewer_requests() {
    for (sizes, dates, requests, newest_of_two) in [
        (false, Dates::Listed, 8, None),
        (false, Dates::Needed, 8 + 3 + 2, Some("1.0")),
        (true, Dates::Listed, 8 + 6 + 4, None),
        // The index states no platforms, so that they are read too.
        (false, Dates::All, 8 + 6 + 2 + 3 + 2, Some("1.0")),
    ] {
        let host = registry(samples(), |_| None);
        let options = Options { sizes, dates };
        let (found, totals) = all(&host, host.client().inventory(wanted(options), Call::default())).unwrap();
        assert_eq!(host.targets().len(), requests, "{options:?} {:#?}", host.targets());
        assert_eq!((totals.tags, totals.size > 0), (6, sizes));
        assert_eq!(newest(found["a/one"].as_ref().unwrap()), Some("only"));
        assert_eq!(newest(found["b/two"].as_ref().unwrap()), newest_of_two);
    }
}

#[test]
fn a_repository_that_fails_and_failures_of_all() {
    let denied = || Reply::json(r#"{"errors":[{"code":"DENIED","message":"no"}]}"#).status(403);
    let host = registry(samples(), move |seen| seen.target.contains("/b/two/").then(denied));
    let (found, totals) = all(&host, host.client().inventory(wanted(ALL), Call::default())).unwrap();
    assert_eq!(found["b/two"].as_ref().unwrap_err().code, "DENIED");
    assert_eq!((totals.repositories, totals.failed, totals.tags), (5, 1, 3));

    let limited = registry(samples(), |seen| seen.target.contains("/b/two/").then(|| Reply::new(429)));
    let error = all(&limited, limited.once().inventory(wanted(ALL), Call::default())).unwrap_err();
    assert_eq!(error.status, Some(429));

    let many: Repositories = (0..400).map(|at| (format!("r{at:03}"), Vec::new())).collect();
    let lost = registry(many, |seen| seen.target.contains("/tags/").then(Reply::refused));
    let error = all(&lost, lost.once().inventory(wanted(ALL), Call::default())).unwrap_err();
    assert_eq!(error.code, "NETWORK");
    assert!(lost.targets().len() < 100, "{}", lost.targets().len());
}

/// A repository that has only some images of an index makes no other smaller, in whichever order they are read.
#[test]
fn an_index_counts_as_it_is_in_each_repository() {
    let multi = index(&[image(3), image(4)]);
    let part = vec![(Some("x"), INDEX, multi.clone()), (None, OCI, image(3))];
    let whole = vec![(Some("x"), INDEX, multi), (None, OCI, image(3)), (None, OCI, image(4))];
    for names in [["a", "b"], ["b", "a"]] {
        let repositories = [(names[0].to_owned(), part.clone()), (names[1].to_owned(), whole.clone())];
        let host = registry(repositories.into_iter().collect(), |_| None);
        let one_at_a_time = Wanted { at_a_time: Some(1), ..wanted(ALL) };
        let (found, totals) = all(&host, host.client().inventory(one_at_a_time, Call::default())).unwrap();
        let size = |name: &str| found[name].as_ref().unwrap().size.unwrap();
        let all = bytes(&[3, 4]) + index(&[image(3), image(4)]).len() as u64;
        assert_eq!((size(names[1]), totals.size), (all, all), "{names:?}");
    }
}

#[test]
fn what_cannot_be_read_is_told() {
    let broken = |what: &str| {
        let what = what.to_owned();
        let host = registry(samples(), move |seen| seen.target.ends_with(&what).then(|| Reply::new(500)));
        let usage = |name: &str| {
            host.run(host.once().repository(name, None).unwrap().usage(ALL, &Call::default())).map(|usage| {
                let unread: Vec<String> = usage.unread.iter().map(|item| item.name.clone()).collect();
                (usage.tags, newest(&usage).map(str::to_owned), usage.size.unwrap(), unread)
            })
        };
        (usage("b/two").unwrap(), usage("c/multi").unwrap().3)
    };
    let two = sha256(image(2));
    assert_eq!(broken("/b/two/manifests/old").0, (3, Some("1.0".into()), bytes(&[2]), vec!["old".into()]));
    assert_eq!(broken(&sha256(config(2))).0, (3, Some("old".into()), bytes(&[1, 2]), vec![two.clone(), two]));
    assert_eq!(broken(&sha256(image(4))).1, [sha256(image(4))]);
}

#[test]
fn a_watcher_knows_the_number_first() {
    let told = Rc::new(RefCell::new(Vec::new()));
    let heard = told.clone();
    let watcher: Rc<dyn Fn(usize, Option<usize>)> = Rc::new(move |done, total| heard.borrow_mut().push((done, total)));
    let host = registry(samples(), |_| None);
    let filter = Box::new(|name: &str| name != "a/one");
    let wanted = Wanted { watcher: Some(watcher), filter, ..wanted(ALL) };
    let (found, _) = all(&host, host.client().inventory(wanted, Call::default())).unwrap();
    assert_eq!(found.len(), 4);
    assert_eq!(*told.borrow(), [(0, Some(4)), (1, Some(4)), (2, Some(4)), (3, Some(4)), (4, Some(4))]);
}

/// Distribution does not know the tags of a repository that has only manifests without one; its catalog has the repository.
#[test]
fn a_repository_without_tags() {
    let host = registry(samples(), |_| None);
    let tags =
        |name: &str| host.run(host.client().repository(name, None).unwrap().tags(None, Call::default()).collect());
    assert_eq!(tags("e/none").unwrap(), Vec::<String>::new());
    assert_eq!(host.targets().len(), 2, "{:?}", host.targets());
    for name in ["e/non", "e/none0", "z"] {
        assert_eq!(tags(name).unwrap_err().code, "NAME_UNKNOWN", "{name}");
    }
    let closed = registry(samples(), |seen| seen.target.contains("_catalog").then(|| Reply::new(403)));
    let refused: Error = closed
        .run(closed.client().repository("e/none", None).unwrap().tags(None, Call::default()).collect())
        .unwrap_err();
    assert_eq!((refused.code.as_ref(), refused.status), ("NAME_UNKNOWN", Some(404)));
}
