//! A state in words, for every view alike: one row a step, one row a criterion, one headline.

use super::model::{Channel, Reason, StepKind};
use super::state::{GateState, RunState, StepState};
use super::verdict::{CriterionVerdict, RunVerdict, Status};
use crate::runbook::Gate;
use crate::text::{count, took};
use std::time::Duration;

/// A step in the table of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRow {
    /// Its name.
    pub name: String,
    /// Where it ran.
    pub place: String,
    /// How it stands.
    pub status: Status,
    /// How it stands, in words.
    pub result: String,
    /// How long it took; empty if it did not run.
    pub took: String,
    /// Its gate, a reason, what was left behind.
    pub note: String,
}

/// A criterion in the table of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CriterionRow {
    /// Its id.
    pub id: String,
    /// What must be true.
    pub text: String,
    /// What the run says of it.
    pub verdict: CriterionVerdict,
    /// The steps that name it.
    pub steps: Vec<String>,
}

/// One row a step, in order.
pub fn step_rows(state: &RunState) -> Vec<StepRow> {
    let row = |step: &StepState| StepRow {
        name: step.instance.to_string(),
        place: step.header.target.clone().unwrap_or_else(|| place(step.header.kind).to_owned()),
        status: step.status,
        result: result_words(step),
        took: step.took().map(took).unwrap_or_default(),
        note: note(step),
    };
    state.steps.iter().map(row).collect()
}

/// Where a step happens that has no target.
fn place(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Assert => "nowhere",
        _ => "by hand",
    }
}

/// One row a criterion, in the author's order.
pub fn criterion_rows(state: &RunState) -> Vec<CriterionRow> {
    let acceptance = state.header.iter().flat_map(|header| &header.acceptance);
    let row = |(id, text): &(String, String)| {
        let (steps, verdict) = state.criterion(id);
        let steps = steps.iter().map(|step| step.instance.to_string()).collect();
        CriterionRow { id: id.clone(), text: text.clone(), verdict, steps }
    };
    acceptance.map(row).collect()
}

/// Where the run stands and how long it took: the verdict's words, and what follows them.
pub fn headline(state: &RunState) -> (String, String) {
    let verdict = state.verdict();
    let waits = state.suspended.as_ref().filter(|_| verdict == RunVerdict::Suspended);
    let words = match (verdict, state.interrupted.as_deref()) {
        (RunVerdict::InDoubt, _) => "In doubt".to_owned(),
        (RunVerdict::Interrupted, _) if state.given_up.is_some() => "Given up".to_owned(),
        (RunVerdict::Interrupted, Some("unknown") | None) => "Interrupted: the record just ends,".to_owned(),
        (RunVerdict::Interrupted, Some(signal)) => format!("Interrupted by {signal}"),
        _ => capitalized(verdict.as_str()),
    };
    let total = match (state.started, state.last) {
        (Some(started), Some(last)) => last.duration_since(started).unsigned_abs(),
        _ => Duration::ZERO,
    };
    let ended = matches!(verdict, RunVerdict::Passed | RunVerdict::Failed | RunVerdict::Partial);
    let open = not_proved(state, verdict);
    let mut after = format!("{open} {} {}", if ended { "in" } else { "after" }, took(total));
    if state.waited >= Duration::from_millis(500) {
        after.push_str(&format!(", of it {} waiting for people", took(state.waited)));
    }
    if let Some(suspension) = waits {
        let what = match &suspension.parameter {
            Some(name) => format!("the parameter {name}"),
            None => suspension.step.to_string(),
        };
        after.push_str(&format!("; it waits for {what}"));
    }
    (words, after)
}

/// Criteria that a passed run left open, as words behind its verdict: a step that its `when` skipped fails nothing, and
/// proves nothing either.
fn not_proved(state: &RunState, verdict: RunVerdict) -> String {
    let rows = criterion_rows(state).into_iter();
    let open = rows.filter(|row| verdict == RunVerdict::Passed && row.verdict == CriterionVerdict::Open);
    let ids: Vec<_> = open.map(|row| row.id).collect();
    match ids.is_empty() {
        true => String::new(),
        false => format!(", {} not proved,", ids.join(", ")),
    }
}

