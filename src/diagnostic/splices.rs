//! Changes to a source by byte position: everything outside stays identical, CRLF and all.

use super::Span;

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

    /// The source with every change made. Insertions at one place stand in the order in which they were asked for. No two changes
    /// may overlap.
    pub fn apply(mut self, source: &str) -> String {
        self.edits.sort_by_key(|(span, _)| span.start);
        let mut out = String::with_capacity(source.len() * 2);
        let mut at = 0;
        for (span, text) in self.edits {
            out.push_str(&source[at..span.start]);
            out.push_str(&text);
            at = span.end;
        }
        out.push_str(&source[at..]);
        out
    }
}
