//! What is to be said of a run before its steps, for every view alike.

use super::piece::{Words, code, text};
use super::state::RunState;
use super::summary::{deviation_words, part_words};
use crate::plan::Selection;

/// What was not as planned, a sentence each.
pub fn told_deviations(state: &RunState) -> Vec<Words> {
    let told = state.deviations().map(|(step, deviation)| {
        let reason = if deviation.reason.is_empty() { "no reason recorded" } else { &deviation.reason };
        let (words, at) = (deviation_words(deviation.kind), deviation.at.strftime("%F %T"));
        vec![code(step.to_string()), text(format!(" {words} {} at {at}: \"{reason}\"", deviation.by))]
    });
    told.collect()
}

/// The parts in which the run went on, and what else a reader should know of the record.
pub fn told_parts(state: &RunState) -> Vec<Words> {
    let mut told: Vec<Words> = state.parts.iter().map(|part| vec![text(part_words(part))]).collect();
    told.extend(state.earlier_seals.iter().map(|(verdict, head)| {
        let before = text(format!("it had closed as {} before, head ", verdict.as_str()));
        vec![before, code(head.to_string()), text(", and was opened again")]
    }));
    if state.repaired > 0 {
        told.push(vec![text(format!(
            "{} bytes that a crash had cut off were taken out of the journal",
            state.repaired
        ))]);
    }
    if state.runbook_changed {
        told.push(vec![text("the runbook's file was changed meanwhile; what was planned is what was run")]);
    }
    told
}

/// The options that chose a part of the runbook.
pub fn selection_words(selection: &Selection) -> String {
    let from = selection.from.iter().map(|name| format!("--from {name}"));
    let to = selection.to.iter().map(|name| format!("--to {name}"));
    let only = selection.only.iter().map(|name| format!("--only {name}"));
    from.chain(to).chain(only).collect::<Vec<_>>().join(" ")
}

/// From when to when; empty if nothing is known of it.
pub fn span_words(state: &RunState) -> String {
    let (Some(started), Some(last)) = (state.started, state.last) else { return String::new() };
    let same_day = started.strftime("%F").to_string() == last.strftime("%F").to_string();
    let end = if same_day { "%T" } else { "%F %T" };
    format!("{} to {} UTC", started.strftime("%F %T"), last.strftime(end))
}
