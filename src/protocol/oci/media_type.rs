//! Media types of manifests and configs (image-spec media-types.md; distribution "Image Manifest Version 2, Schema 2").

use crate::protocol::invalid::{Invalid, quoted};

/// An OCI image manifest.
pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// An OCI image index.
pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// Docker's image manifest, schema 2.
pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
/// Docker's manifest list.
pub const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
/// Docker's schema 1 manifest, unsigned.
pub const DOCKER_SCHEMA1: &str = "application/vnd.docker.distribution.manifest.v1+json";
/// Docker's schema 1 manifest, signed.
pub const DOCKER_SCHEMA1_SIGNED: &str = "application/vnd.docker.distribution.manifest.v1+prettyjws";
/// The config of an OCI image.
pub const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
/// The config of a Docker image.
pub const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
/// A gzip-compressed layer of a Docker image.
pub const DOCKER_LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";
/// An uncompressed layer of a Docker image.
pub const DOCKER_RAW_LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar";
/// A gzip-compressed layer of an OCI image.
pub const OCI_LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
/// An uncompressed layer of an OCI image.
pub const OCI_RAW_LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
/// The artifact manifest of the image-spec 1.1 release candidates, which ORAS 0.15 and 0.16 pushed: `blobs` and a
/// `subject`.
pub const OCI_ARTIFACT: &str = "application/vnd.oci.artifact.manifest.v1+json";
/// The empty config of an artifact (image-spec manifest.md, "Guidance for an Empty Descriptor").
pub const OCI_EMPTY: &str = "application/vnd.oci.empty.v1+json";

/// The kind of a manifest, by its media type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A list of manifests: OCI index, Docker manifest list.
    Index,
    /// A config and layers: OCI manifest, Docker schema 2.
    Image,
    /// Docker schema 1, signed or not.
    Schema1,
    /// Anything else: its bytes are available, its structure is unknown.
    Other,
}

/// Returns the kind of a manifest with this media type (as [`essence`] returns it).
pub fn kind(media_type: &str) -> Kind {
    match media_type {
        OCI_INDEX | DOCKER_LIST => Kind::Index,
        OCI_MANIFEST | DOCKER_MANIFEST => Kind::Image,
        DOCKER_SCHEMA1 | DOCKER_SCHEMA1_SIGNED => Kind::Schema1,
        _ => Kind::Other,
    }
}

/// The kind of content that an index entry points to, by its media type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// A manifest.
    Manifest,
    /// A blob: a BuildKit cache lists its layers and its `cacheconfig`.
    Blob,
    /// Either; only the registry knows.
    Unknown,
}

/// Returns the kind of content that an entry with this media type (as [`essence`] returns it) points to.
pub fn entry(media_type: &str) -> Entry {
    const BLOBS: &[&str] = &[
        "application/vnd.oci.image.layer.",
        "application/vnd.oci.image.config.",
        "application/vnd.oci.empty.",
        "application/vnd.docker.image.rootfs.",
        "application/vnd.docker.container.image.",
        "application/vnd.buildkit.cacheconfig.",
    ];
    if kind(media_type) != Kind::Other || media_type == OCI_ARTIFACT {
        Entry::Manifest
    } else if BLOBS.iter().any(|start| media_type.starts_with(start)) {
        Entry::Blob
    } else {
        Entry::Unknown
    }
}

/// Returns the type and subtype of a `Content-Type` in lower case. Parameters have no meaning for a manifest
/// (distribution-spec v1.1.1, "Pulling manifests").
pub fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Returns true for a `Content-Type` (as [`essence`] returns it) that does not identify a manifest: servers and proxies
/// send such defaults for any content.
pub fn is_generic(media_type: &str) -> bool {
    const GENERIC: &[&str] =
        &["application/json", "application/octet-stream", "binary/octet-stream", "application/xhtml+xml"];
    media_type.starts_with("text/") || GENERIC.contains(&media_type) || check(media_type).is_err()
}

/// Checks a media type from the caller (RFC 6838 §4.2): two names of 1 to 127 characters.
pub fn check(text: &str) -> Result<(), Invalid> {
    let is_name = |name: &str| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte);
        name.len() <= 127 && name.bytes().all(fits) && name.starts_with(|first: char| first.is_ascii_alphanumeric())
    };
    if text.split_once('/').is_some_and(|(kind, subtype)| is_name(kind) && is_name(subtype)) {
        return Ok(());
    }
    let rule = "\"type/subtype\" of letters, digits and !#$&-^_.+ is needed, without parameters";
    Err(Invalid::argument(format!("media type {}: {rule}", quoted(text))))
}

