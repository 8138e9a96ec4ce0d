//! Manifests that this client writes (image-spec manifest.md, image-index.md). Parts taken from existing documents are
//! kept as JSON text, so that unknown members are preserved.

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::protocol::invalid::Invalid;
use crate::protocol::json;
use crate::protocol::json::Members;
use crate::protocol::oci::descriptor::{Annotations, Descriptor};
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::media_type::{DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX};
use crate::protocol::oci::platform::Platform;

/// A descriptor and its JSON text.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The parsed descriptor.
    pub descriptor: Descriptor,
    json: Box<RawValue>,
}

impl Entry {
    /// Creates an entry for a new descriptor.
    pub fn new(descriptor: Descriptor) -> Result<Self, Invalid> {
        let written = Written {
            media_type: &descriptor.media_type,
            digest: &descriptor.digest,
            size: descriptor.size,
            annotations: descriptor.annotations.as_ref().filter(|annotations| !annotations.is_empty()),
            artifact_type: descriptor.artifact_type.as_deref(),
            platform: descriptor.platform.as_ref().map(WrittenPlatform::of),
        };
        let json = to_raw_value(&written).map_err(unwritable)?;
        Ok(Self { descriptor, json })
    }
}

impl Serialize for Entry {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json.serialize(serializer)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    media_type: &'a str,
    digest: &'a Digest,
    size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    annotations: Option<&'a Annotations>,
    #[serde(skip_serializing_if = "Option::is_none")]
    artifact_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<WrittenPlatform<'a>>,
}

/// A platform with the member names of the image-spec, which differ from this package's names.
#[derive(Serialize)]
struct WrittenPlatform<'a> {
    architecture: &'a str,
    os: &'a str,
    #[serde(rename = "os.version", skip_serializing_if = "Option::is_none")]
    os_version: Option<&'a str>,
    #[serde(rename = "os.features", skip_serializing_if = "Option::is_none")]
    os_features: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    variant: Option<&'a str>,
}

impl<'a> WrittenPlatform<'a> {
    fn of(platform: &'a Platform) -> Self {
        Self {
            architecture: &platform.architecture,
            os: &platform.os,
            os_version: platform.os_version.as_deref(),
            os_features: platform.os_features.as_deref(),
            variant: platform.variant.as_deref(),
        }
    }
}

/// An image or artifact manifest to be written.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageDocument {
    schema_version: u8,
    media_type: &'static str,
    /// The artifact type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    config: Entry,
    layers: Vec<Entry>,
    /// The manifest that this one refers to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Entry>,
    /// Annotations of the manifest itself.
    #[serde(skip_serializing_if = "Annotations::is_empty")]
    pub annotations: Annotations,
}

impl ImageDocument {
    /// Creates a manifest with the members that every image has.
    pub fn new(media_type: &'static str, config: Entry, layers: Vec<Entry>) -> Self {
        let (artifact_type, subject, annotations) = (None, None, Annotations::default());
        Self { schema_version: 2, media_type, artifact_type, config, layers, subject, annotations }
    }

    /// Serializes the document and returns it with its media type.
    pub fn write(&self) -> Result<(Vec<u8>, &'static str), Invalid> {
        Ok((serde_json::to_vec(self).map_err(unwritable)?, self.media_type))
    }
}

/// An index to be written.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IndexDocument {
    schema_version: u8,
    media_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    artifact_type: Option<Box<RawValue>>,
    /// The entries.
    pub manifests: Vec<Entry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<Box<RawValue>>,
    /// Annotations of the index itself.
    #[serde(skip_serializing_if = "Annotations::is_empty")]
    pub annotations: Annotations,
}

impl IndexDocument {
    /// Parses an index whose kind [`Manifest`](crate::protocol::oci::manifest::Manifest) has already checked.
    pub fn parse(bytes: &[u8], descriptors: &[Descriptor]) -> Result<Self, Invalid> {
        let read = || -> Result<Self, String> {
            const NAMES: &[&str] = &["manifests", "artifactType", "subject", "annotations"];
            let members = Members::read_unique(json::text(bytes)?, NAMES)?;
            let raw = |name| members.raw(name).map(RawValue::to_owned);
            let mut index = Self {
                artifact_type: raw("artifactType"),
                subject: raw("subject"),
                annotations: members
                    .optional("annotations", crate::protocol::oci::descriptor::annotations)?
                    .unwrap_or_default(),
                ..Self::default()
            };
            let mut descriptors = descriptors.iter();
            members.optional("manifests", |text| {
                json::each_item(text, &mut |_, item| {
                    let entry = descriptors.next().map(|one| Entry { descriptor: one.clone(), json: item.to_owned() });
                    index.manifests.extend(entry);
                    Ok(())
                })
            })?;
            Ok(index)
        };
        read().map_err(|error| Invalid::response(json::complete("manifest", &error)))
    }

    /// Serializes the document as an OCI index and returns it with its media type.
    pub fn write_oci(self) -> Result<(Vec<u8>, &'static str), Invalid> {
        self.write_as(OCI_INDEX)
    }

    /// Serializes the document as a Docker manifest list if that format can express all of it, otherwise as an OCI
    /// index, and returns it with its media type.
    pub fn write(self) -> Result<(Vec<u8>, &'static str), Invalid> {
        let all_docker = !self.manifests.is_empty()
            && self
                .manifests
                .iter()
                .all(|entry| matches!(entry.descriptor.media_type.as_str(), DOCKER_MANIFEST | DOCKER_LIST));
        let more = self.artifact_type.is_some() || self.subject.is_some() || !self.annotations.is_empty();
        self.write_as(if all_docker && !more { DOCKER_LIST } else { OCI_INDEX })
    }

    fn write_as(mut self, media_type: &'static str) -> Result<(Vec<u8>, &'static str), Invalid> {
        self.schema_version = 2;
        self.media_type = media_type;
        Ok((serde_json::to_vec(&self).map_err(unwritable)?, media_type))
    }
}

/// Maps a serialization error, which cannot occur: all keys are strings and all numbers are in range.
fn unwritable(error: serde_json::Error) -> Invalid {
    Invalid::new(crate::protocol::code::INTERNAL, format!("a document cannot be written as JSON: {error}"))
}
