//! URLs: a small strict parser. (The `url` crate would be most of this package's size.)
//!
//! Whatever a host's `fetch` might read differently is refused, and a URL is rebuilt from its parts: what was checked
//! is what is sent. Where RFC 3986 and the URL standard that browsers follow differ, only what both read alike passes.

use std::fmt;

use super::host;
use super::invalid::{Invalid, quoted};
use super::percent;

/// The schemes a registry is reached by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Plain HTTP
    Http,
    /// HTTP over TLS
    Https,
}

impl Scheme {
    /// The scheme's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }

    fn default_port(self) -> u16 {
        match self {
            Scheme::Http => 80,
            Scheme::Https => 443,
        }
    }
}

/// A checked absolute URL without user info and fragment.
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    scheme: Scheme,
    /// Lower case; an IPv6 address with its brackets.
    host: String,
    port: u16,
    /// Starts with `/`, or is empty (a registry's base URL without prefix).
    path: String,
    query: Option<String>,
}

/// Why a text is no URL: the rule and the place.
type Refusal = String;

impl Url {
    /// An absolute `http` or `https` URL from the caller.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        absolute(text).map_err(|refusal| Invalid::argument(format!("URL {}: {refusal}", shown(text))))
    }

    /// A registry as the caller names it: `registry.example.com`, `localhost:5000`, `https://example.com/prefix/`.
    /// Without a scheme it is http for a loopback host and https otherwise. The result has no trailing `/`, `/v2` or
    /// `/v1`; Docker Hub's names for itself become the host that serves its API.
    pub fn parse_registry(text: &str) -> Result<Self, Invalid> {
        registry(text).map_err(|refusal| Invalid::argument(format!("registry {}: {refusal}", shown(text))))
    }

    /// Resolves what a `Link`, `Location` or redirect holds (RFC 3986 §5). A fragment is dropped.
    pub fn join(&self, reference: &str) -> Result<Self, Invalid> {
        self.resolve(reference).map_err(|refusal| Invalid::response(format!("link {}: {refusal}", shown(reference))))
    }

    /// This base URL with a path below it, made of segments that were checked. The query is dropped.
    pub fn with_path(&self, path: &str) -> Self {
        let base = self.path.trim_end_matches('/');
        let path = format!("{base}/{}", percent::encode(path.trim_start_matches('/'), percent::PATH));
        Self { path, query: None, host: self.host.clone(), ..*self }
    }

    /// This URL with more query parameters. What the query held stays, in its order.
    pub fn with_query(&self, pairs: &[(&str, &str)]) -> Self {
        let mut query = self.query.clone().unwrap_or_default();
        for (name, value) in pairs {
            if !query.is_empty() {
                query.push('&');
            }
            percent::push_component(&mut query, name);
            query.push('=');
            percent::push_component(&mut query, value);
        }
        Self { query: Some(query).filter(|query| !query.is_empty()), ..self.clone() }
    }

    /// The same URL with another URL's query, as it stands there.
    pub fn with_raw_query(&self, query: Option<&str>) -> Self {
        Self { query: query.map(str::to_owned), ..self.clone() }
    }

    /// The scheme.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host in lower case; an IPv6 address with its brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, the scheme's own where none was given.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The path; empty only for a registry's base URL without prefix.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The query without its `?`.
    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// Whether scheme, host and port are the same.
    pub fn same_origin(&self, other: &Url) -> bool {
        self.scheme == other.scheme && self.port == other.port && self.host == other.host
    }

    /// Whether the host is this machine: `localhost`, below `.localhost`, 127.0.0.0/8, `[::1]`.
    pub fn is_loopback(&self) -> bool {
        host::is_loopback(&self.host)
    }

    /// The URL for messages and logs: a query value may be a signature or a token, so only those that a registry's own
    /// parameters hold are shown.
    pub fn redacted(&self) -> String {
        let mut text = self.without_query();
        let mut separator = '?';
        for item in self.query.as_deref().unwrap_or_default().split('&').filter(|item| !item.is_empty()) {
            text.push(separator);
            separator = '&';
            match item.split_once('=') {
                Some(("n" | "last" | "digest" | "service" | "scope", _)) => text.push_str(item),
                Some((name, _)) => {
                    text.push_str(name);
                    text.push_str("=…");
                }
                None => text.push('…'),
            }
        }
        text
    }

    fn without_query(&self) -> String {
        let mut text = format!("{}://{}", self.scheme.as_str(), self.host);
        if self.port != self.scheme.default_port() {
            text.push(':');
            text.push_str(&self.port.to_string());
        }
        text.push_str(&self.path);
        text
    }

    fn resolve(&self, reference: &str) -> Result<Self, Refusal> {
        let reference = reference.split('#').next().unwrap_or_default();
        check_characters(reference)?;
        let first = reference.split(['/', '?']).next().unwrap_or_default();
        if first.contains(':') {
            return absolute(reference);
        }
        if let Some(rest) = reference.strip_prefix("//") {
            return from_parts(self.scheme, rest);
        }
        let (path, query) = split_query(reference);
        let (path, query) = if path.is_empty() {
            (self.path.clone(), query.map(str::to_owned).or_else(|| self.query.clone()))
        } else if path.starts_with('/') {
            (path.to_owned(), query.map(str::to_owned))
        } else {
            let directory = self.path.rsplit_once('/').map_or("", |(directory, _)| directory);
            (format!("{directory}/{path}"), query.map(str::to_owned))
        };
        let (path, query) = (clean_path(&path)?, query.as_deref().map(clean_query).transpose()?);
        Ok(Self { scheme: self.scheme, host: self.host.clone(), port: self.port, path, query })
    }
}

