//! Deleting a manifest, after a search for its dependents, and with a check that it is gone.

use std::collections::HashSet;

use serde::Serialize;

use crate::protocol::code;
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::media_type::{Kind, essence, kind};
use crate::protocol::oci::reference::{Reference, Tag};
use crate::protocol::oci::referrers;
use crate::protocol::order::{sorted, sorted_by};
use crate::registry::api::repo::Repo;
use crate::registry::concurrency::{Question, answers};
use crate::registry::manifest::get::FetchedManifest;
use crate::registry::manifest::referrers::is_list;
use crate::registry::tag::untag::{TagState, Untag};
use crate::transport::detach::run_to_completion;
use crate::transport::{Error, Fact, Host, Result};

/// Maximum number of names of one kind in a message.
const NAMED: usize = 5;
/// Milliseconds after which another writer may well have created tags since the list was read.
const LONG: u64 = 1_000;

/// The dependents of a manifest.
#[derive(Debug, Clone, Serialize)]
pub struct Dependents {
    /// The manifest.
    pub digest: Digest,
    /// Tags that point to it. They are deleted with it.
    pub tags: Vec<String>,
    /// Digests of the indexes that contain it, as far as tags lead to them.
    pub parents: Vec<Digest>,
    /// Manifests that have it as their subject.
    pub referrers: Vec<Descriptor>,
    /// Tags that are listed but have no manifest.
    pub dangling: Vec<String>,
    /// Tags and digests that could not be read, so that they may depend on the manifest.
    pub unread: Vec<Unread>,
}

/// A tag or digest that could not be read.
#[derive(Debug, Clone, Serialize)]
pub struct Unread {
    /// The tag or digest.
    pub name: String,
    /// The reason, as an error message.
    pub reason: String,
}

/// The relation of a tag or index to the manifest.
struct Relation {
    name: String,
    /// True if it is the manifest itself.
    is_it: bool,
    /// True if it is a list of referrers under a referrers tag.
    is_list: bool,
    /// Its digest, if it contains the manifest as an entry.
    parent: Option<Digest>,
    /// Nested indexes, and entries that may be indexes.
    nested: Vec<Nested>,
    /// Set if it mentions the manifest in a document that cannot be interpreted.
    unclear: Option<String>,
}

struct Nested {
    digest: Digest,
    /// True if the media type does not tell whether it is a manifest or a blob.
    may_be_blob: bool,
}

impl Relation {
    fn of(name: &str, found: &FetchedManifest, digest: &Digest) -> Self {
        let parts = found.parts();
        let is_parent = parts.manifests.iter().chain(&parts.either).any(|entry| entry.digest == *digest);
        let is_subject = parts.subject.as_ref() == Some(digest);
        let is_mentioned = !is_parent && !is_subject && parts.mentioned.contains(digest);
        let index = |entry: &&Descriptor| kind(&essence(&entry.media_type)) == Kind::Index;
        let nested = |entry: &Descriptor, may_be_blob| Nested { digest: entry.digest.clone(), may_be_blob };
        let indexes = parts.manifests.iter().filter(index).map(|entry| nested(entry, false));
        Self {
            name: name.to_owned(),
            is_it: found.is_named(digest),
            is_list: referrers::is_tag(name) && is_list(name, found),
            parent: is_parent.then(|| found.digest.clone()),
            nested: indexes.chain(parts.either.iter().map(|entry| nested(entry, true))).collect(),
            unclear: parts.unknown.filter(|_| is_mentioned),
        }
    }
}

/// The result of looking up one tag or digest.
enum Lookup {
    Found(Relation),
    Missing(String),
    Unreadable(Unread),
}

impl<H: Host> Repo<H> {
    /// Deletes a manifest and every tag that points to it, and returns when they are gone. Unless forced, fails
    /// with `IN_USE` if anything depends on the manifest.
    pub(crate) async fn delete_manifest(&self, digest: Digest, force: bool) -> Result<()> {
        Box::pin(async {
            let tags = if force {
                // These tags have to be gone afterwards. A registry without a tag list leaves no tags behind.
                match self.look_up_listed(&digest).await {
                    Err(error) if matches!(error.status, Some(401 | 403 | 404 | 405 | 501)) => Vec::new(),
                    lookups => tags_of(&lookups?),
                }
            } else {
                self.check_unused(&digest).await?;
                Vec::new()
            };
            self.delete_with_tags(digest, tags).await
        })
        .await
    }

    /// Fails with `IN_USE` if anything depends on a manifest.
    async fn check_unused(&self, digest: &Digest) -> Result<()> {
        let began = self.api.host().now();
        let lookups = self.look_up_listed(digest).await?;
        let seen: HashSet<String> = lookups.iter().map(|lookup| lookup.name().to_owned()).collect();
        let dependents = self.dependents_among(digest.clone(), lookups).await?;
        dependents.check_unused()?;
        // Tags that led nowhere, perhaps for a moment only; and new ones, since many tags take minutes to read.
        let mut late = dependents.dangling;
        if self.api.host().now().saturating_sub(began) > LONG {
            late.extend(self.listed_tags().await?.into_iter().filter(|tag| !seen.contains(tag)));
        }
        if late.is_empty() {
            return Ok(());
        }
        let lookups = self.look_up_tags(late, digest).await?;
        self.dependents_among(digest.clone(), lookups).await?.check_unused()
    }

