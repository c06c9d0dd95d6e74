//! The fold: what a run's events add up to.

use super::model::*;
use super::verdict::{CriterionVerdict, RunVerdict, Status};
use crate::runbook::Gate;
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// Everything that is known of a run. `RunState::default()` is a run of which nothing is known yet.
#[derive(Clone, Debug, Default)]
pub struct RunState {
    /// The journal's head; `None` before the first event.
    pub header: Option<RunStarted>,
    /// When the run started.
    pub started: Option<Timestamp>,
    /// When the last event happened.
    pub last: Option<Timestamp>,
    /// Every step of the plan, in order.
    pub steps: Vec<StepState>,
    /// Captured variables; the newest wins.
    pub variables: BTreeMap<String, String>,
    /// The parameters, those that were given behind a step included.
    pub params: BTreeMap<String, String>,
    /// How long the run waited for people.
    pub waited: Duration,
    /// What a suspended run waits for.
    pub suspended: Option<Suspension>,
    /// The signal that interrupted it.
    pub interrupted: Option<String>,
    /// Why it failed, if that is no step's doing.
    pub failed: Option<String>,
    /// Who gave it up.
    pub given_up: Option<String>,
    /// Processes that outlived the session.
    pub left_running: Vec<ProcessRecord>,
    /// Whether it is closing.
    pub closing: bool,
    /// The verdict and the head that the seal names.
    pub seal: Option<(RunVerdict, String)>,
    opened: Option<Duration>,
    /// Whether output texts are dropped.
    lean: bool,
    /// Where each step stands in `steps`.
    places: HashMap<Instance, usize>,
}

/// What a suspended run waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspension {
    /// The step.
    pub step: Instance,
    /// What it waits for.
    pub waits_for: WaitsFor,
    /// The parameter, if it waits for one.
    pub parameter: Option<String>,
}

/// Where a step stands.
#[derive(Clone, Debug)]
pub struct StepState {
    /// What the head says of it.
    pub header: StepHeader,
    /// Which going through of the step this is.
    pub instance: Instance,
    /// Where it stands.
    pub status: Status,
    /// How often it was attempted.
    pub attempts: u32,
    /// When its first attempt started, or when a person answered.
    pub started: Option<Timestamp>,
    /// When its last attempt ended, or when a person answered.
    pub finished: Option<Timestamp>,
    /// The outcome of its last attempt.
    pub outcome: Option<StepFinished>,
    /// How its gate was answered, or the manual step.
    pub gate: Option<GateState>,
    /// How long it waited for a person.
    pub waited: Duration,
    /// Bytes that came after it had ended.
    pub late_bytes: u64,
    /// The expression that left it out.
    pub condition: Option<String>,
    /// What its probe said, each time that it ran.
    pub probes: Vec<ProbeState>,
}

/// One run of a probe, in the record of the step that names it.
#[derive(Clone, Debug)]
pub struct ProbeState {
    /// Before or after the step.
    pub moment: Moment,
    /// How the probe ended.
    pub outcome: StepFinished,
}

/// How a gate or a manual step was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateState {
    /// The kind of gate; `None` for a manual step.
    pub gate: Gate,
    /// The answer, in the words of the record.
    pub answer: &'static str,
    /// Who answered, as `user@host`.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// How the answer came.
    pub through: Channel,
    /// The note, or the reason of a skip.
    pub note: Option<String>,
}

impl RunState {
    /// A state that keeps no output: what is known of a run while it goes on must not grow with what its steps print.
    pub fn lean() -> Self {
        Self { lean: true, ..Self::default() }
    }

