//! What a script is cut into.

use crate::diagnostic::Span;

/// A piece of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// As it is written, quotes and all; lines are joined by LF.
    pub text: String,
    /// Its bytes in the file. Over several lines it holds what stands before each of them, such as a list's indentation.
    pub span: Span,
    /// What a word or a here-document is made of, in order; empty for all others.
    pub parts: Vec<Part>,
}

/// The kind of a [`Token`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A word, such as a command, an option, `then` or `a="$b"`.
    Word,
    /// `;`, `|`, `&&`, `(`, `)`, …, or a redirection such as `>`, `2>&`, `<<-`.
    Operator,
    /// From `#` to the end of its line.
    Comment,
    /// The lines of a here-document, without the one that ends it.
    HereDoc,
    /// The end of a line.
    Newline,
}

/// A piece of a word or of a here-document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is.
    pub kind: PartKind,
    /// [`PartKind::Text`]: the text that it stands for, without quotes and their backslashes (those of `$'…'` stay). All
    /// others: as it is written, from `$` to its end.
    pub text: String,
    /// Its bytes in the file, with the quotes around it.
    pub span: Span,
    /// Whether it stands in quotes or behind a backslash, so that it is neither split nor expanded as a pattern. In a
    /// here-document: whether it is text as it stands, since the word that ends it is quoted.
    pub quoted: bool,
    /// What is run inside it, or the words inside `${…}`; empty for text and for `$NAME`.
    pub inner: Vec<Token>,
}

/// The kind of a [`Part`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartKind {
    /// Literal text.
    Text,
    /// `$NAME` or `${NAME…}`, with its name: a variable's, a digit, or one of `@*#?-$!`.
    Variable(String),
    /// `$(…)` or `` `…` ``.
    Command,
    /// `<(…)` or `>(…)`.
    Process,
    /// `$((…))` or `((…))`; what stands inside is not read.
    Arithmetic,
}

impl Token {
    /// The text that a word always stands for; `None` if a variable or a command decides, and for all other tokens.
    pub fn literal(&self) -> Option<String> {
        let always = self.kind == TokenKind::Word && self.parts.iter().all(|part| part.kind == PartKind::Text);
        always.then(|| self.parts.iter().map(|part| part.text.as_str()).collect())
    }

    /// Whether it is this word without any quote, as a reserved word or a prompt must be.
    pub fn is_word(&self, word: &str) -> bool {
        self.kind == TokenKind::Word && self.text == word
    }

    /// Whether it is this operator, whatever number stands before it: `2>` is `>`.
    pub fn is_operator(&self, operator: &str) -> bool {
        self.kind == TokenKind::Operator && self.operator() == operator
    }

    /// An operator without the number before it.
    pub fn operator(&self) -> &str {
        self.text.trim_start_matches(|c: char| c.is_ascii_digit())
    }

    /// Whether it is a redirection: the word behind it is a file, a number or the end of a here-document.
    pub fn is_redirection(&self) -> bool {
        self.kind == TokenKind::Operator && self.text.contains(['<', '>'])
    }

    /// Whether what follows it begins a new command: `;`, `|`, `(`, a line end, …
    pub fn ends_command(&self) -> bool {
        match self.kind {
            TokenKind::Newline => true,
            TokenKind::Operator => !self.is_redirection(),
            TokenKind::Word | TokenKind::Comment | TokenKind::HereDoc => false,
        }
    }
}

/// The tokens and all tokens inside them: each list of commands by itself, the outermost first.
pub fn everywhere(tokens: &[Token]) -> Vec<&[Token]> {
    let mut lists = vec![tokens];
    let mut at = 0;
    while let Some(list) = lists.get(at).copied() {
        let parts = list.iter().flat_map(|token| &token.parts);
        lists.extend(parts.map(|part| part.inner.as_slice()).filter(|inner| !inner.is_empty()));
        at += 1;
    }
    lists
}
