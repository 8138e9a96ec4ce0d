//! What an archive has: its documents, which are kept, and where everything else is.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::rc::Rc;

use crate::layer::decompress::{Compression, Decompressor};
use crate::layer::limits::Limits;
use crate::protocol::code;
use crate::protocol::invalid::quoted;
use crate::protocol::oci::config;
use crate::protocol::oci::digest::{Algorithm, Digest};
use crate::protocol::oci::manifest::Manifest;
use crate::protocol::oci::media_type::Kind;
use crate::registry::api::connection::Connection;
use crate::registry::api::response::mismatch;
use crate::registry::archive::members::{Member, Members};
use crate::registry::archive::{INDEX, LAYOUT, MANIFEST, digest_of, invalid};
use crate::registry::blob::source::check_intact;
use crate::registry::manifest::get;
use crate::transport::{Chunk, Error, Hasher, Host, Result};

/// Bytes of all documents of an archive.
const DOCUMENTS: u64 = 64 * 1024 * 1024;
/// Members of an archive.
const MEMBERS: usize = 200_000;
/// Links that lead to a member.
const LINKS: usize = 16;
/// Stored bytes that are decompressed at a time.
const PIECE: u64 = 32 * 1024;

/// What is known of a member.
pub struct Found {
    /// The member.
    pub member: Member,
    /// Its content, if it is a document, whose digest was verified if its path has one.
    pub document: Option<Rc<Vec<u8>>>,
    /// What it is as a layer, if its path has no digest.
    pub layer: Option<Measured>,
}

/// A file that may be a layer.
pub struct Measured {
    /// How it is compressed.
    pub compression: Compression,
    /// The digest of its bytes.
    pub digest: Digest,
    /// The digest of its uncompressed bytes; `None` if they cannot be decompressed.
    pub diff_id: Option<Digest>,
}

/// The members that were seen, by path.
#[derive(Default)]
pub struct Survey {
    found: BTreeMap<String, Found>,
    /// Bytes of documents that are kept.
    kept: u64,
}

impl Survey {
    /// Returns the file at a path, or the one that the link there leads to.
    pub fn file(&self, path: &str) -> Option<&Found> {
        let mut found = self.found.get(path)?;
        for _ in 0..LINKS {
            let Some(target) = &found.member.target else { break };
            found = self.found.get(target)?;
        }
        found.member.is_file.then_some(found)
    }

    /// Returns the document at a path.
    pub fn document(&self, path: &str) -> Option<&Rc<Vec<u8>>> {
        self.file(path)?.document.as_ref()
    }

    /// The number of bytes of documents that are kept: it changes with each of them.
    pub fn kept(&self) -> u64 {
        self.kept
    }

    /// Returns a path, for messages.
    pub fn first_path(&self) -> Option<&str> {
        self.found.keys().next().map(String::as_str)
    }

    /// Reads all members of an archive that can be read again, as often as it takes.
    pub async fn of_file<H: Host>(
        api: &Connection<H>,
        open: impl AsyncFn() -> Result<Members<H>>,
        limits: Limits,
    ) -> Result<Self> {
        let survey = Self::of(api, open().await?, limits, false).await?;
        if survey.needs_layers() { Self::of(api, open().await?, limits, true).await } else { Ok(survey) }
    }

    /// Returns true if files that were taken for blobs of a layout may be layers that only `manifest.json` lists.
    fn needs_layers(&self) -> bool {
        let is_unread = |found: &Found| found.document.is_none() && found.layer.is_none() && found.member.is_file;
        self.document(INDEX).is_none() && self.document(MANIFEST).is_some() && self.found.values().any(is_unread)
    }

