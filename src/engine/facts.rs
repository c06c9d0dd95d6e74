//! What expressions may know while a run goes on: parameters, variables, and earlier steps.

use crate::event::{RunState, Status, StepState};
use crate::expect::{Facts, StepFacts, Text};
use crate::judge::{named_steps, params, vars};
use crate::plan::Plan;
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
        params: params(plan, variables),
        vars: vars(plan, variables),
        now,
        // A long run has many steps, and expressions name few of them.
        steps: memory.wanted.iter().filter_map(|name| step_facts(state.step(name)?, memory)).collect(),
    }
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
