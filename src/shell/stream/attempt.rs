//! One try of one step over a connection, and the order that is restored after it.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::time::Duration;

use tokio::select;
use tokio::time::{Instant, sleep_until, timeout};

use super::super::frame::{Before, Secrets};
use super::super::process::Process;
use super::super::refusal::refusal;
use super::super::secret::secret;
use super::super::session::START_LIMIT;
use super::super::state::{Carried, Saved};
use super::super::step::{How, OutputSink, StepEnd, StepRequest};
use super::connection::{StreamConnection, Unreached};
use super::ending::{end_processes, end_step};
use super::exchange::{Exchange, Verdict};
use super::frame::frame;
use super::greeting::ended;
use super::session::StreamSession;
use super::transport::Farewell;

/// How long a verdict that lies ready is read when the time is over: we may have been stopped ourselves (^Z) while the
/// step went on and ended in time.
const LAST_WORD: Duration = Duration::from_millis(20);
/// How long a shell that refused a step may take to end.
const DEATH_LIMIT: Duration = Duration::from_secs(2);
/// How long a transport may take to end once its output has.
const END_LIMIT: Duration = Duration::from_secs(1);

/// How one try went.
enum Tried {
    How(How),
    /// Nothing of it was run, since the shell or the connection had ended before; this note is for the next try.
    Again(&'static str),
}

/// What is to be sent, and the secrets in it.
struct Prepared {
    bytes: Vec<u8>,
    secrets: Secrets,
    token: String,
    fresh: bool,
}

/// How the wait for a verdict ended.
enum Waited {
    Verdict(Verdict),
    TimedOut,
    Interrupted,
}

impl StreamSession {
    /// Runs a step. A shell or connection that ended while nothing ran has run nothing of it, so it may be tried a
    /// second time.
    pub(super) async fn try_twice(
        &mut self,
        request: &StepRequest<'_>,
        sink: &mut dyn OutputSink,
        mut interrupt: Pin<&mut impl Future<Output = ()>>,
        end: &mut StepEnd,
    ) -> How {
        let deadline = Instant::now() + request.timeout;
        for _ in 0..2 {
            match self.attempt(request, sink, interrupt.as_mut(), end, deadline).await {
                Tried::How(how) => return how,
                Tried::Again(note) => end.notes.push(note.to_owned()),
            }
        }
        How::NotRun("its shell ended twice before it began".to_owned())
    }

    async fn attempt(
        &mut self,
        request: &StepRequest<'_>,
        sink: &mut dyn OutputSink,
        mut interrupt: Pin<&mut impl Future<Output = ()>>,
        end: &mut StepEnd,
        deadline: Instant,
    ) -> Tried {
        let prepared = select! { biased;
            () = interrupt.as_mut() => return Tried::How(withheld()),
            prepared = self.prepare(request, end, deadline) => prepared,
        };
        let prepared = match prepared {
            Ok(prepared) => prepared,
            Err(Unreached { reason, left }) => {
                end.left_running.extend(left);
                return Tried::How(How::NotRun(format!("it cannot be sent: {reason}")));
            }
        };
        let Some(connection) = &mut self.connection else {
            return Tried::How(How::NotRun("there is no connection".to_owned()));
        };
        let Prepared { bytes, secrets, token, .. } = &prepared;
        let mut exchange = Exchange::new(bytes, secrets, token, request.combined);
        let waited = wait(connection, &mut exchange, sink, interrupt, deadline).await;
        if exchange.is_sent() {
            connection.token = Some(token.clone());
        }
        match waited {
            Waited::Verdict(verdict) => self.judge(request, verdict, &mut exchange, &prepared, sink, end).await,
            Waited::Interrupted if !exchange.is_sent() => Tried::How(withheld()),
            Waited::TimedOut if !exchange.is_sent() => {
                Tried::How(How::NotRun("its time was over before it was sent".into()))
            }
            Waited::Interrupted => Tried::How(self.give_up(How::Interrupted, &mut exchange, sink, end).await),
            Waited::TimedOut => Tried::How(self.give_up(How::TimedOut, &mut exchange, sink, end).await),
        }
    }

