//! Running a copy: children before parents, the tag last.

use crate::protocol::code;
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::reference::Reference;
use crate::registry::api::place::Place;
use crate::registry::api::repo::Repo;
use crate::registry::api::settings::Call;
use crate::registry::blob::pull::BlobPull;
use crate::registry::blob::push_strategy::{Outcome, Push};
use crate::registry::blob::source::{BlobSource, Next};
use crate::registry::copy::options::{Copied, Options, Stage, Step};
use crate::registry::copy::selection;
use crate::registry::copy::state::{Companion, State};
use crate::registry::copy::tree::{Node, Walk};
use crate::registry::manifest::get::FetchedManifest;
use crate::transport::{Error, Host, Result};
use futures_util::future::try_join_all;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

/// Blobs sent at the same time. Each has the bytes sent last, or two chunks, in memory.
const AT_A_TIME: usize = 4;

/// Copies `source` to `target` and returns the descriptor of the target.
pub async fn copy<H: Host>(
    source: &Place<H>,
    target: &Place<H>,
    options: &Options,
    call: &Call,
) -> Result<(Descriptor, Copied)> {
    let (from, to) = (source.in_call(call), target.in_call(call));
    from.require_v2("copy() from here").await?;
    to.require_v2("copy() to here").await?;
    let found = from.current(&source.reference).await?;
    let root = match options.platforms.as_slice() {
        [] => found,
        platforms => selection::of(&from, found, platforms).await?,
    };
    let converted = match (&root.schema1, options.convert) {
        (Some(legacy), Some(form)) => Some(Box::pin(from.convert(legacy, form)).await?),
        _ => None,
    };
    let root = converted.as_ref().map_or(root, |converted| converted.manifest.clone());
    check_target(&target.reference, &root.digest)?;
    let reference = &target.reference;
    let copying = Copying { source: from, target: to, reference, options, state: RefCell::default() };
    copying.check_expected(None).await?;
    if let Some(converted) = converted {
        copying.config(converted.config).await?;
    }
    copying.all(root.clone()).await?;
    copying.finish(&root).await?;
    Ok((root.descriptor(), copying.state.into_inner().counts))
}

/// Fails if the target is a digest other than the source's.
fn check_target(reference: &Reference, digest: &Digest) -> Result<()> {
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
    pub(super) reference: &'a Reference,
    pub(super) options: &'a Options,
    pub(super) state: RefCell<State>,
}

