//! Names and when they are set: a parameter before the run or behind a step, a capture by an earlier step or by none.

use super::expressions::param_type;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::expect::{self, Scope, StepShape};
use crate::runbook::{Check, Expectation, Item, Language, ParameterKind, Runbook, Step, check_variable};
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
        for line in outputs(step).flat_map(|expectation| &expectation.lines) {
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

/// The names whose values are shown and written nowhere.
pub fn secrets(runbook: &Runbook) -> BTreeSet<String> {
    let parameters = runbook.params.iter().filter(|parameter| parameter.kind == ParameterKind::Secret);
    let parameters = parameters.map(|parameter| parameter.name.clone());
    let declared = runbook.secrets.iter().map(|named| named.name.clone());
    let hidden = hidden(runbook);
    let secret = |item: usize| hidden.contains(runbook.items[item].name());
    let captured = captures(runbook).into_iter().filter(|capture| secret(capture.item)).map(|capture| capture.name);
    parameters.chain(declared).chain(captured).collect()
}

/// The names of steps whose output is shown and kept nowhere: what is said to be secret, and what captures a name that
/// is. Until it has ended nobody could mask its value.
pub fn hidden(runbook: &Runbook) -> BTreeSet<&str> {
    let declared = |name: &str| runbook.secrets.iter().any(|named| named.name == name);
    let flagged = steps(runbook).filter(|(_, step)| step.secret).map(|(_, step)| step.name.as_str());
    let capturing = captures(runbook).into_iter().filter(|capture| declared(&capture.name));
    let capturing = capturing.map(|capture| runbook.items[capture.item].name());
    flagged.chain(capturing).collect()
}

/// The `output` blocks of a step.
pub fn outputs(step: &Step) -> impl Iterator<Item = &Expectation> {
    step.expectations.iter().filter(|expectation| matches!(expectation.check, Check::Output(_)))
}

/// The steps with their places among the runbook's items.
pub fn steps(runbook: &Runbook) -> impl Iterator<Item = (usize, &Step)> {
    runbook.items.iter().enumerate().filter_map(|(at, item)| match item {
        Item::Step(step) => Some((at, step.as_ref())),
        Item::Assert(_) | Item::Manual(_) => None,
    })
}

/// What is known of every name of a runbook.
pub struct Names<'r> {
    runbook: &'r Runbook,
    captures: Vec<Capture>,
    /// When each item runs; a probe runs with the first step that names it.
    order: Vec<usize>,
    places: BTreeMap<&'r str, usize>,
    probes: BTreeSet<&'r str>,
}

/// When a name is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Set {
    /// Before the first step.
    Always,
    /// Behind an item of this order.
    Behind(usize),
}

impl<'r> Names<'r> {
    /// Looks through the runbook once.
    pub fn new(runbook: &'r Runbook) -> Self {
        let places: BTreeMap<&str, usize> =
            runbook.items.iter().enumerate().map(|(at, item)| (item.name(), at)).collect();
        let probes = probes(runbook);
        let order = (0..runbook.items.len()).map(|at| order(runbook, at)).collect();
        Self { runbook, captures: captures(runbook), order, places, probes }
    }

    /// Where the item called so stands.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }

    /// What an expression of item `at` may name; with its own result if `result`.
    pub fn scope(&self, at: usize, result: bool) -> Scope {
        self.scope_at(self.order[at], result, result.then_some(at))
    }

    /// What an expression may name that is looked at when item `at` has passed.
    pub fn scope_behind(&self, at: usize) -> Scope {
        self.scope_at(self.order[at] + 1, false, Some(at))
    }

    fn scope_at(&self, now: usize, result: bool, own: Option<usize>) -> Scope {
        let is_set = |set: Option<Set>| match set {
            Some(Set::Always) => true,
            Some(Set::Behind(order)) => order < now,
            None => false,
        };
        let parameters = self.runbook.params.iter();
        let (known, later) = parameters.partition::<Vec<_>, _>(|parameter| is_set(self.set(&parameter.name)));
        let captured = |capture: &&Capture| self.order[capture.item] < now || Some(capture.item) == own;
        let vars = self.captures.iter().filter(captured).map(|capture| capture.name.clone()).collect();
        let later_vars = self.captures.iter().map(|capture| capture.name.clone());
        let later_vars = later_vars.chain(later.into_iter().map(|parameter| parameter.name.clone())).collect();
        let items = || self.runbook.items.iter().enumerate().filter(|(_, item)| !self.probes.contains(item.name()));
        let earlier = items().filter(|(at, _)| self.order[*at] < now);
        let shape = |item: &Item| match item {
            Item::Step(_) => StepShape::Output,
            Item::Assert(_) | Item::Manual(_) => StepShape::Plain,
        };
        Scope {
            result,
            params: known.into_iter().map(|parameter| (parameter.name.clone(), param_type(parameter.kind))).collect(),
            vars,
            steps: earlier.map(|(_, item)| (item.name().to_owned(), shape(item))).collect(),
            later_vars,
            later_steps: items().map(|(_, item)| item.name().to_owned()).collect(),
        }
    }

