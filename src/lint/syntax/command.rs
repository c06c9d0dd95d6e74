//! A script as pipelines of simple commands: what every rule looks at.

use crate::runbook::{Token, TokenKind, everywhere};

/// Words that may stand before a command without being one.
const RESERVED: &[&str] = &["if", "then", "else", "elif", "do", "while", "until", "!", "{", "time"];
/// Programs that run another one, each with the options that take a word.
const WRAPPERS: &[(&str, &[&str])] = &[
    ("sudo", &["-u", "-g", "-h", "-p", "-C", "-D", "-R", "-T"]),
    ("env", &["-u", "-C", "-S"]),
    ("nohup", &[]),
    ("command", &[]),
    ("exec", &["-a"]),
    ("nice", &["-n"]),
    ("ionice", &["-c", "-n"]),
    ("setsid", &[]),
    ("stdbuf", &["-o", "-i", "-e"]),
];

/// Every command of a script, those inside `$(…)` included.
pub struct Script<'t> {
    /// Pipelines, each list of commands after the other.
    pub pipelines: Vec<Pipeline<'t>>,
    /// Every word of every list.
    pub tokens: Vec<&'t [Token]>,
}

/// Commands with `|` between them.
#[derive(Debug, Default)]
pub struct Pipeline<'t> {
    /// In order; none is empty.
    pub commands: Vec<Command<'t>>,
    /// What ends it: `&`, `||`, …
    pub end: Option<&'t Token>,
    /// Whether `while` or `until` stands before it.
    pub loops: bool,
    /// Whether it stands at the top of the script, in no substitution.
    pub outermost: bool,
    /// Whether `!` stands before it.
    pub negated: bool,
}

/// One simple command.
#[derive(Debug, Default)]
pub struct Command<'t> {
    words: Vec<&'t Token>,
    /// Where its own name stands among the words.
    own: usize,
    /// Redirections, each with its file.
    pub redirections: Vec<(&'t Token, Option<&'t Token>)>,
    /// From where to where the words of each program stand that only runs this one, such as `sudo`.
    wrapped: Vec<(usize, usize)>,
}

impl<'t> Script<'t> {
    /// Finds the commands.
    pub fn new(tokens: &'t [Token]) -> Self {
        let lists = everywhere(tokens);
        let mut pipelines = Vec::new();
        for (at, list) in lists.iter().enumerate() {
            pipelines.extend(read(list, at == 0));
        }
        Self { pipelines, tokens: lists }
    }

    /// Every command.
    pub fn commands(&self) -> impl Iterator<Item = (&Pipeline<'t>, &Command<'t>)> {
        self.pipelines.iter().flat_map(|pipeline| pipeline.commands.iter().map(move |command| (pipeline, command)))
    }

    /// Whether a command of this name stands anywhere.
    pub fn has(&self, name: &str) -> bool {
        self.commands().any(|(_, command)| command.name().as_deref() == Some(name))
    }
}

fn read<'t>(list: &'t [Token], outermost: bool) -> Vec<Pipeline<'t>> {
    let mut all = Vec::new();
    let mut pipeline = Pipeline { outermost, ..Pipeline::default() };
    let mut command = Command::default();
    let mut tokens = list.iter().peekable();
    while let Some(token) = tokens.next() {
        match token.kind {
            TokenKind::Word if command.words.is_empty() && RESERVED.contains(&token.text.as_str()) => {
                pipeline.loops |= token.is_word("while") || token.is_word("until");
                pipeline.negated |= token.is_word("!");
            }
            TokenKind::Word => command.words.push(token),
            TokenKind::Operator if token.is_redirection() => {
                let file = tokens.next_if(|next| next.kind == TokenKind::Word);
                command.redirections.push((token, file));
            }
            TokenKind::Comment | TokenKind::HereDoc => {}
            TokenKind::Operator | TokenKind::Newline => {
                let piped = token.is_operator("|") || token.is_operator("|&");
                if !command.words.is_empty() {
                    pipeline.commands.push(std::mem::take(&mut command).unwrapped());
                }
                if !piped {
                    pipeline.end = Some(token);
                    let next = Pipeline { outermost, ..Pipeline::default() };
                    all.push(std::mem::replace(&mut pipeline, next));
                }
            }
        }
    }
    if !command.words.is_empty() {
        pipeline.commands.push(command.unwrapped());
    }
    all.push(pipeline);
    all.retain(|pipeline| !pipeline.commands.is_empty());
    all
}

