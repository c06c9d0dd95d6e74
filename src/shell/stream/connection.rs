//! The transport's process and its three streams.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::select;
use tokio::time::timeout;

use super::super::config::{SessionConfig, ShellKind};
use super::super::connection::detach;
use super::super::driver::{STREAM_BASH, STREAM_OUTER, STREAM_SH};
use super::super::secret::secret;
use super::reader::MarkReader;

/// How long a transport may take until its shell answers.
const HELLO_LIMIT: Duration = Duration::from_secs(30);
/// How much is kept of what a transport says before that, in bytes.
const BANNER: usize = 4096;
/// What can be done where a transport wanted to ask.
const NO_TERMINAL: &str =
    "stepgate has no terminal for it: connect once by hand with a shared connection, use an agent, or `sudo -n`";

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
    pub async fn open(config: &SessionConfig) -> io::Result<Self> {
        let mut child = spawn(config)?;
        let closed = || io::Error::other("the transport has no standard streams");
        let mut connection = Self {
            stdin: child.stdin.take().ok_or_else(closed)?,
            stdout: MarkReader::new(child.stdout.take().ok_or_else(closed)?),
            stderr: MarkReader::new(child.stderr.take().ok_or_else(closed)?),
            child,
            marker: secret()?,
            token: None,
        };
        let mut banner = Vec::new();
        match timeout(HELLO_LIMIT, connection.greet(config.shell, &mut banner)).await {
            Ok(Ok(())) => Ok(connection),
            Ok(Err(error)) => Err(connection.silence(&error.to_string(), &banner).await),
            Err(_) => Err(connection.silence(&format!("no answer in {} s", HELLO_LIMIT.as_secs()), &banner).await),
        }
    }

    /// Sends the driver; what comes before its hello is the transport's or a login shell's, and nobody's output.
    async fn greet(&mut self, shell: ShellKind, banner: &mut Vec<u8>) -> io::Result<()> {
        let hello = secret()?;
        // Whoever has closed its input will be heard of on its output.
        _ = self.stdin.write_all(boot(shell, &hello).as_bytes()).await;
        let (mut out, mut err) = (false, false);
        while !(out && err) {
            select! {
                read = self.stdout.read(), if !out => read?,
                read = self.stderr.read(), if !err => read?,
            }
            let mut keep = |bytes: &[u8]| banner.extend(bytes.iter().take(BANNER.saturating_sub(banner.len())));
            out |= self.stdout.take(&[&hello], &mut keep).is_some();
            err |= self.stderr.take(&[&hello], &mut keep).is_some();
            if self.stdout.ended && !out {
                // The last words of a transport that could not connect.
                while !self.stderr.ended {
                    self.stderr.read().await?;
                }
                self.stderr.take(&[&hello], &mut keep);
                return Err(io::Error::other("no shell answers"));
            }
        }
        Ok(())
    }

    /// Why there is no shell, with what the transport said of it.
    async fn silence(mut self, why: &str, banner: &[u8]) -> io::Error {
        let status = timeout(Duration::from_secs(1), self.child.wait()).await;
        _ = self.child.start_kill();
        let status = match status {
            Ok(Ok(status)) => format!(" ({status})"),
            _ => String::new(),
        };
        let said = String::from_utf8_lossy(banner);
        let lines: Vec<_> = said.lines().map(str::trim).filter(|line| !line.is_empty()).take(5).collect();
        let said = if lines.is_empty() { String::new() } else { format!(": {}", lines.join(" / ")) };
        let asked =
            ["assword", "passphrase", "Host key verification", "authenticity of host", "a terminal is required"];
        let hint =
            if asked.iter().any(|sign| said.contains(sign)) { format!("; {NO_TERMINAL}") } else { String::new() };
        io::Error::other(format!("{why}{status}{said}{hint}"))
    }

    /// The line that starts an inner shell, unless there is one.
    pub fn start_line(&mut self, bare: bool) -> io::Result<String> {
        if self.token.is_some() {
            return Ok(String::new());
        }
        let token = secret()?;
        let verb = if bare { "@clean" } else { "@go" };
        let line = format!("\n{verb} {token} {}\n", self.marker);
        self.token = Some(token);
        Ok(line)
    }

    /// How the transport ended, in words; it is given a moment to end.
    pub async fn end_words(mut self) -> String {
        match timeout(Duration::from_secs(2), self.child.wait()).await {
            Ok(Ok(status)) => format!("its connection ended ({status})"),
            _ => {
                _ = self.child.start_kill();
                "its connection ended".to_owned()
            }
        }
    }

    /// Lets the shells end by themselves, at most so long.
    pub async fn hang_up(self, limit: Duration) {
        let Self { mut child, stdin, .. } = self;
        drop(stdin);
        if timeout(limit, child.wait()).await.is_err() {
            _ = child.start_kill();
            _ = timeout(Duration::from_secs(1), child.wait()).await;
        }
    }
}

/// Starts the command of a target with its shell behind it, away from any terminal.
pub(super) fn spawn(config: &SessionConfig) -> io::Result<Child> {
    let words = config.prefix.iter().map(String::as_str).chain([config.shell.program()]);
    let words: Vec<&str> = words.collect();
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).current_dir(&config.directory);
    command.env_clear().envs(config.environment.iter().map(|(name, value)| (name, value)));
    command.env_remove("BASH_ENV").env_remove("ENV");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    detach(&mut command);
    command.spawn().map_err(|error| io::Error::other(format!("`{}` cannot be started: {error}", words[0])))
}

/// The text that makes a driver of a shell that reads its standard input.
fn boot(shell: ShellKind, hello: &str) -> String {
    let inner = match shell {
        ShellKind::Bash => STREAM_BASH,
        ShellKind::Sh => STREAM_SH,
    };
    format!("__sg_hello={hello} __sg_shell={}\n__sg_inner={}\n{STREAM_OUTER}\n", shell.program(), posix_quote(inner))
}

/// A word in single quotes, which every shell reads alike.
pub(super) fn posix_quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
