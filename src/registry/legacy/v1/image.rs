//! V1 images: an id, and the JSON of each image of its ancestry.

use std::rc::Rc;

use serde::Serialize;

use crate::protocol::oci::config::ImageConfig;
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::platform::{Matcher, Platform};
use crate::protocol::oci::reference::{Reference, Tag};
use crate::protocol::order::sorted_by;
use crate::protocol::v1::{ImageId, ImageJson};
use crate::protocol::{code, v1};
use crate::registry::api::repo::Repo;
use crate::registry::concurrency::{Question, answers};
use crate::registry::image::Image;
use crate::registry::image::layer::ImageLayer;
use crate::registry::image::platform;
use crate::registry::legacy::v1::{JSON, unreadable};
use crate::registry::listing::paging::PAGE_LIMIT;
use crate::registry::manifest::get::MANIFEST_LIMIT;
use crate::registry::tag::data::TagData;
use crate::transport::{Error, Host, Result};

/// A V1 layer: that of one image of the ancestry.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct V1Layer {
    /// Media type of the response. Only the bytes show whether the layer is compressed.
    pub media_type: &'static str,
    /// Id of the layer's image.
    pub id: ImageId,
    /// Stored size in bytes, if the registry reports it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
}

/// The JSON of an image, with the metadata from its response.
pub(super) struct Fetched {
    /// The JSON byte for byte.
    pub bytes: Rc<Vec<u8>>,
    /// The parsed JSON.
    pub(super) json: ImageJson,
    /// Size of its layer.
    pub(super) size: Option<u64>,
    /// Checksum of the JSON, a line feed and the layer.
    pub(super) checksum: Option<Digest>,
}

/// Finds the image of a tag or of an image id.
pub(in crate::registry::legacy) async fn find<H: Host>(
    repo: &Repo<H>,
    reference: &Reference,
    platform: Option<&Platform>,
) -> Result<Image<H>> {
    let id = repo.v1_id(reference).await?;
    let endpoint = repo.v1_image_endpoint(&format!("images/{id}/ancestry"));
    let response = repo.get(&endpoint, Some(JSON), PAGE_LIMIT).await?;
    let ancestry = v1::ancestry(&response.body, &id).map_err(|invalid| unreadable(&response, invalid))?;
    let questions = ancestry
        .iter()
        .enumerate()
        .map(|(at, id)| -> Question<'_, _> { Box::pin(async move { Ok((at, repo.v1_json(id).await?)) }) });
    let found = answers(repo.api.concurrency, questions.collect()).await?;
    // Base first.
    let found = sorted_by(found, |(one, _), (other, _)| other.cmp(one));
    let (mut layers, mut history, mut top) = (Vec::new(), Vec::new(), None);
    for ((_, fetched), id) in found.into_iter().zip(ancestry.iter().rev()) {
        let media_type = "application/octet-stream";
        layers.push(ImageLayer::V1(V1Layer { media_type, id: id.clone(), size: fetched.size }));
        history.push(fetched.json.step.clone());
        top = Some(fetched);
    }
    let Some(top) = top else { return Err(Error::internal("an ancestry of no image")) };
    let told = top.json.platform.clone();
    if let (Some(wanted), Some(told)) = (platform, &told)
        && Matcher::only(wanted).rank(told).is_none()
    {
        return Err(platform::no_match(wanted, &[told.to_string()]));
    }
    let (created, author) = (top.json.step.created.clone(), top.json.step.author.clone());
    let config = ImageConfig { created, author, platform: told, diff_ids: Vec::new(), history };
    Image::of_v1(repo, (id, top.bytes.clone()), config, layers)
}

/// Returns the image of a tag and the tag's own JSON.
pub(in crate::registry::legacy) async fn tag_data<H: Host>(repo: &Repo<H>, tag: &Tag) -> Result<TagData> {
    let image = find(repo, &Reference::Tag(tag.clone()), None).await?;
    let endpoint = repo.v1_endpoint(&format!("tags/{tag}/json"));
    // Only docker-registry has it; a tag without JSON is still a tag.
    let tag_json = match repo.get(&endpoint, Some(JSON), MANIFEST_LIMIT).await {
        Ok(response) => {
            let read = v1::tag_json(&response.body);
            Some(read.map_err(|invalid| unreadable(&response, invalid))?)
        }
        Err(error) if error.is_not_found() => None,
        Err(error) => return Err(error),
    };
    Ok(TagData::of_v1(tag, &image, tag_json))
}

impl<H: Host> Repo<H> {
    /// Returns the id for a reference: the id of the tag's image, or if there is no such tag, the reference itself.
    pub(super) async fn v1_id(&self, reference: &Reference) -> Result<ImageId> {
        let Reference::Tag(tag) = reference else {
            let message = format!("{reference}: this registry speaks the V1 protocol, which has no digests");
            return Err(Error::new(code::UNSUPPORTED, message));
        };
        match self.v1_tagged(tag).await {
            Err(error) if error.is_not_found() => ImageId::parse(tag.as_str()).map_err(|_| error),
            found => found,
        }
    }

    /// Returns the image id of a tag.
    pub(super) async fn v1_tagged(&self, tag: &Tag) -> Result<ImageId> {
        let endpoint = self.v1_endpoint(&format!("tags/{tag}"));
        let response = self.get(&endpoint, Some(JSON), MANIFEST_LIMIT).await?;
        v1::tag(&response.body).map_err(|invalid| unreadable(&response, invalid))
    }

    /// Returns the JSON of an image, which never changes.
    pub(super) async fn v1_json(&self, id: &ImageId) -> Result<Rc<Fetched>> {
        if let Some(kept) = self.cached(id.as_str()) {
            return Ok(kept);
        }
        let endpoint = self.v1_image_endpoint(&format!("images/{id}/json"));
        let mut response = self.get(&endpoint, Some(JSON), MANIFEST_LIMIT).await?;
        let bytes = std::mem::take(&mut response.body);
        let json = ImageJson::parse(&bytes, id).map_err(|invalid| unreadable(&response, invalid))?;
        let size = match response.header("x-docker-size") {
            Some(size) => v1::layer_size(size),
            None => self.v1_layer_size(id).await?,
        };
        let checksum = response.headers.all("x-docker-checksum-payload").find_map(v1::checksum_header);
        let fetched = Rc::new(Fetched { bytes: Rc::new(bytes), json, size, checksum });
        self.cache(id.as_str(), fetched.clone(), fetched.bytes.len() as u64);
        Ok(fetched)
    }

    /// Returns the size of a layer by HEAD, for a page that cannot see `X-Docker-Size`; it always sees
    /// `Content-Length`.
    async fn v1_layer_size(&self, id: &ImageId) -> Result<Option<u64>> {
        let response = self.head(&self.v1_image_endpoint(&format!("images/{id}/layer")), None).await?;
        Ok(response.declared_length().filter(|_| response.is_success()))
    }
}
