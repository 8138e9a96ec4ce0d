//! The images of an archive, for a choice before one is loaded.

use crate::layer::limits::Limits;
use crate::protocol::oci::config::ImageConfig;
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::manifest::Manifest;
use crate::protocol::oci::media_type::Kind;
use crate::protocol::oci::platform::Platform;
use crate::registry::archive::data::Data;
use crate::registry::archive::images::{ArchiveImage, Root, images};
use crate::registry::archive::members::{Members, below};
use crate::registry::archive::plan::Plan;
use crate::registry::archive::survey::Survey;
use crate::registry::client::Client;
use crate::transport::{Error, Host, Result};

/// An image of an archive.
pub struct ListedImage {
    /// The value of `reference` in [`super::load::Options`] that selects it; `None` if it has neither a name nor a digest.
    pub reference: Option<String>,
    /// The names that the archive has for it.
    pub names: Vec<String>,
    /// The content to push, or the reason why it cannot be loaded.
    pub extent: Result<Extent>,
}

/// The content of an image's push.
pub struct Extent {
    /// The manifest or index.
    pub descriptor: Descriptor,
    /// The platforms of its images, each once.
    pub platforms: Vec<Platform>,
    /// The blobs, each once.
    pub blobs: Vec<Descriptor>,
    /// The bytes of all manifests and blobs.
    pub size: u64,
}

impl<H: Host> Client<H> {
    /// Lists the images of an archive. Nothing is sent.
    ///
    /// # Errors
    ///
    /// - `ARCHIVE_INVALID` when the archive is damaged, or is something else.
    /// - `TOO_LARGE` when a limit is exceeded.
    /// - `SOURCE` when it cannot be read.
    pub async fn archive_images(&self, data: Data<H::Chunk>, limits: Limits) -> Result<Vec<ListedImage>> {
        let api = &self.api;
        let survey = match data {
            Data::Stream(source) => {
                Survey::of(api, Members::of_archive(source, limits, api).await?, limits, true).await?
            }
            Data::File(file) => {
                let open = async || Members::of_archive(file.slice(0, file.size())?, limits, api).await;
                Survey::of_file(api, open, limits).await?
            }
            Data::Files(files) => {
                let files = below(files);
                Survey::of_file(api, async || Ok(Members::of_files(files.clone())), limits).await?
            }
        };
        Ok(images(&survey)?.into_iter().map(|image| listed(&survey, image)).collect())
    }
}

fn listed(survey: &Survey, image: ArchiveImage) -> ListedImage {
    let extent = Plan::of(survey, &image.root, None).and_then(Plan::complete).and_then(|plan| extent(survey, &plan));
    let digest = match &image.root {
        Root::Manifest(descriptor) => Some(descriptor.digest.to_string()),
        Root::Index(..) | Root::Docker(_) => None,
    };
    // A name may be another image's, too.
    let reference = digest.or_else(|| image.names.first().cloned());
    ListedImage { reference, names: image.names, extent }
}

fn extent(survey: &Survey, plan: &Plan) -> Result<Extent> {
    let root = plan.manifests.last().ok_or_else(|| Error::internal("an archive's image without a manifest"))?;
    let entries = plan.manifests.iter().flat_map(|manifest| manifest.manifest.manifests.iter().flatten());
    let entries: Vec<&Descriptor> = entries.collect();
    let mut platforms = Vec::new();
    for manifest in &plan.manifests {
        let entry = entries.iter().find(|entry| entry.digest == manifest.digest);
        let told = entry.and_then(|entry| entry.platform.clone());
        let platform = told.or_else(|| platform_of(survey, plan, &manifest.manifest));
        if manifest.manifest.kind == Kind::Image
            && let Some(platform) = platform.filter(|platform| platform.os != "unknown")
            && !platforms.contains(&platform)
        {
            platforms.push(platform);
        }
    }
    let blobs: Vec<Descriptor> = plan.blobs.iter().map(|(blob, _)| blob.clone()).collect();
    let manifests = plan.manifests.iter().map(|manifest| manifest.bytes.len() as u64);
    let size = manifests.chain(blobs.iter().map(|blob| blob.size)).fold(0, u64::saturating_add);
    Ok(Extent { descriptor: root.descriptor(), platforms, blobs, size })
}

/// The platform that an image's config states.
fn platform_of(survey: &Survey, plan: &Plan, manifest: &Manifest) -> Option<Platform> {
    let config = manifest.config.as_ref()?;
    let (_, path) = plan.blobs.iter().find(|(blob, _)| blob.digest == config.digest)?;
    ImageConfig::parse(survey.document(path)?).ok()?.platform
}
