//! Which names are values from outside, and what may stand in them.

use super::super::Known;
use super::super::syntax::Place;
use crate::diagnostic::Span;
use crate::runbook::{Check, Choices, ExpectedStream, Parameter, ParameterKind, Part, PartKind, Runbook, Step, Token};
use regex::Regex;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// The parameters and captures of a runbook, as one script sees them.
pub struct Values<'r> {
    runbook: &'r Runbook,
    known: &'r Known,
    numbers: &'r BTreeSet<String>,
    /// Names that the script compares with a pattern, `[[ $P =~ … ]]`.
    compared: BTreeSet<String>,
}

impl<'r> Values<'r> {
    pub fn new(
        runbook: &'r Runbook,
        known: &'r Known,
        numbers: &'r BTreeSet<String>,
        places: &[Place<'_, '_>],
    ) -> Self {
        let tests = places.iter().filter_map(Place::command).filter(|command| command.is(&["[["]));
        let compares = tests.filter(|command| command.has_word("=~"));
        let words = compares.flat_map(|command| command.arguments().to_vec());
        let names = words.flat_map(|word| &word.parts).filter_map(|part| match &part.kind {
            PartKind::Variable(name) => Some(name.clone()),
            _ => None,
        });
        Self { runbook, known, numbers, compared: names.collect() }
    }

    fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.runbook.params.iter().find(|parameter| parameter.name == name)
    }

    /// Whether a name is a parameter's or a capture's.
    pub fn has(&self, name: &str) -> bool {
        self.known.captures.contains(name) || self.parameter(name).is_some()
    }

    /// Whether a value of this name may hold blanks or patterns: a number cannot, and a pattern is there to say so.
    pub fn may_split(&self, name: &str) -> bool {
        match self.parameter(name) {
            Some(Parameter { kind: ParameterKind::Int | ParameterKind::Bool | ParameterKind::Quantity, .. }) => false,
            Some(Parameter { values: Choices::List(values), .. }) => values.iter().any(|value| splits(value)),
            Some(parameter) => parameter.pattern.is_none(),
            None => self.known.captures.contains(name) && !self.numbers.contains(name),
        }
    }

    /// Whether arithmetic with a value of this name may run what is in it: `a[$(rm x)]` is a number to a shell.
    pub fn may_be_code(&self, name: &str) -> bool {
        if self.compared.contains(name) {
            return false;
        }
        match self.parameter(name) {
            Some(Parameter { values: Choices::List(_), .. }) => false,
            Some(parameter) => parameter.kind != ParameterKind::Int && parameter.pattern.is_none(),
            None => self.known.captures.contains(name) && !self.numbers.contains(name),
        }
    }
}

/// Patterns of whole numbers.
const DIGITS: &str = r"(?:\\d\+|\[0-9\]\+|\[1-9\]\[0-9\]\*|\[1-9\]\\d\*)";
/// A named group, and whether it holds digits only.
static GROUP: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(&format!(r"\(\?P?<([A-Za-z_][A-Za-z0-9_]*)>({DIGITS}\))?")).expect("a constant"));
/// A line that is a number and no more.
static LINE: LazyLock<Regex> = LazyLock::new(|| Regex::new(&format!(r"^{DIGITS} \(re\)$")).expect("a constant"));

/// The names that are only ever captured as a number: `(?<NAME>\d+)`, or `capture=NAME` of an output that must be one.
pub fn numbers(runbook: &Runbook) -> BTreeSet<String> {
    let (mut numbers, mut texts) = (BTreeSet::new(), BTreeSet::new());
    for step in super::super::steps(runbook) {
        if let Some((name, _)) = &step.capture {
            let kind = if prints_number(step) { &mut numbers } else { &mut texts };
            kind.insert(name.clone());
        }
        let lines = step.expectations.iter().flat_map(|expectation| &expectation.lines);
        for group in lines.flat_map(|line| GROUP.captures_iter(&line.text)) {
            let kind = if group.get(2).is_some() { &mut numbers } else { &mut texts };
            kind.insert(group[1].to_owned());
        }
    }
    numbers.difference(&texts).cloned().collect()
}

/// Whether the step passes only if its output is a number.
fn prints_number(step: &Step) -> bool {
    let outputs =
        step.expectations.iter().filter(|expectation| expectation.check == Check::Output(ExpectedStream::Stdout));
    outputs.into_iter().any(|output| matches!(output.lines.as_slice(), [line] if LINE.is_match(line.text.trim_end())))
}

fn splits(value: &str) -> bool {
    value.is_empty() || value.contains(|c: char| c.is_whitespace() || "*?[\\".contains(c))
}

/// The first value in a word, with its place; `wanted` is told the name and whether it stands in quotes.
pub fn value_in(word: &Token, wanted: &dyn Fn(&str, bool) -> bool) -> Option<(String, Span)> {
    word.parts.iter().find_map(|part| value_of(part, wanted))
}

fn value_of(part: &Part, wanted: &dyn Fn(&str, bool) -> bool) -> Option<(String, Span)> {
    let PartKind::Variable(name) = &part.kind else { return None };
    let inner = || part.inner.iter().find_map(|word| value_in(word, wanted));
    match is_itself(part, name) && wanted(name, part.quoted) {
        true => Some((name.clone(), part.span)),
        false => inner(),
    }
}

/// Whether `${…}` may stand for the value as it is: `${#P}` is a number, `${P@Q}` is quoted, `${P:+…}` is something else.
fn is_itself(part: &Part, name: &str) -> bool {
    let Some(behind) = part.text.strip_prefix("${").and_then(|rest| rest.strip_prefix(name)) else {
        return !part.text.starts_with("${#");
    };
    !["+", ":+", "@Q", "@K"].iter().any(|operator| behind.starts_with(operator))
}
