//! Registries that nobody here wrote, by chance: the seeds of `strangers`.

mod chance;
mod content;
mod judge;
mod judgement;
mod nature;
mod operations;
mod registry;
mod store;
mod uploads;
mod world;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::pin::pin;
use std::rc::Rc;

use futures_util::future::{Either, join_all, select};

use self::content::{Known, UNSPEAKABLE};
use self::judgement::{is_final, is_possible};
use self::nature::Nature;
use self::operations::{Done, From, Operation, Planned, permit_of_plan};
use self::registry::Registry;
use self::store::Store;
use self::world::{Permit, SOURCE, World};
use crate::support::Scripted;
use crate::support::random::Random;
use docker_registry_client_wasm::protocol::http::Headers;
use docker_registry_client_wasm::protocol::url::Url;
use docker_registry_client_wasm::registry::{Client, Settings, Version};
use docker_registry_client_wasm::transport::{Clock as _, Error, Result};

/// Milliseconds after which an operation hangs.
const LONGEST: u64 = 30 * 60_000;
/// Requests of an operation, and of each tag and manifest that is there.
const REQUESTS: u64 = 120;
const REQUESTS_EACH: u64 = 60;
const MINUTE: u64 = 60_000;
const DAY: u64 = 24 * 60 * MINUTE;

type Outcome = (Operation, usize, Result<Done>);

/// Runs a seed; what did not hold.
pub fn simulate(seed: u64, is_shown: bool) -> Vec<String> {
    let mut random = Random::new(seed);
    let nature = Nature::by_chance(&mut random);
    let mut store = Store::default();
    let known = content::fill(&mut store, &nature, &mut random);
    let main = Registry::new(nature.clone(), store);
    let (within, _) = other(nature.clone(), &mut random);
    let (elsewhere, _) = other(Nature::by_chance(&mut random), &mut random);
    let world = World::new(main, within, elsewhere, random.clone(), is_shown);
    if is_shown {
        println!("seed {seed}: {nature:?}");
        for (tag, digest) in &world.main.store.tags {
            println!("         {} -> {digest}", world::short(tag));
        }
        for (digest, stored) in &world.main.store.manifests {
            println!("         {digest}: {} {}", stored.uploaded, world::short(&stored.body));
        }
    }
    let world = Rc::new(RefCell::new(world));
    let answering = world.clone();
    let host = Scripted::new(move |seen| answering.borrow_mut().answer(seen));
    let is_mild = random.percent(40);
    let mut play = Play { host, world: world.clone(), known, plans: Vec::new(), is_mild, number: 0, kept: None };
    for _ in 0..random.between(1, 4) {
        play.round(&mut random);
    }
    let mut world = world.borrow_mut();
    std::mem::take(&mut world.violations)
}

/// A repository to copy from.
fn other(nature: Nature, random: &mut Random) -> (Registry, Known) {
    let mut store = Store::default();
    let known = content::fill(&mut store, &nature, random);
    (Registry::new(nature, store), known)
}

struct Play {
    host: Scripted,
    world: Rc<RefCell<World>>,
    known: Known,
    plans: Vec<Planned>,
    /// No faults, and nobody else.
    is_mild: bool,
    number: u64,
    /// The last client, and its number.
    kept: Option<(usize, Client<Scripted>)>,
}

impl Play {
    fn client(&self, url: &str, number: usize, random: &mut Random) -> Client<Scripted> {
        let mut headers = Headers::new();
        headers.set("x-client", number.to_string());
        let settings = Settings {
            api_version: Some(Version::V2),
            concurrency: Some(*random.pick(&[1, 2, 6])),
            cache_bytes: *random.pick(&[0, 16 * 1024 * 1024]),
            headers,
            ..Settings::default()
        };
        Client::new(self.host.clone(), Url::parse(url).expect("a URL"), settings)
    }

