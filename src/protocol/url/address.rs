//! Private and special-purpose addresses. A registry on the internet has no reason to refer a client to one; following
//! such a link would read a cloud's metadata or a private network on the registry's behalf (SSRF).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Returns the IP address that a host is, if it is one; `host` is as [`crate::protocol::url::host::parse_authority`]
/// returns it.
pub fn of_host(host: &str) -> Option<IpAddr> {
    match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => address.parse().ok().map(IpAddr::V6),
        None => host.parse().ok().map(IpAddr::V4),
    }
}

/// Returns true for an address that is not public: loopback, private, link-local or reserved (IANA's special-purpose
/// address registries), including one embedded in an IPv6 address.
pub fn is_special(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_special_v4(address),
        IpAddr::V6(address) => is_special_v6(address),
    }
}

fn is_special_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    matches!(a, 0 | 10 | 127 | 224..=255)
        || (a == 100 && b & 0xc0 == 64)
        || (a == 169 && b == 254)
        || (a == 172 && b & 0xf0 == 16)
        || (a == 192 && (b == 168 || (b == 0 && c == 0)))
        || (a == 198 && b & 0xfe == 18)
}

fn is_special_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        // Local-use NAT64 and Teredo, regardless of the embedded address
        [0x64, 0xff9b, 1, ..] | [0x2001, 0, ..] => true,
        // Unique local, link-local, site-local, multicast
        [first, ..] if first & 0xfe00 == 0xfc00 || first & 0xff80 == 0xfe80 || first & 0xff00 == 0xff00 => true,
        _ => inside(address).is_some_and(is_special_v4),
    }
}

/// Returns the IPv4 address that is embedded in an IPv6 address.
fn inside(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let (high, low) = match address.segments() {
        // Unspecified, loopback, and an IPv4 address as such, mapped or translated (RFC 4291 §2.5.5, RFC 2765 §2.1)
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0, 0, 0, 0, 0xffff, 0, high, low] => (high, low),
        // NAT64 (RFC 6052, RFC 8215)
        [0x64, 0xff9b, 0 | 1, _, _, _, high, low] => (high, low),
        // 6to4 (RFC 3056)
        [0x2002, high, low, ..] => (high, low),
        // Teredo inverts the address (RFC 4380 §4).
        [0x2001, 0, _, _, _, _, high, low] => (!high, !low),
        // ISATAP (RFC 5214 §6.1)
        [_, _, _, _, 0 | 0x200, 0x5efe, high, low] => (high, low),
        _ => return None,
    };
    let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
    Some(Ipv4Addr::new(a, b, c, d))
}

/// Host names under which clouds serve their metadata.
const METADATA_NAMES: &[&str] = &[
    "instance-data",
    "instance-data.ec2.internal",
    "metadata",
    "metadata.azure.internal",
    "metadata.goog",
    "metadata.google.internal",
    "metadata.tencentyun.com",
    "metadata.udhcpc",
    "rancher-metadata",
    "rancher-metadata.rancher.internal",
];

/// Returns true if a host is link-local or another endpoint where a cloud serves its machines' metadata and
/// credentials; `host` is as [`crate::protocol::url::host::parse_authority`] returns it. A URL that a server names is
/// never followed there.
pub fn is_metadata(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host);
    match of_host(name) {
        Some(IpAddr::V4(address)) => is_metadata_v4(address),
        Some(IpAddr::V6(address)) => is_metadata_v6(address) || inside(address).is_some_and(is_metadata_v4),
        None => METADATA_NAMES.contains(&name),
    }
}

fn is_metadata_v4(address: Ipv4Addr) -> bool {
    // Alibaba Cloud, Oracle Cloud, Azure's wire server
    let others = [[100, 100, 100, 200], [192, 0, 0, 192], [168, 63, 129, 16]];
    address.is_link_local() || others.contains(&address.octets())
}

fn is_metadata_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        // Amazon's instances (254, 23 for pods) and resolver (253), Google's, Scaleway's
        [0xfd00, 0xec2, ..] | [0xfd20, 0xce, ..] | [0xfd00, 0x42, ..] => true,
        [first, ..] => first & 0xffc0 == 0xfe80,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F19.
    #[test]
    fn special_addresses() {
        for host in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.168.1.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "[::]",
            "[::1]",
            "[::ffff:169.254.169.254]",
            "[::ffff:7f00:1]",
            "[::127.0.0.1]",
            "[64:ff9b::a9fe:a9fe]",
            "[64:ff9b:1::1]",
            "[2002:a9fe:a9fe::1]",
            "[2002:7f00:1::]",
            "[2001:0:1::1]",
            "[fc00::1]",
            "[fd12:3456::1]",
            "[fe80::1]",
            "[fec0::1]",
            "[ff02::1]",
        ] {
            assert!(of_host(host).is_some_and(is_special), "{host}");
        }
        for host in [
            "169.254.0.1",
            "169.254.169.254",
            "169.254.170.2",
            "100.100.100.200",
            "192.0.0.192",
            "168.63.129.16",
            "[fe80::1]",
            "[febf::1]",
            "[fd00:ec2::254]",
            "[fd20:ce::254]",
            "[fd00:42::42]",
            "[::ffff:169.254.169.254]",
            "[::ffff:0:169.254.169.254]",
            "[::169.254.169.254]",
            "[64:ff9b::a9fe:a9fe]",
            "[64:ff9b:1::a9fe:a9fe]",
            "[2002:a9fe:a9fe::1]",
            "[2001:0:1::5601:5601]",
            "[2001:db8::5efe:a9fe:a9fe]",
            "[::ffff:6464:64c8]",
            "metadata.google.internal",
            "metadata.google.internal.",
            "instance-data",
        ] {
            assert!(is_metadata(host), "{host}");
        }
        for host in [
            "169.253.169.254",
            "10.0.0.1",
            "127.0.0.1",
            "8.8.8.8",
            "[::1]",
            "[fd00::1]",
            "[fec0::1]",
            "[2001:db8::1]",
            "[::ffff:10.0.0.1]",
            "metadata.example.com",
            "localhost",
        ] {
            assert!(!is_metadata(host), "{host}");
        }
        for host in ["8.8.8.8", "100.128.0.1", "172.32.0.1", "192.0.1.1", "198.20.0.1", "[2606:4700::1111]"] {
            assert!(of_host(host).is_some_and(|address| !is_special(address)), "{host}");
        }
        for host in ["localhost", "example.com", "[::1", "1.2.3"] {
            assert!(of_host(host).is_none(), "{host}");
        }
    }
}
