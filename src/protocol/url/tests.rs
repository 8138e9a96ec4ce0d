use super::*;

fn url(text: &str) -> Url {
    Url::parse(text).expect(text)
}

#[test]
fn parse_rebuilds() {
    for (text, expected) in [
        ("https://registry.example.com", "https://registry.example.com/"),
        ("HTTPS://Registry.EXAMPLE.com:443/A?B=c", "https://registry.example.com/A?B=c"),
        ("http://h:80", "http://h/"),
        ("http://h:443/", "http://h:443/"),
        ("http://h:00080/", "http://h/"),
        ("http://h?x=1", "http://h/?x=1"),
        ("http://h/?", "http://h/?"),
        ("http://[0:0:0::1]:5000/x", "http://[::1]:5000/x"),
        ("http://h/a/./b/../c", "http://h/a/c"),
        ("http://h/a/%2e%2E/b/.%2e/../../c/.", "http://h/c/"),
        ("http://h/a/..", "http://h/"),
        ("http://h//a//..", "http://h//a/"),
        ("http://h/a|b\"c<d>e^f`g{h}'[]", "http://h/a%7Cb%22c%3Cd%3Ee%5Ef%60g%7Bh%7D'[]"),
        ("http://h/?a='\"<>|", "http://h/?a=%27%22%3C%3E|"),
        ("http://h/%41%2f?%41%2f?/", "http://h/%41%2f?%41%2f?/"),
        ("http://a_b.example./", "http://a_b.example./"),
    ] {
        assert_eq!(url(text).to_string(), expected, "{text}");
        assert_eq!(url(expected).to_string(), expected, "rebuilt again");
    }
}

/// F57: a realm is an absolute URL.
#[test]
fn parse_refuses_with_the_rule() {
    for (text, rule) in [
        ("", "begin with http:// or https://"),
        ("/v2/", "begin with http:// or https://"),
        ("registry.example.com", "begin with http:// or https://"),
        ("//registry.example.com/token", "begin with http:// or https://"),
        ("token?service=x", "begin with http:// or https://"),
        ("javascript:alert(1)", "begin with http:// or https://"),
        ("https:registry.example.com", "begin with http:// or https://"),
        ("ftp://h/", "the scheme must be http or https"),
        ("javascript://h/%0aalert(1)", "the scheme must be http or https"),
        ("file:///etc/passwd", "the scheme must be http or https"),
        ("https://me:pw@h/token", "user info"),
        ("https://", "host is missing"),
        ("https:///h", "host is missing"),
        ("https://:5000", "host is missing"),
        ("https://h#f", "'#' at position 9: a fragment"),
        ("https://h/ x", "' ' at position 10: a space"),
        (" https://h", "' ' at position 0: a space"),
        ("https:\\\\h", "'\\\\' at position 6: a backslash"),
        ("https://h\\@evil/", "a backslash"),
        ("https://h/\t", "'\\t' at position 10: a control character"),
        ("https://h/\u{7f}", "a control character"),
        ("https://h\0/", "a control character"),
        ("https://b\u{fc}cher.example/", "'\u{fc}' at position 9: only ASCII"),
        ("https://h/\u{2215}", "only ASCII"),
        ("https://h/%", "'%' is not followed by two"),
        ("https://h/%4", "'%' is not followed by two"),
        ("https://h/?%gg", "'%' is not followed by two"),
    ] {
        let refused = Url::parse(text).expect_err(text);
        assert_eq!(refused.code, "INVALID_ARGUMENT");
        assert!(refused.message.contains(rule), "{text}: {}", refused.message);
    }
}

