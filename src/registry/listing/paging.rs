//! Pagination shared by all lists: the location of the next page, and limits on the size of a list.

use std::collections::HashSet;

use crate::protocol::code;
use crate::protocol::http::{Method, link};
use crate::protocol::invalid::Invalid;
use crate::protocol::url::Url;
use crate::registry::api::response::Response;
use crate::transport::{Error, Result};

/// Bytes read of one page: enough for more than 100,000 tags of maximum length.
pub const PAGE_LIMIT: u64 = 32 * 1024 * 1024;
/// Bytes of all pages of a list, decompressed. `maxItems` limits the items only, not other content of the pages.
const LIST_LIMIT: u64 = 8 * PAGE_LIMIT;

/// The location of the next page, as a response states it.
pub enum NextPage {
    /// There is no next page.
    None,
    /// The next page is at this URL.
    At(Url),
    /// The `Link` leads to another origin, to which nothing is sent.
    Elsewhere {
        /// Description of the problem with the `Link`.
        why: String,
        /// The registry's own list with the query of the `Link`.
        guess: Option<Url>,
    },
    /// The `Link` cannot be parsed.
    Unreadable {
        /// Description of the problem with the `Link`.
        why: String,
        /// The registry's own list with the probable query of the `Link`.
        guess: Option<Url>,
    },
}

/// Returns the location to which `Link: …; rel="next"` leads.
///
/// Only the query of the link is used: behind a path prefix, Artifactory and Nexus omit the prefix, and a list
/// never moves to another path. Nothing is sent to another origin; a registry behind a TLS-terminating proxy may
/// name itself with http.
pub fn next_page<B>(response: &Response<B>) -> NextPage {
    let values = || response.headers.all("link");
    let at = |url: &Url| response.url.with_raw_query(url.query());
    let unreadable = |invalid: Invalid| {
        let guess = link::query_of_unreadable(values());
        let guess = guess.and_then(|query| response.url.join(&format!("?{query}")).ok());
        NextPage::Unreadable { why: invalid.into_message(), guess }
    };
    let endpoint = match link::next(values()) {
        Ok(None) => return NextPage::None,
        Ok(Some(endpoint)) => endpoint,
        Err(invalid) => return unreadable(invalid),
    };
    match response.url.join(&endpoint) {
        Ok(url) if url.same_origin(&response.url) => NextPage::At(at(&url)),
        Ok(url) => NextPage::Elsewhere {
            why: format!("its Link leads to {}, which is another origin", url.redacted()),
            guess: url.query().map(|_| at(&url)),
        },
        Err(invalid) => unreadable(invalid),
    }
}

/// Counts the pages, items and bytes of a list against their limits.
pub struct ListingBounds {
    /// Name of the list, for messages.
    what: &'static str,
    limits: (u64, u64),
    pages: u64,
    items: u64,
    bytes: u64,
    visited: HashSet<String>,
}

impl ListingBounds {
    /// Starts at zero. `limits` are the maximum pages and items.
    pub fn new(what: &'static str, limits: (u64, u64)) -> Self {
        Self { what, limits, pages: 0, items: 0, bytes: 0, visited: HashSet::new() }
    }

    /// Returns true if a page was requested before.
    pub fn has(&self, url: &Url) -> bool {
        self.visited.contains(&url.to_string())
    }

    /// Counts a page.
    ///
    /// # Errors
    ///
    /// `TOO_LARGE` when there are too many pages or bytes.
    pub fn page(&mut self, response: &Response<Vec<u8>>) -> Result<()> {
        let url = response.url.to_string();
        self.pages += 1;
        self.bytes += (response.body.len() + url.len()) as u64;
        self.visited.insert(url);
        if self.pages > self.limits.0 {
            let message = format!("{} has more than the {} pages allowed (maxPages)", self.what, self.limits.0);
            return Err(response.error(code::TOO_LARGE, message).with_number("limit", self.limits.0));
        }
        if self.bytes > LIST_LIMIT {
            let message = format!("{} has more than the {LIST_LIMIT} bytes allowed for it", self.what);
            return Err(response.error(code::TOO_LARGE, message).with_number("limit", LIST_LIMIT));
        }
        Ok(())
    }

    /// Counts items.
    ///
    /// # Errors
    ///
    /// `TOO_LARGE` when there are too many.
    pub fn add<B>(&mut self, response: &Response<B>, count: usize) -> Result<()> {
        self.items += count as u64;
        if self.items > self.limits.1 {
            let message = format!("{} has more than the {} items allowed (maxItems)", self.what, self.limits.1);
            return Err(response.error(code::TOO_LARGE, message).with_number("limit", self.limits.1));
        }
        Ok(())
    }

    /// Creates the error of a list whose end cannot be determined.
    pub fn stuck(&self, url: &Url, why: &str) -> Error {
        let message = format!("{} may go on after {} items: {why}", self.what, self.items);
        Error::new(code::PAGING_LOOP, message).at(Method::Get, url)
    }

    /// Returns true if fewer items arrived than the list has.
    pub fn lacks(&self, total: u64) -> bool {
        total > self.items
    }
}
