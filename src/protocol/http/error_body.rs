//! Parses error responses (distribution-spec v1.1.1, "Error codes") leniently: registries and their proxies send
//! anything.

use crate::protocol::json;
use crate::protocol::json::Members;
use crate::protocol::text::printable;

/// One error of an error response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorItem {
    /// The code: `MANIFEST_UNKNOWN`, `DENIED`…; empty if it does not follow the spec's grammar.
    pub code: String,
    /// The registry's message for the user; may be empty.
    pub message: String,
    /// The JSON of the error's `detail`.
    pub detail: Option<String>,
}

impl ErrorItem {
    /// Returns true if the error says that content a manifest refers to does not exist (distribution-spec v1.1.1,
    /// "Error codes"). For the entries of an index distribution sends `MANIFEST_BLOB_UNKNOWN` too.
    pub fn is_of_missing_part(&self) -> bool {
        matches!(self.code.as_str(), "MANIFEST_BLOB_UNKNOWN" | "BLOB_UNKNOWN" | "MANIFEST_UNKNOWN")
    }

    /// Returns true if the error says that an upload session is unknown or cannot be continued.
    pub fn is_of_lost_upload(&self) -> bool {
        matches!(self.code.as_str(), "BLOB_UPLOAD_UNKNOWN" | "BLOB_UPLOAD_INVALID")
    }

    /// Returns true if the message or the detail contains `what`.
    pub fn names(&self, what: &str) -> bool {
        self.message.contains(what) || self.detail.iter().any(|detail| detail.contains(what))
    }
}

/// Returns the errors of a body, in order. Unreadable items are omitted; a body in another format has none.
pub fn parse(body: &[u8]) -> Vec<ErrorItem> {
    let mut items = Vec::new();
    let text = String::from_utf8_lossy(body);
    if json::check_depth(&text).is_err() {
        return items;
    }
    if let Ok(members) = Members::read(&text, &["errors"])
        && let Some(errors) = members.get("errors")
    {
        // A value that is not an array has no items.
        _ = json::each_item(errors, &mut |_, item| {
            items.extend(read_item(item));
            Ok(())
        });
    }
    items
}

fn read_item(text: &str) -> Option<ErrorItem> {
    let members = Members::read(text, &["code", "message", "detail"]).ok()?;
    let string = |name| members.string(name).ok().flatten();
    let code = string("code").filter(|code| is_code(code)).unwrap_or_default();
    let message = string("message").unwrap_or_default();
    let readable = !(code.is_empty() && message.is_empty());
    readable.then(|| ErrorItem { code, message, detail: members.get("detail").map(str::to_owned) })
}

/// Returns true for a code. The spec says `[A-Z_]+`; registries have used digits too.
fn is_code(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|first: char| first.is_ascii_uppercase())
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Returns an excerpt of a body that is not an error response, for a message: at most 200 characters in one line.
/// `None` if it has no text.
pub fn excerpt(body: &[u8]) -> Option<String> {
    const LIMIT: usize = 200;
    let text = String::from_utf8_lossy(body);
    let message = message(&text);
    let out = printable::excerpt(message.as_deref().unwrap_or(&text), LIMIT);
    (!out.is_empty()).then_some(out)
}

/// Returns the title of an HTML page for a message, or else its first words.
pub fn title(body: &[u8]) -> Option<String> {
    const LIMIT: usize = 100;
    let text = String::from_utf8_lossy(body);
    let lower = text.to_ascii_lowercase();
    let inside = lower.find("<title").and_then(|at| {
        let start = at + lower.get(at..)?.find('>')? + 1;
        let end = start + lower.get(start..)?.find("</title")?;
        text.get(start..end)
    });
    let title = printable::excerpt(inside.unwrap_or_default(), LIMIT);
    if !title.is_empty() {
        return Some(title);
    }
    let words: Vec<&str> = text.split('<').filter_map(|piece| Some(piece.split_once('>')?.1)).collect();
    let words = printable::excerpt(&words.join(" "), LIMIT);
    (!words.is_empty()).then_some(words)
}

