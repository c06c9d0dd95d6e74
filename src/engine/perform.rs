//! A script from its condition to its outcome: `when`, probe, gate, attempts, probe again.

use super::attempt::{Attempt, Attempted, probe_of};
use super::prompter::Prompter;
use super::run::{Engine, Next};
use super::setting::Missing;
use crate::duration::show_duration;
use crate::event::*;
use crate::judge::{Judgement, assert_records};
use crate::plan::{Expressions, PlannedStep, ShellAction};
use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, Instant};

/// What a probe says.
pub(super) enum Probed {
    /// It passed.
    Passes,
    /// It did not, for this reason.
    Fails(String),
    /// It could not be seen to its end, so nothing is known.
    Unknown(String),
}

/// A script that is gone through.
#[derive(Clone, Copy)]
pub(super) struct Performed<'p> {
    /// The step's place in the plan.
    pub index: usize,
    /// The step.
    pub step: &'p PlannedStep,
    /// Its script.
    pub action: &'p ShellAction,
    /// Whether the run closes.
    pub closing: bool,
    /// Whether its probe has just said that it is needed.
    pub probed: bool,
}

impl<'a, P: Prompter> Engine<'a, P> {
    /// Goes through one script.
    pub(super) async fn perform(&mut self, performed: Performed<'a>) -> io::Result<Next> {
        let Performed { index, step, action, closing, probed } = performed;
        if let Some(probe) = action.unless.as_ref().filter(|_| !probed) {
            match self.probe(step, probe, Moment::Before).await? {
                Probed::Passes => {
                    self.recorder.record(Event::StepSatisfied { step: Instance::first(&step.name) });
                    self.recorder.commit()?;
                    return Ok(Next::Step);
                }
                Probed::Fails(_) => {}
                // It was ended with stepgate, and nothing of the step was sent.
                Probed::Unknown(_) if self.setting.interrupts.seen().is_some() => {
                    let signal = self.setting.interrupts.seen().unwrap_or("TERM");
                    return Ok(self.interrupted(signal));
                }
                Probed::Unknown(why) => {
                    return self.fail(step, Reason::Transport, format!("its probe `{probe}` decides nothing: {why}"));
                }
            }
            if let Some(signal) = self.setting.interrupts.seen() {
                return Ok(self.interrupted(signal));
            }
        }
        if let Some(next) = self.gate_before(step, action, closing).await? {
            return Ok(next);
        }
        let attempt = self.tried(&step.name) + 1;
        self.recorder.record(Event::StepStarted { step: Instance::first(&step.name), attempt });
        self.recorder.commit()?;
        let Attempted { mut outcome, captured, kept } = self.attempts(index, step, action, attempt).await?;
        if let (Status::Passed, Some(probe)) = (outcome.status, &action.unless) {
            self.probe_after(step, probe, action, &mut outcome).await?;
        }
        let (status, reason) = (outcome.status, outcome.reason);
        self.take_captured(status, captured);
        tracing::debug!(step = %outcome.step, ?status, ?reason, elapsed_ms = outcome.elapsed_ms, "step ended");
        self.recorder.record(Event::StepFinished(Box::new(outcome)));
        kept?;
        Ok(match (status, self.setting.interrupts.seen()) {
            (_, Some(signal)) if matches!(reason, Some(Reason::Operator | Reason::Transport)) => {
                self.interrupted(signal)
            }
            (Status::Passed, _) => Next::Step,
            (Status::InDoubt, _) => Next::Leave,
            _ => Next::Close,
        })
    }

    /// A step that names a variable whose value nobody knows waits for it, and so does one whose probe names it. At the
    /// close of a run that failed anyway nobody is waited for: the step stays not run.
    pub(super) fn await_missing(&mut self, step: &'a PlannedStep, closing: bool) -> Option<Next> {
        let probe = step.shell().and_then(|shell| shell.unless.as_ref()).and_then(|probe| self.plan.step(probe));
        let steps = [Some(step), probe];
        let wanted = |missing: &&Missing| steps.iter().flatten().any(|step| missing.is_wanted_by(step));
        let wanted = self.setting.missing.iter().find(wanted)?;
        let parameter = Some(wanted.name.clone());
        let good = matches!(self.recorder.state().closing_verdict(), RunVerdict::Passed | RunVerdict::Partial);
        if closing && !good {
            return Some(Next::Step);
        }
        let step = Instance::first(&step.name);
        self.recorder.record(Event::RunSuspended { step, waits_for: WaitsFor::Secret, parameter });
        Some(Next::Leave)
    }

