//! Platforms (image-spec image-index.md), formatted, normalized and matched as in containerd.

mod matcher;

use std::fmt;

use serde::Serialize;

use crate::protocol::invalid::{Invalid, quoted, quoted_char};
use crate::protocol::json;
use crate::protocol::json::Members;

pub use crate::protocol::oci::platform::matcher::Matcher;

/// The platform that an image runs on.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Platform {
    /// The operating system (Go's GOOS): `linux`, `windows`…
    pub os: String,
    /// The architecture (Go's GOARCH): `amd64`, `arm64`…
    pub architecture: String,
    /// The architecture's variant: `v7`, `v8`…
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// The operating system's version, such as `10.0.17763.1` for Windows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os_version: Option<String>,
    /// The features that the operating system must have, such as `win32k`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os_features: Option<Vec<String>>,
}

impl Platform {
    /// Parses a platform as a user writes it: `linux/amd64`, `linux/arm64/v8`, `arm64` (on linux), `windows` (on
    /// amd64), `windows(10.0.17763+win32k)/amd64` (containerd's form), or `windows/amd64:10.0.17763.1` (Docker's form).
    /// Aliases of systems and architectures (`macOS`, `x86_64`, `aarch64`, `armhf`…) become Go's names.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        parse(text).map_err(|rule| Invalid::argument(format!("platform {}: {rule}", quoted(text))))
    }

    /// Returns the platform in Go's names, without a variant that is the architecture's default.
    pub fn normalized(&self) -> Self {
        let variant = self.variant.as_deref().unwrap_or_default();
        let (architecture, variant) = normalize_architecture(&self.architecture, variant);
        Self {
            os: normalize_os(&self.os),
            architecture,
            variant: Some(variant).filter(|variant| !variant.is_empty()),
            ..self.clone()
        }
    }

    /// Returns true for `unknown/unknown`, which BuildKit uses for attestations.
    pub fn is_unknown(&self) -> bool {
        self.os == "unknown" && self.architecture == "unknown"
    }

    /// Parses a platform in an index. Returns `None` if the operating system or the architecture is missing (`{}` and
    /// empty strings occur).
    pub(crate) fn from_json(text: &str) -> Result<Option<Self>, String> {
        const NAMES: &[&str] = &["os", "architecture", "variant", "os.version", "os.features"];
        Self::from_members(&Members::read_unique(text, NAMES)?)
    }

    /// Reads a platform from the members of an object, which may also be a config.
    pub(crate) fn from_members(members: &Members<'_>) -> Result<Option<Self>, String> {
        let (os, architecture) = (members.string("os")?, members.string("architecture")?);
        let variant = members.string("variant")?;
        let os_version = members.string("os.version")?;
        let os_features = members.optional("os.features", json::strings)?.filter(|features| !features.is_empty());
        Ok(match (os, architecture) {
            (Some(os), Some(architecture)) => Some(Self { os, architecture, variant, os_version, os_features }),
            _ => None,
        })
    }
}

impl fmt::Display for Platform {
    /// Writes the form that [`parse`](Platform::parse) reads: `linux/arm64/v8`, `windows(10.0.17763+win32k)/amd64`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.os)?;
        let version = self.os_version.as_deref().unwrap_or_default();
        let features = self.os_features.as_deref().unwrap_or_default();
        if !version.is_empty() || !features.is_empty() {
            write!(f, "({}", escape(version))?;
            for feature in features {
                write!(f, "+{}", escape(feature))?;
            }
            f.write_str(")")?;
        }
        write!(f, "/{}", self.architecture)?;
        match &self.variant {
            Some(variant) => write!(f, "/{variant}"),
            None => Ok(()),
        }
    }
}