    /// Takes one event. `time` is its wall-clock time, `since` the monotonic time since the run's start.
    pub fn apply(&mut self, event: &Event, time: Timestamp, since: Duration) {
        self.last = Some(time);
        match event {
            Event::RunStarted(header) => self.start(header, time),
            Event::GateOpened { .. } | Event::ManualOpened { .. } => self.opened = Some(since),
            Event::GateAnswered { step, gate, answer, by, through, reason } => {
                let state = gate_state(*gate, answer.as_str(), by, time, *through, reason);
                self.answered(step, state, since);
                if *answer == GateAnswer::Skip {
                    self.set(step, Status::Skipped);
                }
            }
            Event::ManualAnswered { step, answer, note, by, through } => {
                self.manual(step, *answer, note, by, *through, (time, since));
            }
            Event::StepStarted { step, attempt } => {
                if let Some(state) = self.step_mut(step) {
                    (state.status, state.attempts) = (Status::Running, *attempt);
                    state.started.get_or_insert(time);
                }
            }
            Event::AttemptFinished(outcome) => {
                if let Some(state) = self.step_mut(&outcome.step) {
                    state.attempts = outcome.attempt;
                }
            }
            Event::ProbeStarted { .. } => {}
            Event::ParameterOpened { .. } => self.opened = Some(since),
            Event::ParameterGiven { name, value, .. } => {
                self.waits(since);
                self.params.insert(name.clone(), value.clone());
            }
            Event::StepSkipped { step, condition } => {
                if let Some(state) = self.step_mut(step) {
                    (state.status, state.condition) = (Status::Skipped, Some(condition.clone()));
                }
            }
            Event::ProbeFinished { step, moment, outcome } => self.probed(step, *moment, outcome),
            Event::StepSatisfied { step } => {
                if let Some(state) = self.step_mut(step) {
                    state.status = Status::Satisfied;
                    (state.started, state.finished) = (Some(time), Some(time));
                }
            }
            Event::StepFinished(outcome) => self.finish(outcome, time),
            Event::LateOutput { step, bytes, .. } => {
                if let Some(state) = self.step_mut(step) {
                    state.late_bytes = state.late_bytes.saturating_add(*bytes);
                }
            }
            Event::LeftRunning { processes } => self.left_running.clone_from(processes),
            Event::RunSuspended { step, waits_for, parameter } => {
                if *waits_for != WaitsFor::Parameter {
                    self.set(step, Status::Suspended);
                }
                let (step, parameter) = (step.clone(), parameter.clone());
                self.suspended = Some(Suspension { step, waits_for: *waits_for, parameter });
            }
            Event::RunInterrupted { signal } => self.interrupted = Some(signal.clone()),
            Event::RunFailed { reason } => self.failed = Some(reason.clone()),
            Event::GivenUp { by } => self.given_up = Some(by.clone()),
            Event::Closing => self.closing = true,
            Event::Sealed { verdict, head, .. } => self.seal = Some((*verdict, head.clone())),
        }
    }

    fn start(&mut self, header: &RunStarted, time: Timestamp) {
        self.started = Some(time);
        self.steps = header.steps.iter().map(StepState::new).collect();
        self.places = self.steps.iter().enumerate().map(|(at, step)| (step.instance.clone(), at)).collect();
        self.params.clone_from(&header.params);
        self.header = Some(header.clone());
    }

    fn probed(&mut self, step: &Instance, moment: Moment, outcome: &StepFinished) {
        if outcome.status == Status::Passed {
            self.variables.extend(outcome.captured.clone());
        }
        let lean = self.lean;
        if let Some(state) = self.step_mut(step) {
            let mut outcome = outcome.clone();
            if lean {
                (outcome.stdout.text, outcome.stderr.text) = (None, None);
            }
            state.probes.push(ProbeState { moment, outcome });
        }
    }

    fn manual(
        &mut self,
        step: &Instance,
        answer: ManualAnswer,
        note: &Option<String>,
        by: &str,
        through: Channel,
        at: (Timestamp, Duration),
    ) {
        let (word, status) = match answer {
            ManualAnswer::Done => ("done", Some(Status::Passed)),
            ManualAnswer::Failed => ("failed", Some(Status::Failed)),
            ManualAnswer::Skipped => ("skipped", Some(Status::Skipped)),
            ManualAnswer::No => ("no", None),
            ManualAnswer::Quit => ("quit", None),
        };
        self.answered(step, gate_state(Gate::None, word, by, at.0, through, note), at.1);
        if let (Some(status), Some(state)) = (status, self.step_mut(step)) {
            (state.status, state.attempts) = (status, 1);
            (state.started, state.finished) = (Some(at.0), Some(at.0));
        }
    }

    /// The person who was asked has answered: how long that took.
    fn waits(&mut self, since: Duration) -> Duration {
        let waited = self.opened.take().map_or(Duration::ZERO, |opened| since.saturating_sub(opened));
        self.waited = self.waited.saturating_add(waited);
        waited
    }

    fn answered(&mut self, step: &Instance, gate: GateState, since: Duration) {
        let waited = self.waits(since);
        if let Some(state) = self.step_mut(step) {
            state.waited = state.waited.saturating_add(waited);
            state.gate = Some(gate);
        }
    }

