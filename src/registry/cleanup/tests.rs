use std::collections::{BTreeMap, BTreeSet};

use crate::protocol::oci::digest::{Algorithm, Digest};
use crate::protocol::random::Random;
use crate::protocol::text::glob::Glob;
use crate::registry::cleanup::apply::steps::{Step, steps};
use crate::registry::cleanup::inventory::{Content, Inventory, Known, State, TagEntry};
use crate::registry::cleanup::plan::{Action, Plan, plan};
use crate::registry::cleanup::policy::{Keep, Line, Matcher, Moment, Policy, Remove, Semver};

const DAY: u64 = 86_400_000;
const NOW: u64 = 20_454 * DAY;

fn digest(name: impl ToString) -> Digest {
    Digest::of(Algorithm::Sha256, name.to_string().as_bytes())
}

fn globs(globs: &[&str]) -> Vec<Matcher> {
    globs.iter().map(|glob| Glob::new(glob)).map(|glob| Box::new(move |tag: &str| glob.fits(tag)) as Matcher).collect()
}

fn everything() -> Remove {
    Remove { tags: Some(globs(&["*"])), ..Remove::default() }
}

fn policy(keep: Keep, remove: Remove) -> Policy {
    Policy { keep, remove, untagged: true }
}

/// Tags, each with the name of its manifest and its age in days.
fn tagged(tags: &[(&str, &str, u64)]) -> Inventory {
    let mut inventory = Inventory::default();
    for (tag, name, age) in tags {
        tag_as(&mut inventory, tag, &digest(name), Some(NOW - age * DAY));
        if inventory.id(&digest(name)).is_none() {
            inventory.add(&digest(name), Some(Content::default()));
        }
    }
    inventory
}

fn tag_as(inventory: &mut Inventory, tag: &str, digest: &Digest, created: Option<u64>) {
    let digest = Some(digest.clone());
    inventory.tags.push(TagEntry { tag: tag.to_owned(), digest, created, ..TagEntry::default() });
}

fn removed(inventory: &Inventory, policy: &Policy) -> Vec<String> {
    let plan = plan(("https://registry.test/", "a/b"), inventory, policy, NOW);
    plan.tags.into_iter().filter(|tag| tag.action == Action::Remove).map(|tag| tag.tag).collect()
}

fn removed_digests(plan: &Plan) -> BTreeSet<Digest> {
    plan.digests.iter().filter(|one| one.action == Action::Remove).map(|one| one.digest.clone()).collect()
}

#[test]
fn rules() {
    let all = [
        ("2.0-rc1", "a", 1),
        ("1.10.1", "b", 2),
        ("1.10.0", "c", 30),
        ("1.9.0", "d", 40),
        ("1.9.0-alpine", "e", 41),
        ("0.1", "f", 400),
        ("latest", "b", 2),
        ("pr-1", "g", 50),
        ("pr-2", "h", 3),
    ];
    let inventory = tagged(&all);
    let semver = |releases, highest, line| Some(Semver { releases, highest, line });
    for (keep, remove, expected) in [
        (
            Keep::default(),
            everything(),
            vec!["2.0-rc1", "1.10.1", "1.10.0", "1.9.0", "1.9.0-alpine", "0.1", "latest", "pr-1", "pr-2"],
        ),
        (
            Keep { newest: Some(2), ..Keep::default() },
            everything(),
            vec!["1.10.0", "1.9.0", "1.9.0-alpine", "0.1", "pr-1", "pr-2"],
        ),
        (
            Keep { newest: Some(1), ..Keep::default() },
            Remove { tags: Some(globs(&["pr-*"])), ..Remove::default() },
            vec!["pr-1"],
        ),
        (
            Keep::default(),
            Remove { tags: Some(globs(&["pr-?", "1*"])), older_than: Some(Moment::Ago(35 * DAY)), ..Remove::default() },
            vec!["1.9.0", "1.9.0-alpine", "pr-1"],
        ),
        (
            Keep { newer_than: Some(Moment::At(NOW - 40 * DAY)), ..Keep::default() },
            everything(),
            vec!["1.9.0-alpine", "0.1", "pr-1"],
        ),
        (Keep { tags: globs(&["latest", "*.*"]), ..Keep::default() }, everything(), vec!["pr-1", "pr-2"]),
        (
            Keep { semver: semver(true, None, Line::All), ..Keep::default() },
            everything(),
            vec!["2.0-rc1", "latest", "pr-1", "pr-2"],
        ),
        (
            Keep { semver: semver(false, Some(1), Line::Minor), ..Keep::default() },
            everything(),
            vec!["2.0-rc1", "1.10.0", "latest", "pr-1", "pr-2"],
        ),
        (
            Keep { semver: semver(false, Some(1), Line::Major), ..Keep::default() },
            everything(),
            vec!["2.0-rc1", "1.10.0", "1.9.0", "1.9.0-alpine", "latest", "pr-1", "pr-2"],
        ),
        (
            Keep { semver: semver(false, Some(3), Line::All), ..Keep::default() },
            everything(),
            vec!["2.0-rc1", "0.1", "latest", "pr-1", "pr-2"],
        ),
        (Keep::default(), Remove { pre_release: true, ..Remove::default() }, vec!["2.0-rc1"]),
        (Keep::default(), Remove { older_than: Some(Moment::Ago(100 * DAY)), ..Remove::default() }, vec!["0.1"]),
    ] {
        assert_eq!(removed(&inventory, &policy(keep, remove)), expected);
    }
}

