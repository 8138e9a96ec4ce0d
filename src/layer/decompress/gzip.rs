//! gzip (RFC 1952), by zlib-rs: members one behind the other, and zeros behind the last, which tar's blocking leaves there.

use zlib_rs::{Inflate, InflateFlush, Status};

use super::broken;
use super::phase;
use super::points::{Checkpoint, Points};
use super::record::Record;
use super::window::Window;
use crate::layer::truncated;
use crate::protocol::invalid::Invalid;

/// zlib's largest window, which every gzip stream fits, and its sign for the wrapping of gzip.
const WINDOW_BITS: u8 = 16 + 15;
const BUFFER: usize = 64 * 1024;
/// The checksum and the length behind a member.
const TRAILER: u8 = 8;

pub(super) struct Gzip {
    state: State,
    inflate: Inflate,
    buffer: Vec<u8>,
    /// Compressed bytes taken, and members that have ended.
    offset: u64,
    members: u64,
    record: Option<Record>,
}

enum State {
    /// Between members.
    Between,
    Member,
    /// Zeros behind the last member.
    Zeros,
    /// Before a block within a member, which begins at this bit of the next byte and refers to this window.
    Resumed(u8, Vec<u8>),
    /// Blocks of a member whose beginning was left out.
    Blocks,
    /// What is left of such a member's trailer: its checksum covers bytes that were left out.
    Trailer(u8),
}

impl Gzip {
    /// Creates a decoder that notes where decompression can begin, if that is wanted.
    pub fn new(is_recording: bool) -> Self {
        let record = is_recording.then(Record::default);
        Self { record, ..Self::at(0, State::Between) }
    }

    /// Creates a decoder of what is behind a checkpoint.
    pub fn resumed(checkpoint: &Checkpoint) -> Self {
        let bits = (checkpoint.bit % 8) as u8;
        let window = checkpoint.window.as_ref().map(Window::bytes);
        let state = window.map_or(State::Between, |window| State::Resumed(bits, window));
        Self::at(checkpoint.bit / 8, state)
    }

    fn at(offset: u64, state: State) -> Self {
        let inflate = Inflate::new(true, WINDOW_BITS);
        Self { state, inflate, buffer: vec![0; BUFFER], offset, members: 0, record: None }
    }

    /// Takes what was noted.
    pub fn take_points(&mut self) -> Option<Points> {
        self.record.take().map(Record::into_points)
    }

    pub fn push(
        &mut self,
        mut bytes: &[u8],
        output: &mut impl FnMut(&[u8]) -> Result<(), Invalid>,
    ) -> Result<(), Invalid> {
        while let Some(first) = bytes.first() {
            let used = match &mut self.state {
                State::Member | State::Blocks => self.inflate(bytes, output)?,
                State::Between if *first != 0 || self.members == 0 => {
                    if *first != 0x1f {
                        return Err(broken(format!(
                            "no gzip member, nor zeros, at byte {} of the compressed layer",
                            self.offset
                        )));
                    }
                    if self.members > 0 {
                        self.inflate = Inflate::new(true, WINDOW_BITS);
                    }
                    if let Some(record) = &mut self.record {
                        record.begin_member(self.offset);
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
                State::Resumed(bits, window) => {
                    let Some((inflate, before)) = phase::begin(window, *bits, *first) else {
                        return Err(broken(format!(
                            "nothing can begin at byte {} of the compressed layer",
                            self.offset
                        )));
                    };
                    self.inflate = inflate;
                    self.state = State::Blocks;
                    self.inflate(&before, output)?;
                    1
                }
                State::Trailer(left) => {
                    let used = bytes.len().min((*left).into());
                    *left -= used as u8;
                    if *left == 0 {
                        self.state = State::Between;
                    }
                    used
                }
            };
            self.offset += used as u64;
            bytes = bytes.get(used..).unwrap_or_default();
        }
        Ok(())
    }

    pub fn finish(&self) -> Result<(), Invalid> {
        match self.state {
            State::Between | State::Zeros => Ok(()),
            _ => Err(truncated(format!("the gzip stream ends early, at byte {} of the compressed layer", self.offset))),
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
            let (taken, made) = (self.inflate.total_in(), self.inflate.total_out());
            let rest = bytes.get(used..).unwrap_or_default();
            let stops = self.record.as_ref().is_some_and(Record::wants_block);
            let flush = if stops { InflateFlush::Block } else { InflateFlush::NoFlush };
            let status = self.inflate.decompress(rest, &mut self.buffer, flush);
            let step = usize::try_from(self.inflate.total_in() - taken).unwrap_or(rest.len());
            used += step;
            let made = usize::try_from(self.inflate.total_out() - made).unwrap_or_default();
            let made = self.buffer.get(..made).unwrap_or_default();
            // Also what stands before a fault is content.
            output(made)?;
            let status = status.map_err(|error| {
                let place = self.offset + used as u64;
                let error = error.as_str();
                broken(format!("the gzip stream is broken near byte {place} of the compressed layer: {error}"))
            })?;
            let is_full = made.len() == self.buffer.len();
            if let Some(record) = &mut self.record {
                let is_block = stops && status == Status::Ok && used < bytes.len() && !is_full;
                record.take(self.offset + used as u64, rest.get(..step).unwrap_or_default(), made, is_block);
            }
            if status == Status::StreamEnd {
                self.members += 1;
                let is_whole = matches!(self.state, State::Member);
                self.state = if is_whole { State::Between } else { State::Trailer(TRAILER) };
                return Ok(used);
            }
            // A full buffer may leave more behind although everything is taken.
            if used == bytes.len() && !is_full {
                return Ok(used);
            }
        }
    }
}
