//! Quotes put into a source, each with a note of what was added beside it.

use super::quote::Marker;
use crate::diagnostic::{Source, Span, Splices};

impl Splices {
    /// Inserts a quote of `lines`, indented by `indent`, as a block of its own behind the line that holds byte `at`. Its
    /// marker notes what is added beside it: `clear` is the inverse.
    pub fn insert_quote(&mut self, source: &Source, at: usize, indent: &str, mut marker: Marker, lines: &[String]) {
        let end = if source.text.contains("\r\n") { "\r\n" } else { "\n" };
        let rest = &source.text[at..];
        let position = rest.find('\n').map(|newline| at + newline + 1);
        marker.unended = position.is_none();
        let position = position.unwrap_or(source.text.len());
        let next = source.text[position..].split_inclusive('\n').next();
        marker.tight = next.is_some_and(|line| !is_blank(line));
        let mut block = end.repeat(if marker.unended { 2 } else { 1 });
        for line in std::iter::once(&marker.to_string()).chain(lines) {
            block.extend([indent, line, end]);
        }
        if marker.tight {
            block.push_str(end);
        }
        self.replace(Span::new(position, position), block);
    }
}

/// What Markdown takes for blank.
const BLANK: [char; 4] = [' ', '\t', '\r', '\n'];

/// Whether Markdown takes a line for blank.
pub fn is_blank(line: &str) -> bool {
    line.trim_matches(BLANK).is_empty()
}

/// Where the last line of `span` ends that is not blank.
pub fn end_of(source: &Source, span: Span) -> usize {
    span.start + source.slice(span).trim_end_matches(BLANK).len()
}

/// What must stand before a line so that it belongs to the same list item as the byte `at`: the text before it on
/// its line, list marks replaced by blanks.
pub fn indent_at(source: &Source, at: usize) -> String {
    let line = source.line_span(source.line(at));
    let before = &source.text[line.start..at.max(line.start)];
    // For Markdown a lone carriage return ends a line, too.
    let before = before.rsplit('\r').next().unwrap_or_default();
    before.chars().filter(|c| *c != '\u{feff}').map(|c| if c == '\t' { '\t' } else { ' ' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_gets_blank_lines_around_and_the_files_own_line_ends() {
        let insert = |text: &str, at| {
            let source = Source::new("t", text);
            let mut splices = Splices::default();
            splices.insert_quote(&source, at, "  ", Marker::new("q"), &["> q".to_owned()]);
            splices.apply(text).replace("  > <!-- stepgate:q", "  M")
        };
        assert_eq!(insert("a\nb\n", 0), "a\n\n  M tight -->\n  > q\n\nb\n");
        assert_eq!(insert("a\r\n\r\nb", 0), "a\r\n\r\n  M -->\r\n  > q\r\n\r\nb");
        assert_eq!(insert("a", 0), "a\n\n  M unended -->\n  > q\n");
        assert_eq!(insert("a\n", 0), "a\n\n  M -->\n  > q\n");
        assert_eq!(insert("a\n\u{a0}\n", 0), "a\n\n  M tight -->\n  > q\n\n\u{a0}\n", "no blank line for Markdown");
    }
}
