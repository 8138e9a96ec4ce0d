//! Reconstructs a Dockerfile from an image's history. The history holds only what builders chose to record. It is
//! untrusted, so no entry may turn into two instructions.

use crate::protocol::oci::config::{History, ImageConfig};
use crate::protocol::oci::go_printed::readable;
use crate::protocol::text::printable;

/// The Dockerfile instructions, without `FROM`, which leaves no trace in a history.
const INSTRUCTIONS: &[&str] = &[
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

impl ImageConfig {
    /// Returns a Dockerfile reconstructed from the history.
    pub fn dockerfile(&self) -> String {
        reconstruct(&self.history)
    }
}

/// Writes one instruction or comment for each step, each ended by a newline.
fn reconstruct(history: &[History]) -> String {
    let mut out = String::new();
    for step in history {
        let command = lines(step.created_by.as_deref().unwrap_or_default());
        let comment = lines(step.comment.as_deref().unwrap_or_default());
        match instruction(&command) {
            Some(instruction) => push_instruction(&mut out, &readable(instruction)),
            None if command.is_empty() => push_comment(&mut out, &comment),
            None => push_comment(&mut out, &command),
        }
    }
    out
}

/// Returns the text's non-empty lines, trimmed and without unsafe characters.
fn lines(text: &str) -> String {
    let mut out = String::new();
    for line in text.split(['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}']) {
        let line: String =
            line.chars().filter(|character| *character == '\t' || !printable::is_unsafe(*character)).collect();
        let line = line.trim();
        if !line.is_empty() {
            if !out.is_empty() {
                out.push('\n');
            }
            out.push_str(line);
        }
    }
    out
}

/// Returns the instruction of a step; `None` if it can only be a comment.
fn instruction(command: &str) -> Option<String> {
    // BuildKit appends a comment to its entries.
    let command = command.strip_suffix("# buildkit").unwrap_or(command).trim_end();
    // The classic builder recorded every instruction but RUN as a no-op shell command.
    if let Some((shell, rest)) = command.split_once("#(nop)")
        && is_shell(shell)
    {
        return Some(rest.trim()).filter(|rest| is_instruction(rest)).map(str::to_owned);
    }
    if let Some(rest) = command.strip_prefix("RUN ") {
        return Some(run(rest));
    }
    if is_instruction(command) {
        return Some(command.to_owned());
    }
    // The classic builder's RUN starts with the build arguments or with the shell.
    let build_arguments = command.strip_prefix('|').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let shell = || command.split_once(' ').is_some_and(|(program, _)| program.starts_with('/') || is_shell(program));
    (build_arguments || shell()).then(|| run(command))
}

fn is_instruction(command: &str) -> bool {
    command.split([' ', '\t', '\n']).next().is_some_and(|word| INSTRUCTIONS.contains(&word))
}

/// Returns a `RUN` without the shell that Docker prepends and without build arguments (`|2 A=1 B=2 /bin/sh -c …`).
fn run(command: &str) -> String {
    const SHELL: &str = "/bin/sh -c ";
    let command = command.trim_start();
    let command = if command.starts_with('|') {
        command.split_once(SHELL).map_or(command, |(_, command)| command)
    } else {
        command.strip_prefix(SHELL).unwrap_or(command)
    };
    format!("RUN {}", command.trim_start())
}

/// Returns true for a shell followed by options only: `/bin/sh -c `, `cmd /S /C `, `powershell -Command `.
fn is_shell(text: &str) -> bool {
    let mut words = text.split_ascii_whitespace();
    let program = words.next().unwrap_or_default();
    let name = program.rsplit('/').next().unwrap_or_default();
    matches!(name, "sh" | "bash" | "ash" | "dash" | "zsh" | "cmd" | "powershell" | "pwsh")
        && words.all(|word| word.starts_with(['-', '/', '+']) || word == "pipefail")
}

/// Writes an instruction whose further lines continue the first one, so that none of them starts an instruction or
/// swallows the next. Comment lines are dropped, because the line after one would still be a continuation, and so are
/// backslashes at the end of lines.
fn push_instruction(out: &mut String, text: &str) {
    let mut between = "";
    for line in text.split('\n') {
        let line = line.trim_end_matches(['\\', ' ', '\t']);
        if !(line.is_empty() || line.starts_with('#')) {
            out.push_str(between);
            out.push_str(line);
            between = " \\\n    ";
        }
    }
    out.push('\n');
}

fn push_comment(out: &mut String, text: &str) {
    // "# escape=…" or "# syntax=…" at the start of a file would be a parser directive.
    let directive =
        text.split_once('=').is_some_and(|(name, _)| name.trim_end().bytes().all(|byte| byte.is_ascii_alphanumeric()));
    let mut before = if directive { "# comment: " } else { "# " };
    for line in text.split('\n').filter(|line| !line.is_empty()) {
        out.push_str(before);
        out.push_str(line);
        out.push('\n');
        before = "# ";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(created_by: &str, comment: &str) -> History {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        History { created_by: some(created_by), comment: some(comment), ..History::default() }
    }

    fn line(created_by: &str) -> String {
        reconstruct(&[step(created_by, "")])
    }

    #[test]
    fn instructions() {
        for (created_by, expected) in [
            ("/bin/sh -c #(nop)  CMD [\"bash\"]", "CMD [\"bash\"]\n"),
            ("/bin/sh -c #(nop) ADD file:0eae in / ", "ADD file:0eae in /\n"),
            ("/bin/sh -c apt-get update && apt-get install x", "RUN apt-get update && apt-get install x\n"),
            ("RUN /bin/sh -c apk add x # buildkit", "RUN apk add x\n"),
            ("RUN /bin/bash -o pipefail -c x # buildkit", "RUN /bin/bash -o pipefail -c x\n"),
            ("COPY . /app # buildkit", "COPY . /app\n"),
            ("WORKDIR /app", "WORKDIR /app\n"),
            ("ENV A=1 # not a comment", "ENV A=1 # not a comment\n"),
            ("|1 A=b /bin/sh -c make", "RUN make\n"),
            ("|2 A=b c D=/bin/sh /bin/sh -c make /bin/sh -c", "RUN make /bin/sh -c\n"),
            ("RUN |1 A=b /bin/sh -c make # buildkit", "RUN make\n"),
            ("|1 A=b make", "RUN |1 A=b make\n"),
            ("/bin/bash -o pipefail -c make", "RUN /bin/bash -o pipefail -c make\n"),
            ("cmd /S /C #(nop) ENV A=1", "ENV A=1\n"),
            ("cmd /S /C powershell -Command x", "RUN cmd /S /C powershell -Command x\n"),
            ("powershell -Command #(nop) USER me", "USER me\n"),
            ("/bin/sh -c echo \"#(nop) CMD x\"", "RUN echo \"#(nop) CMD x\"\n"),
            ("HEALTHCHECK &{[\"CMD\"] \"5s\"}", "HEALTHCHECK &{[\"CMD\"] \"5s\"}\n"),
            ("bazel build ...", "# bazel build ...\n"),
            ("run x", "# run x\n"),
            ("FROM x", "# FROM x\n"),
            ("/bin/sh -c #(nop) FROM x", "# /bin/sh -c #(nop) FROM x\n"),
            ("Buildpacks Process Types", "# Buildpacks Process Types\n"),
            (" ", ""),
        ] {
            assert_eq!(line(created_by), expected, "{created_by}");
        }
    }

    #[test]
    fn comments_stand_in() {
        let history = [
            step("", "Imported from -"),
            step("", ""),
            step("CMD x", "buildkit.dockerfile.v0"),
            step(" \n", "two\nlines"),
        ];
        assert_eq!(reconstruct(&history), "# Imported from -\nCMD x\n# two\n# lines\n");
        assert_eq!(reconstruct(&[]), "");
    }

    /// An entry can neither start an instruction of its own nor swallow the next one.
    #[test]
    fn nothing_is_forged() {
        for (created_by, expected) in [
            ("RUN a\nCMD evil", "RUN a \\\n    CMD evil\n"),
            ("RUN a \\\r\n  b\\\\ \r\r\nCMD evil", "RUN a \\\n    b \\\n    CMD evil\n"),
            ("RUN a\n\n \t\n# x\nb\n#y", "RUN a \\\n    b\n"),
            ("RUN a\u{2028}CMD\u{85}evil\u{b}x", "RUN a \\\n    CMD \\\n    evil \\\n    x\n"),
            ("CMD x\\", "CMD x\n"),
            ("CMD x\\ \u{1}", "CMD x\n"),
            ("CMD \u{1b}[2Jx", "CMD [2Jx\n"),
            ("bazel\nCMD evil", "# bazel\n# CMD evil\n"),
            ("escape=`", "# comment: escape=`\n"),
            ("sy\u{1}ntax = evil", "# comment: syntax = evil\n"),
            ("/bin/sh -c #(nop) # escape=`", "# /bin/sh -c #(nop) # escape=`\n"),
            ("/bin/sh -c #(nop) CMD x\nUSER root", "CMD x \\\n    USER root\n"),
        ] {
            assert_eq!(line(created_by), expected, "{created_by}");
        }
    }
}
