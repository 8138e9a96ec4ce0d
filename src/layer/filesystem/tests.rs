use super::sample::{entry, layer};
use super::*;
use crate::protocol::code::LAYER_INVALID;

fn tree(layers: &[&[&str]]) -> Tree {
    let mut tree = Tree::default();
    for lines in layers {
        tree.apply(layer(lines)).unwrap();
    }
    tree
}

fn shown(tree: &Tree) -> String {
    let line = |(path, node): (&[u8], &Node)| format!("{}:{}", String::from_utf8_lossy(path), node.layer);
    tree.nodes().map(line).collect::<Vec<_>>().join(" ")
}

#[test]
fn paths() {
    for (path, expected) in [
        ("./a//b/", Some("a/b")),
        ("/a/./b", Some("a/b")),
        ("a/../b", Some("b")),
        (".", Some("")),
        ("", Some("")),
        ("..", None),
        ("a/../../b", None),
        ("/..", None),
    ] {
        assert_eq!(normalised(path.as_bytes()).as_deref(), expected.map(str::as_bytes), "{path}");
    }
}

#[test]
fn whiteouts_hide_lower_layers_only() {
    for (layers, expected) in [
        (&[&["a", "b/", "b/c", "b-d"][..], &["b/.wh.c"]][..], "a:0 b:0 b-d:0"),
        (&[&["a", "b/", "b/c", "b-d"], &[".wh.b"]], "a:0 b-d:0"),
        (&[&["b/", "b/c", "b/d/", "b/d/e"], &["b/.wh..wh..opq", "b/x"]], "b:0 b/x:1"),
        (&[&["b/", "b/c"], &["b/x", "b/.wh..wh..opq"]], "b:0 b/x:1"),
        (&[&["b/", "b/c"], &["b/c", "b/.wh.c"]], "b:0 b/c:1"),
        (&[&["a", "b"], &[".wh..wh..opq", "c"]], "c:1"),
        (&[&["a"], &[".wh.zzz", ".wh..wh.plnk/1.2", ".wh..wh.aufs"]], "a:0"),
        (&[&["a"], &[".wh.a"], &["a"]], "a:2"),
        (&[&["a/", "a/b"], &["a"]], "a:1"),
        (&[&["a"], &["a/", "a/b"]], "a:1 a/b:1"),
        (&[&["a/", "a/b"], &["a/"]], "a:1 a/b:0"),
        (&[&["a"], &["./", "b"]], ":1 a:0 b:1"),
        (&[&["b/c"], &["b/"]], "b:1 b/c:0"),
        (&[&["a0", "a/", "a/b", "a.b"], &[".wh.a"]], "a.b:0 a0:0"),
    ] {
        assert_eq!(shown(&tree(layers)), expected, "{layers:?}");
    }
}

/// A link that a layer makes a directory leads nowhere any more when the layer empties it.
#[test]
fn a_whiteout_follows_no_link_that_its_layer_replaces() {
    let layers: &[&[&str]] = &[&["a/", "a/x", "l -> a"], &["l/", "l/.wh..wh..opq", "l/y"]];
    assert_eq!(shown(&tree(layers)), "a:0 a/x:0 l:1 l/y:1");
}

#[test]
fn the_form_of_overlayfs() {
    let mut tree = tree(&[&["a", "b/", "b/c"]]);
    let device = Entry { device: Some((0, 0)), ..entry("a", Kind::CharDevice) };
    let directory =
        Entry { xattrs: vec![(b"trusted.overlay.opaque".to_vec(), b"y".to_vec())], ..entry("b/", Kind::Directory) };
    tree.apply(vec![device, directory]).unwrap();
    assert_eq!(shown(&tree), "b:1");
    let null = Entry { device: Some((1, 3)), ..entry("null", Kind::CharDevice) };
    tree.apply(vec![null]).unwrap();
    assert_eq!(shown(&tree), "b:1 null:2");
}

#[test]
fn directories_that_are_links_are_followed() {
    let layers: &[&[&str]] = &[&["usr/", "usr/lib/", "usr/lib/a", "lib -> usr/lib"], &["lib/b", "lib/.wh.a"]];
    assert_eq!(shown(&tree(layers)), "lib:0 usr:0 usr/lib:0 usr/lib/b:1");
}

#[test]
fn what_is_hidden() {
    let mut tree = tree(&[&["a", "b/", "b/c", "d"]]);
    let hidden = tree.apply(layer(&[".wh.b", "a", "a", "e", "e"])).unwrap();
    let shown: Vec<_> =
        hidden.iter().map(|hidden| (String::from_utf8_lossy(&hidden.path), hidden.is_replaced)).collect();
    assert_eq!(shown, [("b/c".into(), false), ("b".into(), false), ("a".into(), true)]);
}

#[test]
fn links_are_followed_inside() {
    let tree = tree(&[&[
        "etc/",
        "etc/os-release -> ../usr/lib/os-release",
        "usr/",
        "usr/lib/",
        "usr/lib/os-release",
        "abs -> /etc/os-release",
        "up -> ../../../../etc/os-release",
        "hard = abs",
        "one -> two",
        "two -> one",
        "lost -> nowhere",
        "dir -> etc",
    ]]);
    for path in ["etc/os-release", "/abs", "up", "dir/os-release", "dir/../dir/os-release"] {
        assert_eq!(tree.follow(path.as_bytes()).unwrap().0, b"usr/lib/os-release", "{path}");
    }
    for (path, code, shown) in [
        ("one", LAYER_INVALID, "/one"),
        ("lost", code::NOT_FOUND, "/nowhere"),
        ("etc/none", code::NOT_FOUND, "/etc/none"),
    ] {
        let error = tree.follow(path.as_bytes()).unwrap_err();
        assert_eq!(error.code, code, "{path}");
        assert!(error.message.contains(&format!("\"{shown}\"")), "{error}");
    }
}

#[test]
fn what_is_no_file_system_is_refused() {
    for path in ["../a", "a/../../b", "a/.wh.", "."] {
        let error = Tree::default().apply(layer(&[path])).unwrap_err();
        assert_eq!(error.code, LAYER_INVALID);
        assert!(error.message.contains(path), "{error}");
    }
}

#[test]
fn a_file_holds_nothing() {
    for (lower, upper) in [("a", "a/b"), ("a", "a/b/c"), ("l -> a", "a"), ("a", "l/b")] {
        let mut tree = tree(&[&[lower]]);
        let lines: &[&str] = match upper {
            "a" => &["a", "l/b"],
            "l/b" => &["l -> a", "l/b"],
            path => &[path],
        };
        assert_eq!(tree.apply(layer(lines)).unwrap_err().code, LAYER_INVALID, "{lower}, {upper}");
    }
}

#[test]
fn hard_links_keep_their_content() {
    let tree = tree(&[
        &["a", "b = a", "c = ./b", "d = none", "self = self", "usr/", "usr/x", "lib -> usr", "e = lib/x"],
        &["a"],
        &[".wh.a"],
    ]);
    let content = |path: &str| {
        let node = tree.get(path.as_bytes()).unwrap();
        let (layer, entry) = node.content();
        format!("{layer} {}", String::from_utf8_lossy(&entry.path))
    };
    assert_eq!(["b", "c", "e"].map(content), ["0 a", "0 a", "0 usr/x"]);
    // What names nothing has no content to give.
    assert_eq!(["d", "self"].map(|path| tree.get(path.as_bytes()).unwrap().linked.is_none()), [true, true]);
}
