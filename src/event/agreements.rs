//! Who agreed to what: every answer that a run was given, in the order in which they were given.

use super::model::Channel;
use super::state::RunState;
use super::summary::deviation_words;
use crate::runbook::Gate;
use jiff::Timestamp;
use serde::Serialize;

/// An answer of a person, at a gate, to a manual step, or about a step in doubt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Agreement {
    /// The step.
    pub step: String,
    /// What was asked: `confirm`, `type`, `manual` or `decision`.
    pub asked: &'static str,
    /// The answer.
    pub answer: &'static str,
    /// Who, as `user@host`.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// How the answer came.
    pub through: &'static str,
    /// The note, or the reason.
    pub note: Option<String>,
}

/// Every answer, the oldest first. Of a step that was asked about more than once, the last one.
pub fn agreements(state: &RunState) -> Vec<Agreement> {
    let gates = state.steps().filter_map(|step| {
        let gate = step.gate.as_ref()?;
        let asked = if gate.gate == Gate::None { "manual" } else { gate.gate.as_str() };
        Some(Agreement {
            step: step.instance.to_string(),
            asked,
            answer: gate.answer,
            by: gate.by.clone(),
            at: gate.at,
            through: through(gate.through),
            note: gate.note.clone(),
        })
    });
    let mut all: Vec<_> = gates.collect();
    let decided = state.deviations().filter(|(_, deviation)| deviation.kind != "skipped");
    all.extend(decided.map(|(step, deviation)| Agreement {
        step: step.to_string(),
        asked: "decision",
        answer: deviation_words(deviation.kind).trim_end_matches(" by"),
        by: deviation.by.clone(),
        at: deviation.at,
        through: "a person",
        note: Some(deviation.reason.clone()),
    }));
    all.sort_by_key(|agreement| agreement.at);
    all
}

fn through(channel: Channel) -> &'static str {
    match channel {
        Channel::Terminal => "terminal",
        Channel::CommandLine => "command line",
        Channel::Yes => "--yes",
        Channel::Policy => "policy",
        Channel::Probe => "probe",
        Channel::Environment => "environment",
        Channel::Profile => "profile",
        Channel::Default => "default",
    }
}
