//! Decides how a listing continues after a page.
//!
//! The pager follows `Link`. Without a usable one it asks for the items after the last one (`last`), and if the
//! registry ignores `last`, for one page that is large enough for everything. It relies on the observed behaviour
//! of the registry: a list ends when its end was seen.

use std::collections::HashSet;

use crate::protocol::oci::listing::Strings;
use crate::protocol::url::Url;
use crate::registry::listing::paging::NextPage;

/// Maximum consecutive pages without new items for which a `Link` is followed. Some registries leave out items that the
/// caller may not see.
const BARREN: u32 = 16;
/// Page sizes that registries impose by themselves.
const LIMITS: [usize; 10] = [50, 100, 200, 250, 500, 1000, 2000, 5000, 10_000, 100_000];
/// Growth factor of a page that is to hold everything.
const LARGER: u64 = 10;
/// Page size from which a page does not grow further.
const LARGEST: u64 = 100_000_000;

/// The next request of a listing, or its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageRequest {
    /// The first page.
    First,
    /// The target of a `Link`.
    Page(Url),
    /// The registry's own list with the query of a `Link` that cannot be used.
    Guess(Url),
    /// The items after this one.
    After(String),
    /// Everything, in one page of this size.
    Whole(u64),
    /// No request: the list is complete.
    End,
    /// No request: the list may be incomplete. A warning is issued.
    Doubtful(String),
    /// No request: the list is incomplete or may be. The listing fails.
    Stuck(String),
}

/// The reason why a list may continue although no `Link` can be followed.
#[derive(Debug)]
struct Doubt {
    why: String,
    /// True if only a thorough listing has to fail.
    is_slight: bool,
    /// The registry's own list with the query of the `Link`.
    guess: Option<Url>,
}

/// The state of a listing across its pages.
pub struct Pager {
    /// Items requested per page.
    pub size: Option<u64>,
    /// True if the caller deletes what is not listed: then the pager asks for items after the last one even without
    /// a `Link`, and a doubt is an error.
    pub is_thorough: bool,
    /// Items received so far, without those of `first`.
    given: HashSet<String>,
    /// The first page, until there are others to compare with it: most often there are none.
    first: Option<Strings>,
    last: Option<String>,
    doubt: Option<Doubt>,
    /// True if a request with `last` returned the items after it.
    goes_on: bool,
    /// True if the previous page was empty.
    was_empty: bool,
    /// True if items are not sorted, so that the last item received may not be the last one of the list.
    is_unsorted: bool,
    barren: u32,
    /// True if a `Link` led to a page.
    has_followed: bool,
    has_tried_whole: bool,
}

impl Pager {
    /// Creates the state before the first page.
    pub fn new(size: Option<u64>) -> Self {
        Self {
            size,
            is_thorough: false,
            given: HashSet::new(),
            first: None,
            last: None,
            doubt: None,
            goes_on: false,
            was_empty: false,
            is_unsorted: false,
            barren: 0,
            has_followed: false,
            has_tried_whole: false,
        }
    }

    /// Takes a page and returns its new items and the next request.
    ///
    /// `is_hidden` is true if the browser may have hidden header fields; `was_asked` returns true for URLs that
    /// were requested before.
    pub fn turn(
        &mut self,
        asked: &PageRequest,
        page: Strings,
        next: NextPage,
        is_hidden: bool,
        was_asked: &dyn Fn(&Url) -> bool,
    ) -> (Strings, PageRequest) {
        let total = page.len();
        if total > 0 {
            self.remember();
        }
        let known = self.known();
        let cursor = if let PageRequest::After(cursor) = asked { Some(cursor.as_str()) } else { None };
        let last = page.last().map(str::to_owned);
        // A list that arrives in one page need not be remembered.
        let is_first = matches!(asked, PageRequest::First);
        let (page, again) = if is_first { (page, 0) } else { self.unseen(page, cursor) };
        let fresh = page.len();
        if fresh > 0 {
            self.last = last;
        }
        let was_empty = std::mem::replace(&mut self.was_empty, total == 0);
        self.barren = if fresh == 0 { self.barren + 1 } else { 0 };
        let turn = match asked {
            PageRequest::Whole(size) => {
                let covers = total - fresh == known;
                // A malformed Link may be on the last page too (Cloudflare's registry).
                let leads_on = matches!(next, NextPage::At(_) | NextPage::Elsewhere { .. });
                // The page may be cut at the registry's own limit.
                let is_cut = fresh > 0 && LIMITS.contains(&total);
                if covers && !is_cut && (total as u64) < *size && !leads_on {
                    PageRequest::End
                } else if total as u64 == *size && *size < LARGEST {
                    PageRequest::Whole(size * LARGER)
                } else {
                    self.give_up("a page large enough for everything may be incomplete")
                }
            }
            // Nothing new and nothing repeated but the cursor: the list ended.
            PageRequest::After(_) if again == 0 && fresh == 0 => self.ended(),
            PageRequest::After(_) if again == 0 => {
                self.goes_on = true;
                self.onward(next, total, is_hidden, was_asked)
            }
            // Everything is repeated: the registry ignores `last`, and either ignores `n` too or has fewer items;
            // or links (with their own cursors) led to the end.
            PageRequest::After(_) if self.doubt.is_none() && (self.has_followed || !self.is_full(total)) => {
                PageRequest::End
            }
            // After its last item go-containerregistry's registry starts again from the beginning.
            PageRequest::After(_) if self.goes_on && fresh == 0 => self.ended(),
            PageRequest::After(_) => self.otherwise(was_asked),
            // After an empty page the registry starts again from the beginning.
            _ if was_empty && fresh == 0 && total > 0 => PageRequest::End,
            _ => self.onward(next, total, is_hidden, was_asked),
        };
        if is_first && turn != PageRequest::End {
            self.first = Some(page.clone());
        }
        if matches!(turn, PageRequest::After(_)) && !self.is_unsorted {
            self.is_unsorted = !is_sorted(&page);
        }
        (page, turn)
    }

