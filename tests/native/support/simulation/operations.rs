//! What is asked of the client, and whether the answer is right.

use std::rc::Rc;

use super::content::{Content, REPOSITORIES, TAGS};
use crate::support::random::Random;
use crate::support::{Bytes, Scripted};
use docker_registry_client_wasm::registry::{BlobPull, Call, Client, Image, Layer, Repository};
use docker_registry_client_wasm::transport::Error;

#[derive(Clone, Debug)]
pub enum What {
    Tags(u64),
    Image(String),
    Data(String),
    Layer(String, usize),
    Config(String),
    Manifest(usize),
    HeadTag(String),
    HeadDigest(usize),
    HeadBlob(String),
    Blob(String),
    /// Read chunk by chunk, by somebody else.
    Stream(String),
    Part(String, u64, u64),
    Check,
}

#[derive(Clone, Debug)]
pub struct Operation {
    pub repository: &'static str,
    pub what: What,
    /// Milliseconds after which the caller goes away.
    pub dropped_after: Option<u64>,
}

/// How an operation ended.
#[derive(Debug)]
pub enum Outcome {
    Right,
    /// The value is another one than the registry has.
    Wrong(#[allow(dead_code)] String), // shown with all the rest
    /// Not there.
    Absent,
    Failed(Error),
    Dropped,
}

impl Operation {
    pub fn by_chance(content: &Content, random: &mut Random) -> Self {
        let tags: Vec<&String> = content.tags.keys().collect();
        let tag = if random.percent(40) { "latest".to_owned() } else { (*random.pick(&tags)).clone() };
        let blob = random.pick(&content.plain).clone();
        let what = match random.below(17) {
            0 | 1 => What::Tags(*random.pick(&[3, 10, 23, 100])),
            2 => What::Image(tag),
            3 => What::Data(tag),
            4 | 5 => What::Layer(tag, random.below(2) as usize),
            6 => What::Config(tag),
            7 => What::HeadTag(tag),
            8 => What::HeadDigest(random.below(3) as usize),
            9 => What::HeadBlob(blob),
            10 => What::Blob(blob),
            11 => What::Stream(blob),
            12 | 13 => What::Manifest(random.below(3) as usize),
            // Of nothing there is no part.
            _ if random.percent(90) && !content.blobs[&blob].is_empty() => {
                let first = random.below(content.blobs[&blob].len() as u64);
                What::Part(blob, first, first + random.below(2_000_000))
            }
            _ => What::Check,
        };
        let repository = random.pick(&REPOSITORIES);
        Self { repository, what, dropped_after: None }
    }

    /// Requests to the registry that it needs at most, if nothing goes wrong.
    pub fn requests(&self) -> u64 {
        match &self.what {
            // A last page that is full, or whose fields are hidden, is asked on.
            What::Tags(size) => (TAGS as u64).div_ceil(*size) + 1,
            // HEAD of a tag that is known, manifest, child, config.
            What::Image(_) | What::Data(_) => 4,
            What::Layer(..) | What::Config(_) => 5,
            What::HeadTag(_) | What::HeadDigest(_) | What::HeadBlob(_) => 2,
            What::Manifest(_) | What::Blob(_) | What::Stream(_) | What::Part(..) | What::Check => 1,
        }
    }

    pub async fn run(&self, client: &Client<Scripted>, content: &Rc<Content>) -> Outcome {
        match self.result(client, content).await {
            Ok(outcome) => outcome,
            Err(error) => Outcome::Failed(error),
        }
    }