fn parse(text: &str) -> Result<Platform, String> {
    let (text, docker_version) = match text.split_once(':') {
        Some((text, version)) => (text, Some(version)),
        None => (text, None),
    };
    check_graphic(docker_version.unwrap_or_default())?;
    let mut parts = text.split('/');
    let first = parts.next().unwrap_or_default();
    let (system, details) = match first.split_once('(') {
        Some((system, details)) => (system, Some(details)),
        None => (first, None),
    };
    let (mut os_version, mut os_features) = (docker_version.map(str::to_owned), Vec::new());
    if let Some(details) = details {
        let details = details.strip_suffix(')').ok_or("')' is missing after the system's version")?;
        let mut items = details.split('+');
        let version = unescape(items.next().unwrap_or_default())?;
        if os_version.is_some() {
            return Err("the system's version is given twice".into());
        }
        os_version = Some(version);
        for feature in items {
            os_features.push(unescape(feature)?);
        }
    }
    let (architecture, variant) = (parts.next(), parts.next());
    if parts.next().is_some() {
        return Err("at most a system, an architecture and a variant are allowed".into());
    }
    for part in [Some(system), architecture, variant].into_iter().flatten() {
        check_part(part)?;
    }
    let os = normalize_os(system);
    let platform = |os: String, (architecture, variant): (String, String)| Platform {
        os,
        architecture,
        variant: Some(variant).filter(|variant| !variant.is_empty()),
        os_version: os_version.filter(|version| !version.is_empty()),
        os_features: Some(os_features).filter(|features| !features.is_empty()),
    };
    match (architecture, variant) {
        (Some(architecture), Some(variant)) => {
            let (architecture, mut variant) = normalize_architecture(architecture, variant);
            if architecture == "arm64" && variant.is_empty() {
                variant.push_str("v8");
            }
            Ok(platform(os, (architecture, variant)))
        }
        (Some(architecture), None) => Ok(platform(os, without_default(architecture))),
        (None, _) if SYSTEMS.contains(&os.as_str()) => Ok(platform(os, ("amd64".into(), String::new()))),
        (None, _) => {
            let (architecture, variant) = without_default(system);
            if details.is_some() || !ARCHITECTURES.contains(&architecture.as_str()) {
                return Err("neither a known system nor a known architecture".into());
            }
            Ok(platform("linux".into(), (architecture, variant)))
        }
    }
}

fn check_part(part: &str) -> Result<(), String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    match part.chars().find(|character| !fits(*character)) {
        Some(character) => Err(format!("{}: only a-z, 0-9, '_', '-' and '.' are allowed here", quoted_char(character))),
        None if part.is_empty() => Err("a part is empty; \"linux/amd64\" is an example".into()),
        None => Ok(()),
    }
}

fn normalize_os(os: &str) -> String {
    match os.to_ascii_lowercase() {
        os if os == "macos" => "darwin".into(),
        os => os,
    }
}

/// Returns architecture and variant in Go's names. The default variant is empty, except `v7` for 32-bit ARM.
fn normalize_architecture(architecture: &str, variant: &str) -> (String, String) {
    let (architecture, variant) = (architecture.to_ascii_lowercase(), variant.to_ascii_lowercase());
    let (architecture, variant) = match (architecture.as_str(), variant.as_str()) {
        ("i386", _) => ("386", ""),
        ("x86_64" | "x86-64" | "amd64", "v1") => ("amd64", ""),
        ("x86_64" | "x86-64" | "amd64", variant) => ("amd64", variant),
        ("aarch64" | "arm64", "8" | "v8" | "v8.0") => ("arm64", ""),
        ("aarch64" | "arm64", "9" | "9.0" | "v9.0") => ("arm64", "v9"),
        ("aarch64" | "arm64", variant) => ("arm64", variant),
        ("armhf", _) => ("arm", "v7"),
        ("armel", _) => ("arm", "v6"),
        ("arm", "" | "7") => ("arm", "v7"),
        ("arm", "5") => ("arm", "v5"),
        ("arm", "6") => ("arm", "v6"),
        ("arm", "8") => ("arm", "v8"),
        (architecture, variant) => (architecture, variant),
    };
    (architecture.to_owned(), variant.to_owned())
}

/// Normalizes an architecture without a variant: `arm` alone implies `v7`.
fn without_default(architecture: &str) -> (String, String) {
    match normalize_architecture(architecture, "") {
        (architecture, variant) if architecture == "arm" && variant == "v7" => (architecture, String::new()),
        other => other,
    }
}

/// Percent-encodes the separators of a written platform.
fn escape(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        match character {
            '%' => out.push_str("%25"),
            '+' => out.push_str("%2B"),
            '(' => out.push_str("%28"),
            ')' => out.push_str("%29"),
            '/' => out.push_str("%2F"),
            ':' => out.push_str("%3A"),
            _ => out.push(character),
        }
    }
    out
}

fn unescape(text: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut parts = text.split('%');
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (code, rest) = part.split_at_checked(2).ok_or("'%' is not followed by two hexadecimal digits")?;
        let byte = u8::from_str_radix(code, 16).ok().filter(u8::is_ascii_graphic);
        let refused = || format!("{} is no printable ASCII character", quoted(&format!("%{code}")));
        out.push(char::from(byte.ok_or_else(refused)?));
        out.push_str(rest);
    }
    check_graphic(&out)?;
    Ok(out)
}

