//! What was read of a registry's content, so that what repositories share is read and counted once.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::protocol::code;
use crate::protocol::json::MAX_SAFE_INTEGER;
use crate::registry::ids::{Ids, Slots};
use crate::registry::manifest::delete::Unread;
use crate::transport::{Error, Result};

/// Maximum number of manifests and blobs of which sizes are kept: some hundred bytes each.
const LIMIT: usize = if cfg!(test) { 64 } else { 2_000_000 };

/// The content that a manifest needs.
#[derive(Default)]
pub struct Content {
    /// Number of the manifest. A V1 image has none.
    pub id: Option<usize>,
    /// Numbers and sizes of the manifest itself and of its blobs.
    pub parts: Vec<(usize, u64)>,
    pub children: Vec<Rc<Content>>,
    /// What cannot be read.
    pub unread: Vec<Unread>,
    /// True if nothing of it is missing in the repository in which it was read. In another one more may be there.
    pub is_whole: bool,
    /// True if a V1 registry does not report all sizes.
    pub is_unsized: bool,
}

/// The content of a registry, as far as it was read.
#[derive(Default)]
pub struct Contents {
    pub manifests: Slots<Rc<Content>>,
    /// Credible creation times of manifests; milliseconds since 1970.
    pub dates: Slots<Option<u64>>,
    ids: RefCell<Ids>,
    /// By number: the repository that counted it last, 0 if none did.
    counted: RefCell<Vec<u32>>,
    repositories: Cell<u32>,
    total: Cell<u64>,
}

impl Contents {
    /// Returns the number of a digest or V1 id.
    pub fn id(&self, digest: &str) -> Result<usize> {
        let id = self.ids.borrow_mut().of(digest);
        if id < LIMIT {
            return Ok(id);
        }
        let message = format!("there are more than {LIMIT} manifests and blobs, too many to count each once");
        Err(Error::new(code::TOO_LARGE, message))
    }

    /// Bytes of everything counted so far, each once.
    pub fn total(&self) -> u64 {
        self.total.get()
    }

    /// Returns the bytes that a repository holds, each once, and whether anything lacks its size. `take` gets what could not
    /// be read.
    pub fn count(&self, mut pending: Vec<Rc<Content>>, take: &mut dyn FnMut(&Unread)) -> (u64, bool) {
        let repository = self.repositories.get() + 1;
        self.repositories.set(repository);
        let (mut size, mut is_unsized) = (0_u64, false);
        while let Some(content) = pending.pop() {
            if content.id.is_some_and(|id| self.has_counted(id, repository)) {
                continue;
            }
            for (id, bytes) in &content.parts {
                if self.has_counted(*id, repository) {
                    continue;
                }
                if self.mark(*id, repository) {
                    self.total.set(sum(self.total.get(), *bytes));
                }
                size = sum(size, *bytes);
            }
            is_unsized |= content.is_unsized;
            content.unread.iter().for_each(&mut *take);
            pending.extend(content.children.iter().cloned());
        }
        (size, is_unsized)
    }

    fn has_counted(&self, id: usize, repository: u32) -> bool {
        self.counted.borrow().get(id) == Some(&repository)
    }

    /// Marks it as counted and returns true if no repository had counted it.
    fn mark(&self, id: usize, repository: u32) -> bool {
        let mut counted = self.counted.borrow_mut();
        if counted.len() <= id {
            counted.resize(id + 1, 0);
        }
        counted.get_mut(id).is_some_and(|mark| std::mem::replace(mark, repository) == 0)
    }
}

/// Adds sizes, as far as JavaScript has numbers for them: a manifest may claim any.
fn sum(one: u64, other: u64) -> u64 {
    one.saturating_add(other).min(MAX_SAFE_INTEGER)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(parts: &[(usize, u64)], children: Vec<Rc<Content>>) -> Rc<Content> {
        Rc::new(Content { id: Some(parts[0].0), parts: parts.to_vec(), children, ..Content::default() })
    }

    #[test]
    fn counts_each_part_once_a_repository_and_once_in_all() {
        let contents = Contents::default();
        let count =
            |roots: &[&Rc<Content>]| contents.count(roots.iter().map(|root| Rc::clone(root)).collect(), &mut |_| {}).0;
        let one = content(&[(0, 1), (1, 10), (1, 10)], Vec::new());
        let other = content(&[(2, 2), (1, 10), (3, 100)], Vec::new());
        let index = content(&[(4, 4)], vec![one.clone(), other.clone(), one.clone()]);
        assert_eq!((count(&[&one]), contents.total()), (11, 11));
        assert_eq!((count(&[&index, &other]), contents.total()), (117, 117));
        assert_eq!((count(&[&other]), contents.total()), (112, 117));
        assert_eq!((count(&[]), contents.total()), (0, 117));
    }

    #[test]
    fn sums_are_numbers_of_javascript() {
        let contents = Contents::default();
        let claims = content(&[(0, MAX_SAFE_INTEGER), (1, MAX_SAFE_INTEGER)], Vec::new());
        assert_eq!(contents.count(vec![claims], &mut |_| {}).0, MAX_SAFE_INTEGER);
        assert_eq!(contents.total(), MAX_SAFE_INTEGER);
    }

    #[test]
    fn has_a_limit() {
        let contents = Contents::default();
        let ids = (0..=LIMIT).map(|id| contents.id(&id.to_string()));
        assert_eq!(ids.filter(|id| id.as_ref().is_err_and(|error| error.code == code::TOO_LARGE)).count(), 1);
        assert_eq!(contents.id("0").unwrap(), 0);
    }
}
