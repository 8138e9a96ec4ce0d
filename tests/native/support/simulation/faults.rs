//! What can go wrong between a client and a registry, or is done to it.

use super::content::REPOSITORIES;
use super::registry::{Kind, Model};
use crate::support::random::Random;
use crate::support::{Reply, Seen, Step};
use docker_registry_client_wasm::protocol::http::Method;

/// Those up to `Refuse416` pass by themselves: a client gets what it wants by trying again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Slow,
    Reset,
    Status,
    BodyReset,
    Truncated,
    BodyPause,
    IgnoreRange,
    Refuse416,

    Hang,
    BodyHang,
    Refused,
    LongWait,
    FinalStatus,
    WrongBytes,
    WrongRange,
    WrongDigest,
    WrongLength,
    TooLong,
    Swapped,
    Html,
    Mute,
    EvilRealm,
    EvilRedirect,
    Garbage,
}

use Fault::*;

/// What is done to which requests, and how often.
pub struct Faults {
    /// Per request.
    pub percent: u64,
    /// Faults that are left; refilled before each round.
    pub left: u64,
    /// Only those that pass.
    pub is_mild: bool,
    pub is_page: bool,
}

/// What a fault did.
#[derive(Default)]
pub struct Effect {
    /// Requests that it may cause.
    pub requests: u64,
    /// The content is another, and nothing says so.
    pub corrupts: bool,
    /// Something that is there is said not to be.
    pub denies: bool,
}

impl Faults {
    pub fn choose(&mut self, kind: Kind, seen: &Seen, reply: &Reply, random: &mut Random) -> Option<Fault> {
        if self.left == 0 || !random.percent(self.percent) {
            return None;
        }
        let mut fitting = self.passing(kind, seen, reply);
        if !self.is_mild && random.percent(50) {
            fitting = self.lasting(kind, seen, reply);
        }
        if fitting.is_empty() {
            return None;
        }
        self.left -= 1;
        Some(*random.pick(&fitting))
    }

    fn passing(&self, kind: Kind, seen: &Seen, reply: &Reply) -> Vec<Fault> {
        // What is not repeated: who asks by POST has asked once.
        if kind == Kind::Token && seen.method == Method::Post {
            return vec![Slow, Slow, Status];
        }
        let mut fitting = vec![Slow, Reset, Status];
        if has_body(seen, reply) {
            fitting.extend([BodyReset, BodyPause]);
            // A browser tells of it as of a connection that broke.
            fitting.extend((!self.is_page).then_some(Truncated));
        }
        let range = seen.headers.get("range").filter(|_| kind == Kind::Blob);
        fitting.extend(range.map(|_| IgnoreRange));
        fitting.extend(range.filter(|range| range.ends_with('-')).map(|_| Refuse416));
        fitting
    }

    fn lasting(&self, kind: Kind, seen: &Seen, reply: &Reply) -> Vec<Fault> {
        let mut fitting = vec![Hang, Refused, LongWait, FinalStatus, Mute, Html];
        if has_body(seen, reply) {
            fitting.push(BodyHang);
            if matches!(kind, Kind::Blob | Kind::ManifestOfDigest) {
                fitting.extend([WrongBytes, WrongLength, TooLong, Swapped]);
            }
            if reply.status == 206 {
                fitting.extend([WrongRange; 6]);
            }
        }
        match kind {
            Kind::Token => fitting.extend([Garbage, Garbage, EvilRedirect, EvilRedirect, EvilRedirect]),
            Kind::ManifestOfDigest | Kind::ManifestOfTag => {
                fitting.extend([WrongDigest, EvilRealm, EvilRedirect, EvilRedirect])
            }
            _ => fitting.extend([EvilRealm, EvilRedirect, EvilRedirect]),
        }
        fitting
    }
}

fn has_body(seen: &Seen, reply: &Reply) -> bool {
    seen.method == Method::Get && reply.status < 300 && !reply.body.is_empty()
}

