//! Steps whose end the record does not tell, or that failed and may have changed something: nobody guesses.

use super::answers::Decided;
use super::late::Ear;
use super::perform::Probed;
use super::processes::{MAX_LISTED, process_record};
use super::prompter::{DecisionQuestion, DecisionReply, Prompter};
use super::run::{Engine, Next};
use super::setting::Missing;
use super::standing::{Standing, standing};
use crate::event::*;
use crate::journal::RunFolder;
use crate::plan::{PlannedStep, ShellAction};
use crate::redact::Redactor;
use crate::runbook::Effect;
use crate::shell::processes_of;
use std::io;
use std::time::{Duration, Instant};

/// How often it is looked whether a process that outlived stepgate has ended.
const LOOK: Duration = Duration::from_millis(100);

/// What comes of a step when a run goes on.
pub(super) enum Taken {
    /// It is gone through.
    Open,
    /// It is gone through, and its probe has just said that it is needed.
    Probed,
    /// Something else comes next.
    Next(Next),
}

impl<'a, P: Prompter> Engine<'a, P> {
    /// Takes up a step where the record has left it.
    pub(super) async fn take_up(&mut self, step: &'a PlannedStep) -> io::Result<Taken> {
        let Some(state) = self.recorder.state().step(&step.name) else { return Ok(Taken::Open) };
        // Each close has one outcome of each of its steps; to have been ended by a signal is none.
        let stopped = state.outcome.as_ref().is_some_and(|outcome| outcome.reason == Some(Reason::Operator));
        if step.always() && state.status == Status::Failed && !stopped && self.recorder.state().closing {
            return Ok(Taken::Next(Next::Step));
        }
        let probe = step.shell().and_then(|shell| shell.unless.as_deref());
        let stands = standing(state, probe.is_some());
        if let (Standing::Repeat | Standing::Probe | Standing::Undecided, Some(_)) =
            (stands, self.answers.decision(&step.name))
        {
            return self.decide(step).await;
        }
        match (stands, probe) {
            (Standing::Done, _) => Ok(Taken::Next(Next::Step)),
            (Standing::Open, _) => Ok(Taken::Open),
            (Standing::Repeat, _) => self.repeat(step).await,
            (Standing::Probe, Some(probe)) => self.ask_probe(step, probe).await,
            (Standing::Probe | Standing::Undecided, _) => self.decide(step).await,
        }
    }

    /// Its effect allows to run it again, unless it is still running and two at once might be more than one.
    async fn repeat(&mut self, step: &'a PlannedStep) -> io::Result<Taken> {
        let alive = self.wait_for_the_last_of(step).await;
        if let Some(next) = self.stopped() {
            return Ok(next);
        }
        let effect = self.recorder.state().step(&step.name).and_then(|state| state.header.effect);
        if !alive.is_empty() && effect != Some(Effect::Read) {
            return self.decide(step).await;
        }
        let reason = "its effect allows to run it again".to_owned();
        self.record_decision(step, Decision::Rerun, reason, Channel::Policy, alive);
        Ok(Taken::Open)
    }

    /// What its probe says decides.
    async fn ask_probe(&mut self, step: &'a PlannedStep, probe: &'a str) -> io::Result<Taken> {
        if let Some(next) = self.await_missing(step, false) {
            return Ok(Taken::Next(next));
        }
        // Of what is still under way no probe can tell how it ends.
        let alive = self.wait_for_the_last_of(step).await;
        if let Some(next) = self.stopped() {
            return Ok(next);
        }
        if !alive.is_empty() {
            return self.decide(step).await;
        }
        match self.probe(step, probe, Moment::Before).await? {
            Probed::Passes => {
                let reason = format!("its probe `{probe}` passes");
                self.record_decision(step, Decision::Happened, reason, Channel::Probe, Vec::new());
                self.recorder.record(Event::StepSatisfied { step: Instance::first(&step.name) });
                self.recorder.commit()?;
                Ok(Taken::Next(Next::Step))
            }
            Probed::Fails(_) => {
                let reason = format!("its probe `{probe}` does not pass");
                self.record_decision(step, Decision::NotHappened, reason, Channel::Probe, Vec::new());
                Ok(Taken::Probed)
            }
            Probed::Unknown(_) => match self.setting.interrupts.seen() {
                Some(signal) => Ok(Taken::Next(self.interrupted(signal))),
                None => self.decide(step).await,
            },
        }
    }

    /// What comes next if a signal has come meanwhile.
    fn stopped(&mut self) -> Option<Taken> {
        let signal = self.setting.interrupts.seen()?;
        Some(Taken::Next(self.interrupted(signal)))
    }

