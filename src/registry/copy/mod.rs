//! Copying an image, an index or an artifact: within a registry its blobs are mounted, between registries they stream
//! through and are verified on the way. Children come before parents and the tag comes last, so that it never points to
//! something that is not whole. What is there already is passed over: a copy that was interrupted is just made again. Of a
//! manifest that is at the target already the blobs are looked for all the same: registries lose them.

mod cosign;
mod lacking;
mod selection;
mod state;
mod tree;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use futures_util::future::try_join_all;
use serde::Serialize;

use crate::protocol::code;
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::platform::Platform;
use crate::protocol::oci::reference::{Reference, RepositoryName};
use crate::registry::api::connection::Connection;
use crate::registry::api::repo::Repo;
use crate::registry::api::settings::Call;
use crate::registry::blob::pull::BlobPull;
use crate::registry::blob::push::{Outcome, Push};
use crate::registry::blob::source::{BlobSource, Next};
use crate::registry::copy::cosign::Companion;
use crate::registry::copy::state::State;
use crate::registry::copy::tree::{Node, Walk};
use crate::registry::legacy::schema1::Form;
use crate::registry::manifest::get::FetchedManifest;
use crate::registry::tag::set::Expected;
use crate::transport::{Error, Host, Result};

/// Blobs on their way at a time: each holds what was sent last of it, or two chunks, in memory.
const AT_A_TIME: usize = 4;

/// Something in a repository.
pub struct Place<H: Host> {
    /// The registry.
    pub(super) api: Rc<Connection<H>>,
    /// The repository.
    pub(super) name: RepositoryName,
    /// The tag or digest.
    pub(super) reference: Reference,
}

impl<H: Host> Place<H> {
    fn in_call(&self, call: &Call) -> Repo<H> {
        Repo::new(&self.api, self.name.clone(), call)
    }
}

/// How far a copy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It was there already.
    Exists,
    /// The registry took it over from another of its repositories.
    Mounted,
    /// Its bytes are on their way, or have come.
    Copying,
    /// It is there.
    Copied,
}

/// What happens to a blob or manifest of a copy.
#[derive(Debug, Clone)]
pub struct Step {
    /// Which.
    pub digest: Digest,
    /// What.
    pub stage: Stage,
    /// Bytes of it that are at the target.
    pub loaded: u64,
    /// Its bytes.
    pub total: u64,
}

/// Told of each step.
pub type Watcher = Rc<dyn Fn(&Step)>;

/// How a copy treats manifests that may refer to more content than can be read: those of unknown kinds, and broken ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum UnknownKinds {
    /// An error.
    #[default]
    Reject,
    /// They are copied, with what of their parts can be read.
    ManifestOnly,
}

/// What to copy, and whom to tell.
#[derive(Clone, Default)]
pub struct Options {
    /// Platforms of an index; none: all of it.
    pub platforms: Vec<Platform>,
    /// What refers to the image comes along, by its subject or by cosign's tags: signatures, bills of materials.
    pub referrers: bool,
    /// Bytes per request, for targets that limit its size; see [`Push`].
    pub chunk_size: Option<u64>,
    /// What the target's tag must point to for it to be moved; `None`: anything.
    pub if_match: Option<Expected>,
    /// How to treat manifests that may refer to more content than can be read.
    pub unknown_kinds: UnknownKinds,
    /// What becomes of an image of schema 1; `None`: it stays as it is.
    pub convert: Option<Form>,
    /// Told of each step.
    pub watcher: Option<Watcher>,
}

/// What a copy did.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Copied {
    /// Manifests that were put.
    pub manifests: u64,
    /// Blobs whose bytes were moved, and how many bytes that were.
    pub blobs: u64,
    /// See `blobs`.
    pub bytes: u64,
    /// Blobs the target took over from another of its repositories.
    pub mounted: u64,
    /// Blobs and manifests that were there.
    pub existing: u64,
}

