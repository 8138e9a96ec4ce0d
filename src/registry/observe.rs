//! What a registry holds now: by GET, never from HEAD or from what the client remembers. Whatever is destructive rests on
//! this.

use std::rc::Rc;

use super::connection::Connection;
use super::listing::Listing;
use super::manifests::FetchedManifest;
use super::settings::Call;
use crate::protocol::reference::{Reference, RepositoryName};
use crate::transport::{Host, Result};

impl<H: Host> Connection<H> {
    /// The manifest of a tag or digest, asked for now; `None` only where GET answers 404.
    pub(super) async fn observe(
        &self,
        name: &RepositoryName,
        reference: &Reference,
        call: &Call,
    ) -> Result<Option<Rc<FetchedManifest>>> {
        self.require_v2("manifests", call).await?;
        self.cache.borrow_mut().forget(name.as_str(), &reference.to_string());
        match self.manifest(name, reference, None, call).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The tags that a repository lists now.
    pub(super) async fn listed_tags(self: &Rc<Self>, name: &RepositoryName, call: &Call) -> Result<Vec<String>> {
        Listing::tags(self.clone(), Ok(name.clone()), None, call.clone()).collect().await
    }
}
