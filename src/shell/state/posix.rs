//! The state of a POSIX `sh`, as it prints it itself, and how another one is given it.

use std::collections::BTreeSet;

use memchr::memmem;

use super::super::quote::posix_quote;
use super::bash::{TornState, is_the_shells_own};
use super::statements::statements;

/// What an `sh` holds between two steps, less its functions, which it cannot list.
#[derive(Default)]
pub(in crate::shell) struct PosixState {
    pub directory: Vec<u8>,
    pub(super) positional: Vec<Vec<u8>>,
    /// `NAME='value'`.
    pub(super) variables: Vec<Named>,
    /// `export NAME='value'`.
    pub(super) exports: Vec<Named>,
    /// `readonly NAME='value'`.
    pub(super) readonly: Vec<Named>,
    /// `alias NAME='value'`.
    pub(super) aliases: Vec<Vec<u8>>,
    /// `trap -- 'command' SIGNAL`.
    pub(super) traps: Vec<Vec<u8>>,
    pub(super) umask: Vec<u8>,
    /// The letters of `$-` that are restored.
    pub(super) options: BTreeSet<char>,
}

/// A statement and the variable that it is about.
#[derive(Clone)]
pub(super) struct Named {
    pub name: String,
    pub statement: Vec<u8>,
}

/// Options that are the user's; the driver sets the others itself or they cannot be set.
pub(super) const RESTORED: [char; 3] = ['b', 'C', 'f'];

impl PosixState {
    /// Reads a dump: eight sections, the nonce between them and behind the last. `flags` is what `$-` was.
    pub fn parse(dump: &[u8], nonce: &str, flags: &str) -> Result<Self, TornState> {
        let sections = split(dump, &format!("\x1e{nonce}\x1e")).ok_or(TornState("its end"))?;
        let [directory, positional, variables, exports, readonly, aliases, traps, umask] = sections[..] else {
            return Err(TornState("its sections"));
        };
        let state = Self {
            directory: directory.strip_suffix(b"\n").unwrap_or_default().to_vec(),
            positional: split(positional, &format!("\x1e{nonce},\x1e"))
                .ok_or(TornState("its positional parameters"))?
                .into_iter()
                .map(<[u8]>::to_vec)
                .collect(),
            variables: named(variables, b"").ok_or(TornState("its variables"))?,
            exports: named(exports, b"export ").ok_or(TornState("its exports"))?,
            readonly: named(readonly, b"readonly ").ok_or(TornState("its readonly variables"))?,
            aliases: aliased(aliases).ok_or(TornState("its aliases"))?,
            traps: trapped(traps).ok_or(TornState("its traps"))?,
            umask: umask.trim_ascii().to_vec(),
            options: flags.chars().filter(|flag| RESTORED.contains(flag)).collect(),
        };
        match () {
            () if !state.directory.starts_with(b"/") => Err(TornState("its directory")),
            () if state.umask.is_empty() || !state.umask.iter().all(u8::is_ascii_digit) => Err(TornState("its umask")),
            () if state.variables.is_empty() => Err(TornState("its variables")),
            () => Ok(state),
        }
    }

    /// Whether a variable of this name can no longer be set.
    pub fn is_readonly(&self, name: &str) -> bool {
        self.readonly.iter().any(|known| known.name == name)
    }

    /// The text that gives a shell without an environment this state. `base` is the state before the first step. It
    /// leaves `__sg_c` empty only if it was evaluated to its end and the directory is there.
    pub fn restore(&self, base: &Self) -> Vec<u8> {
        let mut text = b"__sg_x=\n".to_vec();
        let mut line = |parts: &[&[u8]]| {
            parts.iter().for_each(|part| text.extend_from_slice(part));
            text.push(b'\n');
        };
        line(&[b"umask ", &self.umask]);
        let (own, old) = (|name: &&Named| !base.is_readonly(&name.name), |name: &&Named| name.name == "OLDPWD");
        let gone = base.variables.iter().filter(|known| self.variables.iter().all(|now| now.name != known.name));
        gone.filter(own).for_each(|gone| line(&[b"unset -v ", gone.name.as_bytes()]));
        let all = self.variables.iter().chain(&self.exports).chain(&self.readonly);
        all.filter(own).for_each(|known| line(&[&known.statement]));
        line(&[b"cd -- ", &posix_quote(&self.directory), b" || __sg_x=directory"]);
        self.variables.iter().filter(old).for_each(|known| line(&[&known.statement]));
        let positional = self.positional.iter().flat_map(|word| [posix_quote(word), b" ".to_vec()]);
        line(&[b"set -- ", &positional.flatten().collect::<Vec<u8>>()]);
        self.options.difference(&base.options).for_each(|letter| line(&[format!("set -{letter}").as_bytes()]));
        base.options.difference(&self.options).for_each(|letter| line(&[format!("set +{letter}").as_bytes()]));
        // An alias may be called `alias`.
        self.traps.iter().chain(&self.aliases).for_each(|statement| line(&[b"\\", statement]));
        line(&[b"__sg_c=$__sg_x"]);
        text
    }
}

