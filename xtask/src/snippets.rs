//! The scripts that only lazy-loaded code calls. wasm-bindgen imports every script beside the Rust in the glue, which all
//! users download; here these leave it and come with the lazy part of the module.

use anyhow::{Result, ensure};
use std::fmt::Write as _;

/// Within the repository. Nothing but the calls of `split::exports` may lead to them.
const LAZY: &[&str] = &["src/js/cleanup/plan.js", "src/js/diagnosis/words.js"];

/// The glue, and the module that exports what was taken out of it.
#[derive(Debug)]
pub struct Glue {
    pub core: String,
    pub lazy: String,
}

/// Turns the imports of the lazy scripts into variables, which `attachLazy()` sets.
pub fn split(glue: &str) -> Result<Glue> {
    let (mut core, mut names) = (String::new(), Vec::new());
    let mut lazy = String::from("// The functions of core.js that only lazy-loaded code calls.\n");
    for line in glue.lines() {
        let is_lazy = LAZY.iter().any(|script| line.ends_with(&format!("/{script}';")));
        match line.strip_prefix("import { ").and_then(|rest| rest.split_once(" } from ")).filter(|_| is_lazy) {
            Some((imported, from)) => {
                ensure!(!imported.contains(" as "), "a lazy script's function needs a name of its own: {line}");
                let _ = writeln!(core, "let {imported};");
                let _ = writeln!(lazy, "export {{ {imported} }} from {from}");
                names.push(imported);
            }
            None => {
                ensure!(!is_lazy, "a lazy script is imported in a way that is not expected: {line}");
                let _ = writeln!(core, "{line}");
            }
        }
    }
    ensure!(names.len() == LAZY.len(), "the glue imports {names:?}, and not the functions of {LAZY:?}");
    let names = names.join(", ");
    let _ = writeln!(core, "\nexport function attachLazy(functions) {{\n    ({{ {names} }} = functions);\n}}");
    Ok(Glue { core, lazy })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GLUE: &str = "import { tell } from './snippets/x-1/src/js/args/callback.js';
import { planOf } from './snippets/x-1/src/js/cleanup/plan.js';
import { describe } from './snippets/x-1/src/js/diagnosis/words.js';
const ret = describe(planOf(1));
";

    #[test]
    fn lazy_scripts_leave_the_glue() {
        let glue = split(GLUE).expect("a glue");
        assert_eq!(
            glue.core,
            "import { tell } from './snippets/x-1/src/js/args/callback.js';
let planOf;
let describe;
const ret = describe(planOf(1));

export function attachLazy(functions) {
    ({ planOf, describe } = functions);
}
"
        );
        assert_eq!(
            glue.lazy,
            "// The functions of core.js that only lazy-loaded code calls.
export { planOf } from './snippets/x-1/src/js/cleanup/plan.js';
export { describe } from './snippets/x-1/src/js/diagnosis/words.js';
"
        );
    }

    #[test]
    fn a_glue_that_is_not_expected_fails_the_build() {
        for glue in [
            GLUE.replace("import { describe } ", "import * as import1 "),
            GLUE.replace("{ describe }", "{ describe as describe2 }"),
            GLUE.replace("diagnosis/words.js", "diagnosis.js"),
        ] {
            split(&glue).expect_err(&glue);
        }
    }
}
