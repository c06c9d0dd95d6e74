//! Where standard output and standard error of a command lead.

use super::command::Redirection;

/// Whether each of the two is still the step's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Streams {
    pub out: bool,
    pub err: bool,
}

impl Streams {
    /// As a step starts.
    pub const OWN: Streams = Streams { out: true, err: true };

    /// Behind these redirections, which are done from left to right.
    pub fn behind(mut self, redirections: &[Redirection<'_>]) -> Self {
        for redirection in redirections {
            let target = redirection.file.map(|file| file.text.as_str()).unwrap_or_default();
            match (redirection.operator.text.as_str(), target) {
                ("2>&", "1") => self.err = self.out,
                (">&" | "1>&", "2") => self.out = self.err,
                (">&" | "1>&" | "2>&", "1" | "2") => {}
                ("&>" | "&>>" | ">&", _) => self = Streams { out: false, err: false },
                (">" | ">>" | ">|" | "1>" | "1>>" | "1>|" | "1>&", _) => self.out = false,
                ("2>" | "2>>" | "2>|" | "2>&", _) => self.err = false,
                _ => {}
            }
        }
        self
    }

    /// Whether nothing of the step's own is left.
    pub fn sent(self) -> bool {
        !self.out && !self.err
    }
}
