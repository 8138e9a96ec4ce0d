//! The calls whose code is loaded with the first of them. Each gives a promise: there is time to load it.

use std::fmt::Write as _;

/// By class: what changes a registry, what finds out why it does not work, and what is for V1 alone.
pub const LAZY: &[(&str, &[&str])] = &[
    ("DockerRegistryClient", &["copy", "diagnose", "search"]),
    (
        "Repository",
        &[
            "createIndex",
            "deleteBlob",
            "deleteManifest",
            "deleteRepository",
            "loadCleanupPlan",
            "mountBlob",
            "planCleanup",
            "planDelete",
            "pushArtifact",
            "pushBlob",
            "pushImage",
            "pushManifest",
            "referrers",
            "tag",
            "untag",
        ],
    ),
];

/// Whether an export of the linked module (with wasm-bindgen's hash behind its name) or of the bound one is such a call.
pub fn is_lazy(export: &str) -> bool {
    LAZY.iter().flat_map(|(class, names)| names.iter().map(move |name| export_name(class, name))).any(|name| {
        let rest = export.strip_prefix(&name);
        rest.is_some_and(|rest| {
            rest.is_empty()
                || rest.strip_prefix('_').is_some_and(|hash| hash.bytes().all(|byte| byte.is_ascii_hexdigit()))
        })
    })
}

/// The list as a JavaScript module, for whoever has to load `lazy` before it calls any of them.
pub fn list() -> String {
    let mut text = String::from("// The calls that need lazy.wasm, by class.\nexport default {\n");
    for (class, names) in LAZY {
        let names: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
        let _ = writeln!(text, "  {class}: [{}],", names.join(", "));
    }
    text.push_str("};\n");
    text
}

/// As wasm-bindgen names a method's export.
fn export_name(class: &str, method: &str) -> String {
    format!("{}_{method}", class.to_lowercase())
}
