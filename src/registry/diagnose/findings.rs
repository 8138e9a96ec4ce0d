//! Deriving findings from the facts, with their severities and fixes.

use crate::registry::diagnose::diagnosis::{Diagnosis, Finding, Fix, NONE, Paging, Severity, Status};

/// Code for a `Link` that cannot be followed.
pub const LINK_UNUSABLE: &str = "LINK_UNUSABLE";

/// Adds the findings that follow from the facts to those of the probes, and sets the severity and fix of each.
pub fn add(found: &mut Diagnosis) {
    let needs_auth = found.auth.scheme != NONE;
    let is_unusable = found.findings.iter().any(|finding| finding.code == LINK_UNUSABLE);
    let mut add = |code, applies: bool| {
        if applies {
            found.findings.push(Finding::new(code, None));
        }
    };
    let refused = |passed: Option<bool>| passed == Some(false);
    let mut is_serious = false;
    if let Some(cors) = &found.cors {
        let preflight = &cors.preflight;
        is_serious = refused(preflight.accept) || (needs_auth && refused(preflight.authorization));
        add("PREFLIGHT_REFUSED", is_serious || refused(preflight.authorization) || refused(preflight.delete));
        add("HEADERS_HIDDEN", !cors.hidden_headers.is_empty());
    }
    let misses_link = found.catalog.paging == Paging::Last || found.tags.paging == Paging::Last;
    add("LINK_MISSING", misses_link && !is_unusable && found.cors.is_none());
    add("CATALOG_UNSUPPORTED", found.catalog.status == Status::No);
    add("CATALOG_DENIED", found.catalog.status == Status::Denied);
    add("REFERRERS_UNSUPPORTED", found.referrers.status == Status::No);
    add("DELETE_UNSUPPORTED", found.delete.status == Status::No);
    add("DELETE_DENIED", found.delete.status == Status::Denied);
    for finding in &mut found.findings {
        finding.severity = match finding.code {
            "PREFLIGHT_REFUSED" if !is_serious => Severity::Warning,
            "BASE_UNREADABLE" | "CREDENTIALS_NEEDED" | "HEADERS_HIDDEN" | "LINK_MISSING" | LINK_UNUSABLE
            | "DELETE_UNSUPPORTED" | "REDIRECTED" => Severity::Warning,
            "V1_ONLY" | "CATALOG_UNSUPPORTED" | "CATALOG_DENIED" | "REFERRERS_UNSUPPORTED" | "DELETE_DENIED" => {
                Severity::Info
            }
            _ => Severity::Error,
        };
        finding.fix = match finding.code {
            // distribution's own settings cannot help here if authentication is enabled.
            "PREFLIGHT_REFUSED" if needs_auth => Some(Fix::Proxy),
            "CORS_REFUSED" | "CORS_OR_NETWORK" | "BASE_UNREADABLE" | "PREFLIGHT_REFUSED" | "HEADERS_HIDDEN" => {
                Some(Fix::Cors)
            }
            "DELETE_UNSUPPORTED" => Some(Fix::Delete),
            _ => None,
        };
    }
}
