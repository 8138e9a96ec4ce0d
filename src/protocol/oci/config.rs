//! Image configs (image-spec config.md; Docker's configs have the same fields).

use crate::protocol::invalid::Invalid;
use crate::protocol::json;
use crate::protocol::json::Members;
use crate::protocol::oci::descriptor;
use crate::protocol::oci::digest::{Algorithm, Digest};
use crate::protocol::oci::platform::Platform;

/// The parts of an image config that this client uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageConfig {
    /// The image's creation time, RFC 3339.
    pub created: Option<String>,
    /// The image's author.
    pub author: Option<String>,
    /// The platform; `None` if the operating system or the architecture is missing.
    pub platform: Option<Platform>,
    /// The digests of the uncompressed layers, base first.
    pub diff_ids: Vec<Digest>,
    /// The build steps, oldest first.
    pub history: Vec<History>,
}

/// A build step of an image.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// The time of the step, RFC 3339.
    pub created: Option<String>,
    /// The command of the step.
    pub created_by: Option<String>,
    /// The author of the step.
    pub author: Option<String>,
    /// A comment of the builder.
    pub comment: Option<String>,
    /// True if the step created no layer.
    pub empty_layer: bool,
}

impl ImageConfig {
    /// Parses a config. Unknown members are ignored.
    pub fn parse(bytes: &[u8]) -> Result<Self, Invalid> {
        json::text(bytes).and_then(Self::from_json).map_err(refusal)
    }

    fn from_json(text: &str) -> Result<Self, String> {
        const NAMES: &[&str] =
            &["os", "architecture", "variant", "os.version", "os.features", "created", "author", "rootfs", "history"];
        let members = Members::read_unique(text, NAMES)?;
        Ok(Self {
            created: members.string("created")?,
            author: members.string("author")?,
            platform: Platform::from_members(&members)?,
            diff_ids: members.optional("rootfs", diff_ids)?.unwrap_or_default(),
            history: members.optional("history", history)?.unwrap_or_default(),
        })
    }

    /// Returns the chain ids of the layers, base first (image-spec config.md, "Layer ChainID").
    pub fn chain_ids(&self) -> Vec<Digest> {
        let mut chain: Vec<Digest> = Vec::with_capacity(self.diff_ids.len());
        for diff_id in &self.diff_ids {
            chain.push(match chain.last() {
                Some(below) => Digest::of(Algorithm::Sha256, format!("{below} {diff_id}").as_bytes()),
                None => diff_id.clone(),
            });
        }
        chain
    }
}

/// Checks that a document is a JSON object and returns its text.
pub fn check_object(json: &[u8]) -> Result<&str, Invalid> {
    let text = json::text(json).map_err(refusal)?;
    json::each_member(text, &mut |_, _| Ok(())).map_err(refusal)?;
    Ok(text)
}

/// Returns one member of an object; if the name is duplicated, the last one counts, as in JavaScript's `JSON.parse`.
pub fn field<'a>(json: &'a [u8], name: &str) -> Result<Option<&'a str>, Invalid> {
    let mut found = None;
    let text = json::text(json).map_err(refusal)?;
    json::each_member(text, &mut |key, value| {
        if key == name {
            found = Some(value);
        }
        Ok(())
    })
    .map_err(refusal)?;
    Ok(found)
}

fn refusal(error: String) -> Invalid {
    Invalid::response(json::complete("image config", &error))
}

fn diff_ids(text: &str) -> Result<Vec<Digest>, String> {
    let mut digests = Vec::new();
    Members::read_unique(text, &["diff_ids"])?.optional("diff_ids", |text| {
        json::each_item(text, &mut |_, item| {
            digests.push(descriptor::digest(item)?);
            Ok(())
        })
    })?;
    Ok(digests)
}

