//! How commands end.

use super::terminal::{Terminal, eprint_line};
use crate::engine::AnswerError;
use crate::event::RunVerdict;
use crate::journal::{FindError, LockError, RunIdError, StoreError};
use crate::plan::SelectionError;
use std::process::{ExitCode, Termination};

/// Exit codes (`docs/cli.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Passed, or nothing to complain about.
    Success = 0,
    /// A step failed, or errors were found.
    Failure = 1,
    /// Wrong usage, or a runbook that cannot be planned; nothing ran.
    Usage = 2,
    /// Waiting for a person.
    Suspended = 3,
    /// A decision is needed.
    Decision = 4,
    /// The record could not be written.
    Record = 5,
    /// Another run holds the lock.
    Locked = 6,
    /// Interrupted or given up.
    Interrupted = 130,
    /// Interrupted by TERM.
    Terminated = 143,
}

impl Exit {
    /// The exit code of a run that stands so.
    pub fn of(verdict: RunVerdict) -> Self {
        match verdict {
            RunVerdict::Passed | RunVerdict::Partial => Exit::Success,
            RunVerdict::Failed => Exit::Failure,
            RunVerdict::Suspended => Exit::Suspended,
            RunVerdict::InDoubt => Exit::Decision,
            RunVerdict::Interrupted => Exit::Interrupted,
            RunVerdict::Running => Exit::Record,
        }
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self as u8)
    }
}

/// Why a command could not do its work, and what to do next.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    message: String,
    hint: Option<String>,
}

impl Failure {
    /// A failure that ends with `exit`.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), hint: None }
    }

    /// Wrong usage.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Adds what to do next.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Prints it to standard error.
    pub fn print(self, terminal: &Terminal) -> Exit {
        let word = terminal.paint("error", terminal.styles().holds(false));
        eprint_line(&format!("{word}: {}", crate::text::escape_line(&self.message)));
        if let Some(hint) = self.hint {
            eprint_line(&format!("  help: {}", crate::text::escape_line(&hint)));
        }
        self.exit
    }
}

impl std::fmt::Display for Failure {
    /// What could not be done, without what to do next.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<SelectionError> for Failure {
    fn from(error: SelectionError) -> Self {
        Self::usage(error.to_string()).hint("stepgate plan FILE lists the steps")
    }
}

impl From<AnswerError> for Failure {
    fn from(error: AnswerError) -> Self {
        Self::usage(error.to_string()).hint("nothing was run; stepgate plan FILE lists steps and gates")
    }
}

impl From<RunIdError> for Failure {
    fn from(error: RunIdError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<FindError> for Failure {
    fn from(error: FindError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let message = error.to_string();
        match error {
            StoreError::RunExists(_) => Self::usage(message).hint("choose another --run-id, or none"),
            _ => Self::new(Exit::Record, message).hint("nothing was run; --store DIR names another store"),
        }
    }
}

impl From<LockError> for Failure {
    fn from(error: LockError) -> Self {
        let exit = if matches!(error, LockError::Held(_)) { Exit::Locked } else { Exit::Record };
        Self::new(exit, error.to_string()).hint("nothing was run; one run at a time of one runbook")
    }
}
