//! Platform matching, following `Only` of containerd/platforms.

use crate::protocol::oci::platform::Platform;

/// The builds of Windows Server 2022 and later long-term releases. Earlier hosts run only containers of the same build.
const WINDOWS_RELEASES: &[u16] = &[20348, 26100];

/// Ranks candidate images for one platform.
#[derive(Debug, Clone)]
pub struct Matcher {
    os: String,
    /// The architectures and variants that the platform runs, best first.
    runs: Vec<(String, String)>,
    windows: Option<WindowsVersion>,
    features: Vec<String>,
}

impl Matcher {
    /// Creates a matcher for what runs on this platform: the same architecture, lower variants, and 32-bit predecessors
    /// (386 on amd64, arm on arm64).
    pub fn only(platform: &Platform) -> Self {
        let platform = platform.normalized();
        let version = platform.os_version.as_deref().and_then(WindowsVersion::parse);
        Self {
            windows: version.filter(|_| platform.os == "windows"),
            runs: runs(platform.architecture, platform.variant.unwrap_or_default()),
            os: platform.os,
            features: platform.os_features.unwrap_or_default(),
        }
    }

    /// Returns the rank of a candidate: 0 is best, `None` does not match. Among equal ranks the first entry of an index
    /// counts (image-spec image-index.md).
    pub fn rank(&self, candidate: &Platform) -> Option<usize> {
        let candidate = candidate.normalized();
        let variant = candidate.variant.as_deref().unwrap_or_default();
        let place = self
            .runs
            .iter()
            .position(|(architecture, runs)| *architecture == candidate.architecture && runs == variant)?;
        let wanted = candidate.os_features.as_deref().unwrap_or_default();
        let fits = candidate.os == self.os
            && self.fits_windows(candidate.os_version.as_deref().unwrap_or_default())
            && wanted.iter().all(|feature| self.features.contains(feature));
        // For the same architecture, prefer the candidate that uses most of the system's features.
        let unused = self.features.len().saturating_sub(wanted.len());
        fits.then(|| place.saturating_mul(self.features.len() + 1).saturating_add(unused))
    }

    /// Checks the version compatibility of Windows containers. If either version is missing, any matches.
    fn fits_windows(&self, candidate: &str) -> bool {
        let Some(host) = &self.windows else { return true };
        if candidate.is_empty() {
            return true;
        }
        WindowsVersion::parse(candidate).is_some_and(|candidate| host.runs(&candidate))
    }
}

#[derive(Debug, Clone)]
struct WindowsVersion {
    major: u8,
    minor: u8,
    build: u16,
}

impl WindowsVersion {
    /// Reads `10.0.17763` or `10.0.17763.1`.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let mut next = || parts.next();
        Some(Self { major: next()?.parse().ok()?, minor: next()?.parse().ok()?, build: next()?.parse().ok()? })
    }

    /// Returns true if a host of this version runs the container. Since Windows Server 2022 a host runs containers back
    /// to the long-term release before it.
    fn runs(&self, container: &Self) -> bool {
        let first = WINDOWS_RELEASES.first().copied().unwrap_or_default();
        let oldest = match WINDOWS_RELEASES.iter().rev().find(|release| self.build > **release) {
            Some(release) => *release,
            None if self.build < first => self.build,
            None => first,
        };
        (self.major, self.minor) == (container.major, container.minor)
            && (oldest..=self.build).contains(&container.build)
    }
}

/// Returns what a normalized architecture and variant run, best first.
fn runs(architecture: String, variant: String) -> Vec<(String, String)> {
    let mut runs = vec![(architecture.clone(), variant.clone())];
    let mut add = |architecture: &str, variant: String| runs.push((architecture.to_owned(), variant));
    match architecture.as_str() {
        "amd64" => {
            let level = version(&variant).unwrap_or(1);
            for lower in (2..level).rev() {
                add("amd64", format!("v{lower}"));
            }
            // v1 is written without a variant.
            if level > 1 {
                add("amd64", String::new());
            }
            add("386", String::new());
        }
        "arm" => {
            for lower in (5..version(&variant).unwrap_or(5)).rev() {
                add("arm", format!("v{lower}"));
            }
        }
        "arm64" => {
            let (major, minor) = variant.split_once('.').unwrap_or((&variant, "0"));
            let (major, mut minor) = (version(major).unwrap_or(8), version(minor).unwrap_or(0));
            let known = variant.is_empty() || variant.starts_with(['v', '8', '9']);
            if known && major == 9 {
                for lower in (1..minor).rev() {
                    add("arm64", format!("v9.{lower}"));
                }
                if minor > 0 {
                    add("arm64", "v9".into());
                }
                // v9.0 includes v8.5, v9.1 includes v8.6, and so on up to v8.9, the last of its line.
                minor = (minor + 5).min(9) + 1;
            }
            if known && (major == 8 || major == 9) {
                for lower in (1..minor).rev() {
                    add("arm64", format!("v8.{lower}"));
                }
                if minor > 0 {
                    add("arm64", String::new());
                }
                for lower in (5..=8_u8).rev() {
                    add("arm", format!("v{lower}"));
                }
            }
        }
        _ => {}
    }
    runs
}

