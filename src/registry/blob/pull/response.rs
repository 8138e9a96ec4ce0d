//! Checks that a response is what was requested: the whole blob, or the part.

use crate::protocol::code;
use crate::protocol::http::range;
use crate::registry::api::response::Streaming;
use crate::registry::blob::pull::{BlobPull, Span};
use crate::transport::{Host, Result};

impl<H: Host> BlobPull<H> {
    /// Checks the length of a response with the whole blob, of which the whole or a part is wanted.
    pub(super) fn check_whole(&mut self, response: &Streaming<H>) -> Result<()> {
        let (declared, trusted) = (response.declared_length(), response.body_length());
        match (self.span, self.total) {
            (Span::Whole, None) => self.total = trusted,
            (Span::Whole, Some(total)) => {
                if let Some(length) = trusted.filter(|length| *length != total) {
                    let blob = self.digest().map(|digest| format!("blob {digest}"));
                    let blob = blob.unwrap_or_else(|| "the layer".to_owned());
                    let message = format!("{blob} has {length} bytes, but {total} are expected");
                    let error = response.other_content(code::SIZE_MISMATCH, message);
                    return Err(error.with_number("expected", total).with_number("actual", length));
                }
            }
            (Span::Part(first, _), _) => {
                if let Some(length) = declared.filter(|length| *length <= first) {
                    let message = format!("range: byte {first} was requested, but the blob has {length} bytes");
                    return Err(response.error(code::INVALID_ARGUMENT, message));
                }
                self.total = self.total.or(declared.map(|length| self.span.most().min(length - first)));
            }
        }
        Ok(())
    }

    /// Checks that a 206 response has exactly the requested part: from `from` to the last position, or to the end.
    pub(super) fn check_part(&mut self, response: &Streaming<H>, from: u64) -> Result<()> {
        let mut values = response.headers.all("content-range");
        let told = match (values.next(), values.next()) {
            (Some(value), None) => value,
            // The header is hidden from a cross-origin page: only the length can be checked.
            (None, _) if response.headers_filtered => {
                if let (Span::Part(..), None) = (self.span, self.total) {
                    let most = self.span.most();
                    self.total = Some(response.declared_length().map_or(most, |length| length.min(most)));
                }
                return Ok(());
            }
            _ => return Err(response.error(code::INVALID_RESPONSE, "the response has no Content-Range, or several")),
        };
        let told =
            range::parse_content_range(told).map_err(|invalid| response.error(invalid.code, invalid.into_message()))?;
        let length = told.complete.or(self.total.filter(|_| matches!(self.span, Span::Whole)));
        let end = length.map(|length| length.saturating_sub(1));
        let wanted = match (self.span.last(), end) {
            (Some(last), Some(end)) => last.min(end),
            (Some(last), None) => last,
            (None, Some(end)) => end,
            (None, None) => told.last,
        };
        if told.first != from || told.last != wanted {
            let message = format!("bytes {from}-{wanted} were requested, but {}-{} arrived", told.first, told.last);
            return Err(response.error(code::INVALID_RESPONSE, message));
        }
        let total = told.last.saturating_sub(self.span.first()).saturating_add(1);
        match self.total {
            Some(known) if known != total => {
                let message = format!("the blob had {known} bytes, but now it has {total}");
                let error = response.error(code::SIZE_MISMATCH, message);
                Err(error.with_number("expected", known).with_number("actual", total))
            }
            _ => {
                self.total = Some(total);
                Ok(())
            }
        }
    }
}
