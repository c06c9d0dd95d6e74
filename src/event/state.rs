//! The fold: what a run's events add up to.

use super::decision::{Decision, FailureAnswer};
use super::header::{Revision, RunResumed, RunStarted, StepHeader};
use super::model::*;
use super::outcome::*;
use super::step_state::{Deviation, GateState, ProbeState, StepState, gate_state};
use super::verdict::{RunVerdict, Status};
use crate::hash::Hash256;
use crate::runbook::Gate;
use crate::session_state::SessionState;
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// Everything that is known of a run. `RunState::default()` is a run of which nothing is known yet.
#[derive(Clone, Debug, Default)]
pub struct RunState {
    /// The journal's head; `None` before the first event.
    pub header: Option<Arc<RunStarted>>,
    /// When the run started.
    pub started: Option<Timestamp>,
    /// When the last event happened.
    pub last: Option<Timestamp>,
    /// Every step of the plan, in order. Shared until one changes: two folds of one run differ in a step or two.
    pub(super) steps: Vec<Arc<StepState>>,
    /// Captured variables; the newest wins.
    pub variables: BTreeMap<String, String>,
    /// The parameters, those that were given behind a step included.
    pub params: BTreeMap<String, String>,
    /// Where each secret came from that some part of the run had, in words.
    pub secrets: BTreeMap<String, String>,
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
    pub seal: Option<(RunVerdict, Hash256)>,
    /// The seals of earlier closes, after each of which the run was opened again.
    pub earlier_seals: Vec<(RunVerdict, Hash256)>,
    /// The parts in which the run went on, without the first.
    pub parts: Vec<Part>,
    /// How long the run was under way, all its parts together and no gap between them.
    pub active: Duration,
    /// Whether the runbook's file was ever found to be no longer what is run.
    pub runbook_changed: bool,
    /// Whether that was recorded in this part.
    pub changed_in_part: bool,
    /// What was not as planned, in order.
    pub(super) deviations: Vec<(Instance, Deviation)>,
    /// The file below the run's folder that holds the runbook's bytes, if it is not the first one.
    pub runbook_file: Option<String>,
    /// What each session held last, by its target's name and its own.
    pub sessions: BTreeMap<(String, String), SessionState>,
    /// Bytes that were cut off by crashes and taken out of the journal.
    pub repaired: u64,
    opened: Option<Duration>,
    /// Whether output texts are dropped.
    pub(super) lean: bool,
    /// Where each step stands in `steps`.
    pub(super) places: Arc<HashMap<Instance, usize>>,
}

/// A part in which a run went on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// When.
    pub at: Timestamp,
    /// How long the run had been under way.
    pub since: Duration,
    /// Who resumed it, as `user@host`.
    pub by: String,
    /// The version of stepgate.
    pub stepgate: String,
    /// The machine's boot.
    pub boot: String,
    /// Whether the machine was started anew since the part before.
    pub rebooted: bool,
    /// Milliseconds by the machine's clock since the last record before; less than 0 if that was set back.
    pub gap_ms: i64,
    /// What had changed since and was accepted, in words.
    pub accepted: Vec<String>,
    /// What had changed since and did not count for what was still to run, in words.
    pub noted: Vec<String>,
    /// What the command line changed.
    pub overrides: Vec<String>,
}

impl Part {
    /// The part that begins at a time, by the clock and by the run's own, behind one that was recorded in the machine's boot
    /// `before`.
    pub fn new(resumed: &RunResumed, (at, since): (Timestamp, Duration), before: &str) -> Self {
        let RunResumed { operator: by, stepgate, boot, gap_ms, accepted, noted, overrides, .. } = resumed.clone();
        let rebooted = !before.is_empty() && boot != before;
        Self { at, since, by, stepgate, boot, rebooted, gap_ms, accepted, noted, overrides }
    }
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

impl RunState {
    /// A state that keeps no output: what is known of a run while it goes on must not grow with what its steps print.
    pub fn lean() -> Self {
        Self { lean: true, ..Self::default() }
    }

