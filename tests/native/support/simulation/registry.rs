//! The model: a registry, its token service and its storage, all of them honest.

use std::rc::Rc;

use base64ct::{Base64, Encoding as _};

use super::content::{Content, REPOSITORIES};
use crate::support::random::Random;
use crate::support::{Reply, Seen, Step};
use docker_registry_client_wasm::protocol::http::Method;

pub const TOKEN_URL: &str = "https://auth.registry.test/token";
pub const PASSWORD: &str = "password-SECRET";
pub const GIVEN: &str = "given-SECRET";
const STORAGE: &str = "https://storage.test";

/// How the registry lets somebody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    Open,
    Basic,
    /// A token that the user has.
    Given,
    /// Tokens for whoever asks.
    Nobody,
    Password,
    Identity,
}

#[derive(Clone, Debug)]
pub struct Setup {
    pub auth: Auth,
    /// A page across origins: header fields are hidden, redirects followed by the browser.
    pub is_page: bool,
    pub redirects_blobs: bool,
    /// Seconds a token lives, where the service says so.
    pub lifetime: Option<u64>,
    /// What the token service answers to POST, if it does not know it.
    pub no_post: Option<u16>,
}

/// What a request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Version,
    Tags,
    ManifestOfTag,
    ManifestOfDigest,
    Blob,
    Token,
    Elsewhere,
}

struct Issued {
    value: String,
    scopes: Vec<String>,
    expires: u64,
}

pub struct Model {
    pub content: Rc<Content>,
    pub setup: Setup,
    issued: Vec<Issued>,
    /// Tokens of all sorts so far.
    count: u64,
    refresh_tokens: Vec<String>,
}

pub fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", Base64::encode_string(format!("{user}:{password}").as_bytes()))
}

impl Model {
    pub fn new(content: Rc<Content>, setup: Setup) -> Self {
        let refresh_tokens = vec!["refresh-SECRET-0".to_owned()];
        Self { content, setup, issued: Vec::new(), count: 0, refresh_tokens }
    }

    pub fn refresh_token(&self) -> &str {
        &self.refresh_tokens[0]
    }

    /// What may stand in no place but one: in the forms it is sent in.
    pub fn encoded_secrets(&self) -> Vec<String> {
        let identities = self.refresh_tokens.iter().map(|token| basic("<token>", token));
        identities.chain([basic("alice", PASSWORD)]).map(|value| value["Basic ".len()..].to_owned()).collect()
    }

    /// Tokens are good no more.
    pub fn revoke(&mut self) {
        self.issued.clear();
    }

    pub fn answer(&mut self, seen: &Seen, random: &mut Random) -> (Kind, Reply) {
        let target = seen.target.clone();
        let (kind, reply) = if target.starts_with(TOKEN_URL) {
            (Kind::Token, self.token(seen))
        } else if let Some(rest) = target.strip_prefix(STORAGE) {
            (Kind::Blob, self.stored(rest, seen, random))
        } else if target.starts_with("https://") || target.starts_with("http://") {
            (Kind::Elsewhere, elsewhere(random))
        } else {
            let (kind, repository) = kind_of(&target);
            let reply = if self.lets_in(seen, repository) {
                self.content(kind, seen, random)
            } else {
                self.challenge(seen, repository)
            };
            (kind, reply)
        };
        (kind, if self.setup.is_page { reply.filtered() } else { reply })
    }

    fn lets_in(&self, seen: &Seen, repository: Option<&str>) -> bool {
        let carried = seen.headers.get("authorization");
        match self.setup.auth {
            Auth::Open => true,
            Auth::Basic => carried == Some(basic("alice", PASSWORD).as_str()),
            Auth::Given => carried == Some(format!("Bearer {GIVEN}").as_str()),
            Auth::Nobody | Auth::Password | Auth::Identity => self.issued.iter().any(|token| {
                let allows = |repository| token.scopes.contains(&format!("repository:{repository}:pull"));
                carried.is_some_and(|carried| carried.strip_prefix("Bearer ") == Some(token.value.as_str()))
                    && seen.at < token.expires
                    && repository.is_none_or(allows)
            }),
        }
    }