impl fmt::Display for Url {
    /// The whole URL, as it is sent.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.without_query())?;
        match &self.query {
            Some(query) => write!(f, "?{query}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.redacted())
    }
}

fn absolute(text: &str) -> Result<Url, Refusal> {
    check_characters(text)?;
    let (scheme, rest) = split_scheme(text)?.ok_or("it must begin with http:// or https://")?;
    from_parts(scheme, rest)
}

fn registry(text: &str) -> Result<Url, Refusal> {
    check_characters(text)?;
    let (scheme, rest) = match split_scheme(text)? {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, text),
    };
    if rest.contains('?') {
        return Err("a registry's address has no query".into());
    }
    // Reads the host before the scheme is known: its port may depend on it.
    let mut url = from_parts(Scheme::Https, rest)?;
    let scheme = scheme.unwrap_or(if url.is_loopback() { Scheme::Http } else { Scheme::Https });
    if scheme != url.scheme {
        url = from_parts(scheme, rest)?;
    }
    let path = url.path.trim_end_matches('/');
    let path = path.strip_suffix("/v2").or_else(|| path.strip_suffix("/v1")).unwrap_or(path);
    url.path = path.trim_end_matches('/').to_owned();
    if matches!(url.host.as_str(), "docker.io" | "index.docker.io") && url.port == scheme.default_port() {
        url.host = "registry-1.docker.io".into();
        url.scheme = Scheme::Https;
        url.port = url.scheme.default_port();
    }
    Ok(url)
}

/// The scheme and what follows `://`; `None` where there is no `://`.
fn split_scheme(text: &str) -> Result<Option<(Scheme, &str)>, Refusal> {
    let Some((scheme, rest)) = text.split_once("://") else { return Ok(None) };
    if scheme.contains(['/', '?']) {
        return Ok(None);
    }
    if scheme.eq_ignore_ascii_case("https") {
        Ok(Some((Scheme::Https, rest)))
    } else if scheme.eq_ignore_ascii_case("http") {
        Ok(Some((Scheme::Http, rest)))
    } else {
        Err("only http and https are known as schemes".into())
    }
}