    /// Finds the dependents of a manifest, with one GET for each tag and each index within an index.
    pub(crate) async fn dependents(&self, digest: Digest) -> Result<Dependents> {
        let lookups = self.look_up_listed(&digest).await?;
        self.dependents_among(digest, lookups).await
    }

    async fn dependents_among(&self, digest: Digest, lookups: Vec<Lookup>) -> Result<Dependents> {
        let tags = tags_of(&lookups);
        let (parents, dangling, unread) = Default::default();
        let mut dependents = Dependents { digest, tags, parents, referrers: Vec::new(), dangling, unread };
        self.parents(&mut dependents, lookups).await?;
        dependents.referrers = self.referrers(&dependents.digest, None).await?;
        Ok(dependents)
    }

    async fn look_up_listed(&self, digest: &Digest) -> Result<Vec<Lookup>> {
        self.look_up_tags(self.listed_tags().await?, digest).await
    }

    async fn look_up_tags(&self, tags: Vec<String>, digest: &Digest) -> Result<Vec<Lookup>> {
        let mut tags = sorted(tags);
        tags.dedup();
        let mut lookups = Vec::new();
        let questions = tags.into_iter().filter_map(|tag| match Tag::parse(&tag) {
            Ok(checked) => Some(self.look_up(tag, Reference::Tag(checked), false, digest)),
            // The tag is listed, but its name is invalid.
            Err(invalid) => {
                lookups.push(Lookup::Unreadable(Unread { name: tag, reason: invalid.into_message() }));
                None
            }
        });
        let questions: Vec<_> = questions.collect();
        lookups.append(&mut answers(self.api.concurrency, questions).await?);
        Ok(sorted_by(lookups, |one, other| one.name().cmp(other.name())))
    }

    fn look_up<'a>(
        &'a self,
        label: String,
        reference: Reference,
        may_be_blob: bool,
        digest: &'a Digest,
    ) -> Question<'a, Lookup> {
        Box::pin(async move {
            match self.observe_for(&reference, digest).await {
                Ok(Some(found)) => Ok(Lookup::Found(Relation::of(&label, &found, digest))),
                Ok(None) => Ok(Lookup::Missing(label)),
                // Some registries respond 500 to a request for a blob as a manifest.
                Err(error) if may_be_blob && error.status.is_some_and(|status| status >= 400) => {
                    Ok(Lookup::Missing(label))
                }
                Err(error) if is_about_one(&error) => {
                    Ok(Lookup::Unreadable(Unread { name: label, reason: error.into_details().message }))
                }
                Err(error) => Err(error),
            }
        })
    }

    /// Adds the indexes that contain the manifest, and what could not be read.
    async fn parents(&self, dependents: &mut Dependents, mut lookups: Vec<Lookup>) -> Result<()> {
        let mut visited = HashSet::new();
        let mut is_tag = true;
        while !lookups.is_empty() {
            let mut pending = Vec::new();
            for lookup in lookups {
                match lookup {
                    Lookup::Unreadable(unread) => dependents.unread.push(unread),
                    Lookup::Missing(tag) if is_tag => dependents.dangling.push(tag),
                    Lookup::Missing(_) => {}
                    // Lists of referrers are not parents: they are updated when the manifest is deleted.
                    Lookup::Found(relation) if is_tag && relation.is_list => {}
                    Lookup::Found(relation) => {
                        dependents.parents.extend(relation.parent);
                        dependents.unread.extend(relation.unclear.map(|reason| Unread { name: relation.name, reason }));
                        pending
                            .extend(relation.nested.into_iter().filter(|nested| visited.insert(nested.digest.clone())));
                    }
                }
            }
            let digest = dependents.digest.clone();
            let questions = pending.into_iter().map(|Nested { digest: index, may_be_blob }| {
                self.look_up(index.to_string(), Reference::Digest(index), may_be_blob, &digest)
            });
            lookups = answers(self.api.concurrency, questions.collect()).await?;
            is_tag = false;
        }
        dependents.parents = sorted(std::mem::take(&mut dependents.parents));
        dependents.parents.dedup();
        Ok(())
    }
}

impl Lookup {
    fn name(&self) -> &str {
        match self {
            Lookup::Found(relation) => &relation.name,
            Lookup::Missing(name) => name,
            Lookup::Unreadable(unread) => &unread.name,
        }
    }
}

fn tags_of(lookups: &[Lookup]) -> Vec<String> {
    let tag = |lookup: &Lookup| match lookup {
        Lookup::Found(relation) if relation.is_it => Some(relation.name.clone()),
        _ => None,
    };
    lookups.iter().filter_map(tag).collect()
}

