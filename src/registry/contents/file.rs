//! The content of a file: found from the newest layer down, and verified with the layer that has it.

use std::collections::VecDeque;
use std::rc::Rc;

use crate::layer::filesystem::{Node, normalised, shown};
use crate::layer::index::{FileReader, Plan};
use crate::layer::limits::exceeded;
use crate::layer::search::Search;
use crate::layer::tar::{Entry, Kind, Sink};
use crate::protocol::code;
use crate::protocol::invalid::Invalid;
use crate::registry::blob::pull::BlobPull;
use crate::registry::contents::layer::LayerRead;
use crate::registry::contents::listing::{Listing, Need};
use crate::registry::contents::survey::{self, Captured, Wanted};
use crate::registry::contents::{Chunks, Contents, Read, ZEROS, zeros};
use crate::registry::image::layer::ImageLayer;
use crate::transport::{Chunk, Error, Host, Result};

/// The layers that a path is looked for in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Those in front of this one, together.
    Before(usize),
    /// This one alone, as if there were no others.
    Only(usize),
}

/// A file that was found.
pub struct File<H: Host> {
    contents: Contents<H>,
    /// Where it is, with links followed.
    pub path: Vec<u8>,
    /// The layer that has its content.
    pub layer: usize,
    /// Its entry there.
    pub entry: Entry,
    content: Option<Vec<u8>>,
    /// What its layer holds.
    listing: Option<Rc<Listing>>,
}

impl<H: Host> Contents<H> {
    /// Finds a file by its path; symbolic links are followed inside the image.
    ///
    /// # Errors
    ///
    /// - `NOT_FOUND` when there is nothing at the path.
    /// - `INVALID_ARGUMENT` when there is something else than a file.
    /// - `LAYER_INVALID` when links lead in a circle.
    /// - Those of [`Contents::entries`].
    pub async fn file(&self, path: &[u8], scope: Scope) -> Result<File<H>> {
        let wanted_path = normalised(path);
        let is_wanted = |entry: &Entry| wanted_path.is_some() && normalised(&entry.path) == wanted_path;
        let wanted = Wanted::new(&is_wanted);
        let (first, count) = match scope {
            Scope::Before(end) => (0, end),
            Scope::Only(layer) => (layer, 1),
        };
        let mut search = Search::new(path, first, count);
        let mut known: Vec<(usize, Rc<Listing>, Captured)> = Vec::new();
        while let Some(layer) = search.next_layer() {
            let read = match self.unread(layer, Need::Files).await? {
                Some(listing) => Read { listing, captured: Captured::default() },
                // With hashes, so that another file of the layer can be read alone.
                None => self.survey(layer, true, Some(&wanted)).await?,
            };
            let found = search.add(read.listing.entries().to_vec());
            known.push((layer, read.listing, read.captured));
            let Some((path, node)) = found? else { continue };
            let (layer, entry) = content(&path, &node, scope)?;
            let (listing, content) = match known.into_iter().find(|(read, ..)| *read == layer) {
                Some((_, listing, mut captured)) => (Some(listing), captured.remove(&entry.header_offset)),
                None => (None, None),
            };
            if entry.size > self.limits.size {
                return Err(exceeded("the size of the file", self.limits.size, "size").into());
            }
            let entry = entry.as_ref().clone();
            return Ok(File { contents: self.clone(), entry, path, layer, content, listing });
        }
        Err(Error::new(code::NOT_FOUND, format!("no file {} in the image, which has no layers", shown(path))))
    }
}

/// The layer and the entry that have the content of a file.
fn content<'a>(path: &[u8], node: &'a Node, scope: Scope) -> Result<(usize, &'a Rc<Entry>)> {
    let (layer, entry) = node.content();
    let what = match entry.kind {
        Kind::File => return Ok((layer, entry)),
        Kind::Directory => "a directory",
        Kind::HardLink if matches!(scope, Scope::Only(_)) => "a hard link to a file of another layer",
        Kind::HardLink => "a hard link to a path where no file is",
        Kind::CharDevice | Kind::BlockDevice => "a device",
        Kind::Fifo => "a named pipe",
        Kind::Symlink | Kind::Other(_) => "no file",
    };
    let message = format!("path: {} is {what}, and has no content to read", shown(path));
    Err(Error::new(code::INVALID_ARGUMENT, message))
}

impl<H: Host> File<H> {
    /// Begins to read the content. The layer is read to its end, and its digests are checked before the content ends.
    ///
    /// # Errors
    ///
    /// Those of [`crate::registry::Image::open_layer`].
    pub async fn open(self) -> Result<FileRead<H>> {
        let Self { contents, layer, entry, content, listing, .. } = self;
        let pieces = VecDeque::new();
        let plan = listing.and_then(|listing| listing.plan(&entry));
        let content = match content.filter(|content| !content.is_empty()) {
            None if entry.stored > 0 && plan.is_none() => contents.indexing(layer, &entry).await?,
            content => content,
        };
        let (source, pieces) = match content {
            Some(content) => (Source::Ended, [(0, content)].into()),
            None if entry.stored == 0 => (Source::Ended, pieces),
            None => (contents.source(layer, &entry, plan).await?, pieces),
        };
        Ok(FileRead { size: entry.size, position: 0, source, pieces, contents })
    }
}

