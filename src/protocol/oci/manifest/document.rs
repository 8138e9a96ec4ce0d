//! Manifests that this client writes (image-spec manifest.md, image-index.md). Parts taken from existing documents are
//! kept as JSON text, so that unknown members are preserved.

use serde::Serialize;

use crate::protocol::invalid::Invalid;
use crate::protocol::json;
use crate::protocol::json::{Members, ObjectText};
use crate::protocol::oci::descriptor::{Annotations, Descriptor};
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::media_type::{DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX};
use crate::protocol::oci::platform::Platform;

/// A descriptor and its JSON text.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The parsed descriptor.
    pub descriptor: Descriptor,
    json: String,
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
        let json = written_json(&written)?;
        Ok(Self { descriptor, json })
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
#[derive(Debug)]
pub struct ImageDocument {
    media_type: &'static str,
    /// The artifact type.
    pub artifact_type: Option<String>,
    config: Entry,
    layers: Vec<Entry>,
    /// The manifest that this one refers to.
    pub subject: Option<Entry>,
    /// Annotations of the manifest itself.
    pub annotations: Annotations,
}

impl ImageDocument {
    /// Creates a manifest with the members that every image has.
    pub fn new(media_type: &'static str, config: Entry, layers: Vec<Entry>) -> Self {
        let (artifact_type, subject, annotations) = (None, None, Annotations::default());
        Self { media_type, artifact_type, config, layers, subject, annotations }
    }

    /// Serializes the document and returns it with its media type.
    pub fn write(&self) -> Result<(Vec<u8>, &'static str), Invalid> {
        let mut members = begun(self.media_type);
        members.put("artifactType", self.artifact_type.as_deref().map(json::string_literal).as_deref());
        members.put("config", Some(&self.config.json));
        members.put("layers", Some(&list(&self.layers)));
        members.put("subject", self.subject.as_ref().map(|subject| subject.json.as_str()));
        finished(members, &self.annotations).map(|bytes| (bytes, self.media_type))
    }
}

/// An index to be written.
#[derive(Debug, Default)]
pub struct IndexDocument {
    /// JSON, as the next one.
    artifact_type: Option<String>,
    /// The entries.
    pub manifests: Vec<Entry>,
    subject: Option<String>,
    /// Annotations of the index itself.
    pub annotations: Annotations,
}

impl IndexDocument {
    /// Parses an index whose kind [`Manifest`](crate::protocol::oci::manifest::Manifest) has already checked.
    pub fn parse(bytes: &[u8], descriptors: &[Descriptor]) -> Result<Self, Invalid> {
        let read = || -> Result<Self, String> {
            const NAMES: &[&str] = &["manifests", "artifactType", "subject", "annotations"];
            let members = Members::read_unique(json::text(bytes)?, NAMES)?;
            let raw = |name| members.get(name).map(str::to_owned);
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

    fn write_as(self, media_type: &'static str) -> Result<(Vec<u8>, &'static str), Invalid> {
        let mut members = begun(media_type);
        members.put("artifactType", self.artifact_type.as_deref());
        members.put("manifests", Some(&list(&self.manifests)));
        members.put("subject", self.subject.as_deref());
        finished(members, &self.annotations).map(|bytes| (bytes, media_type))
    }
}

/// The members that every document begins with.
fn begun(media_type: &str) -> ObjectText {
    let mut members = ObjectText::default();
    members.put("schemaVersion", Some("2"));
    members.put("mediaType", Some(&json::string_literal(media_type)));
    members
}

/// Adds the member that every document ends with.
fn finished(mut members: ObjectText, annotations: &Annotations) -> Result<Vec<u8>, Invalid> {
    if !annotations.is_empty() {
        members.put("annotations", Some(&written_json(annotations)?));
    }
    Ok(members.finish().into_bytes())
}

fn list(entries: &[Entry]) -> String {
    let texts: Vec<&str> = entries.iter().map(|entry| entry.json.as_str()).collect();
    json::array(&texts)
}

/// What has strings for keys and numbers within range can always be written.
fn written_json(value: &impl Serialize) -> Result<String, Invalid> {
    let unwritable = |error| format!("a document cannot be written as JSON: {error}");
    serde_json::to_string(value).map_err(|error| Invalid::new(crate::protocol::code::INTERNAL, unwritable(error)))
}