/// The answer with the fault in it.
#[allow(clippy::too_many_lines)] // one table
pub fn apply(
    fault: Fault,
    (kind, seen): (Kind, &Seen),
    reply: Reply,
    model: &mut Model,
    (random, is_mild): (&mut Random, bool),
) -> (Reply, Effect) {
    let mut effect = Effect { requests: 1, ..Effect::default() };
    let longest = if is_mild { 10_000 } else { 29_900 };
    let reply = match fault {
        Slow => {
            let delay = random.between(1, longest);
            if kind == Kind::Token {
                model.delayed(delay);
            }
            reply.after(delay)
        }
        Reset => Reply { reset: true, ..reply },
        Status => momentary(kind, seen, random, is_mild),
        BodyReset => cut(reply, random, Some(Step::Reset)),
        Truncated => cut(reply, random, None),
        BodyPause => paused(reply, random, Step::Pause(longest * 2 - 1)),
        IgnoreRange => {
            let mut whole = seen.clone();
            whole.headers = docker_registry_client_wasm::protocol::http::Headers::new();
            model.blob(last_segment(seen), &whole, random)
        }
        Refuse416 => Reply::new(416),

        Hang => Reply::hang(),
        BodyHang => paused(reply, random, Step::Hang),
        Refused => Reply::refused(),
        LongWait => {
            let wait = *random.pick(&["61", "99999999", "99999999999999999999999", "Fri, 31 Dec 2100 23:59:59 GMT"]);
            Reply::new(*random.pick(&[429, 503])).header("retry-after", wait)
        }
        FinalStatus => {
            let status = *random.pick(&[400, 403, 404, 405, 410, 413, 416, 501, 505, 204, 300, 304]);
            effect.denies = status == 404;
            // To be told nothing, or an empty list, is an answer too.
            effect.corrupts = status == 204;
            Reply::new(status)
        }
        Mute => Reply::new(401),
        WrongBytes => {
            effect.corrupts = true;
            let step = random.below(reply.body.len() as u64) as usize;
            let mut reply = reply;
            if let Some(Step::Bytes(bytes)) = reply.body.get_mut(step) {
                let at = random.below(bytes.len() as u64) as usize;
                bytes[at] ^= 1 << random.below(8);
            }
            reply
        }
        WrongRange => {
            // Where the field is hidden only the digest tells.
            effect.corrupts = model.setup.is_page;
            wrong_range(reply, seen, model, random)
        }
        WrongDigest => {
            effect.corrupts = seen.method == Method::Head;
            reply.header("docker-content-digest", &super::content::digest(b"something else"))
        }
        WrongLength => {
            // To ask for a blob's size is to ask for that field.
            effect.corrupts = true;
            reply.header("content-length", &random.between(0, 5_000_000).to_string())
        }
        TooLong => {
            let more = vec![0; random.between(1, 1_000_000) as usize];
            effect.corrupts = true;
            reply.step(Step::Bytes(more))
        }
        Swapped => {
            effect.corrupts = true;
            let content = model.content.clone();
            if kind == Kind::Blob {
                let digests: Vec<&String> = content.blobs.keys().collect();
                let other = random.pick(&digests).as_str();
                let mut asked = seen.clone();
                if random.percent(50) {
                    asked.headers = docker_registry_client_wasm::protocol::http::Headers::new();
                }
                model.blob(other, &asked, random)
            } else {
                let digests: Vec<&String> = content.manifests.keys().collect();
                model.manifest(random.pick(&digests).as_str())
            }
        }
        Html => {
            // Of a part, and where only the header fields count, there is nothing to know it by.
            effect.corrupts = true;
            Reply::bytes("<!doctype html><title>Welcome to our network</title>").header("content-type", "text/html")
        }
        EvilRealm => {
            let repository = random.pick(&REPOSITORIES);
            let realm = *random.pick(&[
                "https://evil.test/token",
                "https://registry.test.evil.test/token",
                "http://auth.registry.test/token",
                "http://registry.test/token",
                "https://169.254.169.254/token",
                "https://auth.registry.test@evil.test/token",
                "javascript:alert(1)",
                "/token",
                "",
            ]);
            let challenge = format!("Bearer realm=\"{realm}\",service=\"x\",scope=\"repository:{repository}:pull\"");
            Reply::new(401).header("www-authenticate", &challenge)
        }
        EvilRedirect => {
            effect.requests = 12;
            effect.corrupts = true;
            evil_redirect(seen, model.setup.is_page, random)
        }
        Garbage => Reply::bytes(*random.pick(&[
            "",
            "{}",
            "null",
            r#"{"token":""}"#,
            r#"{"token":"x y"}"#,
            r#"{"token":"x\r\nx: y"}"#,
            r#"{"access_token":7}"#,
            r#"{"token":"not-of-this-service","expires_in":"soon"}"#,
        ])),
    };
    // A length that was believed once makes each right answer after it too short.
    if effect.corrupts {
        effect.requests = effect.requests.max(6);
    }
    (if model.setup.is_page { reply.filtered() } else { reply }, effect)
}

fn last_segment(seen: &Seen) -> &str {
    seen.target.split('?').next().unwrap_or_default().rsplit('/').next().unwrap_or_default()
}

