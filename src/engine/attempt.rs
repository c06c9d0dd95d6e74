//! One attempt of one script: sent, listened to, matched, judged.

use super::intake::{Intake, Setup, Taken};
use super::late::Ear;
use super::processes::{MAX_LISTED, process_record};
use super::prompter::Prompter;
use super::run::Engine;
use crate::event::{HeldState, Instance, Reason, Status, StepFinished};
use crate::expect::Outcome;
use crate::judge::{self, Compiled, Judgement, capture_stdout, check_captured};
use crate::plan::{Action, PlannedStep, ShellAction};
use crate::redact::Redactor;
use crate::runbook::STEP_VARIABLES;
use crate::shell::{How, SessionError, StepEnd, StepRequest};
use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, Instant};

/// What is attempted.
#[derive(Clone, Copy)]
pub struct Attempt<'p> {
    /// The step's place in the plan.
    pub index: usize,
    /// The step.
    pub step: &'p PlannedStep,
    /// Its script.
    pub action: &'p ShellAction,
    /// Which attempt it is, from 1.
    pub number: u32,
    /// How long its step has been tried by now: the time of a polled step is that from its first attempt on.
    pub spent: Duration,
    /// Its wall-clock bound.
    pub timeout: Duration,
}

/// An attempt that is over: its outcome, and whether its output could be kept. What happened is known either way.
pub struct Attempted {
    /// How it ended.
    pub outcome: StepFinished,
    /// What it captured, as it is.
    pub captured: BTreeMap<String, String>,
    /// Whether its output is on the disk.
    pub kept: io::Result<()>,
}

impl<'a, P: Prompter> Engine<'a, P> {
    /// Runs the script once. Its intent is durable already.
    pub(super) async fn attempt(&mut self, attempt: Attempt<'a>) -> Attempted {
        let Attempt { index, step, action, number, spent, timeout } = attempt;
        let instance = Instance::first(&step.name);
        let started = self.recorder.clock().time();
        let known: BTreeMap<String, String> = self.values.clone().into_iter().chain(self.own(step, action)).collect();
        let compiled = Compiled::new(action, &known);
        let (variables, unset) = self.environment(step, action);
        let request = StepRequest {
            id: index as u64,
            script: &action.script,
            variables: &variables,
            unset: &unset,
            timeout,
            combined: action.combined(),
            stdin: action.stdin.as_ref().map(|data| data.text.as_bytes()),
            interpreter: action.interpreter.as_ref().map(|interpreter| interpreter.words.as_slice()),
        };
        // A signal that came while the intent was written: nothing is sent any more.
        let interrupts = self.setting.interrupts.clone();
        // What it takes to reach its target is time of the step.
        let since = Instant::now();
        let session = match interrupts.seen() {
            Some(_) => Err(SessionError::Interrupted),
            None => self.sessions.get(&action.target, &action.session, timeout, &interrupts).await,
        };
        let setup = Setup {
            instance: instance.to_string(),
            attempt: number,
            folder: self.setting.folder.as_ref(),
            limit: self.setting.output_limit,
            secret: action.secret,
            early: !action.effect.may_repeat(),
            asserted: compiled.asserts().next().is_some() || self.memory.wants(&step.name),
            redactor: &self.setting.redactor,
        };
        let mut intake = Intake::new(&setup, &compiled, self.recorder.observer, &mut self.late);
        let mut end = match session {
            Ok(session) => {
                let request = StepRequest { timeout: timeout.saturating_sub(since.elapsed()), ..request };
                session.run(request, &mut intake, async move { _ = interrupts.wait().await }).await
            }
            Err(error) => not_started(&error),
        };
        end.elapsed = since.elapsed();
        let taken = intake.take();
        let mut ear = Ear { late: &mut self.late, observer: self.recorder.observer };
        end.left_running.extend(self.sessions.leave(&action.target, &action.session, &mut ear).await);
        end.elapsed += spent;
        let outcome =
            StepFinished { started, attempt: number, ..outcome_of(instance, &end, &taken, &self.setting.redactor) };
        let mut attempted = self.judge(attempt, &compiled, taken, end.how, outcome).await;
        // Last, since its shell prints it meanwhile.
        attempted.outcome.state = self.held(action).await;
        attempted
    }

    /// What the session of a step holds now, if a later part of the run would have to know it.
    async fn held(&mut self, action: &ShellAction) -> Option<Box<HeldState>> {
        // Without a record no part of the run can follow.
        self.setting.ledger.as_ref()?;
        let (target, session) = (action.target.clone(), action.session.clone());
        let changed = self.sessions.changed(&target, &session, &self.set_anew, &self.setting.redactor).await;
        changed.map(|holds| Box::new(HeldState { target, session, holds }))
    }