/// What follows `scheme://`.
fn from_parts(scheme: Scheme, rest: &str) -> Result<Url, Refusal> {
    // A password with a '?' in it would end the authority early, and show up in a message.
    if rest.split('/').next().is_some_and(|authority| authority.contains('@')) {
        return Err("user info (before '@') is not allowed".into());
    }
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let (path, query) = split_query(path);
    let (host, port) = host::parse_authority(authority)?;
    let port = port.unwrap_or(scheme.default_port());
    let path = if path.is_empty() { "/".into() } else { clean_path(path)? };
    Ok(Url { scheme, host, port, path, query: query.map(clean_query).transpose()? })
}

fn split_query(text: &str) -> (&str, Option<&str>) {
    match text.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (text, None),
    }
}

/// Refuses what browsers strip, re-encode or take for another character.
fn check_characters(text: &str) -> Result<(), Refusal> {
    for (position, character) in text.chars().enumerate() {
        let why = match character {
            '#' => "a fragment is not allowed",
            '\\' => "a backslash is not allowed",
            ' ' => "a space is not allowed",
            '!'..='~' => continue,
            _ if character.is_ascii() => "a control character is not allowed",
            _ => "only ASCII is allowed (a host's name in its xn-- form, other characters percent-encoded)",
        };
        return Err(format!("{character:?} at position {position}: {why}"));
    }
    Ok(())
}

/// Dot segments resolved (RFC 3986 §5.2.4), `%2e` for a dot included, as browsers do.
fn clean_path(path: &str) -> Result<String, Refusal> {
    percent::check(path)?;
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.strip_prefix('/').unwrap_or(path).split('/').peekable();
    while let Some(segment) = segments.next() {
        let dots = dots(segment);
        if dots == 2 {
            kept.pop();
        }
        if dots == 0 {
            kept.push(segment);
        } else if segments.peek().is_none() {
            kept.push("");
        }
    }
    Ok(percent::encode(&format!("/{}", kept.join("/")), percent::PATH))
}

fn clean_query(query: &str) -> Result<String, Refusal> {
    percent::check(query)?;
    Ok(percent::encode(query, percent::QUERY))
}

/// 1 for `.`, 2 for `..`, 0 for any other segment.
fn dots(segment: &str) -> usize {
    match segment.to_ascii_lowercase().as_str() {
        "." | "%2e" => 1,
        ".." | ".%2e" | "%2e." | "%2e%2e" => 2,
        _ => 0,
    }
}

