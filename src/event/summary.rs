//! A state in words, for every view alike: one row a step, one row a criterion, one headline.

use super::header::StepKind;
use super::model::{Channel, WaitsFor};
use super::outcome::Reason;
use super::state::{Part, RunState};
use super::step_state::{GateState, StepState};
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
    state.steps().map(row).collect()
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
    let ended = matches!(verdict, RunVerdict::Passed | RunVerdict::Failed | RunVerdict::Partial);
    let open = not_proved(state, verdict);
    let mut after = format!("{open} {} {}", if ended { "in" } else { "after" }, took(state.active));
    if !state.parts.is_empty() {
        after.push_str(&format!(" in {} parts", state.parts.len() + 1));
    }
    if state.waited >= Duration::from_millis(500) {
        after.push_str(&format!(", of it {} waiting for people", took(state.waited)));
    }
    if let Some(suspension) = waits {
        let step = &suspension.step;
        let what = match (suspension.waits_for, &suspension.parameter) {
            (WaitsFor::Secret, Some(name)) => format!("the value of {name}, which the record does not have"),
            (_, Some(name)) => format!("the parameter {name}"),
            (WaitsFor::Failure | WaitsFor::Decision, None) => format!("a decision on {step}"),
            (_, None) => step.to_string(),
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
        (Status::NotRun, _) if step.attempts > 0 => "not run again yet".to_owned(),
        (Status::NotRun, _) => "not run".to_owned(),
        (Status::Satisfied, _) if step.is_said("happened") => "taken as done".to_owned(),
        (Status::Satisfied, _) => "already satisfied".to_owned(),
        (Status::Skipped, _) if step.condition.is_some() => "skipped by when".to_owned(),
        (Status::Skipped, Some(_)) => "skipped, after it had failed".to_owned(),
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
    parts.extend(deviation_note(step));
    if step.late_bytes > 0 {
        parts.push(format!("{} of late output", count(step.late_bytes as usize, "byte")));
    }
    if let Some(left) = step.outcome.as_ref().map(|outcome| outcome.left_running.len()).filter(|left| *left > 0) {
        parts.push(format!("{left} process{} left running", if left == 1 { "" } else { "es" }));
    }
    parts.join("; ")
}

/// What was not as planned, unless the gate says it.
fn deviation_note(step: &StepState) -> Option<String> {
    let deviation = step.deviation.as_ref()?;
    let at_gate = step.gate.as_ref().is_some_and(|gate| gate.at == deviation.at);
    (!at_gate).then(|| format!("{} {}: \"{}\"", deviation_words(deviation.kind), deviation.by, deviation.reason))
}

/// What was not as planned, in words that a name follows.
pub fn deviation_words(kind: &str) -> &'static str {
    match kind {
        "happened" => "said to have happened by",
        "not-happened" => "said not to have happened by",
        "rerun" => "run again by",
        "abort" => "given up by",
        _ => "skipped by",
    }
}

/// Who resumed a run and when, in words.
pub fn part_words(part: &Part) -> String {
    let gap = Duration::from_millis(part.gap_ms.unsigned_abs());
    let when = match part.gap_ms {
        0.. => format!("{} after the last record", took(gap)),
        _ => format!("by a clock that stood {} before the last record", took(gap)),
    };
    let accepted = match part.accepted.is_empty() {
        true => String::new(),
        false => format!("; accepted: {}", part.accepted.join(", ")),
    };
    let rebooted = if part.rebooted { ", the machine was started anew meanwhile" } else { "" };
    let noted = match part.noted.is_empty() {
        true => String::new(),
        false => format!("; changed, and done before: {}", part.noted.join(", ")),
    };
    format!("resumed by {}, {when}{rebooted}{accepted}{noted}", part.by)
}

fn gate_note(gate: &GateState, step: &StepState) -> Option<String> {
    let quoted = gate.note.as_ref().map(|note| format!("\"{note}\""));
    let by = |word: &str| match gate.through {
        Channel::Terminal => format!("{word} by {} after {}", gate.by, took(step.waited)),
        Channel::CommandLine if gate.gate == Gate::None => format!("answered on the command line by {}", gate.by),
        Channel::Yes => format!("{word} by --yes of {}", gate.by),
        _ => format!("{word} on the command line by {}", gate.by),
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
