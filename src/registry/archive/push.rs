//! Pushing what an archive has: blobs from wherever they are, then manifests.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

use async_lock::Mutex;

use crate::protocol::code;
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::reference::{Reference, Tag};
use crate::registry::api::repo::Repo;
use crate::registry::archive::data::RandomAccess;
use crate::registry::archive::members::{Member, Members};
use crate::registry::archive::plan::Plan;
use crate::registry::archive::source::{Content, Origin};
use crate::registry::archive::survey::{Survey, may_be_document};
use crate::registry::archive::{digest_of, invalid};
use crate::registry::blob::push_settings::{Outcome, Push};
use crate::registry::blob::source::InMemory;
use crate::registry::concurrency::{Question, all};
use crate::registry::copy::{Copied, Options, Stage, Step};
use crate::registry::manifest::get::{FetchedManifest, check_verifiable};
use crate::transport::{Chunk, Host, Result};

/// Blobs that are pushed at a time.
const AT_A_TIME: usize = 4;

/// An archive that can be read again.
pub enum Again<H: Host> {
    /// One whose members can be read from anywhere.
    Plain(Rc<dyn RandomAccess<H::Chunk>>),
    /// One that is compressed.
    Compressed,
    /// A directory.
    Files(BTreeMap<String, Rc<dyn RandomAccess<H::Chunk>>>),
}

/// The pushes of one archive.
pub struct Pushing<H: Host> {
    /// The target.
    pub repo: Repo<H>,
    options: Options,
    copied: RefCell<Copied>,
    pushed: RefCell<HashSet<Digest>>,
}

impl<H: Host> Pushing<H> {
    /// Pushes to a repository.
    pub fn new(repo: Repo<H>, options: Options) -> Self {
        Self { repo, options, copied: RefCell::default(), pushed: RefCell::default() }
    }

    /// What was pushed so far.
    pub fn copied(&self) -> Copied {
        self.copied.borrow().clone()
    }

    /// Reads an archive to its end, and pushes its blobs as they come: all, until the plan is known. `plan` fails while a document is
    /// missing that it needs.
    pub async fn passing(&self, members: Members<H>, plan: &dyn Fn(&Survey) -> Result<Plan>) -> Result<Survey> {
        let members = Rc::new(Mutex::new(members));
        let (mut survey, mut wanted, mut tried) = (Survey::default(), None::<HashSet<Digest>>, 0);
        loop {
            let Some(member) = members.lock().await.next().await? else { return Ok(survey) };
            survey.add(&member)?;
            if !member.is_file {
                continue;
            }
            let first = members.lock().await.chunk().await?;
            let mut content = None;
            if may_be_document(&member, first.as_ref())? {
                content = survey.keep(&self.repo.api, &mut *members.lock().await, &member, first.clone()).await?;
                if content.is_none() {
                    continue;
                }
            }
            let Some(digest) = digest_of(&member.path) else { continue };
            if wanted.is_none() && survey.kept() != tried {
                tried = survey.kept();
                wanted = match plan(&survey) {
                    Ok(plan) => Some(plan.blobs.into_iter().map(|(blob, _)| blob.digest).collect()),
                    // What is missing may still come.
                    Err(error) if [code::ARCHIVE_INVALID, code::UNSUPPORTED].contains(&error.code.as_ref()) => None,
                    Err(error) => return Err(error),
                };
            }
            if wanted.as_ref().is_none_or(|wanted| wanted.contains(&digest)) {
                let blob = Descriptor::new(String::new(), digest, member.size);
                match content {
                    Some(bytes) => self.document(&blob, &bytes).await?,
                    None => self.blob(&blob, Origin::Passing { members: members.clone(), first }, member).await?,
                }
            }
        }
    }

    /// Reads an archive once more, and pushes the blobs that the plan has.
    pub async fn again(&self, members: Members<H>, survey: &Survey, plan: &Plan) -> Result<()> {
        let file = |(blob, path): &(Descriptor, String)| Some((survey.file(path)?.member.path.clone(), blob.clone()));
        let wanted: BTreeMap<String, Descriptor> = plan.blobs.iter().filter_map(file).collect();
        let members = Rc::new(Mutex::new(members));
        loop {
            let Some(member) = members.lock().await.next().await? else { return Ok(()) };
            let Some(blob) = wanted.get(&member.path).filter(|_| survey.document(&member.path).is_none()) else {
                continue;
            };
            self.blob(blob, Origin::Passing { members: members.clone(), first: None }, member).await?;
        }
    }

