//! Whether a blob is there, and how large it is (distribution-spec v1.1.1, "Checking if content exists in the registry").
//! HEAD is a hint: proxies compress its answer, leave its length out, or answer it themselves.

use crate::protocol::code;
use crate::protocol::http::{Method, range};
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::{Algorithm, Digest};
use crate::protocol::oci::media_type;
use crate::registry::api::endpoint::Endpoint;
use crate::registry::api::repo::Repo;
use crate::registry::api::response::Response;
use crate::transport::request::Request;
use crate::transport::{Body, Chunk, Error, Host, Result};

/// Bytes of a blob whose size nothing tells that are counted.
const COUNTED: u64 = 64 * 1024 * 1024;

/// Whether a blob is there, as far as it was observed.
pub(crate) enum Presence {
    /// It is, with so many bytes where that is told.
    There(Option<u64>),
    /// It is not: the answer to GET is 404.
    Absent,
    /// The question was refused, or the answer could be about anything.
    Unknown,
}

/// What an answer tells about the blob that was asked for.
struct Told {
    size: Option<u64>,
    /// Whether the registry names its digest.
    is_named: bool,
    /// Whether it can be that blob.
    fits: bool,
}

impl<H: Host> Repo<H> {
    /// Size of a blob; `None` if there is none.
    pub(crate) async fn head_blob(&self, digest: &Digest) -> Result<Option<Descriptor>> {
        self.require_v2("blobs").await?;
        let endpoint = self.blob_endpoint(digest);
        let response = self.head(&endpoint, None).await?;
        // 404 of something that is no registry says nothing: Nexus answers HEAD with a page where GET finds the content.
        if response.status == 404 && !essence(&response).starts_with("text/") {
            return Ok(None);
        }
        let told = told(&response, digest);
        let size = match told.size.filter(|_| response.is_success() && told.fits) {
            Some(size) => Some(size),
            None => self.size_by_get(&endpoint, digest).await?,
        };
        Ok(size.map(|size| Descriptor::new("application/octet-stream".to_owned(), digest.clone(), size)))
    }

    /// Size of a blob that is there, as far as HEAD tells: what it does not tell is found out by pushing. `size`: what it has
    /// to be, where known.
    pub(crate) async fn blob_hint(&self, digest: &Digest, size: Option<u64>) -> Result<Option<u64>> {
        let endpoint = self.upload_endpoint(&format!("blobs/{digest}"), None);
        let response = match self.head(&endpoint, None).await {
            Ok(response) if response.is_success() => response,
            Ok(_) => return Ok(None),
            // Who may only push is refused this question, perhaps by the token service; a redirect to where a page may not
            // look stands in its way alone.
            Err(error) if error.code == code::CORS_OR_NETWORK || error.status.is_some_and(|status| status != 401) => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let told = told(&response, digest);
        let agreed = told.size.or(size).filter(|found| size.is_none_or(|size| size == *found));
        Ok(agreed.filter(|_| told.fits && (told.is_named || told.size.is_some())))
    }

    /// The same, looked at closely where HEAD does not tell.
    pub(crate) async fn blob_presence(&self, digest: &Digest, size: Option<u64>) -> Result<Presence> {
        if let Some(size) = self.blob_hint(digest, size).await? {
            return Ok(Presence::There(Some(size)));
        }
        let endpoint = self.upload_endpoint(&format!("blobs/{digest}"), None);
        let response = match self.api.send(&self.first_byte(&endpoint, digest)).await {
            Ok(response) => response,
            Err(error) if error.code == code::CORS_OR_NETWORK || error.status.is_some() => {
                return Ok(Presence::Unknown);
            }
            Err(error) => return Err(error),
        };
        let told = told(&response, digest);
        let fits = told.fits && size.is_none_or(|size| told.size.is_none_or(|told| told == size));
        Ok(match response.status {
            404 => Presence::Absent,
            200..300 if fits && (told.is_named || told.size.is_some()) => Presence::There(told.size),
            _ => Presence::Unknown,
        })
    }

    /// GET of as little as tells of a blob.
    fn first_byte(&self, endpoint: &Endpoint, digest: &Digest) -> Request<H::Chunk> {
        let request = self.request(Method::Get, endpoint, None);
        // Of an empty blob there is no such part.
        if is_of_nothing(digest) { request } else { request.with_header("range", "bytes=0-0") }
    }

    async fn size_by_get(&self, endpoint: &Endpoint, digest: &Digest) -> Result<Option<u64>> {
        let whole = self.request(Method::Get, endpoint, None);
        let opened = match self.api.stream(&self.first_byte(endpoint, digest)).await {
            // The first byte alone is no blob whose bytes could be counted.
            Ok(response) if response.status == 206 && told(&response, digest).size.is_none() => {
                drop(response);
                self.api.stream(&whole).await
            }
            Err(error) if error.status == Some(416) => self.api.stream(&whole).await,
            opened => opened,
        };
        let mut response = match opened {
            Ok(response) => response,
            // HEAD has no body to explain itself with.
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error),
        };
        let told = told(&response, digest);
        if !told.fits {
            return Err(response.other_content(code::INVALID_RESPONSE, "the answer is no blob".to_owned()));
        }
        if let Some(size) = told.size {
            return Ok(Some(size));
        }
        let mut count = 0;
        while let Some(chunk) = response.body.next().await? {
            count += chunk.len();
            if count > COUNTED {
                let message = format!("the blob is there, and larger than {COUNTED} bytes: no answer tells its size");
                return Err(Error::new(code::INVALID_RESPONSE, message).at(response.method, &response.url));
            }
        }
        if count == 0 && !is_of_nothing(digest) {
            return Err(response.error(code::INVALID_RESPONSE, "the answer does not tell the blob's size"));
        }
        Ok(Some(count))
    }
}

fn essence<B>(response: &Response<B>) -> String {
    response.header("content-type").map(media_type::essence).unwrap_or_default()
}

fn told<B>(response: &Response<B>, digest: &Digest) -> Told {
    let named = response.content_digest().filter(|named| named.algorithm() == digest.algorithm());
    let size = match response.status {
        206 => response.header("content-range").and_then(|range| range::parse_content_range(range).ok()?.complete),
        _ => response.declared_length(),
    };
    let is_named = named.as_ref() == Some(digest);
    Told {
        // HEAD and compressing proxies say 0 of what has bytes.
        size: size.filter(|size| *size > 0 || is_of_nothing(digest)),
        is_named,
        // A page is a login's, an error's, or that of an application which answers everything with it.
        fits: is_named || (named.is_none() && essence(response) != "text/html"),
    }
}

fn is_of_nothing(digest: &Digest) -> bool {
    [Algorithm::Sha256, Algorithm::Sha512].iter().any(|algorithm| Digest::of(*algorithm, b"") == *digest)
}
