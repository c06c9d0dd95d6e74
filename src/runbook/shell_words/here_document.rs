//! Here-documents: announced in one line, read behind its end.

use super::lexer::Lexer;
use super::token::{Part, PartKind, Token, TokenKind};

/// A here-document that a line announces.
pub struct Announced {
    /// The line that ends it.
    end: String,
    /// Whether tabs before its lines count for nothing.
    tabs: bool,
    /// Whether it is text as it stands.
    quoted: bool,
}

impl Announced {
    /// The one that `<<` or, with `tabs`, `<<-` announces by the word behind it.
    pub fn by(word: &Token, tabs: bool) -> Self {
        let quoted = word.parts.iter().any(|part| part.quoted);
        Self { end: word.literal().unwrap_or_else(|| word.text.clone()), tabs, quoted }
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
        while self.at < self.end {
            let start = self.at;
            let line = self.rest().split_inclusive('\n').next().unwrap_or_default();
            self.at += line.len();
            let line = line.trim_end_matches('\n');
            if document.end == if document.tabs { line.trim_start_matches('\t') } else { line } {
                return start;
            }
        }
        self.end
    }

    fn document_parts(&mut self, start: usize, end: usize) -> Vec<Part> {
        let outer = std::mem::replace(&mut self.end, end);
        self.at = start;
        let parts = self.double_quoted(false);
        self.end = outer;
        parts.into_iter().map(|part| Part { quoted: false, ..part }).collect()
    }
}
