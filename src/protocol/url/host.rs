//! Hosts and ports of URLs (RFC 3986 §3.2), restricted to forms that all browsers parse alike.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::protocol::invalid::quoted_char;

/// Parses an authority and returns the host in lower case and the port, if present.
pub fn parse_authority(authority: &str) -> Result<(String, Option<u16>), String> {
    let after_host = if authority.starts_with('[') {
        authority.find(']').map(|end| end + 1).ok_or("']' is missing after the IPv6 address")?
    } else {
        authority.find(':').unwrap_or(authority.len())
    };
    let (host, port) = authority.split_at_checked(after_host).unwrap_or((authority, ""));
    match port.strip_prefix(':') {
        Some(port) => Ok((parse_host(host)?, Some(parse_port(port)?))),
        None if port.is_empty() => Ok((parse_host(host)?, None)),
        None => Err("only ':' and a port may follow ']'".into()),
    }
}

fn parse_port(text: &str) -> Result<u16, String> {
    let digits = !text.is_empty() && text.len() <= 5 && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse::<u16>() {
        Ok(port) if digits && port > 0 => Ok(port),
        _ => Err("the port must be a number from 1 to 65535".into()),
    }
}

fn parse_host(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err("the host is missing".into());
    }
    if let Some(address) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        let address =
            address.parse::<Ipv6Addr>().map_err(|_| "the text in [] is not an IPv6 address (a zone is not allowed)")?;
        return Ok(match (address.to_ipv4_mapped(), address.segments()) {
            // Rust writes [::ffff:127.0.0.1], browsers [::ffff:7f00:1].
            (Some(_), [.., high, low]) => format!("[::ffff:{high:x}:{low:x}]"),
            _ => format!("[{address}]"),
        });
    }
    if text.len() > 253 {
        return Err("the host is longer than 253 characters".into());
    }
    let host = text.to_ascii_lowercase();
    if let Some(character) =
        host.chars().find(|character| !matches!(character, 'a'..='z' | '0'..='9' | '.' | '-' | '_'))
    {
        return Err(format!("{} is not allowed in a host", quoted_char(character)));
    }
    let labels = host.strip_suffix('.').unwrap_or(&host);
    if labels.split('.').any(str::is_empty) {
        return Err("a part of the host between dots is empty".into());
    }
    // A browser reads a host whose last label is a number as an IPv4 address, in octal, hexadecimal and with parts
    // omitted: 0x7f.1 is 127.0.0.1. Only dotted decimal passes.
    let last = labels.rsplit('.').next().unwrap_or_default();
    let hexadecimal = last.strip_prefix("0x").is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if (hexadecimal || last.bytes().all(|byte| byte.is_ascii_digit())) && host.parse::<Ipv4Addr>().is_err() {
        return Err("an IPv4 address is four numbers from 0 to 255, without leading zeros".into());
    }
    Ok(host)
}

/// Returns true if a host, as [`parse_authority`] returns it, is a loopback host.
pub fn is_loopback(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().is_ok_and(|address| {
            address.is_loopback() || address.to_ipv4_mapped().is_some_and(|address| address.is_loopback())
        });
    }
    let name = host.strip_suffix('.').unwrap_or(host);
    name == "localhost" || name.ends_with(".localhost") || host.parse::<Ipv4Addr>().is_ok_and(|host| host.is_loopback())
}
