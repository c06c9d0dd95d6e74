//! What a run is given from outside.

use crate::journal::{Ledger, RunFolder};
use crate::redact::Redactor;
use crate::shell::SessionConfig;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::watch;

/// What a run is given from outside: everything that the engine must not find out by itself.
pub struct Setting {
    /// Who runs it, as `user@host`.
    pub operator: String,
    /// How a session on each target of the plan starts, by the target's name.
    pub sessions: BTreeMap<String, SessionConfig>,
    /// The values of parameters that the plan does not hold: secrets, and those whose step is left out.
    pub values: BTreeMap<String, String>,
    /// Through which everything goes that is written or shown.
    pub redactor: Redactor,
    /// Where long output is kept; `None` keeps none.
    pub folder: Option<RunFolder>,
    /// Where the run is listed; `None` lists it nowhere.
    pub ledger: Option<Ledger>,
    /// How many bytes of one stream of a step are kept.
    pub output_limit: u64,
    /// Requests to stop.
    pub interrupts: Interrupts,
}

/// Requests to stop a run: the first signal that came, once one has come.
#[derive(Clone, Debug)]
pub struct Interrupts {
    /// 0, or the number of the signal. A handler sets it at once, so that it can be looked at between any two acts.
    flag: Arc<AtomicUsize>,
    /// Wakes whoever waits.
    bell: watch::Receiver<()>,
}

impl Interrupts {
    /// Requests that a signal handler writes into `flag`; `bell` rings some time after.
    pub fn new(flag: Arc<AtomicUsize>, bell: watch::Receiver<()>) -> Self {
        Self { flag, bell }
    }

    /// The signal that has come, if one has.
    pub fn seen(&self) -> Option<&'static str> {
        match self.flag.load(Ordering::SeqCst) {
            0 => None,
            1 => Some("HUP"),
            2 => Some("INT"),
            _ => Some("TERM"),
        }
    }

    /// Waits until a signal has come; for ever if none can.
    pub async fn wait(&self) -> &'static str {
        let mut bell = self.bell.clone();
        loop {
            if let Some(name) = self.seen() {
                return name;
            }
            if bell.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    }
}
