//! Insertions into a source by byte position: everything outside stays identical, CRLF and all.

use crate::diagnostic::{Source, Span};

/// Changes to a source, in any order.
#[derive(Debug, Default)]
pub struct Splices {
    edits: Vec<(Span, String)>,
}

impl Splices {
    /// Puts `text` in the place of the bytes at `span`.
    pub fn replace(&mut self, span: Span, text: impl Into<String>) {
        self.edits.push((span, text.into()));
    }

    /// Inserts a block of lines, indented by `indent`, as a block of its own behind the line that holds byte `at`.
    pub fn insert_block(&mut self, source: &Source, at: usize, indent: &str, lines: &[String]) {
        let end = if source.text.contains("\r\n") { "\r\n" } else { "\n" };
        let rest = &source.text[at..];
        let (position, opening) = match rest.find('\n') {
            Some(newline) => (at + newline + 1, end.to_owned()),
            None => (source.text.len(), format!("{end}{end}")),
        };
        let next = source.text[position..].lines().next();
        let mut block = opening;
        for line in lines {
            block.push_str(indent);
            block.push_str(line);
            block.push_str(end);
        }
        if next.is_some_and(|line| !line.trim().is_empty()) {
            block.push_str(end);
        }
        self.edits.push((Span::new(position, position), block));
    }

    /// The source with every change made. Insertions at one place stand in the order in which they were asked for.
    pub fn apply(mut self, source: &Source) -> String {
        self.edits.sort_by_key(|(span, _)| span.start);
        let mut out = String::with_capacity(source.text.len() * 2);
        let mut at = 0;
        for (span, text) in self.edits {
            out.push_str(&source.text[at..span.start]);
            out.push_str(&text);
            at = span.end;
        }
        out.push_str(&source.text[at..]);
        out
    }
}

/// What must stand before a line so that it belongs to the same list item as the byte `at`: the text before it on
/// its line, list marks replaced by blanks.
pub fn indent_at(source: &Source, at: usize) -> String {
    let line = source.line_span(source.line(at));
    let before = &source.text[line.start..at.max(line.start)];
    before.chars().filter(|c| *c != '\u{feff}').map(|c| if c == '\t' { '\t' } else { ' ' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_gets_blank_lines_around_and_the_files_own_line_ends() {
        let insert = |text: &str, at| {
            let source = Source::new("t", text);
            let mut splices = Splices::default();
            splices.insert_block(&source, at, "  ", &["> q".to_owned()]);
            splices.apply(&source)
        };
        assert_eq!(insert("a\nb\n", 0), "a\n\n  > q\n\nb\n");
        assert_eq!(insert("a\r\n\r\nb", 0), "a\r\n\r\n  > q\r\n\r\nb");
        assert_eq!(insert("a", 0), "a\n\n  > q\n");
    }
}