/// The parts before each `mark`; `None` if something stands behind the last.
fn split<'a>(dump: &'a [u8], mark: &str) -> Option<Vec<&'a [u8]>> {
    let mut parts = Vec::new();
    let mut rest = dump;
    while let Some(at) = memmem::find(rest, mark.as_bytes()) {
        parts.push(&rest[..at]);
        rest = &rest[at + mark.len()..];
    }
    rest.is_empty().then_some(parts)
}

/// Statements about variables, less those that are the shell's own; `None` if one does not begin with `prefix`.
fn named(dump: &[u8], prefix: &[u8]) -> Option<Vec<Named>> {
    let one = |statement: &[u8]| {
        let rest = without_letters(statement.strip_prefix(prefix)?);
        let name = rest.split(|&byte| byte == b'=').next()?;
        let word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let whole = !prefix.is_empty() || name.len() < rest.len();
        let name = (whole && !name.is_empty() && name.iter().all(word)).then(|| String::from_utf8_lossy(name))?;
        Some(Named { name: name.into_owned(), statement: statement.to_vec() })
    };
    let all: Option<Vec<Named>> = statements(dump).into_iter().map(one).collect();
    Some(all?.into_iter().filter(|known| !is_own(&known.name)).collect())
}

/// A bash that is called `sh` prints `readonly -a NAME=(...)` of an array.
fn without_letters(rest: &[u8]) -> &[u8] {
    let letters = rest.strip_prefix(b"-").and_then(|rest| Some((rest, memchr::memchr(b' ', rest)?)));
    letters.map_or(rest, |(rest, end)| &rest[end + 1..])
}

/// Variables that an `sh` makes itself, or whose restoring would not do what it says.
fn is_own(name: &str) -> bool {
    is_the_shells_own(name) || ["OPTIND", "PWD", "BB_ASH_VERSION"].contains(&name)
}

/// dash prints `ls='ls -l'`, bash `alias ls='ls -l'`.
fn aliased(dump: &[u8]) -> Option<Vec<Vec<u8>>> {
    let one = |statement: &[u8]| {
        let rest = statement.strip_prefix(b"alias ").unwrap_or(statement);
        rest.contains(&b'=').then(|| [b"alias ", rest].concat())
    };
    statements(dump).into_iter().map(one).collect()
}

/// All traps but that on EXIT, which runs when its shell ends.
fn trapped(dump: &[u8]) -> Option<Vec<Vec<u8>>> {
    let all = statements(dump);
    let whole = all.iter().all(|trap| trap.starts_with(b"trap -- "));
    whole.then(|| all.into_iter().filter(|trap| !trap.ends_with(b" EXIT")).map(<[u8]>::to_vec).collect())
}

#[cfg(test)]
mod tests {
    use super::PosixState;

    const BASE: &str = "/|;|A='1'\nGONE='2'\n|export A='1'\n|||||0022\n|";
    const DUMP: &str = "/tmp|a b;it's;|A='it'\"'\"'s\n'\nPPID='3'\n__sg_x='1'\nOLDPWD='/'\n|export A='x'\nexport N\n|\
        readonly B='1'\n|ls='ls -l'\n|trap -- 'x' USR1\ntrap -- 'y' EXIT\n|0027\n|";

    fn dump(text: &str) -> Vec<u8> {
        text.replace('|', "\x1en\x1e").replace(';', "\x1en,\x1e").replacen("\x1en\x1e", "\n\x1en\x1e", 1).into_bytes()
    }

    #[test]
    fn a_whole_dump_is_read_and_given_back() {
        let base = PosixState::parse(&dump("/|;|A='1'\nGONE='2'\n|export A='1'\n||||0022\n|"), "n", "f").ok().unwrap();
        let state = PosixState::parse(&dump(DUMP), "n", "aCx").unwrap_or_else(|_| panic!("a whole dump"));
        let restore = String::from_utf8(state.restore(&base)).unwrap();
        assert_eq!(
            restore,
            "__sg_x=\numask 0027\nunset -v GONE\nA='it'\"'\"'s\n'\nOLDPWD='/'\nexport A='x'\nexport N\n\
             readonly B='1'\ncd -- '/tmp' || __sg_x=directory\nOLDPWD='/'\nset -- 'a b' 'it'\\''s' \nset -C\nset +f\n\
             \\trap -- 'x' USR1\n\\alias ls='ls -l'\n__sg_c=$__sg_x\n"
        );
        assert!(state.is_readonly("B") && !state.is_readonly("A"));
    }

    #[test]
    fn a_dump_cut_anywhere_or_with_a_foreign_line_is_torn() {
        let whole = dump(DUMP);
        for cut in 0..whole.len() {
            assert!(PosixState::parse(&whole[..cut], "n", "").is_err(), "cut at {cut}");
        }
        assert!(PosixState::parse(&dump(BASE), "n", "").is_err(), "a section too many");
        for foreign in ["A='it'", "export A", "readonly B", "trap -- 'x'"] {
            let torn = DUMP.replacen(foreign, &format!("late\n{foreign}"), 1);
            assert!(PosixState::parse(&dump(&torn), "n", "").is_err(), "{foreign}");
        }
    }
}
