//! The state of a bash, as it prints it itself.

use std::collections::BTreeSet;
use std::ops::Range;

use memchr::{memchr, memmem};
use thiserror::Error;

use super::statements::{places, statements};

/// What a bash holds between two steps, as the driver dumped it. It has every secret in clear text: it stays in
/// memory.
#[derive(Default)]
pub(in crate::shell) struct State {
    pub traps: Vec<Vec<u8>>,
    pub directory: Vec<u8>,
    pub functions: Vec<u8>,
    pub aliases: Vec<Vec<u8>>,
    pub umask: Vec<u8>,
    /// What `declare -p` printed. Most states are never given to another shell, so no more is made of it than the places
    /// of its statements, by name.
    declared: Vec<u8>,
    statements: Vec<Range<usize>>,
}

/// One variable and the statement that makes it.
#[derive(Clone, Copy)]
pub(in crate::shell) struct Variable<'a> {
    pub name: &'a str,
    /// The letters of `declare`, such as `rx`.
    pub attributes: &'a str,
    pub statement: &'a [u8],
}

#[derive(Debug, Error)]
#[error("its dump is torn at {0}")]
pub(in crate::shell) struct TornState(pub &'static str);

/// The array in which the driver lists the positional parameters.
pub(super) const POSITIONAL: &str = "__sg_a";
/// Where a bash lists what `set -o` and `shopt` have on.
pub(super) const OPTIONS: [&str; 2] = ["SHELLOPTS", "BASHOPTS"];

impl State {
    /// Reads a dump: six sections, the nonce between them and behind the last.
    pub fn parse(dump: &[u8], nonce: &str) -> Result<Self, TornState> {
        let sections = sections(dump, nonce).ok_or(TornState("its sections"))?;
        let [traps, directory, variables, functions, aliases, umask] = sections;
        let mut state = State {
            traps: prefixed(traps, b"trap -- ").ok_or(TornState("its traps"))?,
            directory: directory.strip_suffix(b"\n").unwrap_or_default().to_vec(),
            functions: functions.to_vec(),
            aliases: prefixed(aliases, b"alias ").ok_or(TornState("its aliases"))?,
            umask: umask.trim_ascii().to_vec(),
            ..State::default()
        };
        if !state.directory.starts_with(b"/") {
            return Err(TornState("its directory"));
        }
        if !state.umask.starts_with(b"umask ") || state.umask.contains(&b'\n') {
            return Err(TornState("its umask"));
        }
        state.statements = by_name(variables).ok_or(TornState("its variables"))?;
        state.declared = variables.to_vec();
        Ok(state)
    }

    /// A state with these variables, statements of `declare`, one a line, and nothing else.
    pub(super) fn declaring(declared: Vec<u8>) -> Self {
        Self { statements: by_name(&declared).unwrap_or_default(), declared, ..Self::default() }
    }

    /// The variables that can be given to another shell.
    pub fn variables(&self) -> impl Iterator<Item = Variable<'_>> {
        self.all().filter(|variable| can_be_given(variable.name))
    }

    /// The variable of this name, if the shell has one that can be given to another.
    pub fn variable(&self, name: &str) -> Option<Variable<'_>> {
        self.any(name).filter(|_| can_be_given(name))
    }

    /// The positional parameters, as a `declare` of an array.
    pub fn positional(&self) -> &[u8] {
        self.any(POSITIONAL).map(|variable| variable.statement).unwrap_or_default()
    }

    /// Whether `set -o` and `shopt` have the same on in another state.
    pub(super) fn has_options_of(&self, other: &Self) -> bool {
        let same = |name: &&str| {
            let [one, two] = [self, other].map(|state| state.any(name).map(|variable| variable.statement));
            one == two
        };
        OPTIONS.iter().all(same)
    }

    /// What `set -o` has on.
    pub fn options(&self) -> BTreeSet<String> {
        self.any(OPTIONS[0]).map(|variable| colon_list(variable.statement)).unwrap_or_default()
    }

    /// What `shopt` has on.
    pub fn shell_options(&self) -> BTreeSet<String> {
        self.any(OPTIONS[1]).map(|variable| colon_list(variable.statement)).unwrap_or_default()
    }

    fn any(&self, name: &str) -> Option<Variable<'_>> {
        let of = |place: &Range<usize>| named(&self.declared[place.clone()]);
        let at = self.statements.binary_search_by(|place| of(place).cmp(name.as_bytes())).ok()?;
        Variable::parse(&self.declared[self.statements[at].clone()])
    }

    /// Every statement by name, the shell's own, too.
    pub(super) fn statements(&self) -> impl Iterator<Item = &[u8]> {
        self.statements.iter().map(|place| &self.declared[place.clone()])
    }

    fn all(&self) -> impl Iterator<Item = Variable<'_>> {
        self.statements.iter().filter_map(|place| Variable::parse(&self.declared[place.clone()]))
    }
}

/// The places of the statements by name, which is how a bash prints them; `None` if one is no `declare`.
fn by_name(declared: &[u8]) -> Option<Vec<Range<usize>>> {
    let mut all = places(declared);
    let mut last: &str = "";
    let mut sorted = true;
    for place in &all {
        let name = Variable::parse(&declared[place.clone()])?.name;
        sorted &= last <= name;
        last = name;
    }
    if !sorted {
        all.sort_by_key(|place| named(&declared[place.clone()]));
    }
    Some(all)
}

