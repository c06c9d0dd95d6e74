//! One shell from step to step, behind a transport.

use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::select;
use tokio::time::sleep;

use super::super::config::{SessionConfig, ShellKind};
use super::super::frame::{Secrets, refuse_variables};
use super::super::process::Process;
use super::super::restore::restore;
use super::super::secret::secret;
use super::super::state::State;
use super::super::step::{How, OutputSink, StepEnd, StepRequest, Stream};
use super::connection::StreamConnection;
use super::frame::{Prelude, frame};
use super::posix::PosixState;

/// A shell's state in either dialect.
enum Saved {
    Bash(State),
    Posix(PosixState),
}

/// A session over one connection.
pub(in crate::shell) struct StreamSession {
    config: SessionConfig,
    /// `None` when it ended; the next step opens another.
    connection: Option<StreamConnection>,
    base: Option<Saved>,
    state: Option<Saved>,
    xtrace: bool,
    /// Whether a step has defined a function, as far as its text tells.
    functions: bool,
}

/// What the streams said of a step.
enum Verdict {
    Ended { code: i32, flags: String, dump: Vec<u8> },
    Died { code: i32, begun: bool },
    Refused(String),
    Closed { begun: bool },
}

/// How one try to run a step went.
enum Attempt {
    Verdict(Verdict, String),
    Unsent(String),
    TimedOut,
    Interrupted,
    Withheld,
}

impl StreamSession {
    /// Opens the connection; the first step is the caller's.
    pub async fn open(config: SessionConfig) -> io::Result<Self> {
        let connection = StreamConnection::open(&config).await?;
        let connection = Some(connection);
        Ok(Self { config, connection, base: None, state: None, xtrace: false, functions: false })
    }

    /// What the first step left is what every new shell starts from.
    pub fn settle(&mut self) -> bool {
        self.base = self.state.take();
        self.base.is_some()
    }

