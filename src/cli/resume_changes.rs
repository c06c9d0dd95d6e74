//! What has changed since a run was left: shown, and refused unless it is accepted by name.

use super::difference::changed_lines;
use super::error::Failure;
use super::terminal::eprint_line;
use crate::annotate::without_results;
use crate::event::Change;
use crate::runbook::{Item, Runbook};
use crate::text::{escape_line, quote_word};

/// Lines of a step's difference that are shown.
const SHOWN: usize = 40;

/// Takes what `--accept` names; shows everything. What was accepted, in words.
///
/// # Errors
///
/// If something counts and is not accepted, or something is accepted that has not changed.
pub fn accept(
    found: &[Change],
    names: &[String],
    before: &dyn Fn() -> Option<Runbook>,
    runbook: &Runbook,
    again: &str,
) -> Result<Vec<String>, Failure> {
    if let Some(name) = names.iter().find(|name| found.iter().all(|change| change.key != **name)) {
        let known: Vec<_> = found.iter().map(|change| change.key.as_str()).collect();
        let known = if known.is_empty() { "nothing has".to_owned() } else { known.join(", ") };
        return Err(Failure::usage(format!("--accept {name}: that has not changed ({known})")).hint("nothing was run"));
    }
    let accepted = |change: &&Change| !change.fatal && names.contains(&change.key);
    let open: Vec<&Change> = found.iter().filter(|change| change.counts && !accepted(change)).collect();
    let before = found.iter().any(|change| change.counts).then(before).flatten();
    for change in found {
        let word = match (change.counts, accepted(&change)) {
            (false, _) => "note: ",
            (true, true) => "accepted: ",
            (true, false) => "changed: ",
        };
        eprint_line(&format!("{word}{}", escape_line(&change.words)));
        if let Some(before) = before.as_ref().filter(|_| change.counts) {
            show_difference(&change.key, before, runbook);
        }
    }
    if open.is_empty() {
        return Ok(found.iter().filter(accepted).map(|change| change.words.clone()).collect());
    }
    if let Some(fatal) = open.iter().find(|change| change.fatal) {
        return Err(Failure::usage(fatal.words.clone()).hint("nothing was run"));
    }
    let options: Vec<_> = open.iter().map(|change| format!("--accept {}", quote_word(&change.key))).collect();
    Err(Failure::usage("the run is not gone on with: what is still to run has changed")
        .hint(format!("nothing was run; if it is to be so: {again} {}", options.join(" "))))
}

/// Shows how a step differs from what it was.
fn show_difference(name: &str, before: &Runbook, after: &Runbook) {
    let (Some(before), Some(after)) = (source(before, name), source(after, name)) else { return };
    let lines = changed_lines(&before, &after, SHOWN);
    if lines.is_empty() {
        eprint_line(
            "  · its text is the same: a default, its program in stepgate.toml, or a gate of the profile is another one",
        );
    }
    lines.iter().for_each(|line| eprint_line(&format!("  · {line}")));
}

/// A step as its author wrote it, with its expectations and its standard input, and without results.
pub fn source(runbook: &Runbook, name: &str) -> Option<String> {
    let runbook = &*without_results(runbook);
    let item = runbook.items.iter().find(|item| item.name() == name)?;
    let (start, end) = match item {
        Item::Step(step) => {
            let last = step.expectations.last().map_or(step.span, |expectation| expectation.span);
            (step.span.start, last.end)
        }
        Item::Assert(assert) => (assert.span.start, assert.span.end),
        Item::Manual(manual) => (manual.span.start, manual.span.end),
    };
    let mut text = runbook.source.text.get(start..end)?.to_owned();
    if let Item::Step(step) = item
        && let Some(data) =
            step.stdin.as_ref().and_then(|named| runbook.data.iter().find(|data| data.name == named.name))
    {
        text.push_str(&format!("\nstandard input, `{}`:\n{}", data.name, data.text()));
    }
    Some(text)
}
