//! The codes of `RegistryError` that are ours. A registry's own code (`MANIFEST_UNKNOWN`, `DENIED`…: distribution-spec
//! v1.1.1, "Error codes") takes precedence wherever it gave one.

/// The connection failed.
pub const NETWORK: &str = "NETWORK";
/// `fetch` failed in a page on another origin: the browser does not tell a refused CORS check from a dead host.
pub const CORS_OR_NETWORK: &str = "CORS_OR_NETWORK";
/// Nothing arrived in the time allowed.
pub const TIMEOUT: &str = "TIMEOUT";
/// Content that hashes to something else than its digest.
pub const DIGEST_MISMATCH: &str = "DIGEST_MISMATCH";
/// Content of another length than its descriptor says.
pub const SIZE_MISMATCH: &str = "SIZE_MISMATCH";
/// A body that ended early.
pub const TRUNCATED: &str = "TRUNCATED";
/// The caller's own source of bytes failed, or gave something that is no bytes.
pub const SOURCE: &str = "SOURCE";
/// A repository name, tag or digest that breaks the grammar.
pub const INVALID_REFERENCE: &str = "INVALID_REFERENCE";
/// Any other argument that cannot be used.
pub const INVALID_ARGUMENT: &str = "INVALID_ARGUMENT";
/// An answer that breaks the protocol.
pub const INVALID_RESPONSE: &str = "INVALID_RESPONSE";
/// An answer over a limit.
pub const TOO_LARGE: &str = "TOO_LARGE";
/// The registry, or this client, cannot do that.
pub const UNSUPPORTED: &str = "UNSUPPORTED";
/// The registry wants credentials and there are none it takes.
pub const AUTH_REQUIRED: &str = "AUTH_REQUIRED";
/// The registry refuses these credentials.
pub const DENIED: &str = "DENIED";
/// Not there, and the registry gave no code of its own.
pub const NOT_FOUND: &str = "NOT_FOUND";
/// Too many requests.
pub const RATE_LIMITED: &str = "RATE_LIMITED";
/// Any other status that is no success, and the registry gave no code of its own.
pub const HTTP_ERROR: &str = "HTTP_ERROR";
/// A token service that must not get the registry's credentials, or not be asked at all.
pub const UNTRUSTED_REALM: &str = "UNTRUSTED_REALM";
/// A link or redirect that leads where this client does not follow.
pub const UNTRUSTED_LOCATION: &str = "UNTRUSTED_LOCATION";
/// No entry of an index fits the platform.
pub const NO_MATCHING_PLATFORM: &str = "NO_MATCHING_PLATFORM";
/// A document that reads as two kinds of manifest (image-spec issue CVE-2021-41190).
pub const AMBIGUOUS_MANIFEST: &str = "AMBIGUOUS_MANIFEST";
/// A signed document without a signature that fits it: unsigned, tampered with, or signed in a way that cannot be checked.
pub const SIGNATURE_INVALID: &str = "SIGNATURE_INVALID";
/// An image index nested too deeply, or with too many entries.
pub const INDEX_LIMIT: &str = "INDEX_LIMIT";
/// Paging that leads in a circle.
pub const PAGING_LOOP: &str = "PAGING_LOOP";
/// Something is not, or no longer, as the caller expects it: somebody else may have changed it.
pub const CONFLICT: &str = "CONFLICT";
/// A manifest that others depend on.
pub const IN_USE: &str = "IN_USE";
/// What must not happen; a defect of this client.
pub const INTERNAL: &str = "INTERNAL";
