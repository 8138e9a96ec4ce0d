//! What can go wrong with a request of a copy.

use docker_registry_client_wasm::protocol::http::Method;

use super::registry::Registry;
use crate::support::model::Fault;
use crate::support::random::Random;
use crate::support::uploads::{self, UPLOADS};
use crate::support::{Reply, Seen, Step};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Trouble {
    Plain(Fault),
    /// Whoever asks has to ask again with a token.
    Unauthorized,
    /// The connection goes in the middle of what comes up, or comes down.
    Cut,
    /// The answer ends early, and its length says so.
    Truncated,

    /// The registry knows nothing of the upload any more.
    Forgotten,
    /// No answer ever comes.
    Hang,
    /// The content is another.
    WrongBytes,
    /// What is there is not found.
    NotFound,
}

use Trouble::*;

/// What a client gets over by trying again.
const PASSING: [Trouble; 7] = [
    Plain(Fault::LostBefore),
    Plain(Fault::LostAfter),
    Plain(Fault::FailedBefore),
    Plain(Fault::FailedAfter),
    Unauthorized,
    Cut,
    Truncated,
];
const LASTING: [Trouble; 5] = [Plain(Fault::Denied), Forgotten, Hang, WrongBytes, NotFound];

pub struct Troubles {
    pub percent: u64,
    pub left: u64,
    pub is_mild: bool,
    pub was_refused: bool,
    /// How many there were.
    pub count: u64,
    /// Of those the answers that were lost after something was done.
    pub lost: u64,
}

impl Troubles {
    pub fn choose(&mut self, seen: &Seen, random: &mut Random) -> Option<Trouble> {
        if self.left == 0 || !random.percent(self.percent) {
            return None;
        }
        let lasts = !self.is_mild && random.percent(30);
        let trouble = *random.pick(if lasts { &LASTING[..] } else { &PASSING[..] });
        let is_upload =
            seen.target.strip_prefix(UPLOADS).is_some_and(|id| id.starts_with(|id: char| id.is_ascii_digit()));
        let is_list = seen.target.contains("/referrers/") || seen.target.contains("/manifests/sha256-");
        let fits = match trouble {
            Truncated | WrongBytes => seen.method == Method::Get,
            Cut => seen.method == Method::Get || (is_upload && !seen.body.is_empty()),
            Forgotten => is_upload,
            // To be told that nothing refers to something is an answer.
            NotFound => !is_upload && !is_list,
            // Who is refused with a fresh token is refused for good.
            Unauthorized => !self.was_refused,
            _ => true,
        };
        // That an upload is given up is tried once.
        if !fits || seen.method == Method::Delete {
            return None;
        }
        self.was_refused |= trouble == Unauthorized && self.is_mild;
        self.left -= 1;
        self.count += 1;
        self.lost += u64::from(matches!(trouble, Plain(Fault::LostAfter | Fault::FailedAfter) | Cut));
        Some(trouble)
    }
}

/// The answer with the trouble in it. `origin`: where tokens are to be had.
pub fn answer(trouble: Trouble, registry: &mut Registry, seen: &Seen, origin: &str, random: &mut Random) -> Reply {
    let failed = |statuses: &[u16], random: &mut Random| {
        Reply::json(r#"{"errors":[{"code":"UNKNOWN"}]}"#).status(*random.pick(statuses))
    };
    match trouble {
        Plain(Fault::LostBefore) => Reply::reset(),
        Plain(Fault::FailedBefore) => failed(&[429, 500, 502, 503], random),
        Plain(Fault::Denied) => Reply::json(r#"{"errors":[{"code":"DENIED"}]}"#).status(403),
        Plain(Fault::LostAfter) => {
            registry.answer(seen, None);
            Reply::reset()
        }
        Plain(Fault::FailedAfter) => {
            registry.answer(seen, None);
            failed(&[500, 502, 503, 504], random)
        }
        Unauthorized => {
            let challenge = format!("Bearer realm=\"{origin}/token\",service=\"x\"");
            Reply::json(r#"{"errors":[{"code":"UNAUTHORIZED"}]}"#).status(401).header("www-authenticate", &challenge)
        }
        Cut if seen.method != Method::Get => {
            let taken = random.below(seen.body.len() as u64) as usize;
            // Of what goes up in one request nothing is kept.
            if seen.method == Method::Put {
                return Reply::reset();
            }
            registry.answer(seen, Some(uploads::Fault::Cut(taken)))
        }
        Cut => cut(registry.answer(seen, None), random, true),
        Truncated => cut(registry.answer(seen, None), random, false),
        Forgotten => {
            let id = seen.target[UPLOADS.len()..].split('?').next().unwrap_or_default();
            registry.uploads.uploads.remove(&id.parse().expect("a number"));
            registry.answer(seen, None)
        }
        Hang => Reply::hang(),
        WrongBytes => {
            let mut reply = registry.answer(seen, None);
            if let Some(Step::Bytes(bytes)) = reply.body.last_mut()
                && let Some(byte) = bytes.last_mut()
            {
                *byte ^= 1;
            }
            reply
        }
        NotFound => Reply::new(404),
    }
}

fn cut(mut reply: Reply, random: &mut Random, is_reset: bool) -> Reply {
    if reply.status >= 300 || reply.body.is_empty() {
        return reply;
    }
    let kept = random.below(reply.body.len() as u64) as usize;
    reply.body.truncate(kept + 1);
    if let Some(Step::Bytes(bytes)) = reply.body.last_mut() {
        let kept = random.below(bytes.len() as u64) as usize;
        bytes.truncate(kept);
    }
    reply.body.extend(is_reset.then_some(Step::Reset));
    reply
}
