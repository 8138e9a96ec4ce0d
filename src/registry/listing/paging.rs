//! What all lists that come in pages have in common: where the next page is, and how much a list may be.

use std::collections::HashSet;

use crate::protocol::code;
use crate::protocol::http::{Method, link};
use crate::protocol::invalid::Invalid;
use crate::protocol::url::Url;
use crate::registry::api::response::Response;
use crate::transport::{Error, Result};

/// Bytes of one page that are read: 100,000 tags of full length and then some.
pub const PAGE_LIMIT: u64 = 32 * 1024 * 1024;
/// Bytes of all pages of a list, unpacked: `maxItems` limits their number, not what a page holds beside them.
const LIST_LIMIT: u64 = 8 * PAGE_LIMIT;

/// Where an answer says the next page is.
pub enum NextPage {
    /// Nowhere.
    None,
    /// There.
    At(Url),
    /// At another origin, where nothing is sent.
    Elsewhere {
        /// What is wrong with the `Link`.
        why: String,
        /// The registry's own list with the `Link`'s query.
        guess: Option<Url>,
    },
    /// Somewhere that cannot be made out.
    Unreadable {
        /// What is wrong with the `Link`.
        why: String,
        /// The registry's own list with what may be the `Link`'s query.
        guess: Option<Url>,
    },
}

/// Where `Link: …; rel="next"` leads. Only its query is taken: behind a path prefix Artifactory and Nexus drop the prefix,
/// and a list never moves to another path. Nothing is sent to another origin: behind a proxy that ends TLS registries
/// name themselves by http.
pub fn next_page<B>(response: &Response<B>) -> NextPage {
    let values = || response.headers.all("link");
    let at = |url: &Url| response.url.with_raw_query(url.query());
    let unreadable = |invalid: Invalid| {
        let guess = link::query_of_unreadable(values());
        let guess = guess.and_then(|query| response.url.join(&format!("?{query}")).ok());
        NextPage::Unreadable { why: invalid.message, guess }
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

/// How much of a list has come, and how much of it may.
pub struct ListingBounds {
    /// The list, in messages.
    what: &'static str,
    limits: (u64, u64),
    pages: u64,
    items: u64,
    bytes: u64,
    visited: HashSet<String>,
}

impl ListingBounds {
    /// Nothing has come. `limits`: pages and items.
    pub fn new(what: &'static str, limits: (u64, u64)) -> Self {
        Self { what, limits, pages: 0, items: 0, bytes: 0, visited: HashSet::new() }
    }

    /// Whether a page was asked for before.
    pub fn has(&self, url: &Url) -> bool {
        self.visited.contains(&url.to_string())
    }

    /// Counts a page.
    pub fn page(&mut self, response: &Response<Vec<u8>>) -> Result<()> {
        let url = response.url.to_string();
        self.pages += 1;
        self.bytes += (response.body.len() + url.len()) as u64;
        self.visited.insert(url);
        if self.pages > self.limits.0 {
            let message = format!("{} has more than the {} pages allowed (maxPages)", self.what, self.limits.0);
            return Err(response.error(code::TOO_LARGE, message));
        }
        if self.bytes > LIST_LIMIT {
            let message = format!("{} has more than the {LIST_LIMIT} bytes allowed for it", self.what);
            return Err(response.error(code::TOO_LARGE, message));
        }
        Ok(())
    }

    /// Counts items.
    pub fn add<B>(&mut self, response: &Response<B>, count: usize) -> Result<()> {
        self.items += count as u64;
        if self.items > self.limits.1 {
            let message = format!("{} has more than the {} items allowed (maxItems)", self.what, self.limits.1);
            return Err(response.error(code::TOO_LARGE, message));
        }
        Ok(())
    }

    /// The error of a list that does not come to its end.
    pub fn stuck(&self, url: &Url, why: &str) -> Error {
        let message = format!("{} may go on after {} items: {why}", self.what, self.items);
        Error::new(code::PAGING_LOOP, message).at(Method::Get, url)
    }

    /// Whether less came than there is.
    pub fn lacks(&self, total: u64) -> bool {
        total > self.items
    }
}
