//! What a person is asked, and what may be answered.

use super::answers::Decided;
use super::doubt::DoubtFacts;
use crate::event::{FailureAnswer, GateAnswer, ManualAnswer};
use crate::plan::PlannedStep;
use crate::runbook::{Gate, Parameter};
use std::future::Future;

/// Asks a person.
pub trait Prompter {
    /// Whether there is a person to ask: a real terminal.
    fn is_available(&self) -> bool;
    /// Asks at a gate; the reply is what [`parse_gate_line`] made of the person's words.
    fn gate(&mut self, question: &GateQuestion<'_>) -> impl Future<Output = GateReply>;
    /// Asks for a manual step.
    fn manual(&mut self, question: &ManualQuestion<'_>) -> impl Future<Output = ManualReply>;
    /// Asks what became of a step.
    fn decision(&mut self, question: &DecisionQuestion<'_>) -> impl Future<Output = DecisionReply>;
    /// Asks what is to be done about a failed step.
    fn failure(&mut self, question: &FailureQuestion<'_>) -> impl Future<Output = FailureReply>;
    /// Asks for a parameter; a value has been checked.
    fn parameter(&mut self, question: &ParameterQuestion<'_>) -> impl Future<Output = ParameterReply>;
}

/// What is asked at a gate.
#[derive(Clone, Copy, Debug)]
pub struct GateQuestion<'a> {
    /// The step behind the gate.
    pub step: &'a PlannedStep,
    /// The kind of gate.
    pub gate: Gate,
    /// What must be typed at `gate=type`.
    pub phrase: &'a str,
}

/// What is asked for a manual step.
#[derive(Clone, Copy, Debug)]
pub struct ManualQuestion<'a> {
    /// The manual step.
    pub step: &'a PlannedStep,
}

/// What is asked of a step whose end the record does not tell, or that failed and may have changed something.
#[derive(Clone, Copy)]
pub struct DecisionQuestion<'a> {
    /// The step.
    pub step: &'a PlannedStep,
    /// What is known of it.
    pub facts: &'a DoubtFacts,
}

/// A person's decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecisionReply {
    /// What became of it, and why.
    Decided(Decided),
    /// Not now: the run is left as it is.
    Later,
}

/// What is asked of a failed step.
#[derive(Clone, Copy, Debug)]
pub struct FailureQuestion<'a> {
    /// The step.
    pub step: &'a PlannedStep,
    /// Whether it may simply be run again.
    pub retry: bool,
}

/// A person's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureReply {
    /// The answer.
    pub answer: FailureAnswer,
    /// Why, if the step is skipped.
    pub reason: Option<String>,
}

/// A person's answer at a gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateReply {
    /// The answer.
    pub answer: GateAnswer,
    /// Why, if the step is skipped.
    pub reason: Option<String>,
}

/// A person's answer to a manual step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManualReply {
    /// The answer.
    pub answer: ManualAnswer,
    /// A note; the reason if it is skipped.
    pub note: Option<String>,
}

/// What is asked for a parameter.
#[derive(Clone, Copy)]
pub struct ParameterQuestion<'a> {
    /// The parameter.
    pub parameter: &'a Parameter,
    /// What may be chosen, if there is a list.
    pub choices: Option<&'a [String]>,
    /// What an empty line means.
    pub default: Option<&'a str>,
    /// Why a value cannot be taken.
    pub check: &'a dyn Fn(&str) -> Result<(), String>,
}

/// A person's answer for a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParameterReply {
    /// The value.
    Value(String),
    /// Not now: the run is suspended.
    No,
    /// Give up the run.
    Quit,
}
