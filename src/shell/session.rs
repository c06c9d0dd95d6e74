//! A session: one shell from step to step, on this machine or behind a transport.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::io;
use std::pin::pin;
use std::time::{Duration, Instant};

use thiserror::Error;
use tokio::select;

use super::config::{SessionConfig, ShellKind};
use super::local::LocalSession;
use super::process::Process;
use super::quote::posix_quote;
use super::refusal::no_answer;
use super::state::Kept;
use super::step::{How, OutputSink, StepEnd, StepRequest, Stream};
use super::stream::{StreamSession, Unreached};
use crate::session_state::SessionState;

/// How long a new shell may take to answer.
pub(super) const START_LIMIT: Duration = Duration::from_secs(30);

/// Why a session could not start.
#[derive(Debug, Error)]
pub enum SessionError {
    /// The shell cannot be started.
    #[error("cannot start `{shell}` in `{directory}`: {source}")]
    Spawn {
        /// What was to be started.
        shell: String,
        /// Where.
        directory: String,
        /// What the system said.
        source: io::Error,
    },
    /// Pipes or memory files cannot be had.
    #[error("cannot make a session's streams: {0}")]
    Streams(io::Error),
    /// The caller's interrupt came first.
    #[error("a signal came before the shell had started")]
    Interrupted,
    /// A target's command gives no shell.
    #[error("`{target}` cannot be reached: {reason}")]
    Unreachable {
        /// The command.
        target: String,
        /// What came instead.
        reason: String,
        /// What is left of the command.
        left: Vec<Process>,
    },
    /// It is no bash, or too old a one.
    #[error("`{shell}` does not answer as a bash of at least 4.1: {reason}")]
    NoAnswer {
        /// What was started.
        shell: String,
        /// What it did instead.
        reason: String,
        /// Who of it is still there.
        left: Vec<Process>,
    },
}

impl SessionError {
    /// Who is still running of what was started.
    pub fn left_running(&self) -> &[Process] {
        match self {
            Self::Unreachable { left, .. } | Self::NoAnswer { left, .. } => left,
            Self::Spawn { .. } | Self::Streams(_) | Self::Interrupted => &[],
        }
    }
}

/// A shell that runs one step after another and keeps its state whatever a step does to it.
pub struct Session(Kind);

enum Kind {
    /// bash on this machine: each step has pipes of its own.
    Local(Box<LocalSession>),
    /// Everything else: one connection.
    Stream(Box<StreamSession>),
}

impl Session {
    /// Starts a session in at most `limit`, and in no more than 30 seconds, unless `interrupt` is ready first.
    ///
    /// # Errors
    ///
    /// If the shell cannot be started or reached, or does not do what a shell does.
    pub async fn start(
        config: SessionConfig,
        limit: Duration,
        interrupt: impl Future<Output = ()>,
    ) -> Result<Self, SessionError> {
        let mut interrupt = pin!(interrupt);
        let limit = limit.min(START_LIMIT);
        let deadline = Instant::now() + limit;
        let shell = config.shell.program().to_owned();
        let script = first_script(&config);
        let mut printed = Printed::default();
        let mut session = select! { biased;
            () = interrupt.as_mut() => return Err(SessionError::Interrupted),
            opened = Self::open(config, limit) => opened?,
        };
        let timeout = deadline.saturating_duration_since(Instant::now());
        let end = session.run(first_step(&script, timeout), &mut printed, interrupt).await;
        let left = deadline.saturating_duration_since(Instant::now());
        let settled = match &mut session.0 {
            Kind::Local(local) => local.settle(printed.0, left).await,
            Kind::Stream(stream) => stream.settle(printed.0),
        };
        if end.how == How::Exited(0) && settled {
            return Ok(session);
        }
        let mut left = end.left_running;
        left.extend(session.close(&mut Discard).await);
        let reason = match end.how {
            How::Interrupted => return Err(SessionError::Interrupted),
            How::TimedOut => no_answer(limit),
            How::NotRun(reason) | How::Lost(reason) | How::Disconnected(reason) => reason,
            How::Exited(code) => format!("it ended with {code} {}", end.notes.join(", ")),
        };
        Err(SessionError::NoAnswer { shell, reason, left })
    }

    async fn open(config: SessionConfig, limit: Duration) -> Result<Self, SessionError> {
        if config.prefix.is_empty() && config.shell == ShellKind::Bash {
            return Ok(Self(Kind::Local(Box::new(LocalSession::open(config)?))));
        }
        let target = config.prefix.join(" ");
        let opened = StreamSession::open(config, limit).await;
        let unreachable = |Unreached { reason, left }| SessionError::Unreachable { target, reason, left };
        Ok(Self(Kind::Stream(Box::new(opened.map_err(unreachable)?))))
    }

