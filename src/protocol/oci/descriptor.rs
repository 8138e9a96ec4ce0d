//! Descriptors (image-spec descriptor.md).

use serde::{Serialize, Serializer};

use crate::protocol::base64;
use crate::protocol::json;
use crate::protocol::json::Members;
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::platform::Platform;

/// Annotations (image-spec annotations.md) in document order. Any key is plain data, including `__proto__` and
/// `constructor`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Annotations(Vec<(String, String)>);

impl Annotations {
    /// Returns true if there are no annotations.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sets a key and replaces its value, if any.
    pub fn set(&mut self, key: &str, value: &str) {
        self.0.retain(|(other, _)| other != key);
        self.0.push((key.to_owned(), value.to_owned()));
    }

    /// Returns the value of a key; if the key is duplicated, the last value counts, as is usual in JSON.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().rev().find(|(other, _)| other == key).map(|(_, value)| value.as_str())
    }
}

impl Serialize for Annotations {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

/// A reference to content: its media type, digest and size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// The content's media type, which may be unknown to this client.
    pub media_type: String,
    /// The content's digest.
    pub digest: Digest,
    /// The content's size in bytes.
    pub size: u64,
    /// Further URLs of the content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub urls: Option<Vec<String>>,
    /// The descriptor's annotations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Annotations>,
    /// The artifact type, if the content is an artifact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    /// The platform, if the content is an image for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// The embedded content, if it matches digest and size.
    #[serde(skip)]
    pub data: Option<Vec<u8>>,
}

impl Descriptor {
    /// Creates a descriptor with the required fields only.
    pub fn new(media_type: String, digest: Digest, size: u64) -> Self {
        Self {
            media_type,
            digest,
            size,
            urls: None,
            annotations: None,
            artifact_type: None,
            platform: None,
            data: None,
        }
    }

    /// Parses a descriptor; the error starts with the path to the invalid value.
    pub(crate) fn from_json(text: &str) -> Result<Self, String> {
        const NAMES: &[&str] =
            &["mediaType", "digest", "size", "urls", "annotations", "artifactType", "platform", "data"];
        let members = Members::read_unique(text, NAMES)?;
        let mut descriptor = Self {
            media_type: members.required("mediaType", json::string)?,
            digest: members.required("digest", digest)?,
            size: members.required("size", json::size)?,
            urls: members.optional("urls", json::strings)?,
            annotations: members.optional("annotations", annotations)?,
            artifact_type: members.string("artifactType")?,
            platform: members.optional("platform", Platform::from_json)?.flatten(),
            data: None,
        };
        descriptor.data = members.optional("data", json::string)?.and_then(|data| descriptor.verified(&data));
        Ok(descriptor)
    }

    /// Returns the embedded content if it matches the descriptor. Otherwise the content is fetched as if it were not
    /// embedded.
    fn verified(&self, text: &str) -> Option<Vec<u8>> {
        let data = base64::decode(text)?;
        let same = data.len() as u64 == self.size && Digest::of(self.digest.algorithm()?, &data) == self.digest;
        same.then_some(data)
    }
}

/// Parses a digest from a JSON string.
pub(crate) fn digest(text: &str) -> Result<Digest, String> {
    Digest::parse(&json::string(text)?).map_err(|invalid| format!(": {}", invalid.message))
}

