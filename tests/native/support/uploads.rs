//! A registry that takes blobs, and minds how they come: order, Content-Range, the newest Location.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use docker_registry_client_wasm::protocol::http::Method;
use docker_registry_client_wasm::registry::BlobSource;
use docker_registry_client_wasm::registry::blob::source::Next;
use docker_registry_client_wasm::transport::Result;

use super::{Bytes, Reply, Scripted, Seen, sha256};

pub const UPLOADS: &str = "/v2/a/b/blobs/uploads/";

/// What a request comes to beside, or instead of, what the model makes of it.
pub enum Fault {
    /// This is all that happens.
    Instead(Reply),
    /// The connection goes after so many bytes of the body were taken.
    Cut(usize),
    /// It is done, and nobody hears of it.
    Lost,
    /// The answer is another.
    Told(Box<dyn Fn(Reply) -> Reply>),
}

type Faults = Box<dyn Fn(&Seen, usize) -> Option<Fault>>;

/// How a registry says how much it has.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Tells {
    #[default]
    Rightly,
    /// No `Range`.
    Nothing,
    /// `0-0` whatever it has (GHCR).
    Zero,
    /// What it had before the last chunk (ECR).
    Stale,
    /// The length of the last chunk (zot).
    LastChunk,
    /// The position of the last chunk.
    LastChunkAt,
    /// The length where the last position belongs.
    OneTooMany,
    Nonsense,
    /// Its status cannot be asked for.
    Refused,
}

/// What a registry makes of a POST that has a blob's bytes and digest.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Post {
    /// It ignores the bytes, and begins an upload (distribution).
    #[default]
    Begins,
    /// The same, with 201.
    BeginsAsCreated,
    /// It begins an upload, and keeps the bytes in it.
    Keeps,
    /// zot.
    Creates,
    /// It creates the blob, and tells nothing of it.
    CreatesSilently,
    /// It says so alone.
    Claims,
    Refuses(u16),
    /// It closes the connection.
    Closes,
}

/// How a registry differs from the specification.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ways {
    /// In the answers to chunks.
    pub chunk: Tells,
    /// In the session's status.
    pub status: Tells,
    /// Bodies of more bytes are answered with this status.
    pub limit: Option<(usize, u16)>,
    /// 500 to an end that brings the bytes.
    pub refuses_whole: bool,
    pub post: Post,
    /// distribution 3: 416 to a deletion whose location is not the newest.
    pub minds_deletions: bool,
}

#[derive(Default)]
pub struct State {
    pub ways: Ways,
    /// Bytes of all bodies that came.
    pub received: usize,
    /// Bytes of the last chunk of each upload, and where it began.
    last: BTreeMap<usize, (usize, usize)>,
    pub blobs: BTreeMap<String, String>,
    /// Of other repositories.
    pub elsewhere: Vec<(String, String)>,
    /// Bytes by upload, and the state its location must hold.
    pub uploads: BTreeMap<usize, (String, usize)>,
    pub cancelled: usize,
    /// What a client must not do.
    pub offences: Vec<String>,
    requests: usize,
}

#[derive(Clone)]
pub struct Model(pub Rc<RefCell<State>>);

impl Model {
    pub fn new() -> (Model, Scripted) {
        Self::with(|_, _| None)
    }

    /// `faults`: by request, and its number from 0 on.
    pub fn with(faults: impl Fn(&Seen, usize) -> Option<Fault> + 'static) -> (Model, Scripted) {
        let model = Model(Rc::default());
        let (inner, faults): (_, Faults) = (model.clone(), Box::new(faults));
        (model, Scripted::new(move |seen| inner.0.borrow_mut().answer(seen, &faults)))
    }

    pub fn has(&self, content: &str) -> bool {
        self.0.borrow().blobs.get(&sha256(content)).is_some_and(|blob| blob == content)
    }

    /// No offence, and no upload left open.
    pub fn is_clean(&self) -> bool {
        let state = self.0.borrow();
        assert_eq!(state.offences, Vec::<String>::new());
        state.uploads.is_empty()
    }
}

impl State {
    fn answer(&mut self, seen: &Seen, faults: &Faults) -> Reply {
        let fault = faults(seen, self.requests);
        self.respond(seen, fault)
    }

    pub fn respond(&mut self, seen: &Seen, fault: Option<Fault>) -> Reply {
        self.requests += 1;
        self.received += seen.body.len();
        match fault {
            None => self.serve(seen, seen.body.len()),
            Some(Fault::Instead(reply)) => reply,
            Some(Fault::Cut(taken)) => {
                self.serve(seen, taken);
                Reply::reset()
            }
            Some(Fault::Lost) => {
                self.serve(seen, seen.body.len());
                Reply::reset()
            }
            Some(Fault::Told(change)) => change(self.serve(seen, seen.body.len())),
        }
    }

