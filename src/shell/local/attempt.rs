//! One try of one step, and the order that is restored after it.

use std::cell::Cell;
use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::time::Duration;

use tokio::select;
use tokio::time::{sleep, timeout};

use super::super::config::ShellKind;
use super::super::frame::{Before, Secrets};
use super::super::process::{Process, holders};
use super::super::refusal::refusal;
use super::super::secret::secret;
use super::super::state::{Carried, Saved};
use super::super::step::{How, OutputSink, StepEnd, StepRequest};
use super::connection::Connection;
use super::exchange::{Verdict, exchange};
use super::frame::frame;
use super::session::LocalSession;
use super::unread::SHELL_HAD_ENDED;

/// How long a verdict that lies ready is read when the time is over: we may have been stopped ourselves (^Z) while the
/// step went on and ended in time.
const LAST_WORD: Duration = Duration::from_millis(20);

/// How one try to run a step went.
enum Attempt {
    Verdict(Verdict),
    /// Nothing was sent.
    Unsent(io::Error),
    TimedOut,
    Interrupted,
    /// Nothing was sent, for this reason.
    Withheld(&'static str),
}

impl LocalSession {
    /// What a new shell has to be given.
    pub(super) fn last_state(&self) -> Option<&Saved> {
        self.state.as_ref().or(self.base.as_ref().map(|base| &base.state))
    }

    /// Runs a step. A shell that ended while nothing ran has run nothing of it, so it may be tried a second time.
    pub(super) async fn try_twice(
        &mut self,
        request: &StepRequest<'_>,
        sink: &mut dyn OutputSink,
        mut interrupt: Pin<&mut impl Future<Output = ()>>,
        end: &mut StepEnd,
    ) -> How {
        let idle = self.connection.as_ref().is_some_and(|connection| connection.inner.is_some());
        let mut attempt = self.attempt(request, sink, interrupt.as_mut()).await;
        if let Attempt::Verdict(Verdict::Died { begun: false, .. } | Verdict::Closed { begun: false }) = attempt
            && idle
        {
            self.conclude(request, attempt, sink, end).await;
            end.left_running.clear();
            end.notes.push(SHELL_HAD_ENDED.to_owned());
            attempt = self.attempt(request, sink, interrupt).await;
        }
        self.conclude(request, attempt, sink, end).await
    }

    /// Sends nothing of a step, for this reason.
    pub(super) async fn withhold(
        &mut self,
        request: &StepRequest<'_>,
        why: &'static str,
        sink: &mut dyn OutputSink,
        end: &mut StepEnd,
    ) -> How {
        self.conclude(request, Attempt::Withheld(why), sink, end).await
    }

    async fn attempt(
        &mut self,
        request: &StepRequest<'_>,
        sink: &mut dyn OutputSink,
        interrupt: Pin<&mut impl Future<Output = ()>>,
    ) -> Attempt {
        let (frame, secrets) = match self.prepare(request) {
            Ok(prepared) => prepared,
            Err(error) => return Attempt::Unsent(error),
        };
        let Self { connection: Some(connection), streams, .. } = self else {
            return Attempt::Unsent(io::ErrorKind::NotConnected.into());
        };
        let sent = Cell::new(0);
        let mut exchange = pin!(exchange(connection, &frame, &secrets, streams, sink, &sent));
        // The bounds come first: output that never pauses must not keep them from being looked at.
        select! { biased;
            () = interrupt => match sent.get() {
                0 => Attempt::Withheld("a signal came before it was sent"),
                _ => Attempt::Interrupted,
            },
            () = sleep(request.timeout) => match sent.get() {
                0 => Attempt::Withheld("its time was over before it was sent"),
                _ => match timeout(LAST_WORD, exchange).await {
                Ok(verdict) => Attempt::Verdict(verdict),
                Err(_) => Attempt::TimedOut,
                },
            },
            verdict = &mut exchange => Attempt::Verdict(verdict),
        }
    }

    /// Everything that is to be sent, with a new shell and a new connection if there is none.
    fn prepare(&mut self, request: &StepRequest<'_>) -> io::Result<(Vec<u8>, Secrets)> {
        if self.connection.is_none() {
            self.connection = Some(Connection::open(&self.config)?);
        }
        let fresh = self.connection.as_ref().is_none_or(|connection| connection.inner.is_none());
        let secrets = Secrets { begin: secret()?, nonce: secret()? };
        let paths = self.streams.open(request)?;
        let known = self.last_state();
        let restore = match (&self.base, known) {
            (Some(base), Some(now)) if fresh => Some(now.restore(base)),
            _ => None,
        };
        let bare = restore.is_some();
        let before = Before { shell: ShellKind::Bash, restore, state: known, carried: self.carried };
        let frame = frame(request, &before, &paths, &secrets, fresh)
            .ok_or_else(|| io::Error::other("the script and the state are over 100 MB"))?;
        let connection = self.connection.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        let start = connection.start_line(bare)?;
        Ok(([start.into_bytes(), frame].concat(), secrets))
    }

    /// Brings session and streams into order after an attempt, whatever came of it.
    async fn conclude(
        &mut self,
        request: &StepRequest<'_>,
        attempt: Attempt,
        sink: &mut dyn OutputSink,
        end: &mut StepEnd,
    ) -> How {
        let (how, survivors) = match attempt {
            Attempt::Verdict(verdict) => self.judge(request, verdict, end).await,
            Attempt::Unsent(error) => (How::NotRun(format!("it cannot be sent: {error}")), None),
            Attempt::TimedOut => (How::TimedOut, Some(self.end_connection().await)),
            Attempt::Withheld(why) => {
                self.end_connection().await;
                (How::NotRun(why.into()), None)
            }
            Attempt::Interrupted => (How::Interrupted, Some(self.end_connection().await)),
        };
        self.streams.release();
        self.streams.settle(sink);
        if survivors.is_some() {
            self.streams.drain(self.config.drain, sink).await;
        }
        let shells = self.connection.as_ref().map(Connection::shells).unwrap_or_default();
        end.left_running = survivors.unwrap_or_default();
        for holder in holders(&self.streams.retire(), &shells) {
            if !end.left_running.contains(&holder) {
                end.left_running.push(holder);
            }
        }
        how
    }

    /// What a verdict means for the session. The processes are the survivors if the connection had to be ended.
    async fn judge(
        &mut self,
        request: &StepRequest<'_>,
        verdict: Verdict,
        end: &mut StepEnd,
    ) -> (How, Option<Vec<Process>>) {
        if !matches!(verdict, Verdict::Ended { .. })
            && let Some(connection) = &mut self.connection
        {
            connection.inner = None;
        }
        match verdict {
            Verdict::Ended { code, flags, nonce } => {
                if request.interpreter.is_none() {
                    self.carried = Carried::of(&flags);
                }
                self.expect_state(nonce, &mut end.notes);
                (How::Exited(code), None)
            }
            Verdict::Died { code, begun: true } => (How::Exited(code), None),
            Verdict::Died { code, begun: false } => {
                (How::NotRun(format!("the shell ended with {code} before the step began")), None)
            }
            Verdict::Refused(word) => (How::NotRun(refusal(&word, self.last_state())), None),
            Verdict::Closed { begun } => {
                let reason = "the session's outer shell ended, which a step can only do on purpose";
                let how = if begun { How::Lost } else { How::NotRun };
                (how(reason.into()), Some(self.end_connection().await))
            }
        }
    }

    async fn end_connection(&mut self) -> Vec<Process> {
        match self.connection.take() {
            Some(connection) => connection.end(&self.config).await,
            None => Vec::new(),
        }
    }
}
