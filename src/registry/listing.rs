//! Listings page by page: tags and the catalog (distribution-spec v1.1.1, "Listing Tags").

use std::collections::HashSet;
use std::rc::Rc;

use super::connection::{Answer, Connection, Target};
use super::settings::Call;
use super::v1;
use crate::protocol::code;
use crate::protocol::http::Method;
use crate::protocol::invalid::Invalid;
use crate::protocol::link;
use crate::protocol::listing::{self, Strings};
use crate::protocol::reference::RepositoryName;
use crate::protocol::url::Url;
use crate::transport::{Error, Host, Result};

/// Items asked for per page: what distribution and ECR allow at most.
const PAGE_SIZE: u64 = 1000;
/// Bytes of one page that are read: 100,000 tags of full length and then some.
pub const PAGE_LIMIT: u64 = 32 * 1024 * 1024;

/// What is listed.
enum Listed {
    Catalog,
    Tags(std::result::Result<RepositoryName, Invalid>),
}

enum Next {
    First,
    Page(Url),
    /// A page of a V1 registry, counted from 1.
    V1(u64),
    /// Paging by the last item, where a `Link` cannot be seen: who ignores `last` sends the same again.
    After(String),
    End,
}

/// A listing in progress.
pub struct Listing<H: Host> {
    connection: Rc<Connection<H>>,
    listed: Listed,
    page_size: Option<u64>,
    call: Call,
    next: Next,
    visited: HashSet<String>,
    /// Items given out so far, kept only while paging by `last`, and the last page in case that begins.
    given: HashSet<String>,
    pages: u64,
    items: u64,
}

impl<H: Host> Listing<H> {
    pub(super) fn catalog(connection: Rc<Connection<H>>, page_size: Option<u64>, call: Call) -> Self {
        Self::new(connection, Listed::Catalog, page_size, call)
    }

    pub(super) fn tags(
        connection: Rc<Connection<H>>,
        name: std::result::Result<RepositoryName, Invalid>,
        page_size: Option<u64>,
        call: Call,
    ) -> Self {
        Self::new(connection, Listed::Tags(name), page_size, call)
    }

    fn new(connection: Rc<Connection<H>>, listed: Listed, page_size: Option<u64>, call: Call) -> Self {
        Self {
            connection,
            listed,
            page_size: Some(page_size.unwrap_or(PAGE_SIZE)),
            call,
            next: Next::First,
            visited: HashSet::new(),
            given: HashSet::new(),
            pages: 0,
            items: 0,
        }
    }

    /// The next page's items, never an empty page; `None` at the end, and after an error.
    pub async fn next_page(&mut self) -> Result<Option<Strings>> {
        let result = self.advance().await;
        if !matches!(result, Ok(Some(_))) {
            self.next = Next::End;
        }
        result
    }

    /// All items of all pages.
    pub async fn collect(mut self) -> Result<Vec<String>> {
        let mut all = Vec::new();
        while let Some(page) = self.next_page().await? {
            all.append(&mut page.to_vec());
        }
        Ok(all)
    }

    async fn advance(&mut self) -> Result<Option<Strings>> {
        loop {
            let (answer, by_last) = match std::mem::replace(&mut self.next, Next::End) {
                Next::End => return Ok(None),
                Next::First => {
                    let url = self.url(None)?; // a bad name is told before any request
                    if self.connection.is_v1(&self.call).await? {
                        self.next = Next::V1(1);
                        continue;
                    }
                    (self.first(url).await?, false)
                }
                Next::Page(url) => (self.connection.success(self.get(url).await?)?, false),
                Next::V1(number) => {
                    let page = self.v1_page(number).await?;
                    return Ok(Some(page).filter(|page| !page.is_empty()));
                }
                Next::After(last) => match self.after(&last).await? {
                    Some(answer) => (answer, true),
                    None => return Ok(None),
                },
            };
            self.count_page(&answer)?;
            let page = self.take_page(answer, by_last)?;
            if !page.is_empty() {
                return Ok(Some(page));
            }
        }
    }

    fn target(&self) -> Result<Target> {
        Ok(match &self.listed {
            Listed::Catalog => self.connection.catalog_target(),
            Listed::Tags(name) => self.connection.repository_target(name.as_ref().map_err(Clone::clone)?, "tags/list"),
        })
    }

    fn url(&self, last: Option<&str>) -> Result<Url> {
        let url = self.target()?.url;
        let size = self.page_size.map(|size| size.to_string());
        let mut query = Vec::new();
        query.extend(size.as_deref().map(|size| ("n", size)));
        query.extend(last.map(|last| ("last", last)));
        Ok(if query.is_empty() { url } else { url.with_query(&query) })
    }

    async fn get(&self, url: Url) -> Result<Answer<Vec<u8>>> {
        let target = self.target()?.with_url(url);
        // Artifactory answers 406 to a manifest's Accept here.
        let request = self.connection.request(Method::Get, &target, Some("application/json"), &self.call);
        self.connection.load(&request, PAGE_LIMIT).await
    }

