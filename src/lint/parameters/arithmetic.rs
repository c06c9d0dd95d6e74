//! Values that arithmetic evaluates: to a shell `a[$(rm x)]` is a number.

use super::super::syntax::Command;
use super::values::{Values, value_in};
use super::warn;
use crate::diagnostic::{Diagnostic, Span};
use crate::runbook::{Part, PartKind, Token};
use regex::Regex;
use std::sync::LazyLock;

static NAME: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"[A-Za-z_][A-Za-z0-9_]*").expect("a constant"));
const COMPARISONS: &[&str] = &["-eq", "-ne", "-lt", "-le", "-gt", "-ge"];

/// A text that this command evaluates as a number.
pub fn lint(values: &Values<'_>, command: &Command<'_>) -> Option<Diagnostic> {
    let documents = command.redirections.iter().filter_map(|one| one.document);
    let files = command.redirections.iter().filter_map(|one| one.file);
    let words: Vec<&Token> = command.all_words().iter().copied().chain(files).chain(documents).collect();
    in_words(values, &words).or_else(|| {
        let arguments = command.arguments();
        let evaluated: Vec<&Token> = match command.name()? {
            "let" => arguments.to_vec(),
            "[[" => compared(arguments),
            _ => return None,
        };
        let (value, span) = evaluated.iter().find_map(|word| in_expression(values, word))?;
        found(&value, span)
    })
}

/// `$((…))` and `((…))` in one of these words.
pub fn in_words(values: &Values<'_>, words: &[&Token]) -> Option<Diagnostic> {
    let (value, span) = words.iter().find_map(|word| word.parts.iter().find_map(|part| in_part(values, part)))?;
    found(&value, span)
}

fn found(value: &str, span: Span) -> Option<Diagnostic> {
    let message = format!("arithmetic reads the value of `{value}` as code: to a shell `a[$(…)]` is a number");
    warn(span, message, format!("declare `{value}` as `type: int`, or look first: [[ ${value} =~ ^[0-9]+$ ]]"))
}

/// The words on both sides of `-gt` and the like.
fn compared<'t>(words: &[&'t Token]) -> Vec<&'t Token> {
    let three = words.windows(3).filter(|three| COMPARISONS.contains(&three[1].text.as_str()));
    three.flat_map(|three| [three[0], three[2]]).collect()
}

fn in_part(values: &Values<'_>, part: &Part) -> Option<(String, Span)> {
    if part.kind == PartKind::Arithmetic {
        // `${#P}` is a number.
        let text = part.text.replace("${#", "");
        let lengths: Vec<&str> = part.text.split("${#").skip(1).filter_map(|rest| rest.split('}').next()).collect();
        let mut names = NAME.find_iter(&text).map(|name| name.as_str());
        let name = names.find(|name| values.may_be_code(name) && !lengths.contains(name))?;
        return Some((name.to_owned(), part.span));
    }
    // A `$(…)` is a command of its own.
    let words = part.inner.iter().filter(|_| matches!(part.kind, PartKind::Variable(_)));
    words.flat_map(|word| &word.parts).find_map(|part| in_part(values, part))
}

/// A value in a word that is an expression, as `$P` or by its bare name.
fn in_expression(values: &Values<'_>, word: &Token) -> Option<(String, Span)> {
    let bare = || {
        let text = word.literal()?;
        let name = NAME.find_iter(&text).find(|name| values.may_be_code(name.as_str()))?;
        Some((name.as_str().to_owned(), word.span))
    };
    value_in(word, &|name, _| values.may_be_code(name)).or_else(bare)
}
