//! Reads whole bodies, and discards bodies that are not needed.

use std::pin::pin;

use futures_util::future::select;

use crate::protocol::code;
use crate::transport::request::Response;
use crate::transport::{Body, Chunk, Clock, Error, Result};

/// The maximum number of bytes that are read of an error response.
const FAILURE_LIMIT: u64 = 64 * 1024;

/// Discards a response whose body is not needed. A short body is read first if that takes little time: its connection
/// can then be reused, unlike one that was aborted.
pub async fn discard<B: Body>(clock: &impl Clock, mut response: Response<B>) {
    const SHORT: u64 = 16 * 1024;
    const PATIENCE: u64 = 250;
    if response.declared_length().is_some_and(|length| length <= SHORT) {
        let read = async { while let Ok(Some(_)) = response.body.next().await {} };
        select(pin!(read), pin!(clock.sleep(PATIENCE))).await;
    }
}

pub(super) async fn whole<B: Body>(response: &mut Response<B>, limit: u64) -> Result<Vec<u8>> {
    let too_large = || {
        let message = format!("the response is larger than the allowed {limit} bytes");
        Err(Error::new(code::TOO_LARGE, message).with_number("limit", limit))
    };
    if response.declared_length().is_some_and(|length| length > limit) {
        return too_large();
    }
    response.body.enforce_min_rate();
    let mut body = Vec::new();
    while let Some(chunk) = response.body.next().await? {
        if body.len() as u64 + chunk.len() > limit {
            return too_large();
        }
        if !chunk.is_intact() {
            let message = "a part of the response was lost while it was read: its buffer is detached";
            return Err(Error::new(code::INVALID_RESPONSE, message));
        }
        chunk.append_to(&mut body);
    }
    match response.body_length() {
        Some(length) if length != body.len() as u64 => {
            let arrived = body.len() as u64;
            let error = Error::new(code::TRUNCATED, format!("{arrived} of {length} bytes arrived"));
            Err(error.with_number("expected", length).with_number("actual", arrived).transient())
        }
        _ => Ok(body),
    }
}

/// Reads the start of an error response's body, until an error or a limit.
pub async fn start<B: Body>(body: &mut B) -> Vec<u8> {
    body.enforce_min_rate();
    let mut start = Vec::new();
    while let Ok(Some(chunk)) = body.next().await {
        chunk.slice(0, FAILURE_LIMIT - start.len() as u64).append_to(&mut start);
        if start.len() as u64 >= FAILURE_LIMIT {
            break;
        }
    }
    start
}