fn check_graphic(text: &str) -> Result<(), String> {
    match text.chars().find(|character| !character.is_ascii_graphic()) {
        Some(character) => Err(format!("{} in the system's version or features", quoted_char(character))),
        None => Ok(()),
    }
}

/// Go's names of operating systems.
const SYSTEMS: &[&str] = &[
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "hurd",
    "illumos",
    "ios",
    "js",
    "linux",
    "nacl",
    "netbsd",
    "openbsd",
    "plan9",
    "solaris",
    "windows",
    "zos",
];

/// Go's names of architectures.
const ARCHITECTURES: &[&str] = &[
    "386",
    "amd64",
    "amd64p32",
    "arm",
    "armbe",
    "arm64",
    "arm64be",
    "ppc64",
    "ppc64le",
    "loong64",
    "mips",
    "mipsle",
    "mips64",
    "mips64le",
    "mips64p32",
    "mips64p32le",
    "ppc",
    "riscv",
    "riscv64",
    "s390",
    "s390x",
    "sparc",
    "sparc64",
    "wasm",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_forms() {
        for (text, expected) in [
            ("linux/amd64", "linux/amd64"),
            ("linux/arm64/v8", "linux/arm64/v8"),
            ("linux/aarch64/8", "linux/arm64/v8"),
            ("linux/arm64", "linux/arm64"),
            ("Linux/X86_64", "linux/amd64"),
            ("linux/amd64/v1", "linux/amd64"),
            ("linux/amd64/v3", "linux/amd64/v3"),
            ("linux/armhf", "linux/arm"),
            ("linux/arm/7", "linux/arm/v7"),
            ("armel", "linux/arm/v6"),
            ("arm64", "linux/arm64"),
            ("macOS", "darwin/amd64"),
            ("macos/arm64", "darwin/arm64"),
            ("windows/amd64:10.0.17763.1", "windows(10.0.17763.1)/amd64"),
            ("windows(10.0.17763.1)/amd64", "windows(10.0.17763.1)/amd64"),
            ("windows(+b+a)", "windows(+b+a)/amd64"),
            ("windows()/amd64", "windows/amd64"),
            ("windows/amd64:", "windows/amd64"),
            ("wasi/wasm", "wasi/wasm"),
            ("windows(1%2E0%2F%3A)", "windows(1.0%2F%3A)/amd64"),
        ] {
            let platform = Platform::parse(text).expect(text);
            assert_eq!(platform.to_string(), expected, "{text}");
            assert_eq!(Platform::parse(expected).map(|again| again.to_string()), Ok(expected.into()), "read again");
        }
    }

    #[test]
    fn refusals() {
        for (text, rule) in [
            ("", "a part is empty"),
            ("linux/", "a part is empty"),
            ("/amd64", "a part is empty"),
            ("linux//v8", "a part is empty"),
            ("linux/arm/v7/x", "at most a system, an architecture and a variant"),
            ("linux /arm", "' ': only"),
            ("linux/&arm", "'&': only"),
            ("*/arm64", "'*': only"),
            ("linux/é", "'é': only"),
            ("beos", "neither a known system"),
            ("windows(10.0/amd64", "')' is missing"),
            ("windows(10.0)x/amd64", "')' is missing"),
            ("windows(1)/amd64:2", "given twice"),
            ("arm64(1)", "neither a known system"),
            ("windows(1 0)", "' ' in the system's version"),
            ("windows:1 0", "' ' in the system's version"),
            ("windows(%)", "'%' is not followed"),
            ("windows(%0a)", "\"%0a\" is no printable"),
            ("windows(%zz)", "\"%zz\" is no printable"),
            ("windows(%\u{1b}1)", "\"%\\u001b1\" is no printable"),
            ("windows(%é)", "\"%é\" is no printable"),
        ] {
            let refused = Platform::parse(text).expect_err(text);
            assert_eq!(refused.code, "INVALID_ARGUMENT");
            assert!(
                refused.message.starts_with("platform \"") && refused.message.contains(rule),
                "{}",
                refused.message
            );
        }
    }

    /// F45.
    #[test]
    fn unknown() {
        let platform = Platform::parse("unknown/unknown").expect("attestations' platform");
        assert!(platform.is_unknown());
        assert!(!Platform::parse("unknown/amd64").expect("half known").is_unknown());
    }
}