    /// Reads all members, without pushing anything. Blobs of a layout are passed over, unless `measures_all`.
    pub fn of<H: Host>(
        api: &Connection<H>,
        members: Members<H>,
        limits: Limits,
        measures_all: bool,
    ) -> Pin<Box<dyn Future<Output = Result<Self>> + '_>> {
        // Boxed, so that its callers share the code.
        Box::pin(Self::read(api, members, limits, measures_all))
    }

    async fn read<H: Host>(
        api: &Connection<H>,
        mut members: Members<H>,
        limits: Limits,
        measures_all: bool,
    ) -> Result<Self> {
        let mut survey = Self::default();
        while let Some(member) = members.next().await? {
            survey.add(&member)?;
            if !member.is_file {
                continue;
            }
            let first = members.chunk().await?;
            let is_layer = survey.document(INDEX).is_none() && (measures_all || digest_of(&member.path).is_none());
            let mut measuring = Measuring::new(api, limits);
            if may_be_document(&member, first.as_ref())? {
                let content = survey.keep(api, &mut members, &member, first).await?;
                let Some(bytes) = content.filter(|_| is_layer) else { continue };
                measuring.push(api, H::Chunk::of(&bytes)).await?;
            } else {
                let mut next = first.filter(|_| is_layer);
                while let Some(chunk) = next {
                    measuring.push(api, chunk).await?;
                    next = members.chunk().await?;
                }
            }
            if is_layer {
                let measured = measuring.finish()?;
                survey.update(&member.path, |found| found.layer = Some(measured));
            }
        }
        Ok(survey)
    }

    /// Records a member. Links and other members than files are complete with this.
    pub fn add(&mut self, member: &Member) -> Result<()> {
        if self.found.len() >= MEMBERS {
            let message = format!("the archive has more members than the limit of {MEMBERS}");
            return Err(Error::new(code::TOO_LARGE, message).with_number("limit", MEMBERS as u64));
        }
        if !member.is_file && member.target.is_none() {
            return Ok(());
        }
        let found = Found { member: member.clone(), document: None, layer: None };
        match self.found.insert(member.path.clone(), found) {
            None => Ok(()),
            Some(_) => Err(invalid(format!("{} is there for the second time", member.shown()))),
        }
    }

    fn update(&mut self, path: &str, change: impl FnOnce(&mut Found)) {
        if let Some(found) = self.found.get_mut(path) {
            change(found);
        }
    }

    /// Keeps a document: the rest of a member, whose first bytes were read. What turns out to be none is returned, verified.
    pub async fn keep<H: Host>(
        &mut self,
        api: &Connection<H>,
        members: &mut Members<H>,
        member: &Member,
        first: Option<H::Chunk>,
    ) -> Result<Option<Vec<u8>>> {
        let (mut bytes, mut next) = (Vec::new(), first);
        while let Some(chunk) = next {
            check_intact(std::slice::from_ref(&chunk))?;
            chunk.append_to(&mut bytes);
            next = members.chunk().await?;
        }
        let computed = |algorithm| hash_of(api, algorithm, &bytes);
        if let Some(digest) = digest_of(&member.path)
            && let Some(algorithm) = digest.algorithm()
            && computed(algorithm)? != digest
        {
            return Err(wrong(member, &digest, &computed(algorithm)?));
        }
        if !is_document(member, &bytes) {
            return Ok(Some(bytes));
        }
        self.kept = self.kept.saturating_add(member.size);
        if self.kept > DOCUMENTS {
            let message = format!("the documents of the archive exceed the limit of {DOCUMENTS} bytes");
            return Err(Error::new(code::TOO_LARGE, message).with_number("limit", DOCUMENTS));
        }
        self.update(&member.path, |found| found.document = Some(Rc::new(bytes)));
        Ok(None)
    }
}

/// Finds out what a member is as a layer.
struct Measuring<H: Host> {
    stored: H::Hasher,
    /// `None` once it is known not to decompress.
    content: Option<H::Hasher>,
    decompressor: Decompressor,
    failed: Option<Error>,
}

impl<H: Host> Measuring<H> {
    fn new(api: &Connection<H>, limits: Limits) -> Self {
        let hasher = || api.hasher(Algorithm::Sha256);
        Self { stored: hasher(), content: Some(hasher()), decompressor: Decompressor::new(limits), failed: None }
    }

