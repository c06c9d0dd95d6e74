//! A runbook to its plan: defaults filled in, expectations compiled once to see that they can be.

use super::model::{Action, Criterion, Plan, PlannedExpectation, PlannedStep, ShellAction};
use super::variables;
use crate::diagnostic::{Diagnostic, Refused, Severity, Source, Span};
use crate::expect;
use crate::runbook::{self, Gate, Item, ManualStep, Runbook, Step};
use std::collections::BTreeMap;
use std::time::Duration;

/// The version of the canonical form.
const FORMAT: u32 = 1;
/// The wall-clock bound of a step when nobody names one.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(600);

/// A runbook and its plan.
#[derive(Clone, Debug)]
pub struct Planned {
    /// What was written.
    pub runbook: Runbook,
    /// What will be done.
    pub plan: Plan,
}

/// Plans the runbook in `source`. Returns it with notes and warnings, or the findings, at least one an error.
pub fn plan(source: Source) -> Result<(Planned, Vec<Diagnostic>), Box<Refused>> {
    let (runbook, mut found) = runbook::read(source)?;
    let steps = runbook.items.iter().map(|item| planned_step(&runbook, item)).collect();
    let plan = Plan {
        format: FORMAT,
        title: runbook.title.clone(),
        acceptance: runbook.acceptance.iter().map(criterion).collect(),
        variables: variables::names(&runbook),
        steps,
    };
    found.extend(variables::check(&runbook));
    found.extend(check_expectations(&runbook));
    found.sort_by_key(|diagnostic| (diagnostic.span.start, diagnostic.code));
    match found.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
        true => Err(Refused::new(runbook.source, found)),
        false => Ok((Planned { runbook, plan }, found)),
    }
}

fn criterion(criterion: &runbook::Criterion) -> Criterion {
    Criterion { id: criterion.id.clone(), text: criterion.text.clone() }
}

fn planned_step(runbook: &Runbook, item: &Item) -> PlannedStep {
    let prose = |spans: &[Span]| spans.iter().map(|span| runbook.source.slice(*span).trim().to_owned()).collect();
    let section = |index: usize| runbook.sections[index].title.clone();
    match item {
        Item::Step(step) => PlannedStep {
            name: step.name.clone(),
            satisfies: step.satisfies.clone(),
            action: Action::Shell(shell_action(runbook, step)),
            section: section(step.section),
            section_index: step.section,
            prose: prose(&step.prose),
            line: runbook.source.line(step.span.start),
        },
        Item::Manual(ManualStep { name, text, satisfies, section: at, prose: before, checkbox, .. }) => PlannedStep {
            name: name.clone(),
            satisfies: satisfies.clone(),
            action: Action::Manual { text: text.clone() },
            section: section(*at),
            section_index: *at,
            prose: prose(before),
            line: runbook.source.line(checkbox.start),
        },
    }
}

fn shell_action(runbook: &Runbook, step: &Step) -> ShellAction {
    let gate = step.gate.unwrap_or(if step.always { Gate::None } else { step.effect.default_gate() });
    let phrase = match gate {
        Gate::Type => step.phrase.clone().unwrap_or_else(|| step.name.clone()),
        Gate::None | Gate::Confirm => String::new(),
    };
    ShellAction {
        target: "local".to_owned(),
        effect: step.effect,
        gate,
        phrase,
        timeout: step.timeout.or(runbook.defaults.timeout).unwrap_or(DEFAULT_TIMEOUT),
        exit: step.exit.clone(),
        always: step.always,
        capture: step.capture.as_ref().map(|(name, _)| name.clone()),
        script: step.script_text(),
        expectations: step.expectations.iter().map(|expectation| planned_expectation(runbook, expectation)).collect(),
    }
}

fn planned_expectation(runbook: &Runbook, expectation: &runbook::Expectation) -> PlannedExpectation {
    PlannedExpectation {
        stream: expectation.stream,
        lines: expectation.lines.iter().map(|line| line.text.clone()).collect(),
        line: runbook.source.line(expectation.span.start) + 1,
    }
}

/// Compiles every expectation with a stand-in for each variable: only the values can differ at run time.
fn check_expectations(runbook: &Runbook) -> Vec<Diagnostic> {
    let stand_ins: BTreeMap<String, String> =
        variables::captures(runbook).into_iter().map(|capture| (capture.name, "x".to_owned())).collect();
    let mut found = Vec::new();
    for (_, expectation) in variables::expectations(runbook) {
        for line in &expectation.lines {
            let compiled = expect::compile([(line.text.as_str(), line.span)], &stand_ins);
            found.extend(compiled.err().map(|diagnostic| *diagnostic));
        }
    }
    found
}
