//! Pushing a V1 image: its JSON, its layer, and the checksum of both, which completes it.
//!
//! Until then a registry serves nothing of the image. After an interruption everything is pushed again.

use std::rc::Rc;

use crate::protocol::code;
use crate::protocol::http::Method;
use crate::protocol::oci::digest::{Algorithm, Digest};
use crate::protocol::v1::{ImageId, new_image};
use crate::registry::api::repo::Repo;
use crate::registry::blob::source::{BlobSource, Part, SourceReader};
use crate::registry::blob::upload::fill;
use crate::registry::blob::upload::stream::{PIECE, came_early, fetch_fed};
use crate::registry::legacy::v1::layer::seed;
use crate::transport::pipe::Pipe;
use crate::transport::request::{Request, RequestBody};
use crate::transport::{Error, Hasher as _, Host, Result};

/// Maximum bytes of a stream if the host cannot stream request bodies: V1 takes a layer in one request, so it has
/// to fit into memory.
pub const LARGEST_STREAM: u64 = 256 * 1024 * 1024;
/// Bytes of a stream that are read before anything is sent. A layer that ends within them is sent as a whole and
/// can be retried.
const AHEAD: u64 = 4 * 1024 * 1024;

impl<H: Host> Repo<H> {
    /// Pushes an image to a V1 registry, unless it is there, and returns its id. Its parent must exist. No tag is
    /// set.
    pub(crate) async fn v1_push_image(&self, json: Vec<u8>, layer: Box<dyn BlobSource<H::Chunk>>) -> Result<ImageId> {
        let (id, _) = new_image(&json)?;
        let instead = "use pushBlob() and pushManifest()";
        self.api.require_v1("pushImage()", instead, &self.call).await?;
        self.v1_push(&id, Rc::new(json), layer).await?;
        Ok(id)
    }

    async fn v1_push(&self, id: &ImageId, json: Rc<Vec<u8>>, layer: Box<dyn BlobSource<H::Chunk>>) -> Result<()> {
        match self.v1_json(id).await {
            Ok(there) if there.bytes == json => {
                let checksum = there.checksum.as_ref();
                return self.v1_announce("images", id, checksum).await;
            }
            Ok(_) => {
                let message =
                    format!("json: the registry already has another image {id}, and images cannot be changed");
                return Err(Error::new(code::CONFLICT, message));
            }
            // The image does not exist or is incomplete: docker-registry responds 400 about an image that is being
            // pushed.
            Err(error) if matches!(error.status, Some(400 | 404)) => {}
            Err(error) => return Err(error),
        }
        let mut hasher = self.api.hasher(Algorithm::Sha256);
        hasher.update(&seed::<H>(&json))?;
        let (is_in_memory, streams) = (layer.is_in_memory(), self.api.sends_streams());
        if let Some(size) = layer.size().filter(|size| *size > LARGEST_STREAM && !is_in_memory && !streams) {
            return Err(too_large(&format!("it has {size} bytes")));
        }
        let most = if is_in_memory { u64::MAX } else { LARGEST_STREAM + 1 };
        let mut intake = SourceReader::<H>::new(layer, Algorithm::Sha256, hasher);
        let mut part = intake.part();
        // If a small source fails, nothing has been sent.
        intake.fill(&mut part, if streams && !is_in_memory { AHEAD } else { most }).await?;
        let is_all = intake.digest().is_some();
        if !is_all && !streams {
            return Err(too_large(&format!("it has more than {LARGEST_STREAM} bytes")));
        }
        self.v1_announce("", id, None).await?;
        let image = |rest: &str| self.v1_image_endpoint(&format!("images/{id}/{rest}"));
        self.v1_send(self.v1_put(&image("json"), json.to_vec())).await?;
        let half = |error: Error| error.and(&format!("the image {id} is incomplete: call pushImage() again"));
        let mut request = self.request(Method::Put, &image("layer"), None);
        if is_all {
            fill(&mut request, RequestBody::Chunks(Rc::new(part.from(0))));
            self.v1_send(request).await.map_err(half)?;
        } else {
            self.v1_stream(request, part, &mut intake).await.map_err(half)?;
        }
        let Some(checksum) = intake.digest() else { return Err(Error::internal("a layer without an end")) };
        let mut request = self.request(Method::Put, &image("checksum"), None);
        request.headers.set("x-docker-checksum-payload", checksum.as_str());
        if let Err(error) = self.v1_send(request).await {
            // 409: the image is complete already, perhaps through a request whose response was lost.
            let now = if error.status == Some(409) { self.v1_json(id).await.ok() } else { None };
            if now.is_none_or(|now| now.checksum.as_ref().is_none_or(|told| told != checksum)) {
                return Err(half(error));
            }
        }
        self.v1_announce("images", id, Some(checksum)).await
    }

    /// Streams a layer while it is read, the buffered bytes first.
    async fn v1_stream(
        &self,
        request: Request<H::Chunk>,
        mut part: Part<H::Chunk>,
        intake: &mut SourceReader<H>,
    ) -> Result<()> {
        let feed = |pipe: Rc<Pipe<H::Chunk>>| async move {
            while !part.is_empty() {
                pipe.put(part.from(part.start())).await;
                part.keep_last(0);
                intake.fill(&mut part, PIECE).await?;
            }
            Ok(())
        };
        let (response, is_all) = fetch_fed(&self.api, request, feed).await?;
        let response = self.api.success(response?)?;
        if is_all { Ok(()) } else { Err(came_early(&response)) }
    }

    /// Adds an image to the index, which search() uses. A registry without an index ignores it.
    async fn v1_announce(&self, rest: &str, id: &ImageId, checksum: Option<&Digest>) -> Result<()> {
        let checksum = checksum.map(|checksum| format!(r#","checksum":"{checksum}""#)).unwrap_or_default();
        let body = format!(r#"[{{"id":"{id}"{checksum}}}]"#).into_bytes();
        let mut request = self.v1_put(&self.v1_endpoint(rest), body);
        request.headers.set("x-docker-token", "true");
        match self.v1_send(request).await {
            Err(error) if matches!(error.status, Some(404 | 405 | 501)) => Ok(()),
            done => done,
        }
    }
}

fn too_large(what: &str) -> Error {
    Error::new(
        code::TOO_LARGE,
        format!(
            "layer: {what}; a V1 registry takes it in one request, so that where the host cannot stream requests, a \
             stream or Blob may have at most {LARGEST_STREAM} bytes: nothing was pushed. Bytes in memory may have more"
        ),
    )
}
