//! Uploads at a registry of some nature.

use docker_registry_client_wasm::protocol::http::Method;

use super::nature::{Nature, Range};
use super::registry::error;
use crate::support::random::Random;
use crate::support::uploads::{Fault, State, UPLOADS};
use crate::support::{Reply, Seen};

pub fn answer(nature: &Nature, state: &mut State, seen: &Seen, random: &mut Random) -> Reply {
    state.ways.post = nature.post;
    let path = seen.target.split('?').next().unwrap_or_default();
    if let Some(id) = path.strip_prefix(UPLOADS).and_then(|id| id.parse().ok())
        && random.percent(nature.forgets)
    {
        state.uploads.remove(&id);
        return if random.percent(50) { error(404, "BLOB_UPLOAD_UNKNOWN") } else { error(400, "BLOB_UPLOAD_INVALID") };
    }
    if path == UPLOADS && seen.target.contains("mount=") && !matches!(nature.mount, 201 | 202) {
        return error(nature.mount, "UNSUPPORTED");
    }
    if path == UPLOADS && seen.target.contains("mount=") && nature.mount == 202 {
        let plain = Seen { target: UPLOADS.to_owned(), ..seen.clone() };
        return state.respond(&plain, None);
    }
    if seen.method == Method::Put && !seen.body.is_empty() && nature.refuses_whole {
        return error(500, "UNKNOWN");
    }
    if seen.method == Method::Patch && nature.most.is_some_and(|most| seen.body.len() > most) {
        return Reply::new(416).header("range", "0-0");
    }
    let is_under_most = nature.most.is_some() && seen.method == Method::Get;
    let (range, first) = (nature.range, first_byte(seen));
    let tell = move |reply: Reply| {
        if reply.status == 416 || reply.status >= 400 {
            return reply;
        }
        let told = reply.headers.iter().find(|(name, _)| name == "range").map(|(_, value)| value.clone());
        let Some(last) = told.and_then(|told| told.strip_prefix("0-").and_then(|last| last.parse::<u64>().ok())) else {
            return reply;
        };
        match range {
            _ if is_under_most && last == 0 => reply,
            Range::Honest => reply,
            // A status tells the truth.
            _ if seen_is_status(&reply) => reply,
            Range::Zero => reply.header("range", "0-0"),
            Range::LastChunk => reply.header("range", &format!("{first}-{last}")),
            Range::TooHigh => reply.header("range", &format!("0-{}", last + 1)),
            Range::Missing => {
                let mut reply = reply;
                reply.headers.retain(|(name, _)| name != "range");
                reply
            }
        }
    };
    state.respond(seen, Some(Fault::Told(Box::new(tell))))
}

fn seen_is_status(reply: &Reply) -> bool {
    reply.status == 204
}

fn first_byte(seen: &Seen) -> u64 {
    let range = seen.headers.get("content-range").unwrap_or_default();
    range.split('-').next().and_then(|first| first.parse().ok()).unwrap_or(0)
}
