//! The lines of an `output` block, compiled (grammar: docs/format.md §4.1).

use super::escapes;
use super::glob;
use super::marks::{self, Kind, Marked, Repeat};
use super::normalize::normalize;
use super::regexes;
use super::template::{self, Pairs, Piece};
use crate::diagnostic::{Code, Diagnostic, Span};
use regex::Regex;
use std::collections::BTreeMap;

/// A pattern for one line, or for any number of them.
#[derive(Clone, Debug)]
pub enum LinePattern {
    /// `...`: any number of lines, as few as possible.
    Any,
    /// Exactly this line: a plain one, or an `(esc)` line decoded.
    Literal(String),
    /// The whole line against a regex; its named groups become variables.
    Regex(Regex),
    /// The whole line against a glob, as the regex that it stands for.
    Glob(Regex),
}

impl LinePattern {
    /// Whether `line`, normalized, matches. `...` is no pattern of one line.
    pub fn accepts(&self, line: &str) -> bool {
        match self {
            LinePattern::Any => false,
            LinePattern::Literal(text) => text == line,
            LinePattern::Regex(regex) | LinePattern::Glob(regex) => regex.is_match(line),
        }
    }

    /// The named groups of a regex line.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let regex = match self {
            LinePattern::Regex(regex) => Some(regex),
            _ => None,
        };
        regex.into_iter().flat_map(|regex| regex.capture_names().flatten())
    }
}

/// One line of a block, ready to be matched.
#[derive(Clone, Debug)]
pub struct BlockLine {
    /// What one line must look like.
    pub pattern: LinePattern,
    /// How many such lines; of no meaning for `...`.
    pub repeat: Repeat,
    /// The author's text, for reports.
    pub text: String,
    /// Each `{{NAME}}` of it with the value that was put in, or `None` where the name had none and stayed text.
    pub values: Vec<(String, Option<String>)>,
    /// Its named groups: the group's number in the regex, and the name's place among [`BlockPattern::names`].
    pub(super) groups: Vec<(usize, usize)>,
}

/// A block ready to be matched.
#[derive(Clone, Debug)]
pub struct BlockPattern {
    /// One pattern a line.
    pub lines: Vec<BlockLine>,
    /// The names that it captures, each once.
    pub names: Vec<String>,
}

/// Compiles the lines of a block, each with its bytes in the runbook, with `variables` put in.
///
/// # Errors
///
/// A line end that looks like a mark and is none, a wrong escape, an invalid or huge regex, each at its place; and a value
/// that no line can hold.
pub fn compile<'a>(
    lines: impl IntoIterator<Item = (&'a str, Span)>,
    variables: &BTreeMap<String, String>,
) -> Result<BlockPattern, Box<Diagnostic>> {
    let mut block = BlockPattern { lines: Vec::new(), names: Vec::new() };
    for (text, span) in lines {
        let (pattern, repeat) = compile_line(text, span, variables)?;
        let groups = number_groups(&pattern, &mut block.names);
        let value = |name: &str| (name.to_owned(), variables.get(name).cloned());
        let values = template::references(text).into_iter().map(value).collect();
        block.lines.push(BlockLine { pattern, repeat, text: normalize(text).into_owned(), values, groups });
    }
    Ok(block)
}

fn compile_line(
    text: &str,
    span: Span,
    variables: &BTreeMap<String, String>,
) -> Result<(LinePattern, Repeat), Box<Diagnostic>> {
    let line = normalize(text);
    if line == "..." {
        return Ok((LinePattern::Any, Repeat::Once));
    }
    check_values(&line, span, variables)?;
    let bad = |bad: marks::BadMark| at(span, bad.place, Code::LineMark, bad.message, bad.help);
    let Marked { kind, repeat, text } = marks::read(&line).map_err(bad)?;
    let pattern = match kind {
        Kind::Plain => plain(text, variables),
        Kind::Escaped => escaped(text, span, variables)?,
        Kind::Glob => globbed(text, span, variables)?,
        Kind::Regex => LinePattern::Regex(regexes::compile(text, span, variables)?),
    };
    Ok((pattern, repeat))
}

/// A line of output is one line: a value with a line end in it could never be found there.
fn check_values(line: &str, span: Span, variables: &BTreeMap<String, String>) -> Result<(), Box<Diagnostic>> {
    let long = |(_, value): &(&str, &String)| value.contains('\n');
    let values = template::references(line).into_iter().filter_map(|name| Some((name, variables.get(name)?)));
    let Some((name, value)) = values.into_iter().find(long) else { return Ok(()) };
    let count = value.split('\n').count();
    let message = format!("the value of `{name}` has {count} lines, and a line of output is matched by itself");
    let help = "a line can hold only a value without line ends; compare texts in an `assert` block".to_owned();
    let start = line.find(&format!("{{{{{name}}}}}")).unwrap_or(0);
    Err(at(span, start..start + name.len() + 4, Code::WrongValue, message, help))
}

