//! Removing one tag and nothing else.
//!
//! A registry that deletes by digest only (distribution 2.x) drops every tag of the digest. There the tag is
//! pointed at a placeholder manifest first, which is then deleted.
//!
//! The status of a deletion never proves that a tag is gone. distribution 2.8 responds 500 after it has removed a
//! manifest and before it has removed its tags, and 404 to the next attempt; even after a 202 it may leave a tag
//! behind.

use std::pin::pin;
use std::rc::Rc;

use futures_util::future::{Either, join, select};

use crate::protocol::code;
use crate::protocol::http::error_body::ErrorItem;
use crate::protocol::oci::reference::{Reference, Tag};
use crate::protocol::text::printable;
use crate::registry::api::locks::Turns;
use crate::registry::api::repo::Repo;
use crate::registry::api::response::Response;
use crate::registry::api::shared_lock::Alone;
use crate::registry::manifest::get::FetchedManifest;
use crate::registry::manifest::put::digest_of_nothing;
use crate::registry::tag::placeholder;
use crate::registry::tag::placeholder_push::Blobs;
use crate::registry::tag::set::{Expected, check_expected, check_still, is_moved, points_to};
use crate::transport::detach::run_to_completion;
use crate::transport::request::Recheck;
use crate::transport::{Error, Host, Result};

/// Attempts to point a tag at a placeholder and delete it, if an attempt leaves the tag behind.
const ROUNDS: u64 = 6;
/// Milliseconds between attempts, plus up to half of that at random, since others may write to the repository.
const PAUSE: u64 = 100;
/// Milliseconds for which the observed state of a tag may decide that it is moved.
const FRESH: u64 = 1_000;
/// Maximum characters of a registry's error detail in a message.
const DETAIL_LIMIT: usize = 300;

impl<H: Host> Repo<H> {
    /// Removes one tag; other tags of the same digest stay. An error says how the tag stands.
    pub(crate) async fn untag(&self, tag: &str) -> Result<()> {
        let tag = Tag::parse(tag)?;
        // It begins with a read, which shows the protocol.
        let v2 = async { Box::pin(Untag::new(self.clone(), tag.clone()).run()).await };
        self.api.by_version(v2, async { self.api.legacy().await?.untag(self, &tag).await }).await
    }

    /// Removes one tag if it points to what is expected; otherwise fails with `CONFLICT`.
    pub(crate) async fn untag_if(&self, tag: &str, expected: Expected) -> Result<()> {
        let untag = Untag::new(self.clone(), Tag::parse(tag)?);
        Box::pin(untag.only(expected).run()).await
    }
}

/// The removal of a tag.
pub(crate) struct Untag<H: Host> {
    repo: Repo<H>,
    tag: Tag,
    reference: Reference,
    /// The state in which the tag is removed. A tag that points to a placeholder or has no manifest is always removed.
    only: Option<Expected>,
}

/// The state of a tag, by GET and the tag list.
pub(crate) enum TagState {
    /// The tag does not exist.
    Gone,
    /// The tag is listed, but has no manifest.
    Dangling,
    /// The tag points to this manifest.
    At(Rc<FetchedManifest>),
}

impl<H: Host> Untag<H> {
    pub(crate) fn new(repo: Repo<H>, tag: Tag) -> Self {
        let reference = Reference::Tag(tag.clone());
        Self { repo, tag, reference, only: None }
    }

    /// Restricts the removal to a tag that points to what is expected; otherwise it fails with `CONFLICT`.
    pub(crate) fn only(self, expected: Expected) -> Self {
        Self { only: Some(expected), ..self }
    }