/// Returns true if an error concerns one manifest only, not the connection to the registry.
fn is_about_one(error: &Error) -> bool {
    match error.status {
        Some(status) => !matches!(status, 401 | 403 | 407 | 429),
        None => error.code == code::UNSUPPORTED || error.code == code::DIGEST_MISMATCH,
    }
}

impl<H: Host> Repo<H> {
    /// Deletes a manifest. `tags` must be gone afterwards.
    async fn delete_with_tags(&self, digest: Digest, tags: Vec<String>) -> Result<()> {
        let reference = Reference::Digest(digest.clone());
        let subject = match self.ask(&reference).await {
            Ok(found) => found?.manifest.subject.as_ref().map(|subject| subject.digest.clone()),
            // A manifest that cannot be parsed can still be deleted.
            Err(error) if error.status.is_some_and(|status| status < 300) => None,
            Err(error) => return Err(error),
        };
        let me = self.clone();
        run_to_completion(self.api.host(), async move {
            let delete = Box::pin(me.delete_digest(&digest));
            match &subject {
                Some(subject) => me.delete_referrer((subject, &digest), delete).await?,
                None => delete.await?,
            }
            let mut left = Vec::new();
            for tag in tags {
                if let Err(error) = me.let_go(&tag, &digest).await {
                    left.push((tag, error));
                }
            }
            let names: Vec<_> = left.iter().map(|(tag, _)| tag.clone()).collect();
            match left.into_iter().next() {
                Some((_, error)) => {
                    Err(error.and(&format!("{digest} is deleted, but not its {}", listed("tags", &names))))
                }
                None => Ok(()),
            }
        })
        .await
    }

    /// Deletes a manifest and checks that it is gone, since the status proves nothing: distribution 2.8 responds
    /// 500 after it removed a manifest, and 404 to the next attempt.
    pub(crate) async fn delete_digest(&self, digest: &Digest) -> Result<()> {
        let reference = Reference::Digest(digest.clone());
        let (refused, is_done) = match self.delete(digest).await {
            Ok(response) if response.is_success() => {
                let message = format!("the registry says it deleted {digest}, but it is still there");
                (response.error(code::INVALID_RESPONSE, message), true)
            }
            Ok(response) => (self.deletion_refused(&response), false),
            Err(error) => (error, false),
        };
        match self.observe(&reference).await {
            Ok(None) => Ok(()),
            // Some registries respond with a page for a manifest that does not exist.
            Err(error) if is_done && error.is_not_found() => Ok(()),
            Ok(Some(_)) => Err(refused),
            Err(_) => Err(refused.and(&format!("whether {digest} is gone could not be verified"))),
        }
    }

    /// Removes a tag that a deletion left behind: go-containerregistry's registry keeps it, and distribution 2.8
    /// may. A tag that points elsewhere by now stays.
    async fn let_go(&self, tag: &str, digest: &Digest) -> Result<()> {
        let untag = Untag::new(self.clone(), Tag::parse(tag)?);
        match untag.state().await? {
            TagState::Gone => Ok(()),
            TagState::At(now) if !now.is_named(digest) => Ok(()),
            TagState::At(_) | TagState::Dangling => match Box::pin(untag.only(Some(digest.clone())).run()).await {
                Err(error) if error.code == code::CONFLICT => Ok(()),
                done => done,
            },
        }
    }
}

impl Dependents {
    fn check_unused(&self) -> Result<()> {
        let digests = |digests: Vec<&Digest>| digests.into_iter().map(ToString::to_string).collect::<Vec<_>>();
        let referrers = digests(self.referrers.iter().map(|referrer| &referrer.digest).collect());
        let parents = digests(self.parents.iter().collect());
        let used: Vec<_> = [("tags", &self.tags), ("indexes", &parents), ("referrers", &referrers)]
            .into_iter()
            .filter(|(_, names)| !names.is_empty())
            .map(|(what, names)| listed(what, names))
            .collect();
        let unread: Vec<_> = self.unread.iter().map(|unread| unread.name.clone()).collect();
        let message = match self.unread.first() {
            None if used.is_empty() => return Ok(()),
            None => format!("{} is in use by {}", self.digest, used.join(", ")),
            Some(first) => {
                let used =
                    if used.is_empty() { String::new() } else { format!("is in use by {}, and ", used.join(", ")) };
                let unread = listed("tags or manifests that cannot be read:", &unread);
                format!("{} {used}may be in use by {unread} ({})", self.digest, first.reason)
            }
        };
        let fact = |names: &[String]| Fact::Texts(names.to_vec());
        Err(Error::new(code::IN_USE, message)
            .and("use force: true to delete it anyway")
            .with_fact("tags", fact(&self.tags))
            .with_fact("parents", fact(&parents))
            .with_fact("referrers", fact(&referrers))
            .with_fact("unread", Fact::Texts(unread)))
    }
}

fn listed(what: &str, names: &[String]) -> String {
    let shown = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(" ");
    match names.len().saturating_sub(NAMED) {
        0 => format!("{what} {shown}"),
        more => format!("{what} {shown} and {more} more"),
    }
}
