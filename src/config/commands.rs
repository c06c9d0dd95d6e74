//! Targets and interpreters: commands that are started without a shell.

use super::model::Interpreter;
use super::table::{Entry, wrong};
use super::words::words;
use crate::diagnostic::Diagnostic;
use crate::runbook::{LOCAL, Shell, Target};

/// Reads `NAME = "ssh nas"` or `NAME = { run = "ssh nas", shell = "sh" }`.
pub fn target(entry: &Entry<'_>) -> Result<Target, Diagnostic> {
    if entry.name == LOCAL {
        return Err(wrong(entry.span, "`local` is this machine and cannot be declared").help("choose another name"));
    }
    let (run, shell) = match entry.value.table("target") {
        Err(_) => (entry.value.text(&entry.name)?.to_owned(), Shell::Bash),
        Ok(entries) => long_target(entry, &entries)?,
    };
    Target::parse(&run, shell).map_err(|why| {
        let message = format!("the target `{}` has no command: {why}", entry.name);
        entry.value.wrong(message).help("write the words behind which the shell is put, such as `ssh nas`")
    })
}

fn long_target(target: &Entry<'_>, entries: &[Entry<'_>]) -> Result<(String, Shell), Diagnostic> {
    let (mut run, mut shell) = (None, Shell::Bash);
    for entry in entries {
        match entry.name.as_str() {
            "run" => run = Some(entry.value.text("run")?.to_owned()),
            "shell" => {
                let word = entry.value.text("shell")?;
                shell = Shell::parse(word)
                    .ok_or_else(|| entry.value.wrong(format!("`{word}` is no shell: it is `bash` or `sh`")))?;
            }
            "each" | "max-parallel" => return Err(entry.not_supported("groups of targets")),
            _ => return Err(entry.unknown(&["run", "shell", "each"])),
        }
    }
    let run = run.ok_or_else(|| target.value.wrong(format!("the target `{}` has no `run`", target.name)))?;
    Ok((run, shell))
}

/// Reads `[interpreter.NAME]`.
pub fn interpreter(entry: &Entry<'_>) -> Result<Interpreter, Diagnostic> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+');
    let taken = ["bash", "sh", "output", "assert"].contains(&entry.name.as_str());
    if taken || entry.name.is_empty() || !entry.name.chars().all(plain) {
        return Err(wrong(entry.span, format!("`{}` cannot be an interpreter's name", entry.name))
            .help("a name holds letters, digits, `_`, `-`, `+`; bash and sh are the session's own"));
    }
    let mut command = Vec::new();
    for inner in entry.value.table("interpreter")? {
        match inner.name.as_str() {
            "run" => command = words(&inner)?,
            _ => return Err(inner.unknown(&["run"])),
        }
    }
    match command.is_empty() {
        true => Err(entry.value.wrong(format!("the interpreter `{}` has no `run`", entry.name))),
        false => Ok(Interpreter { words: command }),
    }
}