fn plain(text: &str, variables: &BTreeMap<String, String>) -> LinePattern {
    let filled = template::fill(&marks::unescape(text), variables, str::to_owned);
    LinePattern::Literal(normalize(&filled).into_owned())
}

fn escaped(text: &str, span: Span, variables: &BTreeMap<String, String>) -> Result<LinePattern, Box<Diagnostic>> {
    let mut out = String::new();
    for (start, piece) in template::pieces(text, Pairs::Kept, |name| variables.contains_key(name)) {
        match piece {
            Piece::Text(text) => out.push_str(&escapes::decode(text).map_err(|bad| {
                let place = start + bad.place.start..start + bad.place.end;
                at(span, place, Code::LineMark, bad.message, escapes::KNOWN.to_owned())
            })?),
            Piece::Braces => out.push_str("{{"),
            Piece::Name(name) => out.push_str(&variables[name]),
        }
    }
    Ok(LinePattern::Literal(normalize(&out).into_owned()))
}

fn globbed(text: &str, span: Span, variables: &BTreeMap<String, String>) -> Result<LinePattern, Box<Diagnostic>> {
    let plain: BTreeMap<&str, String> = template::references(text)
        .into_iter()
        .filter_map(|name| Some((name, super::normalize::strip_ansi(variables.get(name)?).into_owned())))
        .collect();
    let pieces = template::pieces(text, Pairs::Kept, |name| plain.contains_key(name));
    let source = glob::to_regex(&pieces, |name| &plain[name]).map_err(|start| {
        let help = "in a glob `\\` makes the next character literal; for a backslash write `\\\\`".to_owned();
        at(span, start..start + 1, Code::LineMark, "a `\\` at the end of a glob escapes nothing".to_owned(), help)
    })?;
    regexes::whole_line(&source).map(LinePattern::Glob).map_err(|_| {
        let help = "a plain line can be as long as you like".to_owned();
        at(span, 0..text.len(), Code::Regex, "the glob is too large".to_owned(), help)
    })
}

fn at(span: Span, place: std::ops::Range<usize>, code: Code, message: String, help: String) -> Box<Diagnostic> {
    let start = (span.start + place.start).min(span.end);
    let place = Span::new(start, (span.start + place.end).clamp(start, span.end));
    Box::new(Diagnostic::error(code, place, message).help(help))
}

