//! A step as it is asked for, and what became of it.

use std::fmt;
use std::time::Duration;

use super::process::Process;

/// One step to run in a session.
#[derive(Clone, Copy)]
pub struct StepRequest<'a> {
    /// Names the step to [`OutputSink::late`].
    pub id: u64,
    /// The script, UTF-8 without NUL.
    pub script: &'a str,
    /// Exported anew before the step, whatever an earlier step did to them.
    pub variables: &'a [(String, String)],
    /// Names that are unset before the step, whatever an earlier step or the environment put into them.
    pub unset: &'a [String],
    /// Wall time after which the step is ended.
    pub timeout: Duration,
    /// Both streams as one, in the order in which they were written; it arrives as [`Stream::Stdout`].
    pub combined: bool,
    /// The bytes of its standard input; nothing at all without them.
    pub stdin: Option<&'a [u8]>,
    /// The words of the program whose script it is; the session's own shell without them. The program sees directory
    /// and exported variables of the session; its script is `/dev/fd/N`, or a file for programs that want one.
    pub interpreter: Option<&'a [String]>,
}

/// Without script and values, which may hold secrets.
impl fmt::Debug for StepRequest<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("StepRequest").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Where a step printed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// Takes the bytes of steps as they come, at most 64 KiB at a time.
pub trait OutputSink {
    /// Output of the running step.
    fn output(&mut self, stream: Stream, bytes: &[u8]);
    /// Output that a background child printed after its step (the one with the id `step`) had ended.
    fn late(&mut self, step: u64, stream: Stream, bytes: &[u8]);
}

/// What became of a step.
#[derive(Clone, Debug)]
pub struct StepEnd {
    /// How it ended.
    pub how: How,
    /// Wall time of the whole step.
    pub elapsed: Duration,
    /// What the operator should know beside the verdict, one sentence each.
    pub notes: Vec<String>,
    /// After a normal end of a local bash's step: who still holds its output open. After a kill: who survived it.
    pub left_running: Vec<Process>,
}

/// How a step ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum How {
    /// The exit code, 128 + N after signal N.
    Exited(i32),
    /// The timeout was reached and the step was ended.
    TimedOut,
    /// The caller's interrupt came and the step was ended.
    Interrupted,
    /// Nothing of the script was evaluated, for this reason.
    NotRun(String),
    /// The script was sent and its end cannot be known, or not even whether it began, for this reason, which says so if
    /// it may still run.
    Lost(String),
    /// The step had begun, and then the connection to its target ended, as this says. It may still run there.
    Disconnected(String),
}
