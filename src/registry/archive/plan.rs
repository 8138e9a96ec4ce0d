//! What to push of an archive: the manifests of an image, children before parents, and the blobs that they need.

use std::collections::HashSet;
use std::rc::Rc;

use crate::layer::decompress::Compression;
use crate::protocol::code;
use crate::protocol::invalid::{Invalid, quoted};
use crate::protocol::oci::config::ImageConfig;
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::{Algorithm, Digest};
use crate::protocol::oci::manifest::Manifest;
use crate::protocol::oci::manifest::document::{Entry, ImageDocument};
use crate::protocol::oci::media_type::{self, Kind, OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST, OCI_RAW_LAYER};
use crate::protocol::oci::platform::{Matcher, Platform};
use crate::registry::archive::images::{DockerEntry, Root};
use crate::registry::archive::survey::{Found, Survey};
use crate::registry::archive::{MANIFEST, check_extent, invalid, path_of};
use crate::registry::image::platform::{best, no_match, none_fits};
use crate::registry::manifest::get::{FetchedManifest, check_verifiable};
use crate::transport::{Error, Fact, Result};

/// A layer that is compressed by zstd.
const OCI_ZSTD_LAYER: &str = "application/vnd.oci.image.layer.v1.tar+zstd";

/// What to push.
#[derive(Default)]
pub struct Plan {
    /// The manifests, children before parents; the last is what the tag points to.
    pub manifests: Vec<Rc<FetchedManifest>>,
    /// The blobs, each once, and the paths of their members.
    pub blobs: Vec<(Descriptor, String)>,
    known: HashSet<Digest>,
    /// The first blob that is missing.
    missing: Option<Error>,
}

impl Plan {
    /// Plans the push of an image, or of the part of it for a platform.
    ///
    /// # Errors
    ///
    /// - `ARCHIVE_INVALID` when a manifest is missing, or something contradicts what refers to it.
    /// - `NO_MATCHING_PLATFORM` when it has no image for the platform.
    /// - `UNSUPPORTED` when its parts cannot be determined.
    /// - `INDEX_LIMIT` when there are too many manifests.
    pub fn of(survey: &Survey, root: &Root, platform: Option<&Platform>) -> Result<Self> {
        let mut plan = Self::default();
        let mut root = match root {
            Root::Manifest(descriptor) => manifest_of(survey, descriptor)?,
            Root::Index(bytes, _) => Rc::new(FetchedManifest::new(bytes.to_vec(), OCI_INDEX).map_err(in_archive)?),
            Root::Docker(entry) => {
                let manifest = plan.docker(survey, entry)?;
                plan.manifests.push(Rc::new(manifest));
                platform.map_or(Ok(()), |platform| check_platform(survey, &entry.config, platform))?;
                return Ok(plan);
            }
        };
        if let Some(platform) = platform {
            if root.manifest.kind == Kind::Image
                && let Some(config) = &root.manifest.config
            {
                check_platform(survey, &path_of(&config.digest), platform)?;
            }
            let mut depth = 0;
            while root.manifest.kind == Kind::Index {
                let entries = root.manifest.manifests.clone().unwrap_or_default();
                let (_, entry) =
                    best(&entries, &Matcher::only(platform)).ok_or_else(|| none_fits(platform, &entries))?;
                root = manifest_of(survey, entry)?;
                depth += 1;
                check_extent(depth, 0)?;
            }
        }
        plan.add(survey, &root, 0)?;
        Ok(plan)
    }

    /// Returns the plan if all blobs are there.
    ///
    /// # Errors
    ///
    /// `ARCHIVE_INVALID` when one is missing.
    pub fn complete(self) -> Result<Self> {
        match self.missing {
            Some(missing) => Err(missing),
            None => Ok(self),
        }
    }

    fn add(&mut self, survey: &Survey, manifest: &Rc<FetchedManifest>, depth: usize) -> Result<()> {
        check_extent(depth, self.manifests.len())?;
        if !self.known.insert(manifest.digest.clone()) {
            return Ok(());
        }
        if let Some(problem) = &manifest.manifest.problem {
            return Err(in_archive(problem.clone()));
        }
        let parts = manifest.stored_parts();
        let unknown =
            parts.unknown.or_else(|| parts.unsized_blobs.first().map(|digest| format!("{digest} has no size")));
        if let Some(why) = unknown {
            let what = quoted(&manifest.manifest.media_type);
            let message = format!("{} ({what}) cannot be loaded completely: {why}", manifest.digest);
            return Err(Error::new(code::UNSUPPORTED, message));
        }
        for child in parts.manifests {
            self.child(survey, &child, manifest, depth)?;
        }
        for part in parts.either {
            // Its media type does not tell.
            let is_manifest = survey
                .document(&path_of(&part.digest))
                .is_some_and(|bytes| Manifest::parse(bytes, None).is_ok_and(|document| document.kind != Kind::Other));
            if is_manifest {
                self.child(survey, &part, manifest, depth)?;
            } else {
                self.blob(survey, part)?;
            }
        }
        for blob in parts.blobs {
            self.blob(survey, blob)?;
        }
        self.manifests.push(manifest.clone());
        Ok(())
    }

    fn child(&mut self, survey: &Survey, child: &Descriptor, index: &FetchedManifest, depth: usize) -> Result<()> {
        let found = manifest_of(survey, child).map_err(|error| {
            if survey.file(&path_of(&child.digest)).is_some() {
                return error;
            }
            let there = index.manifest.manifests.iter().flatten();
            let there = there.filter(|entry| survey.file(&path_of(&entry.digest)).is_some());
            // An attestation has an entry for a platform that does not exist.
            let there = there.filter_map(|entry| entry.platform.as_ref()).filter(|platform| platform.os != "unknown");
            let there: Vec<_> = there.map(ToString::to_string).collect();
            let platform = child.platform.as_ref().map_or_else(|| "an entry".to_owned(), ToString::to_string);
            let advice = format!("{platform} of the index is missing, the archive has: {}", there.join(", "));
            error.and(&advice).and("the option platform loads one of them").with_fact("available", Fact::Texts(there))
        })?;
        self.add(survey, &found, depth + 1)
    }

