//! Deleting a manifest, after a look at what depends on it.

use std::collections::HashSet;
use std::rc::Rc;

use serde::Serialize;

use super::connection::Connection;
use super::ids::{Question, answers};
use super::listing::Listing;
use super::repository::Repository;
use super::settings::Call;
use crate::protocol::code;
use crate::protocol::descriptor::Descriptor;
use crate::protocol::digest::Digest;
use crate::protocol::media_type::{Kind, kind};
use crate::protocol::reference::{Reference, RepositoryName, Tag};
use crate::protocol::referrers;
use crate::transport::detach::see_through;
use crate::transport::{Error, Host, Result};

/// Names of one kind that a message lists.
const NAMED: usize = 5;

/// What depends on a manifest.
#[derive(Debug, Clone, Serialize)]
pub struct Dependents {
    /// The manifest.
    pub digest: Digest,
    /// Tags that point to it: they go with it.
    pub tags: Vec<String>,
    /// Digests of the indexes that have it as an entry, as far as tags lead to them.
    pub parents: Vec<Digest>,
    /// What has it as its subject.
    pub referrers: Vec<Descriptor>,
}

impl<H: Host> Repository<H> {
    /// What depends on a manifest: one HEAD for each of the repository's tags, one GET for each index.
    pub async fn plan_delete(&self, digest: &str, call: &Call) -> Result<Dependents> {
        Box::pin(self.dependents(&self.checked_name()?, Digest::parse(digest)?, call)).await
    }

    /// Deletes a manifest, and every tag that points to it. Unless forced only what nothing depends on, else `IN_USE`.
    pub async fn delete_manifest(&self, digest: &str, force: bool, call: &Call) -> Result<()> {
        let name = self.checked_name()?;
        let digest = Digest::parse(digest)?;
        Box::pin(async {
            if !force {
                self.dependents(&name, digest.clone(), call).await?.check_unused()?;
            }
            self.connection.delete_manifest(&name, digest, call).await
        })
        .await
    }

    async fn dependents(&self, name: &RepositoryName, digest: Digest, call: &Call) -> Result<Dependents> {
        let connection = &self.connection;
        let tags = Listing::tags(connection.clone(), Ok(name.clone()), None, call.clone()).collect().await?;
        // What a registry lists and no grammar allows cannot be asked for.
        let references = tags.iter().filter_map(|tag| Some(Reference::Tag(Tag::parse(tag).ok()?))).collect();
        let mut tagged = connection.head_manifests(name, references, call).await?;
        tagged.sort_by(|(one, _), (other, _)| one.as_str().cmp(other.as_str()));
        let mut dependents = Dependents { digest, tags: Vec::new(), parents: Vec::new(), referrers: Vec::new() };
        let mut pending = Vec::new();
        for (tag, found) in tagged {
            let Some(found) = found else { continue };
            // The lists of referrers do not count as parents: they are changed with what they name.
            if kind(&found.media_type) == Kind::Index && !referrers::is_tag(tag.as_str()) {
                pending.push(found.digest.clone());
            }
            if found.digest == dependents.digest {
                dependents.tags.push(tag.as_str().to_owned());
            }
        }
        dependents.parents = self.parents(name, &dependents.digest, pending, call).await?;
        dependents.referrers = connection.referrers(name, &dependents.digest, None, call).await?;
        Ok(dependents)
    }

    /// Those of the indexes, and of the indexes within them, that have an entry of this digest.
    async fn parents(
        &self,
        name: &RepositoryName,
        digest: &Digest,
        mut pending: Vec<Digest>,
        call: &Call,
    ) -> Result<Vec<Digest>> {
        let (mut parents, mut visited) = (Vec::new(), HashSet::new());
        loop {
            pending.retain(|index| visited.insert(index.clone()));
            if pending.is_empty() {
                parents.sort();
                return Ok(parents);
            }
            let gets = std::mem::take(&mut pending).into_iter().map(|index| -> Question<'_, _> {
                Box::pin(async {
                    match self.connection.manifest(name, &Reference::Digest(index), None, call).await {
                        Ok(found) => Ok(Some(found)),
                        Err(error) if error.is_not_found() => Ok(None),
                        Err(error) => Err(error),
                    }
                })
            });
            let found = answers(self.connection.concurrency, gets.collect()).await?;
            for index in found.into_iter().flatten() {
                let entries = index.manifest.manifests.iter().flatten();
                if entries.clone().any(|entry| entry.digest == *digest) {
                    parents.push(index.digest.clone());
                }
                let nested = entries.filter(|entry| kind(&entry.media_type) == Kind::Index);
                pending.extend(nested.map(|entry| entry.digest.clone()));
            }
        }
    }
}

impl<H: Host> Connection<H> {
    /// What HEAD tells of many, in no order.
    pub(super) async fn head_manifests(
        &self,
        name: &RepositoryName,
        references: Vec<Reference>,
        call: &Call,
    ) -> Result<Vec<(Reference, Option<Descriptor>)>> {
        let heads = references.into_iter().map(|reference| -> Question<'_, _> {
            Box::pin(async {
                let found = self.head_manifest(name, &reference, call).await?;
                Ok((reference, found))
            })
        });
        answers(self.concurrency, heads.collect()).await
    }

    async fn delete_manifest(self: &Rc<Self>, name: &RepositoryName, digest: Digest, call: &Call) -> Result<()> {
        let reference = Reference::Digest(digest.clone());
        let subject = match self.manifest(name, &reference, None, call).await {
            Ok(found) => found.manifest.subject.as_ref().map(|subject| subject.digest.clone()),
            // What came and cannot be read can be deleted all the same.
            Err(error) if error.status.is_some_and(|status| status < 300) => None,
            Err(error) => return Err(error),
        };
        let (me, name, call) = (self.clone(), name.clone(), call.clone());
        see_through(self.host(), async move {
            let answer = me.delete(&name, &reference, &call).await?;
            if !answer.response.is_success() {
                return Err(me.deletion_refused(&answer));
            }
            me.cache.borrow_mut().forget(name.as_str(), digest.as_str());
            match subject {
                Some(subject) => me.unlist_referrer(&name, &subject, &digest, &call).await,
                None => Ok(()),
            }
        })
        .await
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
        if used.is_empty() {
            return Ok(());
        }
        let message = format!("{} is in use by {}; force: true deletes it all the same", self.digest, used.join(", "));
        Err(Error::new(code::IN_USE, message))
    }
}

fn listed(what: &str, names: &[String]) -> String {
    let shown = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(" ");
    match names.len().saturating_sub(NAMED) {
        0 => format!("{what} {shown}"),
        more => format!("{what} {shown} and {more} more"),
    }
}
