//! The author's Markdown as HTML, with something else in the place of some blocks.
//!
//! By pulldown-cmark and not by comrak, since that is what reads runbooks: here and there the same bytes are a fence or a task
//! item. Its own HTML is not used: it hands on raw HTML and every address. What is written here is a handful of tags, each
//! with an end; raw HTML is text, an address that a reader cannot see through is text, and an image is its description.

use crate::OWN_QUOTE;
use crate::event::Status;
use crate::page::{html, is_plain_in_file};
use crate::runbook::{Runbook, markdown_options};
use comrak::Anchorizer;
use pulldown_cmark::{Event, LinkType, Parser, Tag, TagEnd};
use std::collections::HashMap;

/// What stands in the place of a block.
pub enum Place {
    /// HTML instead of it.
    Block(String),
    /// A task item: HTML at its end, and how it stands.
    Item(String, Status),
}

/// What was written.
#[derive(Default)]
pub struct Written {
    /// As HTML.
    pub html: String,
    /// Its headings.
    pub headings: Vec<Heading>,
}

/// A heading.
pub struct Heading {
    /// Its level on the page.
    pub level: u8,
    /// Its place.
    pub anchor: String,
    /// Its text.
    pub title: String,
}

/// The level of the heading that all of it stands under.
const ABOVE: u8 = 2;

/// Writes the body of a runbook. `places` are known by their first byte.
pub fn write(runbook: &Runbook, places: &HashMap<usize, Place>) -> Written {
    let body = runbook.body_start.min(runbook.source.text.len());
    let mut writer = Writer {
        runbook,
        places,
        written: Written::default(),
        ends: Vec::new(),
        skipping: 0,
        verbatim: None,
        cells: "td",
        anchors: Anchorizer::new(),
        notes: HashMap::new(),
    };
    for (event, range) in Parser::new_ext(&runbook.source.text[body..], markdown_options()).into_offset_iter() {
        writer.event(event, body + range.start);
    }
    writer.written
}

struct Writer<'a> {
    runbook: &'a Runbook,
    places: &'a HashMap<usize, Place>,
    written: Written,
    /// What closes each block that is open.
    ends: Vec<String>,
    /// How many blocks are open of which nothing is written.
    skipping: usize,
    /// The text of a block that is shown as it is.
    verbatim: Option<String>,
    cells: &'static str,
    anchors: Anchorizer,
    /// Footnotes by number: their names are the author's.
    notes: HashMap<String, usize>,
}

