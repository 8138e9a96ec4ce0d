//! Removing one tag and nothing else. A registry that deletes by digest only (distribution 2.x) drops every tag of that
//! digest with it: there the tag is pointed at a manifest of its own first, and that one is deleted.

use std::rc::Rc;

use super::connection::{Answer, Connection};
use super::manifest_push::digest_of_nothing;
use super::manifests::FetchedManifest;
use super::repository::Repository;
use super::settings::Call;
use super::tagging::stands;
use super::throw_away;
use super::v1;
use crate::protocol::code;
use crate::protocol::digest::Digest;
use crate::protocol::reference::{Reference, RepositoryName, Tag};
use crate::transport::detach::see_through;
use crate::transport::{Error, Host, Result};

impl<H: Host> Repository<H> {
    /// Removes this tag alone; others of the same digest stay. An error says how the tag stands.
    pub async fn untag(&self, tag: &str, call: &Call) -> Result<()> {
        let name = self.checked_name()?;
        let tag = Tag::parse(tag)?;
        if self.connection.is_v1(call).await? {
            return Box::pin(v1::untag(&self.connection, &name, &tag, call)).await;
        }
        let untag = Untag { connection: self.connection.clone(), name, tag, call: call.clone() };
        Box::pin(untag.run()).await
    }
}

/// A tag on its way out.
struct Untag<H: Host> {
    connection: Rc<Connection<H>>,
    name: RepositoryName,
    tag: Tag,
    call: Call,
}

impl<H: Host> Untag<H> {
    async fn run(self) -> Result<()> {
        let (connection, reference) = (&self.connection, Reference::Tag(self.tag.clone()));
        let before = match connection.head_manifest(&self.name, &reference, &self.call).await? {
            Some(before) => before.digest,
            // GET says in the registry's own words that there is none.
            None => connection.manifest(&self.name, &reference, None, &self.call).await?.digest.clone(),
        };
        match connection.delete(&self.name, &reference, &self.call).await {
            Ok(answer) if answer.response.is_success() => match self.after(&before).await? {
                None => Ok(()),
                Some(clause) => Err(answer.error(code::INVALID_RESPONSE, clause)),
            },
            Ok(answer) if wants_digest(&answer) => self.by_throw_away().await,
            Ok(answer) => self.undecided(connection.failure(&answer)).await,
            Err(error) => self.undecided(error).await,
        }
    }

    /// A deletion by tag that failed may still have been done.
    async fn undecided(&self, error: Error) -> Result<()> {
        match self.now().await {
            Ok(None) => Ok(()),
            Ok(Some(now)) => Err(error.and(&self.to(&now))),
            Err(_) => Err(error.and(&format!("whether the tag {} is gone could not be made sure of", self.tag))),
        }
    }

    async fn by_throw_away(self) -> Result<()> {
        let (connection, reference) = (&self.connection, Reference::Tag(self.tag.clone()));
        let nothing = Reference::Digest(digest_of_nothing()?);
        let answer = connection.delete(&self.name, &nothing, &self.call).await?;
        if !answer.response.is_success() && answer.response.status != 404 {
            return Err(connection.deletion_refused(&answer));
        }
        let before = connection.manifest(&self.name, &reference, None, &self.call).await?;
        let throw_away = if throw_away::is_one(&before.manifest) {
            before.clone() // of an untag() that was ended in the middle
        } else {
            let clock = self.connection.host();
            let (config, throw_away) = throw_away::new(&self.tag, &before, clock)?;
            connection.push_small_blob(&self.name, config, &self.call).await?;
            Rc::new(throw_away)
        };
        // Between the two requests the tag points to nothing of use.
        let host = self.connection.clone();
        see_through(host.host(), async move { self.replace_and_delete(&before, &throw_away).await }).await
    }

    async fn replace_and_delete(&self, before: &Rc<FetchedManifest>, throw_away: &Rc<FetchedManifest>) -> Result<()> {
        let is_fresh = before.digest != throw_away.digest;
        if is_fresh {
            let put = self.connection.put_tag(&self.name, &self.tag, throw_away, &self.call).await;
            put.map_err(|error| error.and(&self.way_back(before, throw_away)))?;
        }
        let digest = Reference::Digest(throw_away.digest.clone());
        let error = match self.connection.delete(&self.name, &digest, &self.call).await {
            Ok(answer) if answer.response.is_success() || answer.response.status == 404 => {
                match self.after(&throw_away.digest).await? {
                    None => return Ok(()),
                    Some(clause) => answer.error(code::INVALID_RESPONSE, clause),
                }
            }
            Ok(answer) => self.connection.failure(&answer),
            Err(error) => error,
        };
        if !is_fresh {
            return Err(
                error.and(&format!("the tag {} still points to the throw-away of an earlier untag()", self.tag))
            );
        }
        match self.connection.put_tag(&self.name, &self.tag, before, &self.call).await {
            Ok(()) => Err(error.and(&format!("the tag {} points to {} as before", self.tag, before.digest))),
            Err(second) => Err(error
                .and(&format!("to put the tag back failed too: {}", second.message))
                .and(&self.way_back(before, throw_away))),
        }
    }

    /// What to do where the tag may have been left behind.
    fn way_back(&self, before: &FetchedManifest, throw_away: &FetchedManifest) -> String {
        format!(
            "if it points to {}, a throw-away, then untag({tag:?}) ends the job and tag({tag:?}, {before:?}) undoes it",
            throw_away.digest,
            tag = self.tag.as_str(),
            before = before.digest.as_str()
        )
    }

    /// After a deletion that the registry took: what is wrong, if the tag is still there and leads where it did.
    async fn after(&self, before: &Digest) -> Result<Option<String>> {
        match self.now().await {
            Ok(None) => Ok(None),
            Ok(Some(now)) if now == *before => {
                Ok(Some(format!("the registry says it deleted the tag {}, but {}", self.tag, self.to(&now))))
            }
            Ok(Some(now)) => {
                let message = format!(
                    "the tag {0} was removed, but somebody else has put it there again: {1}",
                    self.tag,
                    self.to(&now)
                );
                Err(Error::new(code::CONFLICT, message))
            }
            Err(error) => Err(error.and(&format!(
                "the registry deleted the tag {}, but that it is gone could not be made sure of",
                self.tag
            ))),
        }
    }

    async fn now(&self) -> Result<Option<Digest>> {
        let reference = Reference::Tag(self.tag.clone());
        let now = self.connection.head_manifest(&self.name, &reference, &self.call).await?;
        Ok(now.map(|now| now.digest))
    }

    fn to(&self, now: &Digest) -> String {
        stands(&self.tag, Some(now))
    }
}

/// Whether an answer to a deletion by tag may come from a registry that deletes by digest only.
fn wants_digest<B>(answer: &Answer<B>) -> bool {
    matches!(answer.response.status, 400 | 404 | 405 | 501)
}
