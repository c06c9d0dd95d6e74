//! An author's Markdown made inert: whatever a reader's browser would run or open unasked is shown as text.
//!
//! mdBook hands on raw HTML, attributes of headings and every address of a link as they are written. A runbook is read by people
//! who hold the keys to a cluster, so of raw HTML only tags stay that do nothing, and of links only addresses that can be seen.

use super::raw_html::Harmless;
use crate::page::{self, STEP_ANCHOR, is_plain_in_file};
use pulldown_cmark::{Event, Options, Parser, Tag};
use std::collections::HashSet;
use std::ops::Range;

/// What mdBook always reads.
const ALWAYS: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_FOOTNOTES)
    .union(Options::ENABLE_STRIKETHROUGH)
    .union(Options::ENABLE_TASKLISTS)
    .union(Options::ENABLE_HEADING_ATTRIBUTES);

/// What a book may turn off.
const UNLESS_OFF: Options =
    Options::ENABLE_SMART_PUNCTUATION.union(Options::ENABLE_DEFINITION_LIST).union(Options::ENABLE_GFM);

/// `markdown`, inert. Raw HTML that stands in `own` was made by stepgate and stays.
pub fn inert(markdown: &str, mut own: HashSet<String>) -> String {
    // A page must be inert in every way in which a book may read it.
    let once = pass(markdown, ALWAYS.union(UNLESS_OFF), &mut own);
    pass(&once, ALWAYS, &mut own)
}

fn pass(markdown: &str, options: Options, own: &mut HashSet<String>) -> String {
    let mut out = String::with_capacity(markdown.len());
    let mut at = 0;
    for (place, new) in edits(markdown, options, own) {
        out.push_str(&markdown[at..place.start]);
        out.push_str(&new);
        own.insert(new.trim().to_owned());
        at = place.end;
    }
    out.push_str(&markdown[at..]);
    out
}

/// Bytes, and what is to be put in their place.
type Edit = (Range<usize>, String);

/// What is to be put in the place of which bytes, in order.
fn edits(text: &str, options: Options, own: &HashSet<String>) -> Vec<Edit> {
    let found: Vec<_> = Parser::new_ext(text, options).into_offset_iter().filter_map(doubtful).collect();
    let found: Vec<_> = found.into_iter().filter(|(_, range)| !own.contains(text[range.clone()].trim())).collect();
    let raw = found.iter().filter(|(kind, _)| matches!(kind, Doubtful::Block | Doubtful::Inline));
    let harmless = Harmless::of(&raw.map(|(_, range)| &text[range.clone()]).collect::<Vec<_>>());
    let (mut edits, mut headings) = (Vec::<Edit>::new(), Vec::new());
    for (kind, range) in found {
        let written = &text[range.clone()];
        match kind {
            // What stands in something that was taken as a whole is gone with it.
            _ if edits.last().is_some_and(|(before, _)| range.start < before.end) => {}
            Doubtful::Block if !harmless.is(written) => edits.push((range, block(written))),
            Doubtful::Inline if !harmless.is(written) => edits.push((range, literal(written))),
            Doubtful::Block | Doubtful::Inline => {}
            Doubtful::Link => edits.push((range, literal(written))),
            // What stands in it comes before its braces.
            Doubtful::Heading => headings.extend(braces(written, range.start)),
        }
    }
    edits.extend(headings);
    edits.sort_by_key(|(place, _)| place.start);
    edits
}

/// What mdBook may not get as it is written.
#[derive(Clone, Copy)]
enum Doubtful {
    /// A block of raw HTML.
    Block,
    /// Raw HTML inside a line.
    Inline,
    /// An address that does not say where it leads.
    Link,
    /// A heading with attributes, or with an id of stepgate's own.
    Heading,
}