/// Returns the message of JSON in another format: V1 registries send `error`, Docker Hub `message`, `detail` or
/// `details`.
fn message(text: &str) -> Option<String> {
    const NAMES: &[&str] = &["error", "message", "detail", "details"];
    json::check_depth(text).ok()?;
    let members = Members::read(text, NAMES).ok()?;
    NAMES.iter().find_map(|name| members.string(name).ok().flatten())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(code: &str, message: &str, detail: Option<&str>) -> ErrorItem {
        ErrorItem { code: code.into(), message: message.into(), detail: detail.map(str::to_owned) }
    }

    /// S41, F68, F69: what can be read is taken.
    #[test]
    fn items() {
        for (body, expected) in [
            (
                r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown","detail":{"Tag": "x"}}]}"#,
                vec![item("MANIFEST_UNKNOWN", "manifest unknown", Some(r#"{"Tag": "x"}"#))],
            ),
            (
                r#"{"errors":[{"code":"DENIED"},null,7,"x",[],{},{"code":"UNAUTHORIZED","detail":null}],"more":1}"#,
                vec![item("DENIED", "", None), item("UNAUTHORIZED", "", None)],
            ),
            // registry.redhat.io
            (r#"{"errors": [{"code": "404", "message": "Not Found"}]}"#, vec![item("", "Not Found", None)]),
            (r#"{"errors":[{"code":404,"message":"m"}]}"#, vec![item("", "m", None)]),
            (r#"{"errors":[{"code":"NAME_UNKNOWN","message":{"a":1}}]}"#, vec![item("NAME_UNKNOWN", "", None)]),
            (r#"{"errors":[{"code":"lower","message":7}]}"#, vec![]),
            (r#"{"errors":[{"code":"_X"},{"code":"9"},{"code":""},{"code":"A B"}]}"#, vec![]),
            (r#"{"errors":[{"code":"E2BIG"}]}"#, vec![item("E2BIG", "", None)]),
            (r#"{"errors":[{"code":"A\ud800"}]}"#, vec![]),
            (r#"{"errors":{}}"#, vec![]),
            (r#"{"errors":null}"#, vec![]),
            (r#"{"errors":[null]}"#, vec![]),
            (r#"{"Errors":[{"code":"A"}]}"#, vec![]),
            (r#"{"errors":[{"code":"A"}"#, vec![]),
            ("null", vec![]),
            ("[]", vec![]),
            ("", vec![]),
            ("<html><body>JSON?</body></html>", vec![]),
        ] {
            assert_eq!(parse(body.as_bytes()), expected, "{body}");
        }
        let not_utf8 = b"{\"errors\":[{\"code\":\"DENIED\",\"message\":\"caf\xe9\"}]}";
        assert_eq!(parse(not_utf8), [item("DENIED", "caf\u{fffd}", None)]);
    }

    /// F37.
    #[test]
    fn deep_detail_is_no_error_body() {
        let deep = format!(r#"{{"errors":[{{"code":"A","detail":{}}}]}}"#, "[".repeat(100_000));
        assert_eq!(parse(deep.as_bytes()), []);
        assert_eq!(excerpt(deep.as_bytes()).map(|text| text.chars().count()), Some(200));
        let deep = format!(r#"{{"errors":[{{"code":"A","detail":{}{}}}]}}"#, "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(parse(deep.as_bytes()), []);
    }

    #[test]
    fn excerpts() {
        for (body, expected) in [
            ("", None),
            (" \r\n\t\u{0}", None),
            ("Not found\r\n", Some("Not found")),
            ("a\u{0}b\u{1b}[31m  c\n\n d", Some("a b [31m c d")),
            (r#"{"error":"Tag not found"}"#, Some("Tag not found")),
            (r#"{"message":"object not found","errinfo":{}}"#, Some("object not found")),
            (r#"{"details":"incorrect username or password"}"#, Some("incorrect username or password")),
            (r#"{"error":{"a":1}}"#, Some(r#"{"error":{"a":1}}"#)),
            (r#"{"errors": {}}"#, Some(r#"{"errors": {}}"#)),
        ] {
            assert_eq!(excerpt(body.as_bytes()).as_deref(), expected, "{body}");
        }
        assert_eq!(excerpt(b"\xff\xfe").as_deref(), Some("\u{fffd}\u{fffd}"));
    }

    #[test]
    fn titles() {
        for (page, expected) in [
            ("<html><head><TITLE>\n502 Bad  Gateway</Title></head><body>x", Some("502 Bad Gateway")),
            ("<!doctype html><title lang=en>Log in</title>", Some("Log in")),
            ("<title></title><h1>No <b>way</b></h1>", Some("No way")),
            ("<title>open", Some("open")),
            ("<p>\u{130}<title>\u{130}x</title>", Some("\u{130}x")),
            ("<br>", None),
            ("", None),
        ] {
            assert_eq!(title(page.as_bytes()).as_deref(), expected, "{page}");
        }
    }

    #[test]
    fn excerpts_are_cut() {
        for (body, length) in
            [("é".repeat(200), 200), ("é".repeat(201), 200), ("ab ".repeat(1000), 200), ("x".repeat(199), 199)]
        {
            let text = excerpt(body.as_bytes()).expect("a text");
            assert_eq!(text.chars().count(), length);
            assert_eq!(text.ends_with('…'), body.chars().count() > 200);
        }
    }
}