    fn challenge(&self, seen: &Seen, repository: Option<&str>) -> Reply {
        let challenge = match self.setup.auth {
            Auth::Basic => "Basic realm=\"model\"".to_owned(),
            _ => {
                let scope = repository.map(|name| format!(",scope=\"repository:{name}:pull\"")).unwrap_or_default();
                let carries = seen.headers.get("authorization").is_some();
                let error = if carries { ",error=\"invalid_token\"" } else { "" };
                format!("Bearer realm=\"{TOKEN_URL}\",service=\"registry.test\"{scope}{error}")
            }
        };
        let body = r#"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}"#;
        Reply::json(body).status(401).header("www-authenticate", &challenge)
    }

    fn token(&mut self, seen: &Seen) -> Reply {
        let is_post = seen.method == Method::Post;
        if is_post && let Some(status) = self.setup.no_post {
            return Reply::new(status);
        }
        let fields =
            decode(if is_post { &seen.body } else { seen.target.split_once('?').map_or("", |(_, query)| query) });
        let carried = seen.headers.get("authorization");
        let is_known = match self.setup.auth {
            Auth::Password => carried == Some(basic("alice", PASSWORD).as_str()),
            Auth::Identity if is_post => {
                let told = fields.iter().find(|(name, _)| name == "refresh_token");
                told.is_some_and(|(_, token)| self.refresh_tokens.contains(token))
            }
            Auth::Identity => self.refresh_tokens.iter().any(|token| carried == Some(basic("<token>", token).as_str())),
            _ => carried.is_none(),
        };
        if !is_known {
            return Reply::json(r#"{"details":"incorrect username or password"}"#).status(401);
        }
        let scopes = fields.iter().filter(|(name, _)| name == "scope").flat_map(|(_, scope)| scope.split(' '));
        let scopes: Vec<String> = scopes.map(str::to_owned).collect();
        self.count += 1;
        let value = format!("access-SECRET-{}", self.count);
        let expires = seen.at + self.setup.lifetime.unwrap_or(60).max(60) * 1000;
        self.issued.push(Issued { value: value.clone(), scopes, expires });
        let name = if self.count.is_multiple_of(2) { "token" } else { "access_token" };
        let lifetime = self.setup.lifetime.map(|seconds| format!(",\"expires_in\":{seconds}")).unwrap_or_default();
        let mut rotated = String::new();
        if is_post && self.count.is_multiple_of(3) {
            let token = format!("refresh-SECRET-{}", self.count);
            rotated = format!(",\"refresh_token\":\"{token}\"");
            self.refresh_tokens.push(token);
        }
        Reply::json(&format!("{{\"{name}\":\"{value}\"{lifetime}{rotated}}}"))
    }

    /// A token lives from when it goes out.
    pub fn delayed(&mut self, milliseconds: u64) {
        if let Some(token) = self.issued.last_mut() {
            token.expires += milliseconds;
        }
    }

    fn content(&mut self, kind: Kind, seen: &Seen, random: &mut Random) -> Reply {
        let last = seen.target.rsplit('/').next().unwrap_or_default();
        match kind {
            Kind::Version => Reply::json("{}"),
            Kind::Tags => self.tags(seen, random),
            Kind::ManifestOfTag => match self.content.tags.get(last) {
                Some(digest) => self.manifest(digest),
                None => unknown("MANIFEST_UNKNOWN"),
            },
            Kind::ManifestOfDigest => self.manifest(last),
            Kind::Blob if self.setup.redirects_blobs && !self.setup.is_page => {
                self.count += 1;
                let until = seen.at + 60_000;
                let location = format!("{STORAGE}/{last}?until={until}&signature=signature-SECRET-{}", self.count);
                Reply::new(307).header("location", &location).header("content-length", "0")
            }
            Kind::Blob => {
                let reply = self.blob(last, seen, random);
                let url = self.setup.redirects_blobs.then(|| format!("{STORAGE}/{last}?signature=signature-SECRET-0"));
                Reply { url, ..reply }
            }
            Kind::Token | Kind::Elsewhere => unknown("UNSUPPORTED"),
        }
    }

    fn tags(&self, seen: &Seen, random: &mut Random) -> Reply {
        let (path, query) = seen.target.split_once('?').unwrap_or((&seen.target, ""));
        let query = decode(query);
        let field = |wanted: &str| query.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
        let count: usize = field("n").and_then(|count| count.parse().ok()).unwrap_or(1000);
        let after = field("last").unwrap_or_default();
        let rest: Vec<&String> = self.content.tags.keys().filter(|tag| **tag > after).collect();
        let page = &rest[..count.min(rest.len())];
        let reply = Reply::json(&format!(r#"{{"name":"model","tags":{page:?}}}"#));
        if page.len() == rest.len() {
            return reply;
        }
        let prefix = random.pick(&["", "https://registry.test"]);
        let last = page.last().map_or("", |last| last.as_str());
        reply.header("link", &format!("<{prefix}{path}?last={last}&n={count}>; rel=\"next\""))
    }

    pub fn manifest(&self, digest: &str) -> Reply {
        match self.content.manifests.get(digest) {
            Some(found) => Reply::bytes(&found.bytes)
                .header("content-type", found.media_type)
                .header("docker-content-digest", digest),
            None => unknown("MANIFEST_UNKNOWN"),
        }
    }

    fn stored(&self, rest: &str, seen: &Seen, random: &mut Random) -> Reply {
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let until: u64 = query
            .split_once("until=")
            .map_or("", |(_, until)| until.split('&').next().unwrap_or_default())
            .parse()
            .unwrap_or(0);
        if seen.at > until || !query.contains("signature=signature-SECRET-") {
            return Reply::bytes("<Error><Code>AccessDenied</Code></Error>").status(403);
        }
        self.blob(path.trim_start_matches('/'), seen, random)
    }

    pub fn blob(&self, digest: &str, seen: &Seen, random: &mut Random) -> Reply {
        let Some(bytes) = self.content.blobs.get(digest) else { return unknown("BLOB_UNKNOWN") };
        match Reply::part(bytes, seen) {
            (reply, _) if reply.status == 416 => reply,
            (reply, part) => chunked(reply, &part, random),
        }
    }
}

/// What kind of thing a path names, and in which repository.
fn kind_of(target: &str) -> (Kind, Option<&str>) {
    let path = target.split('?').next().unwrap_or_default();
    let name = |end: &str| path.strip_prefix("/v2/").and_then(|rest| rest.split_once(end)).map(|(name, _)| name);
    let of = |end: &str| name(end).filter(|name| REPOSITORIES.contains(name));
    if path.contains("/tags/list") {
        (Kind::Tags, of("/tags/"))
    } else if path.contains("/manifests/sha") {
        (Kind::ManifestOfDigest, of("/manifests/"))
    } else if path.contains("/manifests/") {
        (Kind::ManifestOfTag, of("/manifests/"))
    } else if path.contains("/blobs/") {
        (Kind::Blob, of("/blobs/"))
    } else if path == "/v2/" {
        (Kind::Version, None)
    } else {
        (Kind::Elsewhere, None)
    }
}

fn chunked(reply: Reply, bytes: &[u8], random: &mut Random) -> Reply {
    let size = *random.pick(&[17, 4_096, 65_536, 300_000]);
    // No more steps than a test has time for.
    let size = size.max(bytes.len() / 64);
    let reply = reply.header("content-length", &bytes.len().to_string());
    bytes.chunks(size.max(1)).fold(reply, |reply, chunk| reply.step(Step::Bytes(chunk.to_vec())))
}

fn unknown(code: &str) -> Reply {
    Reply::json(&format!(r#"{{"errors":[{{"code":"{code}","message":"not known here"}}]}}"#)).status(404)
}

/// Somebody who wants to be told secrets.
fn elsewhere(random: &mut Random) -> Reply {
    match random.below(4) {
        0 => Reply::json(r#"{"token":"of-somebody-else"}"#),
        1 => Reply::new(401).header("www-authenticate", "Basic realm=\"tell me\""),
        2 => Reply::new(401).header("www-authenticate", "Bearer realm=\"https://evil.test/token\""),
        _ => Reply::bytes("not what was asked for"),
    }
}

/// The pairs of a query or form.
fn decode(text: &str) -> Vec<(String, String)> {
    let plain = |text: &str| {
        let mut bytes = Vec::new();
        let mut rest = text.as_bytes();
        while let Some((first, after)) = rest.split_first() {
            rest = after;
            match first {
                b'%' => {
                    let digits = std::str::from_utf8(&rest[..2]).expect("ASCII");
                    bytes.push(u8::from_str_radix(digits, 16).expect("hexadecimal"));
                    rest = &rest[2..];
                }
                b'+' => bytes.push(b' '),
                other => bytes.push(*other),
            }
        }
        String::from_utf8(bytes).expect("UTF-8")
    };
    text.split('&').filter_map(|pair| pair.split_once('=')).map(|(name, value)| (plain(name), plain(value))).collect()
}
