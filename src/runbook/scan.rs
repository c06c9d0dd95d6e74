//! Markdown to blocks: one pass of pulldown-cmark over the body, each block with its bytes.

use super::model::Line;
use crate::diagnostic::{Source, Span};
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use std::ops::Range;

/// A block that matters to a runbook.
#[derive(Debug)]
pub enum Block {
    /// A heading at top level.
    Heading { level: u8, text: String, span: Span },
    /// A heading inside a list item: it begins no section, and ends the reach of the step before it.
    InnerHeading(Span),
    /// A fenced block at top level or in a list.
    Fence(Fence),
    /// The end of a task item: what stands inside it comes before.
    TaskItem { text: String, checkbox: Span, span: Span },
    /// What a reader reads: a paragraph, a table, a quote.
    Prose(Span),
    /// A fenced block where nothing is ever run; `place` says where.
    Elsewhere { fence: Fence, place: &'static str },
    /// HTML or indented code: nothing in it is ever run.
    Inert { span: Span, kind: Inert },
}

impl Block {
    /// The bytes of the block.
    pub fn span(&self) -> Span {
        match self {
            Block::Heading { span, .. } | Block::TaskItem { span, .. } | Block::Inert { span, .. } => *span,
            Block::Prose(span) | Block::InnerHeading(span) => *span,
            Block::Fence(fence) | Block::Elsewhere { fence, .. } => fence.span,
        }
    }
}

/// What a block is in which nothing is ever run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inert {
    /// An HTML comment: its author meant that nothing in it is run.
    Comment,
    /// Other HTML, in which Markdown starts only after a blank line.
    Html,
    /// Code by indentation.
    IndentedCode,
}

/// A fenced block.
#[derive(Debug)]
pub struct Fence {
    /// The raw info string.
    pub info: Span,
    /// The whole fence.
    pub span: Span,
    /// Each line inside, without the list's indentation and without line end.
    pub lines: Vec<Line>,
    /// Whether a line closes it. What ends the file or the list item ends a fence, too.
    pub closed: bool,
    open_line: bool,
}

/// The Markdown that a runbook is written in.
pub fn markdown_options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_GFM
}

/// Scans the body of `source` from byte `body` on.
pub fn scan(source: &Source, body: usize) -> Vec<Block> {
    let mut scanner = Scanner {
        source,
        body,
        blocks: Vec::new(),
        containers: Vec::new(),
        inline: None,
        items: Vec::new(),
        open_prose: false,
    };
    for (event, range) in Parser::new_ext(&source.text[body..], markdown_options()).into_offset_iter() {
        scanner.event(event, range);
    }
    scanner.blocks
}

struct Scanner<'a> {
    source: &'a Source,
    body: usize,
    blocks: Vec<Block>,
    /// Quotes and footnotes that we are inside of.
    containers: Vec<&'static str>,
    /// The leaf that is being read.
    inline: Option<Leaf>,
    /// The last block is prose that the Markdown parser hands over piece by piece: it makes no paragraph of the text of a
    /// tight list.
    open_prose: bool,
    /// The list items that we are inside of.
    items: Vec<Option<Task>>,
}

enum Leaf {
    Heading {
        level: u8,
        text: String,
        span: Span,
    },
    Fence(Fence),
    /// A table or indented code: nothing inside is looked at.
    Skipped,
}

struct Task {
    checkbox: Span,
    text: String,
    /// Only the first paragraph is the item's text.
    complete: bool,
}

