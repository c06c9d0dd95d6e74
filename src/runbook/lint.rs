//! Lines that look like marked fences and are none: refused where they would silently be prose, noted where
//! nothing is ever run.

use super::info;
use super::lines::{Covered, lines_of, without_list_marks};
use super::scan::{Block, Fence, Inert};
use crate::diagnostic::{Code, Diagnostic, Source, Span};

/// Findings on the blocks of a body, none of which is a step or an expectation.
pub fn lint(source: &Source, body: usize, blocks: &[Block]) -> Vec<Diagnostic> {
    let opens = |line: &Span| opens_special(source.slice(*line));
    let mut found = Vec::new();
    for block in blocks {
        match block {
            Block::Elsewhere { fence, place } if is_special(source.slice(fence.info)) => {
                found.push(not_a_step(fence.info, place));
            }
            Block::Fence(Fence { lines, .. }) => {
                let lines = lines.iter().map(|line| line.span).filter(opens);
                found.extend(lines.map(|line| not_a_step(line, "another fence")));
            }
            Block::Inert { span, kind } => {
                found.extend(lines_of(source, *span).filter(opens).map(|line| inert(line, *kind)));
            }
            _ => {}
        }
    }
    found.extend(almost_fences(source, body, blocks));
    found
}

fn inert(line: Span, kind: Inert) -> Diagnostic {
    match kind {
        Inert::Comment => not_a_step(line, "an HTML comment"),
        Inert::IndentedCode => not_a_step(line, "indented code"),
        Inert::Html => {
            let message = "this line stands inside an HTML block, so it opens no fence and nothing is run or checked";
            Diagnostic::error(Code::NoFence, line, message)
                .help("put a blank line before it: inside HTML, Markdown starts after a blank line")
        }
    }
}

fn not_a_step(span: Span, place: &str) -> Diagnostic {
    Diagnostic::note(Code::NotAStep, span, format!("this block stands inside {place}: it is never run or checked"))
        .help("move it out if it should be, at top level or into a list item")
}

/// Lines outside every block that open a fence in their author's eyes only: in CommonMark a backtick in the info
/// string makes the line prose, and so does a paragraph that it continues.
fn almost_fences(source: &Source, body: usize, blocks: &[Block]) -> Vec<Diagnostic> {
    let covered = Covered::new(blocks);
    lines_of(source, Span::new(body, source.text.len()))
        .filter(|line| opens_special(source.slice(*line)) || opens_with_two(source.slice(*line)))
        .filter(|line| !covered.holds(source, *line))
        .map(|line| almost_fence(source, line))
        .collect()
}

fn almost_fence(source: &Source, line: Span) -> Diagnostic {
    let text = without_list_marks(source.slice(line));
    let (why, help) = match text.trim_start_matches('`').contains('`') {
        _ if opens_with_two(text) => {
            ("only two backticks or tildes open it", "write three at its opening and at its end")
        }
        true => ("a backtick stands in it", "open and close the block with `~~~` instead of backticks"),
        false => {
            ("it continues the paragraph before it", "put a blank line before it, and indent it as its list item is")
        }
    };
    let message = format!("this line looks like the opening of a fence and is none: {why}");
    Diagnostic::error(Code::NoFence, line, message).help(help)
}

/// Whether an info string makes a step or an expectation, or claims to.
fn is_special(info: &str) -> bool {
    info::is_marked(info) || matches!(info, "output" | "assert")
}

/// Whether `line` reads like the opening of a fence that runs or checks something: backticks or tildes, a word, and a
/// brace; or `output` or `assert` alone.
fn opens_special(line: &str) -> bool {
    opening(line).is_some_and(|(signs, info)| {
        let rest = info.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+'));
        signs >= 3
            && info.starts_with(|c: char| c.is_ascii_alphabetic())
            && (rest.trim_start().starts_with('{') || matches!(info, "output" | "assert"))
    })
}

/// Whether `line` is such an opening but for its third backtick. Code inside a sentence is closed on its line, or its line
/// goes on behind the brace.
fn opens_with_two(line: &str) -> bool {
    opening(line).is_some_and(|(signs, info)| {
        let marked = || info::parse(info, 0).is_ok_and(|info| info.attributes.is_some());
        signs == 2 && !info.contains(['`', '~']) && (matches!(info, "output" | "assert") || marked())
    })
}

/// The number of backticks or tildes at the beginning of a line, and what stands behind them.
fn opening(line: &str) -> Option<(usize, &str)> {
    let text = without_list_marks(line);
    let marker = text.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let behind = text.trim_start_matches(marker);
    Some((text.len() - behind.len(), behind.trim()))
}
