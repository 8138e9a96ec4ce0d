//! The response to `/v1/search`: all results at once (docker-registry) or in pages (Docker Hub).

use crate::protocol::invalid::Invalid;
use crate::protocol::json;
use crate::protocol::json::Members;
use crate::protocol::oci::listing::check_length;
use crate::protocol::oci::reference::NAME_LIMIT;
use crate::protocol::v1::refusal;

/// One page of results.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The repositories' names.
    pub names: Vec<String>,
    /// Each result's JSON object, verbatim.
    pub results: Vec<String>,
    /// The total number of pages, if it is given.
    pub pages: Option<u64>,
    /// The total number of results, if it is given.
    pub total: Option<u64>,
}

/// Parses a page of results.
pub fn page(body: &[u8]) -> Result<Page, Invalid> {
    let read = || {
        let members = Members::read_unique(json::text(body)?, &["results", "num_pages", "num_results"])?;
        let number = |name| members.optional(name, json::size);
        let mut page = Page { pages: number("num_pages")?, total: number("num_results")?, ..Page::default() };
        members.required("results", |text| {
            json::each_item(text, &mut |_, item| {
                let result = Members::read_unique(item, &["name"])?;
                let name = result.required("name", json::string)?;
                check_length(&name, NAME_LIMIT).map_err(|error| json::at("name", error))?;
                page.names.push(name);
                page.results.push(item.to_owned());
                Ok(())
            })
        })?;
        Ok(page)
    };
    read().map_err(|error| refusal("search", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads() {
        let first = r#"{"name": "library/busybox", "description": null}"#;
        let text = format!(r#"{{"num_pages":3,"num_results":51,"results":[{first},{{"name":"b"}}],"query":""}}"#);
        let read = page(text.as_bytes()).expect("a page");
        assert_eq!(read.names, ["library/busybox", "b"]);
        assert_eq!((read.results.first().map(String::as_str), read.pages), (Some(first), Some(3)));
        assert_eq!(read.total, Some(51));
        let all = page(br#"{"results":[],"num_results":0}"#).expect("a page");
        assert_eq!(all, Page { total: Some(0), ..Page::default() });
    }

    #[test]
    fn refusals_name_the_place() {
        for (text, rule) in [
            ("[]", "search: got an array"),
            ("{}", "search: results: it is missing"),
            (r#"{"results":null}"#, "search: results: got null; an array is needed"),
            (r#"{"results":["a"]}"#, "search: results[0]: got \"a\"; an object is needed"),
            (r#"{"results":[{"name":"a"},{"name":1}]}"#, "search: results[1].name: got 1"),
            (r#"{"results":[{}]}"#, "search: results[0].name: it is missing"),
            (r#"{"num_pages":-1,"results":[]}"#, "search: num_pages: got -1"),
            (r#"{"num_results":"1","results":[]}"#, "search: num_results: got \"1\""),
            (
                &format!(r#"{{"results":[{{"name":"a"}},{{"name":"{}"}}]}}"#, "n".repeat(256)),
                "search: results[1].name: it has 256 bytes; 255 at most are allowed",
            ),
            ("<html>", "search: not JSON"),
        ] {
            let refused = page(text.as_bytes()).expect_err(text);
            assert_eq!(refused.code, "INVALID_RESPONSE");
            assert!(refused.message.starts_with(rule), "{}", refused.message);
        }
    }
}
