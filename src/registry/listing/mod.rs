//! Paginated listings: tags and the catalog (distribution-spec v1.1.1, "Listing Tags").

pub(crate) mod pager;
pub(crate) mod paging;

use std::rc::Rc;

use crate::protocol::code;
use crate::protocol::http::Method;
use crate::protocol::invalid::Invalid;
use crate::protocol::oci::listing;
use crate::protocol::oci::listing::Strings;
use crate::protocol::oci::reference::RepositoryName;
use crate::protocol::url::Url;
use crate::registry::api::connection::Connection;
use crate::registry::api::endpoint::Endpoint;
use crate::registry::api::repo::Repo;
use crate::registry::api::response::Response;
use crate::registry::api::settings::Call;
use crate::registry::api::version;
use crate::registry::listing::pager::{PageRequest, Pager};
use crate::registry::listing::paging::{ListingBounds, PAGE_LIMIT, next_page};
use crate::transport::{Error, Host, Result};

/// Items requested per page: the maximum of distribution and ECR.
const PAGE_SIZE: u64 = 1000;
/// The code for a repository that a registry does not know.
pub(crate) const NAME_UNKNOWN: &str = "NAME_UNKNOWN";

/// The kind of list.
enum Listed {
    Catalog,
    Tags(std::result::Result<RepositoryName, Invalid>),
}

enum Next {
    PageRequest(PageRequest),
    /// A page of a V1 registry; the first is 1.
    V1(u64),
    Failure(Error),
}

/// A listing in progress, read page by page.
pub struct Listing<H: Host> {
    api: Rc<Connection<H>>,
    listed: Listed,
    call: Call,
    next: Next,
    course: Pager,
    extent: ListingBounds,
    /// The item after which the list begins.
    after: Option<String>,
    is_in_catalog: bool,
}

impl<H: Host> Listing<H> {
    pub(super) fn catalog(api: Rc<Connection<H>>, page_size: Option<u64>, call: Call) -> Self {
        Self::new(api, Listed::Catalog, page_size, call)
    }

    pub(super) fn tags(
        api: Rc<Connection<H>>,
        name: std::result::Result<RepositoryName, Invalid>,
        page_size: Option<u64>,
        call: Call,
    ) -> Self {
        Self::new(api, Listed::Tags(name), page_size, call)
    }

    /// Lists the tags of a repository.
    pub(super) fn of_tags(repo: &Repo<H>) -> Self {
        Self::tags(repo.api.clone(), Ok(repo.name.clone()), None, repo.call.clone())
    }

    fn new(api: Rc<Connection<H>>, listed: Listed, page_size: Option<u64>, call: Call) -> Self {
        let extent = ListingBounds::new("the listing", api.listing_limits);
        let course = Pager::new(Some(page_size.unwrap_or(PAGE_SIZE)));
        let next = Next::PageRequest(PageRequest::First);
        Self { api, listed, call, next, course, extent, after: None, is_in_catalog: false }
    }

    /// Makes the listing thorough, for callers that delete what is not listed: it asks for items after the last one
    /// even if there is no `Link`, and fails if the end of the list is uncertain.
    pub fn thorough(mut self) -> Self {
        self.course.is_thorough = true;
        self
    }

    /// Begins after an item, such as the last one of a listing that failed. A registry that ignores `last`, and V1, begin at
    /// the start.
    pub fn after(mut self, item: Option<String>) -> Self {
        self.after = item;
        self
    }

    /// Says that the catalog has the repository, so that one whose tags the registry does not know has none.
    pub fn in_catalog(mut self) -> Self {
        self.is_in_catalog = true;
        self
    }

    /// Returns the items of the next page, which is never empty; `None` at the end and after an error.
    ///
    /// # Errors
    ///
    /// - `NAME_UNKNOWN` or `NOT_FOUND` when the repository does not exist.
    /// - `UNSUPPORTED` when the registry has no catalog or does not show it to this client.
    /// - `PAGING_LOOP` when there is more to list but the registry does not say how to get it.
    /// - `TOO_LARGE` when the list exceeds the limits on pages, items or bytes.
    /// - `INVALID_RESPONSE` when a page is not a list.
    /// - Otherwise the code of the failed request.
    pub async fn next_page(&mut self) -> Result<Option<Strings>> {
        let result = self.advance().await;
        if !matches!(result, Ok(Some(_))) {
            self.next = Next::PageRequest(PageRequest::End);
        }
        result
    }

    /// Collects the items of all pages.
    ///
    /// # Errors
    ///
    /// Those of [`Listing::next_page`].
    pub async fn collect(mut self) -> Result<Vec<String>> {
        let mut all = Vec::new();
        while let Some(page) = self.next_page().await? {
            all.append(&mut page.to_vec());
        }
        Ok(all)
    }

