//! What expressions may know: parameters, variables, earlier steps, and the step's own result.

use super::head::Head;
use crate::event::{RunState, Status, StepFinished, StepState};
use crate::expect::{Facts, ResultFacts, StepFacts, Text, Value};
use crate::plan::{Plan, PlannedStep, TypedValue, cel_value, check_value};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The streams of earlier steps that some expression names; of all others nothing is kept.
pub struct Memory {
    wanted: BTreeSet<String>,
    streams: Streams,
}

/// Standard output and standard error of steps, by name.
pub type Streams = BTreeMap<String, (Arc<Text>, Arc<Text>)>;

impl Memory {
    /// What expressions of `plan` will ask for is known; `streams` is what earlier parts of the run have printed.
    pub fn new(plan: &Plan, streams: Streams) -> Self {
        Self { wanted: named_steps(plan), streams }
    }

    /// Whether an expression of another step will look at this step's output.
    pub fn wants(&self, step: &str) -> bool {
        self.wanted.contains(step)
    }

    /// Keeps what a step printed, if somebody will ask.
    pub fn keep(&mut self, step: &str, stdout: Arc<Text>, stderr: Arc<Text>) {
        if self.wants(step) {
            self.streams.insert(step.to_owned(), (stdout, stderr));
        }
    }
}

/// The steps whose results some expression of `plan` names.
pub fn named_steps(plan: &Plan) -> BTreeSet<String> {
    let late = plan.parameters.iter().filter_map(|parameter| parameter.late.as_ref()?.values.as_ref());
    let expressions = plan.steps.iter().flat_map(PlannedStep::expressions).chain(late);
    let wanted = expressions.flat_map(|expressions| expressions.parsed.iter());
    wanted.flat_map(|assertion| assertion.references().steps.into_keys()).collect()
}

/// A stream as expressions see it.
pub fn text_of(head: Head) -> Arc<Text> {
    Arc::new(Text { bytes: head.bytes, whole: head.whole })
}

/// Everything but a step's own result.
pub fn facts(
    plan: &Plan,
    state: &RunState,
    memory: &Memory,
    variables: &BTreeMap<String, String>,
    now: Timestamp,
) -> Facts {
    Facts {
        result: None,
        params: plan.parameters.iter().filter_map(|parameter| typed(parameter, variables)).collect(),
        vars: plan.variables.iter().filter_map(|name| Some((name.clone(), variables.get(name)?.clone()))).collect(),
        now,
        // A long run has many steps, and expressions name few of them.
        steps: memory.wanted.iter().filter_map(|name| step_facts(state.step(name)?, memory)).collect(),
    }
}

/// A parameter that has a value by now.
fn typed(parameter: &crate::plan::PlannedParameter, variables: &BTreeMap<String, String>) -> Option<(String, Value)> {
    let text = variables.get(&parameter.name)?;
    let value = check_value(&parameter.declared, text).unwrap_or_else(|_| TypedValue::Text(text.clone()));
    Some((parameter.name.clone(), cel_value(value)))
}

/// A step that ended, was skipped, or was not needed.
fn step_facts(step: &StepState, memory: &Memory) -> Option<(String, StepFacts)> {
    if matches!(step.status, Status::NotRun | Status::Running | Status::Suspended) {
        return None;
    }
    let streams = memory.streams.get(&step.instance.name);
    let ran = !matches!(step.status, Status::Skipped | Status::Satisfied);
    Some((
        step.instance.name.clone(),
        StepFacts {
            status: step.status.as_str().to_owned(),
            exit_code: step.outcome.as_ref().and_then(|outcome| outcome.exit_code).map(i64::from),
            stdout: streams.map(|(stdout, _)| stdout.clone()),
            stderr: streams.map(|(_, stderr)| stderr.clone()),
            started: step.started.filter(|_| ran),
            finished: step.finished.filter(|_| ran),
            elapsed: step.took().filter(|_| ran),
        },
    ))
}

/// What a step's own expectations see of it.
pub fn result(outcome: &StepFinished, stdout: Arc<Text>, stderr: Arc<Text>) -> ResultFacts {
    ResultFacts {
        exit_code: outcome.exit_code.map(i64::from),
        stdout,
        stderr,
        elapsed: std::time::Duration::from_millis(outcome.elapsed_ms),
        attempt: outcome.attempt,
    }
}