/// Copies `source` to `target`. The result's descriptor is that of what the target's reference now is.
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

/// A digest as target must be the source's.
fn check_target(reference: &Reference, digest: &Digest) -> Result<()> {
    match reference {
        Reference::Digest(wanted) if wanted != digest => {
            let message = format!("target: {wanted} is the digest of something else; what is copied is {digest}");
            Err(Error::new(code::INVALID_ARGUMENT, message))
        }
        _ => Ok(()),
    }
}

struct Copying<'a, H: Host> {
    source: Repo<H>,
    target: Repo<H>,
    /// What is written in the end.
    reference: &'a Reference,
    options: &'a Options,
    state: RefCell<State>,
}

impl<H: Host> Copying<'_, H> {
    /// Everything that `root` is made of, itself included, under its digests; and what refers to any of it, if that is
    /// wanted.
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

    /// A manifest whose children are there: its blobs, then itself.
    async fn manifest(&self, node: &Node) -> Result<()> {
        let manifest = &node.manifest;
        let reference = Reference::Digest(manifest.digest.clone());
        let is_there = match self.target.observe(&reference).await {
            Ok(there) => there.is_some(),
            // Who may only push is not told; and what is not its content is not there.
            Err(error) if error.status.is_some() => false,
            Err(error) => return Err(error),
        };
        if !is_there {
            return self.whole(node).await;
        }
        self.blobs(&node.blobs).await?;
        self.state.borrow_mut().manifest(&manifest.digest, Outcome::Existed);
        self.tell_whole(&manifest.descriptor(), Stage::Exists);
        // Whoever put it may not have come to that.
        match &manifest.manifest.subject {
            Some(subject) => Box::pin(self.target.list_referrer(subject, manifest)).await,
            None => Ok(()),
        }
    }

    /// The same where it is not at the target.
    async fn whole(&self, node: &Node) -> Result<()> {
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

    /// `anyway`: its bytes move even if the target says that it has them.
    async fn push(&self, blob: &Descriptor, anyway: bool) -> Result<()> {
        let source = Later { repo: self.source.clone(), blob: blob.clone(), pull: None };
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

    /// The config of what was converted, which the source does not have: it is sent whether it is there or not.
    async fn config(&self, config: Vec<u8>) -> Result<()> {
        let size = config.len() as u64;
        let digest = self.target.push_small_blob(config).await?;
        let descriptor = Descriptor::new(String::new(), digest, size);
        self.state.borrow_mut().blob(&descriptor, Outcome::Sent);
        self.tell_whole(&descriptor, Stage::Copied);
        Ok(())
    }

    /// The target's tag.
    async fn finish(&self, root: &Rc<FetchedManifest>) -> Result<()> {
        if let Reference::Digest(_) = self.reference {
            return Ok(());
        }
        if self.check_expected(Some(root)).await? {
            return Ok(());
        }
        self.put(self.reference, root).await
    }

    /// Makes sure of `if_match`. Whether the target's tag points to `root` already.
    async fn check_expected(&self, root: Option<&FetchedManifest>) -> Result<bool> {
        let expected = self.options.if_match.as_ref();
        if expected.is_none() && root.is_none() {
            return Ok(false);
        }
        let Reference::Tag(tag) = self.reference else {
            let message = "options.ifMatch: it is about the target's tag, and the target is a digest";
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

/// A blob that is asked for only if its bytes are needed.
struct Later<H: Host> {
    repo: Repo<H>,
    blob: Descriptor,
    pull: Option<BlobPull<H>>,
}

impl<H: Host> BlobSource<H::Chunk> for Later<H> {
    fn next(&mut self) -> Next<'_, H::Chunk> {
        Box::pin(async {
            if self.pull.is_none() {
                let (digest, size) = (&self.blob.digest, Some(self.blob.size));
                let mut pull = self.repo.blob(digest, size).await?;
                // It is read as fast as the upload goes: its place among the requests is for others.
                pull.hand_over();
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
