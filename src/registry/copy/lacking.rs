//! Retrying a manifest that was refused because of a missing part.
//!
//! The registry reported before that it had the part (HEAD responded 200, or a mount 201). The part is copied after
//! all, and the manifest is put again.

use std::collections::HashSet;
use std::rc::Rc;

use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::reference::{Reference, Tag};
use crate::registry::copy::run::Copying;
use crate::registry::copy::tree;
use crate::registry::manifest::get::FetchedManifest;
use crate::registry::manifest::part::{self, Found, Part};
use crate::registry::manifest::put::Pushed;
use crate::transport::request::Recheck;
use crate::transport::{Error, Host, Result};

impl<H: Host> Copying<'_, H> {
    /// Puts a manifest whose parts were copied or exist. Each part is sent at most once.
    pub(super) async fn put(&self, reference: &Reference, manifest: &Rc<FetchedManifest>) -> Result<()> {
        loop {
            let unsent = self.unsent(manifest);
            let Err(error) = self.target.push_manifest(reference, manifest).await else { return Ok(()) };
            self.complete(manifest, &unsent, error).await?;
        }
    }

    /// The same for a tag. `recheck` is asked before it is put again.
    pub(super) async fn put_under(
        &self,
        tag: &Tag,
        manifest: &Rc<FetchedManifest>,
        recheck: Option<Recheck>,
    ) -> Result<Pushed> {
        loop {
            let unsent = self.unsent(manifest);
            match self.target.put_tag(tag, manifest, recheck.clone()).await {
                Ok(pushed) => return Ok(pushed),
                Err(error) => self.complete(manifest, &unsent, error).await?,
            }
            if let Some(recheck) = &recheck {
                recheck.ask().await?;
            }
        }
    }

    /// Returns the parts that were skipped or mounted. It is called before the manifest is put: meanwhile another manifest may
    /// turn out to lack a part of this one, and send it too late for this one.
    fn unsent(&self, manifest: &FetchedManifest) -> HashSet<Digest> {
        let state = self.state.borrow();
        let parts = tree::all(manifest).into_iter().map(|part| part.descriptor().digest.clone());
        parts.filter(|digest| !state.is_sent(digest)).collect()
    }

    /// Copies the parts that a manifest lacked, or returns the error.
    async fn complete(&self, manifest: &Rc<FetchedManifest>, unsent: &HashSet<Digest>, error: Error) -> Result<()> {
        let lacking = lacking(manifest, unsent, &error);
        if lacking.is_empty() {
            return Err(error);
        }
        for part in lacking {
            let digest = part.descriptor().digest.clone();
            // An index may list a digest twice, and another manifest may lack it too.
            let turn = self.state.borrow_mut().turn(&digest);
            let _turn = turn.lock().await;
            if self.state.borrow().is_sent(&digest) {
                continue;
            }
            self.state.borrow_mut().take_back(&digest);
            match Box::pin(part::found(&self.source, part)).await? {
                Found::Blob(blob) => self.push(&blob, true).await?,
                Found::Manifest(child) => {
                    let node = tree::node(&self.source, child, self.options.unknown_kinds);
                    let (node, _) = Box::pin(node).await?;
                    Box::pin(self.whole(&node)).await?;
                }
            }
        }
        Ok(())
    }
}

/// Returns the parts that had not been sent and may be missing: those that the error names, or all of them.
fn lacking(manifest: &FetchedManifest, unsent: &HashSet<Digest>, error: &Error) -> Vec<Part> {
    if !error.lacks_parts() {
        return Vec::new();
    }
    let mut parts = tree::all(manifest);
    let is_named = |part: &Part| {
        let digest = part.descriptor().digest.as_str();
        error.errors.iter().any(|item| item.is_of_missing_part() && item.names(digest))
    };
    if parts.iter().any(is_named) {
        parts.retain(is_named);
    }
    parts.retain(|part| unsent.contains(&part.descriptor().digest));
    parts
}
