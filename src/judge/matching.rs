//! The expectations of a step with the variables of this moment put in, and what its `output` blocks say of a stream.

use super::head::Head;
use crate::diagnostic::Span;
use crate::event::{ExpectationKind, ExpectationRecord};
use crate::expect::{self, BlockPattern, Outcome, StreamMatcher};
use crate::plan::{Expressions, MAX_VALUE, PlannedExpectation, ShellAction};
use crate::redact::Redactor;
use crate::runbook::ExpectedStream;
use std::collections::BTreeMap;

/// A step's expectations, ready to be held against its output.
pub struct Compiled<'p> {
    blocks: Vec<Block<'p>>,
}

enum Block<'p> {
    Output { stream: ExpectedStream, line: usize, pattern: Result<BlockPattern, String> },
    Assert(&'p Expressions),
}

/// The captures of `output` blocks, and one record for each of them; an `assert` block has none yet.
pub struct Matched {
    /// What named groups took.
    pub captured: BTreeMap<String, String>,
    records: Vec<Option<ExpectationRecord>>,
}

impl<'p> Compiled<'p> {
    /// Compiles; planning has seen that only a variable's value can be at fault.
    pub fn new(action: &'p ShellAction, variables: &BTreeMap<String, String>) -> Self {
        let block = |expectation: &'p PlannedExpectation| match expectation {
            PlannedExpectation::Assert(expressions) => Block::Assert(expressions),
            PlannedExpectation::Output { stream, lines, line } => {
                let lines = lines.iter().map(|line| (line.as_str(), Span::default()));
                let pattern = expect::compile(lines, variables).map_err(|found| found.message);
                Block::Output { stream: *stream, line: *line, pattern }
            }
        };
        Self { blocks: action.expectations.iter().map(block).collect() }
    }

    /// One matcher for each block that has a pattern. What a report quotes goes through `redactor` first: cut or made
    /// visible, a secret would no longer be known for one.
    pub fn matchers(&self, redactor: &Redactor) -> Vec<Option<(ExpectedStream, StreamMatcher<'_>)>> {
        let matcher = |block| match block {
            &Block::Output { stream, pattern: Ok(ref pattern), .. } => {
                let redactor = redactor.clone();
                let matcher = StreamMatcher::new(pattern).hiding(move |text| redactor.redact(text).into_owned());
                Some((stream, matcher))
            }
            _ => None,
        };
        self.blocks.iter().map(matcher).collect()
    }

    /// The `assert` blocks.
    pub fn asserts(&self) -> impl Iterator<Item = &'p Expressions> {
        self.blocks.iter().filter_map(|block| match block {
            Block::Assert(expressions) => Some(*expressions),
            Block::Output { .. } => None,
        })
    }

    /// What the matchers say at the end of the streams.
    pub fn finish(
        &self,
        matchers: Vec<Option<(ExpectedStream, StreamMatcher<'_>)>>,
        streams: (&Head, &Head),
    ) -> Matched {
        let mut captured = BTreeMap::new();
        let judge = |(block, matcher): (&Block<'p>, Option<(ExpectedStream, StreamMatcher<'_>)>)| {
            let Block::Output { stream, line, pattern } = block else { return None };
            let (holds, detail) = match (pattern, matcher) {
                (Ok(pattern), Some((_, matcher))) => {
                    let (verdict, report) = matcher.finish(*line);
                    captured.extend(verdict.captures);
                    (verdict.holds, report.map(|report| with_stream_hint(report, pattern, *stream, streams)))
                }
                (Err(why), _) => (false, Some(why.clone())),
                (Ok(_), None) => (false, Some("it was not matched".to_owned())),
            };
            let kind = ExpectationKind::Output;
            Some(ExpectationRecord { line: *line, kind, stream: Some(*stream), holds, detail })
        };
        let records = self.blocks.iter().zip(matchers).map(judge).collect();
        Matched { captured, records }
    }
}

impl Matched {
    /// Every record in the author's order. `outcomes` are those of the `assert` blocks, one list a block.
    pub fn with_asserts(self, compiled: &Compiled<'_>, outcomes: Vec<Vec<Outcome>>) -> Vec<ExpectationRecord> {
        let mut outcomes = outcomes.into_iter();
        let records = compiled.blocks.iter().zip(self.records).flat_map(|(block, record)| match block {
            Block::Output { .. } => record.into_iter().collect(),
            Block::Assert(expressions) => assert_records(expressions, outcomes.next().unwrap_or_default()),
        });
        records.collect()
    }
}

/// One record an expression. An expression without an outcome was not looked at, so it does not hold.
pub fn assert_records(expressions: &Expressions, outcomes: Vec<Outcome>) -> Vec<ExpectationRecord> {
    let mut outcomes = outcomes.into_iter();
    let record = |line: &usize| {
        let (holds, detail) = match outcomes.next() {
            Some(outcome) => (outcome.holds, outcome.detail),
            None => (false, Some("it was not evaluated".to_owned())),
        };
        ExpectationRecord { line: *line, kind: ExpectationKind::Assert, stream: None, holds, detail }
    };
    expressions.lines.iter().map(record).collect()
}

/// Says so if the lines that were looked for stand on the other stream.
fn with_stream_hint(report: String, block: &BlockPattern, stream: ExpectedStream, streams: (&Head, &Head)) -> String {
    let (other, words) = match stream {
        ExpectedStream::Stdout => (streams.1, "the lines stand on standard error: write `output {stderr}`"),
        ExpectedStream::Stderr => (streams.0, "the lines stand on standard output: write `output` without {stderr}"),
        ExpectedStream::Combined => return report,
    };
    let mut matcher = StreamMatcher::new(block);
    matcher.feed(&other.bytes);
    match other.whole && !other.bytes.is_empty() && matcher.finish(1).0.holds {
        true => format!("{report}\n{words}"),
        false => report,
    }
}

/// The value that `capture=` gives its variable.
///
/// # Errors
///
/// Says in plain words why this output cannot be one.
pub fn capture_stdout(action: &ShellAction, stdout: &Head) -> Result<Option<String>, String> {
    let Some(name) = &action.capture else { return Ok(None) };
    if !stdout.whole || stdout.bytes.len() > MAX_VALUE {
        return Err(format!(
            "`capture={name}`: the output has more than the {MAX_VALUE} bytes that a variable may have"
        ));
    }
    let text =
        std::str::from_utf8(&stdout.bytes).map_err(|_| format!("`capture={name}`: the output is not UTF-8 text"))?;
    check_captured(name, text)?;
    Ok(Some(text.trim().to_owned()))
}

/// Whether a captured value can be a variable's.
///
/// # Errors
///
/// Says in plain words why not.
pub fn check_captured(name: &str, value: &str) -> Result<(), String> {
    match () {
        () if value.contains('\0') => Err(format!("`{name}` would hold a NUL, which no variable can")),
        () if value.len() > MAX_VALUE => {
            Err(format!("`{name}` would have {} bytes, more than the {MAX_VALUE} of a variable", value.len()))
        }
        () => Ok(()),
    }
}