    async fn advance(&mut self) -> Result<Option<Strings>> {
        loop {
            let turn = match std::mem::replace(&mut self.next, Next::PageRequest(PageRequest::End)) {
                Next::PageRequest(turn) => turn,
                Next::V1(number) => {
                    let page = self.v1_page(number).await?;
                    return Ok(Some(page).filter(|page| !page.is_empty()));
                }
                Next::Failure(error) => return Err(error),
            };
            let url = match &turn {
                PageRequest::First => {
                    let url = self.url(self.course.size, self.after.as_deref())?; // a bad name is told before any request
                    if self.api.is_known_v1() {
                        self.next = Next::V1(1);
                        continue;
                    }
                    url
                }
                PageRequest::Page(url) | PageRequest::Guess(url) => url.clone(),
                PageRequest::After(last) => self.url(self.course.size, Some(last))?,
                PageRequest::Whole(size) => self.url(Some(*size), None)?,
                PageRequest::End | PageRequest::Doubtful(_) | PageRequest::Stuck(_) => return Ok(None),
            };
            if matches!(turn, PageRequest::After(_)) && self.extent.has(&url) {
                // A Link led there before.
                let turn = self.course.refused(&turn, &|url| self.extent.has(url));
                self.go_on(turn, &url);
                continue;
            }
            let response = match turn {
                PageRequest::First => match self.first(url).await {
                    Ok(first) => first,
                    Err(_) if self.api.is_known_v1() => {
                        self.next = Next::V1(1);
                        continue;
                    }
                    Err(error) if Box::pin(self.has_no_tags(&error)).await => return Ok(None),
                    Err(error) => return Err(error),
                },
                _ => self.get(url).await?,
            };
            if !response.is_success() {
                self.refused(&turn, &response)?;
                continue;
            }
            let page = self.take_page(&turn, response)?;
            if !page.is_empty() {
                return Ok(Some(page));
            }
        }
    }

    fn endpoint(&self) -> Result<Endpoint> {
        Ok(match &self.listed {
            Listed::Catalog => self.api.catalog_endpoint(),
            Listed::Tags(name) => self.api.repository_endpoint(name.as_ref().map_err(Clone::clone)?, "tags/list"),
        })
    }

    fn url(&self, size: Option<u64>, last: Option<&str>) -> Result<Url> {
        let url = self.endpoint()?.url;
        let size = size.map(|size| size.to_string());
        let mut query = Vec::new();
        query.extend(size.as_deref().map(|size| ("n", size)));
        query.extend(last.map(|last| ("last", last)));
        Ok(if query.is_empty() { url } else { url.with_query(&query) })
    }

    async fn get(&self, url: Url) -> Result<Response<Vec<u8>>> {
        let endpoint = self.endpoint()?.with_url(url);
        // Artifactory responds 406 to a manifest's Accept here.
        let request = self.api.request(Method::Get, &endpoint, Some("application/json"), &self.call);
        self.api.fetch(&request, PAGE_LIMIT).await
    }

    async fn first(&mut self, url: Url) -> Result<Response<Vec<u8>>> {
        let response = match self.get(url).await {
            Ok(response) => response,
            Err(error) => return Err(self.no_catalog(error).await),
        };
        if response.is_success() {
            return Ok(response);
        }
        let error = self.api.failure(&response);
        // distribution and ECR limit `n`; without `n` they choose the page size.
        let is_size =
            response.status == 400 && matches!(error.code.as_ref(), "PAGINATION_NUMBER_INVALID" | "UNSUPPORTED");
        if !is_size {
            return Err(self.no_catalog(error).await);
        }
        self.course.size = None;
        match self.api.success(self.get(self.url(None, self.after.as_deref())?).await?) {
            Ok(response) => Ok(response),
            Err(error) => Err(self.no_catalog(error).await),
        }
    }

    /// Returns true if the catalog has the repository although the registry does not know its tags: distribution responds so for
    /// one that has manifests without a tag only. The catalog is not asked where that may open a login dialog.
    async fn has_no_tags(&self, error: &Error) -> bool {
        let Listed::Tags(Ok(name)) = &self.listed else { return false };
        let is_told = error.status == Some(404) && !error.errors.is_empty();
        // What is deleted must not depend on this.
        if self.course.is_thorough || !is_told {
            return false;
        }
        if self.is_in_catalog {
            return true;
        }
        if error.code != NAME_UNKNOWN || self.api.may_ask_for_credentials() {
            return false;
        }
        let mut catalog = Self::catalog(self.api.clone(), None, self.call.clone());
        catalog.next = Next::PageRequest(PageRequest::After(before(name.as_str())));
        let mut is_listed = false;
        if let Ok(Some(page)) = catalog.next_page().await {
            page.each(&mut |listed| is_listed |= listed == name.as_str());
        }
        is_listed
    }