    async fn first(&mut self, url: Url) -> Result<Answer<Vec<u8>>> {
        let answer = self.get(url).await?;
        if answer.response.status != 400 {
            return self.connection.success(answer);
        }
        let error = self.connection.failure(&answer);
        // distribution and ECR set a limit to `n`; without it they choose.
        if !matches!(error.code.as_ref(), "PAGINATION_NUMBER_INVALID" | "UNSUPPORTED") {
            return Err(error);
        }
        self.page_size = None;
        self.connection.success(self.get(self.url(None)?).await?)
    }

    /// The page after an item, asked for without a `Link` that says there is one.
    async fn after(&mut self, last: &str) -> Result<Option<Answer<Vec<u8>>>> {
        let answer = self.get(self.url(Some(last))?).await?;
        if answer.response.is_success() {
            return Ok(Some(answer));
        }
        // Where every header field can be seen, the specification has the list end without a Link: a registry that
        // refuses the question on top has nothing more to say. Where fields may be hidden, something may be missing.
        if answer.response.headers_filtered { Err(self.connection.failure(&answer)) } else { Ok(None) }
    }

    fn count_page(&mut self, answer: &Answer<Vec<u8>>) -> Result<()> {
        if !self.visited.insert(answer.url.to_string()) {
            let message = format!("the pages of this listing lead in a circle after {} items", self.items);
            return Err(answer.error(code::PAGING_LOOP, message));
        }
        self.pages += 1;
        let limit = self.connection.listing_limits.0;
        if self.pages > limit {
            let message = format!("the listing has more than the {limit} pages allowed (maxPages)");
            return Err(answer.error(code::TOO_LARGE, message));
        }
        Ok(())
    }

    fn take_page(&mut self, mut answer: Answer<Vec<u8>>, by_last: bool) -> Result<Strings> {
        let body = std::mem::take(&mut answer.response.body);
        let parsed = match &self.listed {
            Listed::Catalog => listing::repositories(body),
            Listed::Tags(_) => listing::tags(body),
        };
        let mut page = parsed.map_err(|invalid| answer.other_content(invalid.code, invalid.message))?;
        let next = next_url(&answer)?;
        let ask_on = next.is_none() && (answer.response.headers_filtered || self.is_exactly_full(&page));
        if by_last {
            page = self.unseen(&page);
        } else if ask_on {
            self.given.extend(page.to_vec());
        }
        self.next = match (next, page.last()) {
            (Some(url), _) => Next::Page(url),
            (None, Some(last)) if ask_on || by_last => Next::After(last.to_owned()),
            _ => Next::End,
        };
        self.count_items(&answer, &page)?;
        Ok(page)
    }

    fn count_items(&mut self, answer: &Answer<Vec<u8>>, page: &Strings) -> Result<()> {
        self.items += page.len() as u64;
        let limit = self.connection.listing_limits.1;
        if self.items > limit {
            let message = format!("the listing has more than the {limit} items allowed (maxItems)");
            return Err(answer.error(code::TOO_LARGE, message));
        }
        Ok(())
    }

    /// A page of a V1 registry. Who gives all at once, and who ignores which page is asked for, has nothing new on the next.
    async fn v1_page(&mut self, number: u64) -> Result<Strings> {
        let name = match &self.listed {
            Listed::Catalog => None,
            Listed::Tags(name) => Some(name.as_ref().map_err(Clone::clone)?),
        };
        let answer = self.connection.v1_list(name, number, self.page_size, &self.call).await?;
        self.count_page(&answer)?;
        let (items, pages) = v1::page_of(&answer, matches!(self.listed, Listed::Catalog))?;
        let page = self.unseen(&items);
        self.count_items(&answer, &page)?;
        if number < pages {
            self.next = Next::V1(number + 1);
        }
        Ok(page)
    }

    /// Some registries cut a list at `n` and send no Link (seen: go-containerregistry's); to ask once more costs little.
    fn is_exactly_full(&self, page: &Strings) -> bool {
        self.page_size.is_some_and(|size| size > 0 && page.len() as u64 == size)
    }

    fn unseen(&mut self, page: &Strings) -> Strings {
        let fresh: Vec<String> = page.to_vec().into_iter().filter(|item| self.given.insert(item.clone())).collect();
        Strings::from_vec(&fresh)
    }
}

/// Where `Link: …; rel="next"` leads. Only its query is taken: behind a path prefix Artifactory and Nexus drop the prefix,
/// and a listing never moves to another path.
pub(super) fn next_url<B>(answer: &Answer<B>) -> Result<Option<Url>> {
    let told = |invalid: Invalid| answer.error(invalid.code, invalid.message);
    let Some(target) = link::next(answer.response.headers.all("link")).map_err(told)? else {
        return Ok(None);
    };
    let url = answer.url.join(&target).map_err(told)?;
    if !url.same_origin(&answer.url) {
        let message = format!("refused to follow the listing's Link to {}", url.redacted());
        return Err::<_, Error>(answer.error(code::UNTRUSTED_LOCATION, message));
    }
    Ok(Some(answer.url.with_raw_query(url.query())))
}