    fn blob(&mut self, survey: &Survey, blob: Descriptor) -> Result<()> {
        check_verifiable(&blob.digest)?;
        if self.known.insert(blob.digest.clone()) {
            let path = path_of(&blob.digest);
            match survey.file(&path) {
                Some(found) => check_size(found, &blob)?,
                None => drop(self.missing.get_or_insert_with(|| missing("the blob", &path))),
            }
            self.blobs.push((blob, path));
        }
        Ok(())
    }

    /// Makes the manifest of an image in docker's format, which has none.
    fn docker(&mut self, survey: &Survey, entry: &DockerEntry) -> Result<FetchedManifest> {
        let found = survey.file(&entry.config).ok_or_else(|| missing("the config", &entry.config))?;
        let bytes = found.document.as_ref().ok_or_else(|| invalid(format!("{} is no config", found.member.shown())))?;
        let parsed = ImageConfig::parse(bytes);
        let parsed = parsed.map_err(|refused| invalid(format!("{}: {}", found.member.shown(), refused.message)))?;
        if parsed.diff_ids.len() != entry.layers.len() {
            let (layers, diff_ids) = (entry.layers.len(), parsed.diff_ids.len());
            let message = format!("{MANIFEST} lists {layers} layers, but the config has {diff_ids} diff_ids");
            return Err(invalid(message));
        }
        let digest = Digest::of(Algorithm::Sha256, bytes);
        let config = Descriptor::new(OCI_CONFIG.into(), digest, bytes.len() as u64);
        self.blobs.push((config.clone(), entry.config.clone()));
        let mut layers = Vec::new();
        for (path, diff_id) in entry.layers.iter().zip(&parsed.diff_ids) {
            let found = survey.file(path).ok_or_else(|| missing("the layer", path))?;
            let layer = layer_of(found, diff_id)?;
            if self.known.insert(layer.digest.clone()) {
                self.blobs.push((layer.clone(), path.clone()));
            }
            layers.push(Entry::new(layer)?);
        }
        let (bytes, media_type) = ImageDocument::new(OCI_MANIFEST, Entry::new(config)?, layers).write()?;
        Ok(FetchedManifest::new(bytes, media_type)?)
    }
}

/// Fails if the config of an image has another platform. An artifact has none.
fn check_platform(survey: &Survey, config: &str, platform: &Platform) -> Result<()> {
    let bytes = survey.file(config).ok_or_else(|| missing("the config", config))?.document.as_ref();
    let told = bytes.and_then(|bytes| ImageConfig::parse(bytes).ok()?.platform);
    match told {
        Some(told) if Matcher::only(platform).rank(&told).is_none() => Err(no_match(platform, &[told.to_string()])),
        _ => Ok(()),
    }
}

/// The descriptor of a layer, which the config knows by the digest of its uncompressed bytes.
fn layer_of(found: &Found, diff_id: &Digest) -> Result<Descriptor> {
    let member = &found.member;
    let measured = found.layer.as_ref().ok_or_else(|| invalid(format!("{} was not read", member.shown())))?;
    match &measured.diff_id {
        Some(computed) if computed == diff_id => {}
        Some(computed) => {
            let message = format!("{}: as a layer it hashes to {computed}, the config has {diff_id}", member.shown());
            return Err(invalid(message).with("expected", diff_id).with("actual", computed));
        }
        None => return Err(invalid(format!("{}: its compression is broken", member.shown()))),
    }
    let media_type = match measured.compression {
        Compression::None => OCI_RAW_LAYER,
        Compression::Gzip => OCI_LAYER,
        Compression::Zstd => OCI_ZSTD_LAYER,
    };
    Ok(Descriptor::new(media_type.into(), measured.digest.clone(), member.size))
}

fn manifest_of(survey: &Survey, descriptor: &Descriptor) -> Result<Rc<FetchedManifest>> {
    let algorithm = check_verifiable(&descriptor.digest)?;
    let path = path_of(&descriptor.digest);
    let found = survey.file(&path).ok_or_else(|| missing("the manifest", &path))?;
    check_size(found, descriptor)?;
    let bytes = found.document.as_ref().ok_or_else(|| invalid(format!("{} is no manifest", found.member.shown())))?;
    let document = Manifest::parse(bytes, Some(&media_type::essence(&descriptor.media_type))).map_err(in_archive)?;
    if document.kind == Kind::Schema1 {
        let message = format!("{} is a schema1 manifest, which archives cannot have", descriptor.digest);
        return Err(Error::new(code::UNSUPPORTED, message));
    }
    Ok(Rc::new(FetchedManifest::of(bytes.to_vec(), document, algorithm)))
}

fn check_size(found: &Found, descriptor: &Descriptor) -> Result<()> {
    if found.member.size == descriptor.size {
        return Ok(());
    }
    let (member, size) = (&found.member, descriptor.size);
    let message = format!("{} has {} bytes, but its descriptor says {size}", member.shown(), member.size);
    Err(invalid(message).with_number("expected", size).with_number("actual", member.size))
}

fn missing(what: &str, path: &str) -> Error {
    invalid(format!("the archive lacks {what} {}", quoted(path)))
}

fn in_archive(refused: Invalid) -> Error {
    match refused.code {
        code::INVALID_RESPONSE => invalid(refused.into_message()),
        _ => refused.into(),
    }
}
