//! What is to be done about a step when a run goes on: pure rules over what the record says of it
//! (docs/format.md, effects).

use crate::event::{Reason, Status, StepKind, StepState};
use crate::runbook::Effect;

/// What is to be done about a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing: it has its result.
    Done,
    /// It is gone through as if the run had just come to it.
    Open,
    /// It is in doubt, and its effect allows to run it again.
    Repeat,
    /// Its probe says whether it happened.
    Probe,
    /// A person says what became of it.
    Undecided,
}

/// What is to be done about a step that stands so; `probe` says whether it names one.
pub fn standing(step: &StepState, probe: bool) -> Standing {
    match step.status {
        Status::Passed | Status::Skipped | Status::Satisfied => Standing::Done,
        Status::NotRun | Status::Suspended => Standing::Open,
        Status::Failed if step.wants_decision() => Standing::Undecided,
        Status::Failed => Standing::Open,
        Status::Running | Status::InDoubt => match step.header.effect {
            Some(Effect::Read | Effect::Idempotent) => Standing::Repeat,
            Some(Effect::Change) if probe => Standing::Probe,
            Some(Effect::Change | Effect::Destroy) => Standing::Undecided,
            // Only a script can be in doubt. Should a record say otherwise, nobody guesses.
            None => Standing::Undecided,
        },
    }
}

/// Whether a failed step may simply be tried again while somebody is there.
pub fn may_retry(step: &StepState) -> bool {
    match (step.header.kind, step.header.effect) {
        (StepKind::Assert | StepKind::Manual, _) => true,
        (_, Some(effect)) if effect.may_repeat() => true,
        // Nothing of it was sent.
        _ => {
            step.begun.is_none()
                || step.outcome.as_ref().is_some_and(|outcome| outcome.reason == Some(Reason::Transport))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Event, Instance, Revision, RunStarted, RunState, StepFinished};

    /// A step of this effect after `events` of it.
    fn step(effect: Effect, status: Option<Status>, reason: Option<Reason>) -> StepState {
        let text = format!(
            "---\nstepgate: 1\n---\n```bash {{name=wipe effect={} {}}}\na\n```\n",
            effect.as_str(),
            if effect == Effect::Destroy { "" } else { "gate=none" }
        );
        let plan = crate::plan::plan_of(&text);
        let revision = Revision::of(&plan, b"", &crate::plan::Inputs::default(), &Default::default(), &[true], None);
        let mut state = RunState::default();
        let now = jiff::Timestamp::UNIX_EPOCH;
        let mut apply = |event| state.apply(&event, now, std::time::Duration::ZERO);
        apply(Event::RunStarted(Box::new(RunStarted::example(revision))));
        apply(Event::StepStarted { step: Instance::first("wipe"), attempt: 1 });
        if let Some(status) = status {
            let outcome = StepFinished { reason, ..StepFinished::nothing_ran(Instance::first("wipe"), status, now) };
            apply(Event::StepFinished(Box::new(outcome)));
        }
        state.step("wipe").unwrap().clone()
    }

    #[test]
    fn what_is_done_about_a_step_is_the_table_of_the_format() {
        use Effect::{Change, Destroy, Idempotent, Read};
        use Standing::{Open, Probe, Repeat, Undecided};
        let failed = (Some(Status::Failed), Some(Reason::Exit));
        let unsent = (Some(Status::Failed), Some(Reason::Transport));
        let doubt = (Some(Status::InDoubt), Some(Reason::Timeout));
        let crashed = (None, None);
        for (effect, (status, reason), probe, wanted) in [
            (Read, crashed, false, Repeat),
            (Idempotent, crashed, false, Repeat),
            (Change, crashed, false, Undecided),
            (Change, crashed, true, Probe),
            (Destroy, crashed, false, Undecided),
            (Destroy, crashed, true, Undecided),
            (Change, doubt, false, Undecided),
            (Change, doubt, true, Probe),
            (Destroy, doubt, true, Undecided),
            (Read, failed, false, Open),
            (Idempotent, failed, false, Open),
            (Change, failed, false, Undecided),
            (Change, failed, true, Undecided),
            (Destroy, failed, false, Undecided),
            (Change, unsent, false, Open),
            (Destroy, unsent, false, Open),
        ] {
            let step = step(effect, status, reason);
            assert_eq!(standing(&step, probe), wanted, "{effect:?} {status:?} {reason:?} probe {probe}");
        }
        for effect in [Read, Idempotent, Change, Destroy] {
            assert_eq!(standing(&step(effect, Some(Status::Passed), None), true), Standing::Done);
        }
    }
}
