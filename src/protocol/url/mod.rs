//! A small strict URL parser. (The `url` crate would be most of this package's size.)
//!
//! The parser rejects every URL that a host's `fetch` might interpret differently, and rebuilds a URL from its parts,
//! so that the URL that was checked is the URL that is sent. Where RFC 3986 and the URL standard of the browsers
//! differ, only URLs that both interpret alike pass.

pub mod address;
pub mod domain;
pub mod host;
pub mod percent;
pub mod port;
pub mod redact;

use std::fmt;
use std::rc::Rc;

use crate::protocol::invalid::{Invalid, quoted, quoted_char};

/// The URL schemes that a registry can have.
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

/// A checked absolute URL without user info and fragment. Its clones share the parts: requests, responses and bodies keep one each.
#[derive(Clone, PartialEq, Eq)]
pub struct Url(Rc<Parts>);

#[derive(Clone, PartialEq, Eq)]
struct Parts {
    scheme: Scheme,
    /// Lower case; an IPv6 address with its brackets.
    host: String,
    port: u16,
    /// Starts with `/`, or is empty (a registry's base URL without prefix).
    path: String,
    query: Option<String>,
}

/// Why a text is not a URL: the rule and the position.
type Refusal = String;

impl Url {
    /// Parses an absolute `http` or `https` URL that the caller gave.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        absolute(text).map_err(|refusal| Invalid::argument(format!("URL {}: {refusal}", shown(text))))
    }

    /// Parses a registry as the caller names it: `registry.example.com`, `localhost:5000`,
    /// `https://example.com/prefix/`. The default scheme is http for a loopback host and https otherwise. The result
    /// has no trailing `/`, `/v2` or `/v1`; Docker Hub's aliases become the host that serves its API.
    pub fn parse_registry(text: &str) -> Result<Self, Invalid> {
        registry(text).map_err(|refusal| Invalid::argument(format!("registry {}: {refusal}", shown(text))))
    }

    /// Resolves the URL reference in a `Link`, `Location` or redirect (RFC 3986 §5). A fragment is dropped.
    pub fn join(&self, reference: &str) -> Result<Self, Invalid> {
        self.resolve(reference).map_err(|refusal| Invalid::response(format!("link {}: {refusal}", shown(reference))))
    }

    /// Returns this base URL with a path appended; the path's segments must be checked. The query is dropped.
    pub fn with_path(&self, path: &str) -> Self {
        let base = self.0.path.trim_end_matches('/');
        let path = format!("{base}/{}", percent::encode(path.trim_start_matches('/'), percent::PATH));
        self.at(path, None)
    }

    /// Returns the API root of a request's URL: everything up to and including `/v2/` or `/v1/`, or `/` if neither
    /// occurs.
    pub fn api_root(&self) -> Self {
        let end = ["/v2/", "/v1/"].iter().find_map(|root| self.0.path.find(root).map(|at| at + root.len()));
        let path = self.0.path.get(..end.unwrap_or_default()).filter(|path| !path.is_empty()).unwrap_or("/");
        self.at(path.to_owned(), None)
    }

    /// Returns this URL with query parameters appended. Existing parameters keep their order.
    pub fn with_query(&self, pairs: &[(&str, &str)]) -> Self {
        let mut query = self.0.query.clone().unwrap_or_default();
        percent::push_pairs(&mut query, pairs);
        self.at(self.0.path.clone(), Some(query).filter(|query| !query.is_empty()))
    }

    /// Returns this URL with its query replaced verbatim.
    pub fn with_raw_query(&self, query: Option<&str>) -> Self {
        self.at(self.0.path.clone(), query.map(str::to_owned))
    }

    /// Returns another place of the same origin.
    fn at(&self, path: String, query: Option<String>) -> Self {
        let Parts { scheme, ref host, port, .. } = *self.0;
        Self::of(Parts { scheme, host: host.clone(), port, path, query })
    }

    /// The scheme.
    pub fn scheme(&self) -> Scheme {
        self.0.scheme
    }

    /// The host in lower case; an IPv6 address with its brackets.
    pub fn host(&self) -> &str {
        &self.0.host
    }

    /// The port; the scheme's default if none was given.
    pub fn port(&self) -> u16 {
        self.0.port
    }

    /// Returns scheme, host and port, such as `https://registry.example.com:5000`.
    pub fn origin(&self) -> String {
        let Parts { scheme, ref host, port, .. } = *self.0;
        let mut text = format!("{}://{host}", scheme.as_str());
        if port != scheme.default_port() {
            text.push(':');
            text.push_str(&port.to_string());
        }
        text
    }

    /// The path; empty only for a registry's base URL without prefix.
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// The query without its `?`.
    pub fn query(&self) -> Option<&str> {
        self.0.query.as_deref()
    }

    /// Returns true if scheme, host and port are equal.
    pub fn same_origin(&self, other: &Url) -> bool {
        self.0.scheme == other.0.scheme && self.0.port == other.0.port && self.0.host == other.0.host
    }

    /// Returns true if the host is a loopback host: `localhost`, a subdomain of `.localhost`, 127.0.0.0/8, `[::1]`.
    pub fn is_loopback(&self) -> bool {
        host::is_loopback(self.host())
    }

    /// Returns true if the host is a loopback host or an address that is not public.
    pub fn is_local(&self) -> bool {
        self.is_loopback() || address::of_host(self.host()).is_some_and(address::is_special)
    }

    /// Returns true if the host is link-local or another endpoint where clouds serve their machines' metadata.
    pub fn is_metadata(&self) -> bool {
        address::is_metadata(self.host())
    }

    /// Returns true if both hosts are equal or share a registrable domain.
    pub fn shares_domain(&self, other: &Url) -> bool {
        domain::is_shared(self.host(), other.host())
    }

    /// Returns the URL for messages and logs. A query value may be a signature or a token, so only the values of the
    /// registry API's own parameters are shown.
    pub fn redacted(&self) -> String {
        let mut text = self.without_query();
        if let Some(query) = self.query().filter(|query| !query.trim_matches('&').is_empty()) {
            text.push('?');
            redact::push_query(&mut text, query);
        }
        text
    }

    fn without_query(&self) -> String {
        self.origin() + self.path()
    }

    fn resolve(&self, reference: &str) -> Result<Self, Refusal> {
        let reference = reference.split('#').next().unwrap_or_default();
        check_characters(reference)?;
        let first = reference.split(['/', '?']).next().unwrap_or_default();
        if first.contains(':') {
            return absolute(reference);
        }
        if let Some(rest) = reference.strip_prefix("//") {
            return from_parts(self.scheme(), rest).map(Self::of);
        }
        let (path, query) = split_query(reference);
        let (path, query) = if path.is_empty() {
            (self.0.path.clone(), query.map(str::to_owned).or_else(|| self.0.query.clone()))
        } else if path.starts_with('/') {
            (path.to_owned(), query.map(str::to_owned))
        } else {
            let directory = self.path().rsplit_once('/').map_or("", |(directory, _)| directory);
            (format!("{directory}/{path}"), query.map(str::to_owned))
        };
        let (path, query) = (clean_path(&path)?, query.as_deref().map(clean_query).transpose()?);
        Ok(self.at(path, query))
    }

    fn of(parts: Parts) -> Self {
        Self(Rc::new(parts))
    }
}

