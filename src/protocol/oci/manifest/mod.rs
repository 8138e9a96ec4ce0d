//! Manifests and indexes (image-spec manifest.md and image-index.md; Docker's schema 2 and manifest list have the same
//! fields). The kind of a document decides which of its members are read.

pub mod document;
pub mod index_filter;
pub mod parts;

use crate::protocol::invalid::{Invalid, quoted};
use crate::protocol::json::Members;
use crate::protocol::oci::descriptor::{Annotations, Descriptor};
use crate::protocol::oci::media_type::{
    DOCKER_CONFIG, DOCKER_MANIFEST, DOCKER_SCHEMA1, DOCKER_SCHEMA1_SIGNED, Kind, OCI_INDEX, OCI_MANIFEST,
};
use crate::protocol::oci::{descriptor, media_type};
use crate::protocol::{code, json};

/// Maximum depth of nested indexes that are followed.
pub const NESTING_LIMIT: usize = 8;

/// The members that determine a document's kind, and those that are read.
const NAMES: &[&str] = &[
    "mediaType",
    "schemaVersion",
    "artifactType",
    "config",
    "layers",
    "manifests",
    "subject",
    "annotations",
    "fsLayers",
    "history",
    "signatures",
];

/// A parsed manifest. Members that are absent or cannot be read are `None`;
/// [`Parts`](crate::protocol::oci::manifest::parts::Parts) reads malformed manifests further.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The `Content-Type`, or the document's `mediaType` if the former is missing or generic.
    pub media_type: String,
    /// The kind that the document was read as.
    pub kind: Kind,
    /// The schema version: 2, or 1 for schema 1.
    pub schema_version: Option<u64>,
    /// The artifact type, if it is an artifact.
    pub artifact_type: Option<String>,
    /// An image's config.
    pub config: Option<Descriptor>,
    /// An image's layers, base first.
    pub layers: Option<Vec<Descriptor>>,
    /// An index's entries.
    pub manifests: Option<Vec<Descriptor>>,
    /// The manifest this one refers to.
    pub subject: Option<Descriptor>,
    /// The manifest's annotations.
    pub annotations: Option<Annotations>,
    /// The first defect. If there is one, the manifest may refer to more content than was read.
    pub problem: Option<Invalid>,
}

impl Manifest {
    /// Parses a manifest of any kind; only a document that is not a JSON object is rejected. A violation of the rules
    /// for an image (a config and layers) or an index (its entries) is stored as the [`problem`](Self::problem); other
    /// kinds have no rules (image-spec manifest.md: no error for unknown content).
    pub fn parse(bytes: &[u8], content_type: Option<&str>) -> Result<Self, Invalid> {
        let members = json::text(bytes).and_then(|text| Members::read(text, NAMES)).map_err(refusal)?;
        let mut reading = Reading { members, judged: true, problem: None };
        let mut manifest = Self::empty(reading.media_type(content_type));
        manifest.schema_version = reading.members.get("schemaVersion").and_then(|text| json::size(text).ok());
        // Another version of a known type has an unknown structure.
        manifest.kind = match media_type::kind(&media_type::essence(&manifest.media_type)) {
            Kind::Image | Kind::Index if manifest.schema_version.is_some_and(|version| version != 2) => Kind::Other,
            kind => kind,
        };
        // For schema 1 only the signed payload counts.
        if manifest.kind != Kind::Schema1 {
            manifest.read(&mut reading);
        }
        manifest.problem = reading.problem;
        Ok(manifest)
    }

    /// Creates a manifest without readable members.
    pub fn unreadable(content_type: Option<&str>, problem: Invalid) -> Self {
        let media_type = content_type.map(media_type::essence).unwrap_or_default();
        Self { problem: Some(problem), ..Self::empty(media_type) }
    }

    fn empty(media_type: String) -> Self {
        Self {
            media_type,
            kind: Kind::Other,
            schema_version: None,
            artifact_type: None,
            config: None,
            layers: None,
            manifests: None,
            subject: None,
            annotations: None,
            problem: None,
        }
    }

    /// Returns the manifest, or its problem if it has one.
    pub fn sound(self) -> Result<Self, Invalid> {
        match self.problem {
            Some(problem) => Err(problem),
            None => Ok(self),
        }
    }

    fn read(&mut self, reading: &mut Reading<'_>) {
        let (is_index, is_image) = (self.kind == Kind::Index, self.kind == Kind::Image);
        reading.judged = is_index || is_image;
        if reading.judged {
            let unambiguous = check_unambiguous(&reading.members, self.kind);
            reading.judge(unambiguous);
            if let Some(name) = reading.members.twice().first() {
                reading.note(Err::<(), _>(json::twice(name)));
            }
            let version = reading.members.optional("schemaVersion", json::size);
            reading.note(version);
        }
        self.manifests = reading.member("manifests", is_index, descriptors);
        self.config = reading.member("config", is_image, Descriptor::from_json);
        self.layers = reading.member("layers", is_image, descriptors);
        let artifact_type = reading.members.string("artifactType");
        self.artifact_type = reading.note(artifact_type).flatten();
        self.subject = reading.member("subject", false, Descriptor::from_json);
        self.annotations = reading.member("annotations", false, descriptor::annotations);
    }
}