    async fn result(&self, client: &Client<Scripted>, content: &Content) -> Result<Outcome, Error> {
        let call = Call::default();
        let repository = client.repository(self.repository, None)?;
        Ok(match &self.what {
            What::Tags(size) => {
                let tags = repository.tags(Some(*size), call).collect().await?;
                same("tags", &tags, &content.tags.keys().cloned().collect())
            }
            What::Image(tag) => {
                let image = repository.image(tag, None, &call).await?;
                same(
                    "image",
                    &image.digest().map(ToString::to_string).unwrap_or_default(),
                    &content.image_of(tag).digest,
                )
            }
            What::Data(tag) => {
                let data = repository.data(tag, &call).await?;
                same("digest of a tag", data.digest.as_ref().unwrap_or(&String::new()), &content.tags[tag])
            }
            What::Layer(tag, position) => {
                let image: Image<Scripted> = repository.image(tag, None, &call).await?;
                let pull = image.layer(Layer::Position(*position as i64), &call).await?;
                let digest = pull.digest().map(ToString::to_string).unwrap_or_default();
                let expected = &content.image_of(tag).layers[*position];
                match same("layer", &digest, expected) {
                    Outcome::Right => bytes(&pull.collect().await?, &content.blobs[expected]),
                    wrong => wrong,
                }
            }
            What::Config(tag) => {
                let image = repository.image(tag, None, &call).await?;
                let config = image.json(&call).await?;
                same("config", config.as_ref(), content.blobs[&content.image_of(tag).config].as_ref())
            }
            What::Manifest(number) => {
                let digest = &content.images[*number].digest;
                let found = repository.manifest(digest, None, &call).await?;
                same("manifest", &found.bytes, &content.manifests[digest].bytes)
            }
            What::HeadTag(tag) => head(
                "tag",
                repository.head_manifest(tag, &call).await?.map(|found| found.digest.to_string()),
                &content.tags[tag],
            ),
            What::HeadDigest(number) => {
                let digest = &content.images[*number].digest;
                let size = content.manifests[digest].bytes.len() as u64;
                head(
                    "size of a manifest",
                    repository.head_manifest(digest, &call).await?.map(|found| found.size),
                    &size,
                )
            }
            What::HeadBlob(digest) => {
                let size = content.blobs[digest].len() as u64;
                head("size of a blob", repository.head_blob(digest, &call).await?.map(|found| found.size), &size)
            }
            What::Blob(digest) => {
                let pull = repository.blob(digest, None, &call).await?;
                bytes(&pull.collect().await?, &content.blobs[digest])
            }
            What::Stream(digest) => bytes(&stream(&repository, digest, &call).await?, &content.blobs[digest]),
            What::Part(digest, first, last) => {
                let pull = repository.blob(digest, Some((*first, *last)), &call).await?;
                let whole = &content.blobs[digest];
                let end = (*last as usize + 1).min(whole.len());
                bytes(&pull.collect().await?, whole.get(*first as usize..end).unwrap_or_default())
            }
            What::Check => {
                client.check_status(&call).await?;
                Outcome::Right
            }
        })
    }

    /// Whether nothing but the registry's word stands for the value.
    pub fn is_unverifiable(&self) -> bool {
        matches!(
            self.what,
            What::Data(_) | What::Part(..) | What::Tags(_) | What::HeadTag(_) | What::HeadDigest(_) | What::HeadBlob(_)
        )
    }
}

async fn stream(repository: &Repository<Scripted>, digest: &str, call: &Call) -> Result<Vec<Bytes>, Error> {
    let mut pull: BlobPull<Scripted> = repository.blob(digest, None, call).await?;
    pull.release_permit();
    let mut chunks = Vec::new();
    while let Some(chunk) = pull.next().await? {
        chunks.push(chunk);
    }
    Ok(chunks)
}

fn same<T: PartialEq + std::fmt::Debug + ?Sized>(what: &str, value: &T, expected: &T) -> Outcome {
    if value == expected {
        Outcome::Right
    } else {
        Outcome::Wrong(format!("{what}: {value:?} instead of {expected:?}"))
    }
}

fn head<T: PartialEq + std::fmt::Debug>(what: &str, value: Option<T>, expected: &T) -> Outcome {
    value.map_or(Outcome::Absent, |value| same(what, &value, expected))
}

fn bytes(chunks: &[Bytes], expected: &[u8]) -> Outcome {
    let mut rest = expected;
    for chunk in chunks {
        match rest.strip_prefix(chunk.0.as_slice()) {
            Some(after) => rest = after,
            None => return Outcome::Wrong(format!("a byte of {} differs, or there are too many", expected.len())),
        }
    }
    if rest.is_empty() {
        Outcome::Right
    } else {
        Outcome::Wrong(format!("{} of {} bytes are missing", rest.len(), expected.len()))
    }
}