    pub(crate) async fn run(self) -> Result<()> {
        // The call holds its turn, not the work that goes on after an abort: a response that never comes would block the call that
        // restores the tag.
        let _writing = self.repo.turn(&self.tag).await;
        let repo = &self.repo;
        let is_by_digest = repo.api.capabilities.untags_by_digest(&repo.name);
        // It will need a placeholder, whose blobs harm nothing. A restricted removal may end here.
        let mut blobs =
            if is_by_digest && self.only.is_none() { Some(repo.push_placeholder_blobs(&self.tag)?) } else { None };
        let asked = match &mut blobs {
            Some(blobs) => match select(pin!(repo.ask(&self.reference)), blobs.pushing.as_mut()).await {
                Either::Left((asked, _)) => asked,
                Either::Right(((), ask)) => ask.await,
            },
            None => repo.ask(&self.reference).await,
        };
        let before = match asked? {
            Ok(before) => Some(before),
            // A dangling tag is listed.
            Err(absent) => match repo.is_listed(&self.tag).await {
                Ok(true) => None,
                _ => return Err(absent),
            },
        };
        self.check_unmoved(before.as_deref())?;
        if is_by_digest {
            return self.by_digest(before, blobs).await;
        }
        match repo.delete_now(&self.reference, Some(self.unmoved_since(before.as_ref(), None))).await {
            Err(moved) if is_moved(&moved) => Err(moved),
            Ok(response) if response.is_success() => match self.state_after_deletion().await {
                Ok(TagState::Gone) => Ok(()),
                Ok(TagState::Dangling) => {
                    self.check_deletion(None).await?;
                    self.by_placeholder(None, None).await
                }
                Ok(TagState::At(now)) if before.is_some_and(|before| before.digest == now.digest) => {
                    let message =
                        format!("the registry says it deleted the tag {}, but {}", self.tag, self.clause(Some(&now)));
                    Err(response.error(code::INVALID_RESPONSE, message))
                }
                Ok(TagState::At(now)) => Err(self.put_again(&now)),
                Err(error) => Err(self.unknown(error)),
            },
            Ok(response) if wants_digest(&response) => {
                self.check_deletion(before.as_ref()).await?;
                // 404 may also mean that the tag was removed meanwhile.
                if response.status == 404 {
                    self.by_placeholder(before, None).await
                } else {
                    self.by_digest(before, None).await
                }
            }
            failed => {
                let error = failed.map_or_else(|error| error, |response| repo.api.failure(&response));
                match self.state().await {
                    // The deletion may have succeeded anyway.
                    Ok(TagState::Gone) => Ok(()),
                    Ok(TagState::Dangling) => {
                        self.check_deletion(None).await?;
                        self.by_placeholder(None, None).await
                    }
                    Ok(TagState::At(now)) => Err(error.and(&self.clause(Some(&now)))),
                    Err(_) => Err(self.unknown(error)),
                }
            }
        }
    }

    /// Fails with `CONFLICT` if the tag was moved and the removal is restricted.
    fn check_unmoved(&self, now: Option<&FetchedManifest>) -> Result<()> {
        match now.filter(|now| !placeholder::is_one(&now.manifest)) {
            Some(now) => check_expected(&self.tag, self.only.as_ref(), Some(now)),
            None => Ok(()),
        }
    }

    /// Returns the check, before a request is sent again, that the tag still points to `before` or is gone; or that it points to
    /// the placeholder.
    fn unmoved_since(
        &self,
        before: Option<&Rc<FetchedManifest>>,
        placeholder: Option<&Rc<FetchedManifest>>,
    ) -> Recheck {
        let (tag, before) = (self.tag.clone(), before.map(|before| before.digest.clone()));
        let placeholder = placeholder.map(|placeholder| placeholder.digest.clone());
        self.repo.recheck(&self.tag, move |now| match now {
            Some(now) if placeholder.as_ref() != Some(&now.digest) => check_still(&tag, &before, Some(now)),
            _ => Ok(()),
        })
    }

    /// Determines the current state of the tag.
    pub(crate) async fn state(&self) -> Result<TagState> {
        if let Some(now) = self.repo.observe(&self.reference).await? {
            return Ok(TagState::At(now));
        }
        let is_listed = self.repo.is_listed(&self.tag).await?;
        Ok(if is_listed { TagState::Dangling } else { TagState::Gone })
    }

    /// Determines the state of the tag where it is probably gone: the tag list is requested at the same time.
    async fn state_after_deletion(&self) -> Result<TagState> {
        let (now, is_listed) = join(self.repo.observe(&self.reference), self.repo.is_listed(&self.tag)).await;
        Ok(match now? {
            Some(now) => TagState::At(now),
            None if is_listed? => TagState::Dangling,
            None => TagState::Gone,
        })
    }

    /// Checks that the registry deletes manifests, before the tag is moved to one that has to be deleted.
    async fn check_deletion(&self, now: Option<&Rc<FetchedManifest>>) -> Result<()> {
        let response = self.repo.delete(&digest_of_nothing()?).await?;
        if response.is_success() || response.status == 404 {
            return Ok(());
        }
        Err(self.repo.deletion_refused(&response).and(&self.clause(now)))
    }

    /// Removes the tag through a placeholder. If that succeeds, the next call does not try to delete a tag by name.
    async fn by_digest(self, now: Option<Rc<FetchedManifest>>, blobs: Option<Blobs>) -> Result<()> {
        let repo = self.repo.clone();
        let done = self.by_placeholder(now, blobs).await;
        repo.api.capabilities.set_untags_by_digest(&repo.name, done.is_ok());
        done
    }