    /// Runs a step, delivers its output to `sink` as it comes, and late output of earlier steps too. Ends the step
    /// when `interrupt` is ready. Bounded by the timeout plus grace plus drain plus two seconds; behind a transport
    /// plus twelve.
    ///
    /// To give a step up, use `interrupt`: if this future is dropped, its processes go on.
    pub async fn run(
        &mut self,
        request: StepRequest<'_>,
        sink: &mut dyn OutputSink,
        interrupt: impl Future<Output = ()>,
    ) -> StepEnd {
        match &mut self.0 {
            Kind::Local(local) => local.run(request, sink, interrupt).await,
            Kind::Stream(stream) => stream.run(request, sink, interrupt).await,
        }
    }

    /// What the session holds now, as far as it differs from what it started with: for a later process to go on from,
    /// with [`Session::resume`]. None if that is not known, or not within `limit`; the state of a local bash is printed
    /// while nobody waits for it.
    ///
    /// Names in `omit` are left out: what is set anew before every step anyway. Of a variable in which `is_secret` finds
    /// a secret, or which is longer than 64 KiB, only the name is kept; so it is with the longest until the whole is no
    /// longer than 1 MiB, both as JSON.
    pub async fn portable(
        &mut self,
        omit: &BTreeSet<String>,
        is_secret: &dyn Fn(&[u8]) -> bool,
        limit: Duration,
    ) -> Option<SessionState> {
        let kept = Kept { omit, is_secret };
        match &mut self.0 {
            Kind::Local(local) => local.portable(&kept, limit).await,
            Kind::Stream(stream) => stream.portable(&kept),
        }
    }

    /// Gives a session that was just started the state of an earlier one: the next step meets it. `values` are those of
    /// variables of which `state` has only the name, arrays and references apart; the others of these are not set then.
    /// If the directory is gone, that step is not run.
    ///
    /// # Errors
    ///
    /// If the state is that of another kind of shell, or something of it is not what it should be. Nothing of it was
    /// evaluated then, and the session is as it was, but for a new shell.
    pub async fn resume(&mut self, state: &SessionState, values: &BTreeMap<String, String>) -> Result<(), String> {
        let end = self.run(first_step("exit 0", START_LIMIT), &mut Discard, std::future::pending()).await;
        if end.how != How::Exited(0) {
            return Err("the shell that was to be replaced did not end".to_owned());
        }
        let adopted = match &mut self.0 {
            Kind::Local(local) => local.adopt(state, values),
            Kind::Stream(stream) => stream.adopt(state, values),
        };
        adopted.map_err(|reason| format!("the recorded state cannot be given to a shell: {reason}"))
    }

    /// Reads late output until it is dropped: to be raced against whatever the caller waits for between two steps.
    /// Without it a background child that prints more than a pipe holds waits for the next step. Over one connection
    /// it cannot be told from the next step's, so it waits there.
    pub async fn listen(&mut self, sink: &mut dyn OutputSink) {
        match &mut self.0 {
            Kind::Local(local) => local.listen(sink).await,
            Kind::Stream(_) => std::future::pending().await,
        }
    }

    /// Waits until the connection to the target has ended, and says how. For ever on this machine, and while it stands:
    /// to be raced against a bound, for a step after which it is to go away. Whatever comes on it until then is dropped.
    pub async fn disconnected(&mut self) -> String {
        match &mut self.0 {
            Kind::Local(_) => std::future::pending().await,
            Kind::Stream(stream) => stream.disconnected().await,
        }
    }

    /// Ends the shells; delivers what late output is there already; returns what is still running in the
    /// background. That is not killed, but it will find its output closed.
    pub async fn close(self, sink: &mut dyn OutputSink) -> Vec<Process> {
        match self.0 {
            Kind::Local(local) => local.close(sink).await,
            Kind::Stream(stream) => stream.close().await,
        }
    }
}

fn first_step(script: &str, timeout: Duration) -> StepRequest<'_> {
    StepRequest { id: 0, script, variables: &[], unset: &[], timeout, combined: true, stdin: None, interpreter: None }
}

/// What the first step of a session does: it is part of the state that every later one starts from. What a bash prints
/// are the driver's functions, which are never part of it.
fn first_script(config: &SessionConfig) -> String {
    let word = |value: &str| String::from_utf8_lossy(&posix_quote(value.as_bytes())).into_owned();
    let assigned = config.assigned.iter().map(|(name, value)| format!("export {name}={}\n", word(value)));
    let list = match config.shell {
        ShellKind::Bash => "declare -fp\n",
        ShellKind::Sh => "",
    };
    assigned.chain([list.to_owned()]).collect()
}

/// What the first step prints.
#[derive(Default)]
struct Printed(Vec<u8>);

impl OutputSink for Printed {
    fn output(&mut self, _: Stream, bytes: &[u8]) {
        self.0.extend(bytes);
    }

    fn late(&mut self, _: u64, _: Stream, _: &[u8]) {}
}

struct Discard;

impl OutputSink for Discard {
    fn output(&mut self, _: Stream, _: &[u8]) {}
    fn late(&mut self, _: u64, _: Stream, _: &[u8]) {}
}
