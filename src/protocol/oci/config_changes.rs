//! The fields in which two image configs differ (image-spec config.md).

use crate::protocol::invalid::Invalid;
use crate::protocol::json;

/// A field that differs.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigChange {
    /// Its name; fields within each other are separated by a dot.
    pub field: String,
    /// Its JSON in the first config.
    pub before: Option<String>,
    /// Its JSON in the second.
    pub after: Option<String>,
}

/// Compares two configs, except `rootfs` and `history`, which describe the layers.
///
/// # Errors
///
/// `INVALID_RESPONSE` when one is not a JSON object.
pub fn config_changes(before: &[u8], after: &[u8]) -> Result<Vec<ConfigChange>, Invalid> {
    let (before, after) = (fields(before)?, fields(after)?);
    let mut names: Vec<&String> = before.iter().chain(&after).map(|(name, _)| name).collect();
    names.sort();
    names.dedup();
    let get = |fields: &[(String, String)], name: &String| {
        fields.iter().rev().find(|(field, _)| field == name).map(|(_, value)| value.clone())
    };
    let changes = names.into_iter().map(|name| {
        let (before, after) = (get(&before, name), get(&after, name));
        ConfigChange { field: name.clone(), before, after }
    });
    Ok(changes.filter(|change| change.before != change.after).collect())
}

/// The fields of a config, those within objects too, each with its JSON.
fn fields(config: &[u8]) -> Result<Vec<(String, String)>, Invalid> {
    let refusal = |error: String| Invalid::response(json::complete("image config", &error));
    let mut found = Vec::new();
    let text = json::text(config).map_err(refusal)?;
    let mut objects = vec![(String::new(), text)];
    while let Some((place, object)) = objects.pop() {
        json::each_member(object, &mut |name, value| {
            if place.is_empty() && matches!(name, "rootfs" | "history") {
                return Ok(());
            }
            let path = if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
            if value.starts_with('{') {
                objects.push((path, value));
            } else {
                found.push((path, without_blanks(value)));
            }
            Ok(())
        })
        .map_err(refusal)?;
    }
    Ok(found)
}

/// JSON without blanks between its tokens.
fn without_blanks(json: &str) -> String {
    let mut is_text = false;
    let mut is_escaped = false;
    let keep = |character: &char| {
        if *character == '"' && !is_escaped {
            is_text = !is_text;
        }
        is_escaped = is_text && !is_escaped && *character == '\\';
        is_text || !character.is_ascii_whitespace()
    };
    json.chars().filter(keep).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_configs() {
        let before = br#"{"os":"linux","config":{"Env":["A=1", "B=\" 2"],"Labels":{"a":"1","b":"2"},"User":""},"rootfs":{"x":1}}"#;
        let after =
            br#"{"os":"linux","config":{"Env":["A=1","B=\" 2" ],"Labels":{"a":"1","c":"3"},"User":"me"},"rootfs":{}}"#;
        let change = |field: &str, before: Option<&str>, after: Option<&str>| ConfigChange {
            field: field.to_owned(),
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
        };
        assert_eq!(
            config_changes(before, after).unwrap(),
            [
                change("config.Labels.b", Some("\"2\""), None),
                change("config.Labels.c", None, Some("\"3\"")),
                change("config.User", Some("\"\""), Some("\"me\"")),
            ]
        );
        assert!(config_changes(b"[]", b"{}").is_err());
    }
}
