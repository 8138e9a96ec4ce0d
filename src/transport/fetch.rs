//! Requests whose whole response is read.

use crate::protocol::http::Method;
use crate::transport::layers::retry::Retry;
use crate::transport::read::{start, whole};
use crate::transport::request::{Request, Response};
use crate::transport::{Clock, Error, Result, Transport};

/// Sends a request and reads the whole response. A successful response larger than `limit` bytes is an error and not
/// read further; of an error response only the start is read. A response whose body ends early is requested again.
pub async fn fetch<T: Transport, C: Clock>(
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
