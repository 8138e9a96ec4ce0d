//! The `RegistryError` codes that this client defines. A registry's own code (`MANIFEST_UNKNOWN`, `DENIED`…:
//! distribution-spec v1.1.1, "Error codes") takes precedence over them.

/// The connection failed.
pub const NETWORK: &str = "NETWORK";
/// `fetch` failed in a page on another origin; browsers do not distinguish a failed CORS check from an unreachable
/// host.
pub const CORS_OR_NETWORK: &str = "CORS_OR_NETWORK";
/// No data arrived within the timeout.
pub const TIMEOUT: &str = "TIMEOUT";
/// The content does not match its digest.
pub const DIGEST_MISMATCH: &str = "DIGEST_MISMATCH";
/// The content's length differs from the size in its descriptor.
pub const SIZE_MISMATCH: &str = "SIZE_MISMATCH";
/// The body ended early.
pub const TRUNCATED: &str = "TRUNCATED";
/// The caller's data source failed, or produced something other than bytes.
pub const SOURCE: &str = "SOURCE";
/// A repository name, tag or digest is malformed.
pub const INVALID_REFERENCE: &str = "INVALID_REFERENCE";
/// Another argument is invalid.
pub const INVALID_ARGUMENT: &str = "INVALID_ARGUMENT";
/// The response violates the protocol.
pub const INVALID_RESPONSE: &str = "INVALID_RESPONSE";
/// The layer is no valid archive, or its compression is broken.
pub const LAYER_INVALID: &str = "LAYER_INVALID";
/// The index of a layer is damaged, or belongs to another layer.
pub const LAYER_INDEX_INVALID: &str = "LAYER_INDEX_INVALID";
/// The archive of images is damaged or incomplete, or is something else.
pub const ARCHIVE_INVALID: &str = "ARCHIVE_INVALID";
/// The response exceeds a limit.
pub const TOO_LARGE: &str = "TOO_LARGE";
/// The registry or this client does not support the operation.
pub const UNSUPPORTED: &str = "UNSUPPORTED";
/// The registry requires credentials, and none were given that it accepts.
pub const AUTH_REQUIRED: &str = "AUTH_REQUIRED";
/// The registry rejects the credentials, or they do not allow the operation.
pub const DENIED: &str = "DENIED";
/// The resource does not exist, and the registry gave no code of its own.
pub const NOT_FOUND: &str = "NOT_FOUND";
/// Too many requests.
pub const RATE_LIMITED: &str = "RATE_LIMITED";
/// The registry responded with another error status and gave no code of its own.
pub const HTTP_ERROR: &str = "HTTP_ERROR";
/// The token service must not receive the registry's credentials, or must not be contacted at all.
pub const UNTRUSTED_REALM: &str = "UNTRUSTED_REALM";
/// A link or redirect points to a location that this client does not follow.
pub const UNTRUSTED_LOCATION: &str = "UNTRUSTED_LOCATION";
/// No entry of the index matches the platform.
pub const NO_MATCHING_PLATFORM: &str = "NO_MATCHING_PLATFORM";
/// The document can be read as two kinds of manifest (image-spec issue CVE-2021-41190).
pub const AMBIGUOUS_MANIFEST: &str = "AMBIGUOUS_MANIFEST";
/// The document has no valid signature: it is unsigned, was tampered with, or uses an algorithm that cannot be checked.
pub const SIGNATURE_INVALID: &str = "SIGNATURE_INVALID";
/// The image index is nested too deeply or has too many entries.
pub const INDEX_LIMIT: &str = "INDEX_LIMIT";
/// The pages of a listing link in a cycle.
pub const PAGING_LOOP: &str = "PAGING_LOOP";
/// The state differs from what the caller expects: somebody else may have changed it.
pub const CONFLICT: &str = "CONFLICT";
/// Other manifests depend on the manifest.
pub const IN_USE: &str = "IN_USE";
/// A part of this client that is loaded when it is needed could not be loaded.
pub const MODULE_NOT_LOADED: &str = "MODULE_NOT_LOADED";
/// An internal error: a defect of this client.
pub const INTERNAL: &str = "INTERNAL";
