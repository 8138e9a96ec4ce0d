//! V1's lists: the tags of a repository, which come at once, and searches, which may come in pages.

use std::rc::Rc;

use crate::protocol::oci::listing::Strings;
use crate::protocol::oci::reference::RepositoryName;
use crate::protocol::v1::{search, tags};
use crate::registry::api::connection::Connection;
use crate::registry::api::repo::Repo;
use crate::registry::api::response::Response;
use crate::registry::api::settings::Call;
use crate::registry::legacy::v1::{JSON, unreadable};
use crate::registry::listing::paging::{ListingBounds, PAGE_LIMIT};
use crate::transport::{Host, Result};

/// Results of a search in one page: what Docker Hub's index allowed at most. docker-registry gives all of them.
const RESULTS: u64 = 100;

/// A page of a repository's tags, or of all repositories: a search for nothing finds them.
pub(crate) async fn list<H: Host>(
    api: &Rc<Connection<H>>,
    name: Option<&RepositoryName>,
    (number, page_size): (u64, Option<u64>),
    call: &Call,
) -> Result<Response<Vec<u8>>> {
    match name {
        Some(name) => {
            let repo = Repo::new(api, name.clone(), call);
            repo.get(&repo.v1_endpoint("tags"), Some(JSON), PAGE_LIMIT).await
        }
        None => results(api, "", (number, page_size), call).await,
    }
}

/// A page of a search's results.
pub(super) async fn results<H: Host>(
    api: &Connection<H>,
    query: &str,
    (number, page_size): (u64, Option<u64>),
    call: &Call,
) -> Result<Response<Vec<u8>>> {
    let (number, size) = (number.to_string(), page_size.unwrap_or(RESULTS).min(RESULTS).to_string());
    let mut pairs = vec![("q", query), ("n", &size)];
    pairs.extend(Some(("page", number.as_str())).filter(|_| number != "1"));
    let endpoint = api.endpoint("v1/search");
    api.get(&endpoint.with_url(endpoint.url.with_query(&pairs)), Some(JSON), PAGE_LIMIT, call).await
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
pub fn page_of(response: &Response<Vec<u8>>, is_catalog: bool) -> Result<Page> {
    let body = &response.body;
    let read = if is_catalog {
        search::page(body).map(|page| (page.names, page.pages, page.total))
    } else {
        tags(body).map(|names| (names, None, None))
    };
    let (names, pages, total) = read.map_err(|invalid| unreadable(response, invalid))?;
    Ok(Page { names: Strings::from_vec(&names), pages: pages.unwrap_or(1), total })
}

/// Whether there is another page. Who gives all at once, and who ignores which page is asked for, has nothing new on the
/// next; an error where that cannot have been all.
pub fn goes_on(
    (number, pages): (u64, u64),
    (fresh, total): (usize, Option<u64>),
    response: &Response<Vec<u8>>,
    extent: &ListingBounds,
) -> Result<bool> {
    if fresh > 0 {
        return Ok(number < pages);
    }
    match total {
        Some(total) if number > 1 && extent.lacks(total) => {
            let why = format!("there are {total}, and page {number} repeats what came before");
            Err(extent.stuck(&response.url, &why))
        }
        _ => Ok(false),
    }
}
