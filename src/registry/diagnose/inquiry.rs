//! What the probes have shown so far, and which of them is useful next.

use crate::protocol::auth::challenge;
use crate::protocol::invalid::Invalid;
use crate::protocol::oci::listing::Strings;
use crate::protocol::oci::reference::{RepositoryName, Tag};
use crate::protocol::text::printable;
use crate::protocol::url::{Scheme, Url};
use crate::registry::api::connection::Connection;
use crate::registry::api::response::Response;
use crate::registry::api::settings::Version;
use crate::registry::diagnose::diagnosis::{Auth, Cors, Diagnosis, Finding, Listing, NONE, Paging, Status};
use crate::registry::diagnose::findings;
use crate::registry::diagnose::findings::LINK_UNUSABLE;
use crate::registry::diagnose::probe::Probe;
use crate::registry::listing::paging::{NextPage, next_page};
use crate::transport::Host;

/// Header fields that this client uses and a browser hides unless the registry exposes them.
const NEEDED: &[&str] = &[
    "Docker-Content-Digest",
    "Link",
    "WWW-Authenticate",
    "Location",
    "Range",
    "Content-Range",
    "Retry-After",
    "Warning",
    "OCI-Subject",
    "OCI-Filters-Applied",
];

/// The state of a diagnosis.
pub struct Inquiry {
    pub(super) found: Diagnosis,
    /// True if the browser blocks plain http from the page.
    pub(super) is_mixed: bool,
    /// True if `/v2/` responds 403 or 404 to requests without credentials, and there are credentials.
    pub(super) is_hidden: bool,
    /// True if `/v2/` does not exist.
    pub(super) is_not_found: bool,
    /// True if further probes are useless.
    has_ended: bool,
    /// True if the catalog replaces `/v2/`, which the page cannot read.
    pub(super) by_catalog: bool,
    /// The repository to probe.
    pub(super) name: Option<RepositoryName>,
    /// The first item of the last list, or an empty string.
    pub(super) first: String,
    /// Digest of the first tag's manifest.
    pub(super) digest: Option<String>,
}

impl Inquiry {
    /// Creates the state before the first probe.
    pub(super) fn new<H: Host>(api: &Connection<H>, name: Option<RepositoryName>) -> Self {
        let (registry, page) = (api.base(), api.page_origin());
        let origin = page.and_then(|page| Url::parse(page).ok());
        let crosses = page.is_some() && !origin.as_ref().is_some_and(|origin| origin.same_origin(registry));
        let is_secure = origin.is_some_and(|origin| origin.scheme() == Scheme::Https);
        let found = Diagnosis {
            registry: registry.to_string(),
            page: page.map(str::to_owned),
            own_headers: api.headers().iter().map(|(name, _)| name.to_owned()).collect(),
            cors: crosses.then(Cors::default),
            repository: name.as_ref().map(|name| name.as_str().to_owned()),
            ..Diagnosis::default()
        };
        Self {
            found,
            is_mixed: is_secure && registry.scheme() == Scheme::Http && !registry.is_loopback(),
            is_hidden: false,
            is_not_found: false,
            has_ended: false,
            by_catalog: false,
            name,
            first: String::new(),
            digest: None,
        }
    }

    /// Returns true if a probe is useful.
    pub fn wants(&self, probe: Probe) -> bool {
        let preflight = self.found.cors.as_ref().map(|cors| &cors.preflight);
        let is_open = |list: &Listing| list.status == Status::Yes && list.paging == Paging::Unknown;
        !self.has_ended
            && match probe {
                Probe::Base | Probe::Catalog => true,
                Probe::Member => self.is_hidden,
                Probe::Ping => self.is_not_found,
                Probe::Door => self.by_catalog,
                Probe::Accept | Probe::Authorization => preflight.is_some(),
                Probe::Credentials => self.found.auth.scheme != NONE,
                Probe::MoreCatalog => is_open(&self.found.catalog) && !self.first.is_empty(),
                Probe::MoreTags => is_open(&self.found.tags) && !self.first.is_empty(),
                Probe::Manifest => {
                    let has_tag = self.found.tags.status == Status::Yes && Tag::parse(&self.first).is_ok();
                    has_tag && preflight.is_none_or(|preflight| preflight.accept != Some(false))
                }
                Probe::Tags | Probe::Referrers | Probe::Delete => self.name.is_some(),
            }
    }

    /// Concludes the diagnosis.
    pub fn conclude(mut self) -> Diagnosis {
        findings::add(&mut self.found);
        self.found
    }

    /// Records what any response may show.
    pub(super) fn see(&mut self, response: &Response<Vec<u8>>) {
        if self.found.server.is_none() {
            self.found.server = response.header("server").map(shown);
        }
        if !response.headers_filtered {
            // The host is not subject to CORS.
            self.found.cors = None;
        }
        if let Some(cors) = &mut self.found.cors {
            cors.allowed = Some(true);
            for name in NEEDED {
                if shows(response, name) && !cors.seen_headers.contains(name) {
                    cors.seen_headers.push(name);
                }
            }
        }
    }

    /// Records a header field that the response must have as hidden if it is not visible.
    pub(super) fn need_header(&mut self, response: &Response<Vec<u8>>, name: &'static str) {
        if !shows(response, name) {
            self.hide(name);
        }
    }

