//! Tokens one by one: where the next one begins, what kind it is, and where a list of commands ends.

use super::here_document::{Announced, OpenDocument};
use super::places::Places;
use super::token::{Token, TokenKind};
use std::collections::HashMap;
use std::ops::Range;

/// Longest first.
const OPERATORS: &[&str] = &[
    "&>>", "<<<", "<<-", ";;&", "&&", "||", "|&", ";;", ";&", "&>", ">>", "<<", "<&", ">&", "<>", ">|", ";", "&", "|",
    "(", ")", "<", ">",
];
/// Words behind which a command begins; `for` stands here because of `for ((…))`.
const BEFORE_COMMAND: &[&str] = &["then", "do", "else", "elif", "if", "while", "until", "!", "{", "time", "for"];

/// Reads a joined script.
pub struct Lexer<'t> {
    pub text: &'t str,
    pub places: &'t Places<'t>,
    /// The next byte.
    pub at: usize,
    /// Nothing from here on belongs to what is being read.
    pub end: usize,
    /// How many `$(…)`, `${…}` and `` `…` `` are open.
    pub depth: usize,
    /// Here-documents that begin behind the next line end.
    pub announced: Vec<Announced>,
    /// The first here-document that nothing closes.
    pub open_document: Option<OpenDocument>,
    /// A backquote that nothing closes was seen: none before this byte closes another.
    pub no_backquote_before: usize,
    /// The end of each `((…))` by its first byte.
    arithmetic: HashMap<usize, usize>,
    /// Those that stand in no other, in order.
    outermost: Vec<(usize, usize)>,
}

/// What ends a list of commands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Close {
    /// The end of what is being read.
    End,
    /// A `)` that closes nothing inside.
    Parenthesis,
}

/// What is open in a list of commands, so that its own `)` is known.
#[derive(Default)]
struct Open {
    parentheses: usize,
    cases: usize,
}

impl<'t> Lexer<'t> {
    pub fn new(text: &'t str, places: &'t Places<'t>) -> Self {
        let announced = Vec::new();
        let arithmetic = arithmetic(text);
        let outermost = outermost(&arithmetic);
        Self {
            text,
            places,
            at: 0,
            end: text.len(),
            depth: 0,
            announced,
            open_document: None,
            no_backquote_before: 0,
            arithmetic,
            outermost,
        }
    }

    /// Every token of the script.
    pub fn all(mut self) -> Vec<Token> {
        self.list(Close::End)
    }

    /// The tokens up to what closes the list, which is left to be read.
    pub fn list(&mut self, close: Close) -> Vec<Token> {
        let mut tokens = Vec::new();
        let mut open = Open::default();
        while self.skip_blanks() {
            let starts = starts_command(&tokens);
            if close == Close::Parenthesis && self.peek() == b')' && open.parentheses == 0 && open.cases == 0 {
                break;
            }
            let token = self.token(starts);
            open.count(&token, starts);
            let newline = token.kind == TokenKind::Newline;
            if let (Some((operator, tabs)), TokenKind::Word) = (tokens.last().and_then(announces), token.kind) {
                let doubtful = self.may_shift(&tokens, operator);
                self.announced.push(Announced::by(operator, &token, tabs, doubtful));
            }
            tokens.push(token);
            if newline {
                self.here_documents(&mut tokens);
            }
        }
        tokens
    }

    /// Whether a `<<` at the end of these tokens, read by a shell, may shift a number: inside `((…))`, or in `a[1<<2]=x`.
    fn may_shift(&self, tokens: &[Token], operator: &Token) -> bool {
        let index = tokens.iter().rev().nth(1).is_some_and(|before| {
            before.span.end == operator.span.start && before.text.contains('[') && !before.text.contains(']')
        });
        let before = self.outermost.partition_point(|(start, _)| *start <= self.at);
        index || before > 0 && self.at < self.outermost[before - 1].1
    }

    /// The next token; there is at least one more byte, and it is no blank.
    fn token(&mut self, starts_command: bool) -> Token {
        let start = self.at;
        match self.peek() {
            b'\n' => self.take(TokenKind::Newline, start + 1),
            b'#' => {
                let length = self.rest().find('\n').unwrap_or(self.rest().len());
                self.take(TokenKind::Comment, start + length)
            }
            b'(' if starts_command && self.arithmetic_end(start).is_some() => self.arithmetic_command(start),
            _ => match self.operator() {
                Some(length) => self.take(TokenKind::Operator, start + length),
                None => self.word(start),
            },
        }
    }