    fn serve(&mut self, seen: &Seen, taken: usize) -> Reply {
        let (path, query) = seen.target.split_once('?').unwrap_or((&seen.target, ""));
        let value = |name: &str| {
            let pair = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
            pair.map(|value| value.replace("%3A", ":").replace("%2F", "/"))
        };
        if path == UPLOADS {
            assert_eq!(seen.method, Method::Post);
            if let (Some(digest), Some(from)) = (value("mount"), value("from"))
                && let Some((_, content)) =
                    self.elsewhere.iter().find(|(name, content)| *name == from && sha256(content) == digest)
            {
                self.blobs.insert(digest.clone(), content.clone());
                return Reply::new(201).header("docker-content-digest", &digest);
            }
            let body = &seen.body[..taken.min(seen.body.len())];
            return self.post(value("digest").filter(|_| !seen.body.is_empty()), body);
        }
        if let Some(id) = path.strip_prefix(UPLOADS) {
            let id: usize = id.parse().unwrap();
            let digest = value("digest");
            let state = value("_state").and_then(|state| state.parse().ok());
            return self.upload(seen, id, state, digest, taken);
        }
        let digest = path.rsplit('/').next().unwrap();
        match (seen.method, self.blobs.get(digest)) {
            (_, None) => Reply::new(404),
            (Method::Delete, _) => {
                self.blobs.remove(digest);
                Reply::new(202)
            }
            (_, Some(blob)) => Reply::bytes(blob),
        }
    }