    /// Explains a failed catalog request: the registry has no catalog (Docker Hub, GHCR) or shows it to
    /// administrators only (Harbor). Other errors are returned unchanged.
    async fn no_catalog(&self, error: Error) -> Error {
        let is_absent = matches!(error.status, Some(404 | 405 | 410 | 501)) || error.code == code::UNSUPPORTED;
        let is_denied = matches!(error.status, Some(401 | 403));
        if !matches!(self.listed, Listed::Catalog) || !(is_absent || is_denied) {
            return error;
        }
        let advice = "name the repositories instead";
        let (code, clause) = if is_absent {
            (code::UNSUPPORTED.into(), format!("this registry has no catalog (/v2/_catalog): {advice}"))
        } else if !self.api.has_lost_credentials() && version::check(&self.api, &self.call).await.is_ok() {
            // The registry accepts these credentials elsewhere. Those that the callback gives after a refusal are not these.
            let whose = if self.api.has_credentials() { "to these credentials" } else { "without credentials" };
            let clause = format!("this registry has no catalog (/v2/_catalog), or does not show it {whose}: {advice}");
            (code::UNSUPPORTED.into(), clause)
        } else {
            (error.code.clone(), "the catalog is not shown without credentials that may read it".to_owned())
        };
        let mut error = error.and(&clause);
        error.code = code;
        error
    }

    /// Handles a refused page: ends the listing, tries another request, or fails.
    fn refused(&mut self, turn: &PageRequest, response: &Response<Vec<u8>>) -> Result<()> {
        // A status that may be temporary, or depends on the credentials, says nothing about the list.
        let is_verdict =
            matches!(response.status, 400..=499) && !matches!(response.status, 401 | 403 | 407 | 408 | 425 | 429);
        // If header fields may be hidden, a `Link` may have been missed.
        let is_needed = match turn {
            PageRequest::After(_) => response.headers_filtered,
            PageRequest::Guess(_) | PageRequest::Whole(_) => false,
            _ => true,
        };
        if !is_verdict || is_needed {
            return Err(self.api.failure(response));
        }
        let turn = self.course.refused(turn, &|url| self.extent.has(url));
        self.go_on(turn, &response.url);
        Ok(())
    }

    fn take_page(&mut self, turn: &PageRequest, mut response: Response<Vec<u8>>) -> Result<Strings> {
        self.extent.page(&response)?;
        let body = std::mem::take(&mut response.body);
        let parsed = match &self.listed {
            Listed::Catalog => listing::repositories(body),
            Listed::Tags(_) => listing::tags(body),
        };
        let page = parsed.map_err(|invalid| response.other_content(invalid.code, invalid.into_message()))?;
        let (is_hidden, next) = (response.headers_filtered, next_page(&response));
        let (page, turn) = self.course.turn(turn, page, next, is_hidden, &|url| self.extent.has(url));
        self.extent.add(&response, page.len())?;
        self.go_on(turn, &response.url);
        Ok(page)
    }

    fn go_on(&mut self, turn: PageRequest, url: &Url) {
        self.next = match turn {
            // The items so far are returned first.
            PageRequest::Stuck(why) => Next::Failure(self.extent.stuck(url, &why)),
            PageRequest::Doubtful(why) => {
                let name = if let Listed::Tags(Ok(name)) = &self.listed { name.as_str() } else { "the catalog" };
                self.api.notices.warn(&format!("the list of {name} may be incomplete: {why}"));
                Next::PageRequest(PageRequest::End)
            }
            turn => Next::PageRequest(turn),
        };
    }

    /// Fetches a page of a V1 registry.
    async fn v1_page(&mut self, number: u64) -> Result<Strings> {
        let name = match &self.listed {
            Listed::Catalog => None,
            Listed::Tags(name) => Some(name.as_ref().map_err(Clone::clone)?),
        };
        let (api, pager, bounds) = (&self.api, &mut self.course, &mut self.extent);
        let legacy = api.legacy().await?;
        let (names, goes_on) = legacy.list_page(api, name, number, &self.call, pager, bounds).await?;
        if goes_on {
            self.next = Next::V1(number + 1);
        }
        Ok(names)
    }
}

/// Returns a text that sorts right before a repository's name, also where a slash sorts before all other characters.
fn before(name: &str) -> String {
    let (rest, last) = name.split_at(name.len().saturating_sub(1));
    let previous = match last {
        "0" => '.',
        _ => last.bytes().next().map_or('.', |byte| char::from(byte.saturating_sub(1))),
    };
    format!("{rest}{previous}~")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn before_a_name_is_none_that_sorts_behind_its_neighbours() {
        let key = |name: &str| name.replace('/', "\0");
        for name in ["a/b", "web0", "team/a-b", "x9", "a"] {
            let start = key(&before(name));
            assert!(start < key(name), "{name}");
            let neighbours =
                ["a/a", "a/az", "web", "web-x", "web.x", "web/x", "web.9/z", "team/a-a", "team/a-azz", "x8", "x8/y"];
            for neighbour in neighbours.iter().filter(|neighbour| key(neighbour) < key(name)) {
                assert!(key(neighbour) < start, "{neighbour} before {name}");
            }
        }
    }
}