    fn round(&mut self, random: &mut Random) {
        let operations = self.operations(random);
        let possible: Vec<bool>;
        {
            let mut world = self.world.borrow_mut();
            world.is_disturbed = false;
            if !self.is_mild {
                world.faults = *random.pick(&[0, 0, 5, 20]);
                world.faults_left = *random.pick(&[1, 3, 8]);
                world.others = *random.pick(&[0, 0, 3, 15]);
            }
            let is_calm = world.is_calm();
            let is_alone = operations.len() == 1;
            let is_possible = |operation: &Operation| is_calm && is_possible(operation, is_alone, &world);
            possible = operations.iter().map(is_possible).collect();
            world.show(|| format!("         {operations:?}"));
        }
        let outcomes = self.play(operations, random);
        for ((operation, _, done), is_possible) in outcomes.iter().zip(possible) {
            if let (true, Err(error)) = (is_possible, done) {
                self.world.borrow_mut().violations.push(format!("{operation:?} could have been done: {error:?}"));
            }
        }
        {
            let mut world = self.world.borrow_mut();
            (world.faults, world.faults_left, world.others) = (0, 0, 0);
        }
        let failed = self.check(outcomes);
        for (operation, _) in failed {
            self.again(operation, random);
        }
    }

    /// Once more at the same registry with nothing in the way, and then at one that is honest.
    fn again(&mut self, operation: Operation, random: &mut Random) {
        let mut ill = Vec::new();
        for round in 0..6 {
            if round == 3 {
                let world = &mut *self.world.borrow_mut();
                world.show(|| "         the registry is healed".into());
                ill.extend([&mut world.main, &mut world.within, &mut world.elsewhere].map(Registry::heal));
            }
            // Until every copy on the way is out of date.
            self.host.run(self.host.sleep(2 * MINUTE));
            let outcomes = self.play(vec![operation.clone()], random);
            let Some((_, last)) = self.check(outcomes).pop() else { break };
            let mut world = self.world.borrow_mut();
            if is_final(&operation, &last, &world) {
                break;
            }
            if round == 5 {
                world.violations.push(format!("{operation:?} cannot be done at last: {last:?}"));
            }
        }
        let world = &mut *self.world.borrow_mut();
        for (registry, was) in [&mut world.main, &mut world.within, &mut world.elsewhere].into_iter().zip(ill) {
            registry.nature = was;
        }
    }

    /// What ended in an error, or not whole.
    fn check(&mut self, outcomes: Vec<Outcome>) -> Vec<(Operation, Error)> {
        let mut failed = Vec::new();
        let world = &mut *self.world.borrow_mut();
        let is_alone = outcomes.len() == 1;
        for (operation, client, done) in outcomes {
            let done = match done {
                Ok(done) => done,
                Err(error) => {
                    world.show(|| format!("         {error:?}"));
                    if error.code.is_empty() || error.code == "INTERNAL" || error.message.is_empty() {
                        world.violations.push(format!("{operation:?}: {error:?}"));
                    }
                    failed.push((operation, error));
                    continue;
                }
            };
            let since = |tag: &str| world.is_as_left(client, tag);
            let from = match &operation {
                Operation::Copy { from: From::Within, .. } => Some(&world.within.store),
                Operation::Copy { from: From::Elsewhere, .. } => Some(&world.elsewhere.store),
                _ => None,
            };
            let store = &world.main.store;
            // Where another operation moves the tag, or writes the list that was deleted, either state is right.
            let is_race = match &operation {
                Operation::Tag { source, .. } => !source.contains(':'),
                Operation::Delete { digest, .. } => {
                    store.manifests.get(digest).is_some_and(|stored| !stored.children.is_empty())
                }
                _ => false,
            };
            let is_race = is_race && !is_alone;
            let mut wrong = match is_race {
                true => Vec::new(),
                false => operation.undone(&done, store, &world.main.nature, from, &since),
            };
            match done {
                Done::Plan(cleanup) => {
                    if let (Operation::Plan(rules), false) = (&operation, world.is_disturbed) {
                        wrong.extend(rules.broken_by(cleanup.plan(), store));
                    }
                    self.plans.push(Planned { cleanup: *cleanup, client });
                }
                Done::Report(report) => {
                    world.show(|| format!("         {report:?}"));
                    if let Some((_, error)) = report.failed.first() {
                        failed.push((operation.clone(), error.clone()));
                    } else if !report.remaining.is_empty() && report.skipped.is_empty() {
                        wrong.push(format!("nothing failed, and something remains: {report:?}"));
                    }
                }
                Done::List(mut tags) if is_alone && !world.is_disturbed && world.main.nature.stale_list == 0 => {
                    tags.sort();
                    let there: Vec<String> = store.tags.keys().cloned().collect();
                    if tags != there {
                        wrong.push(format!("listed: {tags:?}, and there are {there:?}"));
                    }
                }
                Done::Dependents(told)
                    if is_alone
                        && told.unread.is_empty()
                        && !world.is_disturbed
                        && world.main.nature.stale_list == 0 =>
                {
                    let digest = told.digest.to_string();
                    let there = store.tags_of(&digest).filter(|tag| *tag != UNSPEAKABLE);
                    let there: Vec<&String> = there.collect();
                    if told.tags.iter().collect::<Vec<_>>() != there {
                        wrong.push(format!("dependents: {:?}, and there are {there:?}", told.tags));
                    }
                }
                _ => {}
            }
            for wrong in wrong {
                world.show(|| format!("         !! {wrong}"));
                world.violations.push(format!("{operation:?}: {wrong}"));
            }
        }
        failed
    }