    /// Runs a step; see [`super::super::Session::run`].
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
        end.how = match self.refuse(&request) {
            Some(reason) => How::NotRun(reason),
            None => {
                let attempt = self.attempt(&request, sink, pin!(interrupt), &mut end.notes).await;
                self.conclude(attempt, &mut end).await
            }
        };
        self.functions |= defines_function(request.script);
        end.elapsed = started.elapsed();
        end
    }

    /// Ends the shells.
    pub async fn close(mut self) {
        if let Some(connection) = self.connection.take() {
            connection.hang_up(self.config.grace).await;
        }
    }

    fn refuse(&self, request: &StepRequest<'_>) -> Option<String> {
        match self.last() {
            Some(Saved::Bash(state)) => refuse_variables(request, Some(state)),
            Some(Saved::Posix(state)) => refuse_variables(request, None).or_else(|| {
                let names = request.variables.iter().map(|(name, _)| name).chain(request.unset);
                let readonly = names.into_iter().find(|name| state.is_readonly(name));
                readonly.map(|name| format!("`{name}` is readonly since an earlier step, rename one of the two"))
            }),
            None => refuse_variables(request, None),
        }
    }

    fn last(&self) -> Option<&Saved> {
        self.state.as_ref().or(self.base.as_ref())
    }

    async fn attempt(
        &mut self,
        request: &StepRequest<'_>,
        sink: &mut dyn OutputSink,
        interrupt: Pin<&mut impl Future<Output = ()>>,
        notes: &mut Vec<String>,
    ) -> Attempt {
        let mut interrupt = interrupt;
        let prepared = select! { biased;
            () = interrupt.as_mut() => return Attempt::Withheld,
            () = sleep(request.timeout) => return Attempt::Unsent("no connection in the step's time".to_owned()),
            prepared = self.prepare(request, notes) => prepared,
        };
        let (bytes, secrets) = match prepared {
            Ok(prepared) => prepared,
            Err(error) => return Attempt::Unsent(error.to_string()),
        };
        let Some(connection) = &mut self.connection else {
            return Attempt::Unsent("there is no connection".to_owned());
        };
        let mut sent = 0;
        select! { biased;
            () = interrupt.as_mut() => {}
            () = sleep(request.timeout) => return Attempt::TimedOut,
            verdict = exchange(connection, &bytes, &secrets, request.combined, sink, &mut sent) => {
                return Attempt::Verdict(verdict, secrets.nonce);
            }
        }
        if sent == 0 { Attempt::Withheld } else { Attempt::Interrupted }
    }

    /// Everything that is to be sent, with a new connection and a new shell if there is none.
    async fn prepare(&mut self, request: &StepRequest<'_>, notes: &mut Vec<String>) -> io::Result<(Vec<u8>, Secrets)> {
        if self.connection.is_none() {
            self.connection = Some(StreamConnection::open(&self.config).await?);
        }
        let fresh = self.connection.as_ref().is_none_or(|connection| connection.token.is_none());
        let known = self.last();
        let restored = match (&self.base, known) {
            (Some(Saved::Bash(base)), Some(Saved::Bash(now))) if fresh => Some(restore(now, base)),
            (Some(_), Some(Saved::Posix(now))) if fresh => Some(now.restore()),
            _ => None,
        };
        if restored.is_some() && self.functions && self.config.shell == ShellKind::Sh {
            notes.push(
                "functions that earlier steps defined are gone: an `sh` cannot list them, so a new one lacks them"
                    .into(),
            );
        }
        let secrets = Secrets { begin: secret()?, nonce: secret()? };
        let state = match known {
            Some(Saved::Bash(state)) => Some(state),
            _ => None,
        };
        let bare = restored.is_some();
        let prelude =
            Prelude { shell: self.config.shell, secrets: &secrets, restore: restored, state, xtrace: self.xtrace };
        let frame =
            frame(request, &prelude).ok_or_else(|| io::Error::other("the script and the state are over 100 MB"))?;
        let connection = self.connection.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        let start = connection.start_line(bare)?;
        Ok(([start.into_bytes(), frame].concat(), secrets))
    }

    async fn conclude(&mut self, attempt: Attempt, end: &mut StepEnd) -> How {
        match attempt {
            Attempt::Verdict(verdict, nonce) => self.judge(verdict, &nonce, end).await,
            Attempt::Unsent(why) => How::NotRun(format!("cannot reach a shell: {why}")),
            Attempt::Withheld => {
                self.drop_connection().await;
                How::NotRun("a signal came before it was sent".into())
            }
            Attempt::TimedOut => {
                self.end_step(end).await;
                How::TimedOut
            }
            Attempt::Interrupted => {
                self.end_step(end).await;
                How::Interrupted
            }
        }
    }

    async fn judge(&mut self, verdict: Verdict, nonce: &str, end: &mut StepEnd) -> How {
        if !matches!(verdict, Verdict::Ended { .. })
            && let Some(connection) = &mut self.connection
        {
            connection.token = None;
        }
        match verdict {
            Verdict::Ended { code, flags, dump } => {
                self.xtrace = flags.contains('x');
                match self.parse(&dump, nonce) {
                    Some(state) => self.state = Some(state),
                    None => end.notes.push(
                        "the shell's state after this step cannot be read; should the shell end, the state from before it comes back".into(),
                    ),
                }
                How::Exited(code)
            }
            Verdict::Died { code, begun: true } => How::Exited(code),
            Verdict::Died { code, begun: false } => {
                How::NotRun(format!("the shell ended with {code} before the step began"))
            }
            Verdict::Refused(word) => How::NotRun(match word.as_str() {
                "directory" => "the session's directory is gone".to_owned(),
                "variable" => "a variable of the step cannot be set in this shell".to_owned(),
                "restore" => "the state from before the last step cannot be restored".to_owned(),
                word => format!("the shell did not get through the preparation of the step ({word})"),
            }),
            Verdict::Closed { begun } => {
                let words = match self.connection.take() {
                    Some(connection) => connection.end_words().await,
                    None => "its connection ended".to_owned(),
                };
                if begun { How::Disconnected(words) } else { How::NotRun(words) }
            }
        }
    }

    fn parse(&self, dump: &[u8], nonce: &str) -> Option<Saved> {
        match self.config.shell {
            ShellKind::Bash => State::parse(dump, nonce).ok().map(Saved::Bash),
            ShellKind::Sh => PosixState::parse(dump, nonce).map(Saved::Posix),
        }
    }

    /// Ends a step that goes on: a second connection does it, and this one is given up, since nobody knows what is
    /// still on its way.
    async fn end_step(&mut self, end: &mut StepEnd) {
        let Some(connection) = self.connection.take() else { return };
        match super::kill::end(&self.config, &connection.marker).await {
            Ok(left) => {
                if !left.is_empty() {
                    end.notes.push("some of its processes could not be ended".into());
                }
                end.left_running.extend::<Vec<Process>>(left);
            }
            Err(why) => end.notes.push(format!("it may still run on its target: {why}")),
        }
        connection.hang_up(Duration::from_secs(1)).await;
    }

    async fn drop_connection(&mut self) {
        if let Some(connection) = self.connection.take() {
            connection.hang_up(Duration::from_secs(1)).await;
        }
    }
}