/// How a step stands, in words.
pub fn result_words(step: &StepState) -> String {
    let manual = step.header.kind == StepKind::Manual;
    match (step.status, &step.outcome) {
        (Status::Passed, _) if manual => "done".to_owned(),
        (Status::Passed, _) if step.attempts > 1 => format!("passed, attempt {}", step.attempts),
        (Status::Passed, _) => "passed".to_owned(),
        (Status::Failed, Some(outcome)) => match outcome.reason {
            Some(Reason::Exit) => format!("failed: exit {}", outcome.exit_code.unwrap_or_default()),
            Some(Reason::Signal) => format!("failed: signal {}", outcome.signal.unwrap_or_default()),
            Some(reason) => format!("failed: {}", reason_words(reason)),
            None => "failed".to_owned(),
        },
        (Status::InDoubt, Some(outcome)) => match outcome.reason {
            Some(reason) => format!("in doubt: {}", reason_words(reason)),
            None => "in doubt".to_owned(),
        },
        (Status::InDoubt, None) => "in doubt".to_owned(),
        (Status::NotRun, _) if step.header.probe => "probe".to_owned(),
        (Status::NotRun, _) => "not run".to_owned(),
        (Status::Satisfied, _) => "already satisfied".to_owned(),
        (Status::Skipped, _) if step.condition.is_some() => "skipped by when".to_owned(),
        (Status::Suspended, _) => "waiting".to_owned(),
        (status, _) => status.as_str().to_owned(),
    }
}

fn reason_words(reason: Reason) -> &'static str {
    match reason {
        Reason::Exit => "its exit code is not accepted",
        Reason::Expectation => "an expectation does not hold",
        Reason::Timeout => "timeout",
        Reason::Signal => "ended by a signal",
        Reason::Transport => "its session failed",
        Reason::Terminal => "it wants a terminal",
        Reason::Operator => "stopped",
    }
}

fn note(step: &StepState) -> String {
    let mut parts: Vec<String> = step.gate.iter().filter_map(|gate| gate_note(gate, step)).collect();
    if step.late_bytes > 0 {
        parts.push(format!("{} of late output", count(step.late_bytes as usize, "byte")));
    }
    if let Some(left) = step.outcome.as_ref().map(|outcome| outcome.left_running.len()).filter(|left| *left > 0) {
        parts.push(format!("{left} process{} left running", if left == 1 { "" } else { "es" }));
    }
    parts.join("; ")
}

fn gate_note(gate: &GateState, step: &StepState) -> Option<String> {
    let quoted = gate.note.as_ref().map(|note| format!("\"{note}\""));
    let by = |word: &str| match gate.through {
        Channel::Terminal => format!("{word} by {} after {}", gate.by, took(step.waited)),
        Channel::CommandLine if gate.gate == Gate::None => format!("answered on the command line by {}", gate.by),
        Channel::CommandLine | Channel::Environment | Channel::Profile | Channel::Default => {
            format!("{word} on the command line by {}", gate.by)
        }
        Channel::Yes => format!("{word} by --yes of {}", gate.by),
    };
    let words = match gate.answer {
        "yes" if gate.gate == Gate::Type => Some(by("typed")),
        "yes" => Some(by("confirmed")),
        "skip" | "skipped" => Some(format!("skipped by {}", gate.by)),
        "quit" => Some(format!("given up by {}", gate.by)),
        "no" => Some(format!("declined by {}", gate.by)),
        _ if gate.through == Channel::CommandLine => Some(by("answered")),
        _ => None,
    };
    match (words, quoted) {
        (Some(words), Some(quoted)) => Some(format!("{words}: {quoted}")),
        (words, quoted) => words.or(quoted),
    }
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
