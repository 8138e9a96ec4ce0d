//! Tokenizer for header fields (RFC 9110 §5.6). Each function takes a part from the front of `rest` and leaves the
//! remainder. Together they consume each character once, so that a field is parsed in linear time.

/// Optional whitespace between the parts of a field.
pub const BLANKS: [char; 2] = [' ', '\t'];
/// The separators between the elements of a list, some of which may be empty (§5.6.1).
pub const BLANKS_AND_COMMAS: [char; 3] = [' ', '\t', ','];

/// Takes the leading characters for which `fits` returns true.
pub fn take<'a>(rest: &mut &'a str, fits: fn(char) -> bool) -> &'a str {
    let end = rest.find(|character| !fits(character)).unwrap_or(rest.len());
    let (taken, after) = rest.split_at_checked(end).unwrap_or_default();
    *rest = after;
    taken
}

/// Returns true for a character of a token (§5.6.2).
pub fn is_token(character: char) -> bool {
    character.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(character)
}

/// Takes a quoted string (§5.6.4) and resolves its escapes. Returns `None` if there is none, or if it is unterminated:
/// then all of `rest` is taken.
pub fn quoted_string(rest: &mut &str) -> Option<String> {
    let mut characters = rest.strip_prefix('"')?.chars();
    let mut value = String::new();
    loop {
        match characters.next() {
            Some('"') => {
                *rest = characters.as_str();
                return Some(value);
            }
            Some('\\') => value.extend(characters.next()),
            Some(character) => value.push(character),
            None => {
                *rest = "";
                return None;
            }
        }
    }
}

/// Takes `name`, `name=value` or `name="value"` and the whitespace after it; returns `None` for an unterminated string.
/// Name and value end at the next separator and may be empty.
pub fn parameter(rest: &mut &str) -> Option<(String, String)> {
    let name = take(rest, |character| !matches!(character, '=' | ';' | ',' | ' ' | '\t')).to_owned();
    let mut value = String::new();
    *rest = rest.trim_start_matches(BLANKS);
    if let Some(after) = rest.strip_prefix('=') {
        *rest = after.trim_start_matches(BLANKS);
        value = if rest.starts_with('"') {
            quoted_string(rest)?
        } else {
            take(rest, |character| !matches!(character, ';' | ',' | ' ' | '\t')).to_owned()
        };
        *rest = rest.trim_start_matches(BLANKS);
    }
    Some((name, value))
}

/// Skips to the next comma outside of quotes, or to the end. Returns true if it skipped only whitespace.
pub fn skip_item(rest: &mut &str) -> bool {
    *rest = rest.trim_start_matches(BLANKS);
    let clean = rest.is_empty() || rest.starts_with(',');
    while !rest.is_empty() && !rest.starts_with(',') {
        take(rest, |character| !matches!(character, ',' | '"'));
        quoted_string(rest);
    }
    clean
}

/// Parses the elements of a list with `read`. An element that `read` rejects or does not consume completely is omitted.
pub fn list<T>(value: &str, read: impl Fn(&mut &str) -> Option<T>) -> Vec<T> {
    let mut elements = Vec::new();
    let mut rest = value.trim_start_matches(BLANKS_AND_COMMAS);
    while !rest.is_empty() {
        let element = read(&mut rest);
        let whole = skip_item(&mut rest);
        elements.extend(element.filter(|_| whole));
        rest = rest.trim_start_matches(BLANKS_AND_COMMAS);
    }
    elements
}