    /// How often a step was tried in earlier parts of the run, or before it was tried again.
    fn tried(&self, step: &str) -> u32 {
        self.recorder.state().step(step).map_or(0, |state| state.attempts)
    }

    /// Whether a step's `when` is true; if not, what comes next.
    pub(super) async fn condition(&mut self, step: &'a PlannedStep) -> io::Result<Option<Next>> {
        let Some(when) = &step.when else { return Ok(None) };
        match self.truth(when).await {
            Ok(true) => Ok(None),
            Ok(false) => {
                let condition = when.texts().collect();
                self.recorder.record(Event::StepSkipped { step: Instance::first(&step.name), condition });
                self.recorder.commit()?;
                Ok(Some(Next::Step))
            }
            Err(why) => self.fail(step, Reason::Expectation, format!("its `when` decides nothing: {why}")).map(Some),
        }
    }

    /// A step that runs nothing: its expressions over earlier steps.
    pub(super) async fn assertion(&mut self, step: &'a PlannedStep, expressions: &Expressions) -> io::Result<Next> {
        let at = self.recorder.clock().time();
        let since = Instant::now();
        let outcomes = self.judged(expressions, self.facts()).await;
        let expectations = assert_records(expressions, outcomes);
        let holds = expectations.iter().all(|expectation| expectation.holds);
        let (status, reason) = if holds { (Status::Passed, None) } else { (Status::Failed, Some(Reason::Expectation)) };
        let attempt = self.tried(&step.name) + 1;
        let blank = StepFinished { attempt, ..StepFinished::nothing_ran(Instance::first(&step.name), status, at) };
        let elapsed_ms = since.elapsed().as_millis() as u64;
        self.recorder.record(Event::StepFinished(Box::new(StepFinished { reason, expectations, elapsed_ms, ..blank })));
        self.recorder.commit()?;
        Ok(if holds { Next::Step } else { Next::Close })
    }

    /// Attempts until one passes, or until the time of a polled step is over.
    async fn attempts(
        &mut self,
        index: usize,
        step: &'a PlannedStep,
        action: &'a ShellAction,
        first: u32,
    ) -> io::Result<Attempted> {
        let since = Instant::now();
        let deadline = since + action.timeout;
        let mut number = first;
        loop {
            let timeout = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
            let spent = if number == first { Duration::ZERO } else { since.elapsed() };
            let mut attempted = self.attempt(Attempt { index, step, action, number, spent, timeout }).await;
            let Some(pause) = action.poll.filter(|_| attempted.outcome.status != Status::Passed) else {
                return Ok(attempted);
            };
            if self.setting.interrupts.seen().is_some() {
                return Ok(attempted);
            }
            if Instant::now() + pause >= deadline {
                polled_in_vain(&mut attempted.outcome, action.timeout, number - first + 1);
                return Ok(attempted);
            }
            attempted.kept?;
            let outcome = self.forget_output(attempted.outcome);
            self.recorder.record(Event::AttemptFinished(Box::new(outcome.clone())));
            self.recorder.write()?;
            if !self.pause(pause).await {
                let stopped = Judgement::failed(Reason::Operator, "it was stopped between two attempts".to_owned());
                let (status, reason, detail) = (stopped.status, stopped.reason, stopped.detail);
                let outcome = StepFinished { status, reason, detail, ..outcome };
                return Ok(Attempted { outcome, captured: BTreeMap::new(), kept: Ok(()) });
            }
            number += 1;
        }
    }

    /// Of an attempt that is not the last only short output is kept.
    fn forget_output(&self, mut outcome: StepFinished) -> StepFinished {
        for stream in [&mut outcome.stdout, &mut outcome.stderr] {
            if let (Some(file), Some(folder)) = (stream.file.take(), &self.setting.folder) {
                folder.remove_output(&file);
                (stream.kept, stream.kept_sha256) = (Some(0), None);
            }
        }
        outcome
    }

