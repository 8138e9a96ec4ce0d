//! The questions.

/// A question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probe {
    /// `/v2/`, as nobody in particular.
    Base,
    /// The same with the token that the user gave: a proxy may hide the registry from everyone else.
    Member,
    /// V1's `/v1/_ping`.
    Ping,
    /// The catalog, as nobody in particular: zot lets pages read that, but not `/v2/`.
    Door,
    /// Whether a preflight for a long `Accept` passes.
    Accept,
    /// Whether a preflight for `Authorization` passes.
    Authorization,
    /// Whether the client's credentials are taken.
    Credentials,
    /// The catalog's first item.
    Catalog,
    /// The item after it.
    MoreCatalog,
    /// The first tag.
    Tags,
    /// The tag after it.
    MoreTags,
    /// The header fields of the first tag's manifest.
    Manifest,
    /// Who refers to that manifest, or to none.
    Referrers,
    /// Whether a manifest that cannot be there may be deleted.
    Delete,
}

/// A digest that nothing has: to delete it deletes nothing, and who refers to it is nobody.
pub const NOTHING: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

impl Probe {
    /// In the order in which they are asked.
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
