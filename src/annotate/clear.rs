//! Takes out again what `annotate` wrote: the quotes that `splice` inserted, with what it added around them, and the ticks.

use super::quote::{Checkbox, Marker};
use super::splice::is_blank;
use crate::diagnostic::{Source, Span, Splices};
use crate::runbook::{Runbook, body_start, markdown_options, read};
use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A text without results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cleared {
    /// The text.
    pub text: String,
    /// How many quotes were taken out.
    pub quotes: usize,
}

/// A text that needs more passes was made to need them.
const PASSES: usize = 16;

/// The author's own bytes of a runbook's text; `None` if it holds no results, and is them.
pub fn clear(text: &str) -> Option<Cleared> {
    let mut cleared = once(text)?;
    // What stood behind a quote that stepgate did not write may be one itself by now.
    for _ in 1..PASSES {
        let Some(Cleared { text, quotes }) = once(&cleared.text) else { break };
        cleared = Cleared { text, quotes: cleared.quotes + quotes };
    }
    Some(cleared)
}

fn once(text: &str) -> Option<Cleared> {
    // Most texts hold none, and need not be parsed.
    let body = text.contains(crate::OWN_QUOTE).then(|| body_start(text)).flatten()?;
    let found = own_quotes(text, body);
    let mut splices = Splices::default();
    // Two quotes may stand at one place: the last is taken out first.
    let mut rest = Rest { start: text.len(), is_empty: true };
    for quote in found.iter().rev() {
        rest = take_out(text, body, quote, rest, &mut splices);
    }
    // Of two quotes in one item, as a merge may leave them, the first says what was in its box.
    let boxes = found.iter().rev().filter_map(|quote| Some((quote.checkbox?, quote.marker.was?)));
    let boxes: BTreeMap<usize, (Span, Checkbox)> = boxes.map(|(place, was)| (place.start, (place, was))).collect();
    boxes.into_values().for_each(|(place, was)| splices.replace(place, was.text()));
    (!found.is_empty()).then(|| Cleared { text: splices.apply(text), quotes: found.len() })
}

/// Whether two texts are one, but for results.
pub fn is_same(one: &str, other: &str) -> bool {
    let own = |text| clear(text).map_or(Cow::Borrowed(text), |cleared| Cow::Owned(cleared.text));
    one == other || own(one) == own(other)
}

/// The runbook as its author wrote it.
pub fn without_results(runbook: &Runbook) -> Cow<'_, Runbook> {
    let source = &runbook.source;
    let cleared = clear(&source.text).and_then(|cleared| read(Source::new(&*source.name, cleared.text)).ok());
    cleared.map_or(Cow::Borrowed(runbook), |(runbook, _)| Cow::Owned(runbook))
}

/// A quote of stepgate's own: all of its lines.
struct OwnQuote {
    lines: Span,
    marker: Marker,
    /// The box of the task item that it stands in.
    checkbox: Option<Span>,
}

/// The quotes that stand where stepgate writes them: in no quote or footnote, and alone on their lines.
fn own_quotes(text: &str, body: usize) -> Vec<OwnQuote> {
    let (mut found, mut containers, mut items) = (Vec::new(), 0_usize, Vec::new());
    for (event, range) in Parser::new_ext(&text[body..], markdown_options()).into_offset_iter() {
        let span = Span::from(range).shifted(body);
        match event {
            Event::Start(Tag::BlockQuote(_)) => {
                if containers == 0 {
                    found.extend(own_quote(text, span.start, items.last().copied().flatten()));
                }
                containers += 1;
            }
            Event::Start(Tag::FootnoteDefinition(_)) => containers += 1,
            Event::End(TagEnd::BlockQuote(_) | TagEnd::FootnoteDefinition) => containers -= 1,
            Event::Start(Tag::Item) => items.push(None),
            Event::End(TagEnd::Item) => {
                items.pop();
            }
            Event::TaskListMarker(_) => {
                if let Some(item) = items.last_mut() {
                    *item = Some(span);
                }
            }
            _ => {}
        }
    }
    found
}

fn own_quote(text: &str, at: usize, checkbox: Option<Span>) -> Option<OwnQuote> {
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let own = |line: &&str| line.trim_start_matches([' ', '\t']).starts_with('>');
    let mut lines = text[start..].split_inclusive('\n').take_while(own);
    let first = lines.next()?;
    let marker = Marker::read(first.trim_matches([' ', '\t', '\r', '\n']))?;
    let length = first.len() + lines.map(str::len).sum::<usize>();
    Some(OwnQuote { lines: Span::new(start, start + length), marker, checkbox })
}

