//! How a step ended, as it is recorded.

use super::model::Instance;
use super::verdict::Status;
use crate::hash::Hash256;
use crate::runbook::ExpectedStream;
use crate::session_state::SessionState;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepFinished {
    /// The step.
    pub step: Instance,
    /// Which attempt of this visit, from 1.
    pub attempt: u32,
    /// `passed`, `failed` or `in-doubt`.
    pub status: Status,
    /// Why it did not pass.
    pub reason: Option<Reason>,
    /// More about why, in plain words.
    pub detail: Option<String>,
    /// Its exit code, if it ended by itself.
    pub exit_code: Option<i32>,
    /// The signal that ended it, if its exit code says so (128 + signal).
    pub signal: Option<i32>,
    /// When its script was sent.
    pub started: Timestamp,
    /// Wall-clock milliseconds of this attempt.
    pub elapsed_ms: u64,
    /// What it printed to standard output; both streams if they were combined.
    pub stdout: StreamRecord,
    /// What it printed to standard error.
    pub stderr: StreamRecord,
    /// What was expected, and whether it held.
    pub expectations: Vec<ExpectationRecord>,
    /// The variables that it captured.
    pub captured: BTreeMap<String, String>,
    /// What the session has to say, such as a state that could not be carried over.
    pub notes: Vec<String>,
    /// Processes of the step that outlived it.
    pub left_running: Vec<ProcessRecord>,
    /// What its session holds after it, if that is not what was recorded of it last.
    #[serde(default)]
    pub state: Option<Box<HeldState>>,
}

/// What a session holds, for a later part of the run to go on from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldState {
    /// The name of its target.
    pub target: String,
    /// Its own name.
    pub session: String,
    /// What it holds.
    pub holds: SessionState,
}

impl StepFinished {
    /// The outcome of a step of which nothing was run.
    pub fn nothing_ran(step: Instance, status: Status, at: Timestamp) -> Self {
        Self {
            step,
            attempt: 1,
            status,
            reason: None,
            detail: None,
            exit_code: None,
            signal: None,
            started: at,
            elapsed_ms: 0,
            stdout: StreamRecord::empty(),
            stderr: StreamRecord::empty(),
            expectations: Vec::new(),
            captured: BTreeMap::new(),
            notes: Vec::new(),
            left_running: Vec::new(),
            state: None,
        }
    }
}

/// Why a step did not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    /// Its exit code is not accepted.
    Exit,
    /// An expectation does not hold.
    Expectation,
    /// It ran into its timeout.
    Timeout,
    /// It was ended by a signal.
    Signal,
    /// Its session could not run it, or went away.
    Transport,
    /// It seems to have wanted a terminal, and a step has none.
    Terminal,
    /// A person said so, or stopped it.
    Operator,
}

/// One of a step's streams, as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamRecord {
    /// The hash of every byte, also of those that were not kept; `None` if they are secret.
    pub sha256: Option<Hash256>,
    /// How many bytes there were; `None` if they are secret.
    pub bytes: Option<u64>,
    /// How many lines there were.
    pub lines: u64,
    /// The text itself, if it is short and valid UTF-8.
    pub text: Option<String>,
    /// Else the file below the run's folder that holds it.
    pub file: Option<String>,
    /// How many bytes the file holds, if it does not hold all.
    pub kept: Option<u64>,
    /// The hash of those bytes.
    pub kept_sha256: Option<Hash256>,
}

impl StreamRecord {
    /// A stream of which nothing but the number of its lines may be known.
    pub fn withheld(lines: u64) -> Self {
        Self { sha256: None, bytes: None, lines, text: None, file: None, kept: None, kept_sha256: None }
    }

    /// A stream of a step that printed nothing.
    pub fn empty() -> Self {
        let sha256 = Some(crate::hash::sha256(b""));
        let text = Some(String::new());
        Self { sha256, bytes: Some(0), lines: 0, text, file: None, kept: None, kept_sha256: None }
    }

    /// Whether nothing was printed.
    pub fn is_empty(&self) -> bool {
        self.lines == 0
    }
}

/// Which of a step's streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// What was expected, and whether it held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpectationRecord {
    /// The runbook's line that its first line stands on.
    pub line: usize,
    /// The kind of block.
    pub kind: ExpectationKind,
    /// The stream that it checks; `None` of an expression.
    pub stream: Option<ExpectedStream>,
    /// Whether it holds.
    pub holds: bool,
    /// Why not: a line diff, or the values in an expression. Of one that holds: what to know of it.
    pub detail: Option<String>,
}

/// The kind of an expectation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExpectationKind {
    /// An `output` block.
    Output,
    /// One expression of an `assert` block.
    Assert,
}

/// A process that outlived its step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessRecord {
    /// Its pid.
    pub pid: i32,
    /// Its command line, cut.
    pub command: String,
}
