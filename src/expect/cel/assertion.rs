//! The text of an expression to its syntax tree.

use super::check::{self, References, Scope};
use super::{limits, walk};
use crate::diagnostic::{Code, Diagnostic, Span};
use cel::common::ast::{Expr, IdedExpr};
use cel::{Env, ParseErrors};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, mpsc};

/// One expression, parsed.
#[derive(Clone, Debug)]
pub struct Assertion {
    text: String,
    message: Option<String>,
    span: Span,
    tree: Arc<IdedExpr>,
}

/// The language: CEL's own macros and functions, and the strings of its extension.
pub(super) static LANGUAGE: LazyLock<Arc<Env>> = LazyLock::new(|| {
    let mut env = Env::stdlib();
    env.add_extension(cel::extensions::strings).expect("the extension clashes with nothing");
    Arc::new(env)
});

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
        self.span
    }

    /// Findings on names, fields and functions that nobody knows.
    pub fn check(&self, scope: &Scope) -> Vec<Diagnostic> {
        check::check(&self.tree, scope, self.span)
    }

    /// What it looks at.
    pub fn references(&self) -> References {
        check::references(&self.tree)
    }

    /// Lists that `all` goes over.
    pub fn lists_of_all(&self) -> Vec<String> {
        walk::lists_of_all(&self.tree)
    }

    /// Whether it says something of how many there are in a list that reads `list`.
    pub fn tests_size_of(&self, list: &str) -> bool {
        walk::tests_size_of(&self.tree, list)
    }

    /// Whether it names nothing, so that it says the same of every output.
    pub fn is_constant(&self) -> bool {
        self.references().is_empty()
    }

    pub(super) fn tree(&self) -> &IdedExpr {
        &self.tree
    }
}

/// Reads an `assert` block: one expression a line, an indented line continues the one before.
///
/// # Errors
///
/// Every expression that cannot be read; a block without any.
pub fn parse_block<'a>(lines: impl IntoIterator<Item = (&'a str, Span)>) -> Result<Vec<Assertion>, Vec<Diagnostic>> {
    let mut pieces: Vec<Piece<'a>> = Vec::new();
    let mut block = Span::default();
    for (line, span) in lines {
        block = if block == Span::default() { span } else { Span::new(block.start, span.end) };
        let (code, message) = split_message(line);
        let indented = line.starts_with([' ', '\t']);
        match pieces.last_mut() {
            _ if code.trim().is_empty() && (message.is_none() || !indented) => {}
            Some(piece) if indented => {
                piece.lines.push((code, span));
                piece.message = piece.message.take().or(message);
            }
            _ => pieces.push(Piece { lines: vec![(code, span)], message }),
        }
    }
    if pieces.is_empty() {
        return Err(vec![
            Diagnostic::error(Code::Expression, block, "the block asserts nothing")
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

/// Reads one expression; `span` is its bytes.
///
/// # Errors
///
/// If it cannot be read.
pub fn parse_expression(text: &str, span: Span) -> Result<Assertion, Box<Diagnostic>> {
    Piece { lines: vec![(text, span)], message: None }.parse()
}

/// The lines of one expression.
struct Piece<'a> {
    lines: Vec<(&'a str, Span)>,
    message: Option<String>,
}

impl Piece<'_> {
    fn parse(self) -> Result<Assertion, Box<Diagnostic>> {
        let first = self.lines[0].1;
        let span = Span::new(first.start, self.lines.last().map_or(first.end, |(_, span)| span.end));
        let source: Vec<_> = self.lines.iter().map(|(text, _)| *text).collect();
        let source = source.join("\n");
        let failed = |at: Span, message: String| {
            Box::new(
                Diagnostic::error(Code::Expression, at, message).help("docs/format.md §4.2 lists names and functions"),
            )
        };
        limits::check(&source).map_err(|(at, why)| failed(self.place(&source, at), why))?;
        let tree = compile(&source).map_err(|error| {
            let (at, why) = first_error(&source, &error);
            failed(self.place(&source, at), format!("the expression cannot be read: {why}"))
        })?;
        let words: Vec<_> = source.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        Ok(Assertion { text: words.join(" "), message: self.message, span, tree: Arc::new(tree) })
    }

    /// The bytes in the file of the place `at` in the joined text, to the end of that line.
    fn place(&self, source: &str, at: usize) -> Span {
        let at = at.min(source.len());
        let line = memchr::memchr_iter(b'\n', &source.as_bytes()[..at]).count();
        let column = at - source[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let (_, span) = self.lines[line.min(self.lines.len() - 1)];
        let start = (span.start + column).min(span.end);
        Span::new(start, span.end)
    }
}

/// The expression and what stands behind the first `#` outside a string.
fn split_message(line: &str) -> (&str, Option<String>) {
    let mut hash = None;
    limits::outside_strings(line, |at, byte| {
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

/// The first error's byte in the text, and its words in a line.
fn first_error(source: &str, errors: &ParseErrors) -> (usize, String) {
    let Some(error) = errors.errors.first() else { return (0, "no reason is known".to_owned()) };
    let line = usize::try_from(error.pos.0).unwrap_or(1).max(1);
    let column = usize::try_from(error.pos.1).unwrap_or(1).max(1);
    let start: usize = source.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let rest = &source[start.min(source.len())..];
    let at = start + rest.char_indices().nth(column - 1).map_or(rest.len(), |(at, _)| at);
    let words = error.msg.lines().next().unwrap_or_default();
    // The generated parser lists every token that it would have taken.
    let words = words.split(" expecting {").next().unwrap_or_default();
    (at, words.to_owned())
}

type Job = Box<dyn FnOnce() + Send>;

/// The parser recurses as deep as the text; on a thread with a large stack what the limits let through always fits.
static PARSER: LazyLock<Mutex<Option<mpsc::Sender<Job>>>> = LazyLock::new(|| {
    let (sender, receiver) = mpsc::channel::<Job>();
    let thread = std::thread::Builder::new().name(super::evaluator::THREAD.to_owned()).stack_size(64 << 20);
    let started = thread.spawn(move || receiver.into_iter().for_each(|job| job()));
    Mutex::new(started.ok().map(|_| sender))
});

fn compile(source: &str) -> Result<IdedExpr, ParseErrors> {
    let (answer, wait) = mpsc::channel();
    let text = source.to_owned();
    let job: Job = Box::new(move || {
        let parsed = std::panic::catch_unwind(|| LANGUAGE.compile(&text).map(|program| program.expression().clone()));
        _ = answer.send(parsed);
    });
    let parser = PARSER.lock().unwrap_or_else(PoisonError::into_inner);
    let sent = parser.as_ref().is_some_and(|parser| parser.send(job).is_ok());
    drop(parser);
    let unknown = || ParseErrors { errors: Vec::new() };
    let mut tree = match sent.then(|| wait.recv()) {
        Some(Ok(Ok(parsed))) => parsed?,
        _ => return Err(unknown()),
    };
    walk::each_mut(&mut tree, &mut |node| {
        // CEL's own reads `1h 30m` as one hour and knows no days.
        if let Expr::Call(call) = &mut node.expr
            && call.func_name == "duration"
            && call.target.is_none()
        {
            call.func_name = super::functions::DURATION.to_owned();
        }
    });
    Ok(tree)
}
