//! What header fields are made of (RFC 9110 §5.6). Each function takes from the front of `rest` and leaves what follows;
//! all together take every character once, so that a field is read in time that grows with its length.

/// What may stand between two parts of a field.
pub const BLANKS: [char; 2] = [' ', '\t'];
/// What may stand between two elements of a list: some of them may be empty (§5.6.1).
pub const BLANKS_AND_COMMAS: [char; 3] = [' ', '\t', ','];

/// Takes the characters in front that fit.
pub fn take<'a>(rest: &mut &'a str, fits: impl Fn(char) -> bool) -> &'a str {
    let end = rest.find(|character| !fits(character)).unwrap_or(rest.len());
    let (taken, after) = rest.split_at_checked(end).unwrap_or_default();
    *rest = after;
    taken
}

/// Whether a character may stand in a token (§5.6.2).
pub fn is_token(character: char) -> bool {
    character.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(character)
}

/// Takes a quoted string (§5.6.4), its escapes resolved. `None` where there is none, and where it does not end: then
/// all is taken.
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

/// Takes `name`, `name=value` or `name="value"` and the blanks after it; `None` for quotes that do not end. Name and value
/// end at the next separator and may be empty.
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

/// Skips to the next comma outside of quotes, or to the end. Whether nothing but blanks was skipped.
pub fn skip_item(rest: &mut &str) -> bool {
    *rest = rest.trim_start_matches(BLANKS);
    let clean = rest.is_empty() || rest.starts_with(',');
    while !rest.is_empty() && !rest.starts_with(',') {
        take(rest, |character| !matches!(character, ',' | '"'));
        quoted_string(rest);
    }
    clean
}

/// The elements of a list, each taken by `read`; those it refuses and those that go on behind what it took are left out.
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
