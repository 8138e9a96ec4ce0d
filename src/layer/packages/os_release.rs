//! What system an image is: `etc/os-release`, or `usr/lib/os-release` (os-release(5)).

/// Reads the assignments, in their order: `ID`, `VERSION_ID`, `PRETTY_NAME`… Quotes and backslashes are those of a shell; a line that is no
/// assignment is left out.
pub fn os_release(text: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(text);
    let assignment = |line: &str| {
        let (name, value) = line.trim().split_once('=')?;
        let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        is_name.then(|| (name.to_owned(), unquoted(value)))
    };
    text.lines().filter_map(assignment).collect()
}

fn unquoted(value: &str) -> String {
    let mut out = String::new();
    let mut quote = None;
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        match (character, quote) {
            ('\\', None | Some('"')) => out.extend(characters.next()),
            ('"' | '\'', None) => quote = Some(character),
            (_, Some(end)) if character == end => quote = None,
            _ => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assignments() {
        let text = b"# comment\nID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian \\\"12\\\" \\$x\"\nNAME='A \\ B'\n\nbad line\n=x\nA-B=c\n\
            ANSI_COLOR=\"1;31";
        let found = os_release(text);
        let shown: Vec<_> = found.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(
            shown,
            [
                ("ID", "debian"),
                ("VERSION_ID", "12"),
                ("PRETTY_NAME", "Debian \"12\" $x"),
                ("NAME", "A \\ B"),
                ("ANSI_COLOR", "1;31"),
            ]
        );
    }
}
