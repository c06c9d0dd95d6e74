//! The smallest changes to a step's `output` blocks with which they accept what was printed.

use super::player::Stage;
use crate::diagnostic::Span;
use crate::event::MASK;
use crate::expect::{Edit, StreamMatcher, compile, edits, literal_line, normalize};
use crate::plan::{Plan, PlannedExpectation};
use crate::runbook::ExpectedStream;
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
    let expectations = stage.action.expectations.iter().enumerate();
    expectations.filter_map(|(block, expectation)| change(plan, stage, block, expectation)).collect()
}

fn change(
    plan: &Plan,
    stage: &Stage<'_>,
    block: usize,
    expectation: &PlannedExpectation,
) -> Option<Result<BlockChange, NoChange>> {
    let PlannedExpectation::Output { stream, lines: written, line } = expectation else { return None };
    let streams = stage.act.streams.as_ref()?;
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
        if line.contains(MASK) {
            return Some(Err(refused("a line that it printed holds a secret: expect it as `{{NAME}}`")));
        }
        if line.len() > MAX_LINE {
            return Some(Err(refused("a line that it printed has more than 1 MiB: only `...` takes it")));
        }
    }
    let known = known(plan, variables);
    let lines = lines.iter().map(|line| literal_line(line, &known)).collect();
    Some(Ok(BlockChange { step: stage.step.name.clone(), block, stream: *stream, edits, lines }))
}

/// The lines as they are matched.
fn lines_of(printed: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(printed);
    let text = text.strip_suffix('\n').unwrap_or(&text);
    if printed.is_empty() {
        return Vec::new();
    }
    text.split('\n').map(|line| normalize(line).into_owned()).collect()
}

/// Whatever `{{NAME}}` could stand for something, by now or in another run.
fn known(plan: &Plan, variables: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let names = plan.variables.iter().chain(plan.parameters.iter().map(|parameter| &parameter.name));
    let unset = names.map(|name| (name.clone(), "?".to_owned()));
    unset.chain(variables.iter().map(|(name, value)| (name.clone(), value.clone()))).collect()
}
