//! Where a script makes code of a parameter or a capture.

use super::Known;
use super::commands::{Command, Script};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::runbook::{ParameterKind, PartKind, Runbook, Token};

/// Every warning on one script.
pub fn lint(runbook: &Runbook, known: &Known, script: &Script<'_>, found: &mut Vec<Diagnostic>) {
    for (_, command) in script.commands() {
        let before = found.len();
        found.extend(interpreted(runbook, known, command));
        if found.len() == before {
            found.extend(unquoted(runbook, known, command));
        }
    }
}

/// Whether a name is a parameter's or a capture's.
fn is_value(runbook: &Runbook, known: &Known, name: &str) -> bool {
    known.captures.contains(name) || runbook.params.iter().any(|parameter| parameter.name == name)
}

/// Whether a value of this name may hold blanks or patterns: a number cannot, and a pattern is there to say so.
fn may_split(runbook: &Runbook, known: &Known, name: &str) -> bool {
    match runbook.params.iter().find(|parameter| parameter.name == name) {
        Some(parameter) => {
            let plain = matches!(parameter.kind, ParameterKind::Int | ParameterKind::Bool | ParameterKind::Quantity);
            !plain && parameter.pattern.is_none()
        }
        None => known.captures.contains(name),
    }
}

/// The first value in a word, with its place.
fn value_in(word: &Token, wanted: impl Fn(&str, bool) -> bool) -> Option<(String, Span)> {
    word.parts.iter().find_map(|part| match &part.kind {
        PartKind::Variable(name) if wanted(name, part.quoted) => Some((name.clone(), part.span)),
        _ => None,
    })
}

/// `$P` without quotes, where a shell splits and expands it.
fn unquoted(runbook: &Runbook, known: &Known, command: &Command<'_>) -> Option<Diagnostic> {
    // `for x in $LIST` splits on purpose, and `[[ ]]` and `case` do not split.
    let name = command.name();
    if matches!(name.as_deref(), Some("[[" | "case" | "for" | "let" | "((")) {
        return None;
    }
    let splits = |name: &str, quoted: bool| !quoted && may_split(runbook, known, name);
    let assigned = |word: &&&Token| {
        let head = word.text.split('=').next().unwrap_or_default();
        head.len() < word.text.len() && head.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let words = command.all_words().iter().filter(|word| !assigned(word));
    let files = command
        .redirections
        .iter()
        .filter_map(|(operator, file)| file.as_ref().filter(|_| !operator.text.contains("<<")));
    let (value, span) = words.chain(files).find_map(|word| value_in(word, splits))?;
    let message = format!("`${value}` without quotes: its value is split at blanks and expanded as a pattern");
    Some(Diagnostic::warning(Code::ParameterAsCode, span, message).help(format!("write \"${value}\"")))
}

/// A value inside the text of a program: `eval`, `sh -c`, `ssh host "…"`, `awk`, `python -c`.
fn interpreted(runbook: &Runbook, known: &Known, command: &Command<'_>) -> Option<Diagnostic> {
    let name = command.name()?;
    let arguments = command.arguments();
    let behind = |option: &str| {
        let at = arguments.iter().position(|word| word.text == option)?;
        arguments.get(at + 1..at + 2)
    };
    let program = match name.as_str() {
        "eval" => arguments,
        "sh" | "bash" | "dash" | "zsh" | "ksh" => behind("-c").or_else(|| behind("-ec")).or_else(|| behind("-lc"))?,
        "ssh" => {
            let host = arguments.iter().position(|word| !word.text.starts_with('-'))?;
            arguments.get(host + 1..)?
        }
        "python" | "python3" => behind("-c")?,
        "perl" | "ruby" | "node" => behind("-e")?,
        "awk" | "gawk" | "mawk" => {
            // `-v name=value`, `-F :` and `-f file` take a word, which is no program.
            let valued = |at: usize| at > 0 && ["-v", "-F", "-f"].contains(&arguments[at - 1].text.as_str());
            let text = (0..arguments.len()).find(|&at| !arguments[at].text.starts_with('-') && !valued(at))?;
            arguments.get(text..text + 1)?
        }
        "xargs" | "find" => {
            let shell = arguments.iter().position(|word| word.is_word("sh") || word.is_word("bash"))?;
            arguments.get(shell + 1..)?
        }
        "psql" | "sqlite3" | "mysql" => return None,
        _ => return None,
    };
    let (value, span) = program.iter().find_map(|word| value_in(word, |name, _| is_value(runbook, known, name)))?;
    let message = format!("`{name}` reads the value of `{value}` as code");
    let help = match name.as_str() {
        "ssh" => "make the host a target and write on=…: a step's variables reach it as they are".to_owned(),
        "eval" => format!("do without `eval`; a value is used as \"${value}\""),
        "awk" | "gawk" | "mawk" => format!("pass it beside the program: awk -v v=\"${value}\" '… v …'"),
        _ => "pass it as an argument or through the environment, and put the program in single quotes".to_owned(),
    };
    Some(Diagnostic::warning(Code::ParameterAsCode, span, message).help(help))
}