/// Parses annotations: an object of strings.
pub(crate) fn annotations(text: &str) -> Result<Annotations, String> {
    let mut annotations = Annotations::default();
    json::each_member(text, &mut |key, value| {
        let value =
            json::string(value).map_err(|error| format!("[{}]{error}", crate::protocol::invalid::quoted(key)))?;
        annotations.0.push((key.to_owned(), value));
        Ok(())
    })?;
    Ok(annotations)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY_JSON: &str = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

    fn with(more: &str) -> Result<Descriptor, String> {
        Descriptor::from_json(&format!(r#"{{"mediaType":"a/b","digest":"{EMPTY_JSON}","size":2{more}}}"#))
    }

    #[test]
    fn reads_and_serializes() {
        let more = r#","urls":["https://x"],"annotations":{"k":"v"},"artifactType":"c/d","data":"e30=",
            "platform":{"os":"windows","architecture":"amd64","os.version":"10.0","os.features":["win32k"],"variant":"v2","more":1}"#;
        let descriptor = with(more).expect("a descriptor");
        assert_eq!(descriptor.data.as_deref(), Some(&b"{}"[..]));
        let json = format!(
            r#"{{"mediaType":"a/b","digest":"{EMPTY_JSON}","size":2,"urls":["https://x"],"annotations":{{"k":"v"}},"artifactType":"c/d",{}}}"#,
            r#""platform":{"os":"windows","architecture":"amd64","variant":"v2","osVersion":"10.0","osFeatures":["win32k"]}"#
        );
        assert_eq!(serde_json::to_string(&descriptor).expect("json"), json);
        let json = format!(r#"{{"mediaType":"a/b","digest":"{EMPTY_JSON}","size":2}}"#);
        assert_eq!(
            serde_json::to_string(
                &with(r#","urls":null,"annotations":null,"platform":null,"data":null"#).expect("nulls")
            )
            .expect("json"),
            json
        );
    }

    /// S48, F42: what does not fit is as good as absent.
    #[test]
    fn data_is_checked() {
        for (data, kept) in
            [("e30=", true), ("e30", false), ("e31=", false), ("e30g", false), ("", false), ("%", false)]
        {
            let descriptor = with(&format!(r#","data":"{data}""#)).expect("a descriptor");
            assert_eq!(descriptor.data.is_some(), kept, "{data}");
        }
        let unknown = r#"{"mediaType":"","digest":"md5:99914b932bd37a50b983c5e7c90ae93b","size":2,"data":"e30="}"#;
        assert_eq!(Descriptor::from_json(unknown).map(|descriptor| descriptor.data), Ok(None));
    }

    /// F43.
    #[test]
    fn platforms_that_say_nothing() {
        for platform in
            ["{}", "null", r#"{"os":"","architecture":""}"#, r#"{"os":"linux"}"#, r#"{"architecture":"arm","os":null}"#]
        {
            let descriptor = with(&format!(r#","platform":{platform}"#)).expect(platform);
            assert_eq!(descriptor.platform, None, "{platform}");
        }
    }

    /// F41, S56: keys are data; values are strings.
    #[test]
    fn annotations_are_data() {
        let more = r#","annotations":{"__proto__":"a","constructor":"b","":"c","x":"1","x":"2"}"#;
        let annotations = with(more).expect("a descriptor").annotations.expect("annotations");
        for (key, value) in [("", "c"), ("__proto__", "a"), ("constructor", "b"), ("x", "2")] {
            assert_eq!(annotations.get(key), Some(value), "{key}");
        }
        assert_eq!(annotations.get("y"), None);
        assert!(
            serde_json::to_string(&annotations).expect("JSON").starts_with(r#"{"__proto__":"a","constructor":"b""#)
        );
    }

    #[test]
    fn refusals_name_the_place() {
        for (more, error) in [
            (r#","size":2"#, ".size: it is there twice"),
            (r#","digest":"sha256:x""#, ".digest: it is there twice"),
            (r#","urls":"x""#, ".urls: got \"x\"; an array is needed"),
            (r#","urls":["a",null]"#, ".urls[1]: got null; a string is needed"),
            (r#","annotations":[]"#, ".annotations: got an array; an object is needed"),
            (r#","annotations":{"a\n\"":1}"#, ".annotations[\"a\\n\\\"\"]: got 1; a string is needed"),
            (r#","artifactType":{}"#, ".artifactType: got an object; a string is needed"),
            (r#","platform":"linux""#, ".platform: got \"linux\"; an object is needed"),
            (r#","platform":{"os":1}"#, ".platform.os: got 1; a string is needed"),
            (r#","platform":{"os.features":[1]}"#, ".platform.os.features[0]: got 1; a string is needed"),
            (r#","data":7"#, ".data: got 7; a string is needed"),
        ] {
            assert_eq!(with(more), Err(error.into()));
        }
        for (text, error) in [
            ("null", ": got null; an object is needed"),
            ("{}", ".mediaType: it is missing"),
            (r#"{"mediaType":null}"#, ".mediaType: got null; a string is needed"),
            (r#"{"mediaType":""}"#, ".digest: it is missing"),
            (
                r#"{"mediaType":"","digest":""}"#,
                ".digest: digest \"\": an algorithm and ':' are needed, as in \"sha256:…\"",
            ),
            (r#"{"mediaType":"","digest":"a:b"}"#, ".size: it is missing"),
            (
                r#"{"mediaType":"","digest":"a:b","size":null}"#,
                ".size: got null; a whole number from 0 to 9007199254740991 is needed",
            ),
        ] {
            assert_eq!(Descriptor::from_json(text), Err(error.into()));
        }
    }
}
