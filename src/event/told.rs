//! What a state tells: its steps, verdicts, deviations and criteria.

use super::model::*;
use super::state::RunState;
use super::step_state::{Deviation, StepState};
use super::verdict::{CriterionVerdict, RunVerdict, Status};
use std::sync::Arc;

impl RunState {
    /// Every step of the plan, in order.
    pub fn steps(&self) -> impl Iterator<Item = &StepState> {
        self.steps.iter().map(|step| &**step)
    }

    /// The state of one going through of a step.
    pub fn instance(&self, step: &Instance) -> Option<&StepState> {
        self.places.get(step).map(|at| &*self.steps[*at])
    }

    /// The state of a step's first visit, by its name.
    pub fn step(&self, name: &str) -> Option<&StepState> {
        self.instance(&Instance::first(name))
    }

    /// Where the run stands. A sealed run says so itself.
    pub fn verdict(&self) -> RunVerdict {
        let any = |status| self.steps().any(|step| step.status == status && !step.gone);
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
        let any = |status| self.steps().any(|step| step.status == status && !step.gone);
        let partial = self.header.as_ref().is_some_and(|header| header.selection.is_some());
        match () {
            () if self.given_up.is_some() => RunVerdict::Interrupted,
            // One whose outcome is missing is nothing that a run closes with, either.
            () if any(Status::InDoubt) || any(Status::Running) => RunVerdict::InDoubt,
            () if any(Status::Failed) || self.failed.is_some() => RunVerdict::Failed,
            () if partial => RunVerdict::Partial,
            () => RunVerdict::Passed,
        }
    }

    /// The record just ends and nobody writes it any more: a step that was running is in doubt.
    pub fn declare_dead(&mut self) {
        for step in self.steps.iter_mut().filter(|step| step.status == Status::Running) {
            Arc::make_mut(step).status = Status::InDoubt;
        }
        if self.verdict() == RunVerdict::Running {
            self.interrupted = Some("unknown".to_owned());
        }
    }

    /// What was not as planned: the steps that a person left out, or of which one said what became of them.
    pub fn deviations(&self) -> impl Iterator<Item = (&Instance, &Deviation)> {
        self.deviations.iter().map(|(step, deviation)| (step, deviation))
    }

    /// Drops what steps printed, for a state that goes on.
    pub fn into_lean(mut self) -> Self {
        self.lean = true;
        // What failed or is in doubt a person may have to look at.
        let told = |step: &&mut Arc<StepState>| !matches!(step.status, Status::Failed | Status::InDoubt);
        let outcomes = self.steps.iter_mut().filter(told).map(Arc::make_mut).flat_map(StepState::outcomes_mut);
        outcomes.for_each(|outcome| (outcome.stdout.text, outcome.stderr.text) = (None, None));
        self
    }

    /// The steps that name a criterion, and what they say of it.
    pub fn criterion(&self, id: &str) -> (Vec<&StepState>, CriterionVerdict) {
        let steps: Vec<_> =
            self.steps().filter(|step| !step.gone && step.header.satisfies.iter().any(|named| named == id)).collect();
        let verdict = match () {
            () if steps.iter().any(|step| step.status == Status::Failed) => CriterionVerdict::Refuted,
            () if !steps.is_empty() && steps.iter().all(|step| step.is_proof()) => CriterionVerdict::Proved,
            () => CriterionVerdict::Open,
        };
        (steps, verdict)
    }
}
