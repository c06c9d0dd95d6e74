//! Options that the driver has off between two steps.

use std::collections::BTreeSet;

use super::super::config::ShellKind;
use crate::session_state::Dialect;

/// `set -x` and `set -a`: with the one the driver would be traced, with the other its variables would be exported.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::shell) struct Carried {
    xtrace: bool,
    allexport: bool,
}

impl Carried {
    /// What a step left on, by its `$-`.
    pub fn of(flags: &str) -> Self {
        Self { xtrace: flags.contains('x'), allexport: flags.contains('a') }
    }

    /// As a recorded state calls them.
    pub fn names(self, shell: Dialect) -> impl Iterator<Item = String> {
        let [xtrace, allexport] = names(shell);
        let all = [(self.xtrace, xtrace), (self.allexport, allexport)];
        all.into_iter().filter(|(on, _)| *on).map(|(_, name)| name.to_owned())
    }

    /// Those that a recorded state has on.
    pub fn named(on: &BTreeSet<String>, shell: Dialect) -> Self {
        let [xtrace, allexport] = names(shell).map(|name| on.contains(name));
        Self { xtrace, allexport }
    }

    /// What is put before the next script.
    pub fn command(self, shell: ShellKind) -> String {
        let letters = match (self.allexport, self.xtrace) {
            (false, false) => return String::new(),
            (false, true) => "x",
            (true, false) => "a",
            (true, true) => "ax",
        };
        match shell {
            ShellKind::Bash => format!("\\builtin set -{letters};"),
            ShellKind::Sh => format!("\\set -{letters};"),
        }
    }
}

fn names(shell: Dialect) -> [&'static str; 2] {
    match shell {
        Dialect::Bash => ["xtrace", "allexport"],
        Dialect::Sh => ["x", "a"],
    }
}