#[test]
fn refusals_hide_user_info_and_query() {
    for text in [
        "https://me:hunter2@h/",
        "https://hunter2@h/",
        "https://me:hunter2@h/ ",
        "https://me:hunter2@[::1/",
        "https://me:x?hunter2@h/",
        "https://me:hunter2/x@h/",
        "https://me:hunter2#x@h/",
        "https://h/%?token=hunter2",
        "https://h/ #hunter2",
        "ftp://me:hunter2@h/",
        "me:hunter2@h",
    ] {
        let parse = Url::parse(text).expect_err(text);
        let registry = Url::parse_registry(text).expect_err(text);
        let join = url("https://h/").join(text).expect_err(text);
        for refused in [parse, registry, join] {
            assert!(!refused.message.contains("hunter2"), "{text}: {}", refused.message);
        }
    }
    let refused = Url::parse("https://me:hunter2@h/x").expect_err("user info");
    assert_eq!(refused.message, "URL \"…@h/x\": user info (before '@') is not allowed");
}

#[test]
fn parse_registry_picks_the_scheme() {
    for (text, expected) in [
        ("registry.example.com", "https://registry.example.com"),
        ("registry.example.com:5000", "https://registry.example.com:5000"),
        ("registry.example.com:443", "https://registry.example.com"),
        ("localhost:5000", "http://localhost:5000"),
        ("LOCALHOST", "http://localhost"),
        ("localhost:80", "http://localhost"),
        ("localhost:443", "http://localhost:443"),
        ("registry.localhost:5000", "http://registry.localhost:5000"),
        ("127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("127.9.8.7", "http://127.9.8.7"),
        ("[::1]:5000", "http://[::1]:5000"),
        ("[::2]:5000", "https://[::2]:5000"),
        ("10.0.0.1:5000", "https://10.0.0.1:5000"),
        ("localhost.example.com", "https://localhost.example.com"),
        ("notlocalhost", "https://notlocalhost"),
        ("https://localhost:5000", "https://localhost:5000"),
        ("http://registry.example.com", "http://registry.example.com"),
        ("https://h:1/prefix/", "https://h:1/prefix"),
        ("h/prefix/v2/", "https://h/prefix"),
        ("h/api/docker/repo/v1", "https://h/api/docker/repo"),
        ("h/v2//", "https://h"),
        ("h/v2x", "https://h/v2x"),
        ("h/a/../b/", "https://h/b"),
        ("docker.io", "https://registry-1.docker.io"),
        ("index.docker.io", "https://registry-1.docker.io"),
        ("https://index.docker.io/v1/", "https://registry-1.docker.io"),
        ("http://docker.io", "https://registry-1.docker.io"),
        ("docker.io:5000", "https://docker.io:5000"),
        ("registry-1.docker.io", "https://registry-1.docker.io"),
    ] {
        assert_eq!(Url::parse_registry(text).map(|url| url.to_string()), Ok(expected.into()), "{text}");
    }
}

#[test]
fn parse_registry_refuses() {
    for (text, rule) in [
        ("", "host is missing"),
        ("/", "host is missing"),
        ("h?x", "has no query"),
        ("h#x", "a fragment"),
        ("me@h", "user info"),
        ("h:port", "port must be"),
        ("h:", "port must be"),
        ("h:0", "port must be"),
        ("h:65536", "port must be"),
        ("h:+80", "port must be"),
        ("ftp://h", "the scheme must be http or https"),
        ("reg istry", "' ' at position 3"),
        ("a..b", "between dots is empty"),
        (".h", "between dots is empty"),
        ("h,i", "',' is not allowed in a host"),
        ("%6c", "'%' is not allowed in a host"),
    ] {
        let refused = Url::parse_registry(text).expect_err(text);
        assert_eq!(refused.code, "INVALID_ARGUMENT");
        assert!(refused.message.starts_with("registry \""), "{}", refused.message);
        assert!(refused.message.contains(rule), "{text}: {}", refused.message);
    }
}

/// RFC 3986 §5.4, as far as it stays with http; and where its result would be another reading than a browser's.
#[test]
fn join_follows_the_rfc() {
    let base = url("http://a/b/c/d;p?q");
    for (reference, expected) in [
        ("g", "http://a/b/c/g"),
        ("./g", "http://a/b/c/g"),
        ("g/", "http://a/b/c/g/"),
        ("/g", "http://a/g"),
        ("//g", "http://g/"),
        ("?y", "http://a/b/c/d;p?y"),
        ("g?y", "http://a/b/c/g?y"),
        ("#s", "http://a/b/c/d;p?q"),
        ("g#s", "http://a/b/c/g"),
        ("g?y#s", "http://a/b/c/g?y"),
        (";x", "http://a/b/c/;x"),
        ("g;x?y#s", "http://a/b/c/g;x?y"),
        ("", "http://a/b/c/d;p?q"),
        (".", "http://a/b/c/"),
        ("./", "http://a/b/c/"),
        ("..", "http://a/b/"),
        ("../g", "http://a/b/g"),
        ("../..", "http://a/"),
        ("../../../g", "http://a/g"),
        ("/./g", "http://a/g"),
        ("/../g", "http://a/g"),
        ("g.", "http://a/b/c/g."),
        (".g", "http://a/b/c/.g"),
        ("g..", "http://a/b/c/g.."),
        ("..g", "http://a/b/c/..g"),
        ("./../g", "http://a/b/g"),
        ("./g/.", "http://a/b/c/g/"),
        ("g/./h", "http://a/b/c/g/h"),
        ("g/../h", "http://a/b/c/h"),
        ("g;x=1/../y", "http://a/b/c/y"),
        ("g?y/../x", "http://a/b/c/g?y/../x"),
        ("g#s/../x", "http://a/b/c/g"),
        ("g?y=a:b", "http://a/b/c/g?y=a:b"),
        ("/v2/a:b", "http://a/v2/a:b"),
        ("HTTPS://G:443/x?_state=a%20b&c", "https://g/x?_state=a%20b&c"),
    ] {
        assert_eq!(base.join(reference).map(|url| url.to_string()), Ok(expected.into()), "{reference}");
    }
    let prefix = Url::parse_registry("h/prefix").expect("a registry");
    assert_eq!(prefix.join("v2/").map(|url| url.to_string()), Ok("https://h/v2/".into()));
    let bare = Url::parse_registry("h").expect("a registry");
    assert_eq!(bare.join("v2/?n=1").map(|url| url.to_string()), Ok("https://h/v2/?n=1".into()));
}

/// F71, F75, and F20's schemes.
#[test]
fn join_refuses() {
    let base = url("https://registry.example.com/v2/a/tags/list");
    for reference in [
        "http:g",
        "https:/g",
        "https:///g",
        "///g",
        "//",
        "//me@h/",
        "https://me:pw@h/",
        "ftp://h/",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///x",
        "localhost:5000/v2/",
        "127.0.0.1:5000/v2/",
        "\\\\evil/",
        "/\\evil/",
        "/v2/ x",
        "/v2/\r\nX: y",
        "/v2/\u{e9}",
        "//0x7f.1/",
        "//2130706433/",
        "//127.1/",
        "//017700000001/",
        "//127.0.0.1./",
        "//1.2.3.256/",
        "//0x/",
        "//[::1%25eth0]/",
        "//[::1",
        "//[::1]x/",
        "//h:99999/",
    ] {
        let refused = base.join(reference).expect_err(reference);
        assert_eq!(refused.code, "INVALID_RESPONSE", "{reference}");
        assert!(refused.message.starts_with("link \""), "{}", refused.message);
    }
}

#[test]
fn paths_and_queries_are_built() {
    let base = Url::parse_registry("https://h/prefix/").expect("a registry");
    let tags = base.with_path("v2/library/alpine/tags/list");
    assert_eq!(tags.to_string(), "https://h/prefix/v2/library/alpine/tags/list");
    let page = tags.with_query(&[("n", "1000"), ("last", "a/b c+d&e=é~")]);
    assert_eq!(page.query(), Some("n=1000&last=a%2Fb%20c%2Bd%26e%3D%C3%A9~"));
    assert_eq!(page.with_path("v2/").to_string(), "https://h/prefix/v2/library/alpine/tags/list/v2/");
    assert_eq!(base.with_query(&[]).query(), None);
    assert_eq!(
        url("http://h/?_state=x").with_query(&[("digest", "sha256:a")]).query(),
        Some("_state=x&digest=sha256%3Aa")
    );
    assert_eq!(url("http://h/?").with_query(&[("a", "")]).to_string(), "http://h/?a=");
    assert_eq!(url("http://h/x/").with_path("/a?b#c").to_string(), "http://h/x/a%3Fb%23c");
}

#[test]
fn origins() {
    let same = |a: &str, b: &str| url(a).same_origin(&url(b));
    assert!(same("https://h/a", "https://H:443/b?c"));
    assert!(
        !same("https://h/", "http://h:443/")
            && !same("https://h/", "https://h:444/")
            && !same("http://h/", "http://i/")
    );
    assert!(url("http://[::ffff:127.0.0.1]/").is_loopback() && url("http://localhost./").is_loopback());
    assert!(!url("http://0.0.0.0/").is_loopback() && !url("http://128.0.0.1/").is_loopback());
    assert_eq!((url("https://h/").port(), url("http://h/").port(), url("http://h:5000/").port()), (443, 80, 5000));
}

/// As browsers write them, so that a host compares equal to that of a page's `URL`.
#[test]
fn addresses_are_written_as_browsers_write_them() {
    for (text, written) in [
        ("[::FFFF:127.0.0.1]", "[::ffff:7f00:1]"),
        ("[::ffff:0.0.0.0]", "[::ffff:0:0]"),
        ("[0:0:0:0:0:ffff:a00:1]", "[::ffff:a00:1]"),
        ("[::127.0.0.1]", "[::7f00:1]"),
        ("[2001:DB8:0:0:1:0:0:1]", "[2001:db8::1:0:0:1]"),
        ("[1:0:2:3:4:5:6:7]", "[1:0:2:3:4:5:6:7]"),
        ("[::1]", "[::1]"),
    ] {
        assert_eq!(url(&format!("http://{text}:5000/")).host(), written);
    }
}

/// F16, F62.
#[test]
fn redacted_hides_query_values() {
    let signed = url("https://s3.example/b?X-Amz-Signature=abc&n=1&last=a/b&&hunter2&scope=x:y&SERVICE=z");
    let expected = "https://s3.example/b?X-Amz-Signature=…&n=1&last=a/b&…&scope=x:y&SERVICE=…";
    assert_eq!(signed.redacted(), expected);
    assert_eq!(format!("{signed:?}"), expected);
    assert_eq!(url("http://h:5000/x").redacted(), "http://h:5000/x");
}

#[test]
fn where_a_registry_begins() {
    for (url, root) in [
        ("https://r.test/v2/", "https://r.test/v2/"),
        ("https://r.test/v2/a/b/tags/list?n=1", "https://r.test/v2/"),
        ("https://r.test/prefix/v2/a/v2/manifests/1", "https://r.test/prefix/v2/"),
        ("http://r.test:5000/v1/_ping", "http://r.test:5000/v1/"),
        ("https://auth.test/token?scope=x", "https://auth.test/"),
        ("https://auth.test/", "https://auth.test/"),
    ] {
        assert_eq!(Url::parse(url).expect(url).api_root().to_string(), root);
    }
    for host in ["https://r.test/v2/", "https://r.test/v2", "https://r.test/v1/", "docker://r.test", "oci://r.test/v2/"]
    {
        assert_eq!(Url::parse_registry(host).expect(host).with_path("v2/").to_string(), "https://r.test/v2/", "{host}");
    }
}
