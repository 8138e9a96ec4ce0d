//! Whole operations against a model registry whose network, and whose honesty, fail by chance: the chance of one seed.

mod content;
mod faults;
mod operations;
mod registry;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use futures_util::future::{Either, join_all, select};

use self::content::Content;
use self::faults::Faults;
use self::operations::{Operation, Outcome};
use self::registry::{Auth, GIVEN, Kind, Model, PASSWORD, Setup, TOKEN_URL};
use crate::support::random::Random;
use crate::support::{Reply, Scripted, Seen};
use docker_registry_client_wasm::protocol::auth::secret::Secret;
use docker_registry_client_wasm::protocol::url::Url;
use docker_registry_client_wasm::registry::{Client, Settings};
use docker_registry_client_wasm::transport::Clock as _;
use docker_registry_client_wasm::transport::auth::{AuthSettings, Credentials, CredentialsCallback};
use docker_registry_client_wasm::transport::layers::observe::RequestEvent;

const ROUNDS: usize = 3;
/// Of the retry policy.
const TRIES: u64 = 5;
/// Milliseconds that one request can account for: until its headers come, three pauses in its body, the wait before the
/// next one, and what is left of an answer that nobody wants.
const LONGEST: u64 = 30_000 + 60_000 + 60_000 + 250;
/// Milliseconds that whoever is asked for credentials takes.
const DIALOG: u64 = 5_000;
/// Codes that an operation may end with, beside the registry's own.
const CODES: &[&str] = &[
    "NETWORK",
    "TIMEOUT",
    "DIGEST_MISMATCH",
    "SIZE_MISMATCH",
    "TRUNCATED",
    "INVALID_RESPONSE",
    "TOO_LARGE",
    "UNSUPPORTED",
    "AUTH_REQUIRED",
    "DENIED",
    "NOT_FOUND",
    "RATE_LIMITED",
    "HTTP_ERROR",
    "UNTRUSTED_REALM",
    "UNTRUSTED_LOCATION",
    "PAGING_LOOP",
    "UNAUTHORIZED",
    "TOOMANYREQUESTS",
];

/// Requests in a round after which nobody is there any more: far more than any round needs.
const MOST_REQUESTS: u64 = 500;

thread_local! {
    static CONTENT: Rc<Content> = Rc::new(Content::new());
}

/// All that is behind the network.
struct World {
    model: Model,
    faults: Faults,
    random: Random,
    round: Round,
    is_shown: bool,
    violations: Vec<String>,
}

/// What has happened since a round began.
#[derive(Default)]
struct Round {
    requests: u64,
    to_registry: u64,
    to_token_service: u64,
    refusals: u64,
    faults: u64,
    /// Requests that faults may have caused.
    caused: u64,
    corrupted: bool,
    denied: bool,
    /// Requests for tokens, and when their answers are due.
    asking: Vec<(String, u64)>,
    asked_twice: Option<String>,
    /// Requests by method and target, but for those that were refused for want of credentials.
    tries: BTreeMap<String, u64>,
}

impl World {
    fn answer(&mut self, seen: &Seen) -> Reply {
        self.watch(seen);
        let (kind, honest) = self.model.answer(seen, &mut self.random);
        let fault = self.faults.choose(kind, seen, &honest, &mut self.random);
        let reply = match fault {
            None => honest,
            Some(fault) => {
                let chance = (&mut self.random, self.faults.is_mild);
                let (reply, effect) = faults::apply(fault, (kind, seen), honest, &mut self.model, chance);
                self.round.faults += 1;
                self.round.caused += effect.requests;
                self.round.corrupted |= effect.corrupts;
                self.round.denied |= effect.denies;
                reply
            }
        };
        self.count(kind, seen, &reply);
        let reply = if self.round.requests > MOST_REQUESTS { Reply::refused() } else { reply };
        let show = || {
            let end = if reply.reset { "reset".to_owned() } else { reply.status.to_string() };
            let fault = fault.map(|fault| format!("  << {fault:?}")).unwrap_or_default();
            let carried = seen.headers.get("authorization").map(|value| format!(" [{value}]")).unwrap_or_default();
            let range = seen.headers.get("range").map(|value| format!(" {value}")).unwrap_or_default();
            format!("{:>8} {} {}{range}{carried} -> {end}{fault}", seen.at, seen.method, seen.target)
        };
        self.show(show);
        reply
    }

