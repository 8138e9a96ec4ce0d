//! Addresses that belong to no public host: a registry on the internet has no reason to send anyone there, and who
//! follows it all the same reads a cloud's metadata or an office's printers for it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether a host, as [`super::host::parse_authority`] returns it, is an IP address.
pub fn of_host(host: &str) -> Option<IpAddr> {
    match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => address.parse().ok().map(IpAddr::V6),
        None => host.parse().ok().map(IpAddr::V4),
    }
}

/// Whether an address is of this machine, of a private network, of a link, or of nobody (IANA's special-purpose address
/// registries), also where it is written inside of an IPv6 address.
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
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_special_v4(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        // Unspecified, loopback, and an IPv4 address as such or mapped.
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] => embedded(high, low),
        // NAT64
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => embedded(high, low),
        [0x64, 0xff9b, 1, ..] => true,
        // 6to4
        [0x2002, high, low, ..] => embedded(high, low),
        // Teredo, whose IPv4 address is obfuscated
        [0x2001, 0, ..] => true,
        // Unique local, link-local, site-local, multicast
        [first, ..] => first & 0xfe00 == 0xfc00 || first & 0xff80 == 0xfe80 || first & 0xff00 == 0xff00,
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
        for host in ["8.8.8.8", "100.128.0.1", "172.32.0.1", "192.0.1.1", "198.20.0.1", "[2606:4700::1111]"] {
            assert!(of_host(host).is_some_and(|address| !is_special(address)), "{host}");
        }
        for host in ["localhost", "example.com", "[::1", "1.2.3"] {
            assert!(of_host(host).is_none(), "{host}");
        }
    }
}