/// Images with the same date, as reproducible builds create them: none is known to be older than another.
#[test]
fn ties_at_the_edge_of_newest_stay() {
    let inventory =
        tagged(&[("a", "a", 1), ("b", "b", 5), ("c", "c", 5), ("d", "d", 5), ("e", "e", 6), ("b2", "b", 5)]);
    let keep = |newest| removed(&inventory, &policy(Keep { newest: Some(newest), ..Keep::default() }, everything()));
    assert_eq!(keep(0), ["a", "b", "c", "d", "e", "b2"]);
    assert_eq!(keep(1), ["b", "c", "d", "e", "b2"]);
    for newest in 2..=4 {
        assert_eq!(keep(newest), ["e"], "{newest}");
    }
    assert!(keep(5).is_empty());
}

#[test]
fn a_policy_has_to_say_what_to_remove() {
    for remove in [
        Remove::default(),
        Remove { tags: Some(Vec::new()), ..Remove::default() },
        Remove { tags: Some(Vec::new()), pre_release: true, ..Remove::default() },
    ] {
        let refused =
            policy(Keep { newest: Some(3), ..Keep::default() }, remove).check().expect_err("nothing to remove");
        assert!(refused.message.starts_with("policy.remove: "), "{}", refused.message);
    }
    assert_eq!(policy(Keep::default(), everything()).check(), Ok(()));
}

#[test]
fn what_has_no_date_is_kept_where_a_date_decides() {
    let mut inventory = tagged(&[("a", "a", 5), ("b", "b", 6)]);
    inventory.tags[1].created = None;
    let keep = |keep| removed(&inventory, &policy(keep, everything()));
    assert_eq!(keep(Keep { newest: Some(0), ..Keep::default() }), ["a"]);
    assert_eq!(keep(Keep { newer_than: Some(Moment::Ago(DAY)), ..Keep::default() }), ["a"]);
    assert_eq!(keep(Keep::default()), ["a", "b"]);
    let older = Remove { older_than: Some(Moment::Ago(0)), ..Remove::default() };
    assert_eq!(removed(&inventory, &policy(Keep::default(), older)), ["a"]);
}

#[test]
fn what_cannot_be_read_keeps_every_digest() {
    let mut inventory = tagged(&[("a", "a", 5), ("b", "b", 6)]);
    inventory.tags[1].problem = Some("MANIFEST_INVALID".into());
    inventory.unreadable = Some("b".into());
    let plan = plan(("https://registry.test/", "a/b"), &inventory, &policy(Keep::default(), everything()), NOW);
    assert!(removed_digests(&plan).is_empty());
    assert_eq!(steps(&inventory, &plan), [Step::Untag { tag: "a".into(), digest: Some(digest("a")) }]);
}

/// image ← signature ← signature's signature; the referrers tag of the image; cosign's tag.
fn signed() -> Inventory {
    let mut inventory = tagged(&[("1", "image", 5), ("2", "other", 1)]);
    let hex = digest("image").as_str().replace("sha256:", "");
    tag_as(&mut inventory, &format!("sha256-{hex}"), &digest("index"), None);
    tag_as(&mut inventory, &format!("sha256-{hex}.sig"), &digest("cosign"), None);
    let subject = |name: &str| Some(Content { subject: Some(digest(name)), ..Content::default() });
    inventory.add(&digest("signature"), subject("image"));
    inventory.add(&digest("countersignature"), subject("signature"));
    inventory.add(&digest("cosign"), Some(Content::default()));
    inventory.add(&digest("index"), Some(Content { children: vec![digest("signature")], ..Content::default() }));
    inventory
}

