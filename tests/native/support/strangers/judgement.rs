//! What an operation has to come to, as things truly are.

use super::content::UNSPEAKABLE;
use super::nature::{Deletes, Last, Left, Link, Nature, Referrers, Type};
use super::operations::{From, Operation};
use super::store::{Store, Stored, is_list};
use super::world::{Expect, World};
use docker_registry_client_wasm::transport::Error;

/// Whether an operation succeeds if nothing fails by chance and nobody else writes. What is not said to be possible may be
/// so all the same.
pub fn is_possible(operation: &Operation, is_alone: bool, world: &World) -> bool {
    let (store, nature) = (&world.main.store, &world.main.nature);
    let is_free = |tag: &str| !(nature.protects && store.protected.as_deref() == Some(tag));
    // Where there is no API, what refers to something is added to a list under a tag.
    let has_free_lists = nature.referrers == Referrers::Api
        || store.protected.as_deref().is_none_or(|tag| !is_list(tag) || is_free(tag));
    // Where items come in no order, or change meanwhile, no end is to be seen for sure.
    let is_followed = matches!(nature.link, Link::Honest | Link::Always);
    let is_steady = is_alone || is_followed;
    let is_clear = !nature.is_unsorted && is_steady;
    let lists = lists(nature) && nature.stale_list == 0 && is_clear;
    // What is no JSON, and neither type nor digest vouches for it, may be a page of a proxy.
    let is_vouched = nature.get_type == Type::Honest && nature.tells_digest;
    let has_pages = !is_vouched && store.manifests.values().any(|stored| !stored.body.starts_with('{'));
    let uploads = nature.forgets == 0 && (!nature.refuses_whole || nature.most.is_none());
    let deletes_cleanly = nature.left == Left::Nothing && nature.halfway == 0;
    let by_digest = matches!(nature.deletes, Deletes::Both | Deletes::Digests | Deletes::DigestsOnly);
    match operation {
        Operation::Untag { tag } => {
            let by_tag = matches!(nature.deletes, Deletes::Both | Deletes::Tags);
            store.tags.contains_key(tag)
                && !has_pages
                && is_free(tag)
                && lists
                && uploads
                && (by_tag || by_digest && deletes_cleanly)
        }
        Operation::Delete { digest, force } => {
            let is_listed = store.manifests.values().any(|stored| stored.children.contains(digest));
            let is_plain = store.manifests.get(digest).is_some_and(|stored| stored.subject.is_none());
            store.has(digest)
                && (*force || !(is_used(store, digest) || has_riddles(store)))
                && (is_plain || nature.referrers == Referrers::Api)
                && store.tags_of(digest).all(|tag| is_free(tag))
                && !(nature.refuses_listed && is_listed)
                && by_digest
                && !has_pages
                && deletes_cleanly
                && lists
        }
        Operation::Tag { tag, source, expected } => {
            let fits = fits(store, tag, expected);
            let found = if source.contains(':') { Some(source) } else { store.tags.get(source) };
            let found = found.and_then(|digest| store.manifests.get(digest)).filter(|stored| stored.is_there);
            let is_taken = found.is_some_and(|stored| !nature.checks || store.missing(&stored.body).is_empty());
            fits && is_taken && is_free(tag) && !nature.refuses_artifacts && !has_pages
        }
        Operation::Plan(_) | Operation::Dependents { .. } => self::lists(nature) && is_clear && !has_pages,
        Operation::List { .. } => self::lists(nature) && (nature.last != Last::Ignored || is_followed),
        Operation::Blob { chunk, is_streamed, .. } => {
            let fits = |most: usize| match chunk {
                Some(chunk) => *chunk <= most as u64,
                None => !is_streamed && !nature.refuses_whole,
            };
            nature.forgets == 0 && nature.most.is_none_or(fits)
        }
        Operation::Artifact { subject, tag, .. } => {
            let is_calm = is_alone || subject.is_none() || nature.referrers == Referrers::Api;
            is_calm
                && subject.as_ref().is_none_or(|subject| store.has(subject))
                && (subject.is_none() || has_free_lists)
                && !has_pages
                && tag.as_ref().is_none_or(|tag| is_free(tag))
                && !nature.refuses_artifacts
                && uploads
        }
        Operation::Manifest { tag, .. } => is_free(tag) && !nature.refuses_artifacts,
        Operation::Index { tag, images } => is_free(tag) && images.iter().all(|image| store.has(image)),
        Operation::Copy { from, what, tag, platforms, expected, referrers } => {
            let source = nature_of(world, *from);
            let is_read = source.get_type == Type::Honest && source.tells_digest;
            let is_listed = !referrers || (self::lists(source) && !source.is_unsorted);
            fits(store, tag, expected)
                && is_free(tag)
                && !has_pages
                && is_read
                && is_listed
                && (!referrers || has_free_lists)
                && uploads
                && !platforms
                && !nature.refuses_artifacts
                && !is_broken(store_of(world, *from), what)
        }
        Operation::Apply(_) => false,
    }
}

