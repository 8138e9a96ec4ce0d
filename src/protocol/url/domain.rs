//! Decides which hosts share a registrable domain. The public suffix list would be larger than this package, so this is
//! an approximation that errs on the side of "not shared"; the user can allow further hosts by name.

use crate::protocol::url::address;

/// Second labels below a country's domain under which anyone can register (`example.co.uk`).
const SECOND_LEVEL: &[&str] = &[
    "ac", "asso", "co", "com", "edu", "gob", "gouv", "gov", "govt", "id", "info", "ltd", "me", "mil", "net", "nom",
    "or", "org", "plc", "sch",
];

/// Domains whose direct subdomains belong to different owners: clouds and hosting providers.
const SHARED: &[&str] = &[
    "amazonaws.com",
    "appspot.com",
    "azure-api.net",
    "azurecontainerapps.io",
    "azurecr.io",
    "azurefd.net",
    "azurestaticapps.net",
    "azurewebsites.net",
    "cloudapp.net",
    "cloudfront.net",
    "cloudfunctions.net",
    "deno.dev",
    "duckdns.org",
    "fly.dev",
    "github.dev",
    "github.io",
    "gitlab.io",
    "googleapis.com",
    "herokuapp.com",
    "jfrog.io",
    "netlify.app",
    "ngrok.app",
    "ngrok.io",
    "nip.io",
    "on.aws",
    "ondigitalocean.app",
    "onrender.com",
    "pages.dev",
    "pkg.dev",
    "railway.app",
    "render.com",
    "run.app",
    "sslip.io",
    "trafficmanager.net",
    "trycloudflare.com",
    "vercel.app",
    "web.app",
    "windows.net",
    "workers.dev",
];

/// Returns true if two hosts are equal or share a registrable domain: `registry.example.com` and `auth.example.com`,
/// `gitlab.com` and `registry.gitlab.com`.
pub fn is_shared(one: &str, other: &str) -> bool {
    let (one, other) = (one.trim_end_matches('.'), other.trim_end_matches('.'));
    if one == other {
        return true;
    }
    if address::of_host(one).is_some() || address::of_host(other).is_some() {
        return false;
    }
    matches!((registrable(one), registrable(other)), (Some(one), Some(other)) if one == other)
}

/// Returns the registrable domain of a name; `None` if the name has too few labels.
fn registrable(name: &str) -> Option<&str> {
    let labels = 1 + public_labels(name);
    let mut rest = name;
    while rest.split('.').count() > labels {
        rest = rest.split_once('.')?.1;
    }
    (rest.split('.').count() == labels).then_some(rest)
}

/// Returns the number of labels of a name's public suffix.
fn public_labels(name: &str) -> usize {
    let below = |suffix: &&&str| name.strip_suffix(**suffix).is_some_and(|rest| rest.ends_with('.'));
    if let Some(suffix) = SHARED.iter().filter(below).max_by_key(|suffix| suffix.len()) {
        // AWS inserts service and region labels: `bucket.s3.eu-west-1.amazonaws.com`.
        return if *suffix == "amazonaws.com" { usize::MAX - 1 } else { suffix.split('.').count() };
    }
    let mut labels = name.rsplit('.');
    match (labels.next(), labels.next()) {
        (Some(country), Some(second)) if country.len() == 2 && SECOND_LEVEL.contains(&second) => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F56.
    #[test]
    fn who_belongs_together() {
        for (one, other) in [
            ("registry.example.com", "registry.example.com"),
            ("registry.example.com", "auth.example.com"),
            ("registry-1.docker.io", "auth.docker.io"),
            ("registry.gitlab.com", "gitlab.com"),
            ("a.b.c.example.org", "example.org."),
            ("a.example.co.uk", "b.example.co.uk"),
            ("registry.me.github.io", "auth.me.github.io"),
            ("localhost", "localhost"),
            ("127.0.0.1", "127.0.0.1"),
            ("[::1]", "[::1]"),
        ] {
            assert!(is_shared(one, other) && is_shared(other, one), "{one} {other}");
        }
        for (one, other) in [
            ("example.com", "example.org"),
            ("example.com", "evilexample.com"),
            ("registry.example.com", "example.com.evil.org"),
            ("one.co.uk", "two.co.uk"),
            ("one.com.au", "two.com.au"),
            ("me.github.io", "you.github.io"),
            ("one.azurecr.io", "two.azurecr.io"),
            ("1.dkr.ecr.eu-west-1.amazonaws.com", "evil.s3.amazonaws.com"),
            ("one.eu-west-1.amazonaws.com", "two.eu-west-1.amazonaws.com"),
            ("com", "example.com"),
            ("localhost", "evil"),
            ("registry", "auth"),
            ("10.0.0.1", "11.0.0.1"),
            ("1.0.0.1", "2.0.0.1"),
            ("[::1]", "[::2]"),
            ("github.io", "me.github.io"),
        ] {
            assert!(!is_shared(one, other) && !is_shared(other, one), "{one} {other}");
        }
    }
}
