//! Expressions as a runbook writes them: one a line, over several lines, with a message.

use super::check;
use super::compile::{self, Tree};
use super::limits;
use super::names::{self, References};
use super::scope::Scope;
use crate::diagnostic::{Code, Diagnostic, Span};
use cel::common::ast::{Expr, IdedExpr};
use std::sync::Arc;

/// One expression, parsed.
#[derive(Clone, Debug)]
pub struct Assertion {
    text: String,
    message: Option<String>,
    asserted: bool,
    source: Source,
    tree: Arc<Tree>,
}

impl Assertion {
    /// The expression without its message, on one line.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What stands behind `#`.
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// Its bytes, from the first line to the last.
    pub fn span(&self) -> Span {
        self.source.span()
    }

    /// Findings on names, fields and functions that nobody knows, on texts that their function cannot read, and on
    /// comparisons of values that are never of one kind.
    pub fn check(&self, scope: &dyn Scope) -> Vec<Diagnostic> {
        check::check(self, scope)
    }

    /// What it looks at.
    pub fn references(&self) -> References {
        names::references(self.tree())
    }

    /// Whether it stands in a block, where it must be true; a condition or a list of values does not.
    pub(super) fn is_asserted(&self) -> bool {
        self.asserted
    }

    pub(super) fn tree(&self) -> &IdedExpr {
        &self.tree.root
    }

    /// Where a node's own sign stands.
    pub(super) fn place_of(&self, node: &IdedExpr) -> Span {
        self.place_of_id(node.id)
    }

    pub(super) fn place_of_id(&self, id: u64) -> Span {
        match self.tree.places.get(&id) {
            Some(at) => self.source.word(*at),
            None => self.span(),
        }
    }

    /// Where one word of a name stands.
    pub(super) fn place_of_word(&self, node: &IdedExpr, word: &str) -> Span {
        let place = |node: &IdedExpr| self.tree.places.get(&node.id).copied();
        // The sign of `a.b` is its dot, that of `has(a.b)` the bracket: the search begins at `a`.
        let from = match &node.expr {
            Expr::Select(select) => match &select.operand.expr {
                Expr::Ident(root) => place(&select.operand).map(|at| at + root.len()),
                _ => place(&select.operand),
            },
            _ => place(node),
        };
        let found = from.and_then(|from| self.source.find(word, from));
        found.unwrap_or_else(|| self.place_of(node))
    }
}

/// Reads an `assert` block: one expression a line, an indented line continues the one before.
///
/// # Errors
///
/// Every expression that cannot be read; a block without any.
pub fn parse_block<'a>(lines: impl IntoIterator<Item = (&'a str, Span)>) -> Result<Vec<Assertion>, Vec<Diagnostic>> {
    let mut pieces: Vec<Piece<'a>> = Vec::new();
    let mut block: Option<Span> = None;
    for (line, span) in lines {
        block = Some(Span::new(block.map_or(span.start, |block| block.start), span.end));
        let (code, message) = split_message(line);
        let indented = line.starts_with([' ', '\t']);
        match pieces.last_mut() {
            _ if code.trim().is_empty() && (message.is_none() || !indented) => {}
            Some(piece) if indented => {
                piece.lines.push((code, span));
                piece.message = piece.message.take().or(message);
            }
            _ => pieces.push(Piece { lines: vec![(code, span)], message, asserted: true }),
        }
    }
    // A message that stands alone at the top of a block belongs to nothing.
    pieces.retain(|piece| piece.lines.iter().any(|(code, _)| !code.trim().is_empty()));
    if pieces.is_empty() {
        return Err(vec![
            Diagnostic::error(Code::Expression, block.unwrap_or_default(), "the block asserts nothing")
                .help("write one expression a line, such as exit_code == 0"),
        ]);
    }
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for piece in pieces {
        match piece.parse() {
            Ok(assertion) => good.push(assertion),
            Err(diagnostic) => bad.push(*diagnostic),
        }
    }
    if bad.is_empty() { Ok(good) } else { Err(bad) }
}

/// Reads one expression, such as that of `when=`; `span` is its bytes.
///
/// # Errors
///
/// If it cannot be read.
pub fn parse_expression(text: &str, span: Span) -> Result<Assertion, Box<Diagnostic>> {
    Piece { lines: vec![(text, span)], message: None, asserted: false }.parse()
}

/// The lines of one expression.
struct Piece<'a> {
    lines: Vec<(&'a str, Span)>,
    message: Option<String>,
    asserted: bool,
}

