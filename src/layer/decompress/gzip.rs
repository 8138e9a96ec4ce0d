//! gzip (RFC 1952), by zlib-rs: members one behind the other, and zeros behind the last, which tar's blocking leaves there.

use flate2::{Decompress, FlushDecompress, Status};

use super::broken;
use crate::layer::truncated;
use crate::protocol::invalid::Invalid;

/// zlib's largest window, which every gzip stream fits.
const WINDOW_BITS: u8 = 15;
const BUFFER: usize = 64 * 1024;

pub(super) struct Gzip {
    state: State,
    decompress: Decompress,
    buffer: Vec<u8>,
    /// Compressed bytes taken, and members that have ended.
    offset: u64,
    members: u64,
}

enum State {
    /// Between members.
    Between,
    Member,
    /// Zeros behind the last member.
    Zeros,
}

impl Default for Gzip {
    fn default() -> Self {
        let decompress = Decompress::new_gzip(WINDOW_BITS);
        Self { state: State::Between, decompress, buffer: vec![0; BUFFER], offset: 0, members: 0 }
    }
}

impl Gzip {
    pub fn push(
        &mut self,
        mut bytes: &[u8],
        output: &mut impl FnMut(&[u8]) -> Result<(), Invalid>,
    ) -> Result<(), Invalid> {
        while let Some(first) = bytes.first() {
            let used = match self.state {
                State::Member => self.inflate(bytes, output)?,
                State::Between if *first != 0 || self.members == 0 => {
                    if *first != 0x1f {
                        return Err(broken(format!(
                            "no gzip member, nor zeros, at byte {} of the compressed layer",
                            self.offset
                        )));
                    }
                    if self.members > 0 {
                        self.decompress = Decompress::new_gzip(WINDOW_BITS);
                    }
                    self.state = State::Member;
                    0
                }
                State::Between | State::Zeros => {
                    self.state = State::Zeros;
                    let zeros = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
                    if zeros < bytes.len() {
                        let place = self.offset + zeros as u64;
                        return Err(broken(format!(
                            "data behind the end of the gzip stream, at byte {place} of the compressed layer"
                        )));
                    }
                    zeros
                }
            };
            self.offset += used as u64;
            bytes = bytes.get(used..).unwrap_or_default();
        }
        Ok(())
    }

    pub fn finish(self) -> Result<(), Invalid> {
        match self.state {
            State::Member => Err(truncated(format!("the gzip stream ends early, after {} bytes", self.offset))),
            _ => Ok(()),
        }
    }

    /// Takes some of the bytes, and returns how many.
    fn inflate(
        &mut self,
        bytes: &[u8],
        output: &mut dyn FnMut(&[u8]) -> Result<(), Invalid>,
    ) -> Result<usize, Invalid> {
        let mut used = 0;
        loop {
            let (taken, made) = (self.decompress.total_in(), self.decompress.total_out());
            let rest = bytes.get(used..).unwrap_or_default();
            let status = self.decompress.decompress(rest, &mut self.buffer, FlushDecompress::None);
            used += usize::try_from(self.decompress.total_in() - taken).unwrap_or(rest.len());
            let made = usize::try_from(self.decompress.total_out() - made).unwrap_or_default();
            // Also what stands before a fault is content.
            output(self.buffer.get(..made).unwrap_or_default())?;
            let status = status.map_err(|error| {
                let place = self.offset + used as u64;
                broken(format!("the gzip stream is broken near byte {place} of the compressed layer: {error}"))
            })?;
            if status == Status::StreamEnd {
                self.state = State::Between;
                self.members += 1;
                return Ok(used);
            }
            // A full buffer may leave more behind although everything is taken.
            if used == bytes.len() && made < self.buffer.len() {
                return Ok(used);
            }
        }
    }
}
