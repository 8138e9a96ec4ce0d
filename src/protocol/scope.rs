//! What a token allows (distribution docs, spec/auth/scope.md): `repository:<name>:pull,push`, `registry:catalog:*`.

use std::fmt;

/// A set of scopes, in the one order and spelling that makes equal sets equal: usable as a key.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scopes(Vec<Scope>);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Scope {
    /// `repository:<name>`; of a scope that is none by the grammar, all of it.
    resource: String,
    /// Sorted; `*` alone where it is among them. Empty only where the scope is none by the grammar.
    actions: Vec<String>,
}

impl Scopes {
    /// Actions on a repository.
    pub fn repository(name: &str, actions: &[&str]) -> Self {
        Self::of(format!("repository:{name}"), actions.iter().copied())
    }

    /// The catalog.
    pub fn catalog() -> Self {
        Self::of("registry:catalog".to_owned(), ["*"].into_iter())
    }

    fn of<'a>(resource: String, actions: impl Iterator<Item = &'a str>) -> Self {
        let mut scopes = Self::default();
        scopes.add(Scope { resource, actions: actions.map(str::to_owned).collect() });
        scopes
    }

    /// The scopes of a challenge or an option, separated by blanks. One that names no action asks for nothing; one that
    /// is no scope by the grammar (Forgejo's `*`) stays as it is, for whoever understands it.
    pub fn parse(text: &str) -> Self {
        let mut scopes = Self::default();
        for item in text.split_ascii_whitespace() {
            // The resource's name may hold colons itself: a host and a port.
            match item.rsplit_once(':') {
                Some((resource, actions)) if resource.contains(':') => {
                    let actions: Vec<_> =
                        actions.split(',').filter(|action| !action.is_empty()).map(str::to_owned).collect();
                    if !actions.is_empty() {
                        scopes.add(Scope { resource: resource.to_owned(), actions });
                    }
                }
                _ => scopes.add(Scope { resource: item.to_owned(), actions: Vec::new() }),
            }
        }
        scopes
    }

    /// All of both.
    pub fn with(mut self, other: &Scopes) -> Self {
        for scope in &other.0 {
            self.add(scope.clone());
        }
        self
    }

    fn add(&mut self, scope: Scope) {
        let place = self.0.iter().position(|known| known.resource == scope.resource);
        match place.and_then(|place| self.0.get_mut(place)) {
            Some(known) => known.add(scope.actions),
            None => {
                let mut new = Scope { resource: scope.resource, actions: Vec::new() };
                new.add(scope.actions);
                self.0.push(new);
                self.0.sort_unstable();
            }
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether whoever has these may do all that the others allow.
    pub fn cover(&self, others: &Scopes) -> bool {
        others.0.iter().all(|wanted| {
            self.0.iter().any(|held| {
                let allows =
                    |action: &String| held.actions.contains(action) || held.actions.iter().any(|any| any == "*");
                held.resource == wanted.resource && wanted.actions.iter().all(allows)
            })
        })
    }

    /// The repository, where they are about one and nothing else.
    pub fn only_repository(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Scope { resource, .. }] => resource.strip_prefix("repository:"),
            _ => None,
        }
    }

    /// Each as it stands in a request for a token.
    pub fn iter(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(Scope::to_string)
    }
}

impl Scope {
    fn add(&mut self, actions: Vec<String>) {
        self.actions.extend(actions);
        self.actions.sort_unstable();
        self.actions.dedup();
        if self.actions.iter().any(|action| action == "*") {
            self.actions = vec!["*".to_owned()];
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.resource)?;
        if self.actions.is_empty() { Ok(()) } else { write!(f, ":{}", self.actions.join(",")) }
    }
}

impl fmt::Display for Scopes {
    /// Separated by blanks, as OAuth2 has it.
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
}
