//! The lines of an `output` block: plain, `...`, and `(re)` (grammar: docs/format.md §4.1).

use super::normalize::normalize;
use super::template;
use crate::diagnostic::{Code, Diagnostic, Span};
use regex::Regex;
use std::collections::BTreeMap;
use std::ops::Range;

/// The compiled size of one line's regex, in bytes; a larger one is refused.
const REGEX_LIMIT: usize = 1 << 20;
/// Marks of the format that are not built yet.
const LATER: &[&str] = &["glob", "esc", "re?", "re*", "re+", "glob?", "glob*", "glob+", "?", "*", "+"];

/// A pattern for one line, or for any number of them.
#[derive(Clone, Debug)]
pub enum LinePattern {
    /// `...`: any number of lines, as few as possible.
    Any,
    /// Exactly this line.
    Literal(String),
    /// The whole line against a regex; its named groups become variables.
    Regex(Regex),
}

impl LinePattern {
    /// Whether `line`, normalized, matches. `...` is no pattern of one line.
    pub fn accepts(&self, line: &str) -> bool {
        match self {
            LinePattern::Any => false,
            LinePattern::Literal(text) => text == line,
            LinePattern::Regex(regex) => regex.is_match(line),
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

/// A block ready to be matched.
#[derive(Clone, Debug)]
pub struct BlockPattern {
    /// One pattern a line.
    pub lines: Vec<LinePattern>,
    /// The author's text of each line, for reports.
    pub texts: Vec<String>,
}

/// Compiles the lines of a block, each with its bytes in the runbook, with `variables` put in.
pub fn compile<'a>(
    lines: impl IntoIterator<Item = (&'a str, Span)>,
    variables: &BTreeMap<String, String>,
) -> Result<BlockPattern, Box<Diagnostic>> {
    let mut block = BlockPattern { lines: Vec::new(), texts: Vec::new() };
    for (text, span) in lines {
        block.lines.push(compile_line(text, span, variables)?);
        block.texts.push(text.to_owned());
    }
    Ok(block)
}

fn compile_line(text: &str, span: Span, variables: &BTreeMap<String, String>) -> Result<LinePattern, Box<Diagnostic>> {
    let line = normalize(text);
    if line == "..." {
        return Ok(LinePattern::Any);
    }
    match mark(&line) {
        None => {
            let line = line.strip_prefix('\\').filter(|rest| *rest == "...").unwrap_or(&line);
            let filled = template::fill(&unescape_mark(line), variables, str::to_owned);
            Ok(LinePattern::Literal(normalize(&filled).into_owned()))
        }
        Some((pattern, "re")) => regex_line(pattern, span, variables),
        Some((_, mark)) if LATER.contains(&mark) => {
            let message = format!("not supported yet: the line mark `({mark})`");
            Err(Box::new(
                Diagnostic::error(Code::NotSupported, mark_span(&line, span, mark), message)
                    .help("built are plain lines, `...` and `(re)`"),
            ))
        }
        Some((_, mark)) => {
            let message = format!("`({mark})` looks like a line mark and is none");
            Err(Box::new(
                Diagnostic::error(Code::LineMark, mark_span(&line, span, mark), message)
                    .help(format!("for a line that ends so write `\\({mark})`; the marks are (re), (glob), (esc)")),
            ))
        }
    }
}

/// The named groups of a `(re)` line as its author wrote it, each with the bytes of its name; none of any other line.
pub fn named_groups(text: &str) -> Vec<(String, Range<usize>)> {
    let line = normalize(text);
    let Some((pattern, "re")) = mark(&line) else { return Vec::new() };
    let stand_ins = template::references(pattern).into_iter().map(|name| (name.to_owned(), "x".to_owned())).collect();
    let Ok(regex) = Regex::new(&template::fill(pattern, &stand_ins, str::to_owned)) else { return Vec::new() };
    let place = |name: &str| {
        let start = text.find(&format!("<{name}>")).map_or(0, |at| at + 1);
        start..start + name.len()
    };
    regex.capture_names().flatten().map(|name| (name.to_owned(), place(name))).collect()
}

/// The pattern and the mark of a line that ends in ` (…)` where the words read like a mark.
fn mark(line: &str) -> Option<(&str, &str)> {
    let inside = line.strip_suffix(')')?;
    let (pattern, mark) = inside.rsplit_once('(')?;
    let looks = matches!(mark, "?" | "*" | "+") || ["re", "glob", "esc"].iter().any(|word| is_mark(mark, word));
    let apart = pattern.is_empty() || pattern.ends_with(' ');
    (looks && apart).then(|| (pattern.strip_suffix(' ').unwrap_or(pattern), mark))
}

/// `re`, `re*`, and what looks like an attempt at one: `re**`, `re{2}`.
fn is_mark(mark: &str, word: &str) -> bool {
    mark.strip_prefix(word).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == ' '))
}

/// `text \(re)` is the literal line `text (re)`.
fn unescape_mark(line: &str) -> String {
    let Some((before, inside)) = line.rsplit_once("\\(") else { return line.to_owned() };
    let escaped = format!("{before}({inside}");
    let spaced = format!("{before} ({inside}");
    if mark(&escaped).is_some() || mark(&spaced).is_some() { escaped } else { line.to_owned() }
}

fn mark_span(line: &str, span: Span, mark: &str) -> Span {
    let end = span.start + line.len();
    Span::new(end.saturating_sub(mark.len() + 2).max(span.start), end.min(span.end))
}

fn regex_line(pattern: &str, span: Span, variables: &BTreeMap<String, String>) -> Result<LinePattern, Box<Diagnostic>> {
    let filled = template::fill(pattern, variables, regex::escape);
    let build = |pattern: &str| regex::RegexBuilder::new(pattern).size_limit(REGEX_LIMIT).build();
    // By itself first: `a)|(b` is valid only inside the group that makes it match a whole line.
    let built = build(&filled).and_then(|_| build(&format!("^(?:{filled})$")));
    built.map(LinePattern::Regex).map_err(|error| {
        let (at, why) = explain(&filled, &error);
        let start = (span.start + at.min(pattern.len())).min(span.end);
        Box::new(
            Diagnostic::error(Code::Regex, Span::new(start, span.end), format!("the regex is invalid: {why}"))
                .help("the syntax is that of the Rust crate `regex`: no look-around, no back-references"),
        )
    })
}

/// Where in the author's pattern, in bytes, and why a regex is invalid.
fn explain(pattern: &str, error: &regex::Error) -> (usize, String) {
    match error {
        regex::Error::CompiledTooBig(limit) => (0, format!("it compiles to more than {limit} bytes")),
        _ => match regex::Regex::new(pattern).err().map(|error| error.to_string()) {
            Some(text) => {
                let caret = text.lines().find_map(|line| {
                    line.trim_end().strip_suffix('^').map(|before| before.trim_end_matches('^').len())
                });
                let why = text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                (caret.map_or(0, |column| column.saturating_sub(4)), why)
            }
            None => (0, error.to_string().lines().last().unwrap_or_default().to_owned()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Result<LinePattern, Box<Diagnostic>> {
        let variables = BTreeMap::from([("F".to_owned(), "a.b".to_owned())]);
        compile_line(text, Span::new(10, 10 + text.len()), &variables)
    }

    fn accepts(text: &str, output: &str) -> bool {
        line(text).unwrap().accepts(output)
    }

    #[test]
    fn plain_lines_match_exactly_and_values_are_literal_in_regexes() {
        assert!(accepts("a {{F}}  ", "a a.b") && !accepts("a", "a b"));
        assert!(accepts("{{F}}-\\d+ (re)", "a.b-12") && !accepts("{{F}} (re)", "axb"));
        assert!(!accepts("b|c (re)", "bx") && accepts("b|c (re)", "c"));
        assert!(matches!(line("..."), Ok(LinePattern::Any)) && accepts("\\...", "..."));
    }

    #[test]
    fn escaped_marks_are_literal_lines() {
        assert!(accepts("text \\(re)", "text (re)") && accepts("call \\(*)", "call (*)"));
        assert!(accepts("a (note)", "a (note)") && accepts("f(x)", "f(x)"));
        assert!(accepts("words (rest)", "words (rest)") && accepts("printf(esc)", "printf(esc)"));
    }

    #[test]
    fn only_regex_lines_have_named_groups() {
        assert_eq!(named_groups("x (?<A>\\d)-{{B}} (re)"), [("A".to_owned(), 5..6)]);
        for none in ["(?<A>x) \\(re)", "f(?<A>x)(re)", "(?<A>x)", "\\(?<A>x (re)"] {
            assert!(named_groups(none).is_empty(), "{none}");
        }
    }

    #[test]
    fn marks_that_are_not_built_and_marks_that_are_none_are_errors_at_their_place() {
        for (text, code, start) in [
            ("a* (glob)", Code::NotSupported, 13),
            ("x (re*)", Code::NotSupported, 12),
            ("x (+)", Code::NotSupported, 12),
            ("x (re**)", Code::LineMark, 12),
            ("x (glob!)", Code::LineMark, 12),
        ] {
            let found = line(text).unwrap_err();
            assert_eq!((found.code, found.span.start), (code, start), "{text}");
        }
    }

    #[test]
    fn a_bad_or_huge_regex_is_an_error_at_its_column() {
        let found = line("ab[c (re)").unwrap_err();
        assert_eq!((found.code, found.span.start), (Code::Regex, 12), "{}", found.message);
        assert_eq!(line("Ready)|(NotReady (re)").unwrap_err().code, Code::Regex);
        let found = line("(\\w{900}){900} (re)").unwrap_err();
        assert!(found.message.contains("compiles to more than"), "{}", found.message);
    }
}
