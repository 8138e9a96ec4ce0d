//! Locks and shared results of calls on the same repository.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use async_lock::Mutex;

use crate::protocol::oci::reference::RepositoryName;
use crate::registry::api::shared_lock::SharedLock;

/// The locks of each repository in use.
#[derive(Default)]
pub struct AllTurns(RefCell<Vec<(String, Rc<Turns>)>>);

/// The locks of one repository.
#[derive(Default)]
pub struct Turns {
    /// Shared by deletions by digest, and held alone by whoever writes a tag to delete it: distribution 2.8 searches all
    /// tags for those of a deleted digest, and fails if it meets one that is half written. Tags that other deletions
    /// remove meanwhile do not matter to it.
    pub(crate) deleting: SharedLock,
    pub(crate) listed: Mutex<Listed>,
    /// Logical clock of requests for the tag list and their responses.
    count: Cell<u64>,
}

/// A tag list and the logical time of its request.
#[derive(Default)]
pub struct Listed {
    pub(crate) begun: u64,
    pub(crate) tags: Vec<String>,
}

impl AllTurns {
    pub(crate) fn of(&self, name: &RepositoryName) -> Rc<Turns> {
        let mut all = self.0.borrow_mut();
        all.retain(|(_, turns)| Rc::strong_count(turns) > 1);
        if let Some((_, turns)) = all.iter().find(|(other, _)| other == name.as_str()) {
            return turns.clone();
        }
        let turns = Rc::<Turns>::default();
        all.push((name.as_str().to_owned(), turns.clone()));
        turns
    }
}

impl Turns {
    pub(crate) fn count(&self) -> u64 {
        self.count.set(self.count.get() + 1);
        self.count.get()
    }
}