impl Scanner<'_> {
    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        let span = Span::from(range).shifted(self.body);
        match event {
            Event::Start(tag) => self.start(tag, span),
            Event::End(tag) => self.end(tag, span),
            Event::Text(text) | Event::Code(text) => self.text(&text, span),
            Event::SoftBreak | Event::HardBreak => self.text(" ", span),
            Event::Rule => self.open_prose = false,
            Event::InlineHtml(_) | Event::FootnoteReference(_) => self.piece(span),
            Event::TaskListMarker(_) if self.containers.is_empty() => {
                if let Some(item) = self.items.last_mut() {
                    *item = Some(Task { checkbox: span, text: String::new(), complete: false });
                }
            }
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>, span: Span) {
        if matches!(tag, Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Link { .. } | Tag::Image { .. }) {
            return self.piece(span);
        }
        self.open_prose = false;
        if !matches!(tag, Tag::Paragraph) {
            self.close_task_text();
        }
        match tag {
            Tag::BlockQuote(_) => {
                if self.containers.is_empty() && !self.source.slice(span).starts_with(crate::OWN_QUOTE) {
                    self.blocks.push(Block::Prose(span));
                }
                self.containers.push("a block quote");
            }
            Tag::FootnoteDefinition(_) => self.containers.push("a footnote"),
            Tag::Item => self.items.push(None),
            Tag::Heading { level, .. } if self.containers.is_empty() && self.items.is_empty() => {
                self.inline = Some(Leaf::Heading { level: number(level), text: String::new(), span });
            }
            Tag::Heading { .. } if self.containers.is_empty() => {
                self.blocks.push(Block::InnerHeading(span));
                self.inline = Some(Leaf::Skipped);
            }
            Tag::CodeBlock(CodeBlockKind::Fenced(_)) => {
                let info = self.info(span);
                self.inline = Some(Leaf::Fence(Fence::new(info, span)));
            }
            Tag::HtmlBlock => {
                let comment = self.source.slice(span).trim_start().starts_with("<!--");
                let kind = if comment { Inert::Comment } else { Inert::Html };
                self.blocks.push(Block::Inert { span, kind });
            }
            Tag::CodeBlock(CodeBlockKind::Indented) => {
                self.blocks.push(Block::Inert { span, kind: Inert::IndentedCode });
                self.inline = Some(Leaf::Skipped);
            }
            Tag::Table(_) => {
                self.prose(span);
                self.inline = Some(Leaf::Skipped);
            }
            Tag::Paragraph => self.prose(span),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd, span: Span) {
        match tag {
            TagEnd::BlockQuote(_) | TagEnd::FootnoteDefinition => {
                self.containers.pop();
            }
            TagEnd::Paragraph => self.close_task_text(),
            TagEnd::Item => {
                self.open_prose = false;
                if let Some(Some(task)) = self.items.pop() {
                    let text = task.text.trim().to_owned();
                    self.blocks.push(Block::TaskItem { text, checkbox: task.checkbox, span });
                }
            }
            TagEnd::Heading(_) | TagEnd::CodeBlock | TagEnd::Table => match self.inline.take() {
                Some(Leaf::Heading { level, text, span }) => self.blocks.push(Block::Heading { level, text, span }),
                Some(Leaf::Fence(fence)) => self.fence(fence),
                _ => {}
            },
            _ => {}
        }
    }

    fn fence(&mut self, mut fence: Fence) {
        let inside = fence.lines.last().map_or(fence.info.end, |line| line.span.end);
        let behind = self.source.slice(Span::new(inside, fence.span.end));
        fence.closed = behind.contains(fence.marker(self.source));
        fence.span.end = fence.span.start + self.source.slice(fence.span).trim_end().len();
        self.blocks.push(match self.containers.last() {
            Some(place) => Block::Elsewhere { fence, place },
            None => Block::Fence(fence),
        });
    }

    fn text(&mut self, text: &str, span: Span) {
        match &mut self.inline {
            Some(Leaf::Heading { text: heading, .. }) => heading.push_str(text),
            Some(Leaf::Fence(fence)) => fence.push(text, span),
            Some(Leaf::Skipped) => {}
            None if self.containers.is_empty() => {
                if let Some(Some(task)) = self.items.last_mut()
                    && !task.complete
                {
                    task.text.push_str(text);
                } else {
                    self.piece(span);
                }
            }
            None => {}
        }
    }

    /// A piece of prose, which belongs to the paragraph that it stands in, or makes one with the pieces beside it.
    fn piece(&mut self, span: Span) {
        let in_task = matches!(self.items.last(), Some(Some(task)) if !task.complete);
        if self.inline.is_some() || !self.containers.is_empty() || in_task {
            return;
        }
        match self.blocks.last_mut() {
            Some(Block::Prose(prose)) if prose.end >= span.end => {}
            Some(Block::Prose(prose)) if self.open_prose => prose.end = span.end,
            _ => {
                self.blocks.push(Block::Prose(span));
                self.open_prose = true;
            }
        }
    }

    fn prose(&mut self, span: Span) {
        let in_task = matches!(self.items.last(), Some(Some(task)) if !task.complete);
        if self.containers.is_empty() && !in_task {
            self.blocks.push(Block::Prose(span));
        }
    }

    fn close_task_text(&mut self) {
        if let Some(Some(task)) = self.items.last_mut()
            && !task.text.is_empty()
        {
            task.complete = true;
        }
    }

    /// The raw bytes of a fence's info string: pulldown-cmark's own has entities and backslashes decoded.
    fn info(&self, fence: Span) -> Span {
        let text = self.source.slice(fence);
        let line = text.lines().next().unwrap_or_default();
        let marker = line.chars().next().unwrap_or('`');
        let behind = line.trim_start_matches(marker);
        let start = fence.start + line.len() - behind.trim_start().len();
        Span::new(start, start + behind.trim().len())
    }
}

