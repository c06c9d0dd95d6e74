//! What a person is asked in the course of a run: gates, manual steps, parameters behind a step.

use super::late::Ear;
use super::prompter::{
    GateQuestion, GateReply, ManualQuestion, ManualReply, ParameterQuestion, ParameterReply, Prompter,
};
use super::run::{Engine, Next};
use crate::event::*;
use crate::plan::{Origin, PlannedParameter, PlannedStep, ShellAction};
use crate::redact::Redactor;
use crate::runbook::{Choices, Gate};
use std::io;

impl<'a, P: Prompter> Engine<'a, P> {
    /// Goes through a step's gate; if the step is not to run, what comes next.
    pub(super) async fn gate_before(
        &mut self,
        step: &'a PlannedStep,
        action: &'a ShellAction,
        closing: bool,
    ) -> io::Result<Option<Next>> {
        let gate = match action.gate {
            Gate::None if self.step_by_step && !closing => Gate::Confirm,
            gate => gate,
        };
        if gate == Gate::None {
            return Ok(None);
        }
        let answer = self.gate(step, gate, action).await?;
        if let Some(signal) = self.setting.interrupts.seen() {
            return Ok(Some(self.interrupted(signal)));
        }
        Ok(match answer {
            Some(GateAnswer::Yes) => None,
            Some(GateAnswer::Skip) => Some(Next::Step),
            Some(GateAnswer::Quit) => Some(self.give_up()),
            Some(GateAnswer::No) | None => Some(self.suspend(step, WaitsFor::Gate, closing)),
        })
    }

