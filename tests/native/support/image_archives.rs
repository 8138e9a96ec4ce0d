//! Archives of images under construction, and a registry to save from and to load into.

use std::io::Write as _;
use std::rc::Rc;

use docker_registry_client_wasm::layer::limits::Limits;
use docker_registry_client_wasm::layer::tar::writer::{END, header, padding};
use docker_registry_client_wasm::layer::tar::{Entry, Kind, Reader, Sink};
use docker_registry_client_wasm::protocol::invalid::Invalid;
use docker_registry_client_wasm::registry::Call;
use docker_registry_client_wasm::registry::archive::data::{Data, RandomAccess};
use docker_registry_client_wasm::registry::archive::load::{Loaded, Options};
use docker_registry_client_wasm::registry::archive::save;
use docker_registry_client_wasm::transport::{Chunk as _, Error};

use crate::copy::{Repository, Store, index};
use crate::support::uploads::Stream;
use crate::support::{Bytes, OCI_TYPE as INDEX, Scripted, descriptor, sha256};

pub const OCI: &str = "application/vnd.oci.image.manifest.v1+json";
pub const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
pub const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

/// A member of an archive under construction.
pub fn member(path: &str, content: &[u8]) -> Vec<u8> {
    entry(Entry::file(path.into(), content.len() as u64), content)
}

pub fn entry(entry: Entry, content: &[u8]) -> Vec<u8> {
    let mut bytes = header(&entry);
    bytes.extend_from_slice(content);
    bytes.resize(bytes.len() + padding(content.len() as u64), 0);
    bytes
}

pub fn link(path: &str, target: &str) -> Vec<u8> {
    entry(Entry { kind: Kind::Symlink, link_target: target.into(), ..Entry::file(path.into(), 0) }, b"")
}

pub fn archive(members: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = members.concat();
    bytes.extend_from_slice(&END);
    bytes
}

pub fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// A zstd frame of blocks that are not compressed (RFC 8878, 3.1.1).
pub fn zstd(content: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0, 0x58];
    let blocks: Vec<&[u8]> = content.chunks(100_000).collect();
    for (position, block) in blocks.iter().enumerate() {
        let is_last = position + 1 == blocks.len();
        let header = (u32::try_from(block.len()).unwrap() << 3) | u32::from(is_last);
        frame.extend_from_slice(&header.to_le_bytes()[..3]);
        frame.extend_from_slice(block);
    }
    frame
}

/// The files of an archive, in its order.
#[derive(Default)]
pub struct Files(pub Vec<(String, Vec<u8>)>);

impl Files {
    pub fn of(archive: &[u8]) -> Self {
        let (mut reader, mut files) = (Reader::new(Limits::default()), Self::default());
        reader.push(archive, &mut files).unwrap();
        assert!(reader.summary().unwrap().has_end);
        files.0.retain(|(path, _)| !path.ends_with('/'));
        files
    }

    pub fn paths(&self) -> Vec<&str> {
        self.0.iter().map(|(path, _)| path.as_str()).collect()
    }

    pub fn archive(&self) -> Vec<u8> {
        archive(&self.0.iter().map(|(path, content)| member(path, content)).collect::<Vec<_>>())
    }

    pub fn data(&self) -> Data<Bytes> {
        let file = |content: &Vec<u8>| Rc::new(Bytes::of(content)) as Rc<dyn RandomAccess<Bytes>>;
        Data::Files(self.0.iter().map(|(path, content)| (path.clone(), file(content))).collect())
    }
}

impl Sink for Files {
    fn entry(&mut self, entry: Entry) -> Result<(), Invalid> {
        self.0.push((String::from_utf8(entry.path).unwrap(), Vec::new()));
        Ok(())
    }

    fn data(&mut self, _: u64, bytes: &[u8]) -> Result<(), Invalid> {
        self.0.last_mut().unwrap().1.extend_from_slice(bytes);
        Ok(())
    }

    fn end(&mut self) -> Result<(), Invalid> {
        Ok(())
    }
}

/// An image of two layers for an architecture, in `a/b`.
pub fn image(store: &Store, architecture: &str) -> String {
    let layers = [format!("base for {architecture}\n"), "same".repeat(300)].map(|content| store.blob(&content));
    let diff_ids = layers.each_ref().map(|layer| format!("\"{}\"", sha256(layer))).join(",");
    let config = format!(
        r#"{{"architecture":"{architecture}","os":"linux","rootfs":{{"type":"layers","diff_ids":[{diff_ids}]}}}}"#
    );
    let config = descriptor(CONFIG, &store.blob(&config), "");
    let layers = layers.each_ref().map(|layer| descriptor(LAYER, layer, "")).join(",");
    let manifest = format!(r#"{{"schemaVersion":2,"mediaType":"{OCI}","config":{config},"layers":[{layers}]}}"#);
    store.put("a/b", None, OCI, &manifest);
    manifest
}

/// A registry with an index of two images, `a/b:it`.
pub fn sample() -> (Store, String) {
    let store = Store::default();
    let entries = ["amd64", "arm64"].map(|architecture| {
        let platform = format!(r#","platform":{{"architecture":"{architecture}","os":"linux"}}"#);
        descriptor(OCI, &image(&store, architecture), &platform)
    });
    let document = index(&entries);
    store.put("a/b", Some("it"), INDEX, &document);
    (store, document)
}

pub fn save(host: &Scripted, references: &[&str], options: &save::Options) -> Result<Vec<u8>, Error> {
    let references: Vec<String> = references.iter().map(|text| (*text).to_owned()).collect();
    let repository = host.client().repository("a/b", None).unwrap();
    host.run(async {
        let mut saved = repository.save(&references, options, &Call::default()).await?;
        let mut bytes = Vec::new();
        while let Some(chunk) = saved.next().await? {
            chunk.append_to(&mut bytes);
        }
        assert_eq!(bytes.len() as u64, saved.total());
        Ok(bytes)
    })
}

pub fn file(bytes: &[u8]) -> Data<Bytes> {
    Data::File(Rc::new(Bytes::of(bytes)))
}

pub fn stream(bytes: &[u8]) -> Data<Bytes> {
    Data::Stream(Box::new(Stream::pieces(bytes.chunks(700).map(|piece| Ok(Bytes::of(piece))).collect())))
}

pub fn load(host: &Scripted, data: Data<Bytes>, options: &Options) -> Result<Loaded, Error> {
    host.run(host.client().load(data, Some(host.client().place("c/d:now").unwrap()), options, &Call::default()))
}

/// Loads into an empty repository.
pub fn loaded(data: Data<Bytes>, options: &Options) -> (Result<Loaded, Error>, Repository) {
    let store = Store::default();
    let loaded = load(&store.host(), data, options);
    (loaded, store.get("c/d"))
}

/// Checks that an archive is refused in both ways, and nothing is tagged. Returns the message of the refusal.
pub fn refused(bytes: &[u8], code: &str) -> String {
    let messages = [file(bytes), stream(bytes)].map(|data| {
        let (loaded, target) = loaded(data, &Options::default());
        let error = loaded.err().expect("a refusal");
        assert_eq!(error.code, code, "{}", error.message);
        assert!(target.tags.is_empty() && target.manifests.is_empty(), "{}", error.message);
        error.message.clone()
    });
    let [message, _] = messages;
    message
}
