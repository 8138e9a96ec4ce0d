//! The content that a manifest refers to, for copying and clean-up: manifests and blobs. Malformed manifests are read
//! as far as possible, since registries accept manifests that violate the spec.

use crate::protocol::invalid::quoted;
use crate::protocol::json;
use crate::protocol::json::Members;
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::{Algorithm, Digest};
use crate::protocol::oci::media_type;
use crate::protocol::oci::media_type::{Entry, Kind, OCI_ARTIFACT};
use crate::protocol::order::sorted;

/// The members that refer to content.
const NAMES: &[&str] = &["config", "layers", "blobs", "manifests", "fsLayers", "subject"];
/// The algorithms of the digests that are searched for in an unreadable document.
const ALGORITHMS: [Algorithm; 2] = [Algorithm::Sha256, Algorithm::Sha512];

/// The parts of a manifest, in document order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parts {
    /// The entries of an index that are manifests.
    pub manifests: Vec<Descriptor>,
    /// The config, layers, an artifact's blobs, and the entries of an index that are blobs.
    pub blobs: Vec<Descriptor>,
    /// Index entries whose media type fits both manifests and blobs; a size of 0 may stand for a missing one.
    pub either: Vec<Descriptor>,
    /// Blobs whose size is missing or unreadable.
    pub unsized_blobs: Vec<Digest>,
    /// The manifest's subject.
    pub subject: Option<Digest>,
    /// The reason why there may be further parts, if so.
    pub unknown: Option<String>,
    /// All digests in the document if `unknown` is set: they include all parts.
    pub mentioned: Vec<Digest>,
}

impl Parts {
    /// Reads the parts of a manifest by its media type and kind. The layers of schema 1 are read elsewhere.
    pub fn of(bytes: &[u8], media_type: &str, kind: Kind) -> Self {
        let mut parts = Self::default();
        let names: &[&str] = match kind {
            Kind::Image => &["config", "layers"],
            Kind::Index => &["manifests"],
            Kind::Other if media_type::essence(media_type) == OCI_ARTIFACT => &["blobs"],
            Kind::Schema1 => return parts,
            Kind::Other => &[],
        };
        let members = json::text(bytes).and_then(|text| Members::read(text, NAMES));
        if names.is_empty() {
            if let Ok(members) = members {
                parts.read_subject(&members);
            }
            parts.mentioned = mentioned(bytes);
            // Content can only be referred to by digest.
            parts.unknown = (!parts.mentioned.is_empty()).then(|| "its kind is unknown, and it names content".into());
            return parts;
        }
        match members {
            Ok(members) => parts.read(&members, names),
            Err(error) => parts.unknown = Some(json::complete("it cannot be read", &error)),
        }
        if parts.unknown.is_some() {
            parts.mentioned = mentioned(bytes);
        }
        parts
    }

    /// Adds all digests of the document, even if there are no further parts.
    pub fn with_mentioned(self, bytes: &[u8]) -> Self {
        Self { mentioned: mentioned(bytes), ..self }
    }

    fn read(&mut self, members: &Members<'_>, names: &[&str]) {
        let foreign = NAMES.iter().filter(|name| **name != "subject" && !names.contains(name));
        let foreign = foreign.copied().find(|name| members.get(name).is_some());
        let ambiguous = members.twice().first().copied().or(foreign);
        self.unknown = ambiguous.map(|name| format!("{} makes it ambiguous", quoted(name)));
        self.read_subject(members);
        for name in names {
            let Some(text) = members.get(name) else { continue };
            if *name == "config" {
                let read = self.part(text);
                self.note(name, read);
                continue;
            }
            let read = json::each_item(text, &mut |index, item| {
                let read = self.part(item).map_err(|error| format!("[{index}]{error}"));
                self.note(name, read);
                Ok(())
            });
            self.note(name, read);
        }
        // The entries of an index can be manifests; all other parts are blobs.
        if names.contains(&"manifests") {
            for entry in std::mem::take(&mut self.blobs) {
                match media_type::entry(&media_type::essence(&entry.media_type)) {
                    Entry::Manifest => self.manifests.push(entry),
                    Entry::Blob => self.blobs.push(entry),
                    Entry::Unknown => self.either.push(entry),
                }
            }
            let entries = std::mem::take(&mut self.unsized_blobs).into_iter();
            self.either.extend(entries.map(|digest| Descriptor::new(String::new(), digest, 0)));
        }
    }