    fn show(&self, line: impl FnOnce() -> String) {
        if self.is_shown {
            println!("{}", line());
        }
    }

    fn count(&mut self, kind: Kind, seen: &Seen, reply: &Reply) {
        let round = &mut self.round;
        round.requests += 1;
        if reply.status != 401 {
            let target = seen.target.split("?until").next().unwrap_or_default();
            *round.tries.entry(format!("{} {target} {}", seen.method, seen.body)).or_default() += 1;
        }
        if seen.target.starts_with('/') {
            round.to_registry += 1;
            round.refusals += u64::from(matches!(reply.status, 401 | 403));
        }
        if kind == Kind::Token {
            round.to_token_service += 1;
            let what = format!("{}{}{:?}", seen.target, seen.body, seen.headers.get("authorization"));
            if round.asking.iter().any(|(other, due)| *other == what && *due > seen.at) {
                round.asked_twice = Some(what.clone());
            }
            round.asking.push((what, seen.at + reply.delay));
        }
    }

    /// No secret goes where it does not belong.
    fn watch(&mut self, seen: &Seen) {
        let setup = &self.model.setup;
        let (is_registry, is_service) = (seen.target.starts_with('/'), seen.target.starts_with(TOKEN_URL));
        let carried = seen.headers.get("authorization").unwrap_or_default();
        let belongs = match setup.auth {
            Auth::Open | Auth::Nobody if is_service => false,
            Auth::Basic => is_registry && carried.starts_with("Basic "),
            Auth::Password | Auth::Identity if is_service => carried.starts_with("Basic "),
            _ => is_registry && carried.starts_with("Bearer ") && !carried.contains("refresh"),
        };
        let mut shown = format!("{} ", seen.target);
        if seen.target.starts_with("https://storage.test/") {
            shown = shown.replace("signature-SECRET", "");
        }
        if !(is_service && setup.auth == Auth::Identity && seen.body.contains("grant_type=refresh_token")) {
            shown.push_str(&seen.body);
        }
        for (name, value) in seen.headers.iter().filter(|(name, _)| !(belongs && *name == "authorization")) {
            shown.push_str(&format!("{name}: {value} "));
        }
        if self.shows_secret(&shown) {
            self.violations.push(format!("a secret is shown in {shown}"));
        }
        let hosts = ["auth.registry.test", "storage.test", "evil.test", "registry.test.evil.test"];
        let leads_elsewhere = |host: &&str| !seen.target.starts_with(&format!("https://{host}/"));
        if !is_registry && hosts.iter().all(leads_elsewhere) {
            self.violations.push(format!("a request to {}", seen.target));
        }
    }

    fn shows_secret(&self, text: &str) -> bool {
        text.contains("SECRET") || self.model.encoded_secrets().iter().any(|secret| text.contains(secret))
    }