    /// The same as [`RunState::apply`], without a copy of what a long record mostly consists of.
    pub fn take(&mut self, event: Event, time: Timestamp, since: Duration) {
        (self.last, self.active) = (Some(time), since);
        match event {
            Event::RunStarted(header) => self.start(*header, time),
            Event::StepFinished(outcome) => self.finish(*outcome, time),
            other => self.apply(&other, time, since),
        }
    }

    /// Takes one event. `time` is its wall-clock time, `since` the time that the run has been under way.
    pub fn apply(&mut self, event: &Event, time: Timestamp, since: Duration) {
        (self.last, self.active) = (Some(time), since);
        self.stretch(event, since);
        match event {
            Event::RunStarted(header) => self.start(RunStarted::clone(header), time),
            Event::RunResumed(resumed) => self.resume(resumed, time),
            Event::Repaired { bytes } => self.repaired = self.repaired.saturating_add(*bytes),
            Event::GateOpened { .. }
            | Event::ManualOpened { .. }
            | Event::DecisionOpened { .. }
            | Event::FailureOpened { .. }
            | Event::ParameterOpened { .. } => self.opened = Some(since),
            Event::GateAnswered { step, gate, answer, by, through, reason } => {
                let state = gate_state(*gate, answer.as_str(), by, time, *through, reason);
                self.answered(step, state, since);
                if *answer == GateAnswer::Skip {
                    self.skip(step, reason, by, time);
                }
            }
            Event::ManualAnswered { step, answer, note, by, through } => {
                self.manual(step, *answer, note, by, *through, (time, since));
            }
            Event::DecisionMade { step, decision, reason, by, through, .. } => {
                self.waits(since);
                self.decided(step, *decision, *through, deviation(decision.as_str(), reason, by, time));
            }
            Event::FailureAnswered { step, answer, reason, by, .. } => {
                self.waits(since);
                match answer {
                    FailureAnswer::Retry => self.set(step, Status::NotRun),
                    FailureAnswer::Skip => self.skip(step, reason, by, time),
                    FailureAnswer::Leave | FailureAnswer::Quit => {}
                }
            }
            Event::StepStarted { step, attempt } => {
                if let Some(state) = self.step_mut(step) {
                    (state.status, state.attempts, state.begun) = (Status::Running, *attempt, Some(time));
                    // What an earlier attempt left says nothing of this one.
                    (state.outcome, state.finished) = (None, None);
                    state.started.get_or_insert(time);
                }
            }
            Event::AttemptFinished(outcome) => {
                self.hold(outcome);
                if let Some(state) = self.step_mut(&outcome.step) {
                    state.attempts = outcome.attempt;
                }
            }
            Event::ProbeStarted { .. } | Event::ClockShifted { .. } => {}
            Event::TerminalLost | Event::LockTakenOver { .. } => {}
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
            Event::StepFinished(outcome) => self.finish(StepFinished::clone(outcome), time),
            Event::LateOutput { step, bytes, .. } => {
                if let Some(state) = self.step_mut(step) {
                    state.late_bytes = state.late_bytes.saturating_add(*bytes);
                }
            }
            Event::LeftRunning { processes } => self.left_running.clone_from(processes),
            Event::RunSuspended { step, waits_for, parameter } => self.suspend(step, *waits_for, parameter),
            Event::RunbookChanged { .. } => (self.runbook_changed, self.changed_in_part) = (true, true),
            Event::RunInterrupted { signal } => self.interrupted = Some(signal.clone()),
            Event::RunFailed { reason } => self.failed = Some(reason.clone()),
            Event::GivenUp { by } => self.given_up = Some(by.clone()),
            Event::Closing => self.closing = true,
            Event::Sealed { verdict, head, .. } => self.seal = Some((*verdict, *head)),
        }
    }

