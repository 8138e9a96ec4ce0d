//! Pointing a tag at an existing manifest.

use std::rc::Rc;

use futures_util::future::join;

use crate::protocol::code;
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::reference::{Reference, Tag};
use crate::protocol::v1::ImageId;
use crate::registry::api::repo::Repo;
use crate::registry::image::reference::ImageReference;
use crate::registry::manifest::get::FetchedManifest;
use crate::registry::manifest::put::Pushed;
use crate::transport::request::Recheck;
use crate::transport::{Error, Host, Result};

/// The state that a tag must be in to be moved; `None` means that it must not exist.
pub type Expected = Option<Digest>;

impl<H: Host> Repo<H> {
    /// Points a tag at a manifest of this repository, which is put byte for byte as it is. `if_match` names the
    /// digest that the tag must point to now, `Some(None)` that it must not exist; otherwise it fails with
    /// `CONFLICT`, unless the tag points to the manifest already. An error says where the tag points.
    pub(crate) async fn tag(&self, tag: &str, image: &ImageReference<H>, if_match: Option<Option<&str>>) -> Result<()> {
        let tag = Tag::parse(tag)?;
        let source = image.within(self);
        let expected = if_match.map(|digest| digest.map(Digest::parse).transpose()).transpose();
        // An argument that is invalid in both protocols is rejected before any request.
        let may_be_id = if_match.flatten().is_some_and(|text| ImageId::parse(text).is_ok());
        let may_be_v1 = image.is_of_v1() || (source.is_ok() && (expected.is_ok() || may_be_id));
        let v1 = async { self.api.legacy().await?.tag(self, &tag, image, if_match).await };
        // Arguments that only V1 takes.
        if may_be_v1 && (source.is_err() || expected.is_err()) && self.is_v1().await? {
            return v1.await;
        }
        let (source, expected) = (source?, expected?);
        let v2 = async { Box::pin(self.move_tag(&tag, &source, expected.as_ref())).await };
        self.api.by_version(v2, v1).await
    }

    async fn move_tag(&self, tag: &Tag, source: &Reference, expected: Option<&Expected>) -> Result<()> {
        let _writing = self.turn(tag).await;
        let (now, manifest) = match expected {
            // Both are read at once. What the tag points to decides first.
            None => join(self.before_move(tag, expected), self.current(source)).await,
            // The tag is read last, right before it is moved.
            Some(_) => {
                let manifest = self.current(source).await;
                (self.before_move(tag, expected).await, manifest)
            }
        };
        let now = now?;
        if matches!((source, &now), (Reference::Digest(wanted), Some(now)) if now.is_named(wanted)) {
            return Ok(());
        }
        let manifest = manifest.or_else(|error| check_expected(tag, expected, now.as_deref()).and(Err(error)))?;
        if now.as_deref().is_some_and(|now| manifest.is_named(&now.digest)) {
            return Ok(());
        }
        check_expected(tag, expected, now.as_deref())?;
        self.put_tag(tag, &manifest, self.still(tag, expected, &manifest)).await.map(drop)
    }

    /// Points a tag at a manifest that exists up to its parts, if the tag is in the state that is required. Returns `None` if
    /// the tag points to it already.
    pub(crate) async fn point(
        &self,
        tag: &Tag,
        manifest: &Rc<FetchedManifest>,
        expected: Option<&Expected>,
    ) -> Result<Option<Pushed>> {
        let _writing = self.turn(tag).await;
        // No registry supports a conditional PUT, so the tag is checked right before it.
        if expected.is_some() {
            let now = self.before_move(tag, expected).await?;
            if now.as_ref().is_some_and(|now| manifest.is_named(&now.digest)) {
                return Ok(None);
            }
            check_expected(tag, expected, now.as_deref())?;
        }
        self.put_tag(tag, manifest, self.still(tag, expected, manifest)).await.map(Some)
    }

    /// Returns the check that a tag is still in the state that is required, or points to the manifest by now.
    pub(crate) fn still(
        &self,
        tag: &Tag,
        expected: Option<&Expected>,
        manifest: &Rc<FetchedManifest>,
    ) -> Option<Recheck> {
        let (name, expected, manifest) = (tag.clone(), expected?.clone(), manifest.clone());
        Some(self.recheck(tag, move |now| match now {
            Some(now) if manifest.is_named(&now.digest) => Ok(()),
            now => check_still(&name, &expected, now),
        }))
    }

