//! The sessions of a run: one for each target and name, opened when a step first needs it.

use super::interrupts::Interrupts;
use crate::redact::Redactor;
use crate::session_state::SessionState;
use crate::shell::{OutputSink, Process, Session, SessionConfig, SessionError, Stream};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

/// The name of a session that is fresh for each step and leaves nothing behind.
pub const FRESH: &str = "none";

/// The open sessions, and how others are opened.
pub struct Sessions {
    /// By the target's name.
    configs: BTreeMap<String, SessionConfig>,
    /// By the target's name and the session's.
    open: BTreeMap<Key, Session>,
    /// What each session held last, as far as that may be recorded: one that is opened anew gets it back.
    held: BTreeMap<Key, SessionState>,
    /// Values of variables of which only the names were recorded.
    given: BTreeMap<String, String>,
}

/// A target's name and a session's.
type Key = (String, String);

/// How long a shell may take to print what it holds.
const PRINTING: Duration = Duration::from_secs(10);

impl Sessions {
    /// No session is open yet; `given` are values of variables of which only the names were recorded.
    pub fn new(configs: BTreeMap<String, SessionConfig>, given: BTreeMap<String, String>) -> Self {
        Self { configs, open: BTreeMap::new(), held: BTreeMap::new(), given }
    }

    /// The sessions of an earlier part of the run have held this.
    pub fn restore(&mut self, held: BTreeMap<Key, SessionState>) {
        self.held = held;
    }

    /// What an open session holds, if that is not what it held when this was asked last. `omit` is set anew before every
    /// step; whatever `redactor` finds a secret in is left out.
    pub async fn changed(
        &mut self,
        target: &str,
        name: &str,
        omit: &BTreeSet<String>,
        redactor: &Redactor,
    ) -> Option<SessionState> {
        let key = (target.to_owned(), name.to_owned());
        let session = self.open.get_mut(&key).filter(|_| name != FRESH)?;
        let is_secret = |bytes: &[u8]| redactor.occurs_in(bytes);
        let holds = session.portable(omit, &is_secret, PRINTING).await?;
        let before = self.held.insert(key, holds.clone());
        (before.as_ref() != Some(&holds)).then_some(holds)
    }

    /// The session of a target, opened in at most `limit` if there is none.
    ///
    /// # Errors
    ///
    /// If it cannot be opened, or a signal comes first.
    pub async fn get(
        &mut self,
        target: &str,
        name: &str,
        limit: Duration,
        interrupts: &Interrupts,
    ) -> Result<&mut Session, SessionError> {
        let key = (target.to_owned(), name.to_owned());
        let session = match self.open.remove(&key) {
            Some(open) => open,
            None => {
                let config = self.configs.get(target).expect("every target of a plan has its configuration");
                let interrupts = interrupts.clone();
                let started = Session::start(config.clone(), limit, async move { _ = interrupts.wait().await });
                self.give_back(&key, started.await?).await?
            }
        };
        Ok(self.open.entry(key).or_insert(session))
    }

    /// Gives a session that was just opened what it held before.
    async fn give_back(&self, key: &Key, mut session: Session) -> Result<Session, SessionError> {
        let Some(held) = self.held.get(key) else { return Ok(session) };
        match session.resume(held, &self.given).await {
            Ok(()) => Ok(session),
            Err(reason) => {
                let left = session.close(&mut Deaf).await;
                Err(SessionError::State { reason, left })
            }
        }
    }

    /// A step is over: a fresh session ends with it. Says who of it is still running.
    pub async fn leave(&mut self, target: &str, name: &str, sink: &mut dyn OutputSink) -> Vec<Process> {
        if name != FRESH {
            return Vec::new();
        }
        match self.open.remove(&(target.to_owned(), name.to_owned())) {
            Some(session) => session.close(sink).await,
            None => Vec::new(),
        }
    }

    /// Takes late output for ever, so that a background child is not held up by a full pipe.
    pub async fn listen(&mut self, sink: &mut dyn OutputSink) {
        let sink = RefCell::new(sink);
        let mut all: Vec<Pin<Box<dyn Future<Output = ()> + '_>>> = Vec::new();
        for session in self.open.values_mut() {
            let mut shared = Shared(&sink);
            all.push(Box::pin(async move { session.listen(&mut shared).await }));
        }
        poll_fn(|context| {
            for one in &mut all {
                _ = one.as_mut().poll(context);
            }
            Poll::<()>::Pending
        })
        .await;
    }

    /// Ends every session; says who of their steps is still running.
    pub async fn close(&mut self, sink: &mut dyn OutputSink) -> Vec<Process> {
        let mut left = Vec::new();
        for (_, session) in std::mem::take(&mut self.open) {
            left.extend(session.close(sink).await);
        }
        left
    }
}

/// Hears nothing.
struct Deaf;

impl OutputSink for Deaf {
    fn output(&mut self, _: Stream, _: &[u8]) {}
    fn late(&mut self, _: u64, _: Stream, _: &[u8]) {}
}

/// One sink for several sessions that are listened to in turn.
struct Shared<'s, 'o>(&'s RefCell<&'o mut dyn OutputSink>);

impl OutputSink for Shared<'_, '_> {
    fn output(&mut self, stream: Stream, bytes: &[u8]) {
        self.0.borrow_mut().output(stream, bytes);
    }

    fn late(&mut self, step: u64, stream: Stream, bytes: &[u8]) {
        self.0.borrow_mut().late(step, stream, bytes);
    }
}