    fn hide(&mut self, name: &'static str) {
        if let Some(cors) = &mut self.found.cors
            && !cors.hidden_headers.contains(&name)
        {
            cors.hidden_headers.push(name);
        }
    }

    /// Records that the registry speaks V2. Later requests need not detect that.
    pub(super) fn is_v2<H: Host>(&mut self, api: &Connection<H>) {
        self.found.api_version = Some(2);
        if api.version.get().is_none() {
            api.version.set(Some(Version::V2));
        }
    }

    /// Records the authentication from the first response of a V2 registry.
    pub(super) fn enter(&mut self, response: &Response<Vec<u8>>) {
        if response.status != 401 {
            self.found.auth.scheme = NONE.into();
            return;
        }
        self.need_header(response, "WWW-Authenticate");
        let challenges = challenge::parse(response.headers.all("www-authenticate"));
        let is_spoken = |scheme: &str| matches!(scheme, "basic" | "bearer");
        let spoken = challenges.iter().find(|challenge| is_spoken(&challenge.scheme)).or(challenges.first());
        let Some(challenge) = spoken else {
            if self.found.cors.is_some() {
                self.found.auth.scheme = "hidden".into();
            }
            return;
        };
        let param = |name| challenge.param(name).map(shown);
        self.found.auth = Auth {
            scheme: shown(&challenge.scheme).into(),
            realm: match challenge.scheme.as_str() {
                "bearer" => {
                    challenge.param("realm").and_then(|realm| Url::parse(realm).ok()).map(|realm| realm.redacted())
                }
                _ => param("realm"),
            },
            service: param("service"),
            credentials_accepted: None,
        };
    }

    pub(super) fn enter_by_catalog(&mut self, response: &Response<Vec<u8>>) {
        self.tell("BASE_UNREADABLE", None);
        self.found.api_version = Some(2);
        self.enter(response);
    }

    pub(super) fn preflight(&mut self, probe: Probe, passed: Option<bool>) {
        let Some(cors) = &mut self.found.cors else { return };
        match probe {
            Probe::Accept => cors.preflight.accept = passed,
            Probe::Delete => cors.preflight.delete = passed,
            _ => {
                cors.preflight.authorization = passed;
                // The remaining probes would not pass the preflight either.
                self.has_ended |= passed == Some(false) && self.found.auth.scheme != NONE;
            }
        }
    }

    /// Records how authentication went. `status` is that of the response that refused it, if any.
    pub(super) fn credentials(&mut self, status: u16, failure: Option<String>, has_credentials: bool) {
        let is_refused = status == 401 || (status == 400 && failure.is_some());
        if has_credentials && (is_refused || (200..=299).contains(&status)) {
            self.found.auth.credentials_accepted = Some(!is_refused);
        }
        match failure {
            failure if is_refused && has_credentials => self.end("CREDENTIALS_REFUSED", failure),
            Some(failure) => self.end("AUTHENTICATION_FAILED", Some(failure)),
            // Some registries deny `/v2/` to everybody, but not the rest.
            None if is_refused && self.found.auth.scheme == "bearer" => self.tell("CREDENTIALS_NEEDED", None),
            None if is_refused => self.end("CREDENTIALS_NEEDED", None),
            None => {}
        }
    }

    /// Evaluates a list of which one item was requested.
    pub(super) fn list(
        &mut self,
        status: Status,
        response: &Response<Vec<u8>>,
        list: Result<Strings, Invalid>,
    ) -> Listing {
        self.first.clear();
        if status != Status::Yes {
            return Listing { status, paging: Paging::Unknown };
        }
        let Ok(list) = list else { return Listing::default() };
        self.first = list.to_vec().into_iter().next().unwrap_or_default();
        let paging = match next_page(response) {
            NextPage::At(_) => Paging::Link,
            NextPage::Elsewhere { why, .. } | NextPage::Unreadable { why, .. }
                if self.found.findings.iter().all(|finding| finding.code != LINK_UNUSABLE) =>
            {
                self.tell(LINK_UNUSABLE, Some(why));
                Paging::Unknown
            }
            _ if list.len() > 1 => Paging::None,
            _ => Paging::Unknown,
        };
        Listing { status, paging }
    }

    /// Evaluates the request for the next item: a second page to which no `Link` led.
    pub(super) fn more(&mut self, response: &Response<Vec<u8>>, list: Result<Strings, Invalid>) -> Paging {
        let has_more = list.is_ok_and(|list| list.last().is_some_and(|item| item != self.first));
        if !(response.is_success() && has_more) {
            return Paging::Unknown;
        }
        // This response may be the last page, but the previous one was not.
        self.hide("Link");
        Paging::Last
    }

    pub(super) fn tell(&mut self, code: &'static str, detail: Option<String>) {
        self.found.findings.push(Finding::new(code, detail));
    }

    pub(super) fn end(&mut self, code: &'static str, detail: Option<String>) {
        self.has_ended = true;
        self.tell(code, detail);
    }
}

/// Shortens a server's text for the report.
fn shown(text: &str) -> String {
    printable::excerpt(text, 200)
}

fn shows(response: &Response<Vec<u8>>, name: &str) -> bool {
    response.headers.iter().any(|(seen, _)| seen.eq_ignore_ascii_case(name))
}
