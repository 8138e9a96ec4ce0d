//! What is done, by chance.

use std::collections::BTreeSet;

use super::content::{self, UNSPEAKABLE};
use super::operations::{From, Operation, Rules};
use super::store::{Store, is_list, subject_of};
use super::world::Expect;
use super::{DAY, MINUTE, Play};
use crate::support::OCI_TYPE;
use crate::support::random::Random;

impl Play {
    /// Some that do not get in each other's way.
    pub fn operations(&mut self, random: &mut Random) -> Vec<Operation> {
        let count = *random.pick(&[1, 1, 1, 3, 6]);
        let kind = *random.pick(&[0, 1, 2, 3, 4, 5, 6, 6, 6, 7, 7, 7, 8, 9, 10, 11, 12, 13]);
        let world = self.world.borrow();
        let store = &world.main.store;
        let tags: Vec<String> =
            store.tags.keys().filter(|tag| *tag != UNSPEAKABLE && subject_of(tag).is_none()).cloned().collect();
        let there: Vec<String> =
            store.manifests.iter().filter(|(_, stored)| stored.is_there).map(|(digest, _)| digest.clone()).collect();
        let images: Vec<String> = self.known.images.iter().filter(|digest| store.has(digest)).cloned().collect();
        if tags.is_empty() || images.is_empty() {
            return vec![Operation::List { page: None }];
        }
        let mut some = BTreeSet::new();
        some.extend((0..count).map(|_| random.pick(&tags).clone()));
        // A list of referrers is not deleted while others are at it.
        let is_list = |digest: &String| count > 1 && store.tags_of(digest).any(|tag| is_list(tag));
        let digests: BTreeSet<String> =
            (0..count).map(|_| random.pick(&there).clone()).filter(|digest| !is_list(digest)).collect();
        let new_tag = |random: &mut Random, at: u64| {
            if random.percent(50) { random.pick(&tags).clone() } else { format!("new-{at}") }
        };
        self.number += 10;
        let number = self.number;
        match kind {
            0..=2 => some.into_iter().map(|tag| Operation::Untag { tag }).collect(),
            3 | 4 => {
                let force = random.percent(40);
                digests.into_iter().map(|digest| Operation::Delete { digest, force }).collect()
            }
            5 => {
                let to_tag = |tag: String, random: &mut Random| {
                    let source =
                        if random.percent(80) { random.pick(&there).clone() } else { random.pick(&tags).clone() };
                    let expected = expected(store, &tag, &there, random);
                    Operation::Tag { tag, source, expected }
                };
                let mut names: Vec<String> = some.into_iter().collect();
                if random.percent(30) {
                    names = vec!["new".into()];
                }
                names.into_iter().map(|tag| to_tag(tag, random)).collect()
            }
            6 | 7 => vec![Operation::Plan(Rules {
                remove: random
                    .pick(&[vec!["*"], vec!["*"], vec!["old-*", "t*"], vec!["*1", "odd*", "dangling"]])
                    .clone(),
                keep: *random.pick(&[None, None, Some("keep-*")]),
                older: *random.pick(&[None, None, Some(DAY), Some(30 * DAY)]),
                newer: *random.pick(&[None, None, Some(5 * MINUTE), Some(10 * DAY)]),
                newest: *random.pick(&[None, Some(1), Some(1), Some(2), Some(3)]),
                untagged: random.percent(50),
            })],
            8..=10 if !self.plans.is_empty() => {
                vec![Operation::Apply(random.below(self.plans.len() as u64) as usize)]
            }
            8 => {
                let what = |store: &Store, random: &mut Random| {
                    let tags = store.tags.keys().filter(|tag| *tag != UNSPEAKABLE);
                    let names: Vec<String> = tags.chain(store.manifests.keys()).cloned().collect();
                    random.pick(&names).clone()
                };
                let from = *random.pick(&[From::Here, From::Within, From::Elsewhere]);
                let store = match from {
                    From::Here => store,
                    From::Within => &world.within.store,
                    From::Elsewhere => &world.elsewhere.store,
                };
                let tag = new_tag(random, number);
                vec![Operation::Copy {
                    from,
                    what: what(store, random),
                    expected: expected(&world.main.store, &tag, &there, random),
                    tag,
                    referrers: random.percent(50),
                    platforms: random.percent(15),
                }]
            }
            9 => {
                let tag = new_tag(random, number);
                let digest = random.pick(&images);
                let stored = &store.manifests[digest];
                let (kind, body) = if random.percent(50) {
                    (stored.media_type.clone(), stored.body.replacen('{', &format!(r#"{{"x":{number},"#), 1))
                } else {
                    let entry = content::descriptor(&stored.media_type, digest, stored.body.len(), "");
                    (OCI_TYPE.to_owned(), content::index_of(&[entry], &format!(r#","x":{number}"#)))
                };
                vec![Operation::Manifest { tag, body, kind }]
            }
            10 => {
                let digests = (0..random.between(1, 3)).map(|_| random.pick(&images).clone());
                vec![Operation::Index { images: digests.collect(), tag: new_tag(random, number) }]
            }
            11 => {
                let subject = random.percent(80).then(|| random.pick(&there).clone());
                let tag = (count == 1 && random.percent(30)).then(|| new_tag(random, number));
                let one = |at| Operation::Artifact { subject: subject.clone(), tag: tag.clone(), number: number + at };
                (0..count).map(one).collect()
            }
            12 => {
                let one = |random: &mut Random, at| Operation::Blob {
                    content: format!("{number} {at} {}", "b".repeat(random.below(700) as usize)),
                    chunk: *random.pick(&[None, None, Some(60), Some(150), Some(500)]),
                    is_streamed: random.percent(50),
                };
                (0..count).map(|at| one(random, at)).collect()
            }
            _ if random.percent(40) => vec![Operation::Dependents { digest: random.pick(&there).clone() }],
            _ => vec![Operation::List { page: *random.pick(&[None, Some(1), Some(2), Some(5)]) }],
        }
    }
}

/// What a tag must lead to: often nothing is said, often it does, sometimes not.
fn expected(store: &Store, tag: &str, there: &[String], random: &mut Random) -> Option<Expect> {
    match random.below(5) {
        0 => Some(Expect::Nothing),
        1 => store.tags.get(tag).map(|now| Expect::Digest(now.clone())),
        2 => Some(Expect::Digest(random.pick(there).clone())),
        _ => None,
    }
}
