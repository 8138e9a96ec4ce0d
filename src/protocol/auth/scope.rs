//! Token scopes (distribution docs, spec/auth/scope.md): `repository:<name>:pull,push`, `registry:catalog:*`.

use std::fmt;
use std::rc::Rc;

use crate::protocol::http::Method;
use crate::protocol::order::{sorted, sorted_by};

/// The resource that a request accesses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resource {
    /// `/v2/`, and requests that need authentication but no scope.
    Registry,
    /// The list of all repositories.
    Catalog,
    /// A repository, by its name in the registry.
    Repository(Rc<str>),
    /// The destination of a blob upload. A blob may be mounted from another repository, which needs a token for both.
    Upload {
        /// The destination repository's name in the registry.
        into: Rc<str>,
        /// The source repository of a mount.
        from: Option<Rc<str>>,
    },
}

impl Resource {
    /// Returns true if the upload mounts from another repository.
    pub fn is_mount(&self) -> bool {
        matches!(self, Resource::Upload { from: Some(_), .. })
    }

    /// Returns the scopes that a request needs. A deletion requests `delete`, `pull` and `push`: older registries check
    /// the latter two instead of `delete`.
    pub fn scopes(&self, method: Method) -> Scopes {
        match self {
            Resource::Registry => Scopes::default(),
            Resource::Catalog => Scopes::catalog(),
            Resource::Repository(name) => Scopes::repository(
                name,
                match method {
                    Method::Get | Method::Head => &["pull"],
                    Method::Post | Method::Put | Method::Patch => &["pull", "push"],
                    Method::Delete => &["delete", "pull", "push"],
                },
            ),
            // One token serves the existence check and the upload that follows it.
            Resource::Upload { into, from } => {
                let scopes = Resource::Repository(into.clone()).scopes(if method == Method::Delete {
                    method
                } else {
                    Method::Post
                });
                match from {
                    Some(from) => scopes.with(&Scopes::repository(from, &["pull"])),
                    None => scopes,
                }
            }
        }
    }
}

/// A normalized set of scopes: equal sets compare equal, so that it can be a key.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scopes(
    /// The actions by resource (`repository:<name>`), with `*` replacing all others. A scope that does not follow the
    /// grammar is kept as a resource without actions.
    Vec<(String, Vec<String>)>,
);

impl Scopes {
    /// Returns the scope of actions on a repository.
    pub fn repository(name: &str, actions: &[&str]) -> Self {
        Self::of(format!("repository:{name}"), actions)
    }

    /// Returns the scope of the catalog.
    pub fn catalog() -> Self {
        Self::of("registry:catalog".to_owned(), &["*"])
    }

    fn of(resource: String, actions: &[&str]) -> Self {
        Self::normalized(vec![(resource, actions.iter().map(|action| (*action).to_owned()).collect())])
    }

    /// Parses the scopes of a challenge or an option, separated by spaces. A scope without actions is dropped; one that
    /// does not follow the grammar (Forgejo's `*`) is kept verbatim.
    pub fn parse(text: &str) -> Self {
        let mut scopes = Vec::new();
        for item in text.split_ascii_whitespace() {
            // The resource's name may contain colons: a host and a port.
            match item.rsplit_once(':') {
                Some((resource, actions)) if resource.contains(':') => {
                    let actions: Vec<String> =
                        actions.split(',').filter(|action| !action.is_empty()).map(str::to_owned).collect();
                    if !actions.is_empty() {
                        scopes.push((resource.to_owned(), actions));
                    }
                }
                _ => scopes.push((item.to_owned(), Vec::new())),
            }
        }
        Self::normalized(scopes)
    }

    /// Returns the union of both sets.
    pub fn with(mut self, other: &Scopes) -> Self {
        self.0.extend_from_slice(&other.0);
        Self::normalized(self.0)
    }

    fn normalized(scopes: Vec<(String, Vec<String>)>) -> Self {
        let mut scopes = sorted_by(scopes, |one, other| one.0.cmp(&other.0));
        scopes.dedup_by(|scope, before| {
            let is_same = scope.0 == before.0;
            if is_same {
                before.1.append(&mut scope.1);
            }
            is_same
        });
        for (_, actions) in &mut scopes {
            *actions = sorted(std::mem::take(actions));
            actions.dedup();
            if allow_all(actions) {
                actions.retain(|action| action == "*");
            }
        }
        Self(scopes)
    }