impl<H: Host> Copying<'_, H> {
    /// Copies everything below `root` and itself by digest, and its referrers if the options ask for them.
    async fn all(&self, root: Rc<FetchedManifest>) -> Result<()> {
        let companion_tags = match self.options.referrers {
            true => Some(Box::pin(self.companion_tags()).await?),
            false => None,
        };
        let mut walk = Walk::new(&self.source, self.options.unknown_kinds);
        walk.visit(&root.digest)?;
        let mut waiting: Vec<(Rc<FetchedManifest>, Option<Companion>)> = vec![(root, None)];
        while let Some((root, companion)) = waiting.pop() {
            walk.enter(root).await?;
            while let Some(node) = walk.next().await? {
                self.manifest(&node).await?;
                let Some(tags) = &companion_tags else { continue };
                let (source, digest) = (&self.source, &node.manifest.digest);
                for referrer in Box::pin(source.referrers(digest, None)).await? {
                    if walk.visit(&referrer.digest)? {
                        waiting.push((source.child_manifest(&referrer).await?, None));
                    }
                }
                for companion in Box::pin(self.companions(tags, digest)).await? {
                    if walk.visit(&companion.manifest.digest)? {
                        waiting.push((companion.manifest.clone(), Some(companion)));
                    } else {
                        Box::pin(self.finish_companion(&companion)).await?;
                    }
                }
            }
            if let Some(companion) = &companion {
                Box::pin(self.finish_companion(companion)).await?;
            }
        }
        Ok(())
    }

    /// Copies a manifest whose children are at the target: its blobs, then itself.
    async fn manifest(&self, node: &Node) -> Result<()> {
        let manifest = &node.manifest;
        let reference = Reference::Digest(manifest.digest.clone());
        let is_there = match self.target.observe(&reference).await {
            Ok(there) => there.is_some(),
            // A push-only client may not read the target; wrong content counts as missing.
            Err(error) if error.status.is_some() => false,
            Err(error) => return Err(error),
        };
        if !is_there {
            return self.whole(node).await;
        }
        self.blobs(&node.blobs).await?;
        self.state.borrow_mut().manifest(&manifest.digest, Outcome::Existed);
        self.tell_whole(&manifest.descriptor(), Stage::Exists);
        // The writer that pushed it may not have updated the referrers tag.
        match &manifest.manifest.subject {
            Some(subject) => Box::pin(self.target.list_referrer(subject, manifest)).await,
            None => Ok(()),
        }
    }

    /// Copies a manifest that the target does not have.
    pub(super) async fn whole(&self, node: &Node) -> Result<()> {
        let manifest = &node.manifest;
        self.blobs(&node.blobs).await?;
        self.put(&Reference::Digest(manifest.digest.clone()), manifest).await?;
        self.state.borrow_mut().manifest(&manifest.digest, Outcome::Sent);
        self.tell_whole(&manifest.descriptor(), Stage::Copied);
        Ok(())
    }

    async fn blobs(&self, blobs: &[Descriptor]) -> Result<()> {
        let waiting: RefCell<VecDeque<&Descriptor>> = RefCell::new(blobs.iter().collect());
        let next = || waiting.borrow_mut().pop_front();
        let worker = || async {
            while let Some(blob) = next() {
                self.blob(blob).await?;
            }
            Ok::<_, Error>(())
        };
        try_join_all((0..AT_A_TIME).map(|_| worker())).await.map(drop)
    }

    async fn blob(&self, blob: &Descriptor) -> Result<()> {
        let is_new = self.state.borrow_mut().begin(&blob.digest);
        if is_new { self.push(blob, false).await } else { Ok(()) }
    }

    /// Copies a blob. If `anyway`, its bytes are sent even if the target reports that it has them.
    pub(super) async fn push(&self, blob: &Descriptor, anyway: bool) -> Result<()> {
        let source = LazyPull { repo: self.source.clone(), blob: blob.clone(), pull: None };
        let mut push = Push::new(Box::new(source));
        push.digest = Some(blob.digest.clone());
        push.is_sent_anyway = anyway;
        push.chunk_size = self.options.chunk_size;
        if !anyway && self.source.api.base() == self.target.api.base() && self.source.name != self.target.name {
            push.from.push(self.source.name.clone());
        }
        let (watcher, digest, total) = (self.options.watcher.clone(), blob.digest.clone(), blob.size);
        push.progress = Box::new(move |loaded| {
            if let Some(watcher) = &watcher {
                watcher(&Step { digest: digest.clone(), stage: Stage::Copying, loaded, total });
            }
        });
        let (_, outcome) = self.target.push_blob(push).await?;
        let outcome = if anyway { Outcome::Sent } else { outcome };
        self.state.borrow_mut().blob(blob, outcome);
        let stage = match outcome {
            Outcome::Existed => Stage::Exists,
            Outcome::Mounted => Stage::Mounted,
            Outcome::Sent => Stage::Copied,
        };
        self.tell_whole(blob, stage);
        Ok(())
    }

    /// Pushes the config of a converted image, which the source does not have. It is sent even if it exists.
    async fn config(&self, config: Vec<u8>) -> Result<()> {
        let size = config.len() as u64;
        let digest = self.target.push_small_blob(config).await?;
        let descriptor = Descriptor::new(String::new(), digest, size);
        self.state.borrow_mut().blob(&descriptor, Outcome::Sent);
        self.tell_whole(&descriptor, Stage::Copied);
        Ok(())
    }

    /// Points the target's tag at the copy.
    async fn finish(&self, root: &Rc<FetchedManifest>) -> Result<()> {
        if let Reference::Digest(_) = self.reference {
            return Ok(());
        }
        if self.check_expected(Some(root)).await? {
            return Ok(());
        }
        self.put(self.reference, root).await
    }

    /// Checks `if_match`. Returns true if the target's tag points to `root` already.
    async fn check_expected(&self, root: Option<&FetchedManifest>) -> Result<bool> {
        let expected = self.options.if_match.as_ref();
        if expected.is_none() && root.is_none() {
            return Ok(false);
        }
        let Reference::Tag(tag) = self.reference else {
            let message = "options.ifMatch: it applies to a tag, but the target is a digest";
            return Err(Error::new(code::INVALID_ARGUMENT, message));
        };
        let now = self.target.before_move(tag, expected).await?;
        Ok(root.is_some_and(|root| now.is_some_and(|now| now.digest == root.digest)))
    }

    fn tell_whole(&self, what: &Descriptor, stage: Stage) {
        if let Some(watcher) = &self.options.watcher {
            watcher(&Step { digest: what.digest.clone(), stage, loaded: what.size, total: what.size });
        }
    }
}

/// A blob that is requested only when its bytes are needed.
struct LazyPull<H: Host> {
    repo: Repo<H>,
    blob: Descriptor,
    pull: Option<BlobPull<H>>,
}

impl<H: Host> BlobSource<H::Chunk> for LazyPull<H> {
    fn next(&mut self) -> Next<'_, H::Chunk> {
        Box::pin(async {
            if self.pull.is_none() {
                let (digest, size) = (&self.blob.digest, Some(self.blob.size));
                let mut pull = self.repo.blob(digest, size).await?;
                // It is read at the pace of the upload; other requests may use its permit.
                pull.release_permit();
                self.pull = Some(pull);
            }
            match &mut self.pull {
                Some(pull) => pull.next().await,
                None => Ok(None),
            }
        })
    }

    fn size(&self) -> Option<u64> {
        Some(self.blob.size)
    }

    fn can_rewind(&self) -> bool {
        true
    }

    fn rewind(&mut self) -> bool {
        self.pull = None;
        true
    }

    fn proven(&self) -> Option<&Digest> {
        Some(&self.blob.digest)
    }
}
