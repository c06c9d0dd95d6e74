//! Where one step of a run stands.

use super::header::{StepHeader, StepKind};
use super::model::*;
use super::outcome::*;
use super::stretch::Stretch;
use super::verdict::Status;
use crate::runbook::Gate;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// Where a step stands.
#[derive(Clone, Debug)]
pub struct StepState {
    /// What the head says of it.
    pub header: Arc<StepHeader>,
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
    /// What was not as planned, last.
    pub deviation: Option<Deviation>,
    /// When its script may have been sent last, unless it is known since not to have happened.
    pub begun: Option<Timestamp>,
    /// Whether a later plan has it no more.
    pub gone: bool,
    /// The file below the run's folder that holds the runbook as it was when the step got its result, if a later plan says
    /// otherwise of it.
    pub ran_in: Option<String>,
    /// What its probe said, each time that it ran.
    pub probes: Vec<ProbeState>,
    /// When it ran and when it waited, in order.
    pub stretches: Vec<Stretch>,
}

/// What was not as planned: a person left a step out, or said what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deviation {
    /// `skipped`, `happened`, `not-happened`, `rerun` or `abort`.
    pub kind: &'static str,
    /// Why, in that person's words.
    pub reason: String,
    /// Who, as `user@host`.
    pub by: String,
    /// When.
    pub at: Timestamp,
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

impl StepState {
    pub(super) fn new(header: &Arc<StepHeader>) -> Self {
        Self {
            instance: Instance::first(&header.name),
            header: Arc::clone(header),
            status: Status::NotRun,
            attempts: 0,
            started: None,
            finished: None,
            outcome: None,
            gate: None,
            waited: Duration::ZERO,
            late_bytes: 0,
            condition: None,
            deviation: None,
            begun: None,
            gone: false,
            ran_in: None,
            probes: Vec::new(),
            stretches: Vec::new(),
        }
    }

    /// Whether it stands otherwise when its run goes on; `reopened` if that was closed.
    pub(super) fn changes_when_resumed(&self, reopened: bool) -> bool {
        matches!(self.status, Status::Running | Status::Suspended) || (reopened && self.header.always)
    }

    /// Forgets what became of it, but not how often it was tried: its outputs are named by that. When that was stays known.
    pub(super) fn reset(&mut self) {
        let stretches = std::mem::take(&mut self.stretches);
        *self = Self { attempts: self.attempts, stretches, ..Self::new(&self.header) };
    }

    /// Its own outcome, and those of its probe.
    pub(super) fn outcomes_mut(&mut self) -> impl Iterator<Item = &mut StepFinished> {
        self.outcome.iter_mut().chain(self.probes.iter_mut().map(|probe| &mut probe.outcome))
    }

    /// Whether it proves the criteria that it names. What somebody only said to have happened was not checked.
    pub fn is_proof(&self) -> bool {
        self.status.is_good() && !self.is_said("happened")
    }

    /// Whether it needs nothing more.
    pub fn has_result(&self) -> bool {
        matches!(self.status, Status::Passed | Status::Skipped | Status::Satisfied)
    }

    /// Whether it is still to be decided what became of it.
    pub fn is_in_doubt(&self) -> bool {
        matches!(self.status, Status::InDoubt | Status::Running) && !self.gone && !self.is_said("abort")
    }

    /// Whether the last that a person said of it is of this kind.
    pub fn is_said(&self, kind: &str) -> bool {
        self.deviation.as_ref().is_some_and(|deviation| deviation.kind == kind)
    }

    /// Whether a person must say what became of it before it may be run again: it failed, its script was sent, and it may
    /// have changed something.
    pub fn wants_decision(&self) -> bool {
        let changes = self.header.effect.is_some_and(|effect| !effect.may_repeat());
        let sent = self.begun.is_some()
            && self.outcome.as_ref().is_none_or(|outcome| outcome.reason != Some(Reason::Transport));
        self.status == Status::Failed && changes && sent
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

/// How a gate or a manual step was answered.
pub(super) fn gate_state(
    gate: Gate,
    answer: &'static str,
    by: &str,
    at: Timestamp,
    through: Channel,
    note: &Option<String>,
) -> GateState {
    GateState { gate, answer, by: by.to_owned(), at, through, note: note.clone() }
}
