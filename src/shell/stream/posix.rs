//! The state of a POSIX `sh`, as it prints it itself, and how another one is given it.

use super::super::dump::statements;

/// What an `sh` holds between two steps, less its functions.
#[derive(Debug, Default)]
pub(super) struct PosixState {
    pub directory: Vec<u8>,
    /// `NAME='value'`, exports, readonly marks, aliases, traps: each a statement.
    statements: Vec<Vec<u8>>,
    readonly: Vec<Vec<u8>>,
}

impl PosixState {
    /// Reads a dump of seven sections; `None` if it is torn.
    pub fn parse(dump: &[u8], nonce: &str) -> Option<Self> {
        let mark = format!("\x1e{nonce}\x1e");
        let mut sections = Vec::new();
        let mut rest = dump;
        while let Some(at) = memchr::memmem::find(rest, mark.as_bytes()) {
            sections.push(&rest[..at]);
            rest = &rest[at + mark.len()..];
        }
        let [directory, variables, exports, readonly, aliases, traps, umask] = sections.as_slice() else { return None };
        let directory = directory.strip_suffix(b"\n")?.to_vec();
        if !directory.starts_with(b"/") || !rest.is_empty() {
            return None;
        }
        let mut all = Vec::new();
        for statement in statements(variables) {
            let name = statement.split(|&byte| byte == b'=').next()?;
            let word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
            if name.len() == statement.len() || name.is_empty() || !name.iter().all(word) {
                return None;
            }
            if !is_the_shells_own(name) {
                all.push(statement.to_vec());
            }
        }
        let own = |statement: &&[u8]| memchr::memmem::find(statement, b"STEPGATE_SESSION").is_none();
        all.extend(statements(exports).into_iter().filter(own).map(<[u8]>::to_vec));
        // dash prints `ls='ls -l'`, busybox `alias ls='ls -l'`.
        for alias in statements(aliases) {
            all.push([if alias.starts_with(b"alias ") { b"" as &[u8] } else { b"alias " }, alias].concat());
        }
        all.extend(statements(traps).into_iter().filter(|trap| !trap.ends_with(b" EXIT")).map(<[u8]>::to_vec));
        all.push([b"umask ", umask.trim_ascii()].concat());
        let readonly = statements(readonly).into_iter().map(<[u8]>::to_vec).collect();
        Some(Self { directory, statements: all, readonly })
    }

    /// Whether a variable of this name can no longer be set.
    pub fn is_readonly(&self, name: &str) -> bool {
        let prefix = format!("readonly {name}");
        self.readonly.iter().any(|statement| {
            statement.strip_prefix(prefix.as_bytes()).is_some_and(|rest| rest.is_empty() || rest[0] == b'=')
        })
    }

    /// The text that gives a shell without an environment this state; it leaves `__sg_c` empty only at its end.
    pub fn restore(&self) -> Vec<u8> {
        let mut text = Vec::new();
        for statement in self.statements.iter().chain(&self.readonly) {
            text.extend(statement);
            text.push(b'\n');
        }
        let directory = String::from_utf8_lossy(&self.directory).replace('\'', "'\\''");
        text.extend(format!("if cd -- '{directory}'; then __sg_c=; else __sg_c=directory; fi\n").bytes());
        text
    }
}

/// Variables that a shell makes itself, or that are the driver's.
fn is_the_shells_own(name: &[u8]) -> bool {
    name.starts_with(b"__sg_")
        || [
            b"_" as &[u8],
            b"STEPGATE_SESSION",
            b"PPID",
            b"LINENO",
            b"OPTIND",
            b"PWD",
            b"OLDPWD",
            b"RANDOM",
            b"BB_ASH_VERSION",
        ]
        .contains(&name)
}

#[cfg(test)]
mod tests {
    use super::PosixState;

    const DUMP: &str = "/tmp\n|A='it'\"'\"'s\n'\nPPID='3'\n__sg_x='1'\n|export A\n|readonly B='1'\n|ls='ls -l'\n|trap -- 'x' USR1\ntrap -- 'y' EXIT\n|0022\n|";

    #[test]
    fn a_whole_dump_is_read_and_a_torn_one_is_not() {
        let dump = DUMP.replace('|', "\x1en\x1e");
        let state = PosixState::parse(dump.as_bytes(), "n").expect("a whole dump");
        let restore = String::from_utf8(state.restore()).unwrap();
        assert_eq!(
            restore,
            "A='it'\"'\"'s\n'\nexport A\nalias ls='ls -l'\ntrap -- 'x' USR1\numask 0022\nreadonly B='1'\n\
             if cd -- '/tmp'; then __sg_c=; else __sg_c=directory; fi\n"
        );
        assert!(state.is_readonly("B") && !state.is_readonly("A"));
        for cut in 0..dump.len() {
            assert!(PosixState::parse(&dump.as_bytes()[..cut], "n").is_none(), "cut at {cut}");
        }
    }
}
