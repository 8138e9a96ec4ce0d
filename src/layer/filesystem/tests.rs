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
        "same = dir",
    ]]);
    for path in ["etc/os-release", "/abs", "up", "hard", "dir/os-release", "dir/../dir/os-release", "same/os-release"] {
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
    for path in ["../a", "a/../../b", "a/.wh.", "a/.wh..", "a/.wh...", "."] {
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

#[test]
fn hard_links_that_nobody_could_make() {
    for (lines, message) in [
        (&["a", "b = a", "l -> a", "m = l"][..], None),
        (&["a", "b = none"], Some("a hard link to \"/none\", where no file is: \"b\"")),
        (&["a = b", "b"], Some("\"/b\"")),
        (&["d/", "b = d"], Some("\"/d\"")),
    ] {
        let error = tree(&[lines]).check_links().err();
        assert_eq!(error.is_some(), message.is_some(), "{lines:?}");
        assert!(error.is_none_or(|error| error.message.contains(message.unwrap())), "{lines:?}");
    }
}

/// AUFS had files with several names in a folder of its own.
#[test]
fn pseudo_links() {
    let tree =
        tree(&[&[".wh..wh.plnk/", ".wh..wh.plnk/1.2", "a = .wh..wh.plnk/1.2", "b = ./.wh..wh.plnk/1.2"], &["c"]]);
    assert_eq!(shown(&tree), "a:0 b:0 c:1");
    for path in ["a", "b"] {
        let (_, node) = tree.follow(path.as_bytes()).unwrap();
        assert_eq!((node.content().0, &*node.content().1.path), (0, &b".wh..wh.plnk/1.2"[..]));
    }
    assert!(tree.check_links().is_ok());
}

/// This takes hours if any step takes time with the square of its input.
#[test]
fn many_of_everything() {
    let long = "a/".repeat(8_000);
    let deep: Vec<_> = (0..40).map(|index| format!("{long}{index}")).collect();
    let whiteouts = ["d/.wh..wh..opq", ".wh.d", "d/.wh..wh..opq", ".wh..wh..opq"].iter().cycle().take(10_000);
    let files: Vec<_> = (0..10_000).map(|index| format!("d/{index}")).collect();
    let of = |lines: &[String]| layer(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    let whiteouts = layer(&whiteouts.copied().collect::<Vec<_>>());
    let layers = [of(&deep), of(&files), [of(&files), whiteouts.clone()].concat(), whiteouts];
    let mut tree = Tree::default();
    for entries in &layers {
        tree.apply(entries.clone()).unwrap();
    }
    assert_eq!(tree.nodes().count(), 0);
    assert!(crate::layer::dive::score(layers.to_vec()).unwrap().efficiency > 0.0);
    let link = format!("l -> {long}x");
    let top = layer(&["x", &link]);
    let mut search = crate::layer::search::Search::new(b"l", 0, 20);
    for layer in (1..20).rev() {
        assert_eq!(search.next_layer(), Some(layer));
        assert_eq!(search.add(top.clone()), Ok(None));
    }
}
