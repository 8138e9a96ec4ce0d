//! Reads JSON text (RFC 8259) and builds nothing of it: finds where values begin and end, and decodes strings.
//!
//! It accepts what `serde_json` accepts and refuses the rest with the same message and position; a test compares the two.
//! `serde_json` itself would bring a second copy of all this for every type that is read.

use std::borrow::Cow;
use std::slice::Iter;

const UNEXPECTED_END: &str = "EOF while parsing a value";
const UNENDED_STRING: &str = "EOF while parsing a string";
const CONTROL_CHARACTER: &str = "control character (\\u0000-\\u001F) found while parsing a string";
const INVALID_NUMBER: &str = "invalid number";

/// A value that holds others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// `[…]`
    Array,
    /// `{…}`
    Object,
}

impl Container {
    /// Its first byte.
    pub fn opening(self) -> u8 {
        match self {
            Self::Array => b'[',
            Self::Object => b'{',
        }
    }

    fn closing(self) -> u8 {
        match self {
            Self::Array => b']',
            Self::Object => b'}',
        }
    }

    fn unended(self) -> &'static str {
        match self {
            Self::Array => "EOF while parsing a list",
            Self::Object => "EOF while parsing an object",
        }
    }

    fn no_comma(self) -> &'static str {
        match self {
            Self::Array => "expected `,` or `]`",
            Self::Object => "expected `,` or `}`",
        }
    }
}

/// A text and a position in it. Every error is a message with line and column.
pub struct Reader<'a> {
    text: &'a str,
    /// What is left of the text. An iterator: in wasm several times the speed of an index.
    left: Iter<'a, u8>,
    /// What is open around the part that is being skipped: a stack of its own, so that no text is nested too deeply.
    open: Vec<Container>,
}

impl<'a> Reader<'a> {
    /// At the start of a text.
    pub fn new(text: &'a str) -> Self {
        Self { text, left: text.as_bytes().iter(), open: Vec::new() }
    }

