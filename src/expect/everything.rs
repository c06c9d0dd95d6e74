//! Blocks that accept whatever comes, and so check nothing.
//!
//! What is found here is true of every output without overlong lines; a block that accepts everything in a way that
//! takes thought is not found.

use super::glob;
use super::marks::{self, Kind};
use super::normalize::normalize;
use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// Whether the lines of a block accept every output: `...`, `.* (re*)`, `* (glob*)` and the like. An empty block does not.
pub fn matches_everything<'a>(lines: impl IntoIterator<Item = &'a str>) -> bool {
    accepts_from(lines) == Some(0)
}

/// The number of lines from which on a block accepts every output: 0 for `...`, 1 for `.* (re+)`, 2 for `.* (re)` twice
/// and `...`. `None` if there is none.
pub fn accepts_from<'a>(lines: impl IntoIterator<Item = &'a str>) -> Option<usize> {
    let (mut demanded, mut open) = (0, false);
    for text in lines {
        let line = normalize(text);
        if line == "..." {
            open = true;
            continue;
        }
        let marked = marks::read(&line).ok()?;
        let every = accepts_every_line(marked.kind, marked.text);
        open |= every && marked.repeat.is_open();
        // A line that is optional is in nobody's way; one that is demanded is, unless it takes what comes.
        if !marked.repeat.is_optional() {
            demanded += every.then_some(1)?;
        }
    }
    open.then_some(demanded)
}

fn accepts_every_line(kind: Kind, text: &str) -> bool {
    match kind {
        Kind::Plain | Kind::Escaped => false,
        Kind::Glob => glob::accepts_every_line(text.trim_end()),
        Kind::Regex => regex_accepts_every_line(text.trim_end()),
    }
}

/// `.*` and what says the same.
fn regex_accepts_every_line(pattern: &str) -> bool {
    // What will be filled in is not known.
    !pattern.contains("{{") && regex_syntax::parse(pattern).is_ok_and(|hir| accepts_all(&hir))
}

/// Whether a part of a pattern matches every text as a whole.
fn accepts_all(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Capture(group) => accepts_all(&group.sub),
        HirKind::Alternation(branches) => branches.iter().any(accepts_all),
        HirKind::Concat(parts) => {
            let parts = between_anchors(parts);
            parts.iter().all(accepts_nothing_there) && parts.iter().any(accepts_all)
        }
        HirKind::Repetition(repeated) => {
            let unbounded = repeated.max.is_none() && repeated.min == 0 && accepts_any_character(&repeated.sub);
            unbounded || (repeated.max != Some(0) && accepts_all(&repeated.sub))
        }
        _ => false,
    }
}

/// Without `^` before all else and `$` behind all else, where they always hold.
fn between_anchors(parts: &[Hir]) -> &[Hir] {
    let start = |part: &&Hir| matches!(part.kind(), HirKind::Look(Look::Start | Look::StartLF));
    let end = |part: &&Hir| matches!(part.kind(), HirKind::Look(Look::End | Look::EndLF));
    let parts = &parts[parts.iter().take_while(start).count()..];
    &parts[..parts.len() - parts.iter().rev().take_while(end).count()]
}

/// Whether a part matches an empty text, wherever that stands.
fn accepts_nothing_there(hir: &Hir) -> bool {
    hir.properties().minimum_len() == Some(0) && (hir.properties().look_set().is_empty() || accepts_all(hir))
}

/// Whether a part matches each single character that a line can hold.
fn accepts_any_character(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Capture(group) => accepts_any_character(&group.sub),
        HirKind::Alternation(branches) => branches.iter().any(accepts_any_character),
        HirKind::Class(Class::Unicode(class)) => {
            let mut others = class.clone();
            others.negate();
            others.ranges().iter().all(|range| range.start() == '\n' && range.end() == '\n')
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::lines::compile;
    use super::super::matcher::Matcher;
    use super::*;
    use crate::diagnostic::Span;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[test]
    fn blocks_that_check_nothing_are_found() {
        for block in [
            &["..."][..],
            &[".* (re*)"],
            &["* (glob*)"],
            &["...", ".* (re?)", "..."],
            &["a (?)", "...", "b (*)"],
            &["^.*$ (re*)", "x (re?)"],
            &["(.*) (re*)"],
            &["(?<ALL>.*) (re*)"],
            &["(?:a|.*) (re*)"],
            &["a|.* (re*)"],
            &[".*.* (re*)"],
            &["** (glob*)"],
            &["(.*)? (re*)"],
            &["(.*)+ (re*)"],
            &[".*| (re*)"],
            &["(?:.|x)* (re*)"],
            &["(x*).* (re*)"],
            &[".{0,} (re*)"],
            &["(^.*$) (re*)"],
            &["[^\\n]* (re*)"],
            &["(.*)\\b|.* (re*)"],
        ] {
            assert!(matches_everything(block.iter().copied()), "{block:?}");
        }
        assert_eq!(accepts_from([".* (re+)"]), Some(1));
        assert_eq!(accepts_from([".* (re)", "...", "* (glob)"]), Some(2));
    }

    #[test]
    fn blocks_that_check_something_are_not() {
        for block in [
            &[][..],
            &[""],
            &["... \\(re)", "...."],
            &[".* (re)"],
            &[".* (re?)", ".* (re?)"],
            &["...", "a"],
            &[".*a (re*)"],
            &[".+ (re*)"],
            &[".{1,} (re*)"],
            &[".{0,3} (re*)"],
            &["(.*){0} (re*)"],
            &["(x).* (re*)"],
            &["\\b.* (re*)"],
            &[".*^.* (re*)"],
            &["[^x]* (re*)"],
            &["\\.* (re*)"],
            &["(.*)\\) (re*)"],
            &["(a|(.*)b) (re*)"],
            &["[a|.*] (re*)"],
            &["(?x)a#|.* (re*)"],
            &[".*\\$ (re*)"],
            &["{{X}}.* (re*)"],
            &["(?R).* (re*)"],
            &["* x (glob*)"],
            &[".* (glob*)"],
            &[".* (re**)"],
        ] {
            assert_eq!(accepts_from(block.iter().copied()), None, "{block:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]
        #[test]
        fn a_block_that_is_found_accepts_every_output(
            pieces in prop::collection::vec(prop::sample::select(vec![
                ".*", "(", ")", "|", "^", "$", "\\", "a", "?", "?:", "?<A>", "[", "]", "(?s)", "(?R)", "#", "+",
            ]), 0..6),
            more in prop::collection::vec(prop::sample::select(vec!["...", "a", ".* (re)", "a (?)", "* (glob+)"]), 0..3),
            mark in prop::sample::select(vec!["re", "re?", "re*", "re+"]),
            output in prop::collection::vec("[ab.\r\\\\\u{85}é]{0,3}", 0..6),
        ) {
            let line = format!("{} ({mark})", pieces.concat());
            let block: Vec<&str> = more.iter().copied().chain([line.as_str()]).collect();
            let spans = block.iter().map(|line| (*line, Span::new(0, line.len())));
            if let Some(from) = accepts_from(block.iter().copied())
                && let Ok(pattern) = compile(spans, &BTreeMap::new())
                && output.len() >= from
            {
                let mut matcher = Matcher::new(&pattern);
                output.iter().for_each(|line| matcher.feed(Some(&normalize(line))));
                prop_assert!(matcher.finish().holds, "{block:?} {output:?}");
            }
        }
    }
}
