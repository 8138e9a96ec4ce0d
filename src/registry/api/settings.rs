//! What a caller can set, once per client or per call.

use crate::protocol::http::Headers;
use crate::protocol::oci::platform::Platform;
use crate::transport::auth::AuthSettings;
use crate::transport::layers::notice::Warned;
use crate::transport::layers::observe::Observer;
use crate::transport::layers::retry::Policy;
use crate::transport::request::LogicalTime;
use crate::transport::trust::TrustedHost;

/// The registry protocols.
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
    /// Protocol; `None`: ask the registry.
    pub api_version: Option<Version>,
    /// What to authenticate with, and where.
    pub auth: AuthSettings,
    /// Hosts beside the registry's own domain that may receive its credentials as token services.
    pub trusted: Vec<TrustedHost>,
    /// How often to try what failed for the moment.
    pub retry: Policy,
    /// Milliseconds until headers must have arrived; 0 waits for ever.
    pub timeout: u64,
    /// Milliseconds a body may make no progress; 0 waits for ever.
    pub idle_timeout: u64,
    /// Sent with every request to the registry.
    pub headers: Headers,
    /// Parallel requests at most.
    pub concurrency: usize,
    /// Platform to choose from an index; `None`: linux/amd64.
    pub platform: Option<Platform>,
    /// Pages of one listing at most.
    pub max_pages: u64,
    /// Items of one listing at most.
    pub max_items: u64,
    /// Bytes of manifests and configs to keep by digest.
    pub cache_bytes: u64,
    /// Sees each request attempt.
    pub observer: Option<Observer>,
    /// Told of each of the registry's warnings once.
    pub warned: Option<Warned>,
    /// Whether a manifest of schema 1 whose signatures are not all proved right is only warned of.
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
            concurrency: 6,
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
    /// Milliseconds until headers must have arrived; `None`: the client's setting; 0 waits for ever.
    pub timeout: Option<u64>,
    /// When it began.
    pub began: LogicalTime,
}
