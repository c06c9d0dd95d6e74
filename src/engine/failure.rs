//! A step has failed and somebody is there: what is to be done about it.

use super::late::Ear;
use super::prompter::{FailureQuestion, FailureReply, Prompter};
use super::run::{Engine, Next};
use super::standing::may_retry;
use crate::event::*;
use crate::plan::PlannedStep;
use std::io;

/// What is done about a failed step.
pub(super) enum Mended {
    /// It is gone through again.
    Retry,
    /// Something else comes next.
    Next(Next),
}

impl<'a, P: Prompter> Engine<'a, P> {
    /// Asks about a failed step. Without anybody to ask the run closes.
    pub(super) async fn failed(&mut self, step: &'a PlannedStep) -> io::Result<Mended> {
        let instance = Instance::first(&step.name);
        // Whoever has given the run up has said enough.
        let given_up = self.recorder.state().given_up.is_some();
        let failed = |state: &&StepState| state.status == Status::Failed && !given_up;
        let Some(state) = self.recorder.state().instance(&instance).filter(failed) else {
            return Ok(Mended::Next(Next::Close));
        };
        if !self.prompter.is_available() {
            return Ok(Mended::Next(match self.setting.interrupts.lost() {
                // Somebody was there, and may come back.
                true => self.leave_failed(instance),
                false => Next::Close,
            }));
        }
        let retry = may_retry(state);
        self.recorder.record(Event::FailureOpened { step: instance.clone() });
        self.recorder.commit()?;
        let question = FailureQuestion { step, retry };
        let mut ear = Ear { late: &mut self.late, observer: self.recorder.observer };
        let reply = tokio::select! {
            biased;
            signal = self.setting.interrupts.wait() => return Ok(Mended::Next(self.interrupted(signal))),
            () = self.sessions.listen(&mut ear) => unreachable!("it listens for ever"),
            reply = self.prompter.failure(&question) => reply,
        };
        let FailureReply { answer, reason } = reply;
        // A terminal that went away has answered nothing; to leave is what loses nothing.
        let (by, through) = (self.setting.operator.clone(), Channel::Terminal);
        self.recorder.record(Event::FailureAnswered { step: instance.clone(), answer, reason, by, through });
        self.recorder.commit()?;
        Ok(match answer {
            FailureAnswer::Retry if retry => Mended::Retry,
            FailureAnswer::Skip => Mended::Next(Next::Step),
            FailureAnswer::Quit => Mended::Next(self.give_up()),
            FailureAnswer::Leave | FailureAnswer::Retry => Mended::Next(self.leave_failed(instance)),
        })
    }

    fn leave_failed(&mut self, step: Instance) -> Next {
        self.recorder.record(Event::RunSuspended { step, waits_for: WaitsFor::Failure, parameter: None });
        Next::Leave
    }
}
