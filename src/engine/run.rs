//! The run: steps in order, and the close behind them.

use super::answers::Answers;
use super::decide::Taken;
use super::facts::Memory;
use super::failure::Mended;
use super::late::{Ear, Late};
use super::perform::Performed;
use super::processes::{MAX_LISTED, process_record};
use super::prompter::Prompter;
use super::recorder::Recorder;
use super::sessions::Sessions;
use super::setting::Setting;
use crate::event::*;
use crate::expect::Evaluator;
use crate::journal::{LedgerEvent, Mark};
use crate::plan::{Action, Plan, PlannedStep};
use crate::runbook::STEP_VARIABLES;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// How a run was left.
#[derive(Debug)]
pub struct Ending {
    /// What is durable of it.
    pub state: RunState,
    /// The error that ended the record, if one did.
    pub broken: Option<io::Error>,
    /// Steps that ended and whose outcome could not be recorded.
    pub unrecorded: Vec<StepState>,
    /// Whether anything of this part was recorded.
    pub begun: bool,
}

/// Runs a plan.
pub struct Engine<'a, P> {
    pub(super) plan: &'a Plan,
    /// For each step of the plan whether it is chosen.
    chosen: Vec<bool>,
    /// Ask before every step.
    pub(super) step_by_step: bool,
    pub(super) answers: Answers,
    pub(super) setting: Setting,
    pub(super) prompter: &'a mut P,
    pub(super) recorder: Recorder<'a>,
    pub(super) sessions: Sessions,
    pub(super) late: Late<'a>,
    /// Every name that has a value by now, as it is: parameters, captures, secrets. The record has them without secrets,
    /// so a step gets its variables from here and never from there.
    pub(super) values: BTreeMap<String, String>,
    /// What earlier steps printed, as far as expressions will ask for it.
    pub(super) memory: Memory,
    pub(super) evaluator: Evaluator,
    /// The names that are set anew before every step.
    pub(super) set_anew: BTreeSet<String>,
    terminal_lost: bool,
}

/// How a run begins, or goes on.
pub enum Begin {
    /// It is new.
    New(Box<RunStarted>),
    /// It goes on.
    GoOn {
        /// The head of this part.
        resumed: Box<RunResumed>,
        /// How many sound records there were, and the hash of the last.
        end: Mark,
        /// Bytes that were taken out of the journal and are not recorded yet.
        repaired: u64,
    },
}

/// What the loop does after a step.
pub(super) enum Next {
    /// The next step.
    Step,
    /// Close the run: `always` steps, then the seal.
    Close,
    /// Leave the run as it is, without closing it.
    Leave,
}

impl<'a, P: Prompter> Engine<'a, P> {
    /// Ready to run `plan`.
    pub fn new(
        plan: &'a Plan,
        chosen: Vec<bool>,
        answers: Answers,
        mut setting: Setting,
        prompter: &'a mut P,
        recorder: Recorder<'a>,
    ) -> Self {
        let given = plan.parameters.iter().filter_map(|given| Some((given.name.clone(), given.value.clone()?)));
        let values = given.chain(std::mem::take(&mut setting.values)).collect();
        Self {
            plan,
            chosen,
            step_by_step: false,
            answers,
            prompter,
            sessions: Sessions::new(std::mem::take(&mut setting.sessions), std::mem::take(&mut setting.given)),
            recorder,
            late: Late::new(plan, setting.redactor.clone()),
            values,
            memory: Memory::new(plan, std::mem::take(&mut setting.streams)),
            evaluator: Evaluator::default(),
            set_anew: set_anew(plan),
            terminal_lost: false,
            setting,
        }
    }

    /// Asks before every step, also before those without a gate.
    pub fn step_by_step(mut self, ask: bool) -> Self {
        self.step_by_step = ask;
        self
    }

    /// Runs to the end, or until the run is left.
    pub async fn run(mut self, begin: Begin) -> Ending {
        let broken = self.run_and_record(begin).await.err();
        let begun = self.recorder.has_shown();
        let (state, unrecorded) = self.recorder.into_shown();
        Ending { state, broken, unrecorded, begun }
    }

