//! Why a block does not hold: its lines against the stream's, around the place where matching got stuck.

use super::lines::{BlockPattern, LinePattern};
use crate::text::escape_line;
use similar::DiffOp;
use similar::algorithms::{Capture, Replace, myers};

/// Lines looked at on either side of the place where matching got stuck.
const WINDOW: usize = 60;
/// Lines of one kind shown in a row.
const RUN: usize = 8;

/// What a report is made of.
pub struct Failure<'a> {
    pub pattern: &'a BlockPattern,
    /// The runbook's line that the block's first line stands on.
    pub first_line: usize,
    /// The first lines of the stream, normalized.
    pub output: &'a [String],
    /// How many lines the stream had.
    pub total_lines: usize,
    /// Pattern line and output line, from 0.
    pub stuck: (usize, usize),
}

/// A line diff: `-` a line of the runbook that had no partner, `+` a line of the output that had none.
pub fn report(failure: &Failure<'_>) -> String {
    let (state, line) = failure.stuck;
    if line > failure.output.len() {
        return beyond(failure);
    }
    let patterns = window(state, failure.pattern.lines.len());
    let lines = window(line, failure.output.len());
    let old: Vec<Expected> = patterns.clone().map(|at| Expected { pattern: &failure.pattern.lines[at], at }).collect();
    let new: Vec<Got> = failure.output[lines.clone()].iter().map(|line| Got(line)).collect();
    let mut hook = Replace::new(Capture::new());
    let done = myers::diff_deadline_raw(&mut hook, &old[..], 0..old.len(), &new[..], 0..new.len(), None);
    let Ok(()) = done;
    let mut out = String::new();
    if lines.start > 0 {
        push(&mut out, "  ", &format!("({} lines before)", lines.start));
    }
    for op in hook.into_inner().into_ops() {
        render(&mut out, failure, &old, &new, op);
    }
    if failure.total_lines > lines.end {
        push(&mut out, "  ", &format!("({} lines after)", failure.total_lines - lines.end));
    }
    out.trim_end().to_owned()
}

/// The place lies behind what was kept of the stream: words instead of a diff.
fn beyond(failure: &Failure<'_>) -> String {
    let (state, line) = failure.stuck;
    let wanted = failure.pattern.texts.get(state).map_or("the end", |text| text);
    let number = failure.first_line + state;
    format!(
        "- {}      line {number} of the runbook had no partner from line {} of the output on",
        escape_line(wanted),
        line + 1
    )
}

fn window(at: usize, length: usize) -> std::ops::Range<usize> {
    at.saturating_sub(WINDOW).min(length)..(at + WINDOW).min(length)
}

fn render(out: &mut String, failure: &Failure<'_>, old: &[Expected<'_>], new: &[Got<'_>], op: DiffOp) {
    let (old, new) = (&old[op.old_range()], &new[op.new_range()]);
    if let DiffOp::Equal { .. } = op {
        return matched(out, new);
    }
    let dots = |line: &Expected<'_>| matches!(line.pattern, LinePattern::Any);
    let trailing = old.iter().rev().take_while(|line| dots(line)).count();
    let (wanted, after) = old.split_at(old.len() - trailing);
    for line in wanted.iter().take(RUN) {
        let text = &failure.pattern.texts[line.at];
        let number = failure.first_line + line.at;
        match dots(line) {
            true => push(out, "  ", "..."),
            false => push(out, "- ", &format!("{}      line {number} of the runbook had no partner", visible(text))),
        }
    }
    more(out, "- ", wanted.len());
    // Lines that only `...` stands beside are what it takes; they are not at fault.
    if !wanted.is_empty() || after.is_empty() {
        for Got(line) in new.iter().take(RUN) {
            push(out, "+ ", &visible(line));
        }
        more(out, "+ ", new.len());
    }
    if !after.is_empty() {
        push(out, "  ", "...");
    }
}

fn matched(out: &mut String, lines: &[Got<'_>]) {
    let edge = 3;
    for (index, Got(line)) in lines.iter().enumerate() {
        if lines.len() <= 2 * edge + 1 || index < edge || index + edge >= lines.len() {
            push(out, "  ", &escape_line(line));
        } else if index == edge {
            push(out, "  ", &format!("({} lines that match)", lines.len() - 2 * edge));
        }
    }
}

fn more(out: &mut String, mark: &str, length: usize) {
    if length > RUN {
        push(out, mark, &format!("({} more lines)", length - RUN));
    }
}

fn push(out: &mut String, mark: &str, line: &str) {
    out.push_str(mark);
    out.push_str(line);
    out.push('\n');
}

/// A line with what cannot be seen made visible.
fn visible(line: &str) -> String {
    escape_line(line).replace('\t', "→").replace('\u{a0}', "\\u{a0}")
}

/// A pattern line with its place in the block.
struct Expected<'a> {
    pattern: &'a LinePattern,
    at: usize,
}

/// A line of output; it equals a pattern line that accepts it.
struct Got<'a>(&'a str);

impl PartialEq<Expected<'_>> for Got<'_> {
    fn eq(&self, expected: &Expected<'_>) -> bool {
        expected.pattern.accepts(self.0)
    }
}