impl fmt::Display for Url {
    /// Writes the whole URL, as it is sent.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.without_query())?;
        match self.query() {
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
    from_parts(scheme, rest).map(Url::of)
}

fn registry(text: &str) -> Result<Url, Refusal> {
    check_characters(text)?;
    // skopeo and Helm prefix references with the transport.
    let text = without_transport(text);
    let (scheme, rest) = match split_scheme(text)? {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, text),
    };
    if rest.contains('?') {
        return Err("a registry's address has no query".into());
    }
    // The host is parsed before the scheme is known, because the default scheme depends on it.
    let mut url = from_parts(Scheme::Https, rest)?;
    let scheme = scheme.unwrap_or(if host::is_loopback(&url.host) { Scheme::Http } else { Scheme::Https });
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
    Ok(Url::of(url))
}

/// Returns a reference without `docker://` or `oci://`, which name a transport but not the URL scheme.
pub fn without_transport(text: &str) -> &str {
    let rest = |transport: &str| {
        let (start, rest) = text.split_at_checked(transport.len())?;
        start.eq_ignore_ascii_case(transport).then_some(rest)
    };
    rest("docker://").or_else(|| rest("oci://")).unwrap_or(text)
}

/// Splits a text into the scheme and the part after `://`; `None` if it has no `://`.
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
        Err("the scheme must be http or https".into())
    }
}

/// Parses the part after `scheme://`.
fn from_parts(scheme: Scheme, rest: &str) -> Result<Parts, Refusal> {
    // A '?' in a password would end the authority early and leak the rest into a message.
    if rest.split('/').next().is_some_and(|authority| authority.contains('@')) {
        return Err("user info (before '@') is not allowed".into());
    }
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let (path, query) = split_query(path);
    let (host, port) = host::parse_authority(authority)?;
    let port = port.unwrap_or(scheme.default_port());
    let path = if path.is_empty() { "/".into() } else { clean_path(path)? };
    Ok(Parts { scheme, host, port, path, query: query.map(clean_query).transpose()? })
}

fn split_query(text: &str) -> (&str, Option<&str>) {
    match text.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (text, None),
    }
}

/// Rejects characters that browsers strip, re-encode or replace.
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
        return Err(format!("{} at position {position}: {why}", quoted_char(character)));
    }
    Ok(())
}

/// Resolves dot segments (RFC 3986 §5.2.4), including `%2e` for a dot, as browsers do.
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

/// Returns 1 for `.`, 2 for `..`, 0 for any other segment.
fn dots(segment: &str) -> usize {
    match segment.to_ascii_lowercase().as_str() {
        "." | "%2e" => 1,
        ".." | ".%2e" | "%2e." | "%2e%2e" => 2,
        _ => 0,
    }
}

/// Quotes a rejected URL for a message, without the part before `@` and without the query: both may hold secrets, and a
/// URL that cannot be read has no certain end of either. For the same reason no rule quotes a part of the URL.
pub fn shown(text: &str) -> String {
    let (hidden, text) = match text.rsplit_once('@') {
        Some((_, text)) => ("…@", text),
        None => ("", text),
    };
    quoted(&format!("{hidden}{}", text.split(['?', '#']).next().unwrap_or_default()))
}

#[cfg(test)]
mod tests;
