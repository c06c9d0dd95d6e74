//! `(re)` lines: a whole line against a Rust regex, with values put in so that they stand for themselves.

use super::marks::{self, Kind};
use super::normalize::{normalize, strip_ansi};
use super::template::{self, Pairs, Piece};
use crate::diagnostic::{Code, Diagnostic, Span};
use regex::Regex;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

/// The compiled size of one line's regex, in bytes; a larger one is refused.
const LIMIT: usize = 1 << 20;

/// A regex with values put in, and where its parts come from.
struct Filled {
    text: String,
    /// First byte in `text`, first byte in the author's pattern, and whether it is the author's text.
    parts: Vec<(usize, usize, bool)>,
}

/// Compiles the pattern of a `(re)` line that begins at `span`.
///
/// # Errors
///
/// An invalid or too large regex, at its place, and a value inside `[…]`, where it could not stand for itself.
pub fn compile(pattern: &str, span: Span, variables: &BTreeMap<String, String>) -> Result<Regex, Box<Diagnostic>> {
    let filled = fill(pattern, span, variables)?;
    // By itself first: `a)|(b` is valid only inside the group that makes it match a whole line.
    let built = build(&filled.text).and_then(|_| whole_line(&filled.text));
    built.map_err(|error| {
        let (at, why) = explain(&filled.text, &error);
        let start = (span.start + filled.origin(at).min(pattern.len())).min(span.end);
        let message = format!("the regex is invalid: {why}{}", unset(pattern, variables));
        Box::new(
            Diagnostic::error(Code::Regex, Span::new(start, span.end), message)
                .help("the syntax is that of the Rust crate `regex`: no look-around, no back-references"),
        )
    })
}

/// The regex that matches `source` from a line's start to its end.
pub fn whole_line(source: &str) -> Result<Regex, regex::Error> {
    build(&format!("^(?:{source})$"))
}

/// The named groups of a `(re…)` line as its author wrote it, each with the bytes of its name; none of any other line.
pub fn named_groups(text: &str) -> Vec<(String, Range<usize>)> {
    let line = normalize(text);
    let Ok(marked) = marks::read(&line) else { return Vec::new() };
    if marked.kind != Kind::Regex || !marked.text.contains("(?") {
        return Vec::new();
    }
    let names = template::references(marked.text).into_iter();
    let stand_ins = names.map(|name| (name.to_owned(), "x".to_owned())).collect();
    let Ok(filled) = fill(marked.text, Span::default(), &stand_ins) else { return Vec::new() };
    let Ok(regex) = build(&filled.text) else { return Vec::new() };
    regex.capture_names().flatten().map(|name| (name.to_owned(), place(text, name))).collect()
}

/// The bytes of a group's name: those in its `(?<NAME>` or `(?P<NAME>`.
fn place(text: &str, name: &str) -> Range<usize> {
    let opens = |at: &usize| {
        let before = text[..*at].strip_suffix("(?").or_else(|| text[..*at].strip_suffix("(?P"));
        before.is_some_and(|before| (before.len() - before.trim_end_matches('\\').len()).is_multiple_of(2))
    };
    let found = text.match_indices(&format!("<{name}>")).map(|(at, _)| at).find(opens);
    let start = found.map_or(0, |at| at + 1);
    start..start + name.len()
}

fn build(source: &str) -> Result<Regex, regex::Error> {
    regex::RegexBuilder::new(source).size_limit(LIMIT).build()
}

fn fill(pattern: &str, span: Span, variables: &BTreeMap<String, String>) -> Result<Filled, Box<Diagnostic>> {
    let mut pieces = template::pieces(pattern, Pairs::Kept, |name| variables.contains_key(name));
    let last = trim_end(&mut pieces);
    let mut out = Filled { text: String::new(), parts: Vec::new() };
    let mut class = Class::default();
    for (index, (start, piece)) in pieces.iter().enumerate() {
        out.parts.push((out.text.len(), *start, matches!(piece, Piece::Text(_))));
        match piece {
            Piece::Text(text) => {
                class.read(text);
                out.text.push_str(text);
            }
            Piece::Braces => out.text.push_str(r"\{\{"),
            Piece::Name(name) if class.depth > 0 => return Err(in_class(name, *start, span)),
            Piece::Name(name) => out.push_value(&variables[*name], Some(index) == last),
        }
    }
    Ok(out)
}

