//! What happened to one step, as its card shows it.

use super::page::Report;
use super::words::{SaidView, WordsView, said, view};
use crate::event::{
    Piece, Status, StepKind, StepState, Words, manual_words, result_words, step_account, step_facts, told_skip,
};
use serde::Serialize;

/// What happened to a step.
#[derive(Debug, Serialize)]
pub struct Outcome {
    status: &'static str,
    result: String,
    /// Whether a reader sees all of it at once.
    open: bool,
    facts: Vec<WordsView>,
    said: Vec<SaidView>,
}

impl Outcome {
    /// Of a step.
    pub fn of(report: &Report<'_>, state: &StepState) -> Self {
        let manual = state.header.kind == StepKind::Manual;
        let earlier = |file: &String| (report.earlier)(file, &state.instance.name).unwrap_or_default();
        let earlier = state.ran_in.as_ref().filter(|_| !manual).map(earlier);
        let result = result_words(state);
        let facts = match manual {
            true => manual_words(state).map(|words| answer(words, &result)).into_iter().collect(),
            false => step_facts(state),
        };
        let account = step_account(state, earlier.as_deref(), report.excerpt);
        Self {
            status: state.status.as_str(),
            result,
            open: !matches!(state.status, Status::Passed | Status::Satisfied | Status::NotRun),
            facts: facts.iter().chain(&told_skip(state)).map(|fact| view(fact)).collect(),
            said: account.iter().map(said).collect(),
        }
    }
}

/// What was answered, without the word that stands before it as the result.
fn answer(mut words: Words, result: &str) -> Words {
    if words.first() == Some(&Piece::Strong(result.to_owned())) {
        words.remove(0);
    }
    words
}