#[test]
fn referrers_go_with_what_they_refer_to() {
    let inventory = signed();
    let all = plan(
        ("https://registry.test/", "a/b"),
        &inventory,
        &policy(Keep { tags: globs(&["2"]), ..Keep::default() }, everything()),
        NOW,
    );
    let names = ["image", "index", "signature", "countersignature", "cosign"];
    assert_eq!(removed_digests(&all), names.iter().map(digest).collect());
    let order: Vec<Digest> = steps(&inventory, &all)
        .into_iter()
        .map(|step| match step {
            Step::Delete { digest, .. } => digest,
            Step::Untag { .. } => panic!("{step:?}"),
        })
        .collect();
    let position = |name| order.iter().position(|one| *one == digest(name));
    assert_eq!(position("image"), Some(0));
    assert!(position("index") < position("signature") && position("signature") < position("countersignature"));

    let none = plan(
        ("https://registry.test/", "a/b"),
        &inventory,
        &policy(Keep { tags: globs(&["1"]), ..Keep::default() }, everything()),
        NOW,
    );
    assert_eq!(removed_digests(&none), BTreeSet::from([digest("other")]));
}

#[test]
fn referrers_of_what_is_gone_or_not_known() {
    let keep = || policy(Keep { tags: globs(&["2"]), ..Keep::default() }, everything());
    let mut inventory = signed();
    inventory.tags.remove(0);
    inventory.add(&digest("image"), None);
    let gone = plan(("https://registry.test/", "a/b"), &inventory, &keep(), NOW);
    assert_eq!(removed_digests(&gone).len(), 4, "orphans go");
    let careful = Policy { untagged: false, ..keep() };
    assert!(
        removed_digests(&plan(("https://registry.test/", "a/b"), &inventory, &careful, NOW)).is_empty(),
        "unless what is untagged stays"
    );
    // It exists without a tag, so that it may be in use.
    inventory.add(&digest("image"), Some(Content::default()));
    assert!(removed_digests(&plan(("https://registry.test/", "a/b"), &inventory, &keep(), NOW)).is_empty());
}

#[test]
fn an_index_that_refers_to_its_own_entry() {
    let mut inventory = tagged(&[("1", "index", 5)]);
    let known = Content { children: vec![digest("child")], subject: Some(digest("child")), ..Content::default() };
    inventory.add(&digest("index"), Some(known));
    inventory.add(&digest("child"), Some(Content::default()));
    let plan = plan(("https://registry.test/", "a/b"), &inventory, &policy(Keep::default(), everything()), NOW);
    let order = steps(&inventory, &plan);
    assert!(
        matches!(&order[..], [Step::Delete { digest: first, .. }, Step::Delete { .. }] if *first == digest("index")),
        "{order:?}"
    );
}

#[test]
fn freed_bytes() {
    let mut inventory = tagged(&[("1", "a", 5), ("2", "b", 1)]);
    let blobs = |names: &[(&str, u64)]| names.iter().map(|(name, size)| (digest(name), *size)).collect();
    for (name, blobs) in
        [("a", blobs(&[("base", 100), ("own", 10), ("own", 10)])), ("b", blobs(&[("base", 100), ("x", 1)]))]
    {
        inventory.add(&digest(name), Some(Content { size: 7, blobs, ..Content::default() }));
    }
    let plan = plan(
        ("https://registry.test/", "a/b"),
        &inventory,
        &policy(Keep { tags: globs(&["2"]), ..Keep::default() }, everything()),
        NOW,
    );
    assert_eq!(plan.freed, 17);
}

/// Manifests refer only to earlier ones, as hashes require; subjects may be later ones, as descriptors in an index
/// may.
fn random_inventory(random: &mut Random) -> Inventory {
    let mut inventory = Inventory::default();
    let count = 1 + random.below(14);
    for number in 0..count {
        let mut known = Content { size: 1, ..Content::default() };
        for _ in 0..random.below(3) {
            known.blobs.push((digest(format!("blob {}", random.below(6))), 10));
        }
        if number > 0 && random.below(3) == 0 {
            known.children = (0..1 + random.below(3)).map(|_| digest(random.below(number))).collect();
        }
        if number > 0 && random.below(3) == 0 {
            known.subject = Some(digest(random.below(number)));
        }
        inventory.add(&digest(number), Some(known));
    }
    for number in 0..random.below(12) {
        let created = (random.below(4) > 0).then(|| NOW - random.below(100) as u64 * DAY);
        let to = random.below(count);
        tag_as(&mut inventory, &format!("1.{}-t{number}", random.below(5)), &digest(to), created);
    }
    for _ in 0..random.below(3) {
        let hex = digest(random.below(count + 2)).as_str().replace("sha256:", "");
        let tag = format!("sha256-{hex}{}", if random.below(2) == 0 { "" } else { ".sig" });
        if !inventory.tags.iter().any(|other| other.tag == tag) {
            tag_as(&mut inventory, &tag, &digest(random.below(count)), None);
        }
    }
    for number in count..count + 2 {
        if random.below(2) == 0 {
            inventory.add(&digest(number), None);
        }
    }
    inventory
}

