//! Running a copy: children before parents, the tag last. Whatever does not depend on each other is copied in parallel.

use crate::protocol::code;
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::manifest::NESTING_LIMIT;
use crate::protocol::oci::reference::{Reference, Tag};
use crate::registry::api::place::Place;
use crate::registry::api::repo::Repo;
use crate::registry::api::settings::Call;
use crate::registry::blob::push_settings::Outcome;
use crate::registry::concurrency::{Question, all};
use crate::registry::copy::options::{Copied, Options, Stage, Step};
use crate::registry::copy::selection;
use crate::registry::copy::state::State;
use crate::registry::copy::tree::{self, Node};
use crate::registry::image::platform;
use crate::registry::manifest::get::FetchedManifest;
use crate::registry::manifest::part::{self, Found, Part};
use crate::registry::manifest::put::Pushed;
use crate::registry::tag::set::check_expected;
use crate::transport::{Error, Host, Result};
use async_lock::Semaphore;
use futures_util::future::{join, try_join};
use std::cell::RefCell;
use std::collections::HashSet;
use std::pin::Pin;
use std::rc::Rc;

/// Larger blobs sent at the same time. Each has the bytes sent last, or two chunks, in memory: up to 8 MiB.
const LARGE_AT_A_TIME: usize = 8;

/// Copies `source` to `target` and returns the descriptor of the target.
pub async fn copy<H: Host>(
    source: &Place<H>,
    target: &Place<H>,
    options: &Options,
    call: &Call,
) -> Result<(Descriptor, Copied)> {
    let (from, to) = (source.in_call(call), target.in_call(call));
    let find = async {
        from.presume_v2("copy() from here")?;
        from.current(&source.reference).await
    };
    let look = async {
        to.presume_v2("copy() to here")?;
        before(&to, &target.reference, options).await
    };
    let (found, before) = join(Box::pin(find), Box::pin(look)).await;
    let (found, before) = (found?, before?);
    let root = match options.platforms.as_slice() {
        [] => found,
        platforms => selection::of(&from, found, platforms).await?,
    };
    let converted = match (&root.schema1, options.convert) {
        (Some(parts), Some(form)) => Some(from.api.legacy().await?.convert(&from, parts, form).await?),
        _ => None,
    };
    let root = converted.as_ref().map_or(root, |converted| converted.manifest.clone());
    check_target(&target.reference, &root.digest)?;
    check_before(&target.reference, options, before.as_deref(), &root)?;
    let reference = &target.reference;
    // Within one repository, all is there.
    let is_within_repository = from.api.base() == to.api.base() && from.name == to.name;
    let is_new = before.is_none() && !is_within_repository;
    let at_a_time = from.api.concurrency.min(to.api.concurrency);
    let places = (Semaphore::new(at_a_time), Semaphore::new(LARGE_AT_A_TIME));
    let copying =
        Copying { source: from, target: to, reference, options, at_a_time, places, is_new, state: RefCell::default() };
    if let Some(converted) = converted {
        copying.config(converted.config).await?;
    }
    copying.all(&root, before).await?;
    Ok((root.descriptor(), copying.state.into_inner().counts))
}

/// Returns what the target's tag points to before the copy.
pub async fn before<H: Host>(
    target: &Repo<H>,
    reference: &Reference,
    options: &Options,
) -> Result<Option<Rc<FetchedManifest>>> {
    let expected = options.if_match.as_ref();
    match reference {
        Reference::Tag(tag) => target.before_move(tag, expected).await,
        Reference::Digest(_) if expected.is_none() => Ok(None),
        Reference::Digest(_) => {
            let message = "options.ifMatch and noClobber apply to a tag, but the target is a digest";
            Err(Error::new(code::INVALID_ARGUMENT, message))
        }
    }
}

/// Checks the required state of the target's tag, unless it points to the copy already.
pub fn check_before(
    reference: &Reference,
    options: &Options,
    before: Option<&FetchedManifest>,
    root: &FetchedManifest,
) -> Result<()> {
    match reference {
        Reference::Tag(tag) if !before.is_some_and(|before| root.is_named(&before.digest)) => {
            check_expected(tag, options.if_match.as_ref(), before)
        }
        _ => Ok(()),
    }
}

/// Fails if the target is a digest other than the source's.
pub fn check_target(reference: &Reference, digest: &Digest) -> Result<()> {
    match reference {
        Reference::Digest(wanted) if wanted != digest => {
            let message = format!("target: {wanted} is not the digest of the manifest to copy, which is {digest}");
            Err(Error::new(code::INVALID_ARGUMENT, message))
        }
        _ => Ok(()),
    }
}