impl<H: Host> Contents<H> {
    /// Reads the content with the whole layer, of which only a list is known, and indexes the layer on the way; `None` if the layer is
    /// indexed already, or the content too large to be kept.
    async fn indexing(&self, layer: usize, entry: &Entry) -> Result<Option<Vec<u8>>> {
        if self.known(layer, true).is_some() || !survey::is_kept(entry) {
            return Ok(None);
        }
        let is_wanted = |other: &Entry| other.header_offset == entry.header_offset;
        let mut read = self.survey(layer, true, Some(&Wanted::new(&is_wanted))).await?;
        Ok(read.captured.remove(&entry.header_offset))
    }

    /// Opens the part of a layer that has the content of a file if there is a plan, or else the whole layer.
    async fn source(&self, layer: usize, entry: &Entry, plan: Option<Plan>) -> Result<Source<H>> {
        if let (Some(plan), Some(ImageLayer::Blob(blob))) = (plan, self.image.layers().get(layer)) {
            let range = (plan.from(), plan.to().saturating_sub(1));
            let zstd = if plan.is_zstd() { Some(self.image.zstd().load().await?) } else { None };
            let repo = self.image.repo(&self.call);
            let pull = repo.blob_range(&blob.digest, range).await?;
            if pull.is_cut() {
                repo.api.capabilities.ignores_ranges.set(true);
            }
            return Ok(Source::Part(Box::new(pull), Box::new(FileReader::new(plan, self.limits, zstd))));
        }
        let extract = Extract { at: entry.header_offset, is_inside: false, pieces: VecDeque::new() };
        let read = self.image.open_layer(layer, self.limits, extract, &self.call).await?;
        Ok(Source::Layer(Box::new(read)))
    }
}

/// Where the content of a file comes from.
enum Source<H: Host> {
    /// All of it is there and verified.
    Ended,
    /// The whole layer.
    Layer(Box<LayerRead<H, Extract>>),
    /// A part of the layer, by its index.
    Part(Box<BlobPull<H>>, Box<FileReader>),
}

/// The content of a file that is being read.
pub struct FileRead<H: Host> {
    contents: Contents<H>,
    /// Bytes of the file, holes included.
    pub size: u64,
    /// Bytes that were given.
    position: u64,
    source: Source<H>,
    pieces: VecDeque<(u64, Vec<u8>)>,
}

impl<H: Host> Chunks for FileRead<H> {
    /// Returns the next bytes; `None` at the end. The last bytes are given only after the whole layer is verified, or of a part of it the
    /// file's hash.
    ///
    /// # Errors
    ///
    /// Those of [`LayerRead::step`] and [`FileReader::push`].
    async fn next(&mut self) -> Result<Option<Vec<u8>>> {
        while !matches!(self.source, Source::Ended) && self.pieces.len() < 2 {
            self.advance().await?;
        }
        let next = self.pieces.front().map_or(self.size, |(offset, _)| *offset);
        let hole = next.saturating_sub(self.position);
        if hole > 0 {
            let zeros = zeros(hole);
            self.position += zeros.len() as u64;
            return Ok(Some(zeros));
        }
        let Some((_, bytes)) = self.pieces.pop_front() else { return Ok(None) };
        self.position += bytes.len() as u64;
        Ok(Some(bytes))
    }

    fn release_permit(&mut self) {
        match &mut self.source {
            Source::Ended => {}
            Source::Layer(read) => read.release_permit(),
            Source::Part(pull, _) => pull.release_permit(),
        }
    }
}

impl<H: Host> FileRead<H> {
    /// Reads on.
    async fn advance(&mut self) -> Result<()> {
        match &mut self.source {
            Source::Ended => {}
            Source::Layer(read) => match read.step().await? {
                Some(bytes) => {
                    self.contents.tell(bytes);
                    self.pieces.append(&mut read.sink().pieces);
                }
                None => self.source = Source::Ended,
            },
            Source::Part(pull, reader) => {
                let chunk = pull.next().await?;
                let mut bytes = Vec::new();
                if let Some(chunk) = &chunk {
                    self.contents.tell(chunk.len());
                    chunk.append_to(&mut bytes);
                }
                let pieces = &mut self.pieces;
                reader.push(&bytes, &mut |offset, bytes: &[u8]| {
                    pieces.push_back((offset, bytes.to_vec()));
                    Ok(())
                })?;
                if reader.is_done() {
                    self.source = Source::Ended;
                } else if chunk.is_none() {
                    return Ok(reader.finish()?);
                }
            }
        }
        Ok(())
    }
}

/// A sink that keeps the content of one entry until it is taken.
struct Extract {
    /// Where the entry's header begins.
    at: u64,
    is_inside: bool,
    /// Pieces that were not taken yet, and where they are in the file.
    pieces: VecDeque<(u64, Vec<u8>)>,
}

impl Sink for Extract {
    fn entry(&mut self, entry: Entry) -> std::result::Result<(), Invalid> {
        self.is_inside = entry.header_offset == self.at;
        Ok(())
    }

    fn data(&mut self, offset: u64, bytes: &[u8]) -> std::result::Result<(), Invalid> {
        if !self.is_inside {
            return Ok(());
        }
        match self.pieces.back_mut() {
            Some((start, piece)) if *start + piece.len() as u64 == offset && (piece.len() as u64) < ZEROS => {
                piece.extend_from_slice(bytes);
            }
            _ => self.pieces.push_back((offset, bytes.to_vec())),
        }
        Ok(())
    }

    fn end(&mut self) -> std::result::Result<(), Invalid> {
        self.is_inside = false;
        Ok(())
    }
}
