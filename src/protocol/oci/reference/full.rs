//! References that name their registry, read by docker's rules: `localhost:5000/team/web:1.0`, `alpine@sha256:…`.

use crate::protocol::invalid::{Invalid, quoted};
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::reference::local::{is_host, split_reference, split_scheme};
use crate::protocol::oci::reference::{RepositoryName, Tag};
use crate::protocol::url;
use crate::protocol::url::Url;

/// The registry of a reference that names none.
const DOCKER_HUB: &str = "docker.io";

/// `[SCHEME://][HOST[/PATH/]/]NAME[:TAG][@DIGEST]`, with every part checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FullReference {
    /// As written, with its scheme and path; `docker.io` if the reference names none.
    pub registry: String,
    /// The whole name of the repository.
    pub name: RepositoryName,
    /// The tag, if there is one.
    pub tag: Option<Tag>,
    /// The digest, if there is one.
    pub digest: Option<Digest>,
}

impl FullReference {
    /// Parses a reference. `docker://` and `oci://` in front, as skopeo and helm write it, are dropped. A registry's path ends
    /// with `//`, which no repository name contains.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let (scheme, rest) = split_scheme(url::without_transport(text));
        let first = rest.split('/').next().unwrap_or_default();
        let has_host = scheme.is_some() || is_host(if first == rest { until_suffix(first) } else { first });
        let (registry, below) = if has_host {
            let split = rest.split_once("//").or_else(|| rest.split_once('/'));
            let (base, below) = split.ok_or_else(|| missing_repository(text))?;
            let registry = match scheme {
                Some(scheme) => format!("{scheme}://{base}"),
                None => base.to_owned(),
            };
            Url::parse_registry(&registry)?;
            (registry, below)
        } else {
            (DOCKER_HUB.to_owned(), rest)
        };
        let (name, tag, digest) = split_reference(below)?;
        Ok(Self { registry, name, tag, digest })
    }
}

/// What stands before the tag or digest.
fn until_suffix(text: &str) -> &str {
    text.split([':', '@']).next().unwrap_or_default()
}

fn missing_repository(text: &str) -> Invalid {
    // Before the `@` may be a password.
    let shown = if text.contains('@') { String::new() } else { format!(" {}", quoted(text)) };
    Invalid::reference(format!("reference{shown}: the repository is missing: HOST/REPOSITORY is needed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_references() {
        let digest = format!("sha256:{}", "a".repeat(64));
        let (at, both) = (format!("alpine@{digest}"), format!("r.example.com/web:1@{digest}"));
        let below = format!("http://registry/path//web@{digest}");
        for (text, registry, name, tag, has_digest) in [
            ("alpine", "docker.io", "alpine", None, false),
            ("alpine:3", "docker.io", "alpine", Some("3"), false),
            (at.as_str(), "docker.io", "alpine", None, true),
            ("team/web", "docker.io", "team/web", None, false),
            ("docker.io/team/web:1", "docker.io", "team/web", Some("1"), false),
            ("localhost/web", "localhost", "web", None, false),
            ("localhost:5000/a/b/c:1.0_x-y", "localhost:5000", "a/b/c", Some("1.0_x-y"), false),
            ("REGISTRY/web", "REGISTRY", "web", None, false),
            ("r.example.com/web", "r.example.com", "web", None, false),
            (both.as_str(), "r.example.com", "web", Some("1"), true),
            ("[::1]:5000/web:1", "[::1]:5000", "web", Some("1"), false),
            ("http://registry/web:1", "http://registry", "web", Some("1"), false),
            ("https://localhost:5000/team/web", "https://localhost:5000", "team/web", None, false),
            ("localhost:5000/some/path//team/web:1", "localhost:5000/some/path", "team/web", Some("1"), false),
            (below.as_str(), "http://registry/path", "web", None, true),
            ("registry:5000//team/web", "registry:5000", "team/web", None, false),
            ("docker://localhost:5000/team/web:1", "localhost:5000", "team/web", Some("1"), false),
            ("docker://alpine", "docker.io", "alpine", None, false),
            ("OCI://r.example.com/charts/web:1.0", "r.example.com", "charts/web", Some("1.0"), false),
        ] {
            let parsed = FullReference::parse(text).expect(text);
            assert_eq!((parsed.registry.as_str(), parsed.name.as_str()), (registry, name), "{text}");
            assert_eq!(parsed.tag.as_ref().map(Tag::as_str), tag, "{text}");
            assert_eq!(parsed.digest.map(|digest| digest.to_string()), has_digest.then(|| digest.clone()), "{text}");
        }
    }

    #[test]
    fn refused() {
        for (text, reason) in [
            ("", "repository name \"\": it is empty"),
            ("/web", "a component is empty"),
            ("team//web", "a component is empty"),
            ("A..example/b", "registry"),
            ("localhost:5000", "the repository is missing"),
            ("a.example", "the repository is missing"),
            ("http://registry", "the repository is missing"),
            ("http://registry/", "repository name \"\": it is empty"),
            ("a.example/B", "'B' at position 0"),
            ("alpine:", "tag \"\": it is empty"),
            ("alpine:.x", "'.' at position 0"),
            ("alpine:a:b", "a tag cannot contain ':'; write a digest after '@'"),
            ("alpine@latest", "digest \"latest\""),
            ("alpine@sha256:12", "digest \"sha256:12\""),
            ("alpine:1@", "digest \"\""),
        ] {
            let refused = FullReference::parse(text).expect_err(text);
            assert!(refused.message.contains(reason), "{text}: {}", refused.message);
        }
        for text in ["https://me:hush@localhost:5000/web", "https://me:hush@localhost", "me:hush@example.com/web"] {
            let refused = FullReference::parse(text).expect_err(text);
            assert!(!refused.message.contains("hush"), "{text}: {}", refused.message);
        }
    }
}
