//! Two renderings of one diagnostic: text with a caret for people, JSON for programs.

use super::{Code, Diagnostic, Severity, Source, Span};
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde::Serialize;

/// How far around a span a rendering may look; a line of a megabyte is not printed whole.
const MAX_SHOWN_LINE: usize = 400;

/// The diagnostic as text: `error[SG030]: …`, `FILE:LINE:COLUMN`, the line, a caret, a hint.
pub fn render_text(diagnostic: &Diagnostic, source: &Source, colour: bool) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let message = crate::text::escape(&diagnostic.message);
    let label = diagnostic.label.as_deref().map(crate::text::escape);
    let related: Vec<_> = diagnostic.related.iter().map(|(span, words)| (*span, crate::text::escape(words))).collect();
    let help = diagnostic.help.as_deref().map(crate::text::escape);
    // A file's name is foreign text, too.
    let name = crate::text::escape_line(&source.name);
    let title = level.primary_title(message.as_ref()).id(diagnostic.code.as_str());
    let shown = fits(diagnostic, source).then(|| excerpt(diagnostic, source));
    let mut group = match &shown {
        Some(Excerpt { text, start, line }) => {
            let clip = |span| clip(span, *start, text);
            let mut primary = AnnotationKind::Primary.span(clip(diagnostic.span));
            if let Some(label) = &label {
                primary = primary.label(label.as_ref());
            }
            let context =
                related.iter().map(|(span, words)| AnnotationKind::Context.span(clip(*span)).label(words.as_ref()));
            let snippet = Snippet::source(text.as_str()).line_start(*line).path(name.as_ref());
            title.element(snippet.annotation(primary).annotations(context))
        }
        None => Group::with_title(title).element(Level::NOTE.message(place(diagnostic, source, &name))),
    };
    if let Some(help) = &help {
        group = group.element(Level::HELP.message(help.as_ref()));
    }
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    renderer.render(&[group]).clone()
}

/// The lines of a source that a diagnostic speaks of.
struct Excerpt {
    text: String,
    /// Its first byte in the source.
    start: usize,
    /// Its first line, from 1.
    line: usize,
}

/// The lines between the first and the last place of a diagnostic: a renderer that is given the whole file reads all
/// of it once a finding. Every control character is replaced by one of the same length, so that spans stay true.
fn excerpt(diagnostic: &Diagnostic, source: &Source) -> Excerpt {
    let length = source.text.len();
    let spans = || std::iter::once(diagnostic.span).chain(diagnostic.related.iter().map(|(span, _)| *span));
    let line = source.line(spans().map(|span| span.start).min().unwrap_or(0).min(length));
    let last = source.line(spans().map(|span| span.end).max().unwrap_or(0).min(length));
    let start = source.line_span(line).start;
    let text = &source.text[start..source.line_span(last).end];
    let harmless = |c: char| matches!(c, '\n' | '\r' | '\t') || !crate::text::is_dangerous(c);
    let replace = |c: char| if harmless(c) { c.to_string() } else { "?".repeat(c.len_utf8()) };
    let text = if text.chars().all(harmless) { text.to_owned() } else { text.chars().map(replace).collect() };
    Excerpt { text, start, line }
}

fn fits(diagnostic: &Diagnostic, source: &Source) -> bool {
    let spans = std::iter::once(diagnostic.span).chain(diagnostic.related.iter().map(|(span, _)| *span));
    !source.text.is_empty()
        && spans.into_iter().all(|span| {
            let line = source.line_span(source.line(span.start.min(source.text.len())));
            line.end - line.start <= MAX_SHOWN_LINE
        })
}

/// A caret needs at least one byte inside the text, and stays on the span's first lines.
fn clip(span: Span, base: usize, text: &str) -> std::ops::Range<usize> {
    let start = text.floor_char_boundary(span.start.saturating_sub(base).min(text.len()));
    let end = text.floor_char_boundary(span.end.saturating_sub(base).clamp(start, text.len()));
    start..end
}

fn place(diagnostic: &Diagnostic, source: &Source, name: &str) -> String {
    let at = source.position(diagnostic.span.start);
    format!("at {name}:{}:{}", at.line, at.column)
}

/// One finding in `check --format json`.
#[derive(Debug, Serialize)]
pub struct JsonDiagnostic<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    code: Code,
    severity: Severity,
    message: &'a str,
    help: Option<&'a str>,
}

/// The diagnostic as a record with stable keys.
pub fn render_json<'a>(diagnostic: &'a Diagnostic, source: &'a Source) -> JsonDiagnostic<'a> {
    let (start, end) = (source.position(diagnostic.span.start), source.position(diagnostic.span.end));
    JsonDiagnostic {
        file: &source.name,
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
        code: diagnostic.code,
        severity: diagnostic.severity,
        message: &diagnostic.message,
        help: diagnostic.help.as_deref(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_names_the_place_draws_a_caret_and_gives_a_hint() {
        let source = Source::new("a.md", "one\n```bash {nme=x}\n```\n");
        let found = Diagnostic::error(Code::UnknownAttribute, Span::new(13, 16), "unknown attribute `nme`")
            .help("did you mean `name`?");
        let text = render_text(&found, &source, false);
        assert!(text.starts_with("error[SG023]: unknown attribute `nme`"), "{text}");
        assert!(text.contains("a.md:2:10"), "{text}");
        assert!(text.contains("^^^") && text.contains("did you mean `name`?"), "{text}");
    }

    #[test]
    fn a_line_of_a_megabyte_is_named_and_not_printed() {
        let source = Source::new("a.md", "x".repeat(1 << 20));
        let found = Diagnostic::error(Code::File, Span::new(9, 10), "too long");
        let text = render_text(&found, &source, false);
        assert!(text.contains("at a.md:1:10") && text.len() < 200, "{text}");
    }

    #[test]
    fn control_characters_of_the_file_never_reach_the_terminal() {
        let source = Source::new("a.md", "\x1b]0;owned\x07 bad\n");
        let found = Diagnostic::error(Code::File, Span::new(11, 14), "bad");
        assert!(!render_text(&found, &source, false).contains(['\x1b', '\x07']));
    }
}
