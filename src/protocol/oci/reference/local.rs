//! References as users write them, with or without the registry's host: `team/web:1.0`,
//! `localhost:5000/team/web@sha256:…`, `docker://docker.io/library/alpine`.

use crate::protocol::invalid::{Invalid, quoted};
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::reference::{Reference, RepositoryName, Tag};
use crate::protocol::url;
use crate::protocol::url::Url;

/// Parses `NAME[:TAG][@DIGEST]`, optionally with the registry's own host in front. The default tag is `latest`; if both
/// a tag and a digest are given, the digest counts, as in other clients.
pub fn parse(text: &str, registry: &Url) -> Result<(RepositoryName, Reference), Invalid> {
    let below = below_host(text, registry, is_host)?;
    let (name, tag, digest) = split_reference(below)?;
    let reference = match (digest, tag) {
        (Some(digest), _) => Reference::Digest(digest),
        (None, Some(tag)) => Reference::Tag(tag),
        (None, None) => Reference::Tag(Tag::parse("latest")?),
    };
    Ok((name, reference))
}

/// Parses a repository's name, optionally with a scheme and the registry's own host in front. A first component with
/// only a dot is not taken for a host: `com.example/web` is a name.
pub fn name<'a>(text: &'a str, registry: &Url) -> Result<&'a str, Invalid> {
    below_host(text, registry, |first| first.contains(':'))
}

/// Splits and checks `NAME[:TAG][@DIGEST]`.
pub(super) fn split_reference(text: &str) -> Result<(RepositoryName, Option<Tag>, Option<Digest>), Invalid> {
    let (rest, digest) = match text.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (text, None),
    };
    let (name, tag) = match rest.split_once(':') {
        Some((name, tag)) => (name, Some(tag)),
        None => (rest, None),
    };
    if let Some(tag) = tag.filter(|tag| tag.contains(':')) {
        let rule = "a tag cannot contain ':'; write a digest after '@'";
        return Err(Invalid::reference(format!("tag {}: {rule}", quoted(tag))));
    }
    let name = RepositoryName::parse(name)?;
    Ok((name, tag.map(Tag::parse).transpose()?, digest.map(Digest::parse).transpose()?))
}

/// Splits off `http://` or `https://`, in any case.
pub(super) fn split_scheme(text: &str) -> (Option<&str>, &str) {
    match text.split_once("://") {
        Some((scheme, rest)) if ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) => {
            (Some(scheme), rest)
        }
        _ => (None, text),
    }
}