    /// What has to hold after a round, however it went.
    fn check(&mut self, operations: &[Operation], outcomes: &[Outcome], duration: u64) {
        let round = std::mem::take(&mut self.round);
        let mut wrong = Vec::new();
        for (operation, outcome) in operations.iter().zip(outcomes) {
            let must_succeed = self.faults.is_mild && operation.dropped_after.is_none();
            let fits = match outcome {
                Outcome::Right | Outcome::Dropped => true,
                Outcome::Wrong(_) => operation.is_unverifiable() && round.corrupted,
                Outcome::Absent => round.denied,
                Outcome::Failed(error) => {
                    let told = format!("{error:?} {error}");
                    if self.shows_secret(&told) {
                        wrong.push(format!("an error shows a secret: {told}"));
                    }
                    !must_succeed
                        && (CODES.contains(&error.code.as_ref())
                            || (error.code == "INVALID_ARGUMENT" && operation.is_unverifiable()))
                }
            };
            if !fits {
                wrong.push(format!("{operation:?}: {outcome:?}"));
            }
        }
        let dropped = operations.iter().any(|operation| operation.dropped_after.is_some());
        // Each request has a reason: an operation needs it, a fault made it necessary, or a refusal.
        let needed: u64 = operations.iter().map(Operation::requests).sum::<u64>() + 2;
        let reasons = needed + round.caused + round.refusals;
        if round.to_registry > reasons {
            wrong.push(format!("{} requests to the registry, {reasons} have a reason", round.to_registry));
        }
        // An operation may want the same twice: a tag and its config for an image, and again; a blob from its start. A blob
        // that gets on by a mebibyte may fail anew, three times at most.
        let most = 2 * TRIES * operations.len() as u64;
        let most = |target: &str| if target.contains("sha") { 3 * most } else { most };
        if let Some((target, tries)) = round.tries.iter().find(|(target, tries)| **tries > most(target)) {
            wrong.push(format!("{tries} tries of {target}"));
        }
        // A token for each repository and for none, again where it has expired meanwhile; a form where the service
        // knows none is a second request.
        let renewals = 4 * (1 + duration / 55_000);
        let tokens = 2 * (renewals + round.caused + round.refusals);
        if round.to_token_service > tokens {
            wrong.push(format!("{} requests for tokens, {tokens} have a reason", round.to_token_service));
        }
        if let Some(what) = round.asked_twice.filter(|_| !dropped) {
            wrong.push(format!("a token was asked for while it was being asked for: {what}"));
        }
        let longest = (round.requests + 1) * LONGEST + DIALOG * (1 + round.refusals);
        if duration > longest {
            wrong.push(format!("{duration} ms, {longest} are accounted for"));
        }
        self.violations.extend(wrong);
    }
}

/// Runs a seed; what did not hold. `is_shown`: each request is, as it comes.
pub fn simulate(seed: u64, is_shown: bool) -> Vec<String> {
    let content = CONTENT.with(Rc::clone);
    let mut random = Random::new(seed);
    let setup = setup(&mut random);
    let is_mild = seed.is_multiple_of(2);
    let faults = Faults { percent: *random.pick(&[0, 10, 30, 60, 100]), left: 0, is_mild, is_page: setup.is_page };
    let model = Model::new(content.clone(), setup.clone());
    let settings = settings(&setup, &model, &mut random);
    let percent = faults.percent;
    let (round, violations) = (Round::default(), Vec::new());
    let world = World { model, faults, random: random.clone(), round, is_shown, violations };
    world.show(|| format!("seed {seed}: {setup:?}, faults in {percent} %, mild: {is_mild}"));
    let world = Rc::new(RefCell::new(world));
    let answering = world.clone();
    let host = Scripted::new(move |seen| answering.borrow_mut().answer(seen));
    let told = Rc::new(RefCell::new(String::new()));
    let client = client(&host, settings, &setup, &told, &mut random);
    for _ in 0..ROUNDS {
        play(&host, &client, &world, &content, &mut random);
    }
    let mut world = world.borrow_mut();
    let told = told.borrow();
    if world.shows_secret(&told) {
        world.violations.push(format!("an event or a challenge shows a secret: {told}"));
    }
    std::mem::take(&mut world.violations)
}

