//! A word: its quotes, its variables, and what is run inside it.

use super::lexer::{Close, Lexer};
use super::token::{Part, PartKind, Token, TokenKind};
use std::ops::Range;

/// `$(…)` deeper than this is not read but skipped, so that no script makes the lexer's own stack overflow.
const MAX_DEPTH: usize = 16;
/// What ends plain text in a word.
const ENDS_TEXT: &[char] = &[' ', '\t', '\n', ';', '&', '|', '(', ')', '<', '>', '\'', '"', '\\', '$', '`'];

impl Lexer<'_> {
    /// The word that begins at `start`; it takes at least one byte.
    pub fn word(&mut self, start: usize) -> Token {
        let mut parts: Vec<Part> = Vec::new();
        while self.at < self.end {
            let at = self.at;
            match self.peek() {
                b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b')' => break,
                b'<' | b'>' if self.rest()[1..].starts_with('(') => parts.push(self.process()),
                b'<' | b'>' | b'(' => break,
                b'\'' => parts.push(self.single_quoted(1)),
                b'"' => parts.extend(self.in_quotes(at)),
                b'\\' => self.escape(&mut parts),
                b'$' if self.rest().starts_with("$'") => parts.push(self.single_quoted(2)),
                b'$' if self.rest().starts_with("$\"") => {
                    self.at += 1;
                    parts.extend(self.in_quotes(at));
                }
                b'$' | b'`' => match self.expansion(false) {
                    Some(part) => parts.push(part),
                    None => self.text(&mut parts, 1, false),
                },
                _ => self.text(&mut parts, self.up_to(ENDS_TEXT), false),
            }
        }
        let mut token = self.made(TokenKind::Word, start..self.at);
        token.parts = parts;
        token
    }

    /// A part of these bytes, with nothing inside.
    pub fn part(&self, kind: PartKind, bytes: Range<usize>, text: String, quoted: bool) -> Part {
        Part { kind, text, span: self.places.span(&bytes), quoted, inner: Vec::new() }
    }

    /// Takes `length` bytes as text, together with text of the same kind before it.
    fn text(&mut self, parts: &mut Vec<Part>, length: usize, quoted: bool) {
        let bytes = self.at..(self.at + length).min(self.end);
        self.at = bytes.end;
        let text = &self.text[bytes.clone()];
        push_text(parts, self.part(PartKind::Text, bytes, text.to_owned(), quoted));
    }

    /// How many bytes from here on are text: the next character whatever it is, and all up to one of `stop`.
    fn up_to(&self, stop: &[char]) -> usize {
        let rest = self.rest();
        let first = rest.chars().next().map_or(0, char::len_utf8);
        rest[first..].find(stop).map_or(rest.len(), |at| at + first)
    }

    /// A backslash outside quotes: the next character is text, a line end is nothing.
    fn escape(&mut self, parts: &mut Vec<Part>) {
        let start = self.at;
        let Some(c) = self.rest()[1..].chars().next() else { return self.text(parts, 1, true) };
        self.at += 1 + c.len_utf8();
        let text = if c == '\n' { String::new() } else { c.to_string() };
        push_text(parts, self.part(PartKind::Text, start..self.at, text, true));
    }

    /// `'…'`, or `$'…'` if its opening has two bytes.
    fn single_quoted(&mut self, opening: usize) -> Part {
        let start = self.at;
        let inside = &self.rest()[opening..];
        let mut escaped = false;
        let length = inside.bytes().position(|byte| {
            let closes = byte == b'\'' && !escaped;
            escaped = opening == 2 && byte == b'\\' && !escaped;
            closes
        });
        let text = &inside[..length.unwrap_or(inside.len())];
        self.at = (start + opening + text.len() + 1).min(self.end);
        self.part(PartKind::Text, start..self.at, text.to_owned(), true)
    }

    /// `"…"`, or `$"…"` that began at `start`.
    fn in_quotes(&mut self, start: usize) -> Vec<Part> {
        self.at += 1;
        let mut parts = self.double_quoted(true);
        if self.peek() == b'"' {
            self.at += 1;
        }
        if parts.is_empty() {
            parts.push(self.part(PartKind::Text, start..self.at, String::new(), true));
        }
        let whole = self.places.span(&(start..self.at));
        if let Some(first) = parts.first_mut() {
            first.span.start = first.span.start.min(whole.start);
        }
        if let Some(last) = parts.last_mut() {
            last.span.end = last.span.end.max(whole.end);
        }
        parts
    }

    /// What stands inside double quotes, up to the one that closes them; or in a here-document, where none does.
    pub fn double_quoted(&mut self, closed: bool) -> Vec<Part> {
        let mut parts = Vec::new();
        while self.at < self.end {
            let start = self.at;
            match self.peek() {
                b'"' if closed => break,
                b'\\' => match self.rest()[1..].chars().next() {
                    Some(c) if c == '\n' || "$`\"\\".contains(c) => {
                        self.at += 2;
                        let text = if c == '\n' { String::new() } else { c.to_string() };
                        push_text(&mut parts, self.part(PartKind::Text, start..self.at, text, true));
                    }
                    _ => self.text(&mut parts, 1, true),
                },
                b'$' | b'`' => match self.expansion(true) {
                    Some(part) => parts.push(part),
                    None => self.text(&mut parts, 1, true),
                },
                _ => self.text(&mut parts, self.up_to(&['\\', '$', '`', '"']), true),
            }
        }
        parts
    }

    /// What begins with this `$` or backquote; `None` if it is text, and then nothing is taken.
    fn expansion(&mut self, quoted: bool) -> Option<Part> {
        let start = self.at;
        let rest = self.rest();
        let (kind, inner) = match rest.as_bytes() {
            [b'`', ..] => (PartKind::Command, self.backquoted()?),
            [b'$', b'(', ..] => match self.arithmetic_end(start + 1) {
                Some(end) => {
                    self.at = end;
                    (PartKind::Arithmetic, Vec::new())
                }
                None => {
                    self.at = start + 2;
                    (PartKind::Command, self.parenthesized())
                }
            },
            [b'$', b'{', ..] => self.braced(quoted),
            [b'$', ..] => {
                let name = name_length(&rest[1..]);
                self.at += 1 + name;
                (PartKind::Variable(rest[1..1 + name].to_owned()), Vec::new())
            }
            _ => return None,
        };
        if self.at <= start + 1 {
            self.at = start;
            return None;
        }
        let text = self.text[start..self.at].to_owned();
        Some(Part { inner, ..self.part(kind, start..self.at, text, quoted) })
    }

    /// `<(…)` or `>(…)`.
    fn process(&mut self) -> Part {
        let start = self.at;
        self.at += 2;
        let inner = self.parenthesized();
        let text = self.text[start..self.at].to_owned();
        Part { inner, ..self.part(PartKind::Process, start..self.at, text, false) }
    }

    /// `((…))` where a command may stand.
    pub fn arithmetic_command(&mut self, start: usize) -> Token {
        self.at = self.arithmetic_end(start).unwrap_or(self.end);
        let mut token = self.made(TokenKind::Word, start..self.at);
        token.parts = vec![self.part(PartKind::Arithmetic, start..self.at, token.text.clone(), false)];
        token
    }

    /// The commands up to the `)` that closes them.
    fn parenthesized(&mut self) -> Vec<Token> {
        if self.depth >= MAX_DEPTH {
            self.at = self.behind_parenthesis();
            return Vec::new();
        }
        self.depth += 1;
        let inner = self.list(Close::Parenthesis);
        self.depth -= 1;
        if self.peek() == b')' {
            self.at += 1;
        }
        inner
    }

    /// `${NAME…}`; what stands behind the name is one word.
    fn braced(&mut self, quoted: bool) -> (PartKind, Vec<Token>) {
        self.at += 2;
        let rest = self.rest();
        // `${#NAME}` and `${!NAME}`; but `${#}` and `${!}` are names themselves.
        let sign = rest.strip_prefix(['!', '#']).map_or(0, |behind| usize::from(name_length(behind) > 0));
        let name = name_length(&rest[sign..]);
        self.at += sign + name;
        let kind = PartKind::Variable(rest[sign..sign + name].to_owned());
        let start = self.at;
        let parts = self.up_to_brace(quoted);
        let mut inner = Vec::new();
        if self.at > start {
            let mut word = self.made(TokenKind::Word, start..self.at);
            word.parts = parts;
            inner.push(word);
        }
        if self.peek() == b'}' {
            self.at += 1;
        }
        (kind, inner)
    }

    fn up_to_brace(&mut self, quoted: bool) -> Vec<Part> {
        let mut parts = Vec::new();
        let deep = self.depth >= MAX_DEPTH;
        self.depth += 1;
        while self.at < self.end && self.peek() != b'}' {
            let at = self.at;
            match self.peek() {
                // Inside double quotes it is an apostrophe.
                b'\'' if !quoted => parts.push(self.single_quoted(1)),
                b'"' if !deep => parts.extend(self.in_quotes(at)),
                b'\\' => self.escape(&mut parts),
                b'$' | b'`' if !deep => match self.expansion(quoted) {
                    Some(part) => parts.push(part),
                    None => self.text(&mut parts, 1, quoted),
                },
                _ => self.text(&mut parts, self.up_to(&['}', '\'', '"', '\\', '$', '`']), quoted),
            }
        }
        self.depth -= 1;
        parts
    }

    /// `` `…` ``; `None` if nothing closes it.
    fn backquoted(&mut self) -> Option<Vec<Token>> {
        let start = self.at + 1;
        if start <= self.no_backquote_before {
            return None;
        }
        let mut escaped = false;
        let close = self.text.as_bytes()[start..self.end].iter().position(|byte| {
            let closes = *byte == b'`' && !escaped;
            escaped = *byte == b'\\' && !escaped;
            closes
        });
        let Some(close) = close.map(|length| start + length) else {
            self.no_backquote_before = self.end;
            return None;
        };
        self.at = start;
        let mut inner = Vec::new();
        if self.depth < MAX_DEPTH {
            let outer = std::mem::replace(&mut self.end, close);
            self.depth += 1;
            inner = self.list(Close::End);
            self.depth -= 1;
            self.end = outer;
        }
        self.at = close + 1;
        Some(inner)
    }

    /// The byte behind the `)` that closes one more than are opened from here on.
    fn behind_parenthesis(&self) -> usize {
        let mut open = 1;
        for (at, byte) in self.rest().bytes().enumerate() {
            match byte {
                b'(' => open += 1,
                b')' => open -= 1,
                _ => {}
            }
            if open == 0 {
                return self.at + at + 1;
            }
        }
        self.end
    }
}

/// Adds text to the text before it if both are quoted alike.
fn push_text(parts: &mut Vec<Part>, part: Part) {
    match parts.last_mut() {
        Some(last) if last.kind == PartKind::Text && last.quoted == part.quoted => {
            last.text.push_str(&part.text);
            last.span.end = part.span.end;
        }
        _ => parts.push(part),
    }
}

/// The length of the name that follows a `$`.
fn name_length(text: &str) -> usize {
    match text.bytes().next() {
        Some(b'0'..=b'9' | b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!') => 1,
        Some(b'a'..=b'z' | b'A'..=b'Z' | b'_') => {
            text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len())
        }
        _ => 0,
    }
}
