//! Descriptions of many tags against a scripted registry.

use crate::support::{EPOCH, Reply, Scripted, Seen, descriptor, sha256};
use docker_registry_client_wasm::protocol::http::Method;
use docker_registry_client_wasm::registry::tag::describe::Order;
use docker_registry_client_wasm::registry::{Call, Descriptions, Settings};
use docker_registry_client_wasm::transport::Result;

const OCI: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";

fn config(day: usize) -> String {
    format!(
        r#"{{"created":"2025-12-{day:02}T00:00:00Z","architecture":"amd64","os":"linux","rootfs":{{"diff_ids":[]}}}}"#
    )
}

fn image(day: usize) -> String {
    let config = descriptor(CONFIG, &config(day), "");
    format!(r#"{{"schemaVersion":2,"mediaType":"{OCI}","config":{config},"layers":[]}}"#)
}

/// Tags, each with the day its image was made; what `special` answers comes first.
fn registry(tags: &[(&str, usize)], extra: &str, special: impl Fn(&Seen) -> Option<Reply> + 'static) -> Scripted {
    let tags: Vec<(String, usize)> = tags.iter().map(|(tag, day)| ((*tag).to_owned(), *day)).collect();
    let names = serde_json::to_string(&tags.iter().map(|(tag, _)| tag).collect::<Vec<_>>()).unwrap();
    let list = format!(r#"{{"tags":{names}{extra}}}"#);
    Scripted::new(move |seen| {
        if let Some(reply) = special(seen) {
            return reply;
        }
        if seen.target.starts_with("/v2/a/b/tags/list") {
            return Reply::json(&list);
        }
        let wanted = seen.target.rsplit('/').next().unwrap();
        for (tag, day) in &tags {
            let (image, config) = (image(*day), config(*day));
            if wanted == tag || wanted == sha256(&image) {
                // The later in the month, the sooner it answers.
                return Reply::manifest(OCI, &image)
                    .header("docker-content-digest", &sha256(&image))
                    .after(100 - 3 * *day as u64);
            }
            if wanted == sha256(&config) {
                return Reply::bytes(config);
            }
        }
        Reply::new(404)
    })
}

fn start(host: &Scripted, order: Order) -> Descriptions<Scripted> {
    host.repository().describe_tags(None, order, None, Call::default()).unwrap()
}

fn all(
    host: &Scripted,
    mut descriptions: Descriptions<Scripted>,
) -> Result<Vec<(String, std::result::Result<String, String>)>> {
    let mut found = Vec::new();
    while let Some(some) = host.run(descriptions.next_some())? {
        assert!(!some.is_empty());
        found.extend(some.into_iter().map(|described| {
            let data = described.data.map(|data| {
                assert_eq!(data.tag, described.tag);
                data.created.unwrap_or_default()
            });
            (described.tag, data.map_err(|error| error.code.to_string()))
        }));
    }
    assert_eq!(host.run(descriptions.next_some()).unwrap().map(|some| some.len()), None);
    assert_eq!(host.open(), 0);
    Ok(found)
}

fn names(host: &Scripted, order: Order) -> Vec<String> {
    all(host, start(host, order)).unwrap().into_iter().map(|(tag, _)| tag).collect()
}

const TAGS: &[(&str, usize)] = &[("1.9", 3), ("latest", 9), ("1.10", 5), ("1.10-rc1", 4), ("dev", 20), ("1.2", 1)];

#[test]
fn orders() {
    let host = || registry(TAGS, "", |_| None);
    assert_eq!(names(&host(), Order::Version), ["1.10", "1.10-rc1", "1.9", "1.2", "dev", "latest"]);
    assert_eq!(names(&host(), Order::Name), ["1.10", "1.10-rc1", "1.2", "1.9", "dev", "latest"]);
    assert_eq!(names(&host(), Order::Newest), ["dev", "latest", "1.10", "1.10-rc1", "1.9", "1.2"]);
    assert_eq!(names(&host(), Order::Any), ["dev", "latest", "1.10", "1.10-rc1", "1.9", "1.2"], "as they are ready");
}

#[test]
fn only_the_tags_asked_for() {
    let host = registry(TAGS, "", |_| None);
    let some = |tags: &[&str]| {
        let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        host.repository().describe_tags(Some(tags), Order::Version, None, Call::default())
    };
    let found = all(&host, some(&["1.2", "gone", "1.9"]).unwrap()).unwrap();
    assert_eq!(found.iter().map(|(tag, _)| tag.as_str()).collect::<Vec<_>>(), ["1.9", "1.2", "gone"]);
    assert_eq!(found[2].1, Err("NOT_FOUND".into()));
    assert!(!host.targets().iter().any(|target| target.contains("tags/list")));
    assert!(all(&host, some(&[]).unwrap()).unwrap().is_empty());
    let before = host.seen().len();
    assert_eq!(some(&["1.2", "no tag"]).err().unwrap().code, "INVALID_REFERENCE");
    assert_eq!(host.seen().len(), before);
}

#[test]
fn an_entry_that_cannot_be_described_breaks_no_other() {
    let host = registry(TAGS, "", |seen| match seen.target.as_str() {
        "/v2/a/b/manifests/1.9" => Some(Reply::new(404)),
        "/v2/a/b/manifests/dev" => Some(Reply::manifest(OCI, "{}")),
        _ => None,
    });
    let found = all(&host, start(&host, Order::Version)).unwrap();
    assert_eq!(found.len(), TAGS.len());
    let bad: Vec<_> = found.iter().filter_map(|(tag, data)| Some((tag.as_str(), data.clone().err()?))).collect();
    assert_eq!(bad, [("1.9", "NOT_FOUND".to_owned()), ("dev", "INVALID_RESPONSE".to_owned())]);
}

#[test]
fn what_befalls_every_tag_ends_it_all() {
    let tags: Vec<String> = (0..500).map(|number| format!("t{number}")).collect();
    let tags: Vec<(&str, usize)> = tags.iter().map(|tag| (tag.as_str(), 1)).collect();
    for (reply, code) in [
        (Reply::new(403), "DENIED"),
        (Reply::new(429).header("retry-after", "3600"), "RATE_LIMITED"),
        (Reply::reset(), "NETWORK"),
    ] {
        let reply = reply.clone();
        let host = registry(&tags, "", move |seen| seen.target.contains("/manifests/").then(|| reply.clone()));
        let error = all(&host, start(&host, Order::Any)).unwrap_err();
        assert_eq!(error.code, code);
        // Those in progress are sent again; most are not begun.
        assert!(host.seen().len() < 400, "{code}: {} requests", host.seen().len());
        assert_eq!(host.open(), 0);
    }
}

#[test]
fn a_digest_is_looked_into_once() {
    let tags: Vec<String> = (0..300).map(|number| format!("t{number}")).collect();
    let tags: Vec<(&str, usize)> = tags.iter().map(|tag| (tag.as_str(), 7)).collect();
    let host = registry(&tags, "", |_| None);
    let client = host.client_with(Settings { concurrency: Some(6), ..Settings::default() });
    let descriptions =
        client.repository("a/b", None).unwrap().describe_tags(None, Order::Any, None, Call::default()).unwrap();
    assert_eq!(all(&host, descriptions).unwrap().len(), 300);
    let seen = host.seen();
    let count = |method: Method, part: &str| {
        seen.iter().filter(|seen| seen.method == method && seen.target.contains(part)).count()
    };
    assert_eq!(count(Method::Get, "/blobs/"), 1);
    assert!(count(Method::Get, "/manifests/") < 30, "{}", count(Method::Get, "/manifests/"));
    assert_eq!(count(Method::Get, "/manifests/") + count(Method::Head, "/manifests/"), 300);
    assert!(host.most_open() <= 6);
}

#[test]
fn a_bounded_window_ahead_of_the_turn() {
    let tags: Vec<String> = (0..300).map(|number| format!("t{number:03}")).collect();
    let tags: Vec<(&str, usize)> = tags.iter().map(|tag| (tag.as_str(), 7)).collect();
    let host = registry(&tags, "", |seen| seen.target.ends_with("/t000").then(|| Reply::new(404).after(1_000_000)));
    let mut descriptions = host
        .client_with(Settings { concurrency: Some(6), ..Settings::default() })
        .repository("a/b", None)
        .unwrap()
        .describe_tags(
            Some(tags.iter().map(|(tag, _)| (*tag).to_owned()).collect()),
            Order::Name,
            None,
            Call { timeout: Some(0), ..Call::default() },
        )
        .unwrap();
    let first = host.run(descriptions.next_some()).unwrap().unwrap();
    assert_eq!(first[0].tag, "t000");
    assert!(host.seen().len() < 25, "{} requests for the first", host.seen().len());
    drop(descriptions);
    assert_eq!(host.open(), 0, "leaving stops all requests");
}

#[test]
fn digests_and_dates_that_the_listing_told() {
    let told: Vec<String> = TAGS
        .iter()
        .map(|(tag, day)| {
            let digest = sha256(image(*day));
            format!(
                r#""{digest}":{{"tag":["{tag}"],"timeCreatedMs":"{}","mediaType":"{OCI}"}}"#,
                EPOCH - (31 - *day as u64) * 86_400_000
            )
        })
        .collect();
    let host = registry(TAGS, &format!(r#","manifest":{{{}}}"#, told.join(",")), |_| None);
    let mut descriptions = start(&host, Order::Newest);
    let first = host.run(descriptions.next_some()).unwrap().unwrap();
    assert_eq!(first[0].tag, "dev", "without waiting for the others");
    let rest = all(&host, descriptions).unwrap();
    assert_eq!(first.len() + rest.len(), TAGS.len());
    assert!(
        host.targets().iter().filter(|target| target.contains("/manifests/")).all(|target| target.contains("sha256:"))
    );
}

/// A placeholder is shown as it came and never counts as a date: the listing's upload time does, else the image is last.
#[test]
fn placeholders_do_not_sort_as_dates() {
    let dates = [
        ("zero", "0001-01-01T00:00:00Z"),
        ("epoch", "1970-01-01T00:00:00Z"),
        ("old", "2025-01-01T00:00:00Z"),
        ("bazel", "1980-01-01T00:00:01Z"),
        ("future", "2038-01-19T03:14:07Z"),
        ("new", "2025-12-01T00:00:00Z"),
    ];
    let config = |date: &str| format!(r#"{{"created":"{date}","architecture":"amd64","os":"linux"}}"#);
    let image = move |date: &str| {
        format!(r#"{{"schemaVersion":2,"config":{},"layers":[]}}"#, descriptor(CONFIG, &config(date), ""))
    };
    for (told, expected) in [
        (false, ["new", "old", "zero", "epoch", "bazel", "future"]),
        (true, ["new", "bazel", "old", "zero", "epoch", "future"]),
    ] {
        let host = Scripted::new(move |seen| {
            let wanted = seen.target.rsplit('/').next().unwrap();
            if wanted.starts_with("list") {
                let names = serde_json::to_string(&dates.map(|(tag, _)| tag)).unwrap();
                let bazel = sha256(image("1980-01-01T00:00:01Z"));
                let uploaded = format!(
                    r#","manifest":{{"{bazel}":{{"tag":["bazel"],"timeCreatedMs":"315532801000","timeUploadedMs":"{}"}}}}"#,
                    EPOCH - 40 * 86_400_000
                );
                return Reply::json(&format!(r#"{{"tags":{names}{}}}"#, if told { uploaded.as_str() } else { "" }));
            }
            for (tag, date) in dates {
                if wanted == tag || wanted == sha256(image(date)) {
                    return Reply::manifest(OCI, &image(date));
                }
                if wanted == sha256(config(date)) {
                    return Reply::bytes(config(date));
                }
            }
            Reply::new(404)
        });
        let found = all(&host, start(&host, Order::Newest)).unwrap();
        assert_eq!(found.iter().map(|(tag, _)| tag.as_str()).collect::<Vec<_>>(), expected);
        for (tag, created) in found {
            let raw = dates.iter().find(|(one, _)| *one == tag).map(|(_, date)| (*date).to_owned());
            assert_eq!(created.ok(), raw, "the raw value");
        }
    }
}

/// A page of the list waits for no description that waits for the list: whoever holds the places among the requests goes on.
#[test]
fn a_list_of_many_pages_and_few_requests_at_a_time() {
    const PAGES: usize = 12;
    for concurrency in [1, 2, 6] {
        for order in [Order::Any, Order::Name, Order::Newest] {
            // Every third is no tag by the grammar: its description ends at once, while others hold the places.
            let name = |at: usize| if at.is_multiple_of(3) { format!("t+{at}") } else { format!("t{at}") };
            let tags: Vec<(String, usize)> = (1..=PAGES).map(|at| (name(at), 1 + at / 2)).collect();
            let tags: Vec<(&str, usize)> = tags.iter().map(|(tag, day)| (tag.as_str(), *day)).collect();
            let page = move |seen: &Seen| {
                let (_, query) = seen.target.split_once("/tags/list?")?;
                let from: usize = query.split_once("from=").map_or(0, |(_, from)| from.parse().unwrap());
                let reply = Reply::json(&format!(r#"{{"tags":["{}"]}}"#, name(from + 1))).after(10);
                let link = format!("</v2/a/b/tags/list?from={}>; rel=\"next\"", from + 1);
                Some(if from + 1 < PAGES { reply.header("link", &link) } else { reply })
            };
            let host = registry(&tags, "", page);
            let client = host.client_with(Settings { concurrency: Some(concurrency), ..Settings::default() });
            let descriptions =
                client.repository("a/b", None).unwrap().describe_tags(None, order, None, Call::default());
            let found = all(&host, descriptions.unwrap()).unwrap();
            assert_eq!(found.len(), PAGES, "{concurrency} {order:?}");
            assert!(found.iter().all(|(tag, data)| data.is_ok() != tag.contains('+')), "{found:?}");
        }
    }
}

/// A loop over descriptions may make other calls: what is in progress keeps no permit that they wait for.
#[test]
fn other_calls_between_descriptions() {
    let tags: Vec<String> = (0..60).map(|number| format!("t{number}")).collect();
    let tags: Vec<(&str, usize)> = tags.iter().enumerate().map(|(at, tag)| (tag.as_str(), at % 28 + 1)).collect();
    for concurrency in [1, 2, 6] {
        let host = registry(&tags, "", |_| None);
        let client = host.client_with(Settings { concurrency: Some(concurrency), ..Settings::default() });
        let repository = client.repository("a/b", None).unwrap();
        let mut descriptions = repository.describe_tags(None, Order::Any, None, Call::default()).unwrap();
        let described = host.run(async {
            let mut count = 0;
            while let Some(some) = descriptions.next_some().await.unwrap() {
                count += some.len();
                assert_eq!(repository.tags(None, Call::default()).collect().await.unwrap().len(), tags.len());
            }
            count
        });
        assert_eq!(described, tags.len());
        assert!(host.most_open() <= concurrency);
        // Those that are dropped stop.
        let mut dropped = repository.describe_tags(None, Order::Any, None, Call::default()).unwrap();
        host.run(dropped.next_some()).unwrap();
        drop(dropped);
        host.settle();
        assert_eq!(host.open(), 0);
    }
}
