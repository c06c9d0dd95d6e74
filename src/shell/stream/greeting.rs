//! The first words with a shell behind a transport, and what to say if it has none.

use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::select;
use tokio::time::{sleep, timeout};

use super::super::config::ShellKind;
use super::super::driver::{STREAM_BASH, STREAM_OUTER, STREAM_SH};
use super::super::quote::posix_quote;
use super::super::refusal::no_answer;
use super::super::secret::secret;
use super::connection::StreamConnection;

/// How long the hello on one stream may lag behind that on the other.
const LAG: Duration = Duration::from_secs(5);
/// How much is kept of what a transport says before that, in bytes; the last of it.
const BANNER: usize = 4096;
/// How many lines of it are told.
const LINES: usize = 6;

/// What a transport prints that wanted to ask.
const ASKED: [&str; 8] = [
    "assword",
    "assphrase",
    "Permission denied",
    "Host key verification failed",
    "authenticity of host",
    "a terminal is required",
    "verification code",
    "no tty present",
];
const HINT: &str = "it seems to have wanted to ask, and stepgate has no terminal for it: connect once by hand with a \
                    shared connection, use an agent, or `sudo -n`";

/// No shell answered.
pub(super) struct Silence {
    why: String,
    said: Vec<u8>,
}

impl Silence {
    /// What happened, in one sentence; `status` is how the transport ended.
    pub fn describe(self, status: Option<ExitStatus>) -> String {
        let said = String::from_utf8_lossy(&self.said);
        let lines: Vec<_> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        // The last lines say most: a banner stands before them.
        let lines = lines[lines.len().saturating_sub(LINES)..].join(" / ");
        let mut text = self.why;
        text.push_str(&status.map(|status| format!(" ({})", ended(status))).unwrap_or_default());
        text.push_str(&if lines.is_empty() { String::new() } else { format!(": {lines}") });
        if ASKED.iter().any(|sign| said.contains(sign)) {
            text = format!("{text}; {HINT}");
        }
        text
    }
}

/// How a process ended, in words.
pub(super) fn ended(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(255), _) => "exit code 255, which is `ssh`'s own failure".to_owned(),
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => status.to_string(),
    }
}

/// Sends the driver and waits for its hello, at most so long. What comes before that is the transport's or a login shell's, and nobody's
/// output.
pub(super) async fn greet(connection: &mut StreamConnection, shell: ShellKind, limit: Duration) -> Result<(), Silence> {
    let mut said = Vec::new();
    let why = match timeout(limit, exchange(connection, shell, &mut said)).await {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => error.to_string(),
        Err(_) => no_answer(limit),
    };
    Err(Silence { why, said })
}

async fn exchange(connection: &mut StreamConnection, shell: ShellKind, said: &mut Vec<u8>) -> io::Result<()> {
    let hello = secret()?;
    let expected = [hello.as_str()];
    let boot = boot(shell, &hello);
    let mut sent = 0;
    let (mut out, mut err) = (false, false);
    while !(out && err) {
        select! {
            // Whoever has closed its input will be heard of on its output.
            written = connection.stdin.write(&boot[sent..]), if sent < boot.len() => {
                sent = written.map_or(boot.len(), |length| sent + length);
            }
            read = connection.stdout.read(), if !connection.stdout.ended => read?,
            read = connection.stderr.read(), if !connection.stderr.ended => read?,
            () = sleep(LAG), if out || err || connection.stdout.ended => {
                return Err(io::Error::other("it has not two separate output streams; does it ask for a terminal (`-t`)?"));
            }
        }
        let mut keep = |bytes: &[u8]| {
            said.extend(bytes);
            said.drain(..said.len().saturating_sub(BANNER));
        };
        out |= connection.stdout.take(&expected, &mut keep).is_some();
        err |= connection.stderr.take(&expected, &mut keep).is_some();
        if connection.stdout.ended && connection.stderr.ended && !(out && err) {
            return Err(io::Error::other("no shell answers"));
        }
    }
    Ok(())
}

/// The text that makes a driver of a shell that reads its standard input.
fn boot(shell: ShellKind, hello: &str) -> Vec<u8> {
    let inner = match shell {
        ShellKind::Bash => STREAM_BASH,
        ShellKind::Sh => STREAM_SH,
    };
    let name = shell.program();
    let mut text = format!("__sg_hello={hello} __sg_shell={name} __sg_name={name}\n__sg_inner=").into_bytes();
    text.extend(posix_quote(inner.as_bytes()));
    text.push(b'\n');
    text.extend(STREAM_OUTER.as_bytes());
    text
}

#[cfg(test)]
mod tests {
    use super::Silence;

    #[test]
    fn the_hint_is_for_those_who_wanted_to_ask() {
        let why = "no shell answers".to_owned();
        let asked = Silence { why: why.clone(), said: b"motd\n\na@h: Permission denied (publickey).\r\n".to_vec() };
        let text = asked.describe(None);
        assert!(text.starts_with("no shell answers: motd / a@h: Permission denied (publickey).; it seems"), "{text}");
        let refused = Silence { why, said: b"ssh: connect to host h port 22: Connection refused\n".to_vec() };
        assert!(!refused.describe(None).contains("it seems"));
    }
}