impl Writer<'_> {
    fn event(&mut self, event: Event<'_>, at: usize) {
        match event {
            Event::Start(_) if self.skipping > 0 => self.skipping += 1,
            Event::End(_) if self.skipping > 0 => self.skipping -= 1,
            _ if self.skipping > 0 => {}
            Event::Start(tag) => self.start(tag, at),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::Html(text) => match &mut self.verbatim {
                Some(verbatim) => verbatim.push_str(&text),
                None => self.put(&html(&text)),
            },
            Event::Code(text) => self.put(&format!("<code>{}</code>", html(&text))),
            Event::InlineHtml(text) => self.inline_html(&text),
            Event::FootnoteReference(name) => {
                let number = self.note(&name);
                self.put(&format!("<sup><a href=\"#note.{number}\">{number}</a></sup>"));
            }
            Event::SoftBreak => self.put("\n"),
            Event::HardBreak => self.put("<br>"),
            Event::Rule => self.put("<hr>\n"),
            Event::TaskListMarker(ticked) if self.ends.last().is_none_or(|end| end == "</li>\n") => {
                self.put(if ticked { "[x] " } else { "[ ] " });
            }
            // The card of the item says how it stands.
            Event::TaskListMarker(_) => {}
            Event::InlineMath(text) | Event::DisplayMath(text) => self.put(&html(&text)),
        }
    }

    fn start(&mut self, tag: Tag<'_>, at: usize) {
        match (&tag, self.places.get(&at)) {
            (Tag::CodeBlock(_), Some(Place::Block(card))) => {
                self.put(card);
                self.skipping = 1;
                return;
            }
            (Tag::Item, Some(Place::Item(card, status))) => {
                let status = status.as_str();
                return self.open(&format!("<li class=\"sg-task sg-task-{status}\">"), &format!("\n{card}</li>\n"));
            }
            _ => {}
        }
        match tag {
            Tag::Paragraph => self.open("<p>", "</p>\n"),
            Tag::Heading { level, .. } => self.heading(level as u8, at),
            Tag::BlockQuote(_) if self.runbook.source.text[at..].starts_with(OWN_QUOTE) => self.skipping = 1,
            Tag::BlockQuote(_) => self.open("<blockquote>\n", "</blockquote>\n"),
            Tag::CodeBlock(_) | Tag::HtmlBlock | Tag::MetadataBlock(_) => self.verbatim = Some(String::new()),
            Tag::List(None) => self.open("<ul>\n", "</ul>\n"),
            Tag::List(Some(first)) => self.open(&format!("<ol start=\"{first}\">\n"), "</ol>\n"),
            Tag::Item => self.open("<li>", "</li>\n"),
            Tag::FootnoteDefinition(name) => {
                let number = self.note(&name);
                self.open(&format!("<div class=\"sg-note\" id=\"note.{number}\"><sup>{number}</sup>\n"), "</div>\n");
            }
            Tag::Table(_) => self.open("<div class=\"sg-wide\" tabindex=\"0\"><table>\n", "</tbody></table></div>\n"),
            Tag::TableHead => {
                self.cells = "th";
                self.open("<thead><tr>", "</tr></thead>\n<tbody>\n");
            }
            Tag::TableRow => self.open("<tr>", "</tr>\n"),
            Tag::TableCell => self.open(&format!("<{}>", self.cells), &format!("</{}>", self.cells)),
            Tag::Emphasis => self.open("<em>", "</em>"),
            Tag::Strong => self.open("<strong>", "</strong>"),
            Tag::Strikethrough => self.open("<del>", "</del>"),
            Tag::Superscript => self.open("<sup>", "</sup>"),
            Tag::Subscript => self.open("<sub>", "</sub>"),
            Tag::Link { link_type: LinkType::Email, dest_url, .. } => self.link(&format!("mailto:{dest_url}")),
            Tag::Link { dest_url, .. } => self.link(&dest_url),
            // Nothing is loaded, from wherever it is.
            Tag::Image { dest_url, .. } => {
                self.open("<span class=\"sg-image\">image: ", &format!(" <code>{}</code></span>", html(&dest_url)));
            }
            Tag::DefinitionList | Tag::DefinitionListTitle | Tag::DefinitionListDefinition => {
                self.open("<div>", "</div>\n");
            }
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match (tag, self.verbatim.take()) {
            (TagEnd::HtmlBlock, Some(text)) if is_comment(&text) => {}
            (_, Some(text)) => {
                let text = html(&text);
                self.put(&format!("<pre class=\"sg-plain\" tabindex=\"0\"><code>{text}</code></pre>\n"));
            }
            (tag, None) => {
                if tag == TagEnd::TableHead {
                    self.cells = "td";
                }
                let end = self.ends.pop().unwrap_or_default();
                self.put(&end);
            }
        }
    }

    /// A heading, at most one level below the one before. One inside a list or a quote divides nothing.
    fn heading(&mut self, level: u8, at: usize) {
        let Some(section) = self.runbook.sections.iter().find(|one| one.level > 0 && one.span.start == at) else {
            return self.open("<p><strong>", "</strong></p>\n");
        };
        let before = self.written.headings.last().map(|heading| heading.level);
        let slug = self.anchors.anchorize(&section.title);
        // It stands above the whole page already.
        if before.is_none() && level == 1 && section.title == self.runbook.title {
            self.skipping = 1;
            return;
        }
        let level = (level + ABOVE).min(before.unwrap_or(ABOVE) + 1).min(6);
        let anchor = format!("h.{slug}");
        self.open(&format!("<h{level} id=\"{}\">", html(&anchor)), &format!("</h{level}>\n"));
        self.written.headings.push(Heading { level, anchor, title: section.title.clone() });
    }

    fn link(&mut self, address: &str) {
        // The author's anchors have a letter before them here, so that none is taken for the page's own.
        let shown = match address.strip_prefix('#') {
            Some(anchor) => html(&format!("#h.{anchor}")),
            None => html(address),
        };
        match is_plain_in_file(address) {
            true => self.open(&format!("<a href=\"{shown}\" rel=\"noreferrer\">"), "</a>"),
            false => self.open("<span>", &format!(" (<code>{shown}</code>)</span>")),
        }
    }

    fn inline_html(&mut self, text: &str) {
        match () {
            () if is_comment(text) => {}
            () if ["<br>", "<br/>", "<br />"].contains(&text) => self.put("<br>"),
            () => self.put(&format!("<code>{}</code>", html(text))),
        }
    }

    fn note(&mut self, name: &str) -> usize {
        let next = self.notes.len() + 1;
        *self.notes.entry(name.to_owned()).or_insert(next)
    }

    fn open(&mut self, start: &str, end: &str) {
        self.put(start);
        self.ends.push(end.to_owned());
    }

    fn put(&mut self, html: &str) {
        self.written.html.push_str(html);
    }
}