    /// What was left, stopped or closed goes on.
    fn resume(&mut self, resumed: &RunResumed, time: Timestamp) {
        self.turn_all(self.active);
        let reopened = self.seal.take();
        for step in self.steps.iter_mut().filter(|step| step.changes_when_resumed(reopened.is_some())) {
            let step = Arc::make_mut(step);
            match step.status {
                // Its intent is recorded, and whoever would have recorded its outcome is dead.
                Status::Running => step.status = Status::InDoubt,
                Status::Suspended => step.status = Status::NotRun,
                // Each close has its own.
                _ if reopened.is_some() && step.header.always => step.reset(),
                _ => {}
            }
        }
        self.closing &= reopened.is_none();
        self.earlier_seals.extend(reopened);
        (self.suspended, self.interrupted, self.failed, self.opened) = (None, None, None, None);
        self.changed_in_part = false;
        self.secrets.extend(resumed.secrets.clone());
        if let Some(revision) = &resumed.revision {
            self.revise(revision);
        }
        let first = self.header.as_ref().map_or("", |header| &header.boot);
        let before = self.parts.last().map_or(first, |part| &part.boot).to_owned();
        self.parts.push(Part::new(resumed, (time, self.active), &before));
    }

    /// Another plan from here on: what is known of a step stays with its name.
    fn revise(&mut self, revision: &Revision) {
        let Some(header) = self.header.as_mut().map(Arc::make_mut) else { return };
        // A state is given back to its own target only, and a name that reaches another machine is another target.
        self.sessions.retain(|(target, _), _| header.targets.get(target) == revision.targets.get(target));
        header.revise(revision);
        let before = self.runbook_file.replace(revision.runbook_file.clone());
        let before = before.unwrap_or_else(|| RUNBOOK_FILE.to_owned());
        self.params.extend(revision.params.clone());
        let mut known: HashMap<String, Arc<StepState>> =
            std::mem::take(&mut self.steps).into_iter().map(|step| (step.instance.name.clone(), step)).collect();
        self.steps = revision
            .steps
            .iter()
            .map(|header| Arc::new(revised(known.remove(&header.name), header, &before)))
            .collect();
        // What ran and is no longer planned ran all the same.
        let mut gone: Vec<_> = known.into_values().filter(|step| step.attempts > 0 || step.gate.is_some()).collect();
        gone.sort_by_key(|step| step.started);
        gone.iter_mut().for_each(|step| Arc::make_mut(step).gone = true);
        self.steps.extend(gone);
        self.places = Arc::new(places(&self.steps));
    }

    fn decided(&mut self, step: &Instance, decision: Decision, through: Channel, deviation: Deviation) {
        let by_person = !matches!(through, Channel::Policy | Channel::Probe);
        let Some(state) = self.step_mut(step) else { return };
        match decision {
            // Of a probe's word the next event tells what came of it.
            Decision::Happened if by_person => state.status = Status::Satisfied,
            Decision::NotHappened | Decision::Rerun => {
                (state.status, state.outcome, state.begun) = (Status::NotRun, None, None);
            }
            Decision::Happened | Decision::Abort => {}
        }
        if by_person {
            self.deviate(step, deviation);
        }
    }

    fn skip(&mut self, step: &Instance, reason: &Option<String>, by: &str, at: Timestamp) {
        if let Some(state) = self.step_mut(step) {
            state.status = Status::Skipped;
        }
        self.deviate(step, deviation("skipped", reason.as_deref().unwrap_or_default(), by, at));
    }

    fn deviate(&mut self, step: &Instance, deviation: Deviation) {
        if let Some(state) = self.step_mut(step) {
            state.deviation = Some(deviation.clone());
        }
        self.deviations.push((step.clone(), deviation));
    }

