//! Builds the image config of a schema 1 image from its V1 JSON, as docker and skopeo do when they convert one: the
//! same members in the same order and encoding, so that the image id is the same as theirs.

use serde::Serialize;

use crate::protocol::invalid::Invalid;
use crate::protocol::oci::digest::Digest;
use crate::protocol::schema1::{Schema1, Step};
use crate::protocol::{code, json};

/// Go's zero time, which stands for an unset date.
const NEVER: &str = "0001-01-01T00:00:00Z";
/// The maximum number of members in the V1 JSON; there are about two dozen.
const MEMBER_LIMIT: usize = 1000;
/// Members of the V1 JSON that are not copied to the config.
const DROPPED: &[&str] = &["id", "parent", "parent_id", "layer_id", "throwaway", "Size", "rootfs", "history"];

#[derive(Serialize)]
struct History<'a> {
    created: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    created_by: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    empty_layer: bool,
}

impl<'a> From<&'a Step> for History<'a> {
    fn from(step: &'a Step) -> Self {
        Self {
            created: step.created.as_deref().unwrap_or(NEVER),
            author: step.author.as_deref(),
            created_by: &step.created_by,
            comment: step.comment.as_deref(),
            empty_layer: step.is_empty,
        }
    }
}

#[derive(Serialize)]
struct RootFs<'a> {
    r#type: &'a str,
    diff_ids: &'a [Digest],
}

impl Schema1 {
    /// Returns the config. `diff_ids` are those of the non-empty layers, base first; without them the config has no
    /// `rootfs`, which schema 1 does not provide.
    pub fn config(&self, diff_ids: Option<&[Digest]>) -> Result<Vec<u8>, Invalid> {
        let unwritable = |error| Invalid::new(code::INTERNAL, format!("config: {error}"));
        let history: Vec<History<'_>> = self.steps.iter().map(History::from).collect();
        let mut members: Vec<Member> = Vec::new();
        put(&mut members, "history", serde_json::to_string(&history).map_err(unwritable)?);
        if let Some(diff_ids) = diff_ids {
            let rootfs = RootFs { r#type: "layers", diff_ids };
            put(&mut members, "rootfs", serde_json::to_string(&rootfs).map_err(unwritable)?);
        }
        if let Some(architecture) = &self.architecture {
            put(&mut members, "architecture", json::string_literal(architecture));
        }
        let read = json::each_member(&self.top, &mut |key, value| {
            if members.len() > MEMBER_LIMIT {
                return Err(format!(": more than {MEMBER_LIMIT} members are not read"));
            }
            if !DROPPED.contains(&key) {
                put(&mut members, key, value.to_owned());
            }
            Ok(())
        });
        read.map_err(|error| Invalid::response(json::complete("v1Compatibility", &error)))?;
        let mut config = String::from("{");
        for (key, value) in &members {
            if config.len() > 1 {
                config.push(',');
            }
            write(&mut config, &json::string_literal(key));
            config.push(':');
            write(&mut config, value);
        }
        config.push('}');
        Ok(config.into_bytes())
    }
}

/// A name and a value's JSON.
type Member = (String, String);

/// Inserts a member in the order of names; the last one of a duplicated name counts, as is usual in JSON.
fn put(members: &mut Vec<Member>, name: &str, value: String) {
    match members.binary_search_by(|(other, _)| other.as_str().cmp(name)) {
        Ok(at) => members.get_mut(at).into_iter().for_each(|member| member.1 = value.clone()),
        Err(at) => members.insert(at, (name.to_owned(), value)),
    }
}

/// Writes JSON as Go's encoder does: without whitespace, and with HTML's special characters escaped.
fn write(config: &mut String, json: &str) {
    let (mut in_string, mut is_escaped) = (false, false);
    for character in json.chars() {
        match character {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => config.push_str(&format!("\\u{:04x}", u32::from(character))),
            ' ' | '\t' | '\r' | '\n' if !in_string => {}
            _ => config.push(character),
        }
        in_string ^= character == '"' && !is_escaped;
        is_escaped = in_string && character == '\\' && !is_escaped;
    }
}