    fn play(&mut self, operations: Vec<Operation>, random: &mut Random) -> Vec<Outcome> {
        let share = random.percent(50);
        let mut clients: Vec<(usize, Client<Scripted>, Client<Scripted>)> = Vec::new();
        for operation in &operations {
            let permit = match operation {
                Operation::Apply(number) => permit_of_plan(self.plans[*number].cleanup.plan()),
                other => other.permit(),
            };
            if let (true, Some(first)) = (share, clients.first().cloned()) {
                let mut world = self.world.borrow_mut();
                let shared = &mut world.running[first.0];
                merge(&mut shared.permit, permit);
                shared.is_shared = true;
                drop(world);
                clients.push(first);
                continue;
            }
            // A plan is carried out by the client that made it.
            let planned = if let Operation::Apply(number) = operation { Some(*number) } else { None };
            // Or whoever has been here before, and knows something of the registry, or thinks so.
            let kept = self.kept.clone().filter(|_| planned.is_none() && clients.is_empty() && random.percent(50));
            let number = planned.map(|number| self.plans[number].client).or(kept.as_ref().map(|(number, _)| *number));
            let number = self.world.borrow_mut().begin(number, permit);
            let client =
                kept.map_or_else(|| self.client("https://registry.test", number, random), |(_, client)| client);
            if planned.is_none() {
                self.kept = Some((number, client.clone()));
            }
            let source = match operation {
                Operation::Copy { from: From::Elsewhere, .. } => self.client(SOURCE, number, random),
                _ => client.clone(),
            };
            clients.push((number, client, source));
        }
        // Some are given up by whoever called them.
        let impatience = if self.world.borrow().is_calm() { 0 } else { 10 };
        let patience: Vec<Option<u64>> =
            operations.iter().map(|_| random.percent(impatience).then(|| random.below(400))).collect();
        let plans = &self.plans;
        let began = self.host.now();
        let running =
            operations.iter().zip(&clients).zip(&patience).map(|((operation, (_, client, source)), patience)| async {
                let run = pin!(operation.run(client, source, plans));
                let Some(patience) = patience else { return run.await };
                match select(run, pin!(self.host.sleep(*patience))).await {
                    Either::Left((ended, _)) => ended,
                    Either::Right(_) => Err(Error::new("ABORTED", "nobody waits for it any more")),
                }
            });
        let ended = self.host.run_for(began + LONGEST, join_all(running));
        let mut world = self.world.borrow_mut();
        let Some(ended) = ended else {
            world.violations.push(format!("{operations:?} do not end"));
            return Vec::new();
        };
        drop(world);
        self.host.run(self.host.sleep(10 * MINUTE));
        self.host.settle();
        let mut world = self.world.borrow_mut();
        let things = (world.main.store.tags.len() + world.main.store.manifests.len()) as u64;
        let numbers: BTreeSet<usize> = clients.iter().map(|(number, ..)| *number).collect();
        let requests: u64 = numbers.iter().map(|number| world.running[*number].requests).sum();
        let most = operations.len() as u64 * (REQUESTS + REQUESTS_EACH * things);
        if requests > most {
            world.violations.push(format!("{requests} requests, {most} at most, of {operations:?}"));
        }
        for (what, count) in [("requests are open", self.host.open()), ("timers run", self.host.timers())] {
            if count > 0 {
                world.violations.push(format!("{count} {what} after {operations:?}"));
            }
        }
        operations
            .into_iter()
            .zip(clients)
            .zip(ended)
            .map(|((operation, (number, ..)), done)| (operation, number, done))
            .collect()
    }
}

fn merge(permit: &mut Permit, more: Permit) {
    permit.untags.extend(more.untags);
    permit.deletes.extend(more.deletes);
    permit.writes.extend(more.writes);
    permit.force |= more.force;
    permit.signatures |= more.signatures;
}
