//! One shell from step to step, over one connection.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::time::{Duration, Instant};

use super::super::config::{SessionConfig, ShellKind};
use super::super::process::Process;
use super::super::state::{Base, Carried, Kept, Saved, refuse};
use super::super::step::{How, OutputSink, StepEnd, StepRequest};
use super::connection::{StreamConnection, Unreached};
use super::ending;
use crate::session_state::{Reason, SessionState, Withheld};

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
    /// The shell holds something else than `state`, and nobody knows what.
    pub(super) torn: bool,
}

impl StreamSession {
    /// Opens the connection, in at most so long; the first step is the caller's.
    pub async fn open(config: SessionConfig, limit: Duration) -> Result<Self, Unreached> {
        let connection = Some(StreamConnection::open(&config, limit).await?);
        let carried = Carried::default();
        Ok(Self { config, connection, base: None, state: None, carried, functions: false, torn: false })
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

    /// What the shell holds now; see [`super::super::Session::portable`].
    pub fn portable(&self, kept: &Kept<'_>) -> Option<SessionState> {
        let fresh = self.connection.as_ref().is_none_or(|connection| connection.token.is_none());
        if self.torn && !fresh {
            return None;
        }
        let mut state = self.last_state()?.portable(self.base.as_ref()?, self.carried, kept)?;
        if self.functions {
            let withheld = Withheld { reason: Reason::Unfit, attributes: String::new() };
            state.withheld.insert("functions()".to_owned(), withheld);
        }
        Some(state)
    }

    /// Makes the next shell one that has this state. The one that waits has ended.
    pub fn adopt(&mut self, state: &SessionState, values: &BTreeMap<String, String>) -> Result<(), String> {
        let base = self.base.as_ref().ok_or("the session has not started")?;
        let (saved, carried) = Saved::resumed(base, state, values)?;
        (self.state, self.carried, self.torn) = (Some(saved), carried, false);
        self.functions = self.config.shell == ShellKind::Sh && state.withheld.contains_key("functions()");
        Ok(())
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
