//! Removes entries from an index and keeps everything else verbatim.

use crate::protocol::invalid::Invalid;
use crate::protocol::json;
use crate::protocol::json::ObjectText;

/// Returns the index with the entries for whose positions `keep` returns true. Members and entries keep their text and
/// order.
pub fn with_entries(index: &[u8], keep: &mut dyn FnMut(usize) -> bool) -> Result<Vec<u8>, Invalid> {
    filtered(index, keep).map_err(|error| Invalid::response(json::complete("index", &error)))
}

fn filtered(index: &[u8], keep: &mut dyn FnMut(usize) -> bool) -> Result<Vec<u8>, String> {
    let text = json::text(index)?;
    let mut members = ObjectText::default();
    json::each_member(text, &mut |key, value| {
        let filtered = if key == "manifests" { Some(entries(value, keep)?) } else { None };
        members.put(key, filtered.as_deref().or(Some(value)));
        Ok(())
    })?;
    Ok(members.finish().into_bytes())
}

fn entries(list: &str, keep: &mut dyn FnMut(usize) -> bool) -> Result<String, String> {
    let mut kept = Vec::new();
    json::each_item(list, &mut |position, entry| {
        if keep(position) {
            kept.push(entry);
        }
        Ok(())
    })?;
    Ok(json::array(&kept))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep(index: &str, wanted: &[usize]) -> Result<String, String> {
        let filtered = with_entries(index.as_bytes(), &mut |position| wanted.contains(&position));
        filtered.map(|bytes| String::from_utf8(bytes).expect("text")).map_err(Invalid::into_message)
    }

    #[test]
    fn what_is_kept_stays_as_it_was() {
        let index = r#"{ "schemaVersion" : 2, "manifests": [ {"a": 1}, {"b" : [ 2 ]}, {"c":3} ], "annotations": {"__proto__":"x", "é":"\u00e9"} }"#;
        let rest = r#""annotations":{"__proto__":"x", "é":"\u00e9"}"#;
        for (wanted, entries) in [
            (&[0, 1, 2][..], r#"{"a": 1},{"b" : [ 2 ]},{"c":3}"#),
            (&[1], r#"{"b" : [ 2 ]}"#),
            (&[2, 0, 7], r#"{"a": 1},{"c":3}"#),
            (&[], ""),
        ] {
            assert_eq!(
                keep(index, wanted).expect("an index"),
                format!(r#"{{"schemaVersion":2,"manifests":[{entries}],{rest}}}"#)
            );
        }
    }

    #[test]
    fn what_is_no_index_is_refused() {
        for index in ["", "[]", "{\"manifests\":{}}", "{\"manifests\":[}", "{"] {
            assert!(keep(index, &[0]).expect_err(index).starts_with("index: "), "{index}");
        }
    }
}
