//! V1 layers. An image id is not derived from its content; docker-registry's checksum is the only means of
//! verification.

use crate::protocol::oci::digest::Algorithm;
use crate::registry::api::repo::Repo;
use crate::registry::blob::pull::{BlobPull, Expected, Span};
use crate::registry::legacy::v1::V1Layer;
use crate::transport::{Chunk as _, Host, Result};

/// Opens a layer.
pub(in crate::registry::legacy) async fn layer<H: Host>(repo: &Repo<H>, layer: &V1Layer) -> Result<BlobPull<H>> {
    let fetched = repo.v1_json(&layer.id).await?;
    let endpoint = repo.v1_image_endpoint(&format!("images/{}/layer", layer.id));
    let digest = fetched.checksum.clone();
    let algorithm = digest.as_ref().map(|_| Algorithm::Sha256);
    let expected = Expected { digest, algorithm, seed: Some(seed::<H>(&fetched.bytes)) };
    BlobPull::begin(&repo.api, endpoint, expected, Span::Whole, layer.size, &repo.call).await
}

/// Returns the bytes that precede the layer in its checksum.
pub(super) fn seed<H: Host>(json: &[u8]) -> H::Chunk {
    H::Chunk::of(&[json, b"\n"].concat())
}