    fn finish(&mut self, outcome: &StepFinished, time: Timestamp) {
        if outcome.status == Status::Passed {
            self.variables.extend(outcome.captured.clone());
        }
        if let Some(state) = self.step_mut(&outcome.step) {
            (state.status, state.finished) = (outcome.status, Some(time));
            state.attempts = outcome.attempt;
            state.started.get_or_insert(outcome.started);
            state.outcome = Some(outcome.clone());
        }
        if let (true, Some(outcome)) = (self.lean, self.step_mut(&outcome.step).and_then(|step| step.outcome.as_mut()))
        {
            (outcome.stdout.text, outcome.stderr.text) = (None, None);
        }
    }

    fn set(&mut self, step: &Instance, status: Status) {
        if let Some(state) = self.step_mut(step) {
            state.status = status;
        }
    }

    fn step_mut(&mut self, step: &Instance) -> Option<&mut StepState> {
        self.places.get(step).map(|at| &mut self.steps[*at])
    }

    /// The state of one going through of a step.
    pub fn instance(&self, step: &Instance) -> Option<&StepState> {
        self.places.get(step).map(|at| &self.steps[*at])
    }

    /// The state of a step's first visit, by its name.
    pub fn step(&self, name: &str) -> Option<&StepState> {
        self.instance(&Instance::first(name))
    }

    /// Where the run stands. A sealed run says so itself.
    pub fn verdict(&self) -> RunVerdict {
        let any = |status| self.steps.iter().any(|step| step.status == status);
        match &self.seal {
            Some((verdict, _)) => *verdict,
            None if self.interrupted.is_some() => RunVerdict::Interrupted,
            None if any(Status::InDoubt) => RunVerdict::InDoubt,
            None if self.suspended.is_some() => RunVerdict::Suspended,
            None => RunVerdict::Running,
        }
    }

    /// The verdict that a seal would name now.
    pub fn closing_verdict(&self) -> RunVerdict {
        let any = |status| self.steps.iter().any(|step| step.status == status);
        let partial = self.header.as_ref().is_some_and(|header| header.selection.is_some());
        match () {
            () if any(Status::InDoubt) => RunVerdict::InDoubt,
            () if self.given_up.is_some() => RunVerdict::Interrupted,
            () if any(Status::Failed) || self.failed.is_some() => RunVerdict::Failed,
            () if partial => RunVerdict::Partial,
            () => RunVerdict::Passed,
        }
    }

    /// The record just ends and nobody writes it any more: a step that was running is in doubt.
    pub fn declare_dead(&mut self) {
        if self.verdict() != RunVerdict::Running {
            return;
        }
        for step in self.steps.iter_mut().filter(|step| step.status == Status::Running) {
            step.status = Status::InDoubt;
        }
        if self.verdict() == RunVerdict::Running {
            self.interrupted = Some("unknown".to_owned());
        }
    }

    /// What was not as planned: the steps that a person left out.
    pub fn deviations(&self) -> impl Iterator<Item = &StepState> {
        self.steps.iter().filter(|step| step.status == Status::Skipped && step.condition.is_none())
    }

    /// The steps that name a criterion, and what they say of it.
    pub fn criterion(&self, id: &str) -> (Vec<&StepState>, CriterionVerdict) {
        let steps: Vec<_> =
            self.steps.iter().filter(|step| step.header.satisfies.iter().any(|named| named == id)).collect();
        let verdict = match () {
            () if steps.iter().any(|step| step.status == Status::Failed) => CriterionVerdict::Refuted,
            () if !steps.is_empty() && steps.iter().all(|step| step.status.is_good()) => CriterionVerdict::Proved,
            () => CriterionVerdict::Open,
        };
        (steps, verdict)
    }
}

impl StepState {
    fn new(header: &StepHeader) -> Self {
        Self {
            instance: Instance::first(&header.name),
            header: header.clone(),
            status: Status::NotRun,
            attempts: 0,
            started: None,
            finished: None,
            outcome: None,
            gate: None,
            waited: Duration::ZERO,
            late_bytes: 0,
            condition: None,
            probes: Vec::new(),
        }
    }

    /// How long its last attempt ran; a manual step as long as it waited for its answer.
    pub fn took(&self) -> Option<Duration> {
        match (&self.outcome, self.header.kind) {
            (Some(outcome), _) => Some(Duration::from_millis(outcome.elapsed_ms)),
            (None, StepKind::Manual) if self.finished.is_some() => Some(self.waited),
            _ => None,
        }
    }
}

fn gate_state(
    gate: Gate,
    answer: &'static str,
    by: &str,
    at: Timestamp,
    through: Channel,
    note: &Option<String>,
) -> GateState {
    GateState { gate, answer, by: by.to_owned(), at, through, note: note.clone() }
}
