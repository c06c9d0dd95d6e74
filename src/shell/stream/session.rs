//! One shell from step to step, over one connection.

use std::future::Future;
use std::pin::pin;
use std::time::{Duration, Instant};

use super::super::config::{SessionConfig, ShellKind};
use super::super::process::Process;
use super::super::state::{Base, Carried, Saved, refuse};
use super::super::step::{How, OutputSink, StepEnd, StepRequest};
use super::connection::{StreamConnection, Unreached};
use super::ending;

/// A session over one connection.
pub(in crate::shell) struct StreamSession {
    pub(super) config: SessionConfig,
    /// `None` when it ended; the next step opens another.
    pub(super) connection: Option<StreamConnection>,
    pub(super) base: Option<Base>,
    /// After the last step that left a shell.
    pub(super) state: Option<Saved>,
    /// What the last step left on.
    pub(super) carried: Carried,
    /// The `sh` has functions, as far as the steps' texts tell.
    pub(super) functions: bool,
}

impl StreamSession {
    /// Opens the connection, in at most so long; the first step is the caller's.
    pub async fn open(config: SessionConfig, limit: Duration) -> Result<Self, Unreached> {
        let connection = Some(StreamConnection::open(&config, limit).await?);
        Ok(Self { config, connection, base: None, state: None, carried: Carried::default(), functions: false })
    }

    /// What the first step left is what every new shell starts from; `functions` is what it printed.
    pub fn settle(&mut self, functions: Vec<u8>) -> bool {
        self.base = self.state.take().map(|state| Base { state, functions });
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
        end.how = match refuse(&request, self.last_state()) {
            Some(reason) => How::NotRun(reason),
            None => self.try_twice(&request, sink, pin!(interrupt), &mut end).await,
        };
        end.elapsed = started.elapsed();
        end
    }

    /// Waits until the connection has ended, and says how; see [`super::super::Session::disconnected`].
    pub async fn disconnected(&mut self) -> String {
        if let Some(connection) = &mut self.connection {
            connection.await_end().await;
        }
        match self.connection.take() {
            Some(connection) => self.how_it_ended(connection).await.0,
            None => "its connection had ended".to_owned(),
        }
    }

    /// Ends the shells; says who is still running.
    pub async fn close(mut self) -> Vec<Process> {
        match self.connection.take() {
            Some(connection) => ending::close(&self.config, connection).await,
            None => Vec::new(),
        }
    }

    /// What a new shell has to be given.
    pub(super) fn last_state(&self) -> Option<&Saved> {
        self.state.as_ref().or(self.base.as_ref().map(|base| &base.state))
    }

    /// Keeps in mind what an `sh` cannot list.
    pub(super) fn remember_functions(&mut self, request: &StepRequest<'_>) {
        self.functions |=
            self.config.shell == ShellKind::Sh && request.interpreter.is_none() && defines_function(request.script);
    }
}

/// Whether a script reads as if it defined a function, or read a file that may define one.
fn defines_function(script: &str) -> bool {
    script.lines().map(str::trim_start).any(|line| {
        let name = line.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(line.len());
        let (name, rest) = line.split_at(name);
        let defined = !name.is_empty() && rest.trim_start().starts_with("()");
        defined || line.starts_with(". ") || ["function", "source"].contains(&name)
    })
}

#[cfg(test)]
mod tests {
    use super::defines_function;

    #[test]
    fn functions_are_known_by_their_text() {
        for text in ["f() { :; }", "a=1\n  my_f ()\n{\n:\n}", ". ./lib.sh", "source lib", "function f { :; }"] {
            assert!(defines_function(text), "{text}");
        }
        for text in ["echo a", "x=$(date)", "echo f()", "./run", "sourced=1", ""] {
            assert!(!defines_function(text), "{text}");
        }
    }
}