    async fn run_and_record(&mut self, begin: Begin) -> io::Result<()> {
        match begin {
            Begin::New(header) => {
                self.list(began(&header))?;
                self.recorder.record(Event::RunStarted(header));
            }
            Begin::GoOn { resumed, end: Mark { records, head }, repaired } => {
                let run = self.recorder.state().header.as_ref().map_or_else(String::new, |header| header.run.clone());
                self.list(LedgerEvent::Resumed { run, operator: resumed.operator.clone(), records, head })?;
                self.recorder.record(Event::RunResumed(resumed));
                // What belongs to a target that is another one now was forgotten with that.
                self.sessions.restore(self.recorder.state().sessions.clone());
                if repaired > 0 {
                    self.recorder.record(Event::Repaired { bytes: repaired });
                }
            }
        }
        for event in std::mem::take(&mut self.setting.beforehand) {
            self.recorder.record(event);
        }
        self.recorder.commit()?;
        // A crash in the middle of a close: it goes on there.
        let done = match (self.recorder.state().closing, self.recorder.state().given_up.is_some()) {
            (true, _) => Next::Close,
            (false, true) => self.settle_doubts().await?,
            (false, false) => self.go_through(false).await?,
        };
        match done {
            Next::Leave => self.leave().await,
            // A run in doubt is not closed, whatever else became of it.
            Next::Step | Next::Close if self.is_in_doubt() => self.leave().await,
            Next::Step | Next::Close => self.close().await,
        }
    }

    /// Goes through the steps in order: the ordinary ones, or those of the close. A probe runs with the step that
    /// names it.
    async fn go_through(&mut self, closing: bool) -> io::Result<Next> {
        let plan = self.plan;
        for (index, step) in plan.steps.iter().enumerate() {
            if step.always() != closing || step.probe() || !self.chosen[index] {
                continue;
            }
            self.note_lost_terminal();
            if let Some(signal) = self.setting.interrupts.seen() {
                return Ok(self.interrupted(signal));
            }
            match self.step(index, step, closing).await? {
                Next::Step => {}
                // A failed `always` step does not keep the others from running.
                Next::Close if closing => {}
                next => return Ok(next),
            }
        }
        Ok(Next::Step)
    }

    async fn step(&mut self, index: usize, step: &'a PlannedStep, closing: bool) -> io::Result<Next> {
        let mut taken = self.take_up(step).await?;
        let next = loop {
            let probed = match taken {
                Taken::Next(next) => break next,
                Taken::Open => false,
                Taken::Probed => true,
            };
            match self.attempt_step(index, step, closing, probed).await? {
                Next::Close if !closing => match self.failed(step).await? {
                    Mended::Retry => taken = Taken::Open,
                    Mended::Next(next) => break next,
                },
                next => break next,
            }
        };
        let passed = self.recorder.state().step(&step.name).is_some_and(|state| state.status.is_good());
        match next {
            Next::Step if passed => self.parameters_behind(step).await,
            next => Ok(next),
        }
    }

    /// Goes through a step once.
    async fn attempt_step(
        &mut self,
        index: usize,
        step: &'a PlannedStep,
        closing: bool,
        probed: bool,
    ) -> io::Result<Next> {
        if let Some(next) = self.await_missing(step, closing) {
            return Ok(next);
        }
        if let Some(next) = self.condition(step).await? {
            return Ok(next);
        }
        match &step.action {
            Action::Manual { .. } => self.manual(step).await,
            Action::Assert { expressions } => self.assertion(step, expressions).await,
            Action::Shell(action) => self.perform(Performed { index, step, action, closing, probed }).await,
        }
    }

    /// A run that was given up goes straight to its close, but for what a person must decide before.
    async fn settle_doubts(&mut self) -> io::Result<Next> {
        let plan = self.plan;
        for step in plan.steps.iter().filter(|step| !step.always() && !step.probe()) {
            let state = self.recorder.state().step(&step.name);
            if state.is_some_and(StepState::is_in_doubt)
                && let Taken::Next(Next::Leave) = self.take_up(step).await?
            {
                return Ok(Next::Leave);
            }
        }
        Ok(Next::Close)
    }

    /// Whether somebody must still say what became of a step.
    fn is_in_doubt(&self) -> bool {
        self.recorder.state().steps().any(|step| step.is_in_doubt() && !step.header.always)
    }

    fn note_lost_terminal(&mut self) {
        if self.setting.interrupts.lost() && !std::mem::replace(&mut self.terminal_lost, true) {
            self.recorder.record(Event::TerminalLost);
        }
    }

    pub(super) fn suspend(&mut self, step: &PlannedStep, waits_for: WaitsFor, closing: bool) -> Next {
        // At the close of a run that failed anyway nobody is waited for: the step stays not run.
        let good = matches!(self.recorder.state().closing_verdict(), RunVerdict::Passed | RunVerdict::Partial);
        if closing && !good {
            return Next::Step;
        }
        let step = Instance::first(&step.name);
        self.recorder.record(Event::RunSuspended { step, waits_for, parameter: None });
        Next::Leave
    }

