//! Copies between two model registries, or within one, while anything goes wrong: the chance of one seed.

mod content;
mod faults;
mod registry;
mod world;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use futures_util::future::{Either, select};

use self::content::Content;
use self::faults::Troubles;
use self::registry::{Detail, Registry};
use self::world::World;
use crate::support::random::Random;
use crate::support::uploads::Post;
use crate::support::{Scripted, image_manifest};
use docker_registry_client_wasm::protocol::http::Method;
use docker_registry_client_wasm::protocol::oci::digest::Digest;
use docker_registry_client_wasm::protocol::oci::platform::Platform;
use docker_registry_client_wasm::protocol::url::Url;
use docker_registry_client_wasm::registry::copy::{Copied, Stage, Step};
use docker_registry_client_wasm::registry::{Call, Client, Settings, Version, copy};
use docker_registry_client_wasm::transport::{Clock as _, Result};

pub const SOURCE: &str = "https://source.test";
pub const TARGET: &str = "https://registry.test";
/// Of the retry policy.
const TRIES: u64 = 5;
const OCI: &str = "application/vnd.oci.image.manifest.v1+json";

#[derive(Clone, Debug)]
pub struct Setup {
    /// Source and target are repositories of one registry, and that mounts.
    pub is_within: bool,
    pub concurrency: usize,
    pub cache_bytes: u64,
    pub platforms: Vec<String>,
    pub referrers: bool,
    pub claims: bool,
}

/// Runs a seed; what did not hold.
pub fn simulate(seed: u64, is_shown: bool) -> Vec<String> {
    let mut random = Random::new(seed);
    let content = Content::by_chance(&mut random);
    let setup = setup(&content, &mut random);
    let mut source = Registry::new(random.percent(50), &content);
    source.fill("it");
    let mut target = Registry::new(random.percent(50), &content);
    target.checks = setup.claims || random.percent(50);
    target.detail = *random.pick(&[Detail::Text, Detail::Object, Detail::FirstOnly, Detail::Nothing]);
    target.uploads.ways.post =
        *random.clone().pick(&[Post::Begins, Post::Creates, Post::CreatesSilently, Post::Keeps, Post::Closes]);
    target.fill_partly(&mut random, setup.claims);
    target.manifests.0.tells_digest.set(random.percent(80));
    if setup.is_within {
        let known: Vec<_> = content.blobs.values().filter(|_| random.percent(80)).cloned().collect();
        target.uploads.elsewhere = known.into_iter().map(|blob| ("c/d".to_owned(), blob)).collect();
    }
    match random.below(3) {
        0 => {}
        1 => drop(target.manifests.put(&["now"], OCI, &older(&mut target.uploads.blobs))),
        _ => drop(target.manifests.put(&["other"], OCI, &older(&mut target.uploads.blobs))),
    }
    let is_mild = seed.is_multiple_of(2);
    let percent = *random.pick(&[0, 5, 15, 40]);
    let left = if is_mild { random.below(TRIES) } else { *random.pick(&[3, 1_000]) };
    let troubles = Troubles { percent, left, is_mild, was_refused: false, count: 0, lost: 0 };
    let (asked, requests, violations) = (BTreeMap::new(), 0, Vec::new());
    let world = World { source, target, troubles, random: random.clone(), is_shown, asked, requests, violations };
    if is_shown {
        println!("seed {seed}: {setup:?}, troubles in {percent} %, mild: {is_mild}");
    }
    let world = Rc::new(RefCell::new(world));
    let answering = world.clone();
    let host = Scripted::new(move |seen| answering.borrow_mut().answer(seen));
    let play = Play { host, world: world.clone(), content, setup };
    play.all(&mut random);
    let mut world = world.borrow_mut();
    std::mem::take(&mut world.violations)
}

/// What a tag pointed to before.
fn older(blobs: &mut BTreeMap<String, String>) -> String {
    blobs.insert(format!("sha256:{}", "0".repeat(64)), String::new());
    image_manifest("older", "")
}

fn setup(content: &Content, random: &mut Random) -> Setup {
    let platforms = match content.platforms.len() {
        0 => 0,
        count => random.below(count as u64 + 1) as usize,
    };
    Setup {
        is_within: random.percent(35),
        concurrency: *random.pick(&[1, 2, 6]),
        cache_bytes: *random.pick(&[0, 16 * 1024 * 1024]),
        platforms: content.platforms.iter().take(platforms).cloned().collect(),
        referrers: random.percent(40),
        claims: random.percent(35),
    }
}

struct Play {
    host: Scripted,
    world: Rc<RefCell<World>>,
    content: Content,
    setup: Setup,
}

