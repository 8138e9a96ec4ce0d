//! Decides where requests and credentials may be sent.
//!
//! A registry refers to other places: token services, storage, upload locations. A reference is followed only if that
//! cannot be abused to attack the user's own network (SSRF), and credentials are sent only to origins that belong to
//! the registry.

use crate::protocol::code;
use crate::protocol::url::{Scheme, Url, host};
use crate::protocol::v1::endpoints::endpoints;
use crate::transport::{Error, Result};

/// Domains that belong to one owner: Docker Hub's registry under its other name, and its token service.
const ONE_OWNER: &[[&str; 2]] = &[["docker.com", "docker.io"]];

/// A host that the user trusts, on any port or on one.
#[derive(Debug, Clone)]
pub struct TrustedHost {
    /// The host in lower case.
    host: String,
    /// The port; `None` for any.
    port: Option<u16>,
}

impl TrustedHost {
    /// Parses `auth.example.com` or `auth.example.com:8443`; the error is the rule it breaks.
    pub fn parse(text: &str) -> std::result::Result<Self, String> {
        let (host, port) = host::parse_authority(text)?;
        Ok(Self { host, port })
    }

    fn is(&self, url: &Url) -> bool {
        self.host == url.host() && self.port.is_none_or(|port| port == url.port())
    }
}

/// The hosts that belong to the registry or are trusted.
#[derive(Debug, Clone)]
pub struct Trust {
    registry: Url,
    trusted: Vec<TrustedHost>,
}

impl Trust {
    /// Creates the rules; `trusted` are hosts outside of the registry's own domain.
    pub fn new(registry: Url, trusted: Vec<TrustedHost>) -> Self {
        Self { registry, trusted }
    }

    /// Returns the registry's base URL.
    pub fn registry(&self) -> &Url {
        &self.registry
    }

    /// Checks the token service that a challenge names. It must be an absolute URL; with https unless the registry
    /// itself uses http or both are loopback hosts; without a private address unless the registry has one, the host is
    /// the same or is trusted; and never with a metadata address.
    pub fn realm(&self, realm: &str) -> Result<Url> {
        let refused = |why: &str| Error::new(code::UNTRUSTED_REALM, format!("the registry's token service: {why}"));
        let url = Url::parse(realm).map_err(|invalid| refused(&invalid.message))?;
        let plain_allowed =
            self.registry.scheme() == Scheme::Http || (url.is_loopback() && self.registry.is_loopback());
        if url.scheme() == Scheme::Http && !plain_allowed {
            let error = refused(&format!("{} uses plain http, but the registry uses https", url.redacted()));
            return Err(error.because("the registry's token service uses plain http").with("host", url.host()));
        }
        match self.obstacle(&url) {
            Some(why) => {
                let error = refused(&format!("{} is {why}", url.redacted()));
                Err(error.because(format!("the registry's token service is {why}")).with("host", url.host()))
            }
            None => Ok(url),
        }
    }

    /// Returns true if a token service may receive the registry's credentials.
    pub fn may_have_credentials(&self, realm: &Url) -> bool {
        let one_owner = |[one, other]: &[&str; 2]| {
            let below = |domain: &str, url: &Url| url.host() == domain || url.host().ends_with(&format!(".{domain}"));
            (below(one, &self.registry) && below(other, realm)) || (below(other, &self.registry) && below(one, realm))
        };
        realm.shares_domain(&self.registry) || self.is_named(realm) || ONE_OWNER.iter().any(one_owner)
    }

