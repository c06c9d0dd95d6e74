//! A recording, made of a run's record. Only what passed, whole, is a truth that later expectations can be held against.

use super::deed::deed;
use super::recording::{Act, ProbeAct, RECORDING_FORMAT, RecordedStep, Recording, RecordingHead, Streams};
use crate::event::{Deviation, Instance, Reason, RunState, RunVerdict, Status, StepFinished, StepState, StreamRecord};
use crate::plan::{Plan, PlannedStep};
use crate::text::escape_line;
use std::time::Duration;

/// Why no recording can be made of a run: one sentence for each reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct NoRecording(pub Vec<String>);

/// The bytes that a stream's record stands for; none if they are secret.
pub type ReadStream<'a> = dyn FnMut(&StreamRecord) -> Result<Option<Vec<u8>>, String> + 'a;

/// Makes the recording of a run. `plan` is its plan, made anew of the runbook's bytes that the record keeps, `runbook` the
/// runbook's file name, and `read` gives what a step printed.
///
/// # Errors
///
/// If the run did not pass as a whole, if output was cut, or if the plan is another one by now.
pub fn make(plan: &Plan, state: &RunState, runbook: &str, read: &mut ReadStream<'_>) -> Result<Recording, NoRecording> {
    let refused = reasons(plan, state);
    match refused.is_empty() {
        true => gather(plan, state, runbook, read),
        false => Err(NoRecording(refused)),
    }
}

/// The same of whatever a run did, passed or not. It is no truth to hold anything against, and never written.
///
/// # Errors
///
/// If nothing is recorded of the run, or what a step printed cannot be read.
pub fn gather(
    plan: &Plan,
    state: &RunState,
    runbook: &str,
    read: &mut ReadStream<'_>,
) -> Result<Recording, NoRecording> {
    let one = |why: &str| NoRecording(vec![why.to_owned()]);
    let header = state.header.as_deref().ok_or_else(|| one("nothing is recorded of it"))?;
    let (started, finished) = state.started.zip(state.last).ok_or_else(|| one("it has no time"))?;
    let last = state.parts.last();
    let head = RecordingHead {
        format: RECORDING_FORMAT,
        runbook: runbook.to_owned(),
        plan: header.plan,
        runbook_sha256: header.runbook_sha256,
        run: header.run.clone(),
        started,
        finished,
        operator: last.map_or(&header.operator, |part| &part.by).clone(),
        stepgate: last.map_or(&header.stepgate, |part| &part.stepgate).clone(),
        profile: header.profile.clone(),
        params: state.params.clone(),
    };
    let ran = plan.steps.iter().filter(|step| !step.probe());
    let steps = ran.filter_map(|step| recorded(plan, step, state.step(&step.name)?, read).transpose());
    let steps = steps.collect::<Result<_, _>>().map_err(|why| NoRecording(vec![why]))?;
    Ok(Recording { head, steps })
}

fn reasons(plan: &Plan, state: &RunState) -> Vec<String> {
    let mut found = Vec::new();
    match (&state.seal, state.verdict()) {
        (Some(_), RunVerdict::Passed) => {}
        (Some(_), RunVerdict::Partial) => found.push("only a part of it was chosen".to_owned()),
        (Some(_), verdict) => found.push(format!("it {}", ended(verdict))),
        (None, _) => found.push("it has not closed".to_owned()),
    }
    found.extend(state.deviations().map(deviated));
    found.extend(state.steps().filter_map(cut));
    let header = state.header.as_deref();
    let steps = header.into_iter().flat_map(|header| &header.steps);
    let other = steps.filter(|known| plan.step(&known.name).is_none_or(|step| step.identity() != known.sha256));
    if let Some(known) = other.map(|known| &known.name).next() {
        let name = escape_line(known);
        found.push(format!(
            "its step `{name}` is planned otherwise now: stepgate.toml, or stepgate itself, has changed"
        ));
    }
    let ran_otherwise = state.steps().find(|step| step.ran_in.is_some() && !step.gone);
    if let Some(step) = ran_otherwise {
        found.push(format!("its step `{}` ran as an earlier text of the runbook", escape_line(&step.instance.name)));
    }
    found
}

fn ended(verdict: RunVerdict) -> &'static str {
    match verdict {
        RunVerdict::Failed => "failed",
        RunVerdict::Interrupted => "was given up",
        _ => "did not pass",
    }
}

fn deviated((step, deviation): (&Instance, &Deviation)) -> String {
    let Deviation { kind, reason, .. } = deviation;
    format!("it deviated at `{}`: {kind}, {}", escape_line(&step.name), escape_line(reason))
}

/// That something of what a step printed was not kept.
fn cut(step: &StepState) -> Option<String> {
    let outcomes = step.probes.iter().map(|probe| &probe.outcome).chain(&step.outcome);
    let streams = outcomes.flat_map(|outcome| [&outcome.stdout, &outcome.stderr]);
    let cut = streams.filter(|stream| stream.kept.is_some()).count();
    (cut > 0).then(|| format!("not all that `{}` printed was kept", escape_line(&step.instance.name)))
}

/// What is recorded of a step; none if the run did not come to it.
fn recorded(
    plan: &Plan,
    step: &PlannedStep,
    known: &StepState,
    read: &mut ReadStream<'_>,
) -> Result<Option<RecordedStep>, String> {
    if !matches!(known.status, Status::Passed | Status::Failed | Status::Skipped | Status::Satisfied) {
        return Ok(None);
    }
    let mut recorded = RecordedStep { name: step.name.clone(), status: known.status, act: None, probes: Vec::new() };
    if let (Some(_), Some(outcome)) = (step.shell(), known.outcome.as_ref().filter(|outcome| is_judged(outcome))) {
        recorded.act = Some(act(plan, step, outcome, read)?);
    }
    let probe = step.shell().and_then(|shell| plan.step(shell.unless.as_ref()?));
    for run in &known.probes {
        let Some(probe) = probe else { continue };
        let passed = run.outcome.status == Status::Passed;
        recorded.probes.push(ProbeAct { moment: run.moment, passed, act: act(plan, probe, &run.outcome, read)? });
    }
    Ok(Some(recorded))
}

/// Whether a script ended in a way in which its output is what it is to be judged by.
fn is_judged(outcome: &StepFinished) -> bool {
    outcome.status == Status::Passed
        || (outcome.status == Status::Failed && outcome.reason == Some(Reason::Expectation))
}

fn act(plan: &Plan, step: &PlannedStep, outcome: &StepFinished, read: &mut ReadStream<'_>) -> Result<Act, String> {
    let action = step.shell().ok_or("it is no script")?;
    let (stdout, stderr) = (read(&outcome.stdout)?, read(&outcome.stderr)?);
    Ok(Act {
        deed: deed(plan, action),
        exit_code: outcome.exit_code,
        attempt: outcome.attempt,
        captured: outcome.captured.clone(),
        streams: stdout.zip(stderr).map(|(stdout, stderr)| Streams { stdout, stderr }),
        started: outcome.started,
        elapsed: Duration::from_millis(outcome.elapsed_ms),
    })
}
