//! The code behind the seam.

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
use crate::registry::legacy::{Converted, Form, Legacy, LoadLegacy, Schema1Parts, V1Layer, schema1, v1};
use crate::registry::listing::pager::Pager;
use crate::registry::listing::paging::ListingBounds;
use crate::registry::manifest::get::FetchedManifest;
use crate::registry::tag::data::TagData;
use crate::transport::schema1::AnySigner;
use crate::transport::{Host, Work};

/// The V1 protocol and schema1 manifests.
pub struct Code;

/// The loader of a program that has the code from the start.
pub struct BuiltIn;

impl<H: Host> LoadLegacy<H> for BuiltIn {
    fn load(&self) -> Work<'_, &'static dyn Legacy<H>> {
        Box::pin(async { Ok(&Code as &dyn Legacy<H>) })
    }
}

impl<H: Host> Legacy<H> for Code {
    fn list_page<'a>(
        &self,
        api: &'a Rc<Connection<H>>,
        name: Option<&'a RepositoryName>,
        number: u64,
        call: &'a Call,
        pager: &'a mut Pager,
        bounds: &'a mut ListingBounds,
    ) -> Work<'a, (Strings, bool)> {
        Box::pin(v1::list_page(api, name, number, call, pager, bounds))
    }

    fn find<'a>(
        &self,
        repo: &'a Repo<H>,
        reference: &'a Reference,
        platform: Option<&'a Platform>,
    ) -> Work<'a, Image<H>> {
        Box::pin(v1::find(repo, reference, platform))
    }

    fn tag_data<'a>(&self, repo: &'a Repo<H>, tag: &'a Tag) -> Work<'a, TagData> {
        Box::pin(v1::tag_data(repo, tag))
    }

    fn layer<'a>(&self, repo: &'a Repo<H>, layer: &'a V1Layer) -> Work<'a, BlobPull<H>> {
        Box::pin(v1::layer(repo, layer))
    }

    fn tag<'a>(
        &self,
        repo: &'a Repo<H>,
        tag: &'a Tag,
        image: &'a ImageReference<H>,
        if_match: Option<Option<&'a str>>,
    ) -> Work<'a, ()> {
        Box::pin(v1::tag(repo, tag, image, if_match))
    }

    fn untag<'a>(&self, repo: &'a Repo<H>, tag: &'a Tag) -> Work<'a, ()> {
        Box::pin(v1::untag(repo, tag))
    }

    fn separate(&self, bytes: &[u8]) -> Result<Signed, Invalid> {
        Signed::parse(bytes)
    }

    fn parts(&self, signed: Signed) -> Result<Schema1Parts, Invalid> {
        Schema1Parts::unchecked(signed)
    }

    fn verified_parts<'a>(&self, repo: &'a Repo<H>, digest: &'a Digest, signed: Signed) -> Work<'a, Schema1Parts> {
        Box::pin(repo.verified_parts(digest, signed))
    }

    fn check_signatures<'a>(&self, repo: &'a Repo<H>, observed: &'a FetchedManifest) -> Work<'a, ()> {
        Box::pin(repo.check_signatures(observed))
    }

    fn manifest(&self, bytes: Vec<u8>, manifest: Manifest, algorithm: Algorithm) -> Result<FetchedManifest, Invalid> {
        schema1::manifest(bytes, manifest, algorithm)
    }

    fn signed<'a>(
        &self,
        repo: &'a Repo<H>,
        given: FetchedManifest,
        signer: Option<AnySigner>,
    ) -> Work<'a, FetchedManifest> {
        Box::pin(repo.signed(given, signer))
    }

    fn blobs<'a>(&self, repo: &'a Repo<H>, parts: &'a Schema1Parts) -> Work<'a, Vec<Descriptor>> {
        Box::pin(repo.schema1_blobs(parts))
    }

    fn all_blobs<'a>(&self, repo: &'a Repo<H>, parts: &'a Schema1Parts) -> Work<'a, Vec<Descriptor>> {
        Box::pin(repo.schema1_layers(parts, parts.document.blobs.iter()))
    }

    fn layers<'a>(&self, repo: &'a Repo<H>, parts: &'a Schema1Parts) -> Work<'a, Vec<Descriptor>> {
        Box::pin(repo.schema1_layers(parts, parts.document.layers()))
    }

    fn config(&self, parts: &Schema1Parts) -> Result<Vec<u8>, Invalid> {
        parts.document.config(None)
    }

    fn convert<'a>(&self, repo: &'a Repo<H>, parts: &'a Schema1Parts, form: Form) -> Work<'a, Converted> {
        Box::pin(repo.convert(parts, form))
    }
}