/// The groups of a line that have names; a name that is new gets the next place.
fn number_groups(pattern: &LinePattern, names: &mut Vec<String>) -> Vec<(usize, usize)> {
    let LinePattern::Regex(regex) = pattern else { return Vec::new() };
    let named = regex.capture_names().enumerate().filter_map(|(group, name)| Some((group, name?)));
    let numbered = named.map(|(group, name)| {
        let known = names.iter().position(|known| known == name);
        let slot = known.unwrap_or(names.len());
        if known.is_none() {
            names.push(name.to_owned());
        }
        (group, slot)
    });
    numbered.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(text: &str, value: &str) -> Result<(LinePattern, Repeat), Box<Diagnostic>> {
        let variables = BTreeMap::from([("F".to_owned(), value.to_owned())]);
        compile_line(text, Span::new(10, 10 + text.len()), &variables)
    }

    fn accepts(text: &str, output: &str) -> bool {
        line(text, "a.b").unwrap().0.accepts(output)
    }

    #[test]
    fn plain_lines_match_exactly_and_values_are_literal_in_regexes() {
        assert!(accepts("a {{F}}  ", "a a.b") && !accepts("a", "a b"));
        assert!(accepts("{{F}}-\\d+ (re)", "a.b-12") && !accepts("{{F}} (re)", "axb"));
        assert!(!accepts("b|c (re)", "bx") && accepts("b|c (re)", "c"));
        assert!(matches!(line("...", ""), Ok((LinePattern::Any, _))) && accepts("\\...", "..."));
    }

    #[test]
    fn escaped_marks_are_literal_lines() {
        assert!(accepts("text \\(re)", "text (re)") && accepts("call \\(*)", "call (*)"));
        assert!(accepts("a (note)", "a (note)") && accepts("f(x)", "f(x)"));
        assert!(accepts("words (rest)", "words (rest)") && accepts("printf(esc)", "printf(esc)"));
        assert!(accepts("text \\(re) (?)", "text (re)") && accepts("\\... (*)", "..."));
    }

    #[test]
    fn globs_and_escapes_are_whole_lines() {
        assert!(accepts("NAME * {{F}}?  (glob)", "NAME    x  a.b!") && !accepts("a* (glob)", "ba"));
        assert!(accepts("a\\tb\\x41{{F}}\\u{a0}c (esc)", "a\tbAa.b\u{a0}c"));
        assert!(accepts("\\e[1mred\\x1b[0m  (esc)", "red") && accepts("a\\x20 (esc)", "a"));
        assert!(matches!(line("x  (esc+)", ""), Ok((LinePattern::Literal(text), Repeat::Some)) if text == "x"));
    }

    #[test]
    fn a_literal_block_compiles_no_regex() {
        for text in ["a", "a (+)", "\\x41 (esc*)", "{{F}}", "\\..."] {
            assert!(matches!(line(text, "x"), Ok((LinePattern::Literal(_), _))), "{text}");
        }
    }

    #[test]
    fn a_value_is_never_read_as_anything_but_itself() {
        for value in
            ["...", "x (re)", "x (glob*)", "\\...", "\\x41", "a*b?", "\\", "\\(re)", "{{F}}", "(?i)a|b", "a  b", "a}}"]
        {
            for (before, mark) in
                [("", ""), ("", " (re)"), ("", " (glob)"), ("", " (esc)"), ("", " (?)"), ("x\\\\", " (esc)")]
            {
                let (pattern, _) = line(&format!("{before}{{{{F}}}}{mark}"), value).unwrap();
                let before = if before.is_empty() { "" } else { "x\\" };
                assert!(pattern.accepts(&format!("{before}{value}")), "{value}{mark}");
                for other in ["", "y", "X (RE)", "axb", "A", "a b"] {
                    assert!(!pattern.accepts(other), "{value}{mark} {other}");
                }
            }
        }
    }

    #[test]
    fn escapes_and_trailing_blanks_of_a_value_make_no_difference() {
        for mark in ["", " (re)", " (glob)", " (esc)", " (+)"] {
            let (pattern, _) = line(&format!("is {{{{F}}}}{mark}"), "\x1b[31mred\x1b[0m \t").unwrap();
            assert!(pattern.accepts("is red"), "{mark}");
        }
    }

    #[test]
    fn a_value_of_several_lines_is_an_error_that_names_it() {
        for mark in ["", " (re)", " (glob?)", " (esc)"] {
            let found = line(&format!("is {{{{F}}}}{mark}"), "a\nb").unwrap_err();
            assert_eq!((found.code, found.span), (Code::WrongValue, Span::new(13, 18)));
            assert!(found.message.starts_with("the value of `F` has 2 lines"), "{}", found.message);
        }
        assert!(line("\\{{F}}", "a\nb").is_ok());
    }

    #[test]
    fn what_is_wrong_is_an_error_at_its_place() {
        for (text, code, start) in [
            ("x (re**)", Code::LineMark, 12),
            ("x (glob!)", Code::LineMark, 12),
            ("... (+)", Code::LineMark, 14),
            ("ab\\q (esc)", Code::LineMark, 12),
            ("{{F}}\\x4 (esc?)", Code::LineMark, 15),
            ("ab\\ (glob)", Code::LineMark, 12),
            ("ab[c (re+)", Code::Regex, 12),
        ] {
            let found = line(text, "long value").unwrap_err();
            assert_eq!((found.code, found.span.start), (code, start), "{text}");
            assert!(found.help.is_some());
        }
        let huge = format!("{} (glob)", "?".repeat(100_000));
        assert_eq!(line(&huge, "").unwrap_err().code, Code::Regex);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]
        #[test]
        fn no_line_makes_it_panic(
            pieces in prop::collection::vec(prop::sample::select(vec![
                "\\", "{{", "}}", "{{F}}", "(", ")", " (re)", " (glob*)", " (esc)", " (?)", "re", "*", "?", "+", "...", "[",
                "]", "x", "u{", "é", " ", "\t", "\x1b[", "\u{a0}", "^", "|", "(?<A>", "|", "\\x", "#", "(?x)", "\r",
            ]), 0..10),
            value in ".{0,6}",
        ) {
            let text = pieces.concat();
            let variables = BTreeMap::from([("F".to_owned(), value)]);
            let spans = |found: Diagnostic| found.span.start <= found.span.end && found.span.end <= 10 + text.len();
            match compile([(text.as_str(), Span::new(10, 10 + text.len()))], &variables) {
                Ok(block) => _ = block.lines[0].pattern.accepts(&text),
                Err(found) => prop_assert!(spans(*found)),
            }
            for (name, place) in regexes::named_groups(&text) {
                prop_assert_eq!(text.get(place), Some(name.as_str()));
            }
            _ = super::super::everything::accepts_from([text.as_str()]);
        }

        #[test]
        fn a_line_of_any_text_does_not_panic(text in "\\PC{0,30}", mark in prop::sample::select(vec!["", " (re)", " (glob)", " (esc+)"])) {
            let text = format!("{text}{mark}");
            _ = line(&text, "x").map(|(pattern, _)| pattern.accepts(&text));
        }
    }
}
