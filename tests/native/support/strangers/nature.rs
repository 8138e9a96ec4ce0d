//! What a registry is like: traits that real registries, and what stands in front of them, have been seen to have, in any
//! combination.

use crate::support::random::Random;
use crate::support::uploads::Post;

/// What HEAD of a manifest answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Head {
    Honest,
    /// Nexus 3 behind some proxies: 404 `text/html`, whatever GET says.
    NotFound,
    /// 200 for what is not there.
    Found,
    /// The same, as if it were: what a proxy keeps of a manifest that was deleted.
    Kept,
    /// Not allowed to whoever may only push.
    Denied,
    /// A proxy that knows no HEAD.
    NotAllowed,
}

/// A `Content-Type`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Type {
    Honest,
    Missing,
    Generic(&'static str),
}

/// A `Content-Length` of an answer to HEAD.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Length {
    Honest,
    /// A proxy that compresses drops it.
    Missing,
    Wrong,
}

/// `Docker-Content-Digest` of an answer to HEAD.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Told {
    Honest,
    Nothing,
    /// What the tag pointed to before.
    Stale,
    /// Another manifest's.
    Wrong,
}

/// What can be deleted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Deletes {
    /// distribution 2.8: digests; 400 for a tag.
    Digests,
    /// ferro: digests; 405 for a tag.
    DigestsOnly,
    /// distribution 3, zot.
    Both,
    /// Tags; 405 for digests.
    Tags,
    Nothing,
}

/// What becomes of the tags of a digest that is deleted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Left {
    /// They go.
    Nothing,
    /// They are listed, and lead to nothing.
    Dangling,
    /// They lead to the manifest as before (go-containerregistry's registry).
    Serving,
}

/// What a registry without the referrers API answers to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Referrers {
    Api,
    Status(u16),
    NotFoundHtml,
    /// A page for people, with status 200.
    Html,
    /// A redirect to such a page.
    Login,
    /// A redirect to where nobody answers.
    Nowhere,
}

/// How a list of several pages tells where it goes on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Link {
    Honest,
    /// Cloudflare's registry: no angle brackets, and on the last page too.
    Bare,
    /// Correct, and on the last page too.
    Always,
    OtherHost,
    OtherScheme,
    /// Of one page, over and over.
    Loop,
    /// None, though there is more.
    Missing,
}

/// What `last` does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Last {
    Exclusive,
    Inclusive,
    Ignored,
}

/// `Range` of an answer about an upload.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Range {
    Honest,
    /// `0-0` after each PATCH.
    Zero,
    /// zot: of the last chunk alone.
    LastChunk,
    TooHigh,
    Missing,
}

/// HEAD of a blob that is there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BlobHead {
    Honest,
    NoLength,
    NotFound,
    Denied,
    NotAllowed,
    /// 200 for what is not there; manifests are checked.
    Found,
}

/// `created` in configs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Dates {
    Honest,
    /// The build tools' own, of some.
    Placeholders,
    /// Of some.
    Future,
    /// One for all: a reproducible build.
    Same,
    /// Of some.
    Missing,
}

#[derive(Clone, Debug)]
pub struct Nature {
    pub head: Head,
    pub head_type: Type,
    pub head_length: Length,
    pub head_digest: Told,
    pub get_type: Type,
    pub tells_digest: bool,
    /// Milliseconds that a proxy answers HEAD of a tag from its copy.
    pub stale_head: u64,
    /// Milliseconds that a proxy answers lists from its copy.
    pub stale_list: u64,
    pub deletes: Deletes,
    pub left: Left,
    /// distribution 2.8 when it is busy: so many of a hundred deletions of a digest end in 500 between manifest and tags.
    pub halfway: u64,
    /// A tag that may not be changed: 405 with a code of its own.
    pub protects: bool,
    pub referrers: Referrers,
    /// GitLab: `sha256-<hex>` is read as the digest.
    pub reads_dashes: bool,
    /// Whether a manifest is refused whose parts are not there.
    pub checks: bool,
    /// Whether a manifest is refused that has no layers, or a config of no known type.
    pub refuses_artifacts: bool,
    /// Whether a manifest is not deleted that another lists.
    pub refuses_listed: bool,
    /// Items of a page at most.
    pub page: Option<usize>,
    pub link: Link,
    pub last: Last,
    pub is_unsorted: bool,
    /// Google's: when each manifest was uploaded.
    pub tells_uploads: bool,
    pub range: Range,
    /// Bytes of a PATCH at most, beyond which it is 416 and the upload's status `0-0`.
    pub most: Option<usize>,
    /// 500 for a PUT with a body.
    pub refuses_whole: bool,
    pub post: Post,
    /// So many of a hundred requests for an upload come after it was forgotten.
    pub forgets: u64,
    /// What a mount is answered: 201 where it is done.
    pub mount: u16,
    pub blob_head: BlobHead,
    pub dates: Dates,
}

const GENERIC: [&str; 4] = ["application/json", "text/plain; charset=utf-8", "application/octet-stream", "text/html"];

