//! Debian's database: `var/lib/dpkg/status`, and a file for each package in `var/lib/dpkg/status.d` (distroless images).

use super::{Package, field, stanzas};

/// Reads the packages that are installed. Others, such as those of which only the configuration is left, do not count.
pub fn dpkg(text: &[u8]) -> Vec<Package> {
    let package = |mut fields: Vec<_>| {
        // Images without dpkg itself have no status.
        if field(&mut fields, b"Status").is_some_and(|status| !status.ends_with(" installed")) {
            return None;
        }
        let name = field(&mut fields, b"Package")?;
        let version = field(&mut fields, b"Version")?;
        let source = field(&mut fields, b"Source").map(|source| {
            // `glibc (2.36-9)`: the source may have a version of its own.
            source.split_once(' ').map_or(source.clone(), |(name, _)| name.to_owned())
        });
        let source = source.filter(|source| *source != name);
        Some(Package { name, version, architecture: field(&mut fields, b"Architecture"), source })
    };
    let keys: &[&[u8]] = &[b"Status", b"Package", b"Version", b"Source", b"Architecture"];
    stanzas(text, keys).filter_map(package).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_installed() {
        let text = b"Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nSource: glibc (2.36-9)\nVersion: 2.36-9+deb12u4\n\
            Description: GNU C Library\n Shared: libraries\n .\n more\n\n\n\
            Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n\n\
            Package: half\nStatus: install ok half-installed\nVersion: 1\n\n\
            Package: nothing\n\n\
            Package: tzdata\r\nVersion: 2024a-0\r\nSource: tzdata\r\n";
        let found = dpkg(text);
        let shown: Vec<_> = found
            .iter()
            .map(|one| (one.name.as_str(), one.version.as_str(), one.architecture.as_deref(), one.source.as_deref()))
            .collect();
        assert_eq!(
            shown,
            [("libc6", "2.36-9+deb12u4", Some("amd64"), Some("glibc")), ("tzdata", "2024a-0", None, None)]
        );
    }

    #[test]
    fn whatever_it_is_it_is_no_error() {
        for text in [&b""[..], b"\n\n\n", b":\n:\n", b"Package\n", b"\xff\xfe: \xff\n\nPackage:\nVersion:\n"] {
            assert_eq!(dpkg(text), []);
        }
    }
}
