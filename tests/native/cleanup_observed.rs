//! Clean-ups of registries that say one thing and do another: what goes, and what counts as gone, rests on what is seen.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::support::clean::{self, ALL, OCI, filled, index, plan};
use crate::support::model::{Deletes, Model, State};
use crate::support::{EPOCH, OCI_TYPE as INDEX, Reply, Scripted, Seen, descriptor, image_manifest, sha256};
use docker_registry_client_wasm::protocol::http::Method;
use docker_registry_client_wasm::protocol::text::glob::Glob;
use docker_registry_client_wasm::registry::cleanup::plan::{Action, Plan};
use docker_registry_client_wasm::registry::cleanup::{Cleanup, Keep, Matcher, Policy, Remove, Report};
use docker_registry_client_wasm::registry::{Call, Settings};
use docker_registry_client_wasm::transport::Result;

const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const CACHE: &str = "application/vnd.buildkit.cacheconfig.v0";
const DAY: u64 = 86_400_000;

/// A model whose answers are others where `special` says so.
fn with(model: &Model, special: impl Fn(&State, &Seen) -> Option<Reply> + 'static) -> Scripted {
    let state = model.0.clone();
    Scripted::new(move |seen| special(&state, seen).unwrap_or_else(|| state.handle(seen)).after(10))
}