fn momentary(kind: Kind, seen: &Seen, random: &mut Random, is_mild: bool) -> Reply {
    let is_post = kind == Kind::Token && seen.method == Method::Post;
    let status = if is_post { 429 } else { *random.pick(&[408, 429, 429, 499, 500, 502, 503, 503, 504, 522]) };
    let body =
        *random.pick(&["", "<html>busy</html>", r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]}"#]);
    let reply = Reply::bytes(body).status(status);
    let longest = if is_mild { 20 } else { 60 };
    match random.below(4) {
        0 => reply.header("retry-after", &random.between(0, longest).to_string()),
        1 => {
            let second = (seen.at / 1000) % 30 + random.below(longest / 2);
            // The clock of the answer, not ours.
            let date = |second: u64| format!("Mon, 01 Jun 2020 10:{:02}:{:02} GMT", second / 60, second % 60);
            reply.header("date", &date((seen.at / 1000) % 30)).header("retry-after", &date(second))
        }
        2 => {
            let odd = *random.pick(&["-1", "soon", "1.5", "", "Mon, 01 Jun 1970"]);
            reply.header("retry-after", odd)
        }
        _ => reply,
    }
}

/// The start of a body, and then something else.
fn cut(mut reply: Reply, random: &mut Random, end: Option<Step>) -> Reply {
    let kept = random.below(reply.body.len() as u64) as usize;
    reply.body.truncate(kept + 1);
    if let Some(Step::Bytes(bytes)) = reply.body.last_mut() {
        let kept = random.below(bytes.len() as u64) as usize;
        bytes.truncate(kept);
    }
    reply.body.extend(end);
    reply
}

fn paused(mut reply: Reply, random: &mut Random, pause: Step) -> Reply {
    let at = random.below(reply.body.len() as u64 + 1) as usize;
    reply.body.insert(at, pause);
    reply
}

fn wrong_range(mut reply: Reply, seen: &Seen, model: &Model, random: &mut Random) -> Reply {
    let told = reply.headers.iter().find(|(name, _)| name == "content-range").map(|(_, value)| value.clone());
    let told = told.unwrap_or_default();
    let numbers: Vec<u64> =
        told.split(|character: char| !character.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect();
    let [first, last, length] = numbers[..] else { return reply };
    match random.below(6) {
        // Another part than the one asked for, and honest about it.
        0 | 1 => {
            let first = if random.percent(50) { first / 2 } else { (first + 1).min(last) };
            let mut asked = seen.clone();
            asked.headers.set("range", format!("bytes={first}-{last}"));
            model.blob(last_segment(seen), &asked, random)
        }
        2 => {
            // Stops early, and says so.
            let mut left = (last - first) / 2;
            for step in &mut reply.body {
                if let Step::Bytes(bytes) = step {
                    bytes.truncate(left as usize);
                    left -= bytes.len() as u64;
                }
            }
            let end = first + (last - first) / 2;
            let length_header = ((last - first) / 2).to_string();
            reply
                .header("content-range", &format!("bytes {first}-{}/{length}", end.saturating_sub(1).max(first)))
                .header("content-length", &length_header)
        }
        3 => {
            reply.headers.retain(|(name, _)| name != "content-range");
            reply
        }
        4 => {
            reply.headers.push(("content-range".into(), format!("bytes {first}-{last}/{length}")));
            reply
        }
        _ => reply.header("content-range", &format!("items {first}-{last}/{length}")),
    }
}

fn evil_redirect(seen: &Seen, is_page: bool, random: &mut Random) -> Reply {
    let itself = if seen.target.starts_with('/') {
        format!("https://registry.test{}", seen.target)
    } else {
        seen.target.clone()
    };
    let location = match random.below(8) {
        0 => "https://evil.test/collect".to_owned(),
        1 => "//evil.test/collect".to_owned(),
        2 => "http://registry.test/v2/".to_owned(),
        3 => "https://127.0.0.1/".to_owned(),
        4 => "https://[::ffff:10.0.0.1]/".to_owned(),
        5 => "https://alice:password@evil.test/".to_owned(),
        6 => "::::".to_owned(),
        _ => itself,
    };
    // The browser has followed it by then.
    if is_page {
        let url = if location.starts_with("https://evil") { location } else { "http://registry.test/v2/".to_owned() };
        return Reply { url: Some(url), ..Reply::bytes("not what was asked for") };
    }
    Reply::new(*random.pick(&[301, 302, 303, 307, 308])).header("location", &location)
}