fn lists(nature: &Nature) -> bool {
    nature.link != Link::Loop
}

/// Whether a tag is as it is expected to be.
fn fits(store: &Store, tag: &str, expected: &Option<Expect>) -> bool {
    let now = store.under_tag(tag).map(|(digest, _)| digest);
    match expected {
        None | Some(Expect::Anything) => true,
        Some(Expect::Nothing) => now.is_none(),
        Some(Expect::Digest(digest)) => now == Some(digest),
    }
}

fn is_used(store: &Store, digest: &str) -> bool {
    store.tags_of(digest).next().is_some()
        || store.referrers_of(digest).next().is_some()
        || store.tags.values().any(|now| store.tree(now).contains(digest))
}

/// Whether there is a tag that cannot be asked for, or one that leads to what cannot be read: either may need anything.
fn has_riddles(store: &Store) -> bool {
    let is_riddle = |stored: &Stored| stored.blobs.is_empty() && stored.children.is_empty();
    store.tags.iter().any(|(tag, digest)| tag == UNSPEAKABLE || store.manifests.get(digest).is_some_and(is_riddle))
}

fn nature_of(world: &World, from: From) -> &Nature {
    match from {
        From::Here => &world.main.nature,
        From::Within => &world.within.nature,
        From::Elsewhere => &world.elsewhere.nature,
    }
}

fn store_of(world: &World, from: From) -> &Store {
    match from {
        From::Here => &world.main.store,
        From::Within => &world.within.store,
        From::Elsewhere => &world.elsewhere.store,
    }
}

/// Whether what is to be copied is not whole, or of a kind that not every client knows.
fn is_broken(store: &Store, what: &str) -> bool {
    let found = if what.contains(':') { Some(what) } else { store.tags.get(what).map(String::as_str) };
    let Some(stored) = found.and_then(|digest| store.manifests.get(digest)) else { return true };
    let lacks = |digest: &String| {
        store.manifests.get(digest).is_none_or(|stored| {
            let is_empty = stored.blobs.is_empty() && stored.children.is_empty();
            !stored.is_there || !store.missing(&stored.body).is_empty() || is_empty
        })
    };
    let tree = found.map(|digest| store.tree(digest)).unwrap_or_default();
    let is_image = stored.body.contains("\"config\"") && stored.body.contains("\"layers\"");
    tree.iter().any(lacks) || (!is_image && stored.children.is_empty())
}

/// Whether an operation can only end so, as things are.
pub fn is_final(operation: &Operation, error: &Error, world: &World) -> bool {
    let store = &world.main.store;
    match operation {
        Operation::Untag { tag } => error.status == Some(404) && !store.tags.contains_key(tag),
        Operation::Tag { tag, source, expected } => {
            let found = if source.contains(':') { Some(source) } else { store.tags.get(source) };
            let found = found.and_then(|digest| store.manifests.get(digest));
            let lacks_parts = found.is_some_and(|stored| !store.missing(&stored.body).is_empty());
            let is_gone = if source.contains(':') { !store.has(source) } else { store.under_tag(source).is_none() };
            !fits(store, tag, expected) && error.code == "CONFLICT"
                || is_gone && error.is_not_found()
                || lacks_parts && error.lacks_parts()
        }
        Operation::Delete { digest, force } => {
            let may_be_used = is_used(store, digest) || has_riddles(store);
            !store.has(digest) && error.is_not_found() || !force && may_be_used && error.code == "IN_USE"
        }
        Operation::Dependents { .. } | Operation::Plan(_) | Operation::Apply(_) => false,
        Operation::Copy { from, what, tag, expected, .. } => {
            let is_conflict = !fits(store, tag, expected) && error.code == "CONFLICT";
            is_conflict || is_broken(store_of(world, *from), what) || error.code == "NO_MATCHING_PLATFORM"
        }
        Operation::Artifact { subject: Some(subject), .. } => {
            !store.has(subject) && error.status.is_none_or(|status| status == 404)
        }
        Operation::Manifest { body, .. } => !store.missing(body).is_empty(),
        Operation::Index { images, .. } => images.iter().any(|image| !store.has(image)),
        Operation::Artifact { .. } | Operation::Blob { .. } | Operation::List { .. } => false,
    }
}
