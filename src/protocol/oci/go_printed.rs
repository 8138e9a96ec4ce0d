//! Values as Go prints them: docker and BuildKit write some instructions into the history so. A Dockerfile has them in another form.

use std::fmt::Write as _;

/// The instruction as a builder takes it. What is not what it seems stays as it is.
pub fn readable(instruction: String) -> String {
    let read = match instruction.split_once(' ') {
        Some(("EXPOSE", value)) => ports(value),
        Some(("HEALTHCHECK", value)) => health_check(value),
        _ => None,
    };
    read.unwrap_or(instruction)
}

/// `map[443/tcp:{} 80/tcp:{}]`
fn ports(value: &str) -> Option<String> {
    let mut out = "EXPOSE".to_owned();
    for entry in value.strip_prefix("map[")?.strip_suffix(']')?.split(' ') {
        let port = entry.strip_suffix(":{}")?;
        let (numbers, protocol) = port.split_once('/').unwrap_or((port, "tcp"));
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let is_port = numbers.splitn(2, '-').all(is_number) && matches!(protocol, "tcp" | "udp" | "sctp");
        is_port.then(|| write!(out, " {port}"))?.ok()?;
    }
    Some(out)
}

/// `&{["CMD" "curl" "x"] "30s" "3s" "0s" "0s" '\x03'}`: interval, timeout, start period, start interval (not of old docker), retries.
fn health_check(value: &str) -> Option<String> {
    let mut rest = value.strip_prefix("&{[")?.strip_suffix('}')?;
    let mut words = Vec::new();
    while let Some((word, after)) = string(rest) {
        words.push(word);
        rest = after.strip_prefix(' ').unwrap_or(after);
    }
    rest = rest.strip_prefix(']')?;
    let mut durations = Vec::new();
    while let Some((duration, after)) = rest.strip_prefix(' ').and_then(string) {
        durations.push(duration);
        rest = after;
    }
    let retries = if rest.is_empty() { 0 } else { number(rest.strip_prefix(" '")?.strip_suffix('\'')?)? };

    let mut out = "HEALTHCHECK ".to_owned();
    let names = ["interval", "timeout", "start-period", "start-interval"];
    for (name, duration) in names.iter().zip(&durations).filter(|(_, duration)| *duration != "0s") {
        let is_duration = duration.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
        is_duration.then(|| write!(out, "--{name}={duration} "))?.ok()?;
    }
    if retries > 0 {
        write!(out, "--retries={retries} ").ok()?;
    }
    let (kind, arguments) = words.split_first()?;
    match (kind.as_str(), arguments) {
        ("NONE", _) => return Some("HEALTHCHECK NONE".to_owned()),
        ("CMD-SHELL", [command]) if !command.contains('\n') => out.push_str(&format!("CMD {command}")),
        ("CMD-SHELL", [command]) => out.push_str(&format!("CMD {}", list(&["/bin/sh", "-c", command])?)),
        ("CMD", [_, ..]) => out.push_str(&format!("CMD {}", list(arguments)?)),
        _ => return None,
    }
    Some(out)
}

/// The exec form of a command.
fn list(words: &[impl serde::Serialize]) -> Option<String> {
    serde_json::to_string(words).ok()
}

/// A quoted string at the start of a text, and what comes behind it.
fn string(text: &str) -> Option<(String, &str)> {
    let mut rest = text.strip_prefix('"')?;
    let mut out = String::new();
    loop {
        if let Some(rest) = rest.strip_prefix('"') {
            return Some((out, rest));
        }
        let (character, after) = character(rest)?;
        out.push(character);
        rest = after;
    }
}

/// A number that was printed as the character it stands for: `\x03`, `\n`, `Ā`.
fn number(text: &str) -> Option<u32> {
    let (character, rest) = character(text)?;
    rest.is_empty().then_some(character.into())
}

/// The first character of quoted text, which may be escaped (Go's specification, "Rune literals"), and what comes behind it.
fn character(text: &str) -> Option<(char, &str)> {
    let mut characters = text.chars();
    let first = characters.next()?;
    if first != '\\' {
        return Some((first, characters.as_str()));
    }
    let kind = characters.next()?;
    let digits = match kind {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        _ => {
            let escaped = match kind {
                'a' => '\u{7}',
                'b' => '\u{8}',
                'f' => '\u{c}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'v' => '\u{b}',
                '\\' | '\'' | '"' => kind,
                _ => return None,
            };
            return Some((escaped, characters.as_str()));
        }
    };
    let (hex, rest) = characters.as_str().split_at_checked(digits)?;
    Some((char::from_u32(u32::from_str_radix(hex, 16).ok()?)?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printed_values_become_instructions() {
        for (printed, expected) in [
            ("EXPOSE map[443/tcp:{} 80/tcp:{}]", "EXPOSE 443/tcp 80/tcp"),
            ("EXPOSE map[8000-8010/udp:{}]", "EXPOSE 8000-8010/udp"),
            (r#"HEALTHCHECK &{["NONE"] "0s" "0s" "0s" "0s" '\x00'}"#, "HEALTHCHECK NONE"),
            (
                r#"HEALTHCHECK &{["CMD" "curl" "-f" "x y"] "30s" "3s" "0s" "0s" '\x03'}"#,
                r#"HEALTHCHECK --interval=30s --timeout=3s --retries=3 CMD ["curl","-f","x y"]"#,
            ),
            (
                r#"HEALTHCHECK &{["CMD-SHELL" "curl -f http://localhost/ || exit 1"] "5m0s" "3s" "1m0s" '\n'}"#,
                "HEALTHCHECK --interval=5m0s --timeout=3s --start-period=1m0s --retries=10 CMD curl -f http://localhost/ || exit 1",
            ),
            (
                r#"HEALTHCHECK &{["CMD-SHELL" "a\nRUN b \"c\" \u00e4"] "0s" "0s" "0s" "1s" '\x00'}"#,
                r#"HEALTHCHECK --start-interval=1s CMD ["/bin/sh","-c","a\nRUN b \"c\" ä"]"#,
            ),
        ] {
            assert_eq!(readable(printed.to_owned()), expected);
        }
    }

    #[test]
    fn all_else_stays() {
        for instruction in [
            "EXPOSE 80",
            "EXPOSE map[80/tcp:{} x:{}]",
            "EXPOSE map[]",
            "EXPOSE map[80/tcp]",
            "HEALTHCHECK CMD curl",
            r#"HEALTHCHECK &{["CMD"] "5s""#,
            r#"HEALTHCHECK &{["OTHER" "x"] "0s" "0s" "0s" '\x00'}"#,
            r#"HEALTHCHECK &{["CMD" "x"] "0s --x" "0s" "0s" '\x00'}"#,
            r#"HEALTHCHECK &{["CMD" "\q"] "0s" "0s" "0s" '\x00'}"#,
            r#"HEALTHCHECK &{["CMD" "\x4"}"#,
            r#"HEALTHCHECK &{[]}"#,
            r#"HEALTHCHECK &{["CMD" "\ud800"] "0s"}"#,
            r#"HEALTHCHECK &{["CMD" "x"] "0s" 'ab'}"#,
            "RUN map[80/tcp:{}]",
            "EXPOSE",
        ] {
            assert_eq!(readable(instruction.to_owned()), instruction);
        }
    }
}
