//! Tokens to pipelines and blocks.

use super::command::{Command, Redirection};
use crate::runbook::{PartKind, Token, TokenKind};

/// Deeper blocks are read flat, so that no script makes the parser's own stack overflow.
const MAX_DEPTH: usize = 24;
/// What ends a list inside a block.
const CLOSERS: &[&str] = &["then", "do", "done", "fi", "else", "elif", "esac", "}"];
const CLOSING_OPERATORS: &[&str] = &[")", ";;", ";&", ";;&"];

/// Pipelines one behind the other.
pub type List<'t> = Vec<Pipeline<'t>>;

/// Commands and blocks with `|` between them.
#[derive(Debug, Default)]
pub struct Pipeline<'t> {
    /// In order; none is empty.
    pub stages: Vec<Stage<'t>>,
    /// What ends it: `&`, `||`, …
    pub end: Option<&'t Token>,
    /// Whether `!` stands before it.
    pub negated: bool,
    /// The stages whose standard error goes into the pipe, too: `a |& b`.
    pub merged: Vec<usize>,
}

/// A piece of a pipeline.
#[derive(Debug)]
pub enum Stage<'t> {
    Simple(Command<'t>),
    Block(Block<'t>),
}

/// What holds commands in itself.
#[derive(Debug)]
pub struct Block<'t> {
    pub kind: Kind,
    /// The token that opens it.
    pub head: &'t Token,
    /// What decides whether, or how often, the others run: behind `if`, `elif`, `while`, `until`.
    pub conditions: Vec<List<'t>>,
    /// What is run.
    pub bodies: Vec<List<'t>>,
    pub redirections: Vec<Redirection<'t>>,
    /// The words between `for NAME in` and `do`, and the one behind `case`.
    pub words: Vec<&'t Token>,
    /// Whether it is `for ((…; ; …))`, which nothing ends.
    pub endless: bool,
}

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Group,
    Subshell,
    If,
    While,
    Until,
    For,
    Case,
    Function,
}

/// The pipelines of one list of tokens.
pub fn parse(tokens: &[Token]) -> List<'_> {
    let documents = tokens.iter().filter(|token| token.kind == TokenKind::HereDoc).collect();
    let mut parser = Parser { tokens, at: 0, documents, announced: 0, depth: 0 };
    let mut list = Vec::new();
    while parser.at < tokens.len() {
        list.extend(parser.list());
        // Something that nothing opened.
        parser.at += 1;
    }
    list
}

