//! The transport's process and its three streams.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::select;
use tokio::time::timeout;

use super::super::config::SessionConfig;
use super::super::local::{detach, end_child};
use super::super::secret::secret;
use super::greeting::greet;
use super::reader::MarkReader;

/// A shell behind a transport.
pub(super) struct StreamConnection {
    child: Child,
    pub stdin: ChildStdin,
    pub stdout: MarkReader<ChildStdout>,
    pub stderr: MarkReader<ChildStderr>,
    /// The value of `STEPGATE_SESSION` in every process of the session's steps.
    pub marker: String,
    /// What the outer shell prints when the inner one has ended; `None` if there is no inner one.
    pub token: Option<String>,
}

impl StreamConnection {
    /// Starts the transport and waits for its shell.
    ///
    /// # Errors
    ///
    /// In plain words, with what the transport said of it.
    pub async fn open(config: &SessionConfig) -> io::Result<Self> {
        let mut child = spawn(config, Stdio::piped())?;
        let closed = || io::Error::other("the command has no standard streams");
        let mut connection = Self {
            stdin: child.stdin.take().ok_or_else(closed)?,
            stdout: MarkReader::new(child.stdout.take().ok_or_else(closed)?),
            stderr: MarkReader::new(child.stderr.take().ok_or_else(closed)?),
            child,
            marker: secret()?,
            token: None,
        };
        match greet(&mut connection, config.shell).await {
            Ok(()) => {
                tracing::debug!(pid = connection.pid(), "a shell answers over one connection");
                Ok(connection)
            }
            Err(silence) => {
                let status = connection.end(Duration::from_millis(500)).await;
                Err(io::Error::other(silence.describe(status)))
            }
        }
    }

    /// The pid of the transport: on this machine without one, that of the outer shell.
    pub fn pid(&self) -> Option<i32> {
        self.child.id().and_then(|pid| i32::try_from(pid).ok())
    }

    /// Whether the transport has ended while nobody looked.
    pub fn is_gone(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits for the end of its output, and drops what comes until then.
    pub async fn await_end(&mut self) {
        while !self.stdout.ended {
            let read = select! {
                read = self.stdout.read() => read,
                read = self.stderr.read() => read,
            };
            if read.is_err() {
                return;
            }
            self.stdout.take(&[], &mut |_| {});
            self.stderr.take(&[], &mut |_| {});
        }
    }

    /// The line that starts an inner shell, unless there is one, and what the outer one will say of its end. With a
    /// state to restore it starts without any environment: what a step unset must not come back.
    pub fn start_line(&self, bare: bool) -> io::Result<Option<(String, String)>> {
        if self.token.is_some() {
            return Ok(None);
        }
        let token = secret()?;
        let verb = if bare { "@clean" } else { "@go" };
        // The first newline ends what is left of a frame whose shell died.
        Ok(Some((format!("\n{verb} {token} {}\n", self.marker), token)))
    }

    /// Lets the shells end by themselves, at most so long, and says how the transport ended.
    pub async fn end(self, limit: Duration) -> Option<ExitStatus> {
        let Self { mut child, stdin, .. } = self;
        drop(stdin);
        let status = timeout(limit, child.wait()).await;
        match status {
            Ok(Ok(status)) => Some(status),
            _ => {
                end_child(child, Duration::ZERO).await;
                None
            }
        }
    }
}

/// Starts the command of a target with its shell behind it, away from any terminal.
pub(super) fn spawn(config: &SessionConfig, errors: Stdio) -> io::Result<Child> {
    let words = config.prefix.iter().map(String::as_str).chain([config.shell.program()]);
    let words: Vec<&str> = words.collect();
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).current_dir(&config.directory);
    command.env_clear().envs(config.environment.iter().map(|(name, value)| (name, value)));
    command.env_remove("BASH_ENV").env_remove("ENV");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors).kill_on_drop(true);
    detach(&mut command);
    command.spawn().map_err(|error| io::Error::other(format!("`{}` cannot be started: {error}", words[0])))
}
