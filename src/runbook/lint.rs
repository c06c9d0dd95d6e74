//! Lines that look like marked fences and are none: refused where they would silently be prose, noted where
//! nothing is ever run.

use super::info;
use super::scan::{Block, Fence};
use crate::diagnostic::{Code, Diagnostic, Source, Span};

/// Findings on the blocks of a body, none of which is a step.
pub fn lint(source: &Source, body: usize, blocks: &[Block]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for block in blocks {
        match block {
            Block::Elsewhere { fence, place } => note_elsewhere(source, fence, place, &mut found),
            Block::Fence(fence) => {
                let inside = fence.lines.iter().map(|line| line.span);
                found.extend(
                    inside
                        .filter(|line| opens_marked(source.slice(*line)))
                        .map(|line| not_a_step(line, "another fence")),
                );
            }
            Block::Inert { span, place } => {
                let lines = lines_of(source, *span).filter(|line| opens_marked(source.slice(*line)));
                found.extend(lines.map(|line| not_a_step(line, place)));
            }
            _ => {}
        }
    }
    found.extend(almost_fences(source, body, blocks));
    found
}

fn note_elsewhere(source: &Source, fence: &Fence, place: &str, found: &mut Vec<Diagnostic>) {
    let text = source.slice(fence.info);
    if info::is_marked(text) || text == "output" || text == "assert" {
        found.push(not_a_step(fence.info, place));
    }
}

fn not_a_step(span: Span, place: &str) -> Diagnostic {
    Diagnostic::note(Code::NotAStep, span, format!("this block stands inside {place}: it is never run or checked"))
        .help("move it out if it should be, at top level or into a list item")
}

/// Lines outside every block that open a fence in their author's eyes only: in CommonMark a backtick in the info
/// string makes the line prose.
fn almost_fences(source: &Source, body: usize, blocks: &[Block]) -> Vec<Diagnostic> {
    let mut covered: Vec<Span> = blocks.iter().filter_map(covered).collect();
    covered.sort_unstable();
    // The blocks of a file do not overlap, so the last that starts at or before a line is the only one to hold it.
    let is_covered = |line: Span| {
        let from = line.start + indent(source, line);
        let before = covered.partition_point(|span| span.start <= from);
        before > 0 && line.start < covered[before - 1].end
    };
    lines_of(source, Span::new(body, source.text.len()))
        .filter(|line| opens_marked(source.slice(*line)))
        .filter(|line| !is_covered(*line))
        .map(|line| {
            let message = "this line looks like the opening of a marked fence and is none: a backtick stands in it";
            Diagnostic::error(Code::NoFence, line, message)
                .help("open and close the block with `~~~` instead of backticks")
        })
        .collect()
}

fn covered(block: &Block) -> Option<Span> {
    match block {
        Block::Fence(fence) | Block::Elsewhere { fence, .. } => Some(fence.span),
        Block::Inert { span, .. } => Some(*span),
        _ => None,
    }
}

fn indent(source: &Source, line: Span) -> usize {
    let text = source.slice(line);
    text.len() - without_list_marks(text).len()
}

/// Whether `line` reads like the opening of a marked fence: backticks or tildes, a word, and a brace.
fn opens_marked(line: &str) -> bool {
    let text = without_list_marks(line);
    let Some(marker) = text.chars().next().filter(|c| matches!(c, '`' | '~')) else { return false };
    let behind = text.trim_start_matches(marker);
    let word = behind.trim_start();
    text.len() - behind.len() >= 3
        && word.starts_with(|c: char| c.is_ascii_alphabetic())
        && word
            .trim_start_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+'))
            .trim_start()
            .starts_with('{')
}

fn without_list_marks(line: &str) -> &str {
    let mut text = line.trim_start();
    loop {
        let digits = text.trim_start_matches(|c: char| c.is_ascii_digit());
        let rest = match digits.len() < text.len() {
            true => digits.strip_prefix(['.', ')']),
            false => text.strip_prefix(['-', '*', '+']),
        };
        match rest.filter(|rest| rest.starts_with([' ', '\t'])) {
            Some(rest) => text = rest.trim_start(),
            None => return text,
        }
    }
}

fn lines_of(source: &Source, span: Span) -> impl Iterator<Item = Span> {
    let first = source.line(span.start);
    let last = source.line(span.end.saturating_sub(1).max(span.start)).min(source.line_count());
    (first..=last).map(|line| source.line_span(line))
}
