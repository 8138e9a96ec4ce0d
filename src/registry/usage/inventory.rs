//! How much all repositories of a registry hold, several at a time.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use futures_util::StreamExt as _;

use crate::protocol::oci::reference::RepositoryName;
use crate::protocol::v1::namespace_of;
use crate::registry::api::connection::Connection;
use crate::registry::api::repo::Repo;
use crate::registry::api::settings::Call;
use crate::registry::concurrency::{CountWatcher, Works, alongside, in_background};
use crate::registry::failures::Failures;
use crate::registry::listing::Listing;
use crate::registry::usage::Options;
use crate::registry::usage::contents::Contents;
use crate::registry::usage::reader::{Reader, RepositoryUsage};
use crate::transport::{Host, Result};

/// The repositories to read, and how.
pub struct Wanted {
    /// What to find out about each.
    pub options: Options,
    /// Namespace to which the inventory is limited. `library` includes names without one.
    pub namespace: Option<String>,
    /// Selects repositories by name.
    pub filter: Box<dyn Fn(&str) -> bool>,
    /// Maximum number of repositories that are read at a time; by default as many as there may be requests.
    pub at_a_time: Option<usize>,
    /// Receives the number of repositories.
    pub watcher: Option<CountWatcher>,
}

/// A repository with what it holds, or the error that prevented reading it.
pub struct Entry {
    /// Name of the repository.
    pub name: String,
    /// What it holds.
    pub usage: Result<RepositoryUsage>,
}

/// Sums over the entries so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Number of repositories, including those that failed.
    pub repositories: usize,
    /// Number of repositories that could not be read.
    pub failed: usize,
    /// Number of tags.
    pub tags: usize,
    /// Bytes, with what repositories share counted once.
    pub size: u64,
}

/// An inventory in progress. Dropping it aborts all requests.
pub struct Inventory<H: Host> {
    api: Rc<Connection<H>>,
    call: Call,
    wanted: Wanted,
    /// `None` once all repositories are known.
    listing: Option<Listing<H>>,
    pending: VecDeque<String>,
    running: Works<'static>,
    done: Rc<RefCell<Vec<Entry>>>,
    contents: Rc<Contents>,
    failures: Failures,
    listed: usize,
    totals: Totals,
}

impl<H: Host> Inventory<H> {
    pub(in crate::registry) fn new(api: Rc<Connection<H>>, wanted: Wanted, call: Call) -> Self {
        let listing = Some(Listing::catalog(api.clone(), None, call.clone()));
        let (pending, running, done, contents) = (VecDeque::new(), Works::new(), Rc::default(), Rc::default());
        let (failures, totals) = (Failures::default(), Totals::default());
        Self { api, call, wanted, listing, pending, running, done, contents, failures, listed: 0, totals }
    }

    /// The sums over the entries returned so far.
    pub fn totals(&self) -> Totals {
        self.totals
    }

    /// Returns the repositories that were read next, in the order of their completion; `None` at the end.
    ///
    /// # Errors
    ///
    /// Those of the catalog, and failures that would affect all other repositories too: the rate limit, or a lost
    /// connection. Other failures are in [`Entry::usage`].
    pub async fn next_some(&mut self) -> Result<Option<Vec<Entry>>> {
        loop {
            self.begin().await?;
            let some = self.done.take();
            if !some.is_empty() {
                some.iter().try_for_each(|entry| self.count(entry))?;
                return Ok(Some(some));
            }
            if self.running.next().await.is_none() && self.done.borrow().is_empty() {
                return Ok(None);
            }
        }
    }

    fn count(&mut self, entry: &Entry) -> Result<()> {
        self.failures.check_connection(entry.usage.as_ref().err())?;
        let totals = &mut self.totals;
        totals.repositories += 1;
        match &entry.usage {
            Ok(usage) => totals.tags += usage.tags,
            Err(_) => totals.failed += 1,
        }
        totals.size = self.contents.total();
        self.tell();
        Ok(())
    }

    fn tell(&self) {
        if let Some(watcher) = &self.wanted.watcher {
            watcher(self.totals.repositories, self.listing.is_none().then_some(self.listed));
        }
    }

    async fn begin(&mut self) -> Result<()> {
        loop {
            let at_a_time = self.wanted.at_a_time.unwrap_or_else(|| self.api.parallel_requests());
            while self.running.len() < at_a_time
                && let Some(name) = self.pending.pop_front()
            {
                let done = self.done.clone();
                let usage =
                    usage(self.api.clone(), name, self.call.clone(), self.wanted.options, self.contents.clone());
                let work = Box::pin(async move {
                    let entry = usage.await;
                    done.borrow_mut().push(entry);
                });
                self.running.push(in_background(&self.api, work));
            }
            // A watcher wants to know the number of repositories early.
            let is_wanted = self.pending.is_empty() || self.wanted.watcher.is_some();
            let Some(listing) = self.listing.as_mut().filter(|_| is_wanted) else { return Ok(()) };
            match alongside(listing.next_page(), &mut self.running).await? {
                Some(page) => {
                    let before = self.pending.len();
                    let names = page.to_vec().into_iter().filter(|name| self.wanted.has(name));
                    self.pending.extend(names);
                    self.listed += self.pending.len() - before;
                }
                None => {
                    self.listing = None;
                    self.tell();
                }
            }
        }
    }
}

impl Wanted {
    fn has(&self, name: &str) -> bool {
        let is_there = |wanted: &String| namespace_of(name) == wanted;
        self.namespace.as_ref().is_none_or(is_there) && (self.filter)(name)
    }
}

async fn usage<H: Host>(
    api: Rc<Connection<H>>,
    name: String,
    call: Call,
    options: Options,
    contents: Rc<Contents>,
) -> Entry {
    let usage = async {
        let repo = Repo::new(&api, RepositoryName::parse(&name)?, &call);
        Reader::new(&repo, options, &contents).read(Listing::of_tags(&repo).in_catalog()).await
    };
    let usage = usage.await;
    Entry { name, usage }
}
