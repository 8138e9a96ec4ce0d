//! What works against a registry from here, found out by asking it: one question after another, each asked once, none of
//! which changes anything.

mod diagnosis;
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
use crate::transport::{Error, Host};

/// Milliseconds that one question may take with all that belongs to it, whatever the client's time limits are.
const LIMIT: u64 = 120_000;

/// Asks the registry. `repository`: what to ask about tags, referrers and deletion; `None`: the catalog's first.
pub async fn diagnose<H: Host>(api: &Connection<H>, repository: Option<RepositoryName>, call: &Call) -> Diagnosis {
    let host = api.host();
    let mut inquiry = Inquiry::new(api, repository);
    for probe in Probe::ALL {
        if inquiry.wants(probe) {
            let (request, limit) = inquiry.request(probe, api, call);
            let response = match select(pin!(api.fetch(&request, limit)), pin!(host.sleep(LIMIT))).await {
                Either::Left((response, _)) => response,
                Either::Right(_) => Err(Error::new(code::TIMEOUT, format!("no whole answer within {LIMIT} ms"))),
            };
            match response {
                Ok(response) => inquiry.heard(probe, &response, api),
                Err(error) => inquiry.missed(probe, &error, api),
            }
        }
    }
    inquiry.conclude()
}