    fn note(&mut self, name: &str, read: Result<(), String>) {
        if let Err(error) = read {
            self.unknown.get_or_insert_with(|| json::complete("it cannot be read", &json::at(name, error)));
        }
    }

    /// Reads the subject, which is not a part of the manifest: an unreadable one hides no parts.
    fn read_subject(&mut self, members: &Members<'_>) {
        let digest = |text| Members::read(text, &["digest"]).and_then(|members| members.string("digest"));
        let subject = members.get("subject").and_then(|text| digest(text).ok().flatten());
        self.subject = subject.and_then(|digest| Digest::parse(&digest).ok());
    }

    /// Reads a descriptor whose size or media type may be missing.
    fn part(&mut self, text: &str) -> Result<(), String> {
        if let Ok(whole) = Descriptor::from_json(text) {
            self.blobs.push(whole);
            return Ok(());
        }
        let members = Members::read_unique(text, &["digest", "size", "mediaType"])?;
        let digest = members.required("digest", crate::protocol::oci::descriptor::digest)?;
        match members.optional("size", json::size) {
            Ok(Some(size)) => {
                let media_type = members.string("mediaType").ok().flatten().unwrap_or_default();
                self.blobs.push(Descriptor::new(media_type, digest, size));
            }
            Ok(None) | Err(_) => self.unsized_blobs.push(digest),
        }
        Ok(())
    }
}

