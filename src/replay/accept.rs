//! The smallest changes to a step's `output` blocks with which they accept what was printed.

use super::player::{Judged, Stage};
use super::recording::Act;
use super::text::lines_of;
use crate::diagnostic::Span;
use crate::event::MASK;
use crate::expect::{Edit, Repeat, StreamMatcher, compile, edits, literal_line, named_groups, references};
use crate::plan::{Plan, PlannedExpectation};
use crate::runbook::{ExpectedStream, STEP_VARIABLES};
use crate::text::escape_line;
use std::collections::BTreeMap;

/// A longer line of output, in bytes, is taken by `...` only.
const MAX_LINE: usize = 1 << 20;

/// What is to be changed in one `output` block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockChange {
    /// The step.
    pub step: String,
    /// Which of its expectations, from 0.
    pub block: usize,
    /// The stream that it checks.
    pub stream: ExpectedStream,
    /// The changes, in order.
    pub edits: Vec<Edit>,
    /// Each line of the stream as it is written in a block.
    pub lines: Vec<String>,
}

/// A block that is for a person to change, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoChange {
    /// The step.
    pub step: String,
    /// The runbook's line.
    pub line: usize,
    /// Why, in plain words.
    pub why: String,
}

/// What is to be changed in each `output` block of a step that does not accept what was printed.
pub fn block_changes(plan: &Plan, stage: &Stage<'_>) -> Vec<Result<BlockChange, NoChange>> {
    let Judged::Script(action, act) = stage.judged else { return Vec::new() };
    let expectations = action.expectations.iter().enumerate();
    expectations.filter_map(|(block, expectation)| change(plan, stage, act, block, expectation)).collect()
}

fn change(
    plan: &Plan,
    stage: &Stage<'_>,
    act: &Act,
    block: usize,
    expectation: &PlannedExpectation,
) -> Option<Result<BlockChange, NoChange>> {
    let PlannedExpectation::Output { stream, lines: written, line } = expectation else { return None };
    let streams = act.streams.as_ref()?;
    let printed = if *stream == ExpectedStream::Stderr { &streams.stderr } else { &streams.stdout };
    let variables = &stage.ground.variables;
    let refused = |why: &str| NoChange { step: stage.step.name.clone(), line: *line, why: why.to_owned() };
    let pattern = match compile(written.iter().map(|line| (line.as_str(), Span::default())), variables) {
        Ok(pattern) => pattern,
        Err(found) => return Some(Err(refused(&found.message))),
    };
    let mut matcher = StreamMatcher::new(&pattern);
    matcher.feed(printed);
    if matcher.finish(*line).0.holds {
        return None;
    }
    let lines = lines_of(printed);
    let Some(edits) = edits(&pattern, &lines) else {
        return Some(Err(refused(
            "it printed too much to be gone through line by line: expect a part of it, with `...`",
        )));
    };
    let used = edits.iter().filter_map(|edit| match edit {
        Edit::Replace(_, line) | Edit::Insert(_, line) => lines.get(*line),
        Edit::Drop(_) => None,
    });
    for line in used {
        if !plan.secrets.is_empty() && line.contains(MASK) {
            return Some(Err(refused("a line that it printed holds a secret: expect it as `{{NAME}}`")));
        }
        if line.len() > MAX_LINE {
            return Some(Err(refused("a line that it printed has more than 1 MiB: only `...` takes it")));
        }
    }
    let known = known(plan, variables);
    let mut new: Vec<String> = lines.iter().map(|line| literal_line(line, &known)).collect();
    let run = STEP_VARIABLES[0];
    for edit in &edits {
        let (old, line) = match *edit {
            Edit::Replace(pattern, line) => (written.get(pattern).map(String::as_str), Some(line)),
            Edit::Drop(pattern) => (written.get(pattern).map(String::as_str), None),
            Edit::Insert(_, line) => (None, Some(line)),
        };
        let old = old.unwrap_or_default();
        if let Some((name, _)) = named_groups(old).first() {
            return Some(Err(refused(&format!(
                "the line `{}` captures `{name}`, and nobody else would",
                escape_line(old)
            ))));
        }
        let Some(line) = line else { continue };
        let names = references(old).into_iter().filter(|name| known.contains_key(*name));
        match with_names(&new[line], &lines[line], names.collect(), run, variables) {
            Some(text) => new[line] = text,
            None => {
                let why = format!("the line `{}` names a value that was not printed where it stands", escape_line(old));
                return Some(Err(refused(&why)));
            }
        }
    }
    Some(Ok(BlockChange { step: stage.step.name.clone(), block, stream: *stream, edits, lines: new }))
}

/// A written line with `{{NAME}}` in place of the value of each name that the line before named, and of the run's id, which is
/// another one each time. `None` if one of those values does not stand in it.
fn with_names(
    written: &str,
    printed: &str,
    names: Vec<&str>,
    run: &str,
    variables: &BTreeMap<String, String>,
) -> Option<String> {
    let mut text = written.to_owned();
    for name in names.iter().copied().chain([run]) {
        let value = variables.get(name).filter(|value| !value.is_empty() && text.contains(value.as_str()));
        match value {
            Some(value) => text = text.replace(value.as_str(), &format!("{{{{{name}}}}}")),
            None if name == run => {}
            None => return None,
        }
    }
    let block = compile([(text.as_str(), Span::default())], variables).ok()?;
    let takes = block.lines.first().is_some_and(|line| line.repeat == Repeat::Once && line.pattern.accepts(printed));
    takes.then_some(text)
}

/// Whatever `{{NAME}}` could stand for something, by now or in another run.
fn known(plan: &Plan, variables: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let names = plan.variables.iter().chain(plan.parameters.iter().map(|parameter| &parameter.name));
    let unset = names.map(|name| (name.clone(), "?".to_owned()));
    unset.chain(variables.iter().map(|(name, value)| (name.clone(), value.clone()))).collect()
}
