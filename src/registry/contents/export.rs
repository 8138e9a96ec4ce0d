//! The file system of an image as one archive. The layers are listed first, and then read again for the content that is left of them.

use std::collections::{HashMap, VecDeque};

use crate::layer::filesystem::{Node, Tree};
use crate::layer::limits::exceeded;
use crate::layer::tar::writer::{END, header, padding};
use crate::layer::tar::{Entry, Kind, Sink};
use crate::protocol::invalid::Invalid;
use crate::registry::contents::layer::LayerRead;
use crate::registry::contents::{Chunks, Contents, ZEROS, zeros};
use crate::transport::{Host, Result};

/// The names of the files whose content a layer has, by where their header begins in it. The first is the file, the others link to it.
type Names = HashMap<u64, Vec<Vec<u8>>>;

/// Bytes of the archive.
enum Piece {
    Bytes(Vec<u8>),
    Zeros(u64),
}

/// The archive of an image's file system, being written.
pub struct Export<H: Host> {
    contents: Contents<H>,
    pieces: VecDeque<Piece>,
    /// The layers to read, base first.
    layers: VecDeque<(usize, Names)>,
    current: Option<LayerRead<H, Files>>,
    /// Headers of links and devices, which come last.
    last: Vec<u8>,
    is_ended: bool,
}

impl<H: Host> Contents<H> {
    /// Begins to write the file system that the layers in front of `end` make: directories first, then files, then what has no content. What
    /// no file system has (type flags of other formats) is left out.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Contents::tree`], `LAYER_INVALID` for a hard link to nothing, and `TOO_LARGE` if a file is larger than
    /// an archive may be.
    pub async fn export(&self, end: usize) -> Result<Export<H>> {
        let tree = self.tree(end, false).await?;
        tree.check_links()?;
        let (mut first, mut last) = (Vec::new(), Vec::new());
        // Also a symbolic link, a device or a pipe may have several names.
        let mut written: Vec<Names> = (0..end).map(|_| Names::new()).collect();
        for (path, node) in tree.nodes() {
            let (layer, entry) = node.content();
            match entry.kind {
                Kind::Directory => first.extend(header(&named(entry, path))),
                Kind::File | Kind::HardLink | Kind::Other(_) => {}
                _ => {
                    let Some(written) = written.get_mut(layer) else { continue };
                    let names = written.entry(entry.header_offset).or_default();
                    last.extend(match names.first() {
                        Some(first) => header(&link(entry, path, first)),
                        None => header(&named(entry, path)),
                    });
                    names.push(path.to_vec());
                }
            }
        }
        let layers = self.names(&tree, end)?;
        let pieces = [Piece::Bytes(first)].into();
        Ok(Export { contents: self.clone(), pieces, layers, current: None, last, is_ended: false })
    }

    fn names(&self, tree: &Tree, end: usize) -> Result<VecDeque<(usize, Names)>> {
        let mut layers: Vec<Names> = (0..end).map(|_| Names::new()).collect();
        for (path, node) in tree.nodes() {
            let (layer, entry) = node.content();
            if entry.kind != Kind::File {
                continue;
            }
            if entry.size > self.limits.size {
                return Err(exceeded("the size of a file", self.limits.size, "size").into());
            }
            let Some(names) = layers.get_mut(layer) else { continue };
            let names = names.entry(entry.header_offset).or_default();
            // The file's own name, if it is still there.
            let at = if is_own(node) { 0 } else { names.len() };
            names.insert(at, path.to_vec());
        }
        Ok(layers.into_iter().enumerate().filter(|(_, names)| !names.is_empty()).collect())
    }
}

fn is_own(node: &Node) -> bool {
    node.linked.is_none()
}

/// An entry by the path that it has in the file system.
fn named(entry: &Entry, path: &[u8]) -> Entry {
    let mut path = if path.is_empty() { b".".to_vec() } else { path.to_vec() };
    if entry.kind == Kind::Directory {
        path.push(b'/');
    }
    Entry { path, ..entry.clone() }
}

