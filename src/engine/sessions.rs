//! The sessions of a run: one for each target and name, opened when a step first needs it.

use super::interrupts::Interrupts;
use crate::shell::{OutputSink, Process, Session, SessionConfig, SessionError, Stream};
use std::cell::RefCell;
use std::collections::BTreeMap;
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
    open: BTreeMap<(String, String), Session>,
}

impl Sessions {
    /// No session is open yet.
    pub fn new(configs: BTreeMap<String, SessionConfig>) -> Self {
        Self { configs, open: BTreeMap::new() }
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
                Session::start(config.clone(), limit, async move { _ = interrupts.wait().await }).await?
            }
        };
        Ok(self.open.entry(key).or_insert(session))
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
