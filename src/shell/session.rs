//! A session: one shell from step to step.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::time::{Duration, Instant};

use thiserror::Error;
use tokio::select;

use super::config::SessionConfig;
use super::connection::Connection;
use super::frame::refuse_variables;
use super::process::{Entry, Process};
use super::quote::quote;
use super::state::State;
use super::step::{How, OutputSink, StepEnd, StepRequest, Stream};
use super::streams::Streams;

/// How long a new shell may take to answer.
const START_LIMIT: Duration = Duration::from_secs(30);

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
    /// It is no bash, or too old a one.
    #[error("`{shell}` does not answer as a bash of at least 4.1: {reason}")]
    NoAnswer {
        /// What was started.
        shell: String,
        /// What it did instead.
        reason: String,
    },
}

/// A local bash that runs one step after another and keeps its state whatever a step does to it.
pub struct Session {
    pub(super) config: SessionConfig,
    /// None after a step was ended by force; the next one opens another.
    pub(super) connection: Option<Connection>,
    pub(super) streams: Streams,
    /// Before the first step.
    pub(super) base: Option<State>,
    /// After the last step that left a shell.
    pub(super) state: Option<State>,
    pub(super) xtrace: bool,
}

impl Session {
    /// Starts a session, unless `interrupt` is ready first.
    ///
    /// # Errors
    ///
    /// If the shell cannot be started or does not do what a bash does.
    pub async fn start(config: SessionConfig, interrupt: impl Future<Output = ()>) -> Result<Self, SessionError> {
        let shell = config.shell.program().to_owned();
        let spawn = |source| SessionError::Spawn {
            shell: shell.clone(),
            directory: config.directory.display().to_string(),
            source,
        };
        let connection = Some(Connection::open(&config).map_err(spawn)?);
        let streams = Streams::new().map_err(SessionError::Streams)?;
        let mut session = Self { config, connection, streams, base: None, state: None, xtrace: false };
        let script = assignments(&session.config.assigned);
        let first = StepRequest {
            id: 0,
            script: &script,
            variables: &[],
            unset: &[],
            timeout: START_LIMIT,
            combined: true,
            stdin: None,
            interpreter: None,
        };
        let end = session.run(first, &mut Discard, interrupt).await;
        session.base = session.state.take();
        match (end.how, &session.base) {
            (How::Exited(0), Some(_)) => Ok(session),
            (How::Interrupted, _) => Err(SessionError::Interrupted),
            (how, _) => {
                let reason = format!("{how:?} {}", end.notes.join(", "));
                Err(SessionError::NoAnswer { shell, reason })
            }
        }
    }

    /// Runs a step, delivers its output to `sink` as it comes, and late output of earlier steps too. Ends the step
    /// when `interrupt` is ready. Bounded by the timeout plus grace plus drain plus two seconds.
    ///
    /// To give a step up, use `interrupt`: if this future is dropped, its processes go on.
    pub async fn run(
        &mut self,
        request: StepRequest<'_>,
        sink: &mut dyn OutputSink,
        interrupt: impl Future<Output = ()>,
    ) -> StepEnd {
        let started = Instant::now();
        let mut end = StepEnd {
            how: How::NotRun(String::new()),
            elapsed: Duration::ZERO,
            notes: Vec::new(),
            left_running: Vec::new(),
        };
        end.how = match refuse_variables(&request, self.last_state()) {
            Some(reason) => How::NotRun(reason),
            None => self.try_twice(&request, sink, pin!(interrupt), &mut end).await,
        };
        end.elapsed = started.elapsed();
        end
    }

    /// Reads late output until it is dropped: to be raced against whatever the caller waits for between two steps.
    /// Without it a background child that prints more than a pipe holds waits for the next step.
    pub async fn listen(&mut self, sink: &mut dyn OutputSink) {
        loop {
            self.streams.pump(sink).await;
        }
    }

    /// Ends the shells; delivers what late output is there already; returns what is still running in the
    /// background. That is not killed, but it will find its output closed.
    pub async fn close(mut self, sink: &mut dyn OutputSink) -> Vec<Process> {
        let Some(connection) = self.connection.take() else {
            self.streams.settle(sink);
            return Vec::new();
        };
        let shells = connection.shells();
        let members = connection.tree().members();
        let grace = self.config.grace;
        select! {
            () = self.listen(sink) => {}
            () = connection.hang_up(grace) => {}
        }
        self.streams.settle(sink);
        let background = members.iter().filter(|entry| !shells.contains(&entry.pid));
        background.filter(|entry| entry.is_alive()).map(Entry::describe).collect()
    }
}

/// What the first step of a session does: it is part of the state that every later one starts from.
fn assignments(assigned: &[(String, String)]) -> String {
    let one = |(name, value): &(String, String)| format!("export {name}={}\n", quote(value.as_bytes()));
    assigned.iter().map(one).collect()
}

struct Discard;

impl OutputSink for Discard {
    fn output(&mut self, _: Stream, _: &[u8]) {}
    fn late(&mut self, _: u64, _: Stream, _: &[u8]) {}
}