impl Fence {
    fn new(info: Span, span: Span) -> Self {
        Self { info, span, lines: Vec::new(), closed: false, open_line: false }
    }

    /// The backticks or tildes that open it.
    pub fn marker<'s>(&self, source: &'s Source) -> &'s str {
        let text = source.slice(self.span);
        let behind = text.trim_start_matches(if text.starts_with('~') { '~' } else { '`' });
        &text[..text.len() - behind.len()]
    }

    /// Adds text as the Markdown parser hands it over: a line, several, or the rest of one. An empty span with
    /// text in it is indentation that the parser made of a tab.
    fn push(&mut self, text: &str, span: Span) {
        let mut at = span.start;
        for piece in text.split_inclusive('\n') {
            if !self.open_line {
                self.lines.push(Line { text: String::new(), span: Span::new(at, at) });
            }
            let line = self.lines.last_mut().expect("pushed above");
            let words = piece.trim_end_matches('\n');
            line.text.push_str(words);
            if span.end > span.start {
                line.span.end = at + words.len();
                at += piece.len();
            }
            self.open_line = !piece.ends_with('\n');
        }
    }
}

fn number(level: HeadingLevel) -> u8 {
    level as u8
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{STEP, with_body};
    use super::super::model::Item;

    /// The prose before the first step, piece by piece.
    fn prose(body: &str) -> Vec<String> {
        let runbook = with_body(&format!("{body}\n{STEP}"));
        let Item::Step(step) = runbook.items.last().expect("a step") else { panic!() };
        step.prose.iter().map(|span| runbook.source.slice(*span).trim().to_owned()).collect()
    }

    #[test]
    fn every_paragraph_is_one_piece_also_in_a_list_that_has_none() {
        for (body, wanted) in [
            ("1. one [x] two\n2. three\n", vec!["one [x] two", "three"]),
            ("- run `ls` **now**\n- *a*\n  b `c`\n", vec!["run `ls` **now**", "*a*\n  b `c`"]),
            ("- one\n  - two [x](y)\n  - three\n- four\n", vec!["one", "two [x](y)", "three", "four"]),
            ("- one\n  > quoted `x`\n\n- ![a `b`](c) d\n", vec!["one", "> quoted `x`", "![a `b`](c) d"]),
            ("- one\n  ***\n  two\n", vec!["one", "two"]),
            ("- one `x`\n  ## Two `y`\n  three\n", vec!["one `x`", "## Two `y`", "three"]),
            ("a `b` c\n\n- one\n\n- two `x` three\n", vec!["a `b` c", "one", "two `x` three"]),
            ("| a | `b` |\n|---|---|\n| c | d |\n", vec!["| a | `b` |\n|---|---|\n| c | d |"]),
        ] {
            assert_eq!(prose(body), wanted, "{body}");
        }
    }
}
