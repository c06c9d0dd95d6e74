//! The run: steps in order, gates before them, the close behind them.

use super::answers::Answers;
use super::gate::{GateQuestion, GateReply, ManualQuestion, ManualReply, Prompter};
use super::recorder::Recorder;
use super::setting::Setting;
use super::step::{Compiled, Intake, MAX_LISTED, process_record, stream_of};
use crate::event::*;
use crate::journal::LedgerEvent;
use crate::plan::{Action, Plan, PlannedStep, ShellAction};
use crate::runbook::Gate;
use crate::shell::{OutputSink, Session, SessionError, StepEnd, StepRequest};
use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

/// How a run was left.
#[derive(Debug)]
pub struct Ending {
    /// What is durable of it.
    pub state: RunState,
    /// The error that ended the record, if one did.
    pub broken: Option<io::Error>,
    /// Steps that ended and whose outcome could not be recorded.
    pub unrecorded: Vec<StepState>,
}

/// Runs a plan.
pub struct Engine<'a, P> {
    plan: &'a Plan,
    /// For each step of the plan whether it is chosen.
    chosen: Vec<bool>,
    /// Ask before every step.
    step_by_step: bool,
    answers: Answers,
    setting: Setting,
    prompter: &'a mut P,
    recorder: Recorder<'a>,
    session: Option<Session>,
    late: BTreeMap<(u64, Stream), u64>,
}

