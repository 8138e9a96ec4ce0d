//! Writing an archive: what refers to something stands before it, and blobs are read from the registry while the archive is written.

use std::collections::{HashSet, VecDeque};
use std::rc::Rc;

use crate::layer::tar::writer::{END, padding};
use crate::protocol::code;
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::media_type::{self, Kind};
use crate::protocol::oci::platform::Platform;
use crate::protocol::oci::reference::Reference;
use crate::registry::api::repo::Repo;
use crate::registry::api::settings::Call;
use crate::registry::archive::name::ImageName;
use crate::registry::archive::write::{self, DockerImage, VERSION};
use crate::registry::archive::{INDEX, LAYOUT, MANIFEST, check_extent, path_of};
use crate::registry::blob::pull::BlobPull;
use crate::registry::copy::{UnknownKinds, selection, tree};
use crate::registry::image::{Image, platform};
use crate::registry::manifest::get::FetchedManifest;
use crate::registry::manifest::part::{self, Found};
use crate::registry::repository::Repository;
use crate::transport::{Chunk, Error, Host, Result};

/// The images to save, and how.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Platforms of an index; empty saves all.
    pub platforms: Vec<Platform>,
    /// Names that a program that loads the archive gives to the image; by default those of the tags.
    pub names: Option<Vec<String>>,
}

/// An archive that is being written.
pub struct Save<H: Host> {
    repo: Repo<H>,
    members: VecDeque<Member>,
    current: Option<(BlobPull<H>, usize)>,
    total: u64,
}

/// What is written next.
enum Member {
    Bytes(Vec<u8>),
    Blob(Digest, u64),
}

/// A manifest that is saved under names.
struct Root {
    manifest: Rc<FetchedManifest>,
    names: Vec<ImageName>,
}

impl<H: Host> Repository<H> {
    /// Begins to save tags or digests: each whole, or the platforms of it that the options select.
    ///
    /// # Errors
    ///
    /// - `INVALID_ARGUMENT` when there is no reference, or names are given for several.
    /// - `INVALID_REFERENCE` when a reference or name is invalid.
    /// - `MANIFEST_UNKNOWN` or `NOT_FOUND` when one does not exist.
    /// - `NO_MATCHING_PLATFORM` when there is no image for a platform.
    /// - `UNSUPPORTED` for a schema1 manifest, and where parts of a manifest are unknown.
    /// - `INDEX_LIMIT` when there are too many manifests.
    /// - Otherwise the code of the failed request.
    pub async fn save(&self, references: &[String], options: &Options, call: &Call) -> Result<Save<H>> {
        let repo = self.in_call(call)?;
        repo.presume_v2("save()")?;
        let parse = |text: &String| Ok(Reference::parse(text)?);
        let references = references.iter().map(parse).collect::<Result<Vec<_>>>()?;
        let given = given_names(options, references.len())?;
        let mut roots: Vec<Root> = Vec::new();
        for reference in &references {
            let mut manifest = repo.manifest(reference, None).await?;
            if !options.platforms.is_empty() {
                manifest = selection::of(&repo, manifest, &options.platforms).await?;
            }
            let names = given.clone().unwrap_or_else(|| match reference {
                Reference::Tag(tag) => vec![ImageName::of(repo.api.base(), &repo.name, tag)],
                Reference::Digest(_) => Vec::new(),
            });
            match roots.iter_mut().find(|root| root.manifest.digest == manifest.digest) {
                Some(root) => root.names.extend(names),
                None => roots.push(Root { manifest, names }),
            }
        }
        Save::begin(repo, roots).await
    }
}

