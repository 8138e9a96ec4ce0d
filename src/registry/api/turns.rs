//! What calls about one repository do in turn, or once for all of them.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use async_lock::Mutex;

use crate::protocol::oci::reference::RepositoryName;

/// The turns of each repository that a call is about.
#[derive(Default)]
pub struct AllTurns(RefCell<Vec<(String, Rc<Turns>)>>);

/// Of one repository.
#[derive(Default)]
pub struct Turns {
    /// One deletion by digest at a time: distribution 2.8 looks through all tags for those of the digest, and stumbles over
    /// those that are written or removed meanwhile.
    pub(crate) deleting: Mutex<()>,
    pub(crate) listed: Mutex<Listed>,
    /// Questions for the list and answers to it, counted together.
    count: Cell<u64>,
}

/// A tag list, and when it was asked for.
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