    /// When a name is set; `None` if nothing ever sets it.
    fn set(&self, name: &str) -> Option<Set> {
        if let Some(parameter) = self.runbook.params.iter().find(|parameter| parameter.name == name) {
            return Some(match &parameter.after {
                None => Set::Always,
                Some(after) => Set::Behind(self.position(&after.name).map_or(usize::MAX, |at| self.order[at])),
            });
        }
        let captures = self.captures.iter().filter(|capture| capture.name == name);
        captures.map(|capture| self.order[capture.item]).min().map(Set::Behind)
    }

    /// Whether a name is set when item `at` runs; `None` if nothing ever sets it.
    fn set_at(&self, name: &str, at: usize) -> Option<bool> {
        self.set(name).map(|set| match set {
            Set::Always => true,
            Set::Behind(order) => order < self.order[at],
        })
    }
}

/// The probes of a runbook, by name.
pub fn probes(runbook: &Runbook) -> BTreeSet<&str> {
    steps(runbook).filter_map(|(_, step)| step.unless.as_ref()).map(|named| named.name.as_str()).collect()
}

/// When an item runs: `always` steps come after all others, a probe with the first step that names it.
fn order(runbook: &Runbook, item: usize) -> usize {
    match &runbook.items[item] {
        Item::Step(step) => {
            let names_it = |other: &Step| other.unless.as_ref().is_some_and(|named| named.name == step.name);
            match steps(runbook).find(|(_, other)| names_it(other)) {
                Some((first, _)) => own_order(runbook, first),
                None => own_order(runbook, item),
            }
        }
        Item::Assert(_) | Item::Manual(_) => item,
    }
}

fn own_order(runbook: &Runbook, item: usize) -> usize {
    match &runbook.items[item] {
        Item::Step(step) if step.always => runbook.items.len() + item,
        _ => item,
    }
}

/// Findings on names that cannot be captured, and on uses before the name is set.
pub fn check(runbook: &Runbook, names: &Names<'_>) -> Vec<Diagnostic> {
    let captures = &names.captures;
    let mut found: Vec<_> =
        captures.iter().filter_map(|capture| check_variable(&capture.name, capture.span).err()).collect();
    found.extend(doubled(captures));
    found.extend(captures.iter().filter_map(|capture| shadowed(runbook, capture)));
    for (item, step) in steps(runbook) {
        let set = |name: &str| names.set_at(name, item);
        check_script(step, &set, &mut found);
        check_lines(step, &set, &mut found);
        check_phrase(runbook, step, &mut found);
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

/// A capture that would hide a parameter or a variable of `env`.
fn shadowed(runbook: &Runbook, capture: &Capture) -> Option<Diagnostic> {
    let parameter = runbook.params.iter().find(|parameter| parameter.name == capture.name);
    let (what, related) = match parameter {
        Some(parameter) => ("a parameter", Some(parameter.span)),
        None if runbook.env.iter().any(|(name, _)| *name == capture.name) => ("a variable of `env`", None),
        None => return None,
    };
    let message = format!("`{}` is {what} and cannot be captured", capture.name);
    let found = Diagnostic::error(Code::VariableName, capture.span, message).help("choose another name");
    Some(match related {
        Some(span) => found.related(span, "declared here"),
        None => found,
    })
}

/// `set` says of a name whether it is set by now, or `None` if nothing ever sets it.
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
        if !matches!(step.language, Language::Shell(_)) {
            continue;
        }
        for used in USE.captures_iter(&line.text) {
            let name = used.get(1).expect("group 1 is not optional");
            if set(name.as_str()) == Some(false) && !assigned.contains(name.as_str()) {
                found.push(set_later(name.as_str(), at(name.start(), name.end())));
            }
        }
    }
}

fn check_lines(step: &Step, set: &dyn Fn(&str) -> Option<bool>, found: &mut Vec<Diagnostic>) {
    for line in outputs(step).flat_map(|expectation| &expectation.lines) {
        for name in expect::references(&line.text).into_iter().filter(|name| set(name) == Some(false)) {
            found.push(set_later(name, line.span));
        }
    }
}

/// `{{NAME}}` in a phrase is filled in when the plan is made, so that whoever answers beforehand can know it.
fn check_phrase(runbook: &Runbook, step: &Step, found: &mut Vec<Diagnostic>) {
    for name in step.phrase.iter().flat_map(|phrase| expect::references(phrase)) {
        let parameter = runbook.params.iter().find(|parameter| parameter.name == name);
        let why = match parameter {
            None => "it is no parameter of the runbook",
            Some(parameter) if parameter.kind == ParameterKind::Secret => "it is secret",
            Some(parameter) if parameter.after.is_some() => "it is asked for behind a step",
            Some(_) => continue,
        };
        let message = format!("the phrase cannot hold `{{{{{name}}}}}`: {why}");
        found.push(
            Diagnostic::error(Code::WrongValue, step.name_span, message)
                .help("a phrase may hold {{NAME}} of a parameter that is given before the run"),
        );
    }
}

fn set_later(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code::CapturedLater, span, format!("`{name}` is used before the step that sets it"))
        .help("move the step that captures it, or behind which it is asked for, before this one")
}
