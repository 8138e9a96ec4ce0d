//! What many tags point to: some tags at a time, in the order wanted, each digest looked into once.

use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::pin::Pin;
use std::rc::Rc;

use async_lock::Mutex;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use super::connection::Connection;
use super::listing::Listing;
use super::manifests::FetchedManifest;
use super::settings::Call;
use super::tag_data::TagData;
use crate::protocol::code;
use crate::protocol::digest::Digest;
use crate::protocol::listing::Told;
use crate::protocol::reference::{Reference, RepositoryName, Tag};
use crate::protocol::{timestamp, version_order};
use crate::transport::{Host, Result};

/// Tags in work, or described and waiting for their turn, for every request that may run at a time: enough that one slow
/// tag does not hold up the others.
const WINDOW: usize = 3;
/// So many tags in a row that got no answer at all say something of the network, not of the tags.
const LOST_IN_A_ROW: usize = 8;

/// In which order tags are described.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// As they are ready.
    Any,
    /// By the tags' characters.
    Name,
    /// The highest version first, then what is no version.
    Version,
    /// By creation, then what does not tell it.
    Newest,
}

/// A tag, and what it points to or why that cannot be told.
pub struct Described {
    /// The tag.
    pub tag: String,
    /// The facts.
    pub data: Result<TagData>,
}

type Work = Pin<Box<dyn Future<Output = (usize, Described)>>>;

/// Descriptions in progress. Dropping it stops every request.
pub struct Descriptions<H: Host> {
    reader: Rc<Reader<H>>,
    /// `None` once all tags are known.
    listing: Option<Listing<H>>,
    order: Order,
    /// Whether `pending` is in the order wanted.
    is_sorted: bool,
    /// By tag, milliseconds since 1970, where the listing told.
    dates: HashMap<String, u64>,
    pending: VecDeque<String>,
    running: FuturesUnordered<Work>,
    /// Those that are ahead of their turn.
    ready: BTreeMap<usize, Described>,
    begun: usize,
    given: usize,
    lost: usize,
}

/// What the tags of one repository have in common.
struct Reader<H: Host> {
    connection: Rc<Connection<H>>,
    name: RepositoryName,
    call: Call,
    /// By digest; locked while it is found out.
    facts: RefCell<HashMap<Digest, Rc<Mutex<Option<TagData>>>>>,
    /// By tag, where the listing told.
    told: RefCell<HashMap<String, Digest>>,
    /// Tags that turned out to share a digest with one before, and those that did not.
    shared: Cell<usize>,
    single: Cell<usize>,
}

impl<H: Host> Descriptions<H> {
    pub(super) fn new(
        connection: Rc<Connection<H>>,
        name: RepositoryName,
        tags: Option<Vec<String>>,
        order: Order,
        call: Call,
    ) -> Result<Self> {
        let listing = match &tags {
            Some(tags) => {
                tags.iter().try_for_each(|tag| Tag::parse(tag).map(drop))?;
                None
            }
            None => Some(Listing::tags(connection.clone(), Ok(name.clone()), None, call.clone())),
        };
        let (facts, told) = (RefCell::default(), RefCell::default());
        let (shared, single) = (Cell::new(0), Cell::new(0));
        let mut descriptions = Self {
            reader: Rc::new(Reader { connection, name, call, facts, told, shared, single }),
            listing,
            order,
            is_sorted: false,
            dates: HashMap::new(),
            pending: tags.unwrap_or_default().into(),
            running: FuturesUnordered::new(),
            ready: BTreeMap::new(),
            begun: 0,
            given: 0,
            lost: 0,
        };
        if descriptions.listing.is_none() {
            descriptions.sort();
        }
        Ok(descriptions)
    }

    /// The next tags, in order, never none; `None` at the end. An error is one that the other tags would meet too.
    pub async fn next_some(&mut self) -> Result<Option<Vec<Described>>> {
        loop {
            self.begin().await?;
            let some = self.take_ready();
            if !some.is_empty() {
                return Ok(Some(some));
            }
            let Some((index, described)) = self.running.next().await else { return Ok(None) };
            self.judge(&described)?;
            self.ready.insert(index, described);
            if self.needs_all() && self.running.is_empty() && self.pending.is_empty() {
                self.sort_ready();
            }
        }
    }

    /// Those whose turn it is.
    fn take_ready(&mut self) -> Vec<Described> {
        let mut some = Vec::new();
        while !self.needs_all() {
            let turn = match self.order {
                Order::Any => self.ready.pop_first(),
                _ => self.ready.remove_entry(&self.given),
            };
            let Some((_, described)) = turn else { break };
            self.given += 1;
            some.push(described);
        }
        some
    }

    async fn begin(&mut self) -> Result<()> {
        let window = self.reader.connection.concurrency * WINDOW;
        loop {
            while (self.listing.is_none() || self.order == Order::Any)
                && self.running.len() + self.ahead() < window
                && let Some(tag) = self.pending.pop_front()
            {
                self.running.push(Box::pin(describe(self.reader.clone(), self.begun, tag)));
                self.begun += 1;
            }
            // In an order that is known beforehand all tags are listed before the first is described.
            if !self.pending.is_empty() && (self.listing.is_none() || self.order == Order::Any) {
                return Ok(());
            }
            let Some(listing) = &mut self.listing else { return Ok(()) };
            let Some(page) = listing.next_page().await? else {
                self.listing = None;
                self.sort();
                continue;
            };
            self.learn(&page.told());
            self.pending.extend(page.to_vec());
        }
    }