fn history(text: &str) -> Result<Vec<History>, String> {
    const NAMES: &[&str] = &["created", "created_by", "author", "comment", "empty_layer"];
    let mut steps = Vec::new();
    json::each_item(text, &mut |_, item| {
        let members = Members::read_unique(item, NAMES)?;
        steps.push(History {
            created: members.string("created")?,
            created_by: members.string("created_by")?,
            author: members.string("author")?,
            comment: members.string("comment")?,
            empty_layer: members.optional("empty_layer", json::boolean)?.unwrap_or_default(),
        });
        Ok(())
    })?;
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const B: &str = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    fn parse(text: &str) -> Result<ImageConfig, Invalid> {
        ImageConfig::parse(text.as_bytes())
    }

    /// S53: what is not known, an unknown kind of root file system included, is no error.
    #[test]
    fn reads() {
        let text = format!(
            r#"{{"created":"2024-01-02T03:04:05Z","author":"me","architecture":"arm64","os":"linux","variant":"v8","os.version":"",
            "config":{{"Labels":{{"__proto__":"x"}}}},"rootfs":{{"type":"other","diff_ids":["{A}","{B}"]}},
            "history":[{{"created":"2024","created_by":"CMD","author":"a","comment":"c","empty_layer":true,"more":1}},{{}}],"more":{{}}}}"#
        );
        let config = parse(&text).expect("a config");
        assert_eq!((config.created.as_deref(), config.author.as_deref()), (Some("2024-01-02T03:04:05Z"), Some("me")));
        assert_eq!(config.platform.map(|platform| platform.to_string()).as_deref(), Some("linux/arm64/v8"));
        assert_eq!(config.diff_ids.iter().map(Digest::as_str).collect::<Vec<_>>(), [A, B]);
        let some = |text: &str| Some(text.to_owned());
        let (created, created_by, author, comment) = (some("2024"), some("CMD"), some("a"), some("c"));
        let step = History { created, created_by, author, comment, empty_layer: true };
        assert_eq!(config.history, [step, History::default()]);
        for text in
            ["{}", r#"{"rootfs":null,"history":null,"os":"","architecture":null}"#, r#"{"os":"linux","rootfs":{}}"#]
        {
            let config = parse(text).expect(text);
            assert!(config.platform.is_none() && config.diff_ids.is_empty() && config.history.is_empty());
        }
    }

    #[test]
    fn refusals_name_the_place() {
        let deep = format!(r#"{{"config":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
        for (text, place) in [
            ("null", ": got null; an object is needed"),
            ("", ": not JSON"),
            (r#"{"created":1}"#, ": created: got 1; a string is needed"),
            (r#"{"os":"a","os":"b"}"#, ": os: it is there twice"),
            (r#"{"rootfs":[]}"#, ": rootfs: got an array; an object is needed"),
            (r#"{"rootfs":{"diff_ids":{}}}"#, ": rootfs.diff_ids: got an object; an array is needed"),
            (r#"{"rootfs":{"diff_ids":["sha256:x"]}}"#, ": rootfs.diff_ids[0]: digest \"sha256:x\""),
            (r#"{"history":{}}"#, ": history: got an object; an array is needed"),
            (r#"{"history":[null]}"#, ": history[0]: got null; an object is needed"),
            (r#"{"history":[{},{"empty_layer":"x"}]}"#, ": history[1].empty_layer: got \"x\"; true or false is needed"),
            (r#"{"os.features":"x"}"#, ": os.features: got \"x\"; an array is needed"),
            (&deep, ": nested more than 128 deep"),
        ] {
            let refused = parse(text).expect_err(place);
            assert_eq!(refused.code, "INVALID_RESPONSE");
            assert!(refused.message.starts_with(&format!("image config{place}")), "{}", refused.message);
        }
    }

    /// image-spec config.md, "Layer ChainID"; the second was computed with sha256sum.
    #[test]
    fn chain_ids_base_first() {
        let config = parse(&format!(r#"{{"rootfs":{{"diff_ids":["{A}","{B}"]}}}}"#)).expect("a config");
        let chain = config.chain_ids();
        assert_eq!(
            chain.iter().map(Digest::as_str).collect::<Vec<_>>(),
            [A, "sha256:ccd722928bd92476ba1745586fed6e45a102504185ad88cd89e01ff116fd146c"]
        );
        assert_eq!(parse("{}").map(|config| config.chain_ids()), Ok(vec![]));
    }

    #[test]
    fn fields() {
        let json = br#"{"a": {"b" : 1} ,"n":null,"__proto__":"x","a\u0062":[2], "a":3}"#;
        for (name, expected) in [
            ("a", Some("3")),
            ("n", Some("null")),
            ("__proto__", Some("\"x\"")),
            ("ab", Some("[2]")),
            ("b", None),
            ("", None),
        ] {
            assert_eq!(field(json, name).expect(name), expected, "{name}");
        }
        for json in [&b"[]"[..], b"", b"{", b"\xff", &b"{\"a\":".repeat(100_000)] {
            assert_eq!(field(json, "a").expect_err("no object").code, "INVALID_RESPONSE");
            assert_eq!(check_object(json).expect_err("no object").code, "INVALID_RESPONSE");
        }
        assert_eq!(check_object(b" {\"a\":[1]}\n"), Ok(" {\"a\":[1]}\n"));
        assert!(check_object(b"{\"a\":[1}").is_err());
    }
}
