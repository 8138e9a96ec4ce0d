//! The scripts that only parts of the module call. wasm-bindgen imports every script beside the Rust in the glue, which all
//! users download; here these leave it and come with their part.

use anyhow::{Context, Result, ensure};
use std::fmt::Write as _;

/// By part; the scripts are within the repository. Nothing but the part's calls may lead to them.
const SCRIPTS: &[(&str, &str)] = &[
    ("read", "src/fetch/body/passage.js"),
    ("read", "src/fetch/schema1.js"),
    ("read", "src/js/args/blob-data.js"),
    ("read", "src/js/output/stream.js"),
    ("cleanup", "src/js/cleanup/plan.js"),
    ("diagnose", "src/js/diagnosis/words.js"),
    ("layer", "src/js/contents/bytes.js"),
    ("layer", "src/js/contents/entries.js"),
    ("archive", "src/js/archive/data.js"),
];

/// The glue, and what was taken out of it.
#[derive(Debug)]
pub struct Glue {
    pub core: String,
    /// By part: a module that exports the functions of the part's scripts.
    pub parts: Vec<(&'static str, String)>,
}

/// Turns the imports of the parts' scripts into variables, which `attachScripts()` sets.
pub fn split(glue: &str) -> Result<Glue> {
    let (mut core, mut names) = (String::new(), Vec::new());
    let mut parts: Vec<(&'static str, String)> = Vec::new();
    let mut imports = 0;
    for line in glue.lines() {
        let found = SCRIPTS.iter().find(|(_, script)| line.trim_end_matches(['\'', '"', ';']).ends_with(script));
        let Some((part, _)) = found else {
            let _ = writeln!(core, "{line}");
            continue;
        };
        let imported = line.strip_prefix("import { ").and_then(|rest| rest.split_once(" } from "));
        let (imported, from) = imported
            .filter(|(imported, _)| imported.split(", ").all(|name| !name.contains(' ')))
            .with_context(|| format!("the script of a part is imported in a way that is not expected: {line}"))?;
        let _ = writeln!(core, "let {imported};");
        if !parts.iter().any(|(name, _)| name == part) {
            parts.push((part, format!("// The functions of core.js that only the part {part} calls.\n")));
        }
        for (_, text) in parts.iter_mut().filter(|(name, _)| name == part) {
            let _ = writeln!(text, "export {{ {imported} }} from {from}");
        }
        names.extend(imported.split(", ").map(|name| format!("{name} = {name}")));
        imports += 1;
    }
    ensure!(imports == SCRIPTS.len(), "the glue imports {names:?}, and not something of each of {SCRIPTS:?}");
    let names = names.join(", ");
    let _ = writeln!(core, "\nexport function attachScripts(functions) {{\n    ({{ {names} }} = functions);\n}}");
    Ok(Glue { core, parts })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GLUE: &str = "import { tell } from './snippets/x-1/src/js/args/callback.js';
import { Unpacker, sign } from './snippets/x-1/src/fetch/schema1.js';
import { classify } from './snippets/x-1/src/js/args/blob-data.js';
import { planOf } from './snippets/x-1/src/js/cleanup/plan.js';
import { describe } from './snippets/x-1/src/js/diagnosis/words.js';
import { streamOf } from './snippets/x-1/src/js/contents/bytes.js';
import { entriesOf } from './snippets/x-1/src/js/contents/entries.js';
import { archiveOf } from './snippets/x-1/src/js/archive/data.js';
import { Sink } from './snippets/x-1/src/js/output/stream.js';
import { Passage } from './snippets/x-1/src/fetch/body/passage.js';
const ret = describe(planOf(1));
";

    #[test]
    fn scripts_of_parts_leave_the_glue() {
        let glue = split(GLUE).expect("a glue");
        assert_eq!(
            glue.core,
            "import { tell } from './snippets/x-1/src/js/args/callback.js';
let Unpacker, sign;
let classify;
let planOf;
let describe;
let streamOf;
let entriesOf;
let archiveOf;
let Sink;
let Passage;
const ret = describe(planOf(1));

export function attachScripts(functions) {
    ({ Unpacker = Unpacker, sign = sign, classify = classify, planOf = planOf, describe = describe, streamOf = streamOf, entriesOf = entriesOf, archiveOf = archiveOf, Sink = Sink, Passage = Passage } = functions);
}
"
        );
        let [(read, data), (cleanup, plan), (diagnose, words), (layer, contents), (archive, _)] = &glue.parts[..]
        else {
            panic!("{:?}", glue.parts)
        };
        let names = [read, cleanup, diagnose, layer, archive].map(|name| *name);
        assert_eq!(names, ["read", "cleanup", "diagnose", "layer", "archive"]);
        assert_eq!(
            contents,
            "// The functions of core.js that only the part layer calls.
export { streamOf } from './snippets/x-1/src/js/contents/bytes.js';
export { entriesOf } from './snippets/x-1/src/js/contents/entries.js';
"
        );
        assert_eq!(
            data,
            "// The functions of core.js that only the part read calls.
export { Unpacker, sign } from './snippets/x-1/src/fetch/schema1.js';
export { classify } from './snippets/x-1/src/js/args/blob-data.js';
export { Sink } from './snippets/x-1/src/js/output/stream.js';
export { Passage } from './snippets/x-1/src/fetch/body/passage.js';
"
        );
        assert_eq!(
            plan,
            "// The functions of core.js that only the part cleanup calls.
export { planOf } from './snippets/x-1/src/js/cleanup/plan.js';
"
        );
        assert_eq!(
            words,
            "// The functions of core.js that only the part diagnose calls.
export { describe } from './snippets/x-1/src/js/diagnosis/words.js';
"
        );
    }

    #[test]
    fn a_glue_that_is_not_expected_fails_the_build() {
        for glue in [
            GLUE.replace("import { describe } ", "import * as import1 "),
            GLUE.replace("{ describe }", "{ describe as describe2 }"),
            format!("{GLUE}import * as import1 from \"./snippets/x-1/src/fetch/schema1.js\"\n"),
            GLUE.replace("diagnosis/words.js", "diagnosis.js"),
        ] {
            split(&glue).expect_err(&glue);
        }
    }
}