/// The name in a statement that is known to be a `declare`. Cheaper than to read all of it.
pub(super) fn named(statement: &[u8]) -> &[u8] {
    let words = statement.get(b"declare -".len()..).unwrap_or_default();
    let name = memchr(b' ', words).map(|space| &words[space + 1..]).unwrap_or_default();
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    &name[..name.iter().position(|byte| !is_name(byte)).unwrap_or(name.len())]
}

impl<'a> Variable<'a> {
    pub(super) fn parse(statement: &'a [u8]) -> Option<Self> {
        let rest = statement.strip_prefix(b"declare -")?;
        let space = memchr(b' ', rest)?;
        let (attributes, rest) = (&rest[..space], &rest[space + 1..]);
        let name = &rest[..memchr(b'=', rest).unwrap_or(rest.len())];
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        if name.is_empty() || !name.iter().all(is_name) {
            return None;
        }
        let (name, attributes) = (str::from_utf8(name).ok()?, str::from_utf8(attributes).ok()?);
        Some(Self { name, attributes, statement })
    }

    /// The value as it is spelt; `None` if it has none.
    pub(super) fn value(&self) -> Option<&'a [u8]> {
        let before = b"declare - ".len() + self.attributes.len() + self.name.len();
        self.statement.get(before + 1..)
    }
}

/// Whether a dump of which no more is there than its traps may begin like this.
pub(in crate::shell) fn may_begin_a_dump(bytes: &[u8]) -> bool {
    bytes.is_empty() || bytes.starts_with(b"\x1e") || bytes.starts_with(b"trap -- ")
}

fn sections<'a>(dump: &'a [u8], nonce: &str) -> Option<[&'a [u8]; 6]> {
    let mark = format!("\x1e{nonce}\x1e");
    let mut rest = dump;
    let mut found = [&dump[..0]; 6];
    for section in &mut found {
        let end = memmem::find(rest, mark.as_bytes())?;
        *section = &rest[..end];
        rest = &rest[end + mark.len()..];
    }
    rest.is_empty().then_some(found)
}

fn prefixed(dump: &[u8], prefix: &[u8]) -> Option<Vec<Vec<u8>>> {
    let one = |statement: &[u8]| statement.starts_with(prefix).then(|| statement.to_vec());
    statements(dump).into_iter().map(one).collect()
}

/// The names in `declare -r SHELLOPTS="a:b"`.
fn colon_list(statement: &[u8]) -> BTreeSet<String> {
    let text = String::from_utf8_lossy(statement);
    let value = text.split('"').nth(1).unwrap_or_default();
    value.split(':').filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// Whether a variable of this name can be given to another shell.
pub(super) fn can_be_given(name: &str) -> bool {
    !is_the_shells_own(name) && !OPTIONS.contains(&name)
}

/// Variables that a shell makes itself, that cannot be set, or that are the driver's.
pub(super) fn is_the_shells_own(name: &str) -> bool {
    const NAMES: [&str; 32] = [
        "BASHPID",
        "BASH_ALIASES",
        "BASH_ARGC",
        "BASH_ARGV",
        "BASH_ARGV0",
        "BASH_CMDS",
        "BASH_COMMAND",
        "BASH_EXECUTION_STRING",
        "BASH_LINENO",
        "BASH_MONOSECONDS",
        "BASH_REMATCH",
        "BASH_SOURCE",
        "BASH_SUBSHELL",
        "BASH_TRAPSIG",
        "BASH_VERSINFO",
        "BASH_XTRACEFD",
        "COMP_WORDBREAKS",
        "DIRSTACK",
        "EPOCHREALTIME",
        "EPOCHSECONDS",
        "EUID",
        "FUNCNAME",
        "GROUPS",
        "HISTCMD",
        "LINENO",
        "PIPESTATUS",
        "POSIXLY_CORRECT",
        "PPID",
        "RANDOM",
        "SECONDS",
        "SRANDOM",
        "UID",
    ];
    name == "_" || name == "STEPGATE_SESSION" || name.starts_with("__sg_") || NAMES.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::State;

    const DUMP: &str = "trap -- 'a\nb' EXIT\n|/tmp\n|declare -rx R=\"1\"\ndeclare -a __sg_a=()\n\
        declare -r SHELLOPTS=\"braceexpand:noglob\"\n|f () \n{ \n    :\n}\n||umask 0022\n|";

    fn dump() -> Vec<u8> {
        DUMP.replace('|', "\x1en\x1e").into_bytes()
    }

    #[test]
    fn a_whole_dump_is_read() {
        let state = State::parse(&dump(), "n").expect("a whole dump");
        assert_eq!(state.directory, b"/tmp");
        assert_eq!(state.variable("R").expect("R").attributes, "rx");
        assert!(state.options().contains("noglob"));
        assert_eq!(state.positional(), b"declare -a __sg_a=()");
        assert_eq!(state.variables().map(|variable| variable.name).collect::<Vec<_>>(), ["R"]);
        assert_eq!(state.traps.len(), 1);
    }

    #[test]
    fn a_dump_cut_anywhere_or_with_a_foreign_line_is_torn() {
        let whole = dump();
        for cut in 0..whole.len() {
            assert!(State::parse(&whole[..cut], "n").is_err(), "cut at {cut}");
        }
        let foreign = DUMP.replace("declare -rx", "DBG\ndeclare -rx").replace('|', "\x1en\x1e");
        let torn = State::parse(foreign.as_bytes(), "n").err().expect("a foreign line");
        assert_eq!(torn.to_string(), "its dump is torn at its variables");
    }
}
