//! The `Link` header field (RFC 8288), which points to the next page of a listing.

use crate::protocol::http::field;
use crate::protocol::http::field::{BLANKS, BLANKS_AND_COMMAS};
use crate::protocol::invalid::{Invalid, quoted};
use crate::protocol::url::redact;

/// Returns the target of the link with the relation `next`, verbatim; `None` if there is none. An unreadable field is
/// an error: if it were ignored, the listing would end early without notice.
pub fn next<'a>(values: impl Iterator<Item = &'a str>) -> Result<Option<String>, Invalid> {
    let mut next = None;
    for value in values {
        let mut rest = value.trim_start_matches(BLANKS_AND_COMMAS);
        while !rest.is_empty() {
            let link = Link::read(&mut rest).map_err(|rule| {
                Invalid::response(format!("Link header {}: {rule}", quoted(&redact::queries(value))))
            })?;
            if link.is_next && next.is_none() {
                next = Some(link.target.to_owned());
            }
            rest = rest.trim_start_matches(BLANKS_AND_COMMAS);
        }
    }
    Ok(next)
}

/// Extracts the query of the next page's link from a field that [`next`] rejects, if possible: some registries send the
/// bare URL (Cloudflare's).
pub fn query_of_unreadable<'a>(values: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut values = values.filter(|value| value.contains("next"));
    let (_, query) = values.next()?.split_once('?')?;
    let query = query.split(['>', ';', '"', ' ', '\t']).next()?;
    Some(query.to_owned()).filter(|query| !query.is_empty())
}

struct Link<'a> {
    target: &'a str,
    is_next: bool,
}

impl<'a> Link<'a> {
    /// Reads one link and leaves the rest, from its comma on.
    fn read(rest: &mut &'a str) -> Result<Self, &'static str> {
        let after = rest.strip_prefix('<').ok_or("a link starts with '<'")?;
        let (target, after) = after.split_once('>').ok_or("'>' is missing after a link's target")?;
        let target = target.trim();
        if target.is_empty() {
            return Err("a link's target is empty");
        }
        *rest = after.trim_start_matches(BLANKS);
        let mut relation = None;
        while let Some(after) = rest.strip_prefix(';') {
            *rest = after.trim_start_matches(BLANKS);
            // A trailing `;` yields an empty parameter.
            let (name, value) = field::parameter(rest).ok_or("a quoted string does not end")?;
            // The first `rel` counts (RFC 8288 §3.3).
            if relation.is_none() && name.eq_ignore_ascii_case("rel") {
                relation = Some(value.split_ascii_whitespace().any(|relation| relation.eq_ignore_ascii_case("next")));
            }
        }
        if !rest.is_empty() && !rest.starts_with(',') {
            return Err("a ';' or ',' is missing after a link or its parameter");
        }
        match relation {
            Some(is_next) => Ok(Self { target, is_next }),
            None => Err("a link's relation (rel) is missing"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F73.
    #[test]
    fn links() {
        for (value, target) in [
            ("</v2/_catalog?last=a&n=1>; rel=\"next\"", Some("/v2/_catalog?last=a&n=1")),
            ("<?last=a>;rel=next", Some("?last=a")),
            ("<https://h/a,b;c?d=\"e\">;rel=next", Some("https://h/a,b;c?d=\"e\"")),
            ("< /x > ; REL = \"NEXT\" ; title=\"a, <b>; rel=\\\"prev\\\"\"", Some("/x")),
            ("</a>; rel=prev, </b>; rel=\"last next\" , </c>; rel=next", Some("/b")),
            ("</a>; rel=prev; rel=next", None),
            ("</a>; rel=last", None),
            ("</a>; rel=nextish", None),
            ("</a>; rel=\"\"", None),
            ("</a>;;rel=next;", Some("/a")),
            ("</a>; title*=UTF-8''x; crossorigin; rel=next", Some("/a")),
            (", ,\t</a>;rel=next,,", Some("/a")),
            ("", None),
            (" , ", None),
        ] {
            assert_eq!(next([value].into_iter()), Ok(target.map(str::to_owned)), "{value}");
        }
        let several = ["</a>; rel=prev", "", "</b>; rel=next", "</c>; rel=next"];
        assert_eq!(next(several.into_iter()), Ok(Some("/b".into())));
        assert_eq!(next([].into_iter()), Ok(None));
    }

    #[test]
    fn queries_of_unreadable_ones() {
        for (value, query) in [
            ("https://h/v2/a/tags/list?n=2&last=b,c; rel=next", Some("n=2&last=b,c")),
            ("/v2/a/tags/list?last=b>; rel=\"next\"", Some("last=b")),
            ("</v2/a/tags/list?last=b; rel=\"next\"", Some("last=b")),
            ("https://h/v2/a/tags/list?; rel=next", None),
            ("https://h/v2/a/tags/list; rel=next", None),
            ("https://h/v2/a/tags/list?last=b; rel=prev", None),
            ("", None),
        ] {
            assert_eq!(query_of_unreadable([value].into_iter()).as_deref(), query, "{value}");
        }
    }

    /// F73: not readable is never the end of a listing.
    #[test]
    fn malformed() {
        for (value, rule) in [
            ("/v2/_catalog>; rel=next", "a link starts with '<'"),
            ("</v2/_catalog", "'>' is missing"),
            ("<", "'>' is missing"),
            ("><", "a link starts with '<'"),
            ("<>", "target is empty"),
            ("<>; rel=next", "target is empty"),
            ("< >; rel=next", "target is empty"),
            ("</a>", "relation (rel) is missing"),
            ("</a>; title=x", "relation (rel) is missing"),
            ("</a> rel=next", "a ';' or ',' is missing"),
            ("</a>; rel=next title=x", "a ';' or ',' is missing"),
            ("</a>; rel=\"next\"x", "a ';' or ',' is missing"),
            ("</a>; rel=\"next", "a quoted string does not end"),
            ("</a>; rel=\"next\\\"", "a quoted string does not end"),
            ("</a>; rel=next, b", "a link starts with '<'"),
            ("</a>; rel=prev, <", "'>' is missing"),
        ] {
            let refused = next([value].into_iter()).expect_err(value);
            assert_eq!(refused.code, "INVALID_RESPONSE");
            assert!(
                refused.message.starts_with("Link header \"") && refused.message.contains(rule),
                "{value}: {}",
                refused.message
            );
        }
    }
}
