//! The lines of a body as they are written, and which of them stand inside a block that is no paragraph.

use super::scan::Block;
use crate::diagnostic::{Source, Span};

/// The places of fences, HTML and indented code: no line of theirs is a paragraph's or an item's.
pub struct Covered(Vec<Span>);

impl Covered {
    /// Those of all blocks.
    pub fn new(blocks: &[Block]) -> Self {
        let mut spans: Vec<Span> = blocks.iter().filter_map(covered).collect();
        spans.sort_unstable();
        Self(spans)
    }

    /// Whether a line begins in one of them, behind its own indentation and list marks.
    pub fn holds(&self, source: &Source, line: Span) -> bool {
        let text = source.slice(line);
        let from = line.start + text.len() - without_list_marks(text).len();
        // The blocks of a file do not overlap, so the last that starts at or before a line is the only one to hold it.
        let before = self.0.partition_point(|span| span.start <= from);
        before > 0 && line.start < self.0[before - 1].end
    }
}

fn covered(block: &Block) -> Option<Span> {
    match block {
        Block::Fence(fence) | Block::Elsewhere { fence, .. } => Some(fence.span),
        Block::Inert { span, .. } => Some(*span),
        _ => None,
    }
}

/// The lines that a place holds a part of.
pub fn lines_of(source: &Source, span: Span) -> impl Iterator<Item = Span> {
    let first = source.line(span.start);
    let last = source.line(span.end.saturating_sub(1).max(span.start)).min(source.line_count());
    (first..=last).map(|line| source.line_span(line))
}

/// What stands behind the indentation and the list marks of a line.
pub fn without_list_marks(line: &str) -> &str {
    let mut text = line.trim_start();
    loop {
        match behind_list_mark(text).filter(|rest| rest.starts_with([' ', '\t'])) {
            Some(rest) => text = rest.trim_start(),
            None => return text,
        }
    }
}

/// What stands behind a `-`, `*`, `+`, `1.` or `1)` at the beginning of a text.
pub fn behind_list_mark(text: &str) -> Option<&str> {
    let digits = text.trim_start_matches(|c: char| c.is_ascii_digit());
    match digits.len() < text.len() {
        true => digits.strip_prefix(['.', ')']),
        false => text.strip_prefix(['-', '*', '+']),
    }
}
