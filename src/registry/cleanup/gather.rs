//! Looking through a repository.

use std::cell::RefCell;
use std::rc::Rc;

use super::inventory::{Content, Inventory, State, TagEntry};
use crate::protocol::code;
use crate::protocol::digest::Digest;
use crate::protocol::reference::{Reference, RepositoryName, Tag};
use crate::protocol::timestamp;
use crate::registry::connection::Connection;
use crate::registry::describe::{Described, Descriptions, Order};
use crate::registry::ids::{Work, arrange, ordered, together};
use crate::registry::manifests::FetchedManifest;
use crate::registry::settings::Call;
use crate::transport::{Error, Host, Result};

/// Who looks, and where.
pub struct Gatherer<H: Host> {
    /// The registry.
    pub connection: Rc<Connection<H>>,
    /// The repository.
    pub name: RepositoryName,
    /// How.
    pub call: Call,
}

impl<H: Host> Gatherer<H> {
    /// Every tag, and every manifest that they lead to.
    pub async fn inventory(&self) -> Result<Inventory> {
        let (connection, name) = (self.connection.clone(), self.name.clone());
        connection.require_v2("planCleanup()", &self.call).await?;
        let mut descriptions = Descriptions::new(connection, name, None, Order::Any, self.call.clone())?;
        let mut inventory = Inventory::default();
        while let Some(some) = descriptions.next_some().await? {
            for described in some {
                let entry = self.entry(described, &mut inventory).await?;
                inventory.tags.push(entry);
            }
        }
        let tag = |at: usize| inventory.tags.get(at).map(|tag| &tag.tag);
        let order = ordered(inventory.tags.len(), &|one, other| tag(one).cmp(&tag(other)));
        inventory.tags = arrange(inventory.tags, &order);
        inventory.tags.dedup_by(|one, other| one.tag == other.tag);
        for at in 0..inventory.tags.len() {
            let names = inventory.tags.get(at).map(|tag| [tag.digest.clone(), tag.belongs_to()]);
            names.into_iter().flatten().flatten().for_each(|digest| {
                inventory.name(&digest);
            });
        }
        self.walk(&mut inventory).await?;
        Ok(inventory)
    }

    async fn entry(&self, described: Described, inventory: &mut Inventory) -> Result<TagEntry> {
        let Described { tag, data } = described;
        let mut entry = TagEntry { tag, digest: None, created: None, size: None, problem: None };
        match data {
            Ok(data) => {
                entry.digest = data.digest.as_deref().map(Digest::parse).transpose()?;
                let now = self.connection.retry.now_unix_ms();
                entry.created = data.created.as_deref().and_then(|text| timestamp::credible_text(text, now));
                entry.size = data.size;
            }
            // Its config may be what is missing or broken: of the manifest everything has to be known.
            Err(_) => match self.read_tag(&entry.tag).await {
                Ok(fetched) => entry.digest = Some(fetched.digest.clone()),
                Err(error) if error.is_not_found() => entry.problem = Some(format!("nothing is there: {}", error.code)),
                Err(error) if is_about_content(&error) => {
                    inventory.unreadable.get_or_insert_with(|| entry.tag.clone());
                    entry.problem = Some(format!("it cannot be read: {}", error.message));
                }
                Err(error) => return Err(error),
            },
        }
        if entry.problem.is_none() && entry.is_of_cut_digest() {
            entry.problem = Some("it belongs to a digest that it does not tell whole".into());
        }
        Ok(entry)
    }

    /// Looks at what was named, and at all that this names in turn.
    pub async fn walk(&self, inventory: &mut Inventory) -> Result<()> {
        loop {
            let named = inventory.manifests.iter().filter(|known| known.state == State::Named);
            let wave: Vec<Digest> = named.map(|known| known.digest.clone()).collect();
            if wave.is_empty() {
                return Ok(());
            }
            let found = RefCell::new(Vec::new());
            let works = wave.into_iter().map(|digest| -> Work<'_> {
                let found = &found;
                Box::pin(async move {
                    let fetched = self.read(&Reference::Digest(digest.clone())).await;
                    found.borrow_mut().push((digest, fetched));
                })
            });
            together(self.connection.concurrency, works.collect()).await;
            for (digest, fetched) in found.take() {
                match fetched {
                    Ok(fetched) => {
                        let mut content = content(&fetched);
                        if let Some(legacy) = &fetched.schema1 {
                            let blobs = self.connection.schema1_blobs(&self.name, legacy, &self.call).await?;
                            content.blobs = blobs.into_iter().map(|blob| (blob.digest, blob.size)).collect();
                        }
                        inventory.add(&digest, Some(content));
                    }
                    Err(error) if error.is_not_found() => inventory.add(&digest, None),
                    Err(error) if is_about_content(&error) => {
                        inventory.unreadable.get_or_insert_with(|| digest.to_string());
                        inventory.add(&digest, Some(Content::default()));
                    }
                    Err(error) => return Err(error),
                }
            }
        }
    }

    async fn read_tag(&self, tag: &str) -> Result<Rc<FetchedManifest>> {
        self.read(&Reference::Tag(Tag::parse(tag)?)).await
    }

    async fn read(&self, reference: &Reference) -> Result<Rc<FetchedManifest>> {
        self.connection.manifest(&self.name, reference, None, &self.call).await
    }

    /// What refers to these.
    pub async fn referrers(&self, subjects: &[Digest]) -> Result<Vec<Digest>> {
        let found = RefCell::new(Vec::new());
        let works = subjects.iter().map(|subject| -> Work<'_> {
            let found = &found;
            Box::pin(async move {
                let referrers = self.connection.referrers(&self.name, subject, None, &self.call).await;
                found.borrow_mut().push(referrers);
            })
        });
        together(self.connection.concurrency, works.collect()).await;
        let mut all = Vec::new();
        for referrers in found.take() {
            all.extend(referrers?.into_iter().map(|referrer| referrer.digest));
        }
        Ok(all)
    }
}

/// Whether what is there is at fault, and not the way there.
fn is_about_content(error: &Error) -> bool {
    error.status.is_none_or(|status| status < 400)
        && !error.is_transient
        && matches!(
            error.code.as_ref(),
            code::UNSUPPORTED
                | code::INVALID_RESPONSE
                | code::DIGEST_MISMATCH
                | code::SIGNATURE_INVALID
                | code::AMBIGUOUS_MANIFEST
                | code::TOO_LARGE
                | code::INDEX_LIMIT
                | code::SIZE_MISMATCH
                // A tag that is listed and that no grammar allows.
                | code::INVALID_REFERENCE
        )
}

fn content(fetched: &FetchedManifest) -> Content {
    let document = &fetched.manifest;
    let blobs = document.config.iter().chain(document.layers.iter().flatten());
    Content {
        media_type: document.media_type.clone(),
        size: fetched.bytes.len() as u64,
        blobs: blobs.map(|blob| (blob.digest.clone(), blob.size)).collect(),
        children: document.manifests.iter().flatten().map(|entry| entry.digest.clone()).collect(),
        subject: document.subject.as_ref().map(|subject| subject.digest.clone()),
    }
}