fn play(
    host: &Scripted,
    client: &Client<Scripted>,
    world: &Rc<RefCell<World>>,
    content: &Rc<Content>,
    random: &mut Random,
) {
    let count = random.between(1, 4);
    let mut operations: Vec<Operation> = (0..count).map(|_| Operation::by_chance(content, random)).collect();
    for operation in &mut operations {
        operation.dropped_after = random.percent(8).then(|| random.below(20_000));
    }
    {
        let mut world = world.borrow_mut();
        let is_bounded = world.faults.is_mild;
        world.faults.left = if is_bounded { random.below(TRIES) } else { *random.pick(&[3, 1_000]) };
        if random.percent(25) {
            world.model.revoke();
            world.show(|| "         all tokens are revoked".into());
        }
        world.show(|| format!("         {operations:?}"));
    }
    let begun = host.now();
    let running = operations.iter().map(|operation| async {
        let Some(patience) = operation.dropped_after else { return operation.run(client, content).await };
        let left = std::pin::pin!(host.sleep(patience));
        match select(std::pin::pin!(operation.run(client, content)), left).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(_) => Outcome::Dropped,
        }
    });
    let outcomes = host.run(join_all(running));
    let mut world = world.borrow_mut();
    world.show(|| format!("         {outcomes:?}"));
    let duration = host.now() - begun;
    world.check(&operations, &outcomes, duration);
    for (what, count) in [("requests are open", host.open()), ("timers run", host.timers())] {
        if count > 0 {
            world.violations.push(format!("{count} {what} after all has ended"));
        }
    }
}

fn setup(random: &mut Random) -> Setup {
    use Auth::{Basic, Given, Identity, Nobody, Open, Password};
    Setup {
        auth: *random.pick(&[Open, Basic, Given, Nobody, Password, Password, Identity, Identity]),
        is_page: random.percent(25),
        redirects_blobs: random.percent(50),
        lifetime: *random.pick(&[None, Some(1), Some(60), Some(300)]),
        no_post: *random.pick(&[None, None, Some(404), Some(405)]),
    }
}

fn settings(setup: &Setup, model: &Model, random: &mut Random) -> Settings {
    let password = || Credentials::Basic { username: "alice".into(), password: Secret::new(PASSWORD) };
    let credentials = match setup.auth {
        Auth::Open | Auth::Nobody => None,
        Auth::Basic | Auth::Password => Some(password()),
        Auth::Given => Some(Credentials::Token(Secret::new(GIVEN))),
        Auth::Identity => Some(Credentials::IdentityToken(Secret::new(model.refresh_token()))),
    };
    let service = matches!(setup.auth, Auth::Nobody | Auth::Password | Auth::Identity) && setup.is_page;
    let service = service.then(|| Url::parse(TOKEN_URL).expect("a URL"));
    Settings {
        auth: AuthSettings { credentials, service, ..AuthSettings::default() },
        concurrency: Some(*random.pick(&[1, 2, 6])),
        cache_bytes: *random.pick(&[0, 16 * 1024 * 1024]),
        ..Settings::default()
    }
}

fn client(
    host: &Scripted,
    mut settings: Settings,
    setup: &Setup,
    told: &Rc<RefCell<String>>,
    random: &mut Random,
) -> Client<Scripted> {
    let sink = told.clone();
    settings.observer = Some(Rc::new(move |event: &RequestEvent| sink.borrow_mut().push_str(&format!("{event:?}\n"))));
    // A page cannot see what the registry asks for, and asks nobody for credentials that it does not know to be wanted.
    if random.percent(40) && !setup.is_page {
        let credentials = settings.auth.credentials.take();
        let (clock, sink) = (host.clone(), told.clone());
        let callback: CredentialsCallback = Rc::new(move |challenge| {
            sink.borrow_mut().push_str(&format!("{challenge:?}\n"));
            let (clock, credentials) = (clock.clone(), credentials.clone());
            Box::pin(async move {
                clock.sleep(DIALOG).await;
                Ok(credentials)
            })
        });
        settings.auth.callback = Some(callback);
    }
    host.raw_client(settings)
}
