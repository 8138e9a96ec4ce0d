//! What names tests names tests that exist, and every file of tests is run.

use std::fs;
use std::path::Path;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns the path of a JavaScript test, which is in a folder of `tests/js` or in `tests/www`.
fn path_of(file: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = fs::read_dir(root.join("tests/js")).unwrap().map(|entry| entry.unwrap().file_name());
    let folders = folders.map(|folder| format!("tests/js/{}", folder.into_string().unwrap()));
    let folders = folders.chain(["tests/js".to_owned(), "tests/www".to_owned()]);
    let mut paths = folders.map(|folder| format!("{folder}/{file}"));
    paths.find(|path| root.join(path).is_file()).unwrap_or_else(|| panic!("no such file: {file}"))
}

/// Whether `file::function` (Rust) or `file.test.mjs: title` (JavaScript) exists; `None` for what names no test.
fn is_there(reference: &str) -> Option<bool> {
    if let Some((file, title)) = reference.split_once(": ").filter(|(file, _)| file.ends_with(".mjs")) {
        return Some(read(&path_of(file)).contains(title));
    }
    let (file, function) = reference.split_once("::")?;
    let path = match file.split_once('/') {
        Some(("tests", _)) => format!("{file}.rs"),
        Some(_) => format!("src/{file}.rs"),
        None => format!("tests/native/{file}.rs"),
    };
    Some(read(&path).contains(&format!("fn {function}(")))
}

#[test]
fn the_table_of_behaviours_names_tests_that_exist() {
    let mut wrong = Vec::new();
    for line in include_str!("../REGISTRIES.md").lines().filter(|line| line.starts_with("| ")) {
        let spans = line.split('`').skip(1).step_by(2);
        let found: Vec<(&str, bool)> = spans.filter_map(|span| Some((span, is_there(span)?))).collect();
        let is_head = line.starts_with("| Behaviour");
        wrong.extend((found.is_empty() && !is_head).then(|| format!("no test: {line}")));
        wrong.extend(found.iter().filter(|(_, is_there)| !is_there).map(|(span, _)| format!("no such test: {span}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A file that `main.rs` does not name would not be compiled, and nobody would notice.
#[test]
fn every_file_of_this_folder_is_a_module() {
    let main = include_str!("main.rs");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/native");
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let modules: Vec<String> = names.filter(|name| name != "main.rs").map(|name| name.replace(".rs", "")).collect();
    let missing: Vec<&String> = modules.iter().filter(|name| !main.contains(&format!("\nmod {name};\n"))).collect();
    assert!(modules.len() > 20 && missing.is_empty(), "not in main.rs: {missing:?}");
}

/// Each fault and each requirement has tests, or says why it has none.
#[test]
fn the_tables_of_faults_and_requirements_name_tests_that_exist() {
    for (table, rows) in
        [(include_str!("../vectors/faults.tsv"), 99), (include_str!("../vectors/client-requirements.tsv"), 65)]
    {
        let lines: Vec<&str> = table.lines().skip(1).collect();
        assert_eq!(lines.len(), rows);
        let mut wrong = Vec::new();
        for line in lines {
            let (_, tests) = line.rsplit_once('\t').unwrap();
            if tests.strip_prefix("none: ").is_some_and(|reason| !reason.is_empty()) {
                continue;
            }
            let missing = tests.split(" | ").filter(|test| is_there(test) != Some(true));
            wrong.extend(missing.map(|test| format!("{:.3}: no such test: {test}", line)));
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}

/// What others' tables try has cases of this project's own.
#[test]
fn peer_vectors_name_their_own_cases() {
    let text = concat!(include_str!("peer_vectors.rs"), include_str!("peer_archives.rs"));
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("/// Own cases: ")).collect();
    assert_eq!(lines.len(), text.matches("\n#[test]\n").count());
    for test in lines.iter().flat_map(|line| line.split('`').skip(1).step_by(2)) {
        assert_eq!(is_there(test), Some(true), "{test}");
    }
}