    /// Returns the first of the hosts that an index names for images that is listed in `trustedRealms`. Other hosts are
    /// not contacted, and `None` is returned if the registry itself is among them: the images are then read from the
    /// registry.
    pub fn endpoint<'a>(&self, told: impl Iterator<Item = &'a str>) -> Option<Url> {
        let at = |host: &str| Url::parse(&format!("{}://{host}", self.registry.scheme().as_str())).ok();
        let endpoints: Vec<Url> = endpoints(told).into_iter().filter_map(at).collect();
        if endpoints.iter().any(|endpoint| endpoint.same_origin(&self.registry)) {
            return None;
        }
        endpoints.into_iter().find(|endpoint| self.is_named(endpoint) && self.obstacle(endpoint).is_none())
    }

    /// Checks a redirect, which must not lead from https to http, to a private address unless the registry has one, or
    /// to a metadata address.
    pub fn redirect(&self, from: &Url, to: &Url) -> Result<()> {
        self.follow("a redirect", from, to)
    }

    /// Checks the location that the registry returned for an upload, by the rules for redirects.
    pub fn upload(&self, from: &Url, to: &Url) -> Result<()> {
        self.follow("an upload location", from, to).map_err(|mut error| {
            if from.host() == to.host() {
                error.message.push_str(": a registry behind a proxy must be told of X-Forwarded-Proto, or its own URL");
            }
            error
        })
    }

    fn follow(&self, what: &str, from: &Url, to: &Url) -> Result<()> {
        if from.scheme() == Scheme::Https && to.scheme() == Scheme::Http {
            let message = format!("refused {what} that leads from https to {}", to.redacted());
            let reason = format!("{what} leads from https to http");
            return Err(Error::new(code::UNTRUSTED_LOCATION, message).because(reason).with("host", to.host()));
        }
        match self.obstacle(to) {
            Some(why) => {
                let message = format!("refused {what} at {}: it is {why}", to.redacted());
                let reason = format!("{what} leads to {why}");
                Err(Error::new(code::UNTRUSTED_LOCATION, message).because(reason).with("host", to.host()))
            }
            None => Ok(()),
        }
    }

    /// Returns why a URL that a server names must not be followed; `None` if it may be. No setting allows a metadata
    /// address: `trustedRealms` often lists the services of many registries, and one of them could name it.
    fn obstacle(&self, url: &Url) -> Option<&'static str> {
        if url.host() == self.registry.host() {
            return None;
        }
        if url.is_metadata() {
            return Some("a link-local or metadata address, which only the registry itself may have");
        }
        let is_open = !url.is_local() || self.registry.is_local() || self.is_named(url);
        (!is_open).then_some(
            "a private address, and the registry's is not: if that is intended, add its host to trustedRealms",
        )
    }

    fn is_named(&self, url: &Url) -> bool {
        self.trusted.iter().any(|host| host.is(url))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trust(registry: &str, trusted: &[&str]) -> Trust {
        let host = |text: &&str| TrustedHost::parse(text).expect(text);
        Trust::new(Url::parse_registry(registry).expect(registry), trusted.iter().map(host).collect())
    }

    /// F57.
    #[test]
    fn realms_that_are_asked() {
        for (registry, realm) in [
            ("https://r.example.com", "https://auth.example.com/token"),
            ("https://r.example.com", "https://auth.elsewhere.org/token?a=b"),
            ("http://r.example.com", "http://auth.example.com/token"),
            ("http://127.0.0.1:5000", "http://127.0.0.1:5001/token"),
            ("https://localhost:5000", "http://127.0.0.1:5001/token"),
            ("https://10.0.0.1", "https://10.0.0.1/auth"),
            ("https://10.0.0.1", "https://192.168.0.1/auth"),
            ("http://[::1]:5000", "http://[::1]:5000/auth"),
        ] {
            trust(registry, &[]).realm(realm).expect(realm);
        }
        trust("https://r.example.com", &["10.0.0.1"]).realm("https://10.0.0.1/token").expect("it is named");
    }

    /// F57.
    #[test]
    fn realms_that_are_refused() {
        for (registry, realm) in [
            ("https://r.example.com", "http://auth.example.com/token"),
            ("https://r.example.com", "http://127.0.0.1/token"),
            ("https://r.example.com", "https://127.0.0.1/token"),
            ("https://r.example.com", "https://169.254.169.254/token"),
            ("https://r.example.com", "https://[::ffff:169.254.169.254]/token"),
            ("https://r.example.com", "https://localhost/token"),
            ("https://r.example.com", "https://me:hush@auth.example.com/token"),
            ("https://r.example.com", "javascript:alert(1)"),
            ("https://r.example.com", "file:///etc/passwd"),
            ("https://r.example.com", "/token"),
            ("https://r.example.com", "//auth.example.com/token"),
            ("https://r.example.com", ""),
            ("https://r.example.com", "https://auth.example.com/to ken"),
            ("http://r.example.com", "http://10.0.0.1/token"),
        ] {
            let error = trust(registry, &["auth.elsewhere.org"]).realm(realm).expect_err(realm);
            assert_eq!(error.code, "UNTRUSTED_REALM");
            assert!(!error.message.contains("hush"), "{}", error.message);
        }
    }

    /// Nothing leads to a cloud's metadata: no private registry, no setting, no spelling. Only the registry may be there.
    #[test]
    fn metadata_is_out_of_reach() {
        for to in [
            "http://169.254.169.254/latest/meta-data/",
            "http://169.254.1.1/",
            "http://[fe80::1]/",
            "http://[fd00:ec2::254]/",
            "http://100.100.100.200/",
            "http://METADATA.google.internal./",
            "http://[::ffff:a9fe:a9fe]/",
            "http://[::169.254.169.254]/",
            "http://[64:ff9b::a9fe:a9fe]/",
            "http://[2002:a9fe:a9fe::]/",
            // No host that browsers read as this address passes in any other form.
            "http://169.254.169.254./",
            "http://2852039166/",
            "http://0xa9fea9fe/",
            "http://0251.0376.0251.0376/",
            "http://169.254.43518/",
            "http://0xa9.254.0xa9fe/",
            "http://169.254.169.254.../",
            "http://%31%36%39.254.169.254/",
        ] {
            for registry in ["http://127.0.0.1:5000", "http://10.0.0.1", "http://169.254.7.7", "http://r.example.com"] {
                let trust = trust(registry, &["169.254.169.254", "metadata.google.internal", "10.0.0.2"]);
                assert_eq!(trust.realm(to).expect_err(to).code, "UNTRUSTED_REALM");
                let followed =
                    trust.registry().join(to).map_err(Error::from).and_then(|url| {
                        trust.redirect(trust.registry(), &url).and(trust.upload(trust.registry(), &url))
                    });
                assert!(followed.is_err(), "{registry} {to}");
                let host = to.trim_start_matches("http://").trim_end_matches('/');
                assert!(trust.endpoint([host].into_iter()).is_none(), "{to}");
            }
        }
        let own = trust("http://169.254.169.254", &[]);
        own.realm("http://169.254.169.254:5001/token").expect("the registry is there");
        own.redirect(own.registry(), &Url::parse("http://169.254.169.254/x").expect("a URL")).expect("it is there");
        let refused = own.realm("http://169.254.169.253/").expect_err("another one");
        assert!(!refused.message.contains("trustedRealms"), "{}", refused.message);
    }

    /// F56.
    #[test]
    fn who_gets_credentials() {
        for (registry, realm, trusted, expected) in [
            ("r.example.com", "https://r.example.com/token", &[][..], true),
            ("r.example.com", "https://auth.example.com/token", &[], true),
            ("r.example.com", "https://example.org/token", &[], false),
            ("r.example.com", "https://example.org/token", &["example.org"], true),
            ("r.example.com", "https://example.org/token", &["example.org:8443"], false),
            ("r.example.com", "https://example.org:8443/token", &["example.org:8443"], true),
            ("r.example.com", "https://sub.example.org/token", &["example.org"], false),
            ("docker.io", "https://auth.docker.io/token", &[], true),
            ("registry.hub.docker.com", "https://auth.docker.io/token", &[], true),
            ("registry.hub.docker.com", "https://auth.notdocker.io/token", &[], false),
            ("one.azurecr.io", "https://two.azurecr.io/oauth2/token", &[], false),
            ("127.0.0.1:5000", "http://127.0.0.1:5001/token", &[], true),
        ] {
            let trust = trust(registry, trusted);
            let realm = trust.realm(realm).expect(realm);
            assert_eq!(trust.may_have_credentials(&realm), expected, "{registry} {realm:?}");
        }
    }

    #[test]
    fn endpoints_of_an_index() {
        for (told, trusted, expected) in [
            (&[][..], &["images.test"][..], None),
            (&["index.test"], &[], None),
            (&["images.test"], &[], None),
            (&["images.test:5000"], &["images.test:443"], None),
            (&["127.0.0.1:22, me@images.test, images.test/x"], &["images.test"], None),
            (&["elsewhere.test", "images.test:5000"], &["images.test"], Some("https://images.test:5000/")),
            (&["images.test, index.test"], &["images.test"], None),
        ] {
            let found = trust("https://index.test", trusted).endpoint(told.iter().copied());
            assert_eq!(found.map(|url| url.to_string()).as_deref(), expected, "{told:?} {trusted:?}");
        }
    }

    /// F18, F19.
    #[test]
    fn redirects() {
        let refused = |registry: &str, to: &str, trusted: &[&str]| {
            let trust = trust(registry, trusted);
            trust.redirect(trust.registry(), &Url::parse(to).expect(to)).is_err()
        };
        assert!(!refused("https://r.example.com", "https://bucket.s3.amazonaws.com/x?X-Amz-Signature=y", &[]));
        assert!(!refused("http://r.example.com", "https://storage.example.org/", &[]));
        assert!(!refused("http://r.example.com", "http://storage.example.org/", &[]));
        assert!(!refused("localhost:5000", "http://10.0.0.1:9000/", &[]));
        assert!(!refused("https://r.example.com", "https://10.0.0.1:9000/", &["10.0.0.1:9000"]));
        for to in [
            "http://r.example.com/",
            "http://storage.example.org/",
            "https://127.0.0.1/",
            "https://169.254.169.254/",
            "https://[::1]/",
            "https://0.0.0.0/",
            "https://[::ffff:169.254.169.254]/",
            "https://10.1.2.3/",
            "https://localhost/",
            "https://[2002:a9fe:a9fe::]/",
        ] {
            assert!(refused("https://r.example.com", to, &[]), "{to}");
        }
    }
}
