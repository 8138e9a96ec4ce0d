//! `onProgress`.

use serde::Serialize;

use crate::fetch::FetchHost;
use crate::js::args::callback::Callback;
use crate::js::output::convert;
use crate::registry::BlobPull;
use crate::transport::Clock;

/// Milliseconds between two reports.
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

/// Tells of a transfer's progress: now and then, and at its end.
pub struct Progress {
    callback: Option<Callback>,
    host: FetchHost,
    digest: Option<String>,
    total: Option<u64>,
    loaded: u64,
    told: u64,
}

impl Progress {
    /// Of a blob that has not begun to come.
    pub fn new(callback: Option<Callback>, host: FetchHost, pull: &BlobPull<FetchHost>) -> Self {
        Self::of(callback, host, pull.digest().map(ToString::to_string), pull.total())
    }

    /// Of a blob that goes the other way, as far as it is known.
    pub fn of(callback: Option<Callback>, host: FetchHost, digest: Option<String>, total: Option<u64>) -> Self {
        let told = host.now();
        Self { callback, host, digest, total, loaded: 0, told }
    }

    /// So many bytes more.
    pub fn add(&mut self, bytes: u64) {
        self.loaded += bytes;
        if self.callback.is_none() {
            return;
        }
        let now = self.host.now();
        // What completes the transfer is told at its end, once it has proved right.
        if now.saturating_sub(self.told) >= INTERVAL && self.total != Some(self.loaded) {
            self.told = now;
            self.tell();
        }
    }

    /// So many bytes in all so far.
    pub fn reach(&mut self, bytes: u64) {
        self.loaded = 0;
        self.add(bytes);
    }

    /// All of it comes once more.
    pub fn restart(&mut self) {
        self.loaded = 0;
    }

    /// Everything has come.
    pub fn end(&self) {
        self.tell();
    }

    /// Everything has gone, and this is what it was.
    pub fn end_as(&mut self, digest: String, bytes: u64) {
        (self.digest, self.total, self.loaded) = (Some(digest), Some(bytes), bytes);
        self.tell();
    }

    fn tell(&self) {
        if let Some(callback) = &self.callback {
            let report = Report { digest: self.digest.as_deref(), loaded: self.loaded, total: self.total };
            if let Ok(report) = convert::small(&report) {
                callback.tell(&report);
            }
        }
    }
}
