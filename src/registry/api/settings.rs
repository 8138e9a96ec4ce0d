//! Settings of a client and of a call.

use crate::protocol::http::Headers;
use crate::protocol::oci::platform::Platform;
use crate::transport::auth::AuthSettings;
use crate::transport::layers::notice::Warned;
use crate::transport::layers::observe::Observer;
use crate::transport::layers::retry::Policy;
use crate::transport::request::LogicalTime;
use crate::transport::trust::TrustedHost;

/// The protocol versions of registries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// Docker Registry HTTP API V1.
    V1,
    /// Docker Registry HTTP API V2, the OCI distribution-spec.
    V2,
}

/// Settings of a client.
#[derive(Clone)]
pub struct Settings {
    /// Protocol of the registry; `None` detects it.
    pub api_version: Option<Version>,
    /// Credentials, and where they may be sent.
    pub auth: AuthSettings,
    /// Hosts outside the registry's own domain that may receive its credentials as token services.
    pub trusted: Vec<TrustedHost>,
    /// When and how often to retry.
    pub retry: Policy,
    /// Milliseconds until headers must have arrived; 0 waits forever.
    pub timeout: u64,
    /// Milliseconds a body may make no progress; 0 waits forever.
    pub idle_timeout: u64,
    /// Header fields of every request to the registry.
    pub headers: Headers,
    /// Maximum number of parallel requests; `None` leaves it to the host.
    pub concurrency: Option<usize>,
    /// Platform to select from an index; `None` is linux/amd64.
    pub platform: Option<Platform>,
    /// Maximum pages of one listing.
    pub max_pages: u64,
    /// Maximum items of one listing.
    pub max_items: u64,
    /// Bytes of manifests and configs to cache.
    pub cache_bytes: u64,
    /// Receives an event for each request attempt.
    pub observer: Option<Observer>,
    /// Receives each distinct warning of the registry once.
    pub warned: Option<Warned>,
    /// True if an unverified schema1 signature causes only a warning.
    pub takes_unverified: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            api_version: None,
            auth: AuthSettings::default(),
            trusted: Vec::new(),
            retry: Policy::default(),
            timeout: 30_000,
            idle_timeout: 60_000,
            headers: Headers::new(),
            concurrency: None,
            platform: None,
            max_pages: 10_000,
            max_items: 1_000_000,
            cache_bytes: 16 * 1024 * 1024,
            observer: None,
            warned: None,
            takes_unverified: false,
        }
    }
}

/// Settings of one call.
#[derive(Debug, Clone, Default)]
pub struct Call {
    /// Milliseconds until headers must have arrived; `None` uses the client's setting, 0 waits forever.
    pub timeout: Option<u64>,
    /// Time at which the call began.
    pub began: LogicalTime,
}