    /// Asks at a gate, or takes the answer that was given beforehand; `None` if nobody was there to ask, or a signal
    /// came first.
    async fn gate(
        &mut self,
        step: &'a PlannedStep,
        gate: Gate,
        action: &'a ShellAction,
    ) -> io::Result<Option<GateAnswer>> {
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
        let mut ear = Ear { late: &mut self.late, observer: self.recorder.observer };
        let reply = tokio::select! {
            biased;
            _ = self.setting.interrupts.wait() => return Ok(None),
            () = self.sessions.listen(&mut ear) => unreachable!("it listens for ever"),
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

    /// Asks for a manual step, or takes the answer that was given beforehand.
    pub(super) async fn manual(&mut self, step: &'a PlannedStep) -> io::Result<Next> {
        let instance = Instance::first(&step.name);
        let (reply, through) = match self.answers.manual(&step.name) {
            Some((answer, note)) => (ManualReply { answer: *answer, note: note.clone() }, Channel::CommandLine),
            None if !self.prompter.is_available() => return Ok(self.suspend(step, WaitsFor::Manual, false)),
            None => {
                self.recorder.record(Event::ManualOpened { step: instance.clone() });
                self.recorder.commit()?;
                let question = ManualQuestion { step };
                let mut ear = Ear { late: &mut self.late, observer: self.recorder.observer };
                let reply = tokio::select! {
                    biased;
                    signal = self.setting.interrupts.wait() => return Ok(self.interrupted(signal)),
                    () = self.sessions.listen(&mut ear) => unreachable!("it listens for ever"),
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

    /// Gets every parameter that belongs behind `step`, which has passed.
    pub(super) async fn parameters_behind(&mut self, step: &'a PlannedStep) -> io::Result<Next> {
        let plan = self.plan;
        let late = |parameter: &&PlannedParameter| parameter.late.as_ref().is_some_and(|late| late.after == step.name);
        for parameter in plan.parameters.iter().filter(late) {
            // An earlier part of the run has its answer.
            if self.recorder.state().params.contains_key(&parameter.name) {
                continue;
            }
            match self.parameter(step, parameter).await? {
                Next::Step => {}
                next => return Ok(next),
            }
        }
        Ok(Next::Step)
    }

    async fn parameter(&mut self, step: &'a PlannedStep, parameter: &'a PlannedParameter) -> io::Result<Next> {
        let choices = match self.choices(parameter).await {
            Ok(choices) => choices,
            Err(why) => {
                return self.refuse_parameter(step, parameter, &format!("its `values` decide nothing: {why}"));
            }
        };
        let given = parameter.late.as_ref().and_then(|late| late.given.clone());
        let available = self.prompter.is_available();
        let (value, through) = match given {
            // A default is only offered where there is somebody who could choose.
            Some((value, origin)) if origin != Origin::Default || !available => (value, origin.into()),
            given if available => {
                let default = given.map(|(value, _)| value);
                match self.ask_parameter(step, parameter, choices.as_deref(), default.as_deref()).await? {
                    Some(ParameterReply::Value(value)) => (value, Channel::Terminal),
                    Some(ParameterReply::Quit) => return Ok(self.give_up()),
                    Some(ParameterReply::No) | None => return Ok(self.suspend_for(step, parameter)),
                }
            }
            _ => return Ok(self.suspend_for(step, parameter)),
        };
        if let Err(why) = check_late(parameter, &value, choices.as_deref(), &self.setting.redactor) {
            return self.refuse_parameter(step, parameter, &why);
        }
        self.values.insert(parameter.name.clone(), value.clone());
        let by = self.setting.operator.clone();
        let (name, after) = (parameter.name.clone(), Instance::first(&step.name));
        self.recorder.record(Event::ParameterGiven { name, value, after, by, through });
        self.recorder.commit()?;
        Ok(match self.setting.interrupts.seen() {
            Some(signal) => self.interrupted(signal),
            None => Next::Step,
        })
    }

    /// What may be chosen; `None` if there is no list.
    async fn choices(&mut self, parameter: &PlannedParameter) -> Result<Option<Vec<String>>, String> {
        match (&parameter.declared.values, parameter.late.as_ref().and_then(|late| late.values.as_ref())) {
            (Choices::List(values), _) => Ok(Some(values.clone())),
            (_, Some(values)) => self.texts(values).await.map(Some),
            (_, None) => Ok(None),
        }
    }

    async fn ask_parameter(
        &mut self,
        step: &'a PlannedStep,
        parameter: &'a PlannedParameter,
        choices: Option<&[String]>,
        default: Option<&str>,
    ) -> io::Result<Option<ParameterReply>> {
        let (name, after) = (parameter.name.clone(), Instance::first(&step.name));
        self.recorder.record(Event::ParameterOpened { name, after });
        self.recorder.commit()?;
        let redactor = &self.setting.redactor;
        let check = |text: &str| check_late(parameter, text, choices, redactor);
        let question = ParameterQuestion { parameter: &parameter.declared, choices, default, check: &check };
        let mut ear = Ear { late: &mut self.late, observer: self.recorder.observer };
        Ok(tokio::select! {
            biased;
            _ = self.setting.interrupts.wait() => None,
            () = self.sessions.listen(&mut ear) => unreachable!("it listens for ever"),
            reply = self.prompter.parameter(&question) => Some(reply),
        })
    }

    /// A value that was given beforehand and cannot be taken: the run fails, as it would at a wrong answer by name.
    fn refuse_parameter(&mut self, step: &PlannedStep, parameter: &PlannedParameter, why: &str) -> io::Result<Next> {
        let reason = format!("the parameter `{}`, asked for behind `{}`: {why}", parameter.name, step.name);
        self.recorder.record(Event::RunFailed { reason });
        self.recorder.commit()?;
        Ok(Next::Close)
    }

    fn suspend_for(&mut self, step: &PlannedStep, parameter: &PlannedParameter) -> Next {
        if let Some(signal) = self.setting.interrupts.seen() {
            return self.interrupted(signal);
        }
        let (step, waits_for) = (Instance::first(&step.name), WaitsFor::Parameter);
        self.recorder.record(Event::RunSuspended { step, waits_for, parameter: Some(parameter.name.clone()) });
        Next::Leave
    }
}

/// Whether a late parameter may have this value. Why not is said in short, and of a text that is cut nobody can tell
/// whether a secret was in it.
fn check_late(
    parameter: &PlannedParameter,
    value: &str,
    choices: Option<&[String]>,
    redactor: &Redactor,
) -> Result<(), String> {
    let secret =
        || redactor.occurs_in(value) || choices.is_some_and(|choices| choices.iter().any(|it| redactor.occurs_in(it)));
    parameter.check_late(value, choices).map_err(|why| match secret() {
        true => "the value cannot be taken; why is not shown, since a secret is in it or in the list".to_owned(),
        false => why,
    })
}
