//! Reading how much a repository holds.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use serde::Serialize;

use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::listing::Told;
use crate::protocol::oci::manifest::NESTING_LIMIT;
use crate::protocol::oci::reference::{Reference, Tag};
use crate::protocol::order::sorted_by;
use crate::protocol::text::timestamp;
use crate::registry::api::repo::Repo;
use crate::registry::concurrency::{Question, all};
use crate::registry::failures::Failures;
use crate::registry::ids::Ids;
use crate::registry::image::layer::ImageLayer;
use crate::registry::listing::Listing;
use crate::registry::manifest::delete::Unread;
use crate::registry::manifest::get::FetchedManifest;
use crate::registry::manifest::part::{self, Found, Part};
use crate::registry::tag::data;
use crate::registry::usage::contents::{Content, Contents};
use crate::registry::usage::newest::{KnownTag, NewestTag, all_same, newest};
use crate::registry::usage::{Dates, Options};
use crate::transport::{Error, Host, Result};

/// How much a repository holds.
#[derive(Debug, Clone, Serialize)]
pub struct RepositoryUsage {
    /// Name of the repository.
    pub name: String,
    /// Number of tags.
    pub tags: usize,
    /// The newest tag; `None` if there is none, or nothing tells which one it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest: Option<NewestTag>,
    /// Bytes of everything that the tags lead to, each once. `None` if it was not read, or a V1 registry does not report it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Tags and manifests that could not be read, so that they are missing in the size and from the comparison of dates.
    pub unread: Vec<Unread>,
}

/// Reads one repository.
pub struct Reader<'a, H: Host> {
    repo: &'a Repo<H>,
    options: Options,
    contents: &'a Contents,
    failures: Failures,
    now: u64,
    /// What is known of each tag.
    tags: RefCell<Vec<KnownTag>>,
    /// What each tag leads to.
    roots: RefCell<Vec<Rc<Content>>>,
    unread: RefCell<Vec<Unread>>,
    /// The first image without a date, which matters once there is another one.
    undated: RefCell<Option<Rc<FetchedManifest>>>,
}

/// Tags to read by one request.
struct Target {
    reference: Reference,
    tags: Vec<String>,
    date: Option<u64>,
}

/// An entry of an index, as it was found.
enum Child {
    Content(Rc<Content>),
    Blob(Box<Descriptor>),
}

impl<'a, H: Host> Reader<'a, H> {
    pub fn new(repo: &'a Repo<H>, options: Options, contents: &'a Contents) -> Self {
        Self {
            repo,
            options,
            contents,
            failures: Failures::default(),
            now: repo.api.host().unix_ms(),
            tags: RefCell::default(),
            roots: RefCell::default(),
            unread: RefCell::default(),
            undated: RefCell::default(),
        }
    }

