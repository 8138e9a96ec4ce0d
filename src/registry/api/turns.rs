//! What calls about one repository do in turn, or once for all of them.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use async_lock::Mutex;

use crate::protocol::oci::reference::{RepositoryName, Tag};
use crate::registry::api::connection::Connection;
use crate::registry::api::settings::Call;
use crate::transport::{Host, Result};

/// The turns of each repository that a call is about.
#[derive(Default)]
pub struct AllTurns(RefCell<Vec<(String, Rc<Turns>)>>);

/// Of one repository.
#[derive(Default)]
pub struct Turns {
    /// One deletion by digest at a time: distribution 2.8 looks through all tags for those of the digest, and stumbles over
    /// those that are written or removed meanwhile.
    pub(crate) deleting: Mutex<()>,
    listed: Mutex<Listed>,
    /// Questions for the list and answers to it, counted together.
    count: Cell<u64>,
}

/// A tag list, and when it was asked for.
#[derive(Default)]
struct Listed {
    begun: u64,
    tags: Vec<String>,
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
    fn count(&self) -> u64 {
        self.count.set(self.count.get() + 1);
        self.count.get()
    }
}

impl<H: Host> Connection<H> {
    /// Whether the tag list has a tag, as it is after this call. Calls that wait at the same time share one list. A registry
    /// that has no list, or shows it to nobody, lists nothing.
    pub(crate) async fn is_listed(self: &Rc<Self>, name: &RepositoryName, tag: &Tag, call: &Call) -> Result<bool> {
        let turns = self.turns.of(name);
        let asked = turns.count();
        let mut listed = turns.listed.lock().await;
        if listed.begun < asked {
            let begun = turns.count();
            let tags = match Box::pin(self.listed_tags(name, call)).await {
                Ok(tags) => tags,
                Err(error) if matches!(error.status, Some(401 | 403 | 404 | 405 | 501)) => Vec::new(),
                Err(error) => return Err(error),
            };
            *listed = Listed { begun, tags };
        }
        Ok(listed.tags.iter().any(|listed| listed == tag.as_str()))
    }
}
