//! Pages whose code is in a part of the module that is loaded with the first of them.

use std::pin::Pin;

use js_sys::Array;

use crate::js::output::error::Result;
use crate::js::output::iterate::Pages;

/// Pages that begin with the first one, so that what is loaded first has no code of them: not even to drop them.
pub struct Lazy<S> {
    start: Option<S>,
    begun: Option<Box<dyn Begun>>,
}

/// The arguments from which the pages are created.
pub trait Start: 'static {
    /// Begins them.
    fn begin(self) -> Box<dyn Begun>;
}

/// [`Pages`] of any type.
pub trait Begun {
    /// Returns the next items, at least one; `None` at the end.
    fn next(&mut self) -> Pin<Box<dyn Future<Output = Result<Option<Array>>> + '_>>;
}

impl<S> Lazy<S> {
    /// Pages that have not begun.
    pub fn new(start: S) -> Self {
        Self { start: Some(start), begun: None }
    }

    /// Pages that have begun.
    pub fn begun(begun: Box<dyn Begun>) -> Self {
        Self { start: None, begun: Some(begun) }
    }
}

impl<S: Start> Pages for Lazy<S> {
    async fn next(&mut self) -> Result<Option<Array>> {
        if let Some(start) = self.start.take() {
            self.begun = Some(start.begin());
        }
        match &mut self.begun {
            Some(begun) => begun.next().await,
            None => Ok(None),
        }
    }
}