    /// Points the tag at a placeholder and deletes that. `model` is the manifest that the tag points to, a kind
    /// that the registry accepts. `blobs` are those of the placeholder, if their push has begun.
    async fn by_placeholder(self, model: Option<Rc<FetchedManifest>>, blobs: Option<Blobs>) -> Result<()> {
        let repo = &self.repo;
        let is_left = model.as_ref().is_some_and(|model| placeholder::is_one(&model.manifest));
        let turns = repo.api.turns.of(&repo.name);
        let mut first = None;
        let placeholder = match model {
            // The placeholder of an interrupted untag().
            Some(left) if is_left => left,
            model => {
                let mut blobs = blobs.map_or_else(|| repo.push_placeholder_blobs(&self.tag), Ok)?;
                // Unless another deletion is in progress, the tag is checked meanwhile.
                match turns.deleting.try_hold_alone() {
                    Some(turn) => {
                        let check = async {
                            let state = self.state().await;
                            (state, repo.api.host().now())
                        };
                        let ((), (state, at)) = join(blobs.pushing.as_mut(), check).await;
                        let is_fresh = repo.api.host().now().checked_sub(at).is_some_and(|age| age <= FRESH);
                        first = Some((turn, state?)).filter(|_| is_fresh);
                    }
                    None => blobs.pushing.as_mut().await,
                }
                blobs.pushing.as_mut().take_output().unwrap_or(Ok(()))?;
                Rc::new(blobs.draft.manifest(model.as_deref())?)
            }
        };
        // Both requests are completed even if the call is aborted: between them the tag points to the placeholder.
        let host = repo.api.clone();
        let replacing = async move { self.replace_and_delete(&placeholder, is_left, first, &turns).await };
        run_to_completion(host.host(), replacing).await
    }

    /// `first` is the state of the tag, if it was determined under the lock.
    async fn replace_and_delete(
        &self,
        placeholder: &Rc<FetchedManifest>,
        mut is_at_placeholder: bool,
        mut first: Option<(Alone, TagState)>,
        turns: &Turns,
    ) -> Result<()> {
        let digest = Reference::Digest(placeholder.digest.clone());
        // The manifest to restore if the registry refuses the deletion.
        let mut before: Option<Rc<FetchedManifest>> = None;
        let mut failure = None;
        for round in 0..ROUNDS {
            if round > 0 {
                let chance = (self.repo.api.host().random() * PAUSE as f64 / 2.0) as u64;
                self.repo.api.retry.pause(PAUSE * round + chance).await;
            }
            let (turn, state) = match first.take() {
                Some((turn, state)) => (turn, Some(state)),
                None => (turns.deleting.hold_alone().await, None),
            };
            if !is_at_placeholder {
                // No registry supports a conditional PUT, so the tag is checked right before it.
                let state = match state {
                    Some(state) => state,
                    None => self.state().await?,
                };
                let now = match state {
                    TagState::Gone => return Ok(()),
                    TagState::Dangling => None,
                    TagState::At(now) => Some(now),
                };
                self.check_unmoved(now.as_deref())?;
                let recheck = self.unmoved_since(now.as_ref(), Some(placeholder));
                before = now.filter(|now| !placeholder::is_one(&now.manifest)).or(before);
                let put = self.repo.put_placeholder(&self.reference, placeholder, recheck).await;
                if let Err(error) = put {
                    match self.state().await {
                        Ok(TagState::At(now)) if now.digest == placeholder.digest => {}
                        Ok(TagState::At(_)) if is_moved(&error) => return Err(error),
                        Ok(TagState::At(now)) => return Err(refused(error).and(&self.clause(Some(&now)))),
                        Ok(TagState::Gone) => return Ok(()),
                        Ok(TagState::Dangling) if is_final(&error) => return Err(refused(error).and(&self.dangles())),
                        Ok(TagState::Dangling) => {
                            failure = Some(error);
                            continue;
                        }
                        Err(_) => return Err(self.unknown(error).and(&self.way_back(before.as_ref(), placeholder))),
                    }
                }
            }
            let deleted = self.repo.delete_now(&digest, None).await;
            drop(turn);
            let (error, is_final) = match deleted {
                Ok(response) if response.is_success() => (None, false),
                Ok(response) if response.status == 404 => (None, false),
                Ok(response) => {
                    let error = self.repo.deletion_refused(&response);
                    let is_final = is_final(&error);
                    (Some(error), is_final)
                }
                Err(error) => (Some(error), false),
            };
            match self.state_after_deletion().await {
                Ok(TagState::Gone) => return Ok(()),
                Ok(TagState::Dangling) => is_at_placeholder = false,
                Ok(TagState::At(now)) if now.digest == placeholder.digest => {
                    is_at_placeholder = true;
                    if is_final {
                        return Err(self.put_back(error, before.as_ref(), placeholder).await);
                    }
                }
                Ok(TagState::At(now)) if before.as_ref().is_some_and(|before| before.digest == now.digest) => {
                    let message =
                        format!("the registry accepted a placeholder manifest, but {}", self.clause(Some(&now)));
                    return Err(Error::new(code::INVALID_RESPONSE, message));
                }
                Ok(TagState::At(now)) => return Err(self.put_again(&now)),
                Err(unknown) => {
                    return Err(self
                        .unknown(error.unwrap_or(unknown))
                        .and(&self.way_back(before.as_ref(), placeholder)));
                }
            }
            failure = error.or(failure);
        }
        if is_at_placeholder {
            return Err(self.put_back(failure, before.as_ref(), placeholder).await);
        }
        let failure = failure.unwrap_or_else(|| {
            let message = format!("the registry deleted what the tag {} points to, but not the tag", self.tag);
            Error::new(code::INVALID_RESPONSE, message)
        });
        Err(failure.and(&self.dangles()))
    }

