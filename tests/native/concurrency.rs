//! How many requests a registry gets at a time: more while it responds well, fewer when it is overloaded, none while it asks
//! for that; and calls take turns.

use std::cell::Cell;

use futures_util::future::{join, join_all};

use crate::support::{Bytes, Reply, Scripted, Seen, Step, sha256};
use docker_registry_client_wasm::protocol::http::Method;
use docker_registry_client_wasm::registry::blob::source::Next;
use docker_registry_client_wasm::registry::{BlobSource, Call, Client, InMemory, Push, Settings};
use docker_registry_client_wasm::transport::Clock;

/// Round-trip time in milliseconds.
const ROUND: u64 = 50;

fn list(client: &Client<Scripted>, name: &str) -> impl Future<Output = Result<Vec<String>, String>> + use<> {
    let repository = client.repository(name, None).unwrap();
    async move { repository.tags(None, Call::default()).collect().await.map_err(|error| error.code.to_string()) }
}

/// Requests of each round.
fn rounds(host: &Scripted) -> Vec<usize> {
    let mut rounds = Vec::new();
    for at in host.each_seen::<u64, Vec<u64>>(|seen| seen.at) {
        let round = (at / ROUND) as usize;
        rounds.resize(rounds.len().max(round + 1), 0);
        rounds[round] += 1;
    }
    rounds
}

