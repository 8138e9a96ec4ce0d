//! How a listing goes on after a page. A `Link` leads to the next one; where there is none to be seen or it cannot be used
//! the last item does, and where the registry ignores that a page that may hold everything. What a registry does decides, not
//! what it should do: the list is at its end when it has been seen to be.

use std::collections::HashSet;

use crate::protocol::oci::listing::Strings;
use crate::protocol::url::Url;
use crate::registry::listing::paging::NextPage;

/// Pages in a row with nothing new to which a `Link` is followed: some registries leave out what the caller may not see.
const BARREN: u32 = 16;
/// Limits that registries set to a page by themselves.
const LIMITS: [usize; 10] = [50, 100, 200, 250, 500, 1000, 2000, 5000, 10_000, 100_000];
/// How much larger a page is that may hold everything.
const LARGER: u64 = 10;
/// Items of a page that nobody asks for more than.
const LARGEST: u64 = 100_000_000;

/// What is asked for next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageRequest {
    /// The first page.
    First,
    /// Where a `Link` leads.
    Page(Url),
    /// Where the query of a `Link` that cannot be used leads on the registry itself.
    Guess(Url),
    /// What follows an item.
    After(String),
    /// Everything, in one page that may be so large.
    Whole(u64),
    /// Nothing: that was all.
    End,
    /// Nothing; perhaps that was not all.
    Doubtful(String),
    /// Nothing, although that was not all or may not have been.
    Stuck(String),
}

/// Why there may be more although no `Link` can be followed.
#[derive(Debug)]
struct Doubt {
    why: String,
    /// Whether only who deletes what is not listed has to mind.
    is_slight: bool,
    /// Where the query of the `Link` leads on the registry itself.
    guess: Option<Url>,
}

/// What is known of a listing's pages.
pub struct Pager {
    /// Items asked for per page.
    pub size: Option<u64>,
    /// Whether somebody deletes what is not listed: then it is asked whether something follows the last item even where no
    /// `Link` says so, and a doubt is an error.
    pub is_thorough: bool,
    /// Items that came, unless the first page was all.
    given: HashSet<String>,
    last: Option<String>,
    doubt: Option<Doubt>,
    /// Whether what was asked for after an item came after it.
    goes_on: bool,
    /// Whether the page before was empty.
    was_empty: bool,
    /// Whether items come in no order, so that none is the last for sure.
    is_unsorted: bool,
    barren: u32,
    /// Whether a `Link` led to a page.
    has_followed: bool,
    has_tried_whole: bool,
}

impl Pager {
    /// Nothing has come.
    pub fn new(size: Option<u64>) -> Self {
        Self {
            size,
            is_thorough: false,
            given: HashSet::new(),
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

    /// The page's items that did not come before, and what to ask for after it. `is_hidden`: whether header fields may have
    /// been kept from a web page; `was_asked`: whether that URL was.
    pub fn turn(
        &mut self,
        asked: &PageRequest,
        page: Strings,
        next: NextPage,
        is_hidden: bool,
        was_asked: &dyn Fn(&Url) -> bool,
    ) -> (Strings, PageRequest) {
        let (total, known) = (page.len(), self.given.len());
        let cursor = if let PageRequest::After(cursor) = asked { Some(cursor.as_str()) } else { None };
        let last = page.last().map(str::to_owned);
        // A list that comes whole in one page need not be remembered.
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
                // A malformed Link may stand on the last page too (Cloudflare's registry).
                let leads_on = matches!(next, NextPage::At(_) | NextPage::Elsewhere { .. });
                // A registry's own limit may have cut it.
                let is_cut = fresh > 0 && LIMITS.contains(&total);
                if covers && !is_cut && (total as u64) < *size && !leads_on {
                    PageRequest::End
                } else if total as u64 == *size && *size < LARGEST {
                    PageRequest::Whole(size * LARGER)
                } else {
                    self.give_up("a page that may hold everything does not show that it does")
                }
            }
            // It goes on behind the item, or gives that once more.
            PageRequest::After(_) if again == 0 && fresh == 0 => self.ended(),
            PageRequest::After(_) if again == 0 => {
                self.goes_on = true;
                self.onward(next, total, is_hidden, was_asked)
            }
            // Everything once more: `last` is ignored, and `n` too or there are not so many; or the pages went by links
            // (with cursors of their own) to where there was none.
            PageRequest::After(_) if self.doubt.is_none() && (self.has_followed || !self.is_full(total)) => {
                PageRequest::End
            }
            // Behind its last item go-containerregistry's begins anew.
            PageRequest::After(_) if self.goes_on && fresh == 0 => self.ended(),
            PageRequest::After(_) => self.otherwise(was_asked),
            // Behind an empty page it begins anew.
            _ if was_empty && fresh == 0 && total > 0 => PageRequest::End,
            _ => self.onward(next, total, is_hidden, was_asked),
        };
        if is_first && turn != PageRequest::End {
            page.each(&mut |item| {
                self.given.insert(item.to_owned());
            });
        }
        if matches!(turn, PageRequest::After(_)) && !self.is_unsorted {
            self.is_unsorted = !is_sorted(&page);
        }
        (page, turn)
    }

    /// What to ask for where the registry refuses that, or it was asked for before.
    pub fn refused(&mut self, asked: &PageRequest, was_asked: &dyn Fn(&Url) -> bool) -> PageRequest {
        match asked {
            PageRequest::Whole(_) => self.give_up("a page that may hold everything is refused"),
            PageRequest::After(_) | PageRequest::Guess(_) if self.doubt.is_some() => self.otherwise(was_asked),
            // The specification has a list end without a Link; to a question on top there is nothing more to say.
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
                Doubt { why: "its Link leads to pages with nothing new".into(), is_slight: false, guess: None }
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
            // An empty page is the end, whatever its Link says.
            Some(last) if total > 0 => PageRequest::After(last.clone()),
            _ => PageRequest::End,
        }
    }

    /// Whether a page holds as much as was asked for: some registries cut there and send no Link (go-containerregistry's).
    fn is_full(&self, total: usize) -> bool {
        self.size.is_some_and(|size| size > 0 && total as u64 == size)
    }

    /// Where `last` leads no further.
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
        PageRequest::Whole(LARGER * self.size.unwrap_or_default().max(self.given.len() as u64).max(100))
    }

    /// Nothing follows the last item. Where items come in no order that may be another than the one asked about.
    fn ended(&mut self) -> PageRequest {
        if !self.is_unsorted || self.has_tried_whole {
            return PageRequest::End;
        }
        let why = "its items come in no order".to_owned();
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

    /// The items that did not come before, and how many of the others are not the cursor.
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

    /// The items of a V1 page that did not come before.
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
