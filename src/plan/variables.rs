//! Captures and their uses: a name is set by an earlier step or by none.

use crate::diagnostic::{Code, Diagnostic, Span};
use crate::expect;
use crate::runbook::{Expectation, Item, Runbook, Step, check_variable};
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// `$NAME` and `${NAME`.
static USE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)").expect("a constant"));

/// A name that a step captures.
pub struct Capture {
    pub name: String,
    pub span: Span,
    /// Index of its step among the runbook's items.
    pub item: usize,
}

/// Every capture in document order.
pub fn captures(runbook: &Runbook) -> Vec<Capture> {
    let mut all = Vec::new();
    for (item, step) in steps(runbook) {
        let named = step.capture.iter().map(|(name, span)| Capture { name: name.clone(), span: *span, item });
        all.extend(named);
        for line in step.expectations.iter().flat_map(|expectation| &expectation.lines) {
            all.extend(expect::named_groups(&line.text).into_iter().map(|(name, place)| Capture {
                name,
                span: Span::new(line.span.start + place.start, line.span.start + place.end),
                item,
            }));
        }
    }
    all
}

/// The names of all captures, sorted, each once.
pub fn names(runbook: &Runbook) -> Vec<String> {
    let names: BTreeSet<String> = captures(runbook).into_iter().map(|capture| capture.name).collect();
    names.into_iter().collect()
}

/// Every expectation with the index of its step.
pub fn expectations(runbook: &Runbook) -> impl Iterator<Item = (usize, &Expectation)> {
    steps(runbook).flat_map(|(at, step)| step.expectations.iter().map(move |expectation| (at, expectation)))
}

fn steps(runbook: &Runbook) -> impl Iterator<Item = (usize, &Step)> {
    runbook.items.iter().enumerate().filter_map(|(at, item)| match item {
        Item::Step(step) => Some((at, step.as_ref())),
        Item::Manual(_) => None,
    })
}

/// Findings on names that cannot be captured, and on uses before the capture.
pub fn check(runbook: &Runbook) -> Vec<Diagnostic> {
    let captures = captures(runbook);
    let mut found: Vec<_> =
        captures.iter().filter_map(|capture| check_variable(&capture.name, capture.span).err()).collect();
    found.extend(doubled(&captures));
    let mut first: BTreeMap<&str, usize> = BTreeMap::new();
    for capture in &captures {
        first.entry(&capture.name).or_insert(order(runbook, capture.item));
    }
    for (item, step) in steps(runbook) {
        let set = |name: &str| first.get(name).map(|at| *at < order(runbook, item));
        check_script(step, &set, &mut found);
        check_lines(step, &set, &mut found);
    }
    found
}

/// A name that one step captures twice: which of the two would it be?
fn doubled(captures: &[Capture]) -> impl Iterator<Item = Diagnostic> {
    captures.iter().enumerate().filter_map(|(at, capture)| {
        let same = |other: &&Capture| other.item == capture.item && other.name == capture.name;
        let first = captures[..at].iter().find(same)?;
        let message = format!("`{}` is captured twice by one step", capture.name);
        Some(
            Diagnostic::error(Code::VariableName, capture.span, message)
                .related(first.span, "first here")
                .help("give one of them another name"),
        )
    })
}

/// When an item runs: `always` steps come after all others.
fn order(runbook: &Runbook, item: usize) -> usize {
    match &runbook.items[item] {
        Item::Step(step) if step.always => runbook.items.len() + item,
        _ => item,
    }
}

/// `set` says of a name whether an earlier step captures it, or `None` if no step does.
fn check_script(step: &Step, set: &dyn Fn(&str) -> Option<bool>, found: &mut Vec<Diagnostic>) {
    let assigned: BTreeSet<&str> =
        step.script.iter().filter_map(|line| line.text.trim_start().split_once('=')).map(|(name, _)| name).collect();
    for line in &step.script {
        let at = |start: usize, end: usize| line.part(start..end);
        for name in expect::references(&line.text) {
            let capitals =
                name.starts_with(|c: char| c.is_ascii_uppercase()) && !name.contains(|c: char| c.is_ascii_lowercase());
            if capitals || set(name).is_some() {
                let start = line.text.find(&format!("{{{{{name}}}}}")).unwrap_or(0);
                found.push(
                    Diagnostic::error(
                        Code::Script,
                        at(start, start + name.len() + 4),
                        format!("nothing is substituted into a script: `{{{{{name}}}}}`"),
                    )
                    .help(format!("a variable reaches a script by its name: write \"${name}\"")),
                );
            }
        }
        for used in USE.captures_iter(&line.text) {
            let name = used.get(1).expect("group 1 is not optional");
            if set(name.as_str()) == Some(false) && !assigned.contains(name.as_str()) {
                found.push(captured_later(name.as_str(), at(name.start(), name.end())));
            }
        }
    }
}

fn check_lines(step: &Step, set: &dyn Fn(&str) -> Option<bool>, found: &mut Vec<Diagnostic>) {
    for line in step.expectations.iter().flat_map(|expectation| &expectation.lines) {
        for name in expect::references(&line.text).into_iter().filter(|name| set(name) == Some(false)) {
            found.push(captured_later(name, line.span));
        }
    }
}

fn captured_later(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code::CapturedLater, span, format!("`{name}` is used before the step that captures it"))
        .help("move the step that captures it before this one")
}