/// Returns all digests that occur in a document, without duplicates.
fn mentioned(bytes: &[u8]) -> Vec<Digest> {
    let text = String::from_utf8_lossy(bytes);
    let mut found = Vec::new();
    for algorithm in ALGORITHMS {
        let start = format!("{}:", algorithm.as_str());
        for (at, _) in text.match_indices(&start) {
            let digest = text.get(at..).and_then(|rest| rest.get(..start.len() + algorithm.hex_len()));
            found.extend(digest.and_then(|digest| Digest::parse(digest).ok()));
        }
    }
    let mut found = sorted(found);
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::oci::media_type::{DOCKER_LIST, OCI_INDEX, OCI_LAYER, OCI_MANIFEST};

    fn digest(character: char) -> Digest {
        Digest::parse(&format!("sha256:{}", character.to_string().repeat(64))).expect("a digest")
    }

    fn item(media_type: &str, character: char) -> String {
        format!(r#"{{"mediaType":"{media_type}","digest":"{}","size":3}}"#, digest(character))
    }

    fn of(text: &str, media_type: &str) -> Parts {
        Parts::of(text.as_bytes(), media_type, media_type::kind(media_type))
    }

    fn digests(parts: &[Descriptor]) -> Vec<Digest> {
        parts.iter().map(|part| part.digest.clone()).collect()
    }

    #[test]
    fn of_every_kind() {
        let [a, b, c] = ['a', 'b', 'c'].map(|character| item(OCI_LAYER, character));
        let image = of(&format!(r#"{{"config":{a},"layers":[{b},{c}],"subject":{c},"blobs":null}}"#), OCI_MANIFEST);
        assert_eq!(digests(&image.blobs), ['a', 'b', 'c'].map(digest));
        assert_eq!((image.subject, image.unknown, image.manifests.len()), (Some(digest('c')), None, 0));
        let artifact = of(&format!(r#"{{"blobs":[{a}],"subject":{b}}}"#), OCI_ARTIFACT);
        assert_eq!((digests(&artifact.blobs), artifact.subject), (vec![digest('a')], Some(digest('b'))));
        assert_eq!(artifact.unknown, None);
    }

    /// BuildKit's `--cache-to type=registry`.
    #[test]
    fn of_a_cache() {
        let entries = [
            item(OCI_LAYER, 'a'),
            item("application/vnd.buildkit.cacheconfig.v0", 'b'),
            item(OCI_MANIFEST, 'c'),
            item("application/x", 'd'),
        ];
        for media_type in [OCI_INDEX, DOCKER_LIST] {
            let parts = of(&format!(r#"{{"manifests":[{}]}}"#, entries.join(",")), media_type);
            assert_eq!(digests(&parts.blobs), [digest('a'), digest('b')]);
            assert_eq!((digests(&parts.manifests), digests(&parts.either)), (vec![digest('c')], vec![digest('d')]));
            assert_eq!(parts.unknown, None);
        }
    }

    /// Registries accept these.
    #[test]
    fn of_what_lacks_something() {
        let [a, b] = ['a', 'b'].map(|character| item(OCI_LAYER, character));
        for (text, blobs) in [
            (format!(r#"{{"config":{a}}}"#), vec!['a']),
            (format!(r#"{{"layers":[{a},{b}]}}"#), vec!['a', 'b']),
            (format!(r#"{{"config":null,"layers":[{{"digest":"{}","size":1}}]}}"#, digest('b')), vec!['b']),
            (format!(r#"{{"config":{a},"layers":null,"annotations":7}}"#), vec!['a']),
            ("{}".into(), vec![]),
        ] {
            let parts = of(&text, OCI_MANIFEST);
            assert_eq!(digests(&parts.blobs), blobs.into_iter().map(digest).collect::<Vec<_>>(), "{text}");
            assert_eq!((parts.unknown, parts.mentioned), (None, vec![]), "{text}");
        }
        let parts = of(&format!(r#"{{"layers":[{{"digest":"{}"}}]}}"#, digest('a')), OCI_MANIFEST);
        assert_eq!((parts.unsized_blobs, parts.unknown), (vec![digest('a')], None));
        let parts = of(&format!(r#"{{"manifests":[{{"digest":"{}"}}]}}"#, digest('a')), OCI_INDEX);
        assert_eq!((digests(&parts.either), parts.unsized_blobs, parts.unknown), (vec![digest('a')], vec![], None));
    }

    #[test]
    fn of_what_may_name_more() {
        let [a, b] = ['a', 'b'].map(|character| item(OCI_LAYER, character));
        for (text, media_type, place, mentioned) in [
            (format!(r#"{{"layers":[{a},{{"size":1}}]}}"#), OCI_MANIFEST, "layers[1].digest: it is missing", vec!['a']),
            (format!(r#"{{"layers":{{"x":{a}}}}}"#), OCI_MANIFEST, "layers: got an object", vec!['a']),
            (format!(r#"{{"manifests":[{a},7,{b}]}}"#), OCI_INDEX, "manifests[1]: got 7", vec!['a', 'b']),
            (format!(r#"{{"config":{a},"manifests":[{b}]}}"#), OCI_MANIFEST, "\"manifests\"", vec!['a', 'b']),
            (format!(r#"{{"manifests":[{a}],"layers":[{b}]}}"#), OCI_INDEX, "\"layers\"", vec!['a', 'b']),
            (format!(r#"{{"config":{a},"config":{b}}}"#), OCI_MANIFEST, "\"config\"", vec!['a', 'b']),
            (format!(r#"<{a}"#), OCI_MANIFEST, "not JSON", vec!['a']),
            (format!(r#"{{"things":[{a}],"subject":{b}}}"#), "a/b", "its kind is unknown", vec!['a', 'b']),
        ] {
            let parts = of(&text, media_type);
            assert!(parts.unknown.as_ref().is_some_and(|why| why.contains(place)), "{text}: {:?}", parts.unknown);
            assert_eq!(parts.mentioned, mentioned.into_iter().map(digest).collect::<Vec<_>>(), "{text}");
        }
        assert_eq!(of(r#"{"no":"content"}"#, "a/b"), Parts::default());
        assert_eq!(of(r#"{"short":"sha256:ab"}"#, "a/b"), Parts::default());
    }
}
