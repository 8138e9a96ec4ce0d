//! Existence and size of blobs (distribution-spec v1.1.1, "Checking if content exists in the registry").
//!
//! HEAD is a hint only: proxies compress the response, omit its length, or answer it themselves.

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

/// Maximum bytes that are counted to determine the size of a blob.
const COUNTED: u64 = 64 * 1024 * 1024;

/// The observed presence of a blob.
pub(crate) enum Presence {
    /// The blob exists, with this size if it was reported.
    There(Option<u64>),
    /// The blob does not exist: GET responds 404.
    Absent,
    /// The request was refused, or the response may be about something else.
    Unknown,
}

/// The size and identity of the requested blob, as a response states them.
struct Told {
    size: Option<u64>,
    /// True if the registry states the digest of the blob.
    is_named: bool,
    /// True if the response may be about the blob.
    fits: bool,
}

impl<H: Host> Repo<H> {
    /// Returns the descriptor of a blob, or `None` if it does not exist.
    pub(crate) async fn head_blob(&self, digest: &Digest) -> Result<Option<Descriptor>> {
        self.presume_v2("blobs")?;
        let endpoint = self.blob_endpoint(digest);
        let response = self.head(&endpoint, None).await?;
        // A 404 from something other than the registry proves nothing: Nexus answers HEAD with a page where GET
        // finds the content.
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

    /// Returns the size of a blob if HEAD reports that it exists; otherwise a push finds out. `size` is the
    /// expected size, if known.
    pub(crate) async fn blob_hint(&self, digest: &Digest, size: Option<u64>) -> Result<Option<u64>> {
        let endpoint = self.upload_endpoint(&format!("blobs/{digest}"), None);
        let response = match self.head(&endpoint, None).await {
            Ok(response) if response.is_success() => response,
            Ok(_) => return Ok(None),
            // A push-only client is refused here, perhaps by the token service; a cross-origin redirect that a page
            // may not follow prevents this request only.
            Err(error) if error.code == code::CORS_OR_NETWORK || error.status.is_some_and(|status| status != 401) => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let told = told(&response, digest);
        let agreed = told.size.or(size).filter(|found| size.is_none_or(|size| size == *found));
        Ok(agreed.filter(|_| told.fits && (told.is_named || told.size.is_some())))
    }

    /// Determines the presence of a blob by HEAD, and by GET if HEAD is not conclusive.
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

    /// Builds a GET for the first byte of a blob.
    fn first_byte(&self, endpoint: &Endpoint, digest: &Digest) -> Request<H::Chunk> {
        let request = self.request(Method::Get, endpoint, None);
        // An empty blob has no first byte.
        if is_of_nothing(digest) { request } else { request.with_header("range", "bytes=0-0") }
    }

    async fn size_by_get(&self, endpoint: &Endpoint, digest: &Digest) -> Result<Option<u64>> {
        let whole = self.request(Method::Get, endpoint, None);
        let opened = match self.api.stream(&self.first_byte(endpoint, digest)).await {
            // Without a total, the first byte does not show the size.
            Ok(response) if response.status == 206 && told(&response, digest).size.is_none() => {
                drop(response);
                self.api.stream(&whole).await
            }
            Err(error) if error.status == Some(416) => self.api.stream(&whole).await,
            opened => opened,
        };
        let mut response = match opened {
            Ok(response) => response,
            // HEAD has no body that could explain an error.
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error),
        };
        let told = told(&response, digest);
        if !told.fits {
            return Err(response.other_content(code::INVALID_RESPONSE, "the response is not a blob".to_owned()));
        }
        if let Some(size) = told.size {
            return Ok(Some(size));
        }
        let mut count = 0;
        while let Some(chunk) = response.body.next().await? {
            count += chunk.len();
            if count > COUNTED {
                let message =
                    format!("the blob exists and is larger than {COUNTED} bytes, but no response states its size");
                return Err(Error::new(code::INVALID_RESPONSE, message).at(response.method, &response.url));
            }
        }
        if count == 0 && !is_of_nothing(digest) {
            return Err(response.error(code::INVALID_RESPONSE, "the response does not state the blob's size"));
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
        // HEAD responses and compressing proxies report 0 for content that is not empty.
        size: size.filter(|size| *size > 0 || is_of_nothing(digest)),
        is_named,
        // HTML comes from a login, an error page, or an application that answers every request with a page.
        fits: is_named || (named.is_none() && essence(response) != "text/html"),
    }
}

fn is_of_nothing(digest: &Digest) -> bool {
    [Algorithm::Sha256, Algorithm::Sha512].iter().any(|algorithm| Digest::of(*algorithm, b"") == *digest)
}
