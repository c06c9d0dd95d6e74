//! Blocks that accept whatever comes, and so check nothing.
//!
//! What is found here is true of every output without overlong lines; a block that accepts everything in a way that
//! takes thought is not found.

use super::glob;
use super::marks::{self, Kind};
use super::normalize::normalize;

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

/// `.*` and what says the same: anchored, in a group, beside another, or as one of several alternatives.
fn regex_accepts_every_line(pattern: &str) -> bool {
    // What ends in `\` after this was `\$`, and is none of the below.
    let inner = ["(?s)", "(?i)", "(?m)", "(?U)", "^", "\\A"].iter().find_map(|start| pattern.strip_prefix(start));
    let inner = inner.or_else(|| ["$", "\\z"].iter().find_map(|end| pattern.strip_suffix(end)));
    if let Some(inner) = inner {
        return regex_accepts_every_line(inner);
    }
    if matches!(pattern, ".*" | ".*?" | "[\\s\\S]*" | "[\\d\\D]*" | "[\\w\\W]*" | "[^\\n]*") {
        return true;
    }
    let group = pattern.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).filter(|inner| is_flat(inner));
    if let Some(inner) = group {
        let named =
            |inner: &str| Some(inner.strip_prefix("?P<").or(inner.strip_prefix("?<"))?.split_once('>')?.1.to_owned());
        let inner = named(inner).or_else(|| Some(inner.strip_prefix("?:")?.to_owned())).unwrap_or(inner.to_owned());
        return regex_accepts_every_line(&inner);
    }
    if is_flat(pattern) && pattern.contains('|') {
        return pattern.split('|').any(regex_accepts_every_line);
    }
    pattern.strip_prefix(".*").is_some_and(regex_accepts_every_line)
}

/// Without anything that would need a parser: groups, classes, escapes.
fn is_flat(pattern: &str) -> bool {
    let pattern = pattern.strip_prefix("?:").unwrap_or(pattern);
    let pattern = match pattern.strip_prefix('?').and_then(|rest| rest.split_once('>')) {
        Some((_, rest)) => rest,
        None => pattern,
    };
    !pattern.contains(['(', ')', '[', ']', '\\', '{', '#', '?'])
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