/// Returns the `Accept` header for a manifest request: every kind that is read, schema 1 last. A registry that converts
/// newer images to schema 1 (distribution 2.x) does so only for a client that accepts nothing else. `*/*` is included
/// so that other kinds do not appear to be missing.
pub fn accept_manifests() -> &'static str {
    "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, \
     application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json, \
     application/vnd.docker.distribution.manifest.v1+prettyjws, application/vnd.docker.distribution.manifest.v1+json, \
     */*"
}

/// Returns true for the media type of an image config.
pub fn is_image_config(media_type: &str) -> bool {
    matches!(media_type, OCI_CONFIG | DOCKER_CONFIG)
}

/// Returns true for a non-distributable layer, which registries do not store (image-spec layer.md, "Non-Distributable
/// Layers").
pub fn is_foreign(media_type: &str) -> bool {
    media_type.contains(".nondistributable.") || media_type.contains(".rootfs.foreign.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks() {
        let longest = format!("{0}/{0}", "a".repeat(127));
        for media_type in [OCI_MANIFEST, DOCKER_LIST, "text/plain", "a/b", "application/x.y-z_1+json", &longest] {
            assert_eq!(check(media_type), Ok(()), "{media_type}");
        }
        let longer = format!("a/{}", "b".repeat(128));
        for text in ["", "a", "/", "a/", "/b", "a/b/c", "a/b; c=d", "a /b", "a/b\n", "*/*", ".a/b", "a/é", &longer] {
            let refused = check(text).expect_err(text);
            assert!(refused.message.contains("type/subtype"), "{}", refused.message);
        }
    }

    #[test]
    fn kinds() {
        for (media_type, expected) in [
            (OCI_INDEX, Kind::Index),
            (DOCKER_LIST, Kind::Index),
            (OCI_MANIFEST, Kind::Image),
            (DOCKER_MANIFEST, Kind::Image),
            (DOCKER_SCHEMA1, Kind::Schema1),
            (DOCKER_SCHEMA1_SIGNED, Kind::Schema1),
            (OCI_CONFIG, Kind::Other),
            ("", Kind::Other),
        ] {
            assert_eq!(kind(media_type), expected, "{media_type}");
        }
    }

    #[test]
    fn entries_of_an_index() {
        for media_type in [OCI_INDEX, OCI_MANIFEST, DOCKER_LIST, DOCKER_MANIFEST, DOCKER_SCHEMA1, OCI_ARTIFACT] {
            assert_eq!(entry(media_type), Entry::Manifest, "{media_type}");
        }
        for media_type in [
            "application/vnd.buildkit.cacheconfig.v0",
            "application/vnd.oci.image.layer.v1.tar+zstd",
            "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
            "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
            OCI_LAYER,
            DOCKER_LAYER,
            OCI_CONFIG,
            DOCKER_CONFIG,
            OCI_EMPTY,
        ] {
            assert_eq!(entry(media_type), Entry::Blob, "{media_type}");
        }
        for media_type in ["", "application/json", "application/vnd.in-toto+json", "a/b"] {
            assert_eq!(entry(media_type), Entry::Unknown, "{media_type}");
        }
    }

    /// S05, F35.
    #[test]
    fn essence_drops_parameters_and_case() {
        for (content_type, expected) in [
            ("application/vnd.oci.image.manifest.v1+json; charset=utf-8", OCI_MANIFEST),
            (" Application/VND.OCI.image.Index.v1+JSON ;a=b;c", OCI_INDEX),
            ("text/plain", "text/plain"),
            (";", ""),
            ("", ""),
        ] {
            assert_eq!(essence(content_type), expected, "{content_type}");
        }
    }

    #[test]
    fn accept_names_what_is_read() {
        let accepted: Vec<_> = accept_manifests().split(", ").collect();
        assert_eq!(
            accepted,
            [OCI_INDEX, DOCKER_LIST, OCI_MANIFEST, DOCKER_MANIFEST, DOCKER_SCHEMA1_SIGNED, DOCKER_SCHEMA1, "*/*"]
        );
    }

    #[test]
    fn image_configs() {
        assert!(is_image_config(OCI_CONFIG) && is_image_config(DOCKER_CONFIG));
        assert!(!is_image_config(OCI_EMPTY) && !is_image_config("application/vnd.cncf.helm.config.v1+json"));
    }
}
