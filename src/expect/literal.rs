//! A line of output, written so that it is expected as it is.

use super::lines::{LinePattern, compile};
use super::marks::Repeat;
use super::normalize::normalize;
use crate::diagnostic::Span;
use crate::text::is_dangerous;
use std::collections::BTreeMap;

/// The line of an `output` block that takes `line` and no other. It can stand in a fence of any length. `known` are the
/// names whose `{{NAME}}` would be their values.
pub fn literal_line(line: &str, known: &BTreeMap<String, String>) -> String {
    let wanted = normalize(line);
    let takes = |text: &str| is_literal(text, &wanted, known);
    let before_mark = wanted.rfind('(').map(|at| format!("{}\\{}", &wanted[..at], &wanted[at..]));
    let simple = [
        Some(wanted.clone().into_owned()),
        before_mark,
        Some(format!("\\{wanted}")),
        Some(wanted.replace("{{", "\\{{")),
    ];
    simple.into_iter().flatten().find(|text| is_plain(text) && takes(text)).unwrap_or_else(|| escaped(&wanted))
}

fn is_literal(text: &str, wanted: &str, known: &BTreeMap<String, String>) -> bool {
    let block = compile([(text, Span::default())], known);
    let line = block.ok().and_then(|mut block| block.lines.pop());
    line.is_some_and(|line| {
        line.repeat == Repeat::Once && matches!(line.pattern, LinePattern::Literal(text) if text == wanted)
    })
}

/// Whether it can be seen as it is, and ends no fence.
fn is_plain(text: &str) -> bool {
    let start = text.trim_start_matches(' ');
    !text.chars().any(|c| is_dangerous(c) || c == '\t') && !start.starts_with("```") && !start.starts_with("~~~")
}

/// With everything escaped that could mean something: this works always.
fn escaped(line: &str) -> String {
    let mut out = String::new();
    let fence = line.trim_start_matches(' ').starts_with(['`', '~']);
    let (mut started, last) = (false, line.chars().count().saturating_sub(1));
    for (at, c) in line.chars().enumerate() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\t' => out.push_str("\\t"),
            '{' => out.push_str("\\u{7b}"),
            ')' if at == last => out.push_str("\\x29"),
            '`' | '~' if fence && !started => out.push_str(if c == '`' { "\\x60" } else { "\\x7e" }),
            c if is_dangerous(c) => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => out.push(c),
        }
        started |= c != ' ';
    }
    out.push_str(" (esc)");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn known() -> BTreeMap<String, String> {
        BTreeMap::from([("NAME".to_owned(), "value".to_owned())])
    }

    #[test]
    fn a_line_is_written_as_simply_as_it_can_be() {
        for (line, written) in [
            ("plain", "plain"),
            ("", ""),
            ("a (re)", "a \\(re)"),
            ("...", "\\..."),
            ("see {{NAME}}", "see \\{{NAME}}"),
            ("{{other}}", "{{other}}"),
            ("f(re)", "f(re)"),
            ("```", "\\x60`` (esc)"),
            ("a\tb", "a\\tb (esc)"),
            ("\u{202e}x (re)", "\\u{202e}x (re\\x29 (esc)"),
        ] {
            assert_eq!(literal_line(line, &known()), written, "{line}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_takes_the_line_and_no_other(
            line in "(\\PC|[\\\\{}()`~.? *+\t\r\u{202e}\u{1b}]|\\{\\{NAME\\}\\}|re|esc|glob){0,14}"
        ) {
            let written = literal_line(&line, &known());
            prop_assert!(is_literal(&written, &normalize(&line), &known()), "{:?} {:?}", line, written);
            let odd = written.contains(|c: char| c != ' ' && (c == '\t' || is_dangerous(c)));
            prop_assert!(!odd);
            let fence = ["```", "~~~"].iter().any(|fence| written.trim_start().starts_with(fence));
            prop_assert!(!fence);
        }
    }
}