    fn suspend(&mut self, step: &Instance, waits_for: WaitsFor, parameter: &Option<String>) {
        // What waits for a decision goes on to wait for it.
        let undecided = self.instance(step).is_some_and(|step| step.is_in_doubt() || step.wants_decision());
        if matches!(waits_for, WaitsFor::Gate | WaitsFor::Manual | WaitsFor::Secret) && !undecided {
            self.set(step, Status::Suspended);
        }
        self.suspended = Some(Suspension { step: step.clone(), waits_for, parameter: parameter.clone() });
    }

    fn start(&mut self, header: RunStarted, time: Timestamp) {
        self.started = Some(time);
        self.steps = header.steps.iter().map(|header| Arc::new(StepState::new(header))).collect();
        self.places = Arc::new(places(&self.steps));
        self.params.clone_from(&header.params);
        self.secrets.clone_from(&header.secrets);
        self.header = Some(Arc::new(header));
    }

    /// What a session holds after an attempt. None of it is shown anywhere.
    fn hold(&mut self, outcome: &StepFinished) {
        if let Some(held) = outcome.state.as_deref() {
            let HeldState { target, session, holds } = held.clone();
            self.sessions.insert((target, session), holds);
        }
    }

    fn probed(&mut self, step: &Instance, moment: Moment, outcome: &StepFinished) {
        self.hold(outcome);
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
        if status == Some(Status::Skipped) {
            self.deviate(step, deviation(word, note.as_deref().unwrap_or_default(), by, at.0));
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

    fn finish(&mut self, mut outcome: StepFinished, time: Timestamp) {
        self.turn(&outcome.step, None, self.active);
        self.hold(&outcome);
        outcome.state = None;
        if outcome.status == Status::Passed {
            self.variables.extend(outcome.captured.clone());
        }
        if self.lean {
            (outcome.stdout.text, outcome.stderr.text) = (None, None);
        }
        if let Some(state) = self.step_mut(&outcome.step) {
            (state.status, state.finished) = (outcome.status, Some(time));
            state.attempts = outcome.attempt;
            state.started.get_or_insert(outcome.started);
            state.outcome = Some(outcome);
        }
    }

    fn set(&mut self, step: &Instance, status: Status) {
        if let Some(state) = self.step_mut(step) {
            state.status = status;
        }
    }

    pub(super) fn step_mut(&mut self, step: &Instance) -> Option<&mut StepState> {
        self.places.get(step).map(|at| Arc::make_mut(&mut self.steps[*at]))
    }
}

/// The file below a run's folder that holds the bytes of its first plan's runbook.
pub const RUNBOOK_FILE: &str = "runbook.md";

/// A step of a revised plan: what is known of it, under its new head. `before` is the file of the runbook until then.
fn revised(known: Option<Arc<StepState>>, header: &Arc<StepHeader>, before: &str) -> StepState {
    match known {
        // What has its result keeps what was said of it when it got it.
        Some(known) if known.has_result() && known.header.sha256 != header.sha256 => {
            let known = Arc::unwrap_or_clone(known);
            StepState { ran_in: Some(known.ran_in.unwrap_or_else(|| before.to_owned())), ..known }
        }
        Some(known) => {
            let mut header = Arc::clone(header);
            if matches!(known.status, Status::InDoubt | Status::Running | Status::Failed) && known.begun.is_some() {
                // What may have happened happened under the effect of then.
                let effect = header.effect.max(known.header.effect);
                Arc::make_mut(&mut header).effect = effect;
            }
            StepState { header, ..Arc::unwrap_or_clone(known) }
        }
        None => StepState::new(header),
    }
}

fn places(steps: &[Arc<StepState>]) -> HashMap<Instance, usize> {
    steps.iter().enumerate().map(|(at, step)| (step.instance.clone(), at)).collect()
}

fn deviation(kind: &'static str, reason: &str, by: &str, at: Timestamp) -> Deviation {
    Deviation { kind, reason: reason.to_owned(), by: by.to_owned(), at }
}
