//! The response to `/v1/images/ID/ancestry`: ids, the image's own first, each followed by its parent.

use std::collections::HashSet;

use crate::protocol::invalid::Invalid;
use crate::protocol::json;
use crate::protocol::v1::{ImageId, refusal};

/// The maximum length of an ancestry. docker itself allowed 127 layers.
pub const ANCESTRY_LIMIT: usize = 1000;

/// Parses the ancestry of an image: the image itself comes first, and no image appears twice.
pub fn ancestry(body: &[u8], of: &ImageId) -> Result<Vec<ImageId>, Invalid> {
    let mut ids = Vec::new();
    let mut seen = HashSet::new();
    let mut read = |_: usize, text: &str| -> Result<(), String> {
        let id = ImageId::from_json(text)?;
        if ids.is_empty() && id != *of {
            return Err(format!(": it is {id}; an ancestry begins with the image itself, {of}"));
        }
        if ids.len() == ANCESTRY_LIMIT {
            return Err(format!(": an image may have {ANCESTRY_LIMIT} layers at most"));
        }
        if !seen.insert(id.clone()) {
            return Err(format!(": the ancestry is a cycle: {id} appears twice"));
        }
        ids.push(id);
        Ok(())
    };
    let walked = json::text(body)
        .and_then(|text| json::each_item(text, &mut |at, item| read(at, item)))
        .map_err(|error| refusal("ancestry", error));
    match walked {
        Ok(()) if ids.is_empty() => Err(Invalid::response(format!("ancestry: it is empty; {of} itself is missing"))),
        walked => walked.map(|()| ids),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(digit: char) -> ImageId {
        ImageId::parse(&digit.to_string().repeat(64)).expect("an id")
    }

    fn read(ids: &[ImageId]) -> Result<Vec<ImageId>, Invalid> {
        ancestry(&serde_json::to_vec(ids).expect("json"), &id('a'))
    }

    #[test]
    fn reads() {
        for ids in [&[id('a')][..], &[id('a'), id('b'), id('c')]] {
            assert_eq!(read(ids).as_deref(), Ok(ids));
        }
    }

    #[test]
    fn refuses_what_is_none() {
        let number = |number: u64| ImageId::parse(&format!("{number:064x}")).expect("an id");
        let many: Vec<ImageId> = [id('a')].into_iter().chain((0..100_000).map(number)).collect();
        assert!(read(many.get(..1000).expect("so many")).is_ok());
        for (ids, rule) in [
            (&[][..], "ancestry: it is empty"),
            (&[id('b'), id('a')], "ancestry[0]: it is bbbb"),
            (&[id('a'), id('b'), id('a')], "ancestry[2]: the ancestry is a cycle: aaaa"),
            (&[id('a'), id('a')], "ancestry[1]: the ancestry is a cycle"),
            (&many, "ancestry[1000]: an image may have 1000 layers at most"),
        ] {
            let refused = read(ids).expect_err(rule);
            assert_eq!(refused.code, "INVALID_RESPONSE");
            assert!(refused.message.starts_with(rule), "{}", refused.message);
        }
        for text in ["null", "{}", "[1]", "[\"../x\"]", "<html>", "[\"aa\"", "\u{feff}[]"] {
            assert_eq!(ancestry(text.as_bytes(), &id('a')).expect_err(text).code, "INVALID_RESPONSE");
        }
    }
}
