//! zstd (RFC 8878), by structured-zstd: frames one behind the other, with skippable frames anywhere, as zstd:chunked and
//! seekable archives have them.

use structured_zstd::decoding::errors::FrameDecoderError;
use structured_zstd::decoding::{FrameDecoder, MAX_DECODER_WINDOW_SIZE};

use super::decompress::{Decode, Points};
use super::limits::exceeded;
use super::{broken, truncated};
use crate::protocol::invalid::Invalid;

const BUFFER: usize = 128 * 1024;
/// RFC 8878, section 3.1.1.1.2.
const SMALLEST_WINDOW: u64 = 1024;

struct Zstd {
    state: State,
    decoder: FrameDecoder,
    window: u64,
    /// Compressed bytes that are no whole header or block yet.
    pending: Vec<u8>,
    buffer: Vec<u8>,
    /// Compressed bytes taken, without those pending.
    offset: u64,
    /// Uncompressed bytes made, and where frames begin.
    made: u64,
    points: Option<Points>,
}

#[derive(PartialEq, Eq)]
enum State {
    Between,
    Frame,
    /// So many bytes of a skippable frame are left.
    Skip(u64),
}

/// Creates a decoder of what begins at this byte, which notes where frames begin if that is wanted.
pub fn create(window: u64, offset: u64, is_recording: bool) -> Box<dyn Decode> {
    let mut decoder = FrameDecoder::new();
    let window = window.clamp(SMALLEST_WINDOW, MAX_DECODER_WINDOW_SIZE);
    let _ = decoder.set_max_window_size(window); // it takes every size between these
    let points = is_recording.then(Points::default);
    let (pending, buffer) = (Vec::new(), vec![0; BUFFER]);
    Box::new(Zstd { state: State::Between, decoder, window, pending, buffer, offset, made: 0, points })
}

impl Decode for Zstd {
    fn take_points(&mut self) -> Option<Points> {
        self.points.take()
    }

    fn push(&mut self, bytes: &[u8], output: &mut dyn FnMut(&[u8]) -> Result<(), Invalid>) -> Result<(), Invalid> {
        let mut pending = std::mem::take(&mut self.pending);
        pending.extend_from_slice(bytes);
        let mut rest = pending.as_slice();
        while let Some(used) = self.step(rest, output)? {
            self.offset += used as u64;
            rest = rest.get(used..).unwrap_or_default();
        }
        let taken = pending.len() - rest.len();
        pending.drain(..taken);
        self.pending = pending;
        Ok(())
    }

    fn finish(&self) -> Result<(), Invalid> {
        if self.state == State::Between && self.pending.is_empty() {
            return Ok(());
        }
        let end = self.offset + self.pending.len() as u64;
        Err(truncated(format!("the zstd stream ends early, at byte {end} of the compressed layer")))
    }
}

impl Zstd {
    /// Takes some of the bytes and returns how many, or nothing if it needs more.
    fn step(
        &mut self,
        bytes: &[u8],
        output: &mut dyn FnMut(&[u8]) -> Result<(), Invalid>,
    ) -> Result<Option<usize>, Invalid> {
        match self.state {
            State::Skip(remaining) => {
                let used = usize::try_from(remaining).map_or(bytes.len(), |most| most.min(bytes.len()));
                let remaining = remaining - used as u64;
                self.state = if remaining == 0 { State::Between } else { State::Skip(remaining) };
                Ok(Some(used).filter(|used| *used > 0 || remaining == 0))
            }
            State::Between => self.begin(bytes),
            State::Frame => self.decode(bytes, output),
        }
    }

    fn begin(&mut self, bytes: &[u8]) -> Result<Option<usize>, Invalid> {
        match bytes {
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, a, b, c, d, ..] => {
                self.state = State::Skip(u32::from_le_bytes([*a, *b, *c, *d]).into());
                Ok(Some(8))
            }
            [0x28, 0xb5, 0x2f, 0xfd, descriptor, ..] => {
                let Some(header) = bytes.get(..header_length(*descriptor)) else { return Ok(None) };
                let mut source = header;
                self.decoder.reset(&mut source).map_err(|error| self.invalid(&error))?;
                self.state = State::Frame;
                if let Some(points) = &mut self.points {
                    points.begins(self.offset, self.made);
                }
                Ok(Some(header.len() - source.len()))
            }
            [0x28, 0xb5, 0x2f, 0xfd] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Ok(None),
            [] | [_] | [_, _] | [_, _, _] => Ok(None),
            _ => Err(broken(format!("no zstd frame at byte {} of the compressed layer", self.offset))),
        }
    }

    fn decode(
        &mut self,
        bytes: &[u8],
        output: &mut dyn FnMut(&[u8]) -> Result<(), Invalid>,
    ) -> Result<Option<usize>, Invalid> {
        // One block at a time: what was decoded before a fault in the same call would be lost.
        let Some(block) = bytes.get(..self.decoder.input_needed(bytes)) else { return Ok(None) };
        let decoded = self.decoder.decode_from_to(block, &mut self.buffer);
        let (used, made) = decoded.map_err(|error| self.invalid(&error))?;
        output(self.buffer.get(..made).unwrap_or_default())?;
        self.made += made as u64;
        if let Some(points) = &mut self.points {
            points.mark(self.offset + used as u64, self.made);
        }
        if self.decoder.is_finished() && self.decoder.can_collect() == 0 && !self.decoder.awaits_checksum() {
            self.state = State::Between;
            return Ok(Some(used));
        }
        Ok(if used == 0 && made == 0 { None } else { Some(used) })
    }

    fn invalid(&self, error: &FrameDecoderError) -> Invalid {
        if matches!(error, FrameDecoderError::WindowSizeTooBig { .. }) {
            return exceeded("the window of a zstd frame", self.window, "window");
        }
        broken(format!("the zstd stream is broken near byte {} of the compressed layer: {error}", self.offset))
    }
}

/// Bytes of a frame's header with this descriptor (RFC 8878, section 3.1.1.1).
fn header_length(descriptor: u8) -> usize {
    let is_single = descriptor & 0x20 != 0;
    let window = usize::from(!is_single);
    let dictionary = [0, 1, 2, 4].get(usize::from(descriptor & 3)).copied().unwrap_or_default();
    let content = match descriptor >> 6 {
        0 => usize::from(is_single),
        1 => 2,
        2 => 4,
        _ => 8,
    };
    4 + 1 + window + dictionary + content
}