    /// Everything that is to be sent, with a new connection and a new shell if there is none.
    async fn prepare(
        &mut self,
        request: &StepRequest<'_>,
        end: &mut StepEnd,
        deadline: Instant,
    ) -> Result<Prepared, Unreached> {
        if self.connection.as_ref().is_some_and(StreamConnection::is_gone) {
            self.hang_up(end).await;
            end.notes.push("its connection had ended since the last step, so another one was opened".into());
        }
        if self.connection.is_none() {
            let limit = deadline.saturating_duration_since(Instant::now()).min(START_LIMIT);
            self.connection = Some(StreamConnection::open(&self.config, limit).await?);
        }
        let connection = self.connection.as_ref().ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected))?;
        let fresh = connection.token.is_none();
        let known = self.last_state();
        let restore = match (&self.base, known) {
            (Some(base), Some(now)) if fresh => Some(now.restore(base)),
            _ => None,
        };
        let start = connection.start_line(restore.is_some())?;
        let secrets = Secrets { begin: secret()?, nonce: secret()? };
        let before = Before { shell: self.config.shell, restore, state: known, carried: self.carried };
        let frame = frame(request, &before, &secrets, &connection.marker)
            .ok_or_else(|| io::Error::other("the script and the state are over 100 MB"))?;
        let restored = before.restore.is_some();
        let (line, token) = start.unwrap_or_else(|| (String::new(), connection.token.clone().unwrap_or_default()));
        if restored && std::mem::take(&mut self.functions) {
            end.notes.push(
                "the `sh` was started again, and functions that earlier steps defined are gone: an `sh` cannot list them"
                    .into(),
            );
        }
        Ok(Prepared { bytes: [line.into_bytes(), frame].concat(), secrets, token, fresh })
    }

    /// What a verdict means for the session.
    async fn judge(
        &mut self,
        request: &StepRequest<'_>,
        verdict: Verdict,
        exchange: &mut Exchange<'_>,
        prepared: &Prepared,
        sink: &mut dyn OutputSink,
        end: &mut StepEnd,
    ) -> Tried {
        Tried::How(match verdict {
            Verdict::Ended { code, flags, dump, alive } => {
                self.keep(request, &flags, dump.as_deref(), &prepared.secrets.nonce, end);
                if !alive {
                    self.bury(exchange, sink, end).await;
                }
                How::Exited(code)
            }
            Verdict::Died { code, begun } => {
                self.forget_shell();
                match (begun, prepared.fresh) {
                    (true, _) => How::Exited(code),
                    (false, true) => How::NotRun(format!("the shell ended with {code} before the step began")),
                    (false, false) => {
                        return Tried::Again(
                            "the session's shell had ended since the last step, so a new one was given its state",
                        );
                    }
                }
            }
            Verdict::Refused(word) => {
                self.bury(exchange, sink, end).await;
                How::NotRun(refusal(&word, self.last_state()))
            }
            Verdict::Closed if !exchange.may_have_begun() && !prepared.fresh => {
                self.hang_up(end).await;
                return Tried::Again("its connection had ended since the last step, so another one was opened");
            }
            Verdict::Closed => self.lost(exchange, end).await,
        })
    }

    /// Keeps the state that a step left.
    fn keep(&mut self, request: &StepRequest<'_>, flags: &str, dump: Option<&[u8]>, nonce: &str, end: &mut StepEnd) {
        if request.interpreter.is_none() {
            self.carried = Carried::of(flags);
        }
        self.remember_functions(request);
        let parsed = match dump {
            Some(dump) => Saved::parse(self.config.shell, dump, nonce, flags),
            None => Err("its dump is torn".to_owned()),
        };
        self.torn = parsed.is_err();
        match parsed {
            Ok(state) => self.state = Some(state),
            Err(reason) => end.notes.push(format!(
                "the shell's state after this step cannot be read ({reason}); should the shell end, the state from before it comes back"
            )),
        }
    }

    /// The step was begun and goes on: it is ended, and the session keeps its connection if that stands.
    async fn give_up(
        &mut self,
        how: How,
        exchange: &mut Exchange<'_>,
        sink: &mut dyn OutputSink,
        end: &mut StepEnd,
    ) -> How {
        let Some(connection) = &mut self.connection else { return how };
        let ending = end_step(&self.config, connection, exchange, sink).await;
        match ending.stands {
            true => self.forget_shell(),
            false => self.hang_up(end).await,
        }
        match ending.left {
            Ok(left) => {
                end.left_running.extend(left);
                how
            }
            Err(why) => {
                let what = if how == How::TimedOut { "its time was over" } else { "it was to be ended" };
                How::Lost(format!(
                    "{what}, and nobody knows whether it ended: it may still run on its target, for {why}"
                ))
            }
        }
    }

    /// The connection ended under a step. On this machine that was its shell, and the rest of it is ended, too.
    async fn lost(&mut self, exchange: &Exchange<'_>, end: &mut StepEnd) -> How {
        let Some(connection) = self.connection.take() else {
            return How::Lost("there is no connection".to_owned());
        };
        if self.config.prefix.is_empty() {
            end.left_running =
                end_processes(&self.config, connection.pid(), &connection.marker).await.unwrap_or_default();
            end.left_running.extend(connection.end(END_LIMIT).await.left);
            let reason = "the session's outer shell ended, which a step can only do on purpose".to_owned();
            return if exchange.may_have_begun() { How::Lost(reason) } else { How::NotRun(reason) };
        }
        let (words, left) = self.how_it_ended(connection).await;
        end.left_running.extend(left);
        match () {
            () if exchange.has_begun() => How::Disconnected(format!("{words} after the step had begun")),
            // Not even a step that takes its connection away did so if it never began.
            () if exchange.may_have_begun() => {
                How::Lost(format!("{words} after the step was sent, and nobody knows whether it began"))
            }
            () => How::NotRun(format!("{words} before the step was sent")),
        }
    }

    /// How a transport ended, in words, and who is left of it. It is given a moment to end.
    pub(super) async fn how_it_ended(&self, connection: StreamConnection) -> (String, Vec<Process>) {
        let Farewell { status, left } = connection.end(END_LIMIT).await;
        let with = status.map(|status| format!(" with {}", ended(status))).unwrap_or_default();
        (format!("its connection ended{with}"), left)
    }

    /// Waits for the end of a shell that has said its last word.
    async fn bury(&mut self, exchange: &mut Exchange<'_>, sink: &mut dyn OutputSink, end: &mut StepEnd) {
        let Some(connection) = &mut self.connection else { return };
        match timeout(DEATH_LIMIT, exchange.death(connection, sink)).await {
            Ok(true) => self.forget_shell(),
            _ => self.hang_up(end).await,
        }
    }

    fn forget_shell(&mut self) {
        if let Some(connection) = &mut self.connection {
            connection.token = None;
        }
    }

    async fn hang_up(&mut self, end: &mut StepEnd) {
        if let Some(connection) = self.connection.take() {
            end.left_running.extend(connection.end(END_LIMIT).await.left);
        }
    }
}

fn withheld() -> How {
    How::NotRun("a signal came before it was sent".into())
}

/// The bounds come first: output that never pauses must not keep them from being looked at.
async fn wait(
    connection: &mut StreamConnection,
    exchange: &mut Exchange<'_>,
    sink: &mut dyn OutputSink,
    interrupt: Pin<&mut impl Future<Output = ()>>,
    deadline: Instant,
) -> Waited {
    select! { biased;
        () = interrupt => return Waited::Interrupted,
        () = sleep_until(deadline) => {}
        verdict = exchange.verdict(connection, sink) => return Waited::Verdict(verdict),
    }
    if !exchange.is_sent() {
        return Waited::TimedOut;
    }
    match timeout(LAST_WORD, exchange.verdict(connection, sink)).await {
        Ok(verdict) => Waited::Verdict(verdict),
        Err(_) => Waited::TimedOut,
    }
}
