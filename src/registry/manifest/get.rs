//! Fetching and verifying manifests (distribution-spec v1.1.1, "Pulling manifests").

use std::rc::Rc;

use crate::protocol::code;
use crate::protocol::http::Method;
use crate::protocol::invalid::Invalid;
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::{Algorithm, Digest};
use crate::protocol::oci::manifest::Manifest;
use crate::protocol::oci::manifest::parts::Parts;
use crate::protocol::oci::media_type;
use crate::protocol::oci::media_type::Kind;
use crate::protocol::oci::reference::{Reference, Tag};
use crate::protocol::schema1::signed::Signed;
use crate::registry::api::endpoint::Endpoint;
use crate::registry::api::repo::Repo;
use crate::registry::api::response::Response;
use crate::registry::legacy::Schema1Parts;
use crate::transport::{Error, Host, Result};

/// Maximum bytes of a manifest or config: the size that registries must accept at least (distribution-spec).
pub const MANIFEST_LIMIT: u64 = 4 * 1024 * 1024;

/// A fetched manifest: its bytes and the parsed document.
#[derive(Debug)]
pub struct FetchedManifest {
    /// The bytes as received; for schema1 including the signatures, which the digest does not cover.
    pub bytes: Vec<u8>,
    /// The digest, computed here with the algorithm of the reference, else with sha256.
    pub digest: Digest,
    /// The parsed document.
    pub manifest: Manifest,
    /// Payload and signatures of a schema1 manifest.
    pub schema1: Option<Box<Schema1Parts>>,
}

impl FetchedManifest {
    /// Creates a manifest that was built here.
    pub(crate) fn new(bytes: Vec<u8>, media_type: &str) -> std::result::Result<Self, Invalid> {
        let manifest = Manifest::parse(&bytes, Some(media_type))?.sound()?;
        Ok(Self::of(bytes, manifest, Algorithm::Sha256))
    }

    /// Joins the bytes and the document of a manifest other than schema1. `algorithm` is that of its digest.
    pub(crate) fn of(bytes: Vec<u8>, manifest: Manifest, algorithm: Algorithm) -> Self {
        let digest = Digest::of(algorithm, &bytes);
        Self { bytes, digest, manifest, schema1: None }
    }

    /// Returns the document, or its problem as an error. Operations that do not delete read sound documents only.
    pub fn sound(&self) -> Result<&Manifest> {
        match &self.manifest.problem {
            None => Ok(&self.manifest),
            Some(problem) => Err(Error::from(problem.clone()).and(&format!("its digest is {}", self.digest))),
        }
    }

    /// Returns the parts of the document, as far as they can be read. Copies and deletions rely on them.
    pub(crate) fn parts(&self) -> Parts {
        Parts::of(&self.bytes, &self.manifest.media_type, self.manifest.kind)
    }

    /// Returns the parts that the repository stores. Non-distributable layers are not among them (image-spec layer.md,
    /// "Non-Distributable Layers"), unless an index lists them.
    pub(crate) fn stored_parts(&self) -> Parts {
        let mut parts = self.parts();
        parts.blobs.retain(|blob| self.manifest.kind == Kind::Index || !media_type::is_foreign(&blob.media_type));
        parts
    }

    /// Returns the bytes that the digest covers.
    pub fn hashed(&self) -> &[u8] {
        self.schema1.as_ref().map_or(&self.bytes, |parts| &parts.payload)
    }

    /// Returns true if the digest, with any known algorithm, is that of the manifest.
    pub(crate) fn is_named(&self, digest: &Digest) -> bool {
        *digest == self.digest
            || digest.algorithm().is_some_and(|algorithm| {
                Some(algorithm) != self.digest.algorithm() && Digest::of(algorithm, self.hashed()) == *digest
            })
    }

    /// Returns the descriptor of the manifest.
    pub fn descriptor(&self) -> Descriptor {
        let size = self.bytes.len() as u64;
        Descriptor::new(self.manifest.media_type.clone(), self.digest.clone(), size)
    }
}

