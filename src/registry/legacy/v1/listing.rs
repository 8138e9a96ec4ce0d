//! V1 lists: the tags of a repository, which are never paginated, and search results, which may be.

use std::rc::Rc;

use crate::protocol::oci::listing::Strings;
use crate::protocol::oci::reference::RepositoryName;
use crate::protocol::v1::{search, tags};
use crate::registry::api::connection::Connection;
use crate::registry::api::repo::Repo;
use crate::registry::api::response::Response;
use crate::registry::api::settings::Call;
use crate::registry::legacy::v1::{JSON, unreadable};
use crate::registry::listing::pager::Pager;
use crate::registry::listing::paging::{ListingBounds, PAGE_LIMIT};
use crate::transport::{Host, Result};

/// Search results per page: the maximum of Docker Hub's index. docker-registry returns all of them.
const RESULTS: u64 = 100;

/// Returns the new names on a page, and whether there is another page. A registry that ignores the page number returns
/// nothing new on the second page, which ends the listing.
pub(in crate::registry::legacy) async fn list_page<H: Host>(
    api: &Rc<Connection<H>>,
    name: Option<&RepositoryName>,
    number: u64,
    call: &Call,
    pager: &mut Pager,
    bounds: &mut ListingBounds,
) -> Result<(Strings, bool)> {
    let response = list(api, name, (number, pager.size), call).await?;
    bounds.page(&response)?;
    let page = page_of(&response, name.is_none())?;
    let fresh = pager.fresh(page.names);
    bounds.add(&response, fresh.len())?;
    let goes_on = goes_on((number, page.pages), (fresh.len(), page.total), &response, bounds)?;
    Ok((fresh, goes_on))
}

/// Fetches a page of a repository's tags, or of all repositories, which an empty search returns.
pub(super) async fn list<H: Host>(
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

/// Fetches a page of search results.
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
struct Page {
    /// The names on the page.
    names: Strings,
    /// Number of pages.
    pages: u64,
    /// Total number of names, if it is stated.
    total: Option<u64>,
}

/// Parses a page.
fn page_of(response: &Response<Vec<u8>>, is_catalog: bool) -> Result<Page> {
    let body = &response.body;
    let read = if is_catalog {
        search::page(body).map(|page| (page.names, page.pages, page.total))
    } else {
        tags(body).map(|names| (names, None, None))
    };
    let (names, pages, total) = read.map_err(|invalid| unreadable(response, invalid))?;
    Ok(Page { names: Strings::from_vec(&names), pages: pages.unwrap_or(1), total })
}

/// Returns true if there is another page. A registry that ignores the page number returns nothing new on the second
/// page, which is an error if the list is incomplete.
pub(super) fn goes_on(
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
            let why = format!("there are {total}, but page {number} repeats earlier items");
            Err(extent.stuck(&response.url, &why))
        }
        _ => Ok(false),
    }
}
