//! The members of an archive in their order, or the files of a directory. Names and links are data: nothing is ever opened by them.

use std::vec::IntoIter;

use crate::layer::limits::Limits;
use crate::layer::tar::{BLOCK, Entry, Kind, Reader, Sink};
use crate::protocol::invalid::{Invalid, quoted};
use crate::protocol::json::MAX_SAFE_INTEGER;
use crate::registry::api::connection::Connection;
use crate::registry::archive::data::{FileList, NamedFile};
use crate::registry::archive::input::Input;
use crate::registry::archive::{INDEX, LAYOUT, MANIFEST, invalid};
use crate::registry::blob::source::BlobSource;
use crate::transport::{Chunk, Error, Host, Result};

/// A member of an archive.
#[derive(Debug, Clone)]
pub struct Member {
    /// The path, without `./` in front.
    pub path: String,
    /// The path that a link leads to.
    pub target: Option<String>,
    /// True if it has content of its own.
    pub is_file: bool,
    /// Bytes of its content.
    pub size: u64,
    /// Where its header begins in the archive; `None` for a file of a directory.
    pub at: Option<u64>,
    /// Where its content begins.
    pub content_at: u64,
}

impl Member {
    /// Names the member in a message.
    pub fn shown(&self) -> String {
        match self.at {
            Some(at) => format!("the member {} at byte {at} of the archive", quoted(&self.path)),
            None => format!("the file {}", quoted(&self.path)),
        }
    }

    fn truncated(&self) -> Error {
        invalid(format!("{} is cut off: its header says {} bytes", self.shown(), self.size))
    }
}

/// The members, one after the other.
pub enum Members<H: Host> {
    /// Those of a tar archive.
    Tar(Box<Tar<H>>),
    /// The files of a directory.
    Files(Files<H>),
}

/// The members of a tar archive.
pub struct Tar<H: Host> {
    input: Input<H>,
    limits: Limits,
    current: Option<Member>,
    /// Bytes that are left of the current member, and those behind it.
    left: u64,
    padding: u64,
    is_first: bool,
}

/// The files of a directory.
pub struct Files<H: Host> {
    files: IntoIter<NamedFile<H::Chunk>>,
    current: Option<Box<dyn BlobSource<H::Chunk>>>,
}

impl<H: Host> Members<H> {
    /// The members of an archive.
    pub async fn of_archive(
        source: Box<dyn BlobSource<H::Chunk>>,
        limits: Limits,
        api: &Connection<H>,
    ) -> Result<Self> {
        let input = Input::open(source, limits, api).await?;
        Ok(Self::Tar(Box::new(Tar { input, limits, current: None, left: 0, padding: 0, is_first: true })))
    }

    /// The files of a directory.
    pub fn of_files(files: FileList<H::Chunk>) -> Self {
        Self::Files(Files { files: files.into_iter(), current: None })
    }

    /// Returns true if the content of members is at its position in the source.
    pub fn is_plain(&self) -> bool {
        matches!(self, Self::Tar(tar) if !tar.input.is_compressed())
    }

    /// Returns the next member; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Member>> {
        match self {
            Self::Tar(tar) => tar.next().await,
            Self::Files(files) => files.next(),
        }
    }

    /// Returns the next bytes of the current member; `None` at its end.
    pub async fn chunk(&mut self) -> Result<Option<H::Chunk>> {
        match self {
            Self::Tar(tar) => tar.chunk().await,
            Self::Files(files) => match &mut files.current {
                Some(source) => source.next().await,
                None => Ok(None),
            },
        }
    }
}

impl<H: Host> Files<H> {
    fn next(&mut self) -> Result<Option<Member>> {
        let Some((path, file)) = self.files.next() else { return Ok(None) };
        let size = file.size();
        self.current = Some(file.slice(0, size)?);
        Ok(Some(Member { path, target: None, is_file: true, size, at: None, content_at: 0 }))
    }
}

impl<H: Host> Tar<H> {
    async fn next(&mut self) -> Result<Option<Member>> {
        if let Some(current) = self.current.take() {
            if !self.input.skip(self.left).await? {
                return Err(current.truncated());
            }
            // The last block of an archive without an end may be short.
            self.input.skip(self.padding).await?;
        }
        let at = self.input.position();
        let mut header = (Reader::new(self.limits), Header::default());
        let entry = loop {
            let block = self.input.block().await?;
            let is_between = self.input.position() - at <= BLOCK as u64;
            if is_between && !self.is_first && block.iter().all(|byte| *byte == 0) {
                // The rest is read to its end: it shows a broken compression, and, of a plain archive, the
                // program at the other end of a pipe may not have written all of it yet.
                while self.input.chunk(u64::MAX).await?.is_some() {}
                return Ok(None);
            }
            if block.len() < BLOCK {
                return Err(self.refused(at, "the archive ends within a header"));
            }
            let pushed = header.0.push(&block, &mut header.1);
            pushed.map_err(|refused| self.refused(at, refused.message.split(" (tar").next().unwrap_or_default()))?;
            if let Some(entry) = header.1.0.take() {
                break entry;
            }
            if self.is_first && header.0.summary().is_ok_and(|summary| summary.has_end) {
                return Err(invalid("the archive has no members"));
            }
        };
        self.is_first = false;
        self.begin(at, entry).map(Some)
    }