    /// Reads the repository, whose tags `listing` lists. A tag that cannot be read does not fail it.
    pub async fn read(self, mut listing: Listing<H>) -> Result<RepositoryUsage> {
        let (mut names, mut told) = (Vec::new(), Vec::new());
        while let Some(page) = listing.next_page().await? {
            told.append(&mut page.told());
            names.append(&mut page.to_vec());
        }
        let tags = names.len();
        let targets = self.targets(names, told);
        let (read, known): (Vec<Target>, Vec<Target>) = {
            let may_decide = tags > 1 && self.options.dates == Dates::Needed;
            let must_read = self.options.sizes || self.options.dates == Dates::All;
            targets.into_iter().partition(|target| must_read || (may_decide && target.date.is_none()))
        };
        known.into_iter().for_each(|target| self.learn(target, None, None));
        let mut works = read.into_iter().map(|target| -> Question<'_, ()> { Box::pin(self.target(target)) });
        all(self.repo.api.concurrency, &mut works).await?;
        drop(works);
        self.date_first().await?;
        let mut unread = self.unread.take();
        let size = self.options.sizes.then(|| {
            let mut found: Vec<Unread> = Vec::new();
            let (size, is_unsized) = self.contents.count(self.roots.take(), &mut |item| found.push(item.clone()));
            unread.append(&mut found);
            (!is_unsized).then_some(size)
        });
        let unread = sorted_by(unread, |one, other| one.name.cmp(&other.name));
        let newest = newest(self.tags.take());
        Ok(RepositoryUsage { name: self.repo.name.as_str().to_owned(), tags, newest, size: size.flatten(), unread })
    }

    /// Groups the tags of which the listing reports digests.
    fn targets(&self, names: Vec<String>, told: Vec<Told>) -> Vec<Target> {
        let (mut ids, mut of_tag) = (Ids::default(), Vec::new());
        let mut targets: Vec<Target> = Vec::new();
        for Told { digest, tags, created, uploaded } in told {
            let credible = |date: Option<u64>| timestamp::credible(date?, self.now);
            let date = credible(created).or_else(|| credible(uploaded));
            for tag in &tags {
                if ids.of(tag) == of_tag.len() {
                    of_tag.push(targets.len());
                }
            }
            targets.push(Target { reference: Reference::Digest(digest), tags: Vec::new(), date });
        }
        for name in names {
            let known = ids.get(&name).and_then(|id| of_tag.get(id));
            match (known.and_then(|at| targets.get_mut(*at)), Tag::parse(&name)) {
                (Some(target), _) => target.tags.push(name),
                (None, Ok(tag)) => {
                    targets.push(Target { reference: Reference::Tag(tag), tags: vec![name], date: None });
                }
                (None, Err(invalid)) => self.cannot_read(&name, &invalid.into()),
            }
        }
        targets.retain(|target| !target.tags.is_empty());
        targets
    }

    async fn target(&self, target: Target) -> Result<()> {
        if self.repo.api.is_known_v1() {
            return self.v1(target).await;
        }
        let manifest = match self.repo.manifest(&target.reference, None).await {
            Ok(manifest) => manifest,
            Err(error) => return self.excuse(target.tags.first().map_or("", String::as_str), &error),
        };
        self.failures.check(None)?;
        if self.options.sizes {
            let content = self.content(&manifest.digest, Some(manifest.clone()), None, 0).await?;
            self.roots.borrow_mut().extend(content);
        }
        let date = match target.date {
            None if self.needs_date(&manifest) => self.date(&manifest).await?,
            date => date,
        };
        self.learn(target, Some(&manifest.digest), date);
        Ok(())
    }

    /// Returns true if the date is needed now. The first image's is needed once there is another image.
    fn needs_date(&self, manifest: &Rc<FetchedManifest>) -> bool {
        match self.options.dates {
            Dates::All => true,
            Dates::Listed => false,
            Dates::Needed => {
                let mut first = self.undated.borrow_mut();
                first.get_or_insert_with(|| manifest.clone()).digest != manifest.digest
            }
        }
    }

    /// Reads the date of the first image if others have to be compared with it.
    async fn date_first(&self) -> Result<()> {
        let Some(manifest) = self.undated.take() else { return Ok(()) };
        if all_same(&self.tags.borrow()) && self.tags.borrow().iter().all(|tag| tag.date.is_none()) {
            return Ok(());
        }
        let date = self.date(&manifest).await?;
        let mut tags = self.tags.borrow_mut();
        let undated = tags.iter_mut().filter(|tag| tag.date.is_none() && tag.digest.as_ref() == Some(&manifest.digest));
        undated.for_each(|tag| tag.date = date);
        Ok(())
    }

    async fn date(&self, manifest: &Rc<FetchedManifest>) -> Result<Option<u64>> {
        let slot = self.contents.dates.of(manifest.digest.as_str());
        let mut known = slot.lock().await;
        if let Some(date) = *known {
            return Ok(date);
        }
        match data::created(self.repo, manifest).await {
            Ok(created) => {
                let date = created.and_then(|text| timestamp::credible_text(&text, self.now));
                *known = Some(date);
                Ok(date)
            }
            Err(error) => self.excuse(manifest.digest.as_str(), &error).map(|()| None),
        }
    }

    fn learn(&self, target: Target, digest: Option<&Digest>, date: Option<u64>) {
        let digest = match (&target.reference, digest) {
            (Reference::Digest(digest), None) | (_, Some(digest)) => Some(digest.clone()),
            (Reference::Tag(_), None) => None,
        };
        let date = date.or(target.date);
        let known = target.tags.into_iter().map(|tag| KnownTag { tag, digest: digest.clone(), date });
        self.tags.borrow_mut().extend(known);
    }

    /// Records what cannot be read, unless the failure affects the whole repository.
    fn excuse(&self, name: &str, error: &Error) -> Result<()> {
        self.failures.check(Some(error))?;
        self.cannot_read(name, error);
        Ok(())
    }

    fn cannot_read(&self, name: &str, error: &Error) {
        self.unread.borrow_mut().push(Unread { name: name.to_owned(), reason: error.message.clone() });
    }

    /// Returns the content of a manifest, which is read once however many tags, indexes and repositories lead to it. `None` if
    /// an entry of an index is not in the registry.
    fn content<'b>(
        &'b self,
        digest: &'b Digest,
        fetched: Option<Rc<FetchedManifest>>,
        entry: Option<&'b Descriptor>,
        depth: usize,
    ) -> Question<'b, Option<Rc<Content>>> {
        Box::pin(async move {
            let slot = self.contents.manifests.of(digest.as_str());
            let mut known = slot.lock().await;
            if let Some(content) = &*known {
                return Ok(Some(content.clone()));
            }
            let manifest = match (fetched, entry) {
                (None, Some(entry)) => match self.repo.child_manifest(entry).await {
                    Ok(manifest) => manifest,
                    // An index may list images that were never copied here.
                    Err(error) if error.is_not_found() => return Ok(None),
                    Err(error) => return self.excuse(digest.as_str(), &error).map(|()| None),
                },
                (Some(manifest), _) => manifest,
                (None, None) => return Ok(None),
            };
            let content = Rc::new(self.parts(&manifest, depth).await?);
            if content.is_whole {
                *known = Some(content.clone());
            }
            Ok(Some(content))
        })
    }

    /// Reads an entry of an index. `None` if it is not in the repository, or cannot be read.
    async fn child(&self, part: &Part, depth: usize) -> Result<Option<Child>> {
        let Part::Either(entry) = part else {
            let entry = part.descriptor();
            return Ok(self.content(&entry.digest, None, Some(entry), depth).await?.map(Child::Content));
        };
        match part::found(self.repo, Part::Either(entry.clone())).await {
            Ok(Found::Manifest(manifest)) => {
                Ok(self.content(&entry.digest, Some(manifest), None, depth).await?.map(Child::Content))
            }
            Ok(Found::Blob(blob)) => Ok(Some(Child::Blob(blob))),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => self.excuse(entry.digest.as_str(), &error).map(|()| None),
        }
    }

    async fn parts(&self, manifest: &FetchedManifest, depth: usize) -> Result<Content> {
        let id = self.contents.id(manifest.digest.as_str())?;
        let own = (id, manifest.bytes.len() as u64);
        let mut content = Content { id: Some(id), parts: vec![own], ..Content::default() };
        let mut doubt = manifest.manifest.problem.as_ref().map(|problem| problem.message.clone());
        let parts = manifest.stored_parts();
        let mut blobs = parts.blobs;
        match self.measured(manifest, &parts.unsized_blobs).await {
            Ok(mut measured) => blobs.append(&mut measured),
            Err(error) => {
                self.failures.check(Some(&error))?;
                doubt.get_or_insert_with(|| error.message.clone());
            }
        }
        let (found, others, is_whole) = (RefCell::new(Vec::new()), RefCell::new(Vec::new()), Cell::new(true));
        if depth >= NESTING_LIMIT && !(parts.manifests.is_empty() && parts.either.is_empty()) {
            doubt.get_or_insert_with(|| format!("indexes are nested deeper than {NESTING_LIMIT} levels"));
        } else {
            let either = parts.either.into_iter().map(Part::Either);
            let entries: Vec<Part> = parts.manifests.into_iter().map(Part::Manifest).chain(either).collect();
            let mut works = entries.iter().map(|part| -> Question<'_, ()> {
                let (found, others, is_whole) = (&found, &others, &is_whole);
                Box::pin(async move {
                    match self.child(part, depth + 1).await? {
                        Some(Child::Content(child)) => found.borrow_mut().push(child),
                        Some(Child::Blob(blob)) => others.borrow_mut().push(*blob),
                        None => is_whole.set(false),
                    }
                    Ok(())
                })
            });
            all(self.repo.api.concurrency, &mut works).await?;
        }
        content.children = found.take();
        blobs.append(&mut others.take());
        for blob in blobs {
            content.parts.push((self.contents.id(blob.digest.as_str())?, blob.size));
        }
        content.is_whole = is_whole.get() && doubt.is_none() && content.children.iter().all(|child| child.is_whole);
        content.unread.extend(doubt.map(|reason| Unread { name: manifest.digest.to_string(), reason }));
        Ok(content)
    }

    /// Returns the blobs of which the manifest states no size.
    async fn measured(&self, manifest: &FetchedManifest, unsized_blobs: &[Digest]) -> Result<Vec<Descriptor>> {
        let mut blobs = Vec::new();
        if let Some(schema1) = &manifest.schema1 {
            blobs = self.repo.api.legacy().await?.blobs(self.repo, schema1).await?;
        }
        for digest in unsized_blobs {
            blobs.extend(self.repo.head_blob(digest).await?);
        }
        Ok(blobs)
    }

    /// Reads an image of a V1 registry, whose layers are named by the ids of their images.
    async fn v1(&self, target: Target) -> Result<()> {
        let name = target.tags.first().cloned().unwrap_or_default();
        let find = async { self.repo.api.legacy().await?.find(self.repo, &target.reference, None).await };
        let image = match find.await {
            Ok(image) => image,
            Err(error) => return self.excuse(&name, &error),
        };
        self.failures.check(None)?;
        let mut content = Content::default();
        for layer in image.layers() {
            let ImageLayer::V1(layer) = layer else { continue };
            content.parts.push((self.contents.id(layer.id.as_str())?, layer.size.unwrap_or_default()));
            content.is_unsized |= layer.size.is_none();
        }
        self.roots.borrow_mut().push(Rc::new(content));
        let date = image.created().and_then(|created| timestamp::credible_text(created, self.now));
        self.learn(target, None, date);
        Ok(())
    }
}
