//! The parts of the module: what each is loaded for.

use std::fmt::Write as _;

/// Methods, by class.
type Methods = &'static [(&'static str, &'static [&'static str])];

/// A module of the package.
pub struct Part {
    pub name: &'static str,
    /// The parts that are loaded before it, as positions in [`PARTS`]. What any two parts need in common, one part needs or
    /// is: else a function of both could be called without what it calls.
    needs: &'static [usize],
    /// Methods that load the part. Each returns a promise: there is time to load it.
    calls: Methods,
    /// Methods that nobody can call before the part is loaded, because only its calls return such objects.
    members: Methods,
    /// Functions that are called when the part is loaded.
    functions: &'static [&'static str],
    /// Modules, by their paths, whose functions are in the part although only calls of others lead to them.
    rooms: &'static [&'static str],
}

/// What every user loads, as a position in [`PARTS`].
pub const CORE: usize = 0;
const READ: usize = 1;
const WRITE: usize = 2;
const UNPACK: usize = 3;

/// All parts, each behind those it needs.
pub const PARTS: &[Part] = &[
    Part { name: "core", needs: &[], calls: &[], members: &[], functions: &[], rooms: &[] },
    Part {
        name: "read",
        needs: &[CORE],
        calls: &[
            ("Repository", &["blob", "data", "headBlob", "headManifest", "image", "manifest", "usage"]),
            ("InventoryPages", &["next"]),
            ("TagDescriptions", &["next"]),
        ],
        members: &[
            ("ContentPages", &["free", "stop"]),
            (
                "Image",
                &[
                    "ancestry",
                    "created",
                    "digest",
                    "dockerfile",
                    "files",
                    "free",
                    "getData",
                    "getJson",
                    "getLayer",
                    "history",
                    "id",
                    "layerChanges",
                    "layerFiles",
                    "layerStream",
                    "layers",
                    "mediaType",
                    "platform",
                    "size",
                    "verified",
                ],
            ),
        ],
        functions: &[],
        rooms: &[],
    },
    Part {
        name: "write",
        needs: &[READ],
        calls: &[
            ("DockerRegistryClient", &["copy"]),
            (
                "Repository",
                &[
                    "createIndex",
                    "deleteBlob",
                    "deleteManifest",
                    "mountBlob",
                    "planDelete",
                    "pushArtifact",
                    "pushBlob",
                    "pushManifest",
                    "referrers",
                    "tag",
                    "untag",
                ],
            ),
        ],
        members: &[],
        functions: &[],
        rooms: &[],
    },
    Part {
        // What reads an archive, for whichever part does.
        name: "unpack",
        needs: &[READ],
        calls: &[],
        members: &[],
        functions: &[],
        rooms: &[
            "docker_registry_client_wasm::layer::decompress",
            "docker_registry_client_wasm::layer::tar",
            "zlib_rs",
        ],
    },
    Part {
        name: "layer",
        needs: &[UNPACK],
        calls: &[
            ("ContentPages", &["next"]),
            (
                "Image",
                &["diff", "exportTar", "fileStream", "layerIndex", "packages", "readFile", "useLayerIndex", "waste"],
            ),
        ],
        members: &[],
        functions: &[],
        rooms: &[],
    },
    Part {
        name: "archive",
        needs: &[WRITE, UNPACK],
        calls: &[("DockerRegistryClient", &["archiveImages", "load"]), ("Image", &["save"]), ("Repository", &["save"])],
        members: &[],
        functions: &[],
        rooms: &[],
    },
    Part {
        name: "cleanup",
        needs: &[WRITE],
        calls: &[("Repository", &["loadCleanupPlan", "planCleanup"])],
        members: &[],
        functions: &[],
        rooms: &[],
    },
    Part {
        name: "diagnose",
        // They share the checks of manifests and digests.
        needs: &[READ],
        calls: &[("DockerRegistryClient", &["diagnose"])],
        members: &[],
        functions: &[],
        rooms: &[],
    },
    Part {
        name: "legacy",
        needs: &[READ],
        calls: &[("DockerRegistryClient", &["search"]), ("Repository", &["deleteRepository", "pushImage"])],
        members: &[],
        functions: &["installLegacy"],
        rooms: &[],
    },
    Part { name: "auth", needs: &[CORE], calls: &[], members: &[], functions: &["installAuth"], rooms: &[] },
    Part { name: "zstd", needs: &[UNPACK], calls: &[], members: &[], functions: &["installZstd"], rooms: &[] },
];