    fn begin(&mut self, at: u64, entry: Entry) -> Result<Member> {
        let content_at = self.input.position();
        let mut member = Member {
            path: String::from_utf8_lossy(&entry.path).into_owned(),
            target: None,
            is_file: entry.kind == Kind::File,
            size: entry.stored,
            at: Some(at),
            content_at,
        };
        let shown = member.shown();
        let unsafe_path = |why: &str| invalid(format!("{shown} {why}, which no image archive has"));
        member.path = inside("", &member.path).ok_or_else(|| unsafe_path("has a path that leads outside"))?;
        if entry.segments.is_some() {
            return Err(unsafe_path("is a sparse file"));
        }
        if entry.stored > MAX_SAFE_INTEGER {
            return Err(invalid(format!("{shown} has {} bytes, by its header", entry.stored)));
        }
        let target = String::from_utf8_lossy(&entry.link_target);
        member.target = match entry.kind {
            // One that leads outside leads nowhere.
            Kind::Symlink => Some(inside(folder_of(&member.path), &target).unwrap_or_default()),
            Kind::HardLink => Some(inside("", &target).unwrap_or_default()),
            _ => None,
        };
        (self.left, self.padding) = (entry.stored, entry.stored.next_multiple_of(BLOCK as u64) - entry.stored);
        self.current = Some(member.clone());
        Ok(member)
    }

    async fn chunk(&mut self) -> Result<Option<H::Chunk>> {
        let Some(current) = self.current.as_ref().filter(|_| self.left > 0) else { return Ok(None) };
        let Some(chunk) = self.input.chunk(self.left).await? else { return Err(current.truncated()) };
        self.left -= chunk.len();
        Ok(Some(chunk))
    }

    fn refused(&self, at: u64, why: &str) -> Error {
        let what =
            if self.is_first { "this is no tar archive".to_owned() } else { format!("byte {at} of the archive") };
        invalid(format!("{what}: {why}"))
    }
}

/// Returns the folder of a path.
fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Returns a path that is relative to a folder, if it stays inside the archive.
pub fn inside(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    if path.starts_with('/') {
        return None;
    }
    for part in path.split('/').filter(|part| !matches!(*part, "" | ".")) {
        match part {
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Returns the files below the folder that has the documents of an archive: the first that a caller gives may be around it. The documents
/// come first.
pub fn below<C>(files: FileList<C>) -> FileList<C> {
    let files = files.into_iter().filter_map(|(path, file)| Some((inside("", &path)?, file)));
    let files: FileList<C> = files.collect();
    let is_document = |path: &str| [INDEX, MANIFEST, LAYOUT].iter().any(|name| path.rsplit('/').next() == Some(*name));
    let documents = files.iter().map(|(path, _)| path).filter(|path| is_document(path));
    let top =
        documents.map(|path| folder_of(path)).min_by_key(|folder| folder.matches('/').count() + folder.len().min(1));
    let top =
        top.map_or_else(String::new, |folder| if folder.is_empty() { String::new() } else { format!("{folder}/") });
    let inner = files.into_iter().filter_map(|(path, file)| Some((path.strip_prefix(&top)?.to_owned(), file)));
    let mut inner: FileList<C> = inner.collect();
    inner.sort_by(|(one, _), (other, _)| (!is_document(one), one).cmp(&(!is_document(other), other)));
    inner
}

/// Takes an entry from its headers.
#[derive(Default)]
struct Header(Option<Entry>);

impl Sink for Header {
    fn entry(&mut self, entry: Entry) -> std::result::Result<(), Invalid> {
        self.0 = Some(entry);
        Ok(())
    }

    fn data(&mut self, _: u64, _: &[u8]) -> std::result::Result<(), Invalid> {
        Ok(())
    }

    fn end(&mut self) -> std::result::Result<(), Invalid> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside() {
        for (folder, path, found) in [
            ("", "./blobs//sha256/a", Some("blobs/sha256/a")),
            ("", "a/", Some("a")),
            ("a/b", "../c/layer.tar", Some("a/c/layer.tar")),
            ("", "a/../b", Some("b")),
            ("", "/etc/passwd", None),
            ("", "..", None),
            ("a", "../../b", None),
            ("", "a/../../b", None),
        ] {
            assert_eq!(inside(folder, path).as_deref(), found, "{folder} {path}");
        }
    }
}