impl Piece<'_> {
    fn parse(self) -> Result<Assertion, Box<Diagnostic>> {
        let source = Source::new(&self.lines);
        let failed = |(at, why): (usize, String), help: &str| {
            Box::new(Diagnostic::error(Code::Expression, source.rest_of_line(at), why).help(help))
        };
        let limit = "split it into several expressions, one a line";
        limits::check(&source.text).map_err(|found| failed(found, limit))?;
        limits::closed(&source.text).map_err(|found| failed(found, "a text ends on its own line"))?;
        limits::without_comment(&source.text)
            .map_err(|found| failed(found, "a message stands behind #, and && joins two expressions"))?;
        let tree = compile::compile(&source.text).map_err(|(at, why)| {
            let help = match why.as_str() {
                "`=` compares nothing" => "write == to compare",
                "`=>` is no part of the language" => "write >= to compare",
                "`$` is no part of the language" => "write params.NAME or vars.NAME",
                "`{` is not expected here" | "`}` is not expected here" if source.text.contains("{{") => {
                    "write params.NAME or vars.NAME"
                }
                _ if why.contains('\\') => "in a text a backslash begins an escape: write it twice, or r\"…\"",
                "`and` is not expected here" | "`or` is not expected here" => "write && for and, || for or",
                "`#` is no part of the language" => "a message behind # stands in an assert block only",
                _ => "docs/format.md §4.2 says how an expression is written",
            };
            failed((at, format!("the expression cannot be read: {why}")), help)
        })?;
        let words: Vec<_> = source.text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let text = words.join(" ");
        Ok(Assertion { text, message: self.message, asserted: self.asserted, tree: Arc::new(tree), source })
    }
}

/// The joined lines of an expression, and where each stands in the file.
#[derive(Clone, Debug)]
struct Source {
    text: String,
    lines: Vec<Span>,
}

impl Source {
    fn new(lines: &[(&str, Span)]) -> Self {
        let text: Vec<_> = lines.iter().map(|(text, _)| *text).collect();
        Self { text: text.join("\n"), lines: lines.iter().map(|(_, span)| *span).collect() }
    }

    fn span(&self) -> Span {
        let (first, last) = (self.lines.first().copied(), self.lines.last().copied());
        first.zip(last).map_or_else(Span::default, |(first, last)| Span::new(first.start, last.end))
    }

    /// The bytes of the file for `at..at + length` of the text, which stand on one line.
    fn place(&self, at: usize, length: usize) -> Span {
        let at = at.min(self.text.len());
        let before = &self.text.as_bytes()[..at];
        let line = memchr::memchr_iter(b'\n', before).count().min(self.lines.len().saturating_sub(1));
        let column = at - memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
        let span = self.lines.get(line).copied().unwrap_or_default();
        let start = (span.start + column).min(span.end);
        Span::new(start, (start + length).min(span.end))
    }

    /// From `at` to the end of its line.
    fn rest_of_line(&self, at: usize) -> Span {
        let at = at.min(self.text.len());
        let rest = self.text.as_bytes()[at..].iter().take_while(|byte| **byte != b'\n').count();
        self.place(at, rest)
    }

    /// The name, number or text at `at`, or the sign or the function before a bracket that stands there.
    fn word(&self, at: usize) -> Span {
        let bytes = self.text.as_bytes();
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        match bytes.get(at) {
            Some(b'(') => {
                let name = bytes[..at].iter().rev().take_while(|byte| is_word(byte)).count();
                self.place(at - name, name.max(1))
            }
            Some(b'"' | b'\'') => self.place(at, limits::text_end(bytes, at) - at),
            Some(byte) if is_word(byte) => {
                let length = bytes[at..].iter().take_while(|byte| is_word(byte)).count();
                match bytes.get(at + length) {
                    Some(b'"' | b'\'') if length <= 2 => self.place(at, limits::text_end(bytes, at + length) - at),
                    _ => self.place(at, length),
                }
            }
            Some(_) => self.place(at, bytes[at..].iter().take_while(|byte| b"=!<>&|".contains(byte)).count().max(1)),
            None => self.rest_of_line(at),
        }
    }

    /// The first place behind `from` where `word` stands on its own.
    fn find(&self, word: &str, from: usize) -> Option<Span> {
        let text = self.text.get(from..)?;
        let is_word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        let alone = |at: &usize| {
            let at = from + at;
            let before = at.checked_sub(1).and_then(|at| self.text.as_bytes().get(at));
            !is_word(before) && !is_word(self.text.as_bytes().get(at + word.len()))
        };
        let at = text.match_indices(word).map(|(at, _)| at).find(alone)?;
        Some(self.place(from + at, word.len()))
    }
}

/// The expression and what stands behind the first `#` outside a text.
fn split_message(line: &str) -> (&str, Option<String>) {
    let mut hash = None;
    limits::outside_texts(line, |at, byte| {
        if byte == b'#' {
            hash = Some(at);
        }
        hash.is_none()
    });
    match hash {
        Some(at) => (line[..at].trim_end(), Some(line[at + 1..].trim().to_owned()).filter(|text| !text.is_empty())),
        None => (line, None),
    }
}