    /// Returns a check that reads a tag again and judges by what it points to.
    pub(crate) fn recheck(
        &self,
        tag: &Tag,
        judge: impl Fn(Option<&FetchedManifest>) -> Result<()> + 'static,
    ) -> Recheck {
        let (repo, reference, judge) = (self.clone(), Reference::Tag(tag.clone()), Rc::new(judge));
        Recheck::new(move || {
            let (repo, reference, judge) = (repo.clone(), reference.clone(), judge.clone());
            async move { judge(repo.observe(&reference).await?.as_deref()) }
        })
    }

    /// Returns what a tag points to now. Without an expectation the tag need not be readable: a push-only client may not
    /// read it, and some registries respond 404 with a page.
    pub(crate) async fn before_move(
        &self,
        tag: &Tag,
        expected: Option<&Expected>,
    ) -> Result<Option<Rc<FetchedManifest>>> {
        match self.observe(&Reference::Tag(tag.clone())).await {
            Err(error) if expected.is_none() && is_untold(&error) => Ok(None),
            observed => observed,
        }
    }

    /// Puts a manifest under a tag and verifies that it is there. An error says where the tag points.
    /// `recheck` is asked before each retry.
    pub(crate) async fn put_tag(
        &self,
        tag: &Tag,
        manifest: &Rc<FetchedManifest>,
        recheck: Option<Recheck>,
    ) -> Result<Pushed> {
        let reference = Reference::Tag(tag.clone());
        let (pushed, refused) = match self.put_manifest_if(&reference, manifest, recheck).await {
            Ok(pushed) if pushed.is_confirmed => return Ok(pushed),
            Ok(pushed) => (Some(pushed), None),
            Err(error) if is_moved(&error) => return Err(error),
            Err(error) => (None, Some(error)),
        };
        let now = match Box::pin(self.observe(&reference)).await {
            Ok(now) => now,
            Err(unknown) => {
                return Err(refused
                    .unwrap_or(unknown)
                    .and(&format!("whether the tag {tag} points to {} now could not be verified", manifest.digest)));
            }
        };
        let points_to = points_to(tag, now.as_ref().map(|now| &now.digest));
        match (now, refused) {
            // The request succeeded, but its response was lost or was a 5xx.
            (Some(now), _) if manifest.is_named(&now.digest) => {
                Ok(pushed.unwrap_or(Pushed { knows_subject: false, is_confirmed: true }))
            }
            (_, Some(error)) => Err(error.and(&points_to)),
            (_, None) => Err(Error::new(
                code::CONFLICT,
                format!(
                    "{} was put under the tag {tag}, but {points_to}: another writer may have changed it meanwhile",
                    manifest.digest
                ),
            )),
        }
    }
}

fn is_untold(error: &Error) -> bool {
    matches!(error.status, Some(401 | 403 | 404)) || error.code == code::INVALID_RESPONSE
}

/// Checks that a tag is in the state that is required to move it. A tag that points to the wanted manifest already needs no
/// check: the change has been made before (RFC 9110 §13.1.1).
pub(crate) fn check_expected(tag: &Tag, expected: Option<&Expected>, now: Option<&FetchedManifest>) -> Result<()> {
    compare(tag, expected, now).map_err(|error| error.and("nothing was changed"))
}

/// Checks before a request is sent again that a tag is still in the state that is required.
pub(crate) fn check_still(tag: &Tag, expected: &Expected, now: Option<&FetchedManifest>) -> Result<()> {
    compare(tag, Some(expected), now).map_err(|error| error.and("a request failed before, and was not sent again"))
}

/// Returns true for the error of a check that found another state than is required.
pub(crate) fn is_moved(error: &Error) -> bool {
    error.code == code::CONFLICT && error.status.is_none()
}

fn compare(tag: &Tag, expected: Option<&Expected>, now: Option<&FetchedManifest>) -> Result<()> {
    let wanted = match expected {
        Some(Some(digest)) if !now.is_some_and(|now| now.is_named(digest)) => format!("not to {digest}"),
        Some(None) if now.is_some() => "and must not be moved".to_owned(),
        _ => return Ok(()),
    };
    let message = format!("{}, {wanted}", points_to(tag, now.map(|now| &now.digest)));
    let mut error = Error::new(code::CONFLICT, message).with("tag", tag);
    if let Some(Some(digest)) = expected {
        error = error.with("expected", digest);
    }
    Err(match now {
        Some(now) => error.with("actual", &now.digest),
        None => error,
    })
}

/// Describes where a tag points, as a clause of a message.
pub(crate) fn points_to(tag: &Tag, digest: Option<&Digest>) -> String {
    match digest {
        Some(digest) => format!("the tag {tag} points to {digest}"),
        None => format!("the tag {tag} does not exist"),
    }
}
