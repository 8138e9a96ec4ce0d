//! The bytes of an archive from start to end, decompressed where they are compressed.

use std::collections::VecDeque;

use crate::layer::decompress::{Compression, Decompressor};
use crate::layer::limits::Limits;
use crate::layer::tar::BLOCK;
use crate::protocol::code;
use crate::protocol::invalid::Invalid;
use crate::registry::api::connection::Connection;
use crate::registry::archive::invalid;
use crate::registry::blob::source::{BlobSource, check_intact};
use crate::transport::{Chunk, Error, Host, Result};

/// Compressed bytes that are decompressed at a time: they can make a thousand times as much.
const PIECE: u64 = 32 * 1024;
/// Bytes that tell what the rest is.
const MAGIC: u64 = 4;

/// The bytes of an archive.
pub struct Input<H: Host> {
    source: Box<dyn BlobSource<H::Chunk>>,
    /// `None` for an archive that is not compressed.
    decompressor: Option<Decompressor>,
    /// Bytes that were read from the source, and not decompressed yet.
    raw: VecDeque<H::Chunk>,
    /// Bytes of the archive that were not taken yet.
    ready: VecDeque<H::Chunk>,
    position: u64,
    has_ended: bool,
}

impl<H: Host> Input<H> {
    /// Reads the first bytes.
    pub async fn open(source: Box<dyn BlobSource<H::Chunk>>, limits: Limits, api: &Connection<H>) -> Result<Self> {
        let (raw, ready) = (VecDeque::new(), VecDeque::new());
        let mut input = Self { source, decompressor: None, raw, ready, position: 0, has_ended: false };
        let mut first = Vec::new();
        while (first.len() as u64) < MAGIC {
            let Some(chunk) = input.read().await? else { break };
            chunk.slice(0, MAGIC).append_to(&mut first);
            input.raw.push_back(chunk);
        }
        match first.as_slice() {
            [] => return Err(invalid("the archive is empty")),
            [b'<', ..] => return Err(invalid("the archive is an HTML or XML document")),
            [b'{' | b'[', ..] => return Err(invalid("the archive is a JSON document")),
            first => match Compression::detect(first).map_err(refusal)? {
                Compression::None => input.ready = std::mem::take(&mut input.raw),
                Compression::Gzip => input.decompressor = Some(Decompressor::new(limits)),
                Compression::Zstd => {
                    let zstd = api.zstd.load().await?;
                    input.decompressor.insert(Decompressor::new(limits)).set_zstd(zstd);
                }
            },
        }
        Ok(input)
    }

    /// Returns true if the archive is compressed, so that its members are nowhere in the source.
    pub fn is_compressed(&self) -> bool {
        self.decompressor.is_some()
    }

    /// The number of bytes that were taken.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Returns the next bytes, at most so many; `None` at the end.
    pub async fn chunk(&mut self, most: u64) -> Result<Option<H::Chunk>> {
        while self.ready.is_empty() && !self.has_ended {
            self.advance().await?;
        }
        let Some(chunk) = self.ready.pop_front() else { return Ok(None) };
        let taken = chunk.slice(0, most);
        if taken.len() < chunk.len() {
            self.ready.push_front(chunk.slice(most, u64::MAX));
        }
        self.position += taken.len();
        Ok(Some(taken))
    }

    /// Passes over bytes. Returns false if the archive ends within them.
    pub async fn skip(&mut self, mut count: u64) -> Result<bool> {
        while count > 0 {
            let Some(chunk) = self.chunk(count).await? else { return Ok(false) };
            count -= chunk.len();
        }
        Ok(true)
    }

    /// Returns the next block; fewer bytes at the end of the archive.
    pub async fn block(&mut self) -> Result<Vec<u8>> {
        let mut block = Vec::with_capacity(BLOCK);
        while block.len() < BLOCK {
            let Some(chunk) = self.chunk((BLOCK - block.len()) as u64).await? else { break };
            chunk.append_to(&mut block);
        }
        Ok(block)
    }

    async fn advance(&mut self) -> Result<()> {
        let chunk = match self.raw.pop_front() {
            Some(chunk) => Some(chunk),
            None => self.read().await?,
        };
        let Some(decompressor) = &mut self.decompressor else {
            self.has_ended = chunk.is_none();
            self.ready.extend(chunk);
            return Ok(());
        };
        let ready = &mut self.ready;
        let mut output = |bytes: &[u8]| {
            ready.push_back(H::Chunk::of(bytes));
            Ok(())
        };
        let Some(chunk) = chunk else {
            self.has_ended = true;
            return decompressor.finish(&mut output).map_err(refusal);
        };
        let mut bytes = Vec::new();
        chunk.slice(0, PIECE).append_to(&mut bytes);
        if chunk.len() > PIECE {
            self.raw.push_front(chunk.slice(PIECE, u64::MAX));
        }
        let pushed = decompressor.push(&bytes, &mut output).map_err(refusal);
        self.has_ended |= pushed.is_err();
        pushed
    }

    async fn read(&mut self) -> Result<Option<H::Chunk>> {
        let chunk = self.source.next().await?;
        check_intact(chunk.as_slice())?;
        Ok(chunk)
    }
}

/// The error of the decompression, in terms of the archive.
fn refusal(refused: Invalid) -> Error {
    let code = match refused.code {
        code::LAYER_INVALID | code::TRUNCATED | code::UNSUPPORTED => code::ARCHIVE_INVALID,
        other => other,
    };
    Error::new(code, refused.into_message().replace("layer", "archive"))
}
