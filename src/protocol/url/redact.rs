//! Removes what may be secret from the URLs in messages.

/// How JSON encoders that also protect HTML write `&`.
const ESCAPED_AND: &str = r"\u0026";

/// Appends a query. A value may be a signature, a token or the state of an upload, so only those of the registry API's own
/// parameters are shown.
pub fn push_query(out: &mut String, query: &str) {
    let mut separator = "";
    for item in query.split('&').filter(|item| !item.is_empty()) {
        out.push_str(std::mem::replace(&mut separator, "&"));
        match item.split_once('=') {
            Some(("n" | "last" | "digest" | "service" | "scope", _)) => out.push_str(item),
            Some((name, _)) => {
                out.push_str(name);
                out.push_str("=…");
            }
            None => out.push('…'),
        }
    }
}

/// Redacts the queries in a text that a server wrote, which may repeat the URL of the request.
pub fn queries(text: &str) -> String {
    let ends =
        |character: char| character.is_whitespace() || character.is_control() || r#"\"'`<>,)]}|?"#.contains(character);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('?') {
        out.push_str(before);
        out.push('?');
        rest = behind;
        loop {
            let (query, behind) = rest.split_at_checked(rest.find(ends).unwrap_or(rest.len())).unwrap_or((rest, ""));
            // A question mark of a sentence begins no query.
            if query.contains('=') {
                push_query(&mut out, query)
            } else {
                out.push_str(query)
            }
            rest = behind;
            let Some(more) = rest.strip_prefix(ESCAPED_AND) else { break };
            out.push_str(ESCAPED_AND);
            rest = more;
        }
    }
    out.push_str(rest);
    out
}

/// Returns a text that may be a URL or a reference without its user info, which may hold a password; `None` if it has none. The
/// `@` in front of a digest is another one.
pub fn without_user_info(text: &str) -> Option<String> {
    let is_digest = |behind: &str| behind.starts_with("@sha256:") || behind.starts_with("@sha512:");
    let mut parts = text.match_indices('@').filter_map(|(at, _)| text.split_at_checked(at));
    let (before, behind) = parts.rfind(|(_, behind)| !is_digest(behind))?;
    match before.split_once("://") {
        Some((scheme, _)) => Some(format!("{scheme}://…{behind}")),
        None => before.contains(':').then(|| format!("…{behind}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_that_a_server_repeats() {
        for (text, expected) in [
            ("no such upload", "no such upload"),
            ("really? a=b", "really? a=b"),
            ("why?", "why?"),
            ("/v2/a/blobs/uploads/1?_state=s3cret", "/v2/a/blobs/uploads/1?_state=…"),
            (
                r#"{"path":"/u?_state=s3cret\u0026digest=sha256:a","x":1}"#,
                r#"{"path":"/u?_state=…\u0026digest=sha256:a","x":1}"#,
            ),
            ("<a href='/u?x=s3cret&amp;y=s3cret'>?y=s3cret</a>", "<a href='/u?x=…&amp;y=…'>?y=…</a>"),
            ("</v2/_catalog?n=5&last=a&sig=s3cret>; rel=next", "</v2/_catalog?n=5&last=a&sig=…>; rel=next"),
            ("a?b?c=s3cret", "a?b?c=…"),
            ("?", "?"),
            ("", ""),
        ] {
            assert_eq!(queries(text), expected);
        }
    }

    #[test]
    fn user_info_of_what_a_caller_gave() {
        for (text, expected) in [
            ("https://alice:s3cret@h/x", Some("https://…@h/x")),
            ("https://s3cret@h", Some("https://…@h")),
            ("alice:s3cr@et@h:5000/a@sha256:ab", Some("…@h:5000/a@sha256:ab")),
            ("ftp://a:s3/cr?et@h", Some("ftp://…@h")),
            ("h:5000/a:1@sha256:ab", None),
            ("jane@example.com", None),
            ("a", None),
            ("", None),
        ] {
            assert_eq!(without_user_info(text).as_deref(), expected, "{text}");
        }
    }
}
