//! Names and when they are set: a parameter before the run or behind a step, a capture by an earlier step or by none.

use super::value::param_type;
use super::{phrases, substitution};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::expect::{self, ParamType, Scope, StepShape};
use crate::runbook::{
    self, Check, Expectation, Item, Language, Parameter, ParameterKind, Runbook, Step, check_variable,
};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

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

/// What is known of every name of a runbook. Made once: looking a name up costs no walk through the steps.
pub struct Names<'r> {
    runbook: &'r Runbook,
    captures: Vec<Capture>,
    /// By name, when the first of its captures is behind.
    captured: BTreeMap<String, usize>,
    params: BTreeMap<&'r str, &'r Parameter>,
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
        let (order, captures) = (order(runbook), captures(runbook));
        let mut captured: BTreeMap<String, usize> = BTreeMap::new();
        for capture in &captures {
            let first = captured.entry(capture.name.clone()).or_insert(usize::MAX);
            *first = order[capture.item].min(*first);
        }
        let params = runbook.params.iter().map(|parameter| (parameter.name.as_str(), parameter)).collect();
        Self { runbook, captures, captured, params, order, places, probes: probes(runbook) }
    }

    /// Where the item called so stands.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }

    /// What an expression of item `at` may name; with its own result if `result`.
    pub fn scope(&self, at: usize, result: bool) -> Reach<'_, 'r> {
        Reach { names: self, now: self.order[at], own: result.then_some(at), result }
    }

    /// What an expression may name that is looked at when item `at` has passed.
    pub fn scope_behind(&self, at: usize) -> Reach<'_, 'r> {
        Reach { names: self, now: self.order[at] + 1, own: Some(at), result: false }
    }

    /// Whether there is any name that a step could use too early; most runbooks have none.
    fn some_are_set_later(&self) -> bool {
        !self.captures.is_empty() || self.params.values().any(|parameter| parameter.after.is_some())
    }

    /// When a name is set; `None` if nothing ever sets it.
    fn set(&self, name: &str) -> Option<Set> {
        match self.params.get(name) {
            Some(Parameter { after: None, .. }) => Some(Set::Always),
            Some(Parameter { after: Some(after), .. }) => {
                Some(Set::Behind(self.position(&after.name).map_or(usize::MAX, |at| self.order[at])))
            }
            None => self.captured.get(name).copied().map(Set::Behind),
        }
    }

    /// Whether a name is set when item `at` runs; `None` if nothing ever sets it.
    fn set_at(&self, name: &str, at: usize) -> Option<bool> {
        self.set(name).map(|set| set.before(self.order[at]))
    }
}

impl Set {
    fn before(self, now: usize) -> bool {
        match self {
            Set::Always => true,
            Set::Behind(order) => order < now,
        }
    }
}

/// What an expression may name at one place.
pub struct Reach<'n, 'r> {
    names: &'n Names<'r>,
    /// Everything of a lower order is behind.
    now: usize,
    /// The item whose captures are there already.
    own: Option<usize>,
    result: bool,
}

impl Reach<'_, '_> {
    fn shape(&self, at: usize) -> Option<StepShape> {
        let item = &self.names.runbook.items[at];
        let known = self.names.order[at] < self.now && !self.names.probes.contains(item.name());
        known.then_some(match item {
            Item::Step(_) => StepShape::Output,
            Item::Assert(_) | Item::Manual(_) => StepShape::Plain,
        })
    }
}

impl Scope for Reach<'_, '_> {
    fn result(&self) -> bool {
        self.result
    }

    fn param(&self, name: &str) -> Option<ParamType> {
        let parameter = self.names.params.get(name)?;
        self.names.set(name)?.before(self.now).then(|| param_type(parameter.kind))
    }

    fn var(&self, name: &str) -> bool {
        let own = |capture: &Capture| Some(capture.item) == self.own && capture.name == name;
        match self.names.captured.get(name) {
            None => false,
            Some(first) => *first < self.now || self.names.captures.iter().any(own),
        }
    }

    fn step(&self, name: &str) -> Option<StepShape> {
        self.names.position(name).and_then(|at| self.shape(at))
    }

    fn later_var(&self, name: &str) -> bool {
        self.names.captured.contains_key(name) || (self.names.params.contains_key(name) && self.param(name).is_none())
    }

    fn later_step(&self, name: &str) -> bool {
        self.names.places.contains_key(name) && !self.names.probes.contains(name)
    }

    fn params(&self) -> Vec<&str> {
        self.names.params.keys().copied().filter(|name| self.param(name).is_some()).collect()
    }

    fn vars(&self) -> Vec<&str> {
        self.names.captured.keys().map(String::as_str).filter(|name| self.var(name)).collect()
    }

    fn steps(&self) -> Vec<&str> {
        self.names.places.keys().copied().filter(|name| self.step(name).is_some()).collect()
    }
}

/// The probes of a runbook, by name.
pub fn probes(runbook: &Runbook) -> BTreeSet<&str> {
    steps(runbook).filter_map(|(_, step)| step.unless.as_ref()).map(|named| named.name.as_str()).collect()
}

/// When each item runs: `always` steps come after all others, a probe with the first step that names it.
fn order(runbook: &Runbook) -> Vec<usize> {
    let mut probed: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, step) in steps(runbook) {
        if let Some(probe) = &step.unless {
            probed.entry(&probe.name).or_insert(at);
        }
    }
    let runs_with = |at: usize| probed.get(runbook.items[at].name()).copied().unwrap_or(at);
    (0..runbook.items.len()).map(|at| own_order(runbook, runs_with(at))).collect()
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
        substitution::check(step, |name| set(name).is_some(), &mut found);
        if names.some_are_set_later() {
            check_script(step, &set, &mut found);
            check_lines(step, &set, &mut found);
        }
        found.extend(phrases::check(runbook, step));
    }
    found
}

/// A name that one step captures twice: which of the two would it be?
fn doubled(captures: &[Capture]) -> impl Iterator<Item = Diagnostic> {
    let mut seen: BTreeMap<(usize, &str), &Capture> = BTreeMap::new();
    captures.iter().filter_map(move |capture| {
        let first = match seen.entry((capture.item, &capture.name)) {
            Entry::Occupied(first) => *first.get(),
            Entry::Vacant(place) => {
                place.insert(capture);
                return None;
            }
        };
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

/// `set` says of a name whether it is set by now, or `None` if nothing ever sets it. A name that the script sets itself is
/// its own, wherever it does so.
fn check_script(step: &Step, set: &dyn Fn(&str) -> Option<bool>, found: &mut Vec<Diagnostic>) {
    if !matches!(step.language, Language::Shell(_)) {
        return;
    }
    let tokens = runbook::tokens(&step.script);
    let own = runbook::assigned(&tokens);
    let late = runbook::uses(&tokens).into_iter().filter(|(name, _)| set(name) == Some(false) && !own.contains(name));
    found.extend(late.map(|(name, span)| set_later(&name, span)));
}

fn check_lines(step: &Step, set: &dyn Fn(&str) -> Option<bool>, found: &mut Vec<Diagnostic>) {
    for line in outputs(step).flat_map(|expectation| &expectation.lines) {
        for name in expect::references(&line.text).into_iter().filter(|name| set(name) == Some(false)) {
            found.push(set_later(name, line.span));
        }
    }
}

fn set_later(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(Code::CapturedLater, span, format!("`{name}` is used before the step that sets it"))
        .help("move the step that captures it, or behind which it is asked for, before this one")
}
