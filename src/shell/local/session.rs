//! A session on this machine in bash: one shell from step to step.

use std::collections::BTreeMap;
use std::future::{Future, pending};
use std::pin::pin;
use std::time::{Duration, Instant};

use tokio::select;
use tokio::time::timeout;

use super::super::config::SessionConfig;
use super::super::process::{Entry, Process};
use super::super::session::SessionError;
use super::super::state::{Base, Carried, Kept, Saved, refuse};
use super::super::step::{How, OutputSink, StepEnd, StepRequest};
use super::connection::Connection;
use super::streams::Streams;
use super::unread::Unread;
use crate::session_state::SessionState;

/// A local bash that runs one step after another and keeps its state whatever a step does to it.
pub(in crate::shell) struct LocalSession {
    pub(super) config: SessionConfig,
    /// None after a step was ended by force; the next one opens another.
    pub(super) connection: Option<Connection>,
    pub(super) streams: Streams,
    pub(super) base: Option<Base>,
    /// After the last step that left a shell, as far as it was read.
    pub(super) state: Option<Saved>,
    /// What the shell prints, or has printed, since the last step.
    pub(super) unread: Option<Unread>,
    /// What the last step left on.
    pub(super) carried: Carried,
    /// The shell holds something else than `state`, and nobody knows what.
    pub(super) torn: bool,
    /// For the end of the next step.
    notes: Vec<String>,
}

impl LocalSession {
    /// Starts the shell; the first step is the caller's.
    pub fn open(config: SessionConfig) -> Result<Self, SessionError> {
        let spawn = |source| SessionError::Spawn {
            shell: config.shell.program().to_owned(),
            directory: config.directory.display().to_string(),
            source,
        };
        let connection = Some(Connection::open(&config).map_err(spawn)?);
        let streams = Streams::new().map_err(SessionError::Streams)?;
        let carried = Carried::default();
        Ok(Self {
            config,
            connection,
            streams,
            base: None,
            state: None,
            unread: None,
            carried,
            torn: false,
            notes: Vec::new(),
        })
    }

    /// What the first step left is what every new shell starts from, `functions` what it printed; it is waited for at most so long.
    pub async fn settle(&mut self, functions: Vec<u8>, limit: Duration) -> bool {
        self.catch_up(limit, pin!(pending()), &mut Vec::new()).await;
        self.base = self.state.take().map(|state| Base { state, functions });
        self.base.is_some()
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
        let mut interrupt = pin!(interrupt);
        let mut end = StepEnd {
            how: How::NotRun(String::new()),
            elapsed: Duration::ZERO,
            notes: std::mem::take(&mut self.notes),
            left_running: Vec::new(),
        };
        end.how = match self.catch_up(request.timeout, interrupt.as_mut(), &mut end.notes).await {
            Some(why) => self.withhold(&request, why, sink, &mut end).await,
            None => {
                let timeout = request.timeout.saturating_sub(started.elapsed());
                let request = StepRequest { timeout, ..request };
                match refuse(&request, self.last_state()) {
                    Some(reason) => How::NotRun(reason),
                    None => self.try_twice(&request, sink, interrupt, &mut end).await,
                }
            }
        };
        end.elapsed = started.elapsed();
        end
    }

    /// What the shell holds now; see [`super::super::Session::portable`].
    pub async fn portable(&mut self, kept: &Kept<'_>, limit: Duration) -> Option<SessionState> {
        let mut notes = Vec::new();
        let known = timeout(limit, self.read_ahead(&mut notes)).await;
        self.notes.append(&mut notes);
        let fresh = self.connection.as_ref().is_none_or(|connection| connection.inner.is_none());
        if known.is_err() || (self.torn && !fresh) {
            return None;
        }
        self.last_state()?.portable(self.base.as_ref()?, self.carried, kept)
    }

    /// Makes the next shell one that has this state. The one that waits has ended.
    pub fn adopt(&mut self, state: &SessionState, values: &BTreeMap<String, String>) -> Result<(), String> {
        let base = self.base.as_ref().ok_or("the session has not started")?;
        let (state, carried) = Saved::resumed(base, state, values)?;
        (self.state, self.carried, self.torn) = (Some(state), carried, false);
        Ok(())
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
