//! Locks and shared results of calls on the same repository.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use async_lock::{Mutex, MutexGuardArc};

use crate::protocol::oci::reference::{RepositoryName, Tag};
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
    /// The tags that are being written or removed.
    writing: RefCell<Vec<(String, Arc<Mutex<()>>)>>,
    /// Logical clock of requests for the tag list and their responses.
    count: Cell<u64>,
}

/// A tag is read and then written or removed: no other call of this client changes it in between, until this is dropped.
pub(crate) struct Writing {
    _turn: MutexGuardArc<()>,
    _turns: Rc<Turns>,
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
    /// Waits until no other call writes the tag.
    pub(crate) async fn write(self: Rc<Self>, tag: &Tag) -> Writing {
        let lock = {
            let mut writing = self.writing.borrow_mut();
            writing.retain(|(_, lock)| Arc::strong_count(lock) > 1);
            match writing.iter().find(|(other, _)| other == tag.as_str()) {
                Some((_, lock)) => lock.clone(),
                None => {
                    let lock = Arc::<Mutex<()>>::default();
                    writing.push((tag.as_str().to_owned(), lock.clone()));
                    lock
                }
            }
        };
        Writing { _turn: lock.lock_arc().await, _turns: self }
    }

    pub(crate) fn count(&self) -> u64 {
        self.count.set(self.count.get() + 1);
        self.count.get()
    }
}