pub(super) struct Copying<'a, H: Host> {
    pub(super) source: Repo<H>,
    pub(super) target: Repo<H>,
    /// The reference that is written at the end.
    reference: &'a Reference,
    pub(super) options: &'a Options,
    /// Maximum number of parts in progress.
    pub(super) at_a_time: usize,
    /// Places for blobs, and for those of them that are not small.
    pub(super) places: (Semaphore, Semaphore),
    /// True if the target's reference does not exist, so that it is likely to lack the blobs: mounts are requested at once,
    /// and small blobs are read while the target is checked.
    pub(super) is_new: bool,
    pub(super) state: RefCell<State>,
}

/// A copy of a manifest.
type Tree<'a> = Pin<Box<dyn Future<Output = Result<()>> + 'a>>;

impl<H: Host> Copying<'_, H> {
    /// Copies everything below `root`, and then itself to the target's reference. `before` is what the target's tag points
    /// to.
    async fn all(&self, root: &Rc<FetchedManifest>, before: Option<Rc<FetchedManifest>>) -> Result<()> {
        let is_tagged = before.is_some_and(|before| root.is_named(&before.digest));
        if self.options.referrers {
            // The tag comes after the referrers.
            self.with_referrers(root).await?;
            return match self.reference {
                Reference::Tag(tag) => self.point(tag, root, is_tagged).await.map(drop),
                Reference::Digest(_) => Ok(()),
            };
        }
        let Reference::Tag(tag) = self.reference else { return self.tree(root.clone(), 0, None).await };
        let node = self.below(root.clone(), 0, None).await?;
        self.blobs(&node.blobs).await?;
        // One PUT stores the manifest and points the tag at it.
        let Some(pushed) = self.point(tag, root, is_tagged).await? else { return self.exists(root).await };
        self.sent(root);
        match &root.manifest.subject {
            Some(subject) if !pushed.knows_subject => Box::pin(self.target.list_referrer(subject, root)).await,
            _ => Ok(()),
        }
    }

    /// Copies everything below `root`, itself by digest, and the referrers of all these manifests.
    async fn with_referrers(&self, root: &Rc<FetchedManifest>) -> Result<()> {
        let tags = Box::pin(self.companion_tags()).await?;
        self.state.borrow_mut().waiting.push((root.clone(), None));
        loop {
            let Some((root, companion)) = self.state.borrow_mut().waiting.pop() else { return Ok(()) };
            let turn = self.state.borrow_mut().turn(&root.digest);
            let mut is_done = turn.lock().await;
            if !*is_done {
                self.tree(root, 0, Some(&tags)).await?;
                *is_done = true;
            }
            if let Some(companion) = &companion {
                Box::pin(self.finish_companion(companion)).await?;
            }
        }
    }

    /// Copies everything below a manifest, and then itself by digest. `companion_tags` are given if referrers are copied
    /// too.
    fn tree<'b>(
        &'b self,
        manifest: Rc<FetchedManifest>,
        depth: usize,
        companion_tags: Option<&'b HashSet<String>>,
    ) -> Tree<'b> {
        Box::pin(async move {
            let node = self.below(manifest, depth, companion_tags).await?;
            self.manifest(&node).await?;
            let Some(tags) = companion_tags else { return Ok(()) };
            let (source, digest) = (&self.source, &node.manifest.digest);
            for referrer in Box::pin(source.referrers(digest, None)).await? {
                let is_new = self.state.borrow_mut().is_new(&referrer.digest);
                if is_new {
                    let manifest = source.child_manifest(&referrer).await?;
                    self.state.borrow_mut().waiting.push((manifest, None));
                }
            }
            for companion in Box::pin(self.companions(tags, digest)).await? {
                self.state.borrow_mut().waiting.push((companion.manifest.clone(), Some(companion)));
            }
            Ok(())
        })
    }

    /// Copies the children of a manifest, and returns it with the blobs that it needs.
    async fn below(
        &self,
        manifest: Rc<FetchedManifest>,
        depth: usize,
        companion_tags: Option<&HashSet<String>>,
    ) -> Result<Node> {
        if depth > NESTING_LIMIT {
            let message = format!("there are nested indexes deeper than {NESTING_LIMIT} levels");
            return Err(Error::new(code::INDEX_LIMIT, message).with_number("limit", NESTING_LIMIT as u64));
        }
        self.state.borrow_mut().enter()?;
        let (node, children) = tree::node(&self.source, manifest, self.options.unknown_kinds).await?;
        let index = &node.manifest.digest;
        let mut copies = children
            .into_iter()
            .map(|child| -> Question<'_, ()> { Box::pin(self.child(index, child, depth + 1, companion_tags)) });
        all(self.at_a_time, &mut copies).await?;
        Ok(node)
    }

    async fn child(
        &self,
        index: &Digest,
        child: Part,
        depth: usize,
        companion_tags: Option<&HashSet<String>>,
    ) -> Result<()> {
        let digest = child.descriptor().digest.clone();
        let turn = self.state.borrow_mut().turn(&digest);
        let mut is_done = turn.lock().await;
        if *is_done {
            return Ok(());
        }
        match part::found(&self.source, child).await.map_err(platform::lists(index))? {
            Found::Manifest(manifest) => self.tree(manifest, depth, companion_tags).await?,
            Found::Blob(blob) => self.blob_in_turn(&blob).await?,
        }
        *is_done = true;
        Ok(())
    }

    /// Copies a manifest whose children are at the target: its blobs, then itself.
    async fn manifest(&self, node: &Node) -> Result<()> {
        let manifest = &node.manifest;
        let reference = Reference::Digest(manifest.digest.clone());
        let observed = async {
            match self.target.observe(&reference).await {
                Ok(there) => Ok(there.is_some()),
                // A push-only client may not read the target; wrong content counts as missing.
                Err(error) if error.status.is_some() => Ok(false),
                Err(error) => Err(error),
            }
        };
        // The blobs of an existing manifest are checked too.
        let ((), is_there) = try_join(self.blobs(&node.blobs), Box::pin(observed)).await?;
        if is_there { self.exists(manifest).await } else { self.store(manifest).await }
    }

    /// Copies a manifest that the target does not have.
    pub(super) async fn whole(&self, node: &Node) -> Result<()> {
        self.blobs(&node.blobs).await?;
        self.store(&node.manifest).await
    }

    async fn store(&self, manifest: &Rc<FetchedManifest>) -> Result<()> {
        self.put(&Reference::Digest(manifest.digest.clone()), manifest).await?;
        self.sent(manifest);
        Ok(())
    }

    fn sent(&self, manifest: &FetchedManifest) {
        self.state.borrow_mut().manifest(&manifest.digest, Outcome::Sent);
        self.tell_whole(&manifest.descriptor(), Stage::Copied);
    }

    async fn exists(&self, manifest: &Rc<FetchedManifest>) -> Result<()> {
        self.state.borrow_mut().manifest(&manifest.digest, Outcome::Existed);
        self.tell_whole(&manifest.descriptor(), Stage::Exists);
        // The writer that pushed it may not have updated the referrers tag.
        match &manifest.manifest.subject {
            Some(subject) => Box::pin(self.target.list_referrer(subject, manifest)).await,
            None => Ok(()),
        }
    }

    /// Points the target's tag at the copy; `None` if it does already. `is_tagged` says that it did before the copy, which is old
    /// if anything was sent since.
    async fn point(&self, tag: &Tag, root: &Rc<FetchedManifest>, is_tagged: bool) -> Result<Option<Pushed>> {
        let has_sent = self.state.borrow().counts.has_sent();
        if is_tagged && !has_sent {
            return Ok(None);
        }
        let _writing = self.target.turn(tag).await;
        // No registry supports a conditional PUT, so the tag is checked right before it.
        if is_tagged || self.options.if_match.is_some() {
            let now = self.target.before_move(tag, self.options.if_match.as_ref()).await?;
            if now.as_ref().is_some_and(|now| root.is_named(&now.digest)) {
                return Ok(None);
            }
            check_before(self.reference, self.options, now.as_deref(), root)?;
        }
        let still = self.target.still(tag, self.options.if_match.as_ref(), root);
        self.put_under(tag, root, still).await.map(Some)
    }

    pub(super) fn is_within_registry(&self) -> bool {
        self.source.api.base() == self.target.api.base()
    }

    pub(super) fn tell_whole(&self, what: &Descriptor, stage: Stage) {
        if let Some(watcher) = &self.options.watcher {
            watcher(&Step { digest: what.digest.clone(), stage, loaded: what.size, total: what.size });
        }
    }
}