    pub(super) fn give_up(&mut self) -> Next {
        self.recorder.record(Event::GivenUp { by: self.setting.operator.clone() });
        Next::Close
    }

    pub(super) fn interrupted(&mut self, signal: &str) -> Next {
        self.recorder.record(Event::RunInterrupted { signal: signal.to_owned() });
        Next::Leave
    }

    async fn close(&mut self) -> io::Result<()> {
        self.note_changed_runbook();
        if !self.recorder.state().closing {
            self.recorder.record(Event::Closing);
        }
        if let Next::Leave = self.go_through(true).await? {
            return Box::pin(self.leave()).await;
        }
        // What is known of the last step is durable before its shell is waited for.
        self.recorder.commit()?;
        self.end_sessions().await;
        let verdict = self.recorder.state().closing_verdict();
        let Mark { records, head } = self.recorder.end();
        let sealed = Event::Sealed { verdict, records, head };
        self.recorder.record(sealed);
        self.recorder.commit()?;
        self.list_end(true)
    }

    async fn leave(&mut self) -> io::Result<()> {
        self.note_lost_terminal();
        self.note_changed_runbook();
        self.recorder.commit()?;
        if self.is_given_up_by_signals() {
            return Box::pin(self.close()).await;
        }
        self.end_sessions().await;
        self.recorder.commit()?;
        if self.is_given_up_by_signals() {
            return Box::pin(self.close()).await;
        }
        self.list_end(false)
    }

    /// A second signal gives the run up: it closes, unless a step is in doubt. What came until now is answered with that,
    /// and a further one stops the close.
    fn is_given_up_by_signals(&mut self) -> bool {
        let undecided = self.recorder.state().steps().any(StepState::is_in_doubt);
        if !self.setting.interrupts.again() || undecided || self.recorder.state().given_up.is_some() {
            return false;
        }
        self.setting.interrupts.answer();
        self.give_up();
        true
    }

    /// The file may be edited while it is run: what was planned is what runs, and that is said.
    fn note_changed_runbook(&mut self) {
        let state = self.recorder.state();
        let Some(planned) = state.header.as_ref().map(|header| &header.runbook_sha256) else { return };
        let now = (self.setting.runbook_now)();
        if !state.changed_in_part && now.as_ref() != Some(planned) {
            self.recorder.record(Event::RunbookChanged { sha256: now });
        }
    }

    async fn end_sessions(&mut self) {
        let mut ear = Ear { late: &mut self.late, observer: self.recorder.observer };
        let left = self.sessions.close(&mut ear).await.into_iter();
        let redactor = &self.setting.redactor;
        let processes: Vec<_> = left.take(MAX_LISTED).map(|process| process_record(process, redactor)).collect();
        if !processes.is_empty() {
            self.recorder.record(Event::LeftRunning { processes });
        }
        for event in self.late.take(self.recorder.observer) {
            self.recorder.record(event);
        }
    }

    fn list(&self, event: LedgerEvent) -> io::Result<()> {
        match &self.setting.ledger {
            Some(ledger) => {
                let event = super::redacted::event(event, &self.setting.redactor);
                ledger.append(event, self.recorder.clock().time())
            }
            None => Ok(()),
        }
    }

    fn list_end(&self, sealed: bool) -> io::Result<()> {
        let state = self.recorder.state();
        let run = state.header.as_ref().map_or_else(String::new, |header| header.run.clone());
        let (verdict, Mark { records, head }) = (state.verdict(), self.recorder.end());
        self.list(match sealed {
            true => LedgerEvent::Sealed { run, verdict, records, head },
            false => LedgerEvent::Left { run, verdict, records, head },
        })
    }
}

/// The names that are set, or unset, before every step.
fn set_anew(plan: &Plan) -> BTreeSet<String> {
    let parameters = plan.parameters.iter().map(|parameter| parameter.name.clone());
    let own = STEP_VARIABLES.map(str::to_owned);
    plan.variables.iter().chain(&plan.secrets).cloned().chain(parameters).chain(own).collect()
}

fn began(header: &RunStarted) -> LedgerEvent {
    LedgerEvent::Began {
        run: header.run.clone(),
        runbook: header.runbook.clone(),
        runbook_path: header.runbook_path.clone(),
        plan: header.plan,
        title: header.title.clone(),
        profile: header.profile.clone(),
        operator: header.operator.clone(),
    }
}