/// The part of an export of the linked module (with wasm-bindgen's hash behind its name) or of the bound one.
pub fn part_of(export: &str) -> usize {
    let is_in = |part: &Part| {
        let methods = part.calls.iter().chain(part.members);
        let methods = methods.flat_map(|(class, names)| names.iter().map(move |name| export_name(class, name)));
        methods.chain(part.functions.iter().map(|name| (*name).to_owned())).any(|name| {
            let rest = export.strip_prefix(&name);
            rest.is_some_and(|rest| {
                rest.is_empty()
                    || rest.strip_prefix('_').is_some_and(|hash| hash.bytes().all(|byte| byte.is_ascii_hexdigit()))
            })
        })
    };
    PARTS.iter().position(is_in).unwrap_or(CORE)
}

/// The part of a function that the linker calls like this, if it is in a module of one.
pub fn part_of_room(name: &str) -> Option<usize> {
    PARTS.iter().position(|part| part.rooms.iter().any(|room| is_in(name, room)))
}

/// A module of a part that has none of these functions.
pub fn empty_room<'a>(names: impl Iterator<Item = &'a String> + Clone) -> Option<&'static str> {
    let mut rooms = PARTS.iter().flat_map(|part| part.rooms.iter().copied());
    rooms.find(|room| !names.clone().any(|name| is_in(name, room)))
}

fn is_in(name: &str, room: &str) -> bool {
    name.strip_prefix("_ZN").is_some_and(|rest| rest.starts_with(&mangled(room)))
}

/// A path as the linker has it.
fn mangled(path: &str) -> String {
    path.split("::").fold(String::new(), |name, segment| name + &format!("{}{segment}", segment.len()))
}

/// The last part that is loaded whenever one of the two is.
pub fn common(one: usize, other: usize) -> usize {
    let is_common = |part: &usize| is_loaded_with(*part, one) && is_loaded_with(*part, other);
    (CORE..PARTS.len()).rfind(is_common).unwrap_or(CORE)
}

/// Whether a part is loaded whenever the other is, and is not the same.
pub fn is_before(part: usize, other: usize) -> bool {
    part != other && is_loaded_with(part, other)
}

fn is_loaded_with(part: usize, other: usize) -> bool {
    part == other || PARTS[other].needs.iter().any(|needed| is_loaded_with(part, *needed))
}

/// The parts but the core as a JavaScript module: for each the others it needs, the import of its scripts, and the methods that
/// load it, by class. `scripts` are the files of those parts that have any.
pub fn list(scripts: &[(&str, String)]) -> String {
    let mut text =
        String::from("// The parts of the module and the calls that load them, by class.\nexport default {\n");
    for part in &PARTS[CORE + 1..] {
        let _ = writeln!(text, "  {}: {{", part.name);
        let needs = part.needs.iter().filter(|needed| **needed != CORE);
        let needs: Vec<String> = needs.map(|needed| format!("'{}'", PARTS[*needed].name)).collect();
        let _ = writeln!(text, "    needs: [{}],", needs.join(", "));
        for (_, file) in scripts.iter().filter(|(name, _)| *name == part.name) {
            let _ = writeln!(text, "    scripts: () => import('./{file}'),");
        }
        text.push_str("    calls: {\n");
        for (class, names) in part.calls {
            let names: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
            let _ = writeln!(text, "      {class}: [{}],", names.join(", "));
        }
        text.push_str("    },\n  },\n");
    }
    text.push_str("};\n");
    text
}