    /// Restores the tag after the placeholder was not deleted, and returns the error of the call.
    async fn put_back(
        &self,
        failure: Option<Error>,
        before: Option<&Rc<FetchedManifest>>,
        placeholder: &FetchedManifest,
    ) -> Error {
        let error = failure.unwrap_or_else(|| {
            let message = format!("the registry says it deleted what the tag {} points to, but it did not", self.tag);
            Error::new(code::INVALID_RESPONSE, message)
        });
        let Some(before) = before else {
            return error.and(&format!(
                "the tag {} points to a placeholder manifest; call untag() again to remove it",
                self.tag
            ));
        };
        let still = self.repo.still(&self.tag, Some(&Some(placeholder.digest.clone())), before);
        match self.repo.put_tag(&self.tag, before, still).await {
            Ok(_) => error.and(&format!("the tag {} points to {} as before", self.tag, before.digest)),
            Err(second) => error.and(&format!(
                "restoring the tag failed too: {}; it may point to a placeholder manifest: {}",
                second.message,
                self.ways(Some(before))
            )),
        }
    }

    /// Returns the advice for a tag that may point to its placeholder.
    fn way_back(&self, before: Option<&Rc<FetchedManifest>>, placeholder: &FetchedManifest) -> String {
        format!("if it points to {}, a placeholder manifest: {}", placeholder.digest, self.ways(before))
    }

    fn ways(&self, before: Option<&Rc<FetchedManifest>>) -> String {
        let tag = self.tag.as_str();
        let undo = before.map(|before| format!(", tag(\"{tag}\", \"{}\") undoes it", before.digest));
        format!("untag(\"{tag}\") removes it{}", undo.unwrap_or_default())
    }

    fn put_again(&self, now: &FetchedManifest) -> Error {
        let message = format!(
            "the tag {} was removed, but another writer has created it again: {}",
            self.tag,
            points_to(&self.tag, Some(&now.digest))
        );
        Error::new(code::CONFLICT, message).with("tag", &self.tag).with("actual", &now.digest)
    }

    fn unknown(&self, error: Error) -> Error {
        error.and(&format!("whether the tag {} is gone could not be verified", self.tag))
    }

    fn dangles(&self) -> String {
        format!("the tag {} is still listed, but has no manifest; call untag() again to remove it", self.tag)
    }

    fn clause(&self, now: Option<&Rc<FetchedManifest>>) -> String {
        match now {
            Some(now) => points_to(&self.tag, Some(&now.digest)),
            None => format!("the tag {} is listed, but has no manifest", self.tag),
        }
    }
}

/// Returns true if a registry that deletes by digest only may respond like this to the deletion of a tag.
fn wants_digest<B>(response: &Response<B>) -> bool {
    matches!(response.status, 400 | 404 | 405 | 501)
}

/// Returns true if the registry refused, so that a retry would be refused too.
fn is_final(error: &Error) -> bool {
    error.status.is_some_and(|status| (400..500).contains(&status) && !matches!(status, 408 | 409 | 425 | 429))
}

/// Returns the error of a refused placeholder, with the registry's details.
fn refused(error: Error) -> Error {
    let details: Vec<&str> = error.errors.iter().filter_map(|item: &ErrorItem| item.detail.as_deref()).collect();
    let mut clause = "the registry does not accept the placeholder manifest that removes a tag".to_owned();
    if !details.is_empty() {
        clause.push_str(&format!(" (detail: {})", printable::excerpt(&details.join(", "), DETAIL_LIMIT)));
    }
    error.and(&clause)
}