    /// Descriptions that wait for their turn; where all have to wait they are no reason to begin no more.
    fn ahead(&self) -> usize {
        if self.needs_all() { 0 } else { self.ready.len() }
    }

    /// What the listing tells beside the tags.
    fn learn(&mut self, told: &[Told]) {
        let mut digests = self.reader.told.borrow_mut();
        for Told { digest, tags, created } in told {
            for tag in tags {
                self.dates.extend(created.map(|created| (tag.clone(), created)));
                digests.insert(tag.clone(), digest.clone());
            }
        }
    }

    /// Puts the tags in order as far as that is known before they are described.
    fn sort(&mut self) {
        let tags = self.pending.make_contiguous();
        match self.order {
            Order::Any => {}
            Order::Name => tags.sort_unstable(),
            Order::Version => tags.sort_unstable_by(|one, other| version_order::highest_first(one, other)),
            Order::Newest => {
                tags.sort_by_key(|tag| Reverse(self.dates.get(tag)));
                if tags.iter().all(|tag| self.dates.contains_key(tag)) {
                    // They are in order: no need to wait for the last.
                    self.is_sorted = true;
                }
            }
        }
    }

    /// Whether the order shows only when all are described.
    fn needs_all(&self) -> bool {
        self.order == Order::Newest && !self.is_sorted
    }

    fn sort_ready(&mut self) {
        self.is_sorted = true;
        let mut all: Vec<_> = std::mem::take(&mut self.ready).into_values().collect();
        all.sort_by_cached_key(|described| {
            Reverse(described.data.as_ref().ok().and_then(|data| timestamp::unix_ms(data.created.as_ref()?)))
        });
        self.ready = all.into_iter().enumerate().collect();
    }

    /// What befalls every tag ends it all: thousands of entries that say the same, each after some tries, help nobody.
    fn judge(&mut self, described: &Described) -> Result<()> {
        let Err(error) = &described.data else {
            self.lost = 0;
            return Ok(());
        };
        let is_refused = matches!(error.status, Some(401 | 403 | 429))
            || matches!(error.code.as_ref(), code::AUTH_REQUIRED | code::DENIED | code::UNTRUSTED_REALM);
        let is_lost = matches!(error.code.as_ref(), code::NETWORK | code::CORS_OR_NETWORK | code::TIMEOUT if error.status.is_none());
        self.lost = if is_lost { self.lost + 1 } else { 0 };
        if is_refused || self.lost >= LOST_IN_A_ROW { Err(error.clone()) } else { Ok(()) }
    }
}

async fn describe<H: Host>(reader: Rc<Reader<H>>, index: usize, tag: String) -> (usize, Described) {
    let data = reader.read(&tag).await;
    (index, Described { tag, data })
}

impl<H: Host> Reader<H> {
    async fn read(&self, tag: &str) -> Result<TagData> {
        let checked = Tag::parse(tag)?;
        let told = self.told.borrow().get(tag).cloned();
        let known = match told {
            Some(digest) => Some(digest),
            // A HEAD costs less than a GET, and nothing where it is what is counted (Docker Hub): worth it where most
            // tags share what was read before.
            None if self.shared.get() > self.single.get() => self.head(&checked).await?,
            None => None,
        };
        let reference = match known {
            Some(digest) if self.is_known(&digest) => return self.facts(tag, &digest, None).await,
            Some(digest) => Reference::Digest(digest),
            None => Reference::Tag(checked),
        };
        let manifest = self.connection.manifest(&self.name, &reference, None, &self.call).await?;
        let digest = manifest.digest.clone();
        self.facts(tag, &digest, Some(manifest)).await
    }

    async fn head(&self, tag: &Tag) -> Result<Option<Digest>> {
        let reference = Reference::Tag(tag.clone());
        let found = self.connection.head_manifest(&self.name, &reference, &self.call).await?;
        Ok(found.map(|found| found.digest))
    }

    fn is_known(&self, digest: &Digest) -> bool {
        self.facts.borrow().contains_key(digest)
    }

    /// The facts of a digest, found out by the first who asks.
    async fn facts(&self, tag: &str, digest: &Digest, manifest: Option<Rc<FetchedManifest>>) -> Result<TagData> {
        let count = if self.is_known(digest) { &self.shared } else { &self.single };
        count.set(count.get() + 1);
        let facts = self.facts.borrow_mut().entry(digest.clone()).or_default().clone();
        let mut facts = facts.lock().await;
        if let Some(known) = &*facts {
            return Ok(TagData { tag: tag.to_owned(), ..known.clone() });
        }
        let manifest = match manifest {
            Some(manifest) => manifest,
            None => {
                let reference = Reference::Digest(digest.clone());
                self.connection.manifest(&self.name, &reference, None, &self.call).await?
            }
        };
        let data = TagData::of_manifest(&self.connection, &self.name, tag, &manifest, &self.call).await?;
        *facts = Some(data.clone());
        Ok(data)
    }
}