impl Nature {
    pub fn honest() -> Self {
        Self {
            head: Head::Honest,
            head_type: Type::Honest,
            head_length: Length::Honest,
            head_digest: Told::Honest,
            get_type: Type::Honest,
            tells_digest: true,
            stale_head: 0,
            stale_list: 0,
            deletes: Deletes::Both,
            left: Left::Nothing,
            halfway: 0,
            protects: false,
            referrers: Referrers::Api,
            reads_dashes: false,
            checks: true,
            refuses_artifacts: false,
            refuses_listed: false,
            page: None,
            link: Link::Honest,
            last: Last::Exclusive,
            is_unsorted: false,
            tells_uploads: false,
            range: Range::Honest,
            most: None,
            refuses_whole: false,
            post: Post::Begins,
            forgets: 0,
            mount: 201,
            blob_head: BlobHead::Honest,
            dates: Dates::Honest,
        }
    }

    pub fn by_chance(random: &mut Random) -> Self {
        let chance = *random.pick(&[0, 15, 15, 40, 100]);
        let mut nature = Self::honest();
        // By chances of its own, so that the seeds keep their meaning.
        let mut aside = random.clone();
        if aside.percent(40) {
            nature.post = *aside.pick(&[
                Post::Creates,
                Post::Creates,
                Post::CreatesSilently,
                Post::Claims,
                Post::BeginsAsCreated,
                Post::Keeps,
                Post::Refuses(400),
                Post::Refuses(404),
                Post::Refuses(500),
                Post::Closes,
            ]);
        }
        macro_rules! maybe {
            ($field:ident, $values:expr) => {
                if random.percent(chance) {
                    nature.$field = *random.pick(&$values);
                }
            };
        }
        let types: Vec<Type> = GENERIC.into_iter().map(Type::Generic).chain([Type::Missing]).collect();
        maybe!(head, [Head::NotFound, Head::Found, Head::Kept, Head::Denied, Head::NotAllowed]);
        maybe!(head_type, types);
        maybe!(head_length, [Length::Missing, Length::Wrong]);
        maybe!(head_digest, [Told::Nothing, Told::Stale, Told::Wrong]);
        maybe!(get_type, types);
        maybe!(tells_digest, [false]);
        maybe!(stale_head, [500, 5_000, 60_000]);
        maybe!(stale_list, [500, 5_000]);
        maybe!(deletes, [Deletes::Digests, Deletes::Digests, Deletes::DigestsOnly, Deletes::Tags, Deletes::Nothing]);
        maybe!(left, [Left::Dangling, Left::Serving]);
        maybe!(halfway, [30, 100]);
        maybe!(protects, [true]);
        maybe!(
            referrers,
            [
                Referrers::Status(400),
                Referrers::Status(404),
                Referrers::Status(405),
                Referrers::Status(406),
                Referrers::Status(501),
                Referrers::NotFoundHtml,
                Referrers::Html,
                Referrers::Login,
                Referrers::Nowhere,
            ]
        );
        maybe!(reads_dashes, [true]);
        maybe!(checks, [false]);
        maybe!(refuses_artifacts, [true]);
        maybe!(refuses_listed, [true]);
        maybe!(page, [Some(1), Some(2), Some(3)]);
        maybe!(
            link,
            [Link::Bare, Link::Always, Link::OtherHost, Link::OtherScheme, Link::Loop, Link::Missing, Link::Bare]
        );
        maybe!(last, [Last::Inclusive, Last::Ignored]);
        maybe!(is_unsorted, [true]);
        maybe!(tells_uploads, [true]);
        maybe!(range, [Range::Zero, Range::LastChunk, Range::TooHigh, Range::Missing]);
        maybe!(most, [Some(64), Some(200)]);
        maybe!(refuses_whole, [true]);
        maybe!(forgets, [10, 100]);
        maybe!(mount, [202, 400, 401, 403, 404, 405, 500, 503]);
        maybe!(
            blob_head,
            [BlobHead::NoLength, BlobHead::NotFound, BlobHead::Denied, BlobHead::NotAllowed, BlobHead::Found]
        );
        maybe!(dates, [Dates::Placeholders, Dates::Future, Dates::Same, Dates::Missing]);
        // What a clean-up goes by most.
        if random.percent(30) {
            nature.dates = *random.pick(&[Dates::Placeholders, Dates::Same]);
        }
        nature.possible()
    }

    /// Without what no client can see through, and what no registry does.
    fn possible(mut self) -> Self {
        // Who keeps tags when their digest goes has a way to delete them.
        if self.left == Left::Serving {
            self.deletes = Deletes::Both;
        }
        // Bytes that an upload has without a word.
        if self.post == Post::Keeps && self.range != Range::Honest {
            self.post = Post::Begins;
        }
        // Pages that cannot be asked for: neither by `last` nor by a link.
        if self.page.is_some() && self.last == Last::Ignored && !matches!(self.link, Link::Honest | Link::Always) {
            self.page = None;
        }
        // A list that is cut without a word.
        if self.link == Link::Missing {
            self.page = None;
        }
        // Whether a blob is there that HEAD says is there, only the registry's own check tells without reading it.
        if self.blob_head == BlobHead::Found {
            self.checks = true;
            // And it is sent again by a request that is known to end an upload.
            if self.post == Post::Claims {
                self.post = Post::Begins;
            }
        }
        self
    }
}
