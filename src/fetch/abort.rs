//! Aborts a request at the host when its future or body is dropped.

use crate::fetch::send::Flight;

/// Aborts its request when dropped, unless the request has completed.
pub struct Abort(Option<Flight>);

impl Abort {
    /// Creates the guard of a request.
    pub fn of(flight: Flight) -> Self {
        Self(Some(flight))
    }

    /// Creates the guard of a request that never began.
    pub fn none() -> Self {
        Self(None)
    }

    /// Disarms the guard when the request has completed.
    pub fn disarm(&mut self) {
        self.0 = None;
    }

    /// Aborts the request.
    pub fn fire(&mut self) {
        if let Some(flight) = self.0.take() {
            flight.abort();
        }
    }
}

impl Drop for Abort {
    fn drop(&mut self) {
        self.fire();
    }
}
