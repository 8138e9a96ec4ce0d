//! The JSON document of a V1 image.

use crate::protocol::invalid::Invalid;
use crate::protocol::json;
use crate::protocol::json::Members;
use crate::protocol::oci::config::History;
use crate::protocol::oci::digest::{Algorithm, Digest};
use crate::protocol::oci::platform::Platform;
use crate::protocol::v1::{ImageId, refusal};

/// The contents of an image's JSON document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageJson {
    /// The parent image; `None` for a base image.
    pub parent: Option<ImageId>,
    /// The platform, if it is given.
    pub platform: Option<Platform>,
    /// The build step of its layer.
    pub step: History,
}

impl ImageJson {
    /// Parses the JSON of an image; its id must be `of`.
    pub fn parse(body: &[u8], of: &ImageId) -> Result<Self, Invalid> {
        let read = || {
            let (id, read) = read(body)?;
            match id.filter(|id| id != of) {
                Some(id) => Err(json::at("id", format!(": it is {id}, {of} was requested"))),
                None => Ok(read),
            }
        };
        read().map_err(|error| refusal("image JSON", error))
    }
}

/// Parses the JSON of an image that the caller pushes, and its id.
pub fn new_image(body: &[u8]) -> Result<(ImageId, ImageJson), Invalid> {
    let read =
        read(body).and_then(|(id, read)| Ok((id.ok_or_else(|| json::at("id", ": it is missing".into()))?, read)));
    read.map_err(|error| Invalid::argument(json::complete("json", &error)))
}

fn read(body: &[u8]) -> Result<(Option<ImageId>, ImageJson), String> {
    const NAMES: &[&str] = &[
        "id",
        "parent",
        "os",
        "architecture",
        "variant",
        "os.version",
        "os.features",
        "created",
        "author",
        "comment",
        "container_config",
    ];
    let members = Members::read_unique(json::text(body)?, NAMES)?;
    let parent = members.get("parent").filter(|text| *text != "\"\"");
    let command = members.optional("container_config", |text| {
        let words = Members::read_unique(text, &["Cmd"])?.optional("Cmd", json::strings)?;
        Ok(words.map(|words| words.join(" ")).filter(|command| !command.is_empty()))
    })?;
    let image = ImageJson {
        parent: parent.map(ImageId::from_json).transpose().map_err(|error| json::at("parent", error))?,
        platform: Platform::from_members(&members)?,
        step: History {
            created: members.string("created")?,
            created_by: command.flatten(),
            author: members.string("author")?,
            comment: members.string("comment")?,
            empty_layer: false,
        },
    };
    Ok((members.optional("id", ImageId::from_json)?, image))
}

/// Parses `X-Docker-Size`: the layer's size in bytes, as stored.
pub fn layer_size(value: &str) -> Option<u64> {
    json::size(value.trim()).ok()
}

/// Returns the checksum in `X-Docker-Checksum-Payload` that is the SHA-256 of the image's JSON, a line feed and its
/// layer. docker-registry sends a Python list of checksums.
pub fn checksum_header(value: &str) -> Option<Digest> {
    let words = value.split(|character: char| !(character.is_ascii_alphanumeric() || matches!(character, ':' | '+')));
    let mut digests = words.filter_map(|word| Digest::parse(word).ok());
    digests.find(|digest| digest.algorithm() == Some(Algorithm::Sha256))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(digit: char) -> ImageId {
        ImageId::parse(&digit.to_string().repeat(64)).expect("an id")
    }

    #[test]
    fn reads() {
        let text = format!(
            r#"{{"id":"{}","parent":"{}","created":"2013-03-23T12:53:11.10432-07:00","author":"me","comment":"c","os":"linux",
            "architecture":"amd64","container_config":{{"Cmd":["/bin/sh","-c","make"],"Env":null}},"Size":1,"more":{{}}}}"#,
            id('a'),
            id('b')
        );
        let image = ImageJson::parse(text.as_bytes(), &id('a')).expect("an image");
        assert_eq!(image.parent, Some(id('b')));
        assert_eq!(image.platform.map(|platform| platform.to_string()).as_deref(), Some("linux/amd64"));
        let some = |text: &str| Some(text.to_owned());
        let created = some("2013-03-23T12:53:11.10432-07:00");
        let (created_by, author, comment) = (some("/bin/sh -c make"), some("me"), some("c"));
        assert_eq!(image.step, History { created, created_by, author, comment, empty_layer: false });
        for text in ["{}", r#"{"parent":"","container_config":null}"#, r#"{"container_config":{"Cmd":null}}"#] {
            let image = ImageJson::parse(text.as_bytes(), &id('a')).expect(text);
            assert_eq!((image.parent, image.platform, image.step), (None, None, History::default()));
        }
    }

    #[test]
    fn refusals_name_the_place() {
        let other = format!(r#"{{"id":"{}"}}"#, id('b'));
        for (text, rule) in [
            ("null", "image JSON: got null"),
            (&other, "image JSON: id: it is bbbb"),
            (r#"{"id":1}"#, "image JSON: id: got 1"),
            (r#"{"id":"x"}"#, "image JSON: id: image id \"x\": 'x' at position 0"),
            (r#"{"parent":"../x"}"#, "image JSON: parent: image id \"../x\""),
            (r#"{"created":1}"#, "image JSON: created: got 1"),
            (r#"{"container_config":{"Cmd":"make"}}"#, "image JSON: container_config.Cmd: got \"make\"; an array"),
            (r#"{"id":null,"id":"a"}"#, "image JSON: id: it is there twice"),
            ("<html>", "image JSON: not JSON"),
        ] {
            let refused = ImageJson::parse(text.as_bytes(), &id('a')).expect_err(text);
            assert_eq!(refused.code, "INVALID_RESPONSE");
            assert!(refused.message.starts_with(rule), "{}", refused.message);
        }
        for (text, rule) in [("{}", "json: id: it is missing"), (r#"{"id":"../x"}"#, "json: id: image id \"../x\"")] {
            let refused = new_image(text.as_bytes()).expect_err(text);
            assert_eq!(refused.code, "INVALID_ARGUMENT");
            assert!(refused.message.starts_with(rule), "{}", refused.message);
        }
        assert_eq!(new_image(other.as_bytes()).map(|(id, _)| id), Ok(id('b')));
    }

    #[test]
    fn header_fields() {
        let hash = format!("sha256:{}", "a".repeat(64));
        for value in
            [hash.clone(), format!("['{hash}']"), format!("[\"tarsum+sha256:{}\", \"{hash}\"]", "b".repeat(64))]
        {
            assert_eq!(checksum_header(&value).map(|digest| digest.to_string()), Some(hash.clone()), "{value}");
        }
        for value in ["", "[]", "sha256:x", "tarsum+sha256:aa", "md5:00"] {
            assert_eq!(checksum_header(value), None, "{value}");
        }
        assert_eq!((layer_size(" 12 "), layer_size("-1"), layer_size("")), (Some(12), None, None));
    }
}
