//! What the model registry holds: the same for every seed.

use std::collections::BTreeMap;
use std::rc::Rc;

use docker_registry_client_wasm::protocol::oci::digest::{Algorithm, Digest};

use crate::support::random::Random;

const OCI: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// Empty, tiny, of one and of several chunks, and larger than what counts as progress.
const SIZES: [usize; 8] = [0, 1, 700, 20_000, 150_000, 400_000, 1_048_579, 2_700_000];

pub const REPOSITORIES: [&str; 3] = ["one/web", "two/api", "solo"];
/// One that leads to an index, the others to images.
pub const TAGS: usize = 23;

pub struct Manifest {
    pub media_type: &'static str,
    pub bytes: Vec<u8>,
}

/// An image, as a client has to see it.
#[derive(Clone)]
pub struct ModelImage {
    pub digest: String,
    pub config: String,
    pub layers: Vec<String>,
}

pub struct Content {
    pub blobs: BTreeMap<String, Rc<Vec<u8>>>,
    pub manifests: BTreeMap<String, Manifest>,
    /// The same in every repository, in the order of a listing.
    pub tags: BTreeMap<String, String>,
    pub images: Vec<ModelImage>,
    /// Of what is pulled by digest alone: sha256 and sha512.
    pub plain: Vec<String>,
}

pub fn digest(bytes: &[u8]) -> String {
    Digest::of(Algorithm::Sha256, bytes).to_string()
}

impl Content {
    pub fn new() -> Self {
        let mut content = Self {
            blobs: BTreeMap::new(),
            manifests: BTreeMap::new(),
            tags: BTreeMap::new(),
            images: Vec::new(),
            plain: Vec::new(),
        };
        let mut layers = Vec::new();
        for (number, size) in SIZES.into_iter().enumerate() {
            let mut random = Random::new(number as u64);
            let mut bytes: Vec<u8> = (0..size.div_ceil(8)).flat_map(|_| random.next().to_le_bytes()).collect();
            bytes.truncate(size);
            let sha512 = Digest::of(Algorithm::Sha512, &bytes).to_string();
            let bytes = Rc::new(bytes);
            content.blobs.insert(sha512.clone(), bytes.clone());
            layers.push((content.blob(bytes), size));
            content.plain.extend([layers[number].0.clone(), sha512]);
        }
        let images = [("amd64", [2, 3]), ("arm64", [0, 6]), ("s390x", [5, 7])];
        let entries: Vec<String> = images
            .iter()
            .map(|(architecture, [base, top])| {
                content.image(architecture, &[layers[*base].clone(), layers[*top].clone()])
            })
            .collect();
        let index = format!(r#"{{"schemaVersion":2,"mediaType":"{INDEX}","manifests":[{}]}}"#, entries.join(","));
        let index = content.manifest(INDEX, index);
        for number in 0..TAGS - 1 {
            let image = content.images[number % content.images.len()].digest.clone();
            content.tags.insert(format!("v{number:02}"), image);
        }
        content.tags.insert("latest".into(), index);
        content
    }

    fn blob(&mut self, bytes: Rc<Vec<u8>>) -> String {
        let digest = digest(&bytes);
        self.blobs.insert(digest.clone(), bytes);
        digest
    }

    fn manifest(&mut self, media_type: &'static str, text: String) -> String {
        let digest = digest(text.as_bytes());
        self.manifests.insert(digest.clone(), Manifest { media_type, bytes: text.into_bytes() });
        digest
    }

    /// An image of two layers; its entry for an index.
    fn image(&mut self, architecture: &str, layers: &[(String, usize)]) -> String {
        let ids: Vec<String> = layers.iter().map(|(digest, _)| format!("\"{digest}\"")).collect();
        let config = format!(
            r#"{{"created":"2026-01-02T03:04:05Z","architecture":"{architecture}","os":"linux","rootfs":{{"type":"layers","diff_ids":[{}]}}}}"#,
            ids.join(",")
        );
        let size = config.len();
        let config = self.blob(Rc::new(config.into_bytes()));
        let layer = |(digest, size): &(String, usize)| descriptor(LAYER, digest, *size, "");
        let listed: Vec<String> = layers.iter().map(layer).collect();
        let manifest = format!(
            r#"{{"schemaVersion":2,"mediaType":"{OCI}","config":{},"layers":[{}]}}"#,
            descriptor(CONFIG, &config, size, ""),
            listed.join(",")
        );
        let size = manifest.len();
        let digest = self.manifest(OCI, manifest);
        let layers = layers.iter().map(|(digest, _)| digest.clone()).collect();
        self.images.push(ModelImage { digest: digest.clone(), config, layers });
        let platform = format!(r#","platform":{{"os":"linux","architecture":"{architecture}"}}"#);
        descriptor(OCI, &digest, size, &platform)
    }

    /// What `image()` leads to: from the index the image for linux/amd64, which is the first.
    pub fn image_of(&self, tag: &str) -> &ModelImage {
        let digest = &self.tags[tag];
        self.images.iter().find(|image| image.digest == *digest).unwrap_or(&self.images[0])
    }
}

fn descriptor(media_type: &str, digest: &str, size: usize, extra: &str) -> String {
    format!(r#"{{"mediaType":"{media_type}","digest":"{digest}","size":{size}{extra}}}"#)
}