    /// A person decides: beforehand, by name, or at the terminal. Without one the run is left as it is.
    async fn decide(&mut self, step: &'a PlannedStep) -> io::Result<Taken> {
        let alive = self.alive(step);
        let (decided, through) = match self.answers.decision(&step.name).cloned() {
            Some(decided) => (decided, Channel::CommandLine),
            None if !self.prompter.is_available() => return Ok(Taken::Next(self.undecided(step))),
            None => match self.ask_decision(step, &alive).await? {
                Some(decided) => (decided, Channel::Terminal),
                None => {
                    return Ok(Taken::Next(match self.setting.interrupts.seen() {
                        Some(signal) => self.interrupted(signal),
                        None => self.undecided(step),
                    }));
                }
            },
        };
        let Decided { decision, reason } = decided;
        // A second visit of the same step in the same run is another question.
        self.answers.forget_decision(&step.name);
        self.record_decision(step, decision, reason, through, alive);
        self.recorder.commit()?;
        Ok(match decision {
            Decision::Happened => {
                self.miss_captures(step);
                Taken::Next(Next::Step)
            }
            // Whatever its probe would say: a person has said it.
            Decision::NotHappened | Decision::Rerun => Taken::Probed,
            Decision::Abort => Taken::Next(self.give_up()),
        })
    }

    /// What a step would have captured nobody knows: a later one that names it waits for somebody to say it.
    fn miss_captures(&mut self, step: &PlannedStep) {
        let captures = step.shell().map(ShellAction::captures).unwrap_or_default().into_iter();
        let unknown = captures.filter(|name| !self.values.contains_key(name));
        self.setting.missing.extend(unknown.map(|name| Missing { name, session: None }));
    }

    async fn ask_decision(&mut self, step: &'a PlannedStep, alive: &[ProcessRecord]) -> io::Result<Option<Decided>> {
        self.recorder.record(Event::DecisionOpened { step: Instance::first(&step.name) });
        self.recorder.commit()?;
        let now = self.recorder.clock().time();
        let Some(state) = self.recorder.state().step(&step.name) else { return Ok(None) };
        let facts = super::doubt::facts(step, state, alive, self.setting.folder.as_ref(), now);
        let question = DecisionQuestion { step, facts: &facts };
        let mut ear = Ear { late: &mut self.late, observer: self.recorder.observer };
        let reply = tokio::select! {
            biased;
            _ = self.setting.interrupts.wait() => return Ok(None),
            () = self.sessions.listen(&mut ear) => unreachable!("it listens for ever"),
            reply = self.prompter.decision(&question) => reply,
        };
        Ok(match reply {
            DecisionReply::Decided(decided) => Some(decided),
            DecisionReply::Later => None,
        })
    }

    /// Nobody decides now.
    fn undecided(&mut self, step: &PlannedStep) -> Next {
        let instance = Instance::first(&step.name);
        if self.recorder.state().instance(&instance).is_some_and(|state| state.status == Status::Failed) {
            let waits_for = WaitsFor::Decision;
            self.recorder.record(Event::RunSuspended { step: instance, waits_for, parameter: None });
        }
        Next::Leave
    }

    fn record_decision(
        &mut self,
        step: &PlannedStep,
        decision: Decision,
        reason: String,
        through: Channel,
        alive: Vec<ProcessRecord>,
    ) {
        let (step, by) = (Instance::first(&step.name), self.setting.operator.clone());
        self.recorder.record(Event::DecisionMade { step, decision, reason, by, through, alive });
    }

    fn alive(&self, step: &PlannedStep) -> Vec<ProcessRecord> {
        let mark = self.setting.folder.as_ref().map(RunFolder::mark);
        mark.map(|mark| alive(&mark, &step.name, &self.setting.redactor)).unwrap_or_default()
    }

    /// Processes of a step that are alive after they were given as long to end as a step that is being ended.
    async fn wait_for_the_last_of(&self, step: &PlannedStep) -> Vec<ProcessRecord> {
        let deadline = Instant::now() + self.setting.grace;
        loop {
            let alive = self.alive(step);
            if alive.is_empty() || Instant::now() >= deadline || self.setting.interrupts.seen().is_some() {
                return alive;
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// Processes of a step of the run with this [`RunFolder::mark`] that outlived the part of the run that started them, as far as this machine can tell.
pub fn alive(mark: &str, step: &str, redactor: &Redactor) -> Vec<ProcessRecord> {
    let found = processes_of(mark, step).into_iter().take(MAX_LISTED);
    found.map(|process| process_record(process, redactor)).collect()
}
