//! Reading a whole repository: its tags, their manifests, and the referrers of those.

mod builder;
pub(super) mod gather;

use crate::protocol::oci::digest::Digest;
use crate::protocol::order::sorted_by;
use crate::registry::cleanup::inventory::{Inventory, TagEntry};
use crate::registry::cleanup::survey::builder::InventoryBuilder;
use crate::registry::cleanup::survey::gather::{Gatherer, NO_REFERRERS};
use crate::registry::concurrency::{Work, together};
use crate::registry::listing::Listing;
use crate::transport::{Host, Result};
use std::cell::RefCell;
use std::collections::HashSet;

impl<H: Host> Gatherer<H> {
    /// Reads every tag, and every manifest that tags lead to. Tags that are expected are read even if the list, which may be
    /// old or broken off, lacks them.
    pub async fn inventory(&self, expected: &[&str]) -> Result<Inventory> {
        self.repo.require_v2("planCleanup()").await?;
        self.read.set(0);
        let mut inventory = Inventory::default();
        let entries = self.tags(&mut inventory, expected).await?;
        let mut entries = sorted_by(entries, |one, other| one.tag.cmp(&other.tag));
        entries.dedup_by(|one, other| one.tag == other.tag);
        for subject in entries.iter().filter_map(TagEntry::belongs_to) {
            inventory.name(&subject);
        }
        inventory.tags = entries;
        self.walk(&mut inventory).await?;
        Ok(inventory)
    }

    async fn tags(&self, inventory: &mut Inventory, expected: &[&str]) -> Result<Vec<TagEntry>> {
        let builder = InventoryBuilder::new(self, inventory);
        let listing = Listing::of_tags(&self.repo);
        let mut listing = listing.thorough();
        let mut entries = Vec::new();
        while let Some(page) = listing.next_page().await? {
            builder.learn(page.told());
            entries.append(&mut self.entries(&builder, page.to_vec()).await?);
        }
        let listed: HashSet<&str> = entries.iter().map(|entry| entry.tag.as_str()).collect();
        let unlisted = expected.iter().filter(|tag| !listed.contains(**tag)).map(|tag| (*tag).to_owned()).collect();
        let mut unlisted = self.entries(&builder, unlisted).await?;
        unlisted.retain(|entry| entry.digest.is_some() || entry.problem.is_some());
        entries.append(&mut unlisted);
        entries.iter_mut().for_each(|entry| builder.date(entry));
        Ok(entries)
    }

    async fn entries(&self, builder: &InventoryBuilder<'_, H>, tags: Vec<String>) -> Result<Vec<TagEntry>> {
        let found = RefCell::new(Vec::new());
        self.announce(tags.len());
        let mut works = tags.iter().map(|tag| -> Work<'_> {
            Box::pin(async {
                let entry = builder.tag(tag).await;
                found.borrow_mut().push(entry);
                self.has_done();
            })
        });
        together(self.repo.api.concurrency, &mut works).await;
        self.check()?;
        Ok(found.take())
    }

    /// Reads the manifests that were referred to, and those that they refer to in turn.
    pub async fn walk(&self, inventory: &mut Inventory) -> Result<()> {
        let builder = InventoryBuilder::new(self, inventory);
        loop {
            let wave = builder.take_pending();
            if wave.is_empty() {
                return Ok(());
            }
            self.announce(wave.len());
            let builder = &builder;
            let mut works = wave.into_iter().map(|id| -> Work<'_> {
                Box::pin(async move {
                    builder.manifest(id).await;
                    self.has_done();
                })
            });
            together(self.repo.api.concurrency, &mut works).await;
            self.check()?;
        }
    }

    /// Adds the referrers of the subjects. A subject whose referrers cannot be listed is kept.
    pub async fn referrers(&self, subjects: &[Digest], inventory: &mut Inventory) -> Result<()> {
        let builder = InventoryBuilder::new(self, inventory);
        // The first ones show whether there is an API, so that the others do not all ask a registry without one.
        let (first, others) = subjects.split_at(subjects.len().min(NO_REFERRERS));
        let builder = &builder;
        for some in [first, others] {
            self.announce(some.len());
            let mut works = some.iter().map(|subject| -> Work<'_> {
                Box::pin(async move {
                    builder.referrers(subject).await;
                    self.has_done();
                })
            });
            together(self.repo.api.concurrency, &mut works).await;
        }
        self.check()
    }
}