fn tags() -> Reply {
    Reply::json(r#"{"tags":["a"]}"#).after(ROUND)
}

#[test]
fn doubles_while_the_registry_responds() {
    let host = Scripted::new(|_| tags());
    let client = host.client();
    host.run(join_all((0..300).map(|_| list(&client, "a/b"))));
    assert_eq!(rounds(&host), [32, 64, 64, 64, 64, 12]);
    assert_eq!(host.most_open(), 64);
    // It is remembered.
    host.run(join_all((0..64).map(|_| list(&client, "a/b"))));
    assert_eq!(rounds(&host).last(), Some(&64));
}

#[test]
fn grows_only_where_that_is_needed() {
    let host = Scripted::new(|_| tags());
    let client = host.client();
    for _ in 0..100 {
        host.run(join_all((0..3).map(|_| list(&client, "a/b")))).into_iter().for_each(|tags| drop(tags.unwrap()));
    }
    assert_eq!(at_once(&host, &client), 32);
}

#[test]
fn a_page_leaves_the_number_to_the_browser() {
    let host = Scripted::new(|_| tags()).in_page("https://registry.test");
    let client = host.client();
    host.run(join_all((0..100).map(|_| list(&client, "a/b"))));
    assert_eq!(host.most_open(), 6);
}

/// 429, 503, no response in time, a lost connection: each halves what is in flight, once for all that were sent together.
#[test]
fn halves_when_the_registry_is_overloaded() {
    for overload in [Reply::new(429), Reply::new(503), Reply::hang(), Reply::reset()] {
        let (count, first) = (Cell::new(0), overload.clone());
        let host = Scripted::new(move |_| {
            count.set(count.get() + 1);
            if count.get() > 32 { tags() } else { first.clone().after(ROUND) }
        });
        let client = host.client_with(Settings { timeout: 1000, ..Settings::default() });
        let found = host.run(join_all((0..32).map(|_| list(&client, "a/b"))));
        assert!(found.iter().all(|tags| tags.is_ok() || overload.hang), "{overload:?}: {found:?}");
        let at_once = at_once(&host, &client);
        assert!((16..24).contains(&at_once), "{overload:?}: {at_once}");
    }
}

/// The number of requests that are sent at first, of many.
fn at_once(host: &Scripted, client: &Client<Scripted>) -> usize {
    let before = host.seen().len();
    host.run(join_all((0..100).map(|_| list(client, "a/b"))));
    let seen = host.seen().split_off(before);
    seen.iter().filter(|one| one.at == seen[0].at).count()
}

/// An error that says nothing about the load.
#[test]
fn other_failures_do_not_slow_down() {
    for status in [404, 500, 401] {
        let host = Scripted::new(move |_| Reply::new(status).after(ROUND));
        let client = host.once();
        host.run(join_all((0..32).map(|_| list(&client, "a/b"))));
        assert!(at_once(&host, &client) >= 32, "{status}");
    }
}

/// One refusal with `Retry-After` is enough: no other call is sent to be refused as well, unless the wait is longer than a
/// caller should wait without having asked for it.
#[test]
fn all_calls_wait_for_what_the_registry_asks() {
    for (after, expected) in [("7", 7_000), ("3600", 0)] {
        let host = Scripted::new(move |seen| match seen.at {
            0 => Reply::new(429).header("retry-after", after),
            _ => tags(),
        });
        let client = host.client();
        let other = async {
            host.sleep(10).await;
            list(&client, "c/d").await.unwrap();
        };
        let (first, ()) = host.run(join(list(&client, "a/b"), other));
        assert_eq!(first.is_ok(), expected > 0);
        let others: Vec<u64> =
            host.seen().iter().filter(|seen| seen.target.contains("c/d")).map(|seen| seen.at).collect();
        assert_eq!(others, [expected.max(10)], "{after}");
    }
}

/// `RateLimit` with nothing left until its reset; and with little left.
#[test]
fn a_rate_limit_is_not_exceeded() {
    let host = Scripted::new(|seen| match seen.at {
        0 => tags().header("ratelimit", r#""default";r=0;t=5"#),
        _ => tags().header("ratelimit", r#""default";r=100;t=5"#),
    });
    let client = host.client();
    host.run(list(&client, "a/b")).unwrap();
    host.run(list(&client, "a/b")).unwrap();
    assert_eq!(host.each_seen::<u64, Vec<u64>>(|seen| seen.at), [0, 5_000 + ROUND]);
    let host = Scripted::new(|_| tags().header("ratelimit", r#""default";r=3;t=5"#));
    let client = host.client();
    host.run(list(&client, "a/b")).unwrap();
    let before = host.seen().len();
    host.run(join_all((0..9).map(|_| list(&client, "a/b"))));
    assert_eq!(rounds(&host).split_off(before), [3, 3, 3]);
}

/// A call of one request does not wait for one of hundreds.
#[test]
fn calls_take_turns() {
    let host = Scripted::new(|seen| match seen.target.as_str() {
        target if target.contains("tags/list") => {
            let names: Vec<String> = (0..300).map(|number| format!("t{number}")).collect();
            Reply::json(&format!(r#"{{"tags":{}}}"#, serde_json::to_string(&names).unwrap())).after(ROUND)
        }
        _ => Reply::new(404).after(ROUND),
    });
    let client = host.client_with(Settings { concurrency: Some(4), ..Settings::default() });
    let repository = client.repository("a/b", None).unwrap();
    let many = async {
        let _ = repository.plan_delete(&sha256("x"), &Call::default()).await;
    };
    let few = async {
        host.sleep(4 * ROUND + 1).await;
        let _ = repository.manifest("one", None, &Call::default()).await;
    };
    host.run(join(many, few));
    let position = host.targets().iter().position(|target| target.ends_with("/manifests/one")).unwrap();
    assert!(position < 30, "{position}");
}

/// A source of more than is read before an upload begins, with pauses that are not so long that the request ends.
struct Slow(Scripted, u8);

impl BlobSource<Bytes> for Slow {
    fn next(&mut self) -> Next<'_, Bytes> {
        Box::pin(async {
            self.1 += 1;
            self.0.sleep(1000).await;
            Ok((self.1 < 4).then(|| Bytes(vec![self.1; 2 * 1024 * 1024])))
        })
    }
}

fn uploads() -> impl Fn(&Seen) -> Reply + 'static {
    let count = Cell::new(0);
    move |seen| match seen.method {
        Method::Post => {
            count.set(count.get() + 1);
            Reply::new(202).header("location", &format!("/v2/a/b/blobs/uploads/{}", count.get()))
        }
        Method::Patch => {
            Reply::new(202).header("location", &seen.target).header("range", &format!("0-{}", seen.body.len() - 1))
        }
        Method::Put => Reply::new(201).after(ROUND),
        _ => Reply::new(404),
    }
}

/// Streamed uploads count too; and what they are made of comes through even if they take all places.
#[test]
fn streamed_uploads_count() {
    let host = Scripted::new(uploads()).streaming();
    let client = host.client_with(Settings { concurrency: Some(2), ..Settings::default() });
    let repository = client.repository("a/b", None).unwrap();
    let push = |_| {
        let push = Push::new(Box::new(Slow(host.clone(), 0)));
        let (repository, call) = (&repository, Call::default());
        async move { repository.push_blob(push, &call).await.unwrap() }
    };
    host.run(join_all((0..5).map(push)));
    // One more, because one request of each kind may always be sent.
    assert!((2..=3).contains(&host.most_open()), "{}", host.most_open());
}

/// Uploads in memory are requests like any other.
#[test]
fn uploads_count() {
    let host = Scripted::new(uploads());
    let client = host.client_with(Settings { concurrency: Some(3), ..Settings::default() });
    let repository = client.repository("a/b", None).unwrap();
    let push = |number: usize| {
        let push = Push::new(Box::new(InMemory::new(Bytes(vec![number as u8; 10]))));
        let (repository, call) = (&repository, Call::default());
        async move { repository.push_blob(push, &call).await.unwrap() }
    };
    host.run(join_all((0..10).map(push)));
    assert_eq!(host.most_open(), 3);
}

#[test]
fn a_call_that_is_dropped_leaves_its_place_in_the_queue() {
    let host = Scripted::new(|seen| match seen.target.contains("slow") {
        true => Reply::new(200).step(Step::Hang),
        false => tags(),
    });
    let client = host.client_with(Settings { concurrency: Some(1), idle_timeout: 0, ..Settings::default() });
    let dropped = host.run_for(100, join_all((0..1000).map(|_| list(&client, "slow/one"))));
    assert!(dropped.is_none());
    assert_eq!((host.seen().len(), host.open()), (1, 0));
    host.run(list(&client, "a/b")).unwrap();
}
