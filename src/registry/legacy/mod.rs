//! Protocols and formats of old registries: the V1 API and schema1 manifests, behind one seam.
//!
//! The package loads this code only when a registry needs it. The rest of `registry` holds the types that are exported
//! here, which are data, and calls everything else through [`Legacy`]; so `v1` and `schema1` are private.

mod code;
mod schema1;
mod v1;

pub use crate::registry::legacy::code::{BuiltIn, Code};
pub use crate::registry::legacy::schema1::{Converted, Form, Schema1Parts, SignatureFact};
pub use crate::registry::legacy::v1::{JSON, LARGEST_STREAM, V1Layer};

use std::rc::Rc;

use crate::protocol::invalid::Invalid;
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::{Algorithm, Digest};
use crate::protocol::oci::listing::Strings;
use crate::protocol::oci::manifest::Manifest;
use crate::protocol::oci::platform::Platform;
use crate::protocol::oci::reference::{Reference, RepositoryName, Tag};
use crate::protocol::schema1::signed::Signed;
use crate::registry::api::connection::Connection;
use crate::registry::api::repo::Repo;
use crate::registry::api::settings::Call;
use crate::registry::blob::pull::BlobPull;
use crate::registry::image::Image;
use crate::registry::image::reference::ImageReference;
use crate::registry::listing::pager::Pager;
use crate::registry::listing::paging::ListingBounds;
use crate::registry::manifest::get::FetchedManifest;
use crate::registry::tag::data::TagData;
use crate::transport::schema1::AnySigner;
use crate::transport::{Host, Work};

/// Loads the code for old registries.
pub trait LoadLegacy<H: Host> {
    /// Returns the code, and loads it first if necessary.
    ///
    /// # Errors
    ///
    /// `MODULE_NOT_LOADED`. The next call tries again.
    fn load(&self) -> Work<'_, &'static dyn Legacy<H>>;
}

/// The operations of the V1 protocol and of schema1 manifests.
pub trait Legacy<H: Host> {
    /// Returns the new names on a page of a repository's tags, or of all repositories, and whether there is another
    /// page. The first page is 1.
    fn list_page<'a>(
        &self,
        api: &'a Rc<Connection<H>>,
        name: Option<&'a RepositoryName>,
        number: u64,
        call: &'a Call,
        pager: &'a mut Pager,
        bounds: &'a mut ListingBounds,
    ) -> Work<'a, (Strings, bool)>;

    /// Finds the image of a tag or of an image id at a V1 registry.
    fn find<'a>(
        &self,
        repo: &'a Repo<H>,
        reference: &'a Reference,
        platform: Option<&'a Platform>,
    ) -> Work<'a, Image<H>>;

    /// Describes a tag of a V1 registry.
    fn tag_data<'a>(&self, repo: &'a Repo<H>, tag: &'a Tag) -> Work<'a, TagData>;

    /// Opens a layer of a V1 registry.
    fn layer<'a>(&self, repo: &'a Repo<H>, layer: &'a V1Layer) -> Work<'a, BlobPull<H>>;

    /// Points a tag at an image of a V1 registry. `if_match` is the id that it must have now; `Some(None)` requires
    /// that it does not exist.
    fn tag<'a>(
        &self,
        repo: &'a Repo<H>,
        tag: &'a Tag,
        image: &'a ImageReference<H>,
        if_match: Option<Option<&'a str>>,
    ) -> Work<'a, ()>;

    /// Removes a tag from a V1 registry.
    fn untag<'a>(&self, repo: &'a Repo<H>, tag: &'a Tag) -> Work<'a, ()>;

    /// Separates the payload of a schema1 manifest from its signatures.
    fn separate(&self, bytes: &[u8]) -> std::result::Result<Signed, Invalid>;

    /// Parses the payload of a schema1 manifest. Its signatures are not checked.
    fn parts(&self, signed: Signed) -> std::result::Result<Schema1Parts, Invalid>;

    /// Verifies the signatures of a schema1 manifest, then parses its payload.
    fn verified_parts<'a>(&self, repo: &'a Repo<H>, digest: &'a Digest, signed: Signed) -> Work<'a, Schema1Parts>;

    /// Verifies the signatures of a schema1 manifest that was observed.
    fn check_signatures<'a>(&self, repo: &'a Repo<H>, observed: &'a FetchedManifest) -> Work<'a, ()>;

    /// Creates a schema1 manifest that was not fetched. Its signatures are not checked.
    fn manifest(
        &self,
        bytes: Vec<u8>,
        manifest: Manifest,
        algorithm: Algorithm,
    ) -> std::result::Result<FetchedManifest, Invalid>;

    /// Returns the schema1 manifest to push: a signed one unchanged, if its signatures are valid; an unsigned one
    /// signed, with a new key unless `signer` is given, which a manifest of another kind must not have.
    fn signed<'a>(
        &self,
        repo: &'a Repo<H>,
        given: FetchedManifest,
        signer: Option<AnySigner>,
    ) -> Work<'a, FetchedManifest>;

    /// Returns the blobs of a schema1 manifest that the registry has, each once, base first.
    fn blobs<'a>(&self, repo: &'a Repo<H>, parts: &'a Schema1Parts) -> Work<'a, Vec<Descriptor>>;

    /// Returns all blobs of a schema1 manifest, each once, base first; `NOT_FOUND` if one is missing.
    fn all_blobs<'a>(&self, repo: &'a Repo<H>, parts: &'a Schema1Parts) -> Work<'a, Vec<Descriptor>>;

    /// Returns the layers of a schema1 image, base first; `NOT_FOUND` if one is missing.
    fn layers<'a>(&self, repo: &'a Repo<H>, parts: &'a Schema1Parts) -> Work<'a, Vec<Descriptor>>;

    /// Returns the config that a schema1 manifest contains.
    fn config(&self, parts: &Schema1Parts) -> std::result::Result<Vec<u8>, Invalid>;

    /// Converts a schema1 image: reads every layer for the digest of its uncompressed content, and builds the
    /// manifest.
    fn convert<'a>(&self, repo: &'a Repo<H>, parts: &'a Schema1Parts, form: Form) -> Work<'a, Converted>;
}
