//! Copying an image, an index or an artifact: within a registry its blobs are mounted, between registries they stream
//! through and are verified on the way. Children come before parents and the tag comes last, so that it never points to
//! something that is not whole. What is there already is passed over: a copy that was interrupted is just made again.

mod selection;
mod tree;

use std::cell::RefCell;
use std::collections::{HashSet, VecDeque};
use std::rc::Rc;

use futures_util::future::try_join_all;
use serde::Serialize;

use super::blob_pull::BlobPull;
use super::blob_push::{Outcome, Push};
use super::blob_source::{BlobSource, Next};
use super::connection::Connection;
use super::manifests::FetchedManifest;
use super::schema1::Form;
use super::settings::Call;
use crate::protocol::code;
use crate::protocol::descriptor::Descriptor;
use crate::protocol::digest::{Algorithm, Digest};
use crate::protocol::platform::Platform;
use crate::protocol::reference::{Reference, RepositoryName};
use crate::transport::{Error, Host, Result};

/// Blobs on their way at a time: each holds two chunks in memory.
const AT_A_TIME: usize = 4;

/// Something in a repository.
pub struct Place<H: Host> {
    /// The registry.
    pub(super) connection: Rc<Connection<H>>,
    /// The repository.
    pub(super) name: RepositoryName,
    /// The tag or digest.
    pub(super) reference: Reference,
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

/// What to copy, and whom to tell.
#[derive(Clone, Default)]
pub struct Options {
    /// Platforms of an index; none: all of it.
    pub platforms: Vec<Platform>,
    /// What refers to the image comes along: signatures, bills of materials.
    pub referrers: bool,
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
    let found = source.connection.manifest(&source.name, &source.reference, None, call).await?;
    let root = match options.platforms.as_slice() {
        [] => found,
        platforms => selection::of(&source.connection, &source.name, found, platforms, call).await?,
    };
    let converted = match (&root.schema1, options.convert) {
        (Some(legacy), Some(form)) => {
            Some(Box::pin(source.connection.convert(&source.name, legacy, form, call)).await?)
        }
        _ => None,
    };
    let root = converted.as_ref().map_or(root, |converted| converted.manifest.clone());
    check_target(&target.reference, &root.digest)?;
    let copying = Copying { source, target, options, call, counts: RefCell::default(), there: RefCell::default() };
    if let Some(converted) = converted {
        copying.config(converted.config).await?;
    }
    copying.all(root.clone()).await?;
    copying.finish(&root).await?;
    Ok((root.descriptor(), copying.counts.into_inner()))
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
    source: &'a Place<H>,
    target: &'a Place<H>,
    options: &'a Options,
    call: &'a Call,
    counts: RefCell<Copied>,
    /// Blobs that are at the target for sure.
    there: RefCell<HashSet<Digest>>,
}

impl<H: Host> Copying<'_, H> {
    /// Everything that `root` is made of, itself included, under its digests; and what refers to any of it, if that is
    /// wanted.
    async fn all(&self, root: Rc<FetchedManifest>) -> Result<()> {
        let Place { connection, name, .. } = self.source;
        let mut seen = HashSet::from([root.digest.clone()]);
        let mut waiting = vec![root];
        while let Some(root) = waiting.pop() {
            for manifest in tree::manifests(connection, name, root, self.call).await? {
                seen.insert(manifest.digest.clone());
                self.manifest(&manifest).await?;
                if self.options.referrers {
                    let about = Box::pin(connection.referrers(name, &manifest.digest, None, self.call)).await?;
                    for referrer in about {
                        tree::check_count(seen.len())?;
                        if !seen.insert(referrer.digest.clone()) {
                            continue;
                        }
                        waiting.push(connection.child_manifest(name, &referrer, self.call).await?);
                    }
                }
            }
        }
        Ok(())
    }

    /// A manifest whose children are there: its blobs, then itself.
    async fn manifest(&self, manifest: &Rc<FetchedManifest>) -> Result<()> {
        let Place { connection, name, .. } = self.target;
        let reference = Reference::Digest(manifest.digest.clone());
        let size = manifest.bytes.len() as u64;
        // A registry takes no manifest whose parts it lacks: where it is, they are.
        if connection.head_manifest(name, &reference, self.call).await?.is_some() {
            self.counts.borrow_mut().existing += 1;
            self.tell(&manifest.digest, Stage::Exists, size, size);
            return Ok(());
        }
        let blobs = match &manifest.schema1 {
            Some(legacy) => {
                let Place { connection, name, .. } = self.source;
                let wanted = legacy.document.blobs.iter();
                Box::pin(connection.schema1_layers(name, legacy, wanted, self.call)).await?
            }
            None => tree::blobs(manifest),
        };
        self.blobs(blobs).await?;
        connection.push_manifest(name, &reference, manifest, self.call).await?;
        self.counts.borrow_mut().manifests += 1;
        self.tell(&manifest.digest, Stage::Copied, size, size);
        Ok(())
    }

