//! Scripts without their comments and indentation, which are a third of what a page downloads of them. Whoever wants to read the
//! code of the package finds it in the repository.

use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::Path;

/// Strips the scripts in a folder.
pub fn strip_all(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let file = entry?.path();
        if file.is_dir() {
            strip_all(&file)?;
        } else if file.extension().is_some_and(|extension| extension == "js") {
            strip_file(&file)?;
        }
    }
    Ok(())
}

/// Strips one script.
pub fn strip_file(file: &Path) -> Result<()> {
    let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    let stripped = strip(&text).with_context(|| format!("the comments of {}", file.display()))?;
    fs::write(file, stripped).with_context(|| format!("writing {}", file.display()))
}

/// The script without the comments that begin a line, without indentation and empty lines. The text of templates stays.
fn strip(script: &str) -> Result<String> {
    let (mut stripped, mut in_comment, mut in_template) = (String::new(), false, false);
    for line in script.lines() {
        let mut text = line;
        if !in_template {
            text = line.trim_start();
            in_comment |= text.starts_with("/*");
            if in_comment {
                let Some((_, code)) = text.split_once("*/") else { continue };
                in_comment = false;
                text = code.trim_start();
            }
            if text.is_empty() || text.starts_with("//") {
                continue;
            }
        }
        in_template ^= text.matches('`').count() % 2 == 1;
        stripped.extend([text, "\n"]);
    }
    ensure!(!in_comment && !in_template, "a comment or a template that does not end");
    Ok(stripped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_that_begin_a_line_go() {
        let script = "// What this is.

/** One line. */
export function f(a) {
  /*
   * Several lines.
   */
  const url = 'https://a/*b*/'; // behind code
  /** @type {any} */ (url).b();
  return `${a}
  // text

/* text */`;
}
";
        let expected = "export function f(a) {
const url = 'https://a/*b*/'; // behind code
(url).b();
return `${a}
  // text

/* text */`;
}
";
        assert_eq!(strip(script).expect("a script"), expected);
    }

    #[test]
    fn what_is_not_expected_fails_the_build() {
        for script in ["/* a\n", "let a = `b\n"] {
            strip(script).expect_err(script);
        }
    }
}
