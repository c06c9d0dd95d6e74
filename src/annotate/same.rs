//! Whether a text with results says what its author's text says: a second Markdown parser is the judge.

use super::quote::Marker;
use crate::diagnostic::{Source, Splices};
use crate::runbook::{Item, body_start, markdown_options, read};
use comrak::arena_tree::NodeEdge;
use comrak::nodes::{Node, NodeValue};
use comrak::{Arena, Options, parse_document};
use pulldown_cmark::{Event, Parser};

/// Whether both texts mean the same, but for quotes of stepgate's own in `annotated` and for ticks: the same blocks, and the
/// same steps and items.
pub fn says_the_same(author: &str, annotated: &str) -> bool {
    let bodies = body_start(author).zip(body_start(annotated));
    bodies.is_some_and(|(own, other)| {
        author[..own] == annotated[..other]
            && outline(&evened(&author[own..])) == outline(&evened(&annotated[other..]))
            && steps(author) == steps(annotated)
    })
}

/// The text with every task item's box empty, and with line ends of one kind, also behind the last line.
fn evened(body: &str) -> String {
    let mut splices = Splices::default();
    for (event, range) in Parser::new_ext(body, markdown_options()).into_offset_iter() {
        if matches!(event, Event::TaskListMarker(_)) {
            splices.replace(range.into(), "[ ]");
        }
    }
    let text = splices.apply(body).replace("\r\n", "\n").replace('\r', "\n");
    if text.ends_with('\n') { text } else { text + "\n" }
}

/// Every block and what is in it, each with its depth.
fn outline(text: &str) -> Vec<(usize, NodeValue)> {
    let mut options = Options::default();
    let known = &mut options.extension;
    (known.table, known.tasklist, known.strikethrough, known.footnotes) = (true, true, true, true);
    let arena = Arena::new();
    let (mut found, mut depth, mut skipped) = (Vec::new(), 0, None);
    for edge in parse_document(&arena, text, &options).traverse() {
        match edge {
            NodeEdge::Start(node) => {
                depth += 1;
                if skipped.is_none() && is_own(node) {
                    skipped = Some(depth);
                }
                if skipped.is_none() {
                    found.push((depth, kind(node)));
                }
            }
            NodeEdge::End(_) => {
                skipped = skipped.filter(|at| *at != depth);
                depth -= 1;
            }
        }
    }
    found
}

fn is_own(node: Node<'_>) -> bool {
    let is_quote = matches!(node.data().value, NodeValue::BlockQuote);
    let first = node.first_child().filter(|_| is_quote);
    first.is_some_and(|first| match &first.data().value {
        NodeValue::HtmlBlock(html) => {
            html.literal.lines().next().is_some_and(|line| Marker::read(&format!("> {line}")).is_some())
        }
        _ => false,
    })
}

/// What a node is, but for the blank lines that a quote needs.
fn kind(node: Node<'_>) -> NodeValue {
    let mut value = node.data().value.clone();
    match &mut value {
        NodeValue::List(list) | NodeValue::Item(list) => list.tight = false,
        NodeValue::TaskItem(item) => item.symbol_sourcepos = (0, 0, 0, 0).into(),
        _ => {}
    }
    value
}

/// Each item's name, and what a step would run; `None` if it is no sound runbook.
fn steps(text: &str) -> Option<Vec<(String, Option<String>)>> {
    let (runbook, _) = read(Source::new("", text)).ok()?;
    let script = |item: &Item| match item {
        Item::Step(step) => Some(step.script_text()),
        _ => None,
    };
    Some(runbook.items.iter().map(|item| (item.name().to_owned(), script(item))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUOTE: &str = "\n> <!-- stepgate:a -->\n> **x**\n>\n> ```text\n> ~~~\n> # y\n> ```\n\n";

    fn text(between: &str, tick: char) -> String {
        format!(
            "---\nstepgate: 1\n---\n# R\n{between}```bash {{name=a}}\nls\n```\n{between}- [{tick}] b\n{}\n",
            between.replace('\n', "\n  ")
        )
    }

    #[test]
    fn quotes_of_its_own_ticks_and_blank_lines_say_nothing_else() {
        assert!(says_the_same(&text("", ' '), &text(QUOTE, 'x')));
        assert!(says_the_same(&text("\n", 'x'), &text(QUOTE, ' ')));
    }

    #[test]
    fn whatever_else_is_otherwise_is_seen() {
        let author = text("", ' ');
        for (old, new) in [
            ("ls", "ls "),
            ("# R", "# S"),
            ("# R", "## R"),
            ("- [ ] b", "* [ ] b"),
            ("- [ ] b", "- b"),
            ("```bash", "> more\n\n```bash"),
            ("```bash", "> <!-- stepgate: no marker -->\n\n```bash"),
            ("name=a", "name=a gate=none"),
            ("stepgate: 1", "stepgate: 1 "),
        ] {
            assert!(!says_the_same(&author, &text(QUOTE, ' ').replacen(old, new, 1)), "{new}");
        }
    }
}