impl<H: Host> Image<H> {
    /// Begins to save the image. Its name is the tag that it was found by.
    ///
    /// # Errors
    ///
    /// Those of [`Repository::save`].
    pub async fn save(&self, names: Option<Vec<String>>, call: &Call) -> Result<Save<H>> {
        let repo = self.repo(call);
        let Some(manifest) = self.manifest() else {
            return Err(Error::new(code::UNSUPPORTED, "an image of a V1 registry cannot be saved: it has no manifest"));
        };
        let given = given_names(&Options { names, ..Options::default() }, 1)?;
        let own = || self.tag().map(|tag| ImageName::of(repo.api.base(), &repo.name, tag)).into_iter().collect();
        let root = Root { manifest: manifest.clone(), names: given.unwrap_or_else(own) };
        Save::begin(repo, vec![root]).await
    }
}

fn given_names(options: &Options, references: usize) -> Result<Option<Vec<ImageName>>> {
    let refused = |why: &str| Err(Error::new(code::INVALID_ARGUMENT, why));
    match &options.names {
        _ if references == 0 => refused("tagsOrDigests: at least one tag or digest is needed"),
        None => Ok(None),
        Some(_) if references > 1 => refused("options.names: names are for one image, but several were given"),
        Some(names) => names.iter().map(|name| ImageName::parse(name)).collect::<Result<Vec<_>>>().map(Some),
    }
}

impl<H: Host> Save<H> {
    async fn begin(repo: Repo<H>, mut roots: Vec<Root>) -> Result<Self> {
        let (mut content, mut docker) = (Content::default(), Vec::new());
        for root in &mut roots {
            let mut seen = HashSet::new();
            root.names.retain(|name| seen.insert(name.full.clone()));
            content.add(&repo, &root.manifest).await?;
            docker.extend(docker_image(&repo, root).await?);
        }
        let entries: Vec<_> = roots.into_iter().map(|root| (root.manifest.descriptor(), root.names)).collect();
        let mut first = write::file(LAYOUT.into(), VERSION);
        first.extend(write::file(INDEX.into(), &write::index(&entries)?));
        if !docker.is_empty() {
            first.extend(write::file(MANIFEST.into(), &write::docker_manifest(&docker)?));
        }
        Ok(Self { repo, total: 0, current: None, members: content.members(first) }.counted())
    }

    fn counted(mut self) -> Self {
        let size = |member: &Member| match member {
            Member::Bytes(bytes) => bytes.len() as u64,
            Member::Blob(digest, size) => {
                let around = write::file_header(path_of(digest), *size).len() + padding(*size);
                size.saturating_add(around as u64)
            }
        };
        self.total = self.members.iter().map(size).fold(0, u64::saturating_add);
        self
    }

    /// The number of bytes of the archive.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Returns the next bytes; `None` at the end.
    ///
    /// # Errors
    ///
    /// `DIGEST_MISMATCH` or `SIZE_MISMATCH` when the registry serves wrong content, or the code of a failed request.
    pub async fn next(&mut self) -> Result<Option<H::Chunk>> {
        if let Some((pull, padding)) = &mut self.current {
            if let Some(chunk) = pull.next().await? {
                return Ok(Some(chunk));
            }
            let padding = vec![0; *padding];
            self.current = None;
            if !padding.is_empty() {
                return Ok(Some(H::Chunk::of(&padding)));
            }
        }
        match self.members.pop_front() {
            Some(Member::Bytes(bytes)) => Ok(Some(H::Chunk::of(&bytes))),
            Some(Member::Blob(digest, size)) => {
                let mut pull = self.repo.blob(&digest, Some(size)).await?;
                // It is read at the pace of the archive's reader.
                pull.release_permit();
                self.current = Some((pull, padding(size)));
                Ok(Some(H::Chunk::of(&write::file_header(path_of(&digest), size))))
            }
            None => Ok(None),
        }
    }

    /// Releases resources while the reader pauses.
    pub fn rest(&mut self) {
        if let Some((pull, _)) = &mut self.current {
            pull.rest();
        }
    }
}