    /// What is left of the text.
    pub fn rest(&self) -> &'a str {
        self.text.get(self.at()..).unwrap_or_default()
    }

    /// How many bytes were read.
    fn at(&self) -> usize {
        self.text.len() - self.left.len()
    }

    /// Skips white space and returns the byte behind it.
    pub fn look(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.advance();
        }
        self.peek()
    }

    /// Takes the bracket that opens an array or object.
    pub fn enter(&mut self, container: Container) -> Result<(), String> {
        match self.look() {
            Some(byte) if byte == container.opening() => {
                self.advance();
                Ok(())
            }
            Some(_) => Err(self.error_at_next("expected value")),
            None => Err(self.error_at_next(UNEXPECTED_END)),
        }
    }

    /// Whether the array or object that was entered goes on; takes the comma before the next item or the bracket at the end.
    pub fn has_next(&mut self, container: Container, is_first: bool) -> Result<bool, String> {
        let is_closing = |byte| byte == Some(container.closing());
        let mut next = self.look();
        if is_closing(next) {
            self.advance();
            return Ok(false);
        }
        if !is_first && next == Some(b',') {
            self.advance();
            next = self.look();
            if is_closing(next) {
                return Err(self.error_at_next("trailing comma"));
            }
            next.ok_or_else(|| self.error_at_next(UNEXPECTED_END))?;
        } else if !is_first && next.is_some() {
            return Err(self.error_at_next(container.no_comma()));
        }
        match next {
            None => Err(self.error_at_next(container.unended())),
            Some(byte) if byte != b'"' && container == Container::Object => {
                Err(self.error_at_next("key must be a string"))
            }
            Some(_) => Ok(true),
        }
    }

    /// Takes a member's name and the colon behind it.
    pub fn name(&mut self) -> Result<Cow<'a, str>, String> {
        let name = self.string()?;
        self.colon()?;
        Ok(name)
    }

    /// Takes a string, which begins here.
    pub fn string(&mut self) -> Result<Cow<'a, str>, String> {
        self.advance();
        let mut start = self.at();
        let mut decoded = String::new();
        loop {
            let special = self.skip_plain().ok_or_else(|| self.error(UNENDED_STRING))?;
            let plain = self.text.get(start..self.at() - 1).unwrap_or_default();
            match special {
                b'"' if decoded.is_empty() => return Ok(Cow::Borrowed(plain)),
                b'"' => return Ok(Cow::Owned(decoded + plain)),
                b'\\' => {
                    decoded.push_str(plain);
                    decoded.push(self.escaped()?);
                    start = self.at();
                }
                _ => return Err(self.error(CONTROL_CHARACTER)),
            }
        }
    }

    /// Skips a value; returns its text.
    pub fn value(&mut self) -> Result<&'a str, String> {
        self.look();
        let start = self.at();
        loop {
            let entered = self.scalar_or_opening()?;
            self.open.extend(entered);
            let mut is_first = entered.is_some();
            let around = loop {
                let Some(around) = self.open.last().copied() else {
                    return Ok(self.text.get(start..self.at()).unwrap_or_default());
                };
                match self.look() {
                    Some(b',') if !is_first => {
                        self.advance();
                        break around;
                    }
                    Some(byte) if byte == around.closing() => {
                        self.advance();
                        self.open.pop();
                        is_first = false;
                    }
                    Some(_) if is_first => break around,
                    Some(_) => return Err(self.error_at_next(around.no_comma())),
                    None => return Err(self.error_at_next(around.unended())),
                }
            };
            if around == Container::Object {
                self.skip_name()?;
            }
        }
    }

    /// Nothing but white space may be left.
    pub fn end(&mut self) -> Result<(), String> {
        match self.look() {
            Some(_) => Err(self.error_at_next("trailing characters")),
            None => Ok(()),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.left.as_slice().first().copied()
    }

    fn advance(&mut self) {
        self.left.next();
    }

    fn take(&mut self) -> Option<u8> {
        self.left.next().copied()
    }

    /// An error of what was taken last.
    fn error(&self, what: &str) -> String {
        self.error_before(self.at(), what)
    }

    /// An error of what comes next.
    fn error_at_next(&self, what: &str) -> String {
        self.error_before(self.text.len().min(self.at() + 1), what)
    }

    fn error_before(&self, end: usize, what: &str) -> String {
        let read = self.text.as_bytes().get(..end).unwrap_or_default();
        let line = read.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        let number = 1 + read.iter().filter(|byte| **byte == b'\n').count();
        format!("{what} at line {number} column {}", line.len())
    }

    fn colon(&mut self) -> Result<(), String> {
        match self.look() {
            Some(b':') => {
                self.advance();
                Ok(())
            }
            Some(_) => Err(self.error_at_next("expected `:`")),
            None => Err(self.error_at_next(Container::Object.unended())),
        }
    }

    fn skip_name(&mut self) -> Result<(), String> {
        match self.look() {
            Some(b'"') => self.skip_string()?,
            Some(_) => return Err(self.error_at_next("key must be a string")),
            None => return Err(self.error_at_next(Container::Object.unended())),
        }
        self.colon()
    }

    /// Skips a value that holds no others, or takes the bracket that opens one that does.
    fn scalar_or_opening(&mut self) -> Result<Option<Container>, String> {
        match self.look() {
            Some(b'"') => self.skip_string()?,
            Some(b'-' | b'0'..=b'9') => self.skip_number()?,
            Some(b'[') => {
                self.advance();
                return Ok(Some(Container::Array));
            }
            Some(b'{') => {
                self.advance();
                return Ok(Some(Container::Object));
            }
            Some(b't') => self.skip_word("true")?,
            Some(b'f') => self.skip_word("false")?,
            Some(b'n') => self.skip_word("null")?,
            Some(_) => return Err(self.error_at_next("expected value")),
            None => return Err(self.error_at_next(UNEXPECTED_END)),
        }
        Ok(None)
    }

    fn skip_word(&mut self, word: &str) -> Result<(), String> {
        for expected in word.bytes() {
            match self.take() {
                Some(byte) if byte == expected => {}
                Some(_) => return Err(self.error("expected ident")),
                None => return Err(self.error(UNEXPECTED_END)),
            }
        }
        Ok(())
    }

    fn skip_number(&mut self) -> Result<(), String> {
        if self.peek() == Some(b'-') {
            self.advance();
        }
        match self.take() {
            Some(b'0') if matches!(self.peek(), Some(b'0'..=b'9')) => return Err(self.error_at_next(INVALID_NUMBER)),
            Some(b'0') => {}
            Some(b'1'..=b'9') => drop(self.skip_digits()),
            _ => return Err(self.error(INVALID_NUMBER)),
        }
        if self.peek() == Some(b'.') {
            self.advance();
            if !self.skip_digits() {
                return Err(self.error_at_next(INVALID_NUMBER));
            }
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.advance();
            if let Some(b'+' | b'-') = self.peek() {
                self.advance();
            }
            match self.take() {
                Some(b'0'..=b'9') => drop(self.skip_digits()),
                _ => return Err(self.error(INVALID_NUMBER)),
            }
        }
        Ok(())
    }

    /// Whether there were any.
    fn skip_digits(&mut self) -> bool {
        let start = self.at();
        while let Some(b'0'..=b'9') = self.peek() {
            self.advance();
        }
        self.at() > start
    }

    /// Skips a string, which begins here. A lone surrogate shows only when somebody wants the string.
    fn skip_string(&mut self) -> Result<(), String> {
        self.advance();
        loop {
            match self.skip_plain() {
                Some(b'"') => return Ok(()),
                Some(b'\\') => drop(self.unit()?),
                Some(_) => return Err(self.error_before(self.at() - 1, CONTROL_CHARACTER)),
                None => return Err(self.error(UNENDED_STRING)),
            }
        }
    }

    /// Skips what stands for itself in a string; takes the byte behind it.
    fn skip_plain(&mut self) -> Option<u8> {
        self.left.find(|byte| **byte < 0x20 || matches!(**byte, b'"' | b'\\')).copied()
    }

    /// Takes one escape, or the two of a surrogate pair, behind the backslash.
    fn escaped(&mut self) -> Result<char, String> {
        let first = self.unit()?;
        let mut units = [first, 0];
        if (0xd800..0xdc00).contains(&first) {
            for expected in [b'\\', b'u'] {
                let byte = self.take().ok_or_else(|| self.error(UNENDED_STRING))?;
                if byte != expected {
                    return Err(self.error("unexpected end of hex escape"));
                }
            }
            units = [first, self.hexadecimal()?];
        }
        let decoded = char::decode_utf16(units).next().and_then(Result::ok);
        decoded.ok_or_else(|| self.error("lone leading surrogate in hex escape"))
    }

    /// Takes an escape behind its backslash: a UTF-16 code unit.
    fn unit(&mut self) -> Result<u16, String> {
        match self.take() {
            Some(byte @ (b'"' | b'\\' | b'/')) => Ok(byte.into()),
            Some(b'b') => Ok(0x08),
            Some(b'f') => Ok(0x0c),
            Some(b'n') => Ok(0x0a),
            Some(b'r') => Ok(0x0d),
            Some(b't') => Ok(0x09),
            Some(b'u') => self.hexadecimal(),
            Some(_) => Err(self.error("invalid escape")),
            None => Err(self.error(UNENDED_STRING)),
        }
    }

    fn hexadecimal(&mut self) -> Result<u16, String> {
        let digits = self.left.as_slice().first_chunk::<4>();
        self.left.nth(3);
        let digits = digits.ok_or_else(|| self.error(UNENDED_STRING))?;
        let value = digits.iter().try_fold(0, |value, digit| Some(value << 4 | char::from(*digit).to_digit(16)?));
        value.and_then(|value| u16::try_from(value).ok()).ok_or_else(|| self.error("invalid escape"))
    }
}