/// Returns true if docker would take the first component for a host.
pub(super) fn is_host(first: &str) -> bool {
    first == "localhost" || first.contains(['.', ':', '[']) || first.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// Strips the host, if there is one. It must be the registry's own.
fn below_host<'a>(text: &'a str, registry: &Url, is_host: impl Fn(&str) -> bool) -> Result<&'a str, Invalid> {
    let bare = url::without_transport(text);
    let (scheme, rest) = split_scheme(bare);
    let named = bare.len() < text.len() || scheme.is_some();
    let Some((first, below)) = rest.split_once('/').filter(|(first, _)| named || is_host(first)) else {
        if named {
            let missing = "a host and a repository are needed behind the scheme";
            return Err(Invalid::reference(format!("reference {}: {missing}", quoted(text))));
        }
        return Ok(rest);
    };
    let own = format!("{}://{first}", scheme.unwrap_or(registry.scheme().as_str()));
    let is_own =
        Url::parse_registry(&own).is_ok_and(|url| url.host() == registry.host() && url.port() == registry.port());
    if is_own {
        let inside = |prefix: &str| below.strip_prefix(prefix.trim_start_matches('/'))?.strip_prefix('/');
        // The command line separates the registry's path from the repository with `//`.
        let below = if registry.path().is_empty() { None } else { inside(registry.path()) }.unwrap_or(below);
        return Ok(below.strip_prefix('/').unwrap_or(below));
    }
    if first.contains('@') {
        // It may be a password.
        return Err(Invalid::reference("reference: user info (before '@' of a host) is not allowed"));
    }
    let (port, host) = (registry.port(), registry.host());
    Err(Invalid::reference(format!(
        "reference {}: it names the registry {}, and this client is for {host}:{port}: make a client for that registry; a \
         repository of this one may be written with {host}:{port}/ in front",
        quoted(text),
        quoted(first),
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(registry: &str) -> Url {
        Url::parse_registry(registry).expect(registry)
    }

    /// S01.
    #[test]
    fn places() {
        let registry = at("localhost:5000");
        let hash = "a".repeat(64);
        for (text, name, reference) in [
            ("web", "web", "latest"),
            ("team/web", "team/web", "latest"),
            ("team/web:1.0", "team/web", "1.0"),
            (&format!("team/web@sha256:{hash}"), "team/web", &format!("sha256:{hash}")),
            (&format!("team/web:1.0@sha256:{hash}"), "team/web", &format!("sha256:{hash}")),
            ("localhost:5000/web", "web", "latest"),
            ("LOCALHOST:5000/team/web:1.0", "team/web", "1.0"),
            ("localhost:5000/com.example/web:1", "com.example/web", "1"),
            ("docker://localhost:5000/web:1", "web", "1"),
            ("http://localhost:5000/web:1", "web", "1"),
            ("oci://localhost:5000/web:1", "web", "1"),
            (&format!("Docker://localhost:5000/web:1@sha256:{hash}"), "web", &format!("sha256:{hash}")),
        ] {
            let (found, at) = parse(text, &registry).expect(text);
            assert_eq!((found.as_str(), at.as_str()), (name, reference), "{text}");
        }
        for text in [
            "",
            ":1",
            "web:",
            "web@",
            "web@sha256:a",
            "Web:1",
            "web:a:b",
            "web:1@x@y",
            "a b:1",
            "docker://",
            "docker://localhost:5000/",
            "http://localhost:5000",
            "ftp://localhost:5000/web",
        ] {
            assert_eq!(parse(text, &registry).expect_err(text).code, "INVALID_REFERENCE", "{text}");
        }
    }

    #[test]
    fn own_hosts() {
        for (registry, text, expected) in [
            ("docker.io", "docker.io/library/alpine", "library/alpine"),
            ("https://registry-1.docker.io", "docker://index.docker.io/alpine", "alpine"),
            ("https://r.test", "r.test/a/b", "a/b"),
            ("https://r.test", "r.test:443/a/b", "a/b"),
            ("http://r.test", "r.test/a/b", "a/b"),
            ("http://r.test", "http://r.test/a/b", "a/b"),
            ("http://[::1]:5000", "[::1]:5000/a", "a"),
            ("https://r.test/prefix", "r.test/prefix/a/b", "a/b"),
            ("https://r.test/prefix", "r.test/prefix//a/b", "a/b"),
            ("https://r.test/prefix", "r.test/a/b", "a/b"),
            ("https://r.test/prefix", "r.test/prefixed/b", "prefixed/b"),
        ] {
            let (found, _) = parse(text, &at(registry)).expect(text);
            assert_eq!(found.as_str(), expected, "{registry} {text}");
        }
        assert_eq!(name("docker://r.test/a/b", &at("r.test")), Ok("a/b"));
        assert_eq!(name("localhost:5000/a/b", &at("localhost:5000")), Ok("a/b"));
        assert_eq!(name("com.example/web", &at("r.test")), Ok("com.example/web"));
    }

    #[test]
    fn other_hosts() {
        let registry = at("localhost:5000");
        for text in [
            "ghcr.io/team/web:1",
            "localhost:5001/web",
            "localhost/web",
            "docker://alpine/web",
            "https://example.com/web",
            "http://localhost/web",
            "localhost:5000.evil.test/web",
            "host:5000/web:1",
        ] {
            let refused = parse(text, &registry).expect_err(text);
            assert_eq!(refused.code, "INVALID_REFERENCE");
            assert!(refused.message.contains("make a client for that registry"), "{}", refused.message);
        }
        assert!(name("docker://ghcr.io/a", &registry).expect_err("another").message.contains("\"ghcr.io\""));
        assert!(name("other:5000/a", &registry).is_err());
        for text in ["https://me:hush@localhost:5000/web", "me:hush@example.com/web"] {
            assert!(!parse(text, &registry).expect_err(text).message.contains("hush"), "{text}");
        }
    }
}
