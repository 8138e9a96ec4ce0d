//! Docker's schema 1 manifest (distribution, "Image Manifest Version 2, Schema 1"): layers, each with its V1 JSON, the
//! top one first. For a signed manifest only the payload ([`signed`]) counts.

mod base64url;
pub mod config;
mod der;
pub mod key;
pub mod sign;
pub mod signed;
#[cfg(test)]
mod tests;

use crate::protocol::invalid::{Invalid, quoted};
use crate::protocol::json::Members;
use crate::protocol::oci::descriptor;
use crate::protocol::oci::digest::{Algorithm, Digest};
use crate::protocol::{code, json};

/// The maximum number of layers; no daemon can mount that many.
const STEP_LIMIT: usize = 1000;
/// The maximum length of a V1 id, which is a SHA-256 in hexadecimal.
const ID_LIMIT: usize = 64;

/// A parsed payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema1 {
    /// The architecture, which old V1 JSON lacks.
    pub architecture: Option<String>,
    /// The build steps of the image, base first.
    pub steps: Vec<Step>,
    /// The V1 JSON of the topmost layer, from which the config is built.
    top: String,
    /// The digests of all blobs that the manifest needs, base first, without duplicates.
    pub blobs: Vec<Digest>,
}

/// A layer and its V1 JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The V1 id.
    pub id: String,
    /// The digest of the layer.
    pub blob: Digest,
    /// True if the layer is an empty placeholder.
    pub is_empty: bool,
    /// The time of the step, RFC 3339.
    pub created: Option<String>,
    /// The command of the step.
    pub created_by: String,
    /// The author of the step.
    pub author: Option<String>,
    /// A comment of the builder.
    pub comment: Option<String>,
    parent: Option<String>,
}

impl Schema1 {
    /// Parses a payload.
    pub fn parse(payload: &[u8]) -> Result<Self, Invalid> {
        let refused = |error: String| Invalid::response(json::complete("manifest", &error));
        const NAMES: &[&str] = &[
            "schemaVersion",
            "name",
            "tag",
            "architecture",
            "fsLayers",
            "history",
            "config",
            "layers",
            "manifests",
            "signatures",
        ];
        let members = json::text(payload).and_then(|text| Members::read_unique(text, NAMES)).map_err(refused)?;
        const FOREIGN: [&str; 4] = ["config", "layers", "manifests", "signatures"];
        if let Some(name) = FOREIGN.iter().find(|name| members.get(name).is_some()) {
            // CVE-2021-41190; and `signatures` within a signed payload would give one document two payloads.
            let message =
                format!("manifest: it is schema1, but also has \"{name}\", so that it can be read as another kind");
            return Err(Invalid::new(code::AMBIGUOUS_MANIFEST, message));
        }
        Self::read(&members).map_err(refused)
    }

    fn read(members: &Members<'_>) -> Result<Self, String> {
        members.required("schemaVersion", |text| match text {
            "1" => Ok(()),
            _ => Err(json::needed("1", text)),
        })?;
        for name in ["name", "tag"] {
            members.string(name)?;
        }
        let layers = members.required("fsLayers", layers)?;
        let history = members.required("history", history)?;
        if layers.is_empty() || layers.len() != history.len() {
            let (history, layers) = (history.len(), layers.len());
            return Err(format!(
                ".history: it has {history} entries, fsLayers {layers}; both need the same number, at least one"
            ));
        }
        let mut schema1 = Self {
            architecture: members.string("architecture")?,
            steps: Vec::with_capacity(layers.len()),
            top: String::new(),
            blobs: Vec::new(),
        };
        for (index, (blob, (json, mut step))) in layers.into_iter().zip(history).enumerate().rev() {
            if !schema1.blobs.contains(&blob) {
                schema1.blobs.push(blob.clone());
            }
            if schema1.links(&step).map_err(|error| format!(".history[{index}].v1Compatibility{error}"))? {
                step.blob = blob;
                schema1.steps.push(step);
                schema1.top = json;
            }
        }
        Ok(schema1)
    }

    /// Returns true for a new step, and false for a duplicate: some builders wrote the same image several times in a
    /// row.
    fn links(&self, step: &Step) -> Result<bool, String> {
        let below = self.steps.last().map(|below| &below.id);
        if below == Some(&step.id) {
            return Ok(false);
        }
        if self.steps.iter().any(|other| other.id == step.id) {
            return Err(format!(".id: {} is there twice", quoted(&step.id)));
        }
        if below != step.parent.as_ref() {
            let told = step.parent.as_deref().map_or_else(|| "none".to_owned(), quoted);
            let below = below.map_or_else(|| "none".to_owned(), |below| quoted(below));
            return Err(format!(".parent: got {told}; the image below is {below}"));
        }
        Ok(true)
    }

    /// Returns the V1 ids, top first.
    pub fn ancestry(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().rev().map(|step| step.id.as_str())
    }

    /// Returns the non-empty layers, base first.
    pub fn layers(&self) -> impl Iterator<Item = &Digest> {
        self.steps.iter().filter(|step| !step.is_empty).map(|step| &step.blob)
    }
}

fn layers(text: &str) -> Result<Vec<Digest>, String> {
    let mut layers = Vec::new();
    json::each_item(text, &mut |index, item| {
        check_count(index)?;
        let blob = Members::read_unique(item, &["blobSum"])?.required("blobSum", descriptor::digest)?;
        if blob.algorithm() != Some(Algorithm::Sha256) {
            return Err(format!(".blobSum: got {}; a sha256 digest is needed", quoted(blob.as_str())));
        }
        layers.push(blob);
        Ok(())
    })?;
    Ok(layers)
}

fn history(text: &str) -> Result<Vec<(String, Step)>, String> {
    let mut history = Vec::new();
    json::each_item(text, &mut |index, item| {
        check_count(index)?;
        let members = Members::read_unique(item, &["v1Compatibility"])?;
        let json = members.required("v1Compatibility", json::string)?;
        let step = Step::parse(&json).map_err(|error| json::at("v1Compatibility", error))?;
        history.push((json, step));
        Ok(())
    })?;
    Ok(history)
}

fn check_count(index: usize) -> Result<(), String> {
    if index < STEP_LIMIT { Ok(()) } else { Err(format!(": more than {STEP_LIMIT} layers are not read")) }
}

impl Step {
    fn parse(json: &str) -> Result<Self, String> {
        const NAMES: &[&str] =
            &["id", "parent", "created", "author", "comment", "container_config", "throwaway", "os", "architecture"];
        json::check_depth(json)?;
        let members = Members::read_unique(json, NAMES)?;
        Ok(Self {
            id: members.required("id", id)?,
            parent: members.optional("parent", json::string)?.filter(|parent| !parent.is_empty()),
            blob: Digest::of(Algorithm::Sha256, &[]),
            is_empty: members.optional("throwaway", json::boolean)?.unwrap_or_default(),
            created: members.string("created")?,
            created_by: members.optional("container_config", command)?.unwrap_or_default(),
            author: members.string("author")?,
            comment: members.string("comment")?,
        })
    }
}

fn id(text: &str) -> Result<String, String> {
    let id = json::string(text)?;
    let fits = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    match id.len() {
        1..=ID_LIMIT if id.bytes().all(fits) => Ok(id),
        _ => Err(format!(": got {}; up to {ID_LIMIT} of 0-9 and a-f are needed", quoted(&id))),
    }
}

fn command(text: &str) -> Result<String, String> {
    let words = Members::read(text, &["Cmd"])?.optional("Cmd", json::strings)?.unwrap_or_default();
    Ok(words.join(" "))
}
