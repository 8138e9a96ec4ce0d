//! Tag lists of the V1 protocol.

use crate::protocol::invalid::{Invalid, quoted};
use crate::protocol::json;
use crate::protocol::json::Members;
use crate::protocol::oci::listing::check_length;
use crate::protocol::oci::reference::TAG_LIMIT;
use crate::protocol::v1::{ImageId, refusal};

/// Returns the names in the response to `…/tags`, in order: an object of ids by tag (docker-registry), or a list of
/// objects with a `name` (Docker Hub).
pub fn tags(body: &[u8]) -> Result<Vec<String>, Invalid> {
    let read = || {
        let mut names = Vec::new();
        let text = json::text(body)?;
        let start = text.trim_start();
        if start.starts_with('[') {
            json::each_item(text, &mut |_, item| {
                let name = Members::read_unique(item, &["name"])?.required("name", json::string)?;
                check_length(&name, TAG_LIMIT).map_err(|error| json::at("name", error))?;
                names.push(name);
                Ok(())
            })?;
        } else if start.starts_with('{') {
            json::each_member(text, &mut |name, id| {
                let checked = check_length(name, TAG_LIMIT).and_then(|()| json::string(id));
                checked.map_err(|error| json::at(&quoted(name), error))?;
                names.push(name.to_owned());
                Ok(())
            })?;
        } else {
            // This produces the better message for text that is not JSON.
            json::each_member(text, &mut |_, _| Ok(()))?;
        }
        Ok(names)
    };
    read().map_err(|error| refusal("tag list", error))
}

/// Returns the id in the response to `…/tags/TAG`, a JSON string.
pub fn tag(body: &[u8]) -> Result<ImageId, Invalid> {
    json::text(body).and_then(|text| ImageId::from_json(text.trim())).map_err(|error| refusal("tag", error))
}

/// Returns the response to `…/tags/TAG/json`, an object.
pub fn tag_json(body: &[u8]) -> Result<String, Invalid> {
    let read = || {
        let text = json::text(body)?.trim();
        json::each_member(text, &mut |_, _| Ok(()))?;
        Ok(text.to_owned())
    };
    read().map_err(|error| refusal("tag JSON", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms() {
        let id = "a".repeat(64);
        for (text, expected) in [
            ("{}", &[][..]),
            ("[]", &[]),
            (&format!(r#"{{"latest":"{id}","1.0":"{id}","__proto__":"x"}}"#), &["latest", "1.0", "__proto__"]),
            (r#" [{"layer":"","name":"latest"},{"name":"1.0","layer":"abcd1234"}]"#, &["latest", "1.0"]),
        ] {
            assert_eq!(tags(text.as_bytes()).expect(text), expected, "{text}");
        }
        assert_eq!(tag(format!("\"{id}\"\n").as_bytes()).map(|id| id.to_string()), Ok(id));
    }

    #[test]
    fn refusals_name_the_place() {
        let (deep, long) = ("[".repeat(100_000), "t".repeat(129));
        for (text, place) in [
            ("null", "tag list: got null; an object is needed"),
            ("\"latest\"", "tag list: got \"latest\"; an object is needed"),
            (r#"["latest"]"#, "tag list: [0]: got \"latest\"; an object is needed"),
            (r#"[{"name":"a"},{"layer":"b"}]"#, "tag list: [1].name: it is missing"),
            (r#"[{"name":null}]"#, "tag list: [0].name: got null; a string is needed"),
            (r#"{"latest":null}"#, "tag list: \"latest\": got null; a string is needed"),
            (r#"{"latest":{"id":"a"}}"#, "tag list: \"latest\": got an object; a string is needed"),
            (
                &format!(r#"{{"{long}":"x"}}"#),
                &format!("tag list: \"{}…\": it has 129 bytes; 128 at most", "t".repeat(80)),
            ),
            (&format!(r#"[{{"name":"{long}"}}]"#), "tag list: [0].name: it has 129 bytes; 128 at most are allowed"),
            ("<!doctype html>", "tag list: not JSON"),
            ("", "tag list: not JSON"),
            ("{", "tag list: not JSON"),
            (&deep, "tag list: nested more than 128 deep"),
        ] {
            let refused = tags(text.as_bytes()).expect_err(place);
            assert_eq!(refused.code, "INVALID_RESPONSE");
            assert!(refused.message.replace("tag list[", "tag list: [").starts_with(place), "{}", refused.message);
        }
        for (text, rule) in [
            ("null", "tag: got null; a string is needed"),
            ("{}", "tag: got an object"),
            ("\"../x\"", "tag: image id \"../x\": '.' at position 0"),
            ("\"abc\"", "tag: image id \"abc\": it has 3 digits"),
            ("<html>", "tag: got <html>"),
        ] {
            let refused = tag(text.as_bytes()).expect_err(text);
            assert_eq!(refused.code, "INVALID_RESPONSE");
            assert!(refused.message.starts_with(rule), "{}", refused.message);
        }
        assert_eq!(tag_json(b" {\"last_update\":1}\n").expect("JSON"), "{\"last_update\":1}");
        for text in ["null", "[]", "<html>", "{"] {
            assert_eq!(tag_json(text.as_bytes()).expect_err(text).code, "INVALID_RESPONSE");
        }
    }
}
