//! V1's lists: the tags of a repository, which come at once, and searches, which may come in pages.

use crate::protocol::http::Method;
use crate::protocol::oci::listing::Strings;
use crate::protocol::oci::reference::RepositoryName;
use crate::protocol::v1::{search, tags};
use crate::registry::api::connection::{Answer, Connection};
use crate::registry::api::settings::Call;
use crate::registry::legacy::v1::{JSON, unreadable};
use crate::registry::listing::paging::{Extent, PAGE_LIMIT};
use crate::transport::{Host, Result};

/// Results of a search in one page: what Docker Hub's index allowed at most. docker-registry gives all of them.
const RESULTS: u64 = 100;

impl<H: Host> Connection<H> {
    /// A page of a repository's tags, or of all repositories: a search for nothing finds them.
    pub(in crate::registry) async fn v1_list(
        &self,
        name: Option<&RepositoryName>,
        number: u64,
        page_size: Option<u64>,
        call: &Call,
    ) -> Result<Answer<Vec<u8>>> {
        match name {
            Some(name) => self.get(&self.v1_repository(name, "tags"), Some(JSON), PAGE_LIMIT, call).await,
            None => self.v1_search("", number, page_size, call).await,
        }
    }

    pub(super) async fn v1_search(
        &self,
        query: &str,
        number: u64,
        page_size: Option<u64>,
        call: &Call,
    ) -> Result<Answer<Vec<u8>>> {
        let (number, size) = (number.to_string(), page_size.unwrap_or(RESULTS).min(RESULTS).to_string());
        let mut pairs = vec![("q", query), ("n", &size)];
        pairs.extend(Some(("page", number.as_str())).filter(|_| number != "1"));
        let target = self.target("v1/search");
        let request = self.request(Method::Get, &target.with_url(target.url.with_query(&pairs)), Some(JSON), call);
        self.success(self.load(&request, PAGE_LIMIT).await?)
    }
}

/// A page of a list.
pub struct Page {
    /// The names it holds.
    pub names: Strings,
    /// How many pages there are.
    pub pages: u64,
    /// How many names there are in all, where that is told.
    pub total: Option<u64>,
}

/// Reads a page.
pub fn page_of(answer: &Answer<Vec<u8>>, is_catalog: bool) -> Result<Page> {
    let body = &answer.response.body;
    let read = if is_catalog {
        search::page(body).map(|page| (page.names, page.pages, page.total))
    } else {
        tags(body).map(|names| (names, None, None))
    };
    let (names, pages, total) = read.map_err(|invalid| unreadable(answer, invalid))?;
    Ok(Page { names: Strings::from_vec(&names), pages: pages.unwrap_or(1), total })
}

/// Whether there is another page. Who gives all at once, and who ignores which page is asked for, has nothing new on the
/// next; an error where that cannot have been all.
pub fn goes_on(
    (number, pages): (u64, u64),
    (fresh, total): (usize, Option<u64>),
    answer: &Answer<Vec<u8>>,
    extent: &Extent,
) -> Result<bool> {
    if fresh > 0 {
        return Ok(number < pages);
    }
    match total {
        Some(total) if number > 1 && extent.lacks(total) => {
            let why = format!("there are {total}, and page {number} repeats what came before");
            Err(extent.stuck(&answer.url, &why))
        }
        _ => Ok(false),
    }
}
