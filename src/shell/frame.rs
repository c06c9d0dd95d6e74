//! What is sent for one step: a payload that the driver evaluates, and a nonce behind it.

use super::config::ShellKind;
use super::quote::{posix_line, quote};
use super::state::{Carried, Saved};
use super::step::StepRequest;

/// The longest payload whose length fits the frame's eight digits, in bytes.
const LONGEST_PAYLOAD: usize = 99_999_999;

/// The secrets of one step: `begin` is written when it begins, `nonce` when it has ended.
pub(super) struct Secrets {
    pub begin: String,
    pub nonce: String,
}

/// What a step meets beside what it asks for.
pub(super) struct Before<'a> {
    pub shell: ShellKind,
    /// The text that restores the state, if the shell is new.
    pub restore: Option<Vec<u8>>,
    /// The state of the session, if it is known.
    pub state: Option<&'a Saved>,
    /// What the step before left on.
    pub carried: Carried,
}

impl Before<'_> {
    /// A step's script behind what the driver took away after the last one, lest it see or trace the driver.
    pub fn script(&self, script: &str) -> String {
        self.program(&format!("{}{script}", self.carried.command(self.shell)))
    }

    /// The same of a program that is no shell: it needs no options, but the traps are to be there after it, too.
    pub fn program(&self, command: &str) -> String {
        self.state.map(Saved::own_traps).unwrap_or_default() + command
    }
}

/// A payload in the making. The step's script is evaluated by the driver, everything else by the payload itself; a
/// backslash keeps aliases away, `builtin` keeps functions away (a special builtin of an `sh` needs nothing of the kind).
pub(super) struct Payload {
    shell: ShellKind,
    text: Vec<u8>,
}

impl Payload {
    /// Begins with the state, and with the variables of the step.
    pub fn new(request: &StepRequest<'_>, before: &Before<'_>) -> Self {
        let mut payload = Self { shell: before.shell, text: Vec::new() };
        match &before.restore {
            Some(text) => {
                payload.push(b"__sg_c=restore");
                let text = payload.word(text);
                payload.push(&[payload.escape(), b"eval ", &text].concat());
            }
            None => payload.push(b"__sg_c="),
        }
        for (name, _) in request.variables {
            if let Some(clearance) = before.state.and_then(|state| state.clearance(name)) {
                payload.push(clearance.as_bytes());
            }
        }
        let set = |(name, value): &(String, String)| [name.as_bytes(), b"=", &payload.word(value.as_bytes())].concat();
        let set: Vec<_> = request.variables.iter().map(set).collect();
        payload.all(b"export", &set);
        let unset: Vec<_> = request.unset.iter().map(|name| name.as_bytes().to_vec()).collect();
        payload.all(b"unset -v", &unset);
        payload
    }

    /// One builtin on all these words: a command of its own for each costs more than the word.
    fn all(&mut self, builtin: &[u8], words: &[Vec<u8>]) {
        if !words.is_empty() {
            self.push(&[self.escape(), builtin, b" ", &words.join(&b' '), b" || __sg_c=variable"].concat());
        }
    }

    /// Spells bytes without NUL as one word, on one line.
    pub fn word(&self, bytes: &[u8]) -> Vec<u8> {
        match self.shell {
            ShellKind::Bash => quote(bytes).into_bytes(),
            ShellKind::Sh => posix_line(bytes),
        }
    }

    /// Adds a statement.
    pub fn push(&mut self, statement: &[u8]) {
        self.text.extend_from_slice(statement);
        self.text.push(b';');
    }

    /// Sets a variable of the driver. `word` is spelt already.
    pub fn set(&mut self, name: &str, word: impl AsRef<[u8]>) {
        self.push(&[name.as_bytes(), b"=", word.as_ref()].concat());
    }

    /// Adds the script and ends the frame; `None` if it is too long.
    pub fn finish(mut self, script: &str, secrets: &Secrets) -> Option<Vec<u8>> {
        self.set("__sg_b", &secrets.begin);
        let script = self.word(script.as_bytes());
        self.set("__sg_s", script);
        self.push(b"__sg_f=$__sg_c");
        let (text, nonce) = (self.text, secrets.nonce.as_bytes());
        (text.len() <= LONGEST_PAYLOAD).then(|| match self.shell {
            ShellKind::Bash => [format!("<{:08}", text.len()).as_bytes(), &text, nonce].concat(),
            ShellKind::Sh => [b"<" as &[u8], &text, b"\n", nonce, b"\n"].concat(),
        })
    }

    fn escape(&self) -> &'static [u8] {
        match self.shell {
            ShellKind::Bash => b"\\builtin ",
            ShellKind::Sh => b"\\",
        }
    }
}