    /// Returns true if the set is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns true if these scopes include all of `others`.
    pub fn cover(&self, others: &Scopes) -> bool {
        others.0.iter().all(|(resource, wanted)| {
            let place = self.0.binary_search_by(|(other, _)| other.cmp(resource)).ok();
            place.and_then(|place| self.0.get(place)).is_some_and(|(_, held)| {
                allow_all(held) || wanted.iter().all(|action| held.binary_search(action).is_ok())
            })
        })
    }

    /// Returns the repository if the scopes are for one repository and nothing else.
    pub fn only_repository(&self) -> Option<&str> {
        let [(only, _)] = self.0.as_slice() else { return None };
        only.strip_prefix("repository:")
    }

    /// Returns the scopes in the form of a token request.
    pub fn iter(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|(resource, actions)| {
            if actions.is_empty() { resource.clone() } else { format!("{resource}:{}", actions.join(",")) }
        })
    }
}

fn allow_all(actions: &[String]) -> bool {
    actions.iter().any(|action| action == "*")
}

impl fmt::Display for Scopes {
    /// Writes the scopes separated by spaces, as in OAuth2.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iter().collect::<Vec<_>>().join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S63.
    #[test]
    fn reads_and_orders() {
        for (text, expected) in [
            ("", ""),
            ("  ", ""),
            ("repository:a/b:pull", "repository:a/b:pull"),
            ("repository:foo:push,pull,delete,pull", "repository:foo:delete,pull,push"),
            ("repository:foo:pull,*,push", "repository:foo:*"),
            ("repository:foo:,", ""),
            ("repository:foo:", ""),
            ("repository:b:push repository:a:pull", "repository:a:pull repository:b:push"),
            ("repository:a:pull repository:a:push", "repository:a:pull,push"),
            ("registry:catalog:pull registry:catalog:*", "registry:catalog:*"),
            ("repository:host:5000/a:pull", "repository:host:5000/a:pull"),
            ("repository(plugin):a:pull", "repository(plugin):a:pull"),
            ("*", "*"),
            ("unknown invalid:scope no:actions:", "invalid:scope unknown"),
        ] {
            let scopes = Scopes::parse(text);
            assert_eq!(scopes.to_string(), expected, "{text}");
            assert_eq!(Scopes::parse(&scopes.to_string()), scopes, "{text}");
            assert_eq!(scopes.is_empty(), expected.is_empty());
        }
        assert_eq!(Scopes::repository("a/b", &["pull", "push"]).to_string(), "repository:a/b:pull,push");
        assert_eq!(Scopes::catalog().to_string(), "registry:catalog:*");
    }

    #[test]
    fn uploads() {
        let scopes = |from: Option<&str>, method| {
            Resource::Upload { into: "a".into(), from: from.map(Into::into) }.scopes(method).to_string()
        };
        assert_eq!(scopes(None, Method::Head), "repository:a:pull,push");
        assert_eq!(scopes(Some("b"), Method::Post), "repository:a:pull,push repository:b:pull");
        assert_eq!(scopes(Some("a"), Method::Post), "repository:a:pull,push");
        assert_eq!(scopes(None, Method::Delete), "repository:a:delete,pull,push");
    }

    #[test]
    fn covers() {
        for (held, wanted, expected) in [
            ("repository:a:pull,push", "repository:a:pull", true),
            ("repository:a:pull", "repository:a:pull,push", false),
            ("repository:a:*", "repository:a:delete", true),
            ("repository:a:pull", "repository:b:pull", false),
            ("repository:a:pull repository:b:pull", "repository:b:pull", true),
            ("repository:a:pull", "", true),
            ("", "repository:a:pull", false),
            ("", "", true),
            ("*", "*", true),
            ("*", "repository:a:pull", false),
        ] {
            assert_eq!(Scopes::parse(held).cover(&Scopes::parse(wanted)), expected, "{held} / {wanted}");
        }
    }

    #[test]
    fn sets_add_up() {
        let both = Scopes::repository("a", &["push"]).with(&Scopes::parse("repository:b:pull repository:a:pull"));
        assert_eq!(both.to_string(), "repository:a:pull,push repository:b:pull");
    }

    /// F55: time grows with the length. (Sets kept in sorted lists took half a minute for this.)
    #[test]
    fn long_texts() {
        let resources: String = (0..13_000).rev().map(|number| format!("{number:x} ")).collect();
        let actions: String = (0..13_000).rev().map(|number| format!("{number:x},")).collect();
        let one_each: String = (0..6000).map(|number| format!("a:b:{number:x} ")).collect();
        for text in [resources, format!("a:b:{actions}"), one_each] {
            let started = std::time::Instant::now();
            let scopes = Scopes::parse(&text);
            assert!(scopes.cover(&scopes) && started.elapsed().as_secs() < 2);
        }
    }
}
