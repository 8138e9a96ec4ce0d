//! Numbers for texts and sets of numbers: plain vectors instead of a map and a set for every type, each of which would be
//! compiled again.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use async_lock::Mutex;

/// Assigns consecutive numbers to strings, from 0.
#[derive(Debug, Clone, Default)]
pub struct Ids(HashMap<String, usize>);

impl Ids {
    /// Returns the number of a string; assigns the next one if it has none.
    pub fn of(&mut self, text: &str) -> usize {
        let next = self.0.len();
        *self.0.entry(text.to_owned()).or_insert(next)
    }

    /// Returns the number of a string, if it has one.
    pub fn get(&self, text: &str) -> Option<usize> {
        self.0.get(text).copied()
    }
}

/// Values by name. Whoever locks a slot first determines its value, while others wait for it.
pub struct Slots<T> {
    ids: RefCell<Ids>,
    slots: RefCell<Vec<Rc<Mutex<Option<T>>>>>,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self { ids: RefCell::default(), slots: RefCell::default() }
    }
}

impl<T> Slots<T> {
    /// Returns true if a slot has that name, whether or not its value is determined.
    pub fn has(&self, name: &str) -> bool {
        self.ids.borrow().get(name).is_some()
    }

    /// Returns the slot of that name.
    pub fn of(&self, name: &str) -> Rc<Mutex<Option<T>>> {
        let id = self.ids.borrow_mut().of(name);
        let mut slots = self.slots.borrow_mut();
        if id == slots.len() {
            slots.push(Rc::default());
        }
        slots.get(id).cloned().unwrap_or_default()
    }
}

/// A set of numbers.
#[derive(Debug, Clone, Default)]
pub struct Marks(Vec<bool>);

impl Marks {
    /// Adds a number and returns true if it is new.
    pub fn add(&mut self, id: usize) -> bool {
        if self.0.len() <= id {
            self.0.resize(id + 1, false);
        }
        self.0.get_mut(id).is_some_and(|mark| !std::mem::replace(mark, true))
    }

    /// Returns true if the set contains a number.
    pub fn has(&self, id: usize) -> bool {
        self.0.get(id).copied().unwrap_or_default()
    }
}
