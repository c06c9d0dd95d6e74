//! A shell's state in either dialect.

use super::super::config::ShellKind;
use super::super::quote::quote;
use super::super::step::StepRequest;
use super::bash::State;
use super::bash_restore::{is_taken_away, restore};
use super::posix::PosixState;

/// What a shell holds between two steps.
pub(in crate::shell) enum Saved {
    Bash(State),
    Posix(PosixState),
}

/// What every new shell of a session starts from.
pub(in crate::shell) struct Base {
    /// After the first step.
    pub state: Saved,
    /// What the first step printed: the driver's own functions, as this bash spells them.
    pub functions: Vec<u8>,
}

impl Saved {
    /// Reads what the driver dumped behind the marks of `nonce`. `flags` is the step's `$-`. The error says where the
    /// dump is torn.
    pub fn parse(shell: ShellKind, dump: &[u8], nonce: &str, flags: &str) -> Result<Self, String> {
        match shell {
            ShellKind::Bash => State::parse(dump, nonce).map(Self::Bash),
            ShellKind::Sh => PosixState::parse(dump, nonce, flags).map(Self::Posix),
        }
        .map_err(|torn| torn.to_string())
    }

    /// The text that gives a shell started without an environment this state. `base` is the state before the first
    /// step.
    pub fn restore(&self, base: &Base) -> Vec<u8> {
        match (self, &base.state) {
            (Self::Bash(now), Self::Bash(state)) => restore(now, state, &base.functions),
            (Self::Posix(now), Self::Posix(base)) => now.restore(base),
            // A session has one shell for all its life; this text never clears `__sg_c`.
            _ => b"__sg_c=restore\n".to_vec(),
        }
    }

    /// Where the shell is.
    pub fn directory(&self) -> String {
        let directory = match self {
            Self::Bash(state) => &state.directory,
            Self::Posix(state) => &state.directory,
        };
        String::from_utf8_lossy(directory).into_owned()
    }

    /// The traps that the driver takes away after a step, as one line of text: they would see its commands.
    pub fn own_traps(&self) -> String {
        let Self::Bash(state) = self else { return String::new() };
        // DEBUG stands first in the list, and would see the others being set.
        let traps = state.traps.iter().rev().filter(|trap| is_taken_away(trap));
        traps.map(|trap| format!("\\builtin eval {};", quote(&[b"\\builtin ", trap.as_slice()].concat()))).collect()
    }

    fn is_readonly(&self, name: &str) -> bool {
        match self {
            Self::Bash(state) => state.variable(name).is_some_and(|variable| variable.attributes.contains('r')),
            Self::Posix(state) => state.is_readonly(name),
        }
    }

    /// What must stand before the assignment of `name`: an integer, an array or a reference that a step made of it
    /// would change the value on its way in.
    pub fn clearance(&self, name: &str) -> Option<String> {
        let Self::Bash(state) = self else { return None };
        match state.variable(name).map(|variable| variable.attributes) {
            None | Some("-" | "x") => None,
            Some(attributes) if attributes.contains('n') => Some(format!("\\builtin unset -n {name}")),
            Some(_) => Some(format!("\\builtin unset -v {name}")),
        }
    }
}

/// Why a step cannot be run in a shell in this state, if so.
pub(in crate::shell) fn refuse(request: &StepRequest<'_>, state: Option<&Saved>) -> Option<String> {
    let set = request.variables.iter().map(|(name, value)| (name, value.as_str()));
    for (name, value) in set.chain(request.unset.iter().map(|name| (name, ""))) {
        if !is_name(name) || value.contains('\0') {
            return Some(format!("`{name}` cannot be a variable: its name or its value is not one"));
        }
        if state.is_some_and(|state| state.is_readonly(name)) {
            return Some(format!("`{name}` is readonly since an earlier step, rename one of the two"));
        }
    }
    if request.interpreter.is_some_and(|words| words.is_empty() || words.concat().contains('\0')) {
        return Some("the interpreter's command cannot be run: it is empty or holds a NUL".to_owned());
    }
    request.script.contains('\0').then(|| "the script holds a NUL".to_owned())
}

pub(super) fn is_name(name: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    name.bytes().all(word) && !name.is_empty() && !name.as_bytes()[0].is_ascii_digit()
}