/// Whether all of it is one comment, which nobody was meant to see.
fn is_comment(html: &str) -> bool {
    let html = html.trim();
    html.starts_with("<!--") && html.find("-->").is_some_and(|end| end + 3 == html.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(body: &str, places: &HashMap<usize, Place>) -> Written {
        let item = if body.contains("- [ ]") { "" } else { "\n- [ ] something to do\n" };
        let text = format!("---\nstepgate: 1\n---\n{body}{item}");
        let source = crate::runbook::decode("r.md", text.into_bytes()).unwrap();
        write(&crate::runbook::read(source).unwrap().0, places)
    }

    fn html_of(body: &str) -> String {
        written(body, &HashMap::new()).html
    }

    #[test]
    fn what_an_author_writes_is_there() {
        for (text, html) in [
            ("a *b* **c** ~~d~~ `e<`\n", "<p>a <em>b</em> <strong>c</strong> <del>d</del> <code>e&lt;</code></p>\n"),
            ("[a](b.md) <https://x.org>\n", "<p><a href=\"b.md\" rel=\"noreferrer\">a</a> "),
            ("3. x\n4. y\n", "<ol start=\"3\">\n<li>x</li>\n<li>y</li>\n</ol>\n"),
            (
                "| a |\n|---|\n| b |\n",
                "<thead><tr><th>a</th></tr></thead>\n<tbody>\n<tr><td>b</td></tr>\n</tbody></table></div>",
            ),
            ("a\\\nb <br/> c<!-- d -->\n", "<p>a<br>b <br> c</p>\n"),
            (
                "x[^n]\n\n[^n]: y\n",
                "<sup><a href=\"#note.1\">1</a></sup></p>\n<div class=\"sg-note\" id=\"note.1\"><sup>1</sup>\n<p>y</p>\n</div>",
            ),
            ("> q\n\n---\n", "<blockquote>\n<p>q</p>\n</blockquote>\n<hr>\n"),
            ("> <!-- stepgate:run -->\n> **Passed**\n\nx\n", "<p>x</p>\n"),
        ] {
            assert!(html_of(text).contains(html), "{text}: {}", html_of(text));
        }
        assert!(
            !html_of("> <!-- stepgate:run -->\n> **Passed**\n").contains("Passed"),
            "what an earlier log says of another run"
        );
    }

    #[test]
    fn what_a_browser_would_run_or_fetch_is_text() {
        for text in [
            "<script>alert(1)</script>\n",
            "a <img src=x onerror=alert(1)> <b>c</b>\n",
            "<!-- x --> <script>y</script>\n",
            "[a](javascript:x) [b](data:x) ![c](https://x.org/y.png) [d](//host/x) <vbscript:x>\n",
            "[a](\"onclick=x)\n\n[\"><script>](x)\n",
        ] {
            let html = html_of(text);
            for active in [
                "<script",
                "<img",
                "<b>",
                "href=\"java",
                "href=\"data",
                "href=\"//",
                "href=\"vb",
                "src=\"",
                " onclick=x",
            ] {
                assert!(!html.contains(active), "{text}: {html}");
            }
        }
    }

    #[test]
    fn headings_go_down_one_by_one_and_the_title_is_not_said_twice() {
        let Written { html, headings } =
            written("# T\n\n## A\n\n#### B\n\n- # inner\n\n# C\n\n## A\n", &HashMap::new());
        let seen: Vec<_> = headings.iter().map(|heading| (heading.level, heading.anchor.as_str())).collect();
        assert_eq!(seen, [(3, "h.a"), (4, "h.b"), (3, "h.c"), (4, "h.a-1")]);
        assert!(html.starts_with("<h3 id=\"h.a\">A</h3>\n<h4 id=\"h.b\">B</h4>\n"), "{html}");
        assert!(html.contains("<p><strong>inner</strong></p>"), "{html}");
    }

    #[test]
    fn a_block_is_replaced_where_it_stands_and_an_item_gets_its_result() {
        let text = "1. a\n\n   ```bash {name=x}\n   true\n   ```\n\n- [ ] do it\n";
        let body = "---\nstepgate: 1\n---\n".len();
        let at = |piece: &str| body + text.find(piece).unwrap();
        let places = [
            (at("```bash"), Place::Block("<hr>CARD".to_owned())),
            (at("- [ ]"), Place::Item("RESULT".to_owned(), Status::Failed)),
        ];
        let html = written(text, &places.into()).html;
        assert_eq!(
            html,
            "<ol start=\"1\">\n<li><p>a</p>\n<hr>CARD</li>\n</ol>\n<ul>\n<li class=\"sg-task sg-task-failed\">do it\nRESULT</li>\n</ul>\n"
        );
    }
}