/// What the loop does after a step.
enum Next {
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
        setting: Setting,
        prompter: &'a mut P,
        recorder: Recorder<'a>,
    ) -> Self {
        Self {
            plan,
            chosen,
            step_by_step: false,
            answers,
            setting,
            prompter,
            recorder,
            session: None,
            late: BTreeMap::new(),
        }
    }

    /// Asks before every step, also before those without a gate.
    pub fn step_by_step(mut self, ask: bool) -> Self {
        self.step_by_step = ask;
        self
    }

    /// Runs from `header` to the end.
    pub async fn run(mut self, header: RunStarted) -> Ending {
        let broken = self.run_and_record(header).await.err();
        let (state, unrecorded) = self.recorder.into_shown();
        Ending { state, broken, unrecorded }
    }

    async fn run_and_record(&mut self, header: RunStarted) -> io::Result<()> {
        self.list(began(&header))?;
        self.recorder.record(Event::RunStarted(Box::new(header)));
        self.recorder.commit()?;
        let done = self.go_through(false).await?;
        match done {
            Next::Leave => self.leave().await,
            Next::Step | Next::Close => self.close().await,
        }
    }

    /// Goes through the steps in order: the ordinary ones, or those of the close.
    async fn go_through(&mut self, closing: bool) -> io::Result<Next> {
        for (index, step) in self.plan.steps.iter().enumerate() {
            if step.always() != closing || !self.chosen[index] {
                continue;
            }
            if let Some(signal) = self.setting.interrupts.seen() {
                return Ok(self.interrupted(signal));
            }
            let next = match &step.action {
                Action::Manual { .. } => self.manual(step).await?,
                Action::Shell(action) => self.shell(index, step, action, closing).await?,
            };
            match next {
                Next::Step => {}
                // A failed `always` step does not keep the others from running.
                Next::Close if closing => {}
                next => return Ok(next),
            }
        }
        Ok(Next::Step)
    }

    async fn shell(
        &mut self,
        index: usize,
        step: &PlannedStep,
        action: &ShellAction,
        closing: bool,
    ) -> io::Result<Next> {
        let gate = match action.gate {
            Gate::None if self.step_by_step && !closing => Gate::Confirm,
            gate => gate,
        };
        if gate != Gate::None {
            let answer = self.gate(step, gate, action).await?;
            if let Some(signal) = self.setting.interrupts.seen() {
                return Ok(self.interrupted(signal));
            }
            match answer {
                Some(GateAnswer::Yes) => {}
                Some(GateAnswer::Skip) => return Ok(Next::Step),
                Some(GateAnswer::Quit) => return Ok(self.give_up()),
                Some(GateAnswer::No) | None => return Ok(self.suspend(step, WaitsFor::Gate, closing)),
            }
        }
        self.attempt(index, step, action).await
    }

    /// Asks at a gate, or takes the answer that was given beforehand; `None` if nobody was there to ask, or a signal
    /// came first.
    async fn gate(&mut self, step: &PlannedStep, gate: Gate, action: &ShellAction) -> io::Result<Option<GateAnswer>> {
        let given = if self.answers.confirms(&step.name) {
            Some(Channel::CommandLine)
        } else {
            (self.answers.yes && gate == Gate::Confirm).then_some(Channel::Yes)
        };
        if let Some(through) = given {
            let reply = GateReply { answer: GateAnswer::Yes, reason: None };
            self.recorder.record(self.gate_answered(step, gate, reply, through));
            self.recorder.commit()?;
            return Ok(Some(GateAnswer::Yes));
        }
        if !self.prompter.is_available() {
            return Ok(None);
        }
        self.recorder.record(Event::GateOpened { step: Instance::first(&step.name), gate });
        self.recorder.commit()?;
        let question = GateQuestion { step, gate, phrase: &action.phrase };
        let reply = tokio::select! {
            biased;
            _ = self.setting.interrupts.wait() => return Ok(None),
            () = listen(&mut self.session, &mut self.late, &mut self.recorder, self.plan) => unreachable!("it listens for ever"),
            reply = self.prompter.gate(&question) => reply,
        };
        let answer = reply.answer;
        self.recorder.record(self.gate_answered(step, gate, reply, Channel::Terminal));
        self.recorder.commit()?;
        Ok(Some(answer))
    }

    fn gate_answered(&self, step: &PlannedStep, gate: Gate, reply: GateReply, through: Channel) -> Event {
        let GateReply { answer, reason } = reply;
        let by = self.setting.operator.clone();
        Event::GateAnswered { step: Instance::first(&step.name), gate, answer, by, through, reason }
    }

    async fn manual(&mut self, step: &PlannedStep) -> io::Result<Next> {
        let instance = Instance::first(&step.name);
        let (reply, through) = match self.answers.manual(&step.name) {
            Some((answer, note)) => (ManualReply { answer: *answer, note: note.clone() }, Channel::CommandLine),
            None if !self.prompter.is_available() => return Ok(self.suspend(step, WaitsFor::Manual, false)),
            None => {
                self.recorder.record(Event::ManualOpened { step: instance.clone() });
                self.recorder.commit()?;
                let question = ManualQuestion { step };
                let reply = tokio::select! {
                    biased;
                    signal = self.setting.interrupts.wait() => return Ok(self.interrupted(signal)),
                    () = listen(&mut self.session, &mut self.late, &mut self.recorder, self.plan) => unreachable!("it listens for ever"),
                    reply = self.prompter.manual(&question) => reply,
                };
                (reply, Channel::Terminal)
            }
        };
        let ManualReply { answer, note } = reply;
        let by = self.setting.operator.clone();
        self.recorder.record(Event::ManualAnswered { step: instance, answer, note, by, through });
        self.recorder.commit()?;
        if let Some(signal) = self.setting.interrupts.seen() {
            return Ok(self.interrupted(signal));
        }
        Ok(match answer {
            ManualAnswer::Done | ManualAnswer::Skipped => Next::Step,
            ManualAnswer::Failed => Next::Close,
            ManualAnswer::Quit => self.give_up(),
            ManualAnswer::No => self.suspend(step, WaitsFor::Manual, false),
        })
    }

    /// One attempt: the intent is durable before the script is sent; the outcome waits for the next commit, which is
    /// that of the next intent if no gate lies between.
    async fn attempt(&mut self, index: usize, step: &PlannedStep, action: &ShellAction) -> io::Result<Next> {
        let instance = Instance::first(&step.name);
        let attempt = 1;
        self.recorder.record(Event::StepStarted { step: instance.clone(), attempt });
        self.recorder.commit()?;
        let started = self.recorder.clock().time();
        let compiled = Compiled::new(action, &self.recorder.state().variables);
        let variables = self.variables(step, action);
        let unset = self.not_captured();
        let request = StepRequest {
            id: index as u64,
            script: &action.script,
            variables: &variables,
            unset: &unset,
            timeout: action.timeout,
            combined: action.combined(),
        };
        // A signal that came while the intent was written: nothing is sent any more.
        let session = match self.setting.interrupts.seen() {
            Some(_) => Err(SessionError::Interrupted),
            None => open_session(&mut self.session, &self.setting).await,
        };
        let (late, plan) = (&mut self.late, self.plan);
        let mut count = |id: u64, stream, bytes| *late.entry((id, stream)).or_default() += bytes;
        let name = |id: u64| name_of(plan, id);
        let folder = self.setting.folder.as_ref();
        let mut intake = Intake::new(
            &instance,
            folder,
            self.setting.output_limit,
            &compiled,
            self.recorder.observer,
            &mut count,
            &name,
        );
        let interrupts = self.setting.interrupts.clone();
        let end = match session {
            Ok(session) => session.run(request, &mut intake, async move { _ = interrupts.wait().await }).await,
            Err(error) => not_started(&error),
        };
        let (outcome, kept) = intake.finish(action, instance, attempt, started, end);
        let (status, reason) = (outcome.status, outcome.reason);
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

    /// Captured names that no step has captured yet: a script's own value under one is nobody's finding.
    fn not_captured(&self) -> Vec<String> {
        let captured = &self.recorder.state().variables;
        self.plan.variables.iter().filter(|name| !captured.contains_key(*name)).cloned().collect()
    }

    fn variables(&self, step: &PlannedStep, action: &ShellAction) -> Vec<(String, String)> {
        let state = self.recorder.state();
        let run = state.header.as_ref().map_or("", |header| &header.run);
        let own = [("STEPGATE_RUN", run), ("STEPGATE_STEP", &step.name), ("STEPGATE_TARGET", &action.target)];
        let captured = state.variables.iter().map(|(name, value)| (name.clone(), value.clone()));
        captured.chain(own.map(|(name, value)| (name.to_owned(), value.to_owned()))).collect()
    }

    fn suspend(&mut self, step: &PlannedStep, waits_for: WaitsFor, closing: bool) -> Next {
        // At the close of a run that failed anyway nobody is waited for: the step stays not run.
        let good = matches!(self.recorder.state().closing_verdict(), RunVerdict::Passed | RunVerdict::Partial);
        if closing && !good {
            return Next::Step;
        }
        self.recorder.record(Event::RunSuspended { step: Instance::first(&step.name), waits_for });
        Next::Leave
    }

    fn give_up(&mut self) -> Next {
        self.recorder.record(Event::GivenUp { by: self.setting.operator.clone() });
        Next::Close
    }

    fn interrupted(&mut self, signal: &str) -> Next {
        self.recorder.record(Event::RunInterrupted { signal: signal.to_owned() });
        Next::Leave
    }

    async fn close(&mut self) -> io::Result<()> {
        self.recorder.record(Event::Closing);
        if let Next::Leave = self.go_through(true).await? {
            return self.leave().await;
        }
        // What is known of the last step is durable before its shell is waited for.
        self.recorder.commit()?;
        self.end_session().await;
        let verdict = self.recorder.state().closing_verdict();
        let (records, head) = self.recorder.head();
        let sealed = Event::Sealed { verdict, records, head: head.to_owned() };
        self.recorder.record(sealed);
        self.recorder.commit()?;
        self.list_end(true)
    }

    async fn leave(&mut self) -> io::Result<()> {
        self.recorder.commit()?;
        self.end_session().await;
        self.recorder.commit()?;
        self.list_end(false)
    }

    async fn end_session(&mut self) {
        if let Some(session) = self.session.take() {
            let mut ear = Ear { late: &mut self.late, recorder: &mut self.recorder, plan: self.plan };
            let left = session.close(&mut ear).await.into_iter();
            let processes: Vec<_> = left.take(MAX_LISTED).map(process_record).collect();
            if !processes.is_empty() {
                self.recorder.record(Event::LeftRunning { processes });
            }
        }
        for ((id, stream), bytes) in std::mem::take(&mut self.late) {
            let step = Instance::first(&name_of(self.plan, id));
            self.recorder.record(Event::LateOutput { step, stream, bytes });
        }
    }

    fn list(&self, event: LedgerEvent) -> io::Result<()> {
        match &self.setting.ledger {
            Some(ledger) => ledger.append(event, self.recorder.clock().time()),
            None => Ok(()),
        }
    }

    fn list_end(&self, sealed: bool) -> io::Result<()> {
        let state = self.recorder.state();
        let run = state.header.as_ref().map_or_else(String::new, |header| header.run.clone());
        let (verdict, (records, head)) = (state.verdict(), self.recorder.head());
        let head = head.to_owned();
        self.list(match sealed {
            true => LedgerEvent::Sealed { run, verdict, records, head },
            false => LedgerEvent::Left { run, verdict, records, head },
        })
    }
}