/// What of the text is not taken out behind a place.
#[derive(Clone, Copy)]
struct Rest {
    /// Where it begins.
    start: usize,
    /// Whether there is nothing.
    is_empty: bool,
}

/// Takes out one quote and what was added around it. Returns what is left behind it.
fn take_out(text: &str, body: usize, quote: &OwnQuote, rest: Rest, splices: &mut Splices) -> Rest {
    let (OwnQuote { lines, marker, .. }, mut taken) = (quote, quote.lines);
    let is_last = rest.is_empty && lines.end == rest.start;
    if marker.tight {
        let behind =
            line_at(text, lines.end).filter(|line| line.end <= rest.start && is_blank(&text[line.start..line.end]));
        taken.end = behind.map_or(taken.end, |line| line.end);
    }
    let before = line_before(text, lines.start).filter(|line| line.start >= body);
    if let Some(blank) = before.filter(|line| is_blank(&text[line.start..line.end])) {
        taken.start = blank.start;
        if marker.unended && is_last {
            // The file's last line was given the same end as the blank line behind it.
            let end = if text[..blank.end].ends_with("\r\n") { "\r\n" } else { "\n" };
            taken.start = text[..blank.start].strip_suffix(end).map_or(blank.start, str::len);
        }
    }
    splices.replace(taken, "");
    Rest { start: taken.start, is_empty: rest.is_empty && taken.end == rest.start }
}

/// The line that begins at byte `start`, with its end.
fn line_at(text: &str, start: usize) -> Option<Span> {
    let line = text[start..].split_inclusive('\n').next()?;
    Some(Span::new(start, start + line.len()))
}

/// The line that ends before byte `end`, with its end.
fn line_before(text: &str, end: usize) -> Option<Span> {
    let line = text[..end].split_inclusive('\n').next_back()?;
    Some(Span::new(end - line.len(), end))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRONT: &str = "---\nstepgate: 1\n---\n";

    fn cleared(body: &str) -> Option<String> {
        let cleared = clear(&format!("{FRONT}{body}"))?;
        Some(cleared.text.strip_prefix(FRONT).expect("the front matter stays").to_owned())
    }

    #[test]
    fn what_only_looks_like_a_quote_of_stepgates_stays() {
        for body in [
            "```text\n> <!-- stepgate:run -->\n```\n",
            "- x\n\n  ~~~text\n  > <!-- stepgate:run -->\n  ~~~\n",
            "x\n\n    > <!-- stepgate:run -->\n",
            "<!--\n> <!-- stepgate:run -->\n",
            "<div>\n> <!-- stepgate:run -->\n</div>\n",
            "> > <!-- stepgate:run -->\n",
            "> x\n>\n> > <!-- stepgate:run -->\n",
            "[^1]: note\n\n    > <!-- stepgate:run -->\n\n[^1]\n",
            "- > <!-- stepgate:run -->\n  > on the line of a mark\n",
            "> x\n> <!-- stepgate:run -->\n",
            "> <!-- stepgate:run newer -->\n> **x**\n",
            "> <!-- stepgate: a note -->\n",
        ] {
            assert_eq!(cleared(body), None, "{body}");
        }
        assert_eq!(clear("# R\n\n> <!-- stepgate:run -->\n"), None, "no runbook");
    }

    #[test]
    fn what_was_written_beside_a_quote_since_stays_too() {
        for (body, left) in [
            ("a\n\n> <!-- stepgate:run tight -->\n> x\nb\n", "a\nb\n"),
            ("a\n> <!-- stepgate:run -->\n> x\n\nb\n", "a\n\nb\n"),
            ("a\n\n> <!-- stepgate:run unended -->\n> x\n", "a"),
            ("a\n\n> <!-- stepgate:run unended -->\n> x\n\nb\n", "a\n\nb\n"),
            ("a\n\n> <!-- stepgate:run -->\n> x", "a\n"),
            ("- [ ] a\n\n  > <!-- stepgate:a was=X -->\n  > x\n", "- [X] a\n"),
            ("- a\n\n  > <!-- stepgate:a was=X -->\n  > x\n", "- a\n"),
            (
                "1. 1. [ ] b\n    > <!-- stepgate:a -->\n    c\n        > <!-- stepgate:a -->\n        d\n",
                "1. 1. [ ] b\n    c\n        d\n",
            ),
            ("- [x] a\n\n  > <!-- stepgate:a was=open -->\n\n  > <!-- stepgate:a was=X -->\n  > x\n", "- [ ] a\n"),
            ("a\n\n> <!-- stepgate:a tight -->\n\n> <!-- stepgate:b tight -->\n\nb\n", "a\nb\n"),
        ] {
            assert_eq!(cleared(body).as_deref(), Some(left), "{body}");
        }
    }
}