/// The state of parsing a [`Manifest`].
struct Reading<'a> {
    members: Members<'a>,
    /// True if the rules of images and indexes apply.
    judged: bool,
    problem: Option<Invalid>,
}

impl Reading<'_> {
    fn judge<T>(&mut self, read: Result<T, Invalid>) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(invalid) => {
                if self.judged {
                    self.problem.get_or_insert(invalid);
                }
                None
            }
        }
    }

    fn note<T>(&mut self, read: Result<T, String>) -> Option<T> {
        self.judge(read.map_err(refusal))
    }

    fn member<T>(&mut self, name: &str, is_needed: bool, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let member =
            if is_needed { self.members.required(name, read).map(Some) } else { self.members.optional(name, read) };
        self.note(member).flatten()
    }

    /// Determines the media type: the `Content-Type` unless it is generic, else the document's own field, else by the
    /// structure. If both are present they must agree (distribution-spec v1.1.1, "Pulling manifests").
    fn media_type(&mut self, content_type: Option<&str>) -> String {
        // The members that determine the kind must be unique even if nothing else is read.
        if let Some(name) = self.members.twice().iter().find(|name| matches!(**name, "mediaType" | "schemaVersion")) {
            self.note(Err::<(), _>(json::twice(name)));
        }
        let field = self.members.string("mediaType");
        let field = self.note(field).flatten();
        let given = content_type.map(media_type::essence).unwrap_or_default();
        let is_known = |media_type: &str| media_type::kind(&media_type::essence(media_type)) != Kind::Other;
        let contradicted = match &field {
            Some(field) => media_type::essence(field) != given,
            // A registry may label any manifest schema 1 by default.
            None => media_type::kind(&given) == Kind::Schema1 && self.members.get("schemaVersion") == Some("2"),
        };
        if media_type::is_generic(&given) || (contradicted && field.as_deref().is_none_or(is_known)) {
            if !media_type::is_generic(&given) {
                self.contradiction(field.as_deref(), &given);
            }
            return match field {
                Some(field) => field,
                None => self.by_structure().map_or(given, str::to_owned),
            };
        }
        if contradicted {
            self.contradiction(field.as_deref(), &given);
        }
        given
    }

    fn contradiction(&mut self, field: Option<&str>, given: &str) {
        let told = field
            .map_or_else(|| "its schemaVersion is 2".to_owned(), |field| format!("its mediaType is {}", quoted(field)));
        let message = format!("manifest: {told}, its Content-Type {}; they must be the same", quoted(given));
        self.problem.get_or_insert(Invalid::response(message));
    }

    fn by_structure(&mut self) -> Option<&'static str> {
        let there = |name| self.members.get(name).is_some();
        if there("manifests") {
            return Some(OCI_INDEX);
        }
        if self.members.get("schemaVersion") == Some("1") {
            return Some(if there("signatures") { DOCKER_SCHEMA1_SIGNED } else { DOCKER_SCHEMA1 });
        }
        if there("config") || there("layers") {
            let config = self.members.get("config").and_then(|text| Members::read(text, &["mediaType"]).ok());
            let config_type = config.and_then(|config| config.string("mediaType").ok().flatten());
            let docker = config_type.as_deref() == Some(DOCKER_CONFIG);
            return Some(if docker { DOCKER_MANIFEST } else { OCI_MANIFEST });
        }
        // An empty index, as Go's encoder writes it
        self.members.has("manifests").then_some(OCI_INDEX)
    }
}

/// Parses an array of descriptors, or null, which Go's encoder writes for an empty one.
fn descriptors(text: &str) -> Result<Vec<Descriptor>, String> {
    let mut descriptors = Vec::new();
    if text != "null" {
        json::each_item(text, &mut |_, item| {
            descriptors.push(Descriptor::from_json(item)?);
            Ok(())
        })?;
    }
    Ok(descriptors)
}

fn refusal(error: String) -> Invalid {
    Invalid::response(json::complete("manifest", &error))
}

/// Rejects a document that one reader takes for an index and another for an image, which would give one digest two
/// meanings (CVE-2021-41190).
fn check_unambiguous(members: &Members<'_>, kind: Kind) -> Result<(), Invalid> {
    let (own, foreign): (&str, &[&str]) = match kind {
        Kind::Index => ("an index", &["config", "layers", "fsLayers", "history"]),
        _ => ("an image", &["manifests", "fsLayers", "history"]),
    };
    match foreign.iter().find(|name| members.get(name).is_some()) {
        Some(name) => {
            let message =
                format!("manifest: it is {own}, but also has \"{name}\", so that it can be read as another kind");
            Err(Invalid::new(code::AMBIGUOUS_MANIFEST, message))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
