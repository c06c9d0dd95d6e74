//! Values inside the text of a program: `eval`, `sh -c`, `ssh host "…"`, `awk`, `python -c`.

use super::super::syntax::{Command, Place, SSH_VALUED};
use super::values::{Values, value_in};
use super::warn;
use crate::diagnostic::{Diagnostic, Span};
use crate::runbook::{PartKind, Token};

const SHELLS: &[&str] = &["sh", "bash", "dash", "zsh", "ksh", "ash"];

/// A value that this command, or one that it runs elsewhere, reads as code.
pub fn interpreted(values: &Values<'_>, place: &Place<'_, '_>, command: &Command<'_>) -> Option<Diagnostic> {
    command.with_carried().find_map(|command| {
        let name = command.name()?;
        let texts = program(command, name).into_iter().chain(input(place, command, name));
        let (value, span) = texts.into_iter().find_map(|word| value(values, word))?;
        let message = format!("`{name}` reads the value of `{value}` as code");
        warn(span, message, help(name, &value))
    })
}

fn help(name: &str, value: &str) -> String {
    match name {
        "ssh" => "make the host a target and write on=…: a step's variables reach it as they are".to_owned(),
        "eval" => format!("do without `eval`; a value is used as \"${value}\""),
        "trap" => "put the commands in single quotes: the value is looked up when the trap runs".to_owned(),
        "source" | "." => "run a file whose name stands in the runbook".to_owned(),
        "awk" | "gawk" | "mawk" => format!("pass it beside the program: awk -v v=\"${value}\" '… v …'"),
        _ => "pass it as an argument or through the environment, and put the program in single quotes".to_owned(),
    }
}

fn value(values: &Values<'_>, word: &Token) -> Option<(String, Span)> {
    value_in(word, &|name, _| values.has(name))
}

/// The words of a command that are a program's text.
fn program<'t>(command: &Command<'t>, name: &str) -> Vec<&'t Token> {
    let arguments = command.arguments();
    match name {
        "eval" => arguments.to_vec(),
        "trap" => arguments.first().copied().into_iter().collect(),
        // `. "$DIR/env.sh"` runs a file that stands somewhere else, not one of any name.
        "source" | "." => arguments.first().copied().filter(|word| is_value_alone(word)).into_iter().collect(),
        "ssh" => behind_host(arguments),
        "su" | "runuser" => behind_option(arguments, 'c'),
        "python" | "python3" => behind_option(arguments, 'c'),
        "perl" | "ruby" | "node" => behind_option(arguments, 'e'),
        "awk" | "gawk" | "mawk" => {
            // `-v name=value`, `-F :` and `-f file` take a word, which is no program.
            let valued = |at: usize| at > 0 && ["-v", "-F", "-f"].contains(&arguments[at - 1].text.as_str());
            let text = (0..arguments.len()).find(|&at| !arguments[at].text.starts_with('-') && !valued(at));
            text.map(|at| arguments[at]).into_iter().collect()
        }
        "find" => {
            let shell = arguments.iter().position(|word| SHELLS.iter().any(|shell| word.is_word(shell)));
            shell.map(|at| behind_option(&arguments[at..], 'c')).unwrap_or_default()
        }
        name if SHELLS.contains(&name) => behind_option(arguments, 'c'),
        _ => Vec::new(),
    }
}

/// The word behind an option that ends in this letter, or holds it: `-c`, `-euc`, `-xc`.
fn behind_option<'t>(arguments: &[&'t Token], letter: char) -> Vec<&'t Token> {
    let is_option = |word: &&Token| {
        let letters = word.text.strip_prefix('-').filter(|letters| !letters.starts_with('-')).unwrap_or_default();
        word.text == "--command" && letter == 'c'
            || letters.contains(letter) && letters.chars().all(|c| c.is_ascii_alphabetic())
    };
    let at = arguments.iter().position(is_option);
    at.and_then(|at| arguments.get(at + 1)).copied().into_iter().collect()
}

fn behind_host<'t>(arguments: &[&'t Token]) -> Vec<&'t Token> {
    let mut at = 0;
    while let Some(word) = arguments.get(at).filter(|word| word.text.starts_with('-')) {
        at += if SSH_VALUED.contains(&word.text.as_str()) { 2 } else { 1 };
    }
    arguments.get(at + 1..).unwrap_or_default().to_vec()
}

fn is_value_alone(word: &Token) -> bool {
    matches!(word.parts.as_slice(), [part] if matches!(part.kind, PartKind::Variable(_)))
}

/// What a shell reads as its program from standard input: a here-document, `<<<`, or what `echo` or `cat <<E` pipes into it.
fn input<'p>(place: &'p Place<'_, 'p>, command: &Command<'p>, name: &str) -> Vec<&'p Token> {
    let arguments = command.arguments();
    let reads = match name {
        "ssh" => behind_host(arguments).is_empty(),
        name if SHELLS.contains(&name) => {
            let reads = arguments.iter().any(|word| word.is_word("-s"));
            reads || arguments.iter().all(|word| word.text.starts_with(['-', '+']) && !word.text.contains('c'))
        }
        _ => false,
    };
    if !reads {
        return Vec::new();
    }
    let own = documents(command);
    let before = place.before().map(|before| match before.name() {
        Some("echo" | "printf") => before.arguments().to_vec(),
        Some("cat") => documents(before),
        _ => Vec::new(),
    });
    own.into_iter().chain(before.unwrap_or_default()).collect()
}

/// The here-documents and here-strings of a command.
fn documents<'t>(command: &Command<'t>) -> Vec<&'t Token> {
    let words = command.redirections.iter().filter_map(|one| match one.operator.operator() {
        "<<<" => one.file,
        _ => one.document,
    });
    words.collect()
}
