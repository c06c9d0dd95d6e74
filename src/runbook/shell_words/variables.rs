//! The variables of a script: those that it uses, and those that it sets itself.

use super::token::{Part, PartKind, Token, TokenKind, everywhere};
use crate::diagnostic::Span;
use regex::Regex;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// `$NAME` and `${NAME}` in arithmetic, which the lexer does not read.
static USE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)").expect("a constant"));
/// `NAME=`, `NAME+=`, `NAME++`, … in arithmetic; `==` sets nothing.
static ARITHMETIC: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"([A-Za-z_][A-Za-z0-9_]*)\s*(?:(?:[-+*/%&|^]|<<|>>)?=(?:[^=]|$)|\+\+|--)").expect("a constant")
});

/// Words behind which a command begins, as `;` does.
const BEFORE_COMMAND: &[&str] =
    &["then", "do", "else", "elif", "if", "while", "until", "!", "{", "time", "command", "builtin"];
/// Commands that set the variables that they name.
const SETTERS: &[&str] =
    &["read", "mapfile", "readarray", "getopts", "local", "declare", "typeset", "for", "select", "let"];
/// Commands that set what stands before a `=`, and only name it otherwise.
const EXPORTERS: &[&str] = &["export", "readonly"];

/// Every `$NAME` that the shell replaces, with its place: none in single quotes, comments or quoted here-documents.
pub fn uses(tokens: &[Token]) -> Vec<(String, Span)> {
    everywhere(tokens).into_iter().flatten().flat_map(|token| &token.parts).flat_map(of_part).collect()
}

fn of_part(part: &Part) -> Vec<(String, Span)> {
    match &part.kind {
        PartKind::Variable(name) => vec![(name.clone(), part.span)],
        PartKind::Arithmetic => USE.captures_iter(&part.text).map(|found| (found[1].to_owned(), part.span)).collect(),
        PartKind::Text | PartKind::Command | PartKind::Process => Vec::new(),
    }
}

/// The names that a script sets somewhere: `NAME=…`, `read NAME`, `for NAME in …`, `printf -v NAME` and the like.
pub fn assigned(tokens: &[Token]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for list in everywhere(tokens) {
        for command in list.split(Token::ends_command) {
            names.extend(set_by(command));
        }
        let parts = list.iter().flat_map(|token| &token.parts);
        names.extend(parts.flat_map(set_inside));
    }
    names
}

/// What `$((NAME = 1))` and `${NAME:=…}` set.
fn set_inside(part: &Part) -> Vec<String> {
    match &part.kind {
        PartKind::Arithmetic => ARITHMETIC.captures_iter(&part.text).map(|found| found[1].to_owned()).collect(),
        PartKind::Variable(name) => {
            let behind = part.text.strip_prefix("${").and_then(|rest| rest.strip_prefix(name.as_str()));
            let sets = behind.is_some_and(|rest| rest.starts_with(":=") || rest.starts_with('='));
            sets.then(|| name.clone()).into_iter().collect()
        }
        PartKind::Text | PartKind::Command | PartKind::Process => Vec::new(),
    }
}

/// What one simple command sets.
fn set_by(command: &[Token]) -> Vec<String> {
    let mut names = Vec::new();
    let mut words = command.iter().filter(|token| token.kind == TokenKind::Word);
    let head = loop {
        let Some(word) = words.next() else { return names };
        match assigned_name(&word.text) {
            Some(name) => names.push(name.to_owned()),
            None if BEFORE_COMMAND.contains(&word.text.as_str()) => {}
            None => break word.text.as_str(),
        }
    };
    let mut named = |word: &Token| names.push(word.text.split(['=', '+', '[']).next().unwrap_or_default().to_owned());
    match head {
        head if SETTERS.contains(&head) => words.for_each(named),
        head if EXPORTERS.contains(&head) => words.filter(|word| word.text.contains('=')).for_each(named),
        "printf" if words.next().is_some_and(|word| word.text == "-v") => words.take(1).for_each(&mut named),
        _ => {}
    }
    names
}

/// The name that a word such as `NAME=x`, `NAME+=x` or `NAME[0]=x` sets.
pub fn assigned_name(word: &str) -> Option<&str> {
    let length = word.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
    let (name, mut rest) = word.split_at(length);
    if let Some(index) = rest.strip_prefix('[') {
        rest = index.split_once(']')?.1;
    }
    let sets = rest.starts_with('=') || rest.starts_with("+=");
    (sets && !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit())).then_some(name)
}