impl Play {
    fn client(&self, url: &str) -> Client<Scripted> {
        let Setup { concurrency, cache_bytes, .. } = self.setup;
        let api_version = Some(Version::V2);
        let settings = Settings { concurrency: Some(concurrency), cache_bytes, api_version, ..Settings::default() };
        Client::new(self.host.clone(), Url::parse(url).expect("a URL"), settings)
    }

    /// A copy with trouble, one without, and one that has nothing to do.
    fn all(&self, random: &mut Random) {
        let before = self.world.borrow().target.manifests.tag("now");
        let there: Vec<String> = self.world.borrow().target.uploads.blobs.keys().cloned().collect();
        let target = self.client(TARGET);
        let source = if self.setup.is_within { target.clone() } else { self.client(SOURCE) };
        let patience = random.percent(15).then(|| random.below(3_000));
        let first = self.copy(&source, &target, patience);
        self.check_first(before, &there, &first);
        self.world.borrow_mut().troubles.left = 0;
        let (source, target) = match random.below(2) {
            0 => (source, target),
            _ if self.setup.is_within => (self.client(TARGET), self.client(TARGET)),
            _ => (self.client(SOURCE), self.client(TARGET)),
        };
        for round in ["the second copy", "the third copy"] {
            self.world.borrow_mut().asked.clear();
            let done = self.copy(&source, &target, None);
            let mut world = self.world.borrow_mut();
            match done {
                Some(Ok((root, _))) => {
                    let undone = world.undone(&self.content, &self.setup, root.as_str());
                    world.violations.extend(undone.into_iter().map(|what| format!("{round} left undone: {what}")));
                }
                other => world.violations.push(format!("{round}: {other:?}")),
            }
            let changes = world.asked.keys().filter(|what| !what.starts_with("HEAD") && !what.starts_with("GET"));
            let changes: Vec<String> = changes.cloned().collect();
            // Of blobs it only asks whether they are still there.
            if round == "the third copy" && !changes.is_empty() {
                world.violations.push(format!("{round} had nothing to do: {changes:?}"));
            }
        }
    }

    /// `None` if it took longer than somebody's patience.
    fn copy(
        &self,
        source: &Client<Scripted>,
        target: &Client<Scripted>,
        patience: Option<u64>,
    ) -> Option<Result<(Digest, Copied)>> {
        let Setup { platforms, referrers, .. } = &self.setup;
        let steps: Rc<RefCell<BTreeMap<String, Stage>>> = Rc::default();
        let (told, wrong) = (steps.clone(), self.world.clone());
        let watcher = Rc::new(move |step: &Step| {
            told.borrow_mut().insert(step.digest.to_string(), step.stage);
            if step.loaded > step.total {
                wrong.borrow_mut().violations.push(format!("told {step:?}"));
            }
        });
        let platforms = platforms.iter().map(|text| Platform::parse(text).expect("a platform")).collect();
        let watcher: Option<copy::Watcher> = Some(watcher);
        let options = copy::Options { platforms, referrers: *referrers, watcher, ..copy::Options::default() };
        let place = source.place("c/d:it").expect("a place");
        let call = Call::default();
        let copying = target.copy(&place, "a/b:now", &options, &call);
        let ended = self.host.run(async {
            let Some(patience) = patience else { return Some(copying.await) };
            let (copying, left) = (std::pin::pin!(copying), std::pin::pin!(self.host.sleep(patience)));
            match select(copying, left).await {
                Either::Left((ended, _)) => Some(ended),
                Either::Right(_) => None,
            }
        });
        self.host.settle();
        let mut world = self.world.borrow_mut();
        for (what, count) in [("requests are open", self.host.open()), ("timers run", self.host.timers())] {
            if count > 0 {
                world.violations.push(format!("{count} {what} after all has ended"));
            }
        }
        let steps = steps.borrow();
        if let Some(Ok(_)) = &ended {
            let unended = steps.iter().filter(|(_, stage)| **stage == Stage::Copying).map(|(digest, _)| digest);
            let unended: Vec<String> = unended.cloned().collect();
            if !unended.is_empty() {
                world.violations.push(format!("never told that they are done: {unended:?}"));
            }
        }
        ended.map(|ended| ended.map(|(descriptor, copied)| (descriptor.digest, copied)))
    }