    async fn push(&mut self, api: &Connection<H>, mut chunk: H::Chunk) -> Result<()> {
        check_intact(std::slice::from_ref(&chunk))?;
        self.stored.update(&chunk)?;
        while !chunk.is_empty() && self.content.is_some() && self.decompressor.compression() != Some(Compression::None)
        {
            let mut piece = Vec::new();
            chunk.slice(0, PIECE).append_to(&mut piece);
            chunk = chunk.slice(PIECE, u64::MAX);
            if self.decompressor.wants_zstd(&piece) {
                self.decompressor.set_zstd(api.zstd.load().await?);
            }
            take(&mut self.decompressor, Some(&piece), &mut self.content, &mut self.failed)?;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Measured> {
        take(&mut self.decompressor, None, &mut self.content, &mut self.failed)?;
        let compression = self.decompressor.compression().unwrap_or(Compression::None);
        let digest = Digest::from_hash(Algorithm::Sha256, &self.stored.finish()?);
        let diff_id = match (compression, self.content) {
            (Compression::None, _) => Some(digest.clone()),
            (_, Some(hasher)) => Some(Digest::from_hash(Algorithm::Sha256, &hasher.finish()?)),
            (_, None) => None,
        };
        Ok(Measured { compression, digest, diff_id })
    }
}

/// Decompresses a piece, or ends. Broken data is an error only where somebody needs it.
fn take<C: Chunk, S: Hasher<C>>(
    decompressor: &mut Decompressor,
    piece: Option<&[u8]>,
    content: &mut Option<S>,
    failed: &mut Option<Error>,
) -> Result<()> {
    let Some(hasher) = content else { return Ok(()) };
    let mut output = |bytes: &[u8]| {
        if let Err(error) = hasher.update_bytes(bytes) {
            *failed = Some(error);
        }
        Ok(())
    };
    let result = match piece {
        Some(piece) => decompressor.push(piece, &mut output),
        None => decompressor.finish(&mut output),
    };
    if let Some(error) = failed.take() {
        return Err(error);
    }
    match result {
        Err(refused) if refused.code == code::TOO_LARGE => return Err(refused.into()),
        Err(_) => *content = None,
        Ok(()) => {}
    }
    Ok(())
}

fn hash_of<H: Host>(api: &Connection<H>, algorithm: Algorithm, bytes: &[u8]) -> Result<Digest> {
    let mut hasher = api.hasher(algorithm);
    hasher.update_bytes(bytes)?;
    Ok(Digest::from_hash(algorithm, &hasher.finish()?))
}

/// The error of a member whose content has another digest than it should.
pub fn wrong(member: &Member, expected: &Digest, computed: &Digest) -> Error {
    let cause = mismatch(expected, computed);
    let mut error = invalid(format!("{}: {}", member.shown(), cause.message));
    error.facts = cause.into_details().facts;
    error
}

fn is_known(member: &Member) -> bool {
    [INDEX, MANIFEST, LAYOUT].contains(&member.path.as_str())
}

/// Returns true for what the plan is made of: manifests and configs of images. Other JSON is content.
fn is_document(member: &Member, bytes: &[u8]) -> bool {
    is_known(member)
        || Manifest::parse(bytes, None).is_ok_and(|document| document.kind != Kind::Other)
        || config::field(bytes, "rootfs").is_ok_and(|field| field.is_some())
}

/// Returns true if a member may be a document: by its path, or because it begins like a JSON object, and is small.
pub fn may_be_document<C: Chunk>(member: &Member, first: Option<&C>) -> Result<bool> {
    let is_known = is_known(member);
    let is_small = member.size <= get::MANIFEST_LIMIT;
    if is_known && !is_small {
        let message = format!(
            "{} has {} bytes, more than the limit of {}",
            quoted(&member.path),
            member.size,
            get::MANIFEST_LIMIT
        );
        return Err(Error::new(code::TOO_LARGE, message).with_number("limit", get::MANIFEST_LIMIT));
    }
    let mut begin = Vec::new();
    first.into_iter().for_each(|first| first.slice(0, 1).append_to(&mut begin));
    Ok(is_known || (is_small && begin.first() == Some(&b'{')))
}