    /// Answers a POST, which has all of a blob if there is a digest.
    fn post(&mut self, digest: Option<String>, body: &str) -> Reply {
        let Some(digest) = digest else { return self.begin("", 202) };
        let is_whole = sha256(body) == digest;
        match self.ways.post {
            Post::Begins => return self.begin("", 202),
            Post::BeginsAsCreated => return self.begin("", 201),
            Post::Keeps => return self.begin(body, 202),
            Post::Refuses(status) => return Reply::new(status),
            Post::Closes => return Reply::reset(),
            Post::Claims => return Reply::new(201),
            Post::Creates | Post::CreatesSilently => {}
        }
        if !is_whole {
            return Reply::json(r#"{"errors":[{"code":"DIGEST_INVALID"}]}"#).status(400);
        }
        self.blobs.insert(digest.clone(), body.to_owned());
        if self.ways.post == Post::CreatesSilently {
            return Reply::new(201);
        }
        let location = format!("/v2/a/b/blobs/{digest}");
        Reply::new(201).header("docker-content-digest", &digest).header("location", &location)
    }

    fn begin(&mut self, bytes: &str, status: u16) -> Reply {
        let id = self.requests;
        self.uploads.insert(id, (bytes.to_owned(), 0));
        self.going_on(id, status)
    }

    fn upload(&mut self, seen: &Seen, id: usize, state: Option<usize>, digest: Option<String>, taken: usize) -> Reply {
        let ways = self.ways;
        let Some((bytes, newest)) = self.uploads.get_mut(&id) else {
            return Reply::json(r#"{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN"}]}"#).status(404);
        };
        if ways.minds_deletions && seen.method == Method::Delete && state != Some(*newest) {
            return Reply::json(r#"{"errors":[{"code":"RANGE_INVALID"}]}"#).status(416);
        }
        // Where the answer that named a newer one was lost, the one before it is all that a client can know.
        if state.is_none_or(|state| state > *newest || state + 1 < *newest) {
            self.offences.push(format!("{} {}: the newest state is {newest}", seen.method, seen.target));
        }
        if let Some((_, status)) = ways.limit.filter(|(limit, _)| seen.body.len() > *limit) {
            let errors = r#"{"errors":[{"code":"SIZE_INVALID","message":"chunks have 4 MiB at most"}]}"#;
            return if status == 413 { Reply::new(413) } else { Reply::json(errors).status(status) };
        }
        let body = &seen.body[..taken.min(seen.body.len())];
        match seen.method {
            Method::Get => {
                let reply = self.going_on(id, 204);
                self.told(id, ways.status, reply)
            }
            Method::Delete => {
                self.uploads.remove(&id);
                self.cancelled += 1;
                Reply::new(204)
            }
            Method::Patch => {
                if seen.streamed {
                    let is_clean = seen.headers.get("content-range").is_none();
                    if !is_clean || seen.headers.get("content-type").is_none() {
                        self.offences.push(format!("{} {} bytes", seen.target, seen.body.len()));
                    }
                } else {
                    let range = seen.headers.get("content-range").unwrap_or("none").to_owned();
                    let (first, last) = range.split_once('-').unwrap_or_else(|| panic!("Content-Range: {range}"));
                    let (first, last): (usize, usize) = (first.parse().unwrap(), last.parse().unwrap());
                    if last + 1 - first != seen.body.len() || seen.headers.get("content-type").is_none() {
                        self.offences.push(format!("{range} with {} bytes", seen.body.len()));
                    }
                    if first != bytes.len() {
                        let reply = self.going_on(id, 416);
                        return self.told(id, ways.chunk, reply);
                    }
                }
                self.last.insert(id, (bytes.len(), body.len()));
                bytes.push_str(body);
                let reply = self.going_on(id, 202);
                self.told(id, ways.chunk, reply)
            }
            Method::Put => {
                if ways.refuses_whole && !body.is_empty() {
                    return Reply::new(500);
                }
                bytes.push_str(body);
                let (computed, digest) = (sha256(&bytes), digest.expect("a digest"));
                if computed != digest && !digest.starts_with("sha512:") {
                    return Reply::json(r#"{"errors":[{"code":"DIGEST_INVALID"}]}"#).status(400);
                }
                let content = bytes.clone();
                self.uploads.remove(&id);
                self.blobs.insert(digest.clone(), content);
                Reply::new(201).header("docker-content-digest", &digest).header("location", "/v2/a/b/blobs/x")
            }
            method => panic!("{method} of an upload"),
        }
    }

    fn going_on(&mut self, id: usize, status: u16) -> Reply {
        let (bytes, newest) = self.uploads.get_mut(&id).unwrap();
        *newest += 1;
        let location = format!("{UPLOADS}{id}?other=a%2Fb&_state={newest}");
        let last = bytes.len().saturating_sub(1);
        Reply::new(status).header("location", &location).header("range", &format!("0-{last}"))
    }

    fn told(&self, id: usize, tells: Tells, mut reply: Reply) -> Reply {
        let length = self.uploads[&id].0.len();
        let (start, chunk) = self.last.get(&id).copied().unwrap_or_default();
        let range = match tells {
            Tells::Rightly => return reply,
            Tells::Nothing => {
                reply.headers.retain(|(name, _)| name != "range");
                return reply;
            }
            Tells::Refused => return Reply::new(405),
            Tells::Zero => "0-0".to_owned(),
            Tells::Stale => format!("0-{}", start.saturating_sub(1)),
            Tells::LastChunk => format!("0-{}", chunk.saturating_sub(1)),
            Tells::LastChunkAt => format!("{start}-{}", (start + chunk).saturating_sub(1)),
            Tells::OneTooMany => format!("0-{length}"),
            Tells::Nonsense => "bytes */*".to_owned(),
        };
        reply.header("range", &range)
    }
}

/// Text unlike itself at every place, so that nothing can be missing, twice or elsewhere.
pub fn text(length: usize) -> String {
    let mut text: String = (0..=length / 1024).map(|at| format!("{at:01024}")).collect();
    text.truncate(length);
    text
}

/// A stream that can begin again, so often, in pieces of a size.
pub struct Rewinding {
    /// What is read until it begins again.
    pub first: Stream,
    content: String,
    piece: usize,
    times: usize,
}

impl Rewinding {
    pub fn of(content: &str, piece: usize, times: usize) -> Self {
        Self { first: Stream::of(content, piece), content: content.to_owned(), piece, times }
    }
}

impl BlobSource<Bytes> for Rewinding {
    fn next(&mut self) -> Next<'_, Bytes> {
        self.first.next()
    }

    fn can_rewind(&self) -> bool {
        true
    }

    fn rewind(&mut self) -> bool {
        self.first = Stream::of(&self.content, self.piece);
        self.times = self.times.checked_sub(1).expect("no more beginnings than that");
        true
    }
}

/// A stream of pieces.
pub struct Stream {
    pieces: VecDeque<Result<Bytes>>,
    size: Option<u64>,
    /// How many were asked for.
    pub read: Rc<RefCell<usize>>,
}

impl Stream {
    pub fn of(content: &str, piece: usize) -> Self {
        Self::pieces(content.as_bytes().chunks(piece).map(|piece| Ok(Bytes(piece.to_vec()))).collect())
    }

    pub fn pieces(pieces: Vec<Result<Bytes>>) -> Self {
        Self { pieces: pieces.into(), size: None, read: Rc::default() }
    }

    pub fn announcing(self, size: u64) -> Self {
        Self { size: Some(size), ..self }
    }
}

impl BlobSource<Bytes> for Stream {
    fn next(&mut self) -> Next<'_, Bytes> {
        *self.read.borrow_mut() += 1;
        let piece = self.pieces.pop_front().transpose();
        Box::pin(async { piece })
    }

    fn size(&self) -> Option<u64> {
        self.size
    }
}

/// The methods in order: `O` POST, `S` PATCH with a stream, `A` PATCH with a chunk, `P` PUT, `G`, `H`, `D`.
pub fn methods(host: &Scripted) -> String {
    host.each_seen(|seen| match seen.method {
        Method::Head => 'H',
        Method::Post => 'O',
        Method::Put => 'P',
        Method::Patch if seen.streamed => 'S',
        Method::Patch => 'A',
        Method::Get => 'G',
        Method::Delete => 'D',
    })
}