    fn check_first(&self, before: Option<String>, there: &[String], ended: &Option<Result<(Digest, Copied)>>) {
        let mut world = self.world.borrow_mut();
        if world.is_shown {
            println!("         {ended:?}");
        }
        let mut wrong = world.broken().into_iter().map(|digest| format!("{digest} is broken")).collect::<Vec<_>>();
        let now = world.target.manifests.tag("now");
        match ended {
            Some(Ok((root, _))) => {
                let undone = world.undone(&self.content, &self.setup, root.as_str());
                wrong.extend(undone.into_iter().map(|what| format!("undone: {what}")));
            }
            Some(Err(error)) => {
                if world.troubles.is_mild || world.troubles.count == 0 {
                    wrong.push(format!("it could have succeeded: {error:?}"));
                }
                if error.code.is_empty() || error.code == "INTERNAL" {
                    wrong.push(format!("{error:?}"));
                }
            }
            None => {}
        }
        // Whole it is as well: nothing there is broken.
        if now != before && now.is_some() && !matches!(ended, Some(Ok(_))) && self.setup.platforms.len() < 2 {
            let known = self.content.manifests.contains_key(now.as_deref().unwrap_or_default());
            if !known {
                wrong.push(format!("the tag points to {now:?}"));
            }
        }
        if now.is_none() && before.is_some() {
            wrong.push("the tag is gone".into());
        }
        if world.troubles.count == 0 && ended.is_some() {
            wrong.extend(self.needless(&world, there, ended));
        }
        // Of one whose begin nobody heard of, or waited for, only the registry knows.
        if self.setup.concurrency == 1
            && world.troubles.lost == 0
            && ended.is_some()
            && !world.target.uploads.uploads.is_empty()
        {
            wrong.push("an upload is left open".to_owned());
        }
        if world.troubles.lost <= 1 {
            wrong.extend(world.target.uploads.offences.iter().cloned());
        }
        let parts = (self.content.blobs.len() + self.content.manifests.len()) as u64;
        let most = 40 + 14 * parts + 25 * world.troubles.count;
        if world.requests > most {
            wrong.push(format!("{} requests, {most} have a reason", world.requests));
        }
        world.violations.extend(wrong);
    }

    /// What a copy that met no trouble has asked for more than once, or counted wrong.
    fn needless(&self, world: &World, there: &[String], ended: &Option<Result<(Digest, Copied)>>) -> Vec<String> {
        let mut wrong: Vec<String> = Vec::new();
        let again = u64::from(self.setup.claims);
        for (what, count) in &world.asked {
            // A tag that was put is looked at again where the answer does not tell its digest.
            let is_list =
                what.contains("/manifests/sha256-") || what.contains("/referrers/") || what.ends_with("/manifests/now");
            let uploads = what.ends_with("/blobs/uploads/");
            // What the registry says it mounted or created is looked at.
            let is_look = what.starts_with("HEAD") && what.contains("/blobs/");
            let is_silent = world.target.uploads.ways.post == Post::CreatesSilently;
            let looks = u64::from(is_look) + u64::from(is_look && is_silent);
            let most = if what.starts_with("PUT") { 1 + again * 20 } else { 1 + looks };
            if *count > most && !is_list && !uploads && !what.starts_with("PATCH") && !what.contains("/uploads/") {
                wrong.push(format!("{count} times {what}"));
            }
        }
        let Some(Ok((_, copied))) = ended else { return wrong };
        let count = |start: &str, part: &str| {
            world
                .asked
                .iter()
                .filter(|(what, _)| what.starts_with(start) && what.contains(part))
                .map(|(_, n)| n)
                .sum::<u64>()
        };
        let in_one = matches!(world.target.uploads.ways.post, Post::Creates | Post::CreatesSilently);
        let ends = |what: &&String| what.starts_with("PUT ") || (in_one && what.contains("/uploads/?digest="));
        let ended = world.asked.keys().filter(ends).map(|what| what.replace("%3A", ":"));
        let sent: BTreeSet<String> =
            ended.filter_map(|what| Some(what.split_once("/uploads/")?.1.to_owned())).collect();
        let sent: BTreeSet<&str> = sent.iter().filter_map(|what| what.get(what.find("sha256:")?..)).collect();
        // Who claims to have a manifest, and says of nothing what it lacks, is sent all of it.
        if !self.setup.claims && there.iter().any(|digest| sent.contains(digest.as_str())) {
            wrong.push(format!("of {sent:?} some were there: {there:?}"));
        }
        if copied.blobs != sent.len() as u64 {
            wrong.push(format!("{copied:?}, and {} blobs were sent", sent.len()));
        }
        let by = |reference: &str| count(&format!("{} ", Method::Put), &format!("/manifests/{reference}"));
        // Without referrers, the manifest that the tag points to is put under the tag alone.
        let puts = by("sha256:") + if self.setup.referrers { 0 } else { by("now") };
        if !self.setup.claims && copied.manifests != puts {
            wrong.push(format!("{copied:?}, and {puts} manifests were put"));
        }
        wrong
    }
}
