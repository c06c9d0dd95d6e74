//! An author's Markdown made inert: whatever a reader's browser would run or open unasked is shown as text.
//!
//! mdBook hands on raw HTML, attributes of headings and every address of a link as they are written. A runbook is read by people
//! who hold the keys to a cluster, so of raw HTML only tags stay that do nothing, and of links only addresses that can be seen.

use crate::page::{self, is_plain_address};
use pulldown_cmark::{Event, Options, Parser, Tag};
use regex::Regex;
use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

/// Comments, and tags without attributes that only say how text looks.
static HARMLESS: LazyLock<Regex> = LazyLock::new(|| {
    let tags = "b|br|code|dd|del|details|dl|dt|em|hr|i|ins|kbd|mark|s|samp|small|strong|sub|summary|sup|u|var";
    let pattern = format!(r"(?i)<!--(?:[^<>-]|-[^<>-])*-->|</?(?:{tags})\s*/?>|<details open>");
    Regex::new(&pattern).expect("it is a constant")
});

/// A `<` that a browser could take for a tag.
static TAG: LazyLock<Regex> = LazyLock::new(|| Regex::new("<[A-Za-z/!?]").expect("it is a constant"));

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
    let (mut found, mut headings) = (Vec::<Edit>::new(), Vec::new());
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        // What stands in something that was taken as a whole is gone with it.
        if found.last().is_some_and(|(before, _)| range.start < before.end) {
            continue;
        }
        let written = &text[range.clone()];
        let kept = || is_harmless(written) || own.contains(written.trim());
        match event {
            Event::Start(Tag::HtmlBlock) if !kept() => found.push((range, block(written))),
            Event::InlineHtml(_) if !kept() => found.push((range, literal(written))),
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) if !is_plain_address(&dest_url) => {
                found.push((range, literal(written)));
            }
            Event::Start(Tag::Heading { attrs, .. }) if !attrs.is_empty() => headings.push(range),
            _ => {}
        }
    }
    found.extend(headings.into_iter().flat_map(|range| braces(&text[range.clone()], range.start)));
    found.sort_by_key(|(place, _)| place.start);
    found
}

fn is_harmless(html: &str) -> bool {
    !TAG.is_match(&HARMLESS.replace_all(html, ""))
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
