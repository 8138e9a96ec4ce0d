//! Mounting a blob from another repository of the registry in place of a push (distribution-spec v1.1.1, "Mounting a blob from
//! another repository").

use crate::protocol::code;
use crate::protocol::oci::digest::Digest;
use crate::registry::blob::head::Presence;
use crate::registry::blob::push_settings::{Mounting, Outcome};
use crate::registry::blob::push_strategy::BlobPush;
use crate::registry::blob::upload::begin::{Mount, PushContext};
use crate::transport::request::RetryBudget;
use crate::transport::{Error, Host, Result};

impl<H: Host> BlobPush<H> {
    /// Makes a repository to which this client pushed the blob, or in which it found it, a candidate for a mount, unless the
    /// caller named one.
    pub(super) fn remember_holder(&mut self, context: &PushContext<'_, H>) {
        if let Some(digest) = self.digest.as_ref().filter(|_| self.from.is_empty() && !self.is_sent_anyway) {
            self.from.extend(context.repo.api.capabilities.holder(digest, &context.repo.name));
            self.is_from_memory = true;
        }
    }

    /// Requests a mount from each candidate, once. Returns the size of the mounted blob, if known, or `None` if it is not
    /// mounted.
    pub(super) async fn mount(&mut self, context: &PushContext<'_, H>) -> Option<Option<u64>> {
        let digest = self.digest.clone()?;
        for from in std::mem::take(&mut self.from) {
            // One attempt, and any failure is ignored: the token service may refuse it, and Quay fails.
            let asking = PushContext { retry_budget: &RetryBudget::none(), ..*context };
            match asking.mount(&digest, &from).await {
                Ok(Mount::Done) => {
                    if let Some(size) = self.is_mounted(context, &digest).await {
                        return Some(size);
                    }
                }
                Ok(Mount::Begun(mut upload)) => {
                    upload.retry_budget = context.retry_budget.clone();
                    self.begun = Some(upload);
                }
                Ok(Mount::Refused) | Err(_) => {}
            }
            // Nobody asked for this mount, so no more of them are tried.
            if self.is_from_memory {
                context.repo.api.capabilities.refuse_mount(&from, &context.repo.name);
            }
        }
        None
    }

    /// Returns the size of a mounted blob, if known, or `None` if the blob is absent. A client that may not check
    /// has to trust the registry.
    async fn is_mounted(&self, context: &PushContext<'_, H>, digest: &Digest) -> Option<Option<u64>> {
        let size = self.intake.size();
        if self.mounting == Mounting::Verified || size.is_none() {
            return self.is_found(context, digest, &mut None).await;
        }
        // The first mount is checked while the others wait: a registry may respond 201 and mount nothing.
        let mut mounts = context.repo.api.capabilities.mounts.lock().await;
        match *mounts {
            Some(true) => Some(size),
            Some(false) => {
                drop(mounts);
                self.is_found(context, digest, &mut None).await
            }
            None => self.is_found(context, digest, &mut mounts).await,
        }
    }

    /// Looks for a mounted blob and records whether the registry mounts what it says it did.
    async fn is_found(
        &self,
        context: &PushContext<'_, H>,
        digest: &Digest,
        mounts: &mut Option<bool>,
    ) -> Option<Option<u64>> {
        let size = self.intake.size();
        match context.repo.blob_presence(digest, size).await {
            Ok(Presence::Absent) => {
                *mounts = Some(false);
                None
            }
            Ok(Presence::There(told)) => {
                mounts.get_or_insert(true);
                Some(size.or(told))
            }
            // The registry does not say, and would not say of the next one either.
            _ => {
                mounts.get_or_insert(false);
                Some(size)
            }
        }
    }

    pub(super) fn mounted(&mut self, size: Option<u64>) -> Result<(Digest, u64)> {
        let (Some(digest), Some(size)) = (&self.digest, size) else {
            return Err(Error::new(
                code::INVALID_RESPONSE,
                "the registry mounted the blob, but does not state its size",
            ));
        };
        self.outcome = Outcome::Mounted;
        (self.progress)(size);
        Ok((digest.clone(), size))
    }
}