fn began(header: &RunStarted) -> LedgerEvent {
    LedgerEvent::Began {
        run: header.run.clone(),
        runbook: header.runbook.clone(),
        runbook_path: header.runbook_path.clone(),
        plan: header.plan.clone(),
        title: header.title.clone(),
        profile: header.profile.clone(),
        operator: header.operator.clone(),
    }
}

async fn open_session<'s>(
    session: &'s mut Option<Session>,
    setting: &Setting,
) -> Result<&'s mut Session, SessionError> {
    let open = match session.take() {
        Some(open) => open,
        None => {
            let interrupts = setting.interrupts.clone();
            Session::start(setting.session.clone(), async move { _ = interrupts.wait().await }).await?
        }
    };
    Ok(session.insert(open))
}

fn not_started(error: &SessionError) -> StepEnd {
    let how = crate::shell::How::NotRun(error.to_string());
    StepEnd { how, elapsed: Duration::ZERO, notes: Vec::new(), left_running: Vec::new() }
}

/// Takes late output while a person thinks, so that a background child is not held up by a full pipe.
async fn listen(
    session: &mut Option<Session>,
    late: &mut BTreeMap<(u64, Stream), u64>,
    recorder: &mut Recorder<'_>,
    plan: &Plan,
) {
    match session {
        Some(session) => session.listen(&mut Ear { late, recorder, plan }).await,
        None => std::future::pending().await,
    }
}

/// Hears late output only.
struct Ear<'e, 'o> {
    late: &'e mut BTreeMap<(u64, Stream), u64>,
    recorder: &'e mut Recorder<'o>,
    plan: &'e Plan,
}

impl OutputSink for Ear<'_, '_> {
    fn output(&mut self, _: crate::shell::Stream, _: &[u8]) {}

    fn late(&mut self, step: u64, stream: crate::shell::Stream, bytes: &[u8]) {
        let stream = stream_of(stream);
        *self.late.entry((step, stream)).or_default() += bytes.len() as u64;
        self.recorder.observer.late_output(&name_of(self.plan, step), stream, bytes);
    }
}

fn name_of(plan: &Plan, id: u64) -> String {
    let step = usize::try_from(id).ok().and_then(|index| plan.steps.get(index));
    step.map_or_else(String::new, |step| step.name.clone())
}