    /// Returns the next request after one that the registry refused, or that was made before.
    pub fn refused(&mut self, asked: &PageRequest, was_asked: &dyn Fn(&Url) -> bool) -> PageRequest {
        match asked {
            PageRequest::Whole(_) => self.give_up("it refuses a page large enough for everything"),
            PageRequest::After(_) | PageRequest::Guess(_) if self.doubt.is_some() => self.otherwise(was_asked),
            // By the specification a list without a Link has ended; this request was an extra check.
            _ => PageRequest::End,
        }
    }

    fn onward(
        &mut self,
        next: NextPage,
        total: usize,
        is_hidden: bool,
        was_asked: &dyn Fn(&Url) -> bool,
    ) -> PageRequest {
        let doubt = match next {
            NextPage::At(url) if self.barren <= BARREN && !was_asked(&url) => {
                self.has_followed = true;
                return PageRequest::Page(url);
            }
            NextPage::At(_) if self.barren > BARREN => {
                Doubt { why: "its Link leads to pages without new items".into(), is_slight: false, guess: None }
            }
            NextPage::At(_) => Doubt { why: "its pages lead in a circle".into(), is_slight: false, guess: None },
            NextPage::Unreadable { why, guess } | NextPage::Elsewhere { why, guess } => {
                Doubt { why, is_slight: false, guess }
            }
            NextPage::None => {
                let goes_on = is_hidden || self.is_thorough || self.is_full(total) || LIMITS.contains(&total);
                return match &self.last {
                    Some(last) if total > 0 && goes_on => PageRequest::After(last.clone()),
                    _ => PageRequest::End,
                };
            }
        };
        self.doubt = Some(doubt);
        match &self.last {
            // An empty page is the end, even with a Link.
            Some(last) if total > 0 => PageRequest::After(last.clone()),
            _ => PageRequest::End,
        }
    }

    /// Returns true if a page has as many items as were requested: some registries (go-containerregistry's) cut
    /// there and send no Link.
    fn is_full(&self, total: usize) -> bool {
        self.size.is_some_and(|size| size > 0 && total as u64 == size)
    }

    /// Returns the next request when `last` leads no further.
    fn otherwise(&mut self, was_asked: &dyn Fn(&Url) -> bool) -> PageRequest {
        let guess = self.doubt.as_mut().and_then(|doubt| doubt.guess.take());
        match guess.filter(|guess| self.barren <= BARREN && !was_asked(guess)) {
            Some(guess) => PageRequest::Guess(guess),
            None if self.has_tried_whole => self.give_up("it ignores the parameter last"),
            None => self.whole(),
        }
    }

    fn whole(&mut self) -> PageRequest {
        self.has_tried_whole = true;
        PageRequest::Whole(LARGER * self.size.unwrap_or_default().max(self.known() as u64).max(100))
    }

    /// Ends the listing if nothing follows the last item. In an unsorted list that item may not be the last, so one
    /// large page is tried first.
    fn ended(&mut self) -> PageRequest {
        if !self.is_unsorted || self.has_tried_whole {
            return PageRequest::End;
        }
        let why = "its items are not sorted".to_owned();
        self.doubt = Some(Doubt { why, is_slight: true, guess: None });
        self.whole()
    }

    fn give_up(&mut self, clause: &str) -> PageRequest {
        match &self.doubt {
            Some(doubt) if doubt.is_slight && !self.is_thorough => PageRequest::Doubtful(doubt.why.clone()),
            Some(doubt) => PageRequest::Stuck(format!("{}, and {clause}", doubt.why)),
            None => PageRequest::Stuck(format!(
                "it repeats earlier items instead of those after the last one, and {clause}"
            )),
        }
    }

    /// Returns the number of items received so far.
    fn known(&self) -> usize {
        self.given.len() + self.first.as_ref().map_or(0, Strings::len)
    }

    /// Moves the items of the first page to those that others are compared with.
    fn remember(&mut self) {
        if let Some(first) = self.first.take() {
            first.each(&mut |item| {
                self.given.insert(item.to_owned());
            });
        }
    }

    /// Returns the new items, and how many of the repeated ones are not the cursor.
    fn unseen(&mut self, page: Strings, cursor: Option<&str>) -> (Strings, usize) {
        let (mut fresh, mut again) = (Vec::new(), 0);
        let is_alone = self.given.len() == 1;
        page.each(&mut |item| {
            if !self.given.contains(item) {
                self.given.insert(item.to_owned());
                fresh.push(item.to_owned());
            } else if is_alone || cursor != Some(item) {
                again += 1;
            }
        });
        (if fresh.len() == page.len() { page } else { page.with(&fresh) }, again)
    }

    /// Returns the new items of a V1 page.
    pub fn fresh(&mut self, page: Strings) -> Strings {
        self.unseen(page, None).0
    }
}

fn is_sorted(page: &Strings) -> bool {
    let (mut before, mut is_sorted) = (String::new(), true);
    page.each(&mut |item| {
        is_sorted &= before.as_str() <= item;
        before.clear();
        before.push_str(item);
    });
    is_sorted
}