fn failed(status: u16) -> Reply {
    Reply::json(r#"{"errors":[{"code":"UNKNOWN","message":"unknown error"}]}"#).status(status)
}

fn removing(glob: &str, keep: Keep) -> Policy {
    let glob = Glob::new(glob);
    let tags: Vec<Matcher> = vec![Box::new(move |tag| glob.fits(tag))];
    Policy { keep, remove: Remove { tags: Some(tags), ..Remove::default() }, untagged: true }
}

fn planned(host: &Scripted, policy: &Policy) -> Result<Cleanup<Scripted>> {
    host.run(host.once().repository("a/b", None).unwrap().plan_cleanup(policy, None, &Call::default()))
}

fn apply(host: &Scripted, cleanup: &Cleanup<Scripted>) -> Report {
    host.run(cleanup.apply(&|_| {}, &Call::default())).unwrap()
}

fn dated_config(date: &str, name: &str) -> String {
    format!(r#"{{"created":"{date}","architecture":"amd64","os":"linux","comment":"{name}"}}"#)
}

fn dated_image(date: &str, name: &str) -> String {
    let config = descriptor("application/vnd.oci.image.config.v1+json", &dated_config(date, name), "");
    format!(r#"{{"schemaVersion":2,"config":{config},"layers":[]}}"#)
}

fn reasons<'a>(plan: &'a Plan, tag: &str) -> &'a [String] {
    &plan.tags.iter().find(|one| one.tag == tag).unwrap().reasons
}

fn removed_tags(plan: &Plan) -> Vec<&str> {
    plan.tags.iter().filter(|tag| tag.action == Action::Remove).map(|tag| tag.tag.as_str()).collect()
}

/// Nexus 3 answers HEAD with 404 where GET answers 200; proxies answer it with types and lengths of their own.
#[test]
fn head_is_a_hint() {
    let lies: [fn(&Seen) -> Reply; 4] = [
        |_| Reply::new(404).header("content-type", "text/html"),
        |_| Reply::new(200).header("content-type", "application/json").header("content-length", "2"),
        |_| {
            let other = sha256("other");
            Reply::manifest(OCI, "other").header("docker-content-digest", &other)
        },
        |_| Reply::new(200),
    ];
    for deletes in ALL {
        for lie in lies {
            let content = filled(deletes, true);
            let host = with(&content.model, move |_, seen| (seen.method == Method::Head).then(|| lie(seen)));
            let cleanup = plan(&host, &host.client()).unwrap();
            assert_eq!(removed_tags(cleanup.plan()), ["old", "old-b", "old-too"], "{deletes:?}");
            assert!(!host.seen().iter().any(|seen| seen.method == Method::Head), "nothing is asked by HEAD");
            let report = apply(&host, &cleanup);
            content.check(&format!("{deletes:?}: {report:?}"));
            let gone = content.goes.iter().all(|digest| report.removed.contains(digest));
            assert!(gone && content.goes.iter().all(|digest| !content.model.has(digest)), "{report:?}");
        }
    }
}

/// go-containerregistry's registry: tags are manifests of their own, which a deletion by digest leaves alone.
#[derive(Clone, Default)]
struct Flat(Rc<RefCell<BTreeMap<String, (String, String)>>>);

impl Flat {
    fn put(&self, tags: &[&str], media_type: &str, body: &str) {
        for reference in tags.iter().map(ToString::to_string).chain([sha256(body)]) {
            self.0.borrow_mut().insert(reference, (media_type.to_owned(), body.to_owned()));
        }
    }

    fn tags(&self) -> Vec<String> {
        self.0.borrow().keys().filter(|key| !key.contains(':')).cloned().collect()
    }

    fn answer(&self, seen: &Seen, deletes_tags: bool) -> Reply {
        let path = seen.target.strip_prefix("/v2/a/b/").unwrap().split('?').next().unwrap();
        if path == "tags/list" {
            return Reply::json(&format!(r#"{{"tags":{}}}"#, serde_json::to_string(&self.tags()).unwrap()));
        }
        if let ("blobs/uploads/", Method::Post) = (path, seen.method) {
            return Reply::new(202).header("location", "/v2/a/b/blobs/uploads/1");
        }
        let Some(reference) = path.strip_prefix("manifests/") else {
            return Reply::new(if seen.method == Method::Put { 201 } else { 404 });
        };
        match seen.method {
            Method::Delete if !deletes_tags && !reference.contains(':') => failed(405),
            Method::Delete => Reply::new(if self.0.borrow_mut().remove(reference).is_some() { 202 } else { 404 }),
            Method::Put => {
                self.put(&[reference], seen.headers.get("content-type").unwrap(), &seen.body);
                Reply::new(201).header("docker-content-digest", &sha256(&seen.body))
            }
            _ => match self.0.borrow().get(reference) {
                Some((media_type, body)) => {
                    Reply::manifest(media_type, body).header("docker-content-digest", &sha256(body))
                }
                None => failed(404),
            },
        }
    }
}

#[test]
fn tags_that_stay_behind_are_removed_by_name() {
    let flat = Flat::default();
    for number in 0..5 {
        let body = image_manifest(&format!("image {number}"), "");
        flat.put(&[&format!("old{number}"), &format!("old{number}-too")], OCI, &body);
    }
    flat.put(&["keep"], OCI, &image_manifest("kept", ""));
    let registry = flat.clone();
    let host = Scripted::new(move |seen| registry.answer(seen, true));
    let cleanup = planned(&host, &removing("old*", Keep::default())).unwrap();
    let report = apply(&host, &cleanup);
    assert_eq!(flat.tags(), ["keep"], "{report:?}");
    assert_eq!((report.removed.len(), report.failed.len(), report.remaining.len()), (15, 0, 0), "{report:?}");
}

/// The same where tags cannot be deleted at all: nothing is called removed that is still there.
#[test]
fn tags_that_cannot_be_removed_are_reported() {
    let flat = Flat::default();
    flat.put(&["old", "old-too"], OCI, &image_manifest("image", ""));
    flat.put(&["keep"], OCI, &image_manifest("kept", ""));
    let registry = flat.clone();
    let host = Scripted::new(move |seen| registry.answer(seen, false));
    let cleanup = planned(&host, &removing("old*", Keep::default())).unwrap();
    let report = apply(&host, &cleanup);
    assert_eq!(flat.tags(), ["keep", "old", "old-too"], "{report:?}");
    assert_eq!(report.removed, [sha256(image_manifest("image", ""))], "{report:?}");
    let mut failed: Vec<&str> = report.failed.iter().map(|(what, _)| what.as_str()).collect();
    failed.sort_unstable();
    assert_eq!(failed, ["old", "old-too"], "{report:?}");
}

/// distribution 2.8 while others push: DELETE answers 500 after it has removed the manifest and before the tags, and 404 to
/// the next try.
#[test]
fn tags_that_lead_nowhere_are_repaired() {
    for every in [1, 2, 3] {
        let model = Model::new(Deletes::Digests, false);
        for number in 0..12 {
            model.put(&[&format!("old{number}")], OCI, &image_manifest(&format!("image {number}"), ""));
        }
        model.put(&["keep"], OCI, &image_manifest("kept", ""));
        let count = RefCell::new(0);
        let host = with(&model, move |state, seen| {
            let digest = seen.target.rsplit('/').next().filter(|_| seen.method == Method::Delete)?;
            if !state.manifests.borrow().get(digest).is_some_and(|(_, body)| body.contains("\"name\":\"image ")) {
                return None;
            }
            *count.borrow_mut() += 1;
            if *count.borrow() % every != 0 {
                return None;
            }
            state.manifests.borrow_mut().remove(digest);
            Some(failed(500))
        });
        let cleanup = planned(&host, &removing("old*", Keep::default())).unwrap();
        let report = apply(&host, &cleanup);
        assert_eq!(model.0.tags.borrow().keys().collect::<Vec<_>>(), ["keep"], "{every}: {report:?}");
        assert_eq!((report.removed.len(), report.failed.len()), (24, 0), "{report:?}");
        assert_eq!(model.body_of("keep"), Some(image_manifest("kept", "")));
    }
}

/// What somebody has left behind already: the policy names it, so it goes; where an age decides it stays.
#[test]
fn a_tag_that_leads_nowhere_goes_by_name() {
    let model = Model::new(Deletes::Digests, false);
    model.put(&["keep"], OCI, &image_manifest("kept", ""));
    model.0.tags.borrow_mut().insert("old".into(), sha256("nothing"));
    let host = model.host();
    let by_age = planned(&host, &removing("old*", Keep { newest: Some(1), ..Keep::default() })).unwrap();
    assert!(removed_tags(by_age.plan()).is_empty(), "{:?}", by_age.plan());
    let cleanup = planned(&host, &removing("old*", Keep::default())).unwrap();
    assert_eq!(removed_tags(cleanup.plan()), ["old"]);
    assert!(reasons(cleanup.plan(), "old").contains(&"it is listed, but has no manifest".to_owned()));
    // Somebody pushes to it meanwhile: it is theirs.
    model.put(&["old"], OCI, &image_manifest("theirs", ""));
    let report = apply(&host, &cleanup);
    assert_eq!((report.removed.len(), report.skipped.len()), (0, 1), "{report:?}");
    assert_eq!(model.body_of("old"), Some(image_manifest("theirs", "")));
    model.0.manifests.borrow_mut().remove(&sha256(image_manifest("theirs", "")));
    let report = apply(&host, &cleanup);
    assert_eq!(report.removed, ["old"], "{report:?}");
    assert_eq!(model.0.tags.borrow().keys().collect::<Vec<_>>(), ["keep"]);
}

/// One item that cannot be read fails no plan: it stays, named, with the reason.
#[test]
fn an_item_that_cannot_be_read_stays() {
    let model = Model::new(Deletes::Both, true);
    let (broken, child) = (image_manifest("broken", ""), image_manifest("child", ""));
    model.put(&["broken"], OCI, &broken);
    model.put(&["old"], OCI, &image_manifest("old", ""));
    model.put(&[], OCI, &child);
    model.put(&["old-index"], INDEX, &index(&[&child]));
    let (child_digest, listed) = (sha256(&child), model.clone());
    for (part, what, why) in [
        ("/manifests/broken".to_owned(), "broken".to_owned(), "it cannot be read: "),
        (format!("/manifests/{child_digest}"), child_digest.clone(), "it cannot be read: "),
        (format!("/referrers/{}", sha256(image_manifest("old", ""))), "old".into(), "its referrers cannot be listed: "),
    ] {
        for status in [403, 500] {
            let part = part.clone();
            let host = with(&listed, move |_, seen| seen.target.ends_with(&part).then(|| failed(status)));
            let cleanup = planned(&host, &removing("*", Keep::default())).unwrap();
            let plan = cleanup.plan();
            let of_tag = plan.tags.iter().find(|tag| tag.tag == what).map(|tag| (tag.action, tag.reasons.clone()));
            let of_digest = plan.digests.iter().find(|one| one.digest.as_str() == what);
            let of_digest = of_digest.map(|one| (one.action, one.reasons.iter().map(ToString::to_string).collect()));
            let (action, reasons) = of_tag.or(of_digest).unwrap();
            assert_eq!(action, Action::Keep, "{what}");
            assert!(reasons[0].starts_with(why) && reasons[0].contains(&status.to_string()), "{reasons:?}");
            assert!(removed_tags(plan).len() >= 2, "{:?}", plan.tags);
            let kept = plan.digests.iter().filter(|one| one.action == Action::Keep);
            if why.starts_with("it ") {
                // Whatever it needs is not known.
                assert_eq!(kept.count(), plan.digests.len());
                let names = |one: &str| one.contains("cannot be read") && one.contains(&what);
                assert!(plan.digests.iter().any(|one| one.reasons.iter().any(|one| names(one))), "{:?}", plan.digests);
            }
            let report = apply(&host, &cleanup);
            assert!(report.failed.is_empty() || status == 403, "{report:?}");
            assert!(listed.has(&child_digest) || why.starts_with("its referrers"), "{report:?}");
            // For the next round.
            listed.put(&["broken"], OCI, &broken);
            listed.put(&["old"], OCI, &image_manifest("old", ""));
            listed.put(&[], OCI, &child);
            listed.put(&["old-index"], INDEX, &index(&[&child]));
        }
    }
}

/// An image whose config cannot be read has no age, and the plan says why.
#[test]
fn an_age_that_cannot_be_read_is_explained() {
    let model = Model::new(Deletes::Both, false);
    let config = descriptor("application/vnd.oci.image.config.v1+json", "{}", "");
    model.put(&["a"], OCI, &format!(r#"{{"schemaVersion":2,"config":{config},"layers":[]}}"#));
    let host = with(&model, |_, seen| seen.target.contains("/blobs/").then(|| failed(503)));
    let cleanup = planned(&host, &removing("*", Keep { newest: Some(1), ..Keep::default() })).unwrap();
    let reasons = reasons(cleanup.plan(), "a");
    assert!(reasons[0].starts_with("its age is unknown (GET ") && reasons[0].contains("503"), "{reasons:?}");
}

/// Who may read nothing at all is told so.
/// Its tags may be read one after another, or at the same time.
#[test]
fn an_age_is_of_all_tags_of_a_digest() {
    const DATE: &str = "2025-06-01T00:00:00Z";
    for concurrency in [1, 2, 6] {
        let model = Model::new(Deletes::Both, false);
        model.put(&["a", "b", "c"], OCI, &dated_image(DATE, "one"));
        let host =
            with(&model, |_, seen| seen.target.contains("/blobs/").then(|| Reply::bytes(dated_config(DATE, "one"))));
        let repository = host
            .client_with(Settings { concurrency: Some(concurrency), ..Settings::default() })
            .repository("a/b", None)
            .unwrap();
        let policy = removing("*", Keep { newest: Some(1), ..Keep::default() });
        let cleanup = host.run(repository.plan_cleanup(&policy, None, &Call::default())).unwrap();
        let ages: Vec<_> = cleanup.plan().tags.iter().map(|tag| tag.created).collect();
        assert!(ages.len() == 3 && ages.iter().all(|age| age.is_some() && age == &ages[0]), "{concurrency}: {ages:?}");
    }
}

/// No config is read for rules on names, and none when a plan is applied, whatever its rules. Sizes are known all the same.
#[test]
fn configs_are_read_for_rules_on_ages_only() {
    const DATE: &str = "2025-06-01T00:00:00Z";
    let newest = || Keep { newest: Some(1), ..Keep::default() };
    for (keep, platform) in [(Keep::default(), ""), (Keep::default(), "index"), (newest(), ""), (newest(), "index")] {
        let model = Model::new(Deletes::Both, false);
        let image = dated_image(DATE, "one").replace("[]", &format!("[{}]", entry(LAYER, 'a', 1000)));
        model.put(&["a"], OCI, &image);
        if platform == "index" {
            let list = index(&[&image]).replace("}]", r#","platform":{"os":"linux","architecture":"amd64"}}]"#);
            model.put(&["a"], INDEX, &list);
        }
        model.put(&["b"], OCI, &dated_image("2025-06-02T00:00:00Z", "two"));
        let host = with(&model, |_, seen| {
            let is_one = seen.target.ends_with(&sha256(dated_config(DATE, "one")));
            let config = if is_one { dated_config(DATE, "one") } else { dated_config("2025-06-02T00:00:00Z", "two") };
            seen.target.contains("/blobs/").then(|| Reply::bytes(config))
        });
        let configs = || host.targets().iter().filter(|target| target.contains("/blobs/")).count();
        let needs_ages = keep.newest.is_some();
        let cleanup = planned(&host, &removing("*", keep)).unwrap();
        assert_eq!(configs(), if needs_ages { 2 } else { 0 }, "{platform}");
        let tag = cleanup.plan().tags.iter().find(|tag| tag.tag == "a").unwrap();
        assert_eq!((tag.size, tag.created.is_some()), (Some(1000), needs_ages), "{platform}");
        assert!(apply(&host, &cleanup).failed.is_empty());
        assert_eq!(configs(), if needs_ages { 2 } else { 0 }, "{platform}: apply");
        assert_eq!(model.0.tags.borrow().len(), usize::from(needs_ages), "{platform}");
    }
}

#[test]
fn where_nothing_can_be_read_that_is_the_answer() {
    let content = filled(Deletes::Both, true);
    let host = with(&content.model, |_, seen| seen.target.contains("/manifests/").then(|| failed(403)));
    let error = plan(&host, &host.once()).err().unwrap();
    assert_eq!(error.status, Some(403));
}

fn entry(media_type: &str, character: char, size: u64) -> String {
    let digest = format!("sha256:{}", character.to_string().repeat(64));
    format!(r#"{{"mediaType":"{media_type}","digest":"{digest}","size":{size}}}"#)
}

/// BuildKit's `--cache-to type=registry`: an index of layers. distribution 2.8 answers 500 where they are asked for as
/// manifests.
#[test]
fn entries_that_are_blobs() {
    let model = Model::new(Deletes::Both, false);
    let manifest = image_manifest("kept", "");
    model.put(&["keep"], OCI, &manifest);
    let entries = [entry(LAYER, 'a', 1000), entry(LAYER, 'b', 200), entry(CACHE, 'c', 30), entry("a/b", 'd', 4)];
    let cache = format!(r#"{{"schemaVersion":2,"mediaType":"{INDEX}","manifests":[{}]}}"#, entries.join(","));
    model.put(&["cache"], INDEX, &cache);
    let host = with(&model, |_, seen| {
        let last = seen.target.rsplit('/').next()?;
        let is_one =
            last.len() == 71 && "abcd".contains(&last[7..8]) && last[8..].chars().all(|c| last[7..].starts_with(c));
        match (is_one, seen.target.contains("/blobs/")) {
            (true, true) => Some(Reply::bytes("blob")),
            (true, false) => Some(failed(500)),
            _ => None,
        }
    });
    let cleanup = planned(&host, &removing("cache", Keep::default())).unwrap();
    assert_eq!(removed_tags(cleanup.plan()), ["cache"]);
    assert_eq!(cleanup.plan().freed, 1234 + cache.len() as u64);
    assert_eq!(cleanup.plan().tags.iter().find(|tag| tag.tag == "cache").unwrap().size, Some(1230));
    let asked = |character: char| {
        host.targets()
            .iter()
            .any(|seen| seen.contains("/manifests/") && seen.contains(&character.to_string().repeat(64)))
    };
    assert_eq!(['a', 'b', 'c', 'd'].map(asked), [false, false, false, true], "only what may be a manifest");
    let report = apply(&host, &cleanup);
    assert_eq!((report.removed.len(), report.failed.len()), (2, 0), "{report:?}");
    assert_eq!(model.0.tags.borrow().keys().collect::<Vec<_>>(), ["keep"]);
}

/// A kept document of an unknown kind, or a broken one, keeps whatever it mentions.
#[test]
fn what_cannot_be_understood_keeps_what_it_mentions() {
    for (media_type, document) in [
        ("application/vnd.example.thing+json", r#"{"parts":[DESCRIPTOR]}"#),
        (OCI, r#"{"schemaVersion":2,"config":DESCRIPTOR,"manifests":[DESCRIPTOR]}"#),
        (INDEX, r#"{"schemaVersion":2,"manifests":{"x":DESCRIPTOR}}"#),
        (
            INDEX,
            r#"{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"DIGEST","size":1}]}"#,
        ),
    ] {
        let model = Model::new(Deletes::Both, false);
        let image = image_manifest("needed", "");
        let document = document.replace("DESCRIPTOR", &descriptor(OCI, &image, "")).replace("DIGEST", &sha256(&image));
        model.put(&["keep"], media_type, &document);
        model.put(&["old"], OCI, &image);
        let host = model.host();
        let cleanup = planned(&host, &removing("old", Keep::default())).unwrap();
        assert_eq!(removed_tags(cleanup.plan()), ["old"], "{document}");
        assert!(
            cleanup.plan().digests.iter().all(|one| one.action == Action::Keep),
            "{document}: {:?}",
            cleanup.plan()
        );
        let report = apply(&host, &cleanup);
        assert!(model.has(&sha256(&image)), "{report:?}");
    }
}

/// Images of reproducible builds, pushed a minute ago with the date of a placeholder, or all with one date.
#[test]
fn dates_that_say_nothing_remove_nothing() {
    for date in ["1970-01-01T00:00:00Z", "1980-01-01T00:00:01Z", "0001-01-01T00:00:00Z", "2106-02-07T06:28:15Z"] {
        for with_upload_times in [false, true] {
            let model = Model::new(Deletes::Both, false);
            let dates = [("a", date), ("b", date), ("c", "2025-06-01T00:00:00Z"), ("d", "2025-05-01T00:00:00Z")];
            for (tag, date) in dates {
                model.put(&[tag], OCI, &dated_image(date, tag));
            }
            let host = with(&model, move |_, seen| {
                if seen.target.contains("/tags/list") && with_upload_times {
                    let told = dates.iter().enumerate().map(|(at, (tag, date))| {
                        let uploaded = EPOCH - (at as u64 + 1) * DAY;
                        let digest = sha256(dated_image(date, tag));
                        format!(r#""{digest}":{{"tag":["{tag}"],"timeCreatedMs":"0","timeUploadedMs":"{uploaded}"}}"#)
                    });
                    let told = told.collect::<Vec<_>>().join(",");
                    return Some(Reply::json(&format!(r#"{{"tags":["a","b","c","d"],"manifest":{{{told}}}}}"#)));
                }
                let wanted = seen.target.strip_prefix("/v2/a/b/blobs/")?;
                let found = dates.iter().map(|(tag, date)| dated_config(date, tag)).find(|one| sha256(one) == wanted);
                found.map(Reply::bytes)
            });
            let newest = planned(&host, &removing("*", Keep { newest: Some(1), ..Keep::default() })).unwrap();
            let mut older = removing("*", Keep::default());
            older.remove.older_than = Some(docker_registry_client_wasm::registry::cleanup::Moment::Ago(5 * DAY / 2));
            let older = planned(&host, &older).unwrap();
            let expected: (&[&str], &[&str]) =
                if with_upload_times { (&["b", "c", "d"], &["c", "d"]) } else { (&["d"], &["c", "d"]) };
            assert_eq!((&*removed_tags(newest.plan()), &*removed_tags(older.plan())), expected, "{date}");
        }
    }
}

/// As many requests as there are children, and never more of them in memory than are on their way.
#[test]
fn an_index_of_many_children() {
    const CHILDREN: usize = 3_000;
    let child = |number: &str| image_manifest(&format!("child {number}"), "");
    let entries = (0..CHILDREN).map(|number| clean::entry(&child(&number.to_string())));
    let entries = entries.collect::<Vec<_>>().join(",");
    let root = format!(r#"{{"schemaVersion":2,"mediaType":"{INDEX}","manifests":[{entries}]}}"#);
    let by_digest: BTreeMap<String, usize> =
        (0..CHILDREN).map(|number| (sha256(child(&number.to_string())), number)).collect();
    let body = root.clone();
    let host = Scripted::new(move |seen| {
        let last = seen.target.rsplit('/').next().unwrap();
        match by_digest.get(last).filter(|_| seen.target.contains("/manifests/")) {
            Some(number) => Reply::manifest(OCI, &child(&number.to_string())),
            None if seen.target.ends_with("/manifests/old") => Reply::manifest(INDEX, &body),
            None if last.starts_with("list") => Reply::json(r#"{"tags":["old"]}"#),
            None => failed(404),
        }
    });
    let cleanup = planned(&host, &removing("*", Keep::default())).unwrap();
    assert_eq!(cleanup.plan().digests.len(), CHILDREN + 1);
    assert!(cleanup.plan().digests.iter().all(|one| one.action == Action::Remove));
    let seen = host.seen().iter().filter(|seen| seen.target.contains("/manifests/sha256:")).count();
    assert!((CHILDREN..=CHILDREN + 256).contains(&seen), "{seen}: each child once, and some for their platform");
    assert!(host.most_open() <= 6, "{}", host.most_open());
    let asked = host.targets().iter().filter(|seen| seen.contains("/referrers/") || seen.contains("/sha256-")).count();
    assert!(asked <= 2 * 6, "{asked}: a registry without referrers is not asked for those of each child");
}

/// Where a tag cannot be asked for, it may need any manifest: none goes, and neither does the list of its referrers.
#[test]
fn a_list_of_referrers_stays_with_its_subject() {
    let content = filled(Deletes::Both, false);
    content.model.put(&["1.0+build"], OCI, &image_manifest("x", ""));
    let host = content.model.host();
    let cleanup = plan(&host, &host.client()).unwrap();
    let digests = cleanup.plan().digests.iter().filter(|digest| digest.action == Action::Remove);
    assert_eq!(digests.count(), 0);
    assert_eq!(removed_tags(cleanup.plan()), ["old", "old-b", "old-too"]);
}

/// A list that the registry denies while the plan is carried out ends it: another writer's tag may be in it.
#[test]
fn a_plan_is_not_carried_out_without_the_list() {
    let content = filled(Deletes::Both, true);
    let is_denied = Rc::new(std::cell::Cell::new(false));
    let denied = is_denied.clone();
    let host = with(&content.model, move |_, seen| {
        let unknown = || Reply::json(r#"{"errors":[{"code":"NAME_UNKNOWN","message":"no"}]}"#).status(404);
        match seen.target.as_str() {
            target if target.contains("/_catalog") => Some(Reply::json(r#"{"repositories":["a/b"]}"#)),
            target if target.contains("/tags/list") && denied.get() => Some(unknown()),
            _ => None,
        }
    });
    let cleanup = plan(&host, &host.client()).unwrap();
    is_denied.set(true);
    let refused = host.run(cleanup.apply(&|_| {}, &Call::default())).err().unwrap();
    assert_eq!((refused.code.as_ref(), refused.status), ("NAME_UNKNOWN", Some(404)));
    assert!(host.seen().iter().all(|seen| seen.method != Method::Delete));
}

/// A referrer that came after the plan, which no tag leads to, keeps what it refers to. One that is listed and gone does not.
#[test]
fn a_new_referrer_keeps_its_subject() {
    for is_there in [true, false] {
        let content = filled(Deletes::Both, true);
        let b = image_manifest("a", "");
        let digest = sha256(&b);
        let referrer = image_manifest("new", &format!(r#","subject":{}"#, clean::entry(&b)));
        let (subject, listed) = (digest.clone(), referrer.clone());
        let is_applied = Rc::new(std::cell::Cell::new(false));
        let is_listed = is_applied.clone();
        let host = with(&content.model, move |_, seen| {
            let is_asked = is_listed.get() && seen.target.ends_with(&format!("/referrers/{subject}"));
            is_asked.then(|| Reply::manifest(INDEX, &index(&[&listed])))
        });
        let cleanup = plan(&host, &host.client()).unwrap();
        is_applied.set(true);
        if is_there {
            content.model.put(&[], OCI, &referrer);
        }
        let report = apply(&host, &cleanup);
        content.check(&format!("{report:?}"));
        assert_eq!(content.model.has(&digest), is_there, "{report:?}");
        assert_eq!(report.skipped.iter().any(|skipped| skipped.what == digest), is_there, "{report:?}");
    }
}

/// A list that has lost the kept tags, as a copy of a proxy or a registry in trouble: they are read all the same, and one of
/// them has moved to what is to go.
#[test]
fn kept_tags_are_read_that_are_not_listed() {
    for deletes in ALL {
        let content = filled(deletes, true);
        let is_applied = Rc::new(std::cell::Cell::new(false));
        let is_lost = is_applied.clone();
        let host = with(&content.model, move |_, seen| {
            (is_lost.get() && seen.target.contains("/tags/list")).then(|| Reply::json(r#"{"name":"a/b","tags":null}"#))
        });
        let cleanup = plan(&host, &host.client()).unwrap();
        is_applied.set(true);
        let old = content.model.tag("old").unwrap();
        content.model.0.tags.borrow_mut().insert("keep".into(), old.clone());
        let report = apply(&host, &cleanup);
        assert_eq!(content.model.tag("keep"), Some(old.clone()), "{deletes:?}: {report:?}");
        assert!(content.model.has(&old), "{deletes:?}: {report:?}");
    }
}