/// Takes the blanks off the end: they make no difference, and a line has none when it is matched. Says which piece is a
/// value that the line ends with.
fn trim_end(pieces: &mut Vec<(usize, Piece<'_>)>) -> Option<usize> {
    if let Some((_, Piece::Text(text))) = pieces.last_mut() {
        let trimmed = text.trim_end_matches([' ', '\t']);
        let backslashes = trimmed.len() - trimmed.trim_end_matches('\\').len();
        // Of `\ ` the blank stays.
        *text = &text[..(trimmed.len() + backslashes % 2).min(text.len())];
        if text.is_empty() {
            pieces.pop();
        }
    }
    matches!(pieces.last(), Some((_, Piece::Name(_)))).then(|| pieces.len() - 1)
}

fn in_class(name: &str, start: usize, span: Span) -> Box<Diagnostic> {
    let at = (span.start + start).min(span.end);
    let place = Span::new(at, (at + name.len() + 4).min(span.end));
    let message = format!("`{{{{{name}}}}}` stands for a text and cannot be inside `[…]`");
    Box::new(Diagnostic::error(Code::Regex, place, message).help("write it outside of the brackets"))
}

/// Words about the braces of a name without a value, which are no regex.
fn unset(pattern: &str, variables: &BTreeMap<String, String>) -> String {
    match template::references(pattern).into_iter().find(|name| !variables.contains_key(*name)) {
        Some(name) => format!("; `{name}` has no value here, and literal braces are written `\\{{{{{name}}}}}`"),
        None => String::new(),
    }
}

impl Filled {
    /// A value in a group of its own, so that what stands behind it means all of it. Blanks are spelled out, for
    /// under `(?x)` they would count for nothing.
    fn push_value(&mut self, value: &str, at_end: bool) {
        let value = strip_ansi(value);
        let value = if at_end { value.trim_end_matches([' ', '\t', '\r']) } else { &value };
        self.text.push_str("(?:");
        for c in value.chars() {
            match c.is_whitespace() || c.is_control() {
                true => _ = write!(self.text, "\\x{{{:x}}}", c as u32),
                false => self.text.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
            }
        }
        self.text.push(')');
    }

    /// The author's byte that the byte `at` of the filled text comes from.
    fn origin(&self, at: usize) -> usize {
        let part = self.parts.iter().rev().find(|(start, ..)| *start <= at);
        part.map_or(0, |(start, author, own)| if *own { author + (at - start) } else { *author })
    }
}

/// Whether the reader is inside `[…]`, which nest.
#[derive(Default)]
struct Class {
    depth: usize,
    /// Whether only `[` or `[^` was read of the innermost one: a `]` is then literal.
    fresh: bool,
    /// Whether only `[` was read of it: a `^` is then no character.
    opened: bool,
}

impl Class {
    fn read(&mut self, text: &str) {
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            match c {
                '\\' => _ = chars.next(),
                '[' => self.depth += 1,
                ']' if self.depth > 0 && !self.fresh => self.depth -= 1,
                _ => {}
            }
            self.fresh = c == '[' || c == '^' && self.opened;
            self.opened = c == '[';
        }
    }
}

