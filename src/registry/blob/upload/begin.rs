//! Beginning an upload session, directly or by a request for a mount (distribution-spec v1.1.1, "Pushing blobs",
//! "Mounting a blob from another repository").

use crate::protocol::code;
use crate::protocol::http::Method;
use crate::protocol::oci::digest::{Algorithm, Digest};
use crate::protocol::oci::reference::RepositoryName;
use crate::registry::api::connection::part_of;
use crate::registry::api::repo::Repo;
use crate::registry::api::response::Response;
use crate::registry::blob::upload::{CANCEL_LIMIT, Upload, check_hint, refusal};
use crate::registry::manifest::put::RESPONSE_LIMIT;
use crate::transport::detach::run_to_completion_once_sent;
use crate::transport::request::{Request, RetryBudget};
use crate::transport::{Error, Host, Result, Stage};

/// The repository that a blob is pushed to, and the push's retry budget.
pub(crate) struct PushContext<'a, H: Host> {
    pub(crate) repo: &'a Repo<H>,
    /// Shared by all requests for one blob.
    pub(crate) retry_budget: &'a RetryBudget,
}

/// The result of a request for a mount.
pub(crate) enum Mount<H: Host> {
    /// The registry reports that the blob exists.
    Done,
    /// The registry began an upload session instead.
    Begun(Box<Upload<H>>),
    /// The registry does not support the mount, does not have the blob, or denies access to it.
    Refused,
}

impl<H: Host> PushContext<'_, H> {
    /// Begins an upload session.
    pub(crate) async fn begin(&self, algorithm: Algorithm) -> Result<Upload<H>> {
        let pairs = [("digest-algorithm", algorithm.as_str())];
        let pairs = if algorithm == Algorithm::Sha256 { &[][..] } else { &pairs };
        let posted = self.post(self.request(None, pairs), |response| response.is_success()).await?;
        if !posted.0.is_success() {
            return Err(refusal(&self.repo.api, &posted.0));
        }
        posted.1
    }

    /// Requests a mount of a blob from another repository.
    pub(crate) async fn mount(&self, digest: &Digest, from: &RepositoryName) -> Result<Mount<H>> {
        let capabilities = &self.repo.api.capabilities;
        if capabilities.refuses_mount(from, &self.repo.name) {
            return Ok(Mount::Refused);
        }
        let full_name = self.repo.api.full_name(from);
        let request = self.request(Some(from), &[("mount", digest.as_str()), ("from", &full_name)]);
        // The Location of a 201 response is that of the blob.
        let posted = self.post(request, |response| response.status == 202).await;
        let (response, upload) = match posted {
            // The token service denies access to the other repository.
            Err(error) if error.stage == Stage::Token && error.status == Some(403) => {
                capabilities.refuse_mount(from, &self.repo.name);
                return Ok(Mount::Refused);
            }
            posted => posted?,
        };
        match response.status {
            201 => check_hint(&response, digest).map(|()| Mount::Done),
            202 => upload.map(|upload| Mount::Begun(Box::new(upload))),
            401 | 403 | 405 => {
                capabilities.refuse_mount(from, &self.repo.name);
                Ok(Mount::Refused)
            }
            // This may concern the one blob only.
            400 | 404 => Ok(Mount::Refused),
            _ => Err(refusal(&self.repo.api, &response)),
        }
    }

    /// Builds a POST that begins an upload session.
    pub(crate) fn request(&self, from: Option<&RepositoryName>, pairs: &[(&str, &str)]) -> Request<H::Chunk> {
        let endpoint = self.repo.upload_endpoint("blobs/uploads/", from);
        let endpoint = endpoint.with_url(endpoint.url.with_query(pairs));
        let request = self.repo.request(Method::Post, &endpoint, None);
        let mut request = part_of(request, self.retry_budget);
        request.is_repeatable = true; // an upload that was begun and never heard of again ends by itself
        request
    }

    /// Sends POST and returns the response and the upload session, if `begins` says that the response began one. Once the
    /// request is sent, its response is awaited even if the caller has gone: the session can only be cancelled with its
    /// location.
    pub(crate) async fn post(
        &self,
        mut request: Request<H::Chunk>,
        begins: impl FnOnce(&Response<Vec<u8>>) -> bool + 'static,
    ) -> Result<(Response<Vec<u8>>, Result<Upload<H>>)> {
        let (is_sent, api) = (request.track(), self.repo.api.clone());
        let endpoint = self.repo.upload_endpoint("", None);
        let upload = Upload::at(&api, endpoint.with_url(request.url.clone()), &self.repo.call, self.retry_budget);
        let work = async move {
            let response = api.fetch(&request, RESPONSE_LIMIT).await?;
            let upload = if begins(&response) { begun(upload, &response) } else { Err(no_location(&response)) };
            Ok((response, upload))
        };
        let clock = self.repo.api.clone();
        let patience = async move { clock.host().sleep(CANCEL_LIMIT).await };
        run_to_completion_once_sent(self.repo.api.host(), work, is_sent, patience).await
    }
}

fn begun<H: Host>(mut upload: Upload<H>, response: &Response<Vec<u8>>) -> Result<Upload<H>> {
    if !upload.go_on_at(response)? {
        return Err(no_location(response));
    }
    upload.is_open = true;
    // A value that is not a number is ignored.
    let min_chunk = response.header("oci-chunk-min-length").and_then(|length| length.trim().parse().ok());
    upload.min_chunk = min_chunk.unwrap_or(0);
    Ok(upload)
}

fn no_location(response: &Response<Vec<u8>>) -> Error {
    if response.headers_filtered {
        response.error(
            code::UNSUPPORTED,
            "the location of the upload is hidden from this page: the registry has to list Location in \
             Access-Control-Expose-Headers",
        )
    } else {
        response.error(code::INVALID_RESPONSE, "the response has no Location at which to continue the upload")
    }
}
