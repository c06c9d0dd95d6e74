//! The whole log: a summary under the first heading, a quote behind each step.

use super::clear::{clear, without_results};
use super::markdown::{inline, words};
use super::quote::{Checkbox, Marker};
use super::splice::{end_of, indent_at};
use super::{step_quote, summary_quote};
use crate::diagnostic::{Source, Span, Splices};
use crate::event::{ReadExcerpt, RunState, Status, StepState, manual_words, result_words};
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
    pub excerpt: ReadExcerpt<'a>,
}

/// The runbook with what happened written into it, in the place of what an earlier run left there.
pub fn annotate(log: &Log<'_>) -> String {
    let runbook = &*without_results(log.runbook);
    let text = written(log, runbook, Items::Inside);
    // HTML that is open at the end of an item would swallow a quote inside it.
    match clear(&text).is_some_and(|cleared| cleared.text == runbook.source.text) {
        true => text,
        false => written(log, runbook, Items::Behind),
    }
}

/// Where the quotes of task items stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Items {
    /// Inside them: their list stays one list.
    Inside,
    /// Behind them, and no box is changed: nobody could tell any more which one.
    Behind,
}

fn written(log: &Log<'_>, runbook: &Runbook, items: Items) -> String {
    let source = &runbook.source;
    let mut splices = Splices::default();
    let summary = quoted(summary_quote::lines(log.state, &log.journal));
    splices.insert_quote(source, summary_place(runbook), "", Marker::new("run"), &summary);
    for item in &runbook.items {
        let Some(state) = log.state.step(item.name()) else { continue };
        match item {
            Item::Step(step) => {
                let last = step.expectations.last().map_or(step.span, |expectation| expectation.span);
                annotate_step(log, source, &mut splices, last, state);
            }
            Item::Assert(assert) => annotate_step(log, source, &mut splices, assert.span, state),
            Item::Manual(manual) => annotate_manual(source, &mut splices, manual, state, items),
        }
    }
    splices.apply(&source.text)
}

/// A step, or an assertion, behind the last fence that belongs to it, and in the same list item as that.
fn annotate_step(log: &Log<'_>, source: &Source, splices: &mut Splices, last: Span, state: &StepState) {
    if state.status == Status::NotRun && state.gate.is_none() && state.probes.is_empty() {
        return;
    }
    let earlier = state.ran_in.as_ref().map(|file| (log.earlier)(file, &state.instance.name).unwrap_or_default());
    let lines = quoted(step_quote::lines(state, earlier.as_deref(), log.excerpt));
    let marker = Marker::new(state.instance.to_string());
    splices.insert_quote(source, last.end, &indent_at(source, last.start), marker, &lines);
}

/// Behind everything in the item. A box that is changed has a quote, which says what was in it.
fn annotate_manual(source: &Source, splices: &mut Splices, manual: &ManualStep, state: &StepState, items: Items) {
    let done = state.status == Status::Passed;
    let before = Checkbox::of(source.slice(manual.checkbox));
    let before = before.filter(|before| before.is_ticked() != done && items == Items::Inside);
    let unasked = || before.map(|_| format!("**{}**", inline(&result_words(state))));
    let Some(words) = manual_words(state).map(|said| words(&said)).or_else(unasked) else { return };
    if before.is_some() {
        splices.replace(manual.checkbox, if done { "[x]" } else { "[ ]" });
    }
    let marker = Marker { was: before, ..Marker::new(state.instance.to_string()) };
    let start = if items == Items::Inside { manual.checkbox.start } else { manual.span.start };
    let (end, indent) = (end_of(source, manual.span), indent_at(source, start));
    splices.insert_quote(source, end, &indent, marker, &quoted(vec![words]));
}

/// The end of the first heading, else the last byte before the body.
fn summary_place(runbook: &Runbook) -> usize {
    let heading = runbook.sections.iter().find(|section| section.level > 0);
    heading.map_or(runbook.body_start.saturating_sub(1), |section| end_of(&runbook.source, section.span))
}

/// Lines in a block quote.
fn quoted(lines: Vec<String>) -> Vec<String> {
    lines.into_iter().map(|line| if line.is_empty() { ">".to_owned() } else { format!("> {line}") }).collect()
}
