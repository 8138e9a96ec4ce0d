//! Diagnosing the connection to a registry by probes, one after another, each made once. None of them changes
//! anything.

mod diagnosis;
mod evaluate;
mod findings;
mod inquiry;
mod probe;
mod question;

pub use crate::registry::diagnose::diagnosis::{
    Auth, Cors, Diagnosis, Finding, Fix, Listing, Paging, Preflight, Probed, Severity, Status,
};

use std::pin::pin;

use futures_util::future::{Either, select};

use crate::protocol::code;
use crate::protocol::oci::reference::RepositoryName;
use crate::registry::api::connection::Connection;
use crate::registry::api::settings::Call;
use crate::registry::diagnose::inquiry::Inquiry;
use crate::registry::diagnose::probe::Probe;
use crate::transport::{Error, Host, Result};

/// Maximum milliseconds of one probe with everything that belongs to it, regardless of the client's timeouts.
const LIMIT: u64 = 120_000;

/// Runs the probes. `repository` is used for tags, referrers and deletion; `None` uses the first of the catalog.
pub async fn diagnose<H: Host>(
    api: &Connection<H>,
    repository: Option<RepositoryName>,
    call: &Call,
) -> Result<Diagnosis> {
    let host = api.host();
    let mut inquiry = Inquiry::new(api, repository);
    for probe in Probe::ALL {
        if inquiry.wants(probe) {
            let (request, limit) = inquiry.request(probe, api, call);
            let response = match select(pin!(api.fetch(&request, limit)), pin!(host.sleep(LIMIT))).await {
                Either::Left((response, _)) => response,
                Either::Right(_) => Err(Error::new(code::TIMEOUT, format!("no complete response within {LIMIT} ms"))),
            };
            match response {
                Ok(response) => inquiry.heard(probe, &response, api),
                // That says nothing about the registry.
                Err(error) if error.code == code::MODULE_NOT_LOADED => return Err(error),
                Err(error) => inquiry.missed(probe, &error, api),
            }
        }
    }
    Ok(inquiry.conclude())
}
