//! Layers. The id of an image is not made of its content; the checksum that docker-registry keeps is the most there is to
//! compare with.

use std::rc::Rc;

use super::super::blob_pull::{BlobPull, Expected, Span};
use super::super::connection::Connection;
use super::super::settings::Call;
use super::V1Layer;
use crate::protocol::digest::Algorithm;
use crate::protocol::reference::RepositoryName;
use crate::transport::{Chunk as _, Host, Result};

/// A layer's bytes.
pub async fn layer<H: Host>(
    connection: &Rc<Connection<H>>,
    name: &RepositoryName,
    layer: &V1Layer,
    call: &Call,
) -> Result<BlobPull<H>> {
    let fetched = connection.v1_json(name, &layer.id, call).await?;
    let target = connection.v1_target(name, &format!("images/{}/layer", layer.id));
    let digest = fetched.checksum.clone();
    let algorithm = digest.as_ref().map(|_| Algorithm::Sha256);
    let expected = Expected { digest, algorithm, seed: Some(seed::<H>(&fetched.bytes)) };
    BlobPull::begin(connection, target, expected, Span::Whole, layer.size, call).await
}

/// What a layer's checksum begins with.
pub(super) fn seed<H: Host>(json: &[u8]) -> H::Chunk {
    H::Chunk::of(&[json, b"\n"].concat())
}