/// Sends a frame, delivers output as it comes, and waits for the verdict. Has no bound of its own.
async fn exchange(
    connection: &mut StreamConnection,
    frame: &[u8],
    secrets: &Secrets,
    combined: bool,
    sink: &mut dyn OutputSink,
    sent: &mut usize,
) -> Verdict {
    let token = connection.token.clone().unwrap_or_default();
    let expected = [secrets.nonce.as_str(), token.as_str(), secrets.begin.as_str()];
    let last = format!("\u{1e}{}.\u{1e}", secrets.nonce);
    let errors = if combined { Stream::Stdout } else { Stream::Stderr };
    let (mut begun, mut ended, mut other) = (false, None, false);
    loop {
        while ended.is_none()
            && let Some(mark) = connection.stdout.take(&expected, &mut |bytes| sink.output(Stream::Stdout, bytes))
        {
            match mark.secret {
                0 => ended = Some(mark.payload),
                1 => {
                    let code = mark.payload.parse().unwrap_or(-1);
                    // The mark on the other stream may have been seen already.
                    while !other {
                        other =
                            connection.stderr.take(&expected[..2], &mut |bytes| sink.output(errors, bytes)).is_some()
                                || connection.stderr.ended
                                || connection.stderr.read().await.is_err();
                    }
                    return Verdict::Died { code, begun };
                }
                _ => begun = true,
            }
        }
        while !other && connection.stderr.take(&expected[..2], &mut |bytes| sink.output(errors, bytes)).is_some() {
            other = true;
        }
        if let (Some(payload), true) = (&ended, other) {
            let Some((code, flags)) = read_end(payload) else {
                return Verdict::Refused(payload.trim_start_matches(['!', ' ']).to_owned());
            };
            match connection.stdout.take_until(last.as_bytes()) {
                Ok(Some(dump)) => return Verdict::Ended { code, flags, dump },
                Ok(None) => {}
                Err(_) => return Verdict::Closed { begun },
            }
        }
        if connection.stdout.ended {
            return Verdict::Closed { begun };
        }
        select! {
            written = connection.stdin.write(&frame[*sent..]), if *sent < frame.len() => match written {
                Ok(length) => *sent += length,
                Err(_) => *sent = frame.len(),
            },
            read = connection.stdout.read() => if read.is_err() { return Verdict::Closed { begun } },
            read = connection.stderr.read() => if read.is_err() { return Verdict::Closed { begun } },
        }
    }
}

/// Reads `CODE PID FLAGS`.
fn read_end(payload: &str) -> Option<(i32, String)> {
    let mut words = payload.split(' ');
    let code = words.next()?.parse().ok()?;
    Some((code, words.skip(1).collect()))
}

/// Whether a script reads as if it defined a function.
fn defines_function(script: &str) -> bool {
    script.lines().any(|line| {
        let line = line.trim_start();
        let name = line.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(line.len());
        name > 0 && line[name..].trim_start().starts_with("()")
    })
}