/// Parses the number in `v7`, of two digits at most because it bounds a loop.
fn version(variant: &str) -> Option<u8> {
    variant.strip_prefix('v').unwrap_or(variant).parse().ok().filter(|version| *version < 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn platform(text: &str) -> Platform {
        Platform::parse(text).expect(text)
    }

    /// Lists the matching platforms, best first, and those that do not match.
    #[test]
    fn ranks() {
        for (wanted, fitting, others) in [
            ("linux/amd64", "linux/amd64 linux/386", "linux/amd64/v2 linux/arm64 windows/amd64 unknown/unknown"),
            ("linux/amd64/v3", "linux/amd64/v3 linux/amd64/v2 linux/amd64/v1 linux/386", "linux/amd64/v4"),
            ("linux/amd64/x", "linux/amd64/x linux/386", "linux/amd64"),
            ("linux/386", "linux/i386", "linux/amd64"),
            ("linux/arm", "linux/arm/v7 linux/arm/v6 linux/arm/v5", "linux/arm/v8 linux/arm64"),
            ("linux/arm/v5", "linux/arm/v5", "linux/arm/v6 linux/arm/v4 linux/arm"),
            (
                "linux/arm64",
                "linux/arm64/v8 linux/arm/v8 linux/arm/v7 linux/arm/v6 linux/arm/v5",
                "linux/arm64/v9 linux/arm/v4",
            ),
            (
                "linux/arm64/v8.2",
                "linux/arm64/v8.2 linux/arm64/v8.1 linux/arm64 linux/arm/v8",
                "linux/arm64/v8.3 linux/arm64/v9",
            ),
            (
                "linux/arm64/v9.1",
                "linux/arm64/v9.1 linux/arm64/v9 linux/arm64/v8.6 linux/arm64/v8.1 linux/arm64 linux/arm",
                "linux/arm64/v8.7",
            ),
            ("linux/arm64/x", "linux/arm64/x", "linux/arm64 linux/arm"),
            ("linux/s390x", "linux/s390x", "linux/amd64"),
            ("linux(+a+b)/amd64", "linux(+b+a)/amd64 linux(+b)/amd64 linux/amd64 linux/386", "linux(+a+c)/amd64"),
            ("linux/amd64", "linux/amd64", "linux(+a)/amd64"),
            ("linux(5)/amd64", "linux(6)/amd64", ""),
        ] {
            let matcher = Matcher::only(&platform(wanted));
            let ranks: Vec<_> = fitting.split(' ').map(|text| matcher.rank(&platform(text)).expect(text)).collect();
            assert!(ranks.windows(2).all(|pair| pair[0] < pair[1]), "{wanted}: {ranks:?}");
            for other in others.split(' ').filter(|other| !other.is_empty()) {
                assert_eq!(matcher.rank(&platform(other)), None, "{wanted}: {other}");
            }
        }
    }

    #[test]
    fn windows_builds() {
        for (host, candidate, fits) in [
            ("", "10.0.1", true),
            ("10.0.17763.1", "", true),
            ("10.0.17763.1", "10.0.17763.9999", true),
            ("10.0.17763", "10.0.17762", false),
            ("10.0.20348", "10.0.20348", true),
            ("10.0.20348", "10.0.17763", false),
            ("10.0.26100", "10.0.20348", true),
            ("10.0.26101", "10.0.20348", false),
            ("10.0.26101", "10.0.26100", true),
            ("10.0.22621", "10.0.26100", false),
            ("10.0.22621", "11.0.22621", false),
            ("10.0.22621", "10.1.22621", false),
            ("10.0.22621", "garbage", false),
            ("garbage", "10.0.22621", true),
        ] {
            let versioned = |version: &str| platform(&format!("windows/amd64:{version}"));
            let rank = Matcher::only(&versioned(host)).rank(&versioned(candidate));
            assert_eq!(rank.is_some(), fits, "{host} {candidate}");
        }
    }

    /// A variant's number bounds a loop.
    #[test]
    fn absurd_variants() {
        for variant in ["v4294967295", "v99", "v9.99999999999", "v9.99", "v-1", "v", ".", "v8.", "v255", "999"] {
            for architecture in ["amd64", "arm", "arm64"] {
                let wanted = platform(&format!("linux/{architecture}/{variant}"));
                let matcher = Matcher::only(&wanted);
                assert_eq!(matcher.rank(&wanted), Some(0));
                assert!(matcher.runs.len() < 256, "{wanted}");
            }
        }
    }
}
