//! Describing many tags: several at a time, in the requested order, and each digest once.

use std::cell::{Cell, RefCell};
use std::cmp::Ordering;
use std::collections::VecDeque;
use std::rc::Rc;

use futures_util::StreamExt as _;

use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::listing::Told;
use crate::protocol::oci::reference::{Reference, Tag};
use crate::protocol::order::{arrange, ordered};
use crate::protocol::text::{timestamp, version_order};
use crate::registry::api::repo::Repo;
use crate::registry::concurrency::{CountWatcher, Works, alongside, in_background};
use crate::registry::failures::Failures;
use crate::registry::ids::{Ids, Slots};
use crate::registry::listing::Listing;
use crate::registry::manifest::get::FetchedManifest;
use crate::registry::tag::data::TagData;
use crate::transport::{Host, Result};

/// Tags in progress or waiting for their turn, per parallel request: enough that one slow tag does not delay the
/// others.
const WINDOW: usize = 3;
/// Tags in progress per parallel request: enough that there is always one to send, and few, so that the second request of the
/// first tag does not wait for the first of all others.
const RUNNING: usize = 2;

/// The order in which tags are described.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// In order of completion.
    Any,
    /// By name.
    Name,
    /// By version, highest first; tags that are not versions last.
    Version,
    /// By creation time, newest first; tags without one last.
    Newest,
}

/// A tag with its description, or the error that prevented it.
pub struct Described {
    /// Name of the tag.
    pub tag: String,
    /// The description.
    pub data: Result<TagData>,
}

/// Descriptions in progress. Dropping it aborts all requests.
pub struct Descriptions<H: Host> {
    reader: Rc<Reader<H>>,
    /// `None` once all tags are known.
    listing: Option<Listing<H>>,
    order: Order,
    /// True if `pending` is in the requested order.
    is_sorted: bool,
    pending: VecDeque<String>,
    /// Number of tags known so far, and of those described.
    listed: usize,
    described: usize,
    watcher: Option<CountWatcher>,
    running: Works<'static>,
    /// Completed descriptions, with their position in the order of start.
    done: Rc<RefCell<Vec<(usize, Described)>>>,
    /// Descriptions from the next one in turn on; `None` if not completed yet.
    ready: VecDeque<Option<Described>>,
    /// Number of completed descriptions in `ready`.
    waiting: usize,
    begun: usize,
    given: usize,
    failures: Failures,
}

/// The state shared by the tags of one repository.
struct Reader<H: Host> {
    repo: Repo<H>,
    /// Time of the start; milliseconds since 1970.
    now: u64,
    /// By digest.
    facts: Slots<TagData>,
    tags: RefCell<Ids>,
    /// Digest and credible date (milliseconds since 1970), if the listing reports them. Indexed by the tag's
    /// number.
    told: RefCell<Vec<(Digest, Option<u64>)>>,
    /// Number of tags that share a digest with an earlier one, and of those that do not.
    shared: Cell<usize>,
    single: Cell<usize>,
}

/// The tags to describe, and how. Their names are valid.
pub struct ToDescribe<H: Host> {
    repo: Repo<H>,
    tags: Option<Vec<String>>,
    order: Order,
    watcher: Option<CountWatcher>,
}

impl<H: Host> ToDescribe<H> {
    pub(crate) fn check(
        repo: Repo<H>,
        tags: Option<Vec<String>>,
        order: Order,
        watcher: Option<CountWatcher>,
    ) -> Result<Self> {
        tags.iter().flatten().try_for_each(|tag| Tag::parse(tag).map(drop))?;
        Ok(Self { repo, tags, order, watcher })
    }

    /// Returns the descriptions, which begin with the first request for some.
    pub fn begin(self) -> Descriptions<H> {
        let Self { repo, tags, order, watcher } = self;
        let listing = tags.is_none().then(|| Listing::of_tags(&repo));
        let now = repo.api.host().unix_ms();
        let reader = Reader {
            repo,
            now,
            facts: Slots::default(),
            tags: RefCell::default(),
            told: RefCell::default(),
            shared: Cell::new(0),
            single: Cell::new(0),
        };
        Descriptions {
            reader: Rc::new(reader),
            listing,
            order,
            is_sorted: false,
            listed: tags.as_ref().map_or(0, Vec::len),
            pending: tags.unwrap_or_default().into(),
            watcher,
            running: Works::new(),
            done: Rc::default(),
            ready: VecDeque::new(),
            waiting: 0,
            begun: 0,
            given: 0,
            described: 0,
            failures: Failures::default(),
        }
    }
}

