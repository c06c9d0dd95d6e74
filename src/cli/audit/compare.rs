//! `stepgate audit compare RUN RUN`: what was otherwise the second time.

use super::super::args::Format;
use super::super::difference::changed_lines;
use super::super::error::{Exit, Failure};
use super::super::output::{print, print_json};
use super::super::past::Past;
use super::super::resume_changes::source;
use super::super::terminal::Terminal;
use super::args;
use crate::audit::{Comparison, Side, StepDifference, Unasked, compare};
use crate::event::{RunState, StepState};
use crate::report::{paint, simple_table};
use crate::text::{shorten, took};
use serde::Serialize;
use std::time::Duration;

/// Lines of one difference that are shown.
const SHOWN: usize = 40;
/// A value is shown to so many characters.
const WIDE: usize = 60;

#[derive(Debug, Serialize)]
struct Compared<'a> {
    before: &'a str,
    after: &'a str,
    #[serde(flatten)]
    comparison: &'a Comparison,
}

/// The command. A damaged record is compared as far as it is sound, and the exit code says so.
pub fn compare_runs(options: &args::Compare, terminal: &Terminal) -> Result<Exit, Failure> {
    let read = |run: &str| Past::read(Some(run), options.store.as_ref(), &Unasked);
    let (before, after) = (read(&options.before)?, read(&options.after)?);
    let comparison = compare(&before.reading.state, &after.reading.state);
    let names = [before.folder.run.as_str(), after.folder.run.as_str()];
    match options.format {
        Format::Json => print_json(&Compared { before: names[0], after: names[1], comparison: &comparison })?,
        Format::Human => print(&text(&comparison, names, (&before, &after), terminal))?,
    }
    let damaged = [&before, &after].into_iter().find(|past| !past.finding.doubts.is_empty());
    match damaged {
        None => Ok(Exit::Success),
        Some(past) => {
            let message =
                format!("the record of {} is damaged, and was compared as far as it is sound", past.folder.run);
            Err(Failure::new(Exit::Failure, message).hint(format!("stepgate audit verify {}", past.folder.run)))
        }
    }
}

fn text(comparison: &Comparison, names: [&str; 2], (before, after): (&Past, &Past), terminal: &Terminal) -> String {
    if comparison.facts.is_empty() && comparison.steps.is_empty() {
        return "nothing differs but the times\n".to_owned();
    }
    let mut text = String::new();
    if !comparison.facts.is_empty() {
        let value =
            |value: &Option<String>| value.as_deref().map_or_else(|| "-".to_owned(), |value| shorten(value, WIDE));
        let row = |fact: &crate::audit::Difference| vec![fact.what.clone(), value(&fact.before), value(&fact.after)];
        text.push_str(&simple_table(&["what", names[0], names[1]], comparison.facts.iter().map(row).collect()));
    }
    if !comparison.steps.is_empty() {
        let row = |step: &StepDifference| {
            vec![step.name.clone(), step.differs.join(", "), side(step.before.as_ref()), side(step.after.as_ref())]
        };
        text.push('\n');
        let rows = comparison.steps.iter().map(row).collect();
        text.push_str(&simple_table(&["step", "differs in", names[0], names[1]], rows));
    }
    let dim = terminal.output_styles().dim;
    for step in &comparison.steps {
        for (title, lines) in differences(step, before, after) {
            text.push_str(&format!("\n{}\n", paint(&format!("{title} of {}", step.name), dim)));
            lines.iter().for_each(|line| text.push_str(&format!("  {line}\n")));
        }
    }
    text.trim_start().to_owned()
}

fn side(side: Option<&Side>) -> String {
    let Some(side) = side else { return "-".to_owned() };
    let exit = side.exit_code.filter(|code| *code != 0).map(|code| format!(", exit {code}")).unwrap_or_default();
    let lasted =
        side.elapsed_ms.map(|elapsed| format!(", {}", took(Duration::from_millis(elapsed)))).unwrap_or_default();
    format!("{}{exit}{lasted}", side.status.as_str())
}

/// The lines in which a step's text and what it printed differ, as far as both are kept in the records themselves.
fn differences(step: &StepDifference, before: &Past, after: &Past) -> Vec<(&'static str, Vec<String>)> {
    let text = |past: &Past| past.runbook.as_ref().and_then(|runbook| source(runbook, &step.name)).unwrap_or_default();
    let printed = |past: &Past| stdout(&past.reading.state, &step.name).unwrap_or_default().to_owned();
    let one = |what: &str, title, of: &dyn Fn(&Past) -> String| {
        let lines = step.differs.contains(&what).then(|| changed_lines(&of(before), &of(after), SHOWN))?;
        (!lines.is_empty()).then_some((title, lines))
    };
    [one("text", "the text", &text), one("output", "the output", &printed)].into_iter().flatten().collect()
}

fn stdout<'s>(state: &'s RunState, step: &str) -> Option<&'s str> {
    state.step(step).and_then(|step: &StepState| step.outcome.as_ref()?.stdout.text.as_deref())
}
