//! The machine view of a run: `log --format json`.

use crate::event::{
    CriterionVerdict, ExpectationRecord, Part, Reason, RunState, RunVerdict, Status, StepKind, StepState,
};
use crate::hash::Hash256;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// A run, with stable keys (`docs/cli.md`).
#[derive(Debug, Serialize)]
pub struct RunJson<'a> {
    run: &'a str,
    runbook: &'a str,
    plan: String,
    verdict: RunVerdict,
    profile: Option<&'a str>,
    deviations: usize,
    parts: Vec<PartJson<'a>>,
    started: Option<Timestamp>,
    finished: Option<Timestamp>,
    operator: &'a str,
    params: &'a BTreeMap<String, String>,
    steps: Vec<StepJson<'a>>,
    acceptance: BTreeMap<&'a str, CriterionJson>,
    variables: &'a BTreeMap<String, String>,
}

#[derive(Debug, Serialize)]
struct PartJson<'a> {
    started: Timestamp,
    operator: &'a str,
    gap_ms: i64,
    accepted: &'a [String],
    noted: &'a [String],
}

#[derive(Debug, Serialize)]
struct CriterionJson {
    steps: Vec<String>,
    verdict: CriterionVerdict,
}

#[derive(Debug, Serialize)]
struct StepJson<'a> {
    name: &'a str,
    pass: Option<&'a str>,
    visit: u32,
    status: Status,
    kind: StepKind,
    target: Option<&'a str>,
    attempts: u32,
    exit_code: Option<i32>,
    signal: Option<i32>,
    reason: Option<Reason>,
    started: Option<Timestamp>,
    finished: Option<Timestamp>,
    elapsed_ms: Option<u64>,
    stdout_sha256: Option<&'a Hash256>,
    stdout_bytes: Option<u64>,
    stderr_sha256: Option<&'a Hash256>,
    stderr_bytes: Option<u64>,
    late_output_bytes: u64,
    members: Option<()>,
    expectations: &'a [ExpectationRecord],
    gate: Option<GateJson<'a>>,
    deviation: Option<DeviationJson<'a>>,
}

#[derive(Debug, Serialize)]
struct GateJson<'a> {
    kind: &'a str,
    answer: &'a str,
    by: &'a str,
    at: Timestamp,
}

#[derive(Debug, Serialize)]
struct DeviationJson<'a> {
    kind: &'a str,
    reason: &'a str,
    by: &'a str,
    at: Timestamp,
}

/// The state of a run as a record; `None` before its first event.
pub fn run_json(state: &RunState) -> Option<RunJson<'_>> {
    let header = state.header.as_ref()?;
    let verdict = state.verdict();
    let criterion = |(id, _): &'_ (String, String)| {
        let (steps, verdict) = state.criterion(id);
        CriterionJson { steps: steps.iter().map(|step| step.instance.to_string()).collect(), verdict }
    };
    Some(RunJson {
        run: &header.run,
        runbook: &header.runbook,
        plan: header.plan.to_string(),
        verdict,
        profile: header.profile.as_deref(),
        deviations: state.deviations().count(),
        parts: state.parts.iter().map(part_json).collect(),
        started: state.started,
        finished: state.last.filter(|_| verdict != RunVerdict::Running),
        operator: &header.operator,
        params: &state.params,
        steps: state.steps().map(step_json).collect(),
        acceptance: header.acceptance.iter().map(|entry| (entry.0.as_str(), criterion(entry))).collect(),
        variables: &state.variables,
    })
}

fn part_json(part: &Part) -> PartJson<'_> {
    PartJson { started: part.at, operator: &part.by, gap_ms: part.gap_ms, accepted: &part.accepted, noted: &part.noted }
}

fn step_json(step: &StepState) -> StepJson<'_> {
    let outcome = step.outcome.as_ref();
    let manual_reason =
        (step.header.kind == StepKind::Manual && step.status == Status::Failed).then_some(Reason::Operator);
    StepJson {
        name: &step.instance.name,
        pass: step.instance.pass.as_deref(),
        visit: step.instance.visit,
        status: step.status,
        kind: step.header.kind,
        target: step.header.target.as_deref(),
        attempts: step.attempts,
        exit_code: outcome.and_then(|outcome| outcome.exit_code),
        signal: outcome.and_then(|outcome| outcome.signal),
        reason: outcome.and_then(|outcome| outcome.reason).or(manual_reason),
        started: step.started,
        finished: step.finished,
        elapsed_ms: outcome.map(|outcome| outcome.elapsed_ms),
        stdout_sha256: outcome.and_then(|outcome| outcome.stdout.sha256.as_ref()),
        stdout_bytes: outcome.and_then(|outcome| outcome.stdout.bytes),
        stderr_sha256: outcome.and_then(|outcome| outcome.stderr.sha256.as_ref()),
        stderr_bytes: outcome.and_then(|outcome| outcome.stderr.bytes),
        late_output_bytes: step.late_bytes,
        members: None,
        expectations: outcome.map_or(&[], |outcome| &outcome.expectations),
        gate: step.gate.as_ref().map(|gate| GateJson {
            kind: if step.header.kind == StepKind::Manual { "manual" } else { gate.gate.as_str() },
            answer: gate.answer,
            by: &gate.by,
            at: gate.at,
        }),
        deviation: step.deviation.as_ref().map(|deviation| DeviationJson {
            kind: deviation.kind,
            reason: &deviation.reason,
            by: &deviation.by,
            at: deviation.at,
        }),
    }
}