/// As wasm-bindgen names a method's export.
fn export_name(class: &str, method: &str) -> String {
    let class = class.to_lowercase();
    if method == "free" { format!("__wbg_{class}_free") } else { format!("{class}_{method}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> usize {
        PARTS.iter().position(|part| part.name == name).expect("a part")
    }

    #[test]
    fn each_part_stands_behind_what_it_needs() {
        for (position, part) in PARTS.iter().enumerate().skip(1) {
            assert!(!part.needs.is_empty() && part.needs.iter().all(|needed| *needed < position), "{}", part.name);
        }
    }

    #[test]
    fn what_two_parts_have_in_common_is_loaded_with_one_part() {
        for one in 0..PARTS.len() {
            for other in 0..PARTS.len() {
                let last = common(one, other);
                for part in 0..PARTS.len() {
                    let is_common = is_loaded_with(part, one) && is_loaded_with(part, other);
                    let names = [one, other, part].map(|part| PARTS[part].name);
                    assert_eq!(is_common, is_loaded_with(part, last), "{names:?}");
                }
            }
        }
    }

    #[test]
    fn what_two_parts_share_is_in_what_both_need() {
        for (one, other, shared) in [
            ("write", "legacy", "read"),
            ("cleanup", "write", "write"),
            ("cleanup", "legacy", "read"),
            ("write", "read", "read"),
            ("diagnose", "write", "read"),
            ("core", "legacy", "core"),
            ("auth", "read", "core"),
            ("layer", "zstd", "unpack"),
            ("archive", "layer", "unpack"),
            ("archive", "cleanup", "write"),
            ("layer", "write", "read"),
            ("write", "write", "write"),
        ] {
            assert_eq!(common(named(one), named(other)), named(shared), "{one} and {other}");
            assert_eq!(common(named(other), named(one)), named(shared), "{other} and {one}");
        }
        assert!(is_before(named("read"), named("write")));
        assert!(!is_before(named("write"), named("read")));
        assert!(!is_before(named("write"), named("write")));
        assert!(!is_before(named("diagnose"), named("write")));
    }

    #[test]
    fn exports_are_found_with_and_without_a_hash() {
        assert_eq!(part_of("repository_untag"), named("write"));
        assert_eq!(part_of("repository_untag_0123456789abcdef"), named("write"));
        assert_eq!(part_of("repository_untagged"), CORE);
        assert_eq!(part_of("repository_tags"), CORE);
        assert_eq!(part_of("image_layers"), named("read"));
        assert_eq!(part_of("__wbg_image_free_0123456789abcdef"), named("read"));
        assert_eq!(part_of("__wbg_repository_free_0123456789abcdef"), CORE);
        assert_eq!(part_of("installLegacy"), named("legacy"));
    }

    #[test]
    fn functions_are_found_by_their_modules() {
        let path = "_ZN27docker_registry_client_wasm5layer";
        for (name, part) in [
            (format!("{path}3tar6Reader4push17h0123456789abcdefE"), Some("unpack")),
            (format!("{path}10decompress4gzip4Gzip7inflate17h0123456789abcdefE"), Some("unpack")),
            ("_ZN7zlib_rs7inflate4init17h0123456789abcdefE".into(), Some("unpack")),
            (format!("{path}4zstd6create17h0123456789abcdefE"), None),
            (format!("{path}5waste5waste17h0123456789abcdefE"), None),
            ("installLegacy".into(), None),
        ] {
            assert_eq!(part_of_room(&name), part.map(named), "{name}");
        }
        let names = ["_ZN7zlib_rs1aE", "_ZN27docker_registry_client_wasm5layer3tar1aE"].map(String::from);
        assert_eq!(empty_room(names.iter()), Some("docker_registry_client_wasm::layer::decompress"));
    }
}