    /// Pushes the blobs that were not pushed yet, several at a time.
    pub async fn blobs(&self, survey: &Survey, plan: &Plan, again: Option<&Again<H>>) -> Result<()> {
        let is_new = |(blob, _): &&(Descriptor, String)| !self.pushed.borrow().contains(&blob.digest);
        let waiting: Vec<_> = plan.blobs.iter().filter(is_new).collect();
        let mut pushes = waiting.into_iter().map(|(blob, path)| -> Question<'_, ()> {
            Box::pin(async move {
                let found = survey.file(path).ok_or_else(|| invalid("the archive has changed while it was read"))?;
                if let Some(document) = &found.document {
                    return self.document(blob, document).await;
                }
                let member = found.member.clone();
                let (file, at) = match again {
                    Some(Again::Plain(file)) => (Some(file), member.content_at),
                    Some(Again::Files(files)) => (files.get(&member.path), 0),
                    Some(Again::Compressed) | None => (None, 0),
                };
                let file = file.ok_or_else(|| invalid(format!("{} was not read", member.shown())))?;
                self.blob(blob, Origin::File { file: file.clone(), at, opened: None }, member).await
            })
        });
        all(AT_A_TIME.min(self.repo.api.concurrency), &mut pushes).await
    }

    /// Pushes a blob that is in memory and verified.
    async fn document(&self, blob: &Descriptor, bytes: &[u8]) -> Result<()> {
        let push = Push::new(Box::new(InMemory::new(H::Chunk::of(bytes))));
        let (_, outcome) = self.repo.push_blob(self.prepared(push, blob)).await?;
        self.count(blob, outcome);
        Ok(())
    }

    /// Pushes the content of a member. All of it is verified, even if the target has the blob.
    async fn blob(&self, blob: &Descriptor, origin: Origin<H>, member: Member) -> Result<()> {
        let algorithm = check_verifiable(&blob.digest)?;
        let content = Content::new(&self.repo.api, origin, member, blob, algorithm);
        let push = Push::new(Box::new(content.clone()));
        let (_, outcome) = self.repo.push_blob(self.prepared(push, blob)).await?;
        content.finish().await?;
        self.count(blob, outcome);
        Ok(())
    }

    fn prepared(&self, mut push: Push<H::Chunk>, blob: &Descriptor) -> Push<H::Chunk> {
        push.digest = Some(blob.digest.clone());
        push.chunk_size = self.options.chunk_size;
        let (watcher, digest, total) = (self.options.watcher.clone(), blob.digest.clone(), blob.size);
        push.progress = Box::new(move |loaded| {
            if let Some(watcher) = &watcher {
                watcher(&Step { digest: digest.clone(), stage: Stage::Copying, loaded, total });
            }
        });
        push
    }

    fn count(&self, blob: &Descriptor, outcome: Outcome) {
        self.pushed.borrow_mut().insert(blob.digest.clone());
        let mut copied = self.copied.borrow_mut();
        let stage = match outcome {
            Outcome::Existed => {
                copied.existing += 1;
                Stage::Exists
            }
            Outcome::Mounted => {
                copied.mounted += 1;
                Stage::Mounted
            }
            Outcome::Sent => {
                copied.blobs += 1;
                copied.bytes += blob.size;
                Stage::Copied
            }
        };
        drop(copied);
        self.tell(blob, stage);
    }

    /// Puts a manifest by its digest, unless it is there.
    pub async fn manifest(&self, manifest: &Rc<FetchedManifest>) -> Result<()> {
        let reference = Reference::Digest(manifest.digest.clone());
        match self.repo.observe(&reference).await {
            Ok(Some(_)) => self.exists(manifest),
            // A push-only client may not read the target; wrong content counts as missing.
            Err(error) if error.status.is_none() => return Err(error),
            Ok(None) | Err(_) => {
                self.repo.push_manifest(&reference, manifest).await?;
                self.sent(manifest);
            }
        }
        Ok(())
    }

    /// Points a tag at a manifest.
    pub async fn point(&self, tag: &Tag, manifest: &Rc<FetchedManifest>) -> Result<()> {
        let still = self.repo.still(tag, self.options.if_match.as_ref(), manifest);
        let pushed = self.repo.put_tag(tag, manifest, still).await?;
        self.sent(manifest);
        match &manifest.manifest.subject {
            Some(subject) if !pushed.knows_subject => Box::pin(self.repo.list_referrer(subject, manifest)).await,
            _ => Ok(()),
        }
    }

    fn sent(&self, manifest: &FetchedManifest) {
        self.copied.borrow_mut().manifests += 1;
        self.tell(&manifest.descriptor(), Stage::Copied);
    }

    /// Counts a manifest that was there.
    pub fn exists(&self, manifest: &FetchedManifest) {
        self.copied.borrow_mut().existing += 1;
        self.tell(&manifest.descriptor(), Stage::Exists);
    }

    fn tell(&self, what: &Descriptor, stage: Stage) {
        if let Some(watcher) = &self.options.watcher {
            watcher(&Step { digest: what.digest.clone(), stage, loaded: what.size, total: what.size });
        }
    }
}