fn doubtful((event, range): (Event<'_>, Range<usize>)) -> Option<(Doubtful, Range<usize>)> {
    let kind = match event {
        Event::Start(Tag::HtmlBlock) => Doubtful::Block,
        Event::InlineHtml(_) => Doubtful::Inline,
        Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) if !is_plain_in_file(&dest_url) => {
            Doubtful::Link
        }
        Event::Start(Tag::Heading { attrs, id, .. }) if !attrs.is_empty() || id.as_deref().is_some_and(is_own) => {
            Doubtful::Heading
        }
        _ => return None,
    };
    Some((kind, range))
}

/// Whether an id may be one of a card's.
fn is_own(id: &str) -> bool {
    id.starts_with(STEP_ANCHOR) || id.starts_with("sg-")
}

/// A block of raw HTML, shown as what it is.
fn block(written: &str) -> String {
    let text = page::html(written.trim_end());
    format!(
        "<div class=\"sg-card sg-raw\"><pre tabindex=\"0\"><code class=\"nohighlight\">{text}</code></pre></div>\n\n"
    )
}

/// Text that means nothing to Markdown, inside a line.
fn literal(written: &str) -> String {
    let mut out = String::with_capacity(written.len() * 2);
    for c in written.chars() {
        match c {
            '\n' | '\r' => out.push(' '),
            c if c.is_ascii_punctuation() || c.is_control() => out.push_str(&format!("&#{};", u32::from(c).max(32))),
            c => out.push(c),
        }
    }
    out
}

/// The braces around a heading's attributes, as text.
fn braces(written: &str, start: usize) -> Vec<Edit> {
    let ends = [written.rfind('{').map(|at| (at, "&#123;")), written.rfind('}').map(|at| (at, "&#125;"))];
    let place = |(at, entity): (usize, &str)| (start + at..start + at + 1, entity.to_owned());
    ends.into_iter().flatten().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inert(text: &str) -> String {
        super::inert(text, HashSet::new())
    }

    #[test]
    fn what_does_nothing_stays_as_it_is_written() {
        for text in [
            "<!-- a comment -->\n",
            "press <kbd>Ctrl</kbd> <br/> 1 < 2\n",
            "<details>\n<summary>more</summary>\n\ntext\n\n</details>\n",
            "[a](b.md#c) [d](https://example.org) <https://example.org> <a@b.org> ![x](y.png)\n",
            "# Heading {#id .class}\n",
            "<!-- with -- dashes and a <b>tag</b> -->\n",
            "`<script>` and\n\n```html\n<script>alert(1)</script>\n```\n",
        ] {
            assert_eq!(inert(text), text);
        }
    }

    #[test]
    fn what_a_browser_would_run_is_text() {
        for text in [
            "<script>alert(1)</script>\n",
            "a <img src=x onerror=alert(1)> b\n",
            "<!-- --> <script>alert(1)</script>\n",
            "<!--> <script>alert(1)</script> -->\n",
            "a <!--><b onclick=x>y</b> --> b\n",
            "<details ontoggle=alert(1) open>x</details>\n",
            "[a](javascript:alert(1)) [b](JaVa&#x0A;Script:alert(1)) <javascript:alert(1)>\n",
            "[a]\n\n[a]: data:text/html,x\n",
            "![a](vbscript:x)\n",
            "# H {onclick=alert(1)}\n",
            "H {a=b onclick=x}\n=====\n",
            "# H {#step.save}\n",
            "[a](//elsewhere.org)\n",
            "# *<b onclick=x>y</b>* {a=b}\n",
            "- <div>\n  <iframe src=x>\n  </div>\n- b\n",
            "<svg onload=alert(1)></svg>\n",
        ] {
            let shown = inert(text);
            let ours =
                shown.replace("<div class=\"sg-card sg-raw\"><pre tabindex=\"0\"><code class=\"nohighlight\">", "");
            for active in
                ["<script", "<img", "<iframe", "<svg", "<b onclick", "<details on", "](java", "](vb", "{on", "{a="]
            {
                assert!(!ours.contains(active), "{text}: {shown}");
            }
        }
    }
}
