//! Reads whole bodies, and discards bodies that are not needed.

use std::pin::pin;

use futures_util::future::select;

use crate::protocol::code;
use crate::protocol::http::Method;
use crate::transport::layers::retry::Retry;
use crate::transport::request::{Request, Response};
use crate::transport::{Body, Chunk, Clock, Error, Result, Transport};

/// The maximum number of bytes that are read of an error response.
const FAILURE_LIMIT: u64 = 64 * 1024;

/// Sends a request and reads the whole response. A successful response larger than `limit` bytes is an error and not
/// read further; of an error response only the start is read. A response whose body ends early is requested again.
pub async fn load<T: Transport, C: Clock>(
    transport: &T,
    retry: &Retry<C>,
    request: &Request<T::Chunk>,
    limit: u64,
) -> Result<Response<Vec<u8>>> {
    let placed = |error: Error| error.at(request.method, &request.url);
    loop {
        let mut response = transport.send(request).await.map_err(placed)?;
        // The Content-Length of a HEAD response is that of a body that does not follow.
        if !response.is_success() || request.method == Method::Head {
            let body = start(&mut response.body).await;
            return Ok(response.map_body(|_| body));
        }
        let error = match whole(&mut response, limit).await {
            Ok(body) => return Ok(response.map_body(|_| body)),
            Err(error) => placed(error).with_status(response.status),
        };
        let repeatable = error.is_transient && request.is_repeatable;
        let delay = if repeatable { retry.next_delay(&request.retry_budget, None) } else { None };
        let Some(delay) = delay else { return Err(error) };
        drop(response);
        retry.pause(delay).await;
    }
}

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

async fn whole<B: Body>(response: &mut Response<B>, limit: u64) -> Result<Vec<u8>> {
    let too_large = || {
        let message = format!("the response is larger than the allowed {limit} bytes");
        Err(Error::new(code::TOO_LARGE, message))
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
            let error = Error::new(code::TRUNCATED, format!("{} of {length} bytes arrived", body.len()));
            Err(error.transient())
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