/// A refused URL for a message: neither what stands before an `@` nor the query, which may hold secrets. For the same
/// reason refusals quote no part of a URL that might be one.
fn shown(text: &str) -> String {
    let (hidden, text) = match text.rsplit_once('@') {
        Some((_, text)) => ("…@", text),
        None => ("", text),
    };
    quoted(&format!("{hidden}{}", text.split(['?', '#']).next().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).expect(text)
    }

    #[test]
    fn parse_rebuilds() {
        for (text, expected) in [
            ("https://registry.example.com", "https://registry.example.com/"),
            ("HTTPS://Registry.EXAMPLE.com:443/A?B=c", "https://registry.example.com/A?B=c"),
            ("http://h:80", "http://h/"),
            ("http://h:443/", "http://h:443/"),
            ("http://h:00080/", "http://h/"),
            ("http://h?x=1", "http://h/?x=1"),
            ("http://h/?", "http://h/?"),
            ("http://[0:0:0::1]:5000/x", "http://[::1]:5000/x"),
            ("http://h/a/./b/../c", "http://h/a/c"),
            ("http://h/a/%2e%2E/b/.%2e/../../c/.", "http://h/c/"),
            ("http://h/a/..", "http://h/"),
            ("http://h//a//..", "http://h//a/"),
            ("http://h/a|b\"c<d>e^f`g{h}'[]", "http://h/a%7Cb%22c%3Cd%3Ee%5Ef%60g%7Bh%7D'[]"),
            ("http://h/?a='\"<>|", "http://h/?a=%27%22%3C%3E|"),
            ("http://h/%41%2f?%41%2f?/", "http://h/%41%2f?%41%2f?/"),
            ("http://a_b.example./", "http://a_b.example./"),
        ] {
            assert_eq!(url(text).to_string(), expected, "{text}");
            assert_eq!(url(expected).to_string(), expected, "rebuilt again");
        }
    }

    #[test]
    fn parse_refuses_with_the_rule() {
        for (text, rule) in [
            ("", "begin with http:// or https://"),
            ("/v2/", "begin with http:// or https://"),
            ("registry.example.com", "begin with http:// or https://"),
            ("https:registry.example.com", "begin with http:// or https://"),
            ("ftp://h/", "only http and https"),
            ("javascript://h/%0aalert(1)", "only http and https"),
            ("file:///etc/passwd", "only http and https"),
            ("https://", "host is missing"),
            ("https:///h", "host is missing"),
            ("https://:5000", "host is missing"),
            ("https://h#f", "'#' at position 9: a fragment"),
            ("https://h/ x", "' ' at position 10: a space"),
            (" https://h", "' ' at position 0: a space"),
            ("https:\\\\h", "'\\\\' at position 6: a backslash"),
            ("https://h\\@evil/", "a backslash"),
            ("https://h/\t", "'\\t' at position 10: a control character"),
            ("https://h/\u{7f}", "a control character"),
            ("https://h\0/", "a control character"),
            ("https://b\u{fc}cher.example/", "'\u{fc}' at position 9: only ASCII"),
            ("https://h/\u{2215}", "only ASCII"),
            ("https://h/%", "'%' is not followed by two"),
            ("https://h/%4", "'%' is not followed by two"),
            ("https://h/?%gg", "'%' is not followed by two"),
        ] {
            let refused = Url::parse(text).expect_err(text);
            assert_eq!(refused.code, "INVALID_ARGUMENT");
            assert!(refused.message.contains(rule), "{text}: {}", refused.message);
        }
    }

    #[test]
    fn refusals_hide_user_info_and_query() {
        for text in [
            "https://me:hunter2@h/",
            "https://hunter2@h/",
            "https://me:hunter2@h/ ",
            "https://me:hunter2@[::1/",
            "https://me:x?hunter2@h/",
            "https://me:hunter2/x@h/",
            "https://me:hunter2#x@h/",
            "https://h/%?token=hunter2",
            "https://h/ #hunter2",
            "ftp://me:hunter2@h/",
            "me:hunter2@h",
        ] {
            let parse = Url::parse(text).expect_err(text);
            let registry = Url::parse_registry(text).expect_err(text);
            let join = url("https://h/").join(text).expect_err(text);
            for refused in [parse, registry, join] {
                assert!(!refused.message.contains("hunter2"), "{text}: {}", refused.message);
            }
        }
        let refused = Url::parse("https://me:hunter2@h/x").expect_err("user info");
        assert_eq!(refused.message, "URL \"…@h/x\": user info (before '@') is not allowed");
    }

    #[test]
    fn parse_registry_picks_the_scheme() {
        for (text, expected) in [
            ("registry.example.com", "https://registry.example.com"),
            ("registry.example.com:5000", "https://registry.example.com:5000"),
            ("registry.example.com:443", "https://registry.example.com"),
            ("localhost:5000", "http://localhost:5000"),
            ("LOCALHOST", "http://localhost"),
            ("localhost:80", "http://localhost"),
            ("localhost:443", "http://localhost:443"),
            ("registry.localhost:5000", "http://registry.localhost:5000"),
            ("127.0.0.1:5000", "http://127.0.0.1:5000"),
            ("127.9.8.7", "http://127.9.8.7"),
            ("[::1]:5000", "http://[::1]:5000"),
            ("[::2]:5000", "https://[::2]:5000"),
            ("10.0.0.1:5000", "https://10.0.0.1:5000"),
            ("localhost.example.com", "https://localhost.example.com"),
            ("notlocalhost", "https://notlocalhost"),
            ("https://localhost:5000", "https://localhost:5000"),
            ("http://registry.example.com", "http://registry.example.com"),
            ("https://h:1/prefix/", "https://h:1/prefix"),
            ("h/prefix/v2/", "https://h/prefix"),
            ("h/api/docker/repo/v1", "https://h/api/docker/repo"),
            ("h/v2//", "https://h"),
            ("h/v2x", "https://h/v2x"),
            ("h/a/../b/", "https://h/b"),
            ("docker.io", "https://registry-1.docker.io"),
            ("index.docker.io", "https://registry-1.docker.io"),
            ("https://index.docker.io/v1/", "https://registry-1.docker.io"),
            ("http://docker.io", "https://registry-1.docker.io"),
            ("docker.io:5000", "https://docker.io:5000"),
            ("registry-1.docker.io", "https://registry-1.docker.io"),
        ] {
            assert_eq!(Url::parse_registry(text).map(|url| url.to_string()), Ok(expected.into()), "{text}");
        }
    }

    #[test]
    fn parse_registry_refuses() {
        for (text, rule) in [
            ("", "host is missing"),
            ("/", "host is missing"),
            ("h?x", "has no query"),
            ("h#x", "a fragment"),
            ("me@h", "user info"),
            ("h:port", "port must be"),
            ("h:", "port must be"),
            ("h:0", "port must be"),
            ("h:65536", "port must be"),
            ("h:+80", "port must be"),
            ("ftp://h", "only http and https"),
            ("reg istry", "' ' at position 3"),
            ("a..b", "between dots is empty"),
            (".h", "between dots is empty"),
            ("h,i", "',' is not allowed in a host"),
            ("%6c", "'%' is not allowed in a host"),
        ] {
            let refused = Url::parse_registry(text).expect_err(text);
            assert_eq!(refused.code, "INVALID_ARGUMENT");
            assert!(refused.message.starts_with("registry \""), "{}", refused.message);
            assert!(refused.message.contains(rule), "{text}: {}", refused.message);
        }
    }

    /// RFC 3986 §5.4, as far as it stays with http; and where its result would be another reading than a browser's.
    #[test]
    fn join_follows_the_rfc() {
        let base = url("http://a/b/c/d;p?q");
        for (reference, expected) in [
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g/"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("#s", "http://a/b/c/d;p?q"),
            ("g#s", "http://a/b/c/g"),
            ("g?y#s", "http://a/b/c/g?y"),
            (";x", "http://a/b/c/;x"),
            ("g;x?y#s", "http://a/b/c/g;x?y"),
            ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"),
            ("./", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../..", "http://a/"),
            ("../../../g", "http://a/g"),
            ("/./g", "http://a/g"),
            ("/../g", "http://a/g"),
            ("g.", "http://a/b/c/g."),
            (".g", "http://a/b/c/.g"),
            ("g..", "http://a/b/c/g.."),
            ("..g", "http://a/b/c/..g"),
            ("./../g", "http://a/b/g"),
            ("./g/.", "http://a/b/c/g/"),
            ("g/./h", "http://a/b/c/g/h"),
            ("g/../h", "http://a/b/c/h"),
            ("g;x=1/../y", "http://a/b/c/y"),
            ("g?y/../x", "http://a/b/c/g?y/../x"),
            ("g#s/../x", "http://a/b/c/g"),
            ("g?y=a:b", "http://a/b/c/g?y=a:b"),
            ("/v2/a:b", "http://a/v2/a:b"),
            ("HTTPS://G:443/x?_state=a%20b&c", "https://g/x?_state=a%20b&c"),
        ] {
            assert_eq!(base.join(reference).map(|url| url.to_string()), Ok(expected.into()), "{reference}");
        }
        let prefix = Url::parse_registry("h/prefix").expect("a registry");
        assert_eq!(prefix.join("v2/").map(|url| url.to_string()), Ok("https://h/v2/".into()));
        let bare = Url::parse_registry("h").expect("a registry");
        assert_eq!(bare.join("v2/?n=1").map(|url| url.to_string()), Ok("https://h/v2/?n=1".into()));
    }

    /// F71, F75, and F20's schemes.
    #[test]
    fn join_refuses() {
        let base = url("https://registry.example.com/v2/a/tags/list");
        for reference in [
            "http:g",
            "https:/g",
            "https:///g",
            "///g",
            "//",
            "//me@h/",
            "https://me:pw@h/",
            "ftp://h/",
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///x",
            "localhost:5000/v2/",
            "127.0.0.1:5000/v2/",
            "\\\\evil/",
            "/\\evil/",
            "/v2/ x",
            "/v2/\r\nX: y",
            "/v2/\u{e9}",
            "//0x7f.1/",
            "//2130706433/",
            "//127.1/",
            "//017700000001/",
            "//127.0.0.1./",
            "//1.2.3.256/",
            "//0x/",
            "//[::1%25eth0]/",
            "//[::1",
            "//[::1]x/",
            "//h:99999/",
        ] {
            let refused = base.join(reference).expect_err(reference);
            assert_eq!(refused.code, "INVALID_RESPONSE", "{reference}");
            assert!(refused.message.starts_with("link \""), "{}", refused.message);
        }
    }

    #[test]
    fn paths_and_queries_are_built() {
        let base = Url::parse_registry("https://h/prefix/").expect("a registry");
        let tags = base.with_path("v2/library/alpine/tags/list");
        assert_eq!(tags.to_string(), "https://h/prefix/v2/library/alpine/tags/list");
        let page = tags.with_query(&[("n", "1000"), ("last", "a/b c+d&e=é~")]);
        assert_eq!(page.query(), Some("n=1000&last=a%2Fb%20c%2Bd%26e%3D%C3%A9~"));
        assert_eq!(page.with_path("v2/").to_string(), "https://h/prefix/v2/library/alpine/tags/list/v2/");
        assert_eq!(base.with_query(&[]).query(), None);
        assert_eq!(
            url("http://h/?_state=x").with_query(&[("digest", "sha256:a")]).query(),
            Some("_state=x&digest=sha256%3Aa")
        );
        assert_eq!(url("http://h/?").with_query(&[("a", "")]).to_string(), "http://h/?a=");
        assert_eq!(url("http://h/x/").with_path("/a?b#c").to_string(), "http://h/x/a%3Fb%23c");
    }

    #[test]
    fn origins() {
        let same = |a: &str, b: &str| url(a).same_origin(&url(b));
        assert!(same("https://h/a", "https://H:443/b?c"));
        assert!(
            !same("https://h/", "http://h:443/")
                && !same("https://h/", "https://h:444/")
                && !same("http://h/", "http://i/")
        );
        assert!(url("http://[::ffff:127.0.0.1]/").is_loopback() && url("http://localhost./").is_loopback());
        assert!(!url("http://0.0.0.0/").is_loopback() && !url("http://128.0.0.1/").is_loopback());
        assert_eq!((url("https://h/").port(), url("http://h/").port(), url("http://h:5000/").port()), (443, 80, 5000));
    }

    /// F16, F62.
    #[test]
    fn redacted_hides_query_values() {
        let signed = url("https://s3.example/b?X-Amz-Signature=abc&n=1&last=a/b&&hunter2&scope=x:y&SERVICE=z");
        let expected = "https://s3.example/b?X-Amz-Signature=…&n=1&last=a/b&…&scope=x:y&SERVICE=…";
        assert_eq!(signed.redacted(), expected);
        assert_eq!(format!("{signed:?}"), expected);
        assert_eq!(url("http://h:5000/x").redacted(), "http://h:5000/x");
    }
}
