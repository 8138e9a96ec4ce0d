//! V1's lists: the tags of a repository, which come at once, and searches, which may come in pages.

use super::super::connection::{Answer, Connection};
use super::super::listing::PAGE_LIMIT;
use super::super::settings::Call;
use super::{JSON, unreadable};
use crate::protocol::http::Method;
use crate::protocol::listing::Strings;
use crate::protocol::reference::RepositoryName;
use crate::protocol::v1::{search, tags};
use crate::transport::{Host, Result};

/// Results of a search in one page: what Docker Hub's index allowed at most. docker-registry gives all of them.
const RESULTS: u64 = 100;

impl<H: Host> Connection<H> {
    /// A page of a repository's tags, or of all repositories: a search for nothing finds them.
    pub(in super::super) async fn v1_list(
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

/// What a page holds, and how many pages there are.
pub fn page_of(answer: &Answer<Vec<u8>>, is_catalog: bool) -> Result<(Strings, u64)> {
    let body = &answer.response.body;
    let read = if is_catalog {
        search::page(body).map(|page| (page.names, page.pages.unwrap_or(1)))
    } else {
        tags(body).map(|names| (names, 1))
    };
    let (names, pages) = read.map_err(|invalid| unreadable(answer, invalid))?;
    Ok((Strings::from_vec(&names), pages))
}
