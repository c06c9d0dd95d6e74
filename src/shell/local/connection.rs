//! The outer shell's process and the control connection to it.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::Signal;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStdin, Command};
use tokio::select;
use tokio::time::{Instant, Interval, interval_at, timeout};

use super::super::config::SessionConfig;
use super::super::driver::{LOCAL_INNER, LOCAL_OUTER};
use super::super::kill::{Tree, reap, signal};
use super::super::process::{Entry, Process};
use super::super::secret::secret;
use super::control::Control;

/// An outer shell and the way to it.
pub(super) struct Connection {
    child: Child,
    pub stdin: ChildStdin,
    pub control: Control,
    /// The outer shell's pid, valid until it is waited for.
    pub outer: i32,
    /// The value of `STEPGATE_SESSION` in every process of this connection.
    pub marker: String,
    pub inner: Option<Inner>,
}

/// The inner shell that waits for steps.
pub(super) struct Inner {
    /// What the outer shell prints when it has ended. Nobody else knows it.
    pub token: String,
    /// Known when it has ended a step.
    pub pid: Option<i32>,
}

impl Connection {
    /// Starts an outer shell.
    pub(super) fn open(config: &SessionConfig) -> io::Result<Self> {
        let marker = config.marker()?;
        let program = config.shell.program();
        let mut command = Command::new(program);
        // -p: neither BASH_ENV nor functions of the environment reach the outer shell.
        command.args(["-p", "-c", LOCAL_OUTER, "bash", program, LOCAL_INNER]);
        command.current_dir(&config.directory);
        command.env_clear().envs(config.environment.iter().map(|(name, value)| (name, value)));
        command.env_remove("BASH_ENV").env_remove("ENV");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        command.kill_on_drop(true);
        detach(&mut command);
        let mut child = command.spawn()?;
        let closed = || io::Error::other("the shell has no standard streams");
        let stdin = child.stdin.take().ok_or_else(closed)?;
        let control = Control::new(child.stdout.take().ok_or_else(closed)?);
        let outer = child.id().and_then(|pid| i32::try_from(pid).ok()).ok_or_else(closed)?;
        Ok(Self { child, stdin, control, outer, marker, inner: None })
    }

    /// The line that starts an inner shell, unless there is one. With a state to restore it starts without any
    /// environment: what a step unset must not come back.
    pub(super) fn start_line(&mut self, bare: bool) -> io::Result<String> {
        if self.inner.is_some() {
            return Ok(String::new());
        }
        let token = secret()?;
        let verb = if bare { "@clean" } else { "@go" };
        // The first newline ends what is left of a frame whose shell died.
        let line = format!("\n{verb} {token} {}\n", self.marker);
        self.inner = Some(Inner { token, pid: None });
        Ok(line)
    }

    /// Waits until the shell has printed its state behind the end mark of this nonce, or has ended.
    pub(super) async fn printed(&mut self, nonce: &str) {
        let token = self.token();
        let expected = [nonce, token.as_str()];
        let mut pulse = pulse();
        loop {
            select! { biased;
                mark = self.control.next(&expected) => {
                    if mark.is_ok_and(|mark| mark.is_some_and(|mark| mark.secret == 1)) {
                        self.inner = None;
                    }
                    return;
                }
                _ = pulse.tick() => if !self.is_alive() { return },
            }
        }
    }

    /// What the outer shell will print when the inner one has ended.
    pub(super) fn token(&self) -> String {
        self.inner.as_ref().map(|inner| inner.token.clone()).unwrap_or_default()
    }

    /// Whether the outer shell is still there.
    pub(super) fn is_alive(&self) -> bool {
        Entry::read(self.outer).is_some()
    }

    pub(super) fn tree(&self) -> Tree<'_> {
        Tree { outer: self.outer, marker: &self.marker }
    }

    /// The shells themselves, which are not to be listed as left running.
    pub(super) fn shells(&self) -> Vec<i32> {
        let inner = self.inner.as_ref().and_then(|inner| inner.pid);
        [Some(self.outer), inner].into_iter().flatten().collect()
    }

    /// Ends everything that belongs to this connection and says who is left.
    pub(super) async fn end(self, config: &SessionConfig) -> Vec<Process> {
        let (met, left) = self.tree().end(config.grace, &config.hurry).await;
        end_child(self.child, Duration::ZERO).await;
        reap(self.outer, &met).await;
        left
    }

    /// Closes the control connection and gives the shells at most `limit` to end by themselves.
    pub(super) async fn hang_up(mut self, limit: Duration) {
        if self.inner.is_some() {
            // The end of its input is no good end, since a step can cause it.
            _ = timeout(limit, self.stdin.write_all(b"<00000015\\builtin exit 0")).await;
        }
        drop(self.stdin);
        let inner = self.inner.and_then(|inner| Entry::read(inner.pid?));
        end_child(self.child, limit).await;
        if let Some(inner) = inner {
            // One that hangs in an EXIT trap.
            signal(&inner, Signal::KILL);
        }
    }
}

/// How often it is looked whether the outer shell is still there. When it dies the control connection stays open, held
/// by the inner one.
const PULSE: Duration = Duration::from_millis(100);

/// Ticks when it is to be looked whether the outer shell is still there.
pub(super) fn pulse() -> Interval {
    interval_at(Instant::now() + PULSE, PULSE)
}

/// Waits for a process at most so long, then ends it.
async fn end_child(mut child: Child, limit: Duration) {
    if timeout(limit, child.wait()).await.is_err() {
        let _ = child.start_kill();
        let _ = timeout(Duration::from_secs(1), child.wait()).await;
    }
}

/// Gives the shell a session of its own, so that no step has a terminal, and makes it adopt its orphans, so that it
/// is clear to whom they belong.
pub(in crate::shell) fn detach(command: &mut Command) {
    let detach = || {
        rustix::process::setsid()?;
        rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
        Ok(())
    };
    // SAFETY: the closure runs between fork and exec and makes three system calls, which allocate nothing, take no
    // lock and touch no memory of the parent; an error is a plain code.
    unsafe { command.pre_exec(detach) };
}
