//! One simple command: its name, its words, and the programs that only run it.

use super::carried::carried;
use super::parser::{List, parse};
use crate::runbook::{Part, PartKind, Token, assigned_name};

/// Programs that run another one, each with the options that take a word.
const WRAPPERS: &[(&str, &[&str])] = &[
    ("sudo", &["-u", "-g", "-h", "-p", "-C", "-D", "-R", "-T"]),
    ("doas", &["-u", "-C"]),
    ("env", &["-u", "-C", "-S"]),
    ("nohup", &[]),
    ("command", &[]),
    ("exec", &["-a"]),
    ("nice", &["-n"]),
    ("ionice", &["-c", "-n"]),
    ("setsid", &[]),
    ("timeout", &["-k", "-s"]),
    ("stdbuf", &["-o", "-i", "-e"]),
    ("xargs", &["-I", "-n", "-P", "-L", "-d", "-a", "-s", "-E"]),
];

/// A redirection, with its file and its here-document.
#[derive(Clone, Copy, Debug)]
pub struct Redirection<'t> {
    pub operator: &'t Token,
    pub file: Option<&'t Token>,
    pub document: Option<&'t Token>,
}

impl Redirection<'_> {
    /// Whether standard input comes from it.
    pub fn feeds(&self) -> bool {
        self.operator.operator().starts_with('<') && (self.operator.text.starts_with(['<', '0']))
    }

    /// Whether standard output goes to this file.
    pub fn sends_output_to(&self, file: &str) -> bool {
        let operator = self.operator.text.as_str();
        [">", ">>", "1>", "1>>", "&>", "&>>", ">|"].contains(&operator) && self.file.is_some_and(|to| to.text == file)
    }
}

/// One simple command; it has a word or a redirection.
#[derive(Debug, Default)]
pub struct Command<'t> {
    words: Vec<&'t Token>,
    /// Where its own name stands among the words.
    own: usize,
    /// The program's name, if it is plain; every rule asks for it.
    name: Option<String>,
    /// Redirections, in order.
    pub redirections: Vec<Redirection<'t>>,
    /// From where to where the words of each program stand that only runs this one, such as `sudo`.
    wrapped: Vec<(usize, usize)>,
    /// The command that it runs elsewhere: `docker exec c COMMAND`, `ssh h COMMAND`.
    pub carried: Option<Box<Command<'t>>>,
    /// What is run inside its words and here-documents.
    pub inner: Vec<List<'t>>,
}

impl<'t> Command<'t> {
    /// A command of these words.
    pub fn new(words: Vec<&'t Token>, redirections: Vec<Redirection<'t>>) -> Self {
        let files =
            redirections.iter().flat_map(|redirection| redirection.file.into_iter().chain(redirection.document));
        let inner = words.iter().copied().chain(files).flat_map(|word| lists(&word.parts)).collect();
        let mut command = Self::of(words, redirections);
        command.inner = inner;
        command
    }

    /// A command whose words another one looks through for what is run inside them.
    pub fn of(words: Vec<&'t Token>, redirections: Vec<Redirection<'t>>) -> Self {
        let mut command = Self { words, redirections, ..Self::default() };
        command.unwrap();
        command.name = command.own_name();
        command.carried = carried(&command).map(Box::new);
        command
    }

    /// Steps over assignments and wrappers.
    fn unwrap(&mut self) {
        let mut at = 0;
        while at < self.words.len() {
            if assigned_name(&self.words[at].text).is_some() && at + 1 < self.words.len() {
                at += 1;
                continue;
            }
            let Some(behind) = self.behind_wrapper(at) else { break };
            self.wrapped.push((at, behind.min(self.words.len())));
            if behind >= self.words.len() {
                break;
            }
            at = behind;
        }
        self.own = at;
    }

    /// Where the command begins that the wrapper at `at` runs.
    fn behind_wrapper(&self, at: usize) -> Option<usize> {
        let (name, valued) = WRAPPERS.iter().find(|(name, _)| self.words[at].is_word(name))?;
        // `command -v x` runs nothing.
        if self.words[at].is_word("command") && self.words.get(at + 1).is_some_and(|word| word.text.starts_with("-v")) {
            return None;
        }
        let is_option = |word: &&&Token| word.text.starts_with('-') || assigned_name(&word.text).is_some();
        let mut behind = at + 1;
        while let Some(option) = self.words.get(behind).filter(is_option) {
            behind += if valued.contains(&option.text.as_str()) { 2 } else { 1 };
        }
        // `timeout 5 command`.
        Some(behind + usize::from(*name == "timeout"))
    }

    /// The command, and those that it runs elsewhere.
    pub fn with_carried(&self) -> impl Iterator<Item = &Command<'t>> {
        std::iter::successors(Some(self), |command| command.carried.as_deref())
    }

    fn own_name(&self) -> Option<String> {
        let name = self.words.get(self.own)?.literal()?;
        Some(name.rsplit('/').next().unwrap_or_default().to_owned())
    }

    /// The program's name, if it is plain.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Whether it has one of these names.
    pub fn is(&self, names: &[&str]) -> bool {
        self.name().is_some_and(|name| names.contains(&name))
    }

    /// The word that names the program, or the first redirection.
    pub fn head(&self) -> &'t Token {
        self.words.get(self.own).copied().unwrap_or_else(|| self.redirections[0].operator)
    }

    /// The words behind the name.
    pub fn arguments(&self) -> &[&'t Token] {
        self.words.get(self.own + 1..).unwrap_or_default()
    }

    /// The arguments that are no options, each as it is written; words of `valued` options are none either.
    pub fn operands(&self, valued: &[&str]) -> Vec<&'t str> {
        let mut operands = Vec::new();
        let mut words = self.arguments().iter();
        while let Some(word) = words.next() {
            match word.text.as_str() {
                text if valued.contains(&text) => _ = words.next(),
                text if text.starts_with('-') && text.len() > 1 => {}
                text => operands.push(text),
            }
        }
        operands
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

    /// Whether an argument begins with one of these: `-n1` for `-n`.
    pub fn has_start(&self, starts: &[&str]) -> bool {
        self.arguments().iter().any(|word| starts.iter().any(|start| word.text.starts_with(start)))
    }

    /// Whether an argument is this word.
    pub fn has_word(&self, word: &str) -> bool {
        self.arguments().iter().any(|argument| argument.is_word(word))
    }
}

/// The lists of commands in `$(…)`, also inside `${…}`.
fn lists<'p>(parts: &'p [Part]) -> Vec<List<'p>> {
    let of = |part: &'p Part| match part {
        Part { kind: PartKind::Command | PartKind::Process, inner, .. } => vec![parse(inner)],
        Part { inner, .. } => inner.iter().flat_map(|word| lists(&word.parts)).collect(),
    };
    parts.iter().flat_map(of).collect()
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