    async fn blobs(&self, blobs: Vec<Descriptor>) -> Result<()> {
        let waiting: RefCell<VecDeque<Descriptor>> = RefCell::new(blobs.into());
        let next = || waiting.borrow_mut().pop_front();
        let worker = || async {
            while let Some(blob) = next() {
                self.blob(&blob).await?;
            }
            Ok::<_, Error>(())
        };
        try_join_all((0..AT_A_TIME).map(|_| worker())).await.map(drop)
    }

    async fn blob(&self, blob: &Descriptor) -> Result<()> {
        if !self.there.borrow_mut().insert(blob.digest.clone()) {
            return Ok(());
        }
        let Place { connection, name, .. } = self.target;
        let source = Later {
            connection: self.source.connection.clone(),
            name: self.source.name.clone(),
            blob: blob.clone(),
            call: self.call.clone(),
            pull: None,
        };
        let mut push = Push::new(Box::new(source));
        push.digest = Some(blob.digest.clone());
        if self.source.connection.base() == connection.base() && self.source.name != *name {
            push.from.push(self.source.name.clone());
        }
        let (watcher, digest, total) = (self.options.watcher.clone(), blob.digest.clone(), blob.size);
        push.progress = Box::new(move |loaded| {
            if let Some(watcher) = &watcher {
                watcher(&Step { digest: digest.clone(), stage: Stage::Copying, loaded, total });
            }
        });
        let (_, outcome) = connection.push_blob(name, push, self.call).await?;
        let stage = {
            let mut counts = self.counts.borrow_mut();
            match outcome {
                Outcome::Existed => {
                    counts.existing += 1;
                    Stage::Exists
                }
                Outcome::Mounted => {
                    counts.mounted += 1;
                    Stage::Mounted
                }
                Outcome::Sent => {
                    counts.blobs += 1;
                    counts.bytes += blob.size;
                    Stage::Copied
                }
            }
        };
        self.tell(&blob.digest, stage, blob.size, blob.size);
        Ok(())
    }

    /// The config of what was converted, which the source does not have.
    async fn config(&self, config: Vec<u8>) -> Result<()> {
        let Place { connection, name, .. } = self.target;
        let (digest, size) = (Digest::of(Algorithm::Sha256, &config), config.len() as u64);
        let stage = if connection.head_blob(name, &digest, self.call).await?.is_some() {
            self.counts.borrow_mut().existing += 1;
            Stage::Exists
        } else {
            connection.push_small_blob(name, config, self.call).await?;
            let mut counts = self.counts.borrow_mut();
            counts.blobs += 1;
            counts.bytes += size;
            Stage::Copied
        };
        self.tell(&digest, stage, size, size);
        self.there.borrow_mut().insert(digest);
        Ok(())
    }

    /// The target's tag.
    async fn finish(&self, root: &Rc<FetchedManifest>) -> Result<()> {
        let Place { connection, name, reference } = self.target;
        let Reference::Tag(tag) = reference else { return Ok(()) };
        let there = connection.head_manifest(name, reference, self.call).await?;
        match there {
            Some(there) if there.digest == root.digest => Ok(()),
            _ => connection.put_tag(name, tag, root, self.call).await,
        }
    }

    fn tell(&self, digest: &Digest, stage: Stage, loaded: u64, total: u64) {
        if let Some(watcher) = &self.options.watcher {
            watcher(&Step { digest: digest.clone(), stage, loaded, total });
        }
    }
}

/// A blob that is asked for only if its bytes are needed.
struct Later<H: Host> {
    connection: Rc<Connection<H>>,
    name: RepositoryName,
    blob: Descriptor,
    call: Call,
    pull: Option<BlobPull<H>>,
}

impl<H: Host> BlobSource<H::Chunk> for Later<H> {
    fn next(&mut self) -> Next<'_, H::Chunk> {
        Box::pin(async {
            if self.pull.is_none() {
                let (digest, size) = (&self.blob.digest, Some(self.blob.size));
                let mut pull = self.connection.blob(&self.name, digest, size, &self.call).await?;
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
}