    /// Waits between two attempts; false if a signal came.
    async fn pause(&mut self, pause: Duration) -> bool {
        let mut ear = super::late::Ear { late: &mut self.late, observer: self.recorder.observer };
        tokio::select! {
            biased;
            _ = self.setting.interrupts.wait() => false,
            () = self.sessions.listen(&mut ear) => unreachable!("it listens for ever"),
            () = tokio::time::sleep(pause) => true,
        }
    }

    /// Runs a probe, once before its step, polling after it if it says so.
    pub(super) async fn probe(&mut self, of: &'a PlannedStep, probe: &str, moment: Moment) -> io::Result<Probed> {
        let (index, step, action) = probe_of(self.plan, probe).expect("a probe is a step of the plan");
        let instance = Instance::first(&of.name);
        let intent = Event::ProbeStarted { step: instance.clone(), probe: probe.to_owned(), moment, attempt: 1 };
        self.recorder.record(intent);
        self.recorder.commit()?;
        let Attempted { outcome, captured, kept } = match moment {
            Moment::Before => {
                let (number, spent, timeout) = (1, Duration::ZERO, action.timeout);
                self.attempt(Attempt { index, step, action, number, spent, timeout }).await
            }
            Moment::After => self.attempts(index, step, action, 1).await?,
        };
        let says = match (outcome.status, outcome.reason) {
            (Status::Passed, _) => Probed::Passes,
            (_, Some(Reason::Timeout | Reason::Transport | Reason::Operator | Reason::Terminal)) => {
                Probed::Unknown(outcome.detail.clone().unwrap_or_else(|| "it ran into its timeout".to_owned()))
            }
            _ => Probed::Fails(outcome.detail.clone().unwrap_or_default()),
        };
        self.take_captured(outcome.status, captured);
        self.recorder.record(Event::ProbeFinished { step: instance, moment, outcome: Box::new(outcome) });
        kept?;
        Ok(says)
    }

    /// The step has passed; now its probe must.
    async fn probe_after(
        &mut self,
        step: &'a PlannedStep,
        probe: &str,
        action: &ShellAction,
        outcome: &mut StepFinished,
    ) -> io::Result<()> {
        match self.probe(step, probe, Moment::After).await? {
            Probed::Passes => {}
            Probed::Fails(why) => {
                let why = if why.is_empty() { why } else { format!(": {why}") };
                outcome.status = Status::Failed;
                outcome.reason = Some(Reason::Expectation);
                outcome.detail = Some(format!("its probe `{probe}` still does not pass{why}"));
            }
            Probed::Unknown(why) => {
                // What the step did is not known to have worked; a probe on `resume` can tell.
                outcome.status = if action.effect.may_repeat() { Status::Failed } else { Status::InDoubt };
                let stopped = self.setting.interrupts.seen().is_some();
                outcome.reason = Some(if stopped { Reason::Operator } else { Reason::Transport });
                outcome.detail = Some(format!("its probe `{probe}` decides nothing: {why}"));
            }
        }
        Ok(())
    }

    /// A step that fails before anything of it ran.
    fn fail(&mut self, step: &PlannedStep, reason: Reason, detail: String) -> io::Result<Next> {
        let at = self.recorder.clock().time();
        let blank = StepFinished::nothing_ran(Instance::first(&step.name), Status::Failed, at);
        let attempt = self.tried(&step.name) + 1;
        let outcome = StepFinished { attempt, reason: Some(reason), detail: Some(detail), ..blank };
        self.recorder.record(Event::StepFinished(Box::new(outcome)));
        self.recorder.commit()?;
        Ok(match self.setting.interrupts.seen() {
            Some(signal) => self.interrupted(signal),
            None => Next::Close,
        })
    }

    /// Only what passes captures.
    fn take_captured(&mut self, status: Status, captured: BTreeMap<String, String>) {
        if status == Status::Passed {
            self.setting.missing.retain(|missing| missing.session.is_some() || !captured.contains_key(&missing.name));
            self.values.extend(captured);
        }
    }
}

/// The last attempt of a polled step did not pass: says for how long it was tried.
fn polled_in_vain(outcome: &mut StepFinished, timeout: Duration, attempts: u32) {
    let attempts = crate::text::count(attempts as usize, "attempt");
    let tried = format!("it did not pass in {} and {attempts}", show_duration(timeout));
    outcome.detail = Some(match outcome.detail.take() {
        Some(detail) => format!("{tried}; the last one: {detail}"),
        None => tried,
    });
}