impl<'t> Command<'t> {
    /// Steps over assignments and wrappers.
    fn unwrapped(mut self) -> Self {
        let mut at = 0;
        loop {
            while self.words.get(at).is_some_and(|word| is_assignment(word)) && at + 1 < self.words.len() {
                at += 1;
            }
            let Some((_, valued)) = WRAPPERS.iter().find(|(name, _)| self.words[at].is_word(name)) else { break };
            let start = at;
            at += 1;
            while let Some(option) = self.words.get(at).filter(|word| word.text.starts_with('-') || is_assignment(word))
            {
                at += if valued.contains(&option.text.as_str()) { 2 } else { 1 };
            }
            self.wrapped.push((start, at.min(self.words.len())));
            if at >= self.words.len() {
                at = start;
                break;
            }
        }
        // `timeout 5 command`.
        if self.words[at].is_word("timeout") && self.words.len() > at + 2 {
            let options = self.words[at + 1..].iter().take_while(|word| word.text.starts_with('-')).count();
            let behind = at + 1 + options + 1;
            if behind < self.words.len() {
                self.wrapped.push((at, behind));
                at = behind;
            }
        }
        self.own = at;
        self
    }

    /// The program's name, if it is plain.
    pub fn name(&self) -> Option<String> {
        let name = self.words[self.own].literal()?;
        Some(name.rsplit('/').next().unwrap_or_default().to_owned())
    }

    /// The word that names the program.
    pub fn head(&self) -> &'t Token {
        self.words[self.own]
    }

    /// The words behind the name.
    pub fn arguments(&self) -> &[&'t Token] {
        &self.words[self.own + 1..]
    }

    /// Every word, wrappers and assignments included.
    pub fn all_words(&self) -> &[&'t Token] {
        &self.words
    }

    /// The words of the wrapper called so, its name first.
    pub fn wrapper(&self, name: &str) -> Option<&[&'t Token]> {
        let found = self.wrapped.iter().find(|(start, _)| self.words[*start].is_word(name));
        found.map(|(start, end)| &self.words[*start..*end])
    }

    /// Whether an argument is one of these options; short ones may stand together: `-qi` is `-q`.
    pub fn has_option(&self, options: &[&str]) -> bool {
        self.arguments().iter().any(|word| is_option(&word.text, options))
    }

    /// Whether an argument is this word.
    pub fn has_word(&self, word: &str) -> bool {
        self.arguments().iter().any(|argument| argument.is_word(word))
    }
}

/// Whether a word is one of these options.
pub fn is_option(word: &str, options: &[&str]) -> bool {
    let short = |option: &&str| option.len() == 2 && !option.starts_with("--");
    options.iter().any(|option| match short(option) {
        true => {
            let letters = word.strip_prefix('-').filter(|letters| !letters.starts_with('-')).unwrap_or_default();
            letters.chars().all(|c| c.is_ascii_alphabetic()) && letters.contains(&option[1..])
        }
        false => word == *option || word.strip_prefix(option).is_some_and(|rest| rest.starts_with('=')),
    })
}

fn is_assignment(word: &Token) -> bool {
    let name = word.text.split('=').next().unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.len() < word.text.len()
        && !name.is_empty()
        && name.chars().all(plain)
        && !name.starts_with(|c: char| c.is_ascii_digit())
}