impl<H: Host> Repo<H> {
    /// Returns the manifest of a tag or digest.
    pub(crate) async fn manifest(&self, reference: &Reference, accept: Option<&str>) -> Result<Rc<FetchedManifest>> {
        if let Reference::Digest(digest) = reference {
            check_verifiable(digest)?;
            if let Some(kept) = self.cached(digest.as_str()) {
                return Ok(kept);
            }
        }
        self.presume_v2("manifests")?;
        if let (Reference::Tag(tag), None) = (reference, accept)
            && let Some(kept) = self.unchanged(tag).await?
        {
            return Ok(kept);
        }
        let endpoint = self.manifest_endpoint(reference);
        let accept = accept.unwrap_or(media_type::accept_manifests());
        let mut request = self.request(Method::Get, &endpoint, Some(accept));
        request.may_be_cached = matches!(reference, Reference::Digest(_));
        let mut response = self.api.success(self.api.fetch(&request, MANIFEST_LIMIT).await?)?;
        let mut tells_digest = response.content_digest().is_some();
        let mut read = self.verified(response, reference, None).await;
        if self.api.was_cached_wrong(&request, read.as_ref().err()) {
            request.may_be_cached = false;
            response = self.api.success(self.api.fetch(&request, MANIFEST_LIMIT).await?)?;
            tells_digest = response.content_digest().is_some();
            read = self.verified(response, reference, None).await;
        }
        let (mut fetched, signed) = read?;
        if let Some(problem) =
            fetched.manifest.problem.as_ref().filter(|problem| problem.code == code::SIGNATURE_INVALID)
        {
            return Err(Error::from(problem.clone()).at(Method::Get, &endpoint.url));
        }
        if let Some(signed) = signed {
            let parts = self.api.legacy().await?.verified_parts(self, &fetched.digest, signed).await;
            fetched.schema1 = Some(Box::new(parts.map_err(|error| error.at(Method::Get, &endpoint.url))?));
        }
        let fetched = Rc::new(fetched);
        self.keep(reference, &fetched, tells_digest);
        Ok(fetched)
    }

    /// Caches a manifest. `tells_digest` is true if HEAD on the tag will show whether it has changed.
    pub(crate) fn keep(&self, reference: &Reference, fetched: &Rc<FetchedManifest>, tells_digest: bool) {
        self.cache_manifest(fetched);
        if let (Reference::Tag(tag), true) = (reference, tells_digest) {
            self.cache(tag.as_str(), Rc::new(fetched.digest.clone()), 0);
        }
    }

    /// Caches a manifest under its digest.
    pub(crate) fn cache_manifest(&self, manifest: &Rc<FetchedManifest>) {
        // The payload of schema1 is cached as well.
        let copies = if manifest.schema1.is_some() { 3 } else { 1 };
        self.cache(manifest.digest.as_str(), manifest.clone(), manifest.bytes.len() as u64 * copies);
    }

    /// Returns the cached manifest of a tag if HEAD confirms it: Docker Hub's rate limit counts GET, but not HEAD.
    async fn unchanged(&self, tag: &Tag) -> Result<Option<Rc<FetchedManifest>>> {
        let Some(digest) = self.cached::<Digest>(tag.as_str()) else { return Ok(None) };
        let Some(manifest) = self.cached(digest.as_str()) else { return Ok(None) };
        let reference = Reference::Tag(tag.clone());
        let endpoint = self.manifest_endpoint(&reference);
        let response = self.head(&endpoint, Some(media_type::accept_manifests())).await?;
        let told = told_by_head(&response, &reference);
        Ok(told.filter(|told| told.digest == *digest).map(|_| manifest))
    }

    /// Returns the manifest of a descriptor, and checks its size and media type.
    pub(crate) async fn child_manifest(&self, descriptor: &Descriptor) -> Result<Rc<FetchedManifest>> {
        let reference = Reference::Digest(descriptor.digest.clone());
        let fetched = self.manifest(&reference, None).await.map_err(|error| {
            let platform = descriptor.platform.as_ref().map(|platform| format!(" for {platform}")).unwrap_or_default();
            let what = format!("{} is listed{platform}, but the registry does not have it", descriptor.digest);
            if error.is_not_found() { error.and(&what) } else { error }
        })?;
        let url = self.manifest_endpoint(&reference).url;
        // The size of schema1 is not compared: registries sign it anew for each response.
        let is_schema1 = |media_type: &str| media_type::kind(&media_type::essence(media_type)) == Kind::Schema1;
        if fetched.schema1.is_some() && is_schema1(&descriptor.media_type) {
            return Ok(fetched);
        }
        if fetched.bytes.len() as u64 != descriptor.size {
            let message = format!(
                "manifest {} has {} bytes, but its descriptor says {}",
                descriptor.digest,
                fetched.bytes.len(),
                descriptor.size
            );
            return Err(Error::new(code::SIZE_MISMATCH, message)
                .at(Method::Get, &url)
                .with_number("expected", descriptor.size)
                .with_number("actual", fetched.bytes.len() as u64));
        }
        if media_type::essence(&descriptor.media_type) != fetched.manifest.media_type {
            let message = format!(
                "manifest {} is {}, but its descriptor says {}",
                descriptor.digest, fetched.manifest.media_type, descriptor.media_type
            );
            return Err(Error::new(code::INVALID_RESPONSE, message).at(Method::Get, &url));
        }
        Ok(fetched)
    }