struct Parser<'t> {
    tokens: &'t [Token],
    at: usize,
    /// The here-documents of the list, in the order in which they are announced.
    documents: Vec<&'t Token>,
    announced: usize,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Option<&'t Token> {
        self.tokens.get(self.at)
    }

    fn word(&self, words: &[&str]) -> bool {
        self.peek().is_some_and(|token| words.iter().any(|word| token.is_word(word)))
    }

    fn operator(&self, operators: &[&str]) -> bool {
        self.peek().is_some_and(|token| operators.iter().any(|operator| token.is_operator(operator)))
    }

    fn take(&mut self) -> Option<&'t Token> {
        let token = self.peek();
        self.at += 1;
        token
    }

    fn skip_lines(&mut self) {
        while self.peek().is_some_and(|token| {
            matches!(token.kind, TokenKind::Newline | TokenKind::Comment | TokenKind::HereDoc) || token.is_operator(";")
        }) {
            self.at += 1;
        }
    }

    /// Pipelines up to what closes the block around them.
    fn list(&mut self) -> List<'t> {
        let mut list = Vec::new();
        loop {
            self.skip_lines();
            if self.peek().is_none() || self.word(CLOSERS) || self.operator(CLOSING_OPERATORS) {
                return list;
            }
            let before = self.at;
            let pipeline = self.pipeline();
            list.extend(Some(pipeline).filter(|pipeline| !pipeline.stages.is_empty()));
            // An operator where a command should stand.
            self.at = self.at.max(before + 1);
        }
    }

    fn pipeline(&mut self) -> Pipeline<'t> {
        let mut pipeline = Pipeline::default();
        loop {
            while self.word(&["!", "time"]) || (!pipeline.stages.is_empty() && self.operator_line()) {
                pipeline.negated |= self.word(&["!"]);
                self.at += 1;
            }
            pipeline.stages.extend(self.stage());
            if self.peek().is_some_and(|token| token.kind == TokenKind::Comment) {
                self.at += 1;
            }
            if !self.operator(&["|", "|&"]) {
                break;
            }
            if self.operator(&["|&"]) {
                pipeline.merged.push(pipeline.stages.len().saturating_sub(1));
            }
            self.at += 1;
        }
        let ends = |token: &&Token| token.ends_command() && !CLOSING_OPERATORS.contains(&token.operator());
        pipeline.end = self.peek().filter(ends);
        self.at += usize::from(pipeline.end.is_some());
        pipeline
    }

    /// A line end behind `|`.
    fn operator_line(&self) -> bool {
        self.peek().is_some_and(|token| token.kind == TokenKind::Newline)
            && self.tokens[..self.at].last().is_some_and(|token| token.is_operator("|") || token.is_operator("|&"))
    }

    fn stage(&mut self) -> Option<Stage<'t>> {
        let kind = self.opens();
        match kind.filter(|_| self.depth < MAX_DEPTH) {
            Some(kind) => {
                self.depth += 1;
                let block = self.block(kind);
                self.depth -= 1;
                block.map(Stage::Block)
            }
            None => {
                self.at += usize::from(kind.is_some() && kind != Some(Kind::Function));
                self.simple().map(Stage::Simple)
            }
        }
    }

    fn opens(&self) -> Option<Kind> {
        let token = self.peek()?;
        let next = |ahead: usize, operator| self.tokens.get(self.at + ahead).is_some_and(|t| t.is_operator(operator));
        let kind = match (token.kind, token.text.as_str()) {
            (TokenKind::Operator, "(") => Kind::Subshell,
            (TokenKind::Word, "{") => Kind::Group,
            (TokenKind::Word, "if") => Kind::If,
            (TokenKind::Word, "while") => Kind::While,
            (TokenKind::Word, "until") => Kind::Until,
            (TokenKind::Word, "for" | "select") => Kind::For,
            (TokenKind::Word, "case") => Kind::Case,
            (TokenKind::Word, "function") => Kind::Function,
            (TokenKind::Word, _) if next(1, "(") && next(2, ")") => Kind::Function,
            _ => return None,
        };
        Some(kind)
    }

    fn block(&mut self, kind: Kind) -> Option<Block<'t>> {
        let head = self.take()?;
        let (conditions, bodies, words) = (Vec::new(), Vec::new(), Vec::new());
        let mut block = Block { kind, head, conditions, bodies, redirections: Vec::new(), words, endless: false };
        match kind {
            Kind::Group | Kind::Subshell => {
                let list = self.list();
                block.bodies.push(list);
                self.at += 1;
            }
            Kind::If => self.if_(&mut block),
            Kind::While | Kind::Until => {
                let condition = self.list();
                block.conditions.push(condition);
                self.body(&mut block);
            }
            Kind::For => self.for_(&mut block),
            Kind::Case => self.case(&mut block),
            Kind::Function => self.function(&mut block),
        }
        while self.peek().is_some_and(Token::is_redirection) {
            self.redirection(&mut block.redirections);
        }
        Some(block)
    }

    /// `do … done`, or `{ … }` as some write it behind `for`.
    fn body(&mut self, block: &mut Block<'t>) {
        if self.word(&["do", "{"]) {
            self.at += 1;
            let list = self.list();
            block.bodies.push(list);
        }
        if self.word(&["done", "}"]) {
            self.at += 1;
        }
    }

    fn if_(&mut self, block: &mut Block<'t>) {
        loop {
            let condition = self.list();
            block.conditions.push(condition);
            while self.word(&["then", "else"]) {
                self.at += 1;
                let body = self.list();
                block.bodies.push(body);
            }
            match self.word(&["elif"]) {
                true => self.at += 1,
                false => break,
            }
        }
        self.at += usize::from(self.word(&["fi"]));
    }

    fn for_(&mut self, block: &mut Block<'t>) {
        while let Some(token) = self.peek().filter(|token| !token.is_word("do") && !token.is_word("{")) {
            if token.kind == TokenKind::Newline && !block.words.is_empty() {
                break;
            }
            if token.kind == TokenKind::Word {
                let arithmetic = token.parts.iter().any(|part| part.kind == PartKind::Arithmetic);
                block.endless |= arithmetic && token.text.starts_with("((") && without_condition(&token.text);
                block.words.push(token);
            }
            self.at += 1;
        }
        self.skip_lines();
        self.body(block);
    }

    fn case(&mut self, block: &mut Block<'t>) {
        block.words.extend(self.take());
        self.skip_lines();
        self.at += usize::from(self.word(&["in"]));
        loop {
            self.skip_lines();
            if self.peek().is_none() || self.word(&["esac"]) {
                break;
            }
            // A pattern, with or without a parenthesis before it.
            while self.peek().is_some() && !self.operator(&[")"]) {
                self.at += 1;
            }
            self.at += 1;
            let body = self.list();
            block.bodies.push(body);
            let next_pattern = self.operator(&[";;", ";&", ";;&"]);
            self.at += usize::from(next_pattern);
            if !next_pattern && !self.word(&["esac"]) {
                break;
            }
        }
        self.at += usize::from(self.word(&["esac"]));
    }

    fn function(&mut self, block: &mut Block<'t>) {
        if block.head.is_word("function") {
            self.at += 1;
        }
        while self.operator(&["(", ")"]) && block.bodies.is_empty() {
            let closes = self.operator(&[")"]);
            self.at += 1;
            if closes {
                break;
            }
        }
        self.skip_lines();
        let body = self.stage().map(|stage| Pipeline { stages: vec![stage], ..Pipeline::default() });
        block.bodies.push(body.into_iter().collect());
    }

    /// A redirection with its file, and with its here-document.
    fn redirection(&mut self, redirections: &mut Vec<Redirection<'t>>) {
        let Some(operator) = self.take() else { return };
        let file = self.peek().filter(|token| token.kind == TokenKind::Word);
        self.at += usize::from(file.is_some());
        let announces = operator.is_operator("<<") || operator.is_operator("<<-");
        let document = announces.then(|| self.documents.get(self.announced).copied()).flatten();
        self.announced += usize::from(announces);
        redirections.push(Redirection { operator, file, document });
    }

    fn simple(&mut self) -> Option<Command<'t>> {
        let (mut words, mut redirections) = (Vec::new(), Vec::new());
        while let Some(token) = self.peek() {
            let test = words.first().is_some_and(|word: &&Token| word.is_word("[["));
            let open = test && !words.last().is_some_and(|word: &&Token| word.is_word("]]"));
            match token.kind {
                // `&&`, `(` and `<` inside `[[ … ]]` are its own.
                _ if open && token.kind != TokenKind::Word => self.at += 1,
                TokenKind::Word => {
                    words.push(token);
                    self.at += 1;
                }
                TokenKind::Operator if token.is_redirection() => self.redirection(&mut redirections),
                // `x=(a b)`.
                TokenKind::Operator if token.text == "(" && is_array(words.last()) => self.array(&mut words),
                TokenKind::Comment | TokenKind::HereDoc | TokenKind::Operator | TokenKind::Newline => break,
            }
        }
        match (words.is_empty(), redirections.is_empty()) {
            (true, true) => None,
            _ => Some(Command::new(words, redirections)),
        }
    }

    fn array(&mut self, words: &mut Vec<&'t Token>) {
        while self.peek().is_some() && !self.operator(&[")"]) {
            let token = self.take();
            words.extend(token.filter(|token| token.kind == TokenKind::Word));
        }
        self.at += 1;
    }
}

fn is_array(word: Option<&&Token>) -> bool {
    word.is_some_and(|word| word.text.ends_with('=') && crate::runbook::assigned_name(&word.text).is_some())
}

/// `((a; ; b))`.
fn without_condition(text: &str) -> bool {
    text.trim_matches(['(', ')']).split(';').nth(1).is_some_and(|condition| condition.trim().is_empty())
}
