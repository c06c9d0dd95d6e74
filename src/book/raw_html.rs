//! Which of a page's raw HTML does nothing.

use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// Tags without attributes that say how text looks, or fold it.
static SIMPLE: LazyLock<Regex> = LazyLock::new(|| {
    let tags = "b|br|code|dd|del|details|dl|dt|em|hr|i|ins|kbd|mark|s|samp|small|strong|sub|summary|sup|u|var";
    Regex::new(&format!(r"(?i)<(/?)({tags})(?:\s*/?| open)>")).expect("it is a constant")
});

/// A `<` that a browser could take for a tag.
static TAG: LazyLock<Regex> = LazyLock::new(|| Regex::new("<[A-Za-z/!?]").expect("it is a constant"));

/// Tags that have no end.
const SINGLE: &[&str] = &["br", "hr"];

/// What does nothing on one page: comments, and simple tags if each of their kind is closed. One that is left open would take the
/// rest of the page with it.
#[derive(Debug, Default)]
pub struct Harmless {
    /// Tags whose ends and beginnings do not fit on this page.
    open: BTreeSet<String>,
}

impl Harmless {
    /// Of a page with these pieces of raw HTML, in order.
    pub fn of(pieces: &[&str]) -> Self {
        let mut harmless = Self::default();
        // A piece that is taken out takes its other tags with it.
        loop {
            let kept = pieces.iter().filter(|piece| harmless.is(piece));
            let open = unclosed(kept.copied());
            if open.is_subset(&harmless.open) {
                return harmless;
            }
            harmless.open.extend(open);
        }
    }

    /// Whether a piece of the page does nothing.
    pub fn is(&self, html: &str) -> bool {
        let Some(html) = without_comments(html) else { return false };
        let simple = |tag: &regex::Captures<'_>| self.open.contains(&tag[2].to_ascii_lowercase());
        !SIMPLE.captures_iter(&html).any(|tag| simple(&tag)) && !TAG.is_match(&SIMPLE.replace_all(&html, ""))
    }
}

fn unclosed<'p>(pieces: impl Iterator<Item = &'p str>) -> BTreeSet<String> {
    let (mut depths, mut wrong) = (BTreeMap::<String, usize>::new(), BTreeSet::new());
    for html in pieces.filter_map(without_comments) {
        for tag in SIMPLE.captures_iter(&html) {
            let name = tag[2].to_ascii_lowercase();
            let depth = depths.entry(name.clone()).or_default();
            match (SINGLE.contains(&name.as_str()), &tag[1], *depth) {
                (true, ..) => {}
                (false, "", _) => *depth += 1,
                (false, _, 0) => _ = wrong.insert(name),
                (false, ..) => *depth -= 1,
            }
        }
    }
    wrong.extend(depths.into_iter().filter(|(_, depth)| *depth > 0).map(|(name, _)| name));
    wrong
}

/// The text without its comments; `None` if one is not what it looks like, or is not closed.
fn without_comments(html: &str) -> Option<String> {
    let (mut out, mut rest) = (String::new(), html);
    while let Some((before, comment)) = rest.split_once("<!--") {
        // A browser takes these for whole comments.
        if comment.starts_with('>') || comment.starts_with("->") {
            return None;
        }
        let end = comment.find("-->")?;
        if comment[..end].contains("--!>") {
            return None;
        }
        out.push_str(before);
        rest = &comment[end + "-->".len()..];
    }
    Some(out + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_simple_tags_that_are_closed_do_nothing() {
        for html in
            ["<!-- a -- b <b> -->", "<br/>", "<kbd>x</kbd>", "1 < 2", "<details open><summary>s</summary></details>"]
        {
            assert!(Harmless::of(&[html]).is(html), "{html}");
        }
        let pieces = ["<details>", "<summary>s</summary>", "</details>"];
        assert!(pieces.iter().all(|piece| Harmless::of(&pieces).is(piece)));
    }

    #[test]
    fn what_is_left_open_or_has_attributes_does_something() {
        for html in [
            "<!-->",
            "<!--->x-->",
            "<!-- --!> <b> -->",
            "<!-- a",
            "<b onclick=x>",
            "<div>",
            "<script>",
            "</style>",
            "<!x>",
            "<?x",
        ] {
            assert!(!Harmless::of(&[html]).is(html), "{html}");
        }
        let pieces = ["<details>", "<b>", "</b>", "<b onclick=x>", "</b>", "<i>", "</i>"];
        let harmless = Harmless::of(&pieces);
        let kept: Vec<_> = pieces.iter().filter(|piece| harmless.is(piece)).collect();
        assert_eq!(kept, [&"<i>", &"</i>"], "which `b` the last end belongs to nobody knows");
        let pieces = ["<details><b>", "</details>"];
        assert!(!Harmless::of(&pieces).is("</details>"), "its beginning is gone with the other tag");
    }
}