    /// Returns a manifest's descriptor by HEAD, or by GET if HEAD is not sufficient (405, or header fields that are
    /// missing, hidden or generic). `None` means that HEAD responds 404. The result is a hint: see
    /// [`observe`](Self::observe).
    pub(crate) async fn head_manifest(&self, reference: &Reference) -> Result<Option<Descriptor>> {
        self.presume_v2("manifests")?;
        let endpoint = self.manifest_endpoint(reference);
        let response = self.head(&endpoint, Some(media_type::accept_manifests())).await?;
        if response.status == 404 {
            return Ok(None);
        }
        if let Some(descriptor) = told_by_head(&response, reference) {
            return Ok(Some(descriptor));
        }
        match self.manifest(reference, None).await {
            Ok(fetched) => Ok(Some(fetched.descriptor())),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn manifest_endpoint(&self, reference: &Reference) -> Endpoint {
        self.endpoint(&format!("manifests/{reference}"))
    }

    /// Verifies a manifest's digest and parses the manifest. For schema1 also returns the parts whose signatures are
    /// still to be checked.
    ///
    /// A problem of the document is stored in [`problem`](Manifest::problem). A body that is not a JSON object is an
    /// error, unless the requested, reported or `sought` digest matches: a proxy's page has status 200 too.
    pub(crate) async fn verified(
        &self,
        mut response: Response<Vec<u8>>,
        reference: &Reference,
        sought: Option<&Digest>,
    ) -> Result<(FetchedManifest, Option<Signed>)> {
        let bytes = std::mem::take(&mut response.body);
        let content_type = response.header("content-type").map(str::to_owned);
        let mut parsed = Manifest::parse(&bytes, content_type.as_deref());
        let signed = match &mut parsed {
            Ok(manifest) if manifest.kind == Kind::Schema1 => {
                let signed = self.api.legacy().await?.separate(&bytes);
                signed.map_err(|invalid| manifest.problem.get_or_insert(invalid).clone()).ok()
            }
            _ => None,
        };
        let hashed = signed.as_ref().map_or(&bytes, |signed| &signed.payload);
        let digest = match reference {
            Reference::Digest(asked) => {
                let computed = Digest::of(check_verifiable(asked)?, hashed);
                if computed != *asked {
                    return Err(response.digest_mismatch(asked, &computed));
                }
                computed
            }
            Reference::Tag(_) => Digest::of(Algorithm::Sha256, hashed),
        };
        let is_sought = |sought: &Digest| sought.algorithm().is_some_and(|known| Digest::of(known, hashed) == *sought);
        let is_vouched = compare_hint(&response, &digest, hashed)?
            || matches!(reference, Reference::Digest(_))
            || sought.is_some_and(is_sought);
        let manifest = match parsed {
            Ok(manifest) => manifest,
            Err(invalid) if is_vouched => Manifest::unreadable(content_type.as_deref(), invalid),
            Err(invalid) => return Err(response.other_content(invalid.code, invalid.into_message())),
        };
        Ok((FetchedManifest { bytes, digest, manifest, schema1: None }, signed))
    }
}

/// Fails with `UNSUPPORTED` if the digest's algorithm is unknown, since content could not be verified.
pub fn check_verifiable(digest: &Digest) -> Result<Algorithm> {
    digest.algorithm().ok_or_else(|| {
        Error::new(code::UNSUPPORTED, format!("content of {digest} cannot be verified: unknown digest algorithm"))
    })
}

fn told_by_head<B>(response: &Response<B>, reference: &Reference) -> Option<Descriptor> {
    if !response.is_success() {
        return None;
    }
    let media_type = media_type::essence(response.header("content-type")?);
    if media_type::is_generic(&media_type) {
        return None;
    }
    let size = response.declared_length()?;
    let told = response.content_digest();
    let digest = match reference {
        // A digest that contradicts the reference makes HEAD useless; GET decides.
        Reference::Digest(asked) if told.as_ref().is_none_or(|told| told == asked) => asked.clone(),
        Reference::Digest(_) => return None,
        Reference::Tag(_) => told?,
    };
    Some(Descriptor::new(media_type, digest, size))
}

/// Verifies `Docker-Content-Digest`, which may use another algorithm than the reference. Returns true if there was
/// one to compare.
fn compare_hint<B>(response: &Response<B>, computed: &Digest, bytes: &[u8]) -> Result<bool> {
    let Some(told) = response.content_digest() else { return Ok(false) };
    let Some(algorithm) = told.algorithm() else { return Ok(false) };
    let computed =
        if Some(algorithm) == computed.algorithm() { computed.clone() } else { Digest::of(algorithm, bytes) };
    if computed == told {
        return Ok(true);
    }
    let message = format!("Docker-Content-Digest is {told}, but the content hashes to {computed}");
    Err(response.error(code::DIGEST_MISMATCH, message).with("expected", &told).with("actual", &computed))
}