/// The entry of `manifest.json` for a root: of an index, the image that this client would choose, because the format knows no platforms.
/// `None` for what docker cannot load.
async fn docker_image<H: Host>(repo: &Repo<H>, root: &Root) -> Result<Option<DockerImage>> {
    let mut manifest = root.manifest.clone();
    if manifest.manifest.kind == Kind::Index {
        let images = platform::images(repo, &manifest).await?;
        manifest = match platform::choose(repo, &images, &repo.api.platform_or(None)?).await {
            Ok(found) => found.manifest,
            Err(error) if error.code != code::NO_MATCHING_PLATFORM => return Err(error),
            Err(_) => match images.first() {
                Some(first) => platform::open(repo, first).await?.manifest,
                None => return Ok(None),
            },
        };
    }
    let document = manifest.sound()?;
    let (Some(config), Some(layers)) = (&document.config, &document.layers) else { return Ok(None) };
    let is_image = media_type::is_image_config(&media_type::essence(&config.media_type));
    let is_whole = !layers.iter().any(|layer| media_type::is_foreign(&layer.media_type));
    Ok((is_image && is_whole).then(|| DockerImage::new(config, layers, &root.names)))
}

/// The manifests and blobs to save, each once.
#[derive(Default)]
struct Content {
    known: HashSet<Digest>,
    manifests: Vec<Rc<FetchedManifest>>,
    configs: Vec<Descriptor>,
    others: Vec<Descriptor>,
}

impl Content {
    async fn add<H: Host>(&mut self, repo: &Repo<H>, root: &Rc<FetchedManifest>) -> Result<()> {
        let mut waiting = vec![(0, root.clone())];
        while let Some((depth, manifest)) = waiting.pop() {
            check_extent(depth, self.manifests.len() + waiting.len())?;
            if manifest.schema1.is_some() {
                let message = format!("{} is a schema1 manifest, which archives cannot have", manifest.digest);
                return Err(Error::new(code::UNSUPPORTED, message).and("copy() with the option schema1 converts it"));
            }
            if !self.known.insert(manifest.digest.clone()) {
                continue;
            }
            let (node, children) = tree::node(repo, manifest, UnknownKinds::Reject).await?;
            let config = node.manifest.manifest.config.as_ref().map(|config| config.digest.clone());
            for blob in node.blobs {
                self.blob(blob, config.as_ref());
            }
            let mut found = Vec::new();
            for child in children {
                match part::found(repo, child).await.map_err(platform::lists(&node.manifest.digest))? {
                    Found::Manifest(child) => found.push((depth + 1, child)),
                    Found::Blob(blob) => self.blob(*blob, None),
                }
            }
            waiting.extend(found.into_iter().rev());
            self.manifests.push(node.manifest);
        }
        Ok(())
    }

    fn blob(&mut self, blob: Descriptor, config: Option<&Digest>) {
        if self.known.insert(blob.digest.clone()) {
            let list = if config == Some(&blob.digest) { &mut self.configs } else { &mut self.others };
            list.push(blob);
        }
    }

    /// Returns the members of the archive, which begins with `first`.
    fn members(self, mut first: Vec<u8>) -> VecDeque<Member> {
        let blobs = || self.configs.iter().chain(&self.others).map(|blob| &blob.digest);
        let all = self.manifests.iter().map(|manifest| &manifest.digest).chain(blobs());
        let mut algorithms: Vec<&str> = all.filter_map(|digest| Some(digest.as_str().split_once(':')?.0)).collect();
        algorithms.sort_unstable();
        algorithms.dedup();
        first.extend(write::directory("blobs/"));
        for algorithm in algorithms {
            first.extend(write::directory(&format!("blobs/{algorithm}/")));
        }
        let manifests = self.manifests.iter().map(|one| write::file(path_of(&one.digest), &one.bytes));
        let documents = std::iter::once(first).chain(manifests).map(Member::Bytes).collect::<Vec<_>>();
        let blobs = self.configs.into_iter().chain(self.others).map(|blob| Member::Blob(blob.digest, blob.size));
        documents.into_iter().chain(blobs).chain([Member::Bytes(END.to_vec())]).collect()
    }
}
