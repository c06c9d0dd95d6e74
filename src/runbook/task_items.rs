//! Lines that look like task items and are none: in Markdown they are text, and nobody would ever be asked.

use super::lines::{Covered, behind_list_mark, lines_of, without_list_marks};
use super::scan::{Block, Inert};
use crate::diagnostic::{Code, Diagnostic, Source, Span};
use std::collections::HashSet;

/// HTML in which text stands as it is: no Markdown is meant there.
const VERBATIM: &[&str] = &["<pre", "<script", "<style", "<textarea"];

/// Findings on the lines of a body outside code, comments and quotes.
pub fn near_misses(source: &Source, body: usize, blocks: &[Block]) -> Vec<Diagnostic> {
    let covered = Covered::new(blocks);
    let items: HashSet<usize> = blocks.iter().filter_map(checkbox).collect();
    let all = lines_of(source, Span::new(body, source.text.len()));
    let mut found: Vec<_> = all
        .filter_map(|line| Some((line, looks_like_an_item(source.slice(line))?)))
        .filter(|(line, like)| !items.contains(&(line.start + like.open)) && !covered.holds(source, *line))
        .map(|(line, like)| like.finding(line))
        .collect();
    found.extend(blocks.iter().flat_map(|block| in_html(source, block)));
    found
}

fn checkbox(block: &Block) -> Option<usize> {
    match block {
        Block::TaskItem { checkbox, .. } => Some(checkbox.start),
        _ => None,
    }
}

/// Task items inside HTML that no blank line ends.
fn in_html(source: &Source, block: &Block) -> Vec<Diagnostic> {
    let Block::Inert { span, kind: Inert::Html } = block else { return Vec::new() };
    let tag = source.slice(*span).trim_start().to_ascii_lowercase();
    if VERBATIM.iter().any(|verbatim| tag.starts_with(verbatim)) {
        return Vec::new();
    }
    let lines = lines_of(source, *span).filter_map(|line| Some((line, looks_like_an_item(source.slice(line))?)));
    let found = lines.map(|(line, like)| {
        like.found(line, "it stands inside an HTML block")
            .help("put a blank line before it: inside HTML, Markdown starts after a blank line")
    });
    found.collect()
}

/// Where a line has its box, and what keeps it from being an item; all places in bytes of the line.
struct Like {
    /// What is pointed at: the box, or the list mark that is wrong.
    start: usize,
    /// The opening bracket.
    open: usize,
    end: usize,
    why: &'static str,
}

impl Like {
    fn finding(&self, line: Span) -> Diagnostic {
        let found =
            self.found(line, self.why).help("write `- [ ] text`: a blank before the box, one in it, one behind it");
        // Of an empty box nothing else can be meant.
        match (self.end - self.open, self.start == self.open) {
            (2, true) => found.fix(Span::new(line.start + self.open, line.start + self.end), "[ ]"),
            _ => found,
        }
    }

    fn found(&self, line: Span, why: &str) -> Diagnostic {
        let place = Span::new(line.start + self.start, line.start + self.end);
        let message = format!("this line looks like a task item and is none: {why}");
        Diagnostic::error(Code::NoTaskItem, place, message)
    }
}

/// Whether a line begins with a list mark and something like `[ ]`, and with no link.
fn looks_like_an_item(line: &str) -> Option<Like> {
    let text = without_list_marks(line);
    let start = line.len() - text.len();
    // Behind a list mark, or directly behind one that no blank follows.
    let marked = start > line.len() - line.trim_start().len();
    let (boxed, touches) = match behind_list_mark(text) {
        Some(behind) => (behind.trim_start(), true),
        None => (text, false),
    };
    let (inside, behind) = boxed.strip_prefix('[')?.split_once(']')?;
    let open = line.len() - boxed.len();
    let ticked = matches!(inside.trim(), "x" | "X");
    let emphasis = touches && text.starts_with('*') && behind.contains('*');
    if !(marked || touches) || !(ticked || inside.trim().is_empty()) || emphasis || leads_elsewhere(behind, ticked) {
        return None;
    }
    // `- []` alone may well be an empty list.
    if inside.is_empty() && behind.trim().is_empty() {
        return None;
    }
    let why = match () {
        () if touches => "a blank is missing before the box",
        () if !matches!(inside, " " | "x" | "X") => "its box is not `[ ]`",
        () if !behind.is_empty() && !behind.starts_with([' ', '\t']) => "a blank is missing behind the box",
        () => "it continues the paragraph before it",
    };
    Some(Like { start: if touches { start } else { open }, open, end: line.len() - behind.len(), why })
}

/// Whether the brackets are a link's or a note's, by what stands behind them.
fn leads_elsewhere(behind: &str, ticked: bool) -> bool {
    let next = behind.chars().next();
    matches!(next, Some('(' | '[' | ':'))
        || ticked && next.is_some_and(|c| !c.is_whitespace() && !c.is_alphanumeric() && !matches!(c, '*' | '`'))
}

#[cfg(test)]
mod tests {
    use super::looks_like_an_item;
    use proptest::prelude::*;

    #[test]
    fn a_box_behind_a_list_mark_looks_like_an_item_and_a_link_does_not() {
        for line in ["- [ ] a", "- [] a", "-[ ] a", "1.[x] a", "  * - [ x] a", "- [X]a", "+ [ ]**a**", "- [ ]"] {
            assert!(looks_like_an_item(line).is_some(), "{line}");
        }
        for line in
            ["[ ] a", "- [a] b", "- [x](y)", "- [x][y]", "- [x]: y", "- [](y)", "*[x] a*", "- []", "- `[ ]`", "-"]
        {
            assert!(looks_like_an_item(line).is_none(), "{line}");
        }
    }

    proptest! {
        #[test]
        fn its_place_stands_inside_the_line(line in "[-*+1. \\[\\]xé\u{a0}]{0,12}") {
            if let Some(like) = looks_like_an_item(&line) {
                prop_assert!(line.get(like.start..like.end).is_some() && line[like.open..].starts_with('['));
            }
        }
    }
}
