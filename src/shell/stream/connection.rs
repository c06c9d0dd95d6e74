//! The transport's process and its three streams.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{ChildStderr, ChildStdin, ChildStdout};
use tokio::select;

use super::super::config::SessionConfig;
use super::super::process::Process;
use super::super::secret::secret;
use super::greeting::greet;
use super::reader::MarkReader;
use super::transport::{Farewell, Transport};

/// How long a transport that gave no shell may take to end by itself.
const SILENT_LIMIT: Duration = Duration::from_millis(500);

/// A shell behind a transport.
pub(super) struct StreamConnection {
    transport: Transport,
    pub stdin: ChildStdin,
    pub stdout: MarkReader<ChildStdout>,
    pub stderr: MarkReader<ChildStderr>,
    /// The value of `STEPGATE_SESSION` in every process of the session's steps.
    pub marker: String,
    /// What the outer shell prints when the inner one has ended; `None` if there is no inner one.
    pub token: Option<String>,
}

/// There is no shell.
pub(in crate::shell) struct Unreached {
    /// Why, with what the transport said of it.
    pub reason: String,
    /// What is left of the transport.
    pub left: Vec<Process>,
}

impl From<io::Error> for Unreached {
    fn from(error: io::Error) -> Self {
        Self { reason: error.to_string(), left: Vec::new() }
    }
}

impl StreamConnection {
    /// Starts the transport and waits for its shell, at most so long.
    pub async fn open(config: &SessionConfig, limit: Duration) -> Result<Self, Unreached> {
        let marker = config.marker()?;
        let mut transport = Transport::start(config, Stdio::piped())?;
        let closed = || io::Error::other("the command has no standard streams");
        let mut connection = Self {
            stdin: transport.child.stdin.take().ok_or_else(closed)?,
            stdout: MarkReader::new(transport.child.stdout.take().ok_or_else(closed)?),
            stderr: MarkReader::new(transport.child.stderr.take().ok_or_else(closed)?),
            transport,
            marker,
            token: None,
        };
        match greet(&mut connection, config.shell, limit).await {
            Ok(()) => {
                tracing::debug!(pid = connection.pid(), "a shell answers over one connection");
                connection.transport.has_answered();
                Ok(connection)
            }
            Err(silence) => {
                let Farewell { status, left } = connection.end(SILENT_LIMIT).await;
                Err(Unreached { reason: silence.describe(status), left })
            }
        }
    }

    /// The pid of the transport: on this machine without one, that of the outer shell.
    pub fn pid(&self) -> Option<i32> {
        self.transport.pid()
    }

    /// Whether the transport has ended while nobody looked.
    pub fn is_gone(&self) -> bool {
        self.transport.is_gone()
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

    /// Lets the shells end by themselves, at most so long; then the transport and its own are ended.
    pub async fn end(self, limit: Duration) -> Farewell {
        let Self { transport, stdin, .. } = self;
        drop(stdin);
        transport.end(limit).await
    }
}
