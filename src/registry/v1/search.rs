//! Searching, which V2 has no counterpart for.

use std::collections::HashSet;

use super::super::client::Client;
use super::super::settings::Call;
use super::unreadable;
use crate::protocol::code;
use crate::protocol::v1::search;
use crate::transport::{Host, Result};

impl<H: Host> Client<H> {
    /// What a V1 registry finds for some words: a JSON array of its results, those of all pages.
    pub async fn search(&self, query: &str, call: &Call) -> Result<String> {
        let connection = &self.connection;
        connection.require_v1("search()", "catalog() lists all there is", call).await?;
        let (max_pages, max_items) = connection.listing_limits;
        let (mut results, mut seen, mut number) = (Vec::new(), HashSet::new(), 1);
        loop {
            let answer = connection.v1_search(query, number, None, call).await?;
            let page = search::page(&answer.response.body).map_err(|invalid| unreadable(&answer, invalid))?;
            let before = results.len();
            let fresh = page.names.into_iter().zip(page.results).filter(|(name, _)| seen.insert(name.clone()));
            results.extend(fresh.map(|(_, result)| result));
            if results.len() as u64 > max_items {
                let message = format!("the search has more than the {max_items} results allowed (maxItems)");
                return Err(answer.error(code::TOO_LARGE, message));
            }
            if results.len() == before || number >= page.pages.unwrap_or(1) {
                return Ok(format!("[{}]", results.join(",")));
            }
            number += 1;
            if number > max_pages {
                let message = format!("the search has more than the {max_pages} pages allowed (maxPages)");
                return Err(answer.error(code::TOO_LARGE, message));
            }
        }
    }
}
