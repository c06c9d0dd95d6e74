//! Links inside the page.

use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::runbook::Runbook;
use comrak::Anchorizer;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use std::collections::BTreeSet;

/// Links to headings that the page does not have.
pub fn lint(runbook: &Runbook, found: &mut Vec<Diagnostic>) {
    let body = &runbook.source.text[runbook.body_start.min(runbook.source.text.len())..];
    // Every link inside a page is written with one of the two, and most pages have none.
    if !body.contains("](") && !body.contains("]:") {
        return;
    }
    let mut anchorizer = Anchorizer::new();
    let (mut anchors, mut links) = (BTreeSet::new(), Vec::new());
    let mut heading: Option<String> = None;
    for (event, range) in
        Parser::new_ext(body, Options::ENABLE_GFM | Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS)
            .into_offset_iter()
    {
        match event {
            Event::Start(Tag::Heading { id, .. }) => {
                heading = Some(String::new());
                anchors.extend(id.map(|id| id.to_string()));
            }
            Event::Text(text) | Event::Code(text) => heading.iter_mut().for_each(|heading| heading.push_str(&text)),
            Event::End(TagEnd::Heading(_)) => {
                anchors.extend(heading.take().map(|text| anchorizer.anchorize(&text)));
            }
            Event::Start(Tag::Link { dest_url, .. }) => {
                let span = Span::new(runbook.body_start + range.start, runbook.body_start + range.end);
                links.extend(dest_url.strip_prefix('#').map(|anchor| (anchor.to_owned(), span)));
            }
            Event::Html(html) | Event::InlineHtml(html) => anchors.extend(html_anchors(&html)),
            _ => {}
        }
    }
    for (anchor, span) in links.into_iter().filter(|(anchor, _)| !leads(anchor, &anchors)) {
        let help = match nearest(&anchor, anchors.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `#{near}`?"),
            None => "link to a heading as Git hosts spell it: lower case, blanks as `-`".to_owned(),
        };
        let message = format!("the page has no heading `#{anchor}`");
        found.push(Diagnostic::warning(Code::DanglingLink, span, message).help(help));
    }
}

/// Whether a link leads somewhere; `#` and `#top` lead to the top of every page.
fn leads(anchor: &str, anchors: &BTreeSet<String>) -> bool {
    let decoded = percent_encoding::percent_decode_str(anchor).decode_utf8_lossy();
    anchor.is_empty() || anchor.eq_ignore_ascii_case("top") || anchors.contains(anchor) || anchors.contains(&*decoded)
}

/// `id="…"` and `name="…"` in HTML.
fn html_anchors(html: &str) -> Vec<String> {
    let behind = |mark: &str| {
        let pieces: Vec<_> = html.split(mark).skip(1).collect();
        pieces.into_iter().filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect::<Vec<_>>()
    };
    [behind("id=\""), behind("name=\"")].concat()
}
