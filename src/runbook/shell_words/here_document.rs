//! Here-documents: announced in one line, read behind its end.

use super::lexer::Lexer;
use super::token::{Part, PartKind, Token, TokenKind};
use crate::diagnostic::Span;

/// A here-document that a line announces.
pub struct Announced {
    /// The line that ends it.
    end: String,
    /// Whether tabs before its lines count for nothing.
    tabs: bool,
    /// Whether it is text as it stands.
    quoted: bool,
    /// The operator and the word.
    span: Span,
    /// What was taken for `<<` may be a number that is shifted.
    doubtful: bool,
}

/// A here-document that nothing closes.
pub struct OpenDocument {
    /// The line that would end it.
    pub word: String,
    /// The operator and the word that announce it.
    pub span: Span,
    /// Whether tabs before its lines count for nothing.
    pub tabs: bool,
    /// A line that would end it but for blanks.
    pub almost: Option<Span>,
}

impl Announced {
    /// The one that the `operator` `<<` or, with `tabs`, `<<-` announces by the word behind it.
    pub fn by(operator: &Token, word: &Token, tabs: bool, doubtful: bool) -> Self {
        let quoted = word.parts.iter().any(|part| part.quoted);
        let span = Span::new(operator.span.start, word.span.end);
        Self { end: word.literal().unwrap_or_else(|| word.text.clone()), tabs, quoted, span, doubtful }
    }

    /// Whether a line of the document, without its line end, ends it.
    fn ends_at(&self, line: &str) -> bool {
        self.end == if self.tabs { line.trim_start_matches('\t') } else { line }
    }
}

impl Lexer<'_> {
    /// Reads the here-documents that were announced.
    pub fn here_documents(&mut self, tokens: &mut Vec<Token>) {
        for document in std::mem::take(&mut self.announced) {
            let start = self.at;
            let end = self.skip_document(&document);
            let behind = self.at;
            let mut token = self.made(TokenKind::HereDoc, start..end);
            token.parts = match document.quoted {
                true => vec![self.part(PartKind::Text, start..end, self.text[start..end].to_owned(), true)],
                false => self.document_parts(start, end),
            };
            self.at = behind;
            tokens.push(token);
        }
    }

    /// Goes behind the line that ends the document; returns where its own lines end.
    fn skip_document(&mut self, document: &Announced) -> usize {
        let from = self.at;
        while self.at < self.end {
            let start = self.at;
            let line = self.rest().split_inclusive('\n').next().unwrap_or_default();
            self.at += line.len();
            if document.ends_at(line.trim_end_matches('\n')) {
                return start;
            }
        }
        // What it takes holds no other, and so only the first is told.
        if self.open_document.is_none() && !document.doubtful {
            self.open_document = Some(self.open(document, from));
        }
        self.end
    }

    fn open(&self, document: &Announced, from: usize) -> OpenDocument {
        let mut at = from;
        let mut lines = self.text[from..self.end].split_inclusive('\n').map(|line| {
            at += line.len();
            (at - line.len(), line.trim_end_matches('\n'))
        });
        let almost = lines.find(|(_, line)| line.trim() == document.end.trim() && !line.trim().is_empty());
        let almost = almost.map(|(start, line)| self.places.span(&(start..start + line.len())));
        OpenDocument { word: document.end.clone(), span: document.span, tabs: document.tabs, almost }
    }

    fn document_parts(&mut self, start: usize, end: usize) -> Vec<Part> {
        let outer = std::mem::replace(&mut self.end, end);
        self.at = start;
        let parts = self.double_quoted(false);
        self.end = outer;
        parts.into_iter().map(|part| Part { quoted: false, ..part }).collect()
    }
}