impl<H: Host> Descriptions<H> {
    /// Returns the next tags, in order; `None` at the end.
    ///
    /// # Errors
    ///
    /// A failure that would affect all other tags too: a refusal, or a lost connection. Other failures are in
    /// [`Described::data`].
    pub async fn next_some(&mut self) -> Result<Option<Vec<Described>>> {
        if self.begun == 0 && self.listing.is_none() {
            self.tell();
            self.sort();
        }
        loop {
            self.begin().await?;
            self.take_done()?;
            let some = self.take_ready();
            if !some.is_empty() {
                return Ok(Some(some));
            }
            if self.running.next().await.is_none() {
                return Ok(None);
            }
            self.take_done()?;
        }
    }

    fn take_done(&mut self) -> Result<()> {
        let done = self.done.take();
        for (index, described) in done {
            self.failures.check(described.data.as_ref().err())?;
            self.put(index, described);
            self.described += 1;
            self.tell();
        }
        if self.needs_all() && self.running.is_empty() && self.pending.is_empty() {
            self.sort_ready();
        }
        Ok(())
    }

    fn tell(&self) {
        if let Some(watcher) = &self.watcher {
            watcher(self.described, self.listing.is_none().then_some(self.listed));
        }
    }

    /// Returns the descriptions whose turn it is.
    fn take_ready(&mut self) -> Vec<Described> {
        let mut some = Vec::new();
        while !self.needs_all() {
            let Some(described) = self.ready.front_mut().and_then(Option::take) else { break };
            self.ready.pop_front();
            self.given += 1;
            self.waiting -= 1;
            some.push(described);
        }
        some
    }

    fn put(&mut self, index: usize, described: Described) {
        let at = if self.order == Order::Any { self.ready.len() } else { index - self.given };
        while self.ready.len() <= at {
            self.ready.push_back(None);
        }
        if let Some(slot) = self.ready.get_mut(at) {
            *slot = Some(described);
        }
        self.waiting += 1;
    }

    async fn begin(&mut self) -> Result<()> {
        let parallel = self.reader.repo.api.parallel_requests();
        loop {
            while (self.listing.is_none() || self.order == Order::Any)
                && self.running.len() < parallel * RUNNING
                && self.running.len() + self.ahead() < parallel * WINDOW
                && let Some(tag) = self.pending.pop_front()
            {
                let work = Box::pin(describe(self.reader.clone(), self.begun, tag, self.done.clone()));
                self.running.push(in_background(&self.reader.repo.api, work));
                self.begun += 1;
            }
            // Unless the order is `Any`, all tags are listed before the first is described; and so they are for a watcher, who
            // wants to know their number.
            let can_wait = self.listing.is_none() || (self.order == Order::Any && self.watcher.is_none());
            if !self.pending.is_empty() && can_wait {
                return Ok(());
            }
            let Some(listing) = &mut self.listing else { return Ok(()) };
            let Some(page) = alongside(listing.next_page(), &mut self.running).await? else {
                self.listing = None;
                self.tell();
                self.sort();
                continue;
            };
            self.learn(&page.told());
            self.listed += page.len();
            self.pending.extend(page.to_vec());
        }
    }

    /// Returns the number of descriptions that wait for their turn. If all have to wait, they do not limit new
    /// ones.
    fn ahead(&self) -> usize {
        if self.needs_all() { 0 } else { self.waiting + self.done.borrow().len() }
    }

    /// Records the data that the listing reports along with its tags.
    fn learn(&mut self, told: &[Told]) {
        let (mut tags, mut known) = (self.reader.tags.borrow_mut(), self.reader.told.borrow_mut());
        for Told { digest, tags: names, created, uploaded } in told {
            let credible = |date: &Option<u64>| timestamp::credible((*date)?, self.reader.now);
            let date = credible(created).or_else(|| credible(uploaded));
            for tag in names {
                if tags.of(tag) == known.len() {
                    known.push((digest.clone(), date));
                }
            }
        }
    }