    /// Holds exit code and output against what the step expects.
    async fn judge(
        &mut self,
        attempt: Attempt<'a>,
        compiled: &Compiled<'a>,
        taken: Taken<'_>,
        how: How,
        mut outcome: StepFinished,
    ) -> Attempted {
        let Attempt { step, action, .. } = attempt;
        let Taken { matchers, stdout, stderr, kept, .. } = taken;
        let mut captured = BTreeMap::new();
        let named = capture_stdout(action, &stdout);
        let hint = judge::terminal_hint(&String::from_utf8_lossy(&stderr.bytes));
        if judge::is_over(action, &how) {
            let mut matched = compiled.finish(matchers, (&stdout, &stderr));
            captured = std::mem::take(&mut matched.captured);
            let (stdout, stderr) = (judge::text_of(stdout), judge::text_of(stderr));
            let outcomes = self.asserted(compiled, &outcome, (&stdout, &stderr), &captured).await;
            outcome.expectations = matched.with_asserts(compiled, outcomes);
            if action.secret {
                // Diffs and values would quote the output, which is not kept.
                outcome.expectations.iter_mut().for_each(|expectation| expectation.detail = None);
            }
            self.memory.keep(&step.name, stdout, stderr);
        }
        let holds = outcome.expectations.iter().all(|expectation| expectation.holds);
        let mut judgement = judge::judge(action, &how, holds);
        if judgement.status == Status::Passed {
            let checked = captured.iter().try_for_each(|(name, value)| check_captured(name, value));
            match named.and_then(|value| checked.map(|()| value)) {
                Ok(value) => captured.extend(action.capture.clone().zip(value)),
                Err(why) => judgement = Judgement::failed(Reason::Expectation, why),
            }
        }
        if judgement.reason == Some(Reason::Exit)
            && judgement.detail.is_none()
            && let Some(hint) = hint
        {
            judgement = Judgement::failed(Reason::Terminal, hint.to_owned());
        }
        (outcome.status, outcome.reason, outcome.detail) = (judgement.status, judgement.reason, judgement.detail);
        outcome.captured = self.without_secrets(&captured);
        if action.secret {
            // What such a step prints is kept nowhere; its children may have it in their command lines.
            outcome.left_running.iter_mut().for_each(|process| process.command = super::SECRET.to_owned());
        }
        Attempted { outcome, captured, kept }
    }

    /// What the `assert` blocks say, one list a block.
    async fn asserted(
        &mut self,
        compiled: &Compiled<'a>,
        outcome: &StepFinished,
        (stdout, stderr): (&std::sync::Arc<crate::expect::Text>, &std::sync::Arc<crate::expect::Text>),
        captured: &BTreeMap<String, String>,
    ) -> Vec<Vec<Outcome>> {
        let mut outcomes = Vec::new();
        for expressions in compiled.asserts() {
            let mut facts = self.facts();
            facts.vars.extend(captured.clone());
            facts.result = Some(judge::result(outcome, stdout.clone(), stderr.clone()));
            outcomes.push(self.judged(expressions, facts).await);
        }
        outcomes
    }

    /// What the record says of captures: of a secret one only that there is one. From now on its value is masked.
    fn without_secrets(&self, captured: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let shown = |(name, value): (&String, &String)| {
            if !self.plan.secrets.contains(name) {
                return (name.clone(), value.clone());
            }
            // A value that cannot be looked for is empty or blank, and hides nothing: longer ones and NULs were refused.
            _ = self.setting.redactor.add(name, value);
            (name.clone(), super::SECRET.to_owned())
        };
        captured.iter().map(shown).collect()
    }

    /// The names that stepgate itself sets for a step.
    fn own(&self, step: &PlannedStep, action: &ShellAction) -> [(String, String); 3] {
        let run = self.recorder.state().header.as_ref().map_or("", |header| &header.run);
        let [of_run, of_step, of_target] = STEP_VARIABLES;
        [(of_run, run), (of_step, &step.name), (of_target, &action.target)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
    }

    /// What is set for a step, and what is unset: a name without a value, and every secret that it does not name.
    fn environment(&self, step: &PlannedStep, action: &ShellAction) -> (Vec<(String, String)>, Vec<String>) {
        let (plan, known) = (self.plan, &self.values);
        let seen = |name: &str| !plan.secrets.contains(name) || action.names(name);
        let set = known.iter().filter(|(name, _)| seen(name)).map(|(name, value)| (name.clone(), value.clone()));
        let set = set.chain(self.own(step, action)).collect();
        let all = plan.variables.iter().chain(plan.parameters.iter().map(|parameter| &parameter.name));
        let unset = all.filter(|name| !known.contains_key(*name) || !seen(name)).cloned();
        (set, unset.collect::<std::collections::BTreeSet<_>>().into_iter().collect())
    }
}

fn outcome_of(instance: Instance, end: &StepEnd, taken: &Taken<'_>, redactor: &Redactor) -> StepFinished {
    let exit_code = judge::exit_code(&end.how);
    let listed = end.left_running.iter().take(MAX_LISTED).cloned();
    let blank = StepFinished::nothing_ran(instance, Status::Failed, jiff::Timestamp::UNIX_EPOCH);
    StepFinished {
        exit_code,
        signal: exit_code.and_then(judge::signal),
        elapsed_ms: end.elapsed.as_millis() as u64,
        stdout: taken.records.0.clone(),
        stderr: taken.records.1.clone(),
        notes: notes(end.notes.clone(), end.left_running.len()),
        left_running: listed.map(|process| process_record(process, redactor)).collect(),
        ..blank
    }
}

fn not_started(error: &SessionError) -> StepEnd {
    let how = How::NotRun(error.to_string());
    StepEnd { how, elapsed: Duration::ZERO, notes: Vec::new(), left_running: error.left_running().to_vec() }
}

fn notes(mut notes: Vec<String>, left_running: usize) -> Vec<String> {
    if left_running > MAX_LISTED {
        notes.push(format!("{left_running} processes are still running, of which {MAX_LISTED} are listed"));
    }
    notes
}

/// The script of a probe.
pub fn probe_of<'p>(plan: &'p crate::plan::Plan, name: &str) -> Option<(usize, &'p PlannedStep, &'p ShellAction)> {
    let index = plan.steps.iter().position(|step| step.name == name)?;
    match &plan.steps[index].action {
        Action::Shell(action) => Some((index, &plan.steps[index], action)),
        Action::Assert { .. } | Action::Manual { .. } => None,
    }
}
