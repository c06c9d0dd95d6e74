//! When a step ran, and when it waited for a person, in the run's own time: there is no gap in it between two parts.

use super::model::{Event, Instance};
use super::state::RunState;
use super::step_state::StepState;
use std::sync::Arc;
use std::time::Duration;

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// It runs, or its probe does; also between two attempts of a polled one.
    Running,
    /// It waits for a person: at its gate, for its answer, for a decision, for a parameter behind it.
    Waiting,
}

/// A stretch of time in which a step did the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// What it did.
    pub doing: Doing,
    /// From when on.
    pub from: Duration,
    /// Until when; `None` if nothing was recorded since.
    pub to: Option<Duration>,
}

impl StepState {
    /// How long it did that, if it still does so until `now`.
    pub fn spent(&self, doing: Doing, now: Duration) -> Duration {
        let of = self.stretches.iter().filter(|stretch| stretch.doing == doing);
        of.map(|stretch| stretch.to.unwrap_or(now).saturating_sub(stretch.from)).sum()
    }

    fn is_at(&self, doing: Option<Doing>) -> bool {
        self.stretches.last().filter(|stretch| stretch.to.is_none()).map(|stretch| stretch.doing) == doing
    }

    fn turn_to(&mut self, doing: Option<Doing>, at: Duration) {
        if let Some(last) = self.stretches.last_mut().filter(|stretch| stretch.to.is_none()) {
            last.to = Some(at);
        }
        self.stretches.extend(doing.map(|doing| Stretch { doing, from: at, to: None }));
    }
}

impl RunState {
    /// Takes what an event says of a step's time.
    pub(super) fn stretch(&mut self, event: &Event, since: Duration) {
        let (step, doing) = match event {
            Event::StepStarted { step, .. } | Event::ProbeStarted { step, .. } => (step, Some(Doing::Running)),
            Event::GateOpened { step, .. }
            | Event::ManualOpened { step }
            | Event::DecisionOpened { step }
            | Event::FailureOpened { step }
            | Event::ParameterOpened { after: step, .. } => (step, Some(Doing::Waiting)),
            Event::GateAnswered { step, .. }
            | Event::ManualAnswered { step, .. }
            | Event::DecisionMade { step, .. }
            | Event::FailureAnswered { step, .. }
            | Event::ParameterGiven { after: step, .. }
            | Event::ProbeFinished { step, .. }
            | Event::StepSatisfied { step }
            | Event::RunSuspended { step, .. } => (step, None),
            _ => return,
        };
        self.turn(step, doing, since);
    }

    /// A step does something else from now on.
    pub(super) fn turn(&mut self, step: &Instance, doing: Option<Doing>, since: Duration) {
        let turns = self.instance(step).is_some_and(|state| !state.is_at(doing));
        if let Some(state) = self.step_mut(step).filter(|_| turns) {
            state.turn_to(doing, since);
        }
    }

    /// Nothing of an earlier part goes on.
    pub(super) fn turn_all(&mut self, since: Duration) {
        for step in self.steps.iter_mut().filter(|step| !step.is_at(None)) {
            Arc::make_mut(step).turn_to(None, since);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::outcome::StepFinished;
    use super::super::{Revision, RunStarted, Status};
    use super::*;
    use serde_json::json;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn state() -> RunState {
        let step = json!({"name": "a", "kind": "shell", "target": "local", "gate": "confirm", "satisfies": [], "always": false, "probe": false});
        let steps = vec![Arc::new(serde_json::from_value(step).unwrap())];
        let hash = crate::hash::Hash256::ZERO;
        let revision = json!({"runbook_file": "", "runbook_sha256": hash, "plan": hash, "title": "", "params": {}, "origins": {}, "late": {},
            "chosen": [], "declared": hash, "targets": {}, "given_targets": {}, "env": {}, "acceptance": [], "steps": []});
        let revision = Revision { steps, ..serde_json::from_value(revision).unwrap() };
        let mut state = RunState::default();
        let start = Event::RunStarted(Box::new(RunStarted::example(revision)));
        state.apply(&start, jiff::Timestamp::UNIX_EPOCH, Duration::ZERO);
        state
    }

    #[test]
    fn waiting_is_apart_from_running_and_attempts_are_one_stretch() {
        let mut state = state();
        let a = || Instance::first("a");
        let at = jiff::Timestamp::UNIX_EPOCH;
        let done = |status| Box::new(StepFinished::nothing_ran(a(), status, at));
        for (time, event) in [
            (1, json!({"type": "gate-opened", "step": a(), "gate": "confirm"})),
            (
                4,
                json!({"type": "gate-answered", "step": a(), "gate": "confirm", "answer": "yes", "by": "x", "through": "terminal", "reason": null}),
            ),
            (4, json!({"type": "step-started", "step": a(), "attempt": 1})),
        ] {
            state.apply(&serde_json::from_value(event).unwrap(), at, seconds(time));
        }
        state.apply(&Event::AttemptFinished(done(Status::Failed)), at, seconds(5));
        state.apply(&Event::StepStarted { step: a(), attempt: 2 }, at, seconds(6));
        assert_eq!(state.step("a").unwrap().spent(Doing::Running, seconds(7)), seconds(3));
        state.take(Event::StepFinished(done(Status::Passed)), at, seconds(9));
        let step = state.step("a").unwrap();
        assert_eq!(step.stretches.len(), 2);
        assert_eq!(
            (step.spent(Doing::Waiting, seconds(20)), step.spent(Doing::Running, seconds(20))),
            (seconds(3), seconds(5))
        );
    }
}
