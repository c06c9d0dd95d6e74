//! The whole log: a summary under the first heading, a quote behind each step.

use super::excerpt::Excerpt;
use super::splice::{Splices, indent_at};
use super::{step_quote, summary_quote};
use crate::diagnostic::Span;
use crate::event::{RunState, Status, StepState, StreamRecord};
use crate::runbook::{Item, ManualStep, Runbook};

/// What a log is made of.
pub struct Log<'a> {
    /// The runbook that was run.
    pub runbook: &'a Runbook,
    /// The run.
    pub state: &'a RunState,
    /// The level of the record in words, such as ``sealed, head `sha256:…` ``.
    pub journal: String,
    /// The source of a step, by its name, in a file below the run's folder that holds an earlier text of the runbook.
    pub earlier: &'a dyn Fn(&str, &str) -> Option<String>,
    /// Reads the first and last bytes of a stream that the record keeps in a file.
    pub excerpt: &'a dyn Fn(&StreamRecord) -> Option<Excerpt>,
}

/// The runbook with what happened written into it.
pub fn annotate(log: &Log<'_>) -> String {
    let source = &log.runbook.source;
    let mut splices = Splices::default();
    let summary = quote("run", summary_quote::lines(log.state, &log.journal));
    splices.insert_block(source, summary_place(log.runbook), "", &summary);
    for item in &log.runbook.items {
        let Some(state) = log.state.step(item.name()) else { continue };
        match item {
            Item::Step(step) => {
                let last = step.expectations.last().map_or(step.span, |expectation| expectation.span);
                annotate_step(log, &mut splices, (step.span, last), state);
            }
            Item::Assert(assert) => annotate_step(log, &mut splices, (assert.span, assert.span), state),
            Item::Manual(manual) => annotate_manual(log, &mut splices, manual, state),
        }
    }
    splices.apply(source)
}

/// A step, or an assertion: its own fence, and the last fence that belongs to it.
fn annotate_step(log: &Log<'_>, splices: &mut Splices, (own, last): (Span, Span), state: &StepState) {
    if state.status == Status::NotRun && state.gate.is_none() && state.probes.is_empty() {
        return;
    }
    let source = &log.runbook.source;
    let earlier = state.ran_in.as_ref().map(|file| (log.earlier)(file, &state.instance.name).unwrap_or_default());
    let lines = quote(&state.instance.to_string(), step_quote::lines(state, earlier.as_deref(), log.excerpt));
    splices.insert_block(source, last.end, &indent_at(source, own.start), &lines);
}

fn annotate_manual(log: &Log<'_>, splices: &mut Splices, manual: &ManualStep, state: &StepState) {
    let source = &log.runbook.source;
    let tick = if state.status == Status::Passed { "[x]" } else { "[ ]" };
    splices.replace(manual.checkbox, tick);
    if let Some(words) = step_quote::manual_line(state) {
        let end = manual.span.start + source.slice(manual.span).trim_end().len();
        let lines = quote(&state.instance.to_string(), vec![words]);
        splices.insert_block(source, end, &indent_at(source, manual.span.start), &lines);
    }
}

/// The end of the first heading, else the last byte before the body.
fn summary_place(runbook: &Runbook) -> usize {
    let heading = runbook.sections.iter().find(|section| section.level > 0);
    heading.map_or(runbook.body_start.saturating_sub(1), |section| {
        section.span.start + runbook.source.slice(section.span).trim_end().len()
    })
}

/// Lines in a block quote of stepgate's own.
fn quote(name: &str, lines: Vec<String>) -> Vec<String> {
    let first = format!("{}{name} -->", crate::OWN_QUOTE);
    let rest = lines.into_iter().map(|line| if line.is_empty() { ">".to_owned() } else { format!("> {line}") });
    std::iter::once(first).chain(rest).collect()
}