/// A hard link to what was written at another path.
fn link(entry: &Entry, path: &[u8], target: &[u8]) -> Entry {
    let (path, link_target) = (path.to_vec(), target.to_vec());
    Entry { path, kind: Kind::HardLink, size: 0, device: None, link_target, ..entry.clone() }
}

impl<H: Host> Chunks for Export<H> {
    /// Returns the next bytes of the archive; `None` at its end.
    ///
    /// # Errors
    ///
    /// Those of [`crate::registry::Image::open_layer`] and [`LayerRead::step`].
    async fn next(&mut self) -> Result<Option<Vec<u8>>> {
        loop {
            match self.pieces.pop_front() {
                Some(Piece::Bytes(bytes)) if bytes.is_empty() => {}
                Some(Piece::Bytes(bytes)) => return Ok(Some(bytes)),
                Some(Piece::Zeros(count)) => {
                    let now = zeros(count);
                    let rest = count - now.len() as u64;
                    if rest > 0 {
                        self.pieces.push_front(Piece::Zeros(rest));
                    }
                    return Ok(Some(now));
                }
                None if self.is_ended => return Ok(None),
                None => self.advance().await?,
            }
        }
    }

    /// Each layer is released as it is opened.
    fn release_permit(&mut self) {}
}

impl<H: Host> Export<H> {
    async fn advance(&mut self) -> Result<()> {
        if let Some(current) = &mut self.current {
            match current.step().await? {
                Some(bytes) => self.contents.tell(bytes),
                None => {
                    self.current = None;
                    return Ok(());
                }
            }
            self.pieces.append(&mut current.sink().pieces);
            return Ok(());
        }
        let Some((layer, names)) = self.layers.pop_front() else {
            self.pieces.push_back(Piece::Bytes(std::mem::take(&mut self.last)));
            self.pieces.push_back(Piece::Bytes(END.to_vec()));
            self.is_ended = true;
            return Ok(());
        };
        let Contents { image, limits, call, .. } = &self.contents;
        let files = Files { names, current: None, position: 0, pieces: VecDeque::new() };
        let mut read = image.open_layer(layer, *limits, files, call).await?;
        read.release_permit();
        self.current = Some(read);
        Ok(())
    }
}

/// A sink that writes the files that are left of a layer.
struct Files {
    names: Names,
    /// The entry that is being written, and its other names.
    current: Option<(Entry, Vec<Vec<u8>>)>,
    /// Bytes of it that were written.
    position: u64,
    pieces: VecDeque<Piece>,
}

impl Files {
    fn write(&mut self, bytes: &[u8]) {
        match self.pieces.back_mut() {
            Some(Piece::Bytes(last)) if (last.len() as u64) < ZEROS => last.extend_from_slice(bytes),
            _ => self.pieces.push_back(Piece::Bytes(bytes.to_vec())),
        }
    }

    fn fill(&mut self, position: u64) {
        let hole = position.saturating_sub(self.position);
        if hole > 0 {
            self.pieces.push_back(Piece::Zeros(hole));
            self.position = position;
        }
    }
}

impl Sink for Files {
    fn entry(&mut self, entry: Entry) -> std::result::Result<(), Invalid> {
        let Some(mut names) = self.names.remove(&entry.header_offset) else { return Ok(()) };
        let entry = named(&entry, &names.remove(0));
        self.write(&header(&entry));
        (self.current, self.position) = (Some((entry, names)), 0);
        Ok(())
    }

    fn data(&mut self, offset: u64, bytes: &[u8]) -> std::result::Result<(), Invalid> {
        if self.current.is_some() {
            self.fill(offset);
            self.write(bytes);
            self.position += bytes.len() as u64;
        }
        Ok(())
    }

    fn end(&mut self) -> std::result::Result<(), Invalid> {
        let Some((entry, names)) = self.current.take() else { return Ok(()) };
        self.fill(entry.size);
        self.write(&vec![0; padding(entry.size)]);
        for name in names {
            self.write(&header(&link(&entry, &name, &entry.path)));
        }
        Ok(())
    }
}
