//! Fences without an end. pulldown-cmark closes them silently at the end of the file; comrak says so.

use crate::diagnostic::{Code, Diagnostic, Source, Span};
use comrak::nodes::NodeValue;
use comrak::{Arena, Options, parse_document};

/// A finding at the opening line of every fence that is never closed.
pub fn unclosed_fences(source: &Source, body: usize) -> Vec<Diagnostic> {
    let first_line = source.line(body);
    let arena = Arena::new();
    let root = parse_document(&arena, &source.text[body..], &Options::default());
    let mut found = Vec::new();
    for node in root.descendants() {
        let data = node.data.borrow();
        if let NodeValue::CodeBlock(block) = &data.value
            && block.fenced
            && !block.closed
        {
            let line = (first_line + data.sourcepos.start.line - 1).min(source.line_count());
            let span = opening(source, line);
            let marker = char::from(block.fence_char).to_string().repeat(block.fence_length);
            found.push(
                Diagnostic::error(Code::UnclosedFence, span, "the fence that opens here is never closed")
                    .help(format!("behind its last line write a line of its own, indented as this one: {marker}")),
            );
        }
    }
    found
}

fn opening(source: &Source, line: usize) -> Span {
    let span = source.line_span(line);
    let text = source.slice(span);
    Span::new(span.start + text.len() - text.trim_start().len(), span.end)
}
