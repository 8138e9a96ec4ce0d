//! What is read, and what is said about the rest.

use super::*;

#[test]
fn texts() {
    assert_eq!(text(b"{}"), Ok("{}"));
    assert_eq!(text(b"\"\xff\""), Err(": not UTF-8 at byte 1".into()));
    assert!(text("\u{feff}{}".as_bytes()).expect_err("a BOM").contains("byte order mark"));
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(text(nested(128).as_bytes()).is_ok());
    assert_eq!(text(nested(129).as_bytes()), Err(": nested more than 128 deep at byte 128".into()));
    assert!(text(nested(100_000).as_bytes()).is_err());
    assert!(text(&br#"{"a":"#.repeat(100_000)).is_err());
    // Brackets in strings, and behind escaped quotes, nest nothing.
    assert!(text(format!(r#""\"{}\\""#, "[".repeat(1000)).as_bytes()).is_ok());
}

#[test]
fn members_and_items() {
    let members =
        Members::read(r#"{"a":1,"b":null,"A":2,"\u0063":[3] , "a" : 4}"#, &["a", "b", "c", "d"]).expect("an object");
    assert_eq!(
        (members.get("a"), members.get("b"), members.get("c"), members.get("d")),
        (Some("4"), None, Some("[3]"), None)
    );
    assert!(members.has("b") && !members.has("d") && !members.has("A"));
    assert_eq!(members.twice(), ["a"]);
    let mut items = Vec::new();
    let read = each_item(" [ 1 , \"x\",[] ]\n", &mut |index, value| {
        items.push((index, value));
        Ok(())
    });
    assert_eq!((read, items), (Ok(()), vec![(0, "1"), (1, "\"x\""), (2, "[]")]));
    assert_eq!(each_item("[1,2]", &mut |_, _| Err(": no".into())), Err("[0]: no".into()));
}

#[test]
fn documents_of_another_kind() {
    for (text, error) in [
        ("null", ": got null; an object is needed"),
        ("[]", ": got an array; an object is needed"),
        ("\"x\"", ": got \"x\"; an object is needed"),
        ("-1.5", ": got -1.5; an object is needed"),
        ("", ": not JSON: EOF while parsing a value at line 1 column 0"),
        ("<html>", ": not JSON: expected value at line 1 column 1"),
        ("{\"a\":", ": not JSON: EOF while parsing a value at line 1 column 5"),
        ("{\"a\" 1}", ": not JSON: expected `:` at line 1 column 6"),
        ("{} {}", ": not JSON: trailing characters at line 1 column 4"),
        (
            "{\"a\0\":1}",
            ": not JSON: control character (\\u0000-\\u001F) found while parsing a string at line 1 column 4",
        ),
    ] {
        assert_eq!(each_member(text, &mut |_, _| Ok(())), Err(error.into()), "{text}");
    }
    let long = format!("\"{}\n\"", "é".repeat(50));
    let error = each_member(&long, &mut |_, _| Ok(())).expect_err("a string");
    assert_eq!(error, format!(": got \"{}…; an object is needed", "é".repeat(39)));
}

/// S44, F39.
#[test]
fn sizes() {
    for (text, expected) in [("0", 0), ("7023", 7023), ("9007199254740991", MAX_SAFE_INTEGER)] {
        assert_eq!(size(text), Ok(expected));
    }
    for text in [
        "-1",
        "-0",
        "1.5",
        "1.0",
        "1e3",
        "\"123\"",
        "9007199254740992",
        "9223372036854775808",
        "18446744073709551616",
        "null",
        "true",
    ] {
        let needed = "a whole number from 0 to 9007199254740991 is needed";
        assert_eq!(size(text), Err(format!(": got {text}; {needed}")));
    }
}

#[test]
fn values() {
    assert_eq!(string(r#""a\u00e9\n""#), Ok("aé\n".into()));
    assert!(string(r#""\ud800""#).expect_err("a lone surrogate").starts_with(": not a string: "));
    assert_eq!(string("{}"), Err(": got an object; a string is needed".into()));
    assert_eq!(strings(r#"["a",1]"#), Err("[1]: got 1; a string is needed".into()));
    assert_eq!((boolean("true"), boolean("false")), (Ok(true), Ok(false)));
    assert_eq!(boolean("1"), Err(": got 1; true or false is needed".into()));
}
