//! Options that the driver has off between two steps.

use super::super::config::ShellKind;

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
