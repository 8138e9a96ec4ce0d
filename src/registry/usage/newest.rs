//! The newest tag of a repository.

use serde::Serialize;

use crate::protocol::oci::digest::Digest;
use crate::protocol::text::version_order;

/// The newest tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewestTag {
    /// Name of the tag.
    pub tag: String,
    /// Digest of its manifest, if it was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// Creation time, else time of the upload, if it is known and credible; milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<u64>,
}

/// A tag with what is known about its image.
#[derive(Debug, Clone)]
pub struct KnownTag {
    pub tag: String,
    pub digest: Option<Digest>,
    pub date: Option<u64>,
}

/// Returns the tag with the latest date. Of tags that are equally new, it is the highest version, so that "1.10.2" comes before
/// "latest". Without any date, only tags of one image are equally new.
pub fn newest(tags: Vec<KnownTag>) -> Option<NewestTag> {
    let latest = tags.iter().map(|tag| tag.date).max()?;
    let is_certain = latest.is_some() || all_same(&tags);
    let candidates = tags.into_iter().filter(|tag| tag.date == latest);
    let first = candidates.min_by(|one, other| version_order::highest_first(&one.tag, &other.tag));
    let KnownTag { tag, digest, date } = first.filter(|_| is_certain)?;
    Some(NewestTag { tag, digest, created: date })
}

/// Returns true if all tags point to one image.
pub fn all_same(tags: &[KnownTag]) -> bool {
    match tags {
        [] | [_] => true,
        [first, others @ ..] => first.digest.is_some() && others.iter().all(|other| other.digest == first.digest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::oci::digest::Algorithm;

    fn named(tags: &[(&str, &str, Option<u64>)]) -> Option<String> {
        let digest = |name: &str| (!name.is_empty()).then(|| Digest::of(Algorithm::Sha256, name.as_bytes()));
        let known = |(tag, digest_of, date): &(&str, &str, Option<u64>)| KnownTag {
            tag: (*tag).to_owned(),
            digest: digest(digest_of),
            date: *date,
        };
        newest(tags.iter().map(known).collect()).map(|newest| newest.tag)
    }

    #[test]
    fn is_the_latest_then_the_highest_version() {
        for (tags, wanted) in [
            (&[][..], None),
            (&[("only", "", None)], Some("only")),
            (&[("a", "1", Some(1)), ("b", "2", Some(2)), ("c", "3", None)], Some("b")),
            (
                &[("latest", "1", Some(2)), ("1.9", "1", Some(2)), ("1.10", "1", Some(2)), ("2", "2", Some(1))],
                Some("1.10"),
            ),
            (&[("latest", "1", None), ("1.0", "1", None)], Some("1.0")),
            (&[("a", "1", None), ("b", "2", None)], None),
            (&[("a", "", None), ("b", "", None)], None),
        ] {
            assert_eq!(named(tags).as_deref(), wanted, "{tags:?}");
        }
    }
}