    /// Where the `((…))` that begins here ends, if it is one: `((a); b)` is none.
    pub fn arithmetic_end(&self, start: usize) -> Option<usize> {
        self.arithmetic.get(&start).copied().filter(|end| *end <= self.end)
    }

    /// The length of the operator that begins here, with the number of a redirection.
    fn operator(&self) -> Option<usize> {
        let rest = self.rest();
        let behind = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let digits = rest.len() - behind.len();
        if digits > 0 && !behind.starts_with(['<', '>']) || behind.starts_with("<(") || behind.starts_with(">(") {
            return None;
        }
        OPERATORS.iter().find(|operator| behind.starts_with(**operator)).map(|operator| digits + operator.len())
    }

    fn take(&mut self, kind: TokenKind, end: usize) -> Token {
        let token = self.made(kind, self.at..end);
        self.at = end;
        token
    }

    /// A token of these bytes, without parts.
    pub fn made(&self, kind: TokenKind, bytes: Range<usize>) -> Token {
        let span = self.places.span(&bytes);
        Token { kind, text: self.text[bytes].to_owned(), span, parts: Vec::new() }
    }

    /// Skips blanks and joined lines; whether anything is left.
    fn skip_blanks(&mut self) -> bool {
        loop {
            let rest = self.rest();
            match rest.bytes().next() {
                None => return false,
                Some(b' ' | b'\t') => self.at += 1,
                Some(b'\\') if rest.starts_with("\\\n") => self.at += 2,
                Some(_) => return true,
            }
        }
    }

    /// What is left to be read.
    pub fn rest(&self) -> &'t str {
        &self.text[self.at..self.end]
    }

    /// The next byte, or 0.
    pub fn peek(&self) -> u8 {
        self.rest().bytes().next().unwrap_or(0)
    }
}

impl Open {
    fn count(&mut self, token: &Token, starts_command: bool) {
        match token.text.as_str() {
            "(" => self.parentheses += 1,
            ")" => self.parentheses = self.parentheses.saturating_sub(1),
            "case" if starts_command => self.cases += 1,
            "esac" if starts_command => self.cases = self.cases.saturating_sub(1),
            _ => {}
        }
    }
}

/// Every `((` whose two parentheses are closed together. Looked for once: from each `((` anew it would take the square of
/// the script's length.
fn arithmetic(text: &str) -> HashMap<usize, usize> {
    let mut found = HashMap::new();
    let (mut open, mut last) = (Vec::new(), None);
    for (at, byte) in text.bytes().enumerate().filter(|(_, byte)| matches!(byte, b'(' | b')')) {
        if byte == b'(' {
            open.push(at);
        } else if let Some(start) = open.pop() {
            if last == Some((start + 1, at - 1)) {
                found.insert(start, at + 1);
            }
            last = Some((start, at));
        }
    }
    found
}

fn outermost(arithmetic: &HashMap<usize, usize>) -> Vec<(usize, usize)> {
    let mut all: Vec<_> = arithmetic.iter().map(|(start, end)| (*start, *end)).collect();
    all.sort_unstable();
    let mut last = 0;
    all.retain(|(start, end)| {
        let outside = *start >= last;
        last = last.max(*end);
        outside
    });
    all
}

/// Whether a command may begin behind these tokens.
fn starts_command(tokens: &[Token]) -> bool {
    tokens.last().is_none_or(|last| {
        last.ends_command() || last.kind == TokenKind::HereDoc || BEFORE_COMMAND.iter().any(|word| last.is_word(word))
    })
}

/// The token, if the word behind it ends a here-document, and then whether tabs before its lines count for nothing.
fn announces(token: &Token) -> Option<(&Token, bool)> {
    match token.kind {
        TokenKind::Operator if token.operator() == "<<" => Some((token, false)),
        TokenKind::Operator if token.operator() == "<<-" => Some((token, true)),
        _ => None,
    }
}
