//! The probes of a diagnosis.

/// A probe of a diagnosis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probe {
    /// `/v2/` without credentials.
    Base,
    /// `/v2/` with the user's token: a proxy may hide the registry from others.
    Member,
    /// V1's `/v1/_ping`.
    Ping,
    /// The catalog without credentials: zot lets pages read it, but not `/v2/`.
    Door,
    /// The preflight for a long `Accept`.
    Accept,
    /// The preflight for `Authorization`.
    Authorization,
    /// The client's credentials.
    Credentials,
    /// The first item of the catalog.
    Catalog,
    /// The second item of the catalog.
    MoreCatalog,
    /// The first tag.
    Tags,
    /// The second tag.
    MoreTags,
    /// The header fields of the first tag's manifest.
    Manifest,
    /// The referrers of that manifest, or of a digest that does not exist.
    Referrers,
    /// Deletion of a manifest that cannot exist.
    Delete,
}

/// A digest that no content has: it has no referrers, and deleting it has no effect.
pub const NOTHING: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

impl Probe {
    /// All probes, in their order.
    pub const ALL: [Probe; 14] = [
        Probe::Base,
        Probe::Member,
        Probe::Ping,
        Probe::Door,
        Probe::Accept,
        Probe::Authorization,
        Probe::Credentials,
        Probe::Catalog,
        Probe::MoreCatalog,
        Probe::Tags,
        Probe::MoreTags,
        Probe::Manifest,
        Probe::Referrers,
        Probe::Delete,
    ];
}
