//! Alpine's database: `lib/apk/db/installed`, or `usr/lib/apk/db/installed` where the directories are merged.

use super::{Package, field, stanzas};

/// Reads the packages that are installed.
pub fn apk(text: &[u8]) -> Vec<Package> {
    let package = |mut fields: Vec<_>| {
        let name = field(&mut fields, b"P")?;
        let version = field(&mut fields, b"V")?;
        let source = field(&mut fields, b"o").filter(|origin| *origin != name);
        Some(Package { name, version, architecture: field(&mut fields, b"A"), source })
    };
    stanzas(text, &[b"P", b"V", b"o", b"A"]).filter_map(package).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_installed() {
        let text = b"C:Q1abc=\nP:musl\nV:1.2.4-r2\nA:x86_64\no:musl\nF:lib\nR:ld-musl.so\na:0:0:755\nZ:Q1x=\n\n\
            P:busybox-binsh\nV:1.36.1-r5\nA:x86_64\no:busybox\np:cmd:sh=1.36.1-r5\n";
        let of = |name: &str, version: &str, source: Option<&str>| Package {
            name: name.into(),
            version: version.into(),
            architecture: Some("x86_64".into()),
            source: source.map(str::to_owned),
        };
        assert_eq!(apk(text), [of("musl", "1.2.4-r2", None), of("busybox-binsh", "1.36.1-r5", Some("busybox"))]);
    }
}