/// Where in the filled pattern, in bytes, and why a regex is invalid.
fn explain(pattern: &str, error: &regex::Error) -> (usize, String) {
    if let regex::Error::CompiledTooBig(limit) = error {
        return (0, format!("it compiles to more than {limit} bytes"));
    }
    let text = build(pattern).err().unwrap_or_else(|| error.clone()).to_string();
    let why = text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
    // `regex parse error:`, the pattern, and a line of carets, both indented by four.
    let carets = text.lines().nth(2).filter(|line| line.ends_with('^')).unwrap_or_default();
    let column = carets.trim_end_matches('^').chars().count().saturating_sub(4);
    let at = pattern.char_indices().nth(column).map_or(pattern.len(), |(at, _)| at);
    (at, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compiled(pattern: &str, value: &str) -> Result<Regex, Box<Diagnostic>> {
        let variables = BTreeMap::from([("V".to_owned(), value.to_owned())]);
        compile(pattern, Span::new(100, 100 + pattern.len()), &variables)
    }

    fn accepts(pattern: &str, value: &str, line: &str) -> bool {
        compiled(pattern, value).unwrap().is_match(line)
    }

    #[test]
    fn a_value_stands_for_itself_wherever_it_is() {
        assert!(accepts("{{V}}-\\d+", "a.b", "a.b-12") && !accepts("{{V}}", "a.b", "axb"));
        assert!(accepts("{{V}}+", "ab", "abab") && !accepts("{{V}}+", "ab", "abb"));
        assert!(accepts("a{{V}}+", "", "a") && !accepts("a{{V}}+", "", "aa"));
        assert!(accepts("(?x) {{V}} # note\n", "a b", "a b") && !accepts("(?x){{V}}", "a b", "ab"));
        assert!(accepts("x{{V}}", "a|b", "xa|b") && !accepts("x{{V}}", "a|b", "b"));
        assert!(accepts("{{V}}!", "\x1b[1mred\x1b[0m", "red!"));
        assert!(accepts(r"C:\\{{V}}", "x", "C:\\x") && accepts(r"\{{V}}", "x", "{{V}}"));
    }

    #[test]
    fn trailing_blanks_make_no_difference() {
        assert!(accepts("a+   ", "", "aa") && accepts("{{V}}  ", "x \t", "x") && accepts("{{V}}b", "x ", "x b"));
        assert!(accepts("a\\  ", "", "a ") && accepts("a\\\\  ", "", "a\\"));
    }

    #[test]
    fn a_value_cannot_be_inside_brackets() {
        for (pattern, at) in [("[{{V}}]", 101), ("[^]{{V}}]", 103), ("[[:digit:]a{{V}}]", 111), ("[\\]{{V}}]", 103)] {
            let found = compiled(pattern, "x").unwrap_err();
            assert_eq!((found.code, found.span.start), (Code::Regex, at), "{pattern}");
        }
        for pattern in ["[a]{{V}}", "\\[{{V}}", "[]a]{{V}}", "[[a]b]{{V}}", "[^^]{{V}}", "a]{{V}}"] {
            assert!(compiled(pattern, "x").is_ok(), "{pattern}");
        }
    }

    #[test]
    fn a_bad_or_huge_regex_is_an_error_at_its_column() {
        for (pattern, at) in
            [("ab[c", 102), ("é[c", 102), ("{{V}}{{V}}(b", 110), ("a(b^", 101), ("x(?=y)", 101), ("a**)", 103)]
        {
            let found = compiled(pattern, "long.value").unwrap_err();
            assert_eq!((found.code, found.span.start), (Code::Regex, at), "{pattern}: {}", found.message);
        }
        assert_eq!(compiled("Ready)|(NotReady", "").unwrap_err().code, Code::Regex);
        let found = compiled("(\\w{900}){900}", "").unwrap_err();
        assert!(found.message.contains("compiles to more than"), "{}", found.message);
        let found = compiled("{{V}} {{W}}", "").unwrap_err();
        assert!(found.message.contains("`W` has no value here"), "{}", found.message);
    }

    #[test]
    fn every_regex_mark_has_named_groups_at_their_places() {
        for mark in ["re", "re?", "re*", "re+"] {
            assert_eq!(named_groups(&format!("x (?<A>\\d)-{{{{B}}}} ({mark})")), [("A".to_owned(), 5..6)]);
        }
        let two = named_groups("<A>\\(?<A>(?P<A>x)(?<B1>{{V}}) (re*)");
        assert_eq!(two, [("A".to_owned(), 13..14), ("B1".to_owned(), 20..22)]);
        for none in ["(?<A>x) \\(re)", "f(?<A>x)(re)", "(?<A>x)", "\\(?<A>x (re)", "(?<A>x) (glob)", "(?<A>x (re)"] {
            assert!(named_groups(none).is_empty(), "{none}");
        }
    }
}
