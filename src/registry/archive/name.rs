//! The names of images in archives: with their registry and tag, as docker shows them.

use crate::protocol::code;
use crate::protocol::invalid::quoted;
use crate::protocol::oci::reference::full::FullReference;
use crate::protocol::oci::reference::{RepositoryName, Tag};
use crate::protocol::url::Url;
use crate::transport::{Error, Result};

/// The host of Docker Hub's API, and what its images are named by.
const HUB: (&str, &str) = ("registry-1.docker.io", "docker.io");

/// A name with a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageName {
    /// The host, repository and tag.
    pub full: String,
    /// The repository.
    pub repository: RepositoryName,
    /// The tag.
    pub tag: Tag,
}

impl ImageName {
    /// Parses a name by docker's rules; `alpine:3` is `docker.io/library/alpine:3`.
    ///
    /// # Errors
    ///
    /// `INVALID_REFERENCE` when it is invalid, and `INVALID_ARGUMENT` when it has a digest or no tag.
    pub fn parse(text: &str) -> Result<Self> {
        let parsed = FullReference::parse(text).map_err(|refused| Error::from(refused).about("options.names"))?;
        let FullReference { registry, name, tag, digest } = parsed;
        let Some(tag) = tag.filter(|_| digest.is_none()) else {
            let message = format!(
                "options.names: {} needs a tag and no digest, as in \"registry.example.com/team/web:1.0\"",
                quoted(text)
            );
            return Err(Error::new(code::INVALID_ARGUMENT, message));
        };
        let is_short = registry == HUB.1 && !name.as_str().contains('/');
        let repository = if is_short { RepositoryName::parse(&format!("library/{}", name.as_str()))? } else { name };
        let host = registry.split_once("://").map_or(registry.as_str(), |(_, host)| host);
        Ok(Self { full: format!("{host}/{}:{}", repository.as_str(), tag.as_str()), repository, tag })
    }

    /// Names a tag of a registry.
    pub fn of(registry: &Url, repository: &RepositoryName, tag: &Tag) -> Self {
        let origin = registry.origin();
        let host = origin.split_once("://").map_or(origin.as_str(), |(_, host)| host);
        let host = if host == HUB.0 { HUB.1 } else { host };
        let path = registry.path().trim_end_matches('/');
        let full = format!("{host}{path}/{}:{}", repository.as_str(), tag.as_str());
        Self { full, repository: repository.clone(), tag: tag.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_in_full() {
        for (text, full) in [
            ("alpine:3", "docker.io/library/alpine:3"),
            ("team/web:1", "docker.io/team/web:1"),
            ("docker.io/library/alpine:3", "docker.io/library/alpine:3"),
            ("localhost:5000/web:1", "localhost:5000/web:1"),
            ("http://localhost:5000/web:1", "localhost:5000/web:1"),
        ] {
            assert_eq!(ImageName::parse(text).expect(text).full, full);
        }
        for text in ["alpine", "alpine:", "", &format!("alpine:3@sha256:{}", "a".repeat(64))] {
            assert!(ImageName::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn tags_are_named_by_their_registry() {
        let (repository, tag) = (RepositoryName::parse("a/b").expect("a name"), Tag::parse("1").expect("a tag"));
        for (registry, full) in [
            ("docker.io", "docker.io/a/b:1"),
            ("http://localhost:5000", "localhost:5000/a/b:1"),
            ("https://r.example.com", "r.example.com/a/b:1"),
            ("https://r.example.com/path/", "r.example.com/path/a/b:1"),
        ] {
            let registry = Url::parse_registry(registry).expect(registry);
            assert_eq!(ImageName::of(&registry, &repository, &tag).full, full);
        }
    }
}