fn random_policy(random: &mut Random) -> Policy {
    let semver = Semver { releases: random.below(4) == 0, highest: Some(1), line: Line::Minor };
    let keep = Keep {
        newest: (random.below(3) == 0).then(|| random.below(4) as u64),
        newer_than: (random.below(3) == 0).then(|| Moment::Ago(random.below(60) as u64 * DAY)),
        tags: if random.below(2) == 0 { globs(&["1.1*", "*3"]) } else { Vec::new() },
        semver: (random.below(3) == 0).then_some(semver),
    };
    let tags = (random.below(2) == 0).then(|| globs(&["1.0*", "1.2*", "*t?"]));
    let older_than = (tags.is_none() || random.below(3) == 0).then(|| Moment::Ago(random.below(60) as u64 * DAY));
    Policy { keep, remove: Remove { tags, older_than, pre_release: false }, untagged: random.below(4) > 0 }
}

/// The manifests that pulling a tag needs: all that its manifest lists, transitively.
fn pulled<'a>(inventory: &'a Inventory, root: &'a Digest) -> BTreeSet<&'a Digest> {
    let mut all = BTreeSet::new();
    let mut pending = vec![root];
    while let Some(digest) = pending.pop() {
        if all.insert(digest) {
            let id = inventory.id(digest).unwrap();
            pending.extend(inventory.manifests[id].children.iter().map(|child| &inventory.manifests[*child].digest));
        }
    }
    all
}

/// Kept tags stay complete, after the whole plan and after every part of it.
#[test]
fn whatever_is_kept_stays_complete() {
    let mut random = Random(4);
    let mut counts = [0, 0];
    for round in 0..10_000 {
        let (inventory, policy) = (random_inventory(&mut random), random_policy(&mut random));
        let plan = plan(("https://registry.test/", "a/b"), &inventory, &policy, NOW);
        let gone = removed_digests(&plan);
        let tags: BTreeMap<&str, &Digest> =
            inventory.tags.iter().map(|tag| (tag.tag.as_str(), tag.digest.as_ref().unwrap())).collect();
        let kept: Vec<&Digest> =
            plan.tags.iter().filter(|tag| tag.action == Action::Keep).filter_map(|tag| tag.digest.as_ref()).collect();
        for root in &kept {
            for needed in pulled(&inventory, root) {
                assert!(!gone.contains(needed), "round {round}");
            }
        }
        let marks = inventory.needed_by(kept.iter().map(|digest| inventory.id(digest).unwrap()).collect());
        let all = inventory.manifests.iter().enumerate();
        let needed: BTreeSet<&Digest> = all.filter(|(id, _)| marks.has(*id)).map(|(_, known)| &known.digest).collect();
        assert!(needed.iter().all(|digest| !gone.contains(digest)), "round {round}");
        let manifests: Vec<&Known> = inventory.manifests.iter().filter(|known| known.state == State::There).collect();
        for known in &manifests {
            let digest = &known.digest;
            let subject = known.subject.map(|subject| &inventory.manifests[subject].digest);
            // Nothing kept refers to a removed manifest, and a manifest with a kept subject is kept.
            if !gone.contains(digest) && needed.contains(digest) {
                assert!(subject.is_none_or(|subject| !gone.contains(subject)), "round {round}");
            }
            if subject.is_some_and(|subject| needed.contains(subject)) {
                assert!(!gone.contains(digest), "round {round}");
            }
        }
        let steps = steps(&inventory, &plan);
        let mut there: BTreeSet<&Digest> = manifests.iter().map(|known| &known.digest).collect();
        let mut standing = tags.clone();
        for step in &steps {
            match step {
                Step::Untag { tag, digest } => {
                    assert!(there.contains(digest.as_ref().unwrap()));
                    assert_eq!(standing.remove(tag.as_str()), digest.as_ref(), "round {round}");
                }
                Step::Delete { digest, tags, after, .. } => {
                    assert!(after.iter().all(|id| !there.contains(&inventory.manifests[*id].digest)), "round {round}");
                    assert!(there.remove(digest), "round {round}: twice");
                    let before = standing.len();
                    standing.retain(|_, to| *to != digest);
                    assert_eq!(before - standing.len(), tags.len(), "round {round}: no other tag goes");
                }
            }
            for root in standing.values() {
                assert!(pulled(&inventory, root).iter().all(|digest| there.contains(*digest)), "round {round}");
            }
        }
        assert_eq!(there.len() + gone.len(), manifests.len());
        let expected: BTreeSet<&str> =
            plan.tags.iter().filter(|tag| tag.action == Action::Keep).map(|tag| tag.tag.as_str()).collect();
        assert_eq!(standing.keys().copied().collect::<BTreeSet<_>>(), expected, "round {round}");
        counts[0] += gone.len();
        counts[1] += steps.iter().filter(|step| matches!(step, Step::Untag { .. })).count();
    }
    assert!(counts.iter().all(|count| *count > 1000), "{counts:?}");
}
