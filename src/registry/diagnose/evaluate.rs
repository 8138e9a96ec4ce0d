//! Evaluating the response to each probe.

use crate::protocol::code;
use crate::protocol::oci::listing;
use crate::protocol::oci::manifest::Manifest;
use crate::protocol::oci::media_type::Kind;
use crate::protocol::oci::reference::RepositoryName;
use crate::registry::api::connection::Connection;
use crate::registry::api::response::Response;
use crate::registry::api::version;
use crate::registry::diagnose::diagnosis::Status;
use crate::registry::diagnose::inquiry::Inquiry;
use crate::registry::diagnose::probe::Probe;
use crate::transport::{Error, Host};

impl Inquiry {
    /// Evaluates a response.
    pub(super) fn heard<H: Host>(&mut self, probe: Probe, response: &Response<Vec<u8>>, api: &Connection<H>) {
        self.see(response);
        let body = || response.body.clone();
        let status = status_of(response, api);
        match probe {
            Probe::Base | Probe::Member => {
                self.found.reachable = Some(true);
                match (response.status, version::looks_like_registry(response)) {
                    (403 | 404, _) if probe == Probe::Base && api.has_credentials() => self.is_hidden = true,
                    (404, _) => self.is_not_found = true,
                    (200..=299, Ok(())) if probe == Probe::Member => self.is_v2(api),
                    (401, _) | (200..=299, Ok(())) => {
                        if let Some(origin) = elsewhere(response) {
                            self.tell("REDIRECTED", Some(origin));
                        }
                        self.is_v2(api);
                        self.enter(response);
                    }
                    (200..=299, Err(error)) => self.end("NOT_A_REGISTRY", Some(error.into_details().message)),
                    _ => self.end("BASE_FAILED", Some(api.failure(response).into_details().message)),
                }
            }
            Probe::Ping if status == Status::Yes && version::looks_like_registry(response).is_ok() => {
                self.found.api_version = Some(1);
                self.end("V1_ONLY", None);
            }
            Probe::Ping => self.end("NOT_A_REGISTRY", None),
            Probe::Door => match response.status {
                401 => self.enter_by_catalog(response),
                200..=299 if listing::repositories(body()).is_ok() => self.enter_by_catalog(response),
                _ => self.end("BASE_FAILED", Some(api.failure(response).into_details().message)),
            },
            Probe::Accept | Probe::Authorization => self.preflight(probe, Some(true)),
            Probe::Credentials => {
                // Credentials are never sent to another origin.
                let were_sent = api.has_credentials() && elsewhere(response).is_none();
                self.credentials(response.status, None, were_sent);
            }
            Probe::Catalog => {
                self.found.catalog = self.list(status, response, listing::repositories(body()));
                if self.name.is_none() {
                    self.name = RepositoryName::parse(&self.first).ok();
                    self.found.repository = self.name.as_ref().map(|name| name.as_str().to_owned());
                }
            }
            Probe::Tags => {
                self.found.tags = self.list(status, response, listing::tags(body()));
                // A missing repository says nothing about the feature.
                if status == Status::No {
                    self.found.tags.status = Status::Unknown;
                }
            }
            Probe::MoreCatalog => self.found.catalog.paging = self.more(response, listing::repositories(body())),
            Probe::MoreTags => self.found.tags.paging = self.more(response, listing::tags(body())),
            Probe::Manifest if status == Status::Yes => {
                self.digest = response.content_digest().map(|digest| digest.to_string());
                self.need_header(response, "Docker-Content-Digest");
            }
            Probe::Manifest => {}
            Probe::Referrers => {
                let is_index = || Manifest::parse(&response.body, response.header("content-type"));
                let is_other = status == Status::Yes
                    && !is_index().and_then(Manifest::sound).is_ok_and(|index| index.kind == Kind::Index);
                self.found.referrers.status = if is_other { Status::Unknown } else { status };
            }
            Probe::Delete => {
                self.preflight(probe, Some(true));
                self.found.delete.status = match api.failure(response).code.as_ref() {
                    // The deletion would have been allowed if the manifest existed.
                    "MANIFEST_UNKNOWN" => Status::Yes,
                    _ if response.status == 404 => Status::Unknown,
                    _ => status,
                };
            }
        }
    }

    /// Evaluates a failed request.
    pub(super) fn missed<H: Host>(&mut self, probe: Probe, error: &Error, api: &Connection<H>) {
        let is_gone = error.answers == Some(false) || matches!(error.code.as_ref(), code::NETWORK | code::TIMEOUT);
        let passed = error.answers.map(|answers| !answers);
        let detail = Some(error.message.clone());
        match probe {
            Probe::Base if error.answers == Some(true) => {
                self.found.reachable = Some(true);
                self.by_catalog = true;
            }
            Probe::Base if is_gone => {
                self.found.reachable = Some(false);
                self.end("UNREACHABLE", detail);
            }
            Probe::Base if self.is_mixed => self.end("MIXED_CONTENT", detail),
            Probe::Base if error.code == code::CORS_OR_NETWORK => self.end("CORS_OR_NETWORK", detail),
            Probe::Base => self.end("BASE_FAILED", detail),
            Probe::Credentials => {
                self.credentials(error.status.unwrap_or_default(), detail, api.has_credentials());
            }
            _ if is_gone => self.end("UNREACHABLE", detail),
            Probe::Member | Probe::Ping => self.end("NOT_A_REGISTRY", None),
            Probe::Door => {
                if let Some(cors) = &mut self.found.cors {
                    cors.allowed = Some(false);
                }
                self.end("CORS_REFUSED", None);
            }
            Probe::Accept | Probe::Authorization | Probe::Delete => self.preflight(probe, passed),
            _ => {}
        }
        // A refusal by the token service.
        if matches!(error.status, Some(401 | 403)) {
            match probe {
                Probe::Catalog => self.found.catalog.status = Status::Denied,
                Probe::Tags => self.found.tags.status = Status::Denied,
                Probe::Referrers => self.found.referrers.status = Status::Denied,
                Probe::Delete => self.found.delete.status = Status::Denied,
                _ => {}
            }
        }
    }
}

/// Returns the other origin to which a redirect led.
fn elsewhere(response: &Response<Vec<u8>>) -> Option<String> {
    let url = response.http.url.as_ref().filter(|url| !url.same_origin(&response.url))?;
    Some(url.origin())
}

fn status_of<H: Host>(response: &Response<Vec<u8>>, api: &Connection<H>) -> Status {
    match response.status {
        200..=299 => Status::Yes,
        401 | 403 => Status::Denied,
        404 | 405 | 501 => Status::No,
        _ if api.failure(response).code == code::UNSUPPORTED => Status::No,
        _ => Status::Unknown,
    }
}
