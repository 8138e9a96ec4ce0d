//! Searching a V1 registry; V2 has no search.

use std::collections::HashSet;

use crate::protocol::v1::search;
use crate::registry::api::settings::Call;
use crate::registry::client::Client;
use crate::registry::legacy::v1::listing::{goes_on, results};
use crate::registry::legacy::v1::unreadable;
use crate::registry::listing::paging::ListingBounds;
use crate::transport::{Host, Result};

impl<H: Host> Client<H> {
    /// Searches a V1 registry and returns the results of all pages as a JSON array.
    ///
    /// # Errors
    ///
    /// `UNSUPPORTED` when the registry speaks V2, or the code of a failed request.
    pub async fn search(&self, query: &str, call: &Call) -> Result<String> {
        let api = &self.api;
        api.require_v1("search()", "use catalog() to list the repositories", call).await?;
        let mut extent = ListingBounds::new("the search", api.listing_limits);
        let (mut found, mut seen, mut number) = (Vec::new(), HashSet::new(), 1);
        loop {
            let response = results(api, query, (number, None), call).await?;
            extent.page(&response)?;
            let page = search::page(&response.body).map_err(|invalid| unreadable(&response, invalid))?;
            let before = found.len();
            let fresh = page.names.into_iter().zip(page.results).filter(|(name, _)| seen.insert(name.clone()));
            found.extend(fresh.map(|(_, result)| result));
            let fresh = found.len() - before;
            extent.add(&response, fresh)?;
            if !goes_on((number, page.pages.unwrap_or(1)), (fresh, page.total), &response, &extent)? {
                return Ok(format!("[{}]", found.join(",")));
            }
            number += 1;
        }
    }
}