    /// Sorts the tags as far as their order is known before they are described.
    fn sort(&mut self) {
        let tags = Vec::from(std::mem::take(&mut self.pending));
        let tag = |at: usize| tags.get(at).map(String::as_str).unwrap_or_default();
        let dates: Vec<Option<u64>> = tags.iter().map(|tag| self.reader.told(tag)?.1).collect();
        let date = |at: usize| dates.get(at).copied().flatten();
        let order = match self.order {
            Order::Any => ordered(tags.len(), &|_, _| Ordering::Equal),
            Order::Name => ordered(tags.len(), &|one, other| tag(one).cmp(tag(other))),
            Order::Version => ordered(tags.len(), &|one, other| version_order::highest_first(tag(one), tag(other))),
            Order::Newest => ordered(tags.len(), &|one, other| date(other).cmp(&date(one))),
        };
        // If all dates are known, no description has to wait for the last one.
        self.is_sorted = dates.iter().all(Option::is_some);
        self.pending = arrange(tags, &order).into();
    }

    /// Returns true if the order is known only when all tags are described.
    fn needs_all(&self) -> bool {
        self.order == Order::Newest && !self.is_sorted
    }

    fn sort_ready(&mut self) {
        self.is_sorted = true;
        let all: Vec<Described> = std::mem::take(&mut self.ready).into_iter().flatten().collect();
        let created = |described: &Described| {
            let created = described.data.as_ref().ok()?.created.as_ref()?;
            timestamp::credible_text(created, self.reader.now)
        };
        // The creation time may be a placeholder; then the listing's upload time is used.
        let date = |described: &Described| created(described).or_else(|| self.reader.told(&described.tag)?.1);
        let dates: Vec<Option<u64>> = all.iter().map(date).collect();
        let date = |at: usize| dates.get(at).copied().flatten();
        let order = ordered(all.len(), &|one, other| date(other).cmp(&date(one)));
        self.ready = arrange(all, &order).into_iter().map(Some).collect();
    }
}

async fn describe<H: Host>(
    reader: Rc<Reader<H>>,
    index: usize,
    tag: String,
    done: Rc<RefCell<Vec<(usize, Described)>>>,
) {
    let data = reader.read(&tag).await;
    done.borrow_mut().push((index, Described { tag, data }));
}

impl<H: Host> Reader<H> {
    async fn read(&self, tag: &str) -> Result<TagData> {
        let checked = Tag::parse(tag)?;
        self.repo.api.by_version(self.read_v2(tag, &checked), TagData::of(&self.repo, checked.clone())).await
    }

    async fn read_v2(&self, tag: &str, checked: &Tag) -> Result<TagData> {
        let known = match self.told(tag) {
            Some((digest, _)) => Some(digest),
            // HEAD is cheaper than GET, and free where a rate limit counts GET (Docker Hub). It pays if most tags
            // share a digest.
            None if self.shared.get() > self.single.get() => self.head(checked).await?,
            None => None,
        };
        if let Some(digest) = known {
            return self.facts(tag, &digest, None).await;
        }
        let manifest = self.repo.manifest(&Reference::Tag(checked.clone()), None).await?;
        let digest = manifest.digest.clone();
        self.facts(tag, &digest, Some(manifest)).await
    }

    /// Returns the data that the listing reported about a tag.
    fn told(&self, tag: &str) -> Option<(Digest, Option<u64>)> {
        let id = self.tags.borrow().get(tag)?;
        self.told.borrow().get(id).cloned()
    }

    async fn head(&self, tag: &Tag) -> Result<Option<Digest>> {
        let reference = Reference::Tag(tag.clone());
        let found = self.repo.head_manifest(&reference).await?;
        Ok(found.map(|found| found.digest))
    }

    /// Returns the description of a digest, which the first caller determines.
    async fn facts(&self, tag: &str, digest: &Digest, manifest: Option<Rc<FetchedManifest>>) -> Result<TagData> {
        let count = if self.facts.has(digest.as_str()) { &self.shared } else { &self.single };
        count.set(count.get() + 1);
        let facts = self.facts.of(digest.as_str());
        let mut facts = facts.lock().await;
        if let Some(known) = &*facts {
            return Ok(TagData { tag: tag.to_owned(), ..known.clone() });
        }
        let manifest = match manifest {
            Some(manifest) => manifest,
            None => {
                let reference = Reference::Digest(digest.clone());
                self.repo.manifest(&reference, None).await?
            }
        };
        let data = TagData::of_manifest(&self.repo, tag, &manifest).await?;
        *facts = Some(data.clone());
        Ok(data)
    }
}
