//! Layers. The id of an image is not made of its content; the checksum that docker-registry keeps is the most there is to
//! compare with.

use std::rc::Rc;

use crate::protocol::oci::digest::Algorithm;
use crate::protocol::oci::reference::RepositoryName;
use crate::registry::api::connection::Connection;
use crate::registry::api::settings::Call;
use crate::registry::blob::pull::{BlobPull, Expected, Span};
use crate::registry::legacy::v1::V1Layer;
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
