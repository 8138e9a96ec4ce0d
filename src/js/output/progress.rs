//! Reports to `onProgress`.

use std::rc::Rc;

use serde::Serialize;

use crate::fetch::FetchHost;
use crate::js::args::callback::Callback;
use crate::js::output::convert;
use crate::registry::{BlobPull, CountWatcher};
use crate::transport::Clock;

/// The minimum interval between two reports in milliseconds.
const INTERVAL: u64 = 100;

/// `Progress` of index.d.ts.
#[derive(Serialize)]
struct Report<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<&'a str>,
    loaded: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<u64>,
}

/// Returns what reports a number of items to `onProgress`, as `CountProgress` of index.d.ts.
pub fn count_watcher(callback: Callback) -> CountWatcher {
    Rc::new(move |done, total| callback.tell(&convert::object([("done", done.into()), ("total", total.into())])))
}

/// Reports a transfer's progress at intervals, and at its end.
pub struct Progress {
    callback: Option<Callback>,
    host: FetchHost,
    digest: Option<String>,
    total: Option<u64>,
    loaded: u64,
    told: u64,
}

impl Progress {
    /// Creates the reports of a download.
    pub fn new(callback: Option<Callback>, host: FetchHost, pull: &BlobPull<FetchHost>) -> Self {
        Self::of(callback, host, pull.digest().map(ToString::to_string), pull.total())
    }

    /// Creates the reports of an upload, whose digest and size may be unknown.
    pub fn of(callback: Option<Callback>, host: FetchHost, digest: Option<String>, total: Option<u64>) -> Self {
        let told = host.now();
        Self { callback, host, digest, total, loaded: 0, told }
    }

    /// Adds transferred bytes.
    pub fn add(&mut self, bytes: u64) {
        self.loaded += bytes;
        if self.callback.is_none() {
            return;
        }
        let now = self.host.now();
        // The last bytes are reported at the end, after verification.
        if now.saturating_sub(self.told) >= INTERVAL && self.total != Some(self.loaded) {
            self.told = now;
            self.tell();
        }
    }

    /// Sets the number of bytes transferred so far.
    pub fn reach(&mut self, bytes: u64) {
        self.loaded = 0;
        self.add(bytes);
    }

    /// Restarts from zero, when the transfer is repeated.
    pub fn restart(&mut self) {
        self.loaded = 0;
    }

    /// Reports the end of a download.
    pub fn end(&self) {
        self.tell();
    }

    /// Reports the end of an upload, with the final digest and size.
    pub fn end_as(&mut self, digest: String, bytes: u64) {
        (self.digest, self.total, self.loaded) = (Some(digest), Some(bytes), bytes);
        self.tell();
    }

    /// Reports the end of several uploads. Those that the registry had already have reported nothing.
    pub fn end_whole(&mut self) {
        self.loaded = self.total.unwrap_or(self.loaded);
        self.tell();
    }

    fn tell(&self) {
        if let Some(callback) = &self.callback {
            let report = Report { digest: self.digest.as_deref(), loaded: self.loaded, total: self.total };
            if let Ok(report) = convert::json(&report) {
                callback.tell(&report);
            }
        }
    }
}
